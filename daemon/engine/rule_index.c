/* rule_index: turns the rule set round, so that an event finds its rules. */
#include "engine/rule_index.h"

#include "base/mem.h"
#include "engine/history/marks.h"
#include "rules/kinds.h"

#include <stdlib.h>


static void *add(void *items_at, size_t *count, size_t size)
{
	void **items = items_at;
	*items = mem_grow(*items, *count + 1, size);
	return (char *)*items + size * (*count)++;
}

static struct interest *interest_in(struct rule_index *index, size_t domain, type_id type)
{
	struct interest *interest = &index->interests[domain][type];
	interest->any = true;
	return interest;
}

static void concern(struct rule_index *index, const struct rule *rule, enum part part,
                    const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		struct interest *interest = interest_in(index, rule->of, selectors->items[i].type);
		struct concern *added = add(&interest->concerns, &interest->concern_count, sizeof *added);
		*added =
			(struct concern){.rule = rule->index, .part = (uint16_t)part, .selector = &selectors->items[i]};
	}
}

static void use_state(struct rule_index *index, size_t domain, uint16_t state)
{
	if (index->state_used[domain][state])
		return;
	index->state_used[domain][state] = true;
	const struct state_def *def = &index->rules->states[state];
	const struct selectors *ends[] = {&def->from, &def->to};
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < ends[side]->count; i++) {
			struct interest *interest = interest_in(index, domain, ends[side]->items[i].type);
			struct state_concern *added = add(&interest->states, &interest->state_count, sizeof *added);
			*added = (struct state_concern){
				.state = state, .from = side == 0, .selector = &ends[side]->items[i]};
			interest->settles = true;
		}
}

static void look_at(struct rule_index *index, size_t domain, type_id type, uint16_t key)
{
	struct interest *interest = interest_in(index, domain, type);
	interest->settles = true;
	const struct event_type *known = schema_type(type);
	uint16_t name = key && known && schema_field(type, text_of(schema_name_text(key))) ? key : 0;
	for (size_t i = 0; i < interest->seen_count; i++)
		if (interest->seen_keys[i] == name)
			return;
	*(uint16_t *)add(&interest->seen_keys, &interest->seen_count, sizeof(uint16_t)) = name;
}

static void read_first(struct rule_index *index, size_t domain, const struct condition_first *first, uint16_t key)
{
	look_at(index, domain, first->type, key);
	struct interest *interest = interest_in(index, domain, first->type);
	interest->first = true;
	for (size_t i = 0; i < interest->first_field_count; i++)
		if (interest->first_fields[i] == first->field)
			return;
	*(uint16_t *)add(&interest->first_fields, &interest->first_field_count, sizeof(uint16_t)) = first->field;
}

static void note_tail(struct rule_index *index, const struct condition_state *state)
{
	struct state_tails *tails = &index->tails[state->state];
	index->state_tail[state->state] = true;
	for (size_t i = 0; i < tails->count; i++)
		if (tails->items[i].amount == state->tail.amount && tails->items[i].unit == state->tail.unit)
			return;
	*(struct duration *)add(&tails->items, &tails->count, sizeof *tails->items) = state->tail;
}

/* `key`: of which seen() and first() are asked; 0: of the child as a whole. */
static void look_at_types(struct rule_index *index, size_t domain, struct condition *condition, uint16_t key)
{
	const type_id *types;
	size_t count = condition_types(condition, &types);
	for (size_t i = 0; i < count; i++)
		look_at(index, domain, types[i], key);
	const struct condition_first *firsts;
	count = condition_firsts(condition, &firsts);
	for (size_t i = 0; i < count; i++)
		read_first(index, domain, &firsts[i], key);
}

static void read_condition(struct rule_index *index, const struct rule *rule, struct condition *condition)
{
	if (!condition)
		return;
	struct condition_state *states;
	size_t count = condition_states(condition, &states);
	for (size_t i = 0; i < count; i++) {
		use_state(index, rule->of, states[i].state);
		if (states[i].has_tail)
			note_tail(index, &states[i]);
	}
	look_at_types(index, rule->of, condition, rule->key);
	if (condition_reads_age(condition))
		index->ages[rule->of] = index->any_age = true;
}

/* The where of an event that has not the rule's key, or need not say it, asks for the child as a whole (context.c). */
static void read_wheres(struct rule_index *index, const struct rule *rule, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		const struct selector *selector = &selectors->items[i];
		read_condition(index, rule, selector->where);
		const struct field *key =
			rule->key ? schema_field(selector->type, text_of(schema_name_text(rule->key))) : NULL;
		if (selector->where && rule->key && !(key && key->required))
			look_at_types(index, rule->of, selector->where, 0);
	}
}

