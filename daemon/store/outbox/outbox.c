/* outbox: messages to people, from the moment they are owed until somebody has them. */
#include "store/store_internal.h"

#include "base/digest.h"
#include "base/log.h"

const char *outbox_state_name(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_PENDING: return "pending";
	case OUTBOX_SENDING: return "sending";
	case OUTBOX_ACCEPTED: return "accepted";
	case OUTBOX_DELIVERED: return "delivered";
	case OUTBOX_RETRY: return "retry";
	case OUTBOX_FAILED: return "failed";
	case OUTBOX_UNCERTAIN: return "uncertain";
	case OUTBOX_GIVEN: return "given";
	}
	return "";
}

static bool is_open(enum outbox_state state)
{
	return state != OUTBOX_ACCEPTED && state != OUTBOX_DELIVERED && state != OUTBOX_FAILED;
}

bool outbox_is_given(const struct outbox_row *row)
{
	return row->sent != INSTANT_NONE;
}

/* Rows alike in all that makes a name, each with its number among them; more are added under random ones. Ops rows of
 * one instant come to ten, and nothing else to more than a few. */
#define SAME_MOST 64

static void say_alike(struct store *store, const struct outbox_row *row)
{
	if (store->alike_said)
		return;
	store->alike_said = true;
	struct buffer which = {0};
	buffer_text(&which, row->purpose);
	buffer_string(&which, ", to ");
	buffer_text(&which, row->role);
	log_notice("outbox: more than %d messages (%s) of one cause and instant: the others have names that no second "
	           "machine would give them",
	           SAME_MOST, buffer_cstr(&which));
	buffer_free(&which);
}

static enum result insert_row(struct store *store, const struct outbox_row *row, const struct outbox_same *same,
                              int64_t number, struct fault *fault)
{
	struct query query =
		query_start(store, "INSERT OR IGNORE INTO outbox (kind, state, open, critical, purpose, number, alert,"
	                           " rule, subject, step, role, person, channel, address, message_id, payload,"
	                           " created, not_before, deadline, sent, attempts, possible_duplicate, reply, same)"
	                           " VALUES (?, 0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', ?)");
	bind_int(&query, row->kind);
	bind_int(&query, row->critical);
	bind_text(&query, row->purpose);
	bind_int(&query, number);
	bind_text(&query, row->alert);
	bind_text(&query, row->rule);
	bind_text(&query, row->subject);
	bind_int(&query, row->step);
	bind_text(&query, row->role);
	bind_text(&query, row->person);
	bind_text(&query, row->channel);
	bind_text(&query, row->address);
	bind_text(&query, row->message_id);
	bind_text(&query, row->payload);
	bind_int(&query, row->created);
	bind_int(&query, row->not_before);
	bind_int(&query, row->deadline);
	bind_int(&query, INSTANT_NONE);
	bind_int(&query, row->possible_duplicate);
	bind_blob(&query, same->at, sizeof same->at);
	return query_run(&query, fault);
}

enum result outbox_add(struct store *store, const struct outbox_row *row, int64_t *id, struct fault *fault)
{
	int64_t number = 0;
	enum result result = row->alert.length ? alerts_number(store, row->alert, &number, fault) : RESULT_OK;
	*id = 0;
	for (unsigned before = 0; result == RESULT_OK && !*id; before++) {
		struct outbox_same same = outbox_same_of(row, before);
		if (before >= SAME_MOST)
			digest_random(same.at, sizeof same.at);
		if (before == SAME_MOST)
			say_alike(store, row);
		result = insert_row(store, row, &same, number, fault);
		if (result == RESULT_OK && sqlite3_changes64(store->database) == 1)
			*id = sqlite3_last_insert_rowid(store->database);
	}
	return result;
}

/* ---- reading rows ---- */

#define COLUMNS_ONLY                                                                                                   \
	"SELECT id, kind, state, critical, purpose, alert, rule, subject, step, role, person, channel, address, "      \
	"message_id,"                                                                                                  \
	" payload, created, not_before, deadline, sent, attempts, possible_duplicate, reply, same"
#define COLUMNS COLUMNS_ONLY " FROM outbox"

