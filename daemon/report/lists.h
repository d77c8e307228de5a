/* lists: the facts of the lists that are going out, and each list as a mail when the courier has it in hand.
 *
 * Owns the thread that reads: one list at a time, on a connection that cannot write, so that neither the loop nor an
 * event waits for it. The one rule: two recipients of one list read the same facts. */
#ifndef CASEWATCH_REPORT_LISTS_H
#define CASEWATCH_REPORT_LISTS_H

#include "base/shared.h"
#include "report/list.h"
#include "store/outbox/payload.h"

#define LISTS_READING "the list is being read" /* why a mail of it cannot be made yet: lists_render's fault */
#define LISTS_FULL "full" /* payload.reason of the full list after one that was not complete */

struct lists_settings {
	const char *database;
	const struct config_list *lists;
	size_t list_count;
	const struct ruleset *rules;
	const struct directory *directory;
	const struct calendar *calendar;
	const struct template_set *templates; /* NULL: plain text */
	const char *council;
	instant go_live;                      /* INSTANT_NONE: from the first event */
	const char *type_prefix;              /* NULL: none */
	struct shared *owner;                 /* of all that the above points to: held while a list is being read */
};

struct lists;
struct lists *lists_new(const struct lists_settings *settings,
                        struct fault *fault);                   /* copies them; all else is borrowed */
void lists_free(struct lists *lists);                           /* NULL is fine; waits for the thread */
/* After a reload. A list that is being read of what was in force before is read to its end, and forgotten. */
void lists_use(struct lists *lists, const struct lists_settings *settings);
/* Readable when a list was read: call lists_take. */
int lists_fd(const struct lists *lists);
/* Which facts: of a report also when it was due, and whose it is. */
struct lists_wanted {
	const struct config_list *list;
	instant as_of, last, due;
	struct text team, person; /* empty: everybody's */
	bool full;                /* it follows one of the same due time that was not complete */
};
/* Takes what the thread has read. RESULT_OK also where there was nothing to take (which->list is NULL); else the fault
 * of that reading. `which`: what was read; its texts live until the next call of any of these. */
MUST_CHECK enum result lists_take(struct lists *lists, instant now, struct lists_wanted *which, struct fault *fault);
/* Of what lists_take gave last: how many stored events it asked for whose rows are damaged; *last: one of them. */
size_t lists_unreadable(const struct lists *lists, int64_t *last);
/* Whether the facts as of then are at hand. If not, they are read as soon as the thread is free: ask again after
 * lists_take. */
bool lists_ready(struct lists *lists, const struct lists_wanted *wanted, instant now);
/* Keeps the figures of a report that is going out, so that what changes later can be said; of a list nothing. The facts
 * are at hand (lists_ready). In the caller's transaction. */
MUST_CHECK enum result lists_print(struct lists *lists, const struct lists_wanted *wanted, struct store *store,
                                   instant now, struct fault *fault);

/* What could not be kept of a report is read again, and kept then: nothing goes out of which nobody knows what it
 * said. */
void lists_drop(struct lists *lists, const struct lists_wanted *wanted);

/* For the courier: reader and `payload` are the row's. Appends to the buffers. A template that fails falls back
 * to plain text: then *fell_back, and `fault` says why. RESULT_TEMPORARY: it is not read yet; it will be. */
struct lists_reader_of {
	const char *role_title;
	struct text person;   /* whose list it is */
	void (*link)(void *context, const struct list_alert *alert, struct buffer *out); /* list_view; NULL */
	void *link_context;
};
MUST_CHECK enum result lists_render(struct lists *lists, const struct payload *payload,
                                    const struct lists_reader_of *reader, instant now, struct buffer *subject,
                                    struct buffer *text, struct buffer *html, bool *fell_back, struct fault *fault);
/* The list as a mail from facts at hand; falls back likewise. */
void lists_render_facts(const struct list_facts *facts, const struct list_view *view,
                        const struct template_set *templates, struct buffer *subject, struct buffer *text,
                        struct buffer *html, bool *fell_back, struct fault *fault);

#endif
