/* replay: groups arrivals by instant, runs what falls due between them, and prints the contract's lines. */
#include "backtest/replay_internal.h"

#include "backtest/memory_host.h"

#include <stdlib.h>

/* Of the histories that are worked on; all others are frozen. With 16 MiB a million events of 50,000 children take half
 * as much CPU again (docs/performance.md), as each is thawed and frozen for nearly every event; what is beyond this
 * is frozen, so that many children still fit. */
#define GIVEN_AHEAD 10 /* events: what is packed is fetched before its history is */
#define THAWED_BYTES ((size_t)512 * 1024 * 1024)

static struct engine_settings settings_of(const struct config *config, const struct ruleset *rules)
{
	struct engine_settings settings;
	engine_settings_default(&settings);
	settings.calendar = config->calendar;
	settings.rules = rules;
	settings.go_live = INSTANT_NONE; /* the question is what would have been, from the first event on */
	settings.from_nothing = true;
	memcpy(settings.step_after, config->step_after, sizeof settings.step_after);
	memcpy(settings.review_after, config->review_after, sizeof settings.review_after);
	memcpy(settings.old_after, config->old_after, sizeof settings.old_after);
	settings.directory = config->directory;
	settings.answer_sources = config->answer_sources;
	settings.answer_source_count = config->answer_source_count;
	memset(settings.ask_again, 0,
	       sizeof settings.ask_again); /* nobody answers here: asking for ever tells nothing */
	return settings;
}

static struct replay *new_empty(const struct config *config, struct replay_options options, replay_line *line,
                                void *context)
{
	struct replay *replay = MEM_NEW(struct replay);
	replay->config = config;
	replay->options = options;
	replay->line = line;
	replay->context = context;
	replay->now = replay->order.at = INSTANT_NONE;
	replay->next_list = INSTANT_NEVER;
	replay->group = arena_new(16 * 1024);
	replay->type_mute_started = schema_find(TEXT("mute.started"));
	replay->type_mute_ended = schema_find(TEXT("mute.ended"));
	return replay;
}

static void start_engine(struct replay *replay, struct engine_settings settings)
{
	struct replay_options options = replay->options;
	if (!options.figures)
		memory_host_hear_warnings(replay->host, replay_take_warning);
	settings.checkpoint_events = options.checkpoint_events;
	settings.indexed = options.indexed;
	settings.thawed_bytes = options.thawed_bytes ? options.thawed_bytes : THAWED_BYTES;
	if (settings.shards)
		settings.thawed_bytes = settings.thawed_bytes / settings.shards + 1;
	struct engine_host host = memory_host_interface(replay->host);
	if (options.figures)
		host.effect = NULL;
	replay->engine = engine_new(&settings, &host);
}

struct replay *replay_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                          replay_line *line, replay_opened *opened, void *context)
{
	struct replay *replay = new_empty(config, options, line, context);
	struct event_limits limits = {config->event_bytes, (unsigned)config->event_depth};
	replay->opened = opened;
	replay->parser = event_parser_new(limits, text_of(config->type_prefix), calendar_zone(config->calendar));
	replay->host = memory_host_new(options.figures ? NULL : replay_take_effect, replay);
	struct engine_settings settings = settings_of(config, rules);
	settings.portion = options.portion;
	start_engine(replay, settings);
	return replay;
}

/* ---- parts of a replay over several threads ---- */

struct replay *replay_new_front(const struct config *config, struct replay_options options, replay_line *line,
                                void *context)
{
	struct replay *front = new_empty(config, options, line, context);
	front->host = memory_host_new(NULL, front);
	return front;
}

struct replay *replay_new_shard(const struct replay *front, const struct ruleset *rules, uint32_t shards,
                                uint32_t shard, replay_line *line, void *context)
{
	struct replay *replay = new_empty(front->config, front->options, line, context);
	replay->is_shard = true;
	replay->host = memory_host_view_of(front->host, shards > 1,
	                                   replay->options.figures ? NULL : replay_take_effect, replay);
	struct engine_settings settings = settings_of(front->config, rules);
	settings.shards = shards;
	settings.shard = shard;
	settings.parts = PARTS;
	start_engine(replay, settings);
	return replay;
}

