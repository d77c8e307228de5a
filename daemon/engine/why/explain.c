/* explain: why an alert stands, in a sentence a manager understands. */
#include "engine/why/explain.h"

#include "rules/kinds.h"

void explain_number(uint64_t number, struct buffer *out)
{
	buffer_padded(out, number, 1);
}

void explain_date(const struct zone *zone, instant at, bool year, struct buffer *out)
{
	words_day(zone_date(zone, at), year ? WORDS_BRIEF_YEAR : WORDS_BRIEF, out);
}

void explain_time(const struct zone *zone, instant at, struct buffer *out)
{
	words_moment(zone, (struct words_moment){.at = at}, WORDS_BRIEF, out);
}

void explain_opened(const struct zone *zone, const struct outcome *outcome, struct buffer *out)
{
	const struct words_moment opened = {.at = outcome->opened, .day_only = outcome->by_date};
	words_moment(zone, opened, WORDS_BRIEF, out);
}

void explain_wall(int minutes, struct buffer *out)
{
	const int digits[] = {minutes / 600, minutes / 60 % 10, minutes % 60 / 10, minutes % 10};
	for (size_t i = 0; i < 4; i++) {
		if (i == 2)
			buffer_char(out, ':');
		buffer_char(out, (char)('0' + digits[i]));
	}
}

/* A start at a local midnight is nearly always one of which the date alone is known (events.md, timeprecision): "00:00"
 * would say an hour that nobody recorded. */
static bool is_date(const struct zone *zone, instant at)
{
	return zone_midnight(zone, zone_date(zone, at)) == at;
}

/* An expiry at midnight is the end of the day before; any other is a time. */
static void add_expiry(const struct zone *zone, instant at, struct buffer *out)
{
	if (is_date(zone, at)) {
		buffer_string(out, "the end of ");
		explain_date(zone, at - 1, true, out);
	} else {
		explain_time(zone, at, out);
	}
}

static void add_title(type_id type, struct buffer *out)
{
	buffer_char(out, '"');
	buffer_string(out, schema_type_title(type));
	buffer_char(out, '"');
}

void explain_fired(const struct selectors *selectors, const struct outcome *outcome, struct buffer *out)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].type == outcome->type) {
			add_title(outcome->type, out);
			return;
		}
	if (selectors->count)
		add_title(selectors->items[0].type, out);
	else
		buffer_string(out, "\"what was due\"");
}

void explain_types(const struct selectors *selectors, struct buffer *out)
{
	for (size_t i = 0; i < selectors->count; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= selectors->items[k].type == selectors->items[i].type;
		if (again)
			continue;
		if (i)
			buffer_string(out, i + 1 < selectors->count ? ", " : " or ");
		add_title(selectors->items[i].type, out);
	}
}

/* no "A" within 72 hours of; where no event stops it: 12 months since "B" on */
static void add_what_runs(const struct rule *rule, struct duration length, struct buffer *out)
{
	if (rule->stop.count) {
		buffer_string(out, "no ");
		explain_types(&rule->stop, out);
	}
	if (length.amount) {
		buffer_string(out, rule->stop.count ? " within " : "");
		duration_print(length, out);
		buffer_string(out, rule->stop.count ? "" : " ");
	}
	buffer_string(out, rule->stop.count ? " of " : "since ");
	if (rule->stop.count || !rule->on.count)
		return;
	explain_types(&rule->on, out);
	buffer_string(out, " on ");
}

void explain_clock(const struct zone *zone, const struct rule *rule, struct duration length, instant start,
                   instant due, struct buffer *out)
{
	add_what_runs(rule, length, out);
	if (length.amount && (length.unit == UNIT_HOURS || length.unit == UNIT_MINUTES) && !is_date(zone, start))
		explain_time(zone, start, out);
	else
		explain_date(zone, start, true, out);
	if (due != INSTANT_NONE && due != INSTANT_NEVER) {
		buffer_string(out, "; due by ");
		add_expiry(zone, due, out);
	}
}

instant explain_start(const struct outcome *outcome)
{
	return outcome->evidence_count ? outcome->evidence[0].time : outcome->opened;
}

size_t explain_window(const struct rule *rule, const struct outcome *outcome)
{
	size_t from = 0, until = outcome->evidence_count;
	while (rule_kind_row(rule->kind)->counts && from < until) { /* what is counted is in order of its time */
		size_t middle = from + (until - from) / 2;
		if (outcome->evidence[middle].time <= outcome->opened)
			from = middle + 1;
		else
			until = middle;
	}
	return until;
}

void explain_warning(const struct zone *zone, const struct rule *rule, const struct warned *warned,
                     struct buffer *out)
{
	buffer_string(out, rule->stop.count ? "still " : "soon ");
	explain_clock(zone, rule, rule->within, warned->evidence.time, warned->due, out);
}
