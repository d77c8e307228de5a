/* kafka_parts: the Kafka source from inside: what its consumer's thread keeps.
 *
 * A reader is a client of librdkafka, the thread that takes messages from it, and the watch. It reads for one council,
 * as a member of its group; or for all councils of the process that name partitions of the same brokers: then each has
 * a queue of its own, and one that does not keep up is not asked for more, whatever the others do.
 *
 * The one rule: all of it is the consumer thread's, but for the ring, the table's shown figures and what is marked so.
 * Part of the Kafka source; only source/kafka/ includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_KAFKA_INTERNAL_H
#define CASEWATCH_SOURCE_KAFKA_KAFKA_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "base/digest.h"
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

/* The thread that asks, and what it found; under its lock but for what is its own. */
struct kafka_watch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, stop, nudged, fast;
	bool first; /* some partition has its first event, and is not looked after yet */
	struct kafka_partition **partitions;
	size_t count;
	int64_t anchors_at;
	int64_t away_at;    /* its own: leaders that did not answer are asked again then */
	bool lacks_leaders; /* its own, too: some partition's leader did not answer */
	int64_t alive_at, failed_at; /* when a broker last answered, or did not */
	unsigned failed;        /* questions without an answer, in a row */
};

struct kafka_topic {
	char *name;
	bool missing; /* and said so */
};

/* The clients of a process. On the loop's thread. */
struct kafka_appender;
struct kafka_readers {
	struct kafka_reader **items;
	size_t count, room;
	struct kafka_appender **appenders;
	size_t appender_count, appender_room;
};
/* What makes two councils' clients the same: all that librdkafka is told. The caller frees it. */
char *kafka_readers_key(const struct kafka_settings *settings);

/* Headers of records that a machine of the cell appended (through.h): for which council; and why the record is refused,
 * whatever a parser says of it. */
#define KAFKA_HEADER_COUNCIL "casewatch-council"
#define KAFKA_HEADER_REFUSED "casewatch-refused"
/* What it orders (source_record.order), and the seal without which that is not believed: whoever may write to the topic
 * must not be able to throw records away or to erase a child. */
#define KAFKA_HEADER_ORDER "casewatch-order"
#define KAFKA_HEADER_SEAL "casewatch-seal"
/* seal.c: of an order to that council. */
struct digest kafka_seal(struct text key, struct text council, struct text order, struct text bytes);
bool kafka_seal_is(struct text key, struct text council, struct text order, struct text bytes, struct text seal);

struct kafka_reader {
	/* Set before the thread starts. */
	rd_kafka_t *client;
	struct here *here;               /* of the one it reads for; NULL: of many, or of none by name */
	bool shared;                     /* partitions are those of the configuration; else the group gives them */
	char *key;                       /* shared: whose key is the same, shares it */
	struct waker *waker;             /* shared: there is something to look at; NULL: it is of one */
	pthread_t thread;
	struct kafka_watch watch;

	/* The loop's. */
	size_t users;

	/* Shared: between the loop's thread and the consumer's, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;          /* for the loop: one has gone */
	struct kafka **arriving;
	size_t arriving_count, arriving_room;
	bool stop;
	atomic_bool over;                /* librdkafka had a fatal error: nobody joins it any more */
	atomic_bool looked;              /* the watch has found something out */

	/* The consumer's thread. */
	struct kafka **sources;          /* whom it reads for; one where it is not shared */
	size_t source_count, source_room;
	int64_t look_at;                 /* at all of them */
	unsigned since_query;            /* messages since a broker's thread was last woken */
	int64_t commit_at;
	bool commit_out;
};

/* The source of one council. */
struct kafka {
	/* Set before the reader has it. */
	struct here *here; /* the council that opened it; librdkafka's own threads know of none */
	struct kafka_reader *reader;
	rd_kafka_t *client;                          /* the reader's */
	struct kafka_readers *readers;     /* the loop's: where the reader was found; NULL: it is not shared */
	struct kafka_ring *ring;
	struct kafka_table *table;
	struct event_parser *parser;
	struct clock clock;
	enum kafka_lost on_lost;
	enum kafka_start start;
	bool log_time;
	size_t batch_events, batch_bytes;
	int64_t batch_ms;
	char *group;
	struct kafka_topic *topics;
	size_t topic_count;
	char *council;                               /* NULL: it has no name in the log */
	char *seal_key;                              /* of its cell's orders; NULL: none is believed */
	size_t seal_key_length;
	char **own_sources;                          /* whose records are this council's; none: all are */
	size_t own_source_count;

