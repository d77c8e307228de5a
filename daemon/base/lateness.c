/* lateness: when a failure that goes on is said. */
#include "base/lateness.h"

bool lateness_failed(struct lateness *lateness, instant elapsed)
{
	if (lateness->late && elapsed - lateness->said < LATENESS_SAID_EVERY)
		return false;
	*lateness = (struct lateness){true, elapsed};
	return true;
}

bool lateness_is_over(struct lateness *lateness)
{
	bool was = lateness->late;
	lateness->late = false;
	return was;
}
