/* why_page: why no alert of a rule stands for a child, as a part of its page. */
#ifndef CASEWATCH_WEB_WHY_PAGE_H
#define CASEWATCH_WEB_WHY_PAGE_H

#include "explain/why_not.h"
#include "web/shown.h"

/* The rules to choose from, and the answer for the one of that id (empty: none is asked), into root. */
MUST_CHECK enum result why_page_fill(struct shown_page *shown, const struct subject *subject, struct text rule,
                                     struct fault *fault);

#endif
