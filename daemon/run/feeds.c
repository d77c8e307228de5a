/* feeds: each source, whatever its kind, as a feed of batches into the pipeline. */
#include "run/run_internal.h"

#include "base/log.h"
#include "source/kafka/through.h"

#include <stdio.h>
#include <stdlib.h>

#define DOWN_BEFORE_OPS (2 * MINUTE)
#define CLOSE_PATIENCE_MS 5000
#define CLOSE_LEAST_MS 500 /* also where others wait: a consumer that does not leave its group keeps its partitions */
#define NEARLY 100 /* events: a log may end in marks that are no events, so it is never read to its end */
#define QUIET SECOND
#define STALLED (30 * SECOND)      /* nothing comes, and what is left is not known: clocks wait no longer */
/* A clock that waited longer for the log would hold up what has fired for certain. */
#define CATCH_UP_MOST (15 * MINUTE)

/* A source and what the loop needs to turn to it. */
struct feed {
	struct council *council;
	struct source *source;
	struct loop_watch *watch;
	struct loop_timer *timer;    /* goes on after a turn for others, tries again, and polls */
	struct batch *begun;         /* the batch in hand: it comes again until all of it was taken; NULL: none */
	size_t taken;                /* so many records of it were committed */
};

/* What a source, or a part of it, last said of itself while it was not up. */
struct source_status {
	char *name; /* a file's is as long as its name, a partition's as its topic's */
	enum source_state state;
	instant since;               /* by time passed */
	instant since_wall;
	char *sentence;
};

struct feeds {
	struct feed **items;         /* one a source */
	size_t count, room;
	struct source_status *words; /* of those that are not up */
	size_t word_count, word_room;
	instant fed;                 /* by time passed: when a source last had something */
	instant reached;             /* likewise: since when it is not cut off from its log; INSTANT_NEVER: it is */
	bool caught_up;              /* the log was read: clocks run */
};

/* ---- a backlog ---- */

static bool settled(const struct council *council)
{
	for (size_t i = 0; i < council->feeds->count; i++)
		if (!source_settled(council->feeds->items[i]->source))
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

/* Events in the log that are not stored yet, in all partitions; 0 also where a broker is away and nobody knows; -1: it
 * is not known yet. */
static int64_t count_behind(const struct council *council)
{
	int64_t behind = 0;
	if (!settled(council))
		return -1;
	for (size_t i = 0; i < council->feeds->count; i++)
		source_each(council->feeds->items[i]->source, see_lag, &behind);
	return behind;
}

/* `since`: when it began. */
static bool log_is_read(const struct council *council, instant since)
{
	int64_t behind = count_behind(council);
	instant now = council_elapsed(council), fed = council->feeds->fed, quiet = now - (fed > since ? fed : since);
	return behind == 0 || (behind > 0 && behind <= NEARLY && quiet > QUIET) || quiet > STALLED ||
	       now - since > CATCH_UP_MOST;
}

/* Right after a start the log may hold what happened while nobody listened: a clock that fired before it was read would
 * ring people for nothing. A broker that is away is not waited for. */
bool feeds_caught_up(struct council *council)
{
	if (!council->feeds)
		return false;
	if (!council->feeds->caught_up && log_is_read(council, council->started)) {
		council->feeds->caught_up = true;
		pipeline_caught_up(council->pipeline);
	}
	return council->feeds->caught_up;
}

static bool is_cut_off(const struct council *council)
{
	for (size_t i = 0; i < council->feeds->count; i++)
		if (source_cut_off(council->feeds->items[i]->source))
			return true;
	return false;
}

/* Clocks do not wait for brokers that are away; whoever may be named to send does: what was answered meanwhile stands
 * in the log alone. */
bool feeds_may_be_named(struct council *council)
{
	if (!feeds_caught_up(council))
		return false;
	struct feeds *feeds = council->feeds;
	if (is_cut_off(council))
		feeds->reached = INSTANT_NEVER;
	else if (feeds->reached == INSTANT_NEVER)
		feeds->reached = council_elapsed(council);
	return feeds->reached != INSTANT_NEVER && log_is_read(council, feeds->reached);
}

bool feeds_were_caught_up(const struct council *council)
{
	return council->feeds && council->feeds->caught_up;
}

/* Not before all parts stand: who is told "ready" may order something at once, and orders are heard by a part behind
 * this one. */
void feeds_say_ready(struct council *council)
{
	if (!council->stands || !council->feeds || council->ready || !settled(council))
		return;
	council_is_ready(council);
}

/* ---- a feed's turn ---- */

static void go_on_in(struct feed *feed, instant wait)
{
	loop_timer_in(feed->timer, wait);
}

/* Of a batch of which nothing could be taken. What cannot be read holds up nobody. */
static instant all_left_from(const struct batch *batch)
{
	instant least = INSTANT_NEVER;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->records[i].accepted && record_known(&batch->records[i]) < least)
			least = record_known(&batch->records[i]);
	return least;
}

