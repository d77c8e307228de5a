/* The signed-in pages: who sees what, what each says, and what it costs. Real events through the real pipeline; pages
 * are made by the same functions that the daemon calls. */
#include "desk_world.h"

#include "ops/status.h"

#include "web/seen.h"

/* ---- the story of the reference: a night in a cell, and a child of another team ---- */

#define MORNING "2020-02-05T02:14:00Z"

static void child(struct desk *desk, const char *id, const char *name, const char *more)
{
	char event[32], data[160];
	(void)snprintf(event, sizeof event, "child-%s", name);
	(void)snprintf(data, sizeof data, "\"initials\":\"%s\",\"date_of_birth\":\"2004-06-01\"%s", id, more);
	hear(desk->w, event, "child.updated", name, "2020-02-01T09:00:00Z", data);
}

static void allocate(struct desk *desk, const char *child, const char *worker, const char *team)
{
	char event[48], data[160];
	(void)snprintf(event, sizeof event, "allocation-%s", child);
	(void)snprintf(data, sizeof data, "\"role\":\"social-worker\",\"worker\":\"%s\",\"team\":\"%s\"", worker, team);
	hear(desk->w, event, "allocation.started", child, "2020-02-01T10:00:00Z", data);
}

static void a_night_in_a_cell(struct desk *desk)
{
	struct world *w = desk->w;
	child(desk, "AK", "C1001", "");
	allocate(desk, "C1001", "W1", "north-3");
	hear(w, "e1", "custody.detained", "C1001", "2020-02-05T01:50:00Z", DETAINED);
	hear(w, "e2", "custody.threshold_met", "C1001", "2020-02-05T02:10:00Z", K1);
	deliver(w);
	hear(w, "s1", "source.complete", "lcs", "2020-02-05T02:12:00Z", "\"up_to\":\"2020-02-05T02:11:00Z\"");
	settle(desk);
}

static void the_board_says_what_waits_with_whom_and_when_the_next_step_falls(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	assert_int_equal(get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING), 200);
	assert_says(desk, "<title>Open alerts: 2 without an answer</title>");
	assert_says(desk,
	            "<span>Wednesday 5 February 2020, <b>02:14</b></span> <span>Data complete to <b>02:11</b></span>"
	            " <span><b>2</b> open, <b>2</b> without an answer</span>");
	assert_says(desk, "<span class=\"sev c\">Critical</span> <a class=\"ref\" href=\"/alerts/A-");
	assert_says(desk, ">C1001</a>, AK, 15</td>");
	assert_says(desk, "<b>4 minutes ago</b><br>Wed 5 Feb, 02:10");
	assert_says(desk, "<span class=\"l\">With: </span>Director of Children&rsquo;s Care<br>Email accepted</td>");
	assert_says(desk, "<b>02:40, in 26 minutes:</b> Director of Children&rsquo;s Services");
	assert_says(desk, "You are signed in as Emergency Duty Team. What you see here is on record.");
	assert_true(looked_at(desk, "C1001"));
}

static void an_answer_moves_it_to_those_whose_cause_is_still_there(void **state)
{
	struct desk *desk = *state;
	struct world *w = desk->w;
	struct buffer data = {0};
	a_night_in_a_cell(desk);
	char alert[ALERT_ID_SIZE] = "";
	struct fixture *f = w->f;
	int64_t number = count(w, "SELECT number FROM alert WHERE rule = 'custody.threshold'");
	struct query query = query_start(f->store, "SELECT id FROM alert WHERE number = ?");
	bind_int(&query, number);
	assert_true(query_row(&query));
	(void)snprintf(alert, sizeof alert, "%.*s", TEXT_ARG(row_text(&query, 0)));
	OK(query_end(&query, RESULT_OK, &f->fault));
	buffer_format(&data,
	              "\"alert\":\"%s\",\"by\":\"director\",\"person\":\"p-director\",\"action\":\"Bed asked for\","
	              "\"review_at\":\"2020-02-05T06:00:00Z\"",
	              alert);
	hear(w, "a1", "alert.acknowledged", "C1001", "2020-02-05T02:13:00Z", buffer_cstr(&data));
	settle(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "Answered, cause still there: 1");
	assert_says(desk, "Director of Children&rsquo;s Care, 02:13: bed asked for");
	assert_says(desk, "<b>06:00:</b> asked again, if ");
	buffer_free(&data);
}

