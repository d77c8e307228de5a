/* option_read: one value of the configuration, by its row of the table. */
#include "config/options.h"

#include <stdlib.h>

#include "text/address.h"

#define SOURCE_LENGTH_MOST 200 /* of what stands in kafka.sources; the sources of events that are known have 40 */
#define SHOWN_MAX 60 /* a longer value is cut in the sentence of a fault */

/* A fault at the node: 'NAME is "VALUE"; write RANGE'. Returns false. */
static bool option_refuse(const struct option_reader *reader, const struct config_option *option,
                          const struct yaml_node *node)
{
	struct buffer right = {0};
	config_option_range(option, &right);
	if (node->kind == YAML_SCALAR && !yaml_is_null(node)) {
		int shown = node->text.length > SHOWN_MAX ? SHOWN_MAX : (int)node->text.length;
		if (option->kind == CONFIG_WORD)
			for (size_t count = 0; option->words[count]; count++)
				if (!option->words[count + 1])
					(void)config_did_you_mean(&right, node->text, option->words, count + 1);
		yaml_fault(node, reader->faults, "%s is \"%.*s\"%s; write %s", option->name, shown, node->text.at,
		           node->text.length > SHOWN_MAX ? "..." : "", buffer_cstr(&right));
	} else {
		yaml_fault(node, reader->faults, "%s is %s; write %s", option->name, yaml_kind_name(node),
		           buffer_cstr(&right));
	}
	buffer_free(&right);
	return false;
}

static const char *keep_text(const struct option_reader *reader, struct text text)
{
	return arena_copy_text(reader->arena, text.at, text.length);
}

/* A header of a mail is made of some of these: no line may begin in them. */
static bool is_one_line(struct text text)
{
	return !memchr(text.at, '\n', text.length) && !memchr(text.at, '\t', text.length);
}

static bool is_url(struct text text)
{
	static const char https[] = "https://", local[] = "http://localhost", loopback[] = "http://127.0.0.1";
	struct text rest = text;
	if (!text_is_made_of(text, "-._~:/?#[]@!$&'()*+,;=%"))
		return false;
	if (strncmp(text.at, https, sizeof https - 1) == 0)
		rest = (struct text){text.at + sizeof https - 1, text.length - (sizeof https - 1)};
	else if (strncmp(text.at, local, sizeof local - 1) != 0 && strncmp(text.at, loopback, sizeof loopback - 1) != 0)
		return false;
	return rest.length > 0 && rest.at[0] != '/';
}

static bool text_fits(const struct config_option *option, struct text text)
{
	const char *why;
	switch (option->kind) {
	case CONFIG_TEXT:
		return is_one_line(text) && text_columns(text) <= (size_t)option->most && text.length > 0;
	case CONFIG_PREFIX:
		return text.length == 0 || (text.length <= (size_t)option->most && text_is_made_of(text, "-.") &&
		                            text.at[text.length - 1] == '.');
	case CONFIG_NAME:
		return text.length > 0 && text.length <= (size_t)option->most && text_is_made_of(text, "-._");
	case CONFIG_URL:
		return text.length <= (size_t)option->most && is_url(text);
	case CONFIG_ANY_URL:
		return text.length <= (size_t)option->most &&
		       (is_url(text) || (strncmp(text.at, "http://", 7) == 0 && text_is_made_of(text, "-._~:/?=&%") &&
		                         text.length > 7));
	case CONFIG_HOST:
		return host_is_good(text);
	case CONFIG_MAIL:
		return mail_address_is_good(text, &why);
	case CONFIG_ZONE:
		return text.length > 0 && text_is_made_of(text, "-_/+");
	case CONFIG_PATH:
	case CONFIG_SECRET:
		return is_one_line(text) && text.length > 0 && text.length < 4096;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_LONG:
	case CONFIG_WORD:
	case CONFIG_DURATION:
	case CONFIG_WALL_TIME:
	case CONFIG_INSTANT:
	case CONFIG_TOPICS:
	case CONFIG_PARTITIONS:
	case CONFIG_SOURCES:
	case CONFIG_PROPERTIES:
		break;
	}
	return false;
}

