/* erasing: carries out orders to erase, of people and of the schedule: at once what anybody could find, the rest a
 * portion a turn, so that no event waits for it. */
#include "run/run_internal.h"

#include "base/lateness.h"
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
	struct council *council;
	struct loop_timer *timer;
	struct loop_watch *watch;
	int notify;     /* -1: the directory is looked at every minute alone */
	bool under_way; /* something was taken away since it was last said that all is done */
	struct lateness late;
};

/* ---- orders ---- */

/* The pipeline knows the child from memory, and would judge, tell and write of it. */
static enum result begin(void *argument, const struct erasure_order *order, struct fault *fault)
{
	struct council *council = argument;
	enum result result = erasures_begin(council->store, order, fault);
	if (result == RESULT_OK)
		council->erasing->under_way = true;
	pipeline_forget(council->pipeline);
	return result;
}

enum result erasing_order(struct council *council, const struct erasure_order *order, struct fault *fault)
{
	enum result result = begin(council, order, fault);
	loop_timer_in(council->erasing->timer, BETWEEN_PORTIONS);
	return result;
}

/* ---- portions ---- */

static void say_done(struct erasing *erasing, struct fault *fault)
{
	if (!erasing->under_way)
		return;
	erasing->under_way = false;
	log_notice("what was ordered to be erased is gone: casewatch erase --list");
	council_after(erasing->council, store_tidy(erasing->council->store, fault), fault);
}

/* A full disk: nothing is half taken away, and it goes on when there is room. */
static void on_time(void *argument)
{
	struct erasing *erasing = argument;
	struct council *council = erasing->council;
	struct fault fault = {0};
	bool more = false;
	enum result result = erase_orders_take(council->first->database, begin, council, &fault);
	if (result == RESULT_OK)
		result = erasures_step(council->store, council_now(council), &more, &fault);
	if (result != RESULT_OK && lateness_failed(&erasing->late, council_elapsed(council)))
		log_error("nothing can be erased for now: %s", fault.text);
	else if (result == RESULT_OK && lateness_is_over(&erasing->late))
		log_notice("it can be erased again");
	erasing->under_way = erasing->under_way || more;
	if (result == RESULT_OK && !more)
		say_done(erasing, &fault);
	if (result == RESULT_PERMANENT)
		council_after(council, result, &fault);
	instant every = council->seams.look_every ? council->seams.look_every : LOOK_EVERY;
	loop_timer_in(erasing->timer, result != RESULT_OK ? AGAIN_AFTER : more ? BETWEEN_PORTIONS : every);
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
		erasing->watch = loop_watch_new(erasing->council->daemon->loop, erasing->notify, on_order, erasing);
	else
		log_warning("orders to erase are looked for once a minute: %s cannot be watched", path);
}

enum result erasing_start(struct council *council, struct fault *fault)
{
	struct erasing *erasing = MEM_NEW(struct erasing);
	struct buffer path = {0};
	council->erasing = erasing;
	erasing->council = council;
	erasing->notify = -1;
	erasing->timer = loop_timer_new(council->daemon->loop, on_time, erasing);
	if (erasures_begun_again(council->store))
		log_notice("%zu children that were erased were in this database again, as an older one was put back: "
		           "they are "
		           "erased again",
		           erasures_begun_again(council->store));
	enum result result = erase_orders_start(council->first->database, &path, fault);
	if (result == RESULT_OK)
		watch_orders(erasing, buffer_cstr(&path));
	buffer_free(&path);
	loop_timer_in(erasing->timer, SECOND);
	return result;
}

void erasing_stop(struct council *council)
{
	struct erasing *erasing = council->erasing;
	if (!erasing)
		return;
	loop_timer_free(erasing->timer);
	loop_watch_free(erasing->watch);
	if (erasing->notify >= 0)
		(void)close(erasing->notify);
	free(erasing);
	council->erasing = NULL;
}
