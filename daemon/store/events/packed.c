/* packed: the dictionaries beside the events, and the function of SQL that unpacks. */
#include "store/events/packed.h"

#include "event/packing.h"
#include "store/store_internal.h"
#include "text/json_read.h"
#include "text/utf8.h"

#include <stdlib.h>

enum result packed_keep_dictionary(struct store *store, int number, struct fault *fault)
{
	struct text dictionary = packing_dictionary(number);
	struct query query = query_start(store, "INSERT INTO event_dictionary (id, bytes) VALUES (?, ?)");
	bind_int(&query, number);
	bind_blob(&query, dictionary.at, dictionary.length);
	return query_run(&query, fault);
}

/* ---- what can no longer be read ---- */

#define DEPTH 1000                     /* more than any limit that a configuration may set */
#define STRINGS ((size_t)64 << 20)

/* As packing_unpack, without a mark that a file of Windows had before them: SQL's JSON knows none. */
static enum result unpack_plain(struct packed packed, char *room, struct text *bytes, struct fault *why)
{
	enum result result = packing_unpack(packed, room, bytes, why);
	if (result == RESULT_OK)
		*bytes = utf8_cut_mark(*bytes);
	return result;
}

/* The bytes as they came, where they are JSON still; `room` has PACKING_MOST. */
static bool read_stored(struct packed packed, struct json_reader *json, char *room, struct text *bytes,
                        struct fault *why)
{
	if (unpack_plain(packed, room, bytes, why) != RESULT_OK)
		return false;
	struct text unused;
	json_start(json, *bytes, 0);
	bool good = json_skip(json, json_next(json, &unused)) != JSON_FAULT && json_next(json, &unused) == JSON_END;
	if (!good)
		(void)fault_set(why, RESULT_PERMANENT, "it is %s", json_fault(json));
	return good;
}

enum result packed_sound(sqlite3 *database, struct packed_damage *damage, struct fault *fault)
{
	char room[PACKING_MOST];
	sqlite3_stmt *statement = NULL;
	*damage = (struct packed_damage){0};
	int status = sqlite3_prepare_v2(database, "SELECT id, packed, bytes FROM event WHERE NOT flags & 8 ORDER BY id",
	                                -1, &statement, NULL);
	if ((status & 0xff) == SQLITE_ERROR) /* there is no such column yet */
		return RESULT_OK;
	struct json_reader *json = json_reader_new(DEPTH, STRINGS);
	while ((status == SQLITE_OK || status == SQLITE_ROW) && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		struct text bytes = {sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2)};
		struct packed packed = {bytes, sqlite3_column_int(statement, 1)};
		struct fault why = {{0}};
		if (!read_stored(packed, json, room, &bytes, &why) && !damage->count++) {
			damage->first = sqlite3_column_int64(statement, 0);
			damage->why = why;
		}
	}
	(void)sqlite3_finalize(statement);
	json_reader_free(json);
	if (status == SQLITE_DONE)
		return RESULT_OK;
	/* That another program, or a lack of memory, was in the way says nothing of the bytes. */
	int basic = status & 0xff;
	bool damaged = basic == SQLITE_CORRUPT || basic == SQLITE_NOTADB || basic == SQLITE_IOERR;
	return fault_set(fault, damaged ? RESULT_PERMANENT : RESULT_TEMPORARY, "the stored events cannot be read: %s",
	                 sqlite3_errmsg(database));
}

/* ---- the function ---- */

struct unpacking {
	packed_see *see; /* NULL: what cannot be read ends the statement */
	void *argument;
	struct json_reader *json;
};

static void end_unpacking(void *argument)
{
	struct unpacking *unpacking = argument;
	json_reader_free(unpacking->json);
	free(unpacking);
}

static void unpack(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct unpacking *unpacking = sqlite3_user_data(context);
	char room[PACKING_MOST];
	struct text bytes;
	struct fault why = {{0}}, fault = {{0}};
	(void)count;
	const void *at = sqlite3_value_blob(values[2]);
	struct packed packed = {{at, at ? (size_t)sqlite3_value_bytes(values[2]) : 0}, sqlite3_value_int(values[1])};
	int64_t event = sqlite3_value_int64(values[0]);
	if (unpacking->see ? read_stored(packed, unpacking->json, room, &bytes, &why)
	                   : unpack_plain(packed, room, &bytes, &why) == RESULT_OK) {
		sqlite3_result_blob(context, bytes.at ? bytes.at : "", (int)bytes.length, SQLITE_TRANSIENT);
		return;
	}
	if (unpacking->see) {
		unpacking->see(unpacking->argument, event, why.text);
		return; /* NULL */
	}
	(void)fault_set(&fault, RESULT_PERMANENT,
	                "stored event %lld can no longer be read: %s. Restore the last backup that verifies "
	                "(docs/backup.md)",
	                (long long)event, why.text);
	sqlite3_result_error(context, fault.text, -1);
}

bool packed_function(sqlite3 *database, packed_see *see, void *argument)
{
	struct unpacking *unpacking = MEM_NEW(struct unpacking);
	*unpacking = (struct unpacking){see, argument, json_reader_new(DEPTH, STRINGS)};
	return sqlite3_create_function_v2(database, "event_json", 3,
	                                  SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, unpacking, unpack,
	                                  NULL, NULL, end_unpacking) == SQLITE_OK;
}
