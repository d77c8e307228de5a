/* rotas: a role that will be held by nobody for some time of the next 30 days, because its rota has a gap. */
#include "run/run_internal.h"

#include "people/on_call.h"
#include "time/words.h"

#include <stdio.h>

#define KEY "rota " /* before the role, so that it is not taken for a role that had nobody when it was told */

struct looking {
	struct council *council;
	bool say; /* else only whether `role` has one */
	struct text role;
	bool found;
};

static void note(void *argument, const struct on_call_stretch *stretch)
{
	struct looking *looking = argument;
	const struct zone *zone = calendar_zone(looking->council->config->calendar);
	if (stretch->people || stretch->role->people_count)
		return;
	bool same = text_equal(looking->role, text_of(stretch->role->role));
	looking->found |= same;
	if (!looking->say || same)
		return; /* the first gap of a role is what there is to do next */
	looking->role = text_of(stretch->role->role);
	char key[128], title[256];
	struct buffer from = {0}, until = {0};
	(void)snprintf(key, sizeof key, KEY "%.100s", stretch->role->role);
	(void)snprintf(title, sizeof title, "Nobody will be %.120s for some time of the next 30 days",
	               stretch->role->title);
	words_moment(zone, (struct words_moment){stretch->from, false}, WORDS_TABLE, &from);
	words_moment(zone, (struct words_moment){stretch->until, false}, WORDS_TABLE, &until);
	struct ops_word word = {.what = OPS_NOBODY,
	                        .key = text_of(key),
	                        .lasting = OPS_UNTIL_OVER,
	                        .title = title,
	                        .facts = {{"From", buffer_cstr(&from), NULL},
	                                  {"Until", buffer_cstr(&until), NULL},
	                                  {"Rota", stretch->role->rota, NULL}},
	                        .fact_count = 3};
	council_say_ops(looking->council, &word);
	buffer_free(&from);
	buffer_free(&until);
}

static void look(struct looking *looking)
{
	instant now = council_now(looking->council);
	on_call_look(looking->council->config->directory, now, now + ON_CALL_AHEAD, note, looking);
}

/* Roles that had nobody when they were to be told have words of their own, and end of themselves. */
static bool still_gap(void *argument, struct text key)
{
	struct looking looking = {.council = argument};
	size_t length = strlen(KEY);
	if (key.length <= length || memcmp(key.at, KEY, length) != 0)
		return true;
	looking.role = (struct text){key.at + length, key.length - length};
	look(&looking);
	return looking.found;
}

void rotas_look(struct council *council)
{
	struct fault fault = {0};
	struct looking looking = {.council = council, .say = true};
	look(&looking);
	council_after(council,
	              ops_end_others(council->ops, OPS_NOBODY, still_gap, council, council_now(council), &fault),
	              &fault);
}
