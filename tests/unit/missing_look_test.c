/* The daily missing list against the references in tests/data/look: the same facts, read from the registers by the
 * SELECTs of conf/lists/daily-missing.yaml, give the same bytes. */
#include "missing_rows.h"

/* ---- the page ---- */

static void add_team(struct bench *bench, char **cells)
{
	size_t at_team = bench->directory.team_count++;
	bench->teams[at_team] = (struct team){.id = cells[1], .title = cells[1], .manager = "p"};
}

static void add_weeks(struct bench *bench, char **cells)
{
	for (int week = 0; week < 26; week++)
		for (int i = 0; i < atoi(cells[week + 1]); i++) {
			char digits[32];
			int length = snprintf(digits, sizeof digits, "%lld",
			                      (long long)(day_of(2019, 8, 5) + 7 * week) * DAY + 12 * HOUR);
			bench->weeks[bench->week_count++] =
				(struct text){arena_copy_text(bench->arena, digits, (size_t)length), (size_t)length};
		}
}

static void take_line(struct bench *bench, char **cells)
{
	bool rows = strcmp(cells[0], "team") != 0 && strcmp(cells[0], "unread") != 0 && strcmp(cells[0], "weeks") != 0;
	if (rows && strcmp(cells[0], "figure") != 0) {
		add_child(bench, cells[2], cells[3], atoi(cells[4]), cells[1]);
		bench->order[bench->order_count++] = cells[0];
		bench->order[bench->order_count++] = cells[2];
	}
	if (bench->by_hand && (strcmp(cells[0], "often") == 0 || strcmp(cells[0], "figure") == 0)) {
		char **kept = arena_alloc(bench->arena, 16 * sizeof *kept);
		memcpy(kept, cells, 16 * sizeof *kept);
		bench->hand[bench->hand_count++] = kept;
		return;
	}
	if (strcmp(cells[0], "team") == 0)
		add_team(bench, cells);
	else if (strcmp(cells[0], "now") == 0)
		add_now(bench, cells);
	else if (strcmp(cells[0], "back") == 0 || strcmp(cells[0], "overdue") == 0)
		add_returned(bench, cells, cells[0][0] == 'b');
	else if (strcmp(cells[0], "often") == 0)
		add_often(bench, cells);
	else if (strcmp(cells[0], "figure") == 0)
		add_figures(bench, cells);
	else if (strcmp(cells[0], "unread") == 0)
		add_unread(bench, cells);
	else if (strcmp(cells[0], "weeks") == 0)
		add_weeks(bench, cells);
	else
		fail_msg("no section %s", cells[0]);
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
			fail_msg("%s differs in line %zu:\n  made   %.*s\n  wanted %.*s", what, line,
			         (int)strcspn(start, "\n"), start, (int)strcspn(wanted_start, "\n"), wanted_start);
		}
		if (*a == '\n') {
			line++;
			start = a + 1;
		}
	}
}

/* Where the page's own order is by hand, the facts are put into it. */
static size_t place_on_page(const struct bench *bench, const char *section, struct text child)
{
	for (size_t i = 0; i < bench->order_count; i += 2)
		if (strcmp(bench->order[i], section) == 0 && text_equal(text_of(bench->order[i + 1]), child))
			return i;
	fail_msg("%.*s is not in section %s of the page", TEXT_ARG(child), section);
	return 0;
}

static void put_in_order(struct bench *bench)
{
	const struct config_list *def = bench->view.list;
	for (size_t s = 0; s < def->section_count; s++) {
		struct list_rows *rows = &bench->facts->sections[s];
		for (size_t i = 1; i < rows->count; i++)
			for (size_t k = i;
			     k > 0 && place_on_page(bench, def->sections[s].id, rows->items[k - 1].child->id) >
			                      place_on_page(bench, def->sections[s].id, rows->items[k].child->id);
			     k--) {
				struct list_row moved = rows->items[k];
				rows->items[k] = rows->items[k - 1];
				rows->items[k - 1] = moved;
			}
	}
}

/* The trend of the page is more than its rows tell: episodes of children who are not on it today. */
static void put_weeks(struct bench *bench)
{
	static struct list_child whoever;
	static struct allocation there;
	there = (struct allocation){TEXT("social-worker"), TEXT("W"),
	                            text_of(bench->view.team ? bench->view.team->id : "")};
	whoever = (struct list_child){.allocations = &there, .allocation_count = 1};
	struct list_rows *trend = &bench->facts->trend;
	trend->count = 0;
	for (size_t i = 0; i < bench->week_count; i++)
		*(struct list_row *)mem_push((void **)&trend->items, &trend->count, &trend->room,
		                             sizeof(struct list_row)) =
			(struct list_row){&whoever, &bench->weeks[i], NULL};
}

/* ---- by hand ---- */

