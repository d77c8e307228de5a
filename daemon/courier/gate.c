/* gate: messages that wait for permission to be sent, and what another machine made of rows. */
#include "courier/courier_internal.h"

#include "store/elsewhere.h"

/* ---- which rows need it ---- */

bool gate_spares(const struct pass *pass, const struct item *item)
{
	return gate_holds(pass->courier, &item->row) && pass->now < item->row.created + GATE_SPARES;
}

/* Of one that need not go any more, and is not addressed: the machine that sends drops it, and makes no copies of it
 * for several people; unless some word came since it was made of a row that is not here. */
enum result gate_waits_for_word(struct pass *pass, const struct item *item, bool *waits, struct fault *fault)
{
	struct store *store = pass->courier->settings.store;
	bool any = false;
	*waits = false;
	if (item->row.person.length)
		return RESULT_OK;
	enum result result = elsewhere_any(store, item->row.created - MINUTE, &any, fault); /* by clocks that differ */
	if (result != RESULT_OK || any)
		return result;
	*waits = true;
	return outbox_hold(store, item->row.id, pass->now + GATE_LOOKS, fault);
}

bool gate_was_unsent(const struct delivery *delivery)
{
	return delivery->permissions && delivery->reply.outcome == CHANNEL_ABANDONED;
}

/* ---- asking ---- */

/* What the message is called if it is named after this row. */
static void name_after(const struct courier *courier, size_t way, const struct outbox_row *row, struct buffer *name)
{
	const struct courier_channel *by = courier->ways[way].by;
	char digits[OUTBOX_NAME_SIZE];
	outbox_message_name(courier->settings.store, row, digits);
	by->channel->reference(by->settings, row->id, text_of(digits), name);
}

/* What the message is named after: its rows, or the one row that it was named after before. One that was tried with
 * others and goes without them has the name that it had with them; the journal calls it by itself, and so may a third
 * machine. */
static struct outbox_same named_after(const struct courier *courier, const struct delivery *delivery)
{
	struct outbox_same found = {{0}};
	struct buffer name = {0};
	for (size_t i = 0; i <= delivery->row_count && !outbox_same_known(&found); i++) {
		struct outbox_row named = delivery->rows[i ? i - 1 : 0];
		if (i == 0)
			named.same = outbox_same_together(delivery->rows, delivery->row_count);
		if (!outbox_same_known(&named.same))
			continue;
		buffer_clear(&name);
		name_after(courier, delivery->way, &named, &name);
		if (text_equal(buffer_view(&name), delivery->message.reference))
			found = named.same;
	}
	buffer_free(&name);
	return found;
}

static void refuse(struct delivery *delivery, size_t row, instant wait)
{
	delivery->permissions[row].state = PERMISSION_REFUSED;
	delivery->wait = wait > delivery->wait ? wait : delivery->wait;
}

/* A row from before rows had names is on no other machine: it goes by the open gate alone. */
static void ask(struct courier *courier, struct delivery *delivery)
{
	const struct courier_gate *gate = courier->settings.gate;
	const struct outbox_same message = named_after(courier, delivery);
	bool known = outbox_same_known(&message);
	for (size_t i = 0; i < delivery->row_count; i++) {
		const struct outbox_row *row = &delivery->rows[i];
		instant wait = GATE_LOOKS;
		if (!outbox_same_known(&row->same)) {
			delivery->permissions[i].state = PERMISSION_GIVEN;
			continue;
		}
		delivery->permissions[i].state = PERMISSION_ASKED;
		switch (gate->ask(gate->context, &row->same, known ? &message : &row->same, row->possible_duplicate,
		                  &wait)) {
		case GATE_ASKED: continue;
		case GATE_LATER:
		case GATE_CLOSED: refuse(delivery, i, wait); return; /* the others go with it, or not at all */
		}
	}
}

void gate_give(struct courier *courier, struct delivery *delivery, instant elapsed)
{
	if (delivery->asks || !gate_is_asked(courier, &delivery->rows[0])) {
		lanes_give(courier->ways[delivery->way].lanes, delivery, elapsed);
		return;
	}
	delivery->permissions =
		arena_alloc(delivery->arena, delivery->row_count * sizeof *delivery->permissions);
	memset(delivery->permissions, 0, delivery->row_count * sizeof *delivery->permissions);
	delivery->message.begin_by = INSTANT_NEVER;
	delivery->next = NULL;
	*courier->asked_end = delivery;
	courier->asked_end = &delivery->next;
	ask(courier, delivery);
}

/* ---- what is answered ---- */

static struct permission *find_asked(const struct courier *courier, const struct outbox_same *row,
                                     struct delivery **delivery)
{
	for (*delivery = courier->asked; *delivery; *delivery = (*delivery)->next)
		for (size_t i = 0; i < (*delivery)->row_count; i++)
			if ((*delivery)->permissions[i].state == PERMISSION_ASKED &&
			    memcmp(&(*delivery)->rows[i].same, row, sizeof *row) == 0)
				return &(*delivery)->permissions[i];
	return NULL;
}

