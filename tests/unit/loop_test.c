/* The loop keeps time, wakes for descriptors and signals, and lets callbacks change everything under its feet. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop/loop.h"

struct scene {
	struct loop *loop;
	struct loop_timer *timers[3];
	struct loop_watch *watch;
	instant now;
	char order[8];
	size_t fired;
	int fd, again;
};

static struct loop *new_loop(struct clock clock)
{
	struct fault fault = {0};
	struct loop *loop = loop_new(&clock, &fault);
	if (!loop)
		fail_msg("%s", fault.text);
	return loop;
}

static void fired(struct scene *scene, char name)
{
	if (scene->fired < sizeof scene->order - 1)
		scene->order[scene->fired++] = name;
}

static void first_fires(void *argument)
{
	fired(argument, '1');
}

static void second_fires(void *argument)
{
	fired(argument, '2');
}

static void last_fires(void *argument)
{
	struct scene *scene = argument;
	fired(scene, '3');
	loop_stop(scene->loop);
}

static void timers_that_are_due_fire_in_order_of_their_time(void **state)
{
	(void)state;
	struct scene scene = {.loop = new_loop(clock_real())};
	instant now = clock_now(&(struct clock){.now = clock_real().now});
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[1] = loop_timer_new(scene.loop, second_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_at(scene.timers[2], now + 3000);
	loop_timer_at(scene.timers[1], now - HOUR);
	loop_timer_at(scene.timers[0], INSTANT_NONE);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "123");
	assert_true(clock_real().now(NULL) >= now + 3000);
	for (int i = 0; i < 3; i++)
		loop_timer_free(scene.timers[i]);
	loop_free(scene.loop);
}

static void a_disarmed_timer_does_not_fire(void **state)
{
	(void)state;
	struct scene scene = {.loop = new_loop(clock_real())};
	instant now = clock_real().now(NULL);
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[1] = loop_timer_new(scene.loop, second_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_at(scene.timers[0], now + 1000);
	loop_timer_at(scene.timers[1], now + 1000);
	loop_timer_at(scene.timers[2], now + 4000);
	loop_timer_at(scene.timers[0], INSTANT_NEVER);
	loop_timer_free(scene.timers[1]);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "3");
	loop_timer_free(scene.timers[0]);
	loop_timer_free(scene.timers[2]);
	loop_free(scene.loop);
}

static void always_due(void *argument)
{
	struct scene *scene = argument;
	scene->again++;
	loop_timer_at(scene->timers[0], 5); /* long past */
}

static void frees_itself(void *argument)
{
	struct scene *scene = argument;
	fired(scene, '2');
	loop_timer_free(scene->timers[1]);
	loop_timer_free(scene->timers[2]); /* was due as well, a little later */
	scene->timers[1] = scene->timers[2] = NULL;
}

static void read_one(void *argument)
{
	struct scene *scene = argument;
	uint64_t count;
	assert_int_equal(read(scene->fd, &count, sizeof count), sizeof count);
	fired(scene, 'r');
	if (scene->again > 3)
		loop_stop(scene->loop);
	else
		assert_int_equal(eventfd_write(scene->fd, 1), 0);
}

static void a_timer_that_is_always_due_starves_nobody_and_callbacks_may_free_timers(void **state)
{
	(void)state;
	struct scene scene = {.loop = new_loop(clock_real()), .fd = eventfd(1, EFD_CLOEXEC)};
	scene.timers[0] = loop_timer_new(scene.loop, always_due, &scene);
	scene.timers[1] = loop_timer_new(scene.loop, frees_itself, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	scene.watch = loop_watch_new(scene.loop, scene.fd, read_one, &scene);
	loop_timer_at(scene.timers[0], 5);
	loop_timer_at(scene.timers[2], 7);
	loop_timer_at(scene.timers[1], 6);
	loop_run(scene.loop);
	assert_true(scene.again > 3);
	assert_non_null(strchr(scene.order, '2'));
	assert_non_null(strchr(scene.order, 'r'));
	assert_null(strchr(scene.order, '3'));
	loop_watch_free(scene.watch);
	loop_timer_free(scene.timers[0]);
	loop_free(scene.loop);
	(void)close(scene.fd);
}

static void an_hour_passes(void *argument)
{
	struct scene *scene = argument;
	uint64_t count;
	assert_int_equal(read(scene->fd, &count, sizeof count), sizeof count);
	assert_int_equal(scene->fired, 0);
	scene->now += HOUR;
}

static void a_clock_that_a_test_moves_fires_the_timers_it_passes(void **state)
{
	(void)state;
	struct scene scene = {.now = 1000 * HOUR, .fd = eventfd(1, EFD_CLOEXEC)};
	scene.loop = new_loop(clock_manual(&scene.now));
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	scene.watch = loop_watch_new(scene.loop, scene.fd, an_hour_passes, &scene);
	loop_timer_at(scene.timers[2], 1001 * HOUR);
	loop_timer_at(scene.timers[0], 1000 * HOUR + 1);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "13");
	loop_watch_free(scene.watch);
	loop_timer_free(scene.timers[0]);
	loop_timer_free(scene.timers[2]);
	loop_free(scene.loop);
	(void)close(scene.fd);
}

