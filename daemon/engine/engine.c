/* engine: takes events in, finds whose histories they concern, and judges those at each flush. */
#include "engine/answers.h"

#include <stdlib.h>

static struct duration length(int32_t amount, enum duration_unit unit)
{
	return (struct duration){amount, unit};
}

/* rules.md, "Who is told, and when": local defaults by severity. */
void engine_settings_default(struct engine_settings *settings)
{
	*settings = (struct engine_settings){
	        .go_live = INSTANT_NONE,
	        .step_after = {length(30, UNIT_MINUTES), length(1, UNIT_WORKING_DAYS), length(5, UNIT_WORKING_DAYS)},
	        .review_after = {length(12, UNIT_HOURS), length(2, UNIT_WORKING_DAYS), length(10, UNIT_WORKING_DAYS)},
	        .ask_again = {length(30, UNIT_MINUTES), length(1, UNIT_DAYS), length(1, UNIT_WEEKS)},
	        .old_after = {length(24, UNIT_HOURS), length(7, UNIT_DAYS), length(7, UNIT_DAYS)},
	};
}

struct engine *engine_new(const struct engine_settings *settings, const struct engine_host *host)
{
	struct engine *engine = MEM_NEW(struct engine);
	engine->settings = *settings;
	engine->host = *host;
	engine->index = rule_index_new(settings->rules, settings->calendar);
	engine->links = links_new();
	engine->amendments = amendments_new();
	engine->scratch = arena_new(64 * 1024);
	engine->waiting = arena_new(16 * 1024);
	engine->unpacked = arena_new(1024);
	engine->seed = hash_seed();
	engine->due = due_heap_new();
	engine->now = engine->judged_to = INSTANT_NONE;
	engine->name_from = schema_name(TEXT("from"));
	engine->name_id = schema_name(TEXT("id"));
	engine->type_mute_started = schema_find(TEXT("mute.started"));
	engine->type_mute_ended = schema_find(TEXT("mute.ended"));
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	cache_clear(engine);
	heap_free(&engine->due);
	map_free(&engine->by_id);
	free(engine->histories);
	free(engine->free_places);
	free(engine->touched);
	rule_index_free(engine->index);
	links_free(engine->links);
	amendments_free(engine->amendments);
	arena_free(engine->scratch);
	arena_free(engine->waiting);
	arena_free(engine->unpacked);
	free(engine->sorted);
	free(engine->answers);
	free(engine->unreached);
	free(engine);
}

static struct links_statement statement_of(const struct engine *engine, const struct event *event)
{
	return (struct links_statement){.ref = event->ref, .time = event->time, .source = event->source, .id = event->id,
	                                .survivor = event->subject, .ceased = event_string(event, engine->name_from),
	                                .merged = event->type == TYPE_ID_PERSON_MERGED};
}

static enum result note_merge(void *argument, const struct event *event, struct fault *fault)
{
	struct engine *engine = argument;
	struct links_statement said = statement_of(engine, event);
	struct links_change change;
	(void)fault;
	links_add(engine->links, &said, &change);
	return RESULT_OK;
}

enum result engine_start(struct engine *engine, struct fault *fault)
{
	return engine->host.merges(engine->host.context, note_merge, engine, fault);
}

void engine_forget(struct engine *engine)
{
	arena_reset(engine->waiting);
	engine->touched_count = engine->answer_count = engine->unreached_count = 0;
	for (struct history *history = engine->newest; history; history = history->older)
		history->touched = false;
	cache_clear(engine);
	heap_free(&engine->due);
	links_clear(engine->links);
	amendments_clear(engine->amendments);
}

struct text engine_canonical(const struct engine *engine, struct text id)
{
	return links_canonical(engine->links, id);
}

size_t engine_linked(const struct engine *engine, struct text id, const struct text **ids)
{
	return links_members(engine->links, id, ids);
}

/* ---- whose histories an event is of ---- */

typedef enum result for_history(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                                struct fault *fault);

static bool concerns(const struct engine *engine, enum party_kind domain, type_id type)
{
	const struct interest *interest = rule_index_interest(engine->index, domain, type);
	return interest && interest->any && engine->index->domain_used[domain];
}

