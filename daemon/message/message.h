/* message: what one mail says: what the tables and the engine know about it in; subject, text and HTML out.
 *
 * The one rule: rendering reads nothing but its input: no database, no clock. Least data: a subject line holds the
 * caveat, the kind of message and an alert number or a count; the first 256 characters of the text hold no child's data
 * (shared/look/look.md). A rendering that fails falls back to message_plain, never to silence. */
#ifndef CASEWATCH_MESSAGE_MESSAGE_H
#define CASEWATCH_MESSAGE_MESSAGE_H

#include "event/event.h"
#include "store/outbox/payload.h"
#include "people/directory.h"
#include "rules/rule.h"
#include "store/alerts/alerts.h"
#include "store/outbox/outbox.h"
#include "text/template.h"
#include "time/calendar.h"

/* UTF-8, lines ended by LF. `html` empty: the mail has a text part alone. */
struct message {
	struct buffer subject, text, html;
	struct text media; /* of the text, a literal; empty: it is words */
	struct buffer fell_back; /* why its template was not used, and the facts are plain; empty: it was */
};
void message_free(struct message *message); /* frees the buffers, not the struct */

enum message_purpose { MESSAGE_OPENED, MESSAGE_WARNED, MESSAGE_UPDATED, MESSAGE_ESCALATED, MESSAGE_ASKED_AGAIN,
	               MESSAGE_PASSED_ON, MESSAGE_ANSWERED, MESSAGE_REVIEW_CUT, MESSAGE_RESOLVED, MESSAGE_WITHDRAWN,
	               MESSAGE_LIST, MESSAGE_OPS };
#define MESSAGE_OF_ALERTS (MESSAGE_WITHDRAWN + 1) /* how many are about alerts; these come first */
/* "opened", "asked-again" ... as outbox_row.purpose spells it; unknown words are MESSAGE_OPENED, so that they go
 * out. */
enum message_purpose message_purpose_of(struct text name);
const char *message_purpose_name(enum message_purpose purpose);

/* A fact in the first screen: "Held at: Northgate police station". */
enum fact_kind {
	FACT_WORDS,
	FACT_TIME,
	FACT_SINCE /* the time, and how long ago */,
	FACT_DUE /* and how long to go, or over */,
	FACT_NOT_RECORDED,
	FACT_UNREADABLE
};
struct message_fact {
	const char *label;
	enum fact_kind kind;
	struct text words; /* FACT_WORDS; of FACT_NOT_RECORDED what stands instead of that ("Not yet"), or empty */
	instant time;            /* FACT_TIME, FACT_SINCE, FACT_DUE */
	bool day_precision;      /* the date, then "time not known" */
	bool changed;            /* MESSAGE_UPDATED: `before` is what those who read were told */
	struct text before;
};

/* An event as evidence: what happened, when, and when that was recorded. */
struct message_event {
	const struct event *event; /* all of it, for whoever needs a field */
	const char *title;         /* "Held in custody" */
	instant recorded;          /* recordedtime, else when it arrived */
	instant arrived;           /* when it came here */
	bool late;                 /* recorded so long after it happened that people are told (over 24 hours) */
};

/* Someone who has been told of the alert, and how. */
struct message_told {
	const char *role_title;
	const char *channel;       /* "email" */
	instant sent;              /* when the server took it; INSTANT_NONE: not taken */
	instant created;           /* when it was decided to tell them */
	int step;
	enum outbox_state state;
	bool given_up;             /* they could not be told, so nobody waits for them; known where each must answer */
	struct text reply;         /* what the server said */
	struct text person;        /* id in the directory */
	enum message_purpose purpose;
	instant answer_by;         /* as it said, of the last of its role that asked; INSTANT_NEVER: of another */
};

/* Who hears of it in another role of its step, as the message goes. */
struct message_beside {
	struct text role, person;  /* ids */
};

