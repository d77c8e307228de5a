/* run_internal: the parts of the daemon, for the files that start, run and stop them; nobody else includes it.
 *
 * struct daemon is the process: its loop, its clock, and what it exits with. struct council is all of one council: its
 * configuration, database, sources, courier and pages; it knows its daemon, and no other council. A function takes what
 * it is of.
 *
 * Files stand on each other, and never in a circle: core (after each transaction, leaving) carries feeds (sources),
 * lists and the looks; those carry clocks, courier, sources and reload; house starts and stops the parts of a council,
 * and daemon is on top. The one rule: whatever fails for good sets `status` and leaves; leaving is the same way as on
 * SIGTERM. */
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
#include "run/last_end.h"
#include "source/http.h"
#include "source/source.h"
#include "store/erasure/erasures.h"
#include "store/store.h"
#include "web/web.h"

struct daemon;
struct council;
struct kafka_readers;

/* Each is its own file's alone. */
struct feeds;        /* feeds.c: the sources */
struct listing;      /* lists.c */
struct bounces;      /* bounces.c */
struct notify_calls; /* notify_calls.c */
struct looks;        /* looks.c: what is looked at every minute */
struct said;         /* said.c: what is said of how it is */
struct cell;         /* cell.c: whether this machine sends */
struct publishing;   /* published.c: what came from the log of its cell, and is put in force */
struct orders;       /* orders.c: what it orders the others of its cell */
struct kafka_orders;
struct record;       /* record.c: rows of the audit that are still to be written */

/* Where a test stands in for the world; NULL or 0: as the configuration says. */
struct council_seams {
	/* Opens sources; see sources_open. */
	enum result (*sources)(struct council *council, struct source **sources, size_t *count, struct fault *fault);
	/* Fills in channels; returns how many. */
	size_t (*channels)(struct council *council, struct courier_channel *channels);
	instant reckon_every; /* as pipeline_settings has it */
	size_t records_a_turn; /* likewise */
	instant ops_every;    /* ops are looked to so often; 0: as ops_tick says */
	instant look_every;   /* what is looked at every minute; 0: a minute */
	bool courier_by_hand; /* as courier_settings has it */
	void *context;
};

/* Who is told after each transaction of a council. `stored`: rows are other than when they were told last. What finds
 * nothing to do is asked some thousand times a day; nobody is woken for it. */
typedef void council_follower(struct council *council, bool stored);
#define COUNCIL_FOLLOWERS 5 /* clocks, registers, lists, courier, asides */

enum council_state {
	COUNCIL_DOWN, /* not started, or it ended itself: it is tried again */
	COUNCIL_UP,
	COUNCIL_OUT, /* another process has taken its place: not before this one is started again */
	COUNCIL_OFF  /* somebody switched it off (config/councils.h) */
};

