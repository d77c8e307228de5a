/* attempt: what is being judged just now, kept where it outlives the process.
 *
 * Owns a small file beside the database, mapped into memory: writing to it costs nanoseconds, and what was written is
 * there after the process was killed, by whatever (the watchdog, a crash, the kernel for want of memory); nothing is
 * promised after a loss of power, which is no record's fault. The one rule: one record or one subject must never be
 * able to stop the rest; what the process died at again and again (ATTEMPT_DEATHS) is set aside.
 *
 * How the one who judges uses it:
 *	attempt_begin(attempt, position, next);     before each record; or a subject, with number 0
 *	... judged, committed or rolled back ...
 *	attempt_end(attempt);                       nothing is under way
 *	attempt_passed(attempt, position, next);    it was committed: it is suspect no more
 * At a start after a death attempt_suspects() is true: records are then taken in transactions of their own until every
 * suspect was passed or set aside, so that the next death, if one comes, names the right one. */
#ifndef CASEWATCH_STORE_ATTEMPT_H
#define CASEWATCH_STORE_ATTEMPT_H

#include "base/result.h"
#include "base/text.h"

/* Not two: what comes first after a start takes longest, so that whoever ends the process again and again (a machine
 * that goes up and down, the kernel for another's want of memory) strikes the same good record twice, by and by; it
 * was seen, of fifty kills at random moments. The third time costs one more start. */
#define ATTEMPT_DEATHS 3

struct attempt;

/* Opens (or makes) DATABASE.attempt, and counts a death if the process before us ended within an attempt. A file that
 * is not ours, or is damaged, begins anew. On failure *attempt is NULL, with which every function below does
 * nothing. */
MUST_CHECK enum result attempt_open(const char *database, struct attempt **attempt, struct fault *fault);
void attempt_close(struct attempt *attempt); /* NULL is fine, here and below; an attempt under way is over */

void attempt_leave(
	struct attempt *attempt); /* the same, but what is under way stays so: it is counted at the next opening */

/* `name`: a position ("kafka:events:0") or a subject; beyond ATTEMPT_NAME bytes its beginning counts. */
#define ATTEMPT_NAME 304
void attempt_begin(struct attempt *attempt, struct text name, int64_t number);
void attempt_end(struct attempt *attempt);

/* How often the process ended while this was judged. */
unsigned attempt_deaths(const struct attempt *attempt, struct text name, int64_t number);
/* Whether the process ended while anything was judged that was not passed since. */
bool attempt_suspects(const struct attempt *attempt);
/* Nothing is suspect any more. */
void attempt_forget(struct attempt *attempt);
/* It was judged and committed, or set aside: it is suspect no more. */
void attempt_passed(struct attempt *attempt, struct text name, int64_t number);

#endif
