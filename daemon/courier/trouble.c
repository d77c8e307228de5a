/* trouble: a server that does not take messages: it is tried with one message at a time, and after five minutes ops
 * hear. */
#include "courier/courier_internal.h"

#include "base/log.h"

#include "time/instant.h"

#include <stdio.h>

#define MAIL_DOWN_AFTER (5 * MINUTE) /* catalogue.md, ops.mail-down */
#define PAUSE_MOST (5 * SECOND)      /* between two tries: no storm, and critical messages go soon after it is back */
#define SILENT_MOST 3 /* mailboxes one after another whose messages got no answer: then it is the server's silence */

static void well_again(struct courier *courier, struct way *way)
{
	struct trouble *trouble = &way->trouble;
	struct fault fault = {""};
	enum result result = RESULT_OK;
	if (trouble->closed && !trouble->down)
		log_notice("the mail server takes messages again");
	if (courier->settings.ops && (trouble->down || !trouble->proved))
		result = ops_end(courier->settings.ops, OPS_MAIL_DOWN, TEXT_NONE, NULL,
		                 clock_now(courier->settings.clock), &fault);
	if (result != RESULT_OK)
		log_warning("ops.mail-down is over, and that could not be written: %s", fault.text);
	*trouble = (struct trouble){.since = INSTANT_NONE, .again = INSTANT_NONE, .proved = result == RESULT_OK};
	courier->figures.trouble_since = INSTANT_NONE;
	courier->figures.mail_down = false;
	courier->figures.trouble[0] = '\0';
}

static void begin(struct courier *courier, struct trouble *trouble, const struct channel_reply *reply, instant elapsed)
{
	if (trouble->since == INSTANT_NONE) {
		trouble->since = elapsed;
		courier->figures.trouble_since = clock_now(courier->settings.clock);
	}
	(void)snprintf(courier->figures.trouble, sizeof courier->figures.trouble, "%.255s", reply->text);
}

static void close_way(struct courier *courier, struct trouble *trouble, const struct channel_reply *reply,
                      instant elapsed)
{
	instant first = courier->settings.retry_first < SECOND ? courier->settings.retry_first : SECOND;
	instant most = courier->settings.retry_most < PAUSE_MOST ? courier->settings.retry_most : PAUSE_MOST;
	if (!trouble->closed && reply->code) /* a reply may quote an address */
		log_warning("the mail server refuses: reply %d", reply->code);
	else if (!trouble->closed)
		log_warning("the mail server does not take messages: %s", reply->text);
	begin(courier, trouble, reply, elapsed);
	trouble->closed = true;
	trouble->pause = trouble->pause ? trouble->pause * 2 : first;
	trouble->pause = trouble->pause > most ? most : trouble->pause;
	instant asked = reply->wait_ms * (SECOND / 1000);
	trouble->again = elapsed + (asked > trouble->pause ? asked : trouble->pause);
}

/* No answer about one mailbox says little. About several, one after another, it is the server's. */
static bool is_one_too_many(struct trouble *trouble, struct text address)
{
	uint64_t key = text_fingerprint(address, 1);
	for (size_t i = 0; i < trouble->silent_count; i++)
		if (trouble->silent[i] == key)
			return trouble->silent_count == SILENT_MOST;
	if (trouble->silent_count < SILENT_MOST)
		trouble->silent[trouble->silent_count++] = key;
	return trouble->silent_count == SILENT_MOST;
}

void trouble_learn(struct courier *courier, struct way *way, const struct delivery *delivery, instant elapsed)
{
	const struct channel_reply *reply = &delivery->reply;
	struct trouble *trouble = &way->trouble;
	if (reply->outcome == CHANNEL_ABANDONED)
		return;
	bool taken = reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN;
	if (taken || (!reply->silent && reply->whose != CHANNEL_OF_SERVER)) {
		well_again(courier, way);
		return;
	}
	bool many = reply->whose != CHANNEL_OF_SERVER && is_one_too_many(trouble, delivery->message.to);
	if (reply->whose == CHANNEL_OF_SERVER || (many && reply->whose == CHANNEL_OF_MESSAGE))
		close_way(courier, trouble, reply, elapsed);
	else if (many) /* it greets, and answers to no recipient: lines of their own are enough, but ops must hear */
		begin(courier, trouble, reply, elapsed);
	else if (trouble->closed) /* it took the sender: it is back, whatever the mailbox does */
		well_again(courier, way);
}

instant trouble_down_at(const struct courier *courier)
{
	instant at = INSTANT_NEVER;
	for (size_t i = 0; i < courier->way_count; i++) {
		const struct trouble *trouble = &courier->ways[i].trouble;
		if (trouble->since != INSTANT_NONE && !trouble->down && trouble->since + MAIL_DOWN_AFTER < at)
			at = trouble->since + MAIL_DOWN_AFTER;
	}
	return at;
}

static void say_down(struct courier *courier)
{
	char since[64];
	struct fault fault = {""};
	instant_print(courier->figures.trouble_since / SECOND * SECOND, since);
	struct ops_word word = {.what = OPS_MAIL_DOWN, .facts = {{"Since", since, NULL}}, .fact_count = 1};
	if (courier->settings.ops &&
	    ops_say(courier->settings.ops, &word, clock_now(courier->settings.clock), &fault) != RESULT_OK)
		log_warning("ops.mail-down could not be written: %s", fault.text);
}

void trouble_check(struct courier *courier, instant elapsed)
{
	for (size_t i = 0; i < courier->way_count; i++) {
		struct trouble *trouble = &courier->ways[i].trouble;
		if (trouble->since == INSTANT_NONE || trouble->down || elapsed < trouble->since + MAIL_DOWN_AFTER)
			continue;
		trouble->down = courier->figures.mail_down = true;
		say_down(courier);
	}
}

size_t trouble_room(const struct way *way, enum lane lane, instant elapsed)
{
	const struct channel *channel = way->by->channel;
	if (way->trouble.closed)
		return way->under_way[LANE_CRITICAL] + way->under_way[LANE_ORDINARY] == 0 &&
		       elapsed >= way->trouble.again;
	if (way->under_way[lane] >= UNDER_WAY_MOST || way->bytes[lane] >= UNDER_WAY_BYTES)
		return 0;
	if (lane == LANE_ORDINARY && channel->per_hour_max && way->hour_count >= channel->per_hour_max &&
	    elapsed < way->hour_began + HOUR)
		return 0;
	return UNDER_WAY_MOST - way->under_way[lane];
}
