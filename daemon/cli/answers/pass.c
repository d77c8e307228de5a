/* pass: passes an alert on: not me. */
#include "cli/answers/answer.h"

static const struct cli_option options[] = {
	{"as", "ROLE", "the role in which you were told (team-manager, director ...)"},
	{"person", "ID", "who passes it on: a person of the directory"},
	{"to", "ROLE", "who is to be told instead, at once"},
	{NULL, NULL, NULL},
};

static enum cli_status run_pass(struct cli *cli)
{
	return answer_run(cli, "alert.passed_on", NULL);
}

const struct cli_command cli_pass = {
	.name = "pass",
	.usage = "ALERT",
	.summary = "pass an alert on: not me",
	.help = "Says that the alert (A-2041, 2041 or its id) is not for you. The step is over for you; with --to that "
                "role is told at\n"
		"once. It moves no time: if nobody answers, the next step is told when it would have been, and at once "
                "when everyone\n"
		"who was told has passed it on. The word goes to the daemon as an event through its spool directory.\n"
		"\n"
		"  casewatch pass 2041 --as team-manager --to head-of-service\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_pass,
};
