/* load: a directory of rule files into a struct ruleset, checked as a whole.
 *
 * The one rule: every rule of the directory takes effect, or none does. docs/rules.md is the format for those who write
 * it. */
#ifndef CASEWATCH_RULES_LOAD_LOAD_H
#define CASEWATCH_RULES_LOAD_LOAD_H

#include "config/faults.h"
#include "rules/rule.h"

/* Reads every NAME.yaml in `dir` (not NAME.test.yaml), in order of their names. NULL after at least one fault. Free
 * with ruleset_free. Roles and templates are checked by whoever has the directory and the templates. */
struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults);

/* The same from one file's bytes; `file` is the name that faults give. For tests. */
struct ruleset *rules_load_text(const char *file, struct text bytes, struct config_faults *faults);

#endif
