/* engine: takes events in, finds whose histories they concern, and judges those at each flush. */
#include "engine/answers.h"
#include "engine/arrivals.h"
#include "engine/fold/anew.h"
#include "engine/history/checkpoints.h"
#include "engine/parties.h"
#include "engine/parts.h"
#include "engine/shards.h"

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
	engine->upper = ladder_upper_new(engine);
	engine->duty = ladder_duty_new(engine->settings.directory);
	engine->links = links_new();
	engine->amendments = amendments_new();
	engine->parties = parties_new();
	engine->shards = shards_new(settings->shards);
	engine->scratch = arena_new(64 * 1024);
	engine->waiting = arena_new(16 * 1024);
	engine->unpacked = arena_new(1024);
	engine->unsettled = mem_zero(rule_index_words(engine->index), sizeof *engine->unsettled);
	engine->seed = hash_seed();
	parts_start(engine);
	engine->now = engine->judged_to = engine->events_to = engine->rules_since = INSTANT_NONE;
	engine->kept_now = engine->kept_judged_to = engine->kept_events_to = INSTANT_NONE;
	engine->name_from = schema_name(TEXT("from"));
	engine->name_id = schema_name(TEXT("id"));
	engine->type_mute_started = schema_find(TEXT("mute.started"));
	engine->type_mute_ended = schema_find(TEXT("mute.ended"));
	return engine;
}

void engine_rules_changed(struct engine *engine, instant since)
{
	engine->rules_since = since;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	anew_forget(engine);
	cache_free(engine);
	parts_free(engine);
	free(engine->touched);
	rule_index_free(engine->index);
	free(engine->upper);
	free(engine->duty);
	if (!engine->links_borrowed)
		links_free(engine->links);
	amendments_free(engine->amendments);
	parties_free(engine->parties);
	shards_free(engine->shards);
	arena_free(engine->scratch);
	arena_free(engine->waiting);
	arena_free(engine->unpacked);
	free(engine->unsettled);
	free(engine->clocks.items);
	buffer_free(&engine->because);
	free(engine->sorted);
	free(engine->answers);
	free(engine->unreached);
	free(engine);
}

bool engine_free_some(struct engine *engine, size_t most)
{
	if (!engine->place_count)
		return cache_free_forgotten(engine, most);
	cache_forget(engine); /* frees the first of them */
	return cache_free_forgotten(engine, 0);
}

bool engine_free_forgotten(struct engine *engine, size_t most)
{
	return cache_free_forgotten(engine, most);
}

static enum result note_merge(void *argument, const struct event *event, struct fault *fault)
{
	struct engine *engine = argument;
	struct links_statement said = arrivals_statement(engine, event);
	struct links_change change;
	(void)fault;
	links_add(engine->links, &said, &change);
	return RESULT_OK;
}

enum result engine_start(struct engine *engine, struct fault *fault)
{
	enum result result = engine->host.merges(engine->host.context, note_merge, engine, fault);
	links_keep(engine->links);
	return result;
}

void engine_start_beside(struct engine *engine, struct engine *other)
{
	links_free(engine->links);
	engine->links = other->links;
	engine->links_borrowed = true;
}

void engine_start_after(struct engine *engine, struct engine *before)
{
	struct links *empty = engine->links;
	engine->links = before->links;
	before->links = empty;
	links_forget_events(engine->links);
}

void engine_committed(struct engine *engine)
{
	links_keep(engine->links);
	engine->kept_now = engine->now;
	engine->kept_judged_to = engine->judged_to;
	engine->kept_events_to = engine->events_to;
}

void engine_forget_merges(struct engine *engine)
{
	links_clear(engine->links);
}

void engine_forget(struct engine *engine)
{
	arena_reset(engine->waiting);
	anew_forget(engine);
	engine->waited = engine->touched_count = engine->answer_count = engine->unreached_count = 0;
	engine->answers_recalled = false;
	engine->now = engine->kept_now;
	engine->judged_to = engine->kept_judged_to;
	engine->events_to = engine->kept_events_to;
	cache_forget(engine);
	parts_forget_due(engine);
	if (!engine->links_borrowed)
		links_undo(engine->links);
	amendments_clear(engine->amendments);
	parties_forget(engine->parties);
}

