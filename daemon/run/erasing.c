/* erasing: carries out orders to erase, of people and of the schedule: at once what anybody could find, the rest a
 * portion a turn, so that no event waits for it. */
#include "run/run_internal.h"

#include "base/log.h"
#include "store/erase_orders.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BETWEEN_PORTIONS (SECOND / 200) /* others have their turn */
#define LOOK_EVERY MINUTE               /* where a directory cannot be watched; and for what the audit keeps longer */
#define AGAIN_AFTER (30 * SECOND)       /* a portion that could not be written */

struct erasing {
	struct daemon *daemon;
	struct loop_timer *timer;
	struct loop_watch *watch;
	int notify;     /* -1: the directory is looked at every minute alone */
	bool under_way; /* something was taken away since it was last said that all is done */
	bool failed;    /* said */
};

/* ---- orders ---- */

/* The pipeline knows the child from memory, and would judge, tell and write of it. */
static enum result begin(void *argument, const struct erasure_order *order, struct fault *fault)
{
	struct daemon *daemon = argument;
	enum result result = erasures_begin(daemon->store, order, fault);
	if (result == RESULT_OK)
		daemon->erasing->under_way = true;
	pipeline_forget(daemon->pipeline);
	return result;
}

enum result erasing_order(struct daemon *daemon, const struct erasure_order *order, struct fault *fault)
{
	enum result result = begin(daemon, order, fault);
	loop_timer_in(daemon->erasing->timer, BETWEEN_PORTIONS);
	return result;
}

/* ---- portions ---- */

static void say_done(struct erasing *erasing, struct fault *fault)
{
	if (!erasing->under_way)
		return;
	erasing->under_way = false;
	log_notice("what was ordered to be erased is gone: casewatch erase --list");
	daemon_after(erasing->daemon, store_tidy(erasing->daemon->store, fault), fault);
}

/* A full disk: nothing is half taken away, and it goes on when there is room. */
static void on_time(void *argument)
{
	struct erasing *erasing = argument;
	struct daemon *daemon = erasing->daemon;
	struct fault fault = {0};
	bool more = false;
	enum result result = erase_orders_take(daemon->first->database, begin, daemon, &fault);
	if (result == RESULT_OK)
		result = erasures_step(daemon->store, daemon_now(daemon), &more, &fault);
	if (result != RESULT_OK && !erasing->failed)
		log_error("nothing can be erased for now: %s", fault.text);
	erasing->failed = result != RESULT_OK;
	erasing->under_way = erasing->under_way || more;
	if (result == RESULT_OK && !more)
		say_done(erasing, &fault);
	if (result == RESULT_PERMANENT)
		daemon_after(daemon, result, &fault);
	loop_timer_in(erasing->timer, result != RESULT_OK ? AGAIN_AFTER : more ? BETWEEN_PORTIONS : LOOK_EVERY);
}

static void on_order(void *argument)
{
	struct erasing *erasing = argument;
	char events[4096];
	while (read(erasing->notify, events, sizeof events) > 0)
		;
	loop_timer_in(erasing->timer, 0);
}

/* ---- start and stop ---- */

static void watch_orders(struct erasing *erasing, const char *path)
{
	erasing->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (erasing->notify >= 0 && inotify_add_watch(erasing->notify, path, IN_MOVED_TO | IN_ONLYDIR) >= 0)
		erasing->watch = loop_watch_new(erasing->daemon->loop, erasing->notify, on_order, erasing);
	else
		log_warning("orders to erase are looked for once a minute: %s cannot be watched", path);
}

enum result erasing_start(struct daemon *daemon, struct fault *fault)
{
	struct erasing *erasing = MEM_NEW(struct erasing);
	struct buffer path = {0};
	daemon->erasing = erasing;
	erasing->daemon = daemon;
	erasing->notify = -1;
	erasing->timer = loop_timer_new(daemon->loop, on_time, erasing);
	if (erasures_begun_again(daemon->store))
		log_notice("%zu children that were erased were in this database again, as an older one was put back: "
		           "they are "
		           "erased again",
		           erasures_begun_again(daemon->store));
	enum result result = erase_orders_start(daemon->first->database, &path, fault);
	if (result == RESULT_OK)
		watch_orders(erasing, buffer_cstr(&path));
	buffer_free(&path);
	loop_timer_in(erasing->timer, SECOND);
	return result;
}

void erasing_stop(struct daemon *daemon)
{
	struct erasing *erasing = daemon->erasing;
	if (!erasing)
		return;
	loop_timer_free(erasing->timer);
	loop_watch_free(erasing->watch);
	if (erasing->notify >= 0)
		(void)close(erasing->notify);
	free(erasing);
	daemon->erasing = NULL;
}
