/* The daily missing list against the references in tests/data/look: the same facts give the same bytes. */
#include "report/missing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK "tests/data/look/"
#define ROWS 400

/* A list as a .tsv beside the reference holds it: one row a line, the section first. */
struct bench {
	struct fault fault;
	struct zone *london;
	struct template_set *templates;
	struct arena *arena;
	struct directory directory;
	struct team teams[16];
	struct missing_list list;
	struct missing_person people[ROWS];
	struct missing_episode episodes[ROWS];
	struct missing_unread unread[4];
	const struct missing_unread *unread_list[4];
	size_t people_count;
	struct buffer subject, text, html;
};

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static char *read_file(const char *path)
{
	FILE *stream = fopen(path, "re");
	if (!stream)
		fail_msg("%s is missing: run the tests from the top of the checkout", path);
	struct buffer content = {0};
	char chunk[8192];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
		buffer_add(&content, chunk, got);
	fclose(stream);
	buffer_char(&content, '\0');
	return content.at;
}

static void set_up_bench(struct bench *bench)
{
	bench->london = zone_load("Europe/London", &bench->fault);
	bench->templates = template_load("conf/templates", &bench->fault);
	if (!bench->london || !bench->templates)
		fail_msg("%s", bench->fault.text);
	bench->arena = arena_new(4096);
	bench->directory = (struct directory){.teams = bench->teams, .duty_phone = "01632 960123"};
	bench->list.view = (struct missing_view){
		.zone = bench->london, .directory = &bench->directory, .role_title = "Team manager",
		.as_of = at("2020-02-05T07:30:00Z"), .due = at("2020-02-05T07:30:00Z"), .last = at("2020-02-04T07:30:00Z"),
		.next = at("2020-02-06T07:30:00Z"), .go_live = INSTANT_NONE,
		.completeness = {.complete_to = at("2020-02-05T07:22:00Z"), .last_arrival = at("2020-02-05T07:22:00Z")}};
	bench->list.first_monday = day_of(2019, 8, 5);
	bench->list.figures = mem_zero(ROWS, sizeof *bench->list.figures);
	bench->list.unread = bench->unread_list;
}

static void tear_down_bench(struct bench *bench)
{
	free(bench->list.now.items);
	free(bench->list.back.items);
	free(bench->list.overdue.items);
	free(bench->list.often.items);
	free(bench->list.figures);
	free(bench->list.groups);
	buffer_free(&bench->subject);
	buffer_free(&bench->text);
	buffer_free(&bench->html);
	arena_free(bench->arena);
	template_free(bench->templates);
	zone_free(bench->london);
	free(bench);
}

static void add_team(struct bench *bench, char **cells)
{
	struct missing_list *list = &bench->list;
	if (!list->groups)
		list->groups = mem_zero(16, sizeof *list->groups);
	size_t at_team = bench->directory.team_count++;
	bench->teams[at_team] = (struct team){.id = cells[1], .title = cells[1]};
	list->groups[list->group_count++] = (struct missing_group){
		.title = cells[1], .now = (size_t)atoi(cells[2]), .back = (size_t)atoi(cells[3]),
		.overdue = (size_t)atoi(cells[4]), .often = (size_t)atoi(cells[5])};
}

static size_t group_of(const struct bench *bench, const char *title)
{
	for (size_t i = 0; i < bench->list.group_count; i++)
		if (strcmp(bench->list.groups[i].title, title) == 0)
			return i;
	return 0;
}

static struct missing_row *add_row(struct bench *bench, struct missing_rows *rows, char **cells)
{
	void *items = rows->items;
	struct missing_row *row = mem_push(&items, &rows->count, &rows->room, sizeof *row);
	rows->items = items;
	struct missing_person *person = &bench->people[bench->people_count];
	struct missing_episode *episode = &bench->episodes[bench->people_count++];
	assert_true(bench->people_count < ROWS);
	*person = (struct missing_person){.id = text_of(cells[2]), .initials = text_of(cells[3]), .age = atoi(cells[4]),
	                                  .discussed = {INSTANT_NONE, false}};
	*episode = (struct missing_episode){.start = {INSTANT_NONE, false}, .end = {INSTANT_NONE, false},
	                                    .interview = {INSTANT_NONE, false}};
	*row = (struct missing_row){.person = person, .group = group_of(bench, cells[1]), .episode = episode};
	return row;
}

