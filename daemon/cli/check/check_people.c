/* check_people: steps of the ladder that one reader hears, and days on which nobody works. */
#include "cli/check/check_people.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "text/place.h"
#include "time/words.h"

/* ---- by their address ---- */

static bool is_same(const char *x, const char *y)
{
	return strcasecmp(x, y) == 0 || place_same(text_of(x), text_of(y));
}

/* By whatever way the one hears the other does: a mailbox under two names is one reader. */
static bool are_reached_alike(const struct person *a, const struct person *b)
{
	bool alike = a && b && a != b;
	for (size_t i = 0; i < CHANNEL_KINDS && alike; i++) {
		const char *x = a->addresses[i], *y = b->addresses[i];
		alike = (!x && !y) || (x && y && is_same(x, y));
	}
	return alike;
}

static void note_pair(const struct config *config, const struct role_title *lower, const struct role_title *upper,
                      struct config_faults *notes)
{
	const struct directory *directory = config->directory;
	for (size_t i = 0; i < lower->people_count; i++) {
		const struct person *one = directory_person(directory, text_of(lower->people[i]));
		for (size_t k = 0; k < upper->people_count; k++) {
			const struct person *other = directory_person(directory, text_of(upper->people[k]));
			if (are_reached_alike(one, other))
				config_fault_add(notes, config->directory_file, 1, 1,
				                 "%s (%s) and %s (%s) have one address, and the ladder goes from one "
				                 "to the other: one reader hears both; give each an own",
				                 one->id, lower->role, other->id, upper->role);
		}
	}
}

/* ---- by cover ---- */

static bool is_by(const struct recipient *recipient, const struct cover *cover)
{
	return recipient->covers && strcmp(recipient->covers->id, cover->person) == 0;
}

/* As the cover begins, or today; at noon where a role has a rota. One person in two steps without cover is refused
 * (directory_check.c). */
static void note_covered(const struct config *config, const struct cover *cover, civil_day day,
                         const struct role_title *lower, const struct role_title *upper, struct config_faults *notes)
{
	const struct directory *directory = config->directory;
	instant noon = zone_midnight(calendar_zone(config->calendar), day) + 12 * HOUR;
	size_t room = directory->person_count;
	struct recipient *one = mem_zero(2 * room + 1, sizeof *one), *other = one + room;
	struct buffer date = {0};
	size_t count = directory_resolve_at(directory, text_of(lower->role), NULL, 0, day, noon, one, room);
	size_t others = directory_resolve_at(directory, text_of(upper->role), NULL, 0, day, noon, other, room);
	words_day(day, WORDS_PLAIN_YEAR, &date);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < others; k++)
			if (one[i].person == other[k].person && (is_by(&one[i], cover) || is_by(&other[k], cover)))
				config_fault_add(notes, config->directory_file, 1, 1,
				                 "by cover %s is both %s and %s on %s, and the ladder goes from one to "
				                 "the other: one reader hears both; let somebody else cover",
				                 one[i].person->id, lower->role, upper->role, buffer_cstr(&date));
	buffer_free(&date);
	free(one);
}

static void note_cover(const struct config *config, civil_day today, const struct role_title *lower,
                       const struct role_title *upper, struct config_faults *notes)
{
	const struct directory *directory = config->directory;
	for (size_t i = 0; i < directory->cover_count; i++) {
		const struct cover *cover = &directory->covers[i];
		if (cover->until >= today)
			note_covered(config, cover, cover->from < today ? today : cover->from, lower, upper, notes);
	}
}

static void note_ladder(const struct config *config, civil_day today, struct config_faults *notes)
{
	const struct directory *directory = config->directory;
	for (size_t i = 0; i < directory->ladder_count; i++) {
		const struct role_title *upper = directory_role(directory, text_of(directory->ladder[i]));
		for (size_t k = 0; upper && k < i; k++) {
			const struct role_title *lower = directory_role(directory, text_of(directory->ladder[k]));
			if (!lower)
				continue;
			note_pair(config, lower, upper, notes);
			note_cover(config, today, lower, upper, notes);
		}
	}
}

/* ---- days ---- */

#define WEEKDAYS 0x1fu /* Monday to Friday: no other day is a working day */

static void note_days(const struct config *config, struct config_faults *notes)
{
	const struct directory *directory = config->directory;
	for (size_t i = 0; i < directory->person_count; i++) {
		const struct person *person = &directory->people[i];
		if (person->days && !(person->days & WEEKDAYS))
			config_fault_add(
				notes, config->directory_file, 1, 1,
				"none of the days of %s is a working day, so they hear as soon as a message "
				"falls due, whatever hours they have; write those of Monday to Friday, or none",
				person->id);
	}
}

void check_people(const struct config *config, civil_day today, struct config_faults *notes)
{
	note_ladder(config, today, notes);
	note_days(config, notes);
}
