/* outbox: messages to people: rather twice than never.
 *
 * The one rule: a row leaves `pending` or `retry` for `sending` in a transaction of its own before the wire is touched;
 * a row found in `sending` when the daemon starts is uncertain, and is sent again as a possible duplicate with the same
 * Message-ID. One recipient a row. */
#ifndef CASEWATCH_STORE_OUTBOX_OUTBOX_H
#define CASEWATCH_STORE_OUTBOX_OUTBOX_H

#include "store/store.h"

enum outbox_state { OUTBOX_PENDING, OUTBOX_SENDING, OUTBOX_ACCEPTED, OUTBOX_DELIVERED, OUTBOX_RETRY, OUTBOX_FAILED,
	            OUTBOX_UNCERTAIN,
	            OUTBOX_GIVEN /* a service has it and will say whether it arrived: it is asked */ };
const char *outbox_state_name(enum outbox_state state);
/* A server took it, or a service has it. */
static inline bool outbox_went(enum outbox_state state)
{
	return state == OUTBOX_ACCEPTED || state == OUTBOX_DELIVERED || state == OUTBOX_GIVEN;
}
/* How the reply of one begins that failed as it needed not go any more; then follows why. */
#define OUTBOX_NOT_SENT "not sent: "

/* What a message is; lower goes first when several wait. */
enum outbox_kind { OUTBOX_ALERT /* first alert, escalation, withdrawal */, OUTBOX_OPS, OUTBOX_REMINDER, OUTBOX_WARNING,
	           OUTBOX_LIST };

/* What names a row on every machine that holds the same rows: made of the alert, step, purpose, role, person, channel
 * and cause, so that a standby's row is the same row (docs/cells.md); `id` is its number in this database alone. */
#define OUTBOX_SAME_BYTES 16
struct outbox_same {
	unsigned char at[OUTBOX_SAME_BYTES]; /* all zero: it was added before rows were named so */
};

struct outbox_row {
	int64_t id;
	struct outbox_same same;
	enum outbox_kind kind;
	enum outbox_state state;
	bool critical;
	struct text purpose;    /* "opened", "updated", "escalated", "asked-again", "warned", "resolved", "withdrawn",
	                           "list", "ops" */
	struct text alert;      /* alert id; empty for lists and ops */
	struct text rule;
	struct text subject;    /* canonical id; empty for lists and ops */
	int step;
	struct text role;       /* the role it is told as */
	struct text person;     /* person id in the directory; empty: to be resolved when claimed */
	struct text channel;    /* "email"; empty: the person's first */
	struct text address;    /* filled when resolved */
	struct text message_id; /* filled before the first attempt; the same for ever */
	struct text
		payload; /* JSON: what the message needs beyond what is in the tables (because, reason, list id ...) */
	instant created, not_before, deadline; /* deadline: the step's own time; INSTANT_NEVER: none */
	instant sent;           /* when it was accepted, or given to a service; INSTANT_NONE: not yet */
	/* Of a row that is added, and not kept: what tells it from others of its alert, step, role and purpose, in
	 * words that are the same on every machine ("unanswered 1580381400000000"). */
	struct text cause;
	int attempts;
	bool possible_duplicate;
	int doubts;             /* how often nobody knew whether it arrived; as this the former is kept */
	struct text reply;      /* what the server answered, or why it failed */
};

/* Adds a row (id, same, state and attempts are set here; returns the id); one that may have gone before, as after a
 * restore, comes with possible_duplicate. Inside the caller's transaction. */
MUST_CHECK enum result outbox_add(struct store *store, const struct outbox_row *row, int64_t *id, struct fault *fault);
/* The name of a row, of which so many that are alike were added before: by alert, step, purpose, role, person, channel
 * and cause. */
struct outbox_same outbox_same_of(const struct outbox_row *row, unsigned before);
bool outbox_same_known(const struct outbox_same *same);
/* What a message of those rows is named after: of one row that row; of several none of them, for each may yet go
 * alone, and two messages of one name are one to a mail server, which may throw the second away. In whatever order. */
struct outbox_same outbox_same_together(const struct outbox_row *rows, size_t count);
/* What the message is called that is named after the row: 32 hexadecimal digits, the same on every machine that has
 * the same key, and nobody else's guess. Of a row without a name they are random: call it once. */
