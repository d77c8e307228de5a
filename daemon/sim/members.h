/* members: several machines of a cell in one process: each is a sim of its own, with its own daemon, disk and clocks,
 * and they share a log of events, a journal, a group and a mail server.
 *
 * The one rule: machines meet nowhere but there. One that stands still within a call does so in the middle of it, while
 * the others go on. */
#ifndef CASEWATCH_SIM_MEMBERS_H
#define CASEWATCH_SIM_MEMBERS_H

#include "sim/sim.h"

#define MEMBERS_MOST 3 /* machines of a cell (docs/cells.md) */
#define MEMBERS_POSITION "kafka:events:0"
#define MEMBERS_COUNCIL "simulated"

/* Where a machine may stand still or die, as it is about to do something that others see, or has done it. */
enum point { POINT_JOURNAL, POINT_JOURNAL_AFTER, POINT_SEND, POINT_SEND_AFTER, POINT_LOG, POINT_LOG_AFTER, POINTS };

struct journal;
struct member {
	struct sim *sim;
	struct members *members;
	size_t number;
	instant down_until;   /* it is not started before then */
	instant frozen_until; /* it stands still between two turns */
	instant cut_until;    /* from the brokers */
	instant silent_until; /* what the group's coordinator says does not come */
	bool busy;            /* it stands still within a call */
	size_t delivered;     /* of the log */
	uint64_t life;        /* how often it joined the cell */
	enum point point;     /* where it is struck next */
	uint64_t point_after; /* so many of those later */
	instant point_for;    /* it stands still for so long; 0: it dies; INSTANT_NEVER: nothing is planned */
	/* As a client of the journal and of the group. */
	struct journal *journal; /* NULL: it has not opened it */
	bool joined;             /* the group counts it in */
	int64_t seat;            /* as journal_sit has it; 0: in none */
	instant heard;           /* the group last heard of it */
	bool told, news;         /* that it is named: as it has heard, and as it will hear */
	instant news_at;
	instant well_since; /* nothing is wrong with it; INSTANT_NEVER: something is */
};

/* What the brokers hold, and what is on its way there: brokers.c. */
struct brokers;

struct members {
	struct member items[MEMBERS_MOST];
	size_t count;
	bool failed;
	bool calm;           /* nothing fails any more */
	instant rough_until; /* records come late, twice, or not */
	struct brokers *brokers;
	/* One stands still in the middle of a call, and the others go on; a record of the log came to one. */
	void (*stand_still)(struct member *member, instant span);
	void (*came)(struct sim *sim, const char *bytes, instant arrived, const char *order, bool hostile);
	uint64_t rounds, moves, freezes, cuts, equal; /* for the figures */
};

/* member.c: the machine whose turn it is; NULL: there is one alone. */
struct member *members_now(void);
void members_enter(struct member *member);
static inline instant members_truth(const struct members *members)
{
	return members->items[0].sim->truth;
}
bool member_stands_still(const struct member *member);
bool members_hears(const struct member *member); /* it is there, and the brokers reach it */
/* It comes to that point: it may stand still here while the others go on, or die. True: it stood still. */
bool members_point(struct member *member, enum point point);
/* Time goes on for all. */
static inline void members_pass(struct members *members, instant span)
{
	for (size_t i = 0; i < members->count; i++) {
		struct sim *sim = members->items[i].sim;
		sim->truth += span;
		sim->hands.now += span;
		sim->hands.elapsed += span;
	}
}

/* A run of the plan. */
struct sim_figures;
void members_run(struct plan *plan, const struct sim_settings *settings, struct sim_figures *figures,
                 struct buffer *failure);

/* members_acts.c: what happens to one of them, or to the brokers. */
void members_act(struct members *members, const struct act *act);

/* members_equal.c: at one place of the log and one time the same stands on all of them, by the same names. `says`: what
 * differs is a failure. */
bool members_are_equal(struct members *members, bool says);
void members_check_owner(struct members *members);

/* brokers.c: takes the place of what speaks to Kafka in the daemon (source/kafka/append.c, cell/journal_clients.c and
 * journal_thread.c). */
struct brokers *brokers_new(uint64_t seed);
void brokers_free(struct brokers *brokers);
/* Gives each machine what is there for it by now; returns when something is due again. */
void brokers_turn(struct members *members);
instant brokers_next(const struct members *members);
/* At the end of the log; `order`: NULL: an event like any other. */
void brokers_put(struct members *members, const char *bytes, const char *order, bool hostile);
void brokers_cut(struct member *member);  /* its connections break: what is on its way comes, or not */
void brokers_died(struct member *member); /* likewise; it says nothing more */
bool brokers_all_read(const struct members *members);
/* Whether a machine announced that row in a message of another name that may be in a mailbox. */
bool brokers_went_by_another_name(const struct members *members, const struct outbox_same *row);

#endif
