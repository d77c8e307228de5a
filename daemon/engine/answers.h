/* answers: what people answered to an alert, in the fold and for the ladder.
 *
 * Owns the replies of an outcome. The one rule: the engine takes an answer for what it says and never asks who may give
 * it: that is asked at the door (page, tool), before the answer is written. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_ANSWERS_H
#define CASEWATCH_ENGINE_ANSWERS_H

#include "engine/engine_internal.h"


/* An accepted event: if it is an answer, it is looked for after the flush. And one that does not stand any more is
 * not. */
void answers_note(struct engine *engine, const struct event *event);
void answers_forget(struct engine *engine, uint64_t ref);
void answers_note_again(struct engine *engine, const struct event *event); /* the host knows that it waits */
/* At its end: the host keeps those that wait. */
MUST_CHECK enum result answers_keep(struct engine *engine, struct fault *fault);
/* After a flush: says of each answer that met no alert, and of each refused one, that it had no effect; once. */
MUST_CHECK enum result answers_report(struct engine *engine, instant events_to, struct fault *fault);

/* In the fold: the event is an answer to an alert of this history that stands at its time, or to nothing; or a mute. */
void answers_take(struct fold *fold, const struct event *event);

/* Whether the step needs no answer more: the first one came, or with `answer: each` everybody's who was told, and of
 * whom it was passed on to. `id`: of the alert, as the host knows it. */
bool answers_complete(struct engine *engine, const struct outcome *outcome, const struct rule *rule, uint64_t id,
                      uint16_t step);
instant answers_review(const struct event *event); /* when to ask again; INSTANT_NONE: not said */
/* The newest that is no passing on; NULL: nobody answered. */
const struct reply *answers_in_force(const struct outcome *outcome);
/* Whether an alert of that history is such as its last answer ends, and may have had it: a momentary one that each must
 * answer at that step. */
bool answers_may_end_it(const struct engine *engine, const struct history *history, uint64_t id, uint16_t step);
/* Whether everybody who was told at the step (in `roles`, and in those it was passed on to) has passed it on since
 * then. */
bool answers_all_passed(struct engine *engine, const struct outcome *outcome, uint64_t id, uint16_t step,
                        const char *const *roles, size_t count, instant since);

#endif
