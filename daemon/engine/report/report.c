/* report: what changed about alerts, told to the host: opened, updated, resolved, withdrawn; and when the ladder goes
 * on. */
#include "engine/report/report_internal.h"

#include "engine/mutes.h"
#include "engine/report/report_index.h"
#include "rules/kinds.h"

#include <stdlib.h>

/* A count, state or load that was never reported gets an id of its own, made of what opened it. */
static uint64_t own_id(struct history *history, const struct outcome *outcome, const struct rule *rule)
{
	uint64_t id = outcome_first_id(history, outcome, rule);
	for (uint32_t taken; (taken = report_first_under(history, id)) != MAP_NONE;)
		id = mark_mix(id, (uint64_t)taken + 1);
	return id;
}

static void give_id(struct history *history, struct outcome *outcome, const struct rule *rule)
{
	if (outcome->id)
		return;
	outcome->id = outcome->identity ? outcome_id(history, outcome) : own_id(history, outcome, rule);
	report_index_alert(history, (uint32_t)(outcome - history->outcomes));
}

static const struct rule *rule_of(const struct report *report, const struct outcome *outcome)
{
	return &report->engine->index->rules->rules[outcome->rule];
}

/* ---- opening ---- */

static bool is_told_resolved(const struct outcome *outcome)
{
	return outcome->reported == REPORTED_RESOLVED;
}

/* Rightly: what ended at the instant at which it began never stood for anybody. */
static bool stood_and_ended(const struct outcome *outcome)
{
	return outcome->state == OUTCOME_CLOSED && !outcome->instantaneous;
}

/* An earlier period under the same id that ended and was told: a clock that stands again because its date was moved,
 * one without a key that started again, or a recurring one. Only their kinds have several periods of one id. */
static const struct outcome *earlier_period(const struct report *report, const struct rule *rule,
                                            const struct outcome *outcome)
{
	const struct rule_kind_row *kind = rule_kind_row(rule->kind);
	if (!rule->due && !kind->starts_anew && !(kind->over_with_alert && !rule->key))
		return NULL;
	return report_latest_before(report->history, outcome, is_told_resolved);
}

/* It stood when the rules that are in force came into force. A critical that is no old news rings as any other. */
static bool stood_before_rules(const struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	return outcome->opened < report->engine->rules_since &&
	       (rule->severity != SEVERITY_CRITICAL ||
	        ladder_is_old(report->engine, rule, outcome->opened, report->now));
}

static enum effect_cause cause_of_opening(const struct report *report, const struct rule *rule,
                                          const struct outcome *outcome, bool again, bool leaves_shadow)
{
	instant go_live = report->engine->settings.go_live;
	if (leaves_shadow || (go_live != INSTANT_NONE && outcome->opened < go_live))
		return CAUSE_GO_LIVE;
	if (again)
		return CAUSE_OPENED_AGAIN;
	return stood_before_rules(report, rule, outcome) ? CAUSE_GO_LIVE : CAUSE_OPENED;
}

static enum result report_opened(struct report *report, const struct rule *rule, struct outcome *outcome,
                                 bool leaves_shadow)
{
	const struct outcome *earlier = earlier_period(report, rule, outcome);
	bool stood = outcome->reported == REPORTED_RESOLVED,
	     again = stood || outcome->reported == REPORTED_WITHDRAWN || earlier;
	instant stood_until = stood ? outcome->ladder.stood_until : earlier ? earlier->closed : INSTANT_NONE;
	outcome->ladder = (struct ladder){.told = report->now, .next = INSTANT_NEVER, .step = 1, .asked = INSTANT_NONE,
	                                  .stood_until = stood_until, .heard = again ? outcome->ladder.heard : 0};
	if (again) /* what was answered before it opened again answers nothing now */
		report_answers_are_old(outcome);
	outcome->reported = REPORTED_STANDING;
	match_note_evidence(outcome);
	enum effect_cause cause = cause_of_opening(report, rule, outcome, again, leaves_shadow);
	if (report_is_muted(report, rule))
		return report_opened_muted(report, rule, outcome, cause);
	return report_tell_step(report, rule, outcome, EFFECT_OPENED, cause, false);
}

