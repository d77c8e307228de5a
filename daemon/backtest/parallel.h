/* parallel: a replay by whole windows of events, each judged part of the children by part, by one thread or shared out
 * to several; what it prints is what a replay event by event prints.
 *
 * Owns the threads and what each of them judges. Histories are shared out by subject: nothing moves between threads.
 * Windows are given out one after the other, and their lines given in order. The one rule: a window is bounded by
 * the items that are looked at, also where nothing comes of them, and by what it is expected to print: by what the one
 * before it printed, and by how many of its events are of one subject. Only where much is printed suddenly, one of them
 * prints more. Three of them are held at once, beside the events and histories, which a replay keeps. */
#ifndef CASEWATCH_BACKTEST_PARALLEL_H
#define CASEWATCH_BACKTEST_PARALLEL_H

#include "backtest/replay.h"

struct parallel;

#define PARALLEL_THREADS_MOST                                                                                          \
	16                /* beside them one reads and one puts in order: more than that these do not keep busy */

/* For a program that does nothing else, before the first thread: the heap in huge pages, and for few threads the only
 * one. Without it a replay takes a tenth more time. */
void parallel_expect_memory(uint32_t threads);

/* `line` is called by the thread that calls the functions below. `threads`: with 1 that thread judges, too. */
struct parallel *parallel_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                              uint32_t threads, replay_line *line, void *context);
void parallel_free(struct parallel *parallel);
/* As replay_take_batch, but that what is judged of it may come later, at the latest with parallel_drain; and that an
 * error may be of a batch before. */
MUST_CHECK enum result parallel_take_batch(struct parallel *parallel, const struct feed_batch *batch, bool *more,
                                           int64_t *line, struct fault *fault);
/* All that was taken is judged as far as it can be, and told. */
MUST_CHECK enum result parallel_drain(struct parallel *parallel, int64_t *line, struct fault *fault);
/* After the last: runs the clock on to `until`. */
MUST_CHECK enum result parallel_finish(struct parallel *parallel, struct fault *fault);
/* How many histories there are, and what they and the stored events take. */
void parallel_figures(const struct parallel *parallel, struct engine_figures *figures, size_t *stored_bytes);
/* The most that was held of what one window printed, in bytes. */
size_t parallel_printed_most(const struct parallel *parallel);

#endif
