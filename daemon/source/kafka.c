/* kafka: the consumer's thread, and what the loop's thread asks of it. */
#include "source/kafka_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "source/kafka_config.h"

#define POLL_MS 100        /* how long an idle consumer sleeps; a message wakes it */
#define LINGER_MS 1        /* the same while a batch is in hand and the loop is busy with others */
#define WAKE_EVERY 5000    /* see wake_broker */
#define COMMIT_EVERY 1000
#define COMMIT_PATIENCE 10000
#define CLOSE_PATIENCE 1500

int64_t kafka_now(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Only the last record of a partition is ever compared, so only its fingerprint is worked out. */
static void seal(struct kafka *kafka, struct kafka_parcel *parcel)
{
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < parcel->span_count; i++) {
		struct kafka_span *span = &parcel->spans[i];
		struct source_record *record = &parcel->batch->records[span->record];
		if (!record->fingerprint)
			record->fingerprint = text_fingerprint(record->bytes, 0);
		if (!record->fingerprint)
			record->fingerprint = 1;
		span->partition->shown_next = span->next;
		span->partition->last_offset = span->next - 1;
		span->partition->last_time = span->partition->taken_time;
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
}

void kafka_hand_over(struct kafka *kafka)
{
	if (!kafka->parcel->span_count)
		return;
	/* While the loop cannot take more, librdkafka must still see that we live (max.poll.interval.ms). */
	while (!kafka_ring_wait_room(kafka->ring, POLL_MS)) {
		if (kafka_ring_stopping(kafka->ring))
			return;
		(void)rd_kafka_poll(kafka->client, 0);
	}
	seal(kafka, kafka->parcel);
	kafka_ring_push(kafka->ring, kafka->parcel);
	kafka->parcel = kafka_parcel_new();
	kafka->parcel_bytes = 0;
}

static bool full(const struct kafka *kafka)
{
	return kafka->parcel->batch->count >= kafka->batch_events || kafka->parcel_bytes >= kafka->batch_bytes;
}

/* At once when the loop is idle; while it works, more gather in one batch, up to its bounds. */
static bool due(struct kafka *kafka, int64_t now)
{
	return full(kafka) || now - kafka->parcel_since >= kafka->batch_ms || kafka_ring_idle(kafka->ring);
}

static void set_at_end(struct kafka *kafka, struct kafka_partition *partition, bool at_end)
{
	(void)pthread_mutex_lock(&kafka->table.lock);
	partition->at_end = at_end;
	(void)pthread_mutex_unlock(&kafka->table.lock);
}

static void take_event(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t kind;
	if (!kafka->parcel->batch->count)
		kafka->parcel_since = kafka_now();
	kafka_message_add(kafka, partition, message);
	kafka->parcel_bytes += message->len;
	partition->next = message->offset + 1;
	partition->taken_time = rd_kafka_message_timestamp(message, &kind);
	if (partition->at_end)
		set_at_end(kafka, partition, false);
}

static void take_message(struct kafka *kafka, const rd_kafka_message_t *message)
{
	struct kafka_partition *partition = kafka_group_partition(kafka, message);
	if (!partition)
		return;
	bool compare = partition->stage == KAFKA_CHECKING && message->offset == partition->stored - 1;
	switch (kafka_partition_take(partition, message->offset, compare ? kafka_message_fingerprint(message) : 0)) {
	case KAFKA_TAKE:
		take_event(kafka, partition, message);
		break;
	case KAFKA_PASS:
		break;
	case KAFKA_PROVED:
		kafka_group_proved(kafka, partition);
		break;
	case KAFKA_OTHER:
		kafka_group_other(kafka, partition);
		break;
	case KAFKA_DOUBT:
		kafka_group_doubt(kafka, partition, true);
		break;
	}
}

static void take_end(struct kafka *kafka, struct kafka_partition *partition)
{
	if (partition->stage == KAFKA_CHECKING) {
		kafka_group_doubt(kafka, partition, true);
		return;
	}
	set_at_end(kafka, partition, true);
}

static void take_error(struct kafka *kafka, const rd_kafka_message_t *message)
{
	struct kafka_partition *partition = message->rkt ? kafka_group_partition(kafka, message) : NULL;
	const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		if (partition)
			take_end(kafka, partition);
	} else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
		if (partition && partition->stage != KAFKA_STUCK)
			kafka_group_doubt(kafka, partition, false);
	} else if (message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
		log_notice("kafka: the store was busy for so long that the group let us go; we join again");
	} else {
		kafka_health_topic(kafka, topic, message->err);
	}
}

