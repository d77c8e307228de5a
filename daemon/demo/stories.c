/* stories: what is told of the month afterwards: nights in custody, placements that should not be, and records that
 * were late, wrong, somebody else's, joined or broken. */
#include "demo/month.h"

#include <stdio.h>

#define TIMES(day, hour, minute) diary_at(diary, day, hour, minute)

static const char *child_of(const struct demo_cast *cast, int index)
{
	return cast->children[index].id;
}

/* ---- custody: by the duty team, within minutes ---- */

/* Bail refused in the evening, a bed asked for, the move fails in the night. */
static void held_overnight(struct diary *diary, const char *child, int day)
{
	const char *key = "\"custody\":\"B101\"";
	diary_duty(diary, TIMES(day, 16, 20), 9, child, "custody.detained", "%s,\"station\":\"Middlesbrough\"", key);
	diary_duty(diary, TIMES(day, 20, 35), 6, child, "custody.charged_bail_refused", "%s", key);
	diary_duty(diary, TIMES(day, 20, 50), 4, child, "custody.threshold_met", "%s", key);
	diary_duty(diary, TIMES(day, 21, 20), 5, child, "pace.bed_requested", "%s,\"secure\":false", key);
	diary_duty(diary, TIMES(day, 23, 5), 8, child, "pace.bed_offered", "%s", key);
	diary_duty(diary, TIMES(day, 23, 30), 7, child, "pace.transfer_failed", "%s,\"reason\":\"no transport\"", key);
	diary_duty(diary, TIMES(day + 1, 9, 40), 12, child, "custody.released", "%s", key);
	diary_note(diary, TIMES(day + 4, 15, 0), child, "custody.feedback_recorded", "%s", key);
}

/* Nobody asks for a bed, and nobody asks the young person afterwards. */
static void no_bed(struct diary *diary, const char *child, int day)
{
	const char *key = "\"custody\":\"B102\"";
	diary_duty(diary, TIMES(day, 21, 15), 10, child, "custody.detained", "%s,\"station\":\"Middlesbrough\"", key);
	diary_duty(diary, TIMES(day, 23, 50), 5, child, "custody.charged_bail_refused", "%s", key);
	diary_duty(diary, TIMES(day + 1, 0, 5), 5, child, "custody.threshold_met", "%s", key);
	diary_duty(diary, TIMES(day + 1, 2, 30), 5, child, "pace.bed_requested", "%s,\"secure\":true", key);
	diary_duty(diary, TIMES(day + 1, 4, 10), 8, child, "custody.certificate_issued",
	           "%s,\"ground\":\"no-secure-bed\"", key);
	diary_duty(diary, TIMES(day + 1, 10, 15), 10, child, "custody.released", "%s", key);
}

/* Held in the night and released; written down on Monday. */
static void recorded_on_monday(struct diary *diary, const char *child, int sunday)
{
	static const char *const types[] = {"custody.detained", "custody.released"};
	instant times[] = {TIMES(sunday, 23, 10), TIMES(sunday + 1, 4, 30)};
	for (size_t i = 0; i < 2; i++)
		diary_write(diary,
		            &(struct diary_entry){.system = DEMO_CASES,
		                                  .type = types[i],
		                                  .subject = child,
		                                  .at = times[i],
		                                  .recorded = TIMES(sunday + 1, 9, 10 + 3 * (int)i)},
		            NULL, "\"custody\":\"B104\"");
}

static void moved(struct diary *diary, const char *child, int day, const char *key)
{
	diary_duty(diary, TIMES(day, 20, 0), 9, child, "custody.detained", "\"custody\":\"%s\"", key);
	diary_duty(diary, TIMES(day, 21, 30), 6, child, "custody.charged_bail_refused", "\"custody\":\"%s\"", key);
	diary_duty(diary, TIMES(day, 21, 40), 5, child, "custody.threshold_met", "\"custody\":\"%s\"", key);
	diary_duty(diary, TIMES(day, 21, 55), 5, child, "pace.bed_requested", "\"custody\":\"%s\",\"secure\":false",
	           key);
	diary_duty(diary, TIMES(day, 22, 50), 5, child, "pace.bed_offered", "\"custody\":\"%s\"", key);
	diary_duty(diary, TIMES(day, 23, 40), 5, child, "pace.transferred", "\"custody\":\"%s\"", key);
	diary_note(diary, TIMES(day + 3, 11, 0), child, "custody.feedback_recorded", "\"custody\":\"%s\"", key);
}

