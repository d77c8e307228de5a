/* effects: what happened to an alert becomes its row, a row in the audit, and messages that are owed. */
#include "pipeline/pipeline_internal.h"

#include "base/log.h"
#include "store/outbox/payload.h"
#include "store/outbox/told.h"
#include "text/json_write.h"
#include "time/instant.h"

#include <stdio.h>

enum result pipeline_keep_alert(void *context, enum party_kind domain, struct text id, const struct alert *alert,
                                struct fault *fault)
{
	struct pipeline *pipeline = context;
	int64_t number;
	return alerts_keep(pipeline->store, pipeline->settings.engine.rules, domain, id, alert, &number, fault);
}

/* ---- words ---- */

static enum result note_id(void *argument, const struct event *event, struct text bytes, instant arrived,
                           struct fault *fault)
{
	struct pipeline *pipeline = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	(void)snprintf(pipeline->event, sizeof pipeline->event, "%.*s", TEXT_ARG(event->id));
	return RESULT_OK;
}

/* Of the evidence no more than the last is read, and that only for the log: an alert may be made of ten thousand. */
static enum result keep_words(struct pipeline *pipeline, const struct effect *effect, struct fault *fault)
{
	const struct alert *alert = effect->alert;
	enum result result = alerts_set_words(pipeline->store, text_of(alert->id), text_of(effect->because),
	                                      alert->evidence, alert->evidence_count, fault);
	if (result == RESULT_OK && pipeline->transaction.live && alert->evidence_count)
		result = events_by_ref(pipeline->store, alert->evidence[alert->evidence_count - 1].ref, note_id,
		                       pipeline, fault);
	return result;
}

/* ---- audit ---- */

static void write_roles(struct json_writer *json, const char *key, const char *const *roles, size_t count)
{
	if (!count)
		return;
	json_key(json, key);
	json_array(json);
	for (size_t i = 0; i < count; i++)
		json_string(json, roles[i]);
	json_array_end(json);
}

/* What was decided and why; who was told is in the outbox's own rows. */
static void write_detail(struct pipeline *pipeline, const struct effect *effect)
{
	buffer_clear(&pipeline->json);
	struct json_writer json = json_writer_on(&pipeline->json);
	json_object(&json);
	json_put_instant(&json, "caused", effect->caused);
	json_put_string(&json, "cause", effect_cause_name(effect->cause));
	if (effect->step)
		json_put_integer(&json, "step", effect->step);
	write_roles(&json, "tell", effect->tell, effect->tell_count);
	if (effect->rule->effective_from != DAY_NONE)
		json_put_integer(&json, "rule_from", effect->rule->effective_from);
	if (effect->old_news)
		json_put_bool(&json, "late", true);
	if (effect->spent)
		json_put_bool(&json, "spent", true);
	if (effect->muted)
		json_put_bool(&json, "muted", true);
	if (effect->shadow)
		json_put_bool(&json, "shadow", true);
	if (effect->by.length)
		json_put_text(&json, "by", effect->by);
	if (effect->person.length)
		json_put_text(&json, "person", effect->person);
	json_object_end(&json);
}

/* What says something of the child, or was typed by people: it goes when the child is erased. */
static void write_personal(struct pipeline *pipeline, const struct effect *effect)
{
	buffer_clear(&pipeline->personal);
	struct json_writer json = json_writer_on(&pipeline->personal);
	json_object(&json);
	if (effect->because && *effect->because)
		json_put_string(&json, "because", effect->because);
	if (effect->reason)
		json_put_string(&json, "reason", effect->reason);
	json_object_end(&json);
}

static enum result audit_effect(struct pipeline *pipeline, const struct effect *effect, struct fault *fault)
{
	write_detail(pipeline, effect);
	write_personal(pipeline, effect);
	struct audit_row row = {.at = effect->at,
	                        .what = effect_name(effect->kind),
	                        .alert = text_of(effect->alert->id),
	                        .rule = text_of(effect->rule->id),
	                        .subject = effect->subject,
	                        .person = effect->person,
	                        .detail = buffer_view(&pipeline->json),
	                        .personal = buffer_view(&pipeline->personal)};
	return audit_write(pipeline->store, &row, fault);
}

