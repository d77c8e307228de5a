/* parallel: rounds in a ring: the caller's thread keeps and shares out a window, each worker judges its share of it,
 * and when the ring comes round the caller's thread puts the lines in order. With one thread the ring is one round.
 *
 * Two subjects are linked by a merge, a correction that moves an event, a party: what says so goes to all workers, each
 * of which then knows the same of links, amendments and parties, and judges its own histories by it. So nothing has to
 * move when two are linked, nobody waits for all others, and the input is read once, also from a pipe. */
#include "backtest/parallel.h"

#include "base/map.h"
#include "base/threads.h"

#include <stdlib.h>

struct round {
	struct replay_given *given;
	size_t count, room;
	size_t looked_at; /* items, with those of which nothing is given */
	size_t pairs;     /* of each event and those of its subject of late before it, at least */
	instant now;  /* the arrival that the front reached */
	bool last;
	size_t working;     /* workers that are not through */
	enum result result; /* of the earliest line that is not fine, and why */
	int64_t line;       /* that one */
	struct fault fault;
	struct line_stream *streams; /* of the front, then of each worker */
};

struct worker {
	struct parallel *parallel;
	uint32_t number;
	struct replay *replay;
	bool threaded; /* else its share is judged by the caller's thread: slower, not wrong */
	pthread_t thread;
	struct replay_given *share; /* of a round */
	size_t room;
	struct line_stream *stream; /* of the round that is worked on */
};

struct parallel {
	struct replay *front;
	struct worker *workers;
	uint32_t count;
	replay_line *line;
	void *context;
	struct line_stream *stream; /* of the front */
	/* ids that a merge ever named */
	struct map by_id;
	struct text *linked;
	size_t linked_count, linked_room;
	struct arena *texts;
	uint16_t name_from;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct round *rounds;
	size_t round_count;
	size_t window, window_most; /* items of a round: as many as it now takes, and at the most */
	uint32_t *of_slot;          /* events of late, by some bits of their subjects */
	size_t printed_most;        /* bytes that one round ever held of what it printed */
	uint64_t given, told; /* rounds since the beginning */
	bool filling;         /* the round after those that were given */
	bool failed;          /* nothing is given any more */
	bool stop;
};

#define ITEMS_AHEAD 16
/* Events of a round: of a part there are some thousand. Of 50,000 children with 20 events each no more was to be gained
 * by 128,000 or a million. */
#define WINDOW ((size_t)64 * 1024)
/* A round is to print no more: by what the one before it printed, the next takes fewer items, or up to four times as
 * many. What the front says of records at once is known while it says it. */
#define PRINTED_BYTES ((size_t)32 * 1024 * 1024)
#define WINDOW_FIRST (WINDOW / 4)
#define WINDOW_GROWS 4
/* One child's alert that stands names all its events in each line: that grows with the square of those in the window,
 * before any of it was printed. Each pair is an id, of some 16 bytes. */
#define PAIRS (PRINTED_BYTES / 16)
#define SLOTS 16384 /* of subjects, to count these by: two in one slot only make a window shorter */
/* Whose events filled windows before has them to name: they still count, but for as many as anyone has in a window, and
 * up to so many that a window is never shorter than some 250 events. */
#define SLOT_FADES 64
#define SLOT_MOST 8192
#define ROUNDS 3 /* that are filled, judged or wait to be told, beside other threads */

static struct round *round_at(struct parallel *parallel, uint64_t number)
{
	return &parallel->rounds[number % parallel->round_count];
}

/* ---- a worker ---- */

static void note_line(void *context, struct text line)
{
	struct worker *worker = context;
	line_stream_add(worker->stream, replay_order(worker->replay), line);
}

static void note_front_line(void *context, struct text line)
{
	struct parallel *parallel = context;
	line_stream_add(parallel->stream, replay_order(parallel->front), line);
}

/* Its share of a round; one worker alone has all of it. */
static const struct replay_given *share_of(struct worker *worker, const struct round *round, size_t *count)
{
	*count = round->count;
	if (worker->parallel->count == 1)
		return round->given;
	*count = 0;
	for (size_t i = 0; i < round->count; i++)
		if (round->given[i].shard == worker->number || round->given[i].shard == REPLAY_ALL_SHARDS)
			*(struct replay_given *)mem_push((void **)&worker->share, count, &worker->room,
			                                 sizeof *worker->share) = round->given[i];
	return worker->share;
}

