/* One of several who were told is not waited for any more, and that is found out last: they cannot be reached after
 * all, or pass it on; whoever is left has answered, or passed it on. */
#include "pipeline_world.h"

#include "store/elsewhere.h"

static enum result see_id(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	(void)snprintf(argument, ALERT_ID_SIZE, "%.*s", TEXT_ARG(row->id));
	return RESULT_OK;
}

/* The number of the alert is that of the first row; answers name it by its id. */
static void answer(struct world *w, const char *event, const char *type, const char *number, const char *time,
                   const char *more)
{
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", data[256];
	OK(alerts_find(f->store, text_of(number), see_id, id, &f->fault));
	(void)snprintf(data, sizeof data, "\"alert\":\"%s\",%s", id, more);
	hear(w, event, type, "C1", time, data);
}

static int64_t owed(struct world *w, const char *where)
{
	char sql[512];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM outbox WHERE kind <> 1 AND %s", where);
	return count(w, sql);
}

static int setup_each(void **state)
{
	return setup_with(state, "tests/data/rules/answer-each");
}

#define FAILED "UPDATE outbox SET state = 5, open = 0, person = '', sent = 0 WHERE role = 'edt'"

/* The director answers or passes it on; then the message of the edt, who was waited for until now, is given up. */
static void edt_given_up_after_the_director(struct world *w, const char *opens, const char *answers, const char *more,
                                            const char *now)
{
	struct fixture *f = w->f;
	hear(w, "s1", opens, "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	deliver(w);
	if (*answers)
		answer(w, "a1", answers, "1001", "2026-02-04T10:05:00Z", more);
	OK(store_execute(f->store, FAILED " AND purpose = 'opened'", &f->fault));
	run(w, now);
	OK(pipeline_one_less(w->pipeline, TEXT("1001"), 1, at(now), &f->fault));
}

#define BY_DIRECTOR "\"by\":\"director\",\"person\":\"p-director\",\"action\":\"read\""

static void who_is_given_up_after_the_last_answer_is_not_waited_for(void **state)
{
	struct world *w = *state;
	edt_given_up_after_the_director(w, "strategy.complex_held", "alert.acknowledged", BY_DIRECTOR,
	                                "2026-02-04T10:10:00Z");
	run(w, "2026-02-04T22:04:59Z"); /* twelve hours after the answer */
	assert_int_equal(owed(w, "purpose = 'escalated' OR purpose = 'asked-again'"), 0);
	run(w, "2026-02-04T22:05:00Z");
	assert_int_equal(owed(w, "purpose = 'asked-again'"), 2);
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
}

/* Where somebody reckons it anew it is over since then: so it is. */
static void the_last_answer_ends_what_is_momentary_though_it_is_the_last_only_since_another_was_given_up(void **state)
{
	struct world *w = *state;
	edt_given_up_after_the_director(w, "vcl.scored", "alert.acknowledged", BY_DIRECTOR, "2026-02-04T10:10:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 1);
	run(w, "2026-02-05T10:31:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' OR purpose = 'asked-again'"), 0);
}

static void who_has_not_answered_is_waited_for_though_another_is_given_up(void **state)
{
	struct world *w = *state;
	edt_given_up_after_the_director(w, "vcl.scored", "", "", "2026-02-04T10:10:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 0);
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
	run(w, "2026-02-04T10:30:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

/* They asked to be asked again before the other was given up: the step's own time goes on, and somebody is asked. */
static void an_answer_whose_review_is_over_holds_nothing(void **state)
{
	struct world *w = *state;
	edt_given_up_after_the_director(w, "strategy.complex_held", "alert.acknowledged",
	                                BY_DIRECTOR ",\"review_at\":\"2026-02-04T10:08:00Z\"", "2026-02-04T10:10:00Z");
	run(w, "2026-02-04T10:30:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

static void passed_on_by_all_but_who_is_given_up_it_climbs_at_once(void **state)
{
	struct world *w = *state;
	edt_given_up_after_the_director(w, "strategy.complex_held", "alert.passed_on", BY_DIRECTOR,
	                                "2026-02-04T10:10:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

/* Each machine of a cell finds it for itself and orders it: what comes second changes nothing. */
static void what_a_machine_orders_of_it_is_done_once(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", words[64];
	hear(w, "s1", "strategy.complex_held", "C1", "2026-02-04T10:00:00Z", "");
	deliver(w);
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
	OK(store_execute(f->store, FAILED " AND purpose = 'opened'", &f->fault));
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	for (int machine = 0; machine < 2; machine++) {
		(void)snprintf(words, sizeof words, "1+ %s", id);
		(void)batch_add_order(w->batch, TEXT("kafka:events:0"), ++w->next, TEXT(PIPELINE_ORDER_NOBODY),
		                      text_of(words), at("2026-02-04T10:10:00Z"));
		take(w, "2026-02-04T10:10:00Z");
		assert_int_equal(owed(w, "purpose = 'escalated'"), 1);
	}
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

/* "1+" says that others were told: where they are still asked nothing climbs. What cannot be read changes nothing. */
static void an_order_that_others_were_told_lets_nothing_climb_by_itself(void **state)
{
	static const char *const orders[] = {"1+ %s", "+ %s", "1++ %s", "1+", "1+ ", "1+ %s 12", "1+ %s x"};
	struct world *w = *state;
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", words[64];
	hear(w, "s1", "strategy.complex_held", "C1", "2026-02-04T10:00:00Z", "");
	deliver(w);
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		(void)snprintf(words, sizeof words, "%.*s%s", (int)strcspn(orders[i], "%"), orders[i],
		               strchr(orders[i], '%') ? id : "");
		(void)batch_add_order(w->batch, TEXT("kafka:events:0"), ++w->next, TEXT(PIPELINE_ORDER_NOBODY),
		                      text_of(words), at("2026-02-04T10:10:00Z"));
		take(w, "2026-02-04T10:10:00Z");
	}
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
}

/* ---- passed on after the last answer ---- */

/* The director answers; then the edt, who was waited for until now, passes it on. */
static void passed_on_after_the_director(struct world *w, const char *opens, const char *review, const char *to)
{
	char more[256];
	hear(w, "s1", opens, "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	deliver(w);
	(void)snprintf(more, sizeof more, BY_DIRECTOR "%s", review);
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", more);
	deliver(w);
	(void)snprintf(more, sizeof more, "\"by\":\"edt\",\"person\":\"p-edt\"%s", to);
	answer(w, "a2", "alert.passed_on", "1001", "2026-02-04T10:10:00Z", more);
	deliver(w);
}

#define TO_VPG ",\"to\":\"vpg-chair\""
#define BY_VPG "\"by\":\"vpg-chair\",\"person\":\"p-vpg-chair\",\"action\":\"read\""

static void who_passes_it_on_after_the_last_answer_is_not_waited_for(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "strategy.complex_held", "", "");
	run(w, "2026-02-04T22:04:59Z"); /* twelve hours after the answer */
	assert_int_equal(owed(w, "purpose = 'escalated' OR purpose = 'asked-again'"), 0);
	run(w, "2026-02-04T22:05:00Z");
	assert_int_equal(owed(w, "purpose = 'asked-again'"), 2);
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
}

static void whose_answer_holds_only_since_then_hears_that_its_review_is_cut(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "strategy.complex_held", ",\"review_at\":\"2099-01-01T00:00:00Z\"", "");
	assert_int_equal(owed(w, "purpose = 'review-cut' AND role = 'director'"), 1);
}

static void the_last_answer_ends_what_is_momentary_though_another_passes_it_on_after_it(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "vcl.scored", "", "");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 1);
	assert_int_equal(owed(w, "purpose = 'resolved' AND payload LIKE '%\"by\":\"director\"%'"), 1);
	run(w, "2026-02-05T10:31:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' OR purpose = 'asked-again'"), 0);
}

static void whom_it_was_passed_on_to_owes_the_answer(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "strategy.complex_held", "", TO_VPG);
	run(w, "2026-02-04T10:29:59Z");
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
	run(w, "2026-02-04T10:30:00Z"); /* passing on moves no time of the step */
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

static void whom_it_was_passed_on_to_answers_it_and_it_holds(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "strategy.complex_held", "", TO_VPG);
	answer(w, "a3", "alert.acknowledged", "1001", "2026-02-04T10:20:00Z", BY_VPG);
	run(w, "2026-02-04T22:19:59Z");
	assert_int_equal(owed(w, "purpose = 'escalated' OR purpose = 'asked-again'"), 0);
}

/* What it was passed on to passes it on again, to somebody else who owes it then. */
static void passed_on_and_on_the_last_of_them_owes_it(void **state)
{
	struct world *w = *state;
	passed_on_after_the_director(w, "strategy.complex_held", "", TO_VPG);
	answer(w, "a3", "alert.passed_on", "1001", "2026-02-04T10:15:00Z",
	       "\"by\":\"vpg-chair\",\"person\":\"p-vpg-chair\",\"to\":\"rmg-chair\"");
	deliver(w);
	run(w, "2026-02-04T10:30:00Z");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

#define BY_DCS "\"by\":\"dcs\",\"person\":\"p-dcs\""

/* At 10:30 the dcs is told, as the edt has not answered; or they pass it on before, as who is told of it all may. */
static void who_passes_it_on_at_another_step_ends_nothing_that_nobody_there_answered(void **state)
{
	static const struct {
		const char *time, *more;
		bool climbs;
	} passings[] = {{"2026-02-04T10:35:00Z", BY_DCS, true},
	                {"2026-02-04T10:35:00Z", BY_DCS ",\"to\":\"head-of-service\"", true},
	                {"2026-02-04T10:07:00Z", BY_DCS, false}};
	(void)state;
	for (size_t i = 0; i < sizeof passings / sizeof *passings; i++) {
		void *each;
		(void)setup_each(&each);
		struct world *w = each;
		hear(w, "s1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
		deliver(w);
		answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		if (passings[i].climbs)
			run(w, "2026-02-04T10:30:00Z");
		assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), passings[i].climbs);
		deliver(w);
		answer(w, "a2", "alert.passed_on", "1001", passings[i].time, passings[i].more);
		if (count(w, "SELECT count(*) FROM alert WHERE state = 0") != 1)
			fail_msg("%s %s: it stands no more", passings[i].time, passings[i].more);
		assert_int_equal(owed(w, "purpose = 'resolved'"), 0);
		(void)teardown(&each);
	}
}

/* Of one instant in the order of their ids: what the first passes on was passed on to them by the second. */
static void whom_it_was_passed_on_to_at_one_instant_owes_it_in_whatever_order_it_was(void **state)
{
	static const char *const ids[][2] = {{"a2", "a3"}, {"a3", "a2"}};
	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		void *each;
		(void)setup_each(&each);
		struct world *w = each;
		hear(w, "s1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
		deliver(w);
		answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		answer(w, ids[i][0], "alert.passed_on", "1001", "2026-02-04T10:06:00Z",
		       "\"by\":\"vpg-chair\",\"person\":\"p-vpg-chair\",\"to\":\"rmg-chair\"");
		answer(w, ids[i][1], "alert.passed_on", "1001", "2026-02-04T10:06:00Z",
		       "\"by\":\"edt\",\"person\":\"p-edt\"" TO_VPG);
		deliver(w);
		if (count(w, "SELECT count(*) FROM alert WHERE state = 0") != 1)
			fail_msg("%s first: it stands no more", ids[i][0]);
		run(w, "2026-02-04T10:30:00Z");
		assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
		(void)teardown(&each);
	}
}

static void who_answers_for_whoever_passed_it_on_ends_nothing_while_another_owes_an_answer(void **state)
{
	struct world *w = *state;
	hear(w, "s1", "vcl.scored", "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	deliver(w);
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T10:05:00Z",
	       "\"by\":\"edt\",\"person\":\"p-edt\"" TO_VPG);
	deliver(w);
	answer(w, "a2", "alert.acknowledged", "1001", "2026-02-04T10:10:00Z", BY_VPG);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 0);
	answer(w, "a3", "alert.acknowledged", "1001", "2026-02-04T10:15:00Z", BY_DIRECTOR);
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 1);
}

/* It was passed on to a role that nobody holds: that is found out later, and then nobody owes it. */
static void what_was_passed_on_to_a_role_that_nobody_holds_is_owed_by_nobody(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	passed_on_after_the_director(w, "vcl.scored", "", TO_VPG);
	OK(store_execute(f->store,
	                 "UPDATE outbox SET state = 5, open = 0, person = '', sent = 0 WHERE role = 'vpg-chair'",
	                 &f->fault));
	run(w, "2026-02-04T10:20:00Z");
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 0);
	OK(pipeline_one_less(w->pipeline, TEXT("1001"), 1, at("2026-02-04T10:20:00Z"), &f->fault));
	assert_int_equal(count(w, "SELECT count(*) FROM alert WHERE state = 1"), 1);
}

