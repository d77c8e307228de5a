/* missing_store: what the list `daily-missing` needs, read from the store. */
#ifndef CASEWATCH_REPORT_MISSING_STORE_H
#define CASEWATCH_REPORT_MISSING_STORE_H

#include "report/missing.h"
#include "store/alerts.h"
#include "store/events.h"

/* The id under which linked records are one child (after person.merged); it lives until the next call. */
typedef struct text missing_canonical(void *context, struct text id);

struct missing_store {
	struct store *store;
	const struct zone *zone;
	missing_canonical *canonical; /* NULL: every id is its own */
	void *context;
};

/* Reads all events that matter (a child may be missing for years), what waits in quarantine, and the standing alerts of
 * missing.vpg-referral. NULL and a fault if the store fails. The caller frees the facts. */
struct missing_facts *missing_load(const struct missing_store *from, struct fault *fault);
/* Up to when the sources are complete. */
MUST_CHECK enum result missing_load_completeness(const struct missing_store *from,
                                                 struct missing_completeness *completeness, struct fault *fault);
/* For tests: what a refused record says of itself, as far as that can be read without trusting it: the type, the child (an
 * id of 1 to 36 letters, digits and hyphens, else empty), and in words what it lacks. */
struct missing_refused {
	bool concerns;       /* it is, or may be, about a missing child */
	struct text subject; /* within `bytes` */
	char lack[160];
};
void missing_read_refused(struct text bytes, struct text reason, struct missing_refused *refused);

#endif
