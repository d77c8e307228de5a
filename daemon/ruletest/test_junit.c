/* test_junit: XML with what XML may hold. */
#include "ruletest/test_junit.h"

#include "text/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* XML 1.0 knows no other control characters than tab and line ends, in no way of writing them. */
static void put_escaped(struct buffer *out, const char *string)
{
	struct text rest = text_of(string);
	while (rest.length) {
		size_t length = utf8_character(rest);
		unsigned char c = (unsigned char)rest.at[0];
		bool refused = length == 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
		if (refused)
			buffer_string(out, "\xef\xbf\xbd");
		else if (length == 1 && (strchr("&<>\"'", c) || c < 0x20))
			buffer_format(out, "&#%d;", c);
		else
			buffer_add(out, rest.at, length);
		length += length == 0;
		rest = (struct text){rest.at + length, rest.length - length};
	}
}

/* rules/custody.test.yaml -> custody */
static void put_suite(struct buffer *out, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *end = strstr(name, ".test.");
	char copy[256];
	(void)snprintf(copy, sizeof copy, "%.*s", (int)(end ? end - name : (long)strlen(name)), name);
	put_escaped(out, copy);
}

static void begin_case(struct buffer *out, const char *path, const char *title, int line)
{
	buffer_string(out, "    <testcase classname=\"");
	put_suite(out, path);
	buffer_string(out, "\" name=\"");
	put_escaped(out, title);
	buffer_string(out, "\" file=\"");
	put_escaped(out, path);
	buffer_format(out, "\" line=\"%d\"", line);
}

static void put_trouble(struct buffer *out, const char *element, const char *message, const char *why)
{
	buffer_format(out, ">\n      <%s message=\"", element);
	put_escaped(out, message);
	buffer_string(out, "\">");
	put_escaped(out, why);
	buffer_format(out, "</%s>\n    </testcase>\n", element);
}

void test_junit_add(struct test_junit *junit, const struct rule_test_outcome *outcome)
{
	bool fails = outcome->verdict == RULE_TEST_FAILS, faulty = outcome->verdict == RULE_TEST_FAULTY;
	begin_case(&junit->cases, outcome->test->file, outcome->title, outcome->test->line);
	if (fails || faulty)
		put_trouble(&junit->cases, fails ? "failure" : "error",
		            fails ? "something else came than was expected"
		                  : "the test could not be run as it is meant",
		            outcome->why);
	else
		buffer_string(&junit->cases, "/>\n");
	junit->suite_tests++;
	junit->suite_failures += fails;
	junit->suite_errors += faulty;
}

void test_junit_end_file(struct test_junit *junit, const char *path, const char *file_faults)
{
	if (file_faults) {
		begin_case(&junit->cases, path, "the file of tests", 1);
		put_trouble(&junit->cases, "error", "the file cannot be read", file_faults);
		junit->suite_tests++;
		junit->suite_errors++;
	}
	buffer_string(&junit->suites, "  <testsuite name=\"");
	put_suite(&junit->suites, path);
	buffer_format(&junit->suites, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\">\n",
	              junit->suite_tests, junit->suite_failures, junit->suite_errors);
	buffer_text(&junit->suites, buffer_view(&junit->cases));
	buffer_string(&junit->suites, "  </testsuite>\n");
	buffer_clear(&junit->cases);
	junit->tests += junit->suite_tests;
	junit->failures += junit->suite_failures;
	junit->errors += junit->suite_errors;
	junit->suite_tests = junit->suite_failures = junit->suite_errors = 0;
}

static bool write_file(const struct test_junit *junit, const char *path)
{
	FILE *stream = fopen(path, "we");
	if (!stream)
		return false;
	(void)fprintf(
		stream,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"casewatch test\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n%s</testsuites>\n",
		junit->tests, junit->failures, junit->errors, buffer_cstr(&junit->suites));
	bool whole = !ferror(stream);
	return fclose(stream) == 0 && whole;
}

enum result test_junit_write(const struct test_junit *junit, const char *path, struct fault *fault)
{
	struct buffer beside = {0};
	buffer_format(&beside, "%s.new", path);
	bool written = write_file(junit, buffer_cstr(&beside)) && rename(buffer_cstr(&beside), path) == 0;
	int error = errno;
	if (!written)
		(void)unlink(buffer_cstr(&beside));
	buffer_free(&beside);
	return written ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "%s cannot be written: %s", path, strerror(error));
}

void test_junit_free(struct test_junit *junit)
{
	buffer_free(&junit->suites);
	buffer_free(&junit->cases);
	*junit = (struct test_junit){.tests = 0};
}
