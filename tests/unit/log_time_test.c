/* Time that is the log's (docs/cells.md): machines that read one log owe the same messages by the same names, whenever
 * they read it, in whatever batches, and whenever their clocks' turns come. */
#include "pipeline_world.h"
#include "store/outbox/outbox.h"

#define ROWS_MOST 4096
#define MISSING(episode) "\"episode\":\"" episode "\",\"kind\":\"missing\""
#define EVENTS 8
#define END "2026-02-06T18:00:00Z"
#define FULL_DISK "CREATE TEMP TRIGGER full BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'no room'); END"

/* In the order in which they arrived, several of one child, with steps that fall due in between. */
static const struct told {
	const char *id, *type, *subject, *time, *data;
} story[EVENTS] = {
	{"e1", "missing.started", "C2", "2026-02-05T20:00:00Z", MISSING("E1")},
	{"e2", "missing.ended", "C2", "2026-02-05T20:00:05Z", "\"episode\":\"E1\""},
	{"e3", "missing.started", "C2", "2026-02-05T20:00:06Z", MISSING("E2")},
	{"e4", "custody.threshold_met", "C1", "2026-02-05T21:10:00Z", K1},
	{"e5", "custody.threshold_met", "C3", "2026-02-05T21:10:01Z", "\"custody\":\"k3\""},
	{"e6", "custody.charged_bail_refused", "C1", "2026-02-06T03:00:00Z", K1},
	{"e7", "event.withdrawn", "C3", "2026-02-06T03:30:00Z", "\"id\":\"e5\""},
	{"e8", "custody.threshold_met", "C3", "2026-02-06T04:00:00Z", "\"custody\":\"k4\""},
};

struct names {
	struct outbox_same same[ROWS_MOST];
	instant created[ROWS_MOST];
	size_t count;
};

static enum result collect(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct names *names = argument;
	(void)fault;
	if (row->kind == OUTBOX_OPS)
		return RESULT_OK;
	assert_true(names->count < ROWS_MOST);
	names->created[names->count] = row->created;
	names->same[names->count++] = row->same;
	return RESULT_OK;
}

static struct names names_of(struct world *w)
{
	struct fixture *f = w->f;
	struct names names = {.count = 0};
	OK(outbox_each(f->store, TEXT_NONE, false, SIZE_MAX, collect, &names, &f->fault));
	return names;
}

static size_t portion; /* of events that the machine folds anew at once; 0: the usual */

static struct world *machine(bool by_log)
{
	void *state;
	(void)setup(&state);
	struct world *w = state;
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	w->settings.by_log = by_log;
	w->settings.engine.portion = portion;
	start(w);
	return w;
}

static bool hears_nothing_between; /* and is told so, shortly before the next record: a batch that holds none */
static bool sends; /* the machine sends what it owes; else it knows of nobody who was told */

/* Reads the story in batches of so many, each so long after the last of it had arrived. `ticks`: its clock's turns come
 * in between; else it only reads, as a machine that is behind. */
static struct names told_to(bool by_log, size_t size, instant late, bool ticks)
{
	struct world *w = machine(by_log);
	struct fixture *f = w->f;
	void *state = w;
	size_t first = 0;
	for (size_t i = 0; i < EVENTS; i++) {
		const struct told *told = &story[i];
		add(w, told->id, told->type, told->subject, told->time, told->data);
		/* For longer than a quarter of an hour clocks wait for no log. */
		bool long_after = i + 1 < EVENTS && at(story[i + 1].time) - at(story[first].time) > 14 * MINUTE;
		if (i - first + 1 < size && i != EVENTS - 1 && !(ticks && long_after))
			continue;
		instant now = at(told->time) + late;
		pipeline_read_to(w->pipeline, at(story[first].time)); /* the source knows what it has */
		first = i + 1;
		for (int turn = 0; ticks && turn < 3; turn++)
			OK(pipeline_tick(w->pipeline, now, &f->fault));
		OK(pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, now, &f->fault));
		batch_free(w->batch);
		w->batch = batch_new();
		if (sends)
			deliver(w);
		if (hears_nothing_between && i + 1 < EVENTS)
			OK(pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, at(story[i + 1].time) - SECOND / 2,
			                 &f->fault));
	}
	pipeline_read_to(w->pipeline, INSTANT_NEVER);
	run(w, END);
	struct names names = names_of(w);
	(void)teardown(&state);
	return names;
}

