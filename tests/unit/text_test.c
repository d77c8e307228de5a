/* Numbers are written by hand as printf writes them, and buffers hold what was put into them, whatever their room. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

static uint64_t state = 20261128;

/* Of every length of digits, not only the longest. */
static uint64_t next_number(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> (state % 64);
}

static void numbers_are_written_as_printf_writes_them(void **unused)
{
	(void)unused;
	static const int64_t edges[] = {0,     1,  9,  10,  99,   100,       101,      999,
	                                12345, -1, -9, -10, -100, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < 20000; i++) {
		int64_t number = i < sizeof edges / sizeof *edges ? edges[i] : (int64_t)next_number();
		char expected[64], hex[17];
		struct buffer out = {0};
		buffer_number(&out, number);
		(void)snprintf(expected, sizeof expected, "%" PRId64, number);
		assert_string_equal(buffer_cstr(&out), expected);
		buffer_clear(&out);
		buffer_padded(&out, (uint64_t)number, i % 21);
		(void)snprintf(expected, sizeof expected, "%0*" PRIu64, (int)(i % 21), (uint64_t)number);
		assert_string_equal(buffer_cstr(&out), expected);
		text_hex((uint64_t)number, hex);
		hex[16] = '\0';
		(void)snprintf(expected, sizeof expected, "%016" PRIx64, (uint64_t)number);
		assert_string_equal(hex, expected);
		buffer_free(&out);
	}
}

static void two_digits_are_always_two(void **unused)
{
	(void)unused;
	for (unsigned number = 0; number < 100; number++) {
		char two[3] = "", expected[16];
		text_two_digits(number, two);
		(void)snprintf(expected, sizeof expected, "%02u", number);
		assert_string_equal(two, expected);
	}
}

static void a_buffer_holds_what_was_put_into_it_and_ends_in_nul(void **unused)
{
	(void)unused;
	char expected[4096];
	size_t length = 0;
	struct buffer out = {0};
	assert_string_equal(buffer_cstr(&out), "");
	struct buffer made = {.at = memset(mem_alloc(4), 'x', 4), .room = 4}; /* as memory is found */
	(void)buffer_room(&made, 4000);
	assert_string_equal(buffer_cstr(&made), "");
	buffer_free(&made);
	while (length < sizeof expected - 40) {
		size_t more = (size_t)next_number() % 40;
		memset(expected + length, (char)('a' + more % 26), more);
		if (more == 1)
			buffer_char(&out, expected[length]);
		else
			buffer_add(&out, expected + length, more);
		length += more;
		expected[length] = '\0';
		assert_int_equal(out.length, length);
		assert_true(out.room > out.length);
		assert_string_equal(buffer_cstr(&out), expected);
	}
	buffer_free(&out);
}

static void columns_are_characters_and_not_bytes(void **world)
{
	(void)world;
	struct buffer out = {0};
	assert_int_equal(text_columns(TEXT("")), 0);
	assert_int_equal(text_columns(TEXT("Épée-à-1")), 8);
	buffer_fill(&out, 0, 0);
	buffer_fill(&out, 0, 2);
	buffer_string(&out, "Épée");
	buffer_fill(&out, 2, 6);
	assert_string_equal(buffer_cstr(&out), "  Épée  ");
	buffer_fill(&out, 2, 5); /* it takes more already */
	assert_string_equal(buffer_cstr(&out), "  Épée  ");
	buffer_free(&out);
}

/* A title in a block of YAML ("title: |") ends in a newline, and stood in a subject with it. */
static void a_heading_is_one_line_however_it_was_broken(void **unused)
{
	static const struct {
		const char *given, *line;
	} cases[] = {
		{"", ""},          {" \n", ""},           {"A title", "A title"}, {"A title\n", "A title"},
		{"\n A\n  B\r\n\r\nC ", "A B C"}, {"A  B\tC", "A  B\tC"},    {"A \n", "A"},
	};
	struct arena *arena = arena_new(1024);
	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(text_one_line(arena, text_of(cases[i].given)), cases[i].line);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_as_printf_writes_them),
		cmocka_unit_test(two_digits_are_always_two),
		cmocka_unit_test(a_buffer_holds_what_was_put_into_it_and_ends_in_nul),
		cmocka_unit_test(columns_are_characters_and_not_bytes),
		cmocka_unit_test(a_heading_is_one_line_however_it_was_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
