/* councils: which councils a configuration file is of.
 *
 * A file is either one council's whole configuration, or names a directory of councils with its only option,
 * `councils: DIR`; then DIR/NAME/casewatchd.yaml is the whole configuration of the council NAME. One whose file is
 * called casewatchd.yaml.off is switched off: nobody watches over it, and somebody meant that. The one rule: two
 * councils of one process share nothing that only one of them can have. */
#ifndef CASEWATCH_CONFIG_COUNCILS_H
#define CASEWATCH_CONFIG_COUNCILS_H

#include "config/config.h"

#define CONFIG_COUNCILS_MOST 200    /* England has 153 that answer for children; a process carries about as many */
#define CONFIG_COUNCIL_NAME_MOST 40 /* characters: it stands in each line of the log */

struct config_council {
	const char *name; /* of its directory: letters, digits and hyphens; NULL: the file is itself of one council */
	const char *path; /* of its casewatchd.yaml; switched off: where it would be */
	bool off;
};
struct config_councils {
	struct config_council *items; /* in the order of their names */
	size_t count, off; /* off: of these */
	bool named; /* by `councils` */
	void *owned;
};

/* Reads the file. It is of one council, too, where it cannot be read: whoever loads it says why. False: at least one
 * fault; what is sound in the directory is there all the same, so that one that is not keeps no other from its work.
 * Free in any case. */
bool config_councils_read(const char *path, struct config_councils *councils, struct config_faults *faults);
void config_councils_free(struct config_councils *councils);

/* Faults whatever `own` shares with `other`, at its place in the file of `own`. */
void config_councils_compare(const struct config *own, const struct config *other, struct config_faults *faults);

#endif
