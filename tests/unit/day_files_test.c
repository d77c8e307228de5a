/* What a start would meet, or somebody who answers, while all goes well: files that nobody reloaded, a reload that
 * waits for nobody's look, a spool into which nothing can be written. */
#include "day_world.h"

#include <sys/stat.h>

#define STANDING(id) "SELECT count(*) FROM condition WHERE id = '" id "' AND ended = 9223372036854775807"
#define REFUSED STANDING("ops.reload-failed")

/* Read beside the loop, once they have been still for a second: that much of the machine's time. */
static bool comes_to(const char *sql, int64_t wanted)
{
	for (int i = 0; i < 1000 && count(sql) != wanted; i++)
		loop_turn(world.daemon.loop, 20);
	return count(sql) == wanted;
}

struct told {
	int times;
	bool taken;
	size_t people;
};

static void on_told(void *argument, const struct reload_outcome *outcome)
{
	struct told *told = argument;
	*told = (struct told){told->times + 1, outcome->taken, outcome->people};
}

#define BEFORE_A_START REFUSED " AND key = 'files'"

/* It would wait for a file that is written to all the time, which nobody asked about; and ops hear once. */
static void who_asks_for_a_reload_does_not_wait_for_a_look_that_nobody_asked_for(void **state)
{
	struct told told = {0};
	bool looked = true;
	(void)state;
	for (int day = 3; day < 13 && looked; day++) { /* a look of a machine that is very slow may be over already */
		char until[40];
		(void)snprintf(until, sizeof until, "2026-02-%02dT09:00:00Z", day);
		live_until(until);
		write_config(day % 2 ? "unknown-option: 3\n" : "unknown-option: 4\n");
		(void)snprintf(until, sizeof until, "2026-02-%02dT10:01:00Z", day);
		live_until(until);
		looked = count(BEFORE_A_START) != 0;
	}
	assert_false(looked);
	reload_ask(world.council, on_told, &told);
	while (!told.times)
		loop_turn(world.daemon.loop, 20);
	assert_false(told.taken);
	assert_int_equal(count(REFUSED), 1);
	assert_int_equal(count(BEFORE_A_START), 0);
	write_config("");
}

/* That nobody reloaded would not be so. */
static void what_a_reload_was_refused_for_is_not_said_again_of_the_next_start(void **state)
{
	(void)state;
	live_until("2026-02-02T09:00:00Z");
	write_config("unknown-option: 3\n");
	reload_now(world.council);
	live_until("2026-02-02T11:00:00Z");
	for (int turns = 0; turns < 100; turns++) /* for longer than a reload waits for files to be still */
		loop_turn(world.daemon.loop, 20);
	assert_int_equal(count(REFUSED), 1);
	write_config("unknown-option: 4\n"); /* and is when it is another fault */
	live_until("2026-02-02T13:00:00Z");
	assert_true(comes_to(BEFORE_A_START, 1));
	write_config("");
}

/* By the new file nobody is sent mail; what was started sends it, until a restart. */
static void whom_a_reload_reaches_is_reckoned_by_what_sends(void **state)
{
	(void)state;
	stop();
	write_config("smtp: {host: mail.example, from: casewatch@council.example}\n");
	start();
	live_until("2026-02-02T07:00:00Z");
	assert_true(world.council->config->directory->unsent[CHANNEL_TEXT]);
	write_config("webhook: {threads: 3}\n");
	reload_now(world.council);
	live_until("2026-02-02T08:00:00Z");
	for (int turns = 0; turns < 200 && world.council->config->smtp.host; turns++)
		loop_turn(world.daemon.loop, 20);
	assert_null(world.council->config->smtp.host);
	assert_true(world.council->config->directory->unsent[CHANNEL_TEXT]);
	assert_false(world.council->config->directory->unsent[CHANNEL_EMAIL]);
}

/* Its disk is full, or it was taken away; that of the database is well. */
static void answers_that_cannot_be_taken_in_are_told_to_ops_until_they_can_be(void **state)
{
	char spool[128];
	(void)state;
	stop();
	(void)snprintf(spool, sizeof spool, "%s/spool", world.directory); /* no source is here to make it */
	write_config("spool: spool\nweb: {socket: web.sock}\n");
	start();
	live_until("2026-02-02T07:00:00Z"); /* before the daily email */
	assert_int_equal(mails("casewatch-ops@", "The pages take no answers"), 1);
	assert_status_names("ops.pages");
	assert_int_equal(mkdir(spool, 0700), 0);
	live_until("2026-02-02T07:02:00Z");
	assert_int_equal(count(STANDING("ops.pages")), 0);
	assert_int_equal(rmdir(spool), 0); /* nothing is left in it */
	live_until("2026-02-02T07:04:00Z");
	assert_int_equal(count(STANDING("ops.pages")), 1);
	stop();
	write_config(""); /* there are no pages any more */
	start();
	live_until("2026-02-02T07:06:00Z");
	assert_int_equal(count(STANDING("ops.pages")), 0);
}

/* A start reads it, too: it would be refused, and nobody told of anything. */
static void a_key_that_is_gone_is_told_to_ops_before_the_next_start_needs_it(void **state)
{
	char key[128];
	(void)state;
	stop();
	(void)snprintf(key, sizeof key, "%s/link-key", world.directory);
	FILE *file = fopen(key, "we");
	assert_non_null(file);
	(void)fputs("a-key-that-signs-links-of-more-than-32\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(key, 0600), 0);
	write_config("spool: .\nweb: {socket: web.sock, link-key-file: link-key}\n");
	start();
	live_until("2026-02-02T09:00:00Z");
	assert_int_equal(count(REFUSED), 0);
	assert_int_equal(unlink(key), 0);
	live_until("2026-02-02T10:01:00Z");
	assert_true(comes_to(BEFORE_A_START, 1));
	live_until("2026-02-02T10:03:00Z");
	assert_int_equal(mails("casewatch-ops@", "next start of casewatch would be refused"), 1);
	write_config("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 2));
	const struct CMUnitTest tests[] = {
		TEST(who_asks_for_a_reload_does_not_wait_for_a_look_that_nobody_asked_for),
		TEST(whom_a_reload_reaches_is_reckoned_by_what_sends),
		TEST(what_a_reload_was_refused_for_is_not_said_again_of_the_next_start),
		TEST(a_key_that_is_gone_is_told_to_ops_before_the_next_start_needs_it),
		TEST(answers_that_cannot_be_taken_in_are_told_to_ops_until_they_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
