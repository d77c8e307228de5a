/* When the courier sends, waits and gives word, by a clock that the test moves. The mail server is a port that refuses. */
#include "courier/courier.h"

#include "channel/smtp/mail.h"

#include "base/log.h"
#include "store/events.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct person people[] = {
        {.id = "p-head", .email = "head@council.example", .order = {CHANNEL_EMAIL}, .order_count = 1, .hours_from = -1},
        {.id = "p-part", .email = "part@council.example", .order = {CHANNEL_EMAIL}, .order_count = 1, .hours_from = 600,
         .hours_until = 840},
        {.id = "p-ops", .email = "ops@council.example", .order = {CHANNEL_EMAIL}, .order_count = 1, .hours_from = -1}};
static const char *head[] = {"p-head"}, *part[] = {"p-part"}, *ops[] = {"p-ops"};
static struct role_title roles[] = {{.role = "head", .title = "Head of Service", .people = head, .people_count = 1},
                                    {.role = "part", .title = "Part", .people = part, .people_count = 1},
                                    {.role = "ops", .title = "Ops", .people = ops, .people_count = 1}};
static struct directory directory = {.people = people, .person_count = 3, .roles = roles, .role_count = 3};

struct bench {
	char folder[64];
	instant now;
	struct clock clock;
	struct calendar *calendar;
	struct ruleset *rules;
	struct loop *loop;
	struct store *store;
	struct event_parser *parser;
	struct courier *courier;
	int refusing; /* a socket that is bound and does not listen */
	/* the turns of the loop */
	int tick;
	struct loop_watch *watch;
	bool (*until)(struct bench *bench);
	time_t give_up;
};

static struct calendar *london(void)
{
	struct fault fault = {""};
	struct buffer json = {0};
	buffer_string(&json, "{\"england-and-wales\":{\"division\":\"england-and-wales\",\"events\":[");
	for (int year = 2018; year <= 2026; year++)
		buffer_format(&json, "%s{\"title\":\"Christmas Day\",\"date\":\"%d-12-25\",\"notes\":\"\",\"bunting\":true}",
		              year > 2018 ? "," : "", year);
	buffer_string(&json, "]}}");
	struct calendar *calendar = calendar_new(zone_load("Europe/London", &fault), buffer_view(&json), &fault);
	if (!calendar)
		fail_msg("%s", fault.text);
	buffer_free(&json);
	return calendar;
}

static struct ruleset *one_rule(void)
{
	struct ruleset *rules = ruleset_new();
	rules->rules = arena_alloc(ruleset_arena(rules), sizeof *rules->rules);
	rules->rules[0] = (struct rule){.id = "missing.vpg-referral", .title = "Missing 3 times", .severity = SEVERITY_HIGH,
	                                .effective_from = DAY_NONE, .effective_until = DAY_NONE};
	rules->rule_count = 1;
	return rules;
}

