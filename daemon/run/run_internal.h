/* run_internal: the daemon as a whole, for the files that start, run and stop it; nobody else includes it.
 *
 * The one rule: whatever fails for good sets `status` and stops the loop; leaving is the same way as on SIGTERM. */
#ifndef CASEWATCH_RUN_RUN_INTERNAL_H
#define CASEWATCH_RUN_RUN_INTERNAL_H

#include "channel/smtp/mail.h"
#include "config/config.h"
#include "courier/courier.h"
#include "loop/loop.h"
#include "ops/ops.h"
#include "pipeline/pipeline.h"
#include "report/lists.h"
#include "report/schedule.h"
#include "source/source.h"
#include "store/store.h"
#include "text/template.h"

struct daemon;

struct feed; /* feeds.c */

/* What a source last said of itself. */
struct source_status {
	char name[128];
	enum source_state state;
	instant since;
	char sentence[512];
};

struct daemon {
	const char *config_path;
	struct clock clock;
	struct config *first, *config; /* first: what cannot be changed while running points into it; config: in force */
	struct template_set *templates;
	struct buffer fingerprint;
	struct loop *loop;
	struct store *store;
	struct event_parser *reader;   /* of stored events */
	struct ops *ops;
	struct attempt *attempt;       /* NULL: what the process died at will not be known */
	struct pipeline *pipeline;
	struct courier *courier;
	struct mail_settings mail;     /* of the mail channel, for as long as the courier lives */
	struct courier_channel channels[4]; /* what it can send by */
	struct feed **feeds;           /* one a source */
	size_t feed_count, feed_room;
	struct lists *lists;
	struct loop_timer *tick, *watch, *feeder, *lists_due;
	struct source_status words[64];
	size_t word_count;
	instant go_live;               /* as configured now; the courier looks at it */
	instant started;               /* by the machine's own clock */
	instant fed;                   /* likewise: when a source last had something */
	instant wall_ahead;            /* of the monotonic clock, as last seen */
	instant look_every;            /* how often the disk, the calendar and so on are looked at */
	bool moved_clock;              /* the demo: another process moves the clock, and nobody outside may be told */
	bool ready, caught_up, leaving;
	int status;                    /* what the process exits with */
};

/* Leaves: what is under way is finished. */
void daemon_leave(struct daemon *daemon, int status);
/* After every transaction: arms the clock's timer and lets the courier look. RESULT_PERMANENT leaves. */
void daemon_after(struct daemon *daemon, enum result result, const struct fault *fault);
instant daemon_now(const struct daemon *daemon);
/* ops_say and ops_end, and what follows from their failure. */
void daemon_say_ops(struct daemon *daemon, const struct ops_word *word);
void daemon_end_ops(struct daemon *daemon, enum ops_what what, struct text key, const char *how);

/* feeds.c */
MUST_CHECK enum result feeds_start(struct daemon *daemon, struct fault *fault);
void feeds_stop(struct daemon *daemon);
/* Whether every source is assigned or known to be down. */
bool feeds_settled(const struct daemon *daemon);
/* Events in the log that are not stored yet, in all partitions; 0 also where a broker is away and nobody knows; -1: it is
 * not known yet. */
int64_t feeds_behind(const struct daemon *daemon);
void feeds_check_down(struct daemon *daemon); /* ops hear of a source that stays down */
source_report feeds_report;

/* sources.c: those that the configuration names; on failure those that were opened before it are handed over all the same. */
#define SOURCES_MOST 4 /* one of each kind: kafka, spool, and those to come (http) */
MUST_CHECK enum result sources_open(struct daemon *daemon, struct source *sources[SOURCES_MOST], size_t *count,
                                    struct fault *fault);

/* reload.c */
void reload_now(struct daemon *daemon);
/* Of the rules and the calendar as they stand in their files. */
void reload_fingerprint(const struct config *config, struct buffer *out);
MUST_CHECK enum result reload_templates(const struct config *config, struct template_set **templates,
                                        struct fault *fault);
void reload_engine_settings(const struct config *config, struct engine_settings *settings);
/* The faults, one a line, into the log. */
void reload_say_faults(const struct config_faults *faults);

/* watch.c */
void watch_start(struct daemon *daemon);
void watch_stop(struct daemon *daemon);
void watch_ready(struct daemon *daemon); /* says so to systemd, once, when it is true */
/* Why the daemon ends itself, in a file beside the database, which may not take another row; and ops hear of it from the next
 * one. */
void watch_leave_word(const struct daemon *daemon, const char *why);
void watch_say_last_end(struct daemon *daemon);

/* courier.c */
MUST_CHECK enum result daemon_start_courier(struct daemon *daemon, struct fault *fault);

/* lists.c */
void daemon_start_lists(struct daemon *daemon);
void daemon_use_lists(struct daemon *daemon); /* after a reload */
void daemon_stop_lists(struct daemon *daemon);
courier_list daemon_render_list;

#endif
