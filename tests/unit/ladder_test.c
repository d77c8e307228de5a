/* Who is told when, and when the next step comes: each branch of it by itself. That the same comes out of events, rules
 * and answers is in tests/scenario/cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/engine_internal.h"
#include "engine/why/why.h"

#define DAY (24 * HOUR)
#define WEDNESDAY "2020-02-05T10:00:00Z"
#define SATURDAY "2020-02-08T03:00:00Z"

static const char *upper[] = {"director", "dcs"};
static struct role_title titles[] = {{.role = "edt", .out_of_hours = true}, {.role = "director"}, {.role = "dcs"}};
static const struct directory directory = {
	.ladder = upper, .ladder_count = 2, .roles = titles, .role_count = sizeof titles / sizeof *titles};

static struct engine engine;

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static int setup(void **state)
{
	static const char json[] =
		"{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":["
		"{\"title\":\"Christmas Day\",\"date\":\"2019-12-25\",\"notes\":\"\",\"bunting\":true},"
		"{\"title\":\"Christmas Day\",\"date\":\"2020-12-25\",\"notes\":\"\",\"bunting\":true}]}}";
	struct fault fault = {""};
	(void)state;
	engine = (struct engine){0};
	engine_settings_default(&engine.settings);
	engine.settings.directory = &directory;
	engine.settings.calendar = calendar_new(zone_load("Europe/London", &fault), text_of(json), &fault);
	if (!engine.settings.calendar)
		fail_msg("%s", fault.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	calendar_free((struct calendar *)(uintptr_t)engine.settings.calendar);
	return 0;
}

/* ---- rules ---- */

static const char *workers[] = {"team-manager", "social-worker"};
static struct step_also head = {.role = "head-of-service", .remark = 1};
static struct step_also again = {.role = "social-worker", .remark = 1};
static struct step of_workers[] = {{.roles = workers, .role_count = 2, .also = &head, .also_count = 1}};
static struct step of_director[] = {{.roles = upper, .role_count = 1}};

static const struct rule high = {
	.severity = SEVERITY_HIGH, .steps = of_workers, .step_count = 1, .out_of_hours = "edt"};
static const struct rule critical = {
	.severity = SEVERITY_CRITICAL, .steps = of_director, .step_count = 1, .out_of_hours = "edt"};
static const struct rule normal = {.severity = SEVERITY_NORMAL, .steps = of_workers, .step_count = 1};

static void assert_roles(const char *const *roles, size_t count, const char *words)
{
	struct buffer seen = {0};
	for (size_t i = 0; i < count; i++)
		buffer_format(&seen, "%s%s", i ? " " : "", roles[i]);
	assert_string_equal(buffer_cstr(&seen), words);
	buffer_free(&seen);
}

/* An alert that opened and was told its first step then. */
static struct outcome told_at(const char *time)
{
	return (struct outcome){.opened = at(time), .ladder = {.told = at(time), .step = 1, .asked = INSTANT_NONE}};
}

static void assert_told(const struct rule *rule, struct outcome *outcome, const char *now, const char *roles)
{
	struct ladder_tell tell;
	ladder_tell_step(&engine, rule, outcome, at(now), &tell);
	assert_roles(tell.roles, tell.count, roles);
	ladder_roles_told(&engine, rule, outcome, &tell);
	assert_roles(tell.roles, tell.count, roles);
}

static void assert_at(instant when, const char *time)
{
	char seen[32];
	instant_print(when, seen);
	assert_string_equal(seen, time);
}

/* ---- steps ---- */

static void critical_and_high_go_on_to_the_director_and_the_dcs_and_normal_does_not(void **state)
{
	struct rule few = high;
	(void)state;
	assert_int_equal(ladder_steps(&engine, &high), 3);
	assert_int_equal(ladder_steps(&engine, &critical), 2); /* the director is told already */
	assert_int_equal(ladder_steps(&engine, &normal), 1);
	few.restricted = true;
	assert_int_equal(ladder_steps(&engine, &few), 1);
	engine.settings.directory = NULL;
	assert_int_equal(ladder_steps(&engine, &high), 1);
}

