/* kafka_end: up to when a log was read whose end was come to, where other machines judge by it as well (docs/cells.md).
 *
 * The one rule: nothing in librdkafka tells that a fetch found nothing new; it may hang for seconds, and so may the
 * process. What is known is when a broker was last asked where the log ends, and said where all is read: what came
 * before that is. So a clock that wants to go further asks, and waits for the answer. */
#include "source/kafka/kafka_internal.h"

#define ASK_EVERY (SECOND / 2) /* an answer waits behind a fetch, as long as that may wait */
#define HEARD_LATELY (3 * SECOND)

static bool is_within(instant at, instant span, instant now)
{
	return at != INSTANT_NONE && at <= now && now - at <= span;
}

/* As far as it was asked. */
static bool all_was_read(const struct kafka_partition *partition)
{
	return partition->at_end && partition->end_read >= partition->end_asked;
}

bool kafka_end_is_read(const struct kafka *kafka, const struct kafka_partition *partition)
{
	return kafka->log_time ? all_was_read(partition) : partition->at_end;
}

instant kafka_end_read_to(const struct kafka *kafka, const struct kafka_partition *partition, bool *ask)
{
	if (!kafka_end_is_read(kafka, partition))
		return partition->read_to;
	if (!kafka->log_time)
		return INSTANT_NEVER;
	instant now = clock_now(&kafka->clock);
	*ask = *ask || !is_within(partition->asks, ASK_EVERY, now);
	bool known = partition->asked <= now && partition->asked > partition->read_to; /* else the clock was set back */
	return known ? partition->asked : partition->read_to;
}

/* What is said of the source as a whole may be about a broker that has none of its partitions, or about its group, on
 * which nothing depends: as long as those that have them answer, it is read. */
bool kafka_end_is_heard_of(struct kafka *kafka)
{
	bool heard = kafka_watch_answered(kafka->reader), asked = true;
	instant now = clock_now(&kafka->clock);
	(void)pthread_mutex_lock(&kafka->table->lock);
	heard = heard && kafka->table->count;
	for (size_t i = 0; i < kafka->table->count; i++) {
		const struct kafka_partition *partition = kafka->table->items[i];
		heard = heard && partition->stage == KAFKA_OPEN && !partition->unanswered;
		asked = asked && is_within(partition->asked, HEARD_LATELY, now);
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
	if (heard && !asked)
		kafka_watch_nudge(kafka->reader);
	return heard && asked;
}
