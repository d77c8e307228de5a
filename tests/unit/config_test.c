/* Every option of casewatchd.yaml: what a person reads when it is wrong, and what holds when it is not given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/config.h"
#include "rules/load/load.h"

/* The rules that the next load finds: here one rule that tells `told`. It stands in for the room's own reader of rules,
 * which has tests of its own. */
static const char *told;

struct ruleset *rules_load_dir(const char *dir, struct config_faults *faults)
{
	if (strstr(dir, "no-such")) {
		config_fault_add(faults, dir, 1, 1, "cannot be opened: No such file or directory");
		return NULL;
	}
	struct ruleset *set = ruleset_new();
	if (!told)
		return set;
	struct arena *arena = ruleset_arena(set);
	struct rule *rule = memset(arena_alloc(arena, sizeof *rule), 0, sizeof *rule);
	struct step *step = memset(arena_alloc(arena, sizeof *step), 0, sizeof *step);
	step->roles = arena_alloc(arena, sizeof *step->roles);
	step->roles[0] = told;
	step->role_count = 1;
	*rule = (struct rule){.id = "custody.threshold", .file = "rules/custody.yaml", .line = 7, .steps = step,
	                      .step_count = 1};
	set->rules = rule;
	set->rule_count = 1;
	return set;
}

static char directory[] = "/tmp/casewatch-config-XXXXXX";
static char path[64];

static void write_file(const char *name, const char *bytes, mode_t mode)
{
	char whole[128];
	(void)snprintf(whole, sizeof whole, "%s/%s", directory, name);
	(void)unlink(whole);
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(whole, mode), 0);
}

static int make_directory(void **state)
{
	(void)state;
	char here[1024], whole[1200], link[128];
	if (!mkdtemp(directory) || !getcwd(here, sizeof here))
		return -1;
	(void)snprintf(path, sizeof path, "%s/casewatchd.yaml", directory);
	static const char *const files[] = {"directory.yaml", "bank-holidays.json"};
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(whole, sizeof whole, "%s/conf/%s", here, files[i]);
		(void)snprintf(link, sizeof link, "%s/%s", directory, files[i]);
		if (symlink(whole, link) != 0)
			return -1;
	}
	write_file("secret", "correct horse\n", 0600);
	write_file("open-secret", "correct horse\n", 0644);
	write_file("empty-secret", "", 0600);
	write_file("ca.pem", "a certificate\n", 0644);
	write_file("not.json", "{]", 0644);
	return unsetenv("CREDENTIALS_DIRECTORY");
}

static int remove_directory(void **state)
{
	(void)state;
	static const char *const files[] = {"directory.yaml", "bank-holidays.json", "secret", "open-secret",
	                                    "empty-secret", "ca.pem", "not.json", "spoilt.yaml", "casewatchd.yaml"};
	char whole[128];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		(void)snprintf(whole, sizeof whole, "%s/%s", directory, files[i]);
		(void)unlink(whole);
	}
	return rmdir(directory);
}

/* The faults as "FILE:LINE:COLUMN: TEXT", one a line; the test's directory is shown as "@". */
static void all_of(const struct config_faults *faults, struct buffer *out)
{
	struct buffer raw = {0};
	for (size_t i = 0; i < faults->count; i++)
		buffer_format(&raw, "%s%s:%d:%d: %s", i ? "\n" : "", faults->items[i].file, faults->items[i].line,
		              faults->items[i].column, faults->items[i].text);
	buffer_clear(out);
	const char *at = buffer_cstr(&raw);
	for (const char *next; (next = strstr(at, directory)); at = next + strlen(directory)) {
		buffer_add(out, at, (size_t)(next - at));
		buffer_char(out, '@');
	}
	buffer_string(out, at);
	buffer_free(&raw);
}

static struct config *load(const char *bytes, struct config_faults *faults)
{
	write_file("casewatchd.yaml", bytes, 0644);
	return config_load(path, NULL, faults);
}

static void assert_faults(const char *bytes, const char *expected)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct config *config = load(bytes, &faults);
	all_of(&faults, &said);
	if (strcmp(buffer_cstr(&said), expected) != 0)
		print_error("for:\n%s\n", bytes);
	assert_string_equal(buffer_cstr(&said), expected);
	assert_null(config);
	buffer_free(&said);
	config_faults_free(&faults);
}

static struct config *assert_loads(const char *bytes)
{
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct config *config = load(bytes, &faults);
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said), "");
	assert_non_null(config);
	buffer_free(&said);
	config_faults_free(&faults);
	return config;
}

#define WHOLE "council: Example Council\ndatabase: casewatch.db\n" /* two lines; cases go on with the third */
#define DURATIONS "write 1 to 1000 minutes, hours, days, working days, weeks or months"

struct wrong_option {
	const char *name;     /* of the option */
	const char *bytes;    /* after WHOLE, unless it has the whole file */
	bool whole;
	const char *expected; /* after "@/casewatchd.yaml:" */
};

