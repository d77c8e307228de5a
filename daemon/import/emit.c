/* emit: what a row says, as events: conditions, times, fields, ids that are the same in every later file. */
#include "import/import.h"

#include "import/dates.h"
#include "import/seen.h"
#include "import/state.h"
#include "base/mem.h"
#include "text/json_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void import_begin(struct import_run *run)
{
	struct event_limits limits = {run->config->event_bytes, (unsigned)run->config->event_depth};
	run->parser = event_parser_new(limits, text_of(run->config->type_prefix), calendar_zone(run->config->calendar));
	run->read = mem_zero(run->mapping->table_count + 1, sizeof *run->read);
	run->unsure = mem_zero(run->mapping->table_count + 1, sizeof *run->unsure);
	run->seen = import_seen_new();
}

void import_end(struct import_run *run)
{
	event_parser_free(run->parser);
	free(run->read);
	free(run->unsure);
	import_seen_free(run->seen);
	buffer_free(&run->line);
	buffer_free(&run->key);
	buffer_free(&run->data);
	buffer_free(&run->why);
}

void import_say(struct import_run *run, enum import_finding finding, const struct import_table *table,
                const char *column, int64_t line, const char *format, ...)
{
	char reason[512];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(reason, sizeof reason, format, arguments);
	va_end(arguments);
	run->row_refused |= finding == IMPORT_ROW;
	if (line && column && line == run->said_line && column == run->said_column)
		return; /* several events of a row read it */
	run->said_line = line;
	run->said_column = column;
	run->report(run->context,
	            &(struct import_report){finding, run->file, table ? table->id : NULL, column, line, reason});
}

bool import_in_year(const struct import_run *run, int since, int until)
{
	return !run->year || ((!since || run->year >= since) && (!until || run->year <= until));
}

/* ---- values ---- */

static const struct import_row *row_of(const struct import_row *row, struct import_ref ref)
{
	for (unsigned up = ref.up; up && row; up--)
		row = row->parent;
	return row;
}

static const struct import_column *column_of(const struct import_row *row, struct import_ref ref)
{
	return &row_of(row, ref)->table->columns[ref.column];
}

/* What is not confirmed is not taken unless asked for: neither what it says nor that it is unclear counts. */
static bool is_taken(const struct import_run *run, const struct import_row *at, struct import_ref ref)
{
	return at && (run->unconfirmed || !at->table->columns[ref.column].unconfirmed);
}

static struct text value_of(const struct import_run *run, const struct import_row *row, struct import_ref ref)
{
	const struct import_row *at = row_of(row, ref);
	return is_taken(run, at, ref) ? text_trim(at->values[ref.column]) : TEXT_NONE;
}

/* In XML the element stands in the row more than once and says something else: which counts nobody can tell. */
static bool is_unclear(const struct import_run *run, const struct import_row *row, struct import_ref ref)
{
	const struct import_row *at = row_of(row, ref);
	return is_taken(run, at, ref) && at->unclear && at->unclear[ref.column];
}

static void say_unclear(struct import_run *run, const struct import_row *row, struct import_ref ref,
                        enum import_finding finding, const char *more)
{
	import_say(run, finding, row->table, column_of(row, ref)->name, row->line,
	           "is there more than once and says something else; which of them counts is not guessed%s", more);
}

static bool among(struct text value, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_fold(value, text_of(words[i])))
			return true;
	return false;
}

static bool applies(const struct import_run *run, const struct import_row *row, const struct import_event *event)
{
	for (size_t i = 0; i < event->condition_count; i++) {
		const struct import_condition *condition = &event->conditions[i];
		struct text value = value_of(run, row, condition->column);
		bool is = condition->word_count
		                  ? among(value, (const char *const *)condition->words, condition->word_count)
		                  : value.length > 0;
		if (is == condition->unless)
			return false;
	}
	return true;
}

/* What a row says of a field or time. */
enum said {
	SAID,
	SAID_NOTHING,    /* it is empty, or what stands for nothing */
	SAID_UNREADABLE, /* and that was reported */
};

