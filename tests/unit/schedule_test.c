/* When the daily missing list goes out, to whom, and what the courier gets to send. */
#include "store_fixture.h"

#include <poll.h>

#include "base/log.h"
#include "config/config.h"
#include "report/list_unread.h"
#include "report/lists.h"
#include "report/schedule.h"
#include "store/outbox/payload.h"
#include "store/registers/registers.h"

static struct config *config;
static struct config_list daily; /* the shipped one */

/* Two teams under one area; the south team has no manager, the area and its head stand above both. */
static struct person people[] = {{.id = "p-dcs", .addresses[CHANNEL_EMAIL] = "dcs@example.org"},
                                 {.id = "p-director", .addresses[CHANNEL_EMAIL] = "director@example.org"},
                                 {.id = "p-head", .addresses[CHANNEL_EMAIL] = "head@example.org"},
                                 {.id = "p-north", .addresses[CHANNEL_EMAIL] = "north@example.org"},
                                 {.id = "p-stand-in", .addresses[CHANNEL_EMAIL] = "stand-in@example.org"}};
static struct team teams[] = {{.id = "area", .title = "Area", .head = "p-head"},
                              {.id = "north", .title = "North", .parent = "area", .manager = "p-north"},
                              {.id = "south", .title = "South", .parent = "area"}};
static const char *director[] = {"p-director"}, *dcs[] = {"p-dcs"};
static struct role_title roles[] = {
	{.role = "director", .title = "Director of Children's Care", .people = director, .people_count = 1},
	{.role = "dcs", .title = "Director of Children's Services", .people = dcs, .people_count = 1},
	{.role = "team-manager", .title = "Team manager", .from = ROLE_FROM_MANAGER},
	{.role = "head-of-service", .title = "Head of Service", .from = ROLE_FROM_HEAD}};
static struct directory directory = {.people = people,
                                     .person_count = 5,
                                     .teams = teams,
                                     .team_count = 3,
                                     .roles = roles,
                                     .role_count = 4,
                                     .duty_team = "north",
                                     .duty_phone = "01632 960123"};

static int load_config(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	schema_start();
	log_set_level(LOG_LEVEL_ERROR);
	config = config_load("conf/casewatchd.yaml", NULL, &faults);
	config_faults_free(&faults);
	if (!config || !config->list_count)
		return -1;
	daily = *lists_find(config->lists, config->list_count, TEXT("daily-missing"));
	return 0;
}

static int free_config(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

static instant at(const char *text)
{
	instant parsed;
	const char *why;
	if (!instant_parse(text_of(text), &parsed, &why))
		fail_msg("%s: %s", text, why);
	return parsed;
}

static struct schedule schedule_of(struct fixture *f)
{
	return (struct schedule){
		.store = f->store, .directory = &directory, .calendar = config->calendar, .list = &daily};
}

/* Looks, and makes what is owed, as the loop does. Returns how many rows. */
static size_t run_of(struct fixture *f, const struct schedule *schedule, const char *now, const char *next)
{
	struct schedule_owed owed;
	size_t added = 0;
	instant then;
	char printed[32];
	OK(schedule_look(schedule, at(now), &owed, &then, &f->fault));
	if (owed.anything)
		OK(schedule_make(schedule, &owed, at(now), &added, &f->fault));
	assert_false(store_in_transaction(f->store));
	if (owed.anything)
		OK(schedule_look(schedule, at(now), &owed, &then, &f->fault));
	if (next) {
		instant_print(then, printed);
		assert_string_equal(printed, next);
	}
	return added;
}

static size_t run(struct fixture *f, const char *now, const char *next)
{
	struct schedule schedule = schedule_of(f);
	return run_of(f, &schedule, now, next);
}

static enum result see_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct seen *seen = argument;
	struct arena *arena = arena_new(1024);
	struct payload payload;
	if (payload_read(row->payload, &payload, arena, fault) != RESULT_OK)
		fail_msg("%s", fault->text);
	buffer_format(&seen->ids, "%s%.*s as %.*s: %.*s%s%.*s", seen->count++ ? "; " : "", TEXT_ARG(row->person),
	              TEXT_ARG(row->role), TEXT_ARG(payload.team.length ? payload.team : TEXT("all")),
	              payload.old_news ? " late" : "", TEXT_ARG(payload.reason));
	arena_free(arena);
	return RESULT_OK;
}

