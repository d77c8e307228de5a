/* soundness: every page of every table, read to see whether it still is what SQLite wrote. Damage in a table that is
 * rarely touched would otherwise be found on the day it is needed. */
#include "store/events/packed.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Names are read first: a table that is checked for minutes should not keep the list of them open. */
static enum result read_names(struct store *store, struct buffer *names, struct fault *fault)
{
	struct query query = query_start(store, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
	                                        " ORDER BY name");
	while (query_row(&query)) {
		buffer_text(names, row_text(&query, 0));
		buffer_char(names, '\0');
	}
	return query_end(&query, RESULT_OK, fault);
}

static void note(struct store_damage *damage, const char *table, const char *what)
{
	(void)snprintf(damage->table, sizeof damage->table, "%s", table);
	(void)snprintf(damage->what, sizeof damage->what, "%s", what);
}

/* Its own errors are findings, too: a page that cannot be read is damaged for whoever needs it. */
static enum result check_table(struct store *store, const char *table, struct store_damage *damage, struct fault *fault)
{
	char *sql = sqlite3_mprintf("PRAGMA quick_check(%Q)", table);
	sqlite3_stmt *statement = NULL;
	int status = sql ? sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	enum result result = RESULT_OK;
	int basic = status & 0xff;
	if (status == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		note(damage, table, (const char *)sqlite3_column_text(statement, 0));
	else if (basic == SQLITE_CORRUPT || basic == SQLITE_NOTADB || basic == SQLITE_IOERR)
		note(damage, table, sqlite3_errmsg(store->database));
	else if (status == SQLITE_INTERRUPT)
		result = fault_set(fault, RESULT_TEMPORARY, "looking at %s was broken off", store->path);
	else if (status != SQLITE_ROW)
		result = store_failed(store, status, fault);
	(void)sqlite3_finalize(statement);
	return result;
}

enum result store_sound(struct store *store, struct store_damage *damage, struct fault *fault)
{
	struct buffer names = {0};
	*damage = (struct store_damage){.table = ""};
	enum result result = read_names(store, &names, fault);
	size_t at = 0;
	while (result == RESULT_OK && at < names.length && !damage->table[0]) {
		result = check_table(store, names.at + at, damage, fault);
		at += strlen(names.at + at) + 1;
	}
	buffer_free(&names);
	return result;
}

enum result store_sound_events(struct store *store, struct packed_damage *damage, struct fault *fault)
{
	return packed_sound(store->database, damage, fault);
}

void store_interrupt(struct store *store)
{
	sqlite3_interrupt(store->database);
}
