/* why_not_words: why an alert does not stand, for people. */
#include "cli/analyst/why_not.h"

#include "text/layout.h"
#include "time/words.h"

#define ROWS_MOST 40      /* records shown; of more the latest, and a line says so */
#define FIELDS_SHOWN 4

static void put_time(const struct why_not *why_not, instant at, enum words_form form, struct buffer *out)
{
	words_moment(calendar_zone(why_not->config->calendar), (struct words_moment){.at = at}, form, out);
}

static void put_head(const struct asked *asked, const struct why_not *why_not, struct buffer *out)
{
	const struct rule *rule = asked->rule;
	buffer_format(out, "%s: %s for %.*s\n", rule->title ? rule->title : rule->id,
	              why_not->stands ? "stands" : "does not stand", TEXT_ARG(asked->subject.id));
	buffer_string(out, "Judged on ");
	put_time(why_not, asked->at, WORDS_TABLE_YEAR, out);
	buffer_char(out, '.');
	if (asked->complete_to != INSTANT_NONE) {
		buffer_string(out, " Data complete to ");
		put_time(why_not, asked->complete_to, WORDS_TABLE_YEAR, out);
		buffer_char(out, '.');
	}
	if (asked->refused)
		buffer_format(out, " %zu %s of the file %s no event that can be read.", asked->refused,
		              asked->refused == 1 ? "line" : "lines", asked->refused == 1 ? "is" : "are");
	buffer_format(out, "\nRule %s", rule->id);
	civil_day version = rule->version != DAY_NONE ? rule->version : rule->effective_from;
	if (version != DAY_NONE) {
		buffer_string(out, ", version of ");
		words_day(version, WORDS_BRIEF_YEAR, out);
	}
	buffer_format(out, ".%s\n", rule->shadow ? " On trial (mode: shadow): nobody would be told." : "");
}

static void put_parts(const struct why_not *why_not, bool met, const char *heading, struct buffer *out)
{
	const struct why *why = &why_not->why;
	size_t count = 0;
	for (size_t i = 0; i < why->part_count; i++)
		if (why->parts[i].met == met)
			buffer_format(out, "%s  %s: %s\n", count++ ? "" : heading, why->parts[i].name,
			              why->parts[i].words);
}

/* ---- the records ---- */

static void put_pad(struct buffer *out, size_t from, size_t width)
{
	while (out->length - from < width)
		buffer_char(out, ' ');
}

static void put_note(const struct why_not *why_not, const struct why_note *note, struct buffer *out)
{
	const struct subject *subject = why_not->subject;
	const struct event *event = note->ref && note->ref <= subject->count ? subject->events[note->ref - 1] : NULL;
	size_t from = out->length;
	if (note->number)
		buffer_format(out, "  %lld", (long long)note->number);
	else
		buffer_string(out, note->did ? "  yes" : "  no");
	put_pad(out, from, 7);
	if (event)
		words_moment(calendar_zone(why_not->config->calendar),
		             (struct words_moment){.at = event->time, .day_only = event->day_precision},
		             WORDS_TABLE_YEAR, out);
	else
		put_time(why_not, note->at, WORDS_TABLE_YEAR, out);
	buffer_string(out, "  ");
	buffer_string(out, event ? schema_type_title(event->type) : "by the clock");
	uint16_t name = why_not->rule->key;
	if (event && name && event_string(event, name).length)
		buffer_format(out, ", %s %.*s", schema_name_text(name), TEXT_ARG(event_string(event, name)));
	buffer_format(out, "\n         %s", note->words);
	if (note->until != INSTANT_NEVER) {
		buffer_string(out, ", until ");
		words_until(calendar_zone(why_not->config->calendar), note->until, WORDS_TABLE_YEAR, out);
	}
	buffer_char(out, '\n');
}

static void put_notes(const struct why_not *why_not, struct buffer *out)
{
	const struct why *why = &why_not->why;
	size_t first = why->note_count > ROWS_MOST ? why->note_count - ROWS_MOST : 0;
	buffer_string(out, why->note_count ? "\n  counts what the rule looked at\n" : "\n  The rule looked at nothing: "
	                                                                            "no record concerns it.\n");
	if (first)
		buffer_format(out, "  (the latest %d of %zu; --json has all)\n", ROWS_MOST, why->note_count);
	for (size_t i = first; i < why->note_count; i++)
		put_note(why_not, &why->notes[i], out);
	if (why->nearest)
		buffer_format(out, "\n  %s\n", why->nearest);
}

/* ---- what would open it ---- */

static void put_value(const struct value *value, struct buffer *out)
{
	if (value->kind == VALUE_STRING)
		buffer_format(out, " %.*s", TEXT_ARG(value->string));
	else if (value->kind == VALUE_NUMBER)
		buffer_format(out, " %g", value->number);
	else if (value->kind == VALUE_BOOL)
		buffer_string(out, value->boolean ? " true" : " false");
	else if (value->kind == VALUE_LIST)
		for (size_t i = 0; i < value->list.count; i++)
			put_value(&value->list.items[i], out);
}

