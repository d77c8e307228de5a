/* Whatever statement of the database fails while the store is asked or told something, or other call of it, or whoever
 * is shown what was found: it is said, nothing of it stays half done, and the same once more comes out as if nothing
 * had been.
 */
#include "store_changes.h"

#include "database_calls.h"

#define VISITS_MOST 20 /* of one question: who looks fails at each of so many rows */
#define STATEMENTS_MOST 4000 /* of one question: far more than any takes of so few rows */

/* ---- a database with something of everything ---- */

static void fill(struct fixture *f)
{
	struct alert alert = alert_here("00000000000000aa");
	(void)store_event(f, "e1", "missing.started", "C1", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\",\"risk\":\"unheard-of\"");
	(void)store_event(f, "e2", "allocation.started", "C1", "2020-01-01T11:00:00Z",
	                  "\"role\":\"social-worker\",\"worker\":\"w1\",\"team\":\"t1\"");
	(void)store_event(f, "e3", "person.merged", "C1", "2020-01-01T12:00:00Z", "\"from\":\"C2\"");
	OK(store_begin(S, &f->fault));
	OK(alerts_keep(S, &ruleset_here, PARTY_NONE, C1, &alert, &(int64_t){0}, &f->fault));
	OK(owe(f, &f->fault));
	OK(write_audit(f, &f->fault));
	OK(store_commit(S, &f->fault));
}

/* And of what comes later. */
static void fill_more(struct fixture *f)
{
	fill(f);
	OK(store_begin(S, &f->fault));
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		OK(changes[i].ask(f, &f->fault));
	OK(store_commit(S, &f->fault));
}

/* Of every row of every table, in whatever order. */
static uint64_t sum_of(struct fixture *f)
{
	uint64_t sum = 0;
	sqlite3_stmt *table = NULL;
	assert_int_equal(sqlite3_prepare_v2(S->database, "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
	                                    &table, NULL),
	                 SQLITE_OK);
	while (sqlite3_step(table) == SQLITE_ROW) {
		char sql[160];
		sqlite3_stmt *row = NULL;
		(void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", (const char *)sqlite3_column_text(table, 0));
		assert_int_equal(sqlite3_prepare_v2(S->database, sql, -1, &row, NULL), SQLITE_OK);
		while (sqlite3_step(row) == SQLITE_ROW) {
			uint64_t print = text_fingerprint(text_of(sql), 0);
			for (int i = 0; i < sqlite3_column_count(row); i++) {
				const void *at = sqlite3_column_blob(row, i);
				print = text_fingerprint((struct text){at, (size_t)sqlite3_column_bytes(row, i)},
				                         print);
			}
			sum += print | 1;
		}
		(void)sqlite3_finalize(row);
	}
	(void)sqlite3_finalize(table);
	return sum;
}

/* ---- the tests ---- */

/* What the store has in memory: of what was asked last, or nothing. */
enum memory { KNOWS_THE_LAST, KNOWS_NOTHING };

static void prepare_nothing(struct fixture *f)
{
	statements_free(S);
	memset(S->statements, 0, sizeof S->statements);
}

static void remember(struct fixture *f, enum memory memory)
{
	alerts_forget_known(&S->alerts); /* the alert that it was asked about last is looked for anew */
	if (memory == KNOWS_NOTHING)
		store_forget(S);
}

static void ask_with_each_statement_failing(struct fixture *f, enum memory memory)
{
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		seen = 0;
		OK(questions[i].ask(f, &f->fault));
		int whole = seen;
		for (uint64_t at = 0;; at++) {
			struct fault fault = {""};
			remember(f, memory);
			fail_at(at);
			enum result result = questions[i].ask(f, &fault);
			bool struck = statements.struck;
			fail_at(NEVER_FAILS);
			if (struck && (result == RESULT_OK || !fault.text[0]))
				fail_msg("%s: statement %d failed, and nobody was told", questions[i].name, (int)at);
			seen = 0;
			OK(questions[i].ask(f, &f->fault));
			assert_int_equal(seen, whole);
			if (!struck)
				break;
			assert_true(at < STATEMENTS_MOST);
		}
	}
}

/* As a page or the tool asks: outside a transaction, and answered once more as if nothing had been. */
static void a_question_whose_statement_fails_is_not_answered_and_is_answered_the_next_time(void **state)
{
	struct fixture *f = *state;
	fill_more(f);
	ask_with_each_statement_failing(f, KNOWS_THE_LAST);
	ask_with_each_statement_failing(f, KNOWS_NOTHING);
}

