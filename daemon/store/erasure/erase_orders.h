/* erase_orders: how the tool asks a running daemon to erase somebody: a file in the directory DATABASE.erase.
 *
 * The one rule: an order is never an event: events are kept, and would keep the id. A file goes when its erasure has
 * begun, and says nothing that is not needed for that; it is readable by the daemon's user alone. */
#ifndef CASEWATCH_STORE_ERASURE_ERASE_ORDERS_H
#define CASEWATCH_STORE_ERASURE_ERASE_ORDERS_H

#include "store/erasure/erasures.h"

/* Makes the directory; `path` gets its name. */
MUST_CHECK enum result erase_orders_start(const char *database, struct buffer *path, struct fault *fault);
/* Orders that all ids of one child be erased; whole, or not there. RESULT_PERMANENT: there is no such directory, so no
 * daemon of this version ever ran; or the words have a line end in them. */
MUST_CHECK enum result erase_orders_put(const char *database, const struct erasure_order *orders, size_t count,
                                        struct fault *fault);
/* Visits each order that waits, and removes it when all of its file were visited with RESULT_OK. One that is
 * none is renamed (".unreadable") and logged; one that the disk does not give today waits, and the others are taken
 * all the same: RESULT_TEMPORARY. */
typedef enum result erase_orders_visit(void *argument, const struct erasure_order *order, struct fault *fault);
MUST_CHECK enum result erase_orders_take(const char *database, erase_orders_visit *visit, void *argument,
                                         struct fault *fault);
/* The same with the bytes of each file as a whole, for whoever hands them on: each is one that can be read. */
typedef enum result erase_orders_hand_on(void *argument, struct text bytes, struct fault *fault);
MUST_CHECK enum result erase_orders_pass(const char *database, erase_orders_hand_on *hand_on, void *argument,
                                         struct fault *fault);
/* The orders of such bytes. RESULT_PERMANENT: they are none, and nobody was visited. */
MUST_CHECK enum result erase_orders_read(struct text bytes, erase_orders_visit *visit, void *argument,
                                         struct fault *fault);
/* How many wait; one more where that cannot be read to the end: nobody may take them for carried out. */
size_t erase_orders_waiting(const char *database);

#endif
