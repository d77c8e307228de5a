/* ownership: the journal folded into who may send what, and which sends are doubtful. */
#include "cell/ownership_internal.h"

/* ---- orders ---- */

static struct ownership_order *add_order(struct ownership *ownership, enum ownership_order_kind kind)
{
	struct ownership_order *order =
		mem_push((void **)&ownership->orders, &ownership->order_count, &ownership->order_room, sizeof *order);
	*order = (struct ownership_order){.kind = kind};
	return order;
}

static void order_of(struct ownership *ownership, enum ownership_order_kind kind, const struct intent *intent)
{
	struct ownership_order *order = add_order(ownership, kind);
	order->row = intent->row;
	order->message = intent->message;
	order->attempt = intent->attempt;
	order->until = intent->asked + OWNERSHIP_START_WITHIN;
	if (OWNERSHIP_LEFT_OUT(FIVE_SECONDS))
		order->until = INSTANT_NEVER;
	if (OWNERSHIP_LEFT_OUT(TIME_OF_READING_BACK))
		order->until = intent->read + OWNERSHIP_START_WITHIN;
	order->what = intent->what;
}

bool ownership_order(struct ownership *ownership, struct ownership_order *order)
{
	if (ownership->order_first == ownership->order_count) {
		ownership->order_first = ownership->order_count = 0;
		return false;
	}
	*order = ownership->orders[ownership->order_first++];
	return true;
}

static void append(struct ownership *ownership, const struct journal_record *record)
{
	struct ownership_order *order = add_order(ownership, OWNERSHIP_APPEND);
	order->record = *record;
	order->record.council = (struct text){ownership->council, ownership->council_length};
}

static void append_of(struct ownership *ownership, enum journal_kind kind, const struct intent *intent)
{
	append(ownership, &(struct journal_record){.kind = kind,
	                                           .nonce = intent->nonce,
	                                           .row = intent->row,
	                                           .message = intent->message,
	                                           .attempt = intent->attempt,
	                                           .what = intent->what});
}

/* ---- who owns ---- */

bool ownership_claimed(const struct ownership *ownership, uint64_t nonce)
{
	return nonce - ownership->life - 1 < ownership->claims;
}

static void become_owner(struct ownership *ownership)
{
	ownership->state = OWNER;
	(void)add_order(ownership, OWNERSHIP_OWNS);
}

static void claim(struct ownership *ownership, instant now)
{
	ownership->claims++;
	ownership->nonce = ownership->life + ownership->claims;
	if (OWNERSHIP_LEFT_OUT(NONCE))
		ownership->nonce = text_fingerprint((struct text){ownership->owner_name, ownership->owner_length}, 0);
	ownership->state = CLAIMING;
	ownership->claimed = now;
	append(ownership, &(struct journal_record){.kind = JOURNAL_OWN,
	                                           .nonce = ownership->nonce,
	                                           .owner = {ownership->owner_name, ownership->owner_length}});
	if (OWNERSHIP_LEFT_OUT(READING_BEFORE_THE_FIRST_SEND)) {
		ownership->owner = ownership->nonce;
		become_owner(ownership);
	}
}

/* What was wanted and is not known to be in the log is not sent; should it come there, it is void, or closed when it is
 * read. */
static void drop_asked(struct ownership *ownership)
{
	for (size_t i = ownership->count; i-- > 0;) {
		struct intent *intent = &ownership->intents[i];
		if (intent->stage != ASKED)
			continue;
		order_of(ownership, OWNERSHIP_NOT_START, intent);
		ownership_remove(ownership, intent);
	}
}

static void stop_owning(struct ownership *ownership, enum owning state, instant again_at)
{
	if (ownership->state == OWNER)
		(void)add_order(ownership, OWNERSHIP_STOPS);
	ownership->state = state;
	ownership->again_at = again_at;
	drop_asked(ownership);
}

void ownership_assigned(struct ownership *ownership, instant now)
{
	if (ownership->state == AWAY)
		claim(ownership, now);
}

void ownership_revoked(struct ownership *ownership, instant now)
{
	if (ownership->state != AWAY)
		stop_owning(ownership, AWAY, now);
	ownership->pause = 0;
}

