/* list_check: a list tried on no rows and on one of each, so that it is known to read and render before it is due. */
#include "report/list_alerts.h"
#include "report/list_page.h"

#include "report/reader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const struct list_child example = {.id = {"C1", 2}, .initials = {"AB", 2}, .age = 14};

/* A row with something in every column. */
static void fill(struct list_facts *facts, struct list_rows *rows)
{
	struct text *values = arena_alloc(facts->arena, (rows->column_count + 1) * sizeof *values);
	for (size_t i = 0; i < rows->column_count; i++)
		values[i] = TEXT("1");
	*(struct list_row *)mem_push((void **)&rows->items, &rows->count, &rows->room, sizeof(struct list_row)) =
		(struct list_row){&example, values, NULL};
}

static void fill_all(struct list_facts *facts, const struct config_list *list, struct list_child *child)
{
	static struct text never[] = {{"police", 6}};
	*child = example;
	child->figures = arena_alloc(facts->arena, (facts->figure_column_count + 1) * sizeof *child->figures);
	for (size_t i = 0; i < facts->figure_column_count; i++)
		child->figures[i] = TEXT("1");
	for (size_t i = 0; i < list->section_count; i++) {
		fill(facts, &facts->sections[i]);
		facts->sections[i].items[0].child = list->sections[i].plain ? NULL : child;
	}
	list_alerts_example(list, facts, 1);
	if (list->count.sql)
		fill(facts, &facts->count);
	facts->unread = mem_zero(2, sizeof *facts->unread);
	facts->unread[0] = (struct list_unread){child, facts->as_of - HOUR, "without the time it happened"};
	facts->unread[1] = (struct list_unread){NULL, facts->as_of - HOUR, "and could not be read"};
	facts->unread_count = 2;
	facts->completeness.never = never;
	facts->completeness.never_count = 1;
}

/* A report's template knows kinds of parts that this report may not have: a row of each. */
static void add_names_of_parts(struct data *page)
{
	static const char *const lists[] = {"heads", "rows", "bars", "items", "changes", "lines"};
	static const char *const names[] = {"head",    "number", "label", "is_restated", "value", "has_bar",
	                                    "percent", "strong", "both",  "words",       "line",  "cells"};
	struct data *part = data_map(page, "a_part_of_each_kind");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct data *item = data_item(data_list(part, lists[i]));
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			data_string(item, names[k], "");
	}
}

/* Every name must occur where all is filled; in the others it must render. */
static enum result try_templates(const struct list *list, const struct template_set *templates, bool all_names,
                                 struct fault *fault)
{
	static const char *const parts[] = {"txt", "html"};
	struct arena *arena = arena_new(64 * 1024);
	struct data *page = list_page(list, LIST_CUT_ROWS, arena);
	const struct data *said = data_get(page, TEXT("words_fault"));
	struct text wrong = said ? data_value(said) : TEXT_NONE;
	enum result result = RESULT_OK;
	if (said)
		add_names_of_parts(page);
	if (wrong.length)
		result = fault_set(fault, RESULT_PERMANENT, "its words: %.*s", TEXT_ARG(wrong));
	for (size_t i = 0; i < 2 && result == RESULT_OK; i++) {
		struct buffer out = {0};
		char name[128];
		(void)snprintf(name, sizeof name, "%s.%s", list->view.list->template, parts[i]);
		result = all_names ? template_check(templates, name, page, fault)
		                   : template_render(templates, name, page, &out, fault);
		buffer_free(&out);
	}
	arena_free(arena);
	return result;
}

/* In this order, because reading the facts is most of the work and is done once: what is filled cannot be emptied. */
enum round { NIL_RETURN, NOT_COMPLETE, FILLED, FILLED_OF_A_TEAM };

static enum result try_round(struct list_facts *facts, const struct config_list *list,
                             const struct template_set *templates, const struct zone *zone, enum round round,
                             struct fault *fault)
{
	struct team team = {.id = "a", .title = "A"};
	struct directory directory = {.teams = &team, .team_count = 1, .duty_team = "a", .duty_phone = "01"};
	struct list_view view = {.zone = zone,
	                         .list = list,
	                         .directory = &directory,
	                         .role_title = "Example",
	                         .council = "Example Council",
	                         .team = round == FILLED ? NULL : &team,
	                         .next = 24 * HOUR,
	                         .late = true,
	                         .follows = true};
	facts->completeness.complete_to = facts->completeness.last_arrival =
		round == NOT_COMPLETE ? facts->as_of - 999 * HOUR : facts->as_of;
	facts->last = facts->as_of - 24 * HOUR;
	struct list *made = list_new(facts, &view);
	enum result result = try_templates(made, templates, round == FILLED, fault);
	list_free(made);
	return result;
}

