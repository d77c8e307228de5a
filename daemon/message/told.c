/* told: who was told and how, the last answer, and what stands still. */
#include "message/page.h"

static void add_state(struct message_page *page, const struct message_told *told)
{
	switch (told->state) {
	case OUTBOX_ACCEPTED:
		buffer_string(&page->words, channel_words_called(text_of(told->channel))->accepted);
		break;
	case OUTBOX_DELIVERED:
		buffer_string(&page->words, "delivered");
		break;
	case OUTBOX_PENDING:
	case OUTBOX_SENDING:
		buffer_string(&page->words, "not yet sent");
		return;
	case OUTBOX_RETRY:
		buffer_string(&page->words, "not sent yet, being tried again");
		return;
	case OUTBOX_FAILED:
		buffer_string(&page->words, "could not be sent");
		return;
	case OUTBOX_GIVEN:
		buffer_string(&page->words, "taken by the service");
		break;
	case OUTBOX_UNCERTAIN:
		buffer_string(&page->words, "it is not certain that it arrived");
		return;
	}
	if (told->sent != INSTANT_NONE) {
		buffer_char(&page->words, ' ');
		words_clock(page->zone, told->sent, &page->words);
	}
}

static void put_way(struct message_page *page, struct data *ways, const struct message_told *told)
{
	message_begin(page);
	bool today = zone_date(page->zone, told->created) == page->today;
	if (!today) {
		words_day(zone_date(page->zone, told->created), WORDS_TABLE, &page->words);
		buffer_string(&page->words, ", ");
	}
	words_clock(page->zone, told->created, &page->words);
	buffer_format(&page->words, " by %s: ", told->channel);
	add_state(page, told);
	bool first = data_count(ways) == 0;
	struct data *way = data_item(ways);
	data_flag(way, "first_way", first);
	message_end(page, way, "way");
}

/* Earlier steps, by role: each way on a line. */
static void put_earlier(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "told");
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool again = told->step >= alert->step && alert->step > 0;
		for (size_t k = 0; k < i; k++)
			again = again || (alert->told[k].step < alert->step &&
			                  strcmp(alert->told[k].role_title, told->role_title) == 0);
		if (again)
			continue;
		struct data *row = data_item(list);
		data_string(row, "role", told->role_title);
		bool answered = alert->answer.at != INSTANT_NONE && alert->answer.role_title &&
		                strcmp(alert->answer.role_title, told->role_title) == 0;
		message_begin(page);
		if (answered)
			message_add_moment(page, alert->answer.at, false,
			                   message_form(page, alert->answer.at, WORDS_TABLE, WORDS_TABLE_YEAR));
		message_end(page, row, "answered");
		struct data *ways = data_list(row, "ways");
		for (size_t k = i; k < alert->told_count; k++)
			if ((alert->step == 0 || alert->told[k].step < alert->step) &&
			    strcmp(alert->told[k].role_title, told->role_title) == 0)
				put_way(page, ways, &alert->told[k]);
	}
}

/* Nobody was silent whom nothing reached. */
instant message_silent_since(const struct message_alert *alert, instant now)
{
	instant first = INSTANT_NEVER;
	for (size_t i = 0; i < alert->told_count; i++)
		if (alert->told[i].sent != INSTANT_NONE && alert->told[i].purpose != MESSAGE_WARNED)
			first = alert->told[i].created < first ? alert->told[i].created : first;
	if (alert->answer.at != INSTANT_NONE && first != INSTANT_NEVER && alert->answer.at > first)
		first = alert->answer.review_at != INSTANT_NONE && alert->answer.review_at < now
		                ? alert->answer.review_at
		                : alert->answer.at;
	return first;
}

void message_put_silence(struct message_page *page)
{
	instant first = message_silent_since(page->alert, page->input->now);
	message_begin(page);
	if (first != INSTANT_NEVER && page->input->now - first >= MINUTE)
		words_span(page->input->now - first, &page->words);
	message_end(page, page->root, "silence");
}

