/* replay: events in arrival order through the engine, with the clock running between them as it would live.
 *
 * Serves backtest, test and the benchmarks. The one rule: an event arrives at its recordedtime, else at its time; the
 * clock never goes back; all that arrives at one instant is known at once. Nobody is contacted, nothing is written. */
#ifndef CASEWATCH_BACKTEST_REPLAY_H
#define CASEWATCH_BACKTEST_REPLAY_H

#include "backtest/feed.h"
#include "backtest/line_order.h"
#include "config/config.h"
#include "engine/engine.h"

struct replay;

struct replay_options {
	instant from;   /* lines of before are not given; INSTANT_NONE: all */
	instant until;  /* what arrives later is not read, and the clock runs on to it; INSTANT_NEVER: to the last
	                   arrival */
	bool figures;   /* nothing is printed: for benchmarks */
	size_t thawed_bytes; /* as the engine's; 0: the usual. 1 freezes each history whenever it was judged */
	size_t checkpoint_events; /* as the engine's; 0: the usual */
	bool indexed;             /* likewise */
	size_t window;  /* events that are judged together, part by part (parallel.h); 0: the usual. Given, also the
	                 * shortest stretch is taken apart */
	size_t portion; /* as the engine's; 0: no bound. Tests show with it that portions change nothing but the
	                 * order within one instant: whose history waits for the next portion comes behind */
};
/* Receives each line of the contract, without its line end. */
typedef void replay_line(void *context, struct text line);
/* Also receives what opened: for comparing two rule sets. */
typedef void replay_opened(void *context, const struct effect *effect);

struct replay *replay_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                          replay_line *line, replay_opened *opened, void *context);
void replay_free(struct replay *replay);
/* Takes one line of input, without its end. Blank ones are skipped. *more becomes false once the clock has passed
 * `until`: what follows arrives later still and need not be read. */
MUST_CHECK enum result replay_take(struct replay *replay, struct text bytes, int64_t line_number, bool *more,
                                   struct fault *fault);
/* Takes a batch of a feed: events, and what was refused; *line becomes that of the item taken last. Nothing borrows
 * from the batch afterwards. */
MUST_CHECK enum result replay_take_batch(struct replay *replay, const struct feed_batch *batch, bool *more,
                                         int64_t *line, struct fault *fault);
/* After the last: runs the clock on to `until`. */
MUST_CHECK enum result replay_finish(struct replay *replay, struct fault *fault);
/* The same to that instant, and more may come: it arrives later still. */
MUST_CHECK enum result replay_run_to(struct replay *replay, instant until, struct fault *fault);

/* ---- What a replay of whole windows is made of (parallel.h) ----
 *
 * The front keeps what comes and prints what is said of it at once, and the lists; each shard judges its share of the
 * histories (engine.h, "Several engines"), part by part where nothing in between concerns them all ("In parts"). Each
 * is used by one thread at a time. */

#define REPLAY_ALL_SHARDS UINT32_MAX
struct replay_given {
	uint64_t ref;     /* 0: nothing is to be judged */
	uint64_t subject; /* text_hash of it, with hash_seed */
	instant arrival;
	int64_t line;
	uint32_t shard; /* whose it is, or REPLAY_ALL_SHARDS */
};
struct replay *replay_new_front(const struct config *config, struct replay_options options, replay_line *line,
                                void *context);
/* The front outlives it. Portions are not for shards. */
struct replay *replay_new_shard(const struct replay *front, const struct ruleset *rules, uint32_t shards,
                                uint32_t shard, replay_line *line, void *context);
/* Whether an event that comes next to the front goes to all shards, as far as it and what came before tell; `shard`:
 * any of them, whatever its thread does. */
bool replay_is_for_all(const struct replay *shard, const struct replay *front, const struct event *event);
/* Fetches into the cache what taking the item will look at. */
void replay_front_look_ahead(const struct replay *front, const struct feed_item *item);
/* Takes an item of a batch; given->shard is the caller's to say. Nothing borrows from the batch afterwards. */
MUST_CHECK enum result replay_front_take(struct replay *front, const struct feed_item *item, struct replay_given *given,
                                         bool *more, struct fault *fault);
/* Judges what is given, in order, and then all before `now`, the arrival that the front has reached (NONE: none). */
MUST_CHECK enum result replay_shard_take(struct replay *shard, const struct replay_given *given, size_t count,
                                         instant now, struct fault *fault);
/* Of the input, the line that a shard took last: after an error the one at fault, or that it was found after. */
int64_t replay_line_reached(const struct replay *shard);
/* Of the line that is given now: where it stands among those of all parts. */
struct line_order replay_order(const struct replay *replay);

void replay_figures(const struct replay *replay, struct engine_figures *figures, size_t *stored_bytes);

#endif
