/* alerts: every alert to ops as one row of a table: what it means for children, what to do next, when it is heard of
 * again.
 *
 * The one rule: whatever ops can be told has its row here and nowhere else; words, limits and the journal's message ids
 * are read from it. Who finds that something is wrong gives the rest (ops/ops.h). Source: the catalogue's table "Ops
 * alerts". */
#ifndef CASEWATCH_OPS_ALERTS_H
#define CASEWATCH_OPS_ALERTS_H

#include "base/clock.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum ops_what { OPS_SOURCE_SILENT, OPS_SOURCE_LOST, OPS_QUARANTINE, OPS_SET_ASIDE, OPS_CONFLICT, OPS_UNDELIVERABLE,
	        OPS_LADDER_SPENT, OPS_NOBODY, OPS_MAIL_DOWN, OPS_PAGES, OPS_TEMPLATE, OPS_DISK, OPS_STORE,
	        OPS_TEAM_UNREAD, OPS_CONTRADICTION, OPS_RELOAD_FAILED, OPS_CALENDAR_ENDS, OPS_CLOCK_STEPPED,
	        OPS_CERTIFICATE, OPS_LADDER_MISSED, OPS_COPY, OPS_CELL };
#define OPS_WHATS (OPS_CELL + 1)

/* How long it counts as wrong. Kept with each thing that is wrong (store/conditions.h): the numbers stay. */
enum ops_lasting {
	OPS_AS_ITS_KIND,    /* of a word: as the table says */
	OPS_UNTIL_OVER,     /* until whoever found it says that it is over */
	OPS_UNTIL_ANSWERED, /* its key is an alert's id ("A-1004"): until that is answered, has ended or was erased */
	OPS_UNTIL_DIGEST,   /* it happened once: until the daily digest has named it */
};

#define OPS_STEPS 4
#define OPS_COMMANDS 3
struct ops_step {
	const char *words;
	const char *commands[OPS_COMMANDS]; /* "{}" is what it is about ("A-1004"); a command with it is left out where
	                                       nothing is */
};

struct ops_alert {
	enum ops_what what;
	const char *id;
	const char *one, *many; /* what is wrong, for one and for several; "{}" is how many */
	const char *second;     /* the second line of its heading; NULL: none */
	const char *meaning;    /* for children */
	struct ops_step steps[OPS_STEPS]; /* of most of the kind: see ops_steps */
	const char *again;      /* when it is heard of again */
	enum ops_lasting lasting; /* where the word says nothing else */
	instant pause;          /* what gets worse under one key is told at once no oftener than this */
	bool not_by_mail;       /* mail cannot tell it: other channels of ops, the journal, status and, once it is over,
	                           the digest do */
	const char *message_id; /* in the journal's catalogue (systemd/casewatch.catalog) */
	const char *coming;     /* what the project still lacks for it; NULL: it has its maker */
};
const struct ops_alert *ops_alert(enum ops_what what);
const struct ops_alert *ops_alert_by_id(const char *id); /* NULL: there is none of that id */
/* What to do next about the one of that key: OPS_STEPS of them, or fewer, ended by one without words. */
const struct ops_step *ops_steps(const struct ops_alert *alert, struct text key);
/* Whether the key is an alert's name ("A-1004"), and what is wrong hangs on that alert. */
bool ops_is_of_alert(struct text key);
/* How long the one of that key counts as wrong, where the word about it says `said`. */
enum ops_lasting ops_lasts(const struct ops_alert *alert, struct text key, enum ops_lasting said);
/* When it is heard of again, for one that lasts so long. */
const char *ops_again(const struct ops_alert *alert, enum ops_lasting lasting);
const char *ops_message_id(const char *id);              /* for the journal; NULL: it is no alert to ops */

#endif
