/* history: what the engine holds of one subject (or worker, or provider): context, running clocks, alerts.
 *
 * Owns nothing that cannot be folded anew from the stored events, but what was already reported. The one rule: time
 * only goes forward in a history; whatever would go back folds it from the first event. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_HISTORY_HISTORY_H
#define CASEWATCH_ENGINE_HISTORY_HISTORY_H

#include "base/map.h"
#include "engine/engine.h"
#include "engine/fold/instant.h"
#include "engine/history/marks.h"
#include "engine/rule_index.h"

/* Fewer entries than these are as quickly gone through as found by an index. */
#define HISTORY_FEW 32

#define KEY_NONE 0u /* without a key, or a key field that is absent */

/* A running (or expired and standing) clock of a deadline, a recurring rule or an overlap; one a rule and key. */
struct clock_entry {
	uint64_t key;
	uint64_t ref;        /* the event that started it */
	instant start;       /* deadline: start; recurring: start or latest stop; overlap: from when it is certain */
	instant due;         /* deadline, recurring: expiry; overlap: first instant in a window; NEVER: none */
	instant stop; /* a stop known by its date alone that the expiry, or a stop at a known hour, may come before: the
	                 last instant of that date; NONE */
	instant warn_at;     /* next early warning; NEVER: none */
	instant began;       /* event time of the start */
	struct begun begun;  /* when the clock itself began; of a recurring one, not its latest stop */
	uint32_t alert;      /* index into outcomes, or ALERT_NONE */
	uint32_t stage;      /* recurring: stops so far; deadline: warnings fired */
	uint32_t from_alert; /* index + 1 of the outcome that started it; 0: an event did */
	uint32_t of_rule_next, of_rule_before; /* clocks.c: the rule's clocks, the newest first: a chain of index + 1 */
	uint16_t rule;
	bool tentative;      /* started at this instant; `while` not yet looked at */
	bool met;            /* and met or ended at it, too */
	bool own_due;        /* the expiry came with the event */
	bool over_with_date; /* without a key: `stop` is of this one, and a start after it begins anew */
	bool done;           /* met, ended or resolved with the date of `stop`, and kept until that is over; recurring:
	                        ended while its `while` went on to hold, and kept until that breaks */
	bool lapsed;         /* when it expired, its `while` had ended with the date: of this instant alone */
};
#define ALERT_NONE UINT32_MAX

/* An open key of a state. */
struct open_entry {
	uint64_t key, ref;
	uint64_t child;      /* in a party's history: whose; so that its death ends what is its */
	struct begun begun;
	instant ends; /* NEVER while open; an end known by date: the midnight that ends it; closed, kept for a tail:
	                 when */
	uint16_t state;
	bool closed;         /* kept only for open("x", "28 days") */
	bool by_date;        /* closed, by an end known by date only: `ends` is the midnight that ends its date */
};

enum end_what { END_OF_RULE /* closes-on, ends-on, death */, END_OF_STATE, END_STOP /* of a rule's clocks */ };

/* An end that was seen: kept to its instant or the end of its date, for what begins under it meanwhile. */
struct end_seen {
	uint64_t key;        /* KEY_NONE: any */
	uint64_t child;      /* in a party's history, of a state: only this child's keys; 0: all */
	struct ending ending;
	uint16_t owner;      /* rule or state index */
	uint8_t what;        /* enum end_what */
	bool ends;           /* without blame */
	instant ran_since;   /* without a key: the earliest beginning of what it may be of; NEVER: nothing */
	instant ran_until;   /* known by date: the known hour at which that had ended; NEVER: none is known */
	type_id type;
};
/* The instant an end counts at: a date's last where no hour is known. */
static inline instant end_counts_at(const struct ending *ending)
{
	return ending->date_ends != INSTANT_NONE ? ending->date_ends - 1 : ending->at;
}

/* Per rule of kinds count, state, load and keyless deadlines: one record, found by rule. */
struct rule_memory {
	uint16_t rule;
	bool held;           /* state, load: the condition held when last judged */
	bool alerted;        /* `alert` is the standing one */
	bool provisional;    /* state, load: `alert` closed because what it stands on is known to end with the date */
	uint32_t alert;
	struct evidence *window; /* count */
	uint32_t window_count, window_room;
	uint32_t window_past; /* the first so many lie before the window */
};

