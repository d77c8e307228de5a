/* outbox_times: what waits is made to wait longer or shorter; how long it has waited; and who was told since. */
#include "store/store_internal.h"

/* Numbers in the words, since a value that is bound and stands in the condition of a partial index as a number has
 * SQLite prepare the statement anew each time it is asked. */
_Static_assert(OUTBOX_LIST == 4 && OUTBOX_RETRY == 4 && OUTBOX_GIVEN == 7, "as in the statements");

enum result outbox_list_is_read(struct store *store, struct text reply, struct text person, instant now,
                                struct fault *fault)
{
	struct query query = query_settled(store, "UPDATE outbox SET not_before = ?1 WHERE open = 1 AND critical = 0"
	                                          " AND kind = 4 AND state = 4 AND not_before > ?1 AND reply = ?2"
	                                          " AND (?3 = '' OR person = ?3)"); /* OUTBOX_LIST, OUTBOX_RETRY */
	bind_int(&query, now);
	bind_text(&query, reply);
	bind_text(&query, person);
	return query_run(&query, fault);
}

enum result outbox_deadline(struct store *store, int64_t id, instant deadline, struct fault *fault)
{
	struct query query = query_start(store, "UPDATE outbox SET deadline = ? WHERE id = ?");
	bind_int(&query, deadline);
	bind_int(&query, id);
	return query_run(&query, fault);
}

enum result outbox_set_back(struct store *store, instant now, instant longest, struct fault *fault)
{
	struct query query = query_settled(store, "UPDATE outbox SET not_before = ?1 WHERE open = 1 AND not_before > ?1"
	                                          " AND (created > ?1 OR (state IN (4, 6, 7) AND not_before > ?2))");
	bind_int(&query, now);
	bind_int(&query, now + longest);
	return query_run(&query, fault);
}

enum result outbox_shift(struct store *store, instant now, instant by, instant gathering, struct fault *fault)
{
	struct query query =
		query_settled(store, "UPDATE outbox SET not_before = not_before + ?1 WHERE open = 1 AND"
	                             " (state IN (4, 6, 7) OR (state = 0 AND"
	                             " (message_id <> '' OR not_before - created <= ?3))) AND not_before > ?2");
	bind_int(&query, by);
	bind_int(&query, now);
	bind_int(&query, gathering);
	return query_run(&query, fault);
}

enum result outbox_hasten(struct store *store, instant now, struct fault *fault)
{
	struct query query = query_settled(store, "UPDATE outbox SET not_before = ?1 WHERE open = 1 AND state = 4"
	                                          " AND not_before > ?1");
	bind_int(&query, now);
	return query_run(&query, fault);
}

enum result outbox_release(struct store *store, instant now, instant most, struct fault *fault)
{
	struct query query =
		query_settled(store, "UPDATE outbox SET not_before = ?1 WHERE open = 1 AND state IN (0, 4, 6)"
	                             " AND not_before > ?1 AND not_before <= ?2");
	bind_int(&query, now);
	bind_int(&query, now + most);
	return query_run(&query, fault);
}

enum result outbox_late(struct store *store, instant before, int64_t *count, struct fault *fault)
{
	struct query query =
		query_settled(store, "SELECT count(*) FROM outbox WHERE open = 1 AND state <> 1 AND not_before < ?");
	bind_int(&query, before);
	*count = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

/* What is tried again and again is due in some seconds each time; what waits for a morning in hours. */
enum result outbox_late_critical(struct store *store, instant before, instant soon, int64_t *count, struct fault *fault)
{
	struct query query = query_settled(store, "SELECT count(*) FROM outbox WHERE open = 1 AND critical = 1"
	                                          " AND state <> 7" /* OUTBOX_GIVEN */
	                                          " AND created < ? AND not_before < ?");
	bind_int(&query, before);
	bind_int(&query, soon);
	*count = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

enum result outbox_accepted_since(struct store *store, instant since, int64_t *count, struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*) FROM outbox WHERE sent > 0 AND sent > ?");
	bind_int(&query, since);
	*count = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}

enum result outbox_told_people(struct store *store, instant since, outbox_person_visit *visit, void *argument,
                               struct fault *fault)
{
	static const char sql[] = "SELECT person, min(role) FROM ("
				  "SELECT person, role FROM outbox WHERE sent > 0 AND sent > ? AND number > 0"
				  " UNION SELECT o.person, o.role FROM alert a JOIN outbox o ON o.number = a.number"
				  " WHERE a.state = 0 AND a.early = 0 AND a.shadow = 0 AND o.number > 0)"
				  " WHERE person <> '' GROUP BY person ORDER BY person";
	struct query query = query_start(store, sql);
	enum result result = RESULT_OK;
	bind_int(&query, since);
	while (result == RESULT_OK && query_row(&query))
		result = visit(argument, row_text(&query, 0), row_text(&query, 1), fault);
	return query_end(&query, result, fault);
}
