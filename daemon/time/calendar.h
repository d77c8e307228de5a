/* calendar: local time, civil reckoning and working days.
 *
 * Owns the council's zone, its bank holidays and its working hours. The one rule: everything is computed from the
 * zone's own table of changes and never from the process's TZ, so that the same input gives the same answer on any
 * machine, in any thread. shared meaning: a clock in hours runs on the world's clock; a clock in days, weeks, months or
 * working days expires at the local midnight that ENDS its last day; day 0 is the start's own local date. */
#ifndef CASEWATCH_TIME_CALENDAR_H
#define CASEWATCH_TIME_CALENDAR_H

#include "base/clock.h"
#include "time/instant.h"

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef int32_t civil_day;
#define DAY_NONE INT32_MIN

civil_day day_of(int year, int month, int day);               /* month 1-12, day 1-31; must be a real date */
bool day_is_real(int year, int month, int day);
void day_split(civil_day date, int *year, int *month, int *day);
int day_of_week(civil_day day);                               /* 0 Monday ... 6 Sunday */
bool day_parse(struct text text, civil_day *day);             /* "2020-02-29" exactly */
/* `count` months on (or back), clamped to the month's end: 31 January + 1 month is 28 or 29 February. */
civil_day day_add_months(civil_day day, int count);
/* birth + years + months: years by the birthday rule (29 February becomes 1 March in a common year), then months. */
civil_day day_birthday(civil_day birth, int years, int months);

enum duration_unit { UNIT_MINUTES, UNIT_HOURS, UNIT_DAYS, UNIT_WEEKS, UNIT_MONTHS, UNIT_YEARS, UNIT_WORKING_DAYS };
struct duration {
	int32_t amount;
	enum duration_unit unit;
};
/* "72 hours", "1 working day", "6 weeks". Amount 0..100000. Singular or plural. */
bool duration_parse(struct text text, struct duration *duration);
void duration_print(struct duration duration, struct buffer *out); /* "1 working day", "6 weeks" */

/* Which instant a wall time means that occurs twice; one that is skipped always means the first instant after the
 * gap. */
enum wall_choice { WALL_EARLIER /* a start */, WALL_LATER /* an end */ };

/* A zone: offsets from UTC and when they change, 1970 to 2101. Immutable; free with zone_free. */
struct zone;
struct zone *zone_load(const char *name, struct fault *fault); /* "Europe/London"; NULL and a fault if unknown */
struct zone *zone_parse(struct text tzif, struct fault *fault); /* the bytes of a zone's file (RFC 8536) */
void zone_free(struct zone *zone);
uint64_t zone_fingerprint(const struct zone *zone);            /* of its offsets: another after an update of tzdata */
int32_t zone_offset(const struct zone *zone, instant at);      /* seconds east of UTC */
civil_day zone_date(const struct zone *zone, instant at);      /* the local date */
int64_t zone_wall(const struct zone *zone, instant at);        /* local wall time, microseconds since local 1970 */
instant zone_instant(const struct zone *zone, int64_t wall, enum wall_choice choice);
bool zone_says_twice(const struct zone *zone, instant at);      /* its wall time is that of another instant, too */
instant zone_midnight(const struct zone *zone, civil_day day); /* the instant that begins the local date */

/* A calendar: zone, bank holidays, working hours. Immutable once loaded; free with calendar_free. */
struct calendar;
/* `json`: bank-holidays.json as gov.uk publishes it, already read (division "england-and-wales"). Takes a reference to
 * nothing: copies what it needs. `zone` becomes the calendar's, also when it fails. */
struct calendar *calendar_new(struct zone *zone, struct text json, struct fault *fault);
void calendar_free(struct calendar *calendar);
/* Working hours, minutes after local midnight; default 480 (08:00) and 1020 (17:00). */
void calendar_set_hours(struct calendar *calendar, int from, int until);
const struct zone *calendar_zone(const struct calendar *calendar);
civil_day calendar_last_day(const struct calendar *calendar);  /* 31 December of the last year the holidays cover */
bool calendar_is_working(const struct calendar *calendar, civil_day day);
/* What the file calls the bank holiday on that date, "Early May bank holiday (VE day)"; NULL: none, or without a
 * name. */
const char *calendar_holiday(const struct calendar *calendar, civil_day day);
/* How many bank holidays the file has in the year. England and Wales have eight at least: fewer means a file cut
 * short. */
int calendar_holidays_in(const struct calendar *calendar, int year);

/* The instant at which a clock of `length` that starts at `start` expires. Working days past the last covered year are
 * RESULT_PERMANENT and say so; nothing is guessed. Working days before the first covered year likewise. */
MUST_CHECK enum result calendar_expiry(const struct calendar *calendar, instant start, struct duration length,
                                       instant *expiry, struct fault *fault);
/* `length` before `at`, same local wall time that many local dates earlier (hours and minutes: elapsed): the lower end
 * of a closed counting window. Not for working days, which go back day by day to the same wall time. */
MUST_CHECK enum result calendar_back(const struct calendar *calendar, instant at, struct duration length, instant *from,
                                     struct fault *fault);
/* The local midnight that begins the date `length` before the date `day`. Not for hours and minutes. */
MUST_CHECK enum result calendar_before(const struct calendar *calendar, civil_day day, struct duration length,
                                       instant *at, struct fault *fault);
/* The local midnight that begins birth + years + months: years by the birthday rule (29 February becomes 1 March in a
 * common year), then months, clamped. */
instant calendar_birthday(const struct calendar *calendar, civil_day birth, int years, int months);
int calendar_age(civil_day birth, civil_day on); /* whole years; -1 before birth */
/* Who is 31 or older is nobody children's services would know: the date of birth is one that a database puts where none
 * is known (1 January 1900, 1970). It counts as not known everywhere: in conditions, for clocks, and where an age is
 * shown. */
#define AGE_PLACEHOLDER 31
int calendar_known_age(civil_day birth, civil_day on); /* as calendar_age; -1 also for DAY_NONE and a placeholder */

/* Working hours: whether `at` is inside, and the first instant at or after `at` that is. Beyond the covered years
 * weekends alone count (telling somebody must never fail for want of a calendar). */
bool calendar_in_hours(const struct calendar *calendar, instant at);
instant calendar_next_hours(const struct calendar *calendar, instant at);

#endif
