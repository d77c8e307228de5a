/* lane_queue: what waits for a line, and what comes back from one. */
#include "courier/lanes_internal.h"

#include "base/waker.h"

#include <stdlib.h>

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	arena_free(delivery->arena);
	free(delivery);
}

void delivery_carry(struct delivery *delivery, const struct channel *channel, struct channel_line *line)
{
	if (delivery->asks)
		channel->ask(line, &delivery->message, &delivery->reply);
	else
		channel->send(line, &delivery->message, &delivery->reply);
}

struct delivery *lanes_pick(struct lanes *lanes, enum lane lane)
{
	struct delivery *delivery = lanes->waiting[lane];
	if (delivery)
		lanes->waiting[lane] = delivery->next;
	return delivery;
}

/* Nobody is woken for each: for the first, for as many as are written together, and when no other is under way. */
static bool is_worth_a_word(const struct lanes *lanes)
{
	bool last = lanes->busy == 0;
	for (int lane = 0; lane < LANES; lane++)
		last = last && !lanes->waiting[lane];
	return last || lanes->back == 1 || lanes->back == LANES_TOGETHER;
}

void lanes_come_back(struct lanes *lanes, struct delivery *delivery)
{
	delivery->next = NULL;
	*lanes->done_end = delivery;
	lanes->done_end = &delivery->next;
	lanes->back++;
	if (is_worth_a_word(lanes))
		waker_wake(lanes->came_back);
	(void)pthread_cond_signal(&lanes->quiet);
}
