/* never: rules that read well and can never tell anybody: what they begin is over at once, or nobody is ever so old. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

/* The first of `ends` that is of the very events by which the rule begins, whatever they say. */
static const struct selector *ends_its_own(const struct rule *rule, const struct selectors *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		for (size_t k = 0; k < rule->on.count && !ends->items[i].where; k++)
			if (ends->items[i].type == rule->on.items[k].type)
				return &ends->items[i];
	return NULL;
}

static void check_ends(struct rules_loader *loader, const struct rule_draft *draft, const struct selectors *ends,
                       const char *word, const char *advice)
{
	const struct selector *end = ends_its_own(&draft->rule, ends);
	if (!end)
		return;
	const struct yaml_node *shape = yaml_get(draft->node, rule_kind_name(draft->rule.kind));
	const struct yaml_node *node = yaml_get(draft->node, word) ? yaml_get(draft->node, word) : yaml_get(shape, word);
	yaml_fault(node ? node : draft->node, loader->faults,
	           "%s begins this rule and is its %s, too, so that it ends at once what it began, and nobody is told; %s",
	           schema_type_name(end->type), word, advice);
}

static void check_age(struct rules_loader *loader, const struct rule_draft *draft)
{
	const struct rule *rule = &draft->rule;
	int months = rule->from_years * 12 + rule->from_months;
	const struct yaml_node *from = yaml_get(yaml_get(draft->node, "state"), "from");
	if (!rule->has_from)
		return;
	if (months >= AGE_PLACEHOLDER * 12)
		yaml_fault(from, loader->faults,
		           "from is an age of %d or more, which counts as not known, so that this never holds; write less",
		           AGE_PLACEHOLDER);
	else if (rule->until_age && months >= rule->until_age * 12)
		yaml_fault(from, loader->faults,
		           "from is not before until-age, so that this never holds; let until-age be later, or leave it out");
}

void rules_check_never(struct rules_loader *loader, const struct rule_draft *draft)
{
	const struct rule *rule = &draft->rule;
	const struct rule_kind_row *row = rule_kind_row(rule->kind);
	static const char *const say = "say by a where of its own which of them ends it";
	if (!row->starts_anew) /* there a stop begins the next turn */
		check_ends(loader, draft, &rule->stop, "stop",
		           "for what must come again and again write recurring, with event and every");
	if (row->momentary) /* of a clock closes-on ends an alert that stands, and none does yet */
		check_ends(loader, draft, &rule->closes_on, "closes-on", say);
	check_ends(loader, draft, &rule->ends_on, "ends-on", say);
	check_age(loader, draft);
}