/* ---- messages ---- */

struct manner {
	const char *purpose; /* NULL: nobody is written to */
	enum outbox_kind kind;
};

static struct manner manner_of(enum effect_kind kind)
{
	switch (kind) {
	case EFFECT_WARNED: return (struct manner){"warned", OUTBOX_WARNING};
	case EFFECT_OPENED: return (struct manner){"opened", OUTBOX_ALERT};
	case EFFECT_UPDATED: return (struct manner){"updated", OUTBOX_ALERT};
	case EFFECT_ESCALATED: return (struct manner){"escalated", OUTBOX_ALERT};
	case EFFECT_ASKED_AGAIN: return (struct manner){"asked-again", OUTBOX_REMINDER};
	case EFFECT_ACKNOWLEDGED: return (struct manner){"answered", OUTBOX_REMINDER};
	case EFFECT_REVIEW_CUT: return (struct manner){"review-cut", OUTBOX_REMINDER};
	case EFFECT_PASSED_ON: return (struct manner){"passed-on", OUTBOX_ALERT};
	case EFFECT_RESOLVED: return (struct manner){"resolved", OUTBOX_REMINDER};
	case EFFECT_WITHDRAWN: return (struct manner){"withdrawn", OUTBOX_ALERT};
	}
	return (struct manner){NULL, OUTBOX_ALERT};
}

/* Everybody keeps their hours but the Emergency Duty Team, whose hours are those outside everyone else's. Old news
 * waits for the day for them too. */
static instant not_before(const struct pipeline *pipeline, const struct effect *effect, struct text role)
{
	const struct directory *directory = pipeline->settings.engine.directory;
	bool duty = directory && directory_out_of_hours(directory, role);
	bool at_once = effect->not_before <= effect->at || (duty && !effect->old_news);
	return at_once ? effect->at : effect->not_before;
}

static enum result add_message(struct pipeline *pipeline, const struct effect *effect, struct manner manner,
                               struct text role, struct text person, struct fault *fault)
{
	int64_t id;
	char cause[128]; /* a step is asked again every half hour, for one cause: when it is told tells them apart */
	(void)snprintf(cause, sizeof cause, "%s %lld %lld %lld", effect_cause_name(effect->cause),
	               (long long)effect->caused, (long long)effect->answered_at, (long long)effect->at);
	struct outbox_row row = {
		.kind = manner.kind,
		.cause = text_of(cause),
		/* Old news (also what stands at go-live) wakes nobody and goes together with other news of the day. */
		.critical = effect->rule->severity == SEVERITY_CRITICAL && !effect->old_news,
		.purpose = text_of(manner.purpose),
		.alert = text_of(effect->alert->id),
		.rule = text_of(effect->rule->id),
		.subject = effect->subject,
		.step = effect->step,
		.role = role,
		.person = person,
		.payload = buffer_view(&pipeline->json),
		.created = effect->at,
		.not_before = not_before(pipeline, effect, role),
		.deadline = effect->answer_by,
		.possible_duplicate = effect->caused <= pipeline->restored_to,
	};
	return outbox_add(pipeline->store, &row, &id, fault);
}

/* An answer by which the alert ended is told by its end; one line, not two. An opening again that proved wrong has the
 * words of a withdrawal. */
static struct manner manner_for(const struct effect *effect)
{
	struct manner manner = manner_of(effect->kind);
	if (effect->kind == EFFECT_ACKNOWLEDGED && effect->alert->state != ALERT_STANDING)
		manner.purpose = NULL;
	if (effect->cause == CAUSE_MUTE_ENDED) /* told for the first time: it goes before reminders */
		manner.kind = OUTBOX_ALERT;
	if (effect->cause == CAUSE_OPENED_WRONGLY)
		manner = manner_of(EFFECT_WITHDRAWN);
	return manner;
}

