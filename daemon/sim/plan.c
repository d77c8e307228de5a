/* plan: acts, one after another. */
#include "sim/plan.h"

#include "base/mem.h"
#include "time/words.h"

#include <stdlib.h>

static const struct {
	const char *name;
	bool fault;
	int weight, several; /* among the faults: of one machine, of several */
} kinds[ACT_KINDS] = {
	[ACT_EVENT] = {"event", false, 0, 0},
	[ACT_DISK] = {"disk", true, 22, 0}, /* of several a disk that fails is open (docs/simulator.md), and so below */
	[ACT_FULL] = {"disk full", true, 3, 0}, /* of several: layout.c */
	[ACT_KILL_AT_SEND] = {"killed at a send", true, 8, 8},
	[ACT_KILL] = {"killed", true, 3, 8},
	[ACT_POWER] = {"power cut", true, 4, 4},
	[ACT_CLOCK] = {"clock set", true, 5, 0}, /* their promises are of clocks that are right (docs/cells.md) */
	[ACT_RELAY] = {"mail server", true, 14, 10},
	[ACT_SOURCE] = {"source away", true, 5, 2},
	[ACT_AGAIN] = {"source repeats", true, 5, 3},
	[ACT_RELOAD] = {"reload", true, 5, 0},
	[ACT_RESTART] = {"restart", true, 3, 3},
	[ACT_BACKUP] = {"backup", false, 0, 0},
	[ACT_RESTORE] = {"restore", true, 2, 0},
	[ACT_STATEMENT] = {"statement", true, 8, 0},
	[ACT_MUTE] = {"mute", false, 0, 0},
	[ACT_QUARANTINE] = {"decision", false, 0, 0},
	[ACT_CUT] = {"cut off", true, 0, 8},
	[ACT_FREEZE] = {"frozen", true, 0, 8},
	[ACT_POINT] = {"frozen or killed at a point", true, 0, 24},
	[ACT_MOVE] = {"handed over", true, 0, 6},
	[ACT_ROUGH] = {"appending fails", true, 0, 8},
	[ACT_SILENT] = {"coordinator not heard", true, 0, 4},
	[ACT_ERASE] = {"erased", false, 0, 0},
	[ACT_TURNS] = {"small turns", false, 0, 0}, /* of these: layout.c */
	[ACT_LAG] = {"a part of the log behind", true, 0, 0},
	[ACT_AHEAD] = {"clock ahead", true, 0, 0},
	[ACT_OFF] = {"off", true, 0, 0},
};

static const char *name_of(enum act_kind kind)
{
	return kinds[kind].name;
}

bool act_is_fault(enum act_kind kind)
{
	return kinds[kind].fault;
}

int act_weight(enum act_kind kind, bool several)
{
	return several ? kinds[kind].several : kinds[kind].weight;
}

struct act *plan_add(struct plan *plan, instant at, enum act_kind kind, uint64_t chance)
{
	struct act *act = mem_push((void **)&plan->acts, &plan->count, &plan->room, sizeof *act);
	*act = (struct act){.at = at, .kind = kind, .chance = chance};
	return act;
}

static bool is_kept(const uint32_t *kept, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i] == number)
			return true;
	return false;
}

static void act_clear(struct act *act)
{
	free(act->bytes);
	free(act->id);
}

void plan_keep(struct plan *plan, const uint32_t *kept, size_t count)
{
	size_t left = 0;
	for (size_t i = 0; i < plan->count; i++) {
		if (is_kept(kept, count, plan->acts[i].number))
			plan->acts[left++] = plan->acts[i];
		else
			act_clear(&plan->acts[i]);
	}
	plan->count = left;
}

#define LONG_RUN (60 * 24 * HOUR)
bool plan_is_long(const struct plan *plan)
{
	return plan->ends - plan->begins > LONG_RUN;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		act_clear(&plan->acts[i]);
	free(plan->acts);
	*plan = (struct plan){0};
}

void plan_print_act(const struct act *act, struct buffer *out)
{
	char at[32];
	instant_print(act->at, at);
	buffer_format(out, "%u %s %s", act->number, at, name_of(act->kind));
	if (act->bytes)
		buffer_format(out, " %.400s", act->bytes);
	buffer_char(out, '\n');
}