static bool knows_role(const struct directory *directory, const char *role)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (directory_role_fits(role, directory->roles[i].role))
			return true;
	return false;
}

static void check_recipients(const struct config_list *list, const struct directory *directory,
                             struct config_faults *faults)
{
	for (size_t i = 0; i < list->recipient_count; i++) {
		const struct list_recipient *to = &list->recipients[i];
		for (size_t k = 0; k < to->role_count; k++)
			if (!knows_role(directory, to->roles[k]))
				config_fault_add(faults, list->file, to->line, to->column,
				                 "the directory has no role \"%s\"", to->roles[k]);
		if (to->otherwise && !knows_role(directory, to->otherwise))
			config_fault_add(faults, list->file, to->line, to->column, "the directory has no role \"%s\"",
			                 to->otherwise);
	}
}

/* ---- what passed ---- */

/* A process has the lists that ship, and those that a council wrote for itself; what is forgotten is tried again. */
#define PASSED_MOST 4096

static struct {
	pthread_mutex_t lock; /* councils are read on threads */
	uint64_t keys[PASSED_MOST];
	size_t count;
	atomic_ullong trials;
} passed = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool has_passed(uint64_t key)
{
	bool found = false;
	(void)pthread_mutex_lock(&passed.lock);
	for (size_t i = 0; i < passed.count && !found; i++)
		found = passed.keys[i] == key;
	(void)pthread_mutex_unlock(&passed.lock);
	return found;
}

static void note_passed(uint64_t key)
{
	(void)pthread_mutex_lock(&passed.lock);
	if (passed.count == PASSED_MOST)
		passed.count = 0;
	passed.keys[passed.count++] = key;
	(void)pthread_mutex_unlock(&passed.lock);
}

uint64_t list_trials(void)
{
	return atomic_load(&passed.trials);
}

static uint64_t add_number(uint64_t number, uint64_t basis)
{
	return text_fingerprint((struct text){(const char *)&number, sizeof number}, basis);
}

/* ---- the trial ---- */

struct list_trial {
	const struct ruleset *rules;
	const struct directory *directory;
	const struct template_set *templates;
	const struct zone *zone;
	struct reader *reader; /* NULL: not made yet */
};

struct list_trial *list_trial_new(const struct ruleset *rules, const struct directory *directory,
                                  const struct template_set *templates, const struct zone *zone)
{
	struct list_trial *trial = MEM_NEW(struct list_trial);
	*trial = (struct list_trial){rules, directory, templates, zone, NULL};
	return trial;
}

void list_trial_free(struct list_trial *trial)
{
	if (!trial)
		return;
	reader_close(trial->reader);
	free(trial);
}

static uint64_t key_of(const struct list_trial *trial, const struct config_list *list)
{
	uint64_t key = add_number(list->fingerprint, trial->rules->fingerprint);
	key = add_number(template_fingerprint(trial->templates), key);
	return add_number(zone_fingerprint(trial->zone), key);
}

static enum result try_list(struct list_trial *trial, const struct config_list *list,
                            const struct list_select **wrong, struct fault *fault)
{
	struct list_child child;
	atomic_fetch_add(&passed.trials, 1);
	if (!trial->reader)
		trial->reader = reader_open_sample(trial->rules, trial->zone, NULL, fault);
	struct list_facts *facts =
		trial->reader ? list_facts_sample(list, trial->reader, trial->zone, wrong, fault) : NULL;
	enum result result = facts ? RESULT_OK : RESULT_PERMANENT;
	for (enum round round = NIL_RETURN; round <= FILLED_OF_A_TEAM && result == RESULT_OK; round++) {
		if (round == FILLED)
			fill_all(facts, list, &child);
		result = try_round(facts, list, trial->templates, trial->zone, round, fault);
	}
	list_facts_free(facts);
	return result;
}

/* A council's own registers are as old as the day they were copied; the lists come with each version. */
static const char *next_step(const struct ruleset *rules, const char *wrong)
{
	bool table = strstr(wrong, "no such table: ") != NULL;
	if (table && !rules->register_count)
		return ": the rules declare no registers at all; put the registers.yaml that came with casewatch "
		       "beside them";
	if (table)
		return "; no register of the rules has that name: take its declaration over from the registers.yaml "
		       "that came with casewatch";
	if (strstr(wrong, "no such column: "))
		return "; the registers that it reads have none of that name (casewatch export --columns lists them): "
		       "where they are your own, take it over from the registers.yaml that came with casewatch";
	return "";
}

