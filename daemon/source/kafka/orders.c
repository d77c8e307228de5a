/* kafka_orders: appended until they stand. */
#include "source/kafka/orders.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/waker.h"
#include "source/kafka/append.h"
#include "source/kafka/kafka_internal.h"

#define AGAIN_MS 1000 /* after the brokers did not take it */

struct given {
	char *order, *bytes;
	size_t length;
	bool asked;                        /* somebody will ask what became of it */
	struct kafka_appending *under_way; /* NULL: it waits for `again` */
	int64_t again;
	enum kafka_order_state state;
	char why[256];
};

struct kafka_orders {
	struct kafka_readers *readers;
	struct kafka_appender *appender;
	struct waker *waker;
	char *topic, *council, *key;
	size_t key_length;
	int32_t partition;
	struct given **items;
	size_t count, room;
	bool down; /* and said so */
};

/* As all else that machines of a cell wait for: while a machine is suspended, too. */
static int64_t now_ms(void)
{
	return clock_boot() / (SECOND / 1000);
}

/* ---- one ---- */

static void free_given(struct given *given)
{
	kafka_appending_release(given->under_way);
	free(given->order);
	free(given->bytes);
	free(given);
}

static void append(struct kafka_orders *orders, struct given *given)
{
	struct text bytes = {given->bytes, given->length}, council = text_of(orders->council);
	struct digest seal = kafka_seal((struct text){orders->key, orders->key_length}, council, text_of(given->order),
	                                bytes);
	const struct kafka_header headers[] = {{KAFKA_HEADER_COUNCIL, council},
	                                       {KAFKA_HEADER_ORDER, text_of(given->order)},
	                                       {KAFKA_HEADER_SEAL, digest_view(&seal)}};
	given->under_way = kafka_appending_new(orders->waker);
	(void)!kafka_append(orders->appender, given->under_way, orders->topic, orders->partition, bytes, headers,
	                    sizeof headers / sizeof headers[0]); /* where it refuses, that is what became of it */
	kafka_appending_all(given->under_way);
}

static void say_whether_down(struct kafka_orders *orders, const char *why)
{
	if (orders->down == (why != NULL))
		return;
	orders->down = why != NULL;
	if (why)
		log_warning("an order to the machines of the cell cannot be appended to Kafka topic %s, partition %d "
		            "(%s); it is tried again",
		            orders->topic, (int)orders->partition, why);
	else
		log_notice("orders to the machines of the cell are appended again");
}

static void look_at(struct kafka_orders *orders, struct given *given)
{
	const char *why;
	if (!given->under_way && now_ms() >= given->again && given->state == KAFKA_ORDER_UNDER_WAY)
		append(orders, given);
	if (!given->under_way || !kafka_appending_is_over(given->under_way, &why))
		return;
	bool for_good = kafka_appending_is_refused(given->under_way);
	kafka_appending_release(given->under_way);
	given->under_way = NULL;
	given->again = now_ms() + AGAIN_MS;
	if (!why)
		given->state = KAFKA_ORDER_STANDS;
	else if (for_good)
		given->state = KAFKA_ORDER_REFUSED;
	(void)snprintf(given->why, sizeof given->why, "%s", why ? why : "");
	if (for_good && !given->asked)
		log_error("an order to the machines of the cell (%s) is refused by the brokers: %s", given->order, why);
	else
		say_whether_down(orders, for_good ? NULL : why);
}

/* ---- all ---- */

static struct given *find(const struct kafka_orders *orders, const char *order, struct text bytes)
{
	for (size_t i = 0; i < orders->count; i++)
		if (strcmp(orders->items[i]->order, order) == 0 &&
		    text_equal((struct text){orders->items[i]->bytes, orders->items[i]->length}, bytes))
			return orders->items[i];
	return NULL;
}

