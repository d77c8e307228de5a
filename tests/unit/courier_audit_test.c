/* Whatever comes of a message is a row of the audit: whom, by which way, at which address, and what the server said. */
#include "courier_fixture.h"

#include "store/audit/audit.h"

static struct channel_reply said; /* what the service says when it is asked */

static void say(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	(void)context;
	(void)message;
	*reply = said;
}

struct looking {
	const char *what;
	int count;
	int of_server; /* of them, so many say which server it was */
	bool whole; /* each names who was told, and where */
};

static enum result look(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct looking *looking = argument;
	(void)fault;
	if (!text_equal(entry->what, text_of(looking->what)))
		return RESULT_OK;
	looking->count++;
	looking->of_server += memmem(entry->detail.at, entry->detail.length, "\"server\":\"relay@", 16) != NULL;
	looking->whole = looking->whole && entry->person.length && entry->number &&
	                 memmem(entry->detail.at, entry->detail.length, "@", 1) != NULL;
	return RESULT_OK;
}

static int rows_by_server(struct bench *bench, const char *what, int *of_server)
{
	struct fault *fault;
	struct looking looking = {.what = what, .whole = true};
	struct audit_filter all = {.from = INSTANT_NONE, .until = INSTANT_NEVER};
	OK(audit_find(bench->store, &all, look, &looking, fault));
	assert_true(looking.whole);
	*of_server = looking.of_server;
	return looking.count;
}

static int rows_of(struct bench *bench, const char *what)
{
	int unused;
	return rows_by_server(bench, what, &unused);
}

static void assert_whole(struct bench *bench)
{
	struct fault *fault;
	struct audit_verdict verdict;
	OK(audit_verify(bench->store, NULL, 0, NULL, NULL, &verdict, fault));
	assert_string_equal(verdict.what, "");
	assert_true(verdict.rows > 0);
}

