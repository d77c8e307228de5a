/* parts: what the files of the engine share of struct engine. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_ENGINE_INTERNAL_H
#define CASEWATCH_ENGINE_ENGINE_INTERNAL_H

#include "base/heap.h"
#include "base/map.h"
#include "event/amendment_graph.h"
#include "engine/fold/fold.h"
#include "engine/history/freeze.h"
#include "engine/links.h"

struct amendments;
struct parties;
struct shards;
struct engine_part;

struct engine {
	struct engine_settings settings;
	struct engine_host host;
	struct rule_index *index;
	const char **upper;        /* ladder_upper_new; the roles are the directory's */
	const char **duty;         /* ladder_duty_new; likewise; NULL: the directory is asked */
	struct links *links;
	bool links_borrowed;     /* of another engine, which alone changes them */
	struct amendments *amendments;
	struct parties *parties;
	struct shards *shards;     /* NULL: this engine has all histories */
	struct engine_order order; /* of what is touched now, and in a flush of what is told */
	struct map by_id;          /* cache.c: -> place in histories */
	uintptr_t *places;       /* histories in memory, thawed or frozen, in any order; 0 where one was evicted */
	size_t place_count, place_room, history_count, bytes, frozen_bytes;
	uint32_t *free_places;
	size_t free_count, free_room;
	struct history *newest, *oldest; /* of those that are thawed */
	struct history *spare;   /* empty ones, for the next to be thawed */
	size_t spare_count;
	struct forgotten *forgotten; /* caches that were, the newest first; NULL: all is freed */
	uint32_t hand;           /* place at which the next frozen one to be evicted is looked for */
	struct codec codec;
	struct reasons reasons;
	struct history **touched;
	size_t touched_count, touched_room;
	size_t waited;           /* the first so many of them wait since an earlier flush */
	struct engine_part *parts;      /* parts.c: with the due times of each, only where nothing is evicted */
	uint32_t part_count;
	uint32_t part;           /* that is judged now, or ENGINE_ALL_PARTS */
	uint64_t newest_ref;     /* of what was accepted; 0: nothing was yet */
	instant next;            /* of the history that was folded last: when the clock alone changes something */
	struct anew *anew;       /* anew.c: a fold that is under way; NULL */
	struct arena *scratch;   /* of an event that was fetched by itself */
	struct arena *unpacked;  /* of one evaluation of a condition */
	struct clock_list clocks; /* of clocks_of_rule */
	uint64_t *unsettled;     /* of the instant that is folded: see fold.h */
	struct buffer because;   /* of the effect that is reported */
	struct arena *waiting;   /* of the events that wait for the flush */
	const struct event **sorted; /* one history's, in order */
	size_t sorted_room;
	uint64_t seed;
	instant now, judged_to;    /* of the last flush */
	instant events_to;         /* likewise: what happened later is not looked at yet */
	/* Of the last that was committed: where it forgets, time goes back there. */
	instant kept_now, kept_judged_to, kept_events_to;
	struct {
		enum result result;
		struct fault fault;
	} unread;                /* what a judgement asked in its midst, and could not be read: the flush fails */
	instant rules_since;       /* engine_rules_changed; NONE */
	struct engine_figures figures;
	uint64_t calendar_failures;
	uint16_t name_from, name_id; /* data.from of person.merged, data.id of event.withdrawn */
	type_id type_mute_started, type_mute_ended;
	struct answer_seen {
		uint64_t ref;
		instant time;
		bool refused, found; /* of a source that may not answer; met an alert that stood */
		bool kept, gone;     /* the host knows that it waits; it does not stand any more */
		uint32_t nth;        /* of all that were seen */
		const char *field, *doubt; /* why a mute does less than it says; NULL: it does what it says */
	} *answers;              /* that came in this flush, or whose time has not come */
	size_t answer_count, answer_room;
	uint32_t answers_seen;
	bool answers_recalled;   /* the host was asked which wait, since the engine began or forgot */
	struct unreached {
		const struct history *history;
		uint64_t id;         /* of the alert; 0: of any (missed) */
		uint16_t step;
		enum unreached_how {
			UNREACHED_NOBODY,
			UNREACHED_ONE,   /* of several: the others may all have answered */
			UNREACHED_MISSED /* it should have been told before, and was not */
		} how;
	} *unreached;            /* steps of which nobody could be told, or one could not: until the flush */
	size_t unreached_count, unreached_room;
	struct why *why;         /* who asks what a rule does; NULL: nobody */
};

