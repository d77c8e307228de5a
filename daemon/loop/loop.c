/* loop: libevent underneath, and a timer descriptor for each of the two clocks, armed for its earliest timer. */
#include "loop/loop_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/here.h"
#include "base/log.h"
#include "base/mem.h"

#define POLL_MICROSECONDS 1000             /* how often a clock that is not the machine's is looked at */
#define FAR_FUTURE (230 * 365 * 24 * HOUR) /* the kernel counts nanoseconds in 64 bits: to 2262 */

struct loop_timer {
	struct loop *loop;
	struct loop_timer *next;
	instant at;    /* by its clock; INSTANT_NEVER: disarmed */
	bool elapsed;  /* it goes by time passed, not by the wall */
	uint64_t turn; /* in which it last fired: once a turn, or one that is always due would starve the others */
	loop_callback *callback;
	void *argument;
	struct here *here; /* of who made it */
};

struct loop_watch {
	struct loop *loop;
	struct event *event;
	loop_callback *callback;
	void *argument;
	struct here *here;
};

/* A signal's callback, or one for the clock's jumps. */
struct hook {
	struct hook *next;
	struct event *event; /* NULL for a jump */
	loop_callback *callback;
	void *argument;
};

struct loop {
	struct event_base *base;
	struct clock clock;
	struct event *wall; /* the timer descriptor is readable, or a poll of a clock that is not the machine's */
	int wall_fd;        /* -1 with such a clock */
	instant armed_for;
	struct event *passed; /* the same for time passed */
	int passed_fd;
	instant passed_for;
	instant (*apart)(void *context);
	void *apart_context;
	struct loop_figures figures;
	bool jumped; /* the wall clock was set, and nobody has been told yet */
	bool stopped;
	uint64_t turn;
	struct loop_timer *timers;
	/* A turn of the timers: what was due when it was looked at, longest first; looked at anew where that changed.
	 */
	struct due {
		struct loop_timer *timer;
		instant overdue;
		size_t number; /* in the list */
	} * due;
	size_t due_count, due_room, due_at;
	instant turn_now, turn_passed;
	bool firing, changed;
	struct hook *signals, *jumps;
};

static void log_words(int severity, const char *message)
{
	log_line(severity >= EVENT_LOG_WARN ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "libevent: %s", message);
}

/* ---- how long each callback stood in the way of others ---- */

static instant apart(const struct loop *loop)
{
	return loop->apart ? loop->apart(loop->apart_context) : 0;
}

static void call(struct loop *loop, loop_callback *callback, void *argument, struct here *here)
{
	struct clock machine = clock_real();
	struct here *before = here_enter(here);
	instant began = clock_elapsed(&machine), waited = apart(loop);
	callback(argument);
	(void)here_enter(before);
	instant took = clock_elapsed(&machine) - began - (apart(loop) - waited);
	struct loop_figures *figures = &loop->figures;
	figures->turns++;
	figures->long_turns += took > LOOP_TURN_MOST;
	figures->longest = took > figures->longest ? took : figures->longest;
	figures->longest_lately = took > figures->longest_lately ? took : figures->longest_lately;
}

void loop_measure(struct loop *loop, instant (*function)(void *context), void *context)
{
	loop->apart = function;
	loop->apart_context = context;
}

void loop_figures(const struct loop *loop, struct loop_figures *figures)
{
	*figures = loop->figures;
}

void loop_figures_reset(struct loop *loop)
{
	loop->figures.longest_lately = 0;
}

/* ---- timers ---- */

/* How long the timer has waited past its time; negative: it is not due. */
static instant overdue(const struct loop_timer *timer, instant now, instant passed)
{
	return (timer->elapsed ? passed : now) - timer->at;
}

static bool is_due(const struct loop *loop, const struct loop_timer *timer)
{
	return timer->at != INSTANT_NEVER && timer->turn != loop->turn &&
	       overdue(timer, loop->turn_now, loop->turn_passed) >= 0;
}