struct council {
	struct daemon *daemon;
	struct here *here; /* its name; NULL: it is the only one, and has none */
	const char *config_path;
	enum council_state state;
	bool off;                 /* it is to be switched off, or is */
	bool gone;                /* its directory is, and it goes on */
	struct fault why;         /* it is not up */
	char line[256];           /* what is wrong, for systemd's line; "": nothing */
	uint64_t events;          /* since its start, as last said */
	struct loop_timer *again; /* tries to start it; NULL: it has no name */
	struct opening *opening;  /* its configuration is being read, or its database opened; NULL: neither */
	instant pause;            /* before that */
	instant started;          /* by time passed */
	struct council_seams seams;
	struct edition *at_start, *edition; /* at_start: what cannot be changed while running points into it; edition:
	                                       in force. Both are held */
	const struct config *first, *config; /* of these two */
	struct store *store;
	instant recorded_last;         /* before this start, by the audit; INSTANT_NONE: nothing was */
	struct event_parser *reader;   /* of stored events */
	struct ops *ops;
	struct attempt *attempt;       /* NULL: what the process died at will not be known */
	struct pipeline *pipeline;
	council_follower *followers[COUNCIL_FOLLOWERS];
	size_t follower_count;
	uint64_t followed_to;          /* store_written when they were last told that something was stored */
	struct loop_timer *tick;       /* of the pipeline's clocks */
	struct cell *cell;             /* or this machine is alone */
	struct orders *orders;         /* likewise */
	int64_t edition_number;        /* of what was published and is in force; 0: nothing was */
	bool edition_is_read;          /* one that was published is being read: nothing is taken until it was */
	struct publishing *publishing; /* likewise */
	struct asides *asides;         /* likewise */
	struct courier *courier;
	struct outward *outward;       /* what it can send by: courier.c; NULL: not started, here and below */
	struct notify_calls *notify_calls; /* or GOV.UK Notify does not call */
	struct bounces *bounces;       /* or nobody looks at what comes back */
	struct feeds *feeds;           /* or none is read yet, or any more */
	bool stands;                   /* every part is started */
	bool ready; /* it stands, and each source is assigned or known to be down; said to systemd */
	struct council_registers *registers;
	struct listing *listing;
	struct looks *looks;
	struct said *said;
	void (*changed)(struct council *council); /* what status says is another now; NULL: nobody writes it */
	struct pages *pages;           /* or there are none */
	struct reloading *reloading;
	struct control *control;       /* or orders of the tool are not heard */
	struct record *record;
	struct audit_watch *audit_watch;
	struct erasing *erasing;
	struct tidying *tidying;
	struct dead_man *dead_man;
	struct monitor *monitor;       /* or nobody is told metrics */
	struct certificates *certificates;
	bool left_behind; /* a thread of a source goes on with what the configuration at the start named */
	bool leaving;
	size_t parts;                  /* that were started, from the first of house.c's column */
	int status;                    /* why it leaves: what the process exits with where this is its only council */
};

/* The process. */
struct daemon {
	struct clock clock;
	struct loop *loop;
	struct council **councils;     /* owned */
	size_t council_count, council_room;
	const char *list_path;         /* the file that names them; NULL: there is one, without a name */
	struct council_seams seams;    /* of those that the file names */
	struct kafka_readers *readers; /* clients of Kafka that several of them share; NULL: none yet */
	struct loop_timer *begin;      /* starts the next of them */
	size_t begun;                  /* so many, in their order, were tried since the start */
	struct loop_timer *settle;     /* lets go of councils that leave, while others stay */
	struct loop_timer *seek;       /* reads list_path anew, and tries what is down */
	instant started;               /* by time passed */
	instant patience_until; /* all councils together are waited for so long at the end; 0: it is not the end */
	instant waited;         /* for the disk, by councils that are no longer there */
	bool list_wrong;        /* the directory of councils has faults, which were logged */
	size_t reloading;       /* so many councils read their configuration anew */
	bool ready;             /* said to systemd */
	struct loop_timer *watchdog;   /* systemd's; NULL: there is none */
	bool moved_clock;              /* the demo: another process moves the clock, and nobody outside may be told */
	bool debugging;                /* --debug: whatever the configuration says */
	bool leaving;
	int status;                    /* what the process exits with */
};

/* Another process has taken our place: systemd must not start us again by itself (RestartPreventExitStatus= in the
 * unit), or two daemons would take the place from each other in turn. */
#define EXIT_FENCED 79

/* daemon.c: the process: its loop, its councils, and systemd's watchdog. */
/* The councils of a file (config/councils.h), to be started. The path is borrowed. RESULT_PERMANENT: there is none. */
MUST_CHECK enum result daemon_find(struct daemon *daemon, const char *config_path, const struct council_seams *seams,
                                   struct fault *fault);
/* One council, to be started. `name`: NULL: it is the only one, and the process leaves with it. */
struct council *daemon_add(struct daemon *daemon, const char *name, const char *config_path,
                           const struct council_seams *seams);
