/* What all pages have in common: which there are, forms good for one use, the brake, looks, and pages that cannot be
 * made. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "message/link.h"
#include "web/web.h"

#define TURNS_MOST 4000

static const char *const director_only[] = {"p-director"};
static struct role_title roles[] = {
	{.role = "director", .title = "Director of Children's Care", .people = (const char **)(uintptr_t)director_only,
         .people_count = 1},
	{.role = "team-manager", .title = "Team manager", .from = ROLE_FROM_MANAGER},
	{.role = "edt", .title = "Emergency Duty Team", .out_of_hours = true},
};
static struct person people[] = {
	{.id = "p-director", .addresses[CHANNEL_EMAIL] = "director@example.org"}, {.id = "p-tm"}, {.id = "p-new"}};
static struct team teams[] = {{.id = "north", .title = "North", .manager = "p-tm"}};
static struct directory directory = {.people = people, .person_count = 3, .roles = roles, .role_count = 3,
                                     .teams = teams, .team_count = 1, .duty_phone = "01632 960123"};

struct bench {
	instant now;
	struct link_keys *keys;
	struct web_settings settings;
	struct web_page page;
};

static int set_up(void **state)
{
	struct bench *bench = MEM_NEW(struct bench);
	struct fault fault = {0};
	bench->now = HOUR;
	bench->keys = link_keys_of(TEXT("0123456789abcdef0123456789abcdef"), &fault);
	bench->settings = (struct web_settings){.directory = &directory, .keys = bench->keys,
	                                        .clock = clock_manual(&bench->now)};
	bench->page = (struct web_page){.settings = &bench->settings, .arena = arena_new(4096),
	                                .brake = web_brake_new()};
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	web_brake_free(bench->page.brake);
	arena_free(bench->page.arena);
	buffer_free(&bench->page.reply.body);
	buffer_free(&bench->page.reply.location);
	free(bench->page.looks);
	link_keys_free(bench->keys);
	free(bench);
	return 0;
}

/* ---- forms ---- */

static void a_forms_value_is_good_for_its_own_form_and_names_one_event(void **state)
{
	struct bench *bench = *state;
	char value[WEB_FORM_SIZE], other[WEB_FORM_SIZE], id[WEB_FORM_ID_SIZE], again[WEB_FORM_ID_SIZE];
	web_form_value(&bench->page, TEXT("alert 1"), value);
	web_form_value(&bench->page, TEXT("alert 1"), other);
	assert_true(web_form_used(&bench->page, TEXT("alert 1"), text_of(value), id));
	assert_true(web_form_used(&bench->page, TEXT("alert 1"), text_of(value), again));
	assert_string_equal(id, again);
	assert_true(web_form_used(&bench->page, TEXT("alert 1"), text_of(other), again));
	assert_string_not_equal(id, again);
	assert_false(web_form_used(&bench->page, TEXT("alert 2"), text_of(value), id));
}

static void a_forms_value_of_somebody_else_is_none(void **state)
{
	struct bench *bench = *state;
	char value[WEB_FORM_SIZE], id[WEB_FORM_ID_SIZE];
	bench->page.person = &people[0];
	web_form_value(&bench->page, TEXT("alert 1"), value);
	bench->page.person = &people[1];
	assert_false(web_form_used(&bench->page, TEXT("alert 1"), text_of(value), id));
	bench->page.person = NULL;
	assert_false(web_form_used(&bench->page, TEXT("alert 1"), text_of(value), id));
}

static void a_value_that_is_made_up_is_none(void **state)
{
	struct bench *bench = *state;
	char value[WEB_FORM_SIZE], id[WEB_FORM_ID_SIZE];
	web_form_value(&bench->page, TEXT("alert 1"), value);
	for (size_t i = 0; i < strlen(value); i++) {
		char kept = value[i];
		value[i] = kept == 'A' ? 'B' : 'A';
		assert_false(web_form_used(&bench->page, TEXT("alert 1"), text_of(value), id));
		value[i] = kept;
	}
	assert_false(web_form_used(&bench->page, TEXT("alert 1"), TEXT_NONE, id));
	assert_false(web_form_used(&bench->page, TEXT("alert 1"), TEXT("x"), id));
}

/* ---- the brake ---- */

static void so_much_a_minute_and_no_more(void **state)
{
	struct bench *bench = *state;
	for (int minute = 0; minute < 3; minute++) {
		for (unsigned i = 0; i < 5; i++)
			assert_true(web_brake(&bench->page, 17, 5));
		assert_false(web_brake(&bench->page, 17, 5));
		assert_false(web_brake(&bench->page, 17, 5));
		assert_true(web_brake(&bench->page, 18, 1000)); /* others are not held up */
		bench->now += MINUTE;
	}
}

/* ---- looks and words ---- */

static void a_child_is_looked_at_once_a_page(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 3; i++)
		web_look(&bench->page, TEXT("C1001"), TEXT("a"));
	web_look(&bench->page, TEXT("C1002"), TEXT("a"));
	assert_int_equal(bench->page.look_count, 2);
}

static void a_plain_page_makes_no_markup_of_words_and_names_the_duty_team(void **state)
{
	struct bench *bench = *state;
	web_say(&bench->page, 404, "<script>", "a & b");
	assert_null(strstr(bench->page.reply.body.at, "<script>"));
	assert_non_null(strstr(bench->page.reply.body.at, "a &amp; b"));
	assert_non_null(strstr(bench->page.reply.body.at,
	                       "Emergency Duty Team on <a href=\"tel:+441632960123\">01632&nbsp;960123</a>"));
	assert_int_equal(bench->page.reply.status, 404);
}

