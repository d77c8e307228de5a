/* batch: records as they came from a source, parsed already, with the memory that they point into.
 *
 * The one rule: a batch owns everything its records point to; nothing of it outlives batch_free. */
#ifndef CASEWATCH_SOURCE_BATCH_H
#define CASEWATCH_SOURCE_BATCH_H

#include "event/event.h"
#include "event/packing.h"

/* What became of a record once it was committed: set by the pipeline, for sources that answer whoever sent it. */
enum record_outcome {
	RECORD_NOT_TAKEN,
	RECORD_STORED,
	RECORD_DUPLICATE, /* it was stored before; nothing changed */
	RECORD_CONFLICT,  /* another event of its source and id is stored: it waits in quarantine */
	RECORD_REFUSED,   /* it waits in quarantine with its reason */
	RECORD_SET_ASIDE, /* the work fails at it: it waits in quarantine */
};
#define RECORD_OUTCOMES (RECORD_SET_ASIDE + 1)

/* The order of an event that came by the spool of a machine of the cell. */
#define SOURCE_ORDER_EVENT "spool"
/* One record as it came. */
struct source_record {
	struct text position;  /* name of the position it moves: "kafka:events:0", "spool:FILE" */
	int64_t next;          /* the position after it: offset + 1, or the byte after its line end */
	struct text bytes;     /* as received; where it is refused for its length, its beginning */
	struct packed packed;  /* the same as it will be stored: here, because this is another thread than the loop's */
	bool accepted;         /* false: refused; `reason` says why; event.id and event.source where readable */
	bool unread;           /* refused by its source, whatever the parser would say: it is not parsed anew */
	struct event event;
	struct text reason;
	instant arrived;
	enum record_outcome outcome;
	/* What a machine of the cell ordered through the log, which has its seal: "nobody", "erase";
	 * SOURCE_ORDER_EVENT: it is an event all the same. None: it is an event like any other. */
	struct text order;
	bool answered;         /* no log holds it: whoever sent it learns at once what became of it, and sends it again
	                          under another number */
	instant read_to;       /* see batch_read_to */
	uint64_t fingerprint; /* of the message as the source had it; kept with the position (struct position); 0:
	                          none */
};

/* When an accepted event became known: recorded, or else when it happened; INSTANT_NONE for a refused one. */
static inline instant record_known(const struct source_record *record)
{
	if (!record->accepted)
		return INSTANT_NONE;
	return record->event.recorded != INSTANT_NONE ? record->event.recorded : record->event.time;
}

/* Made by the source, freed by whoever took it with batch_free. */
struct batch {
	struct arena *arena;
	struct source_record *records;
	size_t count, room, bytes;
	bool reckoned;         /* how far it is read when some of it was taken: record.read_to is known */
	unsigned generation;   /* of the schema (schema_generation) when its first record was parsed */
};
struct batch *batch_new(void);
void batch_free(struct batch *batch); /* NULL is fine */
/* Copies the bytes into the batch, parses them, and adds the record (accepted or refused). Blank lines are not added
 * and return NULL. `parser` belongs to the calling thread. */
struct source_record *batch_add(struct batch *batch, struct event_parser *parser, struct text position, int64_t next,
                                struct text bytes, instant arrived);
/* The same for binary mode. `bytes` kept for quarantine and replay is a structured event made of attributes and
 * body. */
struct source_record *batch_add_binary(struct batch *batch, struct event_parser *parser, struct text position,
                                       int64_t next, const struct event_attribute *attributes, size_t count,
                                       struct text content_type, struct text body, instant arrived);

/* Adds a record that its source refuses, with the reason why. `parser`: to find its id and source where they are
 * readable, or NULL. */
struct source_record *batch_refuse(struct batch *batch, struct event_parser *parser, struct text position, int64_t next,
                                   struct text bytes, instant arrived, const char *reason);

/* Adds an order to the machines of a cell: no event, whatever its bytes are. */
struct source_record *batch_add_order(struct batch *batch, struct text position, int64_t next, struct text order,
                                      struct text bytes, instant arrived);

/* Refuses a record that was accepted: what it says is well, but it is none of ours. */
void batch_turn_away(struct batch *batch, struct source_record *record, const char *reason);

/* Parses all records anew where types or field names became known since they were parsed: rules that were loaded
 * meanwhile may name them, and an event stored without them would be judged as if they were not there. */
void batch_parse_anew(struct batch *batch, struct event_parser *parser);

/* Up to when what happened was taken where the first `taken` records of it were, and the rest was not: of each position
 * of which an event is left, the newest time at which one of those taken became known. INSTANT_NEVER: none is left. */
instant batch_read_to(struct batch *batch, size_t taken);

#endif
