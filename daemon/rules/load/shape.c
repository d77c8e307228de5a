/* shape: what the shapes of the kinds have in common (rules.md "The file"). */
#include "rules/load/shape.h"

void rules_keep_on_types(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct selectors *on = &draft->rule.on;
	draft->on_types = arena_alloc(loader->arena, (on->count + 1) * sizeof *draft->on_types);
	for (size_t i = 0; i < on->count; i++)
		draft->on_types[i] = on->items[i].type;
	draft->on_count = on->count;
}

void rules_read_on(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                   const char *key, const char *what)
{
	draft->rule.on =
		rules_selectors(loader, rules_need(loader, shape, key, what), rules_get(loader, shape, "where"), key);
	rules_keep_on_types(loader, draft);
}

void rules_read_key(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                    const char *name)
{
	const struct yaml_node *node = rules_get(loader, shape, name);
	if (!node)
		return;
	draft->key_node = node;
	draft->rule.key = rules_key(loader, node, &draft->rule.on);
}

struct selectors rules_read_events(struct rules_loader *loader, const struct yaml_node *shape, const char *key)
{
	return rules_selectors(loader, rules_get(loader, shape, key), NULL, key);
}

int64_t rules_read_number(struct rules_loader *loader, const struct yaml_node *node, const char *what, int64_t least)
{
	int64_t number = least;
	if (node)
		(void)yaml_read_integer(node, what, least, 1000000, &number, loader->faults);
	return number;
}