static void a_month_of_a_moved_clock_passes_in_a_moment(void **state)
{
	(void)state;
	_Atomic int64_t ahead = 0;
	instant month = 30 * 24 * HOUR;
	struct clock clock = clock_moved(&ahead);
	instant start = clock_now(&clock);
	struct scene scene = {.loop = new_loop(clock)};
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_at(scene.timers[0], start + month / 2);
	loop_timer_at(scene.timers[2], start + month);
	ahead = month;
	loop_run(scene.loop);
	assert_string_equal(scene.order, "13");
	assert_true(clock_now(&clock) >= start + month);
	loop_timer_free(scene.timers[0]);
	loop_timer_free(scene.timers[2]);
	loop_free(scene.loop);
}

/* The demo's month lies behind the machine's date by more than the machine has been up. */
static void a_clock_that_is_years_behind_fires_what_waits_for_time_to_pass(void **state)
{
	(void)state;
	instant years = 50 * 365 * 24 * HOUR;
	_Atomic int64_t ahead = -years;
	struct clock clock = clock_moved(&ahead);
	struct scene scene = {.loop = new_loop(clock)};
	assert_true(clock_elapsed(&clock) > 0);
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_in(scene.timers[0], HOUR);
	loop_timer_in(scene.timers[2], 2 * HOUR);
	ahead = 3 * HOUR - years;
	loop_run(scene.loop);
	assert_string_equal(scene.order, "13");
	loop_timer_free(scene.timers[0]);
	loop_timer_free(scene.timers[2]);
	loop_free(scene.loop);
}

static void *write_from_elsewhere(void *argument)
{
	const struct scene *scene = argument;
	assert_int_equal(eventfd_write(scene->fd, 1), 0);
	return NULL;
}

static void read_and_stop(void *argument)
{
	struct scene *scene = argument;
	uint64_t count;
	assert_int_equal(read(scene->fd, &count, sizeof count), sizeof count);
	fired(scene, 'r');
	loop_watch_free(scene->watch); /* its own */
	loop_stop(scene->loop);
}

static void another_thread_wakes_the_loop_through_a_descriptor(void **state)
{
	(void)state;
	pthread_t thread;
	struct scene scene = {.loop = new_loop(clock_real()), .fd = eventfd(0, EFD_CLOEXEC)};
	scene.watch = loop_watch_new(scene.loop, scene.fd, read_and_stop, &scene);
	assert_int_equal(pthread_create(&thread, NULL, write_from_elsewhere, &scene), 0);
	loop_run(scene.loop);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(scene.order, "r");
	loop_free(scene.loop);
	(void)close(scene.fd);
}

static void read_file_to_its_end(void *argument)
{
	struct scene *scene = argument;
	char byte;
	fired(scene, 'f');
	if (read(scene->fd, &byte, 1) == 0)
		loop_stop(scene->loop);
}

static void a_regular_file_is_always_readable(void **state)
{
	(void)state;
	char path[] = "/tmp/casewatch-loop-XXXXXX";
	struct scene scene = {.loop = new_loop(clock_real()), .fd = mkostemp(path, O_CLOEXEC)};
	assert_true(scene.fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(scene.fd, "ab", 2), 2);
	assert_int_equal(lseek(scene.fd, 0, SEEK_SET), 0);
	scene.watch = loop_watch_new(scene.loop, scene.fd, read_file_to_its_end, &scene);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "fff");
	loop_watch_free(scene.watch);
	loop_free(scene.loop);
	(void)close(scene.fd);
}

static void a_blocked_signal_reaches_the_loop_alone(void **state)
{
	(void)state;
	sigset_t set;
	struct scene scene = {.loop = new_loop(clock_real())};
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	assert_int_equal(kill(getpid(), SIGTERM), 0); /* as if it came while the program was starting */
	loop_on_signal(scene.loop, SIGTERM, last_fires, &scene);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "3");
	loop_free(scene.loop);
}

