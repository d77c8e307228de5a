/* missing_facts: children and their missing episodes, as events tell them; what the list `daily-missing` is made from.
 *
 * Owns a copy of the little it needs of each event. The one rule: it is a function of the set of events, whatever order
 * they were handed in; which of them stand, and under which id a merged child is known, the caller has settled. */
#ifndef CASEWATCH_REPORT_MISSING_FACTS_H
#define CASEWATCH_REPORT_MISSING_FACTS_H

#include "event/event.h"
#include "people/directory.h"
#include "time/words.h"

struct missing_facts;
struct missing_facts *missing_facts_new(const struct zone *zone); /* borrowed */
void missing_facts_free(struct missing_facts *facts);             /* NULL is fine */

/* The event types it reads. Those of `missing_types` make a child known; those of `missing_context_types` (facts about the
 * child, allocations, interviews) are taken only for children known already, so hand them in second. The arrays live for
 * ever; valid after schema_start. */
const type_id *missing_types(size_t *count);
const type_id *missing_context_types(size_t *count);

/* One standing event of the child `id` (canonical). `arrived`: when it came here. */
void missing_facts_event(struct missing_facts *facts, struct text id, const struct event *event, instant arrived);
/* The child's standing alert of rule missing.vpg-referral, if the child is known. */
void missing_facts_alert(struct missing_facts *facts, struct text id, int64_t number);
/* A record of a missing or found child that could not be read: whose (empty: that neither), when it came, and what it
 * lacked: "without the time it happened". Makes the child known. */
void missing_facts_unread(struct missing_facts *facts, struct text id, instant came, const char *lack);

/* What was said about the episode's risk, or why nothing is shown. */
enum missing_risk { MISSING_RISK_NOT_RECORDED, MISSING_RISK_NOT_READABLE, MISSING_RISK_NONE, MISSING_RISK_LOW,
	            MISSING_RISK_MEDIUM, MISSING_RISK_HIGH };

struct missing_episode {
	struct text key;
	bool away;                      /* known where, but not allowed: a count of its own */
	struct words_moment start;      /* at INSTANT_NONE: no record of it */
	struct words_moment end;        /* at INSTANT_NONE: not returned */
	instant end_arrived;            /* when we heard of the return */
	bool cut;                       /* `end` is no return: died, transferred, or came of age */
	struct text from, placement;    /* "home", "placement"; its id; empty: not recorded */
	bool from_unreadable, placement_unreadable;
	enum missing_risk risk;
	struct words_moment interview;  /* return interview held or declined; at INSTANT_NONE: neither */
	bool declined;
};

struct missing_person {
	struct text id, initials;       /* initials empty: not recorded */
	int age;                        /* on the day asked about; -1: not known */
	bool restricted;
	const struct missing_episode *episodes; /* in order of their start; those without one first */
	size_t episode_count;
	struct words_moment discussed;  /* latest vpg.discussed; at INSTANT_NONE: never */
	instant left;                   /* latest death or transfer: clocks that ran then have ended; INSTANT_NONE: none */
	int64_t alert;                  /* number of the standing missing.vpg-referral; 0: none */
	const struct allocation *allocations; /* open ones, social workers first */
	size_t allocation_count;
};

struct missing_unread {
	const struct missing_person *person; /* NULL: the record does not say whose it is */
	instant came;
	const char *lack;
};

/* Everyone known as of `now`, by id, and what was not read, oldest first. Events dated after `now` are left out. The
 * arrays live until something is added, another `now` is asked about, or missing_facts_free. */
size_t missing_facts_people(struct missing_facts *facts, instant now, const struct missing_person **people);
size_t missing_facts_unread_records(struct missing_facts *facts, const struct missing_unread **unread);

#endif