static void assert_rows(struct fixture *f, const char *wanted)
{
	struct seen seen = {0};
	OK(outbox_each(f->store, TEXT_NONE, true, 100, see_row, &seen, &f->fault));
	assert_seen(&seen, wanted);
}

static void managers_get_their_teams_and_those_above_all_of_them(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(run(f, "2020-02-04T12:00:00Z", "2020-02-05T07:30:00Z"),
	                 0); /* a new installation owes nothing */
	assert_int_equal(run(f, "2020-02-05T07:29:59Z", "2020-02-05T07:30:00Z"), 0);
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", NULL), 5);
	assert_rows(f, "p-head as head-of-service: all; p-director as director: all; p-dcs as dcs: all; "
	               "p-head as head-of-service: south; p-north as team-manager: north");
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", NULL), 0); /* once */
	fixture_reopen(f);
	assert_int_equal(run(f, "2020-02-05T07:31:00Z", NULL), 0); /* also after a restart */
}

static void a_list_whose_time_passed_while_we_were_down_goes_out_once_and_late(void **state)
{
	struct fixture *f = *state;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	assert_int_equal(run(f, "2020-02-08T09:12:00Z", NULL), 5); /* four days later: one list, not four */
	assert_rows(f, "p-head as head-of-service: all late; p-director as director: all late; p-dcs as dcs: all late; "
	               "p-head as head-of-service: south late; p-north as team-manager: north late");
	assert_int_equal(run(f, "2020-02-08T09:13:00Z", NULL), 0);
}

static void a_row_and_the_note_that_it_was_made_are_one_transaction(void **state)
{
	struct fixture *f = *state;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	struct schedule schedule = schedule_of(f);
	struct schedule_owed owed;
	size_t added;
	instant next;
	OK(schedule_look(&schedule, at("2020-02-05T07:30:00Z"), &owed, &next, &f->fault));
	assert_true(owed.anything);
	OK(store_begin(f->store, &f->fault)); /* the caller's own, which fails */
	OK(schedule_make(&schedule, &owed, at("2020-02-05T07:30:00Z"), &added, &f->fault));
	assert_int_equal(added, 5);
	store_rollback(f->store);
	assert_rows(f, "");
	assert_int_equal(run(f, "2020-02-05T07:30:01Z", NULL), 5);
}

static void cover_and_a_team_without_anybody(void **state)
{
	(void)state;
	struct cover cover = {
		.person = "p-north", .by = "p-stand-in", .from = day_of(2020, 2, 3), .until = day_of(2020, 2, 7)};
	struct directory own = directory;
	struct team lonely[] = {teams[1], {.id = "lonely", .title = "Lonely"}};
	lonely[0].parent = NULL;
	own.covers = &cover;
	own.cover_count = 1;
	own.teams = lonely;
	own.team_count = 2;
	struct schedule_recipients to;
	schedule_recipients_find(&daily, &own, day_of(2020, 2, 5), &to);
	assert_int_equal(to.count, 3);
	assert_string_equal(to.items[0].person->id, "p-stand-in");
	assert_string_equal(to.items[0].team->id, "north");
	schedule_recipients_free(&to);
	assert_true(list_team_is_read(&daily, &own, &lonely[0], day_of(2020, 2, 5)));
	assert_false(
		list_team_is_read(&daily, &own, &lonely[1], day_of(2020, 2, 5))); /* the duty team has its children */
}

