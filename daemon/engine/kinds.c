/* kinds: one row a rule kind. A ninth kind is one file and one row here. */
#include "engine/fold.h"

static const struct kind *const rows[RULE_KINDS] = {
        [RULE_EVENT] = &kind_event,       [RULE_GUARD] = &kind_guard,         [RULE_COUNT] = &kind_count,
        [RULE_DEADLINE] = &kind_deadline, [RULE_RECURRING] = &kind_recurring, [RULE_OVERLAP] = &kind_overlap,
        [RULE_STATE] = &kind_state,       [RULE_LOAD] = &kind_load,
};

const struct kind *kind_of(enum rule_kind kind)
{
	return rows[kind];
}