static struct outbox_same read_same(struct text blob)
{
	struct outbox_same same = {{0}};
	if (blob.length == sizeof same.at)
		memcpy(same.at, blob.at, sizeof same.at);
	return same;
}

/* As the open transaction has it: the row claimed last may not be written yet. */
static struct outbox_row as_claimed(const struct store *store, struct outbox_row row)
{
	if (row.id == store->claim.id) {
		row.state = OUTBOX_SENDING;
		row.attempts = store->claim.attempts;
	}
	return row;
}

static struct outbox_row read_row(const struct query *query)
{
	return as_claimed(query->store, (struct outbox_row){
		.id = row_int(query, 0),
		.kind = (enum outbox_kind)row_int(query, 1),
		.state = (enum outbox_state)row_int(query, 2),
		.critical = row_int(query, 3) != 0,
		.purpose = row_text(query, 4),
		.alert = row_text(query, 5),
		.rule = row_text(query, 6),
		.subject = row_text(query, 7),
		.step = (int)row_int(query, 8),
		.role = row_text(query, 9),
		.person = row_text(query, 10),
		.channel = row_text(query, 11),
		.address = row_text(query, 12),
		.message_id = row_text(query, 13),
		.payload = row_text(query, 14),
		.created = row_int(query, 15),
		.not_before = row_int(query, 16),
		.deadline = row_int(query, 17),
		.sent = row_int(query, 18),
		.attempts = (int)row_int(query, 19),
		.possible_duplicate = row_int(query, 20) != 0,
		.doubts = (int)row_int(query, 20),
		.reply = row_text(query, 21),
		.same = read_same(row_blob(query, 22)),
	});
}

static void own(struct store *store, struct text *text)
{
	text->at = arena_copy_text(store->claimed, text->at, text->length);
}

/* The row outlives its statement: all its text is copied. */
static void own_row(struct store *store, struct outbox_row *row)
{
	arena_reset(store->claimed);
	own(store, &row->purpose);
	own(store, &row->alert);
	own(store, &row->rule);
	own(store, &row->subject);
	own(store, &row->role);
	own(store, &row->person);
	own(store, &row->channel);
	own(store, &row->address);
	own(store, &row->message_id);
	own(store, &row->payload);
	own(store, &row->reply);
}

/* ---- claiming ---- */

/* Takes the row the query finds, if any, out of waiting. The query ends here. To write a row costs as much as all that
 * is read of it, and most have their address written next: both are written then, and what is asked in between sees
 * the row as claimed (as_claimed, outbox_settle). */
static enum result claim(struct store *store, struct query *query, struct outbox_row *row, bool *found,
                         struct fault *fault)
{
	*found = query_row(query);
	if (*found) {
		*row = read_row(query);
		own_row(store, row);
	}
	enum result result = query_end(query, RESULT_OK, fault);
	if (result != RESULT_OK || !*found)
		return result;
	row->state = OUTBOX_SENDING;
	row->attempts += !outbox_is_given(row); /* to ask about it is no attempt */
	store->claim = (struct outbox_claimed){row->id, row->attempts};
	return store->open ? RESULT_OK : outbox_settle(store, fault);
}

enum result outbox_claim(struct store *store, instant now, bool critical, struct outbox_row *row, bool *found,
                         struct fault *fault)
{
	enum result result = outbox_settle(store, fault);
	*found = false;
	for (int kind = OUTBOX_ALERT; kind <= OUTBOX_LIST && result == RESULT_OK && !*found; kind++) {
		struct query query = query_start(store, COLUMNS " INDEXED BY outbox_lane WHERE open = 1 AND state <> 1"
		                                                " AND critical = ? AND kind = ? AND not_before <= ?"
		                                                " ORDER BY not_before, id LIMIT 1");
		bind_int(&query, critical);
		bind_int(&query, kind);
		bind_int(&query, now);
		result = claim(store, &query, row, found, fault);
	}
	return result;
}

enum result outbox_claim_again(struct store *store, struct text message_id, int64_t after, struct outbox_row *row,
                               bool *found, struct fault *fault)
{
	enum result result = outbox_settle(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, COLUMNS " INDEXED BY outbox_name WHERE message_id <> ''"
	                                                " AND message_id = ? AND id > ? AND open = 1 AND state <> 1"
	                                                " ORDER BY id LIMIT 1");
	bind_text(&query, message_id);
	bind_int(&query, after);
	return claim(store, &query, row, found, fault);
}

