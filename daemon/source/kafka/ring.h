/* kafka_ring: what passes between the Kafka consumer's thread and the loop's: parcels of events one way, questions and
 * answers about positions, and sentences about the source's state.
 *
 * Owns the lock, the condition and the waker between the two threads. The one rule: everything is bounded, and no
 * side waits for the other without a limit. Part of the Kafka source; only source/kafka/ includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_RING_H
#define CASEWATCH_SOURCE_KAFKA_RING_H

#include "source/kafka/kafka.h"

struct kafka_partition;

/* A batch and how far it takes each of its partitions. */
struct kafka_span {
	struct kafka_partition *partition;
	int64_t next;  /* the position after the last record */
	size_t record; /* index of that record */
	instant known; /* when the newest of its accepted events became known; INSTANT_NONE: none was accepted */
};
struct kafka_parcel {
	struct batch *batch;
	struct kafka_span *spans;
	size_t span_count, span_room;
};
struct kafka_parcel *kafka_parcel_new(void);
void kafka_parcel_free(struct kafka_parcel *parcel); /* NULL is fine; frees the batch */
/* Notes that the record just added (the batch's last) moves `partition` to `next`. */
void kafka_parcel_moves(struct kafka_parcel *parcel, struct kafka_partition *partition, int64_t next);

struct kafka_ring;
typedef void kafka_ring_call(void *consumer);
struct kafka_ring *kafka_ring_new(size_t parcels, struct fault *fault); /* NULL: no descriptor to be had */
void kafka_ring_free(struct kafka_ring *ring);
/* For a consumer that serves many rings and waits at none: called, on the loop's thread, when there is room, an answer,
 * or a stop. Before the ring is used. */
void kafka_ring_calls(struct kafka_ring *ring, kafka_ring_call *call, void *consumer);

/* The consumer's side. */
bool kafka_ring_idle(struct kafka_ring *ring);                   /* the loop has nothing of ours to do */
bool kafka_ring_wait_room(struct kafka_ring *ring, int patience_ms);
void kafka_ring_push(struct kafka_ring *ring,
                     struct kafka_parcel *parcel); /* takes it; there must be room; dropped when it is over */
bool kafka_ring_stopping(struct kafka_ring *ring);
/* Asks the loop for positions, as they are once all that was pushed is committed, and waits at most `patience_ms`. */
MUST_CHECK enum result kafka_ring_ask(struct kafka_ring *ring, struct source_position *positions, size_t count,
                                      int patience_ms, struct fault *fault);
/* The same without waiting: asks, or hears what came of it since. Each question is for the same positions. */
enum kafka_heard { KAFKA_HEARD_NOTHING /* yet */, KAFKA_HEARD_POSITIONS, KAFKA_HEARD_FAULT };
MUST_CHECK enum kafka_heard kafka_ring_hear(struct kafka_ring *ring, struct source_position *positions, size_t count,
                                            struct fault *fault);
bool kafka_ring_answered(struct kafka_ring *ring); /* an answer is there to be heard */
void kafka_ring_over(struct kafka_ring *ring);                   /* nothing more is handed out: forgets what waits */
void kafka_ring_say(struct kafka_ring *ring, const char *name, enum source_state state, const char *sentence);

/* The loop's side. */
int kafka_ring_fd(const struct kafka_ring *ring);
void kafka_ring_quiet(struct kafka_ring *ring);                  /* reads the descriptor */
struct kafka_parcel *kafka_ring_take(struct kafka_ring *ring);   /* NULL: none waits, or one is out */
struct kafka_parcel *kafka_ring_return(struct kafka_ring *ring); /* the one that is out, which now is not */
void kafka_ring_answer(struct kafka_ring *ring, source_positions *positions, void *context);
size_t kafka_ring_reports(struct kafka_ring *ring, source_report *report, void *context); /* how many were delivered */
bool kafka_ring_is_over(struct kafka_ring *ring);
void kafka_ring_stop(struct kafka_ring *ring);

#endif
