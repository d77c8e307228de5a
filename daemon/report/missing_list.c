/* missing_list: from people and their episodes to the sections of one reader's list. */
#include "report/missing.h"

#include <stdlib.h>

#define DAY_OF_WALL ((int64_t)86400 * SECOND)
#define LATE_NEWS_DAYS 7 /* a return that we heard of since the last list is shown if it is no older than this */

bool missing_incomplete(const struct missing_completeness *completeness, instant as_of)
{
	instant quiet = completeness->quiet ? completeness->quiet : HOUR;
	instant unconfirmed = completeness->quiet_unconfirmed ? completeness->quiet_unconfirmed : 24 * HOUR;
	if (completeness->complete_to != INSTANT_NONE)
		return completeness->complete_to < as_of - quiet;
	return completeness->last_arrival == INSTANT_NONE || completeness->last_arrival < as_of - unconfirmed;
}

/* The same local wall time `days` dates earlier: the lower end of a closed counting window (rules.md). */
static instant days_before(const struct zone *zone, instant at, int days)
{
	return zone_instant(zone, zone_wall(zone, at) - days * DAY_OF_WALL, WALL_EARLIER);
}

static bool missing_kind(const struct missing_episode *episode)
{
	return !episode->away && episode->start.at != INSTANT_NONE;
}

static size_t times_since(const struct missing_person *person, instant from)
{
	size_t count = 0;
	for (size_t i = 0; i < person->episode_count; i++)
		count += missing_kind(&person->episodes[i]) && person->episodes[i].start.at >= from;
	return count;
}

static struct missing_row *add_row(struct missing_rows *rows, const struct missing_person *person, size_t group,
                                   const struct missing_episode *episode)
{
	void *items = rows->items;
	struct missing_row *row = mem_push(&items, &rows->count, &rows->room, sizeof *row);
	rows->items = items;
	*row = (struct missing_row){.person = person, .group = group, .episode = episode};
	return row;
}

/* The last instant at which a return may have been: of a date alone the end of it. */
static instant latest(const struct zone *zone, struct words_moment moment)
{
	if (!moment.day_only)
		return moment.at;
	return zone_midnight(zone, zone_date(zone, moment.at) + 1) - 1;
}

static bool is_news(const struct missing_view *view, const struct missing_episode *episode)
{
	instant end = latest(view->zone, episode->end);
	if (end > view->last)
		return true;
	return episode->end_arrived != INSTANT_NONE && episode->end_arrived > view->last &&
	       episode->end_arrived <= view->as_of && end >= days_before(view->zone, view->last, LATE_NEWS_DAYS);
}

/* Return interviews are owed for every episode that is not known to be away. */
static bool interview_owed(const struct missing_view *view, const struct missing_person *person,
                           const struct missing_episode *episode)
{
	bool left_since = person->left != INSTANT_NONE && person->left >= episode->end.at;
	bool before_live = view->go_live != INSTANT_NONE && episode->end.at < view->go_live;
	return episode->interview.at == INSTANT_NONE && !left_since && !before_live;
}

static void sort_returned(struct missing_list *list, const struct missing_person *person, size_t group,
                          const struct missing_episode *episode)
{
	const struct missing_view *view = &list->view;
	instant due = episode->end.at + MISSING_INTERVIEW;
	if (is_news(view, episode))
		add_row(&list->back, person, group, episode)->due = due;
	if (due <= view->as_of && interview_owed(view, person, episode))
		add_row(&list->overdue, person, group, episode)->due = due;
}

/* One row a child: since the earliest of the episodes that are open. */
static void sort_episodes(struct missing_list *list, const struct missing_person *person, size_t group)
{
	bool listed = false, away = false;
	for (size_t i = 0; i < person->episode_count; i++) {
		const struct missing_episode *episode = &person->episodes[i];
		bool open = episode->end.at == INSTANT_NONE && episode->start.at != INSTANT_NONE;
		if (episode->away) {
			away = away || open;
		} else if (open) {
			if (!listed)
				add_row(&list->now, person, group, episode);
			listed = true;
		} else if (episode->end.at != INSTANT_NONE && !episode->cut) {
			sort_returned(list, person, group, episode);
		}
	}
	list->away += away && !listed;
}