static int refusing_port(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void silent(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level, (void)about, (void)line;
}

static struct bench *begin(const char *now, int threads)
{
	struct bench *bench = MEM_NEW(struct bench);
	struct fault fault = {""};
	const char *why;
	char path[128];
	int port = 0;
	(void)snprintf(bench->folder, sizeof bench->folder, "/tmp/courier_test.XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	(void)snprintf(path, sizeof path, "%s/db", bench->folder);
	assert_true(instant_parse(text_of(now), &bench->now, &why));
	bench->clock = clock_manual(&bench->now);
	bench->calendar = london();
	bench->rules = one_rule();
	bench->loop = loop_new(&bench->clock, &fault);
	assert_non_null(bench->loop);
	assert_int_equal(store_open(path, STORE_WRITE, &bench->store, &fault), RESULT_OK);
	bench->parser = event_parser_new(EVENT_LIMITS_DEFAULT, TEXT_NONE, calendar_zone(bench->calendar));
	events_set_parser(bench->store, bench->parser);
	bench->refusing = refusing_port(&port);
	static struct mail_settings mail;
	mail = (struct mail_settings){.server = {.host = "127.0.0.1", .port = port, .hello = "t.example", .timeout_ms = 2000},
	                              .from = "casewatch@council.example", .domain = "t.example"};
	static struct courier_channel channel;
	channel = (struct courier_channel){&channel_mail, &mail, threads};
	struct courier_settings settings = {.store = bench->store, .loop = bench->loop, .clock = &bench->clock,
	                                    .directory = &directory, .rules = bench->rules, .calendar = bench->calendar,
	                                    .channels = &channel, .channel_count = 1,
	                                    .seed = 7};
	assert_int_equal(courier_new(&settings, &bench->courier, &fault), RESULT_OK);
	bench->tick = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return bench;
}

static void end(struct bench *bench)
{
	char command[160];
	courier_free(bench->courier);
	loop_free(bench->loop);
	store_close(bench->store);
	event_parser_free(bench->parser);
	ruleset_free(bench->rules);
	calendar_free(bench->calendar);
	(void)close(bench->tick);
	(void)close(bench->refusing);
	static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(command, sizeof command, "%s/%s", bench->folder, names[i]);
		(void)unlink(command);
	}
	(void)rmdir(bench->folder);
	free(bench);
}

static void on_tick(void *argument)
{
	struct bench *bench = argument;
	if (bench->until(bench) || time(NULL) > bench->give_up)
		loop_stop(bench->loop);
}

/* Turns the loop until it is so; fails when it is not within ten seconds of real time. */
static void turn_until(struct bench *bench, bool (*until)(struct bench *bench))
{
	bench->until = until;
	bench->give_up = time(NULL) + 10;
	courier_wake(bench->courier);
	bench->watch = loop_watch_new(bench->loop, bench->tick, on_tick, bench);
	loop_run(bench->loop);
	loop_watch_free(bench->watch);
	assert_true(until(bench));
}

static void alert(struct bench *bench, const char *id)
{
	struct fault fault = {""};
	int64_t number;
	struct alert alert = {.opened = bench->now, .closed = INSTANT_NEVER, .told = bench->now, .step = 1, .next = INSTANT_NEVER,
	                      .due = INSTANT_NONE};
	(void)snprintf(alert.id, sizeof alert.id, "%s", id);
	assert_int_equal(store_begin(bench->store, &fault), RESULT_OK);
	assert_int_equal(alerts_keep(bench->store, bench->rules, PARTY_NONE, TEXT("C1"), &alert, &number, &fault), RESULT_OK);
	assert_int_equal(store_commit(bench->store, &fault), RESULT_OK);
}

static void row(struct bench *bench, const char *id, const char *role, bool critical)
{
	struct fault fault = {""};
	int64_t number;
	alert(bench, id);
	struct outbox_row row = {.kind = OUTBOX_ALERT, .purpose = TEXT("opened"), .alert = text_of(id),
	                         .rule = TEXT("missing.vpg-referral"), .subject = TEXT("C1"), .role = text_of(role), .step = 1,
	                         .critical = critical, .created = bench->now, .not_before = bench->now,
	                         .deadline = INSTANT_NEVER};
	assert_int_equal(store_begin(bench->store, &fault), RESULT_OK);
	assert_int_equal(outbox_add(bench->store, &row, &number, &fault), RESULT_OK);
	assert_int_equal(store_commit(bench->store, &fault), RESULT_OK);
}

static instant next_row(struct bench *bench)
{
	struct fault fault = {""};
	instant at;
	assert_int_equal(outbox_next(bench->store, &at, &fault), RESULT_OK);
	return at;
}

static bool waits(struct bench *bench)
{
	return next_row(bench) > bench->now && next_row(bench) != INSTANT_NEVER;
}

static bool refused(struct bench *bench)
{
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	return figures.temporary > 0 && figures.under_way == 0;
}

static bool tried_twice(struct bench *bench)
{
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	return figures.temporary >= 2 && figures.under_way == 0;
}

static bool mail_is_down(struct bench *bench)
{
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	return figures.mail_down;
}

static void an_alert_that_is_not_critical_waits_a_minute_for_others(void **state)
{
	(void)state;
	struct bench *bench = begin("2020-02-05T10:00:00Z", 1);
	instant first = bench->now;
	row(bench, "00000000000000a1", "head", false);
	turn_until(bench, waits);
	assert_true(next_row(bench) == first + MINUTE);
	bench->now += 40 * SECOND;
	row(bench, "00000000000000a2", "head", false);
	turn_until(bench, waits);
	assert_true(next_row(bench) == first + MINUTE); /* the second goes with the first, not a minute after itself */
	bench->now = first + MINUTE;
	turn_until(bench, refused);
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	assert_int_equal(figures.temporary, 1); /* one message, not two */
	end(bench);
}

static void a_critical_alert_waits_for_nothing(void **state)
{
	(void)state;
	struct bench *bench = begin("2020-02-05T02:10:00Z", 1);
	row(bench, "00000000000000a1", "part", true); /* outside their hours */
	turn_until(bench, refused);
	end(bench);
}

static void what_is_not_critical_keeps_the_recipients_own_hours(void **state)
{
	(void)state;
	static const struct {
		const char *now, *then;
	} cases[] = {{"2020-02-05T08:30:00Z", "2020-02-05T10:00:00Z"},  /* before ten */
	             {"2020-02-05T11:00:00Z", "2020-02-05T11:01:00Z"},  /* within: only the minute */
	             {"2020-02-07T14:00:00Z", "2020-02-10T10:00:00Z"},  /* Friday at two: Monday */
	             {"2020-03-27T15:00:00Z", "2020-03-30T09:00:00Z"},  /* over the clock change: ten in summer time */
	             {"2020-12-24T15:00:00Z", "2020-12-28T10:00:00Z"}}; /* over Christmas and a weekend */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bench *bench = begin(cases[i].now, 1);
		char then[32];
		row(bench, "00000000000000a1", "part", false);
		turn_until(bench, waits);
		instant_print(next_row(bench), then);
		assert_string_equal(then, cases[i].then);
		end(bench);
	}
}

