/* stage: everything that runs during the demo: Kafka, the mail server, the producer, the daemon, and its clock.
 *
 * The one rule: time moves only when nothing is left to do at the time it is: what was recorded until then is in the
 * daemon's database, what was owed until then is with the mail server. So a slow machine takes longer and is never
 * wrong. */
#ifndef CASEWATCH_DEMO_STAGE_H
#define CASEWATCH_DEMO_STAGE_H

#include "cli/opened.h"
#include "demo/process.h"

#define DEMO_TOPIC "childrens-events"

struct demo_stage {
	struct cli *cli;             /* of the demo itself */
	const char *tools;           /* where mock_cluster, produce and mail_sink are */
	char *out, *config,
		*mails; /* absolute: the directory of all that is left, and in it the configuration and the mails */
	struct demo_process cluster, sink, producer, daemon;
	_Atomic int64_t *ahead;      /* shared with the daemon: how far its clock is ahead of the machine's */
	struct clock clock;          /* the daemon's */
	struct cli reader;           /* as of a command with the demo's configuration and the daemon's clock */
	struct opened opened;        /* the daemon's database, beside it */
	size_t sent, mailed;         /* records handed to the producer; mails that the server has accepted */
	instant moved_to;            /* lists whose time has come by then are waited for; INSTANT_NONE: never */
};

/* Makes `out` (an earlier demo's is removed, anything else is refused), writes the configuration, starts everything,
 * and sets the daemon's clock to `start`. `go_live`: what happened before builds history. */
MUST_CHECK enum result demo_stage_start(struct demo_stage *stage, const char *out, instant start, instant go_live,
                                        struct fault *fault);
/* Hands records to the producer: lines with their ends. */
MUST_CHECK enum result demo_stage_send(struct demo_stage *stage, struct text lines, size_t count, struct fault *fault);
/* Moves the daemon's clock on. */
void demo_stage_move(struct demo_stage *stage, instant to);
/* Waits, at most `patience`, until nothing is left to do at the time it is; *next: when something is due by itself. */
MUST_CHECK enum result demo_stage_settle(struct demo_stage *stage, instant patience, instant *next,
                                         struct fault *fault);
/* Ends everything, in order. A daemon that did not leave well is RESULT_PERMANENT. Fine with what was never started. */
MUST_CHECK enum result demo_stage_stop(struct demo_stage *stage, struct fault *fault);
void demo_stage_free(struct demo_stage *stage);
/* "OUT/NAME", to be freed. */
char *demo_stage_path(const struct demo_stage *stage, const char *name);

/* place.c: the directory, and the configuration in it. */
MUST_CHECK enum result demo_place_make(const char *out, struct fault *fault);
MUST_CHECK enum result demo_place_configure(const struct demo_stage *stage, const struct config *config,
                                            const char *brokers, int smtp_port, instant go_live, struct fault *fault);

/* From the first call on, SIGINT, SIGTERM and SIGHUP are heard; true once one has come. */
void demo_hear_interrupts(void);
bool demo_interrupted(void);

#endif
