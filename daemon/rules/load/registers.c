/* registers: the tables that lists and reports read, as `registers:` in a rule file declares them. */
#include "rules/load/load_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define REGISTERS_MAX 100 /* each is a table that every event may touch; `check` refuses more */
#define REGISTER_NAME 60 /* of a register or a column: it is a name in SQL and the head of a column in a spreadsheet */

static const char *const register_keys[] = {"id",     "title",  "about",     "key",     "again", "rows",
                                            "opens", "closes", "until-age", "columns", "each",  NULL};
static const char *const column_keys[] = {"title", "first", "last", "count",      "open",
                                          "alert", "field", "fact", "unreadable", NULL};
static const char *const open_keys[] = {"from", "to", "key", NULL};

/* What every register has; a column may not take these names. */
static const char *const own_names[] = {"child", "opened", "closed", "closed_by", "contradiction", NULL};

/* A register on its way. */
struct register_draft {
	struct register_def def;
	struct register_field fields[REGISTER_FIELDS];
	bool full;
	const struct yaml_node *node;
};

/* ---- names and fields ---- */

static const char *read_name(struct rules_loader *loader, const struct yaml_node *node, const char *what)
{
	const char *name = rules_text(loader, node, what);
	bool good = strlen(name) <= REGISTER_NAME && (islower((unsigned char)name[0]) || !*name);
	for (const char *c = name; *c && good; c++)
		good = islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_';
	if (!good)
		yaml_fault(node, loader->faults,
		           "%s is a name in SQL: lower-case letters, digits and _, a letter first, at most %d", what,
		           REGISTER_NAME);
	return name;
}

static size_t add_field(struct rules_loader *loader, struct register_draft *draft, const char *name, const char *title,
                        enum register_type type)
{
	struct register_def *def = &draft->def;
	if (def->field_count == REGISTER_FIELDS) {
		if (!draft->full)
			yaml_fault(draft->node, loader->faults, "a register has at most %d columns; a moment takes %d",
			           REGISTER_FIELDS, REGISTER_MOMENT_FIELDS);
		draft->full = true;
		return 0;
	}
	draft->fields[def->field_count] = (struct register_field){name, title, type};
	return def->field_count++;
}

static const char *joined(struct rules_loader *loader, const char *name, const char *ending)
{
	char whole[REGISTER_NAME + 32];
	(void)snprintf(whole, sizeof whole, "%s%s", name, ending);
	return rules_keep(loader, text_of(whole));
}

static size_t add_moment(struct rules_loader *loader, struct register_draft *draft, const char *name, const char *title)
{
	size_t at = add_field(loader, draft, name, title, REGISTER_INSTANT);
	(void)add_field(loader, draft, joined(loader, name, "_by_date"), "1: only the date is known", REGISTER_FLAG);
	(void)add_field(loader, draft, joined(loader, name, "_recorded"),
	                "when that was entered in its source system, else when it came", REGISTER_INSTANT);
	(void)add_field(loader, draft, joined(loader, name, "_arrived"), "when it came to casewatch", REGISTER_INSTANT);
	return at;
}

/* ---- columns ---- */

static enum register_type type_of_field(const struct selectors *from, uint16_t name)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct field *field = schema_field(from->items[i].type, text_of(schema_name_text(name)));
		if (!field)
			continue;
		switch (field->kind) {
		case FIELD_BOOL:
			return REGISTER_FLAG;
		case FIELD_NUMBER:
			return REGISTER_REAL;
		case FIELD_STRING:
		case FIELD_DATE:
		case FIELD_INSTANT:
		case FIELD_WORD:
		case FIELD_STRINGS:
			return REGISTER_TEXT;
		case FIELD_ANY:
			break;
		}
	}
	return REGISTER_ANY;
}

/* A field that none of the types has is a slip; that one of them lacks it is not. */
static uint16_t read_field(struct rules_loader *loader, const struct yaml_node *node, const struct selectors *from)
{
	struct text name;
	bool known = from->count == 0;
	if (!node || !yaml_read_text(node, "field", &name, loader->faults))
		return 0;
	uint16_t field = schema_name_add(name);
	for (size_t i = 0; i < from->count; i++)
		known = known || rules_type_may_have(from->items[i].type, field);
	if (!known)
		yaml_fault(node, loader->faults, "none of these events has a field \"%.*s\"", TEXT_ARG(name));
	return field;
}

