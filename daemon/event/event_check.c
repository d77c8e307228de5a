/* event_check: the data of an event against the catalogue. */
#include "event/event_check.h"

#include "event/meaning.h"
#include "text/json_meaning.h"
#include "text/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct event_check *event_check_new(void)
{
	struct event_check *check = MEM_NEW(struct event_check);
	check->arena = arena_new(4096);
	schema_start();
	check->restricted = schema_name(TEXT("restricted"));
	check->birth = schema_name(TEXT("date_of_birth"));
	return check;
}

void event_check_free(struct event_check *check)
{
	if (!check)
		return;
	arena_free(check->arena);
	free(check->fields);
	free(check->warnings);
	free(check);
}

void event_check_reset(struct event_check *check)
{
	if (check->arena_used)
		arena_reset(check->arena);
	check->arena_used = false;
	check->field_count = check->warning_count = 0;
	check->rest = 0;
}

void event_check_warn(struct event_check *check, const char *field, const char *reason)
{
	struct event_warning *warning = mem_push((void **)&check->warnings, &check->warning_count, &check->warning_room,
	                                         sizeof *warning);
	*warning = (struct event_warning){field, reason};
}

/* Counts a member of data that becomes no field. */
static void leave(struct event_check *check, const struct event_member *member)
{
	check->rest += meaning_of_member(member->name, value_meaning(&member->value)); /* in any order */
}

static void keep_value(struct event_check *check, uint16_t name, const struct value *value)
{
	struct event_field *field = mem_push((void **)&check->fields, &check->field_count, &check->field_room,
	                                     sizeof *field);
	field->name = name;
	field->value = *value;
}

static const char *print(struct event_check *check, const char *format, ...) PRINTF_LIKE(2, 3);

static const char *print(struct event_check *check, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	check->arena_used = true;
	return arena_copy_text(check->arena, text, strlen(text));
}

/* ASCII letters in lower case; the text itself where it is so already. */
static struct text lower_case(struct event_check *check, struct text text)
{
	size_t i = 0;
	while (i < text.length && !(text.at[i] >= 'A' && text.at[i] <= 'Z'))
		i++;
	if (i == text.length)
		return text;
	char *lower = arena_copy_text(check->arena, text.at, text.length);
	check->arena_used = true;
	for (; i < text.length; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] + ('a' - 'A'));
	return (struct text){lower, text.length};
}

/* Neither a blank nor part of a no-break space. */
static bool is_letter_like(char c)
{
	return c > ' ' && c < 0x7f;
}

/* False: there are none. */
static bool cut_ends(struct text *text)
{
	if (text->length && is_letter_like(text->at[0]) && is_letter_like(text->at[text->length - 1]))
		return false;
	struct text cut = utf8_cut_blanks(*text);
	bool shorter = cut.length && cut.length < text->length;
	*text = cut;
	return shorter;
}

/* "m2 " and "m2" are one episode: what correlates, and what names somebody, is cut before anything looks at it. So is
 * a word of an open list: nobody can say that it is none, and "neglect " would be no flag that a rule knows. */
static void cut_blanks(struct event_check *check, const struct field *field, struct value *value)
{
	bool open = field->words && (field->kind == FIELD_STRING || field->kind == FIELD_STRINGS), found = false;
	if (!(field->key || field->names || field->party != PARTY_NONE || open))
		return;
	if (value->kind == VALUE_STRING)
		found = cut_ends(&value->string);
	/* The array is the parser's own. */
	struct value *items = value->kind == VALUE_LIST ? (struct value *)value->list.items : NULL;
	for (size_t i = 0; items && i < value->list.count; i++)
		if (items[i].kind == VALUE_STRING)
			found = cut_ends(&items[i].string) || found;
	if (found)
		event_check_warn(check, print(check, "data.%s", field->name), EVENT_BLANKS_CUT);
}

static const char *one_of(struct event_check *check, const char *const *words)
{
	struct buffer list = {0};
	for (size_t i = 0; words[i]; i++)
		buffer_format(&list, "%s%s", i ? ", " : "", words[i]);
	const char *reason = print(check, "is not one of %s", buffer_cstr(&list));
	buffer_free(&list);
	return reason;
}

/* The judges: NULL and the value as it is kept, or what is wrong with it. A string is known to be one and not blank. */

static const char *judge_string(struct event_check *check, const struct field *field, struct value *value)
{
	if (!check->plain && memchr(value->string.at, '\0', value->string.length))
		return "contains a NUL character";
	if (field->words)
		value->string = lower_case(check, value->string);
	return field->check ? field->check(value->string) : NULL;
}

