/* parts: the facts, what changed of them, what to do and why. */
#include "message/page.h"

enum words_form message_form(const struct message_page *page, instant at, enum words_form form,
                             enum words_form with_year)
{
	int year, this_year, month, day;
	day_split(zone_date(page->zone, at), &year, &month, &day);
	day_split(page->today, &this_year, &month, &day);
	return year == this_year ? form : with_year;
}

void message_put_any(struct data *map, const char *name, const char *list)
{
	data_flag(map, name, data_count(data_get(map, text_of(list))) > 0);
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
		                   message_form(page, fact->time, WORDS_FULL, WORDS_FULL_YEAR));
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
	struct message_facts as_told = {0};
	if (page->input->purpose != MESSAGE_UPDATED || alert->restricted)
		return;
	if (alert->as_told_count)
		message_facts(page->input, alert, alert->as_told, alert->as_told_count, page->arena, &as_told);
	for (size_t i = 0; i < facts->count; i++) {
		const struct message_fact *fact = &facts->items[i];
		const struct message_fact *old = same_label(&as_told, fact->label);
		if (fact->changed) {
			put_change(page, changes, fact, fact->before);
		} else if (alert->as_told_count && (!old || !same_fact(old, fact))) {
			const struct message_fact nothing = {.label = fact->label, .kind = FACT_NOT_RECORDED};
			fact_value(page, old ? old : &nothing);
			struct text before = {arena_copy_text(page->arena, buffer_cstr(&page->words), page->words.length),
			                      page->words.length};
			put_change(page, changes, fact, before);
		}
	}
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
	message_put_any(page->root, "changes_any", "changes");
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
	message_put_any(page->root, "to_do_any", "to_do");
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