/* ---- reading ---- */

static void doubt_all(struct ownership *ownership)
{
	(void)add_order(ownership, OWNERSHIP_ALL_DOUBTFUL);
}

/* Whoever wrote them is owner no more: nobody knows whether they were sent. The same for every machine, whoever it
 * is. */
static void doubt_what_is_open(struct ownership *ownership)
{
	for (size_t i = 0; i < ownership->count && !OWNERSHIP_LEFT_OUT(DOUBT); i++) {
		struct intent *intent = &ownership->intents[i];
		if (!intent->logged || intent->doubtful)
			continue;
		intent->doubtful = true;
		order_of(ownership, OWNERSHIP_DOUBTFUL, intent);
	}
}

static instant next_pause(struct ownership *ownership)
{
	instant pause = ownership->pause ? 2 * ownership->pause : OWNERSHIP_AGAIN_AFTER;
	ownership->pause = pause < OWNERSHIP_AGAIN_MOST ? pause : OWNERSHIP_AGAIN_MOST;
	return ownership->pause;
}

static void read_own(struct ownership *ownership, uint64_t nonce, instant now)
{
	bool ours = ownership->state == CLAIMING && nonce == ownership->nonce;
	if (nonce == ownership->owner && !ours)
		return; /* written twice, and nobody came in between */
	doubt_what_is_open(ownership);
	ownership->owner = nonce;
	if (ours)
		become_owner(ownership);
	else if (ownership->state == OWNER && !OWNERSHIP_LEFT_OUT(STOPPING))
		stop_owning(ownership, LOST, now + next_pause(ownership));
}

/* Its RESULT follows, until that is read. */
static void end_intent(struct ownership *ownership, struct intent *intent, enum journal_what what, instant now)
{
	intent->stage = ENDED;
	intent->what = what;
	intent->again = now + OWNERSHIP_UNHEARD_AFTER;
	append_of(ownership, JOURNAL_RESULT, intent);
}

static void start(struct ownership *ownership, struct intent *intent)
{
	intent->stage = STARTED;
	order_of(ownership, OWNERSHIP_START, intent);
	if (OWNERSHIP_LEFT_OUT(SENDING_BEFORE_RESULT)) {
		intent->what = JOURNAL_TAKEN;
		append_of(ownership, JOURNAL_RESULT, intent);
	}
}

static bool is_late(const struct intent *intent, instant now)
{
	return now > intent->asked + OWNERSHIP_START_WITHIN && !OWNERSHIP_LEFT_OUT(FIVE_SECONDS) &&
	       !OWNERSHIP_LEFT_OUT(TIME_OF_READING_BACK);
}

/* It came back, and everybody sees it. Only one that was wanted all the while, and by the last OWN, is started. */
static void read_back(struct ownership *ownership, struct intent *intent, instant now)
{
	if (intent->stage != ASKED)
		return;
	if (ownership->state == OWNER && intent->nonce == ownership->nonce && !is_late(intent, now)) {
		start(ownership, intent);
		return;
	}
	order_of(ownership, OWNERSHIP_NOT_START, intent);
	end_intent(ownership, intent, JOURNAL_NOT_STARTED, now);
}

/* After a gap nobody here knows who owns: whatever is announced may be sent. */
static bool is_valid(const struct ownership *ownership, uint64_t nonce)
{
	bool unknown = ownership->owner == 0 && !OWNERSHIP_LEFT_OUT(UNKNOWN_OWNER);
	bool blind = OWNERSHIP_LEFT_OUT(STOPPING) && nonce == ownership->nonce && ownership->state == OWNER;
	return nonce == ownership->owner || unknown || blind;
}