/* ---- ending ---- */

static enum result report_resolved(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	bool wrongly = outcome->ladder.stood_until != INSTANT_NONE && outcome->closed <= outcome->ladder.stood_until;
	if (wrongly)
		outcome->reason = "should not have opened again";
	const struct saying saying = {EFFECT_RESOLVED, wrongly ? CAUSE_OPENED_WRONGLY : CAUSE_ENDED, outcome->closed,
	                              outcome->reason};
	outcome->reported = REPORTED_RESOLVED;
	outcome->ladder.next = INSTANT_NEVER;
	enum result result = report_about_answer(report, wrongly ? 0 : outcome->closed_by);
	if (result == RESULT_OK)
		result = report_tell_all(report, rule, outcome, saying);
	report_about_no_answer(report);
	return result;
}

static enum result report_withdrawn(struct report *report, const struct rule *rule, struct outcome *outcome,
                                    enum effect_cause cause)
{
	const char *reason = cause == CAUSE_RULE_SHADOW ? "its rule is on trial and tells nobody (mode: shadow)"
	                                                : "the records as they now stand give no cause for it";
	outcome->reported = REPORTED_WITHDRAWN;
	outcome->ladder.next = INSTANT_NEVER;
	/* What begins from here on is another alert (match.c). */
	if (outcome->state != OUTCOME_STANDING && outcome->closed > report->now)
		outcome->closed = report->now;
	return report_tell_all(report, rule, outcome, (struct saying){EFFECT_WITHDRAWN, cause, report->now, reason});
}

/* ---- what became of it ---- */

/* What stood before go-live is history; what still stands then is told once. */
static bool is_history(const struct report *report, const struct outcome *outcome)
{
	instant go_live = report->engine->settings.go_live;
	return go_live != INSTANT_NONE && outcome->state == OUTCOME_CLOSED && outcome->closed <= go_live &&
	       outcome->reported == REPORTED_NOT;
}

/* What opened while it was muted waits for nothing but its end. */
static bool waits_for_mute(const struct outcome *outcome)
{
	const struct ladder *ladder = &outcome->ladder;
	return !ladder->step && !ladder->acknowledged && ladder->next != INSTANT_NEVER;
}

/* When its next step is told: at its time, but not while a mute holds it back. */
static instant falls_due(const struct report *report, const struct outcome *outcome)
{
	instant at = waits_for_mute(outcome) ? outcome->ladder.told : outcome->ladder.next;
	return report->history->mute_count
	               ? mutes_over(report->engine, report->history, rule_of(report, outcome), at)
	               : at;
}

/* The step ended at the very instant at which somebody answered, an answer was withdrawn, or the cause ended: what
 * expires comes first. So does the first step of what was muted, also where the mute was over long before the answer
 * and both are known only now: after a backup was put back nobody would hear of it. */
static bool step_comes_first(const struct report *report, const struct outcome *outcome)
{
	instant next = falls_due(report, outcome);
	if (outcome->reported != REPORTED_STANDING || next > report->now || outcome->state == OUTCOME_GONE ||
	    outcome->instantaneous)
		return false;
	bool first = (outcome->state == OUTCOME_CLOSED && outcome->closed == next) ||
	             (outcome->ladder.acknowledged && !report_answer_stands(outcome));
	for (uint32_t i = 0; i < outcome->reply_count && !first; i++) {
		const struct reply *reply = &outcome->replies[i];
		first = reply->ref > outcome->ladder.heard &&
		        (reply->at == next || (waits_for_mute(outcome) && reply->at > next));
	}
	return first;
}

