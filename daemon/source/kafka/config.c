/* kafka_config: from settings to a librdkafka configuration, each property checked. */
#include "source/kafka/client.h"
#include "source/kafka/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "base/log.h"

#define SECRET_BYTES 65536

/* Our own defaults; the map may set them otherwise. The times bring reading back within a second or two of the broker's
 * return: librdkafka's own back-off grows to ten seconds, and it notices a dead network only after a minute. */
static const struct kafka_property defaults[] = {
	{"client.id", "casewatch"},
	{"reconnect.backoff.ms", "100"},
	{"reconnect.backoff.max.ms", "1000"},
	{"fetch.error.backoff.ms", "100"},
	{"socket.keepalive.enable", "true"},
	{"socket.timeout.ms", "10000"},
	{"socket.connection.setup.timeout.ms", "5000"},
	{"topic.metadata.refresh.interval.ms", "10000"},
	{"log.connection.close", "false"},
	{"check.crcs", "true"},
};

/* What exactly-once depends on; it comes last, so that nothing can undo it. */
static const struct kafka_property fixed[] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "error"},
	{"isolation.level", "read_committed"},
	{"partition.assignment.strategy", "range"},
	{"enable.partition.eof", "true"},
	{"allow.auto.create.topics", "false"},
};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

void kafka_settings_default(struct kafka_settings *settings)
{
	*settings = (struct kafka_settings){
		.batch_ms = KAFKA_BATCH_MS,
		.ring_batches = KAFKA_RING_BATCHES,
		.prefetch_kbytes = KAFKA_PREFETCH_KBYTES,
	};
	source_settings_default(&settings->source);
}

enum result kafka_client_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct fault *fault)
{
	char error[512] = "";
	switch (rd_kafka_conf_set(conf, name, value, error, sizeof error)) {
	case RD_KAFKA_CONF_OK:
		return RESULT_OK;
	case RD_KAFKA_CONF_UNKNOWN:
		return fault_set(fault, RESULT_PERMANENT,
		                 "kafka.properties: %s is no property that librdkafka %s knows", name,
		                 rd_kafka_version_str());
	case RD_KAFKA_CONF_INVALID:
		break;
	}
	return fault_set(fault, RESULT_PERMANENT, "kafka.properties: %s: %s", name, error);
}

/* The file's content without the line end that editors add. */
static enum result read_secret(const char *path, char **secret, struct fault *fault)
{
	enum result result = RESULT_PERMANENT;
	char *bytes = mem_alloc(SECRET_BYTES + 1);
	struct stat about;
	size_t length = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &about) != 0) {
		(void)fault_set(fault, RESULT_PERMANENT, "kafka: cannot read the secret in %s: %s", path,
		                strerror(errno));
		goto done;
	}
	while ((got = read(fd, bytes + length, SECRET_BYTES + 1 - length)) > 0)
		length += (size_t)got;
	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	if (got < 0 || length == 0 || length > SECRET_BYTES || memchr(bytes, 0, length)) {
		(void)fault_set(fault, RESULT_PERMANENT, "kafka: %s holds no secret: it is %s", path,
		                got < 0 ? "unreadable" : length == 0 ? "empty" : "too long or not text");
		goto done;
	}
	if (about.st_mode & S_IROTH)
		log_warning("kafka: the secret in %s can be read by everybody on this machine: chmod 0400 it", path);
	*secret = mem_copy_text(bytes, length);
	result = RESULT_OK;
done:
	if (fd >= 0)
		(void)close(fd);
	explicit_bzero(bytes, SECRET_BYTES + 1);
	free(bytes);
	return result;
}

static enum result set_secret(rd_kafka_conf_t *conf, const char *name, const char *path, struct fault *fault)
{
	char *secret = NULL;
	enum result result = read_secret(path, &secret, fault);
	if (result != RESULT_OK)
		return result;
	/* librdkafka's own error could quote the value. */
	if (kafka_client_set(conf, name, secret, NULL) != RESULT_OK)
		result = fault_set(fault, RESULT_PERMANENT, "kafka: the secret in %s is no %s that librdkafka takes",
		                   path, name);
	explicit_bzero(secret, strlen(secret));
	free(secret);
	return result;
}

static enum result set_table(rd_kafka_conf_t *conf, const struct kafka_property *table, size_t count,
                             struct fault *fault)
{
	enum result result = RESULT_OK;
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = kafka_client_set(conf, table[i].name, table[i].value, fault);
	return result;
}

static enum result set_map(rd_kafka_conf_t *conf, const struct kafka_settings *settings, struct fault *fault)
{
	enum result result = set_table(conf, settings->properties, settings->property_count, fault);
	if (result == RESULT_OK && settings->password_file)
		result = set_secret(conf, "sasl.password", settings->password_file, fault);
	return result;
}

static enum result set_own(rd_kafka_conf_t *conf, const struct kafka_settings *settings, struct fault *fault)
{
	char prefetch[32];
	size_t kbytes = settings->prefetch_kbytes ? settings->prefetch_kbytes : KAFKA_PREFETCH_KBYTES;
	(void)snprintf(prefetch, sizeof prefetch, "%zu", kbytes);
	enum result result = kafka_client_set(conf, "queued.max.messages.kbytes", prefetch, fault);
	if (result == RESULT_OK)
		result = kafka_client_set(conf, "group.id", settings->group, fault);
	if (result == RESULT_OK && settings->instance)
		result = kafka_client_set(conf, "group.instance.id", settings->instance, fault);
	return result;
}

static enum result check_settings(const struct kafka_settings *settings, struct fault *fault)
{
	if (!settings->topic_count)
		return fault_set(fault, RESULT_PERMANENT, "kafka.topics names no topic");
	for (size_t i = 0; i < settings->topic_count; i++)
		if (!settings->topics[i][0] || settings->topics[i][0] == '^')
			return fault_set(fault, RESULT_PERMANENT,
			                 "kafka.topics: \"%s\" is no topic's name; name each topic (patterns are not "
			                 "taken, so that "
			                 "none is read by accident)",
			                 settings->topics[i]);
	if (!settings->group || !settings->group[0])
		return fault_set(fault, RESULT_PERMANENT, "kafka.group is missing: the name of the consumer group");
	for (size_t i = 0; i < settings->property_count; i++)
		if (strcmp(settings->properties[i].name, "bootstrap.servers") == 0 ||
		    strcmp(settings->properties[i].name, "metadata.broker.list") == 0)
			return RESULT_OK;
	return fault_set(fault, RESULT_PERMANENT,
	                 "kafka.properties has no bootstrap.servers: say where the brokers are (HOST:PORT, ...)");
}

enum result kafka_client_config(const struct kafka_settings *settings, rd_kafka_conf_t **made, struct fault *fault)
{
	enum result result = check_settings(settings, fault);
	if (result != RESULT_OK)
		return result;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	result = set_table(conf, defaults, LENGTH(defaults), fault);
	if (result == RESULT_OK)
		result = set_map(conf, settings, fault);
	if (result == RESULT_OK)
		*made = conf;
	else
		rd_kafka_conf_destroy(conf);
	return result;
}

enum result kafka_config_make(const struct kafka_settings *settings, rd_kafka_conf_t **made, struct fault *fault)
{
	rd_kafka_conf_t *conf;
	enum result result = kafka_client_config(settings, &conf, fault);
	if (result != RESULT_OK)
		return result;
	result = set_table(conf, fixed, LENGTH(fixed), fault);
	if (result == RESULT_OK)
		result = set_own(conf, settings, fault);
	if (result == RESULT_OK)
		*made = conf;
	else
		rd_kafka_conf_destroy(conf);
	return result;
}
