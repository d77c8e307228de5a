/* What a store is asked and told, one function each, for the test in which its statements fail. */
#ifndef CASEWATCH_TESTS_STORE_QUESTIONS_H
#define CASEWATCH_TESTS_STORE_QUESTIONS_H

#include "store_fixture.h"

#include "store/alerts/board.h"
#include "store/asides.h"
#include "store/audit/audit.h"
#include "store/changes.h"
#include "store/conditions.h"
#include "store/contradictions.h"
#include "store/copies/backup.h"
#include "store/copies/follow.h"
#include "store/elsewhere.h"
#include "store/erasure/erasures.h"
#include "store/erasure/retention.h"
#include "store/gauges.h"
#include "store/outbox/texts.h"
#include "store/outbox/told.h"
#include "store/quiet.h"
#include "store/registers/prints.h"
#include "store/registers/registers.h"
#include "store/sources.h"
#include "store/store_internal.h"

#define NOW (1600000000 * SECOND)

/* ---- visitors ---- */

#define NO_ROOM "who looks has no room for it"
static int seen; /* rows that were visited */
static int refused_at; /* the visitor that is asked so many-th cannot do its part; 0: none */

static enum result see(struct fault *fault)
{
	return ++seen == refused_at ? fault_set(fault, RESULT_TEMPORARY, NO_ROOM) : RESULT_OK;
}

static enum result see_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	(void)argument, (void)alert;
	return see(fault);
}

static enum result see_alert_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
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
	(void)argument, (void)number, (void)rule, (void)stands, (void)shadow;
	return see(fault);
}

static enum result see_history(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	(void)argument, (void)domain, (void)subject;
	return see(fault);
}

static enum result see_due(void *argument, enum party_kind domain, struct text subject, instant at, struct fault *fault)
{
	(void)at;
	return see_history(argument, domain, subject, fault);
}

static enum result see_entry(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	(void)argument, (void)entry;
	return see(fault);
}

static enum result see_audit(void *argument, int64_t id, instant at, struct text what, struct text alert,
                             struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	(void)argument, (void)id, (void)at, (void)what, (void)alert, (void)rule, (void)subject, (void)detail;
	return see(fault);
}

static enum result see_stamp(void *argument, const struct audit_stamp *stamp, struct text hash, struct fault *fault)
{
	(void)argument, (void)stamp, (void)hash;
	return see(fault);
}

static enum result see_board(void *argument, const struct board_alert *alert, bool *more, struct fault *fault)
{
	(void)argument, (void)alert, (void)more;
	return see(fault);
}

static enum result see_child(void *argument, struct text child, struct fault *fault)
{
	(void)argument, (void)child;
	return see(fault);
}

static enum result see_touched(void *argument, struct text child, type_id type, bool again, struct fault *fault)
{
	(void)argument, (void)child, (void)type, (void)again;
	return see(fault);
}

static enum result see_allocation(void *argument, struct text role, struct text worker, struct text team,
                                  struct fault *fault)
{
	(void)argument, (void)role, (void)worker, (void)team;
	return see(fault);
}

static enum result see_register_event(void *argument, const struct event *event, instant arrived, struct fault *fault)
{
	(void)argument, (void)event, (void)arrived;
	return see(fault);
}

static enum result see_condition(void *argument, const struct condition *condition, struct fault *fault)
{
	(void)argument, (void)condition;
	return see(fault);
}

static enum result see_erasure(void *argument, const struct erasure_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
}

static enum result count_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	(void)argument, (void)event, (void)bytes, (void)arrived;
	return see(fault);
}

static enum result see_warning(void *argument, const struct warning_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
}

static enum result see_record(void *argument, const struct events_record *record, struct fault *fault)
{
	(void)argument, (void)record;
	return see(fault);
}

static enum result see_quarantine(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
}

static enum result see_message(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
}

static enum result see_person(void *argument, struct text person, struct text role, struct fault *fault)
{
	(void)argument, (void)person, (void)role;
	return see(fault);
}

static enum result see_quiet(void *argument, const struct quiet *quiet, struct fault *fault)
{
	(void)argument, (void)quiet;
	return see(fault);
}

static enum result see_source(void *argument, const struct source_row *row, struct fault *fault)
{
	(void)argument, (void)row;
	return see(fault);
}

static enum result see_step(void *argument, struct text alert, int step, bool others, const struct outbox_same *row,
                            struct fault *fault)
{
	(void)argument, (void)alert, (void)step, (void)others, (void)row;
	return see(fault);
}

