/* Files of events: each taken once, whole, in the order of their names, whatever happens between. */
#include "spool_fixture.h"
#include "unlisted.h"

#include <sys/inotify.h>

#include "base/log.h"

static void files_are_taken_in_the_order_of_their_names_and_moved_on(void **state)
{
	struct fixture *f = *state;
	put_events(f, "b.jsonl", "cd");
	put_events(f, "a.jsonl", "ab");
	put_events(f, "c", "e");
	assert_string_equal(take_all(f), "abcde");
	assert_false(exists(f, "a.jsonl") || exists(f, "b.jsonl") || exists(f, "c"));
	assert_true(exists(f, "done/a.jsonl") && exists(f, "done/b.jsonl") && exists(f, "done/c"));
	assert_string_equal(take_all(f), "");
	put_events(f, "d", "f");
	assert_string_equal(take_all(f), "f");
	char expected[200];
	(void)snprintf(expected, sizeof expected, "spool up: reading the spool directory %s\n", f->spool);
	assert_string_equal(buffer_cstr(&f->reports), expected);
}

static void a_file_stays_until_its_events_are_committed(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "ab");
	struct batch *batch = first_batch(f);
	assert_int_equal(batch->count, 2);
	assert_true(text_equal(batch->records[0].position, TEXT("spool:a")));
	assert_int_equal(batch->records[0].arrived, f->now);
	assert_true(exists(f, "a"));
	assert_null(next_batch(f)); /* one batch is out at a time */
	commit(f, batch);
	assert_true(!exists(f, "a") && exists(f, "done/a"));
}

static void half_written_files_are_passed_over(void **state)
{
	struct fixture *f = *state;
	put_events(f, ".hidden", "a");
	put_events(f, "b.jsonl.tmp", "b");
	put_events(f, ".tmp", "c");
	assert_string_equal(take_all(f), "");
	char to[400];
	(void)snprintf(to, sizeof to, "%s", path_of(f, "shown"));
	assert_int_equal(rename(path_of(f, ".hidden"), to), 0);
	assert_string_equal(take_all(f), "a");
	assert_true(exists(f, "b.jsonl.tmp"));
}

static void a_batch_is_bounded_and_a_file_may_take_several(void **state)
{
	struct fixture *f = *state;
	f->settings.batch_events = 2;
	open_spool(f);
	put_events(f, "a", "abcde");
	put_events(f, "b", "fg");
	const size_t counts[] = {2, 2, 2, 1};
	ripen(f);
	for (size_t i = 0; i < 4; i++) {
		struct batch *batch = next_batch(f);
		assert_int_equal(batch->count, counts[i]);
		assert_int_equal(exists(f, "a"), i < 3);
		commit(f, batch);
	}
	assert_null(next_batch(f));
	assert_string_equal(buffer_cstr(&f->ids), "abcdefg");
	f->settings.batch_events = 1000;
	f->settings.batch_bytes = 200; /* one event is 112 bytes: the second one ends the batch */
	open_spool(f);
	put_events(f, "c", "abc");
	struct batch *batch = first_batch(f);
	assert_int_equal(batch->count, 2);
	commit(f, batch);
}

/* A crash: the source is gone, and only what was committed is known. */
static void after_a_crash_a_file_goes_on_where_the_database_stands(void **state)
{
	struct fixture *f = *state;
	f->settings.batch_events = 2;
	open_spool(f);
	put_events(f, "a", "abcdefg");
	commit(f, first_batch(f));
	assert_int_equal(next_batch(f)->count, 2); /* never committed */
	open_spool(f);
	assert_string_equal(take_after_restart(f), "cdefg");
	assert_true(exists(f, "done/a"));
}

static void after_a_crash_between_commit_and_move_nothing_is_taken_twice(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "abc");
	struct batch *batch = first_batch(f);
	for (size_t i = 0; i < batch->count; i++)
		keep_position(f, &batch->records[i]);
	open_spool(f);
	assert_string_equal(take_after_restart(f), "");
	assert_true(!exists(f, "a") && exists(f, "done/a"));
}

