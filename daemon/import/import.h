/* import: national returns and case-system extracts to events, row by row, in bounded memory.
 *
 * The one rule: what comes out is what the file says: each row becomes events or is reported with the reason, ids are
 * the same for the same record in every later file, and a record that changed corrects the one before. */
#ifndef CASEWATCH_IMPORT_IMPORT_H
#define CASEWATCH_IMPORT_IMPORT_H

#include "config/config.h"
#include "event/event.h"
#include "import/mapping.h"
#include "text/csv_read.h"

#define IMPORT_CELL_BYTES CSV_CELL_BYTES /* a longer value refuses its row, in XML too: no event could hold it */

/* A row: the values of its table's columns, empty where there are none. */
struct import_row {
	const struct import_table *table;
	const struct import_row *parent; /* XML: the row in which it stands */
	struct text *values;
	bool *unclear; /* XML, by column: it is there more than once and says something else; NULL: none can be */
	int64_t line;
};

/* Something for the report: of a line (0: of the file as a whole). */
enum import_finding { IMPORT_ROW, IMPORT_COLUMN, IMPORT_NOTE };
struct import_report {
	enum import_finding finding;
	const char *file, *table, *column; /* NULL where it is of none */
	int64_t line;
	const char *reason;
};

struct import_seen;
struct import_state;
struct import_run {
	const struct import_mapping *mapping;
	const struct config *config;
	const char *source;         /* of the events */
	struct import_state *state; /* what was sent before; NULL: not known */
	int year;                   /* of the return; 0: not known */
	bool unconfirmed;           /* take what the mapping marks so */
	instant recorded;           /* INSTANT_NONE: events do not say */
	void *context;
	void (*event)(void *context, struct text line); /* one event, without its line end */
	void (*report)(void *context, const struct import_report *report);
	void (*progress)(void *context, uint64_t bytes);
	/* counted */
	uint64_t rows, events, unchanged, corrected, refused, withdrawn;
	uint64_t without; /* rows that were taken, and of which no event is made: nothing in them is one */
	/* of the run itself */
	const char *file;
	struct event_parser *parser;
	struct import_seen *seen; /* what this import took, where there is no state */
	struct buffer line, key, data, why;
	bool row_refused;
	bool *read, *unsure; /* by table of the mapping: a file of it was read; a row may be of any record of it */
	int64_t said_line; /* of the report's last line about a column: once is enough */
	const char *said_column;
};
void import_begin(struct import_run *run);
void import_end(struct import_run *run);
/* Where files are all there is: whether a record of that key that they did not show is gone. NULL: it is; else why it
 * stays: no file of its table was read, or a row that could not be taken may be it. *table is its table. */
const char *import_why_kept(const struct import_run *run, struct text key, const struct import_table **table);

/* Reads a file. What makes the file as a whole unreadable is RESULT_PERMANENT; all else goes to the report. */
MUST_CHECK enum result import_csv(struct import_run *run, const char *path, const char *table, struct fault *fault);
MUST_CHECK enum result import_xml(struct import_run *run, const char *path, struct fault *fault);

/* ---- between the files of this room ---- */

void import_row(struct import_run *run, const struct import_row *row); /* emit.c */
/* A row of the table cannot be taken, and whose record it is is not known. */
void import_unsure(struct import_run *run, const struct import_table *table);
void import_was_read(struct import_run *run, const struct import_table *table); /* NULL: every table */
void import_say(struct import_run *run, enum import_finding finding, const struct import_table *table,
                const char *column, int64_t line, const char *format, ...) PRINTF_LIKE(6, 7);
/* Whether the return of the run's year has it; reports it once a file where not. */
bool import_in_year(const struct import_run *run, int since, int until);

#endif
