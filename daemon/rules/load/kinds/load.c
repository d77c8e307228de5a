/* kind load: a number of open keys above a limit. */
#include "rules/load/shape.h"

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	draft->load_open = rules_need(loader, shape, "open", "a load");
	draft->load_where = rules_get(loader, shape, "where");
	draft->rule.more_than =
		(uint32_t)rules_read_number(loader, rules_need(loader, shape, "more-than", "a load"), "more-than", 0);
}

static const char *const keys[] = {"open", "where", "of", "more-than", NULL};

const struct rule_kind_row rule_kind_load = {
	.what = "a load",
	.keys = keys,
	.read = read,
	.counts_open = true,
	.one_a_subject = true,
	.judged_anew = true,
	.begins = KIND_BEGINS_OPENED,
};
