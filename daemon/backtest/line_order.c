/* line_order: lines and their ids one behind the other; the run with the first line is the top of a heap. */
#include "backtest/line_order.h"

#include "base/heap.h"

#include <stdlib.h>

/* Of all streams that were emptied together: what doubling makes of the most that a window usually prints. Memory that
 * is given back and asked for again is cleared by the kernel each time, which was 3 in 100 of a backtest. */
#define KEPT_BYTES ((size_t)96 * 1024 * 1024)

struct stream_line {
	struct line_order order;      /* without the id, which may go with its history */
	size_t at, id_length, length; /* the id, then the line */
};

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

static bool begins_run(const struct line_stream *stream, const struct line_order *order)
{
	if (!stream->count)
		return true;
	struct line_order before = order_of(stream, stream->count - 1);
	return compare(order, &before) < 0;
}

void line_stream_add(struct line_stream *stream, struct line_order order, struct text line)
{
	bool by_id = order.place == LINE_JUDGED && order.judged.phase == ENGINE_DUE;
	struct text id = by_id ? order.judged.id : TEXT_NONE;
	order.judged.id = id;
	if (begins_run(stream, &order))
		*(size_t *)mem_push((void **)&stream->runs, &stream->run_count, &stream->run_room, sizeof(size_t)) =
			stream->count;
	struct stream_line *item =
		mem_push((void **)&stream->items, &stream->count, &stream->room, sizeof *stream->items);
	order.judged.id = TEXT_NONE;
	*item = (struct stream_line){order, stream->bytes.length, id.length, line.length};
	buffer_text(&stream->bytes, id);
	buffer_text(&stream->bytes, line);
}

size_t line_stream_bytes(const struct line_stream *stream)
{
	return stream->bytes.length + stream->count * sizeof *stream->items;
}

void line_stream_free(struct line_stream *stream)
{
	free(stream->items);
	free(stream->runs);
	buffer_free(&stream->bytes);
	*stream = (struct line_stream){0};
}

static size_t room_of(const struct line_stream *stream)
{
	return stream->bytes.room + stream->room * sizeof *stream->items;
}

/* Keeps the memory, unless there is more of it in all. */
static void clear_streams(struct line_stream *streams, size_t count)
{
	size_t room = 0;
	for (size_t i = 0; i < count; i++)
		room += room_of(&streams[i]);
	for (size_t i = 0; i < count; i++) {
		if (room > KEPT_BYTES)
			line_stream_free(&streams[i]);
		streams[i].count = streams[i].run_count = 0;
		buffer_clear(&streams[i].bytes);
	}
}

/* The next line of a run. */
struct head {
	struct line_order order;
	const struct line_stream *stream;
	size_t at, until;
};

static bool is_before(const void *a, const void *b)
{
	return compare(&(*(struct head *const *)a)->order, &(*(struct head *const *)b)->order) < 0;
}

static size_t count_runs(const struct line_stream *streams, size_t count)
{
	size_t runs = 0;
	for (size_t i = 0; i < count; i++)
		runs += streams[i].run_count;
	return runs;
}

static void add_runs(const struct line_stream *stream, struct head **heads, struct heap *first)
{
	for (size_t i = 0; i < stream->run_count; i++) {
		struct head *head = (*heads)++;
		size_t until = i + 1 < stream->run_count ? stream->runs[i + 1] : stream->count;
		*head = (struct head){order_of(stream, stream->runs[i]), stream, stream->runs[i], until};
		heap_add_unordered(first, &head);
	}
}

static void give_first(struct head *head, void (*line)(void *context, struct text line), void *context)
{
	const struct line_stream *stream = head->stream;
	const struct stream_line *item = &stream->items[head->at];
	line(context, (struct text){stream->bytes.at + item->at + item->id_length, item->length});
	if (++head->at < head->until)
		head->order = order_of(stream, head->at);
}

void line_streams_give(struct line_stream *streams, size_t count, void (*line)(void *context, struct text line),
                       void *context)
{
	struct head *heads = mem_zero(count_runs(streams, count) + 1, sizeof *heads), *next = heads, **top;
	struct heap first = HEAP_OF(struct head *, is_before);
	for (size_t i = 0; i < count; i++)
		add_runs(&streams[i], &next, &first);
	heap_make(&first);
	while ((top = heap_top(&first)) != NULL) {
		give_first(*top, line, context);
		if ((*top)->at < (*top)->until)
			heap_sink_top(&first);
		else
			heap_pop(&first);
	}
	clear_streams(streams, count);
	heap_free(&first);
	free(heads);
}