static void a_step_that_fell_long_ago_is_not_said_to_be_told_now(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	a_night_in_a_cell(desk);
	OK(store_execute(f->store, "UPDATE alert SET next = opened + 60000000 WHERE rule = 'custody.overnight'",
	                 &f->fault));
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, "2020-02-05T01:55:00Z");
	assert_says(desk, "<b>Now:</b> Director of Children&rsquo;s Care");
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "<b>Due since Wed 5 Feb, 01:51:</b> Director of Children&rsquo;s Care. It is held back");
}

static void a_board_that_is_not_complete_says_so_first(void **state)
{
	struct desk *desk = *state;
	hear(desk->w, "s1", "source.complete", "lcs", "2020-02-04T23:40:00Z", "\"up_to\":\"2020-02-04T23:40:00Z\"");
	settle(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "<title>Board not complete</title>");
	assert_says(desk,
	            "<b>Nothing has come from the case system since Tuesday 4 February, 23:40, 2 hours 34 minutes "
	            "ago.</b>");
	assert_says(desk, "<b>No open alert is known.</b> That holds up to Tuesday 4 February, 23:40, and no later.");
}

static void a_board_without_alerts_says_none_of_each(void **state)
{
	struct desk *desk = *state;
	hear(desk->w, "s1", "source.complete", "lcs", "2020-02-05T02:12:00Z", "\"up_to\":\"2020-02-05T02:11:00Z\"");
	settle(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "Nobody has answered: 0");
	assert_says(desk, "<p>None.</p>");
	assert_silent(desk, "not complete");
}

/* ---- who sees what ---- */

static void a_team_manager_sees_the_own_team_alone(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	(void)get(desk, page_board, "p-tm-north-3", NULL, NULL, NULL, MORNING);
	assert_says(desk, "C1001");
	assert_says(desk, "signed in as Team manager, North 3");
	(void)get(desk, page_board, "p-tm-south-1", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "C1001");
	assert_says(desk, "<b>0</b> open");
	assert_int_equal(get(desk, page_child, "p-tm-south-1", "C1001", NULL, NULL, MORNING), 404);
	assert_false(looked_at(desk, "C1001"));
	assert_int_equal(get(desk, page_child, "p-hos-safeguarding", "C1001", NULL, NULL, MORNING), 200);
}

static void who_is_on_call_sees_what_the_role_sees_and_who_was_yesterday_does_not(void **state)
{
	struct desk *desk = *state;
	struct directory *directory = desk->w->config->directory;
	struct shift shift = {.role = "edt",
	                      .person = "p-sw-2",
	                      .from = at("2020-02-04T17:00:00Z"),
	                      .until = at("2020-02-05T08:00:00Z"),
	                      .first = day_of(2020, 2, 4),
	                      .last = day_of(2020, 2, 5)};
	a_night_in_a_cell(desk);
	for (size_t i = 0; i < directory->role_count; i++)
		if (strcmp(directory->roles[i].role, "edt") == 0)
			directory->roles[i].rota = "edt.ics";
	directory->shifts = &shift;
	directory->shift_count = 1;
	(void)get(desk, page_board, "p-sw-2", NULL, NULL, NULL, MORNING);
	assert_says(desk, "signed in as Emergency Duty Team");
	assert_says(desk, "C1001");
	shift.until = at("2020-02-05T01:00:00Z");
	(void)get(desk, page_board, "p-sw-2", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "signed in as Emergency Duty Team");
	assert_silent(desk, "C1001");
	directory->shift_count = 0;
}

