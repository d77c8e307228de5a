/* run_internal: the parts of the daemon, for the files that start, run and stop them; nobody else includes it.
 *
 * Files stand on each other, and never in a circle: core (after each transaction, leaving) carries feeds (sources),
 * lists and the looks; those carry clocks, courier, sources and reload; house is on top, and starts and stops all. The
 * one rule: whatever fails for good sets `status` and stops the loop; leaving is the same way as on SIGTERM. */
#ifndef CASEWATCH_RUN_RUN_INTERNAL_H
#define CASEWATCH_RUN_RUN_INTERNAL_H

#include "channel/smtp/mail.h"
#include "courier/courier.h"
#include "loop/loop.h"
#include "ops/ops.h"
#include "ops/status.h"
#include "pipeline/pipeline.h"
#include "pipeline/registers.h"
#include "run/edition.h"
#include "source/http.h"
#include "source/source.h"
#include "store/erasures.h"
#include "store/store.h"
#include "web/web.h"

struct daemon;

struct feed; /* feeds.c */
struct listing; /* lists.c */
struct bounces; /* bounces.c */
struct notify_calls; /* notify_calls.c */

/* What a source, or a part of it, last said of itself while it was not up. */
struct source_status {
	char name[128];
	enum source_state state;
	instant since;               /* by time passed */
	instant since_wall;
	char sentence[512];
};

/* feeds.c: the sources. */
struct feeds {
	struct feed **items;         /* one a source */
	size_t count, room;
	struct source_status *words; /* of those that are not up */
	size_t word_count, word_room;
	instant fed;                 /* by time passed: when a source last had something */
	bool ready;                  /* said to systemd */
	bool caught_up;              /* the log was read: clocks run */
};

/* looks.c: what is looked at every minute. */
struct looks {
	struct loop_timer *timer, *watchdog, *digest;
	struct loop_watch *store;
	instant every;
	instant wall_ahead;          /* of time passed, as last seen */
};

/* record.c: rows of the audit that are still to be written. */
struct record {
	bool owes_start, owes_configuration;
};

/* Where a test stands in for the world; NULL: as the configuration says. */
struct daemon_seams {
	/* Opens sources; see sources_open. */
	enum result (*sources)(struct daemon *daemon, struct source **sources, size_t *count, struct fault *fault);
	/* Fills in channels; returns how many. */
	size_t (*channels)(struct daemon *daemon, struct courier_channel *channels);
	instant reckon_every; /* as pipeline_settings has it */
	instant ops_every;    /* ops are looked to so often; 0: as ops_tick says */
	bool courier_by_hand; /* as courier_settings has it */
	void *context;
};

struct daemon {
	const char *config_path;
	struct clock clock;
	struct daemon_seams seams;
	struct edition *at_start, *edition; /* at_start: what cannot be changed while running points into it; edition:
	                                       in force. Both are held */
	const struct config *first, *config; /* of these two */
	struct loop *loop;
	struct store *store;
	struct event_parser *reader;   /* of stored events */
	struct ops *ops;
	struct attempt *attempt;       /* NULL: what the process died at will not be known */
	struct pipeline *pipeline;
	struct loop_timer *tick;       /* of its clocks */
	struct courier *courier;
	struct notify_calls *notify_calls; /* NULL: GOV.UK Notify does not call */
	struct bounces *bounces;       /* NULL: nobody looks at what comes back */
	struct outward *outward;       /* what it can send by, with its settings: courier.c */
	size_t channel_count;          /* 0: nobody is sent anything (shadow) */
	instant go_live;               /* as configured now; the courier looks at it */
	struct feeds feeds;
	struct registers *registers;   /* NULL: not made yet */
	struct loop_timer *registers_turn;
	bool registers_rest;           /* they hold everything: the next transaction wakes them */
	struct listing *listing;       /* NULL: not started; lists.c */
	struct looks looks;
	struct web *web;               /* NULL: there are no pages */
	bool served;                   /* the pages were, when last looked at */
	struct reloading *reloading;   /* NULL: not started */
	struct control *control;       /* NULL: orders of the tool are not heard */
	struct record record;
	struct audit_watch *audit_watch; /* NULL: not started */
	struct erasing *erasing;         /* NULL: not started, here and below */
	struct tidying *tidying;
	struct dead_man *dead_man;
	struct monitor *monitor;       /* NULL: nobody is told metrics */
	struct certificates *certificates;
	struct ops_audit audit;          /* what it found last */
	instant started;               /* by time passed */
	bool moved_clock;              /* the demo: another process moves the clock, and nobody outside may be told */
	bool debugging;                /* --debug: whatever the configuration says */
	bool leaving;
	size_t parts;                  /* that were started, from the first of house.c's column */
	int status;                    /* what the process exits with */
};