static enum result report_standing(struct report *report, const struct rule *rule, struct outcome *outcome,
                                   bool leaves_shadow)
{
	enum result result = RESULT_OK;
	if (outcome->reported != REPORTED_STANDING)
		result = report_opened(report, rule, outcome, leaves_shadow);
	else if (outcome->evidence_hash != outcome->reported_hash && !report_is_muted(report, rule)) {
		match_note_evidence(outcome);
		result = report_tell_all(report, rule, outcome,
		                         (struct saying){EFFECT_UPDATED, CAUSE_UPDATED, report->now, NULL});
	}
	return result == RESULT_OK ? report_answers(report, rule, outcome) : result;
}

static enum result report_closed(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	enum result result = RESULT_OK;
	bool told = outcome->reported == REPORTED_STANDING || outcome->reported == REPORTED_RESOLVED;
	/* Ended at the very instant at which it began: known in time, nobody would have heard of it. */
	if (outcome->instantaneous && told)
		return report_withdrawn(report, rule, outcome, CAUSE_NO_CAUSE);
	if (outcome->reported == REPORTED_RESOLVED)
		return RESULT_OK;
	if (outcome->reported != REPORTED_STANDING) {
		if (outcome->instantaneous || is_history(report, outcome))
			return RESULT_OK;
		result = report_opened(report, rule, outcome, false);
	}
	if (result == RESULT_OK && report_has_answer(outcome))
		result = report_answers(report, rule, outcome);
	return result == RESULT_OK ? report_resolved(report, rule, outcome) : result;
}

/* Its rule went into `mode: shadow`, or came out of it. Going in withdraws what people were told stands; what had ended
 * stays on record as it ended. Coming out tells what stands as at go-live; what had ended in shadow was never told and
 * is not now. Returns whether the outcome is to be reported by what it is now. */
static bool changes_mode(struct report *report, const struct rule *rule, struct outcome *outcome, bool *leaves_shadow,
                         enum result *result)
{
	*leaves_shadow = false;
	if (outcome->reported == REPORTED_NOT)
		outcome->as_shadow = rule->shadow;
	if (outcome->as_shadow == rule->shadow)
		return true;
	if (rule->shadow && outcome->reported == REPORTED_STANDING)
		*result = report_withdrawn(report, rule, outcome, CAUSE_RULE_SHADOW);
	if (outcome->state != OUTCOME_STANDING)
		return !rule->shadow; /* on record as of shadow, it ends there */
	*leaves_shadow = !rule->shadow;
	outcome->as_shadow = rule->shadow;
	outcome->reported = REPORTED_NOT;
	return *result == RESULT_OK;
}

/* A later period of the same alert stands for those who were told: what is said of that one is said of the alert. */
static bool told_again_since(struct history *history, const struct outcome *outcome)
{
	struct report_walk walk = report_walk_alerts(history, outcome->id);
	for (uint32_t i; (i = report_walk_next(&walk)) != MAP_NONE;) {
		const struct outcome *other = &history->outcomes[i];
		if (other->id == outcome->id && other > outcome && other->reported == REPORTED_STANDING)
			return true;
	}
	return false;
}

/* It should not have stood; where an earlier period of it rightly did, it should not have opened again. */
static enum result report_gone(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	const struct outcome *before = report_latest_before(report->history, outcome, stood_and_ended);
	if (outcome->reported == REPORTED_STANDING && before) {
		outcome->closed = outcome->ladder.stood_until = before->closed;
		return report_resolved(report, rule, outcome);
	}
	if (outcome->reported == REPORTED_RESOLVED && told_again_since(report->history, outcome)) {
		outcome->reported = REPORTED_PAST;
		return RESULT_OK;
	}
	if (outcome->reported == REPORTED_STANDING || (outcome->reported == REPORTED_RESOLVED && !before))
		return report_withdrawn(report, rule, outcome, CAUSE_NO_CAUSE);
	return RESULT_OK;
}

