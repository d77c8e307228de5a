/* own_hours: when a person works, by their own hours and days, else by the council's. */
#include "people/own_hours.h"

static bool works_on(const struct person *person, const struct calendar *calendar, civil_day day)
{
	return calendar_is_working(calendar, day) && (!person->days || (person->days >> day_of_week(day) & 1));
}

bool own_hours_in(const struct person *person, const struct calendar *calendar, instant at)
{
	const struct zone *zone = calendar_zone(calendar);
	int64_t wall = zone_wall(zone, at);
	int64_t minute = (wall % (24 * HOUR) + 24 * HOUR) % (24 * HOUR) / MINUTE;
	if (person->hours_from < 0)
		return calendar_in_hours(calendar, at) && works_on(person, calendar, zone_date(zone, at));
	return works_on(person, calendar, zone_date(zone, at)) && minute >= person->hours_from &&
	       minute < person->hours_until;
}

instant own_hours_next(const struct person *person, const struct calendar *calendar, instant now)
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

bool own_hours_always(const struct person *person)
{
	return person->hours_from >= 0 && (person->hours_until <= person->hours_from ||
	                                   person->hours_until - person->hours_from >= 24 * 60);
}