static struct words_moment moment(char **cells)
{
	return (struct words_moment){at(cells[0]), cells[1][0] == '1'};
}

static struct words_moment date_or_none(const char *cell)
{
	civil_day day;
	if (!day_parse(text_of(cell), &day))
		return (struct words_moment){INSTANT_NONE, false};
	return (struct words_moment){(instant)day * 86400 * SECOND, false};
}

static enum missing_risk risk(const char *word)
{
	static const char *const words[] = {"risk", "", "none", "low", "medium", "high"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			return (enum missing_risk)i;
	fail_msg("risk %s", word);
	return MISSING_RISK_NONE;
}

static void add_returned(struct bench *bench, struct missing_rows *rows, char **cells)
{
	struct missing_row *row = add_row(bench, rows, cells);
	struct missing_episode *episode = &bench->episodes[bench->people_count - 1];
	episode->end = moment(cells + 5);
	row->due = episode->end.at + MISSING_INTERVIEW;
	if (rows == &bench->list.back && cells[7][0] != '-')
		episode->interview = moment((char *[]){cells[7], "0"});
}

static void add_figures(struct bench *bench, char **cells)
{
	struct missing_person *person = &bench->people[bench->people_count++];
	*person = (struct missing_person){.id = text_of(cells[2]), .initials = text_of(cells[3])};
	struct missing_list *list = &bench->list;
	size_t group = group_of(bench, cells[1]);
	list->figures[list->figure_count++] = (struct missing_figures){
		.person = person, .group = group, .in_30 = (size_t)atoi(cells[4]), .in_90 = (size_t)atoi(cells[5]),
		.in_365 = (size_t)atoi(cells[6]), .longest = atoi(cells[7]) * HOUR, .longest_in_days = cells[8][0] == '1',
		.last_interview = date_or_none(cells[9])};
	if (list->group_count)
		list->groups[group].figures++;
}

static void take_line(struct bench *bench, char **cells)
{
	struct missing_list *list = &bench->list;
	if (strcmp(cells[0], "team") == 0) {
		add_team(bench, cells);
	} else if (strcmp(cells[0], "now") == 0) {
		add_row(bench, &list->now, cells);
		struct missing_episode *episode = &bench->episodes[bench->people_count - 1];
		episode->start = moment(cells + 5);
		episode->from = text_of(cells[7]);
		episode->placement = cells[8][0] == '-' ? TEXT_NONE : text_of(cells[8]);
		episode->risk = risk(cells[9]);
	} else if (strcmp(cells[0], "back") == 0) {
		add_returned(bench, &list->back, cells);
	} else if (strcmp(cells[0], "overdue") == 0) {
		add_returned(bench, &list->overdue, cells);
	} else if (strcmp(cells[0], "often") == 0) {
		struct missing_row *row = add_row(bench, &list->often, cells);
		struct missing_person *person = &bench->people[bench->people_count - 1];
		row->times = (size_t)atoi(cells[5]);
		person->discussed = date_or_none(cells[6]);
		row->discussed_since = cells[7][0] == '1';
		person->alert = atoi(cells[8]);
	} else if (strcmp(cells[0], "figure") == 0) {
		add_figures(bench, cells);
	} else if (strcmp(cells[0], "unread") == 0) {
		struct missing_person *person = &bench->people[bench->people_count++];
		*person = (struct missing_person){.id = text_of(cells[1])};
		bench->unread[list->unread_count] = (struct missing_unread){person, at(cells[2]), cells[3]};
		bench->unread_list[list->unread_count] = &bench->unread[list->unread_count];
		list->unread_count++;
	} else if (strcmp(cells[0], "weeks") == 0) {
		for (size_t i = 0; i < MISSING_WEEKS; i++)
			list->weeks[i] = (uint32_t)atoi(cells[i + 1]);
	} else {
		fail_msg("no section %s", cells[0]);
	}
}

static void load(struct bench *bench, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, LOOK "%s.tsv", name);
	char *content = read_file(path), *lines = NULL;
	char *kept = arena_copy_text(bench->arena, content, strlen(content));
	free(content);
	for (char *line = strtok_r(kept, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		char *cells[32] = {0}, *rest = NULL;
		size_t count = 0;
		for (char *cell = strtok_r(line, "\t", &rest); cell && count < 32; cell = strtok_r(NULL, "\t", &rest))
			cells[count++] = cell;
		take_line(bench, cells);
	}
}

/* One line a difference is enough to see what is wrong. */
static void assert_same(const char *what, const char *made, const char *wanted)
{
	size_t line = 1;
	const char *start = made;
	for (const char *a = made, *b = wanted; *a || *b; a++, b++) {
		if (*a != *b) {
			const char *wanted_start = b - (a - start);
			fail_msg("%s differs in line %zu:\n  made   %.*s\n  wanted %.*s", what, line, (int)strcspn(start, "\n"),
			         start, (int)strcspn(wanted_start, "\n"), wanted_start);
		}
		if (*a == '\n') {
			line++;
			start = a + 1;
		}
	}
}

static void expect_reference(struct bench *bench, const char *name)
{
	load(bench, name);
	if (missing_render(&bench->list, bench->templates, &bench->subject, &bench->text, &bench->html, &bench->fault) !=
	    RESULT_OK)
		fail_msg("%s", bench->fault.text);
	char path[128];
	const char *keep = getenv("CASEWATCH_KEEP"); /* a directory: what was made is left there, to be looked at */
	for (int html = 0; html < 2; html++) {
		struct buffer *made = html ? &bench->html : &bench->text;
		if (keep) {
			(void)snprintf(path, sizeof path, "%s/%s.%s", keep, name, html ? "html" : "txt");
			FILE *stream = fopen(path, "we");
			assert_non_null(stream);
			(void)fwrite(made->at, 1, made->length, stream);
			fclose(stream);
		}
		(void)snprintf(path, sizeof path, LOOK "%s.%s", name, html ? "html" : "txt");
		char *wanted = read_file(path);
		assert_same(path, made->at, wanted);
		free(wanted);
	}
}

static struct bench *new_bench(void)
{
	struct bench *bench = MEM_NEW(struct bench);
	set_up_bench(bench);
	return bench;
}

static void a_list_with_nothing_on_it_is_a_nil_return(void **state)
{
	(void)state;
	struct bench *bench = new_bench();
	struct team south = {.id = "south-1", .title = "South 1"};
	bench->list.view.team = &south;
	expect_reference(bench, "daily-missing-0");
	tear_down_bench(bench);
}

static void one_row(void **state)
{
	(void)state;
	struct bench *bench = new_bench();
	struct team west = {.id = "west-2", .title = "West 2"};
	bench->list.view.team = &west;
	expect_reference(bench, "daily-missing-1");
	tear_down_bench(bench);
}

static void a_bad_day_of_one_team(void **state)
{
	(void)state;
	struct bench *bench = new_bench();
	struct team north = {.id = "north-3", .title = "North 3"};
	bench->list.view.team = &north;
	expect_reference(bench, "daily-missing-12");
	tear_down_bench(bench);
}

static void all_teams_with_150_rows(void **state)
{
	(void)state;
	struct bench *bench = new_bench();
	bench->list.view.role_title = "Director of Children's Care";
	expect_reference(bench, "daily-missing-150");
	assert_true(bench->html.length < MISSING_HTML_BYTES);
	tear_down_bench(bench);
}

static void data_that_was_cut_off(void **state)
{
	(void)state;
	struct bench *bench = new_bench();
	struct team south = {.id = "south-1", .title = "South 1"};
	bench->list.view.team = &south;
	bench->list.view.completeness.complete_to = at("2020-02-05T04:10:00Z");
	bench->list.incomplete = missing_incomplete(&bench->list.view.completeness, bench->list.view.as_of);
	expect_reference(bench, "daily-missing-incomplete");
	tear_down_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_with_nothing_on_it_is_a_nil_return),
		cmocka_unit_test(one_row),
		cmocka_unit_test(a_bad_day_of_one_team),
		cmocka_unit_test(all_teams_with_150_rows),
		cmocka_unit_test(data_that_was_cut_off),
	};
	return cmocka_run_group_tests_name("missing_look", tests, NULL, NULL);
}
