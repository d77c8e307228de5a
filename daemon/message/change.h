/* change: which records changed so that an alert changed or went; private to message/. */
#ifndef CASEWATCH_MESSAGE_CHANGE_H
#define CASEWATCH_MESSAGE_CHANGE_H

#include "message/alert_context.h"

/* Fills alert->change: of the records that made the alert (`made_of`, as struct evidence) those that no longer stand,
 * and of its history what came since people were last told. Unrelated records of the same child are not counted. */
MUST_CHECK enum result change_find(const struct alert_context_sources *gather, struct message_alert *alert,
                                   const struct evidence *made_of, size_t made_count, struct arena *arena,
                                   struct fault *fault);

/* Fills alert->ended_by: the record by which the alert's interval or clock ended, if one did. */
void change_find_end(struct message_alert *alert, const struct zone *zone);

#endif
