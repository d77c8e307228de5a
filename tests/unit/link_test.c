/* Links by which people answer: whose they are, how long they hold, and that nobody else makes one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "message/brief.h"
#include "message/link.h"
#include "text/gsm7.h"

#define OLD_KEY "0123456789abcdef0123456789abcdef"
#define NEW_KEY "fedcba9876543210fedcba9876543210"
#define NOW (1580868840 * SECOND) /* 2020-02-05T02:14:00Z */

static const struct outbox_row director = {.id = 17, .alert = TEXT_LITERAL("00000000000000aa"),
                                           .person = TEXT_LITERAL("p-director"), .role = TEXT_LITERAL("director"),
                                           .step = 1};

static struct link_keys *keys_of(const char *lines)
{
	struct fault fault = {0};
	struct link_keys *keys = link_keys_of(text_of(lines), &fault);
	if (!keys)
		fail_msg("%s", fault.text);
	return keys;
}

static enum link_verdict checked(const struct link_keys *keys, const char *token, const struct outbox_row *row,
                                 instant now)
{
	return link_check(keys, text_of(token), row, now);
}

static void a_link_fits_the_message_it_was_made_for_alone(void **state)
{
	struct link_keys *keys = keys_of(OLD_KEY);
	char token[LINK_TOKEN_SIZE];
	struct outbox_row others[5] = {director, director, director, director, director};
	(void)state;
	link_make(keys, &director, NOW, token);
	assert_int_equal(strlen(token), LINK_TOKEN_LENGTH);
	assert_int_equal(checked(keys, token, &director, NOW), LINK_GOOD);
	others[0].alert = TEXT("00000000000000ab");
	others[1].person = TEXT("p-dcs");
	others[2].role = TEXT("dcs");
	others[3].step = 2;
	others[4].id = 18;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(checked(keys, token, &others[i], NOW), LINK_BAD);
	link_keys_free(keys);
}

static void no_two_messages_share_one_writing(void **state)
{
	struct link_keys *keys = keys_of(OLD_KEY);
	char token[LINK_TOKEN_SIZE];
	struct outbox_row one = director, other = director;
	(void)state;
	one.person = TEXT("p-a");
	one.role = TEXT("director");
	other.person = TEXT("p-ad");
	other.role = TEXT("irector");
	link_make(keys, &one, NOW, token);
	assert_int_equal(checked(keys, token, &other, NOW), LINK_BAD);
	link_keys_free(keys);
}

static void a_link_with_one_character_changed_is_none(void **state)
{
	struct link_keys *keys = keys_of(OLD_KEY);
	char token[LINK_TOKEN_SIZE], changed[LINK_TOKEN_SIZE];
	(void)state;
	link_make(keys, &director, NOW, token);
	for (size_t i = 0; i < LINK_TOKEN_LENGTH; i++)
		for (char c = '!'; c <= 'z'; c++) {
			memcpy(changed, token, sizeof token);
			changed[i] = c;
			if (c != token[i])
				assert_int_equal(checked(keys, changed, &director, NOW), LINK_BAD);
		}
	link_keys_free(keys);
}

static void what_is_no_token_names_no_row(void **state)
{
	static const char *const none[] = {"", "a", "B2T6FN", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAA",
	                                   "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAA/",
	                                   "../../../../etc/passwd00"};
	int64_t row;
	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(link_row(text_of(none[i]), &row));
}

static void a_link_holds_for_thirty_days(void **state)
{
	struct link_keys *keys = keys_of(OLD_KEY);
	char token[LINK_TOKEN_SIZE];
	(void)state;
	link_make(keys, &director, NOW, token);
	assert_int_equal(checked(keys, token, &director, NOW + LINK_HOLDS), LINK_GOOD);
	assert_int_equal(checked(keys, token, &director, NOW + LINK_HOLDS + HOUR), LINK_EXPIRED);
	link_keys_free(keys);
}

static void a_key_is_replaced_without_a_gap(void **state)
{
	struct link_keys *before = keys_of(OLD_KEY "\n"), *both = keys_of(NEW_KEY "\n" OLD_KEY "\n"),
	                 *after = keys_of(NEW_KEY);
	char old[LINK_TOKEN_SIZE], new[LINK_TOKEN_SIZE];
	(void)state;
	link_make(before, &director, NOW, old);
	link_make(both, &director, NOW, new);
	assert_string_not_equal(old, new);
	assert_int_equal(checked(both, old, &director, NOW), LINK_GOOD);
	assert_int_equal(checked(both, new, &director, NOW), LINK_GOOD);
	assert_int_equal(checked(after, new, &director, NOW), LINK_GOOD);
	assert_int_equal(checked(after, old, &director, NOW), LINK_BAD);
	link_keys_free(before);
	link_keys_free(both);
	link_keys_free(after);
}

static void keys_that_are_no_keys_are_refused_with_what_to_do(void **state)
{
	static const char *const bad[] = {"", "\n\n", "short", OLD_KEY "\n" NEW_KEY "\n" OLD_KEY};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fault fault = {0};
		assert_null(link_keys_of(text_of(bad[i]), &fault));
		assert_non_null(strstr(fault.text, "openssl rand -base64 36"));
	}
}

/* Whatever the row and the time: in the alphabet of texts, one character each, ending in a letter; and with the longest
 * base that answer-url may be it is what a text has room for. */
static void every_link_fits_a_text(void **state)
{
	struct link_keys *keys = keys_of(OLD_KEY);
	char token[LINK_TOKEN_SIZE];
	struct outbox_row row = director;
	(void)state;
	for (int i = 0; i < 2000; i++) {
		row.id = (int64_t)i * 499979 + (i % 7 ? 0 : INT64_C(0xff00000000));
		link_make(keys, &row, NOW + i * HOUR, token);
		assert_int_equal(gsm7_length(text_of(token)), LINK_TOKEN_LENGTH);
		char last = token[LINK_TOKEN_LENGTH - 1];
		assert_true((last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z'));
		assert_int_equal(checked(keys, token, &row, NOW), LINK_GOOD);
	}
	assert_int_equal(42 + LINK_TOKEN_LENGTH, BRIEF_LINK_MOST);
	link_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_fits_the_message_it_was_made_for_alone),
		cmocka_unit_test(no_two_messages_share_one_writing),
		cmocka_unit_test(a_link_with_one_character_changed_is_none),
		cmocka_unit_test(what_is_no_token_names_no_row),
		cmocka_unit_test(a_link_holds_for_thirty_days),
		cmocka_unit_test(a_key_is_replaced_without_a_gap),
		cmocka_unit_test(keys_that_are_no_keys_are_refused_with_what_to_do),
		cmocka_unit_test(every_link_fits_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