static enum result report_outcome(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = rule_of(report, outcome);
	enum result result = RESULT_OK;
	bool leaves_shadow;
	give_id(report->history, outcome, rule);
	if (!changes_mode(report, rule, outcome, &leaves_shadow, &result))
		return result;
	if (step_comes_first(report, outcome))
		result = report_climb(report, outcome);
	if (result != RESULT_OK)
		return result;
	switch ((enum outcome_state)outcome->state) {
	case OUTCOME_GONE:
		return report_gone(report, rule, outcome);
	case OUTCOME_STANDING:
		return report_standing(report, rule, outcome, leaves_shadow);
	case OUTCOME_CLOSED:
		return report_closed(report, rule, outcome);
	}
	return result;
}

/* ---- a history ---- */

static bool before_go_live(const struct engine *engine, instant now)
{
	return engine->settings.go_live != INSTANT_NONE && now < engine->settings.go_live;
}

/* It was told before go-live was moved: for people that is history, and what still stands is told at go-live as if for
 * the first time. */
static bool told_before_go_live(const struct engine *engine, const struct outcome *outcome)
{
	return outcome->state == OUTCOME_STANDING && outcome->reported == REPORTED_STANDING && !outcome->as_shadow &&
	       outcome->ladder.told != INSTANT_NONE && outcome->ladder.told < engine->settings.go_live;
}

static enum result tell_at_go_live(struct report *report, struct outcome *outcome)
{
	const struct rule *rule = rule_of(report, outcome);
	enum result result = report_opened(report, rule, outcome, true);
	return result == RESULT_OK ? report_answers(report, rule, outcome) : result;
}

/* By the clock alone: the next step of its ladder, or go-live. */
static instant next_step(const struct report *report, const struct outcome *outcome)
{
	const struct engine *engine = report->engine;
	if (outcome->state != OUTCOME_STANDING)
		return INSTANT_NEVER;
	if (told_before_go_live(engine, outcome))
		return engine->settings.go_live;
	if (outcome->reported == REPORTED_STANDING)
		return falls_due(report, outcome);
	return outcome->changed && engine->settings.go_live != INSTANT_NONE ? engine->settings.go_live : INSTANT_NEVER;
}

/* What it rests on changed while it was muted, and those who were told have not heard. */
static bool was_held_back(const struct report *report, const struct outcome *outcome)
{
	return report->history->mute_count && !report_is_muted(report, rule_of(report, outcome)) &&
	       outcome->state == OUTCOME_STANDING && outcome->reported == REPORTED_STANDING &&
	       outcome->evidence_hash != outcome->reported_hash;
}

/* What stands is on record with the events that people were told of: it waits until they hear of others. */
static bool may_be_put_right(const struct outcome *outcome)
{
	if (outcome->reported == REPORTED_STANDING)
		return outcome->state == OUTCOME_STANDING && outcome->evidence_hash == outcome->reported_hash;
	return outcome->reported == REPORTED_RESOLVED && outcome->state == OUTCOME_CLOSED;
}

/* Its record is put right where nobody hears of what changed: another engine, or this one after a restart, goes on from
 * what is on record. */
static enum result put_right(struct report *report, struct outcome *outcome)
{
	if (!outcome->corrected || !may_be_put_right(outcome))
		return RESULT_OK;
	outcome->corrected = false;
	report->left -= report->left > 0;
	return report_keep_ladder(report, rule_of(report, outcome), outcome);
}

static enum result report_changed(struct report *report, struct outcome *outcome)
{
	outcome->changed = report->kept = false;
	enum result result = report_outcome(report, outcome);
	if (report->kept)
		outcome->corrected = false;
	return result == RESULT_OK ? put_right(report, outcome) : result;
}