struct text engine_canonical(const struct engine *engine, struct text id)
{
	return links_canonical(engine->links, id);
}

size_t engine_linked(const struct engine *engine, struct text id, const struct text **ids)
{
	return links_members(engine->links, id, ids);
}

/* ---- what comes in ---- */

enum result engine_accept(struct engine *engine, const struct event *event, struct fault *fault)
{
	bool waits;
	engine->order = (struct engine_order){.phase = ENGINE_ARRIVED, .ref = event->ref};
	engine->figures.events++;
	engine->newest_ref = event->ref > engine->newest_ref ? event->ref : engine->newest_ref;
	enum result result = amendments_accept(engine, event, &waits, fault);
	return result != RESULT_OK || waits ? result : arrivals_take(engine, event, fault);
}

void engine_look_ahead(const struct engine *engine, const struct event *event, int stage, uint64_t *hash)
{
	if (arrivals_concern(engine, PARTY_NONE, event->type))
		cache_look_ahead(engine, PARTY_NONE, event->subject, stage, hash);
}

void engine_look_ahead_hashed(const struct engine *engine, uint64_t hash, int stage)
{
	cache_look_ahead_hashed(engine, stage, hash);
}

enum result engine_due(struct engine *engine, enum party_kind domain, struct text id, struct fault *fault)
{
	(void)fault;
	struct history *history = cache_get(engine, domain, id);
	history->due_spent = true;
	engine_touch(engine, history);
	return RESULT_OK;
}

static uint64_t id_of(struct text alert)
{
	char digits[ALERT_ID_SIZE];
	if (alert.length != ALERT_ID_SIZE - 1)
		return 0;
	memcpy(digits, alert.at, alert.length);
	digits[alert.length] = '\0';
	return strtoull(digits, NULL, 16);
}

static void note_unreached(struct engine *engine, struct history *history, uint64_t id, int step,
                           enum unreached_how how)
{
	*(struct unreached *)mem_push((void **)&engine->unreached, &engine->unreached_count, &engine->unreached_room,
	                              sizeof *engine->unreached) =
	        (struct unreached){history, id, (uint16_t)step, how};
	engine_touch(engine, history);
}

enum result engine_nobody(struct engine *engine, enum party_kind domain, struct text subject, struct text alert,
                          int step, struct fault *fault)
{
	(void)fault;
	if (id_of(alert) && step >= 1 && step <= UINT16_MAX)
		note_unreached(engine, cache_get(engine, domain, subject), id_of(alert), step, UNREACHED_NOBODY);
	return RESULT_OK;
}

enum result engine_one_less(struct engine *engine, enum party_kind domain, struct text subject, struct text alert,
                            int step, struct fault *fault)
{
	uint64_t id = id_of(alert);
	(void)fault;
	if (!id || step < 1 || step > UINT16_MAX)
		return RESULT_OK;
	struct history *history = cache_get(engine, domain, subject);
	if (answers_may_end_it(engine, history, id, (uint16_t)step)) {
		history->refold = true; /* the fold alone ends it: whose answer was the last is another now */
		history->refold_from = INSTANT_NONE;
	}
	note_unreached(engine, history, id, step, UNREACHED_ONE);
	return RESULT_OK;
}

