/* freeze: a history as one block of bytes while nobody works on it, and back.
 *
 * Owns nothing: the block is the caller's. The one rule: thawed, a history goes on exactly as if it had never been
 * frozen; whoever adds a field to a struct in history.h adds it here. What kinds of rules keep in clocks, memories,
 * marks, open keys and outcomes is written without knowing the kind. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_FREEZE_H
#define CASEWATCH_ENGINE_HISTORY_FREEZE_H

#include "engine/history/codec.h"
#include "engine/history/history.h"

/* Words that stand in outcomes as reasons: each has a number for the time of the process. Zeroed it is empty. */
struct reasons {
	const char **items;
	size_t count, room;
};

/* Writes what the history holds into `codec`, from codec->bytes to codec->at; but not its id, its due time and its
 * place in the cache. Its state must be whole: nothing pending, nothing under way. `identities`: by rule, see
 * rule_index.h. */
void freeze_write(struct codec *codec, struct reasons *reasons, const uint64_t *identities, struct history *history);
/* Reads it back, from codec->at, into a history that holds nothing (it may have room left from another). The events
 * that first() looks at are left with the host. */
void freeze_read(struct codec *codec, struct reasons *reasons, const uint64_t *identities, struct history *history);

#endif
