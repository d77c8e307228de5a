/* restore: a backup is made ready beside the database, and gets its name when it is. */
#include "store/copies/backup.h"

#include "store/copies/follow_internal.h"
#include "store/erasure/erasures.h"
#include "store/store_internal.h"
#include "text/json_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RESTORED_TO "restored_to" /* in meta: microseconds */

enum result store_restored_to(struct store *store, instant *at, struct fault *fault)
{
	struct text kept;
	enum result result = store_get(store, RESTORED_TO, &kept, fault);
	char digits[24] = "";
	if (kept.length && kept.length < sizeof digits)
		memcpy(digits, kept.at, kept.length);
	*at = *digits ? strtoll(digits, NULL, 10) : INSTANT_NONE;
	return result;
}

/* ---- files ---- */

struct names {
	struct buffer database, ready, aside;
};

static void put_stamp(instant now, struct buffer *out)
{
	char stamp[24];
	time_t seconds = (time_t)(now / SECOND);
	struct tm utc;
	(void)gmtime_r(&seconds, &utc);
	(void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	buffer_string(out, stamp);
}

static bool has_bytes(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && found.st_size > 0;
}

static const char *with(struct buffer *room, const struct buffer *name, const char *suffix)
{
	buffer_clear(room);
	buffer_text(room, buffer_view(name));
	buffer_string(room, suffix);
	return buffer_cstr(room);
}

static const char *const beside[] = {"-wal", "-shm", "-journal", ".lock", ".erased"};

static void remove_ready(const struct names *names)
{
	struct buffer path = {0};
	(void)unlink(buffer_cstr(&names->ready));
	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
		(void)unlink(with(&path, &names->ready, beside[i]));
	buffer_free(&path);
}

/* ---- made ready ---- */

/* What waited then may have gone since; and what is told again of what happened before now, too (pipeline). */
static enum result mark_messages(struct store *store, instant now, int64_t *marked, struct fault *fault)
{
	char digits[24];
	(void)snprintf(digits, sizeof digits, "%lld", (long long)now);
	struct query query = query_start(
		store, "UPDATE outbox SET possible_duplicate = 1 WHERE open = 1 AND possible_duplicate = 0");
	enum result result = query_run(&query, fault);
	*marked = sqlite3_changes64(store->database);
	return result == RESULT_OK ? store_set(store, RESTORED_TO, text_of(digits), fault) : result;
}

static enum result put_on_record(struct store *store, const struct restored *restored, instant now, struct fault *fault)
{
	struct buffer detail = {0}, head = {0};
	struct json_writer json = json_writer_on(&detail);
	audit_head_put(&restored->backup.head, &head);
	json_object(&json);
	json_put_text(&json, "head", buffer_view(&head));
	json_put_integer(&json, "events", restored->backup.events);
	json_put_integer(&json, "marked", restored->marked);
	json_put_integer(&json, "erased", restored->erased);
	json_object_end(&json);
	struct audit_row row = {.at = now, .what = "database.restored", .detail = buffer_view(&detail)};
	enum result result = audit_write(store, &row, fault);
	buffer_free(&detail);
	buffer_free(&head);
	return result;
}

static enum result mark(struct store *store, instant now, struct restored *restored, struct fault *fault)
{
	enum result result = store_begin(store, fault);
	if (result == RESULT_OK)
		result = mark_messages(store, now, &restored->marked, fault);
	if (result == RESULT_OK)
		result = put_on_record(store, restored, now, fault);
	if (result == RESULT_OK)
		return store_commit(store, fault);
	store_rollback(store);
	return result;
}

static enum result erase_again(struct store *store, instant now, struct fault *fault)
{
	struct event_parser *parser = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024}, TEXT_NONE, NULL);
	enum result result = RESULT_OK;
	events_set_parser(store, parser);
	for (bool more = true; more && result == RESULT_OK;)
		result = erasures_step(store, now, &more, fault);
	events_set_parser(store, NULL);
	event_parser_free(parser);
	return result;
}

/* What only the file that was backed up, or followed, is. */
static enum result take_marks(const struct names *names, struct fault *fault)
{
	struct store *store;
	enum result result = store_open_bare(buffer_cstr(&names->ready), &store, fault);
	if (result != RESULT_OK)
		return result;
	result = store_execute(store, "BEGIN", fault); /* else each of the hundred triggers is synchronised by itself */
	if (result == RESULT_OK)
		result = changes_end(store, fault);
	if (result == RESULT_OK)
		result = store_execute(store, "DROP TABLE IF EXISTS copied; COMMIT", fault);
	store_close(store);
	return result;
}

