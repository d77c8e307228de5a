/* holidays: JSON to dates, within limits. */
#include "time/holidays.h"

#include "base/mem.h"
#include "text/json_read.h"

#include <stdio.h>
#include <stdlib.h>

/* gov.uk's file has some 60 KB, three levels and 80 holidays a division in ten years. */
#define BYTES_MAX (1024 * 1024)
#define DEPTH_MAX 16
#define STRING_MAX 4096
#define EVENTS_MAX 4000
#define YEAR_FIRST 1990
#define YEAR_LAST 2100
#define DIVISION "england-and-wales"

/* A member's value is at hand: `token` began it. False: the text is at fault. */
typedef bool take_member(struct json_reader *json, struct text name, enum json_token token, struct text value,
                         void *argument);

/* Reads an object that has begun to its end. */
static bool read_object(struct json_reader *json, take_member *take, void *argument)
{
	struct text name, value;
	enum json_token token;
	while ((token = json_next(json, &name)) == JSON_KEY) {
		char kept[32] = ""; /* no name that we ask for is longer, and the text is gone when the value is read */
		size_t length = name.length < sizeof kept ? name.length : 0;
		memcpy(kept, name.at, length);
		token = json_next(json, &value);
		if (token == JSON_FAULT || !take(json, (struct text){kept, length}, token, value, argument))
			return false;
	}
	return token == JSON_OBJECT_END;
}

static bool skip(struct json_reader *json, enum json_token token)
{
	return json_skip(json, token) != JSON_FAULT;
}

struct holiday {
	civil_day day;
	struct holiday_title title;
};

static bool take_date(struct json_reader *json, struct text name, enum json_token token, struct text value,
                      void *argument)
{
	struct holiday *holiday = argument;
	if (text_equal(name, TEXT("date")) && (token != JSON_STRING || !day_parse(value, &holiday->day)))
		holiday->day = DAY_NONE;
	else if (text_equal(name, TEXT("title")) && token == JSON_STRING)
		(void)snprintf(holiday->title.text, HOLIDAY_TITLE, "%.*s", TEXT_ARG(value));
	return skip(json, token);
}

static enum result add_day(struct holidays *holidays, const struct holiday *holiday, size_t index, struct fault *fault)
{
	civil_day day = holiday->day;
	int year, month, day_of_month;
	if (day == DAY_NONE)
		return fault_set(fault, RESULT_PERMANENT,
		                 "bank holidays: " DIVISION ", event %zu has no \"date\" such as \"2026-12-25\"",
		                 index + 1);
	day_split(day, &year, &month, &day_of_month);
	if (year < YEAR_FIRST || year > YEAR_LAST)
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: event %zu is in %d, not between %d and %d",
		                 index + 1, year, YEAR_FIRST, YEAR_LAST);
	if (!holidays->count || year < holidays->first_year)
		holidays->first_year = year;
	if (!holidays->count || year > holidays->last_year)
		holidays->last_year = year;
	void *days = holidays->days;
	civil_day *added = mem_push(&days, &holidays->count, &holidays->room, sizeof *added);
	holidays->days = days;
	*added = day;
	size_t count = holidays->count - 1;
	void *titles = holidays->titles;
	struct holiday_title *title = mem_push(&titles, &count, &holidays->title_room, sizeof *title);
	*title = holiday->title;
	holidays->titles = titles;
	return RESULT_OK;
}

static enum result refuse_holes(const struct holidays *holidays, struct fault *fault)
{
	bool seen[YEAR_LAST - YEAR_FIRST + 1] = {false};
	for (size_t i = 0; i < holidays->count; i++) {
		int year, month, day;
		day_split(holidays->days[i], &year, &month, &day);
		seen[year - YEAR_FIRST] = true;
	}
	for (int year = holidays->first_year; year <= holidays->last_year; year++)
		if (!seen[year - YEAR_FIRST])
			return fault_set(fault, RESULT_PERMANENT,
			                 "bank holidays: the file has none in %d, between years that have some; take "
			                 "gov.uk's file anew",
			                 year);
	return RESULT_OK;
}

struct reading {
	struct holidays *holidays;
	size_t count;          /* of the division's events */
	enum result result;
	struct fault *fault;
};

static bool read_events(struct json_reader *json, struct reading *reading)
{
	struct text value;
	enum json_token token;
	while ((token = json_next(json, &value)) != JSON_ARRAY_END) {
		struct holiday holiday = {.day = DAY_NONE};
		if (token == JSON_FAULT ||
		    (token == JSON_OBJECT ? !read_object(json, take_date, &holiday) : !skip(json, token)))
			return false;
		if (reading->result == RESULT_OK && ++reading->count <= EVENTS_MAX)
			reading->result = add_day(reading->holidays, &holiday, reading->count - 1, reading->fault);
	}
	return true;
}

static bool take_of_division(struct json_reader *json, struct text name, enum json_token token, struct text value,
                             void *argument)
{
	(void)value;
	return text_equal(name, TEXT("events")) && token == JSON_ARRAY ? read_events(json, argument)
	                                                               : skip(json, token);
}

static bool take_of_file(struct json_reader *json, struct text name, enum json_token token, struct text value,
                         void *argument)
{
	(void)value;
	bool ours = text_equal(name, TEXT(DIVISION)) && token == JSON_OBJECT;
	return ours ? read_object(json, take_of_division, argument) : skip(json, token);
}

static enum result judge(const struct reading *reading)
{
	if (reading->result != RESULT_OK)
		return reading->result;
	if (!reading->count)
		return fault_set(reading->fault, RESULT_PERMANENT,
		                 "bank holidays: no \"events\" in \"" DIVISION
		                 "\"; the format is that of gov.uk's bank-holidays.json");
	if (reading->count > EVENTS_MAX)
		return fault_set(reading->fault, RESULT_PERMANENT, "bank holidays: %zu events; at most %d are taken",
		                 reading->count, EVENTS_MAX);
	return refuse_holes(reading->holidays, reading->fault);
}

enum result holidays_parse(struct text json, struct holidays *holidays, struct fault *fault)
{
	*holidays = (struct holidays){0};
	if (json.length > BYTES_MAX)
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: %zu bytes; at most %d are taken", json.length,
		                 BYTES_MAX);
	struct reading reading = {.holidays = holidays, .result = RESULT_OK, .fault = fault};
	struct json_reader *reader = json_reader_new(DEPTH_MAX, STRING_MAX);
	struct text value;
	json_start(reader, json, 0);
	enum json_token token = json_next(reader, &value);
	bool good = token == JSON_OBJECT ? read_object(reader, take_of_file, &reading)
	                                 : token != JSON_FAULT && skip(reader, token);
	enum result result = RESULT_PERMANENT;
	if (good && json_next(reader, &value) == JSON_END)
		result = judge(&reading);
	else
		result = fault_set(fault, RESULT_PERMANENT, "bank holidays: %s", json_fault(reader));
	json_reader_free(reader);
	if (result != RESULT_OK) {
		free(holidays->days);
		free(holidays->titles);
		*holidays = (struct holidays){0};
	}
	return result;
}
