/* select: which events a rule means, and the conditions they must meet. */
#include "rules/load/load_internal.h"

#include <stdlib.h>

#define ITEMS_MAX 64 /* types in one place of a rule */

static const char *const item_keys[] = {"event", "where", NULL};

/* One "event X where C" as written. */
struct item {
	type_id type;
	const struct yaml_node *where;
};
struct items {
	struct item at[ITEMS_MAX];
	size_t count;
};

bool rules_is_type_name(struct text name)
{
	for (size_t i = 0; i < name.length; i++) {
		char c = name.at[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && c != '.' && c != '_' && c != '-')
			return false;
	}
	return name.length > 0 && name.length <= 128;
}

static type_id read_type(struct rules_loader *loader, const struct yaml_node *node, const char *what)
{
	struct text name;
	if (!yaml_read_text(node, what, &name, loader->faults))
		return TYPE_UNKNOWN;
	if (!rules_is_type_name(name)) {
		yaml_fault(node, loader->faults, "%s is no event type; write its name, as missing.started", what);
		return TYPE_UNKNOWN;
	}
	type_id type = schema_name_type(name);
	const char *meant = schema_type(type) ? NULL : condition_type_meant(name.at);
	if (type == TYPE_UNKNOWN)
		yaml_fault(node, loader->faults, "too many different event types in the rules");
	if (type == TYPE_UNKNOWN || schema_type(type))
		return type;
	if (meant)
		yaml_fault(node, loader->faults, "no event type is called \"%s\"; did you mean \"%s\"?", name.at,
		           meant);
	else
		yaml_fault(node, loader->faults,
		           "no event type is called \"%s\"; declare a type of your own: events: - {type: %s, title: "
		           "\"…\"}",
		           name.at, name.at);
	return TYPE_UNKNOWN;
}

static void read_items(struct rules_loader *loader, const struct yaml_node *node, const char *what,
                       struct items *items);

static void add_item(struct rules_loader *loader, const struct yaml_node *node, const struct yaml_node *where,
                     const char *what, struct items *items)
{
	if (items->count == ITEMS_MAX) {
		yaml_fault(node, loader->faults, "%s names more than %d event types", what, ITEMS_MAX);
		return;
	}
	type_id type = read_type(loader, node, what);
	if (type != TYPE_UNKNOWN)
		items->at[items->count++] = (struct item){type, where};
}

static void add_mapping(struct rules_loader *loader, const struct yaml_node *node, const char *what,
                        struct items *items)
{
	(void)yaml_check_keys(node, what, item_keys, loader->faults);
	const struct yaml_node *events = rules_need(loader, node, "event", what);
	const struct yaml_node *where = rules_get(loader, node, "where");
	for (size_t i = 0; i < yaml_list_count(events); i++)
		add_item(loader, rules_item(loader, events, i), where, what, items);
}

static void read_items(struct rules_loader *loader, const struct yaml_node *node, const char *what, struct items *items)
{
	if (node && node->kind == YAML_LIST && node->count == 0)
		yaml_fault(node, loader->faults, "%s is an empty list; name an event type or remove it", what);
	for (size_t i = 0; i < yaml_list_count(node); i++) {
		const struct yaml_node *item = rules_item(loader, node, i);
		if (item->kind == YAML_MAPPING)
			add_mapping(loader, item, what, items);
		else
			add_item(loader, item, NULL, what, items);
	}
}

static struct condition *keep_condition(struct rules_loader *loader, struct condition *condition,
                                        const struct yaml_node *node)
{
	ruleset_keep_condition(loader->ruleset, condition);
	*(struct condition_use *)mem_push((void **)&loader->uses, &loader->use_count, &loader->use_room,
	                                  sizeof *loader->uses) = (struct condition_use){condition, node};
	return condition;
}

