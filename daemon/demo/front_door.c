/* front_door: contacts, referrals, assessments, enquiries, homeless young people, steps up and down. */
#include "demo/month.h"

#include <stdio.h>

#define REFERRALS_SINCE (-84)
#define KNOWN 48 /* subjects of earlier contacts that may come again */

struct door {
	struct diary *diary;
	int subjects, contacts, referrals, enquiries;
	char known[KNOWN][16];
};

/* Working days on from a day. */
static int working(const struct diary *diary, int day, int count)
{
	while (count > 0)
		count -= diary_weekday(diary, ++day) < 5;
	return day;
}

static void new_subject(struct door *door, char subject[16])
{
	(void)snprintf(subject, 16, "P%d", 20001 + 3 * door->subjects);
	(void)snprintf(door->known[door->subjects % KNOWN], sizeof *door->known, "%s", subject);
	door->subjects++;
}

/* The child becomes known when the referral is accepted. */
static void register_child(struct door *door, const char *subject, instant at)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPRSTW";
	struct diary *diary = door->diary;
	int age = diary_between(diary, 0, 16);
	diary_note(diary, at, subject, "child.updated", "\"date_of_birth\":\"%d-%02d-%02d\",\"initials\":\"%c%c\"",
	           2025 - age, diary_between(diary, 1, 12), diary_between(diary, 1, 28),
	           letters[diary_between(diary, 0, 19)], letters[diary_between(diary, 0, 19)]);
	diary_note(diary, at + 10 * MINUTE, subject, "allocation.started",
	           "\"role\":\"social-worker\",\"worker\":\"W8\",\"team\":\"assessment\"");
}

/* ---- referrals ---- */

static void authorise(struct door *door, const char *subject, int day, const char *referral)
{
	static const char *const outcomes[] = {"cin", "cin", "nfa", "early-help", "strategy", "cla"};
	struct diary *diary = door->diary;
	const char *outcome = outcomes[diary_between(diary, 0, diary_chance(diary, 10) ? 5 : 3)];
	instant at = diary_at(diary, day, diary_between(diary, 9, 16), diary_between(diary, 0, 59));
	if (diary_chance(diary, 75))
		diary_note(diary, at - 26 * HOUR, subject, "early_help.discussed", "\"referral\":\"%s\"", referral);
	diary_note(
		diary, at, subject, "assessment.authorised",
		"\"assessment\":\"A%s\",\"kind\":\"single\",\"referral\":\"%s\",\"outcome\":\"%s\",\"qualified\":true",
		referral + 1, referral, outcome);
}

/* 45 working days are the limit; one in twelve takes longer. */
static void refer(struct door *door, const char *subject, instant received, instant decided)
{
	struct diary *diary = door->diary;
	char referral[16];
	int day = diary_day(diary, received);
	bool old = decided < diary->start - 30 * 24 * HOUR;
	(void)snprintf(referral, sizeof referral, "R%d", 4001 + door->referrals++);
	register_child(door, subject, decided + MINUTE);
	diary_write(diary, &(struct diary_entry){.system = DEMO_CASES, .type = "referral.accepted", .subject = subject,
	                                         .at = received, .recorded = decided + 2 * MINUTE},
	            NULL, "\"referral\":\"%s\"", referral);
	diary_note(diary, diary_office(diary, decided + 25 * HOUR), subject, "assessment.started",
	           "\"assessment\":\"A%s\",\"kind\":\"single\",\"referral\":\"%s\"", referral + 1, referral);
	authorise(door, subject,
	          working(diary, day,
	                  old && diary_chance(diary, 9) ? diary_between(diary, 46, 58) : diary_between(diary, 16, 43)),
	          referral);
}

static void earlier_referrals(struct door *door)
{
	for (int day = REFERRALS_SINCE; day < 0; day++)
		if (diary_weekday(door->diary, day) < 5 && diary_chance(door->diary, 75)) {
			char subject[16];
			instant at = diary_at(door->diary, day, diary_between(door->diary, 9, 15), 20);
			new_subject(door, subject);
			refer(door, subject, at, at + 90 * MINUTE);
		}
}

/* ---- contacts ---- */