/* Whose answer it is: the person it names; else whoever was told in its role, where that is one person: of several any
 * may have been it, and all hear. */
static bool is_answerer(const struct told *told, const struct told_person *person, const struct effect *effect)
{
	size_t of_role = 0;
	if (!effect->answer)
		return false;
	if (effect->person.length)
		return text_equal(person->person, effect->person);
	for (size_t i = 0; i < told->count; i++)
		of_role += told->items[i].reached && text_equal(told->items[i].role, effect->by);
	return of_role == 1 && text_equal(person->role, effect->by);
}

static bool is_named_before(const struct told *told, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (told->items[i].reached && text_equal(told->items[i].person, told->items[which].person))
			return true;
	return false;
}

static bool is_role_named_before(const struct told *told, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (text_equal(told->items[i].role, told->items[which].role))
			return true;
	return false;
}

/* That it was answered, or ended, is told to everyone who was told of it so far, also those whom only a later step
 * reached, but not to the one whose answer it was; one line a person. What ended this time is told to those who were
 * told this time: whoever heard of an earlier end only is owed nothing. A withdrawal takes back all that was ever
 * said.
 *
 * By the log's time it is told to the roles in which anybody was ever to be told, as every machine knows them; who of
 * them was told in truth, and heard of an end since, which stands in another log, the courier asks when it goes. */
static enum result tell_those_told(struct pipeline *pipeline, const struct effect *effect, struct manner manner,
                                   struct fault *fault)
{
	struct told told;
	bool roles = pipeline->settings.by_log;
	instant since = roles || effect->kind == EFFECT_WITHDRAWN ? INSTANT_NONE : effect->alert->told;
	arena_reset(pipeline->arena);
	enum result result =
		told_find(pipeline->store, text_of(effect->alert->id), since, pipeline->arena, &told, fault);
	for (size_t i = 0; result == RESULT_OK && i < told.count; i++) {
		const struct told_person *one = &told.items[i];
		bool owed = roles ? !is_role_named_before(&told, i)
		                  : one->reached && !is_named_before(&told, i) && !is_answerer(&told, one, effect);
		if (owed)
			result = add_message(pipeline, effect, manner, one->role, roles ? TEXT_NONE : one->person,
			                     fault);
	}
	told_free(&told);
	return result;
}

static enum result tell_people(struct pipeline *pipeline, const struct effect *effect, struct fault *fault)
{
	struct manner manner = manner_for(effect);
	struct payload payload = PAYLOAD_EMPTY;
	enum result result = RESULT_OK;
	if (!manner.purpose || effect->shadow)
		return RESULT_OK;
	payload_of_effect(effect, &payload);
	buffer_clear(&pipeline->json);
	payload_write(&payload, &pipeline->json);
	if (effect->kind == EFFECT_ACKNOWLEDGED || effect->kind == EFFECT_RESOLVED || effect->kind == EFFECT_WITHDRAWN)
		return tell_those_told(pipeline, effect, manner, fault);
	struct text person = effect->kind == EFFECT_REVIEW_CUT ? effect->person : TEXT_NONE;
	for (size_t i = 0; result == RESULT_OK && i < effect->tell_count; i++)
		result = add_message(pipeline, effect, manner, text_of(effect->tell[i]), person, fault);
	return result;
}

/* ---- together ---- */

/* A momentary alert ends with its first answer. */
static void count_answer(struct pipeline *pipeline, const struct effect *effect)
{
	struct histogram *answered = &pipeline->figures.answered[effect->rule->severity];
	bool first = effect->kind == EFFECT_ACKNOWLEDGED ||
	             (effect->kind == EFFECT_RESOLVED && effect->person.length && !effect->alert->acknowledged);
	if (!first || effect->alert->told == INSTANT_NONE)
		return;
	answered->steps = histogram_long;
	histogram_count(answered, effect->at - effect->alert->told);
}

