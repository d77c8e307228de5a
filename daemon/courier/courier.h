/* courier: does not rest until every outbox row has been taken by a server, or somebody else has been told instead.
 *
 * Owns the way of a row from `pending` to its end: who it is for, what it says, the wire, what came of it. The one
 * rule: no row ends in silence: it is accepted, or it is sent again, or it failed and then ops are told and the alert
 * climbs.
 *
 * Rows that are critical never wait for others that are not: they are claimed first, and go over lines of their own
 * (lanes.h). All on the loop's thread but the sending itself. Never inside a transaction of somebody else. */
#ifndef CASEWATCH_COURIER_COURIER_H
#define CASEWATCH_COURIER_COURIER_H

#include "channel/channel.h"
#include "courier/gate.h"
#include "loop/loop.h"
#include "message/alert_context.h"
#include "message/link.h"
#include "ops/ops.h"

/* Renders an alert message; message_render, or NULL for message_plain alone. */
typedef enum result courier_render(const struct message_input *input, struct message *out, struct fault *fault);
/* Renders the list an OUTBOX_LIST row is about, for its recipient. RESULT_TEMPORARY: try again later. */
typedef enum result courier_list(void *context, const struct outbox_row *row, const struct payload *payload,
                                 const struct person *person, instant now, struct message *out, struct fault *fault);
/* What a list is called where it cannot be shown: "Missing list"; empty: it is not known. */
typedef struct text courier_list_name(void *context, struct text list);
/* When the list is due the next time after `due`; INSTANT_NONE: there is no such list. */
typedef instant courier_list_next(void *context, struct text list, instant due);
/* Nobody could be told of this step of the alert: the ladder climbs at once, if the alert still is at that step; or,
 * with `others`, one of those who were to be told could not be, and nobody may be missing any more who has not
 * answered. `row`: that could not be told, all zero: none in particular. Called outside a transaction. false: that
 * could not be written now; it is called again a moment later. */
typedef bool courier_nobody(void *context, struct text alert, int step, bool others, const struct outbox_same *row);
/* The store failed for good (fsync): the daemon leaves and starts clean. */
typedef void courier_fatal(void *context, const struct fault *fault);

/* One way to send by, with as many lines as given. More than so many channels are refused at the start. */
#define COURIER_CHANNELS_MOST 8
struct courier_channel {
	const struct channel *channel;
	const void *settings; /* the channel's own */
	int lines;            /* connections at once; 0: one */
};

struct courier_settings {
	struct store *store;
	struct ops *ops;                   /* hears of what could not be told; NULL: nobody does (tests) */
	struct loop *loop;                 /* NULL: by hand, without threads: see courier_turn */
	bool by_hand;                      /* without threads, though in a loop: an attempt takes as long as it says */
	const struct clock *clock;
	const struct directory *directory; /* these four: see courier_use */
	const struct ruleset *rules;
	const struct calendar *calendar;
	const struct template_set *templates; /* what `render` renders with; see courier_use_templates */
	const instant *go_live; /* alerts told before it were told in shadow: they do not go out; may be NULL */
	const char *answer_url;            /* base of answer links; NULL: none */
	const struct link_keys *link_keys; /* sign them; NULL: there are none */
	const char *council;
	const struct courier_channel *channels; /* the first that reaches an address takes it */
	size_t channel_count;              /* 0: shadow: rows stay pending and nobody is sent anything */
	instant together;                  /* alerts that are not critical wait so long for each other; 0: a minute */
	instant retry_first, retry_most;   /* of the back-off; 0: 15 s and 15 minutes; critical a fifth of them */
	int texts_an_hour, same_texts_an_hour; /* to one phone; the second: of the same words; 0: 60 and 20 */
	uint64_t seed;                     /* of its jitter; 0: a random one */
	const struct courier_gate *gate;   /* borrowed; NULL: this machine is alone, and asks nobody */
	void *context;                     /* of all the functions below; each may be NULL */
	courier_render *render;
	courier_list *list;
	courier_list_name *list_name;
	courier_list_next *list_next;
	courier_nobody *nobody;
	courier_fatal *fatal;
	alert_context_linked *linked;
};

struct courier;
/* Recovers rows found in `sending` (they are uncertain), starts the threads, arms the timer. Copies the settings; what
 * they point to is borrowed. RESULT_PERMANENT where the mail settings cannot work. */
