/* preview: every history judged by other rules, and what that would change handed on instead of written. */
#include "pipeline/preview.h"

#include "pipeline/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

#define HISTORIES_A_PORTION 500 /* judged between two hands-on, so that memory stays small */

struct change {
	struct preview_change shown;
	const char **roles;
};

struct preview {
	struct pipeline pipeline; /* first: the host's context; its store is only read */
	struct arena *arena;      /* of the changes of a portion */
	struct change *changes;
	size_t count, room;
	preview_visit *visit;
	void *argument;
};

static struct text kept(struct preview *preview, struct text text)
{
	return text_keep(preview->arena, text);
}

static enum result note_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct preview *preview = context;
	(void)fault;
	if (effect->kind != EFFECT_OPENED && effect->kind != EFFECT_RESOLVED && effect->kind != EFFECT_WITHDRAWN)
		return RESULT_OK; /* a step that falls due would have been told by the old rules, too */
	struct change *change = mem_push((void **)&preview->changes, &preview->count, &preview->room, sizeof *change);
	*change = (struct change){.shown = {.kind = effect->kind, .rule = effect->rule->id,
	                                    .severity = effect->rule->severity, .shadow = effect->shadow,
	                                    .domain = effect->domain, .subject = kept(preview, effect->subject)}};
	change->roles = arena_alloc(preview->arena, (effect->tell_count + 1) * sizeof *change->roles);
	for (size_t i = 0; i < effect->tell_count; i++)
		change->roles[change->shown.role_count++] =
			arena_copy_text(preview->arena, effect->tell[i], strlen(effect->tell[i]));
	change->shown.roles = change->roles;
	return RESULT_OK;
}

/* ---- what the host of the daemon would write ---- */

static enum result keep_no_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                 struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)alert, (void)fault;
	return RESULT_OK;
}

static enum result keep_no_due(void *context, enum party_kind domain, struct text id, instant due, struct fault *fault)
{
	(void)context, (void)domain, (void)id, (void)due, (void)fault;
	return RESULT_OK;
}

static enum result change_no_standing(void *context, uint64_t ref, bool standing, struct fault *fault)
{
	(void)context, (void)ref, (void)standing, (void)fault;
	return RESULT_OK;
}

/* ---- the rules that are gone ---- */

static enum result see_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct preview *preview = argument;
	const struct ruleset *rules = preview->pipeline.settings.engine.rules;
	(void)fault;
	if (ruleset_find(rules, row->rule) || ruleset_find_renamed(rules, row->rule))
		return RESULT_OK;
	struct change *change = mem_push((void **)&preview->changes, &preview->count, &preview->room, sizeof *change);
	*change = (struct change){.shown = {.kind = EFFECT_WITHDRAWN, .rule = kept(preview, row->rule).at,
	                                    .severity = row->severity, .shadow = row->shadow, .domain = row->domain,
	                                    .subject = kept(preview, row->subject)}};
	return RESULT_OK;
}

static enum result see_gone(struct preview *preview, struct fault *fault)
{
	struct store *store = preview->pipeline.store;
	enum result result = alerts_each(store, TEXT_NONE, TEXT_NONE, false, see_row, preview, fault);
	return result == RESULT_OK ? alerts_each_shadow(store, TEXT_NONE, TEXT_NONE, false, see_row, preview, fault)
	                           : result;
}

/* ---- all of it ---- */

static enum result hand_on(struct preview *preview, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < preview->count && result == RESULT_OK; i++) {
		struct preview_change *shown = &preview->changes[i].shown;
		shown->linked = &shown->subject;
		shown->linked_count = 1;
		if (shown->domain == PARTY_NONE)
			shown->linked_count =
				engine_linked(preview->pipeline.engine, shown->subject, &shown->linked);
		result = preview->visit(preview->argument, shown, fault);
	}
	preview->count = 0;
	arena_reset(preview->arena);
	return result;
}

static enum result touch(void *argument, enum party_kind domain, struct text subject, struct fault *fault)
{
	struct preview *preview = argument;
	struct engine *engine = preview->pipeline.engine;
	return engine_due(engine, domain, engine_canonical(engine, subject), fault);
}

static enum result judge_all(struct preview *preview, instant now, struct fault *fault)
{
	struct engine *engine = preview->pipeline.engine;
	uint32_t last = 0;
	enum result result = engine_start(engine, fault);
	while (result == RESULT_OK) {
		uint32_t after = last;
		result = histories_each(preview->pipeline.store, after, HISTORIES_A_PORTION, &last, touch, preview,
		                        fault);
		if (result == RESULT_OK)
			result = engine_flush(engine, now, fault);
		if (result == RESULT_OK)
			result = hand_on(preview, fault);
		if (!last)
			break;
	}
	if (result == RESULT_OK)
		result = see_gone(preview, fault);
	return result == RESULT_OK ? hand_on(preview, fault) : result;
}

enum result pipeline_preview(struct store *store, const struct engine_settings *settings, instant now,
                             preview_visit *visit, void *argument, struct fault *fault)
{
	struct preview preview = {.visit = visit, .argument = argument, .arena = arena_new(64 * 1024)};
	preview.pipeline.store = store;
	preview.pipeline.settings.store = store;
	preview.pipeline.settings.engine = *settings;
	preview.pipeline.transaction.now = now;
	struct engine_host host = pipeline_host(&preview.pipeline);
	host.effect = note_effect;
	host.keep_alert = keep_no_alert;
	host.keep_due = keep_no_due;
	host.set_standing = change_no_standing;
	host.contradictions = NULL;
	host.warned = NULL;
	host.answer_waits = NULL;
	host.answers_waiting = NULL;
	preview.pipeline.engine = engine_new(settings, &host);
	enum result result = judge_all(&preview, now, fault);
	engine_free(preview.pipeline.engine);
	free(preview.changes);
	arena_free(preview.arena);
	return result;
}
