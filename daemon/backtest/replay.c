/* replay: groups arrivals by instant, runs what falls due between them, and prints the contract's lines. */
#include "backtest/replay.h"

#include "backtest/memory_host.h"
#include "text/json_write.h"
#include "time/instant.h"

#include <stdlib.h>

#define AHEAD 16
/* Of the histories that are worked on; all others are frozen. With 16 MiB a million events of 50,000 children take half
 * as much CPU again (docs/performance.md), as each is thawed and frozen for nearly every event; what is beyond this
 * is frozen, so that many children still fit. */
#define THAWED_BYTES ((size_t)512 * 1024 * 1024)
_Static_assert(AHEAD >= 2 * ENGINE_STAGES, "an event to come keeps its place until it is taken");

/* An alert that stands for weeks is told again with each event of it, and names all of them each time: what was written
 * last is kept, and written on. Of so many; fewer are as quickly written anew. */
#define EVIDENCE_MANY 32
struct evidence_told {
	struct evidence *items; /* those that `ids` names */
	size_t count, room;
	struct buffer ids;      /* as in the line, between the brackets */
};

struct replay {
	const struct config *config;
	struct replay_options options;
	replay_line *line;
	replay_opened *opened;
	void *context;
	struct event_parser *parser;
	struct memory_host *host;
	struct engine *engine;
	struct arena *group;      /* of the events of one instant */
	struct event **waiting;   /* those events */
	size_t group_count, waiting_room;
	size_t settled;           /* the first so many of them borrow from the host alone */
	instant now;              /* of the group; NONE before the first arrival */
	instant judged;           /* of the last flush */
	instant next_list;        /* the next list due; NEVER: none */
	size_t next_list_index;
	struct buffer out;
	struct evidence_told told;
	uint64_t ahead[AHEAD];    /* what the engine finds the events to come by */
	bool past;                /* an arrival after `until` was seen */
	struct answer_line {
		uint64_t ref;
		int64_t line;
	} *answers;               /* lines of events of which a warning may come when they are judged */
	size_t answer_count, answer_room;
};

static enum result take_effect(void *context, const struct effect *effect, struct fault *fault);
static enum result take_warning(void *context, uint64_t ref, const char *field, const char *reason,
                                struct fault *fault);

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

struct replay *replay_new(const struct config *config, const struct ruleset *rules, struct replay_options options,
                          replay_line *line, replay_opened *opened, void *context)
{
	struct replay *replay = MEM_NEW(struct replay);
	replay->config = config;
	replay->options = options;
	replay->line = line;
	replay->opened = opened;
	replay->context = context;
	replay->now = INSTANT_NONE;
	replay->next_list = INSTANT_NEVER;
	struct event_limits limits = {config->event_bytes, (unsigned)config->event_depth};
	replay->parser = event_parser_new(limits, text_of(config->type_prefix), calendar_zone(config->calendar));
	replay->host = memory_host_new(options.figures ? NULL : take_effect, replay);
	if (!options.figures)
		memory_host_hear_warnings(replay->host, take_warning);
	struct engine_settings settings = settings_of(config, rules);
	settings.portion = options.portion;
	settings.checkpoint_events = options.checkpoint_events;
	settings.indexed = options.indexed;
	settings.thawed_bytes = options.thawed_bytes ? options.thawed_bytes : THAWED_BYTES;
	struct engine_host host = memory_host_interface(replay->host);
	replay->engine = engine_new(&settings, &host);
	replay->group = arena_new(16 * 1024);
	return replay;
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
	free(replay->waiting);
	buffer_free(&replay->out);
	buffer_free(&replay->told.ids);
	free(replay->told.items);
	free(replay);
}

/* ---- lines ---- */

static struct json_writer begin_line(struct replay *replay, instant at, const char *what)
{
	buffer_clear(&replay->out);
	struct json_writer json = json_writer_on(&replay->out);
	json_object(&json);
	json_put_instant(&json, "at", at);
	json_put_string(&json, "what", what);
	return json;
}

static void end_line(struct replay *replay, struct json_writer *json)
{
	json_object_end(json);
	if (replay->line)
		replay->line(replay->context, buffer_view(&replay->out));
}

static bool hidden(const struct replay *replay, instant at)
{
	return replay->options.from != INSTANT_NONE && at < replay->options.from;
}

static void put_roles(struct json_writer *json, const struct effect *effect)
{
	json_key(json, "tell");
	json_array(json);
	for (size_t i = 0; i < effect->tell_count; i++)
		json_string(json, effect->tell[i]);
	json_array_end(json);
}

