/* explained: everything there is to know about one alert, gathered once, for the tool and for its page.
 *
 * The one rule: what people were told is shown as it is stored, and never reckoned anew; what each record did is asked
 * of the engine, by the records and rules as they are now, and says so. */
#ifndef CASEWATCH_EXPLAIN_EXPLAINED_H
#define CASEWATCH_EXPLAIN_EXPLAINED_H

#include "explain/ground.h"
#include "explain/story.h"
#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "store/outbox/outbox.h"

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
	bool told_story;           /* story is there: the rules are, and it is an alert, no early warning */
	struct story story;
	struct subject subject;    /* whose events the story names */
};

/* `which`: a number or an id. found false: there is no such alert. Free with explained_free in any case. */
MUST_CHECK enum result explained_gather(const struct ground *ground, struct text which, struct explained *explained,
                                        struct fault *fault);
/* How it came about, by the records as they are known now (explained->story); left out where the rules cannot be read,
 * its rule is gone or it is an early warning. */
MUST_CHECK enum result explained_tell(const struct ground *ground, struct explained *explained, struct fault *fault);
void explained_free(struct explained *explained);

#endif
