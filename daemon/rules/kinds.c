/* kinds: one row a kind of rule. */
#include "rules/kinds.h"

static const struct rule_kind_row rows[RULE_KINDS] = {
	[RULE_EVENT] = {.name = "event", .momentary = true, .of_one_record = true},
	[RULE_GUARD] = {.name = "guard", .momentary = true, .of_one_record = true},
	[RULE_COUNT] = {.name = "count", .one_a_subject = true, .momentary = true, .begins = KIND_BEGINS_OPENED},
	[RULE_DEADLINE] = {.name = "deadline", .begins = KIND_BEGINS_CLOCK},
	[RULE_RECURRING] = {.name = "recurring", .begins = KIND_BEGINS_CLOCK},
	[RULE_OVERLAP] = {.name = "overlap", .of_one_record = true},
	[RULE_STATE] = {.name = "state", .one_a_subject = true, .judged_anew = true, .of_one_record = true},
	[RULE_LOAD] = {.name = "load", .one_a_subject = true, .judged_anew = true, .begins = KIND_BEGINS_OPENED},
};

const struct rule_kind_row *rule_kind_row(enum rule_kind kind)
{
	return &rows[kind];
}
