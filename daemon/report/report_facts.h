/* report_facts: the figures of a report, each for the periods it is asked for, and what was printed of them before.
 *
 * The one rule: what was kept of this very printing is what it says, whatever came since. */
#ifndef CASEWATCH_REPORT_REPORT_FACTS_H
#define CASEWATCH_REPORT_REPORT_FACTS_H

#include "config/lists.h"
#include "report/protect.h"
#include "report/reader.h"
#include "store/registers/prints.h"

/* Of a figure that was printed before, whether it was counted in another way then. */
struct recount {
	bool unknown;            /* nobody kept how */
	bool otherwise;          /* by another SELECT, number or register */
	bool rules, teams, days; /* the rules, teams or working days that it goes by have changed */
};

/* One number. The first of a figure's cells is its total, without a label. */
struct report_cell {
	struct text label;
	struct text words;  /* of a figure that is a sentence */
	double value;
	bool known;         /* false: there is none, such as an average of nothing */
	enum shown shown;
	int64_t least;      /* outside: what its label's being there says, where that is more than 1 */
	bool unsaid;        /* outside: a label that the page does not have, so that no file has it either */
	bool gone;          /* a label that was printed before, and of which nothing is counted any more */
	bool kept;          /* it says what this very printing said when it was made */
	bool was_printed;   /* in an earlier report: `before`, `before_shown`, `printed` */
	bool restated;      /* it was printed before as another number */
	struct recount recount; /* restated: how else that was counted */
	int64_t counted;    /* kept: how this very printing counted it (report_counted); 0: not known */
	int64_t before_counted; /* the same of the earlier report */
	double before;
	bool before_shown;
	instant printed;    /* when */
	int64_t late;       /* of the figure's rows in the period, how many came after that; -1: not known */
};
struct report_cells {
	size_t figure, period;
	int64_t counted;    /* how it is counted now */
	struct report_cell *items;
	size_t count;
};
struct report_facts {
	const struct config_report *report;
	struct period *periods; /* the first is the one that is told of, the second the one before it */
	size_t period_count, period_room;
	struct report_cells *cells;
	size_t cells_count, cells_room;
	struct period quarter;  /* that the period told lies in */
	instant joined, erased; /* where a figure is restated: the last time that records were joined or parted, and
	                         * that some were erased; INSTANT_NONE: never */
	civil_day data_from;    /* local date of the first event; DAY_NONE: nothing ever came */
	instant due;
	instant printing;       /* under which time it is kept (store/registers/prints.h) */
	bool kept;              /* this very printing was made before: it says what was kept */
	bool unsafe;            /* what was sent before gives a small count away: nothing can hide it now */
};

struct report_request {
	const struct config_list *list;
	const struct zone *zone;
	struct period told;
	instant due, as_of, go_live, last;
	bool full; /* it follows one of the same due time that was not complete: another printing of the same figures */
	struct text team, person;
	bool tries; /* it is only seen whether the SELECTs fit: also those that no figure needs now */
};
/* RESULT_PERMANENT: *wrong is the SELECT. Lives in `arena`, the arrays in the heap: report_facts_free. */
MUST_CHECK enum result report_facts_read(const struct report_request *request, struct reader *reader,
                                         struct arena *arena, struct report_facts **facts,
                                         const struct list_select **wrong, struct fault *fault);
void report_facts_free(struct report_facts *facts); /* NULL is fine */

/* What figures are counted by, beside their own file. */
struct report_ground {
	const struct ruleset *rules;
	const struct directory *directory; /* NULL: none */
	const struct calendar *calendar;   /* NULL: none */
};
/* Fingerprints of how the figure is counted for the period: of its SELECT, whatever its blanks, of the numbers that
 * this names, and of the declarations of the registers that it reads; and, where it goes by them, of the files of the
 * rules, of the teams, and of the working days around the period. Never 0. */
int64_t report_counted(const struct config_list *list, const struct report_figure *figure,
                       const struct report_ground *ground, const struct period *period);
/* What is different between two of these; 0: not known. */
struct recount report_recount(int64_t before, int64_t now);
bool report_counts_alerts(const struct report_figure *figure);

/* NULL: it was not asked for. */
struct report_cells *report_cells_of(const struct report_facts *facts, size_t figure, size_t period);
/* The total is that of the label ""; NULL: there is no such cell. */
struct report_cell *report_cell_of(const struct report_facts *facts, size_t figure, size_t period,
                                   struct text label);

/* With so many decimals, rounded alike in every format: a half away from 0. */
double report_rounded(double value, int decimals);
void report_put_number(double value, int decimals, struct buffer *out);

/* The periods of a part, in order, as numbers of facts->periods (at most 64). */
#define REPORT_PERIODS_MAX 64
/* While it is read: those that are not yet among facts->periods are added. */
size_t report_want(struct report_facts *facts, const struct report_part *part, size_t *periods);
size_t report_want_period(struct report_facts *facts, struct period period);
size_t report_reach(const struct report_facts *facts, const struct report_part *part, size_t *periods);

/* Under which names it is kept for its readers: the roles outside, the team, or "". */
void report_each_reader(const struct config_list *list, struct text team,
                        void (*visit)(void *argument, struct text reader), void *argument);
/* Keeps what is printed. In the caller's transaction. */
MUST_CHECK enum result report_print_figures(const struct report_facts *facts, const struct config_list *list,
                                            struct text team, struct store *store, struct fault *fault);

/* report_outside.c: decides how each cell is shown to a body outside the council, from all that it was ever sent. */
MUST_CHECK enum result report_hide(struct report_facts *facts, const struct report_request *request,
                                   struct reader *reader, struct arena *arena, struct fault *fault);
/* Of a report that was sent and is made again: nothing is said of what it did not say then. */
void report_hide_again(struct report_facts *facts);

#endif
