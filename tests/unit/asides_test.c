/* What a machine of a cell set aside: owed to the others until they were told, and known for good. */
#include "store_fixture.h"

#include "store/asides.h"
#include "store/store_internal.h"

static const struct text position = TEXT("kafka:events:0");

static void note(struct fixture *f, struct text name, int64_t number)
{
	OK(store_begin(f->store, &f->fault));
	OK(asides_note(f->store, name, number, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static bool held(struct fixture *f, struct text name, int64_t number)
{
	bool found = false;
	OK(asides_hold(f->store, name, number, &found, &f->fault));
	return found;
}

/* What is owed, "number name"; "": nothing. */
static void assert_owed(struct fixture *f, const char *wanted)
{
	struct buffer name = {0}, words = {0};
	int64_t number = 0;
	bool found = false;
	buffer_format(&name, "what was there before");
	OK(asides_owed(f->store, &name, &number, &found, &f->fault));
	if (found)
		buffer_format(&words, "%lld %s", (long long)number, buffer_cstr(&name));
	assert_string_equal(buffer_cstr(&words), wanted);
	buffer_free(&words);
	buffer_free(&name);
}

static void what_was_noted_is_owed_until_it_was_told_and_held_for_good(void **state)
{
	struct fixture *f = *state;
	assert_owed(f, "");
	assert_false(held(f, position, 7));
	note(f, position, 7);
	assert_owed(f, "7 kafka:events:0");
	fixture_reopen(f);
	assert_owed(f, "7 kafka:events:0");
	OK(asides_told(f->store, position, 7, &f->fault));
	assert_owed(f, "");
	assert_true(held(f, position, 7));
	fixture_reopen(f);
	assert_owed(f, "");
	assert_true(held(f, position, 7));
}

static void each_is_told_and_held_by_itself(void **state)
{
	struct fixture *f = *state;
	note(f, position, 7);
	note(f, position, 8);
	note(f, TEXT("C1"), 0);
	int owed = 0;
	for (bool found = true; found; owed += found) {
		struct buffer name = {0};
		int64_t number = 0;
		OK(asides_owed(f->store, &name, &number, &found, &f->fault));
		if (found)
			OK(asides_told(f->store, buffer_view(&name), number, &f->fault));
		buffer_free(&name);
		assert_true(owed <= 3);
	}
	assert_int_equal(owed, 3);
	assert_true(held(f, position, 7) && held(f, position, 8) && held(f, TEXT("C1"), 0));
	assert_false(held(f, position, 9) || held(f, position, 0) || held(f, TEXT("C1"), 7) || held(f, TEXT("C2"), 0));
	assert_false(held(f, TEXT("kafka:events:1"), 7));
}

/* A child's id is what somebody else made of it. */
static void names_come_back_whole(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"a name with  spaces ", " ", "12 34", "-1", "a line\nand another"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char wanted[64];
		(void)snprintf(wanted, sizeof wanted, "%d %s", -3, names[i]);
		note(f, text_of(names[i]), -3);
		assert_owed(f, wanted);
		OK(asides_told(f->store, text_of(names[i]), -3, &f->fault));
	}
	note(f, position, INT64_MAX);
	assert_owed(f, "9223372036854775807 kafka:events:0");
}

/* It tells nobody who the child is, once that was said. No time and no random key is written in this name's letters. */
static void a_name_does_not_stay_behind(void **state)
{
	struct fixture *f = *state;
	struct text value;
	note(f, TEXT("Zoe-Quist"), 0);
	OK(asides_told(f->store, TEXT("Zoe-Quist"), 0, &f->fault));
	fixture_reopen(f);
	char sql[] = "SELECT count(*) FROM meta WHERE name LIKE '%zoe-quist%' OR value LIKE '%zoe-quist%'";
	sqlite3_stmt *statement = NULL;
	assert_int_equal(sqlite3_prepare_v2(f->store->database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(statement, 0), 0);
	(void)sqlite3_finalize(statement);
	OK(store_get(f->store, "cell-aside", &value, &f->fault));
	assert_int_equal(value.length, 0);
}

static void what_was_rolled_back_is_neither_owed_nor_held(void **state)
{
	struct fixture *f = *state;
	OK(store_begin(f->store, &f->fault));
	OK(asides_note(f->store, position, 7, &f->fault));
	store_rollback(f->store);
	assert_owed(f, "");
	assert_false(held(f, position, 7));
}

static void put_in_quarantine(struct fixture *f, struct text source_name)
{
	struct quarantine_row row = {.source_name = source_name,
	                             .bytes = TEXT("no event"),
	                             .reason = TEXT("it is none"),
	                             .arrived = 1600000000 * SECOND};
	OK(store_begin(f->store, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void what_waits_in_quarantine_is_held_whatever_it_waits_for(void **state)
{
	struct fixture *f = *state;
	put_in_quarantine(f, TEXT("kafka:events:0@7"));
	assert_true(held(f, position, 7));
	assert_false(held(f, position, 70) || held(f, position, 8));
	assert_owed(f, "");
}

/* A child's history has no place in a log: nothing in quarantine is of it. */
static void a_history_is_not_looked_for_in_quarantine(void **state)
{
	struct fixture *f = *state;
	put_in_quarantine(f, TEXT("C1@0"));
	assert_false(held(f, TEXT("C1"), 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_noted_is_owed_until_it_was_told_and_held_for_good),
		TEST(each_is_told_and_held_by_itself),
		TEST(names_come_back_whole),
		TEST(a_name_does_not_stay_behind),
		TEST(what_was_rolled_back_is_neither_owed_nor_held),
		TEST(what_waits_in_quarantine_is_held_whatever_it_waits_for),
		TEST(a_history_is_not_looked_for_in_quarantine),
	};
	return cmocka_run_group_tests_name("asides", tests, NULL, NULL);
}