static void what_is_not_for_somebody_is_told_as_what_is_not_there(void **state)
{
	struct desk *desk = *state;
	struct buffer other = {0};
	char alert[32];
	a_night_in_a_cell(desk);
	(void)snprintf(alert, sizeof alert, "A-%lld",
	               (long long)count(desk->w, "SELECT number FROM alert WHERE rule = 'custody.threshold'"));
	assert_int_equal(get(desk, page_alert, "p-tm-south-1", alert, NULL, NULL, MORNING), 404);
	buffer_string(&other, html(desk));
	assert_int_equal(get(desk, page_alert, "p-tm-south-1", "A-99999", NULL, NULL, MORNING), 404);
	assert_string_equal(buffer_cstr(&other), html(desk));
	assert_int_equal(get(desk, page_child, "p-tm-south-1", "C1001", NULL, NULL, MORNING), 404);
	assert_string_equal(buffer_cstr(&other), html(desk));
	buffer_free(&other);
}

static void who_was_told_of_an_alert_may_open_its_page(void **state)
{
	struct desk *desk = *state;
	char alert[32];
	a_night_in_a_cell(desk);
	int64_t number = count(desk->w, "SELECT number FROM alert WHERE rule = 'custody.threshold'");
	(void)snprintf(alert, sizeof alert, "A-%lld", (long long)number);
	assert_int_equal(get(desk, page_alert, "p-tm-south-1", alert, NULL, NULL, MORNING), 404);
	assert_true(count(desk->w, "UPDATE outbox SET person = 'p-tm-south-1' WHERE role = 'director' RETURNING 1") ==
	            1);
	assert_int_equal(get(desk, page_alert, "p-tm-south-1", alert, NULL, NULL, MORNING), 200);
}

static void a_restricted_child_is_on_no_board_and_its_page_is_for_its_own_worker(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	hear(desk->w, "r1", "child.updated", "C1001", "2020-02-05T02:13:00Z", "\"restricted\":true");
	settle(desk);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "C1001");
	assert_says(desk, "<b>0</b> open");
	assert_says(desk, "Restricted cases are not shown.");
	assert_int_equal(get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING), 404);
	assert_int_equal(get(desk, page_child, "p-tm-north-3", "C1001", NULL, NULL, MORNING), 404);
	assert_int_equal(get(desk, page_child, "p-sw-1", "C1001", NULL, NULL, MORNING), 200);
	assert_says(desk, "<b>This case is restricted.</b>");
}

/* The directory names who may see the case beside its own workers, whether or not its records say that it is one. */
static void a_restricted_child_is_for_those_whom_the_directory_names_and_for_nobody_who_is_not(void **state)
{
	struct desk *desk = *state;
	const char *named[] = {NULL};
	struct restricted restricted = {.child = "C1001", .people = named, .people_count = 1};
	struct directory *directory = desk->w->config->directory;
	a_night_in_a_cell(desk);
	for (size_t i = 0; i < directory->person_count; i++)
		if (get(desk, page_child, directory->people[i].id, "C1001", NULL, NULL, MORNING) == 404)
			named[0] = directory->people[i].id; /* who sees the child by nothing else */
	assert_non_null(named[0]);
	assert_int_equal(get(desk, page_child, named[0], "C1001", NULL, NULL, MORNING), 404);
	directory->restricted = &restricted;
	directory->restricted_count = 1;
	assert_int_equal(get(desk, page_child, named[0], "C1001", NULL, NULL, MORNING), 200);
	assert_int_equal(get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING), 404);
	assert_int_equal(get(desk, page_child, "p-sw-1", "C1001", NULL, NULL, MORNING), 200);
	directory->restricted_count = 0;
	directory->restricted = NULL;
}

