/* registers_feed: a table for SQLite of which each row is asked for when the one before it was looked at: so one
 * statement finds events that are known only by those before them. A statement for each would be begun and ended for
 * each, which is more than the finding. */
#include "store/registers/registers_internal.h"

#define FEED "register_feed" /* the table, and the kind of the pointer that it is given */

struct feed_cursor {
	sqlite3_vtab_cursor base;
	struct register_feed *feed;
};

static int feed_connect(sqlite3 *database, void *none, int count, const char *const *words, sqlite3_vtab **out,
                        char **error)
{
	(void)none, (void)count, (void)words, (void)error;
	int status = sqlite3_declare_vtab(database, "CREATE TABLE x (ref INTEGER, feed HIDDEN)");
	*out = status == SQLITE_OK ? sqlite3_malloc64(sizeof **out) : NULL;
	if (*out)
		**out = (sqlite3_vtab){0};
	return status == SQLITE_OK && !*out ? SQLITE_NOMEM : status;
}

static int feed_disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

/* It is read one way alone: of the pointer. */
static int feed_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != 1 || !info->aConstraint[i].usable ||
		    info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	(void)table;
	struct feed_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
	if (!cursor)
		return SQLITE_NOMEM;
	*cursor = (struct feed_cursor){0};
	*out = &cursor->base;
	return SQLITE_OK;
}

static int feed_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int feed_next(sqlite3_vtab_cursor *cursor)
{
	struct register_feed *feed = ((struct feed_cursor *)cursor)->feed;
	feed->ref = feed->reader->next(feed->reader->argument);
	return SQLITE_OK;
}

static int feed_filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int count, sqlite3_value **values)
{
	(void)plan, (void)name;
	struct register_feed *feed = count == 1 ? sqlite3_value_pointer(values[0], FEED) : NULL;
	((struct feed_cursor *)cursor)->feed = feed;
	return feed ? feed_next(cursor) : SQLITE_MISUSE;
}

static int feed_over(sqlite3_vtab_cursor *cursor)
{
	return ((struct feed_cursor *)cursor)->feed->ref == 0;
}

static int feed_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
	if (column == 0)
		sqlite3_result_int64(context, ((struct feed_cursor *)cursor)->feed->ref);
	return SQLITE_OK;
}

static int feed_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *number)
{
	*number = ((struct feed_cursor *)cursor)->feed->ref;
	return SQLITE_OK;
}

static const sqlite3_module feed_module = {
	.iVersion = 1,
	.xConnect = feed_connect,
	.xBestIndex = feed_plan,
	.xDisconnect = feed_disconnect,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = feed_filter,
	.xNext = feed_next,
	.xEof = feed_over,
	.xColumn = feed_column,
	.xRowid = feed_rowid,
};

enum result register_feed_made(struct register_tables *tables, struct fault *fault)
{
	struct store *store = tables->store;
	if (store->has_register_feed)
		return RESULT_OK;
	int status = sqlite3_create_module_v2(store->database, FEED, &feed_module, NULL, NULL);
	store->has_register_feed = status == SQLITE_OK;
	return status == SQLITE_OK ? RESULT_OK : store_failed(store, status, fault);
}

void register_feed_bind(struct query *query, struct register_feed *feed)
{
	if (query->status == SQLITE_OK)
		query->status = sqlite3_bind_pointer(query->statement->prepared, ++query->bound, feed, FEED, NULL);
}
