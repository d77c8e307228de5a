/* journal_thread: records from the topic to the loop, and whom the group names. */
#include "cell/journal_internal.h"

#include <string.h>

#include "base/log.h"
#include "base/threads.h"

#define POLL_MS 20    /* how long it sleeps when nothing comes; a record wakes it */
#define TURN_MOST 256 /* records between two looks at the group: its news are not to wait for a flood */
#define AGAIN_MS 1000 /* a broker that refuses is asked again so soon */
#define BOUNDS_MS 2000

static void read_anew(struct journal *journal, int64_t in_ms)
{
	journal->anew = true;
	journal->anew_at = clock_boot() / 1000 + in_ms;
}

/* All partitions, whoever is named for them. */
static void assign(struct journal *journal)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)journal->part_count);
	for (size_t i = 0; i < journal->part_count; i++) {
		const struct journal_part *part = &journal->parts[i];
		bool before = part->expected.print && part->expected.position < part->next;
		rd_kafka_topic_partition_list_add(list, journal->topic, part->partition)->offset =
			before ? part->expected.position : part->next;
	}
	rd_kafka_resp_err_t error = rd_kafka_assign(journal->reader, list);
	rd_kafka_topic_partition_list_destroy(list);
	journal->anew = false;
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		journal_complain(journal, rd_kafka_err2str(error));
		read_anew(journal, AGAIN_MS);
	}
}

static void hand_over(struct journal *journal, const struct journal_item *item)
{
	while (!journal_ring_wait_room(journal->ring, POLL_MS) && !journal_ring_stopping(journal->ring))
		;
	(void)journal_ring_push(journal->ring, item);
}

/* Our place is not in the log any more, or not yet: retention removed it, or the topic was made anew. Reading goes on
 * with the earliest there is, and whoever reads knows that something is missing. */
static void find_place(struct journal *journal, struct journal_part *part, bool other)
{
	int64_t low = 0, high = 0;
	rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(journal->reader, journal->topic, part->partition,
	                                                             &low, &high, BOUNDS_MS);
	read_anew(journal, AGAIN_MS);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR && part->expected.position < low)
		part->expected.print = 0; /* it alone is gone, by retention */
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR || (!other && part->next >= low && part->next <= high))
		return;
	log_warning("the cell's journal: %s partition %d from %lld on are gone unread; reading goes on at %lld, and "
	            "what was sent of this council is in doubt",
	            other ? "its topic was made anew, so that records of" : "records of", (int)part->partition,
	            (long long)part->next, (long long)low);
	part->next = low;
	part->expected.print = 0;
	hand_over(journal, &(struct journal_item){.kind = JOURNAL_ITEM_GAP,
	                                          .position = low,
	                                          .council = (size_t)(part - journal->parts)});
}

/* Also where it is gone by retention it is looked for once. */
static bool is_another(struct journal_part *part, const rd_kafka_message_t *message)
{
	if (!part->expected.print || message->offset < part->expected.position)
		return false;
	if (message->offset == part->expected.position &&
	    journal_record_print(message->payload, message->len) != part->expected.print)
		return true;
	part->expected.print = 0;
	return false;
}

static instant appended_at(const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t kind;
	int64_t milliseconds = rd_kafka_message_timestamp(message, &kind);
	return milliseconds > 0 && milliseconds < INT64_MAX / 1000 ? milliseconds * 1000 : INSTANT_NONE;
}

static void take_message(struct journal *journal, const rd_kafka_message_t *message)
{
	struct journal_part *part = message->rkt ? journal_part_of(journal, message->partition) : NULL;
	if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && part) {
		find_place(journal, part, false);
		return;
	}
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && part && message->offset < part->next) {
		find_place(journal, part, false); /* made anew, and shorter: what was read last is not there */
		return;
	}
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) { /* each time it is come to */
		if (part && !part->ended)
			hand_over(journal, &(struct journal_item){.kind = JOURNAL_ITEM_END,
			                                          .council = (size_t)(part - journal->parts)});
		if (part)
			part->ended = true;
		return;
	}
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		journal_complain(journal, rd_kafka_message_errstr(message));
		read_anew(journal, AGAIN_MS);
		return;
	}
	if (part && is_another(part, message)) {
		find_place(journal, part, true);
		assign(journal); /* at once: what comes behind it is not to be read before what was there first */
		return;
	}
	if (!part || message->offset < part->next)
		return;
	struct journal_item item = {.kind = JOURNAL_ITEM_RECORD,
	                            .position = message->offset,
	                            .at = appended_at(message),
	                            .length = message->len,
	                            .council = (size_t)(part - journal->parts)};
	memcpy(item.bytes, message->payload ? message->payload : "",
	       message->len < sizeof item.bytes ? message->len : sizeof item.bytes);
	hand_over(journal, &item);
	part->next = message->offset + 1;
}

static void read_some(struct journal *journal)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(journal->reader, POLL_MS);
	for (size_t i = 0; message; i++) {
		take_message(journal, message);
		rd_kafka_message_destroy(message);
		message = i < TURN_MOST ? rd_kafka_consumer_poll(journal->reader, 0) : NULL;
	}
}

static void hear_group(struct journal *journal)
{
	rd_kafka_message_t *message = journal->member ? rd_kafka_consumer_poll(journal->member, 0) : NULL;
	if (!message)
		return;
	if (message->err)
		journal_complain(journal, rd_kafka_message_errstr(message));
	rd_kafka_message_destroy(message);
}

static void *journal_thread(void *argument)
{
	struct journal *journal = argument;
	(void)pthread_setname_np(pthread_self(), "journal");
	read_anew(journal, 0);
	while (!journal_ring_stopping(journal->ring)) {
		(void)rd_kafka_poll(journal->producer, 0);
		journal_clients_sit(journal);
		journal_clients_beat(journal);
		journal_clients_keep_ready(journal);
		journal_members_look(journal);
		hear_group(journal);
		if (journal->anew && clock_boot() / 1000 >= journal->anew_at)
			assign(journal);
		if (journal_ring_wait_room(journal->ring, POLL_MS))
			read_some(journal);
	}
	journal_clients_end(journal);
	return NULL;
}

bool journal_thread_start(struct journal *journal)
{
	return thread_start(&journal->thread, journal_thread, journal);
}

void journal_thread_end(struct journal *journal)
{
	journal_ring_stop(journal->ring);
	(void)pthread_join(journal->thread, NULL);
}
