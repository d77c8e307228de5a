/* Where several machines hold the rows: who hears of an end, and who is not waited for, is the same on all of them. */
#include "courier_gate_world.h"

#include "store/elsewhere.h"

#include <stdlib.h>

/* ---- the word that it ended ---- */

/* The alert ends, which is owed to the role. */
static void end_by(struct text id, enum alert_state state, const char *purpose, const char *payload)
{
	struct fault *fault;
	int64_t number;
	struct alert alert = {.rule = 0, .opened = bench->hands.now, .closed = bench->hands.now,
	                      .told = bench->hands.now, .step = 1, .next = INSTANT_NEVER, .due = INSTANT_NONE,
	                      .state = state};
	struct outbox_row row = row_of(bench, id, "all", true);
	memcpy(alert.id, id.at, sizeof alert.id);
	row.purpose = text_of(purpose);
	row.payload = text_of(payload);
	OK(store_begin(bench->store, fault));
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, fault));
	OK(store_commit(bench->store, fault));
	add_rows(bench, &row, 1);
}

static void withdraw(struct text id, const char *payload)
{
	end_by(id, ALERT_WITHDRAWN, "withdrawn", payload);
}

static void the_word_that_it_ended_goes_to_those_of_the_role_who_were_told(void **state)
{
	struct text alert = new_alert(bench, true);
	struct outbox_row told[2] = {row_of(bench, alert, "all", true), row_of(bench, alert, "all", true)};
	(void)state;
	told[0].person = TEXT("p-7");
	told[1].person = TEXT("p-8");
	open_gate(true);
	add_rows(bench, told, 2);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 2);
	withdraw(alert, "{\"by\":\"all\",\"person\":\"p-8\"}");
	wait_for(bench, SECOND);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 3);
	assert_string_equal(last_attempt()->to, "p-7@council.example");
}

static size_t taken_by(const char *address);

/* It ended once before, and opened again without a word to either of them. */
static void whoever_knows_that_it_ended_hears_of_no_further_end_unless_all_is_taken_back(void **state)
{
	static const struct {
		enum alert_state state;
		const char *purpose, *payload;
		size_t more;
	} ends[] = {{ALERT_RESOLVED, "resolved", "{\"cause\":\"ended\"}", 0},
		    {ALERT_RESOLVED, "withdrawn", "{\"cause\":\"opened-wrongly\"}", 0},
		    {ALERT_WITHDRAWN, "withdrawn", "{\"cause\":\"no-cause\"}", 1}};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct text alert = new_alert(bench, true);
		struct outbox_row told[2] = {row_of(bench, alert, "all", true), row_of(bench, alert, "all", true)};
		told[0].person = TEXT("p-7");
		told[1].person = TEXT("p-8");
		open_gate(true);
		add_rows(bench, told, 2);
		wait_for(bench, SECOND / 10);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND);
		behave(bench, 8, ANSWER_REFUSES, 0);
		end_by(alert, ALERT_RESOLVED, "resolved", "{\"cause\":\"ended\"}");
		wait_for(bench, SECOND);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND);
		behave(bench, 8, ANSWER_OK, 0);
		assert_int_equal(taken_by("p-7@council.example"), 2);
		assert_int_equal(taken_by("p-8@council.example"), 1);
		wait_for(bench, 2 * MINUTE); /* a mailbox that refused is left alone for a while */
		end_by(alert, ends[i].state, ends[i].purpose, ends[i].payload);
		wait_for(bench, SECOND);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND);
		assert_int_equal(taken_by("p-7@council.example"), 2 + ends[i].more);
		assert_int_equal(taken_by("p-8@council.example"), 2);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

struct names {
	struct outbox_same at[8];
	size_t count;
};

static enum result note_end(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct names *names = argument;
	(void)fault;
	if (text_equal(row->purpose, TEXT("withdrawn"))) {
		assert_true(names->count < 8);
		names->at[names->count++] = row->same;
	}
	return RESULT_OK;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outbox_same));
}

