/* lists: when each list was last due and made. */
#include "store/store_internal.h"

enum result lists_last(struct store *store, struct text list, instant *due, struct fault *fault)
{
	*due = INSTANT_NONE;
	struct query query = query_start(store, "SELECT due FROM list_run WHERE list = ?");
	bind_text(&query, list);
	if (query_row(&query))
		*due = row_int(&query, 0);
	return query_end(&query, RESULT_OK, fault);
}

enum result lists_done(struct store *store, struct text list, instant due, struct fault *fault)
{
	struct query query = query_start(store, "INSERT OR REPLACE INTO list_run (list, due) VALUES (?, ?)");
	bind_text(&query, list);
	bind_int(&query, due);
	return query_run(&query, fault);
}
