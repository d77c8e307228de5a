/* schedule: when each list is due, and who gets which: one outbox row a recipient.
 *
 * The one rule: a list goes out once for each time it is due, however often the daemon starts; a time that passed while it
 * was down is made up for once, at start, marked late; and the rows and the note that they were made are one
 * transaction. */
#ifndef CASEWATCH_REPORT_SCHEDULE_H
#define CASEWATCH_REPORT_SCHEDULE_H

#include "people/directory.h"
#include "report/missing_store.h"

/* The local wall time, `minute` minutes after midnight: the latest at or before `now`, and the first after it. 07:30 is
 * 07:30 through both clock changes. */
instant schedule_latest(const struct zone *zone, int minute, instant now);
instant schedule_next(const struct zone *zone, int minute, instant now);

/* Who gets `daily-missing`: each team's manager that team's (else its head), directors and heads all teams'. Cover on the
 * local date `today` is applied; nobody gets the same list twice. */
struct schedule_recipient {
	const struct person *person;
	const char *role;
	const struct team *team; /* NULL: all teams */
};
/* Fills at most `room`; returns how many. Teams that nobody could be found for are counted in *unread (a team that has
 * only other teams below it needs nobody). */
size_t schedule_recipients(const struct directory *directory, civil_day today, struct schedule_recipient *recipients,
                           size_t room, size_t *unread);

struct schedule {
	struct missing_store from;
	const struct directory *directory;
	int minute;     /* of daily-missing, after local midnight */
	bool enabled;
};
/* Adds the rows of every list whose time has come, and of the full list after one that was not complete, in a transaction
 * of its own (or the caller's if one is open). *added: how many. *next: when to call again at the latest. At the very
 * first call nothing is owed for the past. RESULT_TEMPORARY: call again soon. */
MUST_CHECK enum result schedule_run(const struct schedule *schedule, instant now, size_t *added, instant *next,
                                    struct fault *fault);

#define SCHEDULE_DAILY_MISSING "daily-missing"
#define SCHEDULE_FULL "full" /* payload.reason of the full list after one that was not complete */

#endif
