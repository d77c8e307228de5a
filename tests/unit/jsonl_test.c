/* Files of events: each taken once, whole, in the order of their names, whatever happens between. */
#include "source/jsonl.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What the database would hold: positions by name, and every id in the order in which it was committed. */
struct position {
	char name[300];
	int64_t next;
	uint64_t fingerprint;
};
struct fixture {
	char root[64], spool[80];
	instant now;
	struct source_settings settings;
	struct jsonl *source;
	struct position positions[64];
	size_t position_count;
	bool store_down;
	struct buffer ids, reports, reasons;
};

static enum result find_position(void *context, struct source_position *positions, size_t count, struct fault *fault)
{
	struct fixture *f = context;
	if (f->store_down)
		return fault_set(fault, RESULT_TEMPORARY, "the disk is full");
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < f->position_count; i++)
			if (text_equal(text_of(f->positions[i].name), positions[k].name)) {
				positions[k].known = true;
				positions[k].next = f->positions[i].next;
				positions[k].fingerprint = f->positions[i].fingerprint;
			}
	return RESULT_OK;
}

static void keep_position(struct fixture *f, const struct source_record *record)
{
	size_t i = 0;
	while (i < f->position_count && !text_equal(text_of(f->positions[i].name), record->position))
		i++;
	assert_true(i < 64);
	if (i == f->position_count)
		f->position_count++;
	(void)snprintf(f->positions[i].name, sizeof f->positions[i].name, "%.*s", TEXT_ARG(record->position));
	f->positions[i].next = record->next;
	f->positions[i].fingerprint = record->fingerprint;
}

static void hear(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct fixture *f = context;
	buffer_format(&f->reports, "%s %s: %s\n", name, source_state_name(state), sentence);
}

static void open_spool(struct fixture *f)
{
	struct fault fault;
	jsonl_close(f->source);
	if (jsonl_open_spool(&f->settings, f->spool, &f->source, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	schema_start();
	(void)strcpy(f->root, "/tmp/casewatch-jsonl-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	(void)snprintf(f->spool, sizeof f->spool, "%s/spool", f->root);
	f->now = (instant)1600000000 * SECOND;
	source_settings_default(&f->settings);
	f->settings.clock = clock_manual(&f->now);
	f->settings.positions = find_position;
	f->settings.report = hear;
	f->settings.context = f;
	open_spool(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];
	jsonl_close(f->source);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->root);
	assert_int_equal(system(command), 0);
	buffer_free(&f->ids);
	buffer_free(&f->reports);
	buffer_free(&f->reasons);
	free(f);
	return 0;
}

static const char *path_of(const struct fixture *f, const char *name)
{
	static char path[400];
	(void)snprintf(path, sizeof path, "%s/%s", f->spool, name);
	return path;
}

static void put(const struct fixture *f, const char *name, const char *bytes, size_t length)
{
	int fd = open(path_of(f, name), O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(close(fd), 0);
}

static void add_event(struct buffer *out, const char *id)
{
	buffer_format(out,
	              "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lcs\",\"type\":\"child.died\",\"subject\":\"C1\","
	              "\"time\":\"2020-01-12T00:00:00Z\"}\n",
	              id);
}

#define EVENT_BYTES 112 /* with an id of one letter */

/* A file with the events whose ids are the letters of `ids`. */
static void put_events(const struct fixture *f, const char *name, const char *ids)
{
	struct buffer bytes = {0};
	for (; *ids; ids++)
		add_event(&bytes, (char[]){*ids, '\0'});
	put(f, name, bytes.length ? bytes.at : "", bytes.length);
	buffer_free(&bytes);
}

static bool exists(const struct fixture *f, const char *name)
{
	struct stat found;
	return lstat(path_of(f, name), &found) == 0;
}

static void commit(struct fixture *f, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct source_record *record = &batch->records[i];
		if (record->accepted)
			buffer_text(&f->ids, record->event.id);
		else
			buffer_format(&f->reasons, "%.*s\n", TEXT_ARG(record->reason));
		keep_position(f, record);
	}
	jsonl_committed(f->source, batch);
}

/* Takes all that waits; the ids committed since the last call. */
static const char *take_all(struct fixture *f)
{
	struct batch *batch;
	buffer_clear(&f->ids);
	while ((batch = jsonl_next_batch(f->source)))
		commit(f, batch);
	return buffer_cstr(&f->ids);
}

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
	struct batch *batch = jsonl_next_batch(f->source);
	assert_int_equal(batch->count, 2);
	assert_true(text_equal(batch->records[0].position, TEXT("spool:a")));
	assert_int_equal(batch->records[0].arrived, f->now);
	assert_true(exists(f, "a"));
	assert_null(jsonl_next_batch(f->source)); /* one batch is out at a time */
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
	for (size_t i = 0; i < 4; i++) {
		struct batch *batch = jsonl_next_batch(f->source);
		assert_int_equal(batch->count, counts[i]);
		assert_int_equal(exists(f, "a"), i < 3);
		commit(f, batch);
	}
	assert_null(jsonl_next_batch(f->source));
	assert_string_equal(buffer_cstr(&f->ids), "abcdefg");
	f->settings.batch_events = 1000;
	f->settings.batch_bytes = 200; /* one event is 112 bytes: the second one ends the batch */
	open_spool(f);
	put_events(f, "c", "abc");
	struct batch *batch = jsonl_next_batch(f->source);
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
	commit(f, jsonl_next_batch(f->source));
	assert_int_equal(jsonl_next_batch(f->source)->count, 2); /* never committed */
	open_spool(f);
	assert_string_equal(take_all(f), "cdefg");
	assert_true(exists(f, "done/a"));
}

static void after_a_crash_between_commit_and_move_nothing_is_taken_twice(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "abc");
	struct batch *batch = jsonl_next_batch(f->source);
	for (size_t i = 0; i < batch->count; i++)
		keep_position(f, &batch->records[i]);
	open_spool(f);
	assert_string_equal(take_all(f), "");
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
	assert_true(exists(f, "done/events.jsonl") && exists(f, "done/events.jsonl.1") && exists(f, "done/events.jsonl.3"));
}

