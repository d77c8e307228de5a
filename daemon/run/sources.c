/* sources: from the configuration to the sources that it names; a new kind is one row. */
#include "run/run_internal.h"

#include "source/http.h"
#include "source/kafka/orders.h"
#include "source/kafka/through.h"
#include "source/spool.h"
#include "store/events/events.h"

#include <assert.h>
#include <stdlib.h>

static enum result find_positions(void *context, struct source_position *positions, size_t count, struct fault *fault)
{
	struct council *council = context;
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < count; i++) {
		struct position stored;
		result = positions_get(council->store, positions[i].name, &stored, &positions[i].known, fault);
		if (result != RESULT_OK || !positions[i].known)
			continue;
		positions[i].next = stored.next;
		positions[i].fingerprint = stored.fingerprint;
	}
	if (result == RESULT_PERMANENT) /* a daemon that cannot say where to read on would live and read nothing */
		council_after(council, result, fault);
	return result;
}

void sources_settings(struct council *council, struct source_settings *settings)
{
	const struct config *config = council->first;
	source_settings_default(settings);
	settings->batch_events = config->batch_events;
	settings->batch_bytes = config->batch_kbytes * 1024;
	settings->event_limits = (struct event_limits){config->event_bytes, (unsigned)config->event_depth};
	settings->type_prefix = config->type_prefix ? text_of(config->type_prefix) : TEXT_NONE;
	settings->zone = calendar_zone(config->calendar);
	settings->clock = council->daemon->clock;
	settings->positions = find_positions;
	settings->report = feeds_report;
	settings->context = council;
}

/* ---- Kafka ---- */

static bool kafka_named(const struct config *config)
{
	return config->kafka.topic_count != 0;
}

/* For all councils that name their partitions. */
static struct kafka_readers *readers_of(struct daemon *daemon)
{
	if (!daemon->readers)
		daemon->readers = kafka_readers_new();
	return daemon->readers;
}

/* The caller frees .properties. */
static struct kafka_settings kafka_settings_of(struct council *council, const struct config *config)
{
	struct kafka_settings settings;
	struct kafka_property *properties = mem_zero(config->kafka.property_count, sizeof *properties);
	for (size_t i = 0; i < config->kafka.property_count; i++)
		properties[i] =
			(struct kafka_property){config->kafka.properties[i].name, config->kafka.properties[i].value};
	kafka_settings_default(&settings);
	sources_settings(council, &settings.source);
	settings.batch_ms = config->batch_ms;
	settings.ring_batches = config->ring_batches;
	settings.prefetch_kbytes = config->prefetch_kbytes;
	settings.topics = config->kafka.topics;
	settings.topic_count = config->kafka.topic_count;
	settings.partitions = config->kafka.partitions;
	settings.partition_count = config->kafka.partition_count;
	settings.readers = readers_of(council->daemon);
	settings.own_sources = config->kafka.sources;
	settings.own_source_count = config->kafka.source_count;
	settings.council = config->cell.council;
	settings.seal_key = cell_seal_key(council);
	settings.group = config->kafka.group;
	settings.instance = config->kafka.instance;
	settings.properties = properties;
	settings.property_count = config->kafka.property_count;
	settings.password_file = config->kafka.password_file;
	settings.log_time = config->cell.machine != NULL; /* on every machine of the cell the same arrival */
	settings.on_lost = config->kafka.lost == CONFIG_LOST_EARLIEST ? KAFKA_LOST_EARLIEST : KAFKA_LOST_STOP;
	settings.start = config->kafka.start == CONFIG_START_LATEST ? KAFKA_START_LATEST : KAFKA_START_EARLIEST;
	return settings;
}

static void free_properties(const struct kafka_settings *settings)
{
	free((void *)(uintptr_t)settings->properties);
}

static enum result kafka_from(struct council *council, const struct config *config, struct source **source,
                              struct fault *fault)
{
	struct kafka_settings settings = kafka_settings_of(council, config);
	enum result result = kafka_source_open(&settings, source, fault);
	free_properties(&settings);
	return result;
}

/* In a cell what does not come from the log goes through it first: so it comes to every machine, at the same place. */
static enum result through_log(struct council *council, const struct config *config, struct source **source,
                               struct fault *fault)
{
	if (!config->cell.machine)
		return RESULT_OK;
	struct kafka_settings settings = kafka_settings_of(council, config);
	enum result result = kafka_through_open(&settings, *source, quarantine_decision_is, source, fault);
	free_properties(&settings);
	return result;
}

enum result sources_open_orders(struct council *council, struct kafka_orders **orders, struct fault *fault)
{
	struct kafka_settings settings = kafka_settings_of(council, council->first);
	enum result result = kafka_orders_open(&settings, orders, fault);
	free_properties(&settings);
	return result;
}

/* ---- the spool directory ---- */

static bool spool_named(const struct config *config)
{
	return config->spool != NULL;
}

static enum result spool_from(struct council *council, const struct config *config, struct source **source,
                              struct fault *fault)
{
	struct source_settings settings;
	sources_settings(council, &settings);
	enum result result = spool_source_open(&settings, config->spool, source, fault);
	return result == RESULT_OK ? through_log(council, config, source, fault) : result;
}

/* ---- by HTTP ---- */

static bool http_named(const struct config *config)
{
	return config->http_intake.socket || config->http_intake.listen;
}

static enum result http_from(struct council *council, const struct config *config, struct source **source,
                             struct fault *fault)
{
	const struct config_http_intake *intake = &config->http_intake;
	struct http_intake_settings settings = {.socket = intake->socket, .address = intake->listen,
	                                        .token_file = intake->token_file,
	                                        .body_bytes = intake->body_kbytes * 1024};
	sources_settings(council, &settings.source);
	enum result result = http_source_open(&settings, source, fault);
	return result == RESULT_OK ? through_log(council, config, source, fault) : result;
}

/* ---- all kinds ---- */

enum result sources_open(struct council *council, struct source **sources, size_t *count, struct fault *fault)
{
	static const struct {
		bool (*named)(const struct config *config);
		enum result (*from)(struct council *, const struct config *, struct source **, struct fault *);
	} kinds[] = {{kafka_named, kafka_from}, {spool_named, spool_from}, {http_named, http_from}};
	static_assert(sizeof kinds / sizeof kinds[0] <= SOURCES_MOST, "room for one of each kind");
	enum result result = RESULT_OK;
	*count = 0;
	for (size_t i = 0; result == RESULT_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!kinds[i].named(council->first))
			continue;
		result = kinds[i].from(council, council->first, &sources[*count], fault);
		*count += result == RESULT_OK;
	}
	return result;
}

void sources_end(struct daemon *daemon)
{
	kafka_readers_free(daemon->readers);
	daemon->readers = NULL;
}
