/* list: one reader's list: which of the facts are theirs, and how they read as a mail.
 *
 * Choosing and rendering are apart: list_new is a function of facts, directory and reader; list_render one of the list
 * and the templates. The one rule: restricted children are nowhere in it, and it always says up to when it holds; an
 * empty list says so in words. */
#ifndef CASEWATCH_REPORT_LIST_H
#define CASEWATCH_REPORT_LIST_H

#include "report/list_facts.h"
#include "text/template.h"

#define LIST_HTML_BYTES (90 * 1000) /* Gmail clips at about 102 KB */
#define LIST_CUT_ROWS 50            /* rows a section keeps when the page would be larger */

/* Whose list, and when. Everything is borrowed. */
struct list_view {
	const struct zone *zone;
	const struct config_list *list;
	const struct directory *directory;
	const struct team *team;   /* NULL: all teams */
	const char *role_title;    /* of the reader: "Director of Children's Care"; "Team manager" */
	const char *council;       /* NULL: not said */
	instant due;               /* when it was due */
	instant next;              /* when the next one is */
	bool late;                 /* its time passed while casewatch was not running */
	bool follows;              /* the full list after one that was not complete */
	bool asked;                /* somebody asked for it: it was not sent, and no other follows */
	/* The address by which the reader answers the alert, appended to `out`; NULL: none is made. */
	void (*link)(void *context, const struct list_alert *alert, struct buffer *out);
	void *link_context;
};

/* A row that is the reader's, and in which group it stands. */
struct list_item {
	const struct list_row *row;
	size_t group;              /* in list.groups; 0 where the list has none */
};
struct list_part {
	struct list_item *items;
	size_t count;
	size_t *in_group;          /* by group */
};
struct list {
	struct list_view view;
	const struct list_facts *facts;
	struct list_part *sections;   /* as in the list's file */
	struct list_part children;    /* each child of the sections once, by id; row->values are its figures */
	struct list_row *figures;     /* what `children` point to */
	const char **groups;          /* titles of teams in the directory's order; all-teams list only */
	size_t group_count;
	size_t counted;               /* of the number beside the sections */
	const struct list_unread **unread; /* those that came since the list before */
	size_t unread_count, unread_before; /* and how many wait for longer */
	uint32_t *weeks;              /* of the trend */
	bool incomplete;
};

/* `facts` must outlive the list. `today`: on which cover and managers are looked up. */
struct list *list_new(const struct list_facts *facts, const struct list_view *view);
void list_free(struct list *list); /* NULL is fine */

/* Subject, text part and HTML part. The HTML stays under LIST_HTML_BYTES: a longer list keeps the sections that are
 * `whole` and LIST_CUT_ROWS rows of each other one, and says so. RESULT_PERMANENT: a template is wrong; use
 * list_plain. */
MUST_CHECK enum result list_render(const struct list *list, const struct template_set *templates,
                                   struct buffer *subject, struct buffer *text, struct buffer *html,
                                   struct fault *fault);
/* The same facts without templates; cannot fail. Appends subject and text. */
void list_plain(const struct list *list, struct buffer *subject, struct buffer *text);

/* What the lists of a configuration are tried with; all of it is borrowed. Registers in memory are made once, when the
 * first list needs them. */
struct list_trial;
struct list_trial *list_trial_new(const struct ruleset *rules, const struct directory *directory,
                                  const struct template_set *templates, const struct zone *zone);
void list_trial_free(struct list_trial *trial); /* NULL is fine */
/* Whether its SELECTs fit the registers and its templates render, so that what would fail at 07:30 is known before.
 * Adds faults with the list's file, line and column. What passed once in this process, with the same bytes of list,
 * rules and templates and in the same zone, is not tried again: of 150 councils most have the lists that ship. */
void list_check(struct list_trial *trial, const struct config_list *list, struct config_faults *faults);
uint64_t list_trials(void); /* made in this process, for tests */

/* Two reports that the same body outside the council gets count nothing twice: what the one hides could be reckoned
 * from the other, as each is hidden by itself. The same count is the same SELECT. */
void lists_check_outside(const struct config_list *lists, size_t count, struct config_faults *faults);

/* Whether anybody who is to get the team's own list can be found on the local date: if not, its children are on the
 * duty team's list, too. */
bool list_team_is_read(const struct config_list *list, const struct directory *directory, const struct team *team,
                       civil_day today);

#endif
