/* answers: what people answered: acknowledged, passed on or resolved; whose turn it still is; and answers to
 * nothing. */
#include "engine/answers.h"

#include "engine/mutes.h"
#include "engine/shards.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- answers of this flush, each found an alert or not ---- */

static bool may_answer(const struct engine *engine, struct text source)
{
	const struct engine_settings *settings = &engine->settings;
	for (size_t i = 0; i < settings->answer_source_count; i++)
		if (text_equal(text_of(settings->answer_sources[i]), source))
			return true;
	return settings->answer_source_count == 0;
}

/* An answer of a source that the settings do not allow to answer, or a mute: it has no effect. */
static bool answers_refused(const struct engine *engine, const struct event *event)
{
	if (event->type != TYPE_ID_ALERT_ACKNOWLEDGED && event->type != TYPE_ID_ALERT_RESOLVED &&
	    event->type != TYPE_ID_ALERT_PASSED_ON && event->type != engine->type_mute_started &&
	    event->type != engine->type_mute_ended)
		return false;
	return !may_answer(engine, event->source);
}

static bool is_mute(const struct engine *engine, const struct event *event)
{
	return event->type == engine->type_mute_started || event->type == engine->type_mute_ended;
}

static void note(struct engine *engine, const struct event *event, bool kept)
{
	bool refused = answers_refused(engine, event), mute = is_mute(engine, event);
	bool answer = event->type == TYPE_ID_ALERT_ACKNOWLEDGED || event->type == TYPE_ID_ALERT_RESOLVED ||
	              event->type == TYPE_ID_ALERT_PASSED_ON;
	if (!answer && !mute)
		return;
	struct answer_seen *seen =
		mem_push((void **)&engine->answers, &engine->answer_count, &engine->answer_room, sizeof *seen);
	*seen = (struct answer_seen){.ref = event->ref,
	                             .time = event->time,
	                             .refused = refused,
	                             .found = mute,
	                             .kept = kept,
	                             .nth = engine->answers_seen++};
	if (mute)
		seen->doubt = mutes_doubt(engine, event, &seen->field);
}

void answers_note(struct engine *engine, const struct event *event)
{
	note(engine, event, false);
}

void answers_note_again(struct engine *engine, const struct event *event)
{
	note(engine, event, true);
}

void answers_forget(struct engine *engine, uint64_t ref)
{
	for (size_t i = 0; i < engine->answer_count; i++)
		engine->answers[i].gone = engine->answers[i].gone || engine->answers[i].ref == ref;
}

enum result answers_keep(struct engine *engine, struct fault *fault)
{
	const struct engine_host *host = &engine->host;
	enum result result = RESULT_OK;
	for (size_t i = 0; host->answer_waits && i < engine->answer_count && result == RESULT_OK; i++) {
		struct answer_seen *seen = &engine->answers[i];
		if (seen->kept)
			continue;
		seen->kept = true;
		result = host->answer_waits(host->context, seen->ref, true, fault);
	}
	return result;
}

static enum result warn(struct engine *engine, const struct answer_seen *seen, struct fault *fault)
{
	const struct engine_host *host = &engine->host;
	bool own = true;
	enum result result = host->warned ? shards_own_event(engine, seen->ref, &own, fault) : RESULT_OK;
	if (result != RESULT_OK || !host->warned || !own)
		return result;
	engine->order = (struct engine_order){.phase = ENGINE_ANSWERED, .nth = seen->nth};
	if (seen->refused)
		return host->warned(host->context, seen->ref, "source",
		                    "this source may not answer alerts or mute rules, so it had no effect", fault);
	if (seen->doubt)
		return host->warned(host->context, seen->ref, seen->field, seen->doubt, fault);
	return host->warned(host->context, seen->ref, "data.alert",
	                    "no such alert stood at that time, so the answer had no effect", fault);
}

static enum result report_one(struct engine *engine, const struct answer_seen *seen, struct fault *fault)
{
	const struct engine_host *host = &engine->host;
	enum result result = RESULT_OK;
	if (!seen->gone && (!seen->found || seen->refused || seen->doubt))
		result = warn(engine, seen, fault);
	if (result == RESULT_OK && seen->kept)
		result = host->answer_waits(host->context, seen->ref, false, fault);
	return result;
}

