/* month: the children of the council and who works with them; then everything else in its order. */
#include "demo/month.h"

#include <stdio.h>

/* As conf/directory.yaml has them. */
static const struct {
	const char *worker, *team;
} allocations[] = {
	{"W1", "north-1"}, {"W2", "north-2"}, {"W3", "north-3"}, {"W4", "south-1"},
	{"W5", "south-2"}, {"W6", "west-1"},  {"W7", "west-2"},
};
#define ALLOCATIONS (sizeof allocations / sizeof *allocations)
#define NO_BIRTH_YET 31 /* a placed child whose date of birth comes late (stories.c) */
#define RESTRICTED 45

#define NEARLY_ADULT 15 /* open to the RMG; 17 years and 6 months old in the second week */

static civil_day birth_of(struct diary *diary, int index)
{
	if (index == NEARLY_ADULT)
		return day_of(2008, 9, 12);
	int least = index < DEMO_STORIES ? 12 : index < DEMO_PLACED ? 14 : index < DEMO_PROTECTED ? 16 : 1;
	int most = index < DEMO_PROTECTED ? 16 : index < DEMO_IN_NEED ? 11 : 15;
	int years = diary_between(diary, least, most);
	return diary->first - years * 365 - years / 4 - diary_between(diary, 20, 330);
}

static void make_child(struct diary *diary, struct demo_child *child, int index)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPRSTW";
	size_t at = (size_t)index % ALLOCATIONS;
	(void)snprintf(child->id, sizeof child->id, "C%d", 1003 + 7 * index);
	child->initials[0] = letters[diary_between(diary, 0, 19)];
	child->initials[1] = letters[diary_between(diary, 0, 19)];
	child->birth = birth_of(diary, index);
	child->worker = allocations[at].worker;
	child->team = allocations[at].team;
}

static void know_child(struct diary *diary, const struct demo_child *child, int index)
{
	int year, month, day, since = -diary_between(diary, 200, 400);
	day_split(child->birth, &year, &month, &day);
	if (index == NO_BIRTH_YET)
		diary_note(diary, diary_at(diary, since, 10, 0), child->id, "child.updated", "\"initials\":\"%s\"",
		           child->initials);
	else
		diary_note(diary, diary_at(diary, since, 10, 0), child->id, "child.updated",
		           "\"date_of_birth\":\"%04d-%02d-%02d\",\"initials\":\"%s\"%s", year, month, day,
		           child->initials, index == RESTRICTED ? ",\"restricted\":true" : "");
	diary_note(diary, diary_at(diary, since, 11, 0), child->id, "allocation.started",
	           "\"role\":\"social-worker\",\"worker\":\"%s\",\"team\":\"%s\"", child->worker, child->team);
}

static void say_complete(struct diary *diary, enum demo_system system, const char *source, int day, int hour)
{
	instant at = diary_at(diary, day, hour, 14);
	char up_to[32];
	instant_print(at - 4 * MINUTE, up_to);
	diary_write(diary,
	            &(struct diary_entry){
			    .system = system, .type = "source.complete", .subject = source, .at = at, .recorded = at},
	            NULL, "\"up_to\":\"%s\"", up_to);
}

/* Four times a day each system says that it has sent everything. One Saturday morning the case system does not. */
static void completeness(struct diary *diary)
{
	static const int hours[] = {7, 9, 13, 19};
	for (int day = -1; day < diary_day(diary, diary->end); day++)
		for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
			if (day != 19 || hours[i] != 7)
				say_complete(diary, DEMO_CASES, "/case-system", day, hours[i]);
			say_complete(diary, DEMO_DUTY, "/duty-team", day, hours[i]);
		}
}

void demo_month(struct diary *diary, int days)
{
	struct demo_cast cast = {0};
	diary->first = day_of(2026, 3, 2);
	diary->start = diary_at(diary, 0, 0, 0);
	diary->end = diary_at(diary, days, 0, 0);
	for (int i = 0; i < DEMO_CHILDREN; i++)
		make_child(diary, &cast.children[i], i);
	for (int i = 0; i < DEMO_CHILDREN; i++)
		know_child(diary, &cast.children[i], i);
	demo_lives(diary, &cast);
	demo_front_door(diary, &cast);
	demo_stories(diary, &cast);
	demo_routine(diary, &cast);
	completeness(diary);
	diary_sort(diary);
}
