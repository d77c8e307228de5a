/* The daily missing list, computed: who is on it, where, and who must not be. */
#include "report/missing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static struct zone *london;

struct bench {
	struct event_parser *parser;
	struct missing_facts *facts;
	struct team teams[3];
	struct directory directory;
	struct missing_view view;
	struct missing_list *list;
	int number;
	struct fault fault;
};

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, london);
	bench->facts = missing_facts_new(london);
	bench->teams[0] = (struct team){.id = "north-3", .title = "North 3"};
	bench->teams[1] = (struct team){.id = "south-1", .title = "South 1"};
	bench->teams[2] = (struct team){.id = "mach", .title = "MACH"};
	bench->directory = (struct directory){.teams = bench->teams, .team_count = 3, .duty_team = "mach",
	                                      .duty_phone = "01632 960123"};
	bench->view = (struct missing_view){.zone = london, .directory = &bench->directory, .team = &bench->teams[0],
	                                    .role_title = "Team manager", .as_of = at("2020-02-05T07:30:00Z"),
	                                    .due = at("2020-02-05T07:30:00Z"), .last = at("2020-02-04T07:30:00Z"),
	                                    .next = at("2020-02-06T07:30:00Z"), .go_live = INSTANT_NONE,
	                                    .completeness = {.complete_to = at("2020-02-05T07:22:00Z"),
	                                                     .last_arrival = at("2020-02-05T07:22:00Z")}};
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	missing_list_free(bench->list);
	missing_facts_free(bench->facts);
	event_parser_free(bench->parser);
	free(bench);
	return 0;
}

static int load_zone(void **state)
{
	(void)state;
	struct fault fault;
	schema_start();
	london = zone_load("Europe/London", &fault);
	return london ? 0 : -1;
}

static int free_zone(void **state)
{
	(void)state;
	zone_free(london);
	return 0;
}

/* An event, arriving when it happened unless `arrived` says otherwise. `time` of ten letters is a date alone. */
static void tell_late(struct bench *bench, const char *type, const char *child, const char *time, const char *data,
                      const char *arrived)
{
	struct buffer json = {0};
	struct event event;
	bool day = strlen(time) == 10;
	buffer_format(&json,
	              "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"lcs\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s%s\",%s\"data\":{%s}}",
	              bench->number++, type, child, time, day ? "T00:00:00Z" : "",
	              day ? "\"timeprecision\":\"day\"," : "", data);
	if (event_parse(bench->parser, buffer_view(&json), INSTANT_NONE, &event, &bench->fault) != RESULT_OK)
		fail_msg("%s: %s", json.at, bench->fault.text);
	missing_facts_event(bench->facts, event.subject, &event, arrived ? at(arrived) : event.time);
	buffer_free(&json);
}

static void tell(struct bench *bench, const char *type, const char *child, const char *time, const char *data)
{
	tell_late(bench, type, child, time, data, NULL);
}

static void missing(struct bench *bench, const char *child, const char *time, const char *episode)
{
	char data[128];
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\",\"kind\":\"missing\"", episode);
	tell(bench, "missing.started", child, time, data);
}

static void returned(struct bench *bench, const char *child, const char *time, const char *episode)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"episode\":\"%s\"", episode);
	tell(bench, "missing.ended", child, time, data);
}

static void of_team(struct bench *bench, const char *child, const char *team)
{
	char data[96];
	(void)snprintf(data, sizeof data, "\"role\":\"social-worker\",\"worker\":\"W-%s\",\"team\":\"%s\"", child, team);
	tell(bench, "allocation.started", child, "2019-01-01T09:00:00Z", data);
}

static const struct missing_list *list(struct bench *bench)
{
	missing_list_free(bench->list);
	bench->list = missing_list_new(bench->facts, &bench->view);
	return bench->list;
}

static void assert_ids(const struct missing_rows *rows, const char *wanted)
{
	struct buffer ids = {0};
	for (size_t i = 0; i < rows->count; i++)
		buffer_format(&ids, "%s%.*s", i ? " " : "", TEXT_ARG(rows->items[i].person->id));
	assert_string_equal(buffer_cstr(&ids), wanted);
	buffer_free(&ids);
}

