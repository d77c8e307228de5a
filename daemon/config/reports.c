/* reports: figures, parts and issues as a list's file declares them. */
#include "config/lists_internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const figure_keys[] = {"title",    "one",    "many", "of",   "words",
                                          "measure", "counts", "decimals", "select", "late", "adds", "moves", NULL};
static const char *const part_keys[] = {"id",    "kind",  "title",    "title-text", "label",     "head",
                                        "unit",  "total", "line",       "restated",  "none",
                                        "words", "small", "text-only", "block",     "earlier",   "over",
                                        "section", "width", "figure",  "columns",   "text-above", NULL};
static const char *const column_keys[] = {"head", "text", "figure", "value", "strong", "form", "width", "number",
                                          "mark", NULL};
static const char *const issue_keys[] = {"id",     "due",     "until",   "tells",    "outside", "recipients", "reader",
                                         "heading", "subject", "strong", "words",    "parts",   "restated", NULL};
static const char *const sum_keys[] = {"total", "of", "rest", NULL};
static const char *const kinds[] = {"bars", "periods", "groups", "rows", "items", "note", NULL};
static const char *const forms[] = {"number", "percent", "comma", "of", NULL};
static const char *const restated_words[] = {"beside", "foot", NULL};

/* A report on its way. */
struct draft {
	struct lists_reader *reader;
	struct config_report report;
	struct report_figure *figures;
	struct report_part *parts;
};

static void *room(const struct draft *draft, size_t count, size_t size)
{
	void *made = arena_alloc(draft->reader->arena, (count + 1) * size);
	memset(made, 0, (count + 1) * size);
	return made;
}

static int figure_of(struct draft *draft, const struct yaml_node *node)
{
	struct text id;
	if (!node || !yaml_read_text(node, "a figure", &id, draft->reader->faults))
		return -1;
	for (size_t i = 0; i < draft->report.figure_count; i++)
		if (text_equal(id, text_of(draft->figures[i].id)))
			return (int)i;
	yaml_fault(node, draft->reader->faults, "there is no figure \"%.*s\" above", TEXT_ARG(id));
	return -1;
}

/* ---- figures ---- */

static struct list_select may_select(struct draft *draft, const struct yaml_node *node, const char *key)
{
	const struct yaml_node *at = yaml_get(node, key);
	struct list_select select = {lists_may_text(draft->reader, node, key), at ? at->line : 0, at ? at->column : 0};
	return select;
}

static void read_figure(struct draft *draft, const struct yaml_node *key, const struct yaml_node *node)
{
	struct lists_reader *reader = draft->reader;
	if (!yaml_check_keys(node, "a figure", figure_keys, reader->faults) && node->kind != YAML_MAPPING)
		return;
	struct report_figure made = {.id = arena_copy_text(reader->arena, key->text.at, key->text.length), .of = -1,
	                             .counts = -1};
	made.title = lists_need_text(reader, node, "title", "a figure");
	made.one = lists_may_plain(reader, node, "one");
	made.many = lists_may_plain(reader, node, "many");
	made.words = lists_flag(reader, node, "words", false);
	made.measure = lists_flag(reader, node, "measure", false);
	made.adds = lists_flag(reader, node, "adds", !made.measure);
	made.moves = lists_flag(reader, node, "moves", false);
	made.decimals = (int)lists_integer(reader, node, "decimals", 0, 3, 0);
	made.select = lists_need_select(reader, node, "a figure");
	made.late = may_select(draft, node, "late");
	if (yaml_get(node, "of"))
		made.of = figure_of(draft, yaml_get(node, "of"));
	if (yaml_get(node, "counts"))
		made.counts = figure_of(draft, yaml_get(node, "counts"));
	draft->figures[draft->report.figure_count++] = made;
}

