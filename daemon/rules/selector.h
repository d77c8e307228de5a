/* selector: "event X where C", as rules, states and registers name the events they mean. */
#ifndef CASEWATCH_RULES_SELECTOR_H
#define CASEWATCH_RULES_SELECTOR_H

#include "event/schema.h"
#include "rules/condition.h"

/* Matches an event of the type for which the condition holds. */
struct selector {
	type_id type;
	struct condition *where; /* NULL: always */
	bool keyed;              /* the type carries the rule's (or state's) key */
	bool favourable;         /* it ends or prevents an alarm: see condition_scope */
};
struct selectors {
	struct selector *items;
	size_t count;
};

#endif
