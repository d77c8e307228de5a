/* results: what came of each message, and what follows from it. */
#include "courier/courier_internal.h"

#include "base/log.h"

#include <assert.h>

#define UNCERTAIN_MOST 20 /* attempts of which nobody knows whether they arrived: then somebody must look */

/* ---- again ---- */

static bool is_server(const struct channel_reply *reply)
{
	return reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_SERVER;
}

/* When to try again; INSTANT_NEVER: no more. The last attempt is made shortly before the time is over. */
static instant again_at(struct courier *courier, const struct outbox_row *row, const struct channel_reply *reply,
                        instant now)
{
	instant pause = courier_back_off(courier, row->attempts, row->critical, reply->outcome == CHANNEL_UNCERTAIN);
	instant until = courier_bound(courier, row, is_server(reply));
	if (is_server(reply)) /* the server's own pause holds all rows back; when it is over, the critical ones go
	                          first */
		pause = courier->settings.retry_first < SECOND ? courier->settings.retry_first : SECOND;
	else if (pause < trouble_asked(reply, row->critical))
		pause = trouble_asked(reply, row->critical);
	if (now + pause <= until)
		return now + pause;
	return until - now > courier->settings.retry_first ? until - courier->settings.retry_first / 5 : INSTANT_NEVER;
}

/* The server's own trouble is said once, for all messages (see trouble). */
static enum result once_more(struct courier *courier, const struct outbox_row *row, enum outbox_state state,
                             instant again, instant now, const struct channel_reply *reply, struct fault *fault)
{
	const char *why = reply->text;
	enum result result = outbox_result(courier->settings.store, row->id, state, now, again, text_of(why), fault);
	if (result != RESULT_OK)
		return result;
	courier_log_row(courier, is_server(reply) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, row,
	                state == OUTBOX_UNCERTAIN ? "nobody knows whether it arrived; it is sent again"
	                                          : "not taken yet; it is sent again");
	if (state == OUTBOX_UNCERTAIN) /* each: it may have arrived */
		return courier_record(courier, row, "message.uncertain", now, why, fault);
	if (!courier_is_on_record(row, why))
		return RESULT_OK;
	return courier_record(courier, row, "message.retry", now, why, fault);
}

static enum result not_taken(struct courier *courier, const struct outbox_row *row, instant again, instant now,
                             const struct channel_reply *reply, struct fault *fault)
{
	struct outbox_row later = *row;
	enum result result = is_server(reply) ? courier_give_time(courier, &later, now, fault) : RESULT_OK;
	return result == RESULT_OK ? once_more(courier, row, OUTBOX_RETRY, again, now, reply, fault) : result;
}

/* The daemon stops, and broke it off before anything was delivered. */
static enum result abandoned(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                             struct fault *fault)
{
	enum result result =
		outbox_result(courier->settings.store, row->id, OUTBOX_RETRY, now, now, text_of(why), fault);
	return result == RESULT_OK ? courier_record(courier, row, "message.abandoned", now, why, fault) : result;
}

/* ---- one row, one delivery, all ---- */

static enum result write_row(struct courier *courier, const struct outbox_row *row, const struct channel_reply *reply,
                             instant again, instant now, struct fault *fault)
{
	if (outbox_is_given(row))
		return asking_write(courier, row, reply, now, fault);
	switch (reply->outcome) {
	case CHANNEL_GIVEN:
		return courier_went(courier, row, OUTBOX_GIVEN, asking_next(now, now), "message.given",
		                    "taken by the service; it will be asked whether it arrived", reply->text, now,
		                    fault);
	case CHANNEL_ACCEPTED:
		return courier_went(courier, row, OUTBOX_ACCEPTED, INSTANT_NEVER, "message.accepted",
		                    "accepted", reply->text, now, fault);
	case CHANNEL_PERMANENT:
		return courier_no_more(courier, row, now, reply->text, fault);
	case CHANNEL_ABANDONED:
		return abandoned(courier, row, now, reply->text, fault);
	case CHANNEL_TEMPORARY:
		if (again > courier_bound(courier, row, is_server(reply)))
			return is_server(reply) ? courier_other_way(courier, row, now, reply->text, fault)
			                        : courier_no_more(courier, row, now, reply->text, fault);
		return not_taken(courier, row, again, now, reply, fault);
	case CHANNEL_UNCERTAIN: break;
	}
	if (again > courier_bound(courier, row, false) || row->doubts + 1 >= UNCERTAIN_MOST)
		return courier_no_more(courier, row, now, reply->text, fault);
	return once_more(courier, row, OUTBOX_UNCERTAIN, again, now, reply, fault);
}

