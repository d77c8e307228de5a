/* why_page: the parts of a rule that are met and not met, what it looked at, and what would open an alert. */
#include "web/why_page.h"

#include "explain/ground.h"
#include "time/words.h"

#include <stdlib.h>

#define NOTES_MOST 40 /* records shown, the latest: as the tool */

static bool about_children(const struct rule *rule)
{
	const struct event_type *type = rule->on.count ? schema_type(rule->on.items[0].type) : NULL;
	return rule->of == PARTY_NONE && !rule->restricted && (!type || type->subject == SUBJECT_CHILD);
}

/* Each rule once, by its newest version; those that tell named people alone are not offered. */
static void put_rules(struct shown_page *shown, const struct rule *chosen)
{
	const struct ruleset *rules = shown->page->settings->rules;
	struct data *list = data_list(shown->root, "rules");
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		if (rule->versions_after || !about_children(rule))
			continue;
		struct data *row = data_item(list);
		data_string(row, "rule_id", rule->id);
		data_string(row, "rule_title", rule->title);
		data_flag(row, "chosen", chosen && strcmp(chosen->id, rule->id) == 0);
	}
}

static void put_parts(const struct why_not *why_not, bool met, struct data *list)
{
	for (size_t i = 0; i < why_not->why.part_count; i++) {
		const struct why_part *part = &why_not->why.parts[i];
		if (part->met != met)
			continue;
		struct data *row = data_item(list);
		data_string(row, "part", part->name);
		data_string(row, "part_words", part->words);
	}
}

static void put_note(struct shown_page *shown, const struct why_not *why_not, const struct why_note *note,
                     struct data *row)
{
	const struct event *event =
		note->ref && note->ref <= why_not->subject->count ? why_not->subject->events[note->ref - 1] : NULL;
	shown_begin(shown);
	shown_moment(shown, event ? event->time : note->at, event && event->day_precision);
	shown_end(shown, row, "note_at");
	data_string(row, "note_event", event ? schema_type_title(event->type) : "By the clock");
	struct why_counted counted;
	bool counts = why_not_counted(why_not, note, &counted);
	data_flag(row, "counts", counts ? counted.number > 0 : note->did);
	shown_begin(shown);
	if (counted.number)
		buffer_format(&shown->words, ", %lld", (long long)counted.number);
	shown_end(shown, row, "count");
	shown_begin(shown);
	if (counts)
		why_not_beside(why_not, &counted, WHY_NOT_IN_A_SENTENCE, &shown->words);
	else
		words_sentence(text_of(note->words), &shown->words);
	if (note->until != INSTANT_NEVER) {
		buffer_string(&shown->words, ", until ");
		words_until(shown->page->zone, note->until, WORDS_TABLE_YEAR, &shown->words);
	}
	shown_end(shown, row, "note_words");
}

/* ---- what would open it ---- */

static void put_range(struct shown_page *shown, const struct addition *addition)
{
	const struct zone *zone = shown->page->zone;
	if (!addition->ranged)
		return;
	if (addition->first == INSTANT_NONE && addition->last == INSTANT_NEVER) {
		buffer_string(&shown->words, ", whenever it happens");
		return;
	}
	buffer_string(&shown->words, ", or at any time");
	if (addition->first != INSTANT_NONE) {
		buffer_string(&shown->words, " from ");
		words_moment(zone, (struct words_moment){.at = addition->first}, WORDS_FULL_YEAR, &shown->words);
	}
	if (addition->last != INSTANT_NEVER) {
		buffer_string(&shown->words, addition->first != INSTANT_NONE ? " to " : " up to ");
		words_moment(zone, (struct words_moment){.at = addition->last}, WORDS_FULL_YEAR, &shown->words);
	}
}