/* Of several in the role that it was passed on to each is asked for themselves. */
static void of_several_whom_it_was_passed_on_to_each_passes_it_on(void **state)
{
	struct world *w = *state;
	struct fixture *f = w->f;
	hear(w, "s1", "strategy.complex_held", "C1", "2026-02-04T10:00:00Z", "");
	deliver(w);
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T10:02:00Z", BY_DIRECTOR);
	answer(w, "a2", "alert.passed_on", "1001", "2026-02-04T10:03:00Z",
	       "\"by\":\"edt\",\"person\":\"p-edt\"" TO_VPG);
	deliver(w);
	OK(store_execute(f->store,
	                 "INSERT INTO outbox (kind, state, open, critical, purpose, number, alert, rule, subject, step,"
	                 " role, person, channel, address, message_id, payload, created, not_before, deadline, sent,"
	                 " attempts, possible_duplicate, reply) SELECT kind, state, open, critical, purpose, number,"
	                 " alert, rule, subject, step, role, 'p-other', channel, address, message_id, payload, created,"
	                 " not_before, deadline, sent, attempts, possible_duplicate, reply FROM outbox"
	                 " WHERE role = 'vpg-chair'",
	                 &f->fault));
	answer(w, "a3", "alert.passed_on", "1001", "2026-02-04T10:05:00Z", BY_VPG);
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
	answer(w, "a4", "alert.passed_on", "1001", "2026-02-04T10:06:00Z",
	       "\"by\":\"vpg-chair\",\"person\":\"p-other\"");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
}

