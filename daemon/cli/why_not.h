/* why_not: why an alert does not stand, asked of the engine once and printed in words or as JSON.
 *
 * The one rule: what is said to open the alert opened it in a trial a moment ago. */
#ifndef CASEWATCH_CLI_WHY_NOT_H
#define CASEWATCH_CLI_WHY_NOT_H

#include "backtest/addition.h"
#include "cli/asked.h"

struct why_not {
	const struct asked *asked;
	struct arena *arena;
	struct why why;
	bool stands;
	char alert[ALERT_ID_SIZE];
	instant since;
	struct engine_period *ended; /* periods in which it stood before, oldest first; evidence is not kept */
	size_t ended_count, ended_room;
	struct additions additions;
};

void why_not_words(const struct why_not *why_not, struct buffer *out);

#endif