/* One whose time has not come is looked at again when it has. */
enum result answers_report(struct engine *engine, instant events_to, struct fault *fault)
{
	enum result result = RESULT_OK;
	size_t kept = 0;
	for (size_t i = 0; i < engine->answer_count && result == RESULT_OK; i++) {
		const struct answer_seen seen = engine->answers[i];
		if (seen.time > events_to && !seen.refused && !seen.gone)
			engine->answers[kept++] = seen;
		else
			result = report_one(engine, &seen, fault);
	}
	engine->answer_count = kept;
	return result;
}

static void note_doubt(struct engine *engine, uint64_t ref, const char *doubt)
{
	for (size_t i = 0; i < engine->answer_count && doubt; i++)
		if (engine->answers[i].ref == ref && !engine->answers[i].doubt) {
			engine->answers[i].field = "data.mute";
			engine->answers[i].doubt = doubt;
		}
}

static void note_found(struct engine *engine, uint64_t ref)
{
	for (size_t i = 0; i < engine->answer_count; i++)
		if (engine->answers[i].ref == ref)
			engine->answers[i].found = true;
}

/* ---- whose turn it still is ---- */

uint64_t engine_role(struct text role)
{
	return text_fingerprint(role, 8);
}

struct persons {
	uint64_t *items; /* free it */
	size_t count, room;
	bool early;  /* the host has not looked for them yet: for whoever each must answer somebody is missing */
	bool nobody; /* the role was told to nobody: nobody holds it, or nobody who does could be reached */
};

static enum result note_person(void *argument, struct text person, struct fault *fault)
{
	struct persons *persons = argument;
	uint64_t print = text_fingerprint(person, 9);
	(void)fault;
	persons->nobody = persons->nobody || !person.length;
	persons->early = persons->early || text_equal(person, TEXT(ENGINE_NOT_LOOKED_FOR));
	if (!person.length || text_equal(person, TEXT(ENGINE_NOT_LOOKED_FOR)))
		return RESULT_OK;
	for (size_t i = 0; i < persons->count; i++)
		if (persons->items[i] == print)
			return RESULT_OK;
	*(uint64_t *)mem_push((void **)&persons->items, &persons->count, &persons->room, sizeof print) = print;
	return RESULT_OK;
}

/* Who was told in the role at the step, as far as the host knows; nobody: the role is taken as one person. Where that
 * cannot be read the flush fails: one answer would be taken for everybody's. */
static struct persons persons_told(struct engine *engine, uint64_t id, uint16_t step, uint64_t role)
{
	const struct engine_host *host = &engine->host;
	struct persons persons = {.count = 0};
	struct fault fault = {{0}};
	char name[ALERT_ID_SIZE];
	(void)snprintf(name, sizeof name, "%016llx", (unsigned long long)id);
	if (host->told)
		engine_note_read(engine,
		                 host->told(host->context, name, step, role, note_person, &persons, &fault), &fault);
	return persons;
}

static bool counts(const struct reply *reply, uint64_t role, bool passed_only, instant since)
{
	return reply->role == role && (reply->passed || !passed_only) && reply->at >= since;
}

/* By themselves, in this role or in another: who holds several hears once, and their answer holds as long. */
static bool person_replied(const struct outcome *outcome, uint64_t person, bool passed_only, instant since)
{
	for (uint32_t i = 0; i < outcome->reply_count; i++) {
		const struct reply *reply = &outcome->replies[i];
		if (reply->person == person && (reply->passed || !passed_only) && reply->at >= since)
			return true;
	}
	return false;
}

/* Whether everybody who was told in the role has replied: where nobody was, nobody is missing. An answer that names
 * nobody stands for one of them. */
