/* What tests of councils that share one client of Kafka need: a log of librdkafka's pretended brokers, and councils
 * that read their partitions of it. */
#ifndef CASEWATCH_TESTS_KAFKA_FIXTURE_H
#define CASEWATCH_TESTS_KAFKA_FIXTURE_H

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/log.h"
#include "source/kafka/kafka.h"

#define TOPIC "cell"
#define PARTITIONS 4
#define TRIES 3000 /* of 10 ms: after so long nothing comes any more */

struct one {
	struct source *source;
	const char *own;            /* what its records' source begins with */
	int32_t partition;
	int64_t next;               /* its store; -1: nothing */
	uint64_t fingerprint;
	bool unreadable;            /* its store cannot say where it is */
	bool log_time;              /* it is a machine of a cell */
	const struct clock *clock;  /* NULL: the machine's */
	struct buffer taken, refused, said, ordered;
	size_t count;
};

static const char *const topics[] = {TOPIC};
static rd_kafka_t *client;
static rd_kafka_mock_cluster_t *cluster;
static struct kafka_property brokers[1];
static struct kafka_readers *readers;

/* ---- the log ---- */

static inline int make_log(void **state)
{
	char error[256];
	(void)state;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	(void)rd_kafka_conf_set(conf, "test.mock.num.brokers", "2", error, sizeof error);
	(void)rd_kafka_conf_set(conf, "log_level", "4", error, sizeof error);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
	cluster = client ? rd_kafka_handle_mock_cluster(client) : NULL;
	if (!cluster || rd_kafka_mock_topic_create(cluster, TOPIC, PARTITIONS, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return -1;
	brokers[0] = (struct kafka_property){"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster)};
	readers = kafka_readers_new();
	return 0;
}

static inline int end_log(void **state)
{
	(void)state;
	kafka_readers_free(readers);
	rd_kafka_destroy(client);
	return 0;
}

static inline void produce(int32_t partition, const char *source, int number)
{
	char line[512];
	int length = snprintf(line, sizeof line,
	                      "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"%s\",\"type\":\"missing.ended\","
	                      "\"subject\":\"C%d\",\"time\":\"2020-01-01T10:00:00Z\",\"data\":{\"episode\":\"E%d\"}}",
	                      number, source, number, number);
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC(TOPIC), RD_KAFKA_V_PARTITION(partition),
	                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                                   RD_KAFKA_V_VALUE(line, (size_t)length), RD_KAFKA_V_END),
	                 RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline void produced(void)
{
	assert_int_equal(rd_kafka_flush(client, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* ---- a council ---- */

static inline enum result positions(void *context, struct source_position *list, size_t count, struct fault *fault)
{
	const struct one *one = context;
	assert_int_equal(count, 1);
	if (one->unreadable)
		return fault_set(fault, RESULT_TEMPORARY, "its disk is gone");
	list[0].known = one->next >= 0;
	list[0].next = one->next;
	list[0].fingerprint = one->fingerprint;
	return RESULT_OK;
}

static inline void report(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct one *one = context;
	buffer_format(&one->said, "%s %s %s\n", name, source_state_name(state), sentence);
}

static inline void open_with(struct one *one, size_t batch_events)
{
	struct kafka_settings settings;
	struct fault fault = {{0}};
	kafka_settings_default(&settings);
	settings.topics = topics;
	settings.topic_count = 1;
	settings.partitions = &one->partition;
	settings.partition_count = 1;
	settings.readers = readers;
	settings.own_sources = &one->own;
	settings.own_source_count = one->own ? 1 : 0;
	settings.group = "casewatch";
	settings.log_time = one->log_time;
	settings.properties = brokers;
	settings.property_count = 1;
	settings.source.batch_events = batch_events;
	settings.source.positions = positions;
	settings.source.report = report;
	settings.source.context = one;
	if (one->clock)
		settings.source.clock = *one->clock;
	if (kafka_source_open(&settings, &one->source, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

static inline void begin(struct one *one, const char *own, int32_t partition)
{
	*one = (struct one){.own = own, .partition = partition, .next = -1};
	open_with(one, 100);
}

static inline void end(struct one *one)
{
	assert_true(source_stop(one->source, 30000));
	one->source = NULL;
}

static inline void forget(struct one *one)
{
	buffer_free(&one->taken);
	buffer_free(&one->refused);
	buffer_free(&one->ordered);
	buffer_free(&one->said);
}

static inline void keep(struct one *one, const struct source_record *record)
{
	if (record->order.length)
		buffer_format(&one->ordered, "%.*s:%.*s ",
		              TEXT_ARG(record->accepted ? record->event.id : record->bytes), TEXT_ARG(record->order));
	if (record->accepted)
		buffer_format(&one->taken, "%.*s ", TEXT_ARG(record->event.id));
	else if (!record->order.length)
		buffer_format(&one->refused, "%.*s: %.*s\n", TEXT_ARG(record->event.id), TEXT_ARG(record->reason));
	one->next = record->next;
	one->fingerprint = record->fingerprint;
	one->count++;
}

/* The loop's turn for one council; `hold`: its store takes nothing. */
static inline void turn(struct one *one, bool hold)
{
	struct batch *batch;
	struct pollfd wait = {.fd = source_fd(one->source), .events = POLLIN};
	(void)poll(&wait, 1, 10);
	source_wake(one->source);
	while (!hold && (batch = source_next(one->source))) {
		for (size_t i = 0; i < batch->count; i++)
			keep(one, &batch->records[i]);
		source_committed(one->source, batch);
	}
}

static inline void take_until(struct one *one, size_t count)
{
	for (int i = 0; i < TRIES && one->count < count; i++)
		turn(one, false);
	assert_int_equal(one->count, count);
}

static inline void hear_until(struct one *one, const char *word)
{
	for (int i = 0; i < TRIES && !strstr(buffer_cstr(&one->said), word); i++)
		turn(one, false);
	if (!strstr(buffer_cstr(&one->said), word))
		fail_msg("\"%s\" is not said, but: %s", word, buffer_cstr(&one->said));
}

#define WITH_A_LOG(test) cmocka_unit_test_setup_teardown(test, make_log, end_log)

#endif
