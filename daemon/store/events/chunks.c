/* chunks: a durable array of small entries that only grows: rows of one page each, the last one rewritten until full.
 *
 * Random index inserts touch a page an event; this touches one page a transaction. What they would have answered is
 * answered from memory, which reads these rows at start. */
#include "store/store_internal.h"

#include <stdlib.h>

void chunks_free(struct chunks *chunks)
{
	free(chunks->tail);
	chunks->tail = NULL;
	chunks->row = 0;
	chunks->filled = chunks->total = 0;
	chunks->dirty = false;
}

static void make_tail(struct chunks *chunks)
{
	if (!chunks->tail)
		chunks->tail = mem_alloc(chunks->room * chunks->entry);
	if (!chunks->row)
		chunks->row = 1;
}

enum result chunks_flush(struct store *store, struct chunks *chunks, struct fault *fault)
{
	if (!chunks->dirty)
		return RESULT_OK;
	struct query query = query_start(store, chunks->write_sql);
	bind_int(&query, chunks->row);
	bind_blob(&query, chunks->tail, chunks->filled * chunks->entry);
	enum result result = query_run(&query, fault);
	if (result == RESULT_OK)
		chunks->dirty = false;
	return result;
}

enum result chunks_append(struct store *store, struct chunks *chunks, const void *entry, struct fault *fault)
{
	make_tail(chunks);
	if (chunks->filled == chunks->room) {
		enum result result = chunks_flush(store, chunks, fault);
		if (result != RESULT_OK)
			return result;
		chunks->row++;
		chunks->filled = 0;
	}
	memcpy(chunks->tail + chunks->filled * chunks->entry, entry, chunks->entry);
	chunks->filled++;
	chunks->total++;
	chunks->dirty = true;
	return RESULT_OK;
}

enum result chunks_clear(struct store *store, struct chunks *chunks, struct fault *fault)
{
	struct query query = query_start(store, chunks->clear_sql);
	enum result result = query_run(&query, fault);
	if (result == RESULT_OK) {
		chunks->row = 1;
		chunks->filled = chunks->total = 0;
		chunks->dirty = false;
	}
	return result;
}

static enum result take_row(struct store *store, struct chunks *chunks, const struct query *query,
                            chunks_visit *visit, struct fault *fault)
{
	struct text entries = row_blob(query, 1);
	size_t count = entries.length / chunks->entry;
	size_t known = row_int(query, 0) == chunks->row ? chunks->filled : 0;
	if (entries.length % chunks->entry || count > chunks->room || count < known)
		return fault_set(
			fault, RESULT_PERMANENT,
			"the database %s is damaged (a row of an index has %zu bytes): restore the last backup",
			store->path, entries.length);
	chunks->row = row_int(query, 0);
	chunks->filled = count;
	chunks->total += count - known;
	if (count)
		memcpy(chunks->tail, entries.at, entries.length);
	return visit(store, entries.at + known * chunks->entry, count - known, fault);
}

enum result chunks_load(struct store *store, struct chunks *chunks, chunks_visit *visit, struct fault *fault)
{
	make_tail(chunks);
	enum result result = RESULT_OK;
	struct query query = query_start(store, chunks->read_sql);
	bind_int(&query, chunks->row);
	while (result == RESULT_OK && query_row(&query))
		result = take_row(store, chunks, &query, visit, fault);
	return query_end(&query, result, fault);
}
