/* rota: who is on call when, from an iCalendar file (RFC 5545), for a role of the directory (`rota: {file: edt.ics}`).
 *
 * The one rule: an entry that cannot be read, or names nobody of the directory, is a fault with its line: a night that
 * is silently left out is a night on which nobody hears. For config/directory_load.c, which reads them from ROTA_BEFORE
 * its own time to ROTA_AFTER it, and for whoever must say so. */
#ifndef CASEWATCH_CONFIG_ROTA_H
#define CASEWATCH_CONFIG_ROTA_H

#include "base/mem.h"
#include "config/faults.h"
#include "people/directory.h"
#include "time/calendar.h"

/* Limits: of the file, of the entries in it, and of what repetition makes of them: a rota of ten people on three shifts
 * a day has 1,100 shifts a year, and five years are read. */
#define ROTA_BYTES_MOST (1u << 20)
#define ROTA_ENTRIES_MOST 5000
#define ROTA_SHIFTS_MOST 60000
#define ROTA_PEOPLE_MOST 16 /* of one entry: each repetition is a shift of each of them; more stand in two entries */
#define ROTA_DEPTH_MOST 8 /* of entries within entries: a calendar has four, and libical goes down by recursion */
#define ROTA_STEPS_MOST 200000 /* repetitions looked at in a file, also those before `from` */

#define ROTA_BEFORE (31 * 24 * HOUR)
/* Five years: a rota that repeats without end is read so far, and a daemon may run for long without a reload. What ends
 * sooner is said to ops a month before (people/on_call.h). */
#define ROTA_AFTER ((instant)1826 * 24 * HOUR)

/* Adds the shifts of the role that end after `from` and begin before `until`, which must be instants apart from each
 * other by years at most; sorted by when they begin. Times without a zone are of `zone`. Entries name people of the
 * directory, by id or email, as ATTENDEE or, without one, as SUMMARY. */
void rota_read(const char *path, const char *role, const struct zone *zone, instant from, instant until,
               struct directory *directory, struct arena *arena, struct config_faults *faults);

#endif
