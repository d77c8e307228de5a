/* Erasing: what is stored of a child goes, and does not come back; whatever else comes of it is news. */
#include "store_fixture.h"

#include "base/mem.h"
#include "store/audit/audit.h"
#include "store/copies/backup.h"
#include "store/erasure/erasures.h"
#include "store/store_internal.h"

#include <fcntl.h>
#include <sys/stat.h>

#define MARKER "ZQ7-MARKER-31"
#define NOTE "zq7-note-of-the-child"

static struct erasure_order order_of(const char *subject)
{
	return (struct erasure_order){.subject = text_of(subject),
	                              .person = TEXT("p-dpo"),
	                              .reason = TEXT("request 31"),
	                              .at = 1700000000 * SECOND,
	                              .audit_from = INSTANT_NONE};
}

static void finish(struct fixture *f)
{
	for (bool more = true; more;)
		OK(erasures_step(f->store, 1700000000 * SECOND, &more, &f->fault));
}

static void erase(struct fixture *f, const char *subject)
{
	struct erasure_order order = order_of(subject);
	OK(erasures_begin(f->store, &order, &f->fault));
	finish(f);
}

static void note_in_audit(struct fixture *f, const char *subject)
{
	struct audit_row row = {.at = 1600000000 * SECOND,
	                        .what = "page.opened",
	                        .subject = text_of(subject),
	                        .person = TEXT("p-anna"),
	                        .personal = TEXT("{\"note\":\"" NOTE "\"}")};
	OK(store_begin(f->store, &f->fault));
	OK(audit_write(f->store, &row, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void put_aside(struct fixture *f, const char *bytes)
{
	struct quarantine_row row = {.source_name = TEXT("kafka:events:0@7"),
	                             .bytes = text_of(bytes),
	                             .reason = TEXT("not JSON"),
	                             .arrived = 1600000000 * SECOND};
	OK(store_begin(f->store, &f->fault));
	OK(quarantine_add(f->store, &row, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void tell(struct fixture *f, const char *subject)
{
	int64_t id;
	struct outbox_row row = {.purpose = TEXT("opened"),
	                         .subject = text_of(subject),
	                         .role = TEXT("director"),
	                         .payload = TEXT("{\"because\":\"" NOTE "\"}"),
	                         .deadline = INSTANT_NEVER};
	OK(store_begin(f->store, &f->fault));
	OK(outbox_add(f->store, &row, &id, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

/* A child with everything that may be stored of one, and another that is like it. */
static void write_children(struct fixture *f)
{
	for (int i = 0; i < 450; i++) { /* more than two portions */
		char id[32];
		(void)snprintf(id, sizeof id, "m%d", i);
		(void)store_event(f, id, "missing.started", MARKER, "2020-01-01T00:00:00Z",
		                  "\"episode\":\"" NOTE "\",\"kind\":\"missing\"");
	}
	(void)store_event(f, "other", "missing.started", MARKER "-other", "2020-01-01T00:00:00Z",
	                  "\"episode\":\"x\",\"kind\":\"missing\"");
	note_in_audit(f, MARKER);
	note_in_audit(f, MARKER "-other");
	put_aside(f, "{\"subject\":\"" MARKER "\",\"note\":\"" NOTE);
	tell(f, MARKER);
}

static size_t places_in(const char *path, const char *what)
{
	struct buffer bytes = {0};
	char piece[65536];
	size_t places = 0;
	int file = open(path, O_RDONLY);
	for (ssize_t got; file >= 0 && (got = read(file, piece, sizeof piece)) > 0;)
		buffer_add(&bytes, piece, (size_t)got);
	if (file >= 0)
		(void)close(file);
	for (const char *at = bytes.at;
	     at && (at = memmem(at, (size_t)(bytes.at + bytes.length - at), what, strlen(what))); at++)
		places++;
	buffer_free(&bytes);
	return places;
}

static bool audit_is_whole(struct fixture *f)
{
	struct audit_verdict verdict;
	OK(audit_verify(f->store, NULL, 0, NULL, NULL, &verdict, &f->fault));
	if (verdict.wrong)
		print_message("%s\n", verdict.what);
	return verdict.wrong == 0;
}

static void nothing_of_an_erased_child_is_in_any_file(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = {"", "-wal", ".erased", ".lock"};
	write_children(f);
	fixture_reopen(f);
	assert_true(places_in(f->path, NOTE) > 450); /* they are there before */
	erase(f, MARKER);
	erase(f, MARKER "-other");
	assert_true(audit_is_whole(f));
	store_close(f->store);
	f->store = NULL;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char name[160];
		(void)snprintf(name, sizeof name, "%s%s", f->path, files[i]);
		assert_int_equal(places_in(name, MARKER), 0);
		assert_int_equal(places_in(name, NOTE), 0);
	}
}

/* Lists are made of registers; one may be declared no longer, and its table still be there. */
static void an_erased_child_is_in_no_register_and_the_others_are(void **state)
{
	struct fixture *f = *state;
	int64_t rows = 0, left = 0;
	write_children(f); /* histories 1 and 2; a child's rows have numbers from that of its history on */
	OK(store_begin(f->store, &f->fault));
	OK(store_execute(f->store,
	                 "CREATE TABLE register_old (child TEXT); CREATE TABLE register_child (child TEXT);"
	                 "INSERT INTO register_state (name, fingerprint, built) VALUES ('old', 1, 1), ('child', 2, 1);"
	                 "INSERT INTO register_old (rowid, child) VALUES (4194304, 'm'), (4194305, 'm'),"
	                 " (8388608, 'o');"
	                 "INSERT INTO register_child (rowid, child) VALUES (4194304, 'm'), (8388607, 'm'),"
	                 " (8388608, 'o');"
	                 "INSERT INTO register_id (id, child) VALUES ('x', '" MARKER "'), ('" MARKER "', 'y')",
	                 &f->fault));
	OK(store_commit(f->store, &f->fault));
	erase(f, MARKER);
	OK(store_pragma(f->store,
	                "SELECT (SELECT count(*) FROM register_old WHERE child = 'm')"
	                " + (SELECT count(*) FROM register_child WHERE child = 'm')"
	                " + (SELECT count(*) FROM register_id)",
	                &left, &f->fault));
	assert_int_equal(left, 0);
	OK(store_pragma(f->store,
	                "SELECT (SELECT count(*) FROM register_old) + (SELECT count(*) FROM register_child)", &rows,
	                &f->fault));
	assert_int_equal(rows, 2);
}

static void the_other_children_keep_everything(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	write_children(f);
	erase(f, MARKER);
	OK(events_history(f->store, PARTY_NONE, TEXT(MARKER "-other"), see_event, &seen, &f->fault));
	assert_seen(&seen, "other");
	OK(events_history(f->store, PARTY_NONE, TEXT(MARKER), see_event, &seen, &f->fault));
	assert_int_equal(seen.count, 0);
	fixture_reopen(f); /* and what is read at a start says the same */
	OK(events_history(f->store, PARTY_NONE, TEXT(MARKER "-other"), see_event, &seen, &f->fault));
	assert_seen(&seen, "other");
}

static enum stored come(struct fixture *f, const char *id, const char *subject)
{
	OK(store_begin(f->store, &f->fault));
	enum stored stored = store_bytes(f,
	                                 event_json(f, "lcs", id, "missing.started", subject, "2020-01-01T00:00:00Z",
	                                            "", "\"episode\":\"e\",\"kind\":\"missing\""),
	                                 NULL);
	OK(store_commit(f->store, &f->fault));
	return stored;
}

static void what_was_erased_is_not_stored_again(void **state)
{
	struct fixture *f = *state;
	write_children(f);
	erase(f, MARKER);
	assert_int_equal(come(f, "m7", MARKER), STORED_ERASED);
	fixture_reopen(f);
	assert_int_equal(come(f, "m449", MARKER), STORED_ERASED);
	assert_int_equal(come(f, "m7", MARKER "-other"), STORED_ERASED); /* a correction of whose it is, is no news */
}

/* Nobody is lost: whatever was not erased is taken, also what happened before. */
static void news_of_an_erased_child_is_taken(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	write_children(f);
	erase(f, MARKER);
	assert_int_equal(come(f, "new", MARKER), STORED_NEW);
	fixture_reopen(f);
	OK(events_history(f->store, PARTY_NONE, TEXT(MARKER), see_event, &seen, &f->fault));
	assert_seen(&seen, "new");
}

static void an_erasure_that_was_broken_off_goes_on_after_the_start(void **state)
{
	struct fixture *f = *state;
	struct erasure_order order = order_of(MARKER);
	int64_t pending;
	bool more;
	write_children(f);
	OK(erasures_begin(f->store, &order, &f->fault));
	for (int i = 0; i < 2; i++) {
		OK(erasures_step(f->store, order.at, &more, &f->fault));
		assert_true(audit_is_whole(f)); /* also while it is under way */
		fixture_reopen(f);
		assert_int_not_equal(come(f, "m3", MARKER), STORED_NEW); /* not reached yet: it is known */
	}
	OK(erasures_pending(f->store, &pending, &f->fault));
	assert_int_equal(pending, 1);
	finish(f);
	OK(erasures_pending(f->store, &pending, &f->fault));
	assert_int_equal(pending, 0);
	assert_true(audit_is_whole(f));
}

static enum result see_erasure(void *argument, const struct erasure_row *row, struct fault *fault)
{
	(void)fault;
	*(struct erasure_row *)argument = *row;
	assert_true(text_equal(row->person, TEXT("p-dpo")));
	assert_true(text_equal(row->reason, TEXT("request 31")));
	return RESULT_OK;
}

/* How many rows of the audit are of that kind. */
static enum result count_kind(void *argument, int64_t id, instant at, struct text what, struct text alert,
                              struct text rule, struct text subject, struct text detail_json, struct fault *fault)
{
	(void)id, (void)at, (void)alert, (void)rule, (void)subject, (void)detail_json, (void)fault;
	*(int *)argument += text_equal(what, TEXT("erasure.done"));
	return RESULT_OK;
}

static void what_was_erased_is_on_record_without_the_data(void **state)
{
	struct fixture *f = *state;
	struct erasure_row row = {0};
	int in_audit = 0;
	write_children(f);
	erase(f, MARKER);
	OK(audit_each(f->store, TEXT_NONE, count_kind, &in_audit, &f->fault));
	assert_int_equal(in_audit, 1);
	OK(erasures_each(f->store, see_erasure, &row, &f->fault));
	assert_int_equal(row.events, 450);
	assert_int_equal(row.messages, 1);
	assert_int_equal(row.records, 1);
	assert_int_equal(row.audit_rows, 1);
	assert_true(row.done);
}

static void the_audit_may_keep_its_words_for_its_own_time(void **state)
{
	struct fixture *f = *state;
	struct erasure_order order = order_of(MARKER);
	bool more;
	write_children(f);
	order.audit_from = order.at + 3 * 365 * 24 * HOUR;
	OK(erasures_begin(f->store, &order, &f->fault));
	finish(f);
	assert_true(audit_is_whole(f));
	OK(store_tidy(f->store, &f->fault));
	fixture_reopen(f);
	assert_int_equal(places_in(f->path, NOTE), 2); /* the words of both children's rows in the audit */
	OK(erasures_step(f->store, order.audit_from, &more, &f->fault));
	for (more = true; more;)
		OK(erasures_step(f->store, order.audit_from, &more, &f->fault));
	assert_true(audit_is_whole(f));
	fixture_reopen(f);
	assert_int_equal(places_in(f->path, NOTE), 1);
}

/* ---- the file beside the database ---- */

static void copy(const char *from, const char *to)
{
	char piece[65536];
	int source = open(from, O_RDONLY), copy = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	for (ssize_t got; (got = read(source, piece, sizeof piece)) > 0;)
		assert_int_equal(write(copy, piece, (size_t)got), got);
	(void)close(source);
	(void)close(copy);
}

static void an_older_database_that_is_put_back_is_erased_again(void **state)
{
	struct fixture *f = *state;
	char older[160];
	struct seen seen = {0};
	(void)snprintf(older, sizeof older, "%s/older.db", f->directory);
	write_children(f);
	OK(backup_copy(f->path, older, NULL, NULL, &f->fault));
	(void)come(f, "after-the-backup", MARKER);
	erase(f, MARKER);
	store_close(f->store);
	copy(older, f->path);
	fixture_open(f);
	assert_int_equal(erasures_begun_again(f->store), 1);
	finish(f);
	OK(events_history(f->store, PARTY_NONE, TEXT(MARKER), see_event, &seen, &f->fault));
	assert_int_equal(seen.count, 0);
	assert_true(audit_is_whole(f));
	assert_int_equal(come(f, "after-the-backup", MARKER), STORED_ERASED); /* read again from its source */
	assert_int_equal(come(f, "news", MARKER), STORED_NEW);
	(void)unlink(older);
}

static void erase_at(struct fixture *f, const char *subject, instant at)
{
	struct erasure_order order = order_of(subject);
	order.at = at;
	OK(erasures_begin(f->store, &order, &f->fault));
	finish(f);
}

static int count_events(struct fixture *f, const char *subject)
{
	struct seen seen = {0};
	OK(events_history(f->store, PARTY_NONE, text_of(subject), see_event, &seen, &f->fault));
	buffer_free(&seen.ids);
	return seen.count;
}

/* Its file lies there, or comes again from the log of a cell: who is missing tonight is looked for. */
static void an_order_that_comes_again_erases_nothing_that_came_since(void **state)
{
	struct fixture *f = *state;
	write_children(f);
	erase(f, MARKER);
	(void)come(f, "news", MARKER);
	erase(f, MARKER);
	assert_int_equal(count_events(f, MARKER), 1);
	erase_at(f, MARKER, 1700000001 * SECOND); /* another one */
	assert_int_equal(count_events(f, MARKER), 0);
}

/* A message that waits, and a record that waits for somebody, each with the child's name in it. */
static void assert_news_waits(struct fixture *f, int messages, int records)
{
	int64_t count;
	OK(store_pragma(f->store,
	                "SELECT count(*) FROM outbox WHERE open = 1 AND subject = '" MARKER "' AND payload <> '{}'",
	                &count, &f->fault));
	assert_int_equal(count, messages);
	OK(store_pragma(f->store, "SELECT count(*) FROM quarantine WHERE state = 'waiting' AND length(bytes) > 0",
	                &count, &f->fault));
	assert_int_equal(count, records);
}

/* The child is missing tonight, and what was erased this morning is still being taken away, portion by portion. */
static void what_comes_while_an_erasure_goes_on_is_news(void **state)
{
	struct fixture *f = *state;
	struct erasure_order order = order_of(MARKER);
	bool more = true;
	write_children(f);
	OK(erasures_begin(f->store, &order, &f->fault));
	for (int i = 0; more; i++) {
		(void)come(f, "news", MARKER);
		if (i < 3) { /* at each stage of it */
			put_aside(f, "{\"subject\":\"" MARKER "\",\"news");
			tell(f, MARKER);
		}
		OK(erasures_step(f->store, order.at, &more, &f->fault));
	}
	assert_int_equal(count_events(f, MARKER), 1);
	assert_news_waits(f, 3, 3);
}

/* What comes of the other id meanwhile would be told as of this one, and be another's once the record is gone. */
static void from_the_order_on_no_other_id_is_one_with_it(void **state)
{
	struct fixture *f = *state;
	struct erasure_order order = order_of(MARKER);
	struct seen seen = {0};
	(void)store_event(f, "merge", "person.merged", MARKER, "2020-01-01T00:00:00Z", "\"from\":\"C2\"");
	(void)store_event(f, "others", "person.merged", "C3", "2020-01-01T00:00:00Z", "\"from\":\"C4\"");
	for (int i = 0; i < 450; i++) { /* newer than the merge: it goes with the last portion */
		char id[32];
		(void)snprintf(id, sizeof id, "m%d", i);
		(void)store_event(f, id, "missing.started", MARKER, "2020-01-01T00:00:00Z",
		                  "\"episode\":\"e\",\"kind\":\"missing\"");
	}
	OK(events_merges(f->store, see_event, &seen, &f->fault));
	assert_int_equal(seen.count, 2);
	OK(erasures_begin(f->store, &order, &f->fault));
	for (int i = 0; i < 2; i++) { /* also after a start in the middle of it */
		buffer_free(&seen.ids);
		seen = (struct seen){0};
		OK(events_merges(f->store, see_event, &seen, &f->fault));
		assert_seen(&seen, "others");
		fixture_reopen(f);
	}
}

/* Its source sends from an earlier place again, before the database that was put back is free of the child. */
static void what_comes_after_an_older_database_was_put_back_is_news(void **state)
{
	struct fixture *f = *state;
	char older[160];
	(void)snprintf(older, sizeof older, "%s/older.db", f->directory);
	write_children(f);
	OK(backup_copy(f->path, older, NULL, NULL, &f->fault));
	erase(f, MARKER);
	store_close(f->store);
	copy(older, f->path);
	fixture_open(f);
	put_aside(f, "{\"subject\":\"" MARKER "\",\"news");
	tell(f, MARKER);
	(void)come(f, "news", MARKER);
	finish(f);
	assert_int_equal(count_events(f, MARKER), 1);
	assert_news_waits(f, 1, 1);
	(void)unlink(older);
}

static void begin_with_nothing(struct fixture *f)
{
	char lock[160];
	store_close(f->store);
	(void)unlink(f->path);
	(void)snprintf(lock, sizeof lock, "%s.lock", f->path);
	(void)unlink(lock);
	fixture_open(f);
}

static void a_new_database_knows_what_must_not_come_back(void **state)
{
	struct fixture *f = *state;
	write_children(f);
	erase(f, MARKER);
	begin_with_nothing(f);
	assert_int_equal(come(f, "m7", MARKER), STORED_ERASED);
	assert_int_equal(come(f, "other", MARKER "-other"), STORED_NEW);
}

static void a_file_that_was_lost_is_written_again(void **state)
{
	struct fixture *f = *state;
	char file[160];
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	write_children(f);
	erase(f, MARKER);
	assert_int_equal(unlink(file), 0);
	fixture_reopen(f);
	assert_int_equal(come(f, "m7", MARKER), STORED_ERASED);
	begin_with_nothing(f);
	assert_int_equal(come(f, "m8", MARKER), STORED_ERASED);
	assert_int_equal(come(f, "other", MARKER "-other"), STORED_NEW);
}

/* A power cut while it was written. */
static void half_a_line_at_its_end_is_no_line(void **state)
{
	struct fixture *f = *state;
	char file[160];
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	write_children(f);
	erase(f, MARKER);
	int descriptor = open(file, O_WRONLY | O_APPEND);
	assert_int_equal(write(descriptor, "records 00", 10), 10);
	(void)close(descriptor);
	fixture_reopen(f);
	assert_int_equal(come(f, "m7", MARKER), STORED_ERASED);
	erase(f, MARKER "-other");
	fixture_reopen(f);
	assert_int_equal(come(f, "other", MARKER "-other"), STORED_ERASED);
}

/* Whatever was changed in it by hand or by a disk: to go on would be to take back, in silence, what was erased. */
static void a_file_of_erasures_that_is_not_as_it_was_written_is_refused_and_says_what_to_do(void **state)
{
	static const char *const lines[] = {
		"",
		"something else",
		"casewatch erasures 1 00", /* a second first line */
		"subject 0011",
		"subject 00112233445566778899aabbccddeeff",
		"subject 00112233445566778899aabbccddeeff 17000000000000000000000000",
		"subject 00112233445566778899aabbccddeeff 17000000000000000000",
		"subject 00112233445566778899aabbccddeeff 17 ",
		"subject 00112233445566778899aabbccddeeff  17",
		"subject 00112233445566778899aabbccddeeff_17",
		"subject 00112233445566778899AABBCCDDEEFF 17",
		"subject 00112233445566778899aabbccddeefg 17",
		"records 00112233",
		"records_0011223344556677",
		"records 001122334455667g",
		"records  01122334455667 ",
		"records 001122334455667A",
		"records 0011223344556677 00",
	};
	struct fixture *f = *state;
	char file[160], whole[160];
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	(void)snprintf(whole, sizeof whole, "%s.whole", f->path);
	write_children(f);
	erase(f, MARKER);
	store_close(f->store);
	copy(file, whole);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		copy(whole, file);
		int descriptor = open(file, O_WRONLY | O_APPEND);
		assert_int_equal(write(descriptor, lines[i], strlen(lines[i])), strlen(lines[i]));
		assert_int_equal(write(descriptor, "\n", 1), 1);
		(void)close(descriptor);
		f->fault.text[0] = '\0';
		if (store_open(f->path, STORE_WRITE, &f->store, &f->fault) != RESULT_PERMANENT)
			fail_msg("\"%s\" was taken", lines[i]);
		assert_non_null(strstr(f->fault.text, "put back a copy of it from beside a backup"));
		store_close(f->store);
	}
	copy(whole, file); /* and with the copy all is well */
	(void)unlink(whole);
	fixture_open(f);
	assert_int_equal(come(f, "m7", MARKER), STORED_ERASED);
}

static void the_file_of_another_database_is_refused(void **state)
{
	struct fixture *f = *state;
	char file[160];
	(void)snprintf(file, sizeof file, "%s.erased", f->path);
	write_children(f);
	erase(f, MARKER);
	store_close(f->store);
	f->store = NULL;
	int descriptor = open(file, O_WRONLY);
	assert_int_equal(pwrite(descriptor, "00000000", 8, 21), 8); /* of the key in its first line */
	(void)close(descriptor);
	assert_int_equal(store_open(f->path, STORE_WRITE, &f->store, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "belongs to another database"));
}

static void an_id_within_another_is_not_named(void **state)
{
	(void)state;
	assert_true(erasures_named_in(TEXT("{\"subject\":\"C1\"}"), TEXT("C1")));
	assert_true(erasures_named_in(TEXT("C1"), TEXT("C1")));
	assert_false(erasures_named_in(TEXT("{\"subject\":\"C10\"}"), TEXT("C1")));
	assert_false(erasures_named_in(TEXT("AC1 C1-2"), TEXT("C1")));
	assert_true(erasures_named_in(TEXT("AC1 C1"), TEXT("C1")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_of_an_erased_child_is_in_any_file),
		TEST(an_erased_child_is_in_no_register_and_the_others_are),
		TEST(the_other_children_keep_everything),
		TEST(what_was_erased_is_not_stored_again),
		TEST(news_of_an_erased_child_is_taken),
		TEST(an_erasure_that_was_broken_off_goes_on_after_the_start),
		TEST(what_was_erased_is_on_record_without_the_data),
		TEST(the_audit_may_keep_its_words_for_its_own_time),
		TEST(an_older_database_that_is_put_back_is_erased_again),
		TEST(what_comes_while_an_erasure_goes_on_is_news),
		TEST(from_the_order_on_no_other_id_is_one_with_it),
		TEST(what_comes_after_an_older_database_was_put_back_is_news),
		TEST(an_order_that_comes_again_erases_nothing_that_came_since),
		TEST(a_new_database_knows_what_must_not_come_back),
		TEST(a_file_that_was_lost_is_written_again),
		TEST(half_a_line_at_its_end_is_no_line),
		TEST(a_file_of_erasures_that_is_not_as_it_was_written_is_refused_and_says_what_to_do),
		TEST(the_file_of_another_database_is_refused),
		cmocka_unit_test(an_id_within_another_is_not_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