static void custody(struct diary *diary, const struct demo_cast *cast)
{
	held_overnight(diary, child_of(cast, 17), 1);
	diary_duty(diary, TIMES(9, 17, 40), 10, child_of(cast, 5), "custody.detained", "\"custody\":\"B100\"");
	diary_duty(diary, TIMES(9, 21, 10), 10, child_of(cast, 5), "custody.released", "\"custody\":\"B100\"");
	no_bed(diary, child_of(cast, 18), 12);
	recorded_on_monday(diary, child_of(cast, 19), 20);
	moved(diary, child_of(cast, 17), 26, "B105"); /* the night in which the clocks go forward has 9 hours */
	diary_duty(diary, TIMES(29, 18, 50), 8, child_of(cast, 7), "custody.detained", "\"custody\":\"B106\"");
	diary_duty(diary, TIMES(29, 21, 10), 8, child_of(cast, 7), "custody.charged_bail_refused",
	           "\"custody\":\"B106\"");
	diary_duty(diary, TIMES(29, 21, 25), 5, child_of(cast, 7), "custody.threshold_met", "\"custody\":\"B106\"");
	diary_duty(diary, TIMES(29, 21, 50), 5, child_of(cast, 7), "pace.bed_requested",
	           "\"custody\":\"B106\",\"secure\":false");
}

/* ---- placements in supported accommodation ---- */

struct placing {
	int child;
	const char *key, *provider, *more; /* more: members of data beyond the usual; "" where none */
	bool registered;
	instant decided, started;
};

static void place(struct diary *diary, const struct demo_cast *cast, const struct placing *placing)
{
	const char *child = child_of(cast, placing->child), *registered = placing->registered ? "true" : "false";
	if (placing->decided != INSTANT_NONE)
		diary_note(diary, placing->decided, child, "placement.decided",
		           "\"placement\":\"%s\",\"regulated\":false,\"registered\":%s,\"setting\":\"H5\",\"provider\":"
		           "\"%s\","
		           "\"by\":\"social-worker\"%s",
		           placing->key, registered, placing->provider, placing->more);
	diary_note(
		diary, placing->started, child, "placement.started",
		"\"placement\":\"%s\",\"regulated\":false,\"registered\":%s,\"setting\":\"H5\",\"provider\":\"%s\"%s",
		placing->key, registered, placing->provider, placing->more);
	if (placing->registered) /* of the others the plan is forgotten, too */
		diary_write(diary,
		            &(struct diary_entry){.system = DEMO_CASES, .type = "placement.plan_recorded",
		                                  .subject = child, .at = placing->started + 24 * HOUR,
		                                  .recorded = placing->started + 25 * HOUR},
		            NULL, "\"placement\":\"%s\"", placing->key);
}

static void ratify(struct diary *diary, const char *child, instant at, const char *key, const char *by)
{
	diary_note(diary, at, child, "placement.ratified", "\"placement\":\"%s\",\"by\":\"%s\"", key, by);
}

static void assess(struct diary *diary, const char *child, instant at, const char *key, int care, int support,
                   int contingency)
{
	diary_note(diary, at, child, "risk_assessment.completed", "\"placement\":\"%s\",\"care\":%d,\"support\":%d",
	           key, care, support);
	if (contingency)
		diary_note(diary, at + contingency * 24 * HOUR, child, "contingency_plan.recorded",
		           "\"placement\":\"%s\"", key);
}

/* As it should be. */
static void ratified_in_time(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 24);
	place(diary, cast, &(struct placing){24, "L201", "PROV-1", "", true, TIMES(7, 11, 0), TIMES(8, 15, 0)});
	ratify(diary, child, TIMES(8, 9, 30), "L201", "director");
	assess(diary, child, TIMES(8, 16, 30), "L201", 3, 6, 2);
}

