/* orders: what one machine of a cell orders all of them to do, through the council's log (docs/cells.md, "Orders").
 *
 * The one rule: whoever orders something does not do it: it is done when it comes back from the log, by every machine
 * at the same place. */
#ifndef CASEWATCH_RUN_ORDERS_H
#define CASEWATCH_RUN_ORDERS_H

#include "source/kafka/orders.h"

struct council;

#define ORDER_ERASE "erase"     /* as the tool writes it (store/erase_orders.h) */
#define ORDER_PUBLISH "publish" /* a configuration (config/published.h) */

enum result published_carry_out(struct council *council, const struct source_record *record, struct fault *fault);

/* As kafka_orders_ask; on a machine of a cell. */
enum kafka_order_state orders_ask(struct council *council, const char *order, struct text bytes, struct fault *why);
/* ordered.c, of the pipeline (pipeline_settings.order). */
enum result orders_carry_out(void *council, const struct source_record *record, struct fault *fault);

#endif
