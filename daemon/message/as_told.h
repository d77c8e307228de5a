/* as_told: a subject's history as it stood when people were last told, so that a correction can say what changed. */
#ifndef CASEWATCH_MESSAGE_AS_TOLD_H
#define CASEWATCH_MESSAGE_AS_TOLD_H

#include "message/alert_context.h"

/* Fills alert->as_told from alert->history: what came after the last message that a server took is left out, and what a
 * correction replaced since is put back, however many corrections lie between. Nothing where nobody was told, or
 * nothing is known to have changed. A record that was withdrawn since is not put back: the message then shows what
 * holds now. */
MUST_CHECK enum result as_told_find(const struct alert_context_sources *gather, struct message_alert *alert,
                                    struct arena *arena, struct fault *fault);

/* When a server last took a message about the alert; INSTANT_NONE: none did. */
instant as_told_last(const struct message_alert *alert);

#endif
