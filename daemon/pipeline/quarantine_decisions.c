/* quarantine_decisions: what a person decided about a record in quarantine, handed over by `casewatch quarantine`. */
#include "pipeline/pipeline_internal.h"

#include "store/lines.h"
#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>

static const char released[] = "quarantine.released", discarded[] = "quarantine.discarded";

/* An order counts when it came through the machine's own spool, or through that of a machine of its cell, which sealed
 * it: a record on a topic must not be able to throw others away. */
bool quarantine_decision_is(const struct source_record *record)
{
	static const struct text spool = {"spool:", 6};
	bool own = record->position.length > spool.length && memcmp(record->position.at, spool.at, spool.length) == 0;
	if (!own && !text_equal(record->order, TEXT("spool")))
		return false;
	return text_equal(record->event.source, TEXT("/casewatch/tool")) &&
	       (text_equal(record->event.type_name, text_of(released)) ||
	        text_equal(record->event.type_name, text_of(discarded)));
}

/* The subject is "quarantine-12"; 0: it is not. */
static int64_t number_of(struct text subject)
{
	static const char prefix[] = "quarantine-";
	char digits[20];
	size_t skipped = sizeof prefix - 1;
	if (subject.length <= skipped || subject.length - skipped >= sizeof digits ||
	    memcmp(subject.at, prefix, skipped) != 0)
		return 0;
	(void)snprintf(digits, sizeof digits, "%.*s", (int)(subject.length - skipped), subject.at + skipped);
	return digits[strspn(digits, "0123456789")] ? 0 : strtoll(digits, NULL, 10);
}

struct meant {
	struct text from; /* where the record came from; empty: it is not said */
	int64_t number;
	bool waiting;
};

static enum result note_waiting(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct meant *meant = argument;
	(void)fault;
	bool other = meant->from.length && !text_equal(meant->from, row->source_name);
	meant->number = row->id;
	meant->waiting = !other && text_equal(row->state, TEXT("waiting"));
	return RESULT_OK;
}

/* Of this machine by its number, which says which of several that came from one place (a file's line, twice) is meant;
 * and by that place, if it is said, so that numbers of a database that was put back name no other record. Of a machine
 * of the cell by the place alone: numbers are of one machine's file, and places of the log are all different. */
static enum result find_meant(struct pipeline *pipeline, const struct source_record *record, struct meant *meant,
                              struct fault *fault)
{
	const struct event *event = &record->event;
	*meant = (struct meant){.from = event_string(event, schema_name(TEXT("from"))),
	                        .number = number_of(event->subject)};
	if (!record->order.length)
		return quarantine_get(pipeline->store, meant->number, note_waiting, meant, fault);
	if (!meant->from.length) /* of a tool before this version */
		return RESULT_OK;
	return quarantine_from(pipeline->store, meant->from, note_waiting, meant, fault);
}

static void write_detail(struct pipeline *pipeline, int64_t number, struct text person, struct text reason)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_integer(&json, "quarantine", number);
	json_put_text(&json, "person", person);
	json_object_end(&json);
	buffer_clear(&pipeline->personal);
	json = json_writer_on(&pipeline->personal);
	json_object(&json);
	json_put_text(&json, "reason", reason);
	json_object_end(&json);
}

/* What was typed may name a child: it stands under the record's own key, and goes with it. */
static enum result put_on_record(struct pipeline *pipeline, const char *what, int64_t number, struct text subject,
                          struct text person, struct text reason, struct fault *fault)
{
	write_detail(pipeline, number, person, reason);
	struct audit_row row = {.at = pipeline->transaction.now, .what = what, .subject = subject, .person = person,
	                        .detail = buffer_view(&pipeline->json), .personal = buffer_view(&pipeline->personal)};
	return audit_write(pipeline->store, &row, fault);
}

enum result quarantine_decision_apply(struct pipeline *pipeline, const struct source_record *record,
                                      struct fault *fault)
{
	const struct event *event = &record->event;
	struct meant meant;
	bool release = text_equal(event->type_name, text_of(released));
	struct text person = event_string(event, schema_name(TEXT("person")));
	struct text reason = event_string(event, schema_name(TEXT("reason")));
	enum result result = find_meant(pipeline, record, &meant, fault);
	int64_t number = meant.number;
	if (result != RESULT_OK)
		return result;
	if (!meant.waiting) {
		store_log_warning(pipeline->store,
		                  "an order about record %lld in quarantine changes nothing: no such record waits",
		                  (long long)number);
		return RESULT_OK;
	}
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "%.*s%s%.*s", TEXT_ARG(person), person.length && reason.length ? ": " : "",
	              TEXT_ARG(reason));
	result = quarantine_set(pipeline->store, number, release ? TEXT("released") : TEXT("discarded"),
	                        buffer_view(&pipeline->words), fault);
	if (result != RESULT_OK)
		return result;
	pipeline->quarantine_check = INSTANT_NONE;
	return put_on_record(pipeline, release ? released : discarded, number, event->subject, person, reason, fault);
}
