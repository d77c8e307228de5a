/* report_answers: what was answered since: who is told of it, and what it does to the ladder. */
#include "engine/answers.h"
#include "engine/report/report_internal.h"

/* Before handles of answers were kept, the acknowledgement in force was the newest that was heard of. */
static uint64_t heard_before(const struct ladder *ladder)
{
	return ladder->heard > ladder->answer ? ladder->heard : ladder->answer;
}

bool report_has_answer(const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->reply_count; i++)
		if (outcome->replies[i].ref > heard_before(&outcome->ladder))
			return true;
	return false;
}

/* The answer that holds the ladder; NULL: it is none of those that stand. */
static const struct reply *reply_in_force(const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->reply_count; i++)
		if (outcome->replies[i].ref == outcome->ladder.answer)
			return &outcome->replies[i];
	return NULL;
}

bool report_answer_stands(const struct outcome *outcome)
{
	return reply_in_force(outcome) != NULL;
}

static void note_heard(struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->reply_count; i++)
		if (outcome->replies[i].ref > outcome->ladder.heard)
			outcome->ladder.heard = outcome->replies[i].ref;
}

void report_answers_are_old(struct outcome *outcome)
{
	const struct reply *before = answers_in_force(outcome);
	note_heard(outcome);
	outcome->ladder.answer =
		before ? before->ref : 0; /* it holds the ladder no more, and is not one that came back */
}

/* ---- acknowledged ---- */

#define CUT_WORDS "the time to ask again lies too far ahead, so it was cut to ten times what the severity sets"

/* To the one who answered: it is asked again sooner than they said. */
static enum result tell_cut(struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	struct engine_host *host = &report->engine->host;
	struct ladder_tell tell = {.not_before = report_not_before(report, rule), .answer_by = outcome->ladder.next};
	const char *by = buffer_cstr(&report->by);
	if (host->warned) {
		enum result result =
			host->warned(host->context, report->answer, "data.review_at", CUT_WORDS, report->fault);
		if (result != RESULT_OK)
			return result;
	}
	tell.roles[tell.count++] = by;
	report_describe(report, rule, outcome);
	return report_send(report, rule,
	                   (struct saying){EFFECT_REVIEW_CUT, CAUSE_REVIEW_CUT, report->answered_at, CUT_WORDS}, &tell,
	                   outcome->ladder.step);
}

static enum result report_acknowledged(struct report *report, const struct rule *rule, struct outcome *outcome,
                                       const struct reply *reply, bool latest)
{
	struct ladder *ladder = &outcome->ladder;
	const struct saying said = {EFFECT_ACKNOWLEDGED, CAUSE_ANSWERED, reply->at, NULL};
	bool cut = false;
	if (latest)
		ladder->answer = reply->ref;
	if (latest && answers_complete(report->engine, outcome, rule, outcome->id, ladder->step))
		cut = ladder_acknowledge(report->engine, rule, ladder, reply->at, report->now, reply->review);
	enum result result = report_about_answer(report, reply->ref);
	if (result == RESULT_OK)
		result = report_tell_all(report, rule, outcome, said);
	if (result == RESULT_OK && cut && outcome->state == OUTCOME_STANDING)
		result = tell_cut(report, rule, outcome);
	report_about_no_answer(report);
	return result;
}

/* ---- nobody is missing any more ---- */

/* One that was given before the step was last asked did not hold it since. */
static bool holds_since_asked(const struct report *report, const struct rule *rule, const struct outcome *outcome,
                              const struct reply *answer)
{
	const struct ladder *ladder = &outcome->ladder;
	return answer && (ladder->asked == INSTANT_NONE || answer->at >= ladder->asked) &&
	       answers_complete(report->engine, outcome, rule, outcome->id, ladder->step);
}

/* Whether all that is missing is there, though no answer came: it is held by the last one, as if that had come now.
 * *held: the ladder then; *cut: its review time lies too far ahead. */
static bool is_held(const struct report *report, const struct rule *rule, const struct outcome *outcome,
                    struct ladder *held, bool *cut)
{
	const struct reply *answer = answers_in_force(outcome);
	*held = outcome->ladder;
	/* Of what opened again while it was muted nobody was asked yet: what was answered before holds nothing. */
	if (held->acknowledged || outcome->state != OUTCOME_STANDING || held->asked == INSTANT_NONE ||
	    !holds_since_asked(report, rule, outcome, answer))
		return false;
	*cut = ladder_acknowledge(report->engine, rule, held, answer->at, answer->at, answer->review);
	return held->next > report->now; /* else asked again by then: the step's own time is as good */
}

