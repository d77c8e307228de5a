/* outcome: how a row ends when nobody took it, and how long it waits for the next attempt. */
#include "courier/courier_internal.h"

#include "people/own_hours.h"
#include "store/alerts/alerts.h"
#include "store/lines.h"
#include "text/json_write.h"

#include <inttypes.h>
#include <stdio.h>

#define TRIED_LEAST 8 /* first pauses (two minutes): what is passed on in a step's last second is tried again, too */
#define CLIMBED_FOR MINUTE          /* the same step is not left twice within it: whatever feeds the loop */

/* ---- the record ---- */

enum result courier_record(struct courier *courier, const struct outbox_row *row, const char *what, instant now,
                           const char *reply, struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	json_object(&json);
	json_put_integer(&json, "outbox", row->id);
	json_put_text(&json, "purpose", row->purpose);
	json_put_text(&json, "role", row->role);
	json_put_text(&json, "person", row->person);
	json_put_text(&json, "channel", row->channel);
	json_put_text(&json, "address", row->address);
	if (courier->server && *courier->server)
		json_put_string(&json, "server", courier->server);
	json_put_text(&json, "message_id", row->message_id);
	json_put_integer(&json, "attempt", row->attempts);
	json_put_bool(&json, "possible_duplicate", row->possible_duplicate);
	json_put_string(&json, "reply", reply);
	json_object_end(&json);
	struct audit_row act = {.at = now, .what = what, .alert = row->alert, .rule = row->rule,
	                        .subject = row->subject, .person = row->person, .detail = buffer_view(&detail)};
	enum result result = audit_write(courier->settings.store, &act, fault);
	buffer_free(&detail);
	return result;
}

#define SAME_REPLY 12

bool courier_is_on_record(const struct outbox_row *row, const char *reply)
{
	size_t length = strlen(reply), stored = row->reply.length;
	length = length < SAME_REPLY ? length : SAME_REPLY;
	stored = stored < SAME_REPLY ? stored : SAME_REPLY;
	bool same = text_equal((struct text){reply, length}, (struct text){row->reply.at, stored});
	bool counted = (row->attempts & (row->attempts - 1)) == 0;
	return !same || counted;
}

/* ---- transactions ---- */

enum result courier_begin(struct courier *courier, struct fault *fault)
{
	courier->counted = (struct courier_counted){courier->nobody_count, courier->figures.failed,
	                                            courier->figures.dropped};
	return store_begin(courier->settings.store, fault);
}

enum result courier_finish(struct courier *courier, enum result result, struct fault *fault)
{
	if (result == RESULT_OK)
		result = store_commit(courier->settings.store, fault);
	if (result == RESULT_OK)
		return result;
	store_rollback(courier->settings.store);
	courier->nobody_count = courier->counted.nobodies;
	courier->figures.failed = courier->counted.failed;
	courier->figures.dropped = courier->counted.dropped;
	return result;
}

/* ---- what became of a row ---- */

void courier_log_row(struct courier *courier, enum log_level level, const struct outbox_row *row, const char *what)
{
	struct buffer rule = {0}, alert = {0}, purpose = {0};
	buffer_text(&rule, row->rule);
	buffer_text(&alert, row->alert);
	buffer_text(&purpose, row->purpose);
	store_log(courier->settings.store, level,
	          (struct log_about){.rule = rule.length ? buffer_cstr(&rule) : NULL,
	                             .alert = alert.length ? buffer_cstr(&alert) : NULL},
	          "message %" PRId64 " (%s, attempt %d): %s", row->id, buffer_cstr(&purpose), row->attempts, what);
	buffer_free(&rule);
	buffer_free(&alert);
	buffer_free(&purpose);
}

