/* pipeline_internal: what the files of the pipeline share; nobody else includes it.
 *
 * transaction opens and commits; batch and due work inside it; backlog says how far is judged, rejudge what is judged
 * anew after a change of rules, setting_aside what the process must not be stopped by; host and effects serve the
 * engine. Each keeps its own state in a struct of its own below. */
#ifndef CASEWATCH_PIPELINE_PIPELINE_INTERNAL_H
#define CASEWATCH_PIPELINE_PIPELINE_INTERNAL_H

#include "pipeline/pipeline.h"

#include "store/alerts/alerts.h"
#include "store/attempt.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"
#include "store/quiet.h"

/* answer_record.c: what people said, as it came, in the audit. */
bool answer_is(const struct event *event);
MUST_CHECK enum result answer_record(struct pipeline *pipeline, const struct event *event, struct fault *fault);
/* The engine found that an answer has no effect, or another than it says. */
MUST_CHECK enum result answer_record_warning(struct pipeline *pipeline, uint64_t ref, const char *field,
                                             const char *reason, struct fault *fault);

/* effects.c: what the log says of an effect. */
struct effect_line {
	enum effect_kind kind;
	int64_t number;
	char event[128], rule[128], alert[ALERT_ID_SIZE]; /* for the log; may be cut */
};
/* Of the transaction: at its beginning, and at its end. */
void effects_begin(struct pipeline *pipeline);
void effects_committed(struct pipeline *pipeline);
void effects_failed(struct pipeline *pipeline);

/* transaction.c */
struct transaction {
	instant now;                 /* of the open one; by the log's time it moves on within it */
	instant begun;               /* by this machine's clock: what rests, or is tried again, does so by it, however
	                                far the log's time is behind */
	bool live;                   /* it is small: each effect has a line in the log */
	bool judged;                 /* what it touched was: nothing more is judged before it is committed */
	bool looked_back;            /* what a clock that was ahead asked is asked in its time, since the start */
	bool forgotten;              /* the engine forgot its merges, too: they are read before anything else */
	instant again, pause;        /* after a failure: no sooner than this; and how long the next pause is */
	char trouble[sizeof(struct fault)];
	/* What came to be in it: counted and in the log once it is committed. A disk that is full has it tried again
	 * every few seconds. */
	uint64_t effects[EFFECT_WITHDRAWN + 1];
	struct histogram answered[3]; /* as they were before */
	struct effect_line *lines;
	size_t line_count, line_room;
};
/* As of `now`; by the log's time as of PIPELINE_LOG_LATE before that. Never earlier than the one before. */
MUST_CHECK enum result transaction_begin(struct pipeline *pipeline, instant now, struct fault *fault);
/* Judges what was touched up to where the backlog allows, and commits; `result`: of the work so far. Anything but
 * RESULT_OK: it is rolled back. */
MUST_CHECK enum result transaction_finish(struct pipeline *pipeline, enum result result, struct fault *fault);
MUST_CHECK enum result transaction_start_engine(struct pipeline *pipeline, struct fault *fault);

/* due.c: by the log's time. In the open transaction. */
/* Time goes on from where the last transaction came to. */
void due_from_log(struct pipeline *pipeline, instant first);
/* What falls due up to `until`, each at its own instant; at most `most` histories, or a few more of one instant. *all:
 * there are no more, and it is `until`. */
MUST_CHECK enum result due_in_order(struct pipeline *pipeline, instant until, size_t most, bool *all,
                                    struct fault *fault);
/* Of histories that are judged anew, and what else is due, one portion of what comes before that instant of the log. */
MUST_CHECK enum result due_anew(struct pipeline *pipeline, instant until, instant now, struct fault *fault);
/* Judges what was touched, at the transaction's time. */
MUST_CHECK enum result due_flush(struct pipeline *pipeline, struct fault *fault);

/* backlog.c: how far histories may be judged while a backlog is read. */
struct backlog {
	bool behind;
	instant read_to;   /* up to when every partition was read; INSTANT_NEVER: nothing is left */
	instant judged_to; /* up to which histories were judged; durable, so that it never goes back */
	instant events_to; /* likewise: up to which events were, where clocks waited for a partition */
	instant held_until; /* histories that wait for a partition are due by then; INSTANT_NONE: none waits */
	instant held_before; /* the same before the transaction, which may fail */
	bool begun;         /* a transaction was begun since the start */
	bool held; /* by the log's time: an order there cannot be carried out, and time goes no further than it */
	instant held_at;
	instant fed;        /* by the machine's clock: when something of it was last read; or when this process began,
	                     * or went on */
	instant looked;     /* likewise: when it was last asked how far the log's time is */
	instant log_look;   /* by the log's time: when to look again, as it waits for it; INSTANT_NONE: it does not */
};
MUST_CHECK enum result backlog_read(struct pipeline *pipeline, struct fault *fault);
/* At the beginning of a transaction. What the process before held up may still be: it is looked for, as what this one
 * held up. */