static struct text said(struct bench *bench, struct buffer *words)
{
	struct text kept = {arena_copy_text(bench->arena, buffer_cstr(words), words->length), words->length};
	buffer_free(words);
	return kept;
}

static struct text day_words(struct bench *bench, const char *cell, enum words_form form, const char *none)
{
	struct buffer words = {0};
	civil_day day;
	if (day_parse(text_of(cell), &day))
		words_day(day, form, &words);
	else
		buffer_string(&words, none);
	return said(bench, &words);
}

static struct list_child *child_of(struct bench *bench, struct text id)
{
	for (size_t s = 0; s < 4; s++)
		for (size_t i = 0; i < bench->facts->sections[s].count; i++)
			if (text_equal(bench->facts->sections[s].items[i].child->id, id))
				return (struct list_child *)(uintptr_t)bench->facts->sections[s].items[i].child;
	return NULL;
}

static struct list_child *make_child(struct bench *bench, char **cells)
{
	struct list_child *child = arena_alloc(bench->arena, sizeof *child);
	struct allocation *there = arena_alloc(bench->arena, sizeof *there);
	*there = (struct allocation){TEXT("social-worker"), TEXT("W"), text_of(cells[1])};
	*child = (struct list_child){.id = text_of(cells[2]), .initials = text_of(cells[3]), .age = atoi(cells[4]),
	                             .allocations = there, .allocation_count = 1};
	return child;
}

/* times, discussed, discussed_in_full, alert */
static void put_often(struct bench *bench, char **cells)
{
	struct text *values = arena_alloc(bench->arena, 4 * sizeof *values);
	struct list_child *child = child_of(bench, text_of(cells[2]));
	struct list_rows *rows = &bench->facts->sections[3];
	values[0] = text_of(cells[5]);
	values[1] = day_words(bench, cells[6], WORDS_TABLE, "Not yet");
	values[2] = day_words(bench, cells[6], WORDS_FULL, "Not yet");
	values[3] = TEXT_NONE;
	*(struct list_row *)mem_push((void **)&rows->items, &rows->count, &rows->room, sizeof(struct list_row)) =
		(struct list_row){child ? child : make_child(bench, cells), values, NULL};
}

/* in_30, in_90, in_365, longest, interview, line */
static void put_figures(struct bench *bench, char **cells)
{
	struct text *values = arena_alloc(bench->arena, 6 * sizeof *values);
	struct buffer words = {0}, line = {0};
	struct list_child *child = child_of(bench, text_of(cells[2]));
	civil_day interview = DAY_NONE;
	for (size_t i = 0; i < 3; i++)
		values[i] = text_of(cells[4 + i]);
	if (cells[8][0] == '1')
		words_days(atoi(cells[7]) / 24, &words);
	else
		words_longest(atoi(cells[7]) * HOUR, &words);
	values[3] = said(bench, &words);
	bool old = day_parse(text_of(cells[9]), &interview) && day_of(2020, 2, 5) - interview > 365;
	values[4] = day_words(bench, cells[9], old ? WORDS_BRIEF_YEAR : WORDS_BRIEF, "None");
	buffer_format(&line, "%s, %s", cells[2], cells[3]);
	buffer_format(&words, "%-16s%5s%5s%5s  %-16s%s", buffer_cstr(&line), cells[4], cells[5], cells[6], values[3].at,
	              values[4].at);
	values[5] = said(bench, &words);
	buffer_free(&line);
	assert_non_null(child);
	child->figures = values;
}

