/* arrivals: whose histories an event is of, and which are to be judged or folded anew because of it.
 *
 * An event is of its subject's history and of those of the parties it names; an end, a death or a transfer also of the
 * parties of its starts. The one rule: nothing is judged here; histories are touched, for the flush. Internal to
 * engine/. */
#ifndef CASEWATCH_ENGINE_ARRIVALS_H
#define CASEWATCH_ENGINE_ARRIVALS_H

#include "engine/engine_internal.h"

/* Whether any rule about histories of the domain looks at events of the type. */
bool arrivals_concern(const struct engine *engine, enum party_kind domain, type_id type);
/* An event that arrived in this flush and stands goes to its histories; it must live until the flush. */
MUST_CHECK enum result arrivals_take(struct engine *engine, const struct event *event, struct fault *fault);
/* A stored event now stands, or no longer does: its histories are folded anew. */
MUST_CHECK enum result arrivals_standing_changed(struct engine *engine, const struct event *event, bool stands,
                                                 struct fault *fault);
/* At the beginning of a flush: answers that were accepted before this engine began, or forgot, and wait still. */
MUST_CHECK enum result arrivals_recall_answers(struct engine *engine, struct fault *fault);
/* What a person.merged or person.unmerged says. */
struct links_statement arrivals_statement(const struct engine *engine, const struct event *event);

#endif
