/* why: what one rule makes of one history, told by the engine while it judges, and what an alert would still need.
 *
 * For why-not, explain and whoever must say why something did or did not happen. The one rule: nothing is reckoned a
 * second time: the kinds of rule say what they do with an event where they do it, and a kind's own `why` says what is
 * missing, so that a ninth kind brings its own. */
#ifndef CASEWATCH_ENGINE_WHY_WHY_H
#define CASEWATCH_ENGINE_WHY_WHY_H

#include "engine/engine.h"

/* What the rule did with an event. */
struct why_note {
	uint64_t ref;      /* the host's handle of the event; 0: it happened by the clock alone */
	instant at;        /* when it was judged: the event's time, or the clock's instant */
	bool did;          /* it counts for the rule, or ended something; else it was looked at and left */
	int64_t number;    /* of a count: how many the window held with it; 0: says nothing */
	instant until;     /* when a clock that it started or moved expires; INSTANT_NEVER: none */
	const char *words; /* "starts the clock", "its condition does not hold: data.kind == \"missing\"" */
};

/* Something that must be so for the alert to stand. */
struct why_part {
	bool met;
	const char *name, *words; /* "in force"; "yes, since 1 Jan 2020" */
};

/* One event, or one condition, that would have to come for the alert to stand. */
struct why_seed {
	const struct selector *selector;   /* an event of this type that meets its condition; NULL: `holds` */
	const struct condition *holds;     /* whatever makes this hold */
	instant at;                        /* when it would have to happen, at the latest */
	uint16_t due;                      /* the field that says what falls due: a date that is over at `judged` */
	bool same_key;                     /* of the key of the seed before it */
	int years, months;                 /* `holds`: the person must be so old; both 0: any age */
};
#define WHY_SEEDS 8
/* What together might open it: tried by whoever asks, never taken on trust. */
struct why_plan {
	struct why_seed seeds[WHY_SEEDS];
	size_t count;
	uint32_t copies; /* of the first seed, each of a key of its own */
};

struct why {
	struct arena *arena; /* the caller's; all text lives in it */
	const struct rule *rule;
	enum party_kind domain;
	struct text id;      /* whose history; as engine_canonical has it */
	struct why_note *notes; /* in the order in which they were taken; free with why_free */
	size_t note_count, note_room;
	struct why_part *parts;
	size_t part_count, part_room;
	struct why_plan *plans;
	size_t plan_count, plan_room;
	bool too_old;        /* the person is past the rule's until-age */
	const char *nearest; /* how near it came, in a sentence or two; NULL: nothing to say */
	instant opens_at;    /* it opens then by itself if nothing comes in between; INSTANT_NEVER: no clock runs */
	instant clock_from;  /* a clock that began then has run out by now; INSTANT_NEVER: no clock */
	instant counted_from, counted_to; /* of a count: the latest window that held the most; counted_to 0: none did */
	unsigned depth;      /* rules that start from rules */
};
void why_free(struct why *why);

/* From now on what the rule does with the history is told to `why`, which the caller keeps until NULL is set. Each fold
 * of it from the first event on begins the notes anew. */
void engine_set_why(struct engine *engine, struct why *why);
/* After a flush: the parts, the nearest miss and the plans, as of that flush. */
void engine_why(struct engine *engine, struct why *why);

/* A period in which an alert of the history stood, or stands, as of the last flush. */
struct engine_period {
	const struct rule *rule;
	char id[ALERT_ID_SIZE];
	instant opened, closed; /* closed: INSTANT_NEVER while it stands */
	instant due;            /* INSTANT_NONE where no clock made it */
	const char *reason;          /* NULL while it stands */
	const struct evidence *evidence;
	size_t evidence_count;
	uint32_t nights;
	bool instantaneous;          /* began and ended at one instant: nobody hears of it */
};
typedef void engine_visit_period(void *argument, const struct engine_period *period);
/* By when they opened. */
void engine_periods(struct engine *engine, enum party_kind domain, struct text id, engine_visit_period *visit,
                    void *argument);

/* A clock that runs, as of the last flush: an alert opens when it runs out. */
struct engine_clock {
	const struct rule *rule;
	uint64_t ref;      /* the event that started it */
	instant since;     /* its start; of a recurring one its latest stop */
	instant due;       /* when it runs out */
	instant warn_at;   /* its next early warning; INSTANT_NEVER: none */
	bool met_before;   /* recurring: it was met at least once */
};
/* Until when a mute of the history holds back what the rule would tell; INSTANT_NONE: none does. After a flush. */
instant engine_muted(struct engine *engine, enum party_kind domain, struct text id, const struct rule *rule,
                     instant now);

typedef void engine_visit_clock(void *argument, const struct engine_clock *clock);
/* Those of the history that run, the first to run out first. */
void engine_clocks(struct engine *engine, enum party_kind domain, struct text id, engine_visit_clock *visit,
                   void *argument);

/* The states that are open, as of the last flush: their ids, and since when. */
typedef void engine_visit_state(void *argument, const char *state, instant since);
void engine_states(struct engine *engine, enum party_kind domain, struct text id, engine_visit_state *visit,
                   void *argument);

/* One step of a ladder as it would run from `at` on if nobody answered. */
struct engine_step {
	uint16_t step;
	instant at;         /* when it falls due */
	instant not_before; /* when it is told: recipients' hours */
	instant next;       /* when the next falls due if nobody answers; INSTANT_NEVER: never */
	const char *const *roles;
	size_t role_count;
	struct duration after; /* that time, as the rule or the configuration says it */
	bool again;         /* no step is left: the last is asked once more */
	bool of_rule;       /* one of the rule's own; else of the directory's ladder */
};
typedef void engine_visit_step(void *argument, const struct engine_step *step);
/* An alert of the rule that opens at `at` is told: each step in turn, and the first asking again. Roles that are told
 * in some cases alone (`also`) are among them. */
void engine_ladder(const struct engine *engine, const struct rule *rule, instant at, engine_visit_step *visit,
                   void *argument);

#endif