static enum result report_one(struct report *report, struct outcome *outcome)
{
	enum result result = RESULT_OK;
	if ((outcome->changed || was_held_back(report, outcome)) && outcome->reported != REPORTED_PAST)
		result = report_changed(report, outcome);
	if (result == RESULT_OK && told_before_go_live(report->engine, outcome))
		result = tell_at_go_live(report, outcome);
	if (result != RESULT_OK || outcome->state != OUTCOME_STANDING || outcome->reported != REPORTED_STANDING)
		return result;
	if (ladder_set_back(report->engine, rule_of(report, outcome), outcome, report->now))
		result = report_keep_ladder(report, rule_of(report, outcome), outcome);
	if (result == RESULT_OK && falls_due(report, outcome) <= report->now)
		result = report_climb(report, outcome);
	return result;
}

static bool waits_for_answer(const struct outcome *outcome)
{
	return outcome->state == OUTCOME_STANDING && outcome->reported == REPORTED_STANDING &&
	       !outcome->ladder.acknowledged;
}

/* What fell due and was not told says so. */
static void say_what_was_missed(struct report *report)
{
	struct history *history = report->history;
	for (size_t i = 0; i < history->outcome_count; i++) {
		struct outcome *outcome = &history->outcomes[i];
		if (waits_for_answer(outcome) && outcome->ladder.step /* not muted */ &&
		    outcome->ladder.next <= report->now)
			outcome->ladder.why = CAUSE_MISSED;
	}
	report->engine->figures.looked_at += history->outcome_count;
}

/* The step of which nobody was told is told again; what fell due says so already. */
static enum result tell_missed(struct report *report, struct outcome *outcome)
{
	if (outcome->ladder.next <= report->now)
		return RESULT_OK;
	history_step_moved(report->history, (uint32_t)(outcome - report->history->outcomes));
	return report_tell_step(report, rule_of(report, outcome), outcome, EFFECT_ASKED_AGAIN, CAUSE_MISSED, false);
}

/* At the last step nothing is hurried. */
static void hurry(struct report *report, struct outcome *outcome)
{
	if (outcome->ladder.step >= ladder_steps(report->engine, rule_of(report, outcome)))
		return;
	outcome->ladder.next = report->now;
	outcome->ladder.why = CAUSE_NOBODY;
	report->history->ladder_next = report->now;
	history_step_moved(report->history, (uint32_t)(outcome - report->history->outcomes));
}

static enum result go_on_from(struct report *report, const struct unreached *unreached)
{
	struct history *history = report->history;
	enum result result = RESULT_OK;
	struct report_walk walk = report_walk_alerts(history, unreached->id);
	for (uint32_t i; result == RESULT_OK && (i = report_walk_next(&walk)) != MAP_NONE;) {
		struct outcome *outcome = &history->outcomes[i];
		report->engine->figures.looked_at++;
		if (outcome->id != unreached->id || outcome->ladder.step != unreached->step ||
		    !waits_for_answer(outcome))
			continue;
		if (unreached->how == UNREACHED_MISSED)
			result = tell_missed(report, outcome);
		else if (unreached->how == UNREACHED_ONE)
			result = report_one_less(report, rule_of(report, outcome), outcome);
		else
			hurry(report, outcome);
	}
	return result;
}

/* Steps of which nobody could be told: the next comes now; and those that were missed. */
static enum result hurry_unreached(struct report *report)
{
	const struct engine *engine = report->engine;
	enum result result = RESULT_OK;
	bool said = false;
	for (size_t i = 0; i < engine->unreached_count && result == RESULT_OK; i++) {
		const struct unreached *unreached = &engine->unreached[i];
		if (unreached->history != report->history)
			continue;
		if (unreached->how == UNREACHED_MISSED && !said) {
			say_what_was_missed(report);
			said = true;
		}
		result = go_on_from(report, unreached);
	}
	return result;
}

/* Most events change no alert, and no step is due. */
static bool has_nothing_to_tell(const struct engine *engine, const struct history *history, instant now)
{
	return history->warned_from >= history->warned_count && !engine->unreached_count &&
	       history->ladder_next > now && history->changed_from >= history->outcome_count &&
	       (history->changed_from || history->ladder_next == INSTANT_NEVER);
}

