/* phrases: words that several parts of a message share. */
#include "message/page.h"

const char *message_severity_word(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return "Critical";
	case SEVERITY_HIGH:
		return "High";
	case SEVERITY_NORMAL:
		return "Normal";
	}
	return "Normal";
}

void message_put_severity(struct data *map, enum severity severity)
{
	data_string(map, "severity", message_severity_word(severity));
	data_flag(map, "critical", severity == SEVERITY_CRITICAL);
	data_flag(map, "high", severity == SEVERITY_HIGH);
	data_flag(map, "normal", severity == SEVERITY_NORMAL);
}

const char *message_role_title(const struct message_page *page, struct text role)
{
	const char *id = arena_copy_text(page->arena, role.at ? role.at : "", role.length);
	return page->input->directory ? directory_role_title(page->input->directory, id) : id;
}

enum words_form message_form(const struct message_page *page, instant at, enum words_form form,
                             enum words_form with_year)
{
	int year, this_year, month, day;
	day_split(zone_date(page->zone, at), &year, &month, &day);
	day_split(page->today, &this_year, &month, &day);
	return year == this_year ? form : with_year;
}

void message_add_moment(struct message_page *page, instant at, bool day_only, enum words_form form)
{
	words_moment(page->zone, (struct words_moment){at, day_only}, form, &page->words);
}

void message_add_full(struct message_page *page, instant at, bool day_only)
{
	message_add_moment(page, at, day_only, message_form(page, at, WORDS_FULL, WORDS_FULL_YEAR));
}

void message_add_when(struct message_page *page, instant at)
{
	if (zone_date(page->zone, at) == page->today) {
		buffer_string(&page->words, "at ");
		words_clock(page->zone, at, &page->words);
	} else {
		buffer_string(&page->words, "on ");
		message_add_full(page, at, false);
	}
}

void message_add_set_time(struct message_page *page, instant at)
{
	if (zone_midnight(page->zone, zone_date(page->zone, at)) != at) {
		message_add_when(page, at);
		return;
	}
	buffer_string(&page->words, "at ");
	words_until(page->zone, at, message_form(page, at - 1, WORDS_FULL, WORDS_FULL_YEAR), &page->words);
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
		words_in_sentence(message_role_title(page, roles[i]), &page->words);
	}
}

void message_add_going_on(struct message_page *page, struct text words)
{
	size_t start = page->words.length;
	buffer_text(&page->words, words);
	bool capital = words.length > 1 && words.at[0] >= 'A' && words.at[0] <= 'Z';
	if (capital && ((words.at[1] >= 'a' && words.at[1] <= 'z') || words.at[1] == ' '))
		page->words.at[start] = (char)(words.at[0] + 32);
}

void message_put_any(struct data *map, const char *name, const char *list)
{
	data_flag(map, name, data_count(data_get(map, text_of(list))) > 0);
}

void message_end_sentence(struct message_page *page, struct data *map, const char *name)
{
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	data_text(map, name, buffer_view(&sentence));
	buffer_free(&sentence);
}

void message_put_answer_by(struct message_page *page, struct data *map, const struct payload *payload)
{
	message_begin(page);
	if (message_has_time(payload->answer_by))
		words_answer_by(page->zone, payload->answer_by, page->input->now, &page->words);
	message_end(page, map, "answer_by");
}
