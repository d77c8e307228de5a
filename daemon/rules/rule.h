/* rule: the rules as loaded: checked, compiled, immutable while in force.
 *
 * The one rule: everything a rule says is here, and nothing else decides. A struct ruleset owns all it points to. */
#ifndef CASEWATCH_RULES_RULE_H
#define CASEWATCH_RULES_RULE_H

#include "base/pool.h"
#include "event/schema.h"
#include "rules/condition.h"
#include "rules/register.h"
#include "rules/selector.h"
#include "time/calendar.h"

enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_NORMAL };
const char *severity_name(enum severity severity); /* "critical", "high", "normal" */

/* The kinds of rule: a row each, by which loader (rules/load/kinds/NAME.c) and engine (engine/kinds/NAME.c) find the
 * kind's own file. The name is its key in a rule file. */
#define RULE_KIND_ROWS(ROW)              \
	ROW(RULE_EVENT, event)           \
	ROW(RULE_GUARD, guard)           \
	ROW(RULE_COUNT, count)           \
	ROW(RULE_DEADLINE, deadline)     \
	ROW(RULE_RECURRING, recurring)   \
	ROW(RULE_OVERLAP, overlap)       \
	ROW(RULE_STATE, state)           \
	ROW(RULE_LOAD, load)
#define RULE_KIND_VALUE(value, name) value,
enum rule_kind { RULE_KIND_ROWS(RULE_KIND_VALUE) RULE_KINDS };
#undef RULE_KIND_VALUE

/* Where something stands in its file, for whoever has to mend it. */
struct rule_place {
	int line, column;
};

#define STATE_KEYS 3 /* fields of a key, at most */

/* A named state, or one that a pair of types defines by itself; open("id") holds while one of its keys is open. */
struct state_def {
	const char *id;
	struct selectors from, to;
	uint16_t keys[STATE_KEYS]; /* field names that make the key, 0-ended; none: without a key. In the history of a
	                      party the child is part of every key. */
	bool key_optional; /* an event that opens it may lack the key (the plan of vpg.opened): the key then only tells
	                      its own ends apart, and open() means any of them in a rule keyed by a field of that name,
	                      too */
	bool reads_age;
	bool covers_pair;        /* named, and a pair of types defines one of that name, too: this one is meant */
	const char *file;        /* where it stands; only with covers_pair */
	struct rule_place place;
};

/* One step of the ladder. */
struct step {
	const char **roles;     /* as in the directory; sorted */
	struct rule_place *role_places; /* of each; NULL: of no file */
	size_t role_count;
	struct duration after;  /* unanswered for so long: the next step; amount 0: the severity's default */
	bool answer_each;       /* every recipient answers for themselves; default: the first of them */
	const char **channels;  /* NULL: the person's own order */
	size_t channel_count;
	struct step_also *also; /* roles told in addition where their condition held when the alert opened */
	size_t also_count;
};
struct step_also {
	const char *role;
	struct rule_place place;
	uint8_t remark; /* its condition is kept with the alert as that of a remark without words */
};

/* A length of a recurring clock that counts only in some cases: "every 3 months where the placement is to last to 18
 * and a year has passed". Judged when the clock starts again, as all of that instant is known. */
struct rule_every {
	struct duration length;
	struct condition *when; /* NULL: always */
	struct duration after;  /* once so long has passed since the clock began; amount 0: at once */
};

/* Something a message adds where it holds when the alert opens: "An assessment was authorised since." */
struct remark {
	struct condition *when;  /* read with the event that fired; NULL: always */
	const char *text;        /* NULL: it adds no words, it is what a role is told in addition for */
};

/* A line of facts in a rule's messages: a label, and what is shown beside it (docs/rules.md, "facts"). */
enum rule_fact_show {
	FACT_SHOWS_TIME,   /* when the event happened; with `until`: from when to when */
	FACT_SHOWS_AGO,    /* the same, and how long ago that is */
	FACT_SHOWS_FIELD,  /* a field of the event */
	FACT_SHOWS_STATE,  /* since when the state is open, or when it ended */
	FACT_SHOWS_WHO,    /* the subjects whose keys of the state are open: the children placed with a provider */
	FACT_SHOWS_DUE,    /* when the rule's clock runs out, and how long that is from now */
	FACT_SHOWS_COUNT,  /* how many events were counted in the rule's window, and how many since */
	FACT_SHOWS_TEAM,   /* the teams of the child */
};
enum rule_fact_only { FACT_EVERYWHERE, FACT_IN_WARNINGS, FACT_IN_ALERTS, FACT_ALONE /* in an alert's own message */,
	              FACT_TOGETHER /* where several alerts share one */ };