/* Councils with names are started one after another by the loop: one that cannot be keeps no other from it, and is
 * tried again; where none can be the process leaves. What was started before a failure is stopped by daemon_stop. */
MUST_CHECK enum result daemon_start(struct daemon *daemon, struct fault *fault);
void daemon_stop(struct daemon *daemon);
/* All read their configuration anew; councils that were added to the file's directory begin, those that were switched
 * off end, and what is down is tried again. */
void daemon_reload(struct daemon *daemon);

/* core.c */
/* Leaves: what is under way is finished. */
void daemon_leave(struct daemon *daemon, int status);
/* A council with a name leaves alone, as soon as the callback is over. `why` is kept for who looks and for ops. */
void council_leave(struct council *council, int status, const char *why);
/* Into the file beside its database (last_end.h). */
void council_write_end(const struct council *council, const char *why);
/* How long a part may wait for what is under way when it is stopped: `own`, but at the end all councils together are
 * waited for no longer than one would be, and a council that leaves alone holds up no other. In milliseconds. */
int council_patience(const struct council *council, int own_ms);
/* For systemd: what it is told is of all councils. The sources of one can be read, or cannot for now. */
void council_is_ready(struct council *council);
void daemon_look_ready(struct daemon *daemon);
void council_reload_begins(struct council *council);
void council_reload_ends(struct council *council, const char *status);
/* The worst of all. `wrong`: what is, in short; "": nothing. `whole`: the same in a line, for where there is one. */
void council_say_line(struct council *council, uint64_t events, const char *wrong, const char *whole);
void daemon_say_line(struct daemon *daemon);
/* How each is, a line each: "up", "opening", "down", "out", "off"; its configuration; why, or what is wrong; with tabs
 * between them. */
void daemon_put_councils(const struct daemon *daemon, struct buffer *out);
/* Soon: councils that were added to the directory begin, and what is down is tried. Nothing where there is one. */
void council_seek(const struct council *council);
/* Asks to be told after each transaction; for as long as the council is there. */
void council_follow(struct council *council, council_follower *follower);
/* After every transaction: tells its followers. RESULT_PERMANENT leaves. */
void council_after(struct council *council, enum result result, const struct fault *fault);
instant council_now(const struct council *council);
void council_use_log_level(const struct council *council); /* that of the configuration in force */
instant council_elapsed(const struct council *council);
/* ops_say and ops_end, and what follows from their failure. */
void council_say_ops(struct council *council, const struct ops_word *word);
/* This stored event, of one or of several, can no longer be read. */
void council_say_unreadable(struct council *council, int64_t event);
void council_end_ops(struct council *council, enum ops_what what, struct text key, const char *how);

/* feeds.c */
MUST_CHECK enum result feeds_start(struct council *council, struct fault *fault);
void feeds_stop(struct council *council);
/* Up to when every part of every source was read, and taken: clocks run no further. */
instant feeds_read_to(const struct council *council);
/* Whether clocks may run: the log was read, as far as anybody knows. */
bool feeds_caught_up(struct council *council);
/* Whether it may be named to send for the council (docs/cells.md): the log was read, and it is not cut off. */
bool feeds_may_be_named(struct council *council);
/* A log has not the place any more where it is to be read, and nothing is read of it. */
bool feeds_log_is_lost(const struct council *council);
bool feeds_were_caught_up(const struct council *council); /* as it was found last: looks at nothing */
size_t feeds_count(const struct council *council);        /* sources */
size_t feeds_not_up(const struct council *council);       /* sources, or parts of one, that are not read */
bool feeds_away_for(const struct council *council, instant span); /* one of them for longer than this */
/* Whether every source is assigned or known to be down: says so to systemd, once. */
void feeds_say_ready(struct council *council);
void feeds_look(struct council *council); /* ops hear of a source that stays down */
/* For status: each part of each source, and what is not up. */
size_t feeds_status(struct council *council, struct ops_status_source **sources, struct arena *arena);
source_report feeds_report;
void feeds_each(const struct council *council, source_figures_visit *visit,
                void *argument); /* each part of each source */
