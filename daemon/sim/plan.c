/* plan: stories and faults, laid out over the days. */
#include "sim/plan.h"

#include "base/mem.h"
#include "time/words.h"

#include <stdlib.h>

#define FIRST_DAY "2026-03-02T00:00:00Z" /* a Monday, four weeks before the clocks change */
#define DAY (24 * HOUR)
#define QUIET_DAYS 1 /* at the end, without faults: what was put off comes */

static const struct {
	const char *name;
	bool fault;
	int weight; /* among the faults */
} kinds[ACT_KINDS] = {
	[ACT_EVENT] = {"event", false, 0},       [ACT_DISK] = {"disk", true, 22},
	[ACT_FULL] = {"disk full", true, 3},     [ACT_KILL_AT_SEND] = {"killed at a send", true, 8},
	[ACT_KILL] = {"killed", true, 3},        [ACT_POWER] = {"power cut", true, 4},
	[ACT_CLOCK] = {"clock set", true, 5},    [ACT_RELAY] = {"mail server", true, 14},
	[ACT_SOURCE] = {"source away", true, 5}, [ACT_AGAIN] = {"source repeats", true, 5},
	[ACT_RELOAD] = {"reload", true, 5},      [ACT_RESTART] = {"restart", true, 3},
	[ACT_BACKUP] = {"backup", false, 0},     [ACT_RESTORE] = {"restore", true, 1},
};

const char *act_kind_name(enum act_kind kind)
{
	return kinds[kind].name;
}

bool act_is_fault(enum act_kind kind)
{
	return kinds[kind].fault;
}

struct act *plan_add(struct plan *plan, instant at, enum act_kind kind, uint64_t chance)
{
	struct act *act = mem_push((void **)&plan->acts, &plan->count, &plan->room, sizeof *act);
	*act = (struct act){.at = at, .kind = kind, .chance = chance};
	return act;
}

static int in_order(const void *a, const void *b)
{
	const struct act *one = a, *other = b;
	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

static void sort(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		plan->acts[i].number = (uint32_t)i;
	qsort(plan->acts, plan->count, sizeof *plan->acts, in_order);
	for (size_t i = 0; i < plan->count; i++)
		plan->acts[i].number = (uint32_t)i;
}

/* ---- faults ---- */

static enum act_kind fault_kind(struct chance *chance)
{
	int all = 0;
	for (int i = 0; i < ACT_KINDS; i++)
		all += kinds[i].weight;
	int at = (int)chance_below(chance, (uint64_t)all);
	int kind = 0;
	while (at >= kinds[kind].weight)
		at -= kinds[kind++].weight;
	return (enum act_kind)kind;
}

static void add_faults(struct plan *plan, const struct plan_settings *settings)
{
	instant span = plan->ends - plan->begins - QUIET_DAYS * DAY;
	struct chance chance = chance_named(settings->seed, "faults");
	for (int i = 0; i < settings->faults && span > 0; i++) {
		instant at = plan->begins + HOUR + (instant)chance_below(&chance, (uint64_t)span);
		enum act_kind kind = fault_kind(&chance);
		(void)plan_add(plan, at, kind, chance_next(&chance));
	}
	for (instant at = plan->begins + 3 * DAY; settings->faults && at < plan->ends; at += 4 * DAY)
		(void)plan_add(plan, at, ACT_BACKUP, chance_next(&chance));
}

/* ---- what happens ---- */

static void add_stories(struct plan *plan, const struct plan_settings *settings)
{
	struct chance chance = chance_named(settings->seed, "stories");
	int days = (int)((plan->ends - plan->begins) / DAY);
	for (int i = 0; i < days * settings->stories_a_day; i++) {
		instant at = plan->begins + (instant)chance_below(&chance, (uint64_t)(plan->ends - plan->begins));
		stories_tell(plan, at, settings->children, chance_next(&chance));
	}
}

/* Of a fuzzer: eight bytes an act: how much later than the one before, of which kind, and its chance. */
static void add_bytes(struct plan *plan, const struct plan_settings *settings)
{
	instant at = plan->begins + HOUR;
	for (size_t i = 0; i + 8 <= settings->length && at < plan->ends - QUIET_DAYS * DAY; i += 8) {
		const unsigned char *b = settings->bytes + i;
		uint64_t chance =
			(uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
		at += ((instant)b[0] << 8 | b[1]) * (MINUTE / 4);
		enum act_kind kind = (enum act_kind)(b[2] % (2 * ACT_KINDS));
		if (kind >= ACT_KINDS || kind == ACT_EVENT)
			stories_tell(plan, at, settings->children, chance);
		else
			(void)plan_add(plan, at, kind, chance);
	}
}

void plan_make(struct plan *plan, const struct plan_settings *settings)
{
	const char *why;
	*plan = (struct plan){.seed = settings->seed};
	if (!instant_parse(text_of(FIRST_DAY), &plan->begins, &why))
		abort(); /* a constant */
	plan->ends = plan->begins + settings->days * DAY;
	stories_begin(plan, settings->children);
	if (settings->bytes) {
		add_bytes(plan, settings);
	} else {
		add_stories(plan, settings);
		add_faults(plan, settings);
	}
	sort(plan);
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
	buffer_format(out, "%u %s %s", act->number, at, act_kind_name(act->kind));
	if (act->bytes)
		buffer_format(out, " %.400s", act->bytes);
	buffer_char(out, '\n');
}
