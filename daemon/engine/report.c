/* report: what changed about alerts, told to the host: opened, updated, resolved, withdrawn; and the ladder's steps. */
#include "engine/engine_internal.h"

#include <stdio.h>
#include <stdlib.h>

struct report {
	struct engine *engine;
	struct history *history;
	instant now;
	struct fault *fault;
	struct buffer because;
	struct alert alert;
	size_t window_count;       /* of a count: how many events the window held when the alert opened */
	enum effect_cause cause;   /* why the next effect is said */
};

static void print_id(uint64_t id, char out[ALERT_ID_SIZE])
{
	(void)snprintf(out, ALERT_ID_SIZE, "%016llx", (unsigned long long)id);
}

void report_fill_alert(const struct history *history, const struct outcome *outcome, const struct rule *rule,
                       struct alert *alert)
{
	(void)history;
	*alert = (struct alert){
	        .rule = rule->index,
	        .key = outcome->key,
	        .state = outcome->state == OUTCOME_STANDING ? ALERT_STANDING
	                 : outcome->state == OUTCOME_CLOSED && outcome->reported != REPORTED_WITHDRAWN ? ALERT_RESOLVED
	                                                                                                : ALERT_WITHDRAWN,
	        .opened = outcome->opened,
	        .closed = outcome->closed,
	        .evidence = outcome->evidence,
	        .evidence_count = outcome->evidence_count,
	        .nights = outcome->nights,
	        .due = outcome->due,
	        .reason = outcome->reason,
	        .told = outcome->ladder.told,
	        .step = outcome->ladder.step,
	        .next = outcome->ladder.next,
	        .acknowledged = outcome->ladder.acknowledged,
	        .answer = outcome->ladder.answer,
	        .spent = outcome->ladder.spent,
	        .why = (enum effect_cause)outcome->ladder.why,
	        .asked = outcome->ladder.asked,
	        .stood_until = outcome->ladder.stood_until,
	        .heard = outcome->ladder.heard,
	        .warned_at = INSTANT_NONE,
	};
	print_id(outcome->id, alert->id);
}

/* A count, state or load that was never reported gets an id of its own, made of what opened it. */
static void give_id(struct history *history, struct outcome *outcome, const struct rule *rule)
{
	if (outcome->id)
		return;
	if (outcome->identity) {
		outcome->id = outcome_id(history, outcome);
		return;
	}
	uint64_t id = mark_mix(outcome_identity(rule, history->id, TEXT_NONE, history->domain), (uint64_t)outcome->opened);
	for (size_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].id == id) {
			id = mark_mix(id, i + 1);
			i = (size_t)-1; /* from the first again */
		}
	outcome->id = id;
}

static enum result send(struct report *report, const struct rule *rule, enum effect_kind kind, instant caused,
                        const struct ladder_tell *tell, uint16_t step, const char *reason)
{
	struct engine_host *host = &report->engine->host;
	struct effect effect = {
	        .kind = kind,
	        .at = report->now,
	        .caused = caused,
	        .rule = rule,
	        .domain = report->history->domain,
	        .subject = report->history->id,
	        .alert = &report->alert,
	        .tell = tell->roles,
	        .tell_count = tell->count,
	        .step = step,
	        .not_before = tell->not_before > report->now ? tell->not_before : report->now,
	        .answer_by = tell->answer_by,
	        .next_tell = tell->next_roles,
	        .next_count = tell->next_count,
	        .old_news = tell->old_news,
	        .spent = tell->spent,
	        .reason = reason,
	        .because = buffer_cstr(&report->because),
	        .cause = report->cause,
	        .window_count = report->window_count,
	        .answered_at = INSTANT_NONE,
	};
	return host->effect(host->context, &effect, report->fault);
}

static enum result keep(struct report *report)
{
	struct engine_host *host = &report->engine->host;
	return host->keep_alert(host->context, report->history->domain, report->history->id, &report->alert, report->fault);
}

