/* alerts: what stands, stood and was withdrawn; and due times.
 *
 * The one rule: an alert row is the engine's own struct alert, kept; every change of it leaves a row in the audit. */
#ifndef CASEWATCH_STORE_ALERTS_ALERTS_H
#define CASEWATCH_STORE_ALERTS_ALERTS_H

#include "rules/alert.h"
#include "store/audit/audit.h"
#include "store/store.h"

/* Inserts or updates. `number` is given on the first insert: the short, sayable one people use ("A-2041" is 2041).
 * The rule is kept by its id and effective-from; alerts of rules no longer in `rules` (nor renamed in it) are kept but
 * not visited by alerts_history: alerts_of_rules finds them. Early warnings are kept and visited by alerts_history
 * alone. In the caller's transaction. */
MUST_CHECK enum result alerts_keep(struct store *store, const struct ruleset *rules, enum party_kind domain,
                                   struct text subject, const struct alert *alert, int64_t *number,
                                   struct fault *fault);
/* The number of the alert (or early warning) of this id; 0: not kept. */
MUST_CHECK enum result alerts_number(struct store *store, struct text id, int64_t *number, struct fault *fault);
typedef enum result alerts_visit(void *argument, const struct alert *alert, struct fault *fault);
MUST_CHECK enum result alerts_history(struct store *store, const struct ruleset *rules, enum party_kind domain,
                                      struct text subject, alerts_visit *visit, void *argument, struct fault *fault);

/* For people: the row as text. */
struct alert_row {
	int64_t number;
	struct text id, rule, subject, key, reason, because;
	civil_day rule_from; /* the version of the rule it is of: its effective-from; DAY_NONE: from the beginning */
	enum party_kind domain;
	enum severity severity;
	enum alert_state state;
	instant opened, closed, told, next, acknowledged_at, review_at;
	int step;
	bool acknowledged, spent;
	bool shadow;          /* of a rule in `mode: shadow`: nobody was told */
	/* The events that it told of last: the bytes of an array of uint64_t, numbers of events in order of time, not
	 * aligned; alerts_evidence has their ids. told_ids: the same of an alert that was last told of by an older
	 * version, a JSON list of ids. */
	struct text told_of, told_ids;
	struct text made_of;  /* what it is made of now: the bytes of an array of struct evidence, not aligned */
	instant due;          /* when its clock runs out, or ran out; INSTANT_NONE: it has none */
	bool early;           /* an early warning, no alert yet */
};
typedef enum result alert_row_visit(void *argument, const struct alert_row *row, struct fault *fault);
/* `which`: a number ("2041", "A-2041") or an id; visits one or none. */
MUST_CHECK enum result alerts_find(struct store *store, struct text which, alert_row_visit *visit, void *argument,
                                   struct fault *fault);
/* The same by its id, an early warning too: what a message about it needs. */
MUST_CHECK enum result alerts_find_any(struct store *store, struct text id, alert_row_visit *visit, void *argument,
                                       struct fault *fault);
/* Whether it stands and nobody answered it: asked of hundreds a minute, so that of its row no more is read. */
MUST_CHECK enum result alerts_waits(struct store *store, struct text which, bool *waits, struct fault *fault);
/* When the step that it has reached was last told; INSTANT_NONE: never, or there is no such alert. */
MUST_CHECK enum result alerts_asked(struct store *store, struct text id, instant *asked, struct fault *fault);
/* Filters: empty text matches all. Standing only unless `all`. Oldest first. None of a rule in `mode: shadow`: nobody
 * was told of those; alerts_each_shadow has them alone. */
MUST_CHECK enum result alerts_each(struct store *store, struct text rule, struct text subject, bool all,
                                   alert_row_visit *visit, void *argument, struct fault *fault);
/* Those that stand of one child, worker or provider, in the same order; it reads their alerts alone, however many stand
 * of others. */
MUST_CHECK enum result alerts_standing_of(struct store *store, struct text subject, alert_row_visit *visit,
                                          void *argument, struct fault *fault);
