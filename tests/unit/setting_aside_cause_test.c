/* A fault that is not the records' sets none of them aside: it is waited for, and said. */
#include "setting_aside_world.h"

#include "pipeline/pipeline_internal.h"

static struct batch *custodies_of(struct world *w, const char *position, int from, int count, bool readable)
{
	struct batch *batch = batch_new();
	for (int i = from; i < from + count; i++) {
		char id[16], child[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		(void)snprintf(child, sizeof child, "C%d", i);
		struct text bytes = TEXT("<event/>");
		if (readable)
			bytes = event_json(w->f, "lcs", id, "custody.threshold_met", child, "2026-02-04T09:00:00Z", "",
			                   K1);
		(void)batch_add(batch, w->f->parser, text_of(position), i, bytes, at(NOW));
	}
	return batch;
}

static struct batch *custodies(struct world *w, int from, int count, bool readable)
{
	return custodies_of(w, "kafka:events:0", from, count, readable);
}

static void die_at_each(void *context, const struct source_record *record)
{
	(void)context;
	(void)record;
	(void)kill(getpid(), SIGKILL);
}

/* One life of the daemon, over ten records. -1: it was killed; else what the reading came to. */
static int live_over_ten(struct world *w, const char *now, bool reload)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct fault fault;
		start(w);
		if (reload && pipeline_use(w->pipeline, &w->settings.engine, TEXT_NONE, &fault) != RESULT_OK)
			_exit(9);
		struct batch *batch = custodies(w, 1, 10, true);
		enum result result = pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(now), &fault);
		bool says = pipeline_trouble(w->pipeline) && strstr(pipeline_trouble(w->pipeline), "in a row");
		batch_free(batch);
		stop(w);
		_exit(result == RESULT_TEMPORARY && !says ? 9 : (int)result);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		assert_int_not_equal(WEXITSTATUS(status), 9);
	return WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
}

static int64_t set_aside_so_far(struct world *w)
{
	start(w);
	int64_t found = count(w, "SELECT count(*) FROM quarantine");
	stop(w);
	return found;
}

static void a_fault_that_every_record_meets_stops_the_reading_after_five(void **state)
{
	struct world *w = *state;
	int deaths = 0, came;
	w->settings.before_record = die_at_each;
	while ((came = live_over_ten(w, NOW, false)) < 0)
		assert_true(++deaths < 20);
	assert_int_equal(came, RESULT_TEMPORARY); /* it lives, its clocks run, and it says what to do */
	assert_int_equal(set_aside_so_far(w), 5);
	assert_int_equal(live_over_ten(w, "2026-02-04T10:50:00Z", false), RESULT_TEMPORARY);
	while ((came = live_over_ten(w, "2026-02-04T11:05:00Z", false)) < 0)
		assert_true(++deaths < 40);
	assert_int_equal(set_aside_so_far(w), 6); /* one an hour, in case good ones come behind */
	w->settings.before_record = NULL;         /* mended, and reloaded */
	assert_int_equal(live_over_ten(w, "2026-02-04T11:06:00Z", true), RESULT_OK);
	start(w);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 4);
	assert_int_equal(count(w, "SELECT value FROM meta WHERE name = 'set-aside-in-a-row'"), 0);
	stop(w);
}

static void a_topic_that_nobody_can_read_is_not_set_aside_as_a_whole(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	for (int i = 0; i < 10; i++) {
		struct batch *bad = custodies(w, 1 + i * 100, 100, false);
		OK(pipeline_take(w->pipeline, bad, INSTANT_NEVER, at(NOW), &f->fault));
		batch_free(bad);
	}
	struct batch *next = custodies(w, 1001, 100, false);
	assert_int_equal(pipeline_take(w->pipeline, next, INSTANT_NEVER, at(NOW), &f->fault), RESULT_TEMPORARY);
	assert_non_null(strstr(pipeline_trouble(w->pipeline), "casewatch quarantine"));
	OK(pipeline_tick(w->pipeline, at(NOW), &f->fault)); /* clocks run on */
	assert_non_null(pipeline_trouble(w->pipeline));
	OK(pipeline_take(w->pipeline, next, INSTANT_NEVER, at("2026-02-04T10:11:00Z"), &f->fault));
	batch_free(next);
	assert_null(pipeline_trouble(w->pipeline));
	struct batch *good = custodies(w, 1101, 2, true);
	OK(pipeline_take(w->pipeline, good, INSTANT_NEVER, at("2026-02-04T10:11:01Z"), &f->fault));
	batch_free(good);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine"), 1100);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'custody.threshold'"), 2);
	stop(w);
}

