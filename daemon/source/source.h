/* source: where events come from, behind one small interface.
 *
 * Owns reading and parsing. The one rule: a source hands over batches, bounded in events and bytes, and goes on only when a
 * batch was committed; its position moves in the same transaction as its events. */
#ifndef CASEWATCH_SOURCE_SOURCE_H
#define CASEWATCH_SOURCE_SOURCE_H

#include "event/event.h"

/* One record as it came, parsed already. */
struct source_record {
	struct text position;  /* name of the position it moves: "kafka:events:0", "spool:FILE" */
	int64_t next;          /* the position after it: offset + 1, or the byte after its line end */
	struct text bytes;     /* exactly as received */
	bool accepted;         /* false: refused; `reason` says why; event.id and event.source where readable */
	struct event event;
	struct text reason;
	instant arrived;
	uint64_t fingerprint;  /* of the message as the source had it; kept with the position (struct position); 0: none */
};

/* A batch owns everything its records point to. Made by the source, freed by whoever took it with batch_free. */
struct batch {
	struct arena *arena;
	struct source_record *records;
	size_t count, room, bytes;
};
struct batch *batch_new(void);
void batch_free(struct batch *batch);
/* Copies the bytes into the batch, parses them, and adds the record (accepted or refused). Blank lines are not added and
 * return NULL. `parser` belongs to the calling thread. */
struct source_record *batch_add(struct batch *batch, struct event_parser *parser, struct text position, int64_t next,
                                struct text bytes, instant arrived);
/* The same for binary mode. `bytes` kept for quarantine and replay is a structured event made of attributes and body. */
struct source_record *batch_add_binary(struct batch *batch, struct event_parser *parser, struct text position,
                                       int64_t next, const struct event_attribute *attributes, size_t count,
                                       struct text content_type, struct text body, instant arrived);

/* Adds a record that is refused unread; the caller says why in ->reason, in memory that lives as long as the batch. */
struct source_record *batch_refuse(struct batch *batch, struct text position, int64_t next, struct text bytes,
                                   instant arrived);

/* What a source says of itself, for status, ops alerts and readiness. */
enum source_state { SOURCE_STARTING, SOURCE_UP, SOURCE_DOWN /* said once; it goes on trying */, SOURCE_STUCK /* needs a person */ };
const char *source_state_name(enum source_state state);
typedef void source_report(void *context, const char *name, enum source_state state, const char *sentence);

#endif
