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
#define EVERY_AWAY 2000   /* a leader that did not answer */

static void lock(struct kafka_watch *watch)
{
	(void)pthread_mutex_lock(&watch->lock);
}

static void unlock(struct kafka_watch *watch)
{
	(void)pthread_mutex_unlock(&watch->lock);
}

bool kafka_watch_bounds(struct kafka *kafka, struct kafka_partition *partition, int patience_ms, int64_t *low,
                        int64_t *high)
{
	return kafka_times_ask_one(kafka->reader, partition, KAFKA_TIMES_START, patience_ms, low) &&
	       kafka_times_ask_one(kafka->reader, partition, KAFKA_TIMES_END, patience_ms, high);
}

bool kafka_watch_bounds_soon(struct kafka *kafka, struct kafka_partition *partition, int64_t *low, int64_t *high)
{
	(void)pthread_mutex_lock(&partition->table->lock);
	bool known = partition->bounds_known, asked = partition->bounds_wanted;
	*low = partition->low;
	*high = partition->high;
	partition->bounds_known = false; /* the next time they are others */
	partition->bounds_wanted = !known;
	(void)pthread_mutex_unlock(&partition->table->lock);
	if (!known && !asked)
		kafka_watch_nudge(kafka->reader);
	return known;
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

/* The assigned partitions as they are now. A source may leave meanwhile: its table is held. */
static size_t hold_partitions(struct kafka_watch *watch, struct kafka_partition ***copy)
{
	lock(watch);
	size_t count = watch->count;
	*copy = mem_zero(count, sizeof **copy);
	if (count)
		memcpy(*copy, watch->partitions, count * sizeof **copy);
	for (size_t i = 0; i < count; i++)
		(void)shared_hold(&(*copy)[i]->table->shared);
	unlock(watch);
	return count;
}

static void release_partitions(struct kafka_partition **partitions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kafka_table_release(partitions[i]->table);
	free(partitions);
}

static rd_kafka_topic_partition_list_t *list_of(struct kafka_partition **partitions, size_t count, int64_t time)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, partitions[i]->topic, partitions[i]->id)->offset = time;
	return list;
}

static bool has_offset(const rd_kafka_topic_partition_list_t *list, const struct kafka_partition *partition,
                       int64_t *offset)
{
	const rd_kafka_topic_partition_t *found =
		rd_kafka_topic_partition_list_find(list, partition->topic, partition->id);
	if (!found || found->err || found->offset < 0)
		return false;
	*offset = found->offset;
	return true;
}

/* All that a log holds by then will be below the end that is answered. */
static void note_asking(struct kafka_partition **partitions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct kafka_table *table = partitions[i]->table;
		(void)pthread_mutex_lock(&table->lock);
		partitions[i]->asks = clock_now(&table->clock);
		(void)pthread_mutex_unlock(&table->lock);
	}
}

