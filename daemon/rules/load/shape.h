/* shape: what the shapes of the kinds of rule have in common. Internal to rules/load/.
 *
 * The one rule: each reads one key of a kind's mapping, and faults it where it stands. */
#ifndef CASEWATCH_RULES_LOAD_SHAPE_H
#define CASEWATCH_RULES_LOAD_SHAPE_H

#include "rules/kinds.h"
#include "rules/load/load_internal.h"

/* What fires, under `key`, with the mapping's `where`; `what` names the kind: "a deadline". */
void rules_read_on(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                   const char *key, const char *what);
/* The types of the events that fire, for conditions that are read with them. */
void rules_keep_on_types(struct rules_loader *loader, struct rule_draft *draft);
/* The rule's key, under `name`: a field that all that fires may have. */
void rules_read_key(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape,
                    const char *name);
/* Events under `key`, each with a condition of its own; none where there is no such key. */
struct selectors rules_read_events(struct rules_loader *loader, const struct yaml_node *shape, const char *key);
/* From `least` to a million; `least` without a node or after a fault. */
int64_t rules_read_number(struct rules_loader *loader, const struct yaml_node *node, const char *what, int64_t least);

#endif