/* A start that a running clock of its rule and key kept from counting: kept to its instant or the end of its date, as
 * an end together with it, that is of what ran before, leaves it to begin. */
struct ignored_start {
	uint64_t key, ref;
	struct begun begun;
	instant due;         /* what it says of its own due date; NEVER: nothing */
	uint16_t rule;       /* or state */
	bool of_state;
};

enum outcome_state {
	OUTCOME_STANDING,
	OUTCOME_CLOSED,
	OUTCOME_GONE /* not of the function any more; kept to come back */
};
/* What was last said of the alert. A period that lies behind the one that is spoken of is past: nobody is told of
 * it. */
enum reported { REPORTED_NOT, REPORTED_STANDING, REPORTED_RESOLVED, REPORTED_WITHDRAWN, REPORTED_PAST };

struct ladder {
	instant told, next;
	uint16_t step;
	bool acknowledged, spent;
	uint64_t answer; /* ref of the acknowledgement in force */
	uint8_t why;     /* enum effect_cause: why it is told when `next` comes */
	instant asked;   /* when the step that was reached was last told; NONE: never */
	instant stood_until; /* it opened again: when it had ended before; NONE: it never had */
	uint64_t heard;  /* the newest answer (by ref) of which word was passed on */
};
/* When the step that was reached was told last; where it never was, when the alert was. */
static inline instant ladder_told_last(const struct ladder *ladder)
{
	return ladder->asked == INSTANT_NONE ? ladder->told : ladder->asked;
}

/* An answer to an alert that stood at its time: acknowledged, or passed on. */
struct reply {
	uint64_t ref;
	uint64_t role, person, to; /* fingerprints; person and to: 0 where none is named */
	instant at, review;        /* review: when to ask again; NONE: not said */
	bool passed;
};

/* One period in which an alert stands. Periods of one identity share an id. */
struct outcome {
	uint64_t identity;   /* 0: matched by the time it stands (count, state, load) */
	uint64_t id;         /* 0: not yet given */
	uint64_t key;
	instant opened, closed;
	instant due;
	struct evidence *evidence;
	const char *reason;
	struct ladder ladder;
	uint32_t evidence_count, evidence_room;
	uint64_t evidence_hash; /* of the refs, in order: see outcome_hash_evidence */
	uint64_t reported_hash;
	uint32_t nights;
	uint16_t rule;
	type_id type;        /* of the event at which it opened; TYPE_UNKNOWN: it opened by the clock */
	uint8_t remarks;     /* which of the rule's remarks held then, a bit each */
	uint8_t state, reported;
	bool expired;        /* opened by an expiry, which comes before the events of its instant */
	bool by_date;        /* opened by an event of which only the date is known */
	instant ran_since;   /* see struct begun */
	bool instantaneous;       /* began and ended at one instant */
	uint32_t from_alert; /* index + 1 of the outcome that started its clock; 0: none did */
	bool closed_earlier; /* at this instant: than was known; what followed from the later end did not */
	bool changed;        /* since it was last reported */
	bool opened_at_instant, closed_at_instant; /* at this instant: rules that start from it have not looked yet */
	bool no_longer;      /* ended without blame */
	bool listed; /* in its rule's chain of those that stand; taken from it when next gone through after it closed */
	uint32_t next_standing, next_changed; /* chains of index + 1; 0: the last */
	bool provisional; /* closed because a state is known to end with the date; stands again if another takes over */
	struct reply *replies; /* acknowledged and passed on, while it stood; in order of time; owned */
	uint32_t reply_count, reply_room;
	uint64_t closed_by;  /* the answer that ended it, by ref; 0: none did */
	bool as_shadow;      /* what was reported of it was reported as of a rule in `mode: shadow` */
	bool corrected;      /* it is not as it is on record, and nothing is said of that */
};

/* What a person keeps quiet: a rule of this history, or all of it. One a key of the mute. */
struct mute {
	uint64_t key, rule;  /* fingerprints; rule: 0 for all */
	instant from, until; /* until: as it says, or when it was ended before */
};

/* An early warning: fired in event time; reported once. */
struct warned {
	uint64_t identity;   /* as of the alert that the clock would open */
	uint64_t id;         /* that alert's id */
	instant at, due;
	instant start;       /* of a clock without a key, of which there may be several: when it started; else NONE */
	uint32_t stage;      /* which of the rule's warnings: 1 is the first */
	struct evidence evidence;
	uint64_t key;
	uint16_t rule;
	bool reported;
};

