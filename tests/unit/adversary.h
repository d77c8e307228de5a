/* Whoever subtracts: numbers of which a reader knows limits, the sums that hold between them, and what follows. Exact:
 * of a number it is said that it follows only where no other solution in whole numbers exists. First another solution
 * is looked for in which few numbers differ from one that is known, then among all; where in so many steps none is
 * found, nor that there is none, the test fails: what nobody could decide is not safe. */
#ifndef CASEWATCH_TESTS_ADVERSARY_H
#define CASEWATCH_TESTS_ADVERSARY_H

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 60000
#define PARTS 32
#define ENDLESS 2000 /* more than any council here has; far above, limits come together by ones */
#define STEPS 1000 /* of a search among all, before it is given up, aloud */
#define MENDS 4000 /* of one beside a solution that is known, before that among all */

/* A number that is printed, or follows: between low and high. One that changed between two reports is two numbers. */
struct number {
	char figure[40], label[40], period[24];
	int64_t truth; /* -1: of no concern */
	int64_t low, high;
	bool hidden; /* "fewer than 5" */
	bool rest;   /* those of a whole that are not in a share: as secret, where they are few */
};
/* total = the sum of parts. */
struct relation {
	size_t total, parts[PARTS], count;
};
struct adversary {
	struct number *numbers;
	size_t count;
	struct relation *relations;
	size_t relation_count;
	size_t *said; /* which were said, in order */
	size_t said_count;
};

static inline struct adversary *adversary_new(void)
{
	struct adversary *all = MEM_NEW(struct adversary);
	all->numbers = mem_zero(MOST, sizeof *all->numbers);
	all->relations = mem_zero(MOST, sizeof *all->relations);
	all->said = mem_zero(MOST, sizeof *all->said);
	return all;
}

static inline void adversary_free(struct adversary *all)
{
	free(all->numbers);
	free(all->relations);
	free(all->said);
	free(all);
}

static inline size_t number_of(struct adversary *all, const char *figure, const char *label, const char *period,
                               int64_t truth)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct number *one = &all->numbers[i];
		if (one->truth == truth && !strcmp(one->figure, figure) && !strcmp(one->label, label) &&
		    !strcmp(one->period, period))
			return i;
	}
	assert_true(all->count < MOST);
	struct number *one = &all->numbers[all->count];
	*one = (struct number){.truth = truth, .low = 0, .high = ENDLESS};
	(void)snprintf(one->figure, sizeof one->figure, "%s", figure);
	(void)snprintf(one->label, sizeof one->label, "%s", label);
	(void)snprintf(one->period, sizeof one->period, "%s", period);
	return all->count++;
}

/* One that nobody says. */
static inline size_t unsaid(struct adversary *all)
{
	assert_true(all->count < MOST);
	all->numbers[all->count] = (struct number){.truth = -1, .low = 0, .high = ENDLESS, .figure = "?"};
	return all->count++;
}

static inline void between(struct number *number, int64_t low, int64_t high)
{
	number->low = low > number->low ? low : number->low;
	number->high = high < number->high ? high : number->high;
}

static inline struct relation *relate(struct adversary *all, size_t total)
{
	assert_true(all->relation_count < MOST);
	struct relation *made = &all->relations[all->relation_count++];
	*made = (struct relation){.total = total};
	return made;
}

static inline void add_part(struct relation *relation, size_t part)
{
	assert_true(relation->count < PARTS);
	relation->parts[relation->count++] = part;
}

/* ---- what follows ---- */

/* The relations that hang together by numbers that are not known, and the limits while one possibility is tried. */
struct search {
	const struct adversary *all;
	size_t *relations, relation_count;
	size_t *numbers, number_count;
	int64_t *low, *high;
	int64_t *known; /* a solution */
	int64_t *moved; /* how much each number differs from it, while another is looked for */
	long steps;
	int undecided;
};

static inline bool narrow_one(struct search *search, size_t number, int64_t low, int64_t high, bool *changed)
{
	if (low > search->low[number])
		search->low[number] = low, *changed = true;
	if (high < search->high[number])
		search->high[number] = high, *changed = true;
	return search->low[number] <= search->high[number];
}

static inline bool narrow(struct search *search, const struct relation *at, bool *changed)
{
	int64_t low = 0, high = 0;
	for (size_t i = 0; i < at->count; i++) {
		low += search->low[at->parts[i]];
		high += search->high[at->parts[i]];
	}
	bool fits = narrow_one(search, at->total, low, high, changed);
	for (size_t i = 0; i < at->count && fits; i++) {
		size_t part = at->parts[i];
		int64_t others_low = low - search->low[part], others_high = high - search->high[part];
		low -= search->low[part];
		high -= search->high[part];
		fits = narrow_one(search, part, search->low[at->total] - others_high,
		                  search->high[at->total] - others_low, changed);
		low += search->low[part];
		high += search->high[part];
	}
	return fits;
}

static inline bool tighten(struct search *search)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < search->relation_count; i++)
			if (!narrow(search, &search->all->relations[search->relations[i]], &changed))
				return false;
	}
	return true;
}

