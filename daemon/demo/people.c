/* people: who answers which alert, when, and with which words. */
#include "demo/people.h"

#include <stdlib.h>

#include "cli/spool.h"
#include "store/alerts/alerts.h"
#include "store/outbox/outbox.h"

#define NEVER_PERCENT 6 /* of alerts that are not critical, at any step */

/* Somebody will answer. */
struct answer {
	char alert[ALERT_ID_SIZE];
	int64_t number;
	instant asked;  /* when the step they were told at falls due: what is asked again is another question */
	instant at;     /* INSTANT_NEVER: they will not, or they have */
};

struct demo_people {
	const struct demo_stage *stage;
	uint64_t seed;
	struct answer *answers;
	size_t count, room, answered;
};

struct demo_people *demo_people_new(const struct demo_stage *stage, uint64_t seed)
{
	struct demo_people *people = MEM_NEW(struct demo_people);
	people->stage = stage;
	people->seed = seed;
	return people;
}

void demo_people_free(struct demo_people *people)
{
	if (people)
		free(people->answers);
	free(people);
}

/* ---- whether and when ---- */

/* 0 to `sides` - 1, the same for the same alert, step and question. */
static int64_t throw(const struct demo_people *people, const struct alert_row *row, int question, int64_t sides)
{
	struct buffer words = {0};
	buffer_format(&words, "%.*s %d %d", TEXT_ARG(row->id), row->step, question);
	uint64_t roll = text_fingerprint(buffer_view(&words), people->seed);
	buffer_free(&words);
	return (int64_t)((roll >> 20) % (uint64_t)sides);
}

/* In the nights of a weekend the Director does not hear the telephone: the alert goes on to the DCS. */
static bool sleeps(const struct demo_people *people, const struct alert_row *row)
{
	civil_day today = zone_date(people->stage->opened.zone, clock_now(&people->stage->clock));
	return row->step == 1 && text_equal(row->rule, TEXT("custody.threshold")) && day_of_week(today) >= 5;
}

static bool will_answer(const struct demo_people *people, const struct alert_row *row)
{
	struct alert_row any_step = *row;
	any_step.step = 0;
	bool critical = row->severity == SEVERITY_CRITICAL;
	if (sleeps(people, row) || (!critical && throw(people, &any_step, 1, 100) < NEVER_PERCENT))
		return false;
	return throw(people, row, 2, 100) < (critical && (row->step > 1 || row->spent) ? 100
	                                     : row->step <= 1                          ? 74
	                                                                               : 85);
}

/* A critical alert is answered within half an hour, others in the course of the day or of some days. */
static instant when(const struct demo_people *people, const struct alert_row *row, instant now)
{
	const struct calendar *calendar = people->stage->opened.config->calendar;
	instant read = calendar_next_hours(calendar, now); /* mails that can wait come in their hours */
	switch (row->severity) {
	case SEVERITY_CRITICAL: return now + (4 + throw(people, row, 3, 23)) * MINUTE;
	case SEVERITY_HIGH: return calendar_next_hours(calendar, read + (20 + throw(people, row, 3, 300)) * MINUTE);
	case SEVERITY_NORMAL:
		return calendar_next_hours(calendar, read + (60 + throw(people, row, 3, 50 * 60)) * MINUTE);
	}
	return now;
}

static bool known(const struct demo_people *people, const struct alert_row *row)
{
	for (size_t i = people->count; i-- > 0;)
		if (people->answers[i].number == row->number && people->answers[i].asked == row->next)
			return true;
	return false;
}

/* Whether a mail about it still waits, for the morning say: nobody answers what they have not read. */
static enum result see_waiting(void *argument, const struct outbox_row *row, struct fault *fault)
{
	bool *waits = argument;
	(void)row;
	(void)fault;
	*waits = true;
	return RESULT_OK;
}