	/* The loop's. */
	source_positions *positions;
	source_report *report;
	void *context;
	bool settled;
	bool up; /* as it was last heard of the source as a whole */

	/* The consumer's thread. */
	struct kafka_partition **wanted; /* what the group gave us, or the configuration names */
	size_t wanted_count;
	bool assigned;                   /* and librdkafka was told where to begin */
	int64_t assign_at;               /* assign (again) at this time; INT64_MAX: no need */
	struct kafka_parcel *parcel;     /* being filled */
	size_t parcel_bytes;
	int64_t parcel_since;
	bool over;                       /* librdkafka had a fatal error: nothing more is taken or handed over */
	struct kafka_health health;

	/* Where the reader is shared. The consumer's thread, but for what is marked. */
	rd_kafka_queue_t *queue;                  /* messages of its partitions; NULL: none is being read */
	rd_kafka_topic_partition_list_t *placed;  /* what librdkafka reads for it; NULL: nothing */
	bool more;                                /* the queue was not emptied */
	atomic_bool called;                       /* any thread: something came, or the ring has room or an answer */
	bool gone;                                /* under the reader's lock: the consumer's thread knows it no more */
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

/* reader.c: clients, and who shares one; all of it on the loop's thread. `conf` is taken in any case. */
MUST_CHECK enum result kafka_reader_of_one(struct kafka *kafka, rd_kafka_conf_t *conf, struct fault *fault);
MUST_CHECK enum result kafka_reader_of_many(struct kafka_readers *readers, const struct kafka_settings *settings,
                                            struct kafka *kafka, struct fault *fault);
/* False: the thread did not let go of it in time, and still uses all of it. */
bool kafka_reader_leave(struct kafka *kafka, int patience_ms);

/* wake.c: from any thread. */
void kafka_reader_wake(struct kafka_reader *reader);   /* a reader for many: there is something to look at */
void kafka_reader_call(struct kafka *kafka);           /* at this source */
void kafka_reader_looked(struct kafka_reader *reader); /* at all of them: the watch has found something out */

/* consume.c: the thread of a reader for one, and what both kinds do. */
void *kafka_consume(void *reader);
void kafka_consume_take(struct kafka *kafka, rd_kafka_message_t *message); /* takes it */
bool kafka_consume_full(const struct kafka *kafka);
bool kafka_consume_due(struct kafka *kafka, int64_t now); /* what is in hand goes to the loop now */
void kafka_consume_tell(struct kafka_reader *reader, int64_t now); /* the broker, how far we are */
void kafka_consume_wake(struct kafka_reader *reader);     /* a broker's thread that may sleep */
void kafka_consume_leave(struct kafka_reader *reader);

/* consume_many.c: the thread of a reader for many. */
void *kafka_consume_many(void *reader);

/* hand_over.c: what is in hand goes to the loop; waits for room. */
void kafka_hand_over(struct kafka *kafka);

/* group.c: partitions come and go. */
void kafka_group_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list,
                           void *reader);
void kafka_group_tick(struct kafka *kafka, int64_t now);      /* assigns (again) when due */
void kafka_group_doubt(struct kafka *kafka, struct kafka_partition *partition, bool absent);
void kafka_group_other(struct kafka *kafka, struct kafka_partition *partition); /* the log is another one */
void kafka_group_look_anew(struct kafka *kafka); /* at what the watch found */
void kafka_group_proved(struct kafka *kafka, struct kafka_partition *partition);
struct kafka_partition *kafka_group_partition(struct kafka *kafka, const rd_kafka_message_t *message);

/* end.c: under the table's lock, but for the last: as far as is known, whether all was read; up to when, where all of
 * that was handed to the loop (see source.h). *ask: a broker is to be asked, for it to go further. */
