/* template: what a council's own wording may do, and what a hostile value may not. */
#include "text/template.h"
#include "unlisted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct bench {
	struct arena *arena;
	struct template_set *set;
	struct data *data;
	struct buffer out;
	struct fault fault;
};

static int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	bench->arena = arena_new(4096);
	bench->set = template_new();
	bench->data = data_new(DATA_MAP, bench->arena);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	template_free(bench->set);
	arena_free(bench->arena);
	buffer_free(&bench->out);
	free(bench);
	return 0;
}

static void add(struct bench *bench, const char *name, const char *source)
{
	enum result result = template_add(bench->set, name, text_of(source), &bench->fault);
	if (result != RESULT_OK)
		fail_msg("%s", bench->fault.text);
}

static const char *render(struct bench *bench, const char *name)
{
	buffer_clear(&bench->out);
	if (template_render(bench->set, name, bench->data, &bench->out, &bench->fault) != RESULT_OK)
		fail_msg("%s", bench->fault.text);
	return buffer_cstr(&bench->out);
}

static void expect_refused(struct bench *bench, const char *source, const char *because)
{
	assert_int_equal(template_add(bench->set, "x.html", text_of(source), &bench->fault), RESULT_PERMANENT);
	if (!strstr(bench->fault.text, because))
		fail_msg("\"%s\" does not say \"%s\"", bench->fault.text, because);
}

static void a_value_is_escaped_in_html_and_left_alone_when_asked(void **state)
{
	struct bench *bench = *state;
	data_string(bench->data, "place", "<b>Bow & \"Arrow\"</b>");
	add(bench, "a.html", "{{place}} {{{place}}}");
	assert_string_equal(render(bench, "a.html"),
	                    "&lt;b&gt;Bow &amp; &quot;Arrow&quot;&lt;/b&gt; <b>Bow & \"Arrow\"</b>");
	add(bench, "a.txt", "{{place}}");
	assert_string_equal(render(bench, "a.txt"), "<b>Bow & \"Arrow\"</b>");
}

static void an_apostrophe_and_a_no_break_space_are_written_as_the_reference_writes_them(void **state)
{
	struct bench *bench = *state;
	data_string(bench->data, "role", "Director of Children's Care on 01632\xc2\xa0" "960123");
	add(bench, "a.html", "{{role}}");
	assert_string_equal(render(bench, "a.html"), "Director of Children&rsquo;s Care on 01632&nbsp;960123");
	add(bench, "a.txt", "{{role}}");
	assert_string_equal(render(bench, "a.txt"), "Director of Children's Care on 01632 960123");
}

static void a_value_cannot_make_a_line_of_its_own_nor_turn_the_text_round(void **state)
{
	struct bench *bench = *state;
	data_string(bench->data, "station",
	            "Northgate\r\n\nALERT WITHDRAWN\t\x1b[2J\xe2\x80\xae"
	            "dne\xc2\x85**bold**");
	add(bench, "a.txt", "At {{station}}.");
	assert_string_equal(render(bench, "a.txt"), "At Northgate   ALERT WITHDRAWN  [2J dne *bold*.");
	add(bench, "a.html", "<p>{{station}}</p>");
	assert_null(strchr(render(bench, "a.html"), '\n'));
}

static void sections_follow_flags_texts_lists_and_maps(void **state)
{
	struct bench *bench = *state;
	data_flag(bench->data, "late", true);
	data_flag(bench->data, "spent", false);
	data_string(bench->data, "empty", "");
	struct data *rows = data_list(bench->data, "rows");
	data_string(data_item(rows), "id", "C1");
	data_string(data_item(rows), "id", "C2");
	data_list(bench->data, "none");
	data_string(data_map(bench->data, "duty"), "phone", "01632");
	struct data *words = data_list(bench->data, "words");
	data_item_text(words, TEXT("one"));
	data_item_text(words, TEXT("two"));
	add(bench, "a.txt",
	    "{{#late}}late{{/late}}{{^late}}in time{{/late}}|{{#spent}}x{{/spent}}{{^spent}}goes on{{/spent}}|"
	    "{{#empty}}x{{/empty}}{{^empty}}-{{/empty}}|{{#rows}}[{{id}}]{{/rows}}{{^rows}}x{{/rows}}|"
	    "{{#none}}x{{/none}}{{^none}}None.{{/none}}|{{#duty}}{{phone}}{{/duty}}|{{#words}}{{.}},{{/words}}");
	assert_string_equal(render(bench, "a.txt"), "late|goes on|-|[C1][C2]|None.|01632|one,two,");
}