static size_t taken_by(const char *address)
{
	size_t count = 0;
	for (size_t i = 0; i < bench->server.count; i++)
		count += bench->server.attempts[i].reply.outcome == CHANNEL_ACCEPTED &&
		         strcmp(bench->server.attempts[i].to, address) == 0;
	return count;
}

/* Two of a role were to be told, of whom the first machine told one; then it ended. The second only follows. */
static struct names names_of_ends(bool sends, enum answer of_the_other)
{
	struct fault *fault;
	struct names names = {.count = 0};
	struct text alert = new_alert(bench, true);
	struct outbox_row told[2] = {row_of(bench, alert, "all", true), row_of(bench, alert, "all", true)};
	told[0].person = TEXT("p-7");
	told[1].person = TEXT("p-8");
	behave(bench, 8, of_the_other, 0);
	open_gate(sends);
	add_rows(bench, told, 2);
	wait_for(bench, SECOND / 10);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(taken_by("p-7@council.example"), sends);
	withdraw(alert, "{}");
	wait_for(bench, SECOND);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	OK(outbox_each(bench->store, alert, false, SIZE_MAX, note_end, &names, fault));
	qsort(names.at, names.count, sizeof names.at[0], by_bytes);
	return names;
}

/* Who was told the one that sends knows, and others hear it later, or never: what they make is the same all the same
 * (casewatch-sim --members 3 --seed 83010), and the word goes to those who were told. */
static void each_who_was_to_be_told_has_a_row_of_its_end_everywhere_and_hears_of_it_only_if_they_were(void **state)
{
	static const enum answer ends[] = {ANSWER_REFUSES, ANSWER_LATER, ANSWER_OK};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct names one = names_of_ends(true, ends[i]);
		assert_int_equal(taken_by("p-7@council.example"), 2);
		assert_int_equal(taken_by("p-8@council.example"), ends[i] == ANSWER_OK ? 2 : 0);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		struct names other = names_of_ends(false, ends[i]);
		assert_int_equal(one.count, 2);
		assert_int_equal(other.count, 2);
		assert_memory_equal(one.at, other.at, sizeof one.at);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void while_another_machine_sends_it_waits_for_word_of_who_was_told(void **state)
{
	struct text alert = new_alert(bench, true);
	struct outbox_row told = row_of(bench, alert, "all", true);
	(void)state;
	told.person = TEXT("p-7");
	add_rows(bench, &told, 1);
	wait_for(bench, SECOND);
	struct outbox_row row = last_row();
	withdraw(alert, "{}");
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 2);
	learn(&row.same, &row.same, true);
	open_gate(true);
	wait_for(bench, SECOND);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->server.count, 1);
	assert_string_equal(last_attempt()->to, "p-7@council.example");
}

/* The machine that sends drops it, and makes no copies (casewatch-sim --members 2 --seed 90009). Where word of a row
 * came that is not here, it may be of a copy. */
static void of_what_need_not_go_before_it_was_looked_at_no_copies_are_made_unless_there_is_word(void **state)
{
	struct text alert = new_alert(bench, true);
	struct outbox_row told = row_of(bench, alert, "all", true), other = row_of(bench, alert, "p-7", true);
	struct outbox_same same = outbox_same_of(&other, 7);
	(void)state;
	add_rows(bench, &told, 1);
	withdraw(alert, "{}");
	wait_for(bench, 5 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 2);
	learn(&same, &same, true);
	wait_for(bench, 5 * MINUTE);
	assert_true(count_rows(bench).in_state[OUTBOX_PENDING] > 2);
	wait_for(bench, HOUR);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 0);
	assert_int_equal(bench->server.count, 0);
}

/* ---- who is not waited for ---- */

static bool was_said(const struct outbox_same *row)
{
	for (size_t i = 0; i < bench->unheard_count; i++)
		if (memcmp(&bench->unheard[i], row, sizeof *row) == 0)
			return true;
	return false;
}

