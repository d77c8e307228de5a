/* csv_rows: a CSV file as rows (RFC 4180): quotes, either line end, a byte-order mark, columns in any order and case.
 */
#include "import/import.h"

#include "text/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct csv_file {
	struct import_run *run;
	FILE *file;
	int64_t line, begun;         /* now, and where the row began */
	struct buffer bytes;         /* of the row's cells, one after the other */
	size_t ends[IMPORT_COLUMNS]; /* where each cell ends in bytes */
	size_t cells;
	bool too_long, too_wide, unclosed;
	uint64_t read;
	const struct import_table *table;
	size_t columns[IMPORT_COLUMNS]; /* by place in the file: the table's column, or SIZE_MAX */
	size_t width;
};

static int next(struct csv_file *csv)
{
	int c = getc_unlocked(csv->file);
	csv->read += c != EOF;
	csv->line += c == '\n';
	return c;
}

static void end_cell(struct csv_file *csv)
{
	if (csv->cells < IMPORT_COLUMNS)
		csv->ends[csv->cells++] = csv->bytes.length;
	else
		csv->too_wide = true;
}

static void add(struct csv_file *csv, int c)
{
	size_t begun = csv->cells ? csv->ends[csv->cells - 1] : 0;
	if (csv->bytes.length - begun < IMPORT_CELL_BYTES)
		buffer_char(&csv->bytes, (char)c);
	else
		csv->too_long = true;
}

/* Within quotes, up to the closing one; returns what follows it. */
static int read_quoted(struct csv_file *csv)
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
		add(csv, c);
	}
}

/* False at the end of the file. */
static bool read_row(struct csv_file *csv)
{
	buffer_clear(&csv->bytes);
	csv->cells = 0;
	csv->too_long = csv->too_wide = csv->unclosed = false;
	csv->begun = csv->line;
	int c = next(csv);
	if (c == EOF)
		return false;
	for (bool first = true;; first = false, c = next(csv)) {
		if (c == '"' && (first || csv->bytes.length == (csv->cells ? csv->ends[csv->cells - 1] : 0)))
			c = read_quoted(csv);
		if (c == ',' || c == '\n' || c == EOF)
			end_cell(csv);
		if (c == '\n' || c == EOF)
			return true;
		if (c != ',' && c != '\r')
			add(csv, c);
	}
}

static struct text cell(const struct csv_file *csv, size_t at)
{
	if (at >= csv->cells || !csv->bytes.length)
		return TEXT_NONE;
	size_t begun = at ? csv->ends[at - 1] : 0;
	return (struct text){csv->bytes.at + begun, csv->ends[at] - begun};
}

/* ---- which table ---- */

static size_t fits(const struct csv_file *csv, const struct import_run *run, const struct import_table *table)
{
	size_t known = 0;
	for (size_t i = 0; i < csv->cells; i++)
		known += import_column_find(table, cell(csv, i)) != SIZE_MAX;
	for (size_t i = 0; i < table->column_count; i++) {
		bool there = false;
		for (size_t k = 0; k < csv->cells; k++)
			there |= text_equal_fold(text_trim(cell(csv, k)), text_of(table->columns[i].name));
		if (!there && table->columns[i].required &&
		    import_in_year(run, table->columns[i].since, table->columns[i].until))
			return 0;
	}
	return known;
}

static void choose_table(struct csv_file *csv, const char *given)
{
	const struct import_mapping *mapping = csv->run->mapping;
	size_t best = 0;
	bool two = false;
	for (size_t i = 0; i < mapping->table_count; i++) {
		size_t known = given && strcmp(mapping->tables[i].id, given) != 0
		                       ? 0
		                       : fits(csv, csv->run, &mapping->tables[i]);
		two = known == best ? two || known > 0 : known > best ? false : two;
		if (known > best) {
			best = known;
			csv->table = &mapping->tables[i];
		}
	}
	if (two)
		csv->table = NULL;
}

