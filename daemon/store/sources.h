/* sources: which sources send events, when each last did, and up to when each has confirmed that all of them were sent.
 *
 * The one rule: a source that is heard and never confirms is named wherever completeness is, because a silence of it
 * would go unnoticed. What casewatch writes itself is no source. */
#ifndef CASEWATCH_STORE_SOURCES_H
#define CASEWATCH_STORE_SOURCES_H

#include "event/event.h"
#include "store/store.h"

struct source_row {
	struct text source;     /* an event's attribute */
	instant last;           /* it last sent an event; to the hour */
	bool confirms;          /* it has sent a source.complete, or one of its name was sent */
};
typedef enum result source_visit(void *argument, const struct source_row *row, struct fault *fault);
/* Those that sent something since, by name. */
MUST_CHECK enum result sources_each(struct store *store, instant since, source_visit *visit, void *argument,
                                    struct fault *fault);

/* An event of it was stored: costs a row an hour at most. In the caller's transaction. */
MUST_CHECK enum result sources_note(struct store *store, const struct event *event, instant arrived,
                                    struct fault *fault);

#endif
