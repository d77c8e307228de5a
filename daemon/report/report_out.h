/* report_out: a report as a file: its figures, or the rows of one of its parts, as CSV or JSON.
 *
 * The one rule: a file says nothing that the page would not: what is hidden from a body outside the council is hidden
 * here, too, and restricted children are in no row. */
#ifndef CASEWATCH_REPORT_REPORT_OUT_H
#define CASEWATCH_REPORT_REPORT_OUT_H

#include "report/list.h"

/* One row a figure, label and period: figure, title, label, period, from, to, value, of, percent, before, printed.
 * RFC 4180, safe against formulas. */
void report_csv(const struct list *list, struct buffer *out);
/* The rows of a section, with child, initials and age. NULL names no section: false. */
bool report_rows_csv(const struct list *list, const char *part, struct buffer *out);
/* The same and more as one object. */
void report_json(const struct list *list, struct buffer *out);

#endif
