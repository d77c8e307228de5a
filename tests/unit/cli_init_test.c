/* A first configuration: made of five answers and a file of people, checked before it is written, and never over
 * another. */
#include "cli_world.h"

#include <fcntl.h>

static const char people[] = "email,role,team,parent,phone,hours,duty\n"
			     "director@c.example,director,,,01632 960101,,\n"
			     "dcs@c.example,dcs,,,,,\n"
			     "edt@c.example,edt,,,01632 960123,00:00-24:00,\n"
			     "hos@c.example,head-of-service,Safeguarding,,,,\n"
			     "north@c.example,Team manager,North 1,Safeguarding,,,\n"
			     "mach@c.example,team-manager;mach-manager,MACH,Safeguarding,,,yes\n";

static void write_people(const char *rows)
{
	FILE *file = fopen(in_directory("people.csv"), "w");
	(void)fputs(rows, file);
	assert_int_equal(fclose(file), 0);
}

static char *made(void)
{
	return (char *)in_directory("made/casewatchd.yaml");
}

static struct said init_with(char *option, char *value)
{
	return RUN("init", "--config", made(), "--samples", "conf", "--council", "Example Council", "--ops",
	           "ops@c.example", "--people", (char *)in_directory("people.csv"), "--database", "casewatch.db",
	           "--spool", ".", option, value);
}

