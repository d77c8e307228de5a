/* standing: what stands still for the same child, and which clocks begin, when an alert ends. */
#include "message/standing.h"

#include "message/facts.h"
#include "rules/kinds.h"

struct standing_visit {
	const struct alert_context_sources *gather;
	struct arena *arena;
	struct message_alert *alert;
	struct message_standing *items;
	struct text ids[GATHER_STANDING];
};

static enum result take_standing(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct standing_visit *visit = argument;
	(void)fault;
	const struct rule *rule = ruleset_find_version(visit->gather->rules, row->rule, row->rule_from);
	if (text_equal(row->id, visit->alert->id) || row->told == INSTANT_NONE ||
	    (rule && rule->restricted)) /* a restricted one is known to those it tells alone */
		return RESULT_OK;
	if (visit->alert->standing_count == GATHER_STANDING) {
		visit->alert->standing_more++;
		return RESULT_OK;
	}
	visit->items[visit->alert->standing_count++] = (struct message_standing){
	        .number = row->number,
	        .title = rule ? rule->title : arena_copy_text(visit->arena, row->rule.at, row->rule.length),
	        .opened = row->opened, .acknowledged = row->acknowledged, .answered_at = row->acknowledged_at,
	        .told_at = INSTANT_NONE};
	visit->ids[visit->alert->standing_count - 1] = text_keep(visit->arena, row->id);
	return RESULT_OK;
}

/* Who was told of it first: the roles of its first step, and when the first message was taken. */
static enum result find_told(const struct alert_context_sources *gather, struct text id, struct arena *arena,
                             struct message_standing *standing, struct fault *fault)
{
	struct alert_context_rows rows;
	enum result result = alert_context_rows(gather->store, id, NULL, arena, &rows, fault);
	const char **titles = arena_alloc(arena, (rows.count + 1) * sizeof *titles);
	int step = 0;
	for (size_t i = 0; i < rows.count && result == RESULT_OK; i++) {
		const struct outbox_row *row = &rows.items[i];
		if (row->sent == INSTANT_NONE || (step && row->step != step))
			continue;
		const char *title =
			directory_role_title(gather->directory, arena_copy_text(arena, row->role.at, row->role.length));
		bool again = false;
		for (size_t k = 0; k < standing->told_count; k++)
			again = again || strcmp(titles[k], title) == 0;
		if (!again)
			titles[standing->told_count++] = title;
		if (standing->told_at == INSTANT_NONE || row->sent < standing->told_at)
			standing->told_at = row->sent;
		step = row->step;
	}
	standing->told = titles;
	return result;
}

enum result standing_find(const struct alert_context_sources *gather, struct message_alert *alert, struct arena *arena,
                                 struct fault *fault)
{
	struct standing_visit visit = {.gather = gather, .arena = arena, .alert = alert,
	                               .items = arena_alloc(arena, GATHER_STANDING * sizeof(struct message_standing))};
	alert->standing = visit.items;
	enum result result = alerts_standing_of(gather->store, alert->subject, take_standing, &visit, fault);
	for (size_t i = 0; i < alert->standing_count && result == RESULT_OK; i++)
		result = find_told(gather, visit.ids[i], arena, &visit.items[i], fault);
	return result;
}

/* ---- clocks that its end began ---- */

#define CLOCKS_MOST 4 /* that an end may begin; more would not be read on a phone */

void standing_find_clocks(const struct alert_context_sources *gather, struct message_alert *alert, instant now,
                        struct arena *arena)
{
	struct message_clock *clocks = arena_alloc(arena, CLOCKS_MOST * sizeof *clocks);
	const struct message_event *end = alert->ended_by;
	struct fault ignored;
	alert->clocks = clocks;
	for (size_t i = 0; end && i < gather->rules->rule_count && alert->clock_count < CLOCKS_MOST; i++) {
		const struct rule *rule = &gather->rules->rules[i];
		instant due;
		bool starts = rule_kind_row(rule->kind)->begins == KIND_BEGINS_CLOCK && rule->due_what &&
		              !rule->restricted && !rule->due && rule->within.amount &&
		              rule_is_effective(rule, zone_date(calendar_zone(gather->calendar), end->event->time));
		if (!starts || !message_starts_clock(gather->rules, alert, rule, end) ||
		    calendar_expiry(gather->calendar, end->event->time, rule->within, &due, &ignored) != RESULT_OK ||
		    due <= now)
			continue;
		clocks[alert->clock_count++] = (struct message_clock){rule->due_what, due};
	}
}
