/* What a store is told, one function each, for the test in which its statements fail. */
#ifndef CASEWATCH_TESTS_STORE_CHANGES_H
#define CASEWATCH_TESTS_STORE_CHANGES_H

#include "store_questions.h"

static struct alert alert_here(const char *id)
{
	static struct evidence evidence[] = {{.ref = 1, .time = NOW}};
	struct alert alert = {.state = ALERT_STANDING,
	                      .opened = NOW,
	                      .closed = INSTANT_NEVER,
	                      .due = INSTANT_NONE,
	                      .told = NOW,
	                      .asked = NOW,
	                      .step = 1,
	                      .next = NOW + HOUR,
	                      .evidence = evidence,
	                      .evidence_count = 1,
	                      .stood_until = INSTANT_NONE};
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	return alert;
}

static enum result keep_alert(struct fixture *f, struct fault *fault)
{
	struct alert alert = alert_here("00000000000000bb");
	return alerts_keep(S, &ruleset_here, PARTY_NONE, C1, &alert, &(int64_t){0}, fault);
}

static enum result keep_alert_again(struct fixture *f, struct fault *fault)
{
	struct alert alert = alert_here("00000000000000aa");
	alert.step = 2;
	return alerts_keep(S, &ruleset_here, PARTY_NONE, C1, &alert, &(int64_t){0}, fault);
}

static enum result add_event(struct fixture *f, const char *id, const char *type, const char *more, const char *data,
                             struct fault *fault)
{
	struct event event;
	enum stored stored;
	struct text bytes = event_json(f, "lcs", id, type, "C1", "2020-01-03T10:00:00Z", more, data);
	if (event_parse(f->parser, bytes, INSTANT_NONE, &event, fault) != RESULT_OK)
		fail_msg("%s", fault->text);
	return events_add(S, &event, bytes, NOW, &stored, fault);
}

static enum result add_new(struct fixture *f, struct fault *fault)
{
	return add_event(f, "n1", "missing.started", "", "\"episode\":\"9\",\"kind\":\"missing\"", fault);
}

static enum result add_correction(struct fixture *f, struct fault *fault)
{
	return add_event(f, "n2", "missing.started", "\"replaces\":\"e1\",", "\"episode\":\"1\",\"kind\":\"away\"",
	                 fault);
}

static enum result add_twice(struct fixture *f, struct fault *fault)
{
	return add_event(f, "e1", "missing.started", "", "\"episode\":\"other\",\"kind\":\"missing\"", fault);
}

static enum result owe(struct fixture *f, struct fault *fault)
{
	const struct outbox_row row = {.kind = OUTBOX_ALERT,
	                               .critical = true,
	                               .purpose = TEXT("opened"),
	                               .role = TEXT("director"),
	                               .person = TEXT("p-1"),
	                               .channel = TEXT("memory"),
	                               .address = TEXT("p-1@example.org"),
	                               .message_id = TEXT("<1@here>"),
	                               .payload = TEXT("{}"),
	                               .alert = ALERT_ID,
	                               .rule = TEXT("missing.high-risk"),
	                               .subject = C1,
	                               .step = 1,
	                               .created = NOW,
	                               .not_before = NOW,
	                               .deadline = INSTANT_NEVER};
	return outbox_add(S, &row, &(int64_t){0}, fault);
}

static const struct text some_purposes[] = {{"opened", 6}, {"escalated", 9}, {NULL, 0}};
static struct outbox_row claimed_row;

static enum result write_audit(struct fixture *f, struct fault *fault)
{
	const struct audit_row row = {.at = NOW,
	                              .what = "alert.opened",
	                              .alert = ALERT_ID,
	                              .rule = TEXT("missing.high-risk"),
	                              .subject = C1,
	                              .person = TEXT("p-1"),
	                              .detail = TEXT("{\"step\":1}"),
	                              .personal = TEXT("{\"note\":\"home\"}")};
	return audit_write(S, &row, fault);
}

