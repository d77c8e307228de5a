/* rota: the entries of an iCalendar file, repeated, into shifts. */
#include "config/rota.h"

#include "base/file.h"

#include <libical/ical.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct reading {
	const char *path, *role;
	const struct zone *zone;
	instant from, until;
	const struct directory *directory;
	struct text bytes;
	struct config_faults *faults;
	icalcomponent *root;
	struct shift *shifts;
	size_t count, room, entries, steps;
	bool full; /* a limit was reached, and said */
};

/* One entry: its times as it says them. */
struct entry {
	icalcomponent *event;
	const char *uid;
	const struct person *people[ROTA_PEOPLE_MOST];
	size_t person_count;
	bool too_many; /* people: more than there is room for */
	struct icaltimetype start, end;
	instant begins, ends;
};

/* ---- faults ---- */

/* libical keeps no lines: an entry is found by its UID. */
static int line_of(const struct reading *reading, const char *uid)
{
	int line = 1;
	const char *at = uid && *uid ? memmem(reading->bytes.at, reading->bytes.length, uid, strlen(uid)) : NULL;
	for (const char *byte = reading->bytes.at; at && byte < at; byte++)
		line += *byte == '\n';
	return line;
}

static void fault_entry(const struct reading *reading, const struct entry *entry, const char *words)
{
	config_fault_add(reading->faults, reading->path, line_of(reading, entry->uid), 1, "the rota entry %.80s %s",
	                 entry->uid ? entry->uid : "without a UID", words);
}

static void fault_limit(struct reading *reading, const char *what, unsigned most)
{
	if (!reading->full)
		config_fault_add(
			reading->faults, reading->path, 1, 1,
			"the rota has more than %u %s; end its repetitions (UNTIL), or keep what is past apart", most,
			what);
	reading->full = true;
}

/* ---- times ---- */

#define DAY_SECONDS (24 * 60 * 60)

/* Of the council's own zone: as it says it itself, or says none. Then our own reckoning of the clock change holds. */
static bool is_local(const struct icaltimetype *time)
{
	return !time->zone && !icaltime_is_utc(*time);
}

static int64_t wall_of(const struct icaltimetype *time)
{
	int64_t minutes = time->is_date ? 0 : time->hour * 60 + time->minute;
	return (int64_t)day_of(time->year, time->month, time->day) * 24 * HOUR + minutes * MINUTE +
	       (time->is_date ? 0 : time->second * SECOND);
}

static time_t offset_at(const icaltimezone *zone, time_t at)
{
	struct icaltimetype utc = icaltime_from_timet_with_zone(at, 0, icaltimezone_get_utc_timezone());
	return icaltimezone_get_utc_offset_of_utc_time((icaltimezone *)zone, &utc, NULL);
}

/* As zone_instant says it of the council's own zone; libical takes a skipped time for one before the gap, and a
 * repeated one for the later, whether it begins or ends something. */
static time_t time_in_zone(const icaltimezone *zone, time_t wall, enum wall_choice choice)
{
	time_t before = wall - offset_at(zone, wall - DAY_SECONDS), after = wall - offset_at(zone, wall + DAY_SECONDS);
	time_t first = before < after ? before : after, last = before < after ? after : before;
	bool is_first = offset_at(zone, first) == wall - first, is_last = offset_at(zone, last) == wall - last;
	if (is_first || is_last)
		return is_first && (choice == WALL_EARLIER || !is_last) ? first : last;
	while (last - first > 1) { /* it is skipped: the first instant after the gap, which lies between them */
		time_t middle = first + (last - first) / 2;
		if (offset_at(zone, middle) == offset_at(zone, last))
			last = middle;
		else
			first = middle;
	}
	return last;
}

static instant instant_of(const struct reading *reading, const struct icaltimetype *time, enum wall_choice choice)
{
	if (is_local(time))
		return zone_instant(reading->zone, wall_of(time), choice);
	if (icaltime_is_utc(*time))
		return wall_of(time);
	return (instant)time_in_zone(time->zone, (time_t)(wall_of(time) / SECOND), choice) * SECOND;
}

static bool is_sane(const struct icaltimetype *time)
{
	return !icaltime_is_null_time(*time) && icaltime_is_valid_time(*time) && time->year >= 1990 &&
	       time->year <= 2100 && time->month >= 1 && time->month <= 12 && time->day >= 1 &&
	       time->day <= icaltime_days_in_month(time->month, time->year) && time->hour >= 0 && time->hour <= 23 &&
	       time->minute >= 0 && time->minute <= 59 && time->second >= 0 && time->second <= 60;
}

/* The end of a repetition that begins at `start`: so long after it as that of the first, and not before the same time
 * of day: a night that ends at 08:00 ends at 08:00 also when the clocks change, and nobody is off call an hour early.
 */
