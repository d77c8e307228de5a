/* register_round: the rows of many children made together: their histories are read in the order of the file, the
 * newest event first, and then each child's rows are written; all of it in pieces as small as the caller wants.
 *
 * Owns copies of the events that the registers read, until the child's rows are written. The one rule: what is read is
 * each history as it was when the child was added; whoever adds it again when something of it changed, is right. */
#ifndef CASEWATCH_PIPELINE_REGISTER_ROUND_H
#define CASEWATCH_PIPELINE_REGISTER_ROUND_H

#include "engine/registers/register_types.h"
#include "store/registers/registers.h"

/* What one piece may still do; each is counted down, and may end a little below nothing. */
struct register_budget {
	int64_t reads;  /* events read, and rows reckoned */
	int64_t bytes;  /* of events parsed */
	int64_t writes; /* rows that were not as they are now */
};
static inline bool budget_left(const struct register_budget *budget)
{
	return budget->reads > 0 && budget->bytes > 0 && budget->writes > 0;
}

struct register_round;
/* `tables`, `rules`, `types` (of them) and `zone` are borrowed. `memory`: bytes of events that a round may hold; of
 * more its children are halved, down to one. */
struct register_round *register_round_new(struct store *store, struct register_tables *tables,
                                          const struct ruleset *rules, const struct register_types *types,
                                          const struct zone *zone, size_t memory);
void register_round_free(struct register_round *round); /* NULL is fine */
void register_round_clear(struct register_round *round);

/* A child under the id that holds now, and every id of its history; copied. `concerned`: by register, 0 where its rows
 * are as they were, ROUND_WHERE_NONE: where there is any; NULL: nothing is known. Before the first piece. */
#define ROUND_CONCERNED 1
#define ROUND_WHERE_NONE 4
void register_round_add(struct register_round *round, struct text child, const struct text *ids, size_t count,
                        const uint8_t *concerned);
/* Goes on. *done: all rows of all its children are written. In the caller's transaction. */
MUST_CHECK enum result register_round_step(struct register_round *round, struct register_budget *budget, bool *done,
                                           struct fault *fault);
/* How many of the children that were added are in it: fewer than were added after it was halved. */
size_t register_round_children(const struct register_round *round);
size_t register_round_bytes(const struct register_round *round); /* that its events take now */

struct register_round_figures {
	uint64_t subjects, events, rows, written; /* looked at, read, reckoned and changed since it was made */
	uint64_t looks;                           /* at events, while rows were reckoned */
};
void register_round_figures(const struct register_round *round, struct register_round_figures *figures);

#endif
