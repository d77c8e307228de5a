/* rule_tests: the tests beside the rules: events, times, and what is expected, readable by a performance analyst.
 *
 * The one rule: a test runs through the same replay as backtest; every line of the kinds looked at must be expected,
 * and every expected line must come. */
#ifndef CASEWATCH_RULETEST_RULE_TESTS_H
#define CASEWATCH_RULETEST_RULE_TESTS_H

#include "config/config.h"
#include "config/yaml.h"

#include <stdio.h>

enum rule_test_verdict {
	RULE_TEST_HOLDS,
	RULE_TEST_FAILS,  /* something else came than was expected */
	RULE_TEST_FAULTY, /* it could not be run as it is meant: a fault of the test itself */
};
/* A test that was run; all of it lives until the call returns. */
struct rule_test_outcome {
	const struct yaml_node *test; /* its file and line */
	const char *title;            /* "" where it has none */
	enum rule_test_verdict verdict;
	const char *why;              /* it does not hold: lines; "" where it does */
};
typedef void rule_test_done(void *context, const struct rule_test_outcome *outcome);

/* Runs every test of a file, one after the other. Faults, of the file and of its tests, go to `faults`. */
void rule_tests_run(const struct config *config, const char *path, struct config_faults *faults, rule_test_done *done,
                    void *context);

/* The tests of a file that was read: a list; NULL after a fault. */
const struct yaml_node *rule_tests_list(const struct yaml_tree *tree, struct config_faults *faults);
/* Whether a test holds with the rules of `config`; in no words. */
bool rule_test_holds(const struct config *config, const struct yaml_node *test);
/* Whether the test looks at the rule by name. */
bool rule_test_names(const struct yaml_node *test, struct text rule);

#endif
