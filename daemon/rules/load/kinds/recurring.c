/* kind recurring: a deadline that starts again at each stop. */
#include "rules/load/shape.h"

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	struct rule *rule = &draft->rule;
	rule->on = rules_read_events(loader, shape, "start");
	rules_keep_on_types(loader, draft);
	rule->stop = rules_selectors(loader, rules_need(loader, shape, "event", "a recurring rule"),
	                             rules_get(loader, shape, "where"), "event");
	rules_read_key(loader, draft, shape, "key");
	rule->first = rules_durations(loader, rules_get(loader, shape, "first"), "first", &rule->first_count);
	rule->every = rules_duration(loader, rules_need(loader, shape, "every", "a recurring rule"), "every");
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
