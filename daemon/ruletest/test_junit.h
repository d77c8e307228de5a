/* test_junit: outcomes of tests as a JUnit XML file, which CI systems read.
 *
 * The one rule: the file is whole or it is not there: it is written beside its place and put there at the end. */
#ifndef CASEWATCH_RULETEST_TEST_JUNIT_H
#define CASEWATCH_RULETEST_TEST_JUNIT_H

#include "ruletest/rule_tests.h"

/* Begin with {0}; test_junit_free gives back all of it. */
struct test_junit {
	struct buffer suites, cases; /* finished ones; those of the file at hand */
	size_t tests, failures, errors;
	size_t suite_tests, suite_failures, suite_errors;
};

/* A test of the file at hand. */
void test_junit_add(struct test_junit *junit, const struct rule_test_outcome *outcome);
/* The file is done; `file_faults` is what was wrong with it as a whole, or NULL: told as an error of its own, so that a
 * file that cannot be read does not look like one without tests. */
void test_junit_end_file(struct test_junit *junit, const char *path, const char *file_faults);
MUST_CHECK enum result test_junit_write(const struct test_junit *junit, const char *path, struct fault *fault);
void test_junit_free(struct test_junit *junit);

#endif