static const char *judge_word(struct event_check *check, const struct field *field, struct value *value)
{
	for (size_t i = 0; field->words[i]; i++) /* nearly always written as in the catalogue */
		if (field->words[i][0] == value->string.at[0] &&
		    strncmp(field->words[i], value->string.at, value->string.length) == 0 &&
		    strlen(field->words[i]) == value->string.length) /* a value may hold a NUL where the word ends */
			return NULL;
	for (size_t i = 0; field->words[i]; i++) {
		struct text word = text_of(field->words[i]);
		if (text_equal_fold(word, value->string)) {
			value->string = word;
			return NULL;
		}
	}
	return one_of(check, field->words);
}

static const char *judge_date(const struct value *value)
{
	civil_day day;
	return day_parse(value->string, &day) ? NULL : "is not a date such as 2020-01-29";
}

static const char *judge_instant(const struct value *value)
{
	instant at;
	const char *why = NULL;
	return instant_parse(value->string, &at, &why) ? NULL : why;
}

static const char *judge_number(struct event_check *check, const struct field *field, const struct value *value)
{
	if (value->kind != VALUE_NUMBER)
		return "is not a number";
	if (field->least < field->most && (value->number < field->least || value->number > field->most))
		return print(check, "is not from %g to %g", field->least, field->most);
	return NULL;
}

static const char *judge_strings(struct event_check *check, const struct field *field, struct value *value)
{
	if (value->kind != VALUE_LIST)
		return "is not a list";
	struct value *items = (struct value *)value->list.items; /* the parser's own array */
	for (size_t i = 0; i < value->list.count; i++) {
		if (items[i].kind != VALUE_STRING || text_is_blank(items[i].string))
			return "is not a list of strings that are not empty";
		if (field->words)
			items[i].string = lower_case(check, items[i].string);
	}
	return NULL;
}

static const char *judge(struct event_check *check, const struct field *field, struct value *value)
{
	switch (field->kind) {
	case FIELD_BOOL:
		return value->kind == VALUE_BOOL ? NULL : "is not true or false";
	case FIELD_NUMBER:
		return judge_number(check, field, value);
	case FIELD_STRINGS:
		return judge_strings(check, field, value);
	case FIELD_ANY:
		return NULL;
	case FIELD_STRING:
	case FIELD_DATE:
	case FIELD_INSTANT:
	case FIELD_WORD:
		break;
	}
	if (value->kind != VALUE_STRING)
		return "is not a string";
	if (text_is_blank(value->string))
		return "is empty";
	if (field->kind == FIELD_WORD)
		return judge_word(check, field, value);
	if (field->kind == FIELD_DATE)
		return judge_date(value);
	return field->kind == FIELD_INSTANT ? judge_instant(value) : judge_string(check, field, value);
}

/* Whether `kind` among the members is the word for which the field is needed. */
static bool needed(const struct field *field, const struct event_member *members, size_t count)
{
	if (field->required || !field->needed_for)
		return field->required;
	for (size_t i = 0; i < count; i++)
		if (text_equal(members[i].name, TEXT("kind")) && members[i].value.kind == VALUE_STRING)
			return text_equal_fold(members[i].value.string, text_of(field->needed_for));
	return false;
}

static void set_aside(struct event_check *check, const struct field *field, const struct value *value,
                      const char *reason)
{
	/* An optional text that says nothing was simply not filled in. */
	if (field->kind == FIELD_STRING && value->kind == VALUE_STRING && text_is_blank(value->string))
		return;
	event_check_warn(check, print(check, "data.%s", field->name), reason);
	if (field->name_id == check->restricted && field->kind == FIELD_BOOL)
		keep_value(check, field->name_id, &(struct value){.kind = VALUE_BOOL, .boolean = true});
}

static const struct field *find_field(const struct event_type *type, uint16_t name, size_t *at)
{
	for (*at = 0; type && *at < type->field_count; (*at)++)
		if (type->fields[*at].name_id == name)
			return &type->fields[*at];
	return NULL;
}

/* What databases put where no date is known (0001-01-01, 1753-01-01), and slips of a century, would switch off every
 * rule that ends with childhood. events.md: more than 100 years before the event, or more than 10 months after it (an
 * unborn child's expected date is fine), cannot be read. */
#define BIRTH_YEARS_BEFORE 100
#define BIRTH_MONTHS_AFTER 10

