/* kafka_group: the partitions the group gives us, or the configuration names, each begun where the store says, once the
 * log is known to be the same. */
#include "source/kafka/kafka_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"

#define ASK_PATIENCE 5000    /* for the loop, which may be in the middle of a long commit */
#define BOUNDS_PATIENCE 3000
#define AGAIN_MS 1000
#define SOON_MS 50             /* for what comes by itself, where nobody may wait for it */

static void say_partition(struct kafka *kafka, struct kafka_partition *partition, enum source_state state,
                          const char *sentence)
{
	kafka_ring_say(kafka->ring, partition->name, state, sentence);
	partition->stuck_said = state == SOURCE_STUCK;
}

/* The log does not have our place any more: as configured, go on with the earliest or leave the partition alone; either
 * way it is said. */
static void lose(struct kafka *kafka, struct kafka_partition *partition, enum kafka_matter matter, int64_t low,
                 int64_t high)
{
	char sentence[1024];
	bool go_on = kafka->on_lost == KAFKA_LOST_EARLIEST || matter == KAFKA_MATTER_ANEW;
	kafka_partition_sentence(partition, matter, low, high, kafka->on_lost, sentence, sizeof sentence);
	partition->plan = go_on ? KAFKA_PLAN_EARLIEST : KAFKA_PLAN_NOT;
	if (go_on || !partition->stuck_said)
		say_partition(kafka, partition, SOURCE_STUCK, sentence);
	kafka_table_stage(kafka->table, partition, KAFKA_STUCK);
}

void kafka_group_doubt(struct kafka *kafka, struct kafka_partition *partition, bool absent)
{
	partition->absent = absent;
	kafka_table_stage(kafka->table, partition, KAFKA_DOUBTFUL);
	kafka_assign_again(kafka, partition->checks++ ? AGAIN_MS : 0);
}

void kafka_group_other(struct kafka *kafka, struct kafka_partition *partition)
{
	lose(kafka, partition, KAFKA_MATTER_OTHER, -1, -1);
	kafka_assign_again(kafka, 0);
}

/* Events taken since may be of the new log; it is read from its beginning, for those known change nothing. */
void kafka_group_look_anew(struct kafka *kafka)
{
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		struct kafka_partition *partition = kafka->wanted[i];
		(void)pthread_mutex_lock(&kafka->table->lock);
		bool anew = partition->anew;
		partition->anew = false;
		(void)pthread_mutex_unlock(&kafka->table->lock);
		if (anew && partition->stage == KAFKA_OPEN) {
			partition->anew_found = true;
			kafka_table_stage(kafka->table, partition, KAFKA_DOUBTFUL);
			kafka_assign_again(kafka, 0);
		}
	}
}

void kafka_group_proved(struct kafka *kafka, struct kafka_partition *partition)
{
	partition->checks = 0;
	kafka_table_stage(kafka->table, partition, KAFKA_OPEN);
	if (partition->stuck_said)
		say_partition(kafka, partition, SOURCE_UP, "the partition is being read again");
}

/* Where many are read for, nobody is waited for: what is asked is there the next time. */
static bool bounds_of(struct kafka *kafka, struct kafka_partition *partition, int64_t *low, int64_t *high)
{
	if (kafka->reader->shared)
		return kafka_watch_bounds_soon(kafka, partition, low, high);
	return kafka_watch_bounds(kafka, partition, BOUNDS_PATIENCE, low, high);
}

/* With the stored position fresh in hand. False: the bounds cannot be had now. */
static bool settle_doubt(struct kafka *kafka, struct kafka_partition *partition)
{
	int64_t low, high;
	if (partition->anew_found) {
		partition->anew_found = false;
		lose(kafka, partition, KAFKA_MATTER_ANEW, -1, -1);
		return true;
	}
	if (!bounds_of(kafka, partition, &low, &high))
		return false;
	switch (kafka_partition_judge(partition, low, high, partition->absent)) {
	case KAFKA_VERDICT_SAME:
		partition->plan = KAFKA_PLAN_TRUST;
		log_notice("kafka: %s: the last event taken is past its retention; reading goes on at offset %" PRId64,
		           partition->name, partition->stored);
		break;
	case KAFKA_VERDICT_REMOVED:
		lose(kafka, partition, KAFKA_MATTER_REMOVED, low, high);
		break;
	case KAFKA_VERDICT_SHORTER:
		lose(kafka, partition, KAFKA_MATTER_SHORTER, low, high);
		break;
	case KAFKA_VERDICT_MISSING:
		lose(kafka, partition, KAFKA_MATTER_MISSING, low, high);
		break;
	case KAFKA_VERDICT_AGAIN:
		partition->plan = partition->stored < 0 ? KAFKA_PLAN_EARLIEST : KAFKA_PLAN_CHECK;
		break;
	}
	return true;
}

