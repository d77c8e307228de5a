/* When the daily missing list goes out, to whom, and what the courier gets to send. */
#include "store_fixture.h"

#include "report/lists.h"
#include "report/schedule.h"

static struct zone *london;

/* Two teams under one area; the south team has no manager, the area and its head stand above both. */
static struct person people[] = {{.id = "p-dcs", .email = "dcs@example.org"},
                                 {.id = "p-director", .email = "director@example.org"},
                                 {.id = "p-head", .email = "head@example.org"},
                                 {.id = "p-north", .email = "north@example.org"},
                                 {.id = "p-stand-in", .email = "stand-in@example.org"}};
static struct team teams[] = {{.id = "area", .title = "Area", .head = "p-head"},
                              {.id = "north", .title = "North", .parent = "area", .manager = "p-north"},
                              {.id = "south", .title = "South", .parent = "area"}};
static const char *director[] = {"p-director"}, *dcs[] = {"p-dcs"};
static struct role_title roles[] = {{.role = "director", .title = "Director of Children's Care", .people = director, .people_count = 1},
                                    {.role = "dcs", .title = "Director of Children's Services", .people = dcs, .people_count = 1},
                                    {.role = "team-manager", .title = "Team manager", .from = ROLE_FROM_MANAGER},
                                    {.role = "head-of-service", .title = "Head of Service", .from = ROLE_FROM_HEAD}};
static struct directory directory = {.people = people, .person_count = 5, .teams = teams, .team_count = 3, .roles = roles,
                                     .role_count = 4, .duty_team = "north", .duty_phone = "01632 960123"};

static int load_zone(void **state)
{
	(void)state;
	struct fault fault;
	london = zone_load("Europe/London", &fault);
	return london ? 0 : -1;
}

static int free_zone(void **state)
{
	(void)state;
	zone_free(london);
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
	return (struct schedule){.from = {.store = f->store, .zone = london}, .directory = &directory, .minute = 450,
	                         .enabled = true};
}

static size_t run(struct fixture *f, const char *now, const char *next)
{
	struct schedule schedule = schedule_of(f);
	size_t added;
	instant then;
	char printed[32];
	OK(schedule_run(&schedule, at(now), &added, &then, &f->fault));
	assert_false(store_in_transaction(f->store));
	if (next) {
		instant_print(then, printed);
		assert_string_equal(printed, next);
	}
	return added;
}

static void half_past_seven_is_half_past_seven_through_both_clock_changes(void **state)
{
	(void)state;
	static const char *const days[][2] = {{"2026-03-28T12:00:00Z", "2026-03-29T06:30:00Z"}, /* the night the hour is lost */
	                                      {"2026-03-29T12:00:00Z", "2026-03-30T06:30:00Z"},
	                                      {"2026-03-27T12:00:00Z", "2026-03-28T07:30:00Z"},
	                                      {"2026-10-24T12:00:00Z", "2026-10-25T07:30:00Z"}, /* and found again */
	                                      {"2026-10-23T12:00:00Z", "2026-10-24T06:30:00Z"}};
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		char printed[32];
		instant_print(schedule_next(london, 450, at(days[i][0])), printed);
		assert_string_equal(printed, days[i][1]);
		assert_int_equal(schedule_latest(london, 450, at(days[i][1])), at(days[i][1]));
		assert_true(schedule_latest(london, 450, at(days[i][1]) - 1) < at(days[i][1]) - 22 * HOUR);
		assert_true(schedule_next(london, 450, at(days[i][1])) > at(days[i][1]) + 22 * HOUR);
	}
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
	assert_int_equal(run(f, "2020-02-04T12:00:00Z", "2020-02-05T07:30:00Z"), 0); /* a new installation owes nothing */
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
	size_t added;
	instant next;
	OK(store_begin(f->store, &f->fault)); /* the caller's own, which fails */
	OK(schedule_run(&schedule, at("2020-02-05T07:30:00Z"), &added, &next, &f->fault));
	assert_int_equal(added, 5);
	store_rollback(f->store);
	assert_rows(f, "");
	assert_int_equal(run(f, "2020-02-05T07:30:01Z", NULL), 5);
}