static bool subject_is_of(const struct engine *engine, enum party_kind domain, const struct event *event)
{
	const struct event_type *known = schema_type(event->type);
	if (rule_index_interest(engine->index, domain, event->type)->answer || !known)
		return true;
	return (domain == PARTY_WORKER && known->subject == SUBJECT_WORKER) ||
	       (domain == PARTY_PROVIDER && known->subject == SUBJECT_PROVIDER);
}

/* The subject's own history, and those of the parties it names. */
static enum result each_history(struct engine *engine, const struct event *event, for_history *visit, void *argument,
                                struct fault *fault)
{
	enum result result = RESULT_OK;
	if (concerns(engine, PARTY_NONE, event->type))
		result = visit(engine, PARTY_NONE, links_take_event(engine->links, event->subject), argument, fault);
	const struct event_type *known = schema_type(event->type);
	for (enum party_kind domain = PARTY_WORKER; domain < DOMAINS && result == RESULT_OK; domain++) {
		if (!concerns(engine, domain, event->type))
			continue;
		if (subject_is_of(engine, domain, event))
			result = visit(engine, domain, links_take_event(engine->links, event->subject), argument, fault);
		for (size_t i = 0; known && i < known->field_count && result == RESULT_OK; i++) {
			struct text party = known->fields[i].party == domain ? event_string(event, known->fields[i].name_id)
			                                                     : TEXT_NONE;
			if (party.length)
				result = visit(engine, domain, links_take_event(engine->links, party), argument, fault);
		}
	}
	return result;
}

struct parties_of_child {
	struct engine *engine;
	for_history *visit;
	void *argument;
};

static enum result visit_parties(void *argument, const struct event *event, struct fault *fault)
{
	struct parties_of_child *of = argument;
	const struct event_type *known = schema_type(event->type);
	enum result result = RESULT_OK;
	for (size_t i = 0; known && i < known->field_count && result == RESULT_OK; i++) {
		enum party_kind domain = known->fields[i].party;
		if (domain == PARTY_NONE || !of->engine->index->domain_used[domain])
			continue;
		struct text party = event_string(event, known->fields[i].name_id);
		if (party.length)
			result = of->visit(of->engine, domain, links_canonical(of->engine->links, party), of->argument, fault);
	}
	return result;
}

/* Every party that any event of the child (under all its ids) names. */
static enum result each_party(struct engine *engine, struct text child, for_history *visit, void *argument,
                              struct fault *fault)
{
	if (!engine->index->domain_used[PARTY_WORKER] && !engine->index->domain_used[PARTY_PROVIDER])
		return RESULT_OK;
	struct parties_of_child of = {engine, visit, argument};
	const struct text *members;
	size_t count = links_members(engine->links, child, &members);
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = engine->host.history(engine->host.context, PARTY_NONE, members[i], visit_parties, &of, fault);
	return result;
}

static void fold_again(struct engine *engine, enum party_kind domain, struct text id)
{
	struct history *history = cache_get(engine, domain, id);
	history->refold = true;
	engine_touch(engine, history);
}

static enum result fold_anew(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                             struct fault *fault)
{
	(void)argument;
	(void)fault;
	fold_again(engine, domain, id);
	return RESULT_OK;
}

static enum result deliver(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                           struct fault *fault)
{
	(void)fault;
	struct history *history = cache_get(engine, domain, id);
	if (history->loaded && !(history->pending && history->pending->event == argument)) { /* else: named twice */
		struct pending *pending = arena_alloc(engine->waiting, sizeof *pending);
		*pending = (struct pending){argument, history->pending};
		history->pending = pending;
		history->pending_count++;
	}
	engine_touch(engine, history);
	return RESULT_OK;
}

static bool is_party_end(const struct engine *engine, const struct event *event)
{
	return event->type < engine->index->type_count && engine->index->party_end[event->type];
}

/* ---- merges ---- */

struct asking {
	struct engine *engine;
	enum party_kind domain;
	bool any;
};

static enum result note_event(void *argument, const struct event *event, struct fault *fault)
{
	struct asking *asking = argument;
	(void)fault;
	asking->any = concerns(asking->engine, asking->domain, event->type);
	return asking->any ? RESULT_TEMPORARY : RESULT_OK; /* one is enough to know */
}

/* Whether any rule looks at an event of the id or of what it is linked with: most ids that cease have none, and then nothing is
 * to be folded. Asked of the host once. */
