/* kafka_place: which partitions librdkafka reads, and from where: the whole assignment, or one council's part of it. */
#include "source/kafka/kafka_internal.h"

#include "base/log.h"

static void on_message(rd_kafka_t *client, void *kafka)
{
	(void)client;
	kafka_reader_call(kafka);
}

/* A queue of its own each time, so that nothing of the reading before is left in it. Messages wait there, bounded by
 * queued.max.messages.kbytes, for as long as the council does not keep up, and hold up nobody else's. */
static void open_queue(struct kafka *kafka, const rd_kafka_topic_partition_list_t *list)
{
	kafka->queue = rd_kafka_queue_new(kafka->client);
	rd_kafka_queue_cb_event_enable(kafka->queue, on_message, kafka);
	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_queue_t *own = rd_kafka_queue_get_partition(kafka->client, list->elems[i].topic,
		                                                     list->elems[i].partition);
		if (!own)
			continue; /* its messages come by the consumer's queue, and are noticed there */
		rd_kafka_queue_forward(own, kafka->queue);
		rd_kafka_queue_destroy(own);
	}
}

static void close_queue(struct kafka *kafka)
{
	if (!kafka->queue)
		return;
	rd_kafka_queue_cb_event_enable(kafka->queue, NULL, NULL);
	rd_kafka_queue_destroy(kafka->queue);
	kafka->queue = NULL;
	kafka->more = false;
}

static bool went_well(rd_kafka_error_t *error)
{
	if (!error)
		return true;
	log_warning("kafka: the assignment is refused and tried again: %s", rd_kafka_error_string(error));
	rd_kafka_error_destroy(error);
	return false;
}

void kafka_place_nothing(struct kafka *kafka)
{
	if (kafka->placed) {
		(void)went_well(rd_kafka_incremental_unassign(kafka->client, kafka->placed));
		rd_kafka_topic_partition_list_destroy(kafka->placed);
		kafka->placed = NULL;
	}
	close_queue(kafka);
}

static bool place_part(struct kafka *kafka, rd_kafka_topic_partition_list_t *list)
{
	if (!list->cnt)
		return true;
	open_queue(kafka, list);
	if (went_well(rd_kafka_incremental_assign(kafka->client, list))) {
		kafka->placed = rd_kafka_topic_partition_list_copy(list);
		return true;
	}
	close_queue(kafka);
	return false;
}

bool kafka_place(struct kafka *kafka, rd_kafka_topic_partition_list_t *list)
{
	if (kafka->reader->shared)
		return place_part(kafka, list);
	rd_kafka_resp_err_t error = rd_kafka_assign(kafka->client, list);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		log_warning("kafka: the assignment is refused and tried again: %s", rd_kafka_err2str(error));
	return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}
