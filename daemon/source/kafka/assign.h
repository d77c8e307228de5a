/* kafka_assign: which partitions are ours, where each goes on, and whether the log still is the one we know.
 *
 * Owns the table of partitions. The one rule: a partition goes on at its stored position only when the last event taken
 * is still at its offset in the log, or retention has removed it and nothing after it; in every other case people are
 * told and, unless they chose otherwise, the partition is left alone. Part of the Kafka source; only source/kafka/
 * includes it. */
#ifndef CASEWATCH_SOURCE_KAFKA_ASSIGN_H
#define CASEWATCH_SOURCE_KAFKA_ASSIGN_H

#include <pthread.h>

#include "base/shared.h"
#include "source/kafka/kafka.h"

enum kafka_stage {
	KAFKA_AWAY,     /* not assigned to us */
	KAFKA_CHECKING, /* the last event taken is being read again, to be compared */
	KAFKA_OPEN,     /* being read */
	KAFKA_DOUBTFUL, /* the log does not have what we expect: its bounds are asked for */
	KAFKA_STUCK,    /* needs a person; not read */
};

/* How a partition begins when it is next assigned. */
enum kafka_plan {
	KAFKA_PLAN_CHECK,    /* at the last event taken, comparing it */
	KAFKA_PLAN_TRUST,    /* at the stored position: there is nothing left to compare with */
	KAFKA_PLAN_EARLIEST, /* what was there is lost, and that was accepted */
	KAFKA_PLAN_NOT,      /* stuck */
};

/* Whether the brokers have a partition that the configuration names; the group gives none that they have not. */
enum kafka_there { KAFKA_THERE, KAFKA_THERE_NO_TOPIC, KAFKA_THERE_NO_PARTITION };

struct kafka_table;
struct kafka_partition {
	struct kafka_table *table; /* that it stands in */
	char *name, *topic; /* "kafka:TOPIC:ID" */
	int32_t id;

	/* The consumer's thread alone. */
	enum kafka_plan plan;
	int64_t stored;       /* the stored position at the last assignment; -1: none */
	uint64_t fingerprint; /* of the event before it */
	int64_t next;         /* events below it are known or not ours; -1: from wherever the log begins */
	bool stuck_said;
	bool anew_found;      /* in doubt: the watch found the log to be another one */
	bool absent;          /* in doubt: the log was read across the last event's place, and it was not there */
	int64_t latest;       /* where KAFKA_START_LATEST begins, once asked; -1: not yet */
	int64_t broker_told;  /* the offset committed to the broker, for its lag figures */
	int64_t taken_time;   /* the time, as the log has it, of the last event taken */
	int checks;           /* in a row that ended in doubt without a verdict */
	enum kafka_there there_said;
	bool producers_time_said; /* its records bear it, where the log's is needed */
	int32_t siblings_said;
	int clock_said;       /* the log's clock is wrong, or this machine's: message.c */

	/* Under the table's lock. */
	enum kafka_stage stage;
	int64_t shown_next, end, committed; /* -1: not known; shown_next: after the last one taken off the log */
	int64_t handed_next;                /* after the last one handed to the loop */
	instant read_to; /* when the newest event handed to the loop became known; INSTANT_NONE: none was */
	bool at_end;
	int64_t end_read;                   /* at_end: where that is */
	int64_t end_asked;                  /* where a broker last said that it is; -1: none did */
	instant asked, asks;                /* when it was asked that, by its source's clock; when it was asked last */
	int64_t last_offset,
		last_time; /* of the last event handed over; time as the log has it, milliseconds; -1: none */
	int64_t anchor_offset, anchor_time, anchor_answer; /* see watch.c; offset -1: not set */
	bool anew; /* the watch found that the topic was made anew */
	bool bounds_wanted, bounds_known; /* of the watch, where nobody may wait for it */
	int64_t low, high;                /* those bounds */
	enum kafka_there there;
	int32_t siblings;        /* partitions of its topic; 0: not known yet */
	unsigned unanswered;     /* questions to its leader without an answer, in a row */
	int64_t unanswered_at;   /* the last of them */
	int32_t unanswered_by;   /* and who that leader was */

	/* The watch's thread alone. */
	int32_t leader;          /* where it is there; -1: none at the moment */
};

struct kafka_table {
	struct shared shared; /* held by its source, and by the watch while it asks about its partitions */
	struct clock clock;    /* its source's; set before the reader has it */
	pthread_mutex_t lock;
	struct kafka_partition **items; /* each lives as long as the table: batches point to their names */
	size_t count, room;
};
struct kafka_table *kafka_table_new(void);
void kafka_table_release(struct kafka_table *table); /* NULL is fine */
struct kafka_partition *kafka_table_find(struct kafka_table *table, const char *topic, int32_t id); /* made if new */
void kafka_table_stage(struct kafka_table *table, struct kafka_partition *partition, enum kafka_stage stage);

/* Where to begin with what the store answered: an offset, or one of these. Sets plan, stored, next. */
#define KAFKA_AT_START (-2) /* wherever KAFKA_START_... says */
#define KAFKA_AT_EARLIEST (-3)
#define KAFKA_AT_NOTHING (-4) /* leave it out of the assignment */
int64_t kafka_partition_begin(struct kafka_partition *partition, const struct source_position *stored);

/* What to do with a message at `offset`. `fingerprint` is looked at only in stage CHECKING, at stored - 1. */
enum kafka_take {
	KAFKA_TAKE,   /* an event: hand it on */
	KAFKA_PASS,   /* known already */
	KAFKA_PROVED, /* it is the last event taken: the log is the one we know; go on behind it */
	KAFKA_OTHER,  /* something else stands at that offset: the topic was made anew */
	KAFKA_DOUBT,  /* the last event taken did not come: ask for the log's bounds */
};
enum kafka_take kafka_partition_take(const struct kafka_partition *partition, int64_t offset, uint64_t fingerprint);

/* In doubt, with the log's bounds [low, high) at hand. */
enum kafka_verdict {
	KAFKA_VERDICT_SAME,     /* retention removed the last event taken and nothing after it: trust the position */
	KAFKA_VERDICT_REMOVED,  /* events from the position to `low` were removed unread */
	KAFKA_VERDICT_SHORTER,  /* the log ends before our position: made anew, or cut */
	KAFKA_VERDICT_MISSING,  /* the log spans the last event taken but does not have it: made anew, or compacted */
	KAFKA_VERDICT_AGAIN,    /* the doubt was momentary: check again */
};
/* `absent`: the log was read across the place of the last event and it was not there (rather than an offset error). */
enum kafka_verdict kafka_partition_judge(const struct kafka_partition *partition, int64_t low, int64_t high,
                                         bool absent);

/* The sentence for people: what is the matter, what was lost, what to do. */
enum kafka_matter {
	KAFKA_MATTER_REMOVED,
	KAFKA_MATTER_SHORTER,
	KAFKA_MATTER_MISSING,
	KAFKA_MATTER_OTHER,
	KAFKA_MATTER_ANEW, /* found while reading: it is always read from its beginning */
};
void kafka_partition_sentence(const struct kafka_partition *partition, enum kafka_matter matter, int64_t low,
                              int64_t high, enum kafka_lost on_lost, char *sentence, size_t size);

#endif
