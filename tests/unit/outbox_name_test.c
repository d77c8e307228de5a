/* What a row of the outbox, and its message, is called: the same on two machines that were told the same, however it
 * came to them, and on no two rows. */
#include "pipeline_world.h"

#include "store/outbox/outbox.h"

#define MISSING(episode) "\"episode\":\"" episode "\",\"kind\":\"missing\""
#define ROWS_MOST 2048

/* In rounds: what became known at one time, each of another child. Of one child the order would still be the same, but
 * what a batch brings of a child is told as it stands behind the batch (docs/cells.md). */
#define ROUNDS 3
#define OF_A_ROUND 5
static const struct round {
	const char *known;
	struct told {
		const char *id, *type, *subject, *time, *data;
	} events[OF_A_ROUND];
} rounds[ROUNDS] = {
	{"2026-02-05T21:10:00Z",
         {{"e1", "custody.threshold_met", "C1", "2026-02-05T21:10:00Z", K1},
          {"e2", "missing.started", "C2", "2026-02-05T20:00:00Z", MISSING("E1")},
          {"e3", "custody.threshold_met", "C3", "2026-02-05T21:10:00Z", "\"custody\":\"K3\""},
          {"e4", "missing.started", "C4", "2026-02-05T20:00:00Z", MISSING("E2")},
          {"e5", "missing.started", "C5", "2026-02-05T20:30:00Z", MISSING("E3")}}},
	{"2026-02-06T04:00:00Z",
         {{"f1", "custody.charged_bail_refused", "C1", "2026-02-06T03:00:00Z", K1},
          {"f2", "missing.ended", "C2", "2026-02-06T02:00:00Z", "\"episode\":\"E1\""},
          {"f3", "event.withdrawn", "C3", "2026-02-06T03:30:00Z", "\"id\":\"e3\""},
          {"f4", "missing.ended", "C4", "2026-02-06T02:00:00Z", "\"episode\":\"E2\""},
          {"f5", "custody.threshold_met", "C5", "2026-02-06T03:50:00Z", "\"custody\":\"K5\""}}},
	{"2026-02-06T09:00:00Z",
         {{"g1", "missing.started", "C1", "2026-02-06T08:00:00Z", MISSING("E4")},
          {"g2", "missing.started", "C2", "2026-02-06T08:00:00Z", MISSING("E5")},
          {"g3", "custody.threshold_met", "C3", "2026-02-06T08:50:00Z", "\"custody\":\"K6\""},
          {"g4", "missing.started", "C4", "2026-02-06T08:00:00Z", MISSING("E6")},
          {"g5", "missing.ended", "C5", "2026-02-06T07:00:00Z", "\"episode\":\"E3\""}}},
};

struct names {
	struct outbox_same same[ROWS_MOST];
	char message[ROWS_MOST][OUTBOX_NAME_SIZE];
	size_t count;
	const struct store *store;
};

static enum result collect(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct names *names = argument;
	(void)fault;
	if (row->kind == OUTBOX_OPS)
		return RESULT_OK;
	assert_true(outbox_same_known(&row->same) && names->count < ROWS_MOST);
	outbox_message_name(names->store, row, names->message[names->count]);
	names->same[names->count++] = row->same;
	return RESULT_OK;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, OUTBOX_SAME_BYTES);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const unsigned char key[OUTBOX_KEY_BYTES] = {1, 2, 3};

static struct names names_of(struct world *w)
{
	struct fixture *f = w->f;
	struct names names = {.store = w->f->store};
	OK(outbox_each(f->store, TEXT_NONE, false, SIZE_MAX, collect, &names, &f->fault));
	qsort(names.same, names.count, sizeof names.same[0], by_bytes);
	qsort(names.message, names.count, sizeof names.message[0], by_name);
	return names;
}

static enum result keep_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

/* The rounds in batches of so many, and what falls due between them and in the days after. */
static struct names told_in_batches_of(size_t size)
{
	void *state;
	(void)setup(&state);
	struct world *w = state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE], answer[128];
	OK(outbox_use_key(f->store, key, &f->fault));
	for (const struct round *round = rounds; round < rounds + ROUNDS; round++) {
		run(w, round->known);
		for (size_t i = 0; i < OF_A_ROUND; i++) {
			const struct told *told = &round->events[i];
			add(w, told->id, told->type, told->subject, told->time, told->data);
			if (i % size == size - 1 || i == OF_A_ROUND - 1)
				take(w, round->known);
		}
		deliver(w);
	}
	run(w, "2026-02-06T09:30:00Z");
	OK(alerts_find(f->store, TEXT("1001"), keep_id, id, &f->fault)); /* of C1: told first, whatever the batch */
	(void)snprintf(answer, sizeof answer, "\"alert\":\"%s\",\"by\":\"director\",\"action\":\"seen\"", id);
	hear(w, "a1", "alert.acknowledged", "C1", "2026-02-06T09:30:00Z", answer);
	run(w, "2026-02-06T18:00:00Z");
	struct names names = names_of(w);
	(void)teardown(&state);
	return names;
}

static void two_machines_that_are_told_the_same_in_other_batches_call_their_messages_the_same(void **state)
{
	const size_t sizes[] = {2, 4, OF_A_ROUND};
	struct names one = told_in_batches_of(1);
	(void)state;
	assert_true(one.count > 10);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct names other = told_in_batches_of(sizes[i]);
		assert_int_equal(other.count, one.count);
		assert_memory_equal(other.same, one.same, one.count * sizeof one.same[0]);
		assert_memory_equal(other.message, one.message, one.count * sizeof one.message[0]);
	}
}

