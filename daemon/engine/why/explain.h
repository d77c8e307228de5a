/* explain: the words in which a kind says why an alert stands, for a manager.
 *
 * The one rule: a kind's `because` is put together from these and from time/words.h alone, so that whatever makes
 * them faster makes all of them faster, and dates read alike in all. All append to `out`. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_WHY_EXPLAIN_H
#define CASEWATCH_ENGINE_WHY_EXPLAIN_H

#include "engine/history/history.h"
#include "rules/rule.h"
#include "time/words.h"

void explain_number(uint64_t number, struct buffer *out);                             /* 12 */
void explain_date(const struct zone *zone, instant at, bool year, struct buffer *out); /* 2 Jan; with year 2 Jan 2020 */
void explain_time(const struct zone *zone, instant at, struct buffer *out);           /* 2 Jan, 06:40 */
/* When it opened: 2 Jan, 06:40; by an event of which the date alone is known: 2 Jan, time not known. */
void explain_opened(const struct zone *zone, const struct outcome *outcome, struct buffer *out);
void explain_wall(int minutes, struct buffer *out);                                   /* after midnight: 22:00 */
/* "Held in custody": the event that fired, where it was one; else what the rule looks for first. */
void explain_fired(const struct selectors *selectors, const struct outcome *outcome, struct buffer *out);
void explain_types(const struct selectors *selectors, struct buffer *out);            /* "A", "B" or "C" */
/* no "A" within 72 hours of 2 Jan, 06:40; due by 5 Jan, 06:40. Where no event stops it: 12 months since "B" on 2 Jan.
 * `length` 0: not said; `due` NONE or NEVER: not said. */
void explain_clock(const struct zone *zone, const struct rule *rule, struct duration length, instant start,
                   instant due, struct buffer *out);
/* When what the alert is about began: its first evidence, else when it opened. */
instant explain_start(const struct outcome *outcome);

/* Of a kind that counts: how many of the evidence lay in the window when the alert opened: those up to the event that
 * opened it. All beyond came while it stood. Of any other kind all of it. */
size_t explain_window(const struct rule *rule, const struct outcome *outcome);

/* Why an early warning was sent: still no "A" within 72 hours of … */
void explain_warning(const struct zone *zone, const struct rule *rule, const struct warned *warned,
                     struct buffer *out);

#endif
