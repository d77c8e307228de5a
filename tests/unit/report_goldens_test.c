/* Every list and report of one small council (tests/data/reports), compared with what it was when somebody last read
 * it: the text and the figures as CSV byte for byte, the page and the JSON by what they must have in common with them.
 *
 * CASEWATCH_GOLDENS=write writes them anew, to be read before they are committed. */
#include "report_fixture.h"

#include "text/json_read.h"

#define FOLDER "tests/data/reports"
#define RESTRICTED "C12" /* nowhere but in the figures */

static void feed(struct bench *bench)
{
	struct fixture *f = bench->f;
	char line[4096];
	FILE *events = fopen(FOLDER "/events.jsonl", "r");
	struct batch *batch = batch_new();
	assert_non_null(events);
	while (fgets(line, sizeof line, events)) {
		const char *recorded = strstr(line, "\"recordedtime\": \""), *time = strstr(line, "\"time\": \"");
		char arrived[24];
		assert_non_null(time);
		(void)snprintf(arrived, sizeof arrived, "%.20s",
		               recorded ? recorded + sizeof "\"recordedtime\": \"" - 1
		                        : time + sizeof "\"time\": \"" - 1);
		size_t length = strcspn(line, "\n");
		struct text bytes = {arena_copy_text(f->arena, line, length), length};
		(void)batch_add(batch, f->parser, TEXT("kafka:events:0"), ++bench->next, bytes, at(arrived));
	}
	(void)fclose(events);
	bench->now = at(DUE);
	OK(pipeline_take(bench->pipeline, batch, bench->now, bench->now, &f->fault));
	batch_free(batch);
}

/* "demand/board", "txt" -> tests/data/reports/demand-board.txt */
static void golden_path(const char *id, const char *ending, char path[160])
{
	(void)snprintf(path, 160, FOLDER "/%s.%s", id, ending);
	char *slash = strchr(path + sizeof FOLDER, '/');
	if (slash)
		*slash = '-';
}

static void assert_golden(const char *id, const char *ending, struct text said)
{
	char path[160], read[8192];
	struct buffer golden = {0};
	golden_path(id, ending, path);
	const char *what = getenv("CASEWATCH_GOLDENS");
	FILE *stream = fopen(path, what ? "w" : "r");
	if (!stream)
		fail_msg("there is no %s; CASEWATCH_GOLDENS=write makes it, to be read", path);
	if (what)
		assert_int_equal(fwrite(said.at, 1, said.length, stream), said.length);
	for (size_t got; !what && (got = fread(read, 1, sizeof read, stream)) > 0;)
		buffer_add(&golden, read, got);
	(void)fclose(stream);
	size_t same = 0;
	while (!what && same < said.length && same < golden.length && said.at[same] == golden.at[same])
		same++;
	if (!what && (same < said.length || same < golden.length))
		fail_msg("%s differs at byte %zu: said \"%.*s\", golden \"%.*s\"", path, same,
		         (int)(said.length - same > 80 ? 80 : said.length - same), said.at + same,
		         (int)(golden.length - same > 80 ? 80 : golden.length - same), buffer_cstr(&golden) + same);
	buffer_free(&golden);
}

/* The children that are named, each once, in the order of their ids: "C01 C05". */
static void children_in(const char *words, struct buffer *out)
{
	for (int child = 1; child <= 30; child++) {
		char id[16];
		(void)snprintf(id, sizeof id, "C%02d", child);
		const char *found = strstr(words, id);
		while (found && (found[3] == '_' || (found > words && (found[-1] == '#' || found[-1] == '/'))))
			found = strstr(found + 1, id);
		if (found)
			buffer_format(out, "%s%s", out->length ? " " : "", id);
	}
}

static void assert_page(const char *id, bool printed, const struct page *page)
{
	struct buffer in_text = {0}, in_html = {0};
	children_in(page->text.at, &in_text);
	children_in(page->html.at, &in_html);
	assert_string_equal(buffer_cstr(&in_text), buffer_cstr(&in_html));
	if (strstr(buffer_cstr(&in_text), RESTRICTED))
		fail_msg("%s names a child of whom nobody may read", id);
	assert_non_null(strstr(page->html.at, "OFFICIAL-SENSITIVE"));
	assert_non_null(strstr(page->html.at, "prefers-color-scheme: dark"));
	assert_non_null(strstr(page->html.at, "name=\"viewport\""));
	if (printed && !strstr(page->html.at, "@page"))
		fail_msg("%s has no form for paper", id);
	assert_true(page->html.length < LIST_HTML_BYTES);
	buffer_free(&in_text);
	buffer_free(&in_html);
}

/* As many figures as the CSV has rows, and well formed. */
static void assert_json(const char *id, const struct page *page)
{
	struct json_reader *reader = json_reader_new(32, 1 << 20);
	enum json_token token;
	struct text value;
	size_t rows = 0, values = 0;
	json_start(reader, buffer_view(&page->json), 0);
	do {
		token = json_next(reader, &value);
		values += token == JSON_KEY && text_equal(value, TEXT("value"));
	} while (token != JSON_END && token != JSON_FAULT);
	if (token == JSON_FAULT)
		fail_msg("%s: %s", id, json_fault(reader));
	for (size_t i = 0; i < page->csv.length; i++)
		rows += page->csv.at[i] == '\n';
	if (values + 1 < rows)
		fail_msg("%s: %zu values as JSON, %zu rows as CSV", id, values, rows - 1);
	json_reader_free(reader);
}

