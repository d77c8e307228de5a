/* on_call: goes through a role's shifts in order of time. */
#include "people/on_call.h"

#include <string.h>

struct looking {
	const struct directory *directory;
	const struct role_title *role;
	instant until;
	on_call_visit *visit;
	void *argument;
	struct on_call_stretch open; /* not yet visited; from NONE: none */
};

static bool is_on(const struct looking *looking, const struct shift *shift, instant at)
{
	return strcmp(shift->role, looking->role->role) == 0 && shift->from <= at && at < shift->until;
}

/* How many different people are on call at the instant; *next: when that may change. */
static size_t count_at(const struct looking *looking, instant at, instant *next)
{
	const struct directory *directory = looking->directory;
	const char *first = NULL;
	size_t people = 0;
	*next = looking->until;
	for (size_t i = 0; i < directory->shift_count; i++) {
		const struct shift *shift = &directory->shifts[i];
		if (strcmp(shift->role, looking->role->role) != 0 || shift->until <= at)
			continue;
		instant change = shift->from > at ? shift->from : shift->until;
		*next = change < *next ? change : *next;
		if (shift->from > at)
			break; /* they are in order of when they begin */
		people += is_on(looking, shift, at) && (!first || strcmp(first, shift->person) != 0);
		first = first ? first : shift->person;
	}
	return people;
}

static void say_open(struct looking *looking)
{
	if (looking->open.from != INSTANT_NONE)
		looking->visit(looking->argument, &looking->open);
	looking->open.from = INSTANT_NONE;
}

static void look_at_role(struct looking *looking, instant from)
{
	instant next;
	looking->open.from = INSTANT_NONE;
	for (instant at = from; at < looking->until; at = next) {
		size_t people = count_at(looking, at, &next);
		bool same = looking->open.from != INSTANT_NONE && (looking->open.people == 0) == (people == 0);
		if (people == 1 || !same)
			say_open(looking);
		if (people == 1)
			continue;
		if (looking->open.from == INSTANT_NONE)
			looking->open = (struct on_call_stretch){looking->role, at, next, people};
		looking->open.until = next;
		looking->open.people = people > looking->open.people ? people : looking->open.people;
	}
	say_open(looking);
}

void on_call_look(const struct directory *directory, instant from, instant until, on_call_visit *visit, void *argument)
{
	struct looking looking = {.directory = directory, .until = until, .visit = visit, .argument = argument};
	for (size_t i = 0; i < directory->role_count; i++) {
		looking.role = &directory->roles[i];
		if (looking.role->rota)
			look_at_role(&looking, from);
	}
}