/* Ratified by somebody who may not, and by somebody who may only when the child has been there for days. */
static void ratified_by_the_wrong_person(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 25);
	place(diary, cast, &(struct placing){25, "L202", "PROV-2", "", true, TIMES(9, 10, 20), TIMES(10, 14, 0)});
	ratify(diary, child, TIMES(9, 16, 10), "L202", "head-of-service-cla");
	ratify(diary, child, TIMES(14, 11, 45), "L202", "dcs");
	assess(diary, child, TIMES(11, 10, 0), "L202", 4, 5, 3);
}

static void ratified_late(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 26);
	place(diary, cast, &(struct placing){26, "L203", "PROV-1", "", true, TIMES(11, 16, 40), TIMES(15, 13, 0)});
	ratify(diary, child, TIMES(15, 10, 5), "L203", "director");
	assess(diary, child, TIMES(15, 15, 0), "L203", 8, 4, 0); /* needs care; and no plan for when it goes wrong */
	diary_note(diary, TIMES(23, 13, 30), child, "placement.ended",
	           "\"placement\":\"L203\",\"provider\":\"PROV-1\"");
}

/* Its date of birth comes a week later: it is 15. */
static void too_young(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 31);
	place(diary, cast, &(struct placing){31, "L204", "PROV-2", "", true, TIMES(10, 9, 40), TIMES(11, 11, 30)});
	ratify(diary, child, TIMES(10, 15, 20), "L204", "director");
	assess(diary, child, TIMES(11, 15, 0), "L204", 4, 6, 1);
	diary_note(diary, TIMES(17, 10, 25), child, "child.updated",
	           "\"date_of_birth\":\"2010-05-23\",\"initials\":\"%s\"", cast->children[31].initials);
	diary_note(diary, TIMES(18, 16, 0), child, "placement.ended", "\"placement\":\"L204\",\"provider\":\"PROV-2\"");
}

static void far_away(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 27);
	place(diary, cast,
	      &(struct placing){27, "L205", "PROV-3", ",\"distant\":true,\"out_of_area\":true,\"emergency\":true", true,
	                        INSTANT_NONE, TIMES(19, 22, 15)});
	assess(diary, child, TIMES(21, 11, 0), "L205", 5, 6, 1);
	ratify(diary, child, TIMES(21, 9, 15), "L205", "director");
}

/* A provider loses its registration with children placed there. */
static void provider(struct diary *diary, const struct demo_cast *cast)
{
	place(diary, cast, &(struct placing){28, "L199", "PROV-4", "", true, TIMES(-40, 10, 0), TIMES(-38, 14, 0)});
	ratify(diary, child_of(cast, 28), TIMES(-39, 9, 0), "L199", "director");
	assess(diary, child_of(cast, 28), TIMES(-38, 15, 0), "L199", 2, 7, 1);
	diary_note(diary, TIMES(-12, 14, 0), child_of(cast, 28), "panel.reviewed", "\"placement\":\"L199\"");
	diary_note(diary, TIMES(22, 14, 30), "PROV-4", "provider.registration_changed",
	           "\"registered\":false,\"regulator\":\"ofsted\"");
}

/* ---- records that were wrong ---- */

static void episode(struct diary *diary, const char *child, const char *key, instant at, instant back)
{
	diary_note(diary, at, child, "missing.started",
	           "\"episode\":\"%s\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"medium\"", key);
	if (back == INSTANT_NONE)
		return;
	diary_note(diary, back, child, "missing.ended", "\"episode\":\"%s\",\"found_by\":\"police\"", key);
	diary_note(diary, back + 20 * HOUR, child, "rhi.completed", "\"episode\":\"%s\"", key);
}

/* The third time, which sent the child to the VPG, turns out to be an absence without leave. */
static void corrected(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 20);
	char id[DIARY_ID_SIZE];
	struct diary_entry third = {.system = DEMO_CASES, .type = "missing.started", .subject = child,
	                            .at = TIMES(6, 18, 30), .recorded = TIMES(6, 18, 52)};
	episode(diary, child, "E-20-1", TIMES(-11, 21, 0), TIMES(-10, 1, 30));
	episode(diary, child, "E-20-2", TIMES(2, 19, 45), TIMES(2, 23, 55));
	diary_write(diary, &third, id,
	            "\"episode\":\"E-20-3\",\"kind\":\"missing\",\"from\":\"placement\",\"risk\":\"low\"");
	diary_note(diary, TIMES(6, 23, 5), child, "missing.ended", "\"episode\":\"E-20-3\",\"found_by\":\"carer\"");
	third.recorded = TIMES(8, 11, 12);
	third.replaces = id;
	diary_write(diary, &third, NULL,
	            "\"episode\":\"E-20-3\",\"kind\":\"away\",\"from\":\"placement\",\"risk\":\"low\"");
	diary_note(diary, TIMES(8, 15, 30), child, "rhi.declined", "\"episode\":\"E-20-3\"");
}

