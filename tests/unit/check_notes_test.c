/* `casewatch check`: what of changed rules is more likely a slip than meant is said, and they come into force. */
#include "cli_world.h"

/* The shipped rules but those of custody, and what is written here. */
static char *rules_with(const char *words)
{
	static char path[160];
	char command[1500];
	(void)snprintf(path, sizeof path, "%s", in_directory("rules-noted"));
	(void)snprintf(command, sizeof command,
	               "rm -rf %s && mkdir %s && cp rules/*.yaml %s && rm %s/*.test.yaml && "
	               "sed 's/id: custody.threshold$/id: custody.met/' rules/custody.yaml >%s/custody.yaml",
	               path, path, path, path, path);
	assert_int_equal(system(command), 0);
	char file[200];
	(void)snprintf(file, sizeof file, "%s/new.yaml", path);
	FILE *out = fopen(file, "w");
	assert_non_null(out);
	assert_true(fputs(words, out) >= 0);
	assert_int_equal(fclose(out), 0);
	return path;
}

static void renamed_from(char *path, const char *former)
{
	char command[1000];
	(void)snprintf(command, sizeof command,
	               "sed -i 's/id: custody.met$/id: custody.met\\n    renamed-from: %s/' %s/custody.yaml", former,
	               path);
	assert_int_equal(system(command), 0);
}

static void forget_rules(void)
{
	char command[160];
	(void)snprintf(command, sizeof command, "rm -r %s", in_directory("rules-noted"));
	assert_int_equal(system(command), 0);
}

#define BARE                                                                                                           \
	"rules:\n"                                                                                                     \
	"  - {id: new.bare, severity: high, event: {event: custody.detained}, tell: {role: dcs}}\n"                    \
	"  - {id: new.whole, title: Held, text: Go there., severity: high, event: {event: custody.detained},\n"        \
	"     tell: {role: dcs}}\n"

static void a_rule_without_a_title_or_a_text_is_said_where_it_stands(void **state)
{
	(void)state;
	char *path = rules_with(BARE);
	struct said said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "To look at; the rules are in order all the same:\n");
	assert_has(said.out, "/new.yaml:2:5: rule new.bare has no title, so messages show its id; write title: and "
	                     "what people call it\n");
	assert_has(said.out, "/new.yaml:2:5: rule new.bare has no text, so its messages say what happened and not what "
	                     "to do; write text: and one thing to do a line\n");
	assert_has_not(said.out, "new.whole");
	forget(&said);
	said = RUN("check", "--rules", path, "--json");
	assert_int_equal(said.status, 0);
	assert_int_equal(assert_json_lines(said.out), 1);
	assert_has(said.out, "\"line\":2,\"column\":5,\"text\":\"rule new.bare has no title");
	forget(&said);
	said = RUN("check");
	assert_has_not(said.out, "To look at");
	forget(&said);
	forget_rules();
}

/* "The next score ends it" is not what that says. */
static void a_rule_that_ends_at_once_what_it_begins_is_said(void **state)
{
	(void)state;
	char *path = rules_with("rules:\n"
	                        "  - {id: new.score, title: S, text: T., severity: high, event: {event: vcl.scored},\n"
	                        "     closes-on: [rmg.opened, vcl.scored], tell: {role: dcs}}\n"
	                        "  - {id: new.talk, title: S, text: T., severity: high, tell: {role: dcs},\n"
	                        "     deadline: {start: missing.started, stop: missing.started, key: episode,\n"
	                        "     within: 3 days}}\n"
	                        "  - {id: new.other, title: S, text: T., severity: high, tell: {role: dcs},\n"
	                        "     event: {event: [vcl.scored, rmg.opened]}, closes-on: vcl.scored}\n");
	struct said said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "/new.yaml:2:5: rule new.score begins with what is its closes-on, too");
	assert_has(said.out, "/new.yaml:4:5: rule new.talk begins with what is its stop, too");
	assert_has_not(said.out, "new.other");
	forget(&said);
	forget_rules();
}

#define TRIED "severity: high, title: T, text: X., tell: {role: dcs}"

