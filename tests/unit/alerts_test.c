/* Alerts and due times as they are kept, found again and shown to people; and the record of what was done. */
#include "store_fixture.h"

#include "store/store_internal.h"

static struct rule rules_a[] = {
	{.index = 0, .id = "custody.threshold", .severity = SEVERITY_CRITICAL, .effective_from = DAY_NONE},
	{.index = 1, .id = "contact.overdue", .severity = SEVERITY_NORMAL, .effective_from = DAY_NONE},
	{.index = 2, .id = "contact.overdue", .severity = SEVERITY_HIGH, .effective_from = 18000},
};
static struct ruleset set_a = {.rules = rules_a, .rule_count = 3};

static struct alert alert_of(const char *id, uint16_t rule)
{
	struct alert alert = {.rule = rule,
	                      .state = ALERT_STANDING,
	                      .opened = 1000,
	                      .closed = INSTANT_NEVER,
	                      .due = INSTANT_NONE,
	                      .told = 2000,
	                      .step = 1,
	                      .next = 3000};
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	return alert;
}

static int64_t keep(struct fixture *f, enum party_kind domain, const char *subject, const struct alert *alert)
{
	int64_t number = 0;
	OK(store_begin(f->store, &f->fault));
	OK(alerts_keep(f->store, &set_a, domain, text_of(subject), alert, &number, &f->fault));
	OK(store_commit(f->store, &f->fault));
	return number;
}

static enum result see_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%s %u %s", seen->count++ ? ", " : "", alert->id, alert->rule,
	              alert->reason ? alert->reason : "stands");
	return RESULT_OK;
}

static void numbers_are_short_and_one_after_another(void **state)
{
	struct fixture *f = *state;
	struct alert first = alert_of("00000000000000aa", 0), second = alert_of("00000000000000bb", 1);
	assert_int_equal(keep(f, PARTY_NONE, "C1", &first), 1001);
	assert_int_equal(keep(f, PARTY_NONE, "C1", &second), 1002);
	first.step = 2;
	assert_int_equal(keep(f, PARTY_NONE, "C1", &first), 1001);
	fixture_reopen(f);
	assert_int_equal(keep(f, PARTY_NONE, "C1", &second), 1002);
	struct alert third = alert_of("00000000000000cc", 1);
	assert_int_equal(keep(f, PARTY_NONE, "C2", &third), 1003);
}

static enum result same_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	const struct alert *expected = argument;
	(void)fault;
	assert_string_equal(alert->id, expected->id);
	assert_int_equal(alert->rule, expected->rule);
	assert_true(alert->key == expected->key);
	assert_true(text_equal(alert->key_text, expected->key_text));
	assert_int_equal(alert->state, expected->state);
	assert_true(alert->opened == expected->opened && alert->closed == expected->closed &&
	            alert->due == expected->due);
	assert_int_equal(alert->nights, expected->nights);
	assert_string_equal(alert->reason, expected->reason);
	assert_true(alert->told == expected->told && alert->next == expected->next);
	assert_int_equal(alert->step, expected->step);
	assert_true(alert->acknowledged == expected->acknowledged && alert->spent == expected->spent);
	assert_true(alert->answer == expected->answer);
	assert_true(alert->early_warning == expected->early_warning);
	assert_int_equal(alert->evidence_count, expected->evidence_count);
	assert_memory_equal(alert->evidence, expected->evidence, sizeof *alert->evidence * alert->evidence_count);
	return RESULT_OK;
}

