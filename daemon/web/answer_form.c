/* answer_form: the filled form: what is wrong with it, or the event it becomes. */
#include "web/answer_form.h"

#include <stdio.h>

#include "text/json_write.h"
#include "text/utf8.h"

#define TYPED_MOST 2000 /* bytes of the note: 500 characters of four each */
#define MORNING (8 * HOUR) /* look.md: "This morning, at 08:00" */

/* ---- choices ---- */

size_t answer_actions(const struct answer *answer, const char *const **actions)
{
	static const char *const general[] = {"I have acted on it", "I have asked someone else to act"};
	if (answer->rule && answer->rule->action_count) {
		*actions = answer->rule->actions;
		return answer->rule->action_count;
	}
	*actions = general;
	return sizeof general / sizeof *general;
}

bool answer_goes_on(const char *action)
{
	static const char because[] = " because";
	size_t length = strlen(action), most = sizeof because - 1;
	return length > most && strcmp(action + length - most, because) == 0;
}

/* The next time that working hours begin, on a day that somebody works. */
static instant next_morning(const struct answer *answer, int working_days)
{
	const struct calendar *calendar = answer->page->settings->calendar;
	civil_day day = zone_date(answer->page->zone, answer->page->now);
	while (working_days > 0)
		working_days -= calendar_is_working(calendar, ++day);
	return calendar_next_hours(calendar, zone_midnight(answer->page->zone, day));
}

/* The next time that clocks show it; a time that is skipped comes after the gap. */
static bool next_clock(const struct answer *answer, int64_t since_midnight, instant *at)
{
	const struct zone *zone = answer->page->zone;
	int64_t midnight = zone_wall(zone, answer->page->now) / (24 * HOUR) * 24 * HOUR;
	for (int day = 0; day < 3; day++) {
		*at = zone_instant(zone, midnight + day * 24 * HOUR + since_midnight, WALL_EARLIER);
		if (*at > answer->page->now)
			return true;
	}
	return false;
}

size_t answer_reviews(const struct answer *answer, struct answer_review reviews[ANSWER_REVIEWS])
{
	const instant now = answer->page->now;
	size_t count = 0;
	if (answer->alert->severity == SEVERITY_CRITICAL) {
		instant morning;
		(void)next_clock(answer, MORNING, &morning);
		reviews[count++] = (struct answer_review){"1h", now + HOUR, true};
		reviews[count++] = (struct answer_review){"2h", now + 2 * HOUR, false};
		reviews[count++] = (struct answer_review){"morning", morning, false};
	} else {
		bool high = answer->alert->severity == SEVERITY_HIGH;
		reviews[count++] = (struct answer_review){"day", next_morning(answer, high ? 1 : 5), false};
	}
	reviews[count++] = (struct answer_review){"time", INSTANT_NONE, false};
	reviews[count] = (struct answer_review){"none", INSTANT_NONE, answer->alert->severity != SEVERITY_CRITICAL};
	return count + 1;
}

/* ---- times as people type them ---- */

static bool number(struct text *text, int64_t most, int64_t *value)
{
	size_t length = 0;
	*value = 0;
	while (length < text->length && length < 4 && text->at[length] >= '0' && text->at[length] <= '9')
		*value = *value * 10 + (text->at[length++] - '0');
	*text = (struct text){text->at + length, text->length - length};
	return length > 0 && *value <= most;
}

static bool cut(struct text *text, const char *any)
{
	if (!text->length || !strchr(any, text->at[0]))
		return false;
	*text = (struct text){text->at + 1, text->length - 1};
	return true;
}

/* "05:30", "5.30", "0530" is not one: the next time that clocks show it. */
static bool read_clock(const struct answer *answer, struct text typed, instant *at)
{
	int64_t hours, minutes;
	if (!number(&typed, 23, &hours) || !cut(&typed, ":.") || !number(&typed, 59, &minutes) || typed.length)
		return false;
	return next_clock(answer, hours * HOUR + minutes * MINUTE, at);
}

