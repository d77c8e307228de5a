/* Who is allocated to a child, whatever order its records came in. */
#include "people/allocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define EVENTS_MOST 8

static struct zone *london;

static instant at(const char *words)
{
	const char *why;
	instant result = INSTANT_NONE;
	if (!instant_parse(text_of(words), &result, &why))
		fail_msg("%s: %s", words, why);
	return result;
}

/* A child's records, written as they would be told. */
struct history {
	struct event events[EVENTS_MOST];
	struct event_field fields[EVENTS_MOST][3];
	char ids[EVENTS_MOST][8];
	size_t count;
	bool one_child; /* under whatever linked id */
};

static struct event *add(struct history *history, const char *type, const char *time)
{
	struct event *event = &history->events[history->count];
	(void)snprintf(history->ids[history->count], sizeof history->ids[0], "e%zu", history->count);
	*event = (struct event){.id = text_of(history->ids[history->count]),
	                        .source = TEXT("lcs"),
	                        .subject = TEXT("C1"),
	                        .type = schema_find(text_of(type)),
	                        .time = at(time),
	                        .recorded = INSTANT_NONE,
	                        .fields = history->fields[history->count]};
	history->count++;
	return event;
}

static struct event *allocated(struct history *history, const char *type, const char *time, const char *worker,
                               const char *team)
{
	struct event *event = add(history, type, time);
	const char *const names[] = {"role", "worker", "team"}, *const values[] = {"social-worker", worker, team};
	for (size_t i = 0; i < 3; i++)
		if (values[i])
			event->fields[event->field_count++] = (struct event_field){
			        schema_name(text_of(names[i])), {.kind = VALUE_STRING, .string = text_of(values[i])}};
	return event;
}

/* "W1/north W2/south" at that instant; the same for every one of some random orders of arrival. */
static const char *open_at(const struct history *history, const char *time)
{
	static char words[256], first[256];
	const struct event *order[EVENTS_MOST];
	for (size_t i = 0; i < history->count; i++)
		order[i] = &history->events[i];
	for (int round = 0; round < 20; round++) {
		struct allocation open[EVENTS_MOST];
		size_t count = allocations_open(order, history->count, history->one_child, london, at(time), open,
		                                EVENTS_MOST);
		words[0] = '\0';
		for (size_t i = 0, used = 0; i < count; i++)
			used += (size_t)snprintf(words + used, sizeof words - used, "%s%.*s/%.*s", i ? " " : "",
			                         TEXT_ARG(open[i].worker), TEXT_ARG(open[i].team));
		if (round)
			assert_string_equal(words, first);
		(void)memcpy(first, words, sizeof first);
		for (size_t i = history->count; i > 1; i--) {
			size_t other = (size_t)rand() % i;
			const struct event *event = order[i - 1];
			order[i - 1] = order[other];
			order[other] = event;
		}
	}
	return words;
}

static void a_worker_is_allocated_from_the_start_to_the_end_of_the_same_key(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.started", "2020-01-03T10:00:00Z", "W2", "south");
	allocated(&history, "allocation.ended", "2020-01-05T10:00:00Z", "W1", NULL);
	assert_string_equal(open_at(&history, "2020-01-01T00:00:00Z"), "");
	assert_string_equal(open_at(&history, "2020-01-02T10:00:00Z"), "W1/north");
	assert_string_equal(open_at(&history, "2020-01-04T00:00:00Z"), "W1/north W2/south");
	assert_string_equal(open_at(&history, "2020-01-05T10:00:00Z"), "W2/south");
}

static void an_end_known_by_its_date_counts_at_the_end_of_that_date(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-07-02T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.ended", "2020-07-04T23:00:00Z", "W1", NULL)->day_precision =
		true; /* 5 July, local */
	assert_string_equal(open_at(&history, "2020-07-05T22:59:59Z"), "W1/north");
	assert_string_equal(open_at(&history, "2020-07-05T23:00:00Z"), "");
}

static void a_child_that_died_or_moved_away_has_nobody(void **state)
{
	(void)state;
	static const char *const ends[] = {"child.died", "child.transferred"};
	for (size_t i = 0; i < 2; i++) {
		struct history history = {.count = 0};
		allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
		allocated(&history, "allocation.started", "2020-01-02T11:00:00Z", "W2", "north");
		add(&history, ends[i], "2020-01-04T10:00:00Z");
		assert_string_equal(open_at(&history, "2020-01-04T09:00:00Z"), "W1/north W2/north");
		assert_string_equal(open_at(&history, "2020-01-04T10:00:00Z"), "");
		allocated(&history, "allocation.started", "2020-02-01T10:00:00Z", "W3", "south"); /* back again */
		assert_string_equal(open_at(&history, "2020-02-02T00:00:00Z"), "W3/south");
	}
}

static void an_allocation_handed_on_at_one_instant_goes_on(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.ended", "2020-01-04T10:00:00Z", "W1", NULL);
	allocated(&history, "allocation.started", "2020-01-04T10:00:00Z", "W2", "north");
	assert_string_equal(open_at(&history, "2020-01-04T10:00:00Z"), "W2/north");
}

static void a_move_to_another_team_at_one_instant_goes_on(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.ended", "2020-01-04T10:00:00Z", "W1", NULL);
	allocated(&history, "allocation.started", "2020-01-04T10:00:00Z", "W1", "south");
	assert_string_equal(open_at(&history, "2020-01-04T10:00:00Z"), "W1/south");
}