enum result courier_went(struct courier *courier, const struct outbox_row *row, enum outbox_state state, instant again,
                         const char *what, const char *words, const char *reply, instant now, struct fault *fault)
{
	enum result result = outbox_result(courier->settings.store, row->id, state, now, again, text_of(reply), fault);
	if (result != RESULT_OK)
		return result;
	courier_log_row(courier, LOG_LEVEL_INFO, row, words);
	return courier_record(courier, row, what, now, reply, fault);
}

/* ---- the ladder ---- */

/* An end or an early warning asks for no answer: nothing climbs when it cannot be told. */
static bool asks_for_answer(const struct outbox_row *row)
{
	enum message_purpose purpose = message_purpose_of(row->purpose);
	return row->alert.length && (row->kind == OUTBOX_ALERT || row->kind == OUTBOX_REMINDER) &&
	       (purpose == MESSAGE_OPENED || purpose == MESSAGE_ESCALATED || purpose == MESSAGE_ASKED_AGAIN ||
	        purpose == MESSAGE_PASSED_ON);
}

/* Neither does a change by itself; but while it was under way it may have been all that could still tell of the step.
 */
static bool is_change(const struct outbox_row *row)
{
	return row->alert.length && message_purpose_of(row->purpose) == MESSAGE_UPDATED;
}

/* Whether somebody was or may still be told of the same step by another row. Asked again, the step is told anew: who
 * heard of it the time before hears nothing now. Whom it was passed on to is one more beside those who were told. */
struct step_visit {
	const struct outbox_row *row;
	instant asked; /* of a change: when the alert last was; INSTANT_NONE: not looked at */
	bool told, asked_in_vain;
};

static enum result look_at_step(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct step_visit *visit = argument;
	bool before = row->created < visit->row->created && !is_change(visit->row) &&
	              message_purpose_of(visit->row->purpose) != MESSAGE_PASSED_ON;
	(void)fault;
	if (before || row->created < visit->asked)
		return RESULT_OK;
	if (row->id == visit->row->id || row->step != visit->row->step)
		return RESULT_OK;
	visit->told = visit->told || row->state != OUTBOX_FAILED;
	visit->asked_in_vain = visit->asked_in_vain || asks_for_answer(row);
	return RESULT_OK;
}

/* The floor under the loop: a step whose people cannot be reached is left at once, but not again within a minute. Where
 * the ladder asks the same step again sooner, its own time makes it climb. Remembered once it is left: a transaction
 * that fails leaves none. */
static uint64_t step_key(struct text alert, int step)
{
	return text_fingerprint(alert, (uint64_t)step);
}

static bool is_noted(const struct courier *courier, struct text alert, int step, bool others,
                     const struct outbox_same *row)
{
	for (size_t i = 0; i < courier->nobody_count; i++) {
		const struct nobody *noted = &courier->nobodies[i];
		if (noted->step == step && noted->others == others && text_equal(text_of(noted->alert), alert) &&
		    (!row || memcmp(&noted->row, row, sizeof *row) == 0))
			return true;
	}
	return false;
}

static bool climbed_just_now(struct courier *courier, struct text alert, int step)
{
	return is_noted(courier, alert, step, false, NULL) ||
	       recent_find(&courier->climbed, step_key(alert, step), clock_elapsed(courier->settings.clock));
}

void courier_climbs(struct courier *courier, struct text alert, int step)
{
	instant elapsed = clock_elapsed(courier->settings.clock);
	(void)recent_make(&courier->climbed, step_key(alert, step), elapsed, elapsed + CLIMBED_FOR);
}

void courier_nobody_told(struct courier *courier, struct text alert, int step, bool others,
                         const struct outbox_same *row)
{
	struct nobody *nobody =
		mem_push((void **)&courier->nobodies, &courier->nobody_count, &courier->nobody_room, sizeof *nobody);
	(void)snprintf(nobody->alert, sizeof nobody->alert, "%.*s", (int)alert.length, alert.at);
	nobody->step = step;
	nobody->others = others;
	nobody->from = INSTANT_NONE;
	nobody->row = *row;
}