/* "credential:NAME" is systemd's: a file in the directory that the service finds in its environment. */
static const char *secret_path(const struct option_reader *reader, struct text text)
{
	static const char prefix[] = "credential:";
	if (text.length <= sizeof prefix - 1 || memcmp(text.at, prefix, sizeof prefix - 1) != 0)
		return option_path(reader, text);
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	struct buffer path = {0};
	buffer_format(&path, "%s/%.*s", directory ? directory : "/run/credentials/casewatchd.service",
	              (int)(text.length - (sizeof prefix - 1)), text.at + sizeof prefix - 1);
	const char *kept = keep_text(reader, buffer_view(&path));
	buffer_free(&path);
	return kept;
}

static bool read_text(const struct option_reader *reader, const struct config_option *option,
                      const struct yaml_node *node)
{
	const char **to = (const char **)((char *)reader->config + option->offset);
	if (node->kind != YAML_SCALAR || !text_fits(option, node->text))
		return option_refuse(reader, option, node);
	if (option->kind == CONFIG_PATH)
		*to = option_path(reader, node->text);
	else if (option->kind == CONFIG_SECRET)
		*to = secret_path(reader, node->text);
	else
		*to = keep_text(reader, node->text);
	if (option->kind == CONFIG_SECRET)
		secret_check(option->name, *to, node, reader->faults);
	return true;
}

static bool read_number(const struct option_reader *reader, const struct config_option *option,
                        const struct yaml_node *node)
{
	int64_t number;
	char *to = (char *)reader->config + option->offset;
	if (!yaml_read_integer(node, option->name, option->least, option->most, &number, reader->faults))
		return false;
	if (option->kind == CONFIG_NUMBER)
		*(int *)to = (int)number;
	else if (option->kind == CONFIG_SIZE)
		*(size_t *)to = (size_t)number;
	else
		*(int64_t *)to = number;
	return true;
}

static bool read_word(const struct option_reader *reader, const struct config_option *option,
                      const struct yaml_node *node)
{
	for (unsigned i = 0; node->kind == YAML_SCALAR && option->words[i]; i++)
		if (text_equal(node->text, text_of(option->words[i]))) {
			*(unsigned *)((char *)reader->config + option->offset) = i;
			return true;
		}
	return option_refuse(reader, option, node);
}

static bool read_duration(const struct option_reader *reader, const struct config_option *option,
                          const struct yaml_node *node)
{
	struct duration duration;
	if (node->kind != YAML_SCALAR || !duration_parse(node->text, &duration) || duration.amount < option->least ||
	    duration.amount > option->most || duration.unit == UNIT_YEARS)
		return option_refuse(reader, option, node);
	*(struct duration *)((char *)reader->config + option->offset) = duration;
	return true;
}

static bool read_wall_time(const struct option_reader *reader, const struct config_option *option,
                           const struct yaml_node *node, int *to)
{
	struct config_faults unused = {0};
	int minute = -1;
	bool good = yaml_read_wall_time(node, option->name, &minute, &unused) && minute >= option->least &&
		    minute <= option->most;
	config_faults_free(&unused);
	if (!good)
		return option_refuse(reader, option, node);
	*to = minute;
	return true;
}

static bool read_instant(const struct option_reader *reader, const struct config_option *option,
                         const struct yaml_node *node)
{
	const char *why;
	instant *to = (instant *)((char *)reader->config + option->offset);
	if (node->kind != YAML_SCALAR || !instant_parse(node->text, to, &why))
		return option_refuse(reader, option, node);
	return true;
}

static bool is_topic(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->text.length > 0 && node->text.length <= 249 &&
	       text_is_made_of(node->text, "._-") && !text_equal(node->text, TEXT(".")) &&
	       !text_equal(node->text, TEXT(".."));
}

/* What stands twice in a list is a slip, and most likely another was meant. */
static bool stands_before(const struct yaml_node *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_equal(yaml_list_item(list, index)->text, yaml_list_item(list, i)->text))
			return true;
	return false;
}

