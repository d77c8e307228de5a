/* parallel: a replay whose histories are shared out to several threads; what it prints is what one thread prints.
 *
 * Owns the threads and what each of them judges. Histories are shared out by subject: nothing moves between threads.
 * Batches are given out one after the other, and their lines given in order. The one rule: memory is bounded by
 * PARALLEL_ROUNDS batches and what is printed of them, whatever the file; but for the events and histories, which a
 * replay keeps. */
#ifndef CASEWATCH_BACKTEST_PARALLEL_H
#define CASEWATCH_BACKTEST_PARALLEL_H

#include "backtest/replay.h"

struct parallel;

#define PARALLEL_THREADS_MOST                                                                                          \
	16                /* beside them one reads and one puts in order: more than that these do not keep busy */
#define PARALLEL_ROUNDS 6 /* batches that are judged or wait for it */
#define PARALLEL_HELD (PARALLEL_ROUNDS + 1) /* calls of feed_next for which a batch must live (feed_new_held) */

/* For a program that does nothing else, before the first thread: the heap in huge pages, and for few threads the only
 * one. Without it a replay takes a tenth more time. */
void parallel_expect_memory(uint32_t threads);

/* `line` is called by the thread that calls the functions below. `threads`: at least 2. */
struct parallel *parallel_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                              uint32_t threads, replay_line *line, void *context);
void parallel_free(struct parallel *parallel);
/* As replay_take_batch, but that the batch is in use until PARALLEL_ROUNDS more were taken, or until parallel_drain;
 * and that an error may be of a batch before. */
MUST_CHECK enum result parallel_take_batch(struct parallel *parallel, const struct feed_batch *batch, bool *more,
                                           int64_t *line, struct fault *fault);
/* All that was taken is judged as far as it can be, and no batch is in use any more. */
MUST_CHECK enum result parallel_drain(struct parallel *parallel, int64_t *line, struct fault *fault);
/* After the last: runs the clock on to `until`. */
MUST_CHECK enum result parallel_finish(struct parallel *parallel, struct fault *fault);

#endif
