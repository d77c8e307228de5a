/* told: what the demo shows at its end: who was told what, the list of the last morning, one alert explained, what was
 * refused; and whether all of it is as it should be.
 *
 * The one rule: it is read from what the daemon stored and what the mail server kept, never from what was meant to
 * happen. */
#ifndef CASEWATCH_DEMO_TOLD_H
#define CASEWATCH_DEMO_TOLD_H

#include "demo/mails.h"
#include "demo/stage.h"

/* What came of the month. */
struct demo_result {
	uint64_t events, quarantined;
	size_t alerts, critical, answered, standing, climbed,
		withdrawn; /* alerts people were told of; climbed: beyond step 1 */
	size_t rows, failed, lists, days_with_lists, incomplete;         /* messages owed, and what came of them */
};

/* Gathers it. RESULT_PERMANENT with a sentence where something is not as it should be: no mail, a message that nobody
 * got, a morning of the first `days` without its list. */
MUST_CHECK enum result demo_told_check(const struct demo_stage *stage, const struct demo_mails *mails, instant start,
                                       int days, struct demo_result *found, struct fault *fault);

/* All alerts into `path`; the critical ones onto the terminal. */
MUST_CHECK enum result demo_told_alerts(const struct demo_stage *stage, const char *path, struct fault *fault);
/* The list of the last morning of the team with the longest, onto the terminal and as `path`. */
MUST_CHECK enum result demo_told_list(const struct demo_stage *stage, const struct demo_mails *mails, const char *path,
                                      struct fault *fault);
/* One critical alert as casewatch explain shows it; its number. */
MUST_CHECK enum result demo_told_explain(const struct demo_stage *stage, int64_t *number, struct fault *fault);
/* What was refused, as casewatch quarantine list shows it. */
void demo_told_refused(const struct demo_stage *stage);

#endif
