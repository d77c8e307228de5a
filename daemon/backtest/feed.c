/* feed: reads and parses lines in batches that fit the processor's cache; with a thread, a few batches ahead. */
#include "backtest/feed.h"

#include "backtest/memory_host.h"
#include "base/threads.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK ((size_t)256 * 1024) /* with the events made of it, it stays in the second-level cache */
#define AHEAD 3                    /* batches being filled or waiting, beside the one in use */

struct batch_memory {
	struct feed_batch batch;
	char *bytes;
	struct arena *arena;
	size_t room;
	int error;
	bool last;
};

struct feed {
	int fd;
	size_t limit;
	struct event_parser *parser;
	char *carry;           /* a line that had begun when its chunk ended */
	size_t carried;
	bool skipping;         /* the rest of a line that was given cut */
	int64_t line;
	uint64_t read;
	struct batch_memory *batches;
	size_t count; /* of them */
	/* the thread's: of the batches from `first` on one may be in use, then `filled` are waiting */
	bool ahead, stop, ended;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t first, filled;
	bool using;
};

/* ---- filling one batch ---- */

static void add_line(struct feed *feed, struct batch_memory *memory, struct text line)
{
	feed->line++;
	if (text_is_blank(line))
		return;
	struct feed_item *item =
		mem_push((void **)&memory->batch.items, &memory->batch.count, &memory->room, sizeof *item);
	struct fault fault;
	struct event event;
	item->line = feed->line;
	item->accepted = event_parse(feed->parser, line, INSTANT_NONE, &event, &fault) == RESULT_OK;
	event_copy_around(&item->event, &event, line, memory->arena);
	item->hash = item->accepted ? memory_host_hash(&event) : 0;
	item->reason = TEXT_NONE;
	if (!item->accepted) {
		size_t length = strlen(fault.text);
		item->reason = (struct text){arena_copy_text(memory->arena, fault.text, length), length};
	}
}

static void add_ended_line(struct feed *feed, struct batch_memory *memory, struct text line)
{
	if (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	if (!feed->skipping)
		add_line(feed, memory, line);
	feed->skipping = false;
}

/* A line beyond the limit: given cut, once; the rest of it is passed over, so that nobody knows how long it is. */
static void cut_line(struct feed *feed, struct batch_memory *memory, struct text begun)
{
	size_t before = memory->batch.count;
	if (!feed->skipping)
		add_line(feed, memory, begun);
	feed->skipping = true;
	if (memory->batch.count == before)
		return;
	struct fault fault;
	(void)fault_set(&fault, RESULT_PERMANENT, "longer than %zu bytes: at most that many are taken", feed->limit);
	size_t length = strlen(fault.text);
	memory->batch.items[before].reason =
		(struct text){arena_copy_text(memory->arena, fault.text, length), length};
}

static size_t take_lines(struct feed *feed, struct batch_memory *memory, size_t end)
{
	size_t start = 0;
	for (char *stop; start < end && (stop = memchr(memory->bytes + start, '\n', end - start)) != NULL;) {
		size_t length = (size_t)(stop - memory->bytes) - start;
		add_ended_line(feed, memory, (struct text){memory->bytes + start, length});
		start += length + 1;
	}
	return start;
}

/* Reading may be broken off; nothing else may. */
static ssize_t read_some(int fd, char *to, size_t room)
{
	ssize_t got;
	int was;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &was);
	do
		got = read(fd, to, room);
	while (got < 0 && errno == EINTR);
	(void)pthread_setcancelstate(was, NULL);
	return got;
}

static void fill(struct feed *feed, struct batch_memory *memory)
{
	arena_reset(memory->arena);
	memory->batch.count = 0;
	size_t start = 0, end = feed->carried;
	if (end)
		memcpy(memory->bytes, feed->carry, end);
	while (start == 0 && !memory->last) {
		ssize_t got = read_some(feed->fd, memory->bytes + end, CHUNK + feed->limit + 3 - end);
		memory->error = got < 0 ? errno : 0;
		memory->last = got <= 0;
		feed->read += got > 0 ? (uint64_t)got : 0;
		end += got > 0 ? (size_t)got : 0;
		start = take_lines(feed, memory, end);
		struct text begun = {memory->bytes + start, end - start};
		if (begun.length > feed->limit + 2) {
			cut_line(feed, memory, begun);
			start = end;
		} else if (memory->last && begun.length && got == 0) {
			add_ended_line(feed, memory, begun);
			start = end;
		}
	}
	feed->carried = end - start;
	memcpy(feed->carry, memory->bytes + start, feed->carried);
	memory->batch.read = feed->read;
}

