/* last_end: why the daemon ended itself, or does not watch over a council, in a file beside the database, which may not
 * take another row: for `casewatch status`, and for ops, who hear of it from the next start.
 *
 * The one rule: it is in words, and nothing depends on it. */
#ifndef CASEWATCH_RUN_LAST_END_H
#define CASEWATCH_RUN_LAST_END_H

#include <stdbool.h>
#include <stddef.h>

/* It begins so where the daemon goes on with other councils. */
#define LAST_END_ALONE "This council alone: "

void last_end_write(const char *database, const char *why);
bool last_end_read(const char *database, char *why, size_t room); /* false: there is none */
void last_end_forget(const char *database);

#endif
