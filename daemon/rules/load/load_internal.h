/* load_internal: rule files on their way to a struct ruleset. Private to config/rules_*.c.
 *
 * The one rule: whatever is wrong is faulted where it stands and the reading goes on, so that an analyst sees all of it
 * at once; a set with any fault is thrown away as a whole. */
#ifndef CASEWATCH_RULES_LOAD_LOAD_INTERNAL_H
#define CASEWATCH_RULES_LOAD_LOAD_INTERNAL_H

#include "base/mem.h"
#include "config/yaml.h"
#include "rules/load/load.h"

#define RULES_MAX 4096   /* rules in one set */
#define RULES_FILES 1000 /* files in one directory */
#define RULES_ID 100     /* the longest id of a rule, state or setting */

/* A rule under construction. Strings live in the set's arena, nodes in the files' trees. */
struct rule_draft {
	struct rule rule;
	const struct yaml_node *node;        /* the mapping */
	const struct yaml_node *alert_node;  /* of start: {alert: ID} */
	const struct yaml_node *key_node;
	const struct yaml_node *renamed_node; /* of renamed-from */
	const struct yaml_node *load_open;   /* load: the state's name */
	const struct yaml_node *load_where;
	type_id *on_types;                   /* types of rule.on, for conditions read with the event that fired */
	size_t on_count;
	size_t group;                        /* number of the rules with this id */
};

/* A state under construction. */
struct state_draft {
	struct state_def def;
	const struct yaml_node *node; /* NULL: automatic */
};

/* A compiled condition whose open("…") still need their state's number. */
struct condition_use {
	struct condition *condition;
	const struct yaml_node *node;
};

/* A fact that shows a state, before the states are known. */
struct fact_use {
	struct rule_fact *fact;
	const struct yaml_node *node;
};

struct rules_loader {
	struct ruleset *ruleset;
	struct arena *arena;                 /* the set's */
	struct config_faults *faults;
	struct rule_draft *rules;
	size_t rule_count, rule_room;
	const struct yaml_node **declared;   /* the names of the types declared in this set */
	size_t declared_count, declared_room;
	struct state_draft *states;
	size_t state_count, state_room;
	struct register_def *registers;
	size_t register_count, register_room;
	struct condition_use *uses;
	size_t use_count, use_room;
	struct fact_use *fact_uses;
	size_t fact_use_count, fact_use_room;
	civil_day version;                   /* of the file being read; DAY_NONE: it does not say */
	const struct yaml_node *settings;    /* of the file being read */
	bool *settings_used;
};

/* ---- value.c: single values ---- */

/* The value under `key`, with $name replaced by the setting of that name; NULL where there is none. An empty value is
 * faulted: leaving a word out is a decision, forgetting its value is not. */
const struct yaml_node *rules_get(struct rules_loader *loader, const struct yaml_node *mapping, const char *key);
/* The same, faulted where it is missing. `what` names the mapping: "a deadline". */
const struct yaml_node *rules_need(struct rules_loader *loader, const struct yaml_node *mapping, const char *key,
                                   const char *what);
const struct yaml_node *rules_item(struct rules_loader *loader, const struct yaml_node *list, size_t index);
const char *rules_keep(struct rules_loader *loader, struct text text);
/* A text that must be there and fit; "" after a fault. */
const char *rules_text(struct rules_loader *loader, const struct yaml_node *node, const char *what);
/* Letters, digits, dots, hyphens and underscores. */
const char *rules_id(struct rules_loader *loader, const struct yaml_node *node, const char *what);
struct duration rules_duration(struct rules_loader *loader, const struct yaml_node *node, const char *what);
struct duration *rules_durations(struct rules_loader *loader, const struct yaml_node *node, const char *what,
                                 size_t *count);
const char **rules_texts(struct rules_loader *loader, const struct yaml_node *node, const char *what, size_t *count);
/* A condition's source with $name replaced by the settings; false after a fault. And where in the source stands what is
 * at `at` of that. */
bool rules_put_settings(struct rules_loader *loader, const struct yaml_node *node, struct buffer *out);
size_t rules_place_before_settings(struct rules_loader *loader, const struct yaml_node *node, size_t at);
/* Settings of a file: checked before its rules, and afterwards that each was used. */
void rules_settings_begin(struct rules_loader *loader, const struct yaml_node *settings);
void rules_settings_end(struct rules_loader *loader);

/* ---- select.c: events and conditions ---- */

/* "X", {event: X, where: C} or a list of them; `common` is a condition for all, or NULL. */
struct selectors rules_selectors(struct rules_loader *loader, const struct yaml_node *node,
                                 const struct yaml_node *common, const char *what);
/* A condition over the events of `types`; NULL after a fault, or where there is no node. */
struct condition *rules_condition(struct rules_loader *loader, const struct yaml_node *node, const type_id *types,
                                  size_t count);
/* The field that is a key; faulted where one of `on` cannot have it. 0 without a node. */
uint16_t rules_key(struct rules_loader *loader, const struct yaml_node *node, const struct selectors *on);
/* Fills `keyed`. */
void rules_mark_keyed(struct selectors *selectors, uint16_t key);
/* Whether an event of the type may have the field: it has it, or nobody declared the type. */
bool rules_type_may_have(type_id type, uint16_t field);
bool rules_is_type_name(struct text name);
/* Faults a field that the type does not have, with what it has: "… has no field "staton" to be shown; did you mean
 * …". */
void rules_fault_field(struct rules_loader *loader, const struct yaml_node *node, type_id type, const char *purpose);

/* ---- the others ---- */

void rules_read_kind(struct rules_loader *loader, struct rule_draft *draft);       /* read_kind.c */
void rules_read_rule(struct rules_loader *loader, const struct yaml_node *node);   /* read_rule.c */
void rules_check_never(struct rules_loader *loader, const struct rule_draft *draft); /* never.c */
void rules_read_steps(struct rules_loader *loader, struct rule_draft *draft);      /* steps.c */
void rules_read_facts(struct rules_loader *loader, struct rule_draft *draft);      /* facts.c */
void rules_read_event(struct rules_loader *loader, const struct yaml_node *node);  /* events.c */
void rules_read_state(struct rules_loader *loader, const struct yaml_node *node);  /* states.c */
/* "missing", or {from: …, to: …, key: …}: fills fact->state, by name once all states are known. states.c */
void rules_fact_state(struct rules_loader *loader, const struct yaml_node *node, struct rule_fact *fact);
void rules_resolve_states(struct rules_loader *loader);                            /* states.c */
void rules_read_register(struct rules_loader *loader, const struct yaml_node *node); /* registers.c */
void rules_take_registers(struct rules_loader *loader); /* registers.c: fills ruleset->registers */
void rules_order(struct rules_loader *loader);                                     /* order.c: fills ruleset->rules */

#endif
