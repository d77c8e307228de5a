/* The tool beside a database that a daemon has written: what it shows, what it hands over, and what it refuses. */
#include "cli_world.h"

/* ---- the command line ---- */

static void has_a_page_of_help(char *command)
{
	char usage[2048];
	(void)snprintf(usage, sizeof usage, "usage: casewatch %s ", command);
	struct said said = RUN(command, "--help");
	assert_int_equal(said.status, 0);
	assert_has(said.out, usage);
	assert_has(said.out, "--json");
	assert_has(said.out, "Exit status: 0");
	assert_string_equal(said.err, "");
	forget(&said);
}

static void every_command_is_listed_once_and_has_a_page_of_help(void **state)
{
	(void)state;
	char seen[64][24];
	size_t count = 0;
	struct said list = RUN("--help");
	assert_int_equal(list.status, 0);
	for (const char *line = list.out; (line = strstr(line, "\n  ")) != NULL; line += 3) {
		assert_in_range(count, 0, 63);
		assert_int_equal(sscanf(line, " %23[a-z-]", seen[count]), 1);
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(seen[i], seen[count]);
		has_a_page_of_help(seen[count++]);
	}
	assert_true(count > 20);
	forget(&list);
}

/* Also a page of help: a script that reads the options off it must not take an empty page for one. */
static void what_could_not_be_written_is_no_success(void **state)
{
	(void)state;
	char *const asked[][4] = {{"casewatch", "--help"},          {"casewatch", "--version"},
	                          {"casewatch", "help", "check"},   {"casewatch", "check", "--help"},
	                          {"casewatch", "--help", "--json"}};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		int count = 0;
		while (count < 4 && asked[i][count])
			count++;
		FILE *full = fopen("/dev/full", "w"), *err = tmpfile();
		assert_non_null(full);
		assert_non_null(err);
		assert_int_equal(cli_main(count, (char **)asked[i], full, err, clock_manual(&now)), 2);
		(void)fclose(full);
		(void)fclose(err);
	}
}

static void wrong_use_says_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		char *arguments[6];
		const char *said;
	} wrong[] = {
		{{"casewatch", NULL}, "usage: casewatch COMMAND"},
		{{"casewatch", "alert", NULL}, "there is no command \"alert\"; did you mean \"alerts\"?"},
		{{"casewatch", "alerts", "--subjekt", "C1", NULL},
	         "there is no option --subjekt; did you mean \"subject\"?"},
		{{"casewatch", "alerts", "--rule", NULL}, "--rule needs its ID"},
		{{"casewatch", "alerts", "--config=", NULL}, "--config needs its FILE"},
		{{"casewatch", "alerts", "--all=yes", NULL}, "--all takes no value"},
		{{"casewatch", "alerts", "-x", NULL}, "there is no option -x"},
		{{"casewatch", "alerts", "A-1", NULL}, "\"A-1\" is too much"},
		{{"casewatch", "explain", NULL}, "something is missing: ALERT"},
		{{"casewatch", "outbox", "--limit", "many", NULL},
	         "--limit is \"many\"; write a number from 1 to 1000000"},
		{{"casewatch", "quarantine", "burn", "1", NULL},
	         "\"burn\" is not one of list, show, release and discard"},
		{{"casewatch", "follow", "--serve", "--once", NULL}, "--once means nothing without --into"},
		{{"casewatch", "follow", "--into", "x", "--replace", NULL},
	         "--replace means nothing without --take-over"},
		{{"casewatch", "explain", "A-1", "--at", "2020-01-01T00:00:00Z", NULL},
	         "--at means nothing without --events"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = run_arguments((char **)wrong[i].arguments);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wrong[i].said);
		assert_string_equal(said.out, "");
		forget(&said);
	}
}

static void a_configuration_that_is_not_there_is_named(void **state)
{
	(void)state;
	static char *const commands[] = {"alerts", "status", "outbox", "quarantine"};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		struct said said = RUN(commands[i], "--config", "/no/such.yaml");
		assert_int_equal(said.status, 2);
		assert_has(said.err, "/no/such.yaml:1:1: cannot be opened: No such file or directory");
		assert_has(said.err, "name another file with --config, or have casewatch init write a first one");
		forget(&said);
	}
}

