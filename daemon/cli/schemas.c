/* schemas: JSON Schemas and the AsyncAPI document, from the schema table. */
#include "cli/schemas.h"

#include "text/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define DRAFT "http://json-schema.org/draft-07/schema#" /* the one every AsyncAPI tool reads */
#define MEDIA_TYPE "application/cloudevents+json"

/* Validators in strict mode refuse what the draft does not know, a `type` that is a list, `format`s they were not
 * taught, and `properties` without a type. So null is an alternative of its own, and times are patterns: of just the
 * grammar that is read. */
#define TIME_PATTERN                                                                                                   \
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
#define DATE_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

/* ---- one property ---- */

static void put_words(struct json_writer *json, const char *key, const char *const *words)
{
	json_key(json, key);
	json_array(json);
	for (size_t i = 0; words[i]; i++)
		json_string(json, words[i]);
	json_array_end(json);
}

static void put_string(struct json_writer *json, const struct field *field)
{
	json_put_string(json, "type", "string");
	if (field->required)
		json_put_integer(json, "minLength", 1);
	if (field->words)
		put_words(json, "examples", field->words);
}

static void put_strings(struct json_writer *json, const struct field *field)
{
	json_put_string(json, "type", "array");
	json_key(json, "items");
	json_object(json);
	json_put_string(json, "type", "string");
	json_put_integer(json, "minLength", 1);
	if (field->words)
		put_words(json, "examples", field->words);
	json_object_end(json);
}

static void put_number(struct json_writer *json, const struct field *field)
{
	json_put_string(json, "type", "number");
	if (field->least >= field->most)
		return;
	json_key(json, "minimum");
	json_number(json, field->least);
	json_key(json, "maximum");
	json_number(json, field->most);
}

static void put_pattern(struct json_writer *json, const char *pattern)
{
	json_put_string(json, "type", "string");
	json_put_string(json, "pattern", pattern);
}

static void put_kind(struct json_writer *json, const struct field *field)
{
	switch (field->kind) {
	case FIELD_STRING:
		put_string(json, field);
		return;
	case FIELD_STRINGS:
		put_strings(json, field);
		return;
	case FIELD_NUMBER:
		put_number(json, field);
		return;
	case FIELD_BOOL:
		json_put_string(json, "type", "boolean");
		return;
	case FIELD_DATE:
		put_pattern(json, DATE_PATTERN);
		return;
	case FIELD_INSTANT:
		put_pattern(json, TIME_PATTERN);
		return;
	case FIELD_WORD:
		json_put_string(json, "type", "string");
		put_words(json, "enum", field->words);
		return;
	case FIELD_ANY:
		return;
	}
}

/* What a schema has no keyword for. */
static void put_comment(struct json_writer *json, const struct field *field)
{
	struct buffer comment = {0};
	if (field->key)
		buffer_string(&comment, "key: correlates what begins with what ends it; ");
	if (field->party != PARTY_NONE)
		buffer_format(&comment, "party: the event also belongs to the history of this %s; ",
		              field->party == PARTY_WORKER ? "worker" : "provider");
	if (field->words)
		buffer_string(&comment, field->kind == FIELD_WORD
		                                ? "read without regard to case; "
		                                : "read without regard to case, and others are taken; ");
	if (comment.length)
		json_put_text(json, "$comment", (struct text){comment.at, comment.length - 2});
	buffer_free(&comment);
}

/* null means absent. */
static void put_null_as_well(struct json_writer *json)
{
	json_object_end(json);
	json_raw(json, TEXT("{\"type\":\"null\"}"));
	json_array_end(json);
}

static void begin_alternatives(struct json_writer *json)
{
	json_key(json, "anyOf");
	json_array(json);
	json_object(json);
}

static void put_field(struct json_writer *json, const struct field *field)
{
	json_key(json, field->name);
	json_object(json);
	json_put_string(json, "title", field->label);
	put_comment(json, field);
	if (!field->required)
		begin_alternatives(json);
	put_kind(json, field);
	if (!field->required)
		put_null_as_well(json);
	json_object_end(json);
}

