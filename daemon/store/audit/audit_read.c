/* audit_read: rows of the audit, for people and for programs. */
#include "store/store_internal.h"

struct audit_entry audit_read_entry(const struct query *query)
{
	return (struct audit_entry){
		.id = row_int(query, 0),
		.at = row_int(query, 1),
		.what = row_text(query, 2),
		.number = row_int(query, 3),
		.rule = row_text(query, 4),
		.person = row_text(query, 5),
		.detail = row_text(query, 6),
		.key = row_int(query, 7),
		.proof = row_blob(query, 8),
		.hash = row_blob(query, 9),
		.alert = row_text(query, 10),
		.subject = row_text(query, 11),
		.personal = row_text(query, 12),
	};
}

static bool fits(const struct audit_filter *filter, const struct audit_entry *entry)
{
	return (!filter->subject.length || text_equal(filter->subject, entry->subject)) &&
	       (!filter->person.length || text_equal(filter->person, entry->person)) && entry->at >= filter->from &&
	       entry->at < filter->until;
}

static enum result show(struct query *query, const struct audit_filter *filter, audit_entry_visit *visit,
                        void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query)) {
		struct audit_entry entry = audit_read_entry(query);
		if (fits(filter, &entry))
			result = visit(argument, &entry, fault);
	}
	return query_end(query, result, fault);
}

#define COLUMNS "SELECT " AUDIT_COLUMNS " FROM audit"

enum result audit_row(struct store *store, int64_t row, audit_entry_visit *visit, void *argument, struct fault *fault)
{
	struct query query = query_start(store, COLUMNS " WHERE id = ?");
	bind_int(&query, row);
	return show(&query, &(struct audit_filter){.from = INSTANT_NONE, .until = INSTANT_NEVER}, visit, argument,
	            fault);
}

static enum result note_number(void *argument, const struct alert_row *row, struct fault *fault)
{
	(void)fault;
	*(int64_t *)argument = row->number;
	return RESULT_OK;
}

/* By the alert's number, which has an index; what has none (an early warning that was never kept) is looked for row by
 * row. */
enum result audit_find(struct store *store, const struct audit_filter *filter, audit_entry_visit *visit,
                       void *argument, struct fault *fault)
{
	int64_t number = 0;
	enum result result = RESULT_OK;
	if (filter->alert.length)
		result = alerts_find(store, filter->alert, note_number, &number, fault);
	if (result == RESULT_OK && filter->alert.length && !number)
		result = alerts_number(store, filter->alert, &number, fault);
	if (result != RESULT_OK)
		return result;
	if (number) {
		struct query query = query_start(store, COLUMNS " WHERE number = ? AND number > 0 ORDER BY id");
		bind_int(&query, number);
		return show(&query, filter, visit, argument, fault);
	}
	struct query query = query_start(store, COLUMNS " WHERE ?1 = '' OR alert = ?1 ORDER BY id");
	bind_text(&query, filter->alert);
	return show(&query, filter, visit, argument, fault);
}

static void put_merged(struct text detail, struct text personal, struct buffer *out)
{
	buffer_text(out, detail);
	if (personal.length <= 2) /* {} */
		return;
	if (detail.length <= 2) {
		out->length -= detail.length;
		buffer_text(out, personal);
		return;
	}
	out->length--; /* its brace */
	buffer_char(out, ',');
	buffer_add(out, personal.at + 1, personal.length - 1);
}

struct merging {
	audit_visit *visit;
	void *argument;
	struct buffer detail;
};

static enum result merge(void *argument, const struct audit_entry *entry, struct fault *fault)
{
	struct merging *merging = argument;
	buffer_clear(&merging->detail);
	put_merged(entry->detail, entry->personal, &merging->detail);
	return merging->visit(merging->argument, entry->id, entry->at, entry->what, entry->alert, entry->rule,
	                      entry->subject, buffer_view(&merging->detail), fault);
}

enum result audit_each(struct store *store, struct text alert, audit_visit *visit, void *argument, struct fault *fault)
{
	struct audit_filter filter = {.alert = alert, .from = INSTANT_NONE, .until = INSTANT_NEVER};
	struct merging merging = {.visit = visit, .argument = argument};
	enum result result = audit_find(store, &filter, merge, &merging, fault);
	buffer_free(&merging.detail);
	return result;
}

enum result audit_stamps(struct store *store, audit_stamp_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	struct query query = query_start(store, "SELECT s.audit, s.at, s.token, a.hash FROM audit_stamp s"
	                                        " LEFT JOIN audit a ON a.id = s.audit ORDER BY s.id");
	while (result == RESULT_OK && query_row(&query)) {
		struct audit_stamp stamp = {row_int(&query, 0), row_int(&query, 1), row_blob(&query, 2)};
		result = visit(argument, &stamp, row_blob(&query, 3), fault);
	}
	return query_end(&query, result, fault);
}
