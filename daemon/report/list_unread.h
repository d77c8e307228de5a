/* list_unread: what a refused record says of itself, as far as that can be read without trusting it. */
#ifndef CASEWATCH_REPORT_LIST_UNREAD_H
#define CASEWATCH_REPORT_LIST_UNREAD_H

#include "base/text.h"

struct list_refused {
	bool concerns;       /* its type begins with one of the prefixes, or it has none that can be read */
	struct text subject; /* an id of 1 to 36 letters, digits and hyphens within `bytes`, else empty */
	char lack[160];      /* in words what it lacked */
};
void list_read_refused(struct text bytes, struct text reason, const char *const *prefixes, size_t prefix_count,
                       struct list_refused *refused);

#endif
