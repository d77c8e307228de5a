/* feeds: Kafka and the spool directory, each a feed of batches into the pipeline. */
#include "run/run_internal.h"

#include "base/log.h"
#include "store/events.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCHES_A_TURN 4           /* then timers and the courier get theirs */
#define DOWN_BEFORE_OPS (2 * MINUTE)
#define CLOSE_PATIENCE_MS 5000

/* ---- a feed's turn ---- */

static void go_on_at(struct feed *feed, instant at)
{
	loop_timer_at(feed->timer, at);
}

/* Stores one batch; false: nothing waits, or it must wait. */
static bool take_one(struct feed *feed)
{
	struct daemon *daemon = feed->daemon;
	struct fault fault = {0};
	struct batch *batch = feed->held ? feed->held : feed->next(feed->source);
	feed->held = NULL;
	feed->emptied = feed->emptied || !batch;
	if (!batch)
		return false;
	struct clock machine = clock_real();
	if (batch->count)
		daemon->fed = clock_now(&machine);
	enum result result = pipeline_take(daemon->pipeline, batch, daemon_now(daemon), &fault);
	if (result == RESULT_OK)
		feed->committed(feed->source, batch);
	else
		feed->held = batch; /* it stays the source's, which hands out no other meanwhile */
	daemon_after(daemon, result, &fault);
	return result == RESULT_OK;
}

static void turn(struct feed *feed)
{
	struct daemon *daemon = feed->daemon;
	for (int i = 0; i < BATCHES_A_TURN; i++) {
		if (daemon->leaving)
			return;
		if (take_one(feed))
			continue;
		if (feed->held)
			go_on_at(feed, pipeline_again(daemon->pipeline));
		else
			go_on_at(feed, feed->poll ? daemon_now(daemon) + feed->poll : INSTANT_NEVER);
		return;
	}
	go_on_at(feed, daemon_now(daemon));
}

static void on_readable(void *argument)
{
	struct feed *feed = argument;
	if (feed->wake)
		feed->wake(feed->source);
	watch_ready(feed->daemon);
	if (!feed->held)
		turn(feed);
}

static void on_turn(void *argument)
{
	turn(argument);
}

static void feed_start(struct feed *feed, struct daemon *daemon, int descriptor)
{
	feed->daemon = daemon;
	feed->timer = loop_timer_new(daemon->loop, on_turn, feed);
	if (descriptor >= 0)
		feed->watch = loop_watch_new(daemon->loop, descriptor, on_readable, feed);
	go_on_at(feed, daemon_now(daemon));
}

static void feed_stop(struct feed *feed)
{
	loop_watch_free(feed->watch);
	loop_timer_free(feed->timer);
	feed->watch = NULL;
	feed->timer = NULL;
}

/* ---- what sources say of themselves ---- */

static struct source_status *word_of(struct daemon *daemon, const char *name)
{
	size_t room = sizeof daemon->words / sizeof daemon->words[0];
	for (size_t i = 0; i < daemon->word_count; i++)
		if (strcmp(daemon->words[i].name, name) == 0)
			return &daemon->words[i];
	struct source_status *word = &daemon->words[daemon->word_count < room ? daemon->word_count++ : room - 1];
	*word = (struct source_status){.since = daemon_now(daemon)};
	(void)snprintf(word->name, sizeof word->name, "%s", name);
	return word;
}

static void on_report(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct daemon *daemon = context;
	struct source_status *word = word_of(daemon, name);
	enum log_level level = state == SOURCE_UP || state == SOURCE_STARTING ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING;
	if (word->state != state)
		word->since = daemon_now(daemon);
	log_line(level, "%s is %s: %s", name, source_state_name(state), sentence);
	if (state == SOURCE_STUCK) /* it needs a person, now */
		daemon_tell_ops(daemon, "ops.source-lost", MINUTE, "%s: %s. Others of the same minute are in the journal alone: "
		                "journalctl -u casewatchd", name, sentence);
	if (state == SOURCE_UP && word->told)
		daemon_tell_ops(daemon, "ops.source-lost", 0, "%s is back: %s", name, sentence);
	word->told = state == SOURCE_STUCK || (state == SOURCE_DOWN && word->told);
	word->state = state;
}

void feeds_check_down(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->word_count; i++) {
		struct source_status *word = &daemon->words[i];
		if (word->state != SOURCE_DOWN || word->told || daemon_now(daemon) - word->since < DOWN_BEFORE_OPS)
			continue;
		word->told = true;
		daemon_tell_ops(daemon, "ops.source-lost", 0,
		                "%s has been gone for %d minutes. Nothing is lost while its log keeps the events, but nobody hears of "
		                "them: look at the broker and the network (journalctl -u casewatchd)",
		                word->name, (int)(DOWN_BEFORE_OPS / MINUTE));
	}
}

/* ---- Kafka ---- */

static void wake_spool(void *source)
{
	jsonl_wake(source);
}

static void wake_kafka(void *source)
{
	kafka_wake(source);
}

static struct batch *next_kafka(void *source)
{
	return kafka_take_batch(source);
}

static void committed_kafka(void *source, struct batch *batch)
{
	kafka_committed(source, batch);
}

static enum result find_positions(void *context, struct kafka_position *positions, size_t count, struct fault *fault)
{
	struct daemon *daemon = context;
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < count; i++) {
		struct position stored;
		result = positions_get(daemon->store, positions[i].name, &stored, &positions[i].known, fault);
		if (result != RESULT_OK || !positions[i].known)
			continue;
		positions[i].next = stored.next;
		positions[i].fingerprint = stored.fingerprint;
	}
	return result;
}

