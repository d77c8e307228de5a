/* Several councils in one process: what each may ask for everywhere is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/here.h"
#include "base/log.h"
#include "base/threads.h"
#include "channel/certificates.h"
#include "event/schema.h"
#include "loop/loop.h"

static struct here *north, *south;
static char said[256];
static unsigned lines;

static void hear(enum log_level level, const struct log_about *about, const char *line)
{
	(void)level;
	lines++;
	(void)snprintf(said, sizeof said, "%s|%s", about->council ? about->council : "", line);
}

static int set_up(void **state)
{
	(void)state;
	north = here_of("north");
	south = here_of("south");
	log_set_sink(hear);
	lines = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)here_enter(NULL);
	log_set_sink(NULL);
	return 0;
}

static void councils_are_told_apart_by_their_names(void **state)
{
	(void)state;
	assert_ptr_not_equal(north, south);
	assert_ptr_equal(here_of("north"), north);
	assert_int_not_equal(north->number, south->number);
	assert_null(here_now());
	assert_int_equal(here_number(), 0);
}

static void *look_where(void *argument)
{
	*(struct here **)argument = here_now();
	return NULL;
}

static void a_thread_works_for_the_council_of_who_starts_it(void **state)
{
	struct here *found = NULL;
	pthread_t thread;
	(void)state;
	(void)here_enter(south);
	assert_true(thread_start(&thread, look_where, &found));
	(void)pthread_join(thread, NULL);
	assert_ptr_equal(found, south);
}

static void on_time(void *argument)
{
	(void)look_where(argument);
}

static void a_callback_of_the_loop_works_for_the_council_that_made_the_timer(void **state)
{
	instant now = SECOND;
	struct clock clock = clock_manual(&now);
	struct fault fault = {0};
	struct here *of_north = NULL, *of_nobody = north;
	struct loop *loop = loop_new(&clock, &fault);
	(void)state;
	assert_non_null(loop);
	struct loop_timer *process = loop_timer_new(loop, on_time, &of_nobody);
	(void)here_enter(north);
	struct loop_timer *own = loop_timer_new(loop, on_time, &of_north);
	(void)here_enter(south);
	loop_timer_in(own, 0);
	loop_timer_in(process, 0);
	loop_turn(loop, 0);
	assert_ptr_equal(of_north, north);
	assert_null(of_nobody);
	assert_ptr_equal(here_now(), south); /* as it was */
	loop_timer_free(own);
	loop_timer_free(process);
	loop_free(loop);
}

static void a_line_of_the_log_names_its_council_and_each_says_how_much_it_logs(void **state)
{
	(void)state;
	(void)here_enter(north);
	log_notice("ready");
	assert_string_equal(said, "north|ready");
	log_set_level(LOG_LEVEL_ERROR);
	log_notice("not heard");
	(void)here_enter(south);
	log_notice("heard");
	assert_string_equal(said, "south|heard");
	(void)here_enter(NULL);
	log_notice("the process");
	assert_string_equal(said, "|the process");
	assert_int_equal(lines, 3);
}

static void a_flood_of_one_councils_lines_holds_back_none_of_anothers(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_NOTICE);
	for (int i = 0; i < LOG_BURST + 100; i++) {
		(void)here_enter(south);
		log_notice("the same again");
	}
	(void)here_enter(here_of("east"));
	log_notice("the same again");
	assert_string_equal(said, "east|the same again");
	assert_int_equal(lines, LOG_BURST + 1);
	(void)here_enter(NULL);
	log_say_held_back();
	assert_string_equal(said, "south|100 further lines of this kind were left out within 10 s: \"the same again\"");
}

static void event_types_of_a_councils_own_are_not_known_to_another(void **state)
{
	static const struct field of_north[] = {{.name = "ward", .kind = FIELD_STRING, .label = "Ward"}};
	static const struct field of_south[] = {{.name = "bed", .kind = FIELD_STRING, .label = "Bed"}};
	struct event_type type = {
		.name = "hospital.attended", .title = "Attended", .fields = of_north, .field_count = 1};
	(void)state;
	(void)here_enter(north);
	type_id id = schema_declare(&of_north, &type);
	assert_non_null(schema_field(id, TEXT("ward")));
	(void)here_enter(south);
	assert_null(schema_type(id));
	type.fields = of_south;
	assert_int_equal(schema_declare(&of_south, &type), id);
	assert_non_null(schema_field(id, TEXT("bed")));
	assert_null(schema_field(id, TEXT("ward")));
	(void)here_enter(north);
	assert_non_null(schema_field(id, TEXT("ward")));
	(void)here_enter(NULL);
	assert_null(schema_type(id));
	schema_undeclare(&of_north); /* from whichever thread */
	(void)here_enter(north);
	assert_null(schema_type(id));
	(void)here_enter(south);
	assert_non_null(schema_type(id));
	schema_undeclare(&of_south);
}

static void count_seen(void *argument, const char *server, instant until)
{
	(void)server;
	(void)until;
	++*(int *)argument;
}

static void a_council_hears_of_the_certificates_that_its_own_channels_saw(void **state)
{
	int of_north = 0, of_south = 0;
	(void)state;
	for (int i = 0; i < CERTIFICATES_SEEN_MOST + 5; i++) {
		char server[32];
		(void)snprintf(server, sizeof server, "mail%d:25", i);
		(void)here_enter(north);
		certificates_note_seen(server, SECOND);
	}
	(void)here_enter(south);
	certificates_note_seen("other:25", SECOND); /* there is room for its own */
	certificates_each_seen(count_seen, &of_south);
	(void)here_enter(north);
	certificates_each_seen(count_seen, &of_north);
	assert_int_equal(of_south, 1);
	assert_int_equal(of_north, CERTIFICATES_SEEN_MOST);
}

static void of_more_councils_than_there_is_room_for_none_is_made(void **state)
{
	char name[16];
	struct here *made = north;
	(void)state;
	for (int i = 0; i < HERE_MOST && made; i++) {
		(void)snprintf(name, sizeof name, "c%d", i);
		made = here_of(name);
	}
	assert_null(made);
	assert_ptr_equal(here_of("north"), north);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(councils_are_told_apart_by_their_names),
		TEST(a_thread_works_for_the_council_of_who_starts_it),
		TEST(a_callback_of_the_loop_works_for_the_council_that_made_the_timer),
		TEST(a_line_of_the_log_names_its_council_and_each_says_how_much_it_logs),
		TEST(a_flood_of_one_councils_lines_holds_back_none_of_anothers),
		TEST(event_types_of_a_councils_own_are_not_known_to_another),
		TEST(a_council_hears_of_the_certificates_that_its_own_channels_saw),
		TEST(of_more_councils_than_there_is_room_for_none_is_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
