/* replay_lines: the contract's lines of a replay: what is told, what is refused and warned of. */
#include "backtest/replay_internal.h"

#include "backtest/memory_host.h"

#include <stdlib.h>

struct json_writer replay_begin_line(struct replay *replay, instant at, const char *what)
{
	buffer_clear(&replay->out);
	struct json_writer json = json_writer_on(&replay->out);
	json_object(&json);
	json_put_instant(&json, "at", at);
	json_put_string(&json, "what", what);
	return json;
}

void replay_end_line(struct replay *replay, struct json_writer *json)
{
	json_object_end(json);
	if (replay->line)
		replay->line(replay->context, buffer_view(&replay->out));
}

bool replay_hides(const struct replay *replay, instant at)
{
	return replay->options.from != INSTANT_NONE && at < replay->options.from;
}

static struct rule_told *rule_told(struct replay *replay, const struct rule *rule)
{
	if (rule->index >= replay->rule_count) {
		size_t count = (size_t)rule->index + 1;
		replay->rules = mem_grow(replay->rules, count, sizeof *replay->rules);
		memset(replay->rules + replay->rule_count, 0, (count - replay->rule_count) * sizeof *replay->rules);
		replay->rule_count = count;
	}
	struct rule_told *told = &replay->rules[rule->index];
	if (!told->rule.length) {
		struct json_writer json = {&told->rule, true};
		json_put_string(&json, "rule", rule->id);
	}
	return told;
}

static void write_step(struct step_told *told, const struct effect *effect)
{
	buffer_clear(&told->text);
	buffer_clear(&told->roles);
	told->count = effect->tell_count;
	struct json_writer json = {&told->text, true};
	json_put_string(&json, "severity", severity_name(effect->rule->severity));
	json_key(&json, "tell");
	json_array(&json);
	for (size_t i = 0; i < effect->tell_count; i++) {
		json_string(&json, effect->tell[i]);
		buffer_add(&told->roles, effect->tell[i], strlen(effect->tell[i]) + 1);
	}
	json_array_end(&json);
}

static bool names(const struct step_told *told, const struct effect *effect)
{
	const char *role = told->roles.at;
	if (!told->text.length || told->count != effect->tell_count)
		return false;
	for (size_t i = 0; i < told->count; i++) {
		size_t size = strlen(role) + 1;
		if (strcmp(role, effect->tell[i]) != 0)
			return false;
		role += size;
	}
	return true;
}

static struct text step_told(struct rule_told *rule, const struct effect *effect)
{
	struct step_told *told = &rule->steps[effect->step % STEPS_KEPT];
	if (!names(told, effect))
		write_step(told, effect);
	return buffer_view(&told->text);
}

void replay_free_lines(struct replay *replay)
{
	for (size_t i = 0; i < replay->rule_count; i++) {
		buffer_free(&replay->rules[i].rule);
		for (size_t k = 0; k < STEPS_KEPT; k++) {
			buffer_free(&replay->rules[i].steps[k].text);
			buffer_free(&replay->rules[i].steps[k].roles);
		}
	}
	free(replay->rules);
	buffer_free(&replay->told.ids);
	free(replay->told.items);
}

static void put_ids(const struct replay *replay, struct json_writer *json, const struct evidence *evidence,
                    size_t count)
{
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

/* What a line names of events that lie far back, before its first words are written. */
static void look_at_evidence(const struct replay *replay, const struct alert *alert)
{
	if (alert->evidence_count < EVIDENCE_MANY)
		for (size_t i = 0; i < alert->evidence_count; i++)
			memory_host_id_ahead(replay->host, alert->evidence[i].ref);
}

enum result replay_take_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct replay *replay = context;
	(void)fault;
	if (replay_hides(replay, effect->at))
		return RESULT_OK;
	if (replay->opened && effect->kind == EFFECT_OPENED)
		replay->opened(replay->context, effect);
	/* Nobody answers here, so what is asked again says nothing: but for what is told for the first time by it. */
	bool asked = effect->kind == EFFECT_ASKED_AGAIN && effect->cause != CAUSE_MUTE_ENDED;
	bool printed = !asked && effect->kind != EFFECT_REVIEW_CUT;
	if (!printed || !replay->line)
		return RESULT_OK;
	look_at_evidence(replay, effect->alert);
	struct json_writer json = replay_begin_line(replay, effect->at, effect_name(effect->kind));
	struct rule_told *told = rule_told(replay, effect->rule);
	buffer_text(json.out, buffer_view(&told->rule));
	json_put_text(&json, "subject", effect->subject);
	json_put_string(&json, "alert", effect->alert->id);
	buffer_text(json.out, step_told(told, effect));
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
	replay_end_line(replay, &json);
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

void replay_print_refused(struct replay *replay, int64_t line_number, const struct event *event, const char *reason)
{
	if (replay->options.figures || (replay->now != INSTANT_NONE && replay_hides(replay, replay->now)))
		return;
	replay->order = (struct line_order){.at = replay->now, .place = LINE_AT_ONCE};
	struct json_writer json = replay_begin_line(replay, replay->now, "event.quarantined");
	json_put_string(&json, "reason", reason);
	put_origin(&json, line_number, event);
	replay_end_line(replay, &json);
}

void replay_print_warning(struct replay *replay, int64_t line_number, const struct event *event, const char *field,
                          const char *reason)
{
	if (replay->options.figures || replay_hides(replay, replay->now))
		return;
	replay->order = (struct line_order){.at = replay->now, .place = LINE_AT_ONCE};
	struct json_writer json = replay_begin_line(replay, replay->now, "event.warned");
	json_put_string(&json, "reason", reason);
	put_origin(&json, line_number, event);
	json_put_string(&json, "field", field);
	replay_end_line(replay, &json);
}

void replay_print_warnings(struct replay *replay, int64_t line_number, const struct event *event)
{
	for (size_t i = 0; i < event->warning_count; i++)
		replay_print_warning(replay, line_number, event, event->warnings[i].field, event->warnings[i].reason);
}

/* Answers and mutes: whether they have an effect is known when they are judged. */
void replay_note_line(struct replay *replay, const struct event *event, int64_t line_number)
{
	if (event->type != TYPE_ID_ALERT_ACKNOWLEDGED && event->type != TYPE_ID_ALERT_RESOLVED &&
	    event->type != TYPE_ID_ALERT_PASSED_ON && event->type != replay->type_mute_started &&
	    event->type != replay->type_mute_ended)
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

enum result replay_take_warning(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault)
{
	struct replay *replay = context;
	instant at = replay->judged;
	(void)fault;
	if (replay_hides(replay, at))
		return RESULT_OK;
	struct json_writer json = replay_begin_line(replay, at, "event.warned");
	json_put_string(&json, "reason", reason);
	json_put_integer(&json, "line", line_of(replay, ref));
	struct text source, id = memory_host_id(replay->host, ref, &source);
	json_put_text(&json, "id", id);
	json_put_text(&json, "source", source);
	json_put_string(&json, "field", field);
	replay_end_line(replay, &json);
	return RESULT_OK;
}
