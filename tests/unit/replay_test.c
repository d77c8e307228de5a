/* A replay says the same however its input is cut into batches, and by however many threads: events that wait for their
 * instant to be over outlive the batch they came in. */
#include "backtest/parallel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct config *config;

static int set_up(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	schema_start();
	config = config_load("conf/casewatchd.yaml", "tests/bench/rules", &faults);
	if (!config)
		print_message("%s: %s\n", faults.items[0].file, faults.items[0].text);
	config_faults_free(&faults);
	return config ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static void keep_line(void *context, struct text line)
{
	buffer_text(context, line);
	buffer_char(context, '\n');
}

static const struct replay_options from_first_to_last = {.from = INSTANT_NONE, .until = INSTANT_NEVER};

static struct replay *start(struct buffer *out)
{
	return replay_new(config, config->rules, from_first_to_last, keep_line, NULL, out);
}

static void finish(struct replay *replay)
{
	struct fault fault;
	assert_int_equal(replay_finish(replay, &fault), RESULT_OK);
	replay_free(replay);
}

/* The smallest batches there are: a line each, whose bytes are gone when it was taken. */
static void replay_by_line(const struct buffer *events, struct buffer *out)
{
	struct replay *replay = start(out);
	struct fault fault;
	bool more;
	int64_t number = 1;
	for (const char *at = events->at, *end = at + events->length; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)(stop - at);
		char *line = mem_copy_text(at, length);
		assert_int_equal(replay_take(replay, (struct text){line, length}, number, &more, &fault), RESULT_OK);
		memset(line, 'x', length);
		free(line);
		at = stop + 1;
	}
	finish(replay);
}

