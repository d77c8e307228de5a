/* What stands in the journal is read back as it was written, and whatever else stands there is refused with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cell/journal_record.h"

#define COUNCIL TEXT("ashford")

static struct journal_row row(unsigned char with)
{
	struct journal_row row;
	memset(row.at, with, sizeof row.at);
	return row;
}

static const struct journal_record own = {.kind = JOURNAL_OWN,
                                          .nonce = 0x0102030405060708u,
                                          .council = TEXT_LITERAL("ashford"),
                                          .owner = TEXT_LITERAL("amber")};

static struct journal_record intent(void)
{
	return (struct journal_record){.kind = JOURNAL_INTENT,
	                               .nonce = UINT64_MAX,
	                               .council = COUNCIL,
	                               .row = row(7),
	                               .message = row(9),
	                               .attempt = 70000};
}

static struct journal_record result(void)
{
	return (struct journal_record){.kind = JOURNAL_RESULT,
	                               .nonce = 1,
	                               .council = COUNCIL,
	                               .row = row(7),
	                               .attempt = UINT32_MAX,
	                               .what = JOURNAL_PERHAPS};
}

static enum journal_reading read_with(struct text bytes, struct fault *why)
{
	struct journal_record record;
	why->text[0] = '\0';
	enum journal_reading how = journal_record_read(bytes, COUNCIL, &record, why);
	if (how != JOURNAL_READ) {
		assert_int_equal(record.kind, 0);
		assert_true(why->text[0]);
	}
	return how;
}

static void a_record_is_read_as_it_was_written(void **state)
{
	const struct journal_record all[] = {own, intent(), result()};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buffer bytes = {0};
		struct journal_record back;
		struct fault why = {""};
		journal_record_write(&all[i], &bytes);
		assert_int_equal(journal_record_read(buffer_view(&bytes), COUNCIL, &back, &why), JOURNAL_READ);
		assert_int_equal(back.kind, all[i].kind);
		assert_true(back.nonce == all[i].nonce && back.attempt == all[i].attempt && back.what == all[i].what);
		assert_true(text_equal(back.council, COUNCIL) && text_equal(back.owner, all[i].owner));
		assert_true(journal_row_equal(&back.row, &all[i].row) &&
		            journal_row_equal(&back.message, &all[i].message));
		buffer_free(&bytes);
	}
}

/* The layout is for ever: what a member wrote yesterday, its successor reads. */
static void its_bytes_are_those_of_the_layout(void **state)
{
	static const char expected[] = "CWJ\1\1\1\2\3\4\5\6\7\10\7ashford\5amber";
	struct buffer bytes = {0};
	(void)state;
	journal_record_write(&own, &bytes);
	assert_true(text_equal(buffer_view(&bytes), (struct text){expected, sizeof expected - 1}));
	buffer_free(&bytes);
}

static void the_longest_record_is_within_its_bound(void **state)
{
	char name[JOURNAL_NAME_MOST];
	struct buffer bytes = {0};
	(void)state;
	memset(name, 'x', sizeof name);
	struct journal_record longest = own;
	longest.council = longest.owner = (struct text){name, sizeof name};
	journal_record_write(&longest, &bytes);
	assert_true(bytes.length <= JOURNAL_RECORD_MOST);
	buffer_free(&bytes);
}

static void one_that_is_cut_short_anywhere_or_goes_on_is_refused(void **state)
{
	const struct journal_record all[] = {own, intent(), result()};
	struct fault why;
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buffer bytes = {0};
		journal_record_write(&all[i], &bytes);
		for (size_t length = 0; length < bytes.length; length++)
			assert_int_equal(read_with((struct text){bytes.at, length}, &why), JOURNAL_BROKEN);
		buffer_char(&bytes, 0);
		assert_int_equal(read_with(buffer_view(&bytes), &why), JOURNAL_BROKEN);
		buffer_free(&bytes);
	}
}

static void one_of_another_council_is_told_from_a_broken_one(void **state)
{
	struct buffer bytes = {0};
	struct fault why;
	(void)state;
	struct journal_record other = intent();
	other.council = TEXT("bexley");
	journal_record_write(&other, &bytes);
	assert_int_equal(read_with(buffer_view(&bytes), &why), JOURNAL_OTHER_COUNCIL);
	assert_null(strstr(why.text, "bexley")); /* it may be anything: it is not repeated */
	buffer_free(&bytes);
}

static void of_a_version_to_come_an_own_is_read_and_nothing_else(void **state)
{
	const struct journal_record all[] = {own, intent(), result()};
	const enum journal_reading expected[] = {JOURNAL_READ, JOURNAL_NEWER, JOURNAL_NEWER};
	struct fault why;
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buffer bytes = {0};
		journal_record_write(&all[i], &bytes);
		bytes.at[3] = JOURNAL_VERSION + 1;
		buffer_string(&bytes, "and more");
		assert_int_equal(read_with(buffer_view(&bytes), &why), expected[i]);
		buffer_free(&bytes);
	}
}

static void one_without_a_version_a_kind_or_an_outcome_that_there_is_is_refused(void **state)
{
	struct fault why;
	(void)state;
	static const struct {
		size_t at;
		char with;
	} changes[] = {{0, 'X'}, {3, 0}, {4, 0}, {4, 4}, {13, 0}, {13, JOURNAL_NAME_MOST + 1}, {41, 0}, {41, 5}};
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct buffer bytes = {0};
		const struct journal_record record = result();
		journal_record_write(&record, &bytes);
		assert_int_equal(bytes.length, 42);
		bytes.at[changes[i].at] = changes[i].with;
		assert_int_equal(read_with(buffer_view(&bytes), &why), JOURNAL_BROKEN);
		buffer_free(&bytes);
	}
}

static void what_is_longer_than_any_record_is_not_looked_into(void **state)
{
	struct buffer bytes = {0};
	struct fault why;
	(void)state;
	journal_record_write(&own, &bytes);
	bytes.at[3] = JOURNAL_VERSION + 1;
	while (bytes.length <= JOURNAL_RECORD_MOST)
		buffer_char(&bytes, 'x');
	assert_int_equal(read_with(buffer_view(&bytes), &why), JOURNAL_BROKEN);
	buffer_free(&bytes);
}

static void every_kind_and_every_outcome_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(journal_kind_name(JOURNAL_OWN), "OWN");
	assert_string_equal(journal_kind_name(JOURNAL_INTENT), "INTENT");
	assert_string_equal(journal_kind_name(JOURNAL_RESULT), "RESULT");
	for (int what = JOURNAL_TAKEN; what <= JOURNAL_NOT_STARTED; what++)
		assert_true(journal_what_name((enum journal_what)what)[0]);
	assert_string_equal(journal_what_name((enum journal_what)0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_read_as_it_was_written),
		cmocka_unit_test(its_bytes_are_those_of_the_layout),
		cmocka_unit_test(the_longest_record_is_within_its_bound),
		cmocka_unit_test(one_that_is_cut_short_anywhere_or_goes_on_is_refused),
		cmocka_unit_test(one_of_another_council_is_told_from_a_broken_one),
		cmocka_unit_test(of_a_version_to_come_an_own_is_read_and_nothing_else),
		cmocka_unit_test(one_without_a_version_a_kind_or_an_outcome_that_there_is_is_refused),
		cmocka_unit_test(what_is_longer_than_any_record_is_not_looked_into),
		cmocka_unit_test(every_kind_and_every_outcome_has_its_name),
	};
	return cmocka_run_group_tests_name("journal_record", tests, NULL, NULL);
}