bool feeds_http(const struct council *council, struct http_intake_figures *figures); /* false: nothing comes by HTTP */

/* sources.c: those that the configuration names; on failure those that were opened before it are handed over all the
 * same. */
#define SOURCES_MOST 4 /* one of each kind: kafka, spool, http */
MUST_CHECK enum result sources_open(struct council *council, struct source **sources, size_t *count,
                                    struct fault *fault);

/* What goes to the machines of the council's cell through its log. */
MUST_CHECK enum result sources_open_orders(struct council *council, struct kafka_orders **orders, struct fault *fault);

/* After the last council: lets go of what their sources share. */
void sources_end(struct daemon *daemon);

/* What every source is given, whatever its kind. */
void sources_settings(struct council *council, struct source_settings *settings);

/* clocks.c: what falls due. */
void clocks_start(struct council *council);

/* opening.c: what takes long of the start of a council with a name, each on a thread. False: there is none. */
/* NULL: it has faults, which were said. */
typedef void opening_told(struct council *council, struct edition *edition, const struct config_faults *faults);
bool opening_begin(struct council *council, opening_told *told);             /* reads its configuration */
typedef void opening_store_told(struct council *council, enum result result, const struct fault *fault);
bool opening_store(struct council *council, opening_store_told *told); /* opens its database, into council->store */
void opening_stop(struct council *council);

/* reload.c: another configuration, put in force while running. Read and checked on a thread of its own, then taken in
 * one step, or refused as a whole; what is asked for meanwhile is done after it, once. */
MUST_CHECK enum result reload_start(struct council *council, struct fault *fault);
void reload_stop(struct council *council);
#define RELOAD_UNASKED "files" /* the key of ops.reload-failed, of files that nobody asked to reload */
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
void reload_ask(struct council *council, reload_told *told, void *argument);
/* The same with the files of a directory that came from the log of the cell (published.c). `look`: whether what was
 * read may be put in force here. Takes the edition over; NULL: it may not, and a fault says why. */
typedef struct edition *reload_look(struct council *council, struct edition *edition, struct config_faults *faults);
void reload_published(struct council *council, const char *directory, reload_look *look, reload_told *told,
                      void *argument);
/* Every minute: whether the files were changed and nobody asked for a reload. They are then read beside the other work
 * and not put in force: where they would be refused ops hear while what is in force still runs, for the next start, of
 * the whole machine at night perhaps, would be refused too, and nobody told of anything. */
MUST_CHECK enum result reload_look_at_files(struct council *council, struct fault *fault);
/* The same at once, without a thread and without waiting for files to be still: for tests and simulations. */
void reload_now(struct council *council);
/* The faults, one a line, into the log. */
void reload_say_faults(const struct config_faults *faults);

/* control.c: orders of `casewatch`, by a socket beside the database. */
MUST_CHECK enum result control_start(struct council *council, struct fault *fault);
void control_stop(struct council *council);

/* record.c: the daemon's own rows in the audit. */
MUST_CHECK enum result record_start(struct council *council, struct fault *fault);
void record_stop(struct council *council);
void record_reloaded(struct council *council); /* another edition is in force */
void record_refused(struct council *council, const char *place, const char *why);
MUST_CHECK enum result record_look(struct council *council, struct fault *fault); /* writes what is owed */

/* audit_watch.c: reads the whole audit once a day, on a thread of its own. */
MUST_CHECK enum result audit_watch_start(struct council *council, struct fault *fault);
void audit_watch_stop(struct council *council);
struct ops_audit audit_watch_found(const struct council *council); /* what it found last */

/* erasing.c: carries out orders to erase somebody. */
MUST_CHECK enum result erasing_start(struct council *council, struct fault *fault);
void erasing_stop(struct council *council);
/* An order that came from the log of the cell. */
MUST_CHECK enum result erasing_carry_out(struct council *council, struct text bytes, struct fault *fault);
MUST_CHECK enum result erasing_order(struct council *council, const struct erasure_order *order, struct fault *fault);

