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

#endif