static void about_column(struct csv_file *csv, size_t at)
{
	struct import_run *run = csv->run;
	const struct import_column *column =
		csv->columns[at] == SIZE_MAX ? NULL : &csv->table->columns[csv->columns[at]];
	struct text name = text_trim(cell(csv, at));
	if (!column && name.length)
		import_say(run, IMPORT_COLUMN, csv->table, NULL, 1,
		           "column \"%.*s\" is not in the mapping and is not read",
		           name.length > 80 ? 80 : (int)name.length, name.at);
	else if (column && column->unconfirmed && !run->unconfirmed)
		import_say(run, IMPORT_COLUMN, csv->table, column->name, 1,
		           "is not confirmed (see the mapping) and is not taken without --unconfirmed");
	else if (column && !import_in_year(run, column->since, column->until))
		import_say(run, IMPORT_COLUMN, csv->table, column->name, 1, "is not of a return of %d", run->year);
}

/* A byte-order mark: three bytes before the first cell, which may be in quotes. */
static void skip_mark(struct csv_file *csv)
{
	char mark[3];
	if (fread(mark, 1, sizeof mark, csv->file) != sizeof mark || memcmp(mark, "\xef\xbb\xbf", sizeof mark) != 0)
		rewind(csv->file);
}

static enum result read_header(struct csv_file *csv, const char *table, struct fault *fault)
{
	struct import_run *run = csv->run;
	skip_mark(csv);
	if (!read_row(csv))
		return fault_set(fault, RESULT_PERMANENT, "%s is empty", run->file);
	struct text all = buffer_view(&csv->bytes);
	if (all.length >= 2 && (memcmp(all.at, "\xff\xfe", 2) == 0 || memcmp(all.at, "\xfe\xff", 2) == 0))
		return fault_set(fault, RESULT_PERMANENT, "%s is UTF-16; save it as \"CSV UTF-8\"", run->file);
	if (csv->too_wide)
		return fault_set(fault, RESULT_PERMANENT, "%s has more than %d columns", run->file, IMPORT_COLUMNS);
	choose_table(csv, table);
	if (!csv->table)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s: its columns are those of no one table of %s%s; --table says which it is",
		                 run->file, run->mapping->title, table ? " of that name" : "");
	csv->width = csv->cells;
	for (size_t i = 0; i < csv->width; i++) {
		csv->columns[i] = import_column_find(csv->table, cell(csv, i));
		about_column(csv, i);
	}
	return RESULT_OK;
}

/* ---- rows ---- */

static const char *what_is_wrong(const struct csv_file *csv)
{
	if (csv->unclosed)
		return "a quote is opened and not closed up to the end of the file";
	if (csv->too_long)
		return "a cell is longer than 64 KiB";
	if (csv->too_wide || csv->cells > csv->width)
		return "it has more cells than there are columns";
	if (utf8_valid(buffer_view(&csv->bytes)) != csv->bytes.length)
		return "it is not UTF-8; save the file as \"CSV UTF-8\"";
	return NULL;
}

static void take_row(struct csv_file *csv, struct text *values)
{
	struct import_row row = {.table = csv->table, .values = values, .line = csv->begun};
	const char *wrong = what_is_wrong(csv);
	if (csv->cells == 1 && !text_trim(cell(csv, 0)).length)
		return; /* an empty line */
	if (wrong) {
		csv->run->rows++;
		csv->run->refused++;
		import_say(csv->run, IMPORT_ROW, csv->table, NULL, csv->begun, "%s", wrong);
		return;
	}
	for (size_t i = 0; i < csv->table->column_count; i++)
		values[i] = TEXT_NONE;
	for (size_t i = 0; i < csv->cells; i++)
		if (csv->columns[i] != SIZE_MAX)
			values[csv->columns[i]] = cell(csv, i);
	import_row(csv->run, &row);
}

enum result import_csv(struct import_run *run, const char *path, const char *table, struct fault *fault)
{
	struct csv_file *csv = MEM_NEW(struct csv_file);
	csv->run = run;
	csv->line = 1;
	run->file = path;
	csv->file = fopen(path, "re");
	enum result result = csv->file
	                             ? read_header(csv, table, fault)
	                             : fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(errno));
	if (result == RESULT_OK) {
		struct text *values = mem_zero(csv->table->column_count + 1, sizeof *values);
		while (read_row(csv)) {
			take_row(csv, values);
			run->progress(run->context, csv->read);
		}
		free(values);
		if (ferror(csv->file))
			result = fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, strerror(errno));
	}
	if (csv->file)
		(void)fclose(csv->file);
	buffer_free(&csv->bytes);
	free(csv);
	return result;
}
