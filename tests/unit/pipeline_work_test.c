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

static size_t forgotten(const struct world *w)
{
	struct pipeline_figures figures;
	pipeline_figures(w->pipeline, &figures);
	return figures.engine.forgotten;
}

#define CHILDREN 4500
#define A_TURN 3000 /* what one turn may free: the portion of a tick, and that of a judgement */

static void remember_children(struct world *w)
{
	char id[16];
	for (int i = 0; i < CHILDREN; i++) {
		(void)snprintf(id, sizeof id, "n%d", i);
		add(w, id, "custody.threshold_met", id, MONDAY, "\"custody\":\"k1\"");
	}
	take(w, MONDAY);
	run(w, MONDAY);
}

/* Of a batch that finds no room: what was in memory counts on rows that are not there. */
static void fail_once(struct world *w)
{
	char sql[64], id[16];
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)count(w, "PRAGMA page_count"));
	(void)count(w, sql);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(id, sizeof id, "x%d", i);
		add(w, id, "custody.threshold_met", id, MONDAY, "\"custody\":\"k1\"");
	}
	assert_int_equal(try_take(w, MONDAY), RESULT_TEMPORARY);
	(void)count(w, "PRAGMA max_page_count = 100000");
}

/* Hundreds of thousands of histories are in memory, and a full disk is when people look: the page that says why must
 * not stand meanwhile. */
static void a_failed_transaction_gives_back_what_it_forgot_in_portions(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	int turns = 0;
	remember_children(w);
	assert_int_equal(forgotten(w), 0);
	fail_once(w);
	size_t left = forgotten(w);
	assert_in_range(left, CHILDREN - A_TURN, CHILDREN + 500);
	take(w, "2026-02-02T08:00:02Z");
	left = forgotten(w);
	for (; left; turns++) {
		size_t before = left;
		assert_int_equal(pipeline_next(w->pipeline), INSTANT_NONE); /* at once, and other work in between */
		OK(pipeline_tick(w->pipeline, at("2026-02-02T08:00:03Z"), &f->fault));
		left = forgotten(w);
		assert_in_range(before - left, 1, A_TURN);
	}
	assert_true(turns > 0);
	assert_true(pipeline_next(w->pipeline) > at("2026-02-02T08:00:03Z")); /* and then it rests */
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'"), CHILDREN + 500);
}

/* An erasure forgets, too; and what is not given back yet when the daemon leaves leaks nothing. */
static void an_erasure_gives_back_what_it_forgot_in_portions(void **state)
{
	struct world *w = *state;
	remember_children(w);
	pipeline_forget(w->pipeline);
	assert_in_range(forgotten(w), CHILDREN - A_TURN, CHILDREN);
	pipeline_forget(w->pipeline);
	assert_in_range(forgotten(w), 1, CHILDREN);
	hear(w, "y1", "custody.released", "n1", "2026-02-02T09:00:00Z", "\"custody\":\"k1\"");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold' AND state = 0"),
	                 CHILDREN - 1);
}

int main(void)
{
	log_set_sink(say_nothing);
	const struct CMUnitTest tests[] = {
		TEST(an_update_of_an_alert_of_thousands_reads_none_of_them),
		TEST(an_alert_that_opens_with_thousands_reads_none_of_them),
		TEST(a_failed_transaction_gives_back_what_it_forgot_in_portions),
		TEST(an_erasure_gives_back_what_it_forgot_in_portions),
		TEST(what_it_told_of_is_found_by_whoever_asks),
	};
	return cmocka_run_group_tests_name("pipeline_work", tests, NULL, NULL);
}
