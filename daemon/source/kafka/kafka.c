/* kafka: opening and closing, and what the loop's thread asks of the consumer's. */
#include "source/kafka/kafka_internal.h"

#include <stdlib.h>
#include <string.h>

#include "source/kafka/config.h"

static void free_kafka(struct kafka *kafka)
{
	kafka_parcel_free(kafka->parcel);
	kafka_ring_free(kafka->ring);
	kafka_table_release(kafka->table);
	event_parser_free(kafka->parser);
	for (size_t i = 0; i < kafka->topic_count; i++)
		free(kafka->topics[i].name);
	free(kafka->topics);
	for (size_t i = 0; i < kafka->own_source_count; i++)
		free(kafka->own_sources[i]);
	free(kafka->own_sources);
	free(kafka->council);
	free(kafka->seal_key);
	free(kafka->wanted);
	free(kafka->group);
	free(kafka);
}

static struct kafka *new_kafka(const struct kafka_settings *settings)
{
	struct kafka *kafka = MEM_NEW(struct kafka);
	kafka->here = here_now();
	kafka->table = kafka_table_new();
	kafka->parser =
		event_parser_new(settings->source.event_limits, settings->source.type_prefix, settings->source.zone);
	kafka->clock = settings->source.clock;
	kafka->on_lost = settings->on_lost;
	kafka->start = settings->start;
	kafka->log_time = settings->log_time;
	kafka->batch_events = settings->source.batch_events;
	kafka->batch_bytes = settings->source.batch_bytes;
	kafka->batch_ms = settings->batch_ms ? (int64_t)settings->batch_ms : KAFKA_BATCH_MS;
	kafka->group = mem_copy_text(settings->group, strlen(settings->group));
	kafka->topics = mem_zero(settings->topic_count, sizeof *kafka->topics);
	for (; kafka->topic_count < settings->topic_count; kafka->topic_count++) {
		const char *topic = settings->topics[kafka->topic_count];
		kafka->topics[kafka->topic_count].name = mem_copy_text(topic, strlen(topic));
	}
	kafka->own_sources = mem_zero(settings->own_source_count, sizeof *kafka->own_sources);
	for (; kafka->own_source_count < settings->own_source_count; kafka->own_source_count++) {
		const char *own = settings->own_sources[kafka->own_source_count];
		kafka->own_sources[kafka->own_source_count] = mem_copy_text(own, strlen(own));
	}
	kafka->council = settings->council ? mem_copy_text(settings->council, strlen(settings->council)) : NULL;
	kafka->seal_key_length = settings->seal_key.length;
	if (settings->seal_key.length)
		kafka->seal_key = mem_copy_text(settings->seal_key.at, settings->seal_key.length);
	kafka->positions = settings->source.positions;
	kafka->report = settings->source.report;
	kafka->context = settings->source.context;
	kafka->parcel = kafka_parcel_new();
	kafka->assign_at = INT64_MAX;
	kafka->table->clock = kafka->clock;
	kafka->health.unassigned_since = kafka->health.last_alive = kafka_now();
	return kafka;
}

/* ---- as a source for the loop; all of it on the loop's thread ---- */

static int own_fd(const void *self)
{
	return kafka_ring_fd(((const struct kafka *)self)->ring);
}

static void hear(void *self, const char *name, enum source_state state, const char *sentence)
{
	struct kafka *kafka = self;
	if (strcmp(name, "kafka") == 0)
		kafka->up = state == SOURCE_UP;
	if (kafka->report)
		kafka->report(kafka->context, name, state, sentence);
}

static void own_wake(void *self)
{
	struct kafka *kafka = self;
	kafka_ring_quiet(kafka->ring);
	kafka_ring_answer(kafka->ring, kafka->positions, kafka->context);
	if (kafka_ring_reports(kafka->ring, hear, kafka))
		kafka->settled = true;
}

static struct batch *own_next(void *self)
{
	struct kafka *kafka = self;
	struct kafka_parcel *parcel = kafka_ring_take(kafka->ring);
	if (!parcel)
		return NULL;
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < parcel->span_count; i++) {
		struct kafka_partition *partition = parcel->spans[i].partition;
		partition->handed_next = parcel->spans[i].next;
		if (parcel->spans[i].known > partition->read_to)
			partition->read_to = parcel->spans[i].known;
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
	return parcel->batch;
}

