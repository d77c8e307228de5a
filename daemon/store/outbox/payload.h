/* payload: what a message needs beyond what stands in the tables: the small JSON object in an outbox row.
 *
 * The one rule: whoever adds an outbox row writes it with payload_write, and the courier reads it with payload_read; no
 * one else knows how it is spelled. Never a child's data: that is read from the events when the message is rendered. */
#ifndef CASEWATCH_STORE_OUTBOX_PAYLOAD_H
#define CASEWATCH_STORE_OUTBOX_PAYLOAD_H

#include "base/mem.h"
#include "rules/alert.h"

#define PAYLOAD_ROLES (RULE_ROLES_MAX + 1) /* all that a rule may name, and who works at night */
/* What is written can be read: a text longer than this is cut, with "…" at its end (a person's reason may fill an
 * event); a longer detail is left out, and the words are told. Escaped, a byte may take six. */
#define PAYLOAD_TEXT 16384
#define PAYLOAD_DETAIL 131072
#define PAYLOAD_BYTES (6 * (PAYLOAD_DETAIL + 12 * PAYLOAD_TEXT) + 65536)

struct payload {
	instant at;             /* when the engine decided it; INSTANT_NONE: unknown */
	instant caused;         /* in event time */
	instant answer_by;      /* INSTANT_NEVER: nobody is asked */
	struct text because, reason;
	struct text tell[PAYLOAD_ROLES]; /* all roles of the step */
	size_t tell_count;
	struct text next[PAYLOAD_ROLES]; /* roles of the next step; none: the last step */
	size_t next_count;
	bool old_news, spent;
	/* why it is said, and about which answer: as struct effect names them (rules/alert.h) */
	enum effect_cause cause;
	bool cause_known;       /* false: the row was written before causes were kept; `cause` is CAUSE_OPENED */
	uint32_t window_count;  /* a count: events in the window when it opened; 0: not of a count */
	uint32_t since_count;   /* a count: events that came since then, while it stood */
	struct text by, person, passed_to; /* of the answer: role, person id; the role it was passed on to */
	instant answered_at;    /* INSTANT_NONE: it is about no answer */
	instant review_at;      /* of an answer: when it is asked again if it still stands; INSTANT_NONE: not */
	civil_day
		rule_from; /* the version of the rule: its effective-from; DAY_NONE: from the beginning, or not kept */
	/* lists */
	struct text list, team; /* "daily-missing"; team: whose list, empty: all */
	instant due;            /* when the list was due */
	/* ops */
	struct text ops, words; /* "ops.nobody"; what happened and what to do next: no child's data */
	struct text detail;     /* the same in its parts, as JSON (ops/ops.h), for the template */
};
#define PAYLOAD_EMPTY \
	((struct payload){.at = INSTANT_NONE, .caused = INSTANT_NONE, .answer_by = INSTANT_NEVER, .due = INSTANT_NONE, \
	                  .answered_at = INSTANT_NONE, .review_at = INSTANT_NONE, .rule_from = DAY_NONE})

/* As the effect says it; borrows from the effect. */
void payload_of_effect(const struct effect *effect, struct payload *payload);
/* Appends the JSON; what is empty is left out. */
void payload_write(const struct payload *payload, struct buffer *out);
/* Reads it; text is copied into `arena`. Unknown names are skipped. Not a JSON object, or too long: RESULT_PERMANENT
 * and an empty payload. Empty text is an empty payload. */
MUST_CHECK enum result payload_read(struct text json, struct payload *payload, struct arena *arena,
                                    struct fault *fault);

#endif