static void forget_made(void)
{
	static const char *const names[] = {"made/casewatchd.yaml", "made/directory.yaml", "made/edt.ics"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(in_directory(names[i]));
	(void)rmdir(in_directory("made"));
}

static char *bytes_of(const char *name)
{
	static char bytes[1 << 16];
	FILE *file = fopen(in_directory(name), "r");
	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	(void)fclose(file);
	return bytes;
}

static size_t files_in(const char *name)
{
	size_t count = 0;
	int why = 0;
	DIR *listing = opendir(in_directory(name));
	for (const struct dirent *entry; listing && (entry = file_next(listing, &why)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	assert_int_equal(why, 0);
	if (listing)
		(void)closedir(listing);
	return count;
}

static void what_is_written_is_good_and_three_files_are_all_there_is(void **state)
{
	(void)state;
	write_people(people);
	struct said said = init_with("--mail", "mail.c.example"), check = RUN("check", "--config", made());
	assert_string_equal(said.err, "");
	assert_int_equal(said.status, 0);
	assert_int_equal(check.status, 0);
	assert_has(said.out, "made/casewatchd.yaml is good: ");
	assert_has(said.out, "  the role Chair of the VEMT Practitioners Group (VPG)\n");
	assert_has(said.out, "systemctl enable --now casewatchd");
	assert_has_not(said.out, ".init-");
	assert_int_equal(files_in("made"), 3);
	assert_has(bytes_of("made/casewatchd.yaml"),
	           "  port: 587\n  tls: \"starttls\"\n  from: \"casewatch@c.example\"");
	assert_has(bytes_of("made/directory.yaml"), "duty-team: \"mach\"\nduty-phone: \"01632 960123\"");
	assert_has(bytes_of("made/directory.yaml"), "mach-manager: {title: \"MACH manager\", people: [\"p-mach\"]}");
	assert_has(bytes_of("made/edt.ics"), "SUMMARY:p-edt\r\n");
	forget(&said);
	forget(&check);
	forget_made();
}

static void what_stands_there_already_is_never_written_over(void **state)
{
	static const char *const names[] = {"made/casewatchd.yaml", "made/directory.yaml", "made/edt.ics"};
	(void)state;
	write_people(people);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(mkdir(in_directory("made"), 0755), 0);
		FILE *file = fopen(in_directory(names[i]), "w");
		(void)fputs("mine", file);
		assert_int_equal(fclose(file), 0);
		struct said said = init_with(NULL, NULL);
		assert_int_equal(said.status, 2);
		assert_has(said.err, "is there already, and nothing is overwritten");
		assert_string_equal(bytes_of(names[i]), "mine");
		assert_int_equal(files_in("made"), 1);
		forget(&said);
		forget_made();
	}
}

static void a_row_that_is_not_taken_is_named_by_its_line_with_the_reason(void **state)
{
	static const struct {
		const char *row, *said;
	} rows[] = {
		{",vpg-chair,,,,,", "it has no email"},
		{"a@c.example,vgp-chair,,,,,", "\"vgp-chair\" is no role; did you mean \"vpg-chair\"?"},
		{"a@c.example,team-manager,,,,,", "Team manager is a role of a team, and the row names none"},
		{"a@c.example,team-manager,North 1,,,,", "North 1 has a Team manager already, of line 6"},
		{"a@c.example,social-worker,North 1,MACH,,,",
	         "the team North 1 stands under Safeguarding in an earlier line"},
		{"dcs@c.example,vpg-chair,,,01632 960999,,", NULL}, /* fills in what the first row left out */
		{"director@c.example,vpg-chair,,,01632 960999,,", "the same email stands in line 2 with another id"},
		{"nobody,social-worker,,,,,", "email is not an address: it must have one @"},
		{"a@c.example,social-worker,,,none,,", "phone is not a telephone number"},
		{"a@c.example,social-worker,,,,noon,", "hours is \"noon\""},
		{"a@c.example,social-worker,!!!,,,,", "the team has neither letter nor digit"},
		{"a@c.example,social-worker,,,,,,,,", "it has more cells than there are columns"},
		{"\xff@c.example,social-worker,,,,,", "it is not UTF-8"},
		{"\"a@c.example,social-worker,,,,,", "a quote is opened and not closed"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char whole[2048], line[64];
		(void)snprintf(whole, sizeof whole, "%s%s\n", people, rows[i].row);
		write_people(whole);
		struct said said = init_with(NULL, NULL);
		assert_int_equal(said.status, rows[i].said ? 1 : 0);
		if (rows[i].said) {
			(void)snprintf(line, sizeof line, "people.csv:8: ");
			assert_has(said.err, line);
			assert_has(said.err, rows[i].said);
			assert_has(said.err, "(not taken)\n");
			assert_has(said.out, "1 of 7 rows of ");
			assert_has_not(bytes_of("made/directory.yaml"), "\"p-a\"");
		}
		forget(&said);
		forget_made();
	}
}

/* Whose mails go where is not guessed. */
static void a_file_of_people_with_a_column_twice_is_refused_with_the_place(void **state)
{
	(void)state;
	write_people("email,role,team,Email\ndirector@c.example,director,,dcs@c.example\n");
	struct said said = init_with("--mail", "mail.c.example");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "people.csv:1: column \"Email\" is there twice, the second as column 4");
	assert_int_equal(files_in("made"), 0);
	forget(&said);
}

/* A folder opens as a file does, and cannot be read: half a directory of people is none. */
static void a_file_of_people_that_cannot_be_read_is_said_and_nothing_is_written(void **state)
{
	(void)state;
	(void)unlink(in_directory("people.csv"));
	assert_int_equal(mkdir(in_directory("people.csv"), 0700), 0);
	struct said said = init_with(NULL, NULL);
	assert_int_not_equal(said.status, 0);
	assert_has(said.err, "people.csv cannot be read");
	assert_int_equal(files_in("made"), 0);
	assert_int_equal(rmdir(in_directory("people.csv")), 0);
	forget(&said);
	forget_made();
}

static void nothing_is_written_where_the_last_steps_of_a_ladder_would_be_empty(void **state)
{
	static const char *const needed[] = {"director", "dcs", "edt"};
	(void)state;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		char rows[sizeof people], wanted[64], find[64];
		(void)snprintf(rows, sizeof rows, "%s", people);
		(void)snprintf(find, sizeof find, "%s@c.example,%s", needed[i], needed[i]);
		char *at = strstr(strstr(rows, find), ",");
		memcpy(at + 1, "psw,,", strlen(needed[i]) < 5 ? strlen(needed[i]) : 4);
		(void)snprintf(wanted, sizeof wanted, "names nobody who holds the role %s", needed[i]);
		write_people(rows);
		struct said said = init_with(NULL, NULL);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wanted);
		assert_int_equal(files_in("made"), 0);
		forget(&said);
		forget_made();
	}
}

