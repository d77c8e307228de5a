/* resolve: ends an alert with a reason. */
#include "cli/answers/answer.h"

static const struct cli_option options[] = {
	{"as", "ROLE", "the role in which you answer (team-manager, director ...)"},
	{"person", "ID", "who answers: a person of the directory"},
	{"for", "ROLE", "for whom you answer, where you were not told yourself: a role that was"},
	{"reason", "TEXT", "why it need not stand any more"},
	{"still-stands", NULL, "what it is about is still recorded so, and it is ended all the same"},
	{NULL, NULL, NULL},
};

static enum cli_status run_resolve(struct cli *cli)
{
	return answer_run(cli, "alert.resolved", "reason");
}

const struct cli_command cli_resolve = {
	.name = "resolve",
	.usage = "ALERT",
	.summary = "end an alert, with a reason",
	.help = "Ends the alert (A-2041, 2041 or its id) with a reason. Most alerts end by themselves when what they "
		"ask for is\n"
		"recorded in the case system: prefer that. One that still stands by its own rule is ended only with "
		"--still-stands.\n"
		"The answer goes to the daemon as an event through its spool "
		"directory.\n"
		"Who answers was told of the alert, or holds a role that was; anybody else says for whom they answer "
		"(--for).\n"
		"\n"
		"  casewatch resolve 2041 --as team-manager --reason 'Interview held by the police, seen on file'\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_resolve,
};
