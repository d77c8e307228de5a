/* calendar: when clocks expire, in hours, civil dates and working days. */
#include "time/calendar.h"

#include <stdlib.h>

#include "base/mem.h"
#include "time/holidays.h"

#define DAY (24 * HOUR)

/* Working days are counted once, when the calendar is made: `counted` says for each covered date how many working days
 * there were up to and with it, `working` is the list of them. So "n working days on" is two look-ups, however large
 * n. */
struct calendar {
	struct zone *zone;
	instant hours_from, hours_until; /* after local midnight */
	civil_day first, last;           /* covered dates */
	int first_year;
	int32_t *counted;                /* of date first + i */
	civil_day *working;
	int32_t working_count;
	uint16_t *holidays_in;           /* of year first_year + i */
	struct holidays holidays;
};

static instant add_saturated(instant at, instant more)
{
	instant sum;
	if (__builtin_add_overflow(at, more, &sum))
		return more > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

/* The wall time `of_day` after local midnight of the date; the ends of time stay what they are. */
static int64_t wall_at(civil_day date, instant of_day)
{
	int64_t midnight;
	if (__builtin_mul_overflow((int64_t)date, DAY, &midnight))
		return date > 0 ? INT64_MAX : INT64_MIN;
	return add_saturated(midnight, of_day);
}

static void count_working_days(struct calendar *calendar, const struct holidays *holidays)
{
	size_t days = (size_t)(calendar->last - calendar->first) + 1;
	bool *free_day = mem_zero(days, sizeof *free_day);
	calendar->counted = mem_zero(days, sizeof *calendar->counted);
	calendar->working = mem_zero(days, sizeof *calendar->working);
	calendar->holidays_in = mem_zero((size_t)(holidays->last_year - holidays->first_year) + 1,
	                                 sizeof *calendar->holidays_in);
	for (size_t i = 0; i < holidays->count; i++) {
		int year, month, day;
		day_split(holidays->days[i], &year, &month, &day);
		bool *is_free = &free_day[holidays->days[i] - calendar->first];
		if (!*is_free)
			calendar->holidays_in[year - calendar->first_year]++;
		*is_free = true;
	}
	for (size_t i = 0; i < days; i++) {
		civil_day day = calendar->first + (civil_day)i;
		if (day_of_week(day) < 5 && !free_day[i])
			calendar->working[calendar->working_count++] = day;
		calendar->counted[i] = calendar->working_count;
	}
	free(free_day);
}

struct calendar *calendar_new(struct zone *zone, struct text json, struct fault *fault)
{
	struct holidays holidays;
	if (holidays_parse(json, &holidays, fault) != RESULT_OK) {
		zone_free(zone);
		return NULL;
	}
	struct calendar *calendar = MEM_NEW(struct calendar);
	calendar->zone = zone;
	calendar->hours_from = 8 * HOUR;
	calendar->hours_until = 17 * HOUR;
	calendar->first_year = holidays.first_year;
	calendar->first = day_of(holidays.first_year, 1, 1);
	calendar->last = day_of(holidays.last_year, 12, 31);
	count_working_days(calendar, &holidays);
	calendar->holidays = holidays;
	return calendar;
}

void calendar_free(struct calendar *calendar)
{
	if (!calendar)
		return;
	zone_free(calendar->zone);
	free(calendar->counted);
	free(calendar->working);
	free(calendar->holidays_in);
	free(calendar->holidays.days);
	free(calendar->holidays.titles);
	free(calendar);
}

void calendar_set_hours(struct calendar *calendar, int from, int until)
{
	if (from < 0 || from >= until || until > 24 * 60)
		return; /* config refuses these; hours that never come would hold messages back for ever */
	calendar->hours_from = from * MINUTE;
	calendar->hours_until = until * MINUTE;
}

const struct zone *calendar_zone(const struct calendar *calendar)
{
	return calendar->zone;
}

civil_day calendar_last_day(const struct calendar *calendar)
{
	return calendar->last;
}

static bool covers(const struct calendar *calendar, civil_day day)
{
	return day >= calendar->first && day <= calendar->last;
}

const char *calendar_holiday(const struct calendar *calendar, civil_day day)
{
	for (size_t i = 0; i < calendar->holidays.count; i++)
		if (calendar->holidays.days[i] == day && calendar->holidays.titles[i].text[0])
			return calendar->holidays.titles[i].text;
	return NULL;
}

bool calendar_is_working(const struct calendar *calendar, civil_day day)
{
	if (day_of_week(day) >= 5)
		return false;
	if (!covers(calendar, day))
		return true;
	int32_t before = day == calendar->first ? 0 : calendar->counted[day - calendar->first - 1];
	return calendar->counted[day - calendar->first] > before;
}

int calendar_holidays_in(const struct calendar *calendar, int year)
{
	int last_year, month, day;
	day_split(calendar->last, &last_year, &month, &day);
	return year < calendar->first_year || year > last_year ? 0 : calendar->holidays_in[year - calendar->first_year];
}

static enum result not_covered(const struct calendar *calendar, civil_day day, int32_t amount, struct fault *fault)
{
	int year, month, day_of_month, last_year, ignored;
	day_split(day, &year, &month, &day_of_month);
	day_split(calendar->last, &last_year, &ignored, &ignored);
	return fault_set(fault, RESULT_PERMANENT,
	                 "the calendar ends: %d working days %s %04d-%02d-%02d cannot be counted, because bank "
	                 "holidays are known "
	                 "from 1 January %d to 31 December %d; add the missing years to the bank holiday file",
	                 abs(amount), amount < 0 ? "before" : "from", year, month, day_of_month, calendar->first_year,
	                 last_year);
}

/* The date `amount` working days after `day` (before it, if negative). The date itself is day 0, working or not. */
static enum result working_day_on(const struct calendar *calendar, civil_day day, int32_t amount, civil_day *on,
                                  struct fault *fault)
{
	*on = day;
	if (!covers(calendar, day))
		return not_covered(calendar, day, amount, fault);
	if (amount == 0)
		return RESULT_OK;
	int64_t until_day = calendar->counted[day - calendar->first];
	int64_t index = until_day - 1 + amount;
	if (amount < 0)
		index = until_day - calendar_is_working(calendar, day) + amount;
	if (index < 0 || index >= calendar->working_count)
		return not_covered(calendar, day, amount, fault);
	*on = calendar->working[index];
	return RESULT_OK;
}

/* The local date `amount` units of civil time on. */
static enum result date_on(const struct calendar *calendar, civil_day day, struct duration length, civil_day *on,
                           struct fault *fault)
{
	switch (length.unit) {
	case UNIT_DAYS:
		*on = day + length.amount;
		return RESULT_OK;
	case UNIT_WEEKS:
		*on = day + 7 * length.amount;
		return RESULT_OK;
	case UNIT_MONTHS:
		*on = day_add_months(day, length.amount);
		return RESULT_OK;
	case UNIT_YEARS:
		*on = day_add_months(day, 12 * length.amount);
		return RESULT_OK;
	case UNIT_WORKING_DAYS:
		return working_day_on(calendar, day, length.amount, on, fault);
	case UNIT_MINUTES:
	case UNIT_HOURS:
		break;
	}
	return fault_set(fault, RESULT_PERMANENT, "a length in hours has no date");
}

static bool is_elapsed(struct duration length, instant *elapsed)
{
	*elapsed = length.amount * (length.unit == UNIT_HOURS ? HOUR : MINUTE);
	return length.unit == UNIT_HOURS || length.unit == UNIT_MINUTES;
}

enum result calendar_expiry(const struct calendar *calendar, instant start, struct duration length, instant *expiry,
                            struct fault *fault)
{
	instant elapsed;
	civil_day last;
	if (is_elapsed(length, &elapsed)) {
		*expiry = add_saturated(start, elapsed);
		return RESULT_OK;
	}
	enum result result = date_on(calendar, zone_date(calendar->zone, start), length, &last, fault);
	if (result == RESULT_OK) /* an end: where midnight comes twice, the later */
		*expiry = zone_instant(calendar->zone, wall_at(last + 1, 0), WALL_LATER);
	return result;
}

enum result calendar_back(const struct calendar *calendar, instant at, struct duration length, instant *from,
                          struct fault *fault)
{
	instant elapsed;
	civil_day date;
	if (is_elapsed(length, &elapsed)) {
		*from = add_saturated(at, -elapsed);
		return RESULT_OK;
	}
	civil_day today = zone_date(calendar->zone, at);
	length.amount = -length.amount;
	enum result result = date_on(calendar, today, length, &date, fault);
	if (result == RESULT_OK) {
		instant moved = (instant)(date - today) * DAY;
		*from = zone_instant(calendar->zone, add_saturated(zone_wall(calendar->zone, at), moved), WALL_EARLIER);
	}
	return result;
}

enum result calendar_before(const struct calendar *calendar, civil_day day, struct duration length, instant *at,
                            struct fault *fault)
{
	civil_day date;
	length.amount = -length.amount;
	enum result result = date_on(calendar, day, length, &date, fault);
	if (result == RESULT_OK)
		*at = zone_midnight(calendar->zone, date);
	return result;
}

instant calendar_birthday(const struct calendar *calendar, civil_day birth, int years, int months)
{
	return zone_midnight(calendar->zone, day_birthday(birth, years, months));
}

bool calendar_in_hours(const struct calendar *calendar, instant at)
{
	civil_day date = zone_date(calendar->zone, at);
	int64_t wall = zone_wall(calendar->zone, at);
	return wall >= wall_at(date, calendar->hours_from) && wall < wall_at(date, calendar->hours_until) &&
	       calendar_is_working(calendar, date);
}

instant calendar_next_hours(const struct calendar *calendar, instant at)
{
	if (calendar_in_hours(calendar, at))
		return at;
	civil_day date = zone_date(calendar->zone, at);
	if (zone_wall(calendar->zone, at) >= wall_at(date, calendar->hours_until))
		date++;
	while (!calendar_is_working(calendar, date))
		date++;
	int64_t wall = wall_at(date, calendar->hours_from);
	instant opens = zone_instant(calendar->zone, wall, WALL_EARLIER);
	return opens >= at ? opens : zone_instant(calendar->zone, wall, WALL_LATER);
}