/* The first event of a type (and key), for first("type").data.x. */
struct first_entry {
	uint64_t mark, ref;
	instant time;
	void *packed; /* NULL: the host is asked for it when somebody looks */
	size_t size;
};

struct facts {
	struct event_field fields[5];
	size_t count;
	civil_day birth;     /* DAY_NONE: not known */
	bool birth_implausible; /* it made the person 31 or more at its own event's time; gives way to any other */
	instant birth_unknown_from; /* the 31st birthday: from then on it is a placeholder and counts as not known */
	uint16_t birth_name; /* of the field */
	char *owned[5];
};

/* An event that waits for the flush; in the engine's memory of that flush. */
struct pending {
	const struct event *event;
	struct pending *next;
};

/* When a history falls due, also while it is frozen. */
struct due_times {
	instant at;          /* as kept by the host */
	instant queued;      /* its earliest entry among the due times in memory; NEVER: none */
};

/* What finds the clocks of a history with many of them (clock_index.c), made when first asked for; never frozen. */
struct clocks_found {
	uint32_t *of_rule;   /* by rule: the first of the chain of its clocks; NULL: not made */
	instant *blocks;     /* of so many clocks each: nothing of them falls due before; may be too early */
	instant *tops;       /* of as many blocks each: likewise of all clocks in them */
	uint32_t block_count, block_room;
};

struct checkpoints;
struct open_index;
struct report_index;

struct history {
	struct text id;
	uint64_t hash;
	enum party_kind domain;
	bool loaded, refold, touched;
	uint8_t few;         /* so many clocks, open keys or alerts are gone through; more are found by an index */
	bool settled;        /* every rule was judged once: from then on only by what changes */
	bool adopted;        /* the alerts that the host knows of it were taken */
	instant refold_from; /* with refold: the earliest time at which something changed; NONE: any */
	uint32_t taken;      /* events that were folded into what it holds */
	struct checkpoints *checkpoints; /* checkpoints.c; NULL: none */
	bool large;          /* more than a portion: it waits until no other fold is under way */
	uint64_t missed;     /* not loaded: the first event that came in since it began to be read; 0: none */
	size_t counted_bytes; /* as added to the cache's sum */
	size_t counted_rooms; /* history_rooms when they were counted */
	uint32_t place;      /* among the histories in memory */
	uint32_t part;       /* parts.h */
	struct history *older, *newer; /* least recently used order */
	instant last;        /* the latest instant at which anything was applied; later events are in order */
	struct due_times due;
	bool due_spent;      /* the host gave up what it kept: it is told again */
	instant ended;       /* of a child: until when an end that reaches parties speaks of starts, too; NONE */
	instant future;      /* the earliest event whose time has not come; NEVER */
	struct facts *facts; /* NULL: nothing is known */
	struct pending *pending; /* events of the flush to come, newest first */
	uint32_t pending_count;
	instant clocks_next; /* nothing of `clocks` falls due before; may be too early, never too late */
	instant opens_next;  /* the same of the known ends of `opens` */
	struct clock_entry *clocks;
	uint32_t clock_count, clock_room;
	struct clocks_found *clocks_found; /* NULL: not made */
	struct open_entry *opens;
	uint32_t open_count, open_room;
	struct open_index *open_index; /* open_index.c: of a history with many of them; never frozen; NULL: not made */
	struct end_seen *ends_seen;
	uint32_t end_seen_count, end_seen_room;
	struct ignored_start *ignored;
	uint32_t ignored_count, ignored_room;
	struct rule_memory *memories;
	uint32_t memory_count, memory_room;
	struct outcome *outcomes;
	uint32_t outcome_count, outcome_room;
	uint32_t changed_from; /* outcomes before it are as they were reported */
	/* report.c: of so many outcomes each, none of which changed since: when the first has a step to take; never
	 * too late. Never frozen. */
	instant *step_blocks;
	uint32_t step_block_count, step_block_room;
	/* What was withdrawn and told so: kept to come back under its id, and looked at only for that, so that a record
	 * corrected a thousand times costs no more the last time than the first. */
	struct outcome *withdrawn;
	uint32_t withdrawn_count, withdrawn_room;
	struct map withdrawn_ids, withdrawn_rules; /* the latter: of rules whose alerts are told apart by time */
	instant ladder_next;   /* when report_history next has a step to take; never too late */
	struct mute *mutes;
	uint32_t mute_count, mute_room;
	struct report_index *report_index; /* report_index.c: of a history with many of either; never frozen; NULL: not
	                                      made */
	struct warned *warned;
	uint32_t warned_count, warned_room;
	uint32_t warned_from;  /* those before it were sent, or are not to be */
	struct first_entry *firsts;
	uint32_t first_count, first_room;
	struct marks marks;
	instant next_age;    /* the next birthday or instant named in a `from`; NONE: to be reckoned */
	instant date_judged; /* conditions were judged as of the end of the date that this midnight ends; NONE */
	uint64_t *contradictions; /* refs of ends dated before their own start, or (ENGINE_NO_START) without one */
	uint32_t contradiction_count, contradiction_room;
	uint64_t contradictions_hash; /* of the first contradictions_hashed of them */
	uint32_t contradictions_hashed;
	uint64_t contradictions_told; /* a hash of those the host was last told of */
	instant settle_at;   /* tails and other instants at which conditions may change; NEVER */
};

