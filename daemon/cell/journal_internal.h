/* journal_internal: what the loop's side of the journal and its thread share. Only cell/ includes it. */
#ifndef CASEWATCH_CELL_JOURNAL_INTERNAL_H
#define CASEWATCH_CELL_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "cell/journal.h"
#include "cell/journal_ring.h"

struct journal_part {
	char *name;
	int32_t partition;
	struct ownership *ownership; /* the loop's */
	char owner[JOURNAL_NAME_MOST + 1]; /* the loop's: who said last that it owns */
	bool read;                   /* the loop's: its end was once read */
	struct journal_proof proof;  /* the loop's: what was read last */
	struct journal_proof expected; /* the thread's: what is to stand there, until it was looked at */
	int64_t next;                /* the thread's: the next record to be read */
	bool ended;                  /* the thread's: it said so */
	instant appended;            /* the loop's: when the record was that is read now; INSTANT_NONE: nobody knows */
	instant complained;          /* the loop's: when something was last said of it */
	unsigned unsaid;             /* the loop's: how often something was to be said since */
};

struct journal {
	rd_kafka_t *producer, *reader, *member;
	rd_kafka_topic_t *appended;    /* the producer's; NULL: not to be had */
	struct journal_ring *ring;
	char *topic, *owner;
	rd_kafka_conf_t *member_conf;  /* the thread's: of each member that it makes */
	_Atomic int64_t wanted_since;  /* the loop's: as journal_sit has it */
	int64_t since;                 /* the thread's: of the member there is; 0: there is none */
	int64_t member_at; /* the thread's: a member that could not be made is tried again, in milliseconds */
	int64_t ready_at;  /* the thread's: the producer is looked after then, in milliseconds */
	size_t ready_part;
	int64_t beat_at;   /* the thread's: the next heartbeat, in milliseconds */
	char *group;
	pthread_t asker;               /* while `asking`: asks who is in the group */
	bool asking;                   /* the thread's */
	_Atomic bool answered;         /* the asker has ended */
	int64_t ask_at;                /* the thread's: the next question, in milliseconds */
	_Atomic int64_t members;       /* in the group, as was heard last */
	_Atomic int64_t members_heard; /* when, in milliseconds; 0: never */
	_Atomic int members_error;     /* rd_kafka_resp_err_t: why it was not heard when it was asked last */
	struct journal_part *parts;
	size_t part_count;
	struct journal_host host;
	pthread_t thread;
	int64_t said_at; /* the thread's: when trouble was last said, in milliseconds; 0: never */
	unsigned unsaid; /* the thread's: trouble since then */
	bool anew;       /* the thread's: reading begins again where each part stands */
	int64_t anew_at; /* not before, in milliseconds of CLOCK_MONOTONIC */
};

/* journal_clients.c: makes the three clients, or none. */
MUST_CHECK enum result journal_clients_make(struct journal *journal, const struct journal_settings *settings,
                                            struct fault *fault);
void journal_clients_end(struct journal *journal);
/* At the partition's end, behind those before it. False: it is not there, and not under way. */
MUST_CHECK bool journal_clients_append(struct journal *journal, int32_t partition, struct text bytes);

/* The thread's: as wanted_since says. */
void journal_clients_sit(struct journal *journal);
/* The thread's: sees to it that the group hears of the member. */
void journal_clients_beat(struct journal *journal);
/* The thread's: sees to it that the first record goes at once, too. */
void journal_clients_keep_ready(struct journal *journal);

/* journal_members.c: the thread's: has it asked who is in the group, now and then; waits for nothing. */
void journal_members_look(struct journal *journal);
void journal_members_end(struct journal *journal); /* while the producer is there */

/* journal_thread.c: reads and listens until it is ended. False: there is no thread to be had. */
MUST_CHECK bool journal_thread_start(struct journal *journal);
void journal_thread_end(struct journal *journal); /* with its clients */
/* What is the matter with the brokers, said once a minute however often it happens. The thread's. */
void journal_complain(struct journal *journal, const char *words);
/* The part of that partition; NULL: none of ours. */
struct journal_part *journal_part_of(struct journal *journal, int32_t partition);

#endif