/* As long as `check` lets one be: its end is found, and nothing behind it is read. */
static void the_longest_ladder_is_climbed_to_its_end(void **state)
{
	static const char *roles[DIRECTORY_LADDER_MOST];
	static char names[DIRECTORY_LADDER_MOST][16];
	static const struct directory longest = {.ladder = roles, .ladder_count = DIRECTORY_LADDER_MOST};
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	(void)state;
	for (size_t i = 0; i < DIRECTORY_LADDER_MOST; i++) {
		(void)snprintf(names[i], sizeof names[i], "upper-%zu", i + 1);
		roles[i] = names[i];
	}
	engine.settings.directory = &longest;
	assert_int_equal(ladder_steps(&engine, &high), 1 + DIRECTORY_LADDER_MOST);
	outcome.ladder.step = DIRECTORY_LADDER_MOST;
	ladder_next_roles(&engine, &high, &outcome, &tell);
	assert_roles(tell.next_roles, tell.next_count, names[DIRECTORY_LADDER_MOST - 1]);
	outcome.ladder.step = 1 + DIRECTORY_LADDER_MOST;
	ladder_next_roles(&engine, &high, &outcome, &tell);
	assert_roles(tell.next_roles, tell.next_count, "");
}

/* The rules in force have their upper steps reckoned beforehand, by place. A rule that an analyst only tries has its
 * own: it may stand at the place of another, or behind the last. */
static void a_rule_that_is_only_tried_has_the_steps_of_its_own_and_not_those_of_one_in_force(void **state)
{
	struct rule in_force[] = {high, critical};
	in_force[1].index = 1;
	const struct ruleset rules = {.rules = in_force, .rule_count = 2};
	struct rule_index index = {.rules = &rules};
	struct rule tried = critical, added = high;
	added.index = 2;
	(void)state;
	engine.index = &index;
	engine.upper = ladder_upper_new(&engine);
	assert_int_equal(ladder_steps(&engine, &in_force[0]), 3);
	assert_int_equal(ladder_steps(&engine, &in_force[1]), 2);
	assert_int_equal(ladder_steps(&engine, &tried), 2); /* at the place of `high`, which has three */
	assert_int_equal(ladder_steps(&engine, &added), 3);
	free(engine.upper);
}

static void those_who_are_next_are_named(void **state)
{
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	(void)state;
	ladder_next_roles(&engine, &high, &outcome, &tell);
	assert_roles(tell.next_roles, tell.next_count, "director");
	outcome.ladder.step = 2;
	ladder_next_roles(&engine, &high, &outcome, &tell);
	assert_roles(tell.next_roles, tell.next_count, "dcs");
	outcome.ladder.step = 3;
	ladder_next_roles(&engine, &high, &outcome, &tell);
	assert_roles(tell.next_roles, tell.next_count, "");
}

static void a_role_is_told_once_and_one_of_some_cases_in_those(void **state)
{
	struct step twice = of_workers[0];
	struct rule rule = high;
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	(void)state;
	assert_told(&high, &outcome, WEDNESDAY, "social-worker team-manager");
	outcome.remarks = (uint8_t)(1u << head.remark);
	assert_told(&high, &outcome, WEDNESDAY, "head-of-service social-worker team-manager");
	twice.also = &again;
	rule.steps = &twice;
	assert_told(&rule, &outcome, WEDNESDAY, "social-worker team-manager");
	outcome.ladder.step = 3;
	ladder_roles_so_far(&engine, &rule, &outcome, &tell);
	assert_roles(tell.roles, tell.count, "dcs director social-worker team-manager");
}

static void what_is_just_as_old_as_news_may_be_is_no_old_news(void **state)
{
	(void)state;
	instant now = at(SATURDAY);
	assert_false(ladder_is_old(&engine, &critical, now - DAY, now));
	assert_true(ladder_is_old(&engine, &critical, now - DAY - 1, now));
	assert_false(ladder_is_old(&engine, &high, now - 7 * DAY, now));
	assert_true(ladder_is_old(&engine, &high, now - 7 * DAY - 1, now));
}

static void out_of_hours_the_duty_team_hears_of_what_is_neither_critical_nor_old(void **state)
{
	struct outcome now = told_at(SATURDAY), old = told_at(SATURDAY), muted = told_at(SATURDAY);
	(void)state;
	assert_told(&high, &now, SATURDAY, "edt social-worker team-manager");
	now = told_at(WEDNESDAY);
	assert_told(&high, &now, WEDNESDAY, "social-worker team-manager");
	now = told_at(SATURDAY);
	assert_told(&critical, &now, SATURDAY, "director");
	now = told_at(SATURDAY);
	assert_told(&normal, &now, SATURDAY, "social-worker team-manager");
	old.opened -= 8 * DAY;
	assert_told(&high, &old, SATURDAY, "social-worker team-manager");
	muted.ladder.step = 0;
	assert_told(&high, &muted, SATURDAY, "");
}

