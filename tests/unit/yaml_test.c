/* A configuration file is read whole, with the place of everything, or refused with the place of what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/yaml.h"

/* All faults as "line:column text", one a line. */
static void all_of(const struct config_faults *faults, struct buffer *out)
{
	buffer_clear(out);
	for (size_t i = 0; i < faults->count; i++)
		buffer_format(out, "%s%d:%d %s", i ? "\n" : "", faults->items[i].line, faults->items[i].column,
		              faults->items[i].text);
}

static void assert_refused(struct text bytes, const char *expected)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	assert_null(yaml_tree_parse("x.yaml", bytes, &faults));
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said), expected);
	assert_string_equal(faults.items[0].file, "x.yaml");
	buffer_free(&said);
	config_faults_free(&faults);
}

static struct yaml_tree *parsed(const char *source)
{
	struct config_faults faults = {0};
	struct yaml_tree *tree = yaml_tree_parse("x.yaml", text_of(source), &faults);
	if (!tree)
		print_error("%s\n", faults.items[0].text);
	assert_non_null(tree);
	config_faults_free(&faults);
	return tree;
}

static void a_tree_knows_where_everything_stood(void **state)
{
	(void)state;
	struct yaml_tree *tree = parsed("# a comment\n"
	                                "rules:\n"
	                                "  - id: missing.vpg-referral\n"
	                                "    tell: [vpg-chair, 'social-worker']\n");
	const struct yaml_node *rules = yaml_get(yaml_tree_root(tree), "rules");
	assert_int_equal(rules->kind, YAML_LIST);
	assert_int_equal(rules->count, 1);
	const struct yaml_node *id = yaml_get(rules->items[0], "id");
	assert_string_equal(id->text.at, "missing.vpg-referral");
	assert_int_equal(id->line, 3);
	assert_int_equal(id->column, 9);
	assert_string_equal(id->file, "x.yaml");
	const struct yaml_node *tell = yaml_get(rules->items[0], "tell");
	assert_int_equal(yaml_list_count(tell), 2);
	assert_string_equal(yaml_list_item(tell, 1)->text.at, "social-worker");
	assert_false(yaml_list_item(tell, 1)->plain);
	assert_null(yaml_get(rules->items[0], "no-such"));
	assert_null(yaml_get(id, "id"));
	yaml_tree_free(tree);
}

static void one_thing_stands_for_a_list_of_one(void **state)
{
	(void)state;
	struct yaml_tree *tree = parsed("stop: rhi.completed\nnone:\n");
	const struct yaml_node *stop = yaml_get(yaml_tree_root(tree), "stop");
	assert_int_equal(yaml_list_count(stop), 1);
	assert_string_equal(yaml_list_item(stop, 0)->text.at, "rhi.completed");
	assert_int_equal(yaml_list_count(yaml_get(yaml_tree_root(tree), "none")), 0);
	assert_int_equal(yaml_list_count(NULL), 0);
	yaml_tree_free(tree);
}

static void what_a_reviewer_could_misread_is_refused(void **state)
{
	(void)state;
	assert_refused(TEXT("a: &x 1\n"), "1:4 anchors (&) are not used here; write the value out");
	assert_refused(TEXT("a: *x\n"), "1:4 aliases (*) are not used here; write the value out, or quote it");
	assert_refused(TEXT("a: !!str 1\n"), "1:4 tags (!) are not used here; write the plain value");
	assert_refused(TEXT("a: 1\n---\nb: 2\n"), "2:1 a second document (---) begins here; one file holds one");
	assert_refused(TEXT("a: 1\nb: 2\na: 3\n"), "3:1 \"a\" stands here a second time (first on line 1); keep one");
	assert_refused(TEXT("[a]: 1\n"), "1:1 a key must be a word");
	assert_refused(TEXT("a: \"x\\0y\"\n"), "1:4 a control character in a value; remove it");
	assert_refused(TEXT("a: \"x\\x1by\"\n"), "1:4 a control character in a value; remove it");
#define CURLY "stands here, as word processors put it; write a straight one "
#define NO_BREAK                                                                                                       \
	"a no-break space (it looks like a space and is none) stands here, as word processors put it; write a space"
	assert_refused(TEXT("a: \xe2\x80\x9cx\xe2\x80\x9d\nb: {c: \xe2\x80\x98x\xe2\x80\x99}\n"),
	               "1:4 a curly quote (\xe2\x80\x9c) " CURLY "(\" or ')\n"
	               "2:8 a curly quote (\xe2\x80\x98) " CURLY "(' or \")");
	assert_refused(TEXT("a:\xc2\xa0x\n"), "1:3 " NO_BREAK);
	assert_refused(TEXT("a: {b:\xc2\xa0x}\n"), "1:7 " NO_BREAK);
	assert_refused(TEXT("a: 1\nb:\xc2\xa0x\nc: 2\n"),
	               "2:1 a key without its colon; write \"key: value\". A no-break space stands in this line, which "
	               "looks like a space and is none: type it anew");
	assert_refused(TEXT("a: \xe2\x80\x9cx: y\xe2\x80\x9d\n"),
	               "1:4 a curly quote (\xe2\x80\x9c) " CURLY "(\" or ')\n"
	               "1:6 a colon where no key can stand; put a value that holds \": \" in quotes, or check how this "
	               "line and the one before are indented. A curly quote stands in this line: if it is meant to "
	               "open a value, write a straight one");
	assert_refused(TEXT(""), "1:1 empty; it must hold a mapping of names to values");
	assert_refused(TEXT("# nothing\n"), "1:1 empty; it must hold a mapping of names to values");
}