static void one_that_ends_as_it_begins_never_was(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-01-04T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.ended", "2020-01-04T10:00:00Z", "W1", NULL);
	assert_string_equal(open_at(&history, "2020-01-05T10:00:00Z"), "");
}

static void a_second_start_of_an_open_allocation_moves_it_to_its_team(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
	allocated(&history, "allocation.started", "2020-01-03T10:00:00Z", "W1", "south");
	assert_string_equal(open_at(&history, "2020-01-02T11:00:00Z"), "W1/north");
	assert_string_equal(open_at(&history, "2020-01-03T11:00:00Z"), "W1/south");
	allocated(&history, "allocation.ended", "2020-01-04T10:00:00Z", "W1", NULL);
	assert_string_equal(open_at(&history, "2020-01-04T11:00:00Z"), "");
}

static void no_more_are_given_than_there_is_room_for(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	struct allocation open[1];
	const struct event *order[2];
	order[0] = allocated(&history, "allocation.started", "2020-01-02T10:00:00Z", "W1", "north");
	order[1] = allocated(&history, "allocation.started", "2020-01-03T10:00:00Z", "W2", "north");
	assert_int_equal(allocations_open(order, 2, false, london, at("2020-02-01T00:00:00Z"), open, 1), 1);
	assert_true(text_equal(open[0].worker, TEXT("W1")));
	assert_int_equal(allocations_open(NULL, 0, false, london, 0, open, 1), 0);
}

/* A child who got another id: what began under the one ends under the other, and so does everything at a death. */
static void linked_ids_are_one_child(void **state)
{
	(void)state;
	struct history history = {.one_child = true};
	allocated(&history, "allocation.started", "2020-01-01T09:00:00Z", "W1", "north")->subject = TEXT("C2");
	allocated(&history, "allocation.ended", "2020-01-05T09:00:00Z", "W1", NULL);
	allocated(&history, "allocation.started", "2020-01-06T09:00:00Z", "W2", "south")->subject = TEXT("C2");
	assert_string_equal(open_at(&history, "2020-01-04T09:00:00Z"), "W1/north");
	assert_string_equal(open_at(&history, "2020-01-07T09:00:00Z"), "W2/south");
	(void)add(&history, "child.died", "2020-01-08T09:00:00Z");
	assert_string_equal(open_at(&history, "2020-01-09T09:00:00Z"), "");
	history.one_child = false; /* in a worker's history they would be two children */
	assert_string_equal(open_at(&history, "2020-01-09T09:00:00Z"), "W1/north W2/south");
}

/* In a worker's history: the death of one ends nothing that begins for another at that instant. */
static void the_death_of_one_child_ends_nothing_of_another(void **state)
{
	(void)state;
	struct history history = {.one_child = false};
	(void)add(&history, "child.died", "2020-01-08T09:00:00Z");
	allocated(&history, "allocation.started", "2020-01-08T09:00:00Z", "W1", "north")->subject = TEXT("C2");
	allocated(&history, "allocation.started", "2020-01-08T09:00:00Z", "W1", "south");
	assert_string_equal(open_at(&history, "2020-01-09T09:00:00Z"), "W1/north");
}

/* Nothing of theirs began before: the first records of a child who came from another council, say. */
static void a_history_may_begin_with_what_ends_all(void **state)
{
	(void)state;
	static const char *const ends[] = {"child.died", "child.transferred"};
	for (size_t i = 0; i < 2; i++) {
		struct history history = {.count = 0};
		(void)add(&history, ends[i], "2020-01-07T09:00:00Z");
		(void)allocated(&history, "allocation.started", "2020-01-08T09:00:00Z", "W1", "north");
		assert_string_equal(open_at(&history, "2020-01-09T09:00:00Z"), "W1/north");
		add(&history, ends[i], "2020-01-10T09:00:00Z")->subject = TEXT("C2");
		assert_string_equal(open_at(&history, "2020-01-11T09:00:00Z"), "W1/north");
	}
}

int main(void)
{
	struct fault fault = {""};
	const char *given = getenv("TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	(void)printf("allocation_test: TEST_SEED=%u\n", seed);
	srand(seed);
	schema_start();
	london = zone_load("Europe/London", &fault);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_is_allocated_from_the_start_to_the_end_of_the_same_key),
		cmocka_unit_test(an_end_known_by_its_date_counts_at_the_end_of_that_date),
		cmocka_unit_test(a_child_that_died_or_moved_away_has_nobody),
		cmocka_unit_test(an_allocation_handed_on_at_one_instant_goes_on),
		cmocka_unit_test(a_move_to_another_team_at_one_instant_goes_on),
		cmocka_unit_test(one_that_ends_as_it_begins_never_was),
		cmocka_unit_test(a_second_start_of_an_open_allocation_moves_it_to_its_team),
		cmocka_unit_test(linked_ids_are_one_child),
		cmocka_unit_test(a_history_may_begin_with_what_ends_all),
		cmocka_unit_test(the_death_of_one_child_ends_nothing_of_another),
		cmocka_unit_test(no_more_are_given_than_there_is_room_for),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zone_free(london);
	return failed;
}
