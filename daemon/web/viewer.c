/* viewer: who may see what. */
#include "web/viewer.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- whom they act for ---- */

static bool covers(const struct directory *directory, const struct person *by, const char *id, const char *role,
                   civil_day today)
{
	for (size_t i = 0; i < directory->cover_count; i++) {
		const struct cover *cover = &directory->covers[i];
		if (strcmp(cover->by, by->id) == 0 && strcmp(cover->person, id) == 0 && today >= cover->from &&
		    today <= cover->until && (!cover->role || (role && strcmp(cover->role, role) == 0)))
			return true;
	}
	return false;
}

static bool acts_as(const struct directory *directory, const struct viewer *viewer, const char *id, const char *role,
                    civil_day today)
{
	return id && (strcmp(viewer->person->id, id) == 0 || covers(directory, viewer->person, id, role, today));
}

static void find_as(const struct directory *directory, civil_day today, struct arena *arena, struct viewer *viewer)
{
	viewer->as = arena_alloc(arena, (directory->person_count + 1) * sizeof *viewer->as);
	viewer->as[viewer->as_count++] = viewer->person;
	for (size_t i = 0; i < directory->person_count; i++)
		if (&directory->people[i] != viewer->person &&
		    covers(directory, viewer->person, directory->people[i].id, NULL, today))
			viewer->as[viewer->as_count++] = &directory->people[i];
}

/* ---- teams ---- */

bool viewer_has_team(const struct viewer *viewer, const struct team *team)
{
	for (size_t i = 0; i < viewer->team_count; i++)
		if (viewer->teams[i] == team)
			return true;
	return false;
}

/* The role whose holders are found in this way, the first of the directory. */
static const struct role_title *role_from(const struct directory *directory, enum role_from from)
{
	for (size_t i = 0; i < directory->role_count; i++)
		if (directory->roles[i].from == from)
			return &directory->roles[i];
	return NULL;
}

static bool below(const struct directory *directory, const struct team *team, const struct team *above)
{
	for (size_t i = 0; team && i <= directory->team_count; i++) { /* the loader refuses rings */
		if (team == above)
			return true;
		team = team->parent ? directory_team(directory, text_of(team->parent)) : NULL;
	}
	return false;
}

static void add_teams(const struct directory *directory, const struct team *top, struct viewer *viewer)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (below(directory, &directory->teams[i], top) && !viewer_has_team(viewer, &directory->teams[i]))
			viewer->teams[viewer->team_count++] = &directory->teams[i];
}

static void title_of_team(const char *role, const struct team *team, struct arena *arena, struct viewer *viewer)
{
	struct buffer words = {0};
	if (viewer->title)
		return;
	buffer_format(&words, "%s, %s", role, team->title);
	viewer->title = arena_copy_text(arena, words.at, words.length);
	buffer_free(&words);
}

static void find_teams(const struct directory *directory, civil_day today, struct arena *arena, struct viewer *viewer)
{
	const struct role_title *manager = role_from(directory, ROLE_FROM_MANAGER),
				*head = role_from(directory, ROLE_FROM_HEAD);
	viewer->teams = arena_alloc(arena, (directory->team_count + 1) * sizeof *viewer->teams);
	for (size_t i = 0; i < directory->team_count; i++) {
		const struct team *team = &directory->teams[i];
		bool heads = head && acts_as(directory, viewer, team->head, head->role, today);
		bool manages = manager && acts_as(directory, viewer, team->manager, manager->role, today);
		if (heads)
			title_of_team(head->title, team, arena, viewer);
		else if (manages)
			title_of_team(manager->title, team, arena, viewer);
		viewer->all =
			viewer->all || (heads && head->sees == SEES_ALL) || (manages && manager->sees == SEES_ALL);
		if ((heads && head->sees == SEES_TEAMS) || (manages && manager->sees == SEES_TEAMS))
			add_teams(directory, team, viewer);
	}
}

/* ---- roles ---- */

/* Of a role with a rota who is on call now sees what it sees, as well as whom the directory names. */
static bool is_on_call(const struct directory *directory, const struct viewer *viewer, const struct role_title *role,
                       civil_day today, instant now)
{
	struct recipient *found = mem_zero(directory->person_count + 1, sizeof *found);
	size_t count = directory_resolve_at(directory, text_of(role->role), NULL, 0, today, now, found,
	                                    directory->person_count);
	bool is = false;
	for (size_t i = 0; i < count; i++)
		is = is || found[i].person == viewer->person;
	free(found);
	return is;
}

static void find_roles(const struct directory *directory, civil_day today, instant now, struct viewer *viewer)
{
	for (size_t i = 0; i < directory->role_count; i++) {
		const struct role_title *role = &directory->roles[i];
		bool holds = role->rota && is_on_call(directory, viewer, role, today, now);
		for (size_t k = 0; k < role->people_count && !holds; k++)
			holds = acts_as(directory, viewer, role->people[k], role->role, today);
		if (!holds)
			continue;
		if (!viewer->title)
			viewer->title = role->title;
		viewer->all = viewer->all || role->sees == SEES_ALL;
		viewer->runs = viewer->runs || role->runs;
	}
}

/* All in the arena. `today`: on which cover is looked up; `now`: who is on call. */
static void viewer_of(const struct directory *directory, const struct person *person, civil_day today, instant now,
                      struct arena *arena, struct viewer *viewer)
{
	*viewer = (struct viewer){.person = person};
	find_as(directory, today, arena, viewer);
	find_roles(directory, today, now, viewer);
	find_teams(directory, today, arena, viewer);
	const struct role_title *worker = role_from(directory, ROLE_FROM_ALLOCATION);
	if (!viewer->title)
		viewer->title = person->worker && worker ? worker->title : person->id;
}

