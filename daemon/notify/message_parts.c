/* message_parts: the sections of a message about one alert. */
#include "notify/message_page.h"

#define EVENTS_MOST 12

static enum words_form beside(const struct message_page *page, instant at, enum words_form form, enum words_form with_year)
{
	int year, this_year, month, day;
	day_split(zone_date(page->zone, at), &year, &month, &day);
	day_split(page->today, &this_year, &month, &day);
	return year == this_year ? form : with_year;
}

/* ---- facts ---- */

static void fact_value(struct message_page *page, const struct message_fact *fact)
{
	message_begin(page);
	switch (fact->kind) {
	case FACT_WORDS:
		buffer_text(&page->words, fact->words);
		break;
	case FACT_TIME:
	case FACT_SINCE:
		message_add_moment(page, fact->time, fact->day_precision,
		                   beside(page, fact->time, WORDS_FULL, WORDS_FULL_YEAR));
		break;
	case FACT_NOT_RECORDED:
		buffer_string(&page->words, "Not recorded");
		break;
	case FACT_UNREADABLE:
		buffer_string(&page->words, "Not readable");
		break;
	}
}

static void fact_elapsed(struct message_page *page, const struct message_fact *fact)
{
	message_begin(page);
	if (fact->kind != FACT_SINCE || fact->time > page->input->now)
		return;
	words_elapsed(page->zone, (struct words_moment){fact->time, fact->day_precision}, page->input->now, &page->words);
	if (strcmp(buffer_cstr(&page->words), "today") != 0)
		buffer_string(&page->words, " ago");
}

/* "C1001, AK, aged 15"; shorter where several alerts stand together. */
static void add_child(struct message_page *page, const char *aged)
{
	const struct message_alert *alert = page->alert;
	buffer_text(&page->words, alert->subject);
	if (!message_about_child(alert))
		return;
	buffer_string(&page->words, ", ");
	if (alert->initials.length)
		buffer_text(&page->words, alert->initials);
	else
		buffer_string(&page->words, "initials not recorded");
	if (!aged)
		return;
	if (alert->age >= 0)
		buffer_format(&page->words, ", %s%d", aged, alert->age);
	else
		buffer_string(&page->words, ", age not known");
}

static struct data *put_fact(struct message_page *page, struct data *list, const struct message_fact *fact)
{
	struct data *row = data_item(list);
	data_string(row, "label", fact->label);
	fact_value(page, fact);
	message_end(page, row, "value");
	fact_elapsed(page, fact);
	message_end(page, row, "more");
	return row;
}

static const struct message_fact *same_label(const struct message_facts *facts, const char *label)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->items[i].label, label) == 0)
			return &facts->items[i];
	return NULL;
}

static bool same_fact(const struct message_fact *a, const struct message_fact *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FACT_WORDS:
		return text_equal(a->words, b->words);
	case FACT_TIME:
	case FACT_SINCE:
		return a->time == b->time && a->day_precision == b->day_precision;
	case FACT_NOT_RECORDED:
	case FACT_UNREADABLE:
		return true;
	}
	return true;
}

static void put_change(struct message_page *page, struct data *changes, const struct message_fact *fact, struct text before)
{
	struct data *row = put_fact(page, changes, fact);
	data_text(row, "before", before);
}

/* What people were told, beside what holds now. */
static void put_changes(struct message_page *page, const struct message_facts *facts)
{
	const struct message_alert *alert = page->alert;
	struct data *changes = data_list(page->root, "changes");
	struct message_facts former = {0};
	if (page->input->purpose != MESSAGE_UPDATED || alert->restricted)
		return;
	if (alert->former)
		message_facts(page->input, alert, alert->former, alert->former_count, page->arena, &former);
	for (size_t i = 0; i < facts->count; i++) {
		const struct message_fact *fact = &facts->items[i];
		const struct message_fact *old = same_label(&former, fact->label);
		if (fact->changed) {
			put_change(page, changes, fact, fact->before);
		} else if (alert->former && (!old || !same_fact(old, fact))) {
			const struct message_fact nothing = {.label = fact->label, .kind = FACT_NOT_RECORDED};
			fact_value(page, old ? old : &nothing);
			struct text before = {arena_copy_text(page->arena, buffer_cstr(&page->words), page->words.length),
			                      page->words.length};
			put_change(page, changes, fact, before);
		}
	}
}

/* For a section's heading: "facts_any" beside "facts". */
static void put_any(struct data *map, const char *name, const char *list)
{
	data_flag(map, name, data_count(data_get(map, text_of(list))) > 0);
}

