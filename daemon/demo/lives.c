/* lives: what happens to the children every day: missing and back, plans, visits, school. */
#include "demo/month.h"

#include <stdio.h>

#define HISTORY_DAYS 182
#define EPISODES_A_CHILD 64

/* ---- missing ---- */

/* Episodes of kind missing, for the weekly meeting. */
struct episodes {
	instant starts[EPISODES_A_CHILD];
	size_t count;
	instant discussed;
};

static const char *risk_of(struct diary *diary)
{
	int roll = diary_between(diary, 1, 100);
	return roll <= 34 ? "low" : roll <= 84 ? "medium" : roll <= 96 ? "high" : "none";
}

/* Most are back by the morning, one in twelve after days. */
static instant duration_of(struct diary *diary)
{
	int roll = diary_between(diary, 1, 100);
	if (roll <= 68)
		return diary_between(diary, 100, 14 * 60) * MINUTE;
	return diary_between(diary, roll <= 92 ? 14 * 60 : 27 * 60, roll <= 92 ? 26 * 60 : 70 * 60) * MINUTE;
}

/* In the history all were held in time. */
static void interview(struct diary *diary, const char *child, const char *episode, instant back)
{
	int roll = diary_between(diary, 1, 100);
	bool history = back < diary->start - 80 * HOUR;
	int hours = history || roll > 22 ? diary_between(diary, 10, 66) : diary_between(diary, 76, 120);
	const char *type = roll > 90 ? "rhi.declined" : "rhi.completed";
	if (!history && roll <= 7)
		return; /* forgotten */
	instant held = back + hours * HOUR;
	int day = diary_day(diary, held);
	if (held < diary_at(diary, day, 9, 0) || held > diary_at(diary, day, 18, 0)) {
		instant evening = diary_at(diary, day - 1, 16, diary_between(diary, 0, 59));
		held = evening > back ? evening : diary_at(diary, day, 10, 30);
	}
	if (diary_chance(diary, 80))
		diary_note(diary, back + (held - back) / 4, child, "rhi.offered", "\"episode\":\"%s\"", episode);
	diary_note(diary, held, child, type, "\"episode\":\"%s\"", episode);
}

static instant one_episode(struct diary *diary, const char *child, int number, instant at, bool placed, bool *missing)
{
	static const char *const reporters[] = {"parent", "carer", "school", "police"};
	static const char *const finders[] = {"police", "came home", "parent", "carer"};
	char key[32], from[64] = "\"home\"";
	instant back = at + duration_of(diary);
	*missing = !diary_chance(diary, 8);
	(void)snprintf(key, sizeof key, "E-%s-%d", child + 1, number);
	if (placed)
		(void)snprintf(from, sizeof from, "\"placement\",\"placement\":\"L%s\"", child + 1);
	diary_note(diary, at, child, "missing.started",
	           "\"episode\":\"%s\",\"kind\":\"%s\",\"from\":%s,\"risk\":\"%s\",\"reported_by\":\"%s\"", key,
	           *missing ? "missing" : "away", from, risk_of(diary),
	           reporters[diary_between(diary, 0, 3)]);
	if (diary_chance(diary, 8) && back - at > 8 * HOUR)
		diary_note(diary, at + 5 * HOUR, child, "missing.risk_changed", "\"episode\":\"%s\",\"risk\":\"high\"",
		           key);
	diary_note(diary, back, child, "missing.ended", "\"episode\":\"%s\",\"found_by\":\"%s\",\"harm\":%s", key,
	           finders[diary_between(diary, 0, 3)], diary_chance(diary, 6) ? "true" : "false");
	if (*missing)
		interview(diary, child, key, back);
	return back;
}

/* Days between episodes: some children are missing every few days, most hardly ever. */
static void go_missing(struct diary *diary, const struct demo_child *child, int index, struct episodes *episodes)
{
	int every = index < 3 ? 7 : index < 8 ? 15 : 60, number = 0;
	int last = diary_day(diary, diary->end);
	instant back = INSTANT_NONE;
	for (int day = -HISTORY_DAYS + diary_between(diary, 0, every); day < last;
	     day += 1 + diary_between(diary, 0, 2 * every - 2)) {
		instant at = diary_at(diary, day, diary_between(diary, 15, 25), diary_between(diary, 0, 59));
		bool missing;
		if (at <= back)
			continue;
		back = one_episode(diary, child->id, ++number, at, index % 4 == 1, &missing);
		if (missing && episodes->count < EPISODES_A_CHILD)
			episodes->starts[episodes->count++] = at;
	}
}

static size_t lately(const struct episodes *episodes, instant now)
{
	size_t count = 0;
	for (size_t i = 0; i < episodes->count; i++)
		count += episodes->starts[i] < now && episodes->starts[i] > now - 30 * 24 * HOUR;
	return count;
}

