/* shape: the eight kinds of rule, each in its shape (rules.md "The file"). */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

#include <stdlib.h>

typedef void read_shape(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape);

/* The types of the events that fire, for what else is read with them. */
static void keep_on_types(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct selectors *on = &draft->rule.on;
	draft->on_types = arena_alloc(loader->arena, (on->count + 1) * sizeof *draft->on_types);
	for (size_t i = 0; i < on->count; i++)
		draft->on_types[i] = on->items[i].type;
	draft->on_count = on->count;
}

static void read_on(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                    const char *key, const char *what)
{
	draft->rule.on =
		rules_selectors(loader, rules_need(loader, shape, key, what), rules_get(loader, shape, "where"), key);
	keep_on_types(loader, draft);
}

static void read_key(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                     const char *name)
{
	const struct yaml_node *node = rules_get(loader, shape, name);
	if (!node)
		return;
	draft->key_node = node;
	draft->rule.key = rules_key(loader, node, &draft->rule.on);
}

static struct selectors read_events(struct rules_loader *loader, const struct yaml_node *shape, const char *key)
{
	return rules_selectors(loader, rules_get(loader, shape, key), NULL, key);
}

static int64_t read_number(struct rules_loader *loader, const struct yaml_node *node, const char *what, int64_t least)
{
	int64_t number = least;
	if (node)
		(void)yaml_read_integer(node, what, least, 1000000, &number, loader->faults);
	return number;
}

static void read_event(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	const struct yaml_node *key = rules_get(loader, shape, "key"), *distinct = rules_get(loader, shape, "distinct");
	read_on(loader, draft, shape, "event", "an event rule");
	if (key && distinct && !text_equal(key->text, distinct->text))
		yaml_fault(distinct, loader->faults,
		           "key and distinct name different fields; keep distinct alone: it is a key too");
	read_key(loader, draft, shape, distinct ? "distinct" : "key");
	draft->rule.once_a_key = distinct != NULL;
}

static void read_guard(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	read_on(loader, draft, shape, "event", "a guard");
	read_key(loader, draft, shape, "key");
	draft->rule.before = rules_selectors(loader, rules_need(loader, shape, "unless-before", "a guard"),
	                                     rules_get(loader, shape, "where-before"), "unless-before");
}

static void read_count(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	read_on(loader, draft, shape, "event", "a count");
	read_key(loader, draft, shape, "distinct");
	draft->rule.at_least =
		(uint32_t)read_number(loader, rules_need(loader, shape, "at-least", "a count"), "at-least", 1);
	draft->rule.within = rules_duration(loader, rules_need(loader, shape, "within", "a count"), "within");
}

static const char *const alert_keys[] = {"alert", "is", NULL};
static const char *const alert_is[] = {"opened", "resolved", NULL};

/* start: {alert: ID, is: opened} */
static void read_start_alert(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                             const struct yaml_node *start)
{
	size_t is = 0;
	(void)yaml_check_keys(start, "start", alert_keys, loader->faults);
	const struct yaml_node *alert = rules_get(loader, start, "alert"), *when = rules_get(loader, start, "is");
	const struct yaml_node *where = rules_get(loader, shape, "where");
	draft->alert_node = alert;
	draft->rule.start_alert.rule_id = rules_id(loader, alert, "alert");
	if (when)
		(void)yaml_read_word(when, "start: is", alert_is, &is, loader->faults);
	draft->rule.start_alert.resolved = is == 1;
	if (where)
		yaml_fault(where, loader->faults,
		           "where reads an event, and this clock is started by an alert; write while, or put it into "
		           "that rule");
}

static void read_due(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *node)
{
	struct text name;
	struct rule *rule = &draft->rule;
	if (!node || !yaml_read_text(node, "due", &name, loader->faults))
		return;
	if (name.length > 5 && memcmp(name.at, "data.", 5) == 0)
		name = (struct text){name.at + 5, name.length - 5};
	rule->due = schema_name_add(name);
	for (size_t i = 0; i < rule->on.count; i++) {
		type_id type = rule->on.items[i].type;
		const struct field *field = schema_field(type, name);
		if (schema_type(type) && (!field || field->kind != FIELD_DATE))
			yaml_fault(node, loader->faults, "due must be a date in %s, as data.due; \"%.*s\" is none",
			           schema_type_name(type), TEXT_ARG(name));
	}
	if (draft->alert_node)
		yaml_fault(node, loader->faults,
		           "due is read from the event that starts the clock; an alert has none: write within");
}

/* A warning after the end is no warning. Different units cannot be compared without a calendar and pass. */
static void check_warn(struct rules_loader *loader, const struct rule *rule, const struct yaml_node *node)
{
	for (size_t i = 0; i < rule->warn_count; i++) {
		struct duration warn = rule->warn[i];
		if (!rule->due && warn.unit == rule->within.unit && warn.amount >= rule->within.amount &&
		    rule->within.amount)
			yaml_fault(rules_item(loader, node, i), loader->faults,
			           "a warning must come before the end of within");
		if (i && warn.unit == rule->warn[i - 1].unit && warn.amount <= rule->warn[i - 1].amount)
			yaml_fault(rules_item(loader, node, i), loader->faults,
			           "warnings come in order, the earliest first");
	}
	if (rule->due && rule->warn_count)
		yaml_fault(node, loader->faults,
		           "warn counts from the start of a clock of fixed length; it cannot go with due");
}