/* Another process has taken our place: systemd must not start us again by itself (RestartPreventExitStatus= in the
 * unit), or two daemons would take the place from each other in turn. */
#define EXIT_FENCED 79

/* core.c */
/* Leaves: what is under way is finished. */
void daemon_leave(struct daemon *daemon, int status);
/* After every transaction: arms the clock's timer and lets the courier look. RESULT_PERMANENT leaves. */
void daemon_after(struct daemon *daemon, enum result result, const struct fault *fault);
instant daemon_now(const struct daemon *daemon);
void daemon_use_log_level(const struct daemon *daemon); /* that of the configuration in force */
instant daemon_elapsed(const struct daemon *daemon);
/* ops_say and ops_end, and what follows from their failure. */
void daemon_say_ops(struct daemon *daemon, const struct ops_word *word);
void daemon_end_ops(struct daemon *daemon, enum ops_what what, struct text key, const char *how);

/* last_end.c: why the daemon ends itself, in a file beside the database, which may not take another row; and ops hear
 * of it from the next one. */
void last_end_write(const char *database, const char *why);
bool last_end_read(const char *database, char *why, size_t room);
void last_end_forget(const char *database);

/* feeds.c */
MUST_CHECK enum result feeds_start(struct daemon *daemon, struct fault *fault);
void feeds_stop(struct daemon *daemon);
/* Up to when every part of every source was read: clocks run no further. */
instant feeds_read_to(const struct daemon *daemon);
/* Whether clocks may run: the log was read, as far as anybody knows. */
bool feeds_caught_up(struct daemon *daemon);
/* Whether every source is assigned or known to be down: says so to systemd, once. */
void feeds_say_ready(struct daemon *daemon);
void feeds_look(struct daemon *daemon); /* ops hear of a source that stays down */
/* For status: each part of each source, and what is not up. */
size_t feeds_status(struct daemon *daemon, struct ops_status_source **sources, struct arena *arena);
source_report feeds_report;
void feeds_each(const struct daemon *daemon, source_figures_visit *visit,
                void *argument); /* each part of each source */
bool feeds_http(const struct daemon *daemon, struct http_intake_figures *figures); /* false: nothing comes by HTTP */

/* sources.c: those that the configuration names; on failure those that were opened before it are handed over all the
 * same. */
#define SOURCES_MOST 4 /* one of each kind: kafka, spool, http */
MUST_CHECK enum result sources_open(struct daemon *daemon, struct source **sources, size_t *count, struct fault *fault);

/* What every source is given, whatever its kind. */
void sources_settings(struct daemon *daemon, struct source_settings *settings);

/* clocks.c: what falls due. */
void clocks_start(struct daemon *daemon);

/* reload.c: another configuration, put in force while running. Read and checked on a thread of its own, then taken in
 * one step, or refused as a whole; what is asked for meanwhile is done after it, once. */
MUST_CHECK enum result reload_start(struct daemon *daemon, struct fault *fault);
void reload_stop(struct daemon *daemon);
/* What came of it. Borrowed while it is told. */
struct reload_outcome {
	bool taken;
	const struct config_faults *faults; /* why it was not */
	const char *changed;         /* files, with commas between them; "": none */
	const char *restart;         /* options that were changed and wait for a restart; "": none */
	bool judging;                /* every history is judged anew by the changed rules, beside the other work */
	size_t rules, people;
};
typedef void reload_told(void *argument, const struct reload_outcome *outcome);
/* Tells `told` once, from the loop; NULL: nobody asks. */
void reload_ask(struct daemon *daemon, reload_told *told, void *argument);
/* The same at once, without a thread and without waiting for files to be still: for tests and simulations. */
void reload_now(struct daemon *daemon);
/* The faults, one a line, into the log. */
void reload_say_faults(const struct config_faults *faults);

/* control.c: orders of `casewatch`, by a socket beside the database. */
MUST_CHECK enum result control_start(struct daemon *daemon, struct fault *fault);
void control_stop(struct daemon *daemon);

/* record.c: the daemon's own rows in the audit. */
MUST_CHECK enum result record_start(struct daemon *daemon, struct fault *fault);
void record_stop(struct daemon *daemon);
void record_reloaded(struct daemon *daemon); /* another edition is in force */
void record_refused(struct daemon *daemon, const char *place, const char *why);
MUST_CHECK enum result record_look(struct daemon *daemon, struct fault *fault); /* writes what is owed */

/* audit_watch.c: reads the whole audit once a day, on a thread of its own. */
MUST_CHECK enum result audit_watch_start(struct daemon *daemon, struct fault *fault);
void audit_watch_stop(struct daemon *daemon);

