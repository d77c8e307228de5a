/* mutants: rules with one small change each, for asking whether any test would notice.
 *
 * The one rule: the documents given are never changed: each mutant is a document of its own, which shares with the
 * original all that is alike. What people read (titles, words, facts) is not changed: tests beside rules do not see it.
 */
#ifndef CASEWATCH_RULETEST_MUTANTS_H
#define CASEWATCH_RULETEST_MUTANTS_H

#include "config/yaml.h"

struct arena;

struct mutant {
	const struct yaml_node *root; /* the file's document with the change */
	const struct yaml_node *at;   /* what was changed, in the original: its file, line and column */
	const char *rule;             /* the id of the rule, or "state ID" */
	const char *change; /* "deadline.within: 72 hours -> 73 hours"; of a long value what it becomes alone */
};
/* What the mutant points to lives until it returns. False: it does not load; where there are several ways to make the
 * same change (another event type), the next is tried. */
typedef bool mutant_take(void *context, const struct mutant *mutant);

/* The document with each $name replaced by its setting's value, and without settings: so that every use of a number is
 * changed by itself. In `arena`. */
const struct yaml_node *mutants_prepare(const struct yaml_node *root, struct arena *arena);
/* Every change of every rule and named state of a prepared document. `sent` tells of each event type (by its number,
 * up to UINT16_MAX) whether the tests send it. Returns how many changes were made that load in no way; each of
 * them `take` refused. */
size_t mutants_make(const struct yaml_node *root, const bool *sent, mutant_take *take, void *context);

#endif
