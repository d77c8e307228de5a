/* A file that names councils: which they are, and what two of them may not share. */
#include "config_fixture.h"
#include "unlisted.h"

#include "config/councils.h"

static char out[4096];

static void gather(struct config_faults *faults)
{
	size_t length = 0;
	out[0] = '\0';
	config_faults_sort(faults);
	for (size_t i = 0; i < faults->count && length < sizeof out; i++)
		length += (size_t)snprintf(out + length, sizeof out - length, "%s:%d:%d: %s\n", faults->items[i].file,
		                           faults->items[i].line, faults->items[i].column, faults->items[i].text);
	config_faults_free(faults);
}

static void make_folder(const char *name)
{
	char whole[128];
	(void)snprintf(whole, sizeof whole, "%s/%s", directory, name);
	(void)mkdir(whole, 0700);
}

static bool read_list(const char *bytes, struct config_councils *councils)
{
	struct config_faults faults = {0};
	write_file("casewatchd.yaml", bytes, 0644);
	bool good = config_councils_read(path, councils, &faults);
	gather(&faults);
	return good;
}

static int make_councils(void **state)
{
	int made = make_directory(state);
	make_folder("councils");
	make_folder("councils/south");
	make_folder("councils/north-west");
	make_folder("councils/.kept");
	write_file("councils/README", "a file is no council\n", 0644);
	write_file("councils/south/casewatchd.yaml", "council: South\n", 0644);
	write_file("councils/north-west/casewatchd.yaml", "council: North West\n", 0644);
	return made;
}

static int remove_councils(void **state)
{
	char command[128];
	(void)state;
	(void)snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}

/* ---- which they are ---- */

static void a_file_of_one_council_names_itself(void **state)
{
	struct config_councils councils;
	(void)state;
	assert_true(read_list("council: One\ndatabase: a.db\n", &councils));
	assert_false(councils.named);
	assert_int_equal(councils.count, 1);
	assert_null(councils.items[0].name);
	assert_string_equal(councils.items[0].path, path);
	config_councils_free(&councils);
	assert_true(read_list("a: [\n", &councils)); /* whoever loads it says what is wrong with it */
	assert_int_equal(councils.count, 1);
	config_councils_free(&councils);
}

static void each_directory_with_a_configuration_is_a_council_in_the_order_of_names(void **state)
{
	struct config_councils councils;
	(void)state;
	assert_true(read_list("councils: councils\n", &councils));
	assert_true(councils.named);
	assert_int_equal(councils.count, 2);
	assert_string_equal(councils.items[0].name, "north-west");
	assert_string_equal(councils.items[1].name, "south");
	assert_non_null(strstr(councils.items[1].path, "/councils/south/casewatchd.yaml"));
	config_councils_free(&councils);
}

static const struct {
	const char *bytes, *folder, *expected;
	size_t sound; /* so many are there all the same */
} wrong[] = {
	{"councils: councils\ndatabase: a.db\n", NULL,
         "casewatchd.yaml:2:1: a file that names councils has no \"database\"", 0},
	{"councils: no-such\n", NULL, "casewatchd.yaml:1:11: councils: ", 0},
	{"councils:\n", NULL, "casewatchd.yaml:1:1", 0},
	{"councils: .kept\n", ".kept", "there is none in", 0},
	{"councils: councils\n", "councils/half", "councils/half/casewatchd.yaml cannot be read", 2},
	{"councils: councils\n", "councils/two words", "is no name for a council", 2},
};

static void what_is_wrong_with_the_list_is_said_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct config_councils councils;
		char whole[128];
		if (wrong[i].folder)
			make_folder(wrong[i].folder);
		assert_false(read_list(wrong[i].bytes, &councils));
		if (!strstr(out, wrong[i].expected))
			fail_msg("wanted \"%s\", got \"%s\"", wrong[i].expected, out);
		assert_int_equal(councils.count, wrong[i].sound);
		config_councils_free(&councils);
		(void)snprintf(whole, sizeof whole, "%s/%s", directory, wrong[i].folder ? wrong[i].folder : "none");
		(void)rmdir(whole);
	}
}