static void another_file_under_a_known_name_is_taken_from_its_start(void **state)
{
	struct fixture *f = *state;
	put_events(f, "events.jsonl", "abc");
	assert_string_equal(take_all(f), "abc");
	put_events(f, "events.jsonl", "xbc"); /* as long, and alike at its end */
	assert_string_equal(take_all(f), "xbc");
	put_events(f, "events.jsonl", "xbcd"); /* the same again, and more: only the rest is new */
	assert_string_equal(take_all(f), "d");
	put_events(f, "events.jsonl", "z");
	assert_string_equal(take_all(f), "z");
	assert_true(exists(f, "done/events.jsonl") && exists(f, "done/events.jsonl.1") &&
	            exists(f, "done/events.jsonl.3"));
}

static void a_batch_that_could_not_be_stored_comes_again_and_its_files_stay(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "ab");
	put_events(f, "b", "cd");
	struct batch *batch = first_batch(f);
	assert_int_equal(batch->count, 4);
	source_hold(f->source, batch);
	assert_true(exists(f, "a") && exists(f, "b"));
	f->now += SECOND;
	assert_string_equal(take_now(f), "abcd");
	assert_true(exists(f, "done/a") && exists(f, "done/b"));
}

static void nothing_is_read_while_the_store_cannot_say_where_it_stands(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "ab");
	f->store_down = true;
	assert_string_equal(take_all(f), "");
	assert_true(exists(f, "a"));
	f->store_down = false;
	assert_string_equal(take_all(f), "ab");
}

static void blank_lines_and_empty_files_are_no_records_but_are_moved_on(void **state)
{
	struct fixture *f = *state;
	put(f, "a", "", 0);
	put(f, "b", "\n\r\n  \n", 6);
	put(f, "c", "\xef\xbb\xbf", 3);
	put_events(f, "c", "a");
	put(f, "c", "\n\n", 2);
	assert_string_equal(take_all(f), "a");
	assert_true(exists(f, "done/a") && exists(f, "done/b") && exists(f, "done/c"));
	assert_int_equal(f->reasons.length, 0);
}

static void a_last_line_without_its_end_is_a_line(void **state)
{
	struct fixture *f = *state;
	struct buffer bytes = {0};
	add_event(&bytes, "a");
	add_event(&bytes, "b");
	put(f, "a", bytes.at, bytes.length - 1);
	assert_string_equal(take_all(f), "ab");
	assert_int_equal(f->positions[0].next, bytes.length - 1);
	buffer_free(&bytes);
}

static void a_file_that_grew_while_it_was_read_is_read_on(void **state)
{
	struct fixture *f = *state;
	f->settings.batch_events = 2;
	open_spool(f);
	put_events(f, "a", "ab");
	commit(f, first_batch(f));
	put_events(f, "a", "cd");
	assert_string_equal(take_now(f), "cd");
	assert_true(exists(f, "a")); /* it changed: it must be left alone anew before it is done with */
	assert_string_equal(take_all(f), "");
	assert_true(exists(f, "done/a"));
}

static void a_bad_line_harms_nothing_around_it(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "a");
	put(f, "a", "hello\n\xff\n{\"id\":\n", 15);
	put_events(f, "a", "b");
	assert_string_equal(take_all(f), "ab");
	assert_string_equal(buffer_cstr(&f->reasons),
	                    "not JSON: at byte 1 a value is expected\nnot valid UTF-8 at byte 1\n"
	                    "not JSON: it ends too early, where more is expected\n");
}

