/* erase: takes away what is stored of one id: at once what anybody could find by it, then the rest in portions.
 *
 * Rows stay where others count on their number (an event, an alert, a history), and say nothing. */
#include "store/erasure/erasures.h"

#include "store/registers/registers.h"
#include "store/store_internal.h"

#include "text/json_write.h"

#include <stdlib.h>

/* A portion: some milliseconds. */
#define ROWS_A_PORTION 5000
#define RECORDS_A_PORTION 500

enum stage {
	STAGE_EVENTS = 1,
	STAGE_MESSAGES,
	STAGE_QUARANTINE,
	STAGE_WARNINGS,
	STAGE_AUDIT,
	STAGE_END,
	STAGE_LATER, /* what the audit says waits for its time */
	STAGE_DONE,
};

/* ---- at once ---- */

/* What stands ends: nobody may be told of a child that is not there. */
static enum result blank_alert(struct store *store, int64_t number, instant at, struct fault *fault)
{
	struct query query = query_start(
		store,
		"UPDATE alert SET id = '', key = 0, key_text = '', because = '', evidence = x'', evidence_ids = '[]',"
		" told_of = x'', reason = '', state = CASE state WHEN 0 THEN 1 ELSE state END, next = ?,"
		" closed = min(closed, ?), history = 0 WHERE number = ?");
	bind_int(&query, INSTANT_NEVER);
	bind_int(&query, at);
	bind_int(&query, number);
	return query_run(&query, fault);
}

#define BLANK_MESSAGE                                                                                                  \
	"UPDATE outbox SET alert = '', subject = '', payload = '{}', same = x'',"                                      \
	" reply = CASE open WHEN 1 THEN 'erased' ELSE '' END,"                                                         \
	" state = CASE open WHEN 1 THEN 5 ELSE state END, open = 0 WHERE "

static enum result blank_messages_of(struct store *store, int64_t number, int64_t *changed, struct fault *fault)
{
	struct query query = query_start(store, BLANK_MESSAGE "number = ? AND number > 0"); /* 5: OUTBOX_FAILED */
	bind_int(&query, number);
	enum result result = query_run(&query, fault);
	*changed += sqlite3_changes64(store->database);
	return result;
}

static enum result forget_conditions(struct store *store, struct text alert, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM condition WHERE key = ?");
	bind_text(&query, alert);
	return query_run(&query, fault);
}

struct counted {
	int64_t alerts, messages;
};

static enum result blank_alerts(struct store *store, uint32_t history, instant at, struct counted *counted,
                                struct fault *fault)
{
	int64_t number = store->histories.items[history].last_alert;
	enum result result = RESULT_OK;
	while (result == RESULT_OK && number) {
		struct query query = query_start(store, "SELECT previous, id FROM alert WHERE number = ?");
		int64_t previous = 0;
		bind_int(&query, number);
		if (query_row(&query)) {
			previous = row_int(&query, 0);
			result = forget_conditions(store, row_text(&query, 1), fault);
		}
		result = query_end(&query, result, fault);
		if (result == RESULT_OK)
			result = blank_messages_of(store, number, &counted->messages, fault);
		if (result == RESULT_OK)
			result = blank_alert(store, number, at, fault);
		counted->alerts++;
		number = previous < number ? previous : 0;
	}
	alerts_forget_known(&store->alerts);
	return result;
}

static enum result forget_name(struct store *store, uint32_t number, struct fault *fault)
{
	struct history *history = &store->histories.items[number];
	struct query query = query_start(store, "UPDATE history SET name = '' WHERE id = ?");
	bind_int(&query, number);
	enum result result = query_run(&query, fault);
	memset((void *)(uintptr_t)history->at, 0, history->length); /* in the arena of the names, which is ours */
	history->length = 0;
	store->events.edition++;
	return result;
}

static enum result forget_held(struct store *store, uint32_t number, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM contradiction WHERE history = ?");
	bind_int(&query, number);
	return query_run(&query, fault);
}

