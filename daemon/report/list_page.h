/* list_page: a list as the data that its templates are filled with; private to list_*.c. */
#ifndef CASEWATCH_REPORT_LIST_PAGE_H
#define CASEWATCH_REPORT_LIST_PAGE_H

#include "report/list.h"

/* `cut`: how many rows a section keeps that is not whole; 0: all. Lives in `arena`. */
struct data *list_page(const struct list *list, size_t cut, struct arena *arena);
void list_put_trend(const struct list *list, struct data *root); /* list_trend.c */
void list_subject(const struct list *list, struct buffer *out);

#endif