static void five_minutes_of_refusal_are_said_once(void **state)
{
	(void)state;
	struct bench *bench = begin("2020-02-05T10:00:00Z", 1);
	struct courier_figures figures;
	row(bench, "00000000000000a1", "head", true);
	turn_until(bench, refused);
	courier_figures(bench->courier, &figures);
	assert_true(figures.trouble_since == bench->now && !figures.mail_down && figures.trouble[0]);
	bench->now += 4 * MINUTE + 59 * SECOND;
	turn_until(bench, tried_twice);
	assert_false(mail_is_down(bench));
	bench->now += SECOND;
	turn_until(bench, mail_is_down);
	end(bench);
}

static void a_server_in_trouble_is_tried_with_one_message_at_a_time(void **state)
{
	(void)state;
	struct bench *bench = begin("2020-02-05T10:00:00Z", 4);
	char id[17];
	row(bench, "00000000000000a1", "head", true);
	turn_until(bench, refused);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(id, sizeof id, "%016x", 0xb0 + i);
		row(bench, id, "head", true);
	}
	bench->now += 2 * SECOND;
	turn_until(bench, tried_twice);
	struct courier_figures figures;
	courier_figures(bench->courier, &figures);
	assert_int_equal(figures.temporary, 2);
	end(bench);
}

static enum result is_untouched(void *argument, const struct outbox_row *row, struct fault *fault)
{
	(void)argument, (void)fault;
	assert_int_equal(row->state, OUTBOX_PENDING);
	assert_int_equal(row->attempts, 0);
	return RESULT_OK;
}

static void what_waits_for_others_counts_as_not_yet_tried(void **state)
{
	(void)state;
	struct fault fault = {""};
	struct bench *bench = begin("2020-02-05T10:00:00Z", 1);
	row(bench, "00000000000000a1", "head", false);
	turn_until(bench, waits);
	assert_int_equal(outbox_each(bench->store, TEXT_NONE, false, 10, is_untouched, NULL, &fault), RESULT_OK);
	end(bench);
}

static void plain_words_keep_the_child_off_the_lock_screen(void **state)
{
	(void)state;
	struct calendar *calendar = london();
	struct payload payload = PAYLOAD_EMPTY;
	static const enum message_purpose purposes[] = {MESSAGE_OPENED, MESSAGE_WARNED, MESSAGE_UPDATED, MESSAGE_ESCALATED,
	                                                MESSAGE_ASKED_AGAIN, MESSAGE_RESOLVED, MESSAGE_WITHDRAWN};
	payload.because = TEXT("C1001 was missing");
	struct message_alert alerts[2];
	for (size_t i = 0; i < 2; i++)
		alerts[i] = (struct message_alert){.number = 7, .title = "T", .subject = TEXT("C1001"), .initials = TEXT("AK"),
		                                   .age = 15, .payload = &payload};
	for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
		for (size_t count = 1; count <= 2; count++) {
			struct message message = {0};
			struct message_input input = {.purpose = purposes[i], .alerts = alerts, .alert_count = count,
			                              .payload = &payload, .role = "dcs", .role_title = "D", .now = 0,
			                              .calendar = calendar, .directory = &directory};
			message_plain(&input, &message);
			assert_true(strstr(message.text.at, "C1001") - message.text.at >= 256);
			assert_null(strstr(message.subject.at, "C1001"));
			message_free(&message);
		}
	calendar_free(calendar);
}

int main(void)
{
	log_set_sink(silent);
	schema_start();
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_alert_that_is_not_critical_waits_a_minute_for_others),
	        cmocka_unit_test(a_critical_alert_waits_for_nothing),
	        cmocka_unit_test(what_is_not_critical_keeps_the_recipients_own_hours),
	        cmocka_unit_test(five_minutes_of_refusal_are_said_once),
	        cmocka_unit_test(a_server_in_trouble_is_tried_with_one_message_at_a_time),
	        cmocka_unit_test(what_waits_for_others_counts_as_not_yet_tried),
	        cmocka_unit_test(plain_words_keep_the_child_off_the_lock_screen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
