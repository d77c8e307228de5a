/* pass: rows that may go are claimed, addressed and put into letters, in one bounded transaction. */
#include "courier/courier_internal.h"

#include "base/log.h"
#include "store/lines.h"

/* ---- does it have to go ---- */

static bool was_answered_since(const struct item *item)
{
	const struct alert_context *about = item->about;
	return about->acknowledged && about->acknowledged_at != INSTANT_NONE &&
	       about->acknowledged_at >= item->row.created;
}

/* While a server was away for hours a critical step was asked again every half hour: the newest says all that the
 * others would, and whoever is told of ten children then reads ten messages and not sixty. */
static bool was_asked_since(const struct item *item)
{
	const struct alert_context_rows *rows = &item->about->rows;
	const struct outbox_row *own = &item->row;
	if (own->possible_duplicate || message_purpose_of(own->purpose) != MESSAGE_ASKED_AGAIN)
		return false;
	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].created > own->created && rows->items[i].state != OUTBOX_FAILED &&
		    rows->items[i].step == own->step && text_equal(rows->items[i].role, own->role) &&
		    text_equal(rows->items[i].purpose, own->purpose))
			return true;
	return false;
}

/* An alert that was taken back before anybody was told of it, and opened again, has two rows that say the same: the
 * newer is as it stands now. It must be about to go to the same reader: one that waits for longer would make them wait,
 * too. */
static bool was_opened_since(const struct pass *pass, const struct item *item)
{
	const struct alert_context_rows *rows = &item->about->rows;
	const struct outbox_row *own = &item->row;
	if (own->possible_duplicate || message_purpose_of(own->purpose) != MESSAGE_OPENED)
		return false;
	for (size_t i = 0; i < rows->count; i++) {
		const struct outbox_row *other = &rows->items[i];
		bool same_reader =
			!other->person.length || !own->person.length || text_equal(other->person, own->person);
		if (other->created > own->created && other->state != OUTBOX_FAILED && other->not_before <= pass->now &&
		    other->step == own->step && text_equal(other->role, own->role) && same_reader &&
		    text_equal(other->purpose, own->purpose))
			return true;
	}
	return false;
}

/* An early warning of what has come, or can no longer come in time, would be false. */
static const char *stale_warning(const struct pass *pass, const struct item *item)
{
	const struct message_input input = {.now = pass->now, .calendar = pass->courier->settings.calendar,
	                                    .directory = pass->courier->settings.directory};
	return message_warning_is_over(&input, &item->about->alert) ? "what it warned of has come, or its time is over"
	                                                            : NULL;
}

/* Why the row need not go any more; NULL: it must. */
static const char *stale(const struct pass *pass, const struct item *item)
{
	const struct alert_context *about = item->about;
	enum message_purpose purpose = message_purpose_of(item->row.purpose);
	if (about && item->row.kind == OUTBOX_WARNING)
		return stale_warning(pass, item);
	if (!about || !about->known)
		return NULL;
	bool asks_again =
		purpose == MESSAGE_ESCALATED || purpose == MESSAGE_ASKED_AGAIN || purpose == MESSAGE_PASSED_ON;
	if (asks_again && was_answered_since(item))
		return "the alert was answered before it could go";
	if (was_asked_since(item))
		return "it was asked again since, before this could go";
	if (was_opened_since(pass, item))
		return "it was taken back and opened again, and that is told";
	if (purpose == MESSAGE_RESOLVED ||
	    purpose == MESSAGE_WITHDRAWN) /* answered and review-cut: what follows says so */
		return about->alert.state == ALERT_STANDING ? "the alert opened again before it could go" : NULL;
	bool of_an_answer = purpose == MESSAGE_ANSWERED || purpose == MESSAGE_REVIEW_CUT;
	if (of_an_answer && about->alert.answer.at == INSTANT_NONE)
		return "the answer was withdrawn before it could go";
	if (about->alert.state == ALERT_RESOLVED)
		return "the alert was resolved before it could go";
	if (about->alert.state == ALERT_WITHDRAWN)
		return "the alert was withdrawn before it could go";
	return NULL;
}

/* Until when it goes, whether it was tried or waited (in shadow, while nobody ran, behind a server that was away). */
static bool is_over(const struct pass *pass, const struct outbox_row *row)
{
	if (row->kind == OUTBOX_LIST)
		return pass->now > courier_list_until(pass->courier, row);
	return row->kind == OUTBOX_OPS && pass->now - row->created > GIVE_UP_AFTER;
}

/* Whose time is over before it was taken: somebody hears of it. Of before go-live nobody is told afterwards, of no list
 * either, and a word to ops makes no further word to ops: it stands in the journal, and in what is wrong now. */