/* ---- when ---- */

static void a_step_has_its_time_from_when_somebody_hears(void **state)
{
	struct rule by_day = high, timed = high;
	struct step in_hours = of_workers[0];
	struct outcome outcome = told_at(SATURDAY);
	struct ladder_tell tell;
	(void)state;
	ladder_tell_step(&engine, &high, &outcome, at(SATURDAY), &tell); /* the duty team: now */
	assert_at(tell.not_before, "2020-02-10T08:00:00Z");
	assert_at(outcome.ladder.next, "2020-02-11T00:00:00Z");
	by_day.out_of_hours = NULL;
	outcome = told_at(SATURDAY);
	ladder_tell_step(&engine, &by_day, &outcome, at(SATURDAY), &tell); /* whoever comes on Monday */
	assert_at(outcome.ladder.next, "2020-02-12T00:00:00Z");
	in_hours.after = (struct duration){2, UNIT_HOURS};
	timed.steps = &in_hours;
	outcome = told_at(SATURDAY);
	ladder_tell_step(&engine, &timed, &outcome, at(SATURDAY), &tell);
	assert_at(outcome.ladder.next, "2020-02-08T05:00:00Z");
	outcome.opened -= 8 * DAY; /* old news by day: nobody hears before Monday */
	outcome.ladder = (struct ladder){.told = at(SATURDAY), .step = 1, .asked = INSTANT_NONE};
	ladder_tell_step(&engine, &timed, &outcome, at(SATURDAY), &tell);
	assert_true(tell.old_news);
	assert_at(outcome.ladder.next, "2020-02-10T10:00:00Z");
	outcome = told_at(SATURDAY);
	ladder_tell_step(&engine, &critical, &outcome, at(SATURDAY), &tell);
	assert_at(tell.not_before, "2020-02-08T03:00:00Z");
	assert_at(outcome.ladder.next, "2020-02-08T03:30:00Z");
	outcome.opened -= 2 * DAY;
	outcome.ladder = (struct ladder){.told = at(SATURDAY), .step = 1, .asked = INSTANT_NONE};
	ladder_tell_step(&engine, &critical, &outcome, at(SATURDAY), &tell);
	assert_at(tell.not_before, "2020-02-10T08:00:00Z");
	engine.settings.directory = NULL; /* then nobody works out of hours */
	outcome = told_at(SATURDAY);
	ladder_tell_step(&engine, &high, &outcome, at(SATURDAY), &tell);
	assert_at(tell.not_before, "2020-02-10T08:00:00Z");
}

/* Old or not is settled when it opens: asked again, and told by its newest asking, it is told as any other. */
static void who_is_asked_again_is_asked_as_anybody_else(void **state)
{
	struct outcome outcome = told_at(SATURDAY);
	struct ladder_tell tell;
	(void)state;
	outcome.opened -= 8 * DAY;
	outcome.ladder.told -= 8 * DAY;
	outcome.ladder.asked = outcome.ladder.told;
	ladder_tell_step(&engine, &high, &outcome, at(SATURDAY), &tell);
	assert_false(tell.old_news);
	assert_roles(tell.roles, tell.count, "edt social-worker team-manager");
	ladder_roles_told(&engine, &high, &outcome, &tell);
	assert_roles(tell.roles, tell.count, "edt social-worker team-manager");
}

static void the_last_step_is_asked_again_at_the_same_hour_of_the_next_day(void **state)
{
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	(void)state;
	outcome.ladder.step = 3;
	ladder_tell_step(&engine, &high, &outcome, at(WEDNESDAY), &tell);
	assert_at(outcome.ladder.next, "2020-02-06T10:00:00Z");
	engine.settings.ask_again[SEVERITY_HIGH].amount = 0;
	ladder_tell_step(&engine, &high, &outcome, at(WEDNESDAY), &tell);
	assert_true(outcome.ladder.next == INSTANT_NEVER);
}