static const struct wrong_option wrong_options[] = {
	{"council", "council: [Example]\ndatabase: x.db\n", true,
	 "1:10: council is a list; write text of at most 100 characters on one line"},
	{"council", "council: \"A\\nB\"\ndatabase: x.db\n", true,
	 "1:10: council is \"A B\"; write text of at most 100 characters on one line"},
	{"council", "database: x.db\n", true, "1:1: council is missing; write text of at most 100 characters on one line"},
	{"database", "council: A\ndatabase: {}\n", true,
	 "2:11: database is a mapping; write a path; a relative one is relative to this file"},
	{"database", "council: A\ndatabase:\n", true,
	 "1:1: database is missing; write a path; a relative one is relative to this file"},
	{"rules", "rules: [a, b]\n", false, "3:8: rules is a list; write a path; a relative one is relative to this file"},
	{"directory", "directory: \"\"\n", false,
	 "3:12: directory is \"\"; write a path; a relative one is relative to this file"},
	{"templates", "templates: {a: b}\n", false,
	 "3:12: templates is a mapping; write a path; a relative one is relative to this file"},
	{"go-live", "go-live: 2026-04-01\n", false,
	 "3:10: go-live is \"2026-04-01\"; write a time such as 2026-04-01T00:00:00+01:00"},
	{"answer-url", "answer-url: http://casewatch.example/a/\n", false,
	 "3:13: answer-url is \"http://casewatch.example/a/\"; write an address that begins with https://"},
	{"answer-url", "answer-url: 'https://a b'\n", false,
	 "3:13: answer-url is \"https://a b\"; write an address that begins with https://"},
	{"calendar.file", "calendar:\n  file: no-such.json\n", false,
	 "4:9: calendar.file: \"@/no-such.json\" cannot be read: No such file or directory; write the file's path"},
	{"calendar.zone", "calendar: {zone: 'Europe London'}\n", false,
	 "3:18: calendar.zone is \"Europe London\"; write a zone of the tz database, such as Europe/London"},
	{"hours.from", "hours:\n  from: 8\n", false,
	 "4:9: hours.from is \"8\"; write a time of day from \"00:00\" to \"23:59\""},
	{"hours.until", "hours: {until: \"25:00\"}\n", false,
	 "3:16: hours.until is \"25:00\"; write a time of day from \"00:01\" to \"24:00\""},
	{"hours.until", "hours: {from: \"17:00\", until: \"08:00\"}\n", false,
	 "3:31: hours.until must be later than hours.from"},
	{"events.type-prefix", "events:\n  type-prefix: uk.gov\n", false,
	 "4:16: events.type-prefix is \"uk.gov\"; write at most 128 letters, digits, hyphens and dots, with a dot at the "
	 "end"},
	{"events.bytes", "events: {bytes: 1000}\n", false,
	 "3:17: events.bytes is \"1000\"; write a whole number from 65536 to 16777216"},
	{"events.depth", "events: {depth: 1000}\n", false,
	 "3:17: events.depth is \"1000\"; write a whole number from 4 to 128"},
	{"limits.batch-events", "limits: {batch-events: 0}\n", false,
	 "3:24: limits.batch-events is \"0\"; write a whole number from 1 to 100000"},
	{"limits.batch-kilobytes", "limits: {batch-kilobytes: 1}\n", false,
	 "3:27: limits.batch-kilobytes is \"1\"; write a whole number from 64 to 65536"},
	{"limits.batch-milliseconds", "limits: {batch-milliseconds: -1}\n", false,
	 "3:30: limits.batch-milliseconds is \"-1\"; write a whole number from 0 to 1000"},
	{"limits.ring-batches", "limits: {ring-batches: 4.5}\n", false,
	 "3:24: limits.ring-batches is \"4.5\"; write a whole number from 1 to 64"},
	{"limits.prefetch-kilobytes", "limits: {prefetch-kilobytes: 99999999999999999999}\n", false,
	 "3:30: limits.prefetch-kilobytes is \"99999999999999999999\"; write a whole number from 1024 to 1048576"},
	{"limits.cache-megabytes", "limits: {cache-megabytes: '128'}\n", false,
	 "3:27: limits.cache-megabytes is \"128\"; write a whole number from 8 to 65536"},
	{"ladder.step-after.critical", "ladder: {step-after: {critical: soon}}\n", false,
	 "3:33: ladder.step-after.critical is \"soon\"; " DURATIONS},
	{"ladder.step-after.high", "ladder: {step-after: {high: 0 days}}\n", false,
	 "3:29: ladder.step-after.high is \"0 days\"; " DURATIONS},
	{"ladder.step-after.normal", "ladder: {step-after: {normal: 1 year}}\n", false,
	 "3:31: ladder.step-after.normal is \"1 year\"; " DURATIONS},
	{"ladder.review-after.critical", "ladder: {review-after: {critical: 12}}\n", false,
	 "3:35: ladder.review-after.critical is \"12\"; " DURATIONS},
	{"ladder.review-after.high", "ladder: {review-after: {high: []}}\n", false,
	 "3:31: ladder.review-after.high is a list; " DURATIONS},
	{"ladder.review-after.normal", "ladder: {review-after: {normal: 2000 days}}\n", false,
	 "3:33: ladder.review-after.normal is \"2000 days\"; " DURATIONS},
	{"ladder.ask-again.critical", "ladder: {ask-again: {critical: half an hour}}\n", false,
	 "3:32: ladder.ask-again.critical is \"half an hour\"; " DURATIONS},
	{"ladder.ask-again.high", "ladder: {ask-again: {high: 1d}}\n", false,
	 "3:28: ladder.ask-again.high is \"1d\"; " DURATIONS},
	{"ladder.ask-again.normal", "ladder: {ask-again: {normal: -1 week}}\n", false,
	 "3:30: ladder.ask-again.normal is \"-1 week\"; " DURATIONS},
	{"ladder.old-after.critical", "ladder: {old-after: {critical: never}}\n", false,
	 "3:32: ladder.old-after.critical is \"never\"; " DURATIONS},
	{"ladder.old-after.high", "ladder: {old-after: {high: true}}\n", false,
	 "3:28: ladder.old-after.high is \"true\"; " DURATIONS},
	{"ladder.old-after.normal", "ladder: {old-after: {normal: 7 dais}}\n", false,
	 "3:30: ladder.old-after.normal is \"7 dais\"; " DURATIONS},
	{"kafka.topics", "kafka:\n  topics: [events, 'a b', events]\n", false,
	 "4:20: kafka.topics has \"a b\"; write a topic's name: 1 to 249 letters, digits, dots, hyphens and underscores\n"
	 "@/casewatchd.yaml:4:27: kafka.topics has \"events\" twice; keep one\n"
	 "@/casewatchd.yaml:4:11: kafka.topics needs the broker's address; write bootstrap.servers in kafka.properties"},
	{"kafka.topics", "kafka: {topics: {a: b}}\n", false,
	 "3:17: kafka.topics is a mapping; write a list of at most 64 topic names"},
	{"kafka.group", "kafka: {group: a group}\n", false,
	 "3:16: kafka.group is \"a group\"; write 1 to 200 letters, digits, dots, hyphens and underscores"},
	{"kafka.instance", "kafka: {instance: [one, two]}\n", false,
	 "3:19: kafka.instance is a list; write 1 to 200 letters, digits, dots, hyphens and underscores"},
	{"kafka.first-read", "kafka: {first-read: earlist}\n", false,
	 "3:21: kafka.first-read is \"earlist\"; write earliest or latest; did you mean \"earliest\"?"},
	{"kafka.lost-position", "kafka: {lost-position: latest}\n", false,
	 "3:24: kafka.lost-position is \"latest\"; write stop or earliest"},
	{"kafka.password-file", "kafka: {password-file: open-secret}\n", false,
	 "3:24: kafka.password-file: \"@/open-secret\" is open to others (mode 0644); chmod it to 0600, or 0640 with "
	 "casewatch's group"},
	{"kafka.properties", "kafka: {properties: bootstrap}\n", false,
	 "3:21: kafka.properties is text; write a mapping of librdkafka's names to values"},
	{"kafka.properties", "kafka: {properties: {client.id: x}}\n", false,
	 "3:21: kafka.properties without kafka.topics; write the topics to read, or remove both"},
	{"answer-sources", "answer-sources: [a]\n", false,
	 "3:17: answer-sources is a list; write text of at most 2000 characters on one line"},
	{"spool", "spool: [a]\n", false, "3:8: spool is a list; write a path; a relative one is relative to this file"},
	{"smtp.host", "smtp: {host: 'mail example'}\n", false,
	 "3:14: smtp.host is \"mail example\"; write a host name or an address such as mail.example.org"},
	{"smtp.host", "smtp: {host: mail.example.org}\n", false,
	 "3:14: smtp.host needs an address that messages come from; write smtp.from"},
	{"smtp.port", "smtp: {port: 70000}\n", false, "3:14: smtp.port is \"70000\"; write a whole number from 1 to 65535"},
	{"smtp.tls", "smtp: {tls: ssl}\n", false, "3:13: smtp.tls is \"ssl\"; write none, starttls or tls"},
	{"smtp.tls", "smtp: {host: mail.example.org, from: a@example.org, tls: none}\n", false,
	 "3:58: smtp.tls is none, so mail about children would cross the network in clear; write starttls or tls (none is "
	 "for a server on this machine)"},
	{"smtp.tls",
	 "smtp: {host: mail.example.org, from: a@example.org, tls: none, user: u, password-file: secret}\n", false,
	 "3:58: smtp.tls is none, so the password would cross the network in clear; write starttls or tls"},
	{"smtp.ca-file", "smtp: {ca-file: no-such.pem}\n", false,
	 "3:17: smtp.ca-file: \"@/no-such.pem\" cannot be opened: No such file or directory; write the path of a PEM file"},
	{"smtp.ca-file", "smtp: {host: localhost, from: a@example.org, tls: none, ca-file: ca.pem}\n", false,
	 "3:66: smtp.ca-file without TLS; write smtp.tls: starttls or tls"},
	{"smtp.user", "smtp: {user: \"a\\tb\"}\n", false,
	 "3:14: smtp.user is \"a b\"; write text of at most 200 characters on one line"},
	{"smtp.user", "smtp: {host: localhost, from: a@example.org, user: u}\n", false,
	 "3:52: smtp.user without a password; write smtp.password-file"},
	{"smtp.password-file", "smtp: {password-file: empty-secret}\n", false,
	 "3:23: smtp.password-file: \"@/empty-secret\" is empty; write the password on its first line"},
	{"smtp.password-file", "smtp: {password-file: no-such}\n", false,
	 "3:23: smtp.password-file: \"@/no-such\" cannot be opened: No such file or directory; write the file's path"},
	{"smtp.password-file", "smtp: {host: localhost, from: a@example.org, password-file: secret}\n", false,
	 "3:61: smtp.password-file without a user; write smtp.user"},
	{"smtp.from", "smtp: {from: 'Casewatch <a@example.org>'}\n", false,
	 "3:14: smtp.from is \"Casewatch <a@example.org>\"; write one mail address such as casewatch@example.org"},
	{"smtp.from-name", "smtp: {from-name: \"a\\r\\nBcc: b\"}\n", true,
	 "1:19: a control character in a value; remove it"},
	{"smtp.from-name", "smtp: {from-name: {}}\n", false,
	 "3:19: smtp.from-name is a mapping; write text of at most 60 characters on one line"},
	{"smtp.domain", "smtp: {domain: example..org}\n", false,
	 "3:16: smtp.domain is \"example..org\"; write a host name or an address such as mail.example.org"},
	{"smtp.timeout-milliseconds", "smtp: {timeout-milliseconds: 10}\n", false,
	 "3:30: smtp.timeout-milliseconds is \"10\"; write a whole number from 1000 to 300000"},
	{"smtp.threads", "smtp: {threads: 100}\n", false, "3:17: smtp.threads is \"100\"; write a whole number from 1 to 16"},
	{"lists", "lists: {a: b}\n", false, "3:8: lists is a mapping; write a path; a relative one is relative to this file"},
};

