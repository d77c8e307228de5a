/* clock_index: a history's clocks by rule, and by when they fall due: a child with ten thousand of them costs an event
 * hardly more than one with ten. */
#include "engine/fold.h"

#include "base/mem.h"

#include <stdlib.h>

void clocks_forget_index(struct history *history)
{
	history->due_block_count = 0;
	free(history->of_rule);
	history->of_rule = NULL;
}

/* ---- by rule ---- */

void clock_link(struct history *history, size_t index)
{
	struct clock_entry *clock = &history->clocks[index];
	if (!history->of_rule)
		return;
	clock->of_rule_before = 0;
	clock->of_rule_next = history->of_rule[clock->rule];
	if (clock->of_rule_next)
		history->clocks[clock->of_rule_next - 1].of_rule_before = (uint32_t)index + 1;
	history->of_rule[clock->rule] = (uint32_t)index + 1;
}

/* What stands before and after it leads to `place`; 0: past it. */
static void relink(struct history *history, const struct clock_entry *clock, uint32_t next, uint32_t before)
{
	if (clock->of_rule_before)
		history->clocks[clock->of_rule_before - 1].of_rule_next = next;
	else
		history->of_rule[clock->rule] = next;
	if (clock->of_rule_next)
		history->clocks[clock->of_rule_next - 1].of_rule_before = before;
}

void clock_unlink(struct history *history, size_t index)
{
	const struct clock_entry *clock = &history->clocks[index];
	if (history->of_rule)
		relink(history, clock, clock->of_rule_next, clock->of_rule_before);
}

void clock_moves(struct history *history, size_t from, size_t to)
{
	if (history->of_rule)
		relink(history, &history->clocks[from], (uint32_t)to + 1, (uint32_t)to + 1);
}

static void link_all(struct fold *fold)
{
	struct history *history = fold->history;
	history->of_rule = mem_zero(fold->index->rules->rule_count + 1, sizeof *history->of_rule);
	for (size_t i = 0; i < history->clock_count; i++)
		clock_link(history, i);
}

static int later_first(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

static void list(struct clock_list *out, size_t index)
{
	*(uint32_t *)mem_push((void **)&out->items, &out->count, &out->room, sizeof *out->items) = (uint32_t)index;
}

/* From the chain; it is in the order of their beginnings, as far as none was removed. */
static void list_chain(const struct history *history, const struct rule *rule, bool tentative, struct clock_list *out)
{
	bool ordered = true;
	for (uint32_t at = history->of_rule[rule->index]; at; at = history->clocks[at - 1].of_rule_next) {
		if (tentative && !history->clocks[at - 1].tentative)
			break;
		ordered = ordered && (!out->count || out->items[out->count - 1] > at - 1);
		list(out, at - 1);
	}
	if (!ordered)
		qsort(out->items, out->count, sizeof *out->items, later_first);
}

static const struct clock_list *list_of(struct fold *fold, const struct rule *rule, bool tentative)
{
	struct history *history = fold->history;
	struct clock_list *out = fold->clocks;
	out->count = 0;
	if (!history->of_rule && history->clock_count > history->few)
		link_all(fold);
	if (history->of_rule)
		list_chain(history, rule, tentative, out);
	for (size_t i = history->of_rule ? 0 : history->clock_count; i-- > 0;)
		if (history->clocks[i].rule == rule->index)
			list(out, i);
	*fold->judged += history->of_rule ? out->count : history->clock_count;
	return out;
}

const struct clock_list *clocks_of_rule(struct fold *fold, const struct rule *rule)
{
	return list_of(fold, rule, false);
}

const struct clock_list *clocks_begun(struct fold *fold, const struct rule *rule)
{
	return list_of(fold, rule, true);
}

/* ---- by when they fall due ---- */

static instant first_of(const struct clock_entry *clock)
{
	return clock->due < clock->warn_at ? clock->due : clock->warn_at;
}

static size_t block_end(const struct history *history, size_t block)
{
	size_t end = (block + 1) * CLOCKS_A_BLOCK;
	return end < history->clock_count ? end : history->clock_count;
}

static instant reckon_block(const struct history *history, size_t block)
{
	instant first = INSTANT_NEVER;
	for (size_t i = block * CLOCKS_A_BLOCK; i < block_end(history, block); i++)
		first = first_of(&history->clocks[i]) < first ? first_of(&history->clocks[i]) : first;
	return first;
}

size_t clocks_reached(const struct history *history, size_t from, instant at)
{
	for (size_t i = from; i < history->clock_count;) {
		size_t block = i / CLOCKS_A_BLOCK, end = block_end(history, block);
		if (block < history->due_block_count && history->due_blocks[block] > at)
			i = end;
		for (; i < end; i++)
			if (first_of(&history->clocks[i]) <= at)
				return i;
	}
	return history->clock_count;
}

/* Of a history with few clocks there are no blocks; of others each is reckoned when it is first needed. */
static size_t make_blocks(struct history *history)
{
	size_t wanted = history->clock_count > history->few ? (history->clock_count - 1) / CLOCKS_A_BLOCK + 1 : 0;
	while (history->due_block_count < wanted) {
		instant first = reckon_block(history, history->due_block_count);
		*(instant *)mem_push32((void **)&history->due_blocks, &history->due_block_count,
		                       &history->due_block_room, sizeof first) = first;
	}
	return wanted;
}

void clocks_reckon_next(struct history *history)
{
	size_t count = make_blocks(history);
	history->clocks_next = INSTANT_NEVER;
	for (size_t i = 0; !count && i < history->clock_count; i++)
		history_clock_due(history, &history->clocks[i]);
	while (count) {
		size_t least = 0;
		for (size_t block = 1; block < count; block++)
			least = history->due_blocks[block] < history->due_blocks[least] ? block : least;
		instant exact = reckon_block(history, least);
		bool was_exact = exact == history->due_blocks[least];
		history->clocks_next = history->due_blocks[least] = exact;
		if (was_exact)
			return;
	}
}
