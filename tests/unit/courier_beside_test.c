/* What a message says of others has its fact: who was told with its reader, and whether an answer of somebody else is
 * enough. */
#define PEOPLE 4
#include "courier_fixture.h"

#include "message/message.h"
#include "store/elsewhere.h"
#include "store/store_internal.h"
#include "text/template.h"

static struct template_set *templates;
static struct buffer said; /* the text of what arrived last, on one line */

static void keep_words(void *context, const struct channel_message *message, struct channel_reply *reply)
{
	answer_of_server(context, message, reply);
	if (person_of(message->to) < 0) /* a word to ops */
		return;
	buffer_clear(&said);
	for (size_t i = 0; i < message->text.length; i++) {
		char c = message->text.at[i] == '\n' ? ' ' : message->text.at[i];
		if (c != ' ' || !said.length || said.at[said.length - 1] != ' ')
			buffer_char(&said, c);
	}
}

static struct bench *begin(const char *now)
{
	static const char *const titles[] = {"Director", "Social worker", "Team manager", "Head of service"};
	struct bench *bench = bench_begin(now, 4);
	struct fault *fault;
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		bench->roles[i].title = titles[i];
	bench->roles[bench->directory.role_count++] = (struct role_title){
		.role = "also", .title = "Chair", .people = &bench->holders[0], .people_count = 1};
	courier_free(bench->courier);
	bench->server.answer = keep_words;
	struct courier_settings settings = bench_settings(bench);
	settings.channels = &bench->channel;
	settings.channel_count = 1;
	settings.render = message_render;
	settings.templates = templates;
	OK(courier_new(&settings, &bench->courier, fault));
	return bench;
}

/* Each role of the step has a row of its own. */
static void tell_step(struct bench *bench, bool critical, const char *payload, const char *const *roles, size_t count)
{
	struct outbox_row rows[8];
	struct text id = new_alert(bench, critical);
	for (size_t i = 0; i < count; i++) {
		rows[i] = row_of(bench, id, roles[i], critical);
		rows[i].payload = text_of(payload);
	}
	add_rows(bench, rows, count);
	wait_for(bench, 3 * MINUTE);
}

static void assert_said(const char *words)
{
	if (!strstr(buffer_cstr(&said), words))
		fail_msg("\"%s\" is not said: %s", words, buffer_cstr(&said));
}

static void assert_unsaid(const char *words)
{
	if (strstr(buffer_cstr(&said), words))
		fail_msg("\"%s\" is said: %s", words, buffer_cstr(&said));
}

static void a_role_that_nobody_holds_is_not_said_to_be_told(void **state)
{
	(void)state;
	static const char *const roles[] = {"nobody", "p-1", "p-0"};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	tell_step(bench, true, "{\"tell\":[\"nobody\",\"p-0\",\"p-1\"]}", roles, 3);
	assert_int_equal(attempts_at(bench, 0) + attempts_at(bench, 1), 2);
	assert_said("Told at 02:00: you and the social worker.");
	bench_end(bench);
	static const char *const before[] = {"p-0", "p-1", "nobody"}; /* it is looked up after the message is made */
	bench = begin("2020-02-05T02:00:00Z");
	tell_step(bench, true, "{\"tell\":[\"nobody\",\"p-0\",\"p-1\"]}", before, 3);
	assert_int_equal(attempts_at(bench, 0) + attempts_at(bench, 1), 2);
	assert_said("Told at 02:00: you and the director.");
	bench_end(bench);
}

static void who_is_on_no_channel_that_is_configured_is_not_said_to_be_told(void **state)
{
	(void)state;
	static const char *const roles[] = {"p-0", "p-1"};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	bench->people[1].addresses[CHANNEL_EMAIL] = NULL;
	bench->people[1].addresses[CHANNEL_TEXT] = "07700 900123";
	bench->people[1].order[0] = CHANNEL_TEXT;
	bench->directory.unsent[CHANNEL_TEXT] = true;
	tell_step(bench, true, "{\"tell\":[\"p-0\",\"p-1\"]}", roles, 2);
	assert_int_equal(attempts_at(bench, 0), 1);
	assert_said("Told at 02:00: you.");
	bench_end(bench);
}

