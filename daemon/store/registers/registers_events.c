/* registers_events: the stored events that rows are made from. */
#include "store/registers/registers_internal.h"

enum result register_learn_types(struct register_tables *tables, struct fault *fault)
{
	struct query query = query_start(tables->store, "SELECT id, name FROM event_type WHERE id > ? ORDER BY id");
	bind_int(&query, tables->newest_type);
	while (query_row(&query)) {
		int64_t number = row_int(&query, 0);
		if (number > 0 && number < TYPE_NUMBERS)
			tables->types[number] = schema_find(row_text(&query, 1));
		tables->newest_type = number;
	}
	return query_end(&query, RESULT_OK, fault);
}

uint32_t register_newest(const struct store *store, struct text id, uint32_t *number)
{
	*number = histories_find(store, PARTY_NONE, id);
	return *number ? store->histories.items[*number].last_event : 0;
}

static enum result show_event(struct store *store, int64_t ref, const struct query *row, size_t *length,
                              const struct register_reader *reader, struct fault *fault)
{
	char room[PACKING_MOST];
	struct event event;
	struct text bytes;
	struct fault why = {{0}};
	instant arrived = row_int(row, 3);
	struct packed packed = {row_blob(row, 4), (int)row_int(row, 5)};
	if (packing_unpack(packed, room, &bytes, &why) != RESULT_OK ||
	    event_parse(store->parser, bytes, arrived, &event, &why) != RESULT_OK) {
		store_note_unreadable(store, ref, &why);
		*length = packed.bytes.length;
		return RESULT_OK;
	}
	*length = bytes.length;
	return reader->visit(reader->argument, &event, arrived, fault);
}

/* One that was found; whoever reads is told where its history goes on, and may then name the next. */
static enum result look_at(struct register_tables *tables, uint32_t ref, const struct query *row,
                           const struct register_reader *reader, struct fault *fault)
{
	enum result result = RESULT_OK;
	int64_t type = row_int(row, 0), previous = row_int(row, 2);
	bool known = type > 0 && type < TYPE_NUMBERS && tables->types[type] != TYPE_UNKNOWN;
	size_t bytes = 0;
	if (known && (row_int(row, 1) & EVENT_STANDING) &&
	    (!reader->wants || reader->wants(reader->argument, tables->types[type])))
		result = show_event(tables->store, ref, row, &bytes, reader, fault);
	/* A chain that goes up is damaged: store_tidy's check says so. */
	if (result == RESULT_OK)
		reader->seen(reader->argument, previous > 0 && previous < ref ? (uint32_t)previous : 0, bytes);
	return result;
}

enum result register_events(struct register_tables *tables, const struct register_reader *reader, struct fault *fault)
{
	struct register_feed feed = {reader, 0};
	enum result result = register_feed_made(tables, fault);
	if (result != RESULT_OK)
		return result;
	struct query query =
		query_start(tables->store, "SELECT e.type, e.flags, e.previous, e.arrived, e.bytes, e.packed"
	                                   " FROM register_feed(?) f CROSS JOIN event e ON e.id = f.ref");
	register_feed_bind(&query, &feed);
	while (result == RESULT_OK && query_row(&query))
		result = look_at(tables, feed.ref, &query, reader, fault);
	return query_end(&query, result, fault);
}
