/* kind guard: fires at an event when no other came before it, or none within the time before it. */
#include "rules/load/shape.h"

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	rules_read_on(loader, draft, shape, "event", "a guard");
	rules_read_key(loader, draft, shape, "key");
	draft->rule.before = rules_selectors(loader, rules_need(loader, shape, "unless-before", "a guard"),
	                                     rules_get(loader, shape, "where-before"), "unless-before");
	draft->rule.within = rules_duration(loader, rules_get(loader, shape, "within"), "within");
}

static const char *const keys[] = {"event", "where", "unless-before", "where-before", "within", "key", NULL};

const struct rule_kind_row rule_kind_guard = {
	.what = "a guard",
	.keys = keys,
	.read = read,
	.momentary = true,
	.of_one_record = true,
};
