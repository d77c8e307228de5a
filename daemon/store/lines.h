/* lines: what the log says of a transaction, once it is committed.
 *
 * The one rule: of what is undone no line is written. With a full disk the same is tried again and again, and each try
 * would say what never came to be. */
#ifndef CASEWATCH_STORE_LINES_H
#define CASEWATCH_STORE_LINES_H

#include "base/log.h"
#include "store/store.h"

/* As log_work; while a transaction is open, once it is committed. */
void store_log(struct store *store, enum log_level level, struct log_about about, const char *format, ...)
	PRINTF_LIKE(4, 5);

#define store_log_error(store, ...) store_log(store, LOG_LEVEL_ERROR, (struct log_about){0}, __VA_ARGS__)
#define store_log_warning(store, ...) store_log(store, LOG_LEVEL_WARNING, (struct log_about){0}, __VA_ARGS__)
#define store_log_notice(store, ...) store_log(store, LOG_LEVEL_NOTICE, (struct log_about){0}, __VA_ARGS__)

#endif
