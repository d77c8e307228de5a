/* rejudge: every history is judged anew, a portion a tick, when the rules are not those it was judged by.
 *
 * In the database "judged_by" is the fingerprint of the rules that judged every history; empty as soon as others have
 * judged one. "judging" is "FINGERPRINT NUMBER SINCE": how far those came, and from when they judge. So rules that
 * come, go and come back before they are through begin anew: what the others judged meanwhile is judged again. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

void rejudge_set(struct pipeline *pipeline, struct text fingerprint)
{
	struct rejudge *rejudge = &pipeline->rejudge;
	buffer_clear(&rejudge->fingerprint);
	buffer_text(&rejudge->fingerprint, fingerprint);
	rejudge->marked = false;
}

/* Of a version before this one it says no more than how far. */
static void read_progress(struct pipeline *pipeline, struct text words)
{
	struct rejudge *rejudge = &pipeline->rejudge;
	char digits[64], *end;
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(words));
	rejudge->last = (uint32_t)strtoul(digits, &end, 10);
	if (pipeline->settings.by_log && *end == ' ')
		rejudge->since = strtoll(end, NULL, 10);
}

enum result rejudge_read(struct pipeline *pipeline, struct fault *fault)
{
	struct rejudge *rejudge = &pipeline->rejudge;
	struct text by, at, wanted = buffer_view(&rejudge->fingerprint);
	rejudge->wanted = wanted.length > 0; /* where it cannot be read: judge everything */
	rejudge->last = 0;
	rejudge->changed = false;
	rejudge->since = INSTANT_NONE;
	enum result result = store_get(pipeline->store, "judged_by", &by, fault);
	if (result == RESULT_OK)
		result = store_get(pipeline->store, "judging", &at, fault);
	if (result != RESULT_OK)
		return result;
	rejudge->wanted = wanted.length && !text_equal(by, wanted);
	rejudge->changed = by.length || at.length; /* else the database is new */
	if (at.length > wanted.length + 1 && memcmp(at.at, wanted.at, wanted.length) == 0 &&
	    at.at[wanted.length] == ' ')
		read_progress(pipeline, (struct text){at.at + wanted.length + 1, at.length - wanted.length - 1});
	return RESULT_OK;
}

bool pipeline_judges_anew(const struct pipeline *pipeline)
{
	return pipeline->rejudge.wanted;
}

static enum result write_progress(struct pipeline *pipeline, uint32_t last, struct fault *fault)
{
	char progress[128];
	(void)snprintf(progress, sizeof progress, "%.*s %u %lld",
	               TEXT_ARG(buffer_view(&pipeline->rejudge.fingerprint)), last,
	               (long long)pipeline->rejudge.since);
	return store_set(pipeline->store, "judging", text_of(progress), fault);
}

enum result rejudge_mark(struct pipeline *pipeline, struct fault *fault)
{
	struct rejudge *rejudge = &pipeline->rejudge;
	instant judged_to = pipeline->backlog.judged_to;
	if (rejudge->since == INSTANT_NONE) /* by the log's time of a new database: from what comes first in the log */
		rejudge->since = pipeline->settings.by_log ? judged_to : pipeline->transaction.now;
	engine_rules_changed(pipeline->engine,
	                     rejudge->wanted && rejudge->changed ? rejudge->since : INSTANT_NONE);
	if (!rejudge->wanted || rejudge->marked)
		return RESULT_OK;
	enum result result = store_set(pipeline->store, "judged_by", TEXT_NONE, fault);
	if (result == RESULT_OK)
		result = write_progress(pipeline, rejudge->last, fault);
	rejudge->marked = result == RESULT_OK; /* taken back where the transaction fails */
	return result;
}

static enum result judge_anew(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	struct pipeline *pipeline = argument;
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words, "history:%d:%.*s", (int)domain, TEXT_ARG(subject));
	if (!aside_begin(pipeline, buffer_view(&pipeline->words), 0))
		return aside_say_history(pipeline, domain, subject,
		                         "A child's history could not be judged by the changed rules", fault);
	return engine_due(pipeline->engine, domain, engine_canonical(pipeline->engine, subject), fault);
}

instant rejudge_next(const struct pipeline *pipeline)
{
	const struct rejudge *rejudge = &pipeline->rejudge;
	instant next = INSTANT_NEVER, since = rejudge->since;
	if (!rejudge->wanted && !pipeline->gone.wanted)
		return INSTANT_NEVER;
	if (since == INSTANT_NONE || !pipeline->settings.by_log)
		return INSTANT_NONE;
	if (rejudge->wanted)
		next = since + (instant)(rejudge->last / REJUDGE_PORTION) * REJUDGE_EVERY;
	instant gone = since + (instant)(pipeline->gone.last / GONE_PORTION) * REJUDGE_EVERY;
	return pipeline->gone.wanted && gone < next ? gone : next;
}

/* After the last portion the database is one of these rules. */
enum result rejudge_portion(struct pipeline *pipeline, size_t most, uint32_t *last, struct fault *fault)
{
	uint32_t from = pipeline->rejudge.last;
	size_t rest = REJUDGE_PORTION - from % REJUDGE_PORTION;
	if (pipeline->settings.by_log && rest < most)
		most = rest;
	enum result result = histories_each(pipeline->store, from, most, last, judge_anew, pipeline, fault);
	if (result != RESULT_OK)
		return result;
	if (*last)
		return write_progress(pipeline, *last, fault);
	return store_set(pipeline->store, "judged_by", buffer_view(&pipeline->rejudge.fingerprint), fault);
}

void rejudge_done(struct pipeline *pipeline, uint32_t last)
{
	pipeline->rejudge.last = last;
	pipeline->rejudge.wanted = last != 0;
	if (!last)
		log_notice("every history was judged anew by the rules in force");
}
