/* What changed, what ended it, and what stands still: read from the database through the real pipeline. */
#include "pipeline_world.h"

#include "message/alert_context.h"
#include "store/alerts/board.h"

struct owed {
	struct outbox_row row;
	struct arena *arena;
	const char *purpose;
	bool found;
};

static enum result take_owed(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct owed *owed = argument;
	(void)fault;
	if (owed->found || !text_equal(row->purpose, text_of(owed->purpose)))
		return RESULT_OK;
	owed->row = *row;
	alert_context_own_row(&owed->row, owed->arena);
	owed->found = true;
	return RESULT_OK;
}

/* The newest message of the purpose, as it would be written at `now`. */
static struct message_alert *owed(struct world *w, const char *purpose, const char *now)
{
	struct fixture *f = w->f;
	struct owed owed = {.arena = f->arena, .purpose = purpose};
	struct alert_context *context = arena_alloc(f->arena, sizeof *context);
	struct alert_context_sources sources = {.store = f->store,
	                                        .directory = w->config->directory,
	                                        .rules = w->config->rules,
	                                        .calendar = w->config->calendar};
	OK(outbox_each(f->store, TEXT_NONE, false, SIZE_MAX, take_owed, &owed, &f->fault));
	if (!owed.found)
		fail_msg("no message \"%s\" is owed", purpose);
	OK(alert_context_alert(&sources, &owed.row, at(now), f->arena, context, &f->fault));
	return &context->alert;
}

struct rows {
	struct outbox_row items[8];
	size_t count;
	struct arena *arena;
};

static enum result take_any(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct rows *rows = argument;
	(void)fault;
	if (row->alert.length && rows->count < 8) {
		rows->items[rows->count] = *row;
		alert_context_own_row(&rows->items[rows->count++], rows->arena);
	}
	return RESULT_OK;
}

/* A child's history is read once for the rows that follow each other, and never taken for another child's. */
static void a_history_is_taken_from_the_message_before_of_the_same_child_alone(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct rows rows = {.arena = f->arena};
	struct alert_context contexts[8];
	size_t same = 0, others = 0;
	hear(w, "a1", "missing.started", "C1", "2020-02-04T21:00:00Z",
	     "\"episode\":\"p1\",\"kind\":\"missing\",\"risk\":\"high\"");
	hear(w, "b1", "missing.started", "C2", "2020-02-04T21:01:00Z",
	     "\"episode\":\"p2\",\"kind\":\"missing\",\"risk\":\"high\"");
	deliver(w);
	OK(outbox_each(f->store, TEXT_NONE, false, SIZE_MAX, take_any, &rows, &f->fault));
	struct alert_context_sources sources = {.store = f->store,
	                                        .directory = w->config->directory,
	                                        .rules = w->config->rules,
	                                        .calendar = w->config->calendar};
	for (size_t i = 0; i < rows.count; i++) {
		sources.before = i ? &contexts[i - 1] : NULL;
		OK(alert_context_alert(&sources, &rows.items[i], at("2020-02-04T21:05:00Z"), f->arena, &contexts[i],
		                       &f->fault));
		const struct message_alert *alert = &contexts[i].alert;
		assert_true(alert->history_count > 0);
		assert_true(text_equal(alert->history[0].event->subject, alert->subject));
		if (i && text_equal(alert->subject, contexts[i - 1].alert.subject)) {
			assert_ptr_equal(alert->history, contexts[i - 1].alert.history);
			same++;
		} else if (i) {
			assert_ptr_not_equal(alert->history, contexts[i - 1].alert.history);
			others++;
		}
	}
	assert_true(same > 0 && others > 0);
}

static void threshold(struct world *w)
{
	hear(w, "e1", "custody.detained", "C1", "2020-02-04T22:10:00Z", DETAINED);
	hear(w, "e2", "custody.threshold_met", "C1", "2020-02-05T02:08:00Z", K1);
	deliver(w);
}

static void a_withdrawal_names_the_record_that_was_withdrawn(void **state)
{
	struct world *w = *state;
	threshold(w);
	hear(w, "w1", "event.withdrawn", "C1", "2020-02-05T02:31:00Z", "\"id\":\"e2\"");
	const struct message_alert *alert = owed(w, "withdrawn", "2020-02-05T02:31:00Z");
	assert_int_equal(alert->change.kind, CHANGE_WITHDREW);
	assert_string_equal(alert->change.title, "Threshold met");
	assert_true(alert->change.of_cause);
	assert_int_equal(alert->standing_count, 1); /* the child is still held overnight */
	assert_int_equal(alert->standing[0].told_count, 2);
}

