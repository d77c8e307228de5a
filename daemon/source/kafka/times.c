/* kafka_times: what a broker says of a log by the times of its records: where its ends are, and whether it is still the
 * log that was read: the first event later than one that we took (the anchor) never comes to stand at or before it. */
#include "source/kafka/kafka_internal.h"

#include <stdlib.h>

bool kafka_times_ask(struct kafka_reader *reader, rd_kafka_topic_partition_list_t *list, int patience_ms)
{
	return rd_kafka_offsets_for_times(reader->client, list, patience_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool kafka_times_ask_one(struct kafka_reader *reader, struct kafka_partition *partition, int64_t time, int patience_ms,
                         int64_t *offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, partition->topic, partition->id)->offset = time;
	bool good = kafka_times_ask(reader, list, patience_ms) && !list->elems[0].err;
	*offset = good ? list->elems[0].offset : -1;
	rd_kafka_topic_partition_list_destroy(list);
	return good && *offset >= 0;
}

/* ---- whether it is the same log ---- */

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
static rd_kafka_topic_partition_list_t *ask_times(struct kafka_reader *reader, const struct question *questions,
                                                  size_t count)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, questions[i].partition->topic, questions[i].partition->id)
			->offset = questions[i].time;
	if (kafka_times_ask(reader, list, KAFKA_TIMES_PATIENCE))
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
static void judge(struct kafka_reader *reader, const struct question *question, int64_t answer)
{
	struct kafka_partition *partition = question->partition;
	int64_t low = -1;
	bool anew = answer != question->expected;
	bool passed = false;
	if (anew && question->expected >= 0) {
		if (!kafka_times_ask_one(reader, partition, KAFKA_TIMES_START, KAFKA_TIMES_PATIENCE, &low))
			return;
		passed = low > question->expected;
	}
	(void)pthread_mutex_lock(&partition->table->lock);
	/* Only if it is still the same reading of the partition that was asked about. */
	if (anew && partition->anchor_offset == question->offset && partition->anchor_time == question->time &&
	    partition->stage == KAFKA_OPEN) {
		partition->anew = !passed;
		partition->anchor_offset = -1;
	}
	(void)pthread_mutex_unlock(&partition->table->lock);
}

static void check_anchors(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count,
                          struct question *questions)
{
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		struct kafka_partition *partition = partitions[i];
		(void)pthread_mutex_lock(&partition->table->lock);
		if (partition->stage == KAFKA_OPEN && partition->anchor_offset >= 0)
			questions[asked++] = (struct question){partition, partition->anchor_offset,
			                                       partition->anchor_time, partition->anchor_answer};
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
	rd_kafka_topic_partition_list_t *list = asked ? ask_times(reader, questions, asked) : NULL;
	if (!list)
		return;
	int64_t answer;
	for (size_t i = 0; i < asked; i++)
		if (answered(list, &questions[i], &answer))
			judge(reader, &questions[i], answer);
	rd_kafka_topic_partition_list_destroy(list);
}

static size_t new_anchors(struct kafka_partition **partitions, size_t count, struct question *questions)
{
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		struct kafka_partition *partition = partitions[i];
		(void)pthread_mutex_lock(&partition->table->lock);
		if (partition->stage == KAFKA_OPEN && !partition->anew && partition->last_time >= 0 &&
		    partition->last_offset != partition->anchor_offset)
			questions[asked++] =
				(struct question){partition, partition->last_offset, partition->last_time + 1, -1};
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
	return asked;
}

static void set_anchors(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count,
                        struct question *questions)
{
	size_t asked = new_anchors(partitions, count, questions);
	rd_kafka_topic_partition_list_t *list = asked ? ask_times(reader, questions, asked) : NULL;
	for (size_t i = 0; i < asked && list; i++) {
		struct kafka_partition *partition = questions[i].partition;
		int64_t answer;
		(void)pthread_mutex_lock(&partition->table->lock);
		if (partition->stage == KAFKA_OPEN && partition->last_offset >= questions[i].offset &&
		    answered(list, &questions[i], &answer)) {
			partition->anchor_offset = questions[i].offset;
			partition->anchor_time = questions[i].time;
			partition->anchor_answer = answer;
		}
		(void)pthread_mutex_unlock(&partition->table->lock);
	}
	if (list)
		rd_kafka_topic_partition_list_destroy(list);
}

void kafka_times_look_after(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count)
{
	struct question *questions = mem_zero(count, sizeof *questions);
	check_anchors(reader, partitions, count, questions);
	set_anchors(reader, partitions, count, questions);
	free(questions);
}
