/* order: versions of one rule side by side in order of time, and a rule after those whose alerts start it. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

#include <stdlib.h>

enum color { UNTOUCHED, UNDER_WAY, DONE };

/* Rules of one id: its versions. */
struct group {
	const char *id;
	size_t *rules;
	size_t count, room;
	enum color color;
};

struct order {
	struct rules_loader *loader;
	struct group *groups;
	size_t count, room;
	size_t *sequence; /* rules, as they come into the set */
	size_t length;
	int depth;        /* of rules that start one another */
};

static struct group *find_group(const struct order *order, const char *id)
{
	for (size_t i = 0; i < order->count; i++)
		if (strcmp(order->groups[i].id, id) == 0)
			return &order->groups[i];
	return NULL;
}

static void gather(struct order *order)
{
	struct rules_loader *loader = order->loader;
	for (size_t i = 0; i < loader->rule_count; i++) {
		struct group *group = find_group(order, loader->rules[i].rule.id);
		if (!group) {
			group = mem_push((void **)&order->groups, &order->count, &order->room, sizeof *group);
			*group = (struct group){.id = loader->rules[i].rule.id};
		}
		*(size_t *)mem_push((void **)&group->rules, &group->count, &group->room, sizeof *group->rules) = i;
	}
}

/* ---- versions ---- */

static bool ends_before(const struct rule *a, const struct rule *b)
{
	return a->effective_until != DAY_NONE && b->effective_from != DAY_NONE &&
	       a->effective_until <= b->effective_from;
}

static void check_versions(struct order *order, const struct group *group)
{
	struct rules_loader *loader = order->loader;
	for (size_t i = 1; i < group->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct rule *earlier = &loader->rules[group->rules[j]].rule,
					  *later = &loader->rules[group->rules[i]].rule;
			if (!*group->id || ends_before(earlier, later) || ends_before(later, earlier))
				continue;
			yaml_fault(loader->rules[group->rules[i]].node, loader->faults,
			           "rule \"%s\" stands already in %s, line %d; give it another id, or both "
			           "effective-from and "
			           "effective-until dates that do not overlap",
			           group->id, earlier->file, earlier->line);
			break;
		}
}

/* In order of time, wherever they stand in the files: whoever looks for "the version of that date" goes along them. */
static void sort_versions(const struct order *order, const struct group *group)
{
	const struct rule_draft *drafts = order->loader->rules;
	for (size_t i = 1; i < group->count; i++) {
		size_t moved = group->rules[i], k = i;
		for (; k > 0 && drafts[group->rules[k - 1]].rule.effective_from > drafts[moved].rule.effective_from;
		     k--)
			group->rules[k] = group->rules[k - 1];
		group->rules[k] = moved;
	}
}

/* ---- former ids ---- */

/* Two versions of one rule may both say what it was called before; two rules may not. */
static void check_former_id(struct order *order, const struct rule_draft *draft, const char *former)
{
	struct rules_loader *loader = order->loader;
	for (size_t i = 0; i < loader->rule_count; i++) {
		const struct rule *other = &loader->rules[i].rule;
		if (strcmp(other->id, former) == 0) {
			yaml_fault(draft->renamed_node, loader->faults,
			           "a rule is still called \"%s\" (%s, line %d), so this one was not renamed from it; "
			           "its alerts are its own",
			           former, other->file, other->line);
			return;
		}
		for (size_t k = 0; k < other->renamed_count && strcmp(other->id, draft->rule.id) != 0; k++)
			if (strcmp(other->renamed_from[k], former) == 0 && &loader->rules[i] < draft) {
				yaml_fault(draft->renamed_node, loader->faults,
				           "%s says already that it was renamed from \"%s\" (%s, line %d); alerts go "
				           "on in one rule",
				           other->id, former, other->file, other->line);
				return;
			}
	}
}

static void check_former_ids(struct order *order)
{
	for (size_t i = 0; i < order->loader->rule_count; i++) {
		const struct rule_draft *draft = &order->loader->rules[i];
		for (size_t k = 0; k < draft->rule.renamed_count; k++)
			check_former_id(order, draft, draft->rule.renamed_from[k]);
	}
}

/* ---- rules started by alerts ---- */

static void fault_unknown(struct order *order, const struct rule_draft *draft)
{
	const char **names = mem_alloc((order->count + 1) * sizeof *names);
	struct buffer hint = {0};
	for (size_t i = 0; i < order->count; i++)
		names[i] = order->groups[i].id;
	yaml_fault(draft->alert_node, order->loader->faults, "no rule is called \"%s\"%s",
	           draft->rule.start_alert.rule_id,
	           config_did_you_mean(&hint, text_of(draft->rule.start_alert.rule_id), names, order->count));
	buffer_free(&hint);
	free(names);
}

