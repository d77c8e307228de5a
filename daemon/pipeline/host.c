/* host: what the engine asks of whoever keeps the events, answered from the store. */
#include "pipeline/pipeline_internal.h"

#include "store/elsewhere.h"

#include <stdlib.h>

struct seeing {
	engine_visit_event *event;
	engine_visit_record *record;
	void *argument;
};

static enum result see_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                             struct fault *fault)
{
	struct seeing *seeing = argument;
	(void)bytes;
	(void)arrived;
	return seeing->event(seeing->argument, event, fault);
}

static enum result host_history(void *context, enum party_kind domain, struct text id, uint64_t before,
                                engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.event = visit, .argument = argument};
	if (domain == PARTY_NONE)
		return events_of_subject(pipeline->store, id, before, see_event, &seeing, fault);
	return events_naming(pipeline->store, domain, id, before, see_event, &seeing, fault);
}

static bool host_holds_nothing(void *context, enum party_kind domain, struct text id)
{
	const struct pipeline *pipeline = context;
	return events_history_is_new(pipeline->store, domain, id);
}

static enum result host_alerts(void *context, enum party_kind domain, struct text id, engine_visit_alert *visit,
                               void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	return alerts_history(pipeline->store, pipeline->settings.engine.rules, domain, id, visit, argument, fault);
}

static enum result see_record(void *argument, const struct events_record *record, struct fault *fault)
{
	struct seeing *seeing = argument;
	struct engine_record shown = {.ref = record->ref,
	                              .source = record->source,
	                              .id = record->id,
	                              .type = record->type,
	                              .order = record->order,
	                              .replaces = record->replaces,
	                              .withdraws = record->withdraws,
	                              .standing = record->standing};
	return seeing->record(seeing->argument, &shown, fault);
}

static enum result host_record(void *context, struct text source, struct text id, engine_visit_record *visit,
                               void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.record = visit, .argument = argument};
	return events_record(pipeline->store, source, id, see_record, &seeing, fault);
}

static enum result host_amendments(void *context, struct text source, struct text target, engine_visit_record *visit,
                                   void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.record = visit, .argument = argument};
	return events_amendments(pipeline->store, source, target, see_record, &seeing, fault);
}

static enum result host_set_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	struct pipeline *pipeline = context;
	return events_set_standing(pipeline->store, ref, standing, fault);
}

static enum result host_event(void *context, uint64_t ref, engine_visit_event *visit, void *argument,
                              struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.event = visit, .argument = argument};
	return events_by_ref(pipeline->store, ref, see_event, &seeing, fault);
}

static enum result host_merges(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.event = visit, .argument = argument};
	return events_merges(pipeline->store, see_event, &seeing, fault);
}

static enum result host_keep_due(void *context, enum party_kind domain, struct text id, instant due,
                                 struct fault *fault)
{
	struct pipeline *pipeline = context;
	return due_set(pipeline->store, domain, id, backlog_due(pipeline, due), fault);
}

static enum result host_warned(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct pipeline *pipeline = context;
	pipeline->warned_later++;
	enum result result = events_warn(pipeline->store, ref, pipeline->transaction.now, field, reason, fault);
	return result == RESULT_OK ? answer_record_warning(pipeline, ref, field, reason, fault) : result;
}

static enum result note_answered(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	*(instant *)argument = row->acknowledged_at;
	return RESULT_OK;
}

static enum result host_answered(void *context, const char *alert, instant *at, struct fault *fault)
{
	struct pipeline *pipeline = context;
	*at = INSTANT_NONE;
	return alerts_find_any(pipeline->store, text_of(alert), note_answered, at, fault);
}

static enum result host_answer_waits(void *context, uint64_t ref, bool waits, struct fault *fault)
{
	struct pipeline *pipeline = context;
	return events_answer_waits(pipeline->store, ref, waits, fault);
}

