/* kafka_parts: the Kafka source from inside: what its consumer's thread keeps.
 *
 * The one rule: all of it is the consumer thread's, but for the ring, the table's shown figures and what is marked so.
 * Part of the Kafka source; only source/kafka/ includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_KAFKA_INTERNAL_H
#define CASEWATCH_SOURCE_KAFKA_KAFKA_INTERNAL_H

#include <pthread.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "base/here.h"
#include "source/kafka/assign.h"
#include "source/kafka/ring.h"

/* What was last said of the source as a whole, and what is known since. Times in milliseconds, monotonic. */
struct kafka_health {
	enum source_state state;
	int trouble;            /* enum trouble of health.c: what the last sentence was about */
	bool suspect;           /* librdkafka has lost every broker: the next answer, or none, decides */
	int64_t suspect_since;
	int64_t last_alive;     /* a message came, or a question was answered */
	int64_t troubled_until;
	int64_t unassigned_since;
	char reason[256];       /* librdkafka's last words about a lost connection */
};

/* The thread that asks, and what it found; under its lock but for `anchors_at`, which is its own. */
struct kafka_watch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, stop, nudged, fast;
	struct kafka_partition **partitions;
	size_t count;
	int64_t anchors_at;
	int64_t alive_at, failed_at; /* when a broker last answered, or did not */
	unsigned failed;        /* questions without an answer, in a row */
};

struct kafka_topic {
	char *name;
	bool missing; /* and said so */
};

struct kafka {
	/* Set before the thread starts. */
	struct here *here; /* the council that opened it; librdkafka's own threads know of none */
	rd_kafka_t *client;
	struct kafka_ring *ring;
	struct kafka_table table;
	struct event_parser *parser;
	struct clock clock;
	enum kafka_lost on_lost;
	enum kafka_start start;
	size_t batch_events, batch_bytes;
	int64_t batch_ms;
	char *group;
	struct kafka_topic *topics;
	size_t topic_count;
	pthread_t thread;

	/* The loop's. */
	source_positions *positions;
	source_report *report;
	void *context;
	bool settled;

	/* The consumer's thread. */
	struct kafka_partition **wanted; /* what the group gave us */
	size_t wanted_count;
	bool assigned;                   /* and librdkafka was told where to begin */
	int64_t assign_at;               /* assign (again) at this time; INT64_MAX: no need */
	struct kafka_parcel *parcel;     /* being filled */
	size_t parcel_bytes;
	int64_t parcel_since;
	unsigned since_query;            /* messages since a broker's thread was last woken */
	int64_t commit_at;
	bool commit_out;
	bool over;                       /* librdkafka had a fatal error: nothing more is taken or handed over */
	struct kafka_health health;

	struct kafka_watch watch;
};

/* Milliseconds, monotonic: never a time of day. */
static inline int64_t kafka_now(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Partitions are assigned anew so soon: their positions are read and checked again. */
static inline void kafka_assign_again(struct kafka *kafka, int64_t in_ms)
{
	int64_t at = kafka_now() + in_ms;
	if (at < kafka->assign_at)
		kafka->assign_at = at;
}

/* consume.c: the thread. */
void *kafka_consume(void *kafka);

/* hand_over.c: what is in hand goes to the loop; waits for room. */
void kafka_hand_over(struct kafka *kafka);

/* group.c: partitions come and go. */
void kafka_group_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list,
                           void *kafka);
void kafka_group_tick(struct kafka *kafka, int64_t now);      /* assigns (again) when due */
void kafka_group_doubt(struct kafka *kafka, struct kafka_partition *partition, bool absent);
void kafka_group_other(struct kafka *kafka, struct kafka_partition *partition); /* the log is another one */
void kafka_group_look_anew(struct kafka *kafka); /* at what the watch found */
void kafka_group_proved(struct kafka *kafka, struct kafka_partition *partition);
struct kafka_partition *kafka_group_partition(struct kafka *kafka, const rd_kafka_message_t *message);

/* message.c: a message as a record of a batch. NULL partition: none of ours. */
uint64_t kafka_message_fingerprint(const rd_kafka_message_t *message);
void kafka_message_add(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message);

/* health.c: what people are told of the source as a whole. */
void kafka_health_error(struct kafka *kafka, rd_kafka_resp_err_t error, const char *reason);
void kafka_health_topic(struct kafka *kafka, const char *topic, rd_kafka_resp_err_t error);
void kafka_health_topic_found(struct kafka *kafka, const char *topic);
void kafka_health_alive(struct kafka *kafka, int64_t now);
void kafka_health_assigned(struct kafka *kafka, int64_t now);
bool kafka_health_over(struct kafka *kafka); /* says so when it is found */
void kafka_health_tick(struct kafka *kafka, int64_t now);

/* watch.c: questions to the brokers, on a thread of its own; all but the first are the consumer's to call. */
bool kafka_watch_bounds(struct kafka *kafka, struct kafka_partition *partition, int patience_ms, int64_t *low,
                        int64_t *high); /* asks a broker */
bool kafka_watch_start(struct kafka *kafka);
void kafka_watch_stop(struct kafka *kafka);
void kafka_watch_partitions(struct kafka *kafka); /* those wanted have changed */
void kafka_watch_nudge(struct kafka *kafka);      /* ask now: it also wakes librdkafka's broker threads */
void kafka_watch_read(struct kafka *kafka, bool fast, int64_t last_alive, int64_t *alive_at, unsigned *failed);

#endif