static void past_the_last_known_bank_holiday_a_step_comes_all_the_same(void **state)
{
	static const char late[] = "2020-12-31T10:00:00Z";
	struct outcome outcome = told_at(late);
	struct ladder_tell tell;
	(void)state;
	ladder_tell_step(&engine, &high, &outcome, at(late), &tell);
	assert_at(outcome.ladder.next, "2021-01-01T10:00:00Z");
	engine.settings.ask_again[SEVERITY_HIGH] = (struct duration){2, UNIT_WORKING_DAYS};
	outcome.ladder.step = 3;
	ladder_tell_step(&engine, &high, &outcome, at(late), &tell);
	assert_at(outcome.ladder.next, "2021-01-02T10:00:00Z");
	engine.settings.old_after[SEVERITY_HIGH] = (struct duration){2, UNIT_WORKING_DAYS};
	assert_false(ladder_is_old(&engine, &high, at("2018-01-01T10:00:00Z"), at("2018-02-01T10:00:00Z")));
	assert_true(ladder_is_old(&engine, &high, at(SATURDAY), at(late)));
}

static void a_ladder_that_became_shorter_asks_who_is_last_now(void **state)
{
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	(void)state;
	outcome.ladder.step = 5;
	ladder_roles_told(&engine, &high, &outcome, &tell); /* nobody is there any more */
	assert_roles(tell.roles, tell.count, "");
	ladder_tell_step(&engine, &high, &outcome, at(WEDNESDAY), &tell);
	assert_int_equal(outcome.ladder.step, 3);
	assert_roles(tell.roles, tell.count, "dcs");
}

/* ---- a clock that was ahead ---- */

static void only_what_was_asked_at_a_time_to_come_is_set_back(void **state)
{
	struct outcome outcome = told_at(WEDNESDAY);
	struct ladder_tell tell;
	const instant now = at(WEDNESDAY), ahead = now + 9 * DAY;
	(void)state;
	assert_false(ladder_set_back(&engine, &critical, &outcome, now)); /* while it was muted nobody was asked */
	ladder_tell_step(&engine, &critical, &outcome, now, &tell);
	assert_false(ladder_set_back(&engine, &critical, &outcome, now));
	outcome.ladder.acknowledged = true;
	outcome.ladder.asked = ahead;
	assert_false(ladder_set_back(&engine, &critical, &outcome, now));
	outcome.ladder.acknowledged = false;
	outcome.ladder.step = 0;
	assert_false(ladder_set_back(&engine, &critical, &outcome, now));
	outcome.ladder.step = 1;
	outcome.ladder.next = ahead + 30 * MINUTE;
	outcome.ladder.told = now - HOUR; /* told in time, and asked by the clock that was ahead */
	assert_true(ladder_set_back(&engine, &critical, &outcome, now));
	assert_true(outcome.ladder.told == now - HOUR && outcome.ladder.next == now + 30 * MINUTE);
	outcome.ladder.told = outcome.ladder.asked = ahead;
	outcome.ladder.next = now + MINUTE; /* something else hurries it */
	outcome.ladder.why = CAUSE_NOBODY;
	assert_true(ladder_set_back(&engine, &critical, &outcome, now));
	assert_true(outcome.ladder.told == now && outcome.ladder.next == now + MINUTE);
	assert_int_equal(outcome.ladder.why, CAUSE_NOBODY);
}

static void a_review_that_a_clock_ahead_reckoned_comes_as_if_it_were_reckoned_now(void **state)
{
	const instant now = at(WEDNESDAY), ahead = now + 9 * DAY;
	struct ladder ladder = {.acknowledged = true, .why = CAUSE_REVIEW_DEFAULT, .next = ahead + 12 * HOUR};
	(void)state;
	assert_true(ladder_review_back(&engine, &critical, &ladder, ahead, now, INSTANT_NONE));
	assert_true(ladder.next == now + 12 * HOUR);
	assert_false(ladder_review_back(&engine, &critical, &ladder, now, now + HOUR, INSTANT_NONE));
	assert_true(ladder.next == now + 12 * HOUR);
	/* one that was asked for by a clock that was ahead, in two hours; and one at a right time, in nine days */
	ladder = (struct ladder){.acknowledged = true, .why = CAUSE_REVIEW_ASKED, .next = ahead + 2 * HOUR};
	assert_true(ladder_review_back(&engine, &critical, &ladder, ahead, now, ahead + 2 * HOUR));
	assert_true(ladder.next == now + 2 * HOUR);
	ladder = (struct ladder){.acknowledged = true, .why = CAUSE_REVIEW_ASKED, .next = ahead};
	assert_true(ladder_review_back(&engine, &critical, &ladder, now, now, ahead));
	assert_true(ladder.next == now + 120 * HOUR);
}

