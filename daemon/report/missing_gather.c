/* missing_gather: events, alerts and unreadable records of missing children, out of the store. */
#include "report/missing_gather.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/json_read.h"
#include "store/alerts.h"
#include "store/events.h"

struct gathering {
	struct missing_facts *facts;
	missing_canonical *canonical;
	void *context;
	struct json_reader *json;
};

static struct text canonical(const struct gathering *gathering, struct text id)
{
	return gathering->canonical && id.length ? gathering->canonical(gathering->context, id) : id;
}

static enum result take_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)bytes;
	(void)fault;
	missing_facts_event(gathering->facts, canonical(gathering, event->subject), event, arrived);
	return RESULT_OK;
}

static enum result take_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct gathering *gathering = argument;
	(void)fault;
	missing_facts_alert(gathering->facts, canonical(gathering, row->subject), row->number);
	return RESULT_OK;
}

/* ---- records that could not be read ---- */

static bool ends_with(struct text text, struct text end)
{
	return text.length >= end.length && memcmp(text.at + text.length - end.length, end.at, end.length) == 0;
}

static bool is_missing_type(struct text type)
{
	return ends_with(type, TEXT("missing.started")) || ends_with(type, TEXT("missing.ended"));
}

/* As far as it can be read: the type and the subject, copied; false where no type was. */
static bool read_outline(struct json_reader *reader, struct text bytes, struct buffer *type, struct buffer *subject)
{
	struct text value, key = TEXT_NONE;
	enum json_token token;
	json_start(reader, bytes, 0);
	if (json_next(reader, &value) != JSON_OBJECT)
		return false;
	while ((token = json_next(reader, &value)) == JSON_KEY) {
		key = value;
		bool is_type = text_equal(key, TEXT("type")), is_subject = text_equal(key, TEXT("subject"));
		token = json_next(reader, &value);
		if (token == JSON_STRING && is_type)
			buffer_text(type, value);
		else if (token == JSON_STRING && is_subject)
			buffer_text(subject, value);
		token = json_skip(reader, token);
		if (token == JSON_FAULT)
			break;
	}
	return type->length > 0;
}

static bool mentions(struct text bytes, const char *word)
{
	return memmem(bytes.at, bytes.length, word, strlen(word)) != NULL;
}

static bool begins(struct text text, const char *with)
{
	size_t length = strlen(with);
	return text.length >= length && memcmp(text.at, with, length) == 0;
}

/* The end of the sentence "A record about child C1051 came at 05:12 ...". */
static const char *lack_of(struct text reason)
{
	if (begins(reason, "time"))
		return "without the time it happened";
	if (begins(reason, "subject"))
		return "without the child it is about";
	if (begins(reason, "data.episode"))
		return "without the episode it belongs to";
	if (begins(reason, "data.kind"))
		return "without saying whether the child is missing or away";
	return "that could not be read";
}

static enum result take_refused(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct gathering *gathering = argument;
	struct buffer type = {0}, subject = {0};
	(void)fault;
	bool known = read_outline(gathering->json, row->bytes, &type, &subject);
	bool concerned = known ? is_missing_type(buffer_view(&type))
			       : mentions(row->bytes, "missing.started") || mentions(row->bytes, "missing.ended");
	if (concerned)
		missing_facts_unread(gathering->facts, canonical(gathering, buffer_view(&subject)), row->arrived,
		                     lack_of(row->reason));
	buffer_free(&type);
	buffer_free(&subject);
	return RESULT_OK;
}

enum result missing_gather(struct store *store, const struct zone *zone, missing_canonical *canonical_of, void *context,
                           instant now, struct missing_facts **facts, struct fault *fault)
{
	size_t count, context_count;
	const type_id *types = missing_types(&count), *context_types = missing_context_types(&context_count);
	struct gathering gathering = {.facts = missing_facts_new(zone), .canonical = canonical_of, .context = context};
	*facts = gathering.facts;
	gathering.json = json_reader_new(64, 1 << 20);
	enum result result = events_of_types(store, types, count, INSTANT_NONE, now + 1, take_event, &gathering, fault);
	if (result == RESULT_OK)
		result = quarantine_each(store, true, take_refused, &gathering, fault);
	if (result == RESULT_OK)
		result = events_of_types(store, context_types, context_count, INSTANT_NONE, now + 1, take_event, &gathering,
		                         fault);
	if (result == RESULT_OK)
		result = alerts_each(store, TEXT("missing.vpg-referral"), TEXT_NONE, false, take_alert, &gathering, fault);
	json_reader_free(gathering.json);
	return result;
}

enum result missing_gather_completeness(struct store *store, struct missing_completeness *completeness,
                                        struct fault *fault)
{
	*completeness = (struct missing_completeness){0};
	return sources_complete(store, &completeness->complete_to, &completeness->last_arrival, fault);
}
