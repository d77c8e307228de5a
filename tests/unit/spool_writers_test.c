/* Who writes files into the spool, how slowly, and what they do to them afterwards: nothing is taken too early, nothing
 * is lost. */
#include "spool_fixture.h"

#include <linux/capability.h>
#include <sys/syscall.h>

static void write_events(int fd, const char *ids)
{
	struct buffer bytes = {0};
	for (; *ids; ids++)
		add_event(&bytes, (char[]){*ids, '\0'});
	assert_int_equal(write(fd, bytes.at, bytes.length), bytes.length);
	buffer_free(&bytes);
}

static int create(const struct fixture *f, const char *name)
{
	int fd = open(path_of(f, name), O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	return fd;
}

static void the_file_is(const struct fixture *f, const char *name, const char *ids)
{
	struct buffer expected = {0};
	char bytes[4096];
	for (; *ids; ids++)
		add_event(&expected, (char[]){*ids, '\0'});
	FILE *file = fopen(path_of(f, name), "r");
	assert_non_null(file);
	size_t length = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	assert_int_equal(length, expected.length);
	assert_memory_equal(bytes, expected.at, length);
	buffer_free(&expected);
}

/* As cp, scp and sftp do: the file is there at once, and whole long after. */
static void a_file_that_is_being_copied_is_taken_when_the_copy_is_whole(void **state)
{
	struct fixture *f = *state;
	int copy = create(f, "a");
	assert_string_equal(take_for(f, 10), "");
	write_events(copy, "ab");
	assert_string_equal(take_for(f, 50), "");
	write_events(copy, "c");
	assert_string_equal(take_for(f, 50), "");
	write_events(copy, "d");
	assert_int_equal(close(copy), 0);
	assert_string_equal(take_now(f), ""); /* closed, but not yet still */
	assert_string_equal(take_for(f, 3), "abcd");
	the_file_is(f, "done/a", "abcd");
	assert_int_equal(f->reasons.length, 0);
}

static void half_a_line_of_a_copy_is_never_read_as_one(void **state)
{
	struct fixture *f = *state;
	struct buffer bytes = {0};
	add_event(&bytes, "a");
	int copy = create(f, "a");
	assert_int_equal(write(copy, bytes.at, 50), 50);
	assert_string_equal(take_for(f, 30), "");
	open_spool(f); /* a restart knows nothing of the writer */
	assert_string_equal(take_for(f, 30), "");
	assert_int_equal(write(copy, bytes.at + 50, bytes.length - 50), bytes.length - 50);
	assert_int_equal(close(copy), 0);
	assert_string_equal(take_for(f, 30), "a");
	assert_int_equal(f->reasons.length, 0);
	buffer_free(&bytes);
}

static void a_writer_that_closes_again_and_again_is_waited_for(void **state)
{
	struct fixture *f = *state;
	buffer_clear(&f->ids);
	put_events(f, "a", "a");
	assert_string_equal(take_for(f, 3), "a");
	assert_true(exists(f, "done/a"));
	for (const char *id = "bcdefgh"; *id; id++) {
		put_events(f, "b", (char[]){*id, '\0'});
		assert_null(next_batch(f));
		f->now += SECOND / 2;
	}
	assert_string_equal(take_for(f, 20), "bcdefgh");
	the_file_is(f, "done/b", "bcdefgh");
}

/* It was taken as whole, and was not: what is added comes back, and nothing lies in done/ that is not stored. */
static void what_is_written_to_a_file_after_it_was_taken_is_read_too(void **state)
{
	struct fixture *f = *state;
	int writer = create(f, "a");
	write_events(writer, "ab");
	assert_string_equal(take_for(f, 59), "");
	assert_string_equal(take_for(f, 5), "ab"); /* it stood still for a minute, though it was not closed */
	assert_true(exists(f, "done/a"));
	write_events(writer, "cd");
	assert_string_equal(take_for(f, 200), "cd");
	the_file_is(f, "done/a", "abcd");
	struct buffer bytes = {0};
	add_event(&bytes, "e");
	assert_int_equal(write(writer, bytes.at, 40), 40);
	assert_string_equal(take_for(f, 200), ""); /* half a line: refused, for nothing says that more will come */
	assert_int_equal(write(writer, bytes.at + 40, bytes.length - 40), bytes.length - 40);
	assert_int_equal(close(writer), 0);
	assert_string_equal(take_for(f, 200),
	                    "abcde"); /* the line is another one now: from the start, and known ones change nothing */
	the_file_is(f, "done/a", "abcde");
	buffer_free(&bytes);
}

static void what_is_written_to_a_taken_file_is_read_though_another_has_its_name_by_now(void **state)
{
	struct fixture *f = *state;
	int writer = create(f, "a");
	write_events(writer, "ab");
	assert_string_equal(take_for(f, 65), "ab");
	int second = create(f, "a");
	write_events(second, "x");
	write_events(writer, "c");
	assert_int_equal(close(writer), 0);
	assert_string_equal(take_for(f, 30), "abc"); /* under a name of its own, and so from its start */
	assert_int_equal(close(second), 0);
	assert_string_equal(take_for(f, 30), "x");
	the_file_is(f, "done/a.more1", "abc");
	the_file_is(f, "done/a", "x");
}

static void files_that_were_there_before_are_taken_when_they_have_been_still(void **state)
{
	struct fixture *f = *state;
	int writer = create(f, "b");
	put_events(f, "a", "a");
	write_events(writer, "b");
	open_spool(f);
	assert_string_equal(take_for(f, 2), "");
	write_events(writer, "c");
	assert_string_equal(take_for(f, 5), "a");
	write_events(writer, "d");
	assert_int_equal(close(writer), 0);
	assert_string_equal(take_for(f, 30), "bcd");
	the_file_is(f, "done/b", "bcd");
}

static void a_file_moved_here_whole_is_taken_at_once(void **state)
{
	struct fixture *f = *state;
	put_events(f, ".a", "a");
	char to[400];
	(void)snprintf(to, sizeof to, "%s", path_of(f, "a"));
	assert_null(next_batch(f));
	assert_int_equal(rename(path_of(f, ".a"), to), 0);
	assert_null(next_batch(f));
	f->now += SECOND / 4;
	assert_string_equal(take_now(f), "a");
}

static void a_hard_link_has_no_writer_to_close_it_and_is_taken_all_the_same(void **state)
{
	struct fixture *f = *state;
	put_events(f, ".a", "a");
	char to[400];
	(void)snprintf(to, sizeof to, "%s", path_of(f, "a"));
	assert_int_equal(link(path_of(f, ".a"), to), 0);
	assert_string_equal(take_for(f, 62), "a");
}

/* While its first batch is out. */
static void begin_reading(struct fixture *f, const char *ids)
{
	f->settings.batch_events = 2;
	open_spool(f);
	put_events(f, "a", ids);
	commit(f, first_batch(f));
}

static void a_file_that_is_truncated_while_it_is_read_is_read_anew(void **state)
{
	struct fixture *f = *state;
	begin_reading(f, "abcd");
	assert_int_equal(truncate(path_of(f, "a"), 0), 0);
	put_events(f, "a", "x");
	assert_non_null(strchr(take_for(f, 60), 'x')); /* whatever of the old it had read before */
	the_file_is(f, "done/a", "x");
}

static void a_file_that_is_rewritten_in_place_is_read_anew(void **state)
{
	struct fixture *f = *state;
	begin_reading(f, "abcd");
	int fd = open(path_of(f, "a"), O_WRONLY);
	write_events(fd, "wxyz"); /* as long as it was */
	assert_int_equal(close(fd), 0);
	const char *taken = take_for(f, 60);
	assert_non_null(strstr(taken, "wxyz")); /* whatever of the old it had read before */
	the_file_is(f, "done/a", "wxyz");
}

static void a_file_that_another_is_moved_over_while_it_is_read_ends_and_the_other_is_taken(void **state)
{
	struct fixture *f = *state;
	begin_reading(f, "abcd");
	put_events(f, ".b", "x");
	char to[400];
	(void)snprintf(to, sizeof to, "%s", path_of(f, "a"));
	assert_int_equal(rename(path_of(f, ".b"), to), 0);
	assert_string_equal(take_for(f, 30), "cdx");
	the_file_is(f, "done/a", "x");
}

static void a_file_that_vanishes_while_it_is_read_is_stored_as_far_as_it_was_there(void **state)
{
	struct fixture *f = *state;
	begin_reading(f, "abcd");
	assert_int_equal(unlink(path_of(f, "a")), 0);
	put_events(f, "b", "x");
	assert_string_equal(take_for(f, 30), "cdx");
	assert_false(exists(f, "done/a"));
}

static void a_file_that_becomes_something_else_before_it_is_taken_is_left_alone(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "a");
	put_events(f, "b", "b");
	assert_null(next_batch(f));
	assert_int_equal(unlink(path_of(f, "a")), 0);
	assert_int_equal(mkfifo(path_of(f, "a"), 0600), 0);
	assert_int_equal(unlink(path_of(f, "b")), 0);
	assert_int_equal(symlink("/etc/passwd", path_of(f, "b")), 0);
	assert_string_equal(take_for(f, 10), "");
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:a stuck: "));
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:b stuck: "));
	assert_int_equal(unlink(path_of(f, "a")), 0);
	assert_int_equal(unlink(path_of(f, "b")), 0);
	assert_string_equal(take_for(f, 10), ""); /* and when somebody saw to it, that is said as well */
	assert_non_null(strstr(buffer_cstr(&f->reports), "/a is gone\n"));
	assert_non_null(strstr(buffer_cstr(&f->reports), "/b is gone\n"));
}

