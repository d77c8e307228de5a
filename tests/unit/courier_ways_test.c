/* The channels that a step names: by all of them at once, whatever the person's own order says. */
#include "courier_fixture.h"

static struct channel texts;
static const char *const both[] = {"email", "text"}, *const text_alone[] = {"text"}, *const hook_alone[] = {"webhook"};

/* One person by email, and by text where that fails; the critical rule has one step. */
static struct bench *begin(const char *const *channels, size_t count)
{
	static struct step step;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct fault *fault;
	struct person *person = &bench->people[1];
	courier_free(bench->courier);
	person->addresses[CHANNEL_TEXT] = "07700 900123";
	person->order[1] = CHANNEL_TEXT;
	person->order_count = 2;
	step = (struct step){.channels = (const char **)(uintptr_t)channels, .channel_count = count};
	bench->rules->rules[0].steps = &step;
	bench->rules->rules[0].step_count = 1;
	struct courier_settings settings = bench_settings(bench);
	settings.channels = bench_texts_and_mails(bench, &texts);
	settings.channel_count = 2;
	OK(courier_new(&settings, &bench->courier, fault));
	return bench;
}

static size_t reached(const struct bench *bench, const char *to)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->server.count; i++)
		count += strcmp(bench->server.attempts[i].to, to) == 0 &&
		         bench->server.attempts[i].reply.outcome == CHANNEL_ACCEPTED;
	return count;
}

static void a_step_that_names_channels_goes_by_all_of_them_at_once(void **state)
{
	(void)state;
	struct bench *bench = begin(both, 2);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(reached(bench, "p-1@council.example"), 1);
	assert_int_equal(reached(bench, "07700 900123"), 1);
	assert_int_equal(bench->server.count, 2);
	bench_end(bench);
}

static void by_those_alone_that_it_names(void **state)
{
	(void)state;
	struct bench *bench = begin(text_alone, 1);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(reached(bench, "07700 900123"), 1);
	assert_int_equal(bench->server.count, 1);
	bench_end(bench);
}

/* Nobody climbs past somebody who was told. */
static void one_that_fails_leaves_the_others(void **state)
{
	(void)state;
	struct bench *bench = begin(both, 2);
	behave_to(bench, "07700 900123", ANSWER_REFUSES, 5);
	tell_person(bench, 1, true);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(reached(bench, "p-1@council.example"), 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void whoever_has_none_of_them_is_told_by_their_own(void **state)
{
	(void)state;
	struct bench *bench = begin(hook_alone, 1);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND);
	assert_int_equal(reached(bench, "p-1@council.example"), 1);
	assert_int_equal(bench->server.count, 1);
	bench_end(bench);
}

/* From its date on the rule tells by text: the courier asked the version that stands first in the file. */
static void an_alert_goes_by_the_channels_of_its_own_version(void **state)
{
	(void)state;
	struct bench *bench = begin(both, 2);
	struct rule *rules = bench->rules->rules, versions[2] = {rules[0], rules[0]}, *before = rules;
	struct step later = {.channels = (const char **)(uintptr_t)text_alone, .channel_count = 1};
	size_t count = bench->rules->rule_count;
	versions[0].versions_after = versions[1].versions_before = 1;
	versions[0].effective_from = DAY_NONE;
	versions[1].index = 1;
	versions[1].effective_from = day_of(2020, 2, 1);
	versions[1].steps = &later;
	bench->rules->rules = versions;
	bench->rules->rule_count = 2;
	struct outbox_row row = row_of(bench, new_alert(bench, true), "p-1", true);
	struct buffer payload = {0};
	struct payload says = PAYLOAD_EMPTY;
	says.rule_from = versions[1].effective_from;
	payload_write(&says, &payload);
	row.payload = buffer_view(&payload);
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	assert_int_equal(reached(bench, "07700 900123"), 1);
	assert_int_equal(bench->server.count, 1);
	buffer_free(&payload);
	bench->rules->rules = before;
	bench->rules->rule_count = count;
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_names_channels_goes_by_all_of_them_at_once),
		cmocka_unit_test(by_those_alone_that_it_names),
		cmocka_unit_test(one_that_fails_leaves_the_others),
		cmocka_unit_test(an_alert_goes_by_the_channels_of_its_own_version),
		cmocka_unit_test(whoever_has_none_of_them_is_told_by_their_own),
	};
	return cmocka_run_group_tests_name("courier_ways", tests, NULL, NULL);
}
