/* asking: a service that took a message says later whether it arrived: it is asked, until it did or the step's own time
 * is over; what did not arrive was not told. */
#include "courier/courier_internal.h"

#include "base/log.h"

#define ASK_FIRST (5 * SECOND) /* after it was given, and then each time half of the time that has passed */
#define ASK_LAST (5 * MINUTE)

instant asking_next(instant sent, instant now)
{
	instant pause = (now - sent) / 2;
	pause = pause < ASK_FIRST ? ASK_FIRST : pause;
	return now + (pause > ASK_LAST ? ASK_LAST : pause);
}

/* Nothing hangs on it any more: what the service has is all that is known. */
static enum result leave_it(struct pass *pass, const struct item *item, const char *why, struct fault *fault)
{
	return outbox_result(pass->courier->settings.store, item->row.id, OUTBOX_ACCEPTED, pass->now, INSTANT_NEVER,
	                     text_of(why), fault);
}

/* Nobody will know whether it arrived, and somebody may wait for an answer to it. The step's own time goes on. */
static enum result leave_unknown(struct pass *pass, const struct item *item, struct fault *fault)
{
	static const char why[] = "taken by the service; there is no channel any more to ask whether it arrived";
	enum result result = leave_it(pass, item, why, fault);
	return result == RESULT_OK ? tell_in_doubt(pass->courier, &item->row, pass->now, fault) : result;
}

static bool needs_no_answer(const struct item *item)
{
	const struct alert_context *about = item->about;
	return about && about->known && (about->acknowledged || about->alert.state != ALERT_STANDING);
}

enum result asking_take(struct pass *pass, struct item *item, struct letter **letter, struct fault *fault)
{
	struct courier *courier = pass->courier;
	struct outbox_row *row = &item->row;
	const struct person *person = directory_person(courier->settings.directory, row->person);
	struct way_found found;
	enum result result = claimed_read(pass, item, fault);
	if (result != RESULT_OK)
		return result;
	if (needs_no_answer(item))
		return leave_it(pass, item,
		                "taken by the service; whether it arrived was not asked: the alert was answered "
		                "or is over",
		                fault);
	if (!person || !courier_way_by(courier, person, row, row->channel, &found) ||
	    !courier->settings.channels[found.way].channel->ask)
		return leave_unknown(pass, item, fault);
	item->way = found.way;
	enum lane lane = row->critical ? LANE_CRITICAL : LANE_ORDINARY;
	*letter = letters_put(pass, item, person, lane, claimed_room(pass, item->way, lane) > 0);
	return *letter ? RESULT_OK : outbox_hold(courier->settings.store, row->id, pass->now + LANE_FULL_FOR, fault);
}

static enum result not_delivered(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                 struct fault *fault)
{
	enum result result = courier_record(courier, row, "message.not-delivered", now, why, fault);
	return result == RESULT_OK ? courier_no_more(courier, row, now, why, fault) : result;
}

/* The service tried and could not: it is sent anew, and that is on record as any other attempt. */
static enum result sent_again(struct courier *courier, const struct outbox_row *row, instant again, instant now,
                              const char *why, struct fault *fault)
{
	enum result result =
		outbox_result(courier->settings.store, row->id, OUTBOX_RETRY, now, again, text_of(why), fault);
	courier_log_row(courier, LOG_LEVEL_WARNING, row, "the service could not deliver it; it is sent again");
	if (result != RESULT_OK || !courier_is_on_record(row, why))
		return result;
	return courier_record(courier, row, "message.retry", now, why, fault);
}

enum result asking_write(struct courier *courier, const struct outbox_row *row, const struct channel_reply *reply,
                         instant now, struct fault *fault)
{
	struct store *store = courier->settings.store;
	bool answered = reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN ||
			reply->outcome == CHANNEL_PERMANENT;
	if (reply->outcome == CHANNEL_ACCEPTED)
		return courier_went(courier, row, OUTBOX_DELIVERED, INSTANT_NEVER, "message.delivered", "delivered",
		                    reply->text, now, fault);
	if (reply->outcome == CHANNEL_PERMANENT)
		return not_delivered(courier, row, now, reply->text, fault);
	if (reply->outcome == CHANNEL_TEMPORARY && reply->whose == CHANNEL_OF_MESSAGE) {
		instant again = now + courier_back_off(courier, row->attempts, row->critical, false);
		if (again > courier_bound(courier, row, false))
			return not_delivered(courier, row, now, reply->text, fault);
		return sent_again(courier, row, again, now, reply->text, fault);
	}
	/* What is on its way for longer than the step waits for an answer was not told. */
	if (now >= courier_bound(courier, row, false))
		return not_delivered(courier, row, now,
		                     answered ? "on its way for longer than the step's own time"
		                              : "the service could not be asked in the step's own time", fault);
	return outbox_result(store, row->id, OUTBOX_GIVEN, now, asking_next(row->sent, now), text_of(reply->text),
	                     fault);
}
