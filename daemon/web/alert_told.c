/* alert_told: each message about an alert, what the server said, and what was answered. */
#include "web/alert_page.h"

#include "message/message.h"
#include "people/channels.h"
#include "store/outbox/payload.h"
#include "time/instant.h"
#include "time/words.h"

#include <ctype.h>

/* The newest acknowledgement; NULL: there is none. */
static const struct event *newest_answer(const struct explained *explained)
{
	const struct event *found = NULL;
	for (size_t i = 0; i < explained->answer_count; i++)
		if (explained->answers[i].event.type == TYPE_ID_ALERT_ACKNOWLEDGED)
			found = &explained->answers[i].event;
	return found;
}

static const char *purpose_note(enum message_purpose purpose)
{
	switch (purpose) {
	case MESSAGE_WARNED: return ": early warning";
	case MESSAGE_UPDATED: return ": it changed";
	case MESSAGE_ASKED_AGAIN: return ": asked again";
	case MESSAGE_PASSED_ON: return ": passed on";
	case MESSAGE_ANSWERED: return ": it was answered";
	case MESSAGE_REVIEW_CUT: return ": the review time was cut";
	case MESSAGE_RESOLVED: return ": it ended";
	case MESSAGE_WITHDRAWN: return ": it was withdrawn";
	case MESSAGE_OPENED:
	case MESSAGE_ESCALATED:
	case MESSAGE_LIST:
	case MESSAGE_OPS: break;
	}
	return "";
}

static void capitalise(struct shown_page *shown)
{
	if (shown->words.length)
		shown->words.at[0] = (char)toupper((unsigned char)shown->words.at[0]);
}

/* What came back: a word, whether it is bad, and who said it. */
static void put_state(struct shown_page *shown, const struct outbox_row *row, struct data *cells)
{
	bool bad = false;
	shown_begin(shown);
	switch (row->state) {
	case OUTBOX_ACCEPTED: buffer_string(&shown->words, channel_words_called(row->channel)->accepted); break;
	case OUTBOX_DELIVERED: buffer_string(&shown->words, "Delivered"); break;
	case OUTBOX_PENDING: buffer_string(&shown->words, "Not sent yet"); break;
	case OUTBOX_SENDING: buffer_string(&shown->words, "Being sent"); break;
	case OUTBOX_GIVEN:
		buffer_string(&shown->words, "Taken by the service, which will say whether it arrived");
		break;
	case OUTBOX_RETRY: bad = true, buffer_string(&shown->words, "Refused for now, being tried again"); break;
	case OUTBOX_FAILED: bad = true, buffer_string(&shown->words, "Not delivered"); break;
	case OUTBOX_UNCERTAIN: bad = true, buffer_string(&shown->words, "Perhaps accepted, sent again"); break;
	}
	capitalise(shown);
	shown_end(shown, cells, "came_back");
	data_flag(cells, "bad", bad);
	shown_begin(shown);
	if (row->sent != INSTANT_NONE)
		words_clock(shown->page->zone, row->sent, &shown->words);
	else if (row->state == OUTBOX_PENDING && row->not_before > shown->page->now)
		buffer_string(&shown->words, "goes at "), shown_when(shown, row->not_before);
	if (row->attempts > 1)
		buffer_format(&shown->words, "%s%d attempts", shown->words.length ? ", " : "", row->attempts);
	if (row->possible_duplicate)
		buffer_format(&shown->words, "%sperhaps twice", shown->words.length ? ", " : "");
	shown_end(shown, cells, "came_back_at");
	data_text(cells, "said", row->reply);
}

/* The answer that its reader's role gave after it; "None" by when; "None needed". */
static void put_answered(struct shown_page *shown, const struct outbox_row *row, const struct explained *explained,
                         struct data *cells)
{
	bool asks = !message_needs_nothing(message_purpose_of(row->purpose)) && row->kind != OUTBOX_WARNING;
	uint16_t by = schema_name(TEXT("by"));
	data_flag(cells, "unanswered", false);
	shown_begin(shown);
	for (size_t i = 0; i < explained->answer_count && asks && !shown->words.length; i++) {
		const struct event *event = &explained->answers[i].event;
		if (event->time >= row->created && text_equal(event_string(event, by), row->role))
			shown_moment(shown, event->time, false);
	}
	if (!asks)
		buffer_string(&shown->words, "None needed");
	else if (!shown->words.length)
		data_flag(cells, "unanswered", true);
	shown_end(shown, cells, "answered");
}