static void without_a_phone_for_the_nights_it_is_said_which_column_to_fill(void **state)
{
	char rows[sizeof people + 64];
	(void)state;
	(void)snprintf(rows, sizeof rows, "%s", people);
	memcpy(strstr(rows, "01632 960123"), "            ", 12);
	write_people(rows);
	struct said said = init_with(NULL, NULL);
	assert_int_equal(said.status, 2);
	assert_has(said.err, "has no phone for the role edt (Emergency Duty Team)");
	assert_has(said.err, "fill the column phone");
	assert_int_equal(files_in("made"), 0);
	forget(&said);
	forget_made();
	/* another of them has one */
	(void)strcat(rows, "edt2@c.example,edt,,,01632 960124,,\n");
	write_people(rows);
	said = init_with(NULL, NULL);
	assert_int_equal(said.status, 0);
	forget(&said);
	forget_made();
}

static void one_person_cannot_be_both_director_and_dcs(void **state)
{
	char rows[1024];
	(void)state;
	(void)snprintf(rows, sizeof rows, "%sdirector@c.example,dcs,,,,,\n", people);
	write_people(rows);
	struct said said = init_with(NULL, NULL);
	assert_int_equal(said.status, 2);
	assert_has(said.err, "p-director is both director and dcs; the ladder needs two people there");
	assert_has(said.err, "nothing was written");
	assert_int_equal(files_in("made"), 0);
	forget(&said);
	forget_made();
}

static void whatever_an_answer_holds_it_stays_one_value(void **state)
{
	(void)state;
	write_people(people);
	struct said said = RUN("init", "--config", made(), "--samples", "conf", "--council",
	                       "A \"B\": {c} # \\ \xc3\xa9", "--ops", "ops@c.example", "--people",
	                       (char *)in_directory("people.csv"), "--database", "a: b #c.db", "--spool", "- x");
	assert_int_equal(said.status, 0);
	assert_has(bytes_of("made/casewatchd.yaml"), "council: \"A \\\"B\\\": {c} # \\\\ \xc3\xa9\"\n");
	forget(&said);
	forget_made();
}

static void an_answer_that_check_refuses_is_said_and_nothing_is_written(void **state)
{
	(void)state;
	static const struct {
		char *mail, *says;
	} wrong[] = {{"not a host", "casewatchd.yaml: smtp.host is \"not a host\""},
	             {"mail.c.example:25x", "casewatchd.yaml: smtp.host is \"mail.c.example:25x\""},
	             {"mail.c.example:", "casewatchd.yaml: smtp.host is \"mail.c.example:\""},
	             {"mail.c.example:99999", "casewatchd.yaml: smtp.port is \"99999\""}};
	write_people(people);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct said said = init_with("--mail", wrong[i].mail);
		assert_int_equal(said.status, 2);
		assert_has(said.err, wrong[i].says);
		assert_int_equal(files_in("made"), 0);
		forget(&said);
		forget_made();
	}
}

/* Whoever wrote how mails are to leave would wait for them. */
static void what_means_something_only_with_a_server_is_refused_without_it(void **state)
{
	static const struct {
		char *option, *said;
	} of[] = {{"--from", "--from means nothing without --mail"},
	          {"--mail-user", "--mail-user means nothing without --mail"},
	          {"--topic", "--topic means nothing without --kafka"},
	          {"--kafka-user", "--kafka-user means nothing without --kafka"}};
	(void)state;
	write_people(people);
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct said said = init_with(of[i].option, "casewatch@c.example");
		assert_int_equal(said.status, 2);
		assert_has(said.err, of[i].said);
		assert_int_equal(files_in("made"), 0);
		forget(&said);
	}
	forget_made();
}

