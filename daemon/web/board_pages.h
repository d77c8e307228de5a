/* board_pages: the pages of who is signed in: the duty desk's board, a child, an alert, lists, messages, refused
 * records.
 *
 * Rows of web/routes.c call them. The one rule: what a page shows of a child is noted (web_look) before it goes out,
 * and what the viewer may not see is answered as if it were not there (web/viewer.h). */
#ifndef CASEWATCH_WEB_BOARD_PAGES_H
#define CASEWATCH_WEB_BOARD_PAGES_H

#include "web/web.h"

web_make page_board;      /* GET /board?refresh=60&team=ID&order=oldest&page=2 */
web_make page_child;      /* GET /children/ID?why-not=RULE */
web_make page_alert;      /* GET /alerts/A-2041 */
web_make page_lists;      /* GET /lists */
web_make page_list;       /* GET /lists/NAME */
web_make page_outbox;     /* GET /outbox?all=yes&before=123 */
web_make page_quarantine; /* GET /quarantine?all=yes&before=12 */
web_make page_record;     /* GET /quarantine/12 */
web_make page_release;    /* POST /quarantine/12/release */
web_make page_discard;    /* POST /quarantine/12/discard */

/* Nothing is there, or nothing for this viewer: the same words. */
void page_not_there(struct web_page *page);

/* Data with something in every place of every template of these pages, and of those on which an alert is answered, for
 * `casewatch check` and the gallery. */
typedef void page_sample(void *context, const char *template, const struct data *data);
void page_samples(page_sample *each, void *context);
void answer_samples(page_sample *each, void *context); /* those for answering; part of the above */
/* Whether those that are there render with it; one that is not there makes its page a plain one (web_say). */
MUST_CHECK enum result page_check_templates(const struct template_set *templates, struct fault *fault);

#endif
