/* list_facts: what a list says as of one time: its rows, whose they are, what could not be read, and up to when it
 * holds.
 *
 * Read from the database by the SELECTs of the list's file, in a thread of its own where the caller wishes. The one
 * rule: everybody who gets the list at that time gets it from the same facts. */
#ifndef CASEWATCH_REPORT_LIST_FACTS_H
#define CASEWATCH_REPORT_LIST_FACTS_H

#include "people/directory.h"
#include "report/report_facts.h"
#include "rules/rule.h"
#include "store/outbox/outbox.h"
#include "text/data.h"

struct list_request {
	const char *database;
	const struct ruleset *rules;     /* its registers */
	const struct zone *zone;
	const struct config_list *list;
	instant as_of;
	instant last;                    /* when the list before this one was due */
	instant go_live;                 /* INSTANT_NONE: from the first event */
	const char *type_prefix;         /* of stored events' types, which alerts are told by; NULL: none */
	/* For reports; a list needs none of them. */
	instant due;                     /* INSTANT_NONE or 0: as_of */
	bool full;                       /* it follows one of the same due time that was not complete */
	struct period told;              /* what it tells of; `next` 0: by the day on which it was due */
	struct text team, person;        /* whose it is; empty: everybody's */
	const struct calendar *calendar; /* NULL: no working days are reckoned */
	const struct directory *directory; /* NULL: no teams are known */
};

/* Whose a row is. */
struct list_child {
	struct text id, initials;        /* initials empty: not recorded */
	int age;                         /* -1: not known */
	bool restricted;                 /* on no list at all */
	struct allocation *allocations;  /* open ones, social workers first */
	size_t allocation_count;
	struct text *figures;            /* of facts.figure_columns; NULL: none were asked for */
};
/* An alert that a row is about (a section with `alerts`), as messages have it. */
struct list_alert {
	const struct data *said;         /* the names of message_put_brief */
	struct outbox_row told;          /* the message by which the reader was told: for a link to answer by */
	int64_t number;                  /* "A-2041" */
};
struct list_row {
	const struct list_child *child;
	const struct text *values;       /* one a column; `at` NULL: SQL's NULL */
	const struct list_alert *alert;  /* NULL: it is about none */
};
struct list_rows {
	const char *const *columns;      /* all but `child` */
	size_t column_count;
	struct list_row *items;
	size_t count, room;
};

/* A record that waits in quarantine and may be about a child of this list. */
struct list_unread {
	const struct list_child *child;  /* NULL: it does not say whose it is */
	instant came;
	const char *lack;                /* "without the time it happened" */
};

struct list_completeness {
	instant complete_to;             /* INSTANT_NONE: no source has ever said */
	instant last_arrival;            /* INSTANT_NONE: nothing ever came */
	struct text *never; /* sources that sent something in the last 30 days and never confirmed, by name */
	size_t never_count;
};
/* Whether a list as of `as_of` is to be sent as not complete. A source that never confirmed does not make it so. */
bool list_incomplete(const struct config_list *list, const struct list_completeness *completeness, instant as_of);
#define LIST_NEVER_DAYS 30 /* events.md, source.complete */

struct list_facts {
	struct arena *arena;             /* holds all below */
	instant as_of, last;
	struct list_rows *sections;      /* as in the list's file */
	struct list_rows count;          /* children of the number beside them */
	const char *const *figure_columns;
	size_t figure_column_count;
	struct list_rows trend;          /* one column: when, microseconds in digits */
	struct list_unread *unread;      /* oldest first */
	size_t unread_count;
	struct list_completeness completeness;
	size_t unreadable;               /* stored events whose rows are damaged, of those that the SELECTs asked for */
	int64_t unreadable_last;         /* the number of one of them */
	civil_day first_monday;          /* of the trend */
	struct report_facts *report;     /* NULL: it is no report */
};

/* NULL and a fault where the database cannot be read (*result says which kind), or a SELECT is wrong. */
struct list_facts *list_facts_read(const struct list_request *request, enum result *result, struct fault *fault);
void list_facts_free(struct list_facts *facts); /* NULL is fine */

/* Whether the SELECTs of the list fit the registers as declared; then what is returned holds no rows, but all columns.
 * `reader` is of a sample without rows, and borrowed. */
struct reader;
struct list_facts *list_facts_sample(const struct config_list *list, struct reader *reader, const struct zone *zone,
                                     const struct list_select **wrong, struct fault *fault);
/* The same with `rows` invented rows in every register, as of a time: to look at it. */
struct list_facts *list_facts_invented(const struct list_request *request, size_t rows,
                                       const struct list_select **wrong, struct fault *fault);

#endif