void message_put_facts(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "facts");
	data_flag(page->root, "restricted", alert->restricted);
	data_string(page->root, "subject_label", message_subject_label(alert));
	message_begin(page);
	if (!alert->restricted)
		add_child(page, "aged ");
	message_end(page, page->root, "child");
	message_begin(page);
	if (!alert->restricted)
		add_child(page, "");
	message_end(page, page->root, "child_short");
	message_begin(page);
	if (!alert->restricted) {
		buffer_string(&page->words, message_about_child(alert) ? "child " : "");
		add_child(page, NULL);
	}
	message_end(page, page->root, "whom");
	struct message_facts facts = {0};
	if (!alert->restricted)
		message_facts(page->input, alert, alert->history, alert->history_count, page->arena, &facts);
	for (size_t i = 0; i < facts.count; i++)
		(void)put_fact(page, list, &facts.items[i]);
	put_changes(page, &facts);
	put_any(page->root, "changes_any", "changes");
}

/* ---- evidence ---- */

static void put_event(struct message_page *page, struct data *list, const struct message_event *event)
{
	struct data *row = data_item(list);
	data_string(row, "what", event->title);
	message_begin(page);
	message_add_moment(page, event->event->time, event->event->day_precision,
	                   beside(page, event->event->time, WORDS_TABLE, WORDS_TABLE_YEAR));
	message_end(page, row, "happened");
	message_begin(page);
	message_add_moment(page, event->recorded, false,
	                   event->recorded == INSTANT_NONE ? WORDS_TABLE
	                                                   : beside(page, event->recorded, WORDS_TABLE, WORDS_TABLE_YEAR));
	message_end(page, row, "recorded");
	data_flag(row, "late", event->late);
}

static bool has_key(const struct message_alert *alert, const struct event *event)
{
	return alert->rule && alert->rule->key && alert->key_text.length &&
	       text_equal(event_string(event, alert->rule->key), alert->key_text);
}

/* All that happened under the alert's key, the newest EVENTS_MOST of it; without a key the evidence. */
static void put_events(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "events");
	size_t keyed = 0, skip;
	for (size_t i = 0; i < alert->history_count; i++)
		keyed += has_key(alert, alert->history[i].event);
	skip = keyed > EVENTS_MOST ? keyed - EVENTS_MOST : 0;
	for (size_t i = 0; i < alert->history_count && keyed; i++) {
		if (!has_key(alert, alert->history[i].event))
			continue;
		if (skip)
			skip--;
		else
			put_event(page, list, &alert->history[i]);
	}
	for (size_t i = 0; i < alert->evidence_count && !keyed; i++)
		if (i + EVENTS_MOST >= alert->evidence_count)
			put_event(page, list, &alert->evidence[i]);
}

static const struct event *return_of(const struct message_alert *alert, const struct event *start)
{
	type_id ended = schema_find(TEXT("missing.ended"));
	uint16_t key = schema_name(TEXT("episode"));
	for (size_t i = 0; i < alert->history_count; i++) {
		const struct event *event = alert->history[i].event;
		if (event->type == ended && text_equal(event_string(event, key), event_string(start, key)))
			return event;
	}
	return NULL;
}

/* "21:40 to Sunday 12 January, 03:15", "23:10, not yet returned", "time not known". */
static void add_until(struct message_page *page, const struct event *start)
{
	const struct event *end = return_of(page->alert, start);
	bool same_day = end && zone_date(page->zone, end->time) == zone_date(page->zone, start->time);
	if (start->day_precision)
		buffer_string(&page->words, "time not known");
	else
		words_clock(page->zone, start->time, &page->words);
	if (!end) {
		buffer_string(&page->words, ", not yet returned");
	} else if (!(start->day_precision && end->day_precision && same_day)) {
		buffer_string(&page->words, start->day_precision ? ", to " : " to ");
		if (same_day && !end->day_precision)
			words_clock(page->zone, end->time, &page->words);
		else
			message_add_moment(page, end->time, end->day_precision, beside(page, end->time, WORDS_FULL, WORDS_FULL_YEAR));
	}
}

static void put_episode(struct message_page *page, struct data *list, const struct message_event *evidence)
{
	const struct event *start = evidence->event;
	struct data *row = data_item(list);
	message_begin(page);
	words_day(zone_date(page->zone, start->time), beside(page, start->time, WORDS_FULL, WORDS_FULL_YEAR), &page->words);
	message_end(page, row, "day");
	message_begin(page);
	add_until(page, start);
	message_end(page, row, "until");
	struct buffer sentence = {0};
	words_sentence(buffer_view(&page->words), &sentence);
	data_text(row, "until_alone", buffer_view(&sentence));
	buffer_free(&sentence);
	message_begin(page);
	message_add_moment(page, evidence->recorded, false, WORDS_TABLE);
	message_end(page, row, "recorded");
	data_flag(row, "late", evidence->late);
}

