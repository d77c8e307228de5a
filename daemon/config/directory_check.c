/* directory_check: dangling ids, rings of parents, cover that contradicts itself, roles with nobody. */
#include "config/directory_check.h"

#include <stdlib.h>

#include "base/mem.h"

/* Whoever has so many slips has one that is everywhere: what each may have meant is not looked for among thousands. */
#define GUESSES_MOST 200
#define OF_ONE_COVER_MOST 5 /* contradictions that are named; with thousands of others there would be millions */

struct check {
	const struct directory *directory;
	const struct directory_places *places;
	struct config_faults *faults;
	const struct team **parents; /* of each team; NULL: it has none here */
};

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Faults an id that nobody has, at the entry's own key where it has one. */
static void fault_dangling(const struct check *check, const struct yaml_node *entry, const char *key, const char *id,
                           bool of_team)
{
	const struct directory *directory = check->directory;
	size_t count = of_team ? directory->team_count : directory->person_count;
	const char **ids = mem_alloc((count + 1) * sizeof *ids);
	struct buffer hint = {0};
	for (size_t i = 0; i < count; i++)
		ids[i] = of_team ? directory->teams[i].id : directory->people[i].id;
	const char *meant =
		config_did_you_mean(&hint, text_of(id), ids, check->faults->count < GUESSES_MOST ? count : 0);
	const struct yaml_node *node = yaml_get(entry, key);
	yaml_fault(node ? node : entry, check->faults, "%s is \"%s\", which is no %s here%s", key, id,
	           of_team ? "team" : "person",
	           *meant    ? meant
	           : of_team ? "; add it to teams"
	                     : "; add them to people");
	free(ids);
	buffer_free(&hint);
}

static void need_person(const struct check *check, const struct yaml_node *entry, const char *key, const char *id)
{
	if (id && !directory_person(check->directory, text_of(id)))
		fault_dangling(check, entry, key, id, false);
}

static void check_people(const struct check *check)
{
	const struct directory *directory = check->directory;
	for (size_t i = 0; i < directory->person_count; i++) {
		const struct person *person = &directory->people[i];
		const struct yaml_node *entry = check->places->people[i];
		if (directory_person(directory, text_of(person->id)) != person)
			yaml_fault(yaml_get(entry, "id"), check->faults,
			           "person %s stands here a second time; keep one", person->id);
		if (person->worker && directory_worker(directory, text_of(person->worker)) != person)
			yaml_fault(yaml_get(entry, "worker"), check->faults,
			           "worker %s stands here a second time; one worker is one person", person->worker);
	}
}

static bool is_parent(const struct directory *directory, const char *id)
{
	for (size_t i = 0; i < directory->team_count; i++)
		if (same(directory->teams[i].parent, id))
			return true;
	return false;
}

enum climb { CLIMB_HEAD, CLIMB_NO_HEAD, CLIMB_RING };

/* Up the parents: is there a head, and does the way end? */
static enum climb climb(const struct check *check, const struct team *team)
{
	const struct directory *directory = check->directory;
	bool head = false;
	for (size_t steps = 0; team; steps++) {
		if (steps > directory->team_count)
			return CLIMB_RING;
		head = head || team->head;
		team = check->parents[team - directory->teams];
	}
	return head ? CLIMB_HEAD : CLIMB_NO_HEAD;
}

/* Each is looked for once, however long the ways up are. */
static const struct team **parents_of(const struct directory *directory)
{
	const struct team **parents = mem_alloc((directory->team_count + 1) * sizeof *parents);
	for (size_t i = 0; i < directory->team_count; i++)
		parents[i] = directory->teams[i].parent ? directory_team(directory, text_of(directory->teams[i].parent))
		                                        : NULL;
	return parents;
}

static void check_team(const struct check *check, const struct team *team, const struct yaml_node *entry)
{
	const struct directory *directory = check->directory;
	if (directory_team(directory, text_of(team->id)) != team)
		yaml_fault(yaml_get(entry, "id"), check->faults, "team %s stands here a second time; keep one",
		           team->id);
	need_person(check, entry, "manager", team->manager);
	need_person(check, entry, "head", team->head);
	if (team->parent && !directory_team(directory, text_of(team->parent)))
		fault_dangling(check, entry, "parent", team->parent, true);
	if (!team->manager && !is_parent(directory, team->id))
		yaml_fault(entry, check->faults, "team %s has no manager; its lists and alerts would go to nobody",
		           team->id);
	switch (climb(check, team)) {
	case CLIMB_RING:
		yaml_fault(yaml_get(entry, "parent"), check->faults,
		           "team %s comes back to itself through its parents; end the chain", team->id);
		break;
	case CLIMB_NO_HEAD:
		yaml_fault(entry, check->faults,
		           "team %s has no head of service, nor has any of its parents; write head", team->id);
		break;
	case CLIMB_HEAD:
		break;
	}
}

static void check_role(const struct check *check, size_t index)
{
	const struct role_title *role = &check->directory->roles[index];
	const struct yaml_node *key = check->places->roles[index];
	if (role->people_count == 0 && role->from == ROLE_FROM_PEOPLE && !role->rota)
		yaml_fault(
			key, check->faults,
			"nobody holds the role %s; write people, a rota, or from: allocation, manager, head or event",
			role->role);
	for (size_t i = 0; i < role->people_count; i++)
		need_person(check, check->places->role_entries[index], "people", role->people[i]);
}

