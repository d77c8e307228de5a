/* What every source has, whatever its kind, with a source whose log is in memory. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source/memory.h"

struct fixture {
	instant now;
	struct source_settings settings;
	struct source *source;
	struct memory_source *memory;
	int64_t stored[2];      /* after how many records "memory:0" and "memory:1" stand in the store; 0: never read */
	struct buffer ids, reports;
};

static enum result find_positions(void *context, struct source_position *positions, size_t count, struct fault *fault)
{
	const struct fixture *f = context;
	(void)fault;
	for (size_t i = 0; i < count; i++) {
		positions[i].next = f->stored[positions[i].name.at[7] - '0'];
		positions[i].known = positions[i].next > 0;
	}
	return RESULT_OK;
}

static void hear(void *context, const char *name, enum source_state state, const char *sentence)
{
	struct fixture *f = context;
	buffer_format(&f->reports, "%s %s: %s\n", name, source_state_name(state), sentence);
}

static void start(struct fixture *f)
{
	f->source = memory_source_open(&f->settings, &f->memory);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	schema_start();
	f->now = (instant)1600000000 * SECOND;
	source_settings_default(&f->settings);
	f->settings.clock = clock_manual(&f->now);
	f->settings.positions = find_positions;
	f->settings.report = hear;
	f->settings.context = f;
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	assert_true(source_stop(f->source, 0));
	buffer_free(&f->ids);
	buffer_free(&f->reports);
	free(f);
	return 0;
}

static void put_of(struct fixture *f, const char *position, const char *id, const char *type, const char *time)
{
	char bytes[400];
	(void)snprintf(bytes, sizeof bytes,
	               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lcs\",\"type\":\"%s\",\"subject\":\"C1\","
	               "\"time\":\"%s\",\"data\":{\"colour\":\"red\"}}",
	               id, type, time);
	memory_source_put(f->memory, position, bytes);
}

static void put(struct fixture *f, const char *id)
{
	put_of(f, "memory:0", id, "child.died", "2020-01-12T00:00:00Z");
}

static void commit(struct fixture *f, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		buffer_text(&f->ids, batch->records[i].event.id);
		f->stored[batch->records[i].position.at[7] - '0'] = batch->records[i].next;
	}
	source_committed(f->source, batch);
}

static const char *take_all(struct fixture *f)
{
	buffer_clear(&f->ids);
	for (struct batch *batch; (batch = source_next(f->source));)
		commit(f, batch);
	return buffer_cstr(&f->ids);
}

static void a_record_wakes_the_loop_and_is_handed_over_once(void **state)
{
	struct fixture *f = *state;
	struct pollfd wait = {.fd = source_fd(f->source), .events = POLLIN};
	source_wake(f->source);
	assert_int_equal(poll(&wait, 1, 0), 0);
	put(f, "a");
	assert_int_equal(poll(&wait, 1, 0), 1);
	source_wake(f->source);
	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_string_equal(take_all(f), "a");
	assert_string_equal(take_all(f), "");
	assert_string_equal(source_kind(f->source), "memory");
}

static void after_a_restart_reading_goes_on_where_the_store_stands(void **state)
{
	struct fixture *f = *state;
	f->stored[0] = 2;
	put(f, "a");
	put(f, "b");
	put(f, "c");
	put_of(f, "memory:1", "d", "child.died", "2020-01-12T00:00:00Z");
	assert_string_equal(take_all(f), "cd");
}

/* The disk is full: the same batch comes again, after pauses that grow, and then everything else. */
static void a_batch_that_could_not_be_stored_comes_again_after_a_pause(void **state)
{
	struct fixture *f = *state;
	f->settings.batch_events = 1;
	assert_true(source_stop(f->source, 0));
	start(f);
	put(f, "a");
	put(f, "b");
	static const instant pauses[] = {SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 16 * SECOND, 16 * SECOND};
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		struct batch *batch = source_next(f->source);
		assert_true(text_equal(batch->records[0].event.id, TEXT("a")));
		source_hold(f->source, batch);
		assert_int_equal(source_wait(f->source), pauses[i]);
		f->now += pauses[i] - 1;
		assert_null(source_next(f->source)); /* neither it nor what comes behind it */
		f->now++;
		assert_int_equal(source_wait(f->source), 0);
	}
	assert_string_equal(take_all(f), "ab");
	put(f, "c");
	source_hold(f->source, source_next(f->source));
	assert_int_equal(source_wait(f->source), SECOND); /* a success in between, and it begins small again */
}

static void what_is_held_when_the_loop_ends_is_read_again_from_the_store_next_time(void **state)
{
	struct fixture *f = *state;
	put(f, "a");
	source_hold(f->source, source_next(f->source));
	/* tear_down stops it: the leak check sees that nothing is left */
}

