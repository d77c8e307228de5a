/* checkpoints: what a long history held at some instants of its past, frozen, so that a late event folds it anew from
 * the one before it and not from the first event.
 *
 * Owns the frozen states of one history. The one rule: a checkpoint is a function of the events up to its instant; what
 * changes anything at or before it drops it. They lie closer the nearer they are to the present, where most of what is
 * late belongs. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_CHECKPOINTS_H
#define CASEWATCH_ENGINE_HISTORY_CHECKPOINTS_H

#include "engine/engine_internal.h"
#include "engine/history/checkpoint_list.h"

/* Events to fold from one checkpoint to the next; SIZE_MAX: the history is too short for any. `count`: those that it
 * has. */
size_t checkpoints_interval(const struct engine *engine, const struct history *history, size_t count);
/* After its events up to history->last were folded, and none was looked at that is later: keeps what it holds now,
 * where the last one is far enough. Every event of a higher time has a higher ref than `floor`. `late`: by a fold that
 * something late began, which may be one that writes none (checkpoints_late). */
void checkpoints_keep(struct engine *engine, struct history *history, uint64_t floor, bool late);
/* Makes of an emptied history what it was at the latest checkpoint, without what was reported; *after: what is to be
 * read has a higher ref. False: there is none. */
bool checkpoints_restore(struct engine *engine, struct history *history, uint64_t *after);
#endif
