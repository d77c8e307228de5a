/* layout: how a text part is laid out: 72 columns, headings and strong words in capitals, facts in a column.
 *
 * The one rule: templates write paragraphs as single lines, and this alone breaks them. In what it is given:
 *   "# words"      at the start of a line: a heading, in capitals but for what stands in (brackets)
 *   "**words**"    strong: in capitals
 *   "********"     eight stars or more and nothing else: kept as they are
 *   "* words"      a bullet: its further lines are indented by two
 *   "1. words"     an item of a numbered list: its further lines are indented by three
 *   "> words"      a command: indented by three, broken only before an option and then with a backslash, so that it can
 * be copied as it stands "  words"      indented: its further lines likewise "Label:<TAB>words"  a fact: the words and
 * their further lines start in one column, behind the longest label of the text, and at column 16 at least;
 * "<TAB>words" alone is a further line Lines that fit are left as they are, so tables keep their columns. Rows of empty
 * lines become one, and none stand at either end. A word longer than the line (an address of a page) is never
 * broken. */
#ifndef CASEWATCH_TEXT_LAYOUT_H
#define CASEWATCH_TEXT_LAYOUT_H

#include "base/text.h"

#define LAYOUT_COLUMNS 72
#define LAYOUT_FACT_COLUMN 15      /* at least */
#define LAYOUT_FACT_COLUMN_MOST 30 /* a label longer than that stands out by itself */

/* Appends `source`, laid out, to `out`. Columns are counted in Unicode code points. */
void layout_text(struct text source, struct buffer *out);

#endif
