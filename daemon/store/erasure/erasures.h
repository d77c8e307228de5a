/* erasures: children (workers, providers) whose data was taken away, and the records that must not come back.
 *
 * Owns the table `erasure` and the file DATABASE.erased beside the database, which survives the restore of an older
 * backup. Neither says who was erased: a subject is an HMAC of its id, a record a fingerprint of its source and id,
 * both with a key of this database. The one rule: what was erased is not stored again, whether a source sends it again,
 * its position goes back, or an old backup is put back; whatever else comes of the same id is news, and is taken as of
 * any child: after an erasure nobody is lost. */
#ifndef CASEWATCH_STORE_ERASURE_ERASURES_H
#define CASEWATCH_STORE_ERASURE_ERASURES_H

#include "base/clock.h"
#include "base/text.h"

struct store;

struct erasure_order {
	struct text subject; /* one id; of linked ids each is ordered */
	struct text person;  /* who ordered it, an id of the directory; empty: the schedule, or a restore */
	struct text reason;  /* in words that name nobody */
	instant at;
	instant audit_from; /* what the audit says of it goes from then on; INSTANT_NONE: at once */
};
/* From now on the id is nobody's: its name, alerts, messages and register rows are gone, and what is stored of it
 * further is taken away by erasures_step. In a transaction of its own. Whoever has some of it in memory (the engine)
 * must forget it. One that was begun before, of that id and time, changes nothing. STORE_WRITE. */
MUST_CHECK enum result erasures_begin(struct store *store, const struct erasure_order *order, struct fault *fault);
/* One portion of what is still to be taken away, of erasures whose time has come, in a transaction of its own: some
 * milliseconds. *more: there is more to do. After a crash it goes on where it was. */
MUST_CHECK enum result erasures_step(struct store *store, instant now, bool *more, struct fault *fault);

/* Whether this record was erased: then it is not stored again. The second: bytes that could not be read. */
bool erasures_hold(const struct store *store, struct text source, struct text id);
bool erasures_hold_bytes(const struct store *store, struct text bytes);

/* Of erasures that are in the file and not in the database, as after a restore: each is begun anew at the start of the
 * daemon, and by `casewatch restore`. How many those were when the store was opened. */
size_t erasures_begun_again(const struct store *store);

struct erasure_row {
	int64_t id;
	instant at;
	struct text person, reason;
	bool done;          /* everything is gone, but what the audit says until audit_from */
	instant audit_from; /* INSTANT_NONE: nothing is left for later */
	int64_t events, alerts, messages, records, audit_rows;
};
typedef enum result erasure_visit(void *argument, const struct erasure_row *row, struct fault *fault);
/* Oldest first. */
MUST_CHECK enum result erasures_each(struct store *store, erasure_visit *visit, void *argument, struct fault *fault);
/* Whether that subject is being erased, or was, and is not done. STORE_READ too. */
MUST_CHECK enum result erasures_pending(struct store *store, int64_t *count, struct fault *fault);

/* Whether `id` stands in the bytes by itself: "C1" is not in "C10". */
bool erasures_named_in(struct text bytes, struct text id);

/* Of the events that are packed, how many name one of the ids, as those of others may, and how many cannot be read: in
 * the bytes of a file neither is to be seen. Goes through all events. STORE_READ too. */
struct erasures_left {
	int64_t naming, unread;
};
MUST_CHECK enum result erasures_named(struct store *store, const struct text *ids, size_t count,
                                     struct erasures_left *left, struct fault *fault);

#endif
