/* kafka_admin: what tests ask of a broker's administration, without a JVM's second of starting.
 *
 *	kafka_admin BROKERS create TOPIC PARTITIONS [replication=COUNT] [NAME=VALUE]...
 *	kafka_admin BROKERS delete TOPIC
 *	kafka_admin BROKERS recreate TOPIC PARTITIONS [NAME=VALUE]  deleted and made anew, as fast as can be
 *	kafka_admin BROKERS set TOPIC NAME=VALUE
 *	kafka_admin BROKERS partitions TOPIC COUNT         grows to so many
 *	kafka_admin BROKERS cut TOPIC PARTITION OFFSET     events below it are removed, as retention does
 *	kafka_admin BROKERS bounds TOPIC PARTITION         prints "LOW HIGH"
 *	kafka_admin BROKERS told GROUP TOPIC PARTITION     prints the group's offset at the broker, -1: none
 *	kafka_admin BROKERS members GROUP                  prints how many have joined, and a state: "2 Stable" */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#define PATIENCE 20000

struct admin {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	char error[512];
};

static bool note(struct admin *admin, rd_kafka_resp_err_t code, const char *text)
{
	if (code)
		(void)snprintf(admin->error, sizeof admin->error, "%s: %s", rd_kafka_err2name(code), text ? text : "");
	return !code;
}

static bool topics_good(struct admin *admin, const rd_kafka_topic_result_t **results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!note(admin, rd_kafka_topic_result_error(results[i]),
		          rd_kafka_topic_result_error_string(results[i])))
			return false;
	return true;
}

static bool event_good(struct admin *admin, rd_kafka_event_t *event)
{
	size_t count = 0;
	if (!event)
		return note(admin, RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer");
	if (!note(admin, rd_kafka_event_error(event), rd_kafka_event_error_string(event)))
		return false;
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_CREATETOPICS_RESULT: {
		const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &count);
		return topics_good(admin, results, count);
	}
	case RD_KAFKA_EVENT_DELETETOPICS_RESULT: {
		const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(
			rd_kafka_event_DeleteTopics_result(event), &count);
		return topics_good(admin, results, count);
	}
	case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT: {
		const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(
			rd_kafka_event_CreatePartitions_result(event), &count);
		return topics_good(admin, results, count);
	}
	case RD_KAFKA_EVENT_ALTERCONFIGS_RESULT: {
		const rd_kafka_ConfigResource_t **results =
			rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
		return count == 1 && note(admin, rd_kafka_ConfigResource_error(results[0]),
		                          rd_kafka_ConfigResource_error_string(results[0]));
	}
	default:
		return true;
	}
}

static bool settle(struct admin *admin)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, PATIENCE);
	bool good = event_good(admin, event);
	if (event)
		rd_kafka_event_destroy(event);
	return good;
}

static bool create(struct admin *admin, const char *name, int partitions, char **pairs, int count)
{
	static const char replication[] = "replication=";
	size_t length = sizeof replication - 1;
	int replicas = 1;
	for (int i = 0; i < count; i++)
		if (strncmp(pairs[i], replication, length) == 0)
			replicas = atoi(pairs[i] + length);
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(name, partitions, replicas, admin->error, sizeof admin->error);
	if (!topic)
		return false;
	for (int i = 0; i < count; i++) {
		char *equals = strchr(pairs[i], '=');
		if (equals && strncmp(pairs[i], replication, length) != 0) {
			*equals = '\0';
			(void)rd_kafka_NewTopic_set_config(topic, pairs[i], equals + 1);
		}
	}
	rd_kafka_CreateTopics(admin->client, &topic, 1, NULL, admin->queue);
	rd_kafka_NewTopic_destroy(topic);
	return settle(admin);
}

static bool delete(struct admin *admin, const char *name)
{
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
	rd_kafka_DeleteTopics(admin->client, &topic, 1, NULL, admin->queue);
	rd_kafka_DeleteTopic_destroy(topic);
	return settle(admin);
}

/* The broker refuses the new one until the old one is gone. `setting`: one of its own; NULL: none. */
static bool recreate(struct admin *admin, const char *name, int partitions, const char *setting)
{
	if (!delete(admin, name))
		return false;
	for (int tries = 0; tries < 2000; tries++) {
		char pair[256] = "", *pairs[] = {pair}; /* it is cut in two */
		(void)snprintf(pair, sizeof pair, "%s", setting ? setting : "");
		if (create(admin, name, partitions, pairs, setting != NULL))
			return true;
	}
	return false;
}

