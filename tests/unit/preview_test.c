/* What a lock screen shows of a mail: its first 256 characters, blanks as one, of HTML only what is read. */
#include "text/preview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void expect(bool html, const char *part, const char *shown)
{
	struct buffer out = {0};
	if (html)
		preview_of_html(text_of(part), &out);
	else
		preview_of_text(text_of(part), &out);
	assert_string_equal(buffer_cstr(&out), shown);
	buffer_free(&out);
}

static void blanks_count_as_one(void **state)
{
	(void)state;
	expect(false, "\n\nOFFICIAL\n\n  A\t\tB  ", "OFFICIAL A B");
}

static void of_html_only_what_is_read_counts(void **state)
{
	(void)state;
	expect(true, "<head><title>C1</title></head><!-- C2 --><body class=\"C3\"><p>A&nbsp;&amp;</p><p>B&rsquo;s</p>",
	       "A & B's");
}

/* A place where a line may end parts no word: the child would be shown and not be found. */
static void a_place_where_a_line_may_end_is_within_a_word(void **state)
{
	(void)state;
	expect(true, "<body><p>3f2504e0-<wbr>4f89-<wbr>41d3</p> A<br>B", "3f2504e0-4f89-41d3 A B");
}

static void the_word_in_which_it_ends_is_whole(void **state)
{
	char text[400];
	struct buffer out = {0};
	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text + 250, " C10012345 C2", 13);
	preview_of_text((struct text){text, 263}, &out);
	assert_true(preview_names(buffer_view(&out), TEXT("C10012345"))); /* it begins within 256 */
	assert_false(preview_names(buffer_view(&out), TEXT("C2")));
	buffer_free(&out);
}

static void letters_count_and_not_bytes(void **state)
{
	struct buffer text = {0}, out = {0};
	(void)state;
	for (int i = 0; i < 255; i++)
		buffer_string(&text, "\xc3\xa9");
	buffer_string(&text, " C1");
	preview_of_text(buffer_view(&text), &out);
	assert_true(preview_names(buffer_view(&out),
	                          TEXT("C1"))); /* the blank is the 256th, and C1 the next: it ends a row */
	buffer_free(&text);
	buffer_free(&out);
}

static void a_part_of_a_longer_word_is_no_name(void **state)
{
	(void)state;
	assert_false(preview_names(TEXT("A-C1001"), TEXT("C100")));
	assert_true(preview_names(TEXT("child C1, AK"), TEXT("AK")));
	assert_false(preview_names(TEXT("MAKE"), TEXT("AK")));
	assert_false(preview_names(TEXT("x"), TEXT_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_count_as_one),
		cmocka_unit_test(a_place_where_a_line_may_end_is_within_a_word),
		cmocka_unit_test(of_html_only_what_is_read_counts),
		cmocka_unit_test(the_word_in_which_it_ends_is_whole),
		cmocka_unit_test(letters_count_and_not_bytes),
		cmocka_unit_test(a_part_of_a_longer_word_is_no_name),
	};
	return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
