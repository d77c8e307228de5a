/* courier_internal: what the files of the courier share.
 *
 * The one rule: nobody outside courier/ includes it. A pass is one transaction: rows are claimed, addressed and put
 * into letters; only after its commit are letters handed to the lanes and callbacks called.
 *
 * Who calls whom, from below: recent, lanes, place; tell; outcome; mailbox, trouble, way; address; hours; storm; caps;
 * letters; claimed; asking; gate; pass, results, heard; courier; permitted. */
#ifndef CASEWATCH_COURIER_COURIER_INTERNAL_H
#define CASEWATCH_COURIER_COURIER_INTERNAL_H

#include "base/log.h"
#include "courier/courier.h"
#include "courier/lanes.h"
#include "courier/recent.h"
#include "message/history.h"
#include "text/place.h"

/* ---- limits ----
 *
 * A turn of the courier is bounded in rows, bytes and what it reads, so that the loop never stands for it; what is left
 * waits for the next turn, critical rows first. Each limit that cuts something people see is said in the log when it is
 * reached. */
#define PASS_ROWS 32              /* claimed in one turn, besides those that go in the same message */
#define PASS_OTHERS 200           /* found for a message and not in it: after an outage hundreds need not go any more */
#define PASS_READS 20000 /* events and rows read for messages in one turn; one message may exceed it by itself */
#define PASS_BYTES (4u << 20)     /* of messages made in one turn */
#define HISTORIES_KEPT (1u << 20)  /* bytes of histories, from one pass to the next */
#define PASS_ROOM (256u << 10)    /* bytes that most passes do with */
#define RESULT_ROWS 128           /* whose outcome is written in one turn */
#define RESULTS_GATHER (SECOND / 100) /* results wait so long for others that are under way */
#define LETTER_ALERTS 60          /* in one message: below the 90 KB at which mail programs clip */
#define DIGEST_ALERTS 500         /* in an opening digest: one a recipient; more go in a second one */
#define UNDER_WAY_MOST 64         /* messages handed to each lane: enough to keep every line busy */
#define UNDER_WAY_BYTES (16u << 20) /* of a lane */
#define GIVE_UP_AFTER (72 * HOUR) /* since it could go: a row without a deadline, any while the server is in trouble */
#define AGAIN_WITHIN (45 * SECOND) /* a critical message is tried again within a minute, whatever happened */
#define WAITED_MOST HOUR           /* for the next attempt: more was reckoned by a clock that was wrong */
#define TRIED_FOR (10 * MINUTE)   /* at least, from the first attempt that a mailbox could answer */
#define OTHER_WAY_AFTER MINUTE    /* a channel in trouble for so long is left for the person's other one */
#define LANE_FULL_FOR SECOND      /* a row whose lane or channel has no room is looked at again then */
#define LIST_AFTER (7 * 24 * HOUR) /* a list, at least: until the next of its own is due where that is later */
#define LIST_TRIES 5              /* a minute apart, before ops hear that it is late: one of last night is first read */
#define GATE_LOOKS MINUTE /* while another machine sends, a row that waits for word of it is looked at so often */
#define GATE_AGAIN SECOND /* after it was refused */
#define GATE_SPARES HOUR  /* from when it was owed: what need not go any more may have gone, and word of it may come */

/* The other side of a channel as such: whether it takes messages at all. Times are of clock_elapsed. */
struct trouble {
	instant since_wall;          /* when it began, by the wall clock */
	char words[256];             /* what it said last */
	instant since, again, pause; /* since INSTANT_NONE: it is well; the next try; and how long after that */
	bool closed;                 /* one message at a time tries whether it is back */
	bool down;                   /* for five minutes: said */
	bool proved;                 /* it took a message since the start: what an earlier run said of it is over */
	bool refuses;                /* it answers, and takes none: what is refused does not wait for it */
	uint64_t untaken[3];         /* mailboxes of which none was taken, one after another */
	size_t untaken_count;
};

