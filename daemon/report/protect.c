/* protect: looks for another set of counts that fits, and hides more where there is none. */
#include "report/protect.h"

#include "base/mem.h"

#include <stdlib.h>

#define TRIES 20000 /* steps of a search; more hidden is the answer where they do not do */

struct search {
	const struct protect *protect;
	int64_t *moved;  /* by cell: how much it is changed */
	size_t tries;
};

/* What nobody may reckon. For a larger one beside it more is hidden, too; where that does not do, no harm is done. */
static bool is_small(const struct protect *protect, const struct protect_cell *cell)
{
	return cell->value > 0 && cell->value < protect->fewer_than;
}

static bool is_hidden(const struct protect *protect, size_t cell)
{
	return protect->cells[cell].secret || protect->cells[cell].shown != SHOWN;
}

/* What a reader knows of a hidden cell. */
static bool may_be(const struct protect *protect, size_t cell, int64_t value)
{
	const struct protect_cell *at = &protect->cells[cell];
	if (at->secret)
		return value >= 0;
	if (value < at->least)
		return false;
	switch (at->shown) {
	case SHOWN:
		return value == at->value;
	case SHOWN_FEW:
		return value >= 1 && value < protect->fewer_than;
	case SHOWN_NOT:
		return value >= protect->fewer_than;
	case SHOWN_LEFT_OUT:
		return value >= 0;
	}
	return false;
}

/* By how much the parts are more than the total. */
static int64_t imbalance(const struct search *search, const struct protect_sum *sum)
{
	int64_t over = -search->moved[sum->total];
	for (size_t i = 0; i < sum->count; i++)
		over += search->moved[sum->parts[i]];
	return over;
}

static bool may_take(const struct search *search, size_t cell, int64_t by)
{
	const struct protect *protect = search->protect;
	return !search->moved[cell] && is_hidden(protect, cell) &&
	       may_be(protect, cell, protect->cells[cell].value + by);
}

/* How many cells could take up all that the sum is out by. */
static size_t ways_of(const struct search *search, const struct protect_sum *sum, int64_t over)
{
	size_t ways = may_take(search, sum->total, over);
	for (size_t i = 0; i < sum->count; i++)
		ways += may_take(search, sum->parts[i], -over);
	return ways;
}

/* The sum that is out and has the fewest ways, so that a wrong one is left early. NULL: all hold. */
static const struct protect_sum *hardest(const struct search *search)
{
	const struct protect *protect = search->protect;
	const struct protect_sum *found = NULL;
	size_t fewest = SIZE_MAX;
	for (size_t s = 0; s < protect->sum_count && fewest; s++) {
		int64_t over = imbalance(search, &protect->sums[s]);
		size_t ways = over ? ways_of(search, &protect->sums[s], over) : SIZE_MAX;
		if (ways >= fewest)
			continue;
		fewest = ways;
		found = &protect->sums[s];
	}
	return found;
}

static bool repair(struct search *search);

/* Lets one cell take all that a sum is out by. */
static bool take_up(struct search *search, size_t cell, int64_t by)
{
	if (!may_take(search, cell, by))
		return false;
	search->moved[cell] = by;
	if (repair(search))
		return true;
	search->moved[cell] = 0;
	return false;
}

static bool repair(struct search *search)
{
	const struct protect_sum *sum = hardest(search);
	if (!sum)
		return true;
	int64_t over = imbalance(search, sum);
	if (search->tries++ > TRIES)
		return false;
	for (size_t i = 0; i < sum->count; i++)
		if (take_up(search, sum->parts[i], -over))
			return true;
	return take_up(search, sum->total, over);
}

static bool can_move(const struct protect *protect, size_t cell, int64_t by)
{
	if (!may_be(protect, cell, protect->cells[cell].value + by))
		return false;
	struct search search = {.protect = protect, .moved = mem_zero(protect->cell_count + 1, sizeof(int64_t))};
	search.moved[cell] = by;
	bool can = repair(&search);
	free(search.moved);
	return can;
}

/* Whether the cell, which is not shown, can be another number. */
static bool is_safe(const struct protect *protect, size_t cell)
{
	for (int64_t by = 1; by < protect->fewer_than; by++)
		if (can_move(protect, cell, by) || can_move(protect, cell, -by))
			return true;
	return false;
}

/* ---- what to hide ---- */

static bool has(const struct protect_sum *sum, size_t cell)
{
	bool found = sum->total == cell;
	for (size_t i = 0; i < sum->count; i++)
		found = found || sum->parts[i] == cell;
	return found;
}

struct choice {
	size_t cell;
	bool any;
	int64_t value;
};

/* A cell of the sum that may be hidden, the smallest; totals only where no part is left. */
static void choose(const struct protect *protect, size_t cell, bool total, struct choice *best)
{
	const struct protect_cell *at = &protect->cells[cell];
	int64_t weight = at->value + (total ? INT64_MAX / 2 : 0);
	if (at->fixed || at->secret || at->shown != SHOWN || at->value < protect->fewer_than)
		return;
	if (!best->any || weight < best->value)
		*best = (struct choice){cell, true, weight};
}

static bool hide_beside(struct protect *protect, size_t cell)
{
	struct choice best = {0};
	for (size_t s = 0; s < protect->sum_count; s++) {
		const struct protect_sum *sum = &protect->sums[s];
		if (!has(sum, cell))
			continue;
		for (size_t i = 0; i < sum->count; i++)
			choose(protect, sum->parts[i], false, &best);
		choose(protect, sum->total, true, &best);
	}
	if (best.any)
		protect->cells[best.cell].shown = SHOWN_NOT;
	return best.any;
}

/* Nothing more can be hidden in its own sums: nothing is said of it, nor of the zeros beside it. */
static bool leave_out(struct protect *protect, size_t cell)
{
	bool changed = false;
	for (size_t s = 0; s < protect->sum_count; s++) {
		const struct protect_sum *sum = &protect->sums[s];
		if (!has(sum, cell))
			continue;
		for (size_t i = 0; i <= sum->count; i++) {
			struct protect_cell *at = &protect->cells[i < sum->count ? sum->parts[i] : sum->total];
			if (at->fixed || at->secret || at->shown == SHOWN_LEFT_OUT)
				continue;
			at->shown = SHOWN_LEFT_OUT;
			changed = true;
		}
	}
	return changed;
}

bool protect_hide(struct protect *protect)
{
	bool all_safe = true;
	for (size_t i = 0; i < protect->cell_count; i++) {
		struct protect_cell *cell = &protect->cells[i];
		if (!cell->fixed && cell->shown == SHOWN && is_small(protect, cell))
			cell->shown = SHOWN_FEW;
	}
	for (bool changed = true; changed;) {
		changed = false;
		all_safe = true;
		/* From the start after each change: what was just hidden is made safe before more is hidden. */
		for (size_t i = 0; i < protect->cell_count && !changed; i++) {
			const struct protect_cell *cell = &protect->cells[i];
			bool never_sent = cell->fixed && cell->shown == SHOWN_LEFT_OUT && !cell->secret;
			if (!is_hidden(protect, i) || never_sent || is_safe(protect, i))
				continue;
			if (hide_beside(protect, i) || leave_out(protect, i))
				changed = true;
			else if (is_small(protect, cell))
				all_safe = false;
		}
	}
	return all_safe;
}