static void own_committed(void *self, struct batch *batch)
{
	struct kafka *kafka = self;
	struct kafka_parcel *parcel = kafka_ring_return(kafka->ring);
	if (!parcel || parcel->batch != batch)
		abort(); /* a batch that was never out: the caller's positions cannot be trusted */
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < parcel->span_count; i++)
		parcel->spans[i].partition->committed = parcel->spans[i].next;
	(void)pthread_mutex_unlock(&kafka->table->lock);
	kafka_parcel_free(parcel);
}

static bool own_settled(const void *self)
{
	return ((const struct kafka *)self)->settled;
}

static bool own_is_over(const void *self)
{
	return kafka_ring_is_over(((const struct kafka *)self)->ring);
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

static bool own_cut_off(void *self)
{
	struct kafka *kafka = self;
	return kafka->log_time && !kafka->up && !kafka_end_is_heard_of(kafka);
}

/* See source.h. A partition at whose end we are has nothing left once all of it was handed to the loop. Where all is
 * judged by the log's time that is known of when a broker was asked, and one that is stuck is waited for: other
 * machines go on reading it. */
static instant read_to(const struct kafka *kafka, const struct kafka_partition *partition, bool *ask)
{
	switch (partition->stage) {
	case KAFKA_AWAY:
		return INSTANT_NEVER;
	case KAFKA_STUCK:
		return kafka->log_time ? partition->read_to : INSTANT_NEVER;
	case KAFKA_CHECKING:
	case KAFKA_DOUBTFUL:
		return partition->read_to;
	case KAFKA_OPEN:
		break;
	}
	bool all_handed = partition->handed_next == partition->shown_next;
	return all_handed ? kafka_end_read_to(kafka, partition, ask) : partition->read_to;
}

static struct source_figures figures_of(const struct kafka *kafka, const struct kafka_partition *partition, bool *ask)
{
	struct source_figures figures = {
		.name = text_of(partition->name),
		.state = state_of(partition->stage),
		.next = partition->shown_next,
		.end = partition->end,
		.lag = -1,
	};
	int64_t done = partition->committed > 0 ? partition->committed : 0;
	if (partition->end >= 0)
		figures.lag = partition->end > done ? partition->end - done : 0;
	figures.read_to = read_to(kafka, partition, ask);
	/* What is left at the end of the log may be transaction marks alone. */
	if (partition->stage == KAFKA_OPEN && partition->committed == partition->shown_next &&
	    kafka_end_is_read(kafka, partition))
		figures.lag = 0;
	return figures;
}

static void own_figures(void *self, source_figures_visit *visit, void *argument)
{
	struct kafka *kafka = self;
	bool ask = false;
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < kafka->table->count; i++) {
		struct source_figures figures = figures_of(kafka, kafka->table->items[i], &ask);
		if (kafka->table->items[i]->stage != KAFKA_AWAY)
			visit(argument, &figures);
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
	if (ask)
		kafka_watch_nudge(kafka->reader);
}

static bool own_stop(void *self, int patience_ms)
{
	struct kafka *kafka = self;
	if (!kafka_reader_leave(kafka, patience_ms))
		return false;
	free_kafka(kafka);
	return true;
}

static const struct source_ops kafka_ops = {
	.kind = "kafka", .fd = own_fd, .wake = own_wake, .next = own_next, .committed = own_committed,
	.settled = own_settled, .is_over = own_is_over, .figures = own_figures, .cut_off = own_cut_off,
	.stop = own_stop,
};

static void call(void *kafka)
{
	kafka_reader_call(kafka);
}

static enum result begin(struct kafka *kafka, const struct kafka_settings *settings, struct fault *fault)
{
	rd_kafka_conf_t *conf = NULL;
	kafka->ring = kafka_ring_new(settings->ring_batches ? settings->ring_batches : KAFKA_RING_BATCHES, fault);
	if (!kafka->ring)
		return RESULT_PERMANENT;
	if (settings->partition_count) {
		kafka_ring_calls(kafka->ring, call, kafka);
		return kafka_reader_of_many(settings->readers, settings, kafka, fault);
	}
	enum result result = kafka_config_make(settings, &conf, fault);
	return result == RESULT_OK ? kafka_reader_of_one(kafka, conf, fault) : result;
}

enum result kafka_source_open(const struct kafka_settings *settings, struct source **source, struct fault *fault)
{
	struct kafka *kafka = new_kafka(settings);
	enum result result = begin(kafka, settings, fault);
	if (result == RESULT_OK)
		*source = source_new(&kafka_ops, kafka, &settings->source);
	else
		free_kafka(kafka);
	return result;
}
