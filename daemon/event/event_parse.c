/* event_parse: bytes into an event, or a reason to refuse them (events.md). */
#include "event/event_read.h"

#include "text/json_meaning.h"
#include "text/utf8.h"

#include <stdlib.h>

#define SUBJECT_BYTES 128    /* beyond: refused */
#define SUBJECT_EXPECTED 36  /* letters, digits and hyphens; else a warning */
#define AHEAD (5 * MINUTE)   /* clocks differ; a time may be so far ahead of when it was recorded */

static const char *const attribute_names[ATTRIBUTES] = {
	[SPECVERSION] = "specversion", [ID] = "id", [SOURCE] = "source", [TYPE] = "type", [SUBJECT] = "subject",
	[TIME] = "time", [TIMEPRECISION] = "timeprecision", [RECORDEDTIME] = "recordedtime", [REPLACES] = "replaces",
	[DATACONTENTTYPE] = "datacontenttype", [DATA_BASE64] = "data_base64", [DATA] = "data",
};

struct event_parser *event_parser_new(struct event_limits limits, struct text prefix, const struct zone *zone)
{
	struct event_parser *parser = MEM_NEW(struct event_parser);
	parser->limits = limits;
	parser->prefix = mem_copy_text(prefix.at, prefix.length);
	parser->prefix_length = prefix.length;
	parser->zone = zone;
	parser->json = json_reader_new(limits.depth, limits.bytes);
	parser->check = event_check_new();
	parser->check->zone = zone;
	return parser;
}

void event_parser_free(struct event_parser *parser)
{
	if (!parser)
		return;
	json_reader_free(parser->json);
	event_check_free(parser->check);
	event_free_pieces(parser);
	free(parser->prefix);
	free(parser->members);
	free(parser->items);
	free(parser);
}

void event_parser_strict(struct event_parser *parser)
{
	parser->strict = true;
}

static void reset(struct event_parser *parser)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		parser->attributes[i].token = JSON_NULL;
	parser->shape = DATA_IS_ABSENT;
	parser->plain = false;
	parser->other = 0;
	parser->member_count = parser->item_count = 0;
	event_check_reset(parser->check);
}

/* ---- reading ---- */

static struct value *push_item(struct event_parser *parser)
{
	return mem_push((void **)&parser->items, &parser->item_count, &parser->item_room, sizeof *parser->items);
}

/* A scalar's value; an object or list is passed over, and is VALUE_OTHER. */
static bool read_scalar(struct event_parser *parser, enum json_token token, struct text text, struct value *value)
{
	*value = (struct value){.kind = VALUE_ABSENT};
	if (token == JSON_STRING)
		*value = (struct value){.kind = VALUE_STRING, .string = text};
	else if (token == JSON_TRUE || token == JSON_FALSE)
		*value = (struct value){.kind = VALUE_BOOL, .boolean = token == JSON_TRUE};
	else if (token == JSON_NUMBER && json_number_value(text, &value->number))
		value->kind = VALUE_NUMBER;
	else if (token != JSON_NULL) {
		value->kind = VALUE_OTHER;
		return json_meaning(parser->json, token, text, &value->other) != JSON_FAULT;
	}
	return token != JSON_FAULT;
}

/* The items are found by `count` alone until all of data is read: the array may still move. */
static bool read_list(struct event_parser *parser, struct value *value)
{
	size_t first = parser->item_count;
	struct text text;
	for (;;) {
		enum json_token token = json_next(parser->json, &text);
		if (token == JSON_ARRAY_END)
			break;
		struct value item;
		if (token == JSON_FAULT || !read_scalar(parser, token, text, &item))
			return false;
		*push_item(parser) = item;
	}
	*value = (struct value){.kind = VALUE_LIST, .list = {.items = NULL, .count = parser->item_count - first}};
	return true;
}

