/* ended: what changed the records or ended the alert, and what stands still. */
#include "message/page.h"

/* ---- what changed ---- */

static const char *change_verb(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_WITHDREW:
		return "withdrew";
	case CHANGE_CORRECTED:
		return "corrected";
	case CHANGE_ADDED:
		return "added";
	case CHANGE_UNKNOWN:
		return "";
	}
	return "";
}

/* The time at which the records changed: "At 02:31", and inside a sentence. */
static void put_when(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	message_begin(page);
	if (message_has_time(payload->at))
		message_add_when(page, payload->at);
	message_end(page, page->root, "changed_when_alone");
	message_end_sentence(page, page->root, "changed_when");
}

static void put_change(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct message_change *change = &alert->change;
	struct data *root = page->root;
	bool records = data_holds(data_get(root, TEXT("by_records")));
	bool withdrawn = page->input->purpose == MESSAGE_WITHDRAWN;
	/* A withdrawal names the record; a change only counts them: the facts beside it say what they are. */
	bool named =
		records && change->kind != CHANGE_UNKNOWN && (withdrawn ? change->title != NULL : change->count > 0);
	data_string(root, "change", named && !(withdrawn && alert->restricted) ? change_verb(change->kind) : "");
	data_flag(root, "changed_otherwise", records && !named);
	message_begin(page);
	if (change->count == 1)
		buffer_string(&page->words, "a record");
	else
		buffer_format(&page->words, "%zu records", change->count);
	message_end(page, root, "change_count");
	message_begin(page);
	words_in_sentence(change->title && !alert->restricted ? change->title : "", &page->words);
	message_end(page, root, "change_record");
	data_flag(root, "without", change->kind == CHANGE_WITHDREW && change->of_cause);
	put_when(page);
}

/* Whether the time to answer is that of the message before, as this reader was told it. */
static void put_time_moved(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct message_told *before = NULL;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool own = page->input->role_title && strcmp(told->role_title, page->input->role_title) == 0;
		if (own && told->sent != INSTANT_NONE && message_has_time(told->answer_by))
			before = told;
	}
	bool known = before && message_has_time(alert->payload->answer_by);
	bool same = known && before->answer_by == alert->payload->answer_by;
	data_flag(page->root, "time_same", same);
	message_begin(page);
	if (known && !same)
		words_answer_by(page->zone, before->answer_by, page->input->now, &page->words);
	message_end(page, page->root, "time_moved");
}

/* ---- what ended it ---- */

static void put_ended(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct message_event *end = alert->restricted ? NULL : alert->ended_by;
	struct data *root = page->root;
	bool said = alert->payload->answered_at != INSTANT_NONE || alert->payload->by.length;
	/* Only what a record or a date ended has an hour of its own; what a person closed was closed by them. */
	message_begin(page);
	if (end)
		message_add_full(page, end->event->time, end->event->day_precision);
	message_end(page, root, "ended_at");
	message_begin(page);
	if (end) {
		buffer_format(&page->words, "%s, ", end->title);
		message_add_full(page, end->event->time, end->event->day_precision);
	}
	message_end(page, root, "ended_by");
	message_begin(page);
	if (end && message_has_time(end->recorded))
		message_add_full(page, end->recorded, false);
	else
		buffer_string(&page->words, "Not recorded");
	message_end(page, root, "ended_recorded");
	message_begin(page);
	if (end && message_has_time(end->recorded) && !end->event->day_precision &&
	    end->recorded - end->event->time >= MINUTE)
		words_span(end->recorded - end->event->time, &page->words);
	message_end(page, root, "ended_later");
	data_flag(root, "by_answer",
	          !alert->ended_by && said && alert->rule && alert->rule->momentary &&
	                  alert->answer.at != INSTANT_NONE);
	message_begin(page);
	words_in_sentence(message_role_title(page, alert->payload->by), &page->words);
	bool by_person =
		!alert->ended_by && said && page->words.length && !data_holds(data_get(root, TEXT("by_answer")));
	if (!by_person)
		message_begin(page);
	message_end(page, root, "closer_role");
	data_flag(root, "by_person", by_person);
	message_begin(page);
	if (!alert->restricted)
		words_sentence(alert->payload->reason, &page->words);
	message_end(page, root, "reason");
}

static void put_clocks(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "clocks");
	for (size_t i = 0; i < alert->clock_count && !alert->restricted; i++) {
		struct data *row = data_item(list);
		data_string(row, "clock", alert->clocks[i].what);
		message_begin(page);
		words_until(page->zone, alert->clocks[i].due,
		            message_form(page, alert->clocks[i].due, WORDS_FULL, WORDS_FULL_YEAR), &page->words);
		message_end(page, row, "by");
	}
}

/* ---- what stands still ---- */

static void put_standing_one(struct message_page *page, struct data *row, const struct message_standing *standing)
{
	data_format(row, "number", "A-%lld", (long long)standing->number);
	data_string(row, "title", standing->title);
	message_begin(page);
	words_in_sentence(standing->title, &page->words);
	message_end(page, row, "title_alone");
	message_begin(page);
	for (size_t i = 0; i < standing->told_count; i++) {
		buffer_string(&page->words, words_between(i, standing->told_count));
		if (i)
			words_in_sentence(standing->told[i], &page->words);
		else
			buffer_string(&page->words, standing->told[i]);
	}
	message_end(page, row, "told_whom");
	message_begin(page);
	if (standing->told_count && message_has_time(standing->told_at)) {
		bool near = page->input->now - standing->told_at < 12 * HOUR;
		if (near) {
			buffer_string(&page->words, "at ");
			words_clock(page->zone, standing->told_at, &page->words);
		} else {
			message_add_when(page, standing->told_at);
		}
	}
	message_end(page, row, "told_when");
	message_begin(page);
	if (standing->acknowledged && message_has_time(standing->answered_at)) {
		if (page->input->now - standing->answered_at >= 12 * HOUR) {
			message_add_full(page, standing->answered_at, false);
		} else {
			words_clock(page->zone, standing->answered_at, &page->words);
		}
	} else if (standing->acknowledged) {
		buffer_string(&page->words, "already");
	}
	message_end(page, row, "answered");
}

static void put_standing(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "standing");
	for (size_t i = 0; i < alert->standing_count && !alert->restricted; i++)
		put_standing_one(page, data_item(list), &alert->standing[i]);
	message_put_any(page->root, "standing_any", "standing");
	message_begin(page);
	if (alert->standing_more && !alert->restricted)
		buffer_format(&page->words, "%zu", alert->standing_more);
	data_text(page->root, "standing_more", buffer_view(&page->words));
	message_begin(page);
	words_in_sentence(message_subject_label(alert), &page->words);
	data_text(page->root, "whose",
	          strcmp(buffer_cstr(&page->words), "about") == 0 ? TEXT("record") : buffer_view(&page->words));
}

void message_put_end(struct message_page *page)
{
	put_change(page);
	put_time_moved(page);
	put_ended(page);
	put_clocks(page);
	put_standing(page);
}