static const char *flags_of(struct diary *diary)
{
	int roll = diary_between(diary, 1, 100);
	return roll <= 24 ? "\"domestic-abuse\"" : roll <= 31 ? "\"neglect\"" : roll <= 35 ? "\"cse\"" : "";
}

static instant decision_on(struct door *door, instant received)
{
	struct diary *diary = door->diary;
	int day = diary_day(diary, received);
	if (diary_chance(diary, 4)) /* too late */
		return diary_at(diary, working(diary, day, diary_between(diary, 2, 3)), 10,
		                diary_between(diary, 0, 59));
	if (diary_weekday(diary, day) < 5 && received < diary_at(diary, day, 14, 0) && diary_chance(diary, 70))
		return received + diary_between(diary, 60, 150) * MINUTE;
	return diary_at(diary, working(diary, day, 1), diary_between(diary, 9, 14), diary_between(diary, 0, 59));
}

static void contact(struct door *door, instant at, enum demo_system system)
{
	struct diary *diary = door->diary;
	char subject[16], key[16];
	const char *flags = flags_of(diary);
	instant decided = decision_on(door, at);
	int outcome = diary_between(diary, 1, 100);
	if (door->subjects > KNOWN && diary_chance(diary, 9))
		(void)snprintf(subject, sizeof subject, "%s", door->known[diary_between(diary, 0, KNOWN - 1)]);
	else
		new_subject(door, subject);
	(void)snprintf(key, sizeof key, "K%d", 7001 + door->contacts++);
	diary_write(diary,
	            &(struct diary_entry){.system = system,
	                                  .type = "contact.received",
	                                  .subject = subject,
	                                  .at = at,
	                                  .recorded = at + 6 * MINUTE},
	            NULL, "\"contact\":\"%s\",\"flags\":[%s]", key, flags);
	if (*flags && diary_chance(diary, 88))
		diary_write(diary,
		            &(struct diary_entry){.system = DEMO_CASES,
		                                  .type = "contact.screened",
		                                  .subject = subject,
		                                  .at = decided - 30 * MINUTE,
		                                  .recorded = decided - 20 * MINUTE},
		            NULL, "\"contact\":\"%s\",\"expertise\":[%s]", key, flags);
	diary_write(diary, &(struct diary_entry){.system = DEMO_CASES, .type = "contact.decided", .subject = subject,
	                                         .at = decided, .recorded = decided + 5 * MINUTE},
	            NULL, "\"contact\":\"%s\",\"outcome\":\"%s\"", key,
	            outcome <= 18 ? "referral" : outcome <= 26 ? "nfa" : outcome <= 72 ? "information" : "early-help");
	if (outcome <= 18)
		refer(door, subject, at, decided);
}

static void contacts(struct door *door)
{
	struct diary *diary = door->diary;
	for (int day = 0; day < diary_day(diary, diary->end); day++) {
		bool weekend = diary_weekday(diary, day) >= 5;
		int count = weekend ? diary_between(diary, 1, 2) : diary_between(diary, 10, 15);
		for (int i = 0; i < count; i++)
			contact(door,
			        diary_at(diary, day, diary_between(diary, 9, weekend ? 21 : 16),
			                 diary_between(diary, 0, 59)),
			        weekend ? DEMO_DUTY : DEMO_CASES);
	}
}

/* ---- enquiries ---- */

static void enquire(struct door *door, int day, int safety_plan, int conference)
{
	struct diary *diary = door->diary;
	char subject[16];
	int number = 301 + door->enquiries++;
	instant at = diary_at(diary, day, 14, 10);
	new_subject(door, subject);
	register_child(door, subject, at - 3 * HOUR);
	diary_note(diary, at, subject, "strategy.held", "\"strategy\":\"S%d\",\"s47\":true", number);
	diary_note(diary, at + HOUR, subject, "s47.started", "\"s47\":\"Q%d\",\"strategy\":\"S%d\"", number, number);
	if (safety_plan)
		diary_note(diary, diary_at(diary, working(diary, day, safety_plan), 16, 0), subject,
		           "safety_plan.signed_off", "\"plan\":\"SP-%s\",\"by\":\"team-manager\"", subject);
	if (conference)
		diary_note(diary, diary_at(diary, working(diary, day, conference), 10, 0), subject, "icpc.held",
		           "\"strategy\":\"S%d\"", number);
}