bool replay_is_for_all(const struct replay *shard, const struct replay *front, const struct event *event)
{
	return event->replaces.length || engine_is_for_all(shard->engine, event->type) ||
	       memory_host_is_amended(front->host, event->id);
}

int64_t replay_line_reached(const struct replay *shard)
{
	return shard->line_reached;
}

struct line_order replay_order(const struct replay *replay)
{
	struct line_order order = replay->order;
	if (order.place == LINE_JUDGED)
		order.judged = engine_order(replay->engine);
	return order;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	engine_free(replay->engine);
	memory_host_free(replay->host);
	event_parser_free(replay->parser);
	arena_free(replay->group);
	free(replay->answers);
	free(replay->lists_due);
	free(replay->waiting);
	free(replay->sorted);
	buffer_free(&replay->out);
	replay_free_lines(replay);
	free(replay);
}

/* ---- lists ---- */

static instant due_after(const struct replay *replay, size_t list, instant after)
{
	const struct config_list *of = &replay->config->lists[list];
	return of->enabled ? recurrence_next(&of->due, replay->config->calendar, after) : INSTANT_NEVER;
}

/* Of lists that are due at one time, each has its turn. */
static void find_next_list(struct replay *replay)
{
	replay->next_list = INSTANT_NEVER;
	for (size_t i = 0; i < replay->config->list_count; i++)
		if (replay->lists_due[i] < replay->next_list) {
			replay->next_list = replay->lists_due[i];
			replay->next_list_index = i;
		}
}

static void start_lists(struct replay *replay, instant after)
{
	replay->lists_due = mem_zero(replay->config->list_count + 1, sizeof *replay->lists_due);
	for (size_t i = 0; i < replay->config->list_count; i++)
		replay->lists_due[i] = due_after(replay, i, after);
	find_next_list(replay);
}

static void print_list(struct replay *replay)
{
	if (!replay->options.figures && !replay_hides(replay, replay->next_list)) {
		struct json_writer json = replay_begin_line(replay, replay->next_list, "list.due");
		json_put_string(&json, "list", replay->config->lists[replay->next_list_index].id);
		replay->order = (struct line_order){.at = replay->next_list, .place = LINE_LIST};
		replay_end_line(replay, &json);
	}
	replay->lists_due[replay->next_list_index] = due_after(replay, replay->next_list_index, replay->next_list);
	find_next_list(replay);
}

/* ---- time ---- */

static enum result flush(struct replay *replay, instant now, struct fault *fault)
{
	enum result result;
	struct line_order *order = &replay->order;
	if (now <= order->at && order->place == LINE_JUDGED)
		order->round++;
	else
		*order = (struct line_order){.at = now, .place = LINE_JUDGED};
	replay->judged = now;
	do
		result = engine_flush(replay->engine, now, fault);
	while (result == RESULT_OK && engine_waiting(replay->engine));
	return result;
}

static enum result judge_group(struct replay *replay, struct fault *fault)
{
	if (!replay->group_count)
		return RESULT_OK;
	engine_wake(replay->engine, replay->now);
	enum result result = flush(replay, replay->now, fault);
	replay->group_count = replay->settled = 0;
	arena_reset(replay->group);
	return result;
}

/* Everything that falls due before `until` (or at it, where `included`). */
static enum result run_clock(struct replay *replay, instant until, bool included, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK) {
		instant due = replay->engine ? engine_next_due(replay->engine) : INSTANT_NEVER;
		bool list = replay->next_list < due;
		if (list)
			due = replay->next_list;
		if (due > until || (due == until && !included) || due == INSTANT_NEVER)
			break;
		if (list) {
			print_list(replay);
			continue;
		}
		engine_wake(replay->engine, due);
		result = flush(replay, due, fault);
	}
	return result;
}

static enum result arrive_at(struct replay *replay, instant arrival, struct fault *fault)
{
	if (replay->now != INSTANT_NONE && arrival <= replay->now)
		return RESULT_OK;
	enum result result = judge_group(replay, fault);
	if (result == RESULT_OK && replay->now != INSTANT_NONE)
		result = run_clock(replay, arrival, false, fault);
	else if (result == RESULT_OK && !replay->is_shard)
		start_lists(replay, arrival - 1);
	replay->now = arrival;
	return result;
}