static enum result host_answers_waiting(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct seeing seeing = {.event = visit, .argument = argument};
	return events_answers_waiting(pipeline->store, see_event, &seeing, fault);
}

struct telling {
	struct pipeline *pipeline;
	engine_visit_person *visit;
	void *argument;
	uint16_t step;
	uint64_t role;
	bool failed, other; /* of its messages some failed; some did not */
};

/* Those whom the directory names for the role: of several who may pass it on each must. Whom the child's own records
 * name is found when it is looked for them. */
static enum result see_holders(const struct telling *telling, const struct outbox_row *row, struct fault *fault)
{
	const struct engine_settings *settings = &telling->pipeline->settings.engine;
	const struct directory *directory = settings->directory;
	enum result result = telling->visit(telling->argument, TEXT(ENGINE_NOT_LOOKED_FOR), fault);
	if (!directory || !settings->calendar || directory_role_from(directory, row->role) != ROLE_FROM_PEOPLE)
		return result;
	instant at = row->not_before > row->created ? row->not_before : row->created;
	civil_day today = zone_date(calendar_zone(settings->calendar), at);
	size_t room = directory->person_count;
	struct recipient *holders = mem_zero(room + 1, sizeof *holders);
	size_t count = directory_resolve_at(directory, row->role, NULL, 0, today, at, holders, room);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = telling->visit(telling->argument, text_of(holders[i].person->id), fault);
	free(holders);
	return result;
}

static enum result see_told(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct telling *telling = argument;
	bool of_step = row->step == telling->step && engine_role(row->role) == telling->role;
	bool asks = text_equal(row->purpose, TEXT("opened")) || text_equal(row->purpose, TEXT("escalated")) ||
	            text_equal(row->purpose, TEXT("asked-again")) || text_equal(row->purpose, TEXT("passed-on"));
	if (!of_step || !asks)
		return RESULT_OK;
	bool given_up = false;
	enum result result = elsewhere_waits_not(telling->pipeline->store, row, telling->pipeline->settings.by_log,
	                                         &given_up, fault);
	telling->failed = telling->failed || given_up;
	telling->other = telling->other || !given_up;
	if (result != RESULT_OK || given_up)
		return result;
	/* A machine that reads what others have read hears answers before it looks for those who are to be told. What
	 * waits for its hour no machine has looked at. */
	const struct pipeline *pipeline = telling->pipeline;
	bool early = pipeline->settings.by_log && row->state == OUTBOX_PENDING &&
	             row->not_before <= pipeline->transaction.now;
	if (!row->person.length)
		return early ? see_holders(telling, row, fault) : RESULT_OK;
	return telling->visit(telling->argument, row->person, fault);
}

/* Whom the courier found for the role. */
static enum result host_told(void *context, const char *alert, uint16_t step, uint64_t role,
                             engine_visit_person *visit, void *argument, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct telling telling = {
		.pipeline = pipeline, .visit = visit, .argument = argument, .step = step, .role = role};
	enum result result =
		outbox_each(pipeline->store, text_of(alert), false, SIZE_MAX, see_told, &telling, fault);
	bool nobody = telling.failed && !telling.other;
	return result == RESULT_OK && nobody ? visit(argument, TEXT_NONE, fault) : result;
}

struct engine_host pipeline_host(struct pipeline *pipeline)
{
	return (struct engine_host){
		.context = pipeline,
		.history = host_history,
		.holds_nothing = host_holds_nothing,
		.alerts = host_alerts,
		.record = host_record,
		.amendments = host_amendments,
		.set_standing = host_set_standing,
		.event = host_event,
		.merges = host_merges,
		.effect = pipeline_effect,
		.keep_alert = pipeline_keep_alert,
		.keep_due = host_keep_due,
		.contradictions = contradictions_found,
		.warned = host_warned,
		.answered = host_answered,
		.answer_waits = host_answer_waits,
		.answers_waiting = host_answers_waiting,
		.told = host_told,
	};
}