static void people_are_called_by_their_role(void **state)
{
	struct bench *bench = *state;
	assert_string_equal(web_role_title(&bench->settings, &people[0]), "Director of Children's Care");
	assert_string_equal(web_role_title(&bench->settings, &people[1]), "Team manager");
	assert_string_equal(web_role_title(&bench->settings, NULL), "");
}

/* ---- requests, over a real socket ---- */

struct house {
	struct bench *bench;
	struct loop *loop;
	struct web *web;
	struct calendar *calendar;
	char folder[64], socket[96], database[96];
};

static struct calendar *no_holidays(void)
{
	struct fault fault = {0};
	struct zone *zone = zone_load("Europe/London", &fault);
	struct calendar *calendar = calendar_new(
		zone, TEXT("{\"england-and-wales\": {\"division\": \"england-and-wales\", \"events\": "
	                   "[{\"title\": \"Christmas Day\", \"date\": \"2026-12-25\", \"notes\": \"\", \"bunting\": "
	                   "true}]}}"), &fault);
	if (!calendar)
		fail_msg("%s", fault.text);
	return calendar;
}

static int open_house(void **state)
{
	struct house *house = MEM_NEW(struct house);
	struct clock clock = clock_real();
	struct fault fault = {0};
	void *bench;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)set_up(&bench);
	house->bench = bench;
	(void)snprintf(house->folder, sizeof house->folder, "/tmp/casewatch-web-XXXXXX");
	assert_non_null(mkdtemp(house->folder));
	(void)snprintf(house->socket, sizeof house->socket, "%s/web.sock", house->folder);
	(void)snprintf(house->database, sizeof house->database, "%s/no-such.db", house->folder);
	house->calendar = no_holidays();
	house->bench->settings.calendar = house->calendar;
	house->bench->settings.database = house->database;
	house->loop = loop_new(&clock, &fault);
	assert_int_equal(web_new(house->loop, &house->bench->settings, NULL, NULL, &house->web, &fault), RESULT_OK);
	assert_int_equal(web_listen(house->web, house->socket, NULL, &fault), RESULT_OK);
	*state = house;
	return 0;
}

static int close_house(void **state)
{
	struct house *house = *state;
	void *bench = house->bench;
	web_free(house->web);
	loop_free(house->loop);
	calendar_free(house->calendar);
	(void)rmdir(house->folder);
	(void)tear_down(&bench);
	free(house);
	return 0;
}

static int begin(const struct house *house, const char *line)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct buffer request = {0};
	(void)snprintf(name.sun_path, sizeof name.sun_path, "%s", house->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
	buffer_format(&request, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", line);
	assert_int_equal(send(fd, request.at, request.length, MSG_NOSIGNAL), (ssize_t)request.length);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	buffer_free(&request);
	return fd;
}

static void hear(const struct house *house, int fd, struct buffer *back)
{
	char bytes[4096];
	bool ended = false;
	buffer_clear(back);
	for (int turn = 0; turn < TURNS_MOST && !ended; turn++) {
		ssize_t got = recv(fd, bytes, sizeof bytes, 0);
		if (got > 0)
			buffer_add(back, bytes, (size_t)got);
		ended = got == 0 || (got < 0 && errno != EAGAIN);
		loop_turn(house->loop, 5);
	}
	assert_true(ended);
	(void)close(fd);
}

static void answers(const struct house *house, const char *line, const char *status, const char *words)
{
	struct buffer back = {0};
	hear(house, begin(house, line), &back);
	assert_memory_equal(buffer_cstr(&back), status, strlen(status));
	if (!strstr(buffer_cstr(&back), words))
		fail_msg("%s: no \"%s\" in %s", line, words, buffer_cstr(&back));
	buffer_free(&back);
}

static void what_is_no_page_says_so(void **state)
{
	static const char *const none[] = {"GET /", "GET /a", "GET /a/", "GET /a/x/y", "GET /b/x", "GET //a/x",
	                                   "GET /a/%00", "GET /a/%ff", "GET /a/x/"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		answers(*state, none[i], "HTTP/1.1 404 Not Found", "There is no such page");
	answers(*state, "POST /m/x", "HTTP/1.1 405 Method Not Allowed", "takes no such request");
}

static void a_page_that_cannot_be_made_says_that_it_is_our_fault(void **state)
{
	answers(*state, "GET /a/AAAAAAAAAAAAAAAAAAAAAAAA", "HTTP/1.1 500 Internal Server Error",
	        "Something is wrong with casewatch itself");
}

/* More at once than wait for a thread: some are told to come again, and all are answered. */
static void too_many_at_once_are_told_to_come_again(void **state)
{
	struct house *house = *state;
	struct buffer back = {0};
	int fds[WEB_WAITING_MOST * 2];
	int busy = 0, made = 0;
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		fds[i] = begin(house, "GET /a/AAAAAAAAAAAAAAAAAAAAAAAA");
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		hear(house, fds[i], &back);
		busy += strstr(buffer_cstr(&back), "503 Service Unavailable") && strstr(back.at, "Retry-After: ");
		made += strstr(buffer_cstr(&back), "500 Internal Server Error") != NULL;
	}
	assert_int_equal(busy + made, sizeof fds / sizeof *fds);
	assert_true(made >= WEB_WAITING_MOST);
	buffer_free(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_forms_value_is_good_for_its_own_form_and_names_one_event, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_forms_value_of_somebody_else_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_value_that_is_made_up_is_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_much_a_minute_and_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_child_is_looked_at_once_a_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_plain_page_makes_no_markup_of_words_and_names_the_duty_team, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(people_are_called_by_their_role, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_page_says_so, open_house, close_house),
		cmocka_unit_test_setup_teardown(a_page_that_cannot_be_made_says_that_it_is_our_fault, open_house,
		                                close_house),
		cmocka_unit_test_setup_teardown(too_many_at_once_are_told_to_come_again, open_house, close_house),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