/* ---- what comes in ---- */

/* The event as it was parsed waits for its instant to be over, and is judged without being unpacked. It borrows from
 * the batch it came in: see settle. */
static const struct event *keep_waiting(struct replay *replay, const struct event *event, uint64_t ref)
{
	struct event *kept = arena_alloc(replay->group, sizeof *kept);
	*kept = *event;
	kept->ref = ref;
	*(struct event **)mem_push((void **)&replay->waiting, &replay->group_count, &replay->waiting_room,
	                           sizeof kept) = kept;
	return kept;
}

/* Before a batch goes: what waits of it is read from the host's copy from now on. The engine keeps the event by its
 * place, which stays, and no text of it. */
static void settle(struct replay *replay)
{
	for (; replay->settled < replay->group_count; replay->settled++) {
		struct event *event = replay->waiting[replay->settled];
		memory_host_view(replay->host, event->ref, event, replay->group);
	}
}

/* Keeps what has come, at its arrival. *ref: of what is to be judged; 0: of nothing. */
static enum result admit(struct replay *replay, const struct event *event, uint64_t hash, int64_t line_number,
                         bool *more, uint64_t *ref, struct fault *fault)
{
	instant arrival = event->recorded != INSTANT_NONE ? event->recorded : event->time;
	*ref = 0;
	*more = !(arrival > replay->options.until);
	replay->past |= !*more;
	if (!*more)
		return RESULT_OK;
	enum result result = arrive_at(replay, arrival, fault);
	if (result != RESULT_OK)
		return result;
	enum memory_added added = memory_host_keep(replay->host, event, hash, ref);
	if (added == MEMORY_CONFLICT) /* the one exception to the law (rules.md) */
		replay_print_warning(
			replay, line_number, event, "id",
			"this source sent another record with this id before; the first one stands, this one "
			"changes nothing");
	if (added == MEMORY_NEW)
		replay_print_warnings(replay, line_number, event);
	else
		*ref = 0;
	return RESULT_OK;
}

static enum result accept(struct replay *replay, const struct event *event, uint64_t ref, int64_t line_number,
                          struct fault *fault)
{
	const struct event *kept = keep_waiting(replay, event, ref);
	replay_note_line(replay, kept, line_number);
	return engine_accept(replay->engine, kept, fault);
}

static enum result take_parsed(struct replay *replay, const struct event *event, uint64_t hash, int64_t line_number,
                               bool *more, struct fault *fault)
{
	uint64_t ref;
	enum result result = admit(replay, event, hash, line_number, more, &ref, fault);
	return result == RESULT_OK && ref ? accept(replay, event, ref, line_number, fault) : result;
}

static bool blank(struct text bytes)
{
	return text_trim(bytes).length == 0;
}

enum result replay_take(struct replay *replay, struct text bytes, int64_t line_number, bool *more, struct fault *fault)
{
	struct event event;
	struct fault refusal = {{0}};
	*more = !replay->past;
	if (!*more || blank(bytes))
		return RESULT_OK;
	if (event_parse(replay->parser, bytes, INSTANT_NONE, &event, &refusal) != RESULT_OK) {
		replay_print_refused(replay, line_number, &event, refusal.text);
		return RESULT_OK;
	}
	enum result result =
		take_parsed(replay, &event, memory_host_hash(&event), line_number, more, fault);
	settle(replay);
	return result;
}

static enum result take_item(struct replay *replay, const struct feed_item *item, bool *more, struct fault *fault)
{
	*more = !replay->past;
	if (*more && item->accepted)
		return take_parsed(replay, &item->event, item->hash, item->line, more, fault);
	if (*more)
		replay_print_refused(replay, item->line, &item->event, item->reason.at);
	return RESULT_OK;
}

