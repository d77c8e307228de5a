/* rows: what a command lists: one JSON object a line, or a table, or a sentence where there is nothing.
 *
 * The one rule: a listing is printed in one place, so that all of them read alike; the commands say what stands in a
 * row. */
#ifndef CASEWATCH_CLI_ROWS_H
#define CASEWATCH_CLI_ROWS_H

#include "cli/opened.h"

struct rows {
	struct cli *cli;
	const struct opened *opened;
	struct cli_table table;
	size_t count;
	struct buffer line; /* the JSON object under way */
};

/* `titles`: of the table's columns, NULL-ended. */
struct rows rows_begin(struct cli *cli, const struct opened *opened, const char *const *titles);
/* A row begins. True with --json: its members are to be written to *json, and then rows_json_end. Else its cells
 * follow, one for each title. */
bool rows_next(struct rows *rows, struct json_writer *json);
void rows_json_end(struct rows *rows, struct json_writer *json);
void rows_text(struct rows *rows, struct text cell); /* "-" where it is empty */
void rows_format(struct rows *rows, const char *format, ...) PRINTF_LIKE(2, 3);
void rows_time(struct rows *rows, instant at);
void rows_buffer(struct rows *rows, struct buffer *cell); /* and empties it */
/* Prints the table, or the sentence where there was no row. */
void rows_end(struct rows *rows, const char *none);

#endif