static void put_message(struct shown_page *shown, const struct outbox_row *row, const struct sight_child *of,
                        const struct explained *explained, struct data *list)
{
	struct data *cells = data_item(list);
	shown_begin(shown);
	shown_moment(shown, row->sent != INSTANT_NONE ? row->sent : row->created, false);
	shown_end(shown, cells, "told_at");
	shown_begin(shown);
	shown_role(shown, row->role, row->person, of);
	buffer_string(&shown->words,
	              row->kind == OUTBOX_WARNING ? ": early warning" : purpose_note(message_purpose_of(row->purpose)));
	shown_end(shown, cells, "who");
	shown_begin(shown);
	buffer_text(&shown->words, row->channel.length ? row->channel : TEXT("not chosen yet"));
	capitalise(shown);
	shown_end(shown, cells, "how");
	put_state(shown, row, cells);
	put_answered(shown, row, explained, cells);
}

static void put_pages_opened(struct shown_page *shown, const struct explained *explained)
{
	instant first = INSTANT_NONE, last = INSTANT_NONE;
	for (size_t i = 0; i < explained->act_count; i++)
		if (text_equal(explained->acts[i].what, TEXT("page.opened"))) {
			first = first == INSTANT_NONE ? explained->acts[i].at : first;
			last = explained->acts[i].at;
		}
	shown_begin(shown);
	if (first != INSTANT_NONE) {
		buffer_string(&shown->words, "A page that names it was first opened ");
		shown_moment(shown, first, false);
	}
	if (last - first >= MINUTE) {
		buffer_string(&shown->words, ", last ");
		shown_moment(shown, last, false);
	}
	buffer_string(&shown->words, shown->words.length ? "." : "");
	shown_end(shown, shown->root, "pages_opened");
}

static void put_last_answer(struct shown_page *shown, const struct explained *explained, const struct sight_child *of)
{
	const struct event *event = newest_answer(explained);
	struct data *root = shown->root;
	const char *why;
	instant at;
	data_flag(root, "answer_any", event != NULL);
	data_text(root, "answer_done", event ? event_string(event, schema_name(TEXT("action"))) : TEXT_NONE);
	data_text(root, "answer_note", event ? event_string(event, schema_name(TEXT("note"))) : TEXT_NONE);
	struct text review = event ? event_string(event, schema_name(TEXT("review_at"))) : TEXT_NONE;
	bool says = review.length && instant_parse(review, &at, &why);
	if (event && !says)
		at = explained->row.review_at;
	shown_begin(shown);
	if (event && at != INSTANT_NONE && at != INSTANT_NEVER)
		words_moment(shown->page->zone, (struct words_moment){.at = at}, WORDS_FULL, &shown->words);
	shown_end(shown, root, "asked_again");
	data_flag(root, "review_said", says);
	shown_begin(shown);
	if (event) {
		words_moment(shown->page->zone, (struct words_moment){.at = event->time}, WORDS_FULL, &shown->words);
		buffer_string(&shown->words, ", by the ");
		shown_answerer(shown, event, of);
	}
	shown_end(shown, root, "answered_full");
}

void alert_page_told(struct shown_page *shown, const struct sight_child *of, const struct explained *explained)
{
	struct data *list = data_list(shown->root, "told");
	size_t first = ALERT_MESSAGES_SHOWN, count = explained->told_count;
	size_t last = count > 2 * first ? count - first : first;
	for (size_t i = 0; i < count; i++)
		if (i < first || i >= last)
			put_message(shown, &explained->told[i], of, explained, list);
	data_format(shown->root, "told_count", "%zu", count);
	data_format(shown->root, "told_between", "%zu", last - first);
	data_flag(shown->root, "told_cut", last > first);
	data_flag(shown->root, "told_any", count > 0);
	put_pages_opened(shown, explained);
	put_last_answer(shown, explained, of);
}
