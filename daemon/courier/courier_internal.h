/* internal: what the files of the courier share.
 *
 * The one rule: nobody outside courier/ includes it. A pass is one transaction: rows are claimed, addressed and put into
 * letters; only after its commit are letters handed to the threads and callbacks called. */
#ifndef CASEWATCH_COURIER_COURIER_INTERNAL_H
#define CASEWATCH_COURIER_COURIER_INTERNAL_H

#include "courier/courier.h"
#include "courier/threads.h"

#define PASS_ROWS 512         /* claimed in one transaction: a morning's alerts for all, so that each gets one message */
#define LETTER_ALERTS 60      /* in one message: below the 90 KB at which mail programs clip */
#define UNDER_WAY_MOST 256    /* messages handed to the threads */
#define UNDER_WAY_BYTES (16u << 20)
#define GIVE_UP_AFTER (72 * HOUR)    /* a row without a deadline, and any while the server is in trouble */
#define LIST_AFTER (24 * HOUR)       /* the next one is there by then */
#define RECIPIENTS_MOST 64    /* of one role of one child */

/* Somebody whose alerts wait for each other. */
struct window {
	const struct person *person;
	instant until;
};

/* An alert whose ladder is to climb, kept until the transaction is through. */
struct nobody {
	char alert[64];
	int step;
};

struct courier {
	struct courier_settings settings;
	struct alert_context_sources gather;
	struct courier_threads *threads; /* NULL: shadow */
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct window *windows;
	size_t window_count, window_room;
	struct nobody *nobodies;
	size_t nobody_count, nobody_room;
	struct delivery *results, **results_end; /* came back, not yet written */
	size_t under_way, under_way_bytes;
	instant relay_again;             /* while the server is in trouble: the next try */
	instant relay_pause;
	uint64_t random;
	bool stopping, store_trouble;
	struct courier_figures figures;
};

/* A row that was claimed, and what it is about. */
struct item {
	struct outbox_row row;
	struct alert_context *about;  /* NULL: lists and ops */
	struct payload *payload;
};
/* One message in the making. */
struct letter {
	const struct person *person;
	const char *role;
	struct item *items[LETTER_ALERTS];
	size_t count;
	struct delivery *delivery; /* when it is rendered */
};
struct pass {
	struct courier *courier;
	struct arena *arena;
	instant now;
	struct letter *letters[PASS_ROWS]; /* no more than rows: a mate always joins one */
	size_t letter_count;
	size_t touched;          /* rows that were claimed */
};

/* address.c */
enum addressed { ADDRESSED, ADDRESSED_NOT /* the row came to its end, or waits */ };
/* Who the row is for; its row and further ones get their person. ADDRESSED: *person is set, and row->channel and address. */
MUST_CHECK enum result courier_address(struct pass *pass, struct item *item, const struct person **person,
                                       enum addressed *addressed, struct fault *fault);
/* The next way to the person after `channel` (empty: the first); false: there is none. Only what casewatch can send by. */
bool courier_way(const struct courier *courier, const struct person *person, struct text channel, struct text only, struct text *next,
                 struct text *address);

/* letters.c */
/* Puts an addressed item into a letter of the pass, or back to wait for others. */
MUST_CHECK enum result courier_put(struct pass *pass, struct item *item, const struct person *person, struct fault *fault);
/* Renders every letter; one that cannot be made ends its rows. */
MUST_CHECK enum result courier_write_letters(struct pass *pass, struct fault *fault);

/* results.c */
/* Writes what came of all results; those written are freed. In one transaction of its own. */
MUST_CHECK enum result courier_write_results(struct courier *courier, struct fault *fault);
/* The row is given up: failed, ops told, and the alert climbs unless somebody else was told at that step. `ops`:
 * "ops.nobody" or "ops.undeliverable". Inside the caller's transaction. */
MUST_CHECK enum result courier_give_up(struct courier *courier, const struct outbox_row *row, enum ops_what what,
                                       instant now, const char *why, struct fault *fault);
/* The row needs not go: its alert ended, or was answered. */
MUST_CHECK enum result courier_drop(struct courier *courier, const struct outbox_row *row, instant now, const char *why,
                                    struct fault *fault);
/* Says to ops that this happened to `key` (an alert's number, a person, a rule). */
MUST_CHECK enum result courier_tell_ops(struct courier *courier, enum ops_what what, struct text key, instant now,
                                        const char *words, struct fault *fault);
/* Calls back for every alert that nobody was told of. Outside a transaction. */
void courier_climb(struct courier *courier);
/* When the relay's trouble becomes ops.mail-down; INSTANT_NEVER: it is well, or said already. */
instant courier_mail_down_at(const struct courier *courier);
void courier_check_mail_down(struct courier *courier, instant now);

#endif
