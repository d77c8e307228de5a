/* report_index: a history's alerts and early warnings by id. Of one with few of them they are gone through. */
#include "engine/report/report_index.h"

#include <stdlib.h>

struct report_index {
	struct map alerts, warnings; /* what has an id: -> place */
};

void report_forget_index(struct history *history)
{
	if (!history->report_index)
		return;
	map_free(&history->report_index->alerts);
	map_free(&history->report_index->warnings);
	free(history->report_index);
	history->report_index = NULL;
}

void report_index_alert(struct history *history, uint32_t place)
{
	if (history->report_index)
		map_add(&history->report_index->alerts, history->outcomes[place].id, place);
}

void report_index_warning(struct history *history, uint32_t place)
{
	if (history->report_index)
		map_add(&history->report_index->warnings, history->warned[place].id, place);
}

static const struct report_index *index_of(struct history *history)
{
	if (history->report_index || (history->outcome_count <= history->few && history->warned_count <= history->few))
		return history->report_index;
	history->report_index = MEM_NEW(struct report_index);
	for (uint32_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].id)
			report_index_alert(history, i);
	for (uint32_t i = 0; i < history->warned_count; i++)
		if (history->warned[i].id)
			report_index_warning(history, i);
	return history->report_index;
}

struct report_walk report_walk_alerts(struct history *history, uint64_t id)
{
	const struct report_index *index = index_of(history);
	struct report_walk walk = {.count = history->outcome_count};
	walk.indexed = index != NULL;
	if (index)
		walk.candidates = map_walk(&index->alerts, id);
	return walk;
}

struct report_walk report_walk_warnings(struct history *history, uint64_t id)
{
	const struct report_index *index = index_of(history);
	struct report_walk walk = {.count = history->warned_count};
	walk.indexed = index != NULL;
	if (index)
		walk.candidates = map_walk(&index->warnings, id);
	return walk;
}

uint32_t report_walk_next(struct report_walk *walk)
{
	if (walk->indexed)
		return map_next(&walk->candidates);
	return walk->at < walk->count ? walk->at++ : MAP_NONE;
}

uint32_t report_first_under(struct history *history, uint64_t id)
{
	struct report_walk walk = report_walk_alerts(history, id);
	uint32_t first = MAP_NONE;
	for (uint32_t i; (i = report_walk_next(&walk)) != MAP_NONE;)
		if (history->outcomes[i].id == id && i < first)
			first = i;
	return first;
}

const struct outcome *report_latest_before(struct history *history, const struct outcome *outcome,
                                           bool (*is_so)(const struct outcome *outcome))
{
	struct report_walk walk = report_walk_alerts(history, outcome->id);
	const struct outcome *latest = NULL;
	for (uint32_t i; (i = report_walk_next(&walk)) != MAP_NONE;) {
		const struct outcome *other = &history->outcomes[i];
		if (other->id == outcome->id && other < outcome && (!latest || other > latest) && is_so(other))
			latest = other;
	}
	return latest;
}
