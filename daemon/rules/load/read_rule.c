/* read_rule: what every rule has, whatever its kind. */
#include "rules/kinds.h"
#include "rules/load/load_internal.h"

#define KIND_KEY(value, name) #name,
static const char *const rule_keys[] = {
	RULE_KIND_ROWS(KIND_KEY) /* the kind that it has */
	"id",           "title",         "basis",        "severity",    "of",       "closes-on", "ends-on",
	"until-age",    "effective-from", "effective-until", "tell",    "tell-warning", "out-of-hours", "restricted",
	"message",      "says",          "actions",      "text",        "warning-title", "warning-text", "still-there",
	"if-still",     "due-what",      "facts",        "mode",        "renamed-from", NULL};
static const char *const modes[] = {"shadow", NULL};
static const char *const severities[] = {"critical", "high", "normal", NULL};
static const char *const parties[] = {"worker", "provider", NULL};

static enum party_kind read_party(struct rules_loader *loader, const struct yaml_node *node)
{
	size_t which = 0;
	if (!node || !yaml_read_word(node, "of", parties, &which, loader->faults))
		return PARTY_NONE;
	return which == 0 ? PARTY_WORKER : PARTY_PROVIDER;
}

static void read_of(struct rules_loader *loader, struct rule_draft *draft)
{
	const struct yaml_node *own = rules_get(loader, draft->node, "of");
	const struct yaml_node *inner = rules_get(loader, yaml_get(draft->node, "load"), "of");
	draft->rule.of = read_party(loader, own ? own : inner);
	if (own && inner && read_party(loader, inner) != draft->rule.of)
		yaml_fault(inner, loader->faults, "of says something else than the rule's own of; keep one");
}

static void check_party(struct rules_loader *loader, const struct rule_draft *draft)
{
	for (size_t i = 0; i < draft->rule.on.count; i++)
		if (!rule_hears(&draft->rule, draft->rule.on.items[i].type))
			yaml_fault(draft->node, loader->faults, "%s names no %s, so a rule of a %s never hears it",
			           schema_type_name(draft->rule.on.items[i].type),
			           parties[draft->rule.of - PARTY_WORKER], parties[draft->rule.of - PARTY_WORKER]);
}

static civil_day read_date(struct rules_loader *loader, const struct rule_draft *draft, const char *key)
{
	civil_day day = DAY_NONE;
	const struct yaml_node *node = rules_get(loader, draft->node, key);
	if (node)
		(void)yaml_read_date(node, key, &day, loader->faults);
	return day;
}

static void read_dates(struct rules_loader *loader, struct rule_draft *draft)
{
	struct rule *rule = &draft->rule;
	int64_t age = 0;
	rule->effective_from = read_date(loader, draft, "effective-from");
	rule->effective_until = read_date(loader, draft, "effective-until");
	if (rule->effective_from != DAY_NONE && rule->effective_until != DAY_NONE &&
	    rule->effective_until <= rule->effective_from)
		yaml_fault(yaml_get(draft->node, "effective-until"), loader->faults,
		           "effective-until must be after effective-from, or the rule never holds");
	/* A rule reads as it does from the day its file was last changed, or from the later day from which it holds. */
	bool later = rule->effective_from != DAY_NONE &&
	             (loader->version == DAY_NONE || rule->effective_from > loader->version);
	rule->version = later ? rule->effective_from : loader->version;
	const struct yaml_node *until = rules_get(loader, draft->node, "until-age");
	if (until && yaml_read_integer(until, "until-age", 1, 120, &age, loader->faults))
		rule->until_age = (int)age;
}

/* missing.vpg-referral -> missing-vpg-referral */
static const char *message_of(struct rules_loader *loader, const char *id)
{
	struct text text = text_of(id);
	char *name = arena_copy_text(loader->arena, text.at, text.length);
	for (char *c = name; *c; c++)
		if (*c == '.' || *c == '_')
			*c = '-';
	return name;
}

static const char *read_optional(struct rules_loader *loader, const struct rule_draft *draft, const char *key)
{
	const struct yaml_node *node = rules_get(loader, draft->node, key);
	return node ? rules_text(loader, node, key) : NULL;
}

/* It becomes a subject: one line, however the file breaks it. */
static const char *read_title(struct rules_loader *loader, const struct rule_draft *draft, const char *key)
{
	const char *title = read_optional(loader, draft, key);
	return title ? text_one_line(loader->arena, text_of(title)) : NULL;
}

