/* memory_asked: what the engine asks of the events in memory. */
#include "backtest/memory_host_internal.h"

#include "event/schema.h"

static uint64_t fallen_hash(uint32_t number)
{
	return number * 0x9e3779b97f4a7c15; /* numbers are nobody's to choose */
}

static bool is_fallen(const struct memory_host *view, uint32_t number)
{
	struct map_walk walk = map_walk(&view->fallen, fallen_hash(number));
	uint32_t found;
	while ((found = map_next(&walk)) != MAP_NONE && found != number)
		;
	return found != MAP_NONE;
}

static bool stands(const struct memory_host *host, uint32_t number)
{
	return host->owns ? stored_at(host, number)->standing : !host->fallen.count || !is_fallen(host, number);
}

static enum result visit_one(struct memory_host *host, uint32_t index, engine_visit_event *visit, void *argument,
                             struct fault *fault)
{
	struct event event;
	memory_unpack(host, index, &event);
	return visit(argument, &event, fault);
}

/* Of the chain it is in only those of the subject are visited. */
static enum result visit_of(struct memory_host *host, struct text id, uint32_t number, engine_visit_event *visit,
                            void *argument, struct fault *fault)
{
	struct event event;
	memory_unpack(host, number, &event);
	return text_equal(event.subject, id) ? visit(argument, &event, fault) : RESULT_OK;
}

/* `before`: a ref. What does not stand for a view may stand for another, and stays in the chain. */
static enum result visit_subject(struct memory_host *host, struct text id, uint64_t before, engine_visit_event *visit,
                                 void *argument, struct fault *fault)
{
	uint32_t subject = memory_subject_hash(host, id);
	enum result result = RESULT_OK;
	uint32_t *link = host->events->chain_count ? memory_chain_of(host, subject) : NULL;
	while (link && *link != NONE && result == RESULT_OK) {
		struct stored *stored = stored_at(host, *link);
		bool standing = stands(host, *link);
		if (standing || !host->owns) {
			if (standing && stored->subject == subject && ref_of(*link) < before)
				result = visit_of(host, id, *link, visit, argument, fault);
			link = &stored->next;
		} else {
			*link = stored->next;
			stored->chained = false;
		}
	}
	return result;
}

static enum result visit_party(struct memory_host *host, enum party_kind domain, struct text id, uint64_t before,
                               engine_visit_event *visit, void *argument, struct fault *fault)
{
	const struct bucket *bucket = memory_find(host, &host->events->parties[domain], id);
	enum result result = RESULT_OK;
	for (size_t i = bucket ? bucket->count : 0; i > 0 && result == RESULT_OK; i--)
		if (ref_of(bucket->refs[i - 1]) < before && stands(host, bucket->refs[i - 1]))
			result = visit_one(host, bucket->refs[i - 1], visit, argument, fault);
	return result;
}

static enum result host_history(void *context, enum party_kind domain, struct text id, uint64_t before,
                                engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	memory_file_waiting(host);
	before = before ? before : UINT64_MAX;
	before = before <= host->reached ? before : host->reached + 1;
	memory_hold(host, false);
	enum result result = domain != PARTY_NONE ? visit_party(host, domain, id, before, visit, argument, fault)
	                                          : visit_subject(host, id, before, visit, argument, fault);
	memory_let_go(host);
	return result;
}

static enum result host_alerts(void *context, enum party_kind domain, struct text id, engine_visit_alert *visit,
                               void *argument, struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)visit, (void)argument, (void)fault;
	return RESULT_OK; /* nothing is ever evicted, so nobody has to be reminded */
}

static enum result visit_record(struct memory_host *host, uint32_t index, struct text source,
                                engine_visit_record *visit, void *argument, struct fault *fault)
{
	struct event event;
	if (ref_of(index) > host->reached)
		return RESULT_OK;
	memory_unpack(host, index, &event);
	if (!text_equal(event.source, source))
		return RESULT_OK;
	struct engine_record record = {.ref = event.ref,
	                               .source = event.source,
	                               .id = event.id,
	                               .type = event.type,
	                               .order = event.recorded != INSTANT_NONE ? event.recorded : event.time,
	                               .replaces = event.replaces,
	                               .standing = stands(host, index)};
	if (event.type == TYPE_ID_EVENT_WITHDRAWN)
		record.withdraws = event_string(&event, host->name_id);
	return visit(argument, &record, fault);
}

static enum result host_record(void *context, struct text source, struct text id, engine_visit_record *visit,
                               void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	memory_hold(host, false);
	uint32_t index = memory_find_id(host, source, id, memory_id_hash(source, id));
	memory_let_go(host);
	return index == NONE ? RESULT_OK : visit_record(host, index, source, visit, argument, fault);
}

static enum result host_amendments(void *context, struct text source, struct text target, engine_visit_record *visit,
                                   void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	enum result result = RESULT_OK;
	if (!host->amended)
		return RESULT_OK;
	memory_hold(host, false);
	const struct bucket *bucket = memory_find(host, &host->events->targets, target);
	for (size_t i = 0; bucket && i < bucket->count && result == RESULT_OK; i++)
		result = visit_record(host, bucket->refs[i], source, visit, argument, fault);
	memory_let_go(host);
	return result;
}

static enum result host_set_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	struct memory_host *host = context;
	uint32_t number = number_of(ref);
	struct stored *stored = stored_at(host, number);
	(void)fault;
	if (!host->owns) {
		(void)map_remove(&host->fallen, fallen_hash(number), number);
		if (!standing)
			map_add(&host->fallen, fallen_hash(number), number);
		return RESULT_OK;
	}
	stored->standing = standing;
	if (standing && !stored->chained && number < host->events->filed)
		memory_chain(host, number);
	return RESULT_OK;
}

static enum result host_event(void *context, uint64_t ref, engine_visit_event *visit, void *argument,
                              struct fault *fault)
{
	return visit_one(context, number_of(ref), visit, argument, fault);
}

static enum result host_merges(void *context, engine_visit_event *visit, void *argument, struct fault *fault)
{
	struct memory_host *host = context;
	enum result result = RESULT_OK;
	for (size_t i = 0; i < host->events->merge_count && result == RESULT_OK; i++)
		if (stands(host, host->events->merges[i]))
			result = visit_one(host, host->events->merges[i], visit, argument, fault);
	return result;
}

static enum result host_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct memory_host *host = context;
	return host->effect ? host->effect(host->context, effect, fault) : RESULT_OK;
}

static enum result host_keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                   struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)alert, (void)fault;
	return RESULT_OK;
}

static enum result host_keep_due(void *context, enum party_kind domain, struct text id, instant due,
                                 struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)due, (void)fault;
	return RESULT_OK; /* the engine keeps its own heap where nothing is evicted */
}

static enum result host_warned(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct memory_host *host = context;
	return host->warned ? host->warned(host->context, ref, field, reason, fault) : RESULT_OK;
}

struct engine_host memory_host_interface(struct memory_host *host)
{
	return (struct engine_host){
		.context = host,
		.history = host_history,
		.alerts = host_alerts,
		.record = host_record,
		.amendments = host_amendments,
		.set_standing = host_set_standing,
		.event = host_event,
		.merges = host_merges,
		.effect = host_effect,
		.keep_alert = host_keep_alert,
		.keep_due = host_keep_due,
		.warned = host_warned,
	};
}