/* By the channel that the step names they hear, whatever their own order is. */
static void who_is_on_the_channel_that_the_step_names_is_said_to_be_told(void **state)
{
	(void)state;
	static const char *const roles[] = {"p-0", "p-1"}, *const email[] = {"email"};
	struct step step = {.channels = (const char **)(uintptr_t)email, .channel_count = 1};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	bench->rules->rules[0].steps = &step;
	bench->rules->rules[0].step_count = 1;
	bench->people[1].order[0] = CHANNEL_TEXT;
	bench->people[1].order_count = 1;
	bench->directory.unsent[CHANNEL_TEXT] = true;
	tell_step(bench, true, "{\"tell\":[\"p-0\",\"p-1\"]}", roles, 2);
	assert_int_equal(attempts_at(bench, 0) + attempts_at(bench, 1), 2);
	assert_said("Told at 02:00: you and the ");
	bench->rules->rules[0].steps = NULL;
	bench->rules->rules[0].step_count = 0;
	bench_end(bench);
}

static void whoever_hears_in_the_morning_is_not_said_to_be_told_at_night(void **state)
{
	(void)state;
	static const char *const roles[] = {"p-0", "p-1"};
	struct bench *bench = begin("2020-02-05T19:00:00Z");
	bench->people[0].hours_from = 18 * 60;
	bench->people[0].hours_until = 22 * 60;
	bench->people[1].hours_from = 8 * 60;
	bench->people[1].hours_until = 17 * 60;
	tell_step(bench, false, "{\"tell\":[\"p-0\",\"p-1\"]}", roles, 2);
	assert_int_equal(bench->arrival_count, 1);
	assert_said("Told on Wednesday 5 February at 19:01: you, by email.");
	wait_for(bench, 14 * HOUR);
	assert_int_equal(bench->arrival_count, 2);
	assert_said("08:00: you and the director.");
	bench_end(bench);
}

static void who_holds_two_roles_of_the_step_is_nobody_else(void **state)
{
	(void)state;
	static const char *const roles[] = {"p-0", "also"};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	tell_step(bench, true, "{\"tell\":[\"also\",\"p-0\"]}", roles, 2);
	assert_int_equal(bench->arrival_count, 1);
	assert_said("Told at 02:00: you.");
	bench_end(bench);
}

/* ---- somebody answered ---- */

static void say_answered(struct bench *bench, int person, bool acknowledged)
{
	static const char *const roles[] = {"p-0", "p-1"};
	char role[40];
	struct fault *fault;
	(void)snprintf(role, sizeof role, "p-%d", person);
	tell_step(bench, true, "{\"tell\":[\"p-0\",\"p-1\"]}", roles, 2);
	OK(store_execute(bench->store, acknowledged ? "UPDATE alert SET acknowledged = 1"
	                                            : "UPDATE alert SET acknowledged = 0", fault));
	struct outbox_row row = row_of(bench, TEXT("000000000000a000"), role, true);
	row.kind = OUTBOX_REMINDER;
	row.purpose = TEXT("answered");
	row.person = row.role;
	row.payload = TEXT("{\"by\":\"p-0\",\"person\":\"p-0\",\"answer_by\":\"2020-02-05T02:30:00Z\"}");
	add_rows(bench, &row, 1);
}