/* The log says it to all machines: each by its name, and again where the process may have ended before. */
static void each_row_that_is_given_up_is_said_by_its_name(void **state)
{
	struct text alert = new_alert(bench, true);
	struct outbox_row rows[2] = {row_of(bench, alert, "p-1", true), row_of(bench, alert, "p-2", true)};
	(void)state;
	behave(bench, 1, ANSWER_REFUSES, 0);
	behave(bench, 2, ANSWER_REFUSES, 0);
	open_gate(true);
	add_rows(bench, rows, 2);
	wait_for(bench, SECOND / 10);
	assert_int_equal(script.asked_count, 2);
	permit(INSTANT_NEVER);
	wait_for(bench, SECOND);
	assert_int_equal(bench->nobody_count, 1);
	for (size_t i = 0; i < 2; i++)
		assert_true(was_said(&script.asked[i].row));
	bench->unheard_count = 0;
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
	for (size_t i = 0; i < 2; i++)
		assert_true(was_said(&script.asked[i].row));
}

static void change_alert(struct text id, uint16_t step, bool acknowledged)
{
	struct fault *fault;
	int64_t number;
	struct alert alert = {.rule = 0, .opened = bench->hands.now, .closed = INSTANT_NEVER, .told = bench->hands.now,
	                      .step = step, .acknowledged = acknowledged, .next = INSTANT_NEVER, .due = INSTANT_NONE};
	memcpy(alert.id, id.at, sizeof alert.id);
	OK(store_begin(bench->store, fault));
	OK(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, fault));
	OK(store_commit(bench->store, fault));
}

static void all_know_that_it_was_given_up(const struct outbox_same *row)
{
	struct fault *fault;
	OK(store_begin(bench->store, fault));
	OK(elsewhere_give_up(bench->store, row, bench->hands.now, fault));
	OK(store_commit(bench->store, fault));
}

static void begin_anew(void)
{
	script.open = false;
	bench->unheard_count = 0;
	courier_free(bench->courier);
	bench_start_courier(bench, false);
	wait_for(bench, SECOND);
}

/* The process ended between the two, and nobody waits for its person once it was said, whatever became of the alert
 * meanwhile. Only by the machine that sends: another may have found somebody. */
static void what_was_given_up_is_said_by_the_next_start_that_sends_until_all_know(void **state)
{
	static const struct {
		const char *purpose;
		uint16_t step; /* of the alert, since */
		bool answered, known, said;
	} rows[] = {{"opened", 1, false, false, true},  {"passed-on", 1, false, false, true},
	            {"opened", 2, false, false, true},  {"asked-again", 1, true, false, true},
	            {"opened", 2, false, true, false},  {"passed-on", 1, false, true, false},
	            {"withdrawn", 1, false, false, false}};
	behave(bench, 1, ANSWER_REFUSES, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text alert = new_alert(bench, true);
		struct outbox_row row = row_of(bench, alert, "p-1", true);
		row.purpose = text_of(rows[i].purpose);
		if (text_equal(row.purpose, TEXT("withdrawn")))
			row.person = TEXT("p-1");
		open_gate(true);
		add_rows(bench, &row, 1);
		wait_for(bench, SECOND / 10);
		permit(INSTANT_NEVER);
		wait_for(bench, SECOND);
		assert_int_equal(count_rows(bench).in_state[OUTBOX_FAILED], 1);
		struct outbox_same name = last_row().same;
		change_alert(alert, rows[i].step, rows[i].answered);
		if (rows[i].known)
			all_know_that_it_was_given_up(&name);
		begin_anew();
		assert_false(was_said(&name));
		open_gate(true);
		wait_for(bench, SECOND);
		assert_int_equal(was_said(&name), rows[i].said);
		bench->unheard_count = 0;
		wait_for(bench, HOUR);
		assert_false(was_said(&name));
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		behave(bench, 1, ANSWER_REFUSES, 0);
	}
}

static void note_answer(struct text alert, instant at)
{
	struct fault *fault;
	struct audit_row act = {.at = at, .what = "answer.received", .alert = alert, .subject = TEXT("C1"),
	                        .detail = TEXT("{}"), .personal = TEXT("{}")};
	OK(store_begin(bench->store, fault));
	OK(audit_write(bench->store, &act, fault));
	OK(store_commit(bench->store, fault));
}

