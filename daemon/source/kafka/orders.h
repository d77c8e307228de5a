/* kafka_orders: what a machine of a cell orders all of them to do, through the council's log.
 *
 * Owns what is to be appended and is not known to stand there yet. The one rule: an order is given when it stands in
 * the log, and carried out when it comes back from there, on every machine at the same place; until then it is
 * appended again. What came twice must change nothing the second time. */
#ifndef CASEWATCH_SOURCE_KAFKA_ORDERS_H
#define CASEWATCH_SOURCE_KAFKA_ORDERS_H

#include "source/kafka/kafka.h"

#define KAFKA_ORDERS_MOST 4096 /* that are under way: far more than one council's courier finds in a second */
/* Of one order: a whole configuration with its rules is some 0.5 MB. The broker's own limit (max.message.bytes) is on
 * what is left of it when it is compressed. */
#define KAFKA_ORDER_BYTES_MOST ((size_t)8 << 20)

enum kafka_order_state {
	KAFKA_ORDER_UNDER_WAY,
	KAFKA_ORDER_STANDS,  /* said once: it is forgotten then */
	KAFKA_ORDER_REFUSED, /* likewise: the brokers will never take it (too long, not allowed), or there is no room */
};

struct kafka_orders;
/* The settings are those of the council's own log: its first topic and partition, its name, brokers, readers and
 * key. */
MUST_CHECK enum result kafka_orders_open(const struct kafka_settings *settings, struct kafka_orders **orders,
                                         struct fault *fault);
void kafka_orders_close(struct kafka_orders *orders); /* what does not stand by then is lost; NULL is fine */
int kafka_orders_fd(const struct kafka_orders *orders); /* readable when something may have come to its end */

/* Nobody asks what became of it. False: there is no room: KAFKA_ORDERS_MOST are under way. */
bool kafka_orders_give(struct kafka_orders *orders, const char *order, struct text bytes);
/* Gives it, and is asked again with the same bytes until the answer is another than UNDER_WAY. `why`: of REFUSED. */
enum kafka_order_state kafka_orders_ask(struct kafka_orders *orders, const char *order, struct text bytes,
                                        struct fault *why);
/* Whoever asked has gone: what was given goes its way, and is forgotten at its end. What is not there is none. */
void kafka_orders_ask_no_more(struct kafka_orders *orders, const char *order, struct text bytes);
/* What has come to its end, and what is due again; returns for how long it need not be called without the
 * descriptor. */
instant kafka_orders_wake(struct kafka_orders *orders);

#endif
