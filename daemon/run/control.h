/* control: orders of `casewatch` to the running daemon, by a socket beside the database (DATABASE.control).
 *
 * A line goes in ("reload"), and comes back as a line with the exit status that the tool is to have, then words for
 * people, or JSON, then the end. The one rule: an order is answered when it is done, not when it is heard. Whoever may
 * open the socket may give orders: the daemon's user and root. */
#ifndef CASEWATCH_RUN_CONTROL_H
#define CASEWATCH_RUN_CONTROL_H

#include "base/result.h"
#include "base/text.h"

/* Longest line of an order; most who wait for an answer at once; and how long a line may take to come, or an answer to
 * be read. */
#define CONTROL_LINE_MOST 256
#define CONTROL_CALLS_MOST 8
#define CONTROL_LINE_WITHIN (10 * SECOND)
/* A checked configuration is there in seconds; the files may be restless for half a minute before. */
#define CONTROL_ANSWER_MS 150000

/* For the tool: gives the order and waits for the answer. *status: what it is to exit with. RESULT_TEMPORARY: nobody
 * listens, or no answer came. */
MUST_CHECK enum result control_give_order(const char *database, const char *order, int *status, struct buffer *answer,
                                          struct fault *fault);
/* The same, and waits for so long alone: for what is answered at once. */
MUST_CHECK enum result control_ask(const char *database, const char *order, int wait_ms, int *status,
                                   struct buffer *answer, struct fault *fault);
/* A socket of that name beside the database, bound or connected, whatever the length of its path; it never blocks. -1
 * and errno; EAGAIN: as many as are listened to wait already. */
int control_socket(const char *database, bool listens);

#endif
