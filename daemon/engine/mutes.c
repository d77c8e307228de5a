/* mutes: begun and ended in the fold; asked wherever somebody would be told. */
#include "engine/mutes.h"

#include "engine/why/why.h"
#include "time/instant.h"

#define RULE_PRINT 8 /* seed of the fingerprints of rules' ids */

static instant until_of(const struct event *event)
{
	struct text until = event_string(event, schema_name(TEXT("until")));
	instant at;
	const char *why;
	return until.length && instant_parse(until, &at, &why) ? at : INSTANT_NONE;
}

static uint64_t rule_of(const struct event *event)
{
	struct text rule = event_string(event, schema_name(TEXT("rule")));
	return rule.length ? text_fingerprint(rule, RULE_PRINT) : 0;
}

static uint64_t key_of(const struct event *event)
{
	return text_fingerprint(event_string(event, schema_name(TEXT("mute"))), RULE_PRINT);
}

/* Those that are over. They say at what instant it was that a step was held back to, so they are kept while there is
 * room. */
static void forget_ended(struct history *history, instant at)
{
	for (uint32_t i = history->mute_count; i-- > 0;)
		if (history->mutes[i].until <= at)
			history->mutes[i] = history->mutes[--history->mute_count];
}

const char *mutes_take(struct fold *fold, const struct event *event)
{
	struct history *history = fold->history;
	struct mute *mute = NULL;
	uint64_t key = key_of(event);
	for (uint32_t i = 0; i < history->mute_count && !mute; i++)
		if (history->mutes[i].key == key)
			mute = &history->mutes[i];
	history->ladder_next = INSTANT_NONE; /* whatever it holds back, or lets go */
	if (event->type == fold->engine->type_mute_ended) {
		bool runs = mute && event->time < mute->until;
		if (runs)
			mute->until = event->time;
		return runs ? NULL : "no mute of that id runs here, so there was none to end";
	}
	if (!mute && history->mute_count == MUTES_MOST)
		forget_ended(history, fold->at);
	if (!mute && history->mute_count == MUTES_MOST)
		return "64 mutes run here already, so this one mutes nothing";
	if (!mute)
		mute = mem_push32((void **)&history->mutes, &history->mute_count, &history->mute_room, sizeof *mute);
	*mute = (struct mute){.key = key, .rule = rule_of(event), .from = event->time, .until = until_of(event)};
	return NULL;
}

static bool covers(const struct mute *mute, const struct rule *rule)
{
	bool covered = !mute->rule || mute->rule == text_fingerprint(text_of(rule->id), RULE_PRINT);
	for (size_t i = 0; i < rule->renamed_count && !covered; i++)
		covered = mute->rule == text_fingerprint(text_of(rule->renamed_from[i]), RULE_PRINT);
	return covered;
}

static instant end_of(const struct engine *engine, const struct mute *mute, enum severity severity)
{
	instant most = ladder_review_most(engine, severity, mute->from);
	return mute->until < most ? mute->until : most;
}

instant mutes_hold(const struct engine *engine, const struct history *history, const struct rule *rule, instant now)
{
	instant until = INSTANT_NONE;
	if (rule->severity == SEVERITY_CRITICAL)
		return INSTANT_NONE;
	for (uint32_t i = 0; i < history->mute_count; i++) {
		const struct mute *mute = &history->mutes[i];
		instant end = end_of(engine, mute, rule->severity);
		if (mute->from <= now && end > now && end > until && covers(mute, rule))
			until = end;
	}
	return until;
}

instant mutes_over(const struct engine *engine, const struct history *history, const struct rule *rule, instant at)
{
	for (uint32_t i = 0; i <= history->mute_count; i++) { /* each ends at most once */
		instant until = at == INSTANT_NEVER ? INSTANT_NONE : mutes_hold(engine, history, rule, at);
		if (until == INSTANT_NONE)
			break;
		at = until;
	}
	return at;
}

instant mutes_next(const struct engine *engine, const struct history *history, instant now)
{
	static const enum severity severities[] = {SEVERITY_HIGH, SEVERITY_NORMAL};
	instant next = INSTANT_NEVER;
	for (uint32_t i = 0; i < history->mute_count; i++)
		for (size_t k = 0; k < sizeof severities / sizeof *severities; k++) {
			instant end = end_of(engine, &history->mutes[i], severities[k]);
			if (history->mutes[i].from <= now && end > now && end < next)
				next = end;
		}
	return next;
}

const char *mutes_doubt(const struct engine *engine, const struct event *event, const char **field)
{
	struct text id = event_string(event, schema_name(TEXT("rule")));
	const struct rule *rule =
		id.length ? ruleset_find_on(engine->index->rules, id,
	                                    zone_date(calendar_zone(engine->settings.calendar), event->time))
			  : NULL;
	enum severity severity = rule ? rule->severity : SEVERITY_NORMAL;
	instant until = until_of(event);
	if (event->type != engine->type_mute_started)
		return NULL;
	*field = "data.rule";
	if (id.length && !rule)
		return "no rule of that id is in force, so nothing is muted";
	if (severity == SEVERITY_CRITICAL)
		return "critical alerts are never muted, so nothing is";
	*field = "data.until";
	if (until <= event->time)
		return "the mute ends before it begins, so nothing is muted";
	if (until > ladder_review_most(engine, severity, event->time))
		return "the mute lasts too long, so it was cut to ten times what its severity sets for reviews";
	return NULL;
}

instant engine_muted(struct engine *engine, enum party_kind domain, struct text id, const struct rule *rule,
                     instant now)
{
	const struct history *history = cache_find(engine, domain, links_canonical(engine->links, id));
	return history ? mutes_hold(engine, history, rule, now) : INSTANT_NONE;
}
