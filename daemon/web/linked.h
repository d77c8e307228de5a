/* linked: the ids whose records are one history with a child's, for pages, which ask no engine.
 *
 * The one rule is the engine's (engine/links.h): of the statements about a pair of ids, in either direction, the latest
 * by (time, source, id) holds; if it is a merge, the two are linked. */
#ifndef CASEWATCH_WEB_LINKED_H
#define CASEWATCH_WEB_LINKED_H

#include "web/web.h"

struct linked;
/* Every standing merge; lives in the page's arena. */
MUST_CHECK enum result linked_read(struct web_page *page, struct linked **linked, struct fault *fault);
/* An alert_context_linked; its context is the struct linked. */
size_t linked_ids(void *context, struct text subject, struct text *ids, size_t room);

#endif
