/* sample: what both parts of verify do alike: histories taken by chance are looked at, and what differs is said.
 */
#ifndef CASEWATCH_CLI_SAMPLE_H
#define CASEWATCH_CLI_SAMPLE_H

#include "cli/opened.h"
#include "store/alerts/alerts.h"

#define SAMPLE_EVENTS_MOST 20000 /* of one history: some seconds; one with more is passed over, and that is said */

/* Why a history that was chosen was passed over. */
enum sample_pass {
	SAMPLE_LINKED,  /* one of linked ids: what stands of it is of all of them */
	SAMPLE_LONG,    /* it has more than SAMPLE_EVENTS_MOST records */
	SAMPLE_DUE,     /* it falls due at this moment: the daemon is judging it */
	SAMPLE_NOT_YET, /* its newest records are not in the registers yet */
};
#define SAMPLE_PASSES 4

struct sample {
	bool taken;                           /* histories were asked for, whether there were any or not */
	size_t looked, passed[SAMPLE_PASSES]; /* histories */
	uint64_t wrong;             /* differences */
	struct buffer words;        /* what is wrong, a line each; no child */
	const char *why_not;        /* none was looked at; NULL: some were */
};
/* Shows histories of the store, chosen by chance and as far apart as they come to `most`, until so many were looked at:
 * `visit` counts those in *sample. */
MUST_CHECK enum result sample_take(struct store *store, size_t most, struct sample *sample, history_visit *visit,
                                   void *argument, struct fault *fault);

/* Sentences: "WHAT was not compared with the records: ...", "BEFORE 3 histories were DONE, and differ:" or
 * "... DONE: FINE.", and what to do next. */
struct sample_words {
	const char *what, *before, *done, *fine, *next;
};
void sample_put(const struct sample *sample, const struct sample_words *words, struct buffer *out);
/* "linked", "long", "due", "not_yet": as the JSON of verify has it. */
const char *sample_pass_name(enum sample_pass pass);
void sample_free(struct sample *sample);

#endif
