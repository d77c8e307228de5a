/* compare: what one rule set would have told and another would not: for backtest --against.
 *
 * The one rule: what is compared is what people would have been told: each opening, of both sets, over the same events
 * in the same order of arrival. "Here" are the rules in place, "there" those of --against. */
#ifndef CASEWATCH_CLI_ANALYST_COMPARE_H
#define CASEWATCH_CLI_ANALYST_COMPARE_H

#include "base/map.h"
#include "cli/opened.h"
#include "engine/engine.h"

/* An alert that opened, as it would have been told. */
struct compared {
	instant at;
	const char *rule, *title, *subject, *alert, *because;
	enum severity severity;
	const char **roles;
	bool *nights; /* by role: told between 22:00 and 08:00 local time, not kept until the morning */
	size_t role_count;
	bool night;  /* one of them is */
	bool shadow; /* on record, and nobody is told */
	bool paired;
};
struct compare_side {
	struct arena *arena;
	struct compared *items;
	size_t count, room;
};
enum difference { DIFFERENCE_ONLY_HERE, DIFFERENCE_ONLY_THERE, DIFFERENCE_EARLIER, DIFFERENCE_LATER };
#define DIFFERENCES 4
/* Earlier, later: there than here, of one alert of the subject. */
struct compare_difference {
	enum difference what;
	const struct compared *here, *there; /* NULL where it is only in the other */
};
/* By rule, month (local, of the telling) and recipient. */
struct compare_row {
	const char *rule, *role;
	int year, month;
	uint64_t counts[DIFFERENCES], night_here, night_there;
};
struct comparison {
	struct compare_side here, there;
	struct compare_difference *differences; /* in order of time */
	size_t count, room;
	struct compare_row *rows; /* by rule, month and recipient; those in which something differs */
	size_t row_count, row_room;
	struct map rows_by_what;
	uint64_t totals[DIFFERENCES], night_here, night_there;
};

/* Alerts of one rule and subject are one, opened earlier or later, where they opened at most so far apart. */
#define COMPARE_APART ((instant)31 * 24 * HOUR)

void compare_note(struct compare_side *side, const struct config *config, const struct effect *effect);
void compare(struct comparison *comparison, const struct zone *zone);
void compare_free(struct comparison *comparison);

/* ---- compare_words.c ---- */
void compare_print_json(struct cli *cli, const struct comparison *comparison);
void compare_print_words(struct cli *cli, const struct zone *zone, const struct comparison *comparison);
void compare_print_page(const struct zone *zone, const struct comparison *comparison, struct buffer *out);

#endif