/* A channel at work. */
struct way {
	const struct courier_channel *by;
	struct lanes *lanes;
	struct loop_watch *watch;
	struct trouble trouble;
	size_t under_way[LANES], bytes[LANES];
	uint64_t taken, troubles;    /* since start: messages it took; attempts that found it in trouble */
	instant minute_began;        /* of the count below */
	int minute_count;            /* messages handed over since then */
};

/* An alert whose ladder is to climb, kept until the transaction is through. */
struct nobody {
	char alert[64];
	int step;
	bool others; /* were told: nothing climbs for that alone */
	instant from; /* it could not be written: tried again then (clock_elapsed) */
	struct outbox_same row; /* that could not be told; all zero: none in particular */
};

/* Counted in a transaction, as it was when that began. */
struct courier_counted {
	size_t nobodies;
	uint64_t failed, dropped;
};

struct courier {
	struct courier_settings settings;
	struct alert_context_sources gather;
	struct way ways[COURIER_CHANNELS_MOST];
	size_t way_count;            /* 0: shadow */
	struct loop_timer *timer;
	struct recent mailboxes;     /* by address: those that refuse or do not answer */
	struct recent phones;        /* by address: critical texts of the last minute; see storm.c */
	struct recent climbed;       /* by alert and step: nobody was told of it a moment ago */
	struct nobody *nobodies;
	size_t nobody_count, nobody_room;
	instant climbs_from;         /* what could not be written is tried again then (clock_elapsed) */
	bool unheard;                /* steps of which nobody was told are looked for, in alerts of a higher number */
	int64_t unheard_after;       /* than this */
	bool given_up;               /* in a cell: rows that were given up, and of which no other machine knows */
	int64_t given_up_after;
	struct delivery *asked, **asked_end; /* wait for the gate, in the order in which they are to go */
	bool released;               /* the gate opened: what waited for it is to go */
	struct delivery *results, **results_end; /* came back, not yet written */
	size_t result_count;         /* of those */
	instant came_back;           /* the first that is not written (clock_elapsed); INSTANT_NONE: there is none */
	instant next;                /* the next turn (clock_elapsed) */
	bool gathers;                /* with threads: results wait a moment for others */
	const char *server;          /* that the result being written is of, for the audit; NULL: none is */
	instant ahead;               /* of the wall clock before clock_elapsed, as last seen */
	uint64_t random;
	struct history_cache *histories; /* that messages were made of a moment ago */
	struct arena *arena;         /* of the pass that is made: kept, so that its memory is not asked for each time */
	bool stopping, store_trouble, hasten;
	instant store_pause;         /* how long it waited last for a store that takes nothing; 0: it does take */
	struct {
		uint64_t written; /* store_written when it was asked, and 1; 0: not asked yet */
		instant at;       /* when the lane's next row may go; INSTANT_NEVER: none waits */
	} waits[2];                  /* ordinary, critical: most turns find what the one before found */
	struct courier_figures figures;
	struct courier_counted counted;
};

/* A row that was claimed, and what it is about. */
struct item {
	struct outbox_row row;
	struct alert_context *about;  /* NULL: lists and ops */
	struct payload *payload;
	size_t way;                   /* once it is addressed, here and below */
	uint64_t place;               /* place_key of its address */
	bool gathered;                /* it has waited for others that go in the same message */
	bool unwritten;               /* its address is not in the outbox yet */
	bool alone;                   /* the templates have no words for several of its kind */
	struct text name;             /* of its message, as it stands in the outbox with the address; empty: not yet */
};
/* One message in the making. */
struct letter {
	const struct person *person;
	const char *role;
	size_t way;
	enum lane lane;
	struct item **items;          /* room for DIGEST_ALERTS */
	size_t count;
	bool asks;                    /* its rows were given to a service: it is asked about them */
	bool storm;                   /* many alerts in one text */
	bool rings;                   /* it counts among the critical texts of the phone's minute */
	bool tried;                   /* an earlier attempt had these rows: it takes in no others */
	struct text name;             /* the Message-ID or reference it has for ever */
	const struct item *named;     /* of which alone that was made; NULL: of several, or it had one */
	instant no_more_before;       /* it is the last text that the phone takes within its hour; 0: it is not */
	struct delivery *delivery;    /* when it is rendered */
};
struct pass {
	struct courier *courier;
	struct arena *arena;
	instant now, elapsed;
	struct letter *letters[PASS_ROWS];
	size_t letter_count;
	size_t planned[COURIER_CHANNELS_MOST][LANES]; /* letters begun */
	size_t touched;          /* rows that were claimed */
	size_t reads, bytes;     /* what the pass has cost so far */
	const struct alert_context *read; /* the last that was gathered whole; NULL: none yet */
};