/* What is left of a batch was handed over, and is not taken yet. One that rests holds up nobody before it is begun. */
static instant left_from(const struct feed *feed)
{
	const struct council *council = feed->council;
	struct batch *batch = feed->begun;
	if (!batch || source_is_over(feed->source) || feed->taken >= batch->count)
		return INSTANT_NEVER;
	if (!feed->taken && pipeline_rests(council->pipeline, batch->records[0].position, council_now(council)))
		return INSTANT_NEVER;
	if (council->first->cell.machine)
		return batch->records[feed->taken].arrived;
	return feed->taken ? batch_read_to(batch, feed->taken) : all_left_from(batch);
}

/* Of `taking` it is known only when it is known how much of its batch is taken. NULL: of none. */
static instant read_to_but(const struct council *council, const struct feed *taking)
{
	instant least = INSTANT_NEVER;
	for (size_t i = 0; i < feeds_count(council); i++) {
		const struct feed *feed = council->feeds->items[i];
		instant own = source_read_to(feed->source), left = feed == taking ? INSTANT_NEVER : left_from(feed);
		own = left < own ? left : own;
		least = own < least ? own : least;
	}
	return least;
}

instant feeds_read_to(const struct council *council)
{
	return read_to_but(council, NULL);
}

/* Stores as much of a batch as one turn may; false: nothing waits, or it must wait. */
static bool take_some(struct feed *feed)
{
	struct council *council = feed->council;
	struct fault fault = {0};
	struct batch *batch = source_next(feed->source);
	if (!batch)
		return false;
	if (batch != feed->begun)
		feed->taken = 0;
	feed->begun = batch;
	if (batch->count)
		council->feeds->fed = council_elapsed(council);
	instant now = council_now(council); /* before the log is asked, as clocks.c has it */
	instant read_to = read_to_but(council, feed);
	enum result result = pipeline_take_some(council->pipeline, batch, &feed->taken, read_to, now, &fault);
	if (result != RESULT_OK) {
		source_hold(feed->source, batch);
	} else if (feed->taken < batch->count) {
		source_keep(feed->source, batch);
	} else {
		feed->begun = NULL;
		source_committed(feed->source, batch);
	}
	council_after(council, result, &fault);
	return result == RESULT_OK;
}

/* One transaction a turn: then timers, the courier and other sources get theirs. */
static void turn(struct feed *feed)
{
	if (feed->council->leaving)
		return;
	if (take_some(feed)) {
		go_on_in(feed, 0);
		return;
	}
	(void)feeds_caught_up(feed->council); /* nothing waits here: perhaps nothing does anywhere */
	go_on_in(feed, source_wait(feed->source));
}

static void on_readable(void *argument)
{
	struct feed *feed = argument;
	source_wake(feed->source);
	feeds_say_ready(feed->council);
	turn(feed);
}

static void on_turn(void *argument)
{
	turn(argument);
}

static void feed_start(struct council *council, struct source *source)
{
	struct feed **slot =
		mem_push((void **)&council->feeds->items, &council->feeds->count, &council->feeds->room, sizeof *slot);
	struct feed *feed = *slot = MEM_NEW(struct feed);
	*feed = (struct feed){.council = council, .source = source};
	feed->timer = loop_timer_new(council->daemon->loop, on_turn, feed);
	if (source_fd(source) >= 0)
		feed->watch = loop_watch_new(council->daemon->loop, source_fd(source), on_readable, feed);
	go_on_in(feed, 0);
}

static void feed_stop(struct feed *feed)
{
	int patience = council_patience(feed->council, CLOSE_PATIENCE_MS);
	patience = patience > CLOSE_LEAST_MS ? patience : CLOSE_LEAST_MS;
	loop_watch_free(feed->watch);
	loop_timer_free(feed->timer);
	if (!source_stop(feed->source, patience)) {
		log_warning("a source did not let go in %d ms; its thread is left behind", patience);
		feed->council->left_behind = true;
	}
	free(feed);
}

