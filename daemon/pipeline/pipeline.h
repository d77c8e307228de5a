/* pipeline: the one transaction: events or due times in, alerts, clocks, outbox, audit and positions out, committed.
 *
 * Owns the engine and stands between it and the store. The one rule: a batch is in the database with everything it
 * caused when pipeline_take returns RESULT_OK, and not at all when it does not; only then may its source go on.
 *
 * The only place outside main and cli that knows both engine and store, and the batch of a source. */
#ifndef CASEWATCH_PIPELINE_PIPELINE_H
#define CASEWATCH_PIPELINE_PIPELINE_H

#include "engine/engine.h"
#include "ops/ops.h"
#include "source/source.h" /* struct batch alone: what the pipeline takes */
#include "store/attempt.h"
#include "store/store.h"

struct pipeline;

struct pipeline_settings {
	struct store *store;              /* borrowed; open for writing */
	struct ops *ops;                  /* borrowed; hears of conflicts, spent ladders and records that wait */
	struct engine_settings engine;
	struct text fingerprint; /* of the rules and the calendar: when it is not what the stored alerts were judged by,
	                            every history is judged anew, a portion a tick; copied; empty: never */
	instant quarantine_patience;      /* a record may wait so long before ops are told; 0: an hour */
	instant reckon_every; /* what should have been told is reckoned anew so often; 0: an hour */
	size_t records_a_turn; /* no more than so many records of a batch; 0: as one turn of the loop may take */
	bool behind;                      /* begin with a backlog; see pipeline_caught_up */
	/* Time is the log's (docs/cells.md): each record is judged at its own arrival, and each due time at its own
	 * instant, in order, so that machines that read one log owe the same messages by the same names. Then `behind`
	 * means nothing. */
	bool by_log;
	struct attempt *attempt;          /* borrowed; what was under way when the process died; NULL: not known */
	/* Carries out an order of a machine of the cell that is not the pipeline's own (below), between two
	 * transactions: at its place in the log, on every machine; what was due before it is judged. It may be called
	 * twice for one. Anything but RESULT_OK: it could not be, and nothing behind it is taken until it can. NULL:
	 * there is no cell. */
	enum result (*order)(void *context, const struct source_record *record, struct fault *fault);
	void *order_context;
	/* For tests: called before each record is judged; NULL: nothing is. */
	void (*before_record)(void *context, const struct source_record *record);
	void *context;
};

/* Reads the merges. The store's parser must be set (events_set_parser). Alerts of rules that are gone are kept as they
 * are. */
MUST_CHECK enum result pipeline_new(const struct pipeline_settings *settings, struct pipeline **pipeline,
                                    struct fault *fault);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine; the store stays */
/* Other rules, calendar or settings, between two transactions. On failure nothing changed. What the old settings
 * pointed to may be freed after it. */
MUST_CHECK enum result pipeline_use(struct pipeline *pipeline, const struct engine_settings *engine,
                                    struct text fingerprint, struct fault *fault);
/* Whether every history is being judged anew, because the rules are not those it was judged by. */
bool pipeline_judges_anew(const struct pipeline *pipeline);
/* A history may be held up by a partition that is behind, or was a moment ago: what fell due there is not told yet. */
bool pipeline_holds_up(const struct pipeline *pipeline);

/* Takes a batch as of `now`; `read_to`: up to when every partition of every source was read, this batch counted
 * (source_read_to; INSTANT_NEVER: nothing is left), of which each turn takes off what it leaves. A record at which the
 * process died three times, or which alone fails again and again, is set aside into quarantine, and ops hear of it.
 * RESULT_OK: committed, the source may go on. RESULT_TEMPORARY: nothing of it is kept; keep the batch and try again
 * (see pipeline_trouble). RESULT_PERMANENT: leave and start clean. */
MUST_CHECK enum result pipeline_take(struct pipeline *pipeline, struct batch *batch, instant read_to, instant now,
                                     struct fault *fault);

/* The same of as much of a batch as one turn of the loop may take, from its record number *taken on: bounded in
 * records, bytes and effects, in one transaction. RESULT_OK: *taken is how far that came; when it is batch->count the
 * source may go on, else call again. */
MUST_CHECK enum result pipeline_take_some(struct pipeline *pipeline, struct batch *batch, size_t *taken,
                                          instant read_to, instant now, struct fault *fault);

/* Nothing is left of the backlog: from now on clocks run to `now`. Until then (settings.behind) histories are judged
 * only up to the time to which events were read, and pipeline_tick must not be called: a clock that ran past that would
 * ring people for what a later event of the backlog stops. */
void pipeline_caught_up(struct pipeline *pipeline);
/* As `read_to` of pipeline_take, but of what was taken: before a tick, so that a partition that fell behind after the
 * start holds clocks up (for a quarter of an hour at most; docs/readings.md), and one that was read to its end no
 * longer does. */
