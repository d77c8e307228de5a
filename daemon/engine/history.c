/* history: emptying, freeing and measuring what is held of one. */
#include "engine/history.h"

#include <stdlib.h>

static void clear_facts(struct history *history)
{
	struct facts *facts = history->facts;
	if (!facts)
		return;
	for (size_t i = 0; i < sizeof facts->owned / sizeof *facts->owned; i++)
		free(facts->owned[i]);
	free(facts);
	history->facts = NULL;
}

void history_clear(struct history *history)
{
	clear_facts(history);
	for (size_t i = 0; i < history->memory_count; i++)
		free(history->memories[i].window);
	for (size_t i = 0; i < history->first_count; i++)
		free(history->firsts[i].packed);
	marks_free(&history->marks);
	history->clock_count = history->open_count = history->end_seen_count = history->memory_count = 0;
	history->first_count = 0;
	history->last = INSTANT_NONE;
	history->clocks_next = history->opens_next = INSTANT_NEVER;
	history->future = history->settle_at = history->next_age = INSTANT_NEVER;
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->evidence);
	free(outcome->replies);
	outcome->evidence = NULL;
	outcome->replies = NULL;
}

void history_free(struct history *history)
{
	history_clear(history);
	for (size_t i = 0; i < history->outcome_count; i++)
		outcome_free(&history->outcomes[i]);
	free(history->outcomes);
	free(history->warned);
	free(history->clocks);
	free(history->opens);
	free(history->ends_seen);
	free(history->memories);
	free(history->firsts);
	free(history);
}

size_t history_bytes(const struct history *history)
{
	size_t bytes = sizeof *history + history->id.length;
	bytes += history->clock_room * sizeof *history->clocks + history->open_room * sizeof *history->opens;
	bytes += history->end_seen_room * sizeof *history->ends_seen + history->memory_room * sizeof *history->memories;
	bytes += history->outcome_room * sizeof *history->outcomes + history->warned_room * sizeof *history->warned;
	bytes += history->first_room * sizeof *history->firsts + history->marks.room * sizeof(struct mark);
	bytes += history->facts ? sizeof *history->facts : 0;
	for (size_t i = 0; i < history->memory_count; i++)
		bytes += history->memories[i].window_room * sizeof(struct evidence);
	for (size_t i = 0; i < history->outcome_count; i++)
		bytes += history->outcomes[i].evidence_room * sizeof(struct evidence) +
		         history->outcomes[i].reply_room * sizeof(struct reply);
	for (size_t i = 0; i < history->first_count; i++)
		bytes += history->firsts[i].size;
	return bytes;
}
