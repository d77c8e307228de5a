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

static size_t longer(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* A part alone stands in the heading's own line, if it fits there. */
static void put_parts(const struct why_not *why_not, bool met, const char *heading, struct buffer *out)
{
	const struct why *why = &why_not->why;
	size_t count = 0, width = 0;
	const struct why_part *last = NULL;
	for (size_t i = 0; i < why->part_count; i++) {
		const struct why_part *part = &why->parts[i];
		if (part->met != met)
			continue;
		count++;
		last = part;
		width = longer(width, text_columns(text_of(part->name)));
	}
	if (!count)
		return;
	buffer_format(out, "\n%s", heading);
	size_t line = strlen(heading) + strlen(": . ");
	line += text_columns(text_of(last->name)) + text_columns(text_of(last->words));
	if (count == 1 && !met && line <= LAYOUT_COLUMNS) {
		buffer_format(out, ": %s. ", last->name);
		words_sentence(text_of(last->words), out);
		buffer_char(out, '\n');
		return;
	}
	buffer_char(out, '\n');
	for (size_t i = 0; i < why->part_count; i++) {
		if (why->parts[i].met != met)
			continue;
		size_t from = out->length;
		buffer_format(out, "  %s", why->parts[i].name);
		buffer_fill(out, from, 2 + width + 2);
		buffer_format(out, "%s\n", why->parts[i].words);
	}
}

/* ---- the records ---- */

#define COLUMN_TIME 11 /* where it stands in the line; so do words that have a line of their own */

struct columns {
	size_t key, words; /* where they stand; key 0: there is none */
	type_id type;      /* all are of this one, which the heading names; 0: of several */
};

static const struct event *event_of(const struct why_not *why_not, const struct why_note *note)
{
	const struct subject *subject = why_not->subject;
	return note->ref && note->ref <= subject->count ? subject->events[note->ref - 1] : NULL;
}

static void put_when(const struct why_not *why_not, const struct why_note *note, struct buffer *out)
{
	const struct event *event = event_of(why_not, note);
	words_moment(calendar_zone(why_not->config->calendar),
	             (struct words_moment){.at = event ? event->time : note->at,
	                                   .day_only = event && event->day_precision},
	             WORDS_TABLE_YEAR, out);
}

static struct text key_of(const struct why_not *why_not, const struct why_note *note)
{
	const struct event *event = event_of(why_not, note);
	return event && why_not->rule->key ? event_string(event, why_not->rule->key) : TEXT_NONE;
}

/* Above their times: the type that all are of. */
static const char *notes_title(type_id type)
{
	return type ? schema_type_title(type) : "what the rule looked at";
}

static struct columns measure(const struct why_not *why_not, size_t first)
{
	const struct why *why = &why_not->why;
	size_t time = 0, key = 0;
	type_id type = 0;
	for (size_t i = first; i < why->note_count; i++) {
		const struct why_note *note = &why->notes[i];
		const struct event *event = event_of(why_not, note);
		struct buffer words = {0};
		put_when(why_not, note, &words);
		time = longer(time, text_columns(buffer_view(&words)));
		buffer_free(&words);
		key = longer(key, text_columns(key_of(why_not, note)));
		type_id own = event ? event->type : 0;
		type = i == first || type == own ? own : 0;
	}
	time = longer(time, text_columns(text_of(notes_title(type))));
	if (key)
		key = longer(key, text_columns(text_of(schema_name_text(why_not->rule->key))));
	size_t behind = COLUMN_TIME + time + 2;
	return (struct columns){.key = key ? behind : 0, .words = key ? behind + key + 2 : behind, .type = type};
}

/* What the rule made of it; of a record that counts, beside the window that held the most. */
static void put_made(const struct why_not *why_not, const struct why_note *note, const struct why_counted *counted,
                     struct buffer *out)
{
	if (counted->number)
		return;
	if (counted->before || counted->after) {
		why_not_beside(why_not, counted, WHY_NOT_IN_SHORT, out);
		return;
	}
	buffer_string(out, note->words);
	if (note->until != INSTANT_NEVER) {
		buffer_string(out, ", until ");
		words_until(calendar_zone(why_not->config->calendar), note->until, WORDS_TABLE_YEAR, out);
	}
}

static void put_note(const struct why_not *why_not, const struct why_note *note, const struct columns *columns,
                     struct buffer *out)
{
	const struct event *event = event_of(why_not, note);
	struct why_counted counted;
	struct buffer made = {0};
	size_t from = out->length;
	bool counts = why_not_counted(why_not, note, &counted);
	if (counted.number)
		buffer_format(out, "  %lld", (long long)counted.number);
	else
		buffer_string(out, note->did && !counts ? "  yes" : "  no");
	buffer_fill(out, from, COLUMN_TIME);
	put_when(why_not, note, out);
	if (columns->key) {
		buffer_fill(out, from, columns->key);
		buffer_text(out, key_of(why_not, note));
	}
	if (!columns->type) {
		buffer_fill(out, from, columns->words);
		buffer_string(out, event ? schema_type_title(event->type) : "by the clock");
	}
	put_made(why_not, note, &counted, &made);
	if (made.length && columns->type && columns->words + text_columns(buffer_view(&made)) <= LAYOUT_COLUMNS) {
		buffer_fill(out, from, columns->words);
		buffer_text(out, buffer_view(&made));
	} else if (made.length) {
		buffer_char(out, '\n');
		buffer_fill(out, out->length, COLUMN_TIME);
		buffer_text(out, buffer_view(&made));
	}
	buffer_char(out, '\n');
	buffer_free(&made);
}

static void put_notes_heading(const struct why_not *why_not, const struct columns *columns, struct buffer *out)
{
	size_t from = out->length;
	buffer_string(out, "  counts");
	buffer_fill(out, from, COLUMN_TIME);
	buffer_string(out, notes_title(columns->type));
	if (columns->key) {
		buffer_fill(out, from, columns->key);
		buffer_string(out, schema_name_text(why_not->rule->key));
	}
	buffer_char(out, '\n');
}

static void put_notes(const struct why_not *why_not, struct buffer *out)
{
	const struct why *why = &why_not->why;
	size_t first = why->note_count > ROWS_MOST ? why->note_count - ROWS_MOST : 0;
	struct columns columns = measure(why_not, first);
	buffer_char(out, '\n');
	if (why->note_count)
		put_notes_heading(why_not, &columns, out);
	else
		buffer_string(out, "  The rule looked at nothing: no record concerns it.\n");
	if (first)
		buffer_format(out, "  (the latest %d of %zu; --json has all)\n", ROWS_MOST, why->note_count);
	for (size_t i = first; i < why->note_count; i++)
		put_note(why_not, &why->notes[i], &columns, out);
	if (why->counted_to || why->nearest)
		buffer_char(out, '\n');
	if (why->counted_to) {
		buffer_string(out, "  Counted from ");
		put_time(why_not, why->counted_from, WORDS_TABLE_YEAR, out);
		buffer_string(out, " to ");
		put_time(why_not, why->counted_to, WORDS_TABLE_YEAR, out);
		buffer_string(out, ".\n");
	}
	if (why->nearest)
		buffer_format(out, "  %s\n", why->nearest);
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

/* `timed`: with its own time, where no range says when. */
static void put_event(const struct why_not *why_not, const struct event *event, bool timed, struct buffer *out)
{
	buffer_format(out, "  %.*s", TEXT_ARG(event->type_name));
	size_t shown = 0;
	for (size_t i = 0; i < event->field_count && shown < FIELDS_SHOWN; i++, shown++) {
		const struct event_field *field = &event->fields[i];
		const char *name = schema_name_text(field->name);
		struct text text = field->value.kind == VALUE_STRING ? field->value.string : TEXT_NONE;
		bool made = text.length > 6 && memcmp(text.at, "ADDED-", 6) == 0;
		if (made) {
			buffer_format(out, ", %s %s of its own", strchr("aeiou", *name) ? "an" : "a", name);
			continue;
		}
		buffer_format(out, ", %s", name);
		put_value(&field->value, out);
	}
	if (!text_equal(event->subject, why_not->subject->id))
		buffer_format(out, ", of %s",
		              text_equal(event->source, TEXT(ADDITION_SOURCE)) ? "a child of its own"
		                                                               : "the same record");
	if (timed) {
		buffer_string(out, ", ");
		put_time(why_not, event->time, WORDS_TABLE_YEAR, out);
	}
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
	if (addition->first != INSTANT_NONE) {
		buffer_string(out, "    from ");
		put_time(why_not, addition->first, WORDS_TABLE_YEAR, out);
		buffer_char(out, '\n');
	}
	if (addition->last != INSTANT_NEVER) {
		buffer_string(out, addition->first != INSTANT_NONE ? "    to " : "    up to ");
		put_time(why_not, addition->last, WORDS_TABLE_YEAR, out);
		buffer_char(out, '\n');
	}
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
			put_event(why_not, addition->events[k], !addition->ranged || addition->count > 1, out);
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
	buffer_string(out, ", it opens");
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
		put_parts(why_not, false, "NOT MET", &raw);
		put_notes(why_not, &raw);
		put_parts(why_not, true, "MET: all the rest", &raw);
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