MUST_CHECK enum result courier_new(const struct courier_settings *settings, struct courier **courier,
                                   struct fault *fault);
/* By hand (a test, a simulation): does all that there is to do at this moment, the channels' part too, and returns when
 * the next thing happens, by clock_elapsed; INSTANT_NEVER: nothing, unless rows are added. */
instant courier_turn(struct courier *courier);
/* After a commit that may have added rows: cheap. */
void courier_wake(struct courier *courier);
/* Another configuration, between two callbacks; what is under way goes on. What was tried and not taken is tried at
 * once with the addresses as they stand now, and no mailbox has a past. Of a step that nobody was told of the ladder
 * climbs at once, if it is not the last one any more. */
void courier_use(struct courier *courier, const struct directory *directory, const struct ruleset *rules,
                 const struct calendar *calendar);
void courier_use_templates(struct courier *courier, const struct template_set *templates);
/* The council's name, and the keys that sign links; borrowed. Links that were signed before hold as long as one of the
 * keys is theirs. */
void courier_use_words(struct courier *courier, const char *council, const struct link_keys *keys);
void courier_use_caps(struct courier *courier, int texts_an_hour, int same_texts_an_hour);
/* The channels' lines are made anew by the same settings, each between two messages: passwords, keys and certificates
 * are read again from their files. A line whose files cannot be used stays as it was, and the log says so. */
void courier_reopen(struct courier *courier);
/* Something was erased: what it keeps of children from one message to the next is read anew. NULL is fine. */
void courier_forget(struct courier *courier);
/* Claims nothing more; what is under way gets `grace_ms`, is then broken off, and its rows are written as what they
 * are. What cannot be written stays in `sending` and is uncertain at the next start. May call `nobody`. */
void courier_stop(struct courier *courier, int64_t grace_ms);
void courier_free(struct courier *courier); /* NULL is fine; stops with no grace */

/* What is heard later of a message that a server or a service took: a mail that came back, a service that calls. */
enum courier_news {
	COURIER_DID_NOT_ARRIVE, /* and will not: as if it had been refused at once */
	COURIER_NOT_YET,        /* it is late, and on its way */
	COURIER_ARRIVED,
	COURIER_TO_BE_SENT_AGAIN, /* a service says that it did not arrive, and that the same may go well when it is
	                             sent again: the service is asked at once */
	COURIER_AUTO_REPLY,     /* a machine answered it: kept on record, and nothing else */
};
/* Writes it to all rows of the message, in a transaction of its own. `reference`: as the message has it, or how it
 * begins up to its "@". *rows: how many there are; 0: there is no such message. *busy: it is on its way at this moment,
 * so that nothing was written: tell it again in a while. The same told twice changes nothing. `words`: of the server;
 * may quote an address. */
MUST_CHECK enum result courier_hear(struct courier *courier, struct text reference, enum courier_news news,
                                    const char *words, size_t *rows, bool *busy, struct fault *fault);

struct courier_figures {
	bool shadow;
	size_t under_way;          /* messages handed to the threads, or to the gate */
	uint64_t accepted, temporary, permanent, uncertain; /* attempts since start, by what came of them */
	uint64_t failed;           /* rows given up since start */
	uint64_t dropped;          /* rows not sent because the alert had ended or was answered */
	struct histogram told[2];  /* from when it was owed until a server took it; [1]: critical */
	instant trouble_since;     /* the mail server refuses or does not answer since; INSTANT_NONE: it is well */
	bool mail_down;            /* and that for 5 minutes: ops.mail-down stands */
	char trouble[256];         /* what it said last */
};
void courier_figures(const struct courier *courier, struct courier_figures *figures);

/* Each channel by itself. */
struct courier_health {
	const char *name;            /* "smtp" */
	bool mail;                   /* it carries letters: the way by which ops are told */
	instant trouble_since;       /* it takes nothing since; INSTANT_NONE: it is well, as far as anybody knows */
	bool down;                   /* and that for five minutes: ops were told */
	uint64_t taken, troubles;    /* since start: messages it took; attempts that found it in trouble */
	size_t under_way;
	const char *trouble;         /* what it said last; may quote an address; "": nothing */
};
/* Of the channel of that number; false: there is none. Borrowed until the courier's next turn. */
bool courier_health(const struct courier *courier, size_t number, struct courier_health *health);

#endif
