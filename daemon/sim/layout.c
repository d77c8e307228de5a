/* layout: stories and faults, laid out over the days. */
#include "sim/plan.h"

#include "time/words.h"

#include <stdlib.h>

#define FIRST_DAY "2026-03-02T00:00:00Z" /* a Monday, four weeks before the clocks change */
#define DAY (24 * HOUR)
#define CHILDREN_LEAST 6 /* fewer are hardly ever told of together */
#define CHILDREN_MOST 40 /* the size of all councils before the seed had it; what a fuzzer found was found in it */
#define STORIES_MOST 6 /* a day, likewise */
#define ERASED_EVERY (4 * DAY)
#define MIDWAY (SECOND / 25) /* an erasure takes some portions, 5 ms apart */
#define QUIET_DAYS 1 /* at the end, without faults: what was put off comes */

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
	if (plan->count)
		qsort(plan->acts, plan->count, sizeof *plan->acts, in_order);
	for (size_t i = 0; i < plan->count; i++)
		plan->acts[i].number = (uint32_t)i;
}

/* ---- faults ---- */

static enum act_kind fault_kind(struct chance *chance, bool several)
{
	int all = 0;
	for (int i = 0; i < ACT_KINDS; i++)
		all += act_weight((enum act_kind)i, several);
	int at = (int)chance_below(chance, (uint64_t)all);
	int kind = 0;
	while (at >= act_weight((enum act_kind)kind, several))
		at -= act_weight((enum act_kind)kind++, several);
	return (enum act_kind)kind;
}

/* In every second council the clock is never wrong: what hangs on when something was known is looked at there. */
static void add_faults(struct plan *plan, const struct plan_settings *settings)
{
	instant span = plan->ends - plan->begins - QUIET_DAYS * DAY;
	struct chance chance = chance_named(settings->seed, "faults");
	for (int i = 0; i < settings->faults && span > 0; i++) {
		instant at = plan->begins + HOUR + (instant)chance_below(&chance, (uint64_t)span);
		enum act_kind kind = fault_kind(&chance, plan->members > 1);
		if (kind == ACT_CLOCK && settings->seed % 2)
			kind = ACT_DISK;
		(void)plan_add(plan, at, kind, chance_next(&chance));
	}
	for (instant at = plan->begins + 3 * DAY; settings->faults && plan->members == 1 && at < plan->ends;
	     at += 4 * DAY)
		(void)plan_add(plan, at, ACT_BACKUP, chance_next(&chance));
}

/* Of several machines, with each third seed: beside the others, from a chance of their own, so that these stay what
 * they were. */
#define FAULTS_A_FULL_DISK 20
static void add_full_disks(struct plan *plan, const struct plan_settings *settings)
{
	instant span = plan->ends - plan->begins - QUIET_DAYS * DAY;
	struct chance chance = chance_named(settings->seed, "full disks");
	bool has = plan->members > 1 && settings->seed % 3 == 0;
	for (int i = 0; has && i < settings->faults / FAULTS_A_FULL_DISK && span > 0; i++) {
		instant at = plan->begins + HOUR + (instant)chance_below(&chance, (uint64_t)span);
		(void)plan_add(plan, at, ACT_FULL, chance_next(&chance));
	}
}

/* What people do beside answering: each of these every second day, at some time of it. */
static void add_people(struct plan *plan, const struct plan_settings *settings)
{
	static const enum act_kind acts[] = {ACT_MUTE, ACT_QUARANTINE};
	struct chance chance = chance_named(settings->seed, "people");
	for (instant day = plan->begins + DAY; day < plan->ends - DAY; day += 2 * DAY)
		for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
			(void)plan_add(plan, day + (instant)chance_below(&chance, 2 * DAY), acts[i],
			               chance_next(&chance));
}

/* Whether it is about a child by an id that was found to be another's before. */
static bool is_of_merged(const struct plan *plan, size_t which)
{
	static const char mark[] = "\"subject\":";
	const char *at = plan->acts[which].bytes ? strstr(plan->acts[which].bytes, mark) : NULL;
	const char *end = at ? strchr(at, ',') : NULL;
	struct buffer merged = {0};
	bool is = false;
	if (end)
		buffer_format(&merged, "\"from\":%.*s", (int)(end - at) - (int)(sizeof mark - 1), at + sizeof mark - 1);
	for (size_t i = 0; end && i < which && !is; i++)
		is = plan->acts[i].bytes && strstr(plan->acts[i].bytes, "\"person.merged\"") &&
		     strstr(plan->acts[i].bytes, buffer_cstr(&merged));
	buffer_free(&merged);
	return is;
}

/* A moment before something is recorded within the days from then on: what the daemon forgot it needs at once. */
static instant just_before(const struct plan *plan, struct chance *chance, instant day)
{
	size_t first = 0, end;
	while (first < plan->count && plan->acts[first].at < day)
		first++;
	for (end = first; end < plan->count && plan->acts[end].at < day + ERASED_EVERY / 2;)
		end++;
	instant at = day + (instant)chance_below(chance, (uint64_t)ERASED_EVERY / 2);
	return end > first ? plan->acts[first + chance_below(chance, end - first)].at - SECOND : at;
}

/* While somebody is erased, something is recorded by an id that was merged: who is whom was forgotten just then. Of the
 * first `count` acts. */