static int by_overdue(const void *one, const void *two)
{
	const struct due *a = one, *b = two;
	if (a->overdue != b->overdue)
		return a->overdue > b->overdue ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void gather_due(struct loop *loop)
{
	size_t number = 0;
	loop->changed = false;
	loop->due_count = loop->due_at = 0;
	for (struct loop_timer *timer = loop->timers; timer; timer = timer->next, number++)
		if (is_due(loop, timer))
			*(struct due *)mem_push((void **)&loop->due, &loop->due_count, &loop->due_room,
			                        sizeof *loop->due) =
				(struct due){timer, overdue(timer, loop->turn_now, loop->turn_passed), number};
	if (loop->due_count > 1)
		qsort(loop->due, loop->due_count, sizeof *loop->due, by_overdue);
}

/* Thousands of timers of many councils: they are gone through once a turn, and not for each that fires. */
static struct loop_timer *next_due(struct loop *loop)
{
	if (loop->changed)
		gather_due(loop);
	while (loop->due_at < loop->due_count) {
		struct loop_timer *timer = loop->due[loop->due_at++].timer;
		if (is_due(loop, timer)) /* a callback may have put it off */
			return timer;
	}
	return NULL;
}

static instant earliest(const struct loop *loop, bool elapsed)
{
	instant at = INSTANT_NEVER;
	for (const struct loop_timer *timer = loop->timers; timer; timer = timer->next)
		if (timer->elapsed == elapsed && timer->at < at)
			at = timer->at;
	return at;
}

static int set_timer(int fd, int flags, instant at)
{
	at = at < 1 ? 1 : at > FAR_FUTURE ? FAR_FUTURE : at; /* zero would disarm */
	struct itimerspec when = {.it_value = {.tv_sec = at / SECOND, .tv_nsec = at % SECOND * 1000}};
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &when, NULL);
}

/* Also with no timer armed the descriptor is, far off: it is what tells of a clock that was set. */
static void arm_wall_for(struct loop *loop, instant at)
{
	if (loop->wall_fd < 0 || at == loop->armed_for)
		return;
	loop->armed_for = at;
	if (set_timer(loop->wall_fd, TFD_TIMER_CANCEL_ON_SET, at) == 0)
		return;
	if (errno == ECANCELED) { /* the timer is armed all the same, but no read will tell of the jump any more */
		loop->jumped = true;
		event_active(loop->wall, EV_READ, 0);
	} else {
		log_error("the wall-clock timer cannot be armed: %s", strerror(errno));
	}
}

static void arm_passed_for(struct loop *loop, instant at)
{
	if (loop->passed_fd < 0 || at == loop->passed_for)
		return;
	loop->passed_for = at;
	if (set_timer(loop->passed_fd, 0, at) != 0)
		log_error("the timer of time passed cannot be armed: %s", strerror(errno));
}

static void arm(struct loop *loop)
{
	arm_wall_for(loop, earliest(loop, false));
	arm_passed_for(loop, earliest(loop, true));
}

/* A timer was set. Where it is not the earliest, the descriptor is left as it is: woken for a timer that was put off,
 * the loop finds nothing, and arms it for what is next. */
static void arm_for(struct loop *loop, const struct loop_timer *timer)
{
	if (loop->firing) /* it is armed at the end of the turn */
		loop->changed = loop->changed || is_due(loop, timer);
	else if (loop->wall_fd < 0)
		return; /* whoever moves the clock turns the loop */
	else if (loop->armed_for == INSTANT_NONE || loop->passed_for == INSTANT_NONE)
		arm(loop);
	else if (timer->elapsed && timer->at < loop->passed_for)
		arm_passed_for(loop, timer->at);
	else if (!timer->elapsed && timer->at < loop->armed_for)
		arm_wall_for(loop, timer->at);
}

