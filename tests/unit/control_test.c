/* Orders to the running daemon: what is asked is answered whole, however slowly it is read and whatever else is asked,
 * and how the council is said to be is how it is. */
#include "councils_world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "run/control.h"

/* ---- whoever asks ---- */

static const char *database_of(const struct one *one)
{
	return one->council->first->database;
}

static int ask(const struct one *one, const char *line)
{
	int fd = control_socket(database_of(one), false);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
	return fd;
}

static void turn(int times)
{
	for (int i = 0; i < times; i++)
		loop_turn(daemon_.loop, 0);
}

/* What comes, so many bytes a turn of the loop, with so much time between; until the end, or nothing more comes.
 * Returns whether the end came. */
static bool read_all(int fd, size_t at_once, instant pause, struct buffer *answer)
{
	for (int quiet = 0; quiet < 100;) {
		pass(pause);
		turn(2);
		ssize_t got = read(fd, buffer_room(answer, at_once), at_once);
		if (got == 0)
			return true;
		assert_true(got > 0 || errno == EAGAIN);
		answer->length += got > 0 ? (size_t)got : 0;
		quiet = got > 0 ? 0 : quiet + 1;
	}
	return false;
}

static char *answer_to(const struct one *one, const char *line)
{
	struct buffer answer = {0};
	int fd = ask(one, line);
	assert_true(read_all(fd, 4096, SECOND / 100, &answer));
	assert_int_equal(close(fd), 0);
	char *words = mem_copy_text(buffer_cstr(&answer), answer.length);
	buffer_free(&answer);
	return words;
}

static void assert_answers(const struct one *one, const char *line, const char *begins, const char *has)
{
	char *words = answer_to(one, line);
	if (strncmp(words, begins, strlen(begins)) != 0 || !strstr(words, has))
		fail_msg("%s: \"%.300s\"", line, words);
	free(words);
}

/* ---- what is answered ---- */

static void each_order_is_answered_with_its_status_and_words(void **state)
{
	(void)state;
	start(2);
	assert_answers(NORTH, "log debug\n", "0\n", "Done: until the next reload or restart.");
	assert_answers(NORTH, "log error\n", "0\n", "Done");
	assert_answers(NORTH, "log nonsense\n", "2\n", "There is no such level.");
	assert_answers(NORTH, "fly\n", "2\n", "knows no such order");
	assert_answers(NORTH, "move\n", "2\n", "This machine is alone");
	assert_answers(NORTH, "publish nothing-of-the-sort\n", "2\n", "Nothing was published");
	assert_answers(NORTH, "councils\n", "0\n", "/north/casewatchd.yaml");
	assert_answers(NORTH, "councils\n", "0\n", "/south/casewatchd.yaml");
	assert_answers(SOUTH, "status\n", "0\n{\"", "/south/casewatchd.yaml");
}

/* ---- how it is ---- */

#define WRONG 2500

/* More is wrong than the kernel takes of an answer at once. */
static void much_is_wrong(struct one *one)
{
	struct fault fault = {{0}};
	assert_int_equal(store_begin(one->council->store, &fault), RESULT_OK);
	for (int i = 0; i < WRONG; i++) {
		char key[24];
		(void)snprintf(key, sizeof key, "by-text/p-%d", i);
		struct ops_word word = {.what = OPS_UNDELIVERABLE, .key = text_of(key), .not_logged = true,
		                        .lasting = OPS_UNTIL_DIGEST,
		                        .title = "A message could not be delivered",
		                        .meaning = "The next step is told at once.",
		                        .facts = {{"For", "team-manager", NULL}}, .fact_count = 1};
		assert_int_equal(ops_say(one->council->ops, &word, hands.now, &fault), RESULT_OK);
	}
	assert_int_equal(store_commit(one->council->store, &fault), RESULT_OK);
}

static size_t occurs(const char *in, const char *what)
{
	size_t count = 0;
	for (; (in = strstr(in, what)) != NULL; in += strlen(what))
		count++;
	return count;
}

static void how_it_is_comes_whole_however_slowly_it_is_read(void **state)
{
	struct buffer answer = {0};
	(void)state;
	start(1);
	much_is_wrong(NORTH);
	int fd = ask(NORTH, "status\n");
	pass(SECOND);
	turn(5);
	assert_true(read_all(fd, 65536, SECOND / 10, &answer));
	assert_true(answer.length > 300000);
	assert_int_equal(answer.at[answer.length - 1], '\n');
	assert_int_equal(occurs(buffer_cstr(&answer), "ops.undeliverable"), WRONG);
	assert_int_equal(close(fd), 0);
	buffer_free(&answer);
}

