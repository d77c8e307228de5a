/* What other rules would make of what is on record, asked before they come into force: what opens, ends and is
 * withdrawn, of whom, and who would be told; nothing of it is written, and where the database fails it is said. */
#include "pipeline_world.h"

#include "pipeline/preview.h"
#include "statements.h"

#define FOLDER "tests/data/rules/in-force/"
#define NOW "2026-02-04T02:20:00Z"
#define NO_MORE "the test looks at no more"
#define STATEMENTS_MOST 2000

static int setup_first(void **state)
{
	return setup_with(state, FOLDER "first");
}

static int setup_shadow(void **state)
{
	return setup_with(state, FOLDER "shadow");
}

#define BY(rules, test) cmocka_unit_test_setup_teardown(test, rules, teardown)

struct shown {
	struct buffer words; /* a line a change */
	size_t count, most;  /* after so many it fails; 0: at none */
};

static enum result show(void *argument, const struct preview_change *change, struct fault *fault)
{
	struct shown *shown = argument;
	if (++shown->count == shown->most)
		return fault_set(fault, RESULT_PERMANENT, NO_MORE);
	buffer_format(&shown->words, "%s%s %s", effect_name(change->kind) + strlen("alert."),
	              change->shadow ? " in shadow" : "", change->rule);
	for (size_t i = 0; i < change->linked_count; i++)
		buffer_format(&shown->words, "%s%.*s", i ? "=" : " ", TEXT_ARG(change->linked[i]));
	for (size_t i = 0; i < change->role_count; i++)
		buffer_format(&shown->words, " %s", change->roles[i]);
	buffer_string(&shown->words, "\n");
	return RESULT_OK;
}

/* As `casewatch check --diff` asks: by a store of its own that only reads. `fails`: which of its statements does. */
static enum result preview_failing(struct world *w, const char *folder, const char *now, uint64_t fails,
                                   struct shown *shown, struct fault *fault)
{
	struct fixture *f = w->f;
	struct config_faults faults = {0};
	struct buffer path = {0};
	buffer_format(&path, "%s%s", strcmp(folder, "rules") ? FOLDER : "", folder);
	struct config *config = config_load("conf/casewatchd.yaml", buffer_cstr(&path), &faults);
	assert_non_null(config);
	struct engine_settings settings = w->settings.engine;
	settings.calendar = config->calendar;
	settings.rules = config->rules;
	settings.directory = config->directory;
	struct store *reader;
	OK(store_open(f->path, STORE_READ, &reader, &f->fault));
	events_set_parser(reader, f->readers);
	fail_at(fails);
	enum result result = pipeline_preview(reader, &settings, at(now), show, shown, fault);
	statements.fails_at = NEVER_FAILS;
	store_close(reader);
	config_free(config);
	config_faults_free(&faults);
	buffer_free(&path);
	return result;
}

static enum result preview(struct world *w, const char *folder, struct shown *shown, struct fault *fault)
{
	return preview_failing(w, folder, NOW, NEVER_FAILS, shown, fault);
}

static void assert_preview(struct world *w, const char *folder, const char *words)
{
	struct fixture *f = w->f;
	struct shown shown = {0};
	int64_t changes = sqlite3_total_changes(f->store->database);
	OK(preview(w, folder, &shown, &f->fault));
	assert_string_equal(buffer_cstr(&shown.words), words);
	assert_int_equal(sqlite3_total_changes(f->store->database), changes);
	buffer_free(&shown.words);
}

static void a_child_in_a_cell_and_one_in_need_for_long(struct world *w)
{
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	hear(w, "p1", "person.merged", "C3", "2026-02-04T02:11:00Z", "\"from\":\"C9\"");
	hear(w, "b1", "custody.charged_bail_refused", "C9", "2026-02-04T02:12:00Z", "\"custody\":\"k9\"");
	hear(w, "n1", "cin.opened", "C2", "2024-01-04T02:10:00Z", "\"case\":\"1\"");
	deliver(w);
}

static void the_rules_in_force_change_nothing(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "first", "");
}

static void rules_that_are_new_open_what_stands_by_them(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "first-and-new",
	               "opened test.held-now C3=C9 director\nopened test.long-in-need C2 director\n");
}

static void what_is_of_a_rule_that_is_gone_is_withdrawn(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "renamed-again", "opened test.bed-asked C1 director\nwithdrawn test.bed C1\n");
}

static void what_is_of_a_rule_with_a_new_id_stands(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "renamed", "");
}

static void what_goes_into_shadow_is_withdrawn_and_goes_on_in_silence(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "shadow", "withdrawn test.bed C1 director\nopened in shadow test.bed C1 director\n");
}

/* Those of a rule in shadow, too, once it is gone. */
static void what_is_in_shadow_is_withdrawn_with_its_rule(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	assert_preview(w, "renamed-again", "opened test.bed-asked C1 director\nwithdrawn in shadow test.bed C1\n");
}