/* The database is opened, and no statement is prepared: then to prepare one fails, or what is run at once. */
static void a_question_for_which_no_statement_can_be_prepared_is_answered_the_next_time(void **state)
{
	struct fixture *f = *state;
	fill_more(f);
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		seen = 0;
		OK(questions[i].ask(f, &f->fault));
		int whole = seen;
		bool struck = true;
		for (uint64_t at = 0; struck; at++) {
			struct fault fault = {""};
			prepare_nothing(f);
			call_fails_at(at);
			enum result result = questions[i].ask(f, &fault);
			struck = statements.struck;
			call_fails_at(NEVER_FAILS);
			if (struck && (result == RESULT_OK || !fault.text[0]))
				fail_msg("%s: call %d failed, and nobody was told", questions[i].name, (int)at);
			seen = 0;
			OK(questions[i].ask(f, &f->fault));
			assert_int_equal(seen, whole);
			assert_true(at < STATEMENTS_MOST);
		}
	}
}

/* Whoever is shown the rows may fail at any of them: it is shown no more, and its own word is what is handed on. */
static void rows_are_shown_no_more_once_whoever_looks_at_them_has_failed(void **state)
{
	struct fixture *f = *state;
	size_t refused = 0;
	fill_more(f);
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		seen = 0;
		OK(questions[i].ask(f, &f->fault));
		int whole = seen;
		for (refused_at = 1; refused_at <= whole && refused_at <= VISITS_MOST; refused_at++) {
			struct fault fault = {""};
			seen = 0;
			enum result result = questions[i].ask(f, &fault);
			if (result == RESULT_OK) /* it shows its rows to nobody */
				break;
			assert_int_equal(result, RESULT_TEMPORARY);
			assert_string_equal(fault.text, NO_ROOM);
			assert_int_equal(seen, refused_at);
			refused++;
		}
		refused_at = 0;
	}
	assert_true(refused > 60);
}

/* The same of a page's store, which reads beside the daemon's. */
static void a_reader_whose_statement_fails_does_not_answer_and_answers_the_next_time(void **state)
{
	struct fixture *f = *state;
	struct store *daemon = f->store, *reader;
	fill_more(f);
	OK(store_open(f->path, STORE_READ, &reader, &f->fault));
	events_set_parser(reader, f->readers);
	f->store = reader;
	ask_with_each_statement_failing(f, KNOWS_THE_LAST);
	ask_with_each_statement_failing(f, KNOWS_NOTHING);
	store_close(reader);
	f->store = daemon;
}

enum walk { BY_STATEMENT, BY_CALL, BY_FIRST_CALL /* of a store that is being opened */ };

static void fails(struct fixture *f, enum walk walk, uint64_t at)
{
	if (walk == BY_CALL && at != NEVER_FAILS)
		prepare_nothing(f);
	if (walk == BY_STATEMENT)
		fail_at(at);
	else
		call_fails_at(at);
}

/* At each statement of the change, or other call, and then at each of the commit's. */
static void fail_everywhere(struct fixture *f, const struct asked *change, enum memory memory, enum walk walk)
{
	for (uint64_t at = 0;; at++) {
		struct fault fault = {""};
		uint64_t before = sum_of(f);
		OK(store_begin(S, &f->fault));
		remember(f, memory);
		fails(f, walk, at);
		enum result result = change->ask(f, &fault);
		bool told = !statements.struck || (result != RESULT_OK && fault.text[0]);
		if (result == RESULT_OK)
			result = store_commit(S, &fault);
		bool struck = statements.struck;
		fails(f, walk, NEVER_FAILS);
		if (!told || (struck && result == RESULT_OK))
			fail_msg("%s: statement %d failed, and nobody was told", change->name, (int)at);
		if (!struck)
			break;
		store_rollback(S);
		assert_false(store_in_transaction(S));
		if (sum_of(f) != before)
			fail_msg("%s: statement %d failed, and something of it stayed", change->name, (int)at);
		assert_true(at < STATEMENTS_MOST);
	}
}

