/* sentence_oracles: each name of docs/sentences.md, decided from the database. */
#ifndef CASEWATCH_TESTS_SENTENCE_ORACLES_H
#define CASEWATCH_TESTS_SENTENCE_ORACLES_H

#include "sentence_facts.h"
#include "sentence_page.h"

/* ---- what each name means ---- */

typedef bool oracle(const struct truth *t, bool *decided);

#define ORACLE(NAME, EXPRESSION)                                    \
	static bool is_##NAME(const struct truth *t, bool *decided) \
	{                                                           \
		(void)t, (void)decided;                             \
		return (EXPRESSION);                                \
	}
/* What only the facts themselves show; message_look_test, as_told_test and message_change_test prove these by hand. */
#define BY_HAND(NAME) ORACLE(NAME, (*decided = false))

BY_HAND(change)
BY_HAND(changed_otherwise)
BY_HAND(changed_when)
BY_HAND(changes)
BY_HAND(clocks)
BY_HAND(lead)
BY_HAND(without)
BY_HAND(answered)
BY_HAND(passed_on)
ORACLE(asked_still, t->alert.state == ALERT_STANDING && !t->alert.acknowledged)
ORACLE(asks_each, truth_step_of_each(t) != NULL)
ORACLE(each_owed, truth_each_owed(t))
ORACLE(not_all, t->purpose == MESSAGE_ASKED_AGAIN && truth_answer(t) && truth_each_owed(t))
ORACLE(answer_owed, truth_answer_owed(t))
ORACLE(restricted, t->restricted)
ORACLE(warning, t->purpose == MESSAGE_WARNED)
ORACLE(alert_stands, t->purpose != MESSAGE_WARNED)
ORACLE(alerts, t->among_count > 1)
ORACLE(council, t->council != NULL)
ORACLE(duty_phone, t->phone != NULL)
ORACLE(answer_url, t->answer_url != NULL)
ORACLE(page, t->answer_url != NULL && t->purpose != MESSAGE_WARNED)
ORACLE(by_phone, !t->answer_url && t->phone)
ORACLE(critical, t->rule->severity == SEVERITY_CRITICAL)
ORACLE(basis, t->rule->basis != NULL)
ORACLE(version, t->rule->version != DAY_NONE || t->payload.rule_from != DAY_NONE)
ORACLE(to_do_any, t->rule->text != NULL)
ORACLE(first_to_do, t->rule->text != NULL)
ORACLE(answer_by, truth_has(t->payload.answer_by))
ORACLE(next, t->payload.next_count > 0)
ORACLE(next_alone, t->payload.next_count > 0)
ORACLE(next_are, t->payload.next_count > 1)
ORACLE(last_step, t->payload.next_count == 0)
ORACLE(old_news, t->payload.old_news)
ORACLE(episodes, truth_episodes(t))
ORACLE(episodes_any, truth_episodes(t))
ORACLE(window, truth_episodes(t))
ORACLE(because, t->payload.because.length && !t->restricted && !(truth_episodes(t) && t->purpose == MESSAGE_OPENED))
ORACLE(events, !truth_episodes(t) && !t->restricted && t->evidence.length > 2)
ORACLE(events_any, is_events(t, decided))
ORACLE(events_older, !truth_episodes(t) && !t->restricted && truth_records(t) > TRUTH_SHOWN)
ORACLE(date_only, false) /* nothing here is known by date alone; message_look_test has one */
ORACLE(late, !t->restricted && truth_late(t))
ORACLE(answer_known, truth_answer(t) != NULL)
ORACLE(answer_own, truth_own(t))
ORACLE(answer_action, !t->restricted && truth_answer(t) && truth_text(truth_answer(t), "action").length)
ORACLE(answer_holds, truth_answer(t) && t->payload.cause != CAUSE_ANSWER_WITHDRAWN)
ORACLE(mute_ended, truth_asks_again(t, CAUSE_MUTE_ENDED))
ORACLE(answer_withdrawn, truth_asks_again(t, CAUSE_ANSWER_WITHDRAWN))
ORACLE(asked_for, truth_asks_again(t, CAUSE_REVIEW_ASKED) && truth_answer(t))
ORACLE(by_default, truth_asks_again(t, CAUSE_REVIEW_DEFAULT) && truth_answer(t))
ORACLE(unanswered, t->purpose == MESSAGE_ASKED_AGAIN && !is_asked_for(t, decided) && !is_by_default(t, decided) &&
                           t->payload.cause != CAUSE_ANSWER_WITHDRAWN && t->payload.cause != CAUSE_MUTE_ENDED &&
                           t->payload.cause != CAUSE_MISSED)