static enum result judge(struct worker *worker, struct round *round, int64_t *line, struct fault *fault)
{
	size_t count;
	const struct replay_given *share = share_of(worker, round, &count);
	worker->stream = &round->streams[1 + worker->number];
	enum result result = replay_shard_take(worker->replay, share, count, round->now, fault);
	if (result == RESULT_OK && round->last)
		result = replay_finish(worker->replay, fault);
	*line = replay_line_reached(worker->replay);
	return result;
}

static void work(struct worker *worker, struct round *round)
{
	struct parallel *parallel = worker->parallel;
	struct fault fault = {{0}};
	int64_t line = 0;
	enum result result = judge(worker, round, &line, &fault);
	(void)pthread_mutex_lock(&parallel->lock);
	if (result != RESULT_OK && (round->result == RESULT_OK || line < round->line)) {
		round->result = result;
		round->line = line;
		round->fault = fault;
	}
	round->working--;
	(void)pthread_cond_broadcast(&parallel->changed);
	(void)pthread_mutex_unlock(&parallel->lock);
}

static void *work_on(void *argument)
{
	struct worker *worker = argument;
	struct parallel *parallel = worker->parallel;
	for (uint64_t next = 0;; next++) {
		(void)pthread_mutex_lock(&parallel->lock);
		while (!parallel->stop && parallel->given <= next)
			(void)pthread_cond_wait(&parallel->changed, &parallel->lock);
		bool stop = parallel->stop;
		(void)pthread_mutex_unlock(&parallel->lock);
		if (stop)
			break;
		work(worker, round_at(parallel, next));
	}
	return NULL;
}

/* ---- the caller's thread ---- */

#define HEAP_EXPECTED ((size_t)512 * 1024 * 1024) /* the histories of some 250,000 children */
#define HEAP_SHARED_BY 4 /* of two, one in a thousand requests for memory waited for the other; of more, more would */

void parallel_expect_memory(uint32_t threads)
{
	mem_expect(HEAP_EXPECTED);
	if (threads > 1 && threads <= HEAP_SHARED_BY)
		mem_share_heap();
}

struct parallel *parallel_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                              uint32_t threads, replay_line *line, void *context)
{
	struct parallel *parallel = MEM_NEW(struct parallel);
	parallel->line = line;
	parallel->context = context;
	parallel->count = threads;
	parallel->texts = arena_new(4096);
	parallel->name_from = schema_name(TEXT("from"));
	(void)pthread_mutex_init(&parallel->lock, NULL);
	(void)pthread_cond_init(&parallel->changed, NULL);
	parallel->front = replay_new_front(config, options, note_front_line, parallel);
	parallel->round_count = threads > 1 ? ROUNDS : 1;
	parallel->window_most = options.window ? options.window : WINDOW;
	parallel->window = options.window ? options.window : WINDOW_FIRST;
	parallel->of_slot = mem_zero(SLOTS, sizeof *parallel->of_slot);
	parallel->rounds = mem_zero(parallel->round_count, sizeof *parallel->rounds);
	for (size_t i = 0; i < parallel->round_count; i++)
		parallel->rounds[i].streams = mem_zero(threads + 1, sizeof(struct line_stream));
	parallel->workers = mem_zero(threads, sizeof *parallel->workers);
	for (uint32_t i = 0; i < threads; i++) {
		struct worker *worker = &parallel->workers[i];
		*worker = (struct worker){.parallel = parallel, .number = i};
		worker->replay = replay_new_shard(parallel->front, rules, threads, i, note_line, worker);
	}
	for (uint32_t i = 0; i < threads && threads > 1; i++)
		parallel->workers[i].threaded =
			thread_start(&parallel->workers[i].thread, work_on, &parallel->workers[i]);
	return parallel;
}

