/* journal_clients: one client that appends, one that reads, one that is a member of the group. */
#include "cell/journal_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "source/kafka/client.h"

#define APPENDING_MS 5000 /* an INTENT that is not in the journal by then is of no use */
#define LEAVE_MS 2000
#define MEMBER_AGAIN_MS 1000 /* a member that could not be made */
/* How soon a member hears that the group names anew, and so most of what a clean stop takes. */
#define BEAT_MS 250
/* A broker closes what is idle for ten minutes; a producer that has no connection, or does not know the topic, takes up
 * to a second before its first record goes, and that one would be OWN. */
#define READY_EVERY_MS 60000
#define READY_AGAIN_MS 1000 /* after it was not answered */
#define READY_WAITS_MS 200  /* so long the thread stands for the answer */
#define COMPLAIN_EVERY_MS 60000
#define FIRST_PARTITION 0 /* every topic has it */

struct property {
	const char *name, *value;
};

/* In order, and only what all brokers that must have it have counts as appended. Not idempotent: what comes twice does
 * no harm here, and an idempotent producer can come to an end for good. */
static const struct property of_producer[] = {
	{"acks", "all"},
	{"max.in.flight.requests.per.connection", "1"},
	{"linger.ms", "0"},
};
static const struct property of_reader[] = {
	{"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "error"},  {"allow.auto.create.topics", "false"},
	{"fetch.wait.max.ms", "500"},    {"queued.max.messages.kbytes", "4096"},
	{"enable.partition.eof", "true"},
};
static const struct property of_member[] = {
	{"enable.auto.commit", "false"},
	{"partition.assignment.strategy", "range"},
	{"heartbeat.interval.ms", "200"}, /* less than BEAT_MS: so each beat is one */
	{"allow.auto.create.topics", "false"},
	/* A member that does not answer (its process stands) is waited for so long before another is named. */
	{"max.poll.interval.ms", "10000"},
};
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static enum result set_all(rd_kafka_conf_t *conf, const struct property *table, size_t count, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = kafka_client_set(conf, table[i].name, table[i].value, fault);
	return result;
}

static enum result set_number(rd_kafka_conf_t *conf, const char *name, int number, struct fault *fault)
{
	char value[16];
	(void)snprintf(value, sizeof value, "%d", number);
	return kafka_client_set(conf, name, value, fault);
}

/* ---- what the clients say ---- */

struct journal_part *journal_part_of(struct journal *journal, int32_t partition)
{
	size_t usual = (size_t)partition; /* the first council has partition 0, and so on */
	if (partition >= 0 && usual < journal->part_count && journal->parts[usual].partition == partition)
		return &journal->parts[usual];
	for (size_t i = 0; i < journal->part_count; i++)
		if (journal->parts[i].partition == partition)
			return &journal->parts[i];
	return NULL;
}

void journal_complain(struct journal *journal, const char *words)
{
	int64_t now = clock_boot() / 1000;
	journal->unsaid++;
	if (journal->said_at && now - journal->said_at < COMPLAIN_EVERY_MS)
		return;
	log_warning("the cell's journal: %s (%u such since this was last said): what cannot be announced there waits",
	            words, journal->unsaid);
	journal->said_at = now;
	journal->unsaid = 0;
}

/* Whoever is in the way of appending hears what is not appended; the thread hands it to the loop. A ring that is full
 * forgets it: what does not come back is given up, or said again, by the clock. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct journal *journal = opaque;
	struct journal_part *part = journal_part_of(journal, message->partition);
	struct journal_item item = {.kind = JOURNAL_ITEM_NOT_APPENDED, .length = message->len};
	(void)client;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || !part || message->len > sizeof item.bytes)
		return;
	item.council = (size_t)(part - journal->parts);
	memcpy(item.bytes, message->payload, message->len);
	(void)journal_ring_push(journal->ring, &item);
}

/* What it is given it holds, and holds still: librdkafka 2.0.2 says nothing of the loss of what was not assigned, and
 * the member, which reads nothing, would fetch all of it a second time.
 *
 * Whoever is given the topic's first partition is named, whichever is the council's own: the assignor gives each member
 * an equal run of them, the first run to who has been there for longest. By its own a council in the upper half of a
 * topic would be the later member's, which takes it each time that it comes, and that a handing over leads back to.
 *
 * What is taken back because the group names anew, whoever was named before goes on with until it has: that waits for
 * every member, and for one that died a moment ago as long as its session lasts. The order of the journal decides who
 * may send, whatever both believe. */
static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
	struct journal *journal = opaque;
	bool given = error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
	bool anew = error == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && !rd_kafka_assignment_lost(client);
	(void)rd_kafka_assign(client, given ? list : NULL);
	if (given)
		(void)rd_kafka_pause_partitions(client, list);
	if (anew)
		return;
	bool named = false;
	for (int k = 0; k < list->cnt && given; k++)
		named = named || list->elems[k].partition == FIRST_PARTITION;
	for (size_t i = 0; i < journal->part_count; i++)
		journal_ring_name(journal->ring, i, named);
}