static void store_answer_to(struct bench *bench, int alert)
{
	struct fault *fault;
	struct event event;
	enum stored stored;
	struct buffer bytes = {0};
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"a%d\",\"source\":\"casewatch/page\",\"type\":"
	              "\"alert.acknowledged\",\"subject\":\"C1\",\"time\":\"2020-02-05T02:02:00Z\","
	              "\"data\":{\"alert\":\"000000000000a00%d\",\"by\":\"p-0\",\"person\":\"p-0\","
	              "\"action\":\"Bed found\"}}",
	              alert, alert);
	struct event_parser *parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, NULL);
	OK(event_parse(parser, buffer_view(&bytes), INSTANT_NONE, &event, fault));
	OK(store_begin(bench->store, fault));
	OK(events_add(bench->store, &event, buffer_view(&bytes), bench->hands.now, &stored, fault));
	OK(store_commit(bench->store, fault));
	event_parser_free(parser);
	buffer_free(&bytes);
}

static void store_answer(struct bench *bench)
{
	store_answer_to(bench, 0);
}

static void one_answer_is_enough_and_is_said_to_be(void **state)
{
	(void)state;
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	say_answered(bench, 1, true);
	store_answer(bench);
	wait_for(bench, MINUTE);
	assert_said("WAS ANSWERED: YOU DO NOT NEED TO DO ANYTHING");
	assert_unsaid("still asked for");
	bench_end(bench);
}

/* Else of two who must both have read it the second would not, as a message says that nothing is to be done. */
static void where_each_must_answer_nobody_is_told_that_another_did_it_for_them(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0", "p-1"};
	struct step step = {.roles = roles, .role_count = 2, .answer_each = true};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	bench->rules->rules[0].steps = &step;
	bench->rules->rules[0].step_count = 1;
	say_answered(bench, 1, false);
	store_answer(bench);
	wait_for(bench, MINUTE);
	assert_said("WAS ANSWERED: YOUR OWN ANSWER IS STILL ASKED FOR");
	assert_said("everyone answers for themselves: answer by 02:30.");
	assert_unsaid("NEED TO DO ANYTHING");
	assert_unsaid("we ask again");
	struct outbox_row row = row_of(bench, TEXT("000000000000a000"), "p-2", true); /* told at another step */
	row.kind = OUTBOX_REMINDER;
	row.purpose = TEXT("answered");
	row.person = row.role;
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	assert_said("WAS ANSWERED: IT IS STILL OPEN");
	bench->rules->rules[0].steps = NULL;
	bench->rules->rules[0].step_count = 0;
	bench_end(bench);
}

/* Whoever reads that something follows if nobody answers leaves it to the other. */
static void where_each_must_answer_it_is_said_from_the_first_message_on(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0", "p-1"};
	static const struct {
		const char *payload, *each, *one;
	} of[] = {
		{"{\"tell\":[\"p-0\",\"p-1\"],\"next\":[\"p-2\"],\"answer_by\":\"2020-02-05T02:30:00Z\"}",
	         "In this step everyone answers for themselves. If not everyone has answered by 02:30, the team "
	         "manager is told.",
	         "If nobody answers by 02:30, the team manager is told."},
		{"{\"tell\":[\"p-0\",\"p-1\"]}", "This alert comes back until everyone has answered.",
	         "This alert comes back until someone answers."},
	};
	for (size_t i = 0; i < 2 * sizeof of / sizeof *of; i++) {
		struct step step = {.roles = roles, .role_count = 2, .answer_each = i % 2};
		struct bench *bench = begin("2020-02-05T02:00:00Z");
		bench->rules->rules[0].steps = &step;
		bench->rules->rules[0].step_count = 1;
		tell_step(bench, true, of[i / 2].payload, roles, 2);
		assert_said(i % 2 ? of[i / 2].each : of[i / 2].one);
		assert_unsaid(i % 2 ? of[i / 2].one : of[i / 2].each);
		bench->rules->rules[0].steps = NULL;
		bench->rules->rules[0].step_count = 0;
		bench_end(bench);
	}
}

