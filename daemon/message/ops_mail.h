/* ops_mail: what operations are told: one thing that is wrong, or once a day all of it; private to message/.
 *
 * The one rule: the words are those of whoever found the fault (ops/ops.h says how they are spelled as JSON in a
 * payload's `detail`); here they only get their places. No child's data is in them, so a mail to operations has no
 * caveat. */
#ifndef CASEWATCH_MESSAGE_OPS_MAIL_H
#define CASEWATCH_MESSAGE_OPS_MAIL_H

#include "message/message.h"

/* From input->payload->detail. RESULT_PERMANENT: it is no such JSON, or the templates do not render. */
MUST_CHECK enum result ops_mail_render(const struct message_input *input, struct message *out, struct fault *fault);
/* Whether both templates render an example in which every name stands. */
MUST_CHECK enum result ops_mail_check(const struct message_input *input, struct fault *fault);

#endif