static void an_alert_comes_back_as_it_was_kept(void **state)
{
	struct fixture *f = *state;
	struct evidence evidence[] = {{7, 100}, {9, INSTANT_NONE + 1}};
	struct alert alert = alert_of("fedcba9876543210", 2);
	alert.key = 0xfedcba9876543210u;
	alert.key_text = TEXT("placement 12");
	alert.state = ALERT_RESOLVED;
	alert.closed = 5000;
	alert.nights = 3;
	alert.due = 4000;
	alert.reason = "no longer applies";
	alert.next = INSTANT_NEVER;
	alert.acknowledged = alert.spent = true;
	alert.answer = 77;
	alert.evidence = evidence;
	alert.evidence_count = 2;
	(void)keep(f, PARTY_WORKER, "w1", &alert);
	fixture_reopen(f);
	struct seen seen = {0};
	OK(alerts_history(f->store, &set_a, PARTY_WORKER, TEXT("w1"), same_alert, &alert, &f->fault));
	OK(alerts_history(f->store, &set_a, PARTY_WORKER, TEXT("w1"), see_alert, &seen, &f->fault));
	assert_seen(&seen, "fedcba9876543210 2 no longer applies");
	OK(alerts_history(f->store, &set_a, PARTY_NONE, TEXT("w1"), see_alert, &seen, &f->fault));
	assert_seen(&seen, "");
}

static void alerts_of_rules_no_longer_there_are_kept_and_not_given_back(void **state)
{
	struct fixture *f = *state;
	static struct rule other[] = {{.index = 0, .id = "contact.overdue", .effective_from = 17000}};
	const struct ruleset set_b = {.rules = other, .rule_count = 1};
	struct seen seen = {0};
	struct alert gone = alert_of("00000000000000aa", 0), stays = alert_of("00000000000000bb", 2);
	(void)keep(f, PARTY_NONE, "C1", &gone);
	(void)keep(f, PARTY_NONE, "C1", &stays);
	OK(alerts_history(f->store, &set_b, PARTY_NONE, TEXT("C1"), see_alert, &seen, &f->fault));
	assert_seen(&seen, "00000000000000bb 0 stands");
	OK(alerts_history(f->store, &set_a, PARTY_NONE, TEXT("C1"), see_alert, &seen, &f->fault));
	assert_seen(&seen, "00000000000000bb 2 stands, 00000000000000aa 0 stands");
}

/* ---- for people ---- */

static struct store *seen_store; /* whose rows are seen */

static enum result see_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	buffer_format(&seen->ids, "%s%lld %.*s %.*s %.*s ", seen->count++ ? ", " : "", (long long)row->number,
	              TEXT_ARG(row->rule), TEXT_ARG(row->subject), TEXT_ARG(row->because));
	return alerts_evidence(seen_store, row, &seen->ids, fault);
}

static void people_find_an_alert_by_its_number_or_its_id(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	static const char *const ways[] = {"1001", "A-1001", "a1001", "0000000000001001"};
	struct alert alert = alert_of("0000000000001001", 0), other = alert_of("00000000000000bb", 0);
	struct evidence evidence = {.time = 0};
	evidence.ref = store_event(f, "e1", "custody.threshold_met", "C1", "2020-01-07T10:00:00Z", "\"custody\":\"1\"");
	(void)keep(f, PARTY_NONE, "C1", &alert);
	(void)keep(f, PARTY_NONE, "C2", &other);
	seen_store = f->store;
	OK(alerts_set_words(f->store, text_of(alert.id), TEXT("because"), &evidence, 1, &f->fault));
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		OK(alerts_find(f->store, text_of(ways[i]), see_row, &seen, &f->fault));
		assert_seen(&seen, "1001 custody.threshold C1 because [\"e1\"]");
	}
	static const char *const nothing[] = {"", "A-", "1003", "999999999999999999999999", "A-1x", "no"};
	for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
		OK(alerts_find(f->store, text_of(nothing[i]), see_row, &seen, &f->fault));
		assert_seen(&seen, "");
	}
}

