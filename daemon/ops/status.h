/* status: what the daemon last said of itself, in a file beside the database, with the time.
 *
 * The one rule: it is written whole or not at all, every minute; who reads it and finds it old knows that the daemon is
 * not well, whatever it says. The conditions themselves are in the database (ops/ops.h); here are those that could not
 * be written into it, and what is known of this moment alone. No child's data. */
#ifndef CASEWATCH_OPS_STATUS_H
#define CASEWATCH_OPS_STATUS_H

#include "ops/ops.h"

#define OPS_STATUS_OLD (3 * MINUTE) /* it is written every minute; older than this the daemon is not well */

struct ops_status_source {
	const char *name, *state, *sentence; /* "kafka:events:0", "up", "" */
	instant since;
	int64_t behind;                      /* events that are not stored yet; -1: not known */
};
/* A channel, one of its servers, or what comes back of mail. */
struct ops_status_channel {
	const char *name, *state;            /* "smtp", "smtp 2: mail2.example.org:587"; "up", "trouble", "down" */
	instant since;                       /* in that state, where it is not "up"; INSTANT_NONE: not known */
	uint64_t taken, troubles;            /* since start */
	char sentence[160]; /* what is worth knowing beside it, without anybody's address; "": nothing */
};
/* Where several machines hold the council (docs/cells.md). */
struct ops_status_cell {
	const char *machine;       /* this one */
	const char *owner;         /* who said last that it sends; "": nobody is known to */
	bool sends;                /* this one does */
	const char *unable;        /* why it goes no further in the log, and sends nothing; "": it does */
	const char *ails;          /* why it stands behind the others until that is over; "": it does not */
	int machines, wanted;      /* in the group, this one among them, and by the configuration; -1: not known */
	const char *unheard;       /* why it is not known how many are there; "": it is, or was not asked yet */
	bool behind;               /* it holds less than the others, and sends only where none of them stands by */
	int64_t edition;           /* of the configuration, published by the log; 0: none was */
	bool joined;               /* it reads the journal; else it reads the log first */
	bool read;                 /* and has read it to its end; before that nobody knows who sends */
	size_t under_way, doubtful; /* messages that are announced; that may have gone, and wait to be sent again */
};
struct ops_status {
	instant at;                /* written, by the wall clock */
	long process;
	const char *config;        /* the file that it was started with; NULL: not known */
	size_t councils;           /* of the process, where they have names; 0: this one alone */
	bool caught_up;            /* clocks run */
	const char *trouble;       /* why no events are taken; NULL: they are */
	uint64_t events, quarantined; /* since start */
	instant last_commit;       /* INSTANT_NONE: none yet */
	instant longest_turn,
		longest_turn_lately; /* microseconds of the loop's own work, without waiting for the disk */
	uint64_t long_turns;       /* longer than 50 ms */
	const struct ops_status_source *sources;
	size_t source_count;
	const struct ops_status_channel *channels;
	size_t channel_count;
	const struct ops_status_cell *cell; /* NULL: this machine is alone */
	const struct ops *ops;     /* conditions, as they are now */
};
/* As JSON, one line. */
void ops_status_put(const struct ops_status *status, struct buffer *out);
/* PATH is DATABASE.status. *anew: a file could be made for it; else the one before it was written over, where that
 * could be. RESULT_TEMPORARY: neither, and the one before it stands. */
MUST_CHECK enum result ops_status_write(const char *database, const struct ops_status *status, bool *anew,
                                        struct fault *fault);
/* The file's JSON; false: there is none. *at: INSTANT_NONE if it cannot be read. `wrong` (may be NULL): what it names
 * as wrong, one a line: "ops.disk KEY\tTITLE". */
bool ops_status_read(const char *database, struct buffer *json, instant *at, long *process, struct buffer *wrong);
/* Of that JSON, wherever it is from, the same. */
void ops_status_take(struct text json, instant *at, long *process, struct buffer *wrong);

/* Of that JSON what tells how far it is. */
struct ops_progress {
	bool caught_up, trouble;   /* clocks run; no events are taken */
	int64_t behind;            /* events of all sources that are not stored yet; -1: no source says */
	int64_t councils;          /* as above */
};
void ops_status_progress(struct text json, struct ops_progress *progress);
/* Of that JSON the configuration's path; empty: it is not there. */
void ops_status_config(struct text json, struct buffer *path);
/* Of that JSON the channels, one a line for people ("smtp: up, 12 taken since start"); nothing where there are none.
 * false: one is not up. */
bool ops_status_channels(struct text json, const struct zone *zone, struct buffer *lines);
/* Of that JSON the sources: a line for people of each that says something of itself ("kafka: down since ...: ..."),
 * then how many parts they have, and how far behind they are. false: one is not up. */
bool ops_status_sources(struct text json, const struct zone *zone, struct buffer *lines);
/* Of that JSON who sends, in a line for people; nothing where the machine is alone. */
void ops_status_cell(struct text json, struct buffer *line);

#endif