ORACLE(missed_before, t->payload.cause == CAUSE_MISSED)
ORACLE(opened_again, t->payload.cause == CAUSE_OPENED_AGAIN)
ORACLE(go_live, t->payload.cause == CAUSE_GO_LIVE)
ORACLE(nobody_before, t->payload.cause == CAUSE_NOBODY)
ORACLE(all_passed_on, t->payload.cause == CAUSE_ALL_PASSED_ON)
ORACLE(passed_to_you, t->payload.cause == CAUSE_PASSED_TO)
ORACLE(passed_by, t->payload.cause == CAUSE_PASSED_TO && t->payload.by.length)
ORACLE(rule_gone, t->payload.cause == CAUSE_RULE_GONE)
ORACLE(rule_shadow, t->payload.cause == CAUSE_RULE_SHADOW)
ORACLE(opened_wrongly, t->payload.cause == CAUSE_OPENED_WRONGLY)
ORACLE(by_records, t->purpose == MESSAGE_UPDATED || (t->purpose == MESSAGE_WITHDRAWN && !truth_by_rule(t)))
ORACLE(review, t->alert.state == ALERT_STANDING && t->alert.acknowledged && truth_has(truth_review(t)))
ORACLE(review_on, is_review(t, decided))
ORACLE(after_next, truth_after(t))
ORACLE(after_are, t->payload.next_count > 1)
ORACLE(ended_at, truth_end(t) && !t->restricted)
ORACLE(ended_by, truth_end(t) && !t->restricted)
static bool is_ended_later(const struct truth *t, bool *decided)
{
	const struct event *end = truth_end(t);
	(void)decided;
	instant recorded = !end ? INSTANT_NONE : end->recorded != INSTANT_NONE ? end->recorded : truth_arrival(t, end);
	return end && recorded - end->time >= MINUTE;
}
ORACLE(reason, t->payload.reason.length && !t->restricted)
ORACLE(said_by, t->payload.answered_at != INSTANT_NONE || t->payload.by.length)
ORACLE(by_answer, !truth_end(t) && is_said_by(t, decided) && t->rule->momentary && truth_answer(t))
ORACLE(by_person, !truth_end(t) && t->payload.by.length && !is_by_answer(t, decided))
static bool is_answered_times(const struct truth *t, bool *decided)
{
	bool one;
	(void)decided;
	return truth_answers(t, &one) > 0;
}
static bool is_answered_by(const struct truth *t, bool *decided)
{
	bool one;
	(void)decided;
	return truth_answers(t, &one) > 0 && one;
}
ORACLE(standing, t->other_alert.length && !t->restricted)
ORACLE(standing_any, t->other_alert.length && !t->restricted)
ORACLE(standing_more, false) /* nor a child fifty alerts; message_change_test has one */
/* Of several other alerts each says it of itself. */
static bool is_told_when(const struct truth *t, bool *decided)
{
	if (t->other_count > 1)
		*decided = false;
	return t->other_told;
}
ORACLE(told, truth_taken(t, TEXT_NONE, t->row->step))
static bool is_told_any(const struct truth *t, bool *decided)
{
	(void)decided;
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].step < t->row->step && t->rows[i].person.length)
			return true;
	return false;
}
static bool is_told_before(const struct truth *t, bool *decided)
{
	(void)decided;
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].sent != INSTANT_NONE && t->rows[i].step < t->row->step &&
		    !text_equal(t->rows[i].person, t->row->person))
			return true;
	return false;
}
ORACLE(told_you, truth_taken(t, t->row->role, 1000))
ORACLE(silence, truth_silence(t))
static bool is_nobody_else(const struct truth *t, bool *decided)
{
	(void)decided;
	for (size_t i = 0; i < t->row_count; i++)
		if (!text_equal(t->rows[i].person, t->row->person))
			return false;
	return t->row_count > 0;
}
static bool time_is(const struct truth *t, bool same)
{
	struct arena *arena = arena_new(1024);
	instant before = truth_asked_before(t, arena);
	arena_free(arena);
	return before != INSTANT_NONE && truth_has(t->payload.answer_by) && (before == t->payload.answer_by) == same;
}
ORACLE(time_same, time_is(t, true))
ORACLE(time_moved, time_is(t, false))
ORACLE(left, t->purpose == MESSAGE_WARNED && truth_has(truth_due(t)) && truth_due(t) > t->now)
ORACLE(then_any, is_left(t, decided) && t->rule->step_count)
ORACLE(then_told, is_left(t, decided) && t->rule->step_count)
ORACLE(then_are, t->rule->steps[0].role_count > 1)
static bool is_passed(const struct truth *t, bool *decided)
{
	(void)decided;
	for (size_t i = 0; i < t->event_count; i++)
		if (truth_is_evidence(t, t->events[i]) && t->events[i]->time + 48 * HOUR == t->payload.caused)
			return true;
	return false;
}
ORACLE(waited, is_passed(t, decided) && !calendar_in_hours(t->calendar, t->payload.caused) &&
                       t->now - t->payload.caused >= MINUTE)
