/* opened: configuration and store for the commands, and how they print. */
#include "cli/opened.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/spelling.h"
#include "event/event.h"
#include "store/events/events.h"
#include "text/utf8.h"
#include "time/words.h"

void cli_print_faults(FILE *to, struct config_faults *faults)
{
	config_faults_sort(faults);
	for (size_t i = 0; i < faults->count; i++)
		(void)fprintf(to, "%s:%d:%d: %s\n", faults->items[i].file, faults->items[i].line,
		              faults->items[i].column, faults->items[i].text);
}

void cli_put_faults(struct json_writer *json, struct config_faults *faults)
{
	cli_put_places(json, "faults", faults);
}

void cli_put_places(struct json_writer *json, const char *name, struct config_faults *faults)
{
	config_faults_sort(faults);
	json_key(json, name);
	json_array(json);
	for (size_t i = 0; i < faults->count; i++) {
		json_object(json);
		json_put_string(json, "file", faults->items[i].file);
		json_put_integer(json, "line", faults->items[i].line);
		json_put_integer(json, "column", faults->items[i].column);
		json_put_string(json, "text", faults->items[i].text);
		json_object_end(json);
	}
	json_array_end(json);
}

struct config *cli_config(struct cli *cli, const char *rules_dir)
{
	struct config_faults faults = {0};
	struct config *config = config_load(cli->config, rules_dir, &faults);
	cli_print_faults(cli->err, &faults);
	config_faults_free(&faults);
	return config;
}

enum cli_status cli_open_without_store(struct cli *cli, struct opened *opened)
{
	struct config_faults faults = {0};
	struct fault fault = {{0}};
	*opened = (struct opened){.now = clock_now(&cli->clock)};
	opened->config = config_load_partly(cli->config, &faults);
	opened->faults = faults.count;
	if (!opened->config)
		cli_print_faults(cli->err, &faults);
	else if (faults.count)
		(void)fprintf(cli->err, "casewatch %s: %s has %zu %s, which casewatch check shows; going on\n",
		              cli->command->name, cli->config, faults.count, faults.count == 1 ? "fault" : "faults");
	config_faults_free(&faults);
	if (!opened->config)
		return CLI_WRONG;
	if (opened->config->calendar)
		opened->zone = calendar_zone(opened->config->calendar);
	else
		opened->zone = opened->own_zone = zone_load("Europe/London", &fault);
	return opened->zone ? CLI_FINE : cli_failed(cli, "%s", fault.text);
}

enum cli_status cli_know_rule(struct cli *cli, const char *id, const struct ruleset *rules,
                              const struct ruleset *others)
{
	const struct ruleset *const sets[] = {rules, others};
	struct spelling spelling = spelling_begin(text_of(id));
	const struct rule *now = NULL;
	struct buffer meant = {0};
	for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
		if (sets[k] && ruleset_find(sets[k], text_of(id)))
			return CLI_FINE;
		now = sets[k] && !now ? ruleset_find_renamed(sets[k], text_of(id)) : now;
		for (size_t i = 0; sets[k] && i < sets[k]->rule_count; i++)
			spelling_offer(&spelling, sets[k]->rules[i].id);
	}
	if (now)
		buffer_format(&meant, "; it was renamed, and is %s now", now->id);
	else
		spelling_say(&spelling, &meant);
	enum cli_status status = cli_failed(cli, "no rule is called \"%s\"%s", id, buffer_cstr(&meant));
	buffer_free(&meant);
	return status;
}

/* SQLite's own words would not say what to do. */
static enum cli_status look_for_database(struct cli *cli, const char *path)
{
	if (access(path, R_OK) == 0)
		return CLI_FINE;
	if (errno == ENOENT)
		return cli_failed(cli, "there is no database at %s yet; casewatchd makes it when it first runs with %s",
		                  path, cli->config);
	return cli_failed(cli, "the database %s cannot be read: %s; try: sudo -u casewatch casewatch %s", path,
	                  strerror(errno), cli->command->name);
}

enum cli_status cli_open(struct cli *cli, struct opened *opened)
{
	struct fault fault = {{0}};
	enum cli_status status = cli_open_without_store(cli, opened);
	if (status == CLI_FINE)
		status = look_for_database(cli, opened->config->database);
	if (status != CLI_FINE)
		return status;
	if (store_open(opened->config->database, STORE_READ, &opened->store, &fault) != RESULT_OK)
		return cli_failed(cli, "%s", fault.text);
	const struct config *config = opened->config;
	opened->cli = cli;
	struct event_limits limits = {config->event_bytes, (unsigned)config->event_depth};
	opened->parser = event_parser_new(limits, text_of(config->type_prefix), opened->zone);
	events_set_parser(opened->store, opened->parser);
	return CLI_FINE;
}