enum result engine_missed(struct engine *engine, enum party_kind domain, struct text subject, struct text alert,
                          int step, struct fault *fault)
{
	struct history *history = cache_get(engine, domain, subject);
	(void)fault;
	history->due_spent = true;
	note_unreached(engine, history, id_of(alert), step, UNREACHED_MISSED);
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
static bool in_order(struct engine *engine, struct history *history)
{
	if (!history->loaded || history->refold || history->future <= engine->events_to)
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

/* False where the events show that the history must be folded anew. Clocks run to the last of them, and to `now`. */
static bool run_in_order(struct engine *engine, struct history *history, instant now)
{
	const struct event **events = engine->sorted;
	size_t count = history->pending_count;
	while (count && events[count - 1]->time > engine->events_to)
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
	history->taken += (uint32_t)fold_run(&fold, events, count, now, NULL, &engine->next);
	if (engine->newest_ref)
		checkpoints_keep(engine, history, engine->newest_ref, false);
	return true;
}

/* What is to be folded anew begins with what changed: what is late, what stands no more or again, and what waited for
 * its time. */
static void note_change(struct engine *engine, struct history *history, bool again)
{
	instant from = history->refold ? history->refold_from : INSTANT_NEVER;
	if (history->future <= engine->events_to && history->future < from)
		from = history->future;
	for (const struct pending *pending = history->pending; pending; pending = pending->next) {
		instant time = tells_facts(engine, history, pending->event) ? INSTANT_NONE : pending->event->time;
		from = time < from ? time : from;
	}
	history->refold_from = again ? INSTANT_NONE : from;
	history->refold = true;
}

static enum result keep_due_at(struct engine *engine, struct history *history, instant due, struct fault *fault)
{
	if (due == history->due.at && !history->due_spent)
		return RESULT_OK;
	history->due.at = due;
	history->due_spent = false;
	if (engine->settings.from_nothing)
		due_heap_update(engine, history);
	return engine->host.keep_due(engine->host.context, history->domain, history->id, due, fault);
}

static enum result keep_due(struct engine *engine, struct history *history, struct fault *fault)
{
	instant due = engine->next, ladder = report_next(history);
	due = due < ladder ? due : ladder;
	return keep_due_at(engine, history, due < history->future ? due : history->future, fault);
}

static enum result tell_contradictions(struct engine *engine, struct history *history, bool anew, struct fault *fault)
{
	for (; history->contradictions_hashed < history->contradiction_count; history->contradictions_hashed++)
		history->contradictions_hash = mark_mix(history->contradictions_hash,
		                                        history->contradictions[history->contradictions_hashed]);
	uint64_t hash = history->contradictions_hash;
	if (!engine->host.contradictions || (!anew && hash == history->contradictions_told))
		return RESULT_OK;
	history->contradictions_told = hash;
	return engine->host.contradictions(engine->host.context, history->domain, history->id, history->contradictions,
	                                   history->contradiction_count, fault);
}

/* What it holds is gone through only when an array of it has grown: never at each event. */
static size_t count_bytes(struct history *history)
{
	size_t rooms = history_rooms(history);
	if (rooms != history->counted_rooms)
		history->counted_bytes = history_bytes(history);
	history->counted_rooms = rooms;
	return history->counted_bytes;
}

/* What was folded is told as of now. *whole: all of it; else the rest is due at once. */
static enum result tell_history(struct engine *engine, struct history *history, bool anew, instant now, bool *whole,
                                struct fault *fault)
{
	enum result result = report_history(engine, history, now, whole, fault);
	if (result == RESULT_OK)
		result = tell_contradictions(engine, history, anew, fault);
	if (result != RESULT_OK)
		return result;
	return *whole ? keep_due(engine, history, fault) : keep_due_at(engine, history, now, fault);
}

/* What was asked in the midst of it, and could not be read: nothing of it is true then. */
static enum result all_read(struct engine *engine, enum result result, struct fault *fault)
{
	enum result unread = engine->unread.result;
	engine->unread.result = RESULT_OK;
	if (result != RESULT_OK || unread == RESULT_OK)
		return result;
	*fault = engine->unread.fault;
	return unread;
}

/* Folded up to judged_to; told as of now, once it is whole. Else it waits for the next flush. */
static enum result judge(struct engine *engine, struct history *history, instant judged_to, instant now, size_t *left,
                         struct fault *fault)
{
	enum result result = RESULT_OK;
	bool limited = engine->settings.cache_bytes || engine->settings.thawed_bytes, whole = true;
	if (limited)
		engine->bytes -= history->counted_bytes;
	bool ordered = in_order(engine, history);
	bool anew = !ordered || !run_in_order(engine, history, judged_to);
	if (anew && history->loaded)
		note_change(engine, history, ordered);
	history->pending = NULL; /* what waits is read from the host */
	history->pending_count = 0;
	if (anew)
		result = anew_fold(engine, history, judged_to, left, &whole, fault);
	result = all_read(engine, result, fault);
	if (result == RESULT_OK)
		result = whole ? tell_history(engine, history, anew, now, &whole, fault)
		               : keep_due_at(engine, history, now, fault);
	result = all_read(engine, result, fault);
	history->touched = !whole;
	if (limited)
		engine->bytes += count_bytes(history);
	return result;
}

/* Of a thousand that a batch touched hardly one is still near: the next are fetched while one is judged. */
static void look_at_next(const struct engine *engine, size_t at, size_t until)
{
	if (at + 4 < until)
		cache_fetch(engine->touched[at + 4], false);
	if (at + 2 < until)
		cache_fetch(engine->touched[at + 2], true);
}

/* Those of the touched ones from `from` on, but not the one whose fold is under way. */
static enum result judge_from(struct engine *engine, size_t from, size_t until, const struct history *but, size_t *left,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = from; i < until && result == RESULT_OK; i++) {
		look_at_next(engine, i, until);
		shards_judge(engine, i);
		if (engine->touched[i] != but && engine->touched[i]->touched)
			result = judge(engine, engine->touched[i], engine->judged_to, engine->now, left, fault);
	}
	return result;
}

/* Half of the portion is for those that were touched since the last flush: nobody waits behind a backlog. Of the rest
 * half is for the fold that is under way, and with what is left of all it those that wait are judged. */
static enum result judge_touched(struct engine *engine, struct fault *fault)
{
	const struct history *under_way = anew_under_way(engine);
	size_t portion = engine->settings.portion ? engine->settings.portion : SIZE_MAX;
	size_t waited = engine->waited, count = engine->touched_count, kept = 0;
	size_t left = waited ? portion - portion / 2 : portion;
	enum result result = judge_from(engine, waited, count, under_way, &left, fault);
	left += waited ? portion / 2 : 0;
	size_t others = under_way ? left / 2 : left, rest = left - others;
	if (result == RESULT_OK)
		result = judge_from(engine, 0, waited, under_way, &others, fault);
	others += rest;
	for (size_t i = 0; i < count && result == RESULT_OK && under_way; i++)
		if (engine->touched[i] == under_way)
			result = judge(engine, engine->touched[i], engine->judged_to, engine->now, &others, fault);
	for (size_t i = 0; i < count; i++)
		if (engine->touched[i]->touched)
			engine->touched[kept++] = engine->touched[i];
	engine->touched_count = engine->waited = kept;
	return result;
}

/* Steps of which nobody could be told, of histories that wait. */
static void keep_unreached(struct engine *engine)
{
	size_t kept = 0;
	for (size_t i = 0; i < engine->unreached_count; i++)
		if (engine->unreached[i].history->touched)
			engine->unreached[kept++] = engine->unreached[i];
	engine->unreached_count = kept;
}

enum result engine_flush(struct engine *engine, instant now, struct fault *fault)
{
	return engine_flush_behind(engine, now, now, now, fault);
}

size_t engine_waiting(const struct engine *engine)
{
	return engine->touched_count;
}

enum result engine_flush_behind(struct engine *engine, instant judged_to, instant events_to, instant now,
                                struct fault *fault)
{
	if (now < engine->now)
		now = engine->now;
	engine->now = now;
	if (judged_to < engine->judged_to)
		judged_to = engine->judged_to;
	if (judged_to > now)
		judged_to = now;
	engine->judged_to = judged_to;
	if (events_to > engine->events_to)
		engine->events_to = events_to < now ? events_to : now;
	if (engine->events_to < judged_to)
		engine->events_to = judged_to;
	enum result result = arrivals_recall_answers(engine, fault);
	if (result == RESULT_OK)
		result = amendments_apply(engine, fault);
	if (result == RESULT_OK)
		result = judge_touched(engine, fault);
	/* While a history waits, an answer may be of it. */
	if (result == RESULT_OK && engine->answer_count && !engine->touched_count)
		result = answers_report(engine, engine->events_to, fault);
	if (result == RESULT_OK && engine->answer_count)
		result = answers_keep(engine, fault);
	if (result != RESULT_OK) {
		engine_forget(engine);
		return result;
	}
	keep_unreached(engine);
	arena_reset(engine->waiting);
	cache_shrink(engine);
	return RESULT_OK;
}

uint64_t engine_folded(const struct engine *engine)
{
	return engine->figures.folded_events;
}

void engine_figures(const struct engine *engine, struct engine_figures *figures)
{
	*figures = engine->figures;
	figures->histories = engine->history_count;
	figures->forgotten = cache_forgotten(engine);
	figures->bytes = cache_bytes(engine) + parts_bytes(engine) +
	                 amendments_bytes(engine->amendments) + parties_bytes(engine->parties);
}