/* An effect costs its host some ten times what folding an event costs. */
#define EVENTS_AN_EFFECT 10
static size_t effects_of_portion(const struct engine *engine)
{
	size_t portion = engine->settings.portion;
	return portion ? 1 + portion / EVENTS_AN_EFFECT : SIZE_MAX;
}

/* Those from *at to the end of their block, as far as the portion goes. *next: the lesser of it, and when the first of
 * them has a step to take. */
static enum result report_block(struct report *report, bool live, uint32_t *at, instant *next)
{
	struct history *history = report->history;
	enum result result = RESULT_OK;
	uint32_t block = *at / OUTCOMES_A_BLOCK, first = block * OUTCOMES_A_BLOCK, end = first + OUTCOMES_A_BLOCK;
	bool from_first = *at == first;
	instant least = INSTANT_NEVER;
	end = end < history->outcome_count ? end : history->outcome_count;
	for (; *at < end && report->left && result == RESULT_OK; ++*at) {
		if (live)
			result = report_one(report, &history->outcomes[*at]);
		instant step = next_step(report, &history->outcomes[*at]);
		least = step < least ? step : least;
	}
	*next = least < *next ? least : *next;
	report->engine->figures.looked_at += *at - first;
	if (!live || !from_first || *at < end || history->mute_count || block > history->step_block_count)
		return result;
	if (block == history->step_block_count)
		(void)mem_push32((void **)&history->step_blocks, &history->step_block_count, &history->step_block_room,
		                 sizeof *history->step_blocks);
	history->step_blocks[block] = least;
	return result;
}

/* *at: how far that came. Of a child with thousands of alerts those blocks are passed over in which none changed, and
 * none has a step to take yet; a mute may let any of them go. */
static enum result report_outcomes(struct report *report, bool live, uint32_t *at)
{
	struct history *history = report->history;
	enum result result = RESULT_OK;
	uint32_t first = history->ladder_next <= report->now ? 0 : history->changed_from;
	instant next = first == 0 ? mutes_next(report->engine, history, report->now) : history->ladder_next;
	if (!live || history->mute_count)
		history->step_block_count = 0;
	for (*at = first; *at < history->outcome_count && report->left && result == RESULT_OK;) {
		uint32_t block = *at / OUTCOMES_A_BLOCK;
		bool rests = *at % OUTCOMES_A_BLOCK == 0 && block < history->step_block_count &&
		             history->step_blocks[block] > report->now;
		if (!rests) {
			result = report_block(report, live, at, &next);
			continue;
		}
		next = history->step_blocks[block] < next ? history->step_blocks[block] : next;
		*at = (block + 1) * OUTCOMES_A_BLOCK;
	}
	if (*at > history->outcome_count)
		*at = history->outcome_count;
	history->ladder_next = next;
	return result;
}

enum result report_history(struct engine *engine, struct history *history, instant now, bool *whole,
                           struct fault *fault)
{
	*whole = true;
	if (has_nothing_to_tell(engine, history, now))
		return RESULT_OK;
	struct report report = {.engine = engine, .history = history, .now = now, .fault = fault,
	                        .left = effects_of_portion(engine), .because = engine->because};
	bool live = !before_go_live(engine, now);
	uint32_t at = 0;
	report_about_no_answer(&report);
	enum result result = report_warnings(&report, whole);
	if (engine->unreached_count && result == RESULT_OK)
		result = hurry_unreached(&report);
	if (result == RESULT_OK)
		result = report_outcomes(&report, live, &at);
	*whole = *whole && at == history->outcome_count;
	if (!*whole)
		history->ladder_next = INSTANT_NONE; /* the next portion looks at all of them again */
	if (live)
		history->changed_from = at;
	engine->because = report.because; /* its memory serves the next history */
	buffer_free(&report.by);
	buffer_free(&report.person);
	buffer_free(&report.passed_to);
	return result;
}

instant report_next(const struct history *history)
{
	return history->ladder_next;
}