static void a_database_that_is_not_there_yet_is_named(void **state)
{
	(void)state;
	char here[512], wanted[256];
	assert_non_null(getcwd(here, sizeof here));
	FILE *file = fopen(in_directory("new.yaml"), "w");
	(void)fprintf(file,
	              "council: A\ndatabase: none.db\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
	              "calendar: {file: %s/conf/bank-holidays.json}\n",
	              here, here, here);
	(void)fclose(file);
	struct said said = RUN("alerts", "--config", (char *)in_directory("new.yaml"));
	assert_int_equal(said.status, 2);
	(void)snprintf(wanted, sizeof wanted,
	               "there is no database at %s/none.db yet; casewatchd makes it when it first runs with",
	               directory);
	assert_has(said.err, wanted);
	forget(&said);
	(void)unlink(in_directory("new.yaml"));
}

/* ---- check ---- */

static void check_tells_what_is_good_and_what_is_not(void **state)
{
	(void)state;
	struct said said = RUN("check");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "is good: ");
	assert_has(said.out, "bank holidays are known to 31 December 2028");
	assert_has(said.out, "nobody is sent mail (shadow)");
	forget(&said);

	FILE *file = fopen(in_directory("bad.yaml"), "w");
	(void)fputs("council: A\ndatabase: x.db\nsmtp: {port: 0}\nhours: {from: noon}\nrules: /no/such\n", file);
	(void)fclose(file);
	char expected[512];
	said = RUN("check", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	(void)snprintf(expected, sizeof expected,
	               "%s/bad.yaml:3:14: smtp.port is \"0\"; write a whole number from 1 to 65535\n", directory);
	assert_has(said.out, expected);
	(void)snprintf(expected, sizeof expected, "%s/bad.yaml:4:15: hours.from is \"noon\"", directory);
	assert_has(said.out, expected);
	forget(&said);

	said = RUN("check", "--json", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(
		said.out,
		"\"line\":3,\"column\":14,\"text\":\"smtp.port is \\\"0\\\"; write a whole number from 1 to 65535\"");
	forget(&said);

	said = RUN("check", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"good\":true");
	forget(&said);
}

/* Nothing is wrong with it; but only ops would hear of what a source must correct. */
static void check_says_that_no_source_has_an_owner(void **state)
{
	char line[512];
	(void)state;
	FILE *from = fopen("conf/directory.yaml", "r"), *to = fopen(in_directory("no-owners.yaml"), "w");
	while (fgets(line, sizeof line, from) && strncmp(line, "sources:", 8) != 0)
		(void)fputs(line, to);
	assert_int_equal(fclose(from) | fclose(to), 0);
	struct said said = RUN("check");
	assert_null(strstr(said.out, "No source has an owner"));
	forget(&said);
	(void)snprintf(line, sizeof line,
	               "sed 's|^directory:.*|directory: %s/no-owners.yaml|' %s/casewatchd.yaml >%s/unowned.yaml",
	               directory, directory, directory);
	assert_int_equal(system(line), 0);
	said = RUN("check", "--config", (char *)in_directory("unowned.yaml"));
	assert_int_equal(said.status, 0);
	assert_has(said.out, "No source has an owner (`sources` of the directory): only ops hear of records that "
	                     "contradict themselves.\n");
	forget(&said);
	(void)unlink(in_directory("no-owners.yaml"));
	(void)unlink(in_directory("unowned.yaml"));
}

/* Who has no phone is told another way; better to know before the night in which it counts. */
static void check_names_those_whom_a_critical_text_would_not_reach(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"p-director is told of critical alerts by webhook and has no webhook: rule new.cell. They are told "
	        "another "
		"way.\n",
		"Critical alerts are told by text (rule new.cell), and notify is not configured: they go another "
		"way.\n"};
	struct said said = RUN("check");
	assert_null(strstr(said.out, "told another way"));
	forget(&said);
	char command[512];
	(void)snprintf(command, sizeof command, "mkdir %s && cp rules/*.yaml %s && rm %s/*.test.yaml",
	               in_directory("rules-reach"), in_directory("rules-reach"), in_directory("rules-reach"));
	assert_int_equal(system(command), 0);
	FILE *file = fopen(in_directory("rules-reach/new.yaml"), "w");
	(void)fputs("rules:\n"
	            "  - {id: new.cell, title: In a cell, severity: critical, event: {event: custody.threshold_met},\n"
	            "     tell: {role: director, channels: [text, webhook]}}\n"
	            "  - {id: new.high, title: Not critical, severity: high, event: {event: custody.detained},\n"
	            "     tell: {role: dcs, channels: [webhook]}}\n",
	            file);
	(void)fclose(file);
	said = RUN("check", "--rules", (char *)in_directory("rules-reach"));
	assert_int_equal(said.status, 0);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_has(said.out, lines[i]);
	assert_null(strstr(said.out, "p-dcs"));
	forget(&said);
	(void)snprintf(command, sizeof command, "rm -r %s", in_directory("rules-reach"));
	assert_int_equal(system(command), 0);
}

