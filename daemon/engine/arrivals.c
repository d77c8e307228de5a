/* arrivals: whose histories an event is of, and which are to be judged or folded anew because of it. */
#include "engine/answers.h"
#include "engine/arrivals.h"
#include "engine/history/checkpoints.h"
#include "engine/parties.h"
#include "engine/shards.h"

#include <stdlib.h>

/* ---- whose histories an event is of ---- */

bool arrivals_concern(const struct engine *engine, enum party_kind domain, type_id type)
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
	if (arrivals_concern(engine, PARTY_NONE, event->type))
		result = visit(engine, PARTY_NONE, links_take_event(engine->links, event->subject), argument, fault);
	const struct event_type *known = schema_type(event->type);
	for (enum party_kind domain = PARTY_WORKER; domain < DOMAINS && result == RESULT_OK; domain++) {
		if (!arrivals_concern(engine, domain, event->type))
			continue;
		if (subject_is_of(engine, domain, event))
			result =
				visit(engine, domain, links_take_event(engine->links, event->subject), argument, fault);
		for (size_t i = 0; known && i < known->field_count && result == RESULT_OK; i++) {
			struct text party = known->fields[i].party == domain
			                            ? event_string(event, known->fields[i].name_id)
			                            : TEXT_NONE;
			if (party.length)
				result = visit(engine, domain, links_take_event(engine->links, party), argument, fault);
		}
	}
	return result;
}

/* `event`: the one that changed; NULL: others, too. Facts hold for all of the history. */
static void fold_again(struct engine *engine, enum party_kind domain, struct text id, const struct event *event)
{
	engine->order.nth++;
	if (!shards_own(engine, id))
		return;
	struct history *history = cache_get(engine, domain, id);
	const struct interest *interest = event ? rule_index_interest(engine->index, domain, event->type) : NULL;
	instant from = event && !(interest && interest->facts) ? event->time : INSTANT_NONE;
	if (!history->refold || from < history->refold_from)
		history->refold_from = from;
	if (event)
		checkpoints_lower(history, event->ref);
	history->refold = true;
	engine_touch(engine, history);
}

static enum result fold_anew(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                             struct fault *fault)
{
	(void)fault;
	fold_again(engine, domain, id, argument);
	return RESULT_OK;
}

/* A child of whom nobody ever spoke before: most of the first events of a backlog. */
static bool is_new(const struct engine *engine, const struct history *history)
{
	const struct text *ids;
	const struct engine_host *host = &engine->host;
	return host->holds_nothing && history->domain == PARTY_NONE && !history->loaded && !history->missed &&
	       !history->touched && links_members(engine->links, history->id, &ids) == 1 &&
	       host->holds_nothing(host->context, history->domain, history->id);
}

static enum result deliver(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                           struct fault *fault)
{
	(void)fault;
	const struct event *event = argument;
	engine->order.nth++;
	if (!shards_own(engine, id))
		return RESULT_OK;
	struct history *history = cache_get(engine, domain, id);
	if (is_new(engine, history))
		history->loaded = true;
	if (!history->loaded && !history->missed)
		history->missed = event->ref;
	if (history->loaded && !(history->pending && history->pending->event == event)) { /* else: named twice */
		struct pending *pending = arena_alloc(engine->waiting, sizeof *pending);
		*pending = (struct pending){event, history->pending};
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

struct links_statement arrivals_statement(const struct engine *engine, const struct event *event)
{
	return (struct links_statement){.ref = event->ref,
	                                .time = event->time,
	                                .source = event->source,
	                                .id = event->id,
	                                .survivor = event->subject,
	                                .ceased = event_string(event, engine->name_from),
	                                .merged = event->type == TYPE_ID_PERSON_MERGED};
}

struct asking {
	struct engine *engine;
	enum party_kind domain;
	bool any;
};

static enum result note_event(void *argument, const struct event *event, struct fault *fault)
{
	struct asking *asking = argument;
	(void)fault;
	asking->any = arrivals_concern(asking->engine, asking->domain, event->type);
	return asking->any ? RESULT_TEMPORARY : RESULT_OK; /* one is enough to know */
}

/* Whether any rule looks at an event of the id or of what it is linked with: most ids that cease have none, and then
 * nothing is to be folded. Asked of the host once. */
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
				result = load_visit(engine, asking.domain, members[i], note_event, &asking, fault);
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
	return parties_of_event(looking->engine, event, fold_anew, NULL, fault);
}

/* A child whose event names a worker or provider whose ids were linked: its key is in the child's history. */
static enum result look_at_child(void *argument, const struct event *event, struct fault *fault)
{
	struct engine *engine = argument;
	(void)fault;
	if (arrivals_concern(engine, PARTY_NONE, event->type))
		fold_again(engine, PARTY_NONE, links_canonical(engine->links, event->subject), NULL);
	return RESULT_OK;
}

static enum result disturb_children(struct engine *engine, struct text party, struct fault *fault)
{
	struct engine_host *host = &engine->host;
	enum result result = RESULT_OK;
	for (enum party_kind domain = PARTY_WORKER; domain < DOMAINS && result == RESULT_OK; domain++)
		result = host->history(host->context, domain, party, 0, look_at_child, engine, fault);
	return result;
}

static bool has_moved(const struct links_part *part)
{
	return !text_equal(part->before, part->after);
}

/* Also where no rule looks at a worker or provider. What stayed is called what it was: its keys are as they were. */
static enum result disturb_keyed(struct engine *engine, const struct links_change *change, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < change->part_count && engine->index->child_keyed_by_party; i++)
		for (size_t k = 0; has_moved(&change->parts[i]) && k < change->parts[i].count && result == RESULT_OK;
		     k++)
			result = disturb_children(engine, change->parts[i].ids[k], fault);
	return result;
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
			for (size_t k = 0;
			     has_moved(&change->parts[i]) == moved && k < change->parts[i].count && result == RESULT_OK;
			     k++)
				result = load_visit(engine, PARTY_NONE, change->parts[i].ids[k], look_at_event,
				                    &looking, fault);
	return result;
}