static void what_stands_is_listed_oldest_first_and_early_warnings_never(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct alert young = alert_of("00000000000000aa", 0), old = alert_of("00000000000000bb", 1),
		     closed = alert_of("00000000000000cc", 0), early = alert_of("00000000000000dd", 0);
	young.opened = 9000;
	closed.state = ALERT_WITHDRAWN;
	early.early_warning = true;
	(void)keep(f, PARTY_NONE, "C1", &young);
	(void)keep(f, PARTY_NONE, "C2", &old);
	(void)keep(f, PARTY_NONE, "C1", &closed);
	(void)keep(f, PARTY_NONE, "C1", &early);
	OK(alerts_each(f->store, TEXT_NONE, TEXT_NONE, false, see_row, &seen, &f->fault));
	assert_seen(&seen, "1002 contact.overdue C2  [], 1001 custody.threshold C1  []");
	OK(alerts_each(f->store, TEXT_NONE, TEXT("C1"), true, see_row, &seen, &f->fault));
	assert_seen(&seen, "1003 custody.threshold C1  [], 1001 custody.threshold C1  []");
	OK(alerts_each(f->store, TEXT("contact.overdue"), TEXT_NONE, false, see_row, &seen, &f->fault));
	assert_seen(&seen, "1002 contact.overdue C2  []");
	OK(alerts_find(f->store, TEXT("1004"), see_row, &seen, &f->fault));
	assert_seen(&seen, "");
	struct store_figures figures;
	OK(store_figures(f->store, &figures, &f->fault));
	assert_int_equal(figures.standing[SEVERITY_CRITICAL], 1);
	assert_int_equal(figures.standing[SEVERITY_NORMAL], 1);
}

/* Beside two hundred of other children. A worker may have the id of a child. */
static void what_stands_of_one_child_is_found_without_reading_the_others(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	char id[ALERT_ID_SIZE], subject[16];
	for (int i = 0; i < 200; i++) {
		(void)snprintf(id, sizeof id, "%016x", 0xb000 + i);
		(void)snprintf(subject, sizeof subject, "D%d", i);
		struct alert other = alert_of(id, 0);
		(void)keep(f, PARTY_NONE, subject, &other);
	}
	struct alert young = alert_of("00000000000000aa", 0), old = alert_of("00000000000000bb", 1),
		     closed = alert_of("00000000000000cc", 0), early = alert_of("00000000000000dd", 0),
		     shadow = alert_of("00000000000000ee", 0), worker = alert_of("00000000000000ff", 0);
	young.opened = worker.opened = 9000;
	closed.state = ALERT_WITHDRAWN;
	early.early_warning = shadow.shadow = true;
	(void)keep(f, PARTY_NONE, "C1", &young);
	(void)keep(f, PARTY_NONE, "C1", &closed);
	(void)keep(f, PARTY_WORKER, "C1", &worker);
	(void)keep(f, PARTY_NONE, "C1", &early);
	(void)keep(f, PARTY_NONE, "C1", &shadow);
	(void)keep(f, PARTY_NONE, "C1", &old);
	OK(alerts_each(f->store, TEXT_NONE, TEXT("C1"), false, see_row, &seen, &f->fault));
	assert_seen(&seen, "1206 contact.overdue C1  [], 1201 custody.threshold C1  [], 1203 custody.threshold C1  []");
	uint64_t before = store_steps(f->store);
	OK(alerts_standing_of(f->store, TEXT("C1"), see_row, &seen, &f->fault));
	assert_in_range(store_steps(f->store) - before, 1, 600); /* six in all; of the others each would be ten */
	assert_seen(&seen, "1206 contact.overdue C1  [], 1201 custody.threshold C1  [], 1203 custody.threshold C1  []");
	OK(alerts_standing_of(f->store, TEXT("nobody"), see_row, &seen, &f->fault));
	assert_seen(&seen, "");
}

static enum result see_answer(void *argument, const struct alert_row *row, struct fault *fault)
{
	instant *answer = argument;
	(void)fault;
	answer[0] = row->acknowledged_at;
	answer[1] = row->review_at;
	return RESULT_OK;
}