/* Whoever sends rubbish rests alone, and each time for longer: what comes behind fifty thousand of it is told within
 * minutes, and a million is not set aside within the hour. */
static void rubbish_rests_its_own_source_alone_and_for_longer_each_time(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	instant now = at(NOW), rested = 0;
	start(w);
	for (int i = 0; i < 50; i++) {
		struct batch *bad = custodies_of(w, "spool:rubbish", 1 + i * 1000, 1000, false);
		struct batch *good = custodies(w, 100001 + i, 1, true);
		instant before = now;
		while (pipeline_take(w->pipeline, bad, INSTANT_NEVER, now, &f->fault) == RESULT_TEMPORARY) {
			assert_non_null(pipeline_trouble(w->pipeline));
			now += SECOND / 10;
		}
		OK(pipeline_take(w->pipeline, good, INSTANT_NEVER, now, &f->fault));
		assert_true(now - before <= i * SECOND / 4 + SECOND);
		rested += now - before;
		batch_free(bad);
		batch_free(good);
	}
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 50);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine"), 50000);
	assert_in_range(rested / SECOND, 250, 350);
	stop(w);
}

static void rest(struct world *w, struct batch *next, instant now, const char *why)
{
	struct fault fault = {""};
	assert_int_equal(pipeline_take(w->pipeline, next, INSTANT_NEVER, now, &fault), RESULT_TEMPORARY);
	if (!strstr(fault.text, why) || !strstr(pipeline_trouble(w->pipeline), why))
		fail_msg("not of %s: %s", why, fault.text);
}

/* Whoever looks after the one would not mend the other by what is said of the first. */
static void of_two_sources_that_rest_each_says_why_it_does(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	struct batch *spool = custodies_of(w, "spool:rubbish", 1, 1000, false), *kafka = custodies(w, 1, 1000, false);
	struct batch *spool_next = custodies_of(w, "spool:rubbish", 1001, 2, false);
	struct batch *kafka_next = custodies(w, 1001, 2, false);
	OK(pipeline_take(w->pipeline, spool, INSTANT_NEVER, at(NOW), &f->fault));
	rest(w, spool_next, at(NOW), "the source \"spool\"");
	OK(pipeline_take(w->pipeline, kafka, INSTANT_NEVER, at(NOW), &f->fault));
	rest(w, kafka_next, at(NOW), "the source \"kafka\"");
	rest(w, spool_next, at(NOW), "the source \"spool\"");
	batch_free(spool);
	batch_free(kafka);
	batch_free(spool_next);
	batch_free(kafka_next);
	stop(w);
}

/* After five records at each of which the process died. */
static void start_at_rest(struct world *w, const char *until)
{
	struct fixture *f = w->f;
	char words[64];
	start(w);
	OK(store_begin(f->store, &f->fault));
	(void)snprintf(words, sizeof words, "5 %lld", (long long)at(until));
	OK(store_set(f->store, "set-aside-in-a-row", text_of(words), &f->fault));
	OK(store_commit(f->store, &f->fault));
	stop(w);
	start(w);
}

static void where_casewatch_itself_fails_all_sources_rest_and_say_so(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start_at_rest(w, "2026-02-04T11:00:00Z");
	struct batch *spool = custodies_of(w, "spool:rubbish", 1, 2, false), *good = custodies(w, 1, 2, true);
	rest(w, spool, at(NOW), "5 records in a row made casewatch fail");
	rest(w, good, at(NOW), "5 records in a row made casewatch fail");
	OK(pipeline_take(w->pipeline, good, INSTANT_NEVER, at("2026-02-04T11:00:00Z"), &f->fault));
	assert_null(pipeline_trouble(w->pipeline));
	batch_free(spool);
	batch_free(good);
	stop(w);
}

