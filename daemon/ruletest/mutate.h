/* mutate: whether the tests beside the rules notice when a rule is changed.
 *
 * The one rule: each number, comparison, event type, key, role, severity, time and ending of a rule is changed, one at
 * a time, in memory; with each change some test of its family (NAME.test.yaml beside NAME.yaml) must fail. A change
 * that no test notices is one that a slip of the pen could make and nobody would see. */
#ifndef CASEWATCH_RULETEST_MUTATE_H
#define CASEWATCH_RULETEST_MUTATE_H

#include "config/config.h"

struct mutate_figures {
	size_t changes;    /* made */
	size_t noticed;    /* by a test */
	size_t refused;    /* that do not load: noticed by `casewatch check`; counted apart, so that tests get no praise
	                      for them */
	size_t equivalent; /* named under `equivalent:`, with the reason why no test can notice them */
	size_t unnoticed;
	size_t stale; /* entries of `equivalent:` that name no change that goes unnoticed */
};

/* A change that no test notices. All of it lives until the call returns. */
struct mutate_survivor {
	const char *file;
	int line, column;
	const char *rule;   /* its id, or "state ID" */
	const char *change; /* "severity: high -> normal" */
};
typedef void mutate_report(void *context, const struct mutate_survivor *survivor);

/* Changes the rules of `dir`, which must be those of `config`. Of `files` (of tests; `file_count` 0: all) alone the
 * rules beside them. False after a fault: a test that fails as it is, a file that cannot be read. */
bool mutate_run(const struct config *config, const char *dir, char *const *files, size_t file_count,
                mutate_report *report, void *context, struct mutate_figures *figures, struct config_faults *faults);

#endif