MUST_CHECK enum result alerts_each_shadow(struct store *store, struct text rule, struct text subject, bool all,
                                          alert_row_visit *visit, void *argument, struct fault *fault);
/* What it tells, and of which events: their numbers are kept and none of them is read, so that an alert with ten
 * thousand of them holds nobody up. */
MUST_CHECK enum result alerts_set_words(struct store *store, struct text id, struct text because,
                                        const struct evidence *evidence, size_t count, struct fault *fault);
/* Appends the ids of the events that it told of last, in order of time, as a JSON list. Reads each of them: for whom
 * somebody asked about, never in the daemon's loop. One that was erased has no id. */
MUST_CHECK enum result alerts_evidence(struct store *store, const struct alert_row *row, struct buffer *out,
                                       struct fault *fault);

/* Somebody answered: when, and when it is looked at again (INSTANT_NEVER: not). */
MUST_CHECK enum result alerts_set_answered(struct store *store, struct text id, instant at, instant review_at,
                                           struct fault *fault);
/* When the rules changed. Every alert by its number, from `after` on (0: the first), `most` numbers a portion; *last:
 * how far that was, 0: it was the last portion. A visitor may change alerts. `stands`: and is no early warning. */
typedef enum result alert_rule_visit(void *argument, int64_t number, struct text rule, bool stands, bool shadow,
                                     struct fault *fault);
MUST_CHECK enum result alerts_of_rules(struct store *store, int64_t after, size_t most, int64_t *last,
                                       alert_rule_visit *visit, void *argument, struct fault *fault);
/* It is kept under the new id of its rule from now on. */
MUST_CHECK enum result alerts_rename_rule(struct store *store, int64_t number, const char *rule, struct fault *fault);
/* Its rule is gone: it stands no more. */
MUST_CHECK enum result alerts_withdraw(struct store *store, int64_t number, instant at, const char *reason,
                                       struct fault *fault);

/* Alerts that stand and were asked or answered, or opened in a mute, later than `ahead` from now, by a clock that was
 * ahead and has been set back: nobody would hear of them until the clock came so far again. Their histories fall due
 * now, so that the engine reckons their steps and review times anew (ladder_set_back, ladder_review_back). *count: how
 * many. In the caller's transaction. */
MUST_CHECK enum result alerts_wake_asked_ahead(struct store *store, instant now, instant ahead, uint64_t *count,
                                               struct fault *fault);

/* Due times: one a history; the timer is a cache of the earliest. */
/* In the caller's transaction; INSTANT_NEVER: none. */
MUST_CHECK enum result due_set(struct store *store, enum party_kind domain, struct text subject, instant at,
                               struct fault *fault);
MUST_CHECK enum result due_next(struct store *store, instant *at, struct fault *fault);
/* That of one history; INSTANT_NEVER: it has none. */
MUST_CHECK enum result due_at(struct store *store, enum party_kind domain, struct text subject, instant *at,
                              struct fault *fault);
/* Those due at or before `until`, the earliest first, at most `limit`. A visitor may set due times. */
typedef enum result due_visit(void *argument, enum party_kind domain, struct text subject, instant at,
                              struct fault *fault);
MUST_CHECK enum result due_each(struct store *store, instant until, size_t limit, due_visit *visit, void *argument,
                                struct fault *fault);

/* Every history there is, from number `after` on (0: the first), at most `limit`; *last is the number of the last one
 * visited, 0 when there was none. For judging everything anew after the rules changed. */
typedef enum result history_visit(void *argument, enum party_kind domain, struct text subject, struct fault *fault);
MUST_CHECK enum result histories_each(struct store *store, uint32_t after, size_t limit, uint32_t *last,
                                      history_visit *visit, void *argument, struct fault *fault);

/* Lists that went out: when each was last due and made, so that one whose time passed while the daemon was down goes
 * out at start, once. */
MUST_CHECK enum result lists_last(struct store *store, struct text list, instant *due, struct fault *fault);
MUST_CHECK enum result lists_done(struct store *store, struct text list, instant due, struct fault *fault);

#endif
