/* explain: everything there is to know about one alert, gathered once and printed in words or as JSON.
 *
 * The one rule: it shows what is stored and reckons nothing anew: what people were told is what is explained. */
#ifndef CASEWATCH_CLI_EXPLAIN_H
#define CASEWATCH_CLI_EXPLAIN_H

#include "cli/opened.h"
#include "store/alerts.h"
#include "store/events.h"
#include "store/outbox.h"

struct explained_event {
	struct event event;
	instant arrived;
};
struct explained_act {
	instant at;
	struct text what, detail; /* detail: JSON */
};
struct explained {
	struct arena *arena;       /* all text */
	bool found;
	struct alert_row row;
	const struct rule *rule;   /* as it was in force; NULL: no longer among the rules */
	instant due;               /* a clock's expiry; INSTANT_NONE: none */
	uint32_t nights;
	uint64_t *refs;            /* of the evidence */
	size_t ref_count;
	struct explained_event *events, *answers;
	size_t event_count, event_room, answer_count, answer_room;
	struct outbox_row *told;   /* oldest first */
	size_t told_count, told_room;
	struct explained_act *acts;
	size_t act_count, act_room;
};

/* `which`: a number or an id. found false: there is no such alert. Free with explained_free in any case. */
MUST_CHECK enum result explained_gather(const struct opened *opened, struct text which, struct explained *explained,
                                        struct fault *fault);
void explained_free(struct explained *explained);
void explained_words(const struct opened *opened, const struct explained *explained, struct buffer *out);

#endif
