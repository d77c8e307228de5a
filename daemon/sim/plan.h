/* plan: all that will happen to a council in a run, in the order of time, decided before it begins: what is recorded,
 * and what goes wrong.
 *
 * The one rule: an act stands for itself: left out, nothing else changes, so that a shrinker may leave out any. What is
 * drawn within an act is drawn from its own number. */
#ifndef CASEWATCH_SIM_PLAN_H
#define CASEWATCH_SIM_PLAN_H

#include "base/clock.h"
#include "base/text.h"
#include "sim/chance.h"

enum act_kind {
	ACT_EVENT,        /* a record is at the end of the log */
	ACT_DISK,         /* a fault of the disk, some calls from now */
	ACT_FULL,         /* the disk is full for a while */
	ACT_KILL_AT_SEND, /* the process ends while the mail server is spoken to */
	ACT_KILL,         /* the process ends between two turns */
	ACT_POWER,        /* as that, and the machine with it */
	ACT_CLOCK,        /* the wall clock is set */
	ACT_RELAY,        /* the mail server is away, slow, mute, refuses, or lies, for a while */
	ACT_SOURCE,       /* the source is away for a while */
	ACT_AGAIN,        /* the source hands out once more what it had handed out */
	ACT_RELOAD,       /* the configuration is read anew; sometimes it is wrong, or rules are different */
	ACT_RESTART,      /* stopped and started in good order */
	ACT_BACKUP,
	ACT_RESTORE,    /* the last backup takes the place of the database, as `casewatch restore` puts it there */
	ACT_STATEMENT,  /* statements of the database fail, some from now */
	ACT_MUTE,       /* somebody keeps a rule quiet for a child, or ends that before its time */
	ACT_QUARANTINE, /* somebody releases a record that was refused, or throws it away */
	ACT_CUT,        /* of several machines one is cut off from the brokers for a while; so to ACT_SILENT */
	ACT_FREEZE,     /* it stands still, between two turns */
	ACT_POINT,      /* it stands still or dies where it speaks to the brokers or sends */
	ACT_MOVE,       /* whoever sends hands over */
	ACT_ROUGH,      /* for all: what is appended comes late, twice, or not */
	ACT_SILENT,     /* it does not hear whom the group names */
	ACT_ERASE,      /* somebody has a child erased */
	ACT_TURNS,      /* from the next start on a turn of the loop takes a few records at most */
	ACT_LAG,        /* a part of the log is behind for a while: nothing of it comes */
	ACT_AHEAD,      /* the wall clock is ahead for hours, and something critical is recorded then */
	ACT_OFF,        /* the machine is off for a while, and finds a backlog then */
	ACT_KINDS
};
bool act_is_fault(enum act_kind kind); /* counted among the faults */
/* Among the faults that are laid out, of one machine or of several; 0: it is none. */
int act_weight(enum act_kind kind, bool several);

struct act {
	instant at; /* by a clock that is never wrong */
	enum act_kind kind;
	uint64_t chance;  /* its own */
	uint32_t number;  /* its place in the plan before anything was left out */
	bool hostile;     /* of an event: it must be refused */
	char *bytes, *id; /* of an event; owned */
};

struct plan {
	uint64_t seed;
	instant begins, ends;
	int children, members; /* members: machines; 1: it is alone */
	struct act *acts;
	size_t count, room;
};

struct plan_settings {
	uint64_t seed;
	int days, faults;  /* faults: over all the days */
	int stories_a_day; /* of the whole council; 0: as the seed has it */
	int children;      /* likewise */
	int members;       /* machines; 0: one */
	bool oracle;       /* what would keep the independent reading from being asked is left out */
	const unsigned char *bytes; /* of a fuzzer: they take the place of the seed; NULL: none */
	size_t length;
};
/* layout.c. plan_size first: how large the council is, where nobody says. */
void plan_size(struct plan_settings *settings);
void plan_make(struct plan *plan, const struct plan_settings *settings);
/* Leaves out the acts whose numbers are not among the kept. */
void plan_keep(struct plan *plan, const uint32_t *kept, size_t count);
void plan_free(struct plan *plan);
/* More than two months: what grows with all that ever happened is looked at once a week then. */
bool plan_is_long(const struct plan *plan);
/* One act a line. */
void plan_print_act(const struct act *act, struct buffer *out);

/* stories.c: what is recorded of a story that begins then: one act an event, appended. */
void stories_tell(struct plan *plan, instant at, int children, uint64_t chance);
/* Those whose children are in it, at the beginning: who works with whom, and when they were born. */
void stories_begin(struct plan *plan, int children);
struct act *plan_add(struct plan *plan, instant at, enum act_kind kind, uint64_t chance);

#endif