/* ---- sight ---- */

static enum result note_doubtful(void *argument, struct text child, struct fault *fault)
{
	struct sight *sight = argument;
	(void)fault;
	*(struct text *)mem_push((void **)&sight->doubtful, &sight->doubtful_count, &sight->doubtful_room,
	                         sizeof child) = text_keep(sight->page->arena, child);
	return RESULT_OK;
}

enum result sight_begin(struct web_page *page, struct sight *sight, struct fault *fault)
{
	bool cut = false;
	*sight = (struct sight){.page = page};
	if (page->person)
		viewer_of(page->settings->directory, page->person, zone_date(page->zone, page->now), page->now,
		          page->arena, &sight->viewer);
	else
		sight->viewer.title = ""; /* nobody sees anything by it: a page in a file asks nobody */
	enum result result = board_registers(page->store, &sight->ready, fault);
	if (result == RESULT_OK && sight->ready)
		result = board_doubtful(page->store, note_doubtful, sight, &cut, fault);
	sight->ready = sight->ready && !cut; /* more than can be named: nothing is known of any child */
	return result;
}

void sight_end(struct sight *sight)
{
	free(sight->doubtful);
	*sight = (struct sight){0};
}

static const struct restricted *listed(const struct directory *directory, struct text child)
{
	for (size_t i = 0; i < directory->restricted_count; i++)
		if (text_equal(text_of(directory->restricted[i].child), child))
			return &directory->restricted[i];
	return NULL;
}

static bool is_doubtful(const struct sight *sight, struct text child)
{
	for (size_t i = 0; i < sight->doubtful_count; i++)
		if (text_equal(sight->doubtful[i], child))
			return true;
	return false;
}

bool sight_is_plain(const struct sight *sight, struct text child)
{
	return !listed(sight->page->settings->directory, child) && !is_doubtful(sight, child);
}

struct gathering {
	const struct sight *sight;
	struct sight_child *out;
};

static enum result take_allocation(void *argument, struct text role, struct text worker, struct text team,
                                   struct fault *fault)
{
	struct gathering *gathering = argument;
	struct sight_child *out = gathering->out;
	const struct viewer *viewer = &gathering->sight->viewer;
	const struct team *found = directory_team(gathering->sight->page->settings->directory, team);
	bool again = !found || out->team_count == SIGHT_TEAMS_MOST;
	(void)role, (void)fault;
	for (size_t i = 0; i < out->team_count && !again; i++)
		again = out->teams[i] == found;
	if (!again)
		out->teams[out->team_count++] = found;
	for (size_t i = 0; i < viewer->as_count; i++)
		out->own = out->own || (viewer->as[i]->worker && text_equal(text_of(viewer->as[i]->worker), worker));
	return RESULT_OK;
}

enum result sight_child(const struct sight *sight, struct text child, bool restricted, struct sight_child *out,
                        struct fault *fault)
{
	const struct directory *directory = sight->page->settings->directory;
	struct gathering gathering = {sight, out};
	*out = (struct sight_child){.restricted = restricted || listed(directory, child),
	                            .doubtful = is_doubtful(sight, child)};
	if (!sight->ready)
		return RESULT_OK;
	enum result result =
		board_allocations(sight->page->store, child, sight->page->now, take_allocation, &gathering, fault);
	if (!out->team_count && directory->duty_team && directory_team(directory, text_of(directory->duty_team)))
		out->teams[out->team_count++] = directory_team(directory, text_of(directory->duty_team));
	return result;
}

/* Whether the directory names one of those for whom the viewer acts. */
static bool is_named(const struct sight *sight, struct text child)
{
	const struct restricted *entry = listed(sight->page->settings->directory, child);
	for (size_t i = 0; entry && i < entry->people_count; i++)
		for (size_t k = 0; k < sight->viewer.as_count; k++)
			if (strcmp(entry->people[i], sight->viewer.as[k]->id) == 0)
				return true;
	return false;
}

bool sight_may_see(const struct sight *sight, struct text child, const struct sight_child *of)
{
	if (of->own || is_named(sight, child))
		return true;
	if (of->restricted || of->doubtful)
		return false;
	for (size_t i = 0; i < of->team_count; i++)
		if (viewer_has_team(&sight->viewer, of->teams[i]))
			return true;
	return sight->viewer.all;
}

static enum result was_told(const struct sight *sight, int64_t number, bool *told, struct fault *fault)
{
	enum result result = RESULT_OK;
	*told = false;
	for (size_t i = 0; i < sight->viewer.as_count && result == RESULT_OK && !*told; i++)
		result = board_was_told(sight->page->store, number, text_of(sight->viewer.as[i]->id), told, fault);
	return result;
}

enum result sight_alert(const struct sight *sight, const struct board_alert *alert, const struct rule *rule,
                        struct sight_child *of, bool on_board, bool *sees, struct fault *fault)
{
	bool child = alert->domain == PARTY_NONE;
	*of = (struct sight_child){.restricted = false};
	enum result result =
		child ? sight_child(sight, alert->subject, alert->known && alert->restricted, of, fault) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	struct sight_child as_known = *of;
	as_known.doubtful = of->doubtful && !on_board;
	bool told_alone = rule && rule->restricted;
	if (told_alone)
		*sees = is_named(sight, alert->subject);
	else
		*sees = child ? sight_may_see(sight, alert->subject, &as_known) : sight->viewer.all;
	/* who was told has read it already; of a restricted case the message said nothing */
	return *sees || of->restricted || as_known.doubtful ? result : was_told(sight, alert->number, sees, fault);
}