bool kafka_end_is_read(const struct kafka *kafka, const struct kafka_partition *partition);
instant kafka_end_read_to(const struct kafka *kafka, const struct kafka_partition *partition, bool *ask);
/* Whether all its leaders answered a moment ago, whatever is said of the source as a whole. */
bool kafka_end_is_heard_of(struct kafka *kafka);

/* place.c: which partitions librdkafka reads, and from where. */
MUST_CHECK bool kafka_place(struct kafka *kafka, rd_kafka_topic_partition_list_t *list); /* all that it is to read */
void kafka_place_nothing(struct kafka *kafka);

/* message.c: a message as a record of a batch. NULL partition: none of ours. */
uint64_t kafka_message_fingerprint(const rd_kafka_message_t *message);
void kafka_message_add(struct kafka *kafka, struct kafka_partition *partition, const rd_kafka_message_t *message);

/* health.c: what people are told of the source as a whole. */
void kafka_health_error(struct kafka *kafka, rd_kafka_resp_err_t error, const char *reason);
void kafka_health_topic(struct kafka *kafka, const char *topic, rd_kafka_resp_err_t error);
void kafka_health_topic_found(struct kafka *kafka, const char *topic);
void kafka_health_there(struct kafka *kafka); /* partitions that the configuration names: what the watch found */
void kafka_health_alive(struct kafka *kafka, int64_t now);
void kafka_health_assigned(struct kafka *kafka, int64_t now);
bool kafka_health_over(struct kafka *kafka); /* says so when it is found */
void kafka_health_tick(struct kafka *kafka, int64_t now);
bool kafka_health_is_doubtful(const struct kafka *kafka); /* brokers are to be asked often */

/* times.c: what a broker says of a log by the times of its records. All through
 * rd_kafka_offsets_for_times: rd_kafka_query_watermark_offsets of 2.0.2 forgets its time limit while the broker is
 * gone. Its "times" -2 and -1 are the log's two ends (Kafka's ListOffsets). */
#define KAFKA_TIMES_START RD_KAFKA_OFFSET_BEGINNING
#define KAFKA_TIMES_END RD_KAFKA_OFFSET_END
#define KAFKA_TIMES_PATIENCE 1000 /* more than a fetch may wait on the same connection (fetch.wait.max.ms) */
/* Where the list's partitions have the first event at or after the times in it. */
bool kafka_times_ask(struct kafka_reader *reader, rd_kafka_topic_partition_list_t *list, int patience_ms);
bool kafka_times_ask_one(struct kafka_reader *reader, struct kafka_partition *partition, int64_t time, int patience_ms,
                         int64_t *offset);
/* Marks those that are another log than was read (partition->anew), and asks about the last event of each from here
 * on. */
void kafka_times_look_after(struct kafka_reader *reader, struct kafka_partition **partitions, size_t count);

/* watch.c: questions to the brokers, on a thread of its own; all but the first are the consumer's to call. */
bool kafka_watch_bounds(struct kafka *kafka, struct kafka_partition *partition, int patience_ms, int64_t *low,
                        int64_t *high); /* asks a broker */
/* The same without waiting: false: it will be known later, when it is asked for again. */
bool kafka_watch_bounds_soon(struct kafka *kafka, struct kafka_partition *partition, int64_t *low, int64_t *high);
bool kafka_watch_start(struct kafka_reader *reader);
void kafka_watch_stop(struct kafka_reader *reader);
void kafka_watch_partitions(struct kafka_reader *reader); /* those wanted have changed */
void kafka_watch_nudge(struct kafka_reader *reader);      /* ask now: it also wakes librdkafka's broker threads */
/* Likewise, and asks what the log says of the last events: until it has, one that is made anew would not be noticed. */
void kafka_watch_first(struct kafka_reader *reader);
void kafka_watch_hurry(struct kafka_reader *reader, bool fast); /* ask often */
bool kafka_watch_answered(struct kafka_reader *reader); /* the last question; from any thread */
void kafka_watch_read(struct kafka *kafka, int64_t last_alive, int64_t *alive_at, unsigned *failed);

#endif