/* The next to try: of those that were said the narrowest; the others follow from them mostly. */
static inline size_t narrowest(const struct search *search)
{
	size_t best = SIZE_MAX;
	int64_t width = INT64_MAX;
	for (size_t i = 0; i < search->number_count; i++) {
		size_t at = search->numbers[i];
		int64_t own = search->high[at] - search->low[at];
		if (own <= 0)
			continue;
		own += search->all->numbers[at].truth < 0 ? ENDLESS * 2 : 0;
		if (own < width)
			width = own, best = at;
	}
	return best;
}

static inline bool fits(struct search *search);

static inline bool try_between(struct search *search, size_t at, int64_t low, int64_t high)
{
	size_t room = search->all->count * sizeof(int64_t);
	if (low > high)
		return false;
	int64_t *kept_low = mem_zero(1, room), *kept_high = mem_zero(1, room);
	memcpy(kept_low, search->low, room);
	memcpy(kept_high, search->high, room);
	search->low[at] = low;
	search->high[at] = high;
	bool found = fits(search);
	if (!found) {
		memcpy(search->low, kept_low, room);
		memcpy(search->high, kept_high, room);
	}
	free(kept_low);
	free(kept_high);
	return found;
}

/* Whether whole numbers within the limits fit all relations; then low and high are one solution. What is true is tried
 * first: another solution differs from it in little. */
static inline bool fits(struct search *search)
{
	if (!tighten(search))
		return false;
	size_t at = narrowest(search);
	if (at == SIZE_MAX)
		return true;
	if (++search->steps > STEPS)
		return false;
	int64_t low = search->low[at], high = search->high[at], first = search->all->numbers[at].truth;
	if (first < low)
		first = low;
	if (first > high)
		first = high;
	return try_between(search, at, first, first) || try_between(search, at, first + 1, high) ||
	       try_between(search, at, low, first - 1);
}

/* ---- another solution beside one that is known ---- */

static inline int64_t out_by(const struct search *search, const struct relation *at)
{
	int64_t over = -search->moved[at->total];
	for (size_t i = 0; i < at->count; i++)
		over += search->moved[at->parts[i]];
	return over;
}

static inline bool may_move(const struct search *search, size_t number, int64_t by)
{
	int64_t value = search->known[number] + by;
	return !search->moved[number] && value >= search->low[number] && value <= search->high[number];
}

/* How many of its numbers could take up all by which the relation is out. */
static inline size_t ways_of(const struct search *search, const struct relation *at, int64_t over)
{
	size_t ways = may_move(search, at->total, over);
	for (size_t i = 0; i < at->count; i++)
		ways += may_move(search, at->parts[i], -over);
	return ways;
}

/* The relation that is out and has the fewest ways; NULL: all hold. */
static inline const struct relation *hardest(const struct search *search)
{
	const struct relation *found = NULL;
	size_t fewest = SIZE_MAX;
	for (size_t r = 0; r < search->relation_count && fewest; r++) {
		const struct relation *at = &search->all->relations[search->relations[r]];
		int64_t over = out_by(search, at);
		size_t ways = over ? ways_of(search, at, over) : SIZE_MAX;
		if (ways < fewest)
			fewest = ways, found = at;
	}
	return found;
}

static inline bool mend(struct search *search);

/* Moves one number, which has not moved yet, by so much. */
static inline bool move(struct search *search, size_t number, int64_t by)
{
	if (!may_move(search, number, by))
		return false;
	search->moved[number] = by;
	if (mend(search))
		return true;
	search->moved[number] = 0;
	return false;
}

/* Whether all relations hold again once some other numbers move. */
static inline bool mend(struct search *search)
{
	const struct relation *at = hardest(search);
	if (!at)
		return true;
	int64_t over = out_by(search, at);
	if (++search->steps > MENDS)
		return false;
	for (size_t i = 0; i < at->count; i++)
		if (move(search, at->parts[i], -over))
			return true;
	return move(search, at->total, over);
}

static inline bool found_beside(struct search *search, size_t number, int64_t value)
{
	memset(search->moved, 0, search->all->count * sizeof(int64_t));
	search->steps = 0;
	return move(search, number, value - search->known[number]);
}

static inline bool can_be(struct search *search, size_t number, int64_t low, int64_t high)
{
	size_t room = search->all->count * sizeof(int64_t);
	int64_t *kept_low = mem_zero(1, room), *kept_high = mem_zero(1, room);
	memcpy(kept_low, search->low, room);
	memcpy(kept_high, search->high, room);
	search->steps = 0;
	search->low[number] = low;
	search->high[number] = high;
	bool can = low <= high && fits(search);
	memcpy(search->low, kept_low, room);
	memcpy(search->high, kept_high, room);
	free(kept_low);
	free(kept_high);
	return can;
}

