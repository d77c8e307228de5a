/* journal_topic: how the brokers keep a topic. */
#include "cell/journal_topic.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "source/kafka/client.h"

static enum result not_told(struct fault *fault, const char *name, rd_kafka_resp_err_t error)
{
	bool missing = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	return fault_set(fault, missing ? RESULT_PERMANENT : RESULT_TEMPORARY, "topic %s: %s", name,
	                 missing ? "there is none of that name" : rd_kafka_err2str(error));
}

static enum result find_partitions(rd_kafka_t *client, const char *name, int patience_ms, struct journal_topic *topic,
                                   struct fault *fault)
{
	const struct rd_kafka_metadata *found = NULL;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, name, NULL);
	if (!handle)
		return fault_set(fault, RESULT_PERMANENT, "topic %s: %s", name,
		                 rd_kafka_err2str(rd_kafka_last_error()));
	rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &found, patience_ms);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR && found->topic_cnt == 1)
		error = found->topics[0].err;
	for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && i < found->topics[0].partition_cnt; i++) {
		int replicas = found->topics[0].partitions[i].replica_cnt;
		topic->replicas = i == 0 || replicas < topic->replicas ? replicas : topic->replicas;
		topic->partitions++;
	}
	if (found)
		rd_kafka_metadata_destroy(found);
	rd_kafka_topic_destroy(handle);
	return error == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK : not_told(fault, name, error);
}

static void read_setting(const rd_kafka_ConfigEntry_t *entry, struct journal_topic *topic)
{
	const char *name = rd_kafka_ConfigEntry_name(entry), *value = rd_kafka_ConfigEntry_value(entry);
	if (!value)
		return;
	if (strcmp(name, "min.insync.replicas") == 0)
		topic->in_sync = atoi(value);
	else if (strcmp(name, "cleanup.policy") == 0)
		topic->compacted = strstr(value, "compact") != NULL;
	else if (strcmp(name, "message.timestamp.type") == 0)
		topic->log_time = strcmp(value, "LogAppendTime") == 0;
}

static enum result read_settings(rd_kafka_event_t *event, const char *name, struct journal_topic *topic,
                                 struct fault *fault)
{
	size_t count = 0, entries = 0;
	if (!event)
		return not_told(fault, name, RD_KAFKA_RESP_ERR__TIMED_OUT);
	if (rd_kafka_event_error(event))
		return not_told(fault, name, rd_kafka_event_error(event));
	const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &count);
	if (count != 1 || rd_kafka_ConfigResource_error(resources[0]))
		return not_told(fault, name,
		                count ? rd_kafka_ConfigResource_error(resources[0]) : RD_KAFKA_RESP_ERR__NOENT);
	const rd_kafka_ConfigEntry_t **found = rd_kafka_ConfigResource_configs(resources[0], &entries);
	for (size_t i = 0; i < entries; i++)
		read_setting(found[i], topic);
	return RESULT_OK;
}

static enum result find_settings(rd_kafka_t *client, const char *name, int patience_ms, struct journal_topic *topic,
                                 struct fault *fault)
{
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	rd_kafka_DescribeConfigs(client, &resource, 1, NULL, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, patience_ms);
	enum result result = read_settings(event, name, topic, fault);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_ConfigResource_destroy(resource);
	return result;
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	(void)client, (void)level, (void)facility, (void)line; /* whoever asks says what came of it */
}

/* A client that asks, and joins nothing. */
static enum result ask_by(const struct kafka_property *properties, size_t property_count, const char *password_file,
                          const char *name, rd_kafka_t **client, struct fault *fault)
{
	const char *const topics[] = {name};
	struct kafka_settings settings;
	rd_kafka_conf_t *conf;
	kafka_settings_default(&settings);
	settings.topics = topics;
	settings.topic_count = 1;
	settings.group = "casewatch-check"; /* joined by nobody */
	settings.properties = properties;
	settings.property_count = property_count;
	settings.password_file = password_file;
	enum result result = kafka_client_config(&settings, &conf, fault);
	if (result != RESULT_OK)
		return result;
	rd_kafka_conf_set_log_cb(conf, on_log);
	return kafka_client_new(false, conf, client, fault);
}

enum result journal_topic_find(const struct kafka_property *properties, size_t property_count,
                               const char *password_file, const char *name, int patience_ms,
                               struct journal_topic *topic, struct fault *fault)
{
	rd_kafka_t *client;
	*topic = (struct journal_topic){.partitions = 0};
	enum result result = ask_by(properties, property_count, password_file, name, &client, fault);
	if (result != RESULT_OK)
		return result;
	result = find_partitions(client, name, patience_ms, topic, fault);
	if (result == RESULT_OK)
		result = find_settings(client, name, patience_ms, topic, fault);
	rd_kafka_destroy(client);
	return result;
}

enum result journal_group_ask(const struct kafka_property *properties, size_t property_count, const char *password_file,
                              const char *group, int patience_ms, bool *listed, struct fault *fault)
{
	const struct rd_kafka_group_list *list = NULL;
	rd_kafka_t *client;
	enum result result = ask_by(properties, property_count, password_file, "unused", &client, fault);
	if (result != RESULT_OK)
		return result;
	rd_kafka_resp_err_t error = rd_kafka_list_groups(client, group, &list, patience_ms);
	if (error == RD_KAFKA_RESP_ERR__PARTIAL && list && list->group_cnt)
		error = RD_KAFKA_RESP_ERR_NO_ERROR;
	*listed = list && list->group_cnt;
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR && *listed)
		error = list->groups[0].err;
	if (list)
		rd_kafka_group_list_destroy(list);
	rd_kafka_destroy(client);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RESULT_OK;
	bool away = error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	            error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
	return fault_set(fault, away ? RESULT_TEMPORARY : RESULT_PERMANENT, "%s", rd_kafka_err2str(error));
}
