/* facts: the facts of the first screen, by family of rules, taken from the subject's events; private to message/. */
#ifndef CASEWATCH_MESSAGE_FACTS_H
#define CASEWATCH_MESSAGE_FACTS_H

#include "message/message.h"

#define MESSAGE_FACTS 12

struct message_facts {
	struct message_fact items[MESSAGE_FACTS];
	size_t count;
};

/* The facts that `history` gives for the alert, in the order of the family; where no family is known, those that came with
 * the alert. Texts live in `arena` or borrow from the events. */
void message_facts(const struct message_input *input, const struct message_alert *alert,
                   const struct message_event *history, size_t history_count, struct arena *arena,
                   struct message_facts *facts);
/* What the alert is about: the field that keys it (custody, episode ...) and its value, from the alert's row or else from
 * its newest evidence. False: it has no key. */
bool message_key(const struct message_alert *alert, uint16_t *name, struct text *value);
/* Whether the event is about the alert's key (an event whose type has no such key is): facts of another hold or episode of
 * the same child must not be mixed in. */
bool message_same_key(const struct message_alert *alert, const struct event *event);
/* Whether the alert is about a child at all, and what its subject is called where it is not ("Worker", "Provider"). */
bool message_about_child(const struct message_alert *alert);
const char *message_subject_label(const struct message_alert *alert);

#endif