/* How it is reported: what an event needs refuses it; without the rest it is taken, and the report says so. A bad
 * optional field must not hide a child (events.md). */
static const char *taken_without(bool required)
{
	return required ? "" : "; the event is taken without it";
}

static enum said date_of(struct import_run *run, const struct import_row *row, struct import_ref ref, bool required,
                         struct import_date *date)
{
	struct text value = value_of(run, row, ref);
	bool none;
	if (!value.length)
		return SAID_NOTHING;
	if (!import_date_read(value, date, &none)) {
		import_say(run, required ? IMPORT_ROW : IMPORT_NOTE, row->table, column_of(row, ref)->name, row->line,
		           "\"%.*s\" is no date: 31/03/2020, 2020-03-31 or a spreadsheet's number are%s",
		           value.length > 40 ? 40 : (int)value.length, value.at, taken_without(required));
		return SAID_UNREADABLE;
	}
	if (none)
		import_say(run, IMPORT_NOTE, row->table, column_of(row, ref)->name, row->line,
		           "a date of 1900 or before is what a spreadsheet puts for none; taken as not recorded");
	return none ? SAID_NOTHING : SAID;
}

/* ---- fields ---- */

static enum said put_yes(struct import_run *run, const struct import_row *row, const struct import_field *field,
                         struct text value, struct json_writer *json)
{
	static const char *const yes[] = {"true", "1", "y", "yes"}, *const no[] = {"false", "0", "n", "no"};
	bool is = among(value, yes, 4);
	if (!is && !among(value, no, 4)) {
		import_say(run, field->required ? IMPORT_ROW : IMPORT_NOTE, row->table, field->name, row->line,
		           "\"%.*s\" is neither yes nor no%s", value.length > 40 ? 40 : (int)value.length, value.at,
		           taken_without(field->required));
		return SAID_UNREADABLE;
	}
	json_put_bool(json, field->name, is);
	return SAID;
}

static enum said put_date(struct import_run *run, const struct import_row *row, const struct import_field *field,
                          struct json_writer *json)
{
	struct import_date date;
	char words[16];
	int year, month, day;
	enum said said = date_of(run, row, field->columns[0], field->required, &date);
	if (said != SAID)
		return said;
	day_split(date.day, &year, &month, &day);
	(void)snprintf(words, sizeof words, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
	json_put_string(json, field->name, words);
	return SAID;
}

static void join(const struct import_run *run, const struct import_row *row, const struct import_ref *refs,
                 size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		struct text value = value_of(run, row, refs[i]);
		struct import_date date;
		bool none;
		int year, month, day;
		buffer_string(out, i ? "/" : "");
		/* The same date in whichever form: else a file that was saved by a spreadsheet would be another record.
		 */
		if (column_of(row, refs[i])->date && import_date_read(value, &date, &none) && !none) {
			day_split(date.day, &year, &month, &day);
			buffer_format(out, "%04d-%02d-%02d", year, month, day);
			if (date.minute >= 0)
				buffer_format(out, "T%02d:%02d", date.minute / 60, date.minute % 60);
		} else {
			buffer_text(out, value);
		}
	}
}

static enum said put_word(struct import_run *run, const struct import_row *row, const struct import_field *field,
                          struct text value, struct json_writer *json)
{
	for (size_t i = 0; i < field->word_count; i++) {
		if (!text_equal_fold(value, text_of(field->words[i].from)))
			continue;
		struct text word = text_of(field->words[i].to);
		if (field->kind == FIELD_BOOL)
			return put_yes(run, row, field, word, json);
		json_put_text(json, field->name, word);
		return SAID;
	}
	import_say(run, field->required ? IMPORT_ROW : IMPORT_NOTE, row->table, column_of(row, field->columns[0])->name,
	           row->line, "\"%.*s\" is no code that the mapping knows for %s%s",
	           value.length > 40 ? 40 : (int)value.length, value.at, field->name, taken_without(field->required));
	return SAID_UNREADABLE;
}