static void assert_same(const struct names *one, const struct names *other)
{
	assert_int_equal(one->count, other->count);
	assert_memory_equal(one->same, other->same, one->count * sizeof one->same[0]);
	assert_memory_equal(one->created, other->created, one->count * sizeof one->created[0]);
}

static void a_machine_that_reads_at_once_and_one_that_is_behind_owe_the_same(void **state)
{
	(void)state;
	struct names one = told_to(true, 1, SECOND / 100, true);
	assert_true(one.count > 20);
	struct names slow = told_to(true, 1, 3 * SECOND, true), behind = told_to(true, EVENTS, 5 * HOUR, false);
	assert_same(&one, &slow);
	assert_same(&one, &behind);
}

static void in_whatever_batches_several_changes_of_one_child_come_each_is_told(void **state)
{
	(void)state;
	struct names one = told_to(true, 1, SECOND / 100, true);
	for (size_t size = 2; size < EVENTS; size++) {
		struct names other = told_to(true, size, SECOND / 50, true);
		assert_same(&one, &other);
	}
}

/* All of what is judged at an instant of the log is, before the next: in however many portions. */
static void in_whatever_portions_a_machine_judges_it_owes_the_same(void **state)
{
	(void)state;
	struct names whole = told_to(true, 1, 0, true);
	portion = 1;
	struct names at_once = told_to(true, 1, 0, true), behind = told_to(true, EVENTS, 6 * HOUR, false);
	portion = 0;
	assert_same(&whole, &at_once);
	assert_same(&whole, &behind);
}

static void a_batch_without_records_moves_no_time(void **state)
{
	(void)state;
	struct names one = told_to(true, 1, SECOND / 100, true);
	hears_nothing_between = true;
	struct names other = told_to(true, 1, SECOND / 100, false);
	hears_nothing_between = false;
	assert_same(&one, &other);
}

/* Who was told stands in the journal, and not in the log: the word that it ended is owed to the roles. */
static void whoever_was_told_so_far_the_end_of_an_alert_is_owed_to_the_same(void **state)
{
	(void)state;
	sends = true;
	struct names one = told_to(true, 1, SECOND / 100, true);
	sends = false;
	struct names other = told_to(true, 1, SECOND / 100, true);
	assert_same(&one, &other);
}

/* Else the sentences above would hold of anything. */
static void by_the_machines_own_time_they_would_not(void **state)
{
	(void)state;
	struct names one = told_to(false, 1, SECOND / 100, true), other = told_to(false, 1, 2 * SECOND, true);
	assert_true(one.count != other.count ||
	            memcmp(one.same, other.same, one.count * sizeof one.same[0]) != 0);
}

static void a_machine_that_was_restarted_goes_on_at_the_logs_time(void **state)
{
	struct names one = told_to(true, 1, SECOND / 100, true);
	struct world *w = machine(true);
	struct fixture *f = w->f;
	void *own = w;
	(void)state;
	for (size_t i = 0; i < EVENTS; i++) {
		const struct told *told = &story[i];
		add(w, told->id, told->type, told->subject, told->time, told->data);
		OK(pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, at(END), &f->fault));
		batch_free(w->batch);
		w->batch = batch_new();
		restart(w);
	}
	run(w, END);
	struct names other = names_of(w);
	assert_same(&one, &other);
	(void)teardown(&own);
}

/* ---- orders ---- */

#define IN_FORCE "tests/data/rules/in-force/"

/* A machine that cannot carry an order out so many times; then it puts other rules in force. */
struct orderly {
	struct world *w;
	struct config *rules;
	int unable;
};

static enum result carry_out(void *context, const struct source_record *record, struct fault *fault)
{
	struct orderly *orderly = context;
	struct world *w = orderly->w;
	assert_true(text_equal(record->order, TEXT("publish")));
	if (orderly->unable-- > 0)
		return fault_set(fault, RESULT_TEMPORARY, "not yet");
	w->settings.engine.rules = orderly->rules->rules;
	return pipeline_use(w->pipeline, &w->settings.engine, TEXT("the second rules"), fault);
}

