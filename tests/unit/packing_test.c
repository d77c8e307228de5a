/* What is packed unpacks to the same bytes, and whatever else is given is refused, within bounds. */
#include "base/digest.h"
#include "event/packing.h"
#include "source/batch.h"
#include "store/erasure/erasures.h"
#include "store/events/packed.h"
#include "store/store_internal.h"

#include "store_fixture.h"

static const char usual[] =
	"{\"specversion\":\"1.0\",\"id\":\"3f2504e0-4f89-41d3-9a0c-0305e82c3301\",\"source\":\"/council/lcs\",\"type\":"
	"\"missing.started\",\"subject\":\"C0000761\",\"time\":\"2019-01-01T01:05:42Z\",\"recordedtime\":"
	"\"2019-01-01T01:05:42Z\",\"datacontenttype\":\"application/json\",\"data\":{\"episode\":\"M-000001\",\"kind\":"
	"\"missing\",\"from\":\"placement\",\"risk\":\"medium\",\"reported_by\":\"carer\"}}";

/* In memory that ends where it does: one byte beyond is found by the sanitizer and by valgrind. */
static bool comes_back(struct packed packed, struct text bytes)
{
	struct fault fault;
	struct text back;
	char *room = mem_alloc(PACKING_MOST), *given = mem_copy_text(packed.bytes.at, packed.bytes.length);
	packed.bytes.at = given;
	bool same = packing_unpack(packed, room, &back, &fault) == RESULT_OK && text_equal(back, bytes);
	free(given);
	free(room);
	return same;
}

static void an_event_is_packed_to_half_and_comes_back(void **state)
{
	struct fixture *f = *state;
	struct text bytes = text_of(usual);
	struct packed packed = packing_pack(bytes, TEXT("C0000761"), f->arena);
	assert_int_equal(packed.dictionary, PACKING_DICTIONARY);
	assert_true(packed.bytes.length * 2 < bytes.length);
	assert_true(comes_back(packed, bytes));
	assert_true(
		erasures_named_in(packed.bytes, TEXT("C0000761"))); /* whoever looks for a child's traces finds it */
}

