/* sentence_facts: what each name of docs/sentences.md means, read straight from the database and by another way than
 * message/. */
#ifndef CASEWATCH_TESTS_SENTENCE_FACTS_H
#define CASEWATCH_TESTS_SENTENCE_FACTS_H

#include "message/message.h"
#include "pipeline_world.h"

#define TRUTH_ROWS 8000
#define TRUTH_EVENTS 400
#define PASSINGS_MOST 3 /* of one alert, one after another, through as many roles */

/* All that is in the database about one message that is owed, and what its reader is. */
struct truth {
	const struct outbox_row *row;
	struct payload payload;
	enum message_purpose purpose;
	struct alert_row alert;
	struct text evidence; /* of it: a JSON list of ids */
	const struct rule *rule;
	struct outbox_row rows[TRUTH_ROWS]; /* of the alert */
	size_t row_count;
	const struct event *events[TRUTH_EVENTS]; /* standing, of the child */
	instant arrived[TRUTH_EVENTS];
	size_t event_count;
	struct text other_alert;             /* one that stands for the same child; empty: none */
	size_t other_count;
	bool other_told;
	bool restricted;
	instant now;
	const struct calendar *calendar;
	const char *answer_url, *phone, *council;
	const struct truth *among;           /* of several: all of them */
	size_t among_count;
};

static inline struct text truth_text(const struct event *event, const char *field)
{
	return event_string(event, schema_name(text_of(field)));
}

/* The newest answer to the alert; NULL: none. */
static inline const struct event *truth_answer(const struct truth *t)
{
	const struct event *found = NULL;
	for (size_t i = 0; i < t->event_count; i++)
		if (t->events[i]->type == TYPE_ID_ALERT_ACKNOWLEDGED &&
		    text_equal(truth_text(t->events[i], "alert"), t->row->alert) &&
		    (!found || event_order(t->events[i], found) > 0))
			found = t->events[i];
	return found;
}

static inline size_t truth_answers(const struct truth *t, bool *one_role)
{
	size_t count = 0;
	struct text role = TEXT_NONE;
	*one_role = true;
	for (size_t i = 0; i < t->event_count; i++) {
		if (t->events[i]->type != TYPE_ID_ALERT_ACKNOWLEDGED ||
		    !text_equal(truth_text(t->events[i], "alert"), t->row->alert))
			continue;
		struct text by = truth_text(t->events[i], "by");
		*one_role = count++ == 0 || (*one_role && text_equal(by, role));
		role = by;
	}
	return count;
}

/* Whether a server took a message of the alert to the role (empty: any), at a step below `below`. */
static inline bool truth_taken(const struct truth *t, struct text role, int below)
{
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].sent != INSTANT_NONE && t->rows[i].step < below &&
		    (!role.length || text_equal(t->rows[i].role, role)))
			return true;
	return false;
}

static inline instant truth_asked_by(const struct outbox_row *row, struct arena *arena)
{
	struct payload payload;
	struct fault ignored;
	return payload_read(row->payload, &payload, arena, &ignored) == RESULT_OK ? payload.answer_by : INSTANT_NEVER;
}

static inline bool truth_is_evidence(const struct truth *t, const struct event *event)
{
	struct buffer quoted = {0};
	buffer_format(&quoted, "\"%.*s\"", TEXT_ARG(event->id));
	bool evidence = memmem(t->evidence.at, t->evidence.length, quoted.at, quoted.length) != NULL;
	buffer_free(&quoted);
	return evidence;
}

/* The alert's key, as its row or else its evidence has it. */
static inline struct text truth_key(const struct truth *t)
{
	for (size_t i = 0; i < t->event_count && !t->alert.key.length && t->rule->key; i++)
		if (truth_is_evidence(t, t->events[i]) && event_string(t->events[i], t->rule->key).length)
			return event_string(t->events[i], t->rule->key);
	return t->alert.key;
}

/* The record that ended it: of the alert's key, one of the types that end its rule, at the instant it closed. */
static inline const struct event *truth_end(const struct truth *t)
{
	const struct event *found = NULL;
	if (t->alert.state != ALERT_RESOLVED || !t->rule)
		return NULL;
	const struct selectors *const ends[] = {&t->rule->stop, &t->rule->closes_on, &t->rule->ends_on};
	for (size_t i = 0; i < t->event_count; i++)
		for (size_t k = 0; k < 3; k++)
			for (size_t n = 0; n < ends[k]->count; n++) {
				const struct event *event = t->events[i];
				bool keyed = t->rule->key && t->rule->kind != RULE_COUNT;
				struct text key = keyed ? event_string(event, t->rule->key) : TEXT_NONE;
				if (ends[k]->items[n].type == event->type && event->time == t->alert.closed &&
				    (!key.length || text_equal(key, truth_key(t))))
					found = event;
			}
	return found;
}

