/* kind count: so many events in a window. */
#include "rules/load/shape.h"

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	rules_read_on(loader, draft, shape, "event", "a count");
	rules_read_key(loader, draft, shape, "distinct");
	draft->rule.at_least =
		(uint32_t)rules_read_number(loader, rules_need(loader, shape, "at-least", "a count"), "at-least", 1);
	draft->rule.within = rules_duration(loader, rules_need(loader, shape, "within", "a count"), "within");
}

static const char *const keys[] = {"event", "where", "distinct", "at-least", "within", NULL};

const struct rule_kind_row rule_kind_count = {
	.what = "a count",
	.keys = keys,
	.read = read,
	.counts = true,
	.one_a_subject = true,
	.momentary = true,
	.begins = KIND_BEGINS_OPENED,
};