static bool holds(const struct role_title *role, const char *person)
{
	for (size_t i = 0; i < role->people_count; i++)
		if (same(role->people[i], person))
			return true;
	return false;
}

/* A ladder that comes to the same person twice has one step too few. */
static void check_ladder_pair(const struct check *check, const struct role_title *lower, const struct role_title *upper)
{
	const struct yaml_node *roles = yaml_get(check->places->root, "roles");
	for (size_t i = 0; i < lower->people_count; i++)
		if (holds(upper, lower->people[i]))
			yaml_fault(roles, check->faults, "%s is both %s and %s; the ladder needs two people there",
			           lower->people[i], lower->role, upper->role);
}

/* The roles that alerts come to whatever the rules say. */
static void check_ladder(const struct check *check)
{
	const struct directory *directory = check->directory;
	for (size_t i = 0; i < directory->ladder_count; i++) {
		const struct role_title *role = directory_role(directory, text_of(directory->ladder[i]));
		if (!role)
			yaml_fault(check->places->ladder, check->faults,
			           "ladder names the role %s, which is no role here; add it to roles",
			           directory->ladder[i]);
		for (size_t k = 0; role && k < i; k++) {
			const struct role_title *lower = directory_role(directory, text_of(directory->ladder[k]));
			if (lower)
				check_ladder_pair(check, lower, role);
		}
	}
	if (!directory_role(directory, text_of(DIRECTORY_OPS)))
		yaml_fault(yaml_get(check->places->root, "roles"), check->faults,
		           "the role ops is missing; it hears when casewatch itself cannot do its work");
}

static bool meet(const struct cover *a, const struct cover *b)
{
	return a->from <= b->until && b->from <= a->until;
}

static void check_cover_pair(const struct check *check, size_t index, const struct cover *other)
{
	const struct cover *cover = &check->directory->covers[index];
	const struct yaml_node *entry = check->places->covers[index];
	if (!meet(cover, other))
		return;
	bool same_scope = (!cover->role && !other->role) || same(cover->role, other->role);
	bool scopes_meet = same_scope || !cover->role || !other->role;
	if (same(cover->person, other->person) && same_scope && other < cover)
		yaml_fault(entry, check->faults,
		           "%s is covered by %s and by %s on the same days; let one begin after the other",
		           cover->person, other->by, cover->by);
	if (same(cover->by, other->person) && scopes_meet)
		yaml_fault(entry, check->faults,
		           "%s covers %s but is away then and covered by %s; name who is really there", cover->by,
		           cover->person, other->by);
}

static void check_cover(const struct check *check, size_t index)
{
	const struct cover *cover = &check->directory->covers[index];
	const struct yaml_node *entry = check->places->covers[index];
	need_person(check, entry, "person", cover->person);
	need_person(check, entry, "by", cover->by);
	if (same(cover->person, cover->by))
		yaml_fault(entry, check->faults, "%s covers themself; name another", cover->by);
	if (cover->role && !directory_role(check->directory, text_of(cover->role)))
		yaml_fault(yaml_get(entry, "role"), check->faults,
		           "role is \"%s\", which is no role here; add it to roles", cover->role);
	if (cover->until < cover->from)
		yaml_fault(yaml_get(entry, "until"), check->faults, "until is before from; write a later date");
	size_t before = check->faults->count;
	for (size_t i = 0; i < check->directory->cover_count && check->faults->count - before < OF_ONE_COVER_MOST; i++)
		if (i != index && !same(cover->person, cover->by))
			check_cover_pair(check, index, &check->directory->covers[i]);
}

static void check_source(const struct check *check, struct source_owner *source, size_t index)
{
	const struct yaml_node *entry = check->places->sources[index];
	for (size_t i = 0; i < index; i++)
		if (same(check->directory->sources[i].source, source->source))
			yaml_fault(entry, check->faults, "source %s stands here a second time; keep one",
			           source->source);
	const struct role_title *role = directory_role(check->directory, text_of(source->role));
	if (role && role->from == ROLE_FROM_PEOPLE)
		return;
	if (role) {
		yaml_fault(yaml_get(entry, "owner"), check->faults,
		           "owner is \"%s\", whose holders differ by child; write a role with people of its own, or a "
		           "person",
		           source->role);
		return;
	}
	source->person = source->role;
	source->role = NULL;
	need_person(check, entry, "owner", source->person);
}

void directory_check(struct directory *directory, const struct directory_places *places,
                     struct config_faults *faults)
{
	const struct check check = {directory, places, faults, parents_of(directory)};
	check_people(&check);
	for (size_t i = 0; i < directory->team_count; i++)
		check_team(&check, &directory->teams[i], places->teams[i]);
	for (size_t i = 0; i < directory->role_count; i++)
		check_role(&check, i);
	check_ladder(&check);
	for (size_t i = 0; i < directory->cover_count; i++)
		check_cover(&check, i);
	for (size_t i = 0; i < directory->source_count; i++)
		check_source(&check, &directory->sources[i], i);
	if (directory->duty_team && !directory_team(directory, text_of(directory->duty_team)))
		fault_dangling(&check, places->root, "duty-team", directory->duty_team, true);
	else if (directory->duty_team && !directory_team(directory, text_of(directory->duty_team))->manager)
		yaml_fault(places->duty_team, faults,
		           "the duty team has no manager; a child of no team would be on nobody's list");
	free((void *)check.parents);
}
