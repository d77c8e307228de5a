/* teams: those whose list of missing children nobody reads. */
#include "run/run_internal.h"

#include <stdio.h>

static bool has_teams_below(const struct directory *directory, const struct team *team)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (directory->teams[i].parent && strcmp(directory->teams[i].parent, team->id) == 0)
			return true;
	return false;
}

/* Managers and heads: whoever a team's children are told to by their place. */
static bool somebody_reads(const struct directory *directory, const struct team *team, civil_day today)
{
	struct recipient found[4];
	struct allocation there = {.team = text_of(team->id)};
	for (size_t i = 0; i < directory->role_count; i++) {
		const struct role_title *role = &directory->roles[i];
		if ((role->from == ROLE_FROM_MANAGER || role->from == ROLE_FROM_HEAD) &&
		    directory_resolve(directory, text_of(role->role), &there, 1, today, found, 4) > 0)
			return true;
	}
	return false;
}

/* A team that only holds others together has no children of its own. */
static bool is_unread(const struct directory *directory, const struct team *team, civil_day today)
{
	if (!team->manager && has_teams_below(directory, team))
		return false;
	return !somebody_reads(directory, team, today);
}

struct reading {
	const struct directory *directory;
	civil_day today;
};

static bool still_unread(void *argument, struct text key)
{
	const struct reading *reading = argument;
	for (size_t i = 0; i < reading->directory->team_count; i++) {
		const struct team *team = &reading->directory->teams[i];
		if (text_equal(text_of(team->id), key))
			return is_unread(reading->directory, team, reading->today);
	}
	return false; /* the team is gone */
}

void teams_look(struct council *council)
{
	struct fault fault = {0};
	struct reading reading = {council->config->directory,
	                          zone_date(calendar_zone(council->config->calendar), council_now(council))};
	for (size_t i = 0; i < reading.directory->team_count; i++) {
		const struct team *team = &reading.directory->teams[i];
		char title[256];
		if (!is_unread(reading.directory, team, reading.today))
			continue;
		(void)snprintf(title, sizeof title, "Nobody reads the list of team %s",
		               team->title ? team->title : team->id);
		struct ops_word word = {.what = OPS_TEAM_UNREAD, .key = text_of(team->id), .title = title};
		council_say_ops(council, &word);
	}
	council_after(
		council,
		ops_end_others(council->ops, OPS_TEAM_UNREAD, still_unread, &reading, council_now(council), &fault),
		&fault);
}
