/* What another thread wakes a loop by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/threads.h"
#include "base/waker.h"

static bool is_readable(const struct waker *waker)
{
	struct pollfd watched = {.fd = waker_fd(waker), .events = POLLIN};
	return poll(&watched, 1, 0) == 1;
}

static void whoever_is_woken_often_before_it_looks_is_woken_once(void **state)
{
	(void)state;
	struct waker *waker = waker_new(NULL);
	assert_false(is_readable(waker));
	assert_false(waker_drain(waker));
	for (int i = 0; i < 1000; i++)
		waker_wake(waker);
	assert_true(is_readable(waker));
	assert_true(waker_drain(waker));
	assert_false(is_readable(waker));
	assert_false(waker_drain(waker));
	waker_wake(waker);
	assert_true(waker_drain(waker)); /* what comes after it looked wakes it anew */
	waker_free(waker);
}

/* The kernel's counter holds no more: whoever wakes neither waits nor dies of it, and the loop is awake. */
static void waking_a_loop_that_has_not_looked_for_ages_neither_waits_nor_fails(void **state)
{
	(void)state;
	struct waker *waker = waker_new(NULL);
	const uint64_t full = UINT64_MAX - 1;
	assert_int_equal(write(waker_fd(waker), &full, sizeof full), sizeof full);
	waker_wake(waker);
	assert_true(waker_drain(waker));
	assert_false(waker_drain(waker));
	waker_free(waker);
}

static void *wake_it(void *argument)
{
	waker_wake(argument);
	return NULL;
}

static void a_loop_that_sleeps_is_woken_by_another_thread(void **state)
{
	(void)state;
	struct waker *waker = waker_new(NULL);
	pthread_t thread;
	assert_true(thread_start(&thread, wake_it, waker));
	struct pollfd watched = {.fd = waker_fd(waker), .events = POLLIN};
	assert_int_equal(poll(&watched, 1, -1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(waker_drain(waker));
	waker_free(waker);
}

/* A process that has no descriptor left says so, and whoever has no waker does without. */
static void without_a_descriptor_there_is_none_and_it_is_said(void **state)
{
	(void)state;
	struct rlimit before, none;
	struct fault fault = {{0}};
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct waker *waker = waker_new(&fault);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_null(waker);
	assert_string_not_equal(fault.text, "");
	assert_int_equal(waker_fd(waker), -1);
	waker_wake(waker);
	assert_false(waker_drain(waker));
	waker_free(waker);
}

/* A program that the daemon starts inherits none. */
static void it_is_closed_where_another_program_begins(void **state)
{
	(void)state;
	struct waker *waker = waker_new(NULL);
	assert_true(fcntl(waker_fd(waker), F_GETFD) & FD_CLOEXEC);
	waker_free(waker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_is_woken_often_before_it_looks_is_woken_once),
		cmocka_unit_test(waking_a_loop_that_has_not_looked_for_ages_neither_waits_nor_fails),
		cmocka_unit_test(a_loop_that_sleeps_is_woken_by_another_thread),
		cmocka_unit_test(without_a_descriptor_there_is_none_and_it_is_said),
		cmocka_unit_test(it_is_closed_where_another_program_begins),
	};
	return cmocka_run_group_tests_name("waker", tests, NULL, NULL);
}