static inline void take_relations(struct search *search, size_t from, bool *taken)
{
	const struct adversary *all = search->all;
	bool *within = mem_zero(all->count, sizeof *within);
	within[from] = true;
	search->relation_count = search->number_count = 0;
	memset(taken, 0, all->relation_count * sizeof *taken);
	for (bool more = true; more;) {
		more = false;
		for (size_t r = 0; r < all->relation_count; r++) {
			const struct relation *at = &all->relations[r];
			bool touches = within[at->total];
			for (size_t i = 0; i < at->count; i++)
				touches = touches || within[at->parts[i]];
			if (taken[r] || !touches)
				continue;
			taken[r] = more = true;
			search->relations[search->relation_count++] = r;
			for (size_t i = 0; i <= at->count; i++) {
				size_t one = i < at->count ? at->parts[i] : at->total;
				within[one] = within[one] || search->low[one] < search->high[one];
			}
		}
	}
	for (size_t i = 0; i < all->count; i++)
		if (within[i])
			search->numbers[search->number_count++] = i;
	free(within);
}

/* Whether the number can be but one: that it can be what is true need not be shown. */
static inline bool follows(struct search *search, size_t number, bool *taken)
{
	int64_t low = search->low[number], high = search->high[number], truth = search->all->numbers[number].truth;
	if (low == high)
		return true;
	bool sure = true;
	take_relations(search, number, taken);
	for (int64_t other = low; other <= high && other <= truth + 8; other++)
		if (other != truth && found_beside(search, number, other))
			return false;
	for (int64_t by = 1; by < high - low + 1; by++)
		for (int sign = -1; sign < 2; sign += 2) {
			int64_t other = truth + sign * by;
			if (other < low || other > high)
				continue;
			if (can_be(search, number, other, other))
				return false;
			sure = sure && search->steps <= STEPS;
		}
	search->undecided += !sure;
	return sure;
}

static inline void say_number(const struct number *one, const char *issue, int64_t value)
{
	print_message("%s: %s %s %s was hidden, and is %lld\n", issue, one->figure, one->label, one->period,
	              (long long)value);
}

/* One solution, with what is true for every number of which that is known: those that nobody says follow. */
static inline void find_known(struct search *search, const char *issue)
{
	const struct adversary *all = search->all;
	size_t room = all->count * sizeof(int64_t);
	int64_t *low = mem_zero(1, room), *high = mem_zero(1, room);
	memcpy(low, search->low, room);
	memcpy(high, search->high, room);
	for (size_t i = 0; i < all->count; i++) {
		const struct number *one = &all->numbers[i];
		search->numbers[search->number_count++] = i;
		if (one->truth >= 0 && (one->truth < low[i] || one->truth > high[i]))
			fail_msg("%s: %s %s %s is %lld, and cannot be", issue, one->figure, one->label, one->period,
			         (long long)one->truth);
		if (one->truth >= 0)
			search->low[i] = search->high[i] = one->truth;
	}
	if (!fits(search))
		fail_msg("%s: what is true does not fit what was said", issue);
	memcpy(search->known, search->low, room);
	memcpy(search->low, low, room);
	memcpy(search->high, high, room);
	free(low);
	free(high);
}

static inline struct search search_new(const struct adversary *all)
{
	struct search search = {.all = all};
	search.relations = mem_zero(all->relation_count + 1, sizeof(size_t));
	search.numbers = mem_zero(all->count + 1, sizeof(size_t));
	search.low = mem_zero(all->count + 1, sizeof(int64_t));
	search.high = mem_zero(all->count + 1, sizeof(int64_t));
	search.known = mem_zero(all->count + 1, sizeof(int64_t));
	search.moved = mem_zero(all->count + 1, sizeof(int64_t));
	for (size_t i = 0; i < all->count; i++)
		search.low[i] = all->numbers[i].low, search.high[i] = all->numbers[i].high;
	for (size_t r = 0; r < all->relation_count; r++)
		search.relations[search.relation_count++] = r;
	return search;
}

static inline void search_end(struct search *search)
{
	free(search->relations);
	free(search->numbers);
	free(search->low);
	free(search->high);
	free(search->known);
	free(search->moved);
}

/* How many hidden counts follow from all that was said, or could not be decided; each is said. Fails where what was
 * said does not fit what is true: then a relation is wrong, and what follows would prove nothing. */
static inline int reckoned(const struct adversary *all, const char *issue)
{
	int found = 0;
	struct search search = search_new(all);
	bool *taken = mem_zero(all->relation_count + 1, sizeof *taken);
	if (!tighten(&search))
		fail_msg("%s contradicts itself", issue);
	find_known(&search, issue);
	for (size_t i = 0; i < all->count; i++) {
		const struct number *one = &all->numbers[i];
		bool few_left = one->rest && one->truth >= 1 && one->truth <= 4;
		if ((one->hidden || few_left) && follows(&search, i, taken)) {
			say_number(one, issue, one->truth);
			found++;
		}
	}
	if (search.undecided)
		print_message("%s: %d times no decision in %d steps\n", issue, search.undecided, STEPS);
	found += search.undecided;
	free(taken);
	search_end(&search);
	return found;
}

#endif
