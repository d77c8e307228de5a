/* orders: what this machine orders all machines of its cell to do, through the log (docs/cells.md, "Orders"). */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/digest.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

struct orders {
	struct council *council;
	struct kafka_orders *given; /* NULL: not yet */
	struct loop_watch *watch;
	struct loop_timer *timer;
	bool full; /* the last one could not be given; said once */
};

static void turn(void *argument)
{
	struct orders *orders = argument;
	instant wait = kafka_orders_wake(orders->given);
	if (wait != INSTANT_NEVER)
		loop_timer_in(orders->timer, wait);
}

bool orders_are_given(const struct council *council)
{
	return council->orders != NULL;
}

bool orders_give(struct council *council, const char *order, struct text bytes)
{
	bool given = kafka_orders_give(council->orders->given, order, bytes);
	turn(council->orders);
	return given;
}

/* ---- nobody could be told ---- */

bool orders_give_nobody(struct council *council, struct text alert, int step, bool others,
                        const struct outbox_same *row)
{
	struct orders *orders = council->orders;
	struct buffer words = {0};
	buffer_format(&words, "%d%s %.*s", step, others ? "+" : "", TEXT_ARG(alert));
	if (outbox_same_known(row)) {
		buffer_char(&words, ' ');
		digest_put_hex((struct text){(const char *)row->at, sizeof row->at}, &words);
	}
	bool given = orders_give(council, PIPELINE_ORDER_NOBODY, buffer_view(&words));
	if (!given && !orders->full)
		log_warning("nobody, or not everybody, could be told of an alert, and the machines of the cell cannot "
		            "be told so yet: %d orders are under way; it is tried again",
		            KAFKA_ORDERS_MOST);
	orders->full = !given;
	buffer_free(&words);
	return given;
}

/* ---- what somebody asks about ---- */

enum kafka_order_state orders_ask(struct council *council, const char *order, struct text bytes, struct fault *why)
{
	enum kafka_order_state state = kafka_orders_ask(council->orders->given, order, bytes, why);
	turn(council->orders);
	return state;
}

void orders_ask_no_more(struct council *council, const char *order, struct text bytes)
{
	kafka_orders_ask_no_more(council->orders->given, order, bytes);
	turn(council->orders);
}

/* ---- start and stop ---- */

enum result orders_start(struct council *council, struct fault *fault)
{
	if (!council->cell)
		return RESULT_OK;
	struct orders *orders = council->orders = MEM_NEW(struct orders);
	orders->council = council;
	enum result result = sources_open_orders(council, &orders->given, fault);
	orders->timer = loop_timer_new(council->daemon->loop, turn, orders);
	if (result == RESULT_OK)
		orders->watch = loop_watch_new(council->daemon->loop, kafka_orders_fd(orders->given), turn, orders);
	return result;
}

void orders_stop(struct council *council)
{
	struct orders *orders = council->orders;
	if (!orders)
		return;
	loop_timer_free(orders->timer);
	loop_watch_free(orders->watch);
	kafka_orders_close(orders->given);
	free(orders);
	council->orders = NULL;
}
