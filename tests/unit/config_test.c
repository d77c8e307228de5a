/* The configuration as a whole: what holds when it is not given, what is given, and what it names. */
#include "config_fixture.h"

struct wrong_property {
	const char *line; /* one line of the map */
	const char *expected;
};

static const struct wrong_property wrong_properties[] = {
	{"group.id: x", "6:5: kafka.properties: group.id is not yours to set: write kafka.group"},
	{"group.instance.id: x", "6:5: kafka.properties: group.instance.id is not yours to set: write kafka.instance"},
	{"enable.auto.commit: true", "6:5: kafka.properties: enable.auto.commit is not yours to set: casewatch keeps "
                                     "positions in its own database; remove it"},
	{"enable.auto.offset.store: true",
         "6:5: kafka.properties: enable.auto.offset.store is not yours to set: casewatch "
         "keeps positions in its own database; remove it"},
	{"auto.offset.reset: latest", "6:5: kafka.properties: auto.offset.reset is not yours to set: write "
                                      "kafka.first-read and kafka.lost-position"},
	{"isolation.level: read_uncommitted",
         "6:5: kafka.properties: isolation.level is not yours to set: casewatch reads "
         "what is committed; remove it"},
	{"partition.assignment.strategy: cooperative-sticky", "6:5: kafka.properties: partition.assignment.strategy is "
                                                              "not yours to set: casewatch sets range, for others lose "
                                                              "events in this librdkafka; remove it"},
	{"queued.max.messages.kbytes: 100",
         "6:5: kafka.properties: queued.max.messages.kbytes is not yours to set: write "
         "limits.prefetch-kilobytes"},
	{"sasl.password: hunter2", "6:5: kafka.properties: sasl.password is not yours to set: secrets come from files "
                                   "alone; write kafka.password-file"},
	{"enable.ssl.certificate.verification: false", "6:5: kafka.properties: enable.ssl.certificate.verification is "
                                                       "not yours to set: the broker's certificate is always "
                                                       "verified; write ssl.ca.location"},
	{"securty.protocol: ssl",
         "6:5: kafka.properties has \"securty.protocol\", which is no property of a consumer; did "
         "you mean \"security.protocol\"?"},
	{"no.such.thing.at.all: 1", "6:5: kafka.properties has \"no.such.thing.at.all\", which is no property of a "
                                    "consumer; remove it or see librdkafka's CONFIGURATION.md"},
	{"security.protocol: tls", "6:24: kafka.properties: security.protocol is \"tls\"; write plaintext, ssl, "
                                   "sasl_plaintext or sasl_ssl"},
	{"session.timeout.ms: 0", "6:25: kafka.properties: session.timeout.ms is \"0\"; write a whole number from 1 to "
                                  "3600000"},
	{"check.crcs: perhaps", "6:17: kafka.properties: check.crcs is \"perhaps\"; write true or false"},
	{"client.id: [a]", "6:16: kafka.properties: client.id is a list; write one value"},
	{"ssl.ca.location: no-such.pem",
         "6:22: kafka.properties: ssl.ca.location: \"@/no-such.pem\" cannot be opened: No "
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

#define IN_CELL "kafka:\n  topics: cell\n  properties: {bootstrap.servers: x}\n"

#define AT "@/casewatchd.yaml:"

static void partitions_are_numbers_and_say_whose_records_stand_there(void **state)
{
	(void)state;
	struct config *config =
		assert_loads(WHOLE IN_CELL "  partitions: [3, 0]\n  sources: [/north/, urn:north:lcs]\n");
	assert_int_equal(config->kafka.partition_count, 2);
	assert_int_equal(config->kafka.partitions[0], 3);
	assert_int_equal(config->kafka.partitions[1], 0);
	assert_int_equal(config->kafka.source_count, 2);
	assert_string_equal(config->kafka.sources[1], "urn:north:lcs");
	config_free(config);
	assert_faults(WHOLE IN_CELL "  partitions: [1, -1, 1, two]\n  sources: /north/\n",
	              AT "6:19: kafka.partitions has \"-1\"; write a partition's number, from 0 to 99999\n" AT
	                 "6:23: kafka.partitions has 1 twice; keep one\n" AT
	                 "6:26: kafka.partitions has \"two\"; write a partition's number, from 0 to 99999");
	assert_faults(WHOLE IN_CELL "  partitions: 0\n  sources: [\"\", a, a]\n",
	              AT "7:13: kafka.sources has \"\"; write the `source` of events, such as /north/lcs, or its "
	                 "beginning up to a / or :\n" AT "7:20: kafka.sources has \"a\" twice; keep one");
	assert_faults(WHOLE IN_CELL "  partitions: 0\n",
	              AT "6:15: kafka.partitions needs kafka.sources: another council's record in this one's partition "
	                 "must be noticed; write the `source` of this council's events, such as [/north/]");
	assert_faults(WHOLE "kafka: {partitions: 0}\n",
	              AT "3:21: kafka.partitions without kafka.topics; write the topics they are of");
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
		WHOLE
		"go-live: 2026-04-01T00:00:00+01:00\nanswer-url: https://casewatch.example/a/\nspool: /var/spool/cw\n"
		"web: {socket: /run/cw/web.sock, listen: '127.0.0.1:8080', user-header: X-User, link-key-file: "
		"credential:k}\n"
		"hours: {from: \"09:00\", until: \"16:30\"}\n"
		"events: {type-prefix: uk.gov.example., bytes: 131072, depth: 40}\n"
		"ladder: {step-after: {critical: 15 minutes}, ask-again: {high: 2 days}}\n"
		"smtp: {host: mail.example.org, from: casewatch@example.org, tls: tls, port: 465, user: u, "
		"password-file: secret, ca-file: ca.pem, threads: 4}\n");
	char go_live[32];
	instant_print(config->go_live, go_live);
	assert_string_equal(go_live, "2026-03-31T23:00:00Z");
	assert_string_equal(config->answer_url, "https://casewatch.example/a/");
	assert_string_equal(config->web.socket, "/run/cw/web.sock");
	assert_string_equal(config->web.listen, "127.0.0.1:8080");
	assert_string_equal(config->web.user_header, "X-User");
	assert_int_equal(config->web.beyond, WEB_BEYOND_NO);
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
		buffer_format(&bytes,
		              WHOLE
		              "smtp: {host: %s, from: a@example.org, tls: none, user: u, password-file: secret}\n",
		              hosts[i]);
		config_free(assert_loads(buffer_cstr(&bytes)));
		buffer_free(&bytes);
	}
	assert_faults(
		WHOLE "smtp: {host: localhost.example.org, from: a@example.org, tls: none}\n",
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
	assert_faults(WHOLE,
	              "rules/custody.yaml:7:1: rule custody.threshold tells the role \"directer\", which nobody holds "
	              "in @/directory.yaml; did you mean \"director\"?");
	told = "zookeeper";
	assert_faults(WHOLE,
	              "rules/custody.yaml:7:1: rule custody.threshold tells the role \"zookeeper\", which nobody "
	              "holds in @/directory.yaml; add it there, with its people");
	told = "director";
	config_free(assert_loads(WHOLE));
	told_at_night = "edt";
	config_free(assert_loads(WHOLE));
	told_at_night = "eddt";
	assert_faults(WHOLE,
	              "rules/custody.yaml:7:1: rule custody.threshold tells the role \"eddt\", which nobody holds "
	              "in @/directory.yaml; did you mean \"edt\"?");
	told_at_night = "director"; /* who works when everybody does would not hear before the morning */
	assert_faults(WHOLE, "rules/custody.yaml:7:1: rule custody.threshold tells \"director\" out of hours, who work "
	                     "when everybody does by @/directory.yaml; write hours: out-of-hours to that role, or name "
	                     "another");
	told = told_at_night = NULL;
}

static void what_only_one_can_have_is_not_given_to_two(void **state)
{
	(void)state;
	assert_faults(WHOLE "spool: s\nhttp-intake: {socket: /run/a}\nweb: {socket: /run/a}\n",
	              "@/casewatchd.yaml:4:23: http-intake.socket is what web.socket is, too, and only one can have "
	              "it; write another");
	assert_faults(WHOLE "spool: s\nmetrics: {listen: '127.0.0.1:81'}\nweb: {listen: '127.0.0.1:81'}\n",
	              "@/casewatchd.yaml:4:19: metrics.listen is what web.listen is, too, and only one can have it; "
	              "write another");
	config_free(assert_loads(WHOLE "spool: s\nmetrics: {listen: '127.0.0.1:0'}\nweb: {listen: '127.0.0.1:0'}\n"));
	config_free(assert_loads(WHOLE "spool: no/such/yet\n"));
	assert_faults(WHOLE "spool: /etc/passwd\n",
	              "@/casewatchd.yaml:3:8: spool: \"/etc/passwd\" is something else; write the path of a directory");
	assert_faults("council: A\ndatabase: /etc\n",
	              "@/casewatchd.yaml:2:11: database: \"/etc\" is something else; write the path of a file");
	assert_faults("council: A\ndatabase: /etc/passwd/casewatch.db\n",
	              "@/casewatchd.yaml:2:11: database: \"/etc/passwd/casewatch.db\" lies below a file; write the "
	              "path of a file");
}

/* A slip in one of several shows only when the others are away; no topics are none of what was meant. */
static void brokers_and_topics_that_lead_nowhere_are_refused(void **state)
{
	static const char *const wrong[] = {"k1:9092,k2:port", "k1:0", "k1:65536", "k1:", "k1:9092;k2:9092", "k1 9092",
	                                    " , ",             "k1:9092,sll://k2:9093"};
	static const char *const right[] = {"k1", "k1:9092, k2:65535", "ssl://[::1]:9093,[::1]", "k1:9092,,k2:9092,",
	                                    ":9092", "::1,2001:db8::5", "SASL_SSL://k1:9093/"};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct buffer yaml = {0}, said = {0};
		buffer_format(&yaml, WHOLE "kafka: {topics: a, properties: {bootstrap.servers: '%s'}}\n", wrong[i]);
		buffer_format(&said,
		              "@/casewatchd.yaml:3:52: kafka.properties: bootstrap.servers is \"%s\"; write a host "
		              "and a port for each broker, such as kafka1:9092,kafka2:9092",
		              wrong[i]);
		assert_faults(buffer_cstr(&yaml), buffer_cstr(&said));
		buffer_free(&yaml);
		buffer_free(&said);
	}
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		struct buffer yaml = {0};
		buffer_format(&yaml, WHOLE "kafka: {topics: a, properties: {bootstrap.servers: '%s'}}\n", right[i]);
		config_free(assert_loads(buffer_cstr(&yaml)));
		buffer_free(&yaml);
	}
	assert_faults(WHOLE "kafka: {topics: [], group: g}\n",
	              "@/casewatchd.yaml:3:17: kafka.topics is empty; give it a value or remove it");
}

