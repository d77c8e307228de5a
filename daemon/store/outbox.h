/* outbox: messages to people: rather twice than never.
 *
 * The one rule: a row leaves `pending` or `retry` for `sending` in a transaction of its own before the wire is touched; a
 * row found in `sending` when the daemon starts is uncertain, and is sent again as a possible duplicate with the same
 * Message-ID. One recipient a row. */
#ifndef CASEWATCH_STORE_OUTBOX_H
#define CASEWATCH_STORE_OUTBOX_H

#include "store/store.h"

enum outbox_state { OUTBOX_PENDING, OUTBOX_SENDING, OUTBOX_ACCEPTED, OUTBOX_DELIVERED, OUTBOX_RETRY, OUTBOX_FAILED,
	            OUTBOX_UNCERTAIN };
const char *outbox_state_name(enum outbox_state state);

/* What a message is; lower goes first when several wait. */
enum outbox_kind { OUTBOX_ALERT /* first alert, escalation, withdrawal */, OUTBOX_OPS, OUTBOX_REMINDER, OUTBOX_WARNING,
	           OUTBOX_LIST };

struct outbox_row {
	int64_t id;
	enum outbox_kind kind;
	enum outbox_state state;
	bool critical;
	struct text purpose;    /* "opened", "updated", "escalated", "asked-again", "warned", "resolved", "withdrawn", "list", "ops" */
	struct text alert;      /* alert id; empty for lists and ops */
	struct text rule;
	struct text subject;    /* canonical id; empty for lists and ops */
	int step;
	struct text role;       /* the role it is told as */
	struct text person;     /* person id in the directory; empty: to be resolved when claimed */
	struct text channel;    /* "email"; empty: the person's first */
	struct text address;    /* filled when resolved */
	struct text message_id; /* filled before the first attempt; the same for ever */
	struct text payload;    /* JSON: what the message needs beyond what is in the tables (because, reason, list id ...) */
	instant created, not_before, deadline; /* deadline: the step's own time; INSTANT_NEVER: none */
	instant sent;           /* INSTANT_NONE: not yet accepted */
	int attempts;
	bool possible_duplicate;
	struct text reply;      /* what the server answered, or why it failed */
};

/* Adds a row (id, state and attempts are set here; returns the id). Inside the caller's transaction. */
MUST_CHECK enum result outbox_add(struct store *store, const struct outbox_row *row, int64_t *id, struct fault *fault);
/* The next row that may go at `now`, by kind, then severity, then age; moved to `sending` with one more attempt, in a
 * transaction of its own (or the caller's if one is open). *found false: none. Its text lives until the next call. */
MUST_CHECK enum result outbox_claim(struct store *store, instant now, struct outbox_row *row, bool *found,
                                    struct fault *fault);
/* Before the wire is touched: who and where to, and the Message-ID. */
MUST_CHECK enum result outbox_address(struct store *store, int64_t id, struct text person, struct text channel,
                                      struct text address, struct text message_id, struct fault *fault);
/* What came of it. RETRY and UNCERTAIN take the time of the next attempt. A row that was ever uncertain is a possible
 * duplicate for good. */
MUST_CHECK enum result outbox_result(struct store *store, int64_t id, enum outbox_state state, instant at, instant again,
                                     struct text reply, struct fault *fault);
/* Puts a claimed row back as if it had not been claimed (pending, one attempt fewer), to be claimed again no earlier than
 * `until`: it waits for others that go in the same message. Keeps person, channel and address. */
MUST_CHECK enum result outbox_hold(struct store *store, int64_t id, instant until, struct fault *fault);
/* At start: every row in `sending` becomes `uncertain`, and may be claimed again, marked possible duplicate. */
MUST_CHECK enum result outbox_recover(struct store *store, size_t *uncertain, struct fault *fault);
/* When the next row may go; INSTANT_NEVER: nothing waits. */
MUST_CHECK enum result outbox_next(struct store *store, instant *at, struct fault *fault);
typedef enum result outbox_visit(void *argument, const struct outbox_row *row, struct fault *fault);
/* Rows, newest first; `alert` empty: all; `open_only`: those not yet accepted, delivered or failed. */
MUST_CHECK enum result outbox_each(struct store *store, struct text alert, bool open_only, size_t limit,
                                   outbox_visit *visit, void *argument, struct fault *fault);
/* How many messages a server took since `since`. */
MUST_CHECK enum result outbox_accepted_since(struct store *store, instant since, int64_t *count, struct fault *fault);
/* When ops were last told under this id ("ops.conflict": the `rule` of an OUTBOX_OPS row); INSTANT_NONE: never. */
MUST_CHECK enum result outbox_last(struct store *store, struct text rule, instant *created, struct fault *fault);

#endif