static void a_child_missing_now_is_listed_the_longest_first(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1007", "2020-02-04T22:10:00Z", "E1");
	missing(bench, "C1019", "2020-02-02", "E2");
	missing(bench, "C1012", "2020-02-04T16:30:00Z", "E3");
	of_team(bench, "C1007", "north-3");
	of_team(bench, "C1019", "north-3");
	of_team(bench, "C1012", "north-3");
	assert_ids(&list(bench)->now, "C1019 C1012 C1007");
	assert_int_equal(bench->list->figure_count, 3);
}

static void a_child_missing_for_years_is_not_forgotten(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2018-05-01T10:00:00Z", "E1");
	of_team(bench, "C1", "north-3");
	assert_ids(&list(bench)->now, "C1");
}

static void a_child_open_twice_has_one_row(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-01T10:00:00Z", "E1");
	missing(bench, "C1", "2020-02-03T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	assert_ids(&list(bench)->now, "C1");
	assert_int_equal(bench->list->now.items[0].episode->start.at, at("2020-02-01T10:00:00Z"));
}

static void what_happens_after_the_lists_time_is_not_in_it(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-05T07:31:00Z", "E1");
	missing(bench, "C2", "2020-02-05T06:00:00Z", "E2");
	returned(bench, "C2", "2020-02-05T07:35:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	assert_ids(&list(bench)->now, "C2");
}

static void returned_since_the_last_list_with_the_clock_that_runs_out_first(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-01T10:00:00Z", "E1");
	returned(bench, "C1", "2020-02-04T18:05:00Z", "E1");
	missing(bench, "C2", "2020-02-03", "E2");
	returned(bench, "C2", "2020-02-04", "E2"); /* a date alone: its clock counts from the start of the date */
	missing(bench, "C3", "2020-02-01T10:00:00Z", "E3");
	returned(bench, "C3", "2020-02-04T07:29:00Z", "E3"); /* before the last list */
	missing(bench, "C4", "2020-02-03T10:00:00Z", "E4");
	returned(bench, "C4", "2020-02-04T09:15:00Z", "E4");
	tell(bench, "rhi.completed", "C4", "2020-02-04T17:00:00Z", "\"episode\":\"E4\"");
	for (int i = 1; i <= 4; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		of_team(bench, child, "north-3");
	}
	assert_ids(&list(bench)->back, "C2 C1 C4");
	assert_int_equal(bench->list->back.items[0].due, at("2020-02-07T00:00:00Z"));
	assert_int_equal(bench->list->back.items[1].due, at("2020-02-07T18:05:00Z"));
	assert_ids(&bench->list->now, "");
}

static void a_return_that_we_heard_of_only_now_is_news(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-01T10:00:00Z", "E1");
	tell_late(bench, "missing.ended", "C1", "2020-02-03T10:00:00Z", "\"episode\":\"E1\"", "2020-02-04T16:00:00Z");
	missing(bench, "C2", "2019-05-01T10:00:00Z", "E2"); /* last year's file, loaded today */
	tell_late(bench, "missing.ended", "C2", "2019-05-02T10:00:00Z", "\"episode\":\"E2\"", "2020-02-04T16:00:00Z");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	assert_ids(&list(bench)->back, "C1");
}

static void a_return_interview_is_overdue_after_72_hours(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-31T10:00:00Z", "E1");
	returned(bench, "C1", "2020-02-02T07:30:00Z", "E1"); /* 72 hours ago to the second: expired */
	missing(bench, "C2", "2020-01-31T10:00:00Z", "E2");
	returned(bench, "C2", "2020-02-02T07:30:01Z", "E2");
	missing(bench, "C3", "2020-01-31T10:00:00Z", "E3");
	returned(bench, "C3", "2020-02-01T10:00:00Z", "E3");
	tell(bench, "rhi.declined", "C3", "2020-02-04T17:00:00Z", "\"episode\":\"E3\"");
	tell(bench, "missing.started", "C4", "2020-01-31T10:00:00Z", "\"episode\":\"E4\",\"kind\":\"away\"");
	returned(bench, "C4", "2020-02-01T10:00:00Z", "E4"); /* away: none is owed */
	returned(bench, "C5", "2020-02-01T09:00:00Z", "E5"); /* no start known: not known to be away */
	for (int i = 1; i <= 5; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		of_team(bench, child, "north-3");
	}
	assert_ids(&list(bench)->overdue, "C5 C1");
}

static void who_died_or_moved_away_is_neither_missing_nor_owed_an_interview(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-31T10:00:00Z", "E1");
	missing(bench, "C2", "2020-01-20T10:00:00Z", "E2");
	returned(bench, "C2", "2020-01-21T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	tell(bench, "child.died", "C1", "2020-02-01T10:00:00Z", "");
	tell(bench, "child.transferred", "C2", "2020-01-22T10:00:00Z", "\"to\":\"elsewhere\"");
	assert_ids(&list(bench)->now, "");
	assert_ids(&bench->list->overdue, "");
	assert_ids(&bench->list->back, "");
}

static void an_episode_is_open_to_the_18th_birthday(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-31T10:00:00Z", "E1");
	missing(bench, "C2", "2020-01-31T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"date_of_birth\":\"2002-02-05\"");
	tell(bench, "child.updated", "C2", "2019-01-01T10:00:00Z", "\"date_of_birth\":\"2002-02-06\",\"initials\":\"AB\"");
	assert_ids(&list(bench)->now, "C2");
	assert_int_equal(bench->list->now.items[0].person->age, 17);
}

static void three_times_in_thirty_days_counts_the_closed_window(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-06T07:30:00Z", "A"); /* exactly 30 days before */
	missing(bench, "C1", "2020-01-20T10:00:00Z", "B");
	missing(bench, "C1", "2020-02-01T10:00:00Z", "C");
	missing(bench, "C2", "2020-01-06T07:29:59Z", "D");
	missing(bench, "C2", "2020-01-20T10:00:00Z", "E");
	missing(bench, "C2", "2020-02-01T10:00:00Z", "F");
	missing(bench, "C3", "2020-02-01T10:00:00Z", "G"); /* the same episode said three times is one */
	missing(bench, "C3", "2020-02-02T10:00:00Z", "G");
	missing(bench, "C3", "2020-02-03T10:00:00Z", "G");
	for (int i = 1; i <= 3; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		of_team(bench, child, "north-3");
	}
	tell(bench, "vpg.discussed", "C1", "2020-01-11", "");
	missing_facts_alert(bench->facts, TEXT("C1"), 2011);
	assert_ids(&list(bench)->often, "C1");
	assert_int_equal(bench->list->often.items[0].times, 3);
	assert_false(bench->list->often.items[0].discussed_since); /* an alert stands: it was needed again since */
	assert_int_equal(bench->list->often.items[0].person->alert, 2011);
}

static void a_restricted_child_is_nowhere_not_even_in_the_trend(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-29T10:00:00Z", "E1");
	missing_facts_unread(bench->facts, TEXT("C1"), at("2020-02-05T05:12:00Z"), "without the time it happened");
	of_team(bench, "C1", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"restricted\":true");
	assert_ids(&list(bench)->now, "");
	assert_int_equal(bench->list->figure_count, 0);
	assert_int_equal(bench->list->unread_count, 0);
	for (size_t i = 0; i < MISSING_WEEKS; i++)
		assert_int_equal(bench->list->weeks[i], 0);
}

static void restricted_that_cannot_be_read_means_restricted(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-29T10:00:00Z", "E1");
	of_team(bench, "C1", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"restricted\":false");
	assert_ids(&list(bench)->now, "C1");
	tell(bench, "child.updated", "C1", "2019-06-01T10:00:00Z", "\"restricted\":\"perhaps\"");
	assert_ids(&list(bench)->now, "");
}

static void each_team_sees_its_own_and_the_duty_team_those_of_none(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T10:00:00Z", "E1");
	missing(bench, "C2", "2020-02-04T11:00:00Z", "E2");
	missing(bench, "C3", "2020-02-04T12:00:00Z", "E3");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "south-1");
	tell(bench, "allocation.started", "C3", "2019-01-01T09:00:00Z",
	     "\"role\":\"social-worker\",\"worker\":\"W9\",\"team\":\"south-1\"");
	tell(bench, "allocation.ended", "C3", "2020-02-01T09:00:00Z", "\"role\":\"social-worker\",\"worker\":\"W9\"");
	assert_ids(&list(bench)->now, "C1");
	bench->view.team = &bench->teams[1];
	assert_ids(&list(bench)->now, "C2");
	bench->view.team = &bench->teams[2];
	assert_ids(&list(bench)->now, "C3");
	bench->view.team = NULL;
	assert_ids(&list(bench)->now, "C1 C2 C3"); /* by team, in the directory's order */
	assert_int_equal(bench->list->groups[0].now, 1);
	assert_int_equal(bench->list->groups[2].now, 1);
}

static void a_child_of_two_teams_is_on_both_lists_and_once_on_that_of_all(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T10:00:00Z", "E1");
	tell(bench, "allocation.started", "C1", "2019-01-01T09:00:00Z",
	     "\"role\":\"personal-adviser\",\"worker\":\"W9\",\"team\":\"north-3\"");
	of_team(bench, "C1", "south-1");
	assert_ids(&list(bench)->now, "C1");
	bench->view.team = &bench->teams[1];
	assert_ids(&list(bench)->now, "C1");
	bench->view.team = NULL;
	assert_ids(&list(bench)->now, "C1");
	assert_int_equal(bench->list->groups[1].now, 1); /* under the social worker's team */
	assert_int_equal(bench->list->groups[0].now, 0);
}

static void away_is_a_count_of_its_own(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "C1", "2020-02-04T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"away\"");
	of_team(bench, "C1", "north-3");
	assert_ids(&list(bench)->now, "");
	assert_int_equal(bench->list->away, 1);
}

static void figures_of_a_child(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2019-02-20T10:00:00Z", "A");
	returned(bench, "C1", "2019-02-22T14:00:00Z", "A");
	tell(bench, "rhi.completed", "C1", "2019-02-23T14:00:00Z", "\"episode\":\"A\"");
	missing(bench, "C1", "2019-12-20T10:00:00Z", "B");
	returned(bench, "C1", "2019-12-20T11:00:00Z", "B");
	tell(bench, "rhi.declined", "C1", "2019-12-21T11:00:00Z", "\"episode\":\"B\"");
	missing(bench, "C1", "2020-02-04T22:10:00Z", "C");
	missing(bench, "C1", "2017-02-04T22:10:00Z", "D");
	returned(bench, "C1", "2017-02-04T23:10:00Z", "D");
	of_team(bench, "C1", "north-3");
	const struct missing_figures *figures = &list(bench)->figures[0];
	assert_int_equal(figures->in_30, 1);
	assert_int_equal(figures->in_90, 2);
	assert_int_equal(figures->in_365, 3);
	assert_int_equal(figures->longest, 52 * HOUR);
	assert_int_equal(figures->last_interview.at, at("2019-02-23T14:00:00Z"));
}

static void the_trend_counts_whole_weeks_up_to_last_sunday(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-03T00:00:00Z", "A"); /* this week: not in it */
	missing(bench, "C1", "2020-02-02T23:59:59Z", "B");
	missing(bench, "C1", "2020-01-27T00:00:00Z", "C");
	missing(bench, "C1", "2019-08-04T23:00:00Z", "D"); /* Monday 5 August, 00:00 summer time */
	missing(bench, "C1", "2019-08-04T22:59:59Z", "E");
	of_team(bench, "C1", "north-3");
	const struct missing_list *made = list(bench);
	assert_int_equal(made->first_monday, day_of(2019, 8, 5));
	assert_int_equal(made->weeks[0], 1);
	assert_int_equal(made->weeks[25], 2);
}

static void records_not_read_reach_the_childs_team_or_the_duty_team(void **state)
{
	struct bench *bench = *state;
	missing_facts_unread(bench->facts, TEXT("C1"), at("2020-02-05T05:12:00Z"), "without the time it happened");
	missing_facts_unread(bench->facts, TEXT_NONE, at("2020-02-05T05:13:00Z"), "and could not be read");
	missing_facts_unread(bench->facts, TEXT("C9"), at("2020-02-05T05:14:00Z"), "and could not be read");
	of_team(bench, "C1", "north-3");
	assert_int_equal(list(bench)->unread_count, 1);
	bench->view.team = &bench->teams[2];
	assert_int_equal(list(bench)->unread_count, 2);
	bench->view.team = NULL;
	assert_int_equal(list(bench)->unread_count, 3);
}

static void silence_of_a_source_makes_the_list_incomplete(void **state)
{
	(void)state;
	instant now = at("2020-02-05T07:30:00Z");
	struct missing_completeness known = {.complete_to = now - HOUR, .last_arrival = now};
	assert_false(missing_incomplete(&known, now));
	known.complete_to = now - HOUR - 1;
	assert_true(missing_incomplete(&known, now));
	known.complete_to = INSTANT_NONE; /* no source says how far it is: only a day's silence tells */
	assert_false(missing_incomplete(&known, now));
	known.last_arrival = now - 24 * HOUR - 1;
	assert_true(missing_incomplete(&known, now));
	known.last_arrival = INSTANT_NONE;
	assert_true(missing_incomplete(&known, now));
}

static void the_order_of_arrival_changes_nothing(void **state)
{
	struct bench *bench = *state;
	unsigned seed = 7;
	print_message("seed %u\n", seed);
	static const char *const types[] = {"missing.started", "missing.ended", "missing.risk_changed"};
	struct {
		const char *type, *time;
		char data[80];
	} events[30];
	char times[30][24];
	for (size_t i = 0; i < 30; i++) {
		(void)snprintf(times[i], sizeof times[i], "2020-01-%02dT%02d:00:00Z", 10 + rand_r(&seed) % 20, rand_r(&seed) % 24);
		events[i].time = times[i];
		events[i].type = types[i % 3];
		(void)snprintf(events[i].data, sizeof events[i].data, "\"episode\":\"E%d\",\"kind\":\"missing\",\"risk\":\"high\"",
		               rand_r(&seed) % 8);
	}
	char wanted[4096] = "";
	for (int round = 0; round < 20; round++) {
		struct missing_facts *facts = missing_facts_new(london), *kept = bench->facts;
		bench->facts = facts;
		size_t order[30];
		for (size_t i = 0; i < 30; i++)
			order[i] = i;
		for (size_t i = 29; i > 0; i--) {
			size_t k = (size_t)rand_r(&seed) % (i + 1), swap = order[i];
			order[i] = order[k];
			order[k] = swap;
		}
		for (size_t i = 0; i < 30; i++) {
			bench->number = (int)order[i]; /* the event keeps its id */
			tell(bench, events[order[i]].type, "C1", events[order[i]].time, events[order[i]].data);
		}
		const struct missing_person *people;
		assert_int_equal(missing_facts_people(facts, bench->view.as_of, &people), 1);
		struct buffer made = {0};
		for (size_t i = 0; i < people[0].episode_count; i++)
			buffer_format(&made, "%.*s %lld %lld %d;", TEXT_ARG(people[0].episodes[i].key),
			              (long long)people[0].episodes[i].start.at, (long long)people[0].episodes[i].end.at,
			              (int)people[0].episodes[i].risk);
		if (round == 0)
			(void)snprintf(wanted, sizeof wanted, "%s", made.at);
		assert_string_equal(made.at, wanted);
		buffer_free(&made);
		missing_facts_free(facts);
		bench->facts = kept;
	}
}

static void a_thousand_rows_stay_under_90_kilobytes_and_say_that_they_are_cut(void **state)
{
	struct bench *bench = *state;
	struct fault fault;
	struct template_set *templates = template_load("conf/templates", &fault);
	assert_non_null(templates);
	for (int i = 0; i < 600; i++) {
		char child[16], episode[16];
		(void)snprintf(child, sizeof child, "C%d", 2000 + i);
		(void)snprintf(episode, sizeof episode, "E%d", i);
		missing(bench, child, "2020-02-01T10:00:00Z", episode);
		if (i >= 30)
			returned(bench, child, i % 2 ? "2020-02-04T12:00:00Z" : "2020-02-01T12:00:00Z", episode);
	}
	for (int i = 0; i < 600; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", 2000 + i);
		of_team(bench, child, i % 2 ? "north-3" : "south-1");
	}
	bench->view.team = NULL;
	struct buffer subject = {0}, text = {0}, html = {0};
	assert_int_equal(missing_render(list(bench), templates, &subject, &text, &html, &fault), RESULT_OK);
	assert_true(html.length < MISSING_HTML_BYTES);
	assert_non_null(strstr(html.at, "This list is shortened."));
	assert_non_null(strstr(text.at, "The first 50 of 285 are shown."));
	assert_non_null(strstr(text.at, "MISSING NOW: 30"));
	assert_string_equal(subject.at, "OFFICIAL-SENSITIVE Missing list, 30 missing now");
	size_t shown = 0;
	for (const char *c = text.at; (c = strstr(c, "Missing since: ")); c++)
		shown++;
	assert_int_equal(shown, 30); /* "Missing now" stays whole */
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	template_free(templates);
}

static void what_is_not_known_says_so(void **state)
{
	struct bench *bench = *state;
	struct fault fault;
	struct template_set *templates = template_load("conf/templates", &fault);
	assert_non_null(templates);
	tell(bench, "missing.started", "C1", "2020-02-04T10:00:00Z",
	     "\"episode\":\"E1\",\"kind\":\"missing\",\"risk\":\"enormous\",\"from\":\"placement\"");
	missing(bench, "C2", "2019-12-31T10:00:00Z", "E2");
	tell(bench, "missing.started", "C3", "2020-02-05", "\"episode\":\"E3\",\"kind\":\"missing\",\"from\":\"home\"");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	of_team(bench, "C3", "north-3");
	bench->view.completeness.complete_to = INSTANT_NONE;
	bench->view.late = true;
	bench->view.as_of = at("2020-02-05T09:12:00Z");
	struct buffer subject = {0}, text = {0}, html = {0};
	assert_int_equal(missing_render(list(bench), templates, &subject, &text, &html, &fault), RESULT_OK);
	static const char *const wanted[] = {
		"C1, initials not recorded, age not known.", "Placement not recorded; Risk\n  not readable.",
		"Tue 31 Dec 2019, 10:00", "Place not recorded; Risk\n  not recorded.", "Missing since: Today; Wed 5",
		"Late:\nthis list was due at 07:30.", "Nobody has confirmed up to when the data is\ncomplete. The last record came at 07:22."};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strstr(text.at, wanted[i]))
			fail_msg("not said: %s\n%s", wanted[i], text.at);
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	template_free(templates);
}