static void each_option_says_where_it_is_wrong_and_what_would_be_right(void **state)
{
	(void)state;
	told = NULL;
	for (size_t i = 0; i < sizeof wrong_options / sizeof *wrong_options; i++) {
		const struct wrong_option *wrong = &wrong_options[i];
		struct buffer bytes = {0}, expected = {0};
		buffer_format(&bytes, "%s%s", wrong->whole ? "" : WHOLE, wrong->bytes);
		buffer_format(&expected, "@/casewatchd.yaml:%s", wrong->expected);
		assert_faults(buffer_cstr(&bytes), buffer_cstr(&expected));
		buffer_free(&bytes);
		buffer_free(&expected);
	}
}

static void no_option_is_without_such_a_case(void **state)
{
	(void)state;
	size_t count;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		for (size_t j = 0; j < sizeof wrong_options / sizeof *wrong_options; j++)
			found = found || strcmp(wrong_options[j].name, options[i].name) == 0;
		if (!found)
			print_error("no case for %s\n", options[i].name);
		assert_true(found);
	}
}

static void unknown_options_come_with_a_guess(void **state)
{
	(void)state;
	assert_faults(WHOLE "smpt: {}\n", "@/casewatchd.yaml:3:1: there is no option \"smpt\"; did you mean \"smtp\"?");
	assert_faults(WHOLE "smtp: {prot: 25}\n",
	              "@/casewatchd.yaml:3:8: there is no option \"smtp.prot\"; did you mean \"port\"?");
	assert_faults(WHOLE "hours: {lunch: \"12:00\"}\n",
	              "@/casewatchd.yaml:3:9: there is no option \"hours.lunch\"; it may be from or until");
	assert_faults(WHOLE "smtp: mail.example.org\n",
	              "@/casewatchd.yaml:3:7: smtp is text; write a mapping of options to values");
}

