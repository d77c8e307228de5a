/* shrink: the smallest part of a plan that still fails.
 *
 * The one rule: each try is a run of its own, in a process of its own, that fails in the same words or does not count.
 */
#ifndef CASEWATCH_SIM_SHRINK_H
#define CASEWATCH_SIM_SHRINK_H

#include "sim/sim.h"

/* Prints what is left, and how to run it. `words`: of the failure, without its time. */
void shrink_plan(const struct plan_settings *plan, const struct sim_settings *sim, const char *words);

/* Runs the plan, or those of its acts, in a process of its own. True: it failed, and `words` are those of the failure,
 * without its time. */
bool run_apart(const struct plan_settings *plan, const struct sim_settings *sim, const uint32_t *kept, size_t count,
               char words[1024]);
void shrink_world(void); /* what a process does before it simulates */

#endif
