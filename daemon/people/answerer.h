/* answerer: who may answer an alert.
 *
 * The one rule (rules.md, "Who may answer"): whoever answers was told, or holds a role that was told, or says for whom.
 * It is asked at the door (the tool, the page), before the answer is written as an event; the engine never asks it.
 * Pure. */
#ifndef CASEWATCH_PEOPLE_ANSWERER_H
#define CASEWATCH_PEOPLE_ANSWERER_H

#include "people/directory.h"

struct answerer {
	struct text by;     /* the role in which they answer */
	struct text person; /* their id; empty: they do not say */
	struct text for_role; /* for whom they answer; empty: for themselves */
	struct text to;     /* to whom they pass it on; empty: they do not, or to nobody by name */
};

/* One who was told. */
struct answerer_told {
	struct text role, person; /* person: empty where nobody was found for the role yet */
};

enum answerer_verdict {
	ANSWERER_MAY,
	ANSWERER_NOT_TOLD,     /* neither they nor their role were told */
	ANSWERER_NOT_HOLDER,   /* the role was told, but this person neither holds it today nor was told */
	ANSWERER_FOR_NOT_TOLD, /* for whom they answer was not told */
	ANSWERER_TO_NOBODY,    /* nobody else holds the role that it is passed on to, or can be reached */
};

/* `directory` NULL: who holds a role is not known, and is not asked. `open`: the child's open allocations. */
enum answerer_verdict answerer_may(const struct answerer *answerer, const struct answerer_told *told, size_t told_count,
                                   const struct directory *directory, const struct allocation *open, size_t open_count,
                                   civil_day today);
/* Whether an alert that the person passes on to the role reaches somebody else: else it would rest with nobody until
 * its step is over. Whom records name for a role is not known here, and is not asked. */
bool answerer_passes_to(const struct directory *directory, struct text role, struct text person,
                        const struct allocation *open, size_t open_count, civil_day today);

#endif
