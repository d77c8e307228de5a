/* Whatever call to a file fails while somebody is erased, an order to erase is given or taken, a backup is made or put
 * back, a copy follows or a database is opened: it is said, what was there stays whole, and the next try comes out as
 * if nothing had failed.
 */
#include "follow_world.h"

#include "disk_calls.h"

#include "base/log.h"
#include "event/event.h"
#include "store/erasure/erase_orders.h"
#include "store/erasure/erasures.h"
#include "store/events/events.h"

#define CALLS_MOST 400 /* of one story: far more than any makes */
#define EVENTS 3

static struct event_parser *parser, *readers;

static void run(const char *command)
{
	char line[400];
	(void)snprintf(line, sizeof line, "cd %s && %s", folder, command);
	assert_int_equal(system(line), 0);
}

static void open_original(void)
{
	must(store_open(original_path, STORE_WRITE, &original, &fault));
	must(store_execute(original, "PRAGMA synchronous = OFF", &fault)); /* it is ended by no power cut */
	events_set_parser(original, readers);
}

static int begin(void **state)
{
	(void)set_up(state);
	schema_start();
	parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	readers = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	store_close(original);
	run("cp original.db empty.db; cp original.db.lock empty.db.lock");
	open_original();
	return 0;
}

static int end(void **state)
{
	int failed = tear_down(state);
	event_parser_free(parser);
	event_parser_free(readers);
	return failed;
}

/* "/tmp/.../NAME" */
static const char *in_folder(const char *name)
{
	static char paths[4][160];
	static size_t last;
	last = (last + 1) % 4;
	(void)snprintf(paths[last], sizeof paths[last], "%s/%s", folder, name);
	return paths[last];
}

/* A database in which nothing is. */
static void copy_empty(const char *name)
{
	char command[300];
	(void)snprintf(command, sizeof command, "rm -f %s.db*; cp empty.db %s.db; cp empty.db.lock %s.db.lock", name,
	               name, name);
	run(command);
}

static bool is_there(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0;
}

static const char *way_of(enum disk_fault way)
{
	return way == DISK_FULL ? "a full disk" : "a broken disk";
}

static void assert_said(enum result result, bool struck, const struct fault *why, uint64_t at, enum disk_fault way)
{
	if (result != RESULT_OK && (!struck || !why->text[0]))
		fail_msg("%s at call %d (%s): \"%s\"", way_of(way), (int)at, disk_calls.call, why->text);
	assert_true(at < CALLS_MOST);
}

#define PIECES 9 /* of a file that is copied piece by piece, the first calls fail, and then each so many-th */

/* At each call, in each way. `try`: true, as long as there is one that can fail. */
static void at_each_call(bool try(uint64_t at, enum disk_fault way))
{
	for (enum disk_fault way = DISK_FAILS; way <= DISK_FULL; way++) {
		uint64_t at = 0;
		int pieces = 0;
		for (; try(at, way); at += pieces > 4 ? PIECES : 1)
			pieces = strcmp(disk_calls.call, "read") && strcmp(disk_calls.call, "write") ? 0 : pieces + 1;
		assert_true(at > 0 || way == DISK_FULL); /* SQLite alone writes a backup */
	}
}

/* ---- erasing ---- */

static void write_event(const char *id, const char *child)
{
	char json[300];
	struct event event;
	enum stored stored;
	int length = snprintf(json, sizeof json,
	                      "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"lcs\",\"type\":\"missing.started\","
	                      "\"subject\":\"%s\",\"time\":\"2020-01-01T00:00:00Z\",\"data\":{\"episode\":\"1\","
	                      "\"kind\":\"missing\"}}",
	                      id, child);
	must(event_parse(parser, (struct text){json, (size_t)length}, INSTANT_NONE, &event, &fault));
	must(events_add(original, &event, (struct text){json, (size_t)length}, NOW, &stored, &fault));
}

