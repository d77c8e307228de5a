/* csv: rows for spreadsheets (RFC 4180): fields in quotes where they need them, lines that end in CR LF.
 *
 * The one rule: whatever a field holds, a spreadsheet shows it as text: what would begin a formula gets an apostrophe
 * before it, so that an id such as =HYPERLINK(...) can neither run nor call home from an analyst's desk. */
#ifndef CASEWATCH_TEXT_CSV_H
#define CASEWATCH_TEXT_CSV_H

#include "base/text.h"

struct csv {
	struct buffer *out;
	bool comma;
};
static inline struct csv csv_on(struct buffer *out)
{
	return (struct csv){out, false};
}
void csv_text(struct csv *csv, struct text value);  /* from outside: never a formula */
void csv_plain(struct csv *csv, struct text value); /* ours: a number, a time, an empty field */
void csv_end(struct csv *csv);                      /* of the row */

#endif
