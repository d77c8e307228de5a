/* engine: a subject's alerts as a function of its events, the rules, the calendar and the time.
 *
 * Owns the state of every history in its cache. The one rule: it touches nothing else: no files, no clock, no database;
 * `now` is an argument and events come from the host. That is why test, backtest, replay and the daemon cannot
 * differ. */
#ifndef CASEWATCH_ENGINE_ENGINE_H
#define CASEWATCH_ENGINE_ENGINE_H

#include "people/directory.h"
#include "rules/alert.h"

struct engine;

struct engine_settings {
	const struct calendar *calendar;
	const struct ruleset *rules;
	const struct directory *directory; /* the ladder above a rule's own steps, and who works when nobody else does;
	                                      NULL: there is no ladder above, and nobody does. Borrowed */
	instant go_live;              /* earlier alerts only build history; INSTANT_NONE: from the first event */
	size_t cache_bytes;           /* histories kept in memory, roughly; 0: no limit */
	size_t thawed_bytes;          /* of them those that are ready to be worked on, at most half; the least recently
	                                 used are frozen, and take a fraction of it; 0: no limit */
	bool from_nothing;            /* the host held no events when the engine started, and nothing is ever evicted: a
	                                 history not in memory has none (backtest, test) */
	size_t checkpoint_events;     /* a history has a checkpoint at every so many events (checkpoints.h); 0: the
	                                 usual */
	bool indexed;                 /* what a history holds is found by its indexes, however little that is: to try
	                                 them; else only from some dozens of clocks, open keys or alerts on */
	size_t portion;               /* events that one flush may read and fold anew, so that no turn of the loop is
	                                 long; what is left waits for the next flush (engine_waiting); 0: no bound */
	uint32_t shards, shard; /* so many engines share the histories, and which of them this is, from 0; shards 0:
	                           this one has them all. See "Several engines" below */
	uint32_t parts;         /* the histories are judged in so many; 0: in one. See "In parts" below */
	/* Per severity, rules.md "Who is told, and when": */
	struct duration step_after[3];    /* 30 minutes, 1 working day, 5 working days */
	struct duration review_after[3];  /* 12 hours, 2 working days, 10 working days */
	struct duration ask_again[3];     /* 30 minutes, 1 day, 1 week */
	struct duration old_after[3];     /* 24 hours, 7 days, 7 days */
	const char *const *answer_sources; /* whose answers and mutes count, by `source`; none: anybody's. Borrowed */
	size_t answer_source_count;
};
void engine_settings_default(struct engine_settings *settings); /* all but calendar and rules */

/* How an amendment (a correction or withdrawal) is known to the host. */
struct engine_record {
	uint64_t ref;
	struct text source, id;
	type_id type;
	instant order;           /* recordedtime, else time */
	struct text replaces;    /* empty: corrects nothing */
	struct text withdraws;   /* data.id of an event.withdrawn; empty: withdraws nothing */
	bool standing;
};

#define ENGINE_NO_START ((uint64_t)1 << 63) /* handles are far smaller */

typedef enum result engine_visit_event(void *argument, const struct event *event, struct fault *fault);
typedef enum result engine_visit_alert(void *argument, const struct alert *alert, struct fault *fault);
typedef enum result engine_visit_person(void *argument, struct text person, struct fault *fault);
typedef enum result engine_visit_record(void *argument, const struct engine_record *record, struct fault *fault);