static void an_answer_is_kept_with_its_review_time(void **state)
{
	struct fixture *f = *state;
	instant answer[2];
	struct alert alert = alert_of("00000000000000aa", 0);
	(void)keep(f, PARTY_NONE, "C1", &alert);
	OK(alerts_find(f->store, TEXT("1001"), see_answer, answer, &f->fault));
	assert_true(answer[0] == INSTANT_NONE && answer[1] == INSTANT_NONE);
	OK(alerts_set_answered(f->store, text_of(alert.id), 60, 70, &f->fault));
	(void)keep(f, PARTY_NONE, "C1", &alert);
	OK(alerts_find(f->store, TEXT("1001"), see_answer, answer, &f->fault));
	assert_true(answer[0] == 60 && answer[1] == 70);
}

/* ---- due times ---- */

static enum result see_due(void *argument, enum party_kind domain, struct text subject, instant at,
                           struct fault *fault)
{
	struct seen *seen = argument;
	(void)fault;
	buffer_format(&seen->ids, "%s%.*s/%d@%lld", seen->count++ ? " " : "", TEXT_ARG(subject), (int)domain,
	              (long long)at);
	return RESULT_OK;
}

static void set_due(struct fixture *f, enum party_kind domain, const char *subject, instant at)
{
	OK(store_begin(f->store, &f->fault));
	OK(due_set(f->store, domain, text_of(subject), at, &f->fault));
	OK(store_commit(f->store, &f->fault));
}

static void due_times_come_earliest_first_and_survive_a_restart(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	instant next;
	set_due(f, PARTY_NONE, "C1", 300);
	set_due(f, PARTY_WORKER, "C1", 200);
	set_due(f, PARTY_NONE, "C2", 100);
	set_due(f, PARTY_NONE, "C2", 400);
	set_due(f, PARTY_NONE, "C3", 50);
	set_due(f, PARTY_NONE, "C3", INSTANT_NEVER);
	for (int start = 0; start < 2; start++) {
		OK(due_next(f->store, &next, &f->fault));
		assert_int_equal(next, 200);
		OK(due_each(f->store, 300, 10, see_due, &seen, &f->fault));
		assert_seen(&seen, "C1/1@200 C1/0@300");
		OK(due_each(f->store, 500, 2, see_due, &seen, &f->fault));
		assert_seen(&seen, "C1/1@200 C1/0@300");
		OK(due_each(f->store, 199, 10, see_due, &seen, &f->fault));
		assert_seen(&seen, "");
		fixture_reopen(f);
	}
}

static void a_history_that_was_put_off_and_put_back_is_due_once(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	set_due(f, PARTY_NONE, "C1", 100);
	set_due(f, PARTY_NONE, "C1", 200);
	set_due(f, PARTY_NONE, "C1", 100);
	OK(due_each(f->store, 1000, 10, see_due, &seen, &f->fault));
	assert_seen(&seen, "C1/0@100");
}

struct putting_off {
	struct fixture *f;
	int visits;
};

static enum result put_off(void *argument, enum party_kind domain, struct text subject, instant at,
                           struct fault *fault)
{
	struct putting_off *off = argument;
	off->visits++;
	return due_set(off->f->store, domain, subject, at + 1000000, fault);
}