static enum said put_value(struct import_run *run, const struct import_row *row, const struct import_field *field,
                           struct json_writer *json)
{
	struct text value = value_of(run, row, field->columns[0]);
	for (size_t i = 0; i < field->column_count; i++)
		if (is_unclear(run, row, field->columns[i])) {
			say_unclear(run, row, field->columns[i], field->required ? IMPORT_ROW : IMPORT_NOTE,
			            taken_without(field->required));
			return SAID_UNREADABLE;
		}
	if (!value.length)
		return SAID_NOTHING;
	if (field->word_count)
		return put_word(run, row, field, value, json);
	if (field->kind == FIELD_BOOL)
		return put_yes(run, row, field, value, json);
	if (field->kind == FIELD_DATE)
		return put_date(run, row, field, json);
	struct buffer joined = {0};
	join(run, row, field->columns, field->column_count, &joined);
	json_put_text(json, field->name, buffer_view(&joined));
	buffer_free(&joined);
	return SAID;
}

/* False: the event cannot be made of this row; reported. */
static bool put_field(struct import_run *run, const struct import_row *row, const struct import_field *field,
                      struct json_writer *json)
{
	if (field->text && field->kind == FIELD_BOOL)
		json_put_bool(json, field->name, strcmp(field->text, "true") == 0);
	else if (field->text)
		json_put_string(json, field->name, field->text);
	if (field->text)
		return true;
	enum said said = put_value(run, row, field, json);
	if (said == SAID_NOTHING && field->required)
		import_say(run, IMPORT_ROW, row->table, column_of(row, field->columns[0])->name, row->line,
		           "is empty, and %s needs it", field->name);
	/* Whether a case is restricted fails closed: what cannot be read is left for whoever reads the event. */
	if (said == SAID_UNREADABLE && !field->required && strcmp(field->name, "restricted") == 0)
		json_put_text(json, field->name,
		              is_unclear(run, row, field->columns[0]) ? TEXT("unclear")
		                                                      : value_of(run, row, field->columns[0]));
	return said == SAID || !field->required;
}

/* ---- an event ---- */

static void put_id(const struct import_run *run, unsigned version, struct buffer *out)
{
	buffer_clear(out);
	buffer_text(out, buffer_view(&run->key));
	if (version > 1)
		buffer_format(out, "/v%u", version);
}

static void write_line(struct import_run *run, const char *type, struct text subject, instant at, bool day_only,
                       unsigned version, bool replaces)
{
	struct buffer id = {0};
	buffer_clear(&run->line);
	struct json_writer json = json_writer_on(&run->line);
	put_id(run, version, &id);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_text(&json, "id", buffer_view(&id));
	json_put_string(&json, "source", run->source);
	buffer_clear(&id);
	buffer_format(&id, "%s%s", run->config->type_prefix ? run->config->type_prefix : "", type);
	json_put_text(&json, "type", buffer_view(&id));
	json_put_text(&json, "subject", subject);
	json_put_instant(&json, "time", at);
	if (day_only)
		json_put_string(&json, "timeprecision", "day");
	if (run->recorded != INSTANT_NONE)
		json_put_instant(&json, "recordedtime", run->recorded);
	if (replaces) {
		put_id(run, version - 1, &id);
		json_put_text(&json, "replaces", buffer_view(&id));
	}
	json_key(&json, "data");
	json_raw(&json, buffer_view(&run->data));
	json_object_end(&json);
	buffer_free(&id);
}

/* As the daemon would take it: what it would refuse is refused here. */
static bool would_be_taken(struct import_run *run, const struct import_row *row)
{
	struct event event;
	struct fault fault = {{0}};
	if (event_parse(run->parser, buffer_view(&run->line), INSTANT_NONE, &event, &fault) != RESULT_OK) {
		import_say(run, IMPORT_ROW, row->table, NULL, row->line, "%s", fault.text);
		return false;
	}
	for (size_t i = 0; i < event.warning_count; i++)
		import_say(run, IMPORT_NOTE, row->table, event.warnings[i].field, row->line, "%s",
		           event.warnings[i].reason);
	return true;
}

