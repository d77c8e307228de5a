/* kafka_config: the settings as librdkafka wants them. What may stand in the map of properties, config/ has checked.
 *
 * The one rule: what exactly-once depends on is set here, last, and nowhere else; a secret comes from a file. Part of
 * the Kafka source; only source/kafka/ includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_CONFIG_H
#define CASEWATCH_SOURCE_KAFKA_CONFIG_H

#include "source/kafka/kafka.h"

#define KAFKA_BATCH_MS 20
#define KAFKA_RING_BATCHES 4
#define KAFKA_PREFETCH_KBYTES 16384

struct rd_kafka_conf_s;

/* Everything but the callbacks. The caller owns *conf (rd_kafka_conf_destroy, or rd_kafka_new takes it). */
MUST_CHECK enum result kafka_config_make(const struct kafka_settings *settings, struct rd_kafka_conf_s **conf,
                                         struct fault *fault);

#endif