static enum result put_condition(struct fixture *f, struct fault *fault)
{
	const struct condition condition = {.id = TEXT("ops.nobody"),
	                                    .key = TEXT("director"),
	                                    .since = NOW,
	                                    .seen = NOW,
	                                    .ended = INSTANT_NEVER,
	                                    .told = NOW,
	                                    .digest = INSTANT_NONE,
	                                    .count = 1,
	                                    .title = TEXT("Nobody"),
	                                    .meaning = TEXT("None"),
	                                    .about = TEXT("A-1001")};
	return conditions_put(S, &condition, fault);
}

static enum result note_quiet(struct fixture *f, struct fault *fault)
{
	struct quiet_profile profile;
	enum result result = quiet_read(S, TEXT("lcs"), &profile, fault);
	if (result == RESULT_OK)
		quiet_step(&profile, NOW + 24 * HOUR);
	return result == RESULT_OK ? quiet_write(S, TEXT("lcs"), &profile, fault) : result;
}

static enum result note_source(struct fixture *f, struct fault *fault)
{
	const struct event event = {.source = TEXT("police"), .type_name = TEXT("source.complete")};
	return sources_note(S, &event, NOW, fault);
}

#define CHANGES(name, call) ASKS(name, call)
static const struct contradiction_row contradicting[] = {{.event = 1, .from = NOW - HOUR}};
CHANGES(alert_words, alerts_set_words(S, ALERT_ID, TEXT("1 in 30 days"), &(struct evidence){.ref = 1}, 1, fault))
CHANGES(alert_answered, alerts_set_answered(S, ALERT_ID, NOW, NOW + HOUR, fault))
CHANGES(alert_renamed, alerts_rename_rule(S, 1001, "missing.other", fault))
CHANGES(alert_withdrawn, alerts_withdraw(S, 1001, NOW, "no rule of its id", fault))
CHANGES(alerts_woken, alerts_wake_asked_ahead(S, NOW - 2 * HOUR, MINUTE, &(uint64_t){0}, fault))
CHANGES(alert_rules, alerts_of_rules(S, 0, 10, &(int64_t){0}, see_rule, NULL, fault))
CHANGES(due_put, due_set(S, PARTY_NONE, C1, NOW + 2 * HOUR, fault))
CHANGES(due_gone, due_set(S, PARTY_NONE, C1, INSTANT_NEVER, fault))
CHANGES(list_done, lists_done(S, TEXT("daily"), NOW, fault))
CHANGES(audit_looked, audit_look(S, NOW, TEXT("p-1"), "child", C1, ALERT_ID, fault))
CHANGES(audit_erased, audit_erase(S, C1, TEXT("p-1"), NOW, &(int64_t){0}, fault))
CHANGES(audit_stamp_put, audit_stamp_add(S, &(struct audit_stamp){.row = 1, .at = NOW, .token = TEXT("x")}, fault))
CHANGES(condition_gone, conditions_remove(S, TEXT("ops.nobody"), TEXT("director"), fault))
CHANGES(condition_all_gone, conditions_remove_lasting(S, 3, fault))
CHANGES(condition_digest, conditions_digested(S, NOW, fault))
CHANGES(contradiction_set, contradictions_set(S, PARTY_NONE, C1, contradicting, 1, &(size_t){0}, fault))
CHANGES(contradiction_told, contradictions_told(S, PARTY_NONE, C1, NOW, fault))
CHANGES(event_warned, events_warn(S, 1, NOW, "data.risk", "no such risk", fault))
CHANGES(answer_waits, events_answer_waits(S, 2, true, fault))
CHANGES(answer_waits_no_more, events_answer_waits(S, 1, false, fault))
CHANGES(event_falls, events_set_standing(S, 1, false, fault))
CHANGES(quarantine_put, quarantine_add(S,
                                       &(struct quarantine_row){.source_name = TEXT("memory:0@1"),
                                                                .bytes = TEXT("{"),
                                                                .reason = TEXT("cut"),
                                                                .arrived = NOW},
                                       fault))
