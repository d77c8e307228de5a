/* csv_read: rows of a CSV file (RFC 4180), one at a time, in bounded memory; either line end, with a byte-order mark or
 * without.
 *
 * The one rule: a row is read whole, or it is said what is wrong with it; nothing is cut. */
#ifndef CASEWATCH_TEXT_CSV_READ_H
#define CASEWATCH_TEXT_CSV_READ_H

#include "base/result.h"
#include "base/text.h"

#include <stdio.h>

#define CSV_CELL_BYTES ((size_t)64 * 1024) /* of one cell: the largest event there may be holds no more */
#define CSV_COLUMNS_MOST 1024 /* the widest national return has fewer than 200 */

/* Begin with {.file = an open file}, on the heap: it is large. The caller closes the file. */
struct csv_reader {
	FILE *file;
	int64_t line, begun, ended;    /* where it stands, and the lines on which the row began and ended; from 1 */
	uint64_t read;                 /* bytes so far */
	struct buffer bytes;           /* of the row's cells, one after the other */
	size_t ends[CSV_COLUMNS_MOST]; /* where each cell ends in bytes */
	size_t cells;
	bool too_long, too_wide, unclosed;
	bool parted, stray;            /* a quoted cell has lines; letters follow the quote that closes such a one */
	bool at_line;                  /* what was read last ended a line */
	unsigned char held[3];         /* read ahead, where a byte-order mark might have been */
	size_t held_at, held_count;
	int error;                     /* errno of a read that failed; 0: none did */
};
void csv_reader_free(struct csv_reader *csv); /* what it gathered; not itself */

/* Reads the first row: the columns' names. NULL, or why the file is none: it cannot be read, it is empty, it is UTF-16,
 * it is too wide. */
const char *csv_read_header(struct csv_reader *csv);
/* Which column of a table bears the name, which has no blanks at its ends; SIZE_MAX: none does. */
typedef size_t csv_find_column(const void *context, struct text name);
#define CSV_AGAIN (SIZE_MAX - 1) /* it has the name of an earlier column of the file: which counts is not said */
/* After the header: fills for each column of the file, up to CSV_COLUMNS_MOST, which it is of the table. */
void csv_find_columns(const struct csv_reader *csv, csv_find_column *find, const void *context, size_t *columns);
/* Reads the next row. False at the end of the file, and where it cannot be read any further. */
bool csv_read_row(struct csv_reader *csv);
/* Once csv_read_row said false: why the file cannot be read to its end; NULL: that was its end. What has not been asked
 * for this may be half of the file. */
MUST_CHECK const char *csv_read_error(const struct csv_reader *csv);
/* A cell of the row that was read; empty beyond its end. Valid until the next row. */
struct text csv_cell(const struct csv_reader *csv, size_t at);
/* Nothing but blanks in it: an empty line, and the rows of commas that spreadsheets write below what is filled in. */
bool csv_row_is_empty(const struct csv_reader *csv);
/* What is wrong with the row that was read, where the header has `width` cells; NULL: nothing. */
const char *csv_row_fault(const struct csv_reader *csv, size_t width);
/* The same in two: of the row as a whole, and of the letters of what is read of it. A spreadsheet that does not write
 * UTF-8 spoils a note that nobody reads, and that must not cost the record. */
const char *csv_shape_fault(const struct csv_reader *csv, size_t width);
const char *csv_letters_fault(struct text cell);

#endif