/* erasing.c: carries out orders to erase somebody. */
MUST_CHECK enum result erasing_start(struct daemon *daemon, struct fault *fault);
void erasing_stop(struct daemon *daemon);
MUST_CHECK enum result erasing_order(struct daemon *daemon, const struct erasure_order *order, struct fault *fault);

/* tidying.c: what is kept no longer goes, once a day. */
MUST_CHECK enum result tidying_start(struct daemon *daemon, struct fault *fault);
void tidying_stop(struct daemon *daemon);

/* dead_man.c: asks dead-man.url for as long as casewatch does its work. */
MUST_CHECK enum result dead_man_start(struct daemon *daemon, struct fault *fault);
void dead_man_stop(struct daemon *daemon);

/* certificates.c: whether one is about to run out. */
MUST_CHECK enum result certificates_start(struct daemon *daemon, struct fault *fault);
void certificates_stop(struct daemon *daemon);

/* looks.c */
void looks_start(struct daemon *daemon);
void looks_stop(struct daemon *daemon);

/* teams.c: teams whose list nobody reads. */
void teams_look(struct daemon *daemon);
/* rotas.c: every minute, too: gaps in the rotas of the next 30 days. */
void rotas_look(struct daemon *daemon);

/* silence.c: sources that are quiet for longer than usual. */
MUST_CHECK enum result silence_look(struct daemon *daemon, struct fault *fault);

/* courier.c */
MUST_CHECK enum result daemon_start_courier(struct daemon *daemon, struct fault *fault);
void daemon_stop_courier(struct daemon *daemon);
const struct mail_settings *daemon_mail(const struct daemon *daemon); /* all zero: none is sent; NULL: not yet */

/* pages.c */
MUST_CHECK enum result pages_start(struct daemon *daemon, struct fault *fault);
MUST_CHECK enum result pages_look(struct daemon *daemon, struct fault *fault); /* every minute */
void pages_use(struct daemon *daemon); /* after a reload */
void pages_stop(struct daemon *daemon);

/* notify_calls.c: does nothing where the configuration names no token. */
MUST_CHECK enum result notify_calls_start(struct daemon *daemon, struct fault *fault);
void notify_calls_use(struct daemon *daemon); /* after a reload: the token is read again */
void notify_calls_stop(struct daemon *daemon); /* after those who call notify_calls_take */
/* From any thread: a call of GOV.UK Notify, by its header `Authorization` and its body. Returns the HTTP status to
 * answer with: 200, 400, 401, 413, 503 (come again). */
int notify_calls_take(struct notify_calls *calls, struct text authorization, struct text body);

/* channels_status.c: for status: each channel, each further mail server, and what comes back. */
size_t channels_status(struct daemon *daemon, struct ops_status_channel **channels, struct arena *arena);

/* bounces.c: what comes back of the mails that went. Does nothing where the configuration names no place for it. */
MUST_CHECK enum result bounces_start(struct daemon *daemon, struct fault *fault);
void bounces_use(struct daemon *daemon); /* after a reload: the key is read again */
void bounces_stop(struct daemon *daemon);
struct returned_figures {
	uint64_t failed, delayed;    /* messages that did not arrive, that are late, since start */
	uint64_t auto_replies, not_understood; /* mails */
	bool unusable;               /* the directory cannot be read, or files not be moved out of it */
};
const struct returned_figures *bounces_figures(const struct daemon *daemon); /* NULL: nobody looks */

/* metrics.c: /metrics, /healthz, /readyz. Does nothing where the configuration names no address for them. */
MUST_CHECK enum result metrics_start(struct daemon *daemon, struct fault *fault);
MUST_CHECK enum result metrics_look(struct daemon *daemon, struct fault *fault); /* every minute */
void metrics_stop(struct daemon *daemon);

/* registers.c */
void daemon_start_registers(struct daemon *daemon);
void daemon_use_registers(struct daemon *daemon); /* after a reload */
void daemon_stop_registers(struct daemon *daemon);
/* One portion. *more: there is more to do. */
MUST_CHECK enum result daemon_step_registers(struct daemon *daemon, bool *more, struct fault *fault);

/* lists.c */
void daemon_start_lists(struct daemon *daemon);
void daemon_use_lists(struct daemon *daemon); /* after a reload */
void daemon_stop_lists(struct daemon *daemon);
courier_list daemon_render_list;

/* house.c: from the first part to the last, and back. What was started before a failure is stopped by house_stop. */
MUST_CHECK enum result house_start(struct daemon *daemon, struct fault *fault);
void house_stop(struct daemon *daemon);

#endif
