/* line_order: lines that several threads made, put into the order in which one would have printed them.
 *
 * A stream owns the lines that one of them made. The one rule: each stream is in order by itself, and no two have lines
 * of the same place, so that there is one order for all. */
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
};
void line_stream_add(struct line_stream *stream, struct line_order order, struct text line);
void line_stream_free(struct line_stream *stream);
/* Gives the lines of all streams in order, and empties these. */
void line_streams_give(struct line_stream *streams, size_t count, void (*line)(void *context, struct text line),
                       void *context);

#endif
