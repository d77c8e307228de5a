/* report_tell: one effect after the other: what it says, why, to whom, and what is kept with it. */
#include "engine/report/report_internal.h"

#include "engine/answers.h"
#include "engine/mutes.h"
#include "engine/report/report_index.h"
#include "engine/why/explain.h"

void report_print_id(uint64_t id, char out[ALERT_ID_SIZE])
{
	text_hex(id, out);
	out[ALERT_ID_SIZE - 1] = '\0';
}

/* ---- the alert as it stands ---- */

static enum alert_state state_of(const struct outcome *outcome)
{
	if (outcome->state == OUTCOME_STANDING)
		return outcome->reported == REPORTED_WITHDRAWN ? ALERT_WITHDRAWN : ALERT_STANDING;
	if (outcome->state == OUTCOME_CLOSED && outcome->reported != REPORTED_WITHDRAWN)
		return ALERT_RESOLVED;
	return ALERT_WITHDRAWN;
}

/* The latest early warning that was sent before the alert: kept with it, so that none is sent twice. */
static struct alert_warned warned_of(struct history *history, uint64_t id)
{
	struct report_walk walk = report_walk_warnings(history, id);
	const struct warned *latest = NULL;
	for (uint32_t i; (i = report_walk_next(&walk)) != MAP_NONE;) {
		const struct warned *warned = &history->warned[i];
		if (warned->id == id && warned->reported && warned->at > INSTANT_NONE &&
		    (!latest || warned->at > latest->at || (warned->at == latest->at && warned < latest)))
			latest = warned;
	}
	return latest ? (struct alert_warned){latest->at, latest->due, latest->start, latest->stage}
	              : (struct alert_warned){INSTANT_NONE, INSTANT_NONE, INSTANT_NONE, 0};
}

static void fill_alert(struct history *history, const struct outcome *outcome, const struct rule *rule,
                       struct alert *alert)
{
	*alert = (struct alert){
	        .rule = rule->index,
	        .key = outcome->key,
	        .state = state_of(outcome),
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
	        .warned = warned_of(history, outcome->id),
	        .shadow = outcome->as_shadow,
	};
	report_print_id(outcome->id, alert->id);
}

/* Why it stands, and what the rule remarks of it. */
static void explain_because(const struct report *report, const struct rule *rule, const struct outcome *outcome,
                            struct buffer *out)
{
	kind_of(rule->kind)->because(calendar_zone(report->engine->settings.calendar), rule, outcome, out);
	for (size_t i = 0; i < rule->remark_count && i < RULE_REMARKS_MAX; i++)
		if (rule->remarks[i].text && outcome->remarks & (1u << i)) {
			buffer_string(out, ". ");
			buffer_string(out, rule->remarks[i].text);
		}
}

void report_describe(struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	buffer_clear(&report->because);
	if (report->engine->host.effect)
		explain_because(report, rule, outcome, &report->because);
	fill_alert(report->history, outcome, rule, &report->alert);
	report->window_count = explain_window(rule, outcome);
	report->shadow = outcome->as_shadow;
}

/* ---- the answer it is about ---- */

static enum result note_answer(void *argument, const struct event *event, struct fault *fault)
{
	struct report *report = argument;
	(void)fault;
	buffer_text(&report->by, event_string(event, schema_name(TEXT("by"))));
	buffer_text(&report->person, event_string(event, schema_name(TEXT("person"))));
	buffer_text(&report->passed_to, event_string(event, schema_name(TEXT("to"))));
	report->answered_at = event->time;
	report->answered_review = answers_review(event);
	return RESULT_OK;
}

void report_about_no_answer(struct report *report)
{
	buffer_clear(&report->by);
	buffer_clear(&report->person);
	buffer_clear(&report->passed_to);
	report->answer = 0;
	report->answered_at = report->answered_review = INSTANT_NONE;
}

enum result report_about_answer(struct report *report, uint64_t ref)
{
	struct engine_host *host = &report->engine->host;
	report_about_no_answer(report);
	report->answer = ref;
	return ref ? host->event(host->context, ref, note_answer, report, report->fault) : RESULT_OK;
}

/* ---- saying it ---- */

/* An alert that is made of many events is written whole with what is said of it. */
#define EVIDENCE_AN_EFFECT 400