static void tell(struct world *w, size_t i)
{
	struct fixture *f = w->f;
	add(w, story[i].id, story[i].type, story[i].subject, story[i].time, story[i].data);
	OK(pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, at(story[i].time) + SECOND / 100, &f->fault));
	batch_free(w->batch);
	w->batch = batch_new();
}

/* In the middle of the story. While it is unable the machine's clocks want to go on. */
static void order(struct world *w, const char *what, struct text words, const char *arrived)
{
	struct fixture *f = w->f;
	instant now = at(arrived) + SECOND / 100;
	(void)batch_add_order(w->batch, TEXT("kafka:events:0"), ++w->next, text_of(what), words, at(arrived));
	while (pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, now, &f->fault) != RESULT_OK) {
		assert_string_equal(f->fault.text, "not yet");
		now += 3 * HOUR;
		for (int turn = 0; turn < 3; turn++)
			OK(pipeline_tick(w->pipeline, now, &f->fault));
		assert_true(pipeline_next(w->pipeline) > now || pipeline_next(w->pipeline) == INSTANT_NONE);
	}
	batch_free(w->batch);
	w->batch = batch_new();
}

static struct names published_to(int unable)
{
	void *state;
	struct config_faults faults = {0};
	assert_int_equal(setup_with(&state, IN_FORCE "first"), 0);
	struct world *w = state;
	struct orderly orderly = {w, config_load("conf/casewatchd.yaml", IN_FORCE "renamed-again", &faults), unable};
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	w->settings.by_log = true;
	w->settings.fingerprint = TEXT("the first rules");
	w->settings.order = carry_out;
	w->settings.order_context = &orderly;
	start(w);
	for (size_t i = 0; i < EVENTS / 2 + 1; i++)
		tell(w, i);
	order(w, "publish", TEXT("the second rules"), "2026-02-05T21:20:00Z");
	for (size_t i = EVENTS / 2 + 1; i < EVENTS; i++)
		tell(w, i);
	run(w, END);
	struct names names = names_of(w);
	(void)teardown(&state);
	config_free(orderly.rules);
	return names;
}

static void other_rules_judge_as_of_their_place_in_the_log_however_late_they_are_taken(void **state)
{
	(void)state;
	struct names one = published_to(0), late = published_to(3);
	assert_true(one.count > 5);
	assert_same(&one, &late);
}

/* ---- rules that take long to judge by ---- */

#define CHILDREN 600 /* more than are judged at one instant (REJUDGE_PORTION) */

enum reading {
	AT_ONCE,  /* each record as it comes, and its clock's turns in between */
	RESTARTED, /* likewise, and the process ends after each */
	AN_HOUR_LATE, /* all of it in one batch */
};

/* What happens while every history is judged by the second rules; and of whom: those who are judged early, late, and
 * who was not there. */
static const struct told meanwhile[] = {
	{"m1", "custody.threshold_met", "D9", "2026-02-05T21:20:00.050Z", K1},
	{"m2", "custody.released", "D599", "2026-02-05T21:20:00.100Z", "\"custody\":\"k1\""},
	{"m3", "custody.charged_bail_refused", "D300", "2026-02-05T21:20:00.260Z", "\"custody\":\"k2\""},
	{"m4", "custody.threshold_met", "D10", "2026-02-05T21:20:00.400Z", K1},
	{"m5", "custody.threshold_met", "D11", "2026-02-05T21:20:04Z", K1},
};
#define MEANWHILE (sizeof meanwhile / sizeof meanwhile[0])

static void take_all(struct world *w, instant now)
{
	struct fixture *f = w->f;
	OK(pipeline_take(w->pipeline, w->batch, INSTANT_NEVER, now, &f->fault));
	batch_free(w->batch);
	w->batch = batch_new();
}

static struct orderly to_held_now(struct world *w, struct config *rules)
{
	w->settings.by_log = true;
	w->settings.fingerprint = TEXT("the first rules");
	w->settings.order = carry_out;
	return (struct orderly){w, rules, 0};
}

/* A machine that holds that many children by the first rules. */
static struct world *full(struct orderly *orderly, struct config *rules)
{
	void *state;
	assert_int_equal(setup_with(&state, IN_FORCE "first"), 0);
	struct world *w = state;
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	*orderly = to_held_now(w, rules);
	w->settings.order_context = orderly;
	start(w);
	for (int i = 1; i <= CHILDREN; i++) {
		char id[16], child[16];
		(void)snprintf(id, sizeof id, "h%d", i);
		(void)snprintf(child, sizeof child, "D%d", i);
		add(w, id, "custody.charged_bail_refused", child, "2026-02-05T20:00:00Z", "\"custody\":\"k1\"");
	}
	take_all(w, at("2026-02-05T20:00:01Z"));
	run(w, "2026-02-05T21:00:00Z");
	return w;
}

