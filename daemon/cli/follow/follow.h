/* follow: the two ends of a pipe by which a copy on another machine is kept (store/copies/follow.h): this machine's
 * tool beside the daemon serves, the other's starts that one, by ssh, and takes what comes.
 *
 * The copy says where it is in a line; what it lacks comes as records; with each moment that is durable it says where
 * it is then. So either end may die at any point: what begins again begins where the copy is. No network code is ours:
 * ssh says who may, and encrypts. */
#ifndef CASEWATCH_CLI_FOLLOW_FOLLOW_H
#define CASEWATCH_CLI_FOLLOW_FOLLOW_H

#include "cli/opened.h"
#include "store/copies/follow.h"

#define FOLLOW_EVERY_MS 1000      /* the original is looked at so often */
#define FOLLOW_PATIENCE_MS 60000  /* the other end is waited for so long: it says something every second */
#define FOLLOW_LINE_MOST 512      /* bytes: a line of a place has some 200, with a machine's name */

/* "casewatch follow 1 SCHEMA LINE NUMBER HEAD HOST" with a line end, and back. False: it is no such line. */
void follow_put_place(const struct follow_place *place, struct buffer *line);
bool follow_read_place(const char *line, int *schema, struct follow_place *place, char *host, size_t room);

enum cli_status follow_serve(struct cli *cli);
enum cli_status follow_into(struct cli *cli, const char *folder);

#endif
