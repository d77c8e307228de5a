/* audit: one row for everything that was done: effects, sends, answers, refusals. */
#include "store/store_internal.h"

enum result audit_add(struct store *store, instant at, const char *what, struct text alert, struct text rule,
                      struct text subject, struct text detail_json, struct fault *fault)
{
	int64_t number = 0;
	enum result result = alert.length ? alerts_number(store, alert, &number, fault) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "INSERT INTO audit (at, what, number, alert, rule, subject, detail)"
	                                        " VALUES (?, ?, ?, ?, ?, ?, ?)");
	bind_int(&query, at);
	bind_text(&query, text_of(what));
	bind_int(&query, number);
	bind_text(&query, alert);
	bind_text(&query, rule);
	bind_text(&query, subject);
	bind_text(&query, detail_json);
	return query_run(&query, fault);
}

static enum result show_rows(struct query *query, audit_visit *visit, void *argument, struct fault *fault)
{
	enum result result = RESULT_OK;
	while (result == RESULT_OK && query_row(query))
		result = visit(argument, row_int(query, 0), row_int(query, 1), row_text(query, 2), row_text(query, 3),
		               row_text(query, 4), row_text(query, 5), row_text(query, 6), fault);
	return query_end(query, result, fault);
}

#define COLUMNS "SELECT id, at, what, alert, rule, subject, detail FROM audit"

/* By the alert's number, which has an index; an early warning has none, and is looked for row by row. */
enum result audit_each(struct store *store, struct text alert, audit_visit *visit, void *argument,
                       struct fault *fault)
{
	int64_t number = 0;
	enum result result = alert.length ? alerts_number(store, alert, &number, fault) : RESULT_OK;
	if (result != RESULT_OK)
		return result;
	if (number) {
		struct query query = query_start(store, COLUMNS " WHERE number = ? AND number > 0 ORDER BY id");
		bind_int(&query, number);
		return show_rows(&query, visit, argument, fault);
	}
	struct query query = query_start(store, COLUMNS " WHERE ?1 = '' OR alert = ?1 ORDER BY id");
	bind_text(&query, alert);
	return show_rows(&query, visit, argument, fault);
}
