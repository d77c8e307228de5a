/* The catalogue is whole: what events.md names is there, and what people read is words. */
#include "event/schema.h"
#include "event/schema_intervals.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	schema_start();
	schema_start(); /* again changes nothing */
	return 0;
}

static void every_type_of_the_catalogue_is_known(void **state)
{
	(void)state;
	static const char *const names =
		"child.updated child.died child.transferred allocation.started allocation.ended flag.set flag.cleared "
	        "cin.opened "
		"cin.closed cp.started cp.ended cla.started cla.ended leaving_care.started leaving_care.ended "
		"private_fostering.started private_fostering.ended vpg.opened vpg.closed rmg.opened rmg.closed "
	        "rmg.discussed "
		"rmg.not_needed vemt.opened vemt.closed fff.opened fff.closed eh.opened eh.closed missing.started "
		"missing.risk_changed missing.status_changed missing.ended rhi.offered rhi.completed rhi.declined "
	        "vpg.discussed vpg.shared vcl.scored "
		"safety_plan.signed_off safety_plan.audited safety_plan.reviewed safety_plan.ended transition.planned "
		"strategy.complex_held custody.detained custody.charged_bail_refused custody.threshold_met "
	        "custody.released "
		"custody.feedback_recorded custody.certificate_issued pace.bed_requested pace.bed_offered "
	        "pace.transferred "
		"pace.transfer_failed placement.decided placement.ratified placement.refused placement.approved "
		"placement.area_notified placement.plan_recorded placement.started placement.ended "
	        "contingency_plan.recorded "
		"panel.reviewed risk_assessment.completed provider.registration_changed contact.received "
	        "contact.screened "
		"contact.decided contact.merged challenge.raised challenge.answered referral.accepted referral.closed "
		"assessment.started assessment.authorised early_help.discussed strategy.held s47.started s47.completed "
	        "icpc.held "
		"icpc.not_required cp_review.held core_group.held cla_review.held pathway_plan.reviewed pmg.discussed "
	        "visit.made "
		"homeless.presented rights.explained case.stepped_up case.closed stepdown.requested stepdown.completed "
		"stepdown.audited shortbreak.started shortbreak.ended shortbreak.reviewed permanence.planned "
	        "health_assessment.completed "
		"fgdm.offered fgdm.accepted fgdm.declined fgdm.held fgdm.not_in_interests plo.letter_sent "
	        "plo.meeting_held "
		"court.applied dol.order_made dol.order_ended dol.order_renewed incident.occurred "
		"incident.notified rapid_review.completed iro.alert_raised iro.alert_answered attendance.absent "
	        "supervision.held "
		"appraisal.held audit.completed audit.action_raised audit.action_done task.created task.changed "
	        "task.completed "
		"indicator.reported homevisit.made alert.acknowledged alert.resolved alert.passed_on mute.started "
	        "mute.ended event.withdrawn "
		"person.merged person.unmerged source.complete ";
	size_t count = 0;
	for (const char *at = names; *at; count++) {
		const char *end = strchr(at, ' ');
		struct text name = {at, (size_t)(end - at)};
		type_id id = schema_find(name);
		if (id >= schema_type_count())
			fail_msg("%.*s is not in the catalogue", TEXT_ARG(name));
		assert_true(text_equal(text_of(schema_type_name(id)), name));
		at = end + 1;
	}
	assert_int_equal(count, schema_type_count());
}

static void well_known_types_have_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(schema_find(TEXT("child.updated")), TYPE_ID_CHILD_UPDATED);
	assert_int_equal(schema_find(TEXT("child.died")), TYPE_ID_CHILD_DIED);
	assert_int_equal(schema_find(TEXT("child.transferred")), TYPE_ID_CHILD_TRANSFERRED);
	assert_int_equal(schema_find(TEXT("event.withdrawn")), TYPE_ID_EVENT_WITHDRAWN);
	assert_int_equal(schema_find(TEXT("person.merged")), TYPE_ID_PERSON_MERGED);
	assert_int_equal(schema_find(TEXT("person.unmerged")), TYPE_ID_PERSON_UNMERGED);
	assert_int_equal(schema_find(TEXT("source.complete")), TYPE_ID_SOURCE_COMPLETE);
	assert_int_equal(schema_find(TEXT("alert.acknowledged")), TYPE_ID_ALERT_ACKNOWLEDGED);
	assert_int_equal(schema_find(TEXT("alert.resolved")), TYPE_ID_ALERT_RESOLVED);
}