static void cover_and_a_team_without_anybody(void **state)
{
	struct fixture *f = *state;
	struct cover cover = {.person = "p-north", .by = "p-stand-in", .from = day_of(2020, 2, 3), .until = day_of(2020, 2, 7)};
	struct directory own = directory;
	struct team lonely[] = {teams[1], {.id = "lonely", .title = "Lonely"}};
	lonely[0].parent = NULL;
	own.covers = &cover;
	own.cover_count = 1;
	own.teams = lonely;
	own.team_count = 2;
	struct schedule_recipient to[8];
	size_t unread;
	size_t count = schedule_recipients(&own, day_of(2020, 2, 5), to, 8, &unread);
	assert_int_equal(count, 3);
	assert_string_equal(to[0].person->id, "p-stand-in");
	assert_string_equal(to[0].team->id, "north");
	assert_int_equal(unread, 1);
	struct schedule schedule = schedule_of(f);
	size_t added;
	instant next;
	schedule.directory = &own;
	OK(schedule_run(&schedule, at("2020-02-04T12:00:00Z"), &added, &next, &f->fault));
	OK(schedule_run(&schedule, at("2020-02-05T07:30:00Z"), &added, &next, &f->fault));
	assert_int_equal(added, 3);
	struct outbox_row row;
	bool found;
	OK(outbox_claim(f->store, at("2020-02-05T07:30:00Z"), false, &row, &found, &f->fault));
	assert_true(found && row.kind == OUTBOX_OPS); /* never silence */
}

static void complete(struct fixture *f, const char *id, const char *up_to)
{
	char data[64];
	(void)snprintf(data, sizeof data, "\"up_to\":\"%s\"", up_to);
	(void)store_event(f, id, "source.complete", "lcs", up_to, data);
}

static void after_a_list_that_was_not_complete_the_full_one_follows_by_itself(void **state)
{
	struct fixture *f = *state;
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	complete(f, "c1", "2020-02-05T04:10:00Z");
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", "2020-02-05T07:31:00Z"), 5);
	assert_int_equal(run(f, "2020-02-05T07:31:00Z", "2020-02-05T07:32:00Z"), 0);
	complete(f, "c2", "2020-02-05T08:02:00Z");
	assert_int_equal(run(f, "2020-02-05T08:03:00Z", "2020-02-06T07:30:00Z"), 5);
	struct seen seen = {0};
	OK(outbox_each(f->store, TEXT_NONE, true, 1, see_row, &seen, &f->fault));
	assert_seen(&seen, "p-head as head-of-service: allfull");
	assert_int_equal(run(f, "2020-02-05T08:04:00Z", "2020-02-06T07:30:00Z"), 0);
}