/* A callback may arm and free timers, its own among them: after each, look anew. */
static void fire_due(struct loop *loop)
{
	struct loop_timer *due;
	loop->turn_now = clock_now(&loop->clock);
	loop->turn_passed = clock_elapsed(&loop->clock);
	loop->turn++;
	loop->firing = loop->changed = true;
	while (!loop->stopped && (due = next_due(loop))) {
		due->at = INSTANT_NEVER;
		due->turn = loop->turn;
		call(loop, due->callback, due->argument, due->here);
	}
	loop->firing = false;
	loop->turn++; /* what was armed again during the turn may fire in the next */
	arm(loop);
}

static void tell_of_jump(struct loop *loop)
{
	loop->jumped = false;
	for (struct hook *hook = loop->jumps; hook; hook = hook->next)
		call(loop, hook->callback, hook->argument, NULL);
}

static void on_wall(evutil_socket_t fd, short what, void *argument)
{
	struct loop *loop = argument;
	uint64_t expirations;
	(void)what;
	if (fd >= 0 && read(fd, &expirations, sizeof expirations) < 0 && errno == ECANCELED)
		loop->jumped = true;
	if (loop->jumped)
		tell_of_jump(loop);
	loop->armed_for = INSTANT_NONE;
	fire_due(loop);
}

static void on_passed(evutil_socket_t fd, short what, void *argument)
{
	struct loop *loop = argument;
	uint64_t expirations;
	(void)what;
	if (read(fd, &expirations, sizeof expirations) < 0)
		return; /* nothing expired after all */
	loop->passed_for = INSTANT_NONE;
	fire_due(loop);
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
	                                                    EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static bool watch_machine_clocks(struct loop *loop)
{
	loop->wall_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->wall_fd < 0)
		return false;
	loop->passed_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->passed_fd < 0)
		return false;
	loop->wall = event_new(loop->base, loop->wall_fd, EV_READ | EV_PERSIST, on_wall, loop);
	loop->passed = event_new(loop->base, loop->passed_fd, EV_READ | EV_PERSIST, on_passed, loop);
	return loop->wall && loop->passed && event_add(loop->wall, NULL) == 0 && event_add(loop->passed, NULL) == 0;
}

/* Polled only where the loop runs by itself: whoever turns it by hand says when, and a poll by the machine's time would
 * make each run another. */
static bool poll_other_clock(struct loop *loop)
{
	loop->wall = event_new(loop->base, -1, EV_PERSIST, on_wall, loop);
	return loop->wall != NULL;
}

static void begin_to_poll(struct loop *loop)
{
	static const struct timeval often = {.tv_usec = POLL_MICROSECONDS};
	if (loop->wall_fd < 0 && event_add(loop->wall, &often) != 0)
		log_error("the clock cannot be looked at");
}

struct loop *loop_new(const struct clock *clock, struct fault *fault)
{
	struct loop *loop = MEM_NEW(struct loop);
	bool real = clock->now == clock_real().now;
	*loop = (struct loop){
		.clock = *clock, .wall_fd = -1, .passed_fd = -1, .armed_for = INSTANT_NONE, .passed_for = INSTANT_NONE};
	event_set_log_callback(log_words);
	loop->base = new_base();
	if (!loop->base || !(real ? watch_machine_clocks(loop) : poll_other_clock(loop))) {
		(void)fault_set(fault, RESULT_TEMPORARY, "the event loop cannot be set up: %s", strerror(errno));
		loop_free(loop);
		return NULL;
	}
	arm(loop);
	return loop;
}

static void free_hooks(struct hook *hook)
{
	while (hook) {
		struct hook *next = hook->next;
		if (hook->event)
			event_free(hook->event);
		free(hook);
		hook = next;
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	free_hooks(loop->signals);
	free_hooks(loop->jumps);
	if (loop->wall)
		event_free(loop->wall);
	if (loop->passed)
		event_free(loop->passed);
	if (loop->wall_fd >= 0)
		(void)close(loop->wall_fd);
	if (loop->passed_fd >= 0)
		(void)close(loop->passed_fd);
	if (loop->base)
		event_base_free(loop->base);
	free(loop->due);
	free(loop);
}

struct event_base *loop_base(const struct loop *loop)
{
	return loop->base;
}

void loop_run(struct loop *loop)
{
	begin_to_poll(loop);
	while (!loop->stopped)
		if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0) {
			log_error("the event loop failed");
			break;
		}
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	(void)event_base_loopbreak(loop->base);
}