static enum result ask_events(struct engine *engine, struct text id, enum links_events *events, struct fault *fault)
{
	const struct text *members;
	size_t count = links_members(engine->links, id, &members);
	struct asking asking = {.engine = engine};
	enum result result = RESULT_OK;
	*events = links_events(engine->links, id);
	if (*events != LINKS_UNKNOWN)
		return RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		for (asking.domain = PARTY_NONE; asking.domain < DOMAINS && result == RESULT_OK; asking.domain++)
			if (engine->index->domain_used[asking.domain])
				result = engine->host.history(engine->host.context, asking.domain, members[i], note_event, &asking, fault);
	*events = asking.any ? LINKS_SOME_EVENTS : LINKS_NO_EVENTS;
	return asking.any ? RESULT_OK : result;
}

struct looking {
	struct engine *engine;
	bool ends; /* that reach parties */
};

static enum result look_at_event(void *argument, const struct event *event, struct fault *fault)
{
	struct looking *looking = argument;
	(void)fault;
	looking->ends |= is_party_end(looking->engine, event);
	struct parties_of_child of = {looking->engine, fold_anew, NULL};
	return visit_parties(&of, event, fault);
}

static bool has_moved(const struct links_part *part)
{
	return !text_equal(part->before, part->after);
}

/* The parties that events of the parts name: keys in their histories hold the child's id, and ends reach them by it. */
static enum result disturb_parties(struct engine *engine, const struct links_change *change, struct fault *fault)
{
	if (!engine->index->domain_used[PARTY_WORKER] && !engine->index->domain_used[PARTY_PROVIDER])
		return RESULT_OK;
	struct looking looking = {.engine = engine};
	enum result result = RESULT_OK;
	for (int moved = 1; moved >= 0; moved--) /* then those of what stayed, which ends may have come to or left */
		for (size_t i = 0; i < change->part_count && (moved || looking.ends); i++)
			for (size_t k = 0; has_moved(&change->parts[i]) == moved && k < change->parts[i].count && result == RESULT_OK; k++)
				result = engine->host.history(engine->host.context, PARTY_NONE, change->parts[i].ids[k], look_at_event,
				                              &looking, fault);
	return result;
}

static void disturb_histories(struct engine *engine, const struct links_part *part)
{
	for (enum party_kind domain = PARTY_NONE; domain < DOMAINS; domain++)
		if (engine->index->domain_used[domain]) {
			fold_again(engine, domain, part->before);
			fold_again(engine, domain, part->after);
		}
}

static enum result merge_changed(struct engine *engine, const struct event *event, bool stands, struct fault *fault)
{
	struct links_statement said = statement_of(engine, event);
	struct links_change change;
	enum links_events events[2];
	enum result result = ask_events(engine, said.survivor, &events[0], fault);
	if (result == RESULT_OK)
		result = ask_events(engine, said.ceased, &events[1], fault);
	if (result != RESULT_OK)
		return result;
	if (stands)
		links_add(engine->links, &said, &change);
	else
		links_remove(engine->links, said.ref, &change);
	bool linked = text_equal(links_canonical(engine->links, said.survivor), links_canonical(engine->links, said.ceased));
	for (int i = 0; i < 2; i++)
		links_set_events(engine->links, i ? said.ceased : said.survivor,
		                 linked && events[0] != events[1] ? LINKS_SOME_EVENTS : events[i]);
	bool any = false;
	for (size_t i = 0; i < change.part_count; i++)
		any |= has_moved(&change.parts[i]) && events[i] == LINKS_SOME_EVENTS;
	for (size_t i = 0; i < change.part_count && any; i++)
		disturb_histories(engine, &change.parts[i]);
	return any ? disturb_parties(engine, &change, fault) : RESULT_OK;
}

static bool is_merge(const struct event *event)
{
	return event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED;
}

enum result engine_standing_changed(struct engine *engine, const struct event *event, bool stands, struct fault *fault)
{
	if (is_merge(event))
		return merge_changed(engine, event, stands, fault);
	if (!stands)
		answers_forget(engine, event->ref);
	enum result result = each_history(engine, event, fold_anew, NULL, fault);
	if (result == RESULT_OK && is_party_end(engine, event))
		result = each_party(engine, event->subject, fold_anew, NULL, fault);
	return result;
}

/* ---- what comes in ---- */