/* `where` in a register sees the event alone: a row may not depend on when it is looked at, nor on other keys. */
static void refuse_context(struct rules_loader *loader, const struct yaml_node *node, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		struct condition *where = selectors->items[i].where;
		struct condition_state *states;
		const type_id *types;
		if (where &&
		    (condition_states(where, &states) || condition_types(where, &types) || condition_reads_age(where)))
			yaml_fault(node, loader->faults,
			           "a register's where may read data.* alone, not open(), seen(), first() or age");
	}
}

static struct selectors read_events(struct rules_loader *loader, const struct yaml_node *mapping, const char *key)
{
	const struct yaml_node *node = rules_get(loader, mapping, key);
	struct selectors selectors = {0};
	if (node) {
		selectors = rules_selectors(loader, node, NULL, key);
		refuse_context(loader, node, &selectors);
	}
	return selectors;
}

static void read_open(struct rules_loader *loader, struct register_draft *draft, struct register_column *column,
                      const struct yaml_node *node, const char *title)
{
	(void)yaml_check_keys(node, "open", open_keys, loader->faults);
	column->source = REGISTER_OPEN;
	column->from = read_events(loader, node, "from");
	column->to = read_events(loader, node, "to");
	const struct yaml_node *keys = rules_get(loader, node, "key");
	for (size_t i = 0; i < yaml_list_count(keys) && i < REGISTER_KEYS; i++)
		column->keys[i] = rules_key(loader, rules_item(loader, keys, i), &column->from);
	column->at = add_field(loader, draft, column->name, title, REGISTER_INSTANT);
}

static void read_value(struct rules_loader *loader, struct register_draft *draft, struct register_column *column,
                       const struct yaml_node *node, const char *title)
{
	const struct yaml_node *field = rules_get(loader, node, "field"), *fact = rules_get(loader, node, "fact");
	const struct yaml_node *unreadable = rules_get(loader, node, "unreadable");
	column->from = read_events(loader, node, column->source == REGISTER_FIRST ? "first" : "last");
	column->field = read_field(loader, fact ? fact : field, &column->from);
	column->person_fact = fact != NULL;
	if (unreadable)
		(void)yaml_read_bool(unreadable, "unreadable", &column->tells_unreadable, loader->faults);
	if (!column->field) {
		column->at = add_moment(loader, draft, column->name, title);
		return;
	}
	column->at = add_field(loader, draft, column->name, title, type_of_field(&column->from, column->field));
	if (column->tells_unreadable)
		(void)add_field(loader, draft, joined(loader, column->name, "_unreadable"),
		                "1: it came, and could not be read", REGISTER_FLAG);
}

static void check_name(struct rules_loader *loader, const struct register_draft *draft, const struct yaml_node *key,
                       const char *name)
{
	for (size_t i = 0; own_names[i]; i++)
		if (strcmp(own_names[i], name) == 0)
			yaml_fault(key, loader->faults,
			           "every register has a column \"%s\" of its own; take another name", name);
	for (size_t i = 0; i < draft->def.field_count; i++)
		if (strcmp(draft->fields[i].name, name) == 0)
			yaml_fault(key, loader->faults, "there is a column \"%s\" already", name);
}

