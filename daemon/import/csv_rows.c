/* csv_rows: the rows of a CSV file as rows of a table: which table it is, its columns in any order and case. */
#include "import/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct csv_file {
	struct csv_reader rows;
	struct import_run *run;
	const struct import_table *table;
	size_t columns[CSV_COLUMNS_MOST]; /* by place in the file: the table's column, SIZE_MAX or CSV_AGAIN */
	size_t width;
};

/* ---- which table ---- */

static size_t fits(const struct csv_file *csv, const struct import_run *run, const struct import_table *table)
{
	size_t known = 0;
	for (size_t i = 0; i < csv->rows.cells; i++)
		known += import_column_find(table, csv_cell(&csv->rows, i)) != SIZE_MAX;
	for (size_t i = 0; i < table->column_count; i++) {
		bool there = false;
		for (size_t k = 0; k < csv->rows.cells; k++)
			there |= text_equal_fold(text_trim(csv_cell(&csv->rows, k)), text_of(table->columns[i].name));
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
	size_t number = csv->columns[at];
	const struct import_column *column = number < CSV_AGAIN ? &csv->table->columns[number] : NULL;
	struct text name = text_trim(csv_cell(&csv->rows, at));
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

static size_t find_column(const void *table, struct text name)
{
	return import_column_find(table, name);
}

/* What is in the way of a file whose columns fit nothing: most often it is parted by something else. */
static void say_no_table(const struct csv_file *csv, const char *given, struct fault *fault)
{
	const struct import_mapping *mapping = csv->run->mapping;
	struct text first = csv_cell(&csv->rows, 0);
	const char *parted = csv->rows.cells > 1 || !first.length      ? NULL
	                     : memchr(first.at, ';', first.length)  ? "semicolons"
	                     : memchr(first.at, '\t', first.length) ? "tabs"
	                                                            : NULL;
	struct buffer tables = {0};
	for (size_t i = 0; i < mapping->table_count; i++)
		buffer_format(&tables, "%s%s", i ? ", " : "", mapping->tables[i].id);
	if (parted)
		(void)fault_set(fault, RESULT_PERMANENT, "%s: its columns are parted by %s; save it parted by commas",
		                csv->run->file, parted);
	else
		(void)fault_set(fault, RESULT_PERMANENT,
		                "%s: its columns are those of no one table of %s%s; the mapping has %s, and --table ID "
		                "says which of them it is",
		                csv->run->file, mapping->title, given ? " of that name" : "", buffer_cstr(&tables));
	buffer_free(&tables);
}

/* Which of two columns of one name counts, nobody can tell: to read the wrong one is a record that never was. */
static enum result check_again(const struct csv_file *csv, size_t again, struct fault *fault)
{
	struct text name = text_trim(csv_cell(&csv->rows, again));
	const struct import_column *column = &csv->table->columns[import_column_find(csv->table, name)];
	size_t first = 0;
	while (first < again && !text_equal_fold(text_trim(csv_cell(&csv->rows, first)), name))
		first++;
	if (column->used)
		return fault_set(fault, RESULT_PERMANENT,
		                 "%s:1: column \"%s\" is there twice, as column %zu and as column %zu; which of them "
		                 "counts is not guessed, and nothing of the file is read",
		                 csv->run->file, column->name, first + 1, again + 1);
	import_say(csv->run, IMPORT_COLUMN, csv->table, column->name, 1, "is there twice, and no event is made of it");
	return RESULT_OK;
}

static enum result read_header(struct csv_file *csv, const char *table, struct fault *fault)
{
	struct import_run *run = csv->run;
	const char *wrong = csv_read_header(&csv->rows);
	if (wrong)
		return fault_set(fault, RESULT_PERMANENT, "%s %s", run->file, wrong);
	choose_table(csv, table);
	if (!csv->table) {
		say_no_table(csv, table, fault);
		return RESULT_PERMANENT;
	}
	csv->width = csv->rows.cells;
	csv_find_columns(&csv->rows, find_column, csv->table, csv->columns);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < csv->width && result == RESULT_OK; i++)
		if (csv->columns[i] == CSV_AGAIN)
			result = check_again(csv, i, fault);
		else
			about_column(csv, i);
	return result;
}

/* ---- rows ---- */

/* As csv_row_fault, of the cells that are read: those of other columns may hold what they like. */
static const char *fault_of(const struct csv_file *csv)
{
	const char *wrong = csv_shape_fault(&csv->rows, csv->width);
	for (size_t i = 0; i < csv->rows.cells && !wrong; i++)
		if (csv->columns[i] < CSV_AGAIN)
			wrong = csv_letters_fault(csv_cell(&csv->rows, i));
	return wrong;
}

/* A quote that stands astray takes further rows into its cell: which lines these are is said. */
static void say_wrong(const struct csv_file *csv, const char *wrong)
{
	if (csv->rows.ended > csv->rows.begun)
		import_say(csv->run, IMPORT_ROW, csv->table, NULL, csv->rows.begun, "%s; it goes on to line %lld",
		           wrong, (long long)csv->rows.ended);
	else
		import_say(csv->run, IMPORT_ROW, csv->table, NULL, csv->rows.begun, "%s", wrong);
}

static void take_row(struct csv_file *csv, struct text *values)
{
	struct import_row row = {.table = csv->table, .values = values, .line = csv->rows.begun};
	const char *wrong = fault_of(csv);
	if (csv_row_is_empty(&csv->rows))
		return; /* an empty line */
	import_was_read(csv->run, csv->table);
	if (wrong) {
		csv->run->rows++;
		csv->run->refused++;
		import_unsure(csv->run, csv->table);
		say_wrong(csv, wrong);
		return;
	}
	for (size_t i = 0; i < csv->table->column_count; i++)
		values[i] = TEXT_NONE;
	for (size_t i = 0; i < csv->rows.cells; i++)
		if (csv->columns[i] < CSV_AGAIN)
			values[csv->columns[i]] = csv_cell(&csv->rows, i);
	import_row(csv->run, &row);
}

enum result import_csv(struct import_run *run, const char *path, const char *table, struct fault *fault)
{
	struct csv_file *csv = MEM_NEW(struct csv_file);
	csv->run = run;
	run->file = path;
	csv->rows.file = fopen(path, "re");
	enum result result = csv->rows.file
	                             ? read_header(csv, table, fault)
	                             : fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(errno));
	if (result == RESULT_OK) {
		struct text *values = mem_zero(csv->table->column_count + 1, sizeof *values);
		while (csv_read_row(&csv->rows)) {
			take_row(csv, values);
			run->progress(run->context, csv->rows.read);
		}
		free(values);
		const char *broken = csv_read_error(&csv->rows);
		if (broken)
			result = fault_set(fault, RESULT_PERMANENT, "cannot read %s: %s", path, broken);
	}
	if (csv->rows.file)
		(void)fclose(csv->rows.file);
	csv_reader_free(&csv->rows);
	free(csv);
	return result;
}
