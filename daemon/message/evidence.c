/* evidence: what happened, the episodes that were counted, and what came late. */
#include "message/page.h"

#include "event/schema_intervals.h"
#include "rules/kinds.h"

#define EVENTS_MOST 12 /* the newest; a phone shows about so many. The mail says how many are older; the page has all */

static void put_event(struct message_page *page, struct data *list, const struct message_event *event)
{
	struct data *row = data_item(list);
	data_string(row, "what", event->title);
	message_begin(page);
	message_add_moment(page, event->event->time, event->event->day_precision,
	                   message_form(page, event->event->time, WORDS_TABLE, WORDS_TABLE_YEAR));
	message_end(page, row, "happened");
	message_begin(page);
	message_add_moment(page, event->recorded, false,
	                   event->recorded == INSTANT_NONE
	                           ? WORDS_TABLE
	                           : message_form(page, event->recorded, WORDS_TABLE, WORDS_TABLE_YEAR));
	message_end(page, row, "recorded");
	data_flag(row, "late", event->late);
}

static bool has_key(const struct message_alert *alert, const struct event *event)
{
	uint16_t name;
	struct text value;
	return message_key(alert, &name, &value) && text_equal(event_string(event, name), value);
}

/* All that happened under the alert's key, the newest EVENTS_MOST of it; without a key the evidence. */
static void put_events(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "events");
	size_t keyed = 0, skip;
	for (size_t i = 0; i < alert->history_count; i++)
		keyed += has_key(alert, alert->history[i].event);
	skip = keyed > EVENTS_MOST ? keyed - EVENTS_MOST : 0;
	for (size_t i = 0; i < alert->history_count && keyed; i++) {
		if (!has_key(alert, alert->history[i].event))
			continue;
		if (skip)
			skip--;
		else
			put_event(page, list, &alert->history[i]);
	}
	for (size_t i = 0; i < alert->evidence_count && !keyed; i++)
		if (i + EVENTS_MOST >= alert->evidence_count)
			put_event(page, list, &alert->evidence[i]);
	size_t all = keyed ? keyed : alert->evidence_count;
	message_begin(page);
	if (all > EVENTS_MOST)
		buffer_format(&page->words, "%zu", all - EVENTS_MOST);
	message_end(page, page->root, "events_older");
}

static uint16_t key_of(type_id type)
{
	const struct event_type *known = schema_type(type);
	for (size_t i = 0; known && i < known->field_count; i++)
		if (known->fields[i].key)
			return known->fields[i].name_id;
	return 0;
}

/* What ended the interval that began so; NULL: nothing did. */
static const struct event *end_of(const struct message_alert *alert, const struct event *start)
{
	struct schema_interval began, other;
	uint16_t key = key_of(start->type);
	(void)schema_interval(start->type, &began);
	for (size_t i = 0; i < alert->history_count && key; i++) {
		const struct event *event = alert->history[i].event;
		if (text_equal(event_string(event, key), event_string(start, key)) &&
		    schema_interval(event->type, &other) && other.ends && text_equal(other.of, began.of))
			return event;
	}
	return NULL;
}

/* "21:40 to Sunday 12 January, 03:15", "23:10, not yet returned", "time not known". */
static void add_until(struct message_page *page, const struct schema_spell *spell, const struct event *start)
{
	const struct event *end = end_of(page->alert, start);
	bool same_day = end && zone_date(page->zone, end->time) == zone_date(page->zone, start->time);
	if (start->day_precision)
		buffer_string(&page->words, "time not known");
	else
		words_clock(page->zone, start->time, &page->words);
	if (!end) {
		buffer_format(&page->words, ", %s", spell->open);
	} else if (!(start->day_precision && end->day_precision && same_day)) {
		buffer_string(&page->words, start->day_precision ? ", to " : " to ");
		if (same_day && !end->day_precision)
			words_clock(page->zone, end->time, &page->words);
		else
			message_add_moment(page, end->time, end->day_precision,
			                   message_form(page, end->time, WORDS_FULL, WORDS_FULL_YEAR));
	}
}

