/* kafka_properties: the map of librdkafka's properties, checked before librdkafka sees it. */
#include "config/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define VALUE_MAX 4000 /* of a property; no value of librdkafka comes near it, and `check` refuses a longer one */

enum property_kind {
	PROPERTY_TEXT,
	PROPERTY_BROKERS, /* addresses with commas between them */
	PROPERTY_FILE,    /* a path, relative to the configuration; must be readable */
	PROPERTY_NUMBER,
	PROPERTY_BOOL,
	PROPERTY_WORD,
	PROPERTY_REFUSED, /* casewatch's own, a secret, or unsafe: `hint` says what to do */
};
struct property {
	const char *name;
	enum property_kind kind;
	int64_t least, most;
	const char *const *words;
	const char *hint;
};

static const char *const protocols[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl", NULL};
static const char *const families[] = {"any", "v4", "v6", NULL};
static const char *const identifications[] = {"none", "https", NULL};
static const char *const oauth_methods[] = {"default", "oidc", NULL};

#define POSITIONS "casewatch keeps positions in its own database"
#define SECRETS "secrets come from files alone"

/* Those of librdkafka 2.0.2 for consumers (its CONFIGURATION.md); callbacks and what producers alone read are left
 * out. */
static const struct property properties[] = {
	{.name = "bootstrap.servers", .kind = PROPERTY_BROKERS},
	{.name = "client.id", .kind = PROPERTY_TEXT},
	{.name = "client.rack", .kind = PROPERTY_TEXT},
	{.name = "receive.message.max.bytes", .kind = PROPERTY_NUMBER, .least = 1000, .most = 2147483647},
	{.name = "topic.metadata.refresh.interval.ms", .kind = PROPERTY_NUMBER, .least = -1, .most = 3600000},
	{.name = "metadata.max.age.ms", .kind = PROPERTY_NUMBER, .least = 1, .most = 86400000},
	{.name = "debug", .kind = PROPERTY_TEXT},
	{.name = "log_level", .kind = PROPERTY_NUMBER, .least = 0, .most = 7},
	{.name = "socket.timeout.ms", .kind = PROPERTY_NUMBER, .least = 10, .most = 300000},
	{.name = "socket.send.buffer.bytes", .kind = PROPERTY_NUMBER, .least = 0, .most = 100000000},
	{.name = "socket.receive.buffer.bytes", .kind = PROPERTY_NUMBER, .least = 0, .most = 100000000},
	{.name = "socket.keepalive.enable", .kind = PROPERTY_BOOL},
	{.name = "socket.nagle.disable", .kind = PROPERTY_BOOL},
	{.name = "socket.max.fails", .kind = PROPERTY_NUMBER, .least = 0, .most = 1000000},
	{.name = "socket.connection.setup.timeout.ms", .kind = PROPERTY_NUMBER, .least = 1000, .most = 2147483647},
	{.name = "broker.address.ttl", .kind = PROPERTY_NUMBER, .least = 0, .most = 86400000},
	{.name = "broker.address.family", .kind = PROPERTY_WORD, .words = families},
	{.name = "connections.max.idle.ms", .kind = PROPERTY_NUMBER, .least = 0, .most = 2147483647},
	{.name = "reconnect.backoff.ms", .kind = PROPERTY_NUMBER, .least = 0, .most = 3600000},
	{.name = "reconnect.backoff.max.ms", .kind = PROPERTY_NUMBER, .least = 0, .most = 3600000},
	{.name = "api.version.request.timeout.ms", .kind = PROPERTY_NUMBER, .least = 1, .most = 300000},
	{.name = "security.protocol", .kind = PROPERTY_WORD, .words = protocols},
	{.name = "ssl.cipher.suites", .kind = PROPERTY_TEXT},
	{.name = "ssl.curves.list", .kind = PROPERTY_TEXT},
	{.name = "ssl.sigalgs.list", .kind = PROPERTY_TEXT},
	{.name = "ssl.key.location", .kind = PROPERTY_FILE},
	{.name = "ssl.certificate.location", .kind = PROPERTY_FILE},
	{.name = "ssl.ca.location", .kind = PROPERTY_FILE},
	{.name = "ssl.crl.location", .kind = PROPERTY_FILE},
	{.name = "ssl.keystore.location", .kind = PROPERTY_FILE},
	{.name = "ssl.endpoint.identification.algorithm", .kind = PROPERTY_WORD, .words = identifications},
	{.name = "sasl.mechanisms", .kind = PROPERTY_TEXT},
	{.name = "sasl.mechanism", .kind = PROPERTY_TEXT},
	{.name = "sasl.username", .kind = PROPERTY_TEXT},
	{.name = "sasl.kerberos.service.name", .kind = PROPERTY_TEXT},
	{.name = "sasl.kerberos.principal", .kind = PROPERTY_TEXT},
	{.name = "sasl.kerberos.keytab", .kind = PROPERTY_FILE},
	{.name = "sasl.kerberos.min.time.before.relogin", .kind = PROPERTY_NUMBER, .least = 0, .most = 86400000},
	{.name = "sasl.oauthbearer.method", .kind = PROPERTY_WORD, .words = oauth_methods},
	{.name = "sasl.oauthbearer.client.id", .kind = PROPERTY_TEXT},
	{.name = "sasl.oauthbearer.scope", .kind = PROPERTY_TEXT},
	{.name = "sasl.oauthbearer.extensions", .kind = PROPERTY_TEXT},
	{.name = "sasl.oauthbearer.token.endpoint.url", .kind = PROPERTY_TEXT},
	{.name = "session.timeout.ms", .kind = PROPERTY_NUMBER, .least = 1, .most = 3600000},
	{.name = "heartbeat.interval.ms", .kind = PROPERTY_NUMBER, .least = 1, .most = 3600000},
	{.name = "coordinator.query.interval.ms", .kind = PROPERTY_NUMBER, .least = 1, .most = 3600000},
	{.name = "max.poll.interval.ms", .kind = PROPERTY_NUMBER, .least = 1000, .most = 86400000},
	{.name = "fetch.wait.max.ms", .kind = PROPERTY_NUMBER, .least = 0, .most = 300000},
	{.name = "fetch.message.max.bytes", .kind = PROPERTY_NUMBER, .least = 1, .most = 1000000000},
	{.name = "max.partition.fetch.bytes", .kind = PROPERTY_NUMBER, .least = 1, .most = 1000000000},
	{.name = "fetch.max.bytes", .kind = PROPERTY_NUMBER, .least = 0, .most = 2147483135},
	{.name = "fetch.min.bytes", .kind = PROPERTY_NUMBER, .least = 1, .most = 100000000},
	{.name = "fetch.error.backoff.ms", .kind = PROPERTY_NUMBER, .least = 0, .most = 300000},
	{.name = "check.crcs", .kind = PROPERTY_BOOL},

	{.name = "metadata.broker.list", .kind = PROPERTY_REFUSED, .hint = "write bootstrap.servers"},
	{.name = "group.id", .kind = PROPERTY_REFUSED, .hint = "write kafka.group"},
	{.name = "group.instance.id", .kind = PROPERTY_REFUSED, .hint = "write kafka.instance"},
	{.name = "group.protocol.type", .kind = PROPERTY_REFUSED, .hint = "casewatch sets it; remove it"},
	{.name = "partition.assignment.strategy",
         .kind = PROPERTY_REFUSED,
         .hint = "casewatch sets range, for others lose events in this librdkafka; remove it"},
	{.name = "enable.auto.commit", .kind = PROPERTY_REFUSED, .hint = POSITIONS "; remove it"},
	{.name = "auto.commit.enable", .kind = PROPERTY_REFUSED, .hint = POSITIONS "; remove it"},
	{.name = "auto.commit.interval.ms", .kind = PROPERTY_REFUSED, .hint = POSITIONS "; remove it"},
	{.name = "enable.auto.offset.store", .kind = PROPERTY_REFUSED, .hint = POSITIONS "; remove it"},
	{.name = "offset.store.method", .kind = PROPERTY_REFUSED, .hint = POSITIONS "; remove it"},
	{.name = "auto.offset.reset",
         .kind = PROPERTY_REFUSED,
         .hint = "write kafka.first-read and kafka.lost-position"},
	{.name = "isolation.level", .kind = PROPERTY_REFUSED, .hint = "casewatch reads what is committed; remove it"},
	{.name = "enable.partition.eof", .kind = PROPERTY_REFUSED, .hint = "casewatch sets it; remove it"},
	{.name = "queued.min.messages", .kind = PROPERTY_REFUSED, .hint = "write limits.prefetch-kilobytes"},
	{.name = "queued.max.messages.kbytes", .kind = PROPERTY_REFUSED, .hint = "write limits.prefetch-kilobytes"},
	{.name = "statistics.interval.ms", .kind = PROPERTY_REFUSED, .hint = "casewatch sets it; remove it"},
	{.name = "allow.auto.create.topics",
         .kind = PROPERTY_REFUSED,
         .hint = "a mistyped topic must be noticed, not created; remove it"},
	{.name = "enable.ssl.certificate.verification",
         .kind = PROPERTY_REFUSED,
         .hint = "the broker's certificate is always verified; write ssl.ca.location"},
	{.name = "sasl.password", .kind = PROPERTY_REFUSED, .hint = SECRETS "; write kafka.password-file"},
	{.name = "ssl.key.password",
         .kind = PROPERTY_REFUSED,
         .hint = SECRETS "; use a key without one, readable by casewatch alone"},
	{.name = "ssl.keystore.password",
         .kind = PROPERTY_REFUSED,
         .hint = SECRETS "; write ssl.key.location and ssl.certificate.location"},
	{.name = "ssl.key.pem", .kind = PROPERTY_REFUSED, .hint = SECRETS "; write ssl.key.location"},
	{.name = "ssl.certificate.pem", .kind = PROPERTY_REFUSED, .hint = "write ssl.certificate.location"},
	{.name = "ssl.ca.pem", .kind = PROPERTY_REFUSED, .hint = "write ssl.ca.location"},
	{.name = "sasl.oauthbearer.client.secret",
         .kind = PROPERTY_REFUSED,
         .hint = SECRETS "; write kafka.password-file"},
	{.name = "sasl.oauthbearer.config", .kind = PROPERTY_REFUSED, .hint = SECRETS "; remove it"},
	{.name = "enable.sasl.oauthbearer.unsecure.jwt", .kind = PROPERTY_REFUSED, .hint = "it is unsafe; remove it"},
	{.name = "sasl.kerberos.kinit.cmd",
         .kind = PROPERTY_REFUSED,
         .hint = "it runs a command; write sasl.kerberos.keytab"},
	{.name = "plugin.library.paths", .kind = PROPERTY_REFUSED, .hint = "it loads foreign code; remove it"},
	{.name = "ssl.engine.location", .kind = PROPERTY_REFUSED, .hint = "it loads foreign code; remove it"},
};
#define PROPERTY_COUNT (sizeof properties / sizeof *properties)

static const struct property *find(struct text name)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++)
		if (text_equal(name, text_of(properties[i].name)))
			return &properties[i];
	return NULL;
}

