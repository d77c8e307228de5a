/* register_order: a child's events put into the order of a history in pieces: runs are sorted, then merged two by two.
 */
#include "engine/registers/register_internal.h"

#include <stdlib.h>

#define RUN 256
#define MERGED_A_LOOK 8 /* to merge so many costs what it costs to look at an event once */

static int by_order(const void *a, const void *b)
{
	const struct register_event *one = a, *other = b;
	return event_order(one->event, other->event);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Most children's events were put into order for the register before. */
static bool is_in_order(struct register_order *order, int64_t *left)
{
	for (; order->at + 1 < order->count; order->at++) {
		if (by_order(&order->events[order->at], &order->events[order->at + 1]) > 0)
			return false;
		*left -= order->at % MERGED_A_LOOK == 0;
	}
	return true;
}

static void sort_run(struct register_order *order, int64_t *left)
{
	size_t count = least(RUN, order->count - order->at);
	qsort(order->events + order->at, count, sizeof *order->events, by_order);
	order->at += count;
	*left -= RUN / MERGED_A_LOOK;
}

static void merge_two(struct register_order *order, int64_t *left)
{
	const struct register_event *runs = order->in_spare ? order->spare : order->events;
	struct register_event *out = (order->in_spare ? order->events : order->spare) + order->at;
	size_t one = order->at, one_end = least(one + order->width, order->count), other = one_end,
	       end = least(other + order->width, order->count);
	while (one < one_end && other < end)
		*out++ = by_order(&runs[one], &runs[other]) <= 0 ? runs[one++] : runs[other++];
	while (one < one_end)
		*out++ = runs[one++];
	while (other < end)
		*out++ = runs[other++];
	*left -= (int64_t)((end - order->at) / MERGED_A_LOOK);
	order->at = end;
}

bool register_order_step(struct register_order *order, int64_t *left)
{
	if (!order->width && is_in_order(order, left))
		return true;
	if (!order->width) {
		order->spare = mem_zero(order->count, sizeof *order->spare);
		order->width = 1;
		order->at = 0;
	}
	while (*left > 0 && order->width < order->count) {
		if (order->width == 1)
			sort_run(order, left);
		else
			merge_two(order, left);
		if (order->at < order->count)
			continue;
		order->in_spare = order->width > 1 && !order->in_spare;
		order->width = order->width == 1 ? RUN : order->width * 2;
		order->at = 0;
	}
	if (order->width < order->count)
		return false;
	if (order->in_spare)
		memcpy(order->events, order->spare, order->count * sizeof *order->events);
	order->in_spare = false;
	return true;
}

void register_order_free(struct register_order *order)
{
	free(order->spare);
	order->spare = NULL;
}