void backlog_begin(struct pipeline *pipeline, instant now);
void backlog_failed(struct pipeline *pipeline); /* what waited before it waits again */
instant backlog_horizon(const struct pipeline *pipeline, instant now);
/* And up to when what events themselves say is judged: after the start it waits for nothing. */
instant backlog_events_to(const struct pipeline *pipeline, instant now);
instant backlog_due(struct pipeline *pipeline, instant due); /* when a history is to be looked at again */
/* Up to when histories that are due are judged now: also those that were held up, once nothing holds them any more. */
instant backlog_until(const struct pipeline *pipeline, instant now);
void backlog_looked(struct pipeline *pipeline, instant until); /* all that were due until then were judged */
/* When to look again: at `next`, or sooner while something is held up. */
instant backlog_next(const struct pipeline *pipeline, instant next);
/* The log's time at `now`: PIPELINE_LOG_LATE before it, and no further than the log was read. */
instant backlog_log_time(struct pipeline *pipeline, instant now);
MUST_CHECK enum result backlog_keep(struct pipeline *pipeline, instant judged_to, instant events_to,
                                    struct fault *fault);

/* rejudge.c: judging every history anew, a portion a tick, when the rules are not those it was judged by. */
struct rejudge {
	struct buffer fingerprint; /* of the rules in force; empty: never judge anew */
	bool wanted;               /* not every history was judged by them yet */
	bool marked;               /* and the database says so */
	bool changed;              /* others judged before: what stood already is told as at go-live */
	instant since; /* from when these judge; NONE: their first transaction is still to come. By the log's time
	                  durable, with `last` */
	uint32_t last;             /* the history done last; durable as "judging" */
};
void rejudge_set(struct pipeline *pipeline, struct text fingerprint);
MUST_CHECK enum result rejudge_read(struct pipeline *pipeline, struct fault *fault);
/* In each transaction: the database is of no one set of rules any more. */
MUST_CHECK enum result rejudge_mark(struct pipeline *pipeline, struct fault *fault);
/* By the log's time each history is judged anew at an instant that follows from its number, so that it is the same on
 * every machine, and the log goes on between them. When the next portion of that, and of gone_portion, is due: NONE: at
 * once; NEVER: nothing is. */
#define REJUDGE_PORTION 250          /* histories, by their numbers: some tens of milliseconds */
#define REJUDGE_EVERY (SECOND / 4)
#define GONE_PORTION 2000            /* alerts that are looked at, whether their rule is there */
instant rejudge_next(const struct pipeline *pipeline);
/* At most `most`; by the log's time those of one instant. */
MUST_CHECK enum result rejudge_portion(struct pipeline *pipeline, size_t most, uint32_t *last, struct fault *fault);
void rejudge_done(struct pipeline *pipeline, uint32_t last); /* after the commit */

/* setting_aside.c: one record, or one subject, never stops the rest. */
struct piece {
	char name[ATTEMPT_NAME]; /* a position, or a subject in what is done with it */
	size_t length;
	int64_t number;
};
struct setting_aside {
	bool careful;         /* a failure was the work's own: everything is taken singly until it is found */
	struct piece now;     /* begun last in the open transaction */
	size_t begun;         /* in it */
	struct piece failed;  /* what failed last without ending the process, and how often alone */
	unsigned failures;
	instant since;        /* when this pipeline first worked */
	uint64_t noted;       /* for the other machines of the cell, since start */
};
/* Whether work is to be taken one piece a transaction. */
bool aside_singly(const struct pipeline *pipeline);
/* Before each piece; false: it is to be set aside. */
bool aside_begin(struct pipeline *pipeline, struct text name, int64_t number);
/* When the transaction is over: what it held is suspect no more, or whose fault the failure was. */
void aside_committed(struct pipeline *pipeline);
void aside_failed(struct pipeline *pipeline, enum result result);
/* What was begun last is set aside: of a cell, the other machines are to hear so (store/asides.h). */
MUST_CHECK enum result aside_note(struct pipeline *pipeline, struct fault *fault);
MUST_CHECK enum result aside_say(struct pipeline *pipeline, struct text key, const char *what, const char *about,
                                 struct fault *fault);
MUST_CHECK enum result aside_say_history(struct pipeline *pipeline, enum party_kind domain, struct text subject,
                                         const char *what, struct fault *fault);