void cli_close(struct opened *opened)
{
	int64_t last;
	if (opened->cli)
		opened->cli->unreadable += store_unreadable(opened->store, &last);
	store_close(opened->store);
	event_parser_free(opened->parser);
	zone_free(opened->own_zone);
	config_free(opened->config);
	*opened = (struct opened){0};
}

static void print_but(struct cli *cli, const char *kept, struct buffer *text)
{
	for (size_t i = 0; i < text->length; i++) {
		unsigned char c = (unsigned char)text->at[i], next = (unsigned char)text->at[i + 1];
		if ((c < 0x20 && (!c || !strchr(kept, c))) || c == 0x7f)
			text->at[i] = '?';
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0) /* U+0080 to U+009F */
			text->at[i] = text->at[i + 1] = '?';
	}
	(void)fwrite(buffer_cstr(text), 1, text->length, cli->out);
	buffer_free(text);
}

void cli_print(struct cli *cli, struct buffer *text)
{
	print_but(cli, "\n", text);
}

void cli_print_file(struct cli *cli, struct buffer *file)
{
	print_but(cli, "\n\r\t", file);
}

void cli_print_json(struct cli *cli, struct buffer *json)
{
	buffer_char(json, '\n');
	(void)fwrite(json->at, 1, json->length, cli->out);
	buffer_free(json);
}

void cli_put_damaged(const struct packed_damage *damaged, struct buffer *out)
{
	if (!damaged->count)
		return;
	words_count(damaged->count, "stored event", "stored events", out);
	buffer_format(out,
	              " can no longer be read; the first is event %lld: %s.\nNext: docs/operations.md, \"Is the "
	              "database sound?\".\n",
	              (long long)damaged->first, damaged->why.text);
}

void cli_put_damaged_json(const struct packed_damage *damaged, struct json_writer *json)
{
	json_put_integer(json, "unreadable", damaged->count);
	if (damaged->count)
		json_put_integer(json, "unreadable_first", damaged->first);
}

void cli_put_value(struct json_writer *json, const struct value *value)
{
	switch (value->kind) {
	case VALUE_BOOL:
		json_bool(json, value->boolean);
		break;
	case VALUE_NUMBER:
		json_number(json, value->number);
		break;
	case VALUE_STRING:
		json_text(json, value->string);
		break;
	case VALUE_LIST:
		json_array(json);
		for (size_t i = 0; i < value->list.count; i++)
			cli_put_value(json, &value->list.items[i]);
		json_array_end(json);
		break;
	case VALUE_ABSENT:
	case VALUE_OTHER:
		json_null(json);
		break;
	}
}

void cli_time(const struct opened *opened, instant at, struct buffer *out)
{
	if (at == INSTANT_NEVER || at == INSTANT_NONE)
		buffer_char(out, '-');
	else
		words_moment(opened->zone, (struct words_moment){.at = at}, WORDS_TABLE_YEAR, out);
}

void cli_table_add(struct cli_table *table, struct text cell)
{
	char **slot = mem_push((void **)&table->cells, &table->count, &table->room, sizeof *slot);
	*slot = mem_copy_text(cell.at, cell.length);
	for (size_t i = 0; i < cell.length; i++) { /* a name may not turn the terminal's line round, or command it */
		size_t unseen = utf8_unseen(cell, i);
		if (unseen)
			memset(*slot + i, ' ', unseen);
		else if ((unsigned char)(*slot)[i] < ' ' || (*slot)[i] == 0x7f)
			(*slot)[i] = ' ';
		i += unseen ? unseen - 1 : 0;
	}
}

void cli_table_add_buffer(struct cli_table *table, struct buffer *cell)
{
	cli_table_add(table, buffer_view(cell));
	buffer_clear(cell);
}

static size_t width_of(const char *text)
{
	return text_columns(text_of(text));
}

static void put_cell(struct buffer *out, const char *cell, size_t width, bool last)
{
	size_t from = out->length;
	buffer_string(out, cell);
	if (last)
		buffer_char(out, '\n');
	else
		buffer_fill(out, from, width + 2);
}

void cli_table_print(struct cli *cli, struct cli_table *table)
{
	size_t columns = 0, widths[16] = {0};
	struct buffer out = {0};
	while (table->titles[columns] && columns < 16) {
		widths[columns] = width_of(table->titles[columns]);
		columns++;
	}
	for (size_t i = 0; i < table->count; i++)
		if (width_of(table->cells[i]) > widths[i % columns])
			widths[i % columns] = width_of(table->cells[i]);
	for (size_t c = 0; c < columns; c++)
		put_cell(&out, table->titles[c], widths[c], c + 1 == columns);
	for (size_t i = 0; i < table->count; i++) {
		put_cell(&out, table->cells[i], widths[i % columns], i % columns + 1 == columns);
		free(table->cells[i]);
	}
	free(table->cells);
	*table = (struct cli_table){.titles = table->titles};
	cli_print(cli, &out);
}
