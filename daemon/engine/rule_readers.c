/* rule_readers: turns the conditions of the rules that settle round: what changed finds who reads it. */
#include "base/mem.h"
#include "engine/rule_index.h"
#include "rules/kinds.h"

#include <stdlib.h>

#define WORD_BITS 64

static void add_reader(const struct rule_readers *readers, uint64_t *rows, size_t row, size_t place)
{
	rows[row * readers->words + place / WORD_BITS] |= (uint64_t)1 << place % WORD_BITS;
}

/* What open("x", "28 days") looks back to ends by the clock, at an instant that is reckoned whenever it is asked. */
static void read_condition(struct rule_index *index, size_t domain, struct condition *condition, size_t place)
{
	const struct rule_readers *readers = &index->readers[domain];
	struct condition_state *states;
	const type_id *types;
	const struct condition_first *firsts;
	size_t count = condition ? condition_states(condition, &states) : 0;
	for (size_t i = 0; i < count; i++) {
		add_reader(readers, readers->of_state, states[i].state, place);
		if (states[i].has_tail)
			add_reader(readers, readers->always, 0, place);
	}
	count = condition ? condition_types(condition, &types) : 0;
	for (size_t i = 0; i < count; i++)
		add_reader(readers, readers->of_type, types[i], place);
	count = condition ? condition_firsts(condition, &firsts) : 0;
	for (size_t i = 0; i < count; i++)
		add_reader(readers, readers->of_type, firsts[i].type, place);
}

/* A recurring clock that starts by itself, one a key, is looked for under every open key of its name. */
static void read_own_start(struct rule_index *index, size_t domain, const struct rule *rule, size_t place)
{
	const struct rule_readers *readers = &index->readers[domain];
	if (rule->on.count || !rule->while_holds)
		return;
	for (size_t i = 0; i < index->rules->state_count; i++) {
		const uint16_t *keys = index->rules->states[i].keys;
		if (rule->key && keys[0] == rule->key && !keys[1])
			add_reader(readers, readers->of_state, i, place);
	}
}

static void read_rule(struct rule_index *index, size_t domain, size_t place)
{
	const struct rule_readers *readers = &index->readers[domain];
	const struct rule *rule = &index->rules->rules[index->settle_rules[domain][place]];
	add_reader(readers, readers->of_rule, rule->index, place);
	for (size_t i = rule->start_alert.rule; rule->start_alert.rule_id && i <= rule->start_alert.last; i++)
		add_reader(readers, readers->of_rule, i, place);
	read_condition(index, domain, rule->while_holds, place);
	read_condition(index, domain, rule->when, place);
	for (size_t i = 0; i < rule->case_count; i++)
		read_condition(index, domain, rule->cases[i].when, place);
	if (rule_kind_row(rule->kind)->counts_open)
		add_reader(readers, readers->of_state, rule->load_state, place);
	read_own_start(index, domain, rule, place);
}

/* As the engine reads open(), seen() and first() (context.c). */
static bool is_keyed(const struct rule_index *index, const struct rule *rule)
{
	struct condition_state *states;
	const type_id *types;
	size_t count = rule->key && rule->while_holds ? condition_states(rule->while_holds, &states) : 0;
	bool keyed = false;
	for (size_t i = 0; i < count; i++)
		keyed |= index->rules->states[states[i].state].keys[0] == rule->key;
	count = rule->key && rule->while_holds ? condition_types(rule->while_holds, &types) : 0;
	return keyed || count > 0;
}

void rule_readers_read(struct rule_index *index)
{
	index->while_keyed = mem_zero(index->rules->rule_count + 1, sizeof(bool));
	for (size_t i = 0; i < index->rules->rule_count; i++)
		index->while_keyed[i] = is_keyed(index, &index->rules->rules[i]);
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		struct rule_readers *readers = &index->readers[domain];
		readers->words = index->settle_count[domain] / WORD_BITS + 1;
		readers->of_state = mem_zero((index->rules->state_count + 1) * readers->words, sizeof(uint64_t));
		readers->of_type = mem_zero((index->type_count + 1) * readers->words, sizeof(uint64_t));
		readers->of_rule = mem_zero((index->rules->rule_count + 1) * readers->words, sizeof(uint64_t));
		readers->always = mem_zero(readers->words, sizeof(uint64_t));
		for (size_t place = 0; place < index->settle_count[domain]; place++)
			read_rule(index, domain, place);
	}
}

void rule_readers_free(struct rule_index *index)
{
	free(index->while_keyed);
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		free(index->readers[domain].of_state);
		free(index->readers[domain].of_type);
		free(index->readers[domain].of_rule);
		free(index->readers[domain].always);
	}
}
