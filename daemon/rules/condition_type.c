/* condition_type: the event type that a name which is not one was most likely meant to be. */
#include "rules/condition.h"

#include "base/spelling.h"

#include <string.h>

static struct text family_of(struct text type)
{
	const char *dot = type.length ? memchr(type.at, '.', type.length) : NULL;
	return (struct text){type.at, dot ? (size_t)(dot - type.at) : type.length};
}

static bool is_prefix(struct text a, struct text b)
{
	return a.length <= b.length && memcmp(a.at, b.at, a.length) == 0;
}

/* missing.start for missing.started, mising.started, safety-plan.ended, uk.gov.council.missing.started; but not a
 * council's own vpg.reopened. */
static bool is_slip_of(struct text given, struct text known)
{
	size_t edits = spelling_edits(given, known);
	if (edits == 0)
		return true;
	if (text_equal(family_of(given), family_of(known)))
		return edits == 1 || (edits == 2 && (is_prefix(given, known) || is_prefix(known, given)));
	if (given.length > known.length && given.at[given.length - known.length - 1] == '.')
		return memcmp(given.at + given.length - known.length, known.at, known.length) == 0;
	return edits == 1 && family_of(known).length >= 5;
}

const char *condition_type_meant(const char *name)
{
	for (size_t i = 0; i < schema_type_count(); i++) {
		const struct event_type *type = schema_type((type_id)i);
		if (type && is_slip_of(text_of(name), text_of(type->name)))
			return type->name;
	}
	return NULL;
}
