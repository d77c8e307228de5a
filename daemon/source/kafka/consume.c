/* kafka_consume: the consumer's thread: messages in, batches out, until it is told to stop. This one reads for one
 * council, and waits where its loop does not keep up. */
#include "source/kafka/client.h"
#include "source/kafka/kafka_internal.h"

#include "base/log.h"

#define POLL_MS 100        /* how long an idle consumer sleeps; a message wakes it */
#define LINGER_MS 1        /* the same while a batch is in hand and the loop is busy with others */
#define WAKE_EVERY 5000    /* see wake_broker */
#define COMMIT_EVERY 1000
#define COMMIT_PATIENCE 10000
#define CLOSE_PATIENCE 1500

bool kafka_consume_full(const struct kafka *kafka)
{
	return kafka->parcel->batch->count >= kafka->batch_events || kafka->parcel_bytes >= kafka->batch_bytes;
}

/* At once when the loop is idle; while it works, more gather in one batch, up to its bounds. */
bool kafka_consume_due(struct kafka *kafka, int64_t now)
{
	return kafka_consume_full(kafka) || now - kafka->parcel_since >= kafka->batch_ms ||
	       kafka_ring_idle(kafka->ring);
}

static void set_end(struct kafka_partition *partition, bool at_end, int64_t offset)
{
	(void)pthread_mutex_lock(&partition->table->lock);
	partition->at_end = at_end;
	partition->end_read = offset;
	(void)pthread_mutex_unlock(&partition->table->lock);
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
		set_end(partition, false, -1);
}

/* From the last event that was taken in an earlier life on: a topic that is made anew before the next one comes would
 * show by nothing else, once it has grown beyond our place. */
static void look_after(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t kind;
	(void)pthread_mutex_lock(&kafka->table->lock);
	partition->last_offset = message->offset;
	partition->last_time = rd_kafka_message_timestamp(message, &kind);
	(void)pthread_mutex_unlock(&kafka->table->lock);
	kafka_watch_first(kafka->reader);
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
		look_after(kafka, partition, message);
		break;
	case KAFKA_OTHER:
		kafka_group_other(kafka, partition);
		break;
	case KAFKA_DOUBT:
		kafka_group_doubt(kafka, partition, true);
		break;
	}
}

static void take_end(struct kafka *kafka, struct kafka_partition *partition, int64_t offset)
{
	if (partition->stage == KAFKA_CHECKING) {
		kafka_group_doubt(kafka, partition, true);
		return;
	}
	set_end(partition, true, offset);
}

static void take_error(struct kafka *kafka, const rd_kafka_message_t *message)
{
	struct kafka_partition *partition = message->rkt ? kafka_group_partition(kafka, message) : NULL;
	const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		if (partition)
			take_end(kafka, partition, message->offset);
	} else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
		if (partition && partition->stage != KAFKA_STUCK)
			kafka_group_doubt(kafka, partition, false);
	} else if (message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
		log_notice("kafka: the store was busy for so long that the group let us go; we join again");
	} else {
		kafka_health_topic(kafka, topic, message->err);
	}
}

void kafka_consume_take(struct kafka *kafka, rd_kafka_message_t *message)
{
	if (message->err) {
		take_error(kafka, message);
	} else {
		take_message(kafka, message);
		kafka->reader->since_query++;
	}
	rd_kafka_message_destroy(message);
}

/* librdkafka 2.0.2 sleeps up to a second each time its local queue was full; a question to the broker ends that. */
void kafka_consume_wake(struct kafka_reader *reader)
{
	if (reader->since_query < WAKE_EVERY)
		return;
	reader->since_query = 0;
	kafka_watch_nudge(reader);
}

static void add_committed(struct kafka *kafka, rd_kafka_topic_partition_list_t *list)
{
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		struct kafka_partition *partition = kafka->wanted[i];
		if (partition->committed <= partition->broker_told)
			continue;
		partition->broker_told = partition->committed;
		rd_kafka_topic_partition_list_add(list, partition->topic, partition->id)->offset = partition->committed;
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
}

/* Tells the broker how far we are, for those who watch its lag figures. One request at a time; nothing depends on
 * it. */
void kafka_consume_tell(struct kafka_reader *reader, int64_t now)
{
	if (now < reader->commit_at || (reader->commit_out && now < reader->commit_at + COMMIT_PATIENCE))
		return;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)reader->source_count + 1);
	for (size_t i = 0; i < reader->source_count; i++)
		add_committed(reader->sources[i], list);
	if (list->cnt)
		reader->commit_out = rd_kafka_commit(reader->client, list, 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_topic_partition_list_destroy(list);
	reader->commit_at = now + COMMIT_EVERY;
}

/* One turn: errors and reports, what is due, then messages until the batch is full or there are none. */
static void turn(struct kafka *kafka)
{
	(void)rd_kafka_poll(kafka->client, 0);
	if (kafka_health_over(kafka))
		return;
	int64_t now = kafka_now();
	kafka_group_tick(kafka, now);
	kafka_watch_hurry(kafka->reader, kafka_health_is_doubtful(kafka));
	kafka_health_tick(kafka, now);
	kafka_group_look_anew(kafka);
	kafka_consume_tell(kafka->reader, now);
	bool in_hand = kafka->parcel->span_count > 0;
	rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka->client, in_hand ? LINGER_MS : POLL_MS);
	if (message && !message->err)
		kafka_health_alive(kafka, kafka_now());
	while (message) {
		kafka_consume_take(kafka, message);
		message = kafka_consume_full(kafka) ? NULL : rd_kafka_consumer_poll(kafka->client, 0);
	}
	if (kafka->parcel->span_count && kafka_consume_due(kafka, kafka_now()) && !kafka_health_over(kafka))
		kafka_hand_over(kafka);
	kafka_consume_wake(kafka->reader);
}

void kafka_consume_leave(struct kafka_reader *reader)
{
	bool up = reader->source_count && reader->sources[0]->health.state == SOURCE_UP;
	kafka_watch_stop(reader);
	reader->commit_at = 0;
	reader->commit_out = false;
	if (up)
		kafka_consume_tell(reader, kafka_now());
	kafka_client_leave(reader->client, CLOSE_PATIENCE);
}

void *kafka_consume(void *argument)
{
	struct kafka_reader *reader = argument;
	struct kafka *kafka = reader->sources[0];
	(void)pthread_setname_np(pthread_self(), "kafka");
	while (!kafka_ring_stopping(kafka->ring) && !kafka->over)
		turn(kafka);
	kafka_consume_leave(reader);
	return NULL;
}