/* ---- what sources say of themselves ---- */

static struct source_status *word_of(struct feeds *feeds, const char *name)
{
	for (size_t i = 0; i < feeds->word_count; i++)
		if (strcmp(feeds->words[i].name, name) == 0)
			return &feeds->words[i];
	return NULL;
}

static void free_word(struct source_status *word)
{
	free(word->name);
	free(word->sentence);
}

/* Only what is not up is kept: a name a file or partition would otherwise stay for ever. */
static void keep_word(struct council *council, const char *name, enum source_state state, const char *sentence)
{
	struct feeds *feeds = council->feeds;
	struct source_status *word = word_of(feeds, name);
	if (state == SOURCE_UP) {
		if (word) {
			free_word(word);
			*word = feeds->words[--feeds->word_count];
		}
		return;
	}
	if (!word) {
		word = mem_push((void **)&feeds->words, &feeds->word_count, &feeds->word_room, sizeof *word);
		*word = (struct source_status){.state = SOURCE_UP, .name = mem_copy_text(name, strlen(name))};
	}
	if (word->state != state) {
		word->since = council_elapsed(council);
		word->since_wall = council_now(council);
	}
	word->state = state;
	char *kept = mem_copy_text(sentence, strlen(sentence)); /* it may be this word's own that comes again */
	free(word->sentence);
	word->sentence = kept;
}

static void say_lost(struct council *council, const char *name, const char *title, const char *sentence)
{
	struct ops_word word = {.what = OPS_SOURCE_LOST, .key = text_of(name), .title = title,
	                        .facts = {{"Source", name, NULL}, {"It says", sentence, NULL}}, .fact_count = 2};
	council_say_ops(council, &word);
}

/* Nothing is handed out any more. Fenced, another process does our work: we stop telling people at once, and do not
 * come back by ourselves. */
static void leave_for(struct council *council, const char *name, enum source_state state, const char *sentence)
{
	bool fenced = state == SOURCE_FENCED;
	char why[768];
	(void)snprintf(why, sizeof why, "%s: %s%s", name, sentence,
	               fenced ? ". Give each daemon a name of its own (kafka.instance), see that one alone is meant to "
	                        "run, then start "
	                        "this one by hand (systemctl start casewatchd)"
	                      : "");
	say_lost(council, name,
	         fenced ? "Another process has taken the place of this one" : "Reading of events has ended for good",
	         sentence);
	log_error("leaving: %s", why);
	council_write_end(council, why);
	council_leave(council, fenced ? EXIT_FENCED : EXIT_FAILURE, why);
}

void feeds_report(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct council *council = context;
	enum log_level level = state == SOURCE_UP || state == SOURCE_STARTING ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING;
	log_line(level, "%s is %s: %s", name, source_state_name(state), sentence);
	keep_word(council, name, state, sentence);
	if (council->changed)
		council->changed(council);
	switch (state) {
	case SOURCE_STARTING:
	case SOURCE_DOWN: /* feeds_look says so if it stays */
	case SOURCE_AMISS:
		break;
	case SOURCE_UP: council_end_ops(council, OPS_SOURCE_LOST, text_of(name), NULL); break;
	case SOURCE_STUCK: /* it needs a person, now */
		say_lost(council, name, "Reading of events has stopped and needs you", sentence);
		break;
	case SOURCE_FATAL:
	case SOURCE_FENCED: leave_for(council, name, state, sentence); break;
	}
}

static bool is_not_up(void *argument, struct text key)
{
	const struct feeds *feeds = argument;
	for (size_t i = 0; i < feeds->word_count; i++)
		if (text_equal(text_of(feeds->words[i].name), key))
			return true;
	return false;
}

bool feeds_log_is_lost(const struct council *council)
{
	const struct feeds *feeds = council->feeds;
	for (size_t i = 0; feeds && i < feeds->word_count; i++)
		if (feeds->words[i].state == SOURCE_STUCK && strncmp(feeds->words[i].name, "kafka", 5) == 0)
			return true;
	return false;
}