static uint64_t content_of(const struct import_run *run, instant at, bool day_only)
{
	struct buffer all = {0};
	buffer_format(&all, "%lld %d ", (long long)at, day_only);
	buffer_text(&all, buffer_view(&run->data));
	uint64_t content = text_fingerprint(buffer_view(&all), 3);
	buffer_free(&all);
	return content ? content : 1;
}

/* The record is there, and cannot be taken as it is now. What was sent of it stays; where it is not known which it is,
 * so does everything of its table. */
static void keep_record(struct import_run *run, const struct import_row *row)
{
	if (run->state && !import_state_hold(run->state, buffer_view(&run->key)))
		import_unsure(run, row->table);
}

/* Two rows of one import that say something else of one record: which of them is right is not known here. */
static void say_contradiction(struct import_run *run, const struct import_row *row, const struct import_event *event,
                              struct import_place before)
{
	struct buffer where = {0};
	bool here = before.file == run->file;
	buffer_format(&where, here ? "line %lld" : "line %lld of ", (long long)before.line);
	buffer_string(&where, here ? "" : before.file);
	import_say(run, IMPORT_ROW, row->table, NULL, row->line,
	           "%s: it says something else of the same record than %s, which was taken%s", event->type,
	           buffer_cstr(&where), here ? "" : "; import files that overlap one after the other, the newest last");
	buffer_free(&where);
}

static void send(struct import_run *run, const struct import_row *row, const struct import_event *event,
                 struct text subject, instant at, bool day_only)
{
	struct import_place here = {run->file, row->line}, before;
	write_line(run, event->type, subject, at, day_only, 1, false);
	if (!would_be_taken(run, row)) {
		keep_record(run, row);
		return;
	}
	uint64_t content = content_of(run, at, day_only);
	struct text key = buffer_view(&run->key);
	unsigned version = run->state ? import_state_next(run->state, key, subject, content, here, &before)
	                              : import_seen_next(run->seen, key, content, here, &before);
	if (version == IMPORT_CONTRADICTS) {
		say_contradiction(run, row, event, before);
		return;
	}
	run->unchanged += version == 0;
	run->corrected += version > 1;
	run->events += version > 0;
	if (!version)
		return;
	if (version > 1)
		write_line(run, event->type, subject, at, day_only, version, true);
	run->event(run->context, buffer_view(&run->line));
}

static bool put_data(struct import_run *run, const struct import_row *row, const struct import_event *event)
{
	buffer_clear(&run->data);
	struct json_writer json = json_writer_on(&run->data);
	json_object(&json);
	for (size_t i = 0; i < event->field_count; i++)
		if (!put_field(run, row, &event->fields[i], &json))
			return false;
	json_object_end(&json);
	return true;
}

/* Whether there is such an event, when, and which record it is: all that is unclear of these is reported. */
static bool is_clear(struct import_run *run, const struct import_row *row, const struct import_event *event)
{
	const struct import_ref *unclear = is_unclear(run, row, event->time) ? &event->time : NULL;
	for (size_t i = 0; i < event->id_count && !unclear; i++)
		unclear = is_unclear(run, row, event->id[i]) ? &event->id[i] : NULL;
	for (size_t i = 0; i < event->condition_count && !unclear; i++)
		unclear = is_unclear(run, row, event->conditions[i].column) ? &event->conditions[i].column : NULL;
	if (unclear) {
		say_unclear(run, row, *unclear, IMPORT_ROW, "");
		import_unsure(run, row->table);
	}
	return !unclear;
}

