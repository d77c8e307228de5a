/* audit_words: what a row of the audit says, for people.
 *
 * The one rule: a row of a kind that has no sentence is shown with all it holds; nothing is left out for want of
 * words. */
#ifndef CASEWATCH_CLI_AUDIT_WORDS_H
#define CASEWATCH_CLI_AUDIT_WORDS_H

#include "store/audit/audit.h"
#include "text/data.h"

/* detail and personal of a row as one map, in the arena; empty where they cannot be read. */
struct data *audit_fields(const struct audit_entry *entry, struct arena *arena);
struct text audit_field(const struct data *fields, const char *name); /* a text; empty: there is none */
void audit_say(const struct audit_entry *entry, const struct data *fields, struct buffer *out);

#endif
