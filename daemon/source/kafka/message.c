/* kafka_message: a Kafka message becomes a record: structured or binary content mode, or refused with a reason. */
#include "source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#define ATTRIBUTES 128
#define STRUCTURED "application/cloudevents"
#define PREFIX "ce_"

struct headers {
	struct event_attribute attributes[ATTRIBUTES];
	size_t count;
	struct text content_type, id, source;
	struct text council, refused, order, seal; /* of what a machine of the cell appended */
	bool too_many;
};

static void note_header(struct headers *headers, const char *name, struct text value)
{
	if (strcasecmp(name, "content-type") == 0) {
		headers->content_type = value;
		return;
	}
	if (strcmp(name, KAFKA_HEADER_COUNCIL) == 0)
		headers->council = value;
	else if (strcmp(name, KAFKA_HEADER_REFUSED) == 0)
		headers->refused = value;
	else if (strcmp(name, KAFKA_HEADER_ORDER) == 0)
		headers->order = value;
	else if (strcmp(name, KAFKA_HEADER_SEAL) == 0)
		headers->seal = value;
	if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
		return;
	if (headers->count == ATTRIBUTES) {
		headers->too_many = true;
		return;
	}
	struct text attribute = text_of(name + sizeof PREFIX - 1);
	headers->attributes[headers->count++] = (struct event_attribute){attribute, value};
	if (text_equal(attribute, TEXT("id")))
		headers->id = value;
	else if (text_equal(attribute, TEXT("source")))
		headers->source = value;
}