/* The shipped rules without those of custody, and one more: in a directory of the test's. */
static char *other_rules(void)
{
	char command[512];
	(void)snprintf(command, sizeof command,
	               "mkdir %s && cp rules/*.yaml %s && rm %s/custody*.yaml %s/plans-and-care.test.yaml",
	               in_directory("rules-new"), in_directory("rules-new"), in_directory("rules-new"),
	               in_directory("rules-new"));
	assert_int_equal(system(command), 0);
	FILE *file = fopen(in_directory("rules-new/new.yaml"), "w");
	assert_non_null(file);
	(void)fputs("rules:\n"
	            "  - {id: new.gone, title: Gone, severity: high, event: {event: missing.started, key: episode},\n"
	            "     ends-on: missing.ended, tell: {role: [social-worker, team-manager]}}\n"
	            "  - {id: new.tried, title: Gone, severity: high, mode: shadow, event: {event: missing.started},\n"
	            "     tell: {role: director}}\n",
	            file);
	(void)fclose(file);
	static char path[128];
	(void)snprintf(path, sizeof path, "%s", in_directory("rules-new"));
	return path;
}

static void check_shows_what_changed_rules_would_open_and_withdraw_of_what_is_on_record(void **state)
{
	(void)state;
	struct said before = RUN("alerts", "--json");
	char *rules = other_rules();
	struct said said = RUN("check", "--rules", rules, "--diff");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "custody.threshold");
	assert_has(said.out, "withdrawn  1       MACH     whoever was told\n");
	assert_has(said.out, "new.gone");
	assert_has(said.out, "opens      1       North 3  Social worker; Team manager\n");
	assert_has(said.out, "opens      1       North 3  nobody (on trial)\n");
	assert_has(said.out, "1 is withdrawn when these rules come");
	assert_has(said.out, "has not judged every history by its own rules yet"); /* no daemon ever did here */
	forget(&said);
	said = RUN("check", "--rules", rules, "--diff", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "{\"rule\":\"new.gone\",\"change\":\"opens\",\"team\":\"North 3\",\"alerts\":1,"
	                     "\"shadow\":false,\"tell\":[\"social-worker\",\"team-manager\"]}");
	assert_has(said.out, "\"withdrawn\":1");
	forget(&said);
	struct said after = RUN("alerts", "--json");
	assert_string_equal(before.out, after.out); /* nothing was written */
	char command[160];
	(void)snprintf(command, sizeof command, "rm -r %s", rules);
	assert_int_equal(system(command), 0);
	forget(&before);
	forget(&after);
}

