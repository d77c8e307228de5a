/* compare: openings of two rule sets, paired by what they are of. */
#include "cli/analyst/compare.h"

#include <stdlib.h>

#define NIGHT_FROM (22 * 60)
#define NIGHT_UNTIL (8 * 60)

static bool is_night(const struct zone *zone, instant at)
{
	int64_t minute = (zone_wall(zone, at) / MINUTE % 1440 + 1440) % 1440;
	return minute >= NIGHT_FROM || minute < NIGHT_UNTIL;
}

static const char *own(struct compare_side *side, struct text text)
{
	return arena_copy_text(side->arena, text.at ? text.at : "", text.length);
}

/* At night: what is not held back, and to those who work when others do not. */
static bool hears_at_night(const struct config *config, const struct effect *effect, const char *role)
{
	bool at_once = effect->not_before <= effect->at ||
	               (!effect->old_news && directory_out_of_hours(config->directory, text_of(role)));
	return at_once && !effect->shadow && is_night(calendar_zone(config->calendar), effect->at);
}

void compare_note(struct compare_side *side, const struct config *config, const struct effect *effect)
{
	if (!side->arena)
		side->arena = arena_new((size_t)256 * 1024);
	struct compared *item = mem_push((void **)&side->items, &side->count, &side->room, sizeof *item);
	*item = (struct compared){.at = effect->at,
	                          .rule = effect->rule->id,
	                          .title = effect->rule->title,
	                          .subject = own(side, effect->subject),
	                          .alert = own(side, text_of(effect->alert->id)),
	                          .because = own(side, text_of(effect->because)),
	                          .severity = effect->rule->severity,
	                          .shadow = effect->shadow,
	                          .role_count = effect->tell_count};
	item->roles = arena_alloc(side->arena, (effect->tell_count + 1) * sizeof *item->roles);
	item->nights = arena_alloc(side->arena, effect->tell_count + 1);
	for (size_t i = 0; i < effect->tell_count; i++) {
		item->roles[i] = own(side, text_of(effect->tell[i]));
		item->nights[i] = hears_at_night(config, effect, effect->tell[i]);
		item->night |= item->nights[i];
	}
}

/* ---- pairing ---- */

static int by_what(const void *a, const void *b)
{
	const struct compared *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);
	if (!order)
		order = strcmp(x->subject, y->subject);
	if (!order)
		order = x->at != y->at ? (x->at < y->at ? -1 : 1) : strcmp(x->alert, y->alert);
	return order;
}

static void sort(struct compare_side *side)
{
	if (side->count)
		qsort(side->items, side->count, sizeof *side->items, by_what);
}

static bool same_subject(const struct compared *a, const struct compared *b)
{
	return strcmp(a->rule, b->rule) == 0 && strcmp(a->subject, b->subject) == 0;
}

static void add(struct comparison *comparison, enum difference what, const struct compared *here,
                const struct compared *there)
{
	*(struct compare_difference *)mem_push((void **)&comparison->differences, &comparison->count, &comparison->room,
	                                       sizeof(struct compare_difference)) =
		(struct compare_difference){what, here, there};
	comparison->totals[what]++;
}

static void pair(struct comparison *comparison, struct compared *here, struct compared *there)
{
	here->paired = there->paired = true;
	if (here->at != there->at)
		add(comparison, there->at < here->at ? DIFFERENCE_EARLIER : DIFFERENCE_LATER, here, there);
}

/* Of one rule and subject: first those that are the same alert, then what is left, in turn. */
static void pair_group(struct comparison *comparison, struct compared *here, size_t here_count, struct compared *there,
                       size_t there_count)
{
	for (size_t i = 0; i < here_count; i++)
		for (size_t k = 0; k < there_count && !here[i].paired; k++)
			if (!there[k].paired && strcmp(here[i].alert, there[k].alert) == 0)
				pair(comparison, &here[i], &there[k]);
	for (size_t i = 0, k = 0; i < here_count && k < there_count;) {
		instant apart = here[i].at - there[k].at;
		if (here[i].paired)
			i++;
		else if (there[k].paired)
			k++;
		else if (apart > COMPARE_APART)
			k++;
		else if (apart < -COMPARE_APART)
			i++;
		else
			pair(comparison, &here[i], &there[k]);
	}
}

static size_t group_at(const struct compare_side *side, size_t from, const struct compared *first)
{
	size_t count = 0;
	while (from + count < side->count && same_subject(&side->items[from + count], first))
		count++;
	return count;
}

