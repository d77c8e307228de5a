/* http_thread: a server of requests (loop/http_server.h) with a loop and a thread of its own, so that no request,
 * and no client that is slow on purpose, ever costs the daemon's loop a turn.
 *
 * The one rule: its handler, its timers and `woken` are on the server's own thread; everything here but
 * http_thread_wake is of the thread that made it. */
#ifndef CASEWATCH_LOOP_HTTP_THREAD_H
#define CASEWATCH_LOOP_HTTP_THREAD_H

#include "loop/http_server.h"

struct http_thread;
/* Makes the loop; nothing is served yet. `woken` is called with `argument` after each http_thread_wake, at once or
 * together with others. The settings are copied, what they point to is borrowed. */
MUST_CHECK enum result http_thread_new(const struct http_server_settings *settings, loop_callback *woken,
                                       void *argument,
                                       struct http_thread **thread, struct fault *fault);
/* Where timers of the handler belong: make them before http_thread_listen, free them after http_thread_stop. */
struct loop *http_thread_loop(const struct http_thread *thread);
/* Serves, anew if it served before. On failure it is not served, and may be tried again. */
MUST_CHECK enum result http_thread_listen(struct http_thread *thread, struct fault *fault);
/* Whether it is served, and whoever opens the socket's name comes here. */
bool http_thread_is_served(const struct http_thread *thread);
int http_thread_port(const struct http_thread *thread); /* of the address; 0: none */
void http_thread_wake(struct http_thread *thread);      /* from any thread */
/* Its figures, as of at most a second ago. */
void http_thread_figures(struct http_thread *thread, struct http_figures *figures);
/* Stops serving and waits for the thread: from here on nothing of the handler runs; exchanges that are under way are
 * still to be answered (into nothing). */
void http_thread_stop(struct http_thread *thread);
void http_thread_free(struct http_thread *thread);      /* stops it, too; NULL is fine */

#endif
