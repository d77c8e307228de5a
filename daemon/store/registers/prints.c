/* prints: one row a figure, label, period and time it was printed. */
#include "store/registers/prints.h"

#include "store/store_internal.h"

enum result prints_add(struct store *store, const struct print_row *row, struct fault *fault)
{
	struct query query =
		query_start(store, "INSERT OR REPLACE INTO report_print (list, reader, figure, label, period, printed,"
	                           " value, shown, counted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	bind_text(&query, row->list);
	bind_text(&query, row->reader);
	bind_text(&query, row->figure);
	bind_text(&query, row->label);
	bind_text(&query, row->period);
	bind_int(&query, row->printed);
	bind_real(&query, row->value);
	bind_int(&query, row->shown);
	bind_int(&query, row->counted);
	return query_run(&query, fault);
}
