/* Lists as mails, and what is wrong with a list's file: found by check, with its place, before the list is due. */
#include "list_fixture.h"

#include "config/lists.h"

static void a_thousand_rows_stay_under_90_kilobytes_and_say_that_they_are_cut(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 600; i++) {
		char child[16], episode[16];
		(void)snprintf(child, sizeof child, "C%d", 2000 + i);
		(void)snprintf(episode, sizeof episode, "E%d", i);
		missing(bench, child, "2020-02-01T10:00:00Z", episode);
		if (i >= 30)
			returned(bench, child, i % 2 ? "2020-02-04T12:00:00Z" : "2020-02-01T12:00:00Z", episode);
		of_team(bench, child, i % 2 ? "north-3" : "south-1");
	}
	bench->view.team = NULL;
	struct buffer html = {0};
	char *text = rendered(bench, &html);
	assert_true(html.length < LIST_HTML_BYTES);
	assert_non_null(strstr(html.at, "This list is shortened."));
	assert_non_null(strstr(text, "The first 50 of 285 are shown."));
	assert_non_null(strstr(text, "MISSING NOW: 30"));
	size_t shown = 0;
	for (const char *c = text; (c = strstr(c, "Missing since: ")); c++)
		shown++;
	assert_int_equal(shown, 30); /* "Missing now" stays whole */
	buffer_free(&html);
	free(text);
}

static void what_is_not_known_says_so(void **state)
{
	struct bench *bench = *state;
	tell(bench, "missing.started", "C1", "2020-02-04T10:00:00Z",
	     "\"episode\":\"E1\",\"kind\":\"missing\",\"risk\":\"enormous\",\"from\":\"placement\"");
	missing(bench, "C2", "2019-12-31T10:00:00Z", "E2");
	tell_late(bench, "missing.started", "C3", "2020-02-05",
	          "\"episode\":\"E3\",\"kind\":\"missing\",\"from\":\"home\"", "2020-02-05T07:22:00Z");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	of_team(bench, "C3", "north-3");
	tell_late(bench, "child.updated", "C4", "2019-01-01T10:00:00Z", "\"initials\":\"X\"", "2020-02-05T07:22:00Z");
	bench->view.late = true;
	bench->view.due = at("2020-02-05T07:30:00Z");
	bench->as_of = at("2020-02-05T09:12:00Z");
	char *text = rendered(bench, NULL);
	static const char *const wanted[] = {
		"C1, initials not recorded, age not known.", "Placement not recorded; Risk\n  not readable.",
		"Tue 31 Dec 2019, 10:00", "Place not recorded; Risk\n  not recorded.", "Missing since: Today; Wed 5",
		"Late:\nthis list was due at 07:30.", "The last record came at 07:22."};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strstr(text, wanted[i]))
			fail_msg("not said: %s\n%s", wanted[i], text);
	free(text);
}

/* Sixteen letters, which no line may break, pushed the list sideways on a phone; and they may be a name. */
static void initials_that_are_none_are_cut(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1", "2020-02-04T10:00:00Z", "E1");
	missing(bench, "C2", "2020-02-04T10:00:00Z", "E2");
	of_team(bench, "C1", "north-3");
	of_team(bench, "C2", "north-3");
	tell(bench, "child.updated", "C1", "2019-01-01T10:00:00Z", "\"initials\":\"WWÉWWWWWWWWWWWWW\"");
	tell(bench, "child.updated", "C2", "2019-01-01T10:00:00Z", "\"initials\":\"ABCDÉF\"");
	bench->as_of = at("2020-02-05T09:12:00Z");
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "C1, WWÉWWW…, age not known"));
	assert_null(strstr(text, "WWÉWWWW"));
	assert_non_null(strstr(text, "C2, ABCDÉF, age not known"));
	free(text);
}

/* Each sentence that rests on a fact is there with it and not without it. */
static void a_silence_is_said_only_where_nothing_came(void **state)
{
	struct bench *bench = *state;
	complete_to(bench, "2020-02-05T04:10:00Z");
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "Nothing has come from the case system since 04:10"));
	free(text);
	tell_late(bench, "child.updated", "C4", "2019-01-01T10:00:00Z", "\"initials\":\"X\"", "2020-02-05T07:22:00Z");
	text = rendered(bench, NULL);
	assert_null(strstr(text, "Nothing has come"));
	assert_non_null(strstr(text, "The case system has confirmed its"));
	free(text);
}

