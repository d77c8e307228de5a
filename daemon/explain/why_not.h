/* why_not: why an alert does not stand, asked of the engine once.
 *
 * The one rule: what is said to open the alert opened it in a trial a moment ago. */
#ifndef CASEWATCH_EXPLAIN_WHY_NOT_H
#define CASEWATCH_EXPLAIN_WHY_NOT_H

#include "backtest/addition.h"
#include "config/config.h"

struct why_not {
	/* what is asked; borrowed */
	const struct config *config; /* whole */
	const struct rule *rule;
	const struct subject *subject;
	instant at;
	size_t events_most; /* as of struct trial: what a page may cost; 0: the tool's own patience */
	/* the answer */
	struct arena *arena;
	struct why why;
	bool stands;
	char alert[ALERT_ID_SIZE];
	instant since;
	struct engine_period *ended; /* periods in which it stood before, oldest first; evidence is not kept */
	size_t ended_count, ended_room;
	struct additions additions;
};

/* Of a record that a count counts: where it lies beside the window that held the most. */
struct why_counted {
	int64_t number;        /* in that window: the first of it, the second; 0: it is not in it */
	instant before, after; /* else it came so much too early, or too late; 0 */
};
/* `note`: one of why.notes. False: it does not count, or the rule does not. */
bool why_not_counted(const struct why_not *why_not, const struct why_note *note, struct why_counted *counted);

/* Where it lies, in the words of both who show it: "4 days too old" beside a column of numbers; "Before the 30 days, by
 * 4 days", "Within the 30 days" where it stands alone. In short nothing is said of what is in the window. */
enum why_not_form { WHY_NOT_IN_SHORT, WHY_NOT_IN_A_SENTENCE };
void why_not_beside(const struct why_not *why_not, const struct why_counted *counted, enum why_not_form form,
                    struct buffer *out);

/* Fills in the answer; free with why_not_free in any case. */
MUST_CHECK enum result why_not_ask(struct why_not *why_not, struct fault *fault);
void why_not_free(struct why_not *why_not);

#endif