/* Against what a plain array says, over a log that is compacted several times. */
static void many_changes_leave_exactly_the_last_ones(void **state)
{
	struct fixture *f = *state;
	unsigned seed = fixture_seed();
	instant due[300];
	for (int i = 0; i < 300; i++)
		due[i] = INSTANT_NEVER;
	for (int round = 0; round < 40; round++) {
		OK(store_begin(f->store, &f->fault));
		for (int i = 0; i < 2000; i++) {
			char subject[16];
			int n = rand_r(&seed) % 300;
			due[n] = rand_r(&seed) % 5 ? rand_r(&seed) % 1000 : INSTANT_NEVER;
			(void)snprintf(subject, sizeof subject, "C%d", n);
			OK(due_set(f->store, PARTY_NONE, text_of(subject), due[n], &f->fault));
		}
		OK(store_commit(f->store, &f->fault));
	}
	assert_true(f->store->due.log.total < 80000 / 2);
	fixture_reopen(f);
	int live = 0;
	for (int i = 0; i < 300; i++)
		live += due[i] != INSTANT_NEVER;
	struct seen seen = {0};
	OK(due_each(f->store, 1000, 1000, see_due, &seen, &f->fault));
	assert_int_equal(seen.count, live);
	for (int i = 0; i < 300; i++) {
		char entry[64];
		(void)snprintf(entry, sizeof entry, "C%d/0@%lld", i, (long long)due[i]);
		if (due[i] != INSTANT_NEVER)
			assert_non_null(strstr(buffer_cstr(&seen.ids), entry));
	}
	buffer_free(&seen.ids);
	struct putting_off off = {f, 0};
	OK(store_begin(f->store, &f->fault));
	OK(due_each(f->store, 1000, 1000, put_off, &off, &f->fault));
	OK(due_each(f->store, 1000, 1000, put_off, &off, &f->fault));
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(off.visits, live);
}

/* ---- audit, lists, histories ---- */

static enum result see_audit(void *argument, int64_t id, instant at, struct text what, struct text alert,
                             struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	struct seen *seen = argument;
	(void)id;
	(void)alert;
	(void)rule;
	(void)subject;
	(void)fault;
	buffer_format(&seen->ids, "%s%lld %.*s %.*s", seen->count++ ? ", " : "", (long long)at, TEXT_ARG(what),
	              TEXT_ARG(detail));
	return RESULT_OK;
}

static void everything_done_is_on_record_by_alert(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	struct alert alert = alert_of("00000000000000aa", 0);
	(void)keep(f, PARTY_NONE, "C1", &alert);
	OK(audit_add(f->store, 1, "alert.opened", text_of(alert.id), TEXT("r"), TEXT("C1"), TEXT("{}"), &f->fault));
	OK(audit_add(f->store, 2, "event.quarantined", TEXT_NONE, TEXT_NONE, TEXT_NONE, TEXT("{\"id\":\"x\"}"),
	             &f->fault));
	OK(audit_add(f->store, 3, "alert.warned", TEXT("00000000000000ee"), TEXT("r"), TEXT("C1"), TEXT("{}"),
	             &f->fault));
	OK(audit_add(f->store, 4, "alert.resolved", text_of(alert.id), TEXT("r"), TEXT("C1"), TEXT("{}"), &f->fault));
	OK(audit_each(f->store, text_of(alert.id), see_audit, &seen, &f->fault));
	assert_seen(&seen, "1 alert.opened {}, 4 alert.resolved {}");
	OK(audit_each(f->store, TEXT("00000000000000ee"), see_audit, &seen, &f->fault));
	assert_seen(&seen, "3 alert.warned {}");
	OK(audit_each(f->store, TEXT_NONE, see_audit, &seen, &f->fault));
	assert_seen(&seen,
	            "1 alert.opened {}, 2 event.quarantined {\"id\":\"x\"}, 3 alert.warned {}, 4 alert.resolved {}");
}

static void a_list_knows_when_it_was_last_due(void **state)
{
	struct fixture *f = *state;
	instant due;
	OK(lists_last(f->store, TEXT("daily-missing"), &due, &f->fault));
	assert_true(due == INSTANT_NONE);
	OK(lists_done(f->store, TEXT("daily-missing"), 100, &f->fault));
	OK(lists_done(f->store, TEXT("daily-missing"), 200, &f->fault));
	fixture_reopen(f);
	OK(lists_last(f->store, TEXT("daily-missing"), &due, &f->fault));
	assert_int_equal(due, 200);
}

static enum result see_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	return see_due(argument, domain, subject, 0, fault);
}