static void read_selectors(struct rule_index *index, const struct rule *rule, enum part part,
                           const struct selectors *selectors)
{
	concern(index, rule, part, selectors);
	read_wheres(index, rule, selectors);
}

/* Rules that are judged when conditions may have changed, not at their own events alone. */
static bool settles(const struct rule *rule)
{
	return rule_kind_row(rule->kind)->judged_anew || rule->while_holds || rule->start_alert.rule_id ||
	       rule->case_count;
}

/* What begins when its condition begins to hold: a state, and a recurring clock without a start. */
static void read_beginning(struct rule_index *index, const struct rule *rule)
{
	const struct condition *begins = rule->when;
	if (rule_kind_row(rule->kind)->starts_anew && !rule->on.count)
		begins = rule->while_holds;
	if (!begins)
		return;
	index->idle[rule->of] |= condition_may_hold_idle(begins, true);
	index->bare[rule->of] |= condition_may_hold_idle(begins, false);
}

static void read_rule(struct rule_index *index, const struct rule *rule)
{
	index->domain_used[rule->of] = true;
	read_beginning(index, rule);
	read_selectors(index, rule, PART_ON, &rule->on);
	read_selectors(index, rule, PART_STOP, &rule->stop);
	read_selectors(index, rule, PART_BEFORE, &rule->before);
	read_selectors(index, rule, PART_MOVES, &rule->moves);
	read_selectors(index, rule, PART_CLOSES, &rule->closes_on);
	read_selectors(index, rule, PART_ENDS, &rule->ends_on);
	read_condition(index, rule, rule->while_holds);
	read_condition(index, rule, rule->when);
	for (size_t i = 0; i < rule->case_count; i++)
		read_condition(index, rule, rule->cases[i].when);
	for (size_t i = 0; i < rule->remark_count; i++)
		read_condition(index, rule, rule->remarks[i].when);
	if (rule_kind_row(rule->kind)->counts_open)
		use_state(index, rule->of, rule->load_state);
	if (rule->has_from || rule->until_age)
		index->ages[rule->of] = index->any_age = true;
	if (rule->has_from)
		*(uint16_t *)add(&index->from_rules, &index->from_count, sizeof(uint16_t)) = rule->index;
	if (settles(rule))
		*(uint16_t *)add(&index->settle_rules[rule->of], &index->settle_count[rule->of], sizeof(uint16_t)) =
		        rule->index;
}

static int order_instants(const void *a, const void *b)
{
	instant x = *(const instant *)a, y = *(const instant *)b;
	return x < y ? -1 : x > y;
}

uint64_t rule_index_identity(const struct rule *rule, struct text a, struct text b)
{
	/* A rule that was renamed goes on with the alerts it had: they are named by the first id it ever had. */
	const char *first_id = rule->renamed_count ? rule->renamed_from[rule->renamed_count - 1] : rule->id;
	uint64_t identity = text_fingerprint(text_of(first_id), 0);
	identity = mark_mix(identity, text_fingerprint(a, 1));
	return mark_mix(identity, text_fingerprint(b, 2));
}

static void read_identities(struct rule_index *index)
{
	index->identities = mem_zero(index->rules->rule_count + 1, sizeof *index->identities);
	for (size_t i = 0; i < index->rules->rule_count; i++)
		index->identities[i] = rule_index_identity(&index->rules->rules[i], TEXT_NONE, TEXT_NONE);
}

static void read_dates(struct rule_index *index, const struct calendar *calendar)
{
	const struct ruleset *rules = index->rules;
	const struct zone *zone = calendar_zone(calendar);
	index->effective_from = mem_zero(rules->rule_count, sizeof(instant));
	index->effective_until = mem_zero(rules->rule_count, sizeof(instant));
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *rule = &rules->rules[i];
		bool from = rule->effective_from != DAY_NONE, until = rule->effective_until != DAY_NONE;
		index->effective_from[i] = from ? zone_midnight(zone, rule->effective_from) : INSTANT_NONE;
		index->effective_until[i] = until ? zone_midnight(zone, rule->effective_until) : INSTANT_NEVER;
		if (!settles(rule))
			continue;
		if (from)
			*(instant *)add(&index->changes, &index->change_count, sizeof(instant)) =
				index->effective_from[i];
		if (until)
			*(instant *)add(&index->changes, &index->change_count, sizeof(instant)) =
				index->effective_until[i];
	}
	if (index->change_count)
		qsort(index->changes, index->change_count, sizeof(instant), order_instants);
}

