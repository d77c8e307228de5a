/* http_say: answers: one for each event, in JSON; what was not taken is a problem (RFC 9457).
 *
 * What goes back goes to the sender alone, over its own connection. Even so no value of the event is in it beside
 * its id and source: proxies write answers into logs. */
#include "source/http_internal.h"

#include "text/json_write.h"

#define JSON "application/json"
#define PROBLEM "application/problem+json"
#define CONFLICT_WORDS                                                                                                 \
	"An event with this source and id is stored already and says something else. This one waits in quarantine; a " \
	"correction has an id of its own, and replaces."
#define ASIDE_WORDS "Set aside: casewatch fails at this event. The people who run it know; do not send it again."

const char *http_intake_answer_name(enum http_intake_answer answer)
{
	static const char *const names[HTTP_INTAKE_ANSWERS] = {
		[HTTP_INTAKE_STORED] = "stored", [HTTP_INTAKE_DUPLICATE] = "duplicate", [HTTP_INTAKE_BATCH] = "batch",
		[HTTP_INTAKE_REFUSED] = "refused", [HTTP_INTAKE_CONFLICT] = "conflict",
		[HTTP_INTAKE_NOT_ALLOWED] = "not-allowed", [HTTP_INTAKE_NOT_UNDERSTOOD] = "not-understood",
		[HTTP_INTAKE_TOO_LARGE] = "too-large", [HTTP_INTAKE_FULL] = "full", [HTTP_INTAKE_UNABLE] = "unable"};
	return names[answer];
}

static const char *title_of(int status)
{
	switch (status) {
	case 400:
		return "The event was refused";
	case 401:
		return "A token is needed";
	case 404:
		return "Events are sent to /events";
	case 405:
		return "Events are sent by POST";
	case 409:
		return "The id is that of another event";
	case 413:
		return "Too much at once";
	case 415:
		return "The form is not understood";
	case 429:
		return "Too many wait already";
	default:
		return "Nothing can be stored at the moment";
	}
}

static void put_problem(struct json_writer *json, int status, const char *title, const char *words)
{
	json_put_string(json, "type", "about:blank");
	json_put_string(json, "title", title);
	json_put_integer(json, "status", status);
	json_put_string(json, "detail", words);
}

static void say_problem(struct http_reply *reply, int status, const char *title, const char *words)
{
	struct json_writer json = json_writer_on(&reply->body);
	reply->status = status;
	reply->media = PROBLEM;
	json_object(&json);
	put_problem(&json, status, title, words);
	json_object_end(&json);
	buffer_char(&reply->body, '\n');
}

void http_say_problem(struct http_reply *reply, int status, const char *words)
{
	say_problem(reply, status, title_of(status), words);
}

void http_say_unread(struct http_reply *reply, int status, const char *why)
{
	struct buffer words = {0};
	buffer_format(&words, "%s Nothing of it was read, and nothing waits in quarantine.", why);
	say_problem(reply, status, status == 413 ? title_of(413) : "The request cannot be read", buffer_cstr(&words));
	buffer_free(&words);
}

/* ---- of one record ---- */

static const char *result_of(const struct source_record *record)
{
	switch (record->outcome) {
	case RECORD_STORED:
		return "stored";
	case RECORD_DUPLICATE:
		return "duplicate";
	case RECORD_CONFLICT:
		return "conflict";
	case RECORD_REFUSED:
		return "refused";
	case RECORD_SET_ASIDE:
		return "set-aside";
	case RECORD_NOT_TAKEN:
		break;
	}
	return "unknown";
}

static void put_reason(struct json_writer *json, const struct source_record *record)
{
	if (record->outcome == RECORD_REFUSED)
		json_put_text(json, "reason", record->reason);
	else if (record->outcome == RECORD_CONFLICT)
		json_put_string(json, "reason", CONFLICT_WORDS);
	else if (record->outcome == RECORD_SET_ASIDE)
		json_put_string(json, "reason", ASIDE_WORDS);
	else if (record->outcome == RECORD_NOT_TAKEN)
		json_put_string(json, "reason", "It is not known whether it was stored: send it again.");
}

static void put_warnings(struct json_writer *json, const struct source_record *record)
{
	const struct event *event = &record->event;
	if (!record->accepted || !event->warning_count || record->outcome != RECORD_STORED)
		return;
	json_key(json, "warnings");
	json_array(json);
	for (size_t i = 0; i < event->warning_count; i++) {
		json_object(json);
		json_put_string(json, "field", event->warnings[i].field);
		json_put_string(json, "reason", event->warnings[i].reason);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_record(struct json_writer *json, const struct source_record *record)
{
	if (record->event.id.length)
		json_put_text(json, "id", record->event.id);
	if (record->event.source.length)
		json_put_text(json, "source", record->event.source);
	json_put_string(json, "result", result_of(record));
}

static void put_result(struct json_writer *json, const struct source_record *record)
{
	put_record(json, record);
	put_reason(json, record);
	put_warnings(json, record);
}

/* ---- of a request ---- */

/* One result for each, in the order in which they came. */
static enum http_intake_answer say_batch(const struct ask *ask, const struct source_record *records,
                                         struct http_reply *reply)
{
	struct json_writer json = json_writer_on(&reply->body);
	reply->status = 200;
	reply->media = JSON;
	json_object(&json);
	json_key(&json, "results");
	json_array(&json);
	for (size_t i = 0; i < ask->count; i++) {
		json_object(&json);
		json_put_integer(&json, "index", (int64_t)i);
		put_result(&json, &records[i]);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buffer_char(&reply->body, '\n');
	return HTTP_INTAKE_BATCH;
}

static enum http_intake_answer answer_of(const struct source_record *record, int *status)
{
	switch (record->outcome) {
	case RECORD_STORED:
	case RECORD_SET_ASIDE: /* it is ours: it waits in quarantine, and ops were told at once */
		*status = 202;
		return HTTP_INTAKE_STORED;
	case RECORD_DUPLICATE:
		*status = 200;
		return HTTP_INTAKE_DUPLICATE;
	case RECORD_CONFLICT:
		*status = 409;
		return HTTP_INTAKE_CONFLICT;
	case RECORD_REFUSED:
		*status = 400;
		return HTTP_INTAKE_REFUSED;
	case RECORD_NOT_TAKEN:
		break;
	}
	*status = 503;
	return HTTP_INTAKE_UNABLE;
}

static enum http_intake_answer say_single(const struct source_record *record, struct http_reply *reply)
{
	struct json_writer json = json_writer_on(&reply->body);
	enum http_intake_answer answer = answer_of(record, &reply->status);
	bool good = reply->status < 300;
	reply->media = good ? JSON : PROBLEM;
	json_object(&json);
	if (!good) {
		struct buffer words = {0};
		buffer_text(&words, record->outcome == RECORD_REFUSED ? record->reason : TEXT(CONFLICT_WORDS));
		if (record->outcome == RECORD_REFUSED)
			buffer_string(&words,
			              ". The event waits in quarantine with this reason; send it again, corrected.");
		put_problem(&json, reply->status, title_of(reply->status), buffer_cstr(&words));
		buffer_free(&words);
		put_record(&json, record);
	} else {
		put_result(&json, record);
	}
	json_object_end(&json);
	buffer_char(&reply->body, '\n');
	return answer;
}

enum http_intake_answer http_say_taken(const struct ask *ask, const struct source_record *records,
                                       struct http_reply *reply)
{
	return ask->mode == ASK_BATCH ? say_batch(ask, records + ask->first, reply)
	                              : say_single(records + ask->first, reply);
}
