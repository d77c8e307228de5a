/* line_order: lines and their ids one behind the other; of few streams the first line is found by looking at each. */
#include "backtest/line_order.h"

#include <stdlib.h>

#define KEPT_BYTES ((size_t)4 * 1024 * 1024) /* of a stream that was emptied */

struct stream_line {
	struct line_order order;      /* without the id, which may go with its history */
	size_t at, id_length, length; /* the id, then the line */
};

void line_stream_add(struct line_stream *stream, struct line_order order, struct text line)
{
	struct stream_line *item =
		mem_push((void **)&stream->items, &stream->count, &stream->room, sizeof *stream->items);
	bool by_id = order.place == LINE_JUDGED && order.judged.phase == ENGINE_DUE;
	struct text id = by_id ? order.judged.id : TEXT_NONE;
	order.judged.id = TEXT_NONE;
	*item = (struct stream_line){order, stream->bytes.length, id.length, line.length};
	buffer_text(&stream->bytes, id);
	buffer_text(&stream->bytes, line);
}

void line_stream_free(struct line_stream *stream)
{
	free(stream->items);
	buffer_free(&stream->bytes);
	*stream = (struct line_stream){0};
}

/* Keeps the memory, unless it is large. */
static void line_stream_clear(struct line_stream *stream)
{
	if (stream->bytes.length + stream->count * sizeof *stream->items > KEPT_BYTES)
		line_stream_free(stream);
	stream->count = 0;
	buffer_clear(&stream->bytes);
}

static struct line_order order_of(const struct line_stream *stream, size_t at)
{
	const struct stream_line *item = &stream->items[at];
	struct line_order order = item->order;
	order.judged.id = (struct text){stream->bytes.at + item->at, item->id_length};
	return order;
}

static int compare(const struct line_order *a, const struct line_order *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (a->round != b->round)
		return a->round < b->round ? -1 : 1;
	return a->place == LINE_JUDGED ? engine_order_compare(&a->judged, &b->judged) : 0;
}

struct head {
	size_t at;
	struct line_order order;
};

static void give_first(struct line_stream *stream, struct head *head, void (*line)(void *context, struct text line),
                       void *context)
{
	const struct stream_line *item = &stream->items[head->at];
	line(context, (struct text){stream->bytes.at + item->at + item->id_length, item->length});
	if (++head->at < stream->count)
		head->order = order_of(stream, head->at);
}

void line_streams_give(struct line_stream *streams, size_t count, void (*line)(void *context, struct text line),
                       void *context)
{
	struct head *heads = mem_zero(count, sizeof *heads);
	for (size_t i = 0; i < count; i++)
		if (streams[i].count)
			heads[i].order = order_of(&streams[i], 0);
	for (;;) {
		size_t first = count;
		for (size_t i = 0; i < count; i++)
			if (heads[i].at < streams[i].count &&
			    (first == count || compare(&heads[i].order, &heads[first].order) < 0))
				first = i;
		if (first == count)
			break;
		give_first(&streams[first], &heads[first], line, context);
	}
	for (size_t i = 0; i < count; i++)
		line_stream_clear(&streams[i]);
	free(heads);
}
