/* page: what stands at the top of every message: what, for whom, by when, who is next, where to answer. */
#include "message/page.h"

#include "text/place.h"

static void put_next(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	message_begin(page);
	message_add_roles(page, payload->next, payload->next_count, NULL);
	message_end(page, page->root, "next");
	data_flag(page->root, "next_are", payload->next_count > 1);
	data_flag(page->root, "last_step", payload->next_count == 0);
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	if (strncmp(buffer_cstr(&sentence), "The ", 4) == 0 && payload->next_count == 1)
		data_string(page->root, "next_alone", buffer_cstr(&sentence) + 4);
	else
		data_text(page->root, "next_alone", buffer_view(&sentence));
	buffer_free(&sentence);
	/* "at 02:40", "after Friday 31 January" */
	message_begin(page);
	if (message_has_time(payload->answer_by)) {
		civil_day day = zone_date(page->zone, payload->answer_by);
		if (zone_midnight(page->zone, day) == payload->answer_by) {
			buffer_string(&page->words, "after ");
			words_day(day - 1, WORDS_FULL, &page->words);
		} else {
			buffer_string(&page->words, "at ");
			words_answer_by(page->zone, payload->answer_by, page->input->now, &page->words);
		}
	}
	message_end(page, page->root, "next_when");
}

static void put_phone(struct message_page *page)
{
	const char *phone = page->input->directory && page->input->directory->duty_phone
	                            ? page->input->directory->duty_phone
	                            : "";
	message_begin(page);
	phone_dialled(phone, &page->words);
	message_end(page, page->root, "duty_tel");
	message_begin(page);
	phone_shown(phone, &page->words);
	message_end(page, page->root, "duty_phone");
}

static void put_reader(struct message_page *page)
{
	const struct message_input *input = page->input;
	message_begin(page);
	words_in_sentence(input->role_title ? input->role_title : "reader of this message", &page->words);
	if (input->team_title && input->team_title[0])
		buffer_format(&page->words, ", %s", input->team_title);
	message_end(page, page->root, "reader");
	message_begin(page);
	message_add_moment(page, input->now, false, WORDS_FULL_YEAR);
	message_end(page, page->root, "sent");
	data_string(page->root, "council", input->council);
}

/* "Critical alert A-2041: not answered": the title of the page, never on the screen of a phone. */
static void put_title(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *word = message_severity_word(alert->severity);
	long long number = MESSAGE_NUMBER(alert);
	struct data *root = page->root;
	switch (page->input->purpose) {
	case MESSAGE_OPENED:
	case MESSAGE_PASSED_ON:
		data_format(root, "page_title", "%s alert A-%lld", word, number);
		break;
	case MESSAGE_WARNED:
		data_format(root, "page_title", "Early warning A-%lld", number);
		break;
	case MESSAGE_UPDATED:
		data_format(root, "page_title", "%s alert A-%lld has changed", word, number);
		break;
	case MESSAGE_ESCALATED:
		data_format(root, "page_title", "%s alert A-%lld: not answered", word, number);
		break;
	case MESSAGE_ASKED_AGAIN:
		data_format(root, "page_title", "%s alert A-%lld: the cause is still there", word, number);
		break;
	case MESSAGE_ANSWERED:
		data_format(root, "page_title", "Alert A-%lld was answered", number);
		break;
	case MESSAGE_REVIEW_CUT:
		data_format(root, "page_title", "Alert A-%lld: we ask again sooner", number);
		break;
	case MESSAGE_RESOLVED:
		data_format(root, "page_title", "Alert A-%lld has ended", number);
		break;
	case MESSAGE_WITHDRAWN:
		data_format(root, "page_title", "Alert A-%lld is withdrawn", number);
		break;
	case MESSAGE_OPS:
	case MESSAGE_LIST:
		data_string(root, "page_title", "casewatch");
		break;
	}
	if (page->input->alert_count > 1)
		data_format(root, "page_title", "%zu alerts %s", page->input->alert_count,
		            message_is_all_over(page->input) ? "need nothing more from you" : "for you");
	message_begin(page);
	message_subject(page->input, &page->words);
	message_end(page, root, "subject");
}

static void put_one(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	bool phone = data_value(data_get(page->root, TEXT("duty_phone"))).length > 0;
	const char *url = alert->answer_url ? alert->answer_url : "";
	const char *warning = alert->rule ? alert->rule->warning_title : NULL;
	data_format(page->root, "number", "A-%lld", MESSAGE_NUMBER(alert));
	data_string(page->root, "title", page->input->purpose == MESSAGE_WARNED && warning ? warning : alert->title);
	message_put_severity(page->root, alert->severity);
	message_put_answer_by(page, page->root, alert->payload);
	put_next(page);
	data_string(page->root, "answer_url", url);
	data_flag(page->root, "page", url[0] && page->input->purpose != MESSAGE_WARNED);
	data_flag(page->root, "by_phone", !url[0] && phone);
	data_flag(page->root, "old_news", alert->payload->old_news);
	message_begin(page);
	if (message_has_time(alert->payload->caused))
		message_add_full(page, alert->payload->caused, false);
	message_end(page, page->root, "caused");
	message_put_facts(page);
	message_put_evidence(page);
	message_put_to_do(page);
	message_put_told(page);
	message_put_answer(page);
	message_put_cause(page);
	message_put_end(page);
	message_put_warning(page);
}

struct data *message_page(const struct message_input *input, bool lead, struct arena *arena)
{
	struct message_page page = {.input = input, .arena = arena, .zone = calendar_zone(input->calendar),
	                            .alert = &input->alerts[0],
	                            .root = data_new(DATA_MAP, arena)};
	page.today = zone_date(page.zone, input->now);
	put_reader(&page);
	put_phone(&page);
	put_title(&page);
	data_flag(page.root, "lead", lead);
	data_flag(page.root, "warning", input->purpose == MESSAGE_WARNED);
	if (input->alert_count > 1)
		message_put_several(&page);
	else
		put_one(&page);
	buffer_free(&page.words);
	return page.root;
}

void message_lead(struct data *page)
{
	data_flag(page, "lead", true);
}

struct data *message_data(const struct message_input *input, struct arena *arena)
{
	return message_page(input, false, arena);
}