/* tidying.c: what is kept no longer goes, once a day. */
MUST_CHECK enum result tidying_start(struct council *council, struct fault *fault);
void tidying_stop(struct council *council);

/* dead_man.c: asks dead-man.url for as long as casewatch does its work. */
MUST_CHECK enum result dead_man_start(struct council *council, struct fault *fault);
void dead_man_stop(struct council *council);

/* certificates.c: whether one is about to run out. */
MUST_CHECK enum result certificates_start(struct council *council, struct fault *fault);
void certificates_stop(struct council *council);
instant certificates_next(const struct council *council); /* the first runs out; INSTANT_NEVER: none is known */

/* looks.c */
void looks_start(struct council *council);
void looks_stop(struct council *council);
void looks_clock_jumped(struct council *council); /* the wall clock was set */
void looks_ask(struct council *council); /* somebody asks how it is: whether the disk takes anything is looked at now */

/* said.c: what is said of how it is. */
void said_start(struct council *council);
void said_stop(struct council *council);
void said_now(struct council *council); /* the file is written now, not within the minute */
void said_put(struct council *council, struct buffer *json); /* the same, for whoever asks */
/* A look: whether the disk takes what is said. True: it is to be looked at within a moment. */
MUST_CHECK enum result said_look(struct council *council, struct fault *fault);
bool said_is_to_be_looked_at(const struct council *council);
/* Why no events are taken, or would not be if some came; NULL: they are. */
const char *council_trouble(const struct council *council);

/* teams.c: teams whose list nobody reads. */
void teams_look(struct council *council);
/* rotas.c: every minute, too: gaps in the rotas of the next 30 days. */
void rotas_look(struct council *council);

/* outdated.c: what was wrong of something that the configuration no longer has is over. After a start and a reload. */
void outdated_end(struct council *council);

/* silence.c: sources that are quiet for longer than usual. */
MUST_CHECK enum result silence_look(struct council *council, struct fault *fault);

/* cell.c: does nothing where the configuration names no machine. Stopped after the courier. */
MUST_CHECK enum result cell_start(struct council *council, struct fault *fault);
void cell_stop(struct council *council);
/* Hands over to whichever other machine stands by; then this one stands behind all of them. False: it does not send. */
bool cell_move(struct council *council);
/* `why`: this machine goes no further in the log; NULL: it does again. */
void cell_is_unable(struct council *council, const char *why);
/* From here on, and for as long as it has these files, this machine is named only where no other stands by: `taker`
 * could take what it set aside. */
MUST_CHECK enum result cell_stand_behind(struct council *council, struct text taker, struct fault *fault);
bool cell_is_moving(const struct council *council); /* it has not left yet */
/* cell_status.c */
const struct courier_gate *cell_gate(const struct council *council); /* NULL: this machine is alone */
bool cell_status(const struct council *council, struct ops_status_cell *status); /* false: likewise. Borrowed */
/* Alone, or named by the group: what waits to be sent waits here. */
bool cell_is_to_send(const struct council *council);
/* Every minute: whether another machine stands by, and whether this one can say that it sends. */
MUST_CHECK enum result cell_look(struct council *council, struct fault *fault);

struct text cell_seal_key(const struct council *council); /* of its orders; none: this machine is alone */

/* orders.c: does nothing where this machine is alone. */
MUST_CHECK enum result orders_start(struct council *council, struct fault *fault);
void orders_stop(struct council *council);
bool orders_are_given(const struct council *council); /* what changes something goes through the log */
/* Nobody could be told of the step; `others`: but others were; `row`: that failed, all zero: none in particular. False:
 * no more orders can be given now. */
bool orders_give_nobody(struct council *council, struct text alert, int step, bool others,
                        const struct outbox_same *row);

