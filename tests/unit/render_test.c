/* What people who edit templates have: one template with data of their own, and a page of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "event/schema.h"
#include "text/json_data.h"
#include "text/template.h"

static char dir[] = "/tmp/casewatch-render-XXXXXX";
static struct said {
	int status;
	char *out, *err;
} gallery;

static const char *in_dir(const char *name)
{
	static char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const char *bytes)
{
	FILE *stream = fopen(in_dir(name), "w");
	assert_non_null(stream);
	(void)fputs(bytes, stream);
	assert_int_equal(fclose(stream), 0);
}

static struct said run(const char *const *arguments)
{
	struct said said = {.status = 0};
	size_t out_length, err_length;
	int count = 0;
	FILE *out = open_memstream(&said.out, &out_length), *err = open_memstream(&said.err, &err_length);
	while (arguments[count])
		count++;
	said.status = cli_main(count, (char **)(uintptr_t)arguments, out, err, clock_real());
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fclose(err), 0);
	return said;
}
#define RUN(...) run((const char *const[]){"casewatch", __VA_ARGS__, NULL})

static void forget(struct said *said)
{
	free(said->out);
	free(said->err);
}

/* ---- data ---- */

static void json_fills_a_template_as_data_made_in_memory_would(void **state)
{
	(void)state;
	struct fault fault = {{0}};
	struct arena *arena = arena_new(1024);
	struct buffer out = {0};
	struct template_set *set = template_new();
	assert_int_equal(
		template_add(set, "t.txt",
	                     TEXT("{{a}} {{#yes}}Y{{/yes}}{{#no}}N{{/no}}{{^none}}-{{/none}}{{n}} "
	                          "{{#list}}<{{x}}>{{/list}}{{#words}}[{{.}}]{{/words}}{{#map}}{{deep}}{{/map}}"),
	                     &fault),
		RESULT_OK);
	struct data *data =
		json_data(TEXT("{\"a\":\"\\u00e9\",\"yes\":true,\"no\":false,\"none\":null,\"n\":1.50,"
	                       "\"list\":[{\"x\":\"1\"},{\"x\":\"2\"}],\"words\":[\"u\",7],\"map\":{\"deep\":"
	                       "\"d\"}}"),
	                  arena, &fault);
	assert_non_null(data);
	assert_int_equal(template_render(set, "t.txt", data, &out, &fault), RESULT_OK);
	assert_string_equal(buffer_cstr(&out), "\xc3\xa9 Y-1.50 <1><2>[u][7]d");
	buffer_free(&out);
	template_free(set);
	arena_free(arena);
}

static void what_no_template_can_show_is_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *json, *said;
	} cases[] = {
		{"", "not JSON"},
		{"[]", "the data must be an object"},
		{"{\"a\":[[1]]}", "a list holds objects, texts or numbers, nothing else"},
		{"{\"a\":[true]}", "a list holds objects, texts or numbers, nothing else"},
		{"{\"a\":1,\"a\":2}", "the key \"a\" occurs twice in one object"},
		{"{\"a\":1} x", "not JSON"},
		{"{\"a\":", "not JSON"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fault fault = {{0}};
		struct arena *arena = arena_new(1024);
		assert_null(json_data(text_of(cases[i].json), arena, &fault));
		if (!strstr(fault.text, cases[i].said))
			fail_msg("%s: %s", cases[i].json, fault.text);
		arena_free(arena);
	}
	struct buffer deep = {0};
	struct fault fault = {{0}};
	struct arena *arena = arena_new(1024);
	for (int i = 0; i < 1000; i++)
		buffer_string(&deep, "{\"a\":");
	assert_null(json_data(buffer_view(&deep), arena, &fault));
	arena_free(arena);
	buffer_free(&deep);
}

/* ---- render ---- */

static void a_template_is_printed_with_data_of_ones_own(void **state)
{
	(void)state;
	put_file("data.json", "{\"who\":\"A & B\"}");
	put_file("hello.html.mustache", "<p>{{who}}</p>\n");
	put_file("hello.txt.mustache", "# To {{who}}\n");
	char data[128];
	(void)snprintf(data, sizeof data, "%s", in_dir("data.json"));
	struct said html = RUN("render", "--templates", dir, "hello.html", data);
	assert_int_equal(html.status, 0);
	assert_string_equal(html.out, "<p>A &amp; B</p>\n");
	forget(&html);
	/* A text part is laid out as in a mail; the file's own name will do. */
	struct said text = RUN("render", "--templates", dir, "conf/templates/hello.txt.mustache", data);
	assert_int_equal(text.status, 0);
	assert_string_equal(text.out, "TO A & B\n");
	forget(&text);
}

