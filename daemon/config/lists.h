/* lists: the lists and reports as conf/lists declares them, one YAML file each: when, to whom, which SELECTs on
 * registers (docs/lists.md), which template.
 *
 * The one rule: whatever a list counts, and by which number, stands in its file; the program knows none of them by
 * name. */
#ifndef CASEWATCH_CONFIG_LISTS_H
#define CASEWATCH_CONFIG_LISTS_H

#include "base/mem.h"
#include "config/faults.h"
#include "config/reports.h"
#include "time/recurrence.h"

/* A number that the SELECTs name (:often), and templates, too. */
struct list_number {
	const char *name;
	int64_t value;
};

/* Rows under a heading. Each row has a column `child`; which children are the reader's, and that restricted ones are
 * shown to nobody, is the program's business. The other columns are the names that the template has for them. */
struct list_section {
	const char *id, *title;
	struct list_select select;
	bool whole;           /* it is never shortened */
	bool alerts;          /* each row is an alert that somebody was told of: its column `message` is the number of
	                       * that message, and templates have the alert as messages have it; plain */
	bool plain;           /* its rows are of nobody in particular (tasks, workers): no column `child`, but `name` */
	bool aside;           /* it is neither in the summary nor says that anything is on the list */
	const char *head;     /* its column in the table of teams; NULL: none */
	int width;
};

struct list_recipient {
	const char **roles;   /* "head-of-service-*" is every role that begins so */
	size_t role_count;
	bool own_alerts; /* whoever was told of an alert lately: each their own */
	bool own_team; /* each team's own list, to whoever holds the role for a child of that team; else that of all */
	const char *otherwise; /* own_team: the role that gets it where nobody holds the first; NULL: none */
	int line, column;
};

struct config_list {
	const char *id, *title, *file, *template;
	uint64_t fingerprint; /* of the bytes of its file, and which of the issues in it this is */
	const char *subject;  /* what its mails are called: "Missing list" */
	const char *subject_count; /* the section whose count the subject tells; NULL: none */
	const char *subject_words; /* after that count: "missing now" */
	struct recurrence due;
	bool enabled;
	int64_t quiet_hours,
		unconfirmed_hours;     /* data further behind is not complete; the same where no source confirms */
	const char **need_not_confirm; /* sources that are not named where they never confirmed */
	size_t need_not_confirm_count;
	struct list_number *numbers;
	size_t number_count;
	struct list_recipient *recipients;
	size_t recipient_count;
	struct list_section *sections;
	size_t section_count;
	const char *count_id, *count_title; /* a number of its own in the summary, where it is not 0; NULL: none */
	struct list_select count;
	struct list_select children;  /* asked once for each child of the sections (:child) */
	struct list_select trend;     /* child and `at`: counted by week */
	int trend_weeks;
	const struct config_report *report; /* what it says in figures; NULL: nothing. Its id is then NAME/ISSUE */
	bool by_person;               /* a SELECT names :person: each reader has a list of their own */
	const char **unread;          /* records that wait in quarantine are this list's where their type begins so */
	size_t unread_count;
};

#define LISTS_MAX 128 /* issues of reports included */
/* Every NAME.yaml of the directory, by name. False: there were faults. Everything lives in `arena`. */
bool lists_load(const char *directory, struct arena *arena, struct config_list **lists, size_t *count,
                struct config_faults *faults);

/* The same, as one for all who load the same files (base/pool.h). */
struct config_list_set {
	struct config_list *items;
	size_t count;
	struct arena *owned;
};
struct config_list_set *lists_set_load(const char *directory, struct config_faults *faults);
void lists_set_free(struct config_list_set *set); /* NULL is fine */

/* The list, or issue of a report ("custody/monthly"), of that id; NULL: there is none. */
const struct config_list *lists_find(const struct config_list *lists, size_t count, struct text id);

#endif
