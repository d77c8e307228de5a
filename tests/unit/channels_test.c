/* The kinds of address by which people are reached: each has all its words, and none passes for another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "people/channels.h"

static void each_kind_has_all_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		const struct channel_words *words = channel_words((enum channel_kind)i);
		assert_non_null(words->name);
		assert_non_null(words->key);
		assert_non_null(words->address);
		assert_non_null(words->example);
		assert_non_null(words->noun);
		assert_non_null(words->accepted);
		assert_non_null(words->is_address);
	}
}

static void no_two_kinds_are_called_alike(void **state)
{
	(void)state;
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		enum channel_kind found;
		const char *name = channel_name((enum channel_kind)i);
		assert_true(channel_called(text_of(name), &found));
		assert_int_equal(found, i);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(channel_words((enum channel_kind)i)->key,
			                        channel_words((enum channel_kind)k)->key);
	}
	enum channel_kind kind = CHANNEL_WEBHOOK;
	assert_false(channel_called(TEXT("fax"), &kind));
	assert_int_equal(kind, CHANNEL_WEBHOOK);
}

/* What a fault tells people to write must be right, or they are told so again. */
static void the_example_of_each_kind_is_an_address_of_it(void **state)
{
	(void)state;
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		const struct channel_words *words = channel_words((enum channel_kind)i);
		const char *why = "";
		struct text example = text_of(words->example);
		if (example.at[0] == '"')
			example = (struct text){example.at + 1, example.length - 2};
		assert_true(words->is_address(example, &why));
		assert_false(words->is_address(TEXT(""), &why));
		assert_true(why && why[0]);
	}
}

static void what_a_kind_needs_is_an_option_that_there_is(void **state)
{
	(void)state;
	size_t count, needed = 0;
	const struct config_option *options = config_options(&count);
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		const struct channel_words *words = channel_words((enum channel_kind)i);
		for (size_t n = 0; n < CHANNEL_OPTIONS && words->options[n]; n++, needed++) {
			bool found = false;
			for (size_t k = 0; k < count && !found; k++)
				found = strcmp(options[k].name, words->options[n]) == 0;
			assert_true(found);
		}
	}
	assert_true(needed > 0);
}

/* Ops are told by letter, and a list goes by nothing else. */
static void something_carries_letters(void **state)
{
	(void)state;
	size_t letters = 0;
	for (int i = 0; i < CHANNEL_KINDS; i++)
		letters += channel_form((enum channel_kind)i) == CHANNEL_LETTER;
	assert_true(letters > 0);
}

/* A row written by another version: nobody is told of a mail server that there was not. */
static void a_kind_that_is_not_known_has_words_that_hold_for_any(void **state)
{
	(void)state;
	assert_string_equal(channel_words_called(TEXT("pager"))->accepted, "accepted");
	assert_string_equal(channel_words_called(TEXT("pager"))->noun, "message");
	assert_ptr_equal(channel_words_called(TEXT("")), channel_words(CHANNEL_EMAIL));
	assert_ptr_equal(channel_words_called(TEXT("text")), channel_words(CHANNEL_TEXT));
}

static void each_word_against_an_address_says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		enum channel_kind kind;
		const char *address, *why;
	} bad[] = {
		{CHANNEL_TEXT, "12", "it has fewer than 3 digits"},
		{CHANNEL_TEXT, "01632 96 01 23 45 67 89 01", "it has more than 24 characters"},
		{CHANNEL_TEXT, "+44 7700 9001231234", "it has more than the 15 digits that a number can have"},
		{CHANNEL_TEXT, "077009001237700900123", "it has more than the 15 digits that a number can have"},
		{CHANNEL_TEXT, "07700+900123", "it holds more than digits, blanks and a plus before them"},
		{CHANNEL_WEBHOOK, "ftp://a.example", "it does not begin with https:// or http://"},
		{CHANNEL_WEBHOOK, "https://", "it does not begin with https:// or http://"},
		{CHANNEL_WEBHOOK, "https://a b", "it holds a space, a control character or a letter outside ASCII"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *why = NULL;
		assert_false(channel_words(bad[i].kind)->is_address(text_of(bad[i].address), &why));
		assert_string_equal(why, bad[i].why);
	}
	char long_one[2100] = "https://";
	const char *why = NULL;
	memset(long_one + 8, 'a', 2041);
	assert_false(channel_words(CHANNEL_WEBHOOK)->is_address(text_of(long_one), &why));
	assert_string_equal(why, "it has more than 2048 characters");
	long_one[2048] = '\0';
	assert_true(channel_words(CHANNEL_WEBHOOK)->is_address(text_of(long_one), &why));
	assert_true(channel_words(CHANNEL_TEXT)->is_address(TEXT("+44 7700 900123"), &why));
	assert_true(channel_words(CHANNEL_TEXT)->is_address(TEXT("+123456789012345"), &why));
	assert_true(channel_words(CHANNEL_TEXT)->is_address(TEXT("00123456789012345"), &why)); /* dialled so */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_all_its_words),
		cmocka_unit_test(no_two_kinds_are_called_alike),
		cmocka_unit_test(the_example_of_each_kind_is_an_address_of_it),
		cmocka_unit_test(what_a_kind_needs_is_an_option_that_there_is),
		cmocka_unit_test(something_carries_letters),
		cmocka_unit_test(a_kind_that_is_not_known_has_words_that_hold_for_any),
		cmocka_unit_test(each_word_against_an_address_says_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