static void disturb_histories(struct engine *engine, const struct links_part *part)
{
	for (enum party_kind domain = PARTY_NONE; domain < DOMAINS; domain++)
		if (engine->index->domain_used[domain]) {
			fold_again(engine, domain, part->before, NULL);
			fold_again(engine, domain, part->after, NULL);
		}
}

static enum result merge_changed(struct engine *engine, const struct event *event, bool stands, struct fault *fault)
{
	struct links_statement said = arrivals_statement(engine, event);
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
	bool linked =
		text_equal(links_canonical(engine->links, said.survivor), links_canonical(engine->links, said.ceased));
	for (int i = 0; i < 2; i++)
		links_set_events(engine->links, i ? said.ceased : said.survivor,
		                 linked && events[0] != events[1] ? LINKS_SOME_EVENTS : events[i]);
	bool any = false;
	for (size_t i = 0; i < change.part_count; i++)
		any |= has_moved(&change.parts[i]) && events[i] == LINKS_SOME_EVENTS;
	for (size_t i = 0; i < change.part_count && any; i++)
		disturb_histories(engine, &change.parts[i]);
	if (change.part_count)
		parties_forget(engine->parties); /* they are kept by the id of the history */
	if (any)
		result = disturb_parties(engine, &change, fault);
	return result == RESULT_OK ? disturb_keyed(engine, &change, fault) : result;
}

static bool is_merge(const struct event *event)
{
	return event->type == TYPE_ID_PERSON_MERGED || event->type == TYPE_ID_PERSON_UNMERGED;
}

enum result arrivals_standing_changed(struct engine *engine, const struct event *event, bool stands,
                                      struct fault *fault)
{
	if (is_merge(event))
		return merge_changed(engine, event, stands, fault);
	if (!stands)
		answers_forget(engine, event->ref);
	else if (is_party_end(engine, event))
		shards_note_end(engine, event);
	enum result result = stands ? parties_note(engine, event, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = each_history(engine, event, fold_anew, (void *)(uintptr_t)event, fault);
	if (result == RESULT_OK && is_party_end(engine, event))
		result = parties_of_child(engine, event->subject, fold_anew, (void *)(uintptr_t)event, fault);
	return result;
}

/* ---- what comes in ---- */

/* A start that names a party and comes late may have its end stored already: the party's history is gathered anew. What
 * the child's history holds is not known while it waits to be folded anew (a merge brought it another's ends). */
static bool is_late(const struct engine *engine, const struct event *event)
{
	if (engine->shards) /* the child's history may be another's */
		return event->time <= shards_ended(engine, event->subject);
	const struct history *history = cache_find(engine, PARTY_NONE, links_canonical(engine->links, event->subject));
	if (!history)
		return !engine->settings.from_nothing;
	return !history->loaded || history->refold || event->time <= history->last ||
	       event->time <= history->ended;
}

static void note_end(struct engine *engine, const struct event *event)
{
	if (!engine->index->domain_used[PARTY_WORKER] && !engine->index->domain_used[PARTY_PROVIDER])
		return;
	if (engine->shards)
		shards_note_end(engine, event);
	else
		load_note_end(engine, cache_get(engine, PARTY_NONE, links_canonical(engine->links, event->subject)),
		              event);
}

static enum result touch(struct engine *engine, enum party_kind domain, struct text id, void *argument,
                         struct fault *fault)
{
	(void)argument;
	(void)fault;
	engine_touch(engine, cache_get(engine, domain, id));
	return RESULT_OK;
}

/* One whose time has come was judged by whoever ran before, and waited for another history: whether it met an alert is
 * found out once more. */
static enum result recall(void *argument, const struct event *event, struct fault *fault)
{
	struct engine *engine = argument;
	answers_note_again(engine, event);
	return event->time <= engine->events_to ? each_history(engine, event, touch, NULL, fault) : RESULT_OK;
}

enum result arrivals_recall_answers(struct engine *engine, struct fault *fault)
{
	const struct engine_host *host = &engine->host;
	if (engine->answers_recalled)
		return RESULT_OK;
	engine->answers_recalled = true; /* a flush that fails forgets that */
	return host->answers_waiting ? host->answers_waiting(host->context, recall, engine, fault) : RESULT_OK;
}

enum result arrivals_take(struct engine *engine, const struct event *event, struct fault *fault)
{
	enum result result = RESULT_OK;
	answers_note(engine, event);
	if (is_merge(event))
		return merge_changed(engine, event, true, fault);
	bool names_party = event->type < engine->index->type_count && engine->index->party_start[event->type];
	if (names_party)
		result = parties_note(engine, event, fault);
	bool late = names_party && is_late(engine, event);
	if (result == RESULT_OK)
		result = each_history(engine, event, deliver, (void *)(uintptr_t)event, fault);
	if (result == RESULT_OK && late) /* after that: whose history is judged first does not depend on it */
		result = parties_of_event(engine, event, fold_anew, NULL, fault);
	if (result == RESULT_OK && is_party_end(engine, event)) {
		note_end(engine, event);
		result = parties_of_child(engine, event->subject, deliver, (void *)(uintptr_t)event, fault);
	}
	return result;
}