/* "14/02/2020", "14.2.2020": when hours begin on that date. */
static bool read_date(const struct answer *answer, struct text typed, instant *at)
{
	int64_t day, month, year;
	char iso[32];
	civil_day date;
	if (!number(&typed, 31, &day) || !cut(&typed, "/.- ") || !number(&typed, 12, &month) ||
	    !cut(&typed, "/.- ") || !number(&typed, 9999, &year) || typed.length)
		return false;
	(void)snprintf(iso, sizeof iso, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
	if (!day_parse(text_of(iso), &date) || date < zone_date(answer->page->zone, answer->page->now))
		return false;
	*at = zone_midnight(answer->page->zone, date) + MORNING;
	return true;
}

/* ---- reading ---- */

/* In one line: a note goes into mails and reports. */
static void one_line(struct text typed, struct buffer *out)
{
	bool blank = false;
	typed = text_trim(typed);
	for (size_t i = 0; i < typed.length; i++) {
		unsigned char c = (unsigned char)typed.at[i];
		bool control = c < 0x20 || c == 0x7f;
		if (control && blank)
			continue;
		buffer_char(out, control ? ' ' : (char)c);
		blank = control || c == ' ';
	}
}

static void read_note(struct answer_form *form)
{
	one_line(form->note, &form->words);
	if (text_columns(buffer_view(&form->words)) > ANSWER_NOTE_MOST || form->note.length > TYPED_MOST)
		form->note_error = "Write at most 500 characters";
	else if (form->note.length && utf8_has_control(buffer_view(&form->words)))
		form->note_error = "Write it without special characters";
}

static void read_action(const struct answer *answer, struct answer_form *form)
{
	const char *const *actions;
	size_t count = answer_actions(answer, &actions);
	bool other = text_equal(form->action, TEXT("other")), known = other;
	for (size_t i = 0; i < count; i++)
		known = known || text_equal(form->action, text_of(actions[i]));
	if (!known) {
		form->action_error = "Choose what you did";
		return;
	}
	buffer_text(&form->done, other ? TEXT("Something else") : form->action);
	if (!other && !answer_goes_on(buffer_cstr(&form->done)))
		return;
	if (!form->words.length && !form->note_error)
		form->note_error = other ? "Write what you did" : "Write why";
	buffer_string(&form->done, other ? ": " : " ");
	buffer_text(&form->done, buffer_view(&form->words));
}

static void read_typed_time(const struct answer *answer, struct answer_form *form)
{
	bool critical = answer->alert->severity == SEVERITY_CRITICAL;
	struct text typed = text_trim(form->review_at);
	bool good = critical ? read_clock(answer, typed, &form->again) : read_date(answer, typed, &form->again);
	if (!good)
		form->review_error = critical ? "Write a time, such as 05:30"
		                              : "Write a date to come, such as 14/02/2030";
	else if (form->again <= answer->page->now)
		form->review_error = "Write a time that is still to come";
	else if (form->again > answer->review_most)
		form->review_error = "That is later than we may wait: choose an earlier time";
}

static void read_review(const struct answer *answer, struct answer_form *form)
{
	struct answer_review reviews[ANSWER_REVIEWS];
	size_t count = answer_reviews(answer, reviews);
	if (answer_ends_it(answer) || !form->review.length)
		return;
	if (text_equal(form->review, TEXT("time"))) {
		read_typed_time(answer, form);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (text_equal(form->review, text_of(reviews[i].value)))
			form->again = reviews[i].at;
}

static void read_pass(const struct answer *answer, struct answer_form *form)
{
	bool role = text_equal(form->to, TEXT("role"));
	if (!role && !text_equal(form->to, TEXT("next")))
		form->to_error = "Choose to whom you pass it on";
	else if (role && (!form->role.length || !directory_knows_role(answer->page->settings->directory, form->role)))
		form->role_error = "Choose a role";
	else if (role && !answer_passes_to(answer, form->role))
		form->role_error = "Nobody else holds that role now: choose another";
}

/* Ending what still stands: what is recorded was said, and nothing was chosen for them. */
static void read_end(const struct answer *answer, struct answer_form *form)
{
	if (text_equal(form->end, TEXT("keep"))) {
		form->what = ANSWER_ACT;
		buffer_string(&form->done, "Kept open: the record comes later");
		form->again = answer->review_after;
	} else if (text_equal(form->end, TEXT("wrong"))) {
		buffer_string(&form->done, "The record is wrong");
		if (form->words.length)
			buffer_format(&form->done, ": %s", buffer_cstr(&form->words));
	} else if (!text_equal(form->end, TEXT("other"))) {
		form->end_error = "Choose what you want to do";
	} else if (form->words.length) {
		buffer_text(&form->done, buffer_view(&form->words));
	} else if (!form->note_error) {
		form->note_error = "Write your reason";
	}
}

void answer_form_read(const struct answer *answer, struct answer_form *form)
{
	const struct http_incoming *request = answer->page->request;
	struct text what = http_form(request, "do");
	*form = (struct answer_form){.what = text_equal(what, TEXT("pass"))  ? ANSWER_PASS
	                                     : text_equal(what, TEXT("end")) ? ANSWER_END
	                                                                     : ANSWER_ACT,
	                             .action = http_form(request, "action"),
	                             .note = http_form(request, "note"),
	                             .review = http_form(request, "review"),
	                             .review_at = http_form(request, "review_at"),
	                             .to = http_form(request, "to"),
	                             .role = http_form(request, "role"),
	                             .end = http_form(request, "end"),
	                             .again = INSTANT_NONE};
	read_note(form);
	switch (form->what) {
	case ANSWER_ACT:
		read_action(answer, form);
		read_review(answer, form);
		break;
	case ANSWER_PASS:
		read_pass(answer, form);
		break;
	case ANSWER_END:
		read_end(answer, form);
		break;
	}
}

bool answer_form_good(const struct answer_form *form)
{
	return !form->form_error && !form->action_error && !form->note_error && !form->review_error &&
	       !form->to_error && !form->role_error && !form->end_error;
}

void answer_form_free(struct answer_form *form)
{
	buffer_free(&form->done);
	buffer_free(&form->words);
}

/* ---- the event ---- */

static void put_data(const struct answer *answer, const struct answer_form *form, struct json_writer *json)
{
	json_put_text(json, "alert", answer->alert->id);
	json_put_text(json, "by", answer->by);
	if (answer->person.length)
		json_put_text(json, "person", answer->person);
	if (form->what == ANSWER_ACT)
		json_put_text(json, "action", buffer_view(&form->done));
	else
		json_put_text(json, "reason",
		              form->what == ANSWER_PASS ? TEXT("not me") : buffer_view(&form->done));
	if (form->what == ANSWER_PASS && text_equal(form->to, TEXT("role")))
		json_put_text(json, "to", form->role);
	if (form->words.length)
		json_put_text(json, "note", buffer_view(&form->words));
	if (form->what == ANSWER_ACT && form->again != INSTANT_NONE)
		json_put_instant(json, "review_at", form->again);
}

enum result answer_form_hand_in(const struct answer *answer, const struct answer_form *form, const char *id,
                                struct fault *fault)
{
	static const char *const types[] = {"alert.acknowledged", "alert.passed_on", "alert.resolved"};
	const struct web_settings *settings = answer->page->settings;
	struct buffer bytes = {0};
	struct json_writer json = json_writer_on(&bytes);
	char name[WEB_FORM_ID_SIZE + 8];
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_string(&json, "id", id);
	json_put_string(&json, "source", ANSWER_SOURCE);
	json_put_string(&json, "type", types[form->what]);
	json_put_text(&json, "subject", answer->alert->subject);
	json_put_instant(&json, "time", answer->page->now);
	json_put_string(&json, "datacontenttype", "application/json");
	json_key(&json, "data");
	json_object(&json);
	put_data(answer, form, &json);
	json_object_end(&json);
	json_object_end(&json);
	buffer_char(&bytes, '\n');
	(void)snprintf(name, sizeof name, "answer-%s", id);
	enum result result = settings->hand_in(settings->context, name, buffer_view(&bytes), fault);
	buffer_free(&bytes);
	return result;
}
