/* result: how a function says that it failed.
 *
 * The one rule: every function that can fail returns an enum result that the caller must look at, and fills a
 * struct fault with a sentence for the person who can act. Exactly three outcomes exist. */
#ifndef CASEWATCH_BASE_RESULT_H
#define CASEWATCH_BASE_RESULT_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, first_at) __attribute__((format(printf, text_at, first_at)))

enum result {
	RESULT_OK,        /* done */
	RESULT_TEMPORARY, /* not now; the same call may succeed later */
	RESULT_PERMANENT, /* never, until somebody changes something */
};

/* A failure in words. Always NUL-terminated; empty while nothing failed. */
struct fault {
	char text[1024];
};

/* Writes the sentence and returns `kind`, so that a failure is one statement:
 *   return fault_set(fault, RESULT_PERMANENT, "cannot open %s: %s", path, strerror(errno));
 * `fault` may be NULL. */
enum result fault_set(struct fault *fault, enum result kind, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
