/* Mails that came back, in the daemon: one that cannot be written keeps no other waiting, and ends the daemon three
 * times at most. */
#include "day_world.h"
#include "unlisted.h"

#include "base/file.h"

#include <sys/stat.h>

#define K1 "\"custody\":\"k1\""

static char folder[96];

static void path_of(const char *name, char *out, size_t room)
{
	(void)snprintf(out, room, "%s/%s", folder, name);
}

static int begin(void **state)
{
	char config[128];
	assert_int_equal(setup(state), 0);
	stop();
	(void)snprintf(folder, sizeof folder, "%s/returned", world.directory);
	assert_int_equal(mkdir(folder, 0700), 0);
	(void)snprintf(config, sizeof config, "smtp: {bounces: %s}\n", folder);
	write_config(config);
	start();
	return 0;
}

static void empty(const char *name)
{
	char path[400];
	path_of(name, path, sizeof path);
	DIR *listing = opendir(path);
	int why;
	for (const struct dirent *entry; listing && (entry = file_next(listing, &why));) {
		char file[700];
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		(void)unlink(file);
	}
	if (listing)
		(void)closedir(listing);
	(void)rmdir(path);
}

static int end(void **state)
{
	empty("done");
	empty("kept");
	empty(".");
	(void)rmdir(folder);
	return teardown(state);
}

static bool lies_in(const char *sub, const char *name)
{
	char path[400];
	(void)snprintf(path, sizeof path, "%s/%s/%s", folder, sub, name);
	return access(path, F_OK) == 0;
}