/* What ends everything, who answers, and facts: known to the engine itself. */
static void read_well_known(struct rule_index *index)
{
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		if (!index->domain_used[domain])
			continue;
		static const type_id ends[] = {TYPE_ID_CHILD_DIED, TYPE_ID_CHILD_TRANSFERRED};
		for (size_t i = 0; i < 2; i++) {
			struct interest *interest = interest_in(index, domain, ends[i]);
			interest->ends_all = interest->settles = true;
		}
		static const type_id answers[] = {TYPE_ID_ALERT_ACKNOWLEDGED, TYPE_ID_ALERT_RESOLVED,
		                                  TYPE_ID_ALERT_PASSED_ON};
		for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
			interest_in(index, domain, answers[i])->answer = true;
		const type_id mutes[] = {schema_find(TEXT("mute.started")), schema_find(TEXT("mute.ended"))};
		for (size_t i = 0; i < sizeof mutes / sizeof mutes[0]; i++)
			interest_in(index, domain, mutes[i])->answer = true;
	}
	struct interest *updated = interest_in(index, PARTY_NONE, TYPE_ID_CHILD_UPDATED);
	updated->facts = updated->settles = true;
}

static bool is_of(const struct event_type *known, size_t domain)
{
	static const enum subject_kind subjects[DOMAINS] = {SUBJECT_CHILD, SUBJECT_WORKER, SUBJECT_PROVIDER};
	bool is = known->subject == subjects[domain];
	for (size_t i = 0; i < known->field_count; i++)
		is |= domain != PARTY_NONE && known->fields[i].party == (enum party_kind)domain;
	return is;
}

/* "judged at each event of the history": where a rule may hold by what is not there, the first event of anybody begins
 * it, whichever types the rules name. */
static void read_bare(struct rule_index *index)
{
	for (size_t domain = 0; domain < DOMAINS; domain++)
		for (size_t type = 0; index->bare[domain] && type < index->type_count; type++) {
			const struct event_type *known = schema_type((type_id)type);
			bool links = type == TYPE_ID_PERSON_MERGED || type == TYPE_ID_PERSON_UNMERGED;
			if (known && !links && is_of(known, domain))
				interest_in(index, domain, (type_id)type)->settles = true;
		}
}

static bool names_party(type_id type)
{
	const struct event_type *known = schema_type(type);
	for (size_t i = 0; known && i < known->field_count; i++)
		if (known->fields[i].party != PARTY_NONE)
			return true;
	return false;
}

static void read_parties(struct rule_index *index)
{
	index->party_start = mem_zero(index->type_count, sizeof(bool));
	index->party_end = mem_zero(index->type_count, sizeof(bool));
	for (size_t type = 0; type < index->type_count; type++)
		index->party_start[type] = names_party((type_id)type);
	for (size_t i = 0; i < index->rules->state_count; i++) {
		const struct state_def *state = &index->rules->states[i];
		bool party = false;
		for (size_t k = 0; k < state->from.count; k++)
			party |= names_party(state->from.items[k].type);
		for (size_t k = 0; party && k < state->to.count; k++)
			index->party_end[state->to.items[k].type] = true;
	}
	index->party_end[TYPE_ID_CHILD_DIED] = index->party_end[TYPE_ID_CHILD_TRANSFERRED] = true;
}

static bool any_party(const uint16_t *names, size_t most)
{
	bool found = false;
	for (size_t i = 0; i < most && names[i] && !found; i++)
		found = schema_names_party(names[i]);
	return found;
}

/* "one social worker after another": such keys of a child change where ids of a worker or provider are linked. */
static bool keyed_by_party(const struct rule_index *index)
{
	const struct ruleset *rules = index->rules;
	bool found = false;
	for (size_t i = 0; i < rules->rule_count && !found; i++)
		found = rules->rules[i].of == PARTY_NONE && any_party(&rules->rules[i].key, 1);
	for (size_t i = 0; i < rules->state_count && !found; i++)
		found = index->state_used[PARTY_NONE][i] && any_party(rules->states[i].keys, STATE_KEYS);
	for (size_t type = 0; type < index->type_count && !found; type++)
		found = index->interests[PARTY_NONE][type].any &&
		        any_party(index->intervals[type].keys, INTERVAL_KEYS);
	return found;
}

/* ---- states in an order that does not depend on where they are declared ---- */

static uint16_t rank_after(const uint16_t *ranks, const struct selectors *selectors, uint16_t rank, size_t most)
{
	for (size_t i = 0; i < selectors->count; i++) {
		struct condition_state *states;
		size_t count = selectors->items[i].where ? condition_states(selectors->items[i].where, &states) : 0;
		for (size_t k = 0; k < count; k++)
			if (ranks[states[k].state] >= rank && ranks[states[k].state] < most)
				rank = (uint16_t)(ranks[states[k].state] + 1);
	}
	return rank;
}