static bool counts_episodes(const struct message_alert *alert)
{
	return alert->rule && alert->rule->kind == RULE_COUNT && alert->evidence_count &&
	       alert->evidence[0].event->type == schema_find(TEXT("missing.started"));
}

/* "Counted from Monday 30 December 2019, 23:10 to Wednesday 29 January 2020, 23:10." */
static void put_window(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	instant until = alert->evidence[alert->evidence_count - 1].event->time, from;
	bool day_only = alert->evidence[alert->evidence_count - 1].event->day_precision;
	struct fault ignored;
	message_begin(page);
	if (calendar_back(page->input->calendar, until, alert->rule->within, &from, &ignored) == RESULT_OK) {
		message_add_moment(page, from, day_only, WORDS_FULL_YEAR);
		buffer_string(&page->words, " to ");
		message_add_moment(page, until, day_only, WORDS_FULL_YEAR);
	}
	message_end(page, page->root, "window");
}

/* "It began on 11 January and was recorded on 29 January, 18 days later." */
static void put_late(struct message_page *page, bool episodes)
{
	const struct message_alert *alert = page->alert;
	const struct message_event *late = NULL;
	size_t count = 0;
	for (size_t i = 0; i < alert->evidence_count; i++) {
		if (!alert->evidence[i].late)
			continue;
		late = &alert->evidence[i];
		count++;
	}
	message_begin(page);
	if (count == 1)
		buffer_string(&page->words, episodes ? "One episode was recorded late." : "One record came late.");
	else if (count)
		buffer_format(&page->words, "%zu %s.", count, episodes ? "episodes were recorded late" : "records came late");
	message_end(page, page->root, "late");
	message_begin(page);
	if (late) {
		civil_day happened = zone_date(page->zone, late->event->time), recorded = zone_date(page->zone, late->recorded);
		buffer_string(&page->words, count > 1 ? "The last" : "It");
		buffer_string(&page->words, episodes ? " began on " : " is from ");
		words_day_beside(happened, page->today, WORDS_PLAIN, &page->words);
		buffer_string(&page->words, " and was recorded on ");
		words_day_beside(recorded, page->today, WORDS_PLAIN, &page->words);
		buffer_string(&page->words, ", ");
		words_days(recorded - happened, &page->words);
		buffer_string(&page->words, " later.");
	}
	message_end(page, page->root, "late_how");
}

void message_put_evidence(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	bool episodes = counts_episodes(alert) && !alert->restricted;
	struct data *list = data_list(page->root, "episodes");
	data_format(page->root, "episode_count", "%zu", alert->evidence_count);
	data_string(page->root, "window", "");
	data_flag(page->root, "date_only", false);
	data_flag(page->root, "episodes_any", episodes);
	if (alert->restricted) {
		data_list(page->root, "events");
		data_flag(page->root, "events_any", false);
		data_string(page->root, "late", "");
		data_string(page->root, "late_how", "");
		return;
	}
	for (size_t i = 0; i < alert->evidence_count && episodes; i++) {
		put_episode(page, list, &alert->evidence[i]);
		if (alert->evidence[i].event->day_precision)
			data_flag(page->root, "date_only", true);
	}
	if (episodes) {
		data_list(page->root, "events");
		put_window(page);
	} else {
		put_events(page);
	}
	put_any(page->root, "events_any", "events");
	put_late(page, episodes);
}

/* ---- what to do, and why ---- */

/* The rule's words: one thing to do a line up to the first empty line, then paragraphs. */
static void split_text(struct data *root, struct text words)
{
	struct data *to_do = data_list(root, "to_do"), *paragraphs = data_list(root, "paragraphs");
	struct buffer paragraph = {0};
	bool doing = true;
	for (size_t at = 0; at <= words.length && words.at;) {
		const char *newline = at < words.length ? memchr(words.at + at, '\n', words.length - at) : NULL;
		size_t end = newline ? (size_t)(newline - words.at) : words.length;
		struct text line = text_trim((struct text){words.at + at, end - at});
		at = end + 1;
		if (line.length && doing) {
			data_item_text(to_do, line);
		} else if (line.length) {
			buffer_string(&paragraph, paragraph.length ? " " : "");
			buffer_text(&paragraph, line);
		} else {
			doing = doing && !data_count(to_do);
			if (paragraph.length)
				data_item_text(paragraphs, buffer_view(&paragraph));
			buffer_clear(&paragraph);
		}
	}
	if (paragraph.length)
		data_item_text(paragraphs, buffer_view(&paragraph));
	buffer_free(&paragraph);
}

