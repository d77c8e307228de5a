/* report_page: the figures of a report as the data that its template is filled with; private to report_*.c and
 * list_page.c. */
#ifndef CASEWATCH_REPORT_REPORT_PAGE_H
#define CASEWATCH_REPORT_REPORT_PAGE_H

#include "report/list.h"
#include "report/report_facts.h"

struct report_page {
	const struct list *list;
	const struct report_facts *facts;
	const struct config_report *report;
	struct data *root;
	struct arena *arena;
	size_t cut; /* rows a part keeps; 0: all */
	bool *told; /* by facts->cells: it was said that the figure is restated */
};

/* Adds heading, lead and parts to a list's page. A fault of its words is in `fault`, and they are left empty: false. */
bool report_fill(const struct list *list, struct data *root, size_t cut, struct arena *arena,
                 struct fault *fault);
void report_fill_names(struct report_page *page);
bool report_fill_parts(struct report_page *page, struct fault *fault);

/* The cell as it is shown: "33", "31 of 46, 67%", "fewer than 5", "not shown". */
void report_say(const struct report_page *page, size_t figure, size_t period, struct text label, enum report_form form,
                bool of_in_words, struct buffer *out);
/* In percent, 0 to 100; -1: not shown, or a share of nothing. */
int report_percent(const struct report_page *page, size_t figure, size_t period, struct text label);
/* "{{holds}} holds": filled with the names of `map`. */
MUST_CHECK bool report_words(const struct report_page *page, const char *words, struct data *map,
                             struct buffer *out, struct fault *fault);
/* As report_put_number, with commas where there are no decimals. */
void report_say_number(double value, int decimals, struct buffer *out);
const char *report_name(const struct report_page *page, const char *id, const char *what);

/* report_restated.c: a figure that was printed before as another number; the total is that of the label "". */
/* Whether it, or the whole of which it is a share, was, and this may be told. */
bool report_is_restated(const struct report_facts *facts, size_t figure, size_t period, struct text label);
/* Of one that is: "February was 60 of 102 (59%) in last month's report", without a full stop. */
void report_say_restated(const struct report_page *page, size_t figure, size_t period, struct text label,
                         struct buffer *out);
enum report_cause {
	CAUSE_LATE,      /* records that came late alone explain it */
	CAUSE_OTHERWISE, /* it is counted in another way */
	CAUSE_ANY,       /* they came late, or were corrected or withdrawn, or there is another cause */
};
enum report_cause report_cause(const struct report_facts *facts, size_t figure, size_t period, struct text label);
/* "records came late, or were corrected or withdrawn" and the other causes that there may be; without a full stop. */
void report_say_cause(const struct report_facts *facts, size_t figure, size_t period, struct text label,
                      struct buffer *out);
/* ", or records were erased": of CAUSE_ANY, what else may be the cause. */
void report_say_other_causes(const struct report_facts *facts, size_t figure, size_t period, struct text label,
                             struct buffer *out);

#endif
