/* answerer: who may answer an alert. */
#include "people/answerer.h"

#include "base/mem.h"

#include <stdlib.h>

static bool role_told(const struct answerer_told *told, size_t count, struct text role)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(told[i].role, role))
			return true;
	return false;
}

static bool person_told(const struct answerer_told *told, size_t count, struct text person)
{
	for (size_t i = 0; i < count; i++)
		if (person.length && text_equal(told[i].person, person))
			return true;
	return false;
}

/* Also who stands in for the one that does, and the one they stand in for: both may answer. */
static bool holds(const struct directory *directory, struct text role, struct text person,
                  const struct allocation *open, size_t open_count, civil_day today)
{
	struct recipient *holders = mem_zero(directory->person_count + 1, sizeof *holders);
	size_t count = directory_resolve(directory, role, open, open_count, today, holders, directory->person_count);
	bool found = false;
	for (size_t i = 0; i < count && !found; i++)
		found = text_equal(text_of(holders[i].person->id), person) ||
		        (holders[i].covers && text_equal(text_of(holders[i].covers->id), person));
	free(holders);
	return found;
}

bool answerer_passes_to(const struct directory *directory, struct text role, struct text person,
                        const struct allocation *open, size_t open_count, civil_day today)
{
	if (directory_role_from(directory, role) == ROLE_FROM_EVENT)
		return true;
	struct recipient *holders = mem_zero(directory->person_count + 1, sizeof *holders);
	size_t count = directory_resolve(directory, role, open, open_count, today, holders, directory->person_count);
	bool found = false;
	for (size_t i = 0; i < count && !found; i++)
		found = directory_reaches(directory, holders[i].person) &&
		        !text_equal(text_of(holders[i].person->id), person);
	free(holders);
	return found;
}

enum answerer_verdict answerer_may(const struct answerer *answerer, const struct answerer_told *told, size_t told_count,
                                   const struct directory *directory, const struct allocation *open, size_t open_count,
                                   civil_day today)
{
	if (answerer->to.length && directory &&
	    !answerer_passes_to(directory, answerer->to, answerer->person, open, open_count, today))
		return ANSWERER_TO_NOBODY;
	if (answerer->for_role.length)
		return role_told(told, told_count, answerer->for_role) ? ANSWERER_MAY : ANSWERER_FOR_NOT_TOLD;
	if (person_told(told, told_count, answerer->person))
		return ANSWERER_MAY;
	if (!role_told(told, told_count, answerer->by))
		return ANSWERER_NOT_TOLD;
	if (!answerer->person.length || !directory)
		return ANSWERER_MAY;
	return holds(directory, answerer->by, answerer->person, open, open_count, today) ? ANSWERER_MAY
	                                                                                 : ANSWERER_NOT_HOLDER;
}