static const char *judge_birth(const struct event_check *check, const struct event *event, const struct value *value)
{
	civil_day birth,
		on = check->zone ? zone_date(check->zone, event->time)
	                         : (civil_day)((event->time - (event->time < 0 ? 24 * HOUR - 1 : 0)) / (24 * HOUR));
	if (value->kind != VALUE_STRING || !day_parse(value->string, &birth))
		return NULL;
	if (birth < day_add_months(on, -12 * BIRTH_YEARS_BEFORE))
		return "is more than 100 years before the event: where it is not known, leave it out";
	if (birth > day_add_months(on, BIRTH_MONTHS_AFTER))
		return "is more than 10 months after the event";
	return NULL;
}

static enum result check_members(struct event_check *check, const struct event *event, const struct event_type *type,
                                 const struct event_member *members, size_t count, uint64_t *seen, struct fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t name = members[i].found ? members[i].number : schema_name(members[i].name);
		if (!name) {
			leave(check, &members[i]);
			continue;
		}
		size_t at;
		const struct field *field = find_field(type, name, &at);
		struct value value = members[i].value;
		if (field)
			cut_blanks(check, field, &value);
		const char *reason = field ? judge(check, field, &value) : NULL;
		if (!reason && field && name == check->birth)
			reason = judge_birth(check, event, &value);
		if (reason && needed(field, members, count))
			return fault_set(fault, RESULT_PERMANENT, "data.%s %s", field->name, reason);
		if (reason) {
			set_aside(check, field, &value, reason);
			leave(check, &members[i]);
			continue;
		}
		keep_value(check, name, &value);
		if (field)
			*seen |= (uint64_t)1 << (at & 63);
	}
	return RESULT_OK;
}

static enum result check_missing(const struct event_type *type, const struct event_member *members, size_t count,
                                 uint64_t seen, struct fault *fault)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (seen >> (i & 63) & 1 || !needed(field, members, count))
			continue;
		if (field->required)
			return fault_set(fault, RESULT_PERMANENT, "data.%s is missing", field->name);
		return fault_set(fault, RESULT_PERMANENT, "data.%s is missing, which kind %s needs", field->name,
		                 field->needed_for);
	}
	return RESULT_OK;
}

/* What the catalogue says of a type as a whole. */
static enum result check_sense(const struct event_check *check, const struct event *event, struct fault *fault)
{
	struct event judged = *event;
	judged.fields = check->fields;
	judged.field_count = check->field_count;
	if (event->type == TYPE_ID_EVENT_WITHDRAWN &&
	    text_equal(event_string(&judged, schema_name(TEXT("id"))), event->id))
		return fault_set(fault, RESULT_PERMANENT, "data.id names this event itself: it cannot withdraw itself");
	if ((event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED) &&
	    text_equal(event_string(&judged, schema_name(TEXT("from"))), event->subject))
		return fault_set(fault, RESULT_PERMANENT,
		                 "data.from is the subject itself: an id cannot be merged into itself");
	return RESULT_OK;
}

/* What a source says it will have sent by then, it has not sent yet: an `up_to` beyond the event's own time is cut to
 * that. */
static void cut_up_to(struct event_check *check, const struct event *event)
{
	uint16_t name = schema_name(TEXT("up_to"));
	for (size_t i = 0; i < check->field_count; i++) {
		struct event_field *field = &check->fields[i];
		const char *why;
		instant up_to;
		char cut[32];
		if (field->name != name || field->value.kind != VALUE_STRING ||
		    !instant_parse(field->value.string, &up_to, &why) || up_to <= event->time)
			continue;
		instant_print(event->time, cut);
		field->value.string = text_of(print(check, "%s", cut));
		event_check_warn(check, "data.up_to", "is later than the event's own time, and was cut to that");
	}
}

/* Data of a known type that is no object has no field that could be read. */
static void warn_of_shape(struct event_check *check, const struct event_type *type)
{
	event_check_warn(check, "data", "is not an object");
	size_t at;
	if (find_field(type, check->restricted, &at))
		keep_value(check, check->restricted, &(struct value){.kind = VALUE_BOOL, .boolean = true});
}

enum result event_check_data(struct event_check *check, const struct event *event, enum data_shape shape,
                             const struct event_member *members, size_t count, struct fault *fault)
{
	const struct event_type *type = schema_type(event->type);
	uint64_t seen = 0;
	enum result result = check_members(check, event, type, members, count, &seen, fault);
	if (result != RESULT_OK || !type)
		return result;
	result = check_missing(type, members, count, seen, fault);
	if (result != RESULT_OK)
		return shape == DATA_IS_OTHER ? fault_set(fault, result, "data is not an object") : result;
	if (shape == DATA_IS_OTHER)
		warn_of_shape(check, type);
	if (event->type == TYPE_ID_SOURCE_COMPLETE)
		cut_up_to(check, event);
	return event->type < TYPE_ID_WELL_KNOWN ? check_sense(check, event, fault) : RESULT_OK;
}
