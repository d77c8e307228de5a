/* rule_test_event: an event of a test beside the rules, as the line that a source would send.
 *
 * The one rule: what a test says either takes effect or is faulted where it stands: a misspelled type or field would
 * otherwise make a test pass that shows nothing. */
#ifndef CASEWATCH_RULETEST_RULE_TEST_EVENT_H
#define CASEWATCH_RULETEST_RULE_TEST_EVENT_H

#include "config/yaml.h"
#include "text/json_write.h"

/* Faults what is no event, a type or a field that nobody knows. An event given as `raw` is not looked into. */
bool rule_test_event_check(const struct yaml_node *event, struct config_faults *faults);
/* The line of the event that is the `number`th of its test, from 1; replaces what is in `out`. */
void rule_test_write_event(const struct yaml_node *event, size_t number, struct buffer *out);
/* A value of a test as JSON: plain scalars that look like numbers, true, false or null are those. */
void rule_test_put_node(struct json_writer *json, const struct yaml_node *node);

#endif