/* ---- ahead ---- */

static void *parse_ahead(void *argument)
{
	struct feed *feed = argument;
	bool last = false;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	for (size_t next = 0; !last; next = (next + 1) % feed->count) {
		(void)pthread_mutex_lock(&feed->lock);
		while (!feed->stop && feed->filled + (feed->using ? 1 : 0) >= feed->count)
			(void)pthread_cond_wait(&feed->changed, &feed->lock);
		last = feed->stop;
		(void)pthread_mutex_unlock(&feed->lock);
		if (last)
			break;
		fill(feed, &feed->batches[next]);
		last = feed->batches[next].last;
		(void)pthread_mutex_lock(&feed->lock);
		feed->filled++;
		(void)pthread_cond_signal(&feed->changed);
		(void)pthread_mutex_unlock(&feed->lock);
	}
	return NULL;
}

static struct batch_memory *next_filled(struct feed *feed)
{
	(void)pthread_mutex_lock(&feed->lock);
	if (feed->using) {
		feed->first = (feed->first + 1) % feed->count;
		feed->using = false;
	}
	(void)pthread_cond_signal(&feed->changed);
	while (!feed->filled)
		(void)pthread_cond_wait(&feed->changed, &feed->lock);
	struct batch_memory *memory = &feed->batches[feed->first];
	feed->filled--;
	feed->using = true;
	(void)pthread_mutex_unlock(&feed->lock);
	return memory;
}

/* ---- the whole ---- */

struct feed *feed_new(int fd, const struct config *config, bool ahead)
{
	struct feed *feed = MEM_NEW(struct feed);
	struct event_limits limits = {config->event_bytes, (unsigned)config->event_depth};
	feed->fd = fd;
	feed->limit = config->event_bytes;
	feed->parser = event_parser_new(limits, text_of(config->type_prefix), calendar_zone(config->calendar));
	feed->carry = mem_alloc(CHUNK + feed->limit + 3);
	feed->count = 1 + (ahead ? AHEAD : 0);
	feed->batches = mem_zero(feed->count, sizeof *feed->batches);
	for (size_t i = 0; i < feed->count; i++) {
		feed->batches[i].bytes = mem_alloc(CHUNK + feed->limit + 3);
		feed->batches[i].arena = arena_new(CHUNK);
	}
	(void)pthread_mutex_init(&feed->lock, NULL);
	(void)pthread_cond_init(&feed->changed, NULL);
	/* Else in this thread: slower, not wrong. */
	feed->ahead = ahead && thread_start(&feed->thread, parse_ahead, feed);
	return feed;
}

static void stop_thread(struct feed *feed)
{
	(void)pthread_mutex_lock(&feed->lock);
	feed->stop = true;
	(void)pthread_cond_signal(&feed->changed);
	(void)pthread_mutex_unlock(&feed->lock);
	(void)pthread_cancel(feed->thread); /* a pipe that never ends must not hold the tool up */
	(void)pthread_join(feed->thread, NULL);
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	if (feed->ahead)
		stop_thread(feed);
	for (size_t i = 0; i < feed->count; i++) {
		free(feed->batches[i].batch.items);
		free(feed->batches[i].bytes);
		arena_free(feed->batches[i].arena);
	}
	(void)pthread_mutex_destroy(&feed->lock);
	(void)pthread_cond_destroy(&feed->changed);
	event_parser_free(feed->parser);
	free(feed->batches);
	free(feed->carry);
	free(feed);
}

const struct feed_batch *feed_next(struct feed *feed, int *error)
{
	*error = 0;
	if (feed->ended)
		return NULL;
	struct batch_memory *memory = &feed->batches[feed->first];
	if (feed->ahead) {
		memory = next_filled(feed);
	} else {
		fill(feed, memory);
	}
	feed->ended = memory->last;
	*error = memory->error;
	return memory->error && !memory->batch.count ? NULL : &memory->batch;
}
