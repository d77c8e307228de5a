/* diff: what opens, ends and is withdrawn if these rules come into force, and who would be told: by rule and team. */
#include "cli/check/diff.h"

#include "pipeline/preview.h"
#include "store/events/events.h"
#include "people/allocation.h"
#include "run/edition.h"

#include <stdlib.h>

/* The alerts of one rule and team that change in one way. */
struct line {
	const char *rule, *team;
	enum effect_kind kind;
	bool shadow;
	size_t alerts;
	const char **roles;
	size_t role_count, role_room;
};

struct diff {
	struct cli *cli;
	const struct config *config;
	struct opened opened;
	struct arena *arena;   /* what lines say */
	struct arena *looking; /* of one change */
	const struct event **events;
	size_t event_count, event_room;
	struct line *lines;
	size_t count, room;
	size_t opens, ends, withdrawn;
	bool judging; /* the rules in force have not judged every history yet: some of what is shown is theirs */
};

/* ---- the team of a change ---- */

static enum result keep_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct diff *diff = argument;
	(void)bytes, (void)arrived, (void)fault;
	struct event *copy = arena_alloc(diff->looking, sizeof *copy);
	event_copy(copy, event, diff->looking);
	*(const struct event **)mem_push((void **)&diff->events, &diff->event_count, &diff->event_room, sizeof copy) =
		copy;
	return RESULT_OK;
}

/* The first of its teams; "-" for what is of no child. */
static enum result team_of(struct diff *diff, const struct preview_change *change, const char **title,
                           struct fault *fault)
{
	const struct zone *zone = calendar_zone(diff->config->calendar);
	enum result result = RESULT_OK;
	const struct team *team;
	*title = "-";
	diff->event_count = 0;
	arena_reset(diff->looking);
	for (size_t i = 0; change->domain == PARTY_NONE && i < change->linked_count && result == RESULT_OK; i++)
		result = events_of_subject(diff->opened.store, change->linked[i], 0, keep_event, diff, fault);
	struct allocation *open = arena_alloc(diff->looking, (diff->event_count + 1) * sizeof *open);
	size_t count = allocations_open(diff->events, diff->event_count, true, zone, diff->opened.now, open,
	                                diff->event_count);
	if (change->domain == PARTY_NONE && directory_teams(diff->config->directory, open, count, &team, 1))
		*title = team->title;
	return result;
}

/* ---- gathering ---- */

static struct line *line_of(struct diff *diff, const struct preview_change *change, const char *team)
{
	for (size_t i = 0; i < diff->count; i++) {
		struct line *line = &diff->lines[i];
		if (line->kind == change->kind && line->shadow == change->shadow &&
		    strcmp(line->rule, change->rule) == 0 && strcmp(line->team, team) == 0)
			return line;
	}
	struct line *line = mem_push((void **)&diff->lines, &diff->count, &diff->room, sizeof *line);
	*line = (struct line){.rule = arena_copy_text(diff->arena, change->rule, strlen(change->rule)), .team = team,
	                      .kind = change->kind, .shadow = change->shadow};
	return line;
}

static void add_role(struct diff *diff, struct line *line, const char *role)
{
	for (size_t i = 0; i < line->role_count; i++)
		if (strcmp(line->roles[i], role) == 0)
			return;
	*(const char **)mem_push((void **)&line->roles, &line->role_count, &line->role_room, sizeof role) =
		arena_copy_text(diff->arena, role, strlen(role));
}

static enum result take_change(void *argument, const struct preview_change *change, struct fault *fault)
{
	struct diff *diff = argument;
	const char *team;
	enum result result = team_of(diff, change, &team, fault);
	if (result != RESULT_OK)
		return result;
	struct line *line = line_of(diff, change, team);
	line->alerts++;
	diff->opens += change->kind == EFFECT_OPENED;
	diff->ends += change->kind == EFFECT_RESOLVED;
	diff->withdrawn += change->kind == EFFECT_WITHDRAWN;
	for (size_t i = 0; i < change->role_count && !change->shadow; i++)
		add_role(diff, line, change->roles[i]);
	return RESULT_OK;
}

static int by_rule(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);
	order = order ? order : (int)x->kind - (int)y->kind;
	return order ? order : strcmp(x->team, y->team);
}

/* ---- saying it ---- */

static const char *change_word(enum effect_kind kind)
{
	return kind == EFFECT_OPENED ? "opens" : kind == EFFECT_RESOLVED ? "ends" : "withdrawn";
}

