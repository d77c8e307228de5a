/* source: where events come from, behind one table of functions.
 *
 * Owns the hand-over of batches, and in one place what every source needs: a batch that could not be stored is kept and
 *offered again after a pause, and one that was parsed by rules that are no longer in force is parsed anew. The one
 *rule: a source goes on only when a batch was committed; its position moves in the same transaction as its events, and
 *after a crash it goes on where the store stands.
 *
 * All functions are the loop's thread's. What the loop does with each source, whatever its kind:
 *	when source_fd is readable:     source_wake, then a turn
 *	after source_wait at the latest: a turn
 *	a turn:  while ((batch = source_next(source)) != NULL)
 *	                 stored ? source_committed(source, batch) : source_hold(source, batch);
 * One batch is out at a time. A batch may be without records.
 *
 * A new source is one file: a struct source_ops and a function that makes the source with source_new. */
#ifndef CASEWATCH_SOURCE_SOURCE_H
#define CASEWATCH_SOURCE_SOURCE_H

#include "source/batch.h"

/* What a source says of itself, for status, ops alerts and readiness. */
enum source_state {
	SOURCE_STARTING,
	SOURCE_UP,
	SOURCE_DOWN,  /* said once; it goes on trying */
	SOURCE_AMISS, /* it is read, and something about it is wrong that a person puts right: said once */
	SOURCE_STUCK, /* needs a person; the rest of the source goes on */
	/* Over: nothing more is handed out, and the process must end. */
	SOURCE_FATAL,  /* started again it works, as far as is known */
	SOURCE_FENCED, /* another process has taken our place: started again by itself it would only take the place
	                   back */
};
const char *source_state_name(enum source_state state);
/* `name`: the source ("kafka", "spool") or a part of it ("kafka:TOPIC:PARTITION", "spool:FILE"). Once for each
 * change. */
typedef void source_report(void *context, const char *name, enum source_state state, const char *sentence);

/* Where reading goes on, as the store has it (struct position). */
struct source_position {
	struct text name;     /* in: as source_record.position */
	bool known;           /* out: false: never read */
	int64_t next;         /* out */
	uint64_t fingerprint; /* out: of the last record taken (source_record.fingerprint); 0: not kept */
};
/* Fills in `count` positions from the store; only while no batch is out. After anything but RESULT_OK nothing is read,
 * and it is asked again later. */
typedef enum result source_positions(void *context, struct source_position *positions, size_t count,
                                     struct fault *fault);

/* What all sources are given. Copied, but for zone and context. */
struct source_settings {
	size_t batch_events, batch_bytes; /* a batch ends at the first of them; one record may pass the second */
	struct event_limits event_limits;
	struct text type_prefix;
	const struct zone *zone;          /* may be NULL */
	struct clock clock; /* wall time for `arrived`, elapsed for pauses; may be read on the source's own thread */
	source_positions *positions;      /* NULL: everything from its start */
	source_report *report;            /* NULL: nobody listens */
	void *context;                    /* of both */
};
/* Limits, bounds and the machine's clock; the rest zero. */
void source_settings_default(struct source_settings *settings);

/* A source, or a part of it that is read in order on its own: a partition, a spool directory. */
struct source_figures {
	struct text name;
	enum source_state state;
	int64_t next;         /* the position after the last record handed out; -1: none yet */
	int64_t end;          /* the log's end as last heard; -1: not known */
	int64_t lag;          /* between the last commit and the end; -1: not known */
	/* Up to when what happened was handed out, the batch that is out counted: the newest time at which an event of
	 * this part became known. INSTANT_NONE: nothing was read yet. INSTANT_NEVER: nothing is left in it, or nothing
	 * is read from it (it is stuck or gone, and clocks do not wait for it). */
	instant read_to;
};
typedef void source_figures_visit(void *argument, const struct source_figures *figures);

/* What a kind of source is. `self` is what source_new was given. */
struct source_ops {
	const char *kind;                                    /* "kafka" */
	instant poll; /* looked at so often, whatever fd says; 0: only when it does */
	int (*fd)(const void *self);                         /* readable when something may have come; -1: none */
	void (*wake)(void *self);                            /* reads fd, delivers reports, answers its own threads */
	struct batch *(*next)(void *self);                   /* the next batch, or NULL; never waits */
	void (*committed)(void *self, struct batch *batch);  /* it is stored for good; frees it */
	void (*held)(void *self); /* the batch that is out could not be stored now; NULL: it is all one */
	bool (*settled)(const void *self);                   /* it is known whether it can be read: readiness */
	instant (*wait)(const void *self); /* a turn is needed so soon; NULL or INSTANT_NEVER: see fd and poll */
	bool (*is_over)(const void *self);                   /* FATAL or FENCED was reported; NULL: never */
	void (*figures)(void *self, source_figures_visit *visit, void *argument);
	bool (*cut_off)(void *self); /* see source_cut_off; NULL: never */
	bool (*stop)(void *self,
	             int patience_ms); /* frees it, and a batch that is out: it is read again from where the
	                                * store stands; false: it did not let go in time, and is left behind */
};

struct source;
/* Takes over `self`. */
struct source *source_new(const struct source_ops *ops, void *self, const struct source_settings *settings);
/* Stops it within `patience_ms`; NULL is fine. What was not committed comes again at the next start. False: a thread is
 * left behind. */
bool source_stop(struct source *source, int patience_ms);

const char *source_kind(const struct source *source);
/* What source_new was given, for the file that owns `ops`; NULL: the source is of another kind. */
void *source_self(const struct source *source, const struct source_ops *ops);
int source_fd(const struct source *source); /* -1: none */
void source_wake(struct source *source);
/* The next batch, or NULL: nothing waits, or a batch is held and its pause is not over, or the source is over. */
struct batch *source_next(struct source *source);
void source_committed(struct source *source, struct batch *batch);
/* It could not be stored now: it comes again after a pause that doubles from one second to sixteen. */
void source_hold(struct source *source, struct batch *batch);
/* Some of it was committed: source_next hands it out again at once. */
void source_keep(struct source *source, struct batch *batch);
/* For how long the loop need not look, unless the descriptor says so: 0: look at once; INSTANT_NEVER: as long as
 * that. */
instant source_wait(const struct source *source);
/* Whether it is known that it can be read, or that it cannot be for now. */
bool source_settled(const struct source *source);
/* Over: it reported SOURCE_FATAL or SOURCE_FENCED, and hands out nothing more. */
bool source_is_over(const struct source *source);
void source_each(struct source *source, source_figures_visit *visit, void *argument);
/* A log by whose time all is judged (docs/cells.md), and nobody knows what stands in it by now: nothing is read of it.
 * What falls due waits for it, also where all of it was read until then, or none was since the start. */
bool source_cut_off(const struct source *source);
/* Up to when what happened was handed out by every part: the least of source_figures.read_to; INSTANT_NONE where it is
 * cut off. */
instant source_read_to(struct source *source);

#endif