static enum result hold(struct report *report, const struct rule *rule, struct outcome *outcome,
                        const struct ladder *held, bool cut)
{
	outcome->ladder = *held;
	history_step_moved(report->history, (uint32_t)(outcome - report->history->outcomes));
	enum result result = report_keep_ladder(report, rule, outcome);
	if (result == RESULT_OK && cut)
		result = report_about_answer(report, answers_in_force(outcome)->ref);
	if (result == RESULT_OK && cut)
		result = tell_cut(report, rule, outcome);
	report_about_no_answer(report);
	return result;
}

/* ---- passed on ---- */

static bool all_passed(const struct report *report, const struct rule *rule, const struct outcome *outcome)
{
	struct ladder_tell tell;
	const struct ladder *ladder = &outcome->ladder;
	if (ladder->acknowledged || outcome->state != OUTCOME_STANDING)
		return false;
	ladder_roles_told(report->engine, rule, outcome, &tell);
	instant since = ladder_told_last(ladder);
	if (since == ladder->told && ladder->step <= 1 && ladder->stood_until == INSTANT_NONE)
		since = INSTANT_NONE; /* told for the first time: all that is known was passed on since */
	else
		since++; /* who passed it on at that instant, so that this step was told, was told again since */
	return answers_all_passed(report->engine, outcome, outcome->id, ladder->step, tell.roles, tell.count,
	                          since);
}

static enum result goes_on_at_once(struct report *report, const struct rule *rule, struct outcome *outcome,
                                   enum effect_cause why)
{
	outcome->ladder.why = (uint8_t)why;
	outcome->ladder.next = report->now;
	return report_is_muted(report, rule) ? report_keep_ladder(report, rule, outcome)
	                                     : report_climb(report, outcome);
}

/* It moves no time of the step. The role it was passed on to is told at once; when nobody is left who was told, the
 * next step is, and at the last step ops are; when nobody is missing but by it, the others' answers hold the ladder. */
static enum result report_passed_on(struct report *report, const struct rule *rule, struct outcome *outcome,
                                    const struct reply *reply)
{
	struct ladder *ladder = &outcome->ladder;
	struct ladder held;
	bool cut = false, holds = is_held(report, rule, outcome, &held, &cut);
	bool all = !holds && all_passed(report, rule, outcome);
	bool last = ladder->step >= ladder_steps(report->engine, rule);
	struct ladder_tell tell = {.not_before = report_not_before(report, rule), .answer_by = ladder->next,
	                           .spent = all && last && !ladder->spent};
	ladder->spent |= tell.spent;
	enum result result = report_about_answer(report, reply->ref);
	if (report->passed_to.length)
		tell.roles[tell.count++] = buffer_cstr(&report->passed_to);
	ladder_next_roles(report->engine, rule, outcome, &tell);
	report_describe(report, rule, outcome);
	if (result == RESULT_OK)
		result = report_send(report, rule, (struct saying){EFFECT_PASSED_ON, CAUSE_PASSED_TO, reply->at, NULL},
		                     &tell, ladder->step);
	if (result == RESULT_OK)
		result = report_keep(report);
	if (result == RESULT_OK && all && !last)
		result = goes_on_at_once(report, rule, outcome, CAUSE_ALL_PASSED_ON);
	report_about_no_answer(report);
	return result == RESULT_OK && holds ? hold(report, rule, outcome, &held, cut) : result;
}

/* ---- an answer that was withdrawn ---- */

/* Nobody else answered: the step that had been reached is asked again at once, and has its whole time from then.
 * Another answer that stands goes on holding the ladder, to its own review time. */
static enum result report_withdrawn_answer(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	struct ladder *ladder = &outcome->ladder;
	const struct reply *other = answers_in_force(outcome);
	ladder->answer = other ? other->ref : 0;
	if (holds_since_asked(report, rule, outcome, other)) {
		(void)ladder_acknowledge(report->engine, rule, ladder, other->at, other->at, other->review);
		if (ladder->next > report->now) /* else it holds no longer: it was to be asked again before */
			return report_keep_ladder(report, rule, outcome);
	}
	ladder->acknowledged = false;
	return goes_on_at_once(report, rule, outcome, CAUSE_ANSWER_WITHDRAWN);
}