static void each_answer_of_a_server_is_a_row(void **state)
{
	static const struct {
		enum answer answer;
		const char *what;
	} cases[] = {
		{ANSWER_OK, "message.accepted"},         {ANSWER_REFUSES, "message.failed"},
		{ANSWER_LATER, "message.retry"},         {ANSWER_UNCERTAIN, "message.uncertain"},
		{ANSWER_GIVEN, "message.given"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
		behave(bench, 1, cases[i].answer, 5);
		tell_person(bench, 1, true);
		wait_for(bench, SECOND);
		if (rows_of(bench, cases[i].what) != 1)
			fail_msg("no row %s", cases[i].what);
		assert_whole(bench);
		bench_end(bench);
	}
}

static void what_a_service_says_later_is_a_row(void **state)
{
	static const struct {
		enum channel_outcome outcome;
		enum channel_whose whose;
		const char *what;
	} cases[] = {{CHANNEL_ACCEPTED, CHANNEL_OF_RECIPIENT, "message.delivered"},
	             {CHANNEL_PERMANENT, CHANNEL_OF_RECIPIENT, "message.not-delivered"},
	             {CHANNEL_TEMPORARY, CHANNEL_OF_MESSAGE, "message.retry"}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
		said = (struct channel_reply){.outcome = cases[i].outcome, .whose = cases[i].whose,
		                              .server = "relay@example.org:587"};
		bench->server.asked = say;
		behave(bench, 1, ANSWER_GIVEN, 5);
		tell_person(bench, 1, true);
		wait_for(bench, MINUTE);
		int of_server = 0;
		int rows = rows_by_server(bench, cases[i].what, &of_server);
		assert_in_range(rows, 1, cases[i].outcome == CHANNEL_TEMPORARY ? 4 : 1); /* that comes again */
		assert_int_equal(of_server, rows);
		bench_end(bench);
	}
}

/* The daemon died between the claim and the server's word: that it may have arrived is on record. */
static void a_message_under_way_at_a_crash_is_on_record_at_the_next_start(void **state)
{
	struct fault *fault;
	struct outbox_row row;
	bool found = false;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	(void)state;
	behave(bench, 1, ANSWER_LATER, 5);
	tell_person(bench, 1, true);
	wait_for(bench, SECOND); /* it has its address, and waits to be tried again */
	move(bench, HOUR);
	OK(store_begin(bench->store, fault));
	OK(outbox_claim(bench->store, bench->hands.now, true, &row, &found, fault));
	assert_true(found);
	OK(store_commit(bench->store, fault));
	courier_stop(bench->courier, 0);
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	assert_int_equal(rows_of(bench, "message.uncertain"), 1);
	assert_whole(bench);
	bench_end(bench);
}

static struct channel texts;
static struct courier_channel both[2];

/* Their mailbox refuses, and they have a phone: one row for the refusal and the turn, one for the text. */
static void what_goes_by_the_persons_other_way_says_why(void **state)
{
	struct fault *fault;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	struct person *person = &bench->people[1];
	(void)state;
	texts = channel_memory;
	texts.reaches = CHANNEL_TEXT;
	both[0] = bench->channel;
	both[1] = (struct courier_channel){&texts, &bench->server, 1};
	person->addresses[CHANNEL_TEXT] = "p-2@council.example"; /* what the memory channel takes for an address */
	person->order[1] = CHANNEL_TEXT;
	person->order_count = 2;
	courier_free(bench->courier);
	struct courier_settings settings = {.store = bench->store, .clock = &bench->clock,
	                                    .directory = &bench->directory, .rules = bench->rules,
	                                    .calendar = bench->calendar, .channels = both, .channel_count = 2,
	                                    .seed = 7, .context = bench, .nobody = bench_nobody};
	OK(courier_new(&settings, &bench->courier, fault));
	behave(bench, 1, ANSWER_REFUSES, 5);
	tell_person(bench, 1, true);
	wait_for(bench, MINUTE);
	assert_int_equal(rows_of(bench, "message.other-way"), 1);
	assert_int_equal(rows_of(bench, "message.accepted"), 1);
	assert_int_equal(rows_of(bench, "message.failed"), 0);
	assert_int_equal(bench->nobody_count, 0);
	assert_whole(bench);
	bench_end(bench);
}

/* One is on the wire, and the others wait for the line: they never went, and go at the next start without a mark. */
static void what_the_daemon_broke_off_when_it_stopped_is_on_record_and_goes_at_the_next_start(void **state)
{
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	(void)state;
	for (int i = 1; i <= 3; i++) {
		behave(bench, i, ANSWER_OK, 4000);
		tell_person(bench, i, true);
	}
	(void)one_turn(bench);
	courier_free(bench->courier);
	assert_true(rows_of(bench, "message.abandoned") >= 2);
	bench_start_courier(bench, false);
	wait_for(bench, MINUTE);
	assert_int_equal(rows_of(bench, "message.accepted"), 3);
	size_t marked = 0; /* only what was on the wire may have arrived before */
	for (size_t i = 0; i < bench->server.count; i++)
		marked += bench->server.attempts[i].possible_duplicate;
	assert_true(marked <= 1);
	assert_whole(bench);
	bench_end(bench);
}

static void a_message_that_is_no_longer_needed_says_so(void **state)
{
	struct fault *fault;
	int64_t number = 0;
	struct bench *bench = bench_begin("2020-02-05T10:00:00Z", 1);
	(void)state;
	behave(bench, 1, ANSWER_LATER, 5);
	struct text alert = new_alert(bench, true);
	struct outbox_row row = row_of(bench, alert, "p-1", true);
	add_rows(bench, &row, 1);
	wait_for(bench, SECOND);
	OK(alerts_number(bench->store, alert, &number, fault));
	OK(store_begin(bench->store, fault));
	OK(alerts_withdraw(bench->store, number, bench->hands.now, "recorded in error", fault));
	OK(store_commit(bench->store, fault));
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(rows_of(bench, "message.dropped"), 1);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_of_a_server_is_a_row),
		cmocka_unit_test(what_a_service_says_later_is_a_row),
		cmocka_unit_test(a_message_under_way_at_a_crash_is_on_record_at_the_next_start),
		cmocka_unit_test(a_message_that_is_no_longer_needed_says_so),
		cmocka_unit_test(what_goes_by_the_persons_other_way_says_why),
		cmocka_unit_test(what_the_daemon_broke_off_when_it_stopped_is_on_record_and_goes_at_the_next_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
