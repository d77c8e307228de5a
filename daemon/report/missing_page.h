/* missing_page: a list as the data that its templates are filled with; private to missing_*.c. */
#ifndef CASEWATCH_REPORT_MISSING_PAGE_H
#define CASEWATCH_REPORT_MISSING_PAGE_H

#include "report/missing.h"

/* `cut`: how many rows the sections after "Missing now" keep; 0: all. Lives in `arena`. */
struct data *missing_page(const struct missing_list *list, size_t cut, struct arena *arena);
void missing_put_trend(const struct missing_list *list, struct data *root); /* missing_trend.c */
void missing_subject(const struct missing_list *list, struct buffer *out);

#endif
