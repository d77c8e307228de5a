/* recurrence: the words, and the days they mean. */
#include "time/recurrence.h"

#include <stdio.h>

#define DAY_OF_WALL ((int64_t)86400 * SECOND)
#define LONGEST 100 /* days between two quarterly times, and some */

/* ---- the words ---- */

static bool take_words(struct text *text, const char *words)
{
	size_t length = strlen(words);
	*text = text_trim(*text);
	if (text->length < length || memcmp(text->at, words, length) != 0)
		return false;
	*text = text_trim((struct text){text->at + length, text->length - length});
	return true;
}

static bool take_every(struct text *text, enum recurrence_every *every)
{
	static const struct {
		const char *words;
		enum recurrence_every every;
	} known[] = {{"daily", EVERY_DAY},           {"working days", EVERY_WORKING_DAY}, {"weekly", EVERY_WEEK},
	             {"fortnightly", EVERY_FORTNIGHT}, {"monthly", EVERY_MONTH},          {"quarterly", EVERY_QUARTER}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (take_words(text, known[i].words)) {
			*every = known[i].every;
			return true;
		}
	return false;
}

static bool take_weekday(struct text *text, int *weekday)
{
	static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
	                                   "Friday", "Saturday", "Sunday"};
	for (int i = 0; i < 7; i++)
		if (take_words(text, days[i])) {
			*weekday = i;
			return true;
		}
	return false;
}

static bool take_number(struct text *text, int *number)
{
	size_t length = 0;
	*number = 0;
	for (; length < text->length && length < 4 && text->at[length] >= '0' && text->at[length] <= '9'; length++)
		*number = *number * 10 + (text->at[length] - '0');
	*text = (struct text){text->at + length, text->length - length};
	return length > 0;
}

static bool take_minute(struct text *text, int *minute)
{
	int hours, minutes;
	if (!take_words(text, "at") || !take_number(text, &hours) || !take_words(text, ":") ||
	    !take_number(text, &minutes))
		return false;
	*minute = hours * 60 + minutes;
	return hours < 24 && minutes < 60;
}

static bool take_date(struct text *text, civil_day *day)
{
	struct text date = {text->at, text->length < 10 ? text->length : 10};
	if (!day_parse(date, day))
		return false;
	*text = (struct text){text->at + 10, text->length - 10};
	return true;
}

static const char *take_day(struct text *text, struct recurrence *made)
{
	switch (made->every) {
	case EVERY_DAY:
	case EVERY_WORKING_DAY:
		break;
	case EVERY_FORTNIGHT:
	case EVERY_WEEK:
		if (!take_words(text, "on") || !take_weekday(text, &made->weekday))
			return "name the day: weekly on Monday at 08:00";
		if (made->every == EVERY_FORTNIGHT && (!take_words(text, "from") || !take_date(text, &made->from)))
			return "say from which date on: fortnightly on Monday from 2026-01-05 at 08:00";
		if (made->every == EVERY_FORTNIGHT && day_of_week(made->from) != made->weekday)
			return "the date it counts from is another day of the week";
		break;
	case EVERY_MONTH:
	case EVERY_QUARTER:
		if (!take_words(text, "on day") || !take_number(text, &made->day) || made->day < 1 || made->day > 28)
			return "name the day of the month, 1 to 28: monthly on day 1 at 08:00";
		break;
	}
	return NULL;
}

bool recurrence_parse(struct text text, struct recurrence *recurrence, const char **why)
{
	struct recurrence made = {.from = DAY_NONE};
	*why = "write daily, working days, weekly, fortnightly, monthly or quarterly: daily at 07:30";
	if (!take_every(&text, &made.every))
		return false;
	*why = take_day(&text, &made);
	if (*why)
		return false;
	*why = "say at which time of day, 00:00 to 23:59: at 07:30";
	if (!take_minute(&text, &made.minute) || text_trim(text).length)
		return false;
	*recurrence = made;
	*why = NULL;
	return true;
}

/* ---- the days ---- */

static bool is_due_on(const struct recurrence *recurrence, const struct calendar *calendar, civil_day day)
{
	int year, month, of_month = 0;
	if (recurrence->every == EVERY_MONTH || recurrence->every == EVERY_QUARTER)
		day_split(day, &year, &month, &of_month);
	switch (recurrence->every) {
	case EVERY_DAY:
		return true;
	case EVERY_WORKING_DAY:
		return calendar_is_working(calendar, day);
	case EVERY_WEEK:
		return day_of_week(day) == recurrence->weekday;
	case EVERY_FORTNIGHT:
		return (day - recurrence->from) % 14 == 0;
	case EVERY_MONTH:
		return of_month == recurrence->day;
	case EVERY_QUARTER:
		return of_month == recurrence->day && month % 3 == 1;
	}
	return false;
}

/* The first date from which on it may be due again after `day`: what comes once a month need not be looked for on every
 * date of it. The day of the month is at most 28, so none is jumped over. */
static civil_day after(const struct recurrence *recurrence, civil_day day)
{
	int year, month, of_month;
	if (recurrence->every != EVERY_MONTH && recurrence->every != EVERY_QUARTER)
		return day + 1;
	day_split(day, &year, &month, &of_month);
	int ahead = recurrence->day - of_month + (of_month < recurrence->day ? 0 : 28);
	return day + (ahead > 0 ? ahead : 1);
}

static instant due_on(const struct recurrence *recurrence, const struct calendar *calendar, civil_day day)
{
	return zone_instant(calendar_zone(calendar), (int64_t)day * DAY_OF_WALL + recurrence->minute * MINUTE,
	                    WALL_EARLIER);
}

instant recurrence_latest(const struct recurrence *recurrence, const struct calendar *calendar, instant now)
{
	civil_day today = zone_date(calendar_zone(calendar), now);
	for (civil_day day = today; day > today - LONGEST; day--)
		if (is_due_on(recurrence, calendar, day) && due_on(recurrence, calendar, day) <= now)
			return due_on(recurrence, calendar, day);
	return INSTANT_NONE;
}

instant recurrence_next(const struct recurrence *recurrence, const struct calendar *calendar, instant now)
{
	civil_day today = zone_date(calendar_zone(calendar), now);
	for (civil_day day = today; day < today + LONGEST; day = after(recurrence, day))
		if (is_due_on(recurrence, calendar, day) && due_on(recurrence, calendar, day) > now)
			return due_on(recurrence, calendar, day);
	return INSTANT_NEVER;
}