static void a_child_restricted_a_moment_ago_is_hidden_before_the_registers_know_and_its_alerts_are_not(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	hear(desk->w, "r1", "child.updated", "C1001", "2020-02-05T02:13:00Z", "\"restricted\":true");
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "C1001");
	assert_silent(desk, "AK");
	assert_says(desk, "<b>2</b> open");
	assert_says(desk, "<span class=\"l\">Child: </span>Not shown yet</td>");
	assert_int_equal(get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING), 404);
}

static void while_the_registers_are_not_built_no_child_is_named(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	a_night_in_a_cell(desk);
	OK(store_execute(f->store, "UPDATE register_state SET built = 0 WHERE name = 'child'", &f->fault));
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "C1001");
	assert_says(desk, "Whose children these are is being read anew.");
	assert_says(desk, "A child in police custody qualifies for a bed");
	assert_int_equal(get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING), 503);
}

/* Who of them may be restricted is among the events that are not in the registers yet: more than a page can look
 * through. */
static void while_a_backlog_is_before_the_registers_no_child_is_named_either(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	a_night_in_a_cell(desk);
	OK(store_execute(f->store, "UPDATE meta SET value = -20000 WHERE name = 'registers-done'", &f->fault));
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_silent(desk, "C1001");
	assert_says(desk, "Whose children these are is being read anew.");
	assert_says(desk, "A child in police custody qualifies for a bed");
}

/* ---- a child, an alert ---- */

static void a_childs_page_has_its_alerts_its_clocks_and_why_another_does_not_stand(void **state)
{
	struct desk *desk = *state;
	struct world *w = desk->w;
	a_night_in_a_cell(desk);
	hear(w, "n1", "cin.opened", "C1001", "2020-02-03T10:00:00Z", "");
	hear(w, "m1", "missing.started", "C1001", "2020-02-05T02:12:30Z", "\"episode\":\"E1\",\"kind\":\"missing\"");
	settle(desk);
	(void)get(desk, page_child, "p-edt", "C1001", "why-not", "missing.vpg-referral", MORNING);
	assert_says(desk, "<h1>Child C1001, AK, aged 15</h1>");
	assert_says(
		desk,
		"<p>In need since Monday 3 February 2020. Missing or away since Wednesday 5 February 2020. Not open "
		"to VPG or RMG.</p>");
	assert_says(desk, "Alerts that stand: 2");
	assert_says(desk, "Clocks that run: ");
	assert_says(desk, "Thu 6 Feb, 02:12<br><b>23 hours left</b>");
	assert_says(desk, "<option selected value=\"missing.vpg-referral\">");
	assert_says(desk, "<b>Not met:</b> 3 episodes in 30 days: the most is 1, on Wed 5 Feb 2020, 02:12");
	assert_says(desk, "<b>Yes, 1</b>");
	assert_says(desk, "Within the 30 days");
	assert_says(desk, "<p>Counted from Monday 6 January 2020, 02:12 to Wednesday 5 February 2020, 02:12.</p>");
	assert_says(desk, "What would open it:");
	assert_true(looked_at(desk, "C1001"));
}

/* A child whose record could not be read looks like one of whom nothing is known. */
static void a_childs_page_says_which_of_its_records_could_not_be_read(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	static const char *const records[] = {
		"{\"type\":\"missing.started\",\"subject\":\"C1001\",\"data\":{\"episode\":\"<script>\"}}",
		"{\"type\":\"missing.started\",\"subject\":\"C10012\"}", "{\"subject\":\"C1001"};
	a_night_in_a_cell(desk);
	(void)get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING);
	assert_says(desk, "<h2>Records we could not read: 0</h2>");
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < 3; i++) {
		struct quarantine_row row = {.source_name = TEXT("kafka:events:0@7"), .bytes = text_of(records[i]),
		                             .reason = TEXT("time is missing"), .arrived = 1580867000 * SECOND};
		OK(quarantine_add(f->store, &row, &f->fault));
	}
	OK(store_commit(f->store, &f->fault));
	(void)get(desk, page_child, "p-edt", "C1001", NULL, NULL, MORNING);
	assert_says(desk, "<h2>Records we could not read: 1</h2>");
	assert_says(desk, "without the time the child was last seen. It is set aside");
	assert_silent(desk, "<script>");
}