bool gate_permit(struct courier *courier, const struct outbox_same *row, uint32_t permission, instant begin_by)
{
	struct delivery *delivery;
	struct permission *asked = find_asked(courier, row, &delivery);
	if (!asked)
		return false;
	*asked = (struct permission){PERMISSION_GIVEN, permission};
	if (begin_by < delivery->message.begin_by)
		delivery->message.begin_by = begin_by;
	return true;
}

void gate_refuse(struct courier *courier, const struct outbox_same *row)
{
	struct delivery *delivery;
	struct permission *asked = find_asked(courier, row, &delivery);
	if (asked)
		refuse(delivery, (size_t)(asked - delivery->permissions), GATE_AGAIN);
}

/* ---- what becomes of those that wait ---- */

static enum permission_state state_of(const struct delivery *delivery)
{
	enum permission_state state = PERMISSION_GIVEN;
	for (size_t i = 0; i < delivery->row_count; i++) {
		if (delivery->permissions[i].state == PERMISSION_REFUSED)
			return PERMISSION_REFUSED;
		if (delivery->permissions[i].state != PERMISSION_GIVEN)
			state = PERMISSION_ASKED;
	}
	return state;
}

static void come_back_unsent(struct courier *courier, struct delivery *delivery, instant elapsed)
{
	delivery->reply = (struct channel_reply){.outcome = CHANNEL_ABANDONED};
	*courier->results_end = delivery;
	courier->results_end = &delivery->next;
	courier->result_count++;
	if (courier->came_back == INSTANT_NONE)
		courier->came_back = elapsed;
}

static void settle(struct courier *courier, bool all, instant elapsed)
{
	struct delivery **at = &courier->asked;
	while (*at) {
		struct delivery *delivery = *at;
		enum permission_state state = all ? PERMISSION_REFUSED : state_of(delivery);
		if (state == PERMISSION_ASKED) {
			at = &delivery->next;
			continue;
		}
		*at = delivery->next;
		delivery->next = NULL;
		if (state == PERMISSION_GIVEN)
			lanes_give(courier->ways[delivery->way].lanes, delivery, elapsed);
		else
			come_back_unsent(courier, delivery, elapsed);
	}
	courier->asked_end = at;
}

void gate_turn(struct courier *courier, instant elapsed)
{
	if (courier->asked)
		settle(courier, false, elapsed);
}

void gate_stop(struct courier *courier)
{
	settle(courier, true, clock_elapsed(courier->settings.clock));
}

static enum gate_what what_came(const struct channel_reply *reply)
{
	switch (reply->outcome) {
	case CHANNEL_ACCEPTED:
	case CHANNEL_GIVEN: return GATE_TAKEN;
	case CHANNEL_TEMPORARY:
	case CHANNEL_PERMANENT: return GATE_NOT_TAKEN;
	case CHANNEL_UNCERTAIN: return GATE_PERHAPS;
	case CHANNEL_ABANDONED: return GATE_NOT_BEGUN;
	}
	return GATE_PERHAPS;
}

void gate_over(struct courier *courier, const struct delivery *delivery)
{
	const struct courier_gate *gate = courier->settings.gate;
	for (size_t i = 0; delivery->permissions && i < delivery->row_count; i++)
		if (delivery->permissions[i].state == PERMISSION_GIVEN && outbox_same_known(&delivery->rows[i].same))
			gate->over(gate->context, &delivery->rows[i].same, delivery->permissions[i].number,
			           what_came(&delivery->reply));
}

/* ---- it opens ---- */

enum result gate_release(struct courier *courier, struct fault *fault)
{
	enum result result = courier_begin(courier, fault);
	if (result == RESULT_OK)
		result = outbox_release(courier->settings.store, clock_now(courier->settings.clock), GATE_LOOKS, fault);
	result = courier_finish(courier, result, fault);
	courier->released = result != RESULT_OK;
	return result;
}

/* ---- what another machine made of a row ---- */

/* By which the row's channel is; false: none of ours reaches the person any more. */
static bool find_way(const struct courier *courier, const struct outbox_row *row, struct way_found *found)
{
	const struct person *person = directory_person(courier->settings.directory, row->person);
	return person && courier_way_by(courier, person, row, row->channel, found);
}

static struct text name_from_elsewhere(const struct courier *courier, const struct outbox_row *row,
                                       const struct outbox_same *message, struct arena *arena)
{
	struct outbox_row named = {.id = row->id, .same = *message};
	struct way_found found;
	struct buffer name = {0};
	if (row->message_id.length || !outbox_same_known(&named.same) || !find_way(courier, row, &found))
		return row->message_id;
	name_after(courier, found.way, &named, &name);
	struct text kept = text_keep(arena, buffer_view(&name));
	buffer_free(&name);
	return kept;
}

