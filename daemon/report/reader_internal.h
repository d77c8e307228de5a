/* reader_internal: the connection and the functions that SELECTs may call; private to reader*.c. */
#ifndef CASEWATCH_REPORT_READER_INTERNAL_H
#define CASEWATCH_REPORT_READER_INTERNAL_H

#include "base/map.h"
#include "report/reader.h"

#include <sqlite3.h>

struct reader {
	sqlite3 *database;
	const struct zone *zone;
	struct reader_question question;
	civil_day today; /* the local date of question.as_of */
	const struct calendar *calendar;   /* NULL: none */
	const struct directory *directory; /* NULL: none */
	const struct ruleset *rules;
	bool *views;                       /* by register: its view was made */
	bool has_standing, has_work;       /* the table `standing` was; casewatch's own work */
	bool has_alerts;                   /* the table `alerts` was made */
	sqlite3_stmt *allocations;         /* of a child at a time: reader_people.c */
	struct map unread;                 /* of unread_events, by the number */
	int64_t *unread_events;            /* stored events that a query asked for, and that can no longer be read */
	size_t unread_count, unread_room;
};

/* reader_functions.c: false where SQLite takes one of them not. */
bool reader_functions(struct reader *reader);
bool reader_reckon_functions(struct reader *reader); /* reader_reckon.c */
bool reader_people_functions(struct reader *reader); /* reader_people.c */

/* reader_sample.c: invented rows in the tables of the registers. */
bool reader_fill_sample(sqlite3 *database, const struct ruleset *rules, const struct reader_sample *sample);

/* What casewatch keeps beside the registers, as views: alerts, messages; and rule_word. SQL that makes them; rule_word
 * is filled by reader_fill_rules. */
extern const char reader_work_views[];
/* Where the SELECT reads `alerts`: makes that table. */
bool reader_make_alerts(struct reader *reader, const char *sql);
bool reader_fill_rules(struct reader *reader, const struct ruleset *rules);

/* For the functions: whether an argument of the first `needed` is NULL; the text, freed. */
bool reader_lacks(int count, sqlite3_value **values, int needed);
void reader_answer(sqlite3_context *context, struct buffer *words);

#endif