void parallel_free(struct parallel *parallel)
{
	if (!parallel)
		return;
	(void)pthread_mutex_lock(&parallel->lock);
	parallel->stop = true;
	(void)pthread_cond_broadcast(&parallel->changed);
	(void)pthread_mutex_unlock(&parallel->lock);
	for (uint32_t i = 0; i < parallel->count; i++) {
		if (parallel->workers[i].threaded)
			(void)pthread_join(parallel->workers[i].thread, NULL);
		replay_free(parallel->workers[i].replay);
		free(parallel->workers[i].share);
	}
	for (size_t i = 0; i < parallel->round_count; i++) {
		for (uint32_t k = 0; k <= parallel->count; k++)
			line_stream_free(&parallel->rounds[i].streams[k]);
		free(parallel->rounds[i].streams);
		free(parallel->rounds[i].given);
	}
	free(parallel->rounds);
	free(parallel->of_slot);
	replay_free(parallel->front);
	(void)pthread_mutex_destroy(&parallel->lock);
	(void)pthread_cond_destroy(&parallel->changed);
	map_free(&parallel->by_id);
	free(parallel->linked);
	arena_free(parallel->texts);
	free(parallel->workers);
	free(parallel);
}

static void fit_window(struct parallel *parallel, const struct round *round)
{
	size_t printed = 1;
	for (uint32_t i = 0; i <= parallel->count; i++)
		printed += line_stream_bytes(&round->streams[i]);
	if (printed > parallel->printed_most)
		parallel->printed_most = printed;
	uint64_t fits = (uint64_t)round->looked_at * PRINTED_BYTES / printed;
	size_t most = round->looked_at * WINDOW_GROWS;
	most = most < parallel->window_most ? most : parallel->window_most;
	parallel->window = fits < most ? (size_t)fits : most;
	if (!parallel->window)
		parallel->window = 1;
}

/* The lines of the oldest round, once all are through with it. */
static enum result tell_oldest(struct parallel *parallel, int64_t *line, struct fault *fault)
{
	struct round *round = round_at(parallel, parallel->told);
	(void)pthread_mutex_lock(&parallel->lock);
	while (round->working)
		(void)pthread_cond_wait(&parallel->changed, &parallel->lock);
	(void)pthread_mutex_unlock(&parallel->lock);
	fit_window(parallel, round);
	if (!parallel->failed)
		line_streams_give(round->streams, parallel->count + 1, parallel->line, parallel->context);
	parallel->failed |= round->result != RESULT_OK;
	parallel->told++;
	if (round->result != RESULT_OK) {
		*fault = round->fault;
		*line = round->line;
	}
	return round->result;
}

/* What is given is in place. */
static void give_out(struct parallel *parallel, struct round *round)
{
	round->result = RESULT_OK;
	parallel->filling = false;
	(void)pthread_mutex_lock(&parallel->lock);
	round->working = parallel->count;
	parallel->given++;
	(void)pthread_cond_broadcast(&parallel->changed);
	(void)pthread_mutex_unlock(&parallel->lock);
	for (uint32_t i = 0; i < parallel->count; i++)
		if (!parallel->workers[i].threaded)
			work(&parallel->workers[i], round);
}

static bool is_linked(const struct parallel *parallel, struct text id, uint64_t hash)
{
	struct map_walk walk = map_walk(&parallel->by_id, hash);
	uint32_t at;
	while ((at = map_next(&walk)) != MAP_NONE && !text_equal(parallel->linked[at], id))
		;
	return at != MAP_NONE;
}

static void link_id(struct parallel *parallel, struct text id)
{
	uint64_t hash = text_hash(id, hash_seed());
	if (!id.length || is_linked(parallel, id, hash))
		return;
	map_add(&parallel->by_id, hash, (uint32_t)parallel->linked_count);
	*(struct text *)mem_push((void **)&parallel->linked, &parallel->linked_count, &parallel->linked_room,
	                         sizeof id) = text_keep(parallel->texts, id);
}

static uint32_t shard_of(struct parallel *parallel, const struct event *event, uint64_t hash)
{
	if (event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED) {
		link_id(parallel, event->subject);
		link_id(parallel, event_string(event, parallel->name_from));
	}
	bool linked = parallel->linked_count && is_linked(parallel, event->subject, hash);
	return linked ? REPLAY_ALL_SHARDS : engine_shard_of(hash, parallel->count);
}

