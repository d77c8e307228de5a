/* kafka: events from a Kafka log, read and parsed on a thread of its own, handed to the loop's thread in bounded
 * batches.
 *
 * Owns the consumer, its thread and the ring of batches between that thread and the loop. The one rule: where reading
 * goes on is what the loop's database says, asked at every assignment; an event that cannot be read any more is said
 * aloud, never passed over in silence.
 *
 * All functions here are the loop thread's. The descriptor becomes readable when something waits. While the store
 * cannot take a batch (a full disk), it is held and offered again; nothing is lost by waiting, and memory stays
 * bounded. */
#ifndef CASEWATCH_SOURCE_KAFKA_KAFKA_H
#define CASEWATCH_SOURCE_KAFKA_KAFKA_H

#include "source/source.h"

/* A librdkafka property, as in config.h's struct config_property. */
struct kafka_property {
	const char *name, *value;
};

/* What to do with a partition whose log no longer has our place: the events there were removed before they were read,
 * or the topic was deleted and made anew. */
enum kafka_lost {
	KAFKA_LOST_STOP,     /* leave that partition alone and tell people (SOURCE_STUCK): the default */
	KAFKA_LOST_EARLIEST, /* say what was lost and go on with the earliest event there is; known ones are
	                         duplicates */
};
/* Where a partition begins that was never read. */
enum kafka_start { KAFKA_START_EARLIEST, KAFKA_START_LATEST };

/* The clients of a process. A source that names its partitions shares one with all others whose properties, password,
 * group and prefetch are the same; what each reads, how far, and how fast is its own all the same. */
struct kafka_readers;
struct kafka_readers *kafka_readers_new(void);
void kafka_readers_free(struct kafka_readers *readers); /* after all sources; NULL is fine */

struct kafka_settings {
	const char *const *topics;
	size_t topic_count;
	const int32_t *partitions; /* of each topic; all are read, whoever else does. None: the group gives them */
	size_t partition_count;
	struct kafka_readers *readers;    /* with partitions; borrowed until the source is stopped */
	const char *const *own_sources;   /* whose records are read, as kafka_belongs has it; none: everybody's */
	size_t own_source_count;
	/* Its name in the log: what its own machines appended is its own, whatever its source. NULL: nothing is. */
	const char *council;
	/* By which the machines of a cell know each other's orders in the log (seal.c); empty: none is believed. */
	struct text seal_key;
	/* group.id and group.instance.id; instance NULL: none, a restart then waits. With partitions no member of the
	 * group: its name is that under which the broker hears how far we are. */
	const char *group, *instance;
	const struct kafka_property *properties; /* bootstrap.servers, security.protocol, ssl.ca.location ... */
	size_t property_count;
	const char *password_file;               /* sasl.password; NULL: none */
	enum kafka_lost on_lost;
	enum kafka_start start;
	/* Records arrive when the log took them (message.timestamp.type LogAppendTime), on every machine at the same
	 * instant; false: when they came here. */
	bool log_time;
	size_t batch_ms, ring_batches, prefetch_kbytes; /* 0: the default */
	/* What every source is given. `positions` is asked on the loop's thread, from source_wake, and never while a
	 * batch waits or is out; `report` is called there too, with names "kafka", "kafka:TOPIC" or
	 * "kafka:TOPIC:PARTITION". */
	struct source_settings source;
};
/* Zero, but limits, clock and bounds at their defaults. */
void kafka_settings_default(struct kafka_settings *settings);

/* Whether a record whose `source` that is belongs to one that names `own`: it is the same, or begins with it where that
 * ends with "/" or ":". */
bool kafka_belongs(struct text source, const char *own);

/* Starts consuming. The settings are copied, but for zone and context. RESULT_PERMANENT: the configuration is wrong (an
 * unreadable CA file, say). A broker that is absent is no fault here: it is reported, and waited for. The broker hears
 * of what was committed within a second or so, for its lag figures alone. Figures are of the partitions that are
 * assigned now. */
MUST_CHECK enum result kafka_source_open(const struct kafka_settings *settings, struct source **source,
                                         struct fault *fault);

#endif