#define OUTBOX_NAME_SIZE 33
void outbox_message_name(const struct store *store, const struct outbox_row *row, char name[OUTBOX_NAME_SIZE]);
/* The key of those names, kept in the database, which is made with one of its own; two councils never share it. For the
 * machines of a cell, which must have the same. */
#define OUTBOX_KEY_BYTES 32
MUST_CHECK enum result outbox_use_key(struct store *store, const unsigned char key[OUTBOX_KEY_BYTES],
                                      struct fault *fault);
/* The next row of that lane (critical or not) that may go at `now`: by kind, then by when it could first go, then by
 * age; moved to `sending` with one more attempt, in the caller's transaction. *found false: none. Its text lives until
 * the next call. Rows that wait for later cost nothing, however many. */
MUST_CHECK enum result outbox_claim(struct store *store, instant now, bool critical, struct outbox_row *row,
                                    bool *found, struct fault *fault);
/* Likewise the next row behind the id `after` (0: the first) of a message that was tried before, by the name it has;
 * also one that would wait longer: alone it would be a second message of that name. Who puts a row back goes on
 * behind it. */
MUST_CHECK enum result outbox_claim_again(struct store *store, struct text message_id, int64_t after,
                                          struct outbox_row *row, bool *found, struct fault *fault);
/* Likewise a further row that is held for the person, is not critical, was never tried, and has one of the purposes (at
 * most OUTBOX_PURPOSES; an empty one ends them). */
#define OUTBOX_PURPOSES 4
MUST_CHECK enum result outbox_claim_beside(struct store *store, instant now, struct text person,
                                           const struct text *purposes, struct outbox_row *row, bool *found,
                                           struct fault *fault);
/* Likewise a further one to the person's phone, critical or not. */
MUST_CHECK enum result outbox_claim_texts(struct store *store, instant now, struct text person,
                                          const struct text *purposes, struct outbox_row *row, bool *found,
                                          struct fault *fault);
/* When alerts that gather for the person go: the earliest time after `after`, up to `until`; INSTANT_NEVER: none
 * gather. */
MUST_CHECK enum result outbox_gathers(struct store *store, struct text person, instant after, instant until,
                                      instant *at, struct fault *fault);
/* Before the wire is touched: who and where to, and the Message-ID. */
MUST_CHECK enum result outbox_address(struct store *store, int64_t id, struct text person, struct text channel,
                                      struct text address, struct text message_id, struct fault *fault);
/* Whether a claimed row is with a service already: it is to be asked about, not sent. */
bool outbox_is_given(const struct outbox_row *row);
/* What came of it. RETRY, UNCERTAIN and GIVEN take the time of the next attempt, or question; RETRY forgets that it was
 * given. A row that was ever uncertain is a possible
 * duplicate for good. */
MUST_CHECK enum result outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at,
                                     instant again, struct text reply, struct fault *fault);
/* Puts a claimed row back as if it had not been claimed (pending, one attempt fewer), to be claimed again no earlier
 * than `until`: it waits for others that go in the same message, or for its recipient. Keeps person, channel and
 * address; one that has a message id stays one that was tried. */
MUST_CHECK enum result outbox_hold(struct store *store, int64_t id, instant until, struct fault *fault);
/* Rows of lists that wait to be tried again with this `reply` may go now; `person`: theirs alone, empty: anybody's. */
MUST_CHECK enum result outbox_list_is_read(struct store *store, struct text reply, struct text person, instant now,
                                           struct fault *fault);
/* A row that was put back, and was never tried, has no message id: nothing can have gone by it. */
MUST_CHECK enum result outbox_unname(struct store *store, int64_t id, struct fault *fault);
/* Its own time ends then, and no sooner. */
MUST_CHECK enum result outbox_deadline(struct store *store, int64_t id, instant deadline, struct fault *fault);
/* At start: every row in `sending` becomes `uncertain`, and may be claimed again, marked possible duplicate; one that
 * was only being asked about is asked about again. */
MUST_CHECK enum result outbox_recover(struct store *store, size_t *uncertain, struct fault *fault);
/* At start, as the wall clock may have been set back since: nothing waits for a time that was reckoned by a clock that
 * was ahead. A row that was made after `now` waits no longer (whoever sends it asks for its recipient's hours); one
 * that was tried, or is asked about, at most `longest`. */
