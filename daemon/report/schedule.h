/* schedule: which list is due, and who gets which: one outbox row a recipient.
 *
 * The one rule: a list goes out once for each time it is due, however often the daemon starts; a time that passed while
 * it was down is made up for once, marked late; and the rows and the note that they were made are one transaction. */
#ifndef CASEWATCH_REPORT_SCHEDULE_H
#define CASEWATCH_REPORT_SCHEDULE_H

#include "config/lists.h"
#include "people/directory.h"
#include "store/store.h"

#define LIST_VACANT_MOST 8 /* that are named; whoever fills those sees the others the next time */

/* Who gets the list, of which team. Cover on the local date `today` is applied; nobody gets the same list twice. */
struct schedule_recipient {
	const struct person *person;
	const char *role;
	const struct team *team; /* NULL: all teams */
};
/* Found until schedule_recipients_free. */
struct schedule_recipients {
	struct schedule_recipient *items;
	size_t count, room;
	const char *vacant[LIST_VACANT_MOST]; /* its roles that nobody holds; borrowed from it or the directory */
	size_t vacant_count;
};
void schedule_recipients_find(const struct config_list *list, const struct directory *directory, civil_day today,
                              struct schedule_recipients *recipients);
void schedule_recipients_free(struct schedule_recipients *recipients);

struct schedule {
	struct store *store;
	const struct directory *directory;
	const struct calendar *calendar;
	const struct config_list *list;
};
/* What a list owes at a time. */
struct schedule_owed {
	bool anything;
	bool full;               /* the full list after one that was not complete */
	bool waits; /* nothing yet: it waits for events that are still to be stored: a full list, or a report to
	             * a body outside the council */
	bool late;               /* its time passed while casewatch was not running */
	instant due, as_of, last; /* last: when the list before was due */
};
/* *next: when to ask again at the latest, where nothing is owed. At the very first call for a list nothing is owed for
 * the past. In a transaction of its own where it must note that. */
MUST_CHECK enum result schedule_look(const struct schedule *schedule, instant now, struct schedule_owed *owed,
                                     instant *next, struct fault *fault);
/* When the list was due that is not made yet; INSTANT_NONE: there is none. Writes nothing. */
MUST_CHECK enum result schedule_unmade(const struct schedule *schedule, instant now, instant *due, struct fault *fault);
/* Adds the rows, and notes that they were made, in one transaction (the caller's if one is open). *added: how many. */
MUST_CHECK enum result schedule_make(const struct schedule *schedule, const struct schedule_owed *owed, instant now,
                                     size_t *added, struct fault *fault);

#endif
