/* page: what stands at the top of every message: what, for whom, by when, who is next, where to answer. */
#include "message/page.h"

static const char *severity_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return "Critical";
	case SEVERITY_HIGH:
		return "High";
	case SEVERITY_NORMAL:
		return "Normal";
	}
	return "";
}

void message_add_moment(struct message_page *page, instant at, bool day_only, enum words_form form)
{
	words_moment(page->zone, (struct words_moment){at, day_only}, form, &page->words);
}

static const char *role_title(const struct message_page *page, struct text role)
{
	const char *id = arena_copy_text(page->arena, role.at ? role.at : "", role.length);
	return page->input->directory ? directory_role_title(page->input->directory, id) : id;
}

void message_add_roles(struct message_page *page, const struct text *roles, size_t count, const char *skip)
{
	size_t left = 0, at = 0;
	for (size_t i = 0; i < count; i++)
		left += !skip || !text_equal(roles[i], text_of(skip));
	for (size_t i = 0; i < count; i++) {
		if (skip && text_equal(roles[i], text_of(skip)))
			continue;
		buffer_string(&page->words, words_between(at++, left));
		buffer_string(&page->words, "the ");
		words_in_sentence(role_title(page, roles[i]), &page->words);
	}
}

static void put_severity(struct data *map, enum severity severity)
{
	data_string(map, "severity", severity_word(severity));
	data_flag(map, "critical", severity == SEVERITY_CRITICAL);
	data_flag(map, "high", severity == SEVERITY_HIGH);
	data_flag(map, "normal", severity == SEVERITY_NORMAL);
}

static bool has_time(instant at)
{
	return at != INSTANT_NONE && at != INSTANT_NEVER;
}

/* "02:40", "the end of Friday 31 January"; empty where nothing follows. */
static void put_answer_by(struct message_page *page, struct data *map, const struct payload *payload)
{
	message_begin(page);
	if (has_time(payload->answer_by))
		words_answer_by(page->zone, payload->answer_by, page->input->now, &page->words);
	message_end(page, map, "answer_by");
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	data_text(map, "answer_by_alone", buffer_view(&sentence)); /* "The end of Friday 31 January" */
	buffer_free(&sentence);
}