static void a_template_that_would_fail_at_night_is_found_by_day(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in_directory("words"), 0700), 0);
	FILE *file = fopen(in_directory("words/alert.txt.mustache"), "w");
	(void)fputs("{{#band}}\n", file);
	(void)fclose(file);
	file = fopen(in_directory("bad.yaml"), "w");
	char here[512];
	assert_non_null(getcwd(here, sizeof here));
	(void)fprintf(
		file,
		"council: A\ndatabase: x.db\ntemplates: words\nrules: %s/rules\ndirectory: %s/conf/directory.yaml\n"
		"calendar: {file: %s/conf/bank-holidays.json}\n",
		here, here, here);
	(void)fclose(file);
	struct said said = RUN("check", "--config", (char *)in_directory("bad.yaml"));
	assert_int_equal(said.status, 1);
	assert_has(said.out, "/words/alert.txt.mustache:1:1: ");
	forget(&said);
	(void)unlink(in_directory("words/alert.txt.mustache"));
	assert_int_equal(rmdir(in_directory("words")), 0);
}

/* ---- looking ---- */

static void alerts_lists_what_stands(void **state)
{
	(void)state;
	struct said said = RUN("alerts");
	assert_int_equal(said.status, 0);
	assert_has(said.out, number);
	assert_has(said.out, "critical");
	assert_has(said.out, "custody.threshold");
	assert_has(said.out, "Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "step 1, unanswered, goes on Tue 4 Feb 2020, 22:41");
	assert_has_not(said.out, "C1002");
	forget(&said);

	said = RUN("alerts", "--all", "--subject", "C1002");
	assert_has(said.out, "resolved: released");
	assert_has_not(said.out, "C1001");
	forget(&said);

	said = RUN("alerts", "--rule", "missing.high-risk");
	assert_int_equal(said.status, 0);
	assert_string_equal(said.out, "No such alert stands.\n");
	forget(&said);

	said = RUN("alerts", "--all", "--json");
	assert_int_equal(assert_json_lines(said.out), 2);
	assert_has(said.out, "\"evidence\":[\"e1\"]");
	forget(&said);
}

static void explain_shows_events_rule_clock_messages_and_answers(void **state)
{
	(void)state;
	struct said said = RUN("explain", number);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "critical, standing since Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "About C1001, CU-1");
	assert_has(said.out, "PACE bed threshold met at 22:10");
	assert_has(said.out, "custody.threshold, ");
	assert_has(said.out, "rules/custody.yaml, line ");
	assert_has(said.out, "Basis: ");
	assert_has(said.out, "event e1 from /lcs, recorded Tue 4 Feb 2020, 22:10");
	assert_has(said.out, "CU-1");
	assert_has(said.out,
	           "Director of Children's Care (p-director) by email: opened, step 1, accepted. The server answered: "
	           "250 2.0.0 queued as 4XYZ");
	assert_has(said.out,
	           "Director of Children's Care (p-director): Bed found; to be looked at again 2020-02-05T08:00:00Z");
	assert_has(said.out, "alert.opened  {\"step\":1}");
	assert_has(said.out, "How it came about\n  Tue 4 Feb 2020, 22:10  Threshold met\n"
	                     "      fires the rule; without it there is no alert\n      event e1 from /lcs\n");
	forget(&said);

	said = RUN("explain", alert_id, "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"evidence\":[{\"id\":\"e1\",\"source\":\"/lcs\",\"type\":\"custody.threshold_met\"");
	assert_has(said.out, "\"answers\":[{\"id\":\"t1\"");
	assert_has(said.out, "\"reply\":\"250 2.0.0 queued as 4XYZ\"");
	forget(&said);

	said = RUN("explain", "A-999999");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no alert A-999999; casewatch alerts --all lists them");
	forget(&said);
}

/* Of the daemon's database, beside the running daemon. */
static void an_analyst_asks_why_not_and_who_of_what_is_on_record(void **state)
{
	(void)state;
	struct said said = RUN("why-not", "custody.threshold", "C1001");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "stands for C1001");
	assert_has(said.out, "It stands since Tue 4 Feb 2020, 22:10");
	forget(&said);

	said = RUN("why-not", "missing.vpg-referral", "C1001", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"stands\":false");
	assert_has(said.out, "\"type\":\"missing.started\",\"subject\":\"C1001\"");
	forget(&said);

	said = RUN("who", "custody.threshold", "C1001");
	assert_has(said.out, "Director of Children's Care\n    p-director");
	assert_has(said.out, "Nothing is sent.");
	forget(&said);

	said = RUN("who", "custody.treshold", "C1001");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "no rule is called \"custody.treshold\"; did you mean \"custody.threshold\"?");
	forget(&said);
}