static void ask_again(struct bench *bench)
{
	struct outbox_row row = row_of(bench, TEXT("000000000000a000"), "p-0", true);
	row.kind = OUTBOX_REMINDER;
	row.purpose = TEXT("asked-again");
	row.payload = TEXT("{\"next\":[\"p-2\"],\"answer_by\":\"2020-02-05T14:30:00Z\"}");
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
}

static void ask_again_where_the_first_answer_is_enough(struct bench *bench)
{
	ask_again(bench);
	assert_said("If nobody answers by Wednesday 5 February, 14:30, the team manager is told.");
}

/* What they said before counts when it is asked again: then the first answer is enough. */
static void where_each_has_answered_it_is_asked_again_of_whoever_answers_first(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0"};
	struct step step = {.roles = roles, .role_count = 1, .answer_each = true};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	bench->rules->rules[0].steps = &step;
	bench->rules->rules[0].step_count = 1;
	tell_step(bench, true, "{\"next\":[\"p-2\"],\"answer_by\":\"2020-02-05T02:30:00Z\"}", roles, 1);
	assert_said("If not everyone has answered by 02:30,");
	store_answer(bench);
	ask_again_where_the_first_answer_is_enough(bench);
	assert_unsaid("veryone");
	assert_unsaid("NOT EVERYONE");
	bench->rules->rules[0].steps = NULL;
	bench->rules->rules[0].step_count = 0;
	bench_end(bench);
}

/* Neither is waited for: one who could not be told, and one of another step who heard that somebody answered. */
static void who_cannot_be_told_or_was_only_told_of_an_answer_owes_none_when_it_is_asked_again(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0", "p-1"};
	for (size_t given_up = 0; given_up < 2; given_up++) {
		struct step step = {.roles = roles, .role_count = given_up ? 2 : 1, .answer_each = true};
		struct bench *bench = begin("2020-02-05T02:00:00Z");
		struct fault *fault;
		bench->rules->rules[0].steps = &step;
		bench->rules->rules[0].step_count = 1;
		tell_step(bench, true, "{\"next\":[\"p-2\"],\"answer_by\":\"2020-02-05T02:30:00Z\"}", roles, 2);
		OK(store_execute(bench->store,
		                 given_up ? "UPDATE outbox SET state = 5, open = 0 WHERE role = 'p-1'"
		                          : "UPDATE outbox SET purpose = 'answered' WHERE role = 'p-1'",
		                 fault));
		store_answer(bench);
		ask_again_where_the_first_answer_is_enough(bench);
		assert_unsaid("NOT EVERYONE");
		bench->rules->rules[0].steps = NULL;
		bench->rules->rules[0].step_count = 0;
		bench_end(bench);
	}
}

/* ---- in a cell ---- */

static struct bench *of_cell;
static struct outbox_same asked_of[16];
static size_t asked_count;

static bool is_open(void *context)
{
	(void)context;
	return true;
}

static enum gate_answer note_asked(void *context, const struct outbox_same *row, const struct outbox_same *message,
                                   bool doubtful, instant *wait)
{
	(void)context, (void)message, (void)doubtful, (void)wait;
	assert_true(asked_count < sizeof asked_of / sizeof *asked_of);
	asked_of[asked_count++] = *row;
	return GATE_ASKED;
}

static void over(void *context, const struct outbox_same *row, uint32_t permission, enum gate_what what)
{
	(void)context, (void)row, (void)permission, (void)what;
}

/* From now on its courier is that of a machine of a cell, which sends. */
static void join_cell(struct bench *bench)
{
	static const struct courier_gate gate = {is_open, note_asked, over, NULL};
	struct fault *fault;
	struct courier_settings settings = bench_settings(bench);
	courier_free(bench->courier);
	settings.channels = &bench->channel;
	settings.channel_count = 1;
	settings.render = message_render;
	settings.templates = templates;
	settings.gate = &gate;
	OK(courier_new(&settings, &bench->courier, fault));
	of_cell = bench;
	asked_count = 0;
}

