/* list: which rows are the reader's, and under which team they stand. */
#include "report/list.h"

#include <stdlib.h>

#define HOLDERS 32 /* one is enough to know */

static bool holds(const struct directory *directory, struct text role, const struct team *team, civil_day today)
{
	struct allocation there = {.team = text_of(team->id)};
	struct recipient found[HOLDERS];
	if (directory_role_from(directory, role) == ROLE_FROM_MANAGER)
		return directory_team_reader(directory, team, today, &found[0]);
	return directory_resolve(directory, role, &there, 1, today, found, HOLDERS) > 0;
}

bool list_team_is_read(const struct config_list *list, const struct directory *directory, const struct team *team,
                       civil_day today)
{
	for (size_t i = 0; i < list->recipient_count; i++)
		for (size_t k = 0; list->recipients[i].own_team && k < list->recipients[i].role_count; k++)
			if (holds(directory, text_of(list->recipients[i].roles[k]), team, today))
				return true;
	return false;
}

/* ---- whose ---- */

static bool is_duty_team(const struct list_view *view)
{
	const struct directory *directory = view->directory;
	return view->team && directory->duty_team && strcmp(view->team->id, directory->duty_team) == 0;
}

/* The duty team has the children of no team (directory_teams), and those whose team nobody reads. */
static bool is_the_readers(const struct list *list, const struct team *const *teams, size_t count)
{
	const struct list_view *view = &list->view;
	civil_day today = zone_date(view->zone, list->facts->as_of);
	bool duty = is_duty_team(view);
	for (size_t i = 0; i < count; i++)
		if (teams[i] == view->team ||
		    (duty && !list_team_is_read(view->list, view->directory, teams[i], today)))
			return true;
	return false;
}

/* In which group the child's rows stand, or false: the child is not this reader's. A child of several teams is on the
 * list of each, and in the list of all teams under the first, so that totals are numbers of children. */
static bool belongs(const struct list *list, const struct list_child *child, size_t *group)
{
	static const struct list_child nobody;
	const struct directory *directory = list->view.directory;
	child = child ? child : &nobody;
	size_t most = child->allocation_count + 1, count = 0;
	const struct team **teams = mem_zero(most, sizeof *teams);
	if (directory)
		count = directory_teams(directory, child->allocations, child->allocation_count, teams, most);
	bool mine = !list->view.team || is_the_readers(list, teams, count);
	/* No team at all: the last group says so. */
	*group = list->view.team || !list->group_count ? 0 : list->group_count - 1;
	for (size_t i = 0; !list->view.team && count && i < directory->team_count; i++)
		if (teams[0] == &directory->teams[i])
			*group = i;
	free(teams);
	return mine;
}

static int by_group(const void *a, const void *b)
{
	const struct list_item *one = a, *other = b;
	if (one->group != other->group)
		return one->group < other->group ? -1 : 1;
	return (one->row > other->row) - (one->row < other->row); /* in the order of the SELECT */
}

static void choose_rows(const struct list *list, const struct list_rows *rows, struct list_part *part)
{
	part->items = mem_zero(rows->count + 1, sizeof *part->items);
	part->in_group = mem_zero(list->group_count + 1, sizeof *part->in_group);
	for (size_t i = 0; i < rows->count; i++) {
		size_t group;
		if (!belongs(list, rows->items[i].child, &group))
			continue;
		part->items[part->count++] = (struct list_item){&rows->items[i], group};
		part->in_group[group]++;
	}
	/* A list has a heading for each team; a report has none, and its rows stand as it asks for them: the oldest
	 * first. */
	if (part->count && !list->view.list->report)
		qsort(part->items, part->count, sizeof *part->items, by_group);
}

/* ---- each child once ---- */

static int by_id(const void *a, const void *b)
{
	const struct list_row *one = a, *other = b;
	return text_order(one->child->id, other->child->id);
}

