/* kafka_reader: the clients of a process, and who shares one. */
#include "source/kafka/client.h"
#include "source/kafka/kafka_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"
#include "source/kafka/config.h"

struct kafka_readers *kafka_readers_new(void)
{
	return MEM_NEW(struct kafka_readers);
}

void kafka_readers_free(struct kafka_readers *readers)
{
	if (!readers)
		return;
	free(readers->appenders);
	free(readers->items); /* those that are left have a thread that did not end: they stay */
	free(readers);
}

/* ---- what librdkafka calls ---- */

static void on_error(rd_kafka_t *client, int error, const char *reason, void *opaque)
{
	struct kafka_reader *reader = opaque;
	(void)client;
	for (size_t i = 0; i < reader->source_count; i++) {
		struct here *before = here_enter(reader->sources[i]->here);
		kafka_health_error(reader->sources[i], (rd_kafka_resp_err_t)error, reason);
		(void)here_enter(before);
	}
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *offsets,
                      void *opaque)
{
	struct kafka_reader *reader = opaque;
	(void)client;
	(void)error;
	(void)offsets;
	reader->commit_out = false;
}

/* librdkafka says the same failure every second; what people need is said by kafka_health, once. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	const struct kafka_reader *reader = rd_kafka_opaque(client);
	struct here *before = here_enter(reader ? reader->here : NULL); /* its threads are not ours */
	(void)level;
	log_line(LOG_LEVEL_DEBUG, "librdkafka %s: %s", facility, line);
	(void)here_enter(before);
}

/* ---- one reader ---- */

static struct kafka_reader *new_reader(bool shared)
{
	struct kafka_reader *reader = MEM_NEW(struct kafka_reader);
	reader->shared = shared;
	reader->here = shared ? NULL : here_now();
	(void)pthread_mutex_init(&reader->lock, NULL);
	thread_condition_init(&reader->changed);
	return reader;
}

static void free_reader(struct kafka_reader *reader)
{
	waker_free(reader->waker);
	(void)pthread_cond_destroy(&reader->changed);
	(void)pthread_mutex_destroy(&reader->lock);
	free(reader->arriving);
	free(reader->sources);
	free(reader->key);
	free(reader);
}

typedef enum result begin_reading(struct kafka_reader *reader, struct fault *fault);