static void read_figures(struct draft *draft, const struct yaml_node *node)
{
	size_t count = node && node->kind == YAML_MAPPING ? node->count : 0;
	if (node && node->kind != YAML_MAPPING)
		yaml_fault(node, draft->reader->faults, "figures is %s; write names and what they count",
		           yaml_kind_name(node));
	draft->figures = room(draft, count, sizeof *draft->figures);
	for (size_t i = 0; i < count; i++)
		read_figure(draft, node->keys[i], node->items[i]);
	draft->report.figures = draft->figures;
}

static void read_sums(struct draft *draft, const struct yaml_node *node)
{
	size_t count = yaml_list_count(node);
	struct report_sum *sums = room(draft, count, sizeof *sums);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i), *of = yaml_get(item, "of");
		if (!yaml_check_keys(item, "a sum", sum_keys, draft->reader->faults))
			continue;
		struct report_sum *sum = &sums[draft->report.sum_count++];
		sum->total = figure_of(draft, yaml_get(item, "total"));
		sum->rest = lists_flag(draft->reader, item, "rest", false);
		sum->parts = room(draft, yaml_list_count(of), sizeof *sum->parts);
		for (size_t k = 0; k < yaml_list_count(of); k++)
			sum->parts[sum->part_count++] = figure_of(draft, yaml_list_item(of, k));
	}
	draft->report.sums = sums;
}

/* ---- parts ---- */

static void read_column(struct draft *draft, struct report_part *part, const struct yaml_node *node)
{
	struct lists_reader *reader = draft->reader;
	struct report_column column = {.figure = -1};
	size_t form = FORM_NUMBER;
	if (node->kind == YAML_SCALAR) { /* a figure alone */
		column.figure = figure_of(draft, node);
	} else if (yaml_check_keys(node, "a column", column_keys, reader->faults)) {
		column.head = lists_may_plain(reader, node, "head");
		column.brief = lists_may_plain(reader, node, "text");
		column.value = lists_may_text(reader, node, "value");
		column.strong = lists_may_text(reader, node, "strong");
		column.width = (int)lists_integer(reader, node, "width", 0, 60, 0);
		column.number = lists_flag(reader, node, "number", false);
		column.mark = (int)lists_integer(reader, node, "mark", 0, 1000, 0);
		if (yaml_get(node, "figure"))
			column.figure = figure_of(draft, yaml_get(node, "figure"));
		if (yaml_get(node, "form"))
			(void)yaml_read_word(yaml_get(node, "form"), "form", forms, &form, reader->faults);
	}
	column.form = (enum report_form)form;
	if (column.figure >= 0 && !column.head)
		column.head = draft->figures[column.figure].title;
	if (!column.brief)
		column.brief = column.head;
	bool rows = part->kind == REPORT_ROWS || part->kind == REPORT_ITEMS;
	if (rows ? !column.value || !column.head : column.figure < 0)
		yaml_fault(node, reader->faults, rows ? "a column of rows needs \"head\" and \"value\""
		                                      : "a column needs \"figure\"");
	else
		part->columns[part->column_count++] = column;
}

/* "told", "3 months", "quarter", "before", "year" */
static void read_reach(struct draft *draft, struct report_part *part, const struct yaml_node *node)
{
	struct text words;
	part->reach = REACH_TOLD;
	if (!node || !yaml_read_text(node, "over", &words, draft->reader->faults))
		return;
	char *end;
	long count = strtol(words.at, &end, 10);
	if (count > 0 && count <= 60 && text_equal(text_of(end), TEXT(" periods"))) {
		part->reach = REACH_MONTHS;
		part->months = (int)count;
	} else if (text_equal(words, TEXT("quarter"))) {
		part->reach = REACH_QUARTER;
	} else if (text_equal(words, TEXT("before"))) {
		part->reach = REACH_BEFORE;
	} else if (text_equal(words, TEXT("month ago"))) {
		part->reach = REACH_MONTH_AGO;
	} else if (text_equal(words, TEXT("year before"))) {
		part->reach = REACH_YEAR;
	} else if (!text_equal(words, TEXT("told"))) {
		yaml_fault(node, draft->reader->faults,
		           "over is told, quarter, before, year before, month ago, or a number: 3 periods");
	}
}