#define TRUTH_SHOWN 12

/* The records of the alert's key, or else those that it is made of. */
static inline size_t truth_records(const struct truth *t)
{
	struct text key = t->rule->key ? truth_key(t) : TEXT_NONE;
	size_t keyed = 0, evidence = 0;
	for (size_t i = 0; i < t->event_count; i++) {
		keyed += key.length && text_equal(event_string(t->events[i], t->rule->key), key);
		evidence += truth_is_evidence(t, t->events[i]);
	}
	return keyed ? keyed : evidence;
}

static inline instant truth_arrival(const struct truth *t, const struct event *event)
{
	for (size_t i = 0; i < t->event_count; i++)
		if (t->events[i] == event)
			return t->arrived[i];
	return INSTANT_NONE;
}

static inline instant truth_due(const struct truth *t)
{
	instant due = t->alert.due;
	return due != INSTANT_NONE && due != INSTANT_NEVER ? due : t->payload.answer_by;
}

static inline bool truth_asks_again(const struct truth *t, enum effect_cause cause)
{
	return t->purpose == MESSAGE_ASKED_AGAIN && t->payload.cause == cause;
}

static inline bool truth_has(instant at)
{
	return at != INSTANT_NONE && at != INSTANT_NEVER;
}

static inline instant truth_review(const struct truth *t)
{
	return t->payload.review_at != INSTANT_NONE ? t->payload.review_at : t->alert.review_at;
}

static inline bool truth_after(const struct truth *t)
{
	return t->alert.state == ALERT_STANDING && truth_has(truth_review(t)) && t->payload.next_count &&
	       truth_has(t->payload.answer_by) && t->payload.answer_by > truth_review(t);
}

static inline bool truth_silence(const struct truth *t)
{
	const struct event *answer = truth_answer(t);
	instant first = INSTANT_NEVER;
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].sent != INSTANT_NONE && !text_equal(t->rows[i].purpose, TEXT("warned")) &&
		    t->rows[i].created < first)
			first = t->rows[i].created;
	if (first != INSTANT_NEVER && answer && answer->time > first)
		first = truth_has(t->alert.review_at) && t->alert.review_at < t->now ? t->alert.review_at
		                                                                     : answer->time;
	return first != INSTANT_NEVER && t->now - first >= MINUTE;
}

static inline bool truth_late(const struct truth *t)
{
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *event = t->events[i];
		bool evidence = truth_is_evidence(t, event);
		instant recorded = event->recorded != INSTANT_NONE ? event->recorded : t->arrived[i];
		if (evidence && recorded - event->time > 24 * HOUR)
			return true;
	}
	return false;
}

/* The last time by which this reader's role was asked for an answer; INSTANT_NONE: never. */
static inline instant truth_asked_before(const struct truth *t, struct arena *arena)
{
	instant by = INSTANT_NONE;
	for (size_t i = 0; i < t->row_count; i++) {
		instant asked = truth_asked_by(&t->rows[i], arena);
		if (text_equal(t->rows[i].role, t->row->role) && t->rows[i].sent != INSTANT_NONE && truth_has(asked))
			by = asked;
	}
	return by;
}

static inline bool truth_by_rule(const struct truth *t)
{
	return t->payload.cause == CAUSE_RULE_GONE || t->payload.cause == CAUSE_RULE_SHADOW ||
	       t->payload.cause == CAUSE_OPENED_WRONGLY;
}

static inline bool truth_own(const struct truth *t)
{
	const struct event *answer = truth_answer(t);
	return answer && (truth_text(answer, "person").length ? text_equal(truth_text(answer, "person"), t->row->person)
	                                                      : text_equal(truth_text(answer, "by"), t->row->role));
}

/* ---- where each must answer ---- */

/* The step at which it is told, where everyone answers for themselves; NULL: the first answer is enough. */
static inline const struct step *truth_step_of_each(const struct truth *t)
{
	size_t step = (size_t)t->row->step;
	bool each = step >= 1 && step <= t->rule->step_count && t->rule->steps[step - 1].answer_each;
	return each ? &t->rule->steps[step - 1] : NULL;
}

static inline bool truth_is_reply(const struct truth *t, const struct event *event)
{
	return (event->type == TYPE_ID_ALERT_ACKNOWLEDGED || event->type == TYPE_ID_ALERT_PASSED_ON) &&
	       text_equal(truth_text(event, "alert"), t->row->alert);
}