static enum result end_old(struct pass *pass, const struct outbox_row *row, bool *ended, struct fault *fault)
{
	struct courier *courier = pass->courier;
	const instant *go_live = courier->settings.go_live;
	bool before = go_live && row->created < *go_live;
	bool list_in_shadow = before && row->kind == OUTBOX_LIST && row->attempts <= 1; /* this one counts */
	*ended = is_over(pass, row) || (before && row->alert.length) || (list_in_shadow && pass->now >= *go_live);
	if (!*ended)
		return RESULT_OK;
	if (row->alert.length || list_in_shadow)
		return courier_drop(courier, row, pass->now, "it was made before go-live", fault);
	if (row->kind == OUTBOX_OPS && text_equal(row->role, TEXT(DIRECTORY_OPS)))
		return courier_drop(courier, row, pass->now, "it is more than three days old; the journal has it",
		                    fault);
	const char *why = row->kind == OUTBOX_LIST ? "it did not go in the time there was; later ones go out"
	                                           : "it did not go for three days";
	return courier_give_up(courier, row, OPS_UNDELIVERABLE, pass->now, why, fault);
}

/* ---- may it go now ---- */

static int planned_to(const struct pass *pass, const struct item *item)
{
	int count = 0;
	for (size_t i = 0; i < pass->letter_count; i++)
		count += pass->letters[i]->items[0]->place == item->place;
	return count;
}

static enum lane lane_of(const struct pass *pass, const struct item *item)
{
	if (mailbox_is_silent(pass->courier, item->row.address, pass->elapsed))
		return LANE_SUSPECT;
	return item->row.critical ? LANE_CRITICAL : LANE_ORDINARY;
}

/* Back to wait, with its address, and for longer than this pass: it would be claimed again, without end. */
static enum result hold(struct pass *pass, struct item *item, instant until, struct fault *fault)
{
	until = until > pass->now ? until : pass->now + 1;
	enum result result = courier_write_address(pass, item, item->row.message_id, fault);
	return result == RESULT_OK ? outbox_hold(pass->courier->settings.store, item->row.id, until, fault) : result;
}

/* It waits for its mailbox; many rows of one mailbox do not all come back at once. */
static enum result wait_for_mailbox(struct pass *pass, struct item *item, bool in_trouble, instant again,
                                    struct fault *fault)
{
	struct courier *courier = pass->courier;
	instant pause = again - pass->elapsed;
	bool tried_in_vain =
		in_trouble && item->row.message_id.length; /* what was never tried is told late, not never */
	if (tried_in_vain && pass->now + pause > courier_bound(courier, &item->row, false))
		return courier_no_more(courier, &item->row, pass->now,
		                       "the mailbox did not take messages in the time there was", fault);
	if (!item->row.critical)
		pause += (instant)(courier_random(courier) % (uint64_t)(pause + 1));
	return hold(pass, item, pass->now + pause, fault);
}

/* Into a letter, or back to wait. *letter: where it went; NULL: it waits. */
static enum result put(struct pass *pass, struct item *item, const struct person *person, struct letter **letter,
                       struct fault *fault)
{
	struct courier *courier = pass->courier;
	instant until = pass->now, again = INSTANT_NONE;
	bool over = false;
	enum result result = gate_look(pass, item, &over, fault);
	if (result == RESULT_OK && !over)
		result = courier_owed(pass, item, &over, fault);
	if (result == RESULT_OK && !over && gate_holds(courier, &item->row))
		return hold(pass, item, pass->now + GATE_LOOKS, fault);
	if (result == RESULT_OK && !over)
		result = hours_wait(pass, item, person, &until, fault);
	if (result != RESULT_OK || over)
		return result;
	if (until > pass->now)
		return hold(pass, item, until, fault);
	if (!item->row.message_id.length) /* never tried by this way */
		result = courier_give_time(courier, &item->row, pass->now, fault);
	if (result != RESULT_OK)
		return result;
	*letter = letters_put(pass, item, person, LANE_ORDINARY, false);
	if (*letter)
		return RESULT_OK;
	if (storm_takes(pass, item, letter, &until))
		return *letter ? RESULT_OK : hold(pass, item, until, fault);
	enum mailbox_state state = mailbox_state(courier, item->row.address, item->row.critical, planned_to(pass, item),
	                                         pass->elapsed, &again);
	switch (state) {
	case MAILBOX_WELL:
		break;
	case MAILBOX_BUSY:
		if (storm_is_early(pass, item))
			break;
		return wait_for_mailbox(pass, item, false, again, fault);
	case MAILBOX_WAITS: return wait_for_mailbox(pass, item, true, again, fault);
	case MAILBOX_REFUSES:
		return courier_no_more(courier, &item->row, pass->now,
		                       "the mailbox refused a message less than a minute ago", fault);
	}
	enum lane lane = lane_of(pass, item);
	*letter = letters_put(pass, item, person, lane, claimed_room(pass, item->way, lane) > 0);
	if (*letter)
		return RESULT_OK;
	/* A channel that is closed for longer delays nobody who has another. */
	const struct trouble *trouble = &courier->ways[item->way].trouble;
	struct way_found other;
	if (trouble->closed && pass->elapsed >= trouble->since + OTHER_WAY_AFTER &&
	    courier_next_way(courier, person, &item->row, &other))
		return courier_other_way(courier, &item->row, pass->now, "its channel takes no messages", fault);
	return hold(pass, item, pass->now + LANE_FULL_FOR, fault);
}

