/* plan: turns the rule set round, so that an event finds its rules. */
#include "engine/plan.h"

#include "base/mem.h"

#include <stdlib.h>


static void *add(void *items_at, size_t *count, size_t size)
{
	void **items = items_at;
	*items = mem_grow(*items, *count + 1, size);
	return (char *)*items + size * (*count)++;
}

static struct interest *interest_in(struct plan *plan, size_t domain, type_id type)
{
	struct interest *interest = &plan->interests[domain][type];
	interest->any = true;
	return interest;
}

static void concern(struct plan *plan, const struct rule *rule, enum part part, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		struct interest *interest = interest_in(plan, rule->of, selectors->items[i].type);
		struct concern *added = add(&interest->concerns, &interest->concern_count, sizeof *added);
		*added = (struct concern){rule->index, (uint16_t)part, &selectors->items[i]};
	}
}

static void use_state(struct plan *plan, size_t domain, uint16_t state)
{
	if (plan->state_used[domain][state])
		return;
	plan->state_used[domain][state] = true;
	const struct state_def *def = &plan->rules->states[state];
	const struct selectors *ends[] = {&def->from, &def->to};
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < ends[side]->count; i++) {
			struct interest *interest = interest_in(plan, domain, ends[side]->items[i].type);
			struct state_concern *added = add(&interest->states, &interest->state_count, sizeof *added);
			*added = (struct state_concern){state, side == 0, &ends[side]->items[i]};
			interest->settles = true;
		}
}

static void look_at(struct plan *plan, size_t domain, type_id type, uint16_t key, bool first)
{
	struct interest *interest = interest_in(plan, domain, type);
	interest->settles = true;
	interest->first |= first;
	const struct event_type *known = schema_type(type);
	uint16_t name = key && known && schema_field(type, text_of(schema_name_text(key))) ? key : 0;
	for (size_t i = 0; i < interest->seen_count; i++)
		if (interest->seen_keys[i] == name)
			return;
	*(uint16_t *)add(&interest->seen_keys, &interest->seen_count, sizeof(uint16_t)) = name;
}

static void read_condition(struct plan *plan, const struct rule *rule, struct condition *condition)
{
	if (!condition)
		return;
	struct condition_state *states;
	size_t count = condition_states(condition, &states);
	for (size_t i = 0; i < count; i++) {
		use_state(plan, rule->of, states[i].state);
		if (states[i].has_tail)
			plan->state_tail[states[i].state] = true;
	}
	const type_id *types;
	count = condition_types(condition, &types);
	for (size_t i = 0; i < count; i++)
		look_at(plan, rule->of, types[i], rule->key, false);
	const struct condition_first *firsts;
	count = condition_firsts(condition, &firsts);
	for (size_t i = 0; i < count; i++)
		look_at(plan, rule->of, firsts[i].type, rule->key, true);
	if (condition_reads_age(condition))
		plan->ages[rule->of] = plan->any_age = true;
}

static void read_selectors(struct plan *plan, const struct rule *rule, enum part part, const struct selectors *selectors)
{
	concern(plan, rule, part, selectors);
	for (size_t i = 0; i < selectors->count; i++)
		read_condition(plan, rule, selectors->items[i].where);
}

/* Rules that are judged when conditions may have changed, not at their own events alone. */
static bool settles(const struct rule *rule)
{
	return rule->kind == RULE_STATE || rule->kind == RULE_LOAD || rule->while_holds || rule->start_alert.rule_id;
}

static void read_rule(struct plan *plan, const struct rule *rule)
{
	plan->domain_used[rule->of] = true;
	read_selectors(plan, rule, PART_ON, &rule->on);
	read_selectors(plan, rule, PART_STOP, &rule->stop);
	read_selectors(plan, rule, PART_BEFORE, &rule->before);
	read_selectors(plan, rule, PART_MOVES, &rule->moves);
	read_selectors(plan, rule, PART_CLOSES, &rule->closes_on);
	read_selectors(plan, rule, PART_ENDS, &rule->ends_on);
	read_condition(plan, rule, rule->while_holds);
	read_condition(plan, rule, rule->when);
	for (size_t i = 0; i < rule->remark_count; i++)
		read_condition(plan, rule, rule->remarks[i].when);
	if (rule->kind == RULE_LOAD)
		use_state(plan, rule->of, rule->load_state);
	if (rule->has_from || rule->until_age)
		plan->ages[rule->of] = plan->any_age = true;
	if (rule->has_from)
		*(uint16_t *)add(&plan->from_rules, &plan->from_count, sizeof(uint16_t)) = rule->index;
	if (settles(rule))
		*(uint16_t *)add(&plan->settle_rules[rule->of], &plan->settle_count[rule->of], sizeof(uint16_t)) =
		        rule->index;
}

static int order_instants(const void *a, const void *b)
{
	instant x = *(const instant *)a, y = *(const instant *)b;
	return x < y ? -1 : x > y;
}

static void read_dates(struct plan *plan, const struct calendar *calendar)
{
	const struct ruleset *rules = plan->rules;
	const struct zone *zone = calendar_zone(calendar);
	plan->effective_from = mem_zero(rules->rule_count, sizeof(instant));
	plan->effective_until = mem_zero(rules->rule_count, sizeof(instant));
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		bool from = rule->effective_from != DAY_NONE, until = rule->effective_until != DAY_NONE;
		plan->effective_from[i] = from ? zone_midnight(zone, rule->effective_from) : INSTANT_NONE;
		plan->effective_until[i] = until ? zone_midnight(zone, rule->effective_until) : INSTANT_NEVER;
		if (!settles(rule))
			continue;
		if (from)
			*(instant *)add(&plan->changes, &plan->change_count, sizeof(instant)) = plan->effective_from[i];
		if (until)
			*(instant *)add(&plan->changes, &plan->change_count, sizeof(instant)) = plan->effective_until[i];
	}
	if (plan->change_count)
		qsort(plan->changes, plan->change_count, sizeof(instant), order_instants);
}

