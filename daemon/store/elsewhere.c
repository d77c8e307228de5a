/* elsewhere: what the journal says of rows that are not here yet, and the log of those that were given up. */
#include "store/elsewhere.h"

#include "store/store_internal.h"

#define GIVEN_UP 2 /* in `taken`: 0 perhaps, 1 taken */

enum result elsewhere_note(struct store *store, const struct outbox_same *row, const struct elsewhere *elsewhere,
                           instant now, struct fault *fault)
{
	struct query query = query_start(store, "INSERT INTO elsewhere (same, message, taken, at) VALUES (?, ?, ?, ?)"
	                                        " ON CONFLICT (same) DO UPDATE SET taken = max(taken, excluded.taken),"
	                                        " at = CASE WHEN taken THEN at ELSE excluded.at END");
	bind_blob(&query, row->at, sizeof row->at);
	bind_blob(&query, elsewhere->message.at, sizeof elsewhere->message.at);
	bind_int(&query, elsewhere->taken);
	bind_int(&query, elsewhere->at == INSTANT_NONE || elsewhere->at > now ? now : elsewhere->at);
	return query_run(&query, fault);
}

static enum result forget_one(struct store *store, const struct outbox_same *row, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM elsewhere WHERE same = ?");
	bind_blob(&query, row->at, sizeof row->at);
	return query_run(&query, fault);
}

enum result elsewhere_take(struct store *store, const struct outbox_same *row, struct elsewhere *elsewhere, bool *found,
                           struct fault *fault)
{
	struct query query = query_start(store, "SELECT taken, message, at FROM elsewhere WHERE same = ?");
	*elsewhere = (struct elsewhere){.taken = false};
	bind_blob(&query, row->at, sizeof row->at);
	*found = query_row(&query);
	if (*found) {
		struct text message = row_blob(&query, 1);
		elsewhere->taken = row_int(&query, 0) != 0;
		elsewhere->at = row_int(&query, 2);
		if (message.length == sizeof elsewhere->message.at)
			memcpy(elsewhere->message.at, message.at, sizeof elsewhere->message.at);
	}
	enum result result = query_end(&query, RESULT_OK, fault);
	return result == RESULT_OK && *found ? forget_one(store, row, fault) : result;
}

/* Beside what the journal may say of the row: under a key of its own. */
static struct outbox_same key_of(const struct outbox_same *row)
{
	struct outbox_same key = *row;
	key.at[0] = (unsigned char)~key.at[0];
	return key;
}

enum result elsewhere_give_up(struct store *store, const struct outbox_same *row, instant now, struct fault *fault)
{
	struct outbox_same key = key_of(row);
	struct query query = query_start(store, "INSERT INTO elsewhere (same, message, taken, at) VALUES (?, x'', ?, ?)"
	                                        " ON CONFLICT (same) DO NOTHING");
	bind_blob(&query, key.at, sizeof key.at);
	bind_int(&query, GIVEN_UP);
	bind_int(&query, now);
	return query_run(&query, fault);
}

enum result elsewhere_give_up_old(struct store *store, instant now, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query = query_start(
		store, "SELECT same FROM outbox WHERE state = 5 AND same <> x''"
		       " AND reply NOT LIKE '" OUTBOX_NOT_SENT "%'"
		       " AND purpose IN ('opened', 'escalated', 'asked-again', 'passed-on')");
	while (result == RESULT_OK && query_row(&query)) {
		struct outbox_same same;
		struct text name = row_blob(&query, 0);
		if (name.length != sizeof same.at)
			continue;
		memcpy(same.at, name.at, sizeof same.at);
		result = elsewhere_give_up(store, &same, now, fault);
	}
	return query_end(&query, result, fault);
}

enum result elsewhere_given_up(struct store *store, const struct outbox_same *row, bool *given_up, struct fault *fault)
{
	struct outbox_same key = key_of(row);
	struct query query = query_start(store, "SELECT 1 FROM elsewhere WHERE same = ? AND taken = ?");
	bind_blob(&query, key.at, sizeof key.at);
	bind_int(&query, GIVEN_UP);
	*given_up = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

enum result elsewhere_waits_not(struct store *store, const struct outbox_row *row, bool by_log, bool *given_up,
                                struct fault *fault)
{
	const struct text dropped = TEXT(OUTBOX_NOT_SENT);
	bool need_not_go = row->reply.length > dropped.length && !memcmp(row->reply.at, dropped.at, dropped.length);
	*given_up = row->state == OUTBOX_FAILED;
	if (!by_log || !outbox_same_known(&row->same) || (*given_up && need_not_go))
		return RESULT_OK;
	return elsewhere_given_up(store, &row->same, given_up, fault);
}

enum result elsewhere_any(struct store *store, instant since, bool *any, struct fault *fault)
{
	struct query query = query_start(store, "SELECT 1 FROM elsewhere WHERE at >= ? AND taken < ? LIMIT 1");
	bind_int(&query, since);
	bind_int(&query, GIVEN_UP);
	*any = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

enum result elsewhere_forget(struct store *store, instant now, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM elsewhere WHERE at < ? AND taken < ?");
	bind_int(&query, now - ELSEWHERE_KEPT);
	bind_int(&query, GIVEN_UP);
	return query_run(&query, fault);
}
