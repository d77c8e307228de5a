/* lanes: the queues of each lane, and more lines where they are needed. */
#include "courier/lanes_internal.h"

#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"

#include <stdio.h>
#include <stdlib.h>

static const int most_of_lane[LANES] = {LINES_CRITICAL_MOST, LINES_ORDINARY_MOST, LINES_SUSPECT_MOST};

int lanes_fd(const struct lanes *lanes)
{
	return waker_fd(lanes->came_back);
}

/* ---- the queues ---- */

size_t lanes_hear(struct lanes *lanes)
{
	(void)pthread_mutex_lock(&lanes->lock);
	(void)waker_drain(lanes->came_back);
	size_t back = lanes->back;
	(void)pthread_mutex_unlock(&lanes->lock);
	return back;
}

struct delivery *lanes_take(struct lanes *lanes)
{
	(void)pthread_mutex_lock(&lanes->lock);
	(void)waker_drain(lanes->came_back);
	struct delivery *done = lanes->done;
	lanes->done = NULL;
	lanes->done_end = &lanes->done;
	lanes->back = 0;
	(void)pthread_mutex_unlock(&lanes->lock);
	return done;
}

/* ---- lines ---- */

static enum result open_line(struct lanes *lanes, enum lane lane, struct fault *fault)
{
	struct carrier *carrier = &lanes->carriers[lanes->count];
	*carrier = (struct carrier){
		.lanes = lanes, .lane = lane, .edition = atomic_load(&lanes->edition), .until = INSTANT_NEVER};
	enum result result = lanes->channel->start(lanes->settings, &lanes->broken_off, &carrier->line, fault);
	if (result == RESULT_OK && !lanes->by_hand)
		result = lane_thread_start(carrier, fault);
	if (result != RESULT_OK) {
		lanes->channel->stop(carrier->line);
		return result;
	}
	lanes->count++;
	lanes->of_lane[lane]++;
	return RESULT_OK;
}

void lanes_reopen(struct lanes *lanes)
{
	(void)atomic_fetch_add(&lanes->edition, 1);
}

static void open_more(struct lanes *lanes, enum lane lane)
{
	struct fault fault = {""};
	if (lanes->ending)
		return;
	if (lanes->of_lane[lane] < most_of_lane[lane]) {
		if (open_line(lanes, lane, &fault) != RESULT_OK)
			log_warning("one more line for messages that wait cannot be opened: %s", fault.text);
	} else if (lane == LANE_CRITICAL && !lanes->said_full) {
		lanes->said_full = true;
		log_warning("all %d lines for critical messages are busy: the others wait until one is free. Look at "
		            "the mail "
		            "server: it takes long to answer.",
		            most_of_lane[lane]);
	}
}

void lanes_give(struct lanes *lanes, struct delivery *delivery, instant now)
{
	delivery->given = now;
	if (lanes->of_lane[delivery->lane] == 0)
		open_more(lanes, delivery->lane);
	(void)pthread_mutex_lock(&lanes->lock);
	struct delivery **at = &lanes->waiting[delivery->lane];
	while (*at && ((*at)->urgent || !delivery->urgent))
		at = &(*at)->next;
	delivery->next = *at;
	*at = delivery;
	(void)pthread_cond_signal(&lanes->work[delivery->lane]);
	(void)pthread_mutex_unlock(&lanes->lock);
}

/* How many of the lane have waited too long, and when the next one will have. Rows in a queue of at most a few
 * dozen. */
static int overdue(struct lanes *lanes, enum lane lane, instant now, instant *next)
{
	int count = 0;
	(void)pthread_mutex_lock(&lanes->lock);
	for (const struct delivery *one = lanes->waiting[lane]; one; one = one->next) {
		if (one->given + LANES_PATIENCE <= now)
			count++;
		else if (one->given + LANES_PATIENCE < *next)
			*next = one->given + LANES_PATIENCE;
	}
	(void)pthread_mutex_unlock(&lanes->lock);
	return count;
}

instant lanes_relieve(struct lanes *lanes, instant now)
{
	static const enum lane elastic[] = {LANE_CRITICAL, LANE_SUSPECT};
	instant next = INSTANT_NEVER;
	for (size_t i = 0; i < sizeof elastic / sizeof elastic[0]; i++) {
		int waiting = overdue(lanes, elastic[i], now, &next);
		if (!waiting && elastic[i] == LANE_CRITICAL)
			lanes->said_full = false;
		for (int more = waiting; more > 0 && lanes->of_lane[elastic[i]] < most_of_lane[elastic[i]]; more--)
			open_more(lanes, elastic[i]);
		if (waiting && lanes->of_lane[elastic[i]] == most_of_lane[elastic[i]])
			open_more(lanes, elastic[i]); /* says so */
		else if (waiting && now + LANES_PATIENCE < next)
			next = now + LANES_PATIENCE; /* a line that could not be opened */
	}
	return next;
}

/* ---- by hand ---- */