/* Written into another child's record. */
static void wrong_child(struct diary *diary, const struct demo_cast *cast)
{
	char id[DIARY_ID_SIZE];
	diary_write(diary,
	            &(struct diary_entry){.system = DEMO_CASES,
	                                  .type = "missing.started",
	                                  .subject = child_of(cast, 21),
	                                  .at = TIMES(13, 20, 10),
	                                  .recorded = TIMES(13, 20, 40)},
	            id, "\"episode\":\"E-21-1\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"high\"");
	diary_write(diary,
	            &(struct diary_entry){.system = DEMO_CASES,
	                                  .type = "event.withdrawn",
	                                  .subject = child_of(cast, 21),
	                                  .at = TIMES(14, 9, 20),
	                                  .recorded = TIMES(14, 9, 20)},
	            NULL, "\"id\":\"%s\",\"reason\":\"wrong-child\"", id);
	episode(diary, child_of(cast, 22), "E-22-1", TIMES(13, 20, 10), TIMES(14, 13, 40));
}

/* A child of whom the police reported twice under a provisional id turns out to be known. */
static void merged(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 23);
	episode(diary, child, "E-23-1", TIMES(-8, 20, 0), TIMES(-8, 23, 30));
	episode(diary, "P9017", "E-P1", TIMES(3, 21, 30), TIMES(4, 2, 0));
	episode(diary, "P9017", "E-P2", TIMES(11, 22, 10), TIMES(12, 7, 20));
	diary_write(diary, &(struct diary_entry){.system = DEMO_CASES, .type = "person.merged", .subject = child,
	                                         .at = TIMES(14, 10, 30), .recorded = TIMES(14, 10, 30)},
	            NULL, "\"from\":\"P9017\"");
}

/* Back earlier than was written at first: the return interview is due earlier, too. */
static void returned_earlier(struct diary *diary, const struct demo_cast *cast)
{
	const char *child = child_of(cast, 16);
	char id[DIARY_ID_SIZE];
	struct diary_entry back = {.system = DEMO_CASES,
	                           .type = "missing.ended",
	                           .subject = child,
	                           .at = TIMES(23, 21, 0),
	                           .recorded = TIMES(23, 21, 25)};
	diary_note(diary, TIMES(22, 16, 30), child, "missing.started",
	           "\"episode\":\"E-16-1\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"high\"");
	diary_write(diary, &back, id, "\"episode\":\"E-16-1\",\"found_by\":\"police\"");
	back.at = TIMES(23, 9, 0);
	back.recorded = TIMES(24, 10, 10);
	back.replaces = id;
	diary_write(diary, &back, NULL, "\"episode\":\"E-16-1\",\"found_by\":\"came home\",\"harm\":true");
	diary_note(diary, TIMES(27, 14, 0), child, "rhi.completed", "\"episode\":\"E-16-1\"");
}

/* Missing on the last morning: one since the evening, at high risk; one for days. */
static void out_there(struct diary *diary, const struct demo_cast *cast)
{
	diary_duty(diary, TIMES(28, 22, 5), 25, child_of(cast, 21), "missing.started",
	           "\"episode\":\"E-21-2\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"high\",\"reported_by\":"
	           "\"parent\"");
	diary_duty(diary, TIMES(26, 17, 20), 40, child_of(cast, 28), "missing.started",
	           "\"episode\":\"E-28-1\",\"kind\":\"missing\",\"from\":\"placement\",\"placement\":\"L199\","
	           "\"risk\":\"medium\",\"reported_by\":\"carer\"");
}

/* ---- records that cannot be read ---- */

