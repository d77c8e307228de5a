/* monitor: requests wait until the loop has told how it is, and are then answered. */
#include "web/monitor.h"

#include "base/log.h"
#include "base/version.h"
#include "base/waker.h"
#include "loop/http_thread.h"

#include <pthread.h>
#include <stdlib.h>

#define LOOK_EVERY (SECOND / 4) /* at whether the loop is late */

enum question { ASK_METRICS, ASK_HEALTH, ASK_READY };

struct request {
	struct http_exchange *exchange;
	enum question question;
	instant since;          /* by time passed */
	uint64_t number;        /* a report of this number or a later one answers it */
};

/* What the loop told. */
struct report {
	struct metrics *metrics;
	struct monitor_health health;
	uint64_t number;        /* of the question that it answers */
};

struct monitor {
	struct monitor_settings settings;
	struct http_thread *thread;
	struct waker *asking;   /* of the loop: somebody asks */
	struct loop_watch *watch; /* the loop's */
	/* The server's thread's own. */
	struct store *store;
	struct loop_timer *look;
	struct request waiting[MONITOR_WAITING_MOST];
	size_t count;
	uint64_t asked;
	/* Behind the lock. */
	pthread_mutex_t lock;
	struct report *report;
	uint64_t wanted;
};

static instant elapsed(const struct monitor *monitor)
{
	return clock_elapsed(&monitor->settings.clock);
}

static void report_free(struct report *report)
{
	if (report)
		metrics_free(report->metrics);
	free(report);
}

/* ---- the loop ---- */

static void on_asked(void *argument)
{
	struct monitor *monitor = argument;
	struct report *report = MEM_NEW(struct report), *old;
	(void)waker_drain(monitor->asking);
	(void)pthread_mutex_lock(&monitor->lock);
	report->number = monitor->wanted;
	(void)pthread_mutex_unlock(&monitor->lock);
	report->metrics = metrics_new();
	monitor->settings.tell(monitor->settings.context, report->metrics, &report->health);
	(void)pthread_mutex_lock(&monitor->lock);
	old = monitor->report;
	monitor->report = report;
	(void)pthread_mutex_unlock(&monitor->lock);
	report_free(old);
	http_thread_wake(monitor->thread);
}

/* ---- the server's thread: answers ---- */

/* NULL: it cannot be opened now. */
static struct store *open_store(struct monitor *monitor)
{
	struct fault fault = {0};
	if (!monitor->store && store_open(monitor->settings.database, STORE_READ, &monitor->store, &fault) != RESULT_OK)
		monitor->store = NULL;
	return monitor->store;
}

static bool wants_open_metrics(const struct http_incoming *request)
{
	struct text accept = http_header(request, "accept");
	return accept.length && memmem(accept.at, accept.length, "application/openmetrics-text", 28);
}

/* `report` NULL: the loop stands. What the database knows is told all the same. */
static void answer_metrics(struct monitor *monitor, const struct http_incoming *request, struct report *report,
                           struct http_reply *reply)
{
	enum metrics_format format = wants_open_metrics(request) ? METRICS_OPEN : METRICS_PROMETHEUS;
	struct metrics *metrics = report ? report->metrics : metrics_new();
	metrics_gauge(metrics, "casewatch_loop_answers", "Whether the loop answered within three seconds: 1 yes",
	              report != NULL);
	metrics_family(metrics, METRICS_GAUGE, "casewatch_build_info", "The version that runs");
	metrics_add(metrics, "version", casewatch_version, 1);
	metrics_stored(metrics, open_store(monitor), clock_now(&monitor->settings.clock));
	metrics_write(metrics, format, &reply->body);
	reply->media = metrics_media(format);
	if (report)
		report->metrics = NULL;
	metrics_free(metrics);
}

static void answer_health(const struct report *report, struct http_reply *reply)
{
	reply->status = report ? 200 : 503;
	buffer_string(&reply->body, report ? "alive: the loop turns\n"
	                                   : "not alive: the loop has not turned for three seconds\n");
}

static void answer_ready(const struct report *report, struct http_reply *reply)
{
	bool good = report != NULL;
	if (!report)
		buffer_string(&reply->body, "loop: it has not turned for three seconds\n");
	for (size_t i = 0; report && i < report->health.count; i++) {
		const struct monitor_check *check = &report->health.checks[i];
		good = good && check->good;
		buffer_format(&reply->body, "%s: %s\n", check->name, check->good ? "good" : check->why);
	}
	reply->status = good ? 200 : 503;
}

/* The figures of `report` are used up by whoever asked for metrics. */
static void answer(struct monitor *monitor, size_t at, struct report *report)
{
	struct request request = monitor->waiting[at];
	struct http_reply reply = {.media = "text/plain; charset=utf-8"};
	monitor->waiting[at] = monitor->waiting[--monitor->count];
	switch (request.question) {
	case ASK_METRICS:
		answer_metrics(monitor, http_request_of(request.exchange), report, &reply);
		break;
	case ASK_HEALTH:
		answer_health(report, &reply);
		break;
	case ASK_READY:
		answer_ready(report, &reply);
		break;
	}
	http_answer(request.exchange, &reply);
}