/* Each reads well, and never tells anybody, or never ends by what it names. */
static void a_rule_of_which_a_part_never_comes_is_said(void **state)
{
	static const struct {
		const char *rule, *said; /* NULL: nothing is said */
	} rules[] = {
		{"of: worker, event: {event: allocation.started, where: 'age < 16'}", "asks for age or child."},
		{"of: worker, state: {when: 'open(\"allocation\") && !has(child.date_of_birth)'}",
	         "asks for age or child."},
		{"load: {open: allocation, where: 'age < 16', of: worker, more-than: 3}", "asks for age or child."},
		{"load: {open: cla, of: worker, more-than: 3}",
	         "cla.started names none, so that what it begins is never open"},
		{"of: worker, state: {when: 'open(\"cla\")'}",
	         "cla.started names none, so that what it begins is never open"},
		{"of: worker, event: {event: allocation.started, where: 'seen(\"cla.started\")'}",
	         "it is never seen there"},
		{"of: worker, event: {event: allocation.started}, closes-on: vpg.discussed", "nothing closes on it"},
		{"of: worker, event: {event: allocation.started}, ends-on: vpg.discussed", "nothing ends on it"},
		{"of: provider, guard: {event: placement.started, unless-before: cla.started}",
	         "it never comes before anything"},
		{"of: worker, state: {when: 'open(\"allocation\")', from: birth + 17 years}", "has from: birth"},
		{"of: worker, event: {event: allocation.started}, until-age: 18",
	         "has until-age, which is known of a child alone"},
		{"event: {event: vcl.scored}, until-age: 40", "has an until-age of 31 or more"},
		{"event: {event: vcl.scored, where: 'age >= 31'}", "asks for an age that nobody has"},
		{"event: {event: vcl.scored, where: 'data.level == \"high\" && (age < 18 || 40 <= age)'}",
	         "asks for an age that nobody has"},
		{"event: {event: vcl.scored}, closes-on: {event: vpg.discussed, where: 'age == 35'}",
	         "asks for an age that nobody has"},
		{"event: {event: vcl.scored}, effective-from: 2206-04-01", "takes effect after the year 2100"},
		{"event: {event: vcl.scored}, effective-until: 0206-04-01", "ends before the year 1990"},
		{"event: {event: vcl.scored, where: 'age >= 30 || age == 0 || age < 40'}, until-age: 30", NULL},
		{"of: worker, recurring: {event: supervision.held, every: 30 days, while: 'open(\"allocation\")'}",
	         NULL},
		{"event: {event: vcl.scored}, effective-from: 1990-01-01, effective-until: 2100-12-31", NULL},
		{"of: worker, event: {event: allocation.started}, ends-on: child.died", NULL},
		{"of: worker, deadline: {start: allocation.started, stop: child.transferred, within: 3 days}", NULL},
		{"of: worker, event: {event: allocation.started}, ends-on: allocation.ended", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		char words[600];
		(void)snprintf(words, sizeof words, "rules:\n  - {id: new.never, " TRIED ", %s}\n", rules[i].rule);
		struct said said = RUN("check", "--rules", rules_with(words));
		assert_int_equal(said.status, 0);
		if (!rules[i].said) {
			assert_has_not(said.out, "new.never");
		} else {
			assert_has(said.out, "/new.yaml:2:5: rule new.never ");
			assert_has(said.out, rules[i].said);
		}
		forget(&said);
		forget_rules();
	}
}

static void a_state_that_comes_before_one_of_the_catalogue_is_said(void **state)
{
	(void)state;
	struct said said = RUN("check", "--rules",
	                       rules_with("states:\n"
	                                  "  - {id: cla, from: vpg.opened, to: vpg.closed}\n"
	                                  "  - {id: in-vpg, from: vpg.opened, to: vpg.closed}\n"
	                                  "rules:\n"
	                                  "  - {id: new.state, " TRIED ", state: {when: 'open(\"cla\") || "
	                                  "open(\"in-vpg\")'}}\n"));
	assert_int_equal(said.status, 0);
	assert_has(said.out, "/new.yaml:2:5: state cla comes before the one that event types define by themselves");
	assert_has_not(said.out, "state in-vpg");
	forget(&said);
	forget_rules();
}

/* Rules that were saved on another machine, or by its editor: nobody would hear of what they say. */
static void files_with_nearly_the_name_of_a_rule_are_said(void **state)
{
	static const char *const passed_over[] = {"Other.YAML", "other.yaml.txt", "other.test.yml"};
	static const char *const left_alone[] = {"other.yaml~", ".#other.yaml", "4913", "README"};
	char *path = rules_with(BARE), file[200];
	(void)state;
	for (size_t i = 0; i < 7; i++) {
		(void)snprintf(file, sizeof file, "%s/%s", path, i < 3 ? passed_over[i] : left_alone[i - 3]);
		FILE *out = fopen(file, "we");
		assert_non_null(out);
		assert_int_equal(fclose(out), 0);
	}
	struct said said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 0);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(file, sizeof file,
		               "/%s:1:1: is not read; if it is meant, call it NAME.yaml, and tests "
		               "NAME.test.yaml\n",
		               passed_over[i]);
		assert_has(said.out, file);
	}
	for (size_t i = 0; i < 4; i++)
		assert_has_not(said.out, left_alone[i]);
	forget(&said);
	forget_rules();
}