static void put_event(const struct why_not *why_not, const struct event *event, struct buffer *out)
{
	buffer_format(out, "  %.*s", TEXT_ARG(event->type_name));
	size_t shown = 0;
	for (size_t i = 0; i < event->field_count && shown < FIELDS_SHOWN; i++, shown++) {
		const struct event_field *field = &event->fields[i];
		struct text text = field->value.kind == VALUE_STRING ? field->value.string : TEXT_NONE;
		bool made = text.length > 6 && memcmp(text.at, "ADDED-", 6) == 0;
		buffer_format(out, ", %s", schema_name_text(field->name));
		if (made)
			buffer_string(out, " of its own");
		else
			put_value(&field->value, out);
	}
	if (!text_equal(event->subject, why_not->subject->id))
		buffer_format(out, ", of %s",
		              text_equal(event->source, TEXT(ADDITION_SOURCE)) ? "a child of its own"
		                                                               : "the same record");
	buffer_string(out, ", ");
	put_time(why_not, event->time, WORDS_TABLE_YEAR, out);
	buffer_char(out, '\n');
}

static void put_range(const struct why_not *why_not, const struct addition *addition, struct buffer *out)
{
	if (!addition->ranged)
		return;
	if (addition->first == INSTANT_NONE && addition->last == INSTANT_NEVER) {
		buffer_string(out, "    whenever it happens (two years either way were tried)\n");
		return;
	}
	buffer_string(out, "    or any time ");
	if (addition->first != INSTANT_NONE) {
		buffer_string(out, "from ");
		put_time(why_not, addition->first, WORDS_TABLE_YEAR, out);
	}
	if (addition->last != INSTANT_NEVER) {
		buffer_string(out, addition->first != INSTANT_NONE ? " to " : "up to ");
		put_time(why_not, addition->last, WORDS_TABLE_YEAR, out);
	}
	buffer_char(out, '\n');
}

static void put_additions(const struct why_not *why_not, struct buffer *out)
{
	const struct additions *found = &why_not->additions;
	if (!found->count) {
		buffer_format(out, "\nNO ADDITION OPENS IT: %zu were tried%s.\n", found->trials,
		              found->cut ? ", and some were not: a limit was reached (docs/analyst.md)" : "");
		return;
	}
	const struct addition *first = &found->items[0];
	bool alone = first->withdraws;
	for (size_t i = 0; i < first->count && alone; i++)
		alone = first->events[i]->type == TYPE_ID_EVENT_WITHDRAWN;
	if (alone)
		buffer_string(out, "\nNO NEW RECORD OPENS IT. It would stand if a record proved wrong");
	else if (first->withdraws)
		buffer_string(out, "\nNO NEW RECORD ALONE OPENS IT. It would stand if a record proved wrong and "
		                   "another came");
	else
		buffer_format(out, "\nSMALLEST ADDITION THAT WOULD OPEN IT: %zu %s", first->count,
		              first->count == 1 ? "event" : "events");
	buffer_string(out, found->count > 1 ? ", one of these\n" : "\n");
	for (size_t i = 0; i < found->count; i++) {
		const struct addition *addition = &found->items[i];
		for (size_t k = 0; k < addition->count; k++)
			put_event(why_not, addition->events[k], out);
		put_range(why_not, addition, out);
		if (addition->at > why_not->at) {
			buffer_string(out, "    it opens when its clock runs out: ");
			put_time(why_not, addition->at, WORDS_TABLE_YEAR, out);
			buffer_char(out, '\n');
		}
		if (i + 1 < found->count && addition->count > 1)
			buffer_string(out, "  or\n");
	}
	buffer_string(out, "\nTried: with the first of these, at ");
	put_time(why_not, first->at, WORDS_TABLE_YEAR, out);
	buffer_string(out, ", it stands");
	buffer_string(out, first->count > 1 ? "; without any one event of it, it does not.\n" : ".\n");
}

static void put_ended(const struct why_not *why_not, struct buffer *out)
{
	size_t count = why_not->ended_count, first = count > 5 ? count - 5 : 0;
	if (count)
		buffer_format(out, "\nIT STOOD BEFORE: %zu %s%s\n", count, count == 1 ? "time" : "times",
		              first ? ", the last five of them" : "");
	for (size_t i = first; i < count; i++) {
		buffer_string(out, "  ");
		put_time(why_not, why_not->ended[i].opened, WORDS_TABLE_YEAR, out);
		buffer_string(out, " to ");
		words_until(calendar_zone(why_not->config->calendar), why_not->ended[i].closed, WORDS_TABLE_YEAR, out);
		if (why_not->ended[i].reason)
			buffer_format(out, ": %s", why_not->ended[i].reason);
		buffer_char(out, '\n');
	}
}

void why_not_words(const struct asked *asked, const struct why_not *why_not, struct buffer *out)
{
	struct buffer raw = {0};
	put_head(asked, why_not, &raw);
	if (why_not->stands) {
		buffer_string(&raw, "It stands since ");
		put_time(why_not, why_not->since, WORDS_TABLE_YEAR, &raw);
		buffer_format(&raw, ". casewatch explain %s says why.\n", why_not->alert);
	} else {
		put_parts(why_not, false, "\nNOT MET\n", &raw);
		put_notes(why_not, &raw);
		put_parts(why_not, true, "\nMET\n", &raw);
		put_ended(why_not, &raw);
		if (why_not->why.opens_at != INSTANT_NEVER) {
			buffer_string(&raw, "\nNOTHING NEED BE ADDED: left as it is, it opens by itself ");
			put_time(why_not, why_not->why.opens_at, WORDS_TABLE_YEAR, &raw);
			buffer_string(&raw, ".\n");
		}
		put_additions(why_not, &raw);
	}
	layout_text(buffer_view(&raw), out);
	buffer_char(out, '\n');
	buffer_free(&raw);
}
