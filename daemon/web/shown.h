/* shown: words and rows that several pages share: a child, a role, how it was delivered, when the next step falls.
 *
 * The one rule: a page says of a message only what a server said, and of a step only what the engine decided. */
#ifndef CASEWATCH_WEB_SHOWN_H
#define CASEWATCH_WEB_SHOWN_H

#include "web/viewer.h"

/* A page being put together. */
struct shown_page {
	struct web_page *page;
	struct sight *sight;
	struct data *root;
	struct buffer words; /* of the value under way */
};

static inline void shown_begin(struct shown_page *shown)
{
	buffer_clear(&shown->words);
}
static inline void shown_end(struct shown_page *shown, struct data *map, const char *name)
{
	data_text(map, name, buffer_view(&shown->words));
}

/* The data of a signed-in page: root with title (escaped by the template), now_date, now_clock, viewer; refresh "". */
MUST_CHECK enum result shown_new(struct web_page *page, struct sight *sight, struct shown_page *shown,
                                 struct fault *fault);
void shown_free(struct shown_page *shown);
void shown_title(struct shown_page *shown, const char *format, ...) PRINTF_LIKE(2, 3);

/* complete_to and the like, into root: "complete" (flag), complete_to, silent_since, silent_for, never. */
MUST_CHECK enum result shown_completeness(struct shown_page *shown, struct fault *fault);

/* "Wed 5 Feb, 02:06", with the year where it is not this one. */
void shown_moment(struct shown_page *shown, instant at, bool day_only);
/* "8 minutes ago", "3 hours ago", "2 days 2 hours ago". */
void shown_ago(struct shown_page *shown, instant at);
/* "02:36", "Wed 5 Feb, 17:00", "End of Wed 5 Feb": when something falls. */
void shown_when(struct shown_page *shown, instant at);
/* "in 22 minutes", "in 6 hours", "in 3 days": to the nearest. */
void shown_in(struct shown_page *shown, instant at);

/* number, severity_word, severity_class, what, child and child_id (empty: shown to nobody here), opened, opened_ago. */
const struct rule *shown_alert(struct shown_page *shown, const struct board_alert *alert, const struct sight_child *of,
                               struct data *row);
/* "C1001, AK, 15"'s second half: ", AK, 15", ", initials not recorded, age not known". */
void shown_child(struct shown_page *shown, const struct board_alert *facts, const char *age_word);
/* "Team manager, North 3" */
void shown_role(struct shown_page *shown, struct text role, struct text person, const struct sight_child *of);
/* The same of whoever gave an answer, within a sentence: "team manager, North 3" */
void shown_answerer(struct shown_page *shown, const struct event *answer, const struct sight_child *of);
/* with, undelivered, delivered; next_at, next: of an alert that stands; the answer: answer_by, answer_action. */
MUST_CHECK enum result shown_ladder(struct shown_page *shown, const struct board_alert *alert, const struct rule *rule,
                                    const struct sight_child *of, struct data *row, struct fault *fault);

#endif