static void ask_loop(struct monitor *monitor)
{
	(void)pthread_mutex_lock(&monitor->lock);
	monitor->wanted = ++monitor->asked;
	(void)pthread_mutex_unlock(&monitor->lock);
	waker_wake(monitor->asking);
}

/* A report answers everybody who asked before it was made, but only one of those who want metrics: the rest ask
 * anew. */
static void on_told(void *argument)
{
	struct monitor *monitor = argument;
	(void)pthread_mutex_lock(&monitor->lock);
	struct report *report = monitor->report;
	monitor->report = NULL;
	(void)pthread_mutex_unlock(&monitor->lock);
	if (!report)
		return;
	bool told = false;
	for (size_t i = monitor->count; i-- > 0;) {
		const struct request *request = &monitor->waiting[i];
		bool metrics = request->question == ASK_METRICS;
		if (request->number > report->number || (metrics && told))
			continue;
		told = told || metrics;
		answer(monitor, i, report);
	}
	report_free(report);
	if (monitor->count)
		ask_loop(monitor);
}

static void on_look(void *argument)
{
	struct monitor *monitor = argument;
	for (size_t i = monitor->count; i-- > 0;)
		if (elapsed(monitor) - monitor->waiting[i].since > MONITOR_LOOP_WITHIN)
			answer(monitor, i, NULL);
	if (monitor->count)
		loop_timer_in(monitor->look, LOOK_EVERY);
}

/* ---- the server's thread: requests ---- */

static void refuse(struct http_exchange *exchange, int status, const char *words)
{
	struct http_reply reply = {.status = status, .media = "text/plain; charset=utf-8",
	                           .allow = status == 405 ? "GET, HEAD" : NULL,
	                           .retry_after = status == 503 ? 5 : 0};
	buffer_string(&reply.body, words);
	http_answer(exchange, &reply);
}

static void on_request(void *argument, struct http_exchange *exchange)
{
	static const char *const paths[] = {[ASK_METRICS] = "/metrics", [ASK_HEALTH] = "/healthz",
	                                    [ASK_READY] = "/readyz"};
	struct monitor *monitor = argument;
	const struct http_incoming *request = http_request_of(exchange);
	size_t which = 0;
	while (which < sizeof paths / sizeof *paths && !text_equal(request->path, text_of(paths[which])))
		which++;
	if (which == sizeof paths / sizeof *paths) {
		refuse(exchange, 404, "Here are /metrics, /healthz and /readyz.\n");
	} else if (request->method == HTTP_POST) {
		refuse(exchange, 405, "There is nothing to send here.\n");
	} else if (monitor->count == MONITOR_WAITING_MOST) {
		refuse(exchange, 503, "Too many ask at once.\n");
	} else {
		ask_loop(monitor);
		monitor->waiting[monitor->count++] =
			(struct request){exchange, (enum question)which, elapsed(monitor), monitor->asked};
		loop_timer_in(monitor->look, LOOK_EVERY);
	}
}

/* ---- start and stop ---- */

enum result monitor_new(struct loop *loop, const struct monitor_settings *settings, struct monitor **monitor,
                        struct fault *fault)
{
	struct monitor *made = MEM_NEW(struct monitor);
	struct http_server_settings server = {.name = "metrics", .option = "metrics", .address = settings->address,
	                                      .handler = on_request, .argument = made,
	                                      .connections_most = 2 * (size_t)MONITOR_WAITING_MOST};
	*made = (struct monitor){.settings = *settings, .asking = waker_new(fault)};
	(void)pthread_mutex_init(&made->lock, NULL);
	*monitor = NULL;
	enum result result = made->asking ? http_thread_new(&server, on_told, made, &made->thread, fault)
	                                  : RESULT_TEMPORARY;
	if (result != RESULT_OK) {
		monitor_free(made);
		return result;
	}
	made->look = loop_timer_new(http_thread_loop(made->thread), on_look, made);
	made->watch = loop_watch_new(loop, waker_fd(made->asking), on_asked, made);
	*monitor = made;
	return RESULT_OK;
}

enum result monitor_listen(struct monitor *monitor, struct fault *fault)
{
	return http_thread_listen(monitor->thread, fault);
}

bool monitor_is_served(const struct monitor *monitor)
{
	return http_thread_is_served(monitor->thread);
}

int monitor_port(const struct monitor *monitor)
{
	return http_thread_port(monitor->thread);
}

void monitor_free(struct monitor *monitor)
{
	if (!monitor)
		return;
	loop_watch_free(monitor->watch);
	if (monitor->thread)
		http_thread_stop(monitor->thread);
	while (monitor->count)
		refuse(monitor->waiting[--monitor->count].exchange, 503, "");
	loop_timer_free(monitor->look);
	http_thread_free(monitor->thread);
	store_close(monitor->store);
	report_free(monitor->report);
	waker_free(monitor->asking);
	(void)pthread_mutex_destroy(&monitor->lock);
	free(monitor);
}