static void a_line_over_the_limit_is_refused_and_only_its_beginning_kept(void **state)
{
	struct fixture *f = *state;
	f->settings.event_limits.bytes = 200;
	/* around each edge of the buffers: the limit, the piece, and many pieces */
	static const size_t lengths[] = {200, 201, 202, 203, 204, 405, 406, 407, 100000, 131072, 131274, 1000000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (int blank = 0; blank < 2; blank++)
			for (int ended = 0; ended < 2; ended++) {
				char *line = mem_alloc(lengths[i] + 1), expected[128];
				memset(line, blank ? ' ' : 'x', lengths[i]);
				line[lengths[i] - 1] = 'y'; /* a blank beginning does not make a blank line */
				line[lengths[i]] = '\n';
				open_spool(f);
				buffer_clear(&f->reasons);
				put_events(f, "a", "a");
				put(f, "a", line, lengths[i] + 1);
				put_events(f, "a", "b");
				put(f, "a", line, lengths[i] + (size_t)ended);
				free(line);
				struct batch *batch = first_batch(f);
				assert_int_equal(batch->count, 4);
				assert_false(batch->records[1].accepted);
				assert_in_range(batch->records[1].bytes.length, 200, 203);
				assert_int_equal(batch->records[1].next, EVENT_BYTES + lengths[i] + 1);
				assert_int_equal(batch->records[3].next,
				                 2 * EVENT_BYTES + 2 * lengths[i] + 1 + (size_t)ended);
				(void)snprintf(expected, sizeof expected,
				               "%zu bytes long: at most 200 are taken; the first 203 are kept",
				               lengths[i] + 1);
				if (lengths[i] > 203)
					assert_true(text_equal(batch->records[1].reason, text_of(expected)));
				commit(f, batch);
				assert_string_equal(take_all(f), "");
				assert_true(exists(f, "done/a"));
				f->position_count = 0;
			}
}

static void a_long_line_is_resumed_after(void **state)
{
	struct fixture *f = *state;
	f->settings.event_limits.bytes = 200;
	f->settings.batch_events = 2;
	open_spool(f);
	char line[5000];
	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	put_events(f, "a", "a");
	put(f, "a", line, sizeof line);
	put_events(f, "a", "bc");
	commit(f, first_batch(f));
	open_spool(f);
	assert_string_equal(take_after_restart(f), "bc");
}

static void links_and_other_things_are_refused_once_and_aloud(void **state)
{
	struct fixture *f = *state;
	char target[100];
	(void)snprintf(target, sizeof target, "%s/outside", f->root);
	FILE *outside = fopen(target, "w");
	assert_non_null(outside);
	assert_int_equal(fclose(outside), 0);
	assert_int_equal(symlink(target, path_of(f, "a-link")), 0);
	assert_int_equal(mkfifo(path_of(f, "b-pipe"), 0600), 0);
	assert_int_equal(mkdir(path_of(f, "c-directory"), 0700), 0);
	put_events(f, "d\x01", "x");
	put_events(f, "e", "a");
	assert_string_equal(take_all(f), "a");
	put_events(f, "f", "b");
	assert_string_equal(take_all(f), "b");
	const char *const expected[] = {
		"spool:a-link stuck: ", "it is a symbolic link; move the file itself here",
		"spool:b-pipe stuck: ", "spool:c-directory stuck: ", "it is no regular file; move it away",
		"spool:d\\x01 stuck: ",
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_non_null(strstr(buffer_cstr(&f->reports), expected[i]));
	size_t lines = 0;
	for (size_t i = 0; i < f->reports.length; i++)
		lines += f->reports.at[i] == '\n';
	assert_int_equal(lines, 5); /* up, and four things left alone */
	assert_true(exists(f, "a-link"));
	/* gone, and there again under the same name: judged anew */
	assert_int_equal(unlink(path_of(f, "a-link")), 0);
	assert_string_equal(take_all(f), "");
	put_events(f, "a-link", "c");
	assert_string_equal(take_all(f), "c");
}

static void two_names_that_cannot_be_printed_are_two_things(void **state)
{
	struct fixture *f = *state;
	put_events(f, "d\n1", "x");
	put_events(f, "d\n2", "y");
	assert_string_equal(take_all(f), "");
	assert_int_equal(unlink(path_of(f, "d\n1")), 0);
	assert_string_equal(take_for(f, 6), "");
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:d\\x0a1 up: "));
	assert_null(strstr(buffer_cstr(&f->reports), "spool:d\\x0a2 up: "));
}

/* What is wrong is not the file's: nobody has to touch it once that is mended. */
static void a_file_that_could_not_be_moved_is_moved_once_it_can_be(void **state)
{
	struct fixture *f = *state;
	char done[100], aside[100];
	(void)snprintf(done, sizeof done, "%s/done", f->spool);
	(void)snprintf(aside, sizeof aside, "%s/aside", f->root);
	assert_int_equal(rename(done, aside), 0);
	FILE *other = fopen(done, "w"); /* another file has its name */
	assert_non_null(other);
	assert_int_equal(fclose(other), 0);
	put_events(f, "a", "a");
	assert_string_equal(take_all(f), "a");
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:a stuck: "));
	assert_string_equal(take_for(f, 60), "");
	assert_int_equal(unlink(done), 0);
	assert_int_equal(rename(aside, done), 0);
	assert_string_equal(take_for(f, 120), "");
	assert_false(exists(f, "a"));
	assert_true(exists(f, "done/a"));
	const char *said = strstr(buffer_cstr(&f->reports), "spool:a stuck: ");
	assert_null(strstr(said + 1, "spool:a stuck: ")); /* once, however often it was tried */
	assert_non_null(strstr(said, "spool:a up: "));
}

#define NOBODY 65534

/* Whom permissions bind: root is bound by none. */
static uid_t be_bound(const struct fixture *f)
{
	uid_t before = geteuid();
	if (before == 0) {
		assert_int_equal(chown(f->root, NOBODY, (gid_t)-1), 0);
		assert_int_equal(chown(f->spool, NOBODY, (gid_t)-1), 0);
		assert_int_equal(chown(path_of(f, "done"), NOBODY, (gid_t)-1), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	return before;
}

static void a_directory_whose_files_may_not_be_looked_at_is_not_taken_for_empty(void **state)
{
	struct fixture *f = *state;
	uid_t before = be_bound(f);
	put_events(f, "a", "a");
	assert_int_equal(chmod(f->spool, 0400), 0);
	assert_string_equal(take_for(f, 30), "");
	assert_non_null(strstr(buffer_cstr(&f->reports), "is left alone: Permission denied"));
	assert_int_equal(chmod(f->spool, 0700), 0);
	assert_string_equal(take_for(f, 30), "a");
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:a up: "));
	assert_int_equal(seteuid(before), 0);
}

static size_t times(const struct fixture *f, const char *words)
{
	size_t count = 0;
	for (const char *at = buffer_cstr(&f->reports); (at = strstr(at, words)); at++)
		count++;
	return count;
}

static void of_many_files_that_are_left_alone_some_are_named_and_the_rest_are_counted(void **state)
{
	struct fixture *f = *state;
	char name[32];
	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof name, "l%03d", i);
		assert_int_equal(symlink("/nowhere", path_of(f, name)), 0);
	}
	assert_string_equal(take_for(f, 30), "");
	assert_int_equal(times(f, " stuck: "), 21);
	assert_int_equal(times(f, "spool:/others stuck: beside those that are named 480 more files"), 1);
	for (int i = 0; i < 490; i++) {
		(void)snprintf(name, sizeof name, "l%03d", i);
		assert_int_equal(unlink(path_of(f, name)), 0);
	}
	assert_string_equal(take_for(f, 30), "");
	assert_int_equal(times(f, "spool:/others up: "), 1);
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:l499 stuck: ")); /* each that is left has its name */
	for (int i = 490; i < 500; i++) {
		(void)snprintf(name, sizeof name, "l%03d", i);
		assert_int_equal(unlink(path_of(f, name)), 0);
	}
	assert_string_equal(take_for(f, 30), "");
	assert_int_equal(times(f, " stuck: ") + 1, times(f, " up: ")); /* the directory itself is up, too */
}

static void see_state(void *argument, const struct source_figures *figures)
{
	*(enum source_state *)argument = figures->state;
}

static enum source_state state_of(const struct fixture *f)
{
	enum source_state state = SOURCE_FATAL;
	source_each(f->source, see_state, &state);
	return state;
}

static void a_directory_that_goes_away_is_reported_and_waited_for(void **state)
{
	struct fixture *f = *state;
	char aside[100];
	(void)snprintf(aside, sizeof aside, "%s/aside", f->root);
	assert_string_equal(take_all(f), "");
	assert_int_equal(state_of(f), SOURCE_UP);
	assert_int_equal(rename(f->spool, aside), 0);
	assert_string_equal(take_all(f), "");
	assert_string_equal(take_all(f), "");
	assert_int_equal(state_of(f), SOURCE_DOWN);
	assert_int_equal(rename(aside, f->spool), 0);
	put_events(f, "a", "a");
	f->now += 5 * SECOND; /* the next look */
	assert_string_equal(take_after_restart(f), "a");
	const char *reports = buffer_cstr(&f->reports), *down = strstr(reports, "spool down: ");
	assert_non_null(down);
	assert_null(strstr(down + 1, "spool down: "));
	assert_non_null(strstr(down, "spool up: "));
}

static void a_new_file_makes_the_descriptor_readable(void **state)
{
	struct fixture *f = *state;
	struct pollfd wait = {.fd = source_fd(f->source), .events = POLLIN};
	assert_string_equal(take_all(f), "");
	assert_int_equal(poll(&wait, 1, 0), 0);
	put_events(f, ".a", "a");
	char to[400];
	(void)snprintf(to, sizeof to, "%s", path_of(f, "a"));
	assert_string_equal(take_all(f), "");
	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_int_equal(rename(path_of(f, ".a"), to), 0);
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_string_equal(take_all(f), "a");
	assert_int_equal(poll(&wait, 1, 0), 0); /* its own moves do not wake it */
}

static void a_file_that_comes_while_a_batch_is_out_is_found_though_the_descriptor_was_read(void **state)
{
	struct fixture *f = *state;
	struct pollfd wait = {.fd = source_fd(f->source), .events = POLLIN};
	f->settings.batch_events = 2;
	open_spool(f);
	wait.fd = source_fd(f->source);
	put_events(f, "a", "ab"); /* the batch is full exactly at its end */
	struct batch *batch = first_batch(f);
	put_events(f, "b", "c");
	assert_int_equal(poll(&wait, 1, 0), 1);
	source_wake(f->source);
	assert_int_equal(poll(&wait, 1, 0), 0); /* or a loop would spin while the store cannot take the batch */
	commit(f, batch);
	assert_string_equal(take_all(f), "c");
}

static void a_directory_that_cannot_be_made_is_refused(void **state)
{
	struct fixture *f = *state;
	struct source *source = NULL;
	struct fault fault;
	assert_int_equal(spool_source_open(&f->settings, "/dev/null", &source, &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "the spool directory /dev/null cannot be made: something else has that name");
	assert_int_equal(spool_source_open(&f->settings, "/no/such/place", &source, &fault), RESULT_PERMANENT);
}

static int refused_with; /* by the kernel; 0: it watches */
static const char *unwatched; /* what the words that say so must name */
static size_t unwatched_said;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags)
{
	if (refused_with != EMFILE)
		return __real_inotify_init1(flags);
	errno = refused_with;
	return -1;
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (refused_with != ENOSPC)
		return __real_inotify_add_watch(fd, path, mask);
	errno = refused_with;
	return -1;
}

/* It was told of as if it came back at each look, and never to ops. */
static void a_directory_that_is_opened_and_cannot_be_listed_is_down_until_it_can_be(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(take_all(f), "");
	buffer_clear(&f->reports);
	unlisted = true;
	for (int looks = 0; looks < 3; looks++) {
		f->now += 5 * SECOND;
		assert_string_equal(take_now(f), "");
		assert_int_equal(state_of(f), SOURCE_DOWN);
	}
	unlisted = false;
	const char *down = strstr(buffer_cstr(&f->reports), "spool down: ");
	assert_non_null(down);
	assert_null(strstr(down + 1, "spool down: "));
	assert_null(strstr(down, "spool up: "));
	f->now += 5 * SECOND;
	assert_string_equal(take_now(f), "");
	assert_int_equal(state_of(f), SOURCE_UP);
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool up: "));
}

static void count_unwatched(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	(void)about;
	unwatched_said += strstr(line, "the kernel watches no more") && strstr(line, unwatched);
}

/* Of many councils in one process the kernel watches some alone (fs.inotify.max_user_instances is 128). */
static void a_directory_that_the_kernel_does_not_watch_is_looked_at_and_that_is_said_once(void **state)
{
	static const struct {
		int error;
		const char *limit;
	} limits[] = {{EMFILE, "max_user_instances"}, {ENOSPC, "max_user_watches"}};
	struct fixture *f = *state;
	for (size_t i = 0; i < 2; i++) {
		refused_with = limits[i].error;
		unwatched = limits[i].limit;
		unwatched_said = 0;
		log_set_sink(count_unwatched);
		open_spool(f);
		assert_string_equal(take_all(f), "");
		put_events(f, i ? "b" : "a", i ? "b" : "a");
		const char *taken = "";
		for (int looks = 0; looks < 12 && !*taken; looks++) { /* it must have been still for a while */
			f->now += 5 * SECOND;
			taken = take_now(f);
		}
		assert_string_equal(taken, i ? "b" : "a");
		refused_with = 0;
		log_set_sink(NULL);
		assert_int_equal(unwatched_said, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(files_are_taken_in_the_order_of_their_names_and_moved_on),
		SPOOL_TEST(a_file_stays_until_its_events_are_committed),
		SPOOL_TEST(half_written_files_are_passed_over),
		SPOOL_TEST(a_batch_is_bounded_and_a_file_may_take_several),
		SPOOL_TEST(after_a_crash_a_file_goes_on_where_the_database_stands),
		SPOOL_TEST(after_a_crash_between_commit_and_move_nothing_is_taken_twice),
		SPOOL_TEST(another_file_under_a_known_name_is_taken_from_its_start),
		SPOOL_TEST(a_batch_that_could_not_be_stored_comes_again_and_its_files_stay),
		SPOOL_TEST(nothing_is_read_while_the_store_cannot_say_where_it_stands),
		SPOOL_TEST(blank_lines_and_empty_files_are_no_records_but_are_moved_on),
		SPOOL_TEST(a_last_line_without_its_end_is_a_line),
		SPOOL_TEST(a_file_that_grew_while_it_was_read_is_read_on),
		SPOOL_TEST(a_bad_line_harms_nothing_around_it),
		SPOOL_TEST(a_line_over_the_limit_is_refused_and_only_its_beginning_kept),
		SPOOL_TEST(a_long_line_is_resumed_after),
		SPOOL_TEST(links_and_other_things_are_refused_once_and_aloud),
		SPOOL_TEST(two_names_that_cannot_be_printed_are_two_things),
		SPOOL_TEST(a_file_that_could_not_be_moved_is_moved_once_it_can_be),
		SPOOL_TEST(a_directory_whose_files_may_not_be_looked_at_is_not_taken_for_empty),
		SPOOL_TEST(of_many_files_that_are_left_alone_some_are_named_and_the_rest_are_counted),
		SPOOL_TEST(a_directory_that_goes_away_is_reported_and_waited_for),
		SPOOL_TEST(a_directory_that_is_opened_and_cannot_be_listed_is_down_until_it_can_be),
		SPOOL_TEST(a_new_file_makes_the_descriptor_readable),
		SPOOL_TEST(a_file_that_comes_while_a_batch_is_out_is_found_though_the_descriptor_was_read),
		SPOOL_TEST(a_directory_that_cannot_be_made_is_refused),
		SPOOL_TEST(a_directory_that_the_kernel_does_not_watch_is_looked_at_and_that_is_said_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
