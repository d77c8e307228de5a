/* clock_index: a history's clocks by rule, and by when they fall due: a child with ten thousand of them costs an event
 * hardly more than one with ten. */
#include "engine/fold/fold.h"

#include "base/mem.h"

#include <stdlib.h>

void clocks_forget_index(struct history *history)
{
	struct clocks_found *found = history->clocks_found;
	if (!found)
		return;
	free(found->of_rule);
	free(found->blocks);
	free(found->tops);
	free(found);
	history->clocks_found = NULL;
}

size_t clocks_found_bytes(const struct history *history)
{
	const struct clocks_found *found = history->clocks_found;
	return found ? sizeof *found + (found->block_room + found->block_room / CLOCKS_A_BLOCK) * sizeof(instant) : 0;
}

static struct clocks_found *found_of(struct history *history)
{
	if (!history->clocks_found)
		history->clocks_found = MEM_NEW(struct clocks_found);
	return history->clocks_found;
}

static uint32_t *rules_of(const struct history *history)
{
	return history->clocks_found ? history->clocks_found->of_rule : NULL;
}

/* ---- by rule ---- */

void clock_link(struct history *history, size_t index)
{
	struct clock_entry *clock = &history->clocks[index];
	uint32_t *of_rule = rules_of(history);
	if (!of_rule)
		return;
	clock->of_rule_before = 0;
	clock->of_rule_next = of_rule[clock->rule];
	if (clock->of_rule_next)
		history->clocks[clock->of_rule_next - 1].of_rule_before = (uint32_t)index + 1;
	of_rule[clock->rule] = (uint32_t)index + 1;
}

/* What stands before and after it leads to `place`; 0: past it. */
static void relink(struct history *history, const struct clock_entry *clock, uint32_t next, uint32_t before)
{
	if (clock->of_rule_before)
		history->clocks[clock->of_rule_before - 1].of_rule_next = next;
	else
		rules_of(history)[clock->rule] = next;
	if (clock->of_rule_next)
		history->clocks[clock->of_rule_next - 1].of_rule_before = before;
}

void clock_unlink(struct history *history, size_t index)
{
	const struct clock_entry *clock = &history->clocks[index];
	if (rules_of(history))
		relink(history, clock, clock->of_rule_next, clock->of_rule_before);
}

void clock_moves(struct history *history, size_t from, size_t to)
{
	if (rules_of(history))
		relink(history, &history->clocks[from], (uint32_t)to + 1, (uint32_t)to + 1);
}

static void link_all(struct fold *fold)
{
	struct history *history = fold->history;
	struct clocks_found *found = found_of(history);
	found->of_rule = mem_zero(fold->index->rules->rule_count + 1, sizeof *found->of_rule);
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
	if (out->count < out->room)
		out->items[out->count++] = (uint32_t)index;
	else
		*(uint32_t *)mem_push((void **)&out->items, &out->count, &out->room, sizeof *out->items) =
			(uint32_t)index;
}

/* A dozen are put in their places one by one in a third of the time that a general sort takes. */
#define SORTED_BY_HAND 24
static void sort_list(struct clock_list *out)
{
	if (out->count > SORTED_BY_HAND) {
		qsort(out->items, out->count, sizeof *out->items, later_first);
		return;
	}
	for (size_t i = 1; i < out->count; i++) {
		uint32_t item = out->items[i];
		size_t at = i;
		for (; at && out->items[at - 1] < item; at--)
			out->items[at] = out->items[at - 1];
		out->items[at] = item;
	}
}

/* From the chain; it is in the order of their beginnings, as far as none was removed. */
static void list_chain(const struct history *history, const struct rule *rule, bool tentative, struct clock_list *out)
{
	bool ordered = true;
	for (uint32_t at = rules_of(history)[rule->index]; at; at = history->clocks[at - 1].of_rule_next) {
		if (tentative && !history->clocks[at - 1].tentative)
			break;
		ordered = ordered && (!out->count || out->items[out->count - 1] > at - 1);
		list(out, at - 1);
	}
	if (!ordered)
		sort_list(out);
}