/* An offset librdkafka understands. KAFKA_START_LATEST is made an offset at once: left to the broker, each assignment
 * before the first event would begin later. */
static bool begin_offset(struct kafka *kafka, struct kafka_partition *partition, int64_t begin, int64_t *offset)
{
	int64_t low;
	*offset = begin;
	if (begin == KAFKA_AT_EARLIEST || (begin == KAFKA_AT_START && kafka->start == KAFKA_START_EARLIEST))
		*offset = RD_KAFKA_OFFSET_BEGINNING;
	else if (begin == KAFKA_AT_START && partition->latest >= 0)
		*offset = partition->latest;
	else if (begin == KAFKA_AT_START) {
		if (!bounds_of(kafka, partition, &low, offset))
			return false;
		partition->latest = *offset;
	}
	return true;
}

static bool begin_partition(struct kafka *kafka, struct kafka_partition *partition,
                            const struct source_position *position, rd_kafka_topic_partition_list_t *list)
{
	int64_t begin = kafka_partition_begin(partition, position), offset;
	if (partition->stage == KAFKA_DOUBTFUL) {
		if (!settle_doubt(kafka, partition))
			return false;
		begin = kafka_partition_begin(partition, position);
	}
	if (begin == KAFKA_AT_NOTHING) {
		kafka_table_stage(kafka->table, partition, KAFKA_STUCK);
		return true;
	}
	if (!begin_offset(kafka, partition, begin, &offset))
		return false;
	if (begin == KAFKA_AT_EARLIEST && partition->stuck_said)
		say_partition(kafka, partition, SOURCE_UP, "reading goes on with the earliest event there is");
	bool checking = begin >= 0 && begin < partition->stored;
	(void)pthread_mutex_lock(&kafka->table->lock);
	partition->stage = checking ? KAFKA_CHECKING : KAFKA_OPEN;
	partition->shown_next = partition->handed_next = partition->stored;
	partition->committed = begin == KAFKA_AT_EARLIEST ? -1 : partition->stored;
	if (begin == KAFKA_AT_EARLIEST)
		partition->broker_told = -1;
	partition->at_end = false;
	partition->last_offset = partition->last_time = partition->taken_time = partition->anchor_offset = -1;
	partition->anew = false;
	(void)pthread_mutex_unlock(&kafka->table->lock);
	rd_kafka_topic_partition_list_add(list, partition->topic, partition->id)->offset = offset;
	return true;
}

static enum kafka_heard ask_positions(struct kafka *kafka, struct source_position *positions, struct fault *fault)
{
	if (kafka->reader->shared)
		return kafka_ring_hear(kafka->ring, positions, kafka->wanted_count, fault);
	return kafka_ring_ask(kafka->ring, positions, kafka->wanted_count, ASK_PATIENCE, fault) == RESULT_OK
	               ? KAFKA_HEARD_POSITIONS
	               : KAFKA_HEARD_FAULT;
}

static bool positions_of(struct kafka *kafka, struct source_position *positions)
{
	struct fault fault = {{0}};
	for (size_t i = 0; i < kafka->wanted_count; i++)
		positions[i] = (struct source_position){.name = text_of(kafka->wanted[i]->name)};
	switch (ask_positions(kafka, positions, &fault)) {
	case KAFKA_HEARD_POSITIONS: return true;
	case KAFKA_HEARD_NOTHING: kafka_assign_again(kafka, SOON_MS); return false;
	case KAFKA_HEARD_FAULT: break;
	}
	if (!kafka_ring_stopping(kafka->ring))
		log_warning("kafka: the stored positions are not to be had, so nothing is read yet: %s", fault.text);
	kafka_assign_again(kafka, AGAIN_MS);
	return false;
}

