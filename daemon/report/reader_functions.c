/* reader_functions: how lists say dates, spans and ages: the same words everywhere (time/words.h), as functions of SQL.
 *
 * An argument that is NULL makes the answer NULL, so that what is not recorded stays that. */
#include "report/reader_internal.h"

#include "time/words.h"

#define DAY_OF_WALL ((int64_t)86400 * SECOND)

static const struct reader *reader_of(sqlite3_context *context)
{
	return sqlite3_user_data(context);
}

bool reader_lacks(int count, sqlite3_value **values, int needed)
{
	for (int i = 0; i < needed && i < count; i++)
		if (sqlite3_value_type(values[i]) == SQLITE_NULL)
			return true;
	return false;
}

void reader_answer(sqlite3_context *context, struct buffer *words)
{
	sqlite3_result_text(context, buffer_cstr(words), (int)words->length, SQLITE_TRANSIENT);
	buffer_free(words);
}

static struct words_moment moment_of(sqlite3_value **values)
{
	return (struct words_moment){sqlite3_value_int64(values[0]), sqlite3_value_int(values[1]) != 0};
}

/* The form, with the year where it is not this year's. */
static enum words_form form_of(const struct reader *reader, instant at)
{
	int year, this_year, month, day;
	day_split(zone_date(reader->zone, at), &year, &month, &day);
	day_split(reader->today, &this_year, &month, &day);
	return year == this_year ? WORDS_TABLE : WORDS_TABLE_YEAR;
}

/* moment(at, by_date): "Tue 4 Feb, 22:10" */
static void say_moment(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	struct words_moment moment = moment_of(values);
	words_moment(reader->zone, moment, form_of(reader, moment.at), &words);
	reader_answer(context, &words);
}

/* elapsed(at, by_date): "9 hours 20 minutes", "3 days", "Today" */
static void say_elapsed(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	words_elapsed(reader->zone, moment_of(values), reader->question.as_of, &words);
	if (strcmp(buffer_cstr(&words), "today") == 0) {
		buffer_clear(&words);
		buffer_string(&words, "Today");
	}
	reader_answer(context, &words);
}

/* until(at): "Thu 6 Feb, 18:05", "the end of Thu 6 Feb" */
static void say_until(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	instant at = sqlite3_value_int64(values[0]);
	words_until(reader->zone, at, form_of(reader, at), &words);
	reader_answer(context, &words);
}

/* hours(span): "58 hours" */
static void say_hours(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	if (reader_lacks(count, values, 1))
		return;
	words_hours(sqlite3_value_int64(values[0]), &words);
	reader_answer(context, &words);
}

/* longest(span, by_date): "2 days 4 hours", "3 days", "not known" */
static void say_longest(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	instant span = sqlite3_value_int64(values[0]);
	if (reader_lacks(count, values, 1))
		buffer_string(&words, "not known");
	else if (sqlite3_value_int(values[1]) && span < 24 * HOUR)
		buffer_string(&words, "under 1 day");
	else if (sqlite3_value_int(values[1]))
		words_days(span / (24 * HOUR), &words);
	else
		words_longest(span, &words);
	reader_answer(context, &words);
}

/* spell(start, start_by_date, end, end_by_date): how long it lasted, to :as_of where it has not ended; in whole days
 * where only a date is known */
static void reckon_spell(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	struct words_moment start = moment_of(values), end = moment_of(values + 2);
	bool open = sqlite3_value_type(values[2]) == SQLITE_NULL || end.at > reader->question.as_of;
	instant until = open ? reader->question.as_of : end.at, span = until - start.at;
	if (start.day_only || (!open && end.day_only))
		span = (zone_date(reader->zone, until) - zone_date(reader->zone, start.at)) * 24 * HOUR;
	sqlite3_result_int64(context, span > 0 ? span : 0);
}

/* day(at, form): "Tue 4 Feb" (table), "Tuesday 4 February" (full), "4 Feb" (brief), each with the year where it is
 * another one; "dated": "Tue 4 Feb 2020"; "past": "20 Dec", with the year where it is over a year ago */
