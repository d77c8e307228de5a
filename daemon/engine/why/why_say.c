/* why_say: what the fold and the kinds of rule say of themselves: notes of events, parts, plans. */
#include "engine/why/why_internal.h"

#include "time/words.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- notes ---- */

static struct why_note *note(struct fold *fold, const struct event *event, bool did, const char *words)
{
	struct why *why = fold->why;
	struct why_note *made = mem_push((void **)&why->notes, &why->note_count, &why->note_room, sizeof *made);
	*made = (struct why_note){.ref = event ? event->ref : 0, .at = event ? event->time : fold->at, .did = did,
	                          .until = INSTANT_NEVER, .words = words};
	return made;
}

void why_say(struct fold *fold, const struct rule *rule, const struct event *event, bool did, const char *words)
{
	if (why_asked(fold, rule))
		(void)note(fold, event, did, words);
}

void why_say_number(struct fold *fold, const struct rule *rule, const struct event *event, int64_t number,
                    const char *words)
{
	if (why_asked(fold, rule))
		note(fold, event, true, words)->number = number;
}

void why_say_until(struct fold *fold, const struct rule *rule, const struct event *event, instant until,
                   const char *words)
{
	if (why_asked(fold, rule))
		note(fold, event, true, words)->until = until;
}

void why_say_out_of_force(struct fold *fold, const struct rule *rule, const struct event *event)
{
	bool in_force = rule_index_effective(fold->index, rule, fold->at);
	why_say(fold, rule, event, false,
	        in_force ? "the person was too old for the rule" : "the rule was not in force");
}

static const char *keep_words(struct why *why, struct buffer *words)
{
	const char *kept = arena_copy_text(why->arena, words->at ? words->at : "", words->length);
	buffer_free(words);
	return kept;
}

static void add_failing(void *argument, bool holds, struct text words)
{
	struct buffer *out = argument;
	if (!holds)
		buffer_format(out, "%s%.*s", out->length ? " and " : "not so: ", TEXT_ARG(words));
}

/* What it could not be judged by: the reason why an absent field did not do. */
static void add_set_aside(const struct condition *where, const struct event *event, struct buffer *out)
{
	const uint16_t *fields;
	size_t count = where ? condition_fields(where, &fields) : 0;
	for (size_t i = 0; i < count; i++)
		if (event_set_aside(event, fields[i]))
			buffer_format(out, "%s%s could not be read", out->length ? "; " : "",
			              schema_name_text(fields[i]));
}

void why_say_where(struct fold *fold, const struct rule *rule, const struct selector *selector,
                   const struct event *event, uint64_t key)
{
	struct buffer words = {0};
	if (!why_asked(fold, rule))
		return;
	context_parts(fold, selector, rule, event, key, add_failing, &words);
	add_set_aside(selector->where, event, &words);
	if (!words.length) /* as of the end of its date, by which it is judged, it did not hold */
		buffer_string(&words, "its condition did not hold as of its date");
	(void)note(fold, event, false, keep_words(fold->why, &words));
}

/* ---- parts, plans and words for the kinds ---- */

void why_part(struct why *why, bool met, const char *name, const char *format, ...)
{
	char words[512];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	struct why_part *part = mem_push((void **)&why->parts, &why->part_count, &why->part_room, sizeof *part);
	*part = (struct why_part){met, name, arena_copy_text(why->arena, words, strlen(words))};
}

void why_nearest(struct why *why, const char *format, ...)
{
	char words[1024];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	why->nearest = arena_copy_text(why->arena, words, strlen(words));
}

struct why_plan *why_plan(struct why *why)
{
	struct why_plan *plan = mem_push((void **)&why->plans, &why->plan_count, &why->plan_room, sizeof *plan);
	*plan = (struct why_plan){.copies = 1};
	return plan;
}

struct why_seed *why_seed(struct why_plan *plan, const struct selector *selector, instant at)
{
	struct why_seed *seed = &plan->seeds[plan->count < WHY_SEEDS ? plan->count++ : WHY_SEEDS - 1];
	*seed = (struct why_seed){.selector = selector, .at = at};
	return seed;
}

