/* answer_show: what the answer page shows; private to it. */
#ifndef CASEWATCH_WEB_ANSWER_SHOW_H
#define CASEWATCH_WEB_ANSWER_SHOW_H

#include "web/answer_form.h"

/* The form; `form` NULL: nobody has filled it in yet. */
MUST_CHECK enum result answer_show_form(struct answer *answer, const struct answer_form *form, int status,
                                        struct fault *fault);
/* Ending what still stands: what is recorded, and what to do about it. */
MUST_CHECK enum result answer_show_end(struct answer *answer, const struct answer_form *form, int status,
                                       struct fault *fault);
/* What became of it: answered by somebody else, ended, withdrawn. */
MUST_CHECK enum result answer_show_state(struct answer *answer, struct fault *fault);
/* What was handed in as `event`, which the daemon has taken. */
MUST_CHECK enum result answer_show_done(struct answer *answer, const struct event *event, struct fault *fault);
/* What was handed in and is not taken yet. */
MUST_CHECK enum result answer_show_waiting(struct answer *answer, struct fault *fault);

#endif