struct condition *rules_condition(struct rules_loader *loader, const struct yaml_node *node, const type_id *types,
                                  size_t count)
{
	struct fault fault = {{0}};
	struct text source;
	size_t at = 0;
	if (!node || !yaml_read_text(node, "a condition", &source, loader->faults))
		return NULL;
	struct buffer whole = {0};
	struct condition *condition = NULL;
	if (rules_put_settings(loader, node, &whole)) {
		condition = condition_compile(buffer_view(&whole), (struct condition_place){types, count}, &fault, &at);
		if (condition)
			(void)keep_condition(loader, condition, node);
		else
			yaml_fault_at(node, rules_place_before_settings(loader, node, at), loader->faults, "%s",
			              fault.text);
	}
	buffer_free(&whole);
	return condition;
}

/* Both conditions as one, for an event that has its own beside the one for all. Each was compiled alone before, for its
 * faults. */
static struct condition *both(struct rules_loader *loader, const struct yaml_node *own, const struct yaml_node *common,
                              const type_id *type)
{
	struct buffer source = {0};
	struct fault fault = {{0}};
	size_t at;
	buffer_char(&source, '(');
	(void)rules_put_settings(loader, own, &source);
	buffer_string(&source, ") && (");
	(void)rules_put_settings(loader, common, &source);
	buffer_char(&source, ')');
	struct condition *condition =
		condition_compile(buffer_view(&source), (struct condition_place){type, 1}, &fault, &at);
	if (condition)
		(void)keep_condition(loader, condition, own);
	else
		yaml_fault(own, loader->faults, "together with the condition for all: %s", fault.text);
	buffer_free(&source);
	return condition;
}

struct selectors rules_selectors(struct rules_loader *loader, const struct yaml_node *node,
                                 const struct yaml_node *common, const char *what)
{
	struct items items = {.count = 0};
	read_items(loader, node, what, &items);
	type_id types[ITEMS_MAX];
	for (size_t i = 0; i < items.count; i++)
		types[i] = items.at[i].type;
	struct selectors selectors = {.count = items.count};
	selectors.items = arena_alloc(loader->arena, (items.count + 1) * sizeof *selectors.items);
	struct condition *for_all = items.count ? rules_condition(loader, common, types, items.count) : NULL;
	for (size_t i = 0; i < items.count; i++) {
		struct item *item = &items.at[i];
		struct condition *where = rules_condition(loader, item->where, &item->type, 1);
		if (where && for_all)
			where = both(loader, item->where, common, &item->type);
		selectors.items[i] = (struct selector){.type = item->type, .where = where ? where : for_all};
	}
	return selectors;
}

bool rules_type_may_have(type_id type, uint16_t field)
{
	return !schema_type(type) || schema_field(type, text_of(schema_name_text(field)));
}

void rules_fault_field(struct rules_loader *loader, const struct yaml_node *node, type_id type, const char *purpose)
{
	const struct event_type *of = schema_type(type);
	const char **names = mem_alloc((of->field_count + 1) * sizeof *names);
	struct buffer hint = {0};
	for (size_t i = 0; i < of->field_count; i++)
		names[i] = of->fields[i].name;
	if (!*config_did_you_mean(&hint, node->text, names, of->field_count))
		for (size_t i = 0; i < of->field_count; i++)
			buffer_format(&hint, "%s%s", i ? ", " : "; it has ", names[i]);
	yaml_fault(node, loader->faults, "%s has no field \"%s\" to be %s%s", of->name, node->text.at, purpose,
	           buffer_cstr(&hint));
	buffer_free(&hint);
	free(names);
}

uint16_t rules_key(struct rules_loader *loader, const struct yaml_node *node, const struct selectors *on)
{
	struct text name;
	if (!node || !yaml_read_text(node, "a key", &name, loader->faults))
		return 0;
	uint16_t key = schema_name_add(name);
	if (key == 0)
		yaml_fault(node, loader->faults, "too many different field names in the rules");
	for (size_t i = 0; key && i < on->count; i++)
		if (!rules_type_may_have(on->items[i].type, key)) {
			rules_fault_field(loader, node, on->items[i].type, "a key");
			return 0;
		}
	return key;
}

void rules_mark_keyed(struct selectors *selectors, uint16_t key)
{
	for (size_t i = 0; i < selectors->count; i++)
		selectors->items[i].keyed = key && rules_type_may_have(selectors->items[i].type, key);
}
