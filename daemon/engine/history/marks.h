/* marks: a small set of 64-bit marks, each with an instant: which keys were seen, stopped, used up.
 *
 * The one rule: a mark is a fingerprint (of rule or type, and key), never the key itself; linear while small, hashed
 * when not, so that a history of a million episodes costs no more an event than one of ten. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_MARKS_H
#define CASEWATCH_ENGINE_HISTORY_MARKS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct mark {
	uint64_t mark; /* 0: free */
	int64_t value;
};
struct marks {
	struct mark *items;
	size_t count, room;
};

#define MARK_DONE INT64_MAX
#define MARK_SEEN 1 /* that it is there says all */
#define MARK_FIRST (-2) /* likewise; and what it says is said by an entry of the first ones, too */
/* Whether it says nothing that its absence does not: no place, nothing in a chain. */
static inline bool mark_is_idle(int64_t value)
{
	return value == 0 || value == -1;
}

/* The value of the mark, or NULL. Valid until the next change. */
int64_t *marks_find(const struct marks *marks, uint64_t mark);
/* Finds or adds (with `value`). Returns the value's place. */
int64_t *marks_put(struct marks *marks, uint64_t mark, int64_t value);
/* Room for so many, of an empty set, and one after the other that is not in it yet. */
void marks_reserve(struct marks *marks, size_t count);
void marks_add(struct marks *marks, uint64_t mark, int64_t value);
void marks_free(struct marks *marks);
/* Empty, and keeps the memory. */
void marks_clear(struct marks *marks);

/* Mixes two fingerprints into one that is not 0. */
static inline uint64_t mark_mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u + b;
	x = (x ^ (x >> 29)) * 0x94d049bb133111ebu;
	x ^= x >> 32;
	return x ? x : 1;
}

#endif
