/* beside: who hears of an alert in the other roles of its step, as a message about it goes.
 *
 * The one rule: nobody is said to be told who is not: a role may be held by nobody, by the reader, or by somebody whose
 * hours begin in the morning. */
#ifndef CASEWATCH_MESSAGE_BESIDE_H
#define CASEWATCH_MESSAGE_BESIDE_H

#include "message/alert_context.h"

/* Fills alert->beside, once the rest of the context is there. */
void beside_find(const struct alert_context_sources *gather, const struct outbox_row *row, instant now,
                 struct arena *arena, struct alert_context *out);

/* Whom the alert's own records name in the field that is called as the role is: the latest that says so holds. NULL:
 * none does. */
const struct value *beside_named(const struct message_alert *alert, const char *role);

#endif