static void read_section_of(struct draft *draft, struct report_part *part, const struct yaml_node *node)
{
	const struct config_list *list = &draft->reader->list;
	const char *id = lists_may_text(draft->reader, node, "section");
	part->section = -1;
	for (size_t i = 0; id && i < list->section_count; i++)
		if (strcmp(list->sections[i].id, id) == 0)
			part->section = (int)i;
	if ((part->kind == REPORT_ROWS || part->kind == REPORT_ITEMS) && part->section < 0)
		yaml_fault(node, draft->reader->faults, "rows and items need \"section\", one of the sections above");
}

static void read_part_words(struct lists_reader *reader, struct report_part *part, const struct yaml_node *node)
{
	part->title = lists_may_text(reader, node, "title");
	part->title_text = lists_may_text(reader, node, "title-text");
	part->label = lists_may_text(reader, node, "label");
	part->head = lists_may_text(reader, node, "head");
	part->unit = lists_may_plain(reader, node, "unit");
	part->total = lists_may_plain(reader, node, "total");
	part->intro = lists_may_text(reader, node, "text-above");
	part->line = lists_may_text(reader, node, "line");
	part->restated = lists_may_text(reader, node, "restated");
	part->none = lists_may_plain(reader, node, "none");
	part->words = lists_may_text(reader, node, "words");
	part->small = lists_flag(reader, node, "small", false);
	part->text_only = lists_flag(reader, node, "text-only", false);
	part->block = lists_flag(reader, node, "block", false);
	part->earlier = lists_flag(reader, node, "earlier", false);
	part->width = (int)lists_integer(reader, node, "width", 0, 60, 0);
}

static void read_part(struct draft *draft, const struct yaml_node *node)
{
	struct lists_reader *reader = draft->reader;
	size_t kind = REPORT_NOTE;
	if (!yaml_check_keys(node, "a part", part_keys, reader->faults) && node->kind != YAML_MAPPING)
		return;
	struct report_part *part = &draft->parts[draft->report.part_count++];
	part->id = lists_need_name(reader, node, "id", "a part");
	if (!yaml_get(node, "kind"))
		yaml_fault(node, reader->faults, "a part needs \"kind\"");
	else
		(void)yaml_read_word(yaml_get(node, "kind"), "kind", kinds, &kind, reader->faults);
	part->kind = (enum report_part_kind)kind;
	read_part_words(reader, part, node);
	read_reach(draft, part, yaml_get(node, "over"));
	read_section_of(draft, part, node);
	const struct yaml_node *columns = yaml_get(node, "columns"), *figure = yaml_get(node, "figure");
	part->columns = room(draft, yaml_list_count(columns) + 1, sizeof *part->columns);
	if (figure)
		read_column(draft, part, figure);
	for (size_t i = 0; i < yaml_list_count(columns); i++)
		read_column(draft, part, yaml_list_item(columns, i));
	bool needs = part->kind == REPORT_BARS || part->kind == REPORT_PERIODS || part->kind == REPORT_GROUPS;
	if (needs && !part->column_count)
		yaml_fault(node, reader->faults, "this part needs \"figure\" or \"columns\"");
}

/* ---- issues ---- */

static void read_shown(struct draft *draft, struct config_report *made, const struct yaml_node *issue)
{
	const struct yaml_node *node = yaml_get(issue, "parts");
	struct text id;
	size_t *shown = room(draft, yaml_list_count(node), sizeof *shown);
	for (size_t i = 0; i < yaml_list_count(node); i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		size_t at = 0;
		if (!yaml_read_text(item, "parts", &id, draft->reader->faults))
			continue;
		while (at < made->part_count && !text_equal(id, text_of(made->parts[at].id)))
			at++;
		if (at == made->part_count) {
			yaml_fault(item, draft->reader->faults, "there is no part \"%.*s\"", TEXT_ARG(id));
			continue;
		}
		bool rows = made->parts[at].kind == REPORT_ROWS || made->parts[at].kind == REPORT_ITEMS;
		if (made->outside && rows)
			yaml_fault(item, draft->reader->faults,
			           "%s lists children: a body outside the council gets counts alone",
			           made->parts[at].id);
		shown[made->shown_count++] = at;
	}
	made->shown = shown;
}

