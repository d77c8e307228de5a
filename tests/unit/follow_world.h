/* An original and its copy, for the tests of following: what is written, shipped, taken, and compared row by row. */
#ifndef CASEWATCH_TESTS_FOLLOW_WORLD_H
#define CASEWATCH_TESTS_FOLLOW_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/changes.h"
#include "store/copies/backup.h"
#include "store/copies/follow_internal.h"

static char folder[64], original_path[96], copy_path[96];
static struct store *original;
static struct fault fault;
static struct buffer shipped_bytes;

#define NOW ((instant)1770000000 * SECOND)

static inline void must(enum result result)
{
	if (result != RESULT_OK)
		fail_msg("%s", fault.text);
}

static inline void write_sql(const char *sql)
{
	must(store_begin(original, &fault));
	must(store_execute(original, sql, &fault));
	must(store_commit(original, &fault));
}

static inline int set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/casewatch-follow-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(original_path, sizeof original_path, "%s/original.db", folder);
	(void)snprintf(copy_path, sizeof copy_path, "%s/copy.db", folder);
	must(store_open(original_path, STORE_WRITE, &original, &fault));
	must(changes_keep(original, true, &fault));
	return 0;
}

static inline int tear_down(void **state)
{
	char command[96];
	(void)state;
	store_close(original);
	original = NULL;
	buffer_free(&shipped_bytes);
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

/* ---- shipping, and taking ---- */

static inline enum result gather(void *argument, struct text bytes, struct fault *why)
{
	(void)why;
	buffer_text(argument, bytes);
	return RESULT_OK;
}

/* Into shipped_bytes. */
static inline struct follow_shipped ship_from(const struct follow_place *place)
{
	struct follow_shipped shipped;
	struct store *reader;
	buffer_clear(&shipped_bytes);
	must(store_open(original_path, STORE_READ, &reader, &fault));
	must(follow_ship(reader, place, true, NOW, gather, &shipped_bytes, &shipped, &fault));
	store_close(reader);
	return shipped;
}

/* Of the bytes so many; *moment: INSTANT_NONE: none was whole. */
static inline enum result take(struct follow_copy *copy, size_t most, instant *moment)
{
	const char *at = shipped_bytes.at, *end = shipped_bytes.at + most;
	enum result result = RESULT_OK;
	*moment = INSTANT_NONE;
	while (result == RESULT_OK && end - at >= FOLLOW_HEAD) {
		const unsigned char *head = (const unsigned char *)at;
		size_t length = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;
		if ((size_t)(end - at) < FOLLOW_HEAD + length)
			break;
		result = follow_copy_take(copy, *at, (struct text){at + FOLLOW_HEAD, length}, moment, &fault);
		at += FOLLOW_HEAD + length;
	}
	return result;
}

static inline struct follow_shipped follow_once(void)
{
	struct follow_copy *copy;
	struct follow_place place;
	instant moment;
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_place(copy, &place, &fault));
	struct follow_shipped shipped = ship_from(&place);
	must(take(copy, shipped_bytes.length, &moment));
	assert_int_equal(moment, NOW);
	must(follow_copy_place(copy, &place, &fault));
	assert_int_equal(place.number, shipped.number);
	follow_copy_close(copy);
	return shipped;
}

/* ---- row by row ---- */

static sqlite3 *both;

