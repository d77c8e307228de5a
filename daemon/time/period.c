/* period: which days a period has, and how it is called. */
#include "time/period.h"

#include "time/words.h"

#include <stdio.h>

#define YEAR_BEGINS 4 /* in April: the financial year */

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

bool period_kind_parse(struct text text, enum period_kind *kind)
{
	static const char *const words[] = {"day", "week", "fortnight", "month", "quarter", "year"};
	for (int i = 0; i < 6; i++)
		if (text_equal(text, text_of(words[i]))) {
			*kind = (enum period_kind)i;
			return true;
		}
	return false;
}

static struct period of_months(enum period_kind kind, int year, int month, int count)
{
	civil_day first = day_of(year, month, 1);
	return (struct period){kind, first, day_add_months(first, count)};
}

struct period period_of(enum period_kind kind, civil_day day)
{
	int year, month, of_month;
	day_split(day, &year, &month, &of_month);
	switch (kind) {
	case PERIOD_DAY:
		return (struct period){kind, day, day + 1};
	case PERIOD_WEEK:
		return (struct period){kind, day - day_of_week(day), day - day_of_week(day) + 7};
	case PERIOD_FORTNIGHT:
		return (struct period){kind, day, day + 14};
	case PERIOD_MONTH:
		return of_months(kind, year, month, 1);
	case PERIOD_QUARTER:
		return of_months(kind, year, (month - 1) / 3 * 3 + 1, 3);
	case PERIOD_YEAR:
		return of_months(kind, month < YEAR_BEGINS ? year - 1 : year, YEAR_BEGINS, 12);
	}
	return (struct period){kind, day, day + 1};
}

struct period period_told(enum period_kind kind, civil_day due)
{
	if (kind == PERIOD_DAY)
		return period_of(kind, due);
	if (kind == PERIOD_FORTNIGHT)
		return period_of(kind, due - 14);
	return period_back(period_of(kind, due), 1);
}

struct period period_back(struct period period, int count)
{
	int length = (int)(period.next - period.first);
	switch (period.kind) {
	case PERIOD_DAY:
	case PERIOD_WEEK:
	case PERIOD_FORTNIGHT:
		return (struct period){period.kind, period.first - length * count, period.next - length * count};
	case PERIOD_MONTH:
		return period_of(period.kind, day_add_months(period.first, -count));
	case PERIOD_QUARTER:
		return period_of(period.kind, day_add_months(period.first, -3 * count));
	case PERIOD_YEAR:
		return period_of(period.kind, day_add_months(period.first, -12 * count));
	}
	return period;
}

struct period period_year_before(struct period period)
{
	if (period.kind == PERIOD_DAY)
		return period_of(period.kind, day_add_months(period.first, -12));
	if (period.kind == PERIOD_WEEK || period.kind == PERIOD_FORTNIGHT)
		return (struct period){period.kind, period.first - 364, period.next - 364};
	return period_of(period.kind, day_add_months(period.first, -12));
}

/* ---- keys ---- */

static bool number(struct text text, size_t at, size_t count, int *value)
{
	*value = 0;
	for (size_t i = at; i < at + count; i++) {
		if (i >= text.length || text.at[i] < '0' || text.at[i] > '9')
			return false;
		*value = *value * 10 + (text.at[i] - '0');
	}
	return *value > 0;
}

/* "2019-20" and "2019-20-Q4": the second year is the first and one. */
static bool parse_year(struct text text, struct period *period)
{
	int year, next, quarter = 0;
	bool whole = text.length == 7;
	if ((!whole && text.length != 10) || !number(text, 0, 4, &year) || text.at[4] != '-' ||
	    text.at[5] < '0' || text.at[5] > '9' || text.at[6] < '0' || text.at[6] > '9')
		return false;
	next = (text.at[5] - '0') * 10 + (text.at[6] - '0');
	if (next != (year + 1) % 100)
		return false;
	if (!whole && (text.at[7] != '-' || text.at[8] != 'Q' || !number(text, 9, 1, &quarter) || quarter > 4))
		return false;
	*period = whole ? period_of(PERIOD_YEAR, day_of(year, YEAR_BEGINS, 1))
	                : period_of(PERIOD_QUARTER,
	                            day_add_months(day_of(year, YEAR_BEGINS, 1), 3 * (quarter - 1)));
	return true;
}