/* ---- tell.c ---- */

/* Says to ops that this happened to `key` (an alert's number, a person, a rule). What belongs into the log the caller
 * writes. Inside the caller's transaction. */
MUST_CHECK enum result courier_tell_ops(struct courier *courier, enum ops_what what, struct text key, instant now,
                                        const char *words, struct fault *fault);
/* That a row was given up: its role has nobody, or nobody took it. */
MUST_CHECK enum result tell_nobody(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                   struct fault *fault);
/* That an event names people whom the directory does not know. */
MUST_CHECK enum result tell_unknown(struct courier *courier, const struct outbox_row *row, instant now,
                                    const char *why, struct fault *fault);
MUST_CHECK enum result tell_undeliverable(struct courier *courier, const struct outbox_row *row, instant now,
                                          const char *why, struct fault *fault);
/* That nobody will know whether the row arrived: no channel is left by which to ask the service that took it. */
MUST_CHECK enum result tell_in_doubt(struct courier *courier, const struct outbox_row *row, instant now,
                                     struct fault *fault);
/* That the list is late and cannot be made, if so: whoever lives from it reads nothing, and takes it for a quiet night.
 * Once a list, however often it is tried and whoever it is for. */
MUST_CHECK enum result tell_late_list(struct courier *courier, const struct outbox_row *row,
                                      const struct payload *payload, instant now, const char *why,
                                      struct fault *fault);
/* That the row's person is not reached by its channel, and is told by the channel `instead`. */
MUST_CHECK enum result tell_other_way(struct courier *courier, const struct outbox_row *row, struct text instead,
                                      instant now, const char *why, struct fault *fault);

/* ---- outcome.c: how a row ends, or goes on ---- */

/* A transaction. What it counted beside the database is as before where it is undone: it is tried again. */
MUST_CHECK enum result courier_begin(struct courier *courier, struct fault *fault);
/* Commits what went well. */
MUST_CHECK enum result courier_finish(struct courier *courier, enum result result, struct fault *fault);

/* The row is given up: failed, ops told, and the alert climbs unless somebody else was told at that step. `what`:
 * OPS_NOBODY or OPS_UNDELIVERABLE. Inside the caller's transaction. */
MUST_CHECK enum result courier_give_up(struct courier *courier, const struct outbox_row *row, enum ops_what what,
                                       instant now, const char *why, struct fault *fault);
/* The row needs not go: its alert ended, or was answered. */
MUST_CHECK enum result courier_drop(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                    struct fault *fault);
/* Permanent, or time run out: the person's other way, if there is one, and ops are told; else given up. */
MUST_CHECK enum result courier_no_more(struct courier *courier, const struct outbox_row *row, instant now,
                                       const char *why, struct fault *fault);
/* The same where ops hear of the cause by itself: a channel in trouble, a phone that had its texts. */
MUST_CHECK enum result courier_other_way(struct courier *courier, const struct outbox_row *row, instant now,
                                         const char *why, struct fault *fault);
/* What was found at an attempt, in the audit; and a line in the log, of ids alone. */
MUST_CHECK enum result courier_record(struct courier *courier, const struct outbox_row *row, const char *what,
                                      instant now, const char *reply, struct fault *fault);
/* Of attempts that come to the same the first, second, fourth, eighth and so on is a row of the audit, with its number:
 * a mailbox that is full for a week, or a server that is away, does not fill what is kept for years. What the reply
 * begins with says whether it is the same: behind it servers write times and numbers of their own. */
bool courier_is_on_record(const struct outbox_row *row, const char *reply);
/* The row went: accepted, given or delivered; the state, the log and the audit (`what`). `again` as outbox_result. */
MUST_CHECK enum result courier_went(struct courier *courier, const struct outbox_row *row, enum outbox_state state,
                                    instant again, const char *what, const char *words, const char *reply, instant now,
                                    struct fault *fault);
