/* report_filling: a part of a report on its way; private to report_parts.c and report_bars.c. */
#ifndef CASEWATCH_REPORT_REPORT_FILLING_H
#define CASEWATCH_REPORT_REPORT_FILLING_H

#include "report/report_page.h"

struct filling {
	struct report_page *page;
	const struct report_part *part;
	struct data *map;
	struct data *lines;  /* of the text part */
	struct data *changes; /* what is restated */
	struct fault *fault;
	bool good;
	bool years_mix;  /* its months are of several years */
	bool in_bullets; /* a table too wide for the text part: each row is a sentence */
	int label_width, widths[REPORT_PERIODS_MAX]; /* columns of the text part: the labels', and by period */
};

/* The line, without blanks at its end; the buffer is empty afterwards. */
void report_line(struct filling *filling, struct buffer *line);
/* Padded to `columns` code points; at the right: with the blanks before it. */
void report_pad(struct buffer *line, struct text words, int columns, bool right);
/* The period as the head of a column or bar: with the year where the part's periods are of several. */
void report_say_period(const struct filling *filling, size_t at, bool whole, struct buffer *out);
/* The periods of the part; notes whether their years mix. */
size_t report_periods_of(struct filling *filling, size_t *periods);
void report_fill_bars(struct filling *filling);
/* What is restated of the figure in these periods; `labels`: of its labels, too. */
void report_fill_restated(struct filling *filling, size_t figure, const size_t *periods, size_t count, bool labels);
/* The same of all that the parts so far do not show: sentences have it. */
void report_fill_untold(struct filling *filling);

#endif
