/* export: rows of a register's view, one line each. */
#include "report/export.h"

#include "text/csv.h"
#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>

/* "2020-06-04T22:10:00+01:00" */
static struct text local_time(const struct zone *zone, instant at, char *room, size_t size)
{
	int year, month, day, offset = zone_offset(zone, at) / 60;
	int64_t wall = zone_wall(zone, at), seconds = wall / SECOND - (wall % SECOND < 0);
	int64_t of_day = ((seconds % 86400) + 86400) % 86400;
	day_split((civil_day)((seconds - of_day) / 86400), &year, &month, &day);
	int length = snprintf(room, size, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", year, month, day,
	                      (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60), offset < 0 ? '-' : '+',
	                      abs(offset) / 60, abs(offset) % 60);
	return (struct text){room, (size_t)length};
}

/* The field of a column; those of alerts, which are joined, are numbers. */
static enum register_type type_of(const struct register_def *def, size_t column)
{
	return column < def->field_count ? def->fields[column].type : REGISTER_INTEGER;
}

static void put_csv(struct csv *csv, const struct export_request *request, const struct reader_rows *rows,
                    size_t column)
{
	char room[48];
	if (reader_is_null(rows, column)) {
		csv_plain(csv, TEXT_NONE);
		return;
	}
	switch (type_of(request->def, column)) {
	case REGISTER_INSTANT:
		csv_plain(csv, local_time(request->zone, reader_integer(rows, column), room, sizeof room));
		return;
	case REGISTER_INTEGER:
	case REGISTER_FLAG:
	case REGISTER_REAL:
		csv_plain(csv, reader_text(rows, column));
		return;
	case REGISTER_TEXT:
		break;
	case REGISTER_ANY:
		if (reader_is_number(rows, column)) {
			csv_plain(csv, reader_text(rows, column));
			return;
		}
		break;
	}
	csv_text(csv, reader_text(rows, column));
}

static void put_json(struct json_writer *json, const struct export_request *request, const struct reader_rows *rows,
                     size_t column)
{
	char room[48];
	json_key(json, reader_column_name(rows, column));
	if (reader_is_null(rows, column)) {
		json_null(json);
		return;
	}
	switch (type_of(request->def, column)) {
	case REGISTER_INSTANT:
		json_text(json, local_time(request->zone, reader_integer(rows, column), room, sizeof room));
		return;
	case REGISTER_FLAG:
		json_bool(json, reader_integer(rows, column) != 0);
		return;
	case REGISTER_INTEGER:
	case REGISTER_REAL:
		json_raw(json, reader_text(rows, column));
		return;
	case REGISTER_TEXT:
	case REGISTER_ANY:
		break;
	}
	if (reader_is_number(rows, column))
		json_raw(json, reader_text(rows, column));
	else
		json_text(json, reader_text(rows, column));
}

static void put_row(const struct export_request *request, const struct reader_rows *rows, size_t columns,
                    struct buffer *line)
{
	struct csv csv = csv_on(line);
	struct json_writer json = json_writer_on(line);
	if (request->format == EXPORT_JSON_LINES)
		json_object(&json);
	for (size_t i = 0; i < columns; i++) {
		if (request->format == EXPORT_CSV)
			put_csv(&csv, request, rows, i);
		else
			put_json(&json, request, rows, i);
	}
	if (request->format == EXPORT_CSV) {
		csv_end(&csv);
	} else {
		json_object_end(&json);
		buffer_char(line, '\n');
	}
}

static void put_head(const struct reader_rows *rows, size_t columns, struct buffer *line)
{
	struct csv csv = csv_on(line);
	for (size_t i = 0; i < columns; i++)
		csv_text(&csv, text_of(reader_column_name(rows, i)));
	csv_end(&csv);
}

/* The last column says whether the child is restricted, and is not shown. */
static enum result open_rows(struct reader *reader, const struct register_def *def, struct reader_rows **rows,
                             struct fault *fault)
{
	struct buffer sql = {0};
	buffer_format(&sql,
	              "SELECT r.*, coalesce((SELECT c.restricted FROM child c WHERE c.child = r.child), 0) FROM %s r"
	              " ORDER BY 1, 2, 3, 4",
	              def->id);
	enum result result = reader_query(reader, buffer_cstr(&sql), rows, fault);
	buffer_free(&sql);
	return result;
}

enum result export_register(struct reader *reader, const struct export_request *request, export_line *line,
                            void *argument, size_t *left_out, struct fault *fault)
{
	struct reader_rows *rows;
	struct buffer made = {0};
	*left_out = 0;
	enum result result = open_rows(reader, request->def, &rows, fault);
	if (result != RESULT_OK)
		return result;
	size_t columns = reader_columns(rows) - 1;
	if (request->format == EXPORT_CSV) {
		put_head(rows, columns, &made);
		result = line(argument, buffer_view(&made), fault);
	}
	while (result == RESULT_OK && reader_next(rows)) {
		if (reader_integer(rows, columns) && !request->restricted) {
			(*left_out)++;
			continue;
		}
		buffer_clear(&made);
		put_row(request, rows, columns, &made);
		result = line(argument, buffer_view(&made), fault);
	}
	buffer_free(&made);
	return reader_end(rows, result, fault);
}

/* ---- what the columns hold ---- */

static const char *type_words(enum register_type type)
{
	switch (type) {
	case REGISTER_TEXT:
		return "text";
	case REGISTER_INTEGER:
		return "whole number";
	case REGISTER_REAL:
		return "number";
	case REGISTER_ANY:
		return "text or number";
	case REGISTER_INSTANT:
		return "time";
	case REGISTER_FLAG:
		return "0 or 1";
	}
	return "";
}

void export_describe(const struct register_def *def, struct buffer *out)
{
	buffer_format(out, "### %s: %s\n\n%s.\n\n| column | holds | what it is |\n|---|---|---|\n", def->id, def->title,
	              def->about);
	for (size_t i = 0; i < def->field_count; i++)
		buffer_format(out, "| `%s` | %s | %s |\n", def->fields[i].name, type_words(def->fields[i].type),
		              def->fields[i].title);
	for (size_t i = 0; i < def->alert_count; i++)
		buffer_format(out, "| `%s` | whole number | number of the standing alert of rule `%s` |\n",
		              def->alerts[i].name, def->alerts[i].rule);
	buffer_char(out, '\n');
}