static void read_intent(struct ownership *ownership, const struct journal_record *record, int64_t position, instant now)
{
	struct intent *intent = ownership_find(ownership, &record->row, record->nonce, record->attempt);
	if (!is_valid(ownership, record->nonce)) { /* void: who wrote it does not send, as it reads this, too */
		if (intent && intent->stage == ASKED) {
			order_of(ownership, OWNERSHIP_NOT_START, intent);
			ownership_remove(ownership, intent);
		}
		return;
	}
	bool unknown = !intent, dropped = unknown && ownership_claimed(ownership, record->nonce);
	if (unknown && !dropped && ownership->count >= OWNERSHIP_OPEN_MOST) {
		doubt_all(ownership);
		return;
	}
	if (unknown)
		intent = ownership_add(ownership, &(struct intent){.row = record->row,
		                                                   .message = record->message,
		                                                   .nonce = record->nonce,
		                                                   .attempt = record->attempt,
		                                                   .stage = dropped ? ENDED : OTHERS});
	if (!intent->logged) {
		intent->logged = true;
		intent->position = position;
		intent->read = now;
	}
	if (dropped) /* given up before it came: nobody is to take it for sent */
		end_intent(ownership, intent, JOURNAL_NOT_STARTED, now);
	else
		read_back(ownership, intent, now);
}

/* Somebody has it: what we wanted to send of it and have not begun is not sent. */
static void drop_taken(struct ownership *ownership, const struct journal_row *row)
{
	for (struct intent *intent; (intent = ownership_find_own(ownership, row, ASKED)) != NULL;) {
		order_of(ownership, OWNERSHIP_NOT_START, intent);
		ownership_remove(ownership, intent);
	}
}

static void read_result(struct ownership *ownership, const struct journal_record *record)
{
	struct intent *intent = ownership_find(ownership, &record->row, record->nonce, record->attempt);
	bool known = intent && intent->logged;
	if (!known && record->what != JOURNAL_TAKEN && record->what != JOURNAL_PERHAPS)
		return;
	struct ownership_order *order = add_order(ownership, OWNERSHIP_RESULT);
	order->row = record->row;
	order->attempt = record->attempt;
	order->what = record->what;
	if (intent)
		order->message = intent->message;
	if (intent)
		ownership_remove(ownership, intent);
	if (record->what == JOURNAL_TAKEN)
		drop_taken(ownership, &record->row);
}

void ownership_read(struct ownership *ownership, int64_t position, const struct journal_record *record, instant now)
{
	if (position < ownership->next)
		return;
	ownership->next = position + 1;
	switch (record->kind) {
	case JOURNAL_OWN: read_own(ownership, record->nonce, now); break;
	case JOURNAL_INTENT: read_intent(ownership, record, position, now); break;
	case JOURNAL_RESULT: read_result(ownership, record); break;
	}
}

/* An INTENT that is not the owner's is void: so an owner knows all that count. */
void ownership_unreadable(struct ownership *ownership, int64_t position)
{
	if (position < ownership->next)
		return;
	ownership->next = position + 1;
	if (ownership->state != OWNER)
		doubt_all(ownership);
}

/* An OWN may be among what is gone, and any INTENT. What we have begun goes on, and its RESULT is appended until it is
 * read. */
void ownership_gap(struct ownership *ownership, int64_t position, instant now)
{
	ownership->next = position;
	if (OWNERSHIP_LEFT_OUT(GAP))
		return;
	doubt_all(ownership);
	ownership->doubt_waits = now + OWNERSHIP_DOUBT_WAITS;
	ownership->owner = 0;
	if (ownership->state != AWAY)
		stop_owning(ownership, LOST, now);
	for (size_t i = ownership->count; i-- > 0;) {
		ownership->intents[i].doubtful = ownership->intents[i].logged;
		if (ownership->intents[i].stage == OTHERS)
			ownership_remove(ownership, &ownership->intents[i]);
	}
}

/* ---- sending ---- */