struct why_seed *why_seed_holds(struct why_plan *plan, const struct condition *holds, instant at)
{
	struct why_seed *seed = why_seed(plan, NULL, at);
	seed->holds = holds;
	return seed;
}

const char *why_time(const struct fold *fold, struct why *why, instant at)
{
	struct buffer words = {0};
	words_moment(fold->zone, (struct words_moment){.at = at}, WORDS_TABLE_YEAR, &words);
	return keep_words(why, &words);
}

static const char *until_words(const struct fold *fold, struct why *why, instant at)
{
	struct buffer words = {0};
	words_until(fold->zone, at, WORDS_TABLE_YEAR, &words);
	return keep_words(why, &words);
}

const char *why_span(struct why *why, instant span)
{
	struct buffer words = {0};
	words_span(span, &words);
	return keep_words(why, &words);
}

const char *why_length(struct why *why, struct duration length)
{
	struct buffer words = {0};
	duration_print(length, &words);
	return keep_words(why, &words);
}

void why_plan_on(struct fold *fold, const struct rule *rule, instant at, struct why *why)
{
	(void)fold;
	for (size_t i = 0; i < rule->on.count; i++) {
		struct why_plan *plan = why_plan(why);
		if (rule->while_holds)
			(void)why_seed_holds(plan, rule->while_holds, at);
		why_seed(plan, &rule->on.items[i], at)->due = rule->due;
	}
}

/* The latest start whose clock has expired by `at`; NEVER where the calendar does not reach so far. */
static instant latest_expired(const struct fold *fold, struct duration length, instant at)
{
	instant expiry, low = at, high = at;
	for (instant back = 24 * HOUR; low == at; back *= 2) {
		instant from = at - back;
		if (back > (instant)4000 * 24 * HOUR ||
		    calendar_expiry(fold->calendar, from, length, &expiry, NULL) != RESULT_OK)
			return INSTANT_NEVER;
		if (expiry <= at)
			low = from;
		else
			high = from;
	}
	while (high - low > MINUTE) {
		instant middle = low + (high - low) / 2;
		if (calendar_expiry(fold->calendar, middle, length, &expiry, NULL) == RESULT_OK && expiry <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void why_plan_clock(struct fold *fold, const struct rule *rule, struct duration length, struct why *why)
{
	instant start = rule->due ? fold->at - 24 * HOUR : latest_expired(fold, length, fold->at);
	if (start == INSTANT_NEVER)
		return;
	why_plan_on(fold, rule, start, why);
	why->clock_from = start;
	if (!rule->on.count && !rule->start_alert.rule_id && rule->while_holds)
		(void)why_seed_holds(why_plan(why), rule->while_holds, start);
}

struct saying_parts {
	struct why *why;
	const char *name;
};

static void add_part(void *argument, bool holds, struct text words)
{
	const struct saying_parts *saying = argument;
	why_part(saying->why, holds, saying->name, "%.*s", TEXT_ARG(words));
}

void why_condition(struct fold *fold, const struct rule *rule, const struct condition *condition, const char *name,
                   uint64_t key, struct why *why)
{
	struct saying_parts saying = {why, name};
	struct selector alone = {.where = (struct condition *)condition};
	context_parts(fold, &alone, rule, NULL, key, add_part, &saying);
}

size_t why_clocks(struct fold *fold, const struct rule *rule, struct why *why)
{
	size_t running = 0;
	for (size_t i = 0; i < fold->history->clock_count; i++) {
		const struct clock_entry *clock = &fold->history->clocks[i];
		if (clock->rule != rule->index || clock->due == INSTANT_NEVER || clock->due <= fold->at)
			continue;
		running++;
		why->opens_at = clock->due < why->opens_at ? clock->due : why->opens_at;
		why_part(why, false, "the clock has run out", "it runs since %s, until %s",
		         why_time(fold, why, clock->start), until_words(fold, why, clock->due));
	}
	return running;
}