/* This machine looked for those who are to be told after somebody had replied, as one does that reads what others have
 * read: those who replied may be all, which could not be known before (answer: each). */
static void say_found(const struct pass *pass, const struct item *item)
{
	const struct outbox_same none = {{0}};
	const struct alert_context *about = item->about;
	if (!pass->courier->settings.gate || !about || !about->known || !about->alert.asked_still || !hours_asks(item))
		return;
	size_t count = about->alert.reaction_count;
	if (count && about->alert.reactions[count - 1].at >= item->row.created)
		courier_not_heard(pass->courier, item->row.alert, item->row.step, true, &none);
}

static enum result take_row(struct pass *pass, struct item *item, struct letter **letter, struct fault *fault)
{
	const struct person *person = NULL;
	enum addressed addressed = ADDRESSED_NOT;
	if (outbox_is_given(&item->row))
		return asking_take(pass, item, letter, fault);
	bool ended;
	enum result result = end_old(pass, &item->row, &ended, fault);
	if (result != RESULT_OK || ended)
		return result;
	result = claimed_read(pass, item, fault);
	if (result != RESULT_OK)
		return result;
	const char *why = stale(pass, item);
	if (why && !gate_spares(pass, item))
		return courier_drop(pass->courier, &item->row, pass->now, why, fault);
	bool waits = false, early = !item->row.person.length;
	if (why)
		result = gate_waits_for_word(pass, item, &waits, fault);
	if (result != RESULT_OK || waits)
		return result;
	result = courier_address(pass, item, &person, &addressed, fault);
	if (result == RESULT_OK && addressed == ADDRESSED && early)
		say_found(pass, item);
	if (result == RESULT_OK && addressed == ADDRESSED)
		result = put(pass, item, person, letter, fault);
	return result == RESULT_OK && *letter ? letters_name(pass, *letter, item, fault) : result;
}

/* ---- claiming ---- */

static struct item *new_item(struct pass *pass)
{
	struct item *item = arena_alloc(pass->arena, sizeof *item);
	*item = (struct item){.about = NULL};
	return item;
}

/* A message that was tried before goes again as it was: two with one reference and different alerts would look like one
 * to whoever sorts out copies. */
static enum result find_mate(struct pass *pass, const struct letter *letter, int64_t after, struct item *item,
                             bool *found, struct fault *fault)
{
	struct store *store = pass->courier->settings.store;
	const struct item *first = letter->items[0];
	*found = false;
	if (letter->tried)
		return outbox_claim_again(store, first->row.message_id, after, &item->row, found, fault);
	if (storm_gathers(pass, letter))
		return outbox_claim_texts(store, pass->now, first->row.person, hours_purposes(first), &item->row, found,
		                          fault);
	if (!hours_groups(first))
		return RESULT_OK;
	return outbox_claim_beside(store, pass->now, first->row.person, hours_purposes(first), &item->row, found,
	                           fault);
}

static bool may_take_more(const struct pass *pass, const struct letter *letter)
{
	return letter->count < letters_most(letter) && (letter->tried || letter->count < 2 || pass->reads < PASS_READS);
}

static enum result fetch_mates(struct pass *pass, struct letter *letter, struct fault *fault)
{
	enum result result = RESULT_OK;
	bool found = true;
	int64_t after = 0; /* one that is put back would be found again, without end */
	size_t others = 0;
	letter->storm |= storm_gathers(pass, letter);
	while (result == RESULT_OK && found && others < PASS_OTHERS && may_take_more(pass, letter)) {
		struct item *item = new_item(pass);
		struct letter *joined = NULL;
		result = find_mate(pass, letter, after, item, &found, fault);
		if (result != RESULT_OK || !found)
			break;
		after = item->row.id;
		alert_context_own_row(&item->row, pass->arena);
		result = take_row(pass, item, &joined, fault);
		others += joined != letter;
	}
	if (result == RESULT_OK && found && hours_groups(letter->items[0]))
		store_log_notice(pass->courier->settings.store,
		                 "a message for one person holds %zu alerts; what else waits for them goes in the next",
		                 letter->count);
	return result;
}