/* Opening brings it up to date, and begins the erasures anew that came after it. */
static enum result make_ready(const struct names *names, instant now, struct restored *restored, struct fault *fault)
{
	struct store *store;
	schema_start();
	enum result result = take_marks(names, fault);
	if (result == RESULT_OK)
		result = store_open(buffer_cstr(&names->ready), STORE_WRITE, &store, fault);
	if (result != RESULT_OK)
		return result;
	restored->erased = (int64_t)erasures_begun_again(store);
	result = erase_again(store, now, fault);
	if (result == RESULT_OK)
		result = mark(store, now, restored, fault);
	store_close(store); /* the last one to close moves the log into the database */
	struct buffer log = {0};
	if (result == RESULT_OK && has_bytes(with(&log, &names->ready, "-wal")))
		result = fault_set(fault, RESULT_PERMANENT, "%s could not be written into its database", log.at);
	buffer_free(&log);
	return result == RESULT_OK ? file_sync(buffer_cstr(&names->ready), fault) : result;
}

/* Of the file beside the database and the one beside the backup neither need know what the other does: either may be
 * the older, as after a machine that was lost. Who is erased by one of them stays erased. */
static enum result take_erasures(const struct names *names, const char *from, struct fault *fault)
{
	struct buffer own = {0}, there = {0}, ready = {0};
	enum result result = RESULT_OK;
	buffer_format(&there, "%s.erased", from);
	bool has_own = has_bytes(with(&own, &names->database, ".erased")), has_other = has_bytes(buffer_cstr(&there));
	const char *to = with(&ready, &names->ready, ".erased");
	if (has_own && has_other)
		result = erasures_unite(own.at, there.at, to, fault);
	else if (has_own || has_other)
		result = file_copy(has_own ? own.at : there.at, to, 0600, fault);
	buffer_free(&own);
	buffer_free(&there);
	buffer_free(&ready);
	return result;
}

/* ---- put in place ---- */

static enum result move(const char *from, const char *to, struct fault *fault)
{
	return rename(from, to) == 0
	               ? RESULT_OK
	               : fault_set(fault, RESULT_PERMANENT, "%s cannot be moved to %s: %s", from, to, strerror(errno));
}

static enum result move_if_there(const char *from, const char *to, struct fault *fault)
{
	enum result result = move(from, to, fault);
	return result != RESULT_OK && errno == ENOENT ? RESULT_OK : result;
}

/* As it was. Its log goes first, and the new database before that: a log without a database is missed at a start, but
 * not a database without its log; and beside another one it would be taken for that one's. */
static enum result move_all_back(const struct names *names, struct fault *fault)
{
	struct buffer from = {0}, to = {0};
	enum result result = move_if_there(buffer_cstr(&names->database), buffer_cstr(&names->ready), fault);
	for (size_t i = 0; i < 3 && result == RESULT_OK; i++)
		result = move_if_there(with(&from, &names->aside, beside[i]), with(&to, &names->database, beside[i]),
		                       fault);
	if (result == RESULT_OK)
		result = move_if_there(buffer_cstr(&names->aside), buffer_cstr(&names->database), fault);
	buffer_free(&from);
	buffer_free(&to);
	return result;
}

/* RESULT_PERMANENT, with what failed before; and what cannot be moved back is named. */
static enum result move_back(const struct names *names, struct fault *fault)
{
	struct buffer log = {0};
	struct fault again;
	bool was_moved = has_bytes(buffer_cstr(&names->aside)) || has_bytes(with(&log, &names->aside, "-wal"));
	if (was_moved && move_all_back(names, &again) != RESULT_OK) {
		const struct fault before = *fault;
		(void)fault_set(fault, RESULT_PERMANENT,
		                "%.400s; and what was there before is %s now, with its -wal, and has to be given its "
		                "name by hand",
		                before.text, buffer_cstr(&names->aside));
	}
	buffer_free(&log);
	return RESULT_PERMANENT;
}

static enum result put_aside(const struct names *names, struct fault *fault)
{
	struct buffer from = {0}, to = {0};
	enum result result = move_if_there(buffer_cstr(&names->database), buffer_cstr(&names->aside), fault);
	for (size_t i = 0; i < 3 && result == RESULT_OK; i++) /* its log and the log's index */
		result = move_if_there(with(&from, &names->database, beside[i]), with(&to, &names->aside, beside[i]),
		                       fault);
	buffer_free(&from);
	buffer_free(&to);
	return result;
}

