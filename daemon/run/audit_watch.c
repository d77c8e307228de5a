/* audit_watch: the whole database is read once a day, and the audit row by row, before the digest to ops, so that what
 * the digest says of it is so; on a thread of its own, with a connection of its own. A damaged table, an event
 * that can no longer be read and a row that does not fit are ops alerts; the head goes into the journal. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"
#include "channel/http/timestamp.h"
#include "store/audit/audit.h"
#include "store/events/packed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define AFTER_START (5 * SECOND)     /* the start has other things to do */
#define BEFORE_DIGEST (15 * MINUTE)  /* ten million rows are read in less */
#define AGAIN_AFTER (10 * MINUTE)    /* where it could not be read */
#define STAMP_MS 30000               /* for the time stamp service */

struct audit_watch {
	struct council *council;
	struct ops_audit found; /* last */
	struct loop_timer *timer;
	struct waker *done;
	struct loop_watch *woken;
	pthread_t thread;
	bool running;
	bool no_thread; /* and that was said */
	atomic_bool stop;
	pthread_mutex_t lock;        /* of `reading`, which stop breaks off */
	struct store *reading;
	/* The thread's, until it is joined. */
	enum result result;
	struct store_damage damage;
	struct audit_verdict verdict;
	struct packed_damage events;
	struct fault fault;
	/* A time stamp for its head: what is asked is set before the thread begins. */
	const char *stamp_url, *stamp_ca_file;
	char stamp_url_room[256], stamp_ca_room[1024];
	enum result stamped;
	struct buffer token;
	struct fault stamp_fault;
};

static bool goes_on(void *argument, int64_t rows)
{
	struct audit_watch *watch = argument;
	(void)rows;
	return !atomic_load(&watch->stop);
}

static void note_reading(struct audit_watch *watch, struct store *store)
{
	(void)pthread_mutex_lock(&watch->lock);
	watch->reading = store;
	(void)pthread_mutex_unlock(&watch->lock);
}

static enum result read_store(struct audit_watch *watch)
{
	struct store *store;
	enum result result = store_open(watch->council->first->database, STORE_READ, &store, &watch->fault);
	if (result != RESULT_OK)
		return result;
	note_reading(watch, store);
	if (!atomic_load(&watch->stop))
		result = store_sound(store, &watch->damage, &watch->fault);
	if (result == RESULT_OK && !watch->damage.table[0])
		result = audit_verify(store, NULL, 0, goes_on, watch, &watch->verdict, &watch->fault);
	if (result == RESULT_OK && !watch->damage.table[0] && !atomic_load(&watch->stop))
		result = store_sound_events(store, &watch->events, &watch->fault);
	note_reading(watch, NULL);
	store_close(store);
	return result;
}

/* Nothing waits for it: it takes what the processor has left over, where it may ask for that; the unit's filter refuses
 * whatever sets a priority (@resources). */
static void *read_all(void *argument)
{
	struct audit_watch *watch = argument;
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	watch->verdict = (struct audit_verdict){0};
	watch->events = (struct packed_damage){0};
	watch->result = read_store(watch);
	if (watch->result == RESULT_OK && !watch->verdict.wrong && watch->verdict.rows && watch->stamp_url)
		watch->stamped = timestamp_ask(watch->stamp_url, watch->stamp_ca_file, STAMP_MS, &watch->stop,
		                               &watch->verdict.hash, &watch->token, &watch->stamp_fault);
	waker_wake(watch->done);
	return NULL;
}

static void look_again(struct audit_watch *watch, instant pause)
{
	loop_timer_in(watch->timer, pause);
}

/* Before the next digest. */
static void wait_for_tomorrow(struct audit_watch *watch)
{
	struct council *council = watch->council;
	instant now = council_now(council), next = ops_digest_after(council->config->calendar, now) - BEFORE_DIGEST;
	if (next <= now)
		next = ops_digest_after(council->config->calendar, now + BEFORE_DIGEST) - BEFORE_DIGEST;
	loop_timer_at(watch->timer, next);
}

/* Whatever is damaged may be what is needed next. */
static void say_damaged(struct audit_watch *watch, const char *where, const char *what)
{
	struct council *council = watch->council;
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("damaged"),
	                        .title = "The database is damaged",
	                        .meaning = "casewatch goes on as long as it needs nothing of the damaged part. What "
	                                   "lies there cannot be told any more.",
	                        .facts = {{"Where", where, NULL},
	                                  {"Found", what, NULL},
	                                  {"Next", "docs/operations.md, \"Is the database sound?\"", NULL}},
	                        .fact_count = 3};
	log_error("the database is damaged: %s: %s", where, what);
	council_say_ops(council, &word);
}

/* Nobody may have asked for them since. That each is JSON is less than that each is an event: what was met as none
 * since the start stays said until the next. */
static void say_events(struct audit_watch *watch)
{
	const struct packed_damage *events = &watch->events;
	int64_t last;
	if (!events->count) {
		if (!store_unreadable(watch->council->store, &last))
			council_end_ops(watch->council, OPS_STORE, TEXT("events"), NULL);
		return;
	}
	log_error("stored events that can no longer be read: %lld; the first is event %lld: %s",
	          (long long)events->count, (long long)events->first, events->why.text);
	council_say_unreadable(watch->council, events->first);
}