/* ---- what is asked ---- */

static struct rule rules_here[] = {
	{.index = 0, .id = "missing.high-risk", .severity = SEVERITY_CRITICAL, .effective_from = DAY_NONE}};
static struct ruleset ruleset_here = {.rules = rules_here, .rule_count = 1};

/* Those that the board reads. */
#define TEXT_FIELD(name) {name, name, REGISTER_TEXT}
#define TIME_FIELD(name) {name, name, REGISTER_INSTANT}
static struct register_field child_fields[] = {TEXT_FIELD("child"), TEXT_FIELD("initials"), TEXT_FIELD("date_of_birth"),
                                               {"restricted", "restricted", REGISTER_FLAG}};
static struct register_field allocation_fields[] = {TEXT_FIELD("child"),  TEXT_FIELD("role"), TEXT_FIELD("worker"),
                                                    TEXT_FIELD("team"),   TIME_FIELD("opened"), TIME_FIELD("closed"),
                                                    {"share", "share", REGISTER_REAL}};
static struct register_field missing_fields[] = {TEXT_FIELD("child"), TIME_FIELD("opened"), TIME_FIELD("closed"),
                                                 {"what", "what", REGISTER_ANY}};
#define REGISTER(name, its_fields) \
	{.id = (name),                                                                                                \
	 .fields = (its_fields),                                                                                       \
	 .field_count = sizeof(its_fields) / sizeof *(its_fields),                                                     \
	 .fingerprint = 7}
static const struct register_def registers_here[] = {REGISTER("child", child_fields),
                                                     REGISTER("allocation", allocation_fields),
                                                     REGISTER("missing_episode", missing_fields)};
#define REGISTERS_HERE (sizeof registers_here / sizeof *registers_here)
#define VALUE_TEXT(words) {REGISTER_VALUE_TEXT, {.text = TEXT(words)}}
#define VALUE_TIME(when) {REGISTER_VALUE_INTEGER, {.integer = (when)}}

/* C1, with these initials. */
static const struct register_value *child_row(const char *initials)
{
	static struct register_value row[] = {VALUE_TEXT("C1"), VALUE_TEXT(""), VALUE_TEXT("2010-01-01"),
	                                      VALUE_TIME(1)};
	row[1].text = text_of(initials);
	return row;
}

static const type_id *types_here(void)
{
	static type_id types[2];
	types[0] = schema_find(TEXT("missing.started"));
	types[1] = schema_find(TEXT("person.merged"));
	return types;
}

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
ASKS(alert_number_of, alerts_number(S, ALERT_ID, &(int64_t){0}, fault))
ASKS(alert_evidence, alerts_find(S, ALERT_ID, see_evidence, S, fault))
ASKS(event_history, events_history(S, PARTY_NONE, C1, count_event, NULL, fault))
ASKS(event_of_worker, events_history(S, PARTY_WORKER, TEXT("w1"), count_event, NULL, fault))
ASKS(event_of_subject, events_of_subject(S, C1, 0, count_event, NULL, fault))
ASKS(event_naming, events_naming(S, PARTY_WORKER, TEXT("w1"), 0, count_event, NULL, fault))
ASKS(event_by_ref, events_by_ref(S, 1, count_event, NULL, fault))
ASKS(event_by_id, events_find(S, TEXT("lcs"), TEXT("e1"), count_event, NULL, fault))
ASKS(event_record, events_record(S, TEXT("lcs"), TEXT("e1"), see_record, NULL, fault))
ASKS(event_amendments, events_amendments(S, TEXT("lcs"), TEXT("e1"), see_record, NULL, fault))
ASKS(event_by_types, events_of_types(S, types_here(), 2, INSTANT_NONE, INSTANT_NEVER, count_event, NULL, fault))
ASKS(event_merges, events_merges(S, count_event, NULL, fault))
ASKS(answers_waiting, events_answers_waiting(S, count_event, NULL, fault))
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
ASKS(board_counted,
     board_count(S, &(struct board_hidden){.children = &C1, .child_count = 1, .rules = &C1, .rule_count = 1},
                 &(struct board_count){0}, fault))
