/* kind recurring: a deadline that starts again at each stop. */
#include "rules/load/shape.h"

static const char *const case_keys[] = {"length", "when", "after", NULL};

static void read_case(struct rules_loader *loader, struct rule *rule, const struct yaml_node *item)
{
	(void)yaml_check_keys(item, "a case of every", case_keys, loader->faults);
	rule->cases[rule->case_count++] = (struct rule_every){
		.length = rules_duration(loader, rules_need(loader, item, "length", "a case of every"), "length"),
		.when = rules_condition(loader, rules_get(loader, item, "when"), NULL, 0),
		.after = rules_duration(loader, rules_get(loader, item, "after"), "after"),
	};
	if (!yaml_get(item, "when") && !yaml_get(item, "after"))
		yaml_fault(item, loader->faults, "a case of every needs when, or after, to say when it counts");
}

/* every: [{length: 3 months, when: …, after: 12 months}, 6 weeks]: the last is for all other cases. */
static void read_every(struct rules_loader *loader, struct rule *rule, const struct yaml_node *node)
{
	size_t count = yaml_list_count(node);
	if (node && count == 0)
		yaml_fault(node, loader->faults, "every is an empty list; write a length, as \"6 weeks\"");
	rule->cases = arena_alloc(loader->arena, (count + 1) * sizeof *rule->cases);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = rules_item(loader, node, i);
		bool last = i + 1 == count, is_case = item->kind == YAML_MAPPING;
		if (is_case)
			read_case(loader, rule, item);
		else
			rule->every = rules_duration(loader, item, "every");
		if (is_case && last)
			yaml_fault(item, loader->faults,
			           "every ends with a length for all other cases: [{length: …, when: …}, 6 weeks]");
		if (!is_case && !last)
			yaml_fault(item, loader->faults,
			           "a length without when and after is for all other cases, so it comes last");
	}
}

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	struct rule *rule = &draft->rule;
	rule->on = rules_read_events(loader, shape, "start");
	rules_keep_on_types(loader, draft);
	rule->stop = rules_selectors(loader, rules_need(loader, shape, "event", "a recurring rule"),
	                             rules_get(loader, shape, "where"), "event");
	rules_read_key(loader, draft, shape, "key");
	rule->first = rules_durations(loader, rules_get(loader, shape, "first"), "first", &rule->first_count);
	read_every(loader, rule, rules_need(loader, shape, "every", "a recurring rule"));
	rule->while_holds = rules_condition(loader, rules_get(loader, shape, "while"), NULL, 0);
	if (!yaml_get(shape, "start") && !yaml_get(shape, "while"))
		yaml_fault(shape, loader->faults,
		           "a recurring rule needs start, or while, to know when its clock begins");
}

static const char *const keys[] = {"start", "event", "where", "first", "every", "while", "key", NULL};

const struct rule_kind_row rule_kind_recurring = {
	.what = "a recurring rule",
	.keys = keys,
	.read = read,
	.starts_anew = true,
	.begins = KIND_BEGINS_CLOCK,
};
