/* alert_page: one alert explained, as a page: what it is now, why it stands, what happened, who was told, who answered.
 *
 * The one rule: it shows what explain/ gathered, and reckons nothing: `casewatch explain --html` prints the same. */
#ifndef CASEWATCH_WEB_ALERT_PAGE_H
#define CASEWATCH_WEB_ALERT_PAGE_H

#include "explain/explained.h"
#include "web/shown.h"

#define ALERT_MESSAGES_SHOWN                                                                                           \
	60 /* the first so many of an alert, and the newest so many; the page says how many are between */

/* Fills shown->root for alert.html. `alert` and `of`: as board_find and sight_alert gave them. */
MUST_CHECK enum result alert_page_fill(struct shown_page *shown, const struct board_alert *alert,
                                       const struct sight_child *of, const struct explained *explained,
                                       struct fault *fault);

/* ---- its parts ---- */
MUST_CHECK enum result alert_page_story(struct shown_page *shown, const struct sight_child *of,
                                        const struct explained *explained, struct fault *fault);
void alert_page_days(struct shown_page *shown, const struct explained *explained);
void alert_page_told(struct shown_page *shown, const struct sight_child *of, const struct explained *explained);

#endif
