/* kafka_watch: a thread that asks the brokers questions, so that the one that reads events never waits for an answer.
 *
 * It finds three things librdkafka does not tell: that brokers are frozen or back; where the log ends; and that a topic
 * was deleted and made anew while it was read, so quickly that nothing failed: then the first event later than one that
 * we took stands at or before that one's offset, which in one and the same log it never comes to. */
#include "source/kafka/kafka_internal.h"

#include <stdlib.h>
#include <time.h>

#include "base/threads.h"

#define EVERY 5000        /* while all is well */
#define EVERY_FAST 400    /* else; a question also makes librdkafka try to connect */
#define PATIENCE 1000     /* more than a fetch may wait on the same connection (fetch.wait.max.ms) */

static void lock(struct kafka_watch *watch)
{
	(void)pthread_mutex_lock(&watch->lock);
}

static void unlock(struct kafka_watch *watch)
{
	(void)pthread_mutex_unlock(&watch->lock);
}

/* All through rd_kafka_offsets_for_times: rd_kafka_query_watermark_offsets of 2.0.2 forgets its time limit while the
 * broker is gone. Its "times" -2 and -1 are the log's two ends (Kafka's ListOffsets). */
#define LOG_START RD_KAFKA_OFFSET_BEGINNING
#define LOG_END RD_KAFKA_OFFSET_END

/* Where the list's partitions have the first event at or after the times in it. */
static bool ask(struct kafka *kafka, rd_kafka_topic_partition_list_t *list, int patience_ms)
{
	return rd_kafka_offsets_for_times(kafka->client, list, patience_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool ask_one(struct kafka *kafka, struct kafka_partition *partition, int64_t time, int patience_ms,
                    int64_t *offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, partition->topic, partition->id)->offset = time;
	bool good = ask(kafka, list, patience_ms) && !list->elems[0].err;
	*offset = good ? list->elems[0].offset : -1;
	rd_kafka_topic_partition_list_destroy(list);
	return good && *offset >= 0;
}

bool kafka_watch_bounds(struct kafka *kafka, struct kafka_partition *partition, int patience_ms, int64_t *low,
                        int64_t *high)
{
	return ask_one(kafka, partition, LOG_START, patience_ms, low) &&
	       ask_one(kafka, partition, LOG_END, patience_ms, high);
}

/* Waits for its time, a nudge or the end. */
static bool await(struct kafka_watch *watch, int64_t until)
{
	struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
	lock(watch);
	while (!watch->stop && !watch->nudged)
		if (pthread_cond_timedwait(&watch->changed, &watch->lock, &at) != 0)
			break;
	watch->nudged = false;
	bool go_on = !watch->stop;
	unlock(watch);
	return go_on;
}

/* The assigned partitions as they are now; they live as long as the table. */
static size_t partitions_of(struct kafka_watch *watch, struct kafka_partition ***copy)
{
	lock(watch);
	size_t count = watch->count;
	*copy = mem_zero(count, sizeof **copy);
	if (count)
		memcpy(*copy, watch->partitions, count * sizeof **copy);
	unlock(watch);
	return count;
}

/* Whether any broker answers; if so, the ends are remembered for lag figures. */
static bool ask_ends(struct kafka *kafka, struct kafka_partition **partitions, size_t count)
{
	bool alive = false;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, partitions[i]->topic, partitions[i]->id)->offset = LOG_END;
	bool asked = ask(kafka, list, PATIENCE);
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < count && asked; i++) {
		const rd_kafka_topic_partition_t *found =
			rd_kafka_topic_partition_list_find(list, partitions[i]->topic, partitions[i]->id);
		if (!found || found->err || found->offset < 0)
			continue;
		partitions[i]->end = found->offset;
		alive = true;
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
	rd_kafka_topic_partition_list_destroy(list);
	return alive;
}

static bool answers(struct kafka *kafka, struct kafka_partition **partitions, size_t count)
{
	if (count)
		return ask_ends(kafka, partitions, count);
	const struct rd_kafka_metadata *metadata = NULL;
	if (rd_kafka_metadata(kafka->client, 0, NULL, &metadata, PATIENCE) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

/* The anchor's answer, reduced to what never changes: an offset up to the anchor's own, or "beyond" (-1). */
static int64_t up_to(int64_t answer, int64_t anchor)
{
	return answer >= 0 && answer <= anchor ? answer : -1;
}

struct question {
	struct kafka_partition *partition;
	int64_t offset, time; /* the anchor: an event we took, and a millisecond after its time */
	int64_t expected;     /* checking: what the answer was when the anchor was set */
};

/* One request for all of them. */
static rd_kafka_topic_partition_list_t *ask_times(struct kafka *kafka, const struct question *questions, size_t count)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, questions[i].partition->topic, questions[i].partition->id)
			->offset = questions[i].time;
	if (ask(kafka, list, PATIENCE))
		return list;
	rd_kafka_topic_partition_list_destroy(list);
	return NULL;
}

static bool answered(const rd_kafka_topic_partition_list_t *list, const struct question *question, int64_t *answer)
{
	const rd_kafka_topic_partition_t *found =
		rd_kafka_topic_partition_list_find(list, question->partition->topic, question->partition->id);
	if (!found || found->err)
		return false;
	*answer = up_to(found->offset, question->offset);
	return true;
}

