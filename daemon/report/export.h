/* export: a register as a file for analysts: CSV for Excel and Power BI, or JSON Lines.
 *
 * The one rule: the columns and their order are those of the declaration (docs/registers.md), and every instant is the
 * council's local time with its offset from UTC, so that it reads as people say it and sorts as it was. */
#ifndef CASEWATCH_REPORT_EXPORT_H
#define CASEWATCH_REPORT_EXPORT_H

#include "report/reader.h"

enum export_format { EXPORT_CSV, EXPORT_JSON_LINES };
struct export_request {
	const struct register_def *def;
	const struct zone *zone;
	enum export_format format;
	bool restricted;          /* the rows of restricted children, too */
};
/* One line of the file, its line end included. RESULT_TEMPORARY: it could not be written; the export ends. */
typedef enum result export_line(void *argument, struct text line, struct fault *fault);

/* *left_out: rows of restricted children that are not in it. */
MUST_CHECK enum result export_register(struct reader *reader, const struct export_request *request, export_line *line,
                                       void *argument, size_t *left_out, struct fault *fault);
/* What every column holds, as a table of Markdown. */
void export_describe(const struct register_def *def, struct buffer *out);

#endif
