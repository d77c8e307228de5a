/* registers: brings the registers up to date, child by child, in transactions of their own and in portions that do not
 * hold up an event.
 *
 * Owns the list of children still to be looked at. The one rule: rows are never written on the way of an event; a list
 * asks for all of them to be up to date before it reads. */
#ifndef CASEWATCH_PIPELINE_REGISTERS_H
#define CASEWATCH_PIPELINE_REGISTERS_H

#include "rules/rule.h"
#include "store/store.h"

/* A portion is over after so many events were read or rows reckoned, bytes of events parsed, or rows written: some
 * milliseconds of the loop. A child with more is split over several, so that while the registers are behind some of its
 * rows may be of before. */
#define REGISTERS_PORTION 3000
#define REGISTERS_PORTION_BYTES (2 << 20)
#define REGISTERS_PORTION_ROWS 2000

struct registers_settings {
	struct store *store;
	const struct ruleset *rules;   /* its registers */
	const struct zone *zone;
	void *context;
	/* Which ids are one history, and under which (engine_linked, engine_canonical). */
	size_t (*linked)(void *context, struct text id, const struct text **ids);
	struct text (*canonical)(void *context, struct text id);
	bool (*knows_links)(void *context); /* false: not now (pipeline_learn_links); NULL: always */
};

struct registers;
/* Makes the tables as they are declared. What `settings` points to must outlive it. */
MUST_CHECK enum result registers_new(const struct registers_settings *settings, struct registers **registers,
                                     struct fault *fault);
void registers_free(struct registers *registers); /* NULL is fine */

/* One portion, in a transaction of its own. *more: there is more to do. RESULT_TEMPORARY: nothing changed, call again
 * later. */
MUST_CHECK enum result registers_step(struct registers *registers, bool *more, struct fault *fault);

struct registers_figures {
	uint64_t subjects, events, rows, written; /* looked at, read, reckoned and changed since start */
	uint64_t looks;                  /* at events, while rows were reckoned */
	uint64_t behind;                 /* events that the tables do not hold yet */
	bool building;                   /* a table is built from nothing: its rows are not all there */
};
MUST_CHECK enum result registers_figures(const struct registers *registers, struct registers_figures *figures,
                                         struct fault *fault);

#endif