static bool read_member(struct event_parser *parser, struct text name)
{
	struct text text;
	struct value value;
	enum json_token token = json_next(parser->json, &text);
	if (token == JSON_ARRAY ? !read_list(parser, &value) : !read_scalar(parser, token, text, &value))
		return false;
	if (value.kind == VALUE_ABSENT)
		return true;
	struct event_member *member = mem_push((void **)&parser->members, &parser->member_count, &parser->member_room,
	                                       sizeof *member);
	*member = (struct event_member){.name = name, .value = value};
	return true;
}

static void place_items(struct event_parser *parser)
{
	size_t first = 0;
	for (size_t i = 0; i < parser->member_count && first < parser->item_count; i++) {
		struct value *value = &parser->members[i].value;
		if (value->kind != VALUE_LIST)
			continue;
		value->list.items = parser->items + first;
		first += value->list.count;
	}
}

/* The value of data, of whatever shape. */
static bool read_data(struct event_parser *parser)
{
	struct text text;
	enum json_token token = json_next(parser->json, &text);
	if (token != JSON_OBJECT) {
		parser->shape = token == JSON_NULL ? DATA_IS_ABSENT : DATA_IS_OTHER;
		return json_meaning(parser->json, token, text, &parser->other) != JSON_FAULT;
	}
	parser->shape = DATA_IS_OBJECT;
	while ((token = json_next(parser->json, &text)) == JSON_KEY)
		if (!read_member(parser, text))
			return false;
	place_items(parser);
	return token == JSON_OBJECT_END;
}

static bool read_attribute(struct event_parser *parser, struct text key)
{
	enum attribute attribute = event_attribute_of(key);
	if (attribute == DATA)
		return read_data(parser);
	struct text text = TEXT_NONE;
	enum json_token token = json_next(parser->json, &text);
	if (attribute != OTHER)
		parser->attributes[attribute] = (struct attribute_value){token, text};
	return json_skip(parser->json, token) != JSON_FAULT;
}

static enum result read_event(struct event_parser *parser, struct text bytes, struct fault *fault)
{
	struct text key;
	json_start(parser->json, bytes, 0);
	enum json_token token = json_next(parser->json, &key);
	if (token != JSON_OBJECT && token != JSON_FAULT)
		return fault_set(fault, RESULT_PERMANENT, "not an event: it is JSON, but not an object");
	bool good = token == JSON_OBJECT;
	while (good && (token = json_next(parser->json, &key)) == JSON_KEY)
		good = read_attribute(parser, key);
	if (!good || token != JSON_OBJECT_END || json_next(parser->json, &key) != JSON_END)
		return fault_set(fault, RESULT_PERMANENT, "%s", json_fault(parser->json));
	return RESULT_OK;
}

/* ---- judging the attributes ---- */

static const char *wrong_with(const struct event_parser *parser, enum attribute attribute)
{
	const struct attribute_value *value = &parser->attributes[attribute];
	if (value->token == JSON_STRING && parser->plain) /* the short way takes none that is blank */
		return NULL;
	if (value->token == JSON_NULL)
		return "is missing";
	if (value->token != JSON_STRING)
		return "is not a string";
	if (text_is_blank(value->text))
		return "is empty";
	return !parser->plain && utf8_has_control(value->text) ? "contains a control character" : NULL;
}

static enum result require(const struct event_parser *parser, enum attribute attribute, struct text *text,
                           struct fault *fault)
{
	const char *wrong = wrong_with(parser, attribute);
	if (wrong)
		return fault_set(fault, RESULT_PERMANENT, "%s %s", attribute_names[attribute], wrong);
	*text = parser->attributes[attribute].text;
	return RESULT_OK;
}

/* An id typed with a blank at its end would be another child, or another event: the blanks are cut before anything
 * looks at it. One that has nothing else is empty. */
static void cut_blanks(struct event_parser *parser, enum attribute attribute)
{
	struct attribute_value *value = &parser->attributes[attribute];
	if (value->token != JSON_STRING)
		return;
	struct text cut = utf8_cut_blanks(value->text);
	if (cut.length && cut.length < value->text.length)
		event_check_warn(parser->check, attribute_names[attribute], EVENT_BLANKS_CUT);
	value->text = cut;
}

