/* What becomes of a record that is no common event: of one that was erased and comes again, of orders of a cell, of
 * decisions about quarantine that another machine wrote, of more sources in one batch than are noted at once. */
#include "pipeline_world.h"

#include "store/erasure/erasures.h"
#include "store/quiet.h"

#define STANDING "SELECT count(*) FROM alert WHERE state = 0"
#define NOT_JSON "{\"subject\":\"C1\", and no more"

static void erase(struct world *w, const char *subject)
{
	struct fixture *f = w->f;
	struct erasure_order order = {.subject = text_of(subject),
	                              .person = TEXT("p-dpo"),
	                              .reason = TEXT("request 31"),
	                              .at = at("2026-02-05T10:00:00Z"),
	                              .audit_from = INSTANT_NONE};
	OK(erasures_begin(f->store, &order, &f->fault));
	for (bool more = true; more;)
		OK(erasures_step(f->store, order.at, &more, &f->fault));
	pipeline_forget(w->pipeline);
}

static void add_type(void *argument, const char *type, enum record_outcome outcome, uint64_t records)
{
	static const char *const names[] = {"not taken", "stored", "duplicate", "conflict", "refused", "set aside"};
	buffer_format(argument, "%s %s %d\n", *type ? type : "-", names[outcome], (int)records);
}

static void assert_counted(struct world *w, const char *words)
{
	struct buffer seen = {0};
	pipeline_each_type(w->pipeline, add_type, &seen);
	assert_string_equal(buffer_cstr(&seen), words);
	buffer_free(&seen);
}

static void come_both(struct world *w, const char *now)
{
	add(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	add_bytes(w, TEXT(NOT_JSON), at("2026-02-04T02:10:00Z"));
	take(w, now);
}

/* A source that sends all of a year again, or a topic that is read from its beginning. */
static void what_was_erased_and_comes_again_is_not_stored_and_nobody_is_told(void **state)
{
	struct world *w = *state;
	struct pipeline_figures figures;
	come_both(w, "2026-02-04T02:10:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert"), 1);
	erase(w, "C1");
	int64_t owed = count(w, "SELECT count(*) FROM outbox");
	come_both(w, "2026-02-05T11:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 1); /* of which nothing is left but that it was */
	assert_int_equal(count(w, "SELECT count(*) FROM event WHERE history <> 0"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE id <> ''"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE bytes <> x''"), 0);
	assert_int_equal(count(w, "SELECT count(*) FROM outbox"), owed);
	assert_int_equal(count(w, "SELECT next FROM position"), 4);
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.erased, 2);
	assert_counted(
		w, "- duplicate 1\n- refused 1\ncustody.threshold_met stored 1\ncustody.threshold_met duplicate 1\n");
}

/* A worker without any open case owes no supervision: whose cases were erased is judged at once, and not when something
 * is next heard of the worker, or by the hourly look, which would take it for something that casewatch missed. */
static void what_stood_of_a_worker_by_a_child_that_was_erased_is_withdrawn_at_once_and_was_not_missed(void **state)
{
	struct world *w = *state;
	struct pipeline_figures figures;
	hear(w, "e1", "allocation.started", "C1", "2026-01-02T09:00:00Z",
	     "\"role\":\"social-worker\",\"worker\":\"W7\",\"team\":\"north-1\"");
	run(w, "2026-02-05T09:00:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'supervision.overdue' AND state = 0"), 1);
	erase(w, "C1");
	run(w, "2026-02-05T10:00:01Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE rule = 'supervision.overdue' AND state = 2"), 1);
	run(w, "2026-02-05T13:00:00Z");
	pipeline_figures(w->pipeline, &figures);
	assert_int_equal(figures.missed, 0);
	assert_int_equal(count(w, "SELECT count(*) FROM condition WHERE id = 'ops.ladder-missed'"), 0);
}

static void correct(struct world *w, const char *id, const char *replaces, const char *subject, const char *time)
{
	char more[64];
	(void)snprintf(more, sizeof more, "\"replaces\":\"%s\",", replaces);
	add_bytes(w, event_json(w->f, "lcs", id, "custody.threshold_met", subject, time, more, K1), at(time));
	take(w, time);
}

