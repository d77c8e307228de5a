/* holidays: JSON to dates, within limits. */
#include "time/holidays.h"

#include <stdlib.h>

#include <yajl/yajl_tree.h>

#include "base/mem.h"

#define BYTES_MAX (1024 * 1024)
#define DEPTH_MAX 16
#define EVENTS_MAX 4000
#define YEAR_FIRST 1990
#define YEAR_LAST 2100
#define DIVISION "england-and-wales"

/* yajl's tree knows no limit of nesting and frees by recursion. A NUL would end the text early. */
static bool is_tame(struct text json)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < json.length; i++) {
		char c = json.at[i];
		if (!c)
			return false;
		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '[' || c == '{') && ++depth > DEPTH_MAX)
			return false;
		else if (!in_string && (c == ']' || c == '}'))
			depth--;
	}
	return true;
}

static yajl_val find(yajl_val in, const char *name, yajl_type type)
{
	const char *path[] = {name, NULL};
	return yajl_tree_get(in, path, type);
}

static enum result add_event(struct holidays *holidays, yajl_val event, size_t index, struct fault *fault)
{
	yajl_val date = find(event, "date", yajl_t_string);
	civil_day day;
	int year, month, day_of_month;
	if (!date || !day_parse(text_of(YAJL_GET_STRING(date)), &day))
		return fault_set(fault, RESULT_PERMANENT,
		                 "bank holidays: " DIVISION ", event %zu has no \"date\" such as \"2026-12-25\"", index + 1);
	day_split(day, &year, &month, &day_of_month);
	if (year < YEAR_FIRST || year > YEAR_LAST)
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: event %zu is in %d, not between %d and %d", index + 1, year,
		                 YEAR_FIRST, YEAR_LAST);
	if (!holidays->count || year < holidays->first_year)
		holidays->first_year = year;
	if (!holidays->count || year > holidays->last_year)
		holidays->last_year = year;
	void *days = holidays->days;
	civil_day *added = mem_push(&days, &holidays->count, &holidays->room, sizeof *added);
	holidays->days = days;
	*added = day;
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
			                 "bank holidays: the file has none in %d, between years that have some; take gov.uk's file anew", year);
	return RESULT_OK;
}

static enum result read_events(yajl_val root, struct holidays *holidays, struct fault *fault)
{
	yajl_val division = root ? find(root, DIVISION, yajl_t_object) : NULL;
	yajl_val events = division ? find(division, "events", yajl_t_array) : NULL;
	size_t count = events ? YAJL_GET_ARRAY(events)->len : 0;
	if (!count)
		return fault_set(fault, RESULT_PERMANENT,
		                 "bank holidays: no \"events\" in \"" DIVISION "\"; the format is that of gov.uk's bank-holidays.json");
	if (count > EVENTS_MAX)
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: %zu events; at most %d are taken", count, EVENTS_MAX);
	for (size_t i = 0; i < count; i++) {
		enum result result = add_event(holidays, YAJL_GET_ARRAY(events)->values[i], i, fault);
		if (result != RESULT_OK)
			return result;
	}
	return refuse_holes(holidays, fault);
}

enum result holidays_parse(struct text json, struct holidays *holidays, struct fault *fault)
{
	char why[256] = "";
	*holidays = (struct holidays){0};
	if (json.length > BYTES_MAX || !is_tame(json))
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: more than %d bytes, nested deeper than %d, or not text",
		                 BYTES_MAX, DEPTH_MAX);
	char *copy = mem_copy_text(json.at, json.length);
	yajl_val root = yajl_tree_parse(copy, why, sizeof why);
	free(copy);
	if (!root)
		return fault_set(fault, RESULT_PERMANENT, "bank holidays: not JSON: %.200s", why);
	enum result result = read_events(root, holidays, fault);
	yajl_tree_free(root);
	if (result != RESULT_OK) {
		free(holidays->days);
		*holidays = (struct holidays){0};
	}
	return result;
}
