/* read_kind: which kind a rule is of; its own file reads the rest. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

static void fault_no_kind(struct rules_loader *loader, const struct rule_draft *draft)
{
	struct buffer names = {0};
	for (size_t i = 0; i < RULE_KINDS; i++) {
		buffer_string(&names, i == 0 ? "" : i + 1 < RULE_KINDS ? ", " : " or ");
		buffer_string(&names, rule_kind_name((enum rule_kind)i));
	}
	yaml_fault(draft->node, loader->faults, "a rule needs a kind: %s", buffer_cstr(&names));
	buffer_free(&names);
}

/* The one kind that the rule has; RULE_KINDS after a fault. */
static size_t find_kind(struct rules_loader *loader, const struct rule_draft *draft)
{
	size_t found = RULE_KINDS;
	for (size_t i = 0; i < RULE_KINDS; i++) {
		const struct yaml_node *node = yaml_get(draft->node, rule_kind_name((enum rule_kind)i));
		if (node && found < RULE_KINDS) {
			yaml_fault(node, loader->faults, "a rule is of one kind; this one is %s and %s",
			           rule_kind_name((enum rule_kind)found), rule_kind_name((enum rule_kind)i));
			return RULE_KINDS;
		}
		if (node)
			found = i;
	}
	if (found == RULE_KINDS)
		fault_no_kind(loader, draft);
	return found;
}

void rules_read_kind(struct rules_loader *loader, struct rule_draft *draft)
{
	size_t kind = find_kind(loader, draft);
	if (kind == RULE_KINDS)
		return;
	const struct rule_kind_row *row = rule_kind_row((enum rule_kind)kind);
	const struct yaml_node *shape = rules_get(loader, draft->node, rule_kind_name((enum rule_kind)kind));
	draft->rule.kind = (enum rule_kind)kind;
	if (!shape)
		return;
	(void)yaml_check_keys(shape, row->what, row->keys, loader->faults);
	if (shape->kind == YAML_MAPPING)
		row->read(loader, draft, shape);
}
