/* nobody: the ladder of an alert of which nobody could be told climbs at once. */
#include "pipeline/pipeline_internal.h"

struct nobody {
	bool waits; /* the alert stands unanswered at that step */
	int step;
	enum party_kind domain;
	struct text id, subject;
	struct arena *arena;
};

static enum result see_waiting(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct nobody *nobody = argument;
	(void)fault;
	nobody->waits = row->state == ALERT_STANDING && !row->acknowledged && row->step == nobody->step;
	nobody->domain = row->domain;
	nobody->id = text_keep(nobody->arena, row->id);
	nobody->subject = text_keep(nobody->arena, row->subject);
	return RESULT_OK;
}

enum result nobody_climb(struct pipeline *pipeline, struct text alert, int step, enum nobody_how how,
                         struct fault *fault)
{
	struct nobody nobody = {.step = step, .arena = pipeline->arena};
	arena_reset(pipeline->arena);
	enum result result = alerts_find(pipeline->store, alert, see_waiting, &nobody, fault);
	if (result != RESULT_OK || !nobody.waits)
		return result;
	if (how == NOBODY_MISSED)
		return engine_missed(pipeline->engine, nobody.domain, nobody.subject, nobody.id, step, fault);
	if (how == NOBODY_BUT_OTHERS)
		return engine_one_less(pipeline->engine, nobody.domain, nobody.subject, nobody.id, step, fault);
	return engine_nobody(pipeline->engine, nobody.domain, nobody.subject, nobody.id, step, fault);
}

static enum result by_itself(struct pipeline *pipeline, struct text alert, int step, enum nobody_how how, instant now,
                             struct fault *fault)
{
	enum result result = transaction_begin(pipeline, now, fault);
	pipeline->transaction.live = true;
	if (result == RESULT_OK)
		result = nobody_climb(pipeline, alert, step, how, fault);
	return transaction_finish(pipeline, result, fault);
}

enum result pipeline_nobody(struct pipeline *pipeline, struct text alert, int step, instant now, struct fault *fault)
{
	return by_itself(pipeline, alert, step, NOBODY_TOLD, now, fault);
}

enum result pipeline_one_less(struct pipeline *pipeline, struct text alert, int step, instant now, struct fault *fault)
{
	return by_itself(pipeline, alert, step, NOBODY_BUT_OTHERS, now, fault);
}