void pipeline_read_to(struct pipeline *pipeline, instant read_to);
/* A clock that has run out and is held up so is due that much later: until then nobody can say that it was missed. */
#define PIPELINE_HELD_UP (10 * SECOND)

/* One bounded portion of what is due at `now`: clocks, steps, quarantine, judging anew after a change of rules. Call
 * again while pipeline_next says so; other work gets its turn in between. Results as pipeline_take. */
MUST_CHECK enum result pipeline_tick(struct pipeline *pipeline, instant now, struct fault *fault);
/* By the log's time nothing that falls due is judged sooner than so long after it: a record that arrived before may be
 * read a moment later. More than the machines' clocks and the brokers' differ. */
#define PIPELINE_LOG_LATE SECOND
/* When pipeline_tick is next needed: for one timer. INSTANT_NONE: at once. INSTANT_NEVER: not by itself. */
instant pipeline_next(struct pipeline *pipeline);

/* Nobody could be told of this step: the ladder climbs at once, if the alert still stands unanswered at that step. For
 * the courier. Results as pipeline_take. */
MUST_CHECK enum result pipeline_nobody(struct pipeline *pipeline, struct text alert, int step, instant now,
                                       struct fault *fault);
/* One of several could not be told of it: if the others have all answered or passed it on, nobody is missing. */
MUST_CHECK enum result pipeline_one_less(struct pipeline *pipeline, struct text alert, int step, instant now,
                                         struct fault *fault);

/* Why nothing can be taken at the moment; NULL: all is well. Said in the log once when it begins and once when it
 * ends. */
const char *pipeline_trouble(const struct pipeline *pipeline);
/* Whether records at that position rest, so that not every one is set aside. */
bool pipeline_rests(const struct pipeline *pipeline, struct text position, instant now);
/* After a transaction that failed every id looks like a history of its own until merges are read anew: whoever asks for
 * ids outside a transaction calls this before. False: they cannot be read. */
bool pipeline_learn_links(struct pipeline *pipeline);
struct text pipeline_canonical(const struct pipeline *pipeline, struct text id); /* as engine_canonical */
size_t pipeline_linked(const struct pipeline *pipeline, struct text id, const struct text **ids); /* as engine_linked */
/* What is stored became another beside the pipeline (something was erased): nothing is known of it from memory. Between
 * transactions. */
void pipeline_forget(struct pipeline *pipeline);
/* The wall clock was set: nothing that waits after a failure waits for a time that was reckoned by the old one. */
void pipeline_clock_set(struct pipeline *pipeline);

struct pipeline_figures {
	uint64_t batches, events, duplicates, conflicts, quarantined, warned, late; /* since start; warned: events */
	uint64_t erased; /* records that were erased and came again (store/erasure/erasures.h): not stored */
	uint64_t effects[EFFECT_WITHDRAWN + 1];
	uint64_t failures;            /* transactions that were rolled back */
	instant last_commit;          /* INSTANT_NONE: none yet */
	bool judging_anew;
	size_t retired_engines;       /* of rules no longer in force, whose memory is given back a portion a tick */
	struct histogram answered[3]; /* by severity: from telling to the first answer */
	uint64_t reckoned, missed;    /* rounds in which every ladder was reckoned anew; what was found and mended */
	instant reckoned_at;          /* the end of the last that left nothing out; INSTANT_NONE: none did */
	struct engine_figures engine;
};
void pipeline_figures(const struct pipeline *pipeline, struct pipeline_figures *figures);
/* What was worked since start, in a few additions, for whoever asks after every turn. */
struct pipeline_work {
	uint64_t events, effects, folded, aside; /* aside: set aside here, which the cell is to hear of */
};
struct pipeline_work pipeline_worked(const struct pipeline *pipeline);
/* Records by the type of their event ("": not known, or it cannot be read) and what became of them, since start:
 * those of which there were any. */
typedef void pipeline_type_visit(void *argument, const char *type, enum record_outcome outcome, uint64_t count);
void pipeline_each_type(const struct pipeline *pipeline, pipeline_type_visit *visit, void *argument);

/* Orders to the machines of a cell, in the log (source_record.order), that the pipeline carries out itself. */
/* "STEP ALERT": as pipeline_nobody; "STEP+ ALERT": as pipeline_one_less; behind either the name of the row that could
 * not be told, 32 hexadecimal digits: nobody waits for its person any more. */
#define PIPELINE_ORDER_NOBODY "nobody"

/* Whether it is what a person decided about a record in quarantine: an order by this machine's own spool, or that of
 * another of its cell. */
bool quarantine_decision_is(const struct source_record *record);

#endif
