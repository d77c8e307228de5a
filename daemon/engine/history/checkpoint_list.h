/* checkpoint_list: the checkpoints of one history, in order of time, as bytes: what is in them is the business of
 * checkpoints.h. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_CHECKPOINT_LIST_H
#define CASEWATCH_ENGINE_HISTORY_CHECKPOINT_LIST_H

#include "engine/history/history.h"

#define CHECKPOINTS_MOST 32 /* at widening distances so many reach far */

struct checkpoint {
	instant last, date_judged; /* of the history then */
	uint64_t floor;            /* every event of a higher time has a higher ref */
	uint32_t taken;            /* events folded by then */
	uint32_t size;
	unsigned char *bytes;
	bool fresh;                /* written by the fold of the last late event */
};
struct checkpoints {
	struct checkpoint items[CHECKPOINTS_MOST];
	size_t count;
	/* Where late events come one by one and each before what was written after the last, writing was for nothing:
	 * more and more of their folds go without. */
	uint32_t passed;           /* events folded when the last of them went by without one */
	uint16_t rests;            /* so many folds more write none */
	uint8_t wasted;            /* so often in a row what was fresh was dropped before it served */
	instant first_passed;      /* where this fold would have had its first; NEVER: it has them, or is too short */
};

/* Something at `from` changed, and a fold begins: drops what does not hold any more (INSTANT_NONE: all), and reckons
 * whether this fold writes any. */
void checkpoints_late(struct history *history, instant from);
/* An event of a lower ref stands again. */
void checkpoints_lower(struct history *history, uint64_t ref);
void checkpoint_drop(struct checkpoints *checkpoints, size_t at);
void checkpoints_free(struct checkpoints *checkpoints); /* NULL is fine */
size_t checkpoints_bytes(const struct checkpoints *checkpoints);

#endif