/* More alerts stand than a mail names: it says how many, so that nobody takes those that it names for all. */
static void of_many_that_stand_the_rest_is_counted(void **state)
{
	struct world *w = *state;
	char id[32], data[96];
	for (int i = 0; i < 60; i++) {
		(void)snprintf(id, sizeof id, "m%d", i);
		(void)snprintf(data, sizeof data, "\"episode\":\"ep%d\",\"kind\":\"missing\",\"risk\":\"high\"", i);
		hear(w, id, "missing.started", "C1", "2020-02-04T21:00:00Z", data);
	}
	threshold(w);
	hear(w, "w1", "event.withdrawn", "C1", "2020-02-05T02:31:00Z", "\"id\":\"e2\"");
	const struct message_alert *alert = owed(w, "withdrawn", "2020-02-05T02:31:00Z");
	assert_int_equal(alert->standing_count, GATHER_STANDING);
	assert_true(alert->standing_more >= 11); /* of sixty that went missing, and of the night in the cell */
}

static void a_withdrawal_names_the_record_that_was_corrected(void **state)
{
	struct world *w = *state;
	threshold(w);
	add_bytes(w,
	          event_json(w->f, "lcs", "e3", "custody.threshold_met", "C2", "2020-02-05T02:08:00Z",
	                     "\"replaces\":\"e2\",", "\"custody\":\"k2\""),
	          at("2020-02-05T02:31:00Z"));
	take(w, "2020-02-05T02:31:00Z");
	const struct message_alert *alert = owed(w, "withdrawn", "2020-02-05T02:31:00Z");
	assert_int_equal(alert->change.kind, CHANGE_CORRECTED);
	assert_string_equal(alert->change.title, "Threshold met");
}

static void unrelated_records_are_no_change(void **state)
{
	struct world *w = *state;
	threshold(w);
	add(w, "e4", "contact.received", "C1", "2020-02-05T02:20:00Z", "\"contact\":\"c1\"");
	add(w, "w1", "event.withdrawn", "C1", "2020-02-05T02:31:00Z", "\"id\":\"e2\"");
	take(w, "2020-02-05T02:31:00Z");
	assert_int_equal(owed(w, "withdrawn", "2020-02-05T02:31:00Z")->change.count, 1);
}

static void an_end_names_its_record_and_the_clock_that_begins(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2020-02-03T06:00:00Z", "\"episode\":\"m1\",\"kind\":\"missing\"");
	run(w, "2020-02-04T09:00:00Z");
	deliver(w);
	add(w, "e2", "missing.ended", "C1", "2020-02-05T05:40:00Z", "\"episode\":\"m1\"");
	take(w, "2020-02-05T10:18:00Z");
	const struct message_alert *alert = owed(w, "resolved", "2020-02-05T10:19:00Z");
	assert_non_null(alert->ended_by);
	assert_true(text_equal(alert->ended_by->event->id, TEXT("e2")));
	assert_int_equal(alert->clock_count, 1);
	assert_string_equal(alert->clocks[0].what, "the return interview");
	assert_int_equal(alert->clocks[0].due, at("2020-02-08T05:40:00Z"));
	hear(w, "e3", "rhi.declined", "C1", "2020-02-05T11:00:00Z", "\"episode\":\"m1\"");
	assert_int_equal(owed(w, "resolved", "2020-02-05T11:30:00Z")->clock_count, 0); /* it was met since */
}

static void an_early_warning_has_its_number_and_its_own_evidence(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "missing.started", "C1", "2020-01-05T06:00:00Z", "\"episode\":\"m0\",\"kind\":\"missing\"");
	hear(w, "e2", "missing.ended", "C1", "2020-01-05T16:00:00Z", "\"episode\":\"m0\"");
	hear(w, "e3", "rhi.completed", "C1", "2020-01-06T16:50:00Z", "\"episode\":\"m0\"");
	hear(w, "e4", "missing.started", "C1", "2020-02-02T23:50:00Z", "\"episode\":\"m1\",\"kind\":\"missing\"");
	hear(w, "e5", "missing.ended", "C1", "2020-02-03T06:30:00Z", "\"episode\":\"m1\"");
	run(w, "2020-02-05T08:00:00Z");
	const struct message_alert *alert = owed(w, "warned", "2020-02-05T08:00:00Z");
	assert_true(alert->number > 0);
	assert_int_equal(alert->evidence_count, 1);
	assert_true(text_equal(alert->evidence[0].event->id, TEXT("e5")));
}

