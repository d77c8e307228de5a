/* parts: the facts, what changed of them, what to do and why. */
#include "message/page.h"

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
		message_add_full(page, fact->time, fact->day_precision);
		break;
	case FACT_DUE:
		if (zone_midnight(page->zone, zone_date(page->zone, fact->time)) == fact->time)
			buffer_string(&page->words, "By ");
		words_until(page->zone, fact->time, message_form(page, fact->time - 1, WORDS_FULL, WORDS_FULL_YEAR),
		            &page->words);
		break;
	case FACT_NOT_RECORDED:
		buffer_text(&page->words, fact->words.length ? fact->words : TEXT("Not recorded"));
		break;
	case FACT_UNREADABLE:
		buffer_string(&page->words, "Not readable");
		break;
	}
}

/* How long ago it was, or how long until its clock runs out. */
static void fact_elapsed(struct message_page *page, const struct message_fact *fact)
{
	message_begin(page);
	if (fact->kind == FACT_DUE) {
		words_left(fact->time - page->input->now, &page->words);
		return;
	}
	if (fact->kind != FACT_SINCE || fact->time > page->input->now || page->input->alert_count > 1)
		return; /* among several alerts each is shorter */
	words_ago(page->zone, (struct words_moment){fact->time, fact->day_precision}, page->input->now, &page->words);
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
	case FACT_DUE:
		return a->time == b->time && a->day_precision == b->day_precision;
	case FACT_NOT_RECORDED:
	case FACT_UNREADABLE:
		return true;
	}
	return true;
}

static void put_change(struct message_page *page, struct data *changes, const struct message_fact *fact,
                       struct text before)
{
	struct data *row = put_fact(page, changes, fact);
	data_text(row, "before", before);
}

static bool is_time(const struct message_fact *fact)
{
	return fact->kind == FACT_TIME || fact->kind == FACT_SINCE || fact->kind == FACT_DUE;
}

static void put_if_changed(struct message_page *page, struct data *changes, const struct message_facts *as_told,
                           const struct message_fact *fact)
{
	const struct message_alert *alert = page->alert;
	const struct message_fact *old = same_label(as_told, fact->label);
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

/* What people were told, beside what holds now. Times come first: a clock may hang on them. */
static void put_changes(struct message_page *page, const struct message_facts *facts)
{
	const struct message_alert *alert = page->alert;
	struct data *changes = data_list(page->root, "changes");
	struct message_facts as_told = {0};
	if (page->input->purpose != MESSAGE_UPDATED || alert->restricted)
		return;
	if (alert->as_told_count)
		message_facts(page->input, alert, alert->as_told, alert->as_told_count, page->arena, &as_told);
	for (int times = 1; times >= 0; times--)
		for (size_t i = 0; i < facts->count; i++)
			if (is_time(&facts->items[i]) == (times == 1))
				put_if_changed(page, changes, &as_told, &facts->items[i]);
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
	const char *words = rule ? rule->text : NULL;
	if (rule && page->input->purpose == MESSAGE_WARNED && rule->warning_text)
		words = rule->warning_text;
	split_text(page->root, text_of(words ? words : ""));
	message_put_any(page->root, "to_do_any", "to_do");
	data_text(page->root, "rule", alert->rule_id);
	civil_day version = alert->payload->rule_from;
	if (rule && (version == DAY_NONE || (rule->version != DAY_NONE && rule->version > version)))
		version = rule->version;
	message_begin(page);
	if (version != DAY_NONE)
		words_day(version, WORDS_PLAIN_YEAR, &page->words);
	message_end(page, page->root, "version");
	/* Where the counted events stand in a table of their own, the sentence would only say them again. */
	bool told_by_table =
		data_holds(data_get(page->root, TEXT("episodes_any"))) && page->input->purpose == MESSAGE_OPENED;
	data_text(page->root, "because", alert->restricted || told_by_table ? TEXT_NONE : alert->payload->because);
	data_string(page->root, "basis", rule && rule->basis ? rule->basis : "");
}
