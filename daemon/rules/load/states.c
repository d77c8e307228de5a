/* states: named states, those that pairs of event types define by themselves, and what open("…") means.
 *
 * Automatic states come into the set only when something asks for them: the engine follows each for every child. */
#include "rules/load/load_internal.h"

#include "event/schema_intervals.h"

#include <stdio.h>
#include <stdlib.h>

#define STATES_MAX 10000 /* a number of 16 bits holds them with room to spare; `check` refuses more */

static const char *const state_keys[] = {"id", "from", "to", "key", NULL};

/* What begins and what ends a state by itself. One definition an x: the first that fits. */
static const struct pair {
	const char *from, *to;
} pairs[] = {{"opened", "closed"}, {"started", "ended"}, {"started", "completed"}};

static struct state_draft *add_state(struct rules_loader *loader, struct state_draft draft)
{
	struct state_draft *state =
		mem_push((void **)&loader->states, &loader->state_count, &loader->state_room, sizeof *state);
	*state = draft;
	return state;
}

static size_t find_state(const struct rules_loader *loader, struct text id)
{
	for (size_t i = 0; i < loader->state_count; i++)
		if (text_equal(text_of(loader->states[i].def.id), id))
			return i;
	return SIZE_MAX;
}

/* ---- named ---- */

static void mark_keyed(struct selectors *selectors, const uint16_t *keys)
{
	for (size_t i = 0; i < selectors->count; i++) {
		bool keyed = keys[0] != 0;
		for (size_t k = 0; k < STATE_KEYS && keys[k]; k++)
			keyed = keyed && rules_type_may_have(selectors->items[i].type, keys[k]);
		selectors->items[i].keyed = keyed;
	}
}

static bool reads_age(const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].where && condition_reads_age(selectors->items[i].where))
			return true;
	return false;
}

/* The catalogue knows every event that opens it, and in one of them the key may be absent. */
static bool key_is_optional(const struct state_def *def)
{
	for (size_t i = 0; i < def->from.count; i++)
		for (size_t k = 0; k < STATE_KEYS && def->keys[k]; k++) {
			const struct field *field =
				schema_field(def->from.items[i].type, text_of(schema_name_text(def->keys[k])));
			if (field && !field->required)
				return true;
		}
	return false;
}

static void finish(struct state_def *def)
{
	mark_keyed(&def->from, def->keys);
	mark_keyed(&def->to, def->keys);
	def->reads_age = reads_age(&def->from) || reads_age(&def->to);
	def->key_optional = key_is_optional(def);
}

static void read_keys(struct rules_loader *loader, const struct yaml_node *node, struct state_def *def)
{
	size_t count = yaml_list_count(node);
	if (count > STATE_KEYS)
		yaml_fault(node, loader->faults, "a state's key has at most %d fields", STATE_KEYS);
	for (size_t i = 0; i < count && i < STATE_KEYS; i++)
		def->keys[i] = rules_key(loader, rules_item(loader, node, i), &def->from);
}

static void read_def(struct rules_loader *loader, const struct yaml_node *node, struct state_def *def)
{
	def->from = rules_selectors(loader, rules_need(loader, node, "from", "a state"), NULL, "from");
	def->to = rules_selectors(loader, rules_need(loader, node, "to", "a state"), NULL, "to");
	read_keys(loader, rules_get(loader, node, "key"), def);
	finish(def);
}

void rules_read_state(struct rules_loader *loader, const struct yaml_node *node)
{
	if (!yaml_check_keys(node, "a state", state_keys, loader->faults) && node->kind != YAML_MAPPING)
		return;
	struct state_draft draft = {.node = node};
	struct state_def *def = &draft.def;
	def->id = rules_id(loader, rules_need(loader, node, "id", "a state"), "id");
	read_def(loader, node, def);
	size_t other = find_state(loader, text_of(def->id));
	if (other != SIZE_MAX)
		yaml_fault(node, loader->faults,
		           "state \"%s\" stands already in %s, line %d; give one of them another id", def->id,
		           loader->states[other].node->file, loader->states[other].node->line);
	else
		(void)add_state(loader, draft);
}

/* ---- automatic ---- */

static struct selectors one_type(struct rules_loader *loader, type_id type)
{
	struct selectors selectors = {.items = arena_alloc(loader->arena, sizeof(struct selector)), .count = 1};
	selectors.items[0] = (struct selector){.type = type};
	return selectors;
}

