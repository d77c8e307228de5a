/* Whatever statement of the database fails, or other call of it, while a copy follows, while a backup is made or put
 * back: it is said, what was there before stays whole, and the next time all comes out as if none had failed.
 */
#include "follow_world.h"

#include "database_calls.h"
#include "rounds.h"

#include "base/log.h"

#include <fcntl.h>

#define TRIES_MOST 8000 /* of one following: far more statements than any takes of so few rows */

/* Every one in turn, of the statements or of the other calls. */
static void fails(bool is_call, uint64_t at)
{
	if (is_call)
		call_fails_at(at);
	else
		fail_at(at);
}

static bool works_again(void)
{
	bool struck = statements.struck;
	fails(true, NEVER_FAILS);
	return struck;
}

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
	for (int way = 0; way < 4; way++) {
		bool struck = true, anew = way % 2, is_call = way / 2;
		uint64_t apart = statements_apart(is_call ? 97 : 193);
		(void)follow_once();
		for (uint64_t at = anew; struck; at += apart) {
			struct fault why = {""};
			for (int i = 0; i < 3; i++)
				write_by_chance(&seed);
			if (anew)
				assert_int_equal(unlink(copy_path), 0);
			fails(is_call, at);
			enum result result = try_to_follow(&why);
			struck = works_again();
			if (result != RESULT_OK && (!struck || !why.text[0]))
				fail_msg("%s (%d): \"%s\"", statements.sql, (int)at, why.text);
			(void)follow_once();
			if (!struck || at % 3 == 0)
				assert_that_the_copy_is_the_original();
			assert_true(at < TRIES_MOST + apart);
		}
	}
}

/* Of each kind of them one, which the walk over so many-th ones may pass by; with sanitizers of one of four kinds. */
static void whatever_kind_of_statement_fails_the_copy_is_the_original_the_next_time(void **state)
{
	unsigned seed = 7;
	size_t struck = 0, tries = 0, apart = (size_t)rounds_of(1, 4);
	(void)state;
	for (int anew = 0; anew < 2; anew++) {
		size_t from = 1 + rounds_from(apart);
		kinds.count = 0;
		/* The first time none fails. */
		for (size_t at = 0; at == 0 || at <= kinds.count; at = at ? at + apart : from) {
			struct fault why = {""};
			(void)follow_once();
			for (int i = 0; i < 4; i++)
				write_by_chance(&seed);
			if (anew)
				assert_int_equal(unlink(copy_path), 0);
			kinds.learns = at == 0;
			if (at)
				kind_fails(&kinds.items[at - 1]);
			enum result result = try_to_follow(&why);
			bool hit = works_again();
			no_kind_fails();
			if (result != RESULT_OK && (!hit || !why.text[0]))
				fail_msg("%s: \"%s\"", statements.sql, why.text);
			struck += hit;
			tries++;
			if (result != RESULT_OK)
				(void)follow_once();
			if (at % 3 == 0)
				assert_that_the_copy_is_the_original();
		}
	}
	assert_true(struck > tries * 3 / 4);
}

/* ---- backing up, and putting back ---- */

static bool is_there(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0;
}

static void assert_same_facts(const struct backup_facts *a, const struct backup_facts *b)
{
	if (a->version != b->version || a->events != b->events || a->alerts != b->alerts || a->waiting != b->waiting ||
	    a->quarantined != b->quarantined || a->newest != b->newest || a->chain_read != b->chain_read ||
	    a->head.row != b->head.row)
		fail_msg("%s: what is said of the backup is not so", statements.sql);
}

static void a_backup_whose_statement_fails_is_none_and_the_next_one_is_whole(void **state)
{
	char backup[120];
	struct backup_facts facts, whole;
	unsigned seed = 7;
	bool struck = true, is_call = false;
	uint64_t apart = statements_apart(3), calls_apart = (uint64_t)rounds_of(1, 3), from = rounds_from(calls_apart);
	(void)state;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", folder);
	for (int i = 0; i < 20; i++)
		write_by_chance(&seed);
	must(backup_copy(original_path, backup, NULL, NULL, &fault));
	must(backup_check(backup, true, &whole, &fault));
	assert_int_equal(unlink(backup), 0);
	assert_true(whole.events > 0 && whole.waiting > 0);
	for (uint64_t at = 0; struck || !is_call; at = struck ? at + (is_call ? calls_apart : apart) : from) {
		struct fault why = {""};
		is_call = is_call || !struck;
		fails(is_call, at);
		enum result result = backup_copy(original_path, backup, NULL, NULL, &why);
		if (result == RESULT_OK)
			result = backup_check(backup, true, &facts, &why);
		struck = works_again();
		assert_true(result == RESULT_OK || (struck && why.text[0]));
		if (strstr(why.text, "damaged")) /* nothing is wrong with its bytes */
			fail_msg("%s: %s", statements.sql, why.text);
		if (result == RESULT_OK)
			assert_same_facts(&facts, &whole);
		if (is_there(backup)) { /* then it is a whole one */
			must(backup_check(backup, true, &facts, &fault));
			assert_int_equal(unlink(backup), 0);
		}
		must(backup_copy(original_path, backup, NULL, NULL, &fault));
		must(backup_check(backup, true, &facts, &fault));
		assert_true(facts.events > 0);
		assert_int_equal(unlink(backup), 0);
		assert_true(at < TRIES_MOST + apart);
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
	bool struck = true, is_call = false;
	(void)state;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", folder);
	(void)snprintf(place, sizeof place, "%s/place.db", folder);
	write_sql(writes[12]);
	must(backup_copy(original_path, backup, NULL, NULL, &fault));
	uint64_t apart = statements_apart(7);
	for (uint64_t at = 0; struck || !is_call; at = struck ? at + (is_call ? 2 * apart : apart) : 0) {
		struct fault why = {""};
		is_call = is_call || !struck;
		(void)snprintf(command, sizeof command, "rm -f %s*", place);
		assert_int_equal(system(command), 0);
		struct store *store;
		must(store_open(place, STORE_WRITE, &store, &fault)); /* what is there has no record in quarantine */
		store_close(store);
		fails(is_call, at);
		enum result result = backup_restore(place, backup, true, NOW, &restored, &why);
		struck = works_again();
		assert_true(result == RESULT_OK || (struck && why.text[0]));
		if (strstr(why.text, "damaged")) /* nothing is wrong with its bytes */
			fail_msg("%s: %s", statements.sql, why.text);
		if (result == RESULT_OK || !is_there(place))
			assert_int_equal(result, RESULT_OK);
		assert_int_equal(rows_of(place), result == RESULT_OK ? 1 : 0);
		must(backup_restore(place, backup, true, NOW, &restored, &fault));
		assert_int_equal(rows_of(place), 1);
		assert_true(at < TRIES_MOST + apart);
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
		TEST(whatever_kind_of_statement_fails_the_copy_is_the_original_the_next_time),
		TEST(a_backup_whose_statement_fails_is_none_and_the_next_one_is_whole),
		TEST(putting_back_a_backup_fails_as_a_whole_or_not_at_all),
	};
	return cmocka_run_group_tests_name("follow_fails", tests, NULL, NULL);
}