/* Also ends what a daemon before this one said of a source that is up, or is no longer configured. */
void feeds_look(struct council *council)
{
	struct feeds *feeds = council->feeds;
	struct fault fault = {0};
	if (!feeds)
		return;
	for (size_t i = 0; i < feeds->word_count; i++) {
		struct source_status word = feeds->words[i];
		if (word.state == SOURCE_DOWN && council_elapsed(council) - word.since >= DOWN_BEFORE_OPS)
			say_lost(council, word.name, "A source of events is gone", word.sentence);
		else if (word.state == SOURCE_AMISS && council_elapsed(council) - word.since >= DOWN_BEFORE_OPS)
			say_lost(council, word.name, "Something is wrong with a source of events", word.sentence);
		else if (word.state == SOURCE_STUCK)
			say_lost(council, word.name, "Reading of events has stopped and needs you", word.sentence);
	}
	if (council->ready)
		council_after(
			council,
			ops_end_others(council->ops, OPS_SOURCE_LOST, is_not_up, feeds, council_now(council), &fault),
			&fault);
}

struct listing {
	struct ops_status_source *items;
	size_t count, room;
	struct arena *arena;
};

static struct ops_status_source *add_status(struct listing *list)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		struct ops_status_source *items = arena_alloc(list->arena, room * sizeof *items);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->room = room;
	}
	return &list->items[list->count++];
}

static void see_part(void *argument, const struct source_figures *figures)
{
	struct listing *list = argument;
	*add_status(list) =
		(struct ops_status_source){.name = arena_copy_text(list->arena, figures->name.at, figures->name.length),
	                                   .state = source_state_name(figures->state),
	                                   .sentence = "",
	                                   .since = INSTANT_NONE,
	                                   .behind = figures->lag};
}

size_t feeds_status(struct council *council, struct ops_status_source **sources, struct arena *arena)
{
	struct feeds *feeds = council->feeds;
	struct listing list = {.arena = arena};
	for (size_t i = 0; i < feeds_count(council); i++)
		source_each(feeds->items[i]->source, see_part, &list);
	for (size_t i = 0; feeds && i < feeds->word_count; i++) {
		const struct source_status *word = &feeds->words[i];
		*add_status(&list) = (struct ops_status_source){word->name, source_state_name(word->state),
		                                                word->sentence, word->since_wall, -1};
	}
	*sources = list.items;
	return list.count;
}

size_t feeds_count(const struct council *council)
{
	return council->feeds ? council->feeds->count : 0;
}

size_t feeds_not_up(const struct council *council)
{
	size_t count = 0;
	for (size_t i = 0; council->feeds && i < council->feeds->word_count; i++)
		count += council->feeds->words[i].state != SOURCE_AMISS;
	return count;
}

bool feeds_away_for(const struct council *council, instant span)
{
	const struct feeds *feeds = council->feeds;
	for (size_t i = 0; feeds && i < feeds->word_count; i++)
		if (feeds->words[i].state != SOURCE_AMISS && council_elapsed(council) - feeds->words[i].since > span)
			return true;
	return false;
}

/* ---- together ---- */

enum result feeds_start(struct council *council, struct fault *fault)
{
	struct source *sources[SOURCES_MOST];
	size_t count = 0;
	council->feeds = MEM_NEW(struct feeds);
	council->feeds->fed = council_elapsed(council);
	council->feeds->reached = INSTANT_NEVER;
	enum result result = council->seams.sources(council, sources, &count, fault);
	for (size_t i = 0; i < count; i++)
		feed_start(council, sources[i]);
	return result;
}

void feeds_stop(struct council *council)
{
	struct feeds *feeds = council->feeds;
	if (!feeds)
		return;
	for (size_t i = feeds->count; i-- > 0;)
		feed_stop(feeds->items[i]);
	for (size_t i = 0; i < feeds->word_count; i++)
		free_word(&feeds->words[i]);
	free(feeds->items);
	free(feeds->words);
	free(feeds);
	council->feeds = NULL;
	council->ready = false;
}

/* ---- for metrics ---- */

void feeds_each(const struct council *council, source_figures_visit *visit, void *argument)
{
	for (size_t i = 0; i < feeds_count(council); i++)
		source_each(council->feeds->items[i]->source, visit, argument);
}

bool feeds_http(const struct council *council, struct http_intake_figures *figures)
{
	for (size_t i = 0; i < feeds_count(council); i++)
		if (http_source_figures(kafka_through_inner(council->feeds->items[i]->source), figures))
			return true;
	return false;
}