bool period_parse(struct text text, struct period *period)
{
	int year, month;
	civil_day day;
	if (text.length == 7 && number(text, 0, 4, &year) && text.at[4] == '-' && number(text, 5, 2, &month) &&
	    month <= 12) {
		/* 2010-11 may be read both ways: it is the month, as 2009-10 would be; the year has its Q. */
		*period = period_of(PERIOD_MONTH, day_of(year, month, 1));
		return true;
	}
	if (parse_year(text, period))
		return true;
	if (text.length < 10 || !day_parse((struct text){text.at, 10}, &day))
		return false;
	struct text rest = {text.at + 10, text.length - 10};
	if (!rest.length)
		*period = period_of(PERIOD_DAY, day);
	else if (text_equal(rest, TEXT("/7")))
		*period = (struct period){PERIOD_WEEK, day, day + 7};
	else if (text_equal(rest, TEXT("/14")))
		*period = period_of(PERIOD_FORTNIGHT, day);
	else
		return false;
	return true;
}

struct named {
	int year, month, day; /* of the first day */
	int from;             /* the year in which the financial year begins */
	int quarter;
};

static struct named split(struct period period)
{
	struct named named;
	day_split(period.first, &named.year, &named.month, &named.day);
	named.from = named.month < YEAR_BEGINS ? named.year - 1 : named.year;
	named.quarter = (named.month + 8) % 12 / 3 + 1;
	return named;
}

void period_key(struct period period, struct buffer *out)
{
	struct named named = split(period);
	switch (period.kind) {
	case PERIOD_DAY:
	case PERIOD_WEEK:
	case PERIOD_FORTNIGHT:
		buffer_format(out, "%04d-%02d-%02d%s", named.year, named.month, named.day,
		              period.kind == PERIOD_DAY    ? ""
		              : period.kind == PERIOD_WEEK ? "/7"
		                                           : "/14");
		return;
	case PERIOD_MONTH:
		buffer_format(out, "%04d-%02d", named.year, named.month);
		return;
	case PERIOD_QUARTER:
		buffer_format(out, "%04d-%02d-Q%d", named.from, (named.from + 1) % 100, named.quarter);
		return;
	case PERIOD_YEAR:
		buffer_format(out, "%04d-%02d", named.from, (named.from + 1) % 100);
		return;
	}
}

/* ---- words ---- */

void period_title(struct period period, struct buffer *out)
{
	struct named named = split(period);
	switch (period.kind) {
	case PERIOD_DAY:
		words_day(period.first, WORDS_PLAIN_YEAR, out);
		return;
	case PERIOD_WEEK:
	case PERIOD_FORTNIGHT:
		buffer_string(out, period.kind == PERIOD_WEEK ? "the week from " : "the 2 weeks from ");
		words_day(period.first, WORDS_PLAIN_YEAR, out);
		return;
	case PERIOD_MONTH:
		buffer_format(out, "%s %d", months[named.month - 1], named.year);
		return;
	case PERIOD_QUARTER:
		buffer_format(out, "quarter %d of %d to %d", named.quarter, named.from, named.from + 1);
		return;
	case PERIOD_YEAR:
		buffer_format(out, "%d to %d", named.from, named.from + 1);
		return;
	}
}

void period_name(struct period period, struct buffer *out)
{
	struct named named = split(period);
	switch (period.kind) {
	case PERIOD_DAY:
		words_day(period.first, WORDS_PLAIN, out);
		return;
	case PERIOD_WEEK:
		buffer_string(out, "the week");
		return;
	case PERIOD_FORTNIGHT:
		buffer_string(out, "the 2 weeks");
		return;
	case PERIOD_MONTH:
		buffer_string(out, months[named.month - 1]);
		return;
	case PERIOD_QUARTER:
		buffer_string(out, "the quarter");
		return;
	case PERIOD_YEAR:
		buffer_string(out, "the year");
		return;
	}
}

void period_brief(struct period period, struct buffer *out)
{
	struct named named = split(period);
	switch (period.kind) {
	case PERIOD_DAY:
	case PERIOD_WEEK:
	case PERIOD_FORTNIGHT:
		words_day(period.first, WORDS_BRIEF, out);
		return;
	case PERIOD_MONTH:
		buffer_format(out, "%.3s", months[named.month - 1]);
		return;
	case PERIOD_QUARTER:
		buffer_string(out, "Quarter");
		return;
	case PERIOD_YEAR:
		period_key(period, out);
		return;
	}
}
