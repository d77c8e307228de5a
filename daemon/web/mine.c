/* mine: what waits for one person, most urgent first. */
#include "web/mine.h"

#include "message/link.h"
#include "store/outbox/payload.h"
#include "time/words.h"
#include "web/answer_state.h"

#include <stdlib.h>

struct waits {
	struct outbox_row row;
	struct payload payload;
	int64_t number;
	struct text rule;
	enum severity severity;
	bool waits;
};

struct mine {
	struct web_page *page;
	struct waits **items;
	size_t count, room;
	int64_t newest; /* row of all that are kept */
};

static enum result note_alert(void *argument, const struct alert_row *row, struct fault *fault)
{
	struct waits *waits = argument;
	(void)fault;
	waits->number = row->number;
	waits->severity = row->severity;
	waits->waits = row->state == ALERT_STANDING && !row->acknowledged && !row->shadow;
	return RESULT_OK;
}

static enum result note_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct mine *mine = argument;
	struct fault why;
	struct waits *waits = arena_alloc(mine->page->arena, sizeof *waits);
	*waits = (struct waits){.row = *row, .payload = PAYLOAD_EMPTY};
	(void)fault;
	alert_context_own_row(&waits->row, mine->page->arena);
	if (payload_read(waits->row.payload, &waits->payload, mine->page->arena, &why) != RESULT_OK)
		waits->payload = PAYLOAD_EMPTY;
	*(struct waits **)mem_push((void **)&mine->items, &mine->count, &mine->room, sizeof waits) = waits;
	return RESULT_OK;
}

static int urgency(const void *left, const void *right)
{
	const struct waits *a = *(const struct waits *const *)left, *b = *(const struct waits *const *)right;
	if (a->severity != b->severity)
		return a->severity < b->severity ? -1 : 1;
	if (a->payload.answer_by != b->payload.answer_by)
		return a->payload.answer_by < b->payload.answer_by ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static enum result note_newest(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct mine *mine = argument;
	(void)fault;
	mine->newest = row->id;
	return RESULT_OK;
}

/* Only those that stand and that nobody has answered. */
static enum result keep_waiting(struct mine *mine, struct fault *fault)
{
	enum result result = RESULT_OK;
	size_t kept = 0;
	for (size_t i = 0; i < mine->count && result == RESULT_OK; i++) {
		struct waits *waits = mine->items[i];
		result = alerts_find(mine->page->store, waits->row.alert, note_alert, waits, fault);
		if (waits->waits)
			mine->items[kept++] = waits;
	}
	mine->count = kept;
	if (kept)
		qsort(mine->items, kept, sizeof *mine->items, urgency);
	return result;
}

static void put_alert(const struct web_page *page, struct data *list, const struct waits *waits)
{
	static const char *const words[] = {"Critical", "High", "Normal"};
	const struct rule *rule = ruleset_find_version(page->settings->rules, waits->row.rule,
	                                                     waits->payload.rule_from);
	char token[LINK_TOKEN_SIZE];
	struct data *row = data_item(list);
	struct buffer by = {0};
	link_make(page->settings->keys, &waits->row, page->now, token);
	data_format(row, "path", "/a/%s", token);
	data_format(row, "number", "A-%lld", (long long)waits->number);
	data_string(row, "severity", words[waits->severity]);
	data_flag(row, "critical", waits->severity == SEVERITY_CRITICAL);
	data_flag(row, "high", waits->severity == SEVERITY_HIGH);
	data_flag(row, "normal", waits->severity == SEVERITY_NORMAL);
	data_string(row, "title", rule ? rule->title : "");
	if (waits->payload.answer_by != INSTANT_NEVER && waits->payload.answer_by != INSTANT_NONE)
		words_answer_by(page->zone, waits->payload.answer_by, page->now, &by);
	data_text(row, "answer_by", buffer_view(&by));
	buffer_free(&by);
}

static enum result show(struct mine *mine, const struct outbox_row *link, struct fault *fault)
{
	struct web_page *page = mine->page;
	struct data *data = data_new(DATA_MAP, page->arena), *list = data_list(data, "alerts");
	struct buffer reader = {0}, heading = {0};
	size_t critical = 0;
	for (size_t i = 0; i < mine->count; i++) {
		critical += mine->items[i]->severity == SEVERITY_CRITICAL;
		if (i < MINE_ALERTS)
			put_alert(page, list, mine->items[i]);
	}
	words_in_sentence(directory_role_title(page->settings->directory,
	                                       arena_copy_text(page->arena, link->role.at, link->role.length)),
	                  &reader);
	data_text(data, "reader", buffer_view(&reader));
	words_count((int64_t)mine->count, "alert waits", "alerts wait", &heading);
	if (critical)
		buffer_format(&heading, ", %zu critical", critical);
	data_text(data, "heading", mine->count ? buffer_view(&heading) : TEXT("Nothing waits for you"));
	data_string(data, "more", "");
	if (mine->count > MINE_ALERTS)
		data_format(data, "more", "%zu", mine->count - MINE_ALERTS);
	data_flag(data, "beyond", mine->newest >= link->id + MINE_MESSAGES);
	buffer_free(&reader);
	buffer_free(&heading);
	return web_render(page, "answer-mine", data, 200, fault);
}

enum result mine_page(struct web_page *page, struct fault *fault)
{
	struct mine mine = {.page = page};
	struct outbox_row link;
	bool good;
	enum result result = answer_open_link(page, &link, &good, fault);
	if (result != RESULT_OK || !good)
		return result;
	if (!directory_person(page->settings->directory, link.person)) {
		web_say(page, 403, "This link does not work any more",
		        "The person it was sent to is no longer in the directory of casewatch.");
		return RESULT_OK;
	}
	result = outbox_of_person(page->store, link.person, link.id, MINE_MESSAGES, note_row, &mine, fault);
	if (result == RESULT_OK)
		result = outbox_before(page->store, false, 0, 1, note_newest, &mine, fault);
	if (result == RESULT_OK)
		result = keep_waiting(&mine, fault);
	if (result == RESULT_OK)
		result = show(&mine, &link, fault);
	free(mine.items);
	return result;
}
