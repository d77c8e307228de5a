/* answer_form: what somebody filled in, checked, and as an event; private to the answer page.
 *
 * The one rule: nothing typed is lost: what is wrong is said on the page that holds all of it. */
#ifndef CASEWATCH_WEB_ANSWER_FORM_H
#define CASEWATCH_WEB_ANSWER_FORM_H

#include "web/answer_state.h"

#define ANSWER_SOURCE "/casewatch/page" /* of the events that the page hands in */
#define ANSWER_NOTE_MOST 500            /* characters */

enum answer_do { ANSWER_ACT, ANSWER_PASS, ANSWER_END };

struct answer_form {
	enum answer_do what;
	struct text action, note, review, review_at, to, role, end; /* as sent */
	struct buffer done;    /* what was done, or why it ends, in one line */
	struct buffer words;   /* the note in one line */
	instant again;         /* INSTANT_NONE: no time was given */
	/* what is wrong; NULL: nothing */
	const char *form_error, *action_error, *note_error, *review_error, *to_error, *role_error, *end_error;
};

/* The choices of what was done, and whether one of them goes on in the note ("No bed can be had because"). */
size_t answer_actions(const struct answer *answer, const char *const **actions);
bool answer_goes_on(const char *action);
/* When to ask again: choices by severity. */
struct answer_review {
	const char *value;
	instant at;      /* INSTANT_NONE: typed, or none */
	bool chosen;     /* where nobody has chosen yet */
};
#define ANSWER_REVIEWS 5
size_t answer_reviews(const struct answer *answer, struct answer_review reviews[ANSWER_REVIEWS]);

/* Reads and checks. */
void answer_form_read(const struct answer *answer, struct answer_form *form);
bool answer_form_good(const struct answer_form *form);
void answer_form_free(struct answer_form *form);
/* Hands it in as the event `id`. */
MUST_CHECK enum result answer_form_hand_in(const struct answer *answer, const struct answer_form *form, const char *id,
                                           struct fault *fault);

#endif
