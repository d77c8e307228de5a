/* brief: a message in few words: one text to a phone, and the card of a channel that many read.
 *
 * The one rule: least data (shared/look/look.md, principle 4): an alert's number, how bad it is, by when to answer, a
 * link, the duty phone, what a list is called; never anything of a child, nor of the words of a rule or an answer. A
 * text is one part of the network's alphabet, always (text/gsm7.h): what there is no room for is left out, the least
 * first, never cut. */
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

/* What a webhook of the reader is sent: the template that the directory names for it (`webhook-form: teams-card` is
 * teams-card.json), filled with the card; without one a CloudEvent of type casewatch.message.PURPOSE whose id is the
 * message's reference. *media: its media type, a literal. RESULT_PERMANENT: the template does not render, or what it
 * makes is not JSON. */
MUST_CHECK enum result message_hook(const struct message_input *input, struct text reference, struct buffer *out,
                                    struct text *media, struct fault *fault);
/* Whether the form renders with a card in which everything stands, and one in which nothing does. */
MUST_CHECK enum result message_check_hook(const struct template_set *templates, const char *form, struct fault *fault);

#endif