static void every_type_and_field_has_words_for_people(void **state)
{
	(void)state;
	for (type_id id = 0; id < schema_type_count(); id++) {
		const struct event_type *type = schema_type(id);
		assert_true(type->title[0] >= 'A' && type->title[0] <= 'Z');
		assert_null(strchr(type->title, '.'));
		assert_null(strchr(type->title, '_'));
		assert_true(type->field_count <= 64); /* event_check counts them in one word */
		for (size_t i = 0; i < type->field_count; i++) {
			const struct field *field = &type->fields[i];
			assert_true(field->label && field->label[0] >= 'A' && field->label[0] <= 'Z');
			assert_true(field->name_id != 0);
			assert_string_equal(schema_name_text(field->name_id), field->name);
			assert_int_equal(schema_name(text_of(field->name)), field->name_id);
			assert_ptr_equal(schema_field(id, text_of(field->name)), field);
			assert_true(field->kind != FIELD_WORD || field->words);
			for (size_t w = 0; field->words && field->words[w]; w++)
				for (const char *c = field->words[w]; *c; c++)
					assert_false(*c >= 'A' && *c <= 'Z');
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(field->name, type->fields[j].name);
		}
	}
}

static const struct field *field_of(const char *type, const char *name)
{
	const struct field *field = schema_field(schema_find(text_of(type)), text_of(name));
	if (!field)
		fail_msg("%s has no %s", type, name);
	return field;
}