/* Every Wednesday at 14:00 the VPG discusses who was missing three times; now and then one is passed over. */
static void meet(struct diary *diary, const struct demo_child *child, struct episodes *episodes, int day)
{
	instant now = diary_at(diary, day, 14, diary_between(diary, 0, 50));
	bool lately_discussed = episodes->discussed != INSTANT_NONE && now - episodes->discussed < 20 * 24 * HOUR;
	if (lately(episodes, now) < 3 || lately_discussed || (day >= 0 && diary_chance(diary, 30)))
		return;
	episodes->discussed = now;
	diary_note(diary, now, child->id, "vpg.discussed", "\"outcome\":\"safety plan\"");
	if (day < -10 || diary_chance(diary, 75))
		diary_note(diary, now + 20 * HOUR, child->id, "vpg.shared",
		           "\"with\":[\"social-worker\",\"team-manager\"]");
}

static void missing(struct diary *diary, const struct demo_cast *cast)
{
	for (int i = DEMO_AT_RISK; i < DEMO_STORIES; i++) {
		struct episodes episodes = {.discussed = INSTANT_NONE};
		go_missing(diary, &cast->children[i], i, &episodes);
		for (int day = -HISTORY_DAYS; day < diary_day(diary, diary->end); day++)
			if (diary_weekday(diary, day) == 2)
				meet(diary, &cast->children[i], &episodes, day);
	}
}

/* ---- exploitation: VEMT, the checklist, safety plans ---- */

static void open_to_vemt(struct diary *diary, const char *child, int day, bool planned)
{
	char plan[24];
	(void)snprintf(plan, sizeof plan, "SP-%s", child + 1);
	diary_note(diary, diary_at(diary, day, 11, 20), child, "vemt.opened", "%s", "");
	diary_note(diary, diary_at(diary, day, 11, 40), child, "vcl.scored", "\"level\":\"medium\"");
	if (!planned)
		return;
	diary_note(diary, diary_at(diary, day + 2, 15, 10), child, "safety_plan.signed_off",
	           "\"plan\":\"%s\",\"by\":\"%s\",\"with_child\":true,\"contingency\":true", plan,
	           diary_chance(diary, 70) ? "head-of-service" : "team-manager");
	if (diary_chance(diary, 65))
		diary_note(diary, diary_at(diary, day + 9, 10, 10), child, "safety_plan.audited", "\"plan\":\"%s\"",
		           plan);
}

static void exploitation(struct diary *diary, const struct demo_cast *cast)
{
	static const struct {
		int child, day;
		const char *level;
		bool opened;
	} scores[] = {{9, 2, "high", true},     {11, 7, "low", false},  {12, 9, "very-high", false},
	              {4, 15, "medium", false}, {13, 17, "high", true}, {10, 24, "medium", false}};
	for (int i = 0; i < 5; i++)
		open_to_vemt(diary, cast->children[i].id, -60 - 11 * i, true);
	open_to_vemt(diary, cast->children[6].id, 3, true);
	open_to_vemt(diary, cast->children[8].id, 8, false);
	for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
		const char *child = cast->children[scores[i].child].id;
		diary_note(diary, diary_at(diary, scores[i].day, 14, 5), child, "vcl.scored", "\"level\":\"%s\"",
		           scores[i].level);
		if (scores[i].opened)
			diary_note(diary, diary_at(diary, scores[i].day + 4, 10, 0), child, "rmg.opened", "%s", "");
	}
	/* The Risk Management Group still has somebody who turns 17 years and 6 months, with no plan for what comes
	 * then. */
	diary_note(diary, diary_at(diary, -50, 10, 0), cast->children[15].id, "rmg.opened", "%s", "");
}

/* ---- child protection ---- */

