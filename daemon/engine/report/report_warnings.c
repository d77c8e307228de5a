/* report_warnings: early warnings, told to the host once each: while the clock that they are of runs still, and of
 * several that count back from one date the one nearest it. */
#include "engine/report/report_internal.h"

#include "engine/fold/fold.h"
#include "engine/report/report_index.h"
#include "engine/why/explain.h"

/* What is looked for among the clocks and the warnings of one history, for one pass over its warnings. Some few are
 * gone through; of thousands, each warning would go through all. */
struct warnings {
	struct report *report;
	struct map running; /* clocks that run, by rule and key; made when first asked for */
	struct map behind;  /* warnings from `from` on, by what they warn of and its date; likewise */
	uint32_t from;
	bool has_running, has_behind;
};

static bool is_many(const struct warnings *pass, size_t count)
{
	return count > pass->report->history->few;
}

static void note_looked_at(struct warnings *pass, size_t count)
{
	pass->report->engine->figures.looked_at += count;
}

/* ---- whether its clock runs ---- */

/* It runs, and still to the date that was warned of: one that was moved is warned of anew. */
static bool is_clock_of(struct warnings *pass, const struct clock_entry *clock, const struct warned *warned)
{
	note_looked_at(pass, 1);
	return clock->rule == warned->rule && clock->key == warned->key && clock->alert == ALERT_NONE && !clock->done &&
	       clock->due == warned->due;
}

static void find_running(struct warnings *pass)
{
	const struct history *history = pass->report->history;
	for (uint32_t i = 0; i < history->clock_count; i++)
		if (history->clocks[i].alert == ALERT_NONE && !history->clocks[i].done)
			map_add(&pass->running, mark_mix(history->clocks[i].rule, history->clocks[i].key), i);
	note_looked_at(pass, history->clock_count);
	pass->has_running = true;
}

static bool clock_runs(struct warnings *pass, const struct warned *warned)
{
	struct history *history = pass->report->history;
	if (warned->due <= pass->report->now)
		return false;
	const struct clock_entry *found = clock_find(history, warned->rule, warned->key);
	if (found && is_clock_of(pass, found, warned)) /* as nearly always */
		return true;
	if (!is_many(pass, history->clock_count)) {
		for (size_t i = 0; i < history->clock_count; i++)
			if (is_clock_of(pass, &history->clocks[i], warned))
				return true;
		return false;
	}
	if (!pass->has_running)
		find_running(pass);
	struct map_walk walk = map_walk(&pass->running, mark_mix(warned->rule, warned->key));
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;)
		if (is_clock_of(pass, &history->clocks[i], warned))
			return true;
	return false;
}

/* ---- whether a later one of the same date has its time, too ---- */

static bool warns_of_same(struct warnings *pass, const struct warned *one, const struct warned *other)
{
	note_looked_at(pass, 1);
	return one->identity == other->identity && one->due == other->due;
}

static void find_behind(struct warnings *pass)
{
	const struct history *history = pass->report->history;
	for (uint32_t i = pass->from; i < history->warned_count; i++)
		map_add(&pass->behind, mark_mix(history->warned[i].identity, (uint64_t)history->warned[i].due), i);
	note_looked_at(pass, history->warned_count - pass->from);
	pass->has_behind = true;
}

/* Of several that count back from a date and whose time has passed, only the one nearest the date is sent. */
static bool is_overtaken(struct warnings *pass, const struct rule *rule, uint32_t place)
{
	const struct history *history = pass->report->history;
	const struct warned *warned = &history->warned[place];
	if (!rule->warn_before)
		return false;
	if (!is_many(pass, history->warned_count - place)) {
		for (uint32_t i = place + 1; i < history->warned_count; i++)
			if (warns_of_same(pass, &history->warned[i], warned))
				return true;
		return false;
	}
	if (!pass->has_behind)
		find_behind(pass);
	struct map_walk walk = map_walk(&pass->behind, mark_mix(warned->identity, (uint64_t)warned->due));
	for (uint32_t i; (i = map_next(&walk)) != MAP_NONE;)
		if (i > place && warns_of_same(pass, &history->warned[i], warned))
			return true;
	return false;
}

