/* anew: one fold from the stored events: begun, gone on with a portion at a time, and finished. */
#include "engine/fold/anew.h"

#include "engine/fold/gather.h"
#include "engine/history/checkpoints.h"

#include <stdlib.h>

/* A fold begins again when what comes in meanwhile is late. After so many times it is gone through at once, however
 * long that takes: else a history that never rests would never be told of. */
#define ROUNDS_MOST 3

struct anew {
	struct engine *engine;
	struct history *history;
	struct gathering *gathering;
	bool gathered, begun;
	bool ahead;               /* what is to come must be looked at before it is folded: no checkpoints */
	bool catching_up;         /* reads what came in meanwhile */
	size_t prepared, taken;   /* of the events that were gathered */
	instant future;           /* of events gathered before these whose time had not come; NEVER */
	struct outcome *known;    /* as reported */
	struct warned *warned;
	size_t known_count, warned_count;
	unsigned rounds;          /* that began again */
};

const struct history *anew_under_way(const struct engine *engine)
{
	return engine->anew ? engine->anew->history : NULL;
}

static struct anew *begin(struct engine *engine, struct history *history)
{
	struct anew *anew = MEM_NEW(struct anew);
	anew->engine = engine;
	anew->history = history;
	anew->known = history->outcomes;
	anew->known_count = history->outcome_count;
	anew->warned = history->warned;
	anew->warned_count = history->warned_count;
	history->outcomes = NULL;
	history->outcome_count = history->outcome_room = 0;
	history->warned = NULL;
	history->warned_count = history->warned_room = 0;
	history->loaded = false;
	return anew;
}

/* What was folded of it so far. */
static void drop_folded(struct anew *anew)
{
	struct history *history = anew->history;
	for (size_t i = 0; i < history->outcome_count; i++)
		outcome_free(&history->outcomes[i]);
	history->outcome_count = history->warned_count = 0;
	history->outcome_count = history->warned_count = 0;
	history_clear(history);
	gather_free(anew->gathering);
	anew->gathering = NULL;
	anew->gathered = anew->begun = anew->catching_up = false;
}

static void start_reading(struct anew *anew, uint64_t after)
{
	gather_free(anew->gathering);
	anew->gathering = gather_new(anew->engine, anew->history, after);
	anew->gathered = false;
	anew->prepared = anew->taken = 0;
	anew->history->missed = 0;
}

/* From the latest checkpoint that holds, or from the first event. */
static void begin_reading(struct anew *anew)
{
	struct history *history = anew->history;
	uint64_t after = 0;
	bool whole = !history->refold || anew->ahead || anew->engine->why; /* who asks why looks at all of it */
	checkpoints_late(history, whole ? INSTANT_NONE : history->refold_from);
	history->refold = false;
	anew->future = INSTANT_NEVER;
	history_clear(history);
	anew->begun = checkpoints_restore(anew->engine, history, &after);
	anew->engine->figures.folds += anew->begun;
	start_reading(anew, after);
	gather_later(anew->gathering, history->last); /* than what the checkpoint holds */
}

static void begin_again(struct anew *anew)
{
	drop_folded(anew);
	anew->rounds++;
	begin_reading(anew);
}

/* As it was before it was begun. */
static void give_back(struct anew *anew)
{
	struct history *history = anew->history;
	drop_folded(anew);
	free(history->outcomes);
	free(history->warned);
	history->outcomes = anew->known;
	history->outcome_count = history->outcome_room = (uint32_t)anew->known_count;
	history->warned = anew->warned;
	history->warned_count = history->warned_room = (uint32_t)anew->warned_count;
	history->missed = 0;
	free(anew);
}

void anew_forget(struct engine *engine)
{
	if (engine->anew)
		give_back(engine->anew);
	engine->anew = NULL;
}

/* ---- a portion ---- */

static bool any_facts(const struct anew *anew, const struct event *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct interest *interest =
			rule_index_interest(anew->engine->index, anew->history->domain, events[i]->type);
		if (interest && interest->facts)
			return true;
	}
	return false;
}

/* What came in meanwhile lies behind what was folded, so that the fold goes on with it. */
static bool goes_on(const struct anew *anew)
{
	size_t count;
	const struct event *const *events = gather_events(anew->gathering, &count);
	const struct history *history = anew->history;
	return !count || (events[0]->time > history->last && events[0]->time >= history->date_judged &&
	                  !any_facts(anew, events, count));
}

static void begin_folding(struct anew *anew)
{
	size_t count;
	const struct event *const *events = gather_events(anew->gathering, &count);
	history_clear(anew->history);
	load_facts(anew->engine, anew->history, events, count);
	for (size_t i = 0; i < count && anew->history->domain == PARTY_NONE; i++)
		load_note_end(anew->engine, anew->history, events[i]);
	anew->begun = true;
	anew->engine->figures.folds++;
}

static size_t until(const struct event *const *events, size_t count, instant now)
{
	while (count && events[count - 1]->time > now)
		count--;
	return count;
}

