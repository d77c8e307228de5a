/* mailbox: those that refuse or do not answer. A mailbox is not the server: it is asked again less and less often, over
 * lines of its own if it hangs, and everybody else is told meanwhile. */
#include "courier/courier_internal.h"

#define KEPT (30 * MINUTE)      /* after the last trouble */
#define REFUSED_FOR MINUTE      /* so long a refusal for good speaks for messages that come after it */
#define AT_ONCE 4               /* messages to one mailbox under way: one that begins to hang takes no more lines */
/* What is held back because others are under way comes back one after another, so that many cost no more than few. */
#define SLOT (SECOND / 4)
#define SLOT_CRITICAL (SECOND / 20)
#define SLOTS_MOST (30 * SECOND)
#define SLOTS_CRITICAL_MOST SECOND

static uint64_t key_of(struct text address)
{
	return place_key(address, 1);
}

static instant next_slot(struct recent_entry *entry, bool critical, instant elapsed)
{
	instant pause = ++entry->held * (critical ? SLOT_CRITICAL : SLOT),
		most = critical ? SLOTS_CRITICAL_MOST : SLOTS_MOST;
	return elapsed + (pause < most ? pause : most);
}

enum mailbox_state mailbox_state(struct courier *courier, struct text address, bool critical, int planned,
                                 instant elapsed, instant *again)
{
	struct recent_entry *entry = recent_find(&courier->mailboxes, key_of(address), elapsed);
	if (!entry && planned < AT_ONCE)
		return MAILBOX_WELL;
	if (!entry)
		entry = recent_make(&courier->mailboxes, key_of(address), elapsed, elapsed + KEPT);
	if (!entry)
		return MAILBOX_WELL;
	if (entry->refused_until > elapsed)
		return MAILBOX_REFUSES;
	*again = critical ? entry->critical_from : entry->from;
	if (*again > elapsed)
		return MAILBOX_WAITS;
	if (entry->under_way + planned >= (entry->strikes ? 1 : AT_ONCE))
		*again = next_slot(entry, critical, elapsed);
	return *again > elapsed ? MAILBOX_BUSY : MAILBOX_WELL;
}

bool mailbox_is_silent(struct courier *courier, struct text address, instant elapsed)
{
	const struct recent_entry *entry = recent_find(&courier->mailboxes, key_of(address), elapsed);
	return entry && entry->silent;
}

void mailbox_asked(struct courier *courier, struct text address, instant elapsed)
{
	struct recent_entry *entry = recent_make(&courier->mailboxes, key_of(address), elapsed, elapsed + KEPT);
	if (entry)
		entry->under_way++;
}

/* Whether the attempt says something of this mailbox: it refused, or did not answer once it had been named. */
static bool is_trouble(const struct channel_reply *reply)
{
	if (reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN ||
	    reply->outcome == CHANNEL_ABANDONED || reply->whose == CHANNEL_OF_SERVER)
		return false;
	return reply->whose == CHANNEL_OF_RECIPIENT || reply->silent;
}

void mailbox_learn(struct courier *courier, const struct delivery *delivery, instant elapsed)
{
	const struct channel_reply *reply = &delivery->reply;
	if (delivery->asks)
		return; /* it was not counted as on its way to the mailbox, and says nothing of it */
	uint64_t key = key_of(delivery->message.to);
	struct recent_entry *entry = recent_find(&courier->mailboxes, key, elapsed);
	if (!entry) /* the table was full, or forgotten after a reload */
		return;
	entry->under_way -= entry->under_way > 0;
	if (reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN) {
		entry->strikes = 0;
		entry->silent = false;
		entry->from = entry->critical_from = entry->refused_until = INSTANT_NONE;
	}
	if (entry->under_way == 0)
		entry->held = 0;
	if (entry->under_way == 0 && entry->strikes == 0 && !is_trouble(reply))
		recent_forget(&courier->mailboxes, key);
	if (!is_trouble(reply))
		return;
	entry->until = elapsed + KEPT;
	entry->strikes++;
	entry->silent = reply->silent;
	entry->refused_until = reply->outcome == CHANNEL_PERMANENT ? elapsed + REFUSED_FOR : INSTANT_NONE;
	/* Half of a row's own pause: one row alone is not held back by it, many of them together are. */
	entry->from = elapsed + courier_back_off(courier, entry->strikes, false, false) / 2;
	entry->critical_from = elapsed + courier_back_off(courier, entry->strikes, true, false) / 2;
}
