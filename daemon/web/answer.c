/* answer: the page on which somebody answers an alert: which of its faces is shown, and what a filled form does. */
#include "web/answer.h"

#include "store/alerts/alerts.h"
#include "store/events/events.h"
#include "web/answer_show.h"

#define JUDGED_WITHIN 40 /* tries, two seconds, after which a page shows what is stored */

/* ---- what was handed in before ---- */

struct taken {
	struct arena *arena;
	struct event *event; /* NULL: the daemon has not taken it */
};

static enum result keep_event(void *argument, const struct event *event, struct text bytes, instant arrived,
                              struct fault *fault)
{
	struct taken *taken = argument;
	(void)bytes;
	(void)arrived;
	(void)fault;
	taken->event = arena_alloc(taken->arena, sizeof *taken->event);
	event_copy(taken->event, event, taken->arena);
	return RESULT_OK;
}

static enum result find_event(const struct web_page *page, struct text id, struct event **event, struct fault *fault)
{
	struct taken taken = {.arena = page->arena};
	enum result result = events_find(page->store, TEXT(ANSWER_SOURCE), id, keep_event, &taken, fault);
	*event = taken.event;
	return result;
}

/* ---- opening it ---- */

struct effect_sought {
	instant since;
	bool found;
};

static enum result note_effect(void *argument, int64_t id, instant at, struct text what, struct text alert,
                               struct text rule, struct text subject, struct text detail, struct fault *fault)
{
	struct effect_sought *sought = argument;
	(void)id;
	(void)alert;
	(void)rule;
	(void)subject;
	(void)detail;
	(void)fault;
	sought->found = sought->found || (at >= sought->since && (text_equal(what, TEXT("alert.acknowledged")) ||
	                                                          text_equal(what, TEXT("alert.passed_on"))));
	return RESULT_OK;
}

/* An event is stored first and judged a moment later: only then does the page say what came of it. What the engine does
 * nothing about (an alert that is over) is shown as it stands. */
static enum result is_judged(const struct answer *answer, const struct event *event, bool *judged, struct fault *fault)
{
	struct effect_sought sought = {.since = event->time};
	enum result result = RESULT_OK;
	*judged = answer->alert->state != ALERT_STANDING || answer->page->tries >= JUDGED_WITHIN;
	if (!*judged) {
		result = audit_each(answer->page->store, answer->alert->id, note_effect, &sought, fault);
		*judged = sought.found;
	}
	return result;
}

static enum result show_done(struct answer *answer, struct text id, struct fault *fault)
{
	struct web_page *page = answer->page;
	struct event *event;
	bool judged = false;
	enum result result = find_event(page, id, &event, fault);
	if (event && !text_equal(event_string(event, schema_name(TEXT("alert"))), answer->alert->id))
		event = NULL;
	if (result == RESULT_OK && event)
		result = is_judged(answer, event, &judged, fault);
	if (result != RESULT_OK)
		return result;
	page->again = !judged; /* the daemon takes it within a moment */
	return judged ? answer_show_done(answer, event, fault) : answer_show_waiting(answer, fault);
}

enum result answer_page(struct web_page *page, struct fault *fault)
{
	struct answer *answer;
	struct text done = http_query(page->request, "done");
	bool again = http_query(page->request, "again").at != NULL, end = http_query(page->request, "end").at != NULL;
	enum result result = answer_find(page, &answer, fault);
	if (result != RESULT_OK || !answer)
		return result;
	if (done.length)
		return show_done(answer, done, fault);
	bool stands = answer->alert->state == ALERT_STANDING;
	if (end && stands && !answer_ends_it(answer))
		return answer_show_end(answer, NULL, 200, fault);
	if (!again && (!stands || (answer->about->acknowledged && !answer->own)))
		return answer_show_state(answer, fault);
	return answer_show_form(answer, NULL, 200, fault);
}

/* ---- answering ---- */

static enum result show_again(struct answer *answer, const struct answer_form *form, int status, struct fault *fault)
{
	bool end = form->what == ANSWER_END || form->end.length > 0;
	return end ? answer_show_end(answer, form, status, fault) : answer_show_form(answer, form, status, fault);
}

static void go_to_done(struct answer *answer, const char *id)
{
	struct buffer location = {0};
	buffer_format(&location, "/a/%.*s?done=%s", TEXT_ARG(answer->token), id);
	web_redirect(answer->page, buffer_cstr(&location));
	buffer_free(&location);
}

/* The value of a form makes the event's id, so that a form that is sent twice is one answer. */
static enum result take_form(struct answer *answer, struct answer_form *form, struct fault *fault)
{
	struct web_page *page = answer->page;
	char id[WEB_FORM_ID_SIZE];
	struct event *event;
	if (!web_form_used(page, answer->token, http_form(page->request, "form"), id)) {
		form->form_error = "This form is out of date. What you wrote is still here: send it once more";
		return show_again(answer, form, 409, fault);
	}
	enum result result = find_event(page, text_of(id), &event, fault);
	if (result != RESULT_OK)
		return result;
	if (!event && !answer_form_good(form))
		return show_again(answer, form, 422, fault);
	if (!event && !web_brake(page, (uint64_t)answer->row.id, ANSWER_FORMS_A_MINUTE)) {
		form->form_error = "Too many answers within a minute. What you wrote is still here: send it in a "
				   "minute";
		return show_again(answer, form, 429, fault);
	}
	if (!event)
		result = answer_form_hand_in(answer, form, id, fault);
	if (result == RESULT_OK)
		go_to_done(answer, id);
	return result;
}

enum result answer_post(struct web_page *page, struct fault *fault)
{
	struct answer *answer;
	struct answer_form form;
	enum result result = answer_find(page, &answer, fault);
	if (result != RESULT_OK || !answer)
		return result;
	answer_form_read(answer, &form);
	result = take_form(answer, &form, fault);
	answer_form_free(&form);
	return result;
}