static const struct clock_list *list_of(struct fold *fold, const struct rule *rule, bool tentative)
{
	struct history *history = fold->history;
	struct clock_list *out = fold->clocks;
	out->count = 0;
	if (!rules_of(history) && history->clock_count > history->few)
		link_all(fold);
	bool linked = rules_of(history) != NULL;
	if (linked)
		list_chain(history, rule, tentative, out);
	for (size_t i = linked ? 0 : history->clock_count; i-- > 0;)
		if (history->clocks[i].rule == rule->index)
			list(out, i);
	*fold->judged += linked ? out->count : history->clock_count;
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

/* Of so many blocks under one top: the first in which something may fall due by `at`. Where there is none, the top says
 * from then on when there will be, and all of them are passed at once until then. */
static size_t pass_top(struct clocks_found *found, size_t top, instant at)
{
	size_t end = (top + 1) * CLOCKS_A_BLOCK < found->block_count ? (top + 1) * CLOCKS_A_BLOCK : found->block_count;
	instant first = INSTANT_NEVER;
	if (found->tops[top] > at)
		return end;
	for (size_t block = top * CLOCKS_A_BLOCK; block < end; block++) {
		if (found->blocks[block] <= at)
			return block;
		first = found->blocks[block] < first ? found->blocks[block] : first;
	}
	found->tops[top] = first;
	return end;
}

/* From `from` on, past the blocks in which nothing falls due by then. */
static size_t pass_blocks(const struct history *history, size_t from, instant at)
{
	struct clocks_found *found = history->clocks_found;
	size_t block = from / CLOCKS_A_BLOCK, count = found ? found->block_count : 0;
	while (block < count && found->blocks[block] > at) {
		block = block % CLOCKS_A_BLOCK ? block + 1 : pass_top(found, block / CLOCKS_A_BLOCK, at);
		from = block * CLOCKS_A_BLOCK;
	}
	return from;
}

/* Those of the block from `from` on: the first that falls due by `at`. Where all were looked at and none does, the
 * block says from then on when its first will, and is passed by until then. */
static size_t look_through(const struct history *history, size_t from, instant at)
{
	struct clocks_found *found = history->clocks_found;
	size_t block = from / CLOCKS_A_BLOCK, end = block_end(history, block);
	bool all = from == block * CLOCKS_A_BLOCK;
	instant first = INSTANT_NEVER;
	for (size_t i = from; i < end; i++) {
		instant due = first_of(&history->clocks[i]);
		if (due <= at)
			return i;
		first = due < first ? due : first;
	}
	if (all && found && block < found->block_count)
		found->blocks[block] = first;
	return end;
}

size_t clocks_reached(const struct history *history, size_t from, instant at)
{
	size_t i = pass_blocks(history, from, at);
	while (i < history->clock_count && first_of(&history->clocks[i]) > at)
		i = pass_blocks(history, look_through(history, i, at), at);
	return i < history->clock_count ? i : history->clock_count;
}

static void add_block(struct clocks_found *found, instant first)
{
	uint32_t block = found->block_count++, top = block / CLOCKS_A_BLOCK;
	if (block == found->block_room) {
		found->block_room = block ? block * 2 : CLOCKS_A_BLOCK;
		found->blocks = mem_grow(found->blocks, found->block_room, sizeof *found->blocks);
		found->tops = mem_grow(found->tops, found->block_room / CLOCKS_A_BLOCK, sizeof *found->tops);
	}
	found->blocks[block] = first;
	found->tops[top] = block % CLOCKS_A_BLOCK && found->tops[top] < first ? found->tops[top] : first;
}

/* Of a history with few clocks there are no blocks; of others each is reckoned when it is first needed. */
static size_t make_blocks(struct history *history)
{
	size_t wanted = history->clock_count > history->few ? (history->clock_count - 1) / CLOCKS_A_BLOCK + 1 : 0;
	while (wanted && found_of(history)->block_count < wanted)
		add_block(history->clocks_found, reckon_block(history, history->clocks_found->block_count));
	return wanted;
}

static size_t least_of(const instant *items, size_t from, size_t until)
{
	size_t least = from;
	for (size_t i = from + 1; i < until; i++)
		least = items[i] < items[least] ? i : least;
	return least;
}

/* The block that seems to fall due first, of `count`; what a top says of blocks that changed meanwhile is set right. */
static size_t first_block(struct clocks_found *found, size_t count)
{
	for (;;) {
		size_t top = least_of(found->tops, 0, (count - 1) / CLOCKS_A_BLOCK + 1);
		size_t end = (top + 1) * CLOCKS_A_BLOCK;
		size_t block = least_of(found->blocks, top * CLOCKS_A_BLOCK, end < count ? end : count);
		if (found->blocks[block] <= found->tops[top])
			return block;
		found->tops[top] = found->blocks[block];
	}
}

void clocks_reckon_next(struct history *history)
{
	size_t count = make_blocks(history);
	struct clocks_found *found = history->clocks_found;
	history->clocks_next = INSTANT_NEVER;
	for (size_t i = 0; !count && i < history->clock_count; i++)
		history_clock_due(history, &history->clocks[i]);
	while (count) {
		size_t block = first_block(found, count);
		instant exact = reckon_block(history, block);
		bool was_exact = exact == found->blocks[block];
		history->clocks_next = found->blocks[block] = exact;
		if (was_exact)
			return;
	}
}
