/* ownership_internal: what the files of ownership share; nobody else includes it. */
#ifndef CASEWATCH_CELL_OWNERSHIP_INTERNAL_H
#define CASEWATCH_CELL_OWNERSHIP_INTERNAL_H

#include "base/map.h"
#include "cell/ownership.h"

/* The exploration of all states (tests/unit/ownership_states_test.c) compiles this file with parts of the protocol left
 * out, one at a time, and must find what goes wrong. In the daemon nothing is. */
#ifndef OWNERSHIP_LEFT_OUT
#define OWNERSHIP_LEFT_OUT(part) false
#endif

enum owning {
	AWAY,     /* the group does not name us */
	CLAIMING, /* OWN was appended, and not read back */
	OWNER,
	LOST, /* the group names us, and somebody else's OWN came: to be claimed again at again_at */
};

enum stage {
	OTHERS,  /* not ours to follow: read from the log */
	ASKED,   /* INTENT appended, not read back */
	STARTED, /* read back in time: our host sends */
	ENDED,   /* RESULT appended, not read back */
};

/* An INTENT without a RESULT. */
struct intent {
	struct journal_row row, message;
	uint64_t nonce;
	uint32_t attempt;
	enum stage stage;
	bool logged;            /* read, and valid */
	bool doubtful;          /* and an OWN was read behind it */
	int64_t position;       /* logged: where it stands */
	instant read;           /* logged: when it was read */
	instant asked;          /* ours: before it was appended */
	instant again;          /* ENDED: the RESULT is appended again then */
	enum journal_what what; /* ENDED */
};

struct ownership {
	char council[JOURNAL_NAME_MOST], owner_name[JOURNAL_NAME_MOST];
	size_t council_length, owner_length;
	uint64_t life, nonce; /* nonce: of our latest OWN */
	uint32_t claims, attempts;
	enum owning state;
	instant claimed, again_at;
	instant pause;       /* before the next OWN after somebody else's; 0: none was lost since the group named us */
	int64_t next;        /* the next record to be read */
	uint64_t owner;      /* the nonce of the last OWN read; 0: none, or not known */
	instant doubt_waits; /* rows that are doubtful for what this life has not read itself go no sooner */
	struct intent *intents;
	size_t count, room, own;
	struct map by_row;
	struct ownership_order *orders;
	size_t order_count, order_room, order_first;
};

/* ---- ownership_known.c: the INTENTs without a RESULT, and all that is known ---- */

/* The one of that nonce and attempt; NULL: there is none. */
struct intent *ownership_find(struct ownership *ownership, const struct journal_row *row, uint64_t nonce,
                              uint32_t attempt);
/* Our own of the row in that stage, of whatever nonce; NULL: there is none. */
struct intent *ownership_find_own(struct ownership *ownership, const struct journal_row *row, enum stage stage);
/* Both end every pointer to an intent. */
struct intent *ownership_add(struct ownership *ownership, const struct intent *intent);
void ownership_remove(struct ownership *ownership, struct intent *intent);
/* When an earlier send of the row can no longer begin. INSTANT_NONE: there is none; INSTANT_NEVER: one of ours is not
 * over. */
instant ownership_free_at(const struct ownership *ownership, const struct journal_row *row);

#endif