/* The subject first, last, the whole of it, none; of every length up to the most. */
static void wherever_the_subject_stands_and_however_long_it_is(void **state)
{
	struct fixture *f = *state;
	char *long_one = arena_alloc(f->arena, PACKING_MOST + 1);
	memset(long_one, 'a', PACKING_MOST + 1);
	static const struct {
		size_t length, place, subject;
		bool packed;
	} cases[] = {{300, 0, 8, true},
	             {300, 292, 8, true},
	             {300, 0, 0, true},
	             {300, 0, 250, true},
	             {300, 0, 299, false},
	             {300, 0, 300, false},
	             {0, 0, 0, false},
	             {PACKING_MOST, PACKING_MOST - 9, 9, true},
	             {PACKING_MOST, 127, 9, true},
	             {PACKING_MOST, 128, 4000, true},
	             {PACKING_MOST + 1, 0, 9, false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct text bytes = {long_one, cases[i].length};
		struct packed packed =
			packing_pack(bytes, (struct text){long_one + cases[i].place, cases[i].subject}, f->arena);
		assert_int_equal(packed.dictionary != 0, cases[i].packed);
		assert_true(comes_back(packed, bytes));
	}
}

static void what_does_not_become_smaller_is_kept_as_it_came(void **state)
{
	struct fixture *f = *state;
	char noise[400];
	digest_random(noise, sizeof noise);
	struct text bytes = {noise, sizeof noise};
	memcpy(noise, "CHILD", 5);
	struct packed packed = packing_pack(bytes, TEXT("CHILD"), f->arena);
	assert_int_equal(packed.dictionary, 0);
	assert_true(packed.bytes.at == noise);
	noise[2] = '\0'; /* of the subject, which is kept between two of them */
	assert_int_equal(packing_pack(bytes, (struct text){noise, 5}, f->arena).dictionary, 0);
	packed = packing_pack(text_of(usual), TEXT("C9"), f->arena); /* its letters were escaped */
	assert_int_equal(packed.dictionary, 0);
}

/* Whether it is refused or not: nothing beyond the room is touched, and what comes is no longer than it. */
static void try_to_unpack(struct text bytes, int dictionary)
{
	struct fault fault;
	struct text back;
	char *room = mem_alloc(PACKING_MOST), *given = mem_copy_text(bytes.at, bytes.length);
	struct packed packed = {{given, bytes.length}, dictionary};
	if (packing_unpack(packed, room, &back, &fault) == RESULT_OK) {
		assert_true(back.length <= PACKING_MOST);
		assert_true(back.at == room);
	} else {
		assert_int_equal(back.length, 0);
		assert_non_null(strstr(fault.text, "its packed bytes are damaged"));
	}
	free(given);
	free(room);
}

static void whatever_became_of_it_is_refused_or_bounded(void **state)
{
	struct fixture *f = *state;
	struct packed packed = packing_pack(text_of(usual), TEXT("C0000761"), f->arena);
	char *bytes = mem_alloc(packed.bytes.length + 16);
	unsigned seed = fixture_seed();
	for (size_t length = 0; length < packed.bytes.length; length++)
		try_to_unpack((struct text){packed.bytes.at, length}, PACKING_DICTIONARY);
	for (int i = 0; i < 20000; i++) {
		size_t length = packed.bytes.length;
		memcpy(bytes, packed.bytes.at, length);
		for (int k = rand_r(&seed) % 4; k >= 0; k--)
			bytes[(size_t)rand_r(&seed) % length] = (char)rand_r(&seed);
		if (rand_r(&seed) % 4 == 0)
			length = (size_t)rand_r(&seed) % (length + 1);
		try_to_unpack((struct text){bytes, length}, PACKING_DICTIONARY);
	}
	/* A length that goes on and on, as LZ4 writes one; a place beyond; no end of the subject. */
	memset(bytes, 0xff, packed.bytes.length);
	try_to_unpack((struct text){bytes, packed.bytes.length}, PACKING_DICTIONARY);
	memcpy(bytes, "\0\0\0", 3);
	try_to_unpack((struct text){bytes, packed.bytes.length}, PACKING_DICTIONARY);
	memcpy(bytes, "\0\0\0\x1f" "a\1\0", 7);
	try_to_unpack((struct text){bytes, packed.bytes.length}, PACKING_DICTIONARY);
	memcpy(bytes, "\x7f\0C1\0\x10" "a", 7);
	try_to_unpack((struct text){bytes, 7}, PACKING_DICTIONARY);
	memcpy(bytes, "\0\0C1C1C1", 8);
	try_to_unpack((struct text){bytes, 8}, PACKING_DICTIONARY);
	free(bytes);
}

static void a_dictionary_that_is_not_there_is_said(void **state)
{
	struct fixture *f = *state;
	struct text back;
	char room[PACKING_MOST];
	struct packed packed = {TEXT("abc"), 7};
	assert_int_equal(packing_unpack(packed, room, &back, &f->fault), RESULT_PERMANENT);
	assert_non_null(strstr(f->fault.text, "dictionary 7, which this casewatch does not have"));
	packed.dictionary = -1;
	assert_int_equal(packing_unpack(packed, room, &back, &f->fault), RESULT_PERMANENT);
}

/* What was packed by it is in councils' databases: a better one has the next number. */
static void a_dictionary_that_shipped_is_the_same_for_ever(void **state)
{
	static const char *const shipped[] = {"a538756b794e23fcf7b85499a1302d166cfa99b02dd5e65559db4acac789a47f"};
	(void)state;
	assert_int_equal(sizeof shipped / sizeof shipped[0], PACKING_DICTIONARY);
	for (int i = 0; i < PACKING_DICTIONARY; i++) {
		struct buffer hex = {0};
		struct digest digest = digest_sha256(packing_dictionary(i + 1));
		digest_put_hex(digest_view(&digest), &hex);
		assert_string_equal(buffer_cstr(&hex), shipped[i]);
		buffer_free(&hex);
	}
}

/* ---- stored ---- */

static int64_t ask(struct fixture *f, const char *sql)
{
	int64_t answer = 0;
	OK(store_pragma(f->store, sql, &answer, &f->fault));
	return answer;
}

static void store_usual(struct fixture *f)
{
	OK(store_begin(f->store, &f->fault));
	assert_int_equal(store_bytes(f, text_of(usual), NULL), STORED_NEW);
	OK(store_commit(f->store, &f->fault));
}

static enum result compare_bytes(void *argument, const struct event *event, struct text bytes, instant arrived,
                                 struct fault *fault)
{
	(void)event, (void)arrived, (void)fault;
	*(int *)argument += text_equal(bytes, text_of(usual)) ? 1 : 100;
	return RESULT_OK;
}

/* So that any LZ4 reads what is stored. */
static void the_dictionaries_lie_in_the_database(void **state)
{
	struct fixture *f = *state;
	int found = 0;
	struct query query = query_start(f->store, "SELECT id, bytes FROM event_dictionary ORDER BY id");
	while (query_row(&query)) {
		assert_int_equal(row_int(&query, 0), ++found);
		assert_true(text_equal(row_blob(&query, 1), packing_dictionary(found)));
	}
	OK(query_end(&query, RESULT_OK, &f->fault));
	assert_int_equal(found, PACKING_DICTIONARY);
}

static void a_stored_event_is_packed_and_read_as_it_came(void **state)
{
	struct fixture *f = *state;
	int same = 0;
	store_usual(f);
	assert_int_equal(ask(f, "SELECT packed FROM event"), PACKING_DICTIONARY);
	assert_in_range(ask(f, "SELECT length(bytes) FROM event"), 1, sizeof usual / 2);
	OK(events_history(f->store, PARTY_NONE, TEXT("C0000761"), compare_bytes, &same, &f->fault));
	assert_int_equal(same, 1);
}

/* Of a database that was filled before there were dictionaries nothing is written anew. */
static void events_of_before_are_read_as_they_are(void **state)
{
	struct fixture *f = *state;
	struct buffer sql = {0};
	int same = 0;
	store_usual(f);
	buffer_format(&sql,
	              "UPDATE event SET bytes = CAST('%s' AS BLOB); ALTER TABLE event DROP COLUMN packed;"
	              "DROP TABLE event_dictionary; PRAGMA user_version = 26",
	              usual);
	OK(store_execute(f->store, buffer_cstr(&sql), &f->fault));
	buffer_free(&sql);
	fixture_reopen(f);
	assert_int_equal(ask(f, "PRAGMA user_version"), migrate_latest());
	assert_int_equal(ask(f, "SELECT packed FROM event"), 0);
	OK(events_history(f->store, PARTY_NONE, TEXT("C0000761"), compare_bytes, &same, &f->fault));
	assert_int_equal(same, 1);
	the_dictionaries_lie_in_the_database(state);
}

static void a_damaged_event_is_said_with_its_number_and_others_are_read(void **state)
{
	struct fixture *f = *state;
	int64_t last;
	int same = 0;
	store_usual(f);
	(void)store_event(f, "other", "missing.started", "C0000761", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\"");
	OK(store_execute(f->store, "UPDATE event SET bytes = x'ff00ff', packed = 1 WHERE id = 2", &f->fault));
	OK(events_history(f->store, PARTY_NONE, TEXT("C0000761"), compare_bytes, &same, &f->fault));
	assert_int_equal(same, 1);
	assert_int_equal(store_unreadable(f->store, &last), 1);
	assert_int_equal(last, 2);
	OK(store_execute(f->store, "UPDATE event SET packed = 9 WHERE id = 2", &f->fault));
	OK(events_history(f->store, PARTY_NONE, TEXT("C0000761"), compare_bytes, &same, &f->fault));
	assert_int_equal(same, 2);
	assert_int_equal(store_unreadable(f->store, &last), 2);
}

static void sql_reads_what_an_event_says_and_says_which_it_cannot(void **state)
{
	struct fixture *f = *state;
	int64_t length;
	store_usual(f);
	assert_true(packed_function(f->store->database, NULL, NULL));
	assert_int_equal(ask(f, "SELECT length(event_json(id, packed, bytes)) FROM event"), sizeof usual - 1);
	assert_int_equal(ask(f, "SELECT length(event_json(1, 0, x''))"), 0);
	assert_int_equal(ask(f, "SELECT length(event_json(1, 0, NULL))"), 0);
	OK(store_execute(f->store, "UPDATE event SET bytes = x'ff00ff'", &f->fault));
	assert_int_not_equal(store_pragma(f->store, "SELECT length(event_json(id, packed, bytes)) FROM event", &length,
	                                  &f->fault),
	                     RESULT_OK);
	assert_non_null(strstr(f->fault.text, "stored event 1 can no longer be read: its packed bytes are damaged"));
}

struct damaged_seen {
	int times;
	int64_t event;
	char why[200];
};

static void note_seen(void *argument, int64_t event, const char *why)
{
	struct damaged_seen *seen = argument;
	seen->times++;
	seen->event = event;
	(void)snprintf(seen->why, sizeof seen->why, "%s", why);
}

/* A figure of ten thousand records came not at all, because one of them could no longer be read. */
static void sql_that_is_told_of_a_damaged_event_reads_the_others(void **state)
{
	static const struct {
		const char *harm, *why;
	} harms[] = {
		{"bytes = x'ff00ff', packed = 1", "its packed bytes are damaged"},
		{"bytes = x'7b226964223a', packed = 0", "it is not JSON"},
		{"bytes = x'7b7d7d', packed = 0", "it is not JSON"},
		{"bytes = x'', packed = 0", "it is not JSON"},
		{"packed = 9", "by dictionary 9"},
	};
	struct fixture *f = *state;
	struct damaged_seen seen = {0};
	struct packed_damage damage;
	char sql[200];
	store_usual(f);
	(void)store_event(f, "other", "missing.started", "C0000761", "2020-01-01T10:00:00Z",
	                  "\"episode\":\"1\",\"kind\":\"missing\"");
	assert_true(packed_function(f->store->database, note_seen, &seen));
	OK(packed_sound(f->store->database, &damage, &f->fault));
	assert_int_equal(damage.count, 0);
	for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
		(void)snprintf(sql, sizeof sql, "UPDATE event SET %s WHERE id = 2", harms[i].harm);
		OK(store_execute(f->store, sql, &f->fault));
		assert_int_equal(ask(f, "SELECT count(json_extract(CAST(event_json(id, packed, bytes) AS TEXT), "
		                        "'$.id')) FROM event"),
		                 1);
		assert_int_equal(seen.times, (int)i + 1);
		assert_int_equal(seen.event, 2);
		assert_non_null(strstr(seen.why, harms[i].why));
		OK(packed_sound(f->store->database, &damage, &f->fault));
		assert_int_equal(damage.count, 1);
		assert_int_equal(damage.first, 2);
		assert_non_null(strstr(damage.why.text, harms[i].why));
	}
	/* a byte-order mark, as a file of Windows has it, is no damage, and hides nothing from SQL's JSON */
	OK(store_execute(f->store, "UPDATE event SET packed = 0, bytes = x'efbbbf7b226964223a2278227d' WHERE id = 2",
	                 &f->fault));
	assert_int_equal(ask(f, "SELECT count(*) FROM event WHERE "
	                        "json_extract(CAST(event_json(id, packed, bytes) AS TEXT), '$.id') = 'x'"), 1);
	OK(packed_sound(f->store->database, &damage, &f->fault));
	assert_int_equal(damage.count, 0);
	OK(store_execute(f->store, "UPDATE event SET flags = 8 WHERE id = 2", &f->fault)); /* it was erased */
	OK(packed_sound(f->store->database, &damage, &f->fault));
	assert_int_equal(damage.count, 0);
	OK(store_execute(f->store, "ALTER TABLE event RENAME COLUMN packed TO other", &f->fault)); /* an older schema */
	OK(packed_sound(f->store->database, &damage, &f->fault));
	assert_int_equal(damage.count, 0);
}

