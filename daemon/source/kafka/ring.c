/* kafka_ring: the hand-over between the Kafka consumer's thread and the loop's. */
#include "source/kafka/ring.h"

#include "base/threads.h"
#include "base/waker.h"

#include <errno.h>
#include <stdlib.h>

/* Sentences the loop has not read yet; the source says each once, so more can only mean a loop that stands still. */
#define SENTENCES 256

struct sentence {
	char *name, *text;
	enum source_state state;
};

enum ask_state { ASK_NONE, ASK_WAITS, ASK_ANSWERED };

struct kafka_ring {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* for the consumer: room, an answer, a stop */
	struct waker *waker; /* of the loop */
	kafka_ring_call *call;  /* the same for one that does not wait; NULL: it waits */
	void *consumer;
	bool stopping, over;

	struct kafka_parcel **parcels;
	size_t size, first, count;
	struct kafka_parcel *out; /* with the loop */

	enum ask_state ask;
	uint64_t ask_number; /* so that an answer that comes too late meets no other question */
	struct source_position *positions;
	size_t position_count;
	enum result ask_result;
	struct fault ask_fault;

	struct sentence sentences[SENTENCES];
	size_t sentence_first, sentence_count;
};

struct kafka_parcel *kafka_parcel_new(void)
{
	struct kafka_parcel *parcel = MEM_NEW(struct kafka_parcel);
	parcel->batch = batch_new();
	return parcel;
}

void kafka_parcel_free(struct kafka_parcel *parcel)
{
	if (!parcel)
		return;
	batch_free(parcel->batch);
	free(parcel->spans);
	free(parcel);
}

void kafka_parcel_moves(struct kafka_parcel *parcel, struct kafka_partition *partition, int64_t next)
{
	struct kafka_span *span = NULL;
	for (size_t i = parcel->span_count; i-- > 0 && !span;)
		if (parcel->spans[i].partition == partition)
			span = &parcel->spans[i];
	instant known = span ? span->known : INSTANT_NONE;
	if (!span)
		span = mem_push((void **)&parcel->spans, &parcel->span_count, &parcel->span_room, sizeof *span);
	instant newest = record_known(&parcel->batch->records[parcel->batch->count - 1]);
	*span = (struct kafka_span){partition, next, parcel->batch->count - 1, newest > known ? newest : known};
}

struct kafka_ring *kafka_ring_new(size_t parcels, struct fault *fault)
{
	struct waker *waker = waker_new(fault);
	if (!waker)
		return NULL;
	struct kafka_ring *ring = MEM_NEW(struct kafka_ring);
	(void)pthread_mutex_init(&ring->lock, NULL);
	thread_condition_init(&ring->changed);
	ring->waker = waker;
	ring->size = parcels ? parcels : 1;
	ring->parcels = mem_zero(ring->size, sizeof *ring->parcels);
	return ring;
}

static void lock(struct kafka_ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
}

static void unlock(struct kafka_ring *ring)
{
	(void)pthread_mutex_unlock(&ring->lock);
}

/* Forgets the parcels that wait. */
static void drop(struct kafka_ring *ring)
{
	for (;;) {
		lock(ring);
		struct kafka_parcel *parcel = ring->count ? ring->parcels[ring->first] : NULL;
		if (parcel) {
			ring->first = (ring->first + 1) % ring->size;
			ring->count--;
		}
		unlock(ring);
		if (!parcel)
			return;
		kafka_parcel_free(parcel);
	}
}

void kafka_ring_free(struct kafka_ring *ring)
{
	if (!ring)
		return;
	drop(ring);
	kafka_parcel_free(ring->out);
	for (; ring->sentence_count; ring->sentence_count--) {
		struct sentence *sentence = &ring->sentences[ring->sentence_first++ % SENTENCES];
		free(sentence->name);
		free(sentence->text);
	}
	free(ring->parcels);
	free(ring->positions);
	waker_free(ring->waker);
	(void)pthread_cond_destroy(&ring->changed);
	(void)pthread_mutex_destroy(&ring->lock);
	free(ring);
}