static void a_file_that_is_written_to_for_hours_is_said_and_harms_no_other(void **state)
{
	struct fixture *f = *state;
	int writer = create(f, "a-log");
	put_events(f, "b", "b");
	buffer_clear(&f->ids);
	for (int minute = 0; minute < 90; minute++) {
		write_events(writer, "x");
		struct batch *batch;
		for (int half = 0; half < 2; half++, f->now += 30 * SECOND)
			while ((batch = next_batch(f)))
				commit(f, batch);
	}
	assert_string_equal(buffer_cstr(&f->ids), "b");
	const char *said = strstr(buffer_cstr(&f->reports), "spool:a-log stuck: ");
	assert_non_null(said);
	assert_null(strstr(said + 1, "spool:a-log stuck: "));
	assert_int_equal(close(writer), 0);
	const char *taken = take_for(f, 130);
	assert_int_equal(strlen(taken), 90);
	assert_non_null(strstr(buffer_cstr(&f->reports), "spool:a-log up: "));
}

/* Ten gigabytes without a line end must not make the loop stand: a turn reads so much and no more. */
static void a_line_without_end_is_passed_over_in_turns(void **state)
{
	struct fixture *f = *state;
	enum { MIB = 64 };
	put_events(f, "a", "a");
	assert_int_equal(truncate(path_of(f, "a"), (off_t)MIB << 20), 0); /* a hole: NUL bytes */
	put_events(f, "a", "b"); /* ends that line */
	put_events(f, "a", "c");
	ripen(f);
	int turns = 0;
	struct batch *batch = source_next(f->source);
	for (; !batch || batch->count < 2; batch = source_next(f->source), turns++) {
		if (batch)
			commit(f, batch);
		else
			assert_int_equal(source_wait(f->source), 0);
	}
	assert_true(turns >= MIB / 4 - 1);
	assert_false(batch->records[0].accepted);
	assert_true(batch->records[0].bytes.length <= f->settings.event_limits.bytes + 3);
	assert_true(text_equal(batch->records[1].event.id, TEXT("c")));
	commit(f, batch);
}