/* A council need not have a role of a pattern; one that it has is somebody's. */
static void which_of_its_roles_nobody_holds(void **state)
{
	static const char *head[] = {"p-head"}, *both[] = {"head-of-service-*", "director"};
	static const struct {
		size_t from, count; /* of the roles below */
		size_t roles;       /* of `both` */
		const char *vacant; /* NULL: none */
	} cases[] = {{0, 0, 2, NULL},
		     {0, 1, 2, NULL},
		     {0, 2, 2, "head-of-service-cla"},
		     {1, 1, 1, "head-of-service-cla"},
		     {0, 0, 1, "head-of-service-*"}};
	(void)state;
	struct role_title more[] = {
		{.role = "head-of-service-yos", .title = "Head of Youth Offending", .people = head, .people_count = 1},
		{.role = "head-of-service-cla", .title = "Head of Children Looked After"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct role_title all[6] = {roles[0], roles[1], roles[2]};
		struct list_recipient to = {.roles = both, .role_count = cases[i].roles};
		struct config_list list = {.recipients = &to, .recipient_count = 1};
		struct directory own = directory;
		struct schedule_recipients found;
		own.roles = all;
		own.role_count = 3 + cases[i].count;
		memcpy(all + 3, more + cases[i].from, cases[i].count * sizeof *all);
		schedule_recipients_find(&list, &own, day_of(2020, 2, 5), &found);
		assert_int_equal(found.vacant_count, cases[i].vacant != NULL);
		if (cases[i].vacant)
			assert_string_equal(found.vacant[0], cases[i].vacant);
		schedule_recipients_free(&found);
	}
}

static void a_list_that_is_switched_off_owes_nothing(void **state)
{
	struct fixture *f = *state;
	struct schedule schedule = schedule_of(f);
	struct config_list off = daily;
	off.enabled = false;
	schedule.list = &off;
	assert_int_equal(run_of(f, &schedule, "2020-02-04T12:00:00Z", NULL), 0);
	assert_int_equal(run_of(f, &schedule, "2020-02-05T07:30:00Z", NULL), 0);
}

/* Two lists have each their own notes: one that is late says nothing of the other. */
static void each_list_is_made_up_for_by_itself(void **state)
{
	struct fixture *f = *state;
	struct schedule schedule = schedule_of(f);
	struct config_list weekly = daily;
	const char *why;
	weekly.id = "weekly";
	assert_true(recurrence_parse(TEXT("weekly on Monday at 08:00"), &weekly.due, &why));
	schedule.list = &weekly;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	assert_int_equal(run_of(f, &schedule, "2020-02-04T12:00:00Z", "2020-02-10T08:00:00Z"), 0);
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", NULL), 5);
	assert_int_equal(run_of(f, &schedule, "2020-02-05T07:30:00Z", NULL), 0);
	assert_int_equal(run_of(f, &schedule, "2020-02-10T08:00:00Z", NULL), 5);
}

static void complete(struct fixture *f, const char *id, const char *up_to)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"up_to\":\"%s\"", up_to);
	(void)store_event(f, id, "source.complete", "lcs", up_to, data);
}

static bool waits_for_events(struct fixture *f, const char *now)
{
	struct schedule schedule = schedule_of(f);
	struct schedule_owed owed;
	instant next;
	OK(schedule_look(&schedule, at(now), &owed, &next, &f->fault));
	assert_false(owed.anything);
	return owed.waits;
}

static void after_a_list_that_was_not_complete_the_full_one_follows_by_itself(void **state)
{
	struct fixture *f = *state;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	complete(f, "c1", "2020-02-05T04:10:00Z");
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", "2020-02-06T07:30:00Z"), 5);
	assert_int_equal(run(f, "2020-02-05T07:31:00Z", "2020-02-06T07:30:00Z"), 0);
	assert_true(waits_for_events(f, "2020-02-05T07:31:00Z")); /* and is asked again when one is stored */
	complete(f, "c2", "2020-02-05T08:02:00Z");
	assert_int_equal(run(f, "2020-02-05T08:03:00Z", "2020-02-06T07:30:00Z"), 5);
	struct seen seen = {0};
	OK(outbox_each(f->store, TEXT_NONE, true, 1, see_row, &seen, &f->fault));
	assert_seen(&seen, "p-head as head-of-service: allfull");
	assert_int_equal(run(f, "2020-02-05T08:04:00Z", "2020-02-06T07:30:00Z"), 0);
	assert_false(waits_for_events(f, "2020-02-05T08:04:00Z"));
}

/* From a report that was cut off and a full one small counts would follow. */
static void a_report_to_a_body_outside_waits_for_its_data_and_goes_once(void **state)
{
	struct fixture *f = *state;
	static const struct config_report outside = {.outside = true, .until = DAY_NONE};
	daily.report = &outside;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	complete(f, "c1", "2020-02-05T04:10:00Z");
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", "2020-02-05T19:30:00Z"), 0);
	assert_true(waits_for_events(f, "2020-02-05T07:31:00Z"));
	complete(f, "c2", "2020-02-05T08:02:00Z");
	assert_int_equal(run(f, "2020-02-05T08:03:00Z", "2020-02-06T07:30:00Z"), 5);
	assert_int_equal(run(f, "2020-02-05T08:04:00Z", "2020-02-06T07:30:00Z"), 0);
	/* Where the data does not come it goes as it is, marked, well before the next. */
	assert_int_equal(run(f, "2020-02-06T07:30:00Z", "2020-02-06T19:30:00Z"), 0);
	assert_int_equal(run(f, "2020-02-06T19:30:00Z", "2020-02-07T07:30:00Z"), 5);
	complete(f, "c3", "2020-02-06T20:00:00Z");
	assert_int_equal(run(f, "2020-02-06T20:01:00Z", "2020-02-07T07:30:00Z"), 0);
	daily.report = NULL;
}