void kafka_ring_calls(struct kafka_ring *ring, kafka_ring_call *call, void *consumer)
{
	ring->call = call;
	ring->consumer = consumer;
}

static void call_consumer(const struct kafka_ring *ring)
{
	if (ring->call)
		ring->call(ring->consumer);
}

bool kafka_ring_idle(struct kafka_ring *ring)
{
	lock(ring);
	bool idle = ring->count == 0 && !ring->out;
	unlock(ring);
	return idle;
}

bool kafka_ring_wait_room(struct kafka_ring *ring, int patience_ms)
{
	struct timespec deadline = thread_deadline(patience_ms);
	lock(ring);
	while (ring->count == ring->size && !ring->stopping)
		if (pthread_cond_timedwait(&ring->changed, &ring->lock, &deadline) == ETIMEDOUT)
			break;
	bool room = ring->count < ring->size;
	unlock(ring);
	return room;
}

void kafka_ring_push(struct kafka_ring *ring, struct kafka_parcel *parcel)
{
	lock(ring);
	bool kept = !ring->over && ring->count < ring->size;
	if (kept)
		ring->parcels[(ring->first + ring->count++) % ring->size] = parcel;
	unlock(ring);
	if (kept)
		waker_wake(ring->waker);
	else
		kafka_parcel_free(parcel); /* it is read again when we are somebody again */
}

void kafka_ring_over(struct kafka_ring *ring)
{
	lock(ring);
	ring->over = true;
	unlock(ring);
	drop(ring);
}

bool kafka_ring_is_over(struct kafka_ring *ring)
{
	lock(ring);
	bool over = ring->over;
	unlock(ring);
	return over;
}

bool kafka_ring_stopping(struct kafka_ring *ring)
{
	lock(ring);
	bool stopping = ring->stopping;
	unlock(ring);
	return stopping;
}

/* Under the lock. */
static void put_question(struct kafka_ring *ring, const struct source_position *positions, size_t count)
{
	free(ring->positions);
	ring->positions = mem_zero(count, sizeof *positions);
	if (count)
		memcpy(ring->positions, positions, count * sizeof *positions);
	ring->position_count = count;
	ring->ask = ASK_WAITS;
	ring->ask_number++;
	waker_wake(ring->waker);
}

/* Under the lock. The question is over, whatever came of it. */
static enum result end_question(struct kafka_ring *ring, struct source_position *positions, struct fault *fault)
{
	enum result result = ring->ask_result;
	if (ring->ask != ASK_ANSWERED)
		result = fault_set(fault, RESULT_TEMPORARY, "%s", ring->stopping ? "stopping" : "the store is busy");
	else if (result != RESULT_OK)
		(void)fault_set(fault, result, "%s", ring->ask_fault.text);
	else if (ring->position_count)
		memcpy(positions, ring->positions, ring->position_count * sizeof *positions);
	ring->ask = ASK_NONE;
	return result;
}

enum result kafka_ring_ask(struct kafka_ring *ring, struct source_position *positions, size_t count, int patience_ms,
                           struct fault *fault)
{
	struct timespec deadline = thread_deadline(patience_ms);
	lock(ring);
	put_question(ring, positions, count);
	while (ring->ask != ASK_ANSWERED && !ring->stopping)
		if (pthread_cond_timedwait(&ring->changed, &ring->lock, &deadline) == ETIMEDOUT)
			break;
	enum result result = end_question(ring, positions, fault);
	unlock(ring);
	return result;
}

enum kafka_heard kafka_ring_hear(struct kafka_ring *ring, struct source_position *positions, size_t count,
                                 struct fault *fault)
{
	enum kafka_heard heard = KAFKA_HEARD_NOTHING;
	lock(ring);
	if (ring->ask == ASK_NONE && !ring->stopping)
		put_question(ring, positions, count);
	else if (ring->ask == ASK_ANSWERED)
		heard = end_question(ring, positions, fault) == RESULT_OK ? KAFKA_HEARD_POSITIONS : KAFKA_HEARD_FAULT;
	unlock(ring);
	return heard;
}