static void an_alerts_page_has_what_happened_who_was_told_and_what_the_server_said(void **state)
{
	struct desk *desk = *state;
	struct fixture *f = desk->w->f;
	char alert[32];
	a_night_in_a_cell(desk);
	(void)snprintf(alert, sizeof alert, "A-%lld",
	               (long long)count(desk->w, "SELECT number FROM alert WHERE rule = 'custody.threshold'"));
	OK(store_execute(f->store, "UPDATE outbox SET reply = '250 2.0.0 Ok: <queued>'", &f->fault));
	assert_int_equal(get(desk, page_alert, "p-director", alert, NULL, NULL, MORNING), 200);
	assert_says(desk, "<td><b>Nobody has answered</b></td>");
	assert_says(desk, "<b>Wednesday 5 February, 02:40:</b> Director of Children&rsquo;s Services");
	assert_says(desk, "What happened, in order: 2");
	assert_says(desk, "<b>Opened the alert</b>");
	assert_says(desk, "<span class=\"said\">250 2.0.0 Ok: &lt;queued&gt;</span>");
	assert_says(desk, "Looked for and not found: ");
	assert_says(desk, "The same in a terminal: casewatch explain A-");
}

/* ---- messages and refused records ---- */

static void messages_are_for_those_who_run_casewatch_and_name_no_child(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	assert_int_equal(get(desk, page_outbox, "p-edt", NULL, NULL, NULL, MORNING), 404);
	assert_int_equal(get(desk, page_outbox, "p-ops", NULL, "all", "yes", MORNING), 200);
	assert_says(desk, "Director of Children&rsquo;s Care");
	assert_silent(desk, "C1001");
}

/* As the daemon does every minute. */
static void say_how_it_is(struct desk *desk, const char *now)
{
	struct fixture *f = desk->w->f;
	struct ops_status_channel ways[] = {
		{.name = "smtp", .state = "down", .since = at("2020-02-05T02:06:00Z"), .taken = 12},
		{.name = "govuk-notify", .state = "up", .since = INSTANT_NONE, .taken = 3}};
	struct ops_status status = {.at = at(now), .process = (long)getpid(), .last_commit = INSTANT_NONE,
	                            .channels = ways, .channel_count = 2, .ops = desk->w->ops};
	bool anew = false;
	OK(ops_status_write(f->path, &status, &anew, &f->fault));
}

static void how_each_way_is_stands_above_the_messages_while_it_is_news(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(get(desk, page_outbox, "p-ops", NULL, NULL, NULL, MORNING), 200);
	assert_says(desk, "is not known: there is none");
	say_how_it_is(desk, "2020-02-05T02:13:30Z");
	assert_int_equal(get(desk, page_outbox, "p-ops", NULL, NULL, NULL, MORNING), 200);
	assert_says(desk, "<li>smtp: down since ");
	assert_says(desk, "<li>govuk-notify: up, 3 taken since start</li>");
	say_how_it_is(desk, "2020-02-05T01:10:00Z");
	assert_int_equal(get(desk, page_outbox, "p-ops", NULL, NULL, NULL, MORNING), 200);
	assert_says(desk, "casewatch has not said how it is since Wed 5 Feb, 01:10");
	assert_silent(desk, "<li>smtp");
	char path[200];
	(void)snprintf(path, sizeof path, "%s.status", desk->w->f->path);
	assert_int_equal(unlink(path), 0);
}