static void all_faults_are_told_at_once(void **state)
{
	(void)state;
	assert_faults("database: x.db\nsmtp: {port: 0}\nhours: {from: noon}\n",
	              "@/casewatchd.yaml:1:1: council is missing; write text of at most 100 characters on one line\n"
	              "@/casewatchd.yaml:3:15: hours.from is \"noon\"; write a time of day from \"00:00\" to \"23:59\"\n"
	              "@/casewatchd.yaml:2:14: smtp.port is \"0\"; write a whole number from 1 to 65535");
}

struct wrong_property {
	const char *line; /* one line of the map */
	const char *expected;
};

static const struct wrong_property wrong_properties[] = {
	{"group.id: x", "6:5: kafka.properties: group.id is not yours to set: write kafka.group"},
	{"group.instance.id: x", "6:5: kafka.properties: group.instance.id is not yours to set: write kafka.instance"},
	{"enable.auto.commit: true", "6:5: kafka.properties: enable.auto.commit is not yours to set: casewatch keeps "
	                             "positions in its own database; remove it"},
	{"enable.auto.offset.store: true", "6:5: kafka.properties: enable.auto.offset.store is not yours to set: casewatch "
	                                   "keeps positions in its own database; remove it"},
	{"auto.offset.reset: latest", "6:5: kafka.properties: auto.offset.reset is not yours to set: write "
	                              "kafka.first-read and kafka.lost-position"},
	{"isolation.level: read_uncommitted", "6:5: kafka.properties: isolation.level is not yours to set: casewatch reads "
	                                      "what is committed; remove it"},
	{"partition.assignment.strategy: cooperative-sticky",
	 "6:5: kafka.properties: partition.assignment.strategy is not yours to set: casewatch sets range, for others lose "
	 "events in this librdkafka; remove it"},
	{"queued.max.messages.kbytes: 100", "6:5: kafka.properties: queued.max.messages.kbytes is not yours to set: write "
	                                    "limits.prefetch-kilobytes"},
	{"sasl.password: hunter2", "6:5: kafka.properties: sasl.password is not yours to set: secrets come from files "
	                           "alone; write kafka.password-file"},
	{"enable.ssl.certificate.verification: false",
	 "6:5: kafka.properties: enable.ssl.certificate.verification is not yours to set: the broker's certificate is always "
	 "verified; write ssl.ca.location"},
	{"securty.protocol: ssl", "6:5: kafka.properties has \"securty.protocol\", which is no property of a consumer; did "
	                          "you mean \"security.protocol\"?"},
	{"no.such.thing.at.all: 1", "6:5: kafka.properties has \"no.such.thing.at.all\", which is no property of a "
	                            "consumer; remove it or see librdkafka's CONFIGURATION.md"},
	{"security.protocol: tls", "6:24: kafka.properties: security.protocol is \"tls\"; write plaintext, ssl, "
	                           "sasl_plaintext or sasl_ssl"},
	{"session.timeout.ms: 0", "6:25: kafka.properties: session.timeout.ms is \"0\"; write a whole number from 1 to "
	                          "3600000"},
	{"check.crcs: perhaps", "6:17: kafka.properties: check.crcs is \"perhaps\"; write true or false"},
	{"client.id: [a]", "6:16: kafka.properties: client.id is a list; write one value"},
	{"ssl.ca.location: no-such.pem", "6:22: kafka.properties: ssl.ca.location: \"@/no-such.pem\" cannot be opened: No "
	                                 "such file or directory; write the file's path"},
	{"sasl.username: casewatch", "5:5: kafka.properties has sasl.username but there is no password; write "
	                             "kafka.password-file"},
};

