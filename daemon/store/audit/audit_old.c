/* audit_old: the audit of a database of before the chain is put into it, once, when the database is brought up to
 * date. */
#include "store/store_internal.h"

/* What rows said of a child stood among the rest of their detail. */
#define PERSONAL "'$.because', '$.reason', '$.note', '$.action'"
#define OF_CHILD " (subject <> '' AND json_valid(detail))"

#define ROWS                                                                                                           \
	"SELECT at, what, number, rule, alert, subject,"                                                               \
	" CASE WHEN" OF_CHILD " THEN json_remove(detail, " PERSONAL ") ELSE detail END,"                               \
	" CASE WHEN" OF_CHILD " THEN json_patch('{}', json_object('because', json_extract(detail, '$.because'),"       \
	" 'reason', json_extract(detail, '$.reason'), 'note', json_extract(detail, '$.note'),"                         \
	" 'action', json_extract(detail, '$.action'))) ELSE '' END,"                                                   \
	" CASE WHEN json_valid(detail) THEN coalesce(json_extract(detail, '$.person'), '') ELSE '' END"                \
	" FROM audit_before ORDER BY id"

static struct text without_braces(struct text personal)
{
	return text_equal(personal, TEXT("{}")) ? TEXT_NONE : personal;
}

enum result audit_chain_old(struct store *store, struct fault *fault)
{
	struct query query = query_start(store, ROWS);
	enum result result = RESULT_OK;
	audit_forget(store);
	while (result == RESULT_OK && query_row(&query)) {
		struct audit_entry entry = {.at = row_int(&query, 0),
		                            .what = row_text(&query, 1),
		                            .number = row_int(&query, 2),
		                            .rule = row_text(&query, 3),
		                            .alert = row_text(&query, 4),
		                            .subject = row_text(&query, 5),
		                            .detail = row_text(&query, 6),
		                            .personal = without_braces(row_text(&query, 7)),
		                            .person = row_text(&query, 8)};
		result = audit_append(store, &entry, fault);
	}
	result = query_end(&query, result, fault);
	return result == RESULT_OK ? store_execute(store, "DROP TABLE audit_before", fault) : result;
}