/* For whoever looks at what was refused. */
static void fill_readable(const struct event_parser *parser, struct event *event)
{
	*event = (struct event){.type = TYPE_UNKNOWN, .time = INSTANT_NONE, .recorded = INSTANT_NONE};
	if (!wrong_with(parser, ID))
		event->id = parser->attributes[ID].text;
	if (!wrong_with(parser, SOURCE))
		event->source = parser->attributes[SOURCE].text;
}

/* application/json and any type with +json, whatever its parameters. */
static bool is_json_type(struct text type)
{
	const char *semicolon = memchr(type.at, ';', type.length);
	if (semicolon)
		type.length = (size_t)(semicolon - type.at);
	type = text_trim(type);
	const char *slash = type.length ? memchr(type.at, '/', type.length) : NULL;
	if (!slash || slash == type.at)
		return false;
	struct text subtype = {slash + 1, type.length - (size_t)(slash + 1 - type.at)};
	struct text tail = {subtype.at + subtype.length - 5, 5};
	return text_equal_fold(subtype, TEXT("json")) || (subtype.length > 5 && text_equal_fold(tail, TEXT("+json")));
}

static enum result check_media_type(const struct event_parser *parser, struct fault *fault)
{
	const struct attribute_value *value = &parser->attributes[DATACONTENTTYPE];
	if (parser->attributes[DATA_BASE64].token != JSON_NULL)
		return fault_set(fault, RESULT_PERMANENT, "data_base64 is not taken: data must be JSON");
	if (value->token == JSON_NULL)
		return RESULT_OK;
	bool usual = value->token == JSON_STRING && text_equal(value->text, TEXT("application/json"));
	if (usual || (value->token == JSON_STRING && is_json_type(value->text)))
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT,
	                 "datacontenttype is not JSON: application/json or a +json type is expected");
}

static struct text without_prefix(const struct event_parser *parser, struct text type)
{
	if (parser->prefix_length && type.length > parser->prefix_length &&
	    memcmp(type.at, parser->prefix, parser->prefix_length) == 0)
		return (struct text){type.at + parser->prefix_length, type.length - parser->prefix_length};
	return type;
}

static bool expected_subject(struct text subject)
{
	for (size_t i = 0; i < subject.length; i++) {
		char c = subject.at[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '-')
			return false;
	}
	return subject.length <= SUBJECT_EXPECTED;
}

static enum result judge_names(struct event_parser *parser, struct event *event, struct fault *fault)
{
	struct text version = TEXT_NONE;
	enum result result = require(parser, SPECVERSION, &version, fault);
	if (result == RESULT_OK && !text_equal(version, TEXT("1.0")))
		result = fault_set(fault, RESULT_PERMANENT, "specversion is not 1.0");
	if (result == RESULT_OK)
		result = require(parser, ID, &event->id, fault);
	if (result == RESULT_OK)
		result = require(parser, SOURCE, &event->source, fault);
	if (result == RESULT_OK)
		result = require(parser, TYPE, &event->type_name, fault);
	if (result == RESULT_OK)
		result = require(parser, SUBJECT, &event->subject, fault);
	if (result != RESULT_OK)
		return result;
	event->type_name = without_prefix(parser, event->type_name);
	event->type = event_find_type(parser, event->type_name);
	if (event->subject.length > SUBJECT_BYTES)
		return fault_set(fault, RESULT_PERMANENT, "subject is longer than %d bytes", SUBJECT_BYTES);
	/* A source is named by a URI reference, not by an id. */
	if (event->type != TYPE_ID_SOURCE_COMPLETE && !expected_subject(event->subject))
		event_check_warn(parser->check, "subject", "is not 1 to 36 letters, digits and hyphens");
	return RESULT_OK;
}

