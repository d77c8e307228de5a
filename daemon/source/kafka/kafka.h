/* kafka: events from a Kafka log, read and parsed on a thread of its own, handed to the loop's thread in bounded batches.
 *
 * Owns the consumer, its thread and the ring of batches between that thread and the loop. The one rule: where reading goes
 * on is what the loop's database says, asked at every assignment; an event that cannot be read any more is said aloud,
 * never passed over in silence.
 *
 * All functions here are the loop thread's. The descriptor of kafka_fd becomes readable when something waits; then
 *	kafka_wake(source);
 *	while ((batch = kafka_take_batch(source))) { store it and its positions in one transaction; kafka_committed(source, batch); }
 * One batch is out at a time. While the store cannot take it (a full disk), keep it and try it again; nothing is lost
 * by waiting, and memory stays bounded. */
#ifndef CASEWATCH_SOURCE_KAFKA_KAFKA_H
#define CASEWATCH_SOURCE_KAFKA_KAFKA_H

#include "source/source.h"

struct kafka;

/* A librdkafka property, as in config.h's struct config_property. */
struct kafka_property {
	const char *name, *value;
};

/* Where a partition goes on, as the store has it. */
struct kafka_position {
	struct text name;     /* in: "kafka:TOPIC:PARTITION", as in source_record.position */
	bool known;           /* out: false for a partition never read */
	int64_t next;         /* out: struct position's next */
	uint64_t fingerprint; /* out: of the last record taken (source_record.fingerprint); 0: not kept */
};

/* Fills in `count` positions from the store; on the loop's thread, from kafka_wake, and never while a batch waits or is
 * out. After anything but RESULT_OK nothing is read, and it is asked again a second later. */
typedef enum result kafka_positions(void *context, struct kafka_position *positions, size_t count, struct fault *fault);

/* What to do with a partition whose log no longer has our place: the events there were removed before they were read, or
 * the topic was deleted and made anew. */
enum kafka_lost {
	KAFKA_LOST_STOP,     /* leave that partition alone and tell people (SOURCE_STUCK): the default */
	KAFKA_LOST_EARLIEST, /* say what was lost and go on with the earliest event there is; known ones are duplicates */
};
/* Where a partition begins that was never read. */
enum kafka_start { KAFKA_START_EARLIEST, KAFKA_START_LATEST };

struct kafka_settings {
	const char *const *topics;
	size_t topic_count;
	const char *group, *instance;            /* group.id and group.instance.id; instance NULL: none, a restart then waits */
	const struct kafka_property *properties; /* bootstrap.servers, security.protocol, ssl.ca.location ... */
	size_t property_count;
	const char *password_file;               /* sasl.password; NULL: none */
	enum kafka_lost on_lost;
	enum kafka_start start;
	size_t batch_events, batch_bytes, batch_ms, ring_batches, prefetch_kbytes; /* 0: the default */
	struct event_limits event_limits;
	struct text type_prefix;
	const struct zone *zone;
	struct clock clock;                      /* for `arrived`; read on the consumer's thread */
	kafka_positions *positions;
	source_report *report;                   /* on the loop's thread, from kafka_wake; names "kafka", "kafka:TOPIC" or
	                                          * "kafka:TOPIC:PARTITION"; once for each change */
	void *context;                           /* of both */
};
/* Zero, but limits, clock and bounds at their defaults. */
void kafka_settings_default(struct kafka_settings *settings);

/* Starts consuming. The settings are copied, but for zone and context. RESULT_PERMANENT: the configuration is wrong (an
 * unreadable CA file, say). A broker that is absent is no fault here: it is reported, and waited for. */
MUST_CHECK enum result kafka_open(const struct kafka_settings *settings, struct kafka **kafka, struct fault *fault);

int kafka_fd(const struct kafka *kafka); /* readable when something waits; owned by `kafka` */
void kafka_wake(struct kafka *kafka);    /* reads the descriptor, answers the consumer, delivers reports */

/* The oldest batch waiting, or NULL. It stays the source's until kafka_committed or kafka_give_back, which free it. */
struct batch *kafka_take_batch(struct kafka *kafka);
/* It is in the database for good. The broker hears of it within a second or so, for its lag figures alone. */
void kafka_committed(struct kafka *kafka, struct batch *batch);
/* It is not: everything not committed is forgotten, and read again from the stored positions. */
void kafka_give_back(struct kafka *kafka, struct batch *batch);

/* True once partitions were assigned, or it is known and was reported that they cannot be for now: readiness. */
bool kafka_settled(const struct kafka *kafka);

struct kafka_figures {
	struct text name;     /* "kafka:TOPIC:PARTITION" */
	enum source_state state;
	int64_t next;         /* the offset after the last one taken off the log; -1: none yet */
	int64_t end;          /* the log's end as last heard; -1: not yet */
	int64_t lag;          /* events (and transaction marks) between the last committed batch and the end; -1: not known */
};
typedef void kafka_figures_visit(void *argument, const struct kafka_figures *figures);
void kafka_each_partition(struct kafka *kafka, kafka_figures_visit *visit, void *argument); /* those assigned now */

/* Stops within `patience_ms` and frees everything. False: librdkafka did not let go in that time; its thread is left
 * behind, and the process should end. Batches not committed are forgotten: they are in the log. */
bool kafka_close(struct kafka *kafka, int patience_ms); /* NULL is fine */

#endif
