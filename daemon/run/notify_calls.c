/* notify_calls: calls of GOV.UK Notify, from the threads that answer HTTP to the loop, which alone writes.
 *
 * A call is answered once it is in the queue: what a crash then forgets is asked again by the courier. A queue that is
 * full says so (503), and Notify calls again. */
#include "run/run_internal.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/waker.h"
#include "channel/http/notify_call.h"

#include <pthread.h>
#include <stdlib.h>

#define CALLS_MOST 512 /* waiting; Notify takes 3,000 messages a minute, the loop writes as many in a second */
#define CALLS_A_TURN 32

struct notify_calls {
	struct council *council;
	struct loop_watch *watch;
	struct loop_timer *again;
	struct buffer token;
	pthread_mutex_t lock;
	struct notify_call *items; /* a ring */
	size_t first, count;
	struct waker *called;
};

/* ---- any thread ---- */

static int read_call(struct notify_calls *calls, struct text authorization, struct text body, struct notify_call *call)
{
	(void)pthread_mutex_lock(&calls->lock);
	int status = notify_call_read(buffer_view(&calls->token), authorization, body, call);
	(void)pthread_mutex_unlock(&calls->lock);
	return status;
}

int notify_calls_take(struct notify_calls *calls, struct text authorization, struct text body)
{
	struct notify_call call;
	int status = read_call(calls, authorization, body, &call);
	if (status != 200 || !call.reference[0] || call.reply.outcome == CHANNEL_GIVEN)
		return status; /* of no message of ours, or still on its way: nothing to write */
	(void)pthread_mutex_lock(&calls->lock);
	bool room = calls->count < CALLS_MOST;
	if (room)
		calls->items[(calls->first + calls->count++) % CALLS_MOST] = call;
	(void)pthread_mutex_unlock(&calls->lock);
	if (!room)
		return 503;
	waker_wake(calls->called);
	return 200;
}

/* ---- the loop ---- */

static bool next_call(struct notify_calls *calls, struct notify_call *call)
{
	(void)pthread_mutex_lock(&calls->lock);
	bool found = calls->count > 0;
	if (found) {
		*call = calls->items[calls->first];
		calls->first = (calls->first + 1) % CALLS_MOST;
		calls->count--;
	}
	(void)pthread_mutex_unlock(&calls->lock);
	return found;
}

static enum courier_news news_of(const struct channel_reply *reply)
{
	if (reply->outcome == CHANNEL_ACCEPTED)
		return COURIER_ARRIVED;
	return reply->outcome == CHANNEL_PERMANENT ? COURIER_DID_NOT_ARRIVE : COURIER_TO_BE_SENT_AGAIN;
}

/* What cannot be written now (a full disk, or it is being asked about this very moment) is asked about later. */
static void on_calls(void *argument)
{
	struct notify_calls *calls = argument;
	struct council *council = calls->council;
	struct notify_call call;
	struct fault fault = {0};
	size_t taken = 0;
	enum result result = RESULT_OK;
	(void)waker_drain(calls->called); /* it was not woken where the timer called */
	if (store_in_transaction(council->store)) {
		loop_timer_in(calls->again, SECOND / 100);
		return;
	}
	while (result == RESULT_OK && taken++ < CALLS_A_TURN && next_call(calls, &call)) {
		size_t rows;
		bool busy;
		result = courier_hear(council->courier, text_of(call.reference), news_of(&call.reply), call.reply.text,
		                      &rows, &busy, &fault);
	}
	if (taken >= CALLS_A_TURN)
		loop_timer_in(calls->again, 0);
	if (result == RESULT_PERMANENT)
		council_after(council, result, &fault);
}

/* ---- start and stop ---- */

enum result notify_calls_start(struct council *council, struct fault *fault)
{
	const char *file = council->first->notify.callback_file;
	if (!file || !council_channels(council))
		return RESULT_OK;
	struct notify_calls *calls = MEM_NEW(struct notify_calls);
	*calls = (struct notify_calls){.council = council, .called = waker_new(fault)};
	calls->items = mem_zero(CALLS_MOST, sizeof *calls->items);
	(void)pthread_mutex_init(&calls->lock, NULL);
	council->notify_calls = calls;
	if (!calls->called)
		return RESULT_TEMPORARY;
	calls->watch = loop_watch_new(council->daemon->loop, waker_fd(calls->called), on_calls, calls);
	calls->again = loop_timer_new(council->daemon->loop, on_calls, calls);
	return notify_call_token(file, &calls->token, fault);
}

static void wipe(struct buffer *token)
{
	if (token->at)
		digest_wipe(token->at, token->length);
	buffer_free(token);
}

void notify_calls_use(struct council *council)
{
	struct notify_calls *calls = council->notify_calls;
	struct buffer token = {0}, old = {0};
	struct fault fault = {0};
	if (!calls)
		return;
	if (notify_call_token(council->first->notify.callback_file, &token, &fault) != RESULT_OK) {
		log_warning("calls of GOV.UK Notify are told by the token before: %s", fault.text);
		wipe(&token);
		return;
	}
	(void)pthread_mutex_lock(&calls->lock);
	old = calls->token;
	calls->token = token;
	(void)pthread_mutex_unlock(&calls->lock);
	wipe(&old);
}

void notify_calls_stop(struct council *council)
{
	struct notify_calls *calls = council->notify_calls;
	council->notify_calls = NULL;
	if (!calls)
		return;
	loop_watch_free(calls->watch);
	if (calls->again)
		loop_timer_free(calls->again);
	waker_free(calls->called);
	(void)pthread_mutex_destroy(&calls->lock);
	wipe(&calls->token);
	free(calls->items);
	free(calls);
}
