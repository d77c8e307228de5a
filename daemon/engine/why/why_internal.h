/* why_internal: what the fold and the kinds of rule say of themselves. Internal to engine/.
 *
 * The one rule: where nobody asks it costs one comparison. */
#ifndef CASEWATCH_ENGINE_WHY_WHY_INTERNAL_H
#define CASEWATCH_ENGINE_WHY_WHY_INTERNAL_H

#include "engine/fold/fold.h"
#include "engine/why/why.h"

static inline bool why_asked(const struct fold *fold, const struct rule *rule)
{
	return fold->why && fold->why->rule == rule;
}

/* Said of an event (NULL: of the clock) where it is judged. `words` lives for ever. */
void why_say(struct fold *fold, const struct rule *rule, const struct event *event, bool did, const char *words);
/* The same, with how many a count holds now, or when a clock expires. */
void why_say_number(struct fold *fold, const struct rule *rule, const struct event *event, int64_t number,
                    const char *words);
void why_say_until(struct fold *fold, const struct rule *rule, const struct event *event, instant until,
                   const char *words);
/* An event whose condition does not hold: which part of it. */
void why_say_where(struct fold *fold, const struct rule *rule, const struct selector *selector,
                   const struct event *event, uint64_t key);
/* Why it was left: the rule was not in force, or no longer speaks of a person of this age. */
void why_say_out_of_force(struct fold *fold, const struct rule *rule, const struct event *event);

/* For a kind's `why`. */
void why_part(struct why *why, bool met, const char *name, const char *format, ...) PRINTF_LIKE(4, 5);
void why_nearest(struct why *why, const char *format, ...) PRINTF_LIKE(2, 3);
struct why_plan *why_plan(struct why *why);
struct why_seed *why_seed(struct why_plan *plan, const struct selector *selector, instant at);
struct why_seed *why_seed_holds(struct why_plan *plan, const struct condition *holds, instant at);
/* A plan for each of the rule's `on` selectors, that event at `at`; where the rule has `while`, with what makes it
 * hold. */
void why_plan_on(struct fold *fold, const struct rule *rule, instant at, struct why *why);
/* The same for a clock: so long ago that it has expired by now. Where it starts from another rule's alert, engine_why
 * asks that rule, too. */
void why_plan_clock(struct fold *fold, const struct rule *rule, struct duration length, struct why *why);
/* `while` or `when`, conjunct by conjunct. */
void why_condition(struct fold *fold, const struct rule *rule, const struct condition *condition, const char *name,
                   uint64_t key, struct why *why);
/* The clocks of the rule that run now: parts, and when the first of them expires. Returns how many. */
size_t why_clocks(struct fold *fold, const struct rule *rule, struct why *why);
/* An instant in a sentence: "Tue 4 Feb 2020, 01:20". Lives in the arena. */
const char *why_time(const struct fold *fold, struct why *why, instant at);
const char *why_span(struct why *why, instant span);
const char *why_length(struct why *why, struct duration length);

#endif
