/* rule_test_story: why a test does not hold, in words.
 *
 * The one rule: whoever reads it needs no other tool: what was expected, what came nearest to it and in what it
 * differs, what came that nobody expected, and all that happened to the children concerned, in order of time. */
#ifndef CASEWATCH_RULETEST_RULE_TEST_STORY_H
#define CASEWATCH_RULETEST_RULE_TEST_STORY_H

#include "config/yaml.h"

struct rule_test_came {
	struct text line;
	bool looked_at; /* of a kind and a rule that the test looks at */
	bool met;       /* an expected line */
};
struct rule_test_story {
	const struct yaml_node *test;
	const struct rule_test_came *came; /* in the order in which they came */
	size_t count;
	const struct yaml_node **missing; /* expected lines that did not come */
	size_t missing_count;
};

/* Appends lines; nothing where all is as expected. */
void rule_test_tell(const struct rule_test_story *story, struct buffer *out);

#endif