static void properties_of_kafka_are_checked_before_librdkafka_sees_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong_properties / sizeof *wrong_properties; i++) {
		struct buffer bytes = {0}, expected = {0};
		buffer_format(&bytes,
		              "council: A\ndatabase: x.db\nkafka: {topics: a, properties: {\n    \n"
		              "    bootstrap.servers: 'localhost:9092',\n    %s}}\n",
		              wrong_properties[i].line);
		/* The map's own place is where its brace stands. */
		const char *at = wrong_properties[i].expected;
		buffer_format(&expected, "@/casewatchd.yaml:%s%s", strncmp(at, "5:5:", 4) == 0 ? "3:32:" : "",
		              strncmp(at, "5:5:", 4) == 0 ? at + 4 : at);
		assert_faults(buffer_cstr(&bytes), buffer_cstr(&expected));
		buffer_free(&bytes);
		buffer_free(&expected);
	}
	assert_faults(WHOLE "kafka: {topics: a, properties: {client.id: x}}\n",
	              "@/casewatchd.yaml:3:17: kafka.topics needs the broker's address; write bootstrap.servers in "
	              "kafka.properties");
}

static void good_properties_come_through_with_paths_made_whole(void **state)
{
	(void)state;
	struct config *config =
		assert_loads(WHOLE "kafka:\n  topics: [a, b]\n  password-file: secret\n  properties:\n"
	                           "    bootstrap.servers: localhost:9092\n    ssl.ca.location: ca.pem\n"
	                           "    sasl.username: u\n    session.timeout.ms: 6000\n");
	assert_int_equal(config->kafka.topic_count, 2);
	assert_string_equal(config->kafka.topics[1], "b");
	assert_int_equal(config->kafka.property_count, 4);
	assert_string_equal(config->kafka.properties[0].name, "bootstrap.servers");
	assert_string_equal(config->kafka.properties[0].value, "localhost:9092");
	struct buffer ca = {0};
	buffer_format(&ca, "%s/ca.pem", directory);
	assert_string_equal(config->kafka.properties[1].value, buffer_cstr(&ca));
	assert_string_equal(config->kafka.properties[3].value, "6000");
	buffer_free(&ca);
	config_free(config);
}

