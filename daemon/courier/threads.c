/* threads: a bounded number of threads, each with a connection of its own. */
#include "courier/threads.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST 64
#define REST_SECONDS 5   /* idle for so long: the connection is closed */
#define END_MS 3000      /* after breaking off, for a thread to notice */

struct courier_threads {
	const struct channel *channel;
	const void *settings;
	pthread_mutex_t lock;
	pthread_cond_t work, quiet; /* there is something to do; something came back */
	struct delivery *waiting;   /* urgent ones first, each kind in order of arrival */
	struct delivery *done, **done_end;
	size_t busy;
	bool ending;
	atomic_bool broken_off;
	int fd;
	pthread_t threads[THREADS_MOST];
	struct channel_line *lines[THREADS_MOST];
	int count, started, running; /* running: with the lock held */
	bool lost;                  /* a thread did not end: nothing may be freed */
};

/* What a thread is handed. */
struct start {
	struct courier_threads *threads;
	struct channel_line *line;
};

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	arena_free(delivery->arena);
	free(delivery);
}

int courier_threads_fd(const struct courier_threads *threads)
{
	return threads->fd;
}

void courier_threads_give(struct courier_threads *threads, struct delivery *delivery)
{
	(void)pthread_mutex_lock(&threads->lock);
	struct delivery **at = &threads->waiting;
	while (*at && ((*at)->urgent || !delivery->urgent))
		at = &(*at)->next;
	delivery->next = *at;
	*at = delivery;
	(void)pthread_cond_signal(&threads->work);
	(void)pthread_mutex_unlock(&threads->lock);
}

/* With the lock held. */
static void come_back(struct courier_threads *threads, struct delivery *delivery)
{
	uint64_t one = 1;
	delivery->next = NULL;
	*threads->done_end = delivery;
	threads->done_end = &delivery->next;
	if (write(threads->fd, &one, sizeof one) != (ssize_t)sizeof one)
		log_error("the courier cannot tell the loop that a message came back"); /* the next one will */
	(void)pthread_cond_signal(&threads->quiet);
}

struct delivery *courier_threads_take(struct courier_threads *threads)
{
	uint64_t count;
	(void)pthread_mutex_lock(&threads->lock);
	if (read(threads->fd, &count, sizeof count) < 0 && errno != EAGAIN)
		log_error("the courier cannot hear its threads");
	struct delivery *done = threads->done;
	threads->done = NULL;
	threads->done_end = &threads->done;
	(void)pthread_mutex_unlock(&threads->lock);
	return done;
}

static struct timespec after_ms(int64_t ms)
{
	struct timespec at;
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* The next delivery, or NULL at the end. A connection without work is closed after a while. */
static struct delivery *next(struct courier_threads *threads, struct channel_line *line)
{
	bool rested = false;
	(void)pthread_mutex_lock(&threads->lock);
	while (!threads->waiting && !threads->ending) {
		struct timespec until = after_ms(REST_SECONDS * 1000);
		int status = rested ? pthread_cond_wait(&threads->work, &threads->lock)
		                    : pthread_cond_timedwait(&threads->work, &threads->lock, &until);
		if (status == ETIMEDOUT && !threads->waiting) {
			(void)pthread_mutex_unlock(&threads->lock);
			threads->channel->rest(line);
			rested = true;
			(void)pthread_mutex_lock(&threads->lock);
		}
	}
	struct delivery *delivery = threads->ending ? NULL : threads->waiting;
	if (delivery) {
		threads->waiting = delivery->next;
		threads->busy++;
	}
	(void)pthread_mutex_unlock(&threads->lock);
	return delivery;
}

static void *work(void *argument)
{
	struct start start = *(struct start *)argument;
	free(argument);
	for (struct delivery *delivery; (delivery = next(start.threads, start.line)) != NULL;) {
		start.threads->channel->send(start.line, &delivery->message, &delivery->reply);
		(void)pthread_mutex_lock(&start.threads->lock);
		start.threads->busy--;
		come_back(start.threads, delivery);
		(void)pthread_mutex_unlock(&start.threads->lock);
	}
	start.threads->channel->rest(start.line);
	(void)pthread_mutex_lock(&start.threads->lock);
	start.threads->running--;
	(void)pthread_cond_signal(&start.threads->quiet);
	(void)pthread_mutex_unlock(&start.threads->lock);
	return NULL;
}

static void count_one(struct courier_threads *threads, int change)
{
	(void)pthread_mutex_lock(&threads->lock);
	threads->running += change;
	(void)pthread_mutex_unlock(&threads->lock);
}

static enum result start_one(struct courier_threads *threads, int index, struct fault *fault)
{
	enum result result = threads->channel->start(threads->settings, &threads->broken_off, &threads->lines[index], fault);
	if (result != RESULT_OK)
		return result;
	struct start *start = MEM_NEW(struct start);
	*start = (struct start){threads, threads->lines[index]};
	sigset_t all, before;
	count_one(threads, 1);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
	int status = pthread_create(&threads->threads[index], NULL, work, start);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status != 0) {
		count_one(threads, -1);
		free(start);
		return fault_set(fault, RESULT_TEMPORARY, "cannot start a courier thread: %s", strerror(status));
	}
	threads->started++;
	return RESULT_OK;
}

