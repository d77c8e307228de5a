/* mapping: reading a mapping file, with every name in it resolved. */
#include "import/mapping.h"

#include "base/mem.h"

#include <stdlib.h>

static const char *const top_keys[] = {"format", "title", "kind", "read", "year-element", "containers", "tables", NULL};
static const char *const read_keys[] = {"where", "what", "on", NULL};
static const char *const table_keys[] = {"id",     "element",     "parent", "columns", "subject",
                                         "events", "no-events", "unconfirmed", "since", "until", NULL};
static const char *const column_keys[] = {"required", "unconfirmed", "since", "until", "codes", NULL};
static const char *const event_keys[] = {"type", "time", "id", "if", "unless", "data", NULL};
static const char *const field_keys[] = {"column", "join", "words", "text", NULL};
static const char *const kinds[] = {"csv", "xml", NULL};

struct reader {
	struct import_mapping *mapping;
	struct config_faults *faults;
};

static const char *text_at(struct reader *reader, const struct yaml_node *node, const char *what)
{
	struct text text = TEXT("");
	if (!yaml_read_text(node, what, &text, reader->faults))
		return "";
	return arena_copy_text(reader->mapping->arena, text.at, text.length);
}

static void years(struct reader *reader, const struct yaml_node *node, int *since, int *until)
{
	int64_t year;
	const struct yaml_node *from = yaml_get(node, "since"), *to = yaml_get(node, "until");
	if (from && yaml_read_integer(from, "since", 1990, 2100, &year, reader->faults))
		*since = (int)year;
	if (to && yaml_read_integer(to, "until", 1990, 2100, &year, reader->faults))
		*until = (int)year;
}

static bool flag(struct reader *reader, const struct yaml_node *node, const char *key)
{
	bool value = false;
	const struct yaml_node *at = yaml_get(node, key);
	return at && yaml_read_bool(at, key, &value, reader->faults) && value;
}

size_t import_column_find(const struct import_table *table, struct text name)
{
	name = text_trim(name);
	for (size_t i = 0; i < table->column_count; i++)
		if (text_equal_fold(text_of(table->columns[i].name), name))
			return i;
	return SIZE_MAX;
}

/* A column of the table, or of those that it stands in. */
static struct import_ref find_ref(struct reader *reader, const struct import_table *table, const struct yaml_node *node)
{
	struct import_ref ref = {0, 0};
	struct text name = TEXT("");
	if (!yaml_read_text(node, "a column", &name, reader->faults))
		return ref;
	for (const struct import_table *at = table; at; at = at->parent, ref.up++) {
		ref.column = import_column_find(at, name);
		if (ref.column != SIZE_MAX) {
			at->columns[ref.column].used = true;
			return ref;
		}
	}
	yaml_fault(node, reader->faults, "\"%.*s\" is no column of table \"%s\"%s; name it under columns: first",
	           TEXT_ARG(name), table->id, table->parent ? " nor of those it stands in" : "");
	return (struct import_ref){0, 0};
}

static struct import_ref *find_refs(struct reader *reader, const struct import_table *table,
                                    const struct yaml_node *node, size_t *count)
{
	*count = yaml_list_count(node);
	struct import_ref *refs = arena_alloc(reader->mapping->arena, (*count + 1) * sizeof *refs);
	for (size_t i = 0; i < *count; i++)
		refs[i] = find_ref(reader, table, yaml_list_item(node, i));
	return refs;
}

/* ---- an event ---- */

static void read_words(struct reader *reader, const struct yaml_node *node, struct import_field *field)
{
	if (node->kind != YAML_MAPPING) {
		yaml_fault(node, reader->faults,
		           "words: is a mapping of the return's words to the event's: {M: missing}");
		return;
	}
	field->words = arena_alloc(reader->mapping->arena, (node->count + 1) * sizeof *field->words);
	for (size_t i = 0; i < node->count; i++)
		field->words[field->word_count++] = (struct import_word){text_at(reader, node->keys[i], "a word"),
		                                                         text_at(reader, node->items[i], "a word")};
}

