/* missing: the list `daily-missing`: who is missing now, who came back, whose return interview is overdue, who is missing
 * again and again (shared/catalogue.md, shared/look/daily-missing-*).
 *
 * Computing and rendering are apart: missing_list_new is a function of facts, directory and time; missing_render one of
 * the list and the templates. The one rule: restricted children are nowhere in it, and it always says up to when it
 * holds; an empty list says so in words. */
#ifndef CASEWATCH_REPORT_MISSING_H
#define CASEWATCH_REPORT_MISSING_H

#include "report/missing_facts.h"
#include "text/template.h"

#define MISSING_WEEKS 26
#define MISSING_OFTEN 3             /* times in 30 days (recovery plan 2020, task 18) */
#define MISSING_INTERVIEW (72 * HOUR) /* to the return interview (statutory guidance 2014) */
#define MISSING_HTML_BYTES (90 * 1000) /* Gmail clips at about 102 KB */
#define MISSING_CUT_ROWS 50         /* rows a section keeps when the page would be larger */

/* Up to when the sources have confirmed that they sent everything, and when they last sent anything at all. */
struct missing_completeness {
	instant complete_to;   /* INSTANT_NONE: no source has ever said */
	instant last_arrival;  /* INSTANT_NONE: nothing ever came */
	instant quiet;         /* complete_to further back than this: the list is not complete; 0: 1 hour */
	instant quiet_unconfirmed; /* the same for last_arrival where no source confirms; 0: 24 hours */
};
/* Whether a list as of `as_of` is to be sent as not complete. */
bool missing_incomplete(const struct missing_completeness *completeness, instant as_of);

/* Whose list, and when. Everything is borrowed. */
struct missing_view {
	const struct zone *zone;
	const struct directory *directory;
	const struct team *team;   /* NULL: all teams */
	const char *role_title;    /* of the reader: "Director of Children's Care"; "Team manager" */
	instant as_of;             /* what is true now, and what is printed as the list's time */
	instant due;               /* when it was due */
	instant last;              /* when the list before this one was due */
	instant next;              /* when the next one is */
	instant go_live;           /* return interviews are not asked for earlier returns; INSTANT_NONE: for all */
	bool late;                 /* its time passed while casewatch was not running */
	bool follows;              /* the full list after one that was not complete */
	struct missing_completeness completeness;
};

/* A child in one section. `person` and `episode` belong to the facts. */
struct missing_row {
	const struct missing_person *person;
	size_t group;                          /* in missing_list.groups; 0 where the list has none */
	const struct missing_episode *episode; /* NULL in `often` */
	instant due;                           /* of the return interview */
	size_t times;                          /* in 30 days */
	bool discussed_since;                  /* discussed at VPG since it last became necessary */
};
struct missing_rows {
	struct missing_row *items;
	size_t count, room;
};
struct missing_figures {
	const struct missing_person *person;
	size_t group;
	size_t in_30, in_90, in_365;
	instant longest;
	bool longest_in_days;                  /* only dates are known: whole days */
	struct words_moment last_interview;    /* at INSTANT_NONE: none */
};
struct missing_group {
	const char *title;
	size_t now, back, overdue, often, figures;
};

struct missing_list {
	struct missing_view view;
	struct missing_rows now, back, overdue, often;
	struct missing_figures *figures;
	size_t figure_count;
	struct missing_group *groups;          /* teams in the directory's order; all-teams list only */
	size_t group_count;
	size_t away;                           /* children away from placement without authorisation now */
	const struct missing_unread **unread;
	size_t unread_count;
	civil_day first_monday;
	uint32_t weeks[MISSING_WEEKS];         /* episodes that began, by week */
	bool incomplete;
};

/* `facts` must outlive the list, and not be added to or asked about another time while it lives. */
struct missing_list *missing_list_new(struct missing_facts *facts, const struct missing_view *view);
void missing_list_free(struct missing_list *list); /* NULL is fine */

/* Subject, text part and HTML part. The HTML stays under MISSING_HTML_BYTES: a longer list keeps "Missing now" whole and
 * MISSING_CUT_ROWS rows of each other section, and says so. RESULT_PERMANENT: a template is wrong; use missing_plain. */
MUST_CHECK enum result missing_render(const struct missing_list *list, const struct template_set *templates,
                                      struct buffer *subject, struct buffer *text, struct buffer *html,
                                      struct fault *fault);
/* The same facts without templates; cannot fail. Appends subject and text. */
void missing_plain(const struct missing_list *list, struct buffer *subject, struct buffer *text);
/* Renders an example of every section, so that `casewatch check` finds a template that would fail at 07:30. */
MUST_CHECK enum result missing_check_templates(const struct template_set *templates, const struct zone *zone,
                                               struct fault *fault);

#endif
