/* check_never: rules that read well, and of which a part never holds or never comes: nobody would miss what it does not
 * say.
 *
 * The one rule: a note, never a fault: such a set was lawful before, and a daemon that refuses it tells nobody at all.
 */
#ifndef CASEWATCH_CLI_CHECK_CHECK_NEVER_H
#define CASEWATCH_CLI_CHECK_CHECK_NEVER_H

#include "config/config.h"

/* A note each: of a worker or provider, what only a child has (age, child.*, birth) and events that name none of them;
 * of anybody, an age that counts as known of nobody, and dates beyond those of any event. */
void check_never(const struct ruleset *rules, const struct rule *rule, struct config_faults *notes);
/* A named state that comes before what a pair of event types defines under that name: every rule of the set that asks
 * for it hears of something else than before. */
void check_covering(const struct ruleset *rules, struct config_faults *notes);

#endif