enum result report_send(struct report *report, const struct rule *rule, struct saying saying,
                        const struct ladder_tell *tell, uint16_t step)
{
	struct engine_host *host = &report->engine->host;
	size_t cost = 1 + report->alert.evidence_count / EVIDENCE_AN_EFFECT;
	report->left -= report->left < cost ? report->left : cost;
	if (!host->effect)
		return RESULT_OK;
	struct effect effect = {
		.kind = saying.kind,
		.at = report->now,
		.caused = saying.caused,
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
		.muted = report->muted,
		.spent = tell->spent && !report->shadow,
		.reason = saying.reason,
		.because = buffer_cstr(&report->because),
		.cause = saying.cause,
		.window_count = report->window_count,
		.answer = report->answer,
		.by = buffer_view(&report->by),
		.person = buffer_view(&report->person),
		.passed_to = buffer_view(&report->passed_to),
		.answered_at = report->answer ? report->answered_at : INSTANT_NONE,
		.shadow = report->shadow,
	};
	return host->effect(host->context, &effect, report->fault);
}

enum result report_keep(struct report *report)
{
	struct engine_host *host = &report->engine->host;
	report->kept = true;
	return host->keep_alert(host->context, report->history->domain, report->history->id, &report->alert,
	                        report->fault);
}

instant report_not_before(const struct report *report, const struct rule *rule)
{
	const struct calendar *calendar = report->engine->settings.calendar;
	bool at_once = rule->severity == SEVERITY_CRITICAL || calendar_in_hours(calendar, report->now);
	return at_once ? report->now : calendar_next_hours(calendar, report->now);
}

enum result report_tell_step(struct report *report, const struct rule *rule, struct outcome *outcome,
                             enum effect_kind kind, enum effect_cause cause, bool spent)
{
	struct ladder_tell tell;
	ladder_tell_step(report->engine, rule, outcome, report->now, &tell);
	tell.spent = spent;
	report_describe(report, rule, outcome);
	enum result result = report_send(report, rule, (struct saying){kind, cause, outcome->opened, NULL}, &tell,
	                                 outcome->ladder.step);
	return result == RESULT_OK ? report_keep(report) : result;
}

enum result report_tell_all(struct report *report, const struct rule *rule, struct outcome *outcome,
                            struct saying saying)
{
	struct ladder_tell tell = {.not_before = report_not_before(report, rule), .answer_by = outcome->ladder.next};
	ladder_roles_so_far(report->engine, rule, outcome, &tell);
	report_describe(report, rule, outcome);
	enum result result = report_send(report, rule, saying, &tell, outcome->ladder.step);
	return result == RESULT_OK ? report_keep(report) : result;
}

/* ---- muted ---- */

bool report_is_muted(const struct report *report, const struct rule *rule)
{
	return report->history->mute_count &&
	       mutes_hold(report->engine, report->history, rule, report->now) != INSTANT_NONE;
}

enum result report_keep_ladder(struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	report_describe(report, rule, outcome);
	return report_keep(report);
}

enum result report_opened_muted(struct report *report, const struct rule *rule, struct outcome *outcome,
                                enum effect_cause cause)
{
	const struct ladder_tell nobody = {.not_before = report->now, .answer_by = INSTANT_NEVER};
	outcome->ladder.step = 0;
	outcome->ladder.why = CAUSE_MUTE_ENDED;
	/* For those who look at it; it is told when no mute holds it, which may be before or later. */
	outcome->ladder.next = mutes_hold(report->engine, report->history, rule, report->now);
	report_describe(report, rule, outcome);
	report->muted = true;
	enum result result =
		report_send(report, rule, (struct saying){EFFECT_OPENED, cause, outcome->opened, NULL}, &nobody, 0);
	report->muted = false;
	return result == RESULT_OK ? report_keep(report) : result;
}

/* ---- the ladder ---- */

enum result report_climb(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = &report->engine->index->rules->rules[outcome->rule];
	struct ladder *ladder = &outcome->ladder;
	enum effect_cause why = (enum effect_cause)ladder->why;
	enum result result = RESULT_OK;
	bool heard_first = !ladder->step; /* it opened while it was muted: its first step, as if it opened now */
	if (heard_first)
		ladder->step = 1;
	if (ladder->acknowledged) { /* the review time: the cause is still there */
		ladder->acknowledged = false;
		result = report_about_answer(report, ladder->answer);
		if (result == RESULT_OK)
			result = report_tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, why, false);
		report_about_no_answer(report);
		return result;
	}
	if (heard_first || why == CAUSE_ANSWER_WITHDRAWN) /* no step is skipped */
		return report_tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, why, false);
	if (ladder->step < ladder_steps(report->engine, rule)) {
		ladder->step++;
		return report_tell_step(report, rule, outcome, EFFECT_ESCALATED, why, false);
	}
	if (outcome->as_shadow) { /* nobody is told, so nobody is asked again */
		ladder->next = INSTANT_NEVER;
		return RESULT_OK;
	}
	bool first = !ladder->spent;
	ladder->spent = true;
	return report_tell_step(report, rule, outcome, EFFECT_ASKED_AGAIN, CAUSE_UNANSWERED, first);
}
