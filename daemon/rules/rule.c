/* rule: names of severities, and what a rule set owns. */
#include "rules/rule.h"

#include <stdlib.h>

#include "base/mem.h"

struct owned {
	struct arena *arena;
	struct condition **conditions;
	size_t condition_count, condition_room;
};

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_CRITICAL] = "critical", [SEVERITY_HIGH] = "high", [SEVERITY_NORMAL] = "normal"};
	return names[severity];
}

bool rule_hears(const struct rule *rule, type_id id)
{
	const struct event_type *type = schema_type(id);
	if (!type || rule->of == PARTY_NONE)
		return true;
	bool found = type->subject == (rule->of == PARTY_WORKER ? SUBJECT_WORKER : SUBJECT_PROVIDER);
	for (size_t i = 0; i < type->field_count && !found; i++)
		found = type->fields[i].party == rule->of;
	return found;
}

struct ruleset *ruleset_new(void)
{
	struct ruleset *ruleset = MEM_NEW(struct ruleset);
	struct owned *owned = MEM_NEW(struct owned);
	owned->arena = arena_new(16384);
	ruleset->owned = owned;
	return ruleset;
}

struct arena *ruleset_arena(const struct ruleset *ruleset)
{
	return ((const struct owned *)ruleset->owned)->arena;
}

void ruleset_keep_condition(struct ruleset *ruleset, struct condition *condition)
{
	struct owned *owned = ruleset->owned;
	*(struct condition **)mem_push((void **)&owned->conditions, &owned->condition_count, &owned->condition_room,
	                               sizeof(struct condition *)) = condition;
}

static void free_set(void *item)
{
	struct ruleset *ruleset = item;
	struct owned *owned = ruleset->owned;
	for (size_t i = 0; i < owned->condition_count; i++)
		condition_free(owned->conditions[i]);
	free(owned->conditions);
	schema_undeclare(ruleset);
	arena_free(owned->arena);
	free(owned);
	free(ruleset);
}

void ruleset_free(struct ruleset *ruleset)
{
	if (ruleset && !pool_leave(ruleset))
		free_set(ruleset);
}

struct ruleset *ruleset_pool(const struct pool_key *key, struct ruleset *ruleset)
{
	return pool_add(key, ruleset, free_set);
}

const struct rule *ruleset_find(const struct ruleset *ruleset, struct text id)
{
	for (size_t i = 0; i < ruleset->rule_count; i++)
		if (text_equal(text_of(ruleset->rules[i].id), id))
			return &ruleset->rules[i];
	return NULL;
}

const struct rule *ruleset_find_renamed(const struct ruleset *ruleset, struct text id)
{
	const struct rule *rule = ruleset_find(ruleset, id);
	for (size_t i = 0; i < ruleset->rule_count && !rule; i++)
		for (size_t k = 0; k < ruleset->rules[i].renamed_count; k++)
			if (text_equal(text_of(ruleset->rules[i].renamed_from[k]), id))
				rule = rule_oldest(&ruleset->rules[i]);
	return rule;
}

const struct rule *ruleset_find_on(const struct ruleset *ruleset, struct text id, civil_day day)
{
	const struct rule *first = ruleset_find_renamed(ruleset, id), *last = first;
	for (uint16_t i = 1; first && i <= first->versions_after; i++)
		if (first[i].effective_from <= day) /* no version but the first may lack the date */
			last = first + i;
	return last;
}

const struct rule *ruleset_find_version(const struct ruleset *ruleset, struct text id, civil_day from)
{
	const struct rule *first = ruleset_find_renamed(ruleset, id), *restricted = NULL;
	for (size_t i = first ? first->index : ruleset->rule_count; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		if (strcmp(rule->id, first->id) != 0)
			continue;
		if (rule->effective_from == from)
			return rule;
		if (rule->restricted && !restricted)
			restricted = rule;
	}
	return restricted ? restricted : first;
}