static void what_is_not_given_is_as_the_rules_say(void **state)
{
	(void)state;
	struct config *config = assert_loads(WHOLE);
	assert_string_equal(config->zone, "Europe/London");
	assert_int_equal(config->hours_from, 480);
	assert_int_equal(config->hours_until, 1020);
	assert_true(config->go_live == INSTANT_NONE);
	assert_int_equal(config->event_bytes, 65536);
	assert_int_equal(config->event_depth, 32);
	assert_int_equal(config->step_after[SEVERITY_CRITICAL].amount, 30);
	assert_int_equal(config->step_after[SEVERITY_CRITICAL].unit, UNIT_MINUTES);
	assert_int_equal(config->step_after[SEVERITY_HIGH].unit, UNIT_WORKING_DAYS);
	assert_int_equal(config->step_after[SEVERITY_NORMAL].amount, 5);
	assert_int_equal(config->review_after[SEVERITY_CRITICAL].amount, 12);
	assert_int_equal(config->review_after[SEVERITY_NORMAL].amount, 10);
	assert_int_equal(config->ask_again[SEVERITY_NORMAL].unit, UNIT_WEEKS);
	assert_int_equal(config->old_after[SEVERITY_CRITICAL].amount, 24);
	assert_int_equal(config->old_after[SEVERITY_HIGH].amount, 7);
	assert_int_equal(config->kafka.topic_count, 0);
	assert_null(config->spool);
	assert_null(config->smtp.host);
	assert_int_equal(config->smtp.tls, SMTP_TLS_STARTTLS);
	assert_int_equal(config->smtp.port, 587);
	assert_int_equal(config->list_count, 0); /* no list without a directory of them */
	assert_non_null(config->calendar);
	assert_non_null(config->directory);
	assert_non_null(config->rules);
	struct buffer database = {0};
	buffer_format(&database, "%s/casewatch.db", directory);
	assert_string_equal(config->database, buffer_cstr(&database));
	buffer_free(&database);
	config_free(config);
}

static void what_is_given_holds(void **state)
{
	(void)state;
	struct config *config = assert_loads(
		WHOLE "go-live: 2026-04-01T00:00:00+01:00\nanswer-url: https://casewatch.example/a/\nspool: /var/spool/cw\n"
	              "hours: {from: \"09:00\", until: \"16:30\"}\n"
	              "events: {type-prefix: uk.gov.example., bytes: 131072, depth: 40}\n"
	              "ladder: {step-after: {critical: 15 minutes}, ask-again: {high: 2 days}}\n"
	              "smtp: {host: mail.example.org, from: casewatch@example.org, tls: tls, port: 465, user: u, "
	              "password-file: secret, ca-file: ca.pem, threads: 4}\n");
	char go_live[32];
	instant_print(config->go_live, go_live);
	assert_string_equal(go_live, "2026-03-31T23:00:00Z");
	assert_string_equal(config->answer_url, "https://casewatch.example/a/");
	assert_string_equal(config->spool, "/var/spool/cw");
	assert_int_equal(config->hours_until, 990);
	assert_string_equal(config->type_prefix, "uk.gov.example.");
	assert_int_equal(config->event_bytes, 131072);
	assert_int_equal(config->step_after[0].amount, 15);
	assert_int_equal(config->step_after[1].amount, 1);
	assert_int_equal(config->ask_again[1].amount, 2);
	assert_int_equal(config->smtp.tls, SMTP_TLS_IMPLICIT);
	assert_int_equal(config->smtp.threads, 4);
	assert_string_equal(config->smtp.domain, "example.org");
	config_free(config);
}

static void mail_in_clear_is_for_this_machine_alone(void **state)
{
	(void)state;
	static const char *const hosts[] = {"localhost", "127.0.0.1", "127.8.9.10", "'::1'"};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct buffer bytes = {0};
		buffer_format(&bytes, WHOLE "smtp: {host: %s, from: a@example.org, tls: none, user: u, password-file: secret}\n",
		              hosts[i]);
		config_free(assert_loads(buffer_cstr(&bytes)));
		buffer_free(&bytes);
	}
	assert_faults(WHOLE "smtp: {host: localhost.example.org, from: a@example.org, tls: none}\n",
	              "@/casewatchd.yaml:3:63: smtp.tls is none, so mail about children would cross the network in clear; "
	              "write starttls or tls (none is for a server on this machine)");
}