/* At a reload those that were not seen would end. */
static void a_directory_of_councils_that_cannot_be_read_to_its_end_is_refused(void **state)
{
	struct config_councils councils;
	(void)state;
	unlisted = true;
	assert_false(read_list("councils: councils\n", &councils));
	unlisted = false;
	assert_non_null(strstr(out, "/councils cannot be read to its end: "));
	config_councils_free(&councils);
}

static void a_council_whose_file_is_put_aside_is_switched_off(void **state)
{
	struct config_councils councils;
	(void)state;
	make_folder("switched");
	make_folder("switched/a");
	make_folder("switched/b");
	write_file("switched/a/casewatchd.yaml", "council: A\n", 0644);
	write_file("switched/b/casewatchd.yaml.off", "council: B\n", 0644);
	assert_true(read_list("councils: switched\n", &councils));
	assert_int_equal(councils.count, 2);
	assert_int_equal(councils.off, 1);
	assert_false(councils.items[0].off);
	assert_true(councils.items[1].off);
	config_councils_free(&councils);
	write_file("switched/b/casewatchd.yaml", "council: B\n", 0644); /* both: it is on */
	assert_true(read_list("councils: switched\n", &councils));
	assert_int_equal(councils.off, 0);
	config_councils_free(&councils);
	make_folder("none-on");
	make_folder("none-on/a");
	write_file("none-on/a/casewatchd.yaml.off", "council: A\n", 0644);
	assert_false(read_list("councils: none-on\n", &councils));
	assert_non_null(strstr(out, "councils: all 1 in "));
	config_councils_free(&councils);
}

static void more_councils_than_a_process_takes_are_refused(void **state)
{
	struct config_councils councils;
	char name[64];
	(void)state;
	make_folder("many");
	for (int i = 0; i < CONFIG_COUNCILS_MOST + 1; i++) {
		(void)snprintf(name, sizeof name, "many/c%d", i);
		make_folder(name);
		(void)snprintf(name, sizeof name, "many/c%d/casewatchd.yaml", i);
		write_file(name, "council: X\n", 0644);
	}
	assert_false(read_list("councils: many\n", &councils));
	assert_non_null(strstr(out, "201 are more than one process takes, and those after the first 200 are left out"));
	assert_int_equal(councils.count, CONFIG_COUNCILS_MOST);
	config_councils_free(&councils);
}

static void a_command_for_one_council_is_told_to_name_it(void **state)
{
	struct config_faults faults = {0};
	(void)state;
	write_file("casewatchd.yaml", "councils: councils\n", 0644);
	assert_null(config_load_partly(path, &faults));
	gather(&faults);
	assert_non_null(strstr(out, "this file names councils, each with a configuration of its own"));
}

/* ---- what two may not share ---- */

#define KAFKA(group, topic)                                                                                            \
	"kafka:\n  group: " group "\n  topics: [" topic "]\n  properties: {bootstrap.servers: broker:9092}\n"

#define PART(group, partitions, sources)                                                                               \
	"kafka:\n  group: " group "\n  topics: [cell]\n  partitions: [" partitions "]\n  sources: [" sources           \
	"]\n  properties: {bootstrap.servers: broker:9092}\n"