static void judge_anew(struct world *w, const char *subject, const char *now)
{
	restart(w);
	hear(w, now, "contact.received", subject, now, "\"contact\":\"k9\"");
}

/* What was entered under the wrong child, and put right, is the other one's: when that is erased the first one must not
 * be in custody again. */
static void what_was_corrected_to_be_an_erased_childs_goes_with_it_and_stands_for_nobody(void **state)
{
	struct world *w = *state;
	hear(w, "e0", "custody.threshold_met", "C2", "2026-02-01T02:10:00Z", "\"custody\":\"k0\"");
	hear(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	hear(w, "e2", "contact.received", "C2", "2026-02-04T02:11:00Z", "\"contact\":\"k2\"");
	correct(w, "x1", "e1", "C1", "2026-02-04T03:00:00Z");
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 2);
	erase(w, "C1");
	judge_anew(w, "C2", "2026-02-05T11:00:00Z");
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM event WHERE flags & 8 AND bytes = x''"), 2);
	hear(w, "e0r", "custody.released", "C2", "2026-02-05T12:00:00Z",
	     "\"custody\":\"k0\""); /* e0 can still be read */
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 0);
	come_both(w, "2026-02-05T13:00:00Z"); /* and e1 comes no more */
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 0);
}

/* The correction named the wrong child and was withdrawn: what it corrected is the first one's, who is in custody. */
static void what_a_withdrawn_correction_moved_stays_with_the_child_it_is_of(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	correct(w, "x1", "e1", "C1", "2026-02-04T03:00:00Z");
	hear(w, "w1", "event.withdrawn", "C1", "2026-02-04T04:00:00Z", "\"id\":\"x1\"");
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 1);
	erase(w, "C1");
	judge_anew(w, "C2", "2026-02-05T11:00:00Z");
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 1);
}

/* Of two corrections the one that is not erased holds. */
static void what_another_correction_says_stands_where_one_of_them_is_erased(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C2", "2026-02-04T02:10:00Z", K1);
	correct(w, "x1", "e1", "C1", "2026-02-04T03:00:00Z");
	correct(w, "x2", "e1", "C2", "2026-02-04T04:00:00Z");
	erase(w, "C1");
	judge_anew(w, "C2", "2026-02-05T11:00:00Z");
	assert_int_equal(count(w, STANDING " AND rule = 'custody.threshold'"), 1);
}

/* The withdrawal came first, and the daemon was started anew before what it withdraws: nothing in memory says so. */
static void what_was_taken_back_before_it_came_opens_nothing_after_a_start_either(void **state)
{
	struct world *w = *state;
	hear(w, "x1", "event.withdrawn", "C1", "2026-02-04T02:00:00Z", "\"id\":\"e1\"");
	restart(w);
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert"), 0);
	hear(w, "e2", "custody.threshold_met", "C1", "2026-02-04T02:11:00Z", K1);
	assert_int_equal(count(w, "SELECT count(*) FROM alert"), 1);
}

/* ---- sources ---- */

static enum result count_source(void *argument, const struct quiet *quiet, struct fault *fault)
{
	(void)quiet, (void)fault;
	++*(int *)argument;
	return RESULT_OK;
}

static int sources_noted(struct world *w)
{
	struct fixture *f = w->f;
	int sources = 0;
	OK(quiet_each(f->store, at("2026-02-05T10:00:00Z"), count_source, &sources, &f->fault));
	return sources;
}

static void come_of_sources(struct world *w, int sources, const char *hour)
{
	for (int i = 0; i < 2 * sources; i++) { /* one after the other, so that none is the one before */
		char source[32], id[32], time[48];
		(void)snprintf(source, sizeof source, "source-%d", i % sources);
		(void)snprintf(id, sizeof id, "%s-%d", hour, i);
		(void)snprintf(time, sizeof time, "2026-02-04T%s:%02d:00Z", hour, i / sources);
		add_bytes(w, event_json(w->f, source, id, "custody.released", "C1", time, "", K1), at(time));
	}
	char now[48];
	(void)snprintf(now, sizeof now, "2026-02-04T%s:30:00Z", hour);
	take(w, now);
}