/* Before items[at] is taken: fetches into the cache what the items after it will touch. */
static void look_ahead(struct replay *replay, const struct feed_batch *batch, size_t at)
{
	for (int stage = 0; stage < ENGINE_STAGES; stage++) {
		size_t of = at + (size_t)(ENGINE_STAGES - stage) * 2;
		if (of >= batch->count || !batch->items[of].accepted)
			continue;
		if (stage == 0)
			memory_host_look_ahead(replay->host, batch->items[of].hash);
		engine_look_ahead(replay->engine, &batch->items[of].event, stage, &replay->ahead[of % AHEAD]);
	}
}

enum result replay_take_batch(struct replay *replay, const struct feed_batch *batch, bool *more, int64_t *line,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	*more = !replay->past;
	for (size_t i = 0; i < batch->count && *more && result == RESULT_OK; i++) {
		look_ahead(replay, batch, i);
		*line = batch->items[i].line;
		result = take_item(replay, &batch->items[i], more, fault);
	}
	settle(replay);
	return result;
}

void replay_front_look_ahead(const struct replay *front, const struct feed_item *item)
{
	if (item->accepted)
		memory_host_look_ahead(front->host, item->hash);
}

enum result replay_front_take(struct replay *front, const struct feed_item *item, struct replay_given *given,
                              bool *more, struct fault *fault)
{
	enum result result = RESULT_OK;
	*given = (struct replay_given){.line = item->line};
	*more = !front->past;
	if (*more && item->accepted)
		result = admit(front, &item->event, item->hash, item->line, more, &given->ref, fault);
	else if (*more)
		replay_print_refused(front, item->line, &item->event, item->reason.at);
	given->arrival = front->now;
	given->subject = given->ref ? text_hash(item->event.subject, hash_seed()) : 0;
	return result;
}

/* ---- what is given to a shard ---- */

static enum result accept_given(struct replay *shard, const struct replay_given *given, struct fault *fault)
{
	shard->line_reached = given->line;
	enum result result = arrive_at(shard, given->arrival, fault);
	memory_host_reached(shard->host, given->ref, given->shard == REPLAY_ALL_SHARDS);
	if (result != RESULT_OK)
		return result;
	struct event *event = arena_alloc(shard->group, sizeof *event);
	memory_host_view(shard->host, given->ref, event, shard->group);
	shard->group_count++;
	replay_note_line(shard, event, given->line);
	return engine_accept(shard->engine, event, fault);
}

static void look_ahead_given(struct replay *shard, const struct replay_given *given, size_t count, size_t at)
{
	if (at + GIVEN_AHEAD < count)
		memory_host_view_ahead(shard->host, given[at + GIVEN_AHEAD].ref);
	for (int stage = 0; stage < ENGINE_STAGES; stage++) {
		size_t of = at + (size_t)(ENGINE_STAGES - stage) * 2;
		if (of < count)
			engine_look_ahead_hashed(shard->engine, given[of].subject, stage);
	}
}

static enum result accept_all(struct replay *shard, const struct replay_given *given, size_t count,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		look_ahead_given(shard, given, count, i);
		result = accept_given(shard, &given[i], fault);
	}
	return result;
}

/* Given ones that concern their own subjects alone: those before `end` can be taken apart, as no event of their
 * instants is missing; `cut` is the next that concerns all, or the end of what is given. */
struct stretch {
	size_t end, cut;
};

static struct stretch find_stretch(const struct replay_given *given, size_t from, size_t count, instant now)
{
	struct stretch found = {from, from};
	while (found.cut < count && given[found.cut].shard != REPLAY_ALL_SHARDS)
		found.cut++;
	instant until = found.cut < count ? given[found.cut].arrival : now;
	for (found.end = found.cut; found.end > from && given[found.end - 1].arrival >= until;)
		found.end--;
	return found;
}

/* In the order of their parts, and there in their own. */
static void sort_by_part(struct replay *shard, const struct replay_given *given, size_t count)
{
	size_t *ends = shard->part_ends;
	if (shard->sorted_room < count) {
		shard->sorted_room = count;
		shard->sorted = mem_grow(shard->sorted, count, sizeof *shard->sorted);
	}
	memset(ends, 0, PARTS * sizeof *ends);
	for (size_t i = 0; i < count; i++)
		ends[engine_part_of(given[i].subject, PARTS)]++;
	for (size_t part = 1; part < PARTS; part++)
		ends[part] += ends[part - 1];
	for (size_t i = count; i > 0; i--)
		shard->sorted[--ends[engine_part_of(given[i - 1].subject, PARTS)]] = given[i - 1];
}