/* published.c: does nothing where this machine is alone. */
MUST_CHECK enum result published_start(struct council *council, struct fault *fault);
void published_stop(struct council *council);
/* Why an edition of that number cannot be published here; NULL: it can. */
const char *published_is_in_the_way(const struct council *council, int64_t number);
bool published_is_refused(const struct council *council, const char **why); /* what came last from the log, here */

/* asides.c: does nothing where this machine is alone. */
MUST_CHECK enum result asides_start(struct council *council, struct fault *fault);
void asides_stop(struct council *council);
void asides_look(struct council *council); /* something was noted */

/* courier.c */
MUST_CHECK enum result council_start_courier(struct council *council, struct fault *fault);
void council_stop_courier(struct council *council);
void council_use_courier(struct council *council); /* after a reload */
size_t council_channels(const struct council *council); /* that it sends by; 0: nobody is sent anything (shadow) */
const struct mail_settings *council_mail(const struct council *council); /* all zero: none is sent; NULL: not yet */

/* pages.c */
MUST_CHECK enum result pages_start(struct council *council, struct fault *fault);
MUST_CHECK enum result pages_look(struct council *council, struct fault *fault); /* every minute */
void pages_use(struct council *council); /* after a reload */
void pages_stop(struct council *council);

/* notify_calls.c: does nothing where the configuration names no token. */
MUST_CHECK enum result notify_calls_start(struct council *council, struct fault *fault);
void notify_calls_use(struct council *council); /* after a reload: the token is read again */
void notify_calls_stop(struct council *council); /* after those who call notify_calls_take */
/* From any thread: a call of GOV.UK Notify, by its header `Authorization` and its body. Returns the HTTP status to
 * answer with: 200, 400, 401, 413, 503 (come again). */
int notify_calls_take(struct notify_calls *calls, struct text authorization, struct text body);

/* channels_status.c: for status: each channel, each further mail server, and what comes back. */
size_t channels_status(struct council *council, struct ops_status_channel **channels, struct arena *arena);

/* bounces.c: what comes back of the mails that went. Does nothing where the configuration names no place for it. */
MUST_CHECK enum result bounces_start(struct council *council, struct fault *fault);
void bounces_use(struct council *council); /* after a reload: the key is read again */
void bounces_stop(struct council *council);
struct returned_figures {
	uint64_t failed, delayed;    /* messages that did not arrive, that are late, since start */
	uint64_t auto_replies, not_understood; /* mails */
	bool unusable;               /* the directory cannot be read, or files not be moved out of it */
};
const struct returned_figures *bounces_figures(const struct council *council); /* NULL: nobody looks */

/* metrics.c: /metrics, /healthz, /readyz. Does nothing where the configuration names no address for them. */
MUST_CHECK enum result metrics_start(struct council *council, struct fault *fault);
MUST_CHECK enum result metrics_look(struct council *council, struct fault *fault); /* every minute */
void metrics_stop(struct council *council);

/* registers.c */
void council_start_registers(struct council *council);
/* They hold everything that was stored: the next transaction wakes them. */
bool council_registers_rest(const struct council *council);
void council_use_registers(struct council *council); /* after a reload */
void council_stop_registers(struct council *council);
/* One portion. *more: there is more to do. */
MUST_CHECK enum result council_step_registers(struct council *council, bool *more, struct fault *fault);

/* lists.c */
void council_start_lists(struct council *council);
void council_use_lists(struct council *council); /* after a reload */
void council_stop_lists(struct council *council);
courier_list council_render_list;
courier_list_name council_list_name;
courier_list_next council_list_next;

/* house.c: from the first part to the last, and back. What was started before a failure is stopped by house_stop. */
MUST_CHECK enum result house_start(struct council *council, struct fault *fault);
/* Of it what comes before the database, which may then be opened on a thread; house_start goes on from there. */
MUST_CHECK enum result house_configure(struct council *council, struct fault *fault);
void house_stop(struct council *council);

#endif
