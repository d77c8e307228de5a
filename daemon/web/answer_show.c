/* answer_show: facts and choices as the data of the page's templates. */
#include "web/answer_show.h"

#include "time/words.h"

#include <stdlib.h>

/* Those that answered before, or passed it on, are not asked; ops are told of what is broken, not of children. */

static void put_words(struct data *map, const char *name, struct buffer *words)
{
	data_text(map, name, buffer_view(words));
	buffer_free(words);
}

/* "at 03:14", "on Thursday 6 February, 08:00" */
static void add_when(const struct answer *answer, instant at, struct buffer *out)
{
	const struct web_page *page = answer->page;
	bool soon = at - page->now < 12 * HOUR && at > page->now;
	buffer_string(out, soon || zone_midnight(page->zone, zone_date(page->zone, at)) == at ? "at " : "on ");
	words_answer_by(page->zone, at, page->now, out);
}

/* "the Head of Service and the team manager", but for the two roles to skip; one alone without "the" where `title`. */
static void put_roles(const struct answer *answer, const struct text *roles, size_t count, struct text skip,
                      struct text skip_too, bool title, struct buffer *out)
{
	const struct directory *directory = answer->page->settings->directory;
	struct text left[PAYLOAD_ROLES];
	size_t many = 0;
	for (size_t i = 0; i < count && i < PAYLOAD_ROLES; i++)
		if (!text_equal(roles[i], skip) && !text_equal(roles[i], skip_too))
			left[many++] = roles[i];
	for (size_t i = 0; i < many; i++) {
		char *role = arena_copy_text(answer->page->arena, left[i].at, left[i].length);
		buffer_format(out, "%s%s", words_between(i, many), title && many == 1 ? "" : "the ");
		if (title && many == 1)
			buffer_string(out, directory_role_title(directory, role));
		else
			words_in_sentence(directory_role_title(directory, role), out);
	}
}

/* Somebody else was told in that role: nobody may hold it, or it is one more of those who answer now. */
static bool is_with_others(const struct answer *answer, struct text role)
{
	const struct message_alert *alert = answer->alert;
	const char *title = directory_role_title(answer->page->settings->directory,
	                                         arena_copy_text(answer->page->arena, role.at, role.length));
	for (size_t i = 0; i < alert->told_count; i++)
		if (alert->told[i].sent != INSTANT_NONE && strcmp(alert->told[i].role_title, title) == 0 &&
		    !text_equal(alert->told[i].person, answer->person))
			return true;
	return false;
}

/* The roles of the step in which others were told; returns how many. */
static size_t others_of_step(const struct answer *answer, struct text roles[PAYLOAD_ROLES])
{
	const struct payload *step = answer->step;
	size_t count = 0;
	for (size_t i = 0; i < step->tell_count; i++)
		if (!text_equal(step->tell[i], answer->by) && is_with_others(answer, step->tell[i]))
			roles[count++] = step->tell[i];
	return count;
}

static bool others_were_told(const struct answer *answer)
{
	const struct message_alert *alert = answer->alert;
	for (size_t i = 0; i < alert->told_count; i++)
		if (alert->told[i].sent != INSTANT_NONE && !text_equal(alert->told[i].person, answer->person))
			return true;
	return false;
}

/* ---- errors ---- */

static void put_error(struct data *list, const char *at, const char *words)
{
	if (!words)
		return;
	struct data *row = data_item(list);
	data_string(row, "at", at);
	data_string(row, "words", words);
}

static void put_errors(struct data *data, const struct answer_form *form)
{
	static const struct answer_form nothing;
	const struct answer_form *wrong = form ? form : &nothing;
	struct data *list = data_list(data, "errors");
	put_error(list, "form", wrong->form_error);
	put_error(list, "action-1", wrong->action_error);
	put_error(list, "end-keep", wrong->end_error);
	put_error(list, "note", wrong->note_error);
	put_error(list, "review-at", wrong->review_error);
	put_error(list, "to-next", wrong->to_error);
	put_error(list, "to-which", wrong->role_error);
	data_flag(data, "errors_any", form && !answer_form_good(form));
	data_string(data, "action_error", wrong->action_error);
	data_string(data, "end_error", wrong->end_error);
	data_string(data, "note_error", wrong->note_error);
	data_string(data, "review_error", wrong->review_error);
	data_string(data, "to_error", wrong->to_error);
	data_string(data, "role_error", wrong->role_error);
}

