/* kafka_standstill: a process that was stopped, or whose machine was, knows the end of the log only as it was before.
 * What came into the log meanwhile is read a moment after it goes on, and its clocks may have their turn before that.
 *
 * The one rule: nothing in librdkafka tells that a fetch found nothing new. So who stood still is at the end again when
 * a question that was asked since is answered with the end to which the log was read. */
#include "source/kafka/kafka_internal.h"

/* In a second what falls due is judged (PIPELINE_LOG_LATE), less what it takes to read a record. The reader has a turn
 * ten times a second; one that comes later, as the machine is busy, costs a question. */
#define STANDSTILL (SECOND / 2)

static struct kafka_turn turn_now(const struct kafka *kafka)
{
	return (struct kafka_turn){.wall = clock_now(&kafka->clock), .passed = clock_elapsed(&kafka->clock)};
}

/* By either clock: time passed does not go on while the machine sleeps, and time of day may be set back. */
static bool stood_still(const struct kafka_turn *last, const struct kafka_turn *now)
{
	return now->passed - last->passed > STANDSTILL || now->wall - last->wall > STANDSTILL;
}

void kafka_standstill_begin(struct kafka *kafka)
{
	kafka->turn = turn_now(kafka);
	kafka->stood_until = INSTANT_NONE;
}

void kafka_standstill_turn(struct kafka *kafka)
{
	(void)pthread_mutex_lock(&kafka->table->lock);
	struct kafka_turn now = turn_now(kafka);
	bool stood = kafka->log_time && stood_still(&kafka->turn, &now);
	if (stood)
		kafka->stood_until = clock_boot();
	kafka->turn = now;
	(void)pthread_mutex_unlock(&kafka->table->lock);
	if (stood)
		kafka_watch_nudge(kafka->reader);
}

bool kafka_standstill_at_end(const struct kafka *kafka, const struct kafka_partition *partition)
{
	if (!partition->at_end || !kafka->log_time)
		return partition->at_end;
	struct kafka_turn now = turn_now(kafka);
	return !stood_still(&kafka->turn, &now) && partition->asked > kafka->stood_until &&
	       partition->end_read >= partition->end_asked;
}
