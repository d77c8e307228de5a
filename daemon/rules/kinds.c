/* kinds: the row of each kind of rule, which stands in its file in rules/load/kinds/. */
#include "rules/kinds.h"

#define ROW(value, name) [value] = &rule_kind_##name,
static const struct rule_kind_row *const rows[RULE_KINDS] = {RULE_KIND_ROWS(ROW)};

#define NAME(value, name) [value] = #name,
static const char *const names[RULE_KINDS] = {RULE_KIND_ROWS(NAME)};

const struct rule_kind_row *rule_kind_row(enum rule_kind kind)
{
	return rows[kind];
}

const char *rule_kind_name(enum rule_kind kind)
{
	return names[kind];
}