static void a_credential_of_systemd_is_found_where_the_service_has_it(void **state)
{
	(void)state;
	static const char bytes[] = WHOLE "smtp: {host: localhost, from: a@example.org, user: u, "
					  "password-file: credential:secret}\n";
	struct config *config = assert_loads(bytes);
	assert_string_equal(config->smtp.password_file, "/run/credentials/casewatchd.service/secret");
	config_free(config);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	config = assert_loads(bytes);
	struct buffer expected = {0};
	buffer_format(&expected, "%s/secret", directory);
	assert_string_equal(config->smtp.password_file, buffer_cstr(&expected));
	buffer_free(&expected);
	config_free(config);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void a_rule_that_tells_a_role_nobody_holds_is_refused(void **state)
{
	(void)state;
	told = "directer";
	assert_faults(WHOLE, "rules/custody.yaml:7:1: rule custody.threshold tells the role \"directer\", which nobody holds "
	                     "in @/directory.yaml; did you mean \"director\"?");
	told = "zookeeper";
	assert_faults(WHOLE, "rules/custody.yaml:7:1: rule custody.threshold tells the role \"zookeeper\", which nobody "
	                     "holds in @/directory.yaml; add it there, with its people");
	told = "director";
	config_free(assert_loads(WHOLE));
	told = NULL;
}

static void what_it_names_must_be_there(void **state)
{
	(void)state;
	assert_faults(WHOLE "directory: no-such.yaml\n",
	              "@/no-such.yaml:1:1: cannot be opened: No such file or directory");
	assert_faults(WHOLE "rules: no-such\n", "@/no-such:1:1: cannot be opened: No such file or directory");
	struct config_faults faults = {0};
	assert_null(load(WHOLE "calendar: {file: not.json}\n", &faults));
	assert_int_equal(faults.count, 1);
	config_faults_free(&faults);
	assert_null(load(WHOLE "calendar: {zone: Europe/Middlesbrough}\n", &faults));
	assert_int_equal(faults.count, 1);
	assert_non_null(strstr(faults.items[0].text, "Europe/Middlesbrough"));
	assert_int_equal(faults.items[0].line, 3);
	config_faults_free(&faults);
}

static void what_is_stored_can_be_looked_at_while_the_rules_are_mended(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	write_file("casewatchd.yaml", WHOLE "rules: no-such\ndirectory: no-such.yaml\nsmtp: {port: 0}\n", 0644);
	struct config *config = config_load_partly(path, &faults);
	assert_non_null(config);
	assert_int_equal(faults.count, 3);
	assert_null(config->rules);
	assert_null(config->directory);
	assert_non_null(config->calendar);
	assert_int_equal(config->smtp.port, 587);
	config_free(config);
	config_faults_free(&faults);
	write_file("casewatchd.yaml", "council: A\n", 0644);
	assert_null(config_load_partly(path, &faults));
	config_faults_free(&faults);
}

static void the_shipped_configuration_loads_on_a_bare_machine(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	struct buffer said = {0};
	struct config *config = config_load("conf/casewatchd.yaml", NULL, &faults);
	all_of(&faults, &said);
	assert_string_equal(buffer_cstr(&said), "");
	assert_string_equal(config->database, "conf/../build/state/casewatch.db");
	assert_int_equal(config->directory->people[0].hours_from, -1);
	buffer_free(&said);
	config_faults_free(&faults);
	config_free(config);
}

static char *whole_file(const char *name)
{
	FILE *file = fopen(name, "r");
	assert_non_null(file);
	char *bytes = mem_zero(1, 1 << 18);
	assert_true(fread(bytes, 1, (1 << 18) - 1, file) > 0);
	assert_int_equal(fclose(file), 0);
	return bytes;
}

static void the_sample_shows_every_option(void **state)
{
	(void)state;
	char *sample = whole_file("conf/casewatchd.yaml");
	size_t count;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++) {
		const char *dot = strrchr(options[i].name, '.');
		struct buffer key = {0};
		buffer_format(&key, "%s:", dot ? dot + 1 : options[i].name);
		if (!strstr(sample, buffer_cstr(&key)))
			print_error("conf/casewatchd.yaml does not show %s\n", options[i].name);
		assert_non_null(strstr(sample, buffer_cstr(&key)));
		buffer_free(&key);
	}
	free(sample);
}

static void the_manual_has_the_table_of_options(void **state)
{
	(void)state;
	char *manual = whole_file("docs/configuration.md");
	struct buffer table = {0};
	config_options_print(&table);
	if (!strstr(manual, buffer_cstr(&table)))
		print_error("docs/configuration.md: replace its table by this one (`casewatch check --options`):\n%s",
		            buffer_cstr(&table));
	assert_non_null(strstr(manual, buffer_cstr(&table)));
	buffer_free(&table);
	free(manual);
}

