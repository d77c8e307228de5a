/* web: the server's own loop and thread, and the threads that make pages: requests go from it to them, and replies come
 * back; what was looked at goes by way of the daemon's loop. */
#include "web/web.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"
#include "loop/http_fields.h"
#include "store/events/events.h"
#include "web/seen.h"

#define COME_AGAIN 5 /* seconds, where too many wait */

struct job {
	struct http_exchange *exchange;
	struct web_page page;
	struct web_settings settings; /* as they were when it was made; a reload meanwhile changes nothing of it */
	enum result result;
	struct fault fault;
	struct text looker;  /* who looked; the directory may be another by the time it is noted */
	bool noted, refused; /* its looks are on record; or could not be put there */
	struct job *next;
};

struct queue {
	struct job *first, **last;
	size_t count;
};

/* What a thread has of its own. */
struct maker {
	struct web *web;
	pthread_t thread;
	bool running;
	struct store *store;
	struct event_parser *parser;
	struct shared *owner; /* held: of what the parser borrows */
};

struct web {
	struct web_settings settings;
	uint64_t busy;               /* requests that were told to come again */
	struct web_brake *brake;
	struct seen *seen;           /* looks that are on record already; on the daemon's loop alone */
	web_looked *looked;
	void *context;
	struct loop_watch *looks;    /* on the daemon's loop: there are looks to be put on record */
	struct loop *loop;           /* the server's; all from here to `again` is of its thread while it serves */
	struct http_server *server;  /* NULL: it does not serve */
	pthread_t thread;
	struct loop_watch *watch, *quit;
	struct loop_timer *later;    /* brings back what waits there */
	struct queue again;
	struct waker *page_made, *quitting, *page_looked_at;
	pthread_mutex_t lock;        /* of all below, and of the settings */
	pthread_cond_t more;
	struct queue waiting, made, looked_at;
	bool making_slow;            /* a page that is slow is being made */
	size_t waiting_slow;         /* how many of them wait */
	bool leaving;
	struct maker makers[WEB_THREADS];
};

static void put(struct queue *queue, struct job *job)
{
	job->next = NULL;
	if (!queue->first)
		queue->last = &queue->first;
	*queue->last = job;
	queue->last = &job->next;
	queue->count++;
}

static struct job *take_job(struct queue *queue)
{
	struct job *job = queue->first;
	if (!job)
		return NULL;
	queue->first = job->next;
	queue->count--;
	return job;
}

/* The next that may be made now: not a second slow one. */
static struct job *take_next(struct web *web)
{
	struct queue *queue = &web->waiting;
	for (struct job **at = &queue->first; *at; at = &(*at)->next) {
		struct job *job = *at;
		if (job->page.route->slow && web->making_slow)
			continue;
		*at = job->next;
		if (queue->last == &job->next)
			queue->last = at;
		queue->count--;
		web->waiting_slow -= job->page.route->slow;
		web->making_slow = web->making_slow || job->page.route->slow;
		return job;
	}
	return NULL;
}

/* ---- which page ---- */

static struct text next_part(struct text *path)
{
	struct text part = {path->at + 1, 0};
	size_t left = path->length - 1;
	const char *slash = left ? memchr(part.at, '/', left) : NULL;
	part.length = slash ? (size_t)(slash - part.at) : left;
	*path = (struct text){path->at + 1 + part.length, left - part.length};
	return part;
}

/* Both begin with a slash. */
static bool fits(const char *pattern, struct text path, struct arena *arena, struct text *parts)
{
	struct text wanted = text_of(pattern);
	size_t count = 0;
	while (wanted.length && path.length) {
		struct text name = next_part(&wanted), part = next_part(&path);
		if (!text_equal(name, TEXT(":"))) {
			if (!text_equal(name, part))
				return false;
		} else if (count == WEB_PARTS_MOST || !part.length ||
		           !http_decode(part, false, arena, &parts[count++])) {
			return false;
		}
	}
	return !wanted.length && !path.length;
}

/* *method_wrong: there is a page of that name, but not for that method. */
static const struct web_route *find_route(struct web_page *page, bool *method_wrong)
{
	const struct http_incoming *request = page->request;
	enum http_method method = request->method == HTTP_HEAD ? HTTP_GET : request->method;
	*method_wrong = false;
	for (size_t i = 0; i < web_route_count; i++) {
		const struct web_route *route = &web_routes[i];
		if ((route->who == WEB_BY_SOCKET && !request->trusted) ||
		    !fits(route->path, request->path, page->arena, page->parts))
			continue;
		if (route->method == method)
			return route;
		*method_wrong = true;
	}
	return NULL;
}

/* ---- making ---- */