static void describe(struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	buffer_clear(&report->because);
	explain_because(report->engine, rule, outcome, &report->because);
	report_fill_alert(report->history, outcome, rule, &report->alert);
	report->window_count = explain_window(rule, outcome);
}

/* Tells the step the ladder is on, and reports it as `kind`. */
static enum result tell_step(struct report *report, const struct rule *rule, struct outcome *outcome,
                             enum effect_kind kind, enum effect_cause cause, bool spent)
{
	struct ladder_tell tell;
	report->cause = cause;
	ladder_tell_step(report->engine, rule, &outcome->ladder, outcome->opened, report->now, &tell);
	tell.spent = spent;
	describe(report, rule, outcome);
	enum result result = send(report, rule, kind, outcome->opened, &tell, outcome->ladder.step, NULL);
	return result == RESULT_OK ? keep(report) : result;
}

/* Critical goes out day and night; others keep the recipients' hours. */
static instant not_before(const struct report *report, const struct rule *rule)
{
	const struct calendar *calendar = report->engine->settings.calendar;
	bool at_once = rule->severity == SEVERITY_CRITICAL || calendar_in_hours(calendar, report->now);
	return at_once ? report->now : calendar_next_hours(calendar, report->now);
}

/* Tells everyone who was told so far. */
static enum result tell_all(struct report *report, const struct rule *rule, struct outcome *outcome,
                            enum effect_kind kind, enum effect_cause cause, instant caused, const char *reason)
{
	report->cause = cause;
	struct ladder_tell tell = {.not_before = not_before(report, rule), .answer_by = outcome->ladder.next};
	ladder_roles_so_far(rule, outcome->ladder.step, &tell);
	describe(report, rule, outcome);
	enum result result = send(report, rule, kind, caused, &tell, outcome->ladder.step, reason);
	return result == RESULT_OK ? keep(report) : result;
}

static enum result report_opened(struct report *report, const struct rule *rule, struct outcome *outcome,
                                 enum effect_cause cause)
{
	bool again = outcome->reported == REPORTED_RESOLVED || outcome->reported == REPORTED_WITHDRAWN;
	outcome->ladder = (struct ladder){.told = report->now, .next = INSTANT_NEVER, .step = 1,
	                                  .asked = INSTANT_NONE, .stood_until = INSTANT_NONE};
	if (again)
		cause = CAUSE_OPENED_AGAIN;
	outcome->reported = REPORTED_STANDING;
	report_note_evidence(outcome);
	return tell_step(report, rule, outcome, EFFECT_OPENED, cause, false);
}

static enum result report_resolved(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	outcome->reported = REPORTED_RESOLVED;
	outcome->ladder.next = INSTANT_NEVER;
	return tell_all(report, rule, outcome, EFFECT_RESOLVED, CAUSE_ENDED, outcome->closed, outcome->reason);
}

static enum result report_withdrawn(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	outcome->reported = REPORTED_WITHDRAWN;
	outcome->ladder.next = INSTANT_NEVER;
	return tell_all(report, rule, outcome, EFFECT_WITHDRAWN, CAUSE_NO_CAUSE, report->now,
	                "the records as they now stand give no cause for it");
}

static enum result report_answer(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	struct ladder *ladder = &outcome->ladder;
	if (outcome->answer && outcome->answer != ladder->answer) {
		ladder->answer = outcome->answer;
		if (outcome_all_answered(outcome, rule, ladder->step))
			ladder_acknowledge(report->engine, rule, ladder, report->now, outcome->answer_review);
		return tell_all(report, rule, outcome, EFFECT_ACKNOWLEDGED, CAUSE_ANSWERED, outcome->answer_at, NULL);
	}
	if (!outcome->answer && ladder->acknowledged && outcome->state == OUTCOME_STANDING) {
		ladder->acknowledged = false; /* the answer was withdrawn: nobody has answered */
		ladder->answer = 0;
		return tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, CAUSE_ANSWER_WITHDRAWN, false);
	}
	return RESULT_OK;
}