static void a_name_that_the_data_lack_and_a_template_that_is_not_there_are_told(void **state)
{
	(void)state;
	put_file("data.json", "{}");
	put_file("hello.html.mustache", "<p>\n{{who}}</p>\n");
	char data[128];
	(void)snprintf(data, sizeof data, "%s", in_dir("data.json"));
	struct said lacking = RUN("render", "--templates", dir, "hello.html", data);
	assert_int_equal(lacking.status, 1);
	assert_non_null(strstr(lacking.err, "hello.html.mustache:2: who: there is no such name here"));
	assert_string_equal(lacking.out, "");
	forget(&lacking);
	struct said unknown = RUN("render", "--templates", dir, "helo.html", data);
	assert_int_equal(unknown.status, 2);
	assert_non_null(strstr(unknown.err, "there is no template helo.html"));
	forget(&unknown);
	struct said missing = RUN("render", "--templates", dir, "hello.html", "/no/such.json");
	assert_int_equal(missing.status, 2);
	assert_non_null(strstr(missing.err, "/no/such.json: No such file or directory"));
	forget(&missing);
}

/* ---- gallery ---- */

/* Up to the end of the section with this heading; `at`: where it begins. */
static const char *section_of(const struct said *said, const char *title, const char **end)
{
	char heading[160];
	(void)snprintf(heading, sizeof heading, "<h2>%s</h2>", title);
	const char *at = strstr(said->out, heading);
	if (!at)
		fail_msg("not shown: %s", title);
	*end = strstr(at, "</section>");
	assert_non_null(*end);
	return at;
}

static size_t count_between(const char *at, const char *end, const char *words)
{
	size_t count = 0;
	while ((at = strstr(at, words)) && at < end) {
		at += strlen(words);
		count++;
	}
	return count;
}

/* Nothing, one row, a team's bad day, all teams, cut off: and more rows make a longer page. */
static void shows_each_list_as_it_grows(const struct said *said)
{
	static const char *const lists[] = {"daily-missing",     "open-alerts/daily",  "custody/monthly",
	                                    "custody/boards",    "unregulated/weekly", "answering/monthly",
	                                    "interviews/monthly", "demand/monthly",     "stepup/monthly",
	                                    "caseload/monthly"};
	static const char *const looks[] = {"a nil return", "one row in every register", "12 rows in every register",
	                                    "150 rows in every register", "not complete"};
	const char *end;
	char title[120];
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (size_t k = 0; k < sizeof looks / sizeof *looks; k++) {
			(void)snprintf(title, sizeof title, "%s: %s", lists[i], looks[k]);
			const char *at = section_of(said, title, &end);
			assert_int_equal(count_between(at, end, "NOT COMPLETE") > 0, k == 4);
		}
	const char *at = section_of(said, "daily-missing: 150 rows in every register", &end);
	assert_true(count_between(at, end, "* C1") > 50);
	at = section_of(said, "daily-missing: one row in every register", &end);
	assert_true(count_between(at, end, "* C1") < 10);
	at = section_of(said, "unregulated/weekly: 150 rows in every register", &end);
	assert_true(count_between(at, end, "class=&#34;act&#34;") == 1);
	at = section_of(said, "unregulated/weekly: a nil return", &end);
	assert_int_equal(count_between(at, end, "class=&#34;act&#34;"), 0); /* nothing to do: no red box */
}

/* An example with rows that says what a nil return says shows nobody what their words look like: a quarterly issue of a
 * quarter that ended before the rows began did. */
static void every_list_with_rows_says_more_than_without(const struct said *said)
{
	static const char rows[] = ": 12 rows in every register</h2>";
	size_t seen = 0;
	for (const char *at = said->out; (at = strstr(at, rows)); at += sizeof rows - 1) {
		const char *name = at, *end, *none_end;
		while (strncmp(name, "<h2>", 4) != 0)
			name--;
		name += 4;
		char title[160];
		(void)snprintf(title, sizeof title, "%.*s: a nil return", (int)(at - name), name);
		const char *none = strstr(section_of(said, title, &none_end), "</h2>") + 5;
		const char *some = at + sizeof rows - 1;
		end = strstr(some, "</section>");
		if (end - some == none_end - none && memcmp(some, none, (size_t)(end - some)) == 0)
			fail_msg("nothing to be seen in: %.*s", (int)(at - name), name);
		seen++;
	}
	assert_true(seen >= 33);
}