/* Another answer than when the anchor was set: made anew, unless retention has passed the place it named. */
static void judge(struct kafka *kafka, const struct question *question, int64_t answer)
{
	struct kafka_partition *partition = question->partition;
	int64_t low = -1;
	bool anew = answer != question->expected;
	bool passed = false;
	if (anew && question->expected >= 0) {
		if (!ask_one(kafka, partition, LOG_START, PATIENCE, &low))
			return;
		passed = low > question->expected;
	}
	(void)pthread_mutex_lock(&kafka->table.lock);
	/* Only if it is still the same reading of the partition that was asked about. */
	if (anew && partition->anchor_offset == question->offset && partition->anchor_time == question->time &&
	    partition->stage == KAFKA_OPEN) {
		partition->anew = !passed;
		partition->anchor_offset = -1;
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
}

static void check_anchors(struct kafka *kafka, struct kafka_partition **partitions, size_t count,
                          struct question *questions)
{
	size_t asked = 0;
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < count; i++)
		if (partitions[i]->stage == KAFKA_OPEN && partitions[i]->anchor_offset >= 0)
			questions[asked++] =
				(struct question){partitions[i], partitions[i]->anchor_offset,
			                          partitions[i]->anchor_time, partitions[i]->anchor_answer};
	(void)pthread_mutex_unlock(&kafka->table.lock);
	rd_kafka_topic_partition_list_t *list = asked ? ask_times(kafka, questions, asked) : NULL;
	if (!list)
		return;
	int64_t answer;
	for (size_t i = 0; i < asked; i++)
		if (answered(list, &questions[i], &answer))
			judge(kafka, &questions[i], answer);
	rd_kafka_topic_partition_list_destroy(list);
}

static void set_anchors(struct kafka *kafka, struct kafka_partition **partitions, size_t count,
                        struct question *questions)
{
	size_t asked = 0;
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < count; i++) {
		struct kafka_partition *partition = partitions[i];
		if (partition->stage == KAFKA_OPEN && !partition->anew && partition->last_time >= 0 &&
		    partition->last_offset != partition->anchor_offset)
			questions[asked++] =
				(struct question){partition, partition->last_offset, partition->last_time + 1, -1};
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
	rd_kafka_topic_partition_list_t *list = asked ? ask_times(kafka, questions, asked) : NULL;
	if (!list)
		return;
	(void)pthread_mutex_lock(&kafka->table.lock);
	for (size_t i = 0; i < asked; i++) {
		struct kafka_partition *partition = questions[i].partition;
		int64_t answer;
		if (partition->stage != KAFKA_OPEN || partition->last_offset < questions[i].offset ||
		    !answered(list, &questions[i], &answer))
			continue;
		partition->anchor_offset = questions[i].offset;
		partition->anchor_time = questions[i].time;
		partition->anchor_answer = answer;
	}
	(void)pthread_mutex_unlock(&kafka->table.lock);
	rd_kafka_topic_partition_list_destroy(list);
}

/* True if a broker answered. */
static bool look(struct kafka *kafka)
{
	struct kafka_partition **partitions;
	size_t count = partitions_of(&kafka->watch, &partitions);
	bool alive = answers(kafka, partitions, count);
	struct question *questions = mem_zero(count, sizeof *questions);
	if (alive && count && kafka_now() >= kafka->watch.anchors_at) {
		check_anchors(kafka, partitions, count, questions);
		set_anchors(kafka, partitions, count, questions);
		kafka->watch.anchors_at = kafka_now() + EVERY - 100;
	}
	free(questions);
	free(partitions);
	return alive;
}

static void *watch_thread(void *argument)
{
	struct kafka *kafka = argument;
	struct kafka_watch *watch = &kafka->watch;
	int64_t at = kafka_now();
	(void)pthread_setname_np(pthread_self(), "kafka-watch");
	while (await(watch, at)) {
		bool alive = look(kafka);
		lock(watch);
		watch->failed = alive ? 0 : watch->failed + 1;
		*(alive ? &watch->alive_at : &watch->failed_at) = kafka_now();
		at = kafka_now() + (watch->fast || !alive ? EVERY_FAST : EVERY);
		unlock(watch);
	}
	return NULL;
}

bool kafka_watch_start(struct kafka *kafka)
{
	struct kafka_watch *watch = &kafka->watch;
	thread_condition_init(&watch->changed);
	(void)pthread_mutex_init(&watch->lock, NULL);
	watch->fast = true;
	watch->started = thread_start(&watch->thread, watch_thread, kafka);
	return watch->started;
}

void kafka_watch_stop(struct kafka *kafka)
{
	struct kafka_watch *watch = &kafka->watch;
	if (!watch->started)
		return;
	lock(watch);
	watch->stop = true;
	(void)pthread_cond_signal(&watch->changed);
	unlock(watch);
	(void)pthread_join(watch->thread, NULL);
	free(watch->partitions);
	(void)pthread_cond_destroy(&watch->changed);
	(void)pthread_mutex_destroy(&watch->lock);
	watch->started = false;
}

void kafka_watch_partitions(struct kafka *kafka)
{
	struct kafka_watch *watch = &kafka->watch;
	lock(watch);
	watch->count = kafka->wanted_count;
	watch->partitions = mem_grow(watch->partitions, watch->count + 1, sizeof *watch->partitions);
	if (watch->count)
		memcpy(watch->partitions, kafka->wanted, watch->count * sizeof *watch->partitions);
	unlock(watch);
}

void kafka_watch_nudge(struct kafka *kafka)
{
	struct kafka_watch *watch = &kafka->watch;
	lock(watch);
	watch->nudged = true;
	(void)pthread_cond_signal(&watch->changed);
	unlock(watch);
}

void kafka_watch_read(struct kafka *kafka, bool fast, int64_t last_alive, int64_t *alive_at, unsigned *failed)
{
	struct kafka_watch *watch = &kafka->watch;
	lock(watch);
	if (last_alive >= watch->failed_at)
		watch->failed = 0; /* a message has come since */
	watch->fast = fast;
	*alive_at = watch->alive_at;
	*failed = watch->failed;
	unlock(watch);
}