static void add_erasures_midway(struct plan *plan, const struct plan_settings *settings, size_t count)
{
	struct chance chance = chance_named(settings->seed, "erasures midway");
	instant from = plan->begins;
	for (size_t i = 0; i < count && plan->members == 1; i++) {
		instant at = plan->acts[i].at;
		if (at < from || at > plan->ends - 2 * DAY || !is_of_merged(plan, i))
			continue;
		at -= (instant)chance_below(&chance, MIDWAY);
		(void)plan_add(plan, at, ACT_ERASE, chance_next(&chance));
		from = at + ERASED_EVERY;
	}
}

static void add_erasures(struct plan *plan, const struct plan_settings *settings)
{
	struct chance chance = chance_named(settings->seed, "erasures");
	size_t before = plan->count;
	for (instant day = plan->begins + 3 * DAY; plan->members == 1 && day < plan->ends - 2 * DAY;
	     day += ERASED_EVERY)
		(void)plan_add(plan, just_before(plan, &chance, day), ACT_ERASE, chance_next(&chance));
	add_erasures_midway(plan, settings, before);
}

/* Turns so small that no batch is taken in one, parts of the log that fall behind the others, and machines that were
 * off for a while and come back to a backlog: in every second council. */
#define FAULTS_A_LAG 5
static void add_lags(struct plan *plan, const struct plan_settings *settings)
{
	static const enum act_kind kinds[] = {ACT_LAG, ACT_LAG, ACT_OFF};
	instant span = plan->ends - plan->begins - QUIET_DAYS * DAY;
	struct chance chance = chance_named(settings->seed, "lags");
	if (!chance_one_in(&chance, 2))
		return;
	(void)plan_add(plan, plan->begins, ACT_TURNS, chance_next(&chance));
	for (int i = 0; plan->members == 1 && i < settings->faults / FAULTS_A_LAG && span > 0; i++) {
		instant at = plan->begins + HOUR + (instant)chance_below(&chance, (uint64_t)span);
		enum act_kind kind = kinds[chance_below(&chance, sizeof kinds / sizeof *kinds)];
		(void)plan_add(plan, at, kind, chance_next(&chance));
	}
}

/* What was told and answered by a clock that is ahead is looked for at the end, before the time that it wrote has come:
 * in every fourth council; but where the independent reading is asked, which is not once the clock was wrong. */
#define AHEAD_BEFORE (3 * DAY) /* the end */
static void add_ahead(struct plan *plan, const struct plan_settings *settings)
{
	struct chance chance = chance_named(settings->seed, "ahead");
	bool has = settings->faults && plan->members == 1 && settings->seed % 4 == 2 && !settings->oracle;
	instant from = plan->ends - AHEAD_BEFORE;
	for (int i = 0; has && i < 2 && from > plan->begins + DAY; i++)
		(void)plan_add(plan, from + i * DAY + (instant)chance_below(&chance, DAY / 2), ACT_AHEAD,
		               chance_next(&chance));
}

/* They came later than the others, which keep their numbers: a list of acts means what it meant. */
static void add_later(struct plan *plan, const struct plan_settings *settings)
{
	size_t before = plan->count;
	add_erasures(plan, settings);
	add_lags(plan, settings);
	add_ahead(plan, settings);
	for (size_t i = before; i < plan->count; i++)
		plan->acts[i].number = (uint32_t)i;
	if (plan->count)
		qsort(plan->acts, plan->count, sizeof *plan->acts, in_order);
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

/* The last bytes are kinds that came later: the others go on to mean what they meant (tests/sim/found). */
#define FIRST_KINDS 14
#define LATER_FROM 224
#define KINDS_ALONE ACT_CUT /* what is behind happens to several machines */
static enum act_kind kind_of(unsigned char byte)
{
	if (byte >= LATER_FROM)
		return (enum act_kind)(FIRST_KINDS + (byte - LATER_FROM) % (KINDS_ALONE - FIRST_KINDS));
	unsigned kind = byte % (2 * FIRST_KINDS);
	return kind < FIRST_KINDS ? (enum act_kind)kind : ACT_EVENT;
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
		enum act_kind kind = kind_of(b[2]);
		if (kind == ACT_EVENT)
			stories_tell(plan, at, settings->children, chance);
		else
			(void)plan_add(plan, at, kind, chance);
	}
}

/* Hamlets and towns: what comes of many things at once is met in the large ones, what comes of a long silence in the
 * small ones, and of these more can be lived through. What a fuzzer found stays of the size in which it was found. */
void plan_size(struct plan_settings *settings)
{
	struct chance chance = chance_named(settings->seed, "size");
	int children = CHILDREN_LEAST + (int)chance_below(&chance, CHILDREN_MOST - CHILDREN_LEAST + 1);
	int stories = 1 + (int)chance_below(&chance, STORIES_MOST);
	if (!settings->children)
		settings->children = settings->bytes ? CHILDREN_MOST : children;
	if (!settings->stories_a_day)
		settings->stories_a_day = settings->bytes ? STORIES_MOST : stories;
}

void plan_make(struct plan *plan, const struct plan_settings *settings)
{
	const char *why;
	*plan = (struct plan){.seed = settings->seed, .children = settings->children,
	                      .members = settings->members > 1 ? settings->members : 1};
	if (!instant_parse(text_of(FIRST_DAY), &plan->begins, &why))
		abort(); /* a constant */
	plan->ends = plan->begins + settings->days * DAY;
	stories_begin(plan, settings->children);
	if (settings->bytes) {
		add_bytes(plan, settings);
	} else {
		add_stories(plan, settings);
		add_faults(plan, settings);
		add_people(plan, settings);
		add_full_disks(plan, settings);
	}
	sort(plan);
	if (!settings->bytes)
		add_later(plan, settings);
}
