/* erasing: carries out orders to erase, of people and of the schedule: at once what anybody could find, the rest a
 * portion a turn, so that no event waits for it. */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/lateness.h"
#include "base/log.h"
#include "store/erasure/erase_orders.h"
#include "store/events/events.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BETWEEN_PORTIONS (SECOND / 200) /* others have their turn */
#define LOOK_EVERY MINUTE               /* where a directory cannot be watched; and for what the audit keeps longer */
#define PASSING_LOOK (SECOND / 5)       /* whether an order stands in the log of the cell */
#define AGAIN_AFTER (30 * SECOND)       /* a portion that could not be written */

struct erasing {
	struct council *council;
	struct loop_timer *timer;
	struct loop_watch *watch;
	int notify;     /* -1: the directory is looked at every minute alone */
	bool passing;   /* an order was given to the log and does not stand there yet */
	bool under_way; /* something was taken away since it was last said that all is done */
	struct lateness late;
};

/* ---- orders ---- */

/* The pipeline and the courier know the child from memory, and would judge, tell and write of it. */
static enum result begin(void *argument, const struct erasure_order *order, struct fault *fault)
{
	struct council *council = argument;
	enum result result = erasures_begin(council->store, order, fault);
	if (result == RESULT_OK)
		council->erasing->under_way = true;
	pipeline_forget(council->pipeline);
	courier_forget(council->courier);
	return result;
}

enum result erasing_order(struct council *council, const struct erasure_order *order, struct fault *fault)
{
	enum result result = begin(council, order, fault);
	loop_timer_in(council->erasing->timer, BETWEEN_PORTIONS);
	return result;
}

/* In a cell it goes through the log first, and is carried out when it comes back from there, on every machine at the
 * same place; the file stays until it stands there. */
static enum result pass_on(void *argument, struct text bytes, struct fault *fault)
{
	struct council *council = argument;
	struct erasing *erasing = council->erasing;
	erasing->passing = false;
	switch (orders_ask(council, ORDER_ERASE, bytes, fault)) {
	case KAFKA_ORDER_STANDS: return RESULT_OK;
	case KAFKA_ORDER_UNDER_WAY:
		erasing->passing = true;
		return fault_set(fault, RESULT_TEMPORARY, "it is not in the log of the cell yet");
	case KAFKA_ORDER_REFUSED: break;
	}
	return fault->text[0] ? RESULT_TEMPORARY : fault_set(fault, RESULT_TEMPORARY, "the brokers refuse it");
}

enum result erasing_carry_out(struct council *council, struct text bytes, struct fault *fault)
{
	struct fault unread;
	if (erase_orders_read(bytes, NULL, NULL, &unread) != RESULT_OK) { /* no machine can, and it holds nothing up */
		log_error("an order to erase from the log of the cell cannot be read, and changes nothing");
		return RESULT_OK;
	}
	enum result result = erase_orders_read(bytes, begin, council, fault);
	loop_timer_in(council->erasing->timer, BETWEEN_PORTIONS);
	return result;
}

static enum result take_orders(struct council *council, struct fault *fault)
{
	const char *database = council->first->database;
	return orders_are_given(council) ? erase_orders_pass(database, pass_on, council, fault)
	                                 : erase_orders_take(database, begin, council, fault);
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
	uint64_t edition = events_edition(council->store);
	enum result taken = take_orders(council, &fault), result = taken;
	bool passing = taken != RESULT_OK && erasing->passing;
	if (taken != RESULT_PERMANENT) /* one that cannot be taken today stops no other */
		result = erasures_step(council->store, council_now(council), &more, &fault);
	if (events_edition(council->store) != edition) /* what was read meanwhile has some of it */
		pipeline_forget(council->pipeline);
	if (result == RESULT_OK && !passing)
		result = taken;
	if (result != RESULT_OK && lateness_failed(&erasing->late, council_elapsed(council)))
		log_error("not all that was ordered can be erased for now: %s", fault.text);
	else if (result == RESULT_OK && lateness_is_over(&erasing->late))
		log_notice("it can be erased again");
	erasing->under_way = erasing->under_way || more;
	if (result == RESULT_OK && !more)
		say_done(erasing, &fault);
	if (result == RESULT_PERMANENT)
		council_after(council, result, &fault);
	instant every = council->seams.look_every ? council->seams.look_every : LOOK_EVERY;
	every = passing && !more ? PASSING_LOOK : every;
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
