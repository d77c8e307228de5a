/* The directory of councils while the daemon runs: one is put in, taken out, switched off and on, broken and mended;
 * the others stay. */
#include "councils_world.h"

static char list[96];

/* Those whose directory has a configuration, as the file that names them says. */
static void start_directory(void)
{
	const struct council_seams seams = {.sources = open_log, .channels = open_mail, .courier_by_hand = true};
	struct fault fault = {0};
	(void)snprintf(list, sizeof list, "%s/casewatchd.yaml", top);
	FILE *file = fopen(list, "we");
	assert_non_null(file);
	assert_int_equal(fputs("councils: .\n", file) < 0 || fclose(file), 0);
	daemon_ = (struct daemon){.clock = clock_two_hands(&hands)};
	assert_int_equal(daemon_find(&daemon_, list, &seams, &fault), RESULT_OK);
	assert_int_equal(daemon_start(&daemon_, &fault), RESULT_OK);
	while (daemon_.begun < daemon_.council_count)
		loop_turn(daemon_.loop, 20);
	for (size_t i = 0; i < daemon_.council_count; i++)
		of[daemon_.councils[i]->here->number - 1].council = daemon_.councils[i];
}

/* A reload, and what follows from it. */
static void reload_all(void)
{
	daemon_reload(&daemon_);
	for (int i = 0; i < 3 || daemon_.reloading || is_opened() || daemon_.begun < daemon_.council_count; i++)
		loop_turn(daemon_.loop, 20);
	for (size_t i = 0; i < daemon_.council_count; i++)
		of[daemon_.councils[i]->here->number - 1].council = daemon_.councils[i];
}

static void move(const struct one *one, const char *from, const char *to)
{
	char old[160], new[160];
	(void)snprintf(old, sizeof old, "%.95s%s", one->folder, from);
	(void)snprintf(new, sizeof new, "%.95s%s", one->folder, to);
	assert_int_equal(rename(old, new), 0);
}

static const char *said_of(const struct one *one)
{
	static char line[512];
	struct buffer lines = {0};
	char path[200];
	(void)snprintf(path, sizeof path, "\t%.150s\t", one->config);
	daemon_put_councils(&daemon_, &lines);
	line[0] = '\0';
	for (const char *at = buffer_cstr(&lines); *at; at += strcspn(at, "\n") + 1) {
		(void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		if (strstr(line, path))
			break;
	}
	buffer_free(&lines);
	return line;
}

/* A name with a dot before it is no council's. */
static void hide(const struct one *one, bool back)
{
	char hidden[160];
	(void)snprintf(hidden, sizeof hidden, "%s/.%s", top, strrchr(one->folder, '/') + 1);
	assert_int_equal(back ? rename(hidden, one->folder) : rename(one->folder, hidden), 0);
}

static void a_council_that_is_put_into_the_directory_begins_and_the_others_stay(void **state)
{
	(void)state;
	hide(SOUTH, false);
	start_directory();
	const struct store *kept = NORTH->council->store;
	hide(SOUTH, true);
	reload_all();
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	assert_ptr_equal(NORTH->council->store, kept);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T06:02:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
}

/* By mistake, or with its disk. */
static void a_council_that_is_taken_out_of_the_directory_goes_on_and_is_said_to_be_gone(void **state)
{
	(void)state;
	start_directory();
	move(SOUTH, "/casewatchd.yaml", "/elsewhere");
	reload_all();
	assert_true(SOUTH->council->gone);
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T06:00:00Z");
	live_until("2026-02-02T06:02:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	assert_int_equal(mails(SOUTH, "casewatch-ops@", "changed configuration was refused"), 1);
	move(SOUTH, "/elsewhere", "/casewatchd.yaml");
	reload_all();
	assert_false(SOUTH->council->gone);
}

static void a_council_that_is_switched_off_ends_alone_and_begins_again_when_it_is_switched_on(void **state)
{
	(void)state;
	start_directory();
	const struct store *kept = NORTH->council->store;
	move(SOUTH, "/casewatchd.yaml", "/casewatchd.yaml.off");
	reload_all();
	assert_int_equal(SOUTH->council->state, COUNCIL_OFF);
	assert_null(SOUTH->council->store);
	assert_ptr_equal(NORTH->council->store, kept);
	live_until("2026-02-02T06:10:00Z");
	assert_int_equal(SOUTH->council->state, COUNCIL_OFF); /* and is not tried again */
	move(SOUTH, "/casewatchd.yaml.off", "/casewatchd.yaml");
	reload_all();
	live_until("2026-02-02T06:11:00Z");
	assert_int_equal(SOUTH->council->state, COUNCIL_UP);
	happens(SOUTH, "custody.threshold_met", "C1", "2026-02-02T06:11:00Z");
	live_until("2026-02-02T06:12:00Z");
	assert_int_equal(mails(SOUTH, DIRECTOR, "A-1001"), 1);
	daemon_leave(&daemon_, EXIT_SUCCESS);
	daemon_stop(&daemon_);
	assert_int_equal(daemon_.status, EXIT_SUCCESS);
}

static void the_last_council_is_not_switched_off(void **state)
{
	(void)state;
	start_directory();
	for (size_t i = 0; i < MOST; i++)
		move(&of[i], "/casewatchd.yaml", "/casewatchd.yaml.off");
	reload_all();
	size_t up = 0;
	for (size_t i = 0; i < MOST; i++)
		up += of[i].council->state == COUNCIL_UP;
	assert_int_equal(up, 1);
	assert_true(daemon_.list_wrong);
	assert_false(daemon_.leaving);
}

static void a_council_that_is_broken_is_said_to_be_with_the_place_and_is_mended_by_a_reload(void **state)
{
	(void)state;
	write_config(SOUTH, "casewatch.db", "unknown-option: 3\n");
	start_directory();
	assert_non_null(strstr(said_of(SOUTH), "down\t"));
	assert_non_null(strstr(said_of(SOUTH), "/casewatchd.yaml:7:1: there is no option \"unknown-option\""));
	assert_non_null(strstr(said_of(NORTH), "up\t"));
	write_config(SOUTH, "casewatch.db", "");
	reload_all();
	assert_non_null(strstr(said_of(SOUTH), "up\t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_council_that_is_put_into_the_directory_begins_and_the_others_stay),
		TEST(a_council_that_is_taken_out_of_the_directory_goes_on_and_is_said_to_be_gone),
		TEST(a_council_that_is_switched_off_ends_alone_and_begins_again_when_it_is_switched_on),
		TEST(the_last_council_is_not_switched_off),
		TEST(a_council_that_is_broken_is_said_to_be_with_the_place_and_is_mended_by_a_reload),
	};
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
