/* seen: looks that went on record a short while ago: the same person, page, child and alert are one row for so long.
 *
 * A board that is fetched anew every minute would write a row for each of its alerts each minute: 50 million a year for
 * one desk with a hundred alerts, in a record that is kept six years. The one rule: what is not surely on record is
 * written: a look that was forgotten here is one row more, never one fewer. */
#ifndef CASEWATCH_WEB_SEEN_H
#define CASEWATCH_WEB_SEEN_H

#include "web/web.h"

#define SEEN_FOR (15 * MINUTE) /* a person who goes on looking is on record every quarter of an hour */
#define SEEN_ROOM 8192         /* looks; a newer one may take the place of an older, which is then written again */

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *seen);
/* Puts the looks that must be written to the front; returns how many. */
size_t seen_sort(const struct seen *seen, instant now, struct text person, const char *page, struct web_look *looks,
                 size_t count);
/* These are on record now. */
void seen_note(struct seen *seen, instant now, struct text person, const char *page, const struct web_look *looks,
               size_t count);

#endif
