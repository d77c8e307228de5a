/* events: types of a council's own, declared beside its rules (rules.md, "The file").
 *
 * events:
 *   - {type: hospital.attended, title: "Seen in hospital", data: {visit: {type: text, key: true, required: true},
 * reason: text}} */
#include "rules/load/load_internal.h"

#include <stdlib.h>

/* As many as the check of an event counts. More would be a record of its own, not an event. */
#define FIELDS_MAX 64

static const char *const event_keys[] = {"type", "title", "subject", "data", NULL};
static const char *const field_keys[] = {"type", "key", "required", "words", "label", NULL};
static const char *const field_types[] = {"text", "bool", "number", "date", "time", "word", "list", "any", NULL};
static const enum field_kind kinds[] = {FIELD_STRING, FIELD_BOOL,    FIELD_NUMBER, FIELD_DATE,
                                        FIELD_INSTANT, FIELD_WORD, FIELD_STRINGS, FIELD_ANY};
static const char *const subjects[] = {"child", "worker", "provider", NULL};
static const enum subject_kind subject_kinds[] = {SUBJECT_CHILD, SUBJECT_WORKER, SUBJECT_PROVIDER};

static bool is_word(struct text word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!((word.at[i] >= 'a' && word.at[i] <= 'z') || (word.at[i] >= '0' && word.at[i] <= '9') ||
		      strchr("-_", word.at[i])))
			return false;
	return word.length > 0;
}

static void read_words(struct rules_loader *loader, const struct yaml_node *node, struct field *field)
{
	size_t count;
	const char **words = rules_texts(loader, node, "words", &count);
	if (!count)
		yaml_fault(node, loader->faults, "words is empty; write words: [low, high]");
	for (size_t i = 0; i < count; i++)
		if (!is_word(text_of(words[i])))
			yaml_fault(rules_item(loader, node, i), loader->faults,
			           "a word has lower-case letters, digits, hyphens and underscores: very-high");
	field->words = words;
	if (field->kind != FIELD_WORD && field->kind != FIELD_STRINGS)
		yaml_fault(node, loader->faults, "words are of a field of type word, or list");
}

static enum field_kind read_kind(struct rules_loader *loader, const struct yaml_node *node)
{
	size_t which = 0;
	if (node)
		(void)yaml_read_word(node, "a field's type", field_types, &which, loader->faults);
	return kinds[which];
}

/* "text", or {type: text, key: true, required: true}. */
static struct field read_field(struct rules_loader *loader, const struct yaml_node *name, const struct yaml_node *node)
{
	struct field field = {.name = rules_keep(loader, name->text)};
	field.label = field.name; /* where no label says it better */
	if (!schema_name_add(name->text))
		yaml_fault(name, loader->faults, "too many different field names in the rules");
	if (node->kind != YAML_MAPPING) {
		field.kind = read_kind(loader, node);
		if (field.kind == FIELD_WORD)
			yaml_fault(node, loader->faults,
			           "a field of type word needs its words: {type: word, words: [low, high]}");
		return field;
	}
	(void)yaml_check_keys(node, "a field", field_keys, loader->faults);
	field.kind = read_kind(loader, rules_need(loader, node, "type", "a field"));
	const struct yaml_node *key = rules_get(loader, node, "key"), *required = rules_get(loader, node, "required");
	const struct yaml_node *label = rules_get(loader, node, "label"), *words = rules_get(loader, node, "words");
	if (key && yaml_read_bool(key, "key", &field.key, loader->faults) && field.key && field.kind != FIELD_STRING &&
	    field.kind != FIELD_NUMBER)
		yaml_fault(key, loader->faults, "a key is a text or a number: it tells which start an end belongs to");
	if (required)
		(void)yaml_read_bool(required, "required", &field.required, loader->faults);
	if (label)
		field.label = rules_text(loader, label, "label");
	if (words)
		read_words(loader, words, &field);
	else if (field.kind == FIELD_WORD)
		yaml_fault(node, loader->faults, "a field of type word needs words: [low, high]");
	return field;
}

static bool is_field_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!((name.at[i] >= 'a' && name.at[i] <= 'z') || name.at[i] == '_' ||
		      (i && name.at[i] >= '0' && name.at[i] <= '9')))
			return false;
	return name.length > 0 && name.length <= 64;
}

static void read_data(struct rules_loader *loader, const struct yaml_node *data, struct event_type *type)
{
	if (!data)
		return;
	if (data->kind != YAML_MAPPING) {
		yaml_fault(data, loader->faults, "data is %s; write the fields: data: {visit: text}",
		           yaml_kind_name(data));
		return;
	}
	if (data->count > FIELDS_MAX)
		yaml_fault(data, loader->faults, "%zu fields; an event has at most %d", data->count, FIELDS_MAX);
	struct field *fields = arena_alloc(loader->arena, (data->count + 1) * sizeof *fields);
	for (size_t i = 0; i < data->count && i < FIELDS_MAX; i++) {
		if (!is_field_name(data->keys[i]->text))
			yaml_fault(data->keys[i], loader->faults,
			           "a field's name has lower-case letters, digits and underscores: visit_reason");
		fields[type->field_count++] = read_field(loader, data->keys[i], data->items[i]);
	}
	type->fields = fields;
}

/* Where the type stands already: in the catalogue, or in this set. */
static bool is_new(struct rules_loader *loader, const struct yaml_node *node, struct text name)
{
	type_id id = schema_find(name);
	if (id != TYPE_UNKNOWN && id < schema_type_count()) {
		yaml_fault(node, loader->faults, "%s is a type of the catalogue already; take another name", name.at);
		return false;
	}
	for (size_t i = 0; i < loader->declared_count; i++)
		if (text_equal(loader->declared[i]->text, name)) {
			yaml_fault(node, loader->faults, "%s is declared already in %s, line %d", name.at,
			           loader->declared[i]->file, loader->declared[i]->line);
			return false;
		}
	*(const struct yaml_node **)mem_push((void **)&loader->declared, &loader->declared_count,
	                                     &loader->declared_room, sizeof node) = node;
	return true;
}

void rules_read_event(struct rules_loader *loader, const struct yaml_node *node)
{
	if (!yaml_check_keys(node, "a declared event", event_keys, loader->faults) && node->kind != YAML_MAPPING)
		return;
	const struct yaml_node *name = rules_need(loader, node, "type", "a declared event");
	const struct yaml_node *subject = rules_get(loader, node, "subject");
	struct event_type type = {
		.name = rules_text(loader, name, "type"),
		.title = rules_text(loader, rules_need(loader, node, "title", "a declared event"), "title")};
	size_t which = 0;
	if (subject && yaml_read_word(subject, "subject", subjects, &which, loader->faults))
		type.subject = subject_kinds[which];
	read_data(loader, rules_get(loader, node, "data"), &type);
	if (!name || !*type.name)
		return;
	if (!rules_is_type_name(name->text) || !strchr(type.name, '.'))
		yaml_fault(name, loader->faults,
		           "an event type has two words with a dot between them, as hospital.attended");
	else if (is_new(loader, name, name->text) && schema_declare(loader->ruleset, &type) == TYPE_UNKNOWN)
		yaml_fault(name, loader->faults, "too many different event types in the rules");
}