/* Of what makes a transaction of its own: all of it is there, or nothing. */
static void fail_everywhere_by_itself(struct fixture *f, const struct asked *change, enum walk walk)
{
	bool struck = true;
	for (uint64_t at = 0; struck; at++) {
		struct fault fault = {""};
		uint64_t before = sum_of(f);
		fails(f, walk, at);
		enum result result = change->ask(f, &fault);
		struck = statements.struck;
		fails(f, walk, NEVER_FAILS);
		if (struck && (result == RESULT_OK || !fault.text[0]))
			fail_msg("%s: statement %d failed, and nobody was told", change->name, (int)at);
		assert_false(store_in_transaction(S));
		if (struck && sum_of(f) != before)
			fail_msg("%s: statement %d failed, and something of it stayed", change->name, (int)at);
		assert_true(at < STATEMENTS_MOST);
	}
}

static void a_change_whose_statement_fails_leaves_nothing_behind_and_goes_through_the_next_time(void **state)
{
	struct fixture *f = *state;
	fill(f);
	for (enum memory memory = KNOWS_THE_LAST; memory <= KNOWS_NOTHING; memory++)
		for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
			fail_everywhere(f, &changes[i], memory, BY_STATEMENT);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		fail_everywhere(f, &ends[i], KNOWS_THE_LAST, BY_STATEMENT);
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		fail_everywhere_by_itself(f, &alone[i], BY_STATEMENT);
}

static void a_change_for_which_no_statement_can_be_prepared_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	fill(f);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		fail_everywhere(f, &changes[i], KNOWS_THE_LAST, BY_CALL);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		fail_everywhere(f, &ends[i], KNOWS_THE_LAST, BY_CALL);
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		fail_everywhere_by_itself(f, &alone[i], BY_CALL);
}

/* A store whose memory is read anew at each failure says afterwards what it said before. */
static void what_was_asked_before_is_answered_alike_after_every_failure(void **state)
{
	struct fixture *f = *state;
	int before = 0, after = 0;
	fill(f);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		fail_everywhere(f, &changes[i], KNOWS_THE_LAST, BY_STATEMENT);
	for (int round = 0; round < 2; round++) {
		seen = 0;
		for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
			OK(questions[i].ask(f, &f->fault));
		*(round ? &after : &before) = seen;
		fixture_reopen(f);
	}
	assert_true(before > 0);
	assert_int_equal(before, after);
}

static bool is_new(struct fixture *f, const char *id)
{
	enum stored stored;
	struct event event;
	struct text bytes = event_json(f, "lcs", id, "missing.started", "C1", "2020-01-03T10:00:00Z", "",
	                               "\"episode\":\"9\",\"kind\":\"missing\"");
	OK(event_parse(f->parser, bytes, INSTANT_NONE, &event, &f->fault));
	OK(store_begin(S, &f->fault));
	OK(events_add(S, &event, bytes, NOW, &stored, &f->fault));
	OK(store_commit(S, &f->fault));
	return stored == STORED_NEW;
}

static void remove_database(const struct fixture *f)
{
	static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
	char name[160];
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		(void)snprintf(name, sizeof name, "%s%s", f->path, endings[i]);
		(void)unlink(name);
	}
}

/* What a start draws by chance, and all later ones need, is there or the start failed: else every event that comes
 * again would be stored, and told, again. */
static void after_a_first_start_at_which_anything_failed_an_event_that_comes_again_is_known(void **state)
{
	struct fixture *f = *state;
	size_t failed = 0;
	for (enum walk walk = BY_STATEMENT; walk <= BY_FIRST_CALL; walk += BY_FIRST_CALL) {
		bool struck = true;
		uint64_t apart = walk == BY_STATEMENT ? statements_apart(3) : (uint64_t)rounds_of(1, 4);
		for (uint64_t at = rounds_from(apart); struck; at += apart) {
			struct fault fault = {""};
			store_close(S);
			remove_database(f);
			fails(f, walk, at);
			enum result result = store_open(f->path, STORE_WRITE, &S, &fault);
			struck = statements.struck;
			fails(f, BY_FIRST_CALL, NEVER_FAILS);
			if (result != RESULT_OK) {
				assert_true(struck && fault.text[0]);
				S = NULL;
				fixture_open(f);
				failed++;
			}
			events_set_parser(S, f->readers);
			assert_true(is_new(f, "e1"));
			fixture_reopen(f);
			assert_false(is_new(f, "e1"));
			assert_true(at < STATEMENTS_MOST);
		}
	}
	assert_true(failed > (size_t)rounds_of(20, 5));
}

