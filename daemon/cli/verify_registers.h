/* verify_registers: whether the registers are what the records say: the rows of children taken by chance are reckoned
 * afresh and compared with those that stand. Nothing is written.
 */
#ifndef CASEWATCH_CLI_VERIFY_REGISTERS_H
#define CASEWATCH_CLI_VERIFY_REGISTERS_H

#include "cli/opened.h"

struct register_check {
	size_t looked, passed_over; /* children; passed over: the registers do not hold their newest events yet */
	uint64_t wrong;             /* rows that are other ones, lack, or should not be there */
	struct buffer words;        /* how many of which register, a line each; no child */
	const char *why_not;        /* none was looked at; NULL: some were */
};
/* Of `sample` children, chosen by chance, all as of one moment, whatever the daemon writes meanwhile. *check is freed
 * with registers_check_free. */
MUST_CHECK enum result registers_check_sample(const struct opened *opened, size_t sample, struct register_check *check,
                                              struct fault *fault);
void registers_check_free(struct register_check *check);

#endif
