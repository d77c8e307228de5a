/* report_internal: what the files that tell the host what happened share. Internal to engine/report/. */
#ifndef CASEWATCH_ENGINE_REPORT_REPORT_INTERNAL_H
#define CASEWATCH_ENGINE_REPORT_REPORT_INTERNAL_H

#include "engine/engine_internal.h"

/* One history as it is reported; what an effect points to is made here, one after the other. */
struct report {
	struct engine *engine;
	struct history *history;
	instant now;
	struct fault *fault;
	size_t left;               /* effects that this portion may still have */
	struct buffer because;
	struct alert alert;
	size_t window_count;       /* of a count: how many events the window held when the alert opened */
	bool shadow;
	bool muted; /* what is said now is held back by a mute */
	bool kept;  /* what is on record of the alert was written since it was looked at */
	/* the answer that the effects are about, until report_about_no_answer */
	uint64_t answer;
	struct buffer by, person, passed_to;
	instant answered_at, answered_review; /* review: when to ask again; NONE: not said */
};

/* What is said of an alert: the kind, why, when it was caused (event time), and the reason in words where there is
 * one. */
struct saying {
	enum effect_kind kind;
	enum effect_cause cause;
	instant caused;
	const char *reason;
};

/* ---- report_tell.c ---- */

/* Says it of the alert as described, to those in `tell`. */
MUST_CHECK enum result report_send(struct report *report, const struct rule *rule, struct saying saying,
                                   const struct ladder_tell *tell, uint16_t step);
MUST_CHECK enum result report_keep(struct report *report);
void report_describe(struct report *report, const struct rule *rule, const struct outcome *outcome);
/* Tells the step the ladder is on. `spent`: ops hear with it that no step is left. */
MUST_CHECK enum result report_tell_step(struct report *report, const struct rule *rule, struct outcome *outcome,
                                        enum effect_kind kind, enum effect_cause cause, bool spent);
/* Tells everyone who was told so far. */
MUST_CHECK enum result report_tell_all(struct report *report, const struct rule *rule, struct outcome *outcome,
                                       struct saying saying);
/* Critical goes out day and night; others keep the recipients' hours. */
instant report_not_before(const struct report *report, const struct rule *rule);
void report_print_id(uint64_t id, char out[ALERT_ID_SIZE]);
/* What follows is about this answer: who gave it and when, as the event says it. */
MUST_CHECK enum result report_about_answer(struct report *report, uint64_t ref);
void report_about_no_answer(struct report *report);
/* Whether a mute holds back what would be said of the rule now. */
bool report_is_muted(const struct report *report, const struct rule *rule);
/* The host keeps where its ladder is; nobody is told. */
MUST_CHECK enum result report_keep_ladder(struct report *report, const struct rule *rule,
                                          const struct outcome *outcome);
/* It opens while it is muted: on record, and nobody is told. */
MUST_CHECK enum result report_opened_muted(struct report *report, const struct rule *rule, struct outcome *outcome,
                                           enum effect_cause cause);
/* The next step of its ladder, or the last one again: because nobody answered, or at a review time. */
MUST_CHECK enum result report_climb(struct report *report, struct outcome *outcome);

/* ---- report_warnings.c ---- */

/* One that is muted waits: if its clock still runs when the mute ends, it is sent then. *whole: all were looked at. */
MUST_CHECK enum result report_warnings(struct report *report, bool *whole);

/* ---- report_answers.c ---- */

/* Whether an answer came of which nobody heard yet. */
/* Whether the answer that holds the ladder was not withdrawn. */
bool report_answer_stands(const struct outcome *outcome);
bool report_has_answer(const struct outcome *outcome);
/* What was answered since; and whether the answer that stopped the ladder still stands. */
MUST_CHECK enum result report_answers(struct report *report, const struct rule *rule, struct outcome *outcome);
/* One who was told is not to be reached after all: nobody may be missing any more. Of an alert that waits for an
 * answer. */
MUST_CHECK enum result report_one_less(struct report *report, const struct rule *rule, struct outcome *outcome);
/* What was answered so far is of the time before it opened again. */
void report_answers_are_old(struct outcome *outcome);

#endif