/* The date of birth as it counts at an instant: one that makes the person 31 or more is a placeholder, and is not
 * known. */
static inline civil_day history_birth(const struct history *history, instant at)
{
	return history->facts && at < history->facts->birth_unknown_from ? history->facts->birth : DAY_NONE;
}

#define OUTCOMES_A_BLOCK 8
/* It is to be looked at when steps are next taken. */
static inline void history_step_moved(struct history *history, uint32_t index)
{
	if (index / OUTCOMES_A_BLOCK < history->step_block_count)
		history->step_blocks[index / OUTCOMES_A_BLOCK] = INSTANT_NONE;
}

static inline void history_outcome_changed(struct history *history, uint32_t index)
{
	history_step_moved(history, index);
	history->outcomes[index].changed = true;
	if (index < history->changed_from)
		history->changed_from = index;
}

#define CLOCKS_A_BLOCK 32
/* Its `due` or `warn_at` was set. */
static inline void history_clock_due(struct history *history, const struct clock_entry *clock)
{
	instant first = clock->due < clock->warn_at ? clock->due : clock->warn_at;
	size_t block = (size_t)(clock - history->clocks) / CLOCKS_A_BLOCK;
	struct clocks_found *found = history->clocks_found;
	if (first < history->clocks_next)
		history->clocks_next = first;
	if (!found || block >= found->block_count)
		return;
	if (first < found->blocks[block])
		found->blocks[block] = first;
	if (first < found->tops[block / CLOCKS_A_BLOCK])
		found->tops[block / CLOCKS_A_BLOCK] = first;
}

static inline void history_open_ends(struct history *history, instant ends)
{
	if (ends < history->opens_next)
		history->opens_next = ends;
}

/* The state that a fold builds, emptied; reported outcomes are the caller's to keep. */
void history_clear(struct history *history);
/* What finds its clocks: made anew when it is next asked for. */
void clocks_forget_index(struct history *history);
size_t clocks_found_bytes(const struct history *history);
void report_forget_index(struct history *history); /* and what finds its alerts and warnings by id */
void opens_forget_index(struct history *history); /* likewise its open keys */
/* Emptied of all it holds; what room its arrays have stays. */
void history_empty(struct history *history);
void history_free(struct history *history);
void outcome_free(struct outcome *outcome); /* what it owns; the struct is the caller's */
/* Whoever puts evidence in place calls this; outcome_add_evidence goes on from it, so that an alert of thousands does
 * not have them all gone through for each that is added. */
void outcome_hash_evidence(struct outcome *outcome);
size_t history_bytes(const struct history *history);
/* Of that what is told by counts alone: a change says that the whole is to be counted again, which goes through all it
 * holds. */
size_t history_rooms(const struct history *history);
void memory_forget_past(struct rule_memory *memory); /* what lies before its window is taken out */
struct rule_memory *history_memory(struct history *history, uint16_t rule); /* found or made */
struct rule_memory *history_find_memory(struct history *history, uint16_t rule); /* NULL: none */
struct facts *history_copy_facts(const struct facts *facts); /* NULL of NULL */
void history_free_facts(struct facts *facts);
void history_set_fact(struct history *history, const struct calendar *calendar, const struct event *event,
                      bool timeless);

#endif
