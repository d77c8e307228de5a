/* shown_ladder: whom an alert is with, what the servers said, who answered, and when the next step falls. */
#include "web/shown.h"

#include "message/message.h"
#include "people/channels.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "store/outbox/payload.h"
#include "time/instant.h"
#include "time/words.h"

#include <ctype.h>

#define MESSAGES_MOST                                                                                                  \
	60 /* of one alert, the newest: a step has at most 32 roles, and is asked again every half hour; that there    \
	      are more is said */
#define HELD_AFTER (10 * MINUTE) /* a step that fell so long ago is not being told now */
#define REPLY_SHOWN 80

/* One message of the step that was reached: the newest to that person by that channel. */
struct way {
	struct text role, person, channel, reply;
	enum outbox_state state;
	instant not_before;
};
struct ways {
	struct shown_page *shown;
	int step;
	struct way items[MESSAGES_MOST];
	size_t count, seen;
	bool more; /* somebody was told whose message is behind those that are looked at */
	bool any; /* a message that asks was seen: what follows it is in `next` */
	struct text next[PAYLOAD_ROLES];
	size_t next_count;
};

static struct text own(struct ways *ways, struct text text)
{
	return text_keep(ways->shown->page->arena, text);
}

static void take_next(struct ways *ways, const struct outbox_row *row)
{
	struct payload payload;
	struct fault ignored;
	if (ways->any || payload_read(row->payload, &payload, ways->shown->page->arena, &ignored) != RESULT_OK)
		return;
	ways->any = true;
	ways->next_count = payload.next_count;
	memcpy(ways->next, payload.next, payload.next_count * sizeof payload.next[0]);
}

static enum result take_message(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct ways *ways = argument;
	bool asks = row->kind == OUTBOX_ALERT || row->kind == OUTBOX_REMINDER;
	bool beyond = ways->seen++ == MESSAGES_MOST;
	(void)fault;
	if (!asks || row->step != ways->step || message_needs_nothing(message_purpose_of(row->purpose)))
		return RESULT_OK;
	take_next(ways, row);
	for (size_t i = 0; i < ways->count; i++)
		if (text_equal(ways->items[i].role, row->role) && text_equal(ways->items[i].person, row->person) &&
		    text_equal(ways->items[i].channel, row->channel))
			return RESULT_OK;
	ways->more = beyond;
	if (!beyond)
		ways->items[ways->count++] = (struct way){
			own(ways, row->role), own(ways, row->person), own(ways, row->channel), own(ways, row->reply),
			row->state,           row->not_before};
	return RESULT_OK;
}

/* ---- with whom ---- */

static bool named_before(const struct ways *ways, size_t at)
{
	for (size_t i = ways->count; i-- > at + 1;)
		if (text_equal(ways->items[i].role, ways->items[at].role))
			return true;
	return false;
}

/* They came newest first: read from the end. */
static void put_with(struct ways *ways, const struct sight_child *of, struct data *row)
{
	struct shown_page *shown = ways->shown;
	size_t roles = 0, at = 0;
	for (size_t i = ways->count; i-- > 0;)
		roles += !named_before(ways, i);
	shown_begin(shown);
	for (size_t i = ways->count; i-- > 0;) {
		if (named_before(ways, i))
			continue;
		buffer_string(&shown->words, words_between(at++, roles));
		shown_role(shown, ways->items[i].role, ways->items[i].person, of);
	}
	buffer_string(&shown->words, ways->more ? ", and others" : "");
	if (!ways->count)
		buffer_string(&shown->words, ways->step ? "Nobody yet" : "Nobody: it is muted");
	shown_end(shown, row, "with");
}

static const char *noun_of(struct text channel)
{
	return channel_words_called(channel)->noun;
}

static const char *state_words(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_ACCEPTED: return "accepted";
	case OUTBOX_DELIVERED: return "delivered";
	case OUTBOX_PENDING: return "not yet sent";
	case OUTBOX_SENDING: return "being sent";
	case OUTBOX_RETRY: return "refused for now, being tried again";
	case OUTBOX_GIVEN: return "taken by the service";
	case OUTBOX_UNCERTAIN: return "perhaps accepted, sent again";
	case OUTBOX_FAILED: return "not delivered";
	}
	return "";
}

static bool same_fate(const struct way *a, const struct way *b)
{
	return a->state == b->state && noun_of(a->channel) == noun_of(b->channel);
}

/* "Email accepted, text delivered", "Both emails accepted", "3 emails accepted"; what failed is apart. */
static void put_delivered(struct ways *ways, struct data *row)
{
	struct shown_page *shown = ways->shown;
	shown_begin(shown);
	for (size_t i = ways->count; i-- > 0;) {
		const struct way *way = &ways->items[i];
		size_t same = 0;
		bool before = way->state == OUTBOX_FAILED;
		for (size_t k = ways->count; k-- > 0;) {
			same += same_fate(&ways->items[k], way);
			before = before || (k > i && same_fate(&ways->items[k], way));
		}
		if (before)
			continue;
		buffer_string(&shown->words, shown->words.length ? ", " : "");
		if (same == 1)
			buffer_format(&shown->words, "%s %s", noun_of(way->channel), state_words(way->state));
		else if (same == 2)
			buffer_format(&shown->words, "both %ss %s", noun_of(way->channel), state_words(way->state));
		else
			buffer_format(&shown->words, "%zu %ss %s", same, noun_of(way->channel),
			              state_words(way->state));
		bool waits = way->state == OUTBOX_PENDING && way->not_before > shown->page->now;
		if (waits) {
			buffer_string(&shown->words, ", goes at ");
			shown_when(shown, way->not_before);
		}
	}
	buffer_string(&shown->words, ways->more ? ", and others that are not counted here" : "");
	if (shown->words.length)
		shown->words.at[0] = (char)toupper((unsigned char)shown->words.at[0]);
	shown_end(shown, row, "delivered");
}

