/* page: a message as the data that its templates are filled with; private to message/.
 *
 * The one rule: a name in the data says one thing that is known, and is empty where that is not known: the templates
 * make sentences of names, so that no sentence stands without its fact (docs/sentences.md). */
#ifndef CASEWATCH_MESSAGE_PAGE_H
#define CASEWATCH_MESSAGE_PAGE_H

#include "message/facts.h"
#include "time/words.h"

/* Being put together. */
struct message_page {
	const struct message_input *input;
	const struct message_alert *alert; /* the one, or the first */
	const struct zone *zone;
	civil_day today;
	struct arena *arena;
	struct data *root;
	struct buffer words;
};

/* All names that any message of the purpose uses. `lead`: a sentence is put before the facts, so that the first 256
 * characters hold nothing of the child. Lives in `arena`. */
struct data *message_page(const struct message_input *input, bool lead, struct arena *arena);
void message_lead(struct data *page); /* the sentence is put after all */

/* ---- the parts; each fills names of page->root from page->alert ---- */
void message_put_facts(struct message_page *page);     /* parts.c: facts, child, changes */
void message_put_to_do(struct message_page *page);     /* parts.c: what to do, and why */
void message_put_evidence(struct message_page *page);  /* evidence.c: events, episodes, what came late */
void message_put_told(struct message_page *page);      /* told.c: who was told and how */
void message_put_silence(struct message_page *page);   /* told.c: for how long nobody has answered */
void message_put_answer(struct message_page *page);    /* answer.c: the last answer, and when it is asked again */
void message_put_cause(struct message_page *page);     /* answer.c: why this is said now */
void message_put_end(struct message_page *page);       /* ended.c: what changed or ended it, and what stands still */
void message_put_warning(struct message_page *page);   /* warning.c: what happens if nothing is recorded */
void message_put_several(struct message_page *page);   /* together.c: the same, shorter, for each of several */

/* Since when nobody has answered: since the first message that a server took, or the answer that no longer holds.
 * INSTANT_NEVER: nothing reached anybody. */
instant message_silent_since(const struct message_alert *alert, instant now); /* told.c */

/* ---- phrases.c: words that several parts share ---- */
const char *message_severity_word(enum severity severity); /* "Critical" */
const char *message_role_title(const struct message_page *page, struct text role);
/* The form, or the one with the year where `at` is not of this year. */
enum words_form message_form(const struct message_page *page, instant at, enum words_form form,
                             enum words_form with_year);
/* "the Head of Service", "the social worker and the team manager"; `skip` (a role id) is left out. */
void message_add_roles(struct message_page *page, const struct text *roles, size_t count, const char *skip);
void message_add_moment(struct message_page *page, instant at, bool day_only, enum words_form form);
/* "Tuesday 4 February, 22:10", with the year where years mix. */
void message_add_full(struct message_page *page, instant at, bool day_only);
/* "at 02:16", "on Tuesday 4 February, 17:40". */
void message_add_when(struct message_page *page, instant at);
/* The same for a time that was set: "at 03:14", "at the end of Friday 31 January", never midnight. */
void message_add_set_time(struct message_page *page, instant at);
/* Words as they go on a sentence: with a small letter, but for an abbreviation ("VPG discussion booked"). */
void message_add_going_on(struct message_page *page, struct text words);
/* For a section's heading: a flag `name` beside the list `list`. */
void message_put_any(struct data *map, const char *name, const char *list);
/* "02:40", "the end of Friday 31 January"; empty where nothing follows. Also with a capital. */
void message_put_answer_by(struct message_page *page, struct data *map, const struct payload *payload);
void message_put_severity(struct data *map, enum severity severity);
/* page->words with a capital letter. */
void message_end_sentence(struct message_page *page, struct data *map, const char *name);

static inline bool message_has_time(instant at)
{
	return at != INSTANT_NONE && at != INSTANT_NEVER;
}

static inline void message_begin(struct message_page *page)
{
	buffer_clear(&page->words);
}

static inline void message_end(struct message_page *page, struct data *map, const char *name)
{
	data_text(map, name, buffer_view(&page->words));
}

#define MESSAGE_NUMBER(alert) (long long)(alert)->number

#endif