struct rule_fact {
	enum rule_fact_only only;  /* which messages show it */
	const char *label;         /* "Held at"; at most RULE_FACT_LABEL characters */
	enum rule_fact_show show;
	struct selectors events; /* time, ago, field: the types that are looked for; their conditions read data alone */
	struct selectors until;    /* time: what ends it; count 0: one moment */
	uint16_t field;            /* field */
	bool last;                 /* the newest there is; else the first since what the alert is about began */
	bool if_recorded;          /* no line where nothing is recorded; else "Not recorded" */
	const char *otherwise;     /* instead of "Not recorded": "Not yet"; NULL: that */
	const struct state_def *state; /* state, who: a copy of its own, so that the engine need not follow it */
	const char *open, *ended;  /* words before the time: "Missing since", "Returned" */
};
#define RULE_FACT_LABEL 24 /* beside a label of this length a fact still has 45 of the 72 columns */
#define RULE_FACTS 12      /* what fits the first screen of a phone and a little more */

/* Limits of one rule, said by the loader where they are reached (docs/limits.md). Remarks are kept as a bit each with
 * the alert; the roles of all steps go into one effect. */
#define RULE_REMARKS_MAX 8
#define RULE_ROLES_MAX 32

struct rule {
	uint16_t index;          /* in the set */
	uint16_t versions_before, versions_after; /* so many of its id stand before it, and behind it, by their dates */
	const char *id, *title, *basis, *file;
	int line, column;
	bool untitled;           /* the file gives it no title: its id is shown instead */
	enum rule_kind kind;
	enum severity severity;
	enum party_kind of;      /* whose history: PARTY_NONE the subject's own */
	uint16_t key;            /* field name; 0: without a key */
	bool once_a_key;         /* event: `distinct` */
	struct selectors on;     /* event, guard's B, counted events, start */
	struct {                 /* start: {alert: id, is: opened|resolved} */
		const char *rule_id; /* NULL: not so */
		uint16_t rule, last; /* the indices of its versions, side by side: always smaller than this rule's, so
		                        that one pass in order suffices */
		bool resolved;
	} start_alert;
	struct selectors stop;   /* deadline's and overlap's stop, recurring's event */
	struct selectors before; /* guard's A */
	struct selectors moves;  /* deadline: events that carry another `due` */
	uint16_t due;            /* field with the due date, or 0 */
	struct selectors closes_on, ends_on;
	struct condition *while_holds; /* deadline, recurring; NULL: none */
	struct condition *when;        /* state */
	uint32_t at_least;             /* count */
	struct duration within;        /* count, deadline; guard: how far back A counts, amount 0: for ever */
	struct duration *first;        /* recurring; may be none */
	size_t first_count;
	struct duration every;
	struct rule_every *cases;      /* recurring: lengths that go before `every`, the first that counts */
	size_t case_count;
	struct duration *warn;         /* deadline: early warnings, in order */
	size_t warn_count;
	bool warn_mixed;               /* in several units: which comes first, only the calendar says */
	bool warn_before;              /* they count back from the date that falls due, not from the start */
	int daily_from, daily_until;   /* overlap: minutes after local midnight */
	bool has_from;                 /* state: birth + years + months */
	int from_years, from_months;
	uint16_t load_state;           /* load: index into states */
	uint32_t more_than;
	int until_age;                 /* 0: none */
	civil_day effective_from, effective_until; /* DAY_NONE: open; the local midnights that begin these dates */
	bool momentary;                /* the first answer ends it: no stop, closes-on, ends-on of its own */
	struct step *steps;
	size_t step_count;
	struct step warning;           /* whom an early warning tells; role_count 0: the first step */
	const char *out_of_hours;      /* the role that joins a step when nobody else works; NULL: none */
	struct rule_place out_of_hours_place;
	bool shadow;                   /* `mode: shadow`: judged and kept on record, and nobody is told */
	const char **
		renamed_from; /* ids it had before: its alerts of those days go on. The last is the first it ever had */
	size_t renamed_count;
	bool restricted; /* only those it tells may know of it: no list shows it, and the ladder ends with its own
	                    steps */
	struct remark *remarks;
	size_t remark_count;
	const char *message;           /* template */
	const char **actions;
	size_t action_count;
	const char *text; /* what to do: one thing a line; after an empty line what explains it. May be NULL */
	const char *warning_title,
		*warning_text;   /* the same for its early warnings, which are no alerts yet; NULL: as above */
	const char *still_there; /* what shows that the cause stands: "no move and no release is recorded"; NULL: the
	                            titles of what would end it */
	const char *if_still;          /* "the child is still held"; NULL: "the cause is still there" */
	const char *due_what; /* what its clock waits for, in a sentence: "the return interview"; NULL: not named */
	civil_day version;             /* from when the rule reads as it does; DAY_NONE: the file does not say */
	struct rule_fact *facts;       /* in the order in which they are shown; none: what its events say */
	size_t fact_count;
};

