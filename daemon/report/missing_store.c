/* missing_store: events, quarantine and alerts, handed to the facts. */
#include "report/missing_store.h"

#include <stdio.h>

struct loading {
	const struct missing_store *from;
	struct missing_facts *facts;
};

static struct text canonical(const struct missing_store *from, struct text id)
{
	return from->canonical ? from->canonical(from->context, id) : id;
}

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	const struct loading *loading = argument;
	(void)bytes;
	(void)fault;
	missing_facts_event(loading->facts, canonical(loading->from, event->subject), event, arrived);
	return RESULT_OK;
}

static enum result take_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	const struct loading *loading = argument;
	(void)fault;
	missing_facts_alert(loading->facts, canonical(loading->from, row->subject), row->number);
	return RESULT_OK;
}

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

void missing_read_refused(struct text bytes, struct text reason, struct missing_refused *refused)
{
	struct text type = member(bytes, "type"), subject = member(bytes, "subject");
	*refused = (struct missing_refused){.concerns = !type.length || contains(type, "missing.") || contains(type, "rhi.")};
	if (is_id(subject))
		refused->subject = subject;
	say_lack(reason, contains(type, "missing.started"), refused->lack, sizeof refused->lack);
}

static enum result take_refused(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	const struct loading *loading = argument;
	struct missing_refused refused;
	(void)fault;
	missing_read_refused(row->bytes, row->reason, &refused);
	if (refused.concerns)
		missing_facts_unread(loading->facts,
		                     refused.subject.length ? canonical(loading->from, refused.subject) : TEXT_NONE, row->arrived,
		                     refused.lack);
	return RESULT_OK;
}

struct missing_facts *missing_load(const struct missing_store *from, struct fault *fault)
{
	struct loading loading = {from, missing_facts_new(from->zone)};
	size_t count, context_count;
	const type_id *types = missing_types(&count), *context = missing_context_types(&context_count);
	/* In this order: the first two make children known, of whom the others then are told. */
	enum result result =
		events_of_types(from->store, types, count, INSTANT_NONE, INSTANT_NEVER, take_event, &loading, fault);
	if (result == RESULT_OK)
		result = quarantine_each(from->store, true, take_refused, &loading, fault);
	if (result == RESULT_OK)
		result = events_of_types(from->store, context, context_count, INSTANT_NONE, INSTANT_NEVER, take_event, &loading,
		                         fault);
	if (result == RESULT_OK)
		result = alerts_each(from->store, TEXT("missing.vpg-referral"), TEXT_NONE, false, take_alert, &loading, fault);
	if (result != RESULT_OK) {
		missing_facts_free(loading.facts);
		return NULL;
	}
	return loading.facts;
}

enum result missing_load_completeness(const struct missing_store *from, struct missing_completeness *completeness,
                                      struct fault *fault)
{
	*completeness = (struct missing_completeness){0};
	return sources_complete(from->store, &completeness->complete_to, &completeness->last_arrival, fault);
}