/* An alert of custody.threshold stands on record. */
static void a_former_id_that_no_alert_here_had_is_said_with_a_guess(void **state)
{
	(void)state;
	char *path = rules_with("rules:\n  - {id: new.one, title: Held, text: Go there., severity: high,\n"
	                        "     event: {event: custody.detained}, tell: {role: dcs}}\n");
	renamed_from(path, "custody.threshhold");
	struct said said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 0);
	assert_has(said.out, "rule custody.met was renamed from \"custody.threshhold\", of which no alert is on record "
	                     "here, so it goes on with none; did you mean \"custody.threshold\"?\n");
	forget(&said);
	(void)rules_with("rules:\n  - {id: new.one, title: Held, text: Go there., severity: high,\n"
	                 "     event: {event: custody.detained}, tell: {role: dcs}}\n");
	renamed_from(path, "custody.threshold");
	said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 0);
	assert_has_not(said.out, "To look at");
	forget(&said);
	forget_rules();
}

static void a_misspelt_role_is_named_where_it_stands(void **state)
{
	(void)state;
	char *path = rules_with("rules:\n"
	                        "  - id: new.one\n"
	                        "    severity: high\n"
	                        "    event: {event: custody.detained}\n"
	                        "    out-of-hours: etd\n"
	                        "    tell:\n"
	                        "      - role: [team-manger, director]\n"
	                        "        also: [{role: virtual-shcool, when: 'open(\"cla\")'}]\n");
	static const char *const places[] = {"/new.yaml:5:19: rule new.one tells the role \"etd\"",
	                                     "/new.yaml:7:16: rule new.one tells the role \"team-manger\"",
	                                     "did you mean \"team-manager\"?",
	                                     "/new.yaml:8:23: rule new.one tells the role \"virtual-shcool\""};
	struct said said = RUN("check", "--rules", path);
	assert_int_equal(said.status, 1);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		assert_has(said.out, places[i]);
	forget(&said);
	forget_rules();
}

/* "Nothing" of a rule that does not exist would look as if all were well. */
static void a_rule_that_is_asked_for_by_a_misspelt_id_is_not_passed_over(void **state)
{
	(void)state;
	static const char *const meant =
		"no rule is called \"custody.threshhold\"; did you mean \"custody.threshold\"?";
	struct said said = RUN("backtest", "--rule", "custody.threshhold", "tests/data/analyst/missing.jsonl");
	assert_int_equal(said.status, 2);
	assert_has(said.err, meant);
	forget(&said);
	said = RUN("alerts", "--rule", "custody.threshhold");
	assert_int_equal(said.status, 2);
	assert_has(said.err, meant);
	forget(&said);
	said = RUN("alerts", "--rule", "custody.threshold");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "custody.threshold");
	forget(&said);
	said = RUN("alerts", "--rule", "missing.high-risk");
	assert_int_equal(said.status, 0);
	assert_has(said.out, "No such alert stands.");
	forget(&said);
}

