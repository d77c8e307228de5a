/* check_refold: what stands is what the accepted events alone say, told to an engine that knows nothing of the daemon's
 * life: once as they arrived, and once as they happened.
 *
 * An alert keeps the id that it got when it was first known, and an answer names it by that. Where a record that came
 * later moves its beginning, an engine that is told all at once makes one of another id: so as they happened only rules
 * and subjects are compared, and what people answered is compared by arrival alone, and as long as the clock that says
 * when something arrived was never wrong.
 *
 * As they arrived it is one engine that goes on from look to look, since it is told the same one after the other and
 * lives through no fault: what it says is what one says that is told all of them. Every fourth time and at the end it
 * begins anew, so that what is stored is read in full again. */
#include "sim/sim.h"

#include "backtest/replay.h"
#include "rules/kinds.h"

#include <stdlib.h>

struct standing {
	char *words; /* "rule subject alert"; owned */
	bool stands;
};

struct refold {
	struct sim *sim;
	struct standing *items;
	size_t count, room;
	struct map by_alert;
	/* Of one that goes on. */
	struct replay *replay;
	const struct edition *edition; /* held: whose rules it judges by */
	int64_t told;                  /* the last event */
};

/* The value of a member of one of the contract's lines, which are flat up to there. */
static struct text member(struct text line, const char *name)
{
	struct buffer mark = {0};
	buffer_format(&mark, "\"%s\":\"", name);
	const char *at = memmem(line.at, line.length, mark.at, mark.length);
	struct text value = TEXT_NONE;
	if (at) {
		value.at = at + mark.length;
		const char *end = memchr(value.at, '"', line.length - (size_t)(value.at - line.at));
		value.length = end ? (size_t)(end - value.at) : 0;
	}
	buffer_free(&mark);
	return value;
}

static struct standing *of_alert(struct refold *refold, struct text alert, struct text line)
{
	struct map_walk walk = map_walk(&refold->by_alert, text_fingerprint(alert, 0));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (text_equal(text_of(strrchr(refold->items[number].words, ' ') + 1), alert))
			return &refold->items[number];
	struct standing *new = mem_push((void **)&refold->items, &refold->count, &refold->room, sizeof *new);
	struct buffer words = {0};
	buffer_format(&words, "%.*s %.*s %.*s", TEXT_ARG(member(line, "rule")), TEXT_ARG(member(line, "subject")),
	              TEXT_ARG(alert));
	*new = (struct standing){.words = words.at};
	map_add(&refold->by_alert, text_fingerprint(alert, 0), (uint32_t)refold->count - 1);
	return new;
}

static void hear_line(void *context, struct text line)
{
	struct refold *refold = context;
	struct text what = member(line, "what"), alert = member(line, "alert");
	bool opened = text_equal(what, TEXT("alert.opened"));
	if (opened || text_equal(what, TEXT("alert.resolved")) || text_equal(what, TEXT("alert.withdrawn")))
		of_alert(refold, alert, line)->stands = opened;
}

/* ---- both sides ---- */

static enum result replay_row(struct replay *replay, sqlite3_stmt *row, bool by_arrival, int64_t line,
                              struct fault *fault)
{
	struct text bytes = look_text(row, 0);
	struct buffer known = {0};
	char arrived[32];
	bool more = true;
	instant_print(look_int(row, 1), arrived);
	buffer_text(&known, bytes);
	if (by_arrival && bytes.length && bytes.at[bytes.length - 1] == '}') {
		known.length--;
		buffer_format(&known, ",\"recordedtime\":\"%s\"}", arrived);
	}
	enum result result = replay_take(replay, buffer_view(&known), line, &more, fault);
	buffer_free(&known);
	return result;
}

/* A machine of a cell judges what falls due a moment late, so that what arrived before it is read first. */
static instant judged_until(struct sim *sim)
{
	instant late = sim->hands.now - PIPELINE_LOG_LATE, arrived = look_one(sim, "SELECT max(arrived) FROM event");
	if (!sim->member)
		return sim->hands.now;
	return arrived > late ? arrived : late;
}

/* The rows behind those that it was told of. */
static enum result tell_rows(struct refold *refold, sqlite3_stmt *row, bool by_arrival, struct fault *fault)
{
	enum result result = RESULT_OK;
	(void)sqlite3_bind_int64(row, 1, refold->told);
	while (look_row(refold->sim, row))
		if (result == RESULT_OK) {
			result = replay_row(refold->replay, row, by_arrival, look_int(row, 2), fault);
			refold->told = by_arrival ? look_int(row, 2) : 0;
		}
	return result;
}

