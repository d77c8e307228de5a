/* orders: what one machine of a cell orders all of them to do, through the council's log (docs/cells.md, "Orders").
 *
 * The one rule: whoever orders something does not do it: it is done when it comes back from the log, by every machine
 * at the same place. */
#ifndef CASEWATCH_RUN_ORDERS_H
#define CASEWATCH_RUN_ORDERS_H

#include "source/kafka/orders.h"

struct council;

#define ORDER_ERASE "erase"     /* as the tool writes it (store/erasure/erase_orders.h) */
#define ORDER_PUBLISH "publish" /* a configuration (config/published.h) */
#define ORDER_ASIDE "aside" /* what a machine set aside: its name, the number of the work, its name; a line each */
#define ORDER_TAKEN "taken" /* who could take it: that machine's name, and then the same */
#define ORDER_RETENTION "retention" /* a child who is kept no longer (tidying.c) */

typedef enum result order_carry_out_here(struct council *council, const struct source_record *record,
                                         struct fault *fault);
order_carry_out_here published_carry_out, asides_carry_out, asides_carry_out_answer, tidying_carry_out;

/* As kafka_orders_ask; on a machine of a cell. */
enum kafka_order_state orders_ask(struct council *council, const char *order, struct text bytes, struct fault *why);
/* As kafka_orders_ask_no_more; likewise. */
void orders_ask_no_more(struct council *council, const char *order, struct text bytes);
/* As kafka_orders_give; likewise. */
bool orders_give(struct council *council, const char *order, struct text bytes);
/* ordered.c, of the pipeline (pipeline_settings.order). */
enum result orders_carry_out(void *council, const struct source_record *record, struct fault *fault);

#endif