/* What the second step tells is read by whoever read the first; a council may have no other mailbox, and is told so. */
static void check_with(const char *phone_of_dcs, bool is_said)
{
	char command[700];
	(void)snprintf(command, sizeof command,
	               "sed 's/dcs@example.org, phone: 01632 960101/Director.Childrens.Care@example.org, phone: %s/' "
	               "conf/directory.yaml >%s && sed 's|^directory:.*|directory: %s|' %s >%s",
	               phone_of_dcs, in_directory("one-mailbox.yaml"), in_directory("one-mailbox.yaml"),
	               in_directory("casewatchd.yaml"), in_directory("mailboxes.yaml"));
	assert_int_equal(system(command), 0);
	struct said said = RUN("check", "--config", (char *)in_directory("mailboxes.yaml"));
	assert_int_equal(said.status, 0);
	(is_said ? assert_has : assert_has_not)(
		said.out, "/one-mailbox.yaml:1:1: p-director (director) and p-dcs (dcs) have one address, and the "
			  "ladder goes from one to the other");
	forget(&said);
	(void)unlink(in_directory("one-mailbox.yaml"));
	(void)unlink(in_directory("mailboxes.yaml"));
}

static void two_steps_of_the_ladder_that_lead_to_one_reader_are_said(void **state)
{
	(void)state;
	check_with("01632 960102", true);
	check_with("+44 1632 960102", true); /* the same number */
	check_with("01632 960101", false);
}

static void assert_noted(const char *edit, const char *words)
{
	char command[900];
	(void)snprintf(command, sizeof command,
	               "sed '%s' conf/directory.yaml >%s && sed 's|^directory:.*|directory: %s|' %s >%s", edit,
	               in_directory("people.yaml"), in_directory("people.yaml"), in_directory("casewatchd.yaml"),
	               in_directory("of-people.yaml"));
	assert_int_equal(system(command), 0);
	struct said said = RUN("check", "--config", (char *)in_directory("of-people.yaml"));
	assert_int_equal(said.status, 0);
	(*words ? assert_has : assert_has_not)(said.out, *words ? words : "/people.yaml:1:1: ");
	forget(&said);
	(void)unlink(in_directory("people.yaml"));
	(void)unlink(in_directory("of-people.yaml"));
}

#define COVER(person, by, from, until)                                                                                \
	"s/^  - {person: p-director, by: .*/  - {person: " person ", by: " by ", from: " from ", until: " until "}/"

/* They are two people, and one while one of them is away. */
static void two_steps_of_the_ladder_that_cover_leads_to_one_reader_are_said(void **state)
{
	(void)state;
	assert_noted(COVER("p-director", "p-dcs", "2030-12-24", "2030-12-27"),
	             "/people.yaml:1:1: by cover p-dcs is both director and dcs on 24 December 2030, and the ladder "
	             "goes from one to the other");
	assert_noted(COVER("p-dcs", "p-director", "2020-01-02", "2030-12-27"),
	             "by cover p-director is both director and dcs on ");
	assert_noted(COVER("p-director", "p-dcs", "2020-01-02", "2020-01-03"), ""); /* it is over */
	assert_noted(COVER("p-director", "p-hos-cla", "2030-12-24", "2030-12-27"), "");
}

static void days_on_which_nobody_works_are_said(void **state)
{
	(void)state;
	assert_noted("s/hos.looked-after@example.org/&, days: [sat, sun]/",
	             "/people.yaml:1:1: none of the days of p-hos-cla is a working day");
	assert_noted("s/hos.looked-after@example.org/&, days: [fri, sat]/", "");
}