/* Takes conf. On failure nothing is left running. */
static enum result start(struct kafka_reader *reader, rd_kafka_conf_t *conf, begin_reading *begin,
                         void *(*consume)(void *reader), struct fault *fault)
{
	rd_kafka_conf_set_opaque(conf, reader);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	enum result result = kafka_client_new(true, conf, &reader->client, fault);
	if (result == RESULT_OK)
		result = begin(reader, fault);
	if (result == RESULT_OK &&
	    (!kafka_watch_start(reader) || !thread_start(&reader->thread, consume, reader)))
		result =
			fault_set(fault, RESULT_TEMPORARY, "kafka: no thread to be had; see the limits of the service");
	if (result != RESULT_OK)
		kafka_watch_stop(reader);
	if (result != RESULT_OK && reader->client)
		rd_kafka_destroy_flags(reader->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return result;
}

/* Frees it, or leaves it behind. */
static bool end_reader(struct kafka_reader *reader, int patience_ms)
{
	struct timespec until = thread_deadline(patience_ms);
	if (pthread_clockjoin_np(reader->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
		return false; /* its thread still uses all of it, so nothing is freed */
	free_reader(reader);
	return true;
}

/* ---- for one ---- */

static enum result subscribe(struct kafka_reader *reader, struct fault *fault)
{
	struct kafka *kafka = reader->sources[0];
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->topic_count);
	kafka->client = reader->client;
	for (size_t i = 0; i < kafka->topic_count; i++)
		rd_kafka_topic_partition_list_add(list, kafka->topics[i].name, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t error = rd_kafka_subscribe(reader->client, list);
	rd_kafka_topic_partition_list_destroy(list);
	return error ? fault_set(fault, RESULT_PERMANENT, "kafka: cannot read these topics: %s",
	                         rd_kafka_err2str(error))
	             : RESULT_OK;
}

enum result kafka_reader_of_one(struct kafka *kafka, rd_kafka_conf_t *conf, struct fault *fault)
{
	struct kafka_reader *reader = kafka->reader = new_reader(false);
	*(struct kafka **)mem_push((void **)&reader->sources, &reader->source_count, &reader->source_room,
	                           sizeof(struct kafka *)) = kafka;
	rd_kafka_conf_set_rebalance_cb(conf, kafka_group_rebalance);
	enum result result = start(reader, conf, subscribe, kafka_consume, fault);
	if (result != RESULT_OK)
		free_reader(reader);
	return result;
}

/* ---- for many ---- */

char *kafka_readers_key(const struct kafka_settings *settings)
{
	struct buffer key = {0};
	buffer_format(&key, "%s\n%s\n%zu\n", settings->group, settings->password_file ? settings->password_file : "",
	              settings->prefetch_kbytes);
	for (size_t i = 0; i < settings->property_count; i++)
		buffer_format(&key, "%s=%s\n", settings->properties[i].name, settings->properties[i].value);
	return key.at;
}

static struct kafka_reader *find_reader(struct kafka_readers *readers, const char *key)
{
	for (size_t i = 0; i < readers->count; i++)
		if (strcmp(readers->items[i]->key, key) == 0 && !atomic_load(&readers->items[i]->over))
			return readers->items[i];
	return NULL;
}

static enum result begin_waker(struct kafka_reader *reader, struct fault *fault)
{
	reader->waker = waker_new(fault);
	return reader->waker ? RESULT_OK : RESULT_TEMPORARY;
}

/* A member of no group: which partitions it reads is written, so that every machine of a cell reads all of them. */
static enum result open_reader(const struct kafka_settings *settings, struct kafka_reader **opened,
                               struct fault *fault)
{
	struct kafka_settings own = *settings;
	rd_kafka_conf_t *conf = NULL;
	own.instance = NULL;
	enum result result = kafka_config_make(&own, &conf, fault);
	if (result != RESULT_OK)
		return result;
	struct kafka_reader *reader = new_reader(true);
	result = start(reader, conf, begin_waker, kafka_consume_many, fault);
	if (result == RESULT_OK)
		*opened = reader;
	else
		free_reader(reader);
	return result;
}

static void want(struct kafka *kafka, const struct kafka_settings *settings)
{
	kafka->wanted = mem_zero(settings->topic_count * settings->partition_count, sizeof(struct kafka_partition *));
	for (size_t i = 0; i < settings->topic_count; i++)
		for (size_t j = 0; j < settings->partition_count; j++)
			kafka->wanted[kafka->wanted_count++] =
				kafka_table_find(kafka->table, settings->topics[i], settings->partitions[j]);
	kafka->health.unassigned_since = INT64_MAX;
}

enum result kafka_reader_of_many(struct kafka_readers *readers, const struct kafka_settings *settings,
                                 struct kafka *kafka, struct fault *fault)
{
	char *key = kafka_readers_key(settings);
	struct kafka_reader *reader = find_reader(readers, key);
	enum result result = reader ? RESULT_OK : open_reader(settings, &reader, fault);
	if (result == RESULT_OK && !reader->key) {
		reader->key = key;
		key = NULL;
		*(struct kafka_reader **)mem_push((void **)&readers->items, &readers->count, &readers->room,
		                                  sizeof(struct kafka_reader *)) = reader;
	}
	free(key);
	if (result != RESULT_OK)
		return result;
	kafka->readers = readers;
	kafka->reader = reader;
	kafka->client = reader->client;
	reader->users++;
	want(kafka, settings);
	(void)pthread_mutex_lock(&reader->lock);
	*(struct kafka **)mem_push((void **)&reader->arriving, &reader->arriving_count, &reader->arriving_room,
	                           sizeof(struct kafka *)) = kafka;
	(void)pthread_mutex_unlock(&reader->lock);
	kafka_reader_wake(reader);
	return RESULT_OK;
}

static void forget_reader(struct kafka_readers *readers, const struct kafka_reader *reader)
{
	for (size_t i = 0; i < readers->count; i++)
		if (readers->items[i] == reader)
			readers->items[i] = readers->items[--readers->count];
}

/* Waits until the consumer's thread knows it no more. */
static bool await_gone(struct kafka_reader *reader, const struct kafka *kafka, const struct timespec *until)
{
	(void)pthread_mutex_lock(&reader->lock);
	while (!kafka->gone)
		if (pthread_cond_timedwait(&reader->changed, &reader->lock, until) == ETIMEDOUT)
			break;
	bool gone = kafka->gone;
	(void)pthread_mutex_unlock(&reader->lock);
	return gone;
}

static bool leave_many(struct kafka *kafka, int patience_ms)
{
	struct kafka_reader *reader = kafka->reader;
	struct timespec until = thread_deadline(patience_ms);
	if (!await_gone(reader, kafka, &until))
		return false;
	if (--reader->users)
		return true;
	forget_reader(kafka->readers, reader);
	(void)pthread_mutex_lock(&reader->lock);
	reader->stop = true;
	(void)pthread_mutex_unlock(&reader->lock);
	kafka_reader_wake(reader);
	if (!end_reader(reader, patience_ms))
		log_warning("kafka: the client did not end in %d ms; its thread is left behind", patience_ms);
	return true;
}

bool kafka_reader_leave(struct kafka *kafka, int patience_ms)
{
	kafka_ring_stop(kafka->ring);
	return kafka->reader->shared ? leave_many(kafka, patience_ms) : end_reader(kafka->reader, patience_ms);
}