static void read_column(struct rules_loader *loader, struct register_draft *draft, const struct yaml_node *key,
                        const struct yaml_node *node)
{
	struct register_def *def = &draft->def;
	if (!yaml_check_keys(node, "a column", column_keys, loader->faults) && node->kind != YAML_MAPPING)
		return;
	struct register_column column = {.name = read_name(loader, key, "a column")};
	const char *title = rules_text(loader, rules_need(loader, node, "title", "a column"), "title");
	check_name(loader, draft, key, column.name);
	if (yaml_get(node, "alert")) {
		def->alerts[def->alert_count++] = (struct register_alert){
			column.name, rules_id(loader, rules_get(loader, node, "alert"), "alert")};
		return;
	}
	if (yaml_get(node, "open")) {
		read_open(loader, draft, &column, rules_get(loader, node, "open"), title);
	} else if (yaml_get(node, "count")) {
		column.source = REGISTER_COUNT;
		column.from = read_events(loader, node, "count");
		column.at = add_field(loader, draft, column.name, title, REGISTER_INTEGER);
	} else if (yaml_get(node, "first") || yaml_get(node, "last")) {
		column.source = yaml_get(node, "first") ? REGISTER_FIRST : REGISTER_LAST;
		read_value(loader, draft, &column, node, title);
	} else {
		yaml_fault(node, loader->faults, "a column needs one of first, last, count, open and alert");
	}
	def->columns[def->column_count++] = column;
}

static void read_columns(struct rules_loader *loader, struct register_draft *draft, const struct yaml_node *node)
{
	if (node && node->kind != YAML_MAPPING) {
		yaml_fault(node, loader->faults, "columns is %s; write names and what they hold", yaml_kind_name(node));
		return;
	}
	size_t count = node ? node->count : 0;
	draft->def.columns = arena_alloc(loader->arena, (count + 1) * sizeof *draft->def.columns);
	draft->def.alerts = arena_alloc(loader->arena, (count + 1) * sizeof *draft->def.alerts);
	for (size_t i = 0; i < count; i++)
		read_column(loader, draft, node->keys[i], node->items[i]);
}

/* ---- rows ---- */

static void read_keys(struct rules_loader *loader, struct register_draft *draft, const struct yaml_node *node)
{
	struct register_def *def = &draft->def;
	const struct selectors *on = def->row.count ? &def->row : &def->opens;
	if (yaml_list_count(node) > REGISTER_KEYS)
		yaml_fault(node, loader->faults, "a register's key has at most %d fields", REGISTER_KEYS);
	for (size_t i = 0; i < yaml_list_count(node) && i < REGISTER_KEYS; i++) {
		def->keys[i] = rules_key(loader, rules_item(loader, node, i), on);
		if (def->keys[i])
			(void)add_field(loader, draft, schema_name_text(def->keys[i]), "key", REGISTER_TEXT);
	}
}

static void read_rows(struct rules_loader *loader, struct register_draft *draft)
{
	struct register_def *def = &draft->def;
	const struct yaml_node *again = rules_get(loader, draft->node, "again");
	const struct yaml_node *age = rules_get(loader, draft->node, "until-age");
	int64_t years = 0;
	def->row = read_events(loader, draft->node, "rows");
	def->opens = read_events(loader, draft->node, "opens");
	def->closes = read_events(loader, draft->node, "closes");
	if (again)
		(void)yaml_read_bool(again, "again", &def->again, loader->faults);
	if (rules_get(loader, draft->node, "each"))
		(void)yaml_read_bool(rules_get(loader, draft->node, "each"), "each", &def->each, loader->faults);
	if (age && yaml_read_integer(age, "until-age", 1, 30, &years, loader->faults))
		def->until_age = (int)years;
	(void)add_field(loader, draft, "child", "the child, under the id that holds now", REGISTER_TEXT);
	read_keys(loader, draft, rules_get(loader, draft->node, "key"));
	def->every_child = !def->row.count && !def->opens.count;
	if (!def->every_child && !def->keys[0] && !def->each)
		yaml_fault(draft->node, loader->faults,
		           "a register whose rows are opened by events needs a key; without rows and "
		           "opens it has one row a child");
	def->field_opened = def->field_closed = def->field_closed_by = def->field_contradiction = SIZE_MAX;
	if (!def->opens.count)
		return;
	def->field_opened = add_moment(loader, draft, "opened", "when it began");
	def->field_closed = add_moment(loader, draft, "closed", "when it ended; empty: it is open");
	def->field_closed_by = add_field(loader, draft, "closed_by", "the type of the event that ended it, or birthday",
	                                 REGISTER_TEXT);
	def->field_contradiction =
		add_moment(loader, draft, "contradiction",
	                   "when an end is dated that lies before the beginning, and so ended nothing");
}

