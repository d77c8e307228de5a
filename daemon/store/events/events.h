/* events: every record that came in, as it came, and where each source stands.
 *
 * The one rule: the exact bytes are kept; a second record with a known source and id is a duplicate and changes
 * nothing. */
#ifndef CASEWATCH_STORE_EVENTS_EVENTS_H
#define CASEWATCH_STORE_EVENTS_EVENTS_H

#include "event/event.h"
#include "event/packing.h"
#include "store/store.h"

enum stored { STORED_NEW, STORED_DUPLICATE, STORED_CONFLICT /* known source and id, other content: ops are told */,
	      STORED_ERASED /* it was erased and came again: it is not stored (store/erasure/erasures.h) */ };

/* Stores the event, its parties, its warnings and what it amends; sets event->ref (of a duplicate or conflict: that of
 * the stored one). In the caller's transaction. The event must not live in the parser given to events_set_parser. */
MUST_CHECK enum result events_add(struct store *store, struct event *event, struct text bytes, instant arrived,
                                  enum stored *stored, struct fault *fault);
/* The same in two steps, for many events one after another that are packed already: looking ahead has the memory
 * fetched that finding out whether the event is known will need. Both in one transaction. */
struct events_ahead {
	uint64_t hash;
	uint32_t subject;
};
struct events_ahead events_look_ahead(struct store *store, const struct event *event);
/* Some events later, and again some later (`closest`): what the memory fetched before leads to. */
void events_look_closer(const struct store *store, struct events_ahead ahead, bool closest);
MUST_CHECK enum result events_add_ahead(struct store *store, struct event *event, struct events_ahead ahead,
                                        struct packed packed, instant arrived, enum stored *stored,
                                        struct fault *fault);
/* A stored event for visiting: parsed anew from its bytes by the parser given to events_set_parser. `bytes` and
 * `arrived` beside it. */
typedef enum result events_visit(void *argument, const struct event *event, struct text bytes, instant arrived,
                                 struct fault *fault);
/* Whether nothing of the history was stored before the open transaction. */
bool events_history_is_new(const struct store *store, enum party_kind domain, struct text id);
void events_set_parser(struct store *store, struct event_parser *parser); /* borrowed; the loop's own */
/* Standing events whose subject is `id`; with a party, those that name it so, or have it as subject. */
MUST_CHECK enum result events_history(struct store *store, enum party_kind party, struct text id, events_visit *visit,
                                      void *argument, struct fault *fault);
/* The same in two parts, the newest first, and only those of a lower ref than `before` (0: all): whose subject is `id`,
 * and that name it as the party. So a reader goes on where it stopped. */
MUST_CHECK enum result events_of_subject(struct store *store, struct text id, uint64_t before, events_visit *visit,
                                         void *argument, struct fault *fault);
MUST_CHECK enum result events_naming(struct store *store, enum party_kind party, struct text id, uint64_t before,
                                     events_visit *visit, void *argument, struct fault *fault);
/* For whoever keeps what it read of a subject: its newest event (0: there is none), those that came after it, the
 * newest first, and a number that is another whenever what was stored before may be read otherwise now: one was
 * corrected, withdrawn or erased, the parser is another, or a transaction failed. */
uint64_t events_newest(const struct store *store, struct text id);
MUST_CHECK enum result events_since(struct store *store, struct text id, uint64_t after, events_visit *visit,
                                    void *argument, struct fault *fault);
uint64_t events_edition(const struct store *store);
MUST_CHECK enum result events_by_ref(struct store *store, uint64_t ref, events_visit *visit, void *argument,
                                     struct fault *fault);
MUST_CHECK enum result events_find(struct store *store, struct text source, struct text id, events_visit *visit,
                                   void *argument, struct fault *fault);
/* Standing events of the types, by time, from <= time < until. Of types for which there is an index (schema_is_listed);
 * others are never visited. */
MUST_CHECK enum result events_of_types(struct store *store, const type_id *types, size_t count, instant from,
                                       instant until, events_visit *visit, void *argument, struct fault *fault);

/* Something of a stored event turned out, at `at`, to have no effect, or another than it says: counted and listed with
 * what was set aside when it came. In the caller's transaction. */
MUST_CHECK enum result events_warn(struct store *store, uint64_t ref, instant at, const char *field, const char *reason,
                                   struct fault *fault);
/* An answer, of which it is known only later whether it has an effect, or is known now. In the caller's transaction. */
MUST_CHECK enum result events_answer_waits(struct store *store, uint64_t ref, bool waits, struct fault *fault);
/* Those of them that stand, as they came; what was withdrawn since is forgotten. In the caller's transaction. */
MUST_CHECK enum result events_answers_waiting(struct store *store, events_visit *visit, void *argument,
                                              struct fault *fault);