static void a_loop_stopped_before_it_runs_returns_and_may_run_again(void **state)
{
	(void)state;
	struct scene scene = {.loop = new_loop(clock_real())};
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_at(scene.timers[2], 1);
	loop_stop(scene.loop);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "");
	loop_run(scene.loop);
	assert_string_equal(scene.order, "3");
	loop_timer_free(scene.timers[2]);
	loop_free(scene.loop);
	loop_free(NULL);
	loop_timer_free(NULL);
	loop_watch_free(NULL);
}

/* The kernel's word that the wall clock was set, without setting the clock of the machine that runs the tests. These
 * stand before the C library's own, and pass on what is not about a jump. */
static bool read_says_jumped, settime_says_jumped;

ssize_t read(int fd, void *into, size_t bytes)
{
	if (read_says_jumped && bytes == sizeof(uint64_t)) {
		read_says_jumped = false;
		errno = ECANCELED;
		return -1;
	}
	return syscall(SYS_read, fd, into, bytes);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
	long result = syscall(SYS_timerfd_settime, fd, flags, when, before);
	if (!settime_says_jumped)
		return (int)result;
	settime_says_jumped = false;
	errno = ECANCELED; /* the timer is armed all the same */
	return -1;
}

static void the_clock_was_set(void *argument)
{
	fired(argument, 'j');
}

static void setting_the_wall_clock_is_noticed(void **state)
{
	(void)state;
	for (int while_arming = 0; while_arming <= 1; while_arming++) {
		struct scene scene = {.loop = new_loop(clock_real())};
		loop_on_clock_jump(scene.loop, the_clock_was_set, &scene);
		scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
		read_says_jumped = !while_arming;
		settime_says_jumped = while_arming;
		loop_timer_at(scene.timers[2], clock_real().now(NULL) + 2000);
		loop_run(scene.loop);
		assert_string_equal(scene.order, "j3");
		loop_timer_free(scene.timers[2]);
		loop_free(scene.loop);
	}
}

static struct clock_hands hands;

static void see(void *argument)
{
	*(int *)argument += 1;
}

/* Somebody sets the wall clock back by half a minute: what is civil waits for the wall, everything else does not. */
static void a_wall_clock_set_back_delays_only_what_is_civil(void **state)
{
	(void)state;
	int civil = 0, pause = 0;
	hands = (struct clock_hands){.now = 1000 * MINUTE, .elapsed = 5 * MINUTE};
	struct loop *loop = new_loop(clock_two_hands(&hands));
	struct loop_timer *due = loop_timer_new(loop, see, &civil), *again = loop_timer_new(loop, see, &pause);
	loop_timer_at(due, hands.now + 10 * SECOND);
	loop_timer_in(again, 10 * SECOND);
	assert_true(loop_next(loop) == 10 * SECOND);
	hands.now -= 30 * SECOND;
	hands.elapsed += 10 * SECOND;
	loop_turn(loop, 0);
	assert_int_equal(pause, 1);
	assert_int_equal(civil, 0);
	assert_true(loop_next(loop) == 40 * SECOND);
	hands.now += 40 * SECOND;
	hands.elapsed += 40 * SECOND;
	loop_turn(loop, 0);
	assert_int_equal(civil, 1);
	assert_int_equal(pause, 1);
	assert_true(loop_next(loop) == INSTANT_NEVER);
	loop_timer_free(due);
	loop_timer_free(again);
	loop_free(loop);
}

static void a_pause_of_the_machine_s_own_clock_passes(void **state)
{
	(void)state;
	int pause = 0;
	struct loop *loop = new_loop(clock_real());
	struct loop_timer *again = loop_timer_new(loop, see, &pause);
	loop_timer_in(again, SECOND / 100);
	while (!pause)
		loop_turn(loop, 1000);
	loop_timer_in(again, INSTANT_NEVER);
	assert_true(loop_next(loop) == INSTANT_NEVER);
	loop_timer_free(again);
	loop_free(loop);
}

static instant disk; /* what was waited for it */

static instant waited_for_the_disk(void *context)
{
	(void)context;
	return disk;
}

static void work(void *argument)
{
	struct clock machine = clock_real();
	instant began = clock_elapsed(&machine);
	while (clock_elapsed(&machine) - began < 2 * LOOP_TURN_MOST)
		;
	if (argument)
		disk += 10 * SECOND; /* it was all the disk's */
}