/* ---- choices ---- */

static void put_choice(struct data *list, size_t number, struct text value, struct text words, struct text chosen)
{
	struct data *row = data_item(list);
	data_format(row, "id", "%zu", number);
	data_text(row, "value", value);
	data_text(row, "words", words);
	data_flag(row, "chosen", chosen.length && text_equal(value, chosen));
}

static void put_actions(const struct answer *answer, const struct answer_form *form)
{
	const char *const *actions;
	size_t count = answer_actions(answer, &actions);
	struct text chosen = form ? form->action : TEXT_NONE;
	struct data *list = data_list(answer->data, "actions");
	for (size_t i = 0; i < count; i++) {
		struct buffer words = {0};
		buffer_string(&words, actions[i]);
		if (answer_goes_on(actions[i]))
			buffer_string(&words, " (write why below)");
		put_choice(list, i + 1, text_of(actions[i]), buffer_view(&words), chosen);
		buffer_free(&words);
	}
	put_choice(list, count + 1, TEXT("other"), TEXT("Something else"), chosen);
}

static void review_words(const struct answer *answer, const struct answer_review *review, struct buffer *out)
{
	const struct web_page *page = answer->page;
	if (strcmp(review->value, "time") == 0) {
		buffer_string(out, answer->alert->severity == SEVERITY_CRITICAL ? "At another time" : "On another "
			"date");
	} else if (strcmp(review->value, "none") == 0) {
		buffer_string(out, "No time: we ask again in ");
		duration_print(page->settings->review_after[answer->alert->severity], out);
	} else if (strcmp(review->value, "morning") == 0) {
		bool today = zone_date(page->zone, review->at) == zone_date(page->zone, page->now);
		buffer_string(out, today ? "This morning, at " : "Tomorrow morning, at ");
		words_clock(page->zone, review->at, out);
	} else if (strcmp(review->value, "day") == 0) {
		buffer_string(out, "On ");
		words_moment(page->zone, (struct words_moment){review->at, false}, WORDS_FULL, out);
	} else {
		buffer_string(out, "In ");
		words_span(review->at - page->now, out);
		buffer_string(out, ", at ");
		words_clock(page->zone, review->at, out);
	}
}

static void put_reviews(const struct answer *answer, const struct answer_form *form)
{
	struct answer_review reviews[ANSWER_REVIEWS];
	size_t count = answer_reviews(answer, reviews);
	struct data *list = data_list(answer->data, "reviews");
	bool critical = answer->alert->severity == SEVERITY_CRITICAL;
	for (size_t i = 0; i < count; i++) {
		struct buffer words = {0};
		review_words(answer, &reviews[i], &words);
		struct text value = text_of(reviews[i].value);
		put_choice(list, i + 1, value, buffer_view(&words),
		           form && form->review.length ? form->review : reviews[i].chosen ? value : TEXT_NONE);
		buffer_free(&words);
	}
	data_text(answer->data, "review_at", form ? form->review_at : TEXT_NONE);
	data_string(answer->data, "review_most", critical ? "5" : "10");
	data_string(answer->data, "review_example", critical ? "For example, 05:30" : "For example, 14/02/2030");
	data_string(answer->data, "review_ask",
	            critical ? "If at another time, when?" : "If on another date, which?");
}

static int by_title(const void *left, const void *right)
{
	const struct role_title *const *a = left, *const *b = right;
	return strcmp((*a)->title, (*b)->title);
}

