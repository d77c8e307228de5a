/* http: requests become parcels on the server's thread, parcels go to the loop and come back stored, and each request
 * is answered. */
#include "source/http_internal.h"

#include "base/log.h"
#include "base/waker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTEN_AGAIN (5 * SECOND)
#define LOOK_EVERY SECOND      /* at whether requests have waited too long */
#define SAY_EVERY (10 * MINUTE) /* that requests were turned away */
#define COME_AGAIN_FULL 1      /* seconds: what waits is stored within that */
#define COME_AGAIN_UNABLE 30   /* seconds: a full disk takes a person */
#define SENDERS_RETURN (10 * SECOND) /* after a start senders that were turned away come again: clocks wait for them */

struct http_source {
	struct source_settings settings;
	struct http_thread *thread;
	bool served, said; /* as last looked at; and that was said: */
	enum source_state state;
	instant looked, opened;     /* by time passed */
	struct waker *waker;        /* of the loop */
	struct parcel *out;         /* with the loop */
	int64_t taken;              /* the number of the last record that was committed; -1: none */
	/* The server's thread's own, once it serves. */
	struct event_parser *parser;
	struct http_tokens *tokens;
	struct loop_timer *look;
	struct parcel *filling;
	struct parcel *handed;      /* over to the loop, oldest first, until they are answered */
	size_t waiting;             /* requests */
	uint64_t said_full, said_not_allowed;
	instant said_at;
	int64_t number;             /* of the last record; -1: not begun */
	/* Behind the lock. */
	pthread_mutex_t lock;
	struct parcel *ready;       /* for the loop */
	int64_t start;              /* the number to go on from; -1: the store could not say yet */
	bool held;                  /* the store takes nothing at the moment */
	struct fault tokens_wrong;  /* why those that are in force are not those of the file; empty: they are */
	struct http_intake_figures figures;
};

static instant elapsed(const struct http_source *http)
{
	return clock_elapsed(&http->settings.clock);
}

static void parcel_free(struct parcel *parcel)
{
	if (!parcel)
		return;
	batch_free(parcel->batch);
	free(parcel->asks);
	free(parcel);
}

/* ---- the server's thread: answers ---- */

static void send_answer(struct http_source *http, struct http_exchange *exchange, struct http_reply *reply,
                        enum http_intake_answer answer)
{
	(void)pthread_mutex_lock(&http->lock);
	http->figures.answers[answer]++;
	(void)pthread_mutex_unlock(&http->lock);
	http_answer(exchange, reply);
}

static void refuse(struct http_source *http, struct http_exchange *exchange, int status, const char *words,
                   enum http_intake_answer answer)
{
	struct http_reply reply = {.retry_after = status == 429   ? COME_AGAIN_FULL
	                                          : status == 503 ? COME_AGAIN_UNABLE
	                                                          : 0};
	http_say_problem(&reply, status, words);
	reply.allow = status == 405 ? "POST" : NULL;
	reply.challenge = status == 401 ? "Bearer realm=\"casewatch\"" : NULL;
	reply.accept = status == 415 ? "application/cloudevents+json, application/cloudevents-batch+json" : NULL;
	send_answer(http, exchange, &reply, answer);
}

static struct http_exchange *let_go(struct http_source *http, struct ask *ask)
{
	struct http_exchange *exchange = ask->exchange;
	ask->exchange = NULL;
	http->waiting--;
	return exchange;
}

static void answer_stored(struct http_source *http, struct parcel *parcel)
{
	for (size_t i = 0; i < parcel->count; i++) {
		struct ask *ask = &parcel->asks[i];
		struct http_reply reply = {0};
		if (!ask->exchange)
			continue;
		enum http_intake_answer answer = http_say_taken(ask, parcel->batch->records, &reply);
		reply.retry_after = reply.status == 503 ? COME_AGAIN_FULL : 0;
		send_answer(http, let_go(http, ask), &reply, answer);
	}
}

/* Those that wait since `since` or longer. What they sent stays, and may still be stored: it is a duplicate when it
 * comes again. */
static void give_up(struct http_source *http, const struct parcel *parcel, instant since)
{
	for (size_t i = 0; parcel && i < parcel->count; i++)
		if (parcel->asks[i].exchange && parcel->asks[i].since <= since)
			refuse(http, let_go(http, &parcel->asks[i]), 503,
			       "It is not stored yet, and may not be: send it again later.", HTTP_INTAKE_UNABLE);
}

static void give_up_all(struct http_source *http, instant since)
{
	for (const struct parcel *parcel = http->handed; parcel; parcel = parcel->next)
		give_up(http, parcel, since);
	give_up(http, http->filling, since);
}

