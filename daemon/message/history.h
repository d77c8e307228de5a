/* history: the events of a child, or of whom else an alert is about, read from the store for messages about it; and
 * kept from one message to the next.
 *
 * To read and parse all events of a child for each message was a fifth of what a courier does in a year. The one rule:
 * what is kept is what would be read now: what came since is read and put in its place, and where anything that was
 * there before may have changed (a correction, an erasure, a merge, a transaction that failed) nothing kept is used. */
#ifndef CASEWATCH_MESSAGE_HISTORY_H
#define CASEWATCH_MESSAGE_HISTORY_H

#include "message/alert_context.h"

/* Every standing event of the subject under any of its ids, in order of time; `gather->kept`, where there is one, may
 * hold it already. It lives in the arena, or until history_cache_trim. */
MUST_CHECK enum result history_find(const struct alert_context_sources *gather, enum party_kind domain,
                                    struct text subject, struct arena *arena, const struct message_event **events,
                                    size_t *count, struct fault *fault);

/* Whether people are told that the event was recorded late; of one by date alone counted from the end of that date.
 * `recorded`: when it was, INSTANT_NONE: nobody knows. */
bool history_recorded_late(const struct event *event, instant recorded, const struct zone *zone);

/* Holds so many bytes of the histories that were asked for last. For one store, zone and table of links, on one
 * thread. */
struct history_cache;
struct history_cache *history_cache_new(size_t bytes_most);
/* Nothing that it handed out is used any more: keeps no more than it may, and nothing that may be read otherwise now,
 * or was erased. */
void history_cache_trim(struct history_cache *cache, const struct store *store);
/* The zone or the links are others: nothing is kept. */
void history_cache_clear(struct history_cache *cache);
void history_cache_free(struct history_cache *cache); /* NULL is fine */

#endif
