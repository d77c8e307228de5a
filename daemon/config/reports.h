/* reports: what a list says in figures: SELECTs that are asked for periods, the parts of the page made of them, and the
 * issues in which it goes out (docs/lists.md).
 *
 * The one rule: a figure says what it counts, out of what and in which period; an issue for a body outside the council
 * has figures alone. */
#ifndef CASEWATCH_CONFIG_REPORTS_H
#define CASEWATCH_CONFIG_REPORTS_H

#include "time/period.h"

#include <stddef.h>

/* A SELECT of a list's file. */
struct list_select {
	const char *sql;  /* NULL: none */
	int line, column;
};

/* What is counted: one number a period, or one a label and period. */
struct report_figure {
	const char *id, *title;
	const char *one, *many;    /* what is counted: "hold", "holds" */
	int of;                    /* the figure it is a share of; -1: none */
	bool words;                /* it is a sentence, no number */
	bool measure;              /* hours, an average: no count of children or events, so nothing to keep small */
	int counts;                /* measure: the figure of what it was measured on, not shown where that is not; -1 */
	bool moves;                /* of an earlier period it says how that stands now: a change is no restatement */
	bool adds;                 /* the months make the quarter; false: children counted once, a stock */
	int decimals;
	struct list_select select; /* `value`, and `label` where it has labels */
	struct list_select late;   /* how many of a period's came after :printed; NULL: not known */
};

enum report_part_kind { REPORT_BARS, REPORT_PERIODS, REPORT_GROUPS, REPORT_ROWS, REPORT_ITEMS, REPORT_NOTE };
/* How a share stands in the text part. */
enum report_form { FORM_NUMBER, FORM_PERCENT /* 16 94% */, FORM_COMMA /* 30, 79% */, FORM_OF /* 31 of 46, 67% */ };

/* A column of figures (GROUPS), or of a row's values (ROWS). */
struct report_column {
	const char *head, *brief;  /* in HTML and in text */
	int figure;                /* GROUPS */
	const char *value, *strong; /* ROWS: columns of the section's SELECT; `strong` stands before, NULL: none */
	enum report_form form;
	int width;                 /* in text */
	bool number;               /* ROWS: aligned as one */
	int mark;                  /* GROUPS: bold from this number on; 0: never */
};

enum report_reach { REACH_TOLD, REACH_MONTHS, REACH_QUARTER, REACH_BEFORE, REACH_YEAR,
	            REACH_MONTH_AGO };
struct report_part {
	const char *id;
	enum report_part_kind kind;
	const char *title, *title_text; /* words with names in them; title_text NULL: the same */
	const char *label;         /* what a screen reader calls the table */
	const char *head, *unit;   /* of the first column; BARS: of the numbers */
	const char *total;         /* GROUPS: the last row, "All teams"; NULL: none */
	const char *intro;         /* a paragraph above the table, in text alone */
	const char *line;          /* ROWS: a row in text; NULL: its columns, named */
	const char *restated;      /* BARS: why a figure changed, where late records alone did it */
	const char *none;          /* ROWS and ITEMS without rows: NULL: "None." */
	const char *words;         /* NOTE */
	bool small, text_only, block, earlier;
	enum report_reach reach;
	int months;                /* REACH_MONTHS */
	int section;               /* ROWS, ITEMS */
	int width;                 /* of the first column in text */
	struct report_column *columns;
	size_t column_count;
};

/* What the figures add up to: `total` is the sum of `parts`, so that one hidden cannot be reckoned from the others. */
struct report_sum {
	int total;
	int *parts;
	size_t part_count;
	bool rest; /* and more that nobody is sent: they are no more than the total */
};

struct config_report {
	const char *base, *issue;       /* "custody", "monthly" */
	enum period_kind tells;
	bool outside;                   /* its readers are not of the council: counts alone, small ones hidden */
	civil_day until;                /* it goes out before this date; DAY_NONE: for good */
	const char *reader;             /* "heads of service"; NULL: the role's title */
	const char *heading, *subject, *strong, *words; /* words with names in them */
	bool restated_in_foot;
	const size_t *shown;            /* parts, in order */
	size_t shown_count;
	const struct report_figure *figures; /* all issues of a report have these in common */
	size_t figure_count;
	const struct report_part *parts;
	size_t part_count;
	const struct report_sum *sums;
	size_t sum_count;
	int64_t fewer_than;             /* counts below are hidden outside: 5 (local) */
};

#endif
