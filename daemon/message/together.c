/* together: several alerts in one message: the same as one, shorter, for each. */
#include "message/page.h"

/* "Answer by the end of Friday 31 January", "Nobody has answered for 24 hours. Waiting for your answer"; a time
 * that has passed is no time to answer by. */
static void put_state(struct message_page *one)
{
	const struct message_alert *alert = one->alert;
	struct text answer_by = data_value(data_get(one->root, TEXT("answer_by")));
	struct text silence = data_value(data_get(one->root, TEXT("silence")));
	bool passed = answer_by.length && alert->payload->answer_by <= one->input->now;
	message_begin(one);
	if ((alert->step > 1 || passed) && silence.length)
		buffer_format(&one->words, "Nobody has answered for %.*s. ", TEXT_ARG(silence));
	if (answer_by.length && !passed)
		buffer_format(&one->words, "Answer by %.*s", TEXT_ARG(answer_by));
	else
		buffer_string(&one->words, "Waiting for your answer");
	message_end(one, one->root, "state");
}

static void put_first_to_do(struct message_page *one)
{
	const struct data *first = data_first(data_get(one->root, TEXT("to_do")));
	message_begin(one);
	if (first)
		message_add_going_on(one, data_value(first));
	message_end(one, one->root, "first_to_do");
}

/* "Returned on Wednesday 5 February, 01:20"; where no record ended it, why it ended. */
static void put_how_ended(struct message_page *one)
{
	const struct message_alert *alert = one->alert;
	message_begin(one);
	if (alert->ended_by && !alert->restricted) {
		buffer_format(&one->words, "%s on ", alert->ended_by->title);
		message_add_full(one, alert->ended_by->event->time, alert->ended_by->event->day_precision);
	} else if (!alert->restricted) {
		words_sentence(alert->payload->reason, &one->words);
	}
	message_end(one, one->root, "how_ended");
}

/* The action, as it goes on a sentence. */
static void put_action(struct message_page *one)
{
	message_begin(one);
	message_add_going_on(one, one->alert->restricted ? TEXT_NONE : one->alert->answer.action);
	message_end(one, one->root, "answer_action");
	data_text(one->root, "review_on", data_value(data_get(one->root, TEXT("review"))));
}

static void put_one(struct message_page *page, struct data *map, const struct message_alert *alert)
{
	struct message_page one = {.input = page->input, .alert = alert, .zone = page->zone, .today = page->today,
	                           .arena = page->arena, .root = map};
	data_format(map, "number", "A-%lld", MESSAGE_NUMBER(alert));
	data_string(map, "title", alert->title);
	message_put_severity(map, alert->severity);
	message_put_answer_by(&one, map, alert->payload);
	data_string(map, "answer_url", alert->answer_url ? alert->answer_url : "");
	data_flag(map, "old_news", alert->payload->old_news);
	message_begin(&one);
	if (message_has_time(alert->payload->caused))
		message_add_full(&one, alert->payload->caused, false);
	message_end(&one, map, "caused");
	data_flag(map, "is_ended", alert->state != ALERT_STANDING);
	data_flag(map, "episodes_any", false);
	message_put_facts(&one);
	message_put_to_do(&one);
	message_put_silence(&one);
	message_put_answer(&one);
	put_state(&one);
	put_first_to_do(&one);
	put_how_ended(&one);
	put_action(&one);
	buffer_free(&one.words);
}

void message_put_brief(const struct message_input *input, struct data *map, struct arena *arena)
{
	struct message_page page = {.input = input, .arena = arena, .zone = calendar_zone(input->calendar),
	                            .alert = &input->alerts[0], .root = map};
	page.today = zone_date(page.zone, input->now);
	put_one(&page, map, page.alert);
}

static void put_count(struct data *root, const char *name, size_t count)
{
	data_format(root, name, "%zu", count);
	if (!count)
		data_string(root, name, "");
}

/* How many were answered and how many ended, and whether they were kept until people work. */
static void put_kinds(struct message_page *page)
{
	const struct message_input *input = page->input;
	size_t ended = 0, critical = 0, live = 0, kept = 0, open = 0, owed = 0;
	for (size_t i = 0; i < input->alert_count; i++) {
		const struct payload *payload = input->alerts[i].payload;
		ended += input->alerts[i].state != ALERT_STANDING;
		open += input->alerts[i].asked_still;
		owed += message_owes_answer(input, &input->alerts[i]);
		critical += input->alerts[i].severity == SEVERITY_CRITICAL;
		live += payload->cause_known && payload->cause == CAUSE_GO_LIVE;
		kept += message_has_time(payload->at) && input->now - payload->at >= HOUR &&
		        !calendar_in_hours(input->calendar, payload->at);
	}
	size_t answered = input->alert_count - ended;
	int64_t wall = zone_wall(page->zone, input->now);
	bool morning = (wall % (24 * HOUR) + 24 * HOUR) % (24 * HOUR) < 12 * HOUR;
	put_count(page->root, "answered_some", answered);
	data_flag(page->root, "answered_are", answered > 1);
	put_count(page->root, "ended_some", ended);
	data_flag(page->root, "ended_have", ended > 1);
	data_flag(page->root, "both", answered && ended);
	put_count(page->root, "still_open", open);
	data_flag(page->root, "still_are", open > 1);
	data_flag(page->root, "owed_any", owed > 0);
	data_string(page->root, "kept", critical || !kept ? "" : morning ? "the morning" : "working hours");
	data_flag(page->root, "of_two", input->alert_count == 2);
	data_flag(page->root, "go_live_all", live == input->alert_count);
}

/* Whether all of them fell to this reader within one minute. */
static bool within_a_minute(const struct message_input *input)
{
	instant first = INSTANT_NEVER, last = INSTANT_NONE;
	for (size_t i = 0; i < input->alert_count; i++) {
		instant at = input->alerts[i].payload->at;
		if (at == INSTANT_NONE)
			return false;
		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	return last - first <= MINUTE;
}

static void put_first_to_answer(struct message_page *page)
{
	const struct message_input *input = page->input;
	instant first = INSTANT_NEVER;
	for (size_t i = 0; i < input->alert_count; i++) {
		instant by = input->alerts[i].payload->answer_by;
		if (message_has_time(by) && by < first)
			first = by;
	}
	message_begin(page);
	if (first != INSTANT_NEVER)
		words_answer_by(page->zone, first, input->now, &page->words);
	message_end(page, page->root, "first_to_answer");
}

void message_put_several(struct message_page *page)
{
	const struct message_input *input = page->input;
	struct data *alerts = data_list(page->root, "alerts");
	bool answer_page = false;
	data_format(page->root, "count", "%zu", input->alert_count);
	message_begin(page);
	for (size_t i = 0; i < input->alert_count; i++)
		buffer_format(&page->words, "%sA-%lld", words_between(i, input->alert_count),
		              MESSAGE_NUMBER(&input->alerts[i]));
	message_end(page, page->root, "numbers");
	for (size_t i = 0; i < input->alert_count; i++) {
		put_one(page, data_item(alerts), &input->alerts[i]);
		answer_page = answer_page || (input->alerts[i].answer_url && input->alerts[i].answer_url[0]);
	}
	data_flag(page->root, "page", answer_page);
	data_flag(page->root, "by_phone",
	          !answer_page && data_value(data_get(page->root, TEXT("duty_phone"))).length > 0);
	data_flag(page->root, "same_minute", within_a_minute(input));
	put_kinds(page);
	put_first_to_answer(page);
}