static void without_a_terminal_nobody_is_asked_and_what_is_missing_is_named(void **state)
{
	(void)state;
	int terminal = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDONLY);
	assert_true(dup2(nothing, STDIN_FILENO) >= 0);
	struct said said = RUN("init", "--config", made(), "--samples", "conf", "--council", "A");
	assert_int_equal(said.status, 2);
	assert_has(said.err, "--ops is missing: Which address hears when something is wrong with casewatch itself?");
	(void)dup2(terminal, STDIN_FILENO);
	(void)close(terminal);
	(void)close(nothing);
	forget(&said);
}

static void the_form_has_a_row_for_each_role_and_is_a_file_of_people_that_can_be_read(void **state)
{
	(void)state;
	struct said form = RUN("init", "--form", "--samples", "conf");
	assert_int_equal(form.status, 0);
	assert_has(form.out, "email,role,team,parent,id,worker,phone,hours,login,duty,title\r\n");
	assert_has(form.out, ",vpg-chair,,,,,,,,,Chair of the VEMT Practitioners Group (VPG)\r\n");
	assert_has_not(form.out, ",ops,");
	assert_has_not(form.out, ",social-worker,");
	write_people(form.out);
	struct said said = init_with(NULL, NULL);
	assert_has(said.err, "people.csv:2: it has no email (not taken)");
	assert_has(said.err, "names nobody who holds the role director");
	assert_has_not(said.err, "is no role");
	forget(&said);
	forget(&form);
	forget_made();
}

static void those_on_call_take_turns_a_week_each_and_this_week_has_somebody(void **state)
{
	char rows[1024];
	(void)state;
	(void)snprintf(rows, sizeof rows, "%sedt2@c.example,edt,,,,00:00-24:00,\nedt3@c.example,edt,,,,00:00-24:00,\n",
	               people);
	write_people(rows);
	instant before = now;
	struct clock clock = clock_real();
	now = clock_now(&clock); /* rotas are read for the machine's own time */
	struct said said = init_with(NULL, NULL), check = RUN("check", "--json", "--config", made());
	now = before;
	assert_int_equal(said.status, 0);
	assert_has(bytes_of("made/edt.ics"), "RRULE:FREQ=WEEKLY;INTERVAL=3\r\nSUMMARY:p-edt2\r\n");
	/* No gap in the next 30 days, and nobody beside another, but for the hour that the week in which clocks go
	 * forward lasts longer (docs/readings.md): once, where this runs in the month before it. */
	assert_has(check.out, "\"rotas\":[");
	assert_null(strstr(check.out, "\"what\":\"gap\""));
	const char *overlap = strstr(check.out, "\"what\":\"overlap\"");
	assert_null(overlap ? strstr(overlap + 1, "\"what\":\"overlap\"") : NULL);
	forget(&said);
	forget(&check);
	forget_made();
}

static int end_init(void **state)
{
	(void)unlink(in_directory("people.csv"));
	return end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_good_and_three_files_are_all_there_is),
		cmocka_unit_test(what_stands_there_already_is_never_written_over),
		cmocka_unit_test(a_row_that_is_not_taken_is_named_by_its_line_with_the_reason),
		cmocka_unit_test(a_file_of_people_that_cannot_be_read_is_said_and_nothing_is_written),
		cmocka_unit_test(a_file_of_people_with_a_column_twice_is_refused_with_the_place),
		cmocka_unit_test(nothing_is_written_where_the_last_steps_of_a_ladder_would_be_empty),
		cmocka_unit_test(without_a_phone_for_the_nights_it_is_said_which_column_to_fill),
		cmocka_unit_test(one_person_cannot_be_both_director_and_dcs),
		cmocka_unit_test(whatever_an_answer_holds_it_stays_one_value),
		cmocka_unit_test(an_answer_that_check_refuses_is_said_and_nothing_is_written),
		cmocka_unit_test(what_means_something_only_with_a_server_is_refused_without_it),
		cmocka_unit_test(without_a_terminal_nobody_is_asked_and_what_is_missing_is_named),
		cmocka_unit_test(the_form_has_a_row_for_each_role_and_is_a_file_of_people_that_can_be_read),
		cmocka_unit_test(those_on_call_take_turns_a_week_each_and_this_week_has_somebody),
	};
	return cmocka_run_group_tests_name("a first configuration", tests, begin, end_init);
}
