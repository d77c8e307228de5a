/* config_compare: options by their rows of the table: what one says, and what a reload cannot change. */
#include "config/config.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_words(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
	bool same = a_count == b_count;
	for (size_t i = 0; same && i < a_count; i++)
		same = same_text(a[i], b[i]);
	return same;
}

static bool same_partitions(const struct config_kafka *a, const struct config_kafka *b)
{
	bool same = a->partition_count == b->partition_count;
	for (size_t i = 0; same && i < a->partition_count; i++)
		same = a->partitions[i] == b->partitions[i];
	return same;
}

static bool same_properties(const struct config_kafka *a, const struct config_kafka *b)
{
	bool same = a->property_count == b->property_count;
	for (size_t i = 0; same && i < a->property_count; i++)
		same = same_text(a->properties[i].name, b->properties[i].name) &&
		       same_text(a->properties[i].value, b->properties[i].value);
	return same;
}

/* What an option's value is made of, in struct config. */
enum made_of {
	MADE_OF_TEXT,
	MADE_OF_PLAIN, /* `size` bytes, compared as they are */
	MADE_OF_TOPICS,
	MADE_OF_PARTITIONS,
	MADE_OF_SOURCES,
	MADE_OF_PROPERTIES,
};

static enum made_of value_made_of(const struct config_option *option, size_t *size)
{
	*size = sizeof(int);
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
	case CONFIG_NAME: return MADE_OF_TEXT;
	case CONFIG_NUMBER:
	case CONFIG_WORD:
	case CONFIG_WALL_TIME: return MADE_OF_PLAIN;
	case CONFIG_SIZE: *size = sizeof(size_t); return MADE_OF_PLAIN;
	case CONFIG_LONG:
	case CONFIG_INSTANT: *size = sizeof(int64_t); return MADE_OF_PLAIN;
	case CONFIG_DURATION: *size = sizeof(struct duration); return MADE_OF_PLAIN;
	case CONFIG_TOPICS: return MADE_OF_TOPICS;
	case CONFIG_PARTITIONS: return MADE_OF_PARTITIONS;
	case CONFIG_SOURCES: return MADE_OF_SOURCES;
	case CONFIG_PROPERTIES: return MADE_OF_PROPERTIES;
	}
	return MADE_OF_PLAIN;
}

const char *config_text(const struct config *config, const char *name)
{
	size_t count, size;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++)
		if (value_made_of(&options[i], &size) == MADE_OF_TEXT && strcmp(options[i].name, name) == 0)
			return *(const char *const *)(const void *)((const char *)config + options[i].offset);
	return NULL;
}

static bool same_option(const struct config_option *option, const struct config *a, const struct config *b)
{
	const char *left = (const char *)a + option->offset, *right = (const char *)b + option->offset;
	size_t size;
	switch (value_made_of(option, &size)) {
	case MADE_OF_TEXT:
		return same_text(*(const char *const *)(const void *)left, *(const char *const *)(const void *)right);
	case MADE_OF_PLAIN: return memcmp(left, right, size) == 0;
	case MADE_OF_TOPICS:
		return same_words(a->kafka.topics, a->kafka.topic_count, b->kafka.topics, b->kafka.topic_count);
	case MADE_OF_PARTITIONS: return same_partitions(&a->kafka, &b->kafka);
	case MADE_OF_SOURCES:
		return same_words(a->kafka.sources, a->kafka.source_count, b->kafka.sources, b->kafka.source_count);
	case MADE_OF_PROPERTIES: return same_properties(&a->kafka, &b->kafka);
	}
	return true;
}

size_t config_restart_needed(const struct config *running, const struct config *changed, struct buffer *names)
{
	size_t count, found = 0;
	const struct config_option *options = config_options(&count);
	for (size_t i = 0; i < count; i++)
		if (!options[i].reloadable && !same_option(&options[i], running, changed))
			buffer_format(names, "%s%s", found++ ? ", " : "", options[i].name);
	return found;
}
