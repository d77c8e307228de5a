/* history: emptying, freeing and measuring what is held of one. */
#include "engine/history/checkpoint_list.h"

#include <stdlib.h>

void history_free_facts(struct facts *facts)
{
	for (size_t i = 0; facts && i < sizeof facts->owned / sizeof *facts->owned; i++)
		free(facts->owned[i]);
	free(facts);
}

struct facts *history_copy_facts(const struct facts *facts)
{
	if (!facts)
		return NULL;
	struct facts *copy = MEM_NEW(struct facts);
	*copy = *facts;
	for (size_t i = 0; i < facts->count; i++)
		if (facts->owned[i]) {
			copy->owned[i] = mem_copy_text(facts->owned[i], facts->fields[i].value.string.length);
			copy->fields[i].value.string.at = copy->owned[i];
		}
	return copy;
}

struct rule_memory *history_find_memory(struct history *history, uint16_t rule)
{
	for (size_t i = 0; i < history->memory_count; i++)
		if (history->memories[i].rule == rule)
			return &history->memories[i];
	return NULL;
}

struct rule_memory *history_memory(struct history *history, uint16_t rule)
{
	struct rule_memory *memory = history_find_memory(history, rule);
	if (memory)
		return memory;
	memory = mem_push32((void **)&history->memories, &history->memory_count, &history->memory_room, sizeof *memory);
	*memory = (struct rule_memory){.rule = rule};
	return memory;
}

void memory_forget_past(struct rule_memory *memory)
{
	memory->window_count -= memory->window_past;
	if (memory->window_past && memory->window_count)
		memmove(memory->window, memory->window + memory->window_past,
		        memory->window_count * sizeof *memory->window);
	memory->window_past = 0;
}

void history_clear(struct history *history)
{
	history_free_facts(history->facts);
	history->facts = NULL;
	for (size_t i = 0; i < history->memory_count; i++)
		free(history->memories[i].window);
	for (size_t i = 0; i < history->first_count; i++)
		free(history->firsts[i].packed);
	marks_clear(&history->marks);
	history->clock_count = history->open_count = history->end_seen_count = history->memory_count = 0;
	history->step_block_count = 0;
	history->contradictions_hash = history->contradictions_hashed = 0;
	report_forget_index(history);
	clocks_forget_index(history);
	opens_forget_index(history);
	history->first_count = history->contradiction_count = history->ignored_count = history->mute_count = 0;
	history->date_judged = INSTANT_NONE;
	history->settled = false;
	history->taken = 0;
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

void outcome_hash_evidence(struct outcome *outcome)
{
	uint64_t hash = 7; /* any that is not 0, which nothing that was reported has */
	for (uint32_t i = 0; i < outcome->evidence_count; i++)
		hash = mark_mix(hash, outcome->evidence[i].ref);
	outcome->evidence_hash = hash;
}

void history_empty(struct history *history)
{
	history_clear(history);
	for (size_t i = 0; i < history->outcome_count; i++)
		outcome_free(&history->outcomes[i]);
	for (size_t i = 0; i < history->withdrawn_count; i++)
		outcome_free(&history->withdrawn[i]);
	map_clear(&history->withdrawn_ids);
	map_clear(&history->withdrawn_rules);
	history->outcome_count = history->withdrawn_count = history->warned_count = 0;
}

void history_free(struct history *history)
{
	history_empty(history);
	marks_free(&history->marks);
	free(history->outcomes);
	free(history->withdrawn);
	map_free(&history->withdrawn_ids);
	map_free(&history->withdrawn_rules);
	free(history->warned);
	free(history->clocks);
	clocks_forget_index(history);
	free(history->step_blocks);
	free(history->opens);
	free(history->ends_seen);
	free(history->memories);
	free(history->firsts);
	free(history->contradictions);
	free(history->ignored);
	free(history->mutes);
	checkpoints_free(history->checkpoints);
	free(history);
}

size_t history_rooms(const struct history *history)
{
	size_t bytes = sizeof *history + history->id.length;
	bytes += history->clock_room * sizeof *history->clocks + history->open_room * sizeof *history->opens;
	bytes += clocks_found_bytes(history) + history->step_block_room * sizeof *history->step_blocks;
	bytes += history->end_seen_room * sizeof *history->ends_seen + history->memory_room * sizeof *history->memories;
	bytes += history->outcome_room * sizeof *history->outcomes + history->warned_room * sizeof *history->warned;
	bytes += history->first_room * sizeof *history->firsts + history->marks.room * sizeof(struct mark);
	bytes += history->ignored_room * sizeof *history->ignored + history->mute_room * sizeof *history->mutes;
	bytes += history->contradiction_room * sizeof *history->contradictions;
	bytes += history->withdrawn_room * sizeof *history->withdrawn + map_bytes(&history->withdrawn_ids) +
	         map_bytes(&history->withdrawn_rules);
	bytes += checkpoints_bytes(history->checkpoints);
	return bytes + (history->facts ? sizeof *history->facts : 0);
}

size_t history_bytes(const struct history *history)
{
	size_t bytes = history_rooms(history);
	for (size_t i = 0; i < history->memory_count; i++)
		bytes += history->memories[i].window_room * sizeof(struct evidence);
	for (size_t i = 0; i < history->outcome_count; i++)
		bytes += history->outcomes[i].evidence_room * sizeof(struct evidence) +
		         history->outcomes[i].reply_room * sizeof(struct reply);
	for (size_t i = 0; i < history->withdrawn_count; i++)
		bytes += history->withdrawn[i].evidence_room * sizeof(struct evidence);
	for (size_t i = 0; i < history->first_count; i++)
		bytes += history->firsts[i].size;
	return bytes;
}