static void all_histories_can_be_gone_through_in_portions(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {0};
	uint32_t last;
	set_due(f, PARTY_NONE, "C1", 1);
	set_due(f, PARTY_WORKER, "w1", 1);
	set_due(f, PARTY_NONE, "C2", 1);
	OK(histories_each(f->store, 0, 2, &last, see_history, &seen, &f->fault));
	assert_seen(&seen, "C1/0@0 w1/1@0");
	OK(histories_each(f->store, last, 2, &last, see_history, &seen, &f->fault));
	assert_seen(&seen, "C2/0@0");
	OK(histories_each(f->store, last, 2, &last, see_history, &seen, &f->fault));
	assert_seen(&seen, "");
	assert_int_equal(last, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A clock that was ahead by days asked, or was told an answer, and was set back: nobody would hear of it until that
 * clock's half an hour, or the review time that it reckoned. */
static void what_a_clock_that_was_ahead_asked_is_looked_at_at_once_when_it_is_right(void **state)
{
	struct fixture *f = *state;
	const instant now = 5000 * SECOND, days = 9 * 24 * HOUR, step = 30 * MINUTE;
	struct alert wrong = alert_of("00000000000000aa", 0), right = alert_of("00000000000000bb", 0), answered, before;
	uint64_t count = 0;
	instant at;
	wrong.asked = now + days;
	wrong.next = wrong.asked + step;
	right.asked = now - MINUTE;
	right.next = right.asked + step;
	answered = wrong;
	answered.acknowledged = true;
	(void)snprintf(answered.id, sizeof answered.id, "00000000000000cc");
	before = answered;
	(void)snprintf(before.id, sizeof before.id, "00000000000000dd");
	(void)keep(f, PARTY_NONE, "C1", &wrong);
	(void)keep(f, PARTY_NONE, "C2", &right);
	(void)keep(f, PARTY_NONE, "C3", &answered);
	(void)keep(f, PARTY_NONE, "C4", &before);
	OK(store_begin(f->store, &f->fault));
	OK(alerts_set_answered(f->store, text_of(answered.id), now + days, now + days + step, &f->fault));
	OK(alerts_set_answered(f->store, text_of(before.id), now - MINUTE, now + step, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C1"), wrong.next, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C2"), right.next, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C3"), answered.next, &f->fault));
	OK(due_set(f->store, PARTY_NONE, TEXT("C4"), before.next, &f->fault));
	OK(alerts_wake_asked_ahead(f->store, now, MINUTE, &count, &f->fault));
	OK(store_commit(f->store, &f->fault));
	assert_int_equal(count, 2);
	OK(due_at(f->store, PARTY_NONE, TEXT("C1"), &at, &f->fault));
	assert_int_equal(at, now);
	OK(due_at(f->store, PARTY_NONE, TEXT("C2"), &at, &f->fault));
	assert_int_equal(at, right.next);
	OK(due_at(f->store, PARTY_NONE, TEXT("C3"), &at, &f->fault));
	assert_int_equal(at, now);
	OK(due_at(f->store, PARTY_NONE, TEXT("C4"), &at, &f->fault));
	assert_int_equal(at, before.next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_short_and_one_after_another),
		TEST(what_a_clock_that_was_ahead_asked_is_looked_at_at_once_when_it_is_right),
		TEST(an_alert_comes_back_as_it_was_kept),
		TEST(alerts_of_rules_no_longer_there_are_kept_and_not_given_back),
		TEST(people_find_an_alert_by_its_number_or_its_id),
		TEST(what_stands_is_listed_oldest_first_and_early_warnings_never),
		TEST(what_stands_of_one_child_is_found_without_reading_the_others),
		TEST(an_answer_is_kept_with_its_review_time),
		TEST(due_times_come_earliest_first_and_survive_a_restart),
		TEST(a_history_that_was_put_off_and_put_back_is_due_once),
		TEST(many_changes_leave_exactly_the_last_ones),
		TEST(everything_done_is_on_record_by_alert),
		TEST(a_list_knows_when_it_was_last_due),
		TEST(all_histories_can_be_gone_through_in_portions),
	};
	return cmocka_run_group_tests_name("alerts", tests, NULL, NULL);
}
