/* pipeline_internal: what the files of the pipeline share; nobody else includes it. */
#ifndef CASEWATCH_PIPELINE_PIPELINE_INTERNAL_H
#define CASEWATCH_PIPELINE_PIPELINE_INTERNAL_H

#include "pipeline/pipeline.h"

#include "store/alerts.h"
#include "store/events.h"
#include "store/outbox.h"

struct pipeline {
	struct pipeline_settings settings;
	struct store *store;
	struct engine *engine;
	struct buffer fingerprint;   /* what `settings.fingerprint` views */
	bool forgotten;              /* the engine forgot its merges, too: they are read before anything else */
	bool live;                   /* the transaction is small: each effect has a line in the log */
	instant now;                 /* of the open transaction */
	bool behind;                 /* a backlog is read */
	instant judged_to;             /* up to which histories were judged; durable, so that it never goes back */
	/* gathered while a transaction is open */
	uint64_t conflicts;
	int64_t *spent;              /* numbers of alerts whose ladder has no step left */
	size_t spent_count, spent_room;
	uint64_t warned_later;       /* since start: warnings that only the judgement of an event brought */
	struct buffer words, json, ids;
	char event[128];             /* id of the newest event among an effect's evidence, for the log; may be cut */
	struct arena *arena;
	/* judging anew: the number of the history done last; durable as "judging" */
	bool judging;
	uint32_t judged;
	instant quarantine_check;    /* when to look whether somebody must be told of what waits */
	instant again, pause;        /* after a failure: no sooner than this; and how long the next pause is */
	char trouble[sizeof(struct fault)];
	struct pipeline_figures figures;
};

/* host.c: the engine's questions, answered from the store. */
struct engine_host pipeline_host(struct pipeline *pipeline);

/* effects.c: what happened to an alert, as rows. */
enum result pipeline_effect(void *context, const struct effect *effect, struct fault *fault);
enum result pipeline_keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                struct fault *fault);

/* ops.c: words to ops. */
void ops_note_spent(struct pipeline *pipeline, int64_t number); /* told with the batch */
MUST_CHECK enum result ops_after_batch(struct pipeline *pipeline, struct fault *fault); /* conflicts, spent ladders */
MUST_CHECK enum result ops_check_quarantine(struct pipeline *pipeline, struct fault *fault);

/* quarantine_decisions.c: records in quarantine that a person had released or discarded. */
bool quarantine_decision_is(const struct source_record *record);
MUST_CHECK enum result quarantine_decision_apply(struct pipeline *pipeline, const struct source_record *record, struct fault *fault);

#endif
