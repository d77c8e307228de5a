/* state: what was imported before: of each record its key, the version that was sent, and what it said.
 *
 * The one rule: a record that did not change is not sent again, one that changed is sent as a correction of the version
 * before, and the file is replaced only once everything was written. */
#ifndef CASEWATCH_IMPORT_STATE_H
#define CASEWATCH_IMPORT_STATE_H

#include "base/text.h"

struct import_state;

/* An empty state where there is no such file yet. NULL after a fault: it is not a state, or cannot be read. */
struct import_state *import_state_read(const char *path, struct fault *fault);
MUST_CHECK enum result import_state_write(const struct import_state *state, const char *path, struct fault *fault);
void import_state_free(struct import_state *state);

/* Where a record stands; `file` is told by its address. */
struct import_place {
	const char *file; /* NULL: nowhere */
	int64_t line;
};
#define IMPORT_CONTRADICTS ((unsigned)-1)

/* The version to send of the record under the key: 0: none, it is as it was; 1: new; else a correction of the one
 * before. IMPORT_CONTRADICTS: a row of this import before it, of this file or another, said something else of the same
 * record, which holds (were the later one to hold, each import of these files would correct it to and fro); `before` is
 * where. The key is seen in any case. */
unsigned import_state_next(struct import_state *state, struct text key, struct text subject, uint64_t content,
                           struct import_place here, struct import_place *before);
/* The record is there, and what it says now cannot be taken: it is seen, and stays as it was sent. False: none of that
 * key was sent. */
bool import_state_hold(struct import_state *state, struct text key);
/* Each record that was sent and was not seen since the state was read. True: it is withdrawn, and counts as such;
 * false: it stays. */
typedef bool import_state_visit(void *context, struct text key, struct text subject, unsigned version);
void import_state_unseen(struct import_state *state, import_state_visit *visit, void *context);

#endif
