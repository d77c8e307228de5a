/* Whom the records themselves name is told: one person or several, by their id or as the worker they are, or whoever
 * covers for them; of whom the directory does not know, ops hear, and the others are told all the same. */
#define PEOPLE 4
#include "courier_fixture.h"

static uint64_t store_record(struct bench *bench, const char *id, const char *type, const char *data)
{
	struct fault *fault;
	struct event event;
	enum stored stored;
	char json[500];
	int length = snprintf(json, sizeof json,
	                      "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"lcs\",\"type\":\"%s\","
	                      "\"subject\":\"C1\",\"time\":\"2020-02-05T01:00:00Z\",\"data\":{%s}}",
	                      id, type, data);
	struct text bytes = {json, (size_t)length};
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	OK(event_parse(parser, bytes, INSTANT_NONE, &event, fault));
	OK(store_begin(bench->store, fault));
	OK(events_add(bench->store, &event, bytes, bench->hands.now, &stored, fault));
	OK(store_commit(bench->store, fault));
	event_parser_free(parser);
	return event.ref;
}

/* The alert rests on these records, and is told to the role. */
static void tell_of(struct bench *bench, const char *role, const uint64_t *refs, size_t count)
{
	struct fault *fault;
	struct evidence evidence[4];
	struct alert alert = {.opened = bench->hands.now, .closed = INSTANT_NEVER, .told = bench->hands.now, .step = 1,
	                      .next = INSTANT_NEVER, .due = INSTANT_NONE, .evidence = evidence,
	                      .evidence_count = count};
	for (size_t i = 0; i < count; i++)
		evidence[i] = (struct evidence){.ref = refs[i], .time = bench->hands.now - HOUR};
	(void)snprintf(alert.id, sizeof alert.id, "%016x", 0xb000 + bench->alerts++);
	OK(store_begin(bench->store, fault));
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &(int64_t){0}, fault));
	OK(alerts_set_words(bench->store, text_of(alert.id), TEXT("because"), evidence, count, fault));
	OK(store_commit(bench->store, fault));
	struct outbox_row row = row_of(bench, text_of(alert.id), role, true);
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
}

static struct bench *begin(void)
{
	struct bench *bench = bench_begin("2020-02-05T02:00:00Z", 4);
	struct directory *directory = &bench->directory;
	bench->roles[directory->role_count++] =
		(struct role_title){.role = "owner", .title = "Owner", .from = ROLE_FROM_EVENT};
	bench->roles[directory->role_count++] =
		(struct role_title){.role = "named", .title = "Named", .from = ROLE_FROM_EVENT};
	bench->people[3].worker = "w-3";
	return bench;
}

static void those_whom_a_record_names_are_told_by_their_id_or_as_the_worker_they_are(void **state)
{
	(void)state;
	struct bench *bench = begin();
	uint64_t first = store_record(bench, "e1", "strategy.complex_held", "\"named\":[\"p-1\",\"w-3\",\"p-1\"]");
	tell_of(bench, "named", &first, 1);
	assert_int_equal(attempts_at(bench, 0), 0);
	assert_int_equal(attempts_at(bench, 1), 1); /* once, though named twice */
	assert_int_equal(attempts_at(bench, 3), 1);
	assert_int_equal(bench->arrival_count, 2);
	uint64_t owned = store_record(bench, "e2", "task.created", "\"task\":\"t1\",\"owner\":\"p-2\"");
	tell_of(bench, "owner", (const uint64_t[]){owned, first}, 2); /* the latest that says so at all */
	assert_int_equal(attempts_at(bench, 2), 1);
	assert_int_equal(bench->arrival_count, 3);
	bench_end(bench);
}

static void of_whom_the_directory_does_not_know_ops_hear_and_the_others_are_told(void **state)
{
	(void)state;
	struct bench *bench = begin();
	uint64_t ref = store_record(bench, "e1", "strategy.complex_held", "\"named\":[\"p-1\",\"gone\"]");
	tell_of(bench, "named", &ref, 1);
	assert_int_equal(attempts_at(bench, 1), 1);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 0);
	bench_end(bench);
}

