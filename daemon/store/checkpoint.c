/* checkpoint: the write-ahead log moved into the database on a thread and a connection of its own, so that the loop
 * never stands while tens of megabytes are written and synchronised. */
#include "base/threads.h"
#include "base/waker.h"
#include "store/store_internal.h"

#include <stdlib.h>

#define LOG_PAGES_MOST                                                                                                 \
	4000 /* beyond it the log is begun anew even while events come without a pause: it would grow without end */

struct checkpoint {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *path;
	struct waker *failed;    /* of the loop, when one did; NULL: it learns of it at its next commit */
	bool started, stop;
	sqlite3 *by_hand;        /* where no thread is to be had: whoever asks moves the log */
	bool asked, truncate;    /* one is wanted; and the log is to be emptied */
	bool busy, done;         /* one is under way; one was done since asked */
	int status;              /* of the first that failed since asked */
};

static sqlite3 *open_own(const char *path)
{
	sqlite3 *database = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(path, &database, flags, NULL) != SQLITE_OK) {
		(void)sqlite3_close_v2(database);
		return NULL;
	}
	(void)sqlite3_busy_timeout(database, 50); /* a long reader only puts it off */
	(void)sqlite3_exec(database, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
	return database;
}

/* The bulk is moved beside whoever writes; only then, for what little came meanwhile, is the writer kept waiting. */
static int move_log(sqlite3 *database, bool truncate)
{
	int pages = 0, moved = 0;
	if (!database)
		return SQLITE_CANTOPEN;
	int status = sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
	if (status == SQLITE_OK && (truncate || pages > LOG_PAGES_MOST))
		status = sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return status;
}

static void note(struct checkpoint *checkpoint, int status)
{
	checkpoint->busy = false;
	checkpoint->done = checkpoint->done || status == SQLITE_OK;
	if (status == SQLITE_OK || checkpoint->status != SQLITE_OK)
		return;
	checkpoint->status = status;
	waker_wake(checkpoint->failed);
}

static void *work(void *argument)
{
	struct checkpoint *checkpoint = argument;
	sqlite3 *database = NULL;
	(void)pthread_mutex_lock(&checkpoint->lock);
	while (!checkpoint->stop) {
		if (!checkpoint->asked) {
			(void)pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
			continue;
		}
		bool truncate = checkpoint->truncate;
		checkpoint->asked = checkpoint->truncate = false;
		checkpoint->busy = true;
		(void)pthread_mutex_unlock(&checkpoint->lock);
		if (!database)
			database = open_own(checkpoint->path);
		int status = move_log(database, truncate);
		(void)pthread_mutex_lock(&checkpoint->lock);
		note(checkpoint, status);
		(void)pthread_cond_broadcast(&checkpoint->changed);
	}
	(void)pthread_mutex_unlock(&checkpoint->lock);
	(void)sqlite3_close_v2(database);
	return NULL;
}

struct checkpoint *checkpoint_start(const char *path)
{
	struct checkpoint *checkpoint = MEM_NEW(struct checkpoint);
	checkpoint->path = mem_copy_text(path, strlen(path));
	checkpoint->failed = waker_new(NULL);
	(void)pthread_mutex_init(&checkpoint->lock, NULL);
	(void)pthread_cond_init(&checkpoint->changed, NULL);
	checkpoint->started = thread_start(&checkpoint->thread, work, checkpoint);
	return checkpoint;
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	(void)pthread_mutex_lock(&checkpoint->lock);
	checkpoint->stop = true;
	(void)pthread_cond_broadcast(&checkpoint->changed);
	(void)pthread_mutex_unlock(&checkpoint->lock);
	if (checkpoint->started)
		(void)pthread_join(checkpoint->thread, NULL);
	(void)sqlite3_close_v2(checkpoint->by_hand);
	(void)pthread_mutex_destroy(&checkpoint->lock);
	(void)pthread_cond_destroy(&checkpoint->changed);
	waker_free(checkpoint->failed);
	free(checkpoint->path);
	free(checkpoint);
}

/* A log that nobody moves grows until the disk is full: rather the loop stands. */
static void move_by_hand(struct checkpoint *checkpoint, bool truncate)
{
	if (!checkpoint->by_hand)
		checkpoint->by_hand = open_own(checkpoint->path);
	note(checkpoint, move_log(checkpoint->by_hand, truncate));
}

void checkpoint_ask(struct checkpoint *checkpoint, bool truncate)
{
	if (!checkpoint)
		return;
	if (!checkpoint->started) {
		move_by_hand(checkpoint, truncate);
		return;
	}
	(void)pthread_mutex_lock(&checkpoint->lock);
	checkpoint->asked = true;
	checkpoint->truncate = checkpoint->truncate || truncate;
	(void)pthread_cond_broadcast(&checkpoint->changed);
	(void)pthread_mutex_unlock(&checkpoint->lock);
}

int checkpoint_status(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return SQLITE_OK;
	(void)pthread_mutex_lock(&checkpoint->lock);
	int status = checkpoint->status;
	checkpoint->status = SQLITE_OK;
	(void)pthread_mutex_unlock(&checkpoint->lock);
	if (status != SQLITE_OK)
		(void)waker_drain(checkpoint->failed);
	return status;
}

bool checkpoint_done(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return false;
	(void)pthread_mutex_lock(&checkpoint->lock);
	bool done = checkpoint->done;
	checkpoint->done = false;
	(void)pthread_mutex_unlock(&checkpoint->lock);
	return done;
}

int checkpoint_fd(const struct checkpoint *checkpoint)
{
	return checkpoint ? waker_fd(checkpoint->failed) : -1;
}

void checkpoint_wait(struct checkpoint *checkpoint)
{
	if (!checkpoint || !checkpoint->started)
		return;
	(void)pthread_mutex_lock(&checkpoint->lock);
	while (checkpoint->asked || checkpoint->busy)
		(void)pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
	(void)pthread_mutex_unlock(&checkpoint->lock);
}