/* ---- telling it ---- */

static const struct outcome *alert_of(struct history *history, uint64_t id)
{
	struct report_walk walk = report_walk_alerts(history, id);
	const struct outcome *first = NULL;
	for (uint32_t i; (i = report_walk_next(&walk)) != MAP_NONE;) {
		const struct outcome *outcome = &history->outcomes[i];
		if (outcome->id == id && outcome->reported != REPORTED_NOT && (!first || outcome < first))
			first = outcome;
	}
	return first ? first : match_withdrawn(history, id);
}

/* Under the id that its alert would have. Where that alert stood before, its row is the alert's and stays so. */
static enum result keep_warning(struct report *report, const struct rule *rule, const struct warned *warned)
{
	const struct outcome *alert = alert_of(report->history, warned->id);
	if (alert)
		report_describe(report, rule, alert);
	return report_keep(report);
}

static enum result report_warning(struct warnings *pass, uint32_t place)
{
	struct report *report = pass->report;
	struct warned *warned = &report->history->warned[place];
	const struct rule *rule = &report->engine->index->rules->rules[warned->rule];
	instant go_live = report->engine->settings.go_live;
	warned->reported = true;
	warned->id = outcome_id_of(report->history, warned->identity);
	report_index_warning(report->history, place);
	/* Its own time, and not `now`: whether it is told may not depend on when the history was last folded. */
	bool too_early = go_live != INSTANT_NONE && warned->at < go_live;
	if (too_early || !clock_runs(pass, warned) || is_overtaken(pass, rule, place))
		return RESULT_OK;
	struct ladder_tell tell = {.answer_by = warned->due};
	const struct step *step = rule->warning.role_count ? &rule->warning : rule->steps;
	for (; tell.count < step->role_count && tell.count < 64; tell.count++)
		tell.roles[tell.count] = step->roles[tell.count];
	tell.not_before = report_not_before(report, rule);
	report->alert = (struct alert){.rule = warned->rule, .key = warned->key, .state = ALERT_RESOLVED,
	                               .opened = warned->at, .closed = warned->at, .due = warned->due,
	                               .evidence = &warned->evidence, .evidence_count = 1, .told = report->now,
	                               .next = INSTANT_NEVER, .early_warning = !alert_of(report->history, warned->id),
	                               .asked = INSTANT_NONE, .stood_until = INSTANT_NONE,
	                               .warned = {warned->at, warned->due, warned->start, warned->stage},
	                               .shadow = rule->shadow};
	report_print_id(warned->id, report->alert.id);
	buffer_clear(&report->because);
	if (report->engine->host.effect)
		explain_warning(calendar_zone(report->engine->settings.calendar), rule, warned, &report->because);
	report->window_count = 1;
	report->shadow = rule->shadow;
	enum result result =
		report_send(report, rule, (struct saying){EFFECT_WARNED, CAUSE_EARLY, warned->at, NULL}, &tell, 0);
	return result == RESULT_OK ? keep_warning(report, rule, warned) : result;
}

enum result report_warnings(struct report *report, bool *whole)
{
	struct history *history = report->history;
	enum result result = RESULT_OK;
	struct warnings pass = {.report = report, .from = history->warned_from};
	uint32_t done = history->warned_from, i = done;
	bool all = true;
	for (; i < history->warned_count && report->left && result == RESULT_OK; i++) {
		struct warned *warned = &history->warned[i];
		bool held = !warned->reported &&
		            report_is_muted(report, &report->engine->index->rules->rules[warned->rule]);
		if (!warned->reported && !held)
			result = report_warning(&pass, i);
		all &= !held;
		done += all;
	}
	map_free(&pass.running);
	map_free(&pass.behind);
	history->warned_from = done;
	*whole = i == history->warned_count;
	return result;
}
