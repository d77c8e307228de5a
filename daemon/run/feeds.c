/* feeds: each source, whatever its kind, as a feed of batches into the pipeline. */
#include "run/run_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCHES_A_TURN 4           /* then timers and the courier get theirs */
#define DOWN_BEFORE_OPS (2 * MINUTE)
#define CLOSE_PATIENCE_MS 5000

/* A source and what the loop needs to turn to it. */
struct feed {
	struct daemon *daemon;
	struct source *source;
	struct loop_watch *watch;
	struct loop_timer *timer;    /* goes on after a turn for others, tries again, and polls */
};

/* ---- a feed's turn ---- */

static void go_on_in(struct feed *feed, instant wait)
{
	loop_timer_at(feed->timer, wait == INSTANT_NEVER ? INSTANT_NEVER : daemon_now(feed->daemon) + wait);
}

/* Up to when every part of every source was read: clocks run no further while a backlog is. */
static instant read_to(const struct daemon *daemon)
{
	instant least = INSTANT_NEVER;
	for (size_t i = 0; i < daemon->feed_count; i++) {
		instant own = source_read_to(daemon->feeds[i]->source);
		least = own < least ? own : least;
	}
	return least;
}

/* Stores one batch; false: nothing waits, or it must wait. */
static bool take_one(struct feed *feed)
{
	struct daemon *daemon = feed->daemon;
	struct fault fault = {0};
	struct batch *batch = source_next(feed->source);
	if (!batch)
		return false;
	struct clock machine = clock_real();
	if (batch->count)
		daemon->fed = clock_now(&machine);
	enum result result = pipeline_take(daemon->pipeline, batch, read_to(daemon), daemon_now(daemon), &fault);
	if (result == RESULT_OK)
		source_committed(feed->source, batch);
	else
		source_hold(feed->source, batch);
	daemon_after(daemon, result, &fault);
	return result == RESULT_OK;
}

static void turn(struct feed *feed)
{
	for (int i = 0; i < BATCHES_A_TURN; i++) {
		if (feed->daemon->leaving)
			return;
		if (!take_one(feed)) {
			go_on_in(feed, source_wait(feed->source));
			return;
		}
	}
	go_on_in(feed, 0);
}

static void on_readable(void *argument)
{
	struct feed *feed = argument;
	source_wake(feed->source);
	watch_ready(feed->daemon);
	turn(feed);
}

static void on_turn(void *argument)
{
	turn(argument);
}

static void feed_start(struct daemon *daemon, struct source *source)
{
	struct feed **slot = mem_push((void **)&daemon->feeds, &daemon->feed_count, &daemon->feed_room, sizeof *slot);
	struct feed *feed = *slot = MEM_NEW(struct feed);
	*feed = (struct feed){.daemon = daemon, .source = source};
	feed->timer = loop_timer_new(daemon->loop, on_turn, feed);
	if (source_fd(source) >= 0)
		feed->watch = loop_watch_new(daemon->loop, source_fd(source), on_readable, feed);
	go_on_in(feed, 0);
}

static void feed_stop(struct feed *feed)
{
	loop_watch_free(feed->watch);
	loop_timer_free(feed->timer);
	if (!source_stop(feed->source, CLOSE_PATIENCE_MS))
		log_warning("a source did not let go in %d s; its thread is left behind", CLOSE_PATIENCE_MS / 1000);
	free(feed);
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

static void say_lost(struct daemon *daemon, const char *name, const char *title, const char *sentence)
{
	struct ops_word word = {.what = OPS_SOURCE_LOST, .key = text_of(name), .title = title,
	                        .facts = {{"Source", name, NULL}, {"It says", sentence, NULL}}, .fact_count = 2};
	daemon_say_ops(daemon, &word);
}

void feeds_report(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct daemon *daemon = context;
	struct source_status *word = word_of(daemon, name);
	enum log_level level = state == SOURCE_UP || state == SOURCE_STARTING ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING;
	if (word->state != state)
		word->since = daemon_now(daemon);
	log_line(level, "%s is %s: %s", name, source_state_name(state), sentence);
	(void)snprintf(word->sentence, sizeof word->sentence, "%s", sentence);
	if (state == SOURCE_STUCK) /* it needs a person, now */
		say_lost(daemon, name, "Reading of events has stopped and needs you", sentence);
	if (state == SOURCE_UP)
		daemon_end_ops(daemon, OPS_SOURCE_LOST, text_of(name), NULL);
	word->state = state;
}

void feeds_check_down(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->word_count; i++) {
		struct source_status *word = &daemon->words[i];
		if (word->state == SOURCE_DOWN && daemon_now(daemon) - word->since >= DOWN_BEFORE_OPS)
			say_lost(daemon, word->name, "A source of events is gone", word->sentence);
		else if (word->state == SOURCE_STUCK)
			say_lost(daemon, word->name, "Reading of events has stopped and needs you", word->sentence);
	}
}

/* ---- together ---- */

enum result feeds_start(struct daemon *daemon, struct fault *fault)
{
	struct source *sources[SOURCES_MOST];
	size_t count = 0;
	enum result result = sources_open(daemon, sources, &count, fault);
	for (size_t i = 0; i < count; i++)
		feed_start(daemon, sources[i]);
	return result;
}

void feeds_stop(struct daemon *daemon)
{
	for (size_t i = daemon->feed_count; i-- > 0;)
		feed_stop(daemon->feeds[i]);
	free(daemon->feeds);
	daemon->feeds = NULL;
	daemon->feed_count = daemon->feed_room = 0;
}

bool feeds_settled(const struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->feed_count; i++)
		if (!source_settled(daemon->feeds[i]->source))
			return false;
	return true;
}

static void see_lag(void *argument, const struct source_figures *figures)
{
	int64_t *behind = argument;
	if (figures->state != SOURCE_UP && figures->state != SOURCE_STARTING)
		return;
	*behind = figures->lag < 0 || *behind < 0 ? -1 : *behind + figures->lag;
}

int64_t feeds_behind(const struct daemon *daemon)
{
	int64_t behind = 0;
	if (!feeds_settled(daemon))
		return -1;
	for (size_t i = 0; i < daemon->feed_count; i++)
		source_each(daemon->feeds[i]->source, see_lag, &behind);
	return behind;
}
