/* packed: the dictionaries beside the events, and the function of SQL that unpacks. */
#include "store/events/packed.h"

#include "event/packing.h"
#include "store/store_internal.h"

enum result packed_keep_dictionary(struct store *store, int number, struct fault *fault)
{
	struct text dictionary = packing_dictionary(number);
	struct query query = query_start(store, "INSERT INTO event_dictionary (id, bytes) VALUES (?, ?)");
	bind_int(&query, number);
	bind_blob(&query, dictionary.at, dictionary.length);
	return query_run(&query, fault);
}

static void unpack(sqlite3_context *context, int count, sqlite3_value **values)
{
	char room[PACKING_MOST];
	struct text bytes;
	struct fault why = {{0}}, fault = {{0}};
	(void)count;
	const void *at = sqlite3_value_blob(values[2]);
	struct packed packed = {{at, at ? (size_t)sqlite3_value_bytes(values[2]) : 0}, sqlite3_value_int(values[1])};
	if (packing_unpack(packed, room, &bytes, &why) == RESULT_OK) {
		sqlite3_result_blob(context, bytes.at ? bytes.at : "", (int)bytes.length, SQLITE_TRANSIENT);
		return;
	}
	(void)fault_set(&fault, RESULT_PERMANENT,
	                "stored event %lld can no longer be read: %s. Restore the last backup that verifies "
	                "(docs/backup.md)",
	                (long long)sqlite3_value_int64(values[0]), why.text);
	sqlite3_result_error(context, fault.text, -1);
}

bool packed_function(sqlite3 *database)
{
	return sqlite3_create_function_v2(database, "event_json", 3,
	                                  SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, unpack, NULL,
	                                  NULL, NULL) == SQLITE_OK;
}