static void what_a_reload_cannot_change_is_named(void **state)
{
	(void)state;
	struct buffer names = {0};
	struct config *running = assert_loads(WHOLE "kafka: {topics: a, properties: {bootstrap.servers: x}}\n");
	struct config *same = assert_loads(WHOLE "kafka: {topics: a, properties: {bootstrap.servers: x}}\n"
	                                         "ladder: {step-after: {high: 2 days}}\n");
	struct config *other = assert_loads("council: B\ndatabase: other.db\nsmtp: {host: localhost, from: a@example.org}\n"
	                                    "kafka: {topics: [a, b], properties: {bootstrap.servers: y}}\n"
	                                    "events: {depth: 40}\n");
	assert_int_equal(config_restart_needed(running, same, &names), 0);
	assert_string_equal(buffer_cstr(&names), "");
	assert_int_equal(config_restart_needed(running, other, &names), 8);
	assert_string_equal(buffer_cstr(&names), "council, database, events.depth, kafka.topics, kafka.properties, smtp.host, "
	                                         "smtp.from, smtp.domain");
	buffer_free(&names);
	config_free(running);
	config_free(same);
	config_free(other);
}

/* Bytes of a good file, a few of them replaced, left out or doubled. */
static void spoil(const char *good, struct buffer *out, unsigned *seed)
{
	static const char *const pieces[] = {"&a ", "*a", "!x ", "---\n", "\t", "[", "]", "{", "}", ":", "\"", "'", "- ", "#",
	                                     "\xff", "\xc3", "\x01", "|\n", ">\n", "? ", "null", "99999999999999999999", "%"};
	size_t length = strlen(good), from = (size_t)rand_r(seed) % length, cut = (size_t)rand_r(seed) % 12;
	buffer_clear(out);
	buffer_add(out, good, from);
	if (rand_r(seed) % 3)
		buffer_string(out, pieces[(size_t)rand_r(seed) % (sizeof pieces / sizeof *pieces)]);
	if (from + cut < length)
		buffer_string(out, good + from + cut);
}

static void whatever_is_written_is_read_or_refused_with_its_place(void **state)
{
	(void)state;
	const char *given = getenv("CASEWATCH_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)getpid();
	const char *fewer = getenv("TEST_ROUNDS"); /* under Valgrind */
	int rounds = fewer && strtol(fewer, NULL, 10) < 400 ? (int)strtol(fewer, NULL, 10) : 400;
	print_message("seed %u (CASEWATCH_SEED), %d rounds (TEST_ROUNDS)\n", seed, rounds);
	char *configuration = whole_file("conf/casewatchd.yaml"), *people = whole_file("conf/directory.yaml");
	struct buffer bytes = {0};
	for (int i = 0; i < rounds; i++) {
		struct config_faults faults = {0};
		bool first = i % 2 == 0;
		spoil(first ? configuration : people, &bytes, &seed);
		if (!first)
			write_file("spoilt.yaml", buffer_cstr(&bytes), 0644);
		struct config *config = load(first ? buffer_cstr(&bytes) : WHOLE "directory: spoilt.yaml\n", &faults);
		assert_true((config == NULL) == (faults.count > 0));
		for (size_t f = 0; f < faults.count; f++)
			assert_true(faults.items[f].file && faults.items[f].text[0] && faults.items[f].line >= 0);
		config_free(config);
		config_faults_free(&faults);
	}
	write_file("spoilt.yaml", "", 0644);
	buffer_free(&bytes);
	free(configuration);
	free(people);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_says_where_it_is_wrong_and_what_would_be_right),
		cmocka_unit_test(no_option_is_without_such_a_case),
		cmocka_unit_test(unknown_options_come_with_a_guess),
		cmocka_unit_test(all_faults_are_told_at_once),
		cmocka_unit_test(properties_of_kafka_are_checked_before_librdkafka_sees_them),
		cmocka_unit_test(good_properties_come_through_with_paths_made_whole),
		cmocka_unit_test(what_is_not_given_is_as_the_rules_say),
		cmocka_unit_test(what_is_given_holds),
		cmocka_unit_test(mail_in_clear_is_for_this_machine_alone),
		cmocka_unit_test(a_credential_of_systemd_is_found_where_the_service_has_it),
		cmocka_unit_test(a_rule_that_tells_a_role_nobody_holds_is_refused),
		cmocka_unit_test(what_it_names_must_be_there),
		cmocka_unit_test(what_is_stored_can_be_looked_at_while_the_rules_are_mended),
		cmocka_unit_test(what_a_reload_cannot_change_is_named),
		cmocka_unit_test(whatever_is_written_is_read_or_refused_with_its_place),
		cmocka_unit_test(the_shipped_configuration_loads_on_a_bare_machine),
		cmocka_unit_test(the_sample_shows_every_option),
		cmocka_unit_test(the_manual_has_the_table_of_options),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