/* An optional attribute: absent, or readable, or set aside with a warning and then absent. */
static bool optional(struct event_parser *parser, enum attribute attribute, struct text *text)
{
	const struct attribute_value *value = &parser->attributes[attribute];
	if (value->token == JSON_NULL)
		return false;
	const char *wrong = wrong_with(parser, attribute);
	if (wrong)
		event_check_warn(parser->check, attribute_names[attribute], wrong);
	*text = value->text;
	return !wrong;
}

static void judge_recorded(struct event_parser *parser, struct event *event)
{
	struct text text;
	const char *why = NULL;
	event->recorded = INSTANT_NONE;
	if (!optional(parser, RECORDEDTIME, &text))
		return;
	if (text_equal(text, parser->attributes[TIME].text)) { /* a source that knows of one time alone */
		event->recorded = event->time;
		return;
	}
	if (instant_parse(text, &event->recorded, &why))
		return;
	event->recorded = INSTANT_NONE;
	event_check_warn(parser->check, attribute_names[RECORDEDTIME], why);
}

static void judge_precision(struct event_parser *parser, struct event *event)
{
	struct text text;
	if (!optional(parser, TIMEPRECISION, &text))
		return;
	event->day_precision = text_equal_fold(text, TEXT("day"));
	if (!event->day_precision)
		event_check_warn(parser->check, attribute_names[TIMEPRECISION], "is not day");
}

static void judge_replaces(struct event_parser *parser, struct event *event)
{
	struct text text;
	if (!optional(parser, REPLACES, &text))
		return;
	if (text_equal(text, event->id))
		event_check_warn(parser->check, attribute_names[REPLACES], "names this event itself");
	else
		event->replaces = text;
}

static enum result judge_time(struct event_parser *parser, struct event *event, instant arrival, struct fault *fault)
{
	struct text text;
	const char *why = NULL;
	enum result result = require(parser, TIME, &text, fault);
	if (result != RESULT_OK)
		return result;
	if (!instant_parse(text, &event->time, &why))
		return fault_set(fault, RESULT_PERMANENT, "time %s", why);
	judge_recorded(parser, event);
	judge_precision(parser, event);
	if (event->day_precision && parser->zone)
		event->time = zone_midnight(parser->zone, zone_date(parser->zone, event->time));
	if (event->recorded != INSTANT_NONE && event->time - event->recorded > AHEAD)
		return fault_set(fault, RESULT_PERMANENT, "time is more than 5 minutes after recordedtime");
	if (event->recorded == INSTANT_NONE && arrival != INSTANT_NONE && event->time > arrival + AHEAD)
		return fault_set(fault, RESULT_PERMANENT, "time is more than 5 minutes after the event arrived");
	return RESULT_OK;
}

static void cut_ids(struct event_parser *parser)
{
	cut_blanks(parser, ID);
	cut_blanks(parser, SUBJECT);
	cut_blanks(parser, REPLACES);
}

static enum result judge(struct event_parser *parser, instant arrival, struct event *event, struct fault *fault)
{
	enum result result = judge_names(parser, event, fault);
	if (result == RESULT_OK)
		result = judge_time(parser, event, arrival, fault);
	if (result == RESULT_OK)
		result = check_media_type(parser, fault);
	if (result != RESULT_OK)
		return result;
	judge_replaces(parser, event);
	parser->check->plain = parser->plain;
	result = event_check_data(parser->check, event, parser->shape, parser->members, parser->member_count, fault);
	event->fields = parser->check->fields;
	event->field_count = parser->check->field_count;
	event->rest = parser->check->rest + (parser->shape == DATA_IS_OTHER ? parser->other : 0);
	event->warnings = parser->check->warnings;
	event->warning_count = parser->check->warning_count;
	event->in_bytes = parser->plain && !parser->check->arena_used && !event->warning_count;
	return result;
}

static enum result finish(struct event_parser *parser, enum result result, instant arrival, struct event *event,
                          struct fault *fault)
{
	*event = (struct event){.type = TYPE_UNKNOWN, .time = INSTANT_NONE, .recorded = INSTANT_NONE};
	if (!parser->plain) /* the short way takes none that has blanks at its ends */
		cut_ids(parser);
	if (result == RESULT_OK)
		result = judge(parser, arrival, event, fault);
	if (result != RESULT_OK)
		fill_readable(parser, event);
	return result;
}

