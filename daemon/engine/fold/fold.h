/* fold: one history taken through time, instant by instant.
 *
 * At one instant, in this order: date-only ends of the date before and expiries; the events by (source, id); what their
 * sum means for conditions; then what begins by the clock (windows, birthdays, effective dates), and conditions again.
 * The one rule: a rule kind is a row of functions (struct kind) and sees nothing but this. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_FOLD_FOLD_H
#define CASEWATCH_ENGINE_FOLD_FOLD_H

#include "engine/history/history.h"
#include "rules/condition_parts.h"

struct engine;
struct why;

/* Places of clocks in the history, the last first: entries that are removed on the way move none that is to come. */
struct clock_list {
	uint32_t *items;
	size_t count, room;
};

struct fold {
	struct engine *engine;     /* for answers: what came in this flush, and who was told */
	const struct rule_index *index;
	const struct calendar *calendar;
	const struct zone *zone;
	struct history *history;
	instant at;
	bool settle;              /* conditions may have changed at this instant */
	bool date_over;           /* something ended with the date before this instant */
	struct clock_list *clocks; /* of clocks_of_rule; the engine's */
	uint64_t *unsettled;      /* those that read what changed: a set as in rule_index.h; the engine's */
	struct text (*canonical)(void *context, struct text id); /* for keys that hold an id */
	void *canonical_context;
	const struct event *event; /* the one being taken; NULL between events */
	const struct outcome *known; /* what was reported before this fold: answers name alerts by its ids */
	size_t known_count;
	uint32_t changed_at_instant; /* the outcomes that opened or closed at this instant, newest first: a chain of
	                                index + 1 */
	struct arena *unpacked;   /* of one evaluation of a condition */
	bool again;               /* what is to be taken shows that the history was judged wrongly: fold it anew */
	bool ahead;               /* looking ahead to the end of a date: nothing of it stays */
	struct marks seen_ahead;  /* of that */
	struct marks verdicts;    /* of conditions judged as of the end of a date, by event and selector */
	uint64_t *condition_failures, *calendar_failures;
	uint64_t *judged;         /* figures of the engine */
	struct why *why;          /* who asks what a rule does (why_internal.h); NULL: nobody */
};

/* What a kind of rule does; rules/kinds.h says how a kind is added. Any function but `because` may be NULL. */
struct kind {
	/* An event that matches one of the rule's selectors; `key` and whether it applies to any key. */
	void (*take)(struct fold *fold, const struct rule *rule, enum part part, const struct selector *selector,
	             const struct event *event, uint64_t key);
	void (*expire)(struct fold *fold, const struct rule *rule, size_t clock); /* due or warn_at has come */
	void (*begin)(struct fold *fold, const struct rule *rule, size_t clock);  /* overlap: the window opens */
	void (*settle)(struct fold *fold, const struct rule *rule);
	/* What ended with the date before is over, and nothing of this instant was taken yet. */
	void (*date_over)(struct fold *fold, const struct rule *rule);
	/* ends-on, death or transfer: running clocks end at `end_seen`. Says in `ran_since` whether an end without a
	 * key had clocks to end that ran before: then it says nothing of what begins together with it. */
	void (*end)(struct fold *fold, const struct rule *rule, struct end_seen *end_seen);
	/* A closes-on or ends-on was applied to the rule's alerts. */
	void (*closed)(struct fold *fold, const struct rule *rule, const struct ending *ending);
	/* The alert at `index` opened or resolved; `source` is a copy of it. */
	void (*start_from_alert)(struct fold *fold, const struct rule *rule, const struct outcome *source,
	                         uint32_t index);
	/* Why the alert stands, in a sentence: from the words of engine/why/explain.h alone. */
	void (*because)(const struct zone *zone, const struct rule *rule, const struct outcome *outcome,
	                struct buffer *out);
	/* What is missing for an alert of the rule to stand as of fold->at, and what would bring it (why.h). */
	void (*why)(struct fold *fold, const struct rule *rule, struct why *why);
	bool clocks_begin;        /* `due` is something that begins (a window), not something that expires */
};
#define KIND_DECLARED(value, name) extern const struct kind kind_##name;
RULE_KIND_ROWS(KIND_DECLARED)
#undef KIND_DECLARED
const struct kind *kind_of(enum rule_kind kind);

