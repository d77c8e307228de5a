/* facts: what a rule's messages show of the records: "facts:", line by line. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

static const char *const fact_keys[] = {"label", "event", "where", "field", "until", "which", "state", "open",
	                                "ended", "show", "otherwise", "if-recorded", "only", NULL};
static const char *const whiches[] = {"first", "last", NULL};
static const char *const event_shows[] = {"time", "ago", NULL};
static const char *const state_shows[] = {"since", "who", NULL};
static const char *const onlys[] = {"everywhere", "warning",  "alert",
                                    "alone",      "together", NULL}; /* in the order of the enum */
static const char *const alone_shows[] = {"due", "count", "team", NULL};

/* Control characters, a colon at the end and the like would break the line that the label begins. */
static const char *read_label(struct rules_loader *loader, const struct yaml_node *item)
{
	const struct yaml_node *node = rules_need(loader, item, "label", "a fact");
	const char *label = rules_text(loader, node, "label");
	size_t length = strlen(label), columns = 0;
	bool plain = length == 0 || (label[length - 1] != ':' && label[0] != '#' && label[0] != '*' && label[0] != ' ');
	for (size_t i = 0; i < length; i++) {
		columns += ((unsigned char)label[i] & 0xc0) != 0x80;
		plain = plain && (unsigned char)label[i] >= ' ' && (unsigned char)label[i] != 0x7f;
	}
	if (columns > RULE_FACT_LABEL)
		yaml_fault(node, loader->faults,
		           "label has %zu characters; beside more than %d the fact itself has no room", columns,
		           RULE_FACT_LABEL);
	if (!plain)
		yaml_fault(node, loader->faults, "label is one line of words, without the colon: Held at");
	return label;
}

/* A message knows the record alone, not the history it fired in. */
static void check_where(struct rules_loader *loader, const struct yaml_node *node, const struct selectors *events)
{
	for (size_t i = 0; i < events->count; i++) {
		struct condition *where = events->items[i].where;
		struct condition_state *states;
		const type_id *types;
		if (where && (condition_states(where, &states) || condition_types(where, &types) ||
		              condition_reads_age(where))) {
			yaml_fault(node, loader->faults,
			           "the where of a fact reads data alone: neither open(), seen(), first() nor age");
			return;
		}
	}
}

static struct selectors read_events(struct rules_loader *loader, const struct yaml_node *item, const char *key)
{
	const struct yaml_node *node = rules_get(loader, item, key);
	const struct yaml_node *where = strcmp(key, "event") == 0 ? rules_get(loader, item, "where") : NULL;
	struct selectors events = rules_selectors(loader, node, where, key);
	check_where(loader, node, &events);
	return events;
}

static void read_field(struct rules_loader *loader, const struct yaml_node *item, struct rule_fact *fact)
{
	const struct yaml_node *node = rules_get(loader, item, "field");
	struct text name;
	if (!node || !yaml_read_text(node, "field", &name, loader->faults))
		return;
	if (name.length > 5 && memcmp(name.at, "data.", 5) == 0)
		name = (struct text){name.at + 5, name.length - 5};
	fact->show = FACT_SHOWS_FIELD;
	fact->field = schema_name_add(name);
	for (size_t i = 0; i < fact->events.count; i++)
		if (!rules_type_may_have(fact->events.items[i].type, fact->field)) {
			rules_fault_field(loader, node, fact->events.items[i].type, "shown");
			return;
		}
}

static size_t read_show(struct rules_loader *loader, const struct yaml_node *item, const char *const *words)
{
	size_t which = 0;
	const struct yaml_node *node = rules_get(loader, item, "show");
	if (node)
		(void)yaml_read_word(node, "show", words, &which, loader->faults);
	return which;
}

static void refuse(struct rules_loader *loader, const struct yaml_node *item, const char *key, const char *why)
{
	const struct yaml_node *node = yaml_get(item, key);
	if (node)
		yaml_fault(node, loader->faults, "%s %s", key, why);
}

static void read_of_event(struct rules_loader *loader, const struct yaml_node *item, struct rule_fact *fact)
{
	size_t which = 0;
	const struct yaml_node *node = rules_get(loader, item, "which");
	fact->events = read_events(loader, item, "event");
	fact->until = read_events(loader, item, "until");
	fact->show = read_show(loader, item, event_shows) == 1 ? FACT_SHOWS_AGO : FACT_SHOWS_TIME;
	read_field(loader, item, fact);
	if (node && yaml_read_word(node, "which", whiches, &which, loader->faults))
		fact->last = which == 1;
	if (fact->show == FACT_SHOWS_FIELD) {
		refuse(loader, item, "show", "says how a time is shown; a field has none: keep one of them");
		refuse(loader, item, "until", "says what ends a time; a field has none: keep one of them");
	}
	refuse(loader, item, "open", "goes with state");
	refuse(loader, item, "ended", "goes with state");
}