static void bad_yaml_is_said_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *said;
	} cases[] = {
		{"a: [1, 2\nb: 3\n",
	         "1:4 the list that opens here with [ is not closed, or lacks a comma; put a comma between its items "
	         "and ] at its end"},
		{"a: {b: 1\n",
	         "1:4 the mapping that opens here with { is not closed, or lacks a comma; put a comma between its "
	         "members and } at its end"},
		{"a: 'x\n",
	         "1:4 the quote that opens here is never closed; close it (within single quotes a quote is written "
	         "twice: 'it''s')"},
		{"a: 'x\n---\n",
	         "1:4 the quote that opens here is never closed; close it before the line that begins with --- or "
	         "..."},
		{"a: 'it's'\n",
	         "1:8 this follows neither as a key nor as part of the value before it; indent keys of one mapping "
	         "alike, and put a value that holds quotes in quotes as a whole"},
		{"a: \"\\q\"\n",
	         "1:5 a backslash in double quotes begins an escape, and this is none; use single quotes, or write "
	         "the backslash twice"},
		{"a: b: c\n",
	         "1:5 a colon where no key can stand; put a value that holds \": \" in quotes, or check how this line "
	         "and the one before are indented"},
		{"- a\nb: 1\n",
	         "2:1 this is not an item of the list above it; begin it with \"- \", or indent it as what it belongs "
	         "to"},
		{"a: - b\n", "1:4 a list's item cannot begin on the line of its key; begin it on the next line"},
		{"a: |\nx\n", "2:1 a key without its colon; write \"key: value\""},
		{"a: >x\n",
	         "1:5 after | or > the text begins on the next line; put a value that begins with one of them in "
	         "quotes"},
		{"a: 1\n...\nb\n",
	         "3:1 this stands after the end of what the file holds; one file holds one mapping, and its keys "
	         "begin in one column"},
		{"%YAML 3.0\n---\na: 1\n", "1:1 a % directive; remove the line"},
		{"a: @x\n", "1:4 a value cannot begin with @; put it in quotes"},
		{"\xc3\xa9: @x\n", "1:4 a value cannot begin with @; put it in quotes"},
		{"a:\n\t- b\n", "2:1 a tab; indent with spaces"},
		{"a: \xff\n",
	         "1:4 byte 0xFF is not UTF-8; save the file as UTF-8 (it may be Windows-1252 or Latin-1 now)"},
		{"x: 1\ny: \"\xc3\xa9\xe9\"\n",
	         "2:6 byte 0xE9 is not UTF-8; save the file as UTF-8 (it may be Windows-1252 or Latin-1 "
	         "now)"},
		{"\xff\xfe"
	         "a",
	         "1:1 the file is UTF-16; save it as UTF-8"},
		{"a: \x01\n", "1:4 a control character (0x01); remove it"},
		{"a: \xc2\x9b\n", "1:4 a control character (0x9B); remove it"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_refused(text_of(cases[i].bytes), cases[i].said);
}

static void what_is_not_used_here_and_what_is_half_written_is_said_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *said;
	} cases[] = {
		{"a: \"\\xzz\"\n",
	         "1:7 an escape such as \\x41 lacks its digits; use single quotes, or write the backslash twice"},
		{"a: |\n\tx\n", "2:1 a tab; indent with spaces"},
		{"a:\n  x\n\ty\n", "3:1 a tab; indent with spaces"},
		{"%FOO\n---\na: 1\n", "1:5 a % directive; remove the line"},
		{"%\n---\na: 1\n", "1:1 a % directive; remove the line"},
		{"a: !x!y z\n", "1:4 tags (!) are not used here; write the plain value"},
		{"a: !<x\n", "1:4 tags (!) are not used here; write the plain value"},
		{"a: *\n", "1:4 aliases (*) are not used here; write the value out, or quote it"},
		{"a: &\n", "1:4 anchors (&) are not used here; write the value out, or quote it"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_refused(text_of(cases[i].bytes), cases[i].said);
}

static void a_byte_order_mark_is_skipped(void **state)
{
	(void)state;
	struct yaml_tree *tree = parsed("\xef\xbb\xbf" "council: A\n");
	const struct yaml_node *council = yaml_get(yaml_tree_root(tree), "council");
	assert_int_equal(council->line, 1);
	assert_int_equal(council->column, 10);
	yaml_tree_free(tree);
}

/* Whatever bytes come: a tree, or faults that each name a line, a column and nothing of libyaml's. */
static void no_bytes_are_refused_without_a_place(void **state)
{
	(void)state;
	static const char alphabet[] = "a: -[]{},'\"|>&*!%@`#?\n\t \\\xc3\xa9\xff\x01z";
	unsigned random = 20260101;
	for (int round = 0; round < 20000; round++) {
		char bytes[24];
		struct config_faults faults = {0};
		size_t length = 1 + (random >> 8) % (sizeof bytes - 1);
		for (size_t i = 0; i < length; i++) {
			random = random * 1103515245 + 12345;
			bytes[i] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
		}
		struct yaml_tree *tree = yaml_tree_parse("x.yaml", (struct text){bytes, length}, &faults);
		assert_true(tree ? !faults.count : faults.count > 0);
		for (size_t i = 0; i < faults.count; i++) {
			assert_true(faults.items[i].line > 0 && faults.items[i].column > 0);
			assert_null(strstr(faults.items[i].text, "while "));
			assert_null(strstr(faults.items[i].text, "did not find"));
		}
		yaml_tree_free(tree);
		config_faults_free(&faults);
	}
}

static void size_and_depth_are_bounded(void **state)
{
	(void)state;
	struct buffer bytes = {0};
	for (int i = 0; i < 31; i++)
		buffer_char(&bytes, '[');
	buffer_char(&bytes, 'x');
	for (int i = 0; i < 31; i++)
		buffer_char(&bytes, ']');
	yaml_tree_free(parsed(buffer_cstr(&bytes)));
	buffer_clear(&bytes);
	for (int i = 0; i < 5000; i++)
		buffer_char(&bytes, '[');
	assert_refused(buffer_view(&bytes), "1:33 nested deeper than 32; flatten it");

	buffer_clear(&bytes);
	buffer_string(&bytes, "[");
	for (int i = 0; i < YAML_TREE_NODES; i++)
		buffer_string(&bytes, "a,\n");
	buffer_string(&bytes, "]");
	assert_refused(buffer_view(&bytes), "100000:1 more than 100000 values in one file; split it");

	buffer_clear(&bytes);
	while (bytes.length <= YAML_TREE_BYTES)
		buffer_string(&bytes, "# filler\n");
	assert_refused(buffer_view(&bytes), "1:1 larger than 1 MiB; split it");
	buffer_free(&bytes);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	assert_null(yaml_tree_read("/no/such.yaml", &faults));
	assert_string_equal(faults.items[0].file, "/no/such.yaml");
	assert_string_equal(faults.items[0].text, "cannot be opened: No such file or directory");
	config_faults_free(&faults);
}

static void an_unknown_key_comes_with_a_guess(void **state)
{
	(void)state;
	static const char *const keys[] = {"severity", "title", "basis", NULL};
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct yaml_tree *tree = parsed("sevrity: high\ntitle: x\nzzzzzz: 1\n");
	assert_false(yaml_check_keys(yaml_tree_root(tree), "a rule", keys, &faults));
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said),
	                    "1:1 a rule has no \"sevrity\"; did you mean \"severity\"?\n"
	                    "3:1 a rule has no \"zzzzzz\"; it may have severity, title or basis");
	config_faults_free(&faults);
	assert_false(yaml_check_keys(yaml_get(yaml_tree_root(tree), "title"), "a rule", keys, &faults));
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said), "2:8 a rule is text; write a mapping of names to values");
	yaml_tree_free(tree);
	buffer_free(&said);
	config_faults_free(&faults);
}