static instant end_of(const struct reading *reading, const struct entry *entry, const struct icaltimetype *start,
                      instant begins)
{
	instant exact = begins + (entry->ends - entry->begins);
	struct icaltimetype end = *start;
	int64_t seconds = (wall_of(&entry->end) - wall_of(&entry->start)) / SECOND;
	if (entry->start.zone != entry->end.zone || seconds < 0)
		return exact;
	icaltime_adjust(&end, (int)(seconds / 86400), 0, 0, (int)(seconds % 86400));
	instant by_wall = instant_of(reading, &end, WALL_LATER);
	return by_wall > exact ? by_wall : exact;
}

/* ---- shifts ---- */

static void add_shift(struct reading *reading, const struct entry *entry, instant begins, instant ends)
{
	if (ends <= reading->from || begins >= reading->until)
		return;
	for (size_t i = 0; i < entry->person_count; i++) {
		if (reading->count == ROTA_SHIFTS_MOST) {
			fault_limit(reading, "shifts", ROTA_SHIFTS_MOST);
			return;
		}
		*(struct shift *)mem_push((void **)&reading->shifts, &reading->count, &reading->room,
		                          sizeof *reading->shifts) =
			(struct shift){.role = reading->role,
		                       .person = entry->people[i]->id,
		                       .from = begins,
		                       .until = ends,
		                       .first = zone_date(reading->zone, begins),
		                       .last = zone_date(reading->zone, ends - 1)};
	}
}

/* Whether an EXDATE of the entry, or another entry with its UID and RECURRENCE-ID, takes this repetition away. */
static bool is_taken_away(const struct reading *reading, const struct entry *entry, const struct icaltimetype *start,
                          instant begins)
{
	for (icalproperty *one = icalcomponent_get_first_property(entry->event, ICAL_EXDATE_PROPERTY); one;
	     one = icalcomponent_get_next_property(entry->event, ICAL_EXDATE_PROPERTY)) {
		struct icaltimetype except = icalproperty_get_datetime_with_component(one, entry->event);
		if (except.is_date ? icaltime_compare_date_only(except, *start) == 0
		                   : instant_of(reading, &except, WALL_EARLIER) == begins)
			return true;
	}
	for (icalcompiter i = icalcomponent_begin_component(reading->root, ICAL_VEVENT_COMPONENT);
	     entry->uid && icalcompiter_deref(&i); (void)icalcompiter_next(&i)) {
		icalcomponent *other = icalcompiter_deref(&i);
		const char *uid = icalcomponent_get_uid(other);
		icalproperty *id = icalcomponent_get_first_property(other, ICAL_RECURRENCEID_PROPERTY);
		if (other == entry->event || !id || !uid || strcmp(uid, entry->uid) != 0)
			continue;
		struct icaltimetype moved = icalproperty_get_datetime_with_component(id, other);
		if (instant_of(reading, &moved, WALL_EARLIER) == begins)
			return true;
	}
	return false;
}

static void add_at(struct reading *reading, const struct entry *entry, const struct icaltimetype *start)
{
	instant begins = instant_of(reading, start, WALL_EARLIER);
	instant ends = end_of(reading, entry, start, begins);
	if (ends > reading->from && begins < reading->until && !is_taken_away(reading, entry, start, begins))
		add_shift(reading, entry, begins, ends);
}

static void add_repeated(struct reading *reading, const struct entry *entry, icalproperty *property)
{
	struct icalrecurrencetype rule = icalproperty_get_rrule(property);
	if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE ||
	    rule.freq == ICAL_HOURLY_RECURRENCE || rule.freq == ICAL_NO_RECURRENCE) {
		fault_entry(reading, entry,
		            "repeats oftener than daily, or in no way that can be read; write FREQ=DAILY, "
		            "WEEKLY, MONTHLY or YEARLY");
		return;
	}
	struct icaltimetype first = entry->start, at;
	icalrecur_iterator *walk = icalrecur_iterator_new(rule, first);
	if (!walk) {
		fault_entry(reading, entry, "has a repetition (RRULE) that cannot be read");
		return;
	}
	while (!reading->full && (at = icalrecur_iterator_next(walk), !icaltime_is_null_time(at))) {
		at.zone = first.zone;
		if (!is_sane(&at) || instant_of(reading, &at, WALL_EARLIER) >= reading->until)
			break;
		if (++reading->steps > ROTA_STEPS_MOST)
			fault_limit(reading, "repetitions", ROTA_STEPS_MOST);
		if (icaltime_compare(at, first) != 0) /* the first is the entry's own */
			add_at(reading, entry, &at);
	}
	icalrecur_iterator_free(walk);
}