/* ---- in a cell: all machines hold the same of it ---- */

/* The one that sends, to which the edt was given up; one that follows; and one that reads it all later, before it looks
 * for anybody. */
enum machine { SENDS, FOLLOWS, IS_LATE, MACHINES };

static struct world *machine_of(const char *opens)
{
	void *state;
	(void)setup_with(&state, "tests/data/rules/answer-each");
	struct world *w = state;
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	w->settings.by_log = true;
	start(w);
	hear(w, "s1", opens, "C1", "2026-02-04T10:00:00Z", "\"level\":\"high\"");
	return w;
}

#define ADDRESS "UPDATE outbox SET person = 'p-' || role WHERE purpose = 'opened'"

static void look_for_people(struct world *w, enum machine machine)
{
	struct fixture *f = w->f;
	if (machine == SENDS) {
		OK(store_execute(f->store, ADDRESS, &f->fault));
		OK(store_execute(f->store, "UPDATE outbox SET state = 2, open = 0 WHERE role = 'director'", &f->fault));
		OK(store_execute(f->store, "UPDATE outbox SET state = 5, open = 0 WHERE role = 'edt'", &f->fault));
	} else if (machine == FOLLOWS) {
		OK(store_execute(f->store, ADDRESS, &f->fault));
	}
}