static void on_error(rd_kafka_t *client, int error, const char *reason, void *journal)
{
	struct buffer words = {0};
	(void)client;
	buffer_format(&words, "%s: %s", rd_kafka_err2str((rd_kafka_resp_err_t)error), reason);
	journal_complain(journal, buffer_cstr(&words));
	buffer_free(&words);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	(void)client;
	(void)level;
	log_line(LOG_LEVEL_DEBUG, "librdkafka %s: %s", facility, line);
}

/* ---- making and ending ---- */

static enum result begin(const struct kafka_settings *common, const char *group, struct journal *journal,
                         rd_kafka_conf_t **conf, struct fault *fault)
{
	enum result result = kafka_client_config(common, conf, fault);
	if (result != RESULT_OK)
		return result;
	rd_kafka_conf_set_opaque(*conf, journal);
	rd_kafka_conf_set_error_cb(*conf, on_error);
	rd_kafka_conf_set_log_cb(*conf, on_log);
	result = group ? kafka_client_set(*conf, "group.id", group, fault) : RESULT_OK;
	if (result != RESULT_OK)
		rd_kafka_conf_destroy(*conf);
	return result;
}

static enum result make_producer(struct journal *journal, const struct kafka_settings *common, struct fault *fault)
{
	rd_kafka_conf_t *conf;
	enum result result = begin(common, NULL, journal, &conf, fault);
	if (result != RESULT_OK)
		return result;
	result = set_all(conf, of_producer, LENGTH(of_producer), fault);
	if (result == RESULT_OK)
		result = set_number(conf, "message.timeout.ms", APPENDING_MS, fault);
	if (result != RESULT_OK) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	result = kafka_client_new(false, conf, &journal->producer, fault);
	if (result == RESULT_OK) /* known from here on, and not from the first record on */
		journal->appended = rd_kafka_topic_new(journal->producer, journal->topic, NULL);
	return result;
}

static enum result make_reader(struct journal *journal, const struct kafka_settings *common, struct fault *fault)
{
	rd_kafka_conf_t *conf;
	struct buffer group = {0};
	buffer_format(&group, "%s.reading", common->group); /* a consumer must have one; this one is never joined */
	enum result result = begin(common, buffer_cstr(&group), journal, &conf, fault);
	buffer_free(&group);
	if (result != RESULT_OK)
		return result;
	result = set_all(conf, of_reader, LENGTH(of_reader), fault);
	if (result != RESULT_OK) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	result = kafka_client_new(true, conf, &journal->reader, fault);
	if (result == RESULT_OK)
		(void)rd_kafka_poll_set_consumer(journal->reader);
	return result;
}

static enum result configure_member(struct journal *journal, const struct kafka_settings *common, struct fault *fault)
{
	rd_kafka_conf_t *conf;
	enum result result = begin(common, common->group, journal, &conf, fault);
	if (result != RESULT_OK)
		return result;
	result = set_all(conf, of_member, LENGTH(of_member), fault);
	if (result == RESULT_OK)
		result = set_number(conf, "session.timeout.ms", JOURNAL_SESSION_MS, fault);
	if (result != RESULT_OK) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	journal->member_conf = conf;
	return RESULT_OK;
}

/* Who has been there for longest is first of those that the assignor sorts: by member.id, which begins with
 * client.id. */
