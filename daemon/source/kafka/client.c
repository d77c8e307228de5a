/* kafka_client: how a client begins, and how a consumer ends. */
#include "source/kafka/client.h"

#include <signal.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum result kafka_client_new(bool consumes, rd_kafka_conf_t *conf, rd_kafka_t **client, struct fault *fault)
{
	char error[512] = "";
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	*client = rd_kafka_new(consumes ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, error, sizeof error);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (*client)
		return RESULT_OK;
	rd_kafka_conf_destroy(conf);
	return fault_set(fault, RESULT_PERMANENT, "kafka: the properties do not go together: %s", error);
}

void kafka_client_leave(rd_kafka_t *client, int patience_ms)
{
	int64_t until = now_ms() + patience_ms;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(client, queue);
	if (error)
		rd_kafka_error_destroy(error);
	else
		while (!rd_kafka_consumer_closed(client) && now_ms() < until) {
			rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20);
			if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
				(void)rd_kafka_assign(client, NULL);
			if (event)
				rd_kafka_event_destroy(event);
		}
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}
