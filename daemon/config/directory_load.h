/* directory_load: directory.yaml into a struct directory, checked as a whole.
 *
 * The one rule: a directory that could leave somebody untold (a role with nobody, a person without an address, cover
 * that leads in a ring) is refused. */
#ifndef CASEWATCH_CONFIG_DIRECTORY_LOAD_H
#define CASEWATCH_CONFIG_DIRECTORY_LOAD_H

#include "config/faults.h"
#include "people/directory.h"
#include "time/calendar.h"

/* NULL after at least one fault. Free with directory_free. Rotas (config/rota.h), whose files lie beside it, are read
 * for the time around `now`: from a month before to five years after; `zone` NULL: it could not be read, and they
 * are left out. */
struct directory *directory_load(const char *path, const struct zone *zone, instant now, struct config_faults *faults);

#endif