/* *held: how many of what came meanwhile was taken when every history was judged. */
static struct names judged_meanwhile(enum reading reading, size_t *held)
{
	struct config_faults faults = {0};
	struct config *rules = config_load("conf/casewatchd.yaml", IN_FORCE "first-and-new", &faults);
	struct orderly orderly;
	struct world *w = full(&orderly, rules);
	struct fixture *f = w->f;
	void *state = w;
	*held = MEANWHILE;
	(void)batch_add_order(w->batch, TEXT("kafka:events:0"), ++w->next, TEXT("publish"), TEXT("the second rules"),
	                      at("2026-02-05T21:20:00Z"));
	for (size_t i = 0; i < MEANWHILE; i++) {
		const struct told *told = &meanwhile[i];
		if (reading != AN_HOUR_LATE)
			take_all(w, at(told->time) - SECOND / 100);
		pipeline_read_to(w->pipeline, at(told->time));
		for (int turn = 0; reading != AN_HOUR_LATE && turn < 5; turn++)
			OK(pipeline_tick(w->pipeline, at(told->time) - SECOND / 100, &f->fault));
		if (i && *held == MEANWHILE && !pipeline_judges_anew(w->pipeline))
			*held = i - 1;
		if (reading == RESTARTED && i) {
			w->settings.fingerprint = TEXT("the second rules");
			restart(w);
		}
		add(w, told->id, told->type, told->subject, told->time, told->data);
	}
	take_all(w, reading == AN_HOUR_LATE ? at("2026-02-05T22:20:00Z") : at("2026-02-05T21:20:04.010Z"));
	run(w, "2026-02-05T22:30:00Z");
	assert_false(pipeline_judges_anew(w->pipeline));
	struct names names = names_of(w);
	(void)teardown(&state);
	config_free(rules);
	return names;
}

static void what_comes_while_all_are_judged_anew_waits_for_a_portion_and_the_same_is_owed_by_all(void **state)
{
	size_t held = 0, any;
	(void)state;
	struct names one = judged_meanwhile(AT_ONCE, &held);
	assert_true(one.count >= CHILDREN);
	assert_in_range(held, 3, MEANWHILE); /* the third comes before the second portion, the fifth behind the last */
	struct names late = judged_meanwhile(AN_HOUR_LATE, &any), restarted = judged_meanwhile(RESTARTED, &any);
	assert_same(&one, &late);
	assert_same(&one, &restarted);
}

static enum result put_nobody(void *words, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	buffer_format(words, "%d %.*s", row->step, TEXT_ARG(row->id));
	return RESULT_OK;
}

/* Each machine's courier finds it, and orders it: what comes second changes nothing. */
static void a_step_of_which_nobody_can_be_told_comes_at_the_logs_time_and_once(void **state)
{
	struct names names[2];
	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		struct world *w = machine(true);
		struct fixture *f = w->f;
		void *own = w;
		struct buffer words = {0};
		tell(w, 3);
		size_t before = names_of(w).count;
		OK(alerts_each(f->store, TEXT("custody.threshold"), TEXT_NONE, false, put_nobody, &words, &f->fault));
		order(w, PIPELINE_ORDER_NOBODY, buffer_view(&words), "2026-02-05T21:11:00Z");
		if (twice)
			order(w, PIPELINE_ORDER_NOBODY, buffer_view(&words), "2026-02-05T21:12:00Z");
		order(w, PIPELINE_ORDER_NOBODY, TEXT("what nobody can read"), "2026-02-05T21:13:00Z");
		names[twice] = names_of(w);
		assert_true(names[twice].count > before);
		buffer_free(&words);
		(void)teardown(&own);
	}
	assert_same(&names[0], &names[1]);
}

static void tell_until(struct world *w, size_t first, size_t until)
{
	for (size_t i = first; i < until; i++)
		tell(w, i);
}