/* To whom it may be passed: every role but one's own in which somebody would hear, by title. */
static void put_pass(const struct answer *answer, const struct answer_form *form)
{
	const struct directory *directory = answer->page->settings->directory;
	const struct role_title **roles = arena_alloc(answer->page->arena, (directory->role_count + 1) * sizeof *roles);
	const struct payload *step = answer->step;
	struct data *list = data_list(answer->data, "roles");
	struct buffer next = {0}, others = {0};
	size_t count = 0;
	for (size_t i = 0; i < directory->role_count; i++)
		if (strcmp(directory->roles[i].role, DIRECTORY_OPS) != 0 &&
		    directory->roles[i].from != ROLE_FROM_EVENT &&
		    !text_equal(answer->by, text_of(directory->roles[i].role)) &&
		    answer_passes_to(answer, text_of(directory->roles[i].role)))
			roles[count++] = &directory->roles[i];
	qsort(roles, count, sizeof *roles, by_title);
	for (size_t i = 0; i < count; i++)
		put_choice(list, i + 1, text_of(roles[i]->role), text_of(roles[i]->title),
		           form ? form->role : TEXT_NONE);
	put_roles(answer, step->next, step->next_count, TEXT_NONE, TEXT_NONE, true, &next);
	struct text with[PAYLOAD_ROLES];
	size_t with_count = others_of_step(answer, with);
	put_roles(answer, with, with_count, TEXT_NONE, TEXT_NONE, false, &others);
	data_flag(answer->data, "others_pass", others.length > 0);
	data_flag(answer->data, "others_many", with_count > 1);
	put_words(answer->data, "pass_next", &next);
	put_words(answer->data, "pass_others", &others);
	data_flag(answer->data, "to_next", form && text_equal(form->to, TEXT("next")));
	data_flag(answer->data, "to_role", form && text_equal(form->to, TEXT("role")));
}

static void put_form_value(struct answer *answer)
{
	char value[WEB_FORM_SIZE];
	web_form_value(answer->page, answer->token, value);
	data_string(answer->data, "form", value);
}

enum result answer_show_form(struct answer *answer, const struct answer_form *form, int status, struct fault *fault)
{
	bool stands = answer->alert->state == ALERT_STANDING;
	struct data *data = answer->data;
	put_form_value(answer);
	put_errors(data, form);
	put_actions(answer, form);
	put_reviews(answer, form);
	put_pass(answer, form);
	data_text(data, "note", form ? form->note : TEXT_NONE);
	data_flag(data, "stands", stands);
	data_flag(data, "asks_again", stands && !answer_ends_it(answer));
	data_flag(data, "answered_already", answer->about->acknowledged);
	data_flag(data, "answered_own", answer->own);
	data_flag(data, "may_pass", stands && !answer->about->acknowledged);
	return web_render(answer->page, "answer-page", data, status, fault);
}

enum result answer_show_end(struct answer *answer, const struct answer_form *form, int status, struct fault *fault)
{
	struct data *data = answer->data;
	struct buffer again = {0};
	put_form_value(answer);
	put_errors(data, form);
	data_text(data, "note", form ? form->note : TEXT_NONE);
	data_flag(data, "end_wrong", form && text_equal(form->end, TEXT("wrong")));
	data_flag(data, "end_other", form && text_equal(form->end, TEXT("other")));
	data_flag(data, "end_keep", form && text_equal(form->end, TEXT("keep")));
	if (answer->review_after != INSTANT_NEVER)
		add_when(answer, answer->review_after, &again);
	put_words(data, "keep_again", &again);
	struct buffer recorded = {0};
	words_sentence(data_value(data_get(data, TEXT("still_there"))), &recorded);
	put_words(data, "recorded", &recorded);
	return web_render(answer->page, "answer-end", data, status, fault);
}

/* ---- what became of it ---- */

enum result answer_show_state(struct answer *answer, struct fault *fault)
{
	const struct message_alert *alert = answer->alert;
	struct data *data = answer->data;
	struct buffer closed = {0};
	data_flag(data, "withdrawn", alert->state == ALERT_WITHDRAWN);
	data_flag(data, "resolved", alert->state == ALERT_RESOLVED);
	data_flag(data, "stands", alert->state == ALERT_STANDING);
	if (alert->closed != INSTANT_NEVER && alert->state != ALERT_STANDING)
		words_moment(answer->page->zone, (struct words_moment){alert->closed, false}, WORDS_FULL, &closed);
	put_words(data, "closed_when", &closed);
	return web_render(answer->page, "answer-state", data, 200, fault);
}

/* ---- what was handed in ---- */