/* What is in hand goes to the loop before it is asked for positions, so that these take it into account. */
static bool flush(struct kafka *kafka)
{
	bool shared = kafka->reader->shared;
	if (kafka->parcel->span_count && !kafka_ring_wait_room(kafka->ring, shared ? 0 : ASK_PATIENCE)) {
		kafka_assign_again(kafka, shared ? SOON_MS : AGAIN_MS);
		return false;
	}
	kafka_hand_over(kafka);
	return true;
}

static bool begin_all(struct kafka *kafka, rd_kafka_topic_partition_list_t *list)
{
	struct source_position *positions = mem_zero(kafka->wanted_count, sizeof *positions);
	bool done = !kafka->wanted_count || (flush(kafka) && positions_of(kafka, positions));
	for (size_t i = 0; i < kafka->wanted_count && done; i++)
		if (!begin_partition(kafka, kafka->wanted[i], &positions[i], list)) {
			kafka_assign_again(kafka, kafka->reader->shared ? SOON_MS : AGAIN_MS);
			done = false;
		}
	free(positions);
	return done;
}

/* Makes the assignment, or leaves librdkafka without one and comes back a moment later. */
static void assign(struct kafka *kafka)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->wanted_count + 1);
	kafka->assign_at = INT64_MAX;
	if (kafka->reader->shared)
		kafka_place_nothing(kafka); /* what it is to begin at is not known before all in hand was stored */
	bool done = begin_all(kafka, list);
	if (!done)
		list->cnt = 0;
	bool placed = kafka_place(kafka, list);
	if (!placed)
		kafka_assign_again(kafka, AGAIN_MS);
	kafka->assigned = done && placed;
	rd_kafka_topic_partition_list_destroy(list);
	if (done || !kafka->reader->shared)
		kafka_health_assigned(kafka, kafka_now());
}

static void forget_wanted(struct kafka *kafka)
{
	for (size_t i = 0; i < kafka->wanted_count; i++)
		kafka_table_stage(kafka->table, kafka->wanted[i], KAFKA_AWAY);
	kafka->wanted_count = 0;
	kafka_watch_partitions(kafka->reader);
	kafka->assigned = false;
	kafka->assign_at = INT64_MAX;
}

static void want(struct kafka *kafka, const rd_kafka_topic_partition_list_t *list)
{
	kafka->wanted = mem_grow(kafka->wanted, (size_t)list->cnt + 1, sizeof(struct kafka_partition *));
	for (int i = 0; i < list->cnt; i++) {
		struct kafka_partition *partition =
			kafka_table_find(kafka->table, list->elems[i].topic, list->elems[i].partition);
		if (partition->plan == KAFKA_PLAN_NOT)
			partition->plan = KAFKA_PLAN_CHECK; /* the topic may have been brought back */
		partition->checks = 0;
		kafka_table_stage(kafka->table, partition, KAFKA_CHECKING);
		kafka->wanted[kafka->wanted_count++] = partition;
		kafka_health_topic_found(kafka, partition->topic);
	}
	kafka_watch_partitions(kafka->reader);
}

void kafka_group_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list,
                           void *opaque)
{
	struct kafka *kafka = ((struct kafka_reader *)opaque)->sources[0];
	forget_wanted(kafka);
	if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		want(kafka, list);
		assign(kafka);
		return;
	}
	(void)rd_kafka_assign(client, NULL);
	kafka_health_assigned(kafka, kafka_now());
}

void kafka_group_tick(struct kafka *kafka, int64_t now)
{
	if (kafka->wanted_count && (now >= kafka->assign_at || kafka_ring_answered(kafka->ring)))
		assign(kafka);
}

struct kafka_partition *kafka_group_partition(struct kafka *kafka, const rd_kafka_message_t *message)
{
	const char *topic = rd_kafka_topic_name(message->rkt);
	for (size_t i = 0; i < kafka->wanted_count; i++) {
		struct kafka_partition *partition = kafka->wanted[i];
		if (partition->id == message->partition && strcmp(partition->topic, topic) == 0)
			return partition;
	}
	return NULL;
}
