/* trouble: a server that does not take messages: it is tried with one message at a time, and after five minutes ops
 * hear. */
#include "courier/courier_internal.h"

#include "base/log.h"

#include "time/instant.h"

#include <stdio.h>

#define MAIL_DOWN_AFTER (5 * MINUTE) /* catalogue.md, ops.mail-down */
#define UNTAKEN_MOST 3 /* mailboxes one after another of which none was taken: then it is no matter of theirs */

/* Ops are told by letter: where none is taken, no letter can tell them of it (ops.mail-down). Of the others it can. */
static bool is_mail(const struct way *way)
{
	return channel_form(way->by->channel->reaches) == CHANNEL_LETTER;
}

static enum ops_what what_of(const struct way *way)
{
	return is_mail(way) ? OPS_MAIL_DOWN : OPS_UNDELIVERABLE;
}

/* What one of several is told apart by; of mail there is one. */
static struct text key_of(const struct way *way)
{
	return is_mail(way) ? TEXT_NONE : text_of(way->by->channel->name);
}

/* The figures tell of the channel that has been in trouble for longest. */
static void sum_up(struct courier *courier)
{
	struct courier_figures *figures = &courier->figures;
	figures->trouble_since = INSTANT_NONE;
	figures->mail_down = false;
	figures->trouble[0] = '\0';
	for (size_t i = 0; i < courier->way_count; i++) {
		const struct trouble *trouble = &courier->ways[i].trouble;
		figures->mail_down = figures->mail_down || (trouble->down && is_mail(&courier->ways[i]));
		if (trouble->since_wall == INSTANT_NONE ||
		    (figures->trouble_since != INSTANT_NONE && figures->trouble_since <= trouble->since_wall))
			continue;
		figures->trouble_since = trouble->since_wall;
		(void)snprintf(figures->trouble, sizeof figures->trouble, "%s", trouble->words);
	}
}

static void well_again(struct courier *courier, struct way *way)
{
	struct trouble *trouble = &way->trouble;
	const char *back = way->by->channel->back;
	struct fault fault = {""};
	enum result result = RESULT_OK;
	if (trouble->closed && !trouble->down)
		log_notice("%s", back ? back : "the mail server takes messages again");
	if (courier->settings.ops && (trouble->down || !trouble->proved))
		result = ops_end(courier->settings.ops, what_of(way), key_of(way), NULL,
		                 clock_now(courier->settings.clock), &fault);
	if (result != RESULT_OK)
		log_warning("a channel takes messages again, and that could not be written: %s", fault.text);
	*trouble = (struct trouble){.since_wall = INSTANT_NONE, .since = INSTANT_NONE, .again = INSTANT_NONE,
	                            .proved = result == RESULT_OK};
	sum_up(courier);
}

static void begin(struct courier *courier, struct trouble *trouble, const struct channel_reply *reply, instant elapsed)
{
	if (trouble->since == INSTANT_NONE) {
		trouble->since = elapsed;
		trouble->since_wall = clock_now(courier->settings.clock);
	}
	(void)snprintf(trouble->words, sizeof trouble->words, "%.255s", reply->text);
	sum_up(courier);
}

/* A service that asks for an hour is asked with one message within a minute all the same: it may be back by then, and a
 * critical message waits behind it. */
instant trouble_asked(const struct channel_reply *reply, bool critical)
{
	instant asked = reply->wait_ms * (SECOND / 1000);
	return critical && asked > AGAIN_WITHIN ? AGAIN_WITHIN : asked;
}

/* The pauses double: a server that was away for seconds is found within seconds, one that is away for days is not asked
 * ten thousand times a day. A critical message goes within a minute after it is back. */
static void close_way(struct courier *courier, struct way *way, const struct channel_reply *reply, instant elapsed)
{
	struct trouble *trouble = &way->trouble;
	const char *name = way->by->channel->name;
	instant first = courier->settings.retry_first < SECOND ? courier->settings.retry_first : SECOND;
	instant most = courier->settings.retry_most < AGAIN_WITHIN ? courier->settings.retry_most : AGAIN_WITHIN;
	if (!trouble->closed && reply->code) /* a reply may quote an address */
		log_warning("%s: the server refuses: reply %d", name, reply->code);
	else if (!trouble->closed)
		log_warning("%s: the server does not take messages: %s", name, reply->text);
	begin(courier, trouble, reply, elapsed);
	trouble->closed = true;
	trouble->pause = trouble->pause ? trouble->pause * 2 : first;
	trouble->pause = trouble->pause > most ? most : trouble->pause;
	instant asked = trouble_asked(reply, true);
	trouble->again = elapsed + (asked > trouble->pause ? asked : trouble->pause);
}

/* That nothing was taken for one mailbox says little. For several, one after another, it is the server's. */
static bool is_one_too_many(struct trouble *trouble, struct text address)
{
	uint64_t key = place_key(address, 1);
	for (size_t i = 0; i < trouble->untaken_count; i++)
		if (trouble->untaken[i] == key)
			return trouble->untaken_count == UNTAKEN_MOST;
	if (trouble->untaken_count < UNTAKEN_MOST)
		trouble->untaken[trouble->untaken_count++] = key;
	return trouble->untaken_count == UNTAKEN_MOST;
}