/* What is kept of the records of a transaction until it ends: for ops, and for what is usual of their sources. */
#define SOURCES_NOTED 64 /* of more in one batch the rest are noted with their next event */
struct heard_source {
	struct text source; /* in the batch */
	struct quiet_profile quiet;
};
struct heard {
	struct heard_source sources[SOURCES_NOTED];
	size_t source_count, source_last;
	uint64_t conflicts;
	int64_t *spent; /* numbers of alerts whose ladder has no step left */
	size_t spent_count, spent_room;
	int64_t *missed; /* of which something was told now that should have been told before */
	size_t missed_count, missed_room;
};

/* gone.c: alerts whose rule is in force no more, looked for once after each change of rules. */
struct gone {
	bool wanted;
	int64_t last; /* the number looked at last */
};
MUST_CHECK enum result gone_look(struct pipeline *pipeline,
                                 struct fault *fault); /* whether there is anything to look at */
MUST_CHECK enum result gone_portion(struct pipeline *pipeline, size_t most, int64_t *last, struct fault *fault);
void gone_done(struct pipeline *pipeline, int64_t last); /* after the commit */

/* batch.c: how many records the next turn takes. */
#define SLICE_FIRST 250
struct slice {
	size_t records;
};

/* brake.c: reading rests where every record would be set aside. */
#define BRAKE_SET_ASIDE 5                   /* in a row, at each of which the work failed: three deaths each */
#define BRAKE_SET_ASIDE_REST HOUR           /* then one an hour */
/* So many of one source in a row that could not be read, with no other between them; then as many again. Each rest is
 * longer by this than the one before: a file of fifty thousand takes some ten minutes (a source that rests is asked
 * again after up to 16 s), a topic of a million two days. */
#define BRAKE_REFUSED 1000
#define BRAKE_REFUSED_STEP (SECOND / 4)
#define BRAKE_REFUSED_REST (10 * MINUTE)    /* no rest is longer */
#define BRAKE_SOURCES 8                     /* kinds of sources; there are three */
struct brake_source {
	char name[16];           /* what its positions begin with: "kafka", "spool" */
	unsigned refused, rests; /* in a row */
	unsigned said;           /* how many of its rests the journal knows of */
	instant until;
};
struct brake {
	unsigned set_aside; /* in a row; durable. Of any source: it may be casewatch's own fault */
	instant until;      /* it holds so long, where there were enough of them */
	instant said;       /* until when, as the journal has it */
	struct brake_source sources[BRAKE_SOURCES];
	size_t source_count;
	size_t now_set_aside, now_refused, now_good; /* in the open transaction */
	char why[sizeof(struct fault)]; /* while it holds any: of what it held last; else empty */
};
enum braked { BRAKED_SET_ASIDE, BRAKED_REFUSED, BRAKED_NOTHING };
MUST_CHECK enum result brake_read(struct pipeline *pipeline, struct fault *fault);
void brake_begin(struct pipeline *pipeline); /* a transaction */
void brake_count(struct pipeline *pipeline, enum braked what); /* a record of it */
MUST_CHECK enum result brake_keep(struct pipeline *pipeline, struct fault *fault); /* before its commit */
void brake_committed(struct pipeline *pipeline, struct text position); /* of one of its records */
/* Whether records at that position rest; says why, and in the journal once. Those of other sources do not. */
bool brake_holds(struct pipeline *pipeline, struct text position, instant now);
void brake_release(struct pipeline *pipeline);            /* after a reload */

/* contradictions.c: ops hear of records that contradict themselves. */
struct contradictions {
	bool held;     /* the database may hold some: else nothing is looked up for a history that has none */
	instant check; /* when ops are next to hear of an end that still has no start */
};
/* The engine's callback. */
MUST_CHECK enum result contradictions_found(void *context, enum party_kind domain, struct text id,
                                            const uint64_t *refs, size_t count, struct fault *fault);
MUST_CHECK enum result contradictions_look(struct pipeline *pipeline, struct fault *fault); /* when that is */
/* Tells ops of those whose time has come, of at most `most` histories. */
MUST_CHECK enum result contradictions_tell(struct pipeline *pipeline, size_t most, struct fault *fault);

/* nobody.c. The alert, if it stands unanswered at that step, climbs at the next flush; where somebody else was told, if
 * they have all passed it on, or is held by the last of their answers; or is told of the step again, which was missed.
 */
enum nobody_how { NOBODY_TOLD, NOBODY_BUT_OTHERS, NOBODY_MISSED };
MUST_CHECK enum result nobody_climb(struct pipeline *pipeline, struct text alert, int step, enum nobody_how how,
                                    struct fault *fault);

/* mending.c: what was missed is made good; what casewatch fails at is set aside. `name` says what is to be mended, as
 * for aside_begin. */
