/* A person decides about a record in quarantine: only through the machine's own spool, once, and on record. */
#include "store_fixture.h"

#include "config/config.h"
#include "pipeline/pipeline.h"

struct world {
	struct fixture *f;
	struct config *config;
	struct pipeline *pipeline;
};

static instant at(const char *text)
{
	instant time;
	const char *why;
	assert_true(instant_parse(text_of(text), &time, &why));
	return time;
}

static int setup(void **state)
{
	struct world *w = MEM_NEW(struct world);
	struct config_faults faults = {0};
	struct pipeline_settings settings = {0};
	void *fixture;
	(void)fixture_setup(&fixture);
	w->f = fixture;
	struct fixture *f = w->f;
	w->config = config_load("conf/casewatchd.yaml", NULL, &faults);
	assert_non_null(w->config);
	config_faults_free(&faults);
	settings.store = f->store;
	engine_settings_default(&settings.engine);
	settings.engine.calendar = w->config->calendar;
	settings.engine.rules = w->config->rules;
	OK(pipeline_new(&settings, &w->pipeline, &f->fault));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *fixture = w->f;
	pipeline_free(w->pipeline);
	(void)fixture_teardown(&fixture);
	config_free(w->config);
	free(w);
	return 0;
}

static void take(struct world *w, const char *position, int64_t next, const char *bytes)
{
	struct fixture *f = w->f;
	struct batch *batch = batch_new();
	(void)batch_add(batch, f->parser, text_of(position), next, text_of(bytes), at("2020-02-04T10:00:00Z"));
	OK(pipeline_take(w->pipeline, batch, INSTANT_NEVER, at("2020-02-04T10:00:00Z"), &f->fault));
	batch_free(batch);
}

static void order_of(struct world *w, const char *position, const char *id, const char *type, const char *subject,
                     const char *from)
{
	char bytes[512];
	(void)snprintf(bytes, sizeof bytes,
	               "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/casewatch/"
	               "tool\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"2020-02-04T10:00:00Z\","
	               "\"data\":{%s\"reason\":\"test record\",\"person\":\"p-ops\"}}",
	               id, type, subject, from);
	take(w, position, 1, bytes);
}

static void order(struct world *w, const char *position, const char *id, const char *type, const char *subject)
{
	order_of(w, position, id, type, subject, "");
}

static enum result see_record(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	(void)fault;
	buffer_format(argument, "%lld %.*s %.*s; ", (long long)row->id, TEXT_ARG(row->state), TEXT_ARG(row->note));
	return RESULT_OK;
}

static void assert_quarantine(struct world *w, const char *expected)
{
	struct fixture *f = w->f;
	struct buffer seen = {0};
	OK(quarantine_each(f->store, false, see_record, &seen, &f->fault));
	assert_string_equal(buffer_cstr(&seen), expected);
	buffer_free(&seen);
}

static enum result see_act(void *argument, int64_t id, instant when, struct text what, struct text alert,
                           struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	(void)id;
	(void)when;
	(void)alert;
	(void)rule;
	(void)subject;
	(void)fault;
	if (what.length > 11 && memcmp(what.at, "quarantine.", 11) == 0)
		buffer_format(argument, "%.*s %.*s; ", TEXT_ARG(what), TEXT_ARG(detail));
	return RESULT_OK;
}

static void assert_on_record(struct world *w, const char *expected)
{
	struct fixture *f = w->f;
	struct buffer seen = {0};
	OK(audit_each(f->store, TEXT_NONE, see_act, &seen, &f->fault));
	assert_string_equal(buffer_cstr(&seen), expected);
	buffer_free(&seen);
}

static void a_record_is_discarded_with_its_reason_on_record(void **state)
{
	struct world *w = *state;
	take(w, "kafka:events:0", 1, "{not json}");
	assert_quarantine(w, "1 waiting ; ");
	order(w, "spool:quarantine-1.jsonl", "o1", "quarantine.discarded", "quarantine-1");
	assert_quarantine(w, "1 discarded p-ops: test record; ");
	assert_on_record(w,
	                 "quarantine.discarded {\"quarantine\":1,\"person\":\"p-ops\",\"reason\":\"test record\"}; ");
}

static void a_released_record_waits_no_more(void **state)
{
	struct world *w = *state;
	take(w, "kafka:events:0", 1, "{not json}");
	order(w, "spool:quarantine-1.jsonl", "o1", "quarantine.released", "quarantine-1");
	assert_quarantine(w, "1 released p-ops: test record; ");
}

static void nobody_discards_records_over_a_topic(void **state)
{
	struct world *w = *state;
	take(w, "kafka:events:0", 1, "{not json}");
	order(w, "kafka:events:0", "o1", "quarantine.discarded", "quarantine-1");
	assert_quarantine(w, "1 waiting ; ");
	assert_on_record(w, "");
}

static void an_order_about_nothing_changes_nothing(void **state)
{
	struct world *w = *state;
	take(w, "kafka:events:0", 1, "{not json}");
	order(w, "spool:a", "o1", "quarantine.discarded", "quarantine-2");
	order(w, "spool:a", "o2", "quarantine.discarded", "quarantine-");
	order(w, "spool:a", "o3", "quarantine.discarded", "quarantine-1x");
	assert_quarantine(w, "1 waiting ; ");
	order(w, "spool:a", "o4", "quarantine.released", "quarantine-1");
	order(w, "spool:a", "o5", "quarantine.discarded", "quarantine-1");
	assert_quarantine(w, "1 released p-ops: test record; ");
}

static void of_two_records_of_one_place_the_one_that_is_numbered_is_meant(void **state)
{
	struct world *w = *state;
	take(w, "spool:rows.jsonl", 1, "{not json}");
	take(w, "spool:rows.jsonl", 1, "{not json either}");
	order_of(w, "spool:a", "o1", "quarantine.discarded", "quarantine-1", "\"from\":\"spool:rows.jsonl@1\",");
	assert_quarantine(w, "1 discarded p-ops: test record; 2 waiting ; ");
}

static void a_number_that_is_of_another_record_by_now_decides_nothing(void **state)
{
	struct world *w = *state;
	take(w, "spool:rows.jsonl", 1, "{not json}");
	order_of(w, "spool:a", "o1", "quarantine.discarded", "quarantine-1", "\"from\":\"spool:others.jsonl@1\",");
	assert_quarantine(w, "1 waiting ; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_is_discarded_with_its_reason_on_record, setup, teardown),
		cmocka_unit_test_setup_teardown(a_released_record_waits_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_discards_records_over_a_topic, setup, teardown),
		cmocka_unit_test_setup_teardown(an_order_about_nothing_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(of_two_records_of_one_place_the_one_that_is_numbered_is_meant,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(a_number_that_is_of_another_record_by_now_decides_nothing,
		                                setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