/* A turn of the loop comes when the descriptor is readable. */
static void wait_for(struct lists *lists, instant now)
{
	struct pollfd readable = {.fd = lists_fd(lists), .events = POLLIN};
	struct lists_wanted which;
	struct fault fault = {{0}};
	assert_int_equal(poll(&readable, 1, 60000), 1);
	if (lists_take(lists, now, &which, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

static void make_tables(struct fixture *f)
{
	struct register_tables *tables =
		register_tables_new(f->store, config->rules->registers, config->rules->register_count);
	OK(store_begin(f->store, &f->fault));
	OK(register_tables_declare(tables, &f->fault));
	OK(store_commit(f->store, &f->fault));
	register_tables_free(tables);
}

/* What the courier asks for is read beside the loop; until then it is told to come again. */
static void what_the_courier_gets_to_send(void **state)
{
	struct fixture *f = *state;
	struct lists_settings settings = {.database = f->path,
	                                  .lists = &daily,
	                                  .list_count = 1,
	                                  .rules = config->rules,
	                                  .directory = &directory,
	                                  .calendar = config->calendar,
	                                  .go_live = INSTANT_NONE};
	struct payload payload = PAYLOAD_EMPTY;
	struct buffer subject = {0}, text = {0}, html = {0};
	bool fell_back;
	make_tables(f);
	struct lists *lists = lists_new(&settings, &f->fault);
	static const struct lists_reader_of reader = {.role_title = "Director"};
	payload.list = TEXT("daily-missing");
	payload.at = payload.due = at("2020-02-05T07:30:00Z");
	payload.caused = at("2020-02-04T07:30:00Z");
	instant now = payload.at;
	assert_int_equal(lists_render(lists, &payload, &reader, now, &subject, &text, &html,
	                              &fell_back, &f->fault),
	                 RESULT_TEMPORARY);
	wait_for(lists, now);
	OK(lists_render(lists, &payload, &reader, now, &subject, &text, &html,
	                              &fell_back, &f->fault));
	assert_true(fell_back); /* there are no templates here */
	assert_string_equal(buffer_cstr(&subject), "OFFICIAL-SENSITIVE Missing list NOT COMPLETE");
	payload.team = TEXT("gone");
	assert_int_equal(lists_render(lists, &payload, &reader, now, &subject, &text, &html,
	                              &fell_back, &f->fault),
	                 RESULT_PERMANENT);
	payload.list = TEXT("no-such");
	assert_int_equal(lists_render(lists, &payload, &reader, now, &subject, &text, &html,
	                              &fell_back, &f->fault),
	                 RESULT_PERMANENT);
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
	lists_free(lists);
}

/* A list that cannot be read now says so and is read again; nothing of it is kept. */
static void a_list_whose_registers_are_not_there_is_a_fault_and_no_empty_list(void **state)
{
	struct fixture *f = *state;
	struct lists_settings settings = {.database = f->path,
	                                  .lists = &daily,
	                                  .list_count = 1,
	                                  .rules = config->rules,
	                                  .directory = &directory,
	                                  .calendar = config->calendar,
	                                  .go_live = INSTANT_NONE};
	struct lists *lists = lists_new(&settings, &f->fault);
	struct lists_wanted which;
	instant now = at("2020-02-05T07:30:00Z");
	struct lists_wanted wanted = {.list = &daily, .as_of = now, .last = now - HOUR, .due = now};
	assert_false(lists_ready(lists, &wanted, now));
	struct pollfd readable = {.fd = lists_fd(lists), .events = POLLIN};
	assert_int_equal(poll(&readable, 1, 60000), 1);
	assert_int_equal(lists_take(lists, now, &which, &f->fault), RESULT_PERMANENT);
	assert_ptr_equal(which.list, &daily);
	assert_non_null(strstr(f->fault.text, "no such table: register_"));
	assert_false(lists_ready(lists, &wanted, now));
	lists_free(lists);
}

/* Of a report whose figures could not be kept: it is no longer at hand, and its mail waits until it is read again. */
static void what_could_not_be_kept_is_read_again_before_it_goes(void **state)
{
	struct fixture *f = *state;
	struct lists_settings settings = {.database = f->path,
	                                  .lists = &daily,
	                                  .list_count = 1,
	                                  .rules = config->rules,
	                                  .directory = &directory,
	                                  .calendar = config->calendar,
	                                  .go_live = INSTANT_NONE};
	make_tables(f);
	struct lists *lists = lists_new(&settings, &f->fault);
	instant now = at("2020-02-05T07:30:00Z");
	struct lists_wanted wanted = {.list = &daily, .as_of = now, .last = now - HOUR, .due = now}, other = wanted;
	other.team = TEXT("t-north");
	assert_false(lists_ready(lists, &wanted, now));
	wait_for(lists, now);
	assert_true(lists_ready(lists, &wanted, now));
	lists_drop(lists, &other);
	assert_true(lists_ready(lists, &wanted, now));
	lists_drop(lists, &wanted);
	assert_false(lists_ready(lists, &wanted, now));
	wait_for(lists, now);
	assert_true(lists_ready(lists, &wanted, now));
	lists_free(lists);
}

static void expect_refused(const char *bytes, const char *reason, bool concerns, const char *subject, const char *lack)
{
	static const char *const prefixes[] = {"missing.", "rhi."};
	struct list_refused refused;
	list_read_refused(text_of(bytes), text_of(reason), prefixes, 2, &refused);
	assert_int_equal(refused.concerns, concerns);
	assert_true(text_equal(refused.subject, text_of(subject)));
	assert_string_equal(refused.lack, lack);
}

static void what_a_refused_record_says_is_shown_only_where_it_can_be_trusted(void **state)
{
	(void)state;
	expect_refused("{\"type\" : \"x.missing.started\", \"subject\":\"C1051\"}", "time is missing", true, "C1051",
	               "without the time the child was last seen");
	expect_refused("{\"type\":\"missing.ended\",\"subject\":\"<b>\"}", "data.episode is missing", true, "",
	               "without saying which episode it belongs to");
	expect_refused("{\"type\":\"custody.detained\",\"subject\":\"C1\"}", "time is missing", false, "C1",
	               "without the time it happened");
	expect_refused("{\"type\":\"uk.gov.x.missing.status_changed\",\"subject\":\"C1\"}", "data.kind is \"gone\"",
	               true, "C1", "without saying whether the child is missing or away");
	expect_refused("{\"type\":\"missing.status_changed\",\"subject\":\"C1\"}", "time is empty", true, "C1",
	               "without the time it happened");
	expect_refused("{\"type\":\"missing.risk_changed\",\"subject\":\"C1\"}", "data.risk is missing", true, "C1",
	               "without a risk that can be read");
	/* Of another family a field of the same name is something else. */
	expect_refused("{\"type\":\"assessment.started\",\"subject\":\"C1\"}", "data.kind is missing", false, "C1",
	               "and could not be read");
	expect_refused("not json at all", "not JSON", true, "", "and could not be read");
	expect_refused("{\"type\":\"missing.started\",\"subject\":", "not JSON", true, "", "and could not be read");
	expect_refused("{\"subject\":\"C1", "not JSON", true, "", "and could not be read");
	expect_refused("", "empty", true, "", "and could not be read");
}

int main(void)
{
#define S(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		S(managers_get_their_teams_and_those_above_all_of_them),
		S(a_list_whose_time_passed_while_we_were_down_goes_out_once_and_late),
		S(a_row_and_the_note_that_it_was_made_are_one_transaction),
		S(cover_and_a_team_without_anybody),
		S(which_of_its_roles_nobody_holds),
		S(a_list_that_is_switched_off_owes_nothing),
		S(each_list_is_made_up_for_by_itself),
		S(after_a_list_that_was_not_complete_the_full_one_follows_by_itself),
		S(a_report_to_a_body_outside_waits_for_its_data_and_goes_once),
		S(what_the_courier_gets_to_send),
		S(what_could_not_be_kept_is_read_again_before_it_goes),
		S(a_list_whose_registers_are_not_there_is_a_fault_and_no_empty_list),
		cmocka_unit_test(what_a_refused_record_says_is_shown_only_where_it_can_be_trusted),
	};
	return cmocka_run_group_tests_name("schedule", tests, load_config, free_config);
}