static void read_field(struct reader *reader, const struct import_table *table, const struct import_event *event,
                       const struct yaml_node *name, const struct yaml_node *node, struct import_field *field)
{
	*field = (struct import_field){.name = text_at(reader, name, "a field"), .kind = FIELD_ANY};
	const struct field *known = schema_field(event->type_id, text_of(field->name));
	if (known) {
		field->kind = known->kind;
		field->required = known->required;
	} else if (event->type_id != TYPE_UNKNOWN) {
		yaml_fault(name, reader->faults, "%s has no field \"%s\"", event->type, field->name);
	}
	if (node->kind != YAML_MAPPING) {
		field->columns = find_refs(reader, table, node, &field->column_count);
		return;
	}
	(void)yaml_check_keys(node, "a field", field_keys, reader->faults);
	const struct yaml_node *text = yaml_get(node, "text"), *join = yaml_get(node, "join");
	if (text)
		field->text = text_at(reader, text, "text");
	else
		field->columns = find_refs(reader, table, join ? join : yaml_get(node, "column"), &field->column_count);
	if (!text && !field->column_count)
		yaml_fault(node, reader->faults, "a field is of a column:, of several (join:), or a text:");
	if (yaml_get(node, "words"))
		read_words(reader, yaml_get(node, "words"), field);
}

static void read_conditions(struct reader *reader, const struct import_table *table, const struct yaml_node *node,
                            bool unless, struct import_event *event)
{
	for (size_t i = 0; node && node->kind == YAML_MAPPING && i < node->count; i++) {
		const struct yaml_node *words = node->items[i];
		struct import_condition *condition = &event->conditions[event->condition_count++];
		*condition =
			(struct import_condition){.column = find_ref(reader, table, node->keys[i]), .unless = unless};
		if (words->kind == YAML_SCALAR && text_equal(words->text, TEXT("filled")))
			continue;
		condition->words = arena_alloc(reader->mapping->arena, (yaml_list_count(words) + 1) * sizeof(char *));
		for (size_t k = 0; k < yaml_list_count(words); k++)
			condition->words[condition->word_count++] = text_at(reader, yaml_list_item(words, k), "a word");
	}
}

static void mark_date(const struct import_table *table, struct import_ref ref)
{
	while (ref.up-- > 0 && table->parent)
		table = table->parent;
	if (ref.column < table->column_count)
		table->columns[ref.column].date = true;
}

static void read_event(struct reader *reader, const struct import_table *table, const struct yaml_node *node,
                       struct import_event *event)
{
	struct arena *arena = reader->mapping->arena;
	*event = (struct import_event){.type_id = TYPE_UNKNOWN};
	if (!yaml_check_keys(node, "an event", event_keys, reader->faults))
		return;
	const struct yaml_node *type = yaml_get(node, "type"), *time = yaml_get(node, "time"),
			       *id = yaml_get(node, "id");
	const struct yaml_node *data = yaml_get(node, "data"), *only = yaml_get(node, "if"),
			       *unless = yaml_get(node, "unless");
	if (!type || !time || !id) {
		yaml_fault(node, reader->faults, "an event has a type:, a time: and an id:");
		return;
	}
	event->type = text_at(reader, type, "type");
	event->type_id = schema_find(text_of(event->type));
	if (event->type_id == TYPE_UNKNOWN || !schema_type(event->type_id))
		yaml_fault(type, reader->faults, "\"%s\" is no event type of the catalogue (docs/events.md)",
		           event->type);
	event->time = find_ref(reader, table, time);
	mark_date(table, event->time);
	event->id = find_refs(reader, table, id, &event->id_count);
	event->conditions = arena_alloc(arena, ((only ? only->count : 0) + (unless ? unless->count : 0) + 1) *
	                                               sizeof *event->conditions);
	read_conditions(reader, table, only, false, event);
	read_conditions(reader, table, unless, true, event);
	event->fields = arena_alloc(arena, ((data ? data->count : 0) + 1) * sizeof *event->fields);
	for (size_t i = 0; data && data->kind == YAML_MAPPING && i < data->count; i++)
		read_field(reader, table, event, data->keys[i], data->items[i], &event->fields[event->field_count++]);
}

/* ---- a table ---- */

static void read_codes(struct reader *reader, const struct yaml_node *node, struct import_column *column)
{
	size_t count = node ? yaml_list_count(node) : 0;
	column->codes = arena_alloc(reader->mapping->arena, (count + 1) * sizeof(char *));
	for (size_t i = 0; i < count; i++)
		column->codes[column->code_count++] = text_at(reader, yaml_list_item(node, i), "a code");
}

static void read_columns(struct reader *reader, const struct yaml_node *node, struct import_table *table)
{
	if (!node || node->kind != YAML_MAPPING)
		return;
	table->columns = arena_alloc(reader->mapping->arena, (node->count + 1) * sizeof *table->columns);
	for (size_t i = 0; i < node->count; i++) {
		struct import_column *column = &table->columns[table->column_count++];
		*column = (struct import_column){.name = text_at(reader, node->keys[i], "a column")};
		const struct yaml_node *about = node->items[i];
		if (yaml_is_null(about) || !yaml_check_keys(about, "a column", column_keys, reader->faults))
			continue;
		column->required = flag(reader, about, "required");
		column->unconfirmed = flag(reader, about, "unconfirmed");
		years(reader, about, &column->since, &column->until);
		read_codes(reader, yaml_get(about, "codes"), column);
	}
}