/* What the engine asks of whoever keeps the events (SQLite in the daemon, memory in backtest and test). */
struct engine_host {
	void *context;
	/* Every standing event whose subject is `id` (domain PARTY_NONE), or that names `id` as a party of the domain
	 * (PARTY_WORKER, PARTY_PROVIDER); the newest, which is the highest ref, first. `before`: only those of a lower
	 * ref, to go on where a visitor stopped; 0: all. A visitor that has seen enough returns RESULT_TEMPORARY.
	 * Amendments that stand are events too. */
	enum result (*history)(void *context, enum party_kind domain, struct text id, uint64_t before,
	                       engine_visit_event *visit, void *argument, struct fault *fault);
	/* Whether it held nothing of the child's history before what it stored since the last flush: then there is
	 * nothing to gather, and what was accepted since is all of it. NULL: nobody knows. */
	bool (*holds_nothing)(void *context, enum party_kind domain, struct text id);
	/* Every alert known of the history, also resolved and withdrawn ones. */
	enum result (*alerts)(void *context, enum party_kind domain, struct text id, engine_visit_alert *visit,
	                      void *argument, struct fault *fault);
	/* The record of (source, id), and those of all that replace or withdraw `target`. A visitor that has seen
	 * enough returns RESULT_TEMPORARY. */
	enum result (*record)(void *context, struct text source, struct text id, engine_visit_record *visit,
	                      void *argument, struct fault *fault);
	enum result (*amendments)(void *context, struct text source, struct text target, engine_visit_record *visit,
	                          void *argument, struct fault *fault);
	/* An event's standing changed: later calls of `history` show it or no longer do. Called during engine_flush. */
	enum result (*set_standing)(void *context, uint64_t ref, bool standing, struct fault *fault);
	enum result (*event)(void *context, uint64_t ref, engine_visit_event *visit, void *argument,
	                     struct fault *fault);
	/* All person.merged and person.unmerged that stand; asked once, at engine_start. */
	enum result (*merges)(void *context, engine_visit_event *visit, void *argument, struct fault *fault);
	/* What happened. Called during engine_flush, in order. NULL: nobody hears of it, and nothing is put in
	 * words. */
	enum result (*effect)(void *context, const struct effect *effect, struct fault *fault);
	/* The alert changed in a way the host must keep (also between effects: its ladder, its evidence). */
	enum result (*keep_alert)(void *context, enum party_kind domain, struct text id, const struct alert *alert,
	                          struct fault *fault);
	/* The records of the history that contradict themselves now, by their handles: ends dated before their own
	 * start (rules.md, deadline), which end nothing until corrected; and those that have no start (yet), with the
	 * bit ENGINE_NO_START set. Called at a flush when the history was folded anew or they changed, so also with
	 * none, and again after an eviction or a restart: the host compares with what it holds. NULL: nobody asks. */
	enum result (*contradictions)(void *context, enum party_kind domain, struct text id, const uint64_t *refs,
	                              size_t count, struct fault *fault);
	/* When the history next needs engine_due; INSTANT_NEVER: not by itself. Only called when it changed. */
	enum result (*keep_due)(void *context, enum party_kind domain, struct text id, instant due,
	                        struct fault *fault);
	/* Something of an accepted event (by its handle) had no effect, or another than it says: an answer to an alert
	 * that does not stand ("data.alert"), of a source that may not answer ("source"), a review time that was cut
	 * ("data.review_at"). Once each, during engine_flush. May be NULL. */
	enum result (*warned)(void *context, uint64_t ref, const char *field, const char *reason, struct fault *fault);
	/* When the host heard of the answer that holds the alert, by its clock then; INSTANT_NONE: it does not know.
	 * Asked where a review lies further ahead than one that is set now. NULL: nobody knows. */
	enum result (*answered)(void *context, const char *alert, instant *at, struct fault *fault);
	/* Whether an answer had an effect is not known at the end of a flush, since its time has not come or a history
	 * waits: `waits`; and by this flush it is: not. Of its handle; only where that changed. An engine that is new,
	 * or forgot, asks once for those that wait: nobody else would say that they had none. NULL: nobody asks. */
	enum result (*answer_waits)(void *context, uint64_t ref, bool waits, struct fault *fault);
	enum result (*answers_waiting)(void *context, engine_visit_event *visit, void *argument, struct fault *fault);
	/* The people who were told of the alert at the step in the role, for `answer: each` and for passing on, where a
	 * role (engine_role) has several; an empty one where it was told to nobody, who is not waited for. May be NULL;
	 * nobody visited: the role answers as one. */
#define ENGINE_NOT_LOOKED_FOR "?" /* in the place of a person: of the role nobody was looked for yet */
	enum result (*told)(void *context, const char *alert, uint16_t step, uint64_t role,
	                    engine_visit_person *visit, void *argument, struct fault *fault);
};

/* What an answer keeps of a role: whom it was given by, or passed on to. */
uint64_t engine_role(struct text role);

struct engine *engine_new(const struct engine_settings *settings, const struct engine_host *host);
void engine_free(struct engine *engine);
/* Of an engine that is done with: frees `most` of its histories, so that nobody stands still while hundreds of
 * thousands are freed. True: there are more. Nothing else but engine_free may follow; what its settings point to may be
 * gone. */
