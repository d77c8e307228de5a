/* kafka_append: the client that appends, and what of a batch is still under way. */
#include "source/kafka/append.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/shared.h"
#include "base/waker.h"
#include "source/kafka/client.h"
#include "source/kafka/kafka_internal.h"
#include "source/kafka/orders.h"

#define APPEND_WITHIN "10000"       /* ms; less than senders by HTTP are kept waiting (HTTP_INTAKE_ANSWER_WITHIN) */
#define AROUND_A_RECORD (64 * 1024) /* bytes: headers, and Kafka's own */
#define FLUSH_MS 1000               /* at the end: what was not appended by then is appended at the next start */

struct kafka_appender {
	rd_kafka_t *client;
	char *key;
	size_t users;
};

struct kafka_appending {
	struct shared shared; /* whoever waits, and each record under way */
	pthread_mutex_t lock;
	struct waker *waker;  /* NULL: nobody waits */
	size_t left;          /* records under way, and one until all were added */
	rd_kafka_resp_err_t error;
};

/* ---- what is under way ---- */

static void free_appending(struct shared *shared)
{
	struct kafka_appending *appending = (struct kafka_appending *)shared;
	(void)pthread_mutex_destroy(&appending->lock);
	free(appending);
}

struct kafka_appending *kafka_appending_new(struct waker *waker)
{
	struct kafka_appending *appending = MEM_NEW(struct kafka_appending);
	shared_start(&appending->shared, free_appending);
	(void)pthread_mutex_init(&appending->lock, NULL);
	appending->waker = waker;
	appending->left = 1;
	return appending;
}

/* One is over; the last wakes whoever waits. Under the lock, so that the waker does not go meanwhile. */
static void settle(struct kafka_appending *appending, rd_kafka_resp_err_t error)
{
	(void)pthread_mutex_lock(&appending->lock);
	if (error && !appending->error)
		appending->error = error;
	if (--appending->left == 0)
		waker_wake(appending->waker);
	(void)pthread_mutex_unlock(&appending->lock);
}

void kafka_appending_all(struct kafka_appending *appending)
{
	settle(appending, RD_KAFKA_RESP_ERR_NO_ERROR);
}

bool kafka_appending_is_over(struct kafka_appending *appending, const char **why)
{
	(void)pthread_mutex_lock(&appending->lock);
	bool over = appending->left == 0;
	*why = appending->error ? rd_kafka_err2str(appending->error) : NULL;
	(void)pthread_mutex_unlock(&appending->lock);
	return over;
}

