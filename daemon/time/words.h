/* words: dates, times, spans and numbers as people read them (shared/look/look.md, "Words").
 *
 * The one rule: every date, time and span that a person reads is made here, so that they read alike everywhere: the
 * 24-hour clock, local time, "(BST)" or "(GMT)" in the doubled hour, "time not known" where only a date is, and the end
 * of a day never "midnight". All append to `out`. */
#ifndef CASEWATCH_TIME_WORDS_H
#define CASEWATCH_TIME_WORDS_H

#include "time/calendar.h"

enum words_form {
	WORDS_FULL,       /* Tuesday 4 February */
	WORDS_FULL_YEAR,  /* Tuesday 4 February 2020 */
	WORDS_TABLE,      /* Tue 4 Feb */
	WORDS_TABLE_YEAR, /* Tue 4 Feb 2020 */
	WORDS_BRIEF,      /* 4 Feb */
	WORDS_BRIEF_YEAR, /* 4 Feb 2020 */
	WORDS_PLAIN,      /* 4 February */
	WORDS_PLAIN_YEAR, /* 4 February 2020 */
};

/* When something happened: where only the date is known, `at` is its local midnight. */
struct words_moment {
	instant at;
	bool day_only;
};

void words_day(civil_day day, enum words_form form, struct buffer *out);
/* The form, or the one with the year where `day` and `beside` are of different years ("wherever years mix"). */
void words_day_beside(civil_day day, civil_day beside, enum words_form form, struct buffer *out);
/* "22:10"; in the hour that the clock change doubles "01:30 (BST)". */
void words_clock(const struct zone *zone, instant at, struct buffer *out);
/* "Tuesday 4 February, 22:10"; "Sun 2 Feb, time not known"; INSTANT_NONE "not recorded". */
void words_moment(const struct zone *zone, struct words_moment moment, enum words_form form, struct buffer *out);
/* Up to when: "Tue 4 Feb, 06:40", and for a local midnight the day it ends: "the end of Friday 31 January". */
void words_until(const struct zone *zone, instant at, enum words_form form, struct buffer *out);
/* The same for somebody who reads it at `now`: "02:40" within the next 12 hours, "the end of today". */
void words_answer_by(const struct zone *zone, instant at, instant now, struct buffer *out);

/* A span in words, rounded down: under 24 hours hours and minutes, under 48 hours, then days and hours: "4 hours 30
 * minutes", "34 hours", "2 days 23 hours", "3 days". */
void words_span(instant span, struct buffer *out);
/* In whole hours, rounded down, for time left and overdue: "58 hours", "1 hour", "under 1 hour". */
void words_hours(instant span, struct buffer *out);
/* In whole hours under 48 and then days and hours, for the longest time missing: "11 hours", "2 days 4 hours". */
void words_longest(instant span, struct buffer *out);
/* "1 day", "18 days". */
void words_days(int64_t days, struct buffer *out);
/* From `since` to `now`: a span, or whole days where only the date is known ("3 days"; on the same date "today"). */
void words_elapsed(const struct zone *zone, struct words_moment since, instant now, struct buffer *out);

/* "4 hours 30 minutes ago", "1 day ago"; from 5 hours on to the last 5 minutes, as nobody acts on less; "today" where
 * only the date is known and it is that of `now`. */
void words_ago(const struct zone *zone, struct words_moment since, instant now, struct buffer *out);
/* Until a clock runs out, or since: "22 hours left", "11 hours overdue"; from 48 hours on in days: "7 days left". */
void words_left(instant left, struct buffer *out);

void words_number(int64_t number, struct buffer *out);                         /* 1,255 */
void words_count(int64_t number, const char *one, const char *many, struct buffer *out); /* 1 child, 3 children */
/* "A", "A and B", "A, B and C": puts what belongs before item `at` of `count`. */
const char *words_between(size_t at, size_t count);
/* A title as it stands inside a sentence: "Team manager" is "team manager", "Chair of the Group (VPG)" "chair of the
 * Group (VPG)"; "Head of Service" stays, and so does a first word in capitals. */
void words_in_sentence(const char *title, struct buffer *out);
/* With a capital first letter. */
void words_sentence(struct text words, struct buffer *out);

#endif