/* C0, C1 ... each with events C0-0, C0-1 ... */
static void write_child(int child)
{
	char id[32], subject[16];
	(void)snprintf(subject, sizeof subject, "C%d", child);
	must(store_begin(original, &fault));
	for (int i = 0; i < EVENTS; i++) {
		(void)snprintf(id, sizeof id, "C%d-%d", child, i);
		write_event(id, subject);
	}
	must(store_commit(original, &fault));
}

static bool holds(struct store *store, int child)
{
	int held = 0;
	char id[32];
	for (int i = 0; i < EVENTS; i++) {
		(void)snprintf(id, sizeof id, "C%d-%d", child, i);
		held += erasures_hold(store, TEXT("lcs"), text_of(id));
	}
	assert_true(held == 0 || held == EVENTS);
	return held == EVENTS;
}

static enum result erase_all(const char *subject, bool *begun, struct fault *why)
{
	const struct erasure_order order = {.subject = text_of(subject),
	                                    .person = TEXT("p-dpo"),
	                                    .reason = TEXT("request 31"),
	                                    .at = NOW,
	                                    .audit_from = INSTANT_NONE};
	enum result result = *begun ? RESULT_OK : erasures_begin(original, &order, why);
	*begun = *begun || result == RESULT_OK;
	for (bool more = true; more && result == RESULT_OK;)
		result = erasures_step(original, NOW, &more, why);
	return result;
}

/* As after a machine was lost, and of it the file of erasures alone is there. */
static bool the_file_alone_holds(int child)
{
	struct store *fresh;
	copy_empty("fresh");
	run("cp original.db.erased fresh.db.erased");
	must(store_open(in_folder("fresh.db"), STORE_WRITE, &fresh, &fault));
	bool held = holds(fresh, child);
	store_close(fresh);
	return held;
}

