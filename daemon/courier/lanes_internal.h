/* lanes_internal: what the files of the lanes share; nobody else includes it. */
#ifndef CASEWATCH_COURIER_LANES_INTERNAL_H
#define CASEWATCH_COURIER_LANES_INTERNAL_H

#include "courier/lanes.h"

#include <pthread.h>

/* A line and whoever uses it. */
struct carrier {
	struct lanes *lanes;
	enum lane lane;
	struct channel_line *line;
	unsigned edition;      /* of lanes->edition, that it was made in */
	pthread_t thread;
	struct delivery *busy; /* by hand: what it is at, and until when */
	instant until;
};

struct lanes {
	const struct channel *channel;
	const void *settings;
	bool by_hand;
	pthread_mutex_t lock;
	pthread_cond_t work[LANES], quiet; /* there is something to do in the lane; something came back */
	struct delivery *waiting[LANES];   /* urgent ones first, each kind in order of arrival */
	struct delivery *done, **done_end;
	size_t back;                       /* of those: not yet taken */
	size_t busy;
	bool ending, said_full;
	atomic_uint edition;               /* grows whenever the lines are to be made anew */
	atomic_bool broken_off;
	struct waker *came_back; /* of the loop; NULL: by hand */
	struct carrier carriers[LINES_MOST];
	int count, of_lane[LANES]; /* carriers in all, and of each lane: the loop's alone */
	int running;               /* threads; with the lock held */
	bool lost;                 /* a thread did not end: nothing may be freed */
};

/* lane_queue.c. With the lock held: the next delivery of the lane, taken out of waiting; NULL: none. */
struct delivery *lanes_pick(struct lanes *lanes, enum lane lane);
/* With the lock held: the delivery, with its reply, goes back to the loop. */
void lanes_come_back(struct lanes *lanes, struct delivery *delivery);

/* lane_line.c. Before it sends: makes its line anew where that was asked for. On the carrier's own thread. */
void lanes_renew(struct carrier *carrier);

/* lane_threads.c: a carrier's own thread. RESULT_TEMPORARY: it cannot be started. */
MUST_CHECK enum result lane_thread_start(struct carrier *carrier, struct fault *fault);
/* Waits for all threads; false: one does not end, and is left alone with what it uses. */
bool lane_threads_join(struct lanes *lanes, int64_t grace_ms);

#endif