/* ---- one type ---- */

static void put_required(struct json_writer *json, const struct event_type *type)
{
	json_key(json, "required");
	json_array(json);
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].required)
			json_string(json, type->fields[i].name);
	json_array_end(json);
}

/* "if kind is single, then referral is required", for each field that some kind needs. */
static void put_conditions(struct json_writer *json, const struct event_type *type)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!field->needed_for)
			continue;
		json_key(json, "if");
		json_raw(json, TEXT("{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":"));
		json->comma = false;
		json_string(json, field->needed_for);
		buffer_string(json->out, "}}}");
		json_key(json, "then");
		json_raw(json, TEXT("{\"type\":\"object\",\"required\":["));
		json->comma = false;
		json_string(json, field->name);
		buffer_format(json->out, "],\"properties\":{\"%s\":{\"type\":\"string\",\"minLength\":1}}}",
		              field->name);
	}
}

static bool any_required(const struct event_type *type)
{
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].required)
			return true;
	return false;
}

static void put_data(struct json_writer *json, const struct event_type *type)
{
	json_key(json, "data");
	json_object(json);
	if (!any_required(type))
		begin_alternatives(json);
	json_put_string(json, "type", "object");
	if (any_required(type))
		put_required(json, type);
	json_key(json, "properties");
	json_object(json);
	for (size_t i = 0; i < type->field_count; i++)
		put_field(json, &type->fields[i]);
	json_object_end(json);
	put_conditions(json, type);
	if (!any_required(type))
		put_null_as_well(json);
	json_object_end(json);
}

/* The type's name ends in the catalogue's, behind whatever prefix a council uses. */
static void put_name(struct json_writer *json, const struct event_type *type)
{
	json_key(json, "type");
	json_object(json);
	json_put_string(json, "type", "string");
	struct buffer pattern = {0};
	buffer_string(&pattern, "^(.+\\.)?");
	for (const char *c = type->name; *c; c++)
		buffer_format(&pattern, *c == '.' ? "\\%c" : "%c", *c);
	buffer_char(&pattern, '$');
	json_put_text(json, "pattern", buffer_view(&pattern));
	buffer_free(&pattern);
	json_object_end(json);
}

static const char *subject_of(const struct event_type *type)
{
	switch (type->subject) {
	case SUBJECT_CHILD:
		return "subject: the child";
	case SUBJECT_WORKER:
		return "subject: the worker";
	case SUBJECT_PROVIDER:
		return "subject: the provider";
	case SUBJECT_OTHER:
		break;
	}
	return "subject: what the event is about";
}

static void write_type(struct json_writer *json, const struct event_type *type)
{
	json_object(json);
	json_put_string(json, "$schema", DRAFT);
	json_put_string(json, "title", type->title);
	json_put_string(json, "description", subject_of(type));
	json_put_string(json, "type", "object");
	json_key(json, "allOf");
	json_raw(json, TEXT("[{\"$ref\":\"event.json\"}]"));
	if (any_required(type)) {
		json_key(json, "required");
		json_raw(json, TEXT("[\"data\"]"));
	}
	json_key(json, "properties");
	json_object(json);
	put_name(json, type);
	put_data(json, type);
	json_object_end(json);
	json_object_end(json);
}

/* ---- what all types share ---- */

