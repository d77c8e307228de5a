/* outbox_page: messages, newest first, for those who run casewatch: nothing of a child is on it. */
#include "web/board_pages.h"

#include "message/message.h"
#include "ops/status.h"
#include "store/outbox/outbox.h"
#include "time/words.h"
#include "web/shown.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS 100
#define REPLY_SHOWN 200

struct outbox_page {
	struct shown_page shown;
	struct sight sight;
	struct data *rows;
	size_t count;
	int64_t last;
};

/* A long number of the query; 0: none. */
static int64_t read_number(struct text value)
{
	char digits[20];
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(value));
	return value.length && value.length < 19 && !digits[strspn(digits, "0123456789")] ? strtoll(digits, NULL, 10)
	                                                                                  : 0;
}

struct numbering {
	int64_t number;
};

static enum result take_number(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	((struct numbering *)argument)->number = row->number;
	return RESULT_OK;
}

static enum result put_about(struct outbox_page *outbox, const struct outbox_row *row, struct data *cells,
                             struct fault *fault)
{
	struct numbering found = {0};
	enum result result = RESULT_OK;
	if (row->alert.length)
		result = alerts_find_any(outbox->shown.page->store, row->alert, take_number, &found, fault);
	shown_begin(&outbox->shown);
	if (found.number)
		buffer_format(&outbox->shown.words, "A-%lld", (long long)found.number);
	shown_end(&outbox->shown, cells, "number");
	data_text(cells, "purpose",
	          row->kind == OUTBOX_LIST  ? TEXT("A list")
	          : row->kind == OUTBOX_OPS ? TEXT("To ops")
	                                    : row->purpose);
	return result;
}

static void put_state(struct outbox_page *outbox, const struct outbox_row *row, struct data *cells)
{
	struct shown_page *shown = &outbox->shown;
	bool waits = row->state == OUTBOX_PENDING || row->state == OUTBOX_RETRY || row->state == OUTBOX_UNCERTAIN;
	data_string(cells, "state", outbox_state_name(row->state));
	data_flag(cells, "bad",
	          row->state == OUTBOX_FAILED || row->state == OUTBOX_UNCERTAIN || row->state == OUTBOX_RETRY);
	shown_begin(shown);
	if (row->sent != INSTANT_NONE)
		shown_moment(shown, row->sent, false);
	else if (waits && row->not_before > shown->page->now)
		buffer_string(&shown->words, "goes at "), shown_when(shown, row->not_before);
	if (row->attempts > 1)
		buffer_format(&shown->words, "%s%d attempts", shown->words.length ? ", " : "", row->attempts);
	shown_end(shown, cells, "state_at");
	size_t length = row->reply.length < REPLY_SHOWN ? row->reply.length : REPLY_SHOWN;
	data_text(cells, "said", (struct text){row->reply.at, length});
}

static enum result take_row(void *argument, const struct outbox_row *row, struct fault *fault)
{
	struct outbox_page *outbox = argument;
	struct shown_page *shown = &outbox->shown;
	if (++outbox->count > ROWS)
		return RESULT_OK;
	struct data *cells = data_item(outbox->rows);
	outbox->last = row->id;
	data_format(cells, "message", "%lld", (long long)row->id);
	shown_begin(shown);
	shown_role(shown, row->role, row->person, &(struct sight_child){0});
	shown_end(shown, cells, "role");
	data_text(cells, "person", row->person);
	data_text(cells, "how", row->channel.length ? row->channel : TEXT("not chosen yet"));
	shown_begin(shown);
	shown_moment(shown, row->created, false);
	shown_end(shown, cells, "created");
	data_flag(cells, "critical", row->critical);
	put_state(outbox, row, cells);
	return put_about(outbox, row, cells, fault);
}

/* How each way is, as the daemon said within the last minutes: what it said before is no news of today. */
static void put_ways(struct outbox_page *outbox)
{
	const struct web_page *page = outbox->shown.page;
	struct buffer said = {0}, lines = {0};
	struct data *ways = data_list(outbox->shown.root, "ways");
	instant at = INSTANT_NONE;
	long process;
	bool heard = ops_status_read(page->settings->database, &said, &at, &process, NULL) && at != INSTANT_NONE;
	bool old = heard && page->now - at > OPS_STATUS_OLD;
	if (heard && !old)
		(void)ops_status_channels(buffer_view(&said), page->zone, &lines);
	struct text rest = text_trim(buffer_view(&lines));
	while (rest.length) {
		const char *end = memchr(rest.at, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.at) : rest.length;
		data_text(data_item(ways), "way", text_keep(page->arena, (struct text){rest.at, length}));
		rest = text_trim((struct text){rest.at + length, rest.length - length});
	}
	shown_begin(&outbox->shown);
	if (old)
		shown_moment(&outbox->shown, at, false);
	shown_end(&outbox->shown, outbox->shown.root, "silent_since_status");
	data_flag(outbox->shown.root, "ways_any", lines.length > 0);
	buffer_free(&lines);
	buffer_free(&said);
}

static enum result fill(struct outbox_page *outbox, struct fault *fault)
{
	struct web_page *page = outbox->shown.page;
	struct data *root = outbox->shown.root;
	bool all = text_equal(http_query(page->request, "all"), TEXT("yes"));
	int64_t before = read_number(http_query(page->request, "before"));
	outbox->rows = data_list(root, "messages");
	enum result result = outbox_before(page->store, !all, before, ROWS + 1, take_row, outbox, fault);
	put_ways(outbox);
	shown_title(&outbox->shown, "Messages");
	data_flag(root, "all", all);
	data_flag(root, "any", outbox->count > 0);
	data_flag(root, "later", outbox->count > ROWS);
	data_flag(root, "from_newest", before == 0);
	data_format(root, "later_link", "/outbox?%sbefore=%lld", all ? "all=yes&" : "", (long long)outbox->last);
	data_format(root, "shown_count", "%zu", outbox->count > ROWS ? (size_t)ROWS : outbox->count);
	return result;
}

enum result page_outbox(struct web_page *page, struct fault *fault)
{
	struct outbox_page outbox = {.count = 0};
	enum result result = shown_new(page, &outbox.sight, &outbox.shown, fault);
	if (result == RESULT_OK && !outbox.sight.viewer.runs) {
		page_not_there(page);
	} else if (result == RESULT_OK) {
		result = fill(&outbox, fault);
		if (result == RESULT_OK)
			result = web_render(page, "outbox-page", outbox.shown.root, 200, fault);
	}
	shown_free(&outbox.shown);
	return result;
}
