/* alert: an alert as it stands, and what changed about it: an effect.
 *
 * The one rule: an alert is a function of events, rules, calendar and time; its ladder (who was told when, which step
 * is next) is a function of when people were told, and is kept beside it. */
#ifndef CASEWATCH_RULES_ALERT_H
#define CASEWATCH_RULES_ALERT_H

#include "rules/rule.h"

enum alert_state { ALERT_STANDING, ALERT_RESOLVED, ALERT_WITHDRAWN };
const char *alert_state_name(enum alert_state state);

/* One event that made the alert. */
struct evidence {
	uint64_t ref; /* the host's handle of the event */
	instant time;
};

/* Why something is said. Whoever writes to a person derives the sentence from this, never from the kind alone: "you
 * asked us to ask again" is true of CAUSE_REVIEW_ASKED only. The numbers are stored: new ones go to the end. */
enum effect_cause {
	CAUSE_OPENED,       /* what the rule looks for came to be */
	CAUSE_OPENED_AGAIN, /* what had ended or withdrawn it proved wrong; the same number */
	CAUSE_GO_LIVE,    /* it stood when casewatch went live, when its rule left `mode: shadow` or came into force */
	CAUSE_UPDATED,    /* what it rests on changed while it stands */
	CAUSE_UNANSWERED, /* nobody answered in the step's time */
	CAUSE_NOBODY,     /* nobody holds the step's roles, or no way to them: this step comes at once */
	CAUSE_ALL_PASSED_ON,    /* everyone told at the step passed it on */
	CAUSE_PASSED_TO,        /* somebody passed it on to this role */
	CAUSE_REVIEW_ASKED,     /* the time at which the one who answered asked to be asked again */
	CAUSE_REVIEW_DEFAULT,   /* the time that the severity sets where the answer named none */
	CAUSE_ANSWER_WITHDRAWN, /* the answer was withdrawn: the step that had been reached is asked again */
	CAUSE_ANSWERED,         /* somebody answered: one line to the others who were told */
	CAUSE_REVIEW_CUT,       /* to whoever answered: the review time lay too far ahead and was cut */
	CAUSE_ENDED,            /* its cause is over (`reason` says by what), or a person resolved it */
	CAUSE_NO_CAUSE,         /* the records as they now stand give no cause for it */
	CAUSE_RULE_GONE,        /* no rule of its id is in force any more */
	CAUSE_RULE_SHADOW,      /* its rule was put into `mode: shadow` */
	CAUSE_OPENED_WRONGLY,   /* it should not have opened again: it ended rightly before */
	CAUSE_EARLY,            /* an early warning: the clock still runs */
	CAUSE_MUTE_ENDED,       /* it opened while its rule was muted; the mute is over, and it still stands */
	CAUSE_MISSED,           /* it should have been told before: found when ladders were reckoned anew */
};
#define EFFECT_CAUSES (CAUSE_MISSED + 1)
const char *effect_cause_name(enum effect_cause cause); /* "unanswered", "review-default" and so on */
/* By its name; false: no such cause. */
bool effect_cause_of(struct text name, enum effect_cause *cause);

/* A review time may lie at most so many times the severity's own ahead: a slip of the keyboard must not silence
 * (rules.md). */
#define ALERT_REVIEW_MOST 10
uint64_t alert_key_of(struct text value); /* alert.key of a key's value; 0: without */
#define ALERT_ID_SIZE 17 /* 16 hexadecimal digits and NUL: made of rule, subject and key; the same on every machine */