#define OF_PERSON " FROM outbox INDEXED BY outbox_person WHERE open = 1 AND state = 0 AND person <> '' AND person = ?"

#define NEVER_TRIED                                                                                                    \
	" AND not_before <= ? AND address <> '' AND message_id = '' AND purpose IN (?, ?, ?, ?) ORDER BY not_before, " \
	"id LIMIT 1"

static enum result claim_mate(struct store *store, const char *sql, instant now, struct text person,
                              const struct text *purposes, struct outbox_row *row, bool *found, struct fault *fault)
{
	size_t count = 0;
	enum result result = outbox_settle(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, sql);
	bind_text(&query, person);
	bind_int(&query, now);
	for (size_t i = 0; i < OUTBOX_PURPOSES; i++) {
		bind_text(&query, purposes[count]);
		count += purposes[count].length > 0;
	}
	return claim(store, &query, row, found, fault);
}

enum result outbox_claim_beside(struct store *store, instant now, struct text person, const struct text *purposes,
                                struct outbox_row *row, bool *found, struct fault *fault)
{
	return claim_mate(store, COLUMNS_ONLY OF_PERSON " AND critical = 0" NEVER_TRIED, now, person, purposes, row,
	                  found, fault);
}

enum result outbox_claim_texts(struct store *store, instant now, struct text person, const struct text *purposes,
                               struct outbox_row *row, bool *found, struct fault *fault)
{
	return claim_mate(store, COLUMNS_ONLY OF_PERSON " AND channel = 'text'" NEVER_TRIED, now, person, purposes, row,
	                  found, fault);
}

enum result outbox_gathers(struct store *store, struct text person, instant after, instant until, instant *at,
                           struct fault *fault)
{
	struct query query =
		query_settled(store, "SELECT not_before" OF_PERSON " AND not_before > ? AND not_before <= ?"
	                             " AND critical = 0 AND address <> '' AND message_id = ''"
	                             " ORDER BY not_before LIMIT 1");
	*at = INSTANT_NEVER;
	bind_text(&query, person);
	bind_int(&query, after);
	bind_int(&query, until);
	if (query_row(&query))
		*at = row_int(&query, 0);
	return query_end(&query, RESULT_OK, fault);
}

enum result outbox_address(struct store *store, int64_t id, struct text person, struct text channel,
                           struct text address, struct text message_id, struct fault *fault)
{
	bool claimed = store->claim.id == id;
	int attempts = store->claim.attempts;
	struct query query =
		claimed ? query_start(store, "UPDATE outbox SET person = ?, channel = ?, address = ?, message_id = ?,"
	                                     " state = 1, attempts = ? WHERE id = ?")
			: query_start(store, "UPDATE outbox SET person = ?, channel = ?, address = ?, message_id = ?"
	                                     " WHERE id = ?");
	bind_text(&query, person);
	bind_text(&query, channel);
	bind_text(&query, address);
	bind_text(&query, message_id);
	if (claimed) {
		store->claim.id = 0;
		bind_int(&query, attempts);
	}
	bind_int(&query, id);
	return query_run(&query, fault);
}

static bool waits(enum outbox_state state)
{
	return state == OUTBOX_RETRY || state == OUTBOX_UNCERTAIN || state == OUTBOX_GIVEN;
}

enum result outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
                          struct text reply, struct fault *fault)
{
	struct query query = query_settled(store,
	                                 "UPDATE outbox SET state = ?1, open = ?2, reply = ?3,"
	                                 " sent = CASE WHEN ?4 AND sent = ?5 THEN ?6 WHEN ?11 THEN ?5 ELSE sent END,"
	                                 " not_before = CASE WHEN ?7 THEN ?8 ELSE not_before END,"
	                                 " possible_duplicate = possible_duplicate + ?9 WHERE id = ?10");
	bind_int(&query, state);
	bind_int(&query, is_open(state));
	bind_text(&query, reply);
	bind_int(&query, outbox_went(state));
	bind_int(&query, INSTANT_NONE);
	bind_int(&query, at);
	bind_int(&query, waits(state));
	bind_int(&query, again);
	bind_int(&query, state == OUTBOX_UNCERTAIN);
	bind_int(&query, id);
	bind_int(&query, state == OUTBOX_RETRY);
	return query_run(&query, fault);
}