static void close_store(struct maker *maker)
{
	store_close(maker->store);
	event_parser_free(maker->parser);
	shared_release(maker->owner);
	maker->store = NULL;
	maker->parser = NULL;
	maker->owner = NULL;
}

static enum result open_store(struct maker *maker, const struct web_settings *settings, struct fault *fault)
{
	if (maker->store && maker->owner != settings->owner)
		close_store(maker); /* its parser has the zone of a calendar that a reload has replaced */
	if (maker->store) {
		store_look_anew(maker->store);
		return RESULT_OK;
	}
	maker->owner = shared_hold(settings->owner);
	enum result result = store_open(settings->database, STORE_READ, &maker->store, fault);
	if (result != RESULT_OK)
		return result;
	/* what was accepted stays readable when limits are lowered */
	maker->parser = event_parser_new((struct event_limits){SIZE_MAX / 2, 1024},
	                                 settings->type_prefix ? text_of(settings->type_prefix) : TEXT_NONE,
	                                 calendar_zone(settings->calendar));
	events_set_parser(maker->store, maker->parser);
	return RESULT_OK;
}

static struct text looker_of(const struct web_page *page)
{
	const char *id = page->person ? page->person->id : "";
	return text_of(arena_copy_text(page->arena, id, strlen(id)));
}

static void make(struct maker *maker, struct job *job)
{
	struct web_page *page = &job->page;
	const struct web_settings *settings = page->settings;
	page->now = clock_now(&settings->clock);
	page->zone = calendar_zone(settings->calendar);
	page->again = false;
	page->look_count = 0;
	if (page->request->trusted && settings->user_header)
		page->user = text_trim(http_header(page->request, settings->user_header));
	page->person = directory_login(settings->directory, page->user);
	if (page->route->who == WEB_SIGNED_IN && !page->person) {
		web_say(page, 403, "You cannot see this page",
		        page->user.length ? "Your sign-in is not in the directory of casewatch. Whoever keeps the "
					    "directory "
		                            "(conf/directory.yaml) can add you."
		                          : "This page is for people who are signed in with the council.");
		return;
	}
	job->result = open_store(maker, settings, &job->fault);
	page->store = maker->store;
	if (job->result == RESULT_OK)
		job->result = store_view(maker->store, &job->fault);
	if (job->result == RESULT_OK) {
		job->result = page->route->make(page, &job->fault);
		store_view_end(maker->store);
		job->looker = looker_of(page);
	}
	if (job->result != RESULT_OK)
		close_store(maker); /* whatever it was, the next page begins anew */
}

/* What is in force now, for one job: held until it is freed. */
static void use_settings(struct web *web, struct job *job)
{
	shared_release(job->settings.owner);
	(void)pthread_mutex_lock(&web->lock);
	job->settings = web->settings;
	(void)shared_hold(job->settings.owner);
	(void)pthread_mutex_unlock(&web->lock);
	job->page.settings = &job->settings;
}

static void job_free(struct job *job)
{
	shared_release(job->settings.owner);
	free(job->page.looks);
	free(job);
}