static enum result make_member(struct journal *journal, int64_t since, struct fault *fault)
{
	char id[32 + JOURNAL_NAME_MOST];
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(journal->member_conf);
	(void)snprintf(id, sizeof id, "%012lld-%s", (long long)since, journal->owner);
	enum result result = kafka_client_set(conf, "client.id", id, fault);
	if (result != RESULT_OK) {
		rd_kafka_conf_destroy(conf);
		return result;
	}
	result = kafka_client_new(true, conf, &journal->member, fault);
	if (result != RESULT_OK)
		return result;
	journal->since = since;
	(void)rd_kafka_poll_set_consumer(journal->member);
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(topics, journal->topic, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t error = rd_kafka_subscribe(journal->member, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return error == RD_KAFKA_RESP_ERR_NO_ERROR
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "the cell's journal: topic %s: %s", journal->topic,
	                           rd_kafka_err2str(error));
}

enum result journal_clients_make(struct journal *journal, const struct journal_settings *settings, struct fault *fault)
{
	const char *const topics[] = {settings->topic};
	struct kafka_settings common;
	kafka_settings_default(&common);
	common.topics = topics;
	common.topic_count = 1;
	common.group = settings->group;
	common.properties = settings->properties;
	common.property_count = settings->property_count;
	common.password_file = settings->password_file;
	enum result result = make_producer(journal, &common, fault);
	if (result == RESULT_OK)
		result = make_reader(journal, &common, fault);
	if (result == RESULT_OK)
		result = configure_member(journal, &common, fault);
	if (result == RESULT_OK && settings->since)
		result = make_member(journal, settings->since, fault);
	return result;
}

bool journal_clients_append(struct journal *journal, int32_t partition, struct text bytes)
{
	return rd_kafka_producev(journal->producer, RD_KAFKA_V_TOPIC(journal->topic), RD_KAFKA_V_PARTITION(partition),
	                         RD_KAFKA_V_VALUE((void *)(uintptr_t)bytes.at, bytes.length),
	                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                         RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void leave_group(struct journal *journal)
{
	if (journal->member)
		kafka_client_leave(journal->member, LEAVE_MS);
	journal->member = NULL;
	journal->since = 0;
}

void journal_clients_sit(struct journal *journal)
{
	int64_t wanted = atomic_load(&journal->wanted_since), now = clock_boot() / 1000;
	struct fault fault = {""};
	if (wanted == journal->since || now < journal->member_at)
		return;
	for (size_t i = 0; i < journal->part_count; i++)
		journal_ring_name(journal->ring, i, false);
	leave_group(journal);
	if (!wanted || make_member(journal, wanted, &fault) == RESULT_OK)
		return;
	leave_group(journal);
	journal->member_at = now + MEMBER_AGAIN_MS;
	journal_complain(journal, fault.text);
}

/* librdkafka 2.0.2 looks whether a heartbeat is due when its thread has something to do, which may be once a second.
 * So it is asked something. */
void journal_clients_beat(struct journal *journal)
{
	int64_t now = clock_boot() / 1000;
	if (!journal->member || now < journal->beat_at)
		return;
	journal->beat_at = now + BEAT_MS;
	rd_kafka_mem_free(journal->member, rd_kafka_memberid(journal->member));
}

/* Who stands by for weeks must be able to append at once. */
void journal_clients_keep_ready(struct journal *journal)
{
	int64_t now = clock_boot() / 1000, low, high;
	if (now < journal->ready_at)
		return;
	const struct journal_part *part = &journal->parts[journal->ready_part++ % journal->part_count];
	rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(journal->producer, journal->topic, part->partition,
	                                                             &low, &high, READY_WAITS_MS);
	journal->ready_at = now + (error == RD_KAFKA_RESP_ERR_NO_ERROR ? READY_EVERY_MS : READY_AGAIN_MS);
}

void journal_clients_end(struct journal *journal)
{
	journal_members_end(journal);
	if (journal->producer) {
		(void)rd_kafka_flush(journal->producer, LEAVE_MS);
		if (journal->appended)
			rd_kafka_topic_destroy(journal->appended);
		rd_kafka_destroy(journal->producer);
	}
	leave_group(journal);
	if (journal->member_conf)
		rd_kafka_conf_destroy(journal->member_conf);
	journal->member_conf = NULL;
	if (journal->reader)
		rd_kafka_destroy_flags(journal->reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	journal->producer = journal->reader = NULL;
}