static void what_it_names_must_be_there(void **state)
{
	(void)state;
	assert_faults(WHOLE "directory: no-such.yaml\n",
	              "@/no-such.yaml:1:1: cannot be opened: No such file or directory");
	assert_faults(WHOLE "rules: no-such\n", "@/no-such:1:1: cannot be opened: No such file or directory");
	struct config_faults faults = {0};
	struct buffer named = {0};
	buffer_format(&named, WHOLE "spool: s\nweb: {socket: /%0107d}\n", 0); /* one byte too long for a socket */
	assert_null(load(buffer_cstr(&named), &faults));
	assert_non_null(strstr(faults.items[0].text, "web.socket is a path of 108 bytes"));
	config_faults_free(&faults);
	buffer_free(&named);
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
	struct config *other =
		assert_loads("council: B\ndatabase: other.db\nsmtp: {host: localhost, from: a@example.org}\n"
	                     "kafka: {topics: [a, b], properties: {bootstrap.servers: y}, partitions: 1, sources: c}\n"
	                     "events: {depth: 40}\n");
	assert_int_equal(config_restart_needed(running, same, &names), 0);
	assert_string_equal(buffer_cstr(&names), "");
	assert_int_equal(config_restart_needed(running, other, &names), 9);
	assert_string_equal(buffer_cstr(&names),
	                    "database, events.depth, kafka.topics, kafka.partitions, kafka.sources, "
	                    "kafka.properties, smtp.host, smtp.from, smtp.domain");
	buffer_free(&names);
	config_free(running);
	config_free(same);
	config_free(other);
}