static void the_templates_pass_their_check_and_a_wrong_one_does_not(void **state)
{
	struct bench *bench = *state;
	struct template_set *templates = template_load("conf/templates", &bench->fault);
	assert_non_null(templates);
	if (missing_check_templates(templates, london, &bench->fault) != RESULT_OK)
		fail_msg("%s", bench->fault.text);
	template_free(templates);
	templates = template_new();
	assert_int_equal(template_add(templates, "daily-missing.txt", TEXT("{{#often_groups}}{{dicussed}}{{/often_groups}}"),
	                              &bench->fault), RESULT_OK);
	assert_int_equal(template_add(templates, "daily-missing.html", TEXT(""), &bench->fault), RESULT_OK);
	assert_int_equal(missing_check_templates(templates, london, &bench->fault), RESULT_PERMANENT);
	assert_non_null(strstr(bench->fault.text, "dicussed"));
	template_free(templates);
}

static void without_templates_the_facts_go_out_plain(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1007", "2020-02-04T22:10:00Z", "E1");
	of_team(bench, "C1007", "north-3");
	struct buffer subject = {0}, text = {0};
	missing_plain(list(bench), &subject, &text);
	assert_non_null(strstr(text.at, "* C1007, since Tue 4 Feb 2020, 22:10"));
	buffer_free(&subject);
	buffer_free(&text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_child_missing_now_is_listed_the_longest_first),
		T(a_child_missing_for_years_is_not_forgotten),
		T(a_child_open_twice_has_one_row),
		T(what_happens_after_the_lists_time_is_not_in_it),
		T(returned_since_the_last_list_with_the_clock_that_runs_out_first),
		T(a_return_that_we_heard_of_only_now_is_news),
		T(a_return_interview_is_overdue_after_72_hours),
		T(who_died_or_moved_away_is_neither_missing_nor_owed_an_interview),
		T(an_episode_is_open_to_the_18th_birthday),
		T(three_times_in_thirty_days_counts_the_closed_window),
		T(a_restricted_child_is_nowhere_not_even_in_the_trend),
		T(restricted_that_cannot_be_read_means_restricted),
		T(each_team_sees_its_own_and_the_duty_team_those_of_none),
		T(a_child_of_two_teams_is_on_both_lists_and_once_on_that_of_all),
		T(away_is_a_count_of_its_own),
		T(figures_of_a_child),
		T(the_trend_counts_whole_weeks_up_to_last_sunday),
		T(records_not_read_reach_the_childs_team_or_the_duty_team),
		T(silence_of_a_source_makes_the_list_incomplete),
		T(the_order_of_arrival_changes_nothing),
		T(a_thousand_rows_stay_under_90_kilobytes_and_say_that_they_are_cut),
		T(what_is_not_known_says_so),
		T(the_templates_pass_their_check_and_a_wrong_one_does_not),
		T(without_templates_the_facts_go_out_plain),
	};
	return cmocka_run_group_tests_name("missing", tests, load_zone, free_zone);
}