ASKS(board_urgent_first, board_first(S, BOARD_URGENT, 10, see_board, NULL, fault))
ASKS(board_oldest_first, board_first(S, BOARD_OLDEST, 10, see_board, NULL, fault))
ASKS(board_of_child, board_of_subject(S, PARTY_NONE, C1, 10, see_board, NULL, &(bool){false}, fault))
ASKS(board_by_number, board_find(S, 1001, see_board, NULL, fault))
ASKS(board_ready, board_registers(S, &(bool){false}, fault))
ASKS(board_told, board_was_told(S, 1001, TEXT("p-1"), &(bool){false}, fault))
ASKS(board_unsure, board_doubtful(S, see_child, NULL, &(bool){false}, fault))
ASKS(board_who, board_allocations(S, C1, NOW, see_allocation, NULL, fault))
ASKS(board_away, board_missing(S, C1, NOW, &(bool){false}, &(instant){0}, fault))
ASKS(board_facts, board_child(S, C1, &(struct board_alert){0}, &(bool){false}, fault))
ASKS(condition_each, conditions_each(S, see_condition, NULL, fault))
ASKS(condition_told, conditions_told_after(S, TEXT("ops.nobody"), 0, &(int64_t){0}, fault))
ASKS(contradictions_first, contradictions_next(S, &(bool){false}, &(instant){0}, fault))
ASKS(erasures_all, erasures_each(S, see_erasure, NULL, fault))
ASKS(erasures_waiting, erasures_pending(S, &(int64_t){0}, fault))
ASKS(erasures_beside, erasures_named(S, &(struct text)TEXT_LITERAL("C1"), 1, &(struct erasures_left){0}, fault))
ASKS(quarantine_count, quarantine_waiting(S, NOW, &(struct quarantine_waiting){0}, fault))
ASKS(quarantine_all, quarantine_each(S, false, see_quarantine, NULL, fault))
ASKS(quarantine_page, quarantine_before(S, true, 0, 5, see_quarantine, NULL, fault))
ASKS(quarantine_there, quarantine_holds(S, TEXT("memory:0@1"), &(bool){false}, fault))
ASKS(quarantine_of_place, quarantine_from(S, TEXT("memory:0@1"), see_quarantine, NULL, fault))
ASKS(quarantine_one, quarantine_get(S, 1, see_quarantine, NULL, fault))
ASKS(complete_to, sources_complete(S, &(instant){0}, &(instant){0}, fault))
ASKS(gauges_all, gauges_read(S, NOW, &(struct gauges){0}, fault))
ASKS(outbox_first, outbox_next(S, true, &(instant){0}, fault))
ASKS(outbox_all, outbox_each(S, TEXT_NONE, false, 100, see_message, NULL, fault))
ASKS(outbox_of_alert, outbox_each(S, ALERT_ID, true, 100, see_message, NULL, fault))
ASKS(outbox_of_others, outbox_others(S, ALERT_ID, 1, 100, see_message, NULL, fault))
ASKS(outbox_old, outbox_oldest(S, ALERT_ID, 0, 10, see_message, NULL, fault))
ASKS(outbox_one, outbox_find(S, 1, see_message, NULL, fault))
ASKS(outbox_by_name, outbox_find_same(S, &(struct outbox_same){{7}}, see_message, NULL, fault))
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
ASKS(registers_touched, register_touched(S, 0, 10, &(uint64_t){0}, &(uint64_t){0}, see_touched, NULL, fault))
ASKS(registers_built, register_is_built(S, "missing", &(bool){false}, fault))
ASKS(retention_of_child, retention_judge(S, C1, NOW, &(enum retention){0}, fault))
ASKS(sources_all, sources_each(S, 0, see_source, NULL, fault))
ASKS(figures_all, store_figures(S, &(struct store_figures){0}, fault))
ASKS(setting, store_get(S, "name", &(struct text){0}, fault))
ASKS(text_until, texts_last(S, TEXT("07700900123"), NOW, 1, &(instant){0}, fault))
ASKS(aside_held, asides_hold(S, TEXT("memory:0"), 1, &(bool){false}, fault))
ASKS(aside_of_an_event, asides_hold(S, TEXT("memory:0"), 9, &(bool){false}, fault))
ASKS(change_newest, follow_newest(S, &(int64_t){0}, fault))
ASKS(texts_so_far, texts_count(S, TEXT("07700900123"), NOW, 7, &(int64_t){0}, &(int64_t){0}, fault))
ASKS(told_by_nobody, told_nobody(S, &(int64_t){0}, 100, see_step, NULL, fault))
ASKS(told_by_some, told_not_all(S, &(int64_t){0}, 100, see_step, NULL, fault))
ASKS(told_given_up_by_one, told_given_up(S, &(int64_t){0}, 100, see_step, NULL, fault))
ASKS(told_and_replied_to, told_replied(S, &(int64_t){0}, 100, see_step, NULL, fault))
ASKS(told_not_at_all, told_missing(S, &(int64_t){0}, 100, see_step, NULL, fault))

