/* ack: answers an alert: what was done, and when to look again. */
#include "cli/answers/answer.h"

static const struct cli_option options[] = {
	{"as", "ROLE", "the role in which you answer (team-manager, director ...)"},
	{"person", "ID", "who answers: a person of the directory"},
	{"for", "ROLE", "for whom you answer, where you were not told yourself: a role that was"},
	{"action", "TEXT", "what was done"},
	{"review-at", "TIME", "when to ask again if it still stands (else by severity)"},
	{NULL, NULL, NULL},
};

static enum cli_status run_ack(struct cli *cli)
{
	return answer_run(cli, "alert.acknowledged", "action");
}

const struct cli_command cli_ack = {
	.name = "ack",
	.usage = "ALERT",
	.summary = "answer an alert: what was done",
	.help = "Answers the alert (A-2041, 2041 or its id) with the action taken. That stops the ladder, not the "
                "alert: if it\n"
		"still stands at the review time, it goes on from the step it had reached. The answer goes to the "
                "daemon as an\n"
		"event through its spool directory.\n"
		"Who answers was told of the alert, or holds a role that was; anybody else says for whom they answer "
                "(--for).\n"
		"\n"
		"  casewatch ack A-2041 --as director --person p-director --action 'Bed found, transfer at 23:30'\n",
	.options = options,
	.least = 1,
	.most = 1,
	.run = run_ack,
};