static bool is_spent(const struct pass *pass)
{
	return pass->touched >= PASS_ROWS || pass->reads >= PASS_READS || pass->bytes >= PASS_BYTES ||
	       pass->letter_count == PASS_ROWS;
}

static bool has_room(const struct pass *pass, enum lane lane)
{
	for (size_t i = 0; i < pass->courier->way_count; i++)
		if (claimed_room(pass, i, lane) > 0)
			return true;
	return false;
}

static enum result claim_lane(struct pass *pass, enum lane lane, struct fault *fault)
{
	struct store *store = pass->courier->settings.store;
	enum result result = RESULT_OK;
	bool found = true;
	while (result == RESULT_OK && found && !is_spent(pass) && has_room(pass, lane)) {
		struct item *item = new_item(pass);
		struct letter *letter = NULL;
		result = outbox_claim(store, pass->now, lane == LANE_CRITICAL, &item->row, &found, fault);
		if (result != RESULT_OK || !found)
			break;
		alert_context_own_row(&item->row, pass->arena);
		pass->touched++;
		result = take_row(pass, item, &letter, fault);
		if (result == RESULT_OK && letter && letter->count == 1)
			result = fetch_mates(pass, letter, fault);
	}
	return result;
}

/* ---- the pass ---- */

static void hand_over(struct pass *pass)
{
	struct courier *courier = pass->courier;
	for (size_t i = 0; i < pass->letter_count; i++) {
		struct delivery *delivery = pass->letters[i]->delivery;
		if (!delivery)
			continue;
		struct way *way = &courier->ways[delivery->way];
		way->under_way[delivery->lane]++;
		way->bytes[delivery->lane] += delivery->bytes;
		courier->figures.under_way++;
		if (pass->elapsed >= way->minute_began + MINUTE || way->minute_count == 0) {
			way->minute_began = pass->elapsed;
			way->minute_count = 0;
		}
		if (++way->minute_count == way->by->channel->per_minute_max)
			log_notice("%s was handed %d messages within a minute: what is not critical waits for the next "
			           "one",
			           way->by->channel->name, way->minute_count);
		if (way->trouble.closed)
			way->trouble.again = pass->elapsed + way->trouble.pause;
		if (!delivery->asks)
			mailbox_asked(courier, delivery->message.to, pass->elapsed);
		storm_note(pass, pass->letters[i]);
		gate_give(courier, delivery, pass->elapsed);
	}
}

static void throw_away(struct pass *pass)
{
	for (size_t i = 0; i < pass->letter_count; i++)
		delivery_free(pass->letters[i]->delivery);
}

static enum result fill(struct pass *pass, struct fault *fault)
{
	enum result result = claim_lane(pass, LANE_CRITICAL, fault);
	if (result == RESULT_OK)
		result = claim_lane(pass, LANE_ORDINARY, fault);
	storm_join(pass);
	return result == RESULT_OK ? letters_write(pass, fault) : result;
}

enum result pass_make(struct courier *courier, struct fault *fault)
{
	struct store *store = courier->settings.store;
	struct pass pass = {.courier = courier, .arena = courier->arena, .now = clock_now(courier->settings.clock),
	                    .elapsed = clock_elapsed(courier->settings.clock)};
	enum result result = courier_begin(courier, fault);
	if (result == RESULT_OK)
		result = fill(&pass, fault);
	if (result == RESULT_OK && !pass.touched)
		store_rollback(store);
	else
		result = courier_finish(courier, result, fault);
	if (result == RESULT_OK)
		hand_over(&pass);
	else
		throw_away(&pass);
	history_cache_trim(courier->histories, store);
	arena_reset(pass.arena);
	if (arena_bytes(pass.arena) > 2 * PASS_ROOM) { /* of one with a very long history */
		arena_free(courier->arena);
		courier->arena = arena_new(PASS_ROOM);
	}
	return result;
}

instant pass_next(const struct courier *courier, enum lane lane, instant elapsed)
{
	instant at = INSTANT_NEVER;
	for (size_t i = 0; i < courier->way_count; i++) {
		const struct trouble *trouble = &courier->ways[i].trouble;
		if (trouble_room(&courier->ways[i], lane, elapsed) > 0)
			return elapsed;
		bool busy = courier->ways[i].under_way[LANE_CRITICAL] + courier->ways[i].under_way[LANE_ORDINARY] > 0;
		instant full_until = trouble_full_until(&courier->ways[i], lane, elapsed);
		at = full_until < at ? full_until : at;
		if (trouble->closed && !busy && trouble->again < at)
			at = trouble->again;
	}
	return at;
}