/* Whoever does not read it keeps nobody else from asking for longer than that. */
static void who_does_not_read_the_answer_is_left(void **state)
{
	struct buffer answer = {0};
	int fds[CONTROL_CALLS_MOST];
	(void)state;
	start(1);
	much_is_wrong(NORTH);
	for (size_t i = 0; i < CONTROL_CALLS_MOST; i++) {
		fds[i] = ask(NORTH, "status\n");
		turn(4);
	}
	assert_answers(NORTH, "log error\n", "2\n", "casewatchd is busy with as many orders as it takes at once");
	pass(CONTROL_LINE_WITHIN + SECOND);
	turn(20);
	assert_answers(NORTH, "log error\n", "0\n", "Done");
	assert_true(read_all(fds[0], 65536, 0, &answer));
	assert_true(answer.length > 0 && answer.at[answer.length - 1] != '\n'); /* by that it is known to be cut off */
	for (size_t i = 0; i < CONTROL_CALLS_MOST; i++)
		assert_int_equal(close(fds[i]), 0);
	buffer_free(&answer);
}

static void who_goes_away_or_says_nothing_ends_nothing(void **state)
{
	(void)state;
	start(1);
	much_is_wrong(NORTH);
	for (int i = 0; i < 20; i++) { /* more than are answered at once */
		int fd = ask(NORTH, "status\n");
		turn(3);
		assert_int_equal(close(fd), 0);
		pass(SECOND / 10);
		turn(3);
	}
	int fd = ask(NORTH, "stat"); /* and no more of its line */
	turn(3);
	pass(CONTROL_LINE_WITHIN + SECOND);
	turn(3);
	struct buffer answer = {0};
	assert_true(read_all(fd, 64, 0, &answer));
	assert_int_equal(answer.length, 0);
	assert_int_equal(close(fd), 0);
	buffer_free(&answer);
	assert_answers(NORTH, "log error\n", "0\n", "Done");
}

/* Under way as it ends. */
static void what_is_not_read_yet_is_no_hindrance_to_the_end(void **state)
{
	(void)state;
	start(1);
	much_is_wrong(NORTH);
	int fd = ask(NORTH, "status\n");
	turn(4);
	daemon_stop(&daemon_);
	assert_int_equal(close(fd), 0);
	start(1);
	assert_answers(NORTH, "status\n", "0\n{\"", "ops.undeliverable");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* ---- the tool's end ---- */

enum { ASKED = 500 };

/* As on_call, whose line may not be there yet. */
static void *tell_to_come_again(void *listening)
{
	static const char busy[] = "2\nbusy\n";
	char line[CONTROL_LINE_MOST];
	for (int i = 0; i < ASKED; i++) {
		int fd = accept(*(int *)listening, NULL, NULL);
		(void)!recv(fd, line, i % 2 ? sizeof line : 0, MSG_DONTWAIT);
		(void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL);
		(void)close(fd);
	}
	return NULL;
}

static void whoever_is_told_to_come_again_hears_so_however_soon_it_is_hung_up(void **state)
{
	(void)state;
	char directory[] = "/tmp/casewatch-control-XXXXXX", database[64], socket_path[80];
	assert_non_null(mkdtemp(directory));
	(void)snprintf(database, sizeof database, "%s/db", directory);
	(void)snprintf(socket_path, sizeof socket_path, "%s.control", database);
	int listening = control_socket(database, true);
	assert_true(listening >= 0);
	assert_int_equal(fcntl(listening, F_SETFL, 0), 0); /* it waits for each */
	pthread_t other;
	assert_int_equal(pthread_create(&other, NULL, tell_to_come_again, &listening), 0);
	for (int i = 0; i < ASKED; i++) {
		struct buffer answer = {0};
		struct fault fault = {{0}};
		int status = 0;
		if (control_ask(database, "status", 10000, &status, &answer, &fault) != RESULT_OK)
			fail_msg("%s", fault.text);
		assert_int_equal(status, 2);
		assert_string_equal(buffer_cstr(&answer), "busy\n");
		buffer_free(&answer);
	}
	assert_int_equal(pthread_join(other, NULL), 0);
	(void)close(listening);
	assert_int_equal(unlink(socket_path), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(each_order_is_answered_with_its_status_and_words),
		TEST(how_it_is_comes_whole_however_slowly_it_is_read),
		TEST(who_does_not_read_the_answer_is_left),
		TEST(who_goes_away_or_says_nothing_ends_nothing),
		TEST(what_is_not_read_yet_is_no_hindrance_to_the_end),
		cmocka_unit_test(whoever_is_told_to_come_again_hears_so_however_soon_it_is_hung_up),
	};
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