static void add_channels(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *seen[CHANNEL_KINDS];
	size_t count = 0;
	for (size_t i = 0; i < alert->told_count && count < CHANNEL_KINDS; i++) {
		bool mine = alert->told[i].step == alert->step && page->input->role_title &&
		            strcmp(alert->told[i].role_title, page->input->role_title) == 0;
		for (size_t k = 0; k < count && mine; k++)
			mine = strcmp(seen[k], alert->told[i].channel) != 0;
		if (mine)
			seen[count++] = alert->told[i].channel;
	}
	for (size_t i = 0; i < count; i++)
		buffer_format(&page->words, "%s%s", i ? words_between(i, count) : ", by ", seen[i]);
}

/* "Told at 02:10: you, by email and text", "Told on Thursday 30 January at 08:00: you, the social worker and the team
 * manager". */
static void put_you(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	const char *own = page->input->role ? page->input->role : "";
	size_t others = 0, at = 1;
	for (size_t i = 0; i < payload->tell_count; i++)
		others += !text_equal(payload->tell[i], text_of(own));
	message_begin(page);
	buffer_string(&page->words, "Told ");
	if (page->alert->severity != SEVERITY_CRITICAL && page->input->purpose != MESSAGE_WARNED) {
		buffer_string(&page->words, "on ");
		words_day(page->today, WORDS_FULL, &page->words);
		buffer_char(&page->words, ' ');
	}
	buffer_string(&page->words, "at ");
	words_clock(page->zone, page->input->now, &page->words);
	buffer_string(&page->words, ": you");
	if (!others)
		add_channels(page);
	for (size_t i = 0; i < payload->tell_count; i++) {
		if (text_equal(payload->tell[i], text_of(own)))
			continue;
		buffer_string(&page->words, words_between(at++, others + 1));
		message_add_roles(page, &payload->tell[i], 1, NULL);
	}
	message_end(page, page->root, "told_line");
}

/* For a message that follows another: when this reader got that one, and who else did. */
static void put_everyone(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char **seen = arena_alloc(page->arena, (alert->told_count + 1) * sizeof *seen);
	size_t count = 0;
	instant mine = INSTANT_NEVER;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool own = page->input->role_title && strcmp(told->role_title, page->input->role_title) == 0;
		bool again = told->sent == INSTANT_NONE;
		if (own && told->sent != INSTANT_NONE && told->sent < mine)
			mine = told->sent;
		for (size_t k = 0; k < count && !again; k++)
			again = strcmp(seen[k], told->role_title) == 0;
		if (!again)
			seen[count++] = told->role_title;
	}
	message_begin(page);
	for (size_t i = 0; i < count; i++)
		buffer_format(&page->words, "%s%s", words_between(i, count), seen[i]);
	message_end(page, page->root, "everyone");
	message_begin(page);
	if (mine != INSTANT_NEVER)
		message_add_when(page, mine);
	message_end(page, page->root, "told_you");
	data_string(page->root, "severity_small", severity_name(alert->severity));
}

/* Those of earlier steps whom something reached and who have not answered. */
static void put_before(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char **titles = arena_alloc(page->arena, (alert->told_count + 1) * sizeof *titles);
	size_t count = 0;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool again = told->sent == INSTANT_NONE || told->step >= alert->step;
		for (size_t k = 0; k < count && !again; k++)
			again = strcmp(titles[k], told->role_title) == 0;
		if (!again)
			titles[count++] = told->role_title;
	}
	message_begin(page);
	for (size_t i = 0; i < count; i++) {
		buffer_format(&page->words, "%sthe ", i == 0 ? "" : i + 1 == count ? " or " : ", ");
		words_in_sentence(titles[i], &page->words);
	}
	message_end(page, page->root, "told_before");
}

/* Told by this very message, and nobody besides. */
static void put_alone(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	bool alone = alert->told_count > 0 && page->input->person;
	for (size_t i = 0; i < alert->told_count; i++)
		alone = alone && text_equal(alert->told[i].person, text_of(page->input->person->id));
	data_flag(page->root, "nobody_else", alone);
}

void message_put_told(struct message_page *page)
{
	put_earlier(page);
	message_put_silence(page);
	put_you(page);
	put_everyone(page);
	put_before(page);
	put_alone(page);
	message_put_any(page->root, "told_any", "told");
}
