/* standing: what stands still for the same child when an alert ends; private to message/. */
#ifndef CASEWATCH_MESSAGE_STANDING_H
#define CASEWATCH_MESSAGE_STANDING_H

#include "message/alert_context.h"

/* Fills alert->standing: the other alerts of the subject, oldest first, with who was told of each first. Restricted
 * ones are known to those they tell alone. */
MUST_CHECK enum result standing_find(const struct alert_context_sources *gather, struct message_alert *alert,
                                     struct arena *arena, struct fault *fault);
/* Fills alert->clocks: the clocks of the same key that the record which ended the alert started, as far as that is
 * plain from the child's own records. A rule that names no due-what is not spoken of. */
void standing_find_clocks(const struct alert_context_sources *gather, struct message_alert *alert, instant now,
                          struct arena *arena);

#endif