static void fade_slots(uint32_t *of_slot)
{
	for (size_t i = 0; i < SLOTS; i++) {
		uint32_t left = of_slot[i] > SLOT_FADES ? of_slot[i] - SLOT_FADES : 0;
		of_slot[i] = left < SLOT_MOST ? left : SLOT_MOST;
	}
}

/* The round to be filled, which is empty; but for the ring to come round nobody waits. */
static enum result begin_round(struct parallel *parallel, int64_t *line, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (parallel->given - parallel->told == parallel->round_count)
		result = tell_oldest(parallel, line, fault);
	struct round *round = round_at(parallel, parallel->given);
	parallel->stream = &round->streams[0];
	round->count = round->looked_at = round->pairs = 0;
	fade_slots(parallel->of_slot);
	round->now = INSTANT_NONE;
	round->last = false;
	parallel->filling = true;
	return result;
}

static enum result take_item(struct parallel *parallel, struct round *round, const struct feed_item *item, bool *more,
                             struct fault *fault)
{
	bool for_all =
		item->accepted && replay_is_for_all(parallel->workers[0].replay, parallel->front, &item->event);
	struct replay_given given;
	enum result result = replay_front_take(parallel->front, item, &given, more, fault);
	round->now = given.arrival;
	round->looked_at++;
	if (!given.ref)
		return result;
	round->pairs += parallel->of_slot[given.subject % SLOTS]++;
	given.shard = shard_of(parallel, &item->event, given.subject);
	if (for_all)
		given.shard = REPLAY_ALL_SHARDS;
	*(struct replay_given *)mem_push((void **)&round->given, &round->count, &round->room, sizeof given) = given;
	return result;
}

static bool is_full(const struct parallel *parallel, const struct round *round)
{
	return round->looked_at >= parallel->window || round->pairs >= PAIRS ||
	       line_stream_bytes(&round->streams[0]) >= PRINTED_BYTES;
}

enum result parallel_take_batch(struct parallel *parallel, const struct feed_batch *batch, bool *more, int64_t *line,
                                struct fault *fault)
{
	enum result result = RESULT_OK;
	*more = true;
	for (size_t i = 0; i < batch->count && *more && result == RESULT_OK; i++) {
		if (!parallel->filling)
			result = begin_round(parallel, line, fault);
		if (result != RESULT_OK)
			break;
		if (i + ITEMS_AHEAD < batch->count)
			replay_front_look_ahead(parallel->front, &batch->items[i + ITEMS_AHEAD]);
		*line = batch->items[i].line;
		struct round *round = round_at(parallel, parallel->given);
		result = take_item(parallel, round, &batch->items[i], more, fault);
		if (result == RESULT_OK && is_full(parallel, round))
			give_out(parallel, round);
	}
	return result;
}

enum result parallel_drain(struct parallel *parallel, int64_t *line, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct fault later;
	int64_t later_line;
	if (parallel->filling)
		give_out(parallel, round_at(parallel, parallel->given));
	while (parallel->told < parallel->given) /* also after an error */
		if (result == RESULT_OK)
			result = tell_oldest(parallel, line, fault);
		else
			(void)tell_oldest(parallel, &later_line, &later);
	return result;
}

enum result parallel_finish(struct parallel *parallel, struct fault *fault)
{
	int64_t line = 0;
	enum result result = parallel_drain(parallel, &line, fault);
	if (result == RESULT_OK)
		result = begin_round(parallel, &line, fault);
	if (result == RESULT_OK)
		result = replay_finish(parallel->front, fault); /* the lists */
	if (result != RESULT_OK)
		return result;
	round_at(parallel, parallel->given)->last = true;
	return parallel_drain(parallel, &line, fault);
}

size_t parallel_printed_most(const struct parallel *parallel)
{
	return parallel->printed_most;
}

void parallel_figures(const struct parallel *parallel, struct engine_figures *figures, size_t *stored_bytes)
{
	*figures = (struct engine_figures){0};
	for (uint32_t i = 0; i < parallel->count; i++) {
		struct engine_figures of;
		replay_figures(parallel->workers[i].replay, &of, stored_bytes);
		figures->histories += of.histories;
		figures->bytes += of.bytes;
	}
}