static void check_deadline(struct rules_loader *loader, const struct rule_draft *draft, const struct yaml_node *shape)
{
	const struct yaml_node *within = yaml_get(shape, "within"), *due = yaml_get(shape, "due");
	const struct yaml_node *moves = yaml_get(shape, "moves");
	if (!within == !due)
		yaml_fault(due ? due : shape, loader->faults,
		           "a deadline needs either within (\"72 hours\") or due (\"data.due\")%s",
		           due ? ", not both" : "");
	if (moves && !due)
		yaml_fault(moves, loader->faults,
		           "moves names events that carry another due date; without due there is none to move");
	for (size_t i = 0; i < draft->rule.moves.count; i++)
		if (draft->rule.due && !rules_type_may_have(draft->rule.moves.items[i].type, draft->rule.due))
			yaml_fault(moves, loader->faults, "%s has no field \"%s\" to move the date",
			           schema_type_name(draft->rule.moves.items[i].type),
			           schema_name_text(draft->rule.due));
	bool ends = draft->rule.while_holds || yaml_get(draft->node, "closes-on") || yaml_get(draft->node, "ends-on");
	if (draft->rule.stop.count == 0 && !yaml_get(shape, "stop") && !ends)
		yaml_fault(shape, loader->faults, "a deadline needs \"stop\": the events that meet it");
}

static void read_deadline(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	struct rule *rule = &draft->rule;
	const struct yaml_node *start = yaml_get(shape, "start"), *warn = rules_get(loader, shape, "warn");
	if (start && start->kind == YAML_MAPPING && yaml_get(start, "alert"))
		read_start_alert(loader, draft, shape, start);
	else
		read_on(loader, draft, shape, "start", "a deadline");
	rule->stop = read_events(loader, shape, "stop");
	read_key(loader, draft, shape, "key");
	rule->moves = read_events(loader, shape, "moves");
	read_due(loader, draft, rules_get(loader, shape, "due"));
	rule->within = rules_duration(loader, rules_get(loader, shape, "within"), "within");
	rule->warn = rules_durations(loader, warn, "warn", &rule->warn_count);
	rule->while_holds = rules_condition(loader, rules_get(loader, shape, "while"), NULL, 0);
	check_warn(loader, rule, warn);
	check_deadline(loader, draft, shape);
}

static void read_recurring(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	struct rule *rule = &draft->rule;
	rule->on = read_events(loader, shape, "start");
	keep_on_types(loader, draft);
	rule->stop = rules_selectors(loader, rules_need(loader, shape, "event", "a recurring rule"),
	                             rules_get(loader, shape, "where"), "event");
	read_key(loader, draft, shape, "key");
	rule->first = rules_durations(loader, rules_get(loader, shape, "first"), "first", &rule->first_count);
	rule->every = rules_duration(loader, rules_need(loader, shape, "every", "a recurring rule"), "every");
	rule->while_holds = rules_condition(loader, rules_get(loader, shape, "while"), NULL, 0);
	if (!yaml_get(shape, "start") && !yaml_get(shape, "while"))
		yaml_fault(shape, loader->faults,
		           "a recurring rule needs start, or while, to know when its clock begins");
}

static int read_wall_time(struct rules_loader *loader, const struct yaml_node *node, struct text text)
{
	struct yaml_node part = *node;
	int minute = 0;
	text = text_trim(text);
	part.plain = false;
	part.text = (struct text){rules_keep(loader, text), text.length};
	(void)yaml_read_wall_time(&part, "daily", &minute, loader->faults);
	return minute;
}

static void read_daily(struct rules_loader *loader, struct rule *rule, const struct yaml_node *node)
{
	struct text text;
	if (!node || !yaml_read_text(node, "daily", &text, loader->faults))
		return;
	const char *hyphen = memchr(text.at, '-', text.length);
	if (!hyphen) {
		yaml_fault(node, loader->faults, "daily is \"%.*s\"; write a window in local time, as \"22:00-08:00\"",
		           TEXT_ARG(text));
		return;
	}
	size_t before = (size_t)(hyphen - text.at);
	size_t faults = loader->faults->count;
	rule->daily_from = read_wall_time(loader, node, (struct text){text.at, before});
	rule->daily_until = read_wall_time(loader, node, (struct text){hyphen + 1, text.length - before - 1});
	if (rule->daily_from == rule->daily_until && faults == loader->faults->count)
		yaml_fault(node, loader->faults,
		           "daily begins and ends at the same time; write \"00:00-24:00\" for the whole day");
}

static void read_overlap(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	read_on(loader, draft, shape, "start", "an overlap");
	draft->rule.stop = rules_selectors(loader, rules_need(loader, shape, "stop", "an overlap"), NULL, "stop");
	read_key(loader, draft, shape, "key");
	read_daily(loader, &draft->rule, rules_need(loader, shape, "daily", "an overlap"));
}

