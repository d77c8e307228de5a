/* systemd: readiness, status, the watchdog and the journal's fields; all of it nothing where systemd is absent. */
#ifndef CASEWATCH_LOOP_SYSTEMD_H
#define CASEWATCH_LOOP_SYSTEMD_H

#include "base/clock.h"
#include "base/log.h"

void systemd_ready(const char *status);
void systemd_status(const char *status);
void systemd_reloading(void); /* RELOADING=1 with MONOTONIC_USEC */
void systemd_stopping(void);
instant systemd_watchdog_interval(void); /* half of WATCHDOG_USEC; 0: no watchdog */
void systemd_watchdog_fed(void);         /* call from real progress only */
/* Sets the log sink if stderr is connected to the journal. `message_id`: under which id the journal's catalogue
 * explains a line about this rule; NULL where it does not. */
void systemd_log_to_journal(const char *(*message_id)(const char *rule));

#endif