/* The one-use value of the form on the page. */
static void read_once(struct desk *desk, char value[WEB_FORM_SIZE])
{
	static const char mark[] = "name=\"once\" value=\"";
	const char *found = strstr(html(desk), mark);
	assert_non_null(found);
	(void)snprintf(value, WEB_FORM_SIZE, "%.*s", (int)strcspn(found + sizeof mark - 1, "\""),
	               found + sizeof mark - 1);
}

static void a_refused_record(struct desk *desk)
{
	add_bytes(desk->w, TEXT("{\"specversion\":\"1.0\",\n\"id\":\"<b>\"}"), at("2020-02-05T01:00:00Z"));
	take(desk->w, "2020-02-05T01:00:00Z");
	settle(desk);
}

static void a_record_is_discarded_with_a_reason_and_nothing_typed_is_lost(void **state)
{
	struct desk *desk = *state;
	char once[WEB_FORM_SIZE], first[256];
	a_refused_record(desk);
	assert_int_equal(get(desk, page_record, "p-edt", "1", NULL, NULL, MORNING), 404);
	assert_int_equal(get(desk, page_record, "p-ops", "1", NULL, NULL, MORNING), 200);
	assert_says(desk, "&lt;b&gt;");
	assert_true(looked_at(desk, "quarantine-1"));
	assert_int_equal(desk->handed_in.length, 0);
	read_once(desk, once);
	assert_int_equal(post(desk, page_discard, "p-ops", "1", once, "  ", MORNING), 422);
	assert_says(desk, "There is a problem");
	assert_says(desk, "value=\"  \"");
	assert_int_equal(desk->handed_in.length, 0);
	assert_int_equal(post(desk, page_discard, "p-ops", "1", once, "a test", MORNING), 303);
	assert_non_null(strstr(buffer_cstr(&desk->handed_in), "\"type\":\"quarantine.discarded\""));
	assert_non_null(strstr(buffer_cstr(&desk->handed_in), "\"reason\":\"a test\",\"person\":\"p-ops\""));
	(void)snprintf(first, sizeof first, "%s", desk->name);
	assert_int_equal(post(desk, page_discard, "p-ops", "1", once, "a test", MORNING), 303);
	assert_string_equal(first, desk->name); /* the same event again, which counts once */
}

static void a_form_of_another_record_or_person_decides_nothing(void **state)
{
	struct desk *desk = *state;
	char once[WEB_FORM_SIZE];
	a_refused_record(desk);
	a_refused_record(desk);
	(void)get(desk, page_record, "p-ops", "1", NULL, NULL, MORNING);
	read_once(desk, once);
	assert_int_equal(post(desk, page_release, "p-ops", "2", once, "", MORNING), 400);
	assert_int_equal(post(desk, page_release, "p-performance", "1", once, "", MORNING), 400);
	assert_int_equal(post(desk, page_release, "p-edt", "1", once, "", MORNING), 404);
	assert_int_equal(desk->handed_in.length, 0);
	assert_int_equal(post(desk, page_release, "p-ops", "1", once, "", MORNING), 303);
	assert_int_equal(strncmp(buffer_cstr(&desk->handed_in), "{\"specversion\":\"1.0\", \"id\":\"<b>\"}\n", 34), 0);
}

/* ---- templates ---- */

static void every_template_of_the_pages_renders_with_something_in_every_place(void **state)
{
	struct desk *desk = *state;
	struct fault fault = {{0}};
	if (page_check_templates(desk->templates, &fault) != RESULT_OK)
		fail_msg("%s", fault.text);
}

