/* story: how an alert came about: each event that made it, that kept it or that ended it, and what it did.
 *
 * The one rule: an event is named because the alert is another one without it: that was tried, with the engine, on the
 * records as they are known now. What people were told is not reckoned here; it stands in the database. */
#ifndef CASEWATCH_EXPLAIN_STORY_H
#define CASEWATCH_EXPLAIN_STORY_H

#include "backtest/trial.h"

#define STORY_TRIED 400 /* events of the subject, the latest first, that are left out one by one; more are said */

/* What an alert is without the event. */
enum story_without {
	WITHOUT_NONE /* there is none */,
	WITHOUT_OPENED /* it opens at another time */,
	WITHOUT_ENDED /* it ends otherwise, or not */,
	WITHOUT_OTHER /* it rests on other records */
};
struct story_event {
	const struct event *event;
	enum story_without without;
	instant other;     /* when it would open or end instead; INSTANT_NEVER: it would stand */
	const char *words; /* what the rule did with it; NULL: it says nothing of it */
	int64_t number;
	instant until;
};
/* One day of a working-day clock. */
struct story_day {
	civil_day day;
	int number;      /* 0: the day it starts; -1: not counted */
	const char *why; /* why not: "Saturday", the holiday's title */
};
struct story {
	struct arena *arena; /* the caller's */
	bool stands_so;      /* the records as they are now give this alert */
	const struct rule *rule;
	char id[ALERT_ID_SIZE];
	instant opened, closed, due;
	const char *reason;
	uint32_t nights;
	struct story_event *events; /* in order of time; free with story_free */
	size_t count, room;
	size_t tried, of;   /* events that were left out, of how many */
	instant clock_from; /* INSTANT_NEVER: no clock of working days */
	struct story_day *days;
	size_t day_count, day_room;
};

/* `id`: the alert's; `near`, `until`: when it opened and ended, as far as was told (until INSTANT_NEVER: not): of
 * several periods of one id the one that stands or that opened then, and where its id is not found one of its rule that
 * stood meanwhile: corrections move when an alert opens, and its number stays. */
MUST_CHECK enum result story_tell(const struct trial *trial, const struct rule *rule, const char *id, instant near,
                                  instant until, struct story *story, struct fault *fault);
void story_free(struct story *story);

#endif
