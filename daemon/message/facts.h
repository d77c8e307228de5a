/* facts: what the rule's messages show of the records, as its file says ("facts:"); private to message/.
 *
 * The one rule: every fact is of what the alert is about: its own key, or, where records carry no such key, what came
 * since it began. A fact of another episode or hold of the same child is worse than none. */
#ifndef CASEWATCH_MESSAGE_FACTS_H
#define CASEWATCH_MESSAGE_FACTS_H

#include "message/message.h"

#define MESSAGE_FACTS RULE_FACTS

struct message_facts {
	struct message_fact items[MESSAGE_FACTS];
	size_t count;
};

/* The facts that `history` gives for the alert, in the order of its rule; for a rule that names none, those that came
 * with the alert. Texts live in `arena` or borrow from the events. */
void message_facts(const struct message_input *input, const struct message_alert *alert,
                   const struct message_event *history, size_t history_count, struct arena *arena,
                   struct message_facts *facts);

/* The teams of the child as its records stand; at most `room`, returns how many. `one_child`: as allocations_open. */
size_t message_teams(const struct message_input *input, const struct message_event *history, size_t history_count,
                     bool one_child, const struct team **teams, size_t room);

/* ---- scope.c: what the alert is about ---- */

/* The field that keys it (custody, episode …) and its value, from the alert's row or else from its newest evidence.
 * False: it has no key. */
bool message_key(const struct message_alert *alert, uint16_t *name, struct text *value);
/* Since when the alert's interval runs, in event time: records without its key count from then on. */
instant message_begin_of(const struct message_alert *alert);
/* The first matching event that the alert is about, or the last; NULL: none is recorded by now. */
const struct message_event *message_find(const struct message_input *input, const struct message_alert *alert,
                                         const struct message_event *history, size_t count,
                                         const struct selectors *events, bool last);
bool message_matches(const struct selectors *selectors, const struct event *event);
/* When its clock runs out; INSTANT_NEVER: it has none, or it cannot be reckoned. */
instant message_due(const struct message_input *input, const struct message_alert *alert);
/* Whether the record starts the rule's clock for the key that the alert is about, as far as its own history shows. */
bool message_starts_clock(const struct ruleset *rules, const struct message_alert *alert, const struct rule *rule,
                          const struct message_event *start);
/* Whether the alert is about a child at all, and what its subject is called where it is not ("Worker", "Provider"). */
bool message_about_child(const struct message_alert *alert);
const char *message_subject_label(const struct message_alert *alert);

#endif