/* A permanent refusal (RFC 5321, 4.2.1) begins with 5; anything else is said as it was. */
static void put_undelivered(struct ways *ways, struct data *row)
{
	struct shown_page *shown = ways->shown;
	shown_begin(shown);
	for (size_t i = ways->count; i-- > 0;) {
		const struct way *way = &ways->items[i];
		if (way->state != OUTBOX_FAILED || shown->words.length)
			continue;
		bool refused =
			way->reply.length > 3 && way->reply.at[0] == '5' && isdigit((unsigned char)way->reply.at[1]);
		size_t length = way->reply.length < REPLY_SHOWN ? way->reply.length : REPLY_SHOWN;
		if (refused)
			buffer_string(&shown->words, "mailbox refused");
		else if (length)
			buffer_format(&shown->words, "%.*s", (int)length, way->reply.at);
		else
			buffer_format(&shown->words, "the %s went nowhere", noun_of(way->channel));
	}
	shown_end(shown, row, "undelivered");
}

/* ---- what comes next ---- */

static void put_roles(struct ways *ways, const struct sight_child *of)
{
	for (size_t i = 0; i < ways->next_count; i++) {
		buffer_string(&ways->shown->words, words_between(i, ways->next_count));
		shown_role(ways->shown, ways->next[i], TEXT_NONE, of);
	}
}

static void put_next(struct ways *ways, const struct board_alert *alert, const struct rule *rule,
                     const struct sight_child *of, struct data *row)
{
	struct shown_page *shown = ways->shown;
	bool falls = alert->next != INSTANT_NEVER && alert->next != INSTANT_NONE;
	bool held = falls && shown->page->now - alert->next > HELD_AFTER;
	shown_begin(shown);
	if (held) {
		buffer_string(&shown->words, "Due since ");
		shown_moment(shown, alert->next, false);
		buffer_char(&shown->words, ':');
	} else if (falls && alert->next <= shown->page->now) {
		buffer_string(&shown->words, "Now:");
	} else if (falls) {
		shown_when(shown, alert->next);
		if (!alert->acknowledged) {
			buffer_string(&shown->words, ", in ");
			shown_in(shown, alert->next);
		}
		buffer_char(&shown->words, ':');
	}
	shown_end(shown, row, "next_at");
	shown_begin(shown);
	if (!falls)
		buffer_string(&shown->words, alert->acknowledged ? "Not asked again" : "No step is left");
	else if (alert->acknowledged)
		buffer_format(&shown->words, "asked again, if %s",
		              rule && rule->if_still ? rule->if_still : "it still stands");
	else if (ways->next_count)
		put_roles(ways, of);
	else
		buffer_string(&shown->words, "asked again, no step is left");
	if (held)
		buffer_string(&shown->words, ". It is held back: muted, or casewatch is behind");
	shown_end(shown, row, "next");
}

/* ---- the answer ---- */

struct answer_seen {
	struct shown_page *shown;
	const struct sight_child *of;
	struct data *row;
};

static enum result take_answer(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	struct answer_seen *seen = argument;
	struct shown_page *shown = seen->shown;
	struct text role = event_string(event, schema_name(TEXT("by"))),
		    person = event_string(event, schema_name(TEXT("person")));
	(void)bytes, (void)arrived, (void)fault;
	shown_begin(shown);
	shown_role(shown, role, person, seen->of);
	buffer_string(&shown->words, ", ");
	if (zone_date(shown->page->zone, event->time) == zone_date(shown->page->zone, shown->page->now))
		words_clock(shown->page->zone, event->time, &shown->words);
	else
		shown_moment(shown, event->time, false);
	shown_end(shown, seen->row, "answer_by");
	struct text action = event_string(event, schema_name(TEXT("action")));
	shown_begin(shown);
	for (size_t i = 0; i < action.length; i++) /* "Custody suite rung" goes on a sentence */
		buffer_char(&shown->words, i == 0 && action.length > 1 && !isupper((unsigned char)action.at[1])
		                                   ? (char)tolower((unsigned char)action.at[0])
		                                   : action.at[i]);
	shown_end(shown, seen->row, "answer_action");
	return RESULT_OK;
}

enum result shown_ladder(struct shown_page *shown, const struct board_alert *alert, const struct rule *rule,
                         const struct sight_child *of, struct data *row, struct fault *fault)
{
	struct ways ways = {.shown = shown, .step = alert->step};
	struct answer_seen seen = {shown, of, row};
	struct store *store = shown->page->store;
	data_string(row, "answer_by", "Not known");
	data_string(row, "answer_action", "");
	enum result result = outbox_each(store, alert->id, false, MESSAGES_MOST + 1, take_message, &ways, fault);
	if (result == RESULT_OK && alert->acknowledged && alert->answer)
		result = events_by_ref(store, alert->answer, take_answer, &seen, fault);
	put_with(&ways, of, row);
	put_delivered(&ways, row);
	put_undelivered(&ways, row);
	put_next(&ways, alert, rule, of, row);
	return result;
}