/* Alone nobody asks which row it was, and one word of the step is enough. */
void courier_not_heard(struct courier *courier, struct text alert, int step, bool others,
                       const struct outbox_same *row)
{
	bool cell = courier->settings.gate != NULL;
	bool climbs = !others && !climbed_just_now(courier, alert, step);
	if (climbs || (others && !is_noted(courier, alert, step, true, cell ? row : NULL)) || (!others && cell))
		courier_nobody_told(courier, alert, step, !climbs, row);
}

static enum result climb_later(struct courier *courier, const struct outbox_row *row, struct fault *fault)
{
	struct step_visit visit = {.row = row, .asked = INSTANT_NONE, .asked_in_vain = asks_for_answer(row)};
	if (!visit.asked_in_vain && !is_change(row))
		return RESULT_OK;
	enum result result = RESULT_OK;
	if (is_change(row))
		result = alerts_asked(courier->settings.store, row->alert, &visit.asked, fault);
	if (result == RESULT_OK)
		result = outbox_each(courier->settings.store, row->alert, false, GATHER_TOLD, look_at_step, &visit,
		                     fault);
	if (result == RESULT_OK && visit.asked_in_vain)
		courier_not_heard(courier, row->alert, row->step, visit.told, &row->same);
	return result;
}

/* ---- ends ---- */

enum result courier_give_up(struct courier *courier, const struct outbox_row *row, enum ops_what what, instant now,
                            const char *why, struct fault *fault)
{
	courier->figures.failed++;
	/* a server's reply may quote an address: it is in the outbox, not in the log */
	courier_log_row(courier, LOG_LEVEL_ERROR, row, what == OPS_NOBODY ? why : "given up");
	enum result result =
		outbox_result(courier->settings.store, row->id, OUTBOX_FAILED, now, INSTANT_NEVER, text_of(why), fault);
	if (result == RESULT_OK)
		result = courier_record(courier, row, "message.failed", now, why, fault);
	/* a word to ops that fails makes no further word to ops; one to the owner of a source does */
	if (result == RESULT_OK && !(row->kind == OUTBOX_OPS && text_equal(row->role, TEXT(DIRECTORY_OPS))))
		result = what == OPS_NOBODY ? tell_nobody(courier, row, now, why, fault)
		                            : tell_undeliverable(courier, row, now, why, fault);
	if (result == RESULT_OK)
		result = climb_later(courier, row, fault);
	return result;
}

enum result courier_drop(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                         struct fault *fault)
{
	char reply[256];
	courier->figures.dropped++;
	(void)snprintf(reply, sizeof reply, OUTBOX_NOT_SENT "%s", why);
	enum result result = outbox_result(courier->settings.store, row->id, OUTBOX_FAILED, now, INSTANT_NEVER,
	                                   text_of(reply), fault);
	return result == RESULT_OK ? courier_record(courier, row, "message.dropped", now, reply, fault) : result;
}

/* A reference is its channel's own: the other one makes its own. */
static enum result go_by(struct courier *courier, const struct outbox_row *row, const struct way_found *next,
                         instant now, const char *why, struct fault *fault)
{
	enum result result =
		outbox_address(courier->settings.store, row->id, row->person, next->channel, next->address, TEXT_NONE,
		               fault);
	if (result == RESULT_OK)
		result = outbox_result(courier->settings.store, row->id, OUTBOX_RETRY, now, now, text_of(why), fault);
	return result == RESULT_OK ? courier_record(courier, row, "message.other-way", now, why, fault) : result;
}

/* The other way, or none. `tells`: of the one that failed. */
static enum result leave_way(struct courier *courier, const struct outbox_row *row, bool tells, instant now,
                             const char *why, struct fault *fault)
{
	const struct person *person = directory_person(courier->settings.directory, row->person);
	struct way_found next;
	if (!person || !courier_next_way(courier, person, row, &next))
		return courier_give_up(courier, row, OPS_UNDELIVERABLE, now, why, fault);
	enum result result = go_by(courier, row, &next, now, why, fault);
	return result == RESULT_OK && tells ? tell_other_way(courier, row, next.channel, now, why, fault) : result;
}

