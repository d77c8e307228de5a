/* What integrators read in docs/schemas/ is what the parser does. */
#include "cli/schemas.h"

#include "base/file.h"
#include "text/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMITTED "docs/schemas"

static int set_up(void **state)
{
	(void)state;
	schema_start();
	return 0;
}

static void read_file(const char *directory, const char *name, struct buffer *out)
{
	char path[512], piece[4096];
	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing: write them anew with: casewatch schemas %s", path, COMMITTED);
	for (size_t length; (length = fread(piece, 1, sizeof piece, file)) > 0;)
		buffer_add(out, piece, length);
	(void)fclose(file);
}

static size_t count_files(const char *directory)
{
	DIR *open = opendir(directory);
	assert_non_null(open);
	size_t count = 0;
	int why = 0;
	for (const struct dirent *entry; (entry = file_next(open, &why));)
		count += entry->d_name[0] != '.';
	assert_int_equal(why, 0);
	(void)closedir(open);
	return count;
}

static void the_committed_files_are_those_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < schemas_count(); i++) {
		struct buffer name = {0}, expected = {0}, found = {0};
		schemas_file(i, &name, &expected);
		read_file(COMMITTED, buffer_cstr(&name), &found);
		if (!text_equal(buffer_view(&found), buffer_view(&expected)))
			fail_msg("%s is out of date: write them anew with: casewatch schemas %s", buffer_cstr(&name),
			         COMMITTED);
		buffer_free(&found);
		buffer_free(&expected);
		buffer_free(&name);
	}
	assert_int_equal(count_files(COMMITTED), schemas_count());
}

static void every_file_is_strict_json(void **state)
{
	(void)state;
	struct json_reader *reader = json_reader_new(16, 10000);
	for (size_t i = 0; i < schemas_count(); i++) {
		struct buffer name = {0}, text = {0};
		struct text value;
		schemas_file(i, &name, &text);
		json_start(reader, buffer_view(&text), 0);
		if (json_skip(reader, json_next(reader, &value)) != JSON_OBJECT_END ||
		    json_next(reader, &value) != JSON_END)
			fail_msg("%s: %s", buffer_cstr(&name), json_fault(reader));
		buffer_free(&text);
		buffer_free(&name);
	}
	json_reader_free(reader);
}

static void they_are_written_into_a_directory_that_is_made_for_them(void **state)
{
	(void)state;
	char root[] = "/tmp/casewatch-schemas-XXXXXX", directory[64], path[512];
	struct fault fault = {{0}};
	assert_non_null(mkdtemp(root));
	(void)snprintf(directory, sizeof directory, "%s/new", root);
	assert_int_equal(schemas_write(directory, &fault), RESULT_OK);
	assert_int_equal(schemas_write(directory, &fault), RESULT_OK); /* over what is there */
	assert_int_equal(count_files(directory), schemas_count());
	for (size_t i = 0; i < schemas_count(); i++) {
		struct buffer name = {0}, text = {0};
		schemas_file(i, &name, &text);
		(void)snprintf(path, sizeof path, "%s/%s", directory, buffer_cstr(&name));
		assert_int_equal(unlink(path), 0);
		buffer_free(&text);
		buffer_free(&name);
	}
	assert_int_equal(rmdir(directory), 0);
	(void)snprintf(directory, sizeof directory, "%s/no/such", root);
	assert_int_equal(schemas_write(directory, &fault), RESULT_PERMANENT);
	assert_non_null(strstr(fault.text, directory));
	assert_int_equal(rmdir(root), 0);
}

static void types_that_rules_declare_have_schemas_beside_the_catalogue(void **state)
{
	(void)state;
	static struct field visit = {.name = "visit", .label = "Visit", .required = true, .key = true};
	const struct event_type own = {
		.name = "hospital.attended", .title = "Seen in hospital", .fields = &visit, .field_count = 1};
	size_t before = schemas_count();
	assert_int_not_equal(schema_declare(&visit, &own), TYPE_UNKNOWN);
	assert_int_equal(schemas_count(), before + 1);
	struct buffer name = {0}, text = {0};
	schemas_file(schema_type_count(), &name, &text);
	assert_string_equal(buffer_cstr(&name), "hospital.attended.json");
	assert_non_null(strstr(buffer_cstr(&text), "\"visit\""));
	schemas_file(before, &name, &text); /* the last is the channel, which lists it */
	assert_non_null(strstr(buffer_cstr(&text), "hospital.attended.json"));
	schema_undeclare(&visit);
	assert_int_equal(schemas_count(), before);
	buffer_free(&name);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_committed_files_are_those_of_the_table),
		cmocka_unit_test(every_file_is_strict_json),
		cmocka_unit_test(they_are_written_into_a_directory_that_is_made_for_them),
		cmocka_unit_test(types_that_rules_declare_have_schemas_beside_the_catalogue),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
