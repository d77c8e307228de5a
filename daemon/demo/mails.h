/* mails: the mails that the demo's mail server has kept, as a person would look at them.
 *
 * The one rule: what is shown comes out of the mail itself, as it went over the wire. */
#ifndef CASEWATCH_DEMO_MAILS_H
#define CASEWATCH_DEMO_MAILS_H

#include "base/text.h"

/* One mail, taken apart. */
struct demo_mail {
	char name[32];                  /* "000123.eml" */
	char to[256], subject[512], date[64], message_id[256];
	struct buffer text, html;       /* its parts, decoded */
};

struct demo_mails {
	struct demo_mail *items; /* in the order in which they came */
	size_t count, room;
};
/* Reads them all, writes the HTML part of each beside it (NNNNNN.html), and an index of them all. */
MUST_CHECK enum result demo_mails_read(const char *directory, struct demo_mails *mails, struct fault *fault);
MUST_CHECK enum result demo_mails_index(const struct demo_mails *mails, const char *path, struct fault *fault);
const struct demo_mail *demo_mails_find(const struct demo_mails *mails, struct text message_id); /* NULL: none */
void demo_mails_free(struct demo_mails *mails);

MUST_CHECK enum result demo_write_file(const char *path, struct text bytes, struct fault *fault);

#endif
