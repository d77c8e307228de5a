/* door: whether somebody may answer an alert, asked before the answer is written. See people/answerer.h. */
#ifndef CASEWATCH_CLI_ANSWERS_DOOR_H
#define CASEWATCH_CLI_ANSWERS_DOOR_H

#include "cli/opened.h"
#include "people/answerer.h"

/* `alert`: its id; `called`: as people say it ("A-1004"); `subject` and its domain: whose history says who is
 * allocated. CLI_FINE, or after saying on standard error who may: CLI_FOUND. */
enum cli_status door_ask(struct cli *cli, const struct opened *opened, struct text alert, const char *called,
                         struct text subject, enum party_kind domain, const struct answerer *answerer);

#endif
