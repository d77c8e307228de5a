/* reader_reckon: what lists and reports reckon with in SQL: nights of a hold, working days, medians, shares. */
#include "report/reader_internal.h"

#include "time/words.h"

#include <stdlib.h>

#define DAY_OF_WALL ((int64_t)86400 * SECOND)

static const struct reader *reader_of(sqlite3_context *context)
{
	return sqlite3_user_data(context);
}

/* ---- nights ---- */

/* A hold and a nightly window in local wall time, both ends known or by date alone. */
struct hold {
	const struct zone *zone;
	instant start, start_latest; /* the earliest and the latest that the start may have been */
	instant end, end_earliest;   /* likewise the end */
	int from, until;             /* hours of the window */
};

static struct hold hold_of(sqlite3_context *context, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	struct hold hold = {.zone = reader->zone, .start = sqlite3_value_int64(values[0]),
	                    .end = reader->question.as_of, .from = sqlite3_value_int(values[4]),
	                    .until = sqlite3_value_int(values[5])};
	hold.start_latest = hold.start;
	if (sqlite3_value_int(values[1]))
		hold.start_latest = zone_midnight(hold.zone, zone_date(hold.zone, hold.start) + 1) - 1;
	if (sqlite3_value_type(values[2]) != SQLITE_NULL && sqlite3_value_int64(values[2]) < hold.end) {
		hold.end = hold.end_earliest = sqlite3_value_int64(values[2]);
		if (sqlite3_value_int(values[3]))
			hold.end = zone_midnight(hold.zone, zone_date(hold.zone, hold.end) + 1);
	} else {
		hold.end_earliest = hold.end;
	}
	return hold;
}

/* The window that begins on the evening of `day`: [from, until) of the next morning. */
static void window(const struct hold *hold, civil_day day, instant *from, instant *until)
{
	*from = zone_instant(hold->zone, (int64_t)day * DAY_OF_WALL + hold->from * HOUR, WALL_EARLIER);
	*until = zone_instant(hold->zone, (int64_t)(day + 1) * DAY_OF_WALL + hold->until * HOUR, WALL_LATER);
}

/* The first instant of [start, end) in a window; INSTANT_NONE: there is none. An end at the very start is no time. */
static instant first_in(const struct hold *hold, instant start, instant end)
{
	civil_day first = zone_date(hold->zone, start) - 1;
	for (civil_day day = first; day <= first + 2 && start < end; day++) {
		instant from, until;
		window(hold, day, &from, &until);
		instant at = start > from ? start : from;
		if (at < until && at < end)
			return at;
	}
	return INSTANT_NONE;
}

static bool in_window(const struct hold *hold, instant at)
{
	return first_in(hold, at, at + 1) != INSTANT_NONE;
}

/* Whether what is known proves a night (rules.md, Time): whenever on those dates it began and ended. */
static bool proven(const struct hold *hold)
{
	if (first_in(hold, hold->start_latest, hold->end_earliest) != INSTANT_NONE)
		return true;
	if (hold->start == hold->start_latest && hold->start < hold->end && in_window(hold, hold->start))
		return true; /* in at 00:12, out on that date */
	return hold->end == hold->end_earliest && hold->start < hold->end && in_window(hold, hold->end - 1);
}

/* night(start, by_date, end, by_date, from, until): the first instant of a night in it; NULL: none is proven */
static void reckon_night(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (reader_lacks(count, values, 1))
		return;
	struct hold hold = hold_of(context, values);
	instant first = proven(&hold) ? first_in(&hold, hold.start, hold.end) : INSTANT_NONE;
	if (first != INSTANT_NONE)
		sqlite3_result_int64(context, first);
}

/* nights(...): how many nights it lay in, of those that are proven */
static void reckon_nights(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (reader_lacks(count, values, 1))
		return;
	struct hold hold = hold_of(context, values);
	int64_t nights = 0;
	civil_day last = zone_date(hold.zone, hold.end);
	for (civil_day day = zone_date(hold.zone, hold.start) - 1; proven(&hold) && day <= last; day++) {
		instant from, until;
		window(&hold, day, &from, &until);
		nights += hold.start < until && hold.end > from;
	}
	sqlite3_result_int64(context, nights);
}