/* Bytes of a good file, a few of them replaced, left out or doubled. */
static void spoil(const char *good, struct buffer *out, unsigned *seed)
{
	static const char *const pieces[] = {
		"&a ", "*a", "!x ", "---\n", "\t",   "[",    "]",   "{",   "}",  ":",    "\"",
		"'",   "- ", "#",   "\xff",  "\xc3", "\x01", "|\n", ">\n", "? ", "null", "99999999999999999999",
		"%"};
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
		cmocka_unit_test(properties_of_kafka_are_checked_before_librdkafka_sees_them),
		cmocka_unit_test(partitions_are_numbers_and_say_whose_records_stand_there),
		cmocka_unit_test(good_properties_come_through_with_paths_made_whole),
		cmocka_unit_test(what_is_not_given_is_as_the_rules_say),
		cmocka_unit_test(what_is_given_holds),
		cmocka_unit_test(mail_in_clear_is_for_this_machine_alone),
		cmocka_unit_test(a_credential_of_systemd_is_found_where_the_service_has_it),
		cmocka_unit_test(a_rule_that_tells_a_role_nobody_holds_is_refused),
		cmocka_unit_test(what_only_one_can_have_is_not_given_to_two),
		cmocka_unit_test(brokers_and_topics_that_lead_nowhere_are_refused),
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