/* One alert stands in the list of each who reads it; what is around it is their own. */
static void what_is_shared_is_the_same_in_each_map(void **state)
{
	struct bench *bench = *state;
	struct arena *own = arena_new(1024);
	struct data *alert = data_new(DATA_MAP, own), *rows = data_list(bench->data, "rows");
	data_string(alert, "number", "A-7");
	for (int i = 0; i < 2; i++) {
		struct data *row = data_item(rows);
		data_string(row, "link", i ? "his" : "hers");
		data_share(row, "alert", alert);
		data_string(row, "after", "!");
	}
	add(bench, "t.txt", "{{#rows}}{{#alert}}{{number}} {{link}}{{/alert}}{{after}} {{/rows}}");
	assert_string_equal(render(bench, "t.txt"), "A-7 hers! A-7 his! ");
	arena_free(own);
}

static void an_inner_name_hides_the_outer_one(void **state)
{
	struct bench *bench = *state;
	data_string(bench->data, "id", "outer");
	data_string(bench->data, "team", "North 3");
	data_string(data_item(data_list(bench->data, "rows")), "id", "inner");
	add(bench, "a.txt", "{{#rows}}{{id}} {{team}}{{/rows}} {{id}}");
	assert_string_equal(render(bench, "a.txt"), "inner North 3 outer");
}

static void a_tag_alone_on_its_line_leaves_no_line(void **state)
{
	struct bench *bench = *state;
	struct data *rows = data_list(bench->data, "rows");
	data_string(data_item(rows), "id", "C1");
	data_string(data_item(rows), "id", "C2");
	add(bench, "a.txt", "begin\n{{! why }}\n  {{#rows}}  \n* {{id}}\n  {{/rows}}\nend {{#rows}}\nx\n{{/rows}}\r\n");
	assert_string_equal(render(bench, "a.txt"), "begin\n* C1\n* C2\nend \nx\n\nx\n");
}

static void a_partial_comes_from_beside_with_its_indent(void **state)
{
	struct bench *bench = *state;
	data_string(bench->data, "id", "C1");
	add(bench, "foot.txt", "one {{id}}\ntwo\n");
	add(bench, "foot.html", "<p>");
	add(bench, "a.txt", "top\n  {{> foot}}\n{{>foot}}end");
	assert_string_equal(render(bench, "a.txt"), "top\n  one C1\n  two\none C1\ntwo\nend");
}

static void an_unknown_name_is_said_with_its_line(void **state)
{
	struct bench *bench = *state;
	add(bench, "a.txt", "one\ntwo {{agee}}\n");
	assert_int_equal(template_render(bench->set, "a.txt", bench->data, &bench->out, &bench->fault),
	                 RESULT_PERMANENT);
	assert_string_equal(bench->fault.text, "a.txt:2: agee: there is no such name here");
}

static void the_check_finds_a_misspelt_name_in_a_branch_the_sample_does_not_take(void **state)
{
	struct bench *bench = *state;
	data_flag(bench->data, "late", false);
	data_string(bench->data, "id", "C1");
	add(bench, "part.txt", "{{idd}}");
	add(bench, "a.txt", "{{#late}}{{> part}}{{/late}}");
	assert_string_equal(render(bench, "a.txt"), "");
	assert_int_equal(template_check(bench->set, "a.txt", bench->data, &bench->fault), RESULT_PERMANENT);
	assert_string_equal(bench->fault.text, "part.txt:1: idd: no message of this kind has such a name");
	add(bench, "b.txt", "{{#late}}{{id}}{{/late}}");
	assert_int_equal(template_check(bench->set, "b.txt", bench->data, &bench->fault), RESULT_OK);
}

static void what_does_not_parse_is_refused_with_its_line(void **state)
{
	struct bench *bench = *state;
	expect_refused(bench, "a\n{{#rows}}\nb", "x.html:2: the section {{#rows}} is never closed");
	expect_refused(bench, "a\n{{/rows}}", "x.html:2: {{/rows}} closes a section that is not open");
	expect_refused(bench, "{{#a}}{{#b}}{{/a}}{{/b}}", "close that one first");
	expect_refused(bench, "a\n\n{{id", "x.html:3: a tag is opened with {{ and never closed");
	expect_refused(bench, "{{{id}}", "never closed with }}}");
	expect_refused(bench, "{{Child Id}}", "is not a name");
	expect_refused(bench, "{{}}", "is not a name");
	expect_refused(bench, "{{=<% %>=}}", "is not a name");
}