enum ownership_answer ownership_want(struct ownership *ownership, const struct journal_row *row,
                                     const struct journal_row *message, bool doubtful, instant now, instant *until)
{
	*until = INSTANT_NEVER;
	if (ownership->state != OWNER)
		return OWNERSHIP_NOT_OURS;
	instant at = ownership_free_at(ownership, row);
	if (doubtful && ownership->doubt_waits > at)
		at = ownership->doubt_waits;
	if (OWNERSHIP_LEFT_OUT(WAITING))
		at = INSTANT_NONE;
	if (now < at) {
		*until = at == INSTANT_NEVER ? now + OWNERSHIP_AGAIN_AFTER : at;
		return OWNERSHIP_WAITS;
	}
	if (ownership->own >= OWNERSHIP_UNDER_WAY_MOST)
		return OWNERSHIP_FULL;
	struct intent *intent = ownership_add(ownership, &(struct intent){.row = *row,
	                                                                  .message = *message,
	                                                                  .nonce = ownership->nonce,
	                                                                  .attempt = ++ownership->attempts,
	                                                                  .stage = ASKED,
	                                                                  .asked = now});
	append_of(ownership, JOURNAL_INTENT, intent);
	if (OWNERSHIP_LEFT_OUT(READING_BACK))
		start(ownership, intent);
	return OWNERSHIP_WANTED;
}

void ownership_over(struct ownership *ownership, const struct journal_row *row, uint32_t attempt,
                    enum journal_what what, instant now)
{
	struct intent *intent = ownership_find_own(ownership, row, STARTED);
	if (intent && intent->attempt == attempt)
		end_intent(ownership, intent, what, now);
}

void ownership_leaves(struct ownership *ownership, instant now)
{
	for (size_t i = 0; i < ownership->count; i++)
		if (ownership->intents[i].stage == ASKED)
			end_intent(ownership, &ownership->intents[i], JOURNAL_NOT_STARTED, now);
}

void ownership_not_appended(struct ownership *ownership, const struct journal_record *record, instant now)
{
	if (record->kind == JOURNAL_OWN) {
		if (ownership->state == CLAIMING && record->nonce == ownership->nonce)
			stop_owning(ownership, LOST, now + OWNERSHIP_AGAIN_AFTER);
		return;
	}
	struct intent *intent = ownership_find(ownership, &record->row, record->nonce, record->attempt);
	if (intent && intent->stage == ENDED && record->kind == JOURNAL_RESULT)
		intent->again = now + OWNERSHIP_AGAIN_AFTER;
	if (intent && intent->stage == ASKED && record->kind == JOURNAL_INTENT) {
		order_of(ownership, OWNERSHIP_NOT_START, intent);
		ownership_remove(ownership, intent);
	}
}

/* ---- time ---- */

/* When the clock alone changes something about it. */
static instant time_of(const struct intent *intent)
{
	switch (intent->stage) {
	case OTHERS: return intent->doubtful ? intent->read + OWNERSHIP_DOUBT_WAITS : INSTANT_NEVER;
	case ASKED: return intent->asked + OWNERSHIP_START_WITHIN + 1;
	case STARTED: return INSTANT_NEVER; /* its host says so */
	case ENDED: return intent->again;
	}
	return INSTANT_NEVER;
}

static instant time_of_claim(const struct ownership *ownership)
{
	if (ownership->state == LOST && !OWNERSHIP_LEFT_OUT(CLAIMING_AGAIN))
		return ownership->again_at;
	return ownership->state == CLAIMING ? ownership->claimed + OWNERSHIP_UNHEARD_AFTER : INSTANT_NEVER;
}

instant ownership_next_time(const struct ownership *ownership)
{
	instant at = time_of_claim(ownership);
	for (size_t i = 0; i < ownership->count; i++) {
		instant of = time_of(&ownership->intents[i]);
		at = of < at ? of : at;
	}
	return at;
}

void ownership_time(struct ownership *ownership, instant now)
{
	if (now >= time_of_claim(ownership))
		claim(ownership, now);
	for (size_t i = ownership->count; i-- > 0;) {
		struct intent *intent = &ownership->intents[i];
		if (now < time_of(intent))
			continue;
		if (intent->stage == ENDED && !OWNERSHIP_LEFT_OUT(RESULT_AGAIN))
			end_intent(ownership, intent, intent->what, now);
		if (intent->stage == ASKED && !OWNERSHIP_LEFT_OUT(FIVE_SECONDS))
			order_of(ownership, OWNERSHIP_NOT_START, intent);
		if (intent->stage == OTHERS || (intent->stage == ASKED && !OWNERSHIP_LEFT_OUT(FIVE_SECONDS)))
			ownership_remove(ownership, intent);
	}
}