/* It went when the other machine said so, which this one may read hours later: pages and mails say when somebody was
 * told. One that a service has is asked about from here, too: whether it arrived stands in no journal. */
static enum result take_as_told(struct courier *courier, const struct outbox_row *row, instant at, struct fault *fault)
{
	static const char words[] = "taken, as another machine of the cell says";
	instant now = clock_now(courier->settings.clock), sent = at == INSTANT_NONE || at > now ? now : at;
	struct way_found found;
	bool asks = find_way(courier, row, &found) && courier->ways[found.way].by->channel->ask;
	enum result result = outbox_result(courier->settings.store, row->id, asks ? OUTBOX_GIVEN : OUTBOX_ACCEPTED,
	                                   sent, asks ? asking_next(sent, now) : INSTANT_NEVER, text_of(words), fault);
	if (result != RESULT_OK)
		return result;
	courier_log_row(courier, LOG_LEVEL_INFO, row, words);
	return courier_record(courier, row, asks ? "message.given" : "message.accepted", now, words, fault);
}

enum result gate_look(struct pass *pass, struct item *item, bool *over, struct fault *fault)
{
	struct courier *courier = pass->courier;
	struct elsewhere elsewhere;
	bool found = false;
	if (!gate_is_asked(courier, &item->row) || !outbox_same_known(&item->row.same))
		return RESULT_OK;
	enum result result =
		elsewhere_take(courier->settings.store, &item->row.same, &elsewhere, &found, fault);
	if (result != RESULT_OK || !found)
		return result;
	item->row.message_id = name_from_elsewhere(courier, &item->row, &elsewhere.message, pass->arena);
	result = courier_write_address(pass, item, item->row.message_id, fault);
	*over = elsewhere.taken;
	if (result == RESULT_OK && elsewhere.taken)
		return take_as_told(courier, &item->row, elsewhere.at, fault);
	item->row.possible_duplicate = true;
	return result == RESULT_OK ? outbox_doubt(courier->settings.store, item->row.id, TEXT_NONE, fault) : result;
}

/* ---- the journal says ---- */

struct lesson {
	struct courier *courier;
	const struct outbox_same *row, *message;
	instant at;
	bool taken, found, changed;
};

/* What failed here is not over where another machine found somebody; whether it came back from them is known here. */
static bool is_over(const struct lesson *lesson, const struct outbox_row *row)
{
	if (row->state == OUTBOX_FAILED && lesson->taken && row->sent == INSTANT_NONE && row->address.length)
		return false;
	return row->state == OUTBOX_ACCEPTED || row->state == OUTBOX_DELIVERED || row->state == OUTBOX_FAILED ||
	       row->state == OUTBOX_GIVEN;
}

static enum result doubt(struct lesson *lesson, const struct outbox_row *row, struct arena *arena, struct fault *fault)
{
	struct courier *courier = lesson->courier;
	struct text name = name_from_elsewhere(courier, row, lesson->message, arena);
	if (row->possible_duplicate && text_equal(name, row->message_id))
		return RESULT_OK;
	lesson->changed = true;
	return outbox_doubt(courier->settings.store, row->id, name, fault);
}

static enum result take_row(struct lesson *lesson, const struct outbox_row *row, struct arena *arena,
                            struct fault *fault)
{
	struct courier *courier = lesson->courier;
	struct outbox_row own = *row;
	alert_context_own_row(&own, arena); /* the statement it comes from ends here */
	own.message_id = name_from_elsewhere(courier, &own, lesson->message, arena);
	lesson->changed = true;
	enum result result = outbox_address(courier->settings.store, own.id, own.person, own.channel, own.address,
	                                    own.message_id, fault);
	return result == RESULT_OK ? take_as_told(courier, &own, lesson->at, fault) : result;
}

static enum result learn_of_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct lesson *lesson = argument;
	bool can_be_written = row->state != OUTBOX_SENDING && row->person.length && row->address.length;
	bool over = is_over(lesson, row);
	lesson->found = over || can_be_written;
	if (over || !can_be_written)
		return RESULT_OK;
	struct arena *arena = arena_new(2048);
	enum result result =
		lesson->taken ? take_row(lesson, row, arena, fault) : doubt(lesson, row, arena, fault);
	arena_free(arena);
	return result;
}

enum result courier_learn(struct courier *courier, const struct outbox_same *row, const struct outbox_same *message,
                          bool taken, instant at, bool *changed, struct fault *fault)
{
	struct store *store = courier->settings.store;
	struct lesson lesson = {.courier = courier, .row = row, .message = message, .at = at, .taken = taken};
	const struct elsewhere elsewhere = {.taken = taken, .message = *message, .at = at};
	enum result result = outbox_find_same(store, row, learn_of_row, &lesson, fault);
	*changed = lesson.changed || !lesson.found;
	if (result != RESULT_OK || lesson.found)
		return result;
	return elsewhere_note(store, row, &elsewhere, clock_now(courier->settings.clock), fault);
}