/* Once the transaction is through, the alert climbs: nobody was told of this step; `others`: but others were. */
void courier_nobody_told(struct courier *courier, struct text alert, int step, bool others,
                         const struct outbox_same *row);
/* The same, but not twice in a minute; that the row failed is said all the same. */
void courier_not_heard(struct courier *courier, struct text alert, int step, bool others,
                       const struct outbox_same *row);
void courier_climbs(struct courier *courier, struct text alert, int step); /* it does so now */
void courier_log_row(struct courier *courier, enum log_level level, const struct outbox_row *row, const char *what);
/* Until when it makes sense to try. While the server as such is in trouble the step's own time does not count: the
 * ladder climbs by itself, and who should have been told is told late rather than never. */
instant courier_bound(const struct courier *courier, const struct outbox_row *row, bool server);
/* Until when a list goes: the next of its own is there then, and what came since stands in that one. */
instant courier_list_until(const struct courier *courier, const struct outbox_row *row);
/* The step's own time may be over before a mailbox could first answer (the recipient's hours, a server that was away,
 * the other way last of all): one that says "later" is asked again all the same, for TRIED_FOR, or for
 * the whole time of a step that is shorter. */
MUST_CHECK enum result courier_give_time(struct courier *courier, struct outbox_row *row, instant now,
                                         struct fault *fault);
/* How long to wait after so many attempts, give or take a quarter. */
instant courier_back_off(struct courier *courier, int attempts, bool critical, bool uncertain);
uint64_t courier_random(struct courier *courier);

/* ---- way.c ---- */

struct way_found {
	struct text channel, address; /* "email", and where */
	size_t way;                   /* which of the courier's */
};
#define WAYS_OF_PERSON CHANNEL_KINDS
/* All ways by which the person is told of the row at once: the channels of the rule's step, as far as they reach the
 * person; where none does, or none is named, the first of the person's own. 0: there is none. `found`: room for
 * WAYS_OF_PERSON. */
size_t courier_ways(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                    struct way_found *found);
/* The way by that channel, if it still reaches the person. */
bool courier_way_by(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                    struct text channel, struct way_found *found);
/* Where the row's channel failed: the person's next one that is not told at once anyway; false: there is none. */
bool courier_next_way(const struct courier *courier, const struct person *person, const struct outbox_row *row,
                      struct way_found *found);

/* ---- mailbox.c: a mailbox is not the server ---- */

enum mailbox_state {
	MAILBOX_WELL,
	MAILBOX_BUSY,    /* others are under way to it: until *again */
	MAILBOX_WAITS,   /* it is in trouble: until *again */
	MAILBOX_REFUSES, /* it did so a moment ago */
};
/* `planned`: messages to it that are about to be handed over. */
enum mailbox_state mailbox_state(struct courier *courier, struct text address, bool critical, int planned,
                                 instant elapsed, instant *again);
/* Whether the last attempts got no answer: such a mailbox uses lines of its own. */
bool mailbox_is_silent(struct courier *courier, struct text address, instant elapsed);
/* A message is handed over. Few go to one mailbox at once, and one alone if it is in trouble. */
void mailbox_asked(struct courier *courier, struct text address, instant elapsed);
void mailbox_learn(struct courier *courier, const struct delivery *delivery, instant elapsed);

/* ---- trouble.c: the server's own ---- */

void trouble_learn(struct courier *courier, struct way *way, const struct delivery *delivery, instant elapsed);
/* When the trouble becomes ops.mail-down (clock_elapsed); INSTANT_NEVER: it is well, or said already. */
instant trouble_down_at(const struct courier *courier);
/* How long the other side asked to be left alone; where something critical waits never longer than AGAIN_WITHIN. */
instant trouble_asked(const struct channel_reply *reply, bool critical);
void trouble_check(struct courier *courier, instant elapsed);
/* (Both may tell ops, in a transaction of their own.) */
/* Until when the lane may be handed nothing, because the minute's limit of its channel is reached (clock_elapsed);
 * INSTANT_NEVER: it is not. */