static void replay_events(struct refold *refold, bool by_arrival)
{
	struct sim *sim = refold->sim;
	struct fault fault = {0};
	const struct config *config = sim->council->config;
	struct replay_options options = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	if (!refold->replay)
		refold->replay = replay_new(config, config->rules, options, hear_line, NULL, refold);
	sqlite3_stmt *row =
		by_arrival
			? look_start(sim, "SELECT " LOOK_EVENT ", arrived, id FROM event WHERE id > ? AND flags & 8 = 0"
	                                  " ORDER BY id")
			: look_start(sim, "SELECT " LOOK_EVENT ", arrived, id FROM event WHERE id > ? AND flags & 8 = 0"
	                                  " ORDER BY time, id");
	enum result result = tell_rows(refold, row, by_arrival, &fault);
	if (result == RESULT_OK)
		result = replay_run_to(refold->replay, judged_until(sim), &fault);
	if (result != RESULT_OK)
		sim_fail(sim, "what was accepted cannot be replayed: %s", fault.text);
}

static int in_order(const void *a, const void *b)
{
	return strcmp(((const struct standing *)a)->words, ((const struct standing *)b)->words);
}

/* Of a rule that has one alert a subject the id says from when it stood as it was first known. Rules that came into
 * force after its records were corrected first knew another beginning than an engine that has had them from the first
 * record on: as `casewatch verify` has it, the rule says which alert it is. So of a worker of whom it was known by a
 * child that was erased. */
static bool has_id_of(const struct refold *refold, const struct standing *item, bool by_arrival)
{
	const struct sim *sim = refold->sim;
	struct text id = {item->words, strcspn(item->words, " ")};
	const struct rule *rule = ruleset_find_renamed(sim->council->config->rules, id);
	bool first_known = sim->other_edition || (sim->erases && rule && rule->of != PARTY_NONE);
	return by_arrival && !(first_known && rule && rule_kind_row(rule->kind)->one_a_subject);
}

static void put_standing(const struct refold *refold, bool by_arrival, struct buffer *out)
{
	if (refold->count)
		qsort(refold->items, refold->count, sizeof *refold->items, in_order);
	for (size_t i = 0; i < refold->count; i++) {
		const struct standing *item = &refold->items[i];
		const char *id = strrchr(item->words, ' ');
		if (item->stands)
			buffer_format(out, "%.*s%s\n", (int)(id - item->words), item->words,
			              has_id_of(refold, item, by_arrival) ? id : "");
	}
}

/* What a clock that was ahead opened stands, and is not yet due by the one that is right. */
static void read_stored(struct refold *stored)
{
	const struct sim *sim = stored->sim;
	sqlite3_stmt *row =
		look_start(stored->sim, "SELECT a.rule || ' ' || h.name || ' ' || a.id FROM alert a"
	                                " JOIN history h ON h.id = a.history WHERE a.state = 0 AND a.early = 0"
	                                " AND a.opened <= ?");
	(void)sqlite3_bind_int64(row, 1, sim->clock_was_wrong ? sim->hands.now : INSTANT_NEVER);
	while (look_row(stored->sim, row)) {
		struct standing *new = mem_push((void **)&stored->items, &stored->count, &stored->room, sizeof *new);
		struct text words = look_text(row, 0);
		*new = (struct standing){mem_copy_text(words.at, words.length), true};
	}
}

static void refold_clear(struct refold *refold)
{
	for (size_t i = 0; i < refold->count; i++)
		free(refold->items[i].words);
	free(refold->items);
	map_free(&refold->by_alert);
	replay_free(refold->replay);
	shared_release(refold->edition ? (struct shared *)(uintptr_t)&refold->edition->shared : NULL);
	*refold = (struct refold){.sim = refold->sim};
}

/* What stands of it, to be put in order and left out of. */
static struct refold copy_standing(const struct refold *heard)
{
	struct refold copy = {.sim = heard->sim};
	for (size_t i = 0; i < heard->count; i++) {
		const char *words = heard->items[i].words;
		if (!heard->items[i].stands)
			continue;
		struct standing *item = mem_push((void **)&copy.items, &copy.count, &copy.room, sizeof *item);
		*item = (struct standing){mem_copy_text(words, strlen(words)), true};
	}
	return copy;
}