/* A start that names a party and comes late may have its end stored already: the party's history is gathered anew. */
static bool is_late(const struct engine *engine, const struct event *event)
{
	const struct history *history = cache_find(engine, PARTY_NONE, links_canonical(engine->links, event->subject));
	if (!history)
		return !engine->settings.from_nothing;
	return !history->loaded || event->time <= history->last || event->time <= history->ended;
}

enum result engine_take_standing(struct engine *engine, const struct event *event, struct fault *fault)
{
	enum result result = RESULT_OK;
	answers_note(engine, event);
	if (is_merge(event))
		return merge_changed(engine, event, true, fault);
	bool names_party = event->type < engine->index->type_count && engine->index->party_start[event->type];
	if (names_party && is_late(engine, event)) {
		struct parties_of_child of = {engine, fold_anew, NULL};
		result = visit_parties(&of, event, fault);
	}
	if (result == RESULT_OK)
		result = each_history(engine, event, deliver, (void *)(uintptr_t)event, fault);
	if (result == RESULT_OK && is_party_end(engine, event)) {
		if (engine->index->domain_used[PARTY_WORKER] || engine->index->domain_used[PARTY_PROVIDER])
			load_note_end(engine, cache_get(engine, PARTY_NONE, links_canonical(engine->links, event->subject)), event);
		result = each_party(engine, event->subject, deliver, (void *)(uintptr_t)event, fault);
	}
	return result;
}

enum result engine_accept(struct engine *engine, const struct event *event, struct fault *fault)
{
	bool waits;
	engine->figures.events++;
	enum result result = amendments_accept(engine, event, &waits, fault);
	return result != RESULT_OK || waits ? result : engine_take_standing(engine, event, fault);
}

void engine_look_ahead(const struct engine *engine, const struct event *event, int stage, uint64_t *hash)
{
	if (concerns(engine, PARTY_NONE, event->type))
		cache_look_ahead(engine, PARTY_NONE, event->subject, stage, hash);
}

enum result engine_due(struct engine *engine, enum party_kind domain, struct text id, struct fault *fault)
{
	(void)fault;
	struct history *history = cache_get(engine, domain, id);
	engine_touch(engine, history);
	return RESULT_OK;
}

enum result engine_nobody(struct engine *engine, enum party_kind domain, struct text subject, struct text alert, int step,
                          struct fault *fault)
{
	char digits[ALERT_ID_SIZE];
	(void)fault;
	if (alert.length != ALERT_ID_SIZE - 1 || step < 1 || step > UINT16_MAX)
		return RESULT_OK;
	memcpy(digits, alert.at, alert.length);
	digits[alert.length] = '\0';
	struct history *history = cache_get(engine, domain, subject);
	*(struct unreached *)mem_push((void **)&engine->unreached, &engine->unreached_count, &engine->unreached_room,
	                              sizeof *engine->unreached) =
	        (struct unreached){history, strtoull(digits, NULL, 16), (uint16_t)step};
	engine_touch(engine, history);
	return RESULT_OK;
}

/* ---- judging ---- */