static void pair_all(struct comparison *comparison)
{
	struct compare_side *here = &comparison->here, *there = &comparison->there;
	for (size_t i = 0, k = 0; i < here->count;) {
		size_t mine = group_at(here, i, &here->items[i]);
		while (k < there->count && by_what(&there->items[k], &here->items[i]) < 0 &&
		       !same_subject(&there->items[k], &here->items[i]))
			k++;
		size_t theirs = group_at(there, k, &here->items[i]);
		pair_group(comparison, &here->items[i], mine, there->items ? &there->items[k] : NULL, theirs);
		i += mine;
		k += theirs;
	}
	for (size_t i = 0; i < here->count; i++)
		if (!here->items[i].paired)
			add(comparison, DIFFERENCE_ONLY_HERE, &here->items[i], NULL);
	for (size_t i = 0; i < there->count; i++)
		if (!there->items[i].paired)
			add(comparison, DIFFERENCE_ONLY_THERE, NULL, &there->items[i]);
}

static instant when(const struct compare_difference *difference)
{
	instant here = difference->here ? difference->here->at : INSTANT_NEVER;
	instant there = difference->there ? difference->there->at : INSTANT_NEVER;
	return here < there ? here : there;
}

static int by_time(const void *a, const void *b)
{
	const struct compare_difference *x = a, *y = b;
	instant first = when(x), second = when(y);
	if (first != second)
		return first < second ? -1 : 1;
	return by_what(x->here ? x->here : x->there, y->here ? y->here : y->there);
}

/* ---- the summary ---- */

static struct compare_row *row_of(struct comparison *comparison, const struct zone *zone, const struct compared *item,
                                  const char *role)
{
	int year, month, day;
	day_split(zone_date(zone, item->at), &year, &month, &day);
	uint64_t hash = text_hash(text_of(role), text_hash(text_of(item->rule), (uint64_t)(year * 12 + month)));
	struct map_walk walk = map_walk(&comparison->rows_by_what, hash);
	for (uint32_t at; (at = map_next(&walk)) != MAP_NONE;) {
		struct compare_row *row = &comparison->rows[at];
		if (row->year == year && row->month == month && strcmp(row->rule, item->rule) == 0 &&
		    strcmp(row->role, role) == 0)
			return row;
	}
	map_add(&comparison->rows_by_what, hash, (uint32_t)comparison->row_count);
	struct compare_row *row =
		mem_push((void **)&comparison->rows, &comparison->row_count, &comparison->row_room, sizeof *row);
	*row = (struct compare_row){.rule = item->rule, .role = role, .year = year, .month = month};
	return row;
}

static void count_night(struct comparison *comparison, const struct zone *zone, const struct compare_side *side,
                        bool here)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct compared *item = &side->items[i];
		*(here ? &comparison->night_here : &comparison->night_there) += item->night;
		for (size_t k = 0; k < item->role_count; k++) {
			if (!item->nights[k])
				continue;
			struct compare_row *row = row_of(comparison, zone, item, item->roles[k]);
			*(here ? &row->night_here : &row->night_there) += 1;
		}
	}
}

static int by_rule(const void *a, const void *b)
{
	const struct compare_row *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);
	if (!order)
		order = x->year != y->year ? x->year - y->year : x->month - y->month;
	return order ? order : strcmp(x->role, y->role);
}

static void drop_equal_rows(struct comparison *comparison)
{
	size_t kept = 0;
	for (size_t i = 0; i < comparison->row_count; i++) {
		const struct compare_row *row = &comparison->rows[i];
		bool differs = row->night_here != row->night_there;
		for (size_t k = 0; k < DIFFERENCES; k++)
			differs |= row->counts[k] > 0;
		if (differs)
			comparison->rows[kept++] = *row;
	}
	comparison->row_count = kept;
	if (kept)
		qsort(comparison->rows, kept, sizeof *comparison->rows, by_rule);
}

void compare(struct comparison *comparison, const struct zone *zone)
{
	sort(&comparison->here);
	sort(&comparison->there);
	pair_all(comparison);
	if (comparison->count)
		qsort(comparison->differences, comparison->count, sizeof *comparison->differences, by_time);
	for (size_t i = 0; i < comparison->count; i++) {
		const struct compare_difference *difference = &comparison->differences[i];
		const struct compared *item = difference->there ? difference->there : difference->here;
		for (size_t k = 0; k < item->role_count; k++)
			row_of(comparison, zone, item, item->roles[k])->counts[difference->what]++;
	}
	count_night(comparison, zone, &comparison->here, true);
	count_night(comparison, zone, &comparison->there, false);
	drop_equal_rows(comparison);
}

void compare_free(struct comparison *comparison)
{
	arena_free(comparison->here.arena);
	arena_free(comparison->there.arena);
	free(comparison->here.items);
	free(comparison->there.items);
	free(comparison->differences);
	free(comparison->rows);
	map_free(&comparison->rows_by_what);
}
