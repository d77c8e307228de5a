/* alert: the names of states and effects, as the contract prints them. */
#include "rules/alert.h"

uint64_t alert_key_of(struct text value)
{
	if (!value.length)
		return 0;
	uint64_t key = text_fingerprint(value, 3);
	return key ? key : 1;
}

const char *alert_state_name(enum alert_state state)
{
	static const char *const names[] = {
	        [ALERT_STANDING] = "standing", [ALERT_RESOLVED] = "resolved", [ALERT_WITHDRAWN] = "withdrawn"};
	return names[state];
}

const char *effect_name(enum effect_kind kind)
{
	static const char *const names[] = {
	        [EFFECT_WARNED] = "alert.warned",       [EFFECT_OPENED] = "alert.opened",
	        [EFFECT_UPDATED] = "alert.updated",     [EFFECT_ESCALATED] = "alert.escalated",
	        [EFFECT_ASKED_AGAIN] = "alert.asked_again", [EFFECT_ACKNOWLEDGED] = "alert.acknowledged",
	        [EFFECT_REVIEW_CUT] = "alert.review_cut",
	        [EFFECT_PASSED_ON] = "alert.passed_on", [EFFECT_RESOLVED] = "alert.resolved",
	        [EFFECT_WITHDRAWN] = "alert.withdrawn",
	};
	return names[kind];
}

static const char *const causes[EFFECT_CAUSES] = {
	[CAUSE_OPENED] = "opened",
	[CAUSE_OPENED_AGAIN] = "opened-again",
	[CAUSE_GO_LIVE] = "go-live",
	[CAUSE_UPDATED] = "updated",
	[CAUSE_UNANSWERED] = "unanswered",
	[CAUSE_NOBODY] = "nobody",
	[CAUSE_ALL_PASSED_ON] = "all-passed-on",
	[CAUSE_PASSED_TO] = "passed-to",
	[CAUSE_REVIEW_ASKED] = "review-asked",
	[CAUSE_REVIEW_DEFAULT] = "review-default",
	[CAUSE_ANSWER_WITHDRAWN] = "answer-withdrawn",
	[CAUSE_ANSWERED] = "answered",
	[CAUSE_REVIEW_CUT] = "review-cut",
	[CAUSE_ENDED] = "ended",
	[CAUSE_NO_CAUSE] = "no-cause",
	[CAUSE_RULE_GONE] = "rule-gone",
	[CAUSE_RULE_SHADOW] = "rule-shadow",
	[CAUSE_OPENED_WRONGLY] = "opened-wrongly",
	[CAUSE_EARLY] = "early",
	[CAUSE_MUTE_ENDED] = "mute-ended",
	[CAUSE_MISSED] = "missed",
};

const char *effect_cause_name(enum effect_cause cause)
{
	return causes[cause];
}

bool effect_cause_of(struct text name, enum effect_cause *cause)
{
	for (size_t i = 0; i < EFFECT_CAUSES; i++)
		if (text_equal(text_of(causes[i]), name)) {
			*cause = (enum effect_cause)i;
			return true;
		}
	return false;
}