/* What is passed over without a word shows when the brokers before it are away. */
static void a_broker_that_is_passed_over_is_said(void **state)
{
	static const struct {
		const char *servers, *protocol, *said;
	} of[] = {
		{"k1:9092,k2:9092", NULL, NULL},
		{"PLAINTEXT://k1:9092,k2:9092", NULL, NULL},
		{"ssl://k1:9092, SSL://k2:9092", "ssl", NULL},
		{"ssl://k1:9092,k2:9092", NULL,
	         "the broker ssl://k1:9092 of bootstrap.servers is not of the security.protocol plaintext, so it and "
	         "those behind it are passed over"},
		{"k1:9092, plaintext://k2:9092", "sasl_ssl",
	         "the broker plaintext://k2:9092 of bootstrap.servers is not of the security.protocol sasl_ssl"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		char command[900], protocol[64] = "";
		if (of[i].protocol)
			(void)snprintf(protocol, sizeof protocol, ", security.protocol: %s", of[i].protocol);
		(void)snprintf(command, sizeof command,
		               "{ cat %s; printf 'kafka: {topics: [a], properties: {bootstrap.servers: \"%s\"%s}}\\n'; "
		               "} >%s",
		               in_directory("casewatchd.yaml"), of[i].servers, protocol, in_directory("brokers.yaml"));
		assert_int_equal(system(command), 0);
		struct said said = RUN("check", "--config", (char *)in_directory("brokers.yaml"));
		if (said.status)
			fail_msg("%s%s", said.out, said.err);
		of[i].said ? assert_has(said.out, of[i].said) : assert_has_not(said.out, "passed over");
		forget(&said);
	}
	(void)unlink(in_directory("brokers.yaml"));
}

/* A slip in its year, and nobody would hear for as long: a go-live that has been is not worth a word. */
static void a_go_live_that_lies_ahead_is_said(void **state)
{
	static const char *const times[] = {"2096-04-01T00:00:00+01:00", "2020-04-01T00:00:00+01:00"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char command[400];
		(void)snprintf(command, sizeof command, "sed '/^go-live:/d' %s >%s && echo 'go-live: %s' >>%s",
		               in_directory("casewatchd.yaml"), in_directory("ahead.yaml"), times[i],
		               in_directory("ahead.yaml"));
		assert_int_equal(system(command), 0);
		struct said said = RUN("check", "--config", (char *)in_directory("ahead.yaml"));
		assert_int_equal(said.status, 0);
		(i == 0 ? assert_has : assert_has_not)(said.out, "`go-live` lies ahead: nobody is told of anything "
		                                                 "before Sun 1 Apr 2096, 00:00.\n");
		forget(&said);
		said = RUN("check", "--json", "--config", (char *)in_directory("ahead.yaml"));
		assert_int_equal(said.status, 0);
		(i == 0 ? assert_has : assert_has_not)(said.out, "\"text\":\"`go-live` lies ahead: nobody is told of "
		                                                 "anything before Sun 1 Apr 2096, 00:00\"");
		forget(&said);
		(void)unlink(in_directory("ahead.yaml"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_without_a_title_or_a_text_is_said_where_it_stands),
		cmocka_unit_test(a_rule_that_ends_at_once_what_it_begins_is_said),
		cmocka_unit_test(a_rule_of_which_a_part_never_comes_is_said),
		cmocka_unit_test(a_state_that_comes_before_one_of_the_catalogue_is_said),
		cmocka_unit_test(files_with_nearly_the_name_of_a_rule_are_said),
		cmocka_unit_test(a_former_id_that_no_alert_here_had_is_said_with_a_guess),
		cmocka_unit_test(a_rule_that_is_asked_for_by_a_misspelt_id_is_not_passed_over),
		cmocka_unit_test(a_misspelt_role_is_named_where_it_stands),
		cmocka_unit_test(two_steps_of_the_ladder_that_lead_to_one_reader_are_said),
		cmocka_unit_test(two_steps_of_the_ladder_that_cover_leads_to_one_reader_are_said),
		cmocka_unit_test(days_on_which_nobody_works_are_said),
		cmocka_unit_test(a_broker_that_is_passed_over_is_said),
		cmocka_unit_test(a_go_live_that_lies_ahead_is_said),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
