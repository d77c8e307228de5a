/* status_table: all councils of a file that names them, a row for each. */
#include "cli/status/status.h"

#include <stdlib.h>

#include "config/councils.h"
#include "ops/status.h"
#include "time/words.h"

static size_t count_lines(struct text lines)
{
	size_t count = 0;
	for (size_t i = 0; i < lines.length; i++)
		count += lines.at[i] == '\n';
	return count;
}

static struct text first_line(struct text lines)
{
	const char *end = lines.length ? memchr(lines.at, '\n', lines.length) : NULL;
	return (struct text){lines.at, end ? (size_t)(end - lines.at) : lines.length};
}

/* Whether its events are taken and its clocks run, and how many events it knows of that are not stored yet. */
static void put_progress(const struct status *status, struct buffer *ready, struct buffer *behind)
{
	struct ops_progress progress;
	ops_status_progress(buffer_view(&status->said), &progress);
	if (!status->running)
		buffer_string(ready, status->state ? status->state : "no");
	else
		buffer_string(ready, progress.trouble ? "takes nothing" : progress.caught_up ? "yes" : "catching up");
	if (status->running && progress.behind >= 0)
		words_number(progress.behind, behind);
	else
		buffer_char(behind, '-');
}

/* A row. `unread`: what the look had to say where it could not be done, or only by halves. */
static void add_row(struct cli_table *table, const char *name, const struct status *status, enum cli_status outcome,
                    struct text unread)
{
	struct buffer cell = {0}, behind = {0};
	struct text wrong = outcome != CLI_WRONG ? buffer_view(&status->wrong) : unread;
	cli_table_add(table, text_of(name));
	if (outcome != CLI_WRONG) {
		put_progress(status, &cell, &behind);
	} else {
		buffer_string(&cell, "no");
		buffer_char(&behind, '-');
	}
	cli_table_add_buffer(table, &cell);
	cli_table_add_buffer(table, &behind);
	words_number((int64_t)count_lines(wrong), &cell);
	cli_table_add_buffer(table, &cell);
	cli_table_add(table, first_line(wrong));
	buffer_free(&cell);
	buffer_free(&behind);
}

/* Who sends, as the daemon here last read it in the journal; how far it has read; and what is uncertain. */
static void add_cell_row(struct cli_table *table, const char *name, const struct status *status,
                         enum cli_status outcome, struct text unread)
{
	struct buffer ready = {0}, behind = {0}, says = {0};
	cli_table_add(table, text_of(name));
	if (outcome == CLI_FINE) {
		put_progress(status, &ready, &behind);
		ops_status_cell(buffer_view(&status->said), &says);
	} else {
		buffer_string(&ready, "no");
		buffer_char(&behind, '-');
	}
	if (outcome != CLI_FINE)
		buffer_text(&says, first_line(outcome == CLI_FOUND ? buffer_view(&status->wrong) : unread));
	else if (!status->running)
		buffer_string(&says, "not known: no daemon has it here");
	else if (!says.length)
		buffer_string(&says, "this machine is alone (no `cell` in the configuration)");
	cli_table_add_buffer(table, &ready);
	cli_table_add_buffer(table, &behind);
	cli_table_add(table, text_trim(buffer_view(&says)));
	buffer_free(&ready);
	buffer_free(&behind);
	buffer_free(&says);
}

static void add_off(struct cli_table *table, const struct config_council *council, bool cell_table)
{
	struct buffer cell = {0};
	const char *const cells[] = {council->name, "off", "-", "0"};
	for (size_t i = 0; i < sizeof cells / sizeof cells[0] - cell_table; i++)
		cli_table_add(table, text_of(cells[i]));
	buffer_format(&cell, "switched off (%s.off)", council->path);
	cli_table_add_buffer(table, &cell);
	buffer_free(&cell);
}

static const char *const titles[] = {"Council", "Ready", "Behind", "Wrong", "First of it, and what to do", NULL};

static const char *const cell_titles[] = {"Council", "Ready", "Behind", "Who sends", NULL};

enum cli_status status_table(struct cli *cli, const struct config_councils *councils)
{
	bool of_cell = cli_value(cli, "cell") != NULL;
	struct cli_table table = {.titles = of_cell ? cell_titles : titles};
	struct status_process process = {0};
	const char *list = cli->config;
	FILE *err = cli->err;
	size_t wrong = 0;
	for (size_t i = 0; i < councils->count; i++) {
		struct status status;
		char *unread = NULL;
		size_t length = 0;
		if (councils->items[i].off) {
			add_off(&table, &councils->items[i], of_cell);
			continue;
		}
		cli->config = councils->items[i].path;
		cli->err = open_memstream(&unread, &length);
		if (!cli->err)
			cli->err = err;
		enum cli_status outcome = status_look(cli, &process, &status);
		if (cli->err != err)
			(void)fclose(cli->err);
		cli->err = err;
		(of_cell ? add_cell_row : add_row)(&table, councils->items[i].name, &status, outcome,
		                                   (struct text){unread, length});
		wrong += outcome != CLI_FINE || status.wrong.length;
		status_end(&status);
		free(unread);
	}
	cli->config = list;
	status_process_free(&process);
	cli_table_print(cli, &table);
	if (wrong)
		(void)fprintf(cli->out,
		              "\nSomething is wrong with %zu of %zu councils: casewatch status --council NAME "
		              "has all of it.\n",
		              wrong, councils->count);
	else
		(void)fputs("\nNothing is wrong.\n", cli->out);
	return wrong ? CLI_FOUND : CLI_FINE;
}
