/* answer_state: from the link to the message it came in, the alert, and who answers. */
#include "web/answer_state.h"

#include "message/link.h"
#include "people/answerer.h"
#include "store/outbox/told.h"
#include "web/linked.h"

#include <stdlib.h>

#define STEPS_LOOKED_AT 100 /* newest messages of the alert, among which the last step is */

/* ---- the link ---- */

struct found_row {
	struct arena *arena;
	struct outbox_row row;
	bool found;
};

static enum result keep_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct found_row *kept = argument;
	(void)fault;
	kept->row = *row;
	alert_context_own_row(&kept->row, kept->arena);
	kept->found = true;
	return RESULT_OK;
}

static void say_bad(struct web_page *page)
{
	if (web_brake(page, 0, ANSWER_BAD_LINKS_A_MINUTE))
		web_say(page, 404, "This link does not work",
		        "It may have been cut short on its way. Open the link in the message again, or use the newest "
		        "message about the alert.");
	else
		web_say(page, 429, "Too many links that do not work", "Try again in a minute.");
}

enum result answer_open_link(struct web_page *page, struct outbox_row *row, bool *good, struct fault *fault)
{
	struct found_row found = {.arena = page->arena};
	enum result result = RESULT_OK;
	int64_t id;
	*good = false;
	if (page->settings->keys && link_row(page->parts[0], &id))
		result = outbox_find(page->store, id, keep_row, &found, fault);
	if (result != RESULT_OK)
		return result;
	enum link_verdict verdict =
		found.found ? link_check(page->settings->keys, page->parts[0], &found.row, page->now) : LINK_BAD;
	*row = found.row;
	*good = verdict == LINK_GOOD;
	if (verdict == LINK_BAD)
		say_bad(page);
	else if (verdict == LINK_EXPIRED)
		web_say(page, 410, "This link has expired",
		        "Use the newest message about the alert: its link holds. Nothing was changed.");
	return RESULT_OK;
}

/* ---- who answers ---- */

/* The told role in which somebody else than the link's person may answer; empty: none. */
static enum result role_of_other(const struct answer *answer, struct text *role, struct fault *fault)
{
	const struct web_page *page = answer->page;
	struct told told = {0};
	enum result result = told_find(page->store, answer->row.alert, INSTANT_NONE, page->arena, &told, fault);
	struct answerer_told *items = arena_alloc(page->arena, (told.count + 1) * sizeof *items);
	for (size_t i = 0; i < told.count; i++)
		items[i] = (struct answerer_told){told.items[i].role, told.items[i].person};
	*role = TEXT_NONE;
	for (size_t i = 0; i < told.count && !role->length; i++) {
		const struct answerer answerer = {.by = items[i].role, .person = text_of(page->person->id)};
		struct answerer_told only = items[i];
		if (answerer_may(&answerer, &only, 1, page->settings->directory, answer->about->open,
		                 answer->about->open_count, zone_date(page->zone, page->now)) == ANSWERER_MAY)
			*role = items[i].role;
	}
	told_free(&told);
	return result;
}

static void say_not_told(struct web_page *page)
{
	struct buffer words = {0};
	buffer_format(&words,
	              "You are signed in as %s. You were not told of it and hold no role that was. Those who were told "
	              "answer by their own messages, or pass it on to you.",
	              web_role_title(page->settings, page->person));
	web_say(page, 403, "This alert was not told to you", buffer_cstr(&words));
	buffer_free(&words);
}

/* *may false: the page says why. */
static enum result find_answerer(struct answer *answer, bool *may, struct fault *fault)
{
	struct web_page *page = answer->page;
	enum result result = RESULT_OK;
	*may = true;
	answer->by = answer->row.role;
	answer->person = answer->row.person;
	if (page->person && !text_equal(text_of(page->person->id), answer->row.person)) {
		answer->person = text_of(page->person->id);
		result = role_of_other(answer, &answer->by, fault);
		*may = answer->by.length > 0;
		if (result == RESULT_OK && !*may)
			say_not_told(page);
	} else if (!page->person && !directory_person(page->settings->directory, answer->row.person)) {
		*may = false;
		web_say(page, 403, "This link does not work any more",
		        "The person it was sent to is no longer in the directory of casewatch.");
	}
	answer->facts = page->person != NULL;
	return result;
}

/* ---- the alert ---- */

struct newest {
	struct arena *arena;
	struct payload *payload;
};

/* Rows come newest first: the first that asked for an answer is the step it has reached. */
static enum result note_step(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct newest *newest = argument;
	struct fault why;
	(void)fault;
	if (newest->payload || row->kind == OUTBOX_WARNING)
		return RESULT_OK;
	struct payload *payload = arena_alloc(newest->arena, sizeof *payload);
	if (payload_read(row->payload, payload, newest->arena, &why) == RESULT_OK &&
	    payload->answer_by != INSTANT_NEVER)
		newest->payload = payload;
	return RESULT_OK;
}