/* One alert.acknowledged or alert.passed_on of the alert. */
struct message_reaction {
	const char *role_title;    /* in which it was given */
	struct text person;        /* may be empty */
	struct text role, to;      /* ids; to: whom it was passed on to, empty: nobody by name */
	instant at;
	bool passed_on;
};

/* The newest alert.acknowledged of the alert. */
struct message_answer {
	instant at;                /* INSTANT_NONE: nobody answered */
	struct text action;
	const char *role_title;    /* in which it was given */
	struct text role, person;  /* ids; the person may be empty */
	instant review_at;         /* when we ask again */
	instant asked_for;         /* the review time that the answer names; INSTANT_NONE: it names none */
	size_t count;              /* how many answers there are */
	bool one_role;             /* all of them were given in the same role */
};

/* What became of the records so that the alert changed or went. */
enum change_kind { CHANGE_UNKNOWN, CHANGE_WITHDREW, CHANGE_CORRECTED, CHANGE_ADDED };
struct message_change {
	enum change_kind
		kind; /* of all of them, where they are of one kind; CHANGE_UNKNOWN: of several, or not found */
	size_t count;              /* records that changed */
	const char *title;         /* of the one record: "Threshold met"; NULL: several, or not found */
	bool of_cause;             /* the record was evidence of the alert: without it there is no cause */
};

/* A clock that the end of an alert began for the same child. */
struct message_clock {
	const char *what;          /* "the return interview": the rule's due-what */
	instant due;
};

/* Another alert that stands for the same subject. */
struct message_standing {
	int64_t number;
	const char *title;
	instant opened;
	bool acknowledged;
	instant answered_at;       /* INSTANT_NONE: nobody answered */
	const char *const *told;   /* titles of the roles that were told first, each once */
	size_t told_count;
	instant told_at;           /* INSTANT_NONE: nobody yet */
};

/* One alert, as a message about it needs it. */
struct message_alert {
	int64_t number;            /* "A-2041" */
	struct text id, rule_id;
	const struct rule *rule;   /* NULL: no longer among the rules; then `title` is the rule's id */
	const char *title;
	enum severity severity;
	enum alert_state state;
	instant opened, closed;
	instant due; /* when its clock runs out, or ran out; INSTANT_NONE: it has none, or it must be reckoned */
	enum party_kind domain;    /* PARTY_NONE: a child (or whatever the rule's events are about) */
	struct text subject, initials; /* the child: id, and initials where known (empty: not recorded) */
	int age;                   /* whole years today; -1: date of birth not known */
	bool restricted;           /* then only the fixed sentence: no facts, no evidence */
	const struct payload *payload; /* because, reason, answer_by, next roles ... never NULL */
	const struct message_fact *facts;
	size_t fact_count;
	const struct message_event *evidence; /* in order of time */
	size_t evidence_count;
	const struct message_event
		*history; /* every standing event of the subject, in order of time: for renderings that
	                     take their facts from it; `key_text` says which key the alert is about */
	size_t history_count;
	const struct message_event *as_told; /* MESSAGE_UPDATED: the history as it stood when people were last told, so
	                                       that what changed can be shown; NULL: not known */
	size_t as_told_count;
	struct text key_text;
	const struct message_told *told;      /* oldest first; includes those of this message's step */
	size_t told_count;
	const struct message_beside *beside;
	size_t beside_count;
	bool beside_known;         /* they were looked for; false: each role of the step is taken for told */
	const struct message_reaction *reactions; /* in order of time */
	size_t reaction_count;
	const struct message_standing *standing; /* oldest first, without this one */
	size_t standing_count, standing_more; /* so many more stand and are not among them: the message says so */
	struct message_answer answer;
	bool asked_still;          /* it stands, and no answer holds it: people are asked for one */
	struct message_change change;         /* MESSAGE_UPDATED, MESSAGE_WITHDRAWN */
	const struct message_event
		*ended_by; /* MESSAGE_RESOLVED: the record that ended it; NULL: a person, an answer, a date */
	const struct message_clock *clocks;   /* MESSAGE_RESOLVED: clocks that began with its end */
	size_t clock_count;
	int step;
	const char *answer_url;    /* for this person and alert; NULL: none is configured */
};

