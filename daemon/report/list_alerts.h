/* list_alerts: the alerts that a list's rows are about, with the facts that their messages have; private to list_*.c.
 *
 * The one rule: an alert is in a list what it is in a message; a restricted case has no facts here, either. */
#ifndef CASEWATCH_REPORT_LIST_ALERTS_H
#define CASEWATCH_REPORT_LIST_ALERTS_H

#include "report/list_facts.h"

struct store;

/* Of a list's first so many alerts the facts are read: more would be no mail that somebody reads. The rows beyond stay,
 * with what their SELECT says of them. */
#define LIST_ALERTS_MOST 200

/* Gives the rows of sections with `alerts` their alert, by the column `message`. RESULT_PERMANENT: there is none. */
MUST_CHECK enum result list_alerts_read(const struct list_request *request, struct store *store, struct reader *reader,
                                        struct list_facts *facts, struct fault *fault);
/* The same with invented alerts, to look at the list: at least so many rows. */
void list_alerts_example(const struct config_list *list, struct list_facts *facts, size_t least);

#endif