/* Every event is stored all the same. */
static void of_more_sources_than_are_noted_at_once_the_rest_are_with_their_next_event(void **state)
{
	struct world *w = *state;
	come_of_sources(w, 70, "02");
	assert_int_equal(sources_noted(w), 64);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 140);
	add_bytes(w, event_json(w->f, "source-69", "last", "custody.released", "C1", "2026-02-04T03:00:00Z", "", K1),
	          at("2026-02-04T03:00:00Z"));
	take(w, "2026-02-04T03:00:00Z");
	assert_int_equal(sources_noted(w), 65);
}

/* ---- by the log of a cell ---- */

static void order(struct world *w, const char *order, const char *words)
{
	add_bytes(w, text_of(words), at("2026-02-04T03:00:00Z"));
	w->batch->records[w->batch->count - 1].order = text_of(order);
}

static void an_order_about_a_step_that_cannot_be_read_changes_nothing(void **state)
{
	static const char *const words[] = {
		"x", "1", "1 ", " 1", "x 1001", "1x 1001", "99999999999999999999 1001", "1 no-such-alert"};
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	int64_t owed = count(w, "SELECT count(*) FROM outbox");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		order(w, PIPELINE_ORDER_NOBODY, words[i]);
		take(w, "2026-02-04T02:15:00Z");
		assert_int_equal(count(w, "SELECT count(*) FROM outbox"), owed);
		assert_int_equal(count(w, "SELECT next FROM position"), w->next);
	}
}

/* It waits for somebody who does: whoever passed it over would keep what the others erased. */
static void an_order_that_nobody_here_carries_out_is_not_passed_over(void **state)
{
	struct world *w = *state;
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	order(w, "erase", "C1");
	assert_int_equal(try_take(w, "2026-02-04T03:00:00Z"), RESULT_TEMPORARY);
	assert_non_null(strstr(w->f->fault.text, "nobody here carries out orders"));
	assert_int_equal(count(w, "SELECT next FROM position"), 1);
	assert_int_equal(count(w, "SELECT count(*) FROM event"), 1);
}

static void decide(struct world *w, const char *id, const char *type, const char *data)
{
	add_bytes(w, event_json(w->f, "/casewatch/tool", id, type, "quarantine-7", "2026-02-04T03:00:00Z", "", data),
	          at("2026-02-04T03:00:00Z"));
	w->batch->records[w->batch->count - 1].order = TEXT(SOURCE_ORDER_EVENT);
	take(w, "2026-02-04T03:00:00Z");
}

/* Its numbers are of its own file: only the place in the log says which record is meant. */
static void a_decision_of_another_machine_is_about_the_place_it_names_whatever_its_number(void **state)
{
	struct world *w = *state;
	add_bytes(w, TEXT("{not json}"), at("2026-02-04T02:10:00Z"));
	take(w, "2026-02-04T02:10:00Z");
	decide(w, "q1", "quarantine.discarded", "\"person\":\"p-ops\"");
	decide(w, "q2", "quarantine.discarded", "\"person\":\"p-ops\",\"from\":\"kafka:events:0@99\"");
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE state = 'waiting'"), 1);
	decide(w, "q3", "quarantine.released", "\"person\":\"p-ops\",\"from\":\"kafka:events:0@1\"");
	assert_int_equal(count(w, "SELECT count(*) FROM quarantine WHERE state = 'released' AND note = 'p-ops'"), 1);
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		TEST(what_was_erased_and_comes_again_is_not_stored_and_nobody_is_told),
		TEST(what_stood_of_a_worker_by_a_child_that_was_erased_is_withdrawn_at_once_and_was_not_missed),
		TEST(what_was_corrected_to_be_an_erased_childs_goes_with_it_and_stands_for_nobody),
		TEST(what_a_withdrawn_correction_moved_stays_with_the_child_it_is_of),
		TEST(what_another_correction_says_stands_where_one_of_them_is_erased),
		TEST(what_was_taken_back_before_it_came_opens_nothing_after_a_start_either),
		TEST(of_more_sources_than_are_noted_at_once_the_rest_are_with_their_next_event),
		TEST(an_order_about_a_step_that_cannot_be_read_changes_nothing),
		TEST(an_order_that_nobody_here_carries_out_is_not_passed_over),
		TEST(a_decision_of_another_machine_is_about_the_place_it_names_whatever_its_number),
	};
	return cmocka_run_group_tests_name("pipeline_records", tests, NULL, NULL);
}