void loop_turn(struct loop *loop, int wait_ms)
{
	struct timeval most = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
	fire_due(loop);
	if (wait_ms > 0)
		(void)event_base_loopexit(loop->base, &most);
	(void)event_base_loop(loop->base, wait_ms > 0 ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
	loop->stopped = false;
}

void loop_clock_was_set(struct loop *loop)
{
	tell_of_jump(loop);
	loop->stopped = false;
}

instant loop_next(const struct loop *loop)
{
	instant wall = earliest(loop, false), passed = earliest(loop, true), least = INSTANT_NEVER;
	if (wall != INSTANT_NEVER)
		least = wall - clock_now(&loop->clock);
	if (passed != INSTANT_NEVER && passed - clock_elapsed(&loop->clock) < least)
		least = passed - clock_elapsed(&loop->clock);
	return least < 0 ? 0 : least;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *argument)
{
	struct loop_timer *timer = MEM_NEW(struct loop_timer);
	*timer = (struct loop_timer){.loop = loop,
	                             .next = loop->timers,
	                             .at = INSTANT_NEVER,
	                             .callback = callback,
	                             .argument = argument,
	                             .here = here_now()};
	loop->timers = timer;
	return timer;
}

void loop_timer_at(struct loop_timer *timer, instant at)
{
	timer->at = at < 0 ? 0 : at; /* INSTANT_NONE: at once */
	timer->elapsed = false;
	arm_for(timer->loop, timer);
}

void loop_timer_in(struct loop_timer *timer, instant after)
{
	instant now = clock_elapsed(&timer->loop->clock);
	timer->at = after >= INSTANT_NEVER - now ? INSTANT_NEVER : now + after;
	timer->elapsed = true;
	arm_for(timer->loop, timer);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	struct loop_timer **link = &timer->loop->timers;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	timer->loop->changed = true; /* it may be among those that are due */
	free(timer);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	const struct loop_watch *watch = argument;
	(void)fd;
	(void)what;
	call(watch->loop, watch->callback, watch->argument, watch->here);
}

/* epoll refuses regular files, which are always readable: they get their turn each time round. */
static bool is_regular(int fd)
{
	struct stat found;
	return fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_callback *callback, void *argument)
{
	static const struct timeval always = {.tv_usec = 1}; /* zero would be once */
	struct loop_watch *watch = MEM_NEW(struct loop_watch);
	bool regular = is_regular(fd);
	short what = regular ? EV_PERSIST : EV_READ | EV_PERSIST;
	*watch = (struct loop_watch){loop, event_new(loop->base, regular ? -1 : fd, what, on_readable, watch), callback,
	                             argument, here_now()};
	if (!watch->event || event_add(watch->event, regular ? &always : NULL) != 0)
		log_error("descriptor %d cannot be watched: %s", fd, strerror(errno));
	return watch;
}

void loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}

static void on_signal(evutil_socket_t signal_number, short what, void *argument)
{
	const struct hook *hook = argument;
	(void)signal_number;
	(void)what;
	hook->callback(hook->argument);
}

static struct hook *add_hook(struct hook **list, loop_callback *callback, void *argument)
{
	struct hook *hook = MEM_NEW(struct hook);
	*hook = (struct hook){*list, NULL, callback, argument};
	*list = hook;
	return hook;
}

void loop_on_signal(struct loop *loop, int signal_number, loop_callback *callback, void *argument)
{
	struct hook *hook = add_hook(&loop->signals, callback, argument);
	sigset_t set;
	hook->event = evsignal_new(loop->base, signal_number, on_signal, hook);
	if (!hook->event || event_add(hook->event, NULL) != 0)
		log_error("signal %d cannot be watched", signal_number);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal_number);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void loop_on_clock_jump(struct loop *loop, loop_callback *callback, void *argument)
{
	(void)add_hook(&loop->jumps, callback, argument);
}