enum result courier_threads_new(const struct channel *channel, const void *settings, int count,
                                struct courier_threads **threads, struct fault *fault)
{
	struct courier_threads *new = MEM_NEW(struct courier_threads);
	pthread_condattr_t monotonic;
	new->channel = channel;
	new->settings = settings;
	new->count = count < 1 ? 1 : count > THREADS_MOST ? THREADS_MOST : count;
	new->done_end = &new->done;
	(void)pthread_mutex_init(&new->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&new->work, &monotonic);
	(void)pthread_cond_init(&new->quiet, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	new->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum result result = new->fd < 0 ? fault_set(fault, RESULT_TEMPORARY, "no eventfd: %s", strerror(errno)) : RESULT_OK;
	for (int i = 0; i < new->count && result == RESULT_OK; i++)
		result = start_one(new, i, fault);
	if (result != RESULT_OK) {
		courier_threads_free(new);
		return result;
	}
	*threads = new;
	return RESULT_OK;
}

/* What nobody has begun comes back at once. */
static void abandon_waiting(struct courier_threads *threads)
{
	while (threads->waiting) {
		struct delivery *delivery = threads->waiting;
		threads->waiting = delivery->next;
		delivery->reply = (struct channel_reply){.outcome = CHANNEL_ABANDONED, .text = "the daemon stops"};
		come_back(threads, delivery);
	}
}

/* false: one does not end; it is left alone with what it uses. */
static bool join_all(struct courier_threads *threads)
{
	struct timespec until = after_ms(END_MS);
	(void)pthread_mutex_lock(&threads->lock);
	while (threads->running > 0 && pthread_cond_timedwait(&threads->quiet, &threads->lock, &until) == 0)
		;
	bool ended = threads->running == 0;
	(void)pthread_mutex_unlock(&threads->lock);
	for (; ended && threads->started > 0; threads->started--)
		(void)pthread_join(threads->threads[threads->started - 1], NULL);
	return ended;
}

bool courier_threads_stop(struct courier_threads *threads, int64_t grace_ms)
{
	struct timespec until = after_ms(grace_ms);
	(void)pthread_mutex_lock(&threads->lock);
	threads->ending = true;
	abandon_waiting(threads);
	(void)pthread_cond_broadcast(&threads->work);
	while (threads->busy > 0 && pthread_cond_timedwait(&threads->quiet, &threads->lock, &until) == 0)
		;
	(void)pthread_mutex_unlock(&threads->lock);
	atomic_store(&threads->broken_off, true);
	threads->lost = !join_all(threads);
	return !threads->lost;
}

void courier_threads_free(struct courier_threads *threads)
{
	if (!threads)
		return;
	if (threads->started > 0)
		(void)courier_threads_stop(threads, 0);
	if (threads->lost) {
		log_warning("a courier thread did not end in time; its connection ends with the process");
		return;
	}
	for (struct delivery *delivery = threads->done, *following; delivery; delivery = following) {
		following = delivery->next;
		delivery_free(delivery);
	}
	for (int i = 0; i < threads->count; i++)
		threads->channel->stop(threads->lines[i]);
	if (threads->fd >= 0)
		(void)close(threads->fd);
	(void)pthread_cond_destroy(&threads->work);
	(void)pthread_cond_destroy(&threads->quiet);
	(void)pthread_mutex_destroy(&threads->lock);
	free(threads);
}