static enum result put_name(void *argument, const struct outbox_row *row, struct fault *fault)
{
	char *name = argument;
	(void)fault;
	for (size_t i = 0; i < sizeof row->same.at && text_equal(row->role, TEXT("edt")); i++)
		(void)snprintf(name + 2 * i, 3, "%02x", row->same.at[i]);
	return RESULT_OK;
}

/* As the courier has run/orders.c say it: the row by which the edt was to be told; or none in particular. */
static void order_one_less(struct world *w, bool names, const char *now)
{
	struct fixture *f = w->f;
	char id[ALERT_ID_SIZE] = "", name[33] = "", words[96];
	OK(alerts_find(f->store, TEXT("1001"), see_id, id, &f->fault));
	OK(outbox_each(f->store, text_of(id), false, SIZE_MAX, put_name, name, &f->fault));
	assert_int_equal(strlen(name), 32);
	(void)snprintf(words, sizeof words, "1+ %s%s%s", id, names ? " " : "", names ? name : "");
	(void)batch_add_order(w->batch, TEXT("kafka:events:0"), ++w->next, TEXT(PIPELINE_ORDER_NOBODY), text_of(words),
	                      at(now));
	take(w, now);
}

static bool is_answered(struct world *w)
{
	return count(w, "SELECT count(*) FROM alert WHERE acknowledged = 1 OR state = 1") == 1;
}