static void where_a_record_names_nobody_who_is_known_the_next_step_comes_at_once(void **state)
{
	(void)state;
	static const char *const datas[] = {"\"named\":[\"gone\"]", "\"named\":[]", ""};
	struct bench *bench = begin();
	for (size_t i = 0; i < sizeof datas / sizeof *datas; i++) {
		char id[8];
		(void)snprintf(id, sizeof id, "e%zu", i);
		uint64_t ref = store_record(bench, id, "strategy.complex_held", datas[i]);
		tell_of(bench, "named", &ref, 1);
		assert_int_equal(bench->nobody_count, i + 1);
	}
	for (int i = 0; i < PEOPLE; i++)
		assert_int_equal(attempts_at(bench, i), 0);
	bench_end(bench);
}

static void whoever_covers_for_the_one_who_is_named_is_told(void **state)
{
	(void)state;
	struct bench *bench = begin();
	civil_day day = zone_date(calendar_zone(bench->calendar), bench->hands.now);
	bench->covers[0] = (struct cover){.person = "p-2", .by = "p-0", .from = day, .until = day};
	bench->directory.cover_count = 1;
	uint64_t ref = store_record(bench, "e1", "task.created", "\"task\":\"t1\",\"owner\":\"p-2\"");
	tell_of(bench, "owner", &ref, 1);
	assert_int_equal(attempts_at(bench, 0), 1);
	assert_int_equal(attempts_at(bench, 2), 0);
	bench_end(bench);
}

/* ---- no way ---- */

/* Of two who hold the role one has no mailbox: the other is told, and ops hear who cannot be. */
static void ops_hear_of_whoever_holds_a_role_and_has_no_way(void **state)
{
	(void)state;
	struct bench *bench = begin();
	bench->people[1].addresses[CHANNEL_EMAIL] = NULL;
	tell(bench, "all", true);
	wait_for(bench, MINUTE);
	assert_int_equal(attempts_at(bench, 0), 1);
	assert_int_equal(attempts_at(bench, 2), 1);
	assert_int_equal(attempts_at(bench, 1), 0);
	assert_int_equal(count_rows(bench).ops, 1);
	assert_int_equal(bench->nobody_count, 0);
	tell(bench, "p-1", true); /* and where nobody else does, the next step comes at once */
	wait_for(bench, MINUTE);
	assert_int_equal(bench->nobody_count, 1);
	assert_int_equal(attempts_at(bench, 1), 0);
	bench_end(bench);
}

/* They are asked for their hours, and lose their mailbox, or leave, before those begin. */
static void whoever_lost_their_way_while_a_message_waited_is_not_waited_for(void **state)
{
	(void)state;
	struct bench *bench = begin();
	behave(bench, 1, ANSWER_LATER, 0);
	tell(bench, "p-1", true);
	wait_for(bench, 10 * SECOND);
	assert_true(attempts_at(bench, 1) > 0);
	assert_int_equal(bench->nobody_count, 0);
	bench->people[1].addresses[CHANNEL_EMAIL] = NULL;
	courier_use(bench->courier, &bench->directory, bench->rules, bench->calendar);
	wait_for(bench, 10 * MINUTE);
	assert_int_equal(bench->nobody_count, 1);
	bench_end(bench);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_whom_a_record_names_are_told_by_their_id_or_as_the_worker_they_are),
		cmocka_unit_test(of_whom_the_directory_does_not_know_ops_hear_and_the_others_are_told),
		cmocka_unit_test(where_a_record_names_nobody_who_is_known_the_next_step_comes_at_once),
		cmocka_unit_test(whoever_covers_for_the_one_who_is_named_is_told),
		cmocka_unit_test(ops_hear_of_whoever_holds_a_role_and_has_no_way),
		cmocka_unit_test(whoever_lost_their_way_while_a_message_waited_is_not_waited_for),
	};
	return cmocka_run_group_tests_name("courier_named", tests, NULL, NULL);
}