/* The first at once, then what has come to it now and then. */
static void say_turned_away(struct http_source *http)
{
	(void)pthread_mutex_lock(&http->lock);
	uint64_t full = http->figures.answers[HTTP_INTAKE_FULL];
	uint64_t not_allowed = http->figures.answers[HTTP_INTAKE_NOT_ALLOWED];
	(void)pthread_mutex_unlock(&http->lock);
	if ((full == http->said_full && not_allowed == http->said_not_allowed) ||
	    (http->said_at && elapsed(http) - http->said_at < SAY_EVERY))
		return;
	http->said_full = full;
	http->said_not_allowed = not_allowed;
	http->said_at = elapsed(http);
	log_warning("HTTP intake: since start %llu requests were told to come again because too many waited, and %llu "
	            "came without a token that counts",
	            (unsigned long long)full, (unsigned long long)not_allowed);
}

static void look_at_tokens(struct http_source *http)
{
	const char *wrong = http_tokens_wrong(http->tokens, elapsed(http));
	(void)pthread_mutex_lock(&http->lock);
	(void)snprintf(http->tokens_wrong.text, sizeof http->tokens_wrong.text, "%s", wrong ? wrong : "");
	(void)pthread_mutex_unlock(&http->lock);
}

static void on_look(void *argument)
{
	struct http_source *http = argument;
	say_turned_away(http);
	look_at_tokens(http);
	give_up_all(http, elapsed(http) - HTTP_INTAKE_ANSWER_WITHIN);
	loop_timer_in(http->look, LOOK_EVERY);
}

/* ---- the server's thread: requests ---- */

/* What is being filled goes to the loop once it has taken what was ready. */
static void hand_over(struct http_source *http)
{
	struct parcel *parcel = http->filling, **last = &http->handed;
	if (!parcel)
		return;
	(void)pthread_mutex_lock(&http->lock);
	bool is_free = !http->ready;
	if (is_free)
		http->ready = parcel;
	(void)pthread_mutex_unlock(&http->lock);
	if (!is_free)
		return;
	while (*last)
		last = &(*last)->next;
	*last = parcel;
	http->filling = NULL;
	waker_wake(http->waker);
}

/* Something was taken, stored, or cannot be. */
static void on_woken(void *argument)
{
	struct http_source *http = argument;
	for (struct parcel **at = &http->handed; *at;) {
		struct parcel *parcel = *at;
		(void)pthread_mutex_lock(&http->lock);
		bool stored = parcel->stored;
		(void)pthread_mutex_unlock(&http->lock);
		if (!stored) {
			at = &parcel->next;
			continue;
		}
		*at = parcel->next;
		answer_stored(http, parcel);
		parcel_free(parcel);
	}
	(void)pthread_mutex_lock(&http->lock);
	bool held = http->held;
	(void)pthread_mutex_unlock(&http->lock);
	if (held)
		give_up_all(http, INSTANT_NEVER);
	hand_over(http);
}

static bool is_full(const struct http_source *http)
{
	const struct batch *batch = http->filling ? http->filling->batch : NULL;
	return http->waiting >= HTTP_INTAKE_WAITING_MOST ||
	       (batch && (batch->count >= http->settings.batch_events || batch->bytes >= http->settings.batch_bytes));
}

/* Why nothing can be taken; NULL: it can. Also learns from which number on. */
static const char *hindrance(struct http_source *http)
{
	(void)pthread_mutex_lock(&http->lock);
	bool held = http->held;
	if (http->number < 0)
		http->number = http->start;
	(void)pthread_mutex_unlock(&http->lock);
	return held || http->number < 0 ? "Nothing can be stored at the moment. The people who run casewatch know; "
	                                  "send it again later."
	                                : NULL;
}

/* Whether it is a request with events that may be taken now; else it was answered. */
static bool may_enter(struct http_source *http, struct http_exchange *exchange)
{
	const struct http_incoming *request = http_request_of(exchange);
	const char *why;
	if (!text_equal(request->path, TEXT("/events")))
		refuse(http, exchange, 404, "There is nothing else here.", HTTP_INTAKE_NOT_UNDERSTOOD);
	else if (request->method != HTTP_POST)
		refuse(http, exchange, 405, "There is nothing to read here.", HTTP_INTAKE_NOT_UNDERSTOOD);
	else if (!http_tokens_allow(http->tokens, http_header(request, "authorization"), elapsed(http)))
		refuse(http, exchange, 401, "Send the token that you were given: Authorization: Bearer TOKEN.",
		       HTTP_INTAKE_NOT_ALLOWED);
	else if ((why = hindrance(http)))
		refuse(http, exchange, 503, why, HTTP_INTAKE_UNABLE);
	else if (is_full(http))
		refuse(http, exchange, 429, "Send it again in a second.", HTTP_INTAKE_FULL);
	else
		return true;
	return false;
}

static void on_unread(void *argument, int status, const char *why, struct http_reply *reply)
{
	(void)argument; /* it is counted by the server */
	http_say_unread(reply, status, why);
}

