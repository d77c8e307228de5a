/* faults: everything that is wrong with a configuration, gathered before anybody is bothered.
 *
 * The one rule: a fault names file, line and column, says what is wrong and what would be right; reading goes on after
 * it, so that a person mends all of them at once. */
#ifndef CASEWATCH_CONFIG_FAULTS_H
#define CASEWATCH_CONFIG_FAULTS_H

#include "base/text.h"

/* One thing that is wrong. */
struct config_fault {
	const char *file;
	int line, column; /* from 1; of the file as a whole 1 and 1 */
	const char *text; /* what is wrong and what would be right */
};
/* Begin with {0}; config_faults_free gives back all of it. */
struct config_faults {
	struct config_fault *items;
	size_t count, room;
	void *owned;
};
void config_faults_free(struct config_faults *faults);

/* Adds one; file and text are copied. `line` and `column` 0: the file as a whole. */
void config_fault_add(struct config_faults *faults, const char *file, int line, int column, const char *format, ...)
	PRINTF_LIKE(5, 6);
/* Orders them by file, line and column, for printing. */
void config_faults_sort(struct config_faults *faults);

/* The word of `words` (count of them) spelling to `given` by edit distance, if near enough to be a slip of the pen (a
 * third of its length, at least 1, at most 3); else NULL. Letters count without regard to case, '_' and ' ' as '-'. */
const char *config_spelling(struct text given, const char *const *words, size_t count);
/* Writes `; did you mean "WORD"?`, or nothing, for the end of a fault's sentence. Returns buffer_cstr(out). */
const char *config_did_you_mean(struct buffer *out, struct text given, const char *const *words, size_t count);

#endif
