/* journal_topic: how the brokers keep a topic of a cell: whether what they acknowledged outlives one of them. For
 * `casewatch check`, which may wait; the daemon asks nobody. */
#ifndef CASEWATCH_CELL_JOURNAL_TOPIC_H
#define CASEWATCH_CELL_JOURNAL_TOPIC_H

#include "source/kafka/kafka.h"

struct journal_topic {
	int partitions;
	int replicas;   /* of the partition that has the fewest */
	int in_sync;    /* min.insync.replicas */
	bool compacted; /* records that are not the last of their key are removed */
	bool log_time;  /* a record bears the time at which it was appended, and not one of its producer's */
};
/* Waits at most so long for each of two answers. RESULT_TEMPORARY: the brokers cannot be asked; RESULT_PERMANENT: there
 * is no such topic, or the settings cannot work. */
MUST_CHECK enum result journal_topic_find(const struct kafka_property *properties, size_t property_count,
                                          const char *password_file, const char *name, int patience_ms,
                                          struct journal_topic *topic, struct fault *fault);
/* Whether they say who is in a group. RESULT_OK: they do, or (*listed: false) have not heard of it yet, or do not say
 * so to this user; RESULT_TEMPORARY: they cannot be asked; RESULT_PERMANENT: they do not say. */
MUST_CHECK enum result journal_group_ask(const struct kafka_property *properties, size_t property_count,
                                         const char *password_file, const char *group, int patience_ms,
                                         bool *listed, struct fault *fault);

#endif