static void write_event(struct json_writer *json)
{
	json_raw(json, TEXT("{\"$schema\":\"" DRAFT "\",\"title\":\"An event\","
	                    "\"description\":\"A CloudEvent 1.0 in structured mode, at most 64 KiB, nested at most 32 "
	                    "deep, no key twice\","
	                    "\"type\":\"object\",\"required\":[\"specversion\",\"id\",\"source\",\"type\",\"subject\","
	                    "\"time\"],"
	                    "\"properties\":{"
	                    "\"specversion\":{\"const\":\"1.0\"},"
	                    "\"id\":{\"type\":\"string\",\"minLength\":1,\"description\":\"with source: unique; a "
	                    "second one changes nothing\"},"
	                    "\"source\":{\"type\":\"string\",\"minLength\":1},"
	                    "\"type\":{\"type\":\"string\",\"minLength\":1},"
	                    "\"subject\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,"
	                    "\"description\":\"an opaque id, never a name; 1 to 36 letters, digits and hyphens are "
	                    "expected\"},"
	                    "\"time\":{\"type\":\"string\",\"pattern\":\"" TIME_PATTERN
	                    "\",\"description\":\"when it happened, 1990 to 2100, "
	                    "at most 5 minutes after it was recorded\"},"
	                    "\"timeprecision\":{\"enum\":[\"day\",null],\"description\":\"day: only the date is known; "
	                    "time is local midnight\"},"
	                    "\"recordedtime\":{\"description\":\"when it was entered in the source system\","
	                    "\"anyOf\":[{\"type\":\"string\",\"pattern\":\"" TIME_PATTERN "\"},{\"type\":\"null\"}]},"
	                    "\"replaces\":{\"description\":\"the id (same source) of an earlier event that this one "
	                    "corrects\","
	                    "\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"null\"}]},"
	                    "\"datacontenttype\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^[^;/]+/"
	                    "([^;]+[+])?[jJ][sS][oO][nN][ \\\\t]*(;.*)?$\"},"
	                    "{\"type\":\"null\"}]},"
	                    "\"data_base64\":{\"type\":\"null\"}}}"));
}

/* The types of the catalogue, then those that loaded rules declare. */
static const struct event_type *nth_type(size_t index)
{
	for (size_t id = index < schema_type_count() ? index : schema_type_count(); id < schema_types_named(); id++) {
		const struct event_type *type = schema_type((type_id)id);
		if (id == index && id < schema_type_count())
			return type;
		if (type && index-- == schema_type_count())
			return type;
	}
	return NULL;
}

size_t schemas_count(void)
{
	size_t count = schema_type_count();
	while (nth_type(count))
		count++;
	return count + 2;
}

static void write_messages(struct json_writer *json)
{
	json_key(json, "messages");
	json_object(json);
	for (size_t i = 0; i < schemas_count() - 2; i++) {
		const struct event_type *type = nth_type(i);
		struct buffer file = {0};
		json_key(json, type->name);
		json_object(json);
		json_put_string(json, "name", type->name);
		json_put_string(json, "title", type->title);
		json_put_string(json, "contentType", MEDIA_TYPE);
		json_key(json, "payload");
		json_object(json);
		buffer_format(&file, "%s.json", type->name);
		json_put_text(json, "$ref", buffer_view(&file));
		json_object_end(json);
		json_object_end(json);
		buffer_free(&file);
	}
	json_object_end(json);
}

/* The same messages by HTTP (docs/http.md). */
static void write_http(struct json_writer *json)
{
	json_key(json, "http");
	json_object(json);
	json_put_string(json, "address", "/events");
	json_put_string(json, "description",
	                "Where http-intake takes them by POST: structured, binary, or at most 1,000 in a batch");
	json_key(json, "messages");
	json_object(json);
	for (size_t i = 0; i < schemas_count() - 2; i++) {
		struct buffer reference = {0};
		buffer_format(&reference, "#/channels/events/messages/%s", nth_type(i)->name);
		json_key(json, nth_type(i)->name);
		json_object(json);
		json_put_text(json, "$ref", buffer_view(&reference));
		json_object_end(json);
		buffer_free(&reference);
	}
	json_object_end(json);
	json_object_end(json);
}

