/* line_order: lines that were made of several shares of the histories, one after the other or by several threads, put
 * into the order in which one that had them all would have printed them.
 *
 * A stream owns the lines that one thread made, in runs: a run ends where the next line belongs before it. The one
 * rule: no two runs have lines of the same place, so that there is one order for all. */
#ifndef CASEWATCH_BACKTEST_LINE_ORDER_H
#define CASEWATCH_BACKTEST_LINE_ORDER_H

#include "engine/engine.h"

/* At one instant comes what is said of records at once, then what is judged, then lists. */
enum line_place { LINE_AT_ONCE, LINE_JUDGED, LINE_LIST };
struct line_order {
	instant at;
	enum line_place place;
	uint32_t round; /* of the flushes at the instant */
	struct engine_order judged;
};

/* Zeroed, it is empty. */
struct line_stream {
	struct stream_line *items;
	size_t count, room;
	struct buffer bytes;
	size_t *runs; /* where each begins */
	size_t run_count, run_room;
};
void line_stream_add(struct line_stream *stream, struct line_order order, struct text line);
size_t line_stream_bytes(const struct line_stream *stream); /* that its lines take */
void line_stream_free(struct line_stream *stream);
/* Gives the lines of all streams in order, and empties these. */
void line_streams_give(struct line_stream *streams, size_t count, void (*line)(void *context, struct text line),
                       void *context);

#endif