static void read_of_state(struct rules_loader *loader, const struct yaml_node *item, struct rule_fact *fact)
{
	const struct yaml_node *open = rules_get(loader, item, "open"), *ended = rules_get(loader, item, "ended");
	fact->show = read_show(loader, item, state_shows) == 1 ? FACT_SHOWS_WHO : FACT_SHOWS_STATE;
	fact->open = open ? rules_text(loader, open, "open") : "Since";
	fact->ended = ended ? rules_text(loader, ended, "ended") : "Ended";
	rules_fact_state(loader, rules_get(loader, item, "state"), fact);
	static const char *const others[] = {"where", "field", "until", "which"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		refuse(loader, item, others[i], "goes with event; a state has what began and what ended it");
}

/* due, count, team: what the rule or the child has without being told where to look. */
static void read_alone(struct rules_loader *loader, const struct rule *rule, const struct yaml_node *item,
                       struct rule_fact *fact)
{
	static const enum rule_fact_show shows[] = {FACT_SHOWS_DUE, FACT_SHOWS_COUNT, FACT_SHOWS_TEAM};
	if (!yaml_get(item, "show")) {
		yaml_fault(item, loader->faults,
		           "a fact shows an event, a state, or one of show: due, count, team; say which");
		return;
	}
	fact->show = shows[read_show(loader, item, alone_shows)];
	if (fact->show == FACT_SHOWS_DUE && rule_kind_row(rule->kind)->begins != KIND_BEGINS_CLOCK)
		yaml_fault(item, loader->faults, "only a deadline or a recurring rule has a clock to show as due");
	if (fact->show == FACT_SHOWS_COUNT && !rule_kind_row(rule->kind)->counts)
		yaml_fault(item, loader->faults, "only a count has something to count");
}

static void read_fact(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *item,
                      struct rule_fact *fact)
{
	if (!yaml_check_keys(item, "a fact", fact_keys, loader->faults) && item->kind != YAML_MAPPING)
		return;
	fact->label = read_label(loader, item);
	if (yaml_get(item, "event") && yaml_get(item, "state"))
		yaml_fault(item, loader->faults, "a fact shows an event or a state; this one names both");
	else if (yaml_get(item, "event"))
		read_of_event(loader, item, fact);
	else if (yaml_get(item, "state"))
		read_of_state(loader, item, fact);
	else
		read_alone(loader, &draft->rule, item, fact);
	const struct yaml_node *otherwise = rules_get(loader, item, "otherwise"),
			       *only = rules_get(loader, item, "if-recorded");
	const struct yaml_node *messages = rules_get(loader, item, "only");
	size_t which = 0;
	if (messages && yaml_read_word(messages, "only", onlys, &which, loader->faults))
		fact->only = (enum rule_fact_only)which;
	if (fact->only == FACT_IN_WARNINGS && !draft->rule.warn_count)
		yaml_fault(messages, loader->faults, "only: warning, but this rule has no warn");
	if (otherwise)
		fact->otherwise = rules_text(loader, otherwise, "otherwise");
	if (only)
		(void)yaml_read_bool(only, "if-recorded", &fact->if_recorded, loader->faults);
	if (fact->otherwise && fact->if_recorded)
		yaml_fault(otherwise, loader->faults,
		           "otherwise says what stands where nothing is recorded, and if-recorded that the "
		           "line is then left out; keep one of them");
}

void rules_read_facts(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct yaml_node *node = rules_get(loader, draft->node, "facts");
	struct rule *rule = &draft->rule;
	size_t count = yaml_list_count(node);
	if (count > RULE_FACTS) {
		yaml_fault(node, loader->faults, "a rule shows at most %d facts; this one has %zu", RULE_FACTS, count);
		return;
	}
	rule->fact_count = count;
	rule->facts = arena_alloc(loader->arena, (count + 1) * sizeof *rule->facts);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = rules_item(loader, node, i);
		rule->facts[i] = (struct rule_fact){.label = ""};
		read_fact(loader, draft, item, &rule->facts[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(rule->facts[k].label, rule->facts[i].label) == 0)
				yaml_fault(item, loader->faults, "label \"%s\" stands here twice; keep one",
				           rule->facts[i].label);
	}
}