static void the_longest_turn_is_measured_without_what_the_disk_took(void **state)
{
	(void)state;
	struct loop_figures figures;
	instant now = 1;
	struct loop *loop = new_loop(clock_manual(&now));
	loop_measure(loop, waited_for_the_disk, NULL);
	struct loop_timer *slow = loop_timer_new(loop, work, NULL), *disk_bound = loop_timer_new(loop, work, loop);
	loop_timer_at(disk_bound, 0);
	loop_turn(loop, 0);
	loop_figures(loop, &figures);
	assert_int_equal(figures.turns, 1);
	assert_int_equal(figures.long_turns, 0);
	loop_timer_at(slow, 0);
	loop_turn(loop, 0);
	loop_figures(loop, &figures);
	assert_int_equal(figures.long_turns, 1);
	assert_true(figures.longest >= 2 * LOOP_TURN_MOST && figures.longest_lately == figures.longest);
	loop_figures_reset(loop);
	loop_figures(loop, &figures);
	assert_true(figures.longest_lately == 0 && figures.longest > 0);
	loop_timer_free(slow);
	loop_timer_free(disk_bound);
	loop_free(loop);
}

static void puts_the_next_off_and_calls_another(void *argument)
{
	struct scene *scene = argument;
	fired(scene, '1');
	loop_timer_in(scene->timers[1], HOUR);
	loop_timer_in(scene->timers[2], 0);
}

static void a_callback_puts_off_what_was_due_and_what_it_calls_fires_once(void **state)
{
	struct scene scene = {.now = SECOND};
	(void)state;
	scene.loop = new_loop(clock_manual(&scene.now));
	scene.timers[0] = loop_timer_new(scene.loop, puts_the_next_off_and_calls_another, &scene);
	scene.timers[1] = loop_timer_new(scene.loop, second_fires, &scene);
	scene.timers[2] = loop_timer_new(scene.loop, last_fires, &scene);
	loop_timer_at(scene.timers[0], 1);
	loop_timer_at(scene.timers[1], 2);
	loop_turn(scene.loop, 0);
	loop_turn(scene.loop, 0);
	assert_string_equal(scene.order, "13");
	scene.now += HOUR;
	loop_turn(scene.loop, 0);
	assert_string_equal(scene.order, "132");
	for (size_t i = 0; i < 3; i++)
		loop_timer_free(scene.timers[i]);
	loop_free(scene.loop);
}

/* The descriptor stays armed for the first, which is put off before it fires. */
static void a_timer_that_is_put_off_again_and_again_fires_at_its_last_time(void **state)
{
	struct scene scene = {.now = 0};
	(void)state;
	scene.loop = new_loop(clock_real());
	scene.timers[0] = loop_timer_new(scene.loop, first_fires, &scene);
	scene.timers[1] = loop_timer_new(scene.loop, last_fires, &scene);
	for (int i = 1; i <= 10; i++)
		loop_timer_in(scene.timers[1], i * SECOND / 200);
	loop_timer_in(scene.timers[0], SECOND / 1000);
	loop_run(scene.loop);
	assert_string_equal(scene.order, "13");
	loop_timer_free(scene.timers[0]);
	loop_timer_free(scene.timers[1]);
	loop_free(scene.loop);
}

int main(void)
{
	(void)alarm(20); /* a loop that never stops is a failure, not a hang */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_that_are_due_fire_in_order_of_their_time),
		cmocka_unit_test(a_disarmed_timer_does_not_fire),
		cmocka_unit_test(a_callback_puts_off_what_was_due_and_what_it_calls_fires_once),
		cmocka_unit_test(a_timer_that_is_put_off_again_and_again_fires_at_its_last_time),
		cmocka_unit_test(a_timer_that_is_always_due_starves_nobody_and_callbacks_may_free_timers),
		cmocka_unit_test(a_clock_that_a_test_moves_fires_the_timers_it_passes),
		cmocka_unit_test(a_month_of_a_moved_clock_passes_in_a_moment),
		cmocka_unit_test(a_clock_that_is_years_behind_fires_what_waits_for_time_to_pass),
		cmocka_unit_test(another_thread_wakes_the_loop_through_a_descriptor),
		cmocka_unit_test(a_regular_file_is_always_readable),
		cmocka_unit_test(a_blocked_signal_reaches_the_loop_alone),
		cmocka_unit_test(a_loop_stopped_before_it_runs_returns_and_may_run_again),
		cmocka_unit_test(setting_the_wall_clock_is_noticed),
		cmocka_unit_test(a_wall_clock_set_back_delays_only_what_is_civil),
		cmocka_unit_test(a_pause_of_the_machine_s_own_clock_passes),
		cmocka_unit_test(the_longest_turn_is_measured_without_what_the_disk_took),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
