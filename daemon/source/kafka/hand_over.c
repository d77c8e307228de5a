/* kafka_hand_over: from the consumer's thread to the loop's: what is in hand goes into the ring. */
#include "source/kafka/kafka_internal.h"

#define ROOM_MS 100 /* how long it waits for room before it looks whether it should still wait */

/* What the answer that brought these events said of the log's end: so that whoever asks for the lag need not wait for
 * the watch. */
static void note_ends(struct kafka *kafka, const struct kafka_parcel *parcel)
{
	for (size_t i = 0; i < parcel->span_count; i++) {
		struct kafka_partition *partition = parcel->spans[i].partition;
		int64_t low = -1, high = -1;
		if (rd_kafka_get_watermark_offsets(kafka->client, partition->topic, partition->id, &low, &high) !=
		            RD_KAFKA_RESP_ERR_NO_ERROR ||
		    high < 0)
			continue;
		(void)pthread_mutex_lock(&kafka->table->lock);
		partition->end = high;
		(void)pthread_mutex_unlock(&kafka->table->lock);
	}
}

/* Only the last record of a partition is ever compared, so only its fingerprint is worked out. True: it is the first
 * that the watch hears of in some partition. */
static bool seal(struct kafka *kafka, struct kafka_parcel *parcel)
{
	bool first = false;
	(void)pthread_mutex_lock(&kafka->table->lock);
	for (size_t i = 0; i < parcel->span_count; i++) {
		struct kafka_span *span = &parcel->spans[i];
		struct source_record *record = &parcel->batch->records[span->record];
		if (!record->fingerprint)
			record->fingerprint = text_fingerprint(record->bytes, 0);
		if (!record->fingerprint)
			record->fingerprint = 1;
		span->partition->shown_next = span->next;
		span->partition->last_offset = span->next - 1;
		span->partition->last_time = span->partition->taken_time;
		/* A record that has no time can be no anchor. */
		first = first || (span->partition->anchor_offset < 0 && span->partition->taken_time >= 0);
	}
	(void)pthread_mutex_unlock(&kafka->table->lock);
	return first;
}

void kafka_hand_over(struct kafka *kafka)
{
	if (!kafka->parcel->span_count)
		return;
	/* While the loop cannot take more, librdkafka must still see that we live (max.poll.interval.ms). A fatal error
	 * comes only behind the messages that were fetched before it, so it is asked for. */
	while (!kafka_ring_wait_room(kafka->ring, ROOM_MS)) {
		if (kafka_ring_stopping(kafka->ring) || kafka_health_over(kafka))
			return;
		(void)rd_kafka_poll(kafka->client, 0);
	}
	note_ends(kafka, kafka->parcel);
	if (seal(kafka, kafka->parcel))
		kafka_watch_first(kafka->reader);
	kafka_ring_push(kafka->ring, kafka->parcel);
	kafka->parcel = kafka_parcel_new();
	kafka->parcel_bytes = 0;
}
