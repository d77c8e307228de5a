/* mine: the page of all that waits for one person, by a link in their own message: where a text tells of several
 * alerts.
 *
 * The one rule: it shows what a text may hold of each (number, severity, title, answer by), and nothing of a child. */
#ifndef CASEWATCH_WEB_MINE_H
#define CASEWATCH_WEB_MINE_H

#include "web/web.h"

#define MINE_MESSAGES 20000 /* around the link's own that are looked at, a month of a large council: more is said */
#define MINE_ALERTS 200     /* shown; the page says how many more wait */

web_make mine_page;

#endif