static void fault_unknown(const struct option_reader *reader, const struct yaml_node *key)
{
	const char *names[PROPERTY_COUNT];
	struct buffer hint = {0};
	for (size_t i = 0; i < PROPERTY_COUNT; i++)
		names[i] = properties[i].name;
	const char *meant = config_did_you_mean(&hint, key->text, names, PROPERTY_COUNT);
	yaml_fault(key, reader->faults, "kafka.properties has \"%.*s\", which is no property of a consumer%s",
	           TEXT_ARG(key->text), *meant ? meant : "; remove it or see librdkafka's CONFIGURATION.md");
	buffer_free(&hint);
}

static bool number_fits(const struct property *property, const struct yaml_node *value)
{
	char *end = NULL;
	errno = 0;
	long long number = strtoll(value->text.at, &end, 10);
	return !errno && end != value->text.at && *end == '\0' && number >= property->least && number <= property->most;
}

static bool fold_equal(struct text text, const char *word)
{
	return text_equal_fold(text, text_of(word));
}

/* What librdkafka does with a list of brokers: it goes on behind what is empty, takes no host for localhost and no port
 * for 9092, and passes over all that comes after a scheme that it does not know, without a word. A slip in one of
 * several shows when the others are away. */
static bool take_scheme(struct text *broker)
{
	static const char *const schemes[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl", NULL};
	const char *end = broker->length ? memmem(broker->at, broker->length, "://", 3) : NULL;
	if (!end)
		return true;
	struct text scheme = {broker->at, (size_t)(end - broker->at)};
	broker->at = end + 3;
	broker->length -= scheme.length + 3;
	const char *path = memchr(broker->at, '/', broker->length);
	if (path)
		broker->length = (size_t)(path - broker->at);
	for (size_t i = 0; schemes[i]; i++)
		if (fold_equal(scheme, schemes[i]))
			return true;
	return false;
}

static bool is_port(const char *at, size_t length)
{
	int64_t port = 0;
	for (size_t i = 0; i < length; i++) {
		port = port * 10 + (at[i] - '0');
		if (at[i] < '0' || at[i] > '9' || port > 65535)
			return false;
	}
	return port > 0;
}

/* "kafka1:9092", "ssl://[::1]:9093", or an address or a name alone. */
static bool is_broker(struct text broker)
{
	if (!take_scheme(&broker))
		return false;
	const char *bracket = broker.length ? memrchr(broker.at, ']', broker.length) : NULL;
	const char *first = broker.length ? memchr(broker.at, ':', broker.length) : NULL;
	const char *colon = broker.length ? memrchr(broker.at, ':', broker.length) : NULL;
	bool bare = !bracket && first != colon; /* an address of many colons */
	bool has_port = colon && !bare && (!bracket || colon > bracket);
	size_t host = has_port ? (size_t)(colon - broker.at) : broker.length;
	for (size_t i = 0; i < host; i++)
		if ((unsigned char)broker.at[i] <= ' ' || broker.at[i] == '/' ||
		    (bare && broker.at[i] != ':' && broker.at[i] != '.' && !isxdigit((unsigned char)broker.at[i])))
			return false;
	return !has_port || is_port(colon + 1, broker.length - host - 1);
}

static bool are_brokers(struct text list)
{
	bool good = list.length <= VALUE_MAX, any = false;
	for (bool more = true; good && more;) {
		const char *comma = list.length ? memchr(list.at, ',', list.length) : NULL;
		size_t length = comma ? (size_t)(comma - list.at) : list.length;
		struct text broker = text_trim((struct text){list.at, length});
		any = any || broker.length;
		good = is_broker(broker);
		more = comma != NULL;
		length += more;
		list = (struct text){list.at + length, list.length - length};
	}
	return good && any;
}

/* Says what would be right in `right` where the value does not fit. */
static bool fits(const struct property *property, const struct yaml_node *value, struct buffer *right)
{
	switch (property->kind) {
	case PROPERTY_NUMBER:
		buffer_format(right, "a whole number from %lld to %lld", (long long)property->least,
		              (long long)property->most);
		return number_fits(property, value);
	case PROPERTY_BOOL:
		buffer_string(right, "true or false");
		return fold_equal(value->text, "true") || fold_equal(value->text, "false");
	case PROPERTY_WORD:
		for (size_t i = 0; property->words[i]; i++) {
			if (fold_equal(value->text, property->words[i]))
				return true;
			buffer_format(right, "%s%s", i == 0 ? "" : property->words[i + 1] ? ", " : " or ",
			              property->words[i]);
		}
		return false;
	case PROPERTY_BROKERS:
		buffer_string(right, "a host and a port for each broker, such as kafka1:9092,kafka2:9092");
		return are_brokers(value->text);
	case PROPERTY_TEXT:
	case PROPERTY_FILE:
	case PROPERTY_REFUSED:
		break;
	}
	buffer_format(right, "text of at most %d characters on one line", VALUE_MAX);
	return value->text.length > 0 && value->text.length <= VALUE_MAX &&
	       !memchr(value->text.at, '\n', value->text.length);
}

static bool check_value(const struct option_reader *reader, const struct property *property,
                        const struct yaml_node *value)
{
	struct buffer right = {0};
	bool good = value->kind == YAML_SCALAR && fits(property, value, &right);
	if (!good && value->kind == YAML_SCALAR)
		yaml_fault(value, reader->faults, "kafka.properties: %s is \"%.60s\"; write %s", property->name,
		           value->text.at, buffer_cstr(&right));
	else if (!good)
		yaml_fault(value, reader->faults, "kafka.properties: %s is %s; write one value", property->name,
		           yaml_kind_name(value));
	buffer_free(&right);
	return good;
}

/* A file that is not there would be a broker that is retried for ever; one that we may not look at is the daemon's. */
static const char *file_value(const struct option_reader *reader, const struct property *property,
                              const struct yaml_node *value)
{
	const char *path = option_path(reader, value->text);
	if (access(path, R_OK) != 0 && errno != EACCES)
		yaml_fault(value, reader->faults,
		           "kafka.properties: %s: \"%s\" cannot be opened: %s; write the file's path", property->name,
		           path, strerror(errno));
	return path;
}

static bool read_one(const struct option_reader *reader, const struct yaml_node *key, const struct yaml_node *value,
                     struct config_property *to)
{
	const struct property *property = find(key->text);
	if (!property) {
		fault_unknown(reader, key);
		return false;
	}
	if (property->kind == PROPERTY_REFUSED) {
		yaml_fault(key, reader->faults, "kafka.properties: %s is not yours to set: %s", property->name,
		           property->hint);
		return false;
	}
	if (!check_value(reader, property, value))
		return false;
	to->name = property->name;
	to->value = property->kind == PROPERTY_FILE
			    ? file_value(reader, property, value)
			    : arena_copy_text(reader->arena, value->text.at, value->text.length);
	return true;
}

bool kafka_properties_read(struct option_reader *reader, const struct yaml_node *node)
{
	struct config_kafka *kafka = &reader->config->kafka;
	if (node->kind != YAML_MAPPING) {
		yaml_fault(node, reader->faults,
		           "kafka.properties is %s; write a mapping of librdkafka's names to values",
		           yaml_kind_name(node));
		return false;
	}
	kafka->properties = arena_alloc(reader->arena, (node->count + 1) * sizeof *kafka->properties);
	for (size_t i = 0; i < node->count; i++)
		if (read_one(reader, node->keys[i], node->items[i], &kafka->properties[kafka->property_count]))
			kafka->property_count++;
	return kafka->property_count == node->count;
}
