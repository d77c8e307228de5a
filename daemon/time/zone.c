/* calendar: a zone's offsets, found without search, and wall times turned back into instants. */
#include "time/calendar.h"

#include "base/mem.h"
#include "time/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define NAME_MAX_BYTES 64 /* the longest name of tzdata has 32 */
#define FILE_MAX_BYTES (256 * 1024) /* the largest file of tzdata has 4 KiB */
#define DAY (24 * HOUR)
#define DAY_LIMIT 100000000 /* 274,000 years: what a 64-bit count of microseconds holds */

/* Instants from 1970 on fall into slots of 2^42 microseconds (51 days); a slot knows the change in force at its
 * beginning, so that finding an instant's offset is one look-up and at most a step or two. */
#define SLOT_SHIFT 42
#define SLOT_COUNT 950 /* to 2102 */

struct change {
	instant at;     /* the first is INSTANT_NONE: since ever */
	instant offset; /* microseconds east of UTC */
};

struct zone {
	uint16_t slots[SLOT_COUNT];
	size_t count;
	struct change changes[];
};

static instant add_saturated(instant at, instant more)
{
	instant sum;
	if (__builtin_add_overflow(at, more, &sum))
		return more > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static const struct change *change_at(const struct zone *zone, instant at)
{
	instant slot = at < 0 ? 0 : at >> SLOT_SHIFT;
	const struct change *change = zone->changes + zone->slots[slot < SLOT_COUNT ? slot : SLOT_COUNT - 1];
	const struct change *last = zone->changes + zone->count - 1;
	while (change < last && change[1].at <= at)
		change++;
	return change;
}

static struct zone *zone_build(const struct zone_changes *from)
{
	struct zone *zone = mem_zero(1, sizeof *zone + from->count * sizeof zone->changes[0]);
	zone->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		instant at = i ? from->items[i].at * SECOND : INSTANT_NONE;
		zone->changes[i] = (struct change){at, from->items[i].offset * SECOND};
	}
	size_t in_force = 0;
	for (size_t slot = 0; slot < SLOT_COUNT; slot++) {
		while (in_force + 1 < zone->count && zone->changes[in_force + 1].at <= (instant)slot << SLOT_SHIFT)
			in_force++;
		zone->slots[slot] = (uint16_t)in_force;
	}
	return zone;
}

struct zone *zone_parse(struct text tzif, struct fault *fault)
{
	struct zone_changes changes;
	if (zone_file_parse(tzif, &changes, fault) != RESULT_OK)
		return NULL;
	while (changes.count > 1 && changes.items[changes.count - 1].at > INT64_MAX / SECOND)
		changes.count--; /* a table may name years that microseconds cannot */
	struct zone *zone = zone_build(&changes);
	free(changes.items);
	return zone;
}

/* A name is what follows /usr/share/zoneinfo/ and must not lead out of it. */
static bool name_is_good(const char *name)
{
	size_t length = strlen(name);
	if (!length || length > NAME_MAX_BYTES || strstr(name, "//") || name[0] == '/' || name[length - 1] == '/')
		return false;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == length;
}

static enum result read_file(const char *path, struct buffer *into, struct fault *fault)
{
	char chunk[4096];
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fault_set(fault, RESULT_PERMANENT, "%s", strerror(errno));
	while (into->length <= FILE_MAX_BYTES && (got = read(fd, chunk, sizeof chunk)) > 0)
		buffer_add(into, chunk, (size_t)got);
	int error = errno;
	(void)close(fd);
	if (got < 0)
		return fault_set(fault, RESULT_PERMANENT, "%s", strerror(error));
	if (into->length > FILE_MAX_BYTES)
		return fault_set(fault, RESULT_PERMANENT, "larger than any time zone file");
	return RESULT_OK;
}

struct zone *zone_load(const char *name, struct fault *fault)
{
	char path[sizeof ZONE_DIRECTORY + NAME_MAX_BYTES + 1];
	struct buffer bytes = {0};
	struct fault why = {0};
	struct zone *zone = NULL;
	if (!name_is_good(name)) {
		(void)fault_set(fault, RESULT_PERMANENT,
		                "\"%.64s\" is not the name of a time zone such as Europe/London", name);
		return NULL;
	}
	(void)snprintf(path, sizeof path, "%s/%s", ZONE_DIRECTORY, name);
	if (read_file(path, &bytes, &why) == RESULT_OK)
		zone = zone_parse(buffer_view(&bytes), &why);
	if (!zone)
		(void)fault_set(
			fault, RESULT_PERMANENT,
			"time zone %s: %s: %.200s; a name such as Europe/London and the package tzdata are needed",
			name, path, why.text);
	buffer_free(&bytes);
	return zone;
}

uint64_t zone_fingerprint(const struct zone *zone)
{
	return text_fingerprint(
		(struct text){(const char *)zone->changes, zone->count * sizeof zone->changes[0]}, zone->count);
}

void zone_free(struct zone *zone)
{
	free(zone);
}

int32_t zone_offset(const struct zone *zone, instant at)
{
	return (int32_t)(change_at(zone, at)->offset / SECOND);
}

int64_t zone_wall(const struct zone *zone, instant at)
{
	return add_saturated(at, change_at(zone, at)->offset);
}

civil_day zone_date(const struct zone *zone, instant at)
{
	int64_t wall = zone_wall(zone, at);
	return (civil_day)(wall / DAY - (wall % DAY < 0));
}

/* A stretch of one offset covers the wall times from (its beginning + offset) to (its end + offset). Stretches are
 * looked through from 30 hours before to 30 hours after: no offset is larger. In none: the wall time is skipped. */
instant zone_instant(const struct zone *zone, int64_t wall, enum wall_choice choice)
{
	const struct change *change = change_at(zone, add_saturated(wall, -30 * HOUR));
	const struct change *last = zone->changes + zone->count - 1;
	instant found = INSTANT_NONE, after_gap = INSTANT_NONE;
	for (;; change++) {
		instant at = add_saturated(wall, -change->offset), end = change < last ? change[1].at : INSTANT_NEVER;
		if (at >= change->at && (at < end || change == last)) {
			found = at;
			if (choice == WALL_EARLIER)
				break;
		} else if (at < change->at && after_gap == INSTANT_NONE) {
			after_gap = change->at;
		}
		if (change == last || end > add_saturated(wall, 30 * HOUR))
			break;
	}
	return found != INSTANT_NONE ? found : after_gap;
}

bool zone_says_twice(const struct zone *zone, instant at)
{
	const struct change *change = change_at(zone, at), *last = zone->changes + zone->count - 1;
	bool near = add_saturated(at, -30 * HOUR) < change->at ||
	            (change < last && add_saturated(at, 30 * HOUR) > change[1].at);
	int64_t wall = zone_wall(zone, at);
	return near && zone_instant(zone, wall, WALL_EARLIER) != zone_instant(zone, wall, WALL_LATER);
}

instant zone_midnight(const struct zone *zone, civil_day day)
{
	civil_day within = day > DAY_LIMIT ? DAY_LIMIT : day < -DAY_LIMIT ? -DAY_LIMIT : day;
	return zone_instant(zone, within * DAY, WALL_EARLIER);
}
