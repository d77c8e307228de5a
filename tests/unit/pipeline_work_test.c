/* What the daemon does for one more event of a child does not grow with what one alert is made of. Counted in the
 * database's own steps, never in time. */
#include "pipeline_world.h"

#define MONDAY "2026-02-02T08:00:00Z"

/* So many episodes, half a minute apart, each with its return: they are the evidence of one alert that counts. */
static void go_missing(struct world *w, int from, int count)
{
	char id[32], time[40], data[80];
	for (int i = from; i < from + count; i++) {
		instant went = at(MONDAY) + i * 30 * SECOND;
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\",\"kind\":\"missing\"", i);
		(void)snprintf(id, sizeof id, "s%d", i);
		instant_print(went, time);
		add(w, id, "missing.started", "C1", time, data);
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\"", i);
		(void)snprintf(id, sizeof id, "r%d", i);
		instant_print(went + 10 * SECOND, time);
		add(w, id, "missing.ended", "C1", time, data);
	}
}

static void take_all(struct world *w, int until)
{
	char time[40];
	instant_print(at(MONDAY) + until * 30 * SECOND, time);
	take(w, time);
	run(w, time); /* what was left of the portion */
}

/* The steps of the database for one more episode of a child with so many. */
static uint64_t steps_of_one_more(struct world *w, int episodes)
{
	go_missing(w, 0, episodes);
	take_all(w, episodes);
	assert_int_equal(count(w, "SELECT length(told_of) / 8 FROM alert WHERE rule = 'missing.vpg-referral'"),
	                 episodes);
	go_missing(w, episodes, 1);
	uint64_t before = store_steps(w->f->store);
	take_all(w, episodes + 1);
	assert_int_equal(count(w, "SELECT length(told_of) / 8 FROM alert WHERE rule = 'missing.vpg-referral'"),
	                 episodes + 1);
	return store_steps(w->f->store) - before;
}

static void say_nothing(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static void an_update_of_an_alert_of_thousands_reads_none_of_them(void **state)
{
	struct world *w = *state;
	void *other;
	uint64_t few = steps_of_one_more(w, 100);
	(void)setup(&other);
	uint64_t many = steps_of_one_more(other, 2000);
	(void)teardown(&other);
	if (many > few + few / 2)
		fail_msg("%llu steps for an episode more of 2,000, %llu of 100", (unsigned long long)many,
		         (unsigned long long)few);
}

/* When it opens with all of them at once, too: a step or two an event are what its own row costs. */
static void an_alert_that_opens_with_thousands_reads_none_of_them(void **state)
{
	struct world *w = *state;
	void *other;
	go_missing(w, 0, 2000);
	uint64_t before = store_steps(w->f->store);
	take_all(w, 2000);
	uint64_t counted = store_steps(w->f->store) - before;
	(void)setup(&other);
	struct world *apart = other;
	char id[32], time[40], data[80];
	for (int i = 0; i < 2000; i++) { /* as many records, of children of their own */
		char child[16];
		(void)snprintf(child, sizeof child, "D%d", i);
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\",\"kind\":\"missing\"", i);
		(void)snprintf(id, sizeof id, "s%d", i);
		instant_print(at(MONDAY) + i * 30 * SECOND, time);
		add(apart, id, "missing.started", child, time, data);
		(void)snprintf(data, sizeof data, "\"episode\":\"m%d\"", i);
		(void)snprintf(id, sizeof id, "r%d", i);
		instant_print(at(MONDAY) + i * 30 * SECOND + 10 * SECOND, time);
		add(apart, id, "missing.ended", child, time, data);
	}
	before = store_steps(apart->f->store);
	take_all(apart, 2000);
	uint64_t alone = store_steps(apart->f->store) - before;
	(void)teardown(&other);
	assert_true(counted <= alone);
}

/* What it told of is shown all the same, by those who ask. */
static void what_it_told_of_is_found_by_whoever_asks(void **state)
{
	struct world *w = *state;
	go_missing(w, 0, 3);
	take_all(w, 3);
	assert_alerts(w, "missing.vpg-referral", "1001 missing.vpg-referral C1 standing [\"s0\",\"s1\",\"s2\"]");
}

int main(void)
{
	log_set_sink(say_nothing);
	const struct CMUnitTest tests[] = {
		TEST(an_update_of_an_alert_of_thousands_reads_none_of_them),
		TEST(an_alert_that_opens_with_thousands_reads_none_of_them),
		TEST(what_it_told_of_is_found_by_whoever_asks),
	};
	return cmocka_run_group_tests_name("pipeline_work", tests, NULL, NULL);
}