CHANGES(quarantine_decided, quarantine_set(S, 1, TEXT("discarded"), TEXT("p-1: a test"), fault))
CHANGES(position_put,
        positions_set(S, &(struct position){.name = TEXT("memory:0"), .next = 8, .event_time = NOW}, fault))
CHANGES(message_claimed, outbox_claim(S, NOW, true, &claimed_row, &(bool){false}, fault))
CHANGES(message_again, outbox_claim_again(S, TEXT("<1@here>"), 0, &claimed_row, &(bool){false}, fault))
CHANGES(message_beside, outbox_claim_beside(S, NOW, TEXT("p-1"), some_purposes, &claimed_row, &(bool){false}, fault))
CHANGES(message_text, outbox_claim_texts(S, NOW, TEXT("p-1"), some_purposes, &claimed_row, &(bool){false}, fault))
CHANGES(message_to, outbox_address(S, 1, TEXT("p-2"), TEXT("memory"), TEXT("p-2@example.org"), TEXT("<2@here>"), fault))
CHANGES(message_result, outbox_result(S, 1, OUTBOX_RETRY, NOW, NOW + HOUR, TEXT("later"), fault))
CHANGES(message_held, outbox_hold(S, 1, NOW + HOUR, fault))
CHANGES(message_deadline, outbox_deadline(S, 1, NOW + HOUR, fault))
CHANGES(message_recovered, outbox_recover(S, &(size_t){0}, fault))
CHANGES(message_set_back, outbox_set_back(S, NOW, HOUR, fault))
CHANGES(message_shifted, outbox_shift(S, NOW, HOUR, MINUTE, fault))
CHANGES(message_hastened, outbox_hasten(S, NOW, fault))
CHANGES(print_put,
        prints_add(S, &(struct print_row){.list = TEXT("custody"), .figure = TEXT("held"), .printed = NOW}, fault))
CHANGES(text_sent, texts_add(S, TEXT("07700900123"), NOW, 1, 1, 7, fault))
CHANGES(text_back, texts_take_back(S, 1, 1, fault))
CHANGES(quarantine_kept, retention_quarantine(S, 0, 10, NOW + HOUR, &(int64_t){0}, fault))
CHANGES(setting_put, store_set(S, "name", TEXT("value"), fault))
CHANGES(register_marked, register_mark(S, 1, fault))
CHANGES(register_noted, register_note(S, 1, 0, fault))
CHANGES(register_walked, register_walk(S, fault))

CHANGES(message_unnamed, outbox_unname(S, 1, fault))
CHANGES(message_doubted, outbox_doubt(S, 1, TEXT("<3@here>"), fault))
CHANGES(messages_doubted, outbox_doubt(S, 0, TEXT_NONE, fault))
CHANGES(messages_released, outbox_release(S, NOW, HOUR, fault))
CHANGES(key_used, outbox_use_key(S, (const unsigned char[OUTBOX_KEY_BYTES]){7}, fault))
CHANGES(elsewhere_noted, elsewhere_note(S, &(struct outbox_same){{7}}, &(struct elsewhere){.taken = true}, NOW, fault))
CHANGES(elsewhere_taken, elsewhere_take(S, &(struct outbox_same){{7}}, &(struct elsewhere){0}, &(bool){false}, fault))
CHANGES(elsewhere_forgotten, elsewhere_forget(S, NOW + 2 * ELSEWHERE_KEPT, fault))
CHANGES(aside_noted, asides_note(S, TEXT("memory:0"), 1, fault))
CHANGES(registers_finished, register_note_built(S, 1, true, fault))

static enum result declare_registers(struct fixture *f, struct fault *fault)
{
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE);
	enum result result = register_tables_declare(tables, fault);
	register_tables_free(tables);
	return result;
}

