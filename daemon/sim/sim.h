/* sim: a council in one process and one thread: the daemon as it is, with its clocks, its source, its mail server and
 * its disk in the simulator's hands.
 *
 * The one rule: a run follows from its plan alone, so that what failed fails again. Nothing is drawn from the machine,
 * nothing waits for it, and nothing that a simulated process did after it was killed has any effect. */
#ifndef CASEWATCH_SIM_SIM_H
#define CASEWATCH_SIM_SIM_H

#include "base/map.h"
#include "base/text.h"
#include "run/run_internal.h"
#include "sim/disk.h"
#include "sim/mail.h"
#include "sim/plan.h"
#include "source/memory.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/types.h>

/* One record in the source's log, which keeps it for ever, as Kafka does. */
struct logged {
	const char *position;
	char *bytes;    /* owned */
	uint64_t print; /* fingerprint of the bytes */
	int64_t next;   /* its place in its position's log, from 1 */
	bool hostile;
	instant arrived; /* INSTANT_NONE: when it is handed out */
	char *order;     /* owned; NULL: it is none */
};
#define LOG_PARTS 4
#define LOG_SPOOL 2 /* where people's orders come by */
#define LOG_CELL 3  /* of several machines all comes by it */
extern const char *const log_parts[LOG_PARTS];

/* What was true when a turn ended, and what must never be taken back. */
struct promised {
	int64_t next[LOG_PARTS]; /* so far each part of the log was taken */
	int64_t events, audit_row;
	struct digest audit_hash;
};

/* What somebody ordered, until the end of the run. */
struct muted {
	char event[32], subject[16]; /* of the event that began it, and its child */
	char end[32];                /* the event by which somebody ended it; "": nobody did */
	instant stamped, ordered;    /* by the machine's clock when it was ordered; until when it was to last then */
	const char *rule;            /* its id; owned; "": all that are not critical */
	instant until;               /* as ordered, or when it was ended */
	instant from;                /* when the daemon took the order; NEVER: it has not */
	bool seen;                   /* somebody looked at once whether what it held back was told */
	bool over;                   /* it ended, and was looked at since: what is made now is made too late to fail */
};
struct decided {
	int64_t record; /* in quarantine */
	bool released;
};

/* An id whose data was ordered to be erased, until somebody looked whether it is gone. */
struct erased {
	char *words;      /* its subject, as events have it; owned */
	int64_t newest;   /* event, at the order */
	uint64_t *prints; /* of its events then; owned */
	size_t count, room;
};

struct work {                                    /* of one turn of the loop */
	uint64_t events, effects, folded, steps; /* steps: of SQLite's machine */
};

/* As a thread that makes pages has one, from its first page to a reload or the daemon's end. */
struct page_reader {
	struct store *store; /* NULL: not open */
	struct event_parser *parser;
	const struct edition *edition; /* whose zone the parser has */
};

/* A connection of the simulator's own, beside the daemon's. */
struct look {
	sqlite3 *database; /* NULL: not open */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} kept[64];
	size_t count;
	bool failed; /* the database could not be read */
};

/* The independent reading of the rules, in a process of its own. */
struct reading {
	pid_t process; /* 0: it was not asked yet */
	FILE *to, *from;
	int64_t told; /* the last event */
};

struct sim_figures {
	uint64_t turns, starts, kills, power_cuts, faults, events, sends, answers, refolds, reckonings, oracles;
	struct work most; /* of any turn */
	uint64_t machines, moves, freezes, cuts, equal, marked; /* of several; 0: it is alone */
};

struct member;