enum result courier_other_way(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                              struct fault *fault)
{
	return leave_way(courier, row, false, now, why, fault);
}

enum result courier_no_more(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                            struct fault *fault)
{
	return leave_way(courier, row, true, now, why, fault);
}

/* ---- again ---- */

uint64_t courier_random(struct courier *courier) /* xorshift64*, Marsaglia and Vigna */
{
	uint64_t x = courier->random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	courier->random = x;
	return x * 0x2545f4914f6cdd1du;
}

/* Twice as long after each attempt, up to a most. Critical messages wait a fifth of that, unless the last one may have
 * arrived: nobody is to be flooded with copies. They never wait longer than a minute. */
instant courier_back_off(struct courier *courier, int attempts, bool critical, bool uncertain)
{
	instant first = courier->settings.retry_first, most = courier->settings.retry_most;
	int doublings = attempts > 1 ? (attempts > 20 ? 19 : attempts - 1) : 0;
	if (critical && !uncertain)
		first /= 5;
	if (critical && most > AGAIN_WITHIN)
		most = AGAIN_WITHIN;
	instant pause = first;
	while (doublings-- > 0 && pause < most)
		pause *= 2;
	if (pause > most)
		pause = most;
	return pause * 3 / 4 + (instant)(courier_random(courier) % (uint64_t)(pause / 2 + 1));
}

enum result courier_give_time(struct courier *courier, struct outbox_row *row, instant now, struct fault *fault)
{
	if (row->deadline >= now + TRIED_FOR) /* also where there is none */
		return RESULT_OK;
	instant own = row->deadline - row->created; /* less than nothing where a clock was ahead */
	instant least = TRIED_LEAST * courier->settings.retry_first;
	own = own < least ? least : own;
	instant until = now + (own < TRIED_FOR ? own : TRIED_FOR);
	if (row->deadline + SECOND >= until) /* a second is how long it may take to be claimed */
		return RESULT_OK;
	row->deadline = until;
	return outbox_deadline(courier->settings.store, row->id, row->deadline, fault);
}

/* From when it could go: an alert that is not critical is first held for its recipient's hours, which over Easter begin
 * four days later. */
static instant could_go(const struct courier *courier, const struct outbox_row *row)
{
	const struct person *person = directory_person(courier->settings.directory, row->person);
	const struct calendar *calendar = courier->settings.calendar;
	if (!person || row->critical || row->kind == OUTBOX_LIST || row->kind == OUTBOX_OPS ||
	    own_hours_in(person, calendar, row->created))
		return row->created;
	return own_hours_next(person, calendar, row->created);
}

instant courier_list_until(const struct courier *courier, const struct outbox_row *row)
{
	const struct courier_settings *settings = &courier->settings;
	instant least = row->created + LIST_AFTER, next = INSTANT_NONE;
	struct payload payload = PAYLOAD_EMPTY;
	struct fault why;
	struct arena *arena = arena_new(1024);
	bool known = payload_read(row->payload, &payload, arena, &why) == RESULT_OK && payload.list.length;
	if (known && settings->list_next)
		next = settings->list_next(settings->context, payload.list,
		                           payload.due == INSTANT_NONE ? row->created : payload.due);
	arena_free(arena);
	return next > least ? next : least;
}

instant courier_bound(const struct courier *courier, const struct outbox_row *row, bool server)
{
	bool list = row->kind == OUTBOX_LIST;
	instant most = list ? courier_list_until(courier, row) : could_go(courier, row) + GIVE_UP_AFTER;
	return server || row->deadline == INSTANT_NEVER || row->deadline > most ? most : row->deadline;
}
