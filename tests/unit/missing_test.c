/* The daily missing list, computed from events by way of the registers: who is on it, where, and who must not be. */
#include "list_fixture.h"

#include "text/utf8.h"

static void a_child_missing_now_is_listed_the_longest_first(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1007", "2020-02-04T22:10:00Z", "E1");
	missing(bench, "C1019", "2020-02-02", "E2");
	missing(bench, "C1012", "2020-02-04T16:30:00Z", "E3");
	of_team(bench, "C1007", "north-3");
	of_team(bench, "C1019", "north-3");
	of_team(bench, "C1012", "north-3");
	assert_ids(list(bench), "now", "C1019 C1012 C1007");
	assert_int_equal(bench->list->children.count, 3);
}

static void a_child_missing_for_years_is_not_forgotten(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2018-05-01T10:00:00Z", "E1");
	of_team(bench, "C1", "north-3");
	assert_ids(list(bench), "now", "C1");
}

static void a_child_open_twice_has_one_row(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-01T10:00:00Z", "E1");
	missing(bench, "C1", "2020-02-03T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	assert_ids(list(bench), "now", "C1");
	assert_says(bench->list, "now", 0, "since", "Sat 1 Feb, 10:00");
}

static void what_happens_after_the_lists_time_is_not_in_it(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-05T07:31:00Z", "E1");
	missing(bench, "C2", "2020-02-05T06:00:00Z", "E2");
	returned(bench, "C2", "2020-02-05T07:35:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	assert_ids(list(bench), "now", "C2");
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
	assert_ids(list(bench), "back", "C2 C1 C4");
	assert_says(bench->list, "back", 0, "due", "Due by the end of Thu 6 Feb");
	assert_says(bench->list, "back", 2, "settled", "Done Tue 4 Feb, 17:00");
	assert_says(bench->list, "back", 1, "due", "Due by Fri 7 Feb, 18:05");
	assert_ids(bench->list, "now", "");
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
	assert_ids(list(bench), "back", "C1");
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
	assert_ids(list(bench), "overdue", "C5 C1");
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
	assert_ids(list(bench), "now", "");
	assert_ids(bench->list, "overdue", "");
	assert_ids(bench->list, "back", "");
}

static void an_episode_is_open_to_the_18th_birthday(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-31T10:00:00Z", "E1");
	missing(bench, "C2", "2020-01-31T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"date_of_birth\":\"2002-02-05\"");
	tell(bench, "child.updated", "C2", "2019-01-01T10:00:00Z",
	     "\"date_of_birth\":\"2002-02-06\",\"initials\":\"AB\"");
	assert_ids(list(bench), "now", "C2");
	assert_int_equal(bench->list->sections[0].items[0].row->child->age, 17);
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
	assert_ids(list(bench), "often", "C1");
	assert_says(bench->list, "often", 0, "times", "3");
	assert_says(bench->list, "often", 0, "discussed",
	            "Not since 11 Jan"); /* an alert stands: it was needed again since */
	struct text alert = bench->list->sections[section_of(bench->list, "often")].items[0].row->values[3];
	assert_true(alert.length > 8 && memcmp(alert.at, "Alert A-", 8) == 0);
}

static void a_restricted_child_is_nowhere_not_even_in_the_trend(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-29T10:00:00Z", "E1");
	refused(bench, "{\"type\":\"missing.ended\",\"subject\":\"C1\"}", "time is missing", "2020-02-05T05:12:00Z");
	of_team(bench, "C1", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"restricted\":true");
	assert_ids(list(bench), "now", "");
	assert_int_equal(bench->list->children.count, 0);
	assert_int_equal(bench->list->unread_count, 0);
	for (size_t i = 0; i < 26; i++)
		assert_int_equal(bench->list->weeks[i], 0);
}

static void restricted_that_cannot_be_read_means_restricted(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-01-29T10:00:00Z", "E1");
	of_team(bench, "C1", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"restricted\":false");
	assert_ids(list(bench), "now", "C1");
	tell(bench, "child.updated", "C1", "2019-06-01T10:00:00Z", "\"restricted\":\"perhaps\"");
	assert_ids(list(bench), "now", "");
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
	assert_ids(list(bench), "now", "C1");
	bench->view.team = &bench->teams[1];
	assert_ids(list(bench), "now", "C2");
	bench->view.team = &bench->teams[2];
	assert_ids(list(bench), "now", "C3");
	bench->view.team = NULL;
	assert_ids(list(bench), "now", "C1 C2 C3"); /* by team, in the directory's order */
	assert_int_equal(bench->list->sections[0].in_group[0], 1);
	assert_int_equal(bench->list->sections[0].in_group[2], 1);
}

static void a_child_of_two_teams_is_on_both_lists_and_once_on_that_of_all(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T10:00:00Z", "E1");
	tell(bench, "allocation.started", "C1", "2019-01-01T09:00:00Z",
	     "\"role\":\"personal-adviser\",\"worker\":\"W9\",\"team\":\"north-3\"");
	of_team(bench, "C1", "south-1");
	assert_ids(list(bench), "now", "C1");
	bench->view.team = &bench->teams[1];
	assert_ids(list(bench), "now", "C1");
	bench->view.team = NULL;
	assert_ids(list(bench), "now", "C1");
	assert_int_equal(bench->list->sections[0].in_group[1], 1); /* under the social worker's team */
	assert_int_equal(bench->list->sections[0].in_group[0], 0);
}

static void away_is_a_count_of_its_own(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "C1", "2020-02-04T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"away\"");
	of_team(bench, "C1", "north-3");
	assert_ids(list(bench), "now", "");
	assert_int_equal(bench->list->counted, 1);
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
	static const char *const wanted[] = {"1", "2", "3", "2 days 4 hours", "23 Feb"};
	const struct list_item *figures = &list(bench)->children.items[0];
	for (size_t i = 0; i < 5; i++)
		assert_true(text_equal(figures->row->values[i], text_of(wanted[i])));
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
	const struct list *made = list(bench);
	assert_int_equal(made->facts->first_monday, day_of(2019, 8, 5));
	assert_int_equal(made->weeks[0], 1);
	assert_int_equal(made->weeks[25], 2);
}

static void records_not_read_reach_the_childs_team_or_the_duty_team(void **state)
{
	struct bench *bench = *state;
	refused(bench, "{\"type\":\"missing.ended\",\"subject\":\"C1\"}", "time is missing", "2020-02-05T05:12:00Z");
	refused(bench, "not JSON", "not JSON", "2020-02-05T05:13:00Z");
	refused(bench, "{\"type\":\"rhi.offered\",\"subject\":\"C9\"}", "time is missing", "2020-02-05T05:14:00Z");
	refused(bench, "{\"type\":\"custody.detained\",\"subject\":\"C1\"}", "time is missing", "2020-02-05T05:15:00Z");
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
	const struct config_list *daily = lists_find(config->lists, config->list_count, TEXT("daily-missing"));
	instant now = at("2020-02-05T07:30:00Z");
	struct list_completeness known = {.complete_to = now - HOUR, .last_arrival = now};
	assert_false(list_incomplete(daily, &known, now));
	known.complete_to = now - HOUR - 1;
	assert_true(list_incomplete(daily, &known, now));
	known.complete_to = INSTANT_NONE; /* no source says how far it is: only a day's silence tells */
	assert_false(list_incomplete(daily, &known, now));
	known.last_arrival = now - 24 * HOUR - 1;
	assert_true(list_incomplete(daily, &known, now));
	known.last_arrival = INSTANT_NONE;
	assert_true(list_incomplete(daily, &known, now));
}

static void a_source_that_never_confirmed_is_named_and_makes_no_list_incomplete(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-02-05T07:22:00Z");
	assert_int_equal(list(bench)->facts->completeness.never_count, 0);
	struct fixture *f = bench->f;
	struct batch *batch = batch_new();
	(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++bench->next,
	                event_json(f, "police", "p1", "missing.started", "C1", "2020-02-04T10:00:00Z", "",
	                           "\"episode\":\"E1\",\"kind\":\"missing\""), at("2020-02-04T10:00:00Z"));
	OK(pipeline_take(bench->pipeline, batch, bench->now, bench->now, &f->fault));
	batch_free(batch);
	assert_int_equal(list(bench)->facts->completeness.never_count, 1);
	assert_true(text_equal(bench->facts->completeness.never[0], TEXT("police")));
	assert_false(bench->list->incomplete);
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "police:"));
	free(text);
	static const char *excused[] = {"police"};
	struct config_list own = *lists_find(config->lists, config->list_count, TEXT("daily-missing"));
	own.need_not_confirm = excused;
	own.need_not_confirm_count = 1;
	bench->view.list = &own;
	assert_int_equal(list(bench)->facts->completeness.never_count, 0);
	bench->view.list = lists_find(config->lists, config->list_count, TEXT("daily-missing"));
	(void)list(bench);
}

