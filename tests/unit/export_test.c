/* Registers as files for analysts: every row, safe to open, with the columns that the documentation promises. */
#include "list_fixture.h"

#include "report/export.h"
#include "store/store_internal.h"
#include "text/csv.h"
#include "text/json_read.h"

static enum result add_line(void *argument, struct text line, struct fault *fault)
{
	struct buffer *out = argument;
	(void)fault;
	buffer_text(out, line);
	return RESULT_OK;
}

static const struct register_def *find(const char *id)
{
	for (size_t i = 0; i < config->rules->register_count; i++)
		if (strcmp(config->rules->registers[i].id, id) == 0)
			return &config->rules->registers[i];
	fail_msg("no register %s", id);
	return NULL;
}

static size_t export(struct bench *bench, const char *id, enum export_format format, bool restricted,
                     struct buffer *out)
{
	struct fixture *f = bench->f;
	size_t left_out = 0;
	bring_up_to_date(bench);
	struct reader *reader = reader_open(f->path, config->rules, calendar_zone(config->calendar), &f->fault);
	struct export_request request = {.def = find(id), .zone = calendar_zone(config->calendar), .format = format,
	                                 .restricted = restricted};
	assert_non_null(reader);
	OK(export_register(reader, &request, add_line, out, &left_out, &f->fault));
	reader_close(reader);
	return left_out;
}

static void times_are_local_and_what_is_not_known_is_empty(void **state)
{
	struct bench *bench = *state;
	struct buffer out = {0};
	tell(bench, "allocation.started", "C1", "2019-06-04T21:10:00Z", "\"role\":\"social-worker\",\"worker\":\"W1\"");
	(void)export(bench, "allocation", EXPORT_CSV, false, &out);
	const char *wanted = "child,role,worker,opened,opened_by_date,opened_recorded,opened_arrived,closed,";
	assert_memory_equal(out.at, wanted, strlen(wanted));
	assert_non_null(strstr(out.at, "\r\nC1,social-worker,W1,2019-06-04T22:10:00+01:00,0,2019-06-04T22:10:00+01:00,"
	                               "2019-06-04T22:10:00+01:00,,,,,,,,,,\r\n"));
	buffer_free(&out);
}

static void what_others_wrote_is_never_a_formula(void **state)
{
	struct bench *bench = *state;
	struct buffer out = {0};
	tell(bench, "allocation.started", "C1", "2019-06-04T21:10:00Z",
	     "\"role\":\"social-worker\",\"worker\":\"=HYPERLINK(\\\"http://x\\\",\\\"y\\\")\",\"team\":\"@SUM(A1), "
	     "\\\"north\\\"\"");
	(void)export(bench, "allocation", EXPORT_CSV, false, &out);
	assert_non_null(strstr(out.at, ",\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\","));
	assert_non_null(strstr(out.at, ",\"'@SUM(A1), \"\"north\"\"\"\r\n"));
	buffer_free(&out);
}

static void fields_are_quoted_where_they_must_be(void **state)
{
	(void)state;
	static const char *const fields[][2] = {{"plain", "plain"},
	                                        {"a,b", "\"a,b\""},
	                                        {"say \"x\"", "\"say \"\"x\"\"\""},
	                                        {"two\nlines", "\"two\nlines\""},
	                                        {"", ""},
	                                        {" x", "\" x\""},
	                                        {"-1", "\"'-1\""},
	                                        {" =1", "\"' =1\""},
	                                        {"\t=1", "\"'\t=1\""},
	                                        {"\xef\xbc\x9d"
	                                         "1",
	                                         "\"'\xef\xbc\x9d"
	                                         "1\""},
	                                        {"+44", "\"'+44\""},
	                                        {"C-1", "C-1"},
	                                        {"1=1", "1=1"}};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct buffer out = {0};
		struct csv csv = csv_on(&out);
		csv_text(&csv, text_of(fields[i][0]));
		assert_string_equal(buffer_cstr(&out), fields[i][1]);
		buffer_free(&out);
	}
}

