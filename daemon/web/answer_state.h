/* answer_state: the alert that a link is about, and who answers it; private to the answer page.
 *
 * The one rule: whoever has the link answers as the person it was made for; whoever is signed in answers as themself,
 * if they may (people/answerer.h), and sees the facts. */
#ifndef CASEWATCH_WEB_ANSWER_STATE_H
#define CASEWATCH_WEB_ANSWER_STATE_H

#include "message/alert_context.h"
#include "web/web.h"

#define ANSWER_BAD_LINKS_A_MINUTE 300 /* of all together: a guess is right once in 10 to the 21 */
#define ANSWER_FORMS_A_MINUTE 12      /* by one link: a person who corrects themself, not a program */

struct answer {
	struct web_page *page;
	struct text token;
	struct outbox_row row;        /* the message that the link was made for */
	struct alert_context *about;
	struct linked *linked;        /* ids that are one child */
	const struct message_alert *alert;
	const struct rule *rule;      /* NULL: no longer among the rules */
	const struct payload *step;   /* of the newest message that asked for an answer */
	struct text by, person;       /* who answers, and as what */
	bool facts;                   /* they are signed in: the child's facts are shown */
	bool own;                     /* the last answer is theirs */
	instant review_after, review_most; /* when it is asked again if no time is given, and at the latest */
	struct data *data;            /* what every template of it is filled with */
};

/* The message that the link of this page was made for; *good false: the page says already why not. */
MUST_CHECK enum result answer_open_link(struct web_page *page, struct outbox_row *row, bool *good,
                                        struct fault *fault);
/* *answer NULL: the page says already why not. */
MUST_CHECK enum result answer_find(struct web_page *page, struct answer **answer, struct fault *fault);
/* Whether somebody else would hear, if it were passed on to the role. */
bool answer_passes_to(const struct answer *answer, struct text role);
/* Whether the first answer ended it or will. */
bool answer_ends_it(const struct answer *answer);

#endif
