/* list_unread: members of a record that could not be parsed, and the parser's reason in words. */
#include "report/list_unread.h"

#include <stdio.h>

#include "event/schema_intervals.h"

/* The string that the first member of this name holds, wherever it stands: the record could not be parsed, so this is a
 * search, and what it finds is shown only after it is checked. */
static struct text member(struct text bytes, const char *name)
{
	char quoted[32];
	int length = snprintf(quoted, sizeof quoted, "\"%s\"", name);
	const char *at = bytes.at ? memmem(bytes.at, bytes.length, quoted, (size_t)length) : NULL;
	if (!at)
		return TEXT_NONE;
	const char *end = bytes.at + bytes.length;
	for (at += length; at < end && strchr(" \t\r\n:", *at); at++)
		;
	if (at >= end || *at != '"')
		return TEXT_NONE;
	const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
	return close ? (struct text){at + 1, (size_t)(close - at - 1)} : TEXT_NONE;
}

static bool is_id(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		if (!(c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	return text.length >= 1 && text.length <= 36;
}

static bool contains(struct text text, const char *words)
{
	return text.length && memmem(text.at, text.length, words, strlen(words)) != NULL;
}

static bool starts(struct text text, const char *words)
{
	return text.length >= strlen(words) && memcmp(text.at, words, strlen(words)) == 0;
}

#define TYPE_LENGTH_MOST 64 /* of the catalogue's names; a hostile record has more dots than one may look behind */

/* Of the record, also behind a council's own prefix ("uk.gov.x.missing.started"); TYPE_UNKNOWN: none of the
 * catalogue. */
static type_id type_named(struct text type)
{
	for (size_t at = type.length > TYPE_LENGTH_MOST ? type.length - TYPE_LENGTH_MOST : 0; at < type.length; at++) {
		type_id found = at && type.at[at - 1] != '.'
		                        ? TYPE_UNKNOWN
		                        : schema_find((struct text){type.at + at, type.length - at});
		if (found != TYPE_UNKNOWN)
			return found;
	}
	return TYPE_UNKNOWN;
}

/* "data.episode is missing": the catalogue's words for a record without it; NULL: it has none. */
static const char *lack_of_field(struct text reason, type_id type)
{
	static const char data[] = "data.";
	if (!starts(reason, data) || type == TYPE_UNKNOWN)
		return NULL;
	struct text name = {reason.at + sizeof data - 1, 0};
	while (name.length < reason.length - (sizeof data - 1) &&
	       (name.at[name.length] == '_' || (name.at[name.length] >= 'a' && name.at[name.length] <= 'z')))
		name.length++;
	const struct field *field = schema_field(type, name);
	return field ? field->lack : NULL;
}

static const char *lack_of_time(type_id type)
{
	struct schema_interval interval;
	const struct schema_spell *spell = NULL;
	if (schema_interval(type, &interval) && interval.begins && !interval.kind)
		spell = schema_spell(interval.of);
	return spell ? spell->without_time : "without the time it happened";
}

/* From the parser's reason to words for a team manager. */
static const char *lack_of(struct text reason, type_id type)
{
	static const struct {
		const char *reason, *words;
	} known[] = {{"time is more than", "with a time in the future"},
	             {"time ", "with a time that cannot be read"},
	             {"subject", "without an id of the child that can be read"}};
	const char *of_field = lack_of_field(reason, type);
	if (of_field)
		return of_field;
	if (starts(reason, "time is missing") || starts(reason, "time is empty"))
		return lack_of_time(type);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (starts(reason, known[i].reason))
			return known[i].words;
	return "and could not be read";
}

/* Any of the prefixes, also behind a council's own ("uk.gov.x.missing.started"). */
static bool begins_with_one(struct text type, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (contains(type, prefixes[i]))
			return true;
	return false;
}

void list_read_refused(struct text bytes, struct text reason, const char *const *prefixes, size_t prefix_count,
                       struct list_refused *refused)
{
	struct text type = member(bytes, "type"), subject = member(bytes, "subject");
	*refused = (struct list_refused){.concerns = !type.length || begins_with_one(type, prefixes, prefix_count)};
	if (is_id(subject))
		refused->subject = subject;
	(void)snprintf(refused->lack, sizeof refused->lack, "%s", lack_of(reason, type_named(type)));
}
