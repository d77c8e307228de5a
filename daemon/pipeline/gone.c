/* gone: after a change of rules, alerts whose rule is in force no more are withdrawn, and those told are told so;
 * alerts of a rule that was renamed are kept under its new id. A portion a tick. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "text/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define MENDED_A_PORTION 100 /* each withdrawal writes to everyone who was told */
#define REASON_GONE "no rule of its name is in force any more"

struct orphan {
	int64_t number;
	const struct rule *renamed; /* NULL: no rule of its id is in force */
	bool shadow;
	char from[96]; /* the rule that it was kept under; may be cut */
};

struct orphans {
	const struct ruleset *rules;
	struct orphan *items;
	size_t count, room;
	int64_t rest; /* the first number that had no room; 0: all had */
};

static enum result note_orphan(void *argument, int64_t number, struct text rule, bool stands, bool shadow,
                               struct fault *fault)
{
	struct orphans *orphans = argument;
	(void)fault;
	if (ruleset_find(orphans->rules, rule))
		return RESULT_OK;
	const struct rule *renamed = ruleset_find_renamed(orphans->rules, rule);
	if (!renamed && !stands) /* it ended: it stays on record as it ended */
		return RESULT_OK;
	if (orphans->count == MENDED_A_PORTION) {
		orphans->rest = orphans->rest ? orphans->rest : number;
		return RESULT_OK;
	}
	struct orphan *orphan =
		mem_push((void **)&orphans->items, &orphans->count, &orphans->room, sizeof *orphans->items);
	*orphan = (struct orphan){number, renamed, shadow, ""};
	(void)snprintf(orphan->from, sizeof orphan->from, "%.*s", TEXT_ARG(rule));
	return RESULT_OK;
}

/* The row of an alert without its rule, in the pipeline's arena. */
struct orphan_row {
	struct arena *arena;
	struct rule rule; /* what is left of it: its id and severity */
	struct alert alert;
	enum party_kind domain;
	struct text subject;
	int step;
};

static enum result read_orphan(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct orphan_row *orphan = argument;
	(void)fault;
	orphan->rule = (struct rule){.id = arena_copy_text(orphan->arena, row->rule.at, row->rule.length),
	                             .severity = row->severity,
	                             .effective_from = DAY_NONE,
	                             .effective_until = DAY_NONE};
	orphan->alert = (struct alert){.state = ALERT_WITHDRAWN, .opened = row->opened, .told = row->told,
	                               .next = INSTANT_NEVER, .step = (uint16_t)row->step};
	(void)snprintf(orphan->alert.id, sizeof orphan->alert.id, "%.*s", TEXT_ARG(row->id));
	orphan->domain = row->domain;
	orphan->subject = text_keep(orphan->arena, row->subject);
	return RESULT_OK;
}

static instant hours_of(const struct pipeline *pipeline, enum severity severity)
{
	const struct calendar *calendar = pipeline->settings.engine.calendar;
	instant now = pipeline->transaction.now;
	bool at_once = severity == SEVERITY_CRITICAL || calendar_in_hours(calendar, now);
	return at_once ? now : calendar_next_hours(calendar, now);
}

static enum result withdraw(struct pipeline *pipeline, const struct orphan *orphan, struct fault *fault)
{
	struct arena *arena = arena_new(512);
	struct orphan_row row = {.arena = arena};
	char number[24];
	instant now = pipeline->transaction.now;
	(void)snprintf(number, sizeof number, "%lld", (long long)orphan->number);
	enum result result = alerts_find(pipeline->store, text_of(number), read_orphan, &row, fault);
	if (result == RESULT_OK)
		result = alerts_withdraw(pipeline->store, orphan->number, now, REASON_GONE, fault);
	struct effect effect = {.kind = EFFECT_WITHDRAWN,
	                        .cause = CAUSE_RULE_GONE,
	                        .at = now,
	                        .caused = now,
	                        .rule = &row.rule,
	                        .domain = row.domain,
	                        .subject = row.subject,
	                        .alert = &row.alert,
	                        .step = row.alert.step,
	                        .not_before = hours_of(pipeline, row.rule.severity),
	                        .answer_by = INSTANT_NEVER,
	                        .reason = REASON_GONE,
	                        .answered_at = INSTANT_NONE,
	                        .shadow = orphan->shadow};
	if (result == RESULT_OK)
		result = pipeline_effect(pipeline, &effect, fault);
	arena_free(arena);
	return result;
}

/* In the database "owned_by" is the fingerprint of the rules after which every alert was looked at. */
enum result gone_look(struct pipeline *pipeline, struct fault *fault)
{
	struct text by, wanted = buffer_view(&pipeline->rejudge.fingerprint);
	pipeline->gone = (struct gone){.wanted = true};
	enum result result = store_get(pipeline->store, "owned_by", &by, fault);
	if (result == RESULT_OK)
		pipeline->gone.wanted = !wanted.length || !text_equal(by, wanted);
	return result;
}

/* Its number, answers and steps stay; that it is of another name now is on record. */
static enum result rename_rule(struct pipeline *pipeline, const struct orphan *orphan, struct fault *fault)
{
	enum result result = alerts_rename_rule(pipeline->store, orphan->number, orphan->renamed->id, fault);
	struct json_writer json;
	buffer_clear(&pipeline->json);
	json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_string(&json, "from", orphan->from);
	json_object_end(&json);
	struct audit_row row = {.at = pipeline->transaction.now,
	                        .what = "alert.rule_renamed",
	                        .number = orphan->number,
	                        .rule = text_of(orphan->renamed->id),
	                        .detail = buffer_view(&pipeline->json)};
	return result == RESULT_OK ? audit_write(pipeline->store, &row, fault) : result;
}

enum result gone_portion(struct pipeline *pipeline, size_t most, int64_t *last, struct fault *fault)
{
	struct orphans orphans = {.rules = pipeline->settings.engine.rules};
	enum result result =
		alerts_of_rules(pipeline->store, pipeline->gone.last, most, last, note_orphan, &orphans, fault);
	for (size_t i = 0; result == RESULT_OK && i < orphans.count; i++) {
		const struct orphan *orphan = &orphans.items[i];
		result = orphan->renamed
		                 ? rename_rule(pipeline, orphan, fault)
		                 : withdraw(pipeline, orphan, fault);
	}
	free(orphans.items);
	if (orphans.rest)
		*last = orphans.rest - 1;
	if (result == RESULT_OK && !*last)
		result = store_set(pipeline->store, "owned_by", buffer_view(&pipeline->rejudge.fingerprint), fault);
	return result;
}

void gone_done(struct pipeline *pipeline, int64_t last)
{
	pipeline->gone = (struct gone){.wanted = last != 0, .last = last};
}