ORACLE(is_ended, t->alert.state != ALERT_STANDING)
ORACLE(answered_some, truth_standing_among(t) > 0)
ORACLE(answered_are, truth_standing_among(t) > 1)
ORACLE(ended_some, truth_standing_among(t) < t->among_count)
ORACLE(ended_have, t->among_count - truth_standing_among(t) > 1)
ORACLE(both, is_answered_some(t, decided) && is_ended_some(t, decided))
ORACLE(still_are, truth_open_among(t) > 1)
ORACLE(owed_any, truth_owed_among(t) > 0)
ORACLE(kept, truth_kept(t))
ORACLE(of_two, t->among_count == 2)
ORACLE(same_minute, truth_same_minute(t))
ORACLE(go_live_all, truth_go_live_all(t))
ORACLE(first_to_answer, truth_first_to_answer(t))

/* To operations: what the detail says. */
static struct said_to_ops {
	bool others, counted, worse, facts, needs, ended, expected;
} ops_says;
ORACLE(all_else, ops_says.counted && !ops_says.others)
ORACLE(others, ops_says.others)
ORACLE(worse, ops_says.worse)
ORACLE(facts_any, ops_says.facts)
ORACLE(needs, ops_says.needs)
ORACLE(needs_any, ops_says.needs)
ORACLE(ended, ops_says.ended)
ORACLE(expected, ops_says.expected)

#define N(NAME) {#NAME, is_##NAME}
static const struct {
	const char *name;
	oracle *holds;
} names[] = {N(change),
             N(changed_otherwise),
             N(changed_when),
             N(changes),
             {"changes_any", is_changes},
             N(clocks),
             N(lead),
             N(without),
             N(answered),
             N(passed_on),
             N(asked_still),
             N(answer_owed),
             N(asks_each),
             N(each_owed),
             N(not_all),
             N(restricted),
             N(warning),
             N(alert_stands),
             N(alerts),
             N(council),
             N(duty_phone),
             N(answer_url),
             N(page),
             N(by_phone),
             N(critical),
             N(basis),
             N(version),
             N(to_do_any),
             N(first_to_do),
             N(answer_by),
             N(next),
             N(next_alone),
             N(next_are),
             N(last_step),
             N(old_news),
             N(episodes),
             N(episodes_any),
             N(window),
             N(because),
             N(events),
             N(events_any),
             N(events_older),
             N(date_only),
             N(late),
             N(answer_known),
             N(answer_own),
             N(answer_action),
             N(answer_holds),
             N(mute_ended),
             N(answer_withdrawn),
             N(asked_for),
             N(by_default),
             N(unanswered),
             N(opened_again),
             N(go_live),
             N(nobody_before),
             N(missed_before),
             N(all_passed_on),
             N(passed_to_you),
             N(passed_by),
             N(rule_gone),
             N(rule_shadow),
             N(opened_wrongly),
             N(by_records),
             N(review),
             N(review_on),
             N(after_next),
             N(after_are),
             N(ended_at),
             N(ended_by),
             N(ended_later),
             N(reason),
             N(by_answer),
             N(by_person),
             N(answered_times),
             N(answered_by),
             N(standing),
             N(standing_any),
             N(standing_more),
             N(told_when),
             N(told),
             N(told_any),
             N(told_before),
             N(told_you),
             N(silence),
             N(nobody_else),
             N(time_same),
             N(time_moved),
             N(left),
             N(then_any),
             N(then_told),
             N(then_are),
             N(passed),
             N(waited),
             N(is_ended),
             N(answered_some),
             N(answered_are),
             N(ended_some),
             N(ended_have),
             N(both),
             N(kept),
             N(of_two),
             N(still_are),
             N(owed_any),
             N(same_minute),
             N(go_live_all),
             N(first_to_answer),
             N(all_else),
             N(others),
             N(worse),
             N(facts_any),
             N(needs),
             N(needs_any),
             N(ended),
             N(expected)};

static bool is_decided_by_hand(const char *name)
{
	static const char *const by_hand[] = {"change",  "changed_otherwise", "changed_when",
	                                      "changes", "changes_any",       "clocks",
	                                      "lead",    "without",           "answered",
	                                      "passed_on"};
	for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++)
		if (strcmp(by_hand[i], name + (name[0] == '!')) == 0)
			return true;
	return false;
}

/* Whether the name holds; *decided false: nobody here can say. A name that nobody knows is a fault of the page. */
static bool holds(const char *name, const struct truth *t, bool *decided)
{
	bool not_so = name[0] == '!';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, name + not_so) == 0)
			return names[i].holds(t, decided) != not_so;
	fail_msg("nobody can tell from the database whether \"%s\" holds: give it an oracle", name);
	return false;
}

static bool condition_of(const struct sentence *row, const struct truth *t, bool *decided)
{
	bool all = true;
	for (size_t i = 0; i < row->name_count && (all || !*decided); i++)
		all = holds(row->names[i], t, decided) && all;
	return all;
}

/* Among several alerts: of one of them at least. */
static bool stands(const struct sentence *row, const struct truth *t, bool *decided)
{
	bool any = false;
	if (t->among_count < 2)
		return condition_of(row, t, decided);
	for (size_t i = 0; i < t->among_count; i++) {
		struct truth one = t->among[i];
		one.among = t->among;
		one.among_count = t->among_count;
		any = condition_of(row, &one, decided) || any;
	}
	return any;
}

#endif