/* Whether any broker answers; if so, the ends are remembered for lag figures. */
static bool ask_ends(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count)
{
	bool alive = false;
	rd_kafka_topic_partition_list_t *list = list_of(partitions, count, KAFKA_TIMES_END);
	note_asking(partitions, count);
	bool heard = kafka_times_ask(reader, list, KAFKA_TIMES_PATIENCE);
	for (size_t i = 0; i < count && heard; i++) {
		int64_t end;
		if (!has_offset(list, partitions[i], &end))
			continue;
		(void)pthread_mutex_lock(&partitions[i]->table->lock);
		partitions[i]->end = partitions[i]->end_asked = end;
		partitions[i]->asked = partitions[i]->asks;
		(void)pthread_mutex_unlock(&partitions[i]->table->lock);
		alive = true;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return alive;
}

typedef struct rd_kafka_metadata_topic metadata_topic;

static const metadata_topic *find_topic(const struct rd_kafka_metadata *metadata, const char *name)
{
	for (int i = 0; i < metadata->topic_cnt; i++)
		if (strcmp(metadata->topics[i].topic, name) == 0)
			return &metadata->topics[i];
	return NULL;
}

/* As far as the brokers say; what they were not asked about stays. One that has no leader for a while is there. */
static enum kafka_there find_leader(const struct rd_kafka_metadata *metadata, struct kafka_partition *partition)
{
	const metadata_topic *topic = find_topic(metadata, partition->topic);
	partition->leader = -1;
	if (topic && topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return KAFKA_THERE_NO_TOPIC;
	if (!topic || topic->err)
		return partition->there;
	partition->siblings = topic->partition_cnt;
	for (int i = 0; i < topic->partition_cnt; i++)
		if (topic->partitions[i].id == partition->id) {
			partition->leader = topic->partitions[i].leader;
			return KAFKA_THERE;
		}
	return KAFKA_THERE_NO_PARTITION;
}

/* A question about a partition that is not there would take all its time, and be no answer about any other: those that
 * are there are moved to the beginning. */
static size_t sort_by_being_there(const struct rd_kafka_metadata *metadata, struct kafka_partition **partitions,
                                  size_t count)
{
	size_t there = 0;
	for (size_t i = 0; i < count; i++) {
		struct kafka_partition *partition = partitions[i];
		(void)pthread_mutex_lock(&partition->table->lock);
		partition->there = find_leader(metadata, partition);
		bool found = partition->there == KAFKA_THERE;
		(void)pthread_mutex_unlock(&partition->table->lock);
		if (found) {
			partitions[i] = partitions[there];
			partitions[there++] = partition;
		}
	}
	return there;
}

static int by_leader(const void *a, const void *b)
{
	int32_t first = (*(struct kafka_partition *const *)a)->leader;
	int32_t second = (*(struct kafka_partition *const *)b)->leader;
	return (first > second) - (first < second);
}

static void note_answer(struct kafka_partition **partitions, size_t count, bool answered)
{
	for (size_t i = 0; i < count; i++) {
		struct kafka_partition *partition = partitions[i];
		(void)pthread_mutex_lock(&partition->table->lock);
		partition->unanswered = answered ? 0 : partition->unanswered + 1;
		partition->unanswered_at = answered ? 0 : kafka_now();
		partition->unanswered_by = partition->leader;
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
}

/* Those of one leader, from `first` on. */
static size_t end_of_leader(struct kafka_partition **partitions, size_t first, size_t count)
{
	size_t end = first + 1;
	while (end < count && partitions[end]->leader == partitions[first]->leader)
		end++;
	return end;
}

/* Whether one of them stands for its leader's silence when it was asked last. */
static bool was_away(struct kafka_partition **partitions, size_t count)
{
	bool away = false;
	for (size_t i = 0; i < count && !away; i++) {
		(void)pthread_mutex_lock(&partitions[i]->table->lock);
		away = partitions[i]->unanswered && partitions[i]->unanswered_by == partitions[i]->leader;
		(void)pthread_mutex_unlock(&partitions[i]->table->lock);
	}
	return away;
}

static void move_to(struct kafka_partition **partitions, size_t *there, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		struct kafka_partition *moved = partitions[i];
		partitions[i] = partitions[*there];
		partitions[(*there)++] = moved;
	}
}

/* Of the partitions, those whose leader answers (`away`: of those that did not the last time), at the beginning. */
static size_t ask_some(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count, bool away)
{
	size_t there = 0;
	for (size_t first = 0, end; first < count; first = end) {
		end = end_of_leader(partitions, first, count);
		if (was_away(partitions + first, end - first) != away)
			continue;
		bool answered = partitions[first]->leader >= 0 && ask_ends(reader, partitions + first, end - first);
		note_answer(partitions + first, end - first, answered);
		if (answered)
			move_to(partitions, &there, first, end);
		else
			reader->watch.away_at = kafka_now() + EVERY_AWAY;
	}
	return there;
}

/* Each leader by itself: one that is away is told of those councils whose partitions it has, and of no other. It is
 * asked after those that answer, and not each time: a question to it takes all its time, and others wait for theirs.
 * Returns how many partitions' leaders answered, and moves these to the beginning; nothing else is asked about the
 * others. */
static size_t ask_leaders(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count)
{
	struct kafka_watch *watch = &reader->watch;
	if (count)
		qsort(partitions, count, sizeof *partitions, by_leader);
	size_t there = ask_some(reader, partitions, count, false);
	if (there < count && kafka_now() >= watch->away_at) {
		qsort(partitions + there, count - there, sizeof *partitions, by_leader);
		there += ask_some(reader, partitions + there, count - there, true);
	}
	watch->lacks_leaders = there < count;
	return there;
}

/* Whether any broker answers; *count: about so many of the partitions, from the first, it can be asked. */
static bool answers(struct kafka_reader *reader, struct kafka_partition **partitions, size_t *count)
{
	if (*count && !reader->shared)
		return ask_ends(reader, partitions, *count);
	const struct rd_kafka_metadata *metadata = NULL;
	note_asking(partitions, *count); /* those without a leader, too: nobody asks more often for them */
	if (rd_kafka_metadata(reader->client, 0, NULL, &metadata, KAFKA_TIMES_PATIENCE) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	*count = sort_by_being_there(metadata, partitions, *count);
	rd_kafka_metadata_destroy(metadata);
	if (reader->shared)
		*count = ask_leaders(reader, partitions, *count);
	return true;
}

/* Of one leader; those among them that are wanted. */
static void find_bounds_of(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count)
{
	rd_kafka_topic_partition_list_t *lows = list_of(partitions, count, KAFKA_TIMES_START);
	rd_kafka_topic_partition_list_t *highs = list_of(partitions, count, KAFKA_TIMES_END);
	bool heard = kafka_times_ask(reader, lows, KAFKA_TIMES_PATIENCE) &&
	             kafka_times_ask(reader, highs, KAFKA_TIMES_PATIENCE);
	for (size_t i = 0; i < count && heard; i++) {
		struct kafka_partition *partition = partitions[i];
		int64_t low, high;
		if (!has_offset(lows, partition, &low) || !has_offset(highs, partition, &high))
			continue;
		(void)pthread_mutex_lock(&partition->table->lock);
		partition->low = low;
		partition->high = high;
		partition->bounds_known = true;
		partition->bounds_wanted = false;
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
	rd_kafka_topic_partition_list_destroy(lows);
	rd_kafka_topic_partition_list_destroy(highs);
}

/* Those that somebody asked for and does not wait for: two questions for all that one leader has, as each may wait
 * behind a fetch. */
static void find_bounds(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count)
{
	struct kafka_partition **wanted = mem_zero(count, sizeof *wanted);
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		(void)pthread_mutex_lock(&partitions[i]->table->lock);
		if (partitions[i]->bounds_wanted)
			wanted[asked++] = partitions[i];
		(void)pthread_mutex_unlock(&partitions[i]->table->lock);
	}
	for (size_t first = 0, end; first < asked; first = end) {
		end = end_of_leader(wanted, first, asked);
		find_bounds_of(reader, wanted + first, end - first);
	}
	free(wanted);
}

static bool asked_first(struct kafka_watch *watch)
{
	lock(watch);
	bool first = watch->first;
	watch->first = false;
	unlock(watch);
	return first;
}

/* True if a broker answered. */
static bool look(struct kafka_reader *reader)
{
	struct kafka_partition **partitions;
	size_t held = hold_partitions(&reader->watch, &partitions), count = held;
	bool alive = answers(reader, partitions, &count);
	if (alive && reader->shared)
		find_bounds(reader, partitions, count);
	if (alive && count && (asked_first(&reader->watch) || kafka_now() >= reader->watch.anchors_at)) {
		kafka_times_look_after(reader, partitions, count);
		reader->watch.anchors_at = kafka_now() + EVERY - 100;
	}
	release_partitions(partitions, held);
	return alive;
}

static void *watch_thread(void *argument)
{
	struct kafka_reader *reader = argument;
	struct kafka_watch *watch = &reader->watch;
	int64_t at = kafka_now();
	(void)pthread_setname_np(pthread_self(), "kafka-watch");
	while (await(watch, at)) {
		bool alive = look(reader);
		lock(watch);
		watch->failed = alive ? 0 : watch->failed + 1;
		*(alive ? &watch->alive_at : &watch->failed_at) = kafka_now();
		at = kafka_now() + (watch->fast || !alive || watch->lacks_leaders ? EVERY_FAST : EVERY);
		unlock(watch);
		kafka_reader_looked(reader);
	}
	return NULL;
}

bool kafka_watch_start(struct kafka_reader *reader)
{
	struct kafka_watch *watch = &reader->watch;
	thread_condition_init(&watch->changed);
	(void)pthread_mutex_init(&watch->lock, NULL);
	watch->fast = true;
	watch->started = thread_start(&watch->thread, watch_thread, reader);
	return watch->started;
}

void kafka_watch_stop(struct kafka_reader *reader)
{
	struct kafka_watch *watch = &reader->watch;
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

void kafka_watch_partitions(struct kafka_reader *reader)
{
	struct kafka_watch *watch = &reader->watch;
	size_t count = 0;
	for (size_t i = 0; i < reader->source_count; i++)
		count += reader->sources[i]->wanted_count;
	lock(watch);
	watch->partitions = mem_grow(watch->partitions, count + 1, sizeof *watch->partitions);
	watch->count = 0;
	for (size_t i = 0; i < reader->source_count; i++)
		for (size_t j = 0; j < reader->sources[i]->wanted_count; j++)
			watch->partitions[watch->count++] = reader->sources[i]->wanted[j];
	unlock(watch);
}

void kafka_watch_nudge(struct kafka_reader *reader)
{
	struct kafka_watch *watch = &reader->watch;
	lock(watch);
	watch->nudged = true;
	(void)pthread_cond_signal(&watch->changed);
	unlock(watch);
}

void kafka_watch_first(struct kafka_reader *reader)
{
	struct kafka_watch *watch = &reader->watch;
	lock(watch);
	watch->first = watch->nudged = true;
	(void)pthread_cond_signal(&watch->changed);
	unlock(watch);
}

void kafka_watch_hurry(struct kafka_reader *reader, bool fast)
{
	lock(&reader->watch);
	reader->watch.fast = fast;
	unlock(&reader->watch);
}

bool kafka_watch_answered(struct kafka_reader *reader)
{
	lock(&reader->watch);
	bool answered = reader->watch.alive_at && !reader->watch.failed;
	unlock(&reader->watch);
	return answered;
}

/* Of those leaders that have its partitions; a message that came since is an answer. */
static unsigned unanswered_of(struct kafka *kafka, int64_t last_alive)
{
	unsigned most = 0;
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		struct kafka_partition *partition = kafka->wanted[i];
		if (last_alive >= partition->unanswered_at)
			partition->unanswered = 0;
		most = partition->unanswered > most ? partition->unanswered : most;
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
	return most;
}

void kafka_watch_read(struct kafka *kafka, int64_t last_alive, int64_t *alive_at, unsigned *failed)
{
	struct kafka_watch *watch = &kafka->reader->watch;
	unsigned own = kafka->reader->shared ? unanswered_of(kafka, last_alive) : 0;
	lock(watch);
	*failed = last_alive >= watch->failed_at ? 0 : watch->failed; /* a message has come since */
	if (!kafka->reader->shared)
		watch->failed = *failed;
	*failed = own > *failed ? own : *failed;
	*alive_at = own ? 0 : watch->alive_at; /* that another broker answers is no news of this one */
	unlock(watch);
}