/* Bytes of a file do not say so. */
static void who_is_named_in_another_childs_packed_event_is_found(void **state)
{
	static const struct text ids[] = {TEXT_LITERAL("C-ELSEWHERE"), TEXT_LITERAL("M-000001")};
	struct fixture *f = *state;
	struct erasures_left left;
	store_usual(f);
	OK(erasures_named(f->store, ids, 1, &left, &f->fault));
	assert_int_equal(left.naming, 0);
	OK(erasures_named(f->store, ids, 2, &left, &f->fault));
	assert_int_equal(left.naming, 1);
	assert_int_equal(left.unread, 0);
	OK(store_execute(f->store, "UPDATE event SET bytes = x'ff00ff'", &f->fault));
	OK(erasures_named(f->store, ids, 2, &left, &f->fault));
	assert_int_equal(left.naming, 0);
	assert_int_equal(left.unread, 1);
}

/* Where it is parsed, on a thread that is not the loop's. */
static void a_batch_has_its_events_packed(void **state)
{
	struct fixture *f = *state;
	struct batch *batch = batch_new();
	const struct source_record *record =
		batch_add(batch, f->parser, TEXT("kafka:events:0"), 1, text_of(usual), 1600000000 * SECOND);
	assert_int_equal(record->packed.dictionary, PACKING_DICTIONARY);
	assert_true(comes_back(record->packed, text_of(usual)));
	record = batch_add(batch, f->parser, TEXT("kafka:events:0"), 2, TEXT("{}"), 1600000000 * SECOND);
	assert_int_equal(record->packed.dictionary, 0); /* refused: it waits as it came */
	assert_true(text_equal(record->packed.bytes, TEXT("{}")));
	batch_free(batch);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_packed_to_half_and_comes_back),
		TEST(wherever_the_subject_stands_and_however_long_it_is),
		TEST(what_does_not_become_smaller_is_kept_as_it_came),
		TEST(whatever_became_of_it_is_refused_or_bounded),
		TEST(a_dictionary_that_is_not_there_is_said),
		TEST(a_dictionary_that_shipped_is_the_same_for_ever),
		TEST(the_dictionaries_lie_in_the_database),
		TEST(a_stored_event_is_packed_and_read_as_it_came),
		TEST(events_of_before_are_read_as_they_are),
		TEST(a_damaged_event_is_said_with_its_number_and_others_are_read),
		TEST(sql_reads_what_an_event_says_and_says_which_it_cannot),
		TEST(sql_that_is_told_of_a_damaged_event_reads_the_others),
		TEST(who_is_named_in_another_childs_packed_event_is_found),
		TEST(a_batch_has_its_events_packed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
