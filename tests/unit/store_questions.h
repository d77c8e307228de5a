/* What a store is asked and told, one function each, for the test in which its statements fail. */
#ifndef CASEWATCH_TESTS_STORE_QUESTIONS_H
#define CASEWATCH_TESTS_STORE_QUESTIONS_H

#include "store_fixture.h"

#include "store/audit.h"
#include "store/backup.h"
#include "store/board.h"
#include "store/conditions.h"
#include "store/contradictions.h"
#include "store/erasures.h"
#include "store/gauges.h"
#include "store/prints.h"
#include "store/quiet.h"
#include "store/registers.h"
#include "store/retention.h"
#include "store/sources.h"
#include "store/store_internal.h"
#include "store/texts.h"
#include "store/told.h"

#define NOW (1600000000 * SECOND)

/* ---- visitors ---- */

static int seen; /* rows that were visited */

static enum result see_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	(void)argument, (void)alert, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_alert_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_evidence(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct buffer out = {0};
	enum result result = alerts_evidence(argument, row, &out, fault);
	seen += (int)out.length;
	buffer_free(&out);
	return result;
}

static enum result see_rule(void *argument, int64_t number, struct text rule, bool stands, bool shadow,
                            struct fault *fault)
{
	(void)argument, (void)number, (void)rule, (void)stands, (void)shadow, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	(void)argument, (void)domain, (void)subject, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_due(void *argument, enum party_kind domain, struct text subject, instant at, struct fault *fault)
{
	(void)at;
	return see_history(argument, domain, subject, fault);
}

static enum result see_entry(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	(void)argument, (void)entry, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_audit(void *argument, int64_t id, instant at, struct text what, struct text alert,
                             struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	(void)argument, (void)id, (void)at, (void)what, (void)alert, (void)rule, (void)subject, (void)detail;
	(void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_stamp(void *argument, const struct audit_stamp *stamp, struct text hash, struct fault *fault)
{
	(void)argument, (void)stamp, (void)hash, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_board(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	(void)argument, (void)alert, (void)more, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_child(void *argument, struct text child, struct fault *fault)
{
	(void)argument, (void)child, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_condition(void *argument, const struct condition *condition, struct fault *fault)
{
	(void)argument, (void)condition, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_erasure(void *argument, const struct erasure_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result count_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	(void)argument, (void)event, (void)bytes, (void)arrived, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_warning(void *argument, const struct warning_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_record(void *argument, const struct events_record *record, struct fault *fault)
{
	(void)argument, (void)record, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_quarantine(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_message(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_person(void *argument, struct text person, struct text role, struct fault *fault)
{
	(void)argument, (void)person, (void)role, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_quiet(void *argument, const struct quiet *quiet, struct fault *fault)
{
	(void)argument, (void)quiet, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_source(void *argument, const struct source_row *row, struct fault *fault)
{
	(void)argument, (void)row, (void)fault;
	seen++;
	return RESULT_OK;
}

static enum result see_step(void *argument, struct text alert, int step, struct fault *fault)
{
	(void)argument, (void)alert, (void)step, (void)fault;
	seen++;
	return RESULT_OK;
}

/* ---- what is asked ---- */

static struct rule rules_here[] = {
	{.index = 0, .id = "missing.high-risk", .severity = SEVERITY_CRITICAL, .effective_from = DAY_NONE}};
static struct ruleset ruleset_here = {.rules = rules_here, .rule_count = 1};

typedef enum result question(struct fixture *f, struct fault *fault);
/* S: the store; the rest of the arguments is between the names. */
#define S f->store
#define ASKS(name, call)                                                                                               \
	static enum result name(struct fixture *f, struct fault *fault)                                                \
	{                                                                                                              \
		return call;                                                                                           \
	}
#define ALERT_ID TEXT("00000000000000aa")
#define C1 TEXT("C1")

ASKS(alert_history, alerts_history(S, &ruleset_here, PARTY_NONE, C1, see_alert, NULL, fault))
ASKS(alert_by_id, alerts_find(S, ALERT_ID, see_alert_row, NULL, fault))
ASKS(alert_by_number, alerts_find(S, TEXT("A-1001"), see_alert_row, NULL, fault))
ASKS(alert_of_any_kind, alerts_find_any(S, ALERT_ID, see_alert_row, NULL, fault))
ASKS(alert_each, alerts_each(S, TEXT_NONE, TEXT_NONE, true, see_alert_row, NULL, fault))
ASKS(alert_each_of, alerts_each(S, TEXT("missing.high-risk"), C1, false, see_alert_row, NULL, fault))
ASKS(alert_in_shadow, alerts_each_shadow(S, TEXT_NONE, TEXT_NONE, true, see_alert_row, NULL, fault))
ASKS(alert_evidence, alerts_find(S, ALERT_ID, see_evidence, S, fault))
ASKS(event_history, events_history(S, PARTY_NONE, C1, count_event, NULL, fault))
ASKS(event_of_worker, events_history(S, PARTY_WORKER, TEXT("w1"), count_event, NULL, fault))
ASKS(event_of_subject, events_of_subject(S, C1, 0, count_event, NULL, fault))
ASKS(event_naming, events_naming(S, PARTY_WORKER, TEXT("w1"), 0, count_event, NULL, fault))
ASKS(event_by_ref, events_by_ref(S, 1, count_event, NULL, fault))
ASKS(event_by_id, events_find(S, TEXT("lcs"), TEXT("e1"), count_event, NULL, fault))
ASKS(event_record, events_record(S, TEXT("lcs"), TEXT("e1"), see_record, NULL, fault))
ASKS(event_amendments, events_amendments(S, TEXT("lcs"), TEXT("e1"), see_record, NULL, fault))
ASKS(event_merges, events_merges(S, count_event, NULL, fault))
ASKS(event_warnings, warnings_each(S, INSTANT_NONE, INSTANT_NEVER, see_warning, NULL, fault))
ASKS(event_warnings_latest, warnings_latest(S, INSTANT_NONE, INSTANT_NEVER, 5, see_warning, NULL, fault))
ASKS(histories, histories_each(S, 0, 10, &(uint32_t){0}, see_history, NULL, fault))
ASKS(due_first, due_next(S, &(instant){0}, fault))
ASKS(due_of_child, due_at(S, PARTY_NONE, C1, &(instant){0}, fault))
ASKS(due_all, due_each(S, INSTANT_NEVER, 10, see_due, NULL, fault))
ASKS(list_last, lists_last(S, TEXT("daily"), &(instant){0}, fault))
ASKS(audit_by_row, audit_row(S, 1, see_entry, NULL, fault))
ASKS(audit_all,
     audit_find(S, &(struct audit_filter){.from = INSTANT_NONE, .until = INSTANT_NEVER}, see_entry, NULL, fault))
ASKS(audit_of_alert, audit_each(S, ALERT_ID, see_audit, NULL, fault))
ASKS(audit_last, audit_head(S, &(struct audit_head){0}, fault))
ASKS(audit_stamped, audit_stamps(S, see_stamp, NULL, fault))
ASKS(audit_verified, audit_verify(S, NULL, 0, NULL, NULL, &(struct audit_verdict){0}, fault))
ASKS(restored_to, store_restored_to(S, &(instant){0}, fault))
ASKS(board_urgent, board_each(S, BOARD_URGENT, see_board, NULL, &(bool){false}, fault))
ASKS(board_oldest, board_each(S, BOARD_OLDEST, see_board, NULL, &(bool){false}, fault))
ASKS(board_of_child, board_of_subject(S, PARTY_NONE, C1, 10, see_board, NULL, &(bool){false}, fault))
ASKS(board_by_number, board_find(S, 1001, see_board, NULL, fault))
ASKS(board_ready, board_registers(S, &(bool){false}, fault))
ASKS(board_told, board_was_told(S, 1001, TEXT("p-1"), &(bool){false}, fault))
ASKS(condition_each, conditions_each(S, see_condition, NULL, fault))
ASKS(condition_told, conditions_told_after(S, TEXT("ops.nobody"), 0, &(int64_t){0}, fault))
ASKS(contradictions_first, contradictions_next(S, &(bool){false}, &(instant){0}, fault))
ASKS(erasures_all, erasures_each(S, see_erasure, NULL, fault))
ASKS(erasures_left, erasures_pending(S, &(int64_t){0}, fault))
ASKS(quarantine_count, quarantine_waiting(S, NOW, &(struct quarantine_waiting){0}, fault))
ASKS(quarantine_all, quarantine_each(S, false, see_quarantine, NULL, fault))
ASKS(quarantine_page, quarantine_before(S, true, 0, 5, see_quarantine, NULL, fault))
ASKS(quarantine_one, quarantine_get(S, 1, see_quarantine, NULL, fault))
ASKS(complete_to, sources_complete(S, &(instant){0}, &(instant){0}, fault))
ASKS(gauges_all, gauges_read(S, NOW, &(struct gauges){0}, fault))
ASKS(outbox_first, outbox_next(S, true, &(instant){0}, fault))
ASKS(outbox_all, outbox_each(S, TEXT_NONE, false, 100, see_message, NULL, fault))
ASKS(outbox_of_alert, outbox_each(S, ALERT_ID, true, 100, see_message, NULL, fault))
ASKS(outbox_old, outbox_oldest(S, ALERT_ID, 0, 10, see_message, NULL, fault))
ASKS(outbox_one, outbox_find(S, 1, see_message, NULL, fault))
ASKS(outbox_by_reference, outbox_of_message(S, TEXT("<1@here>"), see_message, NULL, fault))
ASKS(outbox_one_person, outbox_of_person(S, TEXT("p-1"), 1, 100, see_message, NULL, fault))
ASKS(outbox_page, outbox_before(S, true, 0, 10, see_message, NULL, fault))
ASKS(outbox_slow, outbox_late(S, NOW, &(int64_t){0}, fault))
ASKS(outbox_slow_critical, outbox_late_critical(S, NOW, NOW, &(int64_t){0}, fault))
ASKS(outbox_people, outbox_told_people(S, 0, see_person, NULL, fault))
ASKS(outbox_taken, outbox_accepted_since(S, 0, &(int64_t){0}, fault))
ASKS(outbox_gathering, outbox_gathers(S, TEXT("p-1"), 0, NOW, &(instant){0}, fault))
ASKS(quiet_all, quiet_each(S, NOW, see_quiet, NULL, fault))
ASKS(registers_behind, register_progress(S, &(struct register_progress){0}, fault))
ASKS(registers_touched, register_touched(S, 0, 10, &(uint64_t){0}, &(uint64_t){0}, see_child, NULL, fault))
ASKS(registers_built, register_is_built(S, "missing", &(bool){false}, fault))
ASKS(retention_of_child, retention_judge(S, C1, NOW, &(enum retention){0}, fault))
ASKS(sources_all, sources_each(S, 0, see_source, NULL, fault))
ASKS(figures_all, store_figures(S, &(struct store_figures){0}, fault))
ASKS(setting, store_get(S, "name", &(struct text){0}, fault))
ASKS(texts_so_far, texts_count(S, TEXT("07700900123"), NOW, 7, &(int64_t){0}, &(int64_t){0}, fault))
ASKS(told_by_nobody, told_nobody(S, &(int64_t){0}, 100, see_step, NULL, fault))
ASKS(told_not_at_all, told_missing(S, &(int64_t){0}, 100, see_step, NULL, fault))

static enum result told_people(struct fixture *f, struct fault *fault)
{
	struct told told = {0};
	enum result result = told_find(S, ALERT_ID, INSTANT_NONE, f->arena, &told, fault);
	seen += (int)told.count;
	told_free(&told);
	return result;
}

/* What cannot be read is damage to whoever needs it: that is the answer. */
static enum result sound(struct fixture *f, struct fault *fault)
{
	struct store_damage damage;
	enum result result = store_sound(S, &damage, fault);
	if (result == RESULT_OK && damage.table[0])
		return fault_set(fault, RESULT_PERMANENT, "%s: %s", damage.table, damage.what);
	return result;
}

static enum result condition_one(struct fixture *f, struct fault *fault)
{
	struct condition condition;
	bool found = false;
	enum result result =
		conditions_get(S, TEXT("ops.nobody"), TEXT("director"), f->arena, &condition, &found, fault);
	seen += found;
	return result;
}

static enum result position_one(struct fixture *f, struct fault *fault)
{
	struct position position;
	bool found = false;
	enum result result = positions_get(S, TEXT("memory:0"), &position, &found, fault);
	seen += found;
	return result;
}

static enum result contradictions_all(struct fixture *f, struct fault *fault)
{
	uint64_t events[4];
	size_t count = 0, of_child = 0;
	bool found;
	enum party_kind domain;
	struct text history;
	enum result result = contradictions_latest(S, NOW, events, 4, &count, fault);
	if (result == RESULT_OK)
		result = contradictions_of(S, PARTY_NONE, C1, NOW, events, 4, &of_child, fault);
	if (result == RESULT_OK)
		result = contradictions_due(S, NOW, f->arena, &found, &domain, &history, fault);
	seen += (int)(count + of_child);
	return result;
}

struct asked {
	question *ask;
	const char *name;
};
#define ROW(name)                                                                                                      \
	{                                                                                                              \
		name, #name                                                                                            \
	}
static const struct asked questions[] = {
	ROW(alert_history),
	ROW(alert_by_id),
	ROW(alert_by_number),
	ROW(alert_of_any_kind),
	ROW(alert_each),
	ROW(alert_each_of),
	ROW(alert_in_shadow),
	ROW(alert_evidence),
	ROW(event_history),
	ROW(event_of_worker),
	ROW(event_of_subject),
	ROW(event_naming),
	ROW(event_by_ref),
	ROW(event_by_id),
	ROW(event_record),
	ROW(event_amendments),
	ROW(event_merges),
	ROW(event_warnings),
	ROW(event_warnings_latest),
	ROW(histories),
	ROW(due_first),
	ROW(due_of_child),
	ROW(due_all),
	ROW(list_last),
	ROW(audit_by_row),
	ROW(audit_all),
	ROW(audit_of_alert),
	ROW(audit_last),
	ROW(audit_stamped),
	ROW(audit_verified),
	ROW(restored_to),
	ROW(board_urgent),
	ROW(board_oldest),
	ROW(board_of_child),
	ROW(board_by_number),
	ROW(board_ready),
	ROW(board_told),
	ROW(condition_each),
	ROW(condition_told),
	ROW(contradictions_first),
	ROW(erasures_all),
	ROW(erasures_left),
	ROW(quarantine_count),
	ROW(quarantine_all),
	ROW(quarantine_page),
	ROW(quarantine_one),
	ROW(complete_to),
	ROW(gauges_all),
	ROW(outbox_first),
	ROW(outbox_all),
	ROW(outbox_of_alert),
	ROW(outbox_old),
	ROW(outbox_one),
	ROW(outbox_by_reference),
	ROW(outbox_one_person),
	ROW(outbox_page),
	ROW(outbox_slow),
	ROW(outbox_slow_critical),
	ROW(outbox_people),
	ROW(outbox_taken),
	ROW(outbox_gathering),
	ROW(quiet_all),
	ROW(registers_behind),
	ROW(registers_touched),
	ROW(registers_built),
	ROW(retention_of_child),
	ROW(sources_all),
	ROW(figures_all),
	ROW(sound),
	ROW(setting),
	ROW(texts_so_far),
	ROW(told_by_nobody),
	ROW(told_not_at_all),
	ROW(told_people),
	ROW(condition_one),
	ROW(position_one),
	ROW(contradictions_all),
};

#endif