/* Rules were loaded between reading and storing, and name a type and a field that nobody knew. */
static void a_batch_parsed_before_a_reload_is_parsed_anew(void **state)
{
	struct fixture *f = *state;
	put_of(f, "memory:0", "a", "reload.kind", "2020-01-12T00:00:00Z");
	struct batch *batch = source_next(f->source);
	assert_int_equal(batch->records[0].event.type, TYPE_UNKNOWN);
	assert_int_equal(batch->records[0].event.field_count, 0);
	source_hold(f->source, batch);
	type_id type = schema_name_type(TEXT("reload.kind"));
	uint16_t colour = schema_name_add(TEXT("colour"));
	f->now += SECOND;
	batch = source_next(f->source);
	assert_int_equal(batch->records[0].event.type, type);
	assert_true(text_equal(event_string(&batch->records[0].event, colour), TEXT("red")));
	assert_int_equal(batch->records[0].next, 1);
	commit(f, batch);
}

static void what_a_source_refused_unread_stays_refused_after_a_reload(void **state)
{
	(void)state;
	struct batch *batch = batch_new();
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	(void)batch_refuse(batch, NULL, TEXT("memory:0"), 1, TEXT("{}"), 0, "more than 128 attributes in headers");
	(void)schema_name_type(TEXT("reload.other"));
	batch_parse_anew(batch, parser);
	assert_true(text_equal(batch->records[0].reason, TEXT("more than 128 attributes in headers")));
	event_parser_free(parser);
	batch_free(batch);
}

static void each_part_says_up_to_when_it_was_read(void **state)
{
	struct fixture *f = *state;
	f->settings.batch_events = 1;
	assert_true(source_stop(f->source, 0));
	start(f);
	assert_int_equal(source_read_to(f->source), INSTANT_NEVER); /* nothing is left */
	put_of(f, "memory:0", "a", "child.died", "2020-01-12T00:00:00Z");
	put_of(f, "memory:1", "b", "child.died", "2020-01-10T00:00:00Z");
	put_of(f, "memory:0", "c", "child.died", "2020-01-13T00:00:00Z");
	put_of(f, "memory:1", "d", "child.died", "2020-01-11T00:00:00Z");
	assert_int_equal(source_read_to(f->source), INSTANT_NONE); /* something is, and nothing was read */
	const char *why;
	instant tenth;
	assert_true(instant_parse(TEXT("2020-01-10T00:00:00Z"), &tenth, &why));
	commit(f, source_next(f->source));
	assert_int_equal(source_read_to(f->source), INSTANT_NONE);
	struct batch *batch = source_next(f->source); /* the batch that is out counts */
	assert_int_equal(source_read_to(f->source), tenth);
	commit(f, batch);
	commit(f, source_next(f->source));
	assert_int_equal(source_read_to(f->source), tenth); /* memory:0 is read to its end, and the other one rules */
	commit(f, source_next(f->source));
	assert_int_equal(source_read_to(f->source), INSTANT_NEVER);
}

static void a_source_that_was_fenced_hands_out_nothing_more_and_says_so(void **state)
{
	struct fixture *f = *state;
	put(f, "a");
	put(f, "b");
	memory_source_say(f->memory, SOURCE_FENCED, "another has taken our place");
	assert_true(source_is_over(f->source));
	source_wake(f->source);
	assert_string_equal(take_all(f), "");
	assert_string_equal(buffer_cstr(&f->reports), "memory fenced: another has taken our place\n");
}

static void a_batch_held_while_the_source_is_fenced_is_not_offered_again(void **state)
{
	struct fixture *f = *state;
	put(f, "a");
	source_hold(f->source, source_next(f->source));
	memory_source_say(f->memory, SOURCE_FENCED, "another has taken our place");
	f->now += HOUR;
	assert_null(source_next(f->source));
	assert_int_equal(source_wait(f->source), INSTANT_NEVER); /* a loop that looked at once would spin */
}

#define SOURCE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOURCE_TEST(a_record_wakes_the_loop_and_is_handed_over_once),
		SOURCE_TEST(after_a_restart_reading_goes_on_where_the_store_stands),
		SOURCE_TEST(a_batch_that_could_not_be_stored_comes_again_after_a_pause),
		SOURCE_TEST(what_is_held_when_the_loop_ends_is_read_again_from_the_store_next_time),
		SOURCE_TEST(a_batch_parsed_before_a_reload_is_parsed_anew),
		SOURCE_TEST(what_a_source_refused_unread_stays_refused_after_a_reload),
		SOURCE_TEST(each_part_says_up_to_when_it_was_read),
		SOURCE_TEST(a_source_that_was_fenced_hands_out_nothing_more_and_says_so),
		SOURCE_TEST(a_batch_held_while_the_source_is_fenced_is_not_offered_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
