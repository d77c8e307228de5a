/* check_cell: the brokers are asked how they keep the journal and the events' topics. */
#include "cli/check/check_cell.h"

#include <stdlib.h>

#define PATIENCE_MS 5000

bool check_cell_journal(const struct config_cell *cell, const struct journal_topic *journal, struct buffer *out)
{
	size_t before = out->length;
	if (cell->partition >= journal->partitions)
		buffer_format(out,
		              "cell.partition is %d, and the journal %s has %d: give it more, or name one of them.\n",
		              cell->partition, cell->journal, journal->partitions);
	if (journal->compacted)
		buffer_format(out,
		              "The journal %s is compacted: what was announced would be removed. Set cleanup.policy "
		              "to delete.\n",
		              cell->journal);
	bool outlives = journal->replicas >= 3 && journal->in_sync >= 2 && journal->in_sync < journal->replicas;
	if (!outlives && cell->one_broker == CELL_ONE_BROKER_NO)
		buffer_format(out,
		              "The journal %s has %d replica%s and min.insync.replicas %d: what a broker acknowledged "
		              "may be lost with its disk, or one broker that is away stops all sending. Give it 3 "
		              "and 2, or write cell.one-broker: yes.\n",
		              cell->journal, journal->replicas, journal->replicas == 1 ? "" : "s", journal->in_sync);
	return out->length == before;
}

bool check_cell_events(const char *name, const struct journal_topic *events, struct buffer *out)
{
	if (!events->log_time)
		buffer_format(out,
		              "Topic %s keeps its producers' times: in a cell a record arrives when it is appended, on "
		              "every machine at the same time. Set message.timestamp.type to LogAppendTime.\n",
		              name);
	return events->log_time;
}

static bool ask(const struct config *config, const struct kafka_property *properties, const char *name,
                struct buffer *out)
{
	struct journal_topic topic;
	struct fault fault = {""};
	bool journal = strcmp(name, config->cell.journal) == 0;
	switch (journal_topic_find(properties, config->kafka.property_count, config->kafka.password_file, name,
	                           PATIENCE_MS, &topic, &fault)) {
	case RESULT_OK:
		return journal ? check_cell_journal(&config->cell, &topic, out) : check_cell_events(name, &topic, out);
	case RESULT_TEMPORARY:
		buffer_format(out,
		              "The brokers could not be asked how they keep %s: %s. Check it again where they can.\n",
		              name, fault.text);
		return true;
	case RESULT_PERMANENT: break;
	}
	buffer_format(out, "The brokers do not keep %s: %s.\n", name, fault.text);
	return false;
}

/* No reason to refuse: people are told all the same. */
static void ask_group(const struct config *config, const struct kafka_property *properties, struct buffer *out)
{
	struct fault fault = {""};
	struct buffer group = {0};
	bool listed = false;
	buffer_format(&group, "%s.%d", config->cell.group, config->cell.partition);
	enum result result =
		journal_group_ask(properties, config->kafka.property_count, config->kafka.password_file,
	                          buffer_cstr(&group), PATIENCE_MS, &listed, &fault);
	if (result == RESULT_OK && !listed)
		buffer_format(out,
		              "The brokers list no group %s: no machine of the cell has run yet; or this machine's "
		              "Kafka user lacks Describe on it, and that no other machine stands by would not be "
		              "noticed.\n",
		              buffer_cstr(&group));
	if (result == RESULT_PERMANENT)
		buffer_format(out,
		              "The brokers do not say which machines are in the group %s (%s): that no other machine "
		              "stands by would not be noticed. Give this machine's Kafka user Describe on that group "
		              "and on the cluster.\n",
		              buffer_cstr(&group), fault.text);
	buffer_free(&group);
}

bool check_cell_topics(const struct config *config, struct buffer *out)
{
	if (!config->cell.machine)
		return true;
	struct kafka_property *properties = mem_zero(config->kafka.property_count, sizeof *properties);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		properties[i] =
			(struct kafka_property){config->kafka.properties[i].name, config->kafka.properties[i].value};
	size_t before = out->length;
	bool good = ask(config, properties, config->cell.journal, out);
	if (good && out->length == before && config->cell.one_broker == CELL_ONE_BROKER_YES)
		buffer_string(
			out, "The cell outlives a machine, but not the disk of its one broker (cell.one-broker).\n");
	for (size_t i = 0; i < config->kafka.topic_count; i++)
		good = ask(config, properties, config->kafka.topics[i], out) && good;
	ask_group(config, properties, out);
	free(properties);
	return good;
}