enum result report_one_less(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	struct ladder held;
	bool cut = false;
	if (is_held(report, rule, outcome, &held, &cut))
		return hold(report, rule, outcome, &held, cut);
	bool last = outcome->ladder.step >= ladder_steps(report->engine, rule);
	return !last && all_passed(report, rule, outcome)
	               ? goes_on_at_once(report, rule, outcome, CAUSE_ALL_PASSED_ON)
	               : RESULT_OK;
}

/* The answer that holds the ladder is none of those that stand: it was withdrawn, or a clock that was ahead gave it a
 * time that is still to come, since it was set back. Then it was given all the same, and holds as if it were given now:
 * who then wanted to be asked again in two hours wants it in two hours. */
static enum result answer_is_gone(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	enum result result = report_about_answer(report, outcome->ladder.answer);
	instant answered = report->answered_at, review = report->answered_review;
	bool ahead = answered > report->now;
	report_about_no_answer(report);
	if (result != RESULT_OK)
		return result;
	if (!ahead)
		return report_withdrawn_answer(report, rule, outcome);
	return ladder_review_back(report->engine, rule, &outcome->ladder, answered, report->now, review)
	               ? report_keep_ladder(report, rule, outcome)
	               : RESULT_OK;
}

/* Whether it was asked about, or the answer that holds it was heard of, at a time that is still to come. */
static enum result was_ahead(struct report *report, const struct outcome *outcome, bool *ahead)
{
	const struct engine_host *host = &report->engine->host;
	char id[ALERT_ID_SIZE];
	instant heard = INSTANT_NONE;
	*ahead = outcome->ladder.asked > report->now;
	if (*ahead || !host->answered)
		return RESULT_OK;
	report_print_id(outcome->id, id);
	enum result result = host->answered(host->context, id, &heard, report->fault);
	*ahead = heard > report->now;
	return result;
}

/* An answer that has a right time, and was taken while the clock was ahead, holds no longer than if it were taken now.
 */
static enum result review_comes_back(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	const struct reply *answer = reply_in_force(outcome);
	struct ladder back = outcome->ladder;
	bool ahead;
	if (!ladder_review_back(report->engine, rule, &back, answer->at, report->now, answer->review))
		return RESULT_OK;
	enum result result = was_ahead(report, outcome, &ahead);
	if (result != RESULT_OK || !ahead)
		return result;
	outcome->ladder = back;
	return report_keep_ladder(report, rule, outcome);
}

/* Whether the answer that holds the ladder was withdrawn; or one that had been withdrawn stands again. */
static enum result check_answer(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	const struct ladder *ladder = &outcome->ladder;
	const struct reply *answer = answers_in_force(outcome);
	if (outcome->state != OUTCOME_STANDING)
		return RESULT_OK;
	if (ladder->acknowledged && !report_answer_stands(outcome))
		return answer_is_gone(report, rule, outcome);
	if (ladder->acknowledged)
		return review_comes_back(report, rule, outcome);
	return answer && !ladder->answer ? report_acknowledged(report, rule, outcome, answer, true) : RESULT_OK;
}

/* Of an answer that is known late the later one holds, of which was heard before. */
static bool is_latest(const struct outcome *outcome, uint32_t count, uint32_t which, uint64_t heard)
{
	for (uint32_t i = which + 1; i < count; i++)
		if (!outcome->replies[i].passed && outcome->replies[i].ref <= heard)
			return false;
	return true;
}

enum result report_answers(struct report *report, const struct rule *rule, struct outcome *outcome)
{
	uint64_t before = heard_before(&outcome->ladder);
	enum result result = RESULT_OK;
	note_heard(outcome); /* each is spoken of once, also where a step fails half-way: nothing of it is kept then */
	uint32_t count = outcome->reply_count;
	for (uint32_t i = 0; i < count && result == RESULT_OK; i++) {
		const struct reply *reply = &outcome->replies[i];
		if (reply->ref <= before)
			continue;
		outcome->reply_count = i + 1; /* each is taken with those before it, also where several came at once */
		result = reply->passed ? report_passed_on(report, rule, outcome, reply)
		                       : report_acknowledged(report, rule, outcome, reply,
		                                             is_latest(outcome, count, i, before));
	}
	outcome->reply_count = count;
	return result == RESULT_OK ? check_answer(report, rule, outcome) : result;
}