instant trouble_full_until(const struct way *way, enum lane lane, instant elapsed);
/* How many messages the lane may be handed now. */
size_t trouble_room(const struct way *way, enum lane lane, instant elapsed);

/* ---- address.c ---- */

enum addressed { ADDRESSED, ADDRESSED_NOT /* the row came to its end, or waits */ };
/* Who the row is for, as the directory stands now, whatever it said before; its row and further ones get their person.
 * ADDRESSED: *person is set, and row->channel and address; they stand in the outbox once it has a letter, or is held:
 * written with the name of its message, which saves writing the row twice. */
MUST_CHECK enum result courier_address(struct pass *pass, struct item *item, const struct person **person,
                                       enum addressed *addressed, struct fault *fault);
/* In a cell each who was to be told of an alert has a row of its end, or that it was answered: *dropped: they were not
 * told before, and hear of it with the alert itself, or not at all. */
MUST_CHECK enum result courier_owed(struct pass *pass, const struct item *item, bool *dropped, struct fault *fault);
MUST_CHECK enum result courier_write_address(struct pass *pass, struct item *item, struct text name,
                                             struct fault *fault);

/* ---- hours.c ---- */

/* Whether alerts of this kind go together with others for the same person. */
bool hours_groups(const struct item *item);
/* The purposes that go in one message with this row's, itself among them; they end with an empty one. */
const struct text *hours_purposes(const struct item *item);
/* Until when the row waits for its recipient's hours or for others; not later than now: it goes. */
MUST_CHECK enum result hours_wait(struct pass *pass, const struct item *item, const struct person *person,
                                  instant *until, struct fault *fault);

/* Whether it asks for an answer: an alert, its next step, a reminder, or one that was passed on. */
bool hours_asks(const struct item *item);

/* ---- storm.c: many alerts to one phone ---- */

/* A critical alert to a phone that had enough of them within the minute: true: it went into *letter, or waits for
 * *until where that is NULL. */
bool storm_takes(struct pass *pass, struct item *item, struct letter **letter, instant *until);
/* It is one of the first few, which wait for no other message to that phone. */
bool storm_is_early(const struct pass *pass, const struct item *item);
/* Whether the letter takes in all that waits for its phone. */
bool storm_gathers(const struct pass *pass, const struct letter *letter);
/* Before they are written: letters of more than a few alerts to one phone become one; the others are left empty. */
void storm_join(struct pass *pass);
/* It is handed over: it counts for what comes to its phone within the minute. */
void storm_note(struct pass *pass, const struct letter *letter);

/* ---- letters.c ---- */

/* Puts an item that may go into a letter of the pass, or into a new one of this lane if one may be begun. NULL:
 * neither. */
struct letter *letters_put(struct pass *pass, struct item *item, const struct person *person, enum lane lane,
                           bool may_begin);
/* Writes the row's address and the letter's name into the outbox, where they do not stand there yet. */
MUST_CHECK enum result letters_name(struct pass *pass, struct letter *letter, struct item *item,
                                    struct fault *fault);
/* How many alerts may go in it. */
size_t letters_most(const struct letter *letter);
/* Renders every letter; one that cannot be made ends its rows. */
MUST_CHECK enum result letters_write(struct pass *pass, struct fault *fault);

/* ---- caps.c: texts to one phone ---- */

/* Where it is the last text that the phone takes within its hour: *until, when it takes another; else 0. */
MUST_CHECK enum result caps_last(const struct pass *pass, const struct letter *letter, instant *until,
                                 struct fault *fault);
/* Whether the letter is a text that the phone can take within its hour, and counts it; *held: it is not, and its rows
 * have gone another way or come to their end. */
MUST_CHECK enum result caps_look(struct pass *pass, const struct letter *letter, struct text words, bool *held,
                                 struct fault *fault);
/* What certainly did not arrive counts no longer. */
MUST_CHECK enum result caps_learn(struct courier *courier, const struct delivery *delivery, struct fault *fault);

/* ---- gate.c: whether this machine may send ---- */