static void end_machine(struct world *w)
{
	void *state = w;
	(void)teardown(&state);
}

static void who_was_given_up_is_waited_for_until_the_log_says_so_on_every_machine(void **state)
{
	static const char *const opens[] = {"strategy.complex_held", "vcl.scored"};
	(void)state;
	for (size_t i = 0; i < 2 * MACHINES; i++) {
		struct world *w = machine_of(opens[i / MACHINES]);
		struct fixture *f = w->f;
		enum machine machine = i % MACHINES;
		look_for_people(w, machine);
		answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		assert_false(is_answered(w));
		order_one_less(w, true, "2026-02-04T10:10:00Z");
		if (machine == IS_LATE) { /* and says so as it finds them */
			OK(store_execute(f->store, ADDRESS, &f->fault));
			order_one_less(w, false, "2026-02-04T10:10:00Z");
		}
		assert_true(is_answered(w));
		run(w, "2026-02-04T10:31:01Z");
		assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
		end_machine(w);
	}
}

/* By a fold of all that is stored, years later. */
static void judge_anew(struct world *w)
{
	struct fixture *f = w->f;
	OK(store_begin(f->store, &f->fault));
	OK(elsewhere_forget(f->store, at("2026-02-04T10:10:00Z") + 2 * ELSEWHERE_KEPT, &f->fault));
	OK(store_commit(f->store, &f->fault));
	pipeline_free(w->pipeline);
	ops_free(w->ops);
	start(w);
	hear(w, "s0", "strategy.complex_held", "C1", "2026-02-03T10:00:00Z", "");
}

#define ENDED "SELECT count(*) FROM alert WHERE state = 1 AND number = 1001"

static void what_ended_since_somebody_was_given_up_does_not_open_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *w = machine_of("vcl.scored");
		struct fixture *f = w->f;
		bool before = i > 0; /* there was such a log */
		look_for_people(w, SENDS);
		if (before) {
			OK(store_begin(f->store, &f->fault));
			OK(elsewhere_give_up_old(f->store, at("2026-02-04T10:01:00Z"), &f->fault));
			OK(store_commit(f->store, &f->fault));
		} else {
			order_one_less(w, true, "2026-02-04T10:02:00Z");
		}
		answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		assert_int_equal(count(w, ENDED), 1);
		judge_anew(w);
		assert_int_equal(count(w, ENDED), 1);
		end_machine(w);
	}
}

/* One that reads late knew of nobody yet, and took the first answer for everybody's. */
static void of_two_who_must_answer_one_has_and_every_machine_asks_on(void **state)
{
	(void)state;
	for (enum machine machine = SENDS; machine < MACHINES; machine++) {
		struct world *w = machine_of("vcl.scored");
		look_for_people(w, machine);
		answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		assert_false(is_answered(w));
		order_one_less(w, false, "2026-02-04T10:10:00Z");
		run(w, "2026-02-04T10:30:01Z");
		assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
		end_machine(w);
	}
}

static void passed_on_by_all_but_who_was_given_up_every_machine_climbs_at_once(void **state)
{
	(void)state;
	for (enum machine machine = SENDS; machine < IS_LATE; machine++) {
		struct world *w = machine_of("strategy.complex_held");
		look_for_people(w, machine);
		answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
		assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
		order_one_less(w, true, "2026-02-04T10:10:00Z");
		assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
		end_machine(w);
	}
}

