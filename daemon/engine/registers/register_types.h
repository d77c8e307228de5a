/* register_types: which registers an event of a type can say something to, so that nothing is read or reckoned anew
 * that it cannot change.
 *
 * The one rule: a register's rows are the same from all events and from those alone that are something to it, and of
 * those that only say that this is a child one is enough. It has none where no event makes one. */
#ifndef CASEWATCH_ENGINE_REGISTERS_REGISTER_TYPES_H
#define CASEWATCH_ENGINE_REGISTERS_REGISTER_TYPES_H

#include "rules/rule.h"

/* What an event of a type is to a register. */
#define REGISTER_READS 1
#define REGISTER_MAKES 2 /* it may make a row */
#define REGISTER_KNOWS 4 /* of one row a child: it says that this is a child, and so makes the row, read or not */

struct register_types;
/* Of the registers of `rules`, by their place. */
struct register_types *register_types_new(const struct ruleset *rules);
void register_types_free(struct register_types *types); /* NULL is fine */
/* What it is to each register, one byte each. */
const uint8_t *register_types_of(const struct register_types *types, type_id type);
/* The places of those registers to which it is anything, in their order; *count of them: most types concern few. */
const uint16_t *register_types_some(const struct register_types *types, type_id type, size_t *count);

#endif
