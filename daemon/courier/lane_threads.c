/* lane_threads: a thread for each line: takes what waits in its lane, sends it, and gives it back. */
#include "courier/lanes_internal.h"

#include <errno.h>
#include <time.h>

#include "base/threads.h"

#define REST_MS 5000 /* idle for so long: the connection is closed */
#define END_MS 3000  /* after breaking off, for a thread to notice */

/* The next delivery, or NULL at the end. A connection without work is closed after a while. */
static struct delivery *await(struct carrier *carrier)
{
	struct lanes *lanes = carrier->lanes;
	bool rested = false;
	(void)pthread_mutex_lock(&lanes->lock);
	while (!lanes->waiting[carrier->lane] && !lanes->ending) {
		struct timespec until = thread_deadline(REST_MS);
		int status = rested ? pthread_cond_wait(&lanes->work[carrier->lane], &lanes->lock)
		                    : pthread_cond_timedwait(&lanes->work[carrier->lane], &lanes->lock, &until);
		if (status == ETIMEDOUT && !lanes->waiting[carrier->lane]) {
			(void)pthread_mutex_unlock(&lanes->lock);
			lanes->channel->rest(carrier->line);
			rested = true;
			(void)pthread_mutex_lock(&lanes->lock);
		}
	}
	struct delivery *delivery = lanes->ending ? NULL : lanes_pick(lanes, carrier->lane);
	lanes->busy += delivery != NULL;
	(void)pthread_mutex_unlock(&lanes->lock);
	return delivery;
}

static void *carry(void *argument)
{
	struct carrier *carrier = argument;
	struct lanes *lanes = carrier->lanes;
	for (struct delivery *delivery; (delivery = await(carrier)) != NULL;) {
		lanes_renew(carrier);
		delivery_carry(delivery, lanes->channel, carrier->line);
		(void)pthread_mutex_lock(&lanes->lock);
		lanes->busy--;
		lanes_come_back(lanes, delivery);
		(void)pthread_mutex_unlock(&lanes->lock);
	}
	lanes->channel->rest(carrier->line);
	(void)pthread_mutex_lock(&lanes->lock);
	lanes->running--;
	(void)pthread_cond_signal(&lanes->quiet);
	(void)pthread_mutex_unlock(&lanes->lock);
	return NULL;
}

static void count_one(struct lanes *lanes, int change)
{
	(void)pthread_mutex_lock(&lanes->lock);
	lanes->running += change;
	(void)pthread_mutex_unlock(&lanes->lock);
}

enum result lane_thread_start(struct carrier *carrier, struct fault *fault)
{
	count_one(carrier->lanes, 1);
	if (thread_start(&carrier->thread, carry, carrier))
		return RESULT_OK;
	count_one(carrier->lanes, -1);
	return fault_set(fault, RESULT_TEMPORARY, "cannot start a courier thread; see the limits of the service");
}

bool lane_threads_join(struct lanes *lanes, int64_t grace_ms)
{
	struct timespec until = thread_deadline(grace_ms);
	(void)pthread_mutex_lock(&lanes->lock);
	while (lanes->busy > 0 && pthread_cond_timedwait(&lanes->quiet, &lanes->lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&lanes->lock);
	atomic_store(&lanes->broken_off, true);
	until = thread_deadline(END_MS);
	(void)pthread_mutex_lock(&lanes->lock);
	while (lanes->running > 0 && pthread_cond_timedwait(&lanes->quiet, &lanes->lock, &until) == 0)
		;
	bool ended = lanes->running == 0;
	(void)pthread_mutex_unlock(&lanes->lock);
	for (int i = 0; ended && i < lanes->count; i++)
		(void)pthread_join(lanes->carriers[i].thread, NULL);
	return ended;
}