static void outbox_shows_what_waits_and_what_servers_answered(void **state)
{
	(void)state;
	struct said said = RUN("outbox");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "accepted");
	assert_has(said.out, "250 2.0.0 queued as 4XYZ");
	assert_has(said.out, "pending");
	forget(&said);
	said = RUN("outbox", "--open", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"role\":\"dcs\"");
	forget(&said);
	said = RUN("outbox", "--alert", number, "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"role\":\"director\"");
	forget(&said);
	said = RUN("outbox", "--alert", "A-999999");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no alert A-999999");
	forget(&said);
}

static void status_says_what_is_wrong_and_what_to_do(void **state)
{
	(void)state;
	struct said said = RUN("status");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "Daemon       does not run");
	assert_has(said.out, "Standing     1 critical, 0 high, 0 normal");
	assert_has(said.out, "casewatchd does not run: start it (systemctl start casewatchd)");
	forget(&said);
	said = RUN("status", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"standing\":{\"critical\":1,\"high\":0,\"normal\":0}");
	assert_has(said.out, "\"complete_to\":null");
	forget(&said);
}

static void status_knows_a_daemon_by_its_lock_without_trying_it(void **state)
{
	(void)state;
	struct store *store;
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	struct said said = RUN("status");
	assert_has(said.out, "Daemon       runs: process ");
	assert_has_not(said.out, "casewatchd does not run");
	forget(&said);
	store_close(store);
}

static void list_shows_who_is_missing_under_the_id_that_holds_now(void **state)
{
	(void)state;
	struct said said = RUN("list", "daily-missing");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "OFFICIAL-SENSITIVE");
	assert_has(said.out, "C1008");
	assert_has_not(said.out, "C1007");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "north-3", "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"now\":[{\"child\":\"C1008\"");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "south-1", "--json");
	assert_has(said.out, "\"now\":[]");
	forget(&said);
	said = RUN("list", "daily-missing", "--html");
	assert_has(said.out, "<html");
	assert_has(said.out, "C1008");
	forget(&said);
	said = RUN("list", "daily-missing", "--team", "nowhere");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "--team is \"nowhere\", which is no team in the directory");
	forget(&said);
	said = RUN("list", "weekly-missing");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no list \"weekly-missing\"; there is daily-missing");
	forget(&said);
}

static void a_record_that_could_not_be_read_is_on_the_list(void **state)
{
	(void)state;
	struct store *store;
	assert_int_equal(store_open(in_directory("casewatch.db"), STORE_WRITE, &store, &fault), RESULT_OK);
	struct quarantine_row refused = {
		.source_name = TEXT("kafka:events:0@18"),
		.arrived = at("2020-02-04T21:00:00Z"),
		.reason = TEXT("time is missing"),
		.bytes = TEXT("{\"type\":\"missing.started\",\"subject\":\"C1051\",\"data\":{\"episode\":\"E9\"}}")};
	assert_int_equal(store_begin(store, &fault), RESULT_OK);
	assert_int_equal(quarantine_add(store, &refused, &fault), RESULT_OK);
	assert_int_equal(store_commit(store, &fault), RESULT_OK);
	store_close(store);
	struct said said = RUN("list", "daily-missing");
	assert_has(said.out, "A record about child C1051 came at 21:00 without the time the child was");
	forget(&said);
}

/* ---- quarantine ---- */

