/* load: a directory of rule files into a struct ruleset, checked as a whole.
 *
 * The one rule: every rule of the directory takes effect, or none does. docs/rules.md is the format for those who write
 * it. */
#ifndef CASEWATCH_RULES_LOAD_LOAD_H
#define CASEWATCH_RULES_LOAD_LOAD_H

#include "config/yaml.h"
#include "rules/rule.h"

/* Reads every NAME.yaml in `dir` (not NAME.test.yaml), in order of their names. NULL after at least one fault. Free
 * with ruleset_free. Roles and templates are checked by whoever has the directory and the templates. */
struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults);

/* The same from one file's bytes; `file` is the name that faults give. For tests. */
struct ruleset *rules_load_text(const char *file, struct text bytes, struct config_faults *faults);

/* In two parts, for whoever changes something between them. The files of a directory, begun with {0} and given back
 * with rule_trees_free; false after a fault, with what could be read. */
struct rule_trees {
	struct yaml_tree **items;
	size_t count, room;
};
bool rules_read_dir(const char *dir, struct rule_trees *trees, struct config_faults *faults);
void rule_trees_free(struct rule_trees *trees);
/* And the set that these documents make, one a file; they stay the caller's, and the set does not need them. `name` is
 * what faults of the whole are told of. Its fingerprint is 0. */
struct ruleset *rules_load_roots(const char *name, const struct yaml_node *const *roots, size_t count,
                                 struct config_faults *faults);

#endif
