/* rows: the printing of listings. */
#include "cli/rows.h"

#include <stdarg.h>
#include <stdio.h>

struct rows rows_begin(struct cli *cli, const struct opened *opened, const char *const *titles)
{
	return (struct rows){.cli = cli, .opened = opened, .table = {.titles = titles}};
}

bool rows_next(struct rows *rows, struct json_writer *json)
{
	rows->count++;
	if (!rows->cli->json)
		return false;
	*json = json_writer_on(&rows->line);
	json_object(json);
	return true;
}

void rows_json_end(struct rows *rows, struct json_writer *json)
{
	json_object_end(json);
	cli_print_json(rows->cli, &rows->line);
}

void rows_text(struct rows *rows, struct text cell)
{
	cli_table_add(&rows->table, cell.length ? cell : TEXT("-"));
}

void rows_format(struct rows *rows, const char *format, ...)
{
	char cell[512];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(cell, sizeof cell, format, arguments);
	va_end(arguments);
	rows_text(rows, text_of(cell));
}

void rows_time(struct rows *rows, instant at)
{
	struct buffer cell = {0};
	cli_time(rows->opened, at, &cell);
	rows_buffer(rows, &cell);
	buffer_free(&cell);
}

void rows_buffer(struct rows *rows, struct buffer *cell)
{
	cli_table_add_buffer(&rows->table, cell);
}

void rows_end(struct rows *rows, const char *none)
{
	if (!rows->cli->json && rows->count)
		cli_table_print(rows->cli, &rows->table);
	else if (!rows->cli->json)
		(void)fprintf(rows->cli->out, "%s\n", none);
}
