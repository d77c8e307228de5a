/* kafka_consume_many: the thread of a reader for many councils. It waits for none of them: each has a queue of its own,
 * and is served when something came for it, one batch at a time. */
#include "source/kafka/kafka_internal.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "base/waker.h"

#define LOOK_MS 100  /* so often all are looked at, whatever came */
#define LINGER_MS 1  /* the same for one that has a batch in hand and whose loop is busy with others */

/* ---- those that come and go ---- */

/* The partitions it is to read are known from the start. */
static void arrive(struct kafka_reader *reader, struct kafka *kafka)
{
	struct kafka **slot = mem_push((void **)&reader->sources, &reader->source_count, &reader->source_room,
	                               sizeof(struct kafka *));
	*slot = kafka;
	kafka_watch_partitions(reader);
	kafka->assign_at = 0;
}

static struct kafka *take_arriving(struct kafka_reader *reader)
{
	(void)pthread_mutex_lock(&reader->lock);
	struct kafka *kafka = reader->arriving_count ? reader->arriving[--reader->arriving_count] : NULL;
	(void)pthread_mutex_unlock(&reader->lock);
	return kafka;
}

/* From here on the loop may free it. */
static void depart(struct kafka_reader *reader, size_t index)
{
	struct kafka *kafka = reader->sources[index];
	reader->commit_at = 0;
	kafka_consume_tell(reader, kafka_now());
	kafka_place_nothing(kafka);
	reader->sources[index] = reader->sources[--reader->source_count];
	kafka_watch_partitions(reader);
	(void)pthread_mutex_lock(&reader->lock);
	kafka->gone = true;
	(void)pthread_cond_broadcast(&reader->changed);
	(void)pthread_mutex_unlock(&reader->lock);
}

static bool stopping(struct kafka_reader *reader)
{
	(void)pthread_mutex_lock(&reader->lock);
	bool stop = reader->stop;
	(void)pthread_mutex_unlock(&reader->lock);
	return stop;
}

/* ---- one council ---- */

/* At most a batch. */
static void read_some(struct kafka *kafka)
{
	rd_kafka_message_t *message = NULL;
	bool alive = false;
	while (!kafka_consume_full(kafka) && kafka->queue && (message = rd_kafka_consume_queue(kafka->queue, 0))) {
		alive = alive || !message->err;
		kafka_consume_take(kafka, message);
	}
	kafka->more = kafka->queue && kafka_consume_full(kafka);
	if (alive)
		kafka_health_alive(kafka, kafka_now());
}

/* For how long it need not be looked at. */
static int serve(struct kafka *kafka, bool look)
{
	int64_t now = kafka_now();
	bool called = atomic_exchange(&kafka->called, false);
	if (kafka_health_over(kafka))
		return LOOK_MS;
	if (look) {
		kafka_health_there(kafka);
		kafka_health_tick(kafka, now);
		kafka_group_look_anew(kafka);
	}
	kafka_group_tick(kafka, now);
	if (called || kafka->more || look)
		read_some(kafka);
	if (!kafka->parcel->span_count)
		return LOOK_MS;
	if (!kafka_ring_wait_room(kafka->ring, 0))
		return LOOK_MS; /* it is called when there is */
	if (!kafka_consume_due(kafka, kafka_now()))
		return LINGER_MS;
	kafka_hand_over(kafka);
	return kafka->more ? 0 : LOOK_MS;
}

static bool has_work(struct kafka *kafka)
{
	return atomic_load(&kafka->called) || kafka->more || kafka->parcel->span_count ||
	       kafka_now() >= kafka->assign_at;
}

/* ---- all of them ---- */

/* Messages come by the councils' own queues. One that comes here is of a partition that librdkafka knows anew (its
 * topic was made again), so that it must be told once more where they go. */
static void look_at_common_queue(struct kafka_reader *reader)
{
	for (rd_kafka_message_t *message; (message = rd_kafka_consumer_poll(reader->client, 0));) {
		for (size_t i = 0; message->rkt && i < reader->source_count; i++)
			if (kafka_group_partition(reader->sources[i], message))
				kafka_assign_again(reader->sources[i], LOOK_MS);
		if (message->err && !message->rkt)
			for (size_t i = 0; i < reader->source_count; i++)
				kafka_health_error(reader->sources[i], message->err, rd_kafka_message_errstr(message));
		rd_kafka_message_destroy(message);
	}
}

static int serve_all(struct kafka_reader *reader, bool look)
{
	int wait = LOOK_MS;
	bool doubtful = false;
	for (size_t i = reader->source_count; i-- > 0;) {
		struct kafka *kafka = reader->sources[i];
		if (!look && !has_work(kafka))
			continue;
		struct here *before = here_enter(kafka->here);
		if (kafka_ring_stopping(kafka->ring)) {
			depart(reader, i);
		} else {
			int own = serve(kafka, look);
			wait = own < wait ? own : wait;
			doubtful = doubtful || kafka_health_is_doubtful(kafka);
		}
		(void)here_enter(before);
	}
	if (look)
		kafka_watch_hurry(reader, doubtful);
	return wait;
}

static void turn(struct kafka_reader *reader)
{
	struct pollfd event = {.fd = waker_fd(reader->waker), .events = POLLIN};
	int64_t now = kafka_now();
	bool looked = atomic_exchange(&reader->looked, false), look = looked || now >= reader->look_at;
	if (look) {
		reader->look_at = now + LOOK_MS;
		(void)rd_kafka_poll(reader->client, 0);
		look_at_common_queue(reader);
		kafka_consume_tell(reader, now);
	}
	for (struct kafka *kafka; (kafka = take_arriving(reader));)
		arrive(reader, kafka);
	int wait = serve_all(reader, look);
	kafka_consume_wake(reader);
	if (poll(&event, 1, wait) == 1)
		(void)waker_drain(reader->waker);
}

void *kafka_consume_many(void *argument)
{
	struct kafka_reader *reader = argument;
	(void)pthread_setname_np(pthread_self(), "kafka");
	(void)here_enter(NULL);
	while (!stopping(reader))
		turn(reader);
	kafka_consume_leave(reader);
	return NULL;
}
