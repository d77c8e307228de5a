/* brief: a message in few words: one text to a phone, and the card of a channel that many read.
 *
 * The one rule: least data (shared/look/look.md, principle 4): an alert's number, how bad it is, by when to answer, a
 * link, the duty phone; never anything of a child, and nothing that a person can edit. A text is one part of the
 * network's alphabet, always (text/gsm7.h): what there is no room for is left out, the least first,
 * never cut. */
#ifndef CASEWATCH_MESSAGE_BRIEF_H
#define CASEWATCH_MESSAGE_BRIEF_H

#include "message/message.h"

/* The longest answer link that a text has room for beside its longest words: `check` refuses longer ones. */
#define BRIEF_LINK_MOST 66

/* Appends the text for a phone. Cannot fail. */
void message_brief(const struct message_input *input, struct buffer *out);

/* What a card says; each may be empty. */
struct message_card {
	struct buffer title; /* "CRITICAL alert A-2041" */
	struct buffer by;    /* "Answer by 02:40" */
	struct buffer words; /* "If nobody answers, the next person is told." */
	struct buffer open;  /* "Open alert A-2041"; only beside `link` */
	const char *link;    /* NULL: pages are not configured */
};
void message_card(const struct message_input *input, struct message_card *card);
void message_card_free(struct message_card *card);

#endif