static void the_council_is_named(void **state)
{
	struct bench *bench = *state;
	bench->view.council = "Example Council";
	char *text = rendered(bench, NULL);
	assert_non_null(strstr(text, "casewatch for Example Council."));
	free(text);
}

static void without_templates_the_facts_go_out_plain(void **state)
{
	struct bench *bench = *state;
	missing(bench, "C1007", "2020-02-04T22:10:00Z", "E1");
	of_team(bench, "C1007", "north-3");
	struct buffer subject = {0}, text = {0};
	list_plain(list(bench), &subject, &text);
	assert_string_equal(buffer_cstr(&subject), "OFFICIAL-SENSITIVE Missing list NOT COMPLETE");
	assert_non_null(strstr(text.at, "* C1007, episode: E1"));
	assert_non_null(strstr(text.at, "since: Tue 4 Feb, 22:10"));
	buffer_free(&subject);
	buffer_free(&text);
}

/* ---- files ---- */

static char *directory;

static int make_directory(void **state)
{
	static char path[64];
	(void)snprintf(path, sizeof path, "/tmp/casewatch-lists-XXXXXX");
	directory = mkdtemp(path);
	return load_config(state);
}

static int remove_directory(void **state)
{
	(void)rmdir(directory);
	return free_config(state);
}

static const char whole[] =
	"list: x\ntitle: X\nsubject: {words: X}\ndue: daily at 07:30\ntemplate: daily-missing\n"
	"recipients: [{role: director, gets: all}]\n";

/* The faults of a file x.yaml, loaded and checked: "line:column: text", one a line. */
static void expect_faults(const char *yaml, const char *wanted)
{
	char path[96];
	struct arena *arena = arena_new(4096);
	struct config_faults faults = {0};
	struct config_list *lists;
	size_t count;
	struct buffer said = {0};
	struct fault fault;
	(void)snprintf(path, sizeof path, "%s/x.yaml", directory);
	FILE *stream = fopen(path, "we");
	assert_non_null(stream);
	(void)fputs(yaml, stream);
	fclose(stream);
	struct template_set *templates = template_load("conf/templates", &fault);
	struct list_trial *trial =
		list_trial_new(config->rules, config->directory, templates, calendar_zone(config->calendar));
	if (lists_load(directory, arena, &lists, &count, &faults))
		for (size_t i = 0; i < count; i++)
			list_check(trial, &lists[i], &faults);
	list_trial_free(trial);
	for (size_t i = 0; i < faults.count; i++)
		buffer_format(&said, "%d:%d: %s\n", faults.items[i].line, faults.items[i].column, faults.items[i].text);
	if (!strstr(buffer_cstr(&said), wanted))
		fail_msg("wanted: %s\nsaid:\n%s", wanted, buffer_cstr(&said));
	buffer_free(&said);
	config_faults_free(&faults);
	template_free(templates);
	arena_free(arena);
	(void)unlink(path);
}

static void expect_fault_after(const char *more, const char *wanted)
{
	char yaml[2048];
	(void)snprintf(yaml, sizeof yaml, "%s%s", whole, more);
	expect_faults(yaml, wanted);
}

static void a_slip_in_a_lists_file_is_said_with_its_place(void **state)
{
	(void)state;
	expect_faults("list: y\ntitle: X\nsubject: {words: X}\ndue: daily at 07:30\ntemplate: t\nrecipients: [{role: "
	              "director}]\n",
	              "1:1: list is \"y\", but the file is called x.yaml");
	expect_faults("list: x\ntitle: X\nsubject: {words: X}\ndue: dayly at 07:30\ntemplate: t\nrecipients: [{role: "
	              "director}]\n",
	              "4:6: due is \"dayly at 07:30\"; write daily, working days");
	expect_faults("list: x\ntitle: X\nsubject: {words: X}\ndue: daily at 07:30\ntemplate: t\n",
	              "1:1: a list without recipients");
	expect_fault_after("sectons: []\n", "7:1: ");
	expect_fault_after("numbers: {Often: 3}\n", "7:11: \"Often\" is no name for a number");
	expect_fault_after("sections: [{id: a, title: A, select: SELECT child FROM child}, {id: a, title: B, select: "
	                   "SELECT child FROM child}]\n",
	                   "there is a section \"a\" already");
	expect_fault_after("sections: [{id: a, title: A, head: 'Of {{number}}', select: SELECT child FROM child}]\n",
	                   "\"head\" is printed as it stands");
}