static void sort_often(struct missing_list *list, const struct missing_person *person, size_t group)
{
	const struct missing_view *view = &list->view;
	instant from = days_before(view->zone, view->as_of, 30);
	size_t times = times_since(person, from);
	if (times < MISSING_OFTEN)
		return;
	struct missing_row *row = add_row(&list->often, person, group, NULL);
	row->times = times;
	row->discussed_since = !person->alert && person->discussed.at != INSTANT_NONE && person->discussed.at >= from;
}

static void count_weeks(struct missing_list *list, const struct missing_person *person)
{
	for (size_t i = 0; i < person->episode_count; i++) {
		const struct missing_episode *episode = &person->episodes[i];
		if (!missing_kind(episode))
			continue;
		civil_day day = zone_date(list->view.zone, episode->start.at);
		if (day >= list->first_monday && day < list->first_monday + 7 * MISSING_WEEKS)
			list->weeks[(day - list->first_monday) / 7]++;
	}
}

static void measure(const struct missing_view *view, const struct missing_episode *episode, struct missing_figures *figures)
{
	bool open = episode->end.at == INSTANT_NONE;
	instant until = open ? view->as_of : episode->end.at;
	bool in_days = episode->start.day_only || (!open && episode->end.day_only);
	instant span = until - episode->start.at;
	if (in_days)
		span = (zone_date(view->zone, until) - zone_date(view->zone, episode->start.at)) * 24 * HOUR;
	if (span < 0)
		span = 0;
	if (span > figures->longest || figures->longest < 0) {
		figures->longest = span;
		figures->longest_in_days = in_days;
	}
}

static struct missing_figures figures_of(const struct missing_view *view, const struct missing_person *person, size_t group)
{
	struct missing_figures figures = {.person = person, .group = group, .longest = -1,
	                                  .last_interview = {INSTANT_NONE, false}};
	figures.in_30 = times_since(person, days_before(view->zone, view->as_of, 30));
	figures.in_90 = times_since(person, days_before(view->zone, view->as_of, 90));
	figures.in_365 = times_since(person, days_before(view->zone, view->as_of, 365));
	for (size_t i = 0; i < person->episode_count; i++) {
		const struct missing_episode *episode = &person->episodes[i];
		if (missing_kind(episode))
			measure(view, episode, &figures);
		if (episode->interview.at != INSTANT_NONE && !episode->declined &&
		    episode->interview.at > figures.last_interview.at)
			figures.last_interview = episode->interview;
	}
	return figures;
}

/* In which group the child's rows stand, or false: the child is not this reader's. A child of several teams is on the
 * list of each, and in the list of all teams under the first, so that totals are numbers of children. */
static bool belongs(const struct missing_list *list, const struct missing_person *person, size_t *group)
{
	const struct directory *directory = list->view.directory;
	const struct team *teams[32];
	size_t count = 0;
	if (directory)
		count = directory_teams(directory, person->allocations, person->allocation_count, teams, 32);
	*group = 0;
	if (list->view.team) {
		for (size_t i = 0; i < count; i++)
			if (teams[i] == list->view.team)
				return true;
		return false;
	}
	if (list->group_count)
		*group = list->group_count - 1; /* no team at all: the last group says so */
	for (size_t i = 0; directory && count && i < directory->team_count; i++)
		if (teams[0] == &directory->teams[i])
			*group = i;
	return true;
}

static int by_group(const struct missing_row *a, const struct missing_row *b)
{
	return (a->group > b->group) - (a->group < b->group);
}

static int by_instant(instant a, instant b)
{
	return (a > b) - (a < b);
}

static int longest_first(const void *a, const void *b)
{
	const struct missing_row *one = a, *other = b;
	int order = by_group(one, other);
	if (!order)
		order = by_instant(one->episode->start.at, other->episode->start.at);
	return order ? order : text_order(one->person->id, other->person->id);
}

/* The most urgent clock first; those whose interview is settled come last. */
static int most_urgent_first(const void *a, const void *b)
{
	const struct missing_row *one = a, *other = b;
	int settled = one->episode->interview.at != INSTANT_NONE, other_settled = other->episode->interview.at != INSTANT_NONE;
	int order = by_group(one, other);
	if (!order)
		order = settled - other_settled;
	if (!order)
		order = by_instant(one->due, other->due);
	return order ? order : text_order(one->person->id, other->person->id);
}

