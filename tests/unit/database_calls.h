/* database_calls: beside the statements (statements.h) the calls of SQLite that are none: opening, preparing, what is
 * run at once, a portion of a backup. One of them fails, and did nothing.
 *
 * The linker puts it there (-Wl,--wrap=..., DATABASE_CALLS in the Makefile). Of a test of one thread alone. */
#ifndef CASEWATCH_TESTS_DATABASE_CALLS_H
#define CASEWATCH_TESTS_DATABASE_CALLS_H

#include "statements.h"

static struct {
	uint64_t done, fails_at;
	const char *words; /* the first with these fails; NULL: none does for its words */
} database_calls = {.fails_at = NEVER_FAILS};

static inline void call_fails_at(uint64_t number)
{
	fail_at(NEVER_FAILS);
	database_calls.done = 0;
	database_calls.fails_at = number;
}

/* One statement or call of the kind, the first that comes. */
static inline void kind_fails(const struct statement_kind *kind)
{
	call_fails_at(NEVER_FAILS);
	*(kind->is_call ? &database_calls.words : &statements.words) = kind->words;
}

static inline void no_kind_fails(void)
{
	database_calls.words = statements.words = NULL;
	kinds.learns = false;
}

static bool call_fails(const char *what)
{
	bool named = database_calls.words && strstr(what, database_calls.words);
	if (kinds.learns)
		(void)kind_seen(what, true);
	if (database_calls.done++ != database_calls.fails_at && !named)
		return false;
	database_calls.words = NULL;
	statements.struck = true;
	(void)snprintf(statements.sql, sizeof statements.sql, "%s", what);
	return true;
}

int __real_sqlite3_exec(sqlite3 *database, const char *sql, int (*row)(void *, int, char **, char **), void *argument,
                        char **why);
int __wrap_sqlite3_exec(sqlite3 *database, const char *sql, int (*row)(void *, int, char **, char **), void *argument,
                        char **why);
int __real_sqlite3_prepare_v2(sqlite3 *database, const char *sql, int length, sqlite3_stmt **statement,
                              const char **rest);
int __wrap_sqlite3_prepare_v2(sqlite3 *database, const char *sql, int length, sqlite3_stmt **statement,
                              const char **rest);
int __real_sqlite3_prepare_v3(sqlite3 *database, const char *sql, int length, unsigned flags, sqlite3_stmt **statement,
                              const char **rest);
int __wrap_sqlite3_prepare_v3(sqlite3 *database, const char *sql, int length, unsigned flags, sqlite3_stmt **statement,
                              const char **rest);
int __real_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs);
int __real_sqlite3_backup_step(sqlite3_backup *backup, int pages);
int __wrap_sqlite3_backup_step(sqlite3_backup *backup, int pages);

/* What undoes is not made to fail: who asks for it has failed already. */
int __wrap_sqlite3_exec(sqlite3 *database, const char *sql, int (*row)(void *, int, char **, char **), void *argument,
                        char **why)
{
	if (strcmp(sql, "ROLLBACK") != 0 && call_fails(sql))
		return SQLITE_IOERR_READ;
	return __real_sqlite3_exec(database, sql, row, argument, why);
}

int __wrap_sqlite3_prepare_v2(sqlite3 *database, const char *sql, int length, sqlite3_stmt **statement,
                              const char **rest)
{
	*statement = NULL;
	return call_fails(sql) ? SQLITE_IOERR_READ
	                       : __real_sqlite3_prepare_v2(database, sql, length, statement, rest);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *database, const char *sql, int length, unsigned flags, sqlite3_stmt **statement,
                              const char **rest)
{
	*statement = NULL;
	return call_fails(sql) ? SQLITE_IOERR_READ
	                       : __real_sqlite3_prepare_v3(database, sql, length, flags, statement, rest);
}

/* As where there is no descriptor left. */
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *vfs)
{
	*database = NULL;
	return call_fails(path) ? SQLITE_CANTOPEN : __real_sqlite3_open_v2(path, database, flags, vfs);
}

int __wrap_sqlite3_backup_step(sqlite3_backup *backup, int pages)
{
	return call_fails("a portion of a backup") ? SQLITE_FULL : __real_sqlite3_backup_step(backup, pages);
}

#endif