static type_id highest(const struct selectors *selectors, type_id so_far)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].type > so_far)
			so_far = selectors->items[i].type;
	return so_far;
}

static size_t count_types(const struct ruleset *rules)
{
	type_id top = (type_id)(schema_type_count() - 1);
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		const struct selectors *all[] = {&rule->on, &rule->stop, &rule->before, &rule->moves, &rule->closes_on,
		                                 &rule->ends_on};
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			top = highest(all[k], top);
		struct condition *conditions[] = {rule->while_holds, rule->when};
		for (size_t k = 0; k < 2; k++) {
			const type_id *types;
			size_t count = conditions[k] ? condition_types(conditions[k], &types) : 0;
			for (size_t j = 0; j < count; j++)
				top = types[j] > top ? types[j] : top;
		}
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			for (size_t j = 0; j < all[k]->count; j++) {
				const type_id *types;
				struct condition *where = all[k]->items[j].where;
				size_t count = where ? condition_types(where, &types) : 0;
				for (size_t m = 0; m < count; m++)
					top = types[m] > top ? types[m] : top;
			}
	}
	for (size_t i = 0; i < rules->state_count; i++)
		top = highest(&rules->states[i].to, highest(&rules->states[i].from, top));
	return (size_t)top + 1;
}

/* What ends everything, who answers, and facts: known to the engine itself. */
static void read_well_known(struct plan *plan)
{
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		if (!plan->domain_used[domain])
			continue;
		static const type_id ends[] = {TYPE_ID_CHILD_DIED, TYPE_ID_CHILD_TRANSFERRED};
		for (size_t i = 0; i < 2; i++) {
			struct interest *interest = interest_in(plan, domain, ends[i]);
			interest->ends_all = interest->settles = true;
		}
		static const type_id answers[] = {TYPE_ID_ALERT_ACKNOWLEDGED, TYPE_ID_ALERT_RESOLVED};
		for (size_t i = 0; i < 2; i++)
			interest_in(plan, domain, answers[i])->answer = true;
	}
	struct interest *updated = interest_in(plan, PARTY_NONE, TYPE_ID_CHILD_UPDATED);
	updated->facts = updated->settles = true;
}

static bool names_party(type_id type)
{
	const struct event_type *known = schema_type(type);
	for (size_t i = 0; known && i < known->field_count; i++)
		if (known->fields[i].party != PARTY_NONE)
			return true;
	return false;
}

static void read_parties(struct plan *plan)
{
	plan->party_start = mem_zero(plan->type_count, sizeof(bool));
	plan->party_end = mem_zero(plan->type_count, sizeof(bool));
	for (size_t type = 0; type < plan->type_count; type++)
		plan->party_start[type] = names_party((type_id)type);
	for (size_t i = 0; i < plan->rules->state_count; i++) {
		const struct state_def *state = &plan->rules->states[i];
		bool party = false;
		for (size_t k = 0; k < state->from.count; k++)
			party |= names_party(state->from.items[k].type);
		for (size_t k = 0; party && k < state->to.count; k++)
			plan->party_end[state->to.items[k].type] = true;
	}
	plan->party_end[TYPE_ID_CHILD_DIED] = plan->party_end[TYPE_ID_CHILD_TRANSFERRED] = true;
}

struct plan *plan_new(const struct ruleset *rules, const struct calendar *calendar)
{
	struct plan *plan = MEM_NEW(struct plan);
	plan->rules = rules;
	plan->type_count = count_types(rules);
	plan->state_tail = mem_zero(rules->state_count + 1, sizeof(bool));
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		plan->interests[domain] = mem_zero(plan->type_count, sizeof(struct interest));
		plan->state_used[domain] = mem_zero(rules->state_count + 1, sizeof(bool));
	}
	plan->domain_used[PARTY_NONE] = true;
	for (size_t i = 0; i < rules->rule_count; i++)
		read_rule(plan, &rules->rules[i]);
	/* A state's own conditions may look at further states and marks: until nothing new turns up. */
	for (size_t domain = 0; domain < DOMAINS; domain++)
		for (size_t i = 0; i < rules->state_count; i++) {
			if (!plan->state_used[domain][i])
				continue;
			const struct state_def *state = &rules->states[i];
			struct rule as_rule = {.of = (enum party_kind)domain, .key = state->keys[0]};
			for (size_t k = 0; k < state->from.count; k++)
				read_condition(plan, &as_rule, state->from.items[k].where);
			for (size_t k = 0; k < state->to.count; k++)
				read_condition(plan, &as_rule, state->to.items[k].where);
		}
	read_well_known(plan);
	read_parties(plan);
	read_dates(plan, calendar);
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		for (size_t type = 0; type < plan->type_count; type++) {
			free(plan->interests[domain][type].concerns);
			free(plan->interests[domain][type].states);
			free(plan->interests[domain][type].seen_keys);
		}
		free(plan->interests[domain]);
		free(plan->settle_rules[domain]);
		free(plan->state_used[domain]);
	}
	free(plan->from_rules);
	free(plan->state_tail);
	free(plan->party_end);
	free(plan->party_start);
	free(plan->effective_from);
	free(plan->effective_until);
	free(plan->changes);
	free(plan);
}
