/* Whatever statement of the database fails while a copy follows, while a backup is made or put back: it is said, what
 * was there before stays whole, and the next time all comes out as if none had failed.
 */
#include "follow_world.h"

#include "statements.h"

#include "base/log.h"

#include <fcntl.h>

#define TRIES_MOST 4000 /* of one following: far more statements than any takes of so few rows */

/* ---- following ---- */

static enum result try_to_ship(const struct follow_place *place, struct fault *why)
{
	struct follow_shipped shipped;
	struct store *reader;
	buffer_clear(&shipped_bytes);
	enum result result = store_open(original_path, STORE_READ, &reader, why);
	if (result != RESULT_OK)
		return result;
	result = follow_ship(reader, place, true, NOW, gather, &shipped_bytes, &shipped, why);
	store_close(reader);
	return result;
}

static enum result try_to_follow(struct fault *why)
{
	struct follow_copy *copy = NULL;
	struct follow_place place;
	instant moment = INSTANT_NONE;
	enum result result = follow_copy_open(copy_path, &copy, why);
	if (result != RESULT_OK)
		return result;
	result = follow_copy_place(copy, &place, why);
	if (result == RESULT_OK)
		result = try_to_ship(&place, why);
	if (result == RESULT_OK) {
		fault = (struct fault){""};
		result = take(copy, shipped_bytes.length, &moment);
		*why = fault;
	}
	assert_true(result != RESULT_OK || moment == NOW);
	follow_copy_close(copy);
	return result;
}

static void whatever_statement_fails_the_copy_is_the_original_the_next_time(void **state)
{
	unsigned seed = 7;
	(void)state;
	for (int anew = 0; anew < 2; anew++) {
		bool struck = true;
		uint64_t apart = statements_apart(97);
		(void)follow_once();
		for (uint64_t at = (uint64_t)anew; struck; at += apart) {
			struct fault why = {""};
			for (int i = 0; i < 3; i++)
				write_by_chance(&seed);
			if (anew)
				assert_int_equal(unlink(copy_path), 0);
			fail_at(at);
			enum result result = try_to_follow(&why);
			struck = statements.struck;
			fail_at(NEVER_FAILS);
			if (result != RESULT_OK && (!struck || !why.text[0]))
				fail_msg("statement %d: %s, and no fault was made", (int)at, why.text);
			(void)follow_once();
			if (!struck || at % 3 == 0)
				assert_that_the_copy_is_the_original();
			assert_true(at < TRIES_MOST);
		}
	}
}

/* ---- backing up, and putting back ---- */

static bool is_there(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0;
}

static void a_backup_whose_statement_fails_is_none_and_the_next_one_is_whole(void **state)
{
	char backup[120];
	struct backup_facts facts;
	unsigned seed = 7;
	bool struck = true;
	uint64_t apart = statements_apart(3);
	(void)state;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", folder);
	for (int i = 0; i < 20; i++)
		write_by_chance(&seed);
	for (uint64_t at = 0; struck; at += apart) {
		struct fault why = {""};
		fail_at(at);
		enum result result = backup_copy(original_path, backup, NULL, NULL, &why);
		if (result == RESULT_OK)
			result = backup_check(backup, true, &facts, &why);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		assert_true(result == RESULT_OK || (struck && why.text[0]));
		if (is_there(backup)) { /* then it is a whole one */
			must(backup_check(backup, true, &facts, &fault));
			assert_int_equal(unlink(backup), 0);
		}
		must(backup_copy(original_path, backup, NULL, NULL, &fault));
		must(backup_check(backup, true, &facts, &fault));
		assert_true(facts.events > 0);
		assert_int_equal(unlink(backup), 0);
		assert_true(at < TRIES_MOST);
	}
}

static int64_t rows_of(const char *path)
{
	struct store *store;
	int64_t rows = -1;
	must(store_open(path, STORE_READ, &store, &fault));
	must(store_pragma(store, "SELECT count(*) FROM quarantine", &rows, &fault));
	store_close(store);
	return rows;
}

/* Under its name there is at each moment the database as it was, or the backup. */
static void putting_back_a_backup_fails_as_a_whole_or_not_at_all(void **state)
{
	char backup[120], place[120], command[200];
	struct restored restored;
	bool struck = true;
	(void)state;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", folder);
	(void)snprintf(place, sizeof place, "%s/place.db", folder);
	write_sql(writes[12]);
	must(backup_copy(original_path, backup, NULL, NULL, &fault));
	uint64_t apart = statements_apart(7);
	for (uint64_t at = 0; struck; at += apart) {
		struct fault why = {""};
		(void)snprintf(command, sizeof command, "rm -f %s*", place);
		assert_int_equal(system(command), 0);
		struct store *store;
		must(store_open(place, STORE_WRITE, &store, &fault)); /* what is there has no record in quarantine */
		store_close(store);
		fail_at(at);
		enum result result = backup_restore(place, backup, true, NOW, &restored, &why);
		struck = statements.struck;
		fail_at(NEVER_FAILS);
		assert_true(result == RESULT_OK || (struck && why.text[0]));
		if (result == RESULT_OK || !is_there(place))
			assert_int_equal(result, RESULT_OK);
		assert_int_equal(rows_of(place), result == RESULT_OK ? 1 : 0);
		must(backup_restore(place, backup, true, NOW, &restored, &fault));
		assert_int_equal(rows_of(place), 1);
		assert_true(at < TRIES_MOST);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

int main(void)
{
	log_set_sink(silent);
	const struct CMUnitTest tests[] = {
		TEST(whatever_statement_fails_the_copy_is_the_original_the_next_time),
		TEST(a_backup_whose_statement_fails_is_none_and_the_next_one_is_whole),
		TEST(putting_back_a_backup_fails_as_a_whole_or_not_at_all),
	};
	return cmocka_run_group_tests_name("follow_fails", tests, NULL, NULL);
}