static void take(struct kafka *kafka, rd_kafka_message_t *message)
{
	if (message->err) {
		take_error(kafka, message);
	} else {
		take_message(kafka, message);
		kafka->since_query++;
	}
	rd_kafka_message_destroy(message);
}

/* librdkafka 2.0.2 sleeps up to a second each time its local queue was full; a question to the broker ends that. */
static void wake_broker(struct kafka *kafka)
{
	if (kafka->since_query < WAKE_EVERY)
		return;
	kafka->since_query = 0;
	kafka_watch_nudge(kafka);
}

/* Tells the broker how far we are, for those who watch its lag figures. One request at a time; nothing depends on it. */
static void tell_broker(struct kafka *kafka, int64_t now)
{
	if (now < kafka->commit_at || (kafka->commit_out && now < kafka->commit_at + COMMIT_PATIENCE))
		return;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->wanted_count + 1);
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		struct kafka_partition *partition = kafka->wanted[i];
		if (partition->committed <= partition->broker_told)
			continue;
		partition->broker_told = partition->committed;
		rd_kafka_topic_partition_list_add(list, partition->topic, partition->id)->offset = partition->committed;
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
	if (list->cnt)
		kafka->commit_out = rd_kafka_commit(kafka->client, list, 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_topic_partition_list_destroy(list);
	kafka->commit_at = now + COMMIT_EVERY;
}

/* One turn: errors and reports, what is due, then messages until the batch is full or there are none. */
static void turn(struct kafka *kafka)
{
	(void)rd_kafka_poll(kafka->client, 0);
	int64_t now = kafka_now();
	kafka_group_tick(kafka, now);
	kafka_health_tick(kafka, now);
	tell_broker(kafka, now);
	bool in_hand = kafka->parcel->span_count > 0;
	rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka->client, in_hand ? LINGER_MS : POLL_MS);
	if (message && !message->err)
		kafka_health_alive(kafka, kafka_now());
	while (message) {
		take(kafka, message);
		message = full(kafka) ? NULL : rd_kafka_consumer_poll(kafka->client, 0);
	}
	if (kafka->parcel->span_count && due(kafka, kafka_now()))
		kafka_hand_over(kafka);
	wake_broker(kafka);
}

