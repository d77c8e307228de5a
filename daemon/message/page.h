/* page: a message as the data that its templates are filled with; private to message/. */
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

/* The parts. */
void message_put_facts(struct message_page *page);     /* facts, child, changes */
void message_put_to_do(struct message_page *page);     /* what to do, and why */
void message_put_evidence(struct message_page *page);  /* events, episodes, what came late */
void message_put_told(struct message_page *page);      /* who was told, the last answer, what stands still */

/* How long nobody has answered: since the first was told. */
void message_put_silence(struct message_page *page);
/* For a section's heading: a flag `name` beside the list `list`. */
void message_put_any(struct data *map, const char *name, const char *list);
/* The form, or the one with the year where `at` is not of this year. */
enum words_form message_form(const struct message_page *page, instant at, enum words_form form,
                             enum words_form with_year);

static inline void message_begin(struct message_page *page)
{
	buffer_clear(&page->words);
}

static inline void message_end(struct message_page *page, struct data *map, const char *name)
{
	data_text(map, name, buffer_view(&page->words));
}

/* "the Head of Service", "the social worker and the team manager"; `skip` (a role id) is left out. */
void message_add_roles(struct message_page *page, const struct text *roles, size_t count, const char *skip);
void message_add_moment(struct message_page *page, instant at, bool day_only, enum words_form form);
#define MESSAGE_NUMBER(alert) (long long)(alert)->number

#endif