/* night_unknown(...): 1 where it may have been a night, and what is known does not prove it */
static void reckon_night_unknown(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (reader_lacks(count, values, 1))
		return;
	struct hold hold = hold_of(context, values);
	sqlite3_result_int(context, !proven(&hold) && first_in(&hold, hold.start, hold.end) != INSTANT_NONE);
}

/* ---- days and months ---- */

/* after_working_days(at, n): the local midnight that ends the n-th working day after; NULL beyond the holidays known */
static void reckon_working_days(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	struct fault unused;
	instant expiry;
	if (reader_lacks(count, values, 2) || !reader->calendar)
		return;
	struct duration length = {sqlite3_value_int(values[1]), UNIT_WORKING_DAYS};
	if (calendar_expiry(reader->calendar, sqlite3_value_int64(values[0]), length, &expiry, &unused) == RESULT_OK)
		sqlite3_result_int64(context, expiry);
}

/* after_months(at, n), after_days(at, n): the local midnight that ends the date so many months or days on, as clocks of
 * rules count */
static void reckon_after(sqlite3_context *context, int count, sqlite3_value **values, bool months)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 2))
		return;
	civil_day day = zone_date(reader->zone, sqlite3_value_int64(values[0]));
	int amount = sqlite3_value_int(values[1]);
	day = months ? day_add_months(day, amount) : day + amount;
	sqlite3_result_int64(context, zone_midnight(reader->zone, day + 1));
}

static void reckon_after_months(sqlite3_context *context, int count, sqlite3_value **values)
{
	reckon_after(context, count, values, true);
}

/* months_before(at, n): the local midnight that begins the date so many months before, clamped to the month's end */
static void reckon_months_before(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 2))
		return;
	civil_day day = zone_date(reader->zone, sqlite3_value_int64(values[0]));
	day = day_add_months(day, -sqlite3_value_int(values[1]));
	sqlite3_result_int64(context, zone_midnight(reader->zone, day));
}

static void reckon_after_days(sqlite3_context *context, int count, sqlite3_value **values)
{
	reckon_after(context, count, values, false);
}

/* month_of(at, form): "2020-03" (key), "March 2020" (title): the local month */
static void say_month(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char *const months[] = {"January",   "February", "March",    "April",
	                                     "May",       "June",     "July",     "August",
	                                     "September", "October",  "November", "December"};
	const struct reader *reader = reader_of(context);
	struct buffer words = {0};
	int year, month, day;
	if (reader_lacks(count, values, 2))
		return;
	day_split(zone_date(reader->zone, sqlite3_value_int64(values[0])), &year, &month, &day);
	if (strcmp((const char *)sqlite3_value_text(values[1]), "key") == 0)
		buffer_format(&words, "%04d-%02d", year, month);
	else
		buffer_format(&words, "%s %d", months[month - 1], year);
	reader_answer(context, &words);
}

/* instant_of(text): of "2020-03-31T10:00:00Z"; NULL: it is none */
static void reckon_instant(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *why;
	instant at;
	if (!reader_lacks(count, values, 1) &&
	    instant_parse(text_of((const char *)sqlite3_value_text(values[0])), &at, &why))
		sqlite3_result_int64(context, at);
}

/* is_working(at): 1 where the local date is a working day */
static void reckon_is_working(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (!reader_lacks(count, values, 1) && reader->calendar)
		sqlite3_result_int(context,
		                   calendar_is_working(reader->calendar,
		                                       zone_date(reader->zone, sqlite3_value_int64(values[0]))));
}

/* draw(text, seed): a number that depends on both alone, for samples that anybody can draw again */
static void reckon_draw(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (reader_lacks(count, values, 2))
		return;
	struct text text = text_of((const char *)sqlite3_value_text(values[0]));
	uint64_t drawn = text_fingerprint(text, (uint64_t)sqlite3_value_int64(values[1]));
	sqlite3_result_int64(context, (sqlite3_int64)(drawn >> 1));
}

