/* memory_host: events kept in memory for the engine, in place of SQLite: for backtest and test.
 *
 * Owns packed copies of the events. The one rule: the same questions get the same answers as from the store, so that
 * what backtest says is what the daemon does. Nothing is written anywhere.
 *
 * Several engines share one host's events: each has a view, used by one thread, while another thread keeps what comes.
 * A view shows what its engine has been given so far, whatever was kept since, and has its own record of what stands.
 */
#ifndef CASEWATCH_BACKTEST_MEMORY_HOST_H
#define CASEWATCH_BACKTEST_MEMORY_HOST_H

#include "engine/engine.h"

struct memory_host;

/* Effects go to `effect` (may be NULL). */
struct memory_host *memory_host_new(enum result (*effect)(void *context, const struct effect *effect,
                                                          struct fault *fault),
                                    void *context);
/* What the engine warns of goes to `warned` with the same context; nobody hears of it before. */
typedef enum result memory_host_warned(void *context, uint64_t ref, const char *field, const char *reason,
                                       struct fault *fault);
void memory_host_hear_warnings(struct memory_host *host, memory_host_warned *warned);
/* A view of the events of `of`, which outlives it. From the first view on `of` only keeps events. `beside`: another
 * thread uses the view while `of` keeps what comes. */
struct memory_host *memory_host_view_of(struct memory_host *of, bool beside,
                                        enum result (*effect)(void *context, const struct effect *effect,
                                                              struct fault *fault),
                                        void *context);
/* The engine of the view is given the event now: what was kept up to it is shown from now on. `amended`: it amends
 * something, or something that was kept before it amends it. */
void memory_host_reached(struct memory_host *view, uint64_t ref, bool amended);
void memory_host_free(struct memory_host *host);
struct engine_host memory_host_interface(struct memory_host *host);

enum memory_added { MEMORY_NEW, MEMORY_DUPLICATE, MEMORY_CONFLICT };
/* What the host finds an event by, to be reckoned ahead: of its source and id. */
uint64_t memory_host_hash(const struct event *event);
/* Keeps the event, whose memory_host_hash is `hash`; *ref becomes its handle. */
enum memory_added memory_host_keep(struct memory_host *host, const struct event *event, uint64_t hash, uint64_t *ref);
/* A view of what was kept under the ref; its fields are in `arena`, all else lives as long as the host. */
void memory_host_view(const struct memory_host *host, uint64_t ref, struct event *event, struct arena *arena);
/* Fetches into the cache what memory_host_view will look at. */
void memory_host_view_ahead(const struct memory_host *host, uint64_t ref);
/* Both at once. */
enum memory_added memory_host_add(struct memory_host *host, const struct event *event, uint64_t hash,
                                  struct event *kept, struct arena *arena);
/* Whether something that was kept corrects or withdraws an event of the id, of whatever source. */
bool memory_host_is_amended(const struct memory_host *host, struct text id);
/* Fetches into the cache what adding the event will look at. */
void memory_host_look_ahead(const struct memory_host *host, uint64_t hash);
/* The id of the event under a ref, and its source; empty if there is none. */
struct text memory_host_id(const struct memory_host *host, uint64_t ref, struct text *source);
/* Fetches into the cache what memory_host_id will look at. */
void memory_host_id_ahead(const struct memory_host *host, uint64_t ref);
size_t memory_host_bytes(const struct memory_host *host); /* of stored events and the tables that find them */

#endif