static void on_request(void *argument, struct http_exchange *exchange)
{
	struct http_source *http = argument;
	const char *words = NULL;
	enum ask_mode mode;
	if (!may_enter(http, exchange))
		return;
	if (!http->filling) {
		http->filling = MEM_NEW(struct parcel);
		http->filling->batch = batch_new();
	}
	struct parcel *parcel = http->filling;
	struct http_reading reading = {.parser = http->parser, .position = TEXT(HTTP_INTAKE_POSITION),
	                               .arrived = clock_now(&http->settings.clock)};
	size_t first = parcel->batch->count;
	enum http_refusal refusal =
		http_read_events(&reading, http_request_of(exchange), parcel->batch, &http->number, &mode, &words);
	if (refusal != HTTP_TAKEN) {
		refuse(http, exchange, (int)refusal, words,
		       refusal == HTTP_TOO_MANY ? HTTP_INTAKE_TOO_LARGE : HTTP_INTAKE_NOT_UNDERSTOOD);
		return;
	}
	for (size_t i = first; i < parcel->batch->count; i++)
		parcel->batch->records[i].answered = true;
	struct ask *ask = mem_push((void **)&parcel->asks, &parcel->count, &parcel->room, sizeof *ask);
	*ask = (struct ask){exchange, mode, first, parcel->batch->count - first, elapsed(http)};
	http->waiting++;
	hand_over(http);
}

/* ---- the loop ---- */

static int http_fd(const void *self)
{
	return waker_fd(((const struct http_source *)self)->waker);
}

static void http_wake(void *self)
{
	struct http_source *http = self;
	(void)waker_drain(http->waker);
}

static void report(struct http_source *http, enum source_state state, const char *sentence)
{
	if (http->said && state == http->state)
		return;
	http->said = true;
	http->state = state;
	if (http->settings.report)
		http->settings.report(http->settings.context, HTTP_INTAKE_POSITION, state, sentence);
}

static bool tokens_are_wrong(struct http_source *http, struct fault *fault)
{
	(void)pthread_mutex_lock(&http->lock);
	*fault = http->tokens_wrong;
	(void)pthread_mutex_unlock(&http->lock);
	return fault->text[0];
}

/* Whether it is served; somebody may have cleaned up around its socket. And whoever took a token out of the file must
 * hear where it counts all the same. */
static void look_at_door(struct http_source *http)
{
	struct fault fault = {0};
	char words[sizeof fault.text + 64] = "events are taken by HTTP";
	if (http->looked && elapsed(http) - http->looked < LISTEN_AGAIN)
		return;
	http->looked = elapsed(http);
	http->served = http_thread_is_served(http->thread) || http_thread_listen(http->thread, &fault) == RESULT_OK;
	if (!http->served) {
		report(http, SOURCE_DOWN, fault.text);
	} else if (tokens_are_wrong(http, &fault)) {
		(void)snprintf(words, sizeof words, "%s; the tokens read before hold, also one that was taken out",
		               fault.text);
		report(http, SOURCE_AMISS, words);
	} else {
		if (http_thread_port(http->thread))
			(void)snprintf(words, sizeof words, "events are taken by HTTP on port %d",
			               http_thread_port(http->thread));
		report(http, SOURCE_UP, words);
	}
}

/* Numbers go on from where they stood, so that no two records ever share one. */
static bool begin(struct http_source *http)
{
	struct source_position stored = {.name = TEXT(HTTP_INTAKE_POSITION)};
	struct fault fault = {0};
	(void)pthread_mutex_lock(&http->lock);
	bool begun = http->start >= 0;
	(void)pthread_mutex_unlock(&http->lock);
	if (begun)
		return true;
	if (http->settings.positions &&
	    http->settings.positions(http->settings.context, &stored, 1, &fault) != RESULT_OK)
		return false;
	(void)pthread_mutex_lock(&http->lock);
	http->start = stored.known ? stored.next : 0;
	(void)pthread_mutex_unlock(&http->lock);
	http->taken = stored.known ? stored.next : -1;
	return true;
}

static struct batch *http_next(void *self)
{
	struct http_source *http = self;
	if (!begin(http))
		return NULL;
	look_at_door(http);
	if (http->out)
		return NULL;
	(void)pthread_mutex_lock(&http->lock);
	http->out = http->ready;
	http->ready = NULL;
	(void)pthread_mutex_unlock(&http->lock);
	if (!http->out)
		return NULL;
	http_thread_wake(http->thread);
	return http->out->batch;
}

static void http_committed(void *self, struct batch *batch)
{
	struct http_source *http = self;
	if (batch->count)
		http->taken = batch->records[batch->count - 1].next;
	(void)pthread_mutex_lock(&http->lock);
	http->out->stored = true; /* from here on it is the server's thread's */
	http->held = false;
	(void)pthread_mutex_unlock(&http->lock);
	http->out = NULL;
	http_thread_wake(http->thread);
}

