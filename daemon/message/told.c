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

/* The newest answer in the role; INSTANT_NONE: none. */
static instant answered_in(const struct message_alert *alert, const char *role_title)
{
	const struct message_answer *last = &alert->answer;
	for (size_t i = alert->reaction_count; i-- > 0;)
		if (!alert->reactions[i].passed_on && strcmp(alert->reactions[i].role_title, role_title) == 0)
			return alert->reactions[i].at;
	bool own = !alert->reaction_count && last->role_title && strcmp(last->role_title, role_title) == 0;
	return own ? last->at : INSTANT_NONE;
}

static instant passed_on_by(const struct message_alert *alert, const struct message_told *told)
{
	for (size_t i = alert->reaction_count; i-- > 0;) {
		const struct message_reaction *one = &alert->reactions[i];
		if (one->passed_on && one->at >= told->created && strcmp(one->role_title, told->role_title) == 0 &&
		    (!one->person.length || text_equal(one->person, told->person)))
			return one->at;
	}
	return INSTANT_NONE;
}

/* It asks for no answer. */
static bool says_only(enum message_purpose purpose)
{
	return message_needs_nothing(purpose) || purpose == MESSAGE_WARNED || purpose == MESSAGE_REVIEW_CUT ||
	       purpose == MESSAGE_WITHDRAWN;
}

/* When the last of those whom something reached in the role passed it on; INSTANT_NONE: not all of them did. */
static instant all_passed_on(const struct message_alert *alert, const char *role_title)
{
	instant last = INSTANT_NONE;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool asked = told->sent != INSTANT_NONE && told->step < alert->step && !says_only(told->purpose);
		if (!asked || strcmp(told->role_title, role_title) != 0)
			continue;
		instant at = passed_on_by(alert, told);
		if (at == INSTANT_NONE)
			return INSTANT_NONE;
		last = at > last ? at : last;
	}
	return last;
}

static void put_time(struct message_page *page, struct data *row, const char *name, instant at)
{
	message_begin(page);
	if (at != INSTANT_NONE)
		message_add_moment(page, at, false, message_form(page, at, WORDS_TABLE, WORDS_TABLE_YEAR));
	message_end(page, row, name);
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
		put_time(page, row, "answered", answered_in(alert, told->role_title));
		put_time(page, row, "passed_on", all_passed_on(alert, told->role_title));
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

/* It went to the reader: of several who hold the role each has their own. */
static bool is_readers(const struct message_page *page, const struct message_told *told)
{
	const struct message_input *input = page->input;
	if (input->person && told->person.length)
		return text_equal(told->person, text_of(input->person->id));
	return input->role_title && strcmp(told->role_title, input->role_title) == 0;
}

static void add_channels(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *seen[CHANNEL_KINDS];
	size_t count = 0;
	for (size_t i = 0; i < alert->told_count && count < CHANNEL_KINDS; i++) {
		bool mine = alert->told[i].step == alert->step && is_readers(page, &alert->told[i]);
		for (size_t k = 0; k < count && mine; k++)
			mine = strcmp(seen[k], alert->told[i].channel) != 0;
		if (mine)
			seen[count++] = alert->told[i].channel;
	}
	for (size_t i = 0; i < count; i++)
		buffer_format(&page->words, "%s%s", i ? words_between(i, count) : ", by ", seen[i]);
}

/* Whether anybody but the reader hears in that role now. */
static bool hears_too(const struct message_page *page, struct text role)
{
	const struct message_input *input = page->input;
	const struct message_alert *alert = page->alert;
	if (text_equal(role, text_of(input->role ? input->role : "")))
		return false;
	for (size_t i = 0; i < alert->beside_count; i++)
		if (text_equal(alert->beside[i].role, role) &&
		    (!input->person || !text_equal(alert->beside[i].person, text_of(input->person->id))))
			return true;
	return !alert->beside_known;
}

/* "Told at 02:10: you, by email and text", "Told on Thursday 30 January at 08:00: you, the social worker and the team
 * manager". */
static void put_you(struct message_page *page)
{
	const struct payload *payload = page->alert->payload;
	size_t others = 0, at = 1;
	for (size_t i = 0; i < payload->tell_count; i++)
		others += hears_too(page, payload->tell[i]);
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
		if (!hears_too(page, payload->tell[i]))
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
		bool own = is_readers(page, told);
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

/* Those of earlier steps whom something reached; of the reader's own answer they get no message. */
static void put_before(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char **titles = arena_alloc(page->arena, (alert->told_count + 1) * sizeof *titles);
	size_t count = 0;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool again = told->sent == INSTANT_NONE || told->step >= alert->step || is_readers(page, told);
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