static void a_return_before_the_start_leaves_the_child_missing_and_says_why(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T22:10:00Z", "E1");
	returned(bench, "C1", "2020-02-03T06:00:00Z", "E1");
	of_team(bench, "C1", "north-3");
	assert_ids(list(bench), "now", "C1");
	assert_ids(bench->list, "back", "");
	assert_ids(bench->list, "contradiction", "C1");
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "RECORDS THAT CONTRADICT EACH OTHER: 1"));
	assert_non_null(
		strstr(text, "The return on Mon 3 Feb,\n  06:00 is dated before the start on Tue 4 Feb, 22:10."));
	free(text);
	returned(bench, "C1", "2020-02-05T01:00:00Z", "E1"); /* the true one: nothing is left to say */
	assert_ids(list(bench), "contradiction", "");
	assert_ids(bench->list, "back", "C1");
}

static void a_return_without_a_start_contradicts_itself_after_seven_days(void **state)
{
	struct bench *bench = *state;
	returned(bench, "C1", "2020-01-29T07:31:00Z", "E1");
	returned(bench, "C2", "2020-01-29T07:29:00Z", "E2");
	returned(bench, "C3", "2020-01-10T07:29:00Z", "E3"); /* told of for a week */
	for (int i = 1; i <= 3; i++) {
		char child[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		of_team(bench, child, "north-3");
	}
	assert_ids(list(bench), "contradiction", "C2");
}

/* By characters, not bytes: a title is not cut within one, and what is cut says so. */
static void the_counts_of_teams_stand_in_columns_whatever_their_titles(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T22:10:00Z", "E1");
	of_team(bench, "C1", "north-3");
	bench->teams[0].title = "Tŷ Gwyn";
	bench->teams[1].title = "Plant sy'n derbyn gofal, Dyffryn Tees, ŷŷŷŷŷŷŷ";
	bench->view.team = NULL;
	char *text = rendered(bench, NULL);
	const char *head = strstr(text, "    Now  Back"), *named = strstr(text, "\nTŷ Gwyn ") + 1;
	const char *cut = strstr(text, "\nPlant sy'n derbyn gofal, Dyffryn Tees,… ");
	assert_non_null(cut);
	while (head[-1] != '\n')
		head--;
	size_t columns = text_columns((struct text){head, strcspn(head, "\n")});
	assert_int_equal(text_columns((struct text){named, strcspn(named, "\n")}), columns);
	assert_int_equal(text_columns((struct text){cut + 1, strcspn(cut + 1, "\n")}), columns);
	assert_int_equal(utf8_valid(text_of(text)), strlen(text));
	free(text);
}

static void a_child_whose_team_nobody_reads_is_on_the_duty_teams_list(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T22:10:00Z", "E1");
	of_team(bench, "C1", "south-1");
	bench->view.team = &bench->teams[2];
	assert_ids(list(bench), "now", "");
	bench->teams[1].manager = NULL;
	assert_ids(list(bench), "now", "C1");
	bench->view.team = &bench->teams[0];
	assert_ids(list(bench), "now", "");
	bench->view.team = NULL;
	assert_ids(list(bench), "now", "C1"); /* once on the list of all, under its own team */
	assert_int_equal(bench->list->sections[0].in_group[1], 1);
}

static void away_that_becomes_missing_is_missing_since_then(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "C1", "2020-02-04T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"away\"");
	tell(bench, "missing.status_changed", "C1", "2020-02-04T21:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	tell(bench, "missing.status_changed", "C1", "2020-02-05T02:00:00Z",
	     "\"episode\":\"E1\",\"kind\":\"away\""); /* ends nothing */
	tell(bench, "missing.started", "C2", "2020-02-01T10:00:00Z", "\"episode\":\"E2\",\"kind\":\"away\"");
	returned(bench, "C2", "2020-02-01T12:00:00Z", "E2");
	tell(bench, "missing.status_changed", "C2", "2020-02-01T13:00:00Z",
	     "\"episode\":\"E2\",\"kind\":\"missing\""); /* after the return */
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	assert_ids(list(bench), "now", "C1");
	assert_says(bench->list, "now", 0, "since", "Tue 4 Feb, 21:00");
	assert_int_equal(bench->list->counted, 0);
	assert_ids(bench->list, "overdue", ""); /* at the return it was away */
}