static void protect(struct diary *diary, const struct demo_child *child, int index)
{
	static const char *const categories[] = {"neglect", "emotional", "physical"};
	int last = diary_day(diary, diary->end), start = -30 - 23 * (index - DEMO_PROTECTED);
	int every = index % 4 == 0 ? 49 : 40; /* six weeks are the limit */
	while (diary_weekday(diary, start) >= 5)
		start--;
	diary_note(diary, diary_at(diary, start, 13, 0), child->id, "cp.started", "\"category\":\"%s\"",
	           categories[index % 3]);
	diary_note(diary, diary_at(diary, start + 2, 11, 0), child->id, "safety_plan.signed_off",
	           "\"plan\":\"SP-%s\",\"by\":\"team-manager\",\"with_child\":true%s", child->id + 1,
	           index % 6 == 2 ? "" : ",\"contingency\":true");
	for (int day = start + 11; day < last; day += every)
		diary_note(diary, diary_office(diary, diary_at(diary, day, diary_between(diary, 10, 15), 30)),
		           child->id, "core_group.held", "%s", "");
	for (int day = start + 85; day < last; day += 85)
		diary_note(diary, diary_office(diary, diary_at(diary, day, 11, 5)), child->id, "safety_plan.reviewed",
		           "\"plan\":\"SP-%s\"", child->id + 1);
	for (int day = -12 + index % 5; day < last; day += diary_between(diary, 7, 10))
		diary_write(
			diary,
			&(struct diary_entry){.system = DEMO_CASES,
		                              .type = "visit.made",
		                              .subject = child->id,
		                              .at = diary_office(diary, diary_at(diary, day, 15, 30)),
		                              .day = true,
		                              .recorded = diary_office(diary, diary_at(diary, day + 1, 9, 20)) + HOUR},
			NULL, "\"kind\":\"cp\"");
}

/* ---- school, work ---- */

static void school(struct diary *diary, const struct demo_cast *cast)
{
	for (int day = 0; day < diary_day(diary, diary->end); day++) {
		int year, month, date, absent = diary_weekday(diary, day) < 5 ? diary_between(diary, 4, 9) : 0;
		day_split(diary->first + day, &year, &month, &date);
		for (int i = 0; i < absent; i++)
			diary_note(diary, diary_at(diary, day, 9, diary_between(diary, 5, 40)),
			           cast->children[diary_between(diary, 0, DEMO_CHILDREN - 1)].id, "attendance.absent",
			           "\"date\":\"%04d-%02d-%02d\",\"session\":\"am\",\"code\":\"O\"", year, month, date);
	}
}

static void work(struct diary *diary)
{
	char worker[16];
	for (int i = 1; i <= 10; i++)
		for (int day = -20 + i; day < diary_day(diary, diary->end); day += 24 + i) {
			(void)snprintf(worker, sizeof worker, "W%d", i);
			diary_note(diary, diary_office(diary, diary_at(diary, day, 14, 30)), worker, "supervision.held",
			           "%s", "");
		}
}

void demo_lives(struct diary *diary, const struct demo_cast *cast)
{
	missing(diary, cast);
	exploitation(diary, cast);
	for (int i = DEMO_PROTECTED; i < DEMO_IN_NEED; i++)
		protect(diary, &cast->children[i], i);
	for (int i = DEMO_IN_NEED; i < DEMO_CHILDREN; i++)
		diary_note(diary, diary_at(diary, -40 - 5 * (i - DEMO_IN_NEED), 12, 0), cast->children[i].id,
		           "cin.opened", "\"with_plan\":true");
	school(diary, cast);
	work(diary);
}

/* ---- what is done in time, as a rule ---- */

static void review(struct diary *diary, const struct demo_child *child, int index)
{
	int start = -30 - 23 * (index - DEMO_PROTECTED);
	int first = index % 5 == 3 ? 100 : 85; /* three months are the limit */
	for (int day = start + first; day < diary_day(diary, diary->end); day += 170)
		diary_note(diary, diary_office(diary, diary_at(diary, day, 10, 15)), child->id, "cp_review.held", "%s",
		           "");
}

void demo_routine(struct diary *diary, const struct demo_cast *cast)
{
	char worker[16];
	for (int i = DEMO_PLACED; i < DEMO_PROTECTED; i++)
		for (int day = i % 4; day < diary_day(diary, diary->end) && i % 5 != 2; day += 6)
			diary_note(diary, diary_office(diary, diary_at(diary, day, 16, 5)), cast->children[i].id,
			           "visit.made", "%s", "\"kind\":\"cla\"");
	for (int i = DEMO_PROTECTED; i < DEMO_IN_NEED; i++)
		review(diary, &cast->children[i], i);
	for (int i = DEMO_PROTECTED; i < DEMO_CHILDREN; i++) {
		/* six days after the case was opened; of one in nine nobody thought of the checklist */
		int day = i < DEMO_IN_NEED ? -24 - 23 * (i - DEMO_PROTECTED) : -34 - 5 * (i - DEMO_IN_NEED);
		if (i % 9 != 4)
			diary_note(diary, diary_at(diary, day, 15, 0), cast->children[i].id, "vcl.scored", "%s",
			           "\"level\":\"low\"");
	}
	for (int i = 1; i <= 10; i++) {
		(void)snprintf(worker, sizeof worker, "W%d", i);
		if (i != 4)
			diary_note(diary, diary_office(diary, diary_at(diary, -20 * i, 15, 45)), worker,
			           "appraisal.held", "%s", "");
	}
}