MUST_CHECK enum result outbox_set_back(struct store *store, instant now, instant longest, struct fault *fault);
/* When the next row of that lane may go; INSTANT_NEVER: nothing waits. */
MUST_CHECK enum result outbox_next(struct store *store, bool critical, instant *at, struct fault *fault);
/* The wall clock was set by `by`: what waits for a while, and not for a time of day (rows tried before, those that may
 * go at once, and those held for others for at most `gathering`), waits no longer and no shorter for it. */
MUST_CHECK enum result outbox_shift(struct store *store, instant now, instant by, instant gathering,
                                    struct fault *fault);
/* All that were tried and not taken may go now: somebody has mended something. */
MUST_CHECK enum result outbox_hasten(struct store *store, instant now, struct fault *fault);
typedef enum result outbox_visit(void *argument, const struct outbox_row *row, struct fault *fault);
/* Rows, newest first; `alert` empty: all; `open_only`: those not yet accepted, delivered or failed. */
MUST_CHECK enum result outbox_each(struct store *store, struct text alert, bool open_only, size_t limit,
                                   outbox_visit *visit, void *argument, struct fault *fault);
/* Those of the alert but for row `but`, which the caller has: it is found by its number alone, and not read. */
MUST_CHECK enum result outbox_others(struct store *store, struct text alert, int64_t but, size_t limit,
                                     outbox_visit *visit, void *argument, struct fault *fault);
/* Those of the alert before row `before`, the oldest first. */
MUST_CHECK enum result outbox_oldest(struct store *store, struct text alert, int64_t before, size_t limit,
                                     outbox_visit *visit, void *argument, struct fault *fault);
/* The row of that name; visits one or none. */
MUST_CHECK enum result outbox_find_same(struct store *store, const struct outbox_same *same, outbox_visit *visit,
                                        void *argument, struct fault *fault);
/* It may have gone: a possible duplicate for good, and called `message_id` if it has no name yet. `id` 0: every row
 * that is open. */
MUST_CHECK enum result outbox_doubt(struct store *store, int64_t id, struct text message_id, struct fault *fault);
/* All that wait no longer than `most` from now on may go now: this machine sends from here on (docs/cells.md). */
MUST_CHECK enum result outbox_release(struct store *store, instant now, instant most, struct fault *fault);
/* The row of that id; visits one or none. */
MUST_CHECK enum result outbox_find(struct store *store, int64_t id, outbox_visit *visit, void *argument,
                                   struct fault *fault);
/* The rows of one message by its reference, or by how that begins ("<12.00ff@"): what is heard of it later. Oldest
 * first. */
MUST_CHECK enum result outbox_of_message(struct store *store, struct text reference, outbox_visit *visit,
                                         void *argument, struct fault *fault);
/* The newest message of each alert to that person that asked for an answer, the newest alert first; only among the
 * `within` messages around and after row `near`, so that the work is bounded. */
MUST_CHECK enum result outbox_of_person(struct store *store, struct text person, int64_t near, int64_t within,
                                        outbox_visit *visit, void *argument, struct fault *fault);
/* Likewise those of a lower number than `before` (0: from the newest), to go on where a page ended. */
MUST_CHECK enum result outbox_before(struct store *store, bool open_only, int64_t before, size_t limit,
                                     outbox_visit *visit, void *argument, struct fault *fault);
/* How many may go since `before` and have not gone. */
MUST_CHECK enum result outbox_late(struct store *store, instant before, int64_t *count, struct fault *fault);
/* Critical messages made before that time that nobody took yet, and that are to be tried before `soon`. */
MUST_CHECK enum result outbox_late_critical(struct store *store, instant before, instant soon, int64_t *count,
                                            struct fault *fault);
/* Everybody who was told of an alert that stands, or was told of any since `since`, once each, with a role they were
 * told as. */
typedef enum result outbox_person_visit(void *argument, struct text person, struct text role, struct fault *fault);
MUST_CHECK enum result outbox_told_people(struct store *store, instant since, outbox_person_visit *visit,
                                          void *argument, struct fault *fault);
/* How many messages a server took since `since`. */
MUST_CHECK enum result outbox_accepted_since(struct store *store, instant since, int64_t *count, struct fault *fault);

#endif
