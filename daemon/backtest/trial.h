/* trial: what would be if: the events of one subject, with some added and some left out, judged by the engine.
 *
 * For why-not and explain. The one rule: what may be claimed of an event is what the engine says with and without it;
 * nothing is stored, nobody is told. */
#ifndef CASEWATCH_BACKTEST_TRIAL_H
#define CASEWATCH_BACKTEST_TRIAL_H

#include "config/config.h"
#include "base/map.h"
#include "engine/why/why.h"

/* The events that bear on one subject: its own and those of the ids linked with it, what amends them, and for a worker
 * or provider those of the children that name it. They are called by their place, from 1. */
struct subject {
	struct arena *arena; /* owned, and all text with it */
	struct text id;
	enum party_kind domain;
	const struct event **events;
	size_t count, room;
	struct map by_id;    /* hash of (source, id) -> place */
};
void subject_free(struct subject *subject);
/* The subject of which one asks; nothing is read yet. */
struct subject subject_of(struct text id, enum party_kind domain);
/* Keeps a copy of an event that bears on it; of several with one source and id the first, as the daemon does. */
void subject_keep(struct subject *subject, const struct event *event);
/* The ids that are one history with the subject's, by the merges among `merges`; at least itself. In the arena. */
size_t subject_linked(const struct config *config, struct subject *subject, const struct event *const *merges,
                      size_t merge_count, const struct text **ids);
/* All that bears on the subject in a file of events, one a line: read twice. Lines that are no event are left out and
 * counted in *refused. */
MUST_CHECK enum result subject_read(const struct config *config, const char *path, struct subject *subject,
                                    size_t *refused, struct fault *fault);

struct trial {
	const struct config *config;
	const struct ruleset *rules;
	const struct subject *subject;
	const bool *without;               /* by place in subject->events; NULL: all are there */
	const struct event *const *added;  /* beside them */
	size_t added_count;
	instant at;                        /* now */
	struct why *why;                   /* filled where it is there: notes, parts, plans */
	size_t events_most;                /* that all trials of one question may fold together; 0: only their own
	                                      limits count */
	engine_visit_clock *clocks;        /* of each clock that runs then; refs as places; NULL: not asked */
	engine_visit_state *states;        /* of each state that is open then; NULL: not asked */
	void *clock_argument;              /* of both */
	const struct rule *mutes_of; /* whose mute is asked of; NULL: not asked */
	instant *muted_until;        /* filled with it: NONE where it is not muted then */
};
/* Judges once. Refs in notes and evidence: places from 1; those of added events follow. `visit` may be NULL. */
MUST_CHECK enum result trial_judge(const struct trial *trial, engine_visit_period *visit, void *argument,
                                   struct fault *fault);
/* Whether an alert of a rule of this id stands then. */
MUST_CHECK enum result trial_stands(const struct trial *trial, const char *rule_id, bool *stands, struct fault *fault);

/* The ladder of an alert of the rule that opens at `at`, if nobody answered. */
void trial_ladder(const struct config *config, const struct rule *rule, instant at, engine_visit_step *visit,
                  void *argument);

/* The version of the rule that is in force at `at`; else the last that was, or the first that will be. NULL: no rule of
 * that id, nor one that had it. */
const struct rule *trial_rule(const struct ruleset *rules, const struct zone *zone, struct text id, instant at);

#endif