static void read_headers(const rd_kafka_message_t *message, struct headers *headers)
{
	rd_kafka_headers_t *list = NULL;
	headers->count = 0;
	headers->content_type = headers->id = headers->source = TEXT_NONE;
	headers->council = headers->refused = headers->order = headers->seal = TEXT_NONE;
	headers->too_many = false;
	if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	const char *name;
	const void *value;
	size_t size;
	for (size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		if (value)
			note_header(headers, name, (struct text){value, size});
}

/* A message says that it is binary by its attributes in headers and by a content type that is not CloudEvents' own. One
 * without either is taken for a structured event: many producers leave the header out. */
static bool is_binary(const struct headers *headers)
{
	size_t length = sizeof STRUCTURED - 1;
	bool structured = headers->content_type.length >= length &&
	                  strncasecmp(headers->content_type.at, STRUCTURED, length) == 0;
	return headers->count && !structured;
}

static struct text body_of(const rd_kafka_message_t *message)
{
	return (struct text){message->payload, message->payload ? message->len : 0};
}

/* Never 0, which means "not kept". In binary mode the ids are in the headers, and bodies may well be alike. */
static uint64_t fingerprint_of(const struct headers *headers, struct text body)
{
	uint64_t hash = 0;
	if (is_binary(headers))
		hash = text_fingerprint(headers->source, text_fingerprint(headers->id, 0));
	hash = text_fingerprint(body, hash);
	return hash ? hash : 1;
}

uint64_t kafka_message_fingerprint(const rd_kafka_message_t *message)
{
	struct headers headers;
	read_headers(message, &headers);
	return fingerprint_of(&headers, body_of(message));
}

bool kafka_belongs(struct text source, const char *own)
{
	size_t length = strlen(own);
	bool all_below = length && (own[length - 1] == '/' || own[length - 1] == ':');
	return source.length >= length && memcmp(source.at, own, length) == 0 && (source.length == length || all_below);
}

static bool is_ours(const struct kafka *kafka, const struct headers *headers, struct text source)
{
	if (headers->council.length && kafka->council)
		return text_equal(headers->council, text_of(kafka->council));
	for (size_t i = 0; i < kafka->own_source_count; i++)
		if (kafka_belongs(source, kafka->own_sources[i]))
			return true;
	return !kafka->own_source_count;
}

/* Several councils' records stand in one log, each in its own partition. One that another's producer wrote here must
 * not be told to this one's people; nor may it vanish. */
static void turn_away_others(const struct kafka *kafka, const struct headers *headers, struct source_record *record)
{
	char why[512];
	struct text source = record->event.source;
	if (!record->accepted || is_ours(kafka, headers, source))
		return;
	if (headers->council.length && kafka->council)
		(void)snprintf(why, sizeof why,
		               "another council's record: it was appended for %.*s, and this is this council's "
		               "partition",
		               (int)(headers->council.length > 200 ? 200 : headers->council.length),
		               headers->council.at);
	else
		(void)snprintf(why, sizeof why,
		               "another council's record, as it seems: its source \"%.*s\" is none of kafka.sources, "
		               "and this is this council's partition",
		               (int)(source.length > 200 ? 200 : source.length), source.at);
	batch_turn_away(kafka->parcel->batch, record, why);
}

/* Its source refused it on the machine to which it came, for something that a parser of what was kept may not find. */
static bool refused_before(struct kafka *kafka, const struct headers *headers, struct text position, int64_t next,
                           struct text body, instant arrived)
{
	char why[512];
	if (!headers->refused.length || !kafka->council || !text_equal(headers->council, text_of(kafka->council)))
		return false;
	(void)snprintf(why, sizeof why, "%.*s", (int)(headers->refused.length > 500 ? 500 : headers->refused.length),
	               headers->refused.at);
	(void)batch_refuse(kafka->parcel->batch, kafka->parser, position, next, body, arrived, why);
	return true;
}

/* An order of this cell, to this council; without its seal it is refused like any other record that cannot be read: it
 * does not vanish, and nothing follows from it. False: it is none, or the event of one. */
static bool ordered(struct kafka *kafka, const struct headers *headers, struct text position, int64_t next,
                    struct text body, instant arrived)
{
	if (!headers->order.length || !kafka->council)
		return false;
	struct text key = {kafka->seal_key, kafka->seal_key_length}, council = text_of(kafka->council);
	bool sealed = text_equal(headers->council, council) &&
	              kafka_seal_is(key, council, headers->order, body, headers->seal);
	if (!sealed)
		(void)batch_refuse(kafka->parcel->batch, NULL, position, next, body, arrived,
		                   "an order to the machines of a cell that none of them sealed: it is of another "
		                   "cell or council, or of somebody who may not order anything");
	else if (text_equal(headers->order, TEXT(SOURCE_ORDER_EVENT)))
		return false;
	else
		(void)batch_add_order(kafka->parcel->batch, position, next, headers->order, body, arrived);
	return true;
}

/* Said once, and again when it is over. */
static void say_whose_time(struct kafka *kafka, struct kafka_partition *partition, bool producers)
{
	static const char wrong[] =
		"its records bear the time of whoever wrote them, and not of the log: a producer's wrong clock would "
		"be believed. Set message.timestamp.type=LogAppendTime for the topic; what stands in it already stays "
		"as it is";
	char sentence[512];
	if (partition->producers_time_said == producers)
		return;
	partition->producers_time_said = producers;
	(void)snprintf(sentence, sizeof sentence, "Kafka topic %s: %s", partition->topic,
	               producers ? wrong : "its records bear the log's time");
	kafka_ring_say(kafka->ring, partition->name, producers ? SOURCE_AMISS : SOURCE_UP, sentence);
}

/* More than a broker may take to show what it took (replica.lag.time.max.ms). */
#define APART_MOST MINUTE
enum { CLOCKS_RIGHT, LOG_AHEAD, LOG_BEHIND };

static void say_clocks(struct kafka *kafka, struct kafka_partition *partition, int which, instant apart)
{
	char name[320], sentence[512];
	if (partition->clock_said == which)
		return;
	partition->clock_said = which;
	(void)snprintf(name, sizeof name, "%.300s:clock", partition->name);
	if (which == CLOCKS_RIGHT)
		(void)snprintf(sentence, sizeof sentence,
		               "Kafka topic %s: its records bear the time of this machine's clock again",
		               partition->topic);
	else
		(void)snprintf(sentence, sizeof sentence,
		               "Kafka topic %s: a record bears a time that is %" PRId64
		               " s %s this machine's clock. In a cell all falls due by both: too early, or by other "
		               "names on each machine. Set the clock of the broker or of this machine right (NTP)",
		               partition->topic, apart / SECOND, which == LOG_AHEAD ? "ahead of" : "behind");
	kafka_ring_say(kafka->ring, name, which == CLOCKS_RIGHT ? SOURCE_UP : SOURCE_AMISS, sentence);
}

/* A record that was not there when a broker was asked where the log ends came after that, whatever time it bears. */
static void look_at_clocks(struct kafka *kafka, struct kafka_partition *partition, int64_t offset, instant arrived)
{
	instant ahead = arrived - clock_now(&kafka->clock);
	(void)pthread_mutex_lock(&partition->table->lock);
	bool since = partition->asked != INSTANT_NONE && offset >= partition->end_asked;
	instant behind = since ? partition->asked - arrived : 0;
	(void)pthread_mutex_unlock(&partition->table->lock);
	if (ahead > APART_MOST)
		say_clocks(kafka, partition, LOG_AHEAD, ahead);
	else if (behind > APART_MOST)
		say_clocks(kafka, partition, LOG_BEHIND, behind);
	else if (since)
		say_clocks(kafka, partition, CLOCKS_RIGHT, 0);
}

/* In a cell all machines judge a record at the same time: when the log took it. */
static instant arrival(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t kind;
	int64_t milliseconds = kafka->log_time ? rd_kafka_message_timestamp(message, &kind) : -1;
	if (milliseconds < 0)
		return clock_now(&kafka->clock);
	instant arrived = milliseconds * (SECOND / 1000);
	say_whose_time(kafka, partition, kind != RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME);
	look_at_clocks(kafka, partition, message->offset, arrived);
	return arrived;
}

void kafka_message_add(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message)
{
	struct batch *batch = kafka->parcel->batch;
	struct headers headers;
	struct text body = body_of(message), position = text_of(partition->name);
	int64_t next = message->offset + 1;
	instant now = arrival(kafka, partition, message);
	size_t before = batch->count;
	read_headers(message, &headers);
	bool binary = is_binary(&headers);
	if (headers.too_many)
		(void)batch_refuse(batch, NULL, position, next, body, now, "more than 128 attributes in headers");
	else if (ordered(kafka, &headers, position, next, body, now) ||
	         refused_before(kafka, &headers, position, next, body, now))
		binary = false;
	else if (binary)
		(void)batch_add_binary(batch, kafka->parser, position, next, headers.attributes, headers.count,
		                       headers.content_type, body, now);
	else
		(void)batch_add(batch, kafka->parser, position, next, body, now);
	/* A blank line in a file is no record; a message with nothing in it was meant as one, and must not vanish. */
	if (batch->count == before)
		(void)batch_refuse(batch, NULL, position, next, body, now, "an empty message: no event in it");
	turn_away_others(kafka, &headers, &batch->records[batch->count - 1]);
	if (headers.order.length && kafka->council && batch->records[batch->count - 1].accepted)
		batch->records[batch->count - 1].order = TEXT(SOURCE_ORDER_EVENT); /* whose seal was looked at */
	/* Costs a moment for each byte, so the others, whose text stays, are done when the parcel goes: only the last
	 * of a partition is kept. */
	if (binary)
		batch->records[batch->count - 1].fingerprint = fingerprint_of(&headers, body);
	kafka_parcel_moves(kafka->parcel, partition, next);
}