/* ---- what makes a table another one ---- */

static void print_node(const struct yaml_node *node, struct buffer *out)
{
	if (node->kind == YAML_SCALAR)
		buffer_format(out, "'%.*s'", TEXT_ARG(node->text));
	buffer_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == YAML_MAPPING)
			buffer_format(out, "%.*s:", TEXT_ARG(node->keys[i]->text));
		print_node(node->items[i], out);
		buffer_char(out, ',');
	}
	buffer_char(out, '}');
}

/* Raised when the way rows are made changes, so that every table is built anew. */
#define REGISTER_READING 2
#define REGISTER_READING_EACH 3 /* of those of which each record is a row */

static uint64_t fingerprint_of(const struct register_draft *draft)
{
	struct buffer said = {0};
	print_node(draft->node, &said);
	for (size_t i = 0; i < draft->def.field_count; i++)
		buffer_format(&said, "%s %d;", draft->fields[i].name, (int)draft->fields[i].type);
	uint64_t fingerprint = text_fingerprint(
		buffer_view(&said), draft->def.each ? REGISTER_READING_EACH : REGISTER_READING);
	buffer_free(&said);
	return fingerprint >> 1; /* SQLite's integers have a sign */
}

static bool is_taken(const struct rules_loader *loader, const struct register_draft *draft)
{
	for (size_t i = 0; i < loader->register_count; i++)
		if (strcmp(loader->registers[i].id, draft->def.id) == 0) {
			yaml_fault(draft->node, loader->faults, "register \"%s\" stands already in %s, line %d",
			           draft->def.id, loader->registers[i].file, loader->registers[i].line);
			return true;
		}
	if (loader->register_count < REGISTERS_MAX)
		return false;
	yaml_fault(draft->node, loader->faults, "more than %d registers", REGISTERS_MAX);
	return true;
}

void rules_read_register(struct rules_loader *loader, const struct yaml_node *node)
{
	if (!yaml_check_keys(node, "a register", register_keys, loader->faults) && node->kind != YAML_MAPPING)
		return;
	struct register_draft *draft = mem_zero(1, sizeof *draft);
	struct register_def *def = &draft->def;
	draft->node = node;
	def->id = read_name(loader, rules_need(loader, node, "id", "a register"), "id");
	def->title = rules_text(loader, rules_need(loader, node, "title", "a register"), "title");
	def->about = rules_text(loader, rules_need(loader, node, "about", "a register"), "about");
	def->file = rules_keep(loader, text_of(node->file));
	def->line = node->line;
	read_rows(loader, draft);
	read_columns(loader, draft, rules_get(loader, node, "columns"));
	def->fields = arena_alloc(loader->arena, (def->field_count + 1) * sizeof *def->fields);
	memcpy(def->fields, draft->fields, def->field_count * sizeof *def->fields);
	def->fingerprint = fingerprint_of(draft);
	if (!is_taken(loader, draft))
		*(struct register_def *)mem_push((void **)&loader->registers, &loader->register_count,
		                                 &loader->register_room, sizeof *def) = *def;
	free(draft);
}

/* Once all files are read: an alert that a column names must be a rule's. */
void rules_take_registers(struct rules_loader *loader)
{
	struct ruleset *ruleset = loader->ruleset;
	ruleset->registers = arena_alloc(loader->arena, (loader->register_count + 1) * sizeof *ruleset->registers);
	for (size_t i = 0; i < loader->register_count; i++) {
		const struct register_def *def = &loader->registers[i];
		ruleset->registers[ruleset->register_count++] = *def;
		for (size_t a = 0; a < def->alert_count; a++) {
			bool known = false;
			for (size_t r = 0; r < loader->rule_count; r++)
				known = known || strcmp(loader->rules[r].rule.id, def->alerts[a].rule) == 0;
			if (!known)
				config_fault_add(loader->faults, def->file, def->line, 1,
				                 "register %s: there is no rule \"%s\"", def->id, def->alerts[a].rule);
		}
	}
	free(loader->registers);
}
