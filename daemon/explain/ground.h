/* ground: what everything here is asked of: a whole configuration, and the daemon's database beside the running daemon.
 *
 * The one rule of this room: whatever explains an alert, or why there is none, is reckoned once, here, by the engine,
 * and shown by the tool and by the pages alike. Nothing is written. */
#ifndef CASEWATCH_EXPLAIN_GROUND_H
#define CASEWATCH_EXPLAIN_GROUND_H

#include "backtest/trial.h"
#include "config/config.h"
#include "store/store.h"

struct ground {
	const struct config *config; /* its rules, calendar and directory may be NULL where a function says so */
	struct store *store;         /* STORE_READ, with a parser (events_set_parser) */
	instant now;
	size_t events_most;          /* that trials may fold to answer one question (struct trial); 0: no bound */
};
/* What a page may cost: about half a second of trials, with all rules. */
#define GROUND_PAGE_EVENTS 20000

/* All events of the store that bear on the subject; the configuration must be whole. */
MUST_CHECK enum result ground_gather(const struct ground *ground, struct subject *subject, struct fault *fault);

#endif