struct message_input {
	enum message_purpose purpose;
	const struct message_alert *alerts; /* one; several: alerts-together, most urgent first; none: lists and ops */
	size_t alert_count;
	const struct payload *payload;      /* of lists and ops; for alerts that of the first */
	const char *role, *role_title;      /* of whoever reads: "director", "Director of Children's Care" */
	const char *team_title;             /* where they are told as of a team; NULL */
	const struct person *person;
	instant now;
	const struct calendar *calendar;
	const struct directory *directory;  /* titles of roles; the duty phone */
	const char *council;
	const char *page_url;               /* of all that waits for this person, or of the list; NULL: none */
	struct text list_name;              /* of a list: "Missing list"; empty: not known */
	instant no_more_before;             /* of the last text of a phone's hour: when the next may go; 0: of others */
	const struct template_set *templates; /* conf/templates; NULL: message_render refuses */
};

/* Renders a message about alerts, or to ops (from payload->detail), as shared/look shows it; lists have none of these
 * templates. RESULT_PERMANENT: it
 * cannot; the caller uses message_plain and tells ops (ops.template). On failure *out may hold part of a message: clear
 * it. */
MUST_CHECK enum result message_render(const struct message_input *input, struct message *out, struct fault *fault);

/* A rule's own wording, if there is one: templates named as its `message` (custody-threshold.txt, .html) are used
 * instead of alert.txt and alert.html, with the same names in them. */

/* Renders an example of every kind of message, and of every rule's own wording, so that `casewatch check` finds the
 * template that would fail at night. `rules` may be NULL. */
MUST_CHECK enum result message_check_templates(const struct template_set *templates, const struct ruleset *rules,
                                               const struct calendar *calendar, const struct directory *directory,
                                               struct fault *fault);

/* An example of every kind of message, with something in every section of its template, as `casewatch check` tries
 * them: for people who edit templates. What the input points to lives until the call returns. `council` may be NULL. */
typedef void message_sample(void *context, const char *name, const struct message_input *input);
void message_samples(const struct template_set *templates, const struct calendar *calendar,
                     const struct directory *directory, const char *council, message_sample *each, void *context);

/* What the templates of its messages are filled with, for whoever fills one of their own (the pages); lives in
 * `arena`. One alert. */
struct data *message_data(const struct message_input *input, struct arena *arena);

/* The first alert as alerts-together shows one of several, without its link: its names go into `map`, which is in
 * `arena`. For whoever fills a template of their own (lists). */
void message_put_brief(const struct message_input *input, struct data *map, struct arena *arena);

/* The facts in plain text, made by nothing that a person can edit; cannot fail. Fills subject and text. */
void message_plain(const struct message_input *input, struct message *out);
/* Whether an early warning is out of date: what it waits for has come, so that it must not go. */
bool message_warning_is_over(const struct message_input *input, const struct message_alert *alert);
/* Whether messages of the purpose say that nothing more is asked: answered by somebody else, or over. */
bool message_needs_nothing(enum message_purpose purpose);
/* Whether the reader of a line that somebody answered is still asked: in a step where each answers for themselves they
 * have neither answered nor passed it on. */
bool message_asks_each(const struct message_alert *alert); /* its step is one in which everyone answers */
bool message_each_owed(const struct message_alert *alert); /* and not everyone who was told at it has yet */
bool message_owes_answer(const struct message_input *input, const struct message_alert *alert);
/* Whether there are words for several alerts that somebody answered where that is not enough; a council's own templates
 * may be of before there were. */
bool message_says_not_enough(const struct template_set *templates);
bool message_is_all_over(const struct message_input *input); /* it is about what somebody answered or what ended, and
                                                                 nobody is asked of any of it any more */
/* The subject line alone: the same for every message of an alert, so that clients thread them. */
void message_subject(const struct message_input *input, struct buffer *out);

#endif
