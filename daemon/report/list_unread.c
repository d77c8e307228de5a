/* list_unread: members of a record that could not be parsed, and the parser's reason in words. */
#include "report/list_unread.h"

#include <stdio.h>

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

/* From the parser's reason to words for a team manager. */
static void say_lack(struct text reason, bool start, char *lack, size_t room)
{
	static const struct {
		const char *reason, *words;
	} known[] = {{"time is missing", "without the time it happened"},
	             {"time is empty", "without the time it happened"},
	             {"time is more than", "with a time in the future"},
	             {"time ", "with a time that cannot be read"},
	             {"data.episode", "without saying which episode it belongs to"},
	             {"data.kind", "without saying whether the child is missing or away"},
	             {"data.risk", "without a risk that can be read"},
	             {"subject", "without an id of the child that can be read"}};
	const char *words = "and could not be read";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (!starts(reason, known[i].reason))
			continue;
		words = known[i].words;
		break;
	}
	if (start && (starts(reason, "time is missing") || starts(reason, "time is empty")))
		words = "without the time the child was last seen";
	(void)snprintf(lack, room, "%s", words);
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
	say_lack(reason, contains(type, "missing.started"), refused->lack, sizeof refused->lack);
}
