/* checkpoint_list: the checkpoints of one history, in order of time, as bytes: what is in them is the business of
 * checkpoints.h. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_CHECKPOINT_LIST_H
#define CASEWATCH_ENGINE_CHECKPOINT_LIST_H

#include "engine/history.h"

#define CHECKPOINTS_MOST 32 /* at widening distances so many reach far */

struct checkpoint {
	instant last, date_judged; /* of the history then */
	uint64_t floor;            /* every event of a higher time has a higher ref */
	uint32_t taken;            /* events folded by then */
	uint32_t size;
	unsigned char *bytes;
};
struct checkpoints {
	struct checkpoint items[CHECKPOINTS_MOST];
	size_t count;
};

/* Something at `from` changed: drops what does not hold any more. INSTANT_NONE: all. */
void checkpoints_drop(struct history *history, instant from);
/* An event of a lower ref stands again. */
void checkpoints_lower(struct history *history, uint64_t ref);
void checkpoint_drop(struct checkpoints *checkpoints, size_t at);
void checkpoints_free(struct checkpoints *checkpoints); /* NULL is fine */
size_t checkpoints_bytes(const struct checkpoints *checkpoints);

#endif