static void put_spell(struct message_page *page, const struct schema_spell *spell, struct data *list,
                      const struct message_event *evidence)
{
	const struct event *start = evidence->event;
	struct data *row = data_item(list);
	message_begin(page);
	words_day(zone_date(page->zone, start->time), message_form(page, start->time, WORDS_FULL, WORDS_FULL_YEAR),
	          &page->words);
	message_end(page, row, "day");
	message_begin(page);
	add_until(page, spell, start);
	message_end(page, row, "until");
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	data_text(row, "until_alone", buffer_view(&sentence));
	buffer_free(&sentence);
	message_begin(page);
	message_add_moment(page, evidence->recorded, false, WORDS_TABLE);
	message_end(page, row, "recorded");
	data_flag(row, "late", evidence->late);
}

/* How the intervals that the rule counts are read; NULL: it counts none, or they are read record by record. */
static const struct schema_spell *counted_spells(const struct message_alert *alert)
{
	struct schema_interval interval;
	if (!alert->rule || !rule_kind_row(alert->rule->kind)->counts || !alert->evidence_count ||
	    !schema_interval(alert->evidence[0].event->type, &interval) || !interval.begins)
		return NULL;
	return schema_spell(interval.of);
}

/* "Counted from Monday 30 December 2019, 23:10 to Wednesday 29 January 2020, 23:10." */
static void put_window(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	instant until = alert->evidence[alert->evidence_count - 1].event->time, from;
	bool day_only = alert->evidence[alert->evidence_count - 1].event->day_precision;
	struct fault ignored;
	message_begin(page);
	if (calendar_back(page->input->calendar, until, alert->rule->within, &from, &ignored) == RESULT_OK) {
		message_add_moment(page, from, day_only, WORDS_FULL_YEAR);
		buffer_string(&page->words, " to ");
		message_add_moment(page, until, day_only, WORDS_FULL_YEAR);
	}
	message_end(page, page->root, "window");
}

/* "It began on 11 January and was recorded on 29 January, 18 days later." */
static void put_late(struct message_page *page, const struct schema_spell *spell)
{
	const struct message_alert *alert = page->alert;
	const struct message_event *late = NULL;
	size_t count = 0;
	for (size_t i = 0; i < alert->evidence_count; i++) {
		if (!alert->evidence[i].late)
			continue;
		late = &alert->evidence[i];
		count++;
	}
	message_begin(page);
	if (count == 1 && spell)
		buffer_format(&page->words, "One %s was recorded late.", spell->one);
	else if (count == 1)
		buffer_string(&page->words, "One record came late.");
	else if (count && spell)
		buffer_format(&page->words, "%zu %s were recorded late.", count, spell->many);
	else if (count)
		buffer_format(&page->words, "%zu records came late.", count);
	message_end(page, page->root, "late");
	message_begin(page);
	if (late) {
		civil_day happened = zone_date(page->zone, late->event->time),
			  recorded = zone_date(page->zone, late->recorded);
		buffer_string(&page->words, count > 1 ? "The last" : "It");
		buffer_string(&page->words, spell ? " began on " : " is from ");
		words_day_beside(happened, page->today, WORDS_PLAIN, &page->words);
		buffer_string(&page->words, " and was recorded on ");
		words_day_beside(recorded, page->today, WORDS_PLAIN, &page->words);
		buffer_string(&page->words, ", ");
		words_days(recorded - happened, &page->words);
		buffer_string(&page->words, " later.");
	}
	message_end(page, page->root, "late_how");
}

void message_put_evidence(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct schema_spell *spell = alert->restricted ? NULL : counted_spells(alert);
	struct data *list = data_list(page->root, "episodes");
	message_begin(page);
	words_count((int64_t)alert->evidence_count, "episode", "episodes", &page->words);
	message_end(page, page->root, "episodes_counted");
	data_string(page->root, "episodes_were", alert->evidence_count == 1 ? "was" : "were");
	data_string(page->root, "window", "");
	data_flag(page->root, "date_only", false);
	data_flag(page->root, "episodes_any", spell != NULL);
	data_flag(page->root, "alert_stands", page->input->purpose != MESSAGE_WARNED); /* a warning is no alert yet */
	if (alert->restricted) {
		data_list(page->root, "events");
		data_flag(page->root, "events_any", false);
		data_string(page->root, "late", "");
		data_string(page->root, "late_how", "");
		return;
	}
	for (size_t i = 0; i < alert->evidence_count && spell; i++) {
		put_spell(page, spell, list, &alert->evidence[i]);
		if (alert->evidence[i].event->day_precision)
			data_flag(page->root, "date_only", true);
	}
	if (spell) {
		data_list(page->root, "events");
		put_window(page);
	} else {
		put_events(page);
	}
	message_put_any(page->root, "events_any", "events");
	put_late(page, spell);
}
