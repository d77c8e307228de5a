/* story_words: how an alert came about (explain/story.h), as the tool prints it. */
#ifndef CASEWATCH_CLI_ANALYST_STORY_WORDS_H
#define CASEWATCH_CLI_ANALYST_STORY_WORDS_H

#include "explain/story.h"
#include "text/json_write.h"

void story_words(const struct zone *zone, const struct story *story, struct buffer *out);
void story_json(const struct story *story, struct json_writer *json); /* members of the object under way */

#endif