static void assert_owe_the_same(struct world *one, struct world *other)
{
	struct names names[] = {names_of(one), names_of(other)};
	void *owns[] = {one, other};
	assert_same(&names[0], &names[1]);
	(void)teardown(&owns[0]);
	(void)teardown(&owns[1]);
}

/* What came while it was away is in the log, and not read: its clocks may not leap over it. */
static void assert_waits_for_the_log(bool begins_anew, instant read_to)
{
	struct world *at_once = machine(true), *w = machine(true);
	struct fixture *f = w->f;
	tell_until(at_once, 0, EVENTS);
	run(at_once, END);
	tell_until(w, 0, 5); /* the sixth comes at three, while the machine is off, or stands still */
	if (begins_anew)
		restart(w);
	pipeline_read_to(w->pipeline, read_to);
	size_t before = names_of(w).count;
	for (instant now = at("2026-02-06T03:20:00Z"); now < at("2026-02-06T03:29:00Z"); now += MINUTE)
		OK(pipeline_tick(w->pipeline, now, &f->fault));
	assert_int_equal(names_of(w).count, before);
	tell_until(w, 5, EVENTS);
	run(w, END);
	assert_owe_the_same(at_once, w);
}

static void a_machine_that_starts_cut_off_waits_for_the_log_as_one_that_is_cut_off_later(void **state)
{
	(void)state;
	assert_waits_for_the_log(true, INSTANT_NONE);
}

/* However long it stood, it has waited for nothing yet. */
static void a_machine_that_stood_still_waits_for_the_log_as_one_that_starts(void **state)
{
	(void)state;
	assert_waits_for_the_log(false, at(story[4].time));
	assert_waits_for_the_log(false, INSTANT_NONE);
}

/* It reads for longer than a quarter of an hour: what falls due is judged in the log's order all the same. */
static void a_machine_that_is_long_in_reading_the_log_leaps_over_nothing(void **state)
{
	struct world *at_once = machine(true), *w = machine(true);
	struct fixture *f = w->f;
	instant now = at("2026-02-06T18:00:00Z");
	(void)state;
	tell_until(at_once, 0, EVENTS);
	run(at_once, "2026-02-07T10:00:00Z");
	for (size_t i = 0; i < EVENTS; i++) {
		for (int minute = 0; i && minute < 10; minute++) {
			OK(pipeline_tick(w->pipeline, now, &f->fault));
			now += MINUTE;
		}
		add(w, story[i].id, story[i].type, story[i].subject, story[i].time, story[i].data);
		OK(pipeline_take(w->pipeline, w->batch, at(story[i].time), now, &f->fault));
		batch_free(w->batch);
		w->batch = batch_new();
	}
	pipeline_read_to(w->pipeline, INSTANT_NEVER);
	run(w, "2026-02-07T10:00:00Z");
	assert_owe_the_same(at_once, w);
}

/* For a quarter of an hour: then nobody knows when the log comes, and children are not to wait for it. */
static void a_machine_that_stays_cut_off_goes_on_without_the_log(void **state)
{
	struct world *w = machine(true);
	struct fixture *f = w->f;
	void *own = w;
	(void)state;
	tell_until(w, 0, 5);
	restart(w);
	pipeline_read_to(w->pipeline, INSTANT_NONE);
	size_t before = names_of(w).count;
	for (instant now = at("2026-02-06T03:20:00Z"); now < at("2026-02-06T03:35:00Z"); now += MINUTE)
		OK(pipeline_tick(w->pipeline, now, &f->fault));
	OK(pipeline_tick(w->pipeline, at("2026-02-06T03:34:59Z"), &f->fault));
	assert_int_equal(names_of(w).count, before);
	OK(pipeline_tick(w->pipeline, at("2026-02-06T03:35:00Z"), &f->fault));
	assert_true(names_of(w).count > before);
	(void)teardown(&own);
}

/* In a minute of the machine's clock, while its disk takes nothing; `read_to`: as the source says. */
static size_t tries_in_a_minute(instant read_to)
{
	struct world *w = machine(true);
	struct fixture *f = w->f;
	void *state = w;
	size_t tries = 0;
	tell(w, 4);
	OK(store_execute(f->store, FULL_DISK, &f->fault));
	pipeline_read_to(w->pipeline, read_to);
	instant now = at("2026-02-06T02:00:00Z"), end = now + MINUTE;
	while (now < end && tries < 1000) {
		instant next = pipeline_next(w->pipeline);
		if (next > now) {
			now = next;
			continue;
		}
		assert_int_not_equal(pipeline_tick(w->pipeline, now, &f->fault), RESULT_OK);
		tries++;
	}
	(void)teardown(&state);
	return tries;
}

