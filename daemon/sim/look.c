/* look: a reader's connection. */
#include "sim/sim.h"

#include "store/events/packed.h"

const char *const log_parts[LOG_PARTS] = {"memory:0", "memory:1", "spool:orders", "kafka:events:0"};

static void open_look(struct sim *sim)
{
	struct look *look = &sim->look;
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(sim->database, &look->database, flags, NULL) != SQLITE_OK ||
	    !packed_function(look->database, NULL, NULL))
		sim_fail(sim, "the database cannot be opened beside the daemon: %s", sqlite3_errmsg(look->database));
}

sqlite3_stmt *look_start(struct sim *sim, const char *sql)
{
	struct look *look = &sim->look;
	disk_look(sim->disk, true);
	if (!look->database)
		open_look(sim);
	for (size_t i = 0; i < look->count; i++)
		if (look->kept[i].sql == sql)
			return look->kept[i].statement;
	sqlite3_stmt *statement = NULL;
	if (look->count == sizeof look->kept / sizeof *look->kept ||
	    sqlite3_prepare_v2(look->database, sql, -1, &statement, NULL) != SQLITE_OK)
		sim_fail(sim, "the database cannot be read: %s: %s", sqlite3_errmsg(look->database), sql);
	else
		look->kept[look->count].sql = sql, look->kept[look->count++].statement = statement;
	return statement;
}

bool look_row(struct sim *sim, sqlite3_stmt *statement)
{
	int status = statement ? sqlite3_step(statement) : SQLITE_DONE;
	if (status == SQLITE_ROW)
		return true;
	if (status != SQLITE_DONE)
		sim_fail(sim, "the database cannot be read: %s", sqlite3_errmsg(sim->look.database));
	(void)sqlite3_reset(statement);
	disk_look(sim->disk, false);
	return false;
}

int64_t look_int(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

struct text look_text(sqlite3_stmt *statement, int column)
{
	const char *at = sqlite3_column_blob(statement, column);
	return (struct text){at, (size_t)sqlite3_column_bytes(statement, column)};
}

int64_t look_one(struct sim *sim, const char *sql)
{
	sqlite3_stmt *statement = look_start(sim, sql);
	int64_t value = look_row(sim, statement) ? look_int(statement, 0) : 0;
	(void)sqlite3_reset(statement);
	disk_look(sim->disk, false);
	return value;
}

/* Before the daemon closes its own: the last to close moves the log into the database. */
void look_close(struct sim *sim)
{
	struct look *look = &sim->look;
	disk_look(sim->disk, true);
	for (size_t i = 0; i < look->count; i++)
		(void)sqlite3_finalize(look->kept[i].statement);
	(void)sqlite3_close_v2(look->database);
	*look = (struct look){0};
	disk_look(sim->disk, false);
}

void look_close_pages(struct sim *sim)
{
	disk_look(sim->disk, true);
	store_close(sim->pages.store);
	event_parser_free(sim->pages.parser);
	sim->pages = (struct page_reader){0};
	disk_look(sim->disk, false);
}
