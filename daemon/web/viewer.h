/* viewer: what somebody who is signed in may see: of the directory, by their roles, their teams and whom they stand in
 * for today.
 *
 * The one rule: what a person may not see is not there for them: a child of another team, a restricted case and a
 * number that was never given are told by the same words (docs/board.md has the whole in a table). */
#ifndef CASEWATCH_WEB_VIEWER_H
#define CASEWATCH_WEB_VIEWER_H

#include "store/alerts/board.h"
#include "web/web.h"

struct viewer {
	const struct person *person;
	const char *title;         /* as what they are signed in: "Emergency Duty Team", "Team manager, North 3" */
	bool all;                  /* every child that is not restricted */
	bool runs;                 /* messages, and records that were refused */
	const struct team **teams; /* those they manage or head, and all below */
	size_t team_count;
	const struct person **as; /* for whom they act today: themselves first, then those they cover altogether */
	size_t as_count;
};
bool viewer_has_team(const struct viewer *viewer, const struct team *team);

/* One page's looking: the viewer, and what is known of children. */
struct sight {
	const struct web_page *page;
	struct viewer viewer;
	bool ready; /* the registers are there; if not, no child's facts are known and only `all` see more than
	               what they were told of */
	struct text *doubtful; /* children who may have become restricted a moment ago */
	size_t doubtful_count, doubtful_room;
};
MUST_CHECK enum result sight_begin(struct web_page *page, struct sight *sight, struct fault *fault);
void sight_end(struct sight *sight);

/* The teams of a child today, by the register, and whether the viewer is one of its workers. */
#define SIGHT_TEAMS_MOST 32
struct sight_child {
	const struct team *teams[SIGHT_TEAMS_MOST]; /* none known: the duty team */
	size_t team_count;
	bool own;        /* allocated to the viewer */
	bool restricted; /* by its records or the directory */
	bool doubtful;   /* something came of it that may restrict it, and the register does not know yet */
};
MUST_CHECK enum result sight_child(const struct sight *sight, struct text child, bool restricted,
                                   struct sight_child *out, struct fault *fault);
/* Whether neither the directory nor what came a moment ago restricts the child's case. */
bool sight_is_plain(const struct sight *sight, struct text child);
/* Whether the viewer may see that child's page. */
bool sight_may_see(const struct sight *sight, struct text child, const struct sight_child *of);
/* Whether they may see the alert: their children's, and what they were told of; of restricted cases and of rules that
 * are for named people only, what the directory or the message named them for. `on_board`: an alert stays on the board
 * while its child is in doubt, without the child. */
MUST_CHECK enum result sight_alert(const struct sight *sight, const struct board_alert *alert, const struct rule *rule,
                                   struct sight_child *of, bool on_board, bool *sees, struct fault *fault);

#endif
