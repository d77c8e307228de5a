/* gauges: what is open in the database, counted for metrics on a reading connection.
 *
 * The one rule: only what is open is walked (by the partial indexes of open messages and standing alerts), never
 * what is past; and never on the daemon's own connection. */
#ifndef CASEWATCH_STORE_GAUGES_H
#define CASEWATCH_STORE_GAUGES_H

#include "store/outbox/outbox.h"

#define GAUGES_STEPS 8 /* of a ladder; those beyond count as the last */
struct gauges {
	uint64_t outbox[OUTBOX_GIVEN + 1];       /* open ones by state */
	instant outbox_oldest[OUTBOX_GIVEN + 1]; /* created; INSTANT_NEVER: none */
	uint64_t late;                           /* may go for an hour and have not gone */
	uint64_t standing[3];                    /* by severity */
	uint64_t unanswered[3][GAUGES_STEPS];    /* of those: by severity and step; [0]: nobody was told yet */
};
MUST_CHECK enum result gauges_read(struct store *store, instant now, struct gauges *gauges, struct fault *fault);

#endif