/* cache.c */
struct history *cache_get(struct engine *engine, enum party_kind domain, struct text id); /* found or made */
struct history *cache_find(const struct engine *engine, enum party_kind domain, struct text id);
struct history *cache_at(struct engine *engine, uint32_t place); /* there must be one */
struct due_times *cache_due(const struct engine *engine, uint32_t place);
void cache_look_ahead(const struct engine *engine, enum party_kind domain, struct text id, int stage,
                      uint64_t *hash);
void cache_look_ahead_hashed(const struct engine *engine, int stage, uint64_t hash); /* where it is known */
/* Fetches what judging it will touch: the history, and later what hangs on it. Changes nothing. */
void cache_fetch(const struct history *history, bool what_hangs);
void cache_shrink(struct engine *engine);                         /* freezes and evicts until within the settings */
/* Nothing is in it any more; what was is freed by cache_free_forgotten, and some of it by each cache_shrink. */
void cache_forget(struct engine *engine);
bool cache_free_forgotten(struct engine *engine, size_t most); /* places; false: there are no more */
size_t cache_forgotten(const struct engine *engine);           /* places that are not freed yet */
void cache_free(struct engine *engine);
size_t cache_bytes(const struct engine *engine);
void engine_touch(struct engine *engine, struct history *history); /* to be judged at the next flush */
/* What a judgement asks of the host in its midst, where no failure can be handed on: the flush that judges fails. */
static inline void engine_note_read(struct engine *engine, enum result result, const struct fault *fault)
{
	if (result == RESULT_OK || engine->unread.result != RESULT_OK)
		return;
	engine->unread.result = result;
	engine->unread.fault = *fault;
}

/* due_heap.c */
void due_heap_update(struct engine *engine, struct history *history); /* its due time changed */
struct heap due_heap_new(void);

/* load.c: what a history is made of when it is folded from its stored events. */
MUST_CHECK enum result load_alerts(struct engine *engine, struct history *history, struct fault *fault);
/* Facts are timeless: they are set before the first event is taken. */
void load_facts(const struct engine *engine, struct history *history, const struct event *const *events, size_t count);
/* Every standing event of the subject, and in a worker's or provider's domain those that name it. */
MUST_CHECK enum result load_visit(struct engine *engine, enum party_kind domain, struct text id,
                                  engine_visit_event *visit, void *argument, struct fault *fault);
/* Until when an end speaks of starts, too. */
instant load_end_of(const struct engine *engine, const struct event *event);
/* An end that may reach a party whose start comes only later in the same instant or date. */
void load_note_end(const struct engine *engine, struct history *history, const struct event *event);
void fold_set(struct engine *engine, struct history *history, struct fold *fold);

/* amendments.c: corrections and withdrawals: which events stand. */
struct amendments *amendments_new(void);
void amendments_free(struct amendments *amendments);
void amendments_clear(struct amendments *amendments);
size_t amendments_bytes(const struct amendments *amendments);
/* `waits`: it amends something, or something amends it, and whether it stands is known only when all of the flush are
 * there. */
MUST_CHECK enum result amendments_accept(struct engine *engine, const struct event *event, bool *waits,
                                         struct fault *fault);
/* At the beginning of a flush: what stands and what no longer does goes to the host and into the histories. */
MUST_CHECK enum result amendments_apply(struct engine *engine, struct fault *fault);

/* report.c: compares what stands with what was reported, and reports: of one history as many effects as a portion may
 * have. *whole: nothing is left; else it is to be called again, and goes on where it was, also after a restart: what
 * the host has was reported. */
