/* statements: stands between what is tested and sqlite3_step, and has one statement fail.
 *
 * The linker puts it there (-Wl,--wrap=sqlite3_step), so that a statement fails too where what it wants is in a cache,
 * and no disk would have been asked. Of a test of one thread alone. */
#ifndef CASEWATCH_TESTS_STATEMENTS_H
#define CASEWATCH_TESTS_STATEMENTS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rounds.h"

#define NEVER_FAILS UINT64_MAX

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static struct {
	uint64_t done, fails_at;
	const char *words; /* the first statement with these fails; NULL: none does for its words */
	unsigned spared;   /* so many of them do not */
	bool struck;
	char sql[120]; /* how the statement that failed begins */
	int says;      /* SQLite's word for it */
} statements = {.fails_at = NEVER_FAILS, .says = SQLITE_IOERR_READ};

/* Statements of one kind differ in names, numbers and how many columns there are: where a walk takes too long, one of
 * each fails. While it learns, the first of each is kept; or it fails. */
#define KINDS_MOST 500
static struct {
	bool learns, fail;
	uint64_t within; /* the same statement within other work is another kind */
	size_t count;
	struct statement_kind {
		uint64_t print;
		bool is_call; /* see database_calls.h */
		char words[400];
	} items[KINDS_MOST];
} kinds;

static uint64_t kind_of(const char *sql, bool is_call)
{
	uint64_t print = kinds.within + is_call;
	for (bool quoted = false; *sql; sql++) {
		quoted = quoted != (*sql == '"');
		if (!quoted && !strchr("\"?, 0123456789", *sql))
			print = (print ^ (unsigned char)*sql) * 0x100000001b3u;
	}
	return print;
}

/* Whether it is a new one. */
static bool kind_seen(const char *sql, bool is_call)
{
	uint64_t print = kind_of(sql, is_call);
	for (size_t i = 0; i < kinds.count; i++)
		if (kinds.items[i].print == print)
			return false;
	if (kinds.count == KINDS_MOST)
		abort();
	struct statement_kind *kind = &kinds.items[kinds.count++];
	kind->print = print;
	kind->is_call = is_call;
	(void)snprintf(kind->words, sizeof kind->words, "%s", sql);
	return true;
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	bool fresh = (kinds.learns || kinds.fail) && kind_seen(sqlite3_sql(statement), false);
	bool named = statements.words && strstr(sqlite3_sql(statement), statements.words);
	if (named && statements.spared) {
		statements.spared--;
		named = false;
	}
	if (statements.done++ != statements.fails_at && !named && !(fresh && kinds.fail))
		return __real_sqlite3_step(statement);
	statements.words = NULL;
	statements.struck = true;
	(void)snprintf(statements.sql, sizeof statements.sql, "%s", sqlite3_sql(statement));
	return statements.says;
}

/* Every statement in turn costs minutes: each run tries one in `every`, other ones in each story; with the variable
 * EVERY_STATEMENT in the environment all of them. With sanitizers or Valgrind one of eight of those. */
static inline uint64_t statements_apart(uint64_t every)
{
	return getenv("EVERY_STATEMENT") ? 1 : (uint64_t)rounds_of(1, 8) * every;
}

/* The one after so many others; NEVER_FAILS: none. */
static inline void fail_at(uint64_t number)
{
	statements.done = 0;
	statements.fails_at = number;
	statements.struck = false;
}

#endif
