/* shards: one of several engines that share the histories (engine.h, "Several engines"): which are its own, and when
 * one engine that had them all would have judged them.
 *
 * Owns the order in which histories were touched, and the ends that reach parties: the child's history, which knows
 * them elsewhere, may be another's. The one rule: what is touched is counted also where it is another's, so that the
 * order is the same in all of them. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_SHARDS_H
#define CASEWATCH_ENGINE_SHARDS_H

#include "engine/engine_internal.h"

struct shards *shards_new(uint32_t shards); /* NULL for none */
void shards_free(struct shards *shards);    /* NULL is fine */
/* Whether the histories of the id, which is one that lasts, are this engine's. */
bool shards_own(const struct engine *engine, struct text id);
/* The same of the subject of a stored event, by its handle. */
MUST_CHECK enum result shards_own_event(struct engine *engine, uint64_t ref, bool *own, struct fault *fault);
/* A history is about to be touched by what comes at engine->order. */
void shards_touch(struct engine *engine);
/* The history that was touched at this place is judged: engine->order becomes its own. */
void shards_judge(struct engine *engine, size_t at);
/* When the time of an answer comes that is still to come: then it is settled whose it is, and the others forget it,
 * before a merge can make it theirs. NEVER: of none. */
instant shards_answer_due(const struct engine *engine);
/* An end that reaches parties came, or stands again. */
void shards_note_end(struct engine *engine, const struct event *event);
/* Until when the latest such end of the child, under all its ids, speaks of starts, too; NONE: it has none. */
instant shards_ended(const struct engine *engine, struct text child);

#endif