static void what_was_recorded_late_is_marked(void **state)
{
	struct bench *bench = *state;
	tell_late(bench, "missing.started", "C1", "2020-02-01T10:00:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"",
	          "2020-02-04T16:00:00Z");
	missing(bench, "C2", "2020-02-01T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	assert_ids(list(bench), "now", "C1 C2");
	assert_says(bench->list, "now", 0, "late", "recorded Tue 4 Feb, 16:00");
	assert_says(bench->list, "now", 1, "late", "");
	struct buffer html = {0};
	char *text = rendered(bench, &html);
	assert_non_null(strstr(text, "(Late:"));
	assert_non_null(strstr(html.at, "<b>Late:</b> recorded Tue 4 Feb, 16:00"));
	buffer_free(&html);
	free(text);
}

static void a_record_of_three_weeks_ago_is_a_number_and_not_told_again(void **state)
{
	struct bench *bench = *state;
	refused(bench, "{\"type\":\"missing.ended\",\"subject\":\"C1\"}", "time is missing", "2020-01-15T05:12:00Z");
	refused(bench, "{\"type\":\"missing.ended\",\"subject\":\"C2\"}",
	        "time is more than 5 minutes after the event arrived", "2020-02-05T05:12:00Z");
	bench->view.team = NULL;
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "RECORDS WE COULD NOT READ: 2"));
	assert_non_null(strstr(text, "A record about child C2 came at 05:12 with a time in the future."));
	assert_null(strstr(text, "about child C1"));
	assert_non_null(strstr(text, "1 record that came before still waits."));
	free(text);
}