bool engine_free_some(struct engine *engine, size_t most);
MUST_CHECK enum result engine_start(struct engine *engine, struct fault *fault); /* reads the merges */
/* The same without reading anything: of a host whose merges another engine knows. It lives longer, and alone is told of
 * new ones; `engine` is only asked. */
void engine_start_beside(struct engine *engine, struct engine *other);
/* In the place of one that is done with, and that has committed all: its merges are taken over. */
void engine_start_after(struct engine *engine, struct engine *before);

/* An accepted event, stored by the host under event->ref (standing), not a duplicate. Its effects wait for
 * engine_flush; the event and all it points to must live until then. */
MUST_CHECK enum result engine_accept(struct engine *engine, const struct event *event, struct fault *fault);
/* Fetches into the cache what accepting the event will touch: stage 0, then 1 and so on, some events apart; *hash is
 * kept between them by the caller. Changes nothing, and may be left out. */
#define ENGINE_STAGES 4
void engine_look_ahead(const struct engine *engine, const struct event *event, int stage, uint64_t *hash);
/* The history's due time has come (or may have). Its effects wait for engine_flush. */
MUST_CHECK enum result engine_due(struct engine *engine, enum party_kind domain, struct text id, struct fault *fault);
/* Nobody could be told of this step of the alert: if it still stands unanswered at that step, the next step is told at
 * once at the next flush. At the last step nothing is hurried: it is asked again at its usual interval, so that a
 * mailbox that refuses cannot make casewatch write without pause. */
MUST_CHECK enum result engine_nobody(struct engine *engine, enum party_kind domain, struct text subject,
                                     struct text alert, int step, struct fault *fault);
/* One of several who were told at this step is not to be reached after all: if everybody else has answered
 * (`answer: each`) or passed it on, that is what it would be had they never been told: held by the last answer, ended
 * by it if it is momentary, or the next step is told at once. At the next flush. */
MUST_CHECK enum result engine_one_less(struct engine *engine, enum party_kind domain, struct text subject,
                                       struct text alert, int step, struct fault *fault);
/* What should have been told of the history before, and was not (the host found out; what is cached of it must have
 * been forgotten): what has fallen due is told at the next flush as missed; `alert`, if it is not empty and stands
 * unanswered at that step, is told of it again. */
MUST_CHECK enum result engine_missed(struct engine *engine, enum party_kind domain, struct text subject,
                                     struct text alert, int step, struct fault *fault);
/* Judges every history touched since the last flush, as of `now` (never earlier than before), and reports effects. All
 * events accepted since are known at one instant: what begins and vanishes among them is not reported. */
MUST_CHECK enum result engine_flush(struct engine *engine, instant now, struct fault *fault);
/* Histories of which nothing was told yet, because the portion was used up: the next flush goes on with them, whether
 * anything comes in or not. Each is due at once for the host (keep_due), so that it is judged also where the process
 * ends in between. */
size_t engine_waiting(const struct engine *engine);
/* The same while a backlog is read: histories are judged only up to `judged_to` (never earlier than before, never after
 * `now`), the time to which the backlog was read. Clocks beyond it do not run yet, because what stops them may be still
 * to come; what is told is told as of `now`. It also keeps a backlog in order, which is what makes it fast.
 * What happened up to `events_to` is judged all the same (never less than up to `judged_to`): the clocks of its own
 * history run as far as it. */
MUST_CHECK enum result engine_flush_behind(struct engine *engine, instant judged_to, instant events_to, instant now,
                                           struct fault *fault);
/* Where the engine started from nothing: the earliest due time, and all that are due touched, for the next flush. The
 * daemon asks its due rows instead. */
instant engine_next_due(struct engine *engine);
void engine_wake(struct engine *engine, instant until);
/* Other rules came into force at `since`, and histories are being judged anew by them: what that opens of before then
 * stood already and is told as at go-live, but for criticals that are no old news. INSTANT_NONE: that is over. */
