/* journal_record: the bytes of a record of the journal, by which the machines of a cell agree on who sends what.
 *
 * Owns the layout. The one rule: whatever stands in the topic, reading it ends with a record or with a reason why it is
 * none, and never harms what follows.
 *
 * A council's journal is one partition of a Kafka topic, which only the members of its cell may write (docs/cells.md).
 * Of every record the bytes up to the council's name, and all of an OWN, stay where they are in every version to come:
 * a member that is not yet upgraded must see that somebody else took over, whatever else it cannot read. Numbers are
 * big-endian.
 *
 *     0  "CWJ"                  3 bytes
 *     3  version                1
 *     4  kind                   1   enum journal_kind
 *     5  nonce                  8   of the OWN under which it was written; of an OWN its own
 *    13  council                1 + 1..JOURNAL_NAME_MOST bytes
 *        OWN:    owner          1 + 1..JOURNAL_NAME_MOST bytes: the machine's name, for people
 *        INTENT: row, message   JOURNAL_ROW_BYTES each; attempt 4
 *        RESULT: row            JOURNAL_ROW_BYTES; attempt 4; what 1   enum journal_what */
#ifndef CASEWATCH_CELL_JOURNAL_RECORD_H
#define CASEWATCH_CELL_JOURNAL_RECORD_H

#include "base/text.h"

#define JOURNAL_VERSION 1
#define JOURNAL_ROW_BYTES 16
#define JOURNAL_NAME_MOST                                                                                              \
	64 /* of a council and of a machine: as long as a host's name may be in a label, and one more */
#define JOURNAL_RECORD_MOST                                                                                            \
	256 /* bytes: the longest of ours has 143; what is longer is none, and is not looked into                      \
	     */

/* A row of the outbox by the name that it has on every machine (store/outbox/outbox.h). */
struct journal_row {
	unsigned char at[JOURNAL_ROW_BYTES];
};
static inline bool journal_row_equal(const struct journal_row *a, const struct journal_row *b)
{
	return memcmp(a->at, b->at, sizeof a->at) == 0;
}

enum journal_kind {
	JOURNAL_OWN = 1, /* from here on this machine sends for the council, and nobody who said so before */
	JOURNAL_INTENT,  /* it is about to send a row */
	JOURNAL_RESULT,  /* what came of that */
};

enum journal_what {
	JOURNAL_TAKEN = 1,   /* the other side has it: it is sent no more */
	JOURNAL_NOT_TAKEN,   /* the other side does not have it, for certain: it may be sent again as if for the first
	                        time */
	JOURNAL_PERHAPS,     /* nobody knows: it is sent again, marked as a possible duplicate */
	JOURNAL_NOT_STARTED, /* nothing was sent, and under this INTENT nothing will be */
};

struct journal_record {
	enum journal_kind kind;
	uint64_t nonce;
	struct text council;
	struct text owner;      /* OWN */
	struct journal_row row; /* INTENT and RESULT */
	struct journal_row
		message;  /* INTENT: what the message is named after that this one goes in, mostly itself */
	uint32_t attempt; /* INTENT and RESULT: which of that nonce's */
	enum journal_what what; /* RESULT */
};

/* Writes the record behind what is there. Council and owner must be of 1 to JOURNAL_NAME_MOST bytes. */
void journal_record_write(const struct journal_record *record, struct buffer *out);

enum journal_reading {
	JOURNAL_READ,
	JOURNAL_OTHER_COUNCIL, /* somebody writes into the wrong partition: it concerns nobody here */
	JOURNAL_NEWER,         /* of a version to come; it may have been an INTENT */
	JOURNAL_BROKEN,        /* no record at all, or cut short: it may have been an INTENT */
};
/* Reads a record of that council; the text in it borrows from `bytes`. Unless it is READ, *record is all zero and `why`
 * holds a sentence without anything that came out of the bytes but numbers: they may be of anybody. An OWN of a version
 * to come is READ. */
enum journal_reading journal_record_read(struct text bytes, struct text council, struct journal_record *record,
                                         struct fault *why);

/* A fingerprint of the bytes at one place of the partition, whatever they are, as far as a record reaches; never 0. */
uint64_t journal_record_print(const void *bytes, size_t length);

const char *journal_kind_name(enum journal_kind kind); /* "OWN" */
const char *journal_what_name(enum journal_what what); /* "taken" */

#endif