/* A view is of one moment, whatever is asked in it. */
static enum result within_a_view(struct fixture *f, struct fault *fault)
{
	enum result result = store_view(S, fault);
	if (result == RESULT_OK)
		result = alert_by_number(f, fault);
	store_view_end(S);
	return result;
}

static enum result aside_owed(struct fixture *f, struct fault *fault)
{
	struct buffer name = {0};
	int64_t number;
	bool found = false;
	enum result result = asides_owed(S, &name, &number, &found, fault);
	seen += found;
	buffer_free(&name);
	return result;
}

static uint32_t next_register_event(void *argument)
{
	return *(const uint32_t *)argument;
}

static void saw_register_event(void *argument, uint32_t before, size_t bytes)
{
	*(uint32_t *)argument = before;
	(void)bytes;
}

static enum result register_shown(struct fixture *f, struct fault *fault)
{
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE);
	uint32_t number, next = register_newest(S, C1, &number);
	struct register_reader reader = {next_register_event, NULL, see_register_event, saw_register_event, &next};
	enum result result = register_learn_types(tables, fault);
	if (result == RESULT_OK)
		result = register_events(tables, &reader, fault);
	register_tables_free(tables);
	return result;
}

static enum result registers_as_declared(struct fixture *f, struct fault *fault)
{
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE);
	bool declared = false;
	enum result result = register_tables_declared(tables, &declared, fault);
	seen += declared;
	register_tables_free(tables);
	return result;
}

/* As verify does: a row that is another, one that is too many, and the id of a linked child. */
static enum result registers_compared(struct fixture *f, struct fault *fault)
{
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE);
	bool changed, asked;
	register_tables_compare(tables);
	enum result result = register_put(tables, 0, 1, 0, child_row("Z"), &changed, fault);
	if (result == RESULT_OK)
		result = register_cut(tables, 1, 1, 0, &asked, fault);
	if (result == RESULT_OK)
		result = register_note_id(tables, TEXT("C2"), TEXT("C3"), fault);
	for (size_t i = 0; i <= REGISTERS_HERE && result == RESULT_OK; i++)
		seen += (int)register_different(tables, i);
	register_tables_free(tables);
	return result;
}

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
	ROW(alert_number_of),
	ROW(alert_evidence),
	ROW(event_history),
	ROW(event_of_worker),
	ROW(event_of_subject),
	ROW(event_naming),
	ROW(event_by_ref),
	ROW(event_by_id),
	ROW(event_record),
	ROW(event_amendments),
	ROW(event_by_types),
	ROW(event_merges),
	ROW(answers_waiting),
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
	ROW(board_counted),
	ROW(board_urgent_first),
	ROW(board_oldest_first),
	ROW(board_of_child),
	ROW(board_by_number),
	ROW(board_ready),
	ROW(board_told),
	ROW(board_unsure),
	ROW(board_who),
	ROW(board_away),
	ROW(board_facts),
	ROW(condition_each),
	ROW(condition_told),
	ROW(contradictions_first),
	ROW(erasures_all),
	ROW(erasures_waiting),
	ROW(erasures_beside),
	ROW(quarantine_count),
	ROW(quarantine_all),
	ROW(quarantine_page),
	ROW(quarantine_there),
	ROW(quarantine_of_place),
	ROW(quarantine_one),
	ROW(complete_to),
	ROW(gauges_all),
	ROW(outbox_first),
	ROW(outbox_all),
	ROW(outbox_of_alert),
	ROW(outbox_of_others),
	ROW(outbox_old),
	ROW(outbox_one),
	ROW(outbox_by_name),
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
	ROW(registers_as_declared),
	ROW(register_shown),
	ROW(registers_compared),
	ROW(retention_of_child),
	ROW(sources_all),
	ROW(figures_all),
	ROW(sound),
	ROW(setting),
	ROW(within_a_view),
	ROW(text_until),
	ROW(aside_held),
	ROW(aside_of_an_event),
	ROW(aside_owed),
	ROW(change_newest),
	ROW(texts_so_far),
	ROW(told_by_nobody),
	ROW(told_by_some),
	ROW(told_given_up_by_one),
	ROW(told_and_replied_to),
	ROW(told_not_at_all),
	ROW(told_people),
	ROW(condition_one),
	ROW(position_one),
	ROW(contradictions_all),
};

#endif