/* The server of the recipient says that it refused the message about the child. */
static void comes_back(const char *child, const char *name)
{
	char path[400];
	sqlite3_stmt *query = NULL;
	sqlite3 *database = world.council->store->database;
	assert_int_equal(sqlite3_prepare_v2(database,
	                                    "SELECT message_id FROM outbox WHERE subject = ? AND state = 2 ORDER BY id",
	                                    -1, &query, NULL),
	                 SQLITE_OK);
	(void)sqlite3_bind_text(query, 1, child, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	path_of(name, path, sizeof path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fprintf(file,
	              "From: MAILER-DAEMON@x.example\r\nMIME-Version: 1.0\r\n"
	              "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n"
	              "--b\r\nContent-Type: text/plain\r\n\r\nIt was refused.\r\n"
	              "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x.example\r\n\r\n"
	              "Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
	              "--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: %s\r\nSubject: x\r\n\r\n--b--\r\n",
	              (const char *)sqlite3_column_text(query, 0));
	(void)fclose(file);
	(void)sqlite3_finalize(query);
}

/* Of nothing of ours: that it came is on record. */
static void a_machine_answers(const char *name)
{
	char path[400];
	path_of(name, path, sizeof path);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("From: a@x.example\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n", file);
	(void)fclose(file);
}

static void execute(const char *sql)
{
	struct fault fault = {0};
	if (store_execute(world.council->store, sql, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

/* Their messages have names as a mail server's channel makes them. */
static void two_are_told_of(void)
{
	happens("2026-02-02T09:00:00Z", "custody.threshold_met", "C1", K1);
	happens("2026-02-02T09:05:00Z", "custody.threshold_met", "C2", K1);
	live_until("2026-02-02T09:10:00Z");
	execute("UPDATE outbox SET message_id = printf('<%d.00ff00ff00ff00ff@memory.example>', id) WHERE state = 2");
}

static void no_reading(sqlite3_context *context, int arguments, sqlite3_value **values)
{
	(void)arguments, (void)values;
	sqlite3_result_error_code(context, SQLITE_IOERR_READ);
}

#define UNWRITTEN "SELECT count(*) FROM condition WHERE key = 'returned-unwritten' AND ended > 4000000000000000"

/* A sector that cannot be read, where the row of one message is. */
static void a_mail_that_cannot_be_written_keeps_no_other_waiting_and_ops_hear(void **state)
{
	(void)state;
	two_are_told_of();
	comes_back("C1", "a");
	comes_back("C2", "b");
	assert_int_equal(sqlite3_create_function(world.council->store->database, "no_reading", 0, SQLITE_UTF8, NULL,
	                                         no_reading, NULL, NULL),
	                 SQLITE_OK);
	execute("CREATE TEMP TRIGGER no_c1 BEFORE UPDATE ON main.outbox WHEN new.subject = 'C1' AND new.state <> "
	        "old.state BEGIN SELECT no_reading(); END");
	live_until("2026-02-02T09:11:00Z");
	assert_true(lies_in("done", "b"));
	assert_true(lies_in(".", "a"));
	live_until("2026-02-02T09:13:00Z");
	assert_int_equal(count(UNWRITTEN), 1);
	execute("DROP TRIGGER no_c1");
	live_until("2026-02-02T09:15:00Z");
	assert_true(lies_in("done", "a"));
	assert_int_equal(count(UNWRITTEN), 0);
}

/* As a mistake in casewatch would do: three times the process ends at it, and then the mail is kept unread. */
static void a_mail_at_which_the_daemon_ends_is_kept_and_the_next_is_taken(void **state)
{
	int ends = 0;
	(void)state;
	two_are_told_of();
	comes_back("C1", "a");
	comes_back("C2", "b");
	execute("CREATE TRIGGER no_c1 BEFORE UPDATE ON outbox WHEN new.subject = 'C1' AND new.state <> old.state BEGIN "
	        "SELECT raise(FAIL, 'no'); END");
	for (live_until("2026-02-02T09:12:00Z"); world.daemon.leaving && ends < 6; ends++) {
		stop();
		start();
		live_until("2026-02-02T09:12:00Z");
	}
	assert_in_range(ends, 3, 4); /* what else it did before it left may have hidden the first */
	assert_true(lies_in("done", "b"));
	assert_true(lies_in("kept", "a"));
	assert_int_equal(count("SELECT count(*) FROM condition WHERE key = 'bounces'"), 1);
	execute("DROP TRIGGER no_c1");
}

#define UNUSABLE "SELECT count(*) FROM condition WHERE key = 'returned' AND ended > 4000000000000000"
#define ANSWERED "SELECT count(*) FROM audit WHERE what = 'mail.auto-reply'"
#define UNUSABLE_EVER "SELECT count(*) FROM condition WHERE key = 'returned'"

/* done/ and kept/ are mounts of their own: nothing can be renamed into them. */
static void mail_that_cannot_be_put_away_is_one_thing_that_is_wrong_until_it_can_be(void **state)
{
	static const char *const names[] = {"done", "kept"};
	char elsewhere[] = "/dev/shm/casewatch-done-XXXXXX", path[400];
	(void)state;
	two_are_told_of();
	assert_non_null(mkdtemp(elsewhere));
	for (size_t i = 0; i < 2; i++) {
		path_of(names[i], path, sizeof path);
		(void)rmdir(path);
		assert_int_equal(symlink(elsewhere, path), 0);
	}
	comes_back("C1", "a");
	a_machine_answers("m");
	live_until("2026-02-02T09:20:00Z");
	assert_true(lies_in(".", "a"));
	assert_int_equal(count(ANSWERED), 1); /* it is read each minute, and written once */
	assert_int_equal(count(UNUSABLE), 1);
	assert_int_equal(count(UNUSABLE_EVER), 1); /* not once a minute */
	assert_int_equal(bounces_figures(world.council)->failed + bounces_figures(world.council)->not_understood, 0);
	for (size_t i = 0; i < 2; i++) {
		path_of(names[i], path, sizeof path);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(elsewhere), 0);
	live_until("2026-02-02T09:25:00Z");
	assert_false(lies_in(".", "a"));
	assert_true(lies_in("done", "m"));
	assert_int_equal(count(ANSWERED), 1);
	assert_int_equal(count(UNUSABLE), 0);
	assert_int_equal(bounces_figures(world.council)->failed + bounces_figures(world.council)->not_understood, 1);
}

#define NOBODY 65534

/* Permissions bind whoever is not root; the database is open by then. */
static void be_bound(const char *path, mode_t mode)
{
	static const char *const names[] = {".", "done", "kept", "new", "cur"};
	char below[400];
	assert_int_equal(chmod(world.directory, 0777), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_of(names[i], below, sizeof below);
		(void)chown(below, NOBODY, (gid_t)-1);
	}
	assert_int_equal(chmod(path, mode), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
}

static void be_free(const char *path, mode_t mode)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void mail_that_may_not_be_read_stays_and_is_read_once_it_may_be(void **state)
{
	char path[400];
	(void)state;
	two_are_told_of();
	comes_back("C1", "a");
	comes_back("C2", "b");
	path_of("a", path, sizeof path);
	be_bound(path, 0);
	live_until("2026-02-02T09:13:00Z");
	be_free(path, 0600);
	assert_true(lies_in(".", "a"));
	assert_int_equal(count(UNUSABLE), 1);
	live_until("2026-02-02T09:16:00Z");
	assert_true(lies_in("done", "a"));
	assert_true(lies_in("done", "b"));
	assert_int_equal(count(UNUSABLE), 0);
}

#define STUCK 300

static void many_are_stuck(const char *which)
{
	for (int i = 0; i < STUCK; i++) {
		char path[400], name[32];
		(void)snprintf(name, sizeof name, "%s-%d", which, i);
		path_of(name, path, sizeof path);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		assert_int_equal(fchmod(fileno(file), 0), 0);
		assert_int_equal(fclose(file), 0);
	}
}

#define READABLE 20 /* in whatever order the directory has them, some are behind the most that one look sees */

static void however_many_may_not_be_read_others_are(void **state)
{
	char name[32];
	(void)state;
	two_are_told_of();
	many_are_stuck("before");
	for (int i = 0; i < READABLE; i++) {
		(void)snprintf(name, sizeof name, "m-%d", i);
		a_machine_answers(name);
	}
	many_are_stuck("behind");
	be_bound(folder, 0777);
	live_until("2026-02-02T09:13:00Z");
	be_free(folder, 0700);
	for (int i = 0; i < READABLE; i++) {
		(void)snprintf(name, sizeof name, "m-%d", i);
		assert_true(lies_in("done", name));
	}
	assert_true(lies_in(".", "before-0"));
	assert_int_equal(count(UNUSABLE), 1);
	assert_int_equal(count(UNUSABLE_EVER), 1);
}

static void a_maildir_whose_mail_may_not_be_looked_at_is_said(void **state)
{
	char new[400], cur[400];
	(void)state;
	two_are_told_of();
	path_of("new", new, sizeof new);
	path_of("cur", cur, sizeof cur);
	assert_int_equal(mkdir(new, 0700), 0);
	assert_int_equal(mkdir(cur, 0700), 0);
	comes_back("C1", "new/a");
	be_bound(new, 0600);
	live_until("2026-02-02T09:13:00Z");
	be_free(new, 0700);
	assert_int_equal(count(UNUSABLE), 1);
	live_until("2026-02-02T09:16:00Z");
	assert_false(lies_in("new", "a"));
	assert_int_equal(count(UNUSABLE), 0);
	empty("new");
	empty("cur");
}

static void a_directory_that_is_opened_and_cannot_be_listed_is_said_until_it_can_be(void **state)
{
	(void)state;
	two_are_told_of();
	comes_back("C1", "a");
	unlisted = true;
	live_until("2026-02-02T09:13:00Z");
	unlisted = false;
	assert_true(lies_in(".", "a"));
	assert_int_equal(count(UNUSABLE), 1);
	live_until("2026-02-02T09:16:00Z");
	assert_true(lies_in("done", "a"));
	assert_int_equal(count(UNUSABLE), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(a_mail_that_cannot_be_written_keeps_no_other_waiting_and_ops_hear),
		TEST(a_mail_at_which_the_daemon_ends_is_kept_and_the_next_is_taken),
		TEST(mail_that_cannot_be_put_away_is_one_thing_that_is_wrong_until_it_can_be),
		TEST(mail_that_may_not_be_read_stays_and_is_read_once_it_may_be),
		TEST(however_many_may_not_be_read_others_are),
		TEST(a_maildir_whose_mail_may_not_be_looked_at_is_said),
		TEST(a_directory_that_is_opened_and_cannot_be_listed_is_said_until_it_can_be),
	};
	return cmocka_run_group_tests_name("bounces", tests, NULL, NULL);
}