static void write_asyncapi(struct json_writer *json)
{
	json_object(json);
	json_put_string(json, "asyncapi", "3.0.0");
	json_key(json, "info");
	json_raw(json,
	         TEXT("{\"title\":\"casewatch events\",\"version\":\"1.0.0\",\"description\":\"What casewatch hears: "
	              "CloudEvents of children's social care, on Kafka (structured or binary), by HTTP (structured, "
	              "binary or batched), or one a line in files that are put into a directory\"}"));
	json_put_string(json, "defaultContentType", MEDIA_TYPE);
	json_key(json, "channels");
	json_object(json);
	json_key(json, "events");
	json_object(json);
	json_put_string(json, "address", NULL); /* the topic is each council's own */
	json_put_string(json, "description", "The topic or spool directory in which a council's systems report");
	write_messages(json);
	json_object_end(json);
	write_http(json);
	json_object_end(json);
	json_key(json, "operations");
	json_raw(json, TEXT("{\"hear\":{\"action\":\"receive\",\"channel\":{\"$ref\":\"#/channels/events\"}},"
	                    "\"hearByHttp\":{\"action\":\"receive\",\"channel\":{\"$ref\":\"#/channels/http\"},"
	                    "\"bindings\":{\"http\":{\"method\":\"POST\"}}}}"));
	json_object_end(json);
}

/* ---- files ---- */

/* People review these: one member a line. Only lists and objects with something in them are broken up. */
static void indent(struct text json, struct buffer *out)
{
	size_t depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < json.length; i++) {
		char c = json.at[i];
		bool open = !in_string && (c == '{' || c == '['), close = !in_string && (c == '}' || c == ']');
		if (close && json.at[i - 1] != '{' && json.at[i - 1] != '[')
			buffer_format(out, "\n%*s", (int)(2 * (depth - 1)), "");
		buffer_char(out, c);
		depth = depth + open - close;
		if ((open && json.at[i + 1] != '}' && json.at[i + 1] != ']') || (!in_string && c == ','))
			buffer_format(out, "\n%*s", (int)(2 * depth), "");
		if (!in_string && c == ':')
			buffer_char(out, ' ');
		if (in_string && c == '\\')
			buffer_char(out, json.at[++i]);
		else if (c == '"')
			in_string = !in_string;
	}
	buffer_char(out, '\n');
}


void schemas_file(size_t index, struct buffer *name, struct buffer *out)
{
	struct buffer compact = {0};
	struct json_writer json = json_writer_on(&compact);
	const struct event_type *type = nth_type(index);
	if (type) {
		buffer_format(name, "%s.json", type->name);
		write_type(&json, type);
	} else if (index + 2 == schemas_count()) {
		buffer_string(name, "event.json");
		write_event(&json);
	} else {
		buffer_string(name, "asyncapi.json");
		write_asyncapi(&json);
	}
	indent(buffer_view(&compact), out);
	buffer_free(&compact);
}

static enum result write_file(const char *path, struct text text, struct fault *fault)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return fault_set(fault, RESULT_PERMANENT, "cannot write %s: %s", path, strerror(errno));
	bool written = fwrite(text.at, 1, text.length, file) == text.length;
	if (fclose(file) != 0 || !written)
		return fault_set(fault, RESULT_PERMANENT, "cannot write all of %s: %s", path, strerror(errno));
	return RESULT_OK;
}

enum result schemas_write(const char *directory, struct fault *fault)
{
	enum result result = RESULT_OK;
	schema_start();
	if (mkdir(directory, 0777) != 0 && errno != EEXIST)
		return fault_set(fault, RESULT_PERMANENT, "cannot make the directory %s: %s", directory,
		                 strerror(errno));
	for (size_t i = 0; i < schemas_count() && result == RESULT_OK; i++) {
		struct buffer name = {0}, text = {0}, path = {0};
		schemas_file(i, &name, &text);
		buffer_format(&path, "%s/%s", directory, buffer_cstr(&name));
		result = write_file(buffer_cstr(&path), buffer_view(&text), fault);
		buffer_free(&path);
		buffer_free(&text);
		buffer_free(&name);
	}
	return result;
}