static void linked_records_are_one_child(void **state)
{
	struct bench *bench = *state;
	missing(bench, "T-7", "2020-02-04T19:45:00Z", "E1");
	refused(bench, "{\"type\":\"missing.ended\",\"subject\":\"T-7\"}", "time is missing", "2020-02-05T05:12:00Z");
	of_team(bench, "C1", "north-3");
	tell(bench, "person.merged", "C1", "2020-02-05T05:12:00Z", "\"from\":\"T-7\"");
	assert_ids(list(bench), "now", "C1");
	assert_int_equal(bench->list->unread_count, 1); /* of the id that ceased */
	tell(bench, "child.updated", "T-7", "2019-01-01T10:00:00Z", "\"restricted\":true"); /* said of the other id */
	assert_ids(list(bench), "now", "");
	assert_int_equal(bench->list->unread_count, 0);
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
		T(a_source_that_never_confirmed_is_named_and_makes_no_list_incomplete),
		T(a_return_before_the_start_leaves_the_child_missing_and_says_why),
		T(a_return_without_a_start_contradicts_itself_after_seven_days),
		T(the_counts_of_teams_stand_in_columns_whatever_their_titles),
		T(a_child_whose_team_nobody_reads_is_on_the_duty_teams_list),
		T(away_that_becomes_missing_is_missing_since_then),
		T(what_was_recorded_late_is_marked),
		T(a_record_of_three_weeks_ago_is_a_number_and_not_told_again),
		T(linked_records_are_one_child),
	};
	return cmocka_run_group_tests_name("missing", tests, load_config, free_config);
}
