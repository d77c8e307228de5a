/* lists: renders the list that an outbox row is about, when the courier has it in hand.
 *
 * Owns the facts of the last rendering for as long as they serve: a list that goes to twenty people is read from the store
 * once. The one rule: two recipients of one list read the same facts. */
#ifndef CASEWATCH_REPORT_LISTS_H
#define CASEWATCH_REPORT_LISTS_H

#include "store/payload.h"
#include "report/missing_store.h"

struct lists_settings {
	struct missing_store from;
	const struct directory *directory;
	const struct template_set *templates; /* NULL: plain text */
	int minute;                           /* of daily-missing, after local midnight */
	instant go_live;                      /* INSTANT_NONE: from the first event */
};

struct lists;
struct lists *lists_new(const struct lists_settings *settings); /* copies them; what they point to is borrowed */
void lists_free(struct lists *lists);                           /* NULL is fine */
void lists_use(struct lists *lists, const struct lists_settings *settings); /* after a reload */

/* For main's courier_list: `role_title` and `payload` are the row's. Appends to the buffers. A template that fails falls
 * back to plain text: then *fell_back, and `fault` says why. RESULT_TEMPORARY: the store could not be read. */
MUST_CHECK enum result lists_render(struct lists *lists, const struct payload *payload, const char *role_title,
                                    instant now, struct buffer *subject, struct buffer *text, struct buffer *html,
                                    bool *fell_back, struct fault *fault);
/* The list as it would be now, for the tool: of one team, or NULL: of all. */
MUST_CHECK enum result lists_show(struct lists *lists, const struct team *team, const char *role_title, instant now,
                                  struct buffer *subject, struct buffer *text, struct buffer *html, bool *fell_back,
                                  struct fault *fault);

#endif