/* The first line that only one of them has. */
static void say_difference(struct sim *sim, const char *stored, const char *reckoned, bool by_arrival)
{
	while (*stored && *reckoned) {
		size_t a = strcspn(stored, "\n"), b = strcspn(reckoned, "\n");
		if (a != b || memcmp(stored, reckoned, a) != 0)
			break;
		stored += a + 1;
		reckoned += b + 1;
	}
	size_t a = strcspn(stored, "\n"), b = strcspn(reckoned, "\n");
	bool missing = !a || (b && strncmp(stored, reckoned, a < b ? a : b) > 0);
	sim_fail(sim, "what stands is not what the accepted events say as they %s: \"%.*s\" %s",
	         by_arrival ? "arrived" : "happened", (int)(missing ? b : a), missing ? reckoned : stored,
	         missing ? "should stand, and does not" : "stands, and should not");
}

static void leave_out(struct refold *refold, struct text pair)
{
	for (size_t i = 0; i < refold->count; i++)
		if (strncmp(refold->items[i].words, pair.at, pair.length) == 0)
			refold->items[i].stands = false;
}

static bool knows(const struct refold *refold, struct text alert)
{
	struct map_walk walk = map_walk(&refold->by_alert, text_fingerprint(alert, 0));
	for (uint32_t number; (number = map_next(&walk)) != MAP_NONE;)
		if (text_equal(text_of(strrchr(refold->items[number].words, ' ') + 1), alert))
			return true;
	return false;
}

/* Whoever has an alert of that rule that somebody answered is left out, on both sides. `unnamed`: only where the alert
 * has an id that the rules in force never give: it was told and answered while others were, and an engine that knows
 * these alone cannot know what the answer is about. */
static void leave_out_answered(const struct refold *heard, struct refold *reckoned, struct refold *stored, bool unnamed)
{
	struct sim *sim = heard->sim;
	sqlite3_stmt *row =
		look_start(sim, "SELECT DISTINCT a.rule || ' ' || h.name || ' ', a.id FROM audit u"
	                        " JOIN alert a ON a.number = u.number JOIN history h ON h.id = a.history"
	                        " WHERE u.what IN ('alert.acknowledged', 'alert.passed_on', 'alert.resolved')"
	                        " AND u.person <> ''");
	while (look_row(sim, row)) {
		if (unnamed && knows(heard, look_text(row, 1)))
			continue;
		leave_out(reckoned, look_text(row, 0));
		leave_out(stored, look_text(row, 0));
	}
}

static void compare(struct refold *heard, bool by_arrival)
{
	struct sim *sim = heard->sim;
	struct refold stored = {.sim = sim};
	struct buffer one = {0}, other = {0};
	replay_events(heard, by_arrival);
	struct refold reckoned = copy_standing(heard);
	read_stored(&stored);
	if (!by_arrival || sim->other_edition)
		leave_out_answered(heard, &reckoned, &stored, by_arrival);
	put_standing(&reckoned, by_arrival, &other);
	put_standing(&stored, by_arrival, &one);
	if (!text_equal(buffer_view(&one), buffer_view(&other)))
		say_difference(sim, buffer_cstr(&one), buffer_cstr(&other), by_arrival);
	refold_clear(&reckoned);
	refold_clear(&stored);
	buffer_free(&one);
	buffer_free(&other);
}

/* ---- one that goes on ---- */

#define ANEW_EVERY 4 /* times that it was asked */

void refold_forget(struct sim *sim)
{
	if (sim->arrivals)
		refold_clear(sim->arrivals);
	free(sim->arrivals);
	sim->arrivals = NULL;
}

static void compare_arrivals(struct sim *sim, bool anew)
{
	struct edition *edition = sim->council->edition;
	if (anew || sim->member || (sim->arrivals && sim->arrivals->edition != edition))
		refold_forget(sim);
	if (!sim->arrivals) {
		sim->arrivals = MEM_NEW(struct refold);
		*sim->arrivals = (struct refold){.sim = sim, .edition = edition};
		(void)shared_hold(&edition->shared);
	}
	compare(sim->arrivals, true);
}

#define WHOLE_EVERY 3 /* looks */

void check_refold(struct sim *sim, bool whole)
{
	if (look_one(sim, "SELECT max(arrived) FROM event") > sim->hands.now)
		return; /* the wall clock was set back behind what came: nothing can be told at its time */
	sim->figures.refolds++;
	if (!sim->clock_was_wrong)
		compare_arrivals(sim, whole || sim->figures.refolds % ANEW_EVERY == 0);
	if (whole || sim->clock_was_wrong || sim->figures.refolds % WHOLE_EVERY == 0) {
		struct refold happened = {.sim = sim};
		compare(&happened, false);
		refold_clear(&happened);
	}
}