/* A state comes after those that its conditions read. Where they read each other in a circle the id decides. */
static uint16_t *rank_states(const struct ruleset *rules)
{
	uint16_t *ranks = mem_zero(rules->state_count + 1, sizeof *ranks);
	bool again = true;
	for (size_t round = 0; again && round <= rules->state_count; round++) {
		again = false;
		for (size_t i = 0; i < rules->state_count; i++) {
			uint16_t rank = rank_after(ranks, &rules->states[i].from, ranks[i], rules->state_count);
			rank = rank_after(ranks, &rules->states[i].to, rank, rules->state_count);
			again |= rank != ranks[i];
			ranks[i] = rank;
		}
	}
	return ranks;
}

struct ranked {
	struct state_concern concern;
	uint16_t rank;
	const char *id;
	size_t place;
};

static int by_rank(const void *one, const void *other)
{
	const struct ranked *a = one, *b = other;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	int order = strcmp(a->id, b->id);
	return order ? order : (a->place > b->place) - (a->place < b->place);
}

static void order_concerns(const struct ruleset *rules, const uint16_t *ranks, struct interest *interest)
{
	struct ranked *ranked = mem_zero(interest->state_count, sizeof *ranked);
	for (size_t i = 0; i < interest->state_count; i++) {
		uint16_t state = interest->states[i].state;
		ranked[i] = (struct ranked){interest->states[i], ranks[state], rules->states[state].id, i};
	}
	qsort(ranked, interest->state_count, sizeof *ranked, by_rank);
	for (size_t i = 0; i < interest->state_count; i++)
		interest->states[i] = ranked[i].concern;
	free(ranked);
}

/* At one event a state that reads another is judged after it. */
static void order_states(struct rule_index *index)
{
	uint16_t *ranks = rank_states(index->rules);
	for (size_t domain = 0; domain < DOMAINS; domain++)
		for (size_t type = 0; type < index->type_count; type++)
			if (index->interests[domain][type].state_count > 1)
				order_concerns(index->rules, ranks, &index->interests[domain][type]);
	free(ranks);
}

static void read_state(struct rule_index *index, size_t domain, const struct state_def *state)
{
	struct rule as_rule = {.of = (enum party_kind)domain, .key = state->keys[0]};
	read_wheres(index, &as_rule, &state->from);
	read_wheres(index, &as_rule, &state->to);
}

/* A state's own conditions may look at further states, which may stand before it: until nothing new turns up. */
static void read_states(struct rule_index *index)
{
	size_t count = index->rules->state_count;
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		bool *read = mem_zero(count + 1, sizeof *read), again = true;
		while (again) {
			again = false;
			for (size_t i = 0; i < count; i++) {
				if (read[i] || !index->state_used[domain][i])
					continue;
				read[i] = again = true;
				read_state(index, domain, &index->rules->states[i]);
			}
		}
		free(read);
	}
	order_states(index);
}

struct rule_index *rule_index_new(const struct ruleset *rules, const struct calendar *calendar)
{
	struct rule_index *index = MEM_NEW(struct rule_index);
	index->rules = rules;
	index->type_count = schema_types_named(); /* every type that the rules name, wherever, has its number by now */
	index->state_tail = mem_zero(rules->state_count + 1, sizeof(bool));
	index->tails_count = rules->state_count + 1;
	index->tails = mem_zero(index->tails_count, sizeof *index->tails);
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		index->interests[domain] = mem_zero(index->type_count, sizeof(struct interest));
		index->state_used[domain] = mem_zero(rules->state_count + 1, sizeof(bool));
	}
	index->domain_used[PARTY_NONE] = true;
	for (size_t i = 0; i < rules->rule_count; i++)
		read_rule(index, &rules->rules[i]);
	read_states(index);
	read_well_known(index);
	read_bare(index);
	read_parties(index);
	intervals_read(index);
	intervals_read_dated(index);
	index->child_keyed_by_party = keyed_by_party(index);
	read_dates(index, calendar);
	read_identities(index);
	rule_readers_read(index);
	return index;
}

void rule_index_free(struct rule_index *index)
{
	if (!index)
		return;
	rule_readers_free(index);
	for (size_t domain = 0; domain < DOMAINS; domain++) {
		for (size_t type = 0; type < index->type_count; type++) {
			free(index->interests[domain][type].concerns);
			free(index->interests[domain][type].states);
			free(index->interests[domain][type].seen_keys);
			free(index->interests[domain][type].first_fields);
		}
		free(index->interests[domain]);
		free(index->settle_rules[domain]);
		free(index->state_used[domain]);
	}
	free(index->from_rules);
	for (size_t i = 0; i < index->tails_count; i++)
		free(index->tails[i].items);
	free(index->tails);
	free(index->state_tail);
	free(index->party_end);
	free(index->intervals);
	free(index->party_start);
	free(index->effective_from);
	free(index->effective_until);
	free(index->changes);
	free(index->identities);
	free(index);
}