static enum result forget_history(struct store *store, enum party_kind domain, struct text subject, instant at,
                                  int64_t *number, struct counted *counted, struct fault *fault)
{
	uint32_t history = histories_find(store, domain, subject);
	*number = history;
	if (!history)
		return RESULT_OK;
	enum result result = due_set(store, domain, subject, INSTANT_NEVER, fault);
	if (result == RESULT_OK)
		result = blank_alerts(store, history, at, counted, fault);
	if (result == RESULT_OK)
		result = forget_held(store, history, fault);
	if (result == RESULT_OK && domain == PARTY_NONE)
		result = register_erase(store, history, subject, fault);
	return result == RESULT_OK ? forget_name(store, history, fault) : result;
}

static enum result add_row(struct store *store, const struct erasure_order *order, struct text mark,
                           const int64_t numbers[3], int64_t key, const struct counted *counted, struct fault *fault)
{
	struct query query = query_start(
		store, "INSERT INTO erasure (mark, at, person, reason, subject, child, worker, provider, subject_key,"
		       " audit_from, stage, place, events, alerts, messages, records, audit_rows, last_message,"
		       " last_record) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, -1, 0, ?, ?, 0, 0,"
		       " (SELECT coalesce(max(id), 0) FROM outbox), (SELECT coalesce(max(id), 0) FROM quarantine)");
	bind_text(&query, mark);
	bind_int(&query, order->at);
	bind_text(&query, order->person);
	bind_text(&query, order->reason);
	bind_text(&query, order->subject);
	for (size_t i = 0; i < 3; i++)
		bind_int(&query, numbers[i]);
	bind_int(&query, key);
	bind_int(&query, order->audit_from);
	bind_int(&query, counted->alerts);
	bind_int(&query, counted->messages);
	return query_run(&query, fault);
}

static enum result begin(struct store *store, const struct erasure_order *order, struct text mark, struct fault *fault)
{
	static const enum party_kind domains[] = {PARTY_NONE, PARTY_WORKER, PARTY_PROVIDER};
	struct counted counted = {0, 0};
	int64_t numbers[3] = {0}, key = 0;
	enum result result = store_changing(store, fault);
	for (size_t i = 0; i < 3 && result == RESULT_OK && order->subject.length; i++)
		result = forget_history(store, domains[i], order->subject, order->at, &numbers[i], &counted, fault);
	if (result == RESULT_OK && order->subject.length && order->audit_from == INSTANT_NONE)
		result = audit_erase_key(store, order->subject, order->person, order->at, &key, fault);
	return result == RESULT_OK ? add_row(store, order, mark, numbers, key, &counted, fault) : result;
}

