/* kind event: fires at each event of the type that meets `where`; with `distinct`, once a key. */
#include "rules/load/shape.h"

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	const struct yaml_node *key = rules_get(loader, shape, "key"), *distinct = rules_get(loader, shape, "distinct");
	rules_read_on(loader, draft, shape, "event", "an event rule");
	if (key && distinct && !text_equal(key->text, distinct->text))
		yaml_fault(distinct, loader->faults,
		           "key and distinct name different fields; keep distinct alone: it is a key too");
	rules_read_key(loader, draft, shape, distinct ? "distinct" : "key");
	draft->rule.once_a_key = distinct != NULL;
}

static const char *const keys[] = {"event", "where", "distinct", "key", NULL};

const struct rule_kind_row rule_kind_event = {
	.what = "an event rule",
	.keys = keys,
	.read = read,
	.momentary = true,
	.of_one_record = true,
};