/* What stood before go-live is history; what still stands then is told once. */
static bool is_history(const struct report *report, const struct outcome *outcome)
{
	instant go_live = report->engine->settings.go_live;
	return go_live != INSTANT_NONE && outcome->state == OUTCOME_CLOSED && outcome->closed <= go_live &&
	       outcome->reported == REPORTED_NOT;
}

static enum result report_outcome(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = &report->engine->index->rules->rules[outcome->rule];
	enum result result = RESULT_OK;
	bool answered = outcome->answer && outcome->answer != outcome->ladder.answer;
	give_id(report->history, outcome, rule);
	switch ((enum outcome_state)outcome->state) {
	case OUTCOME_GONE:
		if (outcome->reported == REPORTED_STANDING || outcome->reported == REPORTED_RESOLVED)
			return report_withdrawn(report, rule, outcome);
		return RESULT_OK;
	case OUTCOME_STANDING:
		if (outcome->reported != REPORTED_STANDING)
			result = report_opened(report, rule, outcome, CAUSE_OPENED);
		else if (report_evidence_hash(outcome) != outcome->reported_hash) {
			report_note_evidence(outcome);
			result = tell_all(report, rule, outcome, EFFECT_UPDATED, CAUSE_UPDATED, report->now, NULL);
		}
		return result == RESULT_OK ? report_answer(report, rule, outcome) : result;
	case OUTCOME_CLOSED:
		/* Ended at the very instant at which it began: known in time, nobody would have heard of it. */
		if (outcome->instantaneous && (outcome->reported == REPORTED_STANDING || outcome->reported == REPORTED_RESOLVED))
			return report_withdrawn(report, rule, outcome);
		if (outcome->reported == REPORTED_RESOLVED)
			return RESULT_OK;
		if (outcome->reported != REPORTED_STANDING) {
			if (outcome->instantaneous || is_history(report, outcome))
				return RESULT_OK;
			result = report_opened(report, rule, outcome, CAUSE_OPENED);
		}
		if (result == RESULT_OK && answered)
			result = report_answer(report, rule, outcome);
		return result == RESULT_OK ? report_resolved(report, rule, outcome) : result;
	}
	return result;
}

static enum result climb(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = &report->engine->index->rules->rules[outcome->rule];
	struct ladder *ladder = &outcome->ladder;
	if (ladder->acknowledged) { /* the review time: the cause is still there */
		ladder->acknowledged = false;
		ladder->answer = outcome->answer;
		return tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, (enum effect_cause)ladder->why, false);
	}
	if (ladder->step < ladder_steps(rule)) {
		ladder->step++;
		return tell_step(report, rule, outcome, EFFECT_ESCALATED, (enum effect_cause)ladder->why, false);
	}
	bool first = !ladder->spent;
	ladder->spent = true;
	return tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, CAUSE_UNANSWERED, first);
}

static bool clock_runs(const struct history *history, const struct warned *warned, instant now)
{
	for (size_t i = 0; i < history->clock_count; i++) {
		const struct clock_entry *clock = &history->clocks[i];
		if (clock->rule == warned->rule && clock->key == warned->key && clock->alert == ALERT_NONE && clock->due > now)
			return true;
	}
	return false;
}

