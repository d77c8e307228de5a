/* kafka_client: what every client of a Kafka log has, whatever it does: the source's consumer, and those of a cell's
 * journal.
 *
 * The one rule: properties and secrets are set in one place, and no client is waited for without a limit when it ends.
 * For source/kafka/ and cell/. */
#ifndef CASEWATCH_SOURCE_KAFKA_CLIENT_H
#define CASEWATCH_SOURCE_KAFKA_CLIENT_H

#include "source/kafka/kafka.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;

/* Our defaults, then the map of properties, then the password; checks that topics, group and brokers are named. What
 * the client depends on is set behind that, so that nothing undoes it. The caller owns *conf (rd_kafka_conf_destroy, or
 * rd_kafka_new takes it). */
MUST_CHECK enum result kafka_client_config(const struct kafka_settings *settings, struct rd_kafka_conf_s **conf,
                                           struct fault *fault);
MUST_CHECK enum result kafka_client_set(struct rd_kafka_conf_s *conf, const char *name, const char *value,
                                        struct fault *fault);
/* A client, without signals to any of its threads: those are the loop's. Takes conf, whatever comes of it. */
MUST_CHECK enum result kafka_client_new(bool consumes, struct rd_kafka_conf_s *conf, struct rd_kafka_s **client,
                                        struct fault *fault);
/* A consumer leaves its group and is destroyed. Close can hang and its farewell be lost, so it has a limit; then the
 * client goes without. */
void kafka_client_leave(struct rd_kafka_s *client, int patience_ms);

#endif
