/* check_never: rules that read well, and of which a part never holds or never comes. */
#include "cli/check/check_never.h"

#include "rules/kinds.h"
#include "time/calendar.h"

#define YEAR_FIRST 1990 /* of any event: events.md */
#define YEAR_LAST 2100

/* A rule under the eye. */
struct eye {
	const struct ruleset *rules;
	const struct rule *rule;
	const char *party; /* "worker", "provider"; NULL: it is about a child */
	struct config_faults *notes;
};

static void note(const struct eye *eye, const char *words)
{
	config_fault_add(eye->notes, eye->rule->file, eye->rule->line, eye->rule->column, "rule %s %s", eye->rule->id,
	                 words);
}

/* ---- what a worker or a provider has not ---- */

/* What ends what others began reaches the parties of its start, too, and names none of them itself (rules.md). */
static bool is_end_for_party(const struct eye *eye, type_id type)
{
	bool found = type == TYPE_ID_CHILD_DIED || type == TYPE_ID_CHILD_TRANSFERRED;
	for (size_t i = 0; i < eye->rules->state_count && !found; i++) {
		const struct state_def *state = &eye->rules->states[i];
		bool begun = false;
		for (size_t k = 0; k < state->from.count && !begun; k++)
			begun = rule_hears(eye->rule, state->from.items[k].type);
		for (size_t k = 0; begun && k < state->to.count && !found; k++)
			found = state->to.items[k].type == type;
	}
	return found;
}

static void note_unheard(const struct eye *eye, type_id type, const char *so)
{
	if (!rule_hears(eye->rule, type) && !is_end_for_party(eye, type))
		config_fault_add(eye->notes, eye->rule->file, eye->rule->line, eye->rule->column,
		                 "rule %s is of a %s, and %s names none, so that %s; name what a %s has, or leave it "
		                 "out",
		                 eye->rule->id, eye->party, schema_type_name(type), so, eye->party);
}

/* Each of the selectors must be one that comes, or what it does is never done. */
static void look_at_ends(const struct eye *eye, const struct selectors *selectors, const char *so)
{
	for (size_t i = 0; i < selectors->count; i++)
		note_unheard(eye, selectors->items[i].type, so);
}

static void look_at_state(const struct eye *eye, uint16_t number)
{
	const struct state_def *state = &eye->rules->states[number];
	for (size_t i = 0; i < state->from.count; i++)
		note_unheard(eye, state->from.items[i].type, "what it begins is never open there");
}

static void look_at_party(const struct eye *eye, struct condition *condition)
{
	struct condition_state *states;
	const type_id *types;
	size_t state_count = condition_states(condition, &states), type_count = condition_types(condition, &types);
	if (condition_reads_child(condition))
		config_fault_add(
			eye->notes, eye->rule->file, eye->rule->line, eye->rule->column,
			"rule %s is of a %s and asks for age or child., which are known of a child alone: here they "
			"never are; leave out of: %s, or what asks for them",
			eye->rule->id, eye->party, eye->party);
	for (size_t i = 0; i < state_count; i++)
		look_at_state(eye, states[i].state);
	for (size_t i = 0; i < type_count; i++)
		note_unheard(eye, types[i], "it is never seen there");
}

/* ---- every condition ---- */

static void look_at(const struct eye *eye, struct condition *condition)
{
	if (!condition)
		return;
	if (eye->party)
		look_at_party(eye, condition);
	if (condition_asks_age_of_nobody(condition))
		note(eye,
		     "asks for an age that nobody has here (31 or more counts as not known), so that what asks for "
		     "it never holds; write another age");
}

static void look_at_each(const struct eye *eye, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++)
		look_at(eye, selectors->items[i].where);
}

static void look_at_conditions(const struct eye *eye)
{
	const struct rule *rule = eye->rule;
	look_at_each(eye, &rule->on);
	look_at_each(eye, &rule->stop);
	look_at_each(eye, &rule->before);
	look_at_each(eye, &rule->moves);
	look_at_each(eye, &rule->closes_on);
	look_at_each(eye, &rule->ends_on);
	look_at(eye, rule->while_holds);
	look_at(eye, rule->when);
	if (rule_kind_row(rule->kind)->counts_open)
		look_at_each(eye, &eye->rules->states[rule->load_state].from);
}

/* ---- the rest ---- */

static void look_at_events(const struct eye *eye)
{
	const struct rule *rule = eye->rule;
	look_at_ends(eye, &rule->stop, "nothing is met or ended by it");
	look_at_ends(eye, &rule->before, "it never comes before anything");
	look_at_ends(eye, &rule->moves, "it moves no date");
	look_at_ends(eye, &rule->closes_on, "nothing closes on it");
	look_at_ends(eye, &rule->ends_on, "nothing ends on it");
	if (rule_kind_row(rule->kind)->counts_open)
		look_at_state(eye, rule->load_state);
	if (rule->has_from)
		note(eye, "has from: birth …, which is known of a child alone, so that it never holds; leave from out");
	if (rule->until_age)
		note(eye, "has until-age, which is known of a child alone, so that nothing ends by it; leave it out");
}

static void look_at_dates(const struct eye *eye)
{
	const struct rule *rule = eye->rule;
	if (rule->until_age >= AGE_PLACEHOLDER)
		note(eye,
		     "has an until-age of 31 or more, which counts as not known, so that nothing ends by it; write "
		     "less, or leave it out");
	if (rule->effective_from != DAY_NONE && rule->effective_from > day_of(YEAR_LAST, 12, 31))
		note(eye, "takes effect after the year 2100, when nothing is dated any more, so that it never holds; "
		          "look at effective-from");
	if (rule->effective_until != DAY_NONE && rule->effective_until <= day_of(YEAR_FIRST, 1, 1))
		note(eye, "ends before the year 1990, when nothing is dated yet, so that it never holds; look at "
		          "effective-until");
}

void check_never(const struct ruleset *rules, const struct rule *rule, struct config_faults *notes)
{
	struct eye eye = {.rules = rules, .rule = rule, .notes = notes};
	eye.party = rule->of == PARTY_WORKER ? "worker" : rule->of == PARTY_PROVIDER ? "provider" : NULL;
	look_at_conditions(&eye);
	if (eye.party)
		look_at_events(&eye);
	look_at_dates(&eye);
}

void check_covering(const struct ruleset *rules, struct config_faults *notes)
{
	for (size_t i = 0; i < rules->state_count; i++) {
		const struct state_def *state = &rules->states[i];
		if (state->covers_pair)
			config_fault_add(notes, state->file, state->place.line, state->place.column,
			                 "state %s comes before the one that event types define by themselves under "
			                 "that name, in every rule of every file that asks for it; give it another id "
			                 "unless that is meant",
			                 state->id);
	}
}
