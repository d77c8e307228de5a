/* results: what came of each message, and what follows from it. */
#include "courier/courier_internal.h"

#include "base/log.h"
#include "text/json_write.h"

#include <inttypes.h>
#include <stdio.h>

#define UNCERTAIN_MOST 20            /* attempts, and still nobody knows: then somebody must look */
#define MAIL_DOWN_AFTER (5 * MINUTE) /* catalogue.md, ops.mail-down */
#define PAUSE_MOST (15 * SECOND)

/* ---- the record ---- */

static enum result record(struct courier *courier, const struct outbox_row *row, const char *what, instant now,
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
	json_put_text(&json, "message_id", row->message_id);
	json_put_integer(&json, "attempt", row->attempts);
	json_put_bool(&json, "possible_duplicate", row->possible_duplicate);
	json_put_string(&json, "reply", reply);
	json_object_end(&json);
	enum result result = audit_add(courier->settings.store, now, what, row->alert, row->rule, row->subject,
	                               buffer_view(&detail), fault);
	buffer_free(&detail);
	return result;
}

/* Ids alone: a server's reply may quote an address. */
static void log_row(enum log_level level, const struct outbox_row *row, const char *what)
{
	char rule[128], alert[32];
	(void)snprintf(rule, sizeof rule, "%.*s", TEXT_ARG(row->rule));
	(void)snprintf(alert, sizeof alert, "%.*s", TEXT_ARG(row->alert));
	log_work(level, (struct log_about){.rule = rule[0] ? rule : NULL, .alert = alert[0] ? alert : NULL}, "message %" PRId64 " (%.*s, attempt %d): %s",
	         row->id, TEXT_ARG(row->purpose), row->attempts, what);
}

/* ---- ops and the ladder ---- */