static void json_lines_say_the_same_with_types(void **state)
{
	struct bench *bench = *state;
	struct buffer out = {0};
	missing(bench, "C1", "2020-02-04T22:10:00Z", "E1");
	(void)export(bench, "missing_episode", EXPORT_JSON_LINES, false, &out);
	assert_non_null(strstr(out.at, "{\"child\":\"C1\",\"episode\":\"E1\",\"opened\":\"2020-02-04T22:10:00+00:00\","
	                               "\"opened_by_date\":false,"));
	assert_non_null(strstr(out.at, "\"closed\":null"));
	assert_int_equal(out.at[out.length - 1], '\n');
	buffer_free(&out);
}

static void restricted_children_are_left_out_and_counted(void **state)
{
	struct bench *bench = *state;
	struct buffer out = {0};
	missing(bench, "C1", "2020-02-04T22:10:00Z", "E1");
	missing(bench, "C2", "2020-02-04T22:10:00Z", "E2");
	tell(bench, "child.updated", "C2", "2019-01-01T10:00:00Z", "\"restricted\":true");
	assert_int_equal(export(bench, "missing_episode", EXPORT_CSV, false, &out), 1);
	assert_null(strstr(out.at, "C2"));
	buffer_clear(&out);
	assert_int_equal(export(bench, "missing_episode", EXPORT_CSV, true, &out), 0);
	assert_non_null(strstr(out.at, "C2"));
	buffer_free(&out);
}

/* `casewatch export --columns` writes the tables; what analysts rely on cannot change unseen. */
static void the_documentation_has_every_column(void **state)
{
	(void)state;
	FILE *stream = fopen("docs/registers.md", "re");
	struct buffer said = {0}, manual = {0};
	char chunk[4096];
	size_t got;
	assert_non_null(stream);
	while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0)
		buffer_add(&manual, chunk, got);
	fclose(stream);
	for (size_t i = 0; i < config->rules->register_count; i++)
		export_describe(&config->rules->registers[i], &said);
	said.at[--said.length] = '\0'; /* the empty line at the end */
	if (!strstr(buffer_cstr(&manual), said.at))
		fail_msg("docs/registers.md: replace its tables by those of `casewatch export --columns`");
	buffer_free(&said);
	buffer_free(&manual);
}

/* A child of whom it cannot be read is not one without a team. */
static void a_team_that_cannot_be_read_is_no_answer(void **state)
{
	static const char *const asks[] = {"SELECT team_at('C1', 1)", "SELECT team_id_at('C1', 1)",
	                                   "SELECT service_at('C1', 1)"};
	struct bench *bench = *state;
	struct fixture *f = bench->f;
	bring_up_to_date(bench);
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct reader *reader = reader_open(f->path, config->rules, calendar_zone(config->calendar), &f->fault);
		struct reader_rows *rows;
		assert_non_null(reader);
		reader_use(reader, config->calendar, &bench->directory);
		OK(reader_query(reader, asks[i], &rows, &f->fault));
		assert_true(reader_next(rows));
		OK(reader_end(rows, RESULT_OK, &f->fault));
		reader_close(reader);
	}
	OK(store_execute(f->store, "DROP TABLE register_allocation", &f->fault));
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct reader *reader = reader_open(f->path, config->rules, calendar_zone(config->calendar), &f->fault);
		struct reader_rows *rows;
		assert_non_null(reader);
		reader_use(reader, config->calendar, &bench->directory);
		enum result result = reader_query(reader, asks[i], &rows, &f->fault);
		if (result == RESULT_OK) {
			assert_false(reader_next(rows));
			result = reader_end(rows, RESULT_OK, &f->fault);
		}
		assert_int_not_equal(result, RESULT_OK);
		reader_close(reader);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(times_are_local_and_what_is_not_known_is_empty),
		T(what_others_wrote_is_never_a_formula),
		cmocka_unit_test(fields_are_quoted_where_they_must_be),
		T(json_lines_say_the_same_with_types),
		T(restricted_children_are_left_out_and_counted),
		T(a_team_that_cannot_be_read_is_no_answer),
		cmocka_unit_test(the_documentation_has_every_column),
	};
	return cmocka_run_group_tests_name("export", tests, load_config, free_config);
}
