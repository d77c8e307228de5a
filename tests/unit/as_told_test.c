/* What people were told, when a record is corrected afterwards. */
#include "store_fixture.h"

#include "message/as_told.h"
#include "store/store_internal.h"

#define NIGHT (1580860800 * SECOND) /* 5 February 2020 */

static uint64_t arrive(struct fixture *f, const char *id, const char *station, const char *more, instant arrived)
{
	char data[96];
	struct event event;
	enum stored stored;
	(void)snprintf(data, sizeof data, "\"custody\":\"K1\",\"station\":\"%s\"", station);
	struct text bytes = event_json(f, "lcs", id, "custody.detained", "C1", "2020-02-04T22:10:00Z", more, data);
	OK(event_parse(f->parser, bytes, INSTANT_NONE, &event, &f->fault));
	OK(store_begin(f->store, &f->fault));
	OK(events_add(f->store, &event, bytes, arrived, &stored, &f->fault));
	OK(store_commit(f->store, &f->fault));
	return event.ref;
}

static void no_longer_stands(struct fixture *f, uint64_t ref)
{
	OK(store_begin(f->store, &f->fault));
	OK(events_set_standing(f->store, ref, false, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

struct kept {
	struct fixture *f;
	struct message_event event;
};

static enum result keep_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct kept *kept = argument;
	struct event *copy = arena_alloc(kept->f->arena, sizeof *copy);
	(void)bytes;
	(void)fault;
	event_copy(copy, event, kept->f->arena);
	kept->event = (struct message_event){.event = copy, .arrived = arrived};
	return RESULT_OK;
}

/* The station that people were told of at `told`, while the event of `id` is what stands. */
static void expect_told(struct fixture *f, const char *id, instant told_at, const char *station)
{
	struct kept now = {.f = f};
	struct message_told told = {.sent = told_at};
	struct alert_context_sources gather = {.store = f->store};
	OK(events_find(f->store, TEXT("lcs"), text_of(id), keep_event, &now, &f->fault));
	struct message_alert alert = {.history = &now.event, .history_count = 1, .told = &told, .told_count = 1};
	OK(as_told_find(&gather, &alert, f->arena, &f->fault));
	if (!station) {
		assert_null(alert.as_told);
		return;
	}
	assert_int_equal(alert.as_told_count, 1);
	struct text said = event_string(alert.as_told[0].event, schema_name(TEXT("station")));
	assert_true(text_equal(said, text_of(station)));
}

static void a_correction_after_the_message_gives_back_what_was_told(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	(void)arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",", NIGHT + 300 * SECOND);
	expect_told(f, "e2", NIGHT + 200 * SECOND, "Northgate");
	expect_told(f, "e2", NIGHT + 400 * SECOND, NULL); /* told after it: nothing changed since */
}

static void the_correction_that_held_then_is_what_was_told(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	no_longer_stands(f,
	                 arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",\"recordedtime\":\"2020-02-05T01:00:00Z\",",
	                        NIGHT + 150 * SECOND));
	(void)arrive(f, "e3", "Westgate", "\"replaces\":\"e1\",\"recordedtime\":\"2020-02-05T02:00:00Z\",",
	             NIGHT + 300 * SECOND);
	expect_told(f, "e3", NIGHT + 200 * SECOND, "Southgate");
	expect_told(f, "e3", NIGHT + 120 * SECOND, "Northgate");
}

static void corrections_of_corrections_are_followed_back(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	no_longer_stands(f, arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",", NIGHT + 300 * SECOND));
	(void)arrive(f, "e3", "Westgate", "\"replaces\":\"e2\",", NIGHT + 310 * SECOND);
	expect_told(f, "e3", NIGHT + 200 * SECOND, "Northgate");
}

/* Each correction corrects the one before; all but the first came after people were told. */
static void arrive_deep(struct fixture *f, int from, int until)
{
	for (int i = from; i <= until; i++) {
		char id[16], more[40];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(more, sizeof more, "\"replaces\":\"e%d\",", i - 1);
		uint64_t ref = arrive(f, id, "Southgate", more, NIGHT + (300 + i) * SECOND);
		if (i < until)
			no_longer_stands(f, ref);
	}
}

static void a_hundred_corrections_of_corrections_are_followed_back_to_what_was_told(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	arrive_deep(f, 2, 101);
	expect_told(f, "e101", NIGHT + 200 * SECOND, "Northgate");
}

static int count_statement(unsigned kind, void *counted, void *statement, void *words)
{
	(void)kind, (void)statement, (void)words;
	++*(uint64_t *)counted;
	return 0;
}

static uint64_t statements_to_find(struct fixture *f, const char *id)
{
	uint64_t counted = 0;
	assert_int_equal(sqlite3_trace_v2(f->store->database, SQLITE_TRACE_STMT, count_statement, &counted), SQLITE_OK);
	expect_told(f, id, NIGHT + 200 * SECOND, "Northgate");
	(void)sqlite3_trace_v2(f->store->database, 0, NULL, NULL);
	return counted;
}