static void read_words(struct rules_loader *loader, struct rule_draft *draft)
{
	struct rule *rule = &draft->rule;
	size_t severity = SEVERITY_NORMAL;
	rule->id = rules_id(loader, rules_need(loader, draft->node, "id", "a rule"), "id");
	rule->title = read_title(loader, draft, "title");
	rule->basis = read_optional(loader, draft, "basis");
	rule->text = read_optional(loader, draft, "text");
	rule->warning_title = read_title(loader, draft, "warning-title");
	rule->warning_text = read_optional(loader, draft, "warning-text");
	rule->still_there = read_optional(loader, draft, "still-there");
	rule->if_still = read_optional(loader, draft, "if-still");
	rule->due_what = read_optional(loader, draft, "due-what");
	const struct yaml_node *message = rules_get(loader, draft->node, "message");
	rule->message = message ? rules_id(loader, message, "message") : message_of(loader, rule->id);
	rule->untitled = !rule->title;
	if (!rule->title)
		rule->title = rule->id;
	const struct yaml_node *node = rules_need(loader, draft->node, "severity", "a rule");
	if (node)
		(void)yaml_read_word(node, "severity", severities, &severity, loader->faults);
	rule->severity = (enum severity)severity;
}

/* Former ids, the newest first: a rule that was renamed goes on with the alerts it had. */
static void read_former_ids(struct rules_loader *loader, struct rule_draft *draft)
{
	struct rule *rule = &draft->rule;
	const struct yaml_node *node = rules_get(loader, draft->node, "renamed-from");
	if (!node)
		return;
	draft->renamed_node = node;
	rule->renamed_count = yaml_list_count(node);
	if (rule->renamed_count == 0)
		yaml_fault(node, loader->faults,
		           "renamed-from is an empty list; name the id that the rule had, or leave it out");
	rule->renamed_from = arena_alloc(loader->arena, (rule->renamed_count + 1) * sizeof *rule->renamed_from);
	for (size_t i = 0; i < rule->renamed_count; i++)
		rule->renamed_from[i] = rules_id(loader, rules_item(loader, node, i), "renamed-from");
}

static void read_mode(struct rules_loader *loader, struct rule_draft *draft)
{
	size_t which = 0;
	const struct yaml_node *node = rules_get(loader, draft->node, "mode");
	draft->rule.shadow = node && yaml_read_word(node, "mode", modes, &which, loader->faults);
}

static void read_ends(struct rules_loader *loader, struct rule_draft *draft)
{
	struct rule *rule = &draft->rule;
	rule->closes_on = rules_selectors(loader, rules_get(loader, draft->node, "closes-on"), NULL, "closes-on");
	rule->ends_on = rules_selectors(loader, rules_get(loader, draft->node, "ends-on"), NULL, "ends-on");
	rule->momentary =
		rule_kind_row(rule->kind)->momentary && rule->closes_on.count == 0 && rule->ends_on.count == 0;
}

static void mark_keyed(struct rule *rule)
{
	struct selectors *const all[] = {&rule->on,    &rule->stop,      &rule->before,
	                                 &rule->moves, &rule->closes_on, &rule->ends_on};
	size_t count = rule_kind_row(rule->kind)->counts
	                       ? 1
	                       : sizeof all / sizeof *all; /* a count's alert is the subject's, not a key's */
	for (size_t i = 0; i < count; i++)
		rules_mark_keyed(all[i], rule->key);
}

/* What ends an alarm or keeps one from opening. */
static void mark_favourable(struct rule *rule)
{
	const struct selectors *const all[] = {&rule->stop, &rule->before, &rule->closes_on, &rule->ends_on};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t j = 0; j < all[i]->count; j++)
			all[i]->items[j].favourable = true;
}

void rules_read_rule(struct rules_loader *loader, const struct yaml_node *node)
{
	if (!yaml_check_keys(node, "a rule", rule_keys, loader->faults) && node->kind != YAML_MAPPING)
		return;
	struct rule_draft draft = {.node = node};
	draft.rule.file = rules_keep(loader, text_of(node->file));
	draft.rule.line = node->line;
	draft.rule.column = node->column;
	read_words(loader, &draft);
	read_former_ids(loader, &draft);
	read_mode(loader, &draft);
	read_of(loader, &draft);
	rules_read_kind(loader, &draft);
	read_ends(loader, &draft);
	read_dates(loader, &draft);
	rules_read_steps(loader, &draft);
	rules_read_facts(loader, &draft);
	mark_keyed(&draft.rule);
	mark_favourable(&draft.rule);
	check_party(loader, &draft);
	rules_check_never(loader, &draft);
	*(struct rule_draft *)mem_push((void **)&loader->rules, &loader->rule_count, &loader->rule_room,
	                               sizeof *loader->rules) = draft;
}
