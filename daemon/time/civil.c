/* calendar: dates without clocks: real dates, weekdays, months on, ages. */
#include "time/calendar.h"

#define DAYS_IN_400_YEARS 146097
#define DAYS_TO_1970 719468 /* from 1 March of the year 0, where the count below begins */

static int64_t divide_down(int64_t number, int64_t by)
{
	int64_t quotient = number / by;
	return number % by < 0 ? quotient - 1 : quotient;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool day_is_real(int year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/* Years are counted from March, so that the leap day is the last of its year and months have a regular length. */
/* From 1970 to 2099 every fourth year has a day more: reckoned from March 1968 on, in a third of the instructions. */
#define USUAL_FIRST 1970
#define USUAL_END 2100
#define USUAL_DAYS 47482u      /* from the first to the end */
#define DAYS_SINCE_MARCH 671u  /* of 1968, to 1970 */
#define DAYS_IN_FOUR_YEARS 1461u

civil_day day_of(int year, int month, int day)
{
	if (year >= USUAL_FIRST && year < USUAL_END && month >= 1 && month <= 12 && day >= 0 && day <= 31) {
		unsigned years = (unsigned)(year - 1968 - (month <= 2)),
			 months = (unsigned)(month > 2 ? month - 3 : month + 9);
		return (civil_day)(years * DAYS_IN_FOUR_YEARS / 4 + (153 * months + 2) / 5 + (unsigned)day) -
		       (civil_day)DAYS_SINCE_MARCH - 1;
	}
	int64_t march_year = month > 2 ? year : year - 1;
	int64_t era = divide_down(march_year, 400), year_of_era = march_year - era * 400;
	int64_t march_month = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (civil_day)(era * DAYS_IN_400_YEARS + day_of_era - DAYS_TO_1970);
}

void day_split(civil_day date, int *year, int *month, int *day)
{
	if (date >= 0 && (unsigned)date < USUAL_DAYS) {
		unsigned days = (unsigned)date + DAYS_SINCE_MARCH, years = (4 * days + 3) / DAYS_IN_FOUR_YEARS,
			 of_year = days - years * DAYS_IN_FOUR_YEARS / 4, months = (5 * of_year + 2) / 153;
		*day = (int)(of_year - (153 * months + 2) / 5 + 1);
		*month = (int)(months < 10 ? months + 3 : months - 9);
		*year = (int)(1968 + years + (*month <= 2));
		return;
	}
	int64_t count = (int64_t)date + DAYS_TO_1970;
	int64_t era = divide_down(count, DAYS_IN_400_YEARS), day_of_era = count - era * DAYS_IN_400_YEARS;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (year_of_era * 365 + year_of_era / 4 - year_of_era / 100);
	int64_t march_month = (5 * day_of_year + 2) / 153;
	*day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
	*month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int day_of_week(civil_day day)
{
	int64_t since_monday = ((int64_t)day + 3) % 7; /* 1970-01-01 was a Thursday */
	return (int)(since_monday < 0 ? since_monday + 7 : since_monday);
}

static bool digits(const char *at, size_t count, int *number)
{
	*number = 0;
	for (size_t i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*number = *number * 10 + (at[i] - '0');
	}
	return true;
}

bool day_parse(struct text text, civil_day *day)
{
	int year, month, day_of_month;
	if (text.length != 10 || text.at[4] != '-' || text.at[7] != '-' || !digits(text.at, 4, &year) ||
	    !digits(text.at + 5, 2, &month) || !digits(text.at + 8, 2, &day_of_month) ||
	    !day_is_real(year, month, day_of_month))
		return false;
	*day = day_of(year, month, day_of_month);
	return true;
}

civil_day day_add_months(civil_day day, int count)
{
	int year, month, day_of_month;
	day_split(day, &year, &month, &day_of_month);
	int64_t months = (int64_t)year * 12 + month - 1 + count;
	year = (int)divide_down(months, 12);
	month = (int)(months - (int64_t)year * 12) + 1;
	int last = days_in_month(year, month);
	return day_of(year, month, day_of_month < last ? day_of_month : last);
}

/* Born on 29 February, a year older on 1 March in a common year. */
static civil_day birthday_in(civil_day birth, int years)
{
	int year, month, day;
	day_split(birth, &year, &month, &day);
	year += years;
	return day_is_real(year, month, day) ? day_of(year, month, day) : day_of(year, 3, 1);
}

civil_day day_birthday(civil_day birth, int years, int months)
{
	return day_add_months(birthday_in(birth, years), months);
}

int calendar_age(civil_day birth, civil_day on)
{
	int birth_year, year, month, day;
	if (on < birth)
		return -1;
	day_split(birth, &birth_year, &month, &day);
	day_split(on, &year, &month, &day);
	int years = year - birth_year;
	return on < birthday_in(birth, years) ? years - 1 : years;
}

int calendar_known_age(civil_day birth, civil_day on)
{
	int age = birth == DAY_NONE ? -1 : calendar_age(birth, on);
	return age < AGE_PLACEHOLDER ? age : -1;
}
