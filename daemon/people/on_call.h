/* on_call: the shifts of rotas: who is on call, and when nobody is. Pure. */
#ifndef CASEWATCH_PEOPLE_ON_CALL_H
#define CASEWATCH_PEOPLE_ON_CALL_H

#include "people/directory.h"

/* A stretch of time of a role that has a rota. */
struct on_call_stretch {
	const struct role_title *role;
	instant from, until;
	size_t people; /* on call in it: 0 is a gap, more than one an overlap */
};
typedef void on_call_visit(void *argument, const struct on_call_stretch *stretch);

/* Visits, for each role with a rota, in order of time, each gap and each overlap between the two instants; those that
 * touch are one. */
void on_call_look(const struct directory *directory, instant from, instant until, on_call_visit *visit, void *argument);

/* How far ahead rotas are looked at. */
#define ON_CALL_AHEAD (30 * 24 * HOUR)

#endif