static void say_found(struct audit_watch *watch)
{
	struct council *council = watch->council;
	struct buffer head = {0};
	audit_head_put(&watch->found.head, &head);
	if (watch->verdict.wrong) {
		struct ops_word word = {.what = OPS_STORE,
		                        .key = TEXT("audit"),
		                        .title = "The audit does not verify",
		                        .meaning = "Who was told what, and when, can be proved up to that row alone.",
		                        .facts = {{"What", watch->verdict.what, NULL},
		                                  {"Next", "docs/audit.md, \"When it does not verify\"", NULL}},
		                        .fact_count = 2};
		council_say_ops(council, &word);
	} else {
		council_end_ops(council, OPS_STORE, TEXT("audit"), NULL);
		log_notice("the audit is whole: head %s", buffer_cstr(&head));
	}
	buffer_free(&head);
}

/* The token is kept with the row that it covers, in the audit's own table. */
static enum result keep_token(struct council *council, const struct audit_watch *watch, struct fault *fault)
{
	struct audit_stamp stamp = {watch->verdict.rows, council_now(council), buffer_view(&watch->token)};
	enum result result = store_begin(council->store, fault);
	if (result == RESULT_OK)
		result = audit_stamp_add(council->store, &stamp, fault);
	if (result == RESULT_OK)
		result = store_commit(council->store, fault);
	else
		store_rollback(council->store);
	return result;
}

static void settle_stamp(struct audit_watch *watch)
{
	struct council *council = watch->council;
	struct fault fault = watch->stamp_fault;
	enum result result = watch->stamped;
	if (!watch->stamp_url || watch->verdict.wrong || !watch->verdict.rows)
		return;
	if (result == RESULT_OK) {
		result = keep_token(council, watch, &fault);
		council_after(council, result, &fault);
	}
	if (result == RESULT_OK) {
		log_notice("row %lld of the audit has a time stamp", (long long)watch->verdict.rows);
		council_end_ops(council, OPS_STORE, TEXT("stamp"), NULL);
		return;
	}
	struct ops_word word = {.what = OPS_STORE,
	                        .key = TEXT("stamp"),
	                        .title = "The audit's last row has no time stamp",
	                        .meaning = "Nothing is lost: the head is in the daily email and the journal. It is "
	                                   "tried again tomorrow.",
	                        .facts = {{"Why", fault.text, NULL}},
	                        .fact_count = 1};
	council_say_ops(council, &word);
}

static void on_done(void *argument)
{
	struct audit_watch *watch = argument;
	if (!waker_drain(watch->done) || !watch->running)
		return;
	(void)pthread_join(watch->thread, NULL);
	watch->running = false;
	if (watch->result == RESULT_PERMANENT || watch->damage.table[0]) {
		bool table = watch->damage.table[0] != '\0';
		say_damaged(watch, table ? watch->damage.table : "", table ? watch->damage.what : watch->fault.text);
		wait_for_tomorrow(watch);
		return;
	}
	if (watch->result != RESULT_OK) {
		log_warning("the database could not be read whole: %s", watch->fault.text);
		look_again(watch, AGAIN_AFTER);
		return;
	}
	council_end_ops(watch->council, OPS_STORE, TEXT("damaged"), NULL);
	say_events(watch);
	struct audit_head head = {watch->verdict.rows, INSTANT_NONE, watch->verdict.hash};
	watch->found = (struct ops_audit){council_now(watch->council), watch->verdict.wrong != 0, head};
	say_found(watch);
	settle_stamp(watch);
	wait_for_tomorrow(watch);
}

/* A copy: the configuration may be another before the thread is through. */
static const char *copy(const char *from, char *room, size_t size)
{
	if (!from || (size_t)snprintf(room, size, "%s", from) >= size)
		return NULL;
	return room;
}

static void on_time(void *argument)
{
	struct audit_watch *watch = argument;
	const struct config_audit *audit = &watch->council->config->audit;
	if (watch->running)
		return;
	watch->stamp_url = copy(audit->stamp_url, watch->stamp_url_room, sizeof watch->stamp_url_room);
	watch->stamp_ca_file = copy(audit->stamp_ca_file, watch->stamp_ca_room, sizeof watch->stamp_ca_room);
	buffer_clear(&watch->token);
	watch->running = thread_start(&watch->thread, read_all, watch);
	if (!watch->running && !watch->no_thread)
		log_warning("no thread could be made to read the audit; tried again every ten minutes");
	watch->no_thread = !watch->running;
	if (watch->no_thread)
		look_again(watch, AGAIN_AFTER);
}

struct ops_audit audit_watch_found(const struct council *council)
{
	return council->audit_watch ? council->audit_watch->found : (struct ops_audit){.at = INSTANT_NONE};
}

enum result audit_watch_start(struct council *council, struct fault *fault)
{
	struct audit_watch *watch = MEM_NEW(struct audit_watch);
	watch->council = council;
	watch->done = waker_new(fault);
	(void)pthread_mutex_init(&watch->lock, NULL);
	watch->found = (struct ops_audit){.at = INSTANT_NONE};
	council->audit_watch = watch;
	if (!watch->done)
		return RESULT_TEMPORARY;
	watch->timer = loop_timer_new(council->daemon->loop, on_time, watch);
	watch->woken = loop_watch_new(council->daemon->loop, waker_fd(watch->done), on_done, watch);
	look_again(watch, AFTER_START);
	return RESULT_OK;
}

void audit_watch_stop(struct council *council)
{
	struct audit_watch *watch = council->audit_watch;
	if (!watch)
		return;
	atomic_store(&watch->stop, true);
	(void)pthread_mutex_lock(&watch->lock);
	if (watch->reading)
		store_interrupt(watch->reading);
	(void)pthread_mutex_unlock(&watch->lock);
	if (watch->running)
		(void)pthread_join(watch->thread, NULL);
	loop_timer_free(watch->timer);
	loop_watch_free(watch->woken);
	waker_free(watch->done);
	buffer_free(&watch->token);
	(void)pthread_mutex_destroy(&watch->lock);
	free(watch);
	council->audit_watch = NULL;
}
