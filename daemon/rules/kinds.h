/* kinds: what each kind of rule is, for everybody who must know: loader, engine and messages.
 *
 * The one rule: who asks something of a kind asks this table, so that a ninth kind is one row here, one in
 * engine/kinds.c with its file in engine/kinds/, and one in rules/load/shape.c with what its YAML says. */
#ifndef CASEWATCH_RULES_KINDS_H
#define CASEWATCH_RULES_KINDS_H

#include "rules/rule.h"

/* From when on records belong to an alert's own story. */
enum kind_begins {
	KIND_BEGINS_FIRST,  /* with its earliest evidence */
	KIND_BEGINS_CLOCK,  /* with what started its clock: the evidence that came last where that is another alert */
	KIND_BEGINS_OPENED, /* when it opened: what is to follow a count cannot have come before it was reached */
};

struct rule_kind_row {
	const char *name;       /* the key in a rule file: "deadline" */
	bool one_a_subject;     /* one alert a subject at a time, the same where the standing times overlap (rules.md,
	                           "Identity") */
	bool judged_anew;       /* when conditions may have changed, not at events of its own alone */
	bool momentary;         /* with no stop, closes-on or ends-on the first answer ends it */
	bool of_one_record; /* an alert is about one record and what carries its key, not about the subject as such */
	enum kind_begins begins;
};

const struct rule_kind_row *rule_kind_row(enum rule_kind kind);

#endif