static void no_two_messages_are_called_the_same(void **state)
{
	struct names names = told_in_batches_of(3);
	(void)state;
	for (size_t i = 1; i < names.count; i++) {
		assert_true(by_bytes(&names.same[i - 1], &names.same[i]) != 0);
		assert_true(by_name(names.message[i - 1], names.message[i]) != 0);
	}
}

static struct outbox_row row_like(void)
{
	return (struct outbox_row){.kind = OUTBOX_ALERT,
	                           .purpose = TEXT("opened"),
	                           .alert = TEXT("0123456789abcdef"),
	                           .rule = TEXT("custody.threshold"),
	                           .step = 1,
	                           .role = TEXT("director"),
	                           .cause = TEXT("opened 1"),
	                           .payload = TEXT("{}"),
	                           .deadline = INSTANT_NEVER};
}

static void whatever_tells_two_rows_apart_makes_two_names(void **state)
{
	struct outbox_row rows[9];
	struct outbox_same names[9];
	(void)state;
	for (size_t i = 0; i < 9; i++)
		rows[i] = row_like();
	rows[1].kind = OUTBOX_REMINDER;
	rows[2].purpose = TEXT("escalated");
	rows[3].alert = TEXT("0123456789abcdee");
	rows[4].step = 2;
	rows[5].role = TEXT("dcs");
	rows[6].person = TEXT("p-1");
	rows[7].channel = TEXT("email");
	rows[8].cause = TEXT("opened 2");
	for (size_t i = 0; i < 9; i++) {
		names[i] = outbox_same_of(&rows[i], 0);
		for (size_t k = 0; k < i; k++)
			assert_true(by_bytes(&names[i], &names[k]) != 0);
	}
	struct outbox_same second = outbox_same_of(&rows[0], 1);
	assert_true(by_bytes(&names[0], &second) != 0);
	rows[0].not_before = 5 * SECOND; /* when it may go is not what it is */
	struct outbox_same again = outbox_same_of(&rows[0], 0);
	assert_memory_equal(names[0].at, again.at, sizeof again.at);
}

/* More than any cause brings: each is kept, and has a name of its own. */
static void rows_that_are_alike_are_all_kept(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	struct outbox_row row = row_like();
	row.alert = TEXT_NONE;
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < 70; i++) {
		int64_t id;
		OK(outbox_add(f->store, &row, &id, &f->fault));
		assert_int_equal(id, i + 1);
	}
	OK(store_commit(f->store, &f->fault));
	struct names names = names_of(w);
	assert_int_equal(names.count, 70);
	for (size_t i = 1; i < names.count; i++)
		assert_true(by_bytes(&names.same[i - 1], &names.same[i]) != 0);
}

static void another_council_calls_the_same_row_otherwise_and_keeps_its_key(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char before[OUTBOX_NAME_SIZE], after[OUTBOX_NAME_SIZE], ours[OUTBOX_NAME_SIZE];
	struct outbox_row row = row_like();
	row.same = outbox_same_of(&row, 0);
	outbox_message_name(f->store, &row, before);
	restart(w);
	outbox_message_name(w->f->store, &row, after);
	assert_string_equal(before, after);
	OK(outbox_use_key(w->f->store, key, &f->fault));
	outbox_message_name(w->f->store, &row, ours);
	assert_string_not_equal(before, ours);
}

static void a_row_of_before_names_is_called_by_chance(void **state)
{
	struct world *w = *state;
	char one[OUTBOX_NAME_SIZE], two[OUTBOX_NAME_SIZE];
	const struct outbox_row row = row_like();
	assert_false(outbox_same_known(&row.same));
	outbox_message_name(w->f->store, &row, one);
	outbox_message_name(w->f->store, &row, two);
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(one), OUTBOX_NAME_SIZE - 1);
}

static void a_message_of_several_rows_is_named_after_all_of_them_in_whatever_order(void **state)
{
	struct outbox_row rows[3] = {{.id = 1}, {.id = 2}, {.id = 3}}, turned[3];
	(void)state;
	for (size_t i = 0; i < 3; i++)
		memset(rows[i].same.at, (int)(7 * i + 1), sizeof rows[i].same.at);
	for (size_t i = 0; i < 3; i++)
		turned[i] = rows[2 - i];
	struct outbox_same all = outbox_same_together(rows, 3), other = outbox_same_together(turned, 3);
	assert_memory_equal(&all, &other, sizeof all);
	other = outbox_same_together(rows, 2);
	assert_memory_not_equal(&all, &other, sizeof all);
	for (size_t i = 0; i < 3; i++) {
		other = outbox_same_together(&rows[i], 1);
		assert_memory_equal(&other, &rows[i].same, sizeof other);
		assert_memory_not_equal(&all, &other, sizeof all);
	}
	/* One from before rows had names: nobody else could name the message so. */
	memset(rows[1].same.at, 0, sizeof rows[1].same.at);
	all = outbox_same_together(rows, 3);
	assert_false(outbox_same_known(&all));
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_of_several_rows_is_named_after_all_of_them_in_whatever_order),
		cmocka_unit_test(two_machines_that_are_told_the_same_in_other_batches_call_their_messages_the_same),
		cmocka_unit_test(no_two_messages_are_called_the_same),
		cmocka_unit_test(whatever_tells_two_rows_apart_makes_two_names),
		cmocka_unit_test_setup_teardown(rows_that_are_alike_are_all_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(another_council_calls_the_same_row_otherwise_and_keeps_its_key, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(a_row_of_before_names_is_called_by_chance, setup, teardown),
	};
	return cmocka_run_group_tests_name("outbox_name", tests, NULL, NULL);
}