/* It waits again as if it had not been claimed. */
static enum result put_back(struct courier *courier, const struct delivery *delivery, instant now, struct fault *fault)
{
	enum result result = caps_learn(courier, delivery, fault);
	for (size_t i = 0; i < delivery->row_count && result == RESULT_OK; i++)
		result = outbox_hold(courier->settings.store, delivery->rows[i].id, now + delivery->wait, fault);
	for (size_t i = 0; i < delivery->row_count && result == RESULT_OK; i++)
		result = outbox_unname(courier->settings.store, delivery->rows[i].id, fault);
	return result;
}

/* All rows of a message share the time of its next attempt, so that they stay together; one whose time is over by then
 * ends by itself. */
static enum result write_delivery(struct courier *courier, const struct delivery *delivery, instant now,
                                  struct fault *fault)
{
	instant again = INSTANT_NEVER;
	enum result result = RESULT_OK;
	if (gate_was_unsent(delivery))
		return put_back(courier, delivery, now, fault);
	for (size_t i = 0; i < delivery->row_count; i++) {
		instant own = again_at(courier, &delivery->rows[i], &delivery->reply, now);
		again = own < again ? own : again;
	}
	result = caps_learn(courier, delivery, fault);
	courier->server = delivery->reply.server;
	for (size_t i = 0; i < delivery->row_count && result == RESULT_OK; i++)
		result = write_row(courier, &delivery->rows[i], &delivery->reply, again, now, fault);
	courier->server = NULL;
	return result;
}

/* ---- all ---- */

static void count_told(struct courier_figures *figures, const struct delivery *delivery, instant now)
{
	for (size_t i = 0; i < delivery->row_count; i++) {
		const struct outbox_row *row = &delivery->rows[i];
		struct histogram *told = &figures->told[row->critical];
		told->steps = histogram_wait;
		histogram_count(told, now - row->created);
	}
}

static void count(struct courier *courier, const struct delivery *delivery, instant now)
{
	struct courier_figures *figures = &courier->figures;
	const struct channel_reply *reply = &delivery->reply;
	if (reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN)
		count_told(figures, delivery, now);
	figures->accepted += reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN;
	figures->temporary += reply->outcome == CHANNEL_TEMPORARY;
	figures->permanent += reply->outcome == CHANNEL_PERMANENT;
	figures->uncertain += reply->outcome == CHANNEL_UNCERTAIN;
}

/* Written: what it says of the mailbox and of the server is learnt, and it is no longer under way. */
static void put_away(struct courier *courier, struct delivery *delivery, instant elapsed)
{
	struct way *way = &courier->ways[delivery->way];
	if (!delivery->asks)
		count(courier, delivery, clock_now(courier->settings.clock));
	mailbox_learn(courier, delivery, elapsed);
	trouble_learn(courier, way, delivery, elapsed);
	way->under_way[delivery->lane]--;
	way->bytes[delivery->lane] -= delivery->bytes;
	courier->figures.under_way--;
	delivery_free(delivery);
}

bool results_are_due(const struct courier *courier, size_t count, instant elapsed)
{
	bool enough = count >= LANES_TOGETHER || count >= courier->figures.under_way;
	return count && (!courier->gathers || enough || elapsed >= courier->came_back + RESULTS_GATHER);
}

enum result results_write(struct courier *courier, struct fault *fault)
{
	instant now = clock_now(courier->settings.clock), elapsed = clock_elapsed(courier->settings.clock);
	size_t rows = 0, written = 0;
	assert(courier->results);
	enum result result = courier_begin(courier, fault);
	if (result != RESULT_OK)
		return result;
	for (struct delivery *delivery = courier->results; delivery && rows < RESULT_ROWS && result == RESULT_OK;
	     delivery = delivery->next) {
		result = write_delivery(courier, delivery, now, fault);
		rows += delivery->row_count;
		written++;
	}
	result = courier_finish(courier, result, fault);
	if (result != RESULT_OK) /* they are kept and written again: what came of them is true all the same */
		return result;
	while (written--) {
		struct delivery *delivery = courier->results;
		courier->results = delivery->next;
		courier->result_count--;
		gate_over(courier, delivery);
		put_away(courier, delivery, elapsed);
	}
	if (!courier->results) {
		courier->results_end = &courier->results;
		courier->came_back = INSTANT_NONE;
	}
	return RESULT_OK;
}
