/* explain: why an alert stands, in a sentence a manager understands. */
#include "engine/engine_internal.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void add_date(const struct engine *engine, instant at, struct buffer *out)
{
	int year, month, day;
	day_split(zone_date(calendar_zone(engine->settings.calendar), at), &year, &month, &day);
	buffer_format(out, "%d %s", day, months[month - 1]);
}

static void add_date_year(const struct engine *engine, instant at, struct buffer *out)
{
	int year, month, day;
	day_split(zone_date(calendar_zone(engine->settings.calendar), at), &year, &month, &day);
	buffer_format(out, "%d %s %d", day, months[month - 1], year);
}

static void add_time(const struct engine *engine, instant at, struct buffer *out)
{
	int64_t wall = zone_wall(calendar_zone(engine->settings.calendar), at);
	int64_t minutes = ((wall / MINUTE) % 1440 + 1440) % 1440;
	add_date(engine, at, out);
	buffer_format(out, ", %02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
}

/* An expiry at midnight is the end of the day before; any other is a time. */
static void add_expiry(const struct engine *engine, instant at, struct buffer *out)
{
	const struct zone *zone = calendar_zone(engine->settings.calendar);
	if (zone_midnight(zone, zone_date(zone, at)) == at) {
		buffer_string(out, "the end of ");
		add_date_year(engine, at - 1, out);
	} else {
		add_time(engine, at, out);
	}
}

/* The event that fired, where it was one; else what the rule looks for first. */
static const char *fired_title(const struct outcome *outcome, const struct selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++)
		if (selectors->items[i].type == outcome->type)
			return schema_type_title(outcome->type);
	return selectors->count ? schema_type_title(selectors->items[0].type) : "what was due";
}

static void add_types(const struct selectors *selectors, struct buffer *out)
{
	for (size_t i = 0; i < selectors->count; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= selectors->items[k].type == selectors->items[i].type;
		if (again)
			continue;
		if (i)
			buffer_string(out, i + 1 < selectors->count ? ", " : " or ");
		buffer_format(out, "\"%s\"", schema_type_title(selectors->items[i].type));
	}
}

#define DATES_MOST 12 /* of a window: more make a sentence that nobody reads */

size_t explain_window(const struct rule *rule, const struct outcome *outcome)
{
	size_t count = 0;
	if (rule->kind != RULE_COUNT)
		return outcome->evidence_count;
	for (uint32_t i = 0; i < outcome->evidence_count; i++)
		count += outcome->evidence[i].time <= outcome->opened;
	return count;
}

static bool same_year(const struct engine *engine, instant a, instant b)
{
	int year_a, year_b, month, day;
	const struct zone *zone = calendar_zone(engine->settings.calendar);
	day_split(zone_date(zone, a), &year_a, &month, &day);
	day_split(zone_date(zone, b), &year_b, &month, &day);
	return year_a == year_b;
}

/* "3 in 30 days: 2 Jan, 11 Jan, 29 Jan, and 4 more since then, the last on 11 Mar": what opened it, and what came while
 * it stood. Years are said where they mix. */
static void explain_count(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                          struct buffer *out)
{
	size_t window = explain_window(rule, outcome), since = outcome->evidence_count - window;
	if (!outcome->evidence_count)
		return;
	instant last = outcome->evidence[outcome->evidence_count - 1].time;
	bool years = !same_year(engine, outcome->evidence[0].time, last);
	buffer_format(out, "%zu in ", window);
	duration_print(rule->within, out);
	buffer_string(out, ": ");
	for (size_t i = 0; i < window && i < DATES_MOST; i++) {
		buffer_string(out, i ? ", " : "");
		(years ? add_date_year : add_date)(engine, outcome->evidence[i].time, out);
	}
	if (window > DATES_MOST)
		buffer_format(out, " and %zu more up to ", window - DATES_MOST);
	if (window > DATES_MOST)
		(years ? add_date_year : add_date)(engine, outcome->evidence[window - 1].time, out);
	if (!since)
		return;
	buffer_format(out, ", and %zu more since then, %s", since, since > 1 ? "the last on " : "on ");
	(years ? add_date_year : add_date)(engine, last, out);
}

static void explain_clock(const struct engine *engine, const struct rule *rule, struct duration length, instant start,
                          instant due, struct buffer *out)
{
	buffer_string(out, "no ");
	add_types(&rule->stop, out);
	if (length.amount) {
		buffer_string(out, " within ");
		duration_print(length, out);
	}
	buffer_string(out, " of ");
	if (length.amount && (length.unit == UNIT_HOURS || length.unit == UNIT_MINUTES))
		add_time(engine, start, out);
	else
		add_date_year(engine, start, out);
	if (due != INSTANT_NONE && due != INSTANT_NEVER) {
		buffer_string(out, "; due by ");
		add_expiry(engine, due, out);
	}
}

static void explain_kind(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                         struct buffer *out)
{
	instant start = outcome->evidence_count ? outcome->evidence[0].time : outcome->opened;
	switch (rule->kind) {
	case RULE_EVENT:
		buffer_format(out, "\"%s\" on ", fired_title(outcome, &rule->on));
		add_time(engine, outcome->opened, out);
		break;
	case RULE_GUARD:
		buffer_format(out, "\"%s\" on ", fired_title(outcome, &rule->on));
		add_time(engine, outcome->opened, out);
		buffer_string(out, " with no ");
		add_types(&rule->before, out);
		buffer_string(out, " that counts before it");
		break;
	case RULE_COUNT:
		explain_count(engine, rule, outcome, out);
		break;
	case RULE_DEADLINE:
		explain_clock(engine, rule, rule->due ? (struct duration){0, UNIT_DAYS} : rule->within, start,
		              outcome->due, out);
		break;
	case RULE_RECURRING:
		explain_clock(engine, rule, (struct duration){0, UNIT_DAYS}, start, outcome->due, out);
		break;
	case RULE_OVERLAP:
		buffer_format(out, "\"%s\" since ", fired_title(outcome, &rule->on));
		add_time(engine, start, out);
		buffer_format(out, ", between %02d:%02d and %02d:%02d", rule->daily_from / 60, rule->daily_from % 60,
		              rule->daily_until / 60, rule->daily_until % 60);
		if (outcome->nights > 1)
			buffer_format(out, ", %u nights", outcome->nights);
		break;
	case RULE_STATE:
		buffer_format(out, "%s, since ", rule->title ? rule->title : rule->id);
		add_time(engine, outcome->opened, out);
		break;
	case RULE_LOAD:
		buffer_format(out, "%u open, more than %u, since ", outcome->evidence_count, rule->more_than);
		add_time(engine, outcome->opened, out);
		break;
	}
}

void explain_because(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                     struct buffer *out)
{
	explain_kind(engine, rule, outcome, out);
	for (size_t i = 0; i < rule->remark_count && i < 8; i++)
		if (outcome->remarks & (1u << i))
			buffer_format(out, ". %s", rule->remarks[i].text);
}

void explain_warning(const struct engine *engine, const struct rule *rule, const struct warned *warned,
                     struct buffer *out)
{
	buffer_string(out, "still ");
	explain_clock(engine, rule, rule->within, warned->evidence.time, warned->due, out);
}