static void say_day(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	const struct reader *reader = reader_of(context);
	const char *form = (const char *)sqlite3_value_text(values[1]);
	if (reader_lacks(count, values, 2))
		return;
	civil_day day = zone_date(reader->zone, sqlite3_value_int64(values[0]));
	if (strcmp(form, "past") == 0)
		words_day(day, reader->today - day > 365 ? WORDS_BRIEF_YEAR : WORDS_BRIEF, &words);
	else if (strcmp(form, "dated") == 0)
		words_day(day, WORDS_TABLE_YEAR, &words);
	else
		words_day_beside(day, reader->today,
		                 strcmp(form, "full") == 0    ? WORDS_FULL
		                 : strcmp(form, "brief") == 0 ? WORDS_BRIEF
		                                              : WORDS_TABLE,
		                 &words);
	reader_answer(context, &words);
}

/* number(n): "1,255" */
static void say_number(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	if (reader_lacks(count, values, 1))
		return;
	words_number(sqlite3_value_int64(values[0]), &words);
	reader_answer(context, &words);
}

/* days_before(at, n): the same local wall time n dates earlier: the lower end of a closed counting window (rules.md) */
static void reckon_days_before(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 2))
		return;
	int64_t wall = zone_wall(reader->zone, sqlite3_value_int64(values[0]));
	sqlite3_result_int64(context, zone_instant(reader->zone, wall - sqlite3_value_int64(values[1]) * DAY_OF_WALL,
	                                           WALL_EARLIER));
}

/* after_hours(at, n): n hours on, by the world's clock */
static void reckon_after_hours(sqlite3_context *context, int count, sqlite3_value **values)
{
	if (!reader_lacks(count, values, 2))
		sqlite3_result_int64(context, sqlite3_value_int64(values[0]) + sqlite3_value_int64(values[1]) * HOUR);
}

/* end_of(at, by_date): the last instant at which it may have been: of a date alone the last of it */
static void reckon_end_of(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1))
		return;
	struct words_moment moment = moment_of(values);
	instant end =
		moment.day_only ? zone_midnight(reader->zone, zone_date(reader->zone, moment.at) + 1) - 1 : moment.at;
	sqlite3_result_int64(context, end);
}

/* late(at, by_date, recorded, hours): "recorded Tue 4 Feb, 07:00" where that was more than so many hours after; else
 * NULL */
static void say_late(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct buffer words = {0};
	const struct reader *reader = reader_of(context);
	if (reader_lacks(count, values, 1) || sqlite3_value_type(values[2]) == SQLITE_NULL)
		return;
	struct words_moment moment = moment_of(values);
	instant recorded = sqlite3_value_int64(values[2]);
	instant from =
		moment.day_only ? zone_midnight(reader->zone, zone_date(reader->zone, moment.at) + 1) : moment.at;
	if (recorded - from <= sqlite3_value_int64(values[3]) * HOUR)
		return;
	buffer_string(&words, "recorded ");
	words_moment(reader->zone, (struct words_moment){recorded, false}, form_of(reader, recorded), &words);
	reader_answer(context, &words);
}

/* age(date_of_birth): whole years on the local date; NULL where it is not known, or cannot be right */
static void reckon_age(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct reader *reader = reader_of(context);
	const char *date = (const char *)sqlite3_value_text(values[0]);
	civil_day birth;
	if (reader_lacks(count, values, 1) || !day_parse(text_of(date), &birth))
		return;
	int age = calendar_known_age(birth, reader->today);
	if (age >= 0)
		sqlite3_result_int(context, age);
}

bool reader_functions(struct reader *reader)
{
	static const struct {
		const char *name;
		int count;
		void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
	} functions[] = {{"moment", 2, say_moment},           {"elapsed", 2, say_elapsed},
	                 {"until", 1, say_until},             {"hours", 1, say_hours},
	                 {"longest", 2, say_longest},         {"spell", 4, reckon_spell},
	                 {"day", 2, say_day},                 {"number", 1, say_number},
	                 {"days_before", 2, reckon_days_before}, {"after_hours", 2, reckon_after_hours},
	                 {"end_of", 2, reckon_end_of},        {"late", 4, say_late},
	                 {"age", 1, reckon_age}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (sqlite3_create_function_v2(reader->database, functions[i].name, functions[i].count,
		                               SQLITE_UTF8 | SQLITE_DETERMINISTIC, reader, functions[i].call, NULL,
		                               NULL, NULL) != SQLITE_OK)
			return false;
	return true;
}