static void a_placeholder_for_a_birth_date_is_no_age(void **state)
{
	struct world *w = *state;
	hear(w, "b1", "child.updated", "C1", "2020-01-05T06:00:00Z", "\"date_of_birth\":\"1970-01-01\"");
	threshold(w);
	assert_int_equal(owed(w, "opened", "2020-02-05T02:08:00Z")->age, -1);
	hear(w, "b2", "child.updated", "C1", "2020-01-04T06:00:00Z", "\"date_of_birth\":\"2004-06-01\"");
	assert_int_equal(owed(w, "opened", "2020-02-05T02:08:00Z")->age, 15);
}

/* A critical alert is asked about every half hour: who was told first must not be forgotten after two hundred
 * messages. */
static void the_first_message_of_each_role_is_never_forgotten(void **state)
{
	struct world *w = *state;
	threshold(w);
	run(w, "2020-02-05T02:40:00Z");
	deliver(w);
	run(w, "2020-02-12T02:40:00Z");
	deliver(w);
	const struct message_alert *alert = owed(w, "asked-again", "2020-02-12T02:40:00Z");
	bool director = false;
	assert_true(alert->told_count >= 200 && alert->told_count < 250);
	for (size_t i = 0; i < alert->told_count; i++)
		director = director || (alert->told[i].sent == at("2020-02-05T02:08:00Z") &&
		                        strcmp(alert->told[i].role_title, "Director of Children's Care") == 0);
	assert_true(director);
}

static int setup_versions(void **state)
{
	return setup_with(state, "tests/scenario/cases/versions");
}

static enum result take_version(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	civil_day *from = argument;
	(void)more;
	(void)fault;
	from[text_equal(alert->subject, TEXT("C2"))] = alert->rule_from;
	return RESULT_OK;
}

/* What pages show an alert by. */
static void the_version_of_an_alert_is_on_record_beside_it(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	civil_day from[2] = {0, 0};
	bool cut;
	hear(w, "m1", "missing.started", "C1", "2026-03-09T10:00:00Z", "\"episode\":\"k1\",\"kind\":\"away\"");
	hear(w, "m2", "missing.started", "C2", "2026-03-10T10:00:00Z", "\"episode\":\"k2\",\"kind\":\"away\"");
	run(w, "2026-03-16T00:00:00Z");
	deliver(w);
	OK(board_each(f->store, BOARD_URGENT, take_version, from, &cut, &f->fault));
	assert_int_equal(from[0], DAY_NONE);
	assert_int_equal(from[1], day_of(2026, 3, 10));
}

/* A clock that began before its rule changed goes on by what was in force then: so do the words, also of those who read
 * that it still stands. */
static void the_words_are_of_the_version_by_which_the_clock_began(void **state)
{
	struct world *w = *state;
	hear(w, "m1", "missing.started", "C1", "2026-03-09T10:00:00Z", "\"episode\":\"k1\",\"kind\":\"missing\"");
	run(w, "2026-03-12T00:00:00Z");
	const struct message_alert *alert = owed(w, "opened", "2026-03-12T00:00:00Z");
	assert_true(text_equal(alert->rule_id, TEXT("w.return")) || text_equal(alert->rule_id, TEXT("w.home")));
	assert_non_null(strstr(alert->title, "in 2 days"));
	assert_non_null(strstr(alert->rule->title, "in 2 days"));
	deliver(w);
	hear(w, "m2", "missing.ended", "C1", "2026-03-13T10:00:00Z", "\"episode\":\"k1\"");
	alert = owed(w, "resolved", "2026-03-13T10:00:00Z");
	assert_non_null(strstr(alert->title, "in 2 days"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_history_is_taken_from_the_message_before_of_the_same_child_alone),
		TEST(a_withdrawal_names_the_record_that_was_withdrawn),
		TEST(of_many_that_stand_the_rest_is_counted),
		TEST(a_withdrawal_names_the_record_that_was_corrected),
		TEST(unrelated_records_are_no_change),
		TEST(an_end_names_its_record_and_the_clock_that_begins),
		TEST(an_early_warning_has_its_number_and_its_own_evidence),
		TEST(a_placeholder_for_a_birth_date_is_no_age),
		TEST(the_first_message_of_each_role_is_never_forgotten),
		cmocka_unit_test_setup_teardown(the_version_of_an_alert_is_on_record_beside_it, setup_versions,
	                                        teardown),
		cmocka_unit_test_setup_teardown(the_words_are_of_the_version_by_which_the_clock_began, setup_versions,
	                                        teardown),
	};
	return cmocka_run_group_tests_name("message_change", tests, NULL, NULL);
}
