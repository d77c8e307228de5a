/* words: one small function a form. */
#include "time/words.h"

#include <stdlib.h>

static const char *const WEEKDAYS[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const MONTHS[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"};

#define WALL_DAY ((int64_t)86400 * SECOND)

/* What a form has of weekday and month (0: nothing; else so many letters at most), and whether the year. */
static const struct {
	size_t weekday, month;
	bool year;
} forms[] = {
	[WORDS_FULL] = {9, 9, false}, [WORDS_FULL_YEAR] = {9, 9, true},
	[WORDS_TABLE] = {3, 3, false}, [WORDS_TABLE_YEAR] = {3, 3, true},
	[WORDS_BRIEF] = {0, 3, false}, [WORDS_BRIEF_YEAR] = {0, 3, true},
	[WORDS_PLAIN] = {0, 9, false}, [WORDS_PLAIN_YEAR] = {0, 9, true},
};

static void add_name(const char *name, size_t letters, struct buffer *out)
{
	buffer_add(out, name, letters == 3 ? 3 : strlen(name));
}

/* Without printf: it is said of every date in every sentence of a backtest. */
void words_day(civil_day day, enum words_form form, struct buffer *out)
{
	int year, month, date;
	day_split(day, &year, &month, &date);
	if (forms[form].weekday) {
		add_name(WEEKDAYS[day_of_week(day)], forms[form].weekday, out);
		buffer_char(out, ' ');
	}
	buffer_number(out, date);
	buffer_char(out, ' ');
	add_name(MONTHS[month - 1], forms[form].month, out);
	if (forms[form].year) {
		buffer_char(out, ' ');
		buffer_number(out, year);
	}
}

static enum words_form with_year(enum words_form form)
{
	switch (form) {
	case WORDS_FULL:
	case WORDS_FULL_YEAR:
		return WORDS_FULL_YEAR;
	case WORDS_TABLE:
	case WORDS_TABLE_YEAR:
		return WORDS_TABLE_YEAR;
	case WORDS_BRIEF:
	case WORDS_BRIEF_YEAR:
		return WORDS_BRIEF_YEAR;
	case WORDS_PLAIN:
	case WORDS_PLAIN_YEAR:
		return WORDS_PLAIN_YEAR;
	}
	return form;
}

void words_day_beside(civil_day day, civil_day beside, enum words_form form, struct buffer *out)
{
	int year, other, month, date;
	day_split(day, &year, &month, &date);
	day_split(beside, &other, &month, &date);
	words_day(day, year == other ? form : with_year(form), out);
}

/* "BST" and "GMT" are what people in the council's zone call them; elsewhere the offset is named. */
static void offset_name(const struct zone *zone, instant at, struct buffer *out)
{
	int32_t offset = zone_offset(zone, at);
	if (offset == 0)
		buffer_string(out, " (GMT)");
	else if (offset == 3600)
		buffer_string(out, " (BST)");
	else
		buffer_format(out, " (UTC%c%d:%02d)", offset < 0 ? '-' : '+', abs(offset) / 3600,
		              abs(offset) / 60 % 60);
}

void words_clock(const struct zone *zone, instant at, struct buffer *out)
{
	int64_t wall = zone_wall(zone, at);
	int64_t minutes = (wall % WALL_DAY + WALL_DAY) % WALL_DAY / MINUTE;
	buffer_padded(out, (uint64_t)minutes / 60, 2);
	buffer_char(out, ':');
	buffer_padded(out, (uint64_t)minutes % 60, 2);
	if (zone_says_twice(zone, at))
		offset_name(zone, at, out);
}

void words_moment(const struct zone *zone, struct words_moment moment, enum words_form form, struct buffer *out)
{
	if (moment.at == INSTANT_NONE) {
		buffer_string(out, "not recorded");
		return;
	}
	words_day(zone_date(zone, moment.at), form, out);
	buffer_string(out, ", ");
	if (moment.day_only)
		buffer_string(out, "time not known");
	else
		words_clock(zone, moment.at, out);
}

static bool is_midnight(const struct zone *zone, instant at)
{
	return zone_midnight(zone, zone_date(zone, at)) == at;
}

void words_until(const struct zone *zone, instant at, enum words_form form, struct buffer *out)
{
	if (at != INSTANT_NONE && at != INSTANT_NEVER && is_midnight(zone, at)) {
		buffer_string(out, "the end of ");
		words_day(zone_date(zone, at) - 1, form, out);
		return;
	}
	words_moment(zone, (struct words_moment){at, false}, form, out);
}

void words_answer_by(const struct zone *zone, instant at, instant now, struct buffer *out)
{
	if (is_midnight(zone, at)) {
		buffer_string(out, "the end of ");
		words_day_beside(zone_date(zone, at) - 1, zone_date(zone, now), WORDS_FULL, out);
	} else if (at - now < 12 * HOUR) {
		words_clock(zone, at, out);
	} else {
		words_day_beside(zone_date(zone, at), zone_date(zone, now), WORDS_FULL, out);
		buffer_string(out, ", ");
		words_clock(zone, at, out);
	}
}

void words_count(int64_t number, const char *one, const char *many, struct buffer *out)
{
	words_number(number, out);
	buffer_char(out, ' ');
	buffer_string(out, number == 1 ? one : many);
}

static void two(int64_t first, const char *one, const char *many, int64_t second, const char *other_one,
                const char *other_many, struct buffer *out)
{
	words_count(first, one, many, out);
	if (second) {
		buffer_char(out, ' ');
		words_count(second, other_one, other_many, out);
	}
}

void words_span(instant span, struct buffer *out)
{
	int64_t minutes = span > 0 ? span / MINUTE : 0, hours = minutes / 60;
	if (minutes < 1)
		buffer_string(out, "under 1 minute");
	else if (hours < 1)
		words_count(minutes, "minute", "minutes", out);
	else if (hours < 24)
		two(hours, "hour", "hours", minutes % 60, "minute", "minutes", out);
	else if (hours < 48)
		words_count(hours, "hour", "hours", out);
	else
		two(hours / 24, "day", "days", hours % 24, "hour", "hours", out);
}

void words_hours(instant span, struct buffer *out)
{
	if (span < HOUR)
		buffer_string(out, "under 1 hour");
	else
		words_count(span / HOUR, "hour", "hours", out);
}

void words_longest(instant span, struct buffer *out)
{
	if (span < 48 * HOUR)
		words_hours(span, out);
	else
		words_span(span, out);
}

void words_days(int64_t days, struct buffer *out)
{
	words_count(days, "day", "days", out);
}

void words_elapsed(const struct zone *zone, struct words_moment since, instant now, struct buffer *out)
{
	if (!since.day_only) {
		words_span(now - since.at, out);
		return;
	}
	int64_t days = (int64_t)zone_date(zone, now) - zone_date(zone, since.at);
	if (days < 1)
		buffer_string(out, "today");
	else
		words_days(days, out);
}

void words_ago(const struct zone *zone, struct words_moment since, instant now, struct buffer *out)
{
	size_t start = out->length;
	instant span = now - since.at;
	if (!since.day_only && span >= 5 * HOUR)
		now -= span % (5 * MINUTE);
	words_elapsed(zone, since, now, out);
	if (out->length - start != 5 || memcmp(out->at + start, "today", 5) != 0)
		buffer_string(out, " ago");
}

void words_left(instant left, struct buffer *out)
{
	instant span = left < 0 ? -left : left;
	if (span >= 48 * HOUR)
		words_days(span / (24 * HOUR), out);
	else
		words_hours(span, out);
	buffer_string(out, left < 0 ? " overdue" : " left");
}

void words_number(int64_t number, struct buffer *out)
{
	char digits[32];
	int count = 0;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	do {
		digits[count++] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (number < 0)
		buffer_char(out, '-');
	while (count--) {
		buffer_char(out, digits[count]);
		if (count && count % 3 == 0)
			buffer_char(out, ',');
	}
}

const char *words_between(size_t at, size_t count)
{
	if (at == 0)
		return "";
	return at + 1 == count ? " and " : ", ";
}

static bool capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

void words_in_sentence(const char *title, struct buffer *out)
{
	bool proper = false; /* other capitals make it a name: "Head of Service"; but "Chair of the Group" is no name */
	for (const char *c = title; *c && strncmp(title, "Chair ", 6) != 0; c++)
		proper = proper || (c != title && capital(*c));
	if (capital(title[0]) && !proper) {
		buffer_char(out, (char)(title[0] + 32));
		title++;
	}
	buffer_string(out, title);
}

void words_sentence(struct text words, struct buffer *out)
{
	size_t start = out->length;
	buffer_text(out, words);
	if (out->length > start && out->at[start] >= 'a' && out->at[start] <= 'z')
		out->at[start] = (char)(out->at[start] - 32);
}