static void a_batch_given_back_comes_again(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "ab");
	put_events(f, "b", "cd");
	struct batch *batch = jsonl_next_batch(f->source);
	assert_int_equal(batch->count, 4);
	jsonl_give_back(f->source, batch);
	assert_true(exists(f, "a") && exists(f, "b"));
	assert_string_equal(take_all(f), "abcd");
	f->settings.batch_events = 3;
	open_spool(f);
	put_events(f, "c", "efghi");
	commit(f, jsonl_next_batch(f->source));
	jsonl_give_back(f->source, jsonl_next_batch(f->source));
	assert_string_equal(take_all(f), "hi");
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
	commit(f, jsonl_next_batch(f->source));
	put_events(f, "a", "cd");
	assert_string_equal(take_all(f), "cd");
	assert_true(exists(f, "done/a"));
}

static void a_bad_line_harms_nothing_around_it(void **state)
{
	struct fixture *f = *state;
	put_events(f, "a", "a");
	put(f, "a", "hello\n\xff\n{\"id\":\n", 15);
	put_events(f, "a", "b");
	assert_string_equal(take_all(f), "ab");
	assert_string_equal(buffer_cstr(&f->reasons), "not JSON: at byte 1 a value is expected\nnot valid UTF-8 at byte 1\n"
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
				struct batch *batch = jsonl_next_batch(f->source);
				assert_int_equal(batch->count, 4);
				assert_false(batch->records[1].accepted);
				assert_in_range(batch->records[1].bytes.length, 200, 203);
				assert_int_equal(batch->records[1].next, EVENT_BYTES + lengths[i] + 1);
				assert_int_equal(batch->records[3].next, 2 * EVENT_BYTES + 2 * lengths[i] + 1 + (size_t)ended);
				(void)snprintf(expected, sizeof expected, "%zu bytes long: at most 200 are taken; the first 203 are kept",
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
	commit(f, jsonl_next_batch(f->source));
	open_spool(f);
	assert_string_equal(take_all(f), "bc");
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
		"spool:(a name that cannot be printed) stuck: ",
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

static void a_directory_that_goes_away_is_reported_and_waited_for(void **state)
{
	struct fixture *f = *state;
	char aside[100];
	(void)snprintf(aside, sizeof aside, "%s/aside", f->root);
	assert_string_equal(take_all(f), "");
	assert_int_equal(rename(f->spool, aside), 0);
	assert_string_equal(take_all(f), "");
	assert_string_equal(take_all(f), "");
	assert_int_equal(rename(aside, f->spool), 0);
	put_events(f, "a", "a");
	assert_string_equal(take_all(f), "a");
	const char *reports = buffer_cstr(&f->reports), *down = strstr(reports, "spool down: ");
	assert_non_null(down);
	assert_null(strstr(down + 1, "spool down: "));
	assert_non_null(strstr(down, "spool up: "));
}

static void a_new_file_makes_the_descriptor_readable(void **state)
{
	struct fixture *f = *state;
	struct pollfd wait = {.fd = jsonl_fd(f->source), .events = POLLIN};
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
	struct pollfd wait = {.fd = jsonl_fd(f->source), .events = POLLIN};
	f->settings.batch_events = 2;
	open_spool(f);
	wait.fd = jsonl_fd(f->source);
	put_events(f, "a", "ab"); /* the batch is full exactly at its end */
	struct batch *batch = jsonl_next_batch(f->source);
	put_events(f, "b", "c");
	assert_int_equal(poll(&wait, 1, 0), 1);
	jsonl_wake(f->source);
	assert_int_equal(poll(&wait, 1, 0), 0); /* or a loop would spin while the store cannot take the batch */
	commit(f, batch);
	assert_string_equal(take_all(f), "c");
}

static void thousands_of_small_files_are_taken_in_order(void **state)
{
	struct fixture *f = *state;
	f->settings.positions = NULL;
	open_spool(f);
	enum { FILES = 2500 };
	for (int i = 0; i < FILES; i++) {
		char name[32];
		struct buffer bytes = {0};
		(void)snprintf(name, sizeof name, "%05d", (i * 7919) % FILES);
		add_event(&bytes, name);
		put(f, name, bytes.at, bytes.length);
		buffer_free(&bytes);
	}
	int taken = 0;
	for (struct batch *batch; (batch = jsonl_next_batch(f->source));) {
		for (size_t i = 0; i < batch->count; i++, taken++)
			assert_int_equal(atoi(batch->records[i].event.id.at), taken);
		jsonl_committed(f->source, batch);
	}
	assert_int_equal(taken, FILES);
}

static void a_directory_that_cannot_be_made_is_refused(void **state)
{
	struct fixture *f = *state;
	struct jsonl *source = NULL;
	struct fault fault;
	assert_int_equal(jsonl_open_spool(&f->settings, "/dev/null", &source, &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "the spool directory /dev/null cannot be made: something else has that name");
	assert_int_equal(jsonl_open_spool(&f->settings, "/no/such/place", &source, &fault), RESULT_PERMANENT);
	assert_int_equal(jsonl_open_file(&f->settings, "/no/such/file", &source, &fault), RESULT_PERMANENT);
	assert_string_equal(fault.text, "cannot open /no/such/file: No such file or directory");
}

static void one_file_is_read_to_its_end_and_stays(void **state)
{
	struct fixture *f = *state;
	struct fault fault;
	put_events(f, ".one", "abc");
	jsonl_close(f->source);
	f->settings.batch_events = 2;
	assert_int_equal(jsonl_open_file(&f->settings, path_of(f, ".one"), &f->source, &fault), RESULT_OK);
	commit(f, jsonl_next_batch(f->source));
	jsonl_give_back(f->source, jsonl_next_batch(f->source));
	assert_false(jsonl_ended(f->source));
	assert_string_equal(take_all(f), "c");
	assert_true(jsonl_ended(f->source));
	assert_true(exists(f, ".one"));
	assert_non_null(strstr(f->positions[0].name, "file:/tmp/casewatch-jsonl-"));
}

static void standard_input_is_read_as_it_comes(void **state)
{
	struct fixture *f = *state;
	struct fault fault;
	struct buffer bytes = {0};
	int ends[2], input = dup(STDIN_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	jsonl_close(f->source);
	assert_int_equal(jsonl_open_file(&f->settings, "-", &f->source, &fault), RESULT_OK);
	assert_null(jsonl_next_batch(f->source)); /* nothing yet, and it does not wait */
	add_event(&bytes, "a");
	add_event(&bytes, "b");
	assert_int_equal(write(ends[1], bytes.at, bytes.length - 30), bytes.length - 30);
	struct batch *batch = jsonl_next_batch(f->source);
	assert_int_equal(batch->count, 1);
	jsonl_give_back(f->source, batch); /* a pipe cannot be read again: the batch itself comes again */
	assert_string_equal(take_all(f), "a");
	assert_int_equal(write(ends[1], bytes.at + bytes.length - 30, 30), 30);
	assert_int_equal(close(ends[1]), 0);
	assert_false(jsonl_ended(f->source));
	assert_string_equal(take_all(f), "b");
	assert_true(jsonl_ended(f->source));
	assert_true(dup2(input, STDIN_FILENO) >= 0);
	(void)close(input);
	(void)close(ends[0]);
	buffer_free(&bytes);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		SPOOL_TEST(a_batch_given_back_comes_again),
		SPOOL_TEST(nothing_is_read_while_the_store_cannot_say_where_it_stands),
		SPOOL_TEST(blank_lines_and_empty_files_are_no_records_but_are_moved_on),
		SPOOL_TEST(a_last_line_without_its_end_is_a_line),
		SPOOL_TEST(a_file_that_grew_while_it_was_read_is_read_on),
		SPOOL_TEST(a_bad_line_harms_nothing_around_it),
		SPOOL_TEST(a_line_over_the_limit_is_refused_and_only_its_beginning_kept),
		SPOOL_TEST(a_long_line_is_resumed_after),
		SPOOL_TEST(links_and_other_things_are_refused_once_and_aloud),
		SPOOL_TEST(a_directory_that_goes_away_is_reported_and_waited_for),
		SPOOL_TEST(a_new_file_makes_the_descriptor_readable),
		SPOOL_TEST(a_file_that_comes_while_a_batch_is_out_is_found_though_the_descriptor_was_read),
		SPOOL_TEST(thousands_of_small_files_are_taken_in_order),
		SPOOL_TEST(a_directory_that_cannot_be_made_is_refused),
		SPOOL_TEST(one_file_is_read_to_its_end_and_stays),
		SPOOL_TEST(standard_input_is_read_as_it_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