static void read_until(struct draft *draft, struct config_report *made, const struct yaml_node *node)
{
	struct text date;
	made->until = DAY_NONE;
	if (node && yaml_read_text(node, "until", &date, draft->reader->faults) && !day_parse(date, &made->until))
		yaml_fault(node, draft->reader->faults, "until is a date: 2027-03-31");
}

static void read_issue(struct draft *draft, const struct yaml_node *node, struct config_list *list)
{
	struct lists_reader *reader = draft->reader;
	struct config_report *made = room(draft, 1, sizeof *made);
	size_t restated = 0;
	*made = draft->report;
	made->base = list->id;
	made->issue = lists_need_name(reader, node, "id", "an issue");
	const char *tells = lists_need_text(reader, node, "tells", "an issue");
	if (*tells && !period_kind_parse(text_of(tells), &made->tells))
		yaml_fault(yaml_get(node, "tells"), reader->faults,
		           "tells is one of day, week, fortnight, month, quarter and year");
	made->outside = lists_flag(reader, node, "outside", false);
	made->reader = lists_may_text(reader, node, "reader");
	made->heading = lists_need_text(reader, node, "heading", "an issue");
	made->subject = lists_need_text(reader, node, "subject", "an issue");
	made->strong = lists_may_text(reader, node, "strong");
	made->words = lists_may_text(reader, node, "words");
	if (yaml_get(node, "restated"))
		(void)yaml_read_word(yaml_get(node, "restated"), "restated", restated_words, &restated, reader->faults);
	made->restated_in_foot = restated == 1;
	read_until(draft, made, yaml_get(node, "until"));
	read_shown(draft, made, node);
	lists_read_due(reader, node);
	lists_read_recipients(reader, node);
	*list = reader->list;
	struct buffer id = {0};
	buffer_format(&id, "%s/%s", made->base, made->issue);
	list->id = arena_copy_text(reader->arena, id.at, id.length);
	buffer_free(&id);
	list->subject = made->heading;
	list->report = made;
}

static bool names_person(const struct config_list *list)
{
	bool named = false;
	for (size_t i = 0; i < list->section_count; i++)
		named = named || strstr(list->sections[i].select.sql, ":person");
	for (size_t i = 0; list->report && i < list->report->figure_count; i++)
		named = named || strstr(list->report->figures[i].select.sql, ":person");
	return named;
}

void reports_read(struct lists_reader *reader, const struct yaml_node *root, struct config_list *lists, size_t *count,
                  size_t most)
{
	struct draft draft = {.reader = reader};
	const struct yaml_node *parts = yaml_get(root, "parts"), *issues = yaml_get(root, "issues");
	const char *id = reader->list.id;
	read_figures(&draft, yaml_get(root, "figures"));
	read_sums(&draft, yaml_get(root, "sums"));
	draft.parts = room(&draft, yaml_list_count(parts), sizeof *draft.parts);
	for (size_t i = 0; i < yaml_list_count(parts); i++)
		read_part(&draft, yaml_list_item(parts, i));
	draft.report.parts = draft.parts;
	draft.report.fewer_than = lists_integer(reader, root, "fewer-than", 2, 20, 5);
	for (size_t i = 0; i < yaml_list_count(issues); i++) {
		const struct yaml_node *issue = yaml_list_item(issues, i);
		if (!yaml_check_keys(issue, "an issue", issue_keys, reader->faults) && issue->kind != YAML_MAPPING)
			continue;
		if (*count == most) {
			yaml_fault(issue, reader->faults, "there are more than %zu lists and issues", most);
			return;
		}
		reader->list.id = id;
		lists[*count].id = id;
		read_issue(&draft, issue, &lists[*count]);
		lists[*count].by_person = names_person(&lists[*count]);
		(*count)++;
	}
}
