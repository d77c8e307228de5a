/* heard: what is heard of a message after it was taken: that it came back, is late, arrived, or that a machine answered
 * it. */
#include "courier/courier_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct hearing {
	struct courier *courier;
	struct arena *arena;
	struct outbox_row *rows;
	size_t count, room;
	bool busy;
	enum courier_news news;
	const char *words;
	instant now;
};

/* ---- whether anybody still has to be told ---- */

struct standing {
	bool stands, answered;
};

static enum result look_at_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct standing *standing = argument;
	(void)fault;
	standing->stands = row->state == ALERT_STANDING;
	standing->answered = row->acknowledged;
	return RESULT_OK;
}

/* A message that asked for an answer, of an alert that has one or is over: nobody else need be asked. */
static enum result is_needed(const struct hearing *hearing, const struct outbox_row *row, bool *needed,
                             struct fault *fault)
{
	enum message_purpose purpose = message_purpose_of(row->purpose);
	bool asks = purpose == MESSAGE_OPENED || purpose == MESSAGE_ESCALATED || purpose == MESSAGE_ASKED_AGAIN ||
		    purpose == MESSAGE_PASSED_ON || purpose == MESSAGE_UPDATED;
	struct standing standing = {.stands = true};
	*needed = true;
	if (!asks || !row->alert.length)
		return RESULT_OK;
	enum result result =
		alerts_find_any(hearing->courier->settings.store, row->alert, look_at_alert, &standing, fault);
	*needed = standing.stands && !standing.answered;
	return result;
}

/* ---- one row ---- */

static enum result came_back(const struct hearing *hearing, const struct outbox_row *row, struct fault *fault)
{
	struct courier *courier = hearing->courier;
	bool needed = true;
	if (row->state == OUTBOX_FAILED) /* told before */
		return RESULT_OK;
	courier_log_row(courier, LOG_LEVEL_WARNING, row, "it did not arrive: what took it has sent it back");
	enum result result = courier_record(courier, row, "message.bounced", hearing->now, hearing->words, fault);
	if (result == RESULT_OK)
		result = is_needed(hearing, row, &needed, fault);
	if (result != RESULT_OK || needed)
		return result == RESULT_OK ? courier_no_more(courier, row, hearing->now, hearing->words, fault)
		                           : result;
	courier->figures.failed++;
	result = outbox_result(courier->settings.store, row->id, OUTBOX_FAILED, hearing->now, INSTANT_NEVER,
	                       text_of(hearing->words), fault);
	return result == RESULT_OK ? tell_undeliverable(courier, row, hearing->now, hearing->words, fault) : result;
}

static enum result is_late(const struct hearing *hearing, const struct outbox_row *row, struct fault *fault)
{
	if (row->state != OUTBOX_ACCEPTED)
		return RESULT_OK;
	courier_log_row(hearing->courier, LOG_LEVEL_WARNING, row,
	                "it has not arrived yet: what took it goes on trying");
	enum result result = outbox_result(hearing->courier->settings.store, row->id, OUTBOX_ACCEPTED, hearing->now,
	                                   INSTANT_NEVER, text_of(hearing->words), fault);
	return result == RESULT_OK
	               ? courier_record(hearing->courier, row, "message.delayed", hearing->now, hearing->words, fault)
	               : result;
}

static enum result of_service(const struct hearing *hearing, const struct outbox_row *row, struct fault *fault)
{
	/* A call may be about an attempt before this one: what is to be sent again is asked about first. */
	if (hearing->news == COURIER_TO_BE_SENT_AGAIN)
		return outbox_result(hearing->courier->settings.store, row->id, OUTBOX_GIVEN, hearing->now,
		                     hearing->now, text_of(hearing->words), fault);
	struct channel_reply reply = {
		.outcome = hearing->news == COURIER_ARRIVED ? CHANNEL_ACCEPTED : CHANNEL_PERMANENT,
		.whose = CHANNEL_OF_RECIPIENT};
	(void)snprintf(reply.text, sizeof reply.text, "%.500s", hearing->words);
	return asking_write(hearing->courier, row, &reply, hearing->now, fault);
}

static enum result write_row(const struct hearing *hearing, const struct outbox_row *row, struct fault *fault)
{
	struct courier *courier = hearing->courier;
	if (hearing->news == COURIER_AUTO_REPLY)
		return courier_record(courier, row, "message.auto-reply", hearing->now, hearing->words, fault);
	if (row->state == OUTBOX_GIVEN)
		return hearing->news == COURIER_NOT_YET ? RESULT_OK : of_service(hearing, row, fault);
	switch (hearing->news) {
	case COURIER_DID_NOT_ARRIVE:
		return came_back(hearing, row, fault);
	case COURIER_NOT_YET:
		return is_late(hearing, row, fault);
	case COURIER_ARRIVED:
		if (row->state != OUTBOX_ACCEPTED)
			return RESULT_OK;
		return courier_went(courier, row, OUTBOX_DELIVERED, INSTANT_NEVER, "message.delivered", "delivered",
		                    hearing->words, hearing->now, fault);
	case COURIER_TO_BE_SENT_AGAIN: /* of a service alone, and it was written already */
	case COURIER_AUTO_REPLY:
		break;
	}
	return RESULT_OK;
}

/* ---- all rows of the message ---- */

static enum result keep_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct hearing *hearing = argument;
	(void)fault;
	struct outbox_row *kept = mem_push((void **)&hearing->rows, &hearing->count, &hearing->room, sizeof *kept);
	*kept = *row;
	alert_context_own_row(kept, hearing->arena);
	hearing->busy = hearing->busy || row->state == OUTBOX_SENDING;
	return RESULT_OK;
}

static enum result write_all(struct hearing *hearing, struct text reference, struct fault *fault)
{
	enum result result = outbox_of_message(hearing->courier->settings.store, reference, keep_row, hearing, fault);
	bool wait = hearing->busy && hearing->news != COURIER_AUTO_REPLY;
	for (size_t i = 0; i < hearing->count && result == RESULT_OK && !wait; i++)
		result = write_row(hearing, &hearing->rows[i], fault);
	hearing->busy = wait;
	return result;
}

enum result courier_hear(struct courier *courier, struct text reference, enum courier_news news, const char *words,
                         size_t *rows, bool *busy, struct fault *fault)
{
	struct hearing hearing = {.courier = courier,
	                          .arena = arena_new(4096),
	                          .news = news,
	                          .words = words,
	                          .now = clock_now(courier->settings.clock)};
	enum result result = courier_begin(courier, fault);
	if (result == RESULT_OK)
		result = write_all(&hearing, reference, fault);
	result = courier_finish(courier, result, fault);
	*rows = hearing.count;
	*busy = hearing.busy;
	free(hearing.rows);
	arena_free(hearing.arena);
	courier_wake(courier); /* who could not be told is told another way, and alerts climb, in its next turn */
	return result;
}
