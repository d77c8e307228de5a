/* verify_registers: whether the registers are what the records say: the rows of children taken by chance are reckoned
 * afresh and compared with those that stand. Nothing is written.
 */
#ifndef CASEWATCH_CLI_VERIFY_VERIFY_REGISTERS_H
#define CASEWATCH_CLI_VERIFY_VERIFY_REGISTERS_H

#include "cli/sample.h"

/* Of `most` children, chosen by chance, all as of one moment, whatever the daemon writes meanwhile; those whose newest
 * events the registers do not hold yet are passed over. `wrong` are rows that are other ones, lack, or should not be
 * there; *check is freed with sample_free. */
MUST_CHECK enum result registers_check_sample(const struct opened *opened, size_t most, struct sample *check,
                                              struct fault *fault);

#endif