static void a_large_file_is_found_again_after_a_restart_in_turns(void **state)
{
	struct fixture *f = *state;
	char padding[1000];
	memset(padding, ' ', sizeof padding);
	padding[sizeof padding - 1] = '\n';
	int writer = create(f, "a");
	write_events(writer, "a");
	for (int i = 0; i < 12 * 1024; i++)
		assert_int_equal(write(writer, padding, sizeof padding), sizeof padding);
	write_events(writer, "b");
	assert_int_equal(close(writer), 0);
	f->settings.batch_events = 1;
	open_spool(f);
	assert_null(next_batch(f));
	f->now += 6 * SECOND;
	commit(f, next_batch(f));
	commit(f, next_batch(f));
	assert_true(exists(f, "a")); /* its end was not seen yet */
	open_spool(f);
	assert_null(next_batch(f));
	f->now += 6 * SECOND;
	buffer_clear(&f->ids);
	int turns = 0;
	for (; !exists(f, "done/a"); turns++)
		assert_null(source_next(f->source));
	assert_true(turns >= 3);
}

static void more_files_than_are_kept_in_mind_are_all_taken_in_order(void **state)
{
	struct fixture *f = *state;
	f->settings.positions = NULL;
	enum { FILES = 5000 };
	for (int i = 0; i < FILES; i++) {
		char name[32];
		struct buffer bytes = {0};
		(void)snprintf(name, sizeof name, "%05d", (i * 7919) % FILES);
		add_event(&bytes, name);
		put(f, name, bytes.at, bytes.length);
		buffer_free(&bytes);
	}
	open_spool(f);
	int taken = 0;
	struct batch *batch;
	for (int second = 0; second < 60; second++, f->now += SECOND)
		while ((batch = next_batch(f))) {
			for (size_t i = 0; i < batch->count; i++, taken++)
				assert_int_equal(atoi(batch->records[i].event.id.at), taken);
			source_committed(f->source, batch);
		}
	assert_int_equal(taken, FILES);
}

