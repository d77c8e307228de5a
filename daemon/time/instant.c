/* calendar: instants as RFC 3339 writes them. */
#include "time/calendar.h"
#include "time/instant.h"

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

/* Two digits, or at least 100 if one of them is none. */
static unsigned pair(const char *at)
{
	unsigned tens = (unsigned)(unsigned char)at[0] - '0', ones = (unsigned)(unsigned char)at[1] - '0';
	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* "2020-01-29T23:10:00Z", as nearly all are written; false: the long way says what it is. */
static bool parse_usual(const char *at, instant *found)
{
	static const unsigned char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned century = pair(at), year = pair(at + 2), month = pair(at + 5), day = pair(at + 8);
	unsigned hour = pair(at + 11), minute = pair(at + 14), second = pair(at + 17);
	if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':' || at[19] != 'Z' ||
	    century != 20 || year > 99 || month > 12 || day < 1 || day > days[month] || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	*found = day_of((int)(2000 + year), (int)month, (int)day) * DAY + hour * HOUR + minute * MINUTE +
	         second * SECOND;
	return true;
}

bool instant_parse(struct text text, instant *at, const char **why)
{
	if (text.length == 20 && parse_usual(text.at, at)) {
		*why = NULL;
		return true;
	}
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

/* "2020-01-29T23:10:00Z" and its like; returns how many bytes, without a NUL. */
static size_t print_instant(instant at, char out[32])
{
	int year, month, day;
	instant of_day = at % DAY < 0 ? at % DAY + DAY : at % DAY;
	day_split((civil_day)(at / DAY - (at % DAY < 0)), &year, &month, &day);
	unsigned seconds = (unsigned)(of_day / SECOND), fraction = (unsigned)(of_day % SECOND);
	const unsigned parts[] = {(unsigned)month, (unsigned)day, seconds / 3600, seconds / 60 % 60, seconds % 60};
	size_t length = 0;
	if (year < 0) /* no event is of then; what a slip of arithmetic makes must still fit */
		out[length++] = '-';
	length += text_digits((unsigned)(year < 0 ? -year : year), year < 0 ? 3 : 4, out + length);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++, length += 3) {
		out[length] = "--T::"[i];
		text_two_digits(parts[i], out + length + 1);
	}
	if (fraction) {
		out[length++] = '.';
		length += text_digits(fraction, 6, out + length);
		while (out[length - 1] == '0')
			length--;
	}
	out[length++] = 'Z';
	return length;
}

void instant_print(instant at, char out[32])
{
	if (at == INSTANT_NEVER)
		memcpy(out, "never", sizeof "never");
	else if (at == INSTANT_NONE)
		memcpy(out, "unknown", sizeof "unknown");
	else
		out[print_instant(at, out)] = '\0';
}

void json_put_instant(struct json_writer *json, const char *key, instant value)
{
	char printed[32];
	json_key(json, key);
	if (value == INSTANT_NEVER || value == INSTANT_NONE)
		json_null(json);
	else
		json_text(json, (struct text){printed, print_instant(value, printed)});
}