static enum result in_transaction(struct store *store, enum result result, struct fault *fault)
{
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

enum result erasure_begin_marked(struct store *store, const struct erasure_order *order, struct text mark,
                                 struct fault *fault)
{
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = in_transaction(store, begin(store, order, mark, fault), fault);
	return result;
}

enum result erasures_begin(struct store *store, const struct erasure_order *order, struct fault *fault)
{
	struct buffer mark = {0};
	bool begun = false; /* an order that could not be put away comes again: what came since is news */
	enum result result = erasures_need_key(store, fault);
	if (result == RESULT_OK)
		erasures_mark(store, order->subject, &mark);
	if (result == RESULT_OK)
		result = erasures_know(store, buffer_view(&mark), order->at, &begun, fault);
	if (result == RESULT_OK && !begun)
		result = erasures_note_subject(store, buffer_view(&mark), order->at, fault);
	if (result == RESULT_OK && !begun)
		result = erasure_begin_marked(store, order, buffer_view(&mark), fault);
	buffer_free(&mark);
	return result;
}

/* ---- in portions ---- */

struct erasing {
	int64_t id;
	enum stage stage;
	int64_t place, child, key;
	int64_t last_message, last_record; /* when it began: what came later is news of a child who may be missing */
	int64_t found; /* in this portion, for the row's count */
	instant audit_from;
	bool finished; /* the stage is */
	struct buffer subject, person;
};

static enum result events_portion(struct store *store, struct erasing *erasing, instant now, struct fault *fault)
{
	enum result result = erase_events(store, erasing->child, now, &erasing->place, &erasing->found, fault);
	erasing->finished = erasing->place == 0;
	return result;
}

/* The rows of the next portion of a table, by their number: those after *from up to *until. */
static enum result next_rows(struct store *store, const char *newest_sql, struct erasing *erasing, int64_t portion,
                             int64_t last, int64_t *from, int64_t *until, struct fault *fault)
{
	int64_t newest = 0;
	enum result result = store_pragma(store, newest_sql, &newest, fault);
	newest = newest < last ? newest : last;
	*from = erasing->place < 0 ? 0 : erasing->place;
	erasing->place = *from + portion;
	erasing->finished = erasing->place >= newest;
	*until = erasing->finished ? newest : erasing->place;
	return result;
}

static enum result erase_messages(struct store *store, struct erasing *erasing, struct fault *fault)
{
	int64_t from, until;
	enum result result = next_rows(store, "SELECT max(id) FROM outbox", erasing, ROWS_A_PORTION,
	                               erasing->last_message, &from, &until, fault);
	if (result != RESULT_OK || !erasing->subject.length)
		return result;
	struct query query = query_start(store, BLANK_MESSAGE "id > ? AND id <= ? AND subject = ?");
	bind_int(&query, from);
	bind_int(&query, until);
	bind_text(&query, buffer_view(&erasing->subject));
	result = query_run(&query, fault);
	erasing->found = sqlite3_changes64(store->database);
	return result;
}

static bool is_part_of_id(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool erasures_named_in(struct text bytes, struct text id)
{
	const char *at = bytes.at, *end = bytes.at + bytes.length;
	while (id.length && at && (at = memmem(at, (size_t)(end - at), id.at, id.length)) != NULL) {
		bool begins = at == bytes.at || !is_part_of_id(at[-1]);
		bool ends = at + id.length == end || !is_part_of_id(at[id.length]);
		if (begins && ends)
			return true;
		at++;
	}
	return false;
}

static enum result blank_record(struct store *store, int64_t id, struct text bytes, struct fault *fault)
{
	uint64_t print = erasure_print_bytes(store, bytes);
	enum result result = erasures_note_records(store, &print, 1, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(
		store,
		"UPDATE quarantine SET bytes = x'', reason = 'erased', event_id = '', event_source = '', note = '',"
		" state = CASE state WHEN 'waiting' THEN 'discarded' ELSE state END WHERE id = ?");
	bind_int(&query, id);
	return query_run(&query, fault);
}

/* A record that could not be read belongs to whoever it names. */
static enum result erase_records(struct store *store, struct erasing *erasing, struct fault *fault)
{
	int64_t from, until;
	enum result result = next_rows(store, "SELECT max(id) FROM quarantine", erasing, RECORDS_A_PORTION,
	                               erasing->last_record, &from, &until, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "SELECT id, bytes FROM quarantine WHERE id > ? AND id <= ?");
	bind_int(&query, from);
	bind_int(&query, until);
	while (result == RESULT_OK && query_row(&query)) {
		struct text bytes = row_blob(&query, 1);
		if (!erasures_named_in(bytes, buffer_view(&erasing->subject)))
			continue;
		erasing->found++;
		result = blank_record(store, row_int(&query, 0), bytes, fault);
	}
	return query_end(&query, result, fault);
}

static enum result erase_warnings(struct store *store, struct erasing *erasing, struct fault *fault)
{
	int64_t from, until;
	enum result result = next_rows(store, "SELECT max(id) FROM warning", erasing, ROWS_A_PORTION, INT64_MAX, &from,
	                               &until, fault);
	if (result != RESULT_OK)
		return result;
	struct query query =
		query_start(store, "DELETE FROM warning WHERE id > ? AND id <= ? AND EXISTS (SELECT 1 FROM event"
	                           " WHERE event.id = warning.event AND event.flags & 8)");
	bind_int(&query, from);
	bind_int(&query, until);
	return query_run(&query, fault);
}

static enum result erase_audit(struct store *store, struct erasing *erasing, struct fault *fault)
{
	int64_t from, until;
	enum result result = RESULT_OK;
	erasing->finished = true;
	if (erasing->audit_from != INSTANT_NONE || !erasing->key)
		return RESULT_OK;
	result = next_rows(store, "SELECT max(id) FROM audit", erasing, ROWS_A_PORTION, INT64_MAX, &from, &until,
	                   fault);
	return result == RESULT_OK ? audit_erase_words(store, erasing->key, from, until, &erasing->found, fault)
	                           : result;
}

/* What was under way when it began (a message that was just being sent) made rows of its own. */
static enum result erase_rest(struct store *store, const struct erasing *erasing, instant now, struct fault *fault)
{
	int64_t rows;
	struct text subject = buffer_view(&erasing->subject);
	if (erasing->audit_from != INSTANT_NONE || !subject.length || histories_find(store, PARTY_NONE, subject))
		return RESULT_OK;
	return audit_erase(store, subject, buffer_view(&erasing->person), now, &rows, fault);
}

static enum result write_end(struct store *store, const struct erasing *erasing, instant now, struct fault *fault)
{
	struct buffer detail = {0};
	struct json_writer json = json_writer_on(&detail);
	struct query query =
		query_start(store, "SELECT events, alerts, messages, records, audit_rows, reason FROM erasure"
	                           " WHERE id = ?");
	bind_int(&query, erasing->id);
	json_object(&json);
	json_put_integer(&json, "erasure", erasing->id);
	if (query_row(&query)) {
		static const char *const names[] = {"events", "alerts", "messages", "records", "rows"};
		for (int i = 0; i < 5; i++)
			json_put_integer(&json, names[i], row_int(&query, i));
		json_put_text(&json, "reason", row_text(&query, 5));
	}
	json_object_end(&json);
	enum result result = query_end(&query, RESULT_OK, fault);
	struct audit_row row = {.at = now,
	                        .what = "erasure.done",
	                        .person = buffer_view(&erasing->person),
	                        .detail = buffer_view(&detail)};
	if (result == RESULT_OK)
		result = audit_write(store, &row, fault);
	buffer_free(&detail);
	return result;
}

/* Where the audit's words stay for their own time, the id waits with them, in the table of keys. */
static enum result end(struct store *store, struct erasing *erasing, instant now, struct fault *fault)
{
	bool later = erasing->audit_from != INSTANT_NONE;
	enum result result = erase_rest(store, erasing, now, fault);
	if (result == RESULT_OK)
		result = write_end(store, erasing, now, fault);
	if (result != RESULT_OK)
		return result;
	erasing->stage = later ? STAGE_LATER : STAGE_DONE;
	if (later)
		return RESULT_OK;
	struct query query = query_start(store, "UPDATE erasure SET subject = '' WHERE id = ?");
	bind_int(&query, erasing->id);
	return query_run(&query, fault);
}

/* The audit's own time has come. A child of whom there is news again is kept until that is erased. */
static enum result begin_audit(struct store *store, struct erasing *erasing, instant now, struct fault *fault)
{
	struct text subject = buffer_view(&erasing->subject);
	enum result result = RESULT_OK;
	int64_t key = 0;
	if (!histories_find(store, PARTY_NONE, subject))
		result = audit_erase_key(store, subject, buffer_view(&erasing->person), now, &key, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "UPDATE erasure SET subject_key = ?, audit_from = ? WHERE id = ?");
	bind_int(&query, key);
	bind_int(&query, INSTANT_NONE);
	bind_int(&query, erasing->id);
	erasing->stage = STAGE_AUDIT;
	erasing->place = -1;
	return query_run(&query, fault);
}

static enum result work(struct store *store, struct erasing *erasing, instant now, struct fault *fault)
{
	switch (erasing->stage) {
	case STAGE_EVENTS: return events_portion(store, erasing, now, fault);
	case STAGE_MESSAGES: return erase_messages(store, erasing, fault);
	case STAGE_QUARANTINE: return erase_records(store, erasing, fault);
	case STAGE_WARNINGS: return erase_warnings(store, erasing, fault);
	case STAGE_AUDIT: return erase_audit(store, erasing, fault);
	case STAGE_END: return end(store, erasing, now, fault);
	case STAGE_LATER: return begin_audit(store, erasing, now, fault);
	case STAGE_DONE: break;
	}
	return RESULT_OK;
}

static enum result keep_place(struct store *store, const struct erasing *erasing, enum stage worked,
                              struct fault *fault)
{
	struct query query = query_start(
		store, "UPDATE erasure SET stage = ?1, place = ?2, events = events + ?3, messages = messages + ?4,"
		       " records = records + ?5, audit_rows = audit_rows + ?6 WHERE id = ?7");
	bind_int(&query, (int64_t)erasing->stage + (erasing->finished ? 1 : 0));
	bind_int(&query, erasing->finished ? -1 : erasing->place);
	bind_int(&query, worked == STAGE_EVENTS ? erasing->found : 0);
	bind_int(&query, worked == STAGE_MESSAGES ? erasing->found : 0);
	bind_int(&query, worked == STAGE_QUARANTINE ? erasing->found : 0);
	bind_int(&query, worked == STAGE_AUDIT ? erasing->found : 0);
	bind_int(&query, erasing->id);
	return query_run(&query, fault);
}

static enum result next_erasing(struct store *store, instant now, struct erasing *erasing, struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT id, stage, place, child, subject_key, audit_from, subject, person, last_message,"
		       " last_record FROM erasure"
		       " WHERE stage < 7 OR (stage = 7 AND audit_from <= ?) ORDER BY id LIMIT 1"); /* 7: STAGE_LATER */
	bind_int(&query, now);
	if (query_row(&query)) {
		erasing->id = row_int(&query, 0);
		erasing->stage = (enum stage)row_int(&query, 1);
		erasing->place = row_int(&query, 2);
		erasing->child = row_int(&query, 3);
		erasing->key = row_int(&query, 4);
		erasing->audit_from = row_int(&query, 5);
		buffer_text(&erasing->subject, row_text(&query, 6));
		buffer_text(&erasing->person, row_text(&query, 7));
		erasing->last_message = row_int(&query, 8);
		erasing->last_record = row_int(&query, 9);
	}
	return query_end(&query, RESULT_OK, fault);
}

static enum result step(struct store *store, struct erasing *erasing, instant now, struct fault *fault)
{
	enum stage worked = erasing->stage;
	enum result result = store_changing(store, fault);
	if (result == RESULT_OK)
		result = work(store, erasing, now, fault);
	return result == RESULT_OK ? keep_place(store, erasing, worked, fault) : result;
}

enum result erasures_step(struct store *store, instant now, bool *more, struct fault *fault)
{
	struct erasing erasing = {0};
	enum result result = next_erasing(store, now, &erasing, fault);
	*more = erasing.id != 0;
	if (result == RESULT_OK && erasing.id) {
		result = store_begin(store, fault);
		if (result == RESULT_OK)
			result = in_transaction(store, step(store, &erasing, now, fault), fault);
	}
	buffer_free(&erasing.subject);
	buffer_free(&erasing.person);
	return result;
}

/* ---- looking ---- */

enum result erasures_each(struct store *store, erasure_visit *visit, void *argument, struct fault *fault)
{
	struct query query =
		query_start(store, "SELECT id, at, person, reason, stage, audit_from, events, alerts, messages,"
	                           " records, audit_rows FROM erasure ORDER BY id");
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(&query)) {
		struct erasure_row row = {.id = row_int(&query, 0),
		                          .at = row_int(&query, 1),
		                          .person = row_text(&query, 2),
		                          .reason = row_text(&query, 3),
		                          .done = row_int(&query, 4) >= STAGE_LATER,
		                          .audit_from = row_int(&query, 5),
		                          .events = row_int(&query, 6),
		                          .alerts = row_int(&query, 7),
		                          .messages = row_int(&query, 8),
		                          .records = row_int(&query, 9),
		                          .audit_rows = row_int(&query, 10)};
		result = visit(argument, &row, fault);
	}
	return query_end(&query, result, fault);
}

enum result erasures_pending(struct store *store, int64_t *count, struct fault *fault)
{
	return store_pragma(store, "SELECT count(*) FROM erasure WHERE stage < 7", count, fault);
}
