/* transaction: one at a time, and the memory beside the database that goes with it. */
#include "store/store_internal.h"

#include "base/log.h"

/* In pages of 16 KiB. 10,000 of them made single commits take 80 to 270 ms; 1,000 take 11 to 98. */
#define CHECKPOINT_PAGES 1000

static enum result load(struct store *store, struct fault *fault)
{
	enum result result = RESULT_OK;
	if (!store->behind)
		store_forget(store);
	for (const struct store_group *group = store->groups; result == RESULT_OK && group->load; group++)
		result = group->load(store, fault);
	store->loaded = result == RESULT_OK;
	return result;
}

/* What cannot be gone on from, since another database may be under the name, is read from its beginning. */
static enum result load_further(struct store *store, struct fault *fault)
{
	enum result result = load(store, fault);
	bool again = store->behind && result == RESULT_PERMANENT;
	store->behind = false;
	return again ? load(store, fault) : result;
}

enum result store_ready(struct store *store, struct fault *fault)
{
	if (store->loaded && !store->behind)
		return RESULT_OK;
	/* One view of all tables, also beside a daemon that writes. */
	bool own = sqlite3_get_autocommit(store->database) != 0;
	enum result result = own ? store_execute(store, "BEGIN", fault) : RESULT_OK;
	if (result == RESULT_OK)
		result = load_further(store, fault);
	if (own && result == RESULT_OK) { /* the very first load draws the seed of the hashes: it must stay */
		result = store_execute(store, "COMMIT", fault);
		if (result != RESULT_OK)
			store_forget(store);
	}
	if (own && !sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

enum result store_view(struct store *store, struct fault *fault)
{
	if (store->mode != STORE_READ || !sqlite3_get_autocommit(store->database))
		return RESULT_OK;
	enum result result = page_cache_look(store, fault);
	return result == RESULT_OK ? store_execute(store, "BEGIN", fault) : result;
}

void store_view_end(struct store *store)
{
	if (store->mode == STORE_READ && !sqlite3_get_autocommit(store->database))
		(void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
}

void store_look_anew(struct store *store)
{
	if (store->mode == STORE_READ && store->loaded)
		store->behind = true;
}

enum result store_changing(struct store *store, struct fault *fault)
{
	if (!store->open)
		return fault_set(fault, RESULT_PERMANENT, "no transaction is open on %s (a mistake in casewatch)",
		                 store->path);
	store->touched = true;
	return store_ready(store, fault);
}

bool store_in_transaction(const struct store *store)
{
	return store->open;
}

uint64_t store_written(const struct store *store)
{
	return (uint64_t)sqlite3_total_changes64(store->database) + store->rollbacks;
}

bool store_failed_to_read(const struct store *store)
{
	return store->failure == SQLITE_IOERR_READ || store->failure == SQLITE_IOERR_SHORT_READ ||
	       store->failure == SQLITE_IOERR_CORRUPTFS;
}

bool store_is_damaged(const struct store *store)
{
	return (store->failure & 0xff) == SQLITE_CORRUPT || (store->failure & 0xff) == SQLITE_NOTADB;
}

/* Our own checkpoint is waited for, which is over in a moment. Somebody else at the database, who was waited for in
 * vain once, is not waited for again until they have gone: whoever asks meanwhile, of this council or another, would
 * stand for as long each time. */
static void wait_for_others(struct store *store, bool held)
{
	if (store->held != held)
		(void)sqlite3_busy_timeout(store->database, held ? STORE_HELD_MS : STORE_BUSY_MS);
	store->held = held;
}

enum result store_begin(struct store *store, struct fault *fault)
{
	if (store->open)
		return fault_set(fault, RESULT_PERMANENT,
		                 "a transaction is open already on %s (a mistake in casewatch)", store->path);
	enum result result = store_ready(store, fault);
	if (result == RESULT_OK)
		result = page_cache_look(store, fault);
	if (result != RESULT_OK)
		return result;
	struct query query = query_start(store, "BEGIN IMMEDIATE");
	result = query_run(&query, fault);
	wait_for_others(store, result == RESULT_TEMPORARY && (store->failure & 0xff) == SQLITE_BUSY);
	store->open = result == RESULT_OK;
	store->histories.old_count = store->histories.count;
	return result;
}

static enum result flush(struct store *store, struct fault *fault)
{
	enum result result = RESULT_OK;
	for (const struct store_group *group = store->groups; result == RESULT_OK && group->load; group++)
		if (group->flush)
			result = group->flush(store, fault);
	return result;
}

/* What came of the checkpoints on their own thread since it was last asked. After a failed fsync of the database file
 * the kernel may have dropped the pages, and the next checkpoint would succeed without them: so it is an error that
 * ends the process, and the log, still whole, is replayed at the next start. A full disk or a reader in the way only
 * puts it off. */
static enum result learn_of_checkpoints(struct store *store, struct fault *fault)
{
	int status = checkpoint_status(store->checkpoint);
	if (status == SQLITE_OK) {
		store->full_said = store->full_said && !checkpoint_done(store->checkpoint);
		return RESULT_OK;
	}
	enum result result = store_failed(store, status, fault);
	if (result != RESULT_TEMPORARY)
		return result;
	if (!store->full_said && (status & 0xff) != SQLITE_BUSY)
		log_warning("the write-ahead log could not be moved into the database: %s", fault->text);
	store->full_said = true;
	return RESULT_OK;
}

static enum result commit(struct store *store, struct fault *fault)
{
	struct clock machine = clock_real();
	instant began = clock_elapsed(&machine);
	struct query query = query_start(store, "COMMIT");
	enum result result = query_run(&query, fault);
	instant took = clock_elapsed(&machine) - began;
	store->waited += took;
	store->commits.steps = histogram_short;
	histogram_count(&store->commits, took);
	return result;
}

enum result store_commit(struct store *store, struct fault *fault)
{
	if (!store->open)
		return fault_set(fault, RESULT_PERMANENT, "no transaction is open on %s (a mistake in casewatch)",
		                 store->path);
	enum result result = outbox_settle(store, fault);
	if (result == RESULT_OK && store->touched)
		result = flush(store, fault);
	if (result == RESULT_OK)
		result = commit(store, fault);
	if (result != RESULT_OK) {
		store_rollback(store);
		return result;
	}
	store->open = store->touched = false;
	lines_end(store, true);
	if (store->wal_pages >= CHECKPOINT_PAGES)
		checkpoint_ask(store->checkpoint, false);
	return learn_of_checkpoints(store, fault);
}

enum result store_tidy(struct store *store, struct fault *fault)
{
	if (store->open || store->mode != STORE_WRITE)
		return RESULT_OK;
	checkpoint_ask(store->checkpoint, true);
	enum result result = learn_of_checkpoints(store, fault);
	return result == RESULT_OK ? page_cache_look(store, fault) : result;
}

enum result store_empty_log(struct store *store, struct fault *fault)
{
	enum result result = store_tidy(store, fault);
	checkpoint_wait(store->checkpoint);
	return result == RESULT_OK ? learn_of_checkpoints(store, fault) : result;
}

int store_fd(const struct store *store)
{
	return checkpoint_fd(store->checkpoint);
}

const struct histogram *store_commits(const struct store *store)
{
	return &store->commits;
}

instant store_waited(const struct store *store)
{
	return store->waited;
}
