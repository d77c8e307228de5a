/* people: the people of the demo's council, who read their mails and answer most of them.
 *
 * The one rule: they answer as people do: through the same door as `casewatch ack`, after a while, in the role in which
 * they were told; and a few do not, so that the ladder is seen climbing. */
#ifndef CASEWATCH_DEMO_PEOPLE_H
#define CASEWATCH_DEMO_PEOPLE_H

#include "demo/stage.h"

struct demo_people;
struct demo_people *demo_people_new(const struct demo_stage *stage, uint64_t seed);
void demo_people_free(struct demo_people *people); /* NULL is fine */
/* They read what has come: whoever will answer is noted, and when. */
MUST_CHECK enum result demo_people_read(struct demo_people *people, struct fault *fault);
/* When the next of them answers; INSTANT_NEVER: nobody. */
instant demo_people_next(const struct demo_people *people);
/* Those whose time has come answer. */
MUST_CHECK enum result demo_people_answer(struct demo_people *people, struct fault *fault);
size_t demo_people_answered(const struct demo_people *people);

#endif
