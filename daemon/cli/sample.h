/* sample: what both parts of verify do alike: histories taken by chance are looked at, and what differs is said.
 */
#ifndef CASEWATCH_CLI_SAMPLE_H
#define CASEWATCH_CLI_SAMPLE_H

#include "cli/opened.h"
#include "store/alerts.h"

struct sample {
	size_t looked, passed_over; /* histories; passed over: what is known of them is not all judged or kept yet */
	uint64_t wrong;             /* differences */
	struct buffer words;        /* what is wrong, a line each; no child */
	const char *why_not;        /* none was looked at; NULL: some were */
};
/* Shows histories of the store, chosen by chance and as far apart as they come to `most`, until so many were looked at:
 * `visit` counts those in *sample. */
MUST_CHECK enum result sample_take(struct store *store, size_t most, const struct sample *sample, history_visit *visit,
                                   void *argument, struct fault *fault);

/* Sentences: "WHAT was not compared with the records: ...", "BEFORE 3 histories were DONE, and differ:" or
 * "... DONE: FINE.", and what to do next. */
struct sample_words {
	const char *what, *before, *done, *fine, *next;
};
void sample_put(const struct sample *sample, const struct sample_words *words, struct buffer *out);
void sample_free(struct sample *sample);

#endif