struct sim {
	struct plan plan;
	struct member *member; /* of several machines this one (members.h); NULL: it is alone */
	bool *others_failed;   /* likewise */
	struct disk *disk;
	char folder[64], config[128], database[128], attempt[160];
	struct clock_hands hands;
	instant truth; /* by a clock that is never wrong; elapsed goes with it */
	struct daemon daemon;
	struct council *council; /* its only one */
	bool running;
	bool crashed;         /* it was killed, and a whole look at it is owed */
	bool clock_was_wrong; /* by more than a moment */
	bool owes_look;       /* one is owed, once it has nothing to do */
	struct look look;
	struct page_reader pages;
	uint64_t looks;      /* whole ones */
	uint64_t seen_calls; /* of the disk, when last looked */
	struct memory_source *source;
	instant right_since;   /* the clock was far ahead until then, and nobody looked at what it wrote; NONE: else */
	size_t records_a_turn; /* at most, from the next start on; 0: as many as the daemon takes */
	instant source_away_until, full_until, off_until, ahead_until;
	instant lags_until[LOG_PARTS]; /* INSTANT_NONE: it does not */
	instant power_cut_at; /* INSTANT_NEVER: not by itself */
	struct logged *log;
	size_t log_count, log_room, part_count[LOG_PARTS];
	struct mail mail;
	bool has_backup;
	instant restored; /* when a backup was put back last; INSTANT_NONE: never */
	instant began;    /* the process, by the same clock */
	instant amiss;    /* when something was wrong last, by a clock that is never wrong: what is late may be so */
	uint64_t seen_struck; /* of the disk, likewise */
	uint64_t seen_failures; /* of the transactions of this process, when something failed last; and the */
	instant seen_commit;    /* last one that went through */
	struct map told_before; /* what had been told by then: prints of alert, step, role and person */
	struct {
		char child[16]; /* "": of none */
		instant at, length;
	} often; /* somebody is told of it again and again, and keeps that quiet from then on, for so long */
	struct muted *mutes;
	size_t mute_count, mute_room;
	struct decided *decisions;
	size_t decision_count, decision_room;
	uint64_t orders; /* given so far: their ids */
	bool erases;     /* somebody was erased */
	struct erased *erasing;
	size_t erasing_count, erasing_room;
	struct map gone;    /* fingerprints of events that were erased, and must not come again */
	struct map excused; /* of records that named somebody who was erased: they may be nowhere */
	struct promised promised;
	struct map stored; /* fingerprints of events that were found in the database */
	struct map known;  /* fingerprints of records that were found in the database */
	int64_t known_events, known_refused, looked_at_log;
	uint64_t struck;    /* faults of the disk before the last start */
	struct work before; /* the turn */
	bool in_turn;
	bool other_edition; /* a reload was asked for since the beginning */
	struct {
		struct edition *edition; /* held; NULL: none */
		uint64_t is;             /* the chance that it was written by */
	} kept[2];                       /* that starts read: the tree's own, and the last other one */
	uint64_t written;                /* the chance that the configuration was written by last; 0: the tree's own */
	uint64_t in_force;     /* likewise, of what the daemon took: what it refused is put right in the files */
	bool worked_apart; /* something was read through the daemon's own store since the last turn */
	char *kept_attempt; /* the page of attempts as it was when the process was killed */
	struct sim_figures figures;
	struct buffer failure; /* empty: nothing failed */
	bool oracle;           /* the independent reading is asked, too */
	struct reading reading;
	struct refold *arrivals; /* check_refold.c: told of what was accepted as it arrived; NULL: not begun */
	bool verbose;
};

/* The first failure is the one that counts. */
void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_trace(const struct sim *sim, const struct act *act); /* said, where it is asked to say much */
/* The daemon's log from now on, for a mistake that it finds in itself; NULL: nobody hears it. */
void sim_hear(struct sim *sim);
static inline bool sim_failed(const struct sim *sim)
{
	return sim->failure.length > 0 || (sim->others_failed && *sim->others_failed);
}

/* sim.c: the whole run. */
struct sim_settings {
	bool oracle; /* the independent reading is asked, too */
	bool verbose;
	const char *keep; /* a folder for the database of a run that failed; NULL: it goes */
};
void sim_run(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
             struct buffer *failure);

/* parts.c: of a run, of one of several machines; `member`: NULL: it is alone. */
void sim_begin(struct sim *sim, const struct plan *plan, const struct sim_settings *settings, struct member *member);
void sim_end_life(struct sim *sim, const struct sim_settings *settings);
void sim_free(struct sim *sim);

/* world.c: the daemon's life. */
void world_init(struct sim *sim);
void world_clear(struct sim *sim);
void world_live_until(struct sim *sim, instant truth);
void world_settle(struct sim *sim); /* until nothing waits, for a while */
void world_stop(struct sim *sim);   /* in good order */
void world_kill(struct sim *sim, bool power, struct chance chance);
void world_put(struct sim *sim, const char *bytes, bool hostile); /* at the end of the log */
void world_lag(struct sim *sim, size_t part, instant until);      /* nothing of that part comes until then */
void world_hand_in(struct sim *sim, const char *bytes);           /* by the spool: what people order and answer */
/* Of one of several machines: a turn, or a start; how long it wants nothing then. */
instant world_turn(struct sim *sim);
/* Likewise: what has come to it of the log that all share. */
void world_log(struct sim *sim, const char *bytes, instant arrived, const char *order, bool hostile);

/* edition.c: what the daemon is configured by, at its next start or reload. 0: as the tree has it; else as the chance
 * has it: wrong, or with a rule, a person, a list or a limit that is another. */
void edition_write(struct sim *sim, uint64_t chance);
void edition_clear(struct sim *sim);
void edition_empty(struct sim *sim, const char *name, bool goes); /* a folder of the simulator's own */

/* pages.c: whoever was sent the message answers by its link. */
struct outbox_row;
void pages_answer(struct sim *sim, const struct outbox_row *row, struct chance chance);
/* people.c: answers that are due by now. */
void people_answer(struct sim *sim);