static void permit(void)
{
	for (size_t i = 0; i < asked_count; i++)
		courier_may_send(of_cell->courier, &asked_of[i], (uint32_t)i + 1, INSTANT_NEVER);
	asked_count = 0;
	wait_for(of_cell, MINUTE);
}

static enum result find_other(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)fault;
	if (text_equal(row->role, TEXT("p-1")))
		*(struct outbox_same *)argument = row->same;
	return RESULT_OK;
}

/* Whether another is waited for is as all machines hear it from the log: not as the courier of this one fared. */
static void who_was_given_up_in_a_cell_owes_no_answer_from_when_the_log_says_so(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0", "p-1"};
	for (size_t in_log = 0; in_log < 2; in_log++) {
		struct step step = {.roles = roles, .role_count = 2, .answer_each = true};
		struct bench *bench = begin("2020-02-05T02:00:00Z");
		struct outbox_same other = {{0}};
		struct fault *fault;
		bench->rules->rules[0].steps = &step;
		bench->rules->rules[0].step_count = 1;
		tell_step(bench, true, "{\"next\":[\"p-2\"],\"answer_by\":\"2020-02-05T02:30:00Z\"}", roles, 2);
		join_cell(bench);
		OK(outbox_each(bench->store, TEXT_NONE, false, SIZE_MAX, find_other, &other, fault));
		OK(store_begin(bench->store, fault));
		OK(in_log ? elsewhere_give_up(bench->store, &other, bench->hands.now, fault)
		          : store_execute(bench->store, "UPDATE outbox SET state = 5, open = 0 WHERE role = 'p-1'",
		                          fault));
		OK(store_commit(bench->store, fault));
		store_answer(bench);
		ask_again(bench);
		permit();
		assert_said(in_log ? "If nobody answers by Wednesday 5 February, 14:30, the team manager is told."
		                   : "If not everyone has answered by Wednesday 5 February, 14:30,");
		if (in_log)
			assert_unsaid("NOT EVERYONE");
		bench->rules->rules[0].steps = NULL;
		bench->rules->rules[0].step_count = 0;
		bench_end(bench);
	}
}

/* Of one instant the passings on are in the order of their ids. */
static void whom_it_was_passed_on_to_owes_the_answer_in_whatever_order_it_was(void **state)
{
	static const char *roles[] = {"director", "edt"};
	const struct message_reaction first = {.role = TEXT("edt"), .to = TEXT("vpg-chair"), .passed_on = true};
	const struct message_reaction then = {.role = TEXT("vpg-chair"), .to = TEXT("rmg-chair"), .passed_on = true};
	struct step step = {.roles = roles, .role_count = 2, .answer_each = true};
	struct rule rule = {.steps = &step, .step_count = 1};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct message_reaction reactions[2] = {i ? then : first, i ? first : then};
		struct message_alert alert = {
			.rule = &rule, .step = 1, .asked_still = true, .reactions = reactions, .reaction_count = 2};
		struct message_input input = {.role = "rmg-chair", .role_title = "Chair of the RMG"};
		reactions[0].role_title = reactions[1].role_title = "Another";
		assert_true(message_owes_answer(&input, &alert));
		input.role = "dcs";
		assert_false(message_owes_answer(&input, &alert));
	}
}

