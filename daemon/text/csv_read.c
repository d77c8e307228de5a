/* csv_read: cells and rows, character by character. */
#include "text/csv_read.h"

#include "text/utf8.h"

#include <errno.h>

void csv_reader_free(struct csv_reader *csv)
{
	buffer_free(&csv->bytes);
}

static int next(struct csv_reader *csv)
{
	int c = csv->held_at < csv->held_count ? csv->held[csv->held_at++] : getc_unlocked(csv->file);
	if (c == EOF && ferror(csv->file) && !csv->error)
		csv->error = errno ? errno : EIO;
	csv->read += c != EOF;
	csv->line += c == '\n';
	csv->at_line = c == EOF ? csv->at_line : c == '\n';
	return c;
}

static size_t cell_begins(const struct csv_reader *csv)
{
	return csv->cells ? csv->ends[csv->cells - 1] : 0;
}

static void end_cell(struct csv_reader *csv)
{
	if (csv->cells < CSV_COLUMNS_MOST)
		csv->ends[csv->cells++] = csv->bytes.length;
	else
		csv->too_wide = true;
}

static void add(struct csv_reader *csv, int c)
{
	if (csv->bytes.length - cell_begins(csv) < CSV_CELL_BYTES)
		buffer_char(&csv->bytes, (char)c);
	else
		csv->too_long = true;
}

/* Within quotes, up to the closing one; returns what follows it. */
static int read_quoted(struct csv_reader *csv)
{
	for (int c = next(csv);; c = next(csv)) {
		if (c == EOF) {
			csv->unclosed = true;
			return EOF;
		}
		if (c == '"') {
			c = next(csv);
			if (c != '"')
				return c;
		}
		csv->parted |= c == '\n';
		add(csv, c);
	}
}

bool csv_read_row(struct csv_reader *csv)
{
	buffer_clear(&csv->bytes);
	csv->cells = 0;
	csv->too_long = csv->too_wide = csv->unclosed = csv->parted = csv->stray = false;
	csv->begun = csv->line;
	int c = next(csv);
	if (c == EOF)
		return false;
	for (bool first = true, quoted = false;; first = false, c = next(csv)) {
		if (c == '"' && (first || csv->bytes.length == cell_begins(csv))) {
			c = read_quoted(csv);
			quoted = true;
		}
		if (c == ',' || c == '\n' || c == EOF)
			end_cell(csv);
		if (c == '\n' || c == EOF) {
			csv->ended = csv->line - csv->at_line;
			return true;
		}
		csv->stray |= quoted && csv->parted && !strchr(",\r \t", c);
		quoted &= c != ',';
		if (c != ',' && c != '\r')
			add(csv, c);
	}
}

struct text csv_cell(const struct csv_reader *csv, size_t at)
{
	if (at >= csv->cells || !csv->bytes.length)
		return TEXT_NONE;
	size_t begun = at ? csv->ends[at - 1] : 0;
	return (struct text){csv->bytes.at + begun, csv->ends[at] - begun};
}

bool csv_row_is_empty(const struct csv_reader *csv)
{
	return !csv->unclosed && !csv->too_long && text_trim(buffer_view(&csv->bytes)).length == 0;
}

/* A byte-order mark: three bytes before the first cell, which may be in quotes. Others are held: a pipe cannot be wound
 * back. */
static void skip_mark(struct csv_reader *csv)
{
	csv->held_count = fread(csv->held, 1, sizeof csv->held, csv->file);
	csv->held_at = 0;
	if (csv->held_count == sizeof csv->held && memcmp(csv->held, "\xef\xbb\xbf", sizeof csv->held) == 0)
		csv->held_count = 0;
}

const char *csv_read_header(struct csv_reader *csv)
{
	csv->line = 1;
	skip_mark(csv);
	bool any = csv_read_row(csv);
	if (csv->error)
		return "cannot be read; is it a file, and does its disk work?";
	if (!any)
		return "is empty";
	struct text all = buffer_view(&csv->bytes);
	if (all.length >= 2 && (memcmp(all.at, "\xff\xfe", 2) == 0 || memcmp(all.at, "\xfe\xff", 2) == 0))
		return "is UTF-16; save it as \"CSV UTF-8\"";
	return csv->too_wide ? "has more than 1024 columns" : NULL;
}

void csv_find_columns(const struct csv_reader *csv, csv_find_column *find, const void *context, size_t *columns)
{
	for (size_t at = 0; at < csv->cells; at++) {
		columns[at] = find(context, text_trim(csv_cell(csv, at)));
		for (size_t before = 0; before < at && columns[at] < CSV_AGAIN; before++)
			if (columns[before] == columns[at])
				columns[at] = CSV_AGAIN;
	}
}

const char *csv_read_error(const struct csv_reader *csv)
{
	return csv->error ? strerror(csv->error) : NULL;
}

const char *csv_shape_fault(const struct csv_reader *csv, size_t width)
{
	if (csv->unclosed)
		return "a quote is opened and not closed up to the end of the file";
	if (csv->stray)
		return "letters follow the quote that closes a cell of several lines: what is in it may be rows";
	if (csv->too_long)
		return "a cell is longer than 64 KiB";
	if (csv->too_wide || csv->cells > width)
		return "it has more cells than there are columns";
	return NULL;
}

const char *csv_letters_fault(struct text cell)
{
	return utf8_valid(cell) == cell.length ? NULL : "it is not UTF-8; save the file as \"CSV UTF-8\"";
}

const char *csv_row_fault(const struct csv_reader *csv, size_t width)
{
	const char *wrong = csv_shape_fault(csv, width);
	return wrong ? wrong : csv_letters_fault(buffer_view(&csv->bytes));
}
