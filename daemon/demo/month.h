/* month: a month of an invented council: its children, what happens to them, and what goes wrong in recording it.
 *
 * Half a year of history, so that counts, trends and clocks have something behind them, then the month. The one rule:
 * all of it is invented, and all of it follows from the seed. */
#ifndef CASEWATCH_DEMO_MONTH_H
#define CASEWATCH_DEMO_MONTH_H

#include "demo/diary.h"

#define DEMO_CHILDREN 60
#define DEMO_DAYS 30 /* from Monday 2 March 2026: the clocks go forward in its fourth week */

/* A child known to the case system. */
struct demo_child {
	char id[16], initials[4];
	civil_day birth;
	const char *worker, *team;
};
struct demo_cast {
	struct demo_child children[DEMO_CHILDREN];
};

/* Who is who, by index: their lives go different ways. */
enum demo_group {
	DEMO_AT_RISK = 0,      /* adolescents, missing now and then, some often */
	DEMO_STORIES = 16,     /* adolescents of the told stories (stories.c); nothing else happens to them */
	DEMO_PLACED = 24,      /* aged 15 to 17, in placements */
	DEMO_PROTECTED = 34,   /* younger, with child protection plans */
	DEMO_IN_NEED = 46,
};

/* Fills an empty diary whose zone, prefix and dice are set: the first `days` days of the month. Sorted, as it is to be
 * sent. */
void demo_month(struct diary *diary, int days);

/* lives.c: what happens every day. */
void demo_lives(struct diary *diary, const struct demo_cast *cast);
/* lives.c: visits, reviews, checklists and appraisals, most of them in time. Comes last: it leaves the dice of the rest
 * as they fell. */
void demo_routine(struct diary *diary, const struct demo_cast *cast);
/* front_door.c: contacts, referrals, assessments, enquiries. */
void demo_front_door(struct diary *diary, const struct demo_cast *cast);
/* stories.c: nights in custody, placements, records that were wrong. */
void demo_stories(struct diary *diary, const struct demo_cast *cast);

#endif