static void put_ids(const struct replay *replay, struct json_writer *json, const struct evidence *evidence,
                    size_t count)
{
	for (size_t i = 0; i < count; i++)
		memory_host_id_ahead(replay->host, evidence[i].ref);
	for (size_t i = 0; i < count; i++) {
		struct text source, id = memory_host_id(replay->host, evidence[i].ref, &source);
		if (id.length)
			json_text(json, id);
	}
}

/* Goes on from what was told last where that is how this begins. */
static struct text ids_of(struct replay *replay, const struct alert *alert)
{
	struct evidence_told *told = &replay->told;
	if (told->count > alert->evidence_count || !told->count ||
	    memcmp(told->items, alert->evidence, told->count * sizeof *told->items) != 0) {
		told->count = 0;
		buffer_clear(&told->ids);
	}
	struct json_writer json = json_writer_on(&told->ids);
	json.comma = told->ids.length != 0;
	put_ids(replay, &json, alert->evidence + told->count, alert->evidence_count - told->count);
	while (told->count < alert->evidence_count) {
		struct evidence *item =
			mem_push((void **)&told->items, &told->count, &told->room, sizeof *told->items);
		*item = alert->evidence[told->count - 1];
	}
	return buffer_view(&told->ids);
}

static void put_evidence(struct replay *replay, struct json_writer *json, const struct alert *alert)
{
	json_key(json, "evidence");
	json_array(json);
	if (alert->evidence_count < EVIDENCE_MANY)
		put_ids(replay, json, alert->evidence, alert->evidence_count);
	else
		buffer_text(json->out, ids_of(replay, alert));
	json_array_end(json);
}

static enum result take_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct replay *replay = context;
	(void)fault;
	if (hidden(replay, effect->at))
		return RESULT_OK;
	if (replay->opened && effect->kind == EFFECT_OPENED)
		replay->opened(replay->context, effect);
	/* Nobody answers here, so what is asked again says nothing: but for what is told for the first time by it. */
	bool asked = effect->kind == EFFECT_ASKED_AGAIN && effect->cause != CAUSE_MUTE_ENDED;
	bool printed = !asked && effect->kind != EFFECT_REVIEW_CUT;
	if (!printed || !replay->line)
		return RESULT_OK;
	struct json_writer json = begin_line(replay, effect->at, effect_name(effect->kind));
	json_put_string(&json, "rule", effect->rule->id);
	json_put_text(&json, "subject", effect->subject);
	json_put_string(&json, "alert", effect->alert->id);
	json_put_string(&json, "severity", severity_name(effect->rule->severity));
	put_roles(&json, effect);
	if (effect->step)
		json_put_integer(&json, "step", effect->step);
	put_evidence(replay, &json, effect->alert);
	if (effect->reason)
		json_put_string(&json, "reason", effect->reason);
	if (effect->old_news)
		json_put_bool(&json, "late", true);
	if (effect->muted)
		json_put_bool(&json, "muted", true);
	if (effect->shadow)
		json_put_bool(&json, "shadow", true);
	json_put_string(&json, "because", effect->because);
	end_line(replay, &json);
	return RESULT_OK;
}

static void put_origin(struct json_writer *json, int64_t line_number, const struct event *event)
{
	json_put_integer(json, "line", line_number);
	if (event->id.length)
		json_put_text(json, "id", event->id);
	if (event->source.length)
		json_put_text(json, "source", event->source);
}

static void print_refused(struct replay *replay, int64_t line_number, const struct event *event, const char *reason)
{
	if (replay->options.figures || (replay->now != INSTANT_NONE && hidden(replay, replay->now)))
		return;
	struct json_writer json = begin_line(replay, replay->now, "event.quarantined");
	json_put_string(&json, "reason", reason);
	put_origin(&json, line_number, event);
	end_line(replay, &json);
}

static void print_warning(struct replay *replay, int64_t line_number, const struct event *event, const char *field,
                          const char *reason)
{
	if (replay->options.figures || hidden(replay, replay->now))
		return;
	struct json_writer json = begin_line(replay, replay->now, "event.warned");
	json_put_string(&json, "reason", reason);
	put_origin(&json, line_number, event);
	json_put_string(&json, "field", field);
	end_line(replay, &json);
}

static void print_warnings(struct replay *replay, int64_t line_number, const struct event *event)
{
	for (size_t i = 0; i < event->warning_count; i++)
		print_warning(replay, line_number, event, event->warnings[i].field, event->warnings[i].reason);
}