static bool try_erasing(uint64_t at, enum disk_fault way)
{
	static int child;
	char subject[16];
	struct fault why = {""};
	bool begun = false;
	write_child(++child);
	(void)snprintf(subject, sizeof subject, "C%d", child);
	disk_fails_at(at, way);
	enum result result = erase_all(subject, &begun, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	if (result != RESULT_OK)
		must(erase_all(subject, &begun, &fault));
	assert_true(holds(original, child));
	if (!the_file_alone_holds(child))
		fail_msg("%s at call %d (%s): what was erased is not in the file", way_of(way), (int)at,
		         disk_calls.call);
	return struck;
}

static void whatever_call_fails_what_was_erased_stays_away_from_every_later_database(void **state)
{
	(void)state;
	at_each_call(try_erasing);
	/* Nor is the first one's file another: the daemon starts with it. */
	store_close(original);
	must(store_open(original_path, STORE_WRITE, &original, &fault));
	assert_true(holds(original, 1));
}

/* The very first one makes the file. */
static bool try_the_first_erasing(uint64_t at, enum disk_fault way)
{
	store_close(original);
	copy_empty("original");
	open_original();
	return try_erasing(at, way);
}

static void whatever_call_fails_at_the_first_erasure_its_file_is_whole(void **state)
{
	(void)state;
	at_each_call(try_the_first_erasing);
}

/* ---- orders ---- */

static size_t taken;

static enum result take_order(void *argument, const struct erasure_order *order, struct fault *why)
{
	(void)argument, (void)why;
	assert_true(text_equal(order->subject, TEXT("C1")));
	taken++;
	return RESULT_OK;
}

static bool try_ordering(uint64_t at, enum disk_fault way)
{
	const struct erasure_order order = {
		.subject = TEXT("C1"), .person = TEXT("p-dpo"), .reason = TEXT("request 31"), .at = NOW};
	struct fault why = {""};
	taken = 0;
	disk_fails_at(at, way);
	enum result result = erase_orders_put(original_path, &order, 1, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	must(erase_orders_take(original_path, take_order, NULL, &fault));
	if (taken != (result == RESULT_OK))
		fail_msg("%s at call %d (%s): who ordered heard \"%s\", and the daemon took %d orders", way_of(way),
		         (int)at, disk_calls.call, why.text, (int)taken);
	return struck;
}

static void an_order_of_which_it_was_said_that_it_could_not_be_written_is_not_carried_out(void **state)
{
	struct buffer path = {0};
	(void)state;
	must(erase_orders_start(original_path, &path, &fault));
	buffer_free(&path);
	at_each_call(try_ordering);
}

static bool try_taking(uint64_t at, enum disk_fault way)
{
	const struct erasure_order order = {
		.subject = TEXT("C1"), .person = TEXT("p-dpo"), .reason = TEXT("request 31"), .at = NOW};
	struct fault why = {""};
	taken = 0;
	must(erase_orders_put(original_path, &order, 1, &fault));
	must(erase_orders_put(original_path, &order, 1, &fault));
	disk_fails_at(at, way);
	enum result result = erase_orders_take(original_path, take_order, NULL, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	assert_true(taken || strcmp(disk_calls.call, "opendir") == 0); /* one stops no other */
	must(erase_orders_take(original_path, take_order, NULL, &fault));
	if (taken < 2)
		fail_msg("%s at call %d (%s): the order was never carried out", way_of(way), (int)at, disk_calls.call);
	assert_int_equal(erase_orders_waiting(original_path), 0);
	return struck;
}

static void an_order_that_cannot_be_read_today_is_carried_out_when_it_can(void **state)
{
	struct buffer path = {0};
	(void)state;
	must(erase_orders_start(original_path, &path, &fault));
	buffer_free(&path);
	for (enum disk_fault way = DISK_FAILS; way <= DISK_FULL; way++)
		for (uint64_t at = 0; try_taking(at, way); at++)
			;
}

/* ---- backing up, and putting back ---- */

static bool try_backing_up(uint64_t at, enum disk_fault way)
{
	struct backup_facts facts;
	struct fault why = {""};
	const char *made = in_folder("made"), *named = in_folder("backup.db");
	disk_fails_at(at, way);
	enum result result = backup_copy(original_path, made, NULL, NULL, &why);
	if (result == RESULT_OK)
		result = backup_name(made, named, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	assert_true(is_there(named) || result != RESULT_OK);
	if (is_there(named))
		must(backup_check(named, true, &facts, &fault));
	run("rm -f made backup.db");
	must(backup_copy(original_path, made, NULL, NULL, &fault));
	must(backup_name(made, named, &fault));
	must(backup_check(named, true, &facts, &fault));
	run("rm -f made backup.db");
	return struck;
}

static void a_backup_under_its_own_name_is_a_whole_one_whatever_call_fails(void **state)
{
	(void)state;
	at_each_call(try_backing_up);
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

/* Of which what was written last is in the log alone, as after a process was killed. */
static void place_a_database(void)
{
	run("rm -f place.db*; cp killed.db place.db; cp killed.db-wal place.db-wal; cp killed.db.lock place.db.lock");
}

static bool try_putting_back(uint64_t at, enum disk_fault way)
{
	struct restored restored;
	struct fault why = {""};
	const char *place = in_folder("place.db"), *backup = in_folder("backup.db");
	place_a_database();
	disk_fails_at(at, way);
	enum result result = backup_restore(place, backup, true, NOW, &restored, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	if (!is_there(place) || rows_of(place) != (result == RESULT_OK ? 1 : 2))
		if (!is_there(place) || result == RESULT_OK || rows_of(place) != 1)
			fail_msg("%s at call %d (%s): \"%s\", and what was there is gone", way_of(way), (int)at,
			         disk_calls.call, why.text);
	if (result != RESULT_OK && rows_of(place) == 2)
		must(backup_restore(place, backup, true, NOW, &restored, &fault));
	assert_int_equal(rows_of(place), 1);
	assert_int_equal(rows_of(restored.aside), 2);
	run("rm -f place.db.before*");
	return struck;
}

static void putting_back_a_backup_leaves_what_was_there_or_the_backup_whatever_call_fails(void **state)
{
	struct store *killed;
	(void)state;
	copy_empty("killed");
	must(store_open(in_folder("killed.db"), STORE_WRITE, &killed, &fault));
	must(store_begin(killed, &fault));
	must(store_execute(killed, writes[12], &fault));
	must(store_execute(killed, writes[12], &fault));
	must(store_commit(killed, &fault));
	write_sql(writes[12]);
	must(backup_copy(original_path, in_folder("backup.db"), NULL, NULL, &fault));
	at_each_call(try_putting_back);
	store_close(killed);
}

/* ---- following ---- */

static bool try_following(uint64_t at, enum disk_fault way)
{
	struct follow_copy *copy = NULL;
	struct follow_place place;
	struct follow_shipped shipped;
	struct store *reader;
	struct fault why = {""};
	instant moment = INSTANT_NONE;
	write_sql(writes[12]);
	must(follow_copy_open(copy_path, &copy, &fault));
	must(follow_copy_place(copy, &place, &fault));
	must(store_open(original_path, STORE_READ, &reader, &fault));
	buffer_clear(&shipped_bytes);
	disk_fails_at(at, way);
	enum result result = follow_ship(reader, &place, true, NOW, gather, &shipped_bytes, &shipped, &why);
	if (result == RESULT_OK) {
		result = take(copy, shipped_bytes.length, &moment);
		why = result == RESULT_OK ? why : fault;
	}
	bool struck = disk_works_again();
	store_close(reader);
	follow_copy_close(copy);
	assert_said(result, struck, &why, at, way);
	if (is_there(in_folder("copy.db.erased")))
		run("cmp original.db.erased copy.db.erased");
	(void)follow_once();
	run("cmp original.db.erased copy.db.erased");
	return struck;
}

static void a_copy_never_knows_fewer_erasures_than_before_whatever_call_fails(void **state)
{
	bool begun = false;
	(void)state;
	write_child(0);
	must(erase_all("C0", &begun, &fault));
	(void)follow_once();
	at_each_call(try_following);
	assert_that_the_copy_is_the_original();
}

/* ---- opening ---- */

static bool try_opening(uint64_t at, enum disk_fault way)
{
	struct store *store = NULL;
	struct fault why = {""};
	const char *place = in_folder("place.db");
	copy_empty("place");
	disk_fails_at(at, way);
	enum result result = store_open(place, STORE_WRITE, &store, &why);
	bool struck = disk_works_again();
	assert_said(result, struck, &why, at, way);
	store_close(store);
	run("rm -f place.db");
	if (store_open(place, STORE_WRITE, &store, &fault) == RESULT_OK)
		fail_msg("%s at call %d (%s): that there was a database is forgotten", way_of(way), (int)at,
		         disk_calls.call);
	store_close(store);
	return struck;
}

static void that_there_was_a_database_is_not_forgotten_whatever_call_fails_at_a_start(void **state)
{
	(void)state;
	at_each_call(try_opening);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

int main(void)
{
	log_set_sink(silent);
	const struct CMUnitTest tests[] = {
		TEST(whatever_call_fails_what_was_erased_stays_away_from_every_later_database),
		TEST(whatever_call_fails_at_the_first_erasure_its_file_is_whole),
		TEST(an_order_of_which_it_was_said_that_it_could_not_be_written_is_not_carried_out),
		TEST(an_order_that_cannot_be_read_today_is_carried_out_when_it_can),
		TEST(a_backup_under_its_own_name_is_a_whole_one_whatever_call_fails),
		TEST(putting_back_a_backup_leaves_what_was_there_or_the_backup_whatever_call_fails),
		TEST(a_copy_never_knows_fewer_erasures_than_before_whatever_call_fails),
		TEST(that_there_was_a_database_is_not_forgotten_whatever_call_fails_at_a_start),
	};
	return cmocka_run_group_tests_name("disk_calls", tests, NULL, NULL);
}
