/* verify_refold: whether what stands is what the records say: children taken by chance are judged anew, from nothing.
 */
#ifndef CASEWATCH_CLI_VERIFY_VERIFY_REFOLD_H
#define CASEWATCH_CLI_VERIFY_VERIFY_REFOLD_H

#include "cli/sample.h"

/* Of `most` histories, chosen by chance; those that are judged at this very moment are passed over. *refold is freed
 * with sample_free; its words name alerts and rules. */
MUST_CHECK enum result refold_sample(const struct opened *opened, size_t most, struct sample *refold,
                                     struct fault *fault);

#endif