static void put_event(struct answer *answer, const struct event *event)
{
	struct data *data = answer->data;
	struct text role = event_string(event, schema_name(TEXT("to")));
	struct buffer at = {0}, to = {0};
	words_moment(answer->page->zone, (struct words_moment){event->time, false}, WORDS_FULL_YEAR, &at);
	put_words(data, "done_at", &at);
	data_text(data, "done_action", event_string(event, schema_name(TEXT("action"))));
	data_text(data, "done_reason", event_string(event, schema_name(TEXT("reason"))));
	if (role.length)
		buffer_string(&to, directory_role_title(answer->page->settings->directory,
		                                        arena_copy_text(answer->page->arena, role.at, role.length)));
	put_words(data, "done_to", &to);
	data_flag(data, "did_answer", event->type == TYPE_ID_ALERT_ACKNOWLEDGED);
	data_flag(data, "did_pass", event->type == TYPE_ID_ALERT_PASSED_ON);
	data_flag(data, "did_end", event->type == TYPE_ID_ALERT_RESOLVED);
}

/* To those to whom it was passed: which way, and what the server said. */
static void put_passed(const struct answer *answer, const struct event *event)
{
	const struct message_alert *alert = answer->alert;
	struct text to = event_string(event, schema_name(TEXT("to")));
	const char *title = directory_role_title(answer->page->settings->directory,
	                                         arena_copy_text(answer->page->arena, to.at, to.length));
	struct data *list = data_list(answer->data, "passed_told");
	for (size_t i = 0; i < alert->told_count && to.length; i++) {
		const struct message_told *told = &alert->told[i];
		if (told->created < event->time || strcmp(told->role_title, title) != 0)
			continue;
		struct data *row = data_item(list);
		data_string(row, "channel",
		            told->channel && *told->channel ? told->channel : channel_name(CHANNEL_EMAIL));
		data_flag(row, "taken", told->sent != INSTANT_NONE);
		struct buffer when = {0};
		if (told->sent != INSTANT_NONE) {
			const struct web_page *page = answer->page;
			bool today = zone_date(page->zone, told->sent) == zone_date(page->zone, page->now);
			buffer_string(&when, today ? "At " : "On ");
			words_answer_by(page->zone, told->sent, page->now, &when);
		}
		put_words(row, "told_when", &when);
	}
	struct buffer also = {0}, by = {0}, next = {0};
	struct text with[PAYLOAD_ROLES];
	size_t with_count = others_of_step(answer, with);
	put_roles(answer, with, with_count, to, TEXT_NONE, true, &also);
	put_words(answer->data, "also_with", &also);
	if (answer->step->answer_by != INSTANT_NEVER && answer->step->answer_by != INSTANT_NONE)
		add_when(answer, answer->step->answer_by, &by);
	put_words(answer->data, "passed_by", &by);
	put_roles(answer, answer->step->next, answer->step->next_count, TEXT_NONE, TEXT_NONE, false, &next);
	put_words(answer->data, "passed_next", &next);
}

enum result answer_show_done(struct answer *answer, const struct event *event, struct fault *fault)
{
	const struct message_alert *alert = answer->alert;
	struct data *data = answer->data;
	struct buffer again = {0};
	/* whether it had any effect: on what had ended before it is kept, and said so */
	bool stood = alert->state == ALERT_STANDING || alert->closed >= event->time;
	put_event(answer, event);
	put_passed(answer, event);
	data_flag(data, "kept_only", !stood);
	data_flag(data, "stands", alert->state == ALERT_STANDING);
	data_flag(data, "withdrawn", alert->state == ALERT_WITHDRAWN);
	if (alert->state == ALERT_STANDING && alert->answer.review_at != INSTANT_NEVER &&
	    alert->answer.review_at != INSTANT_NONE)
		add_when(answer, alert->answer.review_at, &again);
	struct buffer sentence = {0};
	words_sentence(buffer_view(&again), &sentence);
	buffer_free(&again);
	put_words(data, "again_at", &sentence);
	data_flag(data, "held", alert->state == ALERT_STANDING && !alert->asked_still);
	data_flag(data, "told_others", others_were_told(answer));
	data_flag(data, "each_answers", alert->asked_still && message_asks_each(alert));
	return web_render(answer->page, "answer-done", data, 200, fault);
}

enum result answer_show_waiting(struct answer *answer, struct fault *fault)
{
	return web_render(answer->page, "answer-waiting", answer->data, 200, fault);
}