static struct text without_line_end(struct text bytes)
{
	if (bytes.length && bytes.at[bytes.length - 1] == '\n')
		bytes.length--;
	if (bytes.length && bytes.at[bytes.length - 1] == '\r')
		bytes.length--;
	return bytes;
}

static enum result too_long(const struct event_parser *parser, size_t bytes, struct fault *fault)
{
	return fault_set(fault, RESULT_PERMANENT, "%zu bytes long: at most %zu are taken", bytes, parser->limits.bytes);
}

static bool read_plain(struct event_parser *parser, struct text bytes)
{
	if (event_read_as_before(parser, bytes))
		return true;
	reset(parser);
	if (!event_read_short(parser, bytes))
		return false;
	event_keep_pieces(parser, bytes);
	return true;
}

enum result event_parse(struct event_parser *parser, struct text bytes, instant arrival, struct event *event,
                        struct fault *fault)
{
	reset(parser);
	bytes = without_line_end(bytes);
	size_t length = bytes.length;
	if (length > parser->limits.bytes)
		bytes.length = parser->limits.bytes; /* as far as that, for its id and source */
	bytes = utf8_cut_mark(bytes);
	if (length <= parser->limits.bytes && !parser->strict && read_plain(parser, bytes))
		return finish(parser, RESULT_OK, arrival, event, fault);
	reset(parser);
	enum result result = read_event(parser, bytes, fault);
	if (length > parser->limits.bytes)
		result = too_long(parser, length, fault);
	return finish(parser, result, arrival, event, fault);
}

/* ---- binary mode ---- */

static enum attribute attribute_of_header(struct text name)
{
	for (int i = OTHER + 1; i < ATTRIBUTES; i++)
		if (i != DATA && i != DATACONTENTTYPE && text_equal_fold(name, text_of(attribute_names[i])))
			return (enum attribute)i;
	return OTHER;
}

static enum result read_header(struct event_parser *parser, const struct event_attribute *header, struct fault *fault)
{
	enum attribute attribute = attribute_of_header(header->name);
	if (attribute == OTHER)
		return RESULT_OK;
	if (parser->attributes[attribute].token != JSON_NULL)
		return fault_set(fault, RESULT_PERMANENT, "the attribute %s occurs twice", attribute_names[attribute]);
	if (utf8_valid(header->value) != header->value.length)
		return fault_set(fault, RESULT_PERMANENT, "%s is not valid UTF-8", attribute_names[attribute]);
	parser->attributes[attribute] = (struct attribute_value){JSON_STRING, header->value};
	return RESULT_OK;
}

static enum result read_body(struct event_parser *parser, struct text body, struct fault *fault)
{
	struct text value;
	if (text_is_blank(body))
		return RESULT_OK;
	json_start(parser->json, body, 1);
	if (read_data(parser) && json_next(parser->json, &value) == JSON_END)
		return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT, "data: %s", json_fault(parser->json));
}

enum result event_parse_binary(struct event_parser *parser, const struct event_attribute *attributes, size_t count,
                               struct text content_type, struct text body, instant arrival, struct event *event,
                               struct fault *fault)
{
	reset(parser);
	enum result result = RESULT_OK;
	size_t bytes = body.length + content_type.length;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		bytes += attributes[i].name.length + attributes[i].value.length;
		result = read_header(parser, &attributes[i], fault);
	}
	if (content_type.length)
		parser->attributes[DATACONTENTTYPE] = (struct attribute_value){JSON_STRING, content_type};
	if (result == RESULT_OK && bytes > parser->limits.bytes)
		result = too_long(parser, bytes, fault);
	/* A body of another media type is refused for that, not for being no JSON. */
	if (result == RESULT_OK)
		result = check_media_type(parser, fault);
	if (result == RESULT_OK)
		result = read_body(parser, body, fault);
	return finish(parser, result, arrival, event, fault);
}