/* One thing that the carrier does at this moment; false: it has nothing to do. */
static bool step(struct carrier *carrier, instant now)
{
	struct lanes *lanes = carrier->lanes;
	if (carrier->busy && carrier->until > now)
		return false;
	if (carrier->busy) {
		lanes_come_back(lanes, carrier->busy);
		carrier->busy = NULL;
		carrier->until = INSTANT_NEVER;
		lanes->busy--;
		return true;
	}
	carrier->busy = lanes_pick(lanes, carrier->lane);
	if (!carrier->busy)
		return false;
	lanes->busy++;
	lanes_renew(carrier);
	delivery_carry(carrier->busy, lanes->channel, carrier->line);
	carrier->until = now + carrier->busy->reply.took_ms * (SECOND / 1000);
	return true;
}

void lanes_turn(struct lanes *lanes, instant now)
{
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < lanes->count; i++)
			more = step(&lanes->carriers[i], now) || more;
	}
}

instant lanes_next(const struct lanes *lanes)
{
	instant next = INSTANT_NEVER;
	for (int i = 0; i < lanes->count; i++)
		if (lanes->carriers[i].busy && lanes->carriers[i].until < next)
			next = lanes->carriers[i].until;
	return next;
}

/* What is under way is broken off, wherever it is: nobody knows whether it arrived. */
static void break_off_by_hand(struct lanes *lanes)
{
	for (int i = 0; i < lanes->count; i++) {
		struct carrier *carrier = &lanes->carriers[i];
		if (!carrier->busy)
			continue;
		carrier->busy->reply.outcome = CHANNEL_UNCERTAIN;
		carrier->busy->reply.whose = CHANNEL_OF_MESSAGE;
		(void)snprintf(carrier->busy->reply.text, sizeof carrier->busy->reply.text,
		               "broken off: the daemon stops");
		lanes_come_back(lanes, carrier->busy);
		carrier->busy = NULL;
		lanes->busy--;
	}
}

/* ---- life ---- */

static void init_locks(struct lanes *lanes)
{
	(void)pthread_mutex_init(&lanes->lock, NULL);
	for (int i = 0; i < LANES; i++)
		thread_condition_init(&lanes->work[i]);
	thread_condition_init(&lanes->quiet);
}

enum result lanes_new(const struct channel *channel, const void *settings, int ordinary, bool by_hand,
                      struct lanes **lanes, struct fault *fault)
{
	struct lanes *new = MEM_NEW(struct lanes);
	enum result result = RESULT_OK;
	new->channel = channel;
	new->settings = settings;
	new->by_hand = by_hand;
	new->done_end = &new->done;
	init_locks(new);
	new->came_back = by_hand ? NULL : waker_new(fault);
	if (!by_hand && !new->came_back)
		result = RESULT_TEMPORARY;
	if (result == RESULT_OK)
		result = open_line(new, LANE_CRITICAL, fault);
	for (int i = 0; (i == 0 || i < ordinary) && i < LINES_ORDINARY_MOST && result == RESULT_OK; i++)
		result = open_line(new, LANE_ORDINARY, fault);
	if (result != RESULT_OK) {
		lanes_free(new);
		return result;
	}
	*lanes = new;
	return RESULT_OK;
}

bool lanes_stop(struct lanes *lanes, int64_t grace_ms)
{
	(void)pthread_mutex_lock(&lanes->lock);
	lanes->ending = true;
	for (int lane = 0; lane < LANES; lane++) {
		for (struct delivery *delivery; (delivery = lanes_pick(lanes, (enum lane)lane)) != NULL;) {
			delivery->reply =
				(struct channel_reply){.outcome = CHANNEL_ABANDONED, .text = "the daemon stops"};
			lanes_come_back(lanes, delivery);
		}
		(void)pthread_cond_broadcast(&lanes->work[lane]);
	}
	(void)pthread_mutex_unlock(&lanes->lock);
	if (lanes->by_hand)
		break_off_by_hand(lanes);
	else
		lanes->lost = !lane_threads_join(lanes, grace_ms);
	return !lanes->lost;
}

void lanes_free(struct lanes *lanes)
{
	if (!lanes)
		return;
	if (!lanes->ending)
		(void)lanes_stop(lanes, 0);
	if (lanes->lost) {
		log_warning("a courier thread did not end in time; its connection ends with the process");
		return;
	}
	for (struct delivery *delivery = lanes->done, *following; delivery; delivery = following) {
		following = delivery->next;
		delivery_free(delivery);
	}
	for (int i = 0; i < lanes->count; i++)
		lanes->channel->stop(lanes->carriers[i].line);
	waker_free(lanes->came_back);
	for (int i = 0; i < LANES; i++)
		(void)pthread_cond_destroy(&lanes->work[i]);
	(void)pthread_cond_destroy(&lanes->quiet);
	(void)pthread_mutex_destroy(&lanes->lock);
	free(lanes);
}
