/* asked: what `who` and `why-not` share: a rule, a subject, a time, and the events that bear on the subject.
 *
 * The one rule: they ask of what is on record in the daemon's database, or with --events of a file, and write
 * nothing. */
#ifndef CASEWATCH_CLI_ANALYST_ASKED_H
#define CASEWATCH_CLI_ANALYST_ASKED_H

#include "backtest/trial.h"
#include "cli/opened.h"

struct asked {
	struct opened opened;
	struct config *config;      /* opened.config, whole: rules, calendar and directory are there */
	const struct rule *rule;
	struct subject subject;
	instant at;
	instant now; /* when it is asked */
	instant complete_to;        /* INSTANT_NONE: not known, or asked of a file */
	size_t refused;             /* lines of the file that are no event */
};
/* The options of both, to stand first in a command's list. */
#define ASKED_OPTIONS                                                                                                  \
	{"at", "TIME", "judge as of then, with all that is on record now (default: now)"},                             \
	{"events", "FILE", "of the events of a file, one a line, instead of the database"},                           \
	{"rules", "DIR", "rules of another directory in place of the configured ones"}

/* Reads the operands RULE and SUBJECT and the options, and shows what was asked. CLI_WRONG after saying what is
 * wrong. */
enum cli_status asked_run(struct cli *cli, enum cli_status (*show)(struct cli *cli, const struct asked *asked));

#endif
