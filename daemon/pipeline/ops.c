/* ops: what ops must hear of the pipeline's own work: conflicts, spent ladders, records that wait. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "store/payload.h"

#define CONFLICT_PAUSE HOUR
#define QUARANTINE_PATIENCE HOUR
#define QUARANTINE_REMINDER (24 * HOUR)

static enum result add_row(struct pipeline *pipeline, const char *ops, const char *words, instant now,
                           struct fault *fault)
{
	int64_t id;
	struct payload payload = PAYLOAD_EMPTY;
	payload.at = now;
	payload.ops = text_of(ops);
	payload.words = text_of(words);
	buffer_clear(&pipeline->json);
	payload_write(&payload, &pipeline->json);
	struct outbox_row row = {.kind = OUTBOX_OPS, .purpose = TEXT("ops"), .rule = text_of(ops), .role = TEXT("ops"),
	                         .payload = buffer_view(&pipeline->json), .created = now, .not_before = now,
	                         .deadline = INSTANT_NEVER};
	return outbox_add(pipeline->store, &row, &id, fault);
}

enum result pipeline_tell_ops(struct pipeline *pipeline, const char *ops, const char *words, instant now, instant pause,
                              struct fault *fault)
{
	instant last;
	bool own = !store_in_transaction(pipeline->store);
	enum result result = outbox_last(pipeline->store, text_of(ops), &last, fault);
	if (result == RESULT_OK && last != INSTANT_NONE && now >= last && now - last < pause)
		return RESULT_OK; /* said already */
	log_work(LOG_LEVEL_WARNING, (struct log_about){.rule = ops}, "%s: %s", ops, words);
	if (result != RESULT_OK)
		return result;
	if (own)
		result = store_begin(pipeline->store, fault);
	if (result == RESULT_OK)
		result = add_row(pipeline, ops, words, now, fault);
	if (!own)
		return result;
	if (result == RESULT_OK)
		return store_commit(pipeline->store, fault);
	store_rollback(pipeline->store);
	return result;
}

static enum result tell_conflicts(struct pipeline *pipeline, struct fault *fault)
{
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words,
	              "%llu record(s) came with the source and id of an event that is stored with other content. They changed "
	              "nothing and wait in quarantine: look with `casewatch quarantine`; the source must give corrections ids of "
	              "their own, with `replaces`",
	              (unsigned long long)pipeline->conflicts);
	return pipeline_tell_ops(pipeline, "ops.conflict", buffer_cstr(&pipeline->words), pipeline->now, CONFLICT_PAUSE,
	                         fault);
}

static enum result tell_spent(struct pipeline *pipeline, struct fault *fault)
{
	uint64_t named = pipeline->spent < SPENT_NAMED ? pipeline->spent : SPENT_NAMED;
	buffer_clear(&pipeline->words);
	buffer_string(&pipeline->words, "nobody has answered, and no step is left, for");
	for (uint64_t i = 0; i < named; i++)
		buffer_format(&pipeline->words, "%s A-%lld", i ? "," : "", (long long)pipeline->spent_numbers[i]);
	if (pipeline->spent > named)
		buffer_format(&pipeline->words, " and %llu more", (unsigned long long)(pipeline->spent - named));
	buffer_string(&pipeline->words, ". The last step is asked again: ring its people, and see who was told with `casewatch "
	                                "explain`");
	return pipeline_tell_ops(pipeline, "ops.ladder-spent", buffer_cstr(&pipeline->words), pipeline->now, 0, fault);
}

enum result ops_after_batch(struct pipeline *pipeline, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (pipeline->conflicts)
		result = tell_conflicts(pipeline, fault);
	if (result == RESULT_OK && pipeline->spent)
		result = tell_spent(pipeline, fault);
	return result;
}

/* What waits longer than patience allows is said once, and again every day while anything does. */
enum result ops_check_quarantine(struct pipeline *pipeline, struct fault *fault)
{
	struct store_figures figures;
	instant last, patience = pipeline->settings.quarantine_patience;
	patience = patience ? patience : QUARANTINE_PATIENCE;
	pipeline->quarantine_check = INSTANT_NEVER;
	enum result result = store_figures(pipeline->store, &figures, fault);
	if (result == RESULT_OK)
		result = outbox_last(pipeline->store, TEXT("ops.quarantine"), &last, fault);
	if (result != RESULT_OK || !figures.quarantine_waiting)
		return result;
	instant due = figures.quarantine_oldest + patience;
	if (last != INSTANT_NONE && last >= due)
		due = last + QUARANTINE_REMINDER;
	if (due > pipeline->now) {
		pipeline->quarantine_check = due;
		return RESULT_OK;
	}
	pipeline->quarantine_check = pipeline->now + QUARANTINE_REMINDER;
	instant waited = pipeline->now - figures.quarantine_oldest;
	bool days = waited >= 48 * HOUR;
	buffer_clear(&pipeline->words);
	buffer_format(&pipeline->words,
	              "%llu record(s) could not be read and wait in quarantine, the oldest for more than %lld %s. A child "
	              "may be behind each: look with `casewatch quarantine`, have the source send it right, then release or "
	              "discard it",
	              (unsigned long long)figures.quarantine_waiting,
	              (long long)(waited / (days ? 24 * HOUR : MINUTE)), days ? "days" : "minutes");
	return pipeline_tell_ops(pipeline, "ops.quarantine", buffer_cstr(&pipeline->words), pipeline->now, 0, fault);
}