static void a_rest_that_a_clock_that_was_ahead_reckoned_is_over_once_it_is_set_back(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start_at_rest(w, "2026-02-05T11:00:00Z");
	struct batch *good = custodies(w, 1, 2, true), *spool = custodies_of(w, "spool:rubbish", 1, 1000, false);
	struct batch *next = custodies_of(w, "spool:rubbish", 1001, 2, false);
	OK(pipeline_take(w->pipeline, good, INSTANT_NEVER, at(NOW), &f->fault));
	OK(pipeline_take(w->pipeline, spool, INSTANT_NEVER, at("2026-02-05T10:00:00Z"), &f->fault));
	rest(w, next, at("2026-02-05T10:00:00Z"), "the source \"spool\"");
	OK(pipeline_take(w->pipeline, next, INSTANT_NEVER, at(NOW), &f->fault));
	assert_null(pipeline_trouble(w->pipeline));
	batch_free(good);
	batch_free(spool);
	batch_free(next);
	stop(w);
}

static void what_casewatch_fails_at_is_said_though_a_source_rests_for_its_own(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	struct batch *spool = custodies_of(w, "spool:rubbish", 1, 1000, false);
	struct batch *spool_next = custodies_of(w, "spool:rubbish", 1001, 2, false), *good = custodies(w, 1, 2, true);
	OK(pipeline_take(w->pipeline, spool, INSTANT_NEVER, at(NOW), &f->fault));
	rest(w, spool_next, at(NOW), "the source \"spool\"");
	w->pipeline->brake.set_aside = BRAKE_SET_ASIDE; /* meanwhile, at records of another source */
	w->pipeline->brake.until = at("2026-02-04T11:00:00Z");
	rest(w, good, at(NOW), "5 records in a row made casewatch fail");
	rest(w, spool_next, at(NOW), "5 records in a row made casewatch fail");
	batch_free(spool);
	batch_free(spool_next);
	batch_free(good);
	stop(w);
}

/* A hostile sender, or a source that sends other things too, stops nobody else. */
static void one_good_record_among_the_bad_keeps_the_reading_going(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	start(w);
	for (int i = 0; i < 3; i++) {
		struct batch *bad = custodies(w, 1 + i * 1000, 999, false);
		struct batch *good = custodies(w, 1000 + i * 1000, 1, true);
		OK(pipeline_take(w->pipeline, bad, INSTANT_NEVER, at(NOW), &f->fault));
		OK(pipeline_take(w->pipeline, good, INSTANT_NEVER, at(NOW), &f->fault));
		batch_free(bad);
		batch_free(good);
	}
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 3);
	stop(w);
}

/* Only what the database takes can be another's fault. */
static void a_full_disk_sets_nothing_aside(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char sql[64];
	start(w);
	(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)count(w, "PRAGMA page_count"));
	(void)count(w, sql);
	struct batch *batch = batch_new();
	for (int i = 1; i <= 500; i++) {
		char id[16];
		(void)snprintf(id, sizeof id, "e%d", i);
		struct text bytes =
			event_json(f, "lcs", id, "custody.threshold_met", id, "2026-02-04T09:00:00Z", "", K1);
		(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), i, bytes, at(NOW));
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &f->fault),
		                 RESULT_TEMPORARY);
	(void)count(w, "PRAGMA max_page_count = 1000000");
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, at(NOW), &f->fault));
	batch_free(batch);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 500);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine"), 0);
	stop(w);
}

int main(void)
{
	log_set_level((enum log_level)2);
	const struct CMUnitTest tests[] = {
		TEST(a_fault_that_every_record_meets_stops_the_reading_after_five),
		TEST(a_topic_that_nobody_can_read_is_not_set_aside_as_a_whole),
		TEST(rubbish_rests_its_own_source_alone_and_for_longer_each_time),
		TEST(of_two_sources_that_rest_each_says_why_it_does),
		TEST(where_casewatch_itself_fails_all_sources_rest_and_say_so),
		TEST(a_rest_that_a_clock_that_was_ahead_reckoned_is_over_once_it_is_set_back),
		TEST(what_casewatch_fails_at_is_said_though_a_source_rests_for_its_own),
		TEST(one_good_record_among_the_bad_keeps_the_reading_going),
		TEST(a_full_disk_sets_nothing_aside),
	};
	return cmocka_run_group_tests_name("whose fault it is", tests, NULL, NULL);
}
