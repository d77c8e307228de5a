/* alert: the names of states and effects, as the contract prints them. */
#include "rules/alert.h"

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
	        [EFFECT_RESOLVED] = "alert.resolved",   [EFFECT_WITHDRAWN] = "alert.withdrawn",
	};
	return names[kind];
}
