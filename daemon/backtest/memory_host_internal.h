/* parts: what the files of the memory host share. Internal to it. */
#ifndef CASEWATCH_BACKTEST_MEMORY_HOST_INTERNAL_H
#define CASEWATCH_BACKTEST_MEMORY_HOST_INTERNAL_H

#include "backtest/memory_host.h"

#include "base/map.h"

#include <pthread.h>

#define NONE UINT32_MAX

#define UNIT ((size_t)8)
#define CHUNK_SHIFT 21 /* units of a chunk: 16 MiB; a larger event has a chunk of its own */
#define CHUNK_UNITS ((size_t)1 << CHUNK_SHIFT)
#define CHUNKS_MOST ((size_t)1 << (32 - CHUNK_SHIFT)) /* 32 GiB of packed events: some 200 million */

struct stored {
	uint32_t next;    /* of its chain: the one before it */
	uint32_t subject; /* a hash of it */
	uint32_t units : 29;
	uint32_t names_party : 1;
	uint32_t standing : 1;
	uint32_t chained : 1; /* in its chain: what does not stand is taken out when next gone by */
	unsigned char packed[];
};

/* Lists of events under a text: parties, amendment targets. */
struct bucket {
	struct text name;
	uint32_t *refs;
	size_t count, room;
};
struct table {
	struct map by_name; /* -> place in buckets */
	struct bucket *buckets;
	size_t count, room;
};

/* The events, and what finds them. */
struct events {
	struct arena *arena;
	struct stored *chunks[CHUNKS_MOST]; /* in the arena */
	size_t used[CHUNKS_MOST];           /* units */
	size_t chunk_count;
	struct map ids; /* hash of (source, id) -> number */
	struct table targets, parties[3];
	uint32_t *chains; /* of subjects, by hash: the newest event of each, which may be of another of the hash */
	size_t chain_count;
	uint32_t filed; /* events before are in `chains` and `parties`; the rest is filed when somebody asks */
	size_t filed_count;
	uint32_t *merges;
	size_t merge_count, merge_room;
	uint64_t seed;
	/* With views: held to change what finds them, and by a view to look at it. An event itself never changes, and
	 * is read without by whoever was given it. Whoever keeps them looks without: nobody else changes ids or
	 * targets. */
	bool shared;
	pthread_rwlock_t lock;
};

struct memory_host {
	enum result (*effect)(void *context, const struct effect *effect, struct fault *fault);
	memory_host_warned *warned;
	void *context;
	struct events *events;
	bool owns; /* the events */
	struct arena *scratch;
	struct map fallen; /* of a view: numbers of events that do not stand, under themselves */
	uint64_t reached;  /* of a view: the ref up to which it shows; else all */
	bool amended;      /* what is given now amends or may be amended: else nobody need look for what amends it */
	uint16_t name_id;
};

static inline struct stored *stored_at(const struct memory_host *host, uint32_t number)
{
	return (struct stored *)(void *)((char *)host->events->chunks[number >> CHUNK_SHIFT] +
	                                 (number & (CHUNK_UNITS - 1)) * UNIT);
}

/* An event's handle: its number, from 1. */
static inline uint64_t ref_of(uint32_t number)
{
	return (uint64_t)number + 1;
}

static inline uint32_t number_of(uint64_t ref)
{
	return (uint32_t)(ref - 1);
}

/* Of a host with views: before what finds events is looked at, or changed; and after. */
void memory_hold(const struct memory_host *host, bool to_change);
void memory_let_go(const struct memory_host *host);
/* Into the host's scratch memory: until the next. */
void memory_unpack(struct memory_host *host, uint32_t index, struct event *event);
struct bucket *memory_find(const struct memory_host *host, const struct table *table, struct text name);
uint64_t memory_id_hash(struct text source, struct text id);
uint32_t memory_find_id(const struct memory_host *host, struct text source, struct text id, uint64_t hash);
uint32_t memory_subject_hash(const struct memory_host *host, struct text subject);
/* Where the chain of the hash begins; there must be chains. */
static inline uint32_t *memory_chain_of(const struct memory_host *host, uint32_t subject)
{
	return &host->events->chains[subject & (host->events->chain_count - 1)];
}
/* In its subject's chain, the newest first, so that a reader finds where it stopped: also one that stands again. */
void memory_chain(struct memory_host *host, uint32_t index);
/* By subject and party: only when a history is gathered, which events in order never need. */
void memory_file_waiting(struct memory_host *host);

#endif
