/* kinds: the functions of each kind of rule, which stand in its file in engine/kinds/. */
#include "engine/fold/fold.h"

#define ROW(value, name) [value] = &kind_##name,
static const struct kind *const rows[RULE_KINDS] = {RULE_KIND_ROWS(ROW)};

const struct kind *kind_of(enum rule_kind kind)
{
	return rows[kind];
}