static void take_event(struct import_run *run, const struct import_row *row, const struct import_event *event,
                       struct text subject)
{
	const struct zone *zone = calendar_zone(run->config->calendar);
	struct import_date date;
	if (!is_clear(run, row, event) || !applies(run, row, event))
		return;
	buffer_clear(&run->key);
	buffer_format(&run->key, "%s/%s/", row->table->id, event->type);
	join(run, row, event->id, event->id_count, &run->key);
	enum said said = subject.length ? date_of(run, row, event->time, true, &date) : SAID_UNREADABLE;
	if (said == SAID_NOTHING)
		return;
	if (said == SAID_UNREADABLE || !put_data(run, row, event)) {
		keep_record(run, row);
		return;
	}
	instant at = zone_midnight(zone, date.day);
	if (date.minute >= 0)
		at = zone_instant(zone, (int64_t)date.day * 24 * HOUR + date.minute * MINUTE, WALL_EARLIER);
	send(run, row, event, subject, at, date.minute < 0);
}

/* Conditions go by it: a slip would leave out what hangs on it, and nobody would miss that. */
static void check_codes(struct import_run *run, const struct import_row *row)
{
	for (size_t i = 0; i < row->table->column_count; i++) {
		const struct import_column *column = &row->table->columns[i];
		struct text value = value_of(run, row, (struct import_ref){0, i});
		if (column->code_count && value.length &&
		    !among(value, (const char *const *)column->codes, column->code_count))
			import_say(run, IMPORT_NOTE, row->table, column->name, row->line,
			           "\"%.*s\" is no code that the mapping knows; it is taken for none of them",
			           value.length > 40 ? 40 : (int)value.length, value.at);
	}
}

static void take_events(struct import_run *run, const struct import_row *row, struct text subject)
{
	uint64_t made = run->events + run->unchanged;
	for (size_t i = 0; i < row->table->event_count; i++)
		take_event(run, row, &row->table->events[i], subject);
	run->refused += run->row_refused;
	run->without += !run->row_refused && made == run->events + run->unchanged;
}

void import_row(struct import_run *run, const struct import_row *row)
{
	const struct import_table *table = row->table;
	run->rows++;
	run->row_refused = false;
	run->said_column = NULL; /* of XML many rows may stand on one line */
	if (table->no_events)
		import_say(run, IMPORT_ROW, table, NULL, row->line, "no event is made of it: %s", table->no_events);
	run->refused += run->row_refused;
	if (!table->event_count)
		return;
	if ((table->unconfirmed && !run->unconfirmed) || !import_in_year(run, table->since, table->until)) {
		import_unsure(run, table);
		return;
	}
	struct text subject = value_of(run, row, table->subject);
	if (is_unclear(run, row, table->subject)) {
		say_unclear(run, row, table->subject, IMPORT_ROW, ": whose record it is is not known");
		import_unsure(run, table);
		run->refused++;
		return;
	}
	if (!subject.length)
		import_say(run, IMPORT_ROW, table, column_of(row, table->subject)->name, row->line,
		           "is empty: whose record it is is not known");
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].required && !text_trim(row->values[i]).length && i != table->subject.column)
			import_say(run, IMPORT_ROW, table, table->columns[i].name, row->line,
			           "is empty, and every row has it");
	check_codes(run, row);
	take_events(run, row, subject);
}

/* ---- what the files no longer have ---- */

void import_unsure(struct import_run *run, const struct import_table *table)
{
	run->unsure[table - run->mapping->tables] = true;
}

void import_was_read(struct import_run *run, const struct import_table *table)
{
	for (size_t i = 0; i < run->mapping->table_count; i++)
		run->read[i] = run->read[i] || !table || table == &run->mapping->tables[i];
}

const char *import_why_kept(const struct import_run *run, struct text key, const struct import_table **table)
{
	for (size_t i = 0; i < run->mapping->table_count; i++) {
		size_t length = strlen(run->mapping->tables[i].id);
		*table = &run->mapping->tables[i];
		if (key.length <= length || memcmp(key.at, (*table)->id, length) != 0 || key.at[length] != '/')
			continue;
		return !run->read[i]    ? "no file with a row of it was read"
		       : run->unsure[i] ? "a row that was not taken may be one of them"
		                        : NULL;
	}
	*table = NULL;
	return "the mapping has no such table any more";
}