static void http_held(void *self)
{
	struct http_source *http = self;
	(void)pthread_mutex_lock(&http->lock);
	http->held = true;
	(void)pthread_mutex_unlock(&http->lock);
	http_thread_wake(http->thread);
}

static bool http_settled(const void *self)
{
	(void)self;
	return true;
}

static instant http_wait(const void *self)
{
	const struct http_source *http = self;
	return http->taken < 0 && http->start < 0 ? SECOND : INSTANT_NEVER;
}

static void http_part(void *self, source_figures_visit *visit, void *argument)
{
	struct http_source *http = self;
	(void)pthread_mutex_lock(&http->lock);
	int64_t waits = http->ready ? (int64_t)http->ready->batch->count : 0;
	(void)pthread_mutex_unlock(&http->lock);
	waits += http->out ? (int64_t)http->out->batch->count : 0;
	bool early = elapsed(http) - http->opened < SENDERS_RETURN;
	struct source_figures figures = {.name = TEXT(HTTP_INTAKE_POSITION),
	                                 .state = http->served ? SOURCE_UP : SOURCE_DOWN,
	                                 .next = http->taken,
	                                 .end = -1,
	                                 .lag = early ? -1 : waits,
	                                 .read_to = INSTANT_NEVER};
	visit(argument, &figures);
}

static bool http_stop(void *self, int patience_ms)
{
	struct http_source *http = self;
	(void)patience_ms; /* its thread never waits for anything */
	if (http->thread)
		http_thread_stop(http->thread);
	give_up_all(http, INSTANT_NEVER);
	while (http->handed) {
		struct parcel *parcel = http->handed;
		http->handed = parcel->next;
		parcel_free(parcel);
	}
	parcel_free(http->filling);
	loop_timer_free(http->look);
	http_thread_free(http->thread);
	http_tokens_free(http->tokens);
	event_parser_free(http->parser);
	waker_free(http->waker);
	(void)pthread_mutex_destroy(&http->lock);
	free(http);
	return true;
}

static const struct source_ops http_ops = {
	.kind = "http", .poll = LISTEN_AGAIN, .fd = http_fd, .wake = http_wake, .next = http_next,
	.committed = http_committed, .held = http_held, .settled = http_settled, .wait = http_wait,
	.figures = http_part, .stop = http_stop,
};

/* ---- start, and figures ---- */

static enum result start(struct http_source *http, const struct http_intake_settings *settings, struct fault *fault)
{
	struct http_server_settings server = {.name = "HTTP intake", .option = "http-intake",
	                                      .socket = settings->socket, .address = settings->address,
	                                      .handler = on_request, .refuser = on_unread, .argument = http,
	                                      .connections_most = HTTP_INTAKE_CONNECTIONS_MOST,
	                                      .body_most = settings->body_bytes};
	enum result result = RESULT_OK;
	if (settings->token_file)
		result = http_tokens_load(settings->token_file, &http->tokens, fault);
	if (result == RESULT_OK)
		result = http_thread_new(&server, on_woken, http, &http->thread, fault);
	if (result != RESULT_OK)
		return result;
	http->look = loop_timer_new(http_thread_loop(http->thread), on_look, http);
	loop_timer_in(http->look, LOOK_EVERY);
	return RESULT_OK;
}

enum result http_source_open(const struct http_intake_settings *settings, struct source **source,
                             struct fault *fault)
{
	struct http_source *http = MEM_NEW(struct http_source);
	*http = (struct http_source){.settings = settings->source, .waker = waker_new(fault),
	                             .taken = -1, .number = -1, .start = -1};
	(void)pthread_mutex_init(&http->lock, NULL);
	http->settings.type_prefix = TEXT_NONE; /* the parser has its copy */
	http->parser = event_parser_new(settings->source.event_limits, settings->source.type_prefix,
	                                settings->source.zone);
	http->opened = elapsed(http);
	enum result result = http->waker ? start(http, settings, fault) : RESULT_TEMPORARY;
	if (result != RESULT_OK) {
		(void)http_stop(http, 0);
		return result;
	}
	*source = source_new(&http_ops, http, &settings->source);
	return RESULT_OK;
}

bool http_source_figures(const struct source *source, struct http_intake_figures *figures)
{
	struct http_source *http = source_self(source, &http_ops);
	struct http_figures server = {0};
	if (!http)
		return false;
	http_thread_figures(http->thread, &server);
	(void)pthread_mutex_lock(&http->lock);
	*figures = http->figures;
	(void)pthread_mutex_unlock(&http->lock);
	figures->cut = server.cut;
	figures->crowded_out = server.crowded_out;
	figures->unreadable = server.refused;
	figures->open = server.open;
	return true;
}
