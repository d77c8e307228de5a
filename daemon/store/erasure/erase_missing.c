/* erase_missing: what was erased and is in the database again, as an older one was put back. */
#include "store/erasure/erasures.h"

#include "store/store_internal.h"

#include "base/log.h"

#include <stdlib.h>

#define BEFORE TEXT("erased before this database was put back")

/* Whose mark it is, can be told where the database still has the id; else it is noted as erased. */
static enum result begin_missing(struct store *store, struct text subject, const char *mark, instant at,
                                 struct text why, struct fault *fault)
{
	struct erasure_order order = {.subject = subject, .at = at, .audit_from = INSTANT_NONE, .reason = why};
	enum result result = erasure_begin_marked(store, &order, text_of(mark), fault);
	if (result == RESULT_OK && subject.length)
		erasures_count_again(store);
	return result;
}

/* Whether something came of the id after that erasure, in a database that knows another erasure of it: then that one
 * was not forgotten by an older database, and what came is news. */
static enum result has_news(struct store *store, uint32_t history, const char *mark, instant at, bool *news,
                            struct fault *fault)
{
	struct query query = query_start(store, "SELECT 1 FROM event WHERE id = ?1 AND arrived > ?2"
	                                        " AND EXISTS (SELECT 1 FROM erasure WHERE mark = ?3)");
	bind_int(&query, store->histories.items[history].last_event);
	bind_int(&query, at);
	bind_text(&query, text_of(mark));
	*news = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

/* Whether records stand that were to go by it, beside the news: what came since the erasure before it. */
static enum result has_remains(struct store *store, uint32_t history, const char *mark, instant at, bool *remains,
                               struct fault *fault)
{
	struct query query =
		query_start(store, "WITH RECURSIVE chain (id) AS (VALUES (?1) UNION ALL SELECT e.previous FROM chain"
	                           " JOIN event e ON e.id = chain.id WHERE e.previous > 0)"
	                           " SELECT 1 FROM chain JOIN event e ON e.id = chain.id WHERE e.arrived <= ?2"
	                           " AND e.arrived > coalesce((SELECT max(at) FROM erasure WHERE mark = ?3), 0)");
	bind_int(&query, store->histories.items[history].last_event);
	bind_int(&query, at);
	bind_text(&query, text_of(mark));
	*remains = query_row(&query);
	return query_end(&query, RESULT_OK, fault);
}

/* Nothing of one child can go by halves, and news is not thrown away: somebody has to say which. */
static enum result begin_beside_news(struct store *store, uint32_t history, const char *mark, instant at,
                                     struct fault *fault)
{
	bool remains = false;
	enum result result = has_remains(store, history, mark, at, &remains, fault);
	if (result != RESULT_OK || !remains)
		return result == RESULT_OK ? begin_missing(store, TEXT_NONE, mark, at, BEFORE, fault) : result;
	log_error("an erasure before this database was put back is not done again: records came since of the same "
	          "child. Look for it in casewatch erase --list, and order it anew if all of them are to go");
	return begin_missing(store, TEXT_NONE, mark, at,
	                     TEXT("NOT erased again: news came since, and records of before stand beside it; erase "
	                          "anew if all are to go"),
	                     fault);
}

static enum result begin_of(struct store *store, uint32_t history, struct text subject, const char *mark, instant at,
                            struct fault *fault)
{
	bool news = false;
	enum result result = has_news(store, history, mark, at, &news, fault);
	if (result == RESULT_OK && news)
		return begin_beside_news(store, history, mark, at, fault);
	return result == RESULT_OK ? begin_missing(store, subject, mark, at, BEFORE, fault) : result;
}

/* Each id is looked at once, however many are missing. */
static enum result begin_found(struct store *store, const struct map *missing, bool *found, struct fault *fault)
{
	struct buffer hex = {0}, subject = {0};
	enum result result = RESULT_OK;
	for (uint32_t i = 1; i < store->histories.count && result == RESULT_OK; i++) {
		const char *mark;
		instant at;
		if (!store->histories.items[i].length)
			continue;
		buffer_clear(&hex);
		buffer_clear(&subject);
		buffer_text(&subject, history_text(&store->histories.items[i])); /* its own place is overwritten */
		erasures_mark(store, buffer_view(&subject), &hex);
		struct map_walk walk = map_walk(missing, text_fingerprint(buffer_view(&hex), 1));
		for (uint32_t which; result == RESULT_OK && (which = map_next(&walk)) != MAP_NONE;)
			if (!found[which] && erasures_missing(store, which, &mark, &at) &&
			    strcmp(mark, buffer_cstr(&hex)) == 0) {
				found[which] = true;
				result = begin_of(store, i, buffer_view(&subject), mark, at, fault);
			}
	}
	buffer_free(&hex);
	buffer_free(&subject);
	return result;
}

enum result erasures_begin_missing(struct store *store, struct fault *fault)
{
	struct map missing = {0};
	uint32_t count = 0;
	const char *mark;
	instant at;
	for (; erasures_missing(store, count, &mark, &at); count++)
		map_add(&missing, text_fingerprint(text_of(mark), 1), count);
	if (!count)
		return RESULT_OK;
	bool *found = mem_zero(count, sizeof *found);
	enum result result = begin_found(store, &missing, found, fault);
	for (uint32_t i = 0; i < count && result == RESULT_OK; i++)
		if (!found[i] && erasures_missing(store, i, &mark, &at))
			result = begin_missing(store, TEXT_NONE, mark, at, BEFORE, fault);
	free(found);
	map_free(&missing);
	return result;
}