static void keys_and_parties_are_those_of_the_catalogue(void **state)
{
	(void)state;
	static const char *const keys[][2] = {
		{"missing.started", "episode"},
		{"missing.ended", "episode"},
		{"allocation.started", "role"},
		{"allocation.ended", "worker"},
		{"custody.released", "custody"},
		{"pace.transferred", "custody"},
		{"placement.started", "placement"},
		{"risk_assessment.completed", "placement"},
		{"contact.merged", "contact"},
		{"assessment.authorised", "assessment"},
		{"early_help.discussed", "referral"},
		{"icpc.held", "strategy"},
		{"s47.completed", "s47"},
		{"safety_plan.audited", "plan"},
		{"cp.ended", "plan"},
		{"flag.cleared", "flag"},
		{"stepdown.audited", "case"},
		{"task.completed", "task"},
		{"shortbreak.ended", "break"},
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_true(field_of(keys[i][0], keys[i][1])->key);
	assert_false(field_of("assessment.started", "referral")->key);
	assert_false(field_of("contact.merged", "into")->key);
	assert_false(field_of("cp.started", "plan")->required);
	assert_int_equal(field_of("allocation.started", "worker")->party, PARTY_WORKER);
	assert_int_equal(field_of("allocation.ended", "worker")->party, PARTY_WORKER);
	assert_int_equal(field_of("placement.started", "provider")->party, PARTY_PROVIDER);
	assert_int_equal(field_of("placement.ended", "provider")->party, PARTY_PROVIDER);
	assert_int_equal(field_of("placement.decided", "provider")->party, PARTY_NONE);
	assert_int_equal(schema_type(schema_find(TEXT("provider.registration_changed")))->subject, SUBJECT_PROVIDER);
	assert_int_equal(schema_type(schema_find(TEXT("supervision.held")))->subject, SUBJECT_WORKER);
	assert_int_equal(schema_type(schema_find(TEXT("missing.started")))->subject, SUBJECT_CHILD);
	assert_string_equal(field_of("assessment.started", "referral")->needed_for, "single");
}

static void titles_are_those_of_the_letters(void **state)
{
	(void)state;
	assert_string_equal(schema_type_title(schema_find(TEXT("custody.detained"))), "Held in custody");
	assert_string_equal(schema_type_title(schema_find(TEXT("custody.charged_bail_refused"))),
	                    "Charged, bail refused");
	assert_string_equal(schema_type_title(schema_find(TEXT("custody.threshold_met"))), "Threshold met");
	assert_string_equal(field_of("custody.detained", "station")->label, "Held at");
}

static void rules_may_name_types_and_fields_that_the_catalogue_lacks(void **state)
{
	(void)state;
	char name[] = "tea.made"; /* goes away: the table keeps its own copy */
	assert_int_equal(schema_find(text_of(name)), TYPE_UNKNOWN);
	type_id id = schema_name_type(text_of(name));
	name[0] = 'x';
	assert_int_equal(schema_find(TEXT("tea.made")), id);
	assert_int_equal(schema_name_type(TEXT("tea.made")), id);
	assert_true(id >= schema_type_count());
	assert_null(schema_type(id));
	assert_null(schema_field(id, TEXT("episode")));
	assert_string_equal(schema_type_title(id), "tea.made");
	assert_string_equal(schema_type_name(TYPE_UNKNOWN), "");
	assert_int_equal(schema_name(TEXT("sugar")), 0);
	uint16_t sugar = schema_name_add(TEXT("sugar"));
	assert_true(sugar != 0);
	assert_int_equal(schema_name(TEXT("sugar")), sugar);
	assert_string_equal(schema_name_text(sugar), "sugar");
	assert_string_equal(schema_name_text(0), "");
	assert_string_equal(schema_name_text(UINT16_MAX), "");
}

static void *find_all(void *argument)
{
	(void)argument;
	for (int round = 0; round < 200; round++)
		for (type_id id = 0; id < schema_type_count(); id++)
			if (schema_find(text_of(schema_type(id)->name)) != id)
				return (void *)1;
	return NULL;
}

static void expect_interval(const char *type, const char *of, bool begins, bool ends, const char *kind)
{
	struct schema_interval interval;
	assert_int_equal(schema_interval(schema_find(text_of(type)), &interval), begins || ends);
	assert_int_equal(interval.begins, begins);
	assert_int_equal(interval.ends, ends);
	if (begins || ends)
		assert_true(text_equal(interval.of, text_of(of)));
	assert_int_equal(interval.kind != NULL, kind != NULL);
	if (kind)
		assert_string_equal(interval.kind, kind);
}

/* rules.md, "deadline": x.ended, x.closed, x.completed of an x.started or x.opened; custody.released;
 * dol.order_ended. */
static void types_say_by_their_name_or_in_the_table_what_they_begin_and_end(void **state)
{
	(void)state;
	expect_interval("missing.started", "missing", true, false, NULL);
	expect_interval("missing.status_changed", "missing", true, false, "missing");
	expect_interval("missing.ended", "missing", false, true, NULL);
	expect_interval("cin.closed", "cin", false, true, NULL);
	expect_interval("s47.completed", "s47", false, true, NULL);
	expect_interval("custody.detained", "custody", true, false, NULL);
	expect_interval("custody.released", "custody", false, true, NULL);
	expect_interval("dol.order_ended", "dol.order", false, true, NULL);
	expect_interval("rhi.completed", "", false, false, NULL); /* nothing begins it */
	expect_interval("safety_plan.ended", "", false, false, NULL);
	expect_interval("vpg.discussed", "", false, false, NULL);
	expect_interval("no.such_type", "", false, false, NULL);
	assert_string_equal(schema_spell(TEXT("missing"))->open, "not yet returned");
	assert_null(schema_spell(TEXT("custody")));
}

static void a_state_that_is_no_pair_of_names_has_its_row(void **state)
{
	(void)state;
	type_id opens, closes;
	assert_true(schema_state_types(TEXT("safety_plan"), &opens, &closes));
	assert_string_equal(schema_type_name(opens), "safety_plan.signed_off");
	assert_string_equal(schema_type_name(closes), "safety_plan.ended");
	assert_false(schema_state_types(TEXT("vpg"), &opens, &closes));
}

static void the_types_that_lists_read_are_known(void **state)
{
	(void)state;
	static const char *const listed[] = {"missing.risk_changed", "rhi.declined",    "person.merged",
	                                     "vpg.discussed",        "child.updated",   "source.complete",
	                                     "allocation.ended"};
	static const char *const others[] = {"contact.received", "vpg.shared", "custody.detained", "missing"};
	for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
		assert_true(schema_is_listed(schema_find(text_of(listed[i]))));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(schema_is_listed(schema_find(text_of(others[i]))));
	assert_false(schema_is_listed(TYPE_UNKNOWN));
}

static void the_table_fills_up_without_disturbing_those_who_search(void **state)
{
	(void)state;
	pthread_t searcher;
	void *wrong = NULL;
	assert_int_equal(pthread_create(&searcher, NULL, find_all, NULL), 0);
	char name[32];
	uint16_t last = 1;
	for (int i = 0; last; i++) {
		(void)snprintf(name, sizeof name, "name%d", i);
		last = schema_name_add(text_of(name));
		(void)schema_name_type(text_of(name));
		assert_true(i <= SCHEMA_NAMES_MAX);
	}
	assert_int_equal(pthread_join(searcher, &wrong), 0);
	assert_null(wrong);
	assert_int_equal(schema_name(TEXT("never named")), 0);
	assert_true(schema_name(TEXT("name0")) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_the_catalogue_is_known),
		cmocka_unit_test(well_known_types_have_their_numbers),
		cmocka_unit_test(every_type_and_field_has_words_for_people),
		cmocka_unit_test(keys_and_parties_are_those_of_the_catalogue),
		cmocka_unit_test(titles_are_those_of_the_letters),
		cmocka_unit_test(rules_may_name_types_and_fields_that_the_catalogue_lacks),
		cmocka_unit_test(types_say_by_their_name_or_in_the_table_what_they_begin_and_end),
		cmocka_unit_test(a_state_that_is_no_pair_of_names_has_its_row),
		cmocka_unit_test(the_types_that_lists_read_are_known),
		cmocka_unit_test(the_table_fills_up_without_disturbing_those_who_search),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