void engine_rules_changed(struct engine *engine, instant since);
/* The host has committed what the last flush said: merges that came until now stay through engine_forget. */
void engine_committed(struct engine *engine);
/* After a failed transaction: forget all cached state, and the merges that came since engine_committed; time is again
 * that of the last flush before it, so that what fell due at several instants is told at each of them; it is folded
 * anew from the host when touched. Nothing is read: thousands of merges would make a long turn. The memory of
 * hundreds of thousands of histories is given back in portions: some with each flush, and by engine_free_forgotten. */
void engine_forget(struct engine *engine);
/* The merges, too: the host's events are others now (an erasure). Then engine_start, before anything else. */
void engine_forget_merges(struct engine *engine);
/* Gives back the memory of `most` histories that were forgotten; 0 asks only. True: there are more. */
bool engine_free_forgotten(struct engine *engine, size_t most);

/* ---- Several engines ----
 *
 * Each has the histories of some ids, for whatever domain, under the id that lasts of those that are linked. Each is
 * given, in the order in which they came, the events of its own subjects and all those that may concern other
 * histories, too: what is linked, amended and named is then the same in all of them, so that nothing ever moves from
 * one to another. Only where nothing was ever held before (from_nothing) and without portions. */

/* Which of so many engines has the histories of an id that is linked with no other; hash: text_hash of it with
 * hash_seed. */
uint32_t engine_shard_of(uint64_t hash, uint32_t shards);
/* Whether events of the type go to all of them: amendments, merges, answers, and those that name a party, or end what
 * may have named one. So do those that correct others (replaces), those that are amended already, and those of a
 * subject that a merge ever named; whoever gives them out knows these. */
bool engine_is_for_all(const struct engine *engine, type_id type);

/* What one engine that had everything would do when: effects and warnings of one flush are told in this order. */
enum engine_phase { ENGINE_ARRIVED, ENGINE_DUE, ENGINE_AMENDED, ENGINE_ANSWERED };
struct engine_order {
	enum engine_phase phase;
	uint64_t ref;           /* arrived: the event by which the history was first touched */
	uint32_t nth;           /* arrived, amended: of what it touched; answered: of the answers */
	enum party_kind domain; /* due: by the history's id, then its domain */
	struct text id;
};
/* Of what is told now; to be asked during an effect or a warning. The id is borrowed. */
struct engine_order engine_order(const struct engine *engine);
int engine_order_compare(const struct engine_order *a, const struct engine_order *b);

/* ---- In parts ----
 *
 * Of one engine: while a part is selected, what is accepted must be of it, and waking, the next due time and flushes
 * are of its histories alone, from where it was judged to. So of events that concern the histories of their own
 * subjects alone those of one part can be taken, then those of the next from the same time on: a part fits the
 * processor's cache. Only as engine_order says with engines that share (settings.shards at least 1), and between two
 * instants: nothing accepted waits for a flush. */

#define ENGINE_ALL_PARTS UINT32_MAX
/* Of events of a subject that is linked with no other; hash: text_hash of it with hash_seed. */
uint32_t engine_part_of(uint64_t hash, uint32_t parts);
/* Whether nothing waits that concerns them all. */
bool engine_may_part(const struct engine *engine);
/* ENGINE_ALL_PARTS: all of them together again, which is what an engine begins with. */
void engine_select_part(struct engine *engine, uint32_t part);
/* As engine_look_ahead, for what is known to concern rules. */
void engine_look_ahead_hashed(const struct engine *engine, uint64_t hash, int stage);

struct engine_figures {
	uint64_t events, folds, folded_events, histories, evictions, condition_failures;
	uint64_t judged; /* rules judged again because of something that changed; clocks and open keys looked at */
	uint64_t looked_at; /* alerts, clocks and warnings, for whether there is something to tell of them */
	uint64_t checkpoint_bytes; /* written in checkpoints, also those that were dropped */
	size_t forgotten;   /* histories whose memory is not given back yet, at most: places of some were empty */
	size_t bytes; /* state held, without stored events */
};
void engine_figures(const struct engine *engine, struct engine_figures *figures);
/* folded_events alone, for whoever asks after every turn: the other figures are counted over all histories. */
uint64_t engine_folded(const struct engine *engine);

/* The id under which linked records are one history; borrowed until the next accept. */
struct text engine_canonical(const struct engine *engine, struct text id);
/* Every id of the same history, itself included; returns how many. Borrowed until the next accept. */
size_t engine_linked(const struct engine *engine, struct text id, const struct text **ids);

#endif