/* Close can hang and its farewell be lost, so it has a limit; then the client goes without. */
static void leave(struct kafka *kafka)
{
	int64_t until = kafka_now() + CLOSE_PATIENCE;
	kafka->commit_at = 0;
	kafka->commit_out = false;
	if (kafka->health.state == SOURCE_UP)
		tell_broker(kafka, kafka_now());
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->client);
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(kafka->client, queue);
	if (error)
		rd_kafka_error_destroy(error);
	else
		while (!rd_kafka_consumer_closed(kafka->client) && kafka_now() < until) {
			rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20);
			if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
				(void)rd_kafka_assign(kafka->client, NULL);
			if (event)
				rd_kafka_event_destroy(event);
		}
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy_flags(kafka->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void *consume(void *argument)
{
	struct kafka *kafka = argument;
	(void)pthread_setname_np(pthread_self(), "kafka");
	while (!kafka_ring_stopping(kafka->ring))
		turn(kafka);
	kafka_watch_stop(kafka);
	leave(kafka);
	return NULL;
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *kafka)
{
	(void)client;
	kafka_health_error(kafka, (rd_kafka_resp_err_t)error, reason);
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *offsets,
                      void *opaque)
{
	struct kafka *kafka = opaque;
	(void)client;
	(void)error;
	(void)offsets;
	kafka->commit_out = false;
}

/* librdkafka says the same failure every second; what people need is said by kafka_health, once. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	(void)client;
	(void)level;
	log_line(LOG_LEVEL_DEBUG, "librdkafka %s: %s", facility, line);
}

static void free_kafka(struct kafka *kafka)
{
	kafka_parcel_free(kafka->parcel);
	kafka_ring_free(kafka->ring);
	kafka_table_clear(&kafka->table);
	event_parser_free(kafka->parser);
	for (size_t i = 0; i < kafka->topic_count; i++)
		free(kafka->topics[i].name);
	free(kafka->topics);
	free(kafka->wanted);
	free(kafka->group);
	free(kafka);
}

static struct kafka *new_kafka(const struct kafka_settings *settings)
{
	struct kafka *kafka = MEM_NEW(struct kafka);
	kafka_table_init(&kafka->table);
	kafka->parser = event_parser_new(settings->event_limits, settings->type_prefix, settings->zone);
	kafka->clock = settings->clock;
	kafka->on_lost = settings->on_lost;
	kafka->start = settings->start;
	kafka->batch_events = settings->batch_events ? settings->batch_events : KAFKA_BATCH_EVENTS;
	kafka->batch_bytes = settings->batch_bytes ? settings->batch_bytes : KAFKA_BATCH_BYTES;
	kafka->batch_ms = settings->batch_ms ? (int64_t)settings->batch_ms : KAFKA_BATCH_MS;
	kafka->group = mem_copy_text(settings->group, strlen(settings->group));
	kafka->topics = mem_zero(settings->topic_count, sizeof *kafka->topics);
	for (; kafka->topic_count < settings->topic_count; kafka->topic_count++) {
		const char *topic = settings->topics[kafka->topic_count];
		kafka->topics[kafka->topic_count].name = mem_copy_text(topic, strlen(topic));
	}
	kafka->positions = settings->positions;
	kafka->report = settings->report;
	kafka->context = settings->context;
	kafka->parcel = kafka_parcel_new();
	kafka->assign_at = INT64_MAX;
	kafka->health.unassigned_since = kafka->health.last_alive = kafka_now();
	return kafka;
}

static enum result subscribe(struct kafka *kafka, struct fault *fault)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->topic_count);
	for (size_t i = 0; i < kafka->topic_count; i++)
		rd_kafka_topic_partition_list_add(list, kafka->topics[i].name, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t error = rd_kafka_subscribe(kafka->client, list);
	rd_kafka_topic_partition_list_destroy(list);
	return error ? fault_set(fault, RESULT_PERMANENT, "kafka: cannot read these topics: %s", rd_kafka_err2str(error))
	             : RESULT_OK;
}

/* Every thread that librdkafka starts inherits the mask: signals are the loop's. */
static enum result start(struct kafka *kafka, rd_kafka_conf_t *conf, struct fault *fault)
{
	char error[512] = "";
	sigset_t all, before;
	enum result result = RESULT_OK;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	kafka->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
	if (!kafka->client) {
		rd_kafka_conf_destroy(conf);
		result = fault_set(fault, RESULT_PERMANENT, "kafka: the properties do not go together: %s", error);
	}
	if (result == RESULT_OK)
		result = subscribe(kafka, fault);
	if (result == RESULT_OK && (!kafka_watch_start(kafka) || pthread_create(&kafka->thread, NULL, consume, kafka) != 0))
		result = fault_set(fault, RESULT_TEMPORARY, "kafka: no thread to be had: %s", strerror(errno));
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != RESULT_OK)
		kafka_watch_stop(kafka);
	if (result != RESULT_OK && kafka->client)
		rd_kafka_destroy_flags(kafka->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return result;
}

enum result kafka_open(const struct kafka_settings *settings, struct kafka **opened, struct fault *fault)
{
	rd_kafka_conf_t *conf = NULL;
	enum result result = kafka_config_make(settings, &conf, fault);
	if (result != RESULT_OK)
		return result;
	struct kafka *kafka = new_kafka(settings);
	kafka->ring = kafka_ring_new(settings->ring_batches ? settings->ring_batches : KAFKA_RING_BATCHES, fault);
	if (!kafka->ring) {
		rd_kafka_conf_destroy(conf);
		free_kafka(kafka);
		return RESULT_PERMANENT;
	}
	rd_kafka_conf_set_opaque(conf, kafka);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_rebalance_cb(conf, kafka_group_rebalance);
	rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
	result = start(kafka, conf, fault);
	if (result == RESULT_OK)
		*opened = kafka;
	else
		free_kafka(kafka);
	return result;
}

int kafka_fd(const struct kafka *kafka)
{
	return kafka_ring_fd(kafka->ring);
}

void kafka_wake(struct kafka *kafka)
{
	kafka_ring_quiet(kafka->ring);
	kafka_ring_answer(kafka->ring, kafka->positions, kafka->context);
	if (kafka_ring_reports(kafka->ring, kafka->report, kafka->context))
		kafka->settled = true;
}

struct batch *kafka_take_batch(struct kafka *kafka)
{
	struct kafka_parcel *parcel = kafka_ring_take(kafka->ring);
	return parcel ? parcel->batch : NULL;
}

void kafka_committed(struct kafka *kafka, struct batch *batch)
{
	struct kafka_parcel *parcel = kafka_ring_return(kafka->ring);
	if (!parcel || parcel->batch != batch)
		abort(); /* a batch that was never out: the caller's positions cannot be trusted */
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < parcel->span_count; i++)
		parcel->spans[i].partition->committed = parcel->spans[i].next;
	(void)pthread_mutex_unlock(&kafka->table.lock);
	kafka_parcel_free(parcel);
}

