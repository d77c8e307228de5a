/* alert: an alert as it stands, and what changed about it: an effect.
 *
 * The one rule: an alert is a function of events, rules, calendar and time; its ladder (who was told when, which step is
 * next) is a function of when people were told, and is kept beside it. */
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
	uint16_t step;           /* 1 is the rule's first; 0: nobody was told yet */
	instant next;            /* when the next step falls due, or an acknowledgement is looked at again; NEVER: none */
	bool acknowledged;
	uint64_t answer;         /* the host's handle of the acknowledgement in force; 0: none */
	bool spent;              /* no step is left: the last is asked again */
	bool early_warning;      /* not an alert: a warning that was sent; kept so that it is sent once. Never shown as one. */
};

enum effect_kind { EFFECT_WARNED, EFFECT_OPENED, EFFECT_UPDATED, EFFECT_ESCALATED, EFFECT_ASKED_AGAIN,
	           EFFECT_ACKNOWLEDGED, EFFECT_RESOLVED, EFFECT_WITHDRAWN };
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
	instant not_before;      /* recipients' hours: do not send earlier; equals `at` when it goes out now */
	instant answer_by;       /* when the next step falls due; INSTANT_NEVER: none */
	const char *const *next_tell; /* roles of the next step; count 0: the last step */
	size_t next_count;
	bool old_news;           /* marked late: told in the recipient's hours */
	bool spent;              /* the ladder is spent with this one; ops are told */
	const char *reason;      /* resolved, withdrawn */
	const char *because;     /* a sentence a manager understands */
};

#endif