/* date_of(text): the instant that begins the local date "2020-03-31"; NULL: it is none */
static void reckon_date(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	civil_day day;
	if (!reader_lacks(count, values, 1) && day_parse(text_of((const char *)sqlite3_value_text(values[0])), &day))
		sqlite3_result_int64(context, zone_midnight(reader->zone, day));
}

/* age_at(date_of_birth, at): whole years on that local date; NULL where it is not known, or cannot be right */
static void reckon_age_at(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	civil_day birth;
	if (reader_lacks(count, values, 2) ||
	    !day_parse(text_of((const char *)sqlite3_value_text(values[0])), &birth))
		return;
	int age = calendar_known_age(birth, zone_date(reader->zone, sqlite3_value_int64(values[1])));
	if (age >= 0)
		sqlite3_result_int(context, age);
}

/* ---- words ---- */

/* counted(n, 'one', 'many'): "1 child", "3 children" */
static void say_counted(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	if (reader_lacks(count, values, 3))
		return;
	words_count(sqlite3_value_int64(values[0]), (const char *)sqlite3_value_text(values[1]),
	            (const char *)sqlite3_value_text(values[2]), &words);
	reader_answer(context, &words);
}

/* span(t): "4 hours 30 minutes", "3 days 4 hours" */
static void say_span(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	if (reader_lacks(count, values, 1))
		return;
	words_span(sqlite3_value_int64(values[0]), &words);
	reader_answer(context, &words);
}

/* ---- median ---- */

struct spread {
	double *values;
	size_t count, room;
};

static void median_step(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct spread *spread = sqlite3_aggregate_context(context, sizeof *spread);
	if (spread && !reader_lacks(count, values, 1))
		*(double *)mem_push((void **)&spread->values, &spread->count, &spread->room, sizeof(double)) =
			sqlite3_value_double(values[0]);
}

static int by_size(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;
	return (one > other) - (one < other);
}

/* Of an even number the mean of the two in the middle; NULL of none. */
static void median_end(sqlite3_context *context)
{
	struct spread *spread = sqlite3_aggregate_context(context, 0);
	if (!spread || !spread->count)
		return;
	qsort(spread->values, spread->count, sizeof(double), by_size);
	size_t middle = spread->count / 2;
	double median = spread->count % 2 ? spread->values[middle]
	                                  : (spread->values[middle - 1] + spread->values[middle]) / 2;
	free(spread->values);
	sqlite3_result_double(context, median);
}

bool reader_reckon_functions(struct reader *reader)
{
	static const struct {
		const char *name;
		int count;
		void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
	} functions[] = {{"night", 6, reckon_night},
	                 {"nights", 6, reckon_nights},
	                 {"night_unknown", 6, reckon_night_unknown},
	                 {"after_working_days", 2, reckon_working_days},
	                 {"after_months", 2, reckon_after_months},
	                 {"after_days", 2, reckon_after_days},
	                 {"months_before", 2, reckon_months_before},
	                 {"month_of", 2, say_month},
	                 {"date_of", 1, reckon_date},
	                 {"instant_of", 1, reckon_instant},
	                 {"is_working", 1, reckon_is_working},
	                 {"draw", 2, reckon_draw},
	                 {"age_at", 2, reckon_age_at},
	                 {"counted", 3, say_counted},
	                 {"span", 1, say_span}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (sqlite3_create_function_v2(reader->database, functions[i].name, functions[i].count,
		                               SQLITE_UTF8 | SQLITE_DETERMINISTIC, reader, functions[i].call, NULL,
		                               NULL, NULL) != SQLITE_OK)
			return false;
	return sqlite3_create_function_v2(reader->database, "median", 1, SQLITE_UTF8, reader, NULL, median_step,
	                                  median_end, NULL) == SQLITE_OK;
}
