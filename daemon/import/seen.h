/* seen: what an import that keeps no state has taken so far, so that two rows that differ are told apart from one that
 * is there twice.
 *
 * The one rule: some 100 bytes a record at most, and never a key. A record is told by 64 bits of a keyed hash: in one
 * of 370,000 imports of ten million records two have the same, and then one is reported, not lost in silence. */
#ifndef CASEWATCH_IMPORT_SEEN_H
#define CASEWATCH_IMPORT_SEEN_H

#include "base/text.h"
#include "import/state.h"

struct import_seen;
struct import_seen *import_seen_new(void);
void import_seen_free(struct import_seen *seen); /* NULL is fine */
/* As import_state_next: 1: new; 0: a row of this import before it said the same; IMPORT_CONTRADICTS. */
unsigned import_seen_next(struct import_seen *seen, struct text key, uint64_t content, struct import_place here,
                          struct import_place *before);

#endif
