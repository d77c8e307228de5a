/* rule_test_line: a line that backtest prints, as tests look at it.
 *
 * The one rule: this program wrote the line itself, without spaces and with quotes escaped, so that `"key":` followed
 * by a value stands for nothing else. Nothing is owned. */
#ifndef CASEWATCH_RULETEST_RULE_TEST_LINE_H
#define CASEWATCH_RULETEST_RULE_TEST_LINE_H

#include "config/yaml.h"

/* The value of `key` as JSON: "\"C1\"", "[\"edt\"]"; length 0 where the line has no such key. */
struct text rule_test_line_value(struct text line, const char *key);
/* The same without the quotes of a string. */
struct text rule_test_line_text(struct text line, const char *key);
/* Whether the line has this very value; for `says`: whether its reason has this piece. */
bool rule_test_line_meets(struct text line, const char *key, const struct yaml_node *value);
/* The value as a person writes it: "[edt, team-manager]"; "absent" where there is none. */
void rule_test_line_words(struct text line, const char *key, struct buffer *out);
/* The line as a person reads it: "alert.opened custody.threshold, severity critical, tell [director]: because …". */
void rule_test_line_print(struct text line, struct buffer *out);

#endif
