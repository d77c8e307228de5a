/* kafka_assign: where a partition goes on, and whether the log is still the one we know. */
#include "source/kafka/assign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void free_table(struct shared *shared)
{
	struct kafka_table *table = (struct kafka_table *)shared;
	for (size_t i = 0; i < table->count; i++) {
		free(table->items[i]->name);
		free(table->items[i]->topic);
		free(table->items[i]);
	}
	free(table->items);
	(void)pthread_mutex_destroy(&table->lock);
	free(table);
}

struct kafka_table *kafka_table_new(void)
{
	struct kafka_table *table = MEM_NEW(struct kafka_table);
	shared_start(&table->shared, free_table);
	(void)pthread_mutex_init(&table->lock, NULL);
	return table;
}

void kafka_table_release(struct kafka_table *table)
{
	shared_release(table ? &table->shared : NULL);
}

static struct kafka_partition *partition_new(struct kafka_table *table, const char *topic, int32_t id)
{
	struct kafka_partition *partition = MEM_NEW(struct kafka_partition);
	struct buffer name = {0};
	buffer_format(&name, "kafka:%s:%" PRId32, topic, id);
	partition->table = table;
	partition->name = name.at;
	partition->topic = mem_copy_text(topic, strlen(topic));
	partition->id = id;
	partition->stored = partition->next = partition->broker_told = partition->latest = -1;
	partition->shown_next = partition->handed_next = partition->end = partition->committed = -1;
	partition->end_read = partition->end_asked = -1;
	partition->read_to = partition->asked = partition->asks = INSTANT_NONE;
	partition->last_offset = partition->last_time = partition->taken_time = partition->anchor_offset = -1;
	return partition;
}

struct kafka_partition *kafka_table_find(struct kafka_table *table, const char *topic, int32_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i]->id == id && strcmp(table->items[i]->topic, topic) == 0)
			return table->items[i];
	struct kafka_partition *partition = partition_new(table, topic, id);
	(void)pthread_mutex_lock(&table->lock);
	struct kafka_partition **slot =
		mem_push((void **)&table->items, &table->count, &table->room, sizeof *table->items);
	*slot = partition;
	(void)pthread_mutex_unlock(&table->lock);
	return partition;
}

void kafka_table_stage(struct kafka_table *table, struct kafka_partition *partition, enum kafka_stage stage)
{
	(void)pthread_mutex_lock(&table->lock);
	partition->stage = stage;
	(void)pthread_mutex_unlock(&table->lock);
}

int64_t kafka_partition_begin(struct kafka_partition *partition, const struct source_position *stored)
{
	int64_t next = stored->known && stored->next >= 0 ? stored->next : -1;
	uint64_t fingerprint = next >= 0 ? stored->fingerprint : 0;
	/* What was decided holds for the position it was decided about. */
	if (partition->stored != next || partition->fingerprint != fingerprint)
		partition->plan = KAFKA_PLAN_CHECK;
	partition->stored = partition->next = next;
	partition->fingerprint = fingerprint;
	switch (partition->plan) {
	case KAFKA_PLAN_CHECK:
		break;
	case KAFKA_PLAN_TRUST:
		return next < 0 ? KAFKA_AT_START : next;
	case KAFKA_PLAN_EARLIEST:
		partition->next = -1;
		return KAFKA_AT_EARLIEST;
	case KAFKA_PLAN_NOT:
		return KAFKA_AT_NOTHING;
	}
	if (next < 0)
		return KAFKA_AT_START;
	return fingerprint && next > 0 ? next - 1 : next;
}

enum kafka_take kafka_partition_take(const struct kafka_partition *partition, int64_t offset, uint64_t fingerprint)
{
	switch (partition->stage) {
	case KAFKA_OPEN:
		return offset < partition->next ? KAFKA_PASS : KAFKA_TAKE;
	case KAFKA_CHECKING:
		break;
	case KAFKA_AWAY:
	case KAFKA_DOUBTFUL:
	case KAFKA_STUCK:
		return KAFKA_PASS;
	}
	if (offset >= partition->stored)
		return KAFKA_DOUBT;
	if (offset < partition->stored - 1)
		return KAFKA_PASS;
	return fingerprint == partition->fingerprint ? KAFKA_PROVED : KAFKA_OTHER;
}

enum kafka_verdict kafka_partition_judge(const struct kafka_partition *partition, int64_t low, int64_t high,
                                         bool absent)
{
	int64_t next = partition->stored;
	if (next < 0)
		return KAFKA_VERDICT_AGAIN;
	if (high < next)
		return KAFKA_VERDICT_SHORTER;
	if (low > next)
		return KAFKA_VERDICT_REMOVED;
	if (low == next)
		return KAFKA_VERDICT_SAME;
	return absent ? KAFKA_VERDICT_MISSING : KAFKA_VERDICT_AGAIN;
}

void kafka_partition_sentence(const struct kafka_partition *partition, enum kafka_matter matter, int64_t low,
                              int64_t high, enum kafka_lost on_lost, char *sentence, size_t size)
{
	char what[512] = "";
	int64_t next = partition->stored;
	switch (matter) {
	case KAFKA_MATTER_REMOVED:
		(void)snprintf(what, sizeof what,
		               "events were removed from the log before they were read: offsets %" PRId64 " to %" PRId64
		               " (%" PRId64 " of them) are lost here; lengthen the topic's retention",
		               next, low - 1, low - next);
		break;
	case KAFKA_MATTER_SHORTER:
		(void)snprintf(what, sizeof what,
		               "the log ends at offset %" PRId64 ", before our position %" PRId64
		               ": the topic was deleted and made anew, or events were cut off its end",
		               high, next);
		break;
	case KAFKA_MATTER_MISSING:
		(void)snprintf(what, sizeof what,
		               "the last event we took, at offset %" PRId64
		               ", is no longer in the log, though older ones are: the topic was deleted and made anew, "
		               "or it is "
		               "compacted, which loses events",
		               next - 1);
		break;
	case KAFKA_MATTER_OTHER:
		(void)snprintf(what, sizeof what,
		               "at offset %" PRId64
		               " stands another event than the one we took there: the topic was deleted and made anew",
		               next - 1);
		break;
	case KAFKA_MATTER_ANEW:
		(void)snprintf(what, sizeof what,
		               "the topic was deleted and made anew while it was read; what we had not read of the old "
		               "one is lost "
		               "here");
		break;
	}
	const char *then =
		"Nothing more is read from this partition. Have the lost events sent again, or import them; then set "
		"kafka.lost-position: earliest and restart to go on with the earliest event there is (known ones "
	        "change "
		"nothing), and set it back.";
	if (matter == KAFKA_MATTER_ANEW)
		then = "The new one is read from its beginning (known events change nothing). Have what is lost sent "
		       "again.";
	else if (on_lost == KAFKA_LOST_EARLIEST)
		then = "As kafka.lost-position says, reading goes on with the earliest event there is (known ones "
		       "change nothing). Have "
		       "what is lost sent again.";
	(void)snprintf(sentence, size, "Kafka topic %s, partition %" PRId32 ": %s. %s", partition->topic,
	               partition->id, what, then);
}