/* Takes what is there without keeping positions, of which the fixture has room for few. */
static int take_without_positions(struct fixture *f, int seconds)
{
	int taken = 0;
	struct batch *batch;
	for (; seconds > 0; seconds--, f->now += SECOND)
		while ((batch = next_batch(f))) {
			taken += (int)batch->count;
			source_committed(f->source, batch);
		}
	return taken;
}

/* Of the last 1,024 files that were taken a writer's afterthought is read; of those before them no longer, and that is
 * said. */
static void of_more_files_than_are_looked_at_the_latest_are(void **state)
{
	struct fixture *f = *state;
	enum { LOOKED_AT = 1024 };
	f->settings.positions = NULL;
	open_spool(f);
	int first = create(f, "0000"), second = create(f, "0001");
	write_events(first, "a");
	write_events(second, "b");
	assert_int_equal(take_without_positions(f, 70), 2);
	for (int i = 2; i <= LOOKED_AT; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%04d", i);
		put_events(f, name, "n");
	}
	assert_int_equal(take_without_positions(f, 10), LOOKED_AT - 1); /* the first was pushed out by the last */
	write_events(first, "c");
	assert_int_equal(close(first), 0);
	assert_int_equal(take_without_positions(f, 200), 0);
	write_events(second, "d");
	assert_int_equal(close(second), 0);
	assert_int_equal(take_without_positions(f, 200), 2); /* from its start, as no position was kept: "b" and "d" */
}

/* Whoever sets rights or owners afterwards (install, rsync, a script of the council's) wrote nothing. */
static void a_file_whose_rights_are_changed_is_taken_once(void **state)
{
	struct fixture *f = *state;
	int writer = create(f, "a");
	write_events(writer, "ab");
	assert_int_equal(close(writer), 0);
	assert_string_equal(take_now(f), "");
	assert_int_equal(chmod(path_of(f, "a"), 0640), 0);
	assert_string_equal(take_for(f, 10), "ab");
	assert_int_equal(chmod(path_of(f, "done/a"), 0440), 0);
	assert_string_equal(take_for(f, 200), "");
	assert_true(exists(f, "done/a"));
	assert_false(exists(f, "a"));
}

