/* feed: the lines of a stream, read and parsed a batch at a time, in this thread or ahead of it in another.
 *
 * Owns the bytes, and the events made of them. The one rule: what comes out is the same either way, and memory is
 * bounded: a few batches, and never more than the limit of one event (and 2 bytes) of a line without an end, which is
 * given cut so that it is refused for its length. */
#ifndef CASEWATCH_BACKTEST_FEED_H
#define CASEWATCH_BACKTEST_FEED_H

#include "config/config.h"
#include "event/event.h"

struct feed;

struct feed_item {
	int64_t line;        /* from 1; blank lines count, but are not given */
	bool accepted;
	struct text reason;  /* why it was refused; event.id and event.source are filled where readable */
	struct event event;
	uint64_t hash;       /* memory_host_hash of what was accepted */
};
struct feed_batch {
	struct feed_item *items;
	size_t count;
	uint64_t read;       /* bytes of the stream so far, for progress */
};

struct feed *feed_new(int fd, const struct config *config, bool ahead);
/* Stops reading, wherever it is. The file stays the caller's. */
void feed_free(struct feed *feed);
/* NULL at the end, or after an error, whose errno is then in *error (else 0). A batch lives until the next call. */
const struct feed_batch *feed_next(struct feed *feed, int *error);

#endif