static const struct {
	const char *north, *south; /* after `council` and `database` */
	const char *expected;      /* NULL: they share nothing */
} shared[] = {
	{"database: n.db\n", "database: s.db\n", NULL},
	{"database: ../one.db\n", "database: ../one.db\n", "south/casewatchd.yaml:2:11: database is "},
	{"database: ../one.db\n", "database: ../south/../one.db\n", "south/casewatchd.yaml:2:11: database is "},
	{"database: n.db\nspool: ../spool\n", "database: s.db\nspool: ../spool\n", ":3:8: spool is "},
	{"database: n.db\nspool: ../spool\nweb: {socket: ../web}\n",
         "database: s.db\nspool: s\nweb:\n  socket: ../web\n", ":5:11: web.socket is "},
	{"database: n.db\nmetrics: {listen: 127.0.0.1:9100}\n",
         "database: s.db\nhttp-intake:\n  listen: 127.0.0.1:9100\n", ":4:11: http-intake.listen is "},
	{"database: n.db\ndead-man: {url: https://example.org/n}\n",
         "database: s.db\ndead-man: {url: https://example.org/n}\n",
         "dead-man.url is \"https://example.org/n\", as in "},
	{"database: n.db\n" KAFKA("n", "a"), "database: s.db\n" KAFKA("s", "b"), NULL},
	{"database: n.db\n" KAFKA("n", "a"), "database: s.db\n" KAFKA("n", "b"), ":4:10: kafka.group is \"n\", as in "},
	{"database: n.db\n" KAFKA("n", "a"), "database: s.db\n" KAFKA("s", "a"),
         "each would read the other's children; write a topic for each council"},
	{"database: n.db\n" PART("g", "0", "/north/"), "database: s.db\n" PART("g", "1", "/south/"), NULL},
	{"database: n.db\n" PART("g", "0, 7", "/north/"), "database: s.db\n" PART("h", "1, 7", "/south/"),
         ":6:15: kafka.partitions is \"7\", as in "},
	{"database: n.db\n" PART("g", "0", "/north/"), "database: s.db\n" KAFKA("h", "cell"),
         "write a topic for each council, or kafka.partitions in both"},
	{"database: n.db\n" PART("g", "0", "/north/"), "database: s.db\n" KAFKA("g", "other"),
         "kafka.group is \"g\", as in "},
	{"database: n.db\n" PART("g", "0", "/north/"), "database: s.db\n" PART("g", "1", "/north/lcs"),
         ":7:12: kafka.sources is \"/north/lcs\", as in "},
	{"database: n.db\n" PART("g", "0", "/north"), "database: s.db\n" PART("g", "1", "/northumberland"), NULL},
};

static struct config *load_one(const char *name, const char *more)
{
	struct config_faults faults = {0};
	char bytes[1024], file[96], whole[160];
	(void)snprintf(bytes, sizeof bytes, "council: %s\n%s", name, more);
	(void)snprintf(file, sizeof file, "councils/%s/casewatchd.yaml", name);
	(void)snprintf(whole, sizeof whole, "%s/%s", directory, file);
	write_file(file, bytes, 0644);
	struct config *config = config_load_partly(whole, &faults);
	gather(&faults);
	if (!config)
		fail_msg("%s", out);
	return config;
}

static void two_councils_share_nothing_that_only_one_can_have(void **state)
{
	(void)state;
	make_folder("councils/north");
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
		struct config_faults faults = {0};
		struct config *north = load_one("north", shared[i].north), *south = load_one("south", shared[i].south);
		config_councils_compare(south, north, &faults);
		gather(&faults);
		config_free(north);
		config_free(south);
		if (shared[i].expected ? !strstr(out, shared[i].expected) : *out != '\0')
			fail_msg("%zu: wanted \"%s\", got \"%s\"", i, shared[i].expected ? shared[i].expected : "",
			         out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_one_council_names_itself),
		cmocka_unit_test(each_directory_with_a_configuration_is_a_council_in_the_order_of_names),
		cmocka_unit_test(what_is_wrong_with_the_list_is_said_at_its_place),
		cmocka_unit_test(a_directory_of_councils_that_cannot_be_read_to_its_end_is_refused),
		cmocka_unit_test(a_council_whose_file_is_put_aside_is_switched_off),
		cmocka_unit_test(more_councils_than_a_process_takes_are_refused),
		cmocka_unit_test(a_command_for_one_council_is_told_to_name_it),
		cmocka_unit_test(two_councils_share_nothing_that_only_one_can_have),
	};
	return cmocka_run_group_tests(tests, make_councils, remove_councils);
}