static void enquiries(struct door *door)
{
	static const struct {
		int day, safety_plan, conference;
	} plans[] = {{-18, 3, 13}, {-13, 2, 0}, {-6, 4, 14}, {1, 0, 12}, {3, 2, 11},
	             {8, 3, 13},   {10, 7, 14}, {16, 2, 0},  {22, 1, 0}};
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
		enquire(door, plans[i].day, plans[i].safety_plan, plans[i].conference);
}

/* ---- homeless, up, down ---- */

static void homeless(struct door *door)
{
	struct diary *diary = door->diary;
	diary_note(diary, diary_at(diary, -30, 9, 0), "P30017", "child.updated",
	           "\"date_of_birth\":\"2008-07-19\",\"initials\":\"RO\"");
	diary_note(diary, diary_at(diary, -30, 9, 5), "P30017", "eh.opened", "%s", "");
	diary_duty(diary, diary_at(diary, 4, 19, 40), 10, "P30017", "homeless.presented", "\"presentation\":\"H41\"");
	diary_note(diary, diary_at(diary, 7, 10, 15), "P30017", "assessment.started",
	           "\"assessment\":\"A-H41\",\"kind\":\"single\",\"referral\":\"R-H41\"");
	diary_note(diary, diary_at(diary, 8, 14, 0), "P30017", "rights.explained", "\"presentation\":\"H41\"");
	/* Nobody knows how old this one is. */
	diary_note(diary, diary_at(diary, 15, 11, 25), "P30020", "homeless.presented", "\"presentation\":\"H42\"");
	diary_note(diary, diary_at(diary, 18, 9, 30), "P30020", "assessment.started",
	           "\"assessment\":\"A-H42\",\"kind\":\"single\",\"referral\":\"R-H42\"");
}

static void up_and_down(struct door *door, const struct demo_cast *cast)
{
	struct diary *diary = door->diary;
	for (int i = 0; i < 4; i++) {
		const char *child = cast->children[DEMO_IN_NEED + i].id;
		instant at = diary_at(diary, 1 + 3 * i, 11, 30);
		diary_note(diary, diary_office(diary, at), child, "case.stepped_up",
		           "\"case\":\"U%d\",\"reason\":\"risk\"", 11 + i);
		if (i != 2)
			diary_note(diary, diary_office(diary, at + 75 * HOUR), child, "assessment.started",
			           "\"assessment\":\"A-U%d\",\"kind\":\"single\",\"referral\":\"R-U%d\"", 11 + i,
			           11 + i);
	}
	diary_note(diary, diary_at(diary, 22, 15, 0), cast->children[DEMO_IN_NEED].id, "case.closed",
	           "\"case\":\"U11\"");
	for (int i = 0; i < 6; i++) {
		const char *child = cast->children[DEMO_IN_NEED + 5 + i].id;
		instant at = diary_office(diary, diary_at(diary, 2 + 4 * i, 13, 45));
		if (i % 3 != 1)
			diary_note(diary, at - 2 * HOUR, child, "stepdown.audited",
			           "\"case\":\"D%d\",\"by\":\"team-manager\"", 21 + i);
		diary_note(diary, at, child, "stepdown.completed", "\"case\":\"D%d\"", 21 + i);
	}
	for (int i = 0; i < 3; i++) {
		instant at = diary_office(diary, diary_at(diary, 4 + 6 * i, 12, 5));
		diary_note(diary, at, cast->children[DEMO_IN_NEED + 11 + i].id, "challenge.raised",
		           "\"challenge\":\"L%d\"", 31 + i);
		if (i != 1)
			diary_note(diary, diary_office(diary, at + 72 * HOUR), cast->children[DEMO_IN_NEED + 11 + i].id,
			           "challenge.answered", "\"challenge\":\"L%d\"", 31 + i);
	}
}

void demo_front_door(struct diary *diary, const struct demo_cast *cast)
{
	struct door door = {.diary = diary};
	earlier_referrals(&door);
	contacts(&door);
	enquiries(&door);
	homeless(&door);
	up_and_down(&door, cast);
}
