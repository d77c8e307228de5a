/* explained: one alert's row, rule, events, messages, answers and audit, out of the store. */
#include "explain/explained.h"

#include <stdlib.h>

static struct text own(struct explained *explained, struct text text)
{
	return text_keep(explained->arena, text);
}

static enum result keep_row(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct explained *explained = argument;
	(void)fault;
	explained->found = true;
	explained->row = *row;
	explained->row.id = own(explained, row->id);
	explained->row.rule = own(explained, row->rule);
	explained->row.subject = own(explained, row->subject);
	explained->row.key = own(explained, row->key);
	explained->row.reason = own(explained, row->reason);
	explained->row.because = own(explained, row->because);
	explained->row.told_of = own(explained, row->told_of);
	explained->row.told_ids = own(explained, row->told_ids);
	/* As the row has it: its rule may be gone. */
	explained->due = row->due;
	explained->ref_count = row->made_of.length / sizeof(struct evidence);
	explained->refs = arena_alloc(explained->arena, (explained->ref_count + 1) * sizeof *explained->refs);
	for (size_t i = 0; i < explained->ref_count; i++) {
		struct evidence evidence;
		memcpy(&evidence, row->made_of.at + i * sizeof evidence, sizeof evidence);
		explained->refs[i] = evidence.ref;
	}
	return RESULT_OK;
}

struct looking {
	const struct ruleset *rules;
	struct explained *explained;
};

/* The engine's own alert knows the version of the rule. */
static enum result keep_alert(void *argument, const struct alert *alert, struct fault *fault)
{
	struct looking *looking = argument;
	struct explained *explained = looking->explained;
	(void)fault;
	if (!text_equal(text_of(alert->id), explained->row.id))
		return RESULT_OK;
	explained->rule = &looking->rules->rules[alert->rule];
	explained->nights = alert->nights;
	return RESULT_OK;
}

static struct explained_event *add_event(struct explained *explained, struct explained_event **items, size_t *count,
                                         size_t *room, const struct event *event, instant arrived)
{
	struct explained_event *kept = mem_push((void **)items, count, room, sizeof *kept);
	event_copy(&kept->event, event, explained->arena);
	kept->arrived = arrived;
	return kept;
}

static enum result keep_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct explained *explained = argument;
	(void)bytes;
	(void)fault;
	(void)add_event(explained, &explained->events, &explained->event_count, &explained->event_room, event, arrived);
	return RESULT_OK;
}

static enum result keep_answer(void *argument, const struct event *event, struct text bytes, instant arrived,
                               struct fault *fault)
{
	struct explained *explained = argument;
	(void)bytes;
	(void)fault;
	if (event->type != TYPE_ID_ALERT_ACKNOWLEDGED && event->type != TYPE_ID_ALERT_RESOLVED &&
	    event->type != TYPE_ID_ALERT_PASSED_ON)
		return RESULT_OK;
	if (text_equal(event_string(event, schema_name(TEXT("alert"))), explained->row.id))
		(void)add_event(explained, &explained->answers, &explained->answer_count, &explained->answer_room,
		                event, arrived);
	return RESULT_OK;
}

static enum result keep_message(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct explained *explained = argument;
	(void)fault;
	struct outbox_row *kept = mem_push((void **)&explained->told, &explained->told_count, &explained->told_room,
	                                   sizeof *kept);
	*kept = *row;
	kept->purpose = own(explained, row->purpose);
	kept->role = own(explained, row->role);
	kept->person = own(explained, row->person);
	kept->channel = own(explained, row->channel);
	kept->address = own(explained, row->address);
	kept->message_id = own(explained, row->message_id);
	kept->reply = own(explained, row->reply);
	kept->alert = kept->rule = kept->subject = kept->payload = TEXT_NONE;
	return RESULT_OK;
}

static enum result keep_act(void *argument, int64_t id, instant at, struct text what, struct text alert,
                            struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	struct explained *explained = argument;
	(void)id;
	(void)alert;
	(void)rule;
	(void)subject;
	(void)fault;
	struct explained_act *act =
		mem_push((void **)&explained->acts, &explained->act_count, &explained->act_room, sizeof *act);
	*act = (struct explained_act){.at = at, .what = own(explained, what), .detail = own(explained, detail)};
	return RESULT_OK;
}

static int by_time(const void *left, const void *right)
{
	const struct explained_event *a = left, *b = right;
	return event_order(&a->event, &b->event);
}

static int by_created(const void *left, const void *right)
{
	const struct outbox_row *a = left, *b = right;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void sort(struct explained *explained)
{
	if (explained->event_count > 1)
		qsort(explained->events, explained->event_count, sizeof *explained->events, by_time);
	if (explained->answer_count > 1)
		qsort(explained->answers, explained->answer_count, sizeof *explained->answers, by_time);
	if (explained->told_count > 1)
		qsort(explained->told, explained->told_count, sizeof *explained->told, by_created);
}

enum result explained_gather(const struct ground *ground, struct text which, struct explained *explained,
                             struct fault *fault)
{
	struct looking looking = {.rules = ground->config->rules, .explained = explained};
	*explained = (struct explained){.arena = arena_new(16384), .due = INSTANT_NONE};
	const struct alert_row *row = &explained->row;
	enum result result = alerts_find_any(ground->store, which, keep_row, explained, fault);
	if (result != RESULT_OK || !explained->found)
		return result;
	if (looking.rules)
		result = alerts_history(ground->store, looking.rules, row->domain, row->subject, keep_alert, &looking,
		                        fault);
	for (size_t i = 0; result == RESULT_OK && i < explained->ref_count; i++)
		result = events_by_ref(ground->store, explained->refs[i], keep_event, explained, fault);
	if (result == RESULT_OK)
		result = events_history(ground->store, row->domain, row->subject, keep_answer, explained, fault);
	if (result == RESULT_OK)
		result = outbox_each(ground->store, row->id, false, 10000, keep_message, explained, fault);
	if (result == RESULT_OK)
		result = audit_each(ground->store, row->id, keep_act, explained, fault);
	sort(explained);
	return result;
}

enum result explained_tell(const struct ground *ground, struct explained *explained, struct fault *fault)
{
	const struct config *config = ground->config;
	const struct alert_row *row = &explained->row;
	if (!config->rules || !config->calendar || !config->directory || !explained->rule || row->early)
		return RESULT_OK;
	explained->subject = subject_of(row->subject, row->domain);
	struct trial trial = {
		.config = config, .rules = config->rules, .subject = &explained->subject, .at = ground->now,
	                      .events_most = ground->events_most};
	explained->story.arena = explained->arena;
	enum result result = ground_gather(ground, &explained->subject, fault);
	if (result == RESULT_OK)
		result = story_tell(&trial, explained->rule,
		                    arena_copy_text(explained->arena, row->id.at, row->id.length), row->opened,
		                    row->closed, &explained->story, fault);
	explained->told_story = result == RESULT_OK;
	return result;
}

void explained_free(struct explained *explained)
{
	free(explained->events);
	free(explained->answers);
	free(explained->told);
	free(explained->acts);
	story_free(&explained->story);
	if (explained->subject.arena)
		subject_free(&explained->subject);
	arena_free(explained->arena);
	*explained = (struct explained){0};
}