static void a_guess_is_near_or_none(void **state)
{
	(void)state;
	static const char *const words[] = {"placement.started", "placement.ended", "missing.started", "vpg"};
	assert_string_equal(config_spelling(TEXT("placment.started"), words, 4), "placement.started");
	assert_string_equal(config_spelling(TEXT("Missing_started"), words, 4), "missing.started");
	assert_string_equal(config_spelling(TEXT("vgp"), words, 4), "vpg");
	assert_null(config_spelling(TEXT("custody"), words, 4));
	assert_null(config_spelling(TEXT(""), words, 4));
}

static void values_are_read_or_refused_with_what_would_be_right(void **state)
{
	(void)state;
	static const char *const words[] = {"none", "starttls", "tls", NULL};
	struct yaml_tree *tree = parsed("port: 99999\n"
	                                "tls: starttsl\n"
	                                "on: yes\n"
	                                "within: 72 hour s\n"
	                                "from: 2026-02-30\n"
	                                "at: 7:30\n"
	                                "name: []\n"
	                                "empty:\n");
	const struct yaml_node *root = yaml_tree_root(tree);
	struct config_faults faults = {0};
	struct text text;
	int64_t number;
	size_t word;
	bool flag;
	struct duration duration;
	civil_day day;
	int minute;
	assert_false(yaml_read_integer(yaml_get(root, "port"), "port", 1, 65535, &number, &faults));
	assert_false(yaml_read_word(yaml_get(root, "tls"), "tls", words, &word, &faults));
	assert_false(yaml_read_bool(yaml_get(root, "on"), "on", &flag, &faults));
	assert_false(yaml_read_duration(yaml_get(root, "within"), "within", &duration, &faults));
	assert_false(yaml_read_date(yaml_get(root, "from"), "from", &day, &faults));
	assert_false(yaml_read_wall_time(yaml_get(root, "at"), "at", &minute, &faults));
	assert_false(yaml_read_text(yaml_get(root, "name"), "name", &text, &faults));
	assert_false(yaml_read_text(yaml_get(root, "empty"), "empty", &text, &faults));
	struct buffer said = {0};
	all_of(&faults, &said);
	assert_string_equal(
		buffer_cstr(&said),
		"1:7 port is \"99999\"; write a whole number from 1 to 65535\n"
		"2:6 tls is \"starttsl\"; write none, starttls or tls; did you mean \"starttls\"?\n"
		"3:5 on is \"yes\"; write true or false\n"
		"4:9 within is \"72 hour s\"; write a number and minutes, hours, days, working days, weeks, months or "
		"years, such as \"72 hours\" or \"1 working day\"\n"
		"5:7 from is \"2026-02-30\"; write a date such as 2026-04-01\n"
		"6:5 at is \"7:30\"; write a time of day from \"00:00\" to \"24:00\"\n"
		"7:7 name is a list; write text\n"
		"8:7 empty is nothing; write text");
	buffer_free(&said);
	yaml_tree_free(tree);
	config_faults_free(&faults);
}