enum result outbox_unname(struct store *store, int64_t id, struct fault *fault)
{
	struct query query =
		query_settled(store, "UPDATE outbox SET message_id = '' WHERE id = ? AND state = 0 AND attempts = 0"
	                           " AND possible_duplicate = 0");
	bind_int(&query, id);
	return query_run(&query, fault);
}

enum result outbox_hold(struct store *store, int64_t id, instant until, struct fault *fault)
{
	struct query query =
		query_settled(store, "UPDATE outbox SET state = CASE WHEN sent = ?3 THEN 0 ELSE 7 END,"
	                           " attempts = max(attempts - (sent = ?3), 0), not_before = ?1"
	                           " WHERE id = ?2 AND state = 1");
	bind_int(&query, until);
	bind_int(&query, id);
	bind_int(&query, INSTANT_NONE);
	return query_run(&query, fault);
}

enum result outbox_recover(struct store *store, size_t *uncertain, struct fault *fault)
{
	*uncertain = 0;
	struct query asked =
		query_settled(store, "UPDATE outbox SET state = 7 WHERE open = 1 AND state = 1 AND sent <> ?");
	bind_int(&asked, INSTANT_NONE);
	enum result result = query_run(&asked, fault);
	if (result != RESULT_OK)
		return result;
	struct query query =
		query_settled(store, "UPDATE outbox SET state = 6, possible_duplicate = possible_duplicate + 1"
	                           " WHERE open = 1 AND state = 1");
	result = query_run(&query, fault);
	if (result == RESULT_OK)
		*uncertain = (size_t)sqlite3_changes(store->database);
	return result;
}

/* ---- looking ---- */

enum result outbox_next(struct store *store, bool critical, instant *at, struct fault *fault)
{
	enum result result = RESULT_OK;
	*at = INSTANT_NEVER;
	for (int kind = OUTBOX_ALERT; kind <= OUTBOX_LIST && result == RESULT_OK; kind++) {
		struct query query =
			query_settled(store, "SELECT not_before FROM outbox INDEXED BY outbox_lane WHERE open = 1"
		                           " AND state <> 1 AND critical = ? AND kind = ?"
		                           " ORDER BY not_before, id LIMIT 1");
		bind_int(&query, critical);
		bind_int(&query, kind);
		if (query_row(&query) && row_int(&query, 0) < *at)
			*at = row_int(&query, 0);
		result = query_end(&query, RESULT_OK, fault);
	}
	return result;
}

#define DOUBT                                                                                                          \
	"UPDATE outbox SET possible_duplicate = max(possible_duplicate, 1),"                                           \
	" message_id = CASE WHEN message_id = '' THEN ?2 ELSE message_id END WHERE open = 1"

enum result outbox_doubt(struct store *store, int64_t id, struct text message_id, struct fault *fault)
{
	struct query query = query_settled(store, id ? DOUBT " AND id = ?1" : DOUBT " AND ?1 = 0");
	bind_int(&query, id);
	bind_text(&query, message_id);
	return query_run(&query, fault);
}

/* In the order of their ids: few of all that there are, found by an index that has another order. */
#define OPEN " WHERE id IN (SELECT id FROM outbox INDEXED BY outbox_open WHERE open = 1"

static enum result show_rows(struct query *query, size_t limit, outbox_visit *visit, void *argument,
                             struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && limit-- > 0 && query_row(query)) {
		struct outbox_row row = read_row(query);
		result = visit(argument, &row, fault);
	}
	return query_end(query, result, fault);
}

enum result outbox_each(struct store *store, struct text alert, bool open_only, size_t limit, outbox_visit *visit,
                        void *argument, struct fault *fault)
{
	int64_t number = 0;
	enum result result = alert.length ? alerts_number(store, alert, &number, fault) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	if (number) {
		struct query query =
			query_start(store, COLUMNS " WHERE number = ?1 AND number > 0 AND (open = 1 OR ?2 = 0)"
		                                   " ORDER BY id DESC");
		bind_int(&query, number);
		bind_int(&query, open_only);
		return show_rows(&query, limit, visit, argument, fault);
	}
	struct query query =
		query_start(store, open_only ? COLUMNS OPEN ") AND (?1 = '' OR alert = ?1) ORDER BY id DESC"
	                                     : COLUMNS " WHERE ?1 = '' OR alert = ?1 ORDER BY id DESC");
	bind_text(&query, alert);
	return show_rows(&query, limit, visit, argument, fault);
}

