/* monitor: the address at which programs ask how casewatch is: /metrics, /healthz, /readyz.
 *
 * Owns a server with a thread of its own and a reading connection, apart from the pages: whoever floods those blinds
 * nobody who watches. The one rule: each answer asks the daemon's loop anew. A loop that stands does not answer, and
 * that is what the reply then says; no figure of before is handed out as if it were of now. docs/metrics.md. */
#ifndef CASEWATCH_WEB_MONITOR_H
#define CASEWATCH_WEB_MONITOR_H

#include "loop/loop.h"
#include "ops/metrics.h"

#define MONITOR_WAITING_MOST 32          /* requests at once: a few scrapers; further ones come again (503) */
#define MONITOR_LOOP_WITHIN (3 * SECOND) /* the loop answers; Prometheus waits 10 s for all */

/* What must hold so that events are taken and clocks run: each a line of /readyz. */
struct monitor_check {
	const char *name;   /* a literal: "sources" */
	bool good;
	char why[160];      /* where it is not good; no personal data */
};
#define MONITOR_CHECKS_MOST 4 /* as many as run/metrics.c makes */
struct monitor_health {
	struct monitor_check checks[MONITOR_CHECKS_MOST];
	size_t count;
};

struct monitor_settings {
	const char *address;   /* "127.0.0.1:9464"; borrowed */
	const char *database;  /* borrowed */
	struct clock clock;
	/* On the thread of the daemon's loop: its own figures, and its health. */
	void (*tell)(void *context, struct metrics *metrics, struct monitor_health *health);
	void *context;
};

struct monitor;
MUST_CHECK enum result monitor_new(struct loop *loop, const struct monitor_settings *settings,
                                   struct monitor **monitor, struct fault *fault);
/* On failure it is not served, and may be tried again. */
MUST_CHECK enum result monitor_listen(struct monitor *monitor, struct fault *fault);
bool monitor_is_served(const struct monitor *monitor);
int monitor_port(const struct monitor *monitor);
void monitor_free(struct monitor *monitor); /* NULL is fine */

#endif
