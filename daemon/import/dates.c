/* dates: both forms of a date, hours beside them, and Excel's numbers. */
#include "import/dates.h"

#define EXCEL_LEAP 60    /* 29 February 1900, a day that never was */
#define EXCEL_LAST 73050 /* 31 December 2099 */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to `most` figures at *at; moves on. */
static bool number(struct text text, size_t *at, size_t least, size_t most, int *value)
{
	size_t begin = *at;
	*value = 0;
	while (*at < text.length && digit(text.at[*at]) && *at - begin < most)
		*value = *value * 10 + (text.at[(*at)++] - '0');
	return *at - begin >= least && !(*at < text.length && digit(text.at[*at]));
}

static bool mark(struct text text, size_t *at, char c)
{
	if (*at >= text.length || text.at[*at] != c)
		return false;
	++*at;
	return true;
}

static bool read_hour(struct text text, size_t at, int *minute)
{
	int hours, minutes, seconds = 0;
	*minute = -1;
	if (at == text.length)
		return true;
	if (text.at[at] != ' ' && text.at[at] != 'T')
		return false;
	at++;
	if (!number(text, &at, 1, 2, &hours) || !mark(text, &at, ':') || !number(text, &at, 2, 2, &minutes))
		return false;
	if (mark(text, &at, ':') && !number(text, &at, 2, 2, &seconds))
		return false;
	if (mark(text, &at, '.'))
		while (at < text.length && digit(text.at[at]))
			at++;
	if (at != text.length || hours > 23 || minutes > 59 || seconds > 59)
		return false;
	if (hours || minutes || seconds)
		*minute = hours * 60 + minutes;
	return true;
}

static bool read_excel(struct text text, struct import_date *date)
{
	size_t at = 0;
	int serial;
	if (!number(text, &at, 1, 5, &serial) || serial > EXCEL_LAST || serial == EXCEL_LEAP)
		return false;
	date->minute = -1;
	if (mark(text, &at, '.')) {
		double part = 0, unit = 0.1;
		for (; at < text.length && digit(text.at[at]); at++, unit /= 10)
			part += (text.at[at] - '0') * unit;
		int minute = (int)(part * 24 * 60 + 0.5);
		date->minute = minute > 0 && minute < 24 * 60 ? minute : -1;
	}
	date->day = day_of(1899, 12, 31) + serial - (serial > EXCEL_LEAP);
	return at == text.length;
}

bool import_date_read(struct text text, struct import_date *date, bool *none)
{
	size_t at = 0;
	int first, month, last, year, day;
	*none = false;
	text = text_trim(text);
	if (read_excel(text, date)) {
		day_split(date->day, &year, &month, &day);
	} else {
		at = 0;
		if (!number(text, &at, 1, 4, &first) || at >= text.length)
			return false;
		char between = text.at[at++];
		if ((between != '-' && between != '/') || !number(text, &at, 1, 2, &month) ||
		    !mark(text, &at, between) ||
		    !number(text, &at, between == '-' ? 1 : 4, between == '-' ? 2 : 4, &last))
			return false;
		year = between == '-' ? first : last;
		day = between == '-' ? last : first;
		if (year < 1000 || !read_hour(text, at, &date->minute))
			return false;
		*none = year <= 1900;
		if (!*none && !day_is_real(year, month, day))
			return false;
		date->day = *none ? DAY_NONE : day_of(year, month, day);
	}
	*none = year <= 1900;
	return true;
}