static struct given *add(struct kafka_orders *orders, const char *order, struct text bytes)
{
	if (orders->count == KAFKA_ORDERS_MOST || bytes.length > KAFKA_ORDER_BYTES_MOST)
		return NULL;
	struct given *given = MEM_NEW(struct given);
	*given = (struct given){.order = mem_copy_text(order, strlen(order)),
	                        .bytes = mem_copy_text(bytes.at, bytes.length),
	                        .length = bytes.length};
	*(struct given **)mem_push((void **)&orders->items, &orders->count, &orders->room, sizeof *orders->items) =
		given;
	look_at(orders, given);
	return given;
}

static void forget(struct kafka_orders *orders, size_t at)
{
	free_given(orders->items[at]);
	orders->items[at] = orders->items[--orders->count];
}

bool kafka_orders_give(struct kafka_orders *orders, const char *order, struct text bytes)
{
	return find(orders, order, bytes) || add(orders, order, bytes);
}

enum kafka_order_state kafka_orders_ask(struct kafka_orders *orders, const char *order, struct text bytes,
                                        struct fault *why)
{
	struct given *given = find(orders, order, bytes);
	if (!given && !(given = add(orders, order, bytes))) {
		(void)fault_set(why, RESULT_PERMANENT,
		                bytes.length > KAFKA_ORDER_BYTES_MOST ? "it is longer than %zu bytes"
		                                                      : "%zu orders are under way already",
		                bytes.length > KAFKA_ORDER_BYTES_MOST ? KAFKA_ORDER_BYTES_MOST
		                                                      : (size_t)KAFKA_ORDERS_MOST);
		return KAFKA_ORDER_REFUSED;
	}
	given->asked = true;
	enum kafka_order_state state = given->state;
	(void)fault_set(why, state == KAFKA_ORDER_REFUSED ? RESULT_PERMANENT : RESULT_TEMPORARY, "%s", given->why);
	for (size_t i = 0; i < orders->count && state != KAFKA_ORDER_UNDER_WAY; i++)
		if (orders->items[i] == given) {
			forget(orders, i);
			break;
		}
	return state;
}

void kafka_orders_ask_no_more(struct kafka_orders *orders, const char *order, struct text bytes)
{
	struct given *given = find(orders, order, bytes);
	if (given)
		given->asked = false;
}

instant kafka_orders_wake(struct kafka_orders *orders)
{
	int64_t now = now_ms(), next = INT64_MAX;
	(void)waker_drain(orders->waker);
	for (size_t i = orders->count; i > 0; i--) {
		struct given *given = orders->items[i - 1];
		look_at(orders, given);
		if (given->state != KAFKA_ORDER_UNDER_WAY && !given->asked)
			forget(orders, i - 1);
		else if (given->state == KAFKA_ORDER_UNDER_WAY && !given->under_way && given->again < next)
			next = given->again;
	}
	if (next == INT64_MAX)
		return INSTANT_NEVER;
	return next > now ? (next - now) * (SECOND / 1000) : 0;
}

/* ---- life ---- */

int kafka_orders_fd(const struct kafka_orders *orders)
{
	return waker_fd(orders->waker);
}

void kafka_orders_close(struct kafka_orders *orders)
{
	if (!orders)
		return;
	while (orders->count)
		forget(orders, orders->count - 1);
	kafka_appender_leave(orders->readers, orders->appender);
	waker_free(orders->waker);
	free(orders->items);
	free(orders->topic);
	free(orders->council);
	free(orders->key);
	free(orders);
}

enum result kafka_orders_open(const struct kafka_settings *settings, struct kafka_orders **opened, struct fault *fault)
{
	struct kafka_orders *orders = MEM_NEW(struct kafka_orders);
	*orders = (struct kafka_orders){
		.readers = settings->readers,
		.topic = mem_copy_text(settings->topics[0], strlen(settings->topics[0])),
		.council = mem_copy_text(settings->council, strlen(settings->council)),
		.key = mem_copy_text(settings->seal_key.at, settings->seal_key.length),
		.key_length = settings->seal_key.length,
		.partition = settings->partitions[0],
		.waker = waker_new(fault),
	};
	enum result result =
		orders->waker ? kafka_appender_join(settings, &orders->appender, fault) : RESULT_TEMPORARY;
	if (result == RESULT_OK)
		*opened = orders;
	else
		kafka_orders_close(orders);
	return result;
}