/* By themselves; an answer that names nobody is of whoever has the role. */
static inline bool truth_replied(const struct truth *t, struct text person, struct text role)
{
	for (size_t i = 0; i < t->event_count; i++) {
		const struct event *event = t->events[i];
		struct text by = truth_text(event, "person");
		if (truth_is_reply(t, event) &&
		    (by.length ? text_equal(by, person) : text_equal(truth_text(event, "by"), role)))
			return true;
	}
	return false;
}

/* Not everyone who was asked at the step, and could be told, has replied. */
static inline bool truth_each_owed(const struct truth *t)
{
	size_t asked = 0, replied = 0;
	if (!truth_step_of_each(t))
		return false;
	for (size_t i = 0; i < t->row_count; i++) {
		const struct outbox_row *row = &t->rows[i];
		bool asks = text_equal(row->purpose, TEXT("opened")) || text_equal(row->purpose, TEXT("escalated")) ||
		            text_equal(row->purpose, TEXT("asked-again")) ||
		            text_equal(row->purpose, TEXT("passed-on"));
		if (!asks || row->step != t->row->step || !row->person.length || row->state == OUTBOX_FAILED)
			continue;
		asked++;
		replied += truth_replied(t, row->person, row->role);
	}
	return !asked || replied < asked;
}

/* The step names the role; or somebody whom it asks, or who was asked so, passed it on to it. */
static inline bool truth_is_asked(const struct truth *t, struct text role, size_t passings)
{
	const struct step *step = truth_step_of_each(t);
	for (size_t i = 0; i < step->role_count; i++)
		if (text_equal(text_of(step->roles[i]), role))
			return true;
	for (size_t i = 0; i < step->also_count; i++)
		if (text_equal(text_of(step->also[i].role), role))
			return true;
	for (size_t i = 0; i < t->event_count && passings; i++)
		if (truth_is_reply(t, t->events[i]) && t->events[i]->type == TYPE_ID_ALERT_PASSED_ON &&
		    text_equal(truth_text(t->events[i], "to"), role) &&
		    truth_is_asked(t, truth_text(t->events[i], "by"), passings - 1))
			return true;
	return false;
}

static inline bool truth_owes(const struct truth *t, const struct outbox_row *reader)
{
	bool open = t->alert.state == ALERT_STANDING && !t->alert.acknowledged;
	return open && truth_step_of_each(t) && truth_is_asked(t, reader->role, PASSINGS_MOST) &&
	       !truth_replied(t, reader->person, reader->role);
}

/* Of several alerts: the reader is that of the message. */
static inline bool truth_answer_owed(const struct truth *t)
{
	return truth_owes(t, t->among_count ? t->among[0].row : t->row);
}

static inline size_t truth_owed_among(const struct truth *t)
{
	size_t count = 0;
	for (size_t i = 0; i < t->among_count; i++)
		count += truth_owes(&t->among[i], t->among[0].row);
	return count;
}

static inline bool truth_episodes(const struct truth *t)
{
	return text_equal(t->row->rule, TEXT("missing.vpg-referral")) && !t->restricted && t->evidence.length > 2;
}

static inline size_t truth_standing_among(const struct truth *t)
{
	size_t count = 0;
	for (size_t i = 0; i < t->among_count; i++)
		count += t->among[i].alert.state == ALERT_STANDING;
	return count;
}

static inline size_t truth_open_among(const struct truth *t)
{
	size_t count = 0;
	for (size_t i = 0; i < t->among_count; i++)
		count += t->among[i].alert.state == ALERT_STANDING && !t->among[i].alert.acknowledged;
	return count;
}

static inline bool truth_kept(const struct truth *t)
{
	bool kept = false;
	for (size_t i = 0; i < t->among_count; i++) {
		const struct truth *one = &t->among[i];
		if (one->rule->severity == SEVERITY_CRITICAL)
			return false;
		kept = kept || (one->payload.at != INSTANT_NONE && t->now - one->payload.at >= HOUR &&
		                !calendar_in_hours(t->calendar, one->payload.at));
	}
	return kept;
}

static inline bool truth_same_minute(const struct truth *t)
{
	instant first = INSTANT_NEVER, last = INSTANT_NONE;
	for (size_t i = 0; i < t->among_count; i++) {
		instant at = t->among[i].payload.at;
		if (at == INSTANT_NONE)
			return false;
		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	return t->among_count > 0 && last - first <= MINUTE;
}

static inline bool truth_go_live_all(const struct truth *t)
{
	for (size_t i = 0; i < t->among_count; i++)
		if (t->among[i].payload.cause != CAUSE_GO_LIVE)
			return false;
	return t->among_count > 0;
}

static inline bool truth_first_to_answer(const struct truth *t)
{
	for (size_t i = 0; i < t->among_count; i++)
		if (truth_has(t->among[i].payload.answer_by))
			return true;
	return false;
}

#endif
