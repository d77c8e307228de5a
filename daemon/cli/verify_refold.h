/* verify_refold: whether what stands is what the records say: children taken by chance are judged anew, from nothing.
 */
#ifndef CASEWATCH_CLI_VERIFY_REFOLD_H
#define CASEWATCH_CLI_VERIFY_REFOLD_H

#include "cli/opened.h"

struct refold {
	size_t looked, passed_over; /* histories; those that are judged at this very moment are passed over */
	size_t wrong;
	struct buffer words; /* what is wrong, one line each: alerts and rules, no child */
	const char *why_not; /* none was looked at; NULL: some were */
};
/* Of `sample` histories, chosen by chance. *refold is freed with refold_free. */
MUST_CHECK enum result refold_sample(const struct opened *opened, size_t sample, struct refold *refold,
                                     struct fault *fault);
void refold_free(struct refold *refold);

#endif