/* Ops read these words on status and in a mail, and do what they say. */
static void what_sqlite_says_is_said_with_what_to_do_and_told_apart(void **state)
{
	static const struct {
		int says;
		enum result result;
		const char *words;
		bool damaged, unread;
	} said[] = {
		{SQLITE_FULL, RESULT_TEMPORARY, "free space on that disk", false, false},
		{SQLITE_BUSY, RESULT_TEMPORARY, "is busy", false, false},
		{SQLITE_LOCKED, RESULT_TEMPORARY, "is busy", false, false},
		{SQLITE_IOERR_FSYNC, RESULT_PERMANENT, "failed fsync", false, false},
		{SQLITE_IOERR_DIR_FSYNC, RESULT_PERMANENT, "failed fsync", false, false},
		{SQLITE_IOERR_READ, RESULT_TEMPORARY, "cannot be read or written", false, true},
		{SQLITE_IOERR_SHORT_READ, RESULT_TEMPORARY, "cannot be read or written", false, true},
		{SQLITE_IOERR_CORRUPTFS, RESULT_TEMPORARY, "cannot be read or written", false, true},
		{SQLITE_IOERR_WRITE, RESULT_TEMPORARY, "cannot be read or written", false, false},
		{SQLITE_CORRUPT, RESULT_PERMANENT, "restore the last backup", true, false},
		{SQLITE_NOTADB, RESULT_PERMANENT, "restore the last backup", true, false},
		{SQLITE_CONSTRAINT, RESULT_PERMANENT, "SQLite code 19", false, false},
	};
	struct fixture *f = *state;
	fill(f);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct fault fault = {""};
		statements.says = said[i].says;
		fail_at(0);
		assert_int_equal(alert_by_number(f, &fault), said[i].result);
		fail_at(NEVER_FAILS);
		assert_non_null(strstr(fault.text, said[i].words));
		assert_non_null(strstr(fault.text, f->path));
		assert_int_equal(store_is_damaged(S), said[i].damaged);
		assert_int_equal(store_failed_to_read(S), said[i].unread);
		OK(alert_by_number(f, &f->fault));
	}
	statements.says = SQLITE_IOERR_READ;
}

/* A full disk, a busy file and no memory are told from a file whose bytes are wrong, also before the first page was
 * read: of that alone somebody is sent for a backup. */
static void a_database_that_cannot_be_opened_is_called_damaged_for_its_bytes_alone(void **state)
{
	static const int why[] = {SQLITE_FULL,  SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_READ, SQLITE_BUSY,
	                          SQLITE_NOMEM, SQLITE_PROTOCOL,      SQLITE_CORRUPT,    SQLITE_NOTADB};
	struct fixture *f = *state;
	fill(f);
	store_close(S);
	for (size_t i = 0; i < sizeof why / sizeof *why; i++) {
		bool bytes = why[i] == SQLITE_CORRUPT || why[i] == SQLITE_NOTADB;
		for (enum store_mode mode = STORE_WRITE; mode <= STORE_READ; mode++)
			for (uint64_t at = 0; at < 2; at++) { /* whose it is */
				struct fault fault = {""};
				statements.says = why[i];
				fail_at(at);
				assert_int_not_equal(store_open(f->path, mode, &S, &fault), RESULT_OK);
				assert_true(statements.struck);
				fail_at(NEVER_FAILS);
				assert_non_null(strstr(fault.text, f->path));
				if ((strstr(fault.text, "damaged") != NULL) != bytes)
					fail_msg("SQLite code %d: %s", why[i], fault.text);
			}
	}
	statements.says = SQLITE_IOERR_READ;
	OK(store_open(f->path, STORE_WRITE, &S, &f->fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_question_whose_statement_fails_is_not_answered_and_is_answered_the_next_time, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_reader_whose_statement_fails_does_not_answer_and_answers_the_next_time, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_change_whose_statement_fails_leaves_nothing_behind_and_goes_through_the_next_time,
			fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_question_for_which_no_statement_can_be_prepared_is_answered_the_next_time, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(rows_are_shown_no_more_once_whoever_looks_at_them_has_failed,
	                                        fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_change_for_which_no_statement_can_be_prepared_leaves_nothing_behind,
	                                        fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			after_a_first_start_at_which_anything_failed_an_event_that_comes_again_is_known, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(what_sqlite_says_is_said_with_what_to_do_and_told_apart, fixture_setup,
	                                        fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_database_that_cannot_be_opened_is_called_damaged_for_its_bytes_alone, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(what_was_asked_before_is_answered_alike_after_every_failure,
	                                        fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
