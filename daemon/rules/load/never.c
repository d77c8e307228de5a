/* never: rules that read well and can never tell anybody, since nobody is ever so old. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

void rules_check_never(struct rules_loader *loader, const struct rule_draft *draft)
{
	const struct rule *rule = &draft->rule;
	int months = rule->from_years * 12 + rule->from_months;
	const struct yaml_node *from = yaml_get(yaml_get(draft->node, "state"), "from");
	if (!rule->has_from)
		return;
	if (months >= AGE_PLACEHOLDER * 12)
		yaml_fault(
			from, loader->faults,
			"from is an age of %d or more, which counts as not known, so that this never holds; write less",
			AGE_PLACEHOLDER);
	else if (rule->until_age && months >= rule->until_age * 12)
		yaml_fault(from, loader->faults,
		           "from is not before until-age, so that this never holds; let until-age be later, or leave "
		           "it out");
}
