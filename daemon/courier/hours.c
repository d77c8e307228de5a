/* hours: when a person hears: in their own hours, and together with what else falls to them within a minute. */
#include "courier/courier_internal.h"

/* What goes in one message (rules.md, Grouping). A change or a correction has a form of its own. */
#define KINDS 2
static const struct text together[KINDS][OUTBOX_PURPOSES + 1] = {
	{TEXT_LITERAL("opened"), TEXT_LITERAL("escalated"), TEXT_LITERAL("asked-again"), TEXT_LITERAL("passed-on")},
	{TEXT_LITERAL("answered"), TEXT_LITERAL("resolved")}};

const struct text *hours_purposes(const struct item *item)
{
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; together[kind][i].length; i++)
			if (text_equal(item->row.purpose, together[kind][i]))
				return together[kind];
	return NULL;
}

bool hours_groups(const struct item *item)
{
	return !item->row.critical && item->about && item->about->known && hours_purposes(item);
}

/* ---- the recipient's own hours ---- */

static bool works_on(const struct person *person, const struct calendar *calendar, civil_day day)
{
	return calendar_is_working(calendar, day) && (!person->days || (person->days >> day_of_week(day) & 1));
}

static bool in_own_hours(const struct person *person, const struct calendar *calendar, instant at)
{
	const struct zone *zone = calendar_zone(calendar);
	int64_t wall = zone_wall(zone, at);
	int64_t minute = (wall % (24 * HOUR) + 24 * HOUR) % (24 * HOUR) / MINUTE;
	if (person->hours_from < 0)
		return calendar_in_hours(calendar, at) && works_on(person, calendar, zone_date(zone, at));
	return works_on(person, calendar, zone_date(zone, at)) && minute >= person->hours_from &&
	       minute < person->hours_until;
}

static instant next_own_hours(const struct person *person, const struct calendar *calendar, instant now)
{
	const struct zone *zone = calendar_zone(calendar);
	instant at = now;
	civil_day day = zone_date(zone, now);
	for (int i = 0; i < 14; i++, day++) {
		if (person->hours_from < 0) /* the council's */
			at = calendar_next_hours(calendar,
			                         zone_midnight(zone, day) > now ? zone_midnight(zone, day) : now);
		else
			at = zone_instant(zone, (int64_t)day * 24 * HOUR + person->hours_from * MINUTE, WALL_EARLIER);
		if (at > now && works_on(person, calendar, zone_date(zone, at)))
			return at;
	}
	return now; /* no working day in two weeks: telling must not wait for a calendar */
}

/* Those whose hours are all hours; and a role that works when others do not. */
static bool always(const struct pass *pass, const struct item *item, const struct person *person)
{
	bool whole_day = person->hours_from >= 0 && (person->hours_until <= person->hours_from ||
	                                             person->hours_until - person->hours_from >= 24 * 60);
	return whole_day || directory_out_of_hours(pass->courier->settings.directory, item->row.role);
}

/* A first attempt alone: what was tried once is not held back again. */
static instant own_hours_from(const struct pass *pass, const struct item *item, const struct person *person)
{
	const struct calendar *calendar = pass->courier->settings.calendar;
	if (item->row.critical || item->row.kind == OUTBOX_OPS || item->row.kind == OUTBOX_LIST ||
	    item->row.message_id.length || always(pass, item, person) || in_own_hours(person, calendar, pass->now))
		return pass->now;
	if (item->gathered && /* their hours ended while it waited for others */
	    in_own_hours(person, calendar, pass->now - pass->courier->settings.together))
		return pass->now;
	return next_own_hours(person, calendar, pass->now);
}

/* ---- others ---- */

enum result hours_wait(struct pass *pass, const struct item *item, const struct person *person, instant *until,
                       struct fault *fault)
{
	struct courier *courier = pass->courier;
	*until = own_hours_from(pass, item, person);
	if (*until > pass->now || !hours_groups(item) || item->gathered || item->row.message_id.length)
		return RESULT_OK;
	/* The first alert that falls to somebody waits a minute for others; those that come meanwhile go when it
	 * does. */
	instant last = pass->now + courier->settings.together;
	enum result result =
		outbox_gathers(courier->settings.store, text_of(person->id), pass->now, last, until, fault);
	if (*until == INSTANT_NEVER)
		*until = last;
	return result;
}