/* dates.c: before a run, what its events say together. Sets fold->again where the history must be folded anew. */
void fold_prepare(struct fold *fold, const struct event *const *events, size_t count);
/* Judges what the events of one midnight (the first `group`), known by their date alone, say as of the end of that
 * date. */
void fold_judge_date(struct fold *fold, const struct event *const *events, size_t group, size_t count);

/* Takes the events (sorted, all of one history) and the clock up to `now`; all are after the history's last. Of `left`
 * (NULL: no bound) each event, and each instant of the clock, takes one; it stops before the instant for which none is
 * left. Returns how many events were taken; *next: when something next happens by the clock alone; NEVER: nothing. */
size_t fold_run(struct fold *fold, const struct event *const *events, size_t count, instant now, size_t *left,
                instant *next);

/* ---- context.c: states, marks, facts, and what conditions see ---- */
/* keys.c */
/* Of the field's value; KEY_NONE: absent. Of a party it is the id that its linked ids go by. */
uint64_t context_plain_key(const struct fold *fold, const struct event *event, uint16_t name);
/* In a party's history the child is part of every key. */
uint64_t context_with_subject(const struct fold *fold, const struct event *event, uint64_t key);
uint64_t context_rule_key(const struct fold *fold, const struct rule *rule, const struct selector *selector,
                          const struct event *event);
uint64_t context_field_key(const struct fold *fold, const struct event *event, uint16_t name); /* KEY_NONE: absent */
void context_take_marks(struct fold *fold, const struct interest *interest, const struct event *event);
/* states.c: the facts, states and marks of an event; and of the instant, the keys whose known end has come. */
void context_take(struct fold *fold, const struct interest *interest, const struct event *event, bool contradicts);
void context_note_first(struct fold *fold, const struct interest *interest, const struct event *event);
void context_judge_ahead(struct fold *fold, const struct selector *selector, const struct rule *rule,
                         const struct event *event, uint64_t key);
bool context_end_dates(struct fold *fold); /* ends known by date whose midnight is fold->at; whether there were some */
instant context_next(const struct fold *fold);
/* Evaluates; `event` may be NULL; `once_known`: states that a known date-only end will end count as ended. */
bool context_holds(struct fold *fold, const struct condition *condition, const struct rule *rule,
                   const struct event *event, uint64_t key, bool once_known);
/* Of one that holds now, without an event: whether it does once what is known to end has ended. Where nothing is known
 * to end it was asked already. */
bool context_lasts(struct fold *fold, const struct condition *condition, const struct rule *rule, uint64_t key);
/* Whether it holds by what is left of before this instant, whatever begins at it. */
bool context_held_before(struct fold *fold, const struct condition *condition, const struct rule *rule);
/* The same, part by part, for whoever explains. */
void context_parts(struct fold *fold, const struct selector *selector, const struct rule *rule,
                   const struct event *event, uint64_t key, condition_visit_part *visit, void *argument);
bool context_where(struct fold *fold, const struct selector *selector, const struct rule *rule,
                   const struct event *event, uint64_t key);
/* The openings, in order of time, of the states that the condition names and that are open: what made it hold. The
 * caller's, with room for one more. */
struct evidence *context_open_evidence(const struct fold *fold, struct condition *condition, size_t *count);

/* ---- open_index.c: the open keys ---- */
/* The one that is open of the state and key; NULL: none is. */
struct open_entry *open_find(const struct fold *fold, uint16_t state, uint64_t key);
/* How many are open of the state; `lasting`: without those that are known to end with a date. */
size_t open_count(const struct fold *fold, uint16_t state, bool lasting);
/* An entry was added or changed; is to be changed or removed. */
void open_link(struct history *history, size_t place);
void open_unlink(struct history *history, size_t place);

/* ---- unsettled.c, settle.c: what is judged again when an instant's events were taken ---- */
/* What changed at this instant: whoever changes it says so. Where fold->settle is set too, it is looked at. */
void settle_state_changed(struct fold *fold, uint16_t state); /* a key of it opened, ended, or is known to end */
void settle_type_seen(struct fold *fold, type_id type);       /* for the first time, of its key */
void settle_rule_changed(struct fold *fold, uint16_t rule);   /* a clock or an alert of it */
void settle_all_changed(struct fold *fold); /* an age, a date of effect, the end of a tail; facts; a death */
void settle_always(struct fold *fold);                        /* those that are judged whenever anything is */
void settle_forget(struct fold *fold);                        /* nothing changed yet */
void settle_instant(struct fold *fold);