/* Root is asked for a file's rights like anybody else without these two capabilities; others never have them. */
static void let_root_read_everything(bool lets)
{
	const uint32_t both = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	data[0].effective = lets ? data[0].effective | (both & data[0].permitted) : data[0].effective & ~both;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

/* One that nobody may read yet is taken when somebody lets us. */
static void a_file_that_may_not_be_read_waits_until_it_may(void **state)
{
	struct fixture *f = *state;
	let_root_read_everything(false);
	int writer = create(f, "a");
	write_events(writer, "ab");
	assert_int_equal(close(writer), 0);
	assert_int_equal(chmod(path_of(f, "a"), 0), 0);
	assert_string_equal(take_for(f, 20), "");
	assert_int_equal(chmod(path_of(f, "a"), 0600), 0);
	assert_string_equal(take_for(f, 120), "ab");
	let_root_read_everything(true);
}

static void see_figures(void *argument, const struct source_figures *figures)
{
	*(struct source_figures *)argument = *figures;
}

static void while_a_file_waits_the_spool_promises_nothing_of_the_time_it_was_read_to(void **state)
{
	struct fixture *f = *state;
	struct source_figures figures;
	assert_string_equal(take_all(f), "");
	source_each(f->source, see_figures, &figures);
	assert_int_equal(figures.read_to, INSTANT_NEVER);
	assert_int_equal(figures.lag, 0);
	put_events(f, "a", "a");
	assert_null(next_batch(f));
	source_each(f->source, see_figures, &figures);
	assert_int_equal(figures.read_to, INSTANT_NONE);
	assert_int_equal(figures.lag, -1);
	assert_string_equal(take_all(f), "a");
	source_each(f->source, see_figures, &figures);
	assert_int_equal(figures.read_to, INSTANT_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(a_file_that_is_being_copied_is_taken_when_the_copy_is_whole),
		SPOOL_TEST(half_a_line_of_a_copy_is_never_read_as_one),
		SPOOL_TEST(a_writer_that_closes_again_and_again_is_waited_for),
		SPOOL_TEST(what_is_written_to_a_file_after_it_was_taken_is_read_too),
		SPOOL_TEST(what_is_written_to_a_taken_file_is_read_though_another_has_its_name_by_now),
		SPOOL_TEST(files_that_were_there_before_are_taken_when_they_have_been_still),
		SPOOL_TEST(a_file_moved_here_whole_is_taken_at_once),
		SPOOL_TEST(a_hard_link_has_no_writer_to_close_it_and_is_taken_all_the_same),
		SPOOL_TEST(a_file_that_is_truncated_while_it_is_read_is_read_anew),
		SPOOL_TEST(a_file_that_is_rewritten_in_place_is_read_anew),
		SPOOL_TEST(a_file_that_another_is_moved_over_while_it_is_read_ends_and_the_other_is_taken),
		SPOOL_TEST(a_file_that_vanishes_while_it_is_read_is_stored_as_far_as_it_was_there),
		SPOOL_TEST(a_file_that_becomes_something_else_before_it_is_taken_is_left_alone),
		SPOOL_TEST(a_file_that_is_written_to_for_hours_is_said_and_harms_no_other),
		SPOOL_TEST(a_line_without_end_is_passed_over_in_turns),
		SPOOL_TEST(a_large_file_is_found_again_after_a_restart_in_turns),
		SPOOL_TEST(more_files_than_are_kept_in_mind_are_all_taken_in_order),
		SPOOL_TEST(of_more_files_than_are_looked_at_the_latest_are),
		SPOOL_TEST(a_file_whose_rights_are_changed_is_taken_once),
		SPOOL_TEST(a_file_that_may_not_be_read_waits_until_it_may),
		SPOOL_TEST(while_a_file_waits_the_spool_promises_nothing_of_the_time_it_was_read_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