static struct state_draft automatic(struct rules_loader *loader, struct text id, type_id from, type_id to)
{
	struct state_draft draft = {.def = {.id = rules_keep(loader, id), .from = one_type(loader, from),
	                                    .to = one_type(loader, to)}};
	const struct event_type *type = schema_type(from);
	size_t keys = 0;
	for (size_t i = 0; type && i < type->field_count && keys < STATE_KEYS; i++)
		if (type->fields[i].key)
			draft.def.keys[keys++] = schema_name(text_of(type->fields[i].name));
	finish(&draft.def);
	return draft;
}

static type_id find_type(struct text family, const char *verb)
{
	char name[160];
	if (family.length > 120)
		return TYPE_UNKNOWN;
	int length = snprintf(name, sizeof name, "%.*s.%s", TEXT_ARG(family), verb);
	return schema_find((struct text){name, (size_t)length});
}

/* Whether the pair of types exists: in the catalogue, or declared. */
static bool find_pair(struct text id, type_id *from, type_id *to)
{
	if (schema_state_types(id, from, to))
		return true;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		*from = find_type(id, pairs[i].from);
		*to = find_type(id, pairs[i].to);
		if (schema_type(*from) && schema_type(*to))
			return true;
	}
	return false;
}

/* The state of that name, made if a pair defines it; SIZE_MAX: there is none. */
static size_t state_of(struct rules_loader *loader, struct text id)
{
	type_id from, to;
	size_t found = find_state(loader, id);
	if (found != SIZE_MAX || !find_pair(id, &from, &to))
		return found;
	(void)add_state(loader, automatic(loader, id, from, to));
	return loader->state_count - 1;
}

/* ---- open("…") ---- */

static struct text family_of(const char *type)
{
	const char *dot = strchr(type, '.');
	return (struct text){type, dot ? (size_t)(dot - type) : strlen(type)};
}

static void fault_state(struct rules_loader *loader, const struct yaml_node *node, const char *id)
{
	size_t count = 0, types = schema_types_named();
	const char **names = mem_alloc((loader->state_count + types + 1) * sizeof *names);
	struct buffer hint = {0};
	for (size_t i = 0; i < loader->state_count; i++)
		names[count++] = loader->states[i].def.id;
	for (size_t i = 0; i < types; i++) {
		type_id from, to;
		struct text family = family_of(schema_type_name((type_id)i));
		if (find_pair(family, &from, &to) && from == i)
			names[count++] = rules_keep(loader, family);
	}
	config_did_you_mean(&hint, text_of(id), names, count);
	const char *at = strstr(node->text.at, id);
	yaml_fault_at(node, at ? (size_t)(at - node->text.at) : 0, loader->faults,
	              "no state is called \"%s\"%s%s", id, buffer_cstr(&hint),
	              hint.length ? "" : "; name it under states, with what begins and what ends it");
	buffer_free(&hint);
	free(names);
}

static void resolve(struct rules_loader *loader, const struct condition_use *use)
{
	struct condition_state *states;
	size_t count = condition_states(use->condition, &states);
	for (size_t i = 0; i < count; i++) {
		size_t found = state_of(loader, text_of(states[i].name));
		if (found == SIZE_MAX)
			fault_state(loader, use->node, states[i].name);
		else
			states[i].state = (uint16_t)found;
	}
}

/* ---- load ---- */

/* The same state, but only what its where lets in: a hidden one, whose name nobody can write. */
static size_t narrow(struct rules_loader *loader, const struct rule_draft *rule, size_t base, bool fresh)
{
	struct state_draft draft = {.def = loader->states[base].def, .node = rule->node};
	struct buffer id = {0};
	buffer_format(&id, "%s of %s (line %d)", draft.def.id, rule->rule.id, rule->node->line);
	draft.def.id = rules_keep(loader, buffer_view(&id));
	buffer_free(&id);
	struct selectors from = loader->states[base].def.from;
	draft.def.from = (struct selectors){.items = arena_alloc(loader->arena, (from.count + 1) * sizeof *from.items),
	                                    .count = from.count};
	for (size_t i = 0; i < from.count; i++) {
		draft.def.from.items[i] = from.items[i];
		draft.def.from.items[i].where = rules_condition(loader, rule->load_where, &from.items[i].type, 1);
		if (from.items[i].where)
			yaml_fault(
				rule->load_where, loader->faults,
				"state \"%s\" has a condition of its own; name a state with both, and leave where out",
				loader->states[base].def.id);
	}
	finish(&draft.def);
	if (fresh) /* nobody else asked for the wider one */
		loader->states[base] = draft;
	else
		(void)add_state(loader, draft);
	return fresh ? base : loader->state_count - 1;
}