static void good_values_come_through(void **state)
{
	(void)state;
	struct yaml_tree *tree =
		parsed("port: 587\nat: \"07:30\"\nend: \"24:00\"\nfrom: 2020-02-29\nwithin: 45 working days\n");
	const struct yaml_node *root = yaml_tree_root(tree);
	struct config_faults faults = {0};
	int64_t number;
	int minute;
	civil_day day;
	struct duration duration;
	assert_true(yaml_read_integer(yaml_get(root, "port"), "port", 1, 65535, &number, &faults));
	assert_int_equal(number, 587);
	assert_true(yaml_read_wall_time(yaml_get(root, "at"), "at", &minute, &faults));
	assert_int_equal(minute, 450);
	assert_true(yaml_read_wall_time(yaml_get(root, "end"), "end", &minute, &faults));
	assert_int_equal(minute, 1440);
	assert_true(yaml_read_date(yaml_get(root, "from"), "from", &day, &faults));
	assert_int_equal(day, day_of(2020, 2, 29));
	assert_true(yaml_read_duration(yaml_get(root, "within"), "within", &duration, &faults));
	assert_int_equal(duration.amount, 45);
	assert_int_equal(duration.unit, UNIT_WORKING_DAYS);
	assert_int_equal(faults.count, 0);
	yaml_tree_free(tree);
}

static void a_fault_inside_a_condition_points_into_it(void **state)
{
	(void)state;
	struct yaml_tree *tree = parsed("where: 'data.knd == \"m\"'\nplain: abc\n");
	struct config_faults faults = {0};
	yaml_fault_at(yaml_get(yaml_tree_root(tree), "where"), 5, &faults, "no such field");
	yaml_fault_at(yaml_get(yaml_tree_root(tree), "plain"), 1, &faults, "here");
	assert_int_equal(faults.items[0].column, 14);
	assert_int_equal(faults.items[1].column, 9);
	config_faults_free(&faults);
	yaml_tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_knows_where_everything_stood),
		cmocka_unit_test(one_thing_stands_for_a_list_of_one),
		cmocka_unit_test(what_a_reviewer_could_misread_is_refused),
		cmocka_unit_test(bad_yaml_is_said_with_its_place),
		cmocka_unit_test(what_is_not_used_here_and_what_is_half_written_is_said_with_its_place),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(no_bytes_are_refused_without_a_place),
		cmocka_unit_test(size_and_depth_are_bounded),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(an_unknown_key_comes_with_a_guess),
		cmocka_unit_test(a_guess_is_near_or_none),
		cmocka_unit_test(values_are_read_or_refused_with_what_would_be_right),
		cmocka_unit_test(good_values_come_through),
		cmocka_unit_test(a_fault_inside_a_condition_points_into_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