static enum result read_alert(struct answer *answer, const char *purpose, struct fault *fault)
{
	struct web_page *page = answer->page;
	const struct web_settings *settings = page->settings;
	struct alert_context_sources sources = {.store = page->store,
	                                        .directory = settings->directory,
	                                        .rules = settings->rules,
	                                        .calendar = settings->calendar,
	                                        .linked = linked_ids,
	                                        .by_log = settings->by_log,
	                                        .context = answer->linked};
	answer->row.purpose = text_of(purpose);
	answer->about = arena_alloc(page->arena, sizeof *answer->about);
	enum result result =
		alert_context_alert(&sources, &answer->row, page->now, page->arena, answer->about, fault);
	answer->alert = &answer->about->alert;
	answer->rule = answer->alert->rule;
	return result;
}

/* What a message about it would know depends on what became of it. */
static enum result find_alert(struct answer *answer, struct fault *fault)
{
	struct newest newest = {.arena = answer->page->arena};
	enum result result = linked_read(answer->page, &answer->linked, fault);
	if (result == RESULT_OK)
		result = read_alert(answer, "opened", fault);
	if (result == RESULT_OK && answer->alert->state != ALERT_STANDING)
		result = read_alert(answer, answer->alert->state == ALERT_RESOLVED ? "resolved" : "withdrawn", fault);
	if (result == RESULT_OK)
		result = outbox_each(answer->page->store, answer->row.alert, false, STEPS_LOOKED_AT, note_step, &newest,
		                     fault);
	answer->step = newest.payload ? newest.payload : answer->alert->payload;
	return result;
}

static void find_review(struct answer *answer)
{
	const struct web_page *page = answer->page;
	struct duration most = page->settings->review_after[answer->alert->severity];
	answer->review_after = answer->review_most = INSTANT_NEVER;
	(void)!calendar_expiry(page->settings->calendar, page->now, most, &answer->review_after, NULL);
	most.amount *= ALERT_REVIEW_MOST;
	(void)!calendar_expiry(page->settings->calendar, page->now, most, &answer->review_most, NULL);
}

static void fill(struct answer *answer)
{
	struct web_page *page = answer->page;
	struct message_alert *alert = &answer->about->alert;
	char *role = arena_copy_text(page->arena, answer->by.at, answer->by.length);
	struct message_input input = {
		.purpose = alert->state == ALERT_STANDING ? MESSAGE_OPENED
	                   : alert->state == ALERT_RESOLVED ? MESSAGE_RESOLVED
	                                                    : MESSAGE_WITHDRAWN,
		.alerts = alert,
		.alert_count = 1,
		.payload = answer->step,
		.role = role,
		.role_title = directory_role_title(page->settings->directory, role),
		.person = directory_person(page->settings->directory, answer->person),
		.now = page->now,
		.calendar = page->settings->calendar,
		.directory = page->settings->directory,
		.council = page->settings->council};
	if (alert->state == ALERT_STANDING)
		alert->payload = answer->step;
	answer->data = message_data(&input, page->arena);
	data_format(answer->data, "path", "/a/%.*s", TEXT_ARG(answer->token));
	data_flag(answer->data, "facts_shown", answer->facts);
	data_flag(answer->data, "ends_it", answer_ends_it(answer));
	data_string(answer->data, "to_title", input.role_title);
}

bool answer_passes_to(const struct answer *answer, struct text role)
{
	const struct web_page *page = answer->page;
	return answerer_passes_to(page->settings->directory, role, answer->person, answer->about->open,
	                          answer->about->open_count, zone_date(page->zone, page->now));
}

bool answer_ends_it(const struct answer *answer)
{
	return answer->rule && answer->rule->momentary;
}

enum result answer_find(struct web_page *page, struct answer **answer, struct fault *fault)
{
	struct answer *made = arena_alloc(page->arena, sizeof *made);
	bool good;
	*made = (struct answer){.page = page, .token = page->parts[0]};
	*answer = NULL;
	enum result result = answer_open_link(page, &made->row, &good, fault);
	if (result != RESULT_OK || !good)
		return result;
	result = find_alert(made, fault);
	if (result == RESULT_OK)
		result = find_answerer(made, &good, fault);
	if (result != RESULT_OK || !good)
		return result;
	const struct message_answer *last = &made->alert->answer;
	made->own = last->count > 0 && (last->person.length ? text_equal(last->person, made->person)
	                                                    : text_equal(last->role, made->by));
	find_review(made);
	fill(made);
	if (made->facts)
		web_look(page, made->alert->subject, made->alert->id);
	*answer = made;
	return RESULT_OK;
}