/* Of a topic that is there; its other settings are the broker's again. */
static bool set(struct admin *admin, const char *name, char *pair)
{
	char *equals = strchr(pair, '=');
	if (!equals)
		return false;
	*equals = '\0';
	rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
	(void)rd_kafka_ConfigResource_set_config(topic, pair, equals + 1);
	rd_kafka_AlterConfigs(admin->client, &topic, 1, NULL, admin->queue);
	rd_kafka_ConfigResource_destroy(topic);
	return settle(admin);
}

static bool grow(struct admin *admin, const char *name, int count)
{
	rd_kafka_NewPartitions_t *partitions =
		rd_kafka_NewPartitions_new(name, (size_t)count, admin->error, sizeof admin->error);
	if (!partitions)
		return false;
	rd_kafka_CreatePartitions(admin->client, &partitions, 1, NULL, admin->queue);
	rd_kafka_NewPartitions_destroy(partitions);
	return settle(admin);
}

static bool cut(struct admin *admin, const char *name, int partition, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, name, partition)->offset = offset;
	rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
	rd_kafka_DeleteRecords(admin->client, &records, 1, NULL, admin->queue);
	rd_kafka_DeleteRecords_destroy(records);
	rd_kafka_topic_partition_list_destroy(list);
	return settle(admin);
}

static bool bounds(struct admin *admin, const char *name, int partition)
{
	int64_t low, high;
	if (!note(admin, rd_kafka_query_watermark_offsets(admin->client, name, partition, &low, &high, PATIENCE),
	          "bounds"))
		return false;
	(void)printf("%" PRId64 " %" PRId64 "\n", low, high);
	return true;
}

static bool told(struct admin *admin, const char *name, int partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, name, partition);
	bool good = note(admin, rd_kafka_committed(admin->client, list, PATIENCE), "told");
	if (good)
		(void)printf("%" PRId64 "\n", list->elems[0].offset < 0 ? -1 : list->elems[0].offset);
	rd_kafka_topic_partition_list_destroy(list);
	return good;
}

static bool members(struct admin *admin, const char *name)
{
	const struct rd_kafka_group_list *list = NULL;
	if (!note(admin, rd_kafka_list_groups(admin->client, name, &list, PATIENCE), "members"))
		return false;
	if (list->group_cnt == 1)
		(void)printf("%d %s\n", list->groups[0].member_cnt, list->groups[0].state);
	rd_kafka_group_list_destroy(list);
	return true;
}

static bool run(struct admin *admin, int argc, char **argv)
{
	const char *verb = argv[2];
	if (strcmp(verb, "create") == 0 && argc >= 5)
		return create(admin, argv[3], atoi(argv[4]), argv + 5, argc - 5);
	if (strcmp(verb, "delete") == 0 && argc == 4)
		return delete(admin, argv[3]);
	if (strcmp(verb, "recreate") == 0 && (argc == 5 || argc == 6))
		return recreate(admin, argv[3], atoi(argv[4]), argc == 6 ? argv[5] : NULL);
	if (strcmp(verb, "set") == 0 && argc == 5)
		return set(admin, argv[3], argv[4]);
	if (strcmp(verb, "partitions") == 0 && argc == 5)
		return grow(admin, argv[3], atoi(argv[4]));
	if (strcmp(verb, "cut") == 0 && argc == 6)
		return cut(admin, argv[3], atoi(argv[4]), atoll(argv[5]));
	if (strcmp(verb, "bounds") == 0 && argc == 5)
		return bounds(admin, argv[3], atoi(argv[4]));
	if (strcmp(verb, "told") == 0 && argc == 6)
		return told(admin, argv[4], atoi(argv[5]));
	if (strcmp(verb, "members") == 0 && argc == 4)
		return members(admin, argv[3]);
	(void)snprintf(admin->error, sizeof admin->error, "wrong use; see the head of its source");
	return false;
}

int main(int argc, char **argv)
{
	struct admin admin = {.error = ""};
	if (argc < 4) {
		(void)fprintf(stderr, "kafka_admin: wrong use; see the head of its source\n");
		return 2;
	}
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	(void)rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], admin.error, sizeof admin.error);
	(void)rd_kafka_conf_set(conf, "group.id", strcmp(argv[2], "told") == 0 ? argv[3] : "kafka-admin", admin.error,
	                        sizeof admin.error);
	admin.client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, admin.error, sizeof admin.error);
	if (!admin.client) {
		(void)fprintf(stderr, "kafka_admin: %s\n", admin.error);
		return 1;
	}
	admin.queue = rd_kafka_queue_new(admin.client);
	bool good = run(&admin, argc, argv);
	if (!good)
		(void)fprintf(stderr, "kafka_admin: %s\n", admin.error);
	rd_kafka_queue_destroy(admin.queue);
	rd_kafka_destroy_flags(admin.client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return good ? 0 : 1;
}