static const struct import_table *find_table(const struct reader *reader, struct text id)
{
	for (size_t i = 0; i < reader->mapping->table_count; i++)
		if (text_equal(text_of(reader->mapping->tables[i].id), id))
			return &reader->mapping->tables[i];
	return NULL;
}

static void read_table(struct reader *reader, const struct yaml_node *node, struct import_table *table)
{
	const struct yaml_node *parent = yaml_get(node, "parent"), *events = yaml_get(node, "events");
	*table = (struct import_table){.id = "", .column_count = 0};
	if (!yaml_check_keys(node, "a table", table_keys, reader->faults))
		return;
	table->id = text_at(reader, yaml_get(node, "id"), "id");
	table->element = yaml_get(node, "element") ? text_at(reader, yaml_get(node, "element"), "element") : NULL;
	table->unconfirmed = flag(reader, node, "unconfirmed");
	years(reader, node, &table->since, &table->until);
	if (parent) {
		table->parent = find_table(reader, parent->text);
		if (!table->parent)
			yaml_fault(parent, reader->faults, "no table \"%.*s\" stands before this one",
			           TEXT_ARG(parent->text));
	}
	read_columns(reader, yaml_get(node, "columns"), table);
	size_t count = yaml_list_count(events);
	if (count)
		table->subject = find_ref(reader, table, yaml_get(node, "subject"));
	if (yaml_get(node, "no-events"))
		table->no_events = text_at(reader, yaml_get(node, "no-events"), "no-events");
	if (table->no_events && count)
		yaml_fault(events, reader->faults, "a table has events or says why it has none (no-events), not both");
	table->events = arena_alloc(reader->mapping->arena, (count + 1) * sizeof *table->events);
	for (size_t i = 0; i < count; i++)
		read_event(reader, table, yaml_list_item(events, i), &table->events[table->event_count++]);
}

static void read_top(struct reader *reader, const struct yaml_node *root)
{
	struct import_mapping *mapping = reader->mapping;
	size_t kind = 0;
	if (!yaml_check_keys(root, "a mapping file", top_keys, reader->faults))
		return;
	const struct yaml_node *tables = yaml_get(root, "tables"), *containers = yaml_get(root, "containers");
	const struct yaml_node *sources = yaml_get(root, "read");
	mapping->format = text_at(reader, yaml_get(root, "format"), "format");
	mapping->title = text_at(reader, yaml_get(root, "title"), "title");
	if (yaml_get(root, "kind") && yaml_read_word(yaml_get(root, "kind"), "kind", kinds, &kind, reader->faults))
		mapping->xml = kind == 1;
	if (!yaml_list_count(sources))
		yaml_fault(root, reader->faults, "read: says where the columns were read: a list of {where, what, on}");
	for (size_t i = 0; i < yaml_list_count(sources); i++)
		(void)yaml_check_keys(yaml_list_item(sources, i), "a source", read_keys, reader->faults);
	if (yaml_get(root, "year-element"))
		mapping->year_element = text_at(reader, yaml_get(root, "year-element"), "year-element");
	mapping->containers = arena_alloc(mapping->arena, (yaml_list_count(containers) + 1) * sizeof(char *));
	for (size_t i = 0; i < yaml_list_count(containers); i++)
		mapping->containers[mapping->container_count++] =
			text_at(reader, yaml_list_item(containers, i), "a container");
	mapping->tables = arena_alloc(mapping->arena, (yaml_list_count(tables) + 1) * sizeof *mapping->tables);
	for (size_t i = 0; i < yaml_list_count(tables); i++) {
		read_table(reader, yaml_list_item(tables, i), &mapping->tables[mapping->table_count]);
		mapping->table_count++;
	}
}

struct import_mapping *import_mapping_read(const char *path, struct config_faults *faults)
{
	struct yaml_tree *tree = yaml_tree_read(path, faults);
	if (!tree)
		return NULL;
	struct import_mapping *mapping = MEM_NEW(struct import_mapping);
	struct reader reader = {mapping, faults};
	size_t before = faults->count;
	mapping->arena = arena_new(16 * 1024);
	mapping->tree = tree;
	mapping->format = mapping->title = "";
	read_top(&reader, yaml_tree_root(tree));
	if (faults->count == before)
		return mapping;
	import_mapping_free(mapping);
	return NULL;
}

void import_mapping_free(struct import_mapping *mapping)
{
	if (!mapping)
		return;
	yaml_tree_free(mapping->tree);
	arena_free(mapping->arena);
	free(mapping);
}