static void refused(struct diary *diary)
{
	static const struct {
		int day, hour;
		const char *line;
	} broken[] = {
		{1, 11,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x1\",\"source\":\"/"
	         "case-system\",\"type\":\"missing.started\",\"subj"},
		{3, 9,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x2\",\"source\":\"/"
	         "case-system\",\"type\":\"missing.ended\",\"time\":\"2026-03-05T08:10:00Z\",\"data\":{\"episode\":\"E-"
	         "x2\"}}"},
		{5, 12,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x3\",\"source\":\"/"
	         "case-system\",\"type\":\"rhi.completed\",\"subject\":\"C1010\",\"time\":\"2026-03-07 "
	         "10:30\",\"data\":{\"episode\":\"E-1010-2\"}}"},
		{7, 15,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x4\",\"source\":\"/"
	         "case-system\",\"type\":\"vcl.scored\",\"subject\":\"C1017\",\"time\":\"2026-03-09T14:00:00Z\","
	         "\"data\":{\"level\":\"low\",\"level\":\"high\"}}"},
		{10, 10,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x5\",\"source\":\"/"
	         "case-system\",\"type\":\"missing.started\",\"subject\":\"C1024\",\"time\":\"2026-03-12T09:30:00Z\","
	         "\"data\":{\"kind\":\"missing\",\"risk\":\"high\"}}"},
		{14, 16,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x6\",\"source\":\"/"
	         "case-system\",\"type\":\"missing.started\",\"subject\":\"C1031\",\"time\":\"2026-03-16T15:30:00Z\","
	         "\"data\":{\"episode\":\"E-x6\",\"kind\":\"absconded\"}}"},
		{16, 10,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x7\",\"source\":\"/"
	         "case-system\",\"type\":\"missing.ended\",\"subject\":\"C1003\",\"time\":\"2062-03-18T09:00:00Z\","
	         "\"data\":{\"episode\":\"E-1003-9\"}}"},
		{21, 11,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x8\",\"source\":\"/"
	         "case-system\",\"type\":\"child.updated\",\"subject\":\"C1045\",\"time\":\"2026-03-23T10:00:00Z\","
	         "\"data\":{\"initials\":\"\xc5\"}}"},
		{24, 9,
	         "{\"specversion\":\"1.0\",\"id\":\"cs-x9\",\"source\":\"/"
	         "case-system\",\"type\":\"contact.received\",\"subject\":\"P20001\",\"time\":\"2026-04-26T08:50:00Z\","
	         "\"data\":{\"contact\":\"K9999\"}}"},
		{28, 14, "<?xml version=\"1.0\"?><event type=\"missing.started\" child=\"C1052\"/>"},
	};
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		diary_raw(diary, TIMES(broken[i].day, broken[i].hour, 15), broken[i].line, strlen(broken[i].line));
}

/* Taken without the field that cannot be read. */
static void warned(struct diary *diary, const struct demo_cast *cast)
{
	diary_note(diary, TIMES(6, 22, 30), child_of(cast, 14), "missing.started",
	           "\"episode\":\"E-w1\",\"kind\":\"missing\",\"risk\":\"severe\"");
	diary_note(diary, TIMES(7, 3, 20), child_of(cast, 14), "missing.ended",
	           "\"episode\":\"E-w1\",\"harm\":\"unknown\"");
	diary_note(diary, TIMES(8, 11, 0), child_of(cast, 14), "rhi.declined", "\"episode\":\"E-w1\"");
	diary_note(diary, TIMES(18, 10, 40), child_of(cast, 33), "child.updated", "\"date_of_birth\":\"23/05/2009\"");
}

/* The case system hands over some records twice. */
static void twice(struct diary *diary)
{
	size_t count = diary->count;
	for (int i = 0; i < 15; i++) {
		size_t record = (size_t)(diary_roll(diary) % count);
		instant sent = diary->records[record].sent;
		if (sent > diary->start)
			diary_again(diary, record, sent + diary_between(diary, 1, 40) * HOUR);
	}
}

void demo_stories(struct diary *diary, const struct demo_cast *cast)
{
	custody(diary, cast);
	ratified_in_time(diary, cast);
	ratified_by_the_wrong_person(diary, cast);
	ratified_late(diary, cast);
	too_young(diary, cast);
	far_away(diary, cast);
	provider(diary, cast);
	corrected(diary, cast);
	wrong_child(diary, cast);
	merged(diary, cast);
	returned_earlier(diary, cast);
	out_there(diary, cast);
	warned(diary, cast);
	twice(diary);
	refused(diary);
}