void list_check(struct list_trial *trial, const struct config_list *list, struct config_faults *faults)
{
	struct fault fault = {{0}};
	const struct list_select *wrong = NULL;
	uint64_t key = key_of(trial, list);
	check_recipients(list, trial->directory, faults);
	if (has_passed(key))
		return;
	enum result result = try_list(trial, list, &wrong, &fault);
	bool placed = wrong && wrong->sql;
	if (result == RESULT_OK)
		note_passed(key);
	else
		config_fault_add(faults, list->file, placed ? wrong->line : 0, placed ? wrong->column : 0, "%s%s",
		                 fault.text, next_step(trial->rules, fault.text));
}

/* ---- what goes outside ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

/* But for blanks. */
static bool same_select(const char *a, const char *b)
{
	while (*a || *b) {
		bool gap = is_blank(*a) || !*a;
		if (gap != (is_blank(*b) || !*b))
			return false;
		if (!gap && *a++ != *b++)
			return false;
		while (gap && is_blank(*a))
			a++;
		while (gap && is_blank(*b))
			b++;
	}
	return true;
}

static const char *role_of_both(const struct config_list *a, const struct config_list *b)
{
	for (size_t i = 0; i < a->recipient_count; i++)
		for (size_t k = 0; k < a->recipients[i].role_count; k++)
			for (size_t m = 0; m < b->recipient_count; m++)
				for (size_t n = 0; n < b->recipients[m].role_count; n++)
					if (strcmp(a->recipients[i].roles[k], b->recipients[m].roles[n]) == 0)
						return a->recipients[i].roles[k];
	return NULL;
}

/* Visits each figure of the parts that the issue shows. */
static const struct report_figure *figure_shown(const struct config_report *report, size_t *at)
{
	size_t seen = 0;
	for (size_t i = 0; i < report->shown_count; i++) {
		const struct report_part *part = &report->parts[report->shown[i]];
		for (size_t c = 0; c < part->column_count; c++)
			if (part->columns[c].figure >= 0 && seen++ == *at) {
				(*at)++;
				return &report->figures[part->columns[c].figure];
			}
	}
	return NULL;
}

static const struct report_figure *counted_too(const struct config_report *report, const struct report_figure *figure)
{
	const struct report_figure *other;
	for (size_t at = 0; (other = figure_shown(report, &at));)
		if (same_select(figure->select.sql, other->select.sql))
			return other;
	return NULL;
}

static void check_pair(const struct config_list *a, const struct config_list *b, const char *role,
                       struct config_faults *faults)
{
	const struct report_figure *figure, *other;
	for (size_t at = 0; (figure = figure_shown(b->report, &at));)
		if (!figure->measure && !figure->words && (other = counted_too(a->report, figure)))
			config_fault_add(
				faults, b->file, figure->select.line, figure->select.column,
				"%s counts the same as %s of %s, and both go to %s: a small count hidden in one "
				"could be reckoned from the other; let the body have it in one report",
				figure->id, other->id, a->report->base, role);
}

/* A rate or an average of numbers that the body is not sent may give away those that it is: from two rates of twelve
 * months follows the one month between them. */
static void check_measures(const struct config_list *list, struct config_faults *faults)
{
	const struct report_figure *figure, *other;
	for (size_t at = 0; (figure = figure_shown(list->report, &at));) {
		bool counted = !figure->measure;
		for (size_t k = 0; !counted && figure->counts >= 0 && (other = figure_shown(list->report, &k));)
			counted = other == &list->report->figures[figure->counts];
		if (!counted)
			config_fault_add(
				faults, list->file, figure->select.line, figure->select.column,
				"%s is shown outside the council without the number that it was measured on: from "
				"several of them a hidden count could be reckoned; show what it counts beside it, or "
				"leave it out of %s",
				figure->id, list->id);
	}
}

void lists_check_outside(const struct config_list *lists, size_t count, struct config_faults *faults)
{
	for (size_t i = 0; i < count; i++)
		if (lists[i].report && lists[i].report->outside)
			check_measures(&lists[i], faults);
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count; k++) {
			const struct config_report *a = lists[i].report, *b = lists[k].report;
			const char *role = a && b && a->outside && b->outside && strcmp(a->base, b->base) != 0
			                           ? role_of_both(&lists[i], &lists[k])
			                           : NULL;
			if (role)
				check_pair(&lists[i], &lists[k], role, faults);
		}
}
