/* packing: the bytes of an event made small for the store, by LZ4 with a dictionary of invented events.
 *
 * The one rule: what was packed unpacks to the same bytes, for ever: a dictionary that shipped under a number is never
 * changed (packing_1.inc, made by tests/tools/dictionary.py, `make dictionary`). A better one is another number beside
 * it.
 *
 * What is packed: the place of the subject in the event, as a base-128 varint; the subject, as it is, between two NULs;
 * then an LZ4 block of the event without its subject. So whose record it is can be found in a file by its bytes
 * (cli/traces.h), and any LZ4 reads it with the dictionary, which lies in the database. */
#ifndef CASEWATCH_EVENT_PACKING_H
#define CASEWATCH_EVENT_PACKING_H

#include "base/mem.h"
#include "base/result.h"
#include "base/text.h"

#define PACKING_DICTIONARY 1             /* of what is packed now */
#define PACKING_MOST ((size_t)16 * 1024) /* bytes: a longer event is rare, and is kept as it came */

struct packed {
	struct text bytes;
	int dictionary; /* its number; 0: the bytes are as they came */
};

/* As it came where nothing is gained, and where the subject does not stand in the bytes. Lives as long as the arena and
 * `bytes`. Any thread. */
struct packed packing_pack(struct text bytes, struct text subject, struct arena *arena);

/* The bytes as they came; `room` has PACKING_MOST bytes, and what is given points into it or into what is packed.
 * Whatever is packed, nothing beyond either is touched: what cannot be unpacked is refused with the reason. */
MUST_CHECK enum result packing_unpack(struct packed packed, char *room, struct text *bytes, struct fault *fault);

/* The dictionary of that number; empty: there is none. */
struct text packing_dictionary(int number);

#endif