/* Before it looks for anybody a machine that is late knows from the directory how many there are. */
static void of_two_who_hold_a_role_each_passes_it_on_also_where_nobody_was_looked_for(void **state)
{
	static const char *both[] = {"p-director", "p-dcs"};
	struct world *w = machine_of("strategy.complex_held");
	struct directory *directory = (struct directory *)w->config->directory;
	struct role_title *director = (struct role_title *)directory_role(directory, TEXT("director"));
	const struct role_title before = *director;
	(void)state;
	director->people = both;
	director->people_count = 2;
	answer(w, "a1", "alert.passed_on", "1001", "2026-02-04T10:02:00Z", "\"by\":\"edt\",\"person\":\"p-edt\"");
	answer(w, "a2", "alert.passed_on", "1001", "2026-02-04T10:03:00Z", BY_DIRECTOR);
	assert_int_equal(owed(w, "purpose = 'escalated'"), 0);
	answer(w, "a3", "alert.passed_on", "1001", "2026-02-04T10:04:00Z", "\"by\":\"director\",\"person\":\"p-dcs\"");
	assert_int_equal(owed(w, "purpose = 'escalated' AND role = 'dcs'"), 1);
	*director = before;
	end_machine(w);
}

/* Nor does the one that sends look for them before: of each role one who saw it on the board has answered for it. */
static void what_waits_for_its_hour_misses_nobody(void **state)
{
	struct world *w = machine_of("vcl.scored");
	struct fixture *f = w->f;
	(void)state;
	OK(store_execute(f->store, "UPDATE outbox SET not_before = not_before + 36000000000", &f->fault));
	answer(w, "a1", "alert.acknowledged", "1001", "2026-02-04T10:05:00Z", BY_DIRECTOR);
	assert_int_equal(count(w, ENDED), 0);
	answer(w, "a2", "alert.acknowledged", "1001", "2026-02-04T10:06:00Z",
	       "\"by\":\"edt\",\"person\":\"p-edt\",\"action\":\"read\"");
	assert_int_equal(count(w, ENDED), 1);
	end_machine(w);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, setup_each, teardown)

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		EACH(who_is_given_up_after_the_last_answer_is_not_waited_for),
		EACH(the_last_answer_ends_what_is_momentary_though_it_is_the_last_only_since_another_was_given_up),
		EACH(who_has_not_answered_is_waited_for_though_another_is_given_up),
		EACH(an_answer_whose_review_is_over_holds_nothing),
		EACH(passed_on_by_all_but_who_is_given_up_it_climbs_at_once),
		EACH(who_passes_it_on_after_the_last_answer_is_not_waited_for),
		EACH(whose_answer_holds_only_since_then_hears_that_its_review_is_cut),
		EACH(the_last_answer_ends_what_is_momentary_though_another_passes_it_on_after_it),
		EACH(whom_it_was_passed_on_to_owes_the_answer),
		EACH(whom_it_was_passed_on_to_answers_it_and_it_holds),
		EACH(passed_on_and_on_the_last_of_them_owes_it),
		cmocka_unit_test(who_passes_it_on_at_another_step_ends_nothing_that_nobody_there_answered),
		cmocka_unit_test(whom_it_was_passed_on_to_at_one_instant_owes_it_in_whatever_order_it_was),
		EACH(who_answers_for_whoever_passed_it_on_ends_nothing_while_another_owes_an_answer),
		EACH(what_was_passed_on_to_a_role_that_nobody_holds_is_owed_by_nobody),
		EACH(of_several_whom_it_was_passed_on_to_each_passes_it_on),
		EACH(what_a_machine_orders_of_it_is_done_once),
		EACH(an_order_that_others_were_told_lets_nothing_climb_by_itself),
		cmocka_unit_test(who_was_given_up_is_waited_for_until_the_log_says_so_on_every_machine),
		cmocka_unit_test(what_ended_since_somebody_was_given_up_does_not_open_again),
		cmocka_unit_test(of_two_who_must_answer_one_has_and_every_machine_asks_on),
		cmocka_unit_test(of_two_who_hold_a_role_each_passes_it_on_also_where_nobody_was_looked_for),
		cmocka_unit_test(what_waits_for_its_hour_misses_nobody),
		cmocka_unit_test(passed_on_by_all_but_who_was_given_up_every_machine_climbs_at_once),
	};
	return cmocka_run_group_tests_name("one less", tests, NULL, NULL);
}
