/* diary: what happens to the children of the demo's council, as records on their way to casewatch.
 *
 * Owns the records and the dice. The one rule: everything follows from the seed; the same seed gives the same bytes. */
#ifndef CASEWATCH_DEMO_DIARY_H
#define CASEWATCH_DEMO_DIARY_H

#include "base/text.h"
#include "time/calendar.h"

/* One record as it is sent: one line without its end. */
struct demo_record {
	instant sent;     /* when its system hands it over */
	size_t order;     /* among those sent at the same instant */
	char *line;       /* owned; broken ones may hold any byte but a line end */
	size_t length;
};

/* The case system hands over what was recorded every 15 minutes; the Emergency Duty Team's at once. */
enum demo_system { DEMO_CASES, DEMO_DUTY };

struct diary {
	const struct zone *zone;
	const char *prefix;       /* of event types */
	civil_day first;          /* the date of day 0 */
	instant start, end;       /* of the month; records that would be sent later are left out */
	uint64_t dice;
	unsigned long written[2]; /* a system's last id */
	struct demo_record *records;
	size_t count, room;
	size_t late, corrected;   /* for the words at the end */
};

/* ---- dice ---- */
uint64_t diary_roll(struct diary *diary);
int diary_between(struct diary *diary, int least, int most);   /* both included */
bool diary_chance(struct diary *diary, int percent);

/* ---- time: day 0 is the first day of the month, days before it are history ---- */
instant diary_at(const struct diary *diary, int day, int hour,
                 int minute); /* local; hours from 24 on are the next day */
int diary_day(const struct diary *diary, instant at);
int diary_weekday(const struct diary *diary, int day);                      /* 0 Monday */
/* In the office: `at` itself between 08:30 and 17:00 of a Monday to Friday, else the next morning. */
instant diary_office(struct diary *diary, instant at);

/* ---- writing ---- */
struct diary_entry {
	enum demo_system system;
	const char *type, *subject;
	instant at, recorded;
	bool day;                 /* only its date is known */
	const char *replaces;     /* the id of what it corrects; NULL: nothing */
};
#define DIARY_ID_SIZE 32
/* `format`: the members of data as JSON, without braces. `id` (may be NULL) receives the record's. */
void diary_write(struct diary *diary, const struct diary_entry *entry, char id[DIARY_ID_SIZE], const char *format, ...)
	PRINTF_LIKE(4, 5);
/* The case system's, recorded as they usually are. */
void diary_note(struct diary *diary, instant at, const char *subject, const char *type, const char *format, ...)
	PRINTF_LIKE(5, 6);
/* The duty team's, recorded `minutes` later. */
void diary_duty(struct diary *diary, instant at, int minutes, const char *subject, const char *type, const char *format,
                ...) PRINTF_LIKE(6, 7);
/* Bytes as they are. */
void diary_raw(struct diary *diary, instant sent, const char *bytes, size_t length);
/* A record once more, byte for byte. */
void diary_again(struct diary *diary, size_t record, instant sent);
void diary_sort(struct diary *diary);
void diary_free(struct diary *diary); /* what it owns, not itself */

#endif
