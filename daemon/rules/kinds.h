/* kinds: what each kind of rule is, for everybody who must know: loader, engine and messages.
 *
 * The one rule: who asks something of a kind asks its row, never which kind it is. So a ninth kind is
 *   one row of RULE_KIND_ROWS (rules/rule.h),
 *   rules/load/kinds/NAME.c: what its YAML says and the row below, and
 *   engine/kinds/NAME.c: how it judges, and why its alert stands (struct kind, engine/fold/fold.h).
 * Two files, because the engine may know nothing of YAML, and messages and lists nothing of the engine. */
#ifndef CASEWATCH_RULES_KINDS_H
#define CASEWATCH_RULES_KINDS_H

#include "rules/rule.h"

struct rules_loader;
struct rule_draft;
struct yaml_node;

/* From when on records belong to an alert's own story. */
enum kind_begins {
	KIND_BEGINS_FIRST,  /* with its earliest evidence */
	KIND_BEGINS_CLOCK,  /* with what started its clock: the evidence that came last where that is another
	                       alert */
	KIND_BEGINS_OPENED, /* when it opened: nothing that came before a count was reached can follow it */
};

struct rule_kind_row {
	const char *what;        /* in a sentence: "a deadline" */
	const char *const *keys; /* of its mapping in a rule file, NULL-ended */
	/* Reads that mapping into draft->rule; what is wrong is faulted where it stands. */
	void (*read)(struct rules_loader *loader, struct rule_draft *draft, const struct yaml_node *shape);
	bool counts;          /* events in a window, `within`; its key tells them apart, its alert is the subject's */
	bool counts_open;     /* the open keys of load_state */
	bool starts_anew;     /* its clock runs anew after each stop, so that one alert may stand several times */
	bool over_with_alert; /* a clock whose alert was resolved runs no more, whatever stop may come */
	bool one_a_subject;   /* one alert a subject at a time, the same where the standing times overlap (rules.md,
	                         "Identity") */
	bool judged_anew;     /* when conditions may have changed, not at events of its own alone */
	bool momentary;       /* with no stop, closes-on or ends-on the first answer ends it */
	bool of_one_record;   /* an alert is about one record and what carries its key, not the subject as such */
	enum kind_begins begins;
};

#define RULE_KIND_DECLARED(value, name) extern const struct rule_kind_row rule_kind_##name;
RULE_KIND_ROWS(RULE_KIND_DECLARED)
#undef RULE_KIND_DECLARED

const struct rule_kind_row *rule_kind_row(enum rule_kind kind);
const char *rule_kind_name(enum rule_kind kind); /* the key in a rule file: "deadline" */

#endif