static void quarantine_shows_a_record_without_obeying_it(void **state)
{
	(void)state;
	struct said said = RUN("quarantine");
	assert_int_equal(said.status, 1);
	assert_has(said.out, "not JSON: a value is expected at byte 8");
	assert_has(said.out, "kafka:events:0@17");
	forget(&said);
	said = RUN("quarantine", "show", "1");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "{\"id\": ?[31m\n7}");
	assert_has_not(said.out, "\x1b");
	forget(&said);
	said = RUN("quarantine", "show", "1", "--raw");
	assert_string_equal(said.out, "{\"id\": \x1b[31m\n7}");
	forget(&said);
	said = RUN("quarantine", "show", "1", "--json");
	assert_int_equal(assert_json_lines(said.out), 1);
	forget(&said);
	said = RUN("quarantine", "show", "99");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "there is no record 99 in quarantine");
	forget(&said);
}

static void a_record_is_released_as_one_line_or_corrected_and_discarded_with_a_reason(void **state)
{
	(void)state;
	struct buffer bytes = {0};
	struct said said = RUN("quarantine", "release", "1");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_has(buffer_cstr(&bytes), "{\"id\": \x1b[31m 7}\n{\"specversion\":\"1.0\"");
	assert_has(buffer_cstr(&bytes), "\"type\":\"quarantine.released\",\"subject\":\"quarantine-1\"");
	forget(&said);

	FILE *file = fopen(in_directory("fixed.json"), "w");
	(void)fputs("\n{\"id\":\n\"e7\"}\n\n", file);
	(void)fclose(file);
	buffer_clear(&bytes);
	said = RUN("quarantine", "release", "1", "--with", (char *)in_directory("fixed.json"), "--reason", "id put in");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_int_equal(strncmp(buffer_cstr(&bytes), "{\"id\": \"e7\"}\n{", 14), 0);
	assert_int_equal(assert_json_lines(buffer_cstr(&bytes)), 2);
	forget(&said);

	buffer_clear(&bytes);
	said = RUN("quarantine", "discard", "1");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "--reason is missing");
	forget(&said);
	said = RUN("quarantine", "discard", "1", "--reason", "test record", "--person", "p-ops");
	assert_int_equal(said.status, 0);
	assert_int_equal(empty_spool(&bytes), 1);
	assert_int_equal(assert_json_lines(buffer_cstr(&bytes)), 1);
	assert_has(buffer_cstr(&bytes), "\"type\":\"quarantine.discarded\"");
	assert_has(buffer_cstr(&bytes), "\"data\":{\"quarantine\":1,\"from\":\"kafka:events:0@17\",");
	assert_has(buffer_cstr(&bytes), "\"reason\":\"test record\",\"person\":\"p-ops\"}");
	forget(&said);
	buffer_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_listed_once_and_has_a_page_of_help),
		cmocka_unit_test(what_could_not_be_written_is_no_success),
		cmocka_unit_test(wrong_use_says_what_would_be_right),
		cmocka_unit_test(a_configuration_that_is_not_there_is_named),
		cmocka_unit_test(a_database_that_is_not_there_yet_is_named),
		cmocka_unit_test(check_tells_what_is_good_and_what_is_not),
		cmocka_unit_test(check_says_that_no_source_has_an_owner),
		cmocka_unit_test(check_names_those_whom_a_critical_text_would_not_reach),
		cmocka_unit_test(check_shows_what_changed_rules_would_open_and_withdraw_of_what_is_on_record),
		cmocka_unit_test(a_template_that_would_fail_at_night_is_found_by_day),
		cmocka_unit_test(alerts_lists_what_stands),
		cmocka_unit_test(explain_shows_events_rule_clock_messages_and_answers),
		cmocka_unit_test(an_analyst_asks_why_not_and_who_of_what_is_on_record),
		cmocka_unit_test(outbox_shows_what_waits_and_what_servers_answered),
		cmocka_unit_test(status_says_what_is_wrong_and_what_to_do),
		cmocka_unit_test(status_knows_a_daemon_by_its_lock_without_trying_it),
		cmocka_unit_test(list_shows_who_is_missing_under_the_id_that_holds_now),
		cmocka_unit_test(a_record_that_could_not_be_read_is_on_the_list),
		cmocka_unit_test(quarantine_shows_a_record_without_obeying_it),
		cmocka_unit_test(a_record_is_released_as_one_line_or_corrected_and_discarded_with_a_reason),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
