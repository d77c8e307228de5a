/* record_page: records that were refused, for those who run casewatch: list, one of them, release and discard.
 *
 * A decision is an event that is handed in by the daemon's spool, as `casewatch quarantine` does it. */
#include "web/board_pages.h"

#include "store/events/events.h"
#include "text/json_write.h"
#include "text/utf8.h"
#include "time/words.h"
#include "web/shown.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS 100
#define BYTES_SHOWN 16384      /* of a record; it can be corrected here only whole */
#define REASON_MOST 500        /* as the tool */
#define TOOL "/casewatch/tool" /* the source whose orders count, by the spool alone (pipeline/quarantine_decisions.c)  \
	                        */

struct record_page {
	struct shown_page shown;
	struct sight sight;
	struct data *rows;
	int64_t before, last;
	size_t count;
	bool all;
	/* one record */
	bool found, waiting;
	int64_t number;
	struct text bytes, reason, from;
};

static int64_t read_number(struct text value)
{
	char digits[20];
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(value));
	return value.length && value.length < 19 && !digits[strspn(digits, "0123456789")] ? strtoll(digits, NULL, 10)
	                                                                                  : 0;
}

static struct text own(const struct web_page *page, struct text text)
{
	return text_keep(page->arena, text);
}

static void put_row(struct record_page *records, const struct quarantine_row *row, struct data *cells)
{
	struct shown_page *shown = &records->shown;
	data_format(cells, "record", "%lld", (long long)row->id);
	data_text(cells, "why", row->reason);
	data_text(cells, "record_source", row->event_source);
	data_text(cells, "record_id", row->event_id);
	data_text(cells, "place", row->source_name);
	data_text(cells, "state", row->state);
	data_text(cells, "note", row->note);
	shown_begin(shown);
	shown_moment(shown, row->arrived, false);
	shown_end(shown, cells, "came");
	shown_begin(shown);
	shown_ago(shown, row->arrived);
	shown_end(shown, cells, "came_ago");
}

/* ---- the list ---- */

static enum result take_row(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct record_page *records = argument;
	(void)fault;
	if (++records->count > ROWS)
		return RESULT_OK;
	records->last = row->id;
	put_row(records, row, data_item(records->rows));
	return RESULT_OK;
}

static enum result fill_list(struct record_page *records, struct fault *fault)
{
	struct web_page *page = records->shown.page;
	struct data *root = records->shown.root;
	struct quarantine_waiting waiting;
	records->all = text_equal(http_query(page->request, "all"), TEXT("yes"));
	records->before = read_number(http_query(page->request, "before"));
	records->rows = data_list(root, "records");
	enum result result = quarantine_waiting(page->store, page->now, &waiting, fault);
	if (result == RESULT_OK)
		result = quarantine_before(page->store, !records->all, records->before, ROWS + 1, take_row, records,
		                           fault);
	if (result != RESULT_OK)
		return result;
	shown_title(&records->shown, "Records we could not read");
	data_format(root, "waiting_records", "%llu", (unsigned long long)waiting.count);
	data_flag(root, "all", records->all);
	data_flag(root, "any", records->count > 0);
	data_flag(root, "later", records->count > ROWS);
	data_flag(root, "done", text_equal(http_query(page->request, "done"), TEXT("yes")));
	data_format(root, "later_link", "/quarantine?%sbefore=%lld", records->all ? "all=yes&" : "",
	            (long long)records->last);
	return RESULT_OK;
}

enum result page_quarantine(struct web_page *page, struct fault *fault)
{
	struct record_page records = {.count = 0};
	enum result result = shown_new(page, &records.sight, &records.shown, fault);
	if (result == RESULT_OK && !records.sight.viewer.runs) {
		page_not_there(page);
	} else if (result == RESULT_OK) {
		result = fill_list(&records, fault);
		if (result == RESULT_OK)
			result = web_render(page, "quarantine-page", records.shown.root, 200, fault);
	}
	shown_free(&records.shown);
	return result;
}

/* ---- one record ---- */

static enum result take_record(void *argument, const struct quarantine_row *row, struct fault *fault)
{
	struct record_page *records = argument;
	(void)fault;
	records->found = true;
	records->number = row->id;
	records->waiting = text_equal(row->state, TEXT("waiting"));
	records->bytes = own(records->shown.page, row->bytes);
	records->from = own(records->shown.page, row->source_name);
	put_row(records, row, records->shown.root);
	return RESULT_OK;
}

static void put_path(const struct record_page *records, char path[48])
{
	(void)snprintf(path, 48, "/quarantine/%lld", (long long)records->number);
}

/* `wrong`: what was wrong with what was sent, or ""; the fields hold what was typed. */
static enum result show_record(struct record_page *records, const char *wrong, struct text corrected, int status,
                               struct fault *fault)
{
	struct web_page *page = records->shown.page;
	struct data *root = records->shown.root;
	char path[48], value[WEB_FORM_SIZE], subject[48];
	bool whole = records->bytes.length <= BYTES_SHOWN && utf8_valid(records->bytes) == records->bytes.length;
	size_t length = records->bytes.length < BYTES_SHOWN ? records->bytes.length : BYTES_SHOWN;
	put_path(records, path);
	web_form_value(page, text_of(path), value);
	(void)snprintf(subject, sizeof subject, "quarantine-%lld", (long long)records->number);
	web_look(page, text_of(subject), TEXT_NONE);
	data_string(root, "once", value);
	data_flag(root, "waits", records->waiting);
	data_string(root, "wrong", wrong);
	data_text(root, "typed_reason", records->reason);
	data_text(root, "bytes", (struct text){records->bytes.at, length});
	data_text(root, "corrected", corrected.length ? corrected : records->bytes);
	data_flag(root, "can_correct", whole);
	data_flag(root, "bytes_cut", length < records->bytes.length);
	data_format(root, "bytes_count", "%zu", records->bytes.length);
	shown_title(&records->shown, "%sRecord %lld", *wrong ? "Error: " : "", (long long)records->number);
	return web_render(page, "record-page", root, status, fault);
}

