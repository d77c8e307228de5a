/* log: what the daemon says of its own work, to the journal or to standard error.
 *
 * The one rule: no personal data. A line may carry event, rule and alert ids, which journald keeps as fields
 * (CASEWATCH_EVENT, CASEWATCH_RULE, CASEWATCH_ALERT); never a child's id, a name, an address or a payload. */
#ifndef CASEWATCH_BASE_LOG_H
#define CASEWATCH_BASE_LOG_H

#include "base/result.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* Ids that a line is about; each may be NULL. */
struct log_about {
	const char *event, *rule, *alert;
};

/* Receives each line; set once before threads start. The default writes "<N>text" (sd-daemon(3) levels) to stderr. */
typedef void log_sink(enum log_level level, const struct log_about *about, const char *line);
void log_set_sink(log_sink *sink);
void log_set_level(enum log_level least); /* default LOG_LEVEL_INFO */

void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
void log_work(enum log_level level, struct log_about about, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
