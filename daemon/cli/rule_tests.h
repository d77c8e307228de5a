/* rule_tests: the tests beside the rules: events, times, and what is expected, readable by a performance analyst.
 *
 * The one rule: a test runs through the same replay as backtest; every line of the kinds looked at must be expected,
 * and every expected line must come. */
#ifndef CASEWATCH_CLI_RULE_TESTS_H
#define CASEWATCH_CLI_RULE_TESTS_H

#include "config/config.h"
#include "config/yaml.h"

#include <stdio.h>

struct rule_test_result {
	size_t passed, failed;
};

/* Runs every test of a file. Faults of the file itself go to `faults`. `complaints` receives what fell short, in
 * words. */
void rule_tests_run(const struct config *config, const char *path, struct config_faults *faults,
                    struct rule_test_result *result, struct buffer *complaints);

/* The tests of a file that was read: a list; NULL after a fault. */
const struct yaml_node *rule_tests_list(const struct yaml_tree *tree, struct config_faults *faults);
/* Whether a test holds with the rules of `config`; in no words. */
bool rule_test_holds(const struct config *config, const struct yaml_node *test);
/* Whether the test looks at the rule by name. */
bool rule_test_names(const struct yaml_node *test, struct text rule);

#endif