static void *make_pages(void *argument)
{
	struct maker *maker = argument;
	struct web *web = maker->web;
	(void)pthread_mutex_lock(&web->lock);
	while (!web->leaving) {
		struct job *job = take_next(web);
		if (!job) {
			(void)pthread_cond_wait(&web->more, &web->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&web->lock);
		use_settings(web, job);
		make(maker, job);
		(void)pthread_mutex_lock(&web->lock);
		if (job->page.route->slow) {
			web->making_slow = false;
			(void)pthread_cond_signal(&web->more); /* another thread may sleep beside one that waits */
		}
		put(&web->made, job);
		waker_wake(web->page_made);
	}
	(void)pthread_mutex_unlock(&web->lock);
	return NULL;
}

/* ---- from the loop and back ---- */

static void say_failed(struct job *job)
{
	log_error("pages: the %s could not be made: %s", job->page.route->name, job->fault.text);
	web_say(&job->page, 500, "This page cannot be shown",
	        "Something is wrong with casewatch itself, and those who run it are told by its log. What was answered "
	        "before is kept. Opening this page again later does no harm.");
}

static void say_refused(struct web_page *page)
{
	log_error("pages: the %s was not shown: that it was looked at could not be put on record", page->route->name);
	web_say(page, 503, "This page cannot be shown now",
	        "casewatch cannot put on record that you looked at it, and so does not show it. Try again in a "
	        "minute.");
}

static void pass(struct web *web, struct queue *queue, struct job *job, struct waker *waker)
{
	(void)pthread_mutex_lock(&web->lock);
	put(queue, job);
	(void)pthread_mutex_unlock(&web->lock);
	waker_wake(waker);
}

static struct queue take_all(struct web *web, struct queue *queue)
{
	(void)pthread_mutex_lock(&web->lock);
	struct queue all = *queue;
	*queue = (struct queue){0};
	(void)pthread_mutex_unlock(&web->lock);
	return all;
}

/* On the daemon's loop. */
static void on_looks(void *argument)
{
	struct web *web = argument;
	(void)waker_drain(web->page_looked_at);
	struct queue all = take_all(web, &web->looked_at);
	for (struct job *job; (job = take_job(&all));) {
		struct web_page *page = &job->page;
		const char *name = page->route->name;
		size_t count = seen_sort(web->seen, page->now, job->looker, name, page->looks, page->look_count);
		job->refused = page->look_count > WEB_LOOKS_MOST ||
		               (count && !web->looked(web->context, page->now, job->looker, name, page->looks, count));
		if (!job->refused)
			seen_note(web->seen, page->now, job->looker, name, page->looks, count);
		job->noted = true;
		pass(web, &web->made, job, web->page_made);
	}
}

/* What was looked at is on record before it is seen. */
static void send(struct web *web, struct job *job)
{
	if (job->result == RESULT_OK && job->page.look_count && web->looked && !job->noted) {
		pass(web, &web->looked_at, job, web->page_looked_at);
		return;
	}
	if (job->result != RESULT_OK)
		say_failed(job);
	else if (job->refused)
		say_refused(&job->page);
	http_answer(job->exchange, &job->page.reply);
	job_free(job);
}

static void on_made(void *argument)
{
	struct web *web = argument;
	(void)waker_drain(web->page_made);
	struct queue made = take_all(web, &web->made);
	for (struct job *job; (job = take_job(&made));) {
		if (job->result == RESULT_OK && job->page.again && !job->noted && job->page.tries < WEB_TRIES_MOST) {
			job->page.tries++;
			put(&web->again, job);
			loop_timer_in(web->later, WEB_AGAIN);
		} else {
			send(web, job);
		}
	}
}

static void hand_over(struct web *web, struct job *job)
{
	(void)pthread_mutex_lock(&web->lock);
	put(&web->waiting, job);
	web->waiting_slow += job->page.route->slow;
	(void)pthread_cond_signal(&web->more);
	(void)pthread_mutex_unlock(&web->lock);
}

static void on_later(void *argument)
{
	struct web *web = argument;
	for (struct job *job; (job = take_job(&web->again));)
		hand_over(web, job);
}

static bool has_room(struct web *web, const struct web_route *route)
{
	(void)pthread_mutex_lock(&web->lock);
	bool room = web->waiting.count + web->again.count < WEB_WAITING_MOST &&
	            (!route->slow || web->waiting_slow < WEB_SLOW_WAITING_MOST);
	(void)pthread_mutex_unlock(&web->lock);
	return room;
}

static void say_busy(struct web *web, struct web_page *page)
{
	if (web->busy++ % 1000 == 0)
		log_warning("pages: as many requests wait as may (%d, of them %d for slow pages); further ones are "
		            "told to come again (%llu since start)",
		            WEB_WAITING_MOST, WEB_SLOW_WAITING_MOST, (unsigned long long)web->busy);
	page->reply.retry_after = COME_AGAIN;
	web_say(page, 503, "Too many people are looking at once",
	        "Try again in a few seconds. Nothing you sent is saved.");
}

static void on_request(void *argument, struct http_exchange *exchange)
{
	struct web *web = argument;
	struct job *job = MEM_NEW(struct job);
	const struct http_incoming *request = http_request_of(exchange);
	bool method_wrong;
	*job = (struct job){.exchange = exchange, .result = RESULT_OK,
	                    .page = {.request = request, .arena = request->arena, .brake = web->brake}};
	use_settings(web, job);
	job->page.route = find_route(&job->page, &method_wrong);
	if (job->page.route && has_room(web, job->page.route)) {
		hand_over(web, job);
		return;
	}
	if (job->page.route)
		say_busy(web, &job->page);
	else if (method_wrong)
		web_say(&job->page, 405, "This page takes no such request", "Open it by its link.");
	else
		web_say(&job->page, 404, "There is no such page",
		        "The address may have been cut short or written wrongly. Open the link in the message again.");
	http_answer(exchange, &job->page.reply);
	job_free(job);
}

/* What came is not kept: the page can only say what to do with it. */
static void on_unread(void *argument, int status, const char *why, struct http_reply *reply)
{
	struct job job = {.result = RESULT_OK};
	(void)why; /* it is in the terms of HTTP */
	use_settings(argument, &job);
	if (status == 413)
		web_say(&job.page, status, "That is too much at once",
		        "More came than any page here takes. Nothing of it is saved. Write less, and send it again.");
	else
		web_say(&job.page, status, "This request cannot be read",
		        "Nothing of it is saved. Open the link in the message again.");
	*reply = job.page.reply;
	shared_release(job.settings.owner);
}

/* ---- serving ---- */

static void on_quit(void *argument)
{
	struct web *web = argument;
	(void)waker_drain(web->quitting);
	loop_stop(web->loop);
}

static void *serve(void *argument)
{
	struct web *web = argument;
	loop_run(web->loop);
	return NULL;
}

static void stop_serving(struct web *web)
{
	if (!web->server)
		return;
	waker_wake(web->quitting);
	(void)pthread_join(web->thread, NULL);
	http_server_free(web->server);
	web->server = NULL;
}

enum result web_listen(struct web *web, const char *socket, const char *address, struct fault *fault)
{
	struct http_server_settings settings = {
		.socket = socket, .address = address, .handler = on_request, .refuser = on_unread,
		.argument = web};
	stop_serving(web);
	enum result result = http_server_new(web->loop, &settings, &web->server, fault);
	if (result != RESULT_OK || thread_start(&web->thread, serve, web))
		return result;
	http_server_free(web->server);
	web->server = NULL;
	return fault_set(fault, RESULT_TEMPORARY, "the thread of the pages' server cannot be started");
}

bool web_is_served(const struct web *web)
{
	return web->server && http_server_is_there(web->server);
}

int web_port(const struct web *web)
{
	return web->server ? http_server_port(web->server) : 0;
}

/* ---- life ---- */

static bool start(struct web *web, struct loop *loop, struct fault *fault)
{
	struct clock clock = clock_real();
	web->loop = loop_new(&clock, fault);
	if (!web->loop || !web->page_made || !web->quitting || !web->page_looked_at)
		return false;
	web->watch = loop_watch_new(web->loop, waker_fd(web->page_made), on_made, web);
	web->quit = loop_watch_new(web->loop, waker_fd(web->quitting), on_quit, web);
	web->later = loop_timer_new(web->loop, on_later, web);
	web->looks = loop_watch_new(loop, waker_fd(web->page_looked_at), on_looks, web);
	for (size_t i = 0; i < WEB_THREADS; i++) {
		web->makers[i].web = web;
		web->makers[i].running = thread_start(&web->makers[i].thread, make_pages, &web->makers[i]);
		if (!web->makers[i].running)
			return false;
	}
	return true;
}

enum result web_new(struct loop *loop, const struct web_settings *settings, web_looked *looked, void *context,
                    struct web **web, struct fault *fault)
{
	struct web *made = MEM_NEW(struct web);
	*made = (struct web){.settings = *settings, .looked = looked, .context = context, .brake = web_brake_new(),
	                     .seen = seen_new(),
	                     .page_made = waker_new(fault), .quitting = waker_new(fault),
	                     .page_looked_at = waker_new(fault)};
	(void)pthread_mutex_init(&made->lock, NULL);
	(void)pthread_cond_init(&made->more, NULL);
	*web = made;
	if (start(made, loop, fault))
		return RESULT_OK;
	web_free(made);
	*web = NULL;
	return fault_set(fault, RESULT_TEMPORARY, "the threads of the pages cannot be started");
}

void web_use(struct web *web, const struct web_settings *settings)
{
	(void)pthread_mutex_lock(&web->lock);
	web->settings = *settings;
	(void)pthread_mutex_unlock(&web->lock);
}

static void drop(struct queue *queue)
{
	for (struct job *job; (job = take_job(queue));) {
		http_answer(job->exchange, &job->page.reply);
		job_free(job);
	}
}

static void stop_making(struct web *web)
{
	(void)pthread_mutex_lock(&web->lock);
	web->leaving = true;
	(void)pthread_cond_broadcast(&web->more);
	(void)pthread_mutex_unlock(&web->lock);
	for (size_t i = 0; i < WEB_THREADS; i++) {
		if (web->makers[i].running)
			(void)pthread_join(web->makers[i].thread, NULL);
		close_store(&web->makers[i]);
	}
}

void web_free(struct web *web)
{
	if (!web)
		return;
	stop_serving(web);
	stop_making(web);
	drop(&web->waiting);
	drop(&web->made);
	drop(&web->looked_at);
	drop(&web->again);
	loop_watch_free(web->watch);
	loop_watch_free(web->quit);
	loop_watch_free(web->looks);
	loop_timer_free(web->later);
	loop_free(web->loop);
	waker_free(web->page_made);
	waker_free(web->quitting);
	waker_free(web->page_looked_at);
	(void)pthread_mutex_destroy(&web->lock);
	(void)pthread_cond_destroy(&web->more);
	web_brake_free(web->brake);
	seen_free(web->seen);
	free(web);
}