static void resolve_load(struct rules_loader *loader, struct rule_draft *rule)
{
	struct text id;
	if (!rule->load_open || !yaml_read_text(rule->load_open, "open", &id, loader->faults))
		return;
	size_t before = loader->state_count, found = state_of(loader, id);
	if (found == SIZE_MAX) {
		fault_state(loader, rule->load_open, id.at);
		return;
	}
	if (rule->load_where)
		found = narrow(loader, rule, found, found == before);
	rule->rule.load_state = (uint16_t)found;
}

/* ---- facts ---- */

/* What begins and ends it must be plain from the records themselves: a message knows no other states. */
static bool reads_data_alone(const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++) {
		struct condition *where = selectors->items[i].where;
		struct condition_state *states;
		const type_id *types;
		if (where &&
		    (condition_states(where, &states) || condition_types(where, &types) || condition_reads_age(where)))
			return false;
	}
	return true;
}

static void check_alone(struct rules_loader *loader, const struct yaml_node *node, const struct state_def *def)
{
	if (!reads_data_alone(&def->from) || !reads_data_alone(&def->to))
		yaml_fault(node, loader->faults,
		           "a fact cannot show this state: what begins or ends it reads more than the data of its own "
		           "events");
}

static const char *const fact_state_keys[] = {"from", "to", "key", NULL};

void rules_fact_state(struct rules_loader *loader, const struct yaml_node *node, struct rule_fact *fact)
{
	struct state_def *def = arena_alloc(loader->arena, sizeof *def);
	*def = (struct state_def){.id = ""};
	if (!node || node->kind != YAML_MAPPING) {
		if (node)
			*(struct fact_use *)mem_push((void **)&loader->fact_uses, &loader->fact_use_count,
			                             &loader->fact_use_room, sizeof *loader->fact_uses) =
				(struct fact_use){fact, node};
		return;
	}
	(void)yaml_check_keys(node, "a state", fact_state_keys, loader->faults);
	read_def(loader, node, def);
	check_alone(loader, node, def);
	fact->state = def;
}

/* A copy: a state that only facts show need not be followed by the engine. */
static void resolve_fact(struct rules_loader *loader, const struct fact_use *use)
{
	struct text id;
	type_id from, to;
	if (!yaml_read_text(use->node, "state", &id, loader->faults))
		return;
	size_t found = find_state(loader, id);
	struct state_def *copy = arena_alloc(loader->arena, sizeof *copy);
	if (found != SIZE_MAX) {
		*copy = loader->states[found].def;
	} else if (find_pair(id, &from, &to)) {
		*copy = automatic(loader, id, from, to).def;
	} else {
		fault_state(loader, use->node, id.at);
		return;
	}
	check_alone(loader, use->node, copy);
	use->fact->state = copy;
}

/* Every rule of the set that asks open("cla") means this one, those that ship among them. Asked when all types are
 * declared, and before anything makes a state that a pair defines. */
static void mark_covering(struct rules_loader *loader)
{
	type_id from, to;
	for (size_t i = 0; i < loader->state_count; i++) {
		struct state_draft *state = &loader->states[i];
		if (!find_pair(text_of(state->def.id), &from, &to))
			continue;
		state->def.covers_pair = true;
		state->def.file = rules_keep(loader, text_of(state->node->file));
		state->def.place = (struct rule_place){state->node->line, state->node->column};
	}
}

void rules_resolve_states(struct rules_loader *loader)
{
	mark_covering(loader);
	for (size_t i = 0; i < loader->fact_use_count; i++)
		resolve_fact(loader, &loader->fact_uses[i]);
	for (size_t i = 0; i < loader->rule_count; i++)
		resolve_load(loader, &loader->rules[i]);
	for (size_t i = 0; i < loader->use_count; i++)
		resolve(loader, &loader->uses[i]);
	if (loader->state_count > STATES_MAX)
		config_fault_add(loader->faults, loader->rules[0].rule.file, 1, 1, "more than %d states in one set",
		                 STATES_MAX);
	struct ruleset *ruleset = loader->ruleset;
	ruleset->state_count = loader->state_count;
	ruleset->states = arena_alloc(loader->arena, (loader->state_count + 1) * sizeof *ruleset->states);
	for (size_t i = 0; i < loader->state_count; i++)
		ruleset->states[i] = loader->states[i].def;
}