static bool role_replied(const struct outcome *outcome, uint64_t role, const struct persons *persons, bool passed_only,
                         instant since)
{
	size_t unnamed = 0, any = 0, missing = persons->early && !passed_only;
	if (persons->nobody && !persons->count)
		return true;
	for (uint32_t i = 0; i < outcome->reply_count; i++) {
		bool counted = counts(&outcome->replies[i], role, passed_only, since);
		any += counted;
		unnamed += counted && !outcome->replies[i].person;
	}
	for (size_t p = 0; p < persons->count; p++) {
		bool replied = person_replied(outcome, persons->items[p], passed_only, since);
		any += replied;
		missing += !replied;
	}
	return any && missing <= unnamed;
}

/* Roles that are asked for an answer: those of a step, and those that it was passed on to. */
struct asked {
	uint64_t *items; /* free it */
	size_t count, room;
};

static bool is_asked(const struct asked *asked, uint64_t role)
{
	for (size_t i = 0; i < asked->count; i++)
		if (asked->items[i] == role)
			return true;
	return false;
}

static void ask(struct asked *asked, uint64_t role)
{
	if (!is_asked(asked, role))
		*(uint64_t *)mem_push((void **)&asked->items, &asked->count, &asked->room, sizeof role) = role;
}

/* Whom it was passed on to passes it on, too. Those of one instant are in any order: until a round finds no more. */
static void ask_passed_to(struct asked *asked, const struct outcome *outcome)
{
	size_t before;
	do {
		before = asked->count;
		for (uint32_t i = 0; i < outcome->reply_count; i++) {
			const struct reply *reply = &outcome->replies[i];
			if (reply->passed && reply->to && is_asked(asked, reply->role))
				ask(asked, reply->to);
		}
	} while (asked->count > before);
}

static struct asked asked_at(const struct outcome *outcome, const struct step *step)
{
	struct asked asked = {.count = 0};
	for (size_t i = 0; i < step->role_count; i++)
		ask(&asked, engine_role(text_of(step->roles[i])));
	for (size_t i = 0; i < step->also_count; i++)
		if (ladder_also(&step->also[i], outcome->remarks))
			ask(&asked, engine_role(text_of(step->also[i].role)));
	ask_passed_to(&asked, outcome);
	return asked;
}

static bool answered_for(struct engine *engine, const struct outcome *outcome, uint64_t id, uint16_t step,
                         uint64_t role)
{
	struct persons persons = persons_told(engine, id, step, role);
	bool replied = role_replied(outcome, role, &persons, false, INSTANT_NONE);
	free(persons.items);
	return replied;
}

bool answers_complete(struct engine *engine, const struct outcome *outcome, const struct rule *rule, uint64_t id,
                      uint16_t step)
{
	if (step == 0 || step > rule->step_count || !rule->steps[step - 1].answer_each)
		return true; /* the first answer is enough */
	struct asked asked = asked_at(outcome, &rule->steps[step - 1]);
	bool complete = true;
	for (size_t k = 0; k < asked.count && complete; k++)
		complete = answered_for(engine, outcome, id, step, asked.items[k]);
	free(asked.items);
	return complete;
}

const struct reply *answers_in_force(const struct outcome *outcome)
{
	for (uint32_t i = outcome->reply_count; i > 0; i--)
		if (!outcome->replies[i - 1].passed)
			return &outcome->replies[i - 1];
	return NULL;
}

bool answers_may_end_it(const struct engine *engine, const struct history *history, uint64_t id, uint16_t step)
{
	for (uint32_t i = 0; i < history->outcome_count; i++) {
		const struct outcome *outcome = &history->outcomes[i];
		const struct rule *rule = &engine->index->rules->rules[outcome->rule];
		if (outcome->id == id && outcome->state == OUTCOME_STANDING && outcome->reply_count &&
		    rule->momentary && step <= rule->step_count && rule->steps[step - 1].answer_each)
			return true;
	}
	return false;
}

bool answers_all_passed(struct engine *engine, const struct outcome *outcome, uint64_t id, uint16_t step,
                        const char *const *roles, size_t count, instant since)
{
	struct asked asked = {.count = 0};
	bool anybody = false, replied = true;
	for (size_t k = 0; k < count; k++)
		ask(&asked, engine_role(text_of(roles[k])));
	for (uint32_t i = 0; i < outcome->reply_count; i++) /* whom it was passed on to was told, too */
		if (outcome->replies[i].passed && outcome->replies[i].to && outcome->replies[i].at >= since)
			ask(&asked, outcome->replies[i].to);
	for (size_t k = 0; k < asked.count && replied; k++) {
		struct persons persons = persons_told(engine, id, step, asked.items[k]);
		replied = role_replied(outcome, asked.items[k], &persons, true, since);
		anybody = anybody || persons.count || !persons.nobody;
		free(persons.items);
	}
	free(asked.items);
	return anybody && replied;
}