/* ---- intervals.c: ends dated before their own start, or without one (rules.md, deadline) ---- */
void interval_note_start(struct fold *fold, const struct event *event);
/* Whether the event is the end of an interval dated before its own start: it ends nothing and meets no clock.
 * *lacks_start: it is the end of an interval of a child, with a key, whose start is not on record. The history of a
 * party has ends of children's keys that never were its own: there nothing is said of that. */
bool interval_contradicts(struct fold *fold, const struct event *event, bool *lacks_start);

/* ---- ends.c: ends that were seen, for what begins at their instant or on their date ---- */
struct begun begun_with(const struct fold *fold, const struct event *event);
struct ending ending_of(const struct fold *fold, const struct event *event, bool keyed);
struct end_seen end_seen_of(const struct fold *fold, const struct event *event, uint16_t owner, uint64_t key,
                            bool any_key, bool ends);
bool end_seen_fits(const struct end_seen *end_seen, uint16_t owner, enum end_what what, uint64_t key);
/* What another end without a key, of its instant or date, was of because it ran before: this one is of it, too. */
instant end_seen_ran(const struct fold *fold, const struct end_seen *end_seen);
void end_seen_keep(struct fold *fold, struct end_seen end_seen);
void ends_seen_forget(struct fold *fold); /* those whose instant or date is over; and starts that were ignored */
/* A start that does not count because something of its key runs; of one instant or date the earliest is kept. */
void start_ignore(struct fold *fold, uint16_t owner, bool of_state, const struct event *event, uint64_t key,
                  instant due);

/* ---- outcomes.c: periods in which alerts stand ---- */
uint64_t outcome_identity(const struct rule *rule, struct text a, struct text b, uint64_t key);
/* The same of a rule whose alerts are one a key, which is all that they are known by. */
static inline uint64_t outcome_identity_of_key(const struct fold *fold, const struct rule *rule, uint64_t key)
{
	return mark_mix(fold->index->identities[rule->index], key);
}
/* Opens a period; a end_seen seen at this instant, or of this date, may end it at once. Returns its index. */
uint32_t outcome_open(struct fold *fold, const struct rule *rule, uint64_t identity, uint64_t key, instant opened,
                      const struct evidence *evidence, size_t count);
void outcome_add_evidence(struct fold *fold, uint32_t index, struct evidence evidence);
/* Closed because a state is known to end with the date; and standing again because another state took over by then. */
void outcome_close_provisionally(struct fold *fold, uint32_t index, instant closed, const char *reason, bool no_longer);
bool outcome_is_provisional(const struct fold *fold, uint32_t index);
void outcome_reopen(struct fold *fold, uint32_t index);
void outcome_close(struct fold *fold, uint32_t index, instant closed, const char *reason, bool no_longer);
/* Of several ends the earliest that is known counts: it is closed earlier than was known, if it is closed. What
 * followed from the later end is undone, and follows from this one, when the instant is settled. */
void outcome_close_earlier(struct fold *fold, uint32_t index, instant closed);
/* It should not be: not of the function any more. */
void outcome_is_gone(struct fold *fold, uint32_t index);
/* The id that people and answers use: of rule, subject and what makes the alert the same one. */
uint64_t outcome_id(const struct history *history, const struct outcome *outcome);
/* That of a count, state or load, as it is first given: of rule, subject and opening, where no other has it. */
uint64_t outcome_first_id(const struct history *history, const struct outcome *outcome, const struct rule *rule);
/* The same of an early warning: the id that its alert would have. */
uint64_t outcome_id_of(const struct history *history, uint64_t identity);
bool outcome_stands(const struct fold *fold, uint32_t index);
void outcome_take_end(struct fold *fold, const struct rule *rule, struct end_seen end_seen);
const char *reason_of(type_id type);                                /* a title, lives for ever */
#define REASON_NO_LONGER "no longer applies"