enum result outbox_others(struct store *store, struct text alert, int64_t but, size_t limit, outbox_visit *visit,
                          void *argument, struct fault *fault)
{
	int64_t number = 0;
	enum result result = alerts_number(store, alert, &number, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(
		store, number ? COLUMNS " WHERE number = ?1 AND number > 0 AND id <> ?2 ORDER BY id DESC"
	                      : COLUMNS " WHERE alert = ?1 AND id <> ?2 ORDER BY id DESC");
	if (number)
		bind_int(&query, number);
	else
		bind_text(&query, alert);
	bind_int(&query, but);
	return show_rows(&query, limit, visit, argument, fault);
}

enum result outbox_oldest(struct store *store, struct text alert, int64_t before, size_t limit, outbox_visit *visit,
                          void *argument, struct fault *fault)
{
	int64_t number = 0;
	enum result result = alerts_number(store, alert, &number, fault);
	if (result != RESULT_OK || !number)
		return result;
	struct query query = query_start(store, COLUMNS " WHERE number = ? AND number > 0 AND id < ? ORDER BY id");
	bind_int(&query, number);
	bind_int(&query, before);
	return show_rows(&query, limit, visit, argument, fault);
}

enum result outbox_find(struct store *store, int64_t id, outbox_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE id = ?");
	bind_int(&query, id);
	return show_rows(&query, 1, visit, argument, fault);
}

enum result outbox_find_same(struct store *store, const struct outbox_same *same, outbox_visit *visit,
                             void *argument, struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE same = ? AND same <> x''");
	bind_blob(&query, same->at, sizeof same->at);
	return show_rows(&query, 1, visit, argument, fault);
}

enum result outbox_of_message(struct store *store, struct text reference, outbox_visit *visit, void *argument,
                              struct fault *fault)
{
	if (reference.length == 0 || (unsigned char)reference.at[reference.length - 1] >= 0x7F)
		return RESULT_OK; /* no reference of ours */
	struct query query = query_start(store, COLUMNS " INDEXED BY outbox_name WHERE message_id <> ''"
	                                                " AND message_id >= ? AND message_id < ?"
	                                                " ORDER BY message_id, id");
	struct buffer next = {0}; /* what begins with it lies before the next text of its length */
	buffer_text(&next, reference);
	next.at[next.length - 1]++;
	bind_text(&query, reference);
	bind_text(&query, buffer_view(&next));
	enum result result = show_rows(&query, SIZE_MAX, visit, argument, fault);
	buffer_free(&next);
	return result;
}

enum result outbox_of_person(struct store *store, struct text person, int64_t near, int64_t within,
                             outbox_visit *visit, void *argument, struct fault *fault)
{
	struct query query =
		query_start(store, COLUMNS " WHERE id IN (SELECT max(id) FROM outbox WHERE id > ?2 - ?3 AND id < ?2 "
					   "+ ?3"
	                                   " AND person = ?1 AND number > 0 AND kind IN (?4, ?5) GROUP BY number)"
	                                   " ORDER BY id DESC");
	bind_text(&query, person);
	bind_int(&query, near);
	bind_int(&query, within);
	bind_int(&query, OUTBOX_ALERT);
	bind_int(&query, OUTBOX_REMINDER);
	return show_rows(&query, SIZE_MAX, visit, argument, fault);
}

enum result outbox_before(struct store *store, bool open_only, int64_t before, size_t limit, outbox_visit *visit,
                          void *argument, struct fault *fault)
{
	struct query query =
		query_start(store, open_only ? COLUMNS OPEN " AND id < ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id DESC"
	                                     : COLUMNS " WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
	bind_int(&query, before ? before : INT64_MAX);
	bind_int(&query, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	return show_rows(&query, limit, visit, argument, fault);
}