bool kafka_appending_is_refused(struct kafka_appending *appending)
{
	(void)pthread_mutex_lock(&appending->lock);
	rd_kafka_resp_err_t error = appending->error;
	(void)pthread_mutex_unlock(&appending->lock);
	return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
	       error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

void kafka_appending_release(struct kafka_appending *appending)
{
	if (!appending)
		return;
	(void)pthread_mutex_lock(&appending->lock);
	appending->waker = NULL;
	(void)pthread_mutex_unlock(&appending->lock);
	shared_release(&appending->shared);
}

bool kafka_append(struct kafka_appender *appender, struct kafka_appending *appending, const char *topic,
                  int32_t partition, struct text bytes, const struct kafka_header *headers, size_t count)
{
	rd_kafka_headers_t *list = rd_kafka_headers_new(count);
	for (size_t i = 0; i < count; i++)
		(void)rd_kafka_header_add(list, headers[i].name, -1, headers[i].value.at,
		                          (ssize_t)headers[i].value.length);
	(void)shared_hold(&appending->shared);
	(void)pthread_mutex_lock(&appending->lock);
	appending->left++;
	(void)pthread_mutex_unlock(&appending->lock);
	rd_kafka_resp_err_t error = rd_kafka_producev(
		appender->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE((void *)(uintptr_t)bytes.at, bytes.length),
		RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_OPAQUE(appending), RD_KAFKA_V_END);
	if (!error)
		return true;
	rd_kafka_headers_destroy(list);
	settle(appending, error);
	shared_release(&appending->shared);
	return false;
}

/* On librdkafka's own thread. */
static void on_event(rd_kafka_t *client, rd_kafka_event_t *event, void *opaque)
{
	const rd_kafka_message_t *message;
	(void)client;
	(void)opaque;
	while (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR && (message = rd_kafka_event_message_next(event))) {
		struct kafka_appending *appending = message->_private;
		settle(appending, message->err);
		shared_release(&appending->shared);
	}
	rd_kafka_event_destroy(event);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	struct here *before = here_enter(NULL);
	(void)client;
	(void)level;
	log_line(LOG_LEVEL_DEBUG, "librdkafka %s: %s", facility, line);
	(void)here_enter(before);
}

/* ---- the client ---- */

/* In order; not idempotent: a record that comes twice is a duplicate, and an idempotent producer can come to an end for
 * good. */
static enum result configure(rd_kafka_conf_t *conf, const struct kafka_settings *settings, struct fault *fault)
{
	const struct kafka_property own[] = {{"acks", "all"},
	                                     {"max.in.flight.requests.per.connection", "1"},
	                                     {"linger.ms", "0"},
	                                     {"compression.codec", "lz4"}, /* a published configuration is large */
	                                     {"message.timeout.ms", APPEND_WITHIN}};
	char bytes[32];
	enum result result = RESULT_OK;
	for (size_t i = 0; i < sizeof own / sizeof own[0] && result == RESULT_OK; i++)
		result = kafka_client_set(conf, own[i].name, own[i].value, fault);
	size_t most = settings->source.event_limits.bytes;
	most = most > KAFKA_ORDER_BYTES_MOST ? most : KAFKA_ORDER_BYTES_MOST;
	(void)snprintf(bytes, sizeof bytes, "%zu", most + AROUND_A_RECORD);
	if (result == RESULT_OK)
		result = kafka_client_set(conf, "message.max.bytes", bytes, fault);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	rd_kafka_conf_set_background_event_cb(conf, on_event);
	rd_kafka_conf_set_log_cb(conf, on_log);
	return result;
}

/* What is told of a record comes by the main queue, which nobody asks here. */
static void serve_in_background(rd_kafka_t *client)
{
	rd_kafka_queue_t *main = rd_kafka_queue_get_main(client), *background = rd_kafka_queue_get_background(client);
	rd_kafka_queue_forward(main, background);
	rd_kafka_queue_destroy(main);
	rd_kafka_queue_destroy(background);
}

static enum result open_appender(const struct kafka_settings *settings, struct kafka_appender **opened,
                                 struct fault *fault)
{
	rd_kafka_conf_t *conf = NULL;
	rd_kafka_t *client = NULL;
	enum result result = kafka_client_config(settings, &conf, fault);
	if (result != RESULT_OK)
		return result;
	result = configure(conf, settings, fault);
	if (result != RESULT_OK)
		rd_kafka_conf_destroy(conf);
	else
		result = kafka_client_new(false, conf, &client, fault);
	if (result != RESULT_OK)
		return result;
	serve_in_background(client);
	*opened = MEM_NEW(struct kafka_appender);
	(*opened)->client = client;
	(*opened)->key = kafka_readers_key(settings);
	return RESULT_OK;
}

enum result kafka_appender_join(const struct kafka_settings *settings, struct kafka_appender **appender,
                                struct fault *fault)
{
	struct kafka_readers *readers = settings->readers;
	char *key = kafka_readers_key(settings);
	enum result result = RESULT_OK;
	*appender = NULL;
	for (size_t i = 0; i < readers->appender_count && !*appender; i++)
		if (strcmp(readers->appenders[i]->key, key) == 0)
			*appender = readers->appenders[i];
	free(key);
	if (!*appender) {
		result = open_appender(settings, appender, fault);
		if (result == RESULT_OK)
			*(struct kafka_appender **)mem_push((void **)&readers->appenders, &readers->appender_count,
			                                    &readers->appender_room, sizeof *readers->appenders) =
				*appender;
	}
	if (result == RESULT_OK)
		(*appender)->users++;
	return result;
}

void kafka_appender_leave(struct kafka_readers *readers, struct kafka_appender *appender)
{
	if (!appender || --appender->users)
		return;
	for (size_t i = 0; i < readers->appender_count; i++)
		if (readers->appenders[i] == appender)
			readers->appenders[i] = readers->appenders[--readers->appender_count];
	(void)rd_kafka_flush(appender->client, FLUSH_MS);
	(void)rd_kafka_purge(appender->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	(void)rd_kafka_flush(appender->client, FLUSH_MS); /* each record is told of, and freed */
	rd_kafka_destroy(appender->client);
	free(appender->key);
	free(appender);
}