static void a_template_of_a_page_that_names_what_is_not_there_is_found(void **state)
{
	struct template_set *set = template_new();
	struct fault fault = {{0}};
	(void)state;
	assert_int_equal(template_add(set, "board.html", TEXT("{{open_count}} {{birth_date}}"), &fault), RESULT_OK);
	assert_int_equal(page_check_templates(set, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "birth_date"));
	template_free(set);
	set = template_new(); /* also where nobody sees it before somebody answers for the second time */
	struct text again = TEXT("{{#answered_own}}{{birth_date}}{{/answered_own}}");
	assert_int_equal(template_add(set, "answer-page.html", again, &fault), RESULT_OK);
	assert_int_equal(page_check_templates(set, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, "birth_date"));
	template_free(set);
}

/* ---- looks ---- */

static void a_look_that_goes_on_is_on_record_every_quarter_of_an_hour(void **state)
{
	struct seen *seen = seen_new();
	instant now = at(MORNING);
	struct web_look looks[2] = {{TEXT("C1001"), TEXT("aa")}, {TEXT("C1002"), TEXT("bb")}};
	(void)state;
	assert_int_equal(seen_sort(seen, now, TEXT("p-edt"), "board", looks, 1), 1);
	/* what was not put on record is asked for again */
	assert_int_equal(seen_sort(seen, now, TEXT("p-edt"), "board", looks, 1), 1);
	seen_note(seen, now, TEXT("p-edt"), "board", looks, 1);
	assert_int_equal(seen_sort(seen, now + MINUTE, TEXT("p-edt"), "board", looks, 2), 1);
	assert_true(text_equal(looks[0].subject, TEXT("C1002")));
	assert_int_equal(seen_sort(seen, now + MINUTE, TEXT("p-director"), "board", looks, 2), 2);
	assert_int_equal(seen_sort(seen, now + MINUTE, TEXT("p-edt"), "child", looks, 2), 2);
	assert_int_equal(seen_sort(seen, now + 15 * MINUTE, TEXT("p-edt"), "board", looks, 2), 2);
	assert_int_equal(seen_sort(seen, now - MINUTE, TEXT("p-edt"), "board", looks, 2), 2); /* the clock was set */
	seen_free(seen);
}

/* ---- bounds ---- */

/* Kept as the engine's own are; nobody was told of them yet, but they stand for people. */
static void storm(struct desk *desk, size_t count)
{
	struct fixture *f = desk->w->f;
	const struct ruleset *rules = desk->w->config->rules;
	int64_t number;
	OK(store_begin(f->store, &f->fault));
	for (size_t i = 0; i < count; i++) {
		struct alert alert = {.rule = ruleset_find(rules, TEXT("custody.overnight"))->index,
		                      .key = i + 1,
		                      .opened = at(MORNING) - (instant)(i + 1) * MINUTE,
		                      .closed = INSTANT_NEVER,
		                      .due = INSTANT_NONE,
		                      .told = at(MORNING) - MINUTE,
		                      .step = 1,
		                      .next = at(MORNING) + (instant)(i + 1) * MINUTE,
		                      .asked = INSTANT_NONE,
		                      .stood_until = INSTANT_NONE,
		                      .warned = {.at = INSTANT_NONE}};
		(void)snprintf(alert.id, sizeof alert.id, "%016zx", i + 1);
		OK(alerts_keep(f->store, rules, PARTY_NONE, TEXT("C1001"), &alert, &number, &f->fault));
	}
	OK(store_commit(f->store, &f->fault));
}

static void ten_thousand_that_wait_are_read_in_bounded_work_and_shown_by_the_hundred(void **state)
{
	struct desk *desk = *state;
	a_night_in_a_cell(desk);
	see(desk);
	storm(desk, 10000);
	uint64_t before = store_steps(desk->reader);
	(void)get(desk, page_board, "p-edt", NULL, NULL, NULL, MORNING);
	assert_says(desk, "Shown: 1 to 100 of 10,002.");
	assert_says(desk, "Those after");
	assert_true(desk->page.look_count <= WEB_LOOKS_MOST);
	assert_true(desk->page.reply.body.length < 200 * 1024);
	assert_true(store_steps(desk->reader) - before < 400000);
	(void)get(desk, page_board, "p-edt", NULL, "page", "101", MORNING);
	assert_says(desk, "Shown: 10,001 to 10,002 of 10,002.");
}