static void put_by_hand(struct bench *bench)
{
	struct list_rows *often = &bench->facts->sections[3];
	static const char *const names[] = {"times", "discussed", "discussed_in_full", "alert"};
	often->count = 0;
	assert_int_equal(often->column_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(often->columns[i], names[i]);
	for (size_t i = 0; i < bench->hand_count; i++)
		if (strcmp(bench->hand[i][0], "often") == 0)
			put_often(bench, bench->hand[i]);
	for (size_t i = 0; i < bench->hand_count; i++)
		if (strcmp(bench->hand[i][0], "figure") == 0)
			put_figures(bench, bench->hand[i]);
}

static void read_facts(struct bench *bench)
{
	struct list_request request = {.database = bench->f->path, .rules = config->rules, .zone = bench->view.zone,
	                               .list = bench->view.list, .as_of = at(AS_OF), .last = at(LAST),
	                               .go_live = INSTANT_NONE};
	enum result result;
	bench->facts = list_facts_read(&request, &result, &bench->f->fault);
	if (!bench->facts)
		fail_msg("%s", bench->f->fault.text);
	if (bench->by_hand)
		put_by_hand(bench);
	put_in_order(bench);
	put_weeks(bench);
}

static void compare(struct bench *bench, const char *name)
{
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

static void expect_reference(struct bench *bench, const char *name)
{
	load(bench, name);
	read_facts(bench);
	struct list *list = list_new(bench->facts, &bench->view);
	if (list_render(list, bench->templates, &bench->subject, &bench->text, &bench->html, &bench->f->fault) !=
	    RESULT_OK)
		fail_msg("%s", bench->f->fault.text);
	list_free(list);
	compare(bench, name);
}

/* ---- the bench ---- */

static void set_up_tables(struct bench *bench)
{
	struct fixture *f = bench->f;
	struct register_tables *tables =
		register_tables_new(f->store, config->rules->registers, config->rules->register_count);
	OK(store_begin(f->store, &f->fault));
	OK(register_tables_declare(tables, &f->fault));
	OK(store_commit(f->store, &f->fault));
	register_tables_free(tables);
}

static void complete_to(struct bench *bench, const char *time)
{
	run(bench, "INSERT INTO completeness (source, up_to, event) VALUES ('lcs', %lld, 1)", (long long)at(time));
	run(bench,
	    "INSERT INTO event (id, history, previous, type, time, arrived, flags, bytes) VALUES (1, 0, 0, 0, %lld, "
	    "%lld, 1,"
	    " x'')",
	    (long long)at(time), (long long)at(time));
}

static struct bench *new_bench(const char *complete)
{
	struct bench *bench = MEM_NEW(struct bench);
	void *fixture;
	(void)fixture_setup(&fixture);
	bench->f = fixture;
	bench->arena = arena_new(4096);
	bench->templates = template_load("conf/templates", &bench->f->fault);
	if (!bench->templates)
		fail_msg("%s", bench->f->fault.text);
	bench->directory = (struct directory){.teams = bench->teams, .duty_phone = "01632 960123"};
	bench->view = (struct list_view){.zone = calendar_zone(config->calendar),
	                                 .list = lists_find(config->lists, config->list_count, TEXT("daily-missing")),
	                                 .directory = &bench->directory, .role_title = "Team manager", .due = at(AS_OF),
	                                 .next = at("2020-02-06T07:30:00Z")};
	set_up_tables(bench);
	complete_to(bench, complete);
	return bench;
}

/* One team of the directory, whose list it is. */
static void of_team(struct bench *bench, const char *id, const char *title)
{
	bench->teams[0] = (struct team){.id = id, .title = title, .manager = "p"};
	bench->directory.team_count = 1;
	bench->view.team = &bench->teams[0];
}

static void free_bench(struct bench *bench)
{
	void *fixture = bench->f;
	list_facts_free(bench->facts);
	template_free(bench->templates);
	arena_free(bench->arena);
	buffer_free(&bench->subject);
	buffer_free(&bench->text);
	buffer_free(&bench->html);
	(void)fixture_teardown(&fixture);
	free(bench);
}

static void a_list_with_nothing_on_it_is_a_nil_return(void **state)
{
	(void)state;
	struct bench *bench = new_bench("2020-02-05T07:22:00Z");
	of_team(bench, "south-1", "South 1");
	expect_reference(bench, "daily-missing-0");
	free_bench(bench);
}

static void one_row(void **state)
{
	(void)state;
	struct bench *bench = new_bench("2020-02-05T07:22:00Z");
	of_team(bench, "west-2", "West 2");
	expect_reference(bench, "daily-missing-1");
	free_bench(bench);
}

static void a_bad_day_of_one_team(void **state)
{
	(void)state;
	struct bench *bench = new_bench("2020-02-05T07:22:00Z");
	of_team(bench, "north-3", "North 3");
	expect_reference(bench, "daily-missing-12");
	free_bench(bench);
}

static void all_teams_with_150_rows(void **state)
{
	(void)state;
	struct bench *bench = new_bench("2020-02-05T07:22:00Z");
	bench->view.role_title = "Director of Children's Care";
	bench->by_hand = true;
	expect_reference(bench, "daily-missing-150");
	assert_true(bench->html.length < LIST_HTML_BYTES);
	free_bench(bench);
}

static void data_that_was_cut_off(void **state)
{
	(void)state;
	struct bench *bench = new_bench("2020-02-05T04:10:00Z");
	of_team(bench, "south-1", "South 1");
	expect_reference(bench, "daily-missing-incomplete");
	assert_string_equal(buffer_cstr(&bench->subject), "OFFICIAL-SENSITIVE Missing list NOT COMPLETE");
	free_bench(bench);
}

static int load_config(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	schema_start();
	log_set_level(LOG_LEVEL_ERROR);
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	for (size_t i = 0; i < faults.count; i++)
		print_error("%s:%d: %s\n", faults.items[i].file, faults.items[i].line, faults.items[i].text);
	config_faults_free(&faults);
	return config ? 0 : -1;
}

static int free_config(void **state)
{
	(void)state;
	config_free(config);
	return 0;
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
	return cmocka_run_group_tests_name("missing_look", tests, load_config, free_config);
}