/* It speaks, so nothing waits for it. That it takes messages is seen when it takes one. */
static void open_way(struct trouble *trouble)
{
	trouble->closed = false;
	trouble->pause = 0;
	trouble->again = INSTANT_NONE;
}

/* It answers, and takes none, whoever they are for: a relay that does not know us, a template that is gone. Each
 * refusal speaks of its own message; that all are refused is what ops must hear. */
static void refuses_all(struct courier *courier, struct trouble *trouble, const struct channel_reply *reply,
                        instant elapsed)
{
	begin(courier, trouble, reply, elapsed);
	if (!trouble->refuses && !reply->silent)
		trouble->down = false; /* it may have been said in other words */
	trouble->refuses |= !reply->silent;
}

void trouble_learn(struct courier *courier, struct way *way, const struct delivery *delivery, instant elapsed)
{
	const struct channel_reply *reply = &delivery->reply;
	struct trouble *trouble = &way->trouble;
	if (reply->outcome == CHANNEL_ABANDONED)
		return;
	bool taken = reply->outcome == CHANNEL_ACCEPTED || reply->outcome == CHANNEL_GIVEN;
	bool of_server = reply->whose == CHANNEL_OF_SERVER && !taken;
	way->taken += taken && !delivery->asks;
	way->troubles += of_server;
	if (of_server) {
		close_way(courier, way, reply, elapsed);
		return;
	}
	/* That it answers a question says that it is there, and nothing of what it takes. */
	if (delivery->asks ? trouble->closed : taken) {
		well_again(courier, way);
		return;
	}
	bool many = !delivery->asks && is_one_too_many(trouble, delivery->message.to);
	if (many && reply->silent && reply->whose == CHANNEL_OF_MESSAGE) {
		close_way(courier, way, reply, elapsed);
		return;
	}
	if (many) /* also where it greets and answers to no recipient: lines of their own are enough */
		refuses_all(courier, trouble, reply, elapsed);
	if (trouble->closed)
		open_way(trouble);
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

static void say_down(struct courier *courier, const struct way *way)
{
	char since[64], refuses[80];
	struct fault fault = {""};
	instant_print(way->trouble.since_wall / SECOND * SECOND, since);
	struct ops_word word = {
		.what = what_of(way),
		.key = key_of(way),
		.lasting = OPS_UNTIL_OVER,
		.title = way->by->channel->down,
		.meaning = is_mail(way) ? NULL : "People are told by their other channel, or not until it does.",
		.facts = {{"Since", since, NULL}},
		.fact_count = 1};
	if (way->trouble.refuses) {
		(void)snprintf(refuses, sizeof refuses, "Each message by %s is refused",
		               channel_name(way->by->channel->reaches));
		word.title = refuses;
		word.meaning = "It answers and takes nothing. What it refuses for good goes by the person's other "
		               "channel, else the next step is told; what it refuses for now is tried again.";
	}
	if (courier->settings.ops &&
	    ops_say(courier->settings.ops, &word, clock_now(courier->settings.clock), &fault) != RESULT_OK)
		log_warning("%s takes nothing, and ops could not be told: %s", way->by->channel->name, fault.text);
}

void trouble_check(struct courier *courier, instant elapsed)
{
	for (size_t i = 0; i < courier->way_count; i++) {
		struct trouble *trouble = &courier->ways[i].trouble;
		if (trouble->since == INSTANT_NONE || trouble->down || elapsed < trouble->since + MAIL_DOWN_AFTER)
			continue;
		trouble->down = true;
		sum_up(courier);
		say_down(courier, &courier->ways[i]);
	}
}

/* Critical messages are not counted out: what the service then refuses is tried again. */
instant trouble_full_until(const struct way *way, enum lane lane, instant elapsed)
{
	int most = way->by->channel->per_minute_max;
	bool full = lane != LANE_CRITICAL && most && way->minute_count >= most && elapsed < way->minute_began + MINUTE;
	return full ? way->minute_began + MINUTE : INSTANT_NEVER;
}

size_t trouble_room(const struct way *way, enum lane lane, instant elapsed)
{
	if (way->trouble.closed)
		return way->under_way[LANE_CRITICAL] + way->under_way[LANE_ORDINARY] == 0 &&
		       elapsed >= way->trouble.again;
	if (way->under_way[lane] >= UNDER_WAY_MOST || way->bytes[lane] >= UNDER_WAY_BYTES)
		return 0;
	if (trouble_full_until(way, lane, elapsed) != INSTANT_NEVER)
		return 0;
	size_t room = UNDER_WAY_MOST - way->under_way[lane];
	int most = way->by->channel->per_minute_max;
	bool counted = lane != LANE_CRITICAL && most && elapsed < way->minute_began + MINUTE;
	size_t left = counted ? (size_t)(most - way->minute_count) : most ? (size_t)most : room;
	return lane == LANE_CRITICAL || room < left ? room : left;
}
