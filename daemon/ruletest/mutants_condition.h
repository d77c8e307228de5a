/* mutants_condition: small changes to a condition, one at a time.
 *
 * The one rule: each is a slip that a person could make and that the language would still take: an operator, a number,
 * a word, a state, an event type, a "not", a part left out. Whether it does take it is found by loading it. */
#ifndef CASEWATCH_RULETEST_MUTANTS_CONDITION_H
#define CASEWATCH_RULETEST_MUTANTS_CONDITION_H

#include "base/text.h"

/* Receives the text with one change. False: it does not load; where there are several ways to make the same change, the
 * next is tried. */
typedef bool mutant_text(void *context, struct text changed);

/* `sent` tells of each event type (by its number) whether the tests send it: a type that they never send is the hardest
 * to miss. Returns how many changes load in no way. */
size_t mutants_of_condition(struct text condition, const bool *sent, mutant_text *take, void *context);

/* Other event types in place of `name`, those most alike first, until one loads; false: none does. */
bool mutants_of_type(struct text name, const bool *sent, mutant_text *take, void *context);
/* Another state in place of `name`, likewise. */
bool mutants_of_state(struct text name, const bool *sent, mutant_text *take, void *context);
/* "72 hours": one more, one less, and days for working days, or the other way round. Counts in `refused` those that do
 * not load. False: it is no duration. */
bool mutants_of_duration(struct text written, mutant_text *take, void *context, size_t *refused);

#endif