/* ---- answers ---- */

static void an_answer_holds_to_the_time_it_names_within_ten_times_the_usual(void **state)
{
	const instant now = at(WEDNESDAY);
	struct ladder ladder = {.step = 1};
	(void)state;
	assert_false(ladder_acknowledge(&engine, &critical, &ladder, now, now, INSTANT_NONE));
	assert_true(ladder.acknowledged && ladder.next == now + 12 * HOUR && ladder.why == CAUSE_REVIEW_DEFAULT);
	assert_false(ladder_acknowledge(&engine, &critical, &ladder, now, now, now + DAY));
	assert_true(ladder.next == now + DAY && ladder.why == CAUSE_REVIEW_ASKED);
	assert_false(ladder_acknowledge(&engine, &critical, &ladder, now - DAY, now, now - HOUR)); /* heard too late */
	assert_true(ladder.next == now + 12 * HOUR && ladder.why == CAUSE_REVIEW_DEFAULT);
	assert_true(ladder_acknowledge(&engine, &critical, &ladder, now, now, now + 6 * DAY));
	assert_true(ladder.next == now + 120 * HOUR && ladder.why == CAUSE_REVIEW_DEFAULT);
	assert_true(ladder_acknowledge(&engine, &critical, &ladder, now - 6 * DAY, now, now + DAY));
	assert_true(ladder.next == now + 12 * HOUR); /* the bound of that answer is past */
}

/* ---- as it would run ---- */

static void add_step(void *argument, const struct engine_step *step)
{
	char time[32];
	instant_print(step->at, time);
	buffer_format(argument, "%u%s%s %s; ", step->step, step->again ? " again" : "", step->of_rule ? "" : " above",
	              time);
}

static void a_ladder_is_shown_step_by_step_to_its_first_asking_again(void **state)
{
	struct buffer seen = {0};
	(void)state;
	engine_ladder(&engine, &high, at(WEDNESDAY), add_step, &seen);
	assert_string_equal(buffer_cstr(&seen),
	                    "1 2020-02-05T10:00:00Z; 2 above 2020-02-07T00:00:00Z; 3 above 2020-02-11T00:00:00Z; "
	                    "3 again above 2020-02-12T00:00:00Z; ");
	buffer_clear(&seen);
	engine.settings.ask_again[SEVERITY_NORMAL].amount = 0;
	engine_ladder(&engine, &normal, at(WEDNESDAY), add_step, &seen);
	assert_string_equal(buffer_cstr(&seen), "1 2020-02-05T10:00:00Z; ");
	buffer_free(&seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(critical_and_high_go_on_to_the_director_and_the_dcs_and_normal_does_not),
		TEST(the_longest_ladder_is_climbed_to_its_end),
		TEST(a_rule_that_is_only_tried_has_the_steps_of_its_own_and_not_those_of_one_in_force),
		TEST(those_who_are_next_are_named),
		TEST(a_role_is_told_once_and_one_of_some_cases_in_those),
		TEST(what_is_just_as_old_as_news_may_be_is_no_old_news),
		TEST(out_of_hours_the_duty_team_hears_of_what_is_neither_critical_nor_old),
		TEST(a_step_has_its_time_from_when_somebody_hears),
		TEST(who_is_asked_again_is_asked_as_anybody_else),
		TEST(the_last_step_is_asked_again_at_the_same_hour_of_the_next_day),
		TEST(past_the_last_known_bank_holiday_a_step_comes_all_the_same),
		TEST(a_ladder_that_became_shorter_asks_who_is_last_now),
		TEST(only_what_was_asked_at_a_time_to_come_is_set_back),
		TEST(a_review_that_a_clock_ahead_reckoned_comes_as_if_it_were_reckoned_now),
		TEST(an_answer_holds_to_the_time_it_names_within_ten_times_the_usual),
		TEST(a_ladder_is_shown_step_by_step_to_its_first_asking_again),
	};
	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
