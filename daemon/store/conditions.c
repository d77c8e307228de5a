/* conditions: reading and writing the rows of what is wrong. */
#include "store/conditions.h"

#include "store/store_internal.h"

#define COLUMNS                                                                                                        \
	"SELECT id, key, since, seen, ended, count, told, told_count, digest, digest_count, title, meaning, about, "   \
	"lasting FROM condition"

static struct condition read_row(const struct query *query)
{
	return (struct condition){
		.id = row_text(query, 0),
		.key = row_text(query, 1),
		.since = row_int(query, 2),
		.seen = row_int(query, 3),
		.ended = row_int(query, 4),
		.count = row_int(query, 5),
		.told = row_int(query, 6),
		.told_count = row_int(query, 7),
		.digest = row_int(query, 8),
		.digest_count = row_int(query, 9),
		.title = row_text(query, 10),
		.meaning = row_text(query, 11),
		.about = row_text(query, 12),
		.lasting = row_int(query, 13),
	};
}

enum result conditions_get(struct store *store, struct text id, struct text key, struct arena *arena,
                           struct condition *condition, bool *found, struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE id = ? AND key = ?");
	bind_text(&query, id);
	bind_text(&query, key);
	*found = query_row(&query);
	if (*found) {
		*condition = read_row(&query);
		struct text *const texts[] = {&condition->id, &condition->key, &condition->title, &condition->meaning,
		                              &condition->about};
		for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
			*texts[i] = text_keep(arena, *texts[i]);
	}
	return query_end(&query, RESULT_OK, fault);
}

enum result conditions_put(struct store *store, const struct condition *condition, struct fault *fault)
{
	struct query query = query_start(
		store, "INSERT OR REPLACE INTO condition (id, key, since, seen, ended, count, told, told_count,"
		       " digest, digest_count, title, meaning, about, lasting)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	bind_text(&query, condition->id);
	bind_text(&query, condition->key);
	bind_int(&query, condition->since);
	bind_int(&query, condition->seen);
	bind_int(&query, condition->ended);
	bind_int(&query, condition->count);
	bind_int(&query, condition->told);
	bind_int(&query, condition->told_count);
	bind_int(&query, condition->digest);
	bind_int(&query, condition->digest_count);
	bind_text(&query, condition->title);
	bind_text(&query, condition->meaning);
	bind_text(&query, condition->about);
	bind_int(&query, condition->lasting);
	return query_run(&query, fault);
}

enum result conditions_remove(struct store *store, struct text id, struct text key, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM condition WHERE id = ? AND key = ?");
	bind_text(&query, id);
	bind_text(&query, key);
	return query_run(&query, fault);
}

enum result conditions_remove_lasting(struct store *store, int64_t lasting, struct fault *fault)
{
	struct query query = query_start(store, "DELETE FROM condition WHERE lasting = ?");
	bind_int(&query, lasting);
	return query_run(&query, fault);
}

enum result conditions_digested(struct store *store, instant now, struct fault *fault)
{
	struct query ended = query_start(store, "DELETE FROM condition WHERE ended <> ?");
	bind_int(&ended, INSTANT_NEVER);
	enum result result = query_run(&ended, fault);
	if (result != RESULT_OK)
		return result;
	struct query told = query_start(store, "UPDATE condition SET digest = ?, digest_count = count");
	bind_int(&told, now);
	return query_run(&told, fault);
}

static enum result show(struct query *query, conditions_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query)) {
		struct condition condition = read_row(query);
		result = visit(argument, &condition, fault);
	}
	return query_end(query, result, fault);
}

enum result conditions_each(struct store *store, conditions_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " ORDER BY ended DESC, since, id, key");
	return show(&query, visit, argument, fault);
}

enum result conditions_each_of(struct store *store, struct text id, conditions_visit *visit, void *argument,
                               struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE id = ? ORDER BY ended DESC, since, id, key");
	bind_text(&query, id);
	return show(&query, visit, argument, fault);
}

enum result conditions_told_after(struct store *store, struct text id, instant since, int64_t *count,
                                  struct fault *fault)
{
	struct query query = query_start(
		store, "SELECT count(*) FROM (SELECT 1 FROM condition WHERE id = ? AND told > ? LIMIT 100)");
	bind_text(&query, id);
	bind_int(&query, since);
	*count = query_row(&query) ? row_int(&query, 0) : 0;
	return query_end(&query, RESULT_OK, fault);
}
