/* zone_file: the rule in a zone file's footer, a POSIX TZ string as RFC 8536 extends it. */
#include "base/mem.h"
#include "time/zone_file.h"

#include "time/calendar.h"

#define DAY_SECONDS 86400

enum date_kind { DATE_WEEKDAY /* M3.5.0 */, DATE_NO_LEAP /* J60 */, DATE_ZERO_BASED /* 59 */ };

struct change_rule {
	enum date_kind kind;
	int month, week, day;
	int32_t time; /* seconds after local midnight; may be negative or past 24 hours */
};

struct rule {
	int32_t standard, summer; /* seconds east of UTC */
	bool has_summer;
	struct change_rule start, end;
};

struct reader {
	const char *at, *end;
};

static bool take_character(struct reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static bool read_number(struct reader *reader, int least, int most, int *number)
{
	const char *first = reader->at;
	*number = 0;
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
		*number = *number * 10 + (*reader->at++ - '0');
		if (*number > most)
			return false;
	}
	return reader->at > first && *number >= least;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool skip_name(struct reader *reader)
{
	const char *first = reader->at;
	if (take_character(reader, '<')) {
		while (reader->at < reader->end && *reader->at != '>')
			reader->at++;
		return take_character(reader, '>');
	}
	while (reader->at < reader->end && is_letter(*reader->at))
		reader->at++;
	return reader->at - first >= 3;
}

/* [+-]h[:mm[:ss]] */
static bool read_time(struct reader *reader, int most_hours, int32_t *seconds)
{
	int hours, minutes = 0, rest = 0;
	bool negative = take_character(reader, '-');
	if (!negative)
		(void)take_character(reader, '+');
	if (!read_number(reader, 0, most_hours, &hours))
		return false;
	if (take_character(reader, ':') && (!read_number(reader, 0, 59, &minutes) ||
	                                    (take_character(reader, ':') && !read_number(reader, 0, 59, &rest))))
		return false;
	*seconds = (hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
	return true;
}

static bool read_change(struct reader *reader, struct change_rule *change)
{
	bool good;
	*change = (struct change_rule){.time = 2 * 3600};
	if (take_character(reader, 'M')) {
		change->kind = DATE_WEEKDAY;
		good = read_number(reader, 1, 12, &change->month) && take_character(reader, '.') &&
		       read_number(reader, 1, 5, &change->week) && take_character(reader, '.') &&
		       read_number(reader, 0, 6, &change->day);
	} else if (take_character(reader, 'J')) {
		change->kind = DATE_NO_LEAP;
		good = read_number(reader, 1, 365, &change->day);
	} else {
		change->kind = DATE_ZERO_BASED;
		good = read_number(reader, 0, 365, &change->day);
	}
	return good && (!take_character(reader, '/') || read_time(reader, 167, &change->time));
}

/* POSIX counts offsets west of Greenwich; RFC 8536 and casewatch count them east. */
static bool read_rule(struct text text, struct rule *rule)
{
	struct reader reader = {text.at, text.at + text.length};
	*rule = (struct rule){0};
	if (!skip_name(&reader) || !read_time(&reader, 24, &rule->standard))
		return false;
	rule->standard = -rule->standard;
	if (reader.at == reader.end)
		return true;
	rule->has_summer = true;
	rule->summer = rule->standard + 3600;
	if (!skip_name(&reader))
		return false;
	if (reader.at < reader.end && *reader.at != ',') {
		if (!read_time(&reader, 24, &rule->summer))
			return false;
		rule->summer = -rule->summer;
	}
	return take_character(&reader, ',') && read_change(&reader, &rule->start) && take_character(&reader, ',') &&
	       read_change(&reader, &rule->end) && reader.at == reader.end;
}

/* The date of a change by weekday: the week-th such day of the month; 5 is the last, be it the fourth or the fifth. */
static civil_day weekday_in(int year, const struct change_rule *change)
{
	int sunday_based = (day_of_week(day_of(year, change->month, 1)) + 1) % 7;
	int day = 1 + (change->day - sunday_based + 7) % 7 + (change->week - 1) * 7;
	while (!day_is_real(year, change->month, day))
		day -= 7;
	return day_of(year, change->month, day);
}

/* When the change of `year` happens, in seconds, given the offset in force before it. */
static int64_t change_in(int year, const struct change_rule *change, int32_t offset_before)
{
	civil_day first = day_of(year, 1, 1), day = first;
	switch (change->kind) {
	case DATE_WEEKDAY:
		day = weekday_in(year, change);
		break;
	case DATE_NO_LEAP: /* 29 February is never counted: J60 is always 1 March */
		day = first + change->day - 1 + (day_is_real(year, 2, 29) && change->day >= 60);
		break;
	case DATE_ZERO_BASED:
		day = first + change->day;
		break;
	}
	return (int64_t)day * DAY_SECONDS + change->time - offset_before;
}

/* Summer time all year is written as one that begins again at the instant at which it ends: the later statement
 * holds. */
void zone_changes_add(struct zone_changes *changes, int64_t at, int32_t offset)
{
	if (changes->count && changes->items[changes->count - 1].offset == offset)
		return;
	void *items = changes->items;
	struct zone_change *added = mem_push(&items, &changes->count, &changes->room, sizeof *added);
	changes->items = items;
	*added = (struct zone_change){at, offset};
}

static void add_after(struct zone_changes *changes, int64_t after, int64_t at, int32_t offset)
{
	if (changes->count && at == changes->items[changes->count - 1].at && at > after)
		changes->count--;
	if (at > after && (!changes->count || at > changes->items[changes->count - 1].at))
		zone_changes_add(changes, at, offset);
}

enum result zone_rule_expand(struct text text, int64_t after, struct zone_changes *changes, struct fault *fault)
{
	struct rule rule;
	if (!read_rule(text, &rule))
		return fault_set(fault, RESULT_PERMANENT, "the time zone file's rule \"%.*s\" cannot be read",
		                 TEXT_ARG(text));
	if (!rule.has_summer) {
		add_after(changes, after, after < 0 ? 0 : after + 1, rule.standard);
		return RESULT_OK;
	}
	for (int year = ZONE_FIRST_YEAR; year <= ZONE_LAST_YEAR; year++) {
		int64_t start = change_in(year, &rule.start, rule.standard),
			end = change_in(year, &rule.end, rule.summer);
		bool starts_first = start < end;
		add_after(changes, after, starts_first ? start : end, starts_first ? rule.summer : rule.standard);
		add_after(changes, after, starts_first ? end : start, starts_first ? rule.standard : rule.summer);
	}
	return RESULT_OK;
}