static void check_start(struct order *order, const struct rule_draft *draft, const struct group *starter)
{
	struct rules_loader *loader = order->loader;
	const struct rule *first = &loader->rules[starter->rules[0]].rule, *rule = &draft->rule;
	if (rule_kind_row(first->kind)->counts ? rule->key != 0 : rule->key != 0 && rule->key != first->key)
		yaml_fault(draft->key_node, loader->faults,
		           "alerts of %s have no key \"%s\", so no stop could be matched with them; leave key out",
		           first->id, schema_name_text(rule->key));
	/* Nobody was told of the alert that would start it: what follows from it could tell nobody of anything they
	 * know. */
	for (size_t i = 0; i < starter->count && !rule->shadow; i++)
		if (loader->rules[starter->rules[i]].rule.shadow) {
			yaml_fault(draft->alert_node, loader->faults,
			           "%s is in `mode: shadow` and tells nobody, so a rule that starts from its alerts "
			           "must be in `mode: shadow`, "
			           "too; add it, or take it from %s",
			           first->id, first->id);
			break;
		}
	if (first->of != rule->of)
		yaml_fault(draft->alert_node, loader->faults,
		           "alerts of %s stand on another kind of subject; give both the same of", first->id);
}

static void visit(struct order *order, struct group *group);

static void visit_starter(struct order *order, const struct group *group, const struct rule_draft *draft)
{
	if (!draft->rule.start_alert.rule_id || !*draft->rule.start_alert.rule_id)
		return;
	struct group *starter = find_group(order, draft->rule.start_alert.rule_id);
	if (!starter) {
		fault_unknown(order, draft);
	} else if (starter->color == UNDER_WAY) {
		yaml_fault(
			draft->alert_node, order->loader->faults,
			"a circle: an alert of %s would in the end start %s; one of the rules must start from an event",
			group->id, starter->id);
	} else {
		visit(order, starter);
		check_start(order, draft, starter);
	}
}

#define CHAIN_MAX 64 /* rules that start one another in a row */

static void visit(struct order *order, struct group *group)
{
	if (group->color == DONE)
		return;
	group->color = UNDER_WAY;
	if (++order->depth > CHAIN_MAX)
		yaml_fault(order->loader->rules[group->rules[0]].node, order->loader->faults,
		           "more than %d rules start one another in a row", CHAIN_MAX);
	else
		for (size_t i = 0; i < group->count; i++)
			visit_starter(order, group, &order->loader->rules[group->rules[i]]);
	order->depth--;
	for (size_t i = 0; i < group->count; i++)
		order->sequence[order->length++] = group->rules[i];
	group->color = DONE;
}

/* ---- into the set ---- */

static void count_versions(struct ruleset *ruleset, size_t i)
{
	struct rule *rule = &ruleset->rules[i];
	if (i == 0 || strcmp(rule[-1].id, rule->id) != 0)
		return;
	rule->versions_before = (uint16_t)(rule[-1].versions_before + 1U);
	for (size_t k = i - rule->versions_before; k < i; k++)
		ruleset->rules[k].versions_after++;
}

static void fill(const struct order *order)
{
	struct rules_loader *loader = order->loader;
	struct ruleset *ruleset = loader->ruleset;
	ruleset->rules = arena_alloc(loader->arena, (order->length + 1) * sizeof *ruleset->rules);
	for (size_t i = 0; i < order->length; i++) {
		struct rule *rule = &ruleset->rules[i];
		*rule = loader->rules[order->sequence[i]].rule;
		rule->index = (uint16_t)i;
		const struct rule *starter =
			rule->start_alert.rule_id ? ruleset_find(ruleset, text_of(rule->start_alert.rule_id)) : NULL;
		if (starter)
			rule->start_alert.rule = rule->start_alert.last = starter->index;
		while (starter && rule->start_alert.last + 1U < i &&
		       strcmp(ruleset->rules[rule->start_alert.last + 1].id, starter->id) == 0)
			rule->start_alert.last++;
		ruleset->rule_count = i + 1; /* what is looked up above stands before it */
		count_versions(ruleset, i);
	}
}

void rules_order(struct rules_loader *loader)
{
	struct order order = {.loader = loader};
	order.sequence = mem_zero(loader->rule_count, sizeof *order.sequence);
	gather(&order);
	for (size_t i = 0; i < order.count; i++) {
		check_versions(&order, &order.groups[i]);
		sort_versions(&order, &order.groups[i]);
	}
	check_former_ids(&order);
	for (size_t i = 0; i < order.count; i++)
		visit(&order, &order.groups[i]);
	fill(&order);
	for (size_t i = 0; i < order.count; i++)
		free(order.groups[i].rules);
	free(order.groups);
	free(order.sequence);
}