static enum result put_rows(struct fixture *f, struct fault *fault)
{
	static const struct register_value allocation[] = {
		VALUE_TEXT("C1"), VALUE_TEXT("social-worker"), VALUE_TEXT("w1"), VALUE_TEXT("t1"),
		VALUE_TIME(NOW - HOUR),
		{REGISTER_VALUE_NULL, {0}}, {REGISTER_VALUE_REAL, {.real = 0.5}}};
	static const struct register_value missing[] = {VALUE_TEXT("C1"), VALUE_TIME(NOW - HOUR),
	                                                {REGISTER_VALUE_NULL, {0}}, VALUE_TEXT("")};
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE);
	bool changed, asked;
	enum result result = register_put(tables, 0, 1, 0, child_row("A. B."), &changed, fault);
	if (result == RESULT_OK)
		result = register_put(tables, 1, 1, 0, allocation, &changed, fault);
	if (result == RESULT_OK)
		result = register_put(tables, 2, 1, 0, missing, &changed, fault);
	if (result == RESULT_OK)
		result = register_cut(tables, 2, 1, 1, &asked, fault);
	if (result == RESULT_OK)
		result = register_note_id(tables, TEXT("C2"), C1, fault);
	if (result == RESULT_OK)
		result = register_note_id(tables, TEXT("C9"), TEXT("C9"), fault);
	register_tables_free(tables);
	return result;
}

/* One of them is declared no longer. */
static enum result declare_fewer_registers(struct fixture *f, struct fault *fault)
{
	struct register_tables *tables = register_tables_new(S, registers_here, REGISTERS_HERE - 1);
	enum result result = register_tables_declare(tables, fault);
	register_tables_free(tables);
	return result;
}

/* In the order in which a filled database comes of them. */
static const struct asked changes[] = {
	ROW(keep_alert),        ROW(keep_alert_again),
	ROW(add_new),           ROW(add_correction),
	ROW(add_twice),         ROW(owe),
	ROW(write_audit),       ROW(put_condition),
	ROW(note_quiet),        ROW(note_source),
	ROW(alert_words),       ROW(alert_answered),
	ROW(alerts_woken), ROW(alert_rules),       ROW(due_put),
	ROW(list_done),         ROW(audit_looked),
	ROW(audit_stamp_put),   ROW(condition_digest),
	ROW(contradiction_set), ROW(contradiction_told),
	ROW(event_warned),      ROW(event_falls),
	ROW(answer_waits),      ROW(answer_waits_no_more),
	ROW(quarantine_put),    ROW(position_put),
	ROW(message_claimed),   ROW(message_result),
	ROW(message_again),     ROW(message_beside),
	ROW(message_text),      ROW(message_to),
	ROW(message_held),      ROW(message_deadline),
	ROW(message_recovered), ROW(message_set_back),
	ROW(message_shifted),   ROW(message_hastened),
	ROW(print_put),         ROW(text_sent),
	ROW(setting_put),       ROW(register_marked),
	ROW(register_noted),    ROW(register_walked),
	ROW(declare_registers), ROW(put_rows),
	ROW(registers_finished), ROW(aside_noted),
	ROW(message_unnamed),   ROW(message_doubted),
	ROW(messages_doubted),  ROW(messages_released),
	ROW(elsewhere_noted),   ROW(key_used),
};
/* What makes a transaction of its own. */
CHANGES(setting_kept, store_keep(S, "another", TEXT("value"), fault))
CHANGES(aside_told, asides_told(S, TEXT("memory:0"), 1, fault))
CHANGES(changes_noted, changes_keep(S, true, fault))
CHANGES(changes_left, changes_prune(S, 0, &(bool){false}, fault))
CHANGES(changes_not_noted, changes_keep(S, false, fault))
static const struct asked alone[] = {
	ROW(setting_kept), ROW(aside_told),   ROW(changes_noted),
	ROW(setting_kept), ROW(changes_left), ROW(changes_not_noted),
};
/* What takes away. */
static const struct asked ends[] = {
	ROW(alert_renamed),      ROW(alert_withdrawn),    ROW(due_gone),        ROW(audit_erased), ROW(condition_gone),
	ROW(elsewhere_taken), ROW(elsewhere_forgotten), ROW(declare_fewer_registers),
	ROW(condition_all_gone), ROW(quarantine_decided), ROW(quarantine_kept), ROW(text_back),
};

#endif