static int order_pending(const void *a, const void *b)
{
	return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

static void sort_pending(struct engine *engine, const struct history *history)
{
	if (engine->sorted_room < history->pending_count) {
		engine->sorted_room = history->pending_count * 2;
		engine->sorted = mem_grow(engine->sorted, engine->sorted_room, sizeof *engine->sorted);
	}
	size_t count = 0;
	for (const struct pending *pending = history->pending; pending; pending = pending->next)
		engine->sorted[count++] = pending->event;
	if (count > 1)
		qsort(engine->sorted, count, sizeof *engine->sorted, order_pending);
}

static bool tells_facts(const struct engine *engine, const struct history *history, const struct event *event)
{
	const struct interest *interest = rule_index_interest(engine->index, history->domain, event->type);
	return interest && interest->facts;
}

/* What is in order goes the short way; everything else is folded anew from the first event. */
static bool in_order(struct engine *engine, struct history *history, instant now)
{
	if (!history->loaded || history->refold || history->future <= now)
		return false;
	if (!history->pending_count)
		return true;
	sort_pending(engine, history);
	if (engine->sorted[0]->time <= history->last || engine->sorted[0]->time < history->date_judged)
		return false;
	bool facts = false; /* they are timeless: a history that has begun is judged anew by them */
	for (size_t i = 0; i < history->pending_count && history->last != INSTANT_NONE; i++)
		facts |= tells_facts(engine, history, engine->sorted[i]);
	return !facts;
}

/* False where the events show that the history must be folded anew. */
static bool run_in_order(struct engine *engine, struct history *history, instant now)
{
	const struct event **events = engine->sorted;
	size_t count = history->pending_count;
	while (count && events[count - 1]->time > now)
		if (events[--count]->time < history->future)
			history->future = events[count]->time;
	struct fold fold;
	fold_set(engine, history, &fold);
	for (size_t i = 0; i < count && history->last == INSTANT_NONE; i++)
		if (tells_facts(engine, history, events[i]))
			history_set_fact(history, engine->settings.calendar, events[i], true);
	fold_prepare(&fold, events, count);
	if (fold.again)
		return false;
	engine->next = fold_run(&fold, events, count, now);
	return true;
}

static enum result keep_due(struct engine *engine, struct history *history, struct fault *fault)
{
	instant due = engine->next, ladder = report_next(history);
	due = due < ladder ? due : ladder;
	due = due < history->future ? due : history->future;
	if (due == history->due)
		return RESULT_OK;
	history->due = due;
	if (engine->settings.from_nothing)
		due_heap_update(engine, history);
	return engine->host.keep_due(engine->host.context, history->domain, history->id, due, fault);
}

static enum result tell_contradictions(struct engine *engine, struct history *history, bool anew, struct fault *fault)
{
	uint64_t hash = 0;
	for (uint32_t i = 0; i < history->contradiction_count; i++)
		hash = mark_mix(hash, history->contradictions[i]);
	if (!engine->host.contradictions || (!anew && hash == history->contradictions_told))
		return RESULT_OK;
	history->contradictions_told = hash;
	return engine->host.contradictions(engine->host.context, history->domain, history->id, history->contradictions,
	                                   history->contradiction_count, fault);
}

/* Folded up to the judged_to; told as of now. */
static enum result judge(struct engine *engine, struct history *history, instant judged_to, instant now,
                         struct fault *fault)
{
	enum result result = RESULT_OK;
	bool limited = engine->settings.cache_bytes != 0;
	if (limited)
		engine->bytes -= history->counted_bytes;
	bool anew = !in_order(engine, history, judged_to) || !run_in_order(engine, history, judged_to);
	if (anew)
		result = load_fold(engine, history, judged_to, fault);
	history->refold = false;
	history->pending = NULL;
	history->pending_count = 0;
	if (result == RESULT_OK)
		result = report_history(engine, history, now, fault);
	if (result == RESULT_OK)
		result = tell_contradictions(engine, history, anew, fault);
	if (result == RESULT_OK)
		result = keep_due(engine, history, fault);
	if (limited)
		engine->bytes += history->counted_bytes = history_bytes(history);
	return result;
}

enum result engine_flush(struct engine *engine, instant now, struct fault *fault)
{
	return engine_flush_behind(engine, now, now, fault);
}

enum result engine_flush_behind(struct engine *engine, instant judged_to, instant now, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (now < engine->now)
		now = engine->now;
	engine->now = now;
	if (judged_to < engine->judged_to)
		judged_to = engine->judged_to;
	if (judged_to > now)
		judged_to = now;
	engine->judged_to = judged_to;
	result = amendments_apply(engine, fault);
	for (size_t i = 0; i < engine->touched_count && result == RESULT_OK; i++) {
		struct history *history = engine->touched[i];
		history->touched = false;
		result = judge(engine, history, judged_to, now, fault);
	}
	if (result == RESULT_OK)
		result = answers_report(engine, judged_to, fault);
	if (result != RESULT_OK) {
		engine_forget(engine);
		return result;
	}
	engine->touched_count = engine->unreached_count = 0;
	arena_reset(engine->waiting);
	cache_shrink(engine);
	return RESULT_OK;
}

void engine_figures(const struct engine *engine, struct engine_figures *figures)
{
	*figures = engine->figures;
	figures->histories = engine->history_count;
	figures->bytes = map_bytes(&engine->by_id) + engine->place_room * sizeof(struct history *) +
	                 engine->due.room * engine->due.size + amendments_bytes(engine->amendments);
	for (const struct history *history = engine->newest; history; history = history->older)
		figures->bytes += history_bytes(history);
}