MUST_CHECK enum result mending_is_aside(struct pipeline *pipeline, struct text name, bool *aside, struct fault *fault);
/* In a transaction, before it is mended. *begun false: it is not to be: it was set aside before, or is now, on record;
 * `about`, for the journal, tells nobody who the child is. */
MUST_CHECK enum result mending_begin(struct pipeline *pipeline, struct text name, const char *about, bool *begun,
                                     struct fault *fault);

/* reckon.c: each hour what should have been told is reckoned anew from what is stored, and compared with what was. */
struct reckoned; /* a history of the portion in hand */
struct reckon {
	struct engine *engine;       /* its own: reads what is stored, writes nothing; NULL: no round is under way */
	instant began, next;         /* of the round; when the next one begins, or this one goes on */
	uint32_t history, last;      /* how far histories were looked at; and with this portion, 0: all were */
	bool histories_done;
	bool second_look;            /* at those of the portion in which something seemed to be missing */
	bool reading;                /* a failure now is of a history that is read, and of nothing that is written */
	size_t singly;               /* so many histories are still looked at one by one, since one could not be read */
	size_t left_out, in_a_row;   /* pieces of work that failed: in the round; histories, since one could be read */
	char why[200];               /* of the last of those left out; may be cut */
	int64_t missing, untold;     /* how far alerts were, by number; -1: all were */
	struct reckoned *portion;
	size_t count, room;
	struct arena *arena;         /* of the portion */
	bool mending;                /* what is told now was missed */
	uint64_t found;              /* in this round */
};
void reckon_free(struct pipeline *pipeline);
void reckon_stop(struct pipeline *pipeline); /* the round: the rules or the merges are others now */
/* Whether it is time for a portion, and nothing else is to be done. */
bool reckon_may(struct pipeline *pipeline, instant now);
MUST_CHECK enum result reckon_portion(struct pipeline *pipeline, instant now, struct fault *fault);
instant reckon_next(const struct pipeline *pipeline); /* INSTANT_NEVER: not while other things come first */

/* pipeline.c: engines of rules that are no longer in force. Freeing one with a full cache takes longer than a turn may:
 * a portion goes with each tick, after what the engine in force has forgotten. */
struct retired {
	struct engine **items;
	size_t count, room;
};
void retired_free_some(struct pipeline *pipeline);

struct pipeline {
	struct pipeline_settings settings;
	struct reckon reckon;
	instant restored_to; /* of what happened until then nobody knows whether it was told (store/copies/backup.h) */
	struct store *store;
	struct engine *engine;
	struct retired retired;
	struct transaction transaction;
	struct backlog backlog;
	struct rejudge rejudge;
	struct gone gone;
	struct contradictions contradictions;
	struct brake brake;
	struct slice slice;
	struct setting_aside aside;
	struct heard heard;
	instant quarantine_check;    /* when to look whether somebody must be told of what waits */
	struct pipeline_figures figures;
	uint64_t (*by_type)[RECORD_OUTCOMES]; /* records; [0]: of no type that is known, [n + 1]: of type n */
	size_t by_type_count;
	uint64_t warned_later;       /* since start: warnings that only the judgement of an event brought */
	struct buffer words, json; /* work space */
	struct buffer personal; /* of a row of the audit */
	char event[128];             /* id of the newest event among an effect's evidence, for the log; may be cut */
	struct arena *arena;
};

/* host.c: the engine's questions, answered from the store. */
struct engine_host pipeline_host(struct pipeline *pipeline);

/* effects.c: what happened to an alert, as rows. */
enum result pipeline_effect(void *context, const struct effect *effect, struct fault *fault);
enum result pipeline_keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                struct fault *fault);

/* ops.c: words to ops. */
void ops_note_spent(struct pipeline *pipeline, int64_t number); /* told with the batch, here and below */
void ops_note_missed(struct pipeline *pipeline, int64_t number);
MUST_CHECK enum result ops_after_batch(struct pipeline *pipeline, struct fault *fault); /* conflicts, spent ladders */
MUST_CHECK enum result ops_check_quarantine(struct pipeline *pipeline, struct fault *fault);

/* orders.c: of machines of the cell. */
bool order_is(const struct source_record *record);
/* Whether it is carried out between two transactions, by the host. */
bool order_is_alone(const struct source_record *record);
MUST_CHECK enum result order_take(struct pipeline *pipeline, struct source_record *record, struct fault *fault);
/* Before the transaction in which its position moves; so it may be carried out twice. */
MUST_CHECK enum result order_carry_out(struct pipeline *pipeline, const struct source_record *record, instant now,
                                       struct fault *fault);

/* quarantine_decisions.c: records in quarantine that a person had released or discarded. */
MUST_CHECK enum result quarantine_decision_apply(struct pipeline *pipeline, const struct source_record *record,
                                                 struct fault *fault);

#endif
