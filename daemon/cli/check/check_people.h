/* check_people: what of the directory may be meant, and leads the ladder to nobody new: no fault, as a council may have
 * it no other way. */
#ifndef CASEWATCH_CLI_CHECK_CHECK_PEOPLE_H
#define CASEWATCH_CLI_CHECK_CHECK_PEOPLE_H

#include "config/config.h"

/* A note each: two steps of the ladder that one reader hears, by their address or, from `today` on, by cover; a person
 * whose days are none on which anybody works. */
void check_people(const struct config *config, civil_day today, struct config_faults *notes);

#endif