/* Answers and mutes: whether they have an effect is known when they are judged. */
static void note_line(struct replay *replay, const struct event *event, int64_t line_number)
{
	if (event->type != TYPE_ID_ALERT_ACKNOWLEDGED && event->type != TYPE_ID_ALERT_RESOLVED &&
	    event->type != TYPE_ID_ALERT_PASSED_ON && event->type != schema_find(TEXT("mute.started")) &&
	    event->type != schema_find(TEXT("mute.ended")))
		return;
	*(struct answer_line *)mem_push((void **)&replay->answers, &replay->answer_count, &replay->answer_room,
	                                sizeof *replay->answers) = (struct answer_line){event->ref, line_number};
}

/* Refs grow with what is read, so the lines are in their order. */
static int64_t line_of(const struct replay *replay, uint64_t ref)
{
	size_t from = 0, until = replay->answer_count;
	while (from < until) {
		size_t middle = from + (until - from) / 2;
		if (replay->answers[middle].ref < ref)
			from = middle + 1;
		else
			until = middle;
	}
	return from < replay->answer_count && replay->answers[from].ref == ref ? replay->answers[from].line : 0;
}

static enum result take_warning(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct replay *replay = context;
	instant at = replay->judged;
	(void)fault;
	if (hidden(replay, at))
		return RESULT_OK;
	struct json_writer json = begin_line(replay, at, "event.warned");
	json_put_string(&json, "reason", reason);
	json_put_integer(&json, "line", line_of(replay, ref));
	struct text source, id = memory_host_id(replay->host, ref, &source);
	json_put_text(&json, "id", id);
	json_put_text(&json, "source", source);
	json_put_string(&json, "field", field);
	end_line(replay, &json);
	return RESULT_OK;
}

/* ---- lists ---- */

/* Of lists that are due at one time, each has its turn. */
static void reckon_next_list(struct replay *replay, instant after, size_t after_index)
{
	const struct config *config = replay->config;
	replay->next_list = INSTANT_NEVER;
	for (size_t i = 0; i < config->list_count; i++) {
		if (!config->lists[i].enabled)
			continue;
		instant from = i > after_index ? after - 1 : after;
		instant due = recurrence_next(&config->lists[i].due, config->calendar, from);
		if (due < replay->next_list) {
			replay->next_list = due;
			replay->next_list_index = i;
		}
	}
}

static void print_list(struct replay *replay)
{
	if (!replay->options.figures && !hidden(replay, replay->next_list)) {
		struct json_writer json = begin_line(replay, replay->next_list, "list.due");
		json_put_string(&json, "list", replay->config->lists[replay->next_list_index].id);
		end_line(replay, &json);
	}
	reckon_next_list(replay, replay->next_list, replay->next_list_index);
}

/* ---- time ---- */

static enum result flush(struct replay *replay, instant now, struct fault *fault)
{
	enum result result;
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
		instant due = engine_next_due(replay->engine);
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
	else if (result == RESULT_OK)
		reckon_next_list(replay, arrival - 1, SIZE_MAX);
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

static enum result take_parsed(struct replay *replay, const struct event *event, uint64_t hash, int64_t line_number,
                               bool *more, struct fault *fault)
{
	instant arrival = event->recorded != INSTANT_NONE ? event->recorded : event->time;
	*more = !(arrival > replay->options.until);
	replay->past |= !*more;
	if (!*more)
		return RESULT_OK;
	enum result result = arrive_at(replay, arrival, fault);
	if (result != RESULT_OK)
		return result;
	uint64_t ref;
	enum memory_added added = memory_host_keep(replay->host, event, hash, &ref);
	if (added == MEMORY_CONFLICT) /* the one exception to the law (rules.md) */
		print_warning(replay, line_number, event, "id",
		              "this source sent another record with this id before; the first one stands, this one "
		              "changes nothing");
	if (added != MEMORY_NEW)
		return RESULT_OK;
	print_warnings(replay, line_number, event);
	const struct event *kept = keep_waiting(replay, event, ref);
	note_line(replay, kept, line_number);
	return engine_accept(replay->engine, kept, fault);
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
		print_refused(replay, line_number, &event, refusal.text);
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
		print_refused(replay, item->line, &item->event, item->reason.at);
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

enum result replay_finish(struct replay *replay, struct fault *fault)
{
	enum result result = judge_group(replay, fault);
	if (replay->now == INSTANT_NONE || result != RESULT_OK)
		return result;
	instant until = replay->options.until == INSTANT_NEVER ? replay->now : replay->options.until;
	return run_clock(replay, until, true, fault);
}

void replay_figures(const struct replay *replay, struct engine_figures *figures, size_t *stored_bytes)
{
	engine_figures(replay->engine, figures);
	*stored_bytes = memory_host_bytes(replay->host);
}
