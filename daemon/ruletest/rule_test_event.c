/* rule_test_event: an event of a test, in its short words, as the line that a source would send; and what in it could
 * make a test pass for nothing. */
#include "ruletest/rule_test_event.h"

#include "base/mem.h"
#include "event/schema.h"

#include <stdio.h>
#include <stdlib.h>

/* An event's own short words, and the attribute each stands for. */
static const struct {
	const char *word, *attribute;
} attributes[] = {{"at", "time"},           {"t", "time"},           {"type", "type"},
                  {"subject", "subject"},   {"id", "id"},            {"source", "source"},
                  {"recorded", "recordedtime"}, {"rec", "recordedtime"}, {"precision", "timeprecision"},
                  {"replaces", "replaces"}, {NULL, NULL}};
static const char *const event_words[] = {"at",  "t",         "type",     "subject", "id",  "source", "recorded",
                                          "rec", "precision", "replaces", "data",    "raw", NULL};
static bool is_number(struct text text)
{
	char *end, copy[40];
	if (!text.length || text.length >= sizeof copy || (text.at[0] != '-' && (text.at[0] < '0' || text.at[0] > '9')))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	(void)strtod(copy, &end);
	return *end == '\0';
}

void rule_test_put_node(struct json_writer *json, const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_MAPPING:
		json_object(json);
		for (size_t i = 0; i < node->count; i++) {
			json_key(json, node->keys[i]->text.at);
			rule_test_put_node(json, node->items[i]);
		}
		json_object_end(json);
		return;
	case YAML_LIST:
		json_array(json);
		for (size_t i = 0; i < node->count; i++)
			rule_test_put_node(json, node->items[i]);
		json_array_end(json);
		return;
	case YAML_SCALAR:
		break;
	}
	if (yaml_is_null(node))
		json_null(json);
	else if (node->plain && (text_equal(node->text, TEXT("true")) || text_equal(node->text, TEXT("false"))))
		json_bool(json, node->text.at[0] == 't');
	else if (node->plain && is_number(node->text))
		json_raw(json, node->text);
	else
		json_text(json, node->text);
}

static void put_attribute(struct json_writer *json, const struct yaml_node *event, const char *word,
                          const char *attribute)
{
	const struct yaml_node *value = yaml_get(event, word);
	if (!value)
		return;
	json_key(json, attribute);
	if (value->kind == YAML_SCALAR && !yaml_is_null(value))
		json_text(json, value->text); /* ids may look like numbers */
	else
		rule_test_put_node(json, value);
}

void rule_test_write_event(const struct yaml_node *event, size_t number, struct buffer *out)
{
	const struct yaml_node *raw = yaml_get(event, "raw"), *data = yaml_get(event, "data");
	buffer_clear(out);
	if (raw) {
		buffer_text(out, raw->text);
		return;
	}
	struct json_writer json = json_writer_on(out);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	for (size_t i = 0; attributes[i].word; i++)
		put_attribute(&json, event, attributes[i].word, attributes[i].attribute);
	if (!yaml_get(event, "id")) {
		char id[32];
		(void)snprintf(id, sizeof id, "e%zu", number);
		json_put_string(&json, "id", id);
	}
	if (!yaml_get(event, "source"))
		json_put_string(&json, "source", "/lcs");
	json_key(&json, "data");
	if (data) {
		rule_test_put_node(&json, data);
	} else {
		json_object(&json);
		json_object_end(&json);
	}
	json_object_end(&json);
}

/* ---- what could make a test pass for nothing ---- */

static bool check_type(const struct yaml_node *type, type_id *id, struct config_faults *faults)
{
	*id = type && type->kind == YAML_SCALAR ? schema_find(type->text) : TYPE_UNKNOWN;
	if (!type || type->kind != YAML_SCALAR || *id != TYPE_UNKNOWN)
		return true; /* without a type the record is refused, and that is faulted */
	struct buffer hint = {0};
	const char **names = mem_zero(schema_type_count(), sizeof *names);
	for (size_t i = 0; i < schema_type_count(); i++)
		names[i] = schema_type_name((type_id)i);
	const char *meant = config_did_you_mean(&hint, type->text, names, schema_type_count());
	yaml_fault(type, faults, "no rule and no catalogue knows the event type \"%.*s\"%s", TEXT_ARG(type->text),
	           *meant ? meant : "; correct it, or declare it under `events:` in a file of rules");
	free(names);
	buffer_free(&hint);
	return false;
}

/* Fields beyond the catalogue are kept and hurt nobody in an event; in a test they are a slip that nothing else
 * notices. */
static bool check_fields(const struct yaml_node *data, type_id id, struct config_faults *faults)
{
	const struct event_type *type = schema_type(id);
	bool good = true;
	for (size_t i = 0; type && data && data->kind == YAML_MAPPING && i < data->count; i++) {
		const struct yaml_node *key = data->keys[i];
		if (schema_field(id, key->text))
			continue;
		struct buffer hint = {0};
		const char **names = mem_zero(type->field_count + 1, sizeof *names);
		for (size_t f = 0; f < type->field_count; f++)
			names[f] = type->fields[f].name;
		const char *meant = config_did_you_mean(&hint, key->text, names, type->field_count);
		yaml_fault(key, faults, "%s has no field \"%.*s\"%s", type->name, TEXT_ARG(key->text),
		           *meant ? meant : "; docs/events.md lists those it has");
		free(names);
		buffer_free(&hint);
		good = false;
	}
	return good;
}

bool rule_test_event_check(const struct yaml_node *event, struct config_faults *faults)
{
	type_id id;
	if (!yaml_check_keys(event, "an event of a test", event_words, faults))
		return false;
	if (yaml_get(event, "raw"))
		return true; /* sent as it stands: to show what becomes of it */
	return check_type(yaml_get(event, "type"), &id, faults) && check_fields(yaml_get(event, "data"), id, faults);
}