enum result courier_tell_ops(struct courier *courier, enum ops_what what, struct text key, instant now, const char *words,
                             struct fault *fault)
{
	char about[32];
	(void)snprintf(about, sizeof about, "%.*s", TEXT_ARG(key));
	struct ops_word word = {.what = what, .key = key, .more = 1, .about = strncmp(about, "A-", 2) == 0 ? about : NULL,
	                        .facts = {{"What was found", words, NULL}}, .fact_count = 1, .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

/* Whether somebody was or may still be told of the same step by another row. */
struct step_visit {
	const struct outbox_row *row;
	bool told;
};

static enum result look_at_step(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct step_visit *visit = argument;
	(void)fault;
	if (row->id != visit->row->id && row->step == visit->row->step && row->kind != OUTBOX_OPS &&
	    row->state != OUTBOX_FAILED)
		visit->told = true;
	return RESULT_OK;
}

/* An end, a change or an early warning asks for no answer: nothing climbs when it cannot be told. */
static bool asks_for_answer(const struct outbox_row *row)
{
	enum message_purpose purpose = message_purpose_of(row->purpose);
	return row->alert.length && (row->kind == OUTBOX_ALERT || row->kind == OUTBOX_REMINDER) &&
	       (purpose == MESSAGE_OPENED || purpose == MESSAGE_ESCALATED || purpose == MESSAGE_ASKED_AGAIN);
}

static enum result climb_later(struct courier *courier, const struct outbox_row *row, struct fault *fault)
{
	struct step_visit visit = {row, false};
	if (!asks_for_answer(row))
		return RESULT_OK;
	enum result result = outbox_each(courier->settings.store, row->alert, false, GATHER_TOLD, look_at_step, &visit, fault);
	if (result != RESULT_OK || visit.told)
		return result;
	struct nobody *nobody = mem_push((void **)&courier->nobodies, &courier->nobody_count, &courier->nobody_room,
	                                 sizeof *nobody);
	(void)snprintf(nobody->alert, sizeof nobody->alert, "%.*s", TEXT_ARG(row->alert));
	nobody->step = row->step;
	return RESULT_OK;
}

void courier_climb(struct courier *courier)
{
	size_t count = courier->nobody_count;
	courier->nobody_count = 0; /* the callback may wake us */
	for (size_t i = 0; i < count; i++) {
		struct nobody nobody = courier->nobodies[i];
		if (courier->settings.nobody)
			courier->settings.nobody(courier->settings.context, text_of(nobody.alert), nobody.step);
	}
}

static enum result alert_number(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	*(int64_t *)argument = row->number;
	return RESULT_OK;
}

static enum result say_nobody(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                              struct fault *fault)
{
	char role[128], title[256];
	(void)snprintf(role, sizeof role, "%.*s", TEXT_ARG(row->role));
	(void)snprintf(title, sizeof title, "Nobody is %s", directory_role_title(courier->settings.directory, role));
	struct ops_word word = {.what = OPS_NOBODY, .key = row->role, .more = 1, .title = title,
	                        .facts = {{"What was found", why, NULL}}, .fact_count = 1, .not_logged = true};
	return courier->settings.ops ? ops_say(courier->settings.ops, &word, now, fault) : RESULT_OK;
}

/* By alert: that one could not be told must not keep ops from hearing of the next. */
static enum result say_undeliverable(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                     struct fault *fault)
{
	char words[768], key[160] = "";
	int64_t number = 0;
	enum result result = RESULT_OK;
	if (row->alert.length)
		result = alerts_find(courier->settings.store, row->alert, alert_number, &number, fault);
	if (result != RESULT_OK)
		return result;
	if (number)
		(void)snprintf(key, sizeof key, "A-%" PRId64, number);
	else
		(void)snprintf(key, sizeof key, "%.*s/%.*s", TEXT_ARG(row->purpose), TEXT_ARG(row->role));
	(void)snprintf(words, sizeof words, "message %" PRId64 " (%.*s) for the role %.*s was not delivered: %.300s", row->id,
	               TEXT_ARG(row->rule), TEXT_ARG(row->role), why);
	return courier_tell_ops(courier, OPS_UNDELIVERABLE, text_of(key), now, words, fault);
}

enum result courier_give_up(struct courier *courier, const struct outbox_row *row, enum ops_what what, instant now,
                            const char *why, struct fault *fault)
{
	courier->figures.failed++;
	/* a server's reply may quote an address: it is in the outbox, not in the log */
	log_row(LOG_LEVEL_ERROR, row, what == OPS_NOBODY ? why : "given up");
	enum result result = outbox_result(courier->settings.store, row->id, OUTBOX_FAILED, now, INSTANT_NEVER, text_of(why),
	                                   fault);
	if (result == RESULT_OK)
		result = record(courier, row, "message.failed", now, why, fault);
	if (result == RESULT_OK && row->kind != OUTBOX_OPS) /* a word to ops that fails makes no further word to ops */
		result = what == OPS_NOBODY ? say_nobody(courier, row, now, why, fault)
		                            : say_undeliverable(courier, row, now, why, fault);
	if (result == RESULT_OK)
		result = climb_later(courier, row, fault);
	return result;
}

enum result courier_drop(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                         struct fault *fault)
{
	char reply[256];
	courier->figures.dropped++;
	(void)snprintf(reply, sizeof reply, "not sent: %s", why);
	enum result result = outbox_result(courier->settings.store, row->id, OUTBOX_FAILED, now, INSTANT_NEVER,
	                                   text_of(reply), fault);
	return result == RESULT_OK ? record(courier, row, "message.dropped", now, reply, fault) : result;
}

/* ---- again ---- */

static bool is_server(const struct channel_reply *reply)
{
	return reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_SERVER;
}

static uint64_t random_next(struct courier *courier) /* xorshift64*, Marsaglia and Vigna */
{
	uint64_t x = courier->random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	courier->random = x;
	return x * 0x2545f4914f6cdd1du;
}

/* Twice as long after each attempt, up to a most, give or take a quarter. Critical messages wait a fifth of that, unless
 * the last one may have arrived: nobody is to be flooded with copies. */
static instant back_off(struct courier *courier, const struct outbox_row *row, bool uncertain)
{
	instant first = courier->settings.retry_first, most = courier->settings.retry_most;
	int doublings = row->attempts > 1 ? (row->attempts > 20 ? 19 : row->attempts - 1) : 0;
	if (row->critical && !uncertain) {
		first /= 5;
		most /= 5;
	}
	instant pause = first;
	while (doublings-- > 0 && pause < most)
		pause *= 2;
	if (pause > most)
		pause = most;
	return pause * 3 / 4 + (instant)(random_next(courier) % (uint64_t)(pause / 2 + 1));
}

/* Until when it makes sense to try. While the server as such is in trouble the step's own time does not count: the ladder
 * climbs by itself, and who should have been told is told late rather than never. */
static instant bound(const struct outbox_row *row, bool relay)
{
	instant most = row->created + (row->kind == OUTBOX_LIST ? LIST_AFTER : GIVE_UP_AFTER);
	return relay || row->deadline == INSTANT_NEVER || row->deadline > most ? most : row->deadline;
}

/* When to try again; INSTANT_NEVER: no more. The last attempt is made shortly before the time is over. */
static instant again_at(struct courier *courier, const struct outbox_row *row, const struct channel_reply *reply, instant now)
{
	instant pause = back_off(courier, row, reply->outcome == CHANNEL_UNCERTAIN), until = bound(row, is_server(reply));
	if (now + pause <= until)
		return now + pause;
	return until - now > courier->settings.retry_first ? until - courier->settings.retry_first / 5 : INSTANT_NEVER;
}

/* Permanent, or time run out: the person's other way, if there is one; else the next step and ops. */
static enum result no_more(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                           struct fault *fault)
{
	const struct person *person = directory_person(courier->settings.directory, row->person);
	struct text channel, address;
	if (!person || !courier_way(courier, person, row->channel, TEXT_NONE, &channel, &address))
		return courier_give_up(courier, row, OPS_UNDELIVERABLE, now, why, fault);
	enum result result = outbox_address(courier->settings.store, row->id, row->person, channel, address, row->message_id,
	                                    fault);
	if (result == RESULT_OK)
		result = outbox_result(courier->settings.store, row->id, OUTBOX_RETRY, now, now, text_of(why), fault);
	return result == RESULT_OK ? record(courier, row, "message.other-way", now, why, fault) : result;
}

/* The server's own trouble is said once, for all messages (see trouble). */
static enum result once_more(struct courier *courier, const struct outbox_row *row, enum outbox_state state, instant again,
                             instant now, const struct channel_reply *reply, struct fault *fault)
{
	const char *why = reply->text;
	enum result result = outbox_result(courier->settings.store, row->id, state, now, again, text_of(why), fault);
	if (result != RESULT_OK)
		return result;
	log_row(is_server(reply) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, row, state == OUTBOX_UNCERTAIN ? "nobody knows whether it arrived; it is sent again"
	                                                          : "not taken yet; it is sent again");
	return record(courier, row, state == OUTBOX_UNCERTAIN ? "message.uncertain" : "message.retry", now, why, fault);
}

static enum result accepted(struct courier *courier, const struct outbox_row *row, instant now, const char *reply,
                            struct fault *fault)
{
	enum result result = outbox_result(courier->settings.store, row->id, OUTBOX_ACCEPTED, now, INSTANT_NEVER,
	                                   text_of(reply), fault);
	if (result != RESULT_OK)
		return result;
	log_row(LOG_LEVEL_INFO, row, "accepted by the mail server");
	return record(courier, row, "message.accepted", now, reply, fault);
}

/* ---- one row, one delivery, all ---- */

static enum result write_row(struct courier *courier, const struct outbox_row *row, const struct channel_reply *reply,
                             instant again, instant now, struct fault *fault)
{
	switch (reply->outcome) {
	case CHANNEL_ACCEPTED:
		return accepted(courier, row, now, reply->text, fault);
	case CHANNEL_PERMANENT:
		return no_more(courier, row, now, reply->text, fault);
	case CHANNEL_ABANDONED:
		return outbox_result(courier->settings.store, row->id, OUTBOX_RETRY, now, now, text_of(reply->text), fault);
	case CHANNEL_TEMPORARY:
		if (again > bound(row, is_server(reply)))
			return no_more(courier, row, now, reply->text, fault);
		return once_more(courier, row, OUTBOX_RETRY, again, now, reply, fault);
	case CHANNEL_UNCERTAIN:
		if (again > bound(row, false) || row->attempts >= UNCERTAIN_MOST)
			return no_more(courier, row, now, reply->text, fault);
		return once_more(courier, row, OUTBOX_UNCERTAIN, again, now, reply, fault);
	}
	return RESULT_OK;
}

/* All rows of a message share the time of its next attempt, so that they stay together; one whose time is over by then
 * ends by itself. */
static enum result write_delivery(struct courier *courier, const struct delivery *delivery, instant now,
                                  struct fault *fault)
{
	instant again = INSTANT_NEVER;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < delivery->row_count; i++) {
		instant own = again_at(courier, &delivery->rows[i], &delivery->reply, now);
		again = own < again ? own : again;
	}
	for (size_t i = 0; i < delivery->row_count && result == RESULT_OK; i++)
		result = write_row(courier, &delivery->rows[i], &delivery->reply, again, now, fault);
	return result;
}

/* ---- the server's trouble ---- */

static bool in_trouble(const struct delivery *delivery)
{
	return is_server(&delivery->reply) || (delivery->reply.outcome == CHANNEL_UNCERTAIN && delivery->reply.code == 0);
}

static void well_again(struct courier *courier, instant now)
{
	struct fault fault = {0};
	if (courier->figures.trouble_since != INSTANT_NONE && !courier->figures.mail_down)
		log_notice("the mail server takes messages again");
	if (courier->settings.ops && ops_end(courier->settings.ops, OPS_MAIL_DOWN, TEXT_NONE, NULL, now, &fault) != RESULT_OK)
		log_warning("ops.mail-down is over, and that could not be written: %s", fault.text);
	courier->figures.trouble_since = INSTANT_NONE;
	courier->figures.mail_down = false;
	courier->figures.trouble[0] = '\0';
	courier->relay_pause = 0;
	courier->relay_again = INSTANT_NONE;
}

static void trouble(struct courier *courier, const struct channel_reply *reply, instant now)
{
	instant first = courier->settings.retry_first < SECOND ? courier->settings.retry_first : SECOND;
	if (courier->figures.trouble_since == INSTANT_NONE) {
		courier->figures.trouble_since = now;
		if (reply->code) /* a reply may quote an address */
			log_warning("the mail server refuses: reply %d", reply->code);
		else
			log_warning("the mail server does not take messages: %s", reply->text);
	}
	(void)snprintf(courier->figures.trouble, sizeof courier->figures.trouble, "%.255s", reply->text);
	courier->relay_pause = courier->relay_pause ? courier->relay_pause * 2 : first;
	instant most = courier->settings.retry_most < PAUSE_MOST ? courier->settings.retry_most : PAUSE_MOST;
	if (courier->relay_pause > most)
		courier->relay_pause = most;
	courier->relay_again = now + courier->relay_pause;
}

instant courier_mail_down_at(const struct courier *courier)
{
	if (courier->figures.trouble_since == INSTANT_NONE || courier->figures.mail_down)
		return INSTANT_NEVER;
	return courier->figures.trouble_since + MAIL_DOWN_AFTER;
}

void courier_check_mail_down(struct courier *courier, instant now)
{
	if (now < courier_mail_down_at(courier))
		return;
	courier->figures.mail_down = true;
	char since[64];
	struct fault fault = {0};
	instant_print(courier->figures.trouble_since / SECOND * SECOND, since);
	struct ops_word word = {.what = OPS_MAIL_DOWN, .facts = {{"Since", since, NULL}}, .fact_count = 1};
	if (courier->settings.ops && ops_say(courier->settings.ops, &word, now, &fault) != RESULT_OK)
		log_warning("ops.mail-down could not be written: %s", fault.text);
}

static void count(struct courier *courier, const struct channel_reply *reply)
{
	struct courier_figures *figures = &courier->figures;
	figures->accepted += reply->outcome == CHANNEL_ACCEPTED;
	figures->temporary += reply->outcome == CHANNEL_TEMPORARY;
	figures->permanent += reply->outcome == CHANNEL_PERMANENT;
	figures->uncertain += reply->outcome == CHANNEL_UNCERTAIN;
}

/* One good answer among those that came back together is enough; else the pause grows once. */
static void learn(struct courier *courier, instant now)
{
	const struct delivery *bad = NULL;
	bool good = false;
	for (const struct delivery *delivery = courier->results; delivery; delivery = delivery->next) {
		count(courier, &delivery->reply);
		if (in_trouble(delivery))
			bad = delivery;
		else if (delivery->reply.outcome != CHANNEL_ABANDONED)
			good = true;
	}
	if (good)
		well_again(courier, now);
	else if (bad)
		trouble(courier, &bad->reply, now);
}

static void forget_results(struct courier *courier)
{
	for (struct delivery *delivery = courier->results, *next; delivery; delivery = next) {
		next = delivery->next;
		courier->under_way--;
		courier->under_way_bytes -= delivery->bytes;
		delivery_free(delivery);
	}
	courier->results = NULL;
	courier->results_end = &courier->results;
}

enum result courier_write_results(struct courier *courier, struct fault *fault)
{
	struct store *store = courier->settings.store;
	instant now = clock_now(courier->settings.clock);
	if (!courier->results)
		return RESULT_OK;
	size_t nobodies = courier->nobody_count;
	enum result result = store_begin(store, fault);
	if (result != RESULT_OK)
		return result;
	for (struct delivery *delivery = courier->results; delivery && result == RESULT_OK; delivery = delivery->next)
		result = write_delivery(courier, delivery, now, fault);
	if (result == RESULT_OK)
		result = store_commit(store, fault);
	if (result != RESULT_OK) { /* they are kept and written again: what came of them is true all the same */
		store_rollback(store);
		courier->nobody_count = nobodies;
		return result;
	}
	learn(courier, now);
	forget_results(courier);
	return RESULT_OK;
}