static enum result begin(struct web_page *page, struct record_page *records, struct fault *fault)
{
	enum result result = shown_new(page, &records->sight, &records->shown, fault);
	int64_t number = read_number(page->parts[0]);
	if (result == RESULT_OK && records->sight.viewer.runs && number)
		result = quarantine_get(page->store, number, take_record, records, fault);
	if (result == RESULT_OK && !records->found)
		page_not_there(page);
	return result;
}

enum result page_record(struct web_page *page, struct fault *fault)
{
	struct record_page records = {.count = 0};
	enum result result = begin(page, &records, fault);
	if (result == RESULT_OK && records.found)
		result = show_record(&records, "", TEXT_NONE, 200, fault);
	shown_free(&records.shown);
	return result;
}

/* ---- the decision ---- */

/* A line end inside a record would make two of it; between JSON's tokens a space says the same. */
static void add_line(struct text bytes, struct buffer *out)
{
	bytes = text_trim(bytes);
	for (size_t i = 0; i < bytes.length; i++)
		buffer_char(out, bytes.at[i] == '\n' || bytes.at[i] == '\r' ? ' ' : bytes.at[i]);
	buffer_char(out, '\n');
}

static void add_order(const struct record_page *records, const char *type, const char *id, struct buffer *out)
{
	const struct web_page *page = records->shown.page;
	char subject[48];
	struct json_writer json = json_writer_on(out);
	(void)snprintf(subject, sizeof subject, "quarantine-%lld", (long long)records->number);
	json_object(&json);
	json_put_string(&json, "specversion", "1.0");
	json_put_string(&json, "id", id);
	json_put_string(&json, "source", TOOL);
	json_put_string(&json, "type", type);
	json_put_string(&json, "subject", subject);
	json_put_instant(&json, "time", page->now);
	json_put_string(&json, "datacontenttype", "application/json");
	json_key(&json, "data");
	json_object(&json);
	json_put_integer(&json, "quarantine", records->number);
	json_put_text(&json, "from", records->from); /* by which the other machines of a cell know it */
	if (records->reason.length)
		json_put_text(&json, "reason", records->reason);
	json_put_string(&json, "person", page->person->id);
	json_object_end(&json);
	json_object_end(&json);
	buffer_char(out, '\n');
}

static enum result hand_in(struct record_page *records, bool release, struct text corrected, const char *id,
                           struct fault *fault)
{
	const struct web_page *page = records->shown.page;
	struct buffer bytes = {0};
	char name[96];
	if (release)
		add_line(corrected.length ? corrected : records->bytes, &bytes);
	add_order(records, release ? "quarantine.released" : "quarantine.discarded", id, &bytes);
	(void)snprintf(name, sizeof name, "quarantine-%lld-%s", (long long)records->number, id);
	enum result result =
		page->settings->hand_in
			? page->settings->hand_in(page->settings->context, name, buffer_view(&bytes), fault)
			: fault_set(fault, RESULT_PERMANENT, "nothing is handed in: no spool is configured");
	buffer_free(&bytes);
	return result;
}

/* What is wrong with what was sent; NULL: nothing. */
static const char *look_at(const struct record_page *records, bool release, struct text corrected)
{
	if (!release && !text_trim(records->reason).length)
		return "Say why the record is discarded: a record about a child is not thrown away without a reason.";
	if (records->reason.length > REASON_MOST)
		return "The reason is longer than 500 characters: shorten it.";
	if (release && corrected.length > BYTES_SHOWN)
		return "The corrected record is too long for this page: use casewatch quarantine release --with.";
	return NULL;
}

static enum result decide(struct web_page *page, bool release, struct fault *fault)
{
	struct record_page records = {.count = 0};
	char path[48], id[WEB_FORM_ID_SIZE];
	struct text once = http_form(page->request, "once"), corrected = http_form(page->request, "corrected");
	records.reason = http_form(page->request, "reason");
	enum result result = begin(page, &records, fault);
	const char *wrong = look_at(&records, release, corrected);
	put_path(&records, path);
	if (result != RESULT_OK || !records.found) {
		shown_free(&records.shown);
		return result;
	}
	if (!records.waiting) {
		web_say(page, 409, "This record does not wait any more",
		        "Somebody has released or discarded it already. The list of records has what was decided.");
	} else if (!web_form_used(page, text_of(path), once, id)) {
		result =
			show_record(&records, "This form was not ours or is too old: look again and send it once more.",
		                    corrected, 400, fault);
	} else if (wrong) {
		result = show_record(&records, wrong, corrected, 422, fault);
	} else {
		result = hand_in(&records, release, corrected, id, fault);
		if (result == RESULT_OK)
			web_redirect(page, "/quarantine?done=yes");
	}
	shown_free(&records.shown);
	return result;
}

enum result page_release(struct web_page *page, struct fault *fault)
{
	return decide(page, true, fault);
}

enum result page_discard(struct web_page *page, struct fault *fault)
{
	return decide(page, false, fault);
}