/* ---- in the fold ---- */

/* What was reported under that id and taken back: before this fold, or by the one that goes on. NULL: nothing was. */
static const struct outcome *find_taken_back(const struct history *history, uint64_t id)
{
	const struct outcome *found = match_withdrawn(history, id);
	for (uint32_t i = 0; i < history->outcome_count && !found; i++)
		if (history->outcomes[i].state == OUTCOME_GONE && history->outcomes[i].id == id)
			found = &history->outcomes[i];
	return found;
}

/* Of one rule, whichever of its versions opened each. */
static bool of_one_rule(const struct fold *fold, const struct outcome *a, const struct outcome *b)
{
	const struct rule *rules = fold->index->rules->rules;
	return rule_first_version(&rules[a->rule]) == rule_first_version(&rules[b->rule]);
}

/* It comes back with this fold, or became one with another, of a rule that has one alert a subject: its answers hold
 * for what stands at its time. */
static bool stands_for(const struct fold *fold, const struct outcome *outcome, const struct outcome *taken_back)
{
	return !outcome->identity && of_one_rule(fold, outcome, taken_back) && match_overlaps(outcome, taken_back);
}

/* Whether the outcome is the alert that a person named. Alerts of count, state and load get their id when they are
 * matched with what was reported, so here their rule tells; and an alert whose rule was renamed keeps the id it had. */
static bool is_named(const struct fold *fold, const struct outcome *outcome, uint64_t id,
                     const struct outcome *taken_back)
{
	if (outcome->identity && outcome_id(fold->history, outcome) == id)
		return true;
	if (outcome->id)
		return outcome->id == id || (taken_back && stands_for(fold, outcome, taken_back));
	const struct rule *rule = &fold->index->rules->rules[outcome->rule];
	for (size_t i = 0; i < fold->known_count; i++) {
		const struct outcome *known = &fold->known[i];
		if (known->id == id && of_one_rule(fold, known, outcome))
			return outcome->identity ? match_is_renamed(fold->history, outcome, rule, known)
			                         : match_overlaps(outcome, known);
	}
	if (taken_back)
		return stands_for(fold, outcome, taken_back);
	/* One that nobody was told of yet: it and its answer become known together, as after a restore. */
	return !outcome->identity && outcome_first_id(fold->history, outcome, rule) == id;
}

instant answers_review(const struct event *event)
{
	struct text review = event_string(event, schema_name(TEXT("review_at")));
	instant at;
	const char *why;
	return review.length && instant_parse(review, &at, &why) ? at : INSTANT_NONE;
}

static void note_reply(struct outcome *outcome, const struct event *event)
{
	struct text by = event_string(event, schema_name(TEXT("by"))),
		    person = event_string(event, schema_name(TEXT("person")));
	struct text to = event_string(event, schema_name(TEXT("to")));
	struct reply reply = {.ref = event->ref,
	                      .role = engine_role(by),
	                      .at = event->time,
	                      .review = answers_review(event),
	                      .person = person.length ? text_fingerprint(person, 9) : 0,
	                      .to = to.length ? engine_role(to) : 0,
	                      .passed = event->type == TYPE_ID_ALERT_PASSED_ON};
	*(struct reply *)mem_push32((void **)&outcome->replies, &outcome->reply_count, &outcome->reply_room,
	                            sizeof reply) = reply;
}

/* Above the rule's own steps. */
static bool is_above(const struct engine *engine, struct text by)
{
	const struct directory *directory = engine->settings.directory;
	for (size_t i = 0; directory && i < directory->ladder_count; i++)
		if (text_equal(by, text_of(directory->ladder[i])))
			return true;
	return false;
}