/* The row is for the gate. */
static inline bool gate_is_asked(const struct courier *courier, const struct outbox_row *row)
{
	return courier->settings.gate && row->kind != OUTBOX_OPS && !outbox_is_given(row);
}
/* And it is closed: it waits for word of it. */
static inline bool gate_holds(const struct courier *courier, const struct outbox_row *row)
{
	const struct courier_gate *gate = courier->settings.gate;
	return gate_is_asked(courier, row) && !gate->is_open(gate->context);
}
/* It need not go any more, but another machine may have sent it: then its people hear of what follows. */
bool gate_spares(const struct pass *pass, const struct item *item);
MUST_CHECK enum result gate_waits_for_word(struct pass *pass, const struct item *item, bool *waits,
                                           struct fault *fault);
/* What another machine is known to have made of the row, now that it has its address: *over: it was taken. */
MUST_CHECK enum result gate_look(struct pass *pass, struct item *item, bool *over, struct fault *fault);
/* To its lane, if it needs no permission, or has it; else when it has. */
void gate_give(struct courier *courier, struct delivery *delivery, instant elapsed);
/* The row may be sent, if it is begun by then; false: no message waits for that. */
bool gate_permit(struct courier *courier, const struct outbox_same *row, uint32_t permission, instant begin_by);
void gate_refuse(struct courier *courier, const struct outbox_same *row);
/* Messages that have all their permissions go to their lanes; those that were refused come back unsent. */
void gate_turn(struct courier *courier, instant elapsed);
/* All that wait come back unsent. */
void gate_stop(struct courier *courier);
/* The message was not begun: its rows wait again as if they had not been claimed. */
bool gate_was_unsent(const struct delivery *delivery);
/* What came of the message is written: its permissions are over. */
void gate_over(struct courier *courier, const struct delivery *delivery);
/* What waited while the gate was closed goes. In a transaction of its own. */
MUST_CHECK enum result gate_release(struct courier *courier, struct fault *fault);

/* ---- pass.c ---- */

/* One transaction: rows leave for `sending` before anything is sent. */
MUST_CHECK enum result pass_make(struct courier *courier, struct fault *fault);
/* From when on (clock_elapsed) a row of the lane may be claimed; INSTANT_NEVER: not before something has come back. */
instant pass_next(const struct courier *courier, enum lane lane, instant elapsed);

/* ---- claimed.c ---- */

/* How many messages more the lane of that way may be handed in this pass. */
size_t claimed_room(const struct pass *pass, size_t which, enum lane lane);
/* What the row is about, into the item. */
MUST_CHECK enum result claimed_read(struct pass *pass, struct item *item, struct fault *fault);

/* ---- asking.c: what became of a message that a service has ---- */

/* Puts a claimed row that was given into a letter that asks; it waits, or ends, where there is nobody to ask. */
MUST_CHECK enum result asking_take(struct pass *pass, struct item *item, struct letter **letter, struct fault *fault);
/* Writes what the service said of the row. */
MUST_CHECK enum result asking_write(struct courier *courier, const struct outbox_row *row,
                                    const struct channel_reply *reply, instant now, struct fault *fault);
/* When a message that was given at `sent` is asked about next. */
instant asking_next(instant sent, instant now);

/* ---- results.c ---- */

/* Whether so many that came back are to be written now. A commit costs as much as ten messages: where many are under
 * way, what comes back within a few milliseconds is written by one. What ends before it is written is sent again,
 * marked. */
bool results_are_due(const struct courier *courier, size_t count, instant elapsed);
/* Writes what came of a bounded number of results; those written are freed. In one transaction of its own. */
MUST_CHECK enum result results_write(struct courier *courier, struct fault *fault);

/* ---- unheard.c ---- */

/* From the first alert on, at a start and where the directory or the rules may make another of it. */
void unheard_seek(struct courier *courier);
/* In a cell, what was given up: whenever this machine is the one that sends. */
void unheard_seek_given_up(struct courier *courier);
bool unheard_is_sought(const struct courier *courier);
/* A portion of it. Outside a transaction. */
MUST_CHECK enum result unheard_find(struct courier *courier, struct fault *fault);

#endif
