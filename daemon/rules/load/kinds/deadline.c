/* kind deadline: a start without its stop. */
#include "rules/load/shape.h"

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

enum { MOST_WARNINGS = 16 }; /* the engine puts those of several units in order for each clock */

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
		           "warn counts from the start of a clock of fixed length; with due write warn-before");
}

/* Dates before the one that falls due, the farthest first. */
static void check_warn_before(struct rules_loader *loader, const struct rule *rule, const struct yaml_node *node)
{
	for (size_t i = 0; i < rule->warn_count; i++) {
		struct duration warn = rule->warn[i];
		if (warn.unit == UNIT_HOURS || warn.unit == UNIT_MINUTES)
			yaml_fault(rules_item(loader, node, i), loader->faults,
			           "warn-before counts whole dates: write days, working days, weeks or months");
		if (i && warn.unit == rule->warn[i - 1].unit && warn.amount >= rule->warn[i - 1].amount)
			yaml_fault(rules_item(loader, node, i), loader->faults,
			           "warnings come in order, the farthest from the date first");
	}
}

static void read_warnings(struct rules_loader *loader, struct rule *rule, const struct yaml_node *shape)
{
	const struct yaml_node *warn = rules_get(loader, shape, "warn");
	const struct yaml_node *before = rules_get(loader, shape, "warn-before");
	rule->warn_before = before != NULL;
	if (before && warn)
		yaml_fault(before, loader->faults,
		           "warn counts from the start and warn-before from the date that falls due; keep one");
	rule->warn = rules_durations(loader, before ? before : warn, before ? "warn-before" : "warn",
	                             &rule->warn_count);
	for (size_t i = 1; i < rule->warn_count; i++)
		rule->warn_mixed |= rule->warn[i].unit != rule->warn[0].unit;
	if (rule->warn_count > MOST_WARNINGS)
		yaml_fault(before ? before : warn, loader->faults, "at most %d early warnings", MOST_WARNINGS);
	if (before)
		check_warn_before(loader, rule, before);
	else
		check_warn(loader, rule, warn);
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

static void read(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape)
{
	struct rule *rule = &draft->rule;
	const struct yaml_node *start = yaml_get(shape, "start");
	if (start && start->kind == YAML_MAPPING && yaml_get(start, "alert"))
		read_start_alert(loader, draft, shape, start);
	else
		rules_read_on(loader, draft, shape, "start", "a deadline");
	rule->stop = rules_read_events(loader, shape, "stop");
	rules_read_key(loader, draft, shape, "key");
	rule->moves = rules_read_events(loader, shape, "moves");
	read_due(loader, draft, rules_get(loader, shape, "due"));
	rule->within = rules_duration(loader, rules_get(loader, shape, "within"), "within");
	rule->while_holds = rules_condition(loader, rules_get(loader, shape, "while"), NULL, 0);
	read_warnings(loader, rule, shape);
	check_deadline(loader, draft, shape);
}

static const char *const keys[] = {"start", "where", "stop", "key", "within", "warn", "warn-before",
                                   "while", "moves", "due", NULL};

const struct rule_kind_row rule_kind_deadline = {
	.what = "a deadline",
	.keys = keys,
	.read = read,
	.over_with_alert = true,
	.begins = KIND_BEGINS_CLOCK,
};
