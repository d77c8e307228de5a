/* bench_audit: what the audit's chain costs: rows written a second, and rows verified a second.
 *
 *   bench_audit DATABASE ROWS CHILDREN
 *
 * Writes ROWS rows about CHILDREN children, a thousand in a transaction, as a daemon does in a storm; prints CPU
 * microseconds a row, beside the same rows without their hashes (a plain insert of the same columns); then verifies the
 * chain. */
#include "store/alerts/alerts.h"
#include "store/audit/audit.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct fault fault;

static void must(enum result result, const char *what)
{
	if (result == RESULT_OK)
		return;
	(void)fprintf(stderr, "bench_audit: %s: %s\n", what, fault.text);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define DETAIL                                                                                                         \
	"{\"outbox\":4711,\"purpose\":\"opened\",\"role\":\"team-manager\",\"person\":\"p-anna\","                     \
	"\"channel\":\"email\",\"message_id\":\"<4711.ab12@council.example>\",\"attempt\":1,"                          \
	"\"reply\":\"250 2.0.0 Ok: queued\"}"
#define PERSONAL "{\"because\":\"3 in 30 days: 2 Jan, 11 Jan, 29 Jan\"}"

static double write_rows(struct store *store, long rows, long children)
{
	double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (long i = 0; i < rows; i++) {
		char child[32];
		int length = snprintf(child, sizeof child, "C%ld", 1000000 + (i / 4) * 7919 % children);
		struct audit_row row = {.at = 1580000000 * SECOND + i * SECOND,
		                        .what = "message.accepted",
		                        .rule = TEXT("missing.vpg-referral"),
		                        .subject = {child, (size_t)length},
		                        .person = TEXT("p-anna"),
		                        .detail = TEXT(DETAIL),
		                        .personal = TEXT(PERSONAL)};
		if (i % 1000 == 0)
			must(store_begin(store, &fault), "begin");
		must(audit_write(store, &row, &fault), "write");
		if (i % 1000 == 999 || i + 1 == rows)
			must(store_commit(store, &fault), "commit");
	}
	return seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

/* The yardstick: what SQLite takes for such rows. */
static double write_plain(const char *path, long rows)
{
	sqlite3 *database;
	sqlite3_stmt *insert = NULL;
	if (sqlite3_open(path, &database) != SQLITE_OK)
		exit(1);
	(void)sqlite3_exec(database,
	                   "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                   "CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER, what TEXT, rule TEXT, person TEXT,"
	                   " subject TEXT, detail TEXT, personal TEXT) STRICT",
	                   NULL, NULL, NULL);
	(void)sqlite3_prepare_v2(database, "INSERT INTO t VALUES (?, ?, 'message.accepted', 'missing.vpg-referral',"
	                                   " 'p-anna', 'C1000000', ?, ?)",
	                         -1, &insert, NULL);
	double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (long i = 0; i < rows; i++) {
		if (i % 1000 == 0)
			(void)sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		(void)sqlite3_bind_int64(insert, 1, i + 1);
		(void)sqlite3_bind_int64(insert, 2, i);
		(void)sqlite3_bind_text(insert, 3, DETAIL, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(insert, 4, PERSONAL, -1, SQLITE_STATIC);
		(void)sqlite3_step(insert);
		(void)sqlite3_reset(insert);
		if (i % 1000 == 999 || i + 1 == rows)
			(void)sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	}
	cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
	(void)sqlite3_finalize(insert);
	(void)sqlite3_close(database);
	return cpu;
}

int main(int argc, char **argv)
{
	struct store *store;
	struct audit_verdict verdict;
	if (argc != 4) {
		(void)fprintf(stderr, "usage: bench_audit DATABASE ROWS CHILDREN\n");
		return 2;
	}
	long rows = strtol(argv[2], NULL, 10), children = strtol(argv[3], NULL, 10);
	char plain[512];
	(void)snprintf(plain, sizeof plain, "%s.plain", argv[1]);
	double bare = write_plain(plain, rows);
	must(store_open(argv[1], STORE_WRITE, &store, &fault), "open");
	double chained = write_rows(store, rows, children);
	double begun = seconds(CLOCK_MONOTONIC);
	must(audit_verify(store, NULL, 0, NULL, NULL, &verdict, &fault), "verify");
	double took = seconds(CLOCK_MONOTONIC) - begun;
	if (verdict.wrong || verdict.rows != rows) {
		(void)fprintf(stderr, "bench_audit: %s\n", verdict.what);
		return 1;
	}
	printf("rows=%ld plain_us=%.2f chained_us=%.2f verify_s=%.2f verified_per_s=%.0f\n", rows,
	       bare / (double)rows * 1e6, chained / (double)rows * 1e6, took, (double)rows / took);
	store_close(store);
	return 0;
}
