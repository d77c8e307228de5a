/* mutes: what a person keeps quiet of one history for a time: suppressed, never dropped.
 *
 * Owns the mutes of a history, which are a function of its events like all it holds. The one rule (rules.md, Mutes): a
 * mute names one rule of one subject, or all of them; it ends, never covers a critical alert, and what it held back is
 * looked at again at its end. It holds back who is told, never what stands: the alert opens, is on record, and ends as
 * any other. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_MUTES_H
#define CASEWATCH_ENGINE_MUTES_H

#include "engine/engine_internal.h"

#define MUTES_MOST                                                                                                     \
	64 /* that run at once in one history: more are no work of people, and each is looked at by each step */

/* In the fold: the event begins or ends a mute of this history. Why it had no effect; NULL: it had. */
const char *mutes_take(struct fold *fold, const struct event *event);
/* Until when nobody is told of what the rule finds in this history; NONE: it is not muted now. A mute lasts no longer
 * than ten times the time after which the severity asks again: a slip of the keyboard must not silence. */
instant mutes_hold(const struct engine *engine, const struct history *history, const struct rule *rule, instant now);
/* The first instant from `at` on at which no mute of the rule holds: when what falls due at `at` is told. */
instant mutes_over(const struct engine *engine, const struct history *history, const struct rule *rule, instant at);
/* When the next of the mutes that hold now ends, so that what it held back is looked at; NEVER: none holds. */
instant mutes_next(const struct engine *engine, const struct history *history, instant now);
/* Why a mute does less than it says, and of which field; NULL: it does what it says. */
const char *mutes_doubt(const struct engine *engine, const struct event *event, const char **field);

#endif
