/* A board that looks at some of what there is says that there is more: of the clocks that run out soon, and of those
 * who were told of one alert. */
#include "desk_world.h"

#define MORNING "2020-02-05T02:14:00Z"

static void set_due(struct desk *desk, enum party_kind domain, const char *name, int count, const char *when)
{
	struct fixture *f = desk->w->f;
	OK(store_begin(f->store, &f->fault));
	for (int i = 0; i < count; i++) {
		char subject[32];
		(void)snprintf(subject, sizeof subject, "%s%d", name, i);
		OK(due_set(f->store, domain, text_of(subject), at(when), &f->fault));
	}
	OK(store_commit(f->store, &f->fault));
}

static const char *const MORE = "More falls due by then than one page looks at: the first are here.";

static void an_alert(struct desk *desk)
{
	hear(desk->w, "e1", "custody.threshold_met", "C1001", "2020-02-05T02:10:00Z", K1);
	deliver(desk->w);
	settle(desk);
}

static void more_that_falls_due_than_a_page_looks_at_is_said(void **state)
{
	struct desk *desk = *state;
	an_alert(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_silent(desk, MORE);
	set_due(desk, PARTY_NONE, "D", 50, "2020-02-05T04:00:00Z");
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, MORE);
}

/* Those of workers fall due, too, and are on no board: however many, a child's is there, or the page says that there is
 * more. */
static void clocks_of_workers_take_no_place_of_a_childs(void **state)
{
	struct desk *desk = *state;
	an_alert(desk);
	hear(desk->w, "c1", "child.updated", "C1002", "2020-02-01T09:00:00Z", "\"initials\":\"BL\"");
	hear(desk->w, "m1", "missing.started", "C1002", "2020-02-02T05:00:00Z",
	     "\"episode\":\"E1\",\"kind\":\"missing\"");
	hear(desk->w, "m2", "missing.ended", "C1002", "2020-02-02T07:00:00Z", "\"episode\":\"E1\"");
	settle(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "/children/C1002");
	set_due(desk, PARTY_WORKER, "W", 60, "2020-02-05T03:00:00Z");
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "/children/C1002");
	assert_silent(desk, MORE);
	set_due(desk, PARTY_NONE, "D", 39, "2020-02-05T04:00:00Z");
	set_due(desk, PARTY_WORKER, "V", 2000, "2020-02-05T03:00:00Z");
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, MORE);
}

/* So many more people of the same step, each by email. */
static void tell_others(struct desk *desk, int from, int until)
{
	struct fixture *f = desk->w->f;
	struct query query = query_start(
		f->store,
		"WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)"
		" INSERT INTO outbox (kind, state, open, critical, purpose, number, alert, rule, subject, step, role,"
		" person, channel, address, message_id, payload, created, not_before, deadline, sent, attempts,"
		" possible_duplicate, reply) SELECT kind, state, open, critical, purpose, number, alert, rule,"
		" subject, step, role, 'p-other-' || i, channel, address, '', payload, created, not_before, deadline,"
		" sent, attempts, possible_duplicate, reply FROM n,"
		" (SELECT * FROM outbox WHERE number > 0 ORDER BY id DESC LIMIT 1)");
	bind_int(&query, from);
	bind_int(&query, until);
	OK(query_run(&query, &f->fault));
}

/* Forty were told, and one of them has no mailbox: who reads "32 emails accepted" takes all for reached. */
static void all_that_were_told_of_a_step_are_counted_or_it_says_that_they_are_not(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	an_alert(desk);
	tell_others(desk, 0, 39);
	OK(store_execute(f->store, "UPDATE outbox SET state = 5, open = 0, reply = '550 5.1.1 no such user'"
	                 " WHERE number > 0 AND person NOT LIKE 'p-other-%'", &f->fault)); /* the oldest */
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "39 emails accepted");
	assert_says(desk, "mailbox refused");
	assert_silent(desk, "and others");
	tell_others(desk, 39, 59);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "59 emails accepted");
	assert_says(desk, "mailbox refused");
	assert_silent(desk, "and others");
	tell_others(desk, 59, 60);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, ", and others<br>");
	assert_says(desk, "60 emails accepted, and others that are not counted here");
}

#define PAGE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE(more_that_falls_due_than_a_page_looks_at_is_said),
		PAGE(clocks_of_workers_take_no_place_of_a_childs),
		PAGE(all_that_were_told_of_a_step_are_counted_or_it_says_that_they_are_not),
	};
	return cmocka_run_group_tests_name("board_due", tests, NULL, NULL);
}