bool kafka_ring_answered(struct kafka_ring *ring)
{
	lock(ring);
	bool answered = ring->ask == ASK_ANSWERED;
	unlock(ring);
	return answered;
}

void kafka_ring_answer(struct kafka_ring *ring, source_positions *positions, void *context)
{
	lock(ring);
	/* While batches wait or are out the positions are about to move: the answer comes behind the last of them. */
	if (ring->ask != ASK_WAITS || ring->out || ring->count) {
		unlock(ring);
		return;
	}
	uint64_t number = ring->ask_number;
	size_t count = ring->position_count;
	struct source_position *copy = mem_zero(count, sizeof *copy);
	if (count)
		memcpy(copy, ring->positions, count * sizeof *copy);
	unlock(ring);

	struct fault fault = {{0}};
	enum result result = positions(context, copy, count, &fault);

	lock(ring);
	if (ring->ask == ASK_WAITS && ring->ask_number == number) {
		if (count)
			memcpy(ring->positions, copy, count * sizeof *copy);
		ring->ask_result = result;
		ring->ask_fault = fault;
		ring->ask = ASK_ANSWERED;
		(void)pthread_cond_broadcast(&ring->changed);
	}
	unlock(ring);
	call_consumer(ring);
	free(copy);
}

void kafka_ring_say(struct kafka_ring *ring, const char *name, enum source_state state, const char *sentence)
{
	lock(ring);
	if (ring->sentence_count < SENTENCES)
		ring->sentences[(ring->sentence_first + ring->sentence_count++) % SENTENCES] = (struct sentence){
			mem_copy_text(name, strlen(name)), mem_copy_text(sentence, strlen(sentence)), state};
	unlock(ring);
	waker_wake(ring->waker);
}

size_t kafka_ring_reports(struct kafka_ring *ring, source_report *report, void *context)
{
	for (size_t delivered = 0;; delivered++) {
		lock(ring);
		if (!ring->sentence_count) {
			unlock(ring);
			return delivered;
		}
		struct sentence sentence = ring->sentences[ring->sentence_first];
		ring->sentence_first = (ring->sentence_first + 1) % SENTENCES;
		ring->sentence_count--;
		unlock(ring);
		if (report)
			report(context, sentence.name, sentence.state, sentence.text);
		free(sentence.name);
		free(sentence.text);
	}
}

int kafka_ring_fd(const struct kafka_ring *ring)
{
	return waker_fd(ring->waker);
}

void kafka_ring_quiet(struct kafka_ring *ring)
{
	(void)waker_drain(ring->waker);
}

struct kafka_parcel *kafka_ring_take(struct kafka_ring *ring)
{
	lock(ring);
	struct kafka_parcel *parcel = NULL;
	if (ring->count && !ring->out && !ring->over) {
		parcel = ring->out = ring->parcels[ring->first];
		ring->first = (ring->first + 1) % ring->size;
		ring->count--;
		(void)pthread_cond_broadcast(&ring->changed);
	}
	unlock(ring);
	if (parcel)
		call_consumer(ring);
	return parcel;
}

struct kafka_parcel *kafka_ring_return(struct kafka_ring *ring)
{
	lock(ring);
	struct kafka_parcel *parcel = ring->out;
	ring->out = NULL;
	/* A caller that takes one batch a turn must be woken for the next, and for a question that waited. */
	bool more = ring->count || ring->ask == ASK_WAITS;
	unlock(ring);
	if (more)
		waker_wake(ring->waker);
	call_consumer(ring); /* what it gathered while the loop was busy may go now */
	return parcel;
}

void kafka_ring_stop(struct kafka_ring *ring)
{
	lock(ring);
	ring->stopping = true;
	(void)pthread_cond_broadcast(&ring->changed);
	unlock(ring);
	call_consumer(ring);
}