static void print_json(struct diff *diff)
{
	struct buffer out = {0};
	struct json_writer json = json_writer_on(&out);
	json_object(&json);
	json_put_instant(&json, "at", diff->opened.now);
	json_put_integer(&json, "opens", (int64_t)diff->opens);
	json_put_integer(&json, "ends", (int64_t)diff->ends);
	json_put_integer(&json, "withdrawn", (int64_t)diff->withdrawn);
	json_put_bool(&json, "judging_anew", diff->judging);
	json_key(&json, "changes");
	json_array(&json);
	for (size_t i = 0; i < diff->count; i++) {
		const struct line *line = &diff->lines[i];
		json_object(&json);
		json_put_string(&json, "rule", line->rule);
		json_put_string(&json, "change", change_word(line->kind));
		json_put_string(&json, "team", line->team);
		json_put_integer(&json, "alerts", (int64_t)line->alerts);
		json_put_bool(&json, "shadow", line->shadow);
		json_key(&json, "tell");
		json_array(&json);
		for (size_t k = 0; k < line->role_count; k++)
			json_text(&json, text_of(line->roles[k]));
		json_array_end(&json);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	cli_print_json(diff->cli, &out);
}

static void add_told(const struct diff *diff, const struct line *line, struct buffer *cell)
{
	if (line->shadow)
		buffer_string(cell, "nobody (on trial)");
	else if (!line->role_count)
		buffer_string(cell, "whoever was told");
	for (size_t i = 0; i < line->role_count; i++)
		buffer_format(cell, "%s%s", i ? "; " : "",
		              directory_role_title(diff->config->directory, line->roles[i]));
}

static void print_table(struct diff *diff)
{
	static const char *const titles[] = {"RULE", "CHANGE", "ALERTS", "TEAM", "TOLD", NULL};
	struct cli_table table = {.titles = titles};
	struct buffer out = {0};
	for (size_t i = 0; i < diff->count; i++) {
		const struct line *line = &diff->lines[i];
		cli_table_add(&table, text_of(line->rule));
		cli_table_add(&table, text_of(change_word(line->kind)));
		buffer_format(&out, "%zu", line->alerts);
		cli_table_add_buffer(&table, &out);
		cli_table_add(&table, text_of(line->team));
		add_told(diff, line, &out);
		cli_table_add_buffer(&table, &out);
	}
	if (diff->count)
		cli_table_print(diff->cli, &table);
	if (!diff->count)
		buffer_string(&out, "These rules change nothing of what is on record.\n");
	else
		buffer_format(&out,
		              "\nOf what is on record %zu %s, %zu %s and %zu %s withdrawn when these rules "
		              "come into force.\nWhat opens is told as what stood at go-live: once, in one message a "
		              "person, in their hours; a critical\nalert that is no old news at once. Nothing was "
		              "written.\n",
		              diff->opens, diff->opens == 1 ? "alert opens" : "alerts open", diff->ends,
		              diff->ends == 1 ? "ends" : "end", diff->withdrawn, diff->withdrawn == 1 ? "is" : "are");
	if (diff->judging)
		buffer_string(&out, "The daemon has not judged every history by its own rules yet, so some of this\n"
		                    "comes of those. Ask again later.\n");
	cli_print(diff->cli, &out);
}

/* ---- the whole ---- */

/* "judged_by" is empty while the daemon judges by changed rules (pipeline/rejudge.c). */
static enum result see_judging(struct diff *diff, struct fault *fault)
{
	struct text by;
	enum result result = store_get(diff->opened.store, "judged_by", &by, fault);
	diff->judging = result == RESULT_OK && !by.length;
	return result;
}

enum cli_status cli_diff(struct cli *cli, const struct config *config)
{
	struct diff diff = {.cli = cli, .config = config};
	struct fault fault = {{0}};
	enum cli_status status = cli_open(cli, &diff.opened);
	if (status == CLI_FINE) {
		diff.arena = arena_new(16 * 1024);
		diff.looking = arena_new(16 * 1024);
		struct engine_settings settings = edition_engine_settings(config);
		enum result result = see_judging(&diff, &fault);
		if (result == RESULT_OK)
			result = pipeline_preview(diff.opened.store, &settings, diff.opened.now, take_change, &diff,
			                          &fault);
		if (diff.count)
			qsort(diff.lines, diff.count, sizeof *diff.lines, by_rule);
		if (result != RESULT_OK)
			status = cli_failed(cli, "%s", fault.text);
		else if (cli->json)
			print_json(&diff);
		else
			print_table(&diff);
		arena_free(diff.arena);
		arena_free(diff.looking);
	}
	for (size_t i = 0; i < diff.count; i++)
		free(diff.lines[i].roles);
	free(diff.lines);
	free(diff.events);
	cli_close(&diff.opened);
	return status;
}