void kafka_give_back(struct kafka *kafka, struct batch *batch)
{
	kafka_ring_rewind(kafka->ring);
	struct kafka_parcel *parcel = kafka_ring_return(kafka->ring);
	if (!parcel || parcel->batch != batch)
		abort();
	kafka_parcel_free(parcel);
}

bool kafka_settled(const struct kafka *kafka)
{
	return kafka->settled;
}

static enum source_state state_of(enum kafka_stage stage)
{
	switch (stage) {
	case KAFKA_AWAY:
	case KAFKA_CHECKING:
	case KAFKA_DOUBTFUL:
		return SOURCE_STARTING;
	case KAFKA_OPEN:
		return SOURCE_UP;
	case KAFKA_STUCK:
		return SOURCE_STUCK;
	}
	return SOURCE_STARTING;
}

static struct kafka_figures figures_of(const struct kafka_partition *partition)
{
	struct kafka_figures figures = {
		.name = text_of(partition->name),
		.state = state_of(partition->stage),
		.next = partition->shown_next,
		.end = partition->end,
		.lag = -1,
	};
	int64_t done = partition->committed > 0 ? partition->committed : 0;
	if (partition->end >= 0)
		figures.lag = partition->end > done ? partition->end - done : 0;
	/* What is left at the end of the log may be transaction marks alone. */
	if (partition->stage == KAFKA_OPEN && partition->at_end && partition->committed == partition->shown_next)
		figures.lag = 0;
	return figures;
}

void kafka_each_partition(struct kafka *kafka, kafka_figures_visit *visit, void *argument)
{
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < kafka->table.count; i++) {
		struct kafka_figures figures = figures_of(kafka->table.items[i]);
		if (kafka->table.items[i]->stage != KAFKA_AWAY)
			visit(argument, &figures);
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
}

bool kafka_close(struct kafka *kafka, int patience_ms)
{
	struct timespec until;
	if (!kafka)
		return true;
	kafka_ring_stop(kafka->ring);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += patience_ms / 1000;
	until.tv_nsec += (long)(patience_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	if (pthread_clockjoin_np(kafka->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
		return false; /* its thread still uses all of it, so nothing is freed */
	free_kafka(kafka);
	return true;
}