static void what_falls_due_later_is_no_change(void **state)
{
	struct world *w = *state;
	hear(w, "n1", "cin.opened", "C2", "2026-01-04T02:10:00Z", "\"case\":\"1\"");
	assert_preview(w, "first-and-new", "");
}

/* It is told by the rules in force as well. */
static void a_step_that_is_due_meanwhile_is_no_change(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct shown shown = {0};
	hear(w, "e1", "custody.threshold_met", "C1", "2026-02-04T02:10:00Z", K1);
	OK(preview_failing(w, "first", "2026-02-04T03:00:00Z", NEVER_FAILS, &shown, &f->fault));
	assert_string_equal(buffer_cstr(&shown.words), "");
}

/* It is of no child, and goes by no other id. */
static void what_is_of_a_worker_is_shown_by_the_workers_id(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct shown shown = {0};
	for (int i = 0; i < 30; i++) {
		char child[16], event[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		(void)snprintf(event, sizeof event, "a%d", i);
		add(w, event, "allocation.started", child, "2026-02-03T02:10:00Z",
		    "\"role\":\"personal-adviser\",\"worker\":\"w1\"");
	}
	take(w, "2026-02-03T02:10:00Z");
	OK(preview(w, "rules", &shown, &f->fault));
	assert_non_null(strstr(buffer_cstr(&shown.words), "opened caseload.personal-adviser w1 head-of-service-cla\n"));
	buffer_free(&shown.words);
}

/* More than are judged at once: each is shown, and once. */
static void of_many_children_each_is_shown(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct shown shown = {0};
	const int children = 1100;
	for (int i = 0; i < children; i++) {
		char child[16], event[16];
		(void)snprintf(child, sizeof child, "C%d", i);
		(void)snprintf(event, sizeof event, "n%d", i);
		add(w, event, "cin.opened", child, "2024-01-04T02:10:00Z", "\"case\":\"1\"");
	}
	take(w, "2026-02-04T02:10:00Z");
	OK(preview(w, "first-and-new", &shown, &f->fault));
	assert_int_equal(shown.count, children);
	for (int i = 0; i < children; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "opened test.long-in-need C%d director\n", i);
		const char *first = strstr(buffer_cstr(&shown.words), line);
		assert_non_null(first);
		assert_null(strstr(first + 1, line));
	}
	buffer_free(&shown.words);
}

/* Half of an answer would be taken for all of it: rules would come into force of which nobody had seen what they do. */
static void whatever_statement_fails_it_is_said_and_asked_once_more_all_is_shown(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct shown whole = {0};
	size_t failures = 0;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	OK(preview(w, "renamed-again", &whole, &f->fault));
	for (uint64_t at = 0;; at++) {
		struct shown shown = {0};
		struct fault fault = {""};
		enum result result = preview_failing(w, "renamed-again", NOW, at, &shown, &fault);
		bool struck = statements.struck;
		if (struck && (result == RESULT_OK || !fault.text[0]))
			fail_msg("statement %d failed, and nobody was told: %s", (int)at, statements.sql);
		if (!struck)
			assert_string_equal(buffer_cstr(&shown.words), buffer_cstr(&whole.words));
		buffer_free(&shown.words);
		if (!struck)
			break;
		failures++;
		assert_true(at < STATEMENTS_MOST);
	}
	assert_true(failures > 10);
	buffer_free(&whole.words);
}

static void whoever_is_shown_it_and_fails_is_shown_no_more(void **state)
{
	struct world *w = *state;
	a_child_in_a_cell_and_one_in_need_for_long(w);
	for (size_t most = 1; most <= 2; most++) {
		struct shown shown = {.most = most};
		struct fault fault = {""};
		assert_int_equal(preview(w, "renamed-again", &shown, &fault), RESULT_PERMANENT);
		assert_string_equal(fault.text, NO_MORE);
		assert_int_equal(shown.count, most);
		buffer_free(&shown.words);
	}
}

int main(void)
{
	log_set_level((enum log_level)(getenv("VERBOSE") ? 7 : 1));
	const struct CMUnitTest tests[] = {
		BY(setup_first, the_rules_in_force_change_nothing),
		BY(setup_first, rules_that_are_new_open_what_stands_by_them),
		BY(setup_first, what_is_of_a_rule_that_is_gone_is_withdrawn),
		BY(setup_first, what_is_of_a_rule_with_a_new_id_stands),
		BY(setup_first, what_goes_into_shadow_is_withdrawn_and_goes_on_in_silence),
		BY(setup_shadow, what_is_in_shadow_is_withdrawn_with_its_rule),
		BY(setup_first, what_falls_due_later_is_no_change),
		BY(setup_first, a_step_that_is_due_meanwhile_is_no_change),
		BY(setup_first, what_is_of_a_worker_is_shown_by_the_workers_id),
		BY(setup_first, of_many_children_each_is_shown),
		BY(setup_first, whatever_statement_fails_it_is_said_and_asked_once_more_all_is_shown),
		BY(setup_first, whoever_is_shown_it_and_fails_is_shown_no_more),
	};
	return cmocka_run_group_tests_name("pipeline_preview", tests, NULL, NULL);
}
