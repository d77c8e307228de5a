/* journal: the records by which the machines of a cell agree, over a Kafka topic: one partition a council.
 *
 * Owns the clients (one that appends, one that reads all partitions, one that only is a member of the group), their
 * thread, and the state machine of each council (cell/ownership.h). The one rule: nothing is believed to be in the
 * journal before it was read from it, and no send begins by anything but a START that came from there.
 *
 * Reading and membership are two clients: a machine reads every council's journal, whoever the group names, so that it
 * knows what was sent when it is named; and a rebalance does not interrupt the reading. No group.instance.id: a static
 * member does not leave on a clean stop.
 *
 * All functions here are the loop thread's. The descriptor becomes readable when something waits; memory is bounded
 * (JOURNAL_ITEMS_MOST), and while the loop stands still reading waits. A broker that is away is waited for: meanwhile
 * nothing is started. */
#ifndef CASEWATCH_CELL_JOURNAL_H
#define CASEWATCH_CELL_JOURNAL_H

#include "cell/ownership.h"
#include "source/kafka/kafka.h"

/* The group's session.timeout.ms: longer than OWNERSHIP_START_WITHIN, so that whoever crashed can begin nothing when
 * somebody else is named; the least that a broker allows by default. */
#define JOURNAL_SESSION_MS 6000
#define JOURNAL_COUNCILS_MOST 1024 /* partitions of one topic: far beyond what one machine can carry */

/* The last record that was read: who begins again looks whether it still stands there, or the topic was made anew and
 * has grown beyond it, so that nothing else would show. */
struct journal_proof {
	int64_t position;
	uint64_t print; /* a fingerprint of its bytes; 0: none is known */
};

struct journal_council {
	struct text name; /* of 1 to JOURNAL_NAME_MOST bytes */
	int32_t partition;
	struct ownership_place place; /* where it was left */
	struct journal_proof proof;
	struct text owner;            /* the name of the machine that owned there; empty: not known */
};

/* What it tells its host, from journal_wake and the functions that leave orders; `council` is its number in the
 * settings. What each means is said at enum ownership_order_kind. */
struct journal_host {
	void *context;
	void (*owns)(void *context, size_t council, bool owns);
	void (*start)(void *context, size_t council, const struct ownership_order *order);
	void (*not_start)(void *context, size_t council, const struct journal_row *row);
	/* row NULL: all of them. `message`: the row after which its message was named. */
	void (*doubtful)(void *context, size_t council, const struct journal_row *row,
	                 const struct journal_row *message);
	void (*result)(void *context, size_t council, const struct journal_row *row, const struct journal_row *message,
	               enum journal_what what);
};

struct journal_settings {
	const char *topic, *group; /* the group names one machine for all the councils below */
	const char *owner; /* this machine's name, for people */
	int64_t since;     /* as journal_sit */
	const struct kafka_property *properties;
	size_t property_count;
	const char *password_file; /* NULL: none */
	const struct journal_council *councils;
	size_t council_count;
	struct journal_host host;
};

struct journal;
/* Copies the settings; starts the thread. RESULT_PERMANENT where they cannot work. */
MUST_CHECK enum result journal_open(const struct journal_settings *settings, struct journal **journal,
                                    struct fault *fault);
/* Leaves the group, so that another is named at once, and ends the thread; waits at most a few seconds. Whoever stops
 * cleanly first lets its sends come to their end (journal_over of each that was started): what was wanted and not
 * started is said to be not. NULL is fine. */
void journal_close(struct journal *journal);

/* The group names the member that has been in it for longest: its members are told apart by when they joined (`since`,
 * in seconds of the wall clock, before the name in client.id, by which the assignor `range` sorts), so that a machine
 * which comes back takes nothing from the one that sends. Leaves the group, and joins it anew as of `since`, behind all
 * that are in it; 0: stays out of it, and reads on. Done soon, by the journal's thread. */
void journal_sit(struct journal *journal, int64_t since);

int journal_fd(const struct journal *journal);
/* Takes what waits, a bounded portion of it, and what is due by the clock; returns when it wants to be called again
 * without the descriptor, in CLOCK_BOOTTIME microseconds. */
instant journal_wake(struct journal *journal);
/* As ownership_want and ownership_over. */
enum ownership_answer journal_want(struct journal *journal, size_t council, const struct journal_row *row,
                                   const struct journal_row *message, bool doubtful, instant *until);
void journal_over(struct journal *journal, size_t council, const struct journal_row *row, uint32_t attempt,
                  enum journal_what what);

bool journal_owns(const struct journal *journal, size_t council);
/* The machine that said last that it sends for the council; "": nobody is known to. */
const char *journal_owner(const struct journal *journal, size_t council);
/* Whether its end was read once since the start: before that nobody knows who sends now. */
bool journal_is_read(const struct journal *journal, size_t council);
/* Whether the group names this machine: it sends, or is about to. */
bool journal_is_named(const struct journal *journal, size_t council);
/* Machines that are in the group, this one among them: one sends, the others stand by. -1: not known, the brokers said
 * nothing lately. Of one that died they say so when its session is over. */
int journal_machines(const struct journal *journal);
/* Why that is not known, in the brokers' words; NULL: it is, or the first question has no answer yet. */
const char *journal_machines_unknown(const struct journal *journal);
size_t journal_doubtful(const struct journal *journal, size_t council); /* as ownership_doubtful */
size_t journal_under_way(const struct journal *journal, size_t council);
/* From within a call back: when the record was appended by which it is made, by the wall clock of a broker or of the
 * machine that appended it; INSTANT_NONE: nobody knows. */
instant journal_appended(const struct journal *journal, size_t council);
struct ownership_place journal_place(const struct journal *journal, size_t council);
struct journal_proof journal_proof(const struct journal *journal, size_t council);

#endif