/* What was set aside of accepted events that arrived in from <= arrived < until, in order of arrival. */
struct warning_row {
	uint64_t ref;
	instant arrived;
	struct text field, reason;
};
typedef enum result warning_visit(void *argument, const struct warning_row *row, struct fault *fault);
MUST_CHECK enum result warnings_each(struct store *store, instant from, instant until, warning_visit *visit,
                                     void *argument, struct fault *fault);

/* The same, the latest first, at most `most`. */
MUST_CHECK enum result warnings_latest(struct store *store, instant from, instant until, size_t most,
                                       warning_visit *visit, void *argument, struct fault *fault);

/* Amendments and standing, for whoever reckons which of them stand or stood (event/amendment_graph.h). */
struct events_record {
	uint64_t ref;
	instant arrived;
	struct text source, id;
	type_id type;
	instant order;
	struct text replaces, withdraws; /* empty: nothing */
	bool standing;
};
typedef enum result events_visit_record(void *argument, const struct events_record *record, struct fault *fault);
MUST_CHECK enum result events_record(struct store *store, struct text source, struct text id,
                                     events_visit_record *visit, void *argument, struct fault *fault);
MUST_CHECK enum result events_amendments(struct store *store, struct text source, struct text target,
                                         events_visit_record *visit, void *argument, struct fault *fault);
MUST_CHECK enum result events_set_standing(struct store *store, uint64_t ref, bool standing, struct fault *fault);
/* Of ids that are one; none of an id that is being erased. */
MUST_CHECK enum result events_merges(struct store *store, events_visit *visit, void *argument, struct fault *fault);

/* Quarantine. */
struct quarantine_row {
	int64_t id;
	struct text source_name; /* "kafka:events:0@123", "spool:FILE:7" */
	struct text bytes, reason, event_id, event_source;
	instant arrived;
	struct text state;       /* "waiting", "released", "discarded" */
	struct text note;        /* why discarded, by whom */
};
/* What waits; `longer`: since `before` or earlier. 100,000 stands for more. */
struct quarantine_waiting {
	uint64_t count, longer;
	instant oldest; /* arrival; INSTANT_NEVER: nothing waits */
	int64_t oldest_number;
	instant next;   /* arrival of the first after `before`; INSTANT_NEVER: none */
};
/* Whether one that came from there waits. */
MUST_CHECK enum result quarantine_holds(struct store *store, struct text source_name, bool *holds, struct fault *fault);
MUST_CHECK enum result quarantine_waiting(struct store *store, instant before, struct quarantine_waiting *waiting,
                                          struct fault *fault);
typedef enum result quarantine_visit(void *argument, const struct quarantine_row *row, struct fault *fault);
MUST_CHECK enum result quarantine_add(struct store *store, const struct quarantine_row *row, struct fault *fault);
MUST_CHECK enum result quarantine_each(struct store *store, bool waiting_only, quarantine_visit *visit, void *argument,
                                       struct fault *fault);
/* Newest first, of a lower number than `before` (0: from the newest), at most `limit`. */
MUST_CHECK enum result quarantine_before(struct store *store, bool waiting_only, int64_t before, size_t limit,
                                         quarantine_visit *visit, void *argument, struct fault *fault);
MUST_CHECK enum result quarantine_get(struct store *store, int64_t id, quarantine_visit *visit, void *argument,
                                      struct fault *fault);
/* Those that came from there (quarantine_row.source_name): one, or none. */
MUST_CHECK enum result quarantine_from(struct store *store, struct text source_name, quarantine_visit *visit,
                                       void *argument, struct fault *fault);
MUST_CHECK enum result quarantine_set(struct store *store, int64_t id, struct text state, struct text note,
                                      struct fault *fault);

/* Positions: one a source partition ("kafka:TOPIC:PARTITION", "spool:FILE"): the next to be read, and a fingerprint of
 * the last event taken, to notice a topic that was deleted and made anew. */
struct position {
	struct text name;
	int64_t next;
	uint64_t fingerprint;
	instant event_time; /* of the newest event taken */
};
MUST_CHECK enum result positions_get(struct store *store, struct text name, struct position *position, bool *found,
                                     struct fault *fault);
MUST_CHECK enum result positions_set(struct store *store, const struct position *position, struct fault *fault);
/* Up to when the data is complete: the lowest of what the sources have confirmed (source.complete's up_to;
 * INSTANT_NONE: no source ever did), and when anything last arrived (INSTANT_NONE: never). */
MUST_CHECK enum result sources_complete(struct store *store, instant *complete_to, instant *last_arrival,
                                        struct fault *fault);

#endif
