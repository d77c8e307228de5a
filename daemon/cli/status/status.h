/* status: how one council is, gathered for whoever prints it: a page of one (status.c), or a table of all
 * (status_table.c).
 *
 * The one rule: what is wrong is what ops were told and is not over, by the same table; and beside it only what the one
 * who looks alone can know: that nobody watches. */
#ifndef CASEWATCH_CLI_STATUS_STATUS_H
#define CASEWATCH_CLI_STATUS_STATUS_H

#include "cli/follow/follow.h"
#include "cli/opened.h"
#include "store/audit/audit.h"

#define STATUS_WHO_MOST 256 /* bytes: as the lock's words may have (store/lock.c) */

/* A casewatchd that watches over other councils of the same directory, as it says of all of them; looked for once, and
 * only where a council has none of its own. Begin with all zero. */
struct status_process {
	bool looked, runs;
	char who[STATUS_WHO_MOST];
	bool answers;            /* else who looks may not ask it, or it hangs */
	struct buffer says;      /* a line each: state, configuration, why; with tabs between them */
	struct buffer standing;  /* numbers of processes that let a question wait for all its time, a blank around each:
	                            they are asked no more */
};
/* `config`: of one of its councils, DIR/NAME/casewatchd.yaml. */
void status_find_process(struct status_process *process, const char *config);
/* What it says of that one: "up", "opening", "down", "out", "off"; NULL: it does not know it. *why: appended. */
const char *status_of_council(const struct status_process *process, const char *config, struct buffer *why);
void status_process_free(struct status_process *process);

struct status {
	struct opened opened;
	struct status_process *process; /* borrowed */
	bool stands;                 /* a daemon has it, and lets a question wait for all its time */
	bool running;                /* a daemon has this council's database; else: */
	const char *state;           /* what one that runs beside it says of this one; NULL: there is none */
	char who[STATUS_WHO_MOST];   /* "process 12 on HOST since ..."; of the last one that ran */
	struct store_figures figures;
	struct audit_head audit;
	instant complete_to, last_arrival;
	bool seen;                   /* a copy was, ever */
	struct follow_seen copy;
	int64_t copy_behind;         /* rows that were written since; -1: not known */
	struct buffer said;          /* what the daemon says of itself, else last said, as JSON; and when */
	instant said_at;
	long said_by;
	struct buffer known;         /* conditions that are in `wrong`, one line each */
	struct buffer wrong;         /* what is wrong, one line each; ". Next: " before what to do */
};

/* Of cli->config. CLI_FINE; CLI_FOUND: nothing is stored yet, or it cannot be read, and `wrong` has what a daemon
 * beside it says; CLI_WRONG: nobody says anything. Why not is said on standard error. status_end in any case. */
enum cli_status status_look(struct cli *cli, struct status_process *process, struct status *status);
void status_end(struct status *status);

/* What the daemon that has the database, `who`, says of itself now. False: it does not answer, or not us. */
bool status_ask(struct status_process *process, const char *database, const char *who, struct buffer *json,
                bool *stands);

/* Whether somebody holds the database's lock; `who` (of STATUS_WHO_MOST): as the lock says, also of the last. */
bool status_is_held(const char *database, char *who);

/* The table of a file that names councils. */
struct config_councils;
enum cli_status status_table(struct cli *cli, const struct config_councils *councils);

#endif