static inline int64_t ask_both(const char *sql)
{
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_prepare_v2(both, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t answer = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return answer;
}

static inline enum result compare_table(void *argument, struct store *store, const struct followed *table,
                                        struct fault *why)
{
	char sql[512];
	size_t *tables = argument;
	(void)store;
	(void)why;
	(void)snprintf(sql, sizeof sql,
	               "SELECT count(*) FROM (SELECT * FROM main.\"%s\" EXCEPT SELECT * FROM copy.\"%s\")", table->name,
	               table->name);
	if (ask_both(sql))
		fail_msg("the copy lacks rows of %s", table->name);
	(void)snprintf(sql, sizeof sql,
	               "SELECT (SELECT count(*) FROM main.\"%s\") - (SELECT count(*) FROM copy.\"%s\")", table->name,
	               table->name);
	if (ask_both(sql))
		fail_msg("the copy has other rows of %s", table->name);
	++*tables;
	return RESULT_OK;
}

static inline void assert_that_the_copy_is_the_original(void)
{
	char sql[160];
	size_t tables = 0;
	assert_int_equal(sqlite3_open(original_path, &both), SQLITE_OK);
	(void)snprintf(sql, sizeof sql, "ATTACH '%s' AS copy", copy_path);
	assert_int_equal(sqlite3_exec(both, sql, NULL, NULL, NULL), SQLITE_OK);
	must(followed_each(original, compare_table, &tables, &fault));
	assert_true(tables > 20);
	assert_int_equal(sqlite3_close(both), SQLITE_OK);
}

/* ---- what is written ---- */

static const char *const writes[] = {
	"INSERT INTO history (domain, name) VALUES (0, 'C1')",
	"INSERT INTO event (history, previous, type, time, arrived, flags, bytes) VALUES (1, 0, 0, 5, 6, 1, x'00ff00')",
	"INSERT OR IGNORE INTO event_party (history, event) SELECT 1, coalesce(max(id), 1) FROM event",
	"INSERT OR REPLACE INTO meta (name, value) VALUES ('a', hex(randomblob(8)))",
	"INSERT OR REPLACE INTO event_index (id, entries) VALUES (1, randomblob(300))",
	"INSERT INTO completeness (source, up_to, event) VALUES ('/lcs', 1, 1) ON CONFLICT (source) DO UPDATE SET "
        "up_to = "
	"up_to + 1",
	"UPDATE event SET flags = flags | 8, bytes = x'' WHERE id = (SELECT min(id) FROM event WHERE flags & 8 = 0)",
	"DELETE FROM event WHERE id = (SELECT max(id) FROM event)", /* its number may come again */
	"DELETE FROM event_party WHERE event % 2",
	"INSERT OR REPLACE INTO report_print (list, reader, figure, label, period, printed, value, shown)"
	" VALUES ('l', 'r', 'f', char(10) || '\"''', 'p', abs(random()) % 3, 0.1, 9007199254740993)",
	"DELETE FROM report_print WHERE printed = 1",
	"UPDATE report_print SET printed = printed + 10 WHERE printed = 2 AND NOT EXISTS (SELECT 1 FROM report_print "
        "WHERE "
	"printed = 12)",
	"INSERT INTO quarantine (source_name, bytes, reason, event_id, event_source, arrived, state, note)"
	" VALUES ('s', x'01', '', '', '', 1, 'waiting', '')",
	"UPDATE quarantine SET state = 'discarded' WHERE id % 3 = 0",
	"INSERT INTO outbox (kind, state, open, critical, purpose, number, alert, rule, subject, step, role, person, "
        "channel,"
	" address, message_id, payload, created, not_before, deadline, sent, attempts, possible_duplicate, reply, same)"
	" VALUES (0, 0, 1, 1, 'alert', 1001, 'a', 'r', 'C1', 1, 'o', 'p', 'mail', 'x', '', '', 1, 1, 1, 0, 0, 0, '',"
	" randomblob(16))",
	"UPDATE outbox SET state = 2, open = 0 WHERE id % 2",
	"INSERT OR IGNORE INTO erased (print) VALUES (-1)",
	"INSERT INTO alert (id, history, previous, rule, rule_from, severity, key, key_text, state, opened, closed,"
	" nights, due, reason, told, step, next, acknowledged, spent, answer, early, evidence) VALUES"
	" (hex(randomblob(8)), 1, 0, 'r', 0, 1, 0, '', 0, 1, 2, 0, 3, '', 4, 1, 5, 0, 0, 0, 0, x'')", /* with NULLs */
	"INSERT OR IGNORE INTO amendment (source, target, event) VALUES ('/lcs', 'e1', 1)",
};
#define WRITES (sizeof writes / sizeof writes[0])

static inline void write_by_chance(unsigned *seed)
{
	unsigned count = 1 + (*seed = *seed * 1103515245 + 12345) / 65536 % 6;
	must(store_begin(original, &fault));
	for (unsigned i = 0; i < count; i++) {
		*seed = *seed * 1103515245 + 12345;
		must(store_execute(original, writes[*seed / 65536 % WRITES], &fault));
	}
	must(store_commit(original, &fault));
}

#endif