/* It may have found them after the reply and ended before it said so: all machines look at who has replied again. */
static void what_was_replied_to_and_waits_is_looked_at_again_at_a_start(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++) {
		struct text alert = new_alert(bench, true);
		change_alert(alert, 1, false);
		size_t before = bench->one_less_count;
		if (answered)
			note_answer(alert, bench->hands.now);
		begin_anew();
		assert_int_equal(bench->one_less_count - before, answered);
		change_alert(alert, 1, true);
		before = bench->one_less_count;
		begin_anew();
		assert_int_equal(bench->one_less_count - before, 0);
	}
}

/* By p-0, at that time. */
static void store_answer(struct text alert, const char *time)
{
	char bytes[512];
	struct fault *fault;
	struct event event;
	enum stored stored;
	(void)snprintf(bytes, sizeof bytes,
	               "{\"specversion\":\"1.0\",\"id\":\"%.*s\",\"source\":\"casewatch/page\",\"type\":"
	               "\"alert.acknowledged\",\"subject\":\"C1\",\"time\":\"%s\",\"data\":{\"alert\":\"%.*s\","
	               "\"by\":\"p-0\",\"person\":\"p-0\",\"action\":\"Bed found\"}}",
	               TEXT_ARG(alert), time, TEXT_ARG(alert));
	OK(event_parse(bench->parser, text_of(bytes), INSTANT_NONE, &event, fault));
	OK(store_begin(bench->store, fault));
	OK(events_add(bench->store, &event, text_of(bytes), bench->hands.now, &stored, fault));
	OK(store_commit(bench->store, fault));
}

static void what_finds_its_people_after_an_answer_is_said(void **state)
{
	static const char *const times[] = {"2020-02-05T10:00:00Z", "2020-02-05T09:59:59Z", NULL};
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		size_t before = bench->one_less_count, answered = i == 0;
		struct text alert = new_alert(bench, true);
		struct outbox_row row = row_of(bench, alert, "p-1", true);
		if (times[i])
			store_answer(alert, times[i]);
		add_rows(bench, &row, 1);
		wait_for(bench, SECOND);
		assert_int_equal(bench->one_less_count - before, answered);
		wait_for(bench, HOUR); /* once */
		assert_int_equal(bench->one_less_count - before, answered);
	}
}

static void what_no_machine_sent_and_need_not_go_ends_within_the_hour(void **state)
{
	struct text alert = new_alert(bench, true);
	struct outbox_row told = row_of(bench, alert, "p-7", true);
	(void)state;
	add_rows(bench, &told, 1);
	wait_for(bench, SECOND);
	withdraw(alert, "{}");
	wait_for(bench, HOUR + 3 * MINUTE);
	assert_int_equal(count_rows(bench).in_state[OUTBOX_PENDING], 0);
	assert_int_equal(bench->server.count, 0);
}

int main(void)
{
	schema_start();
	const struct CMUnitTest tests[] = {
		SENTENCE(the_word_that_it_ended_goes_to_those_of_the_role_who_were_told),
		SENTENCE(whoever_knows_that_it_ended_hears_of_no_further_end_unless_all_is_taken_back),
		SENTENCE(each_who_was_to_be_told_has_a_row_of_its_end_everywhere_and_hears_of_it_only_if_they_were),
		SENTENCE(while_another_machine_sends_it_waits_for_word_of_who_was_told),
		SENTENCE(of_what_need_not_go_before_it_was_looked_at_no_copies_are_made_unless_there_is_word),
		SENTENCE(each_row_that_is_given_up_is_said_by_its_name),
		SENTENCE(what_was_given_up_is_said_by_the_next_start_that_sends_until_all_know),
		SENTENCE(what_was_replied_to_and_waits_is_looked_at_again_at_a_start),
		SENTENCE(what_finds_its_people_after_an_answer_is_said),
		SENTENCE(what_no_machine_sent_and_need_not_go_ends_within_the_hour),
	};
	return cmocka_run_group_tests_name("courier_gate_told", tests, NULL, NULL);
}