/* ---- entries ---- */

static const struct person *person_called(const struct reading *reading, const char *name)
{
	struct text called = text_trim(text_of(name));
	if (called.length > 7 && strncasecmp(called.at, "mailto:", 7) == 0)
		called = text_trim((struct text){called.at + 7, called.length - 7});
	const struct person *person = directory_person(reading->directory, called);
	for (size_t i = 0; i < reading->directory->person_count && !person; i++) {
		const char *email = directory_address(&reading->directory->people[i], CHANNEL_EMAIL);
		if (email && strlen(email) == called.length && strncasecmp(email, called.at, called.length) == 0)
			person = &reading->directory->people[i];
	}
	return person;
}

static bool add_person(const struct reading *reading, struct entry *entry, const char *name)
{
	const struct person *person = name ? person_called(reading, name) : NULL;
	if (!person) { /* not who: a fault is logged, and rotas are full of names */
		fault_entry(reading, entry,
		            name ? "names somebody who is no person of the directory; write their id or email"
		                 : "names nobody; write the id or email of a person of the directory");
		return false;
	}
	if (entry->person_count < sizeof entry->people / sizeof *entry->people)
		entry->people[entry->person_count++] = person;
	else
		entry->too_many = true;
	return true;
}

static bool read_people(const struct reading *reading, struct entry *entry)
{
	bool good = true, any = false;
	for (icalproperty *one = icalcomponent_get_first_property(entry->event, ICAL_ATTENDEE_PROPERTY); one;
	     one = icalcomponent_get_next_property(entry->event, ICAL_ATTENDEE_PROPERTY)) {
		any = true;
		good &= add_person(reading, entry, icalproperty_get_attendee(one));
	}
	if (entry->too_many) {
		char words[80];
		(void)snprintf(words, sizeof words, "names more than %d people; put the others into a second entry",
		               ROTA_PEOPLE_MOST);
		fault_entry(reading, entry, words);
		return false;
	}
	return any ? good : add_person(reading, entry, icalcomponent_get_summary(entry->event));
}

/* A zone that nobody knows would put the shift at another hour: that is no reading. */
static bool zone_is_known(icalcomponent *event, icalproperty_kind kind, const struct icaltimetype *time)
{
	icalproperty *property = icalcomponent_get_first_property(event, kind);
	icalparameter *named = property ? icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER) : NULL;
	return !named || time->zone || time->is_date;
}

static bool read_times(const struct reading *reading, struct entry *entry)
{
	entry->start = icalcomponent_get_dtstart(entry->event);
	entry->end = icalcomponent_get_dtend(entry->event);
	if (!is_sane(&entry->start)) {
		fault_entry(reading, entry, "has no DTSTART that can be read, between 1990 and 2100");
		return false;
	}
	if (!zone_is_known(entry->event, ICAL_DTSTART_PROPERTY, &entry->start) ||
	    !zone_is_known(entry->event, ICAL_DTEND_PROPERTY, &entry->end)) {
		fault_entry(reading, entry, "is in a time zone (TZID) that is not known; write Europe/London");
		return false;
	}
	if (icaltime_is_null_time(entry->end) && entry->start.is_date) {
		entry->end = entry->start;
		icaltime_adjust(&entry->end, 1, 0, 0, 0);
	}
	if (is_sane(&entry->end)) {
		entry->begins = instant_of(reading, &entry->start, WALL_EARLIER);
		entry->ends = instant_of(reading, &entry->end, WALL_LATER);
	}
	if (!is_sane(&entry->end) || entry->ends <= entry->begins) {
		fault_entry(reading, entry, "does not end after it begins (DTEND)");
		return false;
	}
	return true;
}

static void read_entry(struct reading *reading, icalcomponent *event)
{
	struct entry entry = {.event = event, .uid = icalcomponent_get_uid(event)};
	if (++reading->entries > ROTA_ENTRIES_MOST)
		fault_limit(reading, "entries", ROTA_ENTRIES_MOST);
	if (reading->full || icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
		return;
	if (!read_times(reading, &entry) || !read_people(reading, &entry))
		return;
	add_at(reading, &entry, &entry.start);
	if (icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY))
		return;
	for (icalproperty *one = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY); one;
	     one = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY))
		add_repeated(reading, &entry, one);
	for (icalproperty *one = icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY); one;
	     one = icalcomponent_get_next_property(event, ICAL_RDATE_PROPERTY)) {
		struct icaldatetimeperiodtype date = icalproperty_get_rdate(one);
		struct icaltimetype also = icaltime_is_null_time(date.time) ? date.period.start : date.time;
		if (!icaltime_is_utc(also))
			also.zone = entry.start.zone;
		if (is_sane(&also))
			add_at(reading, &entry, &also);
		else
			fault_entry(reading, &entry, "has an RDATE that cannot be read; write a date and time");
	}
}