MUST_CHECK enum result report_history(struct engine *engine, struct history *history, instant now, bool *whole,
                                      struct fault *fault);

/* match.c: after a fold anew, which alerts are the same as those already reported. */
/* Gives the outcomes of a new fold the ids and reports of those of the old one. Takes `old` (frees what is not
 * kept). */
void match_outcomes(const struct engine *engine, struct history *history, struct outcome *old, size_t old_count);
void match_warned(struct history *history, struct warned *old, size_t old_count);
bool match_overlaps(const struct outcome *a, const struct outcome *b); /* their standing times */
/* Whether `known` is the alert `outcome` of a rule that had another id when it was reported. */
bool match_is_renamed(const struct history *history, const struct outcome *outcome, const struct rule *rule,
                      const struct outcome *known);
void match_note_evidence(struct outcome *outcome); /* as reported */
/* Those that were withdrawn were read: they are found by id and rule. */
void match_file_withdrawn(const struct engine *engine, struct history *history);
/* One that was withdrawn and told so, kept apart; NULL: none of this id. */
const struct outcome *match_withdrawn(const struct history *history, uint64_t id);
instant report_next(const struct history *history); /* ladders, go-live */

/* ladder.c: who is told when. All steps of a rule, the ladder above them, and who works at night. */
#define LADDER_ROLES (RULE_ROLES_MAX + DIRECTORY_LADDER_MOST + 1)
struct ladder_tell {
	const char *roles[LADDER_ROLES];
	size_t count;
	const char *next_roles[LADDER_ROLES];
	size_t next_count;
	instant not_before, answer_by;
	bool old_news, spent;
};
/* By rule, DIRECTORY_LADDER_MOST each: those of the directory's ladder who follow its own steps, then NULL; free it. */
const char **ladder_upper_new(const struct engine *engine);
/* The roles that work when everybody else does not, one or two, then NULL; free it. Asked of each who is told. */
const char **ladder_duty_new(const struct directory *directory);
uint16_t ladder_steps(const struct engine *engine, const struct rule *rule); /* with those above where they follow */
/* Tells the step that the alert's ladder is on at `now`: fills `tell` and arms its next. */
void ladder_tell_step(const struct engine *engine, const struct rule *rule, struct outcome *outcome, instant now,
                      struct ladder_tell *tell);
/* Whether the step was told at a time that is still to come: by a clock that was ahead and has been set back since (the
 * process began anew then). Its time runs from `now` on, and not from then; nobody is told again. What opened in a mute
 * then, and was told to nobody, is told unless it is muted now. */
bool ladder_set_back(const struct engine *engine, const struct rule *rule, struct outcome *outcome, instant now);
/* An answer was taken by such a clock, or was given at a time that is still to come: its review comes no later than if
 * it were taken at `now`, and where it was given later than that, given then; who asked for one meant so long after
 * their answer. Whether that moved it. */
bool ladder_review_back(const struct engine *engine, const struct rule *rule, struct ladder *ladder, instant answered,
                        instant now, instant review);
/* The roles that were told at the step it has reached, when it was last asked. */
void ladder_roles_told(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                       struct ladder_tell *tell);
void ladder_next_roles(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                       struct ladder_tell *tell);
/* Whether what was caused then is old news now (rules.md, "Old news by day"). */
bool ladder_is_old(const struct engine *engine, const struct rule *rule, instant caused, instant now);
/* Whether a role that is told in some cases is told of an alert, by the remarks that held when it opened. */
bool ladder_also(const struct step_also *also, uint8_t held);
/* The latest time to which an answer or a mute from `from` on may put off what is asked. */
instant ladder_review_most(const struct engine *engine, enum severity severity, instant from);
/* An answer stops it until `review`, or until what the severity sets from `now`. A review later than ten times that
 * after the answer is cut to it: returns whether it was. */
bool ladder_acknowledge(const struct engine *engine, const struct rule *rule, struct ladder *ladder, instant answered,
                        instant now, instant review);
void ladder_roles_so_far(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                         struct ladder_tell *tell);

#endif