/* orders.c */
void orders_mute(struct sim *sim, struct chance chance);
void orders_go_on(struct sim *sim); /* what somebody began to order: once an hour */
void orders_decide(struct sim *sim, struct chance chance);
void orders_clear(struct sim *sim);
void orders_know_mutes(struct sim *sim, const struct sim *of); /* what somebody ordered by another machine */

/* erase.c */
#define ERASED_EVENTS                                                                                                  \
	"SELECT id, " LOOK_EVENT " FROM event WHERE flags & 8 = 0 AND instr(" LOOK_EVENT ", CAST(?1 AS BLOB)) > 0 AND" \
	" id <= ?2"
void erase_child(struct sim *sim, struct chance chance);
bool erase_rests(struct sim *sim); /* nothing is to be erased */
void erase_forget(struct sim *sim);
void erase_clear(struct sim *sim);
void check_erased(struct sim *sim); /* once nothing is to be erased */

/* backups.c: by what `casewatch backup` and `casewatch restore` are made of, on the machine's own disk. */
void backups_make(struct sim *sim);
void backups_restore(struct sim *sim); /* nothing, where there is none */
void backups_clear(struct sim *sim); /* before the folder goes */

/* rest.c */
void act_clock_right(struct sim *sim); /* the wall clock is set right, if it is not */
/* Nothing waits: all that was recorded was taken, and all that fell due was done. */
bool check_rests(struct sim *sim);

/* acts.c */
void act_now(struct sim *sim, const struct act *act);
void act_reload_own(struct sim *sim); /* the tree's own configuration is in force again, if it is not */

/* checks.c: after each turn, and at the end of a day or once it is up again after a crash. */
void check_turn(struct sim *sim);
void check_start(struct sim *sim);
void check_day(struct sim *sim, int day);
/* At the very end, after the days without faults. */
void check_end(struct sim *sim);
/* An old backup was put back: what was promised since then is to be had again from the log. */
void check_restored(struct sim *sim);

/* check_refold.c. `whole`: also as they happened, which is the dearer half. */
void check_refold(struct sim *sim, bool whole);
void refold_forget(struct sim *sim); /* what it was told is no more: a backup was put back */
/* check_oracle.c */
void check_oracle(struct sim *sim);
void oracle_forget(struct sim *sim);
void oracle_end(struct sim *sim);
/* check_registers.c */
void check_registers(struct sim *sim);
/* The same for the same registers. */
uint64_t check_registers_sum(struct sim *sim);
/* check_people.c: mutes, decisions, and what a restore marks. Mutes that were looked at once they had ended are not
 * looked at again, but at the `end`. */
void check_people(struct sim *sim, bool end);
void check_people_restored(struct sim *sim);
/* Whether somebody holds back now what the rule finds in that history. */
bool people_mute(struct sim *sim, struct text history, struct text rule);
/* One that ended a minute ago and was not `seen` yet: what it held back is told then, and not by the way, when the
 * child is looked at next. NULL: none. */
struct muted *people_mute_over(struct sim *sim);
/* What a restore marks when it is told again: messages by which somebody first heard of an alert. */
#define TOLD_ONCE                                                                                                      \
	"SELECT o.id, a.id || ' ' || o.step || ' ' || o.role || ' ' || o.person, o.possible_duplicate, o.created,"     \
	" a.opened"                                                                                                    \
	" FROM outbox o JOIN alert a ON a.number = o.number WHERE o.number > 0 AND a.id <> ''"                         \
	" AND o.purpose = 'opened'"                                                                                    \
	" AND o.attempts > 0"
/* check_lists.c. `end`: a day after the last fault. */
void check_lists(struct sim *sim, bool end);
/* In a short run. */
#define RECKON_EVERY (24 * HOUR)
/* check_told.c */
void check_told(struct sim *sim, bool quiet);
void check_written_ahead(struct sim *sim); /* some minutes after a clock that was days ahead was set right */
void check_held_back(struct sim *sim); /* of it alone: what stands was told, but for what a mute holds back now */

/* What a row of `event` says: its bytes are packed (store/events/packed.h). */
#define LOOK_EVENT "event_json(id, packed, bytes)"
/* look.c: the database as somebody sees it who reads beside the daemon, past every fault of the disk. look_start, then
 * look_row until it is false. Statements are kept by the address of the literal. */
sqlite3_stmt *look_start(struct sim *sim, const char *literal_sql);
bool look_row(struct sim *sim, sqlite3_stmt *statement);
int64_t look_int(sqlite3_stmt *statement, int column);
struct text look_text(sqlite3_stmt *statement, int column);
int64_t look_one(struct sim *sim, const char *literal_sql); /* the first number; 0 where there is no row */
void look_close(struct sim *sim);
/* The reader of pages; at a reload, too: what it holds is of one edition. */
void look_close_pages(struct sim *sim);

#endif