/* One part after the other from the same time on. A flush of one says nothing of the rounds of another. */
static void begin_part(struct replay *shard, uint32_t part, instant from)
{
	engine_select_part(shard->engine, part);
	shard->now = from;
	shard->order = (struct line_order){.at = INSTANT_NONE};
}

/* All parts stand at the arrival of the first, and come to `until`. */
static enum result take_apart(struct replay *shard, const struct replay_given *given, size_t count,
                              instant until, struct fault *fault)
{
	enum result result = RESULT_OK;
	instant from = shard->now;
	sort_by_part(shard, given, count);
	for (uint32_t part = 0; part < PARTS && result == RESULT_OK; part++) {
		/* after the last fill ends[part] is where the part begins */
		size_t begins = shard->part_ends[part], ends = part + 1 < PARTS ? shard->part_ends[part + 1] : count;
		begin_part(shard, part, from);
		memory_host_reached(shard->host, given[0].ref - 1, false);
		result = accept_all(shard, shard->sorted + begins, ends - begins, fault);
		if (result == RESULT_OK)
			result = arrive_at(shard, until, fault);
	}
	begin_part(shard, ENGINE_ALL_PARTS, until);
	memory_host_reached(shard->host, given[count - 1].ref, false);
	return result;
}

#define WORTH_PARTING 4096 /* events: with fewer the parts would be gone through for nothing */

enum result replay_shard_take(struct replay *shard, const struct replay_given *given, size_t count, instant now,
                              struct fault *fault)
{
	enum result result = RESULT_OK;
	size_t worth = shard->options.window ? 1 : WORTH_PARTING;
	struct stretch stretch = {0, 0};
	for (size_t i = 0; i < count && result == RESULT_OK;) {
		if (i >= stretch.cut)
			stretch = find_stretch(given, i, count, now);
		bool apart = stretch.end >= i + worth;
		shard->line_reached = given[i].line;
		if (apart)
			result = arrive_at(shard, given[i].arrival, fault);
		if (apart && result == RESULT_OK && !shard->group_count && engine_may_part(shard->engine)) {
			instant until = stretch.end < count ? given[stretch.end].arrival : now;
			result = take_apart(shard, given + i, stretch.end - i, until, fault);
			i = stretch.end;
		} else if (result == RESULT_OK) {
			look_ahead_given(shard, given, count, i);
			result = accept_given(shard, &given[i++], fault);
		}
	}
	if (result == RESULT_OK && now != INSTANT_NONE)
		result = arrive_at(shard, now, fault);
	return result;
}

/* At `from` all parts were flushed together, which may be followed by more of the same instant: its rounds go on. */
static enum result finish_apart(struct replay *shard, instant until, struct fault *fault)
{
	enum result result = RESULT_OK;
	instant from = shard->now;
	struct line_order flushed = shard->order;
	for (uint32_t part = 0; part < PARTS && result == RESULT_OK; part++) {
		begin_part(shard, part, from);
		shard->order = flushed;
		result = run_clock(shard, until, true, fault);
	}
	begin_part(shard, ENGINE_ALL_PARTS, from);
	shard->order = flushed;
	return result;
}

enum result replay_run_to(struct replay *replay, instant until, struct fault *fault)
{
	enum result result = judge_group(replay, fault);
	if (replay->now == INSTANT_NONE || result != RESULT_OK)
		return result;
	if (replay->is_shard && engine_may_part(replay->engine))
		return finish_apart(replay, until, fault);
	return run_clock(replay, until, true, fault);
}

enum result replay_finish(struct replay *replay, struct fault *fault)
{
	return replay_run_to(replay, replay->options.until == INSTANT_NEVER ? replay->now : replay->options.until,
	                     fault);
}

void replay_figures(const struct replay *replay, struct engine_figures *figures, size_t *stored_bytes)
{
	engine_figures(replay->engine, figures);
	*stored_bytes = memory_host_bytes(replay->host);
}