static enum result read_one(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct demo_people *people = argument;
	instant now = clock_now(&people->stage->clock);
	bool waits = false;
	if (row->acknowledged || row->step == 0 || row->told == INSTANT_NONE || known(people, row))
		return RESULT_OK;
	enum result result = outbox_each(people->stage->opened.store, row->id, true, 1, see_waiting, &waits, fault);
	if (result != RESULT_OK || waits)
		return result;
	struct answer *answer = mem_push((void **)&people->answers, &people->count, &people->room, sizeof *answer);
	*answer = (struct answer){.number = row->number, .asked = row->next,
	                          .at = will_answer(people, row) ? when(people, row, now) : INSTANT_NEVER};
	memcpy(answer->alert, row->id.at,
	       row->id.length < sizeof answer->alert ? row->id.length : sizeof answer->alert - 1);
	return RESULT_OK;
}

enum result demo_people_read(struct demo_people *people, struct fault *fault)
{
	return alerts_each(people->stage->opened.store, TEXT_NONE, TEXT_NONE, false, read_one, people, fault);
}

instant demo_people_next(const struct demo_people *people)
{
	instant next = INSTANT_NEVER;
	for (size_t i = 0; i < people->count; i++)
		if (people->answers[i].at < next)
			next = people->answers[i].at;
	return next;
}

/* ---- answering ---- */

/* What the answering person knows. */
struct desk {
	struct demo_people *people;
	const struct answer *answer;
	struct buffer subject, role, person;
	struct text action;
	bool found, open;
};

/* The newest mail about it that has been accepted, which comes first. */
static enum result take_mail(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct desk *desk = argument;
	(void)fault;
	if (desk->found || row->state != OUTBOX_ACCEPTED || row->kind == OUTBOX_WARNING)
		return RESULT_OK;
	desk->found = true;
	buffer_text(&desk->role, row->role);
	buffer_text(&desk->person, row->person);
	return RESULT_OK;
}

static enum result take_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct desk *desk = argument;
	const struct rule *rule =
		ruleset_find_version(desk->people->stage->opened.config->rules, row->rule, row->rule_from);
	(void)fault;
	desk->open = row->state == ALERT_STANDING && !row->acknowledged;
	buffer_text(&desk->subject, row->subject);
	desk->action = TEXT("Looked at");
	if (rule && rule->action_count)
		desk->action = text_of(rule->actions[throw(desk->people, row, 4, (int64_t)rule->action_count)]);
	return RESULT_OK;
}

/* As casewatch ack writes it. */
static enum result write_answer(const struct demo_stage *stage, const struct desk *desk, struct fault *fault)
{
	char id[SPOOL_ID_SIZE];
	struct buffer bytes = {0}, name = {0};
	instant now = clock_now(&stage->clock);
	spool_id(now, id);
	struct json_writer json = spool_event(&bytes, id, "alert.acknowledged", buffer_view(&desk->subject), now);
	json_put_string(&json, "alert", desk->answer->alert);
	json_put_text(&json, "by", buffer_view(&desk->role));
	json_put_text(&json, "person", buffer_view(&desk->person));
	json_put_text(&json, "action", desk->action);
	spool_event_end(&json);
	buffer_format(&name, "answer-%s", id);
	enum result result = spool_put(stage->opened.config->spool, buffer_cstr(&name), buffer_view(&bytes), fault);
	buffer_free(&bytes);
	buffer_free(&name);
	return result;
}

static enum result answer_one(struct demo_people *people, struct answer *answer, struct fault *fault)
{
	struct desk desk = {.people = people, .answer = answer};
	struct store *store = people->stage->opened.store;
	answer->at = INSTANT_NEVER;
	enum result result = alerts_find(store, text_of(answer->alert), take_alert, &desk, fault);
	if (result == RESULT_OK && desk.open)
		result = outbox_each(store, text_of(answer->alert), false, SIZE_MAX, take_mail, &desk, fault);
	if (result == RESULT_OK && desk.open && desk.found) {
		result = write_answer(people->stage, &desk, fault);
		people->answered++;
	}
	buffer_free(&desk.subject);
	buffer_free(&desk.role);
	buffer_free(&desk.person);
	return result;
}

enum result demo_people_answer(struct demo_people *people, struct fault *fault)
{
	instant now = clock_now(&people->stage->clock);
	enum result result = RESULT_OK;
	for (size_t i = 0; result == RESULT_OK && i < people->count; i++)
		if (people->answers[i].at <= now)
			result = answer_one(people, &people->answers[i], fault);
	return result;
}

size_t demo_people_answered(const struct demo_people *people)
{
	return people->answered;
}
