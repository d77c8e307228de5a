/* rule_index: the rule set seen from the events: which rules, states and marks an event of a type concerns.
 *
 * Made once when rules are loaded; immutable. The one rule: an event of a type that no rule mentions costs nothing.
 * Internal to engine/. */
#ifndef CASEWATCH_ENGINE_RULE_INDEX_H
#define CASEWATCH_ENGINE_RULE_INDEX_H

#include "rules/rule.h"

#define DOMAINS 3 /* PARTY_NONE, PARTY_WORKER, PARTY_PROVIDER */

/* What an event is to a rule. */
enum part { PART_ON, PART_STOP, PART_BEFORE, PART_MOVES, PART_CLOSES, PART_ENDS };

struct concern {
	uint16_t rule;
	uint16_t part;
	bool dated; /* known by its date alone, its `where` is judged as of the end of the date, by what is known
	                then */
	const struct selector *selector;
};
struct state_concern {
	uint16_t state;
	bool from, dated;
	const struct selector *selector;
};

/* An event type in a domain. */
struct interest {
	struct concern *concerns;
	size_t concern_count;
	struct state_concern *states;
	size_t state_count;
	uint16_t *seen_keys;   /* key fields by which seen() and first() look at this type; 0 is "any key" */
	size_t seen_count;
	bool first;            /* first() looks at it */
	uint16_t *first_fields; /* and reads these, each once */
	size_t first_field_count;
	bool settles;          /* conditions may change with it */
	bool facts;            /* child.updated */
	bool ends_all;         /* child.died, child.transferred */
	bool starts_interval;  /* which some rule or state waits for an end of */
	bool ahead;            /* looked at before the events are taken in turn: first, or starts_interval */
	bool dated;            /* one of the concerns is */
	bool answer;           /* alert.acknowledged, alert.resolved, alert.passed_on; and those of mutes */
	bool any;              /* anything of the above */
};

#define INTERVAL_KEYS 3
/* Of an event type: what it is to an interval (x.started and x.ended, custody.detained and custody.released). */
struct interval_part {
	uint64_t interval;     /* the same for starts and ends of one; 0: none */
	uint16_t keys[INTERVAL_KEYS]; /* fields, all of which make the key; 0: no more */
	bool starts, ends;
	const char *kind;      /* starts only where its `kind` is this; NULL: always */
	uint16_t kind_name;    /* that field's number */
};

/* Which of the rules that settle are to be judged again when something changes. Each row is a set, a bit a rule, at its
 * place in settle_rules: what none of a rule's conditions reads leaves it as it was. */
struct rule_readers {
	size_t words;        /* of a row */
	uint64_t *of_state;  /* a row a state: it opened, ended, or is known to end */
	uint64_t *of_type;   /* a row a type: seen for the first time */
	uint64_t *of_rule;   /* a row a rule: its alert opened or ended, or its clock began: itself, and what starts
	                        from it */
	uint64_t *always;    /* one row: whenever anything is judged */
};

struct rule_index {
	const struct ruleset *rules;
	size_t type_count;
	struct interest *interests[DOMAINS]; /* by type */
	uint16_t
		*settle_rules[DOMAINS]; /* state, load, recurring and deadlines with `while`, alert-started: in order */
	size_t settle_count[DOMAINS];
	struct rule_readers readers[DOMAINS];
	bool *while_keyed;                   /* by rule: what its `while` says depends on the key */
	bool domain_used[DOMAINS];
	bool ages[DOMAINS];                  /* conditions, from or until-age depend on the birthday */
	bool any_age;
	bool idle[DOMAINS];              /* some rule may begin by the clock where nothing is open, stands or runs */
	bool bare[DOMAINS];              /* ... and nothing was seen: any event of a history begins it */
	uint16_t *from_rules;                /* rules with an instant named in `from` */
	size_t from_count;
	bool *state_tail;                    /* by state: some open("x", tail) looks back */
	struct state_tails {
		struct duration *items;
		size_t count;
	} *tails;                            /* by state: how far they look back, each once */
	size_t tails_count;                  /* one more than states; freed by this: the rules may be gone by then */
	bool *state_used[DOMAINS];           /* by state */
	struct interval_part *intervals;     /* by type */
	bool *party_end;                     /* by type: ends a key whose start names a party */
	bool *party_start;                   /* by type: names a party */
	bool child_keyed_by_party;           /* some key in a child's history is a party's id */
	uint64_t *identities;                /* by rule: mixed with the key, the identity of its alerts that are one a
	                                        key (outcome_identity) */
	instant *effective_from, *effective_until; /* by rule; INSTANT_NONE and INSTANT_NEVER where open */
	instant *changes;                    /* those of settle rules, sorted */
	size_t change_count;
};

/* intervals.c: which types begin and end intervals; then which conditions wait for the end of a date. */
void intervals_read(struct rule_index *index);
void intervals_read_dated(struct rule_index *index);

/* rule_readers.c: once everything else is read. */
void rule_readers_read(struct rule_index *index);
void rule_readers_free(struct rule_index *index);

/* What all alerts of the rule with these parts share, to be mixed with the key. */
uint64_t rule_index_identity(const struct rule *rule, struct text a, struct text b);
struct rule_index *rule_index_new(const struct ruleset *rules, const struct calendar *calendar);
void rule_index_free(struct rule_index *index);
/* Of the largest set of rules that settle. */
static inline size_t rule_index_words(const struct rule_index *index)
{
	size_t most = 0;
	for (size_t domain = 0; domain < DOMAINS; domain++)
		most = index->readers[domain].words > most ? index->readers[domain].words : most;
	return most;
}
static inline const struct interest *rule_index_interest(const struct rule_index *index, enum party_kind domain,
                                                         type_id type)
{
	return type < index->type_count ? &index->interests[domain][type] : NULL;
}
static inline bool rule_index_effective(const struct rule_index *index, const struct rule *rule, instant at)
{
	return at >= index->effective_from[rule->index] && at < index->effective_until[rule->index];
}

#endif
