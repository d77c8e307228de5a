/* texts: the texts to each phone within the last hour. */
#include "store/outbox/texts.h"

#include "store/store_internal.h"

/* What lies more than an hour ahead was written by a clock that was wrong: it must not count for ever. */
enum result texts_count(struct store *store, struct text phone, instant now, uint64_t print, int64_t *all,
                        int64_t *same, struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*), coalesce(sum(print = ?4), 0) FROM text_sent"
	                                        " WHERE phone = ?1 AND at > ?2 AND at <= ?3");
	bind_text(&query, phone);
	bind_int(&query, now - TEXTS_WINDOW);
	bind_int(&query, now + TEXTS_WINDOW);
	bind_int(&query, (int64_t)print);
	*all = *same = 0;
	if (query_row(&query)) {
		*all = row_int(&query, 0);
		*same = row_int(&query, 1);
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result texts_last(struct store *store, struct text phone, instant now, int most, instant *until,
                       struct fault *fault)
{
	struct query query = query_start(store, "SELECT count(*), coalesce(min(at), ?2) FROM text_sent"
	                                        " WHERE phone = ?1 AND at > ?3 AND at <= ?4");
	bind_text(&query, phone);
	bind_int(&query, now);
	bind_int(&query, now - TEXTS_WINDOW);
	bind_int(&query, now + TEXTS_WINDOW);
	*until = 0;
	if (query_row(&query) && row_int(&query, 0) == most - 1)
		*until = row_int(&query, 1) + TEXTS_WINDOW;
	return query_end(&query, RESULT_OK, fault);
}

enum result texts_add(struct store *store, struct text phone, instant now, int64_t row, int attempt, uint64_t print,
                      struct fault *fault)
{
	struct query old = query_start(store, "DELETE FROM text_sent WHERE phone = ?1 AND (at <= ?2 OR at > ?3)");
	bind_text(&old, phone);
	bind_int(&old, now - TEXTS_WINDOW);
	bind_int(&old, now + TEXTS_WINDOW);
	enum result result = query_run(&old, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "INSERT OR REPLACE INTO text_sent (phone, at, row, attempt, print)"
	                                        " VALUES (?, ?, ?, ?, ?)");
	bind_text(&query, phone);
	bind_int(&query, now);
	bind_int(&query, row);
	bind_int(&query, attempt);
	bind_int(&query, (int64_t)print);
	return query_run(&query, fault);
}

enum result texts_take_back(struct store *store, int64_t row, int attempt, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM text_sent WHERE row = ? AND attempt = ?");
	bind_int(&query, row);
	bind_int(&query, attempt);
	return query_run(&query, fault);
}