void message_put_to_do(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const struct rule *rule = alert->rule;
	split_text(page->root, rule && rule->text ? text_of(rule->text) : TEXT_NONE);
	put_any(page->root, "to_do_any", "to_do");
	data_text(page->root, "rule", alert->rule_id);
	message_begin(page);
	if (rule && rule->effective_from != DAY_NONE)
		words_day(rule->effective_from, WORDS_PLAIN_YEAR, &page->words);
	message_end(page, page->root, "version");
	message_begin(page);
	if (!alert->restricted)
		words_sentence(alert->payload->because, &page->words);
	message_end(page, page->root, "because");
	data_string(page->root, "basis", rule && rule->basis ? rule->basis : "");
}

/* ---- who was told ---- */

static void add_state(struct message_page *page, const struct message_told *told)
{
	switch (told->state) {
	case OUTBOX_ACCEPTED:
		buffer_string(&page->words, "accepted by the mail server");
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
			message_add_moment(page, alert->answer.at, false, WORDS_TABLE);
		message_end(page, row, "answered");
		struct data *ways = data_list(row, "ways");
		for (size_t k = i; k < alert->told_count; k++)
			if ((alert->step == 0 || alert->told[k].step < alert->step) &&
			    strcmp(alert->told[k].role_title, told->role_title) == 0)
				put_way(page, ways, &alert->told[k]);
	}
}

/* How long nobody has answered: since the first was told. */
static void put_silence(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	instant first = INSTANT_NEVER;
	for (size_t i = 0; i < alert->told_count; i++)
		first = alert->told[i].created < first ? alert->told[i].created : first;
	message_begin(page);
	if (first != INSTANT_NEVER && page->input->now - first >= MINUTE)
		words_span(page->input->now - first, &page->words);
	message_end(page, page->root, "silence");
}

static void add_channels(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *seen[4];
	size_t count = 0;
	for (size_t i = 0; i < alert->told_count && count < 4; i++) {
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
	if (page->alert->severity != SEVERITY_CRITICAL) {
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

static void put_answer(struct message_page *page)
{
	const struct message_answer *answer = &page->alert->answer;
	bool known = answer->at != INSTANT_NONE;
	const char *title = answer->role_title ? answer->role_title : "";
	bool own = known && page->input->role_title && strcmp(title, page->input->role_title) == 0;
	data_flag(page->root, "answer_known", known);
	data_flag(page->root, "answer_own", own);
	message_begin(page);
	if (known)
		message_add_moment(page, answer->at, false, beside(page, answer->at, WORDS_FULL, WORDS_FULL_YEAR));
	message_end(page, page->root, "answer_at");
	data_text(page->root, "answer_action", answer->action);
	message_begin(page);
	words_in_sentence(title, &page->words);
	message_end(page, page->root, "answer_role");
}

static void put_standing(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	struct data *list = data_list(page->root, "standing");
	for (size_t i = 0; i < alert->standing_count && !alert->restricted; i++) {
		struct data *row = data_item(list);
		data_format(row, "number", "A-%lld", MESSAGE_NUMBER(&alert->standing[i]));
		data_string(row, "title", alert->standing[i].title);
		data_flag(row, "answered", alert->standing[i].acknowledged);
		message_begin(page);
		message_add_moment(page, alert->standing[i].opened, false, WORDS_TABLE);
		message_end(page, row, "since");
	}
}

/* For a message that replaces another: when this reader got that one, and who else did. */
static void put_everyone(struct message_page *page)
{
	const struct message_alert *alert = page->alert;
	const char *seen[16];
	size_t count = 0;
	instant mine = INSTANT_NEVER;
	for (size_t i = 0; i < alert->told_count; i++) {
		const struct message_told *told = &alert->told[i];
		bool own = page->input->role_title && strcmp(told->role_title, page->input->role_title) == 0;
		bool again = told->sent == INSTANT_NONE || count == 16;
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
	if (mine != INSTANT_NEVER) {
		if (zone_date(page->zone, mine) == page->today) {
			buffer_string(&page->words, "at ");
			words_clock(page->zone, mine, &page->words);
		} else {
			buffer_string(&page->words, "on ");
			message_add_moment(page, mine, false, beside(page, mine, WORDS_FULL, WORDS_FULL_YEAR));
		}
	}
	message_end(page, page->root, "told_you");
	data_string(page->root, "severity_small",
	            alert->severity == SEVERITY_CRITICAL ? "critical"
	            : alert->severity == SEVERITY_HIGH   ? "high"
	                                                 : "normal");
}

void message_put_told(struct message_page *page)
{
	put_earlier(page);
	put_silence(page);
	put_you(page);
	put_answer(page);
	put_standing(page);
	put_everyone(page);
	put_any(page->root, "told_any", "told");
	put_any(page->root, "standing_any", "standing");
}