static void assert_outside(const char *id, const struct page *page)
{
	struct buffer named = {0};
	children_in(page->text.at, &named);
	children_in(page->csv.at, &named);
	children_in(page->json.at, &named);
	if (named.length)
		fail_msg("%s goes to a body outside the council and names %s", id, buffer_cstr(&named));
	buffer_free(&named);
}

/* A list without figures has no file of them. */
static struct page list_page(struct bench *bench, const struct config_list *list)
{
	struct page page = {0};
	struct fault fault = {{0}};
	if (list->report)
		return report_page_of(bench, list->id, DUE, "Reader");
	struct list_facts *facts = report_read_at(bench, list->id, DUE);
	struct list_view view = report_view(bench, list->id, DUE, "Director of Children's Care");
	struct template_set *templates = template_load("conf/templates", &fault);
	lists_render_facts(facts, &view, templates, &page.subject, &page.text, &page.html, &page.fell_back, &fault);
	assert_false(page.fell_back);
	template_free(templates);
	list_facts_free(facts);
	buffer_char(&page.text, '\0');
	buffer_char(&page.html, '\0');
	return page;
}

static void compare(struct bench *bench, const struct config_list *list)
{
	struct page page = list_page(bench, list);
	struct buffer whole = {0};
	buffer_format(&whole, "Subject: %.*s\n\n%s", TEXT_ARG(buffer_view(&page.subject)), page.text.at);
	assert_golden(list->id, "txt", buffer_view(&whole));
	if (list->report)
		assert_golden(list->id, "csv", buffer_view(&page.csv));
	assert_page(list->id, strcmp(list->template, "report") == 0, &page);
	if (list->report)
		assert_json(list->id, &page);
	buffer_char(&page.csv, '\0');
	buffer_char(&page.json, '\0');
	if (list->report && list->report->outside)
		assert_outside(list->id, &page);
	keep_look(&page, strchr(list->id, '/') ? list->id : "daily/missing");
	buffer_free(&whole);
	page_free(&page);
}

static void every_list_and_report_reads_as_when_it_was_last_read(void **state)
{
	struct bench *bench = *state;
	feed(bench);
	report_person = "p-director";
	for (size_t i = 0; i < config->list_count; i++)
		compare(bench, &config->lists[i]);
	struct page board = report_page_of(bench, "interviews/quarterly", DUE, "Reader");
	assert_non_null(strstr(board.text.at, "in the quarter. Fewer\nthan 5 were held later, fewer than 5 declined"));
	page_free(&board);
	report_person = NULL;
	assert_true(config->list_count >= 32);
}

/* A director reads of several teams; no heading says where one ends, so nothing but time may order them. */
static void rows_of_a_report_stand_in_the_order_it_asks_for_whatever_the_teams(void **state)
{
	struct bench *bench = *state;
	feed(bench);
	struct page page = report_page_of(bench, "custody/quarterly", DUE, "Reader");
	const char *first = strstr(page.text.at, "Sat 4 Jan, 21:10"), *then = strstr(page.text.at, "Tue 7 Jan, 21:10"),
		   *last = strstr(page.text.at, "Fri 10 Jan, 21:10");
	assert_true(first && then && last && first < then && then < last);
	page_free(&page);
	page = report_page_of(bench, "risk-register/fortnightly", DUE, "Reader");
	const char *critical = strstr(page.text.at, "Alert: Critical"), *high = strstr(page.text.at, "Alert: High"),
		   *late = strstr(page.text.at, "Alert: A-");
	assert_true(critical && high && late && critical < high && high < late);
	assert_non_null(strstr(page.text.at, "* I1. Alert")); /* an indicator has no initials and no age */
	page_free(&page);
}

/* Of a report that goes out by itself a full one follows; whoever asks for one has to ask again. */
static void a_report_that_somebody_asked_for_does_not_promise_another(void **state)
{
	struct bench *bench = *state;
	struct fault fault = {{0}};
	feed(bench);
	struct list_facts *facts = report_read_at(bench, "custody/monthly", "2020-05-01T05:00:00Z");
	struct template_set *templates = template_load("conf/templates", &fault);
	for (int asked = 0; asked < 2; asked++) {
		struct list_view view = report_view(bench, "custody/monthly", "2020-05-01T05:00:00Z", "Reader");
		struct page page = {0};
		view.asked = asked;
		lists_render_facts(facts, &view, templates, &page.subject, &page.text, &page.html, &page.fell_back,
		                   &fault);
		assert_false(page.fell_back);
		buffer_char(&page.text, '\0');
		assert_said(&page, "THIS REPORT IS NOT COMPLETE");
		(asked ? assert_not_said : assert_said)(&page, "The full report follows by itself");
		page_free(&page);
	}
	template_free(templates);
	list_facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_list_and_report_reads_as_when_it_was_last_read, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_report_that_somebody_asked_for_does_not_promise_another, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(rows_of_a_report_stand_in_the_order_it_asks_for_whatever_the_teams,
	                                        set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, load_config, free_config);
}