static bool read_topics(const struct option_reader *reader, const struct config_option *option,
                        const struct yaml_node *node)
{
	struct config_kafka *kafka = &reader->config->kafka;
	size_t count = yaml_list_count(node), good = 0;
	if (node->kind == YAML_MAPPING || count > (size_t)option->most)
		return option_refuse(reader, option, node);
	kafka->topics = arena_alloc(reader->arena, (count + 1) * sizeof *kafka->topics);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (!is_topic(item))
			yaml_fault(item, reader->faults,
			           "kafka.topics has \"%.*s\"; write a topic's name: 1 to 249 letters, digits, dots, "
			           "hyphens and underscores",
			           TEXT_ARG(item->text));
		else if (stands_before(node, i))
			yaml_fault(item, reader->faults, "kafka.topics has \"%s\" twice; keep one", item->text.at);
		else
			kafka->topics[good++] = keep_text(reader, item->text);
	}
	kafka->topic_count = good;
	return good == count;
}

#define PARTITION_MOST 99999 /* a cluster of Kafka has some 200,000 in all; a number beyond is a slip */

static bool read_partition(const struct yaml_node *node, int32_t *number)
{
	char *end = NULL;
	long long value = node->kind == YAML_SCALAR ? strtoll(node->text.at, &end, 10) : -1;
	*number = (int32_t)value;
	return end && end != node->text.at && !*end && value >= 0 && value <= PARTITION_MOST;
}

static bool read_partitions(const struct option_reader *reader, const struct config_option *option,
                            const struct yaml_node *node)
{
	struct config_kafka *kafka = &reader->config->kafka;
	size_t count = yaml_list_count(node), good = 0;
	if (node->kind == YAML_MAPPING || count > (size_t)option->most)
		return option_refuse(reader, option, node);
	int32_t *partitions = arena_alloc(reader->arena, (count + 1) * sizeof *partitions);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (!read_partition(item, &partitions[good]))
			yaml_fault(item, reader->faults,
			           "kafka.partitions has \"%.*s\"; write a partition's number, from 0 to %d",
			           TEXT_ARG(item->text), PARTITION_MOST);
		else if (stands_before(node, i))
			yaml_fault(item, reader->faults, "kafka.partitions has %s twice; keep one", item->text.at);
		else
			good++;
	}
	kafka->partitions = partitions;
	kafka->partition_count = good;
	return good == count;
}

static bool read_sources(const struct option_reader *reader, const struct config_option *option,
                         const struct yaml_node *node)
{
	struct config_kafka *kafka = &reader->config->kafka;
	size_t count = yaml_list_count(node), good = 0;
	if (node->kind == YAML_MAPPING || count > (size_t)option->most)
		return option_refuse(reader, option, node);
	kafka->sources = arena_alloc(reader->arena, (count + 1) * sizeof *kafka->sources);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_list_item(node, i);
		if (item->kind != YAML_SCALAR || !item->text.length || item->text.length > SOURCE_LENGTH_MOST)
			yaml_fault(item, reader->faults,
			           "kafka.sources has \"%.*s\"; write the `source` of events, such as /north/lcs, or "
			           "its beginning up to a / or :",
			           item->text.length > 60 ? 60 : (int)item->text.length, item->text.at);
		else if (stands_before(node, i))
			yaml_fault(item, reader->faults, "kafka.sources has \"%s\" twice; keep one", item->text.at);
		else
			kafka->sources[good++] = keep_text(reader, item->text);
	}
	kafka->source_count = good;
	return good == count;
}

bool option_read(struct option_reader *reader, const struct config_option *option, const struct yaml_node *node)
{
	switch (option->kind) {
	case CONFIG_TEXT:
	case CONFIG_PATH:
	case CONFIG_SECRET:
	case CONFIG_ZONE:
	case CONFIG_PREFIX:
	case CONFIG_URL:
	case CONFIG_ANY_URL:
	case CONFIG_HOST:
	case CONFIG_MAIL:
	case CONFIG_NAME:
		return read_text(reader, option, node);
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_LONG:
		return read_number(reader, option, node);
	case CONFIG_WORD:
		return read_word(reader, option, node);
	case CONFIG_DURATION:
		return read_duration(reader, option, node);
	case CONFIG_WALL_TIME:
		return read_wall_time(reader, option, node, (int *)((char *)reader->config + option->offset));
	case CONFIG_INSTANT:
		return read_instant(reader, option, node);
	case CONFIG_TOPICS:
		return read_topics(reader, option, node);
	case CONFIG_PARTITIONS:
		return read_partitions(reader, option, node);
	case CONFIG_SOURCES:
		return read_sources(reader, option, node);
	case CONFIG_PROPERTIES:
		return kafka_properties_read(reader, node);
	}
	return false;
}