/* Of what is shipped; seconds, and so once for all who look at it. */
static const struct said *the_gallery(void)
{
	if (!gallery.out)
		gallery = RUN("gallery", "--config", "conf/casewatchd.yaml");
	return &gallery;
}

/* Lines of the text part: none is wider than the page, and no figure runs into another. */
static void every_text_part_keeps_its_measure(void **state)
{
	(void)state;
	const struct said *said = the_gallery();
	size_t parts = 0;
	for (const char *at = said->out; (at = strstr(at, "<pre>")); parts++) {
		const char *end = strstr(at += 5, "</pre>");
		while (at < end) {
			size_t length = strcspn(at, "\n"), letters = 0;
			for (size_t i = 0; i < length && at + i < end; i++) {
				letters += ((unsigned char)at[i] & 0xc0) != 0x80;
				if (at[i] == '&' && at[i + 1] == '#')
					i += strcspn(at + i, ";");
			}
			if (letters > 72)
				fail_msg("%zu letters: %.*s", letters, (int)length, at);
			at += length + 1;
		}
	}
	assert_true(parts > 100);
	static const char *const wrong[] = {"None open cases", "average None", "January4", "February4",
	                                    "looked after None", "{{", "Not shown holds", "Longest bar: 0"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (strstr(said->out, wrong[i]))
			fail_msg("said: %s", wrong[i]);
}

static void the_gallery_shows_every_kind_of_message_and_every_list(void **state)
{
	(void)state;
	const struct said *said = the_gallery();
	assert_int_equal(said->status, 0);
	assert_string_equal(said->err, "");
	static const char *const shown[] = {
		"alert",      "alert, passed on", "warning",      "alerts-together", "escalation",        "reminder",
		"correction", "answered",         "review-cut",   "ended",           "answered-together", "withdrawn",
		"ops-mail",   "ops-daily",        "answered-still-together"};
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		char heading[64];
		(void)snprintf(heading, sizeof heading, "<h2>%s</h2>", shown[i]);
		if (!strstr(said->out, heading))
			fail_msg("not shown: %s", shown[i]);
	}
	shows_each_list_as_it_grows(said);
	every_list_with_rows_says_more_than_without(said);
	/* The page of a mail stays in its frame, and no script runs there. */
	assert_non_null(strstr(said->out, "<iframe sandbox loading=\"lazy\" title=\"HTML part\" "
	                                "srcdoc=\"&#60;!DOCTYPE html&#62;"));
}

/* Of a configuration with one list: it is the messages that are looked at, and the lists take seconds. */
static void a_template_that_does_not_render_is_named_and_the_others_are_shown(void **state)
{
	(void)state;
	char command[512], config[128];
	(void)snprintf(command, sizeof command,
	               "cd %s && cp \"$OLDPWD\"/conf/templates/*.mustache . "
	               "&& printf '{{nobody}}' >>withdrawn.html.mustache "
	               "&& cp -r \"$OLDPWD\"/conf . && ln -s \"$OLDPWD\"/rules rules "
	               "&& find conf/lists -type f ! -name daily-missing.yaml -delete",
	               dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(config, sizeof config, "%s", in_dir("conf/casewatchd.yaml"));
	struct said said = RUN("gallery", "--config", config, "--templates", dir);
	assert_int_equal(said.status, 1);
	assert_non_null(strstr(said.err, "withdrawn: /tmp/casewatch-render-"));
	assert_non_null(strstr(said.out, "<li>withdrawn: does not render"));
	assert_non_null(strstr(said.out, "<h2>ops-daily</h2>"));
	assert_non_null(strstr(said.out, "<h2>daily-missing: a nil return</h2>"));
	forget(&said);
}

static int begin(void **state)
{
	(void)state;
	(void)hash_seed();
	schema_start();
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	char command[128];
	forget(&gallery);
	(void)snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_fills_a_template_as_data_made_in_memory_would),
		cmocka_unit_test(what_no_template_can_show_is_refused_with_a_sentence),
		cmocka_unit_test(a_template_is_printed_with_data_of_ones_own),
		cmocka_unit_test(a_name_that_the_data_lack_and_a_template_that_is_not_there_are_told),
		cmocka_unit_test(the_gallery_shows_every_kind_of_message_and_every_list),
		cmocka_unit_test(every_text_part_keeps_its_measure),
		cmocka_unit_test(a_template_that_does_not_render_is_named_and_the_others_are_shown),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