static int file_of(const struct buffer *events)
{
	char path[] = "/tmp/casewatch-replay-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)unlink(path);
	assert_int_equal(write(fd, events->at, events->length), (ssize_t)events->length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static size_t replay_by_feed(const struct buffer *events, bool ahead, struct buffer *out)
{
	struct replay *replay = start(out);
	struct fault fault;
	int fd = file_of(events), error = 0;
	bool more;
	int64_t line;
	size_t batches = 0;
	struct feed *feed = feed_new(fd, config, ahead);
	for (const struct feed_batch *batch; (batch = feed_next(feed, &error)) != NULL; batches++)
		assert_int_equal(replay_take_batch(replay, batch, &more, &line, &fault), RESULT_OK);
	assert_int_equal(error, 0);
	feed_free(feed);
	(void)close(fd);
	finish(replay);
	return batches;
}

/* By windows of so many events (0: the usual), as many of them under way as there may be. */
static void replay_by_threads(const struct buffer *events, uint32_t threads, size_t window, struct buffer *out)
{
	struct replay_options options = from_first_to_last;
	options.window = window;
	struct parallel *parallel = parallel_new(config, config->rules, options, threads, keep_line, out);
	struct fault fault;
	int fd = file_of(events), error = 0;
	bool more;
	int64_t line;
	struct feed *feed = feed_new(fd, config, true);
	for (const struct feed_batch *batch; (batch = feed_next(feed, &error)) != NULL;)
		assert_int_equal(parallel_take_batch(parallel, batch, &more, &line, &fault), RESULT_OK);
	assert_int_equal(parallel_drain(parallel, &line, &fault), RESULT_OK);
	feed_free(feed);
	(void)close(fd);
	assert_int_equal(parallel_finish(parallel, &fault), RESULT_OK);
	parallel_free(parallel);
}

static void must_be_the_same(const struct buffer *expected, const struct buffer *found)
{
	assert_int_equal(expected->length, found->length);
	assert_memory_equal(expected->at, found->at, found->length);
}

static void must_be_the_same_by_threads(const struct buffer *events, const struct buffer *expected)
{
	static const uint32_t threads[] = {1, 1, 1, 2, 3, 7};
	static const size_t windows[] = {0, 40, 1, 0, 40, 0};
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		struct buffer found = {0};
		replay_by_threads(events, threads[i], windows[i], &found);
		must_be_the_same(expected, &found);
		buffer_free(&found);
	}
}

static size_t count_of(const struct buffer *out, const char *what)
{
	size_t count = 0;
	for (const char *at = buffer_cstr(out); (at = strstr(at, what)) != NULL; at++)
		count++;
	return count;
}

/* Whoever exports a night at once gives all of it one recordedtime. */
static void add_event(struct buffer *events, int number, const char *recorded, const char *more)
{
	const char *const types[] = {"missing.started", "custody.detained", "referral.accepted"};
	const char *const keys[] = {"episode", "custody", "referral"};
	buffer_format(events,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/council/lcs\",\"type\":\"%s\","
	              "\"subject\":\"C%d\",\"time\":\"2020-01-%02dT%02d:%02d:00Z\",\"recordedtime\":\"%s\","
	              "\"note\":\"%0200d\","
	              "\"data\":{\"%s\":\"K-%d\",\"kind\":\"missing\"%s}}\n",
	              number, types[number % 3], number % 700, 1 + number % 28, number % 24, number % 60, recorded,
	              number, keys[number % 3], number, more);
}

static void an_instant_that_goes_over_many_batches_is_judged_by_its_own_events(void **state)
{
	(void)state;
	struct buffer events = {0}, expected = {0}, found = {0}, found_ahead = {0};
	for (int i = 0; i < 6000; i++) /* 2.4 MB at one instant */
		add_event(&events, i, "2020-02-01T06:00:00Z", i % 5 ? "" : ",\"aside\":\"\\u00e9\",\"risk\":[\"x\"]");
	for (int i = 6000; i < 9000; i++) /* and at one each */
		add_event(&events, i, i % 2 ? "2020-02-01T06:00:01Z" : "2020-02-01T06:00:02Z", "");
	replay_by_line(&events, &expected);
	assert_true(replay_by_feed(&events, false, &found) > 5);
	assert_true(replay_by_feed(&events, true, &found_ahead) > 5);
	assert_true(count_of(&expected, "\"alert.opened\"") > 1000);
	must_be_the_same(&expected, &found);
	must_be_the_same(&expected, &found_ahead);
	must_be_the_same_by_threads(&events, &expected);
	buffer_free(&events);
	buffer_free(&expected);
	buffer_free(&found);
	buffer_free(&found_ahead);
}

/* The rest of a line beyond the limit is passed over unread: nobody knows how long it is, so nothing says so. */
static void a_line_longer_than_can_be_read_at_once_is_refused_once_and_the_next_is_read(void **state)
{
	(void)state;
	struct buffer events = {0}, found = {0};
	for (size_t i = 0; i < 5000000; i++)
		buffer_char(&events, 'x');
	buffer_char(&events, '\n');
	add_event(&events, 1, "2020-02-01T06:00:00Z", "");
	assert_true(replay_by_feed(&events, false, &found) > 5);
	assert_int_equal(count_of(&found, "event.quarantined"), 1);
	assert_int_equal(count_of(&found, "\"longer than 65536 bytes: at most that many are taken\",\"line\":1"), 1);
	assert_int_equal(count_of(&found, "\"alert.opened\""), 1);
	buffer_free(&events);
	buffer_free(&found);
}

/* Corrections, withdrawals and merges look back at events of batches that are long gone. */
static void add_amendment(struct buffer *events, int number, const char *type, int subject, const char *key,
                          char letter, int names)
{
	buffer_format(events,
	              "{\"specversion\":\"1.0\",\"id\":\"%s%d\",\"source\":\"/council/lcs\",\"type\":\"%s\","
	              "\"subject\":\"C%d\",\"time\":\"2020-02-01T05:59:00Z\","
	              "\"recordedtime\":\"2020-02-01T06:00:00Z\",\"data\":{\"%s\":\"%c%d\"}}\n",
	              key, number, type, subject, key, letter, names);
}

static void what_corrects_and_joins_across_batches_is_said_the_same(void **state)
{
	(void)state;
	struct buffer events = {0}, expected = {0}, found = {0};
	for (int i = 0; i < 6000; i++) {
		add_event(&events, i, "2020-02-01T06:00:00Z", "");
		if (i % 7 == 3)
			add_amendment(&events, i, "event.withdrawn", 1, "id", 'e', (i * 31) % 6000);
		if (i % 50 == 9)
			add_amendment(&events, i, "person.merged", i % 700, "from", 'C', (i + 350) % 700);
	}
	replay_by_line(&events, &expected);
	assert_true(replay_by_feed(&events, false, &found) > 5);
	assert_true(count_of(&expected, "\"alert.opened\"") > 500);
	must_be_the_same(&expected, &found);
	must_be_the_same_by_threads(&events, &expected);
	buffer_free(&events);
	buffer_free(&expected);
	buffer_free(&found);
}

/* ---- alerts of many events ---- */

#define EPISODES 80
#define CHILDREN 2
#define LATE 40 /* this episode of the first child is recorded after all others */

static void add_episode(struct buffer *events, int child, int number, int recorded)
{
	buffer_format(events,
	              "{\"specversion\":\"1.0\",\"id\":\"c%d-%d\",\"source\":\"/council/lcs\","
	              "\"type\":\"missing.started\",\"subject\":\"C%d\",\"time\":\"2020-01-01T%02d:%02d:0%dZ\","
	              "\"recordedtime\":\"2020-01-01T%02d:%02d:0%dZ\","
	              "\"data\":{\"episode\":\"c%d-%d\",\"kind\":\"missing\"}}\n",
	              child, number, child, number / 60, number % 60, child, recorded / 60, recorded % 60, child, child,
	              number);
}

/* What a line names that tells of the child's first `count` episodes; without one of them: -1 for none. */
static void evidence_of(int child, int count, int without, struct buffer *out)
{
	buffer_clear(out);
	buffer_string(out, "\"evidence\":[");
	for (int i = 0; i < count; i++)
		if (i != without)
			buffer_format(out, "%s\"c%d-%d\"", i ? "," : "", child, i);
	buffer_string(out, "]");
}

static void an_alert_names_all_its_events_each_time_whatever_is_told_in_between(void **state)
{
	(void)state;
	struct buffer events = {0}, lines = {0}, evidence = {0};
	for (int i = 0; i < EPISODES; i++)
		for (int child = 0; child < CHILDREN; child++)
			if (child || i != LATE)
				add_episode(&events, child, i, i);
	add_episode(&events, 0, LATE, EPISODES);
	replay_by_line(&events, &lines);
	for (int child = 0; child < CHILDREN; child++)
		for (int count = 4; count <= EPISODES; count++) {
			if (child == 0 && count == LATE + 1)
				continue; /* nothing came of it yet */
			evidence_of(child, count, child == 0 && count > LATE ? LATE : -1, &evidence);
			assert_int_equal(count_of(&lines, buffer_cstr(&evidence)), 1);
		}
	evidence_of(0, EPISODES, -1, &evidence);
	assert_int_equal(count_of(&lines, buffer_cstr(&evidence)), 1);
	buffer_free(&events);
	buffer_free(&lines);
	buffer_free(&evidence);
}

/* ---- what a window holds ---- */

static void count_bytes(void *context, struct text line)
{
	*(size_t *)context += line.length;
}

/* The most that is held of what a window printed, and all that was printed. */
static size_t held_most(const struct buffer *events, uint32_t threads, size_t window, size_t *printed)
{
	struct replay_options options = from_first_to_last;
	options.window = window;
	*printed = 0;
	struct parallel *parallel = parallel_new(config, config->rules, options, threads, count_bytes, printed);
	struct fault fault;
	int fd = file_of(events), error = 0;
	bool more;
	int64_t line;
	struct feed *feed = feed_new(fd, config, false);
	for (const struct feed_batch *batch; (batch = feed_next(feed, &error)) != NULL;)
		assert_int_equal(parallel_take_batch(parallel, batch, &more, &line, &fault), RESULT_OK);
	feed_free(feed);
	(void)close(fd);
	assert_int_equal(parallel_finish(parallel, &fault), RESULT_OK);
	size_t most = parallel_printed_most(parallel);
	parallel_free(parallel);
	return most;
}

/* Each line of a child's alert that stands names all its events: what a window of them prints grows with the square. */
static void what_is_held_of_long_lines_is_bounded(void **state)
{
	(void)state;
	struct buffer events = {0};
	for (int i = 0; i < 1400 * 6; i++)
		buffer_format(&events,
		              "{\"specversion\":\"1.0\",\"id\":\"c-%d\",\"source\":\"/council/lcs\","
		              "\"type\":\"missing.started\",\"subject\":\"C1\",\"time\":\"2020-01-01T%02d:%02d:%02dZ\","
		              "\"data\":{\"episode\":\"c-%d\",\"kind\":\"missing\"}}\n",
		              i, i / 3600, i / 60 % 60, i % 60, i);
	for (uint32_t threads = 1; threads <= 2; threads++) {
		size_t printed, held = held_most(&events, threads, 0, &printed);
		assert_true(printed > (size_t)200 * 1024 * 1024);
		assert_true(held < (size_t)64 * 1024 * 1024);
	}
	buffer_free(&events);
}

static void lines_of_which_nothing_comes_fill_a_window_too(void **state)
{
	(void)state;
	struct buffer events = {0};
	for (int i = 0; i < 20000; i++)
		buffer_string(&events, "child,event,date\n");
	for (uint32_t threads = 1; threads <= 2; threads++) {
		size_t printed, held = held_most(&events, threads, 1000, &printed);
		assert_true(printed > 20000 * 50);
		assert_true(held < printed / 4);
	}
	buffer_free(&events);
}

/* ---- where an error is ---- */

static const char *fails_at; /* the id of an event */

enum result __real_engine_accept(struct engine *engine, const struct event *event, struct fault *fault);
enum result __wrap_engine_accept(struct engine *engine, const struct event *event, struct fault *fault);
enum result __wrap_engine_accept(struct engine *engine, const struct event *event, struct fault *fault)
{
	if (fails_at && text_equal(event->id, text_of(fails_at)))
		return fault_set(fault, RESULT_PERMANENT, "as the test wants it");
	return __real_engine_accept(engine, event, fault);
}

/* Told with the window, in order of time or part by part. */
static int64_t line_of_the_error(const struct buffer *events, uint32_t threads, size_t window)
{
	struct replay_options options = from_first_to_last;
	options.window = window;
	size_t printed = 0;
	struct parallel *parallel = parallel_new(config, config->rules, options, threads, count_bytes, &printed);
	struct fault fault = {{0}};
	int fd = file_of(events), error = 0;
	bool more;
	int64_t line = 0;
	enum result result = RESULT_OK;
	struct feed *feed = feed_new(fd, config, false);
	for (const struct feed_batch *batch; result == RESULT_OK && (batch = feed_next(feed, &error)) != NULL;)
		result = parallel_take_batch(parallel, batch, &more, &line, &fault);
	enum result drained = parallel_drain(parallel, &line, &fault);
	assert_true(result != RESULT_OK || drained != RESULT_OK);
	assert_string_equal(fault.text, "as the test wants it");
	feed_free(feed);
	(void)close(fd);
	parallel_free(parallel);
	return line;
}

static void an_error_names_the_line_of_its_event(void **state)
{
	(void)state;
	struct buffer events = {0};
	for (int i = 0; i < 900; i++) {
		char recorded[32];
		(void)snprintf(recorded, sizeof recorded, "2020-02-01T06:%02d:%02dZ", i / 60, i % 60);
		add_event(&events, i, recorded, "");
	}
	fails_at = "e411";
	for (uint32_t threads = 1; threads <= 3; threads++) {
		assert_int_equal(line_of_the_error(&events, threads, 0), 412);
		assert_int_equal(line_of_the_error(&events, threads, 500), 412);
		assert_int_equal(line_of_the_error(&events, threads, 1), 412);
	}
	fails_at = NULL;
	buffer_free(&events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_that_goes_over_many_batches_is_judged_by_its_own_events),
		cmocka_unit_test(a_line_longer_than_can_be_read_at_once_is_refused_once_and_the_next_is_read),
		cmocka_unit_test(what_corrects_and_joins_across_batches_is_said_the_same),
		cmocka_unit_test(an_alert_names_all_its_events_each_time_whatever_is_told_in_between),
		cmocka_unit_test(what_is_held_of_long_lines_is_bounded),
		cmocka_unit_test(lines_of_which_nothing_comes_fill_a_window_too),
		cmocka_unit_test(an_error_names_the_line_of_its_event),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