/* A part of the events, to the end of a date, after which there may be a checkpoint. */
static size_t part_end(const struct anew *anew, const struct event *const *events, size_t count)
{
	const struct zone *zone = calendar_zone(anew->engine->settings.calendar);
	size_t interval = checkpoints_interval(anew->engine, anew->history, anew->history->taken + count - anew->taken);
	if (anew->prepared > anew->taken)
		return anew->prepared; /* it is not through yet */
	if (anew->ahead || count - anew->taken <= interval)
		return count;
	/* Three quarters of what is left, again and again: so they come to lie at widening distances from the present,
	 * and those that are written are few. */
	size_t left = count - anew->taken, most = left - left / 4;
	size_t end = anew->taken + (most > interval ? most : interval);
	instant date_ends = zone_midnight(zone, zone_date(zone, events[end - 1]->time) + 1);
	while (end < count && events[end]->time < date_ends)
		end++;
	return end;
}

/* Every event later than what was folded has a higher ref. */
static uint64_t floor_after(const struct anew *anew, const struct event *const *events, size_t count)
{
	uint64_t floor = anew->history->missed ? anew->history->missed - 1 : anew->engine->newest_ref;
	for (size_t i = anew->taken; i < count; i++)
		if (events[i]->ref <= floor)
			floor = events[i]->ref - 1;
	return floor;
}

/* False where what is known now shows that what was folded was judged wrongly. */
static bool fold_portion(struct anew *anew, instant now, size_t *left, bool *whole)
{
	struct engine *engine = anew->engine;
	struct history *history = anew->history;
	size_t gathered;
	const struct event *const *events = gather_events(anew->gathering, &gathered);
	size_t count = until(events, gathered, engine->events_to);
	history->future = anew->future;
	if (count < gathered && events[count]->time < history->future)
		history->future = events[count]->time;
	struct fold fold;
	fold_set(engine, history, &fold);
	fold.known = anew->known;
	fold.known_count = anew->known_count;
	size_t end = part_end(anew, events, count);
	if (end > anew->prepared)
		fold_prepare(&fold, events + anew->prepared, end - anew->prepared);
	if (fold.again) {
		anew->ahead = true;
		return false;
	}
	anew->prepared = end > anew->prepared ? end : anew->prepared;
	instant part = end < count ? events[end - 1]->time : now;
	size_t taken = fold_run(&fold, events + anew->taken, end - anew->taken, part, left, &engine->next);
	anew->taken += taken;
	history->taken += (uint32_t)taken;
	engine->figures.folded_events += taken;
	if (!anew->ahead && anew->taken == anew->prepared && history->future == INSTANT_NEVER)
		checkpoints_keep(engine, history, floor_after(anew, events, gathered), true);
	*whole = anew->taken == count && engine->next > now;
	return true;
}

/* One step: reads on, or folds on. *whole: all that is stored was folded. */
static enum result step(struct anew *anew, instant now, size_t *left, bool *whole, struct fault *fault)
{
	struct history *history = anew->history;
	if (history->refold) { /* something of what was read does not stand any more, or stands again */
		begin_again(anew);
		return RESULT_OK;
	}
	if (!anew->gathered) {
		enum result result = gather_more(anew->gathering, left, &anew->gathered, fault);
		if (result != RESULT_OK || !anew->gathered)
			return result;
		if (anew->catching_up && !goes_on(anew)) {
			history->refold = true; /* by what came in meanwhile */
			history->refold_from = INSTANT_NONE;
			begin_again(anew);
		} else if (!anew->begun) {
			begin_folding(anew);
		}
		return RESULT_OK;
	}
	bool folded = false;
	if (!fold_portion(anew, now, left, &folded))
		begin_again(anew);
	else if (folded && history->missed) {
		anew->future = history->future;
		anew->catching_up = true;
		start_reading(anew, history->missed - 1);
	} else {
		*whole = folded;
	}
	return RESULT_OK;
}

static void finish(struct anew *anew)
{
	struct history *history = anew->history;
	match_outcomes(anew->engine, history, anew->known, anew->known_count);
	match_warned(history, anew->warned, anew->warned_count);
	history->changed_from = 0;
	history->ladder_next = INSTANT_NONE;
	history->step_block_count = 0;
	report_forget_index(history);
	history->loaded = true;
	history->large = false;
	gather_free(anew->gathering);
	free(anew);
}

/* Where another is under way this one waits for it, and begins again. */
static void put_by(struct engine *engine, struct anew *anew)
{
	if (engine->anew && engine->anew != anew) {
		anew->history->large = true;
		give_back(anew);
	} else {
		engine->anew = anew;
	}
}

enum result anew_fold(struct engine *engine, struct history *history, instant now, size_t *left, bool *whole,
                      struct fault *fault)
{
	bool goes_on = engine->anew && engine->anew->history == history;
	enum result result = RESULT_OK;
	size_t unbounded = SIZE_MAX;
	*whole = false;
	if (!*left || (engine->anew && !goes_on && history->large))
		return RESULT_OK;
	struct anew *anew = goes_on ? engine->anew : NULL;
	if (!anew && !history->loaded && !history->adopted)
		result = load_alerts(engine, history, fault);
	if (result != RESULT_OK)
		return result;
	history->adopted = true;
	if (!anew) {
		anew = begin(engine, history);
		begin_reading(anew);
	}
	while (result == RESULT_OK && !*whole && *left)
		result = step(anew, now, anew->rounds > ROUNDS_MOST ? &unbounded : left, whole, fault);
	if (*whole)
		finish(anew);
	if (*whole && goes_on)
		engine->anew = NULL;
	if (!*whole)
		put_by(engine, anew);
	return result;
}