static void choose_children(struct list *list)
{
	const struct config_list *def = list->view.list;
	size_t most = 0, count = 0, kept = 0;
	for (size_t i = 0; i < def->section_count; i++)
		most += list->sections[i].count;
	list->figures = mem_zero(most + 1, sizeof *list->figures);
	for (size_t i = 0; i < def->section_count; i++)
		for (size_t k = 0; k < list->sections[i].count && !def->sections[i].aside; k++) {
			const struct list_child *child = list->sections[i].items[k].row->child;
			if (child && child->figures)
				list->figures[count++] = (struct list_row){child, child->figures, NULL};
		}
	if (count)
		qsort(list->figures, count, sizeof *list->figures, by_id);
	for (size_t i = 0; i < count; i++)
		if (!kept || list->figures[kept - 1].child != list->figures[i].child)
			list->figures[kept++] = list->figures[i];
	struct list_rows rows = {.items = list->figures, .count = kept};
	choose_rows(list, &rows, &list->children);
}

/* ---- the rest ---- */

static void make_groups(struct list *list)
{
	const struct directory *directory = list->view.directory;
	if (list->view.team || !directory)
		return;
	list->group_count = directory->team_count + 1;
	list->groups = mem_zero(list->group_count, sizeof *list->groups);
	for (size_t i = 0; i < directory->team_count; i++)
		list->groups[i] = directory->teams[i].title;
	list->groups[directory->team_count] = "No team";
}

static void count_weeks(struct list *list)
{
	const struct list_facts *facts = list->facts;
	int weeks = list->view.list->trend_weeks;
	list->weeks = mem_zero((size_t)weeks + 1, sizeof *list->weeks);
	for (size_t i = 0; i < facts->trend.count; i++) {
		const struct list_row *row = &facts->trend.items[i];
		size_t group;
		if (!row->values[0].length || !belongs(list, row->child, &group))
			continue;
		civil_day day = zone_date(list->view.zone, strtoll(row->values[0].at, NULL, 10));
		if (day >= facts->first_monday && day < facts->first_monday + 7 * weeks)
			list->weeks[(day - facts->first_monday) / 7]++;
	}
}

/* What came since the list before is told; what waits for longer was told then, and is a number. */
static void choose_unread(struct list *list)
{
	const struct list_facts *facts = list->facts;
	list->unread = mem_zero(facts->unread_count + 1, sizeof *list->unread);
	for (size_t i = 0; i < facts->unread_count; i++) {
		size_t group;
		if (!belongs(list, facts->unread[i].child, &group))
			continue;
		if (facts->unread[i].came > facts->last)
			list->unread[list->unread_count++] = &facts->unread[i];
		else
			list->unread_before++;
	}
}

/* Up to when its data must be known. What somebody asks for may be long over: what has not come since is not
 * missing there. */
static instant needs_until(const struct list_facts *facts, const struct list_view *view)
{
	if (!facts->report || !view->asked)
		return facts->as_of;
	instant over = zone_midnight(view->zone, facts->report->periods[0].next + 1);
	return over < facts->as_of ? over : facts->as_of;
}

struct list *list_new(const struct list_facts *facts, const struct list_view *view)
{
	struct list *list = MEM_NEW(struct list);
	struct list_part count = {0};
	list->view = *view;
	list->facts = facts;
	list->incomplete = list_incomplete(view->list, &facts->completeness, needs_until(facts, view));
	make_groups(list);
	list->sections = mem_zero(view->list->section_count + 1, sizeof *list->sections);
	for (size_t i = 0; i < view->list->section_count; i++)
		choose_rows(list, &facts->sections[i], &list->sections[i]);
	choose_children(list);
	choose_rows(list, &facts->count, &count);
	list->counted = count.count;
	free(count.items);
	free(count.in_group);
	count_weeks(list);
	choose_unread(list);
	return list;
}

static void free_part(struct list_part *part)
{
	free(part->items);
	free(part->in_group);
}

void list_free(struct list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->view.list->section_count; i++)
		free_part(&list->sections[i]);
	free_part(&list->children);
	free(list->sections);
	free(list->figures);
	free(list->groups);
	free(list->unread);
	free(list->weeks);
	free(list);
}