static void put_addition(struct shown_page *shown, const struct addition *addition, instant now, struct data *row)
{
	shown_begin(shown);
	for (size_t i = 0; i < addition->count; i++) {
		const struct event *event = addition->events[i];
		buffer_string(&shown->words, i ? "; and " : "");
		buffer_string(&shown->words, schema_type_title(event->type));
		buffer_string(&shown->words, ", ");
		words_moment(shown->page->zone, (struct words_moment){.at = event->time}, WORDS_FULL_YEAR,
		             &shown->words);
	}
	put_range(shown, addition);
	if (addition->at > now) {
		buffer_string(&shown->words, "; it opens when its clock runs out: ");
		words_until(shown->page->zone, addition->at, WORDS_FULL_YEAR, &shown->words);
	}
	shown_end(shown, row, "addition");
}

static void put_additions(struct shown_page *shown, const struct why_not *why_not)
{
	const struct additions *found = &why_not->additions;
	struct data *list = data_list(shown->root, "additions");
	for (size_t i = 0; i < found->count; i++)
		put_addition(shown, &found->items[i], why_not->at, data_item(list));
	data_flag(shown->root, "takes_back", found->count && found->items[0].withdraws);
	data_flag(shown->root, "additions_any", found->count > 0);
	data_flag(shown->root, "additions_cut", found->cut);
	data_format(shown->root, "trials", "%zu", found->trials);
}

static void put_answer(struct shown_page *shown, const struct why_not *why_not)
{
	struct data *root = shown->root, *notes = data_list(root, "notes");
	const struct rule *rule = why_not->rule;
	size_t count = why_not->why.note_count, first = count > NOTES_MOST ? count - NOTES_MOST : 0;
	put_parts(why_not, false, data_list(root, "not_met"));
	put_parts(why_not, true, data_list(root, "met"));
	for (size_t i = first; i < count; i++)
		put_note(shown, why_not, &why_not->why.notes[i], data_item(notes));
	data_flag(root, "notes_any", count > 0);
	data_flag(root, "notes_cut", first > 0);
	data_string(root, "nearest", why_not->why.nearest ? why_not->why.nearest : "");
	shown_begin(shown);
	if (why_not->why.counted_to) {
		buffer_string(&shown->words, "Counted from ");
		words_moment(shown->page->zone, (struct words_moment){.at = why_not->why.counted_from},
		             WORDS_FULL_YEAR, &shown->words);
		buffer_string(&shown->words, " to ");
		words_moment(shown->page->zone, (struct words_moment){.at = why_not->why.counted_to},
		             WORDS_FULL_YEAR, &shown->words);
		buffer_char(&shown->words, '.');
	}
	shown_end(shown, root, "counted");
	data_string(root, "rule_asked", rule->title);
	data_string(root, "rule", rule->id);
	data_string(root, "basis", rule->basis ? rule->basis : "");
	civil_day version = rule->version != DAY_NONE ? rule->version : rule->effective_from;
	shown_begin(shown);
	if (version != DAY_NONE)
		words_day(version, WORDS_PLAIN_YEAR, &shown->words);
	shown_end(shown, root, "version");
	data_flag(root, "rule_stands", why_not->stands);
	data_flag(root, "rule_shadow", rule->shadow);
	shown_begin(shown);
	if (why_not->stands)
		words_moment(shown->page->zone, (struct words_moment){.at = why_not->since}, WORDS_FULL, &shown->words);
	shown_end(shown, root, "stands_since");
	put_additions(shown, why_not);
}

enum result why_page_fill(struct shown_page *shown, const struct subject *subject, struct text id, struct fault *fault)
{
	const struct web_page *page = shown->page;
	const struct rule *rule = id.length ? trial_rule(page->settings->rules, page->zone, id, page->now) : NULL;
	if (rule && !about_children(rule))
		rule = NULL;
	put_rules(shown, rule);
	data_flag(shown->root, "asked", rule != NULL);
	data_flag(shown->root, "no_rule", id.length && !rule);
	if (!rule)
		return RESULT_OK;
	struct why_not why_not = {.config = page->settings->config, .rule = rule, .subject = subject, .at = page->now,
	                          .events_most = GROUND_PAGE_EVENTS};
	enum result result = why_not_ask(&why_not, fault);
	if (result == RESULT_OK)
		put_answer(shown, &why_not);
	why_not_free(&why_not);
	return result;
}