static enum result put_in_place(const struct names *names, struct fault *fault)
{
	struct buffer from = {0}, to = {0};
	enum result result = move_if_there(with(&from, &names->ready, ".erased"),
	                                   with(&to, &names->database, ".erased"), fault);
	if (result == RESULT_OK)
		result = move(buffer_cstr(&names->ready), buffer_cstr(&names->database), fault);
	if (result == RESULT_OK)
		result = file_sync_name(buffer_cstr(&names->database), fault);
	(void)unlink(with(&from, &names->ready, ".lock"));
	buffer_free(&from);
	buffer_free(&to);
	return result;
}

/* At each moment the one is under the name or the other, or none, which is missed at a start. */
static enum result change_places(const struct names *names, bool had_before, struct fault *fault)
{
	enum result result = had_before ? put_aside(names, fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = put_in_place(names, fault);
	return result != RESULT_OK && had_before ? move_back(names, fault) : result;
}

/* ---- the whole ---- */

static enum result look_at_place(const struct names *names, bool replace, struct restored *restored,
                                 struct fault *fault)
{
	const char *database = buffer_cstr(&names->database);
	struct buffer log = {0};
	struct fault unread = {0};
	restored->had_before = has_bytes(database) || has_bytes(with(&log, &names->database, "-wal"));
	buffer_free(&log);
	if (!restored->had_before)
		return RESULT_OK;
	if (!replace)
		return fault_set(
			fault, RESULT_PERMANENT,
			"there is a database at %s: nothing was changed. Look at it first (casewatch verify); to "
			"put it aside and restore, say --replace",
			database);
	restored->before_readable = backup_check(database, false, &restored->before, &unread) == RESULT_OK;
	(void)snprintf(restored->aside, sizeof restored->aside, "%s", buffer_cstr(&names->aside));
	return RESULT_OK;
}

/* What was written last into a database that is in use is in its log. */
static enum result look_at_log(const char *from, struct fault *fault)
{
	struct buffer log = {0};
	enum result result = RESULT_OK;
	buffer_format(&log, "%s-wal", from);
	if (has_bytes(buffer_cstr(&log)))
		result = fault_set(fault, RESULT_PERMANENT,
		                   "%s has a write-ahead log beside it and is no backup: what was written last is not "
		                   "in the file. Make a backup of it (casewatch backup); a copy that follows is put in "
		                   "place by casewatch follow --take-over",
		                   from);
	buffer_free(&log);
	return result;
}

static enum result restore_locked(const struct names *names, const char *from, bool replace, instant now,
                                  struct restored *restored, struct fault *fault)
{
	const char *ready = buffer_cstr(&names->ready);
	enum result result = look_at_place(names, replace, restored, fault);
	if (result != RESULT_OK)
		return result;
	result = look_at_log(from, fault);
	if (result != RESULT_OK)
		return result;
	remove_ready(names); /* of one that was broken off */
	result = file_copy(from, ready, 0640, fault);
	if (result == RESULT_OK)
		result = backup_check(ready, true, &restored->backup, fault);
	if (result == RESULT_OK)
		result = take_erasures(names, from, fault);
	if (result == RESULT_OK)
		result = make_ready(names, now, restored, fault);
	if (result == RESULT_OK)
		result = change_places(names, restored->had_before, fault);
	if (result != RESULT_OK)
		remove_ready(names);
	return result;
}

enum result backup_restore(const char *database, const char *from, bool replace, instant now, struct restored *restored,
                           struct fault *fault)
{
	struct store holder = {.path = (char *)(uintptr_t)database, .lock = -1};
	struct names names = {0};
	*restored = (struct restored){0};
	buffer_string(&names.database, database);
	buffer_format(&names.ready, "%s.restoring", database);
	buffer_format(&names.aside, "%s.before-", database);
	put_stamp(now, &names.aside);
	enum result result = store_take_lock(&holder, fault);
	if (result == RESULT_OK)
		result = store_look_if_free(database, fault);
	if (result == RESULT_OK)
		result = restore_locked(&names, from, replace, now, restored, fault);
	if (result == RESULT_OK)
		store_note_database(holder.lock);
	if (holder.lock >= 0)
		(void)close(holder.lock);
	buffer_free(&names.database);
	buffer_free(&names.ready);
	buffer_free(&names.aside);
	return result;
}
