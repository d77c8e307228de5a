/* calendar: instants as RFC 3339 writes them. */
#include "time/calendar.h"
#include "time/instant.h"

#include <stdio.h>

#define YEAR_FIRST 1990
#define YEAR_LAST 2100
#define DAY (24 * HOUR)

struct reader {
	const char *at, *end;
};

static bool read_char(struct reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static bool read_digits(struct reader *reader, int count, int *number)
{
	if (reader->end - reader->at < count)
		return false;
	*number = 0;
	for (int i = 0; i < count; i++, reader->at++) {
		if (*reader->at < '0' || *reader->at > '9')
			return false;
		*number = *number * 10 + (*reader->at - '0');
	}
	return true;
}

static bool read_date(struct reader *reader, int date[3])
{
	return read_digits(reader, 4, &date[0]) && read_char(reader, '-') && read_digits(reader, 2, &date[1]) &&
	       read_char(reader, '-') && read_digits(reader, 2, &date[2]);
}

static bool read_time(struct reader *reader, int time[3])
{
	return read_digits(reader, 2, &time[0]) && read_char(reader, ':') && read_digits(reader, 2, &time[1]) &&
	       read_char(reader, ':') && read_digits(reader, 2, &time[2]) && time[0] < 24 && time[1] < 60 &&
	       time[2] <= 60;
}

/* Any number of digits; those past the microsecond are cut. */
static bool read_fraction(struct reader *reader, instant *fraction)
{
	*fraction = 0;
	if (!read_char(reader, '.'))
		return true;
	const char *first = reader->at;
	for (instant unit = SECOND / 10; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
	     unit /= 10)
		*fraction += unit * (*reader->at++ - '0');
	return reader->at > first;
}

static bool read_offset(struct reader *reader, instant *offset)
{
	int hours, minutes;
	*offset = 0;
	if (read_char(reader, 'Z') || read_char(reader, 'z'))
		return true;
	bool west = read_char(reader, '-');
	if ((!west && !read_char(reader, '+')) || !read_digits(reader, 2, &hours) || !read_char(reader, ':') ||
	    !read_digits(reader, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
	return true;
}

bool instant_parse(struct text text, instant *at, const char **why)
{
	struct reader reader = {text.at, text.at + text.length};
	int date[3], time[3];
	instant fraction, offset;
	*why = "is not an RFC 3339 time with an offset, such as 2020-01-29T23:10:00Z";
	if (!read_date(&reader, date) || (!read_char(&reader, 'T') && !read_char(&reader, 't')) ||
	    !read_time(&reader, time) || !read_fraction(&reader, &fraction) || !read_offset(&reader, &offset) ||
	    reader.at != reader.end)
		return false;
	*why = "names a date that does not exist";
	if (!day_is_real(date[0], date[1], date[2]))
		return false;
	*why = "is in a year outside 1990 to 2100";
	if (date[0] < YEAR_FIRST || date[0] > YEAR_LAST)
		return false;
	*at = day_of(date[0], date[1], date[2]) * DAY + time[0] * HOUR + time[1] * MINUTE + time[2] * SECOND +
	      fraction - offset;
	*why = NULL;
	return true;
}

void instant_print(instant at, char out[32])
{
	int year, month, day;
	if (at == INSTANT_NEVER || at == INSTANT_NONE) {
		(void)snprintf(out, 32, "%s", at == INSTANT_NEVER ? "never" : "unknown");
		return;
	}
	instant of_day = at % DAY < 0 ? at % DAY + DAY : at % DAY;
	day_split((civil_day)(at / DAY - (at % DAY < 0)), &year, &month, &day);
	unsigned seconds = (unsigned)(of_day / SECOND), fraction = (unsigned)(of_day % SECOND);
	int length = snprintf(out, 32, "%04d-%02d-%02dT%02u:%02u:%02u", year, month, day, seconds / 3600,
	                      seconds / 60 % 60, seconds % 60);
	if (fraction) {
		length += snprintf(out + length, 32 - (size_t)length, ".%06u", fraction);
		while (out[length - 1] == '0')
			length--;
	}
	(void)snprintf(out + length, 32 - (size_t)length, "Z");
}

static void json_instant(struct json_writer *json, instant value)
{
	char printed[32];
	if (value == INSTANT_NEVER || value == INSTANT_NONE) {
		json_null(json);
		return;
	}
	instant_print(value, printed);
	json_string(json, printed);
}

void json_put_instant(struct json_writer *json, const char *key, instant value)
{
	json_key(json, key);
	json_instant(json, value);
}