/* The step whose roles name the one who answered, or passed it on to them; 0: none does, and then the first answer is
 * enough. */
static uint16_t step_of(const struct engine *engine, const struct rule *rule, const struct outcome *outcome,
                        struct text by)
{
	for (size_t i = 0; i < rule->step_count; i++) {
		const struct step *step = &rule->steps[i];
		bool names = false;
		for (size_t k = 0; k < step->role_count && !names; k++)
			names = text_equal(by, text_of(step->roles[k]));
		for (size_t k = 0; k < step->also_count && !names; k++)
			names = text_equal(by, text_of(step->also[k].role));
		if (names)
			return (uint16_t)(i + 1);
	}
	for (size_t i = 0; i < rule->step_count && !is_above(engine, by); i++) {
		struct asked asked = asked_at(outcome, &rule->steps[i]);
		bool names = is_asked(&asked, engine_role(by));
		free(asked.items);
		if (names)
			return (uint16_t)(i + 1);
	}
	return 0;
}

/* The newest answer of those who are asked at a step at which everybody answers for themselves; NULL: there is none. */
static const struct reply *answer_at(const struct outcome *outcome, const struct rule *rule, uint16_t step)
{
	const struct reply *answer = NULL;
	if (step == 0 || !rule->steps[step - 1].answer_each)
		return NULL;
	struct asked asked = asked_at(outcome, &rule->steps[step - 1]);
	for (uint32_t i = 0; i < outcome->reply_count; i++)
		if (!outcome->replies[i].passed && is_asked(&asked, outcome->replies[i].role))
			answer = &outcome->replies[i];
	free(asked.items);
	return answer;
}

/* The answer that ends it, as nobody is missing any more: this one, or where this passes it on the last of the same
 * step, at which all others had answered; NULL: none. Whoever passes it on has answered nothing, and what another step
 * answered does not answer for theirs. */
static const struct reply *ending_answer(struct fold *fold, const struct outcome *outcome, const struct event *event,
                                         uint64_t id)
{
	const struct rule *rule = &fold->index->rules->rules[outcome->rule];
	if (!rule->momentary)
		return NULL;
	uint16_t step = step_of(fold->engine, rule, outcome, event_string(event, schema_name(TEXT("by"))));
	const struct reply *answer = event->type == TYPE_ID_ALERT_PASSED_ON ? answer_at(outcome, rule, step)
	                                                                    : answers_in_force(outcome);
	return answer && answers_complete(fold->engine, outcome, rule, id, step) ? answer : NULL;
}

static void take_answer(struct fold *fold, uint32_t index, const struct event *event, uint64_t id)
{
	struct outcome *outcome = &fold->history->outcomes[index];
	note_found(fold->engine, event->ref);
	history_outcome_changed(fold->history, index);
	if (event->type == TYPE_ID_ALERT_RESOLVED) {
		outcome->closed_by = event->ref;
		outcome_close(fold, index, fold->at, "resolved by a person", false);
		return;
	}
	note_reply(outcome, event);
	const struct reply *answer = ending_answer(fold, outcome, event, id);
	if (answer) {
		outcome->closed_by = answer->ref;
		outcome_close(fold, index, fold->at, "answered", false);
	}
}

void answers_take(struct fold *fold, const struct event *event)
{
	struct history *history = fold->history;
	char digits[ALERT_ID_SIZE];
	struct text named = event_string(event, schema_name(TEXT("alert")));
	if (answers_refused(fold->engine, event))
		return;
	if (is_mute(fold->engine, event)) {
		note_doubt(fold->engine, event->ref, mutes_take(fold, event));
		return;
	}
	if (named.length != ALERT_ID_SIZE - 1)
		return;
	memcpy(digits, named.at, named.length);
	digits[named.length] = '\0';
	uint64_t id = strtoull(digits, NULL, 16);
	const struct outcome *taken_back = find_taken_back(history, id);
	for (uint32_t i = 0; i < history->outcome_count; i++)
		if (history->outcomes[i].state == OUTCOME_STANDING &&
		    is_named(fold, &history->outcomes[i], id, taken_back))
			take_answer(fold, i, event, id);
}
