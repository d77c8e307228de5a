/* http_thread: the server's thread: its start, what wakes it, and its end. */
#include "loop/http_thread.h"

#include "base/threads.h"
#include "base/waker.h"

#include <stdlib.h>

#define FIGURES_EVERY SECOND

struct http_thread {
	struct http_server_settings settings;
	loop_callback *woken;
	void *argument;
	struct loop *loop;
	struct http_server *server; /* NULL: it does not serve */
	struct loop_watch *watch, *quit;
	struct loop_timer *look;    /* at the figures */
	pthread_t thread;
	struct waker *waking, *quitting;
	pthread_mutex_t lock;       /* of the figures */
	struct http_figures figures;
};

static void on_woken(void *argument)
{
	struct http_thread *thread = argument;
	(void)waker_drain(thread->waking);
	thread->woken(thread->argument);
}

static void on_quit(void *argument)
{
	struct http_thread *thread = argument;
	(void)waker_drain(thread->quitting);
	loop_stop(thread->loop);
}

static void copy_figures(void *argument)
{
	struct http_thread *thread = argument;
	(void)pthread_mutex_lock(&thread->lock);
	http_server_figures(thread->server, &thread->figures);
	(void)pthread_mutex_unlock(&thread->lock);
	loop_timer_in(thread->look, FIGURES_EVERY);
}

static void *serve(void *argument)
{
	struct http_thread *thread = argument;
	loop_run(thread->loop);
	return NULL;
}

enum result http_thread_new(const struct http_server_settings *settings, loop_callback *woken, void *argument,
                            struct http_thread **thread, struct fault *fault)
{
	struct clock clock = clock_real();
	struct http_thread *made = MEM_NEW(struct http_thread);
	*made = (struct http_thread){.settings = *settings, .woken = woken, .argument = argument,
	                             .waking = waker_new(fault), .quitting = waker_new(fault)};
	(void)pthread_mutex_init(&made->lock, NULL);
	made->loop = loop_new(&clock, fault);
	*thread = NULL;
	if (!made->loop || !made->waking || !made->quitting) {
		http_thread_free(made);
		return fault_set(fault, RESULT_PERMANENT, "the loop of the %s cannot be made", settings->name);
	}
	made->watch = loop_watch_new(made->loop, waker_fd(made->waking), on_woken, made);
	made->quit = loop_watch_new(made->loop, waker_fd(made->quitting), on_quit, made);
	made->look = loop_timer_new(made->loop, copy_figures, made);
	*thread = made;
	return RESULT_OK;
}

struct loop *http_thread_loop(const struct http_thread *thread)
{
	return thread->loop;
}

enum result http_thread_listen(struct http_thread *thread, struct fault *fault)
{
	http_thread_stop(thread);
	enum result result = http_server_new(thread->loop, &thread->settings, &thread->server, fault);
	if (result != RESULT_OK)
		return result;
	loop_timer_in(thread->look, 0);
	if (thread_start(&thread->thread, serve, thread))
		return RESULT_OK;
	http_server_free(thread->server);
	thread->server = NULL;
	return fault_set(fault, RESULT_TEMPORARY, "the thread of the %s cannot be started", thread->settings.name);
}

bool http_thread_is_served(const struct http_thread *thread)
{
	return thread->server && http_server_is_there(thread->server);
}

int http_thread_port(const struct http_thread *thread)
{
	return thread->server ? http_server_port(thread->server) : 0;
}

void http_thread_wake(struct http_thread *thread)
{
	waker_wake(thread->waking);
}

void http_thread_figures(struct http_thread *thread, struct http_figures *figures)
{
	(void)pthread_mutex_lock(&thread->lock);
	*figures = thread->figures;
	(void)pthread_mutex_unlock(&thread->lock);
}

void http_thread_stop(struct http_thread *thread)
{
	if (!thread->server)
		return;
	waker_wake(thread->quitting);
	(void)pthread_join(thread->thread, NULL);
	http_server_free(thread->server);
	thread->server = NULL;
}

void http_thread_free(struct http_thread *thread)
{
	if (!thread)
		return;
	http_thread_stop(thread);
	loop_watch_free(thread->watch);
	loop_watch_free(thread->quit);
	loop_timer_free(thread->look);
	loop_free(thread->loop);
	waker_free(thread->waking);
	waker_free(thread->quitting);
	(void)pthread_mutex_destroy(&thread->lock);
	free(thread);
}