static enum result report_warning(struct report *report, struct warned *warned)
{
	const struct rule *rule = &report->engine->index->rules->rules[warned->rule];
	instant go_live = report->engine->settings.go_live;
	warned->reported = true;
	if (!clock_runs(report->history, warned, report->now) || (go_live != INSTANT_NONE && report->now < go_live))
		return RESULT_OK;
	struct ladder_tell tell = {.answer_by = warned->due};
	const struct step *step = rule->warning.role_count ? &rule->warning : rule->steps;
	for (; tell.count < step->role_count && tell.count < 64; tell.count++)
		tell.roles[tell.count] = step->roles[tell.count];
	tell.not_before = not_before(report, rule);
	report->alert = (struct alert){.rule = warned->rule, .key = warned->key, .state = ALERT_RESOLVED,
	                               .opened = warned->at, .closed = warned->at, .due = warned->due,
	                               .evidence = &warned->evidence, .evidence_count = 1, .told = report->now,
	                               .next = INSTANT_NEVER, .early_warning = true, .asked = INSTANT_NONE,
	                               .stood_until = INSTANT_NONE, .warned_at = warned->at};
	print_id(warned->identity, report->alert.id);
	buffer_clear(&report->because);
	explain_warning(report->engine, rule, warned, &report->because);
	report->cause = CAUSE_EARLY;
	report->window_count = 1;
	enum result result = send(report, rule, EFFECT_WARNED, warned->at, &tell, 0, NULL);
	return result == RESULT_OK ? keep(report) : result;
}

static bool before_go_live(const struct engine *engine, instant now)
{
	return engine->settings.go_live != INSTANT_NONE && now < engine->settings.go_live;
}

/* It was told while casewatch ran in shadow, or before go-live was moved: for people that is history, and what still stands
 * is told at go-live as if for the first time. */
static bool told_in_shadow(const struct engine *engine, const struct outcome *outcome)
{
	return outcome->state == OUTCOME_STANDING && outcome->reported == REPORTED_STANDING &&
	       outcome->ladder.told != INSTANT_NONE && outcome->ladder.told < engine->settings.go_live;
}

static enum result tell_at_go_live(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = &report->engine->index->rules->rules[outcome->rule];
	enum result result = report_opened(report, rule, outcome, CAUSE_GO_LIVE);
	return result == RESULT_OK ? report_answer(report, rule, outcome) : result;
}

/* By the clock alone: the next step of its ladder, or go-live. */
static instant next_step(const struct engine *engine, const struct outcome *outcome)
{
	if (outcome->state != OUTCOME_STANDING)
		return INSTANT_NEVER;
	if (told_in_shadow(engine, outcome))
		return engine->settings.go_live;
	if (outcome->reported == REPORTED_STANDING)
		return outcome->ladder.next;
	return outcome->changed && engine->settings.go_live != INSTANT_NONE ? engine->settings.go_live : INSTANT_NEVER;
}

enum result report_history(struct engine *engine, struct history *history, instant now, struct fault *fault)
{
	struct report report = {.engine = engine, .history = history, .now = now, .fault = fault};
	enum result result = RESULT_OK;
	bool live = !before_go_live(engine, now);
	for (size_t i = 0; i < history->warned_count && result == RESULT_OK; i++)
		if (!history->warned[i].reported)
			result = report_warning(&report, &history->warned[i]);
	size_t first = history->ladder_next <= now ? 0 : history->changed_from;
	instant next = first == 0 ? INSTANT_NEVER : history->ladder_next;
	for (size_t i = first; i < history->outcome_count && result == RESULT_OK; i++) {
		struct outcome *outcome = &history->outcomes[i];
		if (outcome->changed && outcome->reported != REPORTED_PAST && live) {
			outcome->changed = false;
			result = report_outcome(&report, outcome);
		}
		if (result == RESULT_OK && live && told_in_shadow(engine, outcome))
			result = tell_at_go_live(&report, outcome);
		if (result == RESULT_OK && live && outcome->state == OUTCOME_STANDING &&
		    outcome->reported == REPORTED_STANDING && outcome->ladder.next <= now)
			result = climb(&report, outcome);
		instant step = next_step(engine, outcome);
		next = step < next ? step : next;
	}
	history->ladder_next = next;
	if (live)
		history->changed_from = history->outcome_count;
	buffer_free(&report.because);
	return result;
}

instant report_next(const struct history *history)
{
	return history->ladder_next;
}