struct alert {
	char id[ALERT_ID_SIZE];
	uint16_t rule;           /* index in the set in force */
	uint64_t key;            /* fingerprint of the key or interval; 0 without */
	struct text key_text;    /* the key's value for people; may be empty */
	enum alert_state state;
	instant opened, closed;  /* in event time; closed INSTANT_NEVER while it stands */
	struct evidence *evidence; /* in order of time; owned */
	size_t evidence_count;
	uint32_t nights;         /* overlap: windows touched */
	instant due;             /* deadline, recurring: when it expired; else INSTANT_NONE */
	const char *reason;      /* why resolved; static or interned text; NULL while it stands */
	/* the ladder */
	instant told;            /* when it was opened for people; INSTANT_NONE: never (history only) */
	uint16_t step;           /* 1 is the rule's first; 0: nobody was told yet, as it opened while muted */
	instant next; /* when the next step falls due, or an acknowledgement is looked at again; NEVER: none */
	bool acknowledged;
	uint64_t answer;         /* the host's handle of the acknowledgement in force; 0: none */
	bool spent;              /* no step is left: the last is asked again */
	enum effect_cause why; /* why it is told when `next` comes: unanswered, a review time, nobody in the role … */
	instant asked;           /* when the step that was reached was last told; INSTANT_NONE: never */
	instant stood_until;     /* it opened again: when it had ended before; INSTANT_NONE: it never had */
	uint64_t heard;          /* the host's handle of the newest answer of which word was passed on; 0: none */
	/* The latest early warning that was sent before it: when, of which due time, of which start (a clock without a
	 * key), and which of the rule's warnings it was. at: INSTANT_NONE: none. */
	struct alert_warned {
		instant at, due, start;
		uint32_t stage;
	} warned;
	bool shadow;             /* of a rule in `mode: shadow`: nobody was told */
	bool early_warning; /* not an alert: a warning that was sent; kept so that it is sent once. Never shown as
	                        one. */
};

enum effect_kind { EFFECT_WARNED, EFFECT_OPENED, EFFECT_UPDATED, EFFECT_ESCALATED, EFFECT_ASKED_AGAIN,
	           EFFECT_ACKNOWLEDGED, EFFECT_REVIEW_CUT, EFFECT_PASSED_ON, EFFECT_RESOLVED, EFFECT_WITHDRAWN };
const char *effect_name(enum effect_kind kind); /* "alert.opened" and so on */

/* Something that happened to an alert. Everything it points to lives until the callback returns. */
struct effect {
	enum effect_kind kind;
	instant at;              /* now, as the engine was told */
	instant caused;          /* in event time: when it would have happened had all been known */
	const struct rule *rule;
	enum party_kind domain;
	struct text subject;     /* canonical id */
	const struct alert *alert; /* as it stands after the effect. For EFFECT_WARNED one that does not stand. */
	const char *const *tell; /* roles, sorted, each once; with edt where it joins */
	size_t tell_count;
	uint16_t step;
	bool muted;              /* nobody is told now: a mute holds it back, and it is looked at when that ends */
	instant not_before;      /* recipients' hours: do not send earlier; equals `at` when it goes out now */
	instant answer_by;       /* when the next step falls due; INSTANT_NEVER: none */
	const char *const *next_tell; /* roles of the next step; count 0: the last step */
	size_t next_count;
	bool old_news;           /* marked late: told in the recipient's hours */
	bool spent;              /* the ladder is spent with this one; ops are told */
	const char *reason;      /* resolved, withdrawn */
	const char *because;     /* a sentence a manager understands */
	enum effect_cause cause; /* why this is said now */
	/* Of a count: how many events the window held when the alert opened; what `evidence` has beyond came since
	 * then. Of any other kind all of its evidence. */
	size_t window_count;
	/* The answer that this is about: of ACKNOWLEDGED, PASSED_ON, of RESOLVED where an answer ended it, and of what
	 * is said because of one (review, withdrawn). As the answer says it; empty where there is none. */
	uint64_t answer;         /* the host's handle of the event; 0: none */
	struct text by, person;  /* role, person id */
	instant answered_at;     /* INSTANT_NONE: no answer */
	struct text passed_to;   /* the role that it was passed on to; may be empty */
	bool shadow;             /* of a rule in `mode: shadow`: on record, and nobody is told */
};

#endif