static void set_bounds(const struct config *config, struct kafka_settings *settings)
{
	settings->batch_events = config->batch_events;
	settings->batch_bytes = config->batch_kbytes * 1024;
	settings->batch_ms = config->batch_ms;
	settings->ring_batches = config->ring_batches;
	settings->prefetch_kbytes = config->prefetch_kbytes;
}

static struct event_limits limits_of(const struct config *config)
{
	return (struct event_limits){config->event_bytes, (unsigned)config->event_depth, config->event_strings};
}

static struct text prefix_of(const struct config *config)
{
	return config->type_prefix ? text_of(config->type_prefix) : TEXT_NONE;
}

static enum result open_kafka(struct daemon *daemon, const struct config *config, struct fault *fault)
{
	struct kafka_settings settings;
	struct kafka_property *properties = mem_zero(config->kafka.property_count, sizeof *properties);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		properties[i] = (struct kafka_property){config->kafka.properties[i].name, config->kafka.properties[i].value};
	kafka_settings_default(&settings);
	set_bounds(config, &settings);
	settings.topics = config->kafka.topics;
	settings.topic_count = config->kafka.topic_count;
	settings.group = config->kafka.group;
	settings.instance = config->kafka.instance;
	settings.properties = properties;
	settings.property_count = config->kafka.property_count;
	settings.password_file = config->kafka.password_file;
	settings.on_lost = config->kafka.lost == CONFIG_LOST_EARLIEST ? KAFKA_LOST_EARLIEST : KAFKA_LOST_STOP;
	settings.start = config->kafka.start == CONFIG_START_LATEST ? KAFKA_START_LATEST : KAFKA_START_EARLIEST;
	settings.event_limits = limits_of(config);
	settings.type_prefix = prefix_of(config);
	settings.zone = calendar_zone(config->calendar);
	settings.clock = daemon->clock;
	settings.positions = find_positions;
	settings.report = on_report;
	settings.context = daemon;
	enum result result = kafka_open(&settings, &daemon->kafka, fault);
	free(properties);
	if (result != RESULT_OK)
		return result;
	daemon->kafka_feed = (struct feed){.source = daemon->kafka, .wake = wake_kafka, .next = next_kafka,
	                                   .committed = committed_kafka};
	feed_start(&daemon->kafka_feed, daemon, kafka_fd(daemon->kafka));
	return RESULT_OK;
}

/* ---- the spool directory ---- */

static struct batch *next_spool(void *source)
{
	return jsonl_next_batch(source);
}

static void committed_spool(void *source, struct batch *batch)
{
	jsonl_committed(source, batch);
}

static enum result find_position(void *context, struct text name, int64_t *next, uint64_t *fingerprint,
                                 struct fault *fault)
{
	struct daemon *daemon = context;
	struct position stored;
	bool found;
	*next = 0;
	*fingerprint = 0;
	enum result result = positions_get(daemon->store, name, &stored, &found, fault);
	if (result == RESULT_OK && found) {
		*next = stored.next;
		*fingerprint = stored.fingerprint;
	}
	return result;
}

static enum result open_spool(struct daemon *daemon, const struct config *config, struct fault *fault)
{
	struct jsonl_settings settings;
	jsonl_settings_default(&settings);
	settings.batch_events = config->batch_events;
	settings.batch_bytes = config->batch_kbytes * 1024;
	settings.event_limits = limits_of(config);
	settings.type_prefix = prefix_of(config);
	settings.zone = calendar_zone(config->calendar);
	settings.clock = daemon->clock;
	settings.position = find_position;
	settings.report = on_report;
	settings.context = daemon;
	enum result result = jsonl_open_spool(&settings, config->spool, &daemon->spool, fault);
	if (result != RESULT_OK)
		return result;
	daemon->spool_feed = (struct feed){.source = daemon->spool, .wake = wake_spool, .next = next_spool, .committed = committed_spool,
	                                   .poll = JSONL_POLL};
	feed_start(&daemon->spool_feed, daemon, jsonl_fd(daemon->spool));
	return RESULT_OK;
}

/* ---- together ---- */

enum result feeds_start(struct daemon *daemon, struct fault *fault)
{
	const struct config *config = daemon->first;
	enum result result = RESULT_OK;
	if (config->kafka.topic_count)
		result = open_kafka(daemon, config, fault);
	if (result == RESULT_OK && config->spool)
		result = open_spool(daemon, config, fault);
	return result;
}

void feeds_stop(struct daemon *daemon)
{
	feed_stop(&daemon->kafka_feed);
	feed_stop(&daemon->spool_feed);
	if (daemon->spool_feed.held)
		jsonl_give_back(daemon->spool, daemon->spool_feed.held);
	jsonl_close(daemon->spool);
	daemon->spool = NULL;
	if (daemon->kafka_feed.held)
		kafka_give_back(daemon->kafka, daemon->kafka_feed.held);
	if (daemon->kafka && !kafka_close(daemon->kafka, CLOSE_PATIENCE_MS))
		log_warning("the Kafka client did not let go in %d s; its thread is left behind", CLOSE_PATIENCE_MS / 1000);
	daemon->kafka = NULL;
}

bool feeds_settled(const struct daemon *daemon)
{
	return !daemon->kafka || kafka_settled(daemon->kafka);
}

static void see_lag(void *argument, const struct kafka_figures *figures)
{
	int64_t *behind = argument;
	if (figures->state != SOURCE_UP && figures->state != SOURCE_STARTING)
		return;
	*behind = figures->lag < 0 || *behind < 0 ? -1 : *behind + figures->lag;
}

int64_t feeds_behind(const struct daemon *daemon)
{
	int64_t behind = 0;
	if (!feeds_settled(daemon) || (daemon->spool && !daemon->spool_feed.emptied))
		return -1;
	if (daemon->kafka)
		kafka_each_partition(daemon->kafka, see_lag, &behind);
	return behind;
}
