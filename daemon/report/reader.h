/* reader: the registers, read by SQL on a connection of its own that cannot write.
 *
 * Owns the connection. The one rule: reading holds nobody up: it may go on in a thread of its own beside the daemon,
 * and every query sees one state of the database. The registers are views under their own names, with the standing
 * alerts that they name joined; docs/lists.md has the functions. */
#ifndef CASEWATCH_REPORT_READER_H
#define CASEWATCH_REPORT_READER_H

#include "people/directory.h"
#include "rules/rule.h"

struct reader;

/* What a query is asked about. */
struct reader_question {
	instant as_of;  /* what was true then: the functions count from it */
	instant last;   /* :last, when the list before this one was due */
	instant go_live; /* :go_live; INSTANT_NONE: from the first event */
	instant first;  /* :first and :end, of the weeks of a trend */
	instant end;
	instant from, to; /* :from and :to, of the period that a report tells of */
	instant printed;  /* :printed, when a figure was last printed; INSTANT_NONE: never */
	struct text team, person; /* :team and :person, whose list it is; empty: everybody's */
};

/* `zone` is borrowed; `rules` is only read here. NULL and a fault where there is no such database. */
struct reader *reader_open(const char *database, const struct ruleset *rules, const struct zone *zone,
                           struct fault *fault);
/* Whose calendar working days are, and whose teams and roles there are: functions may be asked about them then. Both
 * are borrowed; NULL: those functions answer NULL. */
void reader_use(struct reader *reader, const struct calendar *calendar, const struct directory *directory);
/* What is invented to look at a list: so many rows in each register, the newest some hours before `as_of`. */
struct reader_sample {
	size_t rows;
	instant as_of;
	const struct directory *directory; /* whose teams there are; NULL: none */
};
/* The same on a database in memory with the tables of the registers as declared: for checking queries, and to look at
 * lists. NULL: without rows. */
struct reader *reader_open_sample(const struct ruleset *rules, const struct zone *zone,
                                  const struct reader_sample *sample, struct fault *fault);
const struct ruleset *reader_rules(const struct reader *reader); /* whose registers it reads */
const struct directory *reader_directory(const struct reader *reader); /* as it was told to use; NULL: none */
const struct calendar *reader_calendar(const struct reader *reader);   /* likewise */
/* Every query from now on sees the database as it is now. */
MUST_CHECK enum result reader_begin(struct reader *reader, struct fault *fault);
void reader_close(struct reader *reader); /* NULL is fine */
/* How many stored events the queries so far asked for and found damaged: what these say was NULL to them. *last: the
 * number of one of them. */
size_t reader_unreadable(const struct reader *reader, int64_t *last);
void reader_ask(struct reader *reader, const struct reader_question *question);

/* A query under way. Parameters are bound by name, and those that it does not name are left out. */
struct reader_rows;
MUST_CHECK enum result reader_query(struct reader *reader, const char *sql, struct reader_rows **rows,
                                    struct fault *fault);
void reader_bind_integer(struct reader_rows *rows, const char *name, int64_t value); /* "often" is :often */
void reader_bind_text(struct reader_rows *rows, const char *name, struct text value);
/* Whether there is a further row. */
bool reader_next(struct reader_rows *rows);
size_t reader_columns(const struct reader_rows *rows);
const char *reader_column_name(const struct reader_rows *rows, size_t column);
double reader_real(const struct reader_rows *rows, size_t column);
bool reader_is_null(const struct reader_rows *rows, size_t column);
bool reader_is_number(const struct reader_rows *rows, size_t column);
struct text reader_text(const struct reader_rows *rows, size_t column); /* until the next row */
int64_t reader_integer(const struct reader_rows *rows, size_t column);
/* Ends the query. `so_far` unless that is RESULT_OK and SQLite failed. */
MUST_CHECK enum result reader_end(struct reader_rows *rows, enum result so_far, struct fault *fault);
/* To be asked again with other parameters. */
void reader_again(struct reader_rows *rows);
/* The query has no name that is not bound: `names` (NULL-ended) are those that will be. */
MUST_CHECK enum result reader_check(const struct reader_rows *rows, const char *const *names, struct fault *fault);

#endif