/* The log's time stands, or is a quarter of an hour behind: no pause may be reckoned by it. */
static void what_fails_is_tried_again_after_a_pause_of_the_machines_own_clock(void **state)
{
	(void)state;
	assert_in_range(tries_in_a_minute(INSTANT_NEVER), 3, 10);
	assert_in_range(tries_in_a_minute(INSTANT_NONE), 3, 10); /* it is cut off */
	assert_in_range(tries_in_a_minute(at("2026-02-06T01:50:00Z")), 3, 10);
}

/* The engine's time goes back with the transaction: what it had judged in it is told as of when it fell due, and not as
 * of the last that fell due with it. */
static void what_a_transaction_that_failed_had_judged_is_told_at_its_own_instants_by_the_next(void **state)
{
	struct world *at_once = machine(true), *w = machine(true);
	struct fixture *f = w->f;
	(void)state;
	tell_until(at_once, 0, EVENTS);
	run(at_once, END);
	tell_until(w, 0, 5);
	OK(store_execute(f->store, FULL_DISK, &f->fault));
	/* Several steps of a child are due by then. */
	assert_int_not_equal(pipeline_tick(w->pipeline, at("2026-02-06T01:30:00Z"), &f->fault), RESULT_OK);
	OK(store_execute(f->store, "DROP TRIGGER full", &f->fault));
	run(w, "2026-02-06T01:40:00Z");
	tell_until(w, 5, EVENTS);
	run(w, END);
	assert_owe_the_same(at_once, w);
}

static void records_that_cannot_be_read_make_reading_rest_however_old_they_are(void **state)
{
	struct world *w = machine(true);
	void *own = w;
	(void)state;
	for (int i = 0; i < 2500; i++)
		add_bytes(w, TEXT("nobody can read this"), at("2026-02-05T03:00:00Z") + i * SECOND);
	assert_int_equal(try_take(w, "2026-02-06T03:00:00Z"), RESULT_TEMPORARY);
	assert_non_null(pipeline_trouble(w->pipeline));
	assert_non_null(strstr(pipeline_trouble(w->pipeline), "reading rests"));
	(void)teardown(&own);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_reads_at_once_and_one_that_is_behind_owe_the_same),
		cmocka_unit_test(in_whatever_batches_several_changes_of_one_child_come_each_is_told),
		cmocka_unit_test(in_whatever_portions_a_machine_judges_it_owes_the_same),
		cmocka_unit_test(a_batch_without_records_moves_no_time),
		cmocka_unit_test(whoever_was_told_so_far_the_end_of_an_alert_is_owed_to_the_same),
		cmocka_unit_test(by_the_machines_own_time_they_would_not),
		cmocka_unit_test(a_machine_that_was_restarted_goes_on_at_the_logs_time),
		cmocka_unit_test(other_rules_judge_as_of_their_place_in_the_log_however_late_they_are_taken),
		cmocka_unit_test(
			what_comes_while_all_are_judged_anew_waits_for_a_portion_and_the_same_is_owed_by_all),
		cmocka_unit_test(a_step_of_which_nobody_can_be_told_comes_at_the_logs_time_and_once),
		cmocka_unit_test(a_machine_that_starts_cut_off_waits_for_the_log_as_one_that_is_cut_off_later),
		cmocka_unit_test(a_machine_that_stood_still_waits_for_the_log_as_one_that_starts),
		cmocka_unit_test(a_machine_that_is_long_in_reading_the_log_leaps_over_nothing),
		cmocka_unit_test(a_machine_that_stays_cut_off_goes_on_without_the_log),
		cmocka_unit_test(what_fails_is_tried_again_after_a_pause_of_the_machines_own_clock),
		cmocka_unit_test(what_a_transaction_that_failed_had_judged_is_told_at_its_own_instants_by_the_next),
		cmocka_unit_test(records_that_cannot_be_read_make_reading_rest_however_old_they_are),
	};
	return cmocka_run_group_tests_name("log_time", tests, NULL, NULL);
}