/* ---- the file ---- */

static char *read_bytes(const char *path, size_t *length, struct config_faults *faults)
{
	FILE *file = file_read(path);
	char *bytes = file ? mem_alloc(ROTA_BYTES_MOST + 1) : NULL;
	*length = file ? fread(bytes, 1, ROTA_BYTES_MOST + 1, file) : 0;
	bool good = file && !ferror(file) && *length <= ROTA_BYTES_MOST;
	if (!good)
		config_fault_add(faults, path, 1, 1,
		                 *length > ROTA_BYTES_MOST ? "the rota is over 1 MiB; keep past years apart"
		                                           : "the rota cannot be read");
	if (file)
		(void)fclose(file);
	if (good)
		bytes[*length] = '\0';
	if (good && strlen(bytes) == *length)
		return bytes;
	if (good)
		config_fault_add(faults, path, 1, 1, "the rota has a NUL byte; it is no iCalendar file");
	free(bytes);
	return NULL;
}

/* Lines that were folded are whole again (RFC 5545, 3.1), so that what begins and ends can be counted before libical
 * reads it. */
static char *unfolded(struct text bytes)
{
	char *out = mem_alloc(bytes.length + 1);
	size_t length = 0;
	for (size_t i = 0; i < bytes.length; i++) {
		size_t end = i + (bytes.at[i] == '\r' && i + 1 < bytes.length && bytes.at[i + 1] == '\n');
		bool folds = bytes.at[end] == '\n' && end + 1 < bytes.length &&
		             (bytes.at[end + 1] == ' ' || bytes.at[end + 1] == '\t');
		if (folds)
			i = end + 1;
		else
			out[length++] = bytes.at[i];
	}
	out[length] = '\0';
	return out;
}

static size_t depth_of(const char *lines)
{
	size_t depth = 0, most = 0;
	for (const char *line = lines; *line; line += strcspn(line, "\r\n"), line += strspn(line, "\r\n")) {
		line += strspn(line, " \t");
		if (strncasecmp(line, "BEGIN", 5) == 0)
			depth++;
		else if (strncasecmp(line, "END", 3) == 0 && depth)
			depth--;
		most = depth > most ? depth : most;
	}
	return most;
}

static int by_begin(const void *left, const void *right)
{
	const struct shift *a = left, *b = right;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->until != b->until ? (a->until < b->until ? -1 : 1) : strcmp(a->person, b->person);
}

/* With the shifts of other roles that were read before. */
static void keep_shifts(const struct reading *reading, struct directory *directory, struct arena *arena)
{
	size_t count = directory->shift_count + reading->count;
	struct shift *all = arena_alloc(arena, (count + 1) * sizeof *all);
	if (directory->shift_count)
		memcpy(all, directory->shifts, directory->shift_count * sizeof *all);
	if (reading->count)
		memcpy(all + directory->shift_count, reading->shifts, reading->count * sizeof *all);
	qsort(all, count, sizeof *all, by_begin);
	directory->shifts = all;
	directory->shift_count = count;
}

void rota_read(const char *path, const char *role, const struct zone *zone, instant from, instant until,
               struct directory *directory, struct arena *arena, struct config_faults *faults)
{
	struct reading reading = {.path = path,
	                          .role = role,
	                          .zone = zone,
	                          .from = from,
	                          .until = until,
	                          .directory = directory,
	                          .faults = faults};
	char *bytes = read_bytes(path, &reading.bytes.length, faults);
	if (!bytes)
		return;
	reading.bytes.at = bytes;
	icalerror_set_errors_are_fatal(false);
	char *lines = unfolded(reading.bytes);
	if (depth_of(lines) <= ROTA_DEPTH_MOST)
		reading.root = icalparser_parse_string(lines);
	free(lines);
	if (!reading.root || icalcomponent_isa(reading.root) != ICAL_VCALENDAR_COMPONENT) {
		config_fault_add(faults, path, 1, 1,
		                 "the rota is no iCalendar file (one BEGIN:VCALENDAR … END:VCALENDAR, nothing nested "
		                 "deeper than 8)");
	} else {
		for (icalcompiter i = icalcomponent_begin_component(reading.root, ICAL_VEVENT_COMPONENT);
		     icalcompiter_deref(&i); (void)icalcompiter_next(&i))
			read_entry(&reading, icalcompiter_deref(&i));
		keep_shifts(&reading, directory, arena);
	}
	if (reading.root)
		icalcomponent_free(reading.root);
	free(reading.shifts);
	free(bytes);
}