static void log_effect(struct pipeline *pipeline, const struct effect *effect, int64_t number)
{
	struct transaction *transaction = &pipeline->transaction;
	pipeline->figures.effects[effect->kind]++;
	count_answer(pipeline, effect);
	if (transaction->live) {
		struct effect_line *line = mem_push((void **)&transaction->lines, &transaction->line_count,
		                                    &transaction->line_room, sizeof *line);
		*line = (struct effect_line){.kind = effect->kind, .number = number};
		(void)snprintf(line->rule, sizeof line->rule, "%s", effect->rule->id);
		memcpy(line->event, pipeline->event, sizeof line->event);
		memcpy(line->alert, effect->alert->id, sizeof line->alert);
	}
	if (effect->spent)
		ops_note_spent(pipeline, number);
	if (pipeline->reckon.mending && !effect->shadow)
		ops_note_missed(pipeline, number);
}

void effects_begin(struct pipeline *pipeline)
{
	struct transaction *transaction = &pipeline->transaction;
	memcpy(transaction->effects, pipeline->figures.effects, sizeof transaction->effects);
	memcpy(transaction->answered, pipeline->figures.answered, sizeof transaction->answered);
	transaction->line_count = 0;
}

void effects_committed(struct pipeline *pipeline)
{
	struct transaction *transaction = &pipeline->transaction;
	for (size_t i = 0; i < transaction->line_count; i++) {
		const struct effect_line *line = &transaction->lines[i];
		log_work(LOG_LEVEL_INFO,
		         (struct log_about){.event = line->event[0] ? line->event : NULL,
		                            .rule = line->rule,
		                            .alert = line->alert},
		         "%s A-%lld", effect_name(line->kind), (long long)line->number);
	}
	transaction->line_count = 0;
}

void effects_failed(struct pipeline *pipeline)
{
	struct transaction *transaction = &pipeline->transaction;
	memcpy(pipeline->figures.effects, transaction->effects, sizeof transaction->effects);
	memcpy(pipeline->figures.answered, transaction->answered, sizeof transaction->answered);
	transaction->line_count = 0;
}

/* First the row, so that audit and outbox can be found by its number. One that is there is kept by the engine's own
 * keep_alert, which follows. */
static enum result number_of(struct pipeline *pipeline, const struct effect *effect, int64_t *number,
                             struct fault *fault)
{
	enum result result = alerts_number(pipeline->store, text_of(effect->alert->id), number, fault);
	if (result != RESULT_OK || *number)
		return result;
	return alerts_keep(pipeline->store, pipeline->settings.engine.rules, effect->domain, effect->subject,
	                   effect->alert, number, fault);
}

enum result pipeline_effect(void *context, const struct effect *effect, struct fault *fault)
{
	struct pipeline *pipeline = context;
	struct text id = text_of(effect->alert->id);
	int64_t number;
	pipeline->event[0] = '\0';
	enum result result = number_of(pipeline, effect, &number, fault);
	/* An early warning of a clock whose alert stood before leaves that alert's words as they are. */
	bool own_words = effect->kind != EFFECT_WARNED || effect->alert->early_warning;
	if (result == RESULT_OK && own_words && effect->because && *effect->because)
		result = keep_words(pipeline, effect, fault);
	if (result == RESULT_OK && effect->kind == EFFECT_ACKNOWLEDGED)
		result = alerts_set_answered(pipeline->store, id, effect->at, effect->alert->next, fault);
	if (result == RESULT_OK)
		result = audit_effect(pipeline, effect, fault);
	if (result == RESULT_OK)
		result = tell_people(pipeline, effect, fault);
	if (result == RESULT_OK)
		log_effect(pipeline, effect, number);
	return result;
}