/* The number in front of `unit` at the front of `text`: "17 years 6 months". Moves `text` behind it. */
static bool take_amount(struct text *text, const char *unit, int *amount)
{
	struct text rest = text_trim(*text);
	size_t digits = 0;
	int number = 0;
	while (digits < rest.length && digits < 3 && rest.at[digits] >= '0' && rest.at[digits] <= '9')
		number = number * 10 + (rest.at[digits++] - '0');
	if (digits == 0)
		return false;
	rest = text_trim((struct text){rest.at + digits, rest.length - digits});
	size_t length = strlen(unit);
	if (rest.length < length || memcmp(rest.at, unit, length) != 0)
		return false;
	length += rest.length > length && rest.at[length] == 's';
	*amount = number;
	*text = text_trim((struct text){rest.at + length, rest.length - length});
	return true;
}

static void read_from(struct rules_loader *loader, struct rule *rule, const struct yaml_node *node)
{
	struct text text;
	if (!node || !yaml_read_text(node, "from", &text, loader->faults))
		return;
	struct text rest = text_trim(text);
	bool good = rest.length > 5 && memcmp(rest.at, "birth", 5) == 0;
	if (good) {
		rest = text_trim((struct text){rest.at + 5, rest.length - 5});
		good = rest.length > 0 && rest.at[0] == '+';
	}
	if (good) {
		rest = (struct text){rest.at + 1, rest.length - 1};
		bool years = take_amount(&rest, "year", &rule->from_years);
		bool months = take_amount(&rest, "month", &rule->from_months);
		good = (years || months) && rest.length == 0 && rule->from_years <= 150;
	}
	if (!good)
		yaml_fault(node, loader->faults, "from is \"%.*s\"; write \"birth + 17 years 6 months\"",
		           TEXT_ARG(text));
	rule->has_from = good;
}

static void read_state(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	draft->rule.when = rules_condition(loader, rules_need(loader, shape, "when", "a state rule"), NULL, 0);
	read_from(loader, &draft->rule, rules_get(loader, shape, "from"));
}

static void read_load(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	draft->load_open = rules_need(loader, shape, "open", "a load");
	draft->load_where = rules_get(loader, shape, "where");
	draft->rule.more_than =
		(uint32_t)read_number(loader, rules_need(loader, shape, "more-than", "a load"), "more-than", 0);
}

static const struct {
	const char *what;
	read_shape *read;
	const char *const *keys;
} shapes[RULE_KINDS] = {
	[RULE_EVENT] = {"an event rule", read_event, (const char *const[]){"event", "where", "distinct", "key", NULL}},
	[RULE_GUARD] = {"a guard", read_guard,
                        (const char *const[]){"event", "where", "unless-before", "where-before", "key", NULL}},
	[RULE_COUNT] = {"a count", read_count,
                        (const char *const[]){"event", "where", "distinct", "at-least", "within", NULL}},
	[RULE_DEADLINE] = {"a deadline", read_deadline,
                           (const char *const[]){"start", "where", "stop", "key", "within", "warn", "while", "moves",
                                                 "due", NULL}},
	[RULE_RECURRING] = {"a recurring rule", read_recurring,
                            (const char *const[]){"start", "event", "where", "first", "every", "while", "key", NULL}},
	[RULE_OVERLAP] = {"an overlap", read_overlap,
                          (const char *const[]){"start", "where", "stop", "key", "daily", NULL}},
	[RULE_STATE] = {"a state rule", read_state, (const char *const[]){"when", "from", NULL}},
	[RULE_LOAD] = {"a load", read_load, (const char *const[]){"open", "where", "of", "more-than", NULL}},
};

/* The one kind that the rule has; RULE_KINDS after a fault. */
static size_t find_kind(struct rules_loader *loader, const struct rule_draft *draft)
{
	size_t found = RULE_KINDS;
	for (size_t i = 0; i < RULE_KINDS; i++) {
		const struct yaml_node *node = yaml_get(draft->node, rule_kind_row((enum rule_kind)i)->name);
		if (node && found < RULE_KINDS) {
			yaml_fault(node, loader->faults, "a rule is of one kind; this one is %s and %s",
			           rule_kind_row((enum rule_kind)found)->name, rule_kind_row((enum rule_kind)i)->name);
			return RULE_KINDS;
		}
		if (node)
			found = i;
	}
	if (found == RULE_KINDS)
		yaml_fault(draft->node, loader->faults,
		           "a rule needs a kind: event, guard, count, deadline, recurring, overlap, state or load");
	return found;
}

void rules_read_kind(struct rules_loader *loader, struct rule_draft *draft)
{
	size_t kind = find_kind(loader, draft);
	if (kind == RULE_KINDS)
		return;
	const struct yaml_node *shape = rules_get(loader, draft->node, rule_kind_row((enum rule_kind)kind)->name);
	draft->rule.kind = (enum rule_kind)kind;
	if (!shape)
		return;
	(void)yaml_check_keys(shape, shapes[kind].what, shapes[kind].keys, loader->faults);
	if (shape->kind == YAML_MAPPING)
		shapes[kind].read(loader, draft, shape);
}