static void depth_is_bounded(void **state)
{
	struct bench *bench = *state;
	struct buffer deep = {0};
	for (int i = 0; i <= TEMPLATE_DEPTH; i++)
		buffer_string(&deep, "{{#a}}");
	expect_refused(bench, buffer_cstr(&deep), "sections inside one another");
	buffer_free(&deep);
	data_flag(bench->data, "a", true);
	add(bench, "ring.txt", "{{> ring}}");
	assert_int_equal(template_render(bench->set, "ring.txt", bench->data, &bench->out, &bench->fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(bench->fault.text, "ring"));
}

static void a_list_is_not_a_text(void **state)
{
	struct bench *bench = *state;
	data_list(bench->data, "rows");
	add(bench, "a.txt", "{{rows}}");
	assert_int_equal(template_render(bench->set, "a.txt", bench->data, &bench->out, &bench->fault),
	                 RESULT_PERMANENT);
	assert_non_null(strstr(bench->fault.text, "use it as a section"));
}

static void write_file(const char *directory, const char *name, const char *content)
{
	char path[256];
	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *stream = fopen(path, "we");
	assert_non_null(stream);
	assert_true(fputs(content, stream) >= 0);
	assert_int_equal(fclose(stream), 0);
}

static void a_directory_is_loaded_whole_or_not_at_all(void **state)
{
	struct bench *bench = *state;
	char directory[] = "/tmp/templates-XXXXXX";
	assert_non_null(mkdtemp(directory));
	write_file(directory, "a.txt.mustache", "{{> b}}");
	write_file(directory, "README", "{{#not a template");
	assert_null(template_load(directory, &bench->fault));
	assert_non_null(strstr(bench->fault.text, "a.txt.mustache:1: there is no template b.txt.mustache"));
	write_file(directory, "b.txt.mustache", "\xEF\xBB\xBF \n");
	assert_null(template_load(directory, &bench->fault));
	assert_non_null(strstr(bench->fault.text, "b.txt.mustache:1: empty; write what it says"));
	write_file(directory, "b.txt.mustache", "b\ncaf\xE9");
	assert_null(template_load(directory, &bench->fault));
	assert_non_null(strstr(bench->fault.text, "b.txt.mustache:2: byte 0xE9 is not UTF-8"));
	write_file(directory, "b.txt.mustache", "\xEF\xBB\xBF" "b");
	unlisted = true;
	assert_null(template_load(directory, &bench->fault));
	unlisted = false;
	assert_non_null(strstr(bench->fault.text, ": cannot be read: "));
	struct template_set *set = template_load(directory, &bench->fault);
	assert_non_null(set);
	assert_true(template_has(set, "a.txt"));
	assert_false(template_has(set, "README"));
	template_free(set);
	assert_null(template_load("/nonexistent", &bench->fault));
	char command[256];
	(void)snprintf(command, sizeof command, "%s/a.txt.mustache", directory);
	unlink(command);
	(void)snprintf(command, sizeof command, "%s/b.txt.mustache", directory);
	unlink(command);
	(void)snprintf(command, sizeof command, "%s/README", directory);
	unlink(command);
	rmdir(directory);
}

/* Random bytes made of the signs that matter: nothing crashes, and what parses renders or says why not. */
static void any_source_parses_or_is_refused(void **state)
{
	struct bench *bench = *state;
	unsigned seed = 20200205;
	print_message("seed %u\n", seed);
	static const char *const pieces[] = {"{{", "}}", "{", "}", "#",  "^",      "/",     ">",
	                                     "!",  "a",  "b", " ", "\n", "{{#a}}", "{{/a}}"};
	data_flag(bench->data, "a", true);
	data_string(bench->data, "b", "x");
	for (int round = 0; round < 20000; round++) {
		struct buffer source = {0};
		int count = rand_r(&seed) % 24;
		for (int i = 0; i < count; i++)
			buffer_string(&source, pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
		struct template_set *set = template_new();
		bench->fault.text[0] = '\0';
		enum result result = template_add(set, "f.txt", buffer_view(&source), &bench->fault);
		if (result == RESULT_OK) {
			buffer_clear(&bench->out);
			result = template_render(set, "f.txt", bench->data, &bench->out, &bench->fault);
		}
		assert_true(result == RESULT_OK || bench->fault.text[0]);
		template_free(set);
		buffer_free(&source);
	}
}

/* An id or a name in one word would push a page off the phone; <wbr> is a place where its line may end. */
static void in_what_is_long_and_has_no_blank_a_line_may_end(void **state)
{
	struct bench *bench = *state;
	static const struct {
		const char *value, *rendered;
	} cases[] = {
		{"A child is looked after under the responsibilities of Middlesbrough",
	         "A child is looked after under the responsibilities of Middlesbrough"},
		{"short-id-12345678901", "short-id-12345678901"}, /* as long as words may be */
		{"custody.bail-refused-overnight", "custody.bail-refused-overnight"},
		{"Placement ABCDEFGHIJKLMNOPQRSTU now", "Placement ABCDEFGH<wbr>IJKLMNOP<wbr>QRSTU now"},
		{"3f2504e0-4f89-41d3-9a0c-0305e82c3301",
	         "3f2504e0-<wbr>4f89-<wbr>41d3-<wbr>9a0c-<wbr>0305e82c<wbr>3301"},
		{"https://council.example/children?id=1&of=2",
	         "https:<wbr>//council.<wbr>example/<wbr>children?<wbr>id=1&amp;<wbr>of=2"},
		{"&&&&&&&&&&&&&&&&&&&&&&&&",
	         "&amp;&amp;&amp;&amp;<wbr>&amp;&amp;&amp;&amp;<wbr>&amp;&amp;&amp;&amp;<wbr>&amp;&amp;&amp;&amp;<wbr>"
	         "&amp;&amp;&amp;&amp;<wbr>&amp;&amp;&amp;&amp;"},
		{"\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"
	         "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251",
	         "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251<wbr>\303\251\303\251\303\251\303\251"
	         "\303\251\303\251\303\251\303\251<wbr>\303\251\303\251\303\251\303\251\303\251"},
	};
	add(bench, "a.html", "<p>{{v}}</p>");
	add(bench, "a.txt", "{{v}}");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char wanted[400];
		data_string(bench->data, "v", cases[i].value);
		(void)snprintf(wanted, sizeof wanted, "<p>%s</p>", cases[i].rendered);
		assert_string_equal(render(bench, "a.html"), wanted);
		assert_string_equal(render(bench, "a.txt"), cases[i].value);
	}
}

/* What is no word of the page is as it was given: an address that is followed, what a form sends, a title. */
static void within_a_tag_a_comment_a_title_or_a_field_nothing_is_put(void **state)
{
	struct bench *bench = *state;
	static const char *const places[] = {"<a href=\"%s\">x</a>",
	                                     "<input title='>' value=\"%s\">",
	                                     "<title>%s</title>",
	                                     "<!-- Subject: <b>%s</b> -->",
	                                     "<textarea name=\"note\">%s</textarea>",
	                                     "<option value=\"1\">%s</option>"};
	data_string(bench->data, "v", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	data_flag(bench->data, "yes", true);
	/* As it stands there, and included there from another file. */
	for (size_t i = 0; i < 2 * (sizeof places / sizeof *places); i++) {
		const char *where = places[i / 2], *what = i % 2 ? "{{> v}}" : "{{v}}";
		struct template_set *set = template_new();
		struct buffer source = {0}, wanted = {0}, out = {0};
		buffer_string(&source, "{{#yes}}");
		buffer_string(&source, where);
		buffer_string(&source, "{{/yes}}<p>{{v}}</p>");
		char *at = strstr(buffer_cstr(&source), "%s");
		at[0] = '\0';
		struct buffer whole = {0};
		buffer_format(&whole, "%s%s%s", source.at, what, at + 2);
		buffer_string(&wanted, where);
		at = strstr(buffer_cstr(&wanted), "%s");
		at[0] = '\0';
		struct buffer expected = {0};
		buffer_format(&expected, "%sABCDEFGHIJKLMNOPQRSTUVWXYZ%s"
		              "<p>ABCDEFGH<wbr>IJKLMNOP<wbr>QRSTUVWX<wbr>YZ</p>",
		              wanted.at, at + 2);
		assert_int_equal(template_add(set, "v.html", TEXT("{{v}}"), &bench->fault), RESULT_OK);
		assert_int_equal(template_add(set, "a.html", buffer_view(&whole), &bench->fault), RESULT_OK);
		assert_int_equal(template_render(set, "a.html", bench->data, &out, &bench->fault), RESULT_OK);
		assert_string_equal(buffer_cstr(&out), buffer_cstr(&expected));
		template_free(set);
		buffer_free(&source);
		buffer_free(&wanted);
		buffer_free(&whole);
		buffer_free(&expected);
		buffer_free(&out);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_value_is_escaped_in_html_and_left_alone_when_asked),
		T(an_apostrophe_and_a_no_break_space_are_written_as_the_reference_writes_them),
		T(a_value_cannot_make_a_line_of_its_own_nor_turn_the_text_round),
		T(in_what_is_long_and_has_no_blank_a_line_may_end),
		T(within_a_tag_a_comment_a_title_or_a_field_nothing_is_put),
		T(sections_follow_flags_texts_lists_and_maps),
		T(what_is_shared_is_the_same_in_each_map),
		T(an_inner_name_hides_the_outer_one),
		T(a_tag_alone_on_its_line_leaves_no_line),
		T(a_partial_comes_from_beside_with_its_indent),
		T(an_unknown_name_is_said_with_its_line),
		T(the_check_finds_a_misspelt_name_in_a_branch_the_sample_does_not_take),
		T(what_does_not_parse_is_refused_with_its_line),
		T(depth_is_bounded),
		T(a_list_is_not_a_text),
		T(a_directory_is_loaded_whole_or_not_at_all),
		T(any_source_parses_or_is_refused),
	};
	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
