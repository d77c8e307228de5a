/* preview: what other rules would make of what is on record, before they are put into force.
 *
 * The one rule: the engine judges every history as after a reload, by the same questions to the store; nothing is told
 * and nothing is written. */
#ifndef CASEWATCH_PIPELINE_PREVIEW_H
#define CASEWATCH_PIPELINE_PREVIEW_H

#include "engine/engine.h"
#include "store/store.h"

/* One alert that the rules would open, end or withdraw. */
struct preview_change {
	enum effect_kind kind;       /* EFFECT_OPENED, EFFECT_RESOLVED, EFFECT_WITHDRAWN */
	const char *rule;            /* its id */
	enum severity severity;
	bool shadow;                 /* on record alone: nobody would be told */
	enum party_kind domain;
	struct text subject;
	const char *const *roles;    /* who would be told; none where the rule is gone: whoever was told so far */
	size_t role_count;
	const struct text *linked;   /* all ids of that history */
	size_t linked_count;
};
/* May ask the store. What it is given lives until it returns. */
typedef enum result preview_visit(void *argument, const struct preview_change *change, struct fault *fault);

/* `store`: open for reading, its parser set. As of `now`. */
MUST_CHECK enum result pipeline_preview(struct store *store, const struct engine_settings *settings, instant now,
                                        preview_visit *visit, void *argument, struct fault *fault);

#endif