static inline bool rule_has_versions(const struct rule *rule)
{
	return rule->versions_before || rule->versions_after;
}

/* Whether events of the type come into the histories that it is judged on at all: of a worker's (or a provider's) only
 * those that name one. */
bool rule_hears(const struct rule *rule, type_id type);

static inline bool rule_is_effective(const struct rule *rule, civil_day day)
{
	return (rule->effective_from == DAY_NONE || rule->effective_from <= day) &&
	       (rule->effective_until == DAY_NONE || day < rule->effective_until);
}

/* The first of all versions of its id. */
static inline const struct rule *rule_oldest(const struct rule *rule)
{
	return rule - rule->versions_before;
}

/* Another version of the rule that goes on where this one ends: of its kind, of its key, and of the same histories. */
static inline bool rule_is_version(const struct rule *rule, const struct rule *other)
{
	return other != rule && other->kind == rule->kind && other->key == rule->key && other->of == rule->of;
}

/* The next of these behind `after`, which is NULL at the beginning; NULL: there is none. */
static inline const struct rule *rule_next_version(const struct rule *rule, const struct rule *after)
{
	const struct rule *version = after ? after + 1 : rule_oldest(rule);
	while (version <= rule + rule->versions_after && !rule_is_version(rule, version))
		version++;
	return version <= rule + rule->versions_after ? version : NULL;
}

/* The index of the first of its versions by which the alerts of both are one: what is of one of them is of the rule.
 * Not of one on trial and one that tells: what stands on trial would keep from telling the other. */
static inline uint16_t rule_first_version(const struct rule *rule)
{
	const struct rule *first = rule_oldest(rule);
	while (first != rule && !(rule_is_version(rule, first) && first->shadow == rule->shadow))
		first++;
	return first->index;
}

/* Of one that is on trial nobody is told: what it began keeps a version that is not from nothing. */
static inline bool rule_yields_to(const struct rule *rule, const struct rule *other)
{
	return rule_is_version(rule, other) && (rule->shadow || !other->shadow);
}

struct ruleset {
	struct rule *rules;      /* in an order in which a rule comes after those whose alerts start it */
	size_t rule_count;
	struct state_def *states;
	size_t state_count;
	struct register_def *registers; /* tables that lists and reports read; see register.h */
	size_t register_count;
	uint64_t fingerprint;    /* of the bytes of the files it was loaded from */
	void *owned;             /* whatever ruleset_free needs */
};
void ruleset_free(struct ruleset *ruleset); /* NULL is fine */
/* Puts it where others find it who load the same files (base/pool.h), and gives what is there. */
struct ruleset *ruleset_pool(const struct pool_key *key, struct ruleset *ruleset);
const struct rule *ruleset_find(const struct ruleset *ruleset, struct text id); /* its first version; NULL if none */
/* The version with that date of effect (DAY_NONE: from the beginning); where none has it, as after its dates were
 * changed, the first, or the first that is restricted, since who may see it hangs on that. Also by an id it had
 * before. */
const struct rule *ruleset_find_version(const struct ruleset *ruleset, struct text id, civil_day from);
/* The version that is in force on that date; where none is, the last that was before, else the first. Also by an id it
 * had before. */
const struct rule *ruleset_find_on(const struct ruleset *ruleset, struct text id, civil_day day);
/* The same as ruleset_find, also by an id it had before it was renamed. */
const struct rule *ruleset_find_renamed(const struct ruleset *ruleset, struct text id);

/* For whoever builds a set: an empty one; its memory, for all that it points to; and conditions that it is to free. */
struct ruleset *ruleset_new(void);
struct arena *ruleset_arena(const struct ruleset *ruleset);
void ruleset_keep_condition(struct ruleset *ruleset, struct condition *condition);

#endif
