/* directory_load: directory.yaml into a struct directory, checked as a whole.
 *
 * The one rule: a directory that could leave somebody untold (a role with nobody, a person without an address, cover
 * that leads in a ring) is refused. */
#ifndef CASEWATCH_CONFIG_DIRECTORY_LOAD_H
#define CASEWATCH_CONFIG_DIRECTORY_LOAD_H

#include "config/faults.h"
#include "people/directory.h"

/* NULL after at least one fault. Free with directory_free. */
struct directory *directory_load(const char *path, struct config_faults *faults);

#endif
