/* log: what the daemon says of its own work, to the journal or to standard error.
 *
 * The one rule: no personal data. A line may carry event, rule and alert ids, which journald keeps as fields
 * (CASEWATCH_EVENT, CASEWATCH_RULE, CASEWATCH_ALERT); never a child's id, a name, an address or a payload.
 *
 * One kind of line (one format, of one council) that comes in a flood is held back, and how many were is said: journald
 * would drop lines of all kinds instead, and not say which. May be called on any thread. */
#ifndef CASEWATCH_BASE_LOG_H
#define CASEWATCH_BASE_LOG_H

#include "base/clock.h"
#include "base/result.h"

#include <stdbool.h>

/* As syslog numbers them. docs/operations.md, "The journal", says what each means to who reads it. */
enum log_level {
	LOG_LEVEL_ERROR = 3,   /* a person must act, or the daemon leaves */
	LOG_LEVEL_WARNING = 4, /* something is wrong; it goes on by itself, or somebody is told elsewhere */
	LOG_LEVEL_NOTICE = 5,  /* the course of the day: ready, reloaded, up, over */
	LOG_LEVEL_INFO = 6,    /* work, by ids: an alert opened, a message went */
	LOG_LEVEL_DEBUG = 7    /* for whoever maintains casewatch */
};
const char *log_level_name(enum log_level level);                          /* "warning" */
MUST_CHECK bool log_level_named(const char *name, enum log_level *level); /* false: there is none of that name */

/* Ids that a line is about; each may be NULL. */
struct log_about {
	const char *event, *rule, *alert;
	const char *council; /* filled in by the log: for which the thread works (base/here.h); NULL: there is one */
};

/* Receives each line; set once before threads start. The default writes "<N>text" (sd-daemon(3) levels) to stderr,
 * "<N>COUNCIL: text" where there are several. */
typedef void log_sink(enum log_level level, const struct log_about *about, const char *line);
void log_set_sink(log_sink *sink);
/* Default LOG_LEVEL_INFO; at any time. Of several councils each has its own (base/here.h). */
void log_set_level(enum log_level least);
bool log_is_wanted(enum log_level level); /* of the council at hand: its lines of that level are written */

#define LOG_LINE_BYTES 2048 /* of a line; a longer one is cut: it names ids, and no payload */

void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
void log_work(enum log_level level, struct log_about about, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same of a line that was put together before. `kind`: the literal by which its kind is known (LOG_BURST). */
void log_put(enum log_level level, struct log_about about, const char *kind, const char *line);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)

/* Lines of one format within LOG_BURST_TIME; further ones are held back. journald drops beyond 10,000 within 30 s. */
#define LOG_BURST 500
#define LOG_BURST_TIME (10 * SECOND)
/* Formats that are counted at once, of each council its own; of more the one that was quiet for longest goes. */
#define LOG_KINDS_MOST 256
/* Every minute, and at the end: says what was held back and not said yet. */
void log_say_held_back(void);
/* Which clock counts; NULL: the machine's. For tests. */
void log_use_clock(const struct clock *clock);

/* For metrics, since start. */
struct log_figures {
	uint64_t lines[LOG_LEVEL_DEBUG + 1]; /* by level */
	uint64_t held_back;
};
void log_figures(struct log_figures *figures);

#endif