/* ---- clocks, used by several kinds ---- */
struct clock_entry *clock_find(struct history *history, uint16_t rule, uint64_t key);
/* Of the key, by another version of the rule: one rule has one clock a key, whichever of its versions began it. */
/* It runs, or its alert stands: not one whose alert a closes-on or a person resolved. */
bool clock_lives(const struct fold *fold, const struct clock_entry *clock);
struct clock_entry *clock_of_version(struct fold *fold, const struct rule *rule, uint64_t key);
/* Before the rule begins a clock of the key: that of a version on trial, of which nobody was told, gives way. */
void clock_ends_trial(struct fold *fold, const struct rule *rule, uint64_t key);
/* The rule, where it is in force, else the version of it that is; NULL: none. */
const struct rule *rule_in_force(const struct fold *fold, const struct rule *rule);
/* What a state or load held by another version of the rule, as it begins to hold by this one: one alert goes on. */
void memory_take_over(struct fold *fold, const struct rule *rule, struct rule_memory *memory);
size_t clock_add(struct history *history, struct clock_entry entry);
void clock_remove(struct history *history, size_t index);
/* clock_index.c */
/* All clocks of the rule; until it is next asked. */
const struct clock_list *clocks_of_rule(struct fold *fold, const struct rule *rule);
/* Of a history with many clocks those alone that are tentative; of others all. */
const struct clock_list *clocks_begun(struct fold *fold, const struct rule *rule);
/* An entry was added; is to be removed; is to be moved to another's place, which was unlinked. */
void clock_link(struct history *history, size_t index);
void clock_unlink(struct history *history, size_t index);
void clock_moves(struct history *history, size_t from, size_t to);
/* The first at `from` or behind it that falls due, or is to be warned of, by then; clock_count: none. */
size_t clocks_reached(const struct history *history, size_t from, instant at);
/* After they were gone through: exactly when the next of them falls due. */
void clocks_reckon_next(struct history *history);
static inline size_t clock_index(const struct history *history, const struct clock_entry *entry)
{
	return (size_t)(entry - history->clocks);
}
instant clock_until_age(const struct fold *fold, const struct rule *rule); /* NEVER where none */
/* When an ends-on that was already seen (at this instant, or of this date) ends a clock that starts now; NEVER:
 * none. */
instant clock_ended_at(const struct fold *fold, const struct rule *rule, uint64_t key, struct begun *begun);
/* A start that does not count because a clock of its key runs; of one instant or date the earliest is kept. */
void clock_ignore(struct fold *fold, const struct rule *rule, const struct event *event, uint64_t key, instant due);
/* What ran before the end is over: whether there is a start together with it that now counts; the earliest of them. */
bool clock_ignored(struct fold *fold, const struct rule *rule, const struct ending *ending, instant ran_since,
                   struct ignored_start *found);
/* What an end or stop without a key may be of: of its own rule's clocks, and of other ends of its instant or date. */
instant clock_ran(struct fold *fold, const struct rule *rule, const struct end_seen *end_seen);

/* Those of which a rule's `while` may say something new. */
const struct clock_list *clocks_to_settle(struct fold *fold, const struct rule *rule);
/* To be called when it expires: whether its `while` ended with the date whose end the expiry is. What is known by date
 * to have ended then ended before it, so that nothing was owed any more, unless something takes over at that
 * midnight. */
void clock_note_lapse(struct fold *fold, const struct rule *rule, struct clock_entry *clock);
/* An alert whose `while` is known to end with the date ends once that is known, unless something else takes over by
 * then. */
void clock_settle_alert(struct fold *fold, const struct rule *rule, const struct clock_entry *clock, bool holds);
/* Clocks of the rule that the outcome started, and the alerts they led to: as it ended otherwise than was known. */
void clocks_undo(struct fold *fold, const struct rule *rule, uint32_t index);
/* Expiry of a length from an instant; NEVER where the calendar ends (counted and logged). */
instant clock_expiry(struct fold *fold, const struct rule *rule, instant start, struct duration length);
/* The local midnight that begins the date so long before the one that falls due; NEVER as above. */
instant clock_before(struct fold *fold, const struct rule *rule, instant due, struct duration length);

#endif