static void put_next(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	message_begin(page);
	message_add_roles(page, payload->next, payload->next_count, NULL);
	message_end(page, page->root, "next");
	data_flag(page->root, "next_are", payload->next_count > 1);
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	if (strncmp(buffer_cstr(&sentence), "The ", 4) == 0 && payload->next_count == 1)
		data_string(page->root, "next_alone", buffer_cstr(&sentence) + 4);
	else
		data_text(page->root, "next_alone", buffer_view(&sentence));
	buffer_free(&sentence);
	/* "at 02:40", "after Friday 31 January" */
	message_begin(page);
	if (has_time(payload->answer_by)) {
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

/* A number as a telephone dials it, and with spaces that do not break. */
static void put_phone(struct message_page *page)
{
	const char *phone = page->input->directory && page->input->directory->duty_phone
	                            ? page->input->directory->duty_phone
	                            : "";
	message_begin(page);
	for (const char *c = phone; *c; c++) {
		if (c == phone && *c == '0')
			buffer_string(&page->words, "+44");
		else if ((*c >= '0' && *c <= '9') || (c == phone && *c == '+'))
			buffer_char(&page->words, *c);
	}
	message_end(page, page->root, "duty_tel");
	message_begin(page);
	for (const char *c = phone; *c; c++)
		buffer_add(&page->words, *c == ' ' ? "\xc2\xa0" : c, *c == ' ' ? 2 : 1);
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
}

/* "Critical alert A-2041: not answered": the title of the page, never on the screen of a phone. */
static void put_title(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *word = severity_word(alert->severity);
	long long number = MESSAGE_NUMBER(alert);
	struct data *root = page->root;
	switch (page->input->purpose) {
	case MESSAGE_OPENED:
		if (page->input->alert_count > 1)
			data_format(root, "page_title", "%zu alerts for you", page->input->alert_count);
		else
			data_format(root, "page_title", "%s alert A-%lld", word, number);
		break;
	case MESSAGE_WARNED:
		data_string(root, "page_title", "Early warning");
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
	case MESSAGE_RESOLVED:
		data_format(root, "page_title", "Alert A-%lld is closed", number);
		break;
	case MESSAGE_WITHDRAWN:
		data_format(root, "page_title", "Alert A-%lld is withdrawn", number);
		break;
	case MESSAGE_OPS:
	case MESSAGE_LIST:
		data_string(root, "page_title", "casewatch");
		break;
	}
	message_begin(page);
	message_subject(page->input, &page->words);
	message_end(page, root, "subject");
}

static void put_one(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	if (alert->number && page->input->purpose != MESSAGE_WARNED) /* an early warning is no alert yet */
		data_format(page->root, "number", "A-%lld", MESSAGE_NUMBER(alert));
	else
		data_string(page->root, "number", "");
	data_string(page->root, "title", alert->title);
	put_severity(page->root, alert->severity);
	put_answer_by(page, page->root, alert->payload);
	put_next(page);
	data_string(page->root, "answer_url", alert->answer_url ? alert->answer_url : "");
	data_flag(page->root, "restricted", alert->restricted);
	data_flag(page->root, "old_news", alert->payload->old_news);
	message_begin(page);
	if (has_time(alert->payload->caused))
		message_add_moment(page, alert->payload->caused, false, WORDS_FULL);
	message_end(page, page->root, "caused");
	message_begin(page);
	if (has_time(alert->payload->at))
		words_clock(page->zone, alert->payload->at, &page->words);
	message_end(page, page->root, "changed_at");
	data_text(page->root, "reason", alert->restricted ? TEXT_NONE : alert->payload->reason);
	message_put_facts(page);
	message_put_evidence(page);
	message_put_to_do(page);
	message_put_told(page);
}

/* The same, shorter, for each of several. */
static void put_several(struct message_page *page)
{
	const struct message_input *input = page->input;
	struct data *alerts = data_list(page->root, "alerts");
	instant first = INSTANT_NEVER;
	put_severity(page->root, SEVERITY_HIGH);
	data_format(page->root, "count", "%zu", input->alert_count);
	message_begin(page);
	for (size_t i = 0; i < input->alert_count; i++)
		buffer_format(&page->words, "%sA-%lld", words_between(i, input->alert_count), MESSAGE_NUMBER(&input->alerts[i]));
	message_end(page, page->root, "numbers");
	for (size_t i = 0; i < input->alert_count; i++) {
		const struct message_alert *alert = &input->alerts[i];
		struct data *map = data_item(alerts);
		struct message_page one = {.input = input, .alert = alert, .zone = page->zone, .today = page->today,
		                           .arena = page->arena, .root = map};
		data_format(map, "number", "A-%lld", MESSAGE_NUMBER(alert));
		data_string(map, "title", alert->title);
		put_severity(map, alert->severity);
		put_answer_by(&one, map, alert->payload);
		data_string(map, "answer_url", alert->answer_url ? alert->answer_url : "");
		message_put_facts(&one);
		message_put_silence(&one);
		data_flag(map, "escalated", alert->step > 1);
		buffer_free(&one.words);
		if (has_time(alert->payload->answer_by) && alert->payload->answer_by < first)
			first = alert->payload->answer_by;
	}
	message_begin(page);
	if (first != INSTANT_NEVER && first == zone_midnight(page->zone, page->today + 1))
		buffer_string(&page->words, "today");
	else if (first != INSTANT_NEVER)
		words_answer_by(page->zone, first, input->now, &page->words);
	message_end(page, page->root, "first_to_answer");
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
	data_flag(page.root, "several", input->alert_count > 1);
	data_flag(page.root, "warning", input->purpose == MESSAGE_WARNED);
	if (input->alert_count > 1)
		put_several(&page);
	else
		put_one(&page);
	buffer_free(&page.words);
	return page.root;
}