static int most_often_first(const void *a, const void *b)
{
	const struct missing_row *one = a, *other = b;
	int order = by_group(one, other);
	if (!order)
		order = (other->times > one->times) - (other->times < one->times);
	return order ? order : text_order(one->person->id, other->person->id);
}

static int figures_by_id(const void *a, const void *b)
{
	const struct missing_figures *one = a, *other = b;
	if (one->group != other->group)
		return one->group < other->group ? -1 : 1;
	return text_order(one->person->id, other->person->id);
}

static void sort_rows(struct missing_rows *rows, int (*order)(const void *, const void *))
{
	if (rows->count)
		qsort(rows->items, rows->count, sizeof *rows->items, order);
}

static void count_groups(struct missing_list *list)
{
	for (size_t i = 0; i < list->now.count && list->group_count; i++)
		list->groups[list->now.items[i].group].now++;
	for (size_t i = 0; i < list->back.count && list->group_count; i++)
		list->groups[list->back.items[i].group].back++;
	for (size_t i = 0; i < list->overdue.count && list->group_count; i++)
		list->groups[list->overdue.items[i].group].overdue++;
	for (size_t i = 0; i < list->often.count && list->group_count; i++)
		list->groups[list->often.items[i].group].often++;
	for (size_t i = 0; i < list->figure_count && list->group_count; i++)
		list->groups[list->figures[i].group].figures++;
}

static void make_groups(struct missing_list *list)
{
	const struct directory *directory = list->view.directory;
	if (list->view.team || !directory)
		return;
	list->group_count = directory->team_count + 1;
	list->groups = mem_zero(list->group_count, sizeof *list->groups);
	for (size_t i = 0; i < directory->team_count; i++)
		list->groups[i].title = directory->teams[i].title;
	list->groups[directory->team_count].title = "No team";
}

static void take_unread(struct missing_list *list, struct missing_facts *facts)
{
	const struct missing_unread *unread;
	size_t count = missing_facts_unread_records(facts, &unread);
	list->unread = mem_zero(count + 1, sizeof *list->unread);
	for (size_t i = 0; i < count; i++) {
		const struct missing_person nobody = {0};
		const struct missing_person *person = unread[i].person ? unread[i].person : &nobody;
		size_t group;
		if (!person->restricted && belongs(list, person, &group))
			list->unread[list->unread_count++] = &unread[i];
	}
}

struct missing_list *missing_list_new(struct missing_facts *facts, const struct missing_view *view)
{
	struct missing_list *list = MEM_NEW(struct missing_list);
	list->view = *view;
	list->incomplete = missing_incomplete(&view->completeness, view->as_of);
	civil_day today = zone_date(view->zone, view->as_of);
	list->first_monday = today - day_of_week(today) - 7 * MISSING_WEEKS;
	make_groups(list);
	const struct missing_person *people;
	size_t count = missing_facts_people(facts, view->as_of, &people);
	list->figures = mem_zero(count + 1, sizeof *list->figures);
	for (size_t i = 0; i < count; i++) {
		size_t group, before = list->now.count + list->back.count + list->overdue.count + list->often.count;
		if (people[i].restricted || !belongs(list, &people[i], &group))
			continue;
		sort_episodes(list, &people[i], group);
		sort_often(list, &people[i], group);
		count_weeks(list, &people[i]);
		if (list->now.count + list->back.count + list->overdue.count + list->often.count > before)
			list->figures[list->figure_count++] = figures_of(view, &people[i], group);
	}
	sort_rows(&list->now, longest_first);
	sort_rows(&list->back, most_urgent_first);
	sort_rows(&list->overdue, most_urgent_first);
	sort_rows(&list->often, most_often_first);
	if (list->figure_count)
		qsort(list->figures, list->figure_count, sizeof *list->figures, figures_by_id);
	count_groups(list);
	take_unread(list, facts);
	return list;
}

void missing_list_free(struct missing_list *list)
{
	if (!list)
		return;
	free(list->now.items);
	free(list->back.items);
	free(list->overdue.items);
	free(list->often.items);
	free(list->figures);
	free(list->groups);
	free(list->unread);
	free(list);
}
