/* diary: dice, local times, and records written as CloudEvents. */
#include "demo/diary.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/json_write.h"
#include "time/instant.h"

#define DAY (24 * HOUR)
#define LATE_PERCENT 5

static const char *const sources[] = {"/case-system", "/duty-team"};
static const char *const id_prefixes[] = {"cs", "edt"};

/* ---- dice: splitmix64 ---- */

uint64_t diary_roll(struct diary *diary)
{
	uint64_t z = diary->dice += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int diary_between(struct diary *diary, int least, int most)
{
	return least + (int)(diary_roll(diary) % (uint64_t)(most - least + 1));
}

bool diary_chance(struct diary *diary, int percent)
{
	return diary_between(diary, 1, 100) <= percent;
}

/* ---- time ---- */

instant diary_at(const struct diary *diary, int day, int hour, int minute)
{
	int64_t wall = (int64_t)(diary->first + day + hour / 24) * DAY + hour % 24 * HOUR + minute * MINUTE;
	return zone_instant(diary->zone, wall, WALL_EARLIER);
}

int diary_day(const struct diary *diary, instant at)
{
	return zone_date(diary->zone, at) - diary->first;
}

int diary_weekday(const struct diary *diary, int day)
{
	return day_of_week(diary->first + day);
}

instant diary_office(struct diary *diary, instant at)
{
	int day = diary_day(diary, at);
	if (diary_weekday(diary, day) < 5 && at >= diary_at(diary, day, 8, 30) && at < diary_at(diary, day, 17, 0))
		return at;
	if (diary_weekday(diary, day) >= 5 || at >= diary_at(diary, day, 17, 0))
		day++;
	while (diary_weekday(diary, day) >= 5)
		day++;
	return diary_at(diary, day, 8, diary_between(diary, 35, 59));
}

/* When something is recorded that happened at `at`: within the hour, or days late (5 in 100). */
static instant diary_recorded(struct diary *diary, instant at)
{
	if (!diary_chance(diary, LATE_PERCENT))
		return at + diary_between(diary, 4, 55) * MINUTE;
	instant late = diary_office(diary, at + diary_between(diary, 22, 90) * HOUR);
	if (late > diary->start && late < diary->end)
		diary->late++;
	return late;
}

/* ---- writing ---- */

static void add(struct diary *diary, instant sent, const char *bytes, size_t length)
{
	if (sent >= diary->end)
		return;
	struct demo_record *record = mem_push((void **)&diary->records, &diary->count, &diary->room, sizeof *record);
	*record = (struct demo_record){sent, diary->count, mem_copy_text(bytes, length), length};
}

static instant handed_over(enum demo_system system, instant recorded)
{
	instant every = system == DEMO_CASES ? 15 * MINUTE : MINUTE;
	return (recorded + every - 1) / every * every;
}

static void write_attributes(struct json_writer *json, struct diary *diary, const struct diary_entry *entry,
                             const char *id)
{
	struct buffer type = {0};
	buffer_format(&type, "%s%s", diary->prefix, entry->type);
	json_put_string(json, "specversion", "1.0");
	json_put_string(json, "id", id);
	json_put_string(json, "source", sources[entry->system]);
	json_put_text(json, "type", buffer_view(&type));
	json_put_string(json, "subject", entry->subject);
	json_put_instant(json, "time",
	                 entry->day ? zone_midnight(diary->zone, zone_date(diary->zone, entry->at)) : entry->at);
	if (entry->day)
		json_put_string(json, "timeprecision", "day");
	json_put_instant(json, "recordedtime", entry->recorded);
	if (entry->replaces)
		json_put_string(json, "replaces", entry->replaces);
	json_put_string(json, "datacontenttype", "application/json");
	buffer_free(&type);
}

static void write_record(struct diary *diary, const struct diary_entry *entry, char *out_id, const char *format,
                         va_list args) __attribute__((format(printf, 4, 0)));
static void write_record(struct diary *diary, const struct diary_entry *entry, char *out_id, const char *format,
                         va_list args)
{
	char id[DIARY_ID_SIZE], data[1024];
	struct buffer line = {0};
	struct json_writer json = json_writer_on(&line);
	(void)snprintf(id, sizeof id, "%s-%05lu", id_prefixes[entry->system], ++diary->written[entry->system]);
	(void)vsnprintf(data, sizeof data, format, args);
	json_object(&json);
	write_attributes(&json, diary, entry, id);
	json_key(&json, "data");
	buffer_format(&line, "{%s}}", data);
	add(diary, handed_over(entry->system, entry->recorded), line.at, line.length);
	buffer_free(&line);
	if (entry->replaces)
		diary->corrected++;
	if (out_id)
		memcpy(out_id, id, sizeof id);
}

void diary_write(struct diary *diary, const struct diary_entry *entry, char id[DIARY_ID_SIZE], const char *format, ...)
{
	va_list args;
	va_start(args, format);
	write_record(diary, entry, id, format, args);
	va_end(args);
}

void diary_note(struct diary *diary, instant at, const char *subject, const char *type, const char *format, ...)
{
	struct diary_entry entry = {.system = DEMO_CASES, .type = type, .subject = subject, .at = at};
	va_list args;
	entry.recorded = diary_recorded(diary, at);
	va_start(args, format);
	write_record(diary, &entry, NULL, format, args);
	va_end(args);
}

void diary_duty(struct diary *diary, instant at, int minutes, const char *subject, const char *type, const char *format,
                ...)
{
	struct diary_entry entry = {.system = DEMO_DUTY, .type = type, .subject = subject, .at = at,
	                            .recorded = at + minutes * MINUTE};
	va_list args;
	va_start(args, format);
	write_record(diary, &entry, NULL, format, args);
	va_end(args);
}

void diary_raw(struct diary *diary, instant sent, const char *bytes, size_t length)
{
	add(diary, sent, bytes, length);
}

void diary_again(struct diary *diary, size_t record, instant sent)
{
	const struct demo_record first = diary->records[record];
	add(diary, sent, first.line, first.length);
}

static int by_sending(const void *a, const void *b)
{
	const struct demo_record *x = a, *y = b;
	if (x->sent != y->sent)
		return x->sent < y->sent ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void diary_sort(struct diary *diary)
{
	qsort(diary->records, diary->count, sizeof *diary->records, by_sending);
}

void diary_free(struct diary *diary)
{
	for (size_t i = 0; i < diary->count; i++)
		free(diary->records[i].line);
	free(diary->records);
	diary->records = NULL;
	diary->count = diary->room = 0;
}
