/* page: what the analyst's commands print as a page that one can send: one file, no scripts, no fonts, nothing remote.
 *
 * The one rule: whatever text comes in is escaped; colours are those of the mails (shared look), and no meaning stands
 * in colour alone. */
#ifndef CASEWATCH_CLI_ANALYST_PAGE_H
#define CASEWATCH_CLI_ANALYST_PAGE_H

#include "cli/cli.h"

/* Writes it whole and empties it. CLI_WRONG after saying why not. */
enum cli_status page_write(struct cli *cli, const char *path, struct buffer *page);

void page_begin(struct buffer *out, const char *title);
void page_end(struct buffer *out);
void page_heading(struct buffer *out, const char *words);
void page_paragraph(struct buffer *out, struct text words);
/* A page of words as they were laid out for a terminal, written; the words are freed. As page_write. */
enum cli_status page_of_words(struct cli *cli, const char *path, const char *title, struct buffer *words);

/* A table: titles, then cells row by row, each with the title of its column: on a phone a row is a block of lines. */
void page_table_begin(struct buffer *out, const char *const *titles); /* NULL-ended */
void page_row_begin(struct buffer *out);
void page_cell(struct buffer *out, const char *title, struct text words);
void page_number(struct buffer *out, const char *title, int64_t number);
/* A bar beside its number: `of` is the longest of its column. */
void page_bar(struct buffer *out, const char *title, int64_t number, int64_t of);
void page_row_end(struct buffer *out);
void page_table_end(struct buffer *out);

#endif