/* Lines that somebody answered are grouped, and those of which more is asked are apart from those that need nothing. */
static void where_each_must_answer_what_others_answered_goes_in_one_message(void **state)
{
	(void)state;
	static const char *roles[] = {"p-0", "p-1"};
	struct step step = {.roles = roles, .role_count = 2, .answer_each = true};
	struct bench *bench = begin("2020-02-05T10:00:00Z");
	struct outbox_row rows[4];
	struct fault *fault;
	bench->rules->rules[1].steps = &step;
	bench->rules->rules[1].step_count = 1;
	for (int i = 0; i < 4; i++) {
		rows[i] = row_of(bench, text_of(strdupa(new_alert(bench, false).at)), "p-1", false);
		rows[i].kind = OUTBOX_REMINDER;
		rows[i].purpose = TEXT("answered");
		rows[i].person = rows[i].role;
		rows[i].payload =
			TEXT("{\"by\":\"p-0\",\"person\":\"p-0\",\"answer_by\":\"2020-02-05T17:00:00Z\"}");
	}
	for (int i = 0; i < 4; i++)
		store_answer_to(bench, i);
	add_rows(bench, rows, 2);
	wait_for(bench, 3 * MINUTE);
	assert_int_equal(bench->arrival_count, 1);
	assert_said("2 ALERTS FOR YOU: OTHERS ANSWERED, AND YOUR OWN ANSWER IS STILL ASKED FOR");
	assert_said("bed found. The cause still stands. In this step everyone answers for themselves: answer by "
	            "17:00.");
	assert_unsaid("need to do anything");
	assert_unsaid("nobody asks you");
	OK(store_execute(bench->store,
	                 "UPDATE alert SET acknowledged = 1 WHERE number = (SELECT max(number) FROM alert)", fault));
	add_rows(bench, rows + 2, 2);
	wait_for(bench, 3 * MINUTE);
	assert_int_equal(bench->arrival_count, 3);
	bench->rules->rules[1].steps = NULL;
	bench->rules->rules[1].step_count = 0;
	bench_end(bench);
}

/* ---- who was told before ---- */

static void whoever_answered_before_is_not_said_to_be_silent(void **state)
{
	(void)state;
	static const char *const roles[] = {"p-0", "p-1"};
	struct bench *bench = begin("2020-02-05T02:00:00Z");
	tell_step(bench, true, "{\"tell\":[\"p-0\",\"p-1\"]}", roles, 2);
	store_answer(bench);
	struct outbox_row row = row_of(bench, TEXT("000000000000a000"), "p-2", true);
	row.purpose = TEXT("escalated");
	row.step = 2;
	add_rows(bench, &row, 1);
	wait_for(bench, MINUTE);
	assert_said("Director: answered Wed 5 Feb, 02:02");
	assert_said("Social worker: no answer");
	bench_end(bench);
}

int main(void)
{
	struct fault fault = {""};
	schema_start();
	templates = template_load("conf/templates", &fault);
	if (!templates)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_role_that_nobody_holds_is_not_said_to_be_told),
		cmocka_unit_test(who_is_on_no_channel_that_is_configured_is_not_said_to_be_told),
		cmocka_unit_test(who_is_on_the_channel_that_the_step_names_is_said_to_be_told),
		cmocka_unit_test(whoever_hears_in_the_morning_is_not_said_to_be_told_at_night),
		cmocka_unit_test(who_holds_two_roles_of_the_step_is_nobody_else),
		cmocka_unit_test(one_answer_is_enough_and_is_said_to_be),
		cmocka_unit_test(where_each_must_answer_nobody_is_told_that_another_did_it_for_them),
		cmocka_unit_test(where_each_must_answer_it_is_said_from_the_first_message_on),
		cmocka_unit_test(where_each_has_answered_it_is_asked_again_of_whoever_answers_first),
		cmocka_unit_test(who_cannot_be_told_or_was_only_told_of_an_answer_owes_none_when_it_is_asked_again),
		cmocka_unit_test(who_was_given_up_in_a_cell_owes_no_answer_from_when_the_log_says_so),
		cmocka_unit_test(whom_it_was_passed_on_to_owes_the_answer_in_whatever_order_it_was),
		cmocka_unit_test(where_each_must_answer_what_others_answered_goes_in_one_message),
		cmocka_unit_test(whoever_answered_before_is_not_said_to_be_silent),
	};
	int failed = cmocka_run_group_tests_name("courier beside", tests, NULL, NULL);
	template_free(templates);
	buffer_free(&said);
	return failed;
}
