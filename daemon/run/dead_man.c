/* dead_man: asks an address again and again for as long as casewatch does its work, so that somebody else hears when it
 * no longer does: a dead host cannot report itself.
 *
 * The one rule: it is asked only when every part was seen to work just now: events are taken, a transaction was
 * committed, mail is accepted. On a thread of its own: an address that hangs holds up nothing. */
#include "run/run_internal.h"

#include "base/log.h"
#include "base/threads.h"
#include "base/waker.h"
#include "channel/http/http.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 10000
#define SAID_AFTER 3             /* tries in a row that nobody answered */
#define SOURCE_AWAY (10 * SECOND) /* as for ops.source-lost: a broker that restarts is not a death */
#define KEPT "dead_man"          /* in meta: that a commit succeeds */

struct dead_man {
	struct council *council;
	struct loop_timer *timer;
	struct waker *done;
	struct loop_watch *woken;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	char url[512], ca_file[1024];
	int status; /* the thread's, until it is joined */
	char why[256];
	unsigned failures;  /* in a row */
	const char *silent; /* why nobody is asked, as it was last said; NULL: they are */
};

/* ---- whether casewatch lives ---- */

/* A commit, as every event needs one; what it writes says when. */
static bool commits(struct council *council)
{
	char at[24];
	struct fault fault = {0};
	(void)snprintf(at, sizeof at, "%lld", (long long)council_now(council));
	enum result result = store_keep(council->store, KEPT, text_of(at), &fault);
	if (result == RESULT_PERMANENT)
		council_after(council, result, &fault);
	return result == RESULT_OK;
}

static bool sources_are_read(const struct council *council)
{
	return feeds_were_caught_up(council) && !feeds_away_for(council, SOURCE_AWAY);
}

/* In shadow nobody is sent mail. */
static bool mail_is_accepted(struct council *council)
{
	struct courier_health health;
	bool accepted = true;
	for (size_t i = 0;
	     council->courier && council_channels(council) && courier_health(council->courier, i, &health); i++)
		accepted = accepted && (!health.mail || health.trouble_since == INSTANT_NONE);
	return accepted;
}

static const char *why_silent(struct council *council)
{
	if (pipeline_trouble(council->pipeline))
		return "no events are taken";
	if (!sources_are_read(council))
		return "a source is not read";
	if (!mail_is_accepted(council))
		return "mail is not accepted";
	return commits(council) ? NULL : "nothing can be committed";
}

/* ---- asking ---- */

static void *ask(void *argument)
{
	struct dead_man *dead_man = argument;
	struct http_settings settings = {
		.ca_file = dead_man->ca_file[0] ? dead_man->ca_file : NULL, .inside = true, .timeout_ms = TIMEOUT_MS};
	struct http_request request = {.url = dead_man->url, .get = true};
	struct http_answer answer = {0};
	struct http *http = NULL;
	struct fault fault = {0};
	if (http_new(&settings, &dead_man->stop, &http, &fault) == RESULT_OK)
		http_ask(http, &request, &answer);
	else
		(void)snprintf(answer.why, sizeof answer.why, "%.200s", fault.text);
	dead_man->status = answer.status;
	(void)snprintf(dead_man->why, sizeof dead_man->why, "%s", answer.why);
	http_free(http);
	buffer_free(&answer.body);
	waker_wake(dead_man->done);
	return NULL;
}

/* The address may be a secret: what it answered is said, and never where. */
static void say_unanswered(struct dead_man *dead_man)
{
	char why[300];
	if (dead_man->status)
		(void)snprintf(why, sizeof why, "status %d", dead_man->status);
	else
		(void)snprintf(why, sizeof why, "%s", dead_man->why);
	struct ops_word word = {
		.what = OPS_UNDELIVERABLE,
		.key = TEXT("dead-man"),
		.lasting = OPS_UNTIL_OVER,
		.title = "The dead-man's switch does not answer",
		.meaning = "casewatch works. If this machine died now, nobody would be told of it, or those who "
			   "watch the switch have been alarmed already.",
		.facts = {{"Why", why, NULL}, {"Where", "dead-man.url of the configuration", NULL}},
		.fact_count = 2};
	council_say_ops(dead_man->council, &word);
}

static void note_unanswered(struct dead_man *dead_man)
{
	if (++dead_man->failures == SAID_AFTER)
		say_unanswered(dead_man);
}

static void on_done(void *argument)
{
	struct dead_man *dead_man = argument;
	if (!waker_drain(dead_man->done) || !dead_man->running)
		return;
	(void)pthread_join(dead_man->thread, NULL);
	dead_man->running = false;
	if (dead_man->status >= 200 && dead_man->status < 300) {
		dead_man->failures = 0;
		council_end_ops(dead_man->council, OPS_UNDELIVERABLE, TEXT("dead-man"), NULL);
	} else {
		note_unanswered(dead_man);
	}
}

static void begin_asking(struct dead_man *dead_man, const struct config_dead_man *config)
{
	(void)snprintf(dead_man->url, sizeof dead_man->url, "%s", config->url);
	(void)snprintf(dead_man->ca_file, sizeof dead_man->ca_file, "%s", config->ca_file ? config->ca_file : "");
	dead_man->running = thread_start(&dead_man->thread, ask, dead_man);
	if (dead_man->running)
		return;
	dead_man->status = 0;
	(void)snprintf(dead_man->why, sizeof dead_man->why, "no thread could be made to ask it");
	note_unanswered(dead_man);
}

static void say_silent(struct dead_man *dead_man, const char *why)
{
	if (why && !dead_man->silent)
		log_warning("the dead-man's switch is let go: %s", why);
	if (!why && dead_man->silent)
		log_notice("the dead-man's switch is held again");
	dead_man->silent = why;
}

static void on_time(void *argument)
{
	struct dead_man *dead_man = argument;
	const struct config_dead_man *config = &dead_man->council->config->dead_man;
	loop_timer_in(dead_man->timer, config->seconds * SECOND);
	if (!config->url)
		dead_man->failures = 0;
	if (!config->url || dead_man->council->leaving)
		return;
	const char *why = why_silent(dead_man->council);
	say_silent(dead_man, why);
	if (!why && !dead_man->running)
		begin_asking(dead_man, config);
}

/* ---- start and stop ---- */

enum result dead_man_start(struct council *council, struct fault *fault)
{
	struct dead_man *dead_man = MEM_NEW(struct dead_man);
	dead_man->council = council;
	dead_man->done = waker_new(fault);
	council->dead_man = dead_man;
	if (!dead_man->done)
		return RESULT_TEMPORARY;
	dead_man->timer = loop_timer_new(council->daemon->loop, on_time, dead_man);
	dead_man->woken = loop_watch_new(council->daemon->loop, waker_fd(dead_man->done), on_done, dead_man);
	loop_timer_in(dead_man->timer, SECOND);
	return RESULT_OK;
}

void dead_man_stop(struct council *council)
{
	struct dead_man *dead_man = council->dead_man;
	if (!dead_man)
		return;
	atomic_store(&dead_man->stop, true);
	if (dead_man->running)
		(void)pthread_join(dead_man->thread, NULL);
	loop_timer_free(dead_man->timer);
	loop_watch_free(dead_man->woken);
	waker_free(dead_man->done);
	free(dead_man);
	council->dead_man = NULL;
}