static void a_reader_that_looks_anew_sees_what_came_and_reads_no_more_than_that(void **state)
{
	struct desk *desk = *state;
	struct world *w = desk->w;
	struct fixture *f = w->f;
	struct seen seen = {0};
	instant due;
	a_night_in_a_cell(desk);
	for (int i = 0; i < 200; i++) {
		char id[32], subject[32];
		(void)snprintf(id, sizeof id, "x%d", i);
		(void)snprintf(subject, sizeof subject, "D%d", i);
		add(w, id, "child.updated", subject, "2020-02-05T02:13:00Z", "\"initials\":\"AB\"");
	}
	take(w, "2020-02-05T02:13:00Z");
	see(desk);
	OK(due_next(desk->reader, &due, &f->fault)); /* loads all */
	uint64_t whole = store_steps(desk->reader);
	hear(w, "y1", "missing.started", "C2002", "2020-02-05T02:13:30Z", "\"episode\":\"E9\",\"kind\":\"missing\"");
	see(desk);
	OK(events_history(desk->reader, PARTY_NONE, TEXT("C2002"), see_event, &seen, &f->fault));
	assert_seen(&seen, "y1");
	assert_true(store_steps(desk->reader) - whole < whole / 3);
	OK(due_next(desk->reader, &due, &f->fault));
	instant own;
	OK(due_next(f->store, &own, &f->fault));
	assert_int_equal(due, own);
}

#define PAGE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAGE(the_board_says_what_waits_with_whom_and_when_the_next_step_falls),
		PAGE(an_answer_moves_it_to_those_whose_cause_is_still_there),
		PAGE(a_step_that_fell_long_ago_is_not_said_to_be_told_now),
		PAGE(a_board_that_is_not_complete_says_so_first),
		PAGE(a_board_without_alerts_says_none_of_each),
		PAGE(a_team_manager_sees_the_own_team_alone),
		PAGE(who_is_on_call_sees_what_the_role_sees_and_who_was_yesterday_does_not),
		PAGE(what_is_not_for_somebody_is_told_as_what_is_not_there),
		PAGE(who_was_told_of_an_alert_may_open_its_page),
		PAGE(a_restricted_child_is_on_no_board_and_its_page_is_for_its_own_worker),
		PAGE(a_restricted_child_is_for_those_whom_the_directory_names_and_for_nobody_who_is_not),
		PAGE(a_child_restricted_a_moment_ago_is_hidden_before_the_registers_know_and_its_alerts_are_not),
		PAGE(while_the_registers_are_not_built_no_child_is_named),
		PAGE(while_a_backlog_is_before_the_registers_no_child_is_named_either),
		PAGE(a_childs_page_has_its_alerts_its_clocks_and_why_another_does_not_stand),
		PAGE(a_childs_page_says_which_of_its_records_could_not_be_read),
		PAGE(an_alerts_page_has_what_happened_who_was_told_and_what_the_server_said),
		PAGE(messages_are_for_those_who_run_casewatch_and_name_no_child),
		PAGE(how_each_way_is_stands_above_the_messages_while_it_is_news),
		PAGE(a_record_is_discarded_with_a_reason_and_nothing_typed_is_lost),
		PAGE(a_form_of_another_record_or_person_decides_nothing),
		PAGE(every_template_of_the_pages_renders_with_something_in_every_place),
		cmocka_unit_test(a_template_of_a_page_that_names_what_is_not_there_is_found),
		cmocka_unit_test(a_look_that_goes_on_is_on_record_every_quarter_of_an_hour),
		PAGE(ten_thousand_that_wait_are_read_in_bounded_work_and_shown_by_the_hundred),
		PAGE(a_reader_that_looks_anew_sees_what_came_and_reads_no_more_than_that),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