/* From the stored events to what a manager reads. */
static void what_the_courier_gets_to_send(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "C1066", "2020-02-04T19:45:00Z",
	                  "\"episode\":\"E1\",\"kind\":\"missing\",\"from\":\"home\",\"risk\":\"medium\"");
	(void)store_event(f, "e2", "child.updated", "C1066", "2020-01-04T19:45:00Z",
	                  "\"initials\":\"GV\",\"date_of_birth\":\"2004-06-01\"");
	(void)store_event(f, "e3", "allocation.started", "C1066", "2020-01-04T19:45:00Z",
	                  "\"role\":\"social-worker\",\"worker\":\"W1\",\"team\":\"south\"");
	(void)store_event(f, "e4", "missing.started", "C9", "2020-02-04T20:45:00Z", "\"episode\":\"E2\",\"kind\":\"missing\"");
	(void)store_event(f, "e5", "child.updated", "C9", "2020-01-04T19:45:00Z", "\"restricted\":true");
	complete(f, "c1", "2020-02-05T07:22:00Z");
	struct quarantine_row refused = {.source_name = TEXT("kafka:events:0@7"), .reason = TEXT("time is missing"),
	                                 .bytes = TEXT("{\"type\":\"missing.started\",\"subject\":\"C1066\"}"),
	                                 .arrived = at("2020-02-05T05:12:00Z"), .state = TEXT("waiting")};
	OK(store_begin(f->store, &f->fault));
	OK(quarantine_add(f->store, &refused, &f->fault));
	OK(store_commit(f->store, &f->fault));
	(void)run(f, "2020-02-04T12:00:00Z", NULL);
	assert_int_equal(run(f, "2020-02-05T07:30:00Z", NULL), 5);
	struct template_set *templates = template_load("conf/templates", &f->fault);
	assert_non_null(templates);
	struct lists_settings settings = {.from = {.store = f->store, .zone = london}, .directory = &directory,
	                                  .templates = templates, .minute = 450, .go_live = INSTANT_NONE};
	struct lists *lists = lists_new(&settings);
	struct payload payload = PAYLOAD_EMPTY;
	payload.list = TEXT("daily-missing");
	payload.team = TEXT("south");
	payload.at = payload.due = at("2020-02-05T07:30:00Z");
	struct buffer subject = {0}, text = {0}, html = {0};
	bool fell_back;
	OK(lists_render(lists, &payload, "Team manager", payload.at, &subject, &text, &html, &fell_back, &f->fault));
	assert_false(fell_back);
	assert_string_equal(subject.at, "OFFICIAL-SENSITIVE Missing list, 1 missing now");
	static const char *const wanted[] = {
		"For the team manager, South. Wednesday 5 February 2020, 07:30. Data\ncomplete to 07:22.",
		"* C1066, GV, 15. Missing since: 11 hours 45 minutes; Tue 4 Feb, 19:45.\n  From and risk: Home; Medium risk.",
		"A record about child C1066 came at 05:12 without the time the child was\nlast seen."};
	for (size_t i = 0; i < 3; i++)
		if (!strstr(text.at, wanted[i]))
			fail_msg("not said: %s\n%s", wanted[i], text.at);
	assert_null(strstr(text.at, "C9"));
	assert_null(strstr(html.at, "C9"));
	payload.team = TEXT("gone");
	assert_int_equal(lists_render(lists, &payload, "Team manager", payload.at, &subject, &text, &html, &fell_back, &f->fault),
	                 RESULT_PERMANENT);
	lists_free(lists);
	settings.templates = NULL; /* a broken template only changes the way */
	lists = lists_new(&settings);
	buffer_clear(&text);
	OK(lists_show(lists, NULL, "Director", at("2020-02-05T07:30:00Z"), &subject, &text, &html, &fell_back, &f->fault));
	assert_true(fell_back);
	assert_non_null(strstr(text.at, "C1066"));
	lists_free(lists);
	template_free(templates);
	buffer_free(&subject);
	buffer_free(&text);
	buffer_free(&html);
}

static struct text one_history(void *context, struct text id)
{
	(void)context;
	return text_equal(id, TEXT("T-7")) ? TEXT("C1") : id;
}

static void linked_records_are_one_child(void **state)
{
	struct fixture *f = *state;
	(void)store_event(f, "e1", "missing.started", "T-7", "2020-02-04T19:45:00Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	(void)store_event(f, "e2", "child.updated", "C1", "2020-01-04T19:45:00Z", "\"restricted\":true");
	struct missing_store from = {.store = f->store, .zone = london, .canonical = one_history};
	struct missing_facts *facts = missing_load(&from, &f->fault);
	assert_non_null(facts);
	const struct missing_person *known;
	assert_int_equal(missing_facts_people(facts, at("2020-02-05T07:30:00Z"), &known), 1);
	assert_true(text_equal(known[0].id, TEXT("C1")));
	assert_true(known[0].restricted); /* said of the other id */
	missing_facts_free(facts);
}

static void expect_refused(const char *bytes, const char *reason, bool concerns, const char *subject, const char *lack)
{
	struct missing_refused refused;
	missing_read_refused(text_of(bytes), text_of(reason), &refused);
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
	expect_refused("not json at all", "not JSON", true, "", "and could not be read");
	expect_refused("{\"type\":\"missing.started\",\"subject\":", "not JSON", true, "", "and could not be read");
	expect_refused("{\"subject\":\"C1", "not JSON", true, "", "and could not be read");
	expect_refused("", "empty", true, "", "and could not be read");
}

int main(void)
{
#define S(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_past_seven_is_half_past_seven_through_both_clock_changes),
		S(managers_get_their_teams_and_those_above_all_of_them),
		S(a_list_whose_time_passed_while_we_were_down_goes_out_once_and_late),
		S(a_row_and_the_note_that_it_was_made_are_one_transaction),
		S(cover_and_a_team_without_anybody),
		S(after_a_list_that_was_not_complete_the_full_one_follows_by_itself),
		S(what_the_courier_gets_to_send),
		S(linked_records_are_one_child),
		cmocka_unit_test(what_a_refused_record_says_is_shown_only_where_it_can_be_trusted),
	};
	return cmocka_run_group_tests_name("schedule", tests, load_zone, free_zone);
}
