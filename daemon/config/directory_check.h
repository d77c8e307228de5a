/* directory_check: a directory as a whole: nobody may be left untold. For config/directory_load.c alone.
 *
 * The one rule: every id leads to somebody, every role to a person who can be reached, no chain of parents or cover
 * comes back to itself. */
#ifndef CASEWATCH_CONFIG_DIRECTORY_CHECK_H
#define CASEWATCH_CONFIG_DIRECTORY_CHECK_H

#include "config/yaml.h"
#include "people/directory.h"

/* Where each entry stood, by its index in the directory. */
struct directory_places {
	const struct yaml_node *root, *duty_team;
	const struct yaml_node **people, **teams, **covers, **sources;
	const struct yaml_node **roles, **role_entries; /* names, and what stands under them */
	const struct yaml_node *ladder;
};

/* Every id of every entry has been read. Adds a fault for each thing that is wrong; an owner of a source that is no
 * role becomes a person's id. */
void directory_check(struct directory *directory, const struct directory_places *places,
                     struct config_faults *faults);

#endif