static void a_select_that_does_not_fit_the_registers_is_said_with_its_place(void **state)
{
	(void)state;
	expect_fault_after("sections: [{id: a, title: A, select: SELECT chid FROM child}]\n",
	                   "7:38: the query: no such column: chid; the registers that it reads have none of that name "
	                   "(casewatch export --columns lists them): where they are your own, take it over from the "
	                   "registers.yaml that came with casewatch");
	expect_fault_after("sections: [{id: a, title: A, select: SELECT child FROM chidl}]\n",
	                   "7:38: the query: no such table: chidl; no register of the rules has that name: take its "
	                   "declaration over from the registers.yaml that came with casewatch");
	expect_fault_after("sections: [{id: a, title: A, select: SELECT initials FROM child}]\n",
	                   "7:38: each row needs a column \"child\": whose it is");
	expect_fault_after("sections: [{id: a, title: A, select: 'SELECT child FROM child WHERE vpg_alert > :oftn'}]\n",
	                   "7:38: :oftn is no number of this list");
	expect_fault_after("sections: [{id: a, title: A, select: DELETE FROM register_child RETURNING child}]\n",
	                   "7:38: a query is one SELECT");
	expect_fault_after(
		"sections: [{id: a, title: A, select: 'SELECT child FROM child; DELETE FROM register_child'}]\n",
		"7:38: a query is one SELECT");
}

static void a_name_that_a_template_has_and_the_list_has_not_is_said(void **state)
{
	(void)state;
	expect_fault_after("", "daily-missing"); /* its sections are named in the template and are not in the file */
}

static void a_role_that_the_directory_does_not_know_is_said(void **state)
{
	(void)state;
	expect_faults("list: x\ntitle: X\nsubject: {words: X}\ndue: daily at 07:30\ntemplate: daily-missing\n"
	              "recipients: [{role: directr, gets: all}]\n", "6:14: the directory has no role \"directr\"");
}

static void check_all(const struct template_set *templates, struct config_faults *faults)
{
	struct list_trial *trial =
		list_trial_new(config->rules, config->directory, templates, calendar_zone(config->calendar));
	for (size_t i = 0; i < config->list_count; i++)
		list_check(trial, &config->lists[i], faults);
	list_trial_free(trial);
}

static void what_passed_is_tried_again_only_when_something_of_it_changed(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	struct fault fault;
	struct template_set *templates = template_load("conf/templates", &fault);
	check_all(templates, &faults);
	uint64_t trials = list_trials();
	check_all(templates, &faults);
	assert_int_equal(list_trials(), trials);
	config->list_set->items[0].fingerprint += UINT64_C(1) << 40; /* as if its file had other bytes */
	check_all(templates, &faults);
	assert_int_equal(list_trials(), trials + 1);
	assert_int_equal(template_add(templates, "one-more.txt", TEXT("words"), &fault), RESULT_OK);
	check_all(templates, &faults);
	assert_int_equal(list_trials(), trials + 1 + config->list_count);
	assert_int_equal(faults.count, 0);
	template_free(templates);
}

static void the_shipped_list_passes(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	struct fault fault;
	struct template_set *templates = template_load("conf/templates", &fault);
	check_all(templates, &faults);
	for (size_t i = 0; i < faults.count; i++)
		fail_msg("%s:%d:%d: %s", faults.items[i].file, faults.items[i].line, faults.items[i].column,
		         faults.items[i].text);
	template_free(templates);
	config_faults_free(&faults);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_thousand_rows_stay_under_90_kilobytes_and_say_that_they_are_cut),
		T(what_is_not_known_says_so),
		T(initials_that_are_none_are_cut),
		T(a_silence_is_said_only_where_nothing_came),
		T(the_council_is_named),
		T(without_templates_the_facts_go_out_plain),
		cmocka_unit_test(a_slip_in_a_lists_file_is_said_with_its_place),
		cmocka_unit_test(a_select_that_does_not_fit_the_registers_is_said_with_its_place),
		cmocka_unit_test(a_name_that_a_template_has_and_the_list_has_not_is_said),
		cmocka_unit_test(a_role_that_the_directory_does_not_know_is_said),
		cmocka_unit_test(the_shipped_list_passes),
		cmocka_unit_test(what_passed_is_tried_again_only_when_something_of_it_changed),
	};
	return cmocka_run_group_tests_name("list", tests, make_directory, remove_directory);
}