static void twice_as_many_corrections_are_twice_the_reading(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	arrive_deep(f, 2, 101);
	uint64_t hundred = statements_to_find(f, "e101");
	assert_true(hundred >= 100);
	OK(store_begin(f->store, &f->fault));
	OK(events_set_standing(f->store, 101, false, &f->fault));
	OK(store_commit(f->store, &f->fault));
	arrive_deep(f, 102, 201);
	assert_in_range(statements_to_find(f, "e201"), hundred, 2 * hundred + 20);
}

/* What people were told was itself a correction of a correction; then the first record was corrected anew. */
static void a_correction_that_had_been_corrected_itself_is_not_what_was_told(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Eastgate", "", NIGHT + 100 * SECOND));
	no_longer_stands(f, arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",", NIGHT + 110 * SECOND));
	no_longer_stands(f, arrive(f, "e3", "Northgate", "\"replaces\":\"e2\",", NIGHT + 120 * SECOND));
	(void)arrive(f, "e4", "Westgate", "\"replaces\":\"e1\",\"recordedtime\":\"2020-02-05T02:00:00Z\",",
	             NIGHT + 300 * SECOND);
	expect_told(f, "e4", NIGHT + 200 * SECOND, "Northgate");
}

static void withdraw(struct fixture *f, const char *id, const char *of, instant arrived)
{
	char data[40];
	struct event event;
	enum stored stored;
	(void)snprintf(data, sizeof data, "\"id\":\"%s\"", of);
	struct text bytes = event_json(f, "lcs", id, "event.withdrawn", "C1", "2020-02-05T00:01:00Z", "", data);
	OK(event_parse(f->parser, bytes, INSTANT_NONE, &event, &f->fault));
	OK(store_begin(f->store, &f->fault));
	OK(events_add(f->store, &event, bytes, arrived, &stored, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void a_correction_that_was_withdrawn_before_the_message_is_not_what_was_told(void **state)
{
	struct fixture *f = *state;
	no_longer_stands(f, arrive(f, "e1", "Northgate", "", NIGHT + 100 * SECOND));
	no_longer_stands(f, arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",", NIGHT + 110 * SECOND));
	withdraw(f, "w1", "e2", NIGHT + 120 * SECOND);
	(void)arrive(f, "e3", "Westgate", "\"replaces\":\"e1\",\"recordedtime\":\"2020-02-05T02:00:00Z\",",
	             NIGHT + 300 * SECOND);
	expect_told(f, "e3", NIGHT + 200 * SECOND, "Northgate");
	expect_told(f, "e3", NIGHT + 115 * SECOND, "Southgate"); /* before it was */
}

static void records_that_correct_each_other_in_a_ring_end_the_search(void **state)
{
	struct fixture *f = *state;
	struct kept now = {.f = f};
	struct message_told told = {.sent = NIGHT + 200 * SECOND};
	struct alert_context_sources gather = {.store = f->store};
	(void)arrive(f, "e1", "Northgate", "\"replaces\":\"e3\",", NIGHT + 300 * SECOND);
	no_longer_stands(f, arrive(f, "e2", "Southgate", "\"replaces\":\"e1\",", NIGHT + 310 * SECOND));
	no_longer_stands(f, arrive(f, "e3", "Westgate", "\"replaces\":\"e2\",", NIGHT + 320 * SECOND));
	OK(events_find(f->store, TEXT("lcs"), TEXT("e1"), keep_event, &now, &f->fault));
	struct message_alert alert = {.history = &now.event, .history_count = 1, .told = &told, .told_count = 1};
	OK(as_told_find(&gather, &alert, f->arena, &f->fault));
	assert_int_equal(alert.as_told_count, 0);
}

static void nobody_was_told_of_what_came_first_afterwards(void **state)
{
	struct fixture *f = *state;
	struct kept now = {.f = f};
	struct message_told told = {.sent = NIGHT + 200 * SECOND};
	struct alert_context_sources gather = {.store = f->store};
	(void)arrive(f, "e1", "Northgate", "\"replaces\":\"never-came\",", NIGHT + 300 * SECOND);
	OK(events_find(f->store, TEXT("lcs"), TEXT("e1"), keep_event, &now, &f->fault));
	struct message_alert alert = {.history = &now.event, .history_count = 1, .told = &told, .told_count = 1};
	OK(as_told_find(&gather, &alert, f->arena, &f->fault));
	assert_int_equal(alert.as_told_count, 0);
}

int main(void)
{
#define S(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		S(a_correction_after_the_message_gives_back_what_was_told),
		S(the_correction_that_held_then_is_what_was_told),
		S(corrections_of_corrections_are_followed_back),
		S(a_hundred_corrections_of_corrections_are_followed_back_to_what_was_told),
		S(twice_as_many_corrections_are_twice_the_reading),
		S(a_correction_that_had_been_corrected_itself_is_not_what_was_told),
		S(a_correction_that_was_withdrawn_before_the_message_is_not_what_was_told),
		S(records_that_correct_each_other_in_a_ring_end_the_search),
		S(nobody_was_told_of_what_came_first_afterwards),
	};
	return cmocka_run_group_tests_name("as_told", tests, NULL, NULL);
}
